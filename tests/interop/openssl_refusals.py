#!/usr/bin/env python3
"""What must be refused, with OpenSSL at the other end: our exit code, our words, and the alert that the other side saw.

A row of the tables says who refuses whom and why. When we refuse, OpenSSL must have got the right alert; when OpenSSL
refuses, we must tell its alert by name and say what to do.
"""
import os
import re
import time

from kit import peers, table

PROVIDERS = ('openssl', 'bearssl')


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


def client_refuses(provider, name, alert, words, client=(), server=('-tls1_3',), host='localhost', ca='root'):
    them = peers.openssl_server(name, *server)
    us = peers.skerry_client(them.port, '--provider', provider, '--ca', peers.root(ca), '--name', host, *client)
    return judge(us, 1, words, them, alert)


def server_refuses(provider, alert, words, client=('-tls1_3',), server=(), name='p256'):
    us = peers.skerry_server(name, '--provider', provider, '--echo', *server)
    them = peers.openssl_client(us.port, *client)
    return judge(us, 1, words, them, alert)


OUR_CLIENT = {
    'untrusted root': dict(name='stranger', alert=48, words=('no trusted root', '127.0.0.1', 'unknown_ca (alert 48)', '--ca FILE')),
    'wrong name': dict(name='other', alert=42, words=('for another name', 'localhost was looked for', '--name NAME')),
    'expired': dict(name='expired', alert=45, words=('has expired', 'validity', 'certificate 0', 'checked as of 20')),
    'not valid yet': dict(name='early', alert=45, words=('not valid yet', 'clock')),
    'TLS 1.2 only': dict(name='p256', alert=None, server=('-tls1_2',), words=('protocol_version (alert 70)', 'does not speak TLS 1.3')),
    'no suite in common': dict(name='p256', alert=None, client=('--suites', 'AES_256_GCM'), words=('handshake_failure (alert 40)',),
                               server=('-tls1_3', '-ciphersuites', 'TLS_AES_128_GCM_SHA256')),
    'no group in common': dict(name='p256', alert=None, client=('--groups', 'P-384'), server=('-tls1_3', '-groups', 'P-521'),
                               words=('handshake_failure (alert 40)',)),
    'no ALPN in common': dict(name='p256', alert=None, client=('--alpn', 'a'), server=('-tls1_3', '-alpn', 'b'),
                              words=('no_application_protocol (alert 120)', '--alpn')),
    'no key of that kind': dict(name='ed25519', alert=None, client=('--signatures', 'ecdsa_secp256r1_sha256'),
                                words=('handshake_failure (alert 40)',)),
    'record too large': dict(name='rsa', alert=22, client=('--max-record-in', '256'),
                             words=('the limit is 256', '--max-record-in')),
}

OUR_SERVER = {
    'no client certificate': dict(alert=116, server=('--verify', 'required'),
                                  words=('client sent no certificate', 'certificate_required (alert 116)', '--verify optional')),
    'client of a stranger': dict(alert=48, who='client-stranger', words=('no trusted root', 'unknown_ca (alert 48)')),
    'stranger, optional': dict(alert=48, who='client-stranger', server=('--verify', 'optional'), words=('no trusted root',)),
    "client with a server's certificate": dict(alert=43, who='p256', words=('extendedKeyUsage', 'unsupported_certificate')),
    'TLS 1.2 only': dict(alert=70, client=('-tls1_2',), words=('no protocol version in common', 'TLS 1.3')),
    'no suite in common': dict(alert=40, client=('-tls1_3', '-ciphersuites', 'TLS_AES_128_GCM_SHA256'), server=('--suites', '0x1302'),
                               words=('no cipher suite in common', '--suites')),
    'no group in common': dict(alert=40, client=('-tls1_3', '-groups', 'P-521'), words=('no key exchange group in common',)),
    'no ALPN in common': dict(alert=120, client=('-tls1_3', '-alpn', 'a'), server=('--alpn', 'b'),
                              words=('no application protocol in common',)),
    'no key of that kind': dict(alert=40, client=('-tls1_3', '-sigalgs', 'RSA-PSS+SHA256'), words=('signature algorithms',)),
    'name of nobody': dict(alert=112, client=('-tls1_3', '-servername', 'nobody.example'), server=('--require-known-name',),
                           words=('unrecognized_name (alert 112)',)),
    'record too large': dict(alert=22, client=('-tls1_3', '-alpn', ','.join(f'protocol-{n:03}' for n in range(60))),
                             server=('--max-record-in', '512'), words=('the limit is 512',)),
}


def our_server(provider, alert, words, who=None, server=(), client=('-tls1_3',)):
    options = list(server)
    if who or '--verify' in server:
        options += ['--ca', peers.root()]
    if who:
        chain, private = peers.key(who)
        client = (*client, '-cert', chain, '-cert_chain', chain, '-key', private)
    return server_refuses(provider, alert, words, client, options)


