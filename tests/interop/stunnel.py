#!/usr/bin/env python3
"""stunnel both ways: our client through stunnel to a plain echo, and a plain client through stunnel to our server."""
import itertools
import socket
import threading

from kit import peers, table
from kit.peers import expect

BULK = bytes(range(256)) * 400
counter = itertools.count()


def stunnel(*lines):
    """lines of a service; the port is that of its accept line."""
    folder, port = peers.WORK / f'stunnel.{next(counter)}', peers.free_port()
    folder.mkdir()
    (folder / 'conf').write_text('\n'.join(['foreground = yes', 'syslog = no', 'pid =', '[it]', f'accept = 127.0.0.1:{port}', *lines]) + '\n')
    return peers.Server(port, 'stunnel', folder / 'conf')


def plain_echo():
    """The port of a server that sends one connection back what it says."""
    listener = socket.create_server(('127.0.0.1', 0))

    def serve():
        connection = listener.accept()[0]
        while data := connection.recv(65536):
            connection.sendall(data)
        connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def protocol(side):
    return f'sslVersion = TLSv{side.version}'


def our_client(side, name='p256', lines=(), options=()):
    chain, private = peers.key(name)
    them = stunnel(f'connect = 127.0.0.1:{plain_echo()}', f'cert = {chain}', f'key = {private}', protocol(side), *lines)
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', *options)
    wrong = peers.converse(us, BULK, BULK)
    them.stop()
    wrong = wrong or expect(us, f'TLS {side.version} with')
    return wrong and f'{wrong}\n{them.said}'


def our_client_known(side):
    chain, private = peers.key('client-p384')
    return our_client(side, 'rsa', (f'CAfile = {peers.root()}', 'verifyChain = yes'), ('--cert', chain, '--key', private))


def our_server(side, server=(), lines=(), words=()):
    us = peers.skerry_server('p256', *side.ours, '--echo', *server)
    them = stunnel('client = yes', f'connect = 127.0.0.1:{us.port}', f'CAfile = {peers.root()}', 'verifyChain = yes',
                   'checkHost = localhost', 'sni = localhost', protocol(side), *lines)
    came = b''
    with socket.create_connection(('127.0.0.1', them.port), timeout=peers.SECONDS) as plain:
        plain.sendall(BULK)
        while len(came) < len(BULK) and (data := plain.recv(65536)):
            came += data
    code = us.finish()
    them.stop()
    if came != BULK or code:
        return f'{len(came)} bytes, {code}\n{us.err}\n{them.said}'
    return expect(us, f'TLS {side.version} with', *words)


def our_server_knows_them(side):
    chain, private = peers.key('client-rsa')
    return our_server(side, ('--ca', peers.root()), (f'cert = {chain}', f'key = {private}'), ('the client is verified',))


def main():
    peers.need('openssl', 'stunnel')
    result = table.Table('stunnel', [str(side) for side in peers.SIDES])
    for cell in (our_client, our_client_known, our_server, our_server_knows_them):
        for side in peers.SIDES:
            result.run(cell.__name__.replace('_', ' '), str(side), cell, side)
    result.show()
    table.finish(result)


if __name__ == '__main__':
    main()
