#!/usr/bin/env python3
"""curl as a client of ours: a page over TLS 1.3 and 1.2, with and without a client certificate, large answers, refusals."""
from kit import peers, table


def fetch(side, server=(), client=(), name='p256', path='/'):
    """curl's process and our server's, both at their end."""
    us = peers.skerry_server(name, *side.ours, '--www', *server)
    them = peers.Process('curl', '--silent', '--show-error', '--cacert', peers.root(), '--resolve', f'localhost:{us.port}:127.0.0.1',
                         f'--tlsv{side.version}', '--tls-max', side.version, *client, f'https://localhost:{us.port}{path}')
    return them.finish(), us.finish(), them, us


def page(side, **more):
    code, ours, them, us = fetch(side, **more)
    good = (code, ours) == (0, 0) and them.out.startswith(f'TLS {side.version} with'.encode())
    return None if good else f'{code} {ours}\n{them.said}\n{us.said}'


def rsa(side):
    return page(side, name='rsa')


def http2_offered(side):
    """curl offers h2 and http/1.1 by ALPN."""
    return page(side, server=('--alpn', 'http/1.1'))


def client_certificate(side):
    chain, private = peers.key('client-p256')
    return page(side, server=('--ca', peers.root()), client=('--cert', chain, '--key', private))


def small_records(side):
    return page(side, server=('--max-record-out', '64'))


def untrusted(side):
    code, ours, them, us = fetch(side, name='stranger')
    return None if code == 60 and ours == 1 and 'unknown_ca' in us.err else f'{code} {ours}\n{them.said}\n{us.said}'


def wrong_name(side):
    code, ours, them, us = fetch(side, name='other')
    return None if code == 60 and not them.out else f'{code} {ours}\n{them.said}\n{us.said}'


def no_certificate(side):
    code, ours, them, us = fetch(side, server=('--ca', peers.root()))
    return None if code != 0 and ours == 1 and 'sent no certificate' in us.err else f'{code} {ours}\n{them.said}\n{us.said}'


def main():
    peers.need('openssl', 'curl')
    result = table.Table('curl and our server', [str(side) for side in peers.SIDES])
    for cell in (page, rsa, http2_offered, client_certificate, small_records, untrusted, wrong_name, no_certificate):
        for side in peers.SIDES:
            result.run(cell.__name__.replace('_', ' '), str(side), cell, side)
    result.show()
    table.finish(result)


if __name__ == '__main__':
    main()
