#!/usr/bin/env python3
"""Skerry against GnuTLS, in TLS 1.3 and 1.2: groups, cipher suites and server keys both ways over both providers, client
certificates, HelloRetryRequest, ALPN, KeyUpdate, sessions, record sizes, refusals."""
import itertools
import re

from kit import peers, table
from kit.peers import expect, first

KINDS = ('p256', 'p384', 'rsa', 'pss', 'ed25519')
GROUPS = {'x25519': 'GROUP-X25519', 'secp256r1': 'GROUP-SECP256R1', 'secp384r1': 'GROUP-SECP384R1'}
SUITES = {'AES_128_GCM_SHA256': 'AES-128-GCM', 'AES_256_GCM_SHA384': 'AES-256-GCM',
          'CHACHA20_POLY1305_SHA256': 'CHACHA20-POLY1305'}
PKCS1 = ':-SIGN-ALL:+SIGN-RSA-SHA256:+SIGN-ECDSA-SHA256'
counter = itertools.count()


def priority(version, group=None, suite=None, more=''):
    text = f'NORMAL:-VERS-ALL:+VERS-TLS{version}'
    if group:
        text += ':-GROUP-ALL' + ''.join(f':+{GROUPS[g]}' for g in group.split())
    if suite:
        text += f':-CIPHER-ALL:+{SUITES[suite]}'
    return text + more


def registered(version, suite, kind):
    """The suite's name in the registry."""
    if version == '1.3':
        return f'TLS_{suite}'
    return f"TLS_ECDHE_{'RSA' if kind.split()[0] in ('rsa', 'pss') else 'ECDSA'}_WITH_{suite}"


def as_client(side, group=None, suite=None, kind='p256', options=(), server_options=(), words=(), more='', say=b'good day\n'):
    more += PKCS1 if kind == 'rsa pkcs1' else ''
    server = peers.gnutls_server(kind.split()[0], priority(side.version, group, suite, more), *server_options)
    try:
        client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', *options)
        wrong = peers.converse(client, say, say)
        return wrong or expect(client, f'TLS {side.version} with', 'verified as localhost', *words,
                               *([f'{registered(side.version, suite, kind)}, {group}'] if suite else []),
                               *(['signed with rsa_pkcs1_sha256'] if kind == 'rsa pkcs1' else []))
    finally:
        server.stop()


def as_server(side, group=None, suite=None, kind='p256', options=(), client_options=(), words=(), offer=None, more='',
              say=b'good day\n'):
    more += PKCS1 if kind == 'rsa pkcs1' else ''
    name = suite and registered(side.version, suite, kind)
    if group and not offer:  # in TLS 1.2 the groups of a client are also the curves of the keys that it accepts
        offer = ' '.join([group] + [g for g in GROUPS if g != group])
    server = peers.skerry_server(kind.split()[0], *side.ours, '--echo', *(['--groups', group] if group else []),
                                 *(['--suites', name] if suite else []), *options)
    client = peers.gnutls_client(server.port, priority(side.version, offer, suite, more), *client_options)
    wrong = peers.converse(client, say, b'\n' + say)
    code = server.stop() if wrong else server.finish()
    if wrong or code:
        return f'{wrong or ""}\nthe server ended with {code}\n{server.said}'
    return expect(server, f'TLS {side.version} with', *([f'{name}, {group}'] if suite else []), *words)


def matrix(role, cell, side):
    kinds = KINDS + (('rsa pkcs1',) if side.version == '1.2' else ())
    result = table.Table(f'Skerry {role}, {side.provider}, TLS {side.version}', list(kinds))
    for suite in SUITES:
        for group in GROUPS:
            for kind in kinds:
                if (side.provider, kind) == ('bearssl', 'ed25519'):
                    result.note(f'{suite} {group}', kind, 'lacks')
                else:
                    result.run(f'{suite} {group}', kind, cell, side, group, suite, kind)
    result.show()
    return result


# --- Features ---

