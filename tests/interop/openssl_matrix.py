#!/usr/bin/env python3
"""Skerry against OpenSSL: every group with every cipher suite and every kind of server key, both ways, both providers.

Each cell is a connection of two processes: the chain and the name are verified, data goes there and back, and both
sides must agree on what was asked for.
"""
from kit import peers, table

GROUPS = ('x25519', 'secp256r1', 'secp384r1')
SUITES = ('TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256')
SCHEMES = {'p256': 'ecdsa_secp256r1_sha256', 'p384': 'ecdsa_secp384r1_sha384', 'rsa': 'rsa_pss_rsae_sha256',
           'pss': 'rsa_pss_pss_sha256', 'ed25519': 'ed25519'}
LACKS = {('bearssl', 'ed25519')}
OPENSSL_GROUP = {'x25519': 'X25519', 'secp256r1': 'P-256', 'secp384r1': 'P-384'}


def said(process, *words):
    missing = [w for w in words if w not in process.said]
    return f'{process.arguments[:2]} did not say {missing}\n{process.said}' if missing else None


def as_client(provider, group, suite, kind):
    server = peers.openssl_server(kind, '-tls1_3', '-rev', '-groups', OPENSSL_GROUP[group], '-ciphersuites', suite)
    client = peers.skerry_client(server.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost',
                                 '--groups', group)
    wrong = peers.converse(client, b'good day\n', b'yad doog\n')
    code = server.finish() if not wrong else server.stop()
    if wrong or code:
        return wrong or f'the server ended with {code}\n{server.said}'
    return said(client, suite, f'{suite}, {group}', SCHEMES[kind], 'verified as localhost')


def as_server(provider, group, suite, kind):
    server = peers.skerry_server(kind, '--provider', provider, '--echo', '--groups', group, '--suites', suite)
    client = peers.openssl_client(server.port, '-tls1_3', '-quiet', '-no_ign_eof', '-groups',
                                  f'{OPENSSL_GROUP[group]}', '-ciphersuites', suite)
    wrong = peers.converse(client, b'good day\n', b'good day\n')
    code = server.finish() if not wrong else server.stop()
    if wrong or code:
        return f'{wrong or ""}\nthe server ended with {code}\n{server.said}'
    return said(server, f'{suite}, {group}')


def main():
    peers.need('openssl')
    tables = []
    for role, cell in (('client', as_client), ('server', as_server)):
        for provider in ('openssl', 'bearssl'):
            result = table.Table(f'Skerry {role}, {provider}', list(SCHEMES))
            for suite in SUITES:
                for group in GROUPS:
                    for kind in SCHEMES:
                        row = f'{suite} {group}'
                        if (provider, kind) in LACKS:
                            result.note(row, kind, 'lacks')
                        else:
                            result.run(row, kind, cell, provider, group, suite, kind)
            result.show()
            tables.append(result)
    print('lacks: BearSSL has no Ed25519; that it is refused is tested in openssl_refusals.py')
    table.finish(*tables)


if __name__ == '__main__':
    main()
