# A hub: takes readings from sensors that can prove who they are, and answers each.
#
#     micropython hub.py PORT FOLDER [cert=hub] [ca=ca.pem]
#
# PORT 0 takes a free one. FOLDER holds hub.pem, hub.key and ca.pem (make_keys.sh makes them).
import json
import socket
import ssl
import sys

from show import describe, listen, name_of, options


def make_context(folder, cert, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/" + cert + ".pem", folder + "/" + cert + ".key")
    context.verify_mode = ssl.CERT_REQUIRED  # whoever connects must have a certificate
    context.load_verify_locations(folder + "/" + ca)
    context.set_alpn_protocols(["readings/1"])
    return context


def serve(connection):
    sensor = name_of(connection.getpeercert())
    count = 0
    while True:
        line = connection.readline()
        if not line:  # the sensor has said goodbye
            break
        reading = json.loads(line)
        count += 1
        connection.write(json.dumps({"number": count, "from": sensor, "ok": True}) + "\n")
        print("reading of", sensor, reading)
    return sensor, count


def main(port, folder, cert="hub", ca="ca.pem"):
    context = make_context(folder, cert, ca)
    server, port = listen(int(port))
    print("listening", port)
    while True:
        client, _ = server.accept()
        try:
            with context.wrap_socket(client, server_side=True) as connection:
                sensor, count = serve(connection)
                print("hub answered %d readings of %s" % (count, sensor))
                describe("hub", connection)
        except OSError as error:
            print("refused", *error.args)
        finally:
            client.close()


if __name__ == "__main__":
    main(*sys.argv[1:3], **options(sys.argv[3:]))