# --- OpenSSL refuses us ---

def they_distrust_our_server(provider):
    us = peers.skerry_server('stranger', '--provider', provider, '--echo')
    them = peers.openssl_client(us.port, '-tls1_3')
    return judge(us, 1, ('unknown_ca (alert 48)', 'does not trust the root'), them, None)


def they_want_our_certificate(provider):
    them = peers.openssl_server('p256', '-tls1_3', '-rev', '-Verify', '3', '-CAfile', peers.root())
    us = peers.skerry_client(them.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost')
    return judge(us, 1, ('certificate_required (alert 116)', '--cert FILE'), them, None)


def they_distrust_our_certificate(provider):
    chain, private = peers.key('client-stranger')
    them = peers.openssl_server('p256', '-tls1_3', '-rev', '-Verify', '3', '-verify_return_error', '-CAfile', peers.root())
    us = peers.skerry_client(them.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost',
                             '--cert', chain, '--key', private)
    return judge(us, 1, ('unknown_ca (alert 48)',), them, None)


# --- Not TLS at all, and nobody there ---

def bearssl_has_no_ed25519(provider):
    if provider != 'bearssl':
        return client_works('ed25519', provider)
    them = peers.openssl_server('ed25519', '-tls1_3')
    us = peers.skerry_client(them.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost')
    return judge(us, 1, ('handshake_failure (alert 40)',), them, None)


def client_works(name, provider, *options):
    them = peers.openssl_server(name, '-tls1_3', '-rev')
    us = peers.skerry_client(them.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost', *options)
    return peers.converse(us, b'good day\n', b'yad doog\n') or (them.finish() and them.said)


def expired_but_told_so(provider):
    """The same certificate is good at another time, or when time is not looked at."""
    return client_works('expired', provider, '--ignore-time')


def insecure_is_loud(provider):
    them = peers.openssl_server('stranger', '-tls1_3', '-rev')
    us = peers.skerry_client(them.port, '--provider', provider, '--insecure')
    wrong = peers.converse(us, b'good day\n', b'yad doog\n') or (them.finish() and them.said)
    return wrong or (None if us.err.count('NOT VERIFIED') + us.err.count('WARNING') == 2 else us.err)


def plain_server(provider):
    """A server that says something that is not TLS."""
    script = ('import socket,sys; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); '
              'c = s.accept()[0]; c.sendall(b"220 mail.example ESMTP\\r\\n"); print(list(c.recv(9999))[-7:], flush=True); c.recv(1)')
    them = peers.Process('python3', '-c', script)
    them.wait_for(b'\n')
    us = peers.skerry_client(int(them.out), '--provider', provider, '--ca', peers.root())
    code = us.finish()
    them.stop()
    return None if code == 1 and 'does the peer speak TLS' in us.err and 'RECORD_HEADER' in us.err else f'{code}\n{us.err}'


def cut_off(provider):
    """The other side vanishes without close_notify: what came is shown, and the exit code tells."""
    us = peers.skerry_server('p256', '--provider', provider)
    them = peers.openssl_client(us.port, '-tls1_3')
    them.send(b'half a sent')
    us.wait_for(b'half a sent')
    os.kill(them.child.pid, 9)
    them.finish()
    code = us.finish()
    good = code == 1 and 'did not say close_notify' in us.err or code == 3 and 'reset' in us.err
    return None if good and us.out == b'half a sent' else f'{code} {us.out}\n{us.err}'


def silence(provider):
    """A server that accepts and says nothing."""
    start = time.monotonic()
    script = ('import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); '
              'c = s.accept()[0]; input()')
    them = peers.Process('python3', '-c', script)
    them.wait_for(b'\n')
    us = peers.Process(peers.SKERRY, 'client', f'127.0.0.1:{int(them.out)}', '--timeout', '1', '--insecure', '--provider', provider)
    code = us.finish()
    them.stop()
    return None if code == 3 and 'too long' in us.err and time.monotonic() - start < 6 else f'{code}\n{us.err}'


def main():
    peers.need('openssl')
    tables = [table.Table(title, PROVIDERS) for title in ('our client refuses', 'our server refuses', 'the rest')]
    for provider in PROVIDERS:
        for row, case in OUR_CLIENT.items():
            tables[0].run(row, provider, lambda c=case: client_refuses(provider, **c))
        for row, case in OUR_SERVER.items():
            tables[1].run(row, provider, lambda c=case: our_server(provider, **c))
        for cell in (they_distrust_our_server, they_want_our_certificate, they_distrust_our_certificate,
                     bearssl_has_no_ed25519, expired_but_told_so, insecure_is_loud, plain_server, cut_off, silence):
            tables[2].run(cell.__name__.replace('_', ' '), provider, cell, provider)
    for one in tables:
        one.show()
    table.finish(*tables)


if __name__ == '__main__':
    main()
