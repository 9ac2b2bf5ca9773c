#!/usr/bin/env python3
"""Skerry against OpenSSL: every group with every cipher suite and every kind of server key, in TLS 1.3 and 1.2, both ways,
both providers.

Each cell is a connection of two processes: the chain and the name are verified, data goes there and back, and both
sides must agree on what was asked for. The version is OpenSSL's choice, Skerry allows both.
"""
from kit import peers, table

GROUPS = {'x25519': 'X25519', 'secp256r1': 'P-256', 'secp384r1': 'P-384'}  # OpenSSL's names
# Keys and what they sign with; "rsa pkcs1" is the RSA key when the other side knows no PSS.
SCHEMES = {'1.3': {'p256': 'ecdsa_secp256r1_sha256', 'p384': 'ecdsa_secp384r1_sha384', 'rsa': 'rsa_pss_rsae_sha256',
                   'pss': 'rsa_pss_pss_sha256', 'ed25519': 'ed25519'}}
# In TLS 1.2 a scheme does not say which curve; OpenSSL takes the first of ours that suits any ECDSA key.
SCHEMES['1.2'] = {**SCHEMES['1.3'], 'p384': 'ecdsa_secp256r1_sha256', 'rsa pkcs1': 'rsa_pkcs1_sha256'}
SUITES13 = ('TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256')
SUITES12 = {'AES_128_GCM_SHA256': 'AES128-GCM-SHA256', 'AES_256_GCM_SHA384': 'AES256-GCM-SHA384',
            'CHACHA20_POLY1305_SHA256': 'CHACHA20-POLY1305', 'AES_128_CCM': 'AES128-CCM', 'AES_256_CCM': 'AES256-CCM',
            'AES_128_CCM_8': 'AES128-CCM8', 'AES_256_CCM_8': 'AES256-CCM8'}
PKCS1 = 'RSA+SHA256:ECDSA+SHA256'  # the chain is signed with ECDSA
LACKS = {('bearssl', 'ed25519')}


def wanted(version, suite, kind):
    """The suite's name in the registry and OpenSSL's options for it. Suites of TLS 1.2 name the kind of key too."""
    if version == '1.3':
        return suite, ['-tls1_3', '-ciphersuites', suite]
    auth = 'RSA' if kind in ('rsa', 'pss', 'rsa pkcs1') else 'ECDSA'
    options = ['-tls1_2', '-cipher', f'ECDHE-{auth}-{SUITES12[suite]}' + (':@SECLEVEL=0' if '_8' in suite else '')]
    return f'TLS_ECDHE_{auth}_WITH_{suite}', options + (['-sigalgs', PKCS1] if kind == 'rsa pkcs1' else [])


def as_client(side, group, suite, kind, named=()):
    name, options = wanted(side.version, suite, kind)
    server = peers.openssl_server(kind.split()[0], '-rev', '-groups', GROUPS[group], *options)
    client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', *named)
    wrong = peers.converse(client, b'good day\n', b'yad doog\n')
    code = server.finish() if not wrong else server.stop()
    if wrong or code:
        return wrong or f'the server ended with {code}\n{server.said}'
    return peers.expect(client, f'TLS {side.version} with', f'{name}, {group}', f'signed with {SCHEMES[side.version][kind]}\n',
                        'verified as localhost')


def as_server(side, group, suite, kind):
    name, options = wanted(side.version, suite, kind)
    # In TLS 1.2 the groups of a client are also the curves of the keys that it accepts.
    groups = [GROUPS[group]] + [g for g in GROUPS.values() if g != GROUPS[group]]
    server = peers.skerry_server(kind.split()[0], *side.ours, '--echo', '--groups', group, '--suites', name)
    client = peers.openssl_client(server.port, '-quiet', '-no_ign_eof', '-groups', ':'.join(groups), *options)
    wrong = peers.converse(client, b'good day\n', b'good day\n')
    code = server.finish() if not wrong else server.stop()
    if wrong or code:
        return f'{wrong or ""}\nthe server ended with {code}\n{server.said}'
    return peers.expect(server, f'TLS {side.version} with', f'{name}, {group}')


def ccm(provider, role, cell):
    """AES-CCM: in TLS 1.2 for ECDSA keys only; who wants tags of 8 bytes must say so."""
    result = table.Table(f'Skerry {role}, {provider}, CCM', ['1.3', '1.2'])
    for suite, version in (('TLS_AES_128_CCM_SHA256', '1.3'), ('TLS_AES_128_CCM_8_SHA256', '1.3'), ('AES_128_CCM', '1.2'),
                           ('AES_256_CCM', '1.2'), ('AES_128_CCM_8', '1.2'), ('AES_256_CCM_8', '1.2')):
        side = peers.Side(provider, version)
        named = ('--suites', wanted(version, suite, 'p256')[0]) if '_8' in suite and cell is as_client else ()
        result.run(suite, version, cell, side, 'x25519', suite, 'p256', *([named] if named else []))
    result.show()
    return result


def main():
    peers.need('openssl')
    tables = []
    for role, cell in (('client', as_client), ('server', as_server)):
        for side in peers.SIDES:
            kinds = SCHEMES[side.version]
            result = table.Table(f'Skerry {role}, {side.provider}, TLS {side.version}', list(kinds))
            for suite in SUITES13 if side.version == '1.3' else list(SUITES12)[:3]:
                for group in GROUPS:
                    for kind in kinds:
                        row = f'{suite} {group}'
                        if (side.provider, kind) in LACKS:
                            result.note(row, kind, 'lacks')
                        else:
                            result.run(row, kind, cell, side, group, suite, kind)
            result.show()
            tables.append(result)
        tables += [ccm(provider, role, cell) for provider in peers.PROVIDERS]
    print('lacks: BearSSL has no Ed25519; that it is refused is tested in openssl_refusals.py')
    table.finish(*tables)


if __name__ == '__main__':
    main()
