#!/usr/bin/env python3
"""Skerry against GnuTLS: groups, cipher suites and server keys both ways over both providers, client certificates,
HelloRetryRequest, ALPN, KeyUpdate, refusals."""
import re

from kit import peers, table

PROVIDERS = ('openssl', 'bearssl')
KINDS = ('p256', 'p384', 'rsa', 'pss', 'ed25519')
GROUPS = {'x25519': 'GROUP-X25519', 'secp256r1': 'GROUP-SECP256R1', 'secp384r1': 'GROUP-SECP384R1'}
SUITES = {'TLS_AES_128_GCM_SHA256': 'AES-128-GCM', 'TLS_AES_256_GCM_SHA384': 'AES-256-GCM',
          'TLS_CHACHA20_POLY1305_SHA256': 'CHACHA20-POLY1305'}


def priority(group=None, suite=None, version='VERS-TLS1.3'):
    text = f'NORMAL:-VERS-ALL:+{version}'
    if group:
        text += ':-GROUP-ALL' + ''.join(f':+{GROUPS[g]}' for g in group.split())
    if suite:
        text += f':-CIPHER-ALL:+{SUITES[suite]}'
    return text


def expect(process, *words):
    missing = [w for w in words if w not in process.said]
    return f'{process.arguments[:2]} did not say {missing}\n{process.said}' if missing else None


