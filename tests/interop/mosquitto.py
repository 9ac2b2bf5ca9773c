#!/usr/bin/env python3
"""Mosquitto as a broker of ours in TLS 1.3 and 1.2, with certificates on both sides and with pre-shared keys: the command line as far
as that knows MQTT, and devices under build/micropython that publish and subscribe (examples/mqtt.py, examples/mqtt_sensor.py)."""
import itertools

from kit import peers, services, table
from kit.peers import expect

CONNECT = bytes.fromhex('100e00044d515454040200140002736b')  # MQTT 3.1.1, clean session, 20 s, client "sk"
CONNACK, DISCONNECT = bytes.fromhex('20020000'), bytes.fromhex('e000')
PUBLISH = bytes.fromhex('3007000474657374') + b'!'  # "!" to the topic "test"
PINGREQ, PINGRESP = bytes.fromhex('c000'), bytes.fromhex('d000')
SUBSCRIBE, SUBACK = bytes.fromhex('82090001000474657374') + b'\0', bytes.fromhex('9003000100')
counter = itertools.count()


def publish_of(topic, payload, retain=False):
    """A short PUBLISH with QoS 0."""
    body = len(topic).to_bytes(2, 'big') + topic.encode() + payload
    return bytes((0x30 | retain, len(body))) + body


def broker(name, *lines):
    folder, port = peers.WORK / f'mosquitto.{next(counter)}', peers.free_port()
    folder.mkdir()
    if name:
        chain, private = peers.key(name)
        lines = f'certfile {chain}', f'keyfile {private}', *lines
    (folder / 'conf').write_text('\n'.join([f'listener {port} 127.0.0.1', 'user root', 'log_type all', *lines]) + '\n')
    return peers.Server(port, 'mosquitto', '-c', folder / 'conf')


def our_client(side, them, *options):
    return peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', f'--tls{side.version}',
                               '--alpn', 'mqtt', *options)


def publish(side, name='p256', lines=('allow_anonymous true',), options=()):
    """CONNECT, SUBSCRIBE, PUBLISH, and what was published comes back."""
    them = broker(name, *lines)
    us = our_client(side, them, *options)
    wrong = None
    for say, hear in ((CONNECT, CONNACK), (SUBSCRIBE, SUBACK), (PUBLISH, PUBLISH)):
        us.send(say)
        if not wrong and not us.wait_for(hear):
            wrong = f'no {hear.hex()} but {us.out.hex()}'
    us.send(DISCONNECT)
    us.close_input()
    us.finish()
    them.stop()
    wrong = wrong or expect(us, f'TLS {side.version} with', 'verified as localhost')
    return wrong and f'{wrong}\n{us.err}\n{them.said}'


def rsa(side):
    return publish(side, 'rsa')


def mutual(side):
    """The broker takes the client's name from its certificate."""
    for kind in ('p256', 'rsa'):
        chain, private = peers.key(f'client-{kind}')
        lines = f'cafile {peers.root()}', 'require_certificate true', 'use_identity_as_username true', 'allow_anonymous false'
        wrong = publish(side, lines=lines, options=('--cert', chain, '--key', private))
        if wrong:
            return f'{kind}: {wrong}'
    return None


def refused(side, words, name='p256', options=()):
    them = broker(name, f'cafile {peers.root()}', 'require_certificate true', 'use_identity_as_username true')
    us = our_client(side, them, *options)
    us.send(CONNECT)
    code = us.finish()
    them.stop()
    return expect(us, *words) if code == 1 and not us.out else f'{code} {us.out.hex()}\n{us.err}\n{them.said}'


def no_certificate(side):
    return refused(side, ('(alert ',))


def stranger(side):
    chain, private = peers.key('client-stranger')
    return refused(side, ('unknown_ca (alert 48)',), options=('--cert', chain, '--key', private))


def untrusted_broker(side):
    return refused(side, ('no trusted root',), 'stranger')


# --- build/micropython ---

SECRET = '00112233445566778899aabbccddeeff'
DEVICES = [side for side in services.SIDES if side.provider == 'micropython']
MUTUAL = 'require_certificate true', 'use_identity_as_username true', 'allow_anonymous false'


def psk_broker(secret=SECRET):
    """One without a certificate, that knows sensor-7's key."""
    keys = peers.WORK / f'mosquitto-keys.{next(counter)}'
    keys.write_text(f'sensor-7:{secret}\n')
    return broker(None, 'psk_hint hub', f'psk_file {keys}', 'use_identity_as_username true', 'allow_anonymous false')


def certificate_options(name='client-p256'):
    chain, private = peers.key(name)
    return f'ca={peers.root()}', f'cert={chain}', f'key={private}'


