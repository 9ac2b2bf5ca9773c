"""Two devices under MicroPython at one broker, by examples/mqtt.py: mp_mqtt.py PORT [OPTION=VALUE]...

One listens, the other one publishes: each QoS to each QoS, payloads of 0 to 40,000 bytes. Exit code 0, or 1 with the error's text.
Options: version, name, ca, cert, key, identity, psk (hexadecimal), session=yes: the second one comes back.
"""
import binascii
import socket
import ssl
import sys

sys.path.insert(0, __file__.rsplit('/tests/', 1)[0] + '/examples')
from mqtt import Client

VERSIONS = {'1.2': ssl.TLSVersion.TLSv1_2, '1.3': ssl.TLSVersion.TLSv1_3}
SIZES = 0, 1, 100, 127 - 14, 128 - 14, 4096, 16384, 40000  # a packet has 14 bytes beside the payload


def context_of(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if 'ca' in options:
        context.load_verify_locations(options['ca'])
    if 'cert' in options:
        context.load_cert_chain(options['cert'], options['key'])
    if 'psk' in options:
        context.set_psks([(options['identity'].encode(), binascii.unhexlify(options['psk']))])
    context.minimum_version = context.maximum_version = VERSIONS[options['version']]
    if 'session' in options:
        context.session_key = b'only this device knows that one.'
    return context


def connect(port, context, options, session=None):
    sock = socket.socket()
    sock.connect(socket.getaddrinfo('127.0.0.1', int(port))[0][-1])
    return context.wrap_socket(sock, server_hostname=options.get('name'), session=session)


def pattern(size, salt):
    return bytes((i * 7 + salt) & 255 for i in range(size))


def converse(listener, sender):
    """What is published comes, whole and in order, whatever the QoS of either."""
    for wanted in (0, 1):
        topic = 'rooms/%d/celsius' % wanted
        assert listener.subscribe(topic, qos=wanted) == wanted
        for qos in (0, 1):
            for size in SIZES:
                sender.publish(topic, pattern(size, qos), qos=qos)
            for size in SIZES:
                assert listener.wait() == (topic, pattern(size, qos)), (wanted, qos, size)
    listener.subscribe('nobody/says/anything')
    listener.ping()
    sender.publish('rooms/1/celsius', b'last', qos=1)
    assert listener.wait() == ('rooms/1/celsius', b'last')


def main(port, *words):
    options = dict(word.split('=', 1) for word in words)
    context = context_of(options)
    try:
        first = connect(port, context, options)
        listener = Client(first, 'listener')
        second = connect(port, context, options, first.session)
        sender = Client(second, 'sender')
        converse(listener, sender)
        print(first.version().replace('v', ' '), 'with', first.cipher()[0], 'second: resumed' if second.session_reused else 'second: full')
        for device in (sender, listener):
            device.disconnect()
    except OSError as error:
        print(error)
        return 1
    print('all came')
    return 0


sys.exit(main(*sys.argv[1:]))
