# A sensor that reports to an MQTT broker over TLS and lets itself be told how often.
#
#     micropython mqtt_sensor.py HOST:PORT name=sensor-7 ca=ca.pem cert=sensor.pem key=sensor.key
#     micropython mqtt_sensor.py HOST:PORT name=sensor-7 identity=sensor-7 psk=00112233445566778899aabbccddeeff
#
# Who it is it proves with a certificate, or with a pre-shared key, which also says who the broker is. It publishes to
# sensors/NAME/celsius and listens to sensors/NAME/interval. Options: readings=N, broker=NAME (when it is not HOST).
#
# For Mosquitto, with certificates:                  with pre-shared keys (mosquitto.keys: one line sensor-7:0011...):
#     listener 8883                                      listener 8884
#     cafile ca.pem                                      psk_hint hub
#     certfile hub.pem                                   psk_file mosquitto.keys
#     keyfile hub.key                                    use_identity_as_username true
#     require_certificate true
#     use_identity_as_username true
import binascii
import socket
import ssl
import sys

from mqtt import Client
from show import options


def make_context(ca=None, cert=None, key=None, identity=None, psk=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies the broker and its name
    if ca:
        context.load_verify_locations(ca)
    if cert:
        context.load_cert_chain(cert, key)
    if psk:
        context.set_psks([(identity.encode(), binascii.unhexlify(psk))])
    return context


def connect(address, context, broker=None):
    host, port = address.split(":")
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, int(port))[0][-1])
    return context.wrap_socket(s, server_hostname=broker or host)


def celsius(number):
    return 20.5 + number % 5 / 2  # here the thermometer would be asked


def report(device, name, readings):
    # Asks for the interval, reports each reading until the broker has it, and says what it was told.
    device.subscribe("sensors/%s/interval" % name, qos=1)
    for number in range(readings):
        device.publish("sensors/%s/celsius" % name, b"%.1f" % celsius(number), qos=1)
        device.ping()
        for topic, payload in device.waiting:
            print(name, "is told", topic, payload.decode())
        device.waiting.clear()
    print(name, "has reported", readings, "readings")


def main(address, name="sensor", readings="3", broker=None, **proof):
    try:
        connection = connect(address, make_context(**proof), broker)
        device = Client(connection, name)
        print(name, "is connected:", connection.version(), connection.cipher()[0])
        report(device, name, int(readings))
        device.disconnect()
    except OSError as error:
        print("refused", *error.args)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1], **options(sys.argv[2:]))