def our_certificate(side):
    for kind in KINDS[:4]:
        chain, key = peers.key(f'client-{kind}')
        server = peers.gnutls_server('p256', priority(side.version), '--require-client-cert', '--verify-client-cert', '--x509cafile',
                                     peers.root(), '--debug', '5')
        client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost',
                                     '--cert', chain, '--key', key)
        wrong = peers.converse(client, b'good day\n', b'good day\n')
        server.stop()
        if wrong or 'CERTIFICATE VERIFY' not in server.said:
            return f'{kind}: {wrong}\n{server.said[-3000:]}'
    return None


def their_certificate(side):
    for kind in KINDS[:4]:
        chain, key = peers.key(f'client-{kind}')
        wrong = as_server(side, options=('--ca', peers.root(), '--verify', 'required'), client_options=('--x509certfile', chain, '--x509keyfile', key), words=('the client is verified',))
        if wrong:
            return f'{kind}: {wrong}'
    return None


def retry(side):
    """TLS 1.2 needs no HelloRetryRequest for another group."""
    words = ('secp384r1 (after a HelloRetryRequest)',) if side.version == '1.3' else ('secp384r1\n',)
    return first(as_client(side, 'secp384r1', words=words),
                 as_server(side, 'secp384r1', offer='x25519 secp256r1 secp384r1', client_options=('--single-key-share',), words=words))


def alpn(side):
    words = 'application protocol: b',
    return first(as_client(side, options=('--alpn', 'a,b'), server_options=('--alpn', 'b'), words=words),
                 as_server(side, options=('--alpn', 'b'), client_options=('--alpn', 'a', '--alpn', 'b'), words=words))


def update_by_client(side):
    """gnutls-cli sends KeyUpdate on ^rekey^."""
    server = peers.skerry_server('p256', *side.ours, '--echo', '--trace')
    client = peers.gnutls_client(server.port, priority(side.version), '--inline-commands')
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


def update_by_us(side):
    return first(as_client(side, options=('--update-keys=4',)), as_server(side, options=('--update-keys=4',)))


def small_records(side):
    return first(as_client(side, kind='rsa', options=('--max-record-out', '64')),
                 as_server(side, kind='rsa', options=('--max-record-out', '64'), client_options=('--recordsize', '512')))


def record_size_limit(side):
    """RFC 8449, both ways: who can take little says so, and the other one keeps to it."""
    return first(as_client(side, options=('--max-record-in', '600'), say=b'x' * 2999 + b'\n'), we_split(side), they_split(side))


def we_split(side):
    """What our server has for a client that takes 600 bytes at once."""
    server = peers.skerry_server('p256', *side.ours, '--trace')
    client = peers.gnutls_client(server.port, priority(side.version), '--recordsize', '600')
    server.wait_for(b'handshake:', 'err')
    server.send(b'x' * 1800)
    server.close_input()
    server.wait_for(b'--> record    close_notify', 'err')
    client.close_input()
    code = client.finish()
    server.finish()  # gnutls-cli does not answer close_notify
    sizes = re.findall('--> data +application data +([0-9]+) ', server.err)
    came = client.out.split(b'Simple Client Mode')[-1].count(b'x')
    return None if (code, sizes, came) == (0, ['600'] * 3, 1800) else f'{code} {sizes} {came}\n{server.said}'


def they_split(side):
    """gnutls-cli sends the first record of what it was given, and forgets the rest."""
    server = peers.skerry_server('p256', *side.ours, '--trace', '--max-record-in', '600')
    client = peers.gnutls_client(server.port, priority(side.version))
    client.send(b'x' * 2999 + b'\n')
    seen = server.wait_for(b'x' * 600)
    client.close_input()
    server.close_input()
    code = client.finish()
    server.finish()
    return None if seen and code == 0 and re.search('<-- data +application data +600 ', server.err) else f'{code}\n{server.said}'


# --- Sessions ---

def by_us(side, more='', expected=(False, True, True), server_options=(), options=()):
    session = peers.WORK / f'gnutls-session.{next(counter)}'
    server = peers.gnutls_server('p256', priority(side.version, more=more), *server_options)
    wrong = None
    for resumed in expected:
        client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', '--session', session, *options)
        wrong = wrong or peers.converse(client, b'good day\n', b'good day\n')
        if not wrong and ('resumed:' in client.err) != resumed:
            wrong = f'resumed: {not resumed}\n{client.err}'
    server.stop()
    return wrong


