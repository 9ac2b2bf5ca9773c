#!/usr/bin/env python3
"""NSS both ways: tstclnt with our server, selfserv with our client, in TLS 1.3 and 1.2, with client certificates and sessions.

Our server shows tstclnt no RSA certificate: tstclnt wants keyEncipherment in its keyUsage, which no suite here needs."""
import itertools

from kit import peers, table
from kit.peers import expect

counter = itertools.count()
DATABASE = f'sql:{peers.WORK}/nss'


def make_database():
    """NSS keeps keys in a database of its own."""
    (peers.WORK / 'nss').mkdir()
    commands = [['certutil', '-N', '-d', DATABASE, '--empty-password'],
                ['certutil', '-A', '-d', DATABASE, '-n', 'root', '-t', 'CT,,', '-i', peers.root()]]
    for name in ('p256', 'rsa', 'client-p256', 'client-rsa', 'stranger'):
        chain, private = peers.key(name)
        bag = peers.WORK / f'{name}.p12'
        commands += [['openssl', 'pkcs12', '-export', '-in', chain, '-inkey', private, '-name', name, '-passout', 'pass:x', '-out', bag],
                     ['pk12util', '-i', bag, '-d', DATABASE, '-W', 'x', '-K', '']]
    for command in commands:
        peers.subprocess.run(command, check=True, stdout=peers.subprocess.DEVNULL, stderr=peers.subprocess.DEVNULL, env=peers.ENVIRONMENT)


def versions(side):
    return '-V', f'tls{side.version}:tls{side.version}'


def tstclnt(side, port, *options):
    return peers.Process('tstclnt', '-4', '-G', '-u', '-v', '-h', '127.0.0.1', '-a', 'localhost', '-p', port, '-d', DATABASE,
                         *versions(side), *options)


def as_server(side, name='p256', server=(), client=(), words=()):
    us = peers.skerry_server(name, *side.ours, '--echo', *server)
    them = tstclnt(side, us.port, *client)
    them.send(b'good day\n')
    heard = them.wait_for(b'good day\n')
    them.stop()  # it does not end with its input
    us.finish(5)
    return None if heard and f'TLS {side.version} with' in us.err and all(w in us.err for w in words) else f'{them.said}\n{us.err}'


def server_knows_them(side):
    for name in ('client-p256', 'client-rsa'):
        wrong = as_server(side, server=('--ca', peers.root()), client=('-n', name), words=('the client is verified',))
        if wrong:
            return f'{name}: {wrong}'
    return None


def server_resumes(side):
    """tstclnt -L 2 comes twice, and a server with one page each time."""
    us = peers.skerry_server('p256', *side.ours, '--www', once=False)
    request = peers.WORK / 'request'
    request.write_bytes(b'GET / HTTP/1.0\r\n\r\n')
    them = tstclnt(side, us.port, '-L', '3', '-A', request)
    them.finish()
    us.stop()
    return None if us.err.count('resumed:') == 2 else f'{them.said}\n{us.err}'


def selfserv(side, name, *options):
    port = peers.free_port()
    return peers.Server(port, 'selfserv', '-d', DATABASE, '-n', name, '-p', port, '-G', '-u', *versions(side), *options)


def get(side, them, *options):
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', *options)
    us.send(b'GET / HTTP/1.0\r\n\r\n')
    us.wait_for(b'HTTP/1.0 200 OK')
    us.close_input()
    us.finish(5)
    return us


def as_client(side, name='p256', server=(), client=(), visits=1, words=()):
    them = selfserv(side, name, *server)
    wrong = None
    for visit in range(visits):
        us = get(side, them, *client)
        good = b'HTTP/1.0 200 OK' in us.out and ('resumed:' in us.err) == (visit > 0)
        wrong = wrong or (None if good else f'visit {visit}: {us.said}') or expect(us, f'TLS {side.version} with', *words)
    them.stop()
    return wrong and f'{wrong}\n{them.said}'


def client_rsa(side):
    return as_client(side, 'rsa')


def client_is_known(side):
    chain, private = peers.key('client-p256')
    return as_client(side, server=('-r', '-r'), client=('--cert', chain, '--key', private))


def client_resumes(side):
    return as_client(side, client=('--session', peers.WORK / f'nss-session.{next(counter)}'), visits=3)


def untrusted(side):
    them = selfserv(side, 'stranger')
    us = get(side, them)
    them.stop()
    return None if us.child.returncode == 1 and 'no trusted root' in us.err else us.err


def main():
    peers.need('openssl', 'certutil', 'pk12util', 'tstclnt', 'selfserv')
    make_database()
    result = table.Table('NSS', [str(side) for side in peers.SIDES])
    for cell in (as_server, server_knows_them, server_resumes, as_client, client_rsa, client_is_known, client_resumes,
                 untrusted):
        for side in peers.SIDES:
            result.run(cell.__name__.replace('_', ' '), str(side), cell, side)
    result.show()
    table.finish(result)


if __name__ == '__main__':
    main()