def as_client(provider, group, suite, kind, options=(), server_options=(), words=()):
    server = peers.gnutls_server(kind, priority(group, suite), *server_options)
    try:
        client = peers.skerry_client(server.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost', *options)
        wrong = peers.converse(client, b'good day\n', b'good day\n')
        return wrong or expect(client, *([suite] if suite else []), 'verified as localhost', *words)
    finally:
        server.stop()


def as_server(provider, group, suite, kind, options=(), client_options=(), words=(), offer=None):
    server = peers.skerry_server(kind, '--provider', provider, '--echo', *(['--groups', group] if group else []),
                                 *(['--suites', suite] if suite else []), *options)
    client = peers.gnutls_client(server.port, priority(offer or group, suite), *client_options)
    wrong = peers.converse(client, b'good day\n', b'\ngood day\n')
    code = server.stop() if wrong else server.finish()
    if wrong or code:
        return f'{wrong or ""}\nthe server ended with {code}\n{server.said}'
    return expect(server, *([f'{suite}, {group}'] if suite else []), *words)


def matrix(role, cell, provider):
    result = table.Table(f'Skerry {role}, {provider}', list(KINDS))
    for suite in SUITES:
        for group in GROUPS:
            for kind in KINDS:
                if (provider, kind) == ('bearssl', 'ed25519'):
                    result.note(f'{suite} {group}', kind, 'lacks')
                else:
                    result.run(f'{suite} {group}', kind, cell, provider, group, suite, kind)
    result.show()
    return result


# --- Features ---

def our_certificate(provider):
    for kind in KINDS[:4]:
        chain, key = peers.key(f'client-{kind}')
        server = peers.gnutls_server('p256', priority(), '--require-client-cert', '--verify-client-cert', '--x509cafile',
                                     peers.root(), '--debug', '5')
        client = peers.skerry_client(server.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost',
                                     '--cert', chain, '--key', key)
        wrong = peers.converse(client, b'good day\n', b'good day\n')
        server.stop()
        if wrong or 'CERTIFICATE VERIFY' not in server.said:
            return f'{kind}: {wrong}\n{server.said[-3000:]}'
    return None


def their_certificate(provider):
    for kind in KINDS[:4]:
        chain, key = peers.key(f'client-{kind}')
        wrong = as_server(provider, None, None, 'p256', ('--ca', peers.root(), '--verify', 'required'),
                          ('--x509certfile', chain, '--x509keyfile', key), ('the client is verified',))
        if wrong:
            return f'{kind}: {wrong}'
    return None


def retry(provider):
    return (as_client(provider, 'secp384r1', None, 'p256', words=('secp384r1 (after a HelloRetryRequest)',)) or
            as_server(provider, 'secp384r1', None, 'p256', offer='x25519 secp384r1', client_options=('--single-key-share',),
                      words=('secp384r1 (after a HelloRetryRequest)',)))


def alpn(provider):
    return (as_client(provider, None, None, 'p256', ('--alpn', 'a,b'), ('--alpn', 'b'), ('application protocol: b',)) or
            as_server(provider, None, None, 'p256', ('--alpn', 'b'), ('--alpn', 'a', '--alpn', 'b'), ('application protocol: b',)))


def update_by_client(provider):
    """gnutls-cli sends KeyUpdate on ^rekey^."""
    server = peers.skerry_server('p256', '--provider', provider, '--echo', '--trace')
    client = peers.gnutls_client(server.port, priority(), '--inline-commands')
    wrong = None
    for times, line in enumerate((b'one\n', b'two\n', b'three\n'), 1):
        client.send(line)
        if not client.wait_for(b'\n' + line):
            wrong = f'no {line}\n{client.said}\n{server.said}'
            break
        client.send(b'^rekey^\n')
        server.wait_for(b'<-- handshake KeyUpdate', 'err', times, 2)
    client.close_input()
    codes = client.finish(), server.finish()
    count = server.said.count('<-- handshake KeyUpdate')
    return wrong or (None if count >= 2 and codes == (0, 0) else f'{count} KeyUpdates, {codes}\n{client.said}\n{server.said}')


def update_by_us(provider):
    return (as_client(provider, None, None, 'p256', ('--update-keys=4',)) or
            as_server(provider, None, None, 'p256', ('--update-keys=4',)))


def small_records(provider):
    """GnuTLS offers record_size_limit, which is not ours yet; small records must do in both directions all the same."""
    return (as_client(provider, None, None, 'rsa', ('--max-record-out', '64')) or
            as_server(provider, None, None, 'rsa', ('--max-record-out', '64'), ('--recordsize', '512')))


# --- Refusals: our exit code and words, and the alert that GnuTLS saw ---

def refused(us, words, them, alert):
    code = us.finish()
    them.finish(3)
    seen = [int(n) for n in re.findall(r'Received alert \[(\d+)|Alert\[2\|(\d+)\][^\n]*was received', them.said)
            for n in n if n]
    good = code == 1 and all(w in us.err for w in words) and (alert is None or alert in seen)
    return None if good else f'{code}, they saw {seen}\n{us.err}\n{them.said}'


def untrusted_server(provider):
    them = peers.gnutls_server('stranger', priority(), '--debug', '5')
    us = peers.skerry_client(them.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost')
    us.finish()
    them.stop()
    return refused(us, ('no trusted root', 'unknown_ca (alert 48)'), them, 48)


def missing_certificate(provider):
    us = peers.skerry_server('p256', '--provider', provider, '--echo', '--ca', peers.root())
    them = peers.gnutls_client(us.port, priority())
    return refused(us, ('certificate_required (alert 116)',), them, 116)


def old_client(provider):
    us = peers.skerry_server('p256', '--provider', provider, '--echo')
    them = peers.gnutls_client(us.port, priority(version='VERS-TLS1.2'))
    return refused(us, ('no protocol version in common',), them, 70)


def old_server(provider):
    """GnuTLS says handshake_failure where protocol_version would be due."""
    them = peers.gnutls_server('p256', priority(version='VERS-TLS1.2'))
    us = peers.skerry_client(them.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost')
    us.finish()
    them.stop()
    return refused(us, ('handshake_failure (alert 40)', 'version'), them, None)


def distrusted(provider):
    us = peers.skerry_server('stranger', '--provider', provider, '--echo')
    them = peers.gnutls_client(us.port, priority())
    code = us.finish()
    them.finish()
    return None if code == 1 and 'alert' in us.err else f'{code}\n{us.err}\n{them.said}'


def main():
    peers.need('openssl', 'gnutls-cli', 'gnutls-serv')
    tables = [matrix(role, cell, provider) for role, cell in (('client', as_client), ('server', as_server))
              for provider in PROVIDERS]
    rest = table.Table('the rest', PROVIDERS)
    for cell in (our_certificate, their_certificate, retry, alpn, update_by_client, update_by_us, small_records,
                 untrusted_server, missing_certificate, old_client, old_server, distrusted):
        for provider in PROVIDERS:
            rest.run(cell.__name__.replace('_', ' '), provider, cell, provider)
    rest.show()
    table.finish(*tables, rest)


if __name__ == '__main__':
    main()