def session_by_us(side):
    return first(by_us(side), by_us(side, server_options=('--noticket', '--nodb'), expected=(False, False)))


def session_by_them(side, more='', resumed=True):
    """gnutls-cli -r comes twice."""
    server = peers.skerry_server('p256', *side.ours, '--echo', once=False)
    client = peers.gnutls_client(server.port, priority(side.version, more=more), '--resume',
                                 *(['--waitresumption'] if side.version == '1.3' else []))
    # The first connection ends at once, the second is the one that talks.
    wrong = peers.converse(client, b'good day\n', b'good day\n')
    server.stop()
    if not wrong and (server.err.count('resumed:'), 'This is a resumed session' in client.said) != (int(resumed), resumed):
        wrong = f'{client.said}\n{server.err}'
    return wrong


def without_extended_master(side):
    """RFC 7627 section 5.3: full handshakes go on, sessions are not resumed."""
    return first(by_us(side, ':%NO_SESSION_HASH', (False, False)), session_by_them(side, ':%NO_SESSION_HASH', False))


# --- Refusals: our exit code and words, and the alert that GnuTLS saw ---

def refused(us, words, them, alert):
    code = us.finish()
    them.finish(3)
    seen = [int(n) for n in re.findall(r'Received alert \[(\d+)|Alert\[2\|(\d+)\][^\n]*was received', them.said)
            for n in n if n]
    good = code == 1 and all(w in us.err for w in words) and (alert is None or alert in seen)
    return None if good else f'{code}, they saw {seen}\n{us.err}\n{them.said}'


def untrusted_server(side):
    them = peers.gnutls_server('stranger', priority(side.version), '--debug', '5')
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost')
    us.finish()
    them.stop()
    return refused(us, ('no trusted root', 'unknown_ca (alert 48)'), them, 48)


def missing_certificate(side):
    """TLS 1.2 has no alert of its own for that."""
    alert = 116 if side.version == '1.3' else 40
    us = peers.skerry_server('p256', *side.ours, '--echo', '--ca', peers.root())
    them = peers.gnutls_client(us.port, priority(side.version))
    return refused(us, ('sent no certificate', f'(alert {alert})'), them, alert)


def old_client(side):
    us = peers.skerry_server('p256', *side.ours, '--echo', f'--tls{side.version}')
    them = peers.gnutls_client(us.port, priority('1.2' if side.version == '1.3' else '1.1'))
    return refused(us, ('no protocol version in common',), them, 70)


def old_server(side):
    """GnuTLS says handshake_failure where protocol_version would be due, or has no suite for it."""
    them = peers.gnutls_server('p256', priority('1.2' if side.version == '1.3' else '1.1'))
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', f'--tls{side.version}')
    us.finish()
    them.stop()
    return refused(us, ('(alert ', 'version'), them, None)


def distrusted(side):
    us = peers.skerry_server('stranger', *side.ours, '--echo')
    them = peers.gnutls_client(us.port, priority(side.version))
    code = us.finish()
    them.finish()
    return None if code == 1 and 'alert' in us.err else f'{code}\n{us.err}\n{them.said}'


ONLY = {update_by_client: '1.3', update_by_us: '1.3', without_extended_master: '1.2'}


def main():
    peers.need('openssl', 'gnutls-cli', 'gnutls-serv')
    tables = [matrix(role, cell, side) for role, cell in (('client', as_client), ('server', as_server)) for side in peers.SIDES]
    rest = table.Table('the rest', [str(side) for side in peers.SIDES])
    for cell in (our_certificate, their_certificate, retry, alpn, update_by_client, update_by_us, small_records,
                 record_size_limit, session_by_us, session_by_them, without_extended_master, untrusted_server,
                 missing_certificate, old_client, old_server, distrusted):
        for side in peers.SIDES:
            row = cell.__name__.replace('_', ' ')
            if ONLY.get(cell, side.version) != side.version:
                rest.note(row, str(side), '-')
            else:
                rest.run(row, str(side), cell, side)
    rest.show()
    print('lacks: BearSSL has no Ed25519; -: not in that version')
    table.finish(*tables, rest)


if __name__ == '__main__':
    main()