def talked(them, us, *words, code=0):
    """Both have ended; the device with that code and these words."""
    got = us.finish()
    them.stop()
    wrong = f'ended with {got}' if got != code else expect(us, *words)
    return wrong and f'{wrong}\n{us.said}\n{them.said}'


def pair(side, them, *options, words=()):
    us = peers.Process(services.MICROPYTHON, peers.ROOT / 'tests/interop/kit/mp_mqtt.py', them.port, f'version={side.version}', *options)
    return talked(them, us, f'TLS {side.version} with', 'all came', *words)


def two_devices(side):
    """Each QoS to each QoS, up to 40,000 bytes; the broker knows who they are by their certificates."""
    for kind in ('p256', 'rsa'):
        wrong = pair(side, broker('p256', f'cafile {peers.root()}', *MUTUAL), 'name=localhost', *certificate_options(f'client-{kind}'))
        if wrong:
            return f'{kind}: {wrong}'
    return None


def second_resumes(side):
    """A resumed device is still known by the certificate of its first connection."""
    return pair(side, broker('p256', f'cafile {peers.root()}', *MUTUAL), 'name=localhost', 'session=yes', *certificate_options(),
                words=('second: resumed',))


def two_devices_by_key(side):
    return pair(side, psk_broker(), 'identity=sensor-7', f'psk={SECRET}')


def sensor(them, *options, words=()):
    """The example, as a user would start it; it speaks the newest version of both."""
    us = peers.Process(services.MICROPYTHON, peers.ROOT / 'examples/mqtt_sensor.py', f'127.0.0.1:{them.port}', 'name=sensor-7', *options)
    return talked(them, us, 'connected: TLSv1.3', 'has reported 3 readings', *words)


def the_example(side):
    return (sensor(broker('p256', f'cafile {peers.root()}', *MUTUAL), *certificate_options()) or
            sensor(psk_broker(), 'identity=sensor-7', f'psk={SECRET}'))


def is_told(side):
    """What was published before with the retain flag arrives with the subscription."""
    them = broker('p256', 'allow_anonymous true')
    us = our_client(peers.Side('openssl', side.version), them)
    for say in (CONNECT, publish_of('sensors/sensor-7/interval', b'30', retain=True), PINGREQ):
        us.send(say)
    if not us.wait_for(PINGRESP):
        return us.said
    us.send(DISCONNECT)
    us.close_input()
    us.finish()
    return sensor(them, f'ca={peers.root()}', words=('is told sensors/sensor-7/interval 30',))


def not_let_in(side, them, *options, words):
    us = peers.Process(services.MICROPYTHON, peers.ROOT / 'tests/interop/kit/mp_mqtt.py', them.port, f'version={side.version}', *options)
    return talked(them, us, *words, code=1)


def refused_devices(side):
    """Who is not let in, or does not let itself be fooled, and what it is told."""
    known = f'cafile {peers.root()}', *MUTUAL
    name = 'name=localhost'
    return (not_let_in(side, broker('p256', *known), name, f'ca={peers.root()}', words=('received alert',)) or
            not_let_in(side, broker('p256', *known), name, *certificate_options('client-stranger'), words=('received alert unknown_ca',)) or
            not_let_in(side, broker('stranger', *known), name, *certificate_options(), words=('CERT_UNKNOWN_CA',)) or
            not_let_in(side, broker('other', *known), name, *certificate_options(), words=('CERT_NAME',)))


def refused_keys(side):
    """Another key, and a name that the broker does not know."""
    return (not_let_in(side, psk_broker('ff' * 16), 'identity=sensor-7', f'psk={SECRET}', words=('received alert',)) or
            not_let_in(side, psk_broker(), 'identity=sensor-8', f'psk={SECRET}', words=('received alert',)))


ONLY = {the_example: '1.3', is_told: '1.3'}


def main():
    peers.need_downloaded('mosquitto')
    services.need()
    result = table.Table('Mosquitto and our client', [str(side) for side in peers.SIDES])
    for cell in (publish, rsa, mutual, no_certificate, stranger, untrusted_broker):
        for side in peers.SIDES:
            result.run(cell.__name__.replace('_', ' '), str(side), cell, side)
    result.show()
    devices = table.Table('Mosquitto and MicroPython', [str(side) for side in DEVICES])
    for cell in (two_devices, second_resumes, two_devices_by_key, the_example, is_told, refused_devices, refused_keys):
        for side in DEVICES:
            row = cell.__name__.replace('_', ' ')
            if ONLY.get(cell, side.version) != side.version:
                devices.note(row, str(side), '-')
            else:
                devices.run(row, str(side), cell, side)
    devices.show()
    print('-: the example speaks the newest version of both')
    table.finish(result, devices)


if __name__ == '__main__':
    main()
