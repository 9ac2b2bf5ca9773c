# A sensor: brings readings to the hub, and only to the hub.
#
#     micropython sensor.py HOST:PORT FOLDER [name=hub.local] [cert=sensor] [ca=ca.pem] [ladder=yes]
#
# FOLDER holds sensor.pem, sensor.key and ca.pem (make_keys.sh makes them). cert=none goes without a certificate.
import json
import socket
import ssl
import sys

from show import Ladder, describe, name_of, options


def make_context(folder, cert, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies the hub and its name
    context.load_verify_locations(folder + "/" + ca)
    if cert != "none":
        context.load_cert_chain(folder + "/" + cert + ".pem", folder + "/" + cert + ".key")
    context.set_alpn_protocols(["readings/1"])
    return context


def connect(address, context, name):
    host, port = address.split(":")
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, int(port))[0][-1])
    return context.wrap_socket(s, server_hostname=name)


def bring(connection, readings):
    answers = []
    for reading in readings:
        connection.write(json.dumps(reading) + "\n")
        answers.append(connection.readline())
    return answers


def main(address, folder, name="hub.local", cert="sensor", ca="ca.pem", ladder="no"):
    context = make_context(folder, cert, ca)
    context.trace_callback = rungs = Ladder()
    readings = [{"celsius": 20.5}, {"celsius": 21.0}, {"celsius": 21.5}]
    try:
        with connect(address, context, name) as connection:
            hub = name_of(connection.getpeercert())
            answers = bring(connection, readings)
            print("sensor has %d answers from %s" % (sum(bool(a) for a in answers), hub))
            describe("sensor", connection)
    except OSError as error:
        print("refused", *error.args)
        sys.exit(1)
    if ladder == "yes":
        rungs.show()


if __name__ == "__main__":
    main(*sys.argv[1:3], **options(sys.argv[3:]))
