#!/usr/bin/env python3
"""Mosquitto with our client: MQTT's CONNECT and CONNACK over TLS 1.3 and 1.2, with certificates on both sides."""
import itertools

from kit import peers, table
from kit.peers import expect

CONNECT = bytes.fromhex('100e00044d515454040200140002736b')  # MQTT 3.1.1, clean session, 20 s, client "sk"
CONNACK, DISCONNECT = bytes.fromhex('20020000'), bytes.fromhex('e000')
PUBLISH = bytes.fromhex('3007000474657374') + b'!'  # "!" to the topic "test"
SUBSCRIBE, SUBACK = bytes.fromhex('82090001000474657374') + b'\0', bytes.fromhex('9003000100')
counter = itertools.count()


def broker(name, *lines):
    folder, port = peers.WORK / f'mosquitto.{next(counter)}', peers.free_port()
    folder.mkdir()
    chain, private = peers.key(name)
    (folder / 'conf').write_text('\n'.join([
        f'listener {port} 127.0.0.1', f'certfile {chain}', f'keyfile {private}', 'user root', 'log_type all', *lines]) + '\n')
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


def main():
    peers.os.environ['PATH'] += ':/usr/sbin'
    peers.need('openssl', 'mosquitto')
    result = table.Table('Mosquitto and our client', [str(side) for side in peers.SIDES])
    for cell in (publish, rsa, mutual, no_certificate, stranger, untrusted_broker):
        for side in peers.SIDES:
            result.run(cell.__name__.replace('_', ' '), str(side), cell, side)
    result.show()
    table.finish(result)


if __name__ == '__main__':
    main()
