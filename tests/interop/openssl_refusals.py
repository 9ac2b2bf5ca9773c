#!/usr/bin/env python3
"""What must be refused, with OpenSSL at the other end, in TLS 1.3 and 1.2: our exit code, our words, and the alert that the
other side saw.

A row of the tables says who refuses whom and why. When we refuse, OpenSSL must have got the right alert; when OpenSSL
refuses, we must tell its alert by name and say what to do.
"""
import os
import re
import time

from kit import peers, table

# OpenSSL speaks TLS 1.1 only when it is told that security does not matter.
OLD = ('-tls1_1', '-cipher', 'DEFAULT:@SECLEVEL=0')


def alerts(process):
    return [int(number) for number in re.findall(r'SSL alert number (\d+)', process.said)]


def judge(skerry, code, words, openssl, alert):
    """Exit code 1, each of the words in what we said, the alert in what OpenSSL said (None: not to be looked at)."""
    ended = skerry.finish()
    said = skerry.err
    missing = [w for w in words if w not in said]
    if ended != code or missing or skerry.out:
        return f'we ended with {ended}, not {code}; not said: {missing}; data: {skerry.out[:40]}\n{said}'
    openssl.stop()
    if alert is not None and alerts(openssl) != [alert]:
        return f'OpenSSL saw the alerts {alerts(openssl)}, not {alert}\n{openssl.said}'
    return None


def client_refuses(side, name, alert, words, client=(), server=(), host='localhost', ca='root', version=None):
    """Words and options may differ by version: {'1.3': ..., '1.2': ...}."""
    them = peers.openssl_server(name, *(version or (side.openssl,)), *of(server, side))
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(ca), '--name', host, *client)
    return judge(us, 1, of(words, side), them, of(alert, side))


def server_refuses(side, alert, words, client=(), server=(), name='p256', version=None, who=None):
    if who or '--verify' in server:
        server = (*server, '--ca', peers.root())
    if who:
        chain, private = peers.key(who)
        client = ('-cert', chain, '-cert_chain', chain, '-key', private)
    us = peers.skerry_server(name, *side.ours, '--echo', *server)
    them = peers.openssl_client(us.port, *(version or (side.openssl,)), *of(client, side))
    return judge(us, 1, of(words, side), them, of(alert, side))


def of(what, side):
    return what[side.version] if isinstance(what, dict) else what


OTHER = {'1.3': ('-tls1_2',), '1.2': ('-tls1_3',)}
NAMED = {'1.3': '--tls1.3', '1.2': '--tls1.2'}

OUR_CLIENT = {
    'untrusted root': dict(name='stranger', alert=48, words=('no trusted root', '127.0.0.1', 'unknown_ca (alert 48)', '--ca FILE')),
    'wrong name': dict(name='other', alert=42, words=('for another name', 'localhost was looked for', '--name NAME')),
    'expired': dict(name='expired', alert=45, words=('has expired', 'validity', 'certificate 0', 'checked as of 20')),
    'not valid yet': dict(name='early', alert=45, words=('not valid yet', 'clock')),
    'TLS 1.1 only': dict(name='p256', alert=None, version=OLD, words=('protocol_version (alert 70)', 'does not speak TLS 1.2')),
    'no suite in common': dict(name='p256', alert=None, client=('--suites', 'AES_256_GCM,ECDHE-ECDSA-AES256-GCM-SHA384'),
                               words=('handshake_failure (alert 40)',),
                               server=('-ciphersuites', 'TLS_AES_128_GCM_SHA256', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256')),
    'no group in common': dict(name='p256', alert=None, client=('--groups', 'P-384'), server=('-groups', 'P-521'),
                               words=('handshake_failure (alert 40)',)),
    'no ALPN in common': dict(name='p256', alert=None, client=('--alpn', 'a'), server=('-alpn', 'b'),
                              words=('no_application_protocol (alert 120)', '--alpn')),
    'no key of that kind': dict(name='ed25519', alert=None, client=('--signatures', 'ecdsa_secp256r1_sha256'),
                                words=('handshake_failure (alert 40)',)),
}

OUR_SERVER = {
    # TLS 1.2 has no alert of its own for that.
    'no client certificate': dict(alert={'1.3': 116, '1.2': 40}, server=('--verify', 'required'),
                                  words={'1.3': ('client sent no certificate', 'certificate_required (alert 116)', '--verify optional'),
                                         '1.2': ('client sent no certificate', 'handshake_failure (alert 40)', '--verify optional')}),
    'client of a stranger': dict(alert=48, who='client-stranger', words=('no trusted root', 'unknown_ca (alert 48)')),
    'stranger, optional': dict(alert=48, who='client-stranger', server=('--verify', 'optional'), words=('no trusted root',)),
    "client with a server's certificate": dict(alert=43, who='p256', words=('extendedKeyUsage', 'unsupported_certificate')),
    'TLS 1.1 only': dict(alert=70, version=OLD, words=('no protocol version in common', 'TLS 1.2')),
    'no suite in common': dict(alert=40, client=('-ciphersuites', 'TLS_AES_128_GCM_SHA256', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'),
                               server=('--suites', '0x1302,0xc02c'), words=('no cipher suite in common', '--suites')),
    'no group in common': dict(alert=40, client=('-groups', 'P-521'), words=('in common',)),
    'no ALPN in common': dict(alert=120, client=('-alpn', 'a'), server=('--alpn', 'b'), words=('no application protocol in common',)),
    'no key of that kind': dict(alert=40, client={'1.3': ('-sigalgs', 'RSA-PSS+SHA256'), '1.2': ('-cipher', 'ECDHE-RSA-AES128-GCM-SHA256')},
                                words={'1.3': ('signature algorithms',), '1.2': ('signature algorithms',)}),
    'name of nobody': dict(alert=112, client=('-servername', 'nobody.example'), server=('--require-known-name',),
                           words=('unrecognized_name (alert 112)',)),
}


def other_version_client(side):
    """Our client wants this version, the server speaks the other one only."""
    return client_refuses(side, 'p256', None, ('protocol_version (alert 70)', '--min-version'), (NAMED[side.version],),
                          version=OTHER[side.version])


def other_version_server(side):
    return server_refuses(side, 70, ('no protocol version in common', '--min-version'), server=(NAMED[side.version],),
                          version=OTHER[side.version])


def record_too_large(side):
    """OpenSSL knows no record_size_limit, and no max_fragment_length is as small as 256; so it sends what it likes."""
    them = peers.openssl_server('p256', side.openssl, '-quiet')
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', '--max-record-in', '256')
    us.wait_for(b'handshake:', 'err')
    them.send(b'x' * 2999 + b'\n')
    wrong = judge(us, 1, ('the limit is 256', '--max-record-in'), them, 22)
    us = peers.skerry_server('p256', *side.ours, '--max-record-in', '2000')
    them = peers.openssl_client(us.port, side.openssl)
    them.send(b'x' * 2999 + b'\n')
    return wrong or judge(us, 1, ('3000 bytes, the limit is 2000', '--max-record-in'), them, 22)


def fallback(side):
    """RFC 7507: a client that comes back with an older version than it could speak."""
    if side.version == '1.3':
        return works(side, '-fallback_scsv')
    return server_refuses(side, 86, ('older version', 'FALLBACK'), ('-fallback_scsv',)) or works(side, '-fallback_scsv', server=('--tls1.2',))


def works(side, *client, server=()):
    us = peers.skerry_server('p256', *side.ours, '--echo', *server)
    them = peers.openssl_client(us.port, side.openssl, '-quiet', '-no_ign_eof', *client)
    return peers.converse(them, b'good day\n', b'good day\n') or peers.ended(us)


# --- OpenSSL refuses us ---

def they_distrust_our_server(side):
    us = peers.skerry_server('stranger', *side.ours, '--echo')
    them = peers.openssl_client(us.port, side.openssl)
    return judge(us, 1, ('unknown_ca (alert 48)', 'does not trust the root'), them, None)


def they_want_our_certificate(side):
    alert = 'certificate_required (alert 116)' if side.version == '1.3' else 'handshake_failure (alert 40)'
    them = peers.openssl_server('p256', side.openssl, '-rev', '-Verify', '3', '-CAfile', peers.root())
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost')
    return judge(us, 1, (alert,), them, None)


def they_distrust_our_certificate(side):
    chain, private = peers.key('client-stranger')
    them = peers.openssl_server('p256', side.openssl, '-rev', '-Verify', '3', '-verify_return_error', '-CAfile', peers.root())
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost',
                             '--cert', chain, '--key', private)
    return judge(us, 1, ('unknown_ca (alert 48)',), them, None)


# --- Not TLS at all, and nobody there ---

def bearssl_has_no_ed25519(side):
    if side.provider != 'bearssl':
        return client_works('ed25519', side)
    them = peers.openssl_server('ed25519', side.openssl)
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost')
    return judge(us, 1, ('handshake_failure (alert 40)',), them, None)


def client_works(name, side, *options):
    them = peers.openssl_server(name, side.openssl, '-rev')
    us = peers.skerry_client(them.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', *options)
    return peers.converse(us, b'good day\n', b'yad doog\n') or (them.finish() and them.said)


def expired_but_told_so(side):
    """The same certificate is good at another time, or when time is not looked at."""
    return client_works('expired', side, '--ignore-time')


def insecure_is_loud(side):
    them = peers.openssl_server('stranger', side.openssl, '-rev')
    us = peers.skerry_client(them.port, *side.ours, '--insecure')
    wrong = peers.converse(us, b'good day\n', b'yad doog\n') or (them.finish() and them.said)
    return wrong or (None if us.err.count('NOT VERIFIED') + us.err.count('WARNING') == 2 else us.err)


def plain_server(side):
    """A server that says something that is not TLS."""
    script = ('import socket,sys; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); '
              'c = s.accept()[0]; c.sendall(b"220 mail.example ESMTP\\r\\n"); print(list(c.recv(9999))[-7:], flush=True); c.recv(1)')
    them = peers.Process('python3', '-c', script)
    them.wait_for(b'\n')
    us = peers.skerry_client(int(them.out), *side.ours, '--ca', peers.root())
    code = us.finish()
    them.stop()
    return None if code == 1 and 'does the peer speak TLS' in us.err and 'RECORD_HEADER' in us.err else f'{code}\n{us.err}'


def cut_off(side):
    """The other side vanishes without close_notify: what came is shown, and the exit code tells."""
    us = peers.skerry_server('p256', *side.ours)
    them = peers.openssl_client(us.port, side.openssl)
    them.send(b'half a sent')
    us.wait_for(b'half a sent')
    os.kill(them.child.pid, 9)
    them.finish()
    code = us.finish()
    good = code == 1 and 'did not say close_notify' in us.err or code == 3 and 'reset' in us.err
    return None if good and us.out == b'half a sent' else f'{code} {us.out}\n{us.err}'


def silence(side):
    """A server that accepts and says nothing."""
    start = time.monotonic()
    script = ('import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); '
              'c = s.accept()[0]; input()')
    them = peers.Process('python3', '-c', script)
    them.wait_for(b'\n')
    us = peers.Process(peers.SKERRY, 'client', f'127.0.0.1:{int(them.out)}', '--timeout', '1', '--insecure', *side.ours)
    code = us.finish()
    them.stop()
    return None if code == 3 and 'too long' in us.err and time.monotonic() - start < 6 else f'{code}\n{us.err}'


def main():
    peers.need('openssl')
    columns = [str(side) for side in peers.SIDES]
    tables = [table.Table(title, columns) for title in ('our client refuses', 'our server refuses', 'the rest')]
    for side in peers.SIDES:
        for row, case in OUR_CLIENT.items():
            tables[0].run(row, str(side), lambda c=case: client_refuses(side, **c))
        tables[0].run('the other version', str(side), other_version_client, side)
        for row, case in OUR_SERVER.items():
            tables[1].run(row, str(side), lambda c=case: server_refuses(side, **c))
        tables[1].run('the other version', str(side), other_version_server, side)
        for cell in (record_too_large, fallback, they_distrust_our_server, they_want_our_certificate, they_distrust_our_certificate,
                     bearssl_has_no_ed25519, expired_but_told_so, insecure_is_loud, plain_server, cut_off, silence):
            tables[2].run(cell.__name__.replace('_', ' '), str(side), cell, side)
    for one in tables:
        one.show()
    table.finish(*tables)


if __name__ == '__main__':
    main()
