#!/usr/bin/env python3
"""Skerry against OpenSSL: what a connection can do besides: client certificates, HelloRetryRequest, ALPN, server names,
KeyUpdate, padding, records of all sizes, exported keys, key logs, half-closed connections."""
import random

from kit import peers, table

PROVIDERS = ('openssl', 'bearssl')
KINDS = ('p256', 'p384', 'rsa', 'pss', 'ed25519')
# Without letters: at the beginning of what s_client and s_server read they are commands.
BULK = bytes(random.Random(1).choices(range(128, 256), k=300_000))


def expect(process, *words):
    missing = [w for w in words if w not in process.said]
    return f'{process.arguments[:2]} did not say {missing}\n{process.said}' if missing else None


def first(*results):
    return next((r for r in results if r), None)


def client_of_openssl(provider, server_options, client_options, name='p256', say=b'good day\n', hear=b'yad doog\n',
                      words=(), server_words=()):
    """Our client talks to s_server -rev, which sends back each line turned round."""
    server = peers.openssl_server(name, '-tls1_3', '-rev', *server_options)
    client = peers.skerry_client(server.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost',
                                 *client_options)
    wrong = peers.converse(client, say, hear)
    code = server.stop() if wrong else server.finish()
    if wrong or code:
        return f'{wrong or ""}\nthe server ended with {code}\n{server.said}'
    return first(expect(client, *words), expect(server, *server_words))


def server_of_openssl(provider, server_options, client_options, name='p256', words=(), client_words=(),
                      say=b'good day\n'):
    """Our echoing server, and s_client as its client."""
    server = peers.skerry_server(name, '--provider', provider, '--echo', *server_options)
    client = peers.openssl_client(server.port, '-tls1_3', '-no_ign_eof', *client_options)
    wrong = peers.converse(client, say, b'\n' + say if say[:1] not in b'kK' else say)
    code = server.stop() if wrong else server.finish()
    if wrong or code:
        return f'{wrong or ""}\nthe server ended with {code}\n{server.said}'
    return first(expect(server, *words), expect(client, *client_words))


# --- Client certificates ---

def our_certificate(provider, kind):
    chain, key = peers.key(f'client-{kind}')
    return client_of_openssl(provider, ('-Verify', '3', '-CAfile', peers.root(), '-verify_return_error'),
                             ('--cert', chain, '--key', key), server_words=(f'CN = client-{kind}',))


def their_certificate(provider, kind):
    chain, key = peers.key(f'client-{kind}')
    return server_of_openssl(provider, ('--ca', peers.root(), '--verify', 'required'),
                             ('-cert', chain, '-cert_chain', chain, '-key', key), words=('the client is verified',))


def no_certificate_needed(provider):
    return first(client_of_openssl(provider, ('-verify', '3', '-CAfile', peers.root()), ()),
                 server_of_openssl(provider, ('--ca', peers.root(), '--verify', 'optional'), (),
                                   words=('the client is not verified',)))


# --- HelloRetryRequest, ALPN, names ---

def retry(provider):
    return first(client_of_openssl(provider, ('-groups', 'P-384'), (), words=('secp384r1 (after a HelloRetryRequest)',)),
                 server_of_openssl(provider, ('--groups', 'secp384r1'), ('-groups', 'X25519:P-256:P-384'),
                                   words=('secp384r1 (after a HelloRetryRequest)',)))


def alpn(provider):
    return first(client_of_openssl(provider, ('-alpn', 'b,c'), ('--alpn', 'a,c,b'), words=('application protocol: b',)),
                 server_of_openssl(provider, ('--alpn', 'b,c'), ('-alpn', 'a,c,b'), words=('application protocol: b',),
                                   client_words=('ALPN protocol: b',)))


def chosen_by_name(provider):
    """The server has two certificates; the one for the name that was asked for must come."""
    server = peers.skerry_server('p384 other', '--provider', provider, '--echo')
    client = peers.Process('openssl', 's_client', '-connect', f'127.0.0.1:{server.port}', '-servername', 'other.example',
                           '-verify_hostname', 'other.example', '-CAfile', peers.root(), '-verify_return_error')
    return first(peers.converse(client, b'good day\n', b'\ngood day\n'), expect(client, 'CN = other'),
                 server.finish() and server.said)


def by_address(provider):
    """127.0.0.1 stands in the certificate as an address."""
    server = peers.openssl_server('p256', '-tls1_3', '-rev')
    client = peers.skerry_client(server.port, '--provider', provider, '--ca', peers.root())
    return first(peers.converse(client, b'good day\n', b'yad doog\n'), expect(client, 'verified as 127.0.0.1'),
                 server.finish() and server.said)


# --- KeyUpdate ---

def update_by_us(provider):
    """New keys before the first data and after every 1000 bytes, the peer's too."""
    return first(client_of_openssl(provider, (), ('--update-keys=1000',), say=b'a' * 9000 + b'\n', hear=b'a' * 9000),
                 bulk(provider, ('--update-keys=1000',), ()))


def update_by_client(provider):
    """s_client sends KeyUpdate on a line "K" (asking for ours too) and "k"."""
    server = peers.skerry_server('p256', '--provider', provider, '--echo', '--trace')
    client = peers.openssl_client(server.port, '-tls1_3')
    wrong = None
    for times, line in enumerate((b'one\n', b'two\n', b'three\n'), 1):
        client.send(line)
        if not client.wait_for(b'\n' + line):
            wrong = f'no {line}\n{client.said}'
            break
        client.send(b'K\n' if line == b'one\n' else b'k\n')
        client.wait_for(b'KEYUPDATE', 'err', times)
    client.close_input()
    codes = client.finish(), server.finish()
    received, sent = (server.said.count(f'{arrow} handshake KeyUpdate') for arrow in ('<--', '-->'))
    if not wrong and (received < 2 or sent < 1):
        wrong = f'{received} KeyUpdates came, {sent} went\n{server.said}'
    return wrong or (codes != (0, 0) and f'exit codes {codes}\n{client.said}\n{server.said}')


def update_by_server(provider):
    server = peers.openssl_server('p256', '-tls1_3')
    client = peers.skerry_client(server.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost', '--trace')
    client.wait_for(b'handshake:', 'err')
    wrong = None
    for times, line in enumerate((b'K\n', b'k\n', b'K\n'), 1):
        server.send(line)
        client.wait_for(b'<-- handshake KeyUpdate', 'err', times)
        server.send(b'and then\n')
        client.send(b'said so\n')
        if not client.wait_for(b'and then\n', times=times) or not server.wait_for(b'said so\n', times=times):
            wrong = f'silence after {line}\n{client.said}\n{server.said}'
            break
    client.close_input()
    code = client.finish()
    server.stop()
    received, sent = (client.said.count(f'{arrow} handshake KeyUpdate') for arrow in ('<--', '-->'))
    if not wrong and (received, sent) != (3, 2):
        wrong = f'{received} KeyUpdates came, {sent} went\n{client.said}'
    return wrong or (code and f'the client ended with {code}\n{client.said}')


# --- Records ---

def bulk(provider, server_options, client_options):
    """300 kB there and back through our echo; the client is s_client, byte for byte."""
    server = peers.skerry_server('p256', '--provider', provider, '--echo', *server_options)
    client = peers.openssl_client(server.port, '-tls1_3', '-quiet', '-no_ign_eof', *client_options)
    client.send(BULK)
    seen = client.wait_for(BULK)
    client.close_input()
    codes = client.finish(), server.finish()
    if not seen or codes != (0, 0):
        return f'{len(client.out)} of {len(BULK)} bytes came back, exit codes {codes}\n{server.said}'
    return None


def bulk_down(provider, server_options, client_options):
    """s_server sends a file to our client over HTTP."""
    (peers.WORK / 'bulk.bin').write_bytes(BULK)
    server = peers.openssl_server('p256', '-tls1_3', '-WWW', *server_options)
    client = peers.skerry_client(server.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost',
                                 *client_options)
    client.send(b'GET /bulk.bin HTTP/1.0\r\n\r\n')
    seen = client.wait_for(BULK)
    client.close_input()
    code = client.finish()
    server.stop()
    return None if seen and code == 0 else f'{len(client.out)} bytes came, the client ended with {code}\n{client.err}'


def padding(provider):
    return first(bulk(provider, ('--pad', '512'), ('-record_padding', '512')),
                 bulk_down(provider, ('-record_padding', '1000'), ('--pad', '64')))


def small_records(provider):
    return first(bulk(provider, ('--max-record-out', '100'), ('-max_send_frag', '512')),
                 bulk_down(provider, ('-max_send_frag', '512', '-split_send_frag', '512'), ('--max-record-in', '512')))


def split_handshake(provider):
    """The server's certificates come in records of 512 bytes."""
    return client_of_openssl(provider, ('-max_send_frag', '512'), ('--max-record-in', '512'), name='rsa')


def large_records(provider):
    return first(bulk(provider, (), ()), bulk_down(provider, (), ()), bulk(provider, ('--keep-cipher-state',), ()))


# --- The rest ---

def exported(provider):
    """Both sides derive the same keying material."""
    server = peers.skerry_server('p256', '--provider', provider, '--echo', '--export', 'EXPERIMENTAL test:24')
    client = peers.openssl_client(server.port, '-tls1_3', '-keymatexport', 'EXPERIMENTAL test', '-keymatexportlen', '24')
    wrong = peers.converse(client, b'good day\n', b'\ngood day\n') or (server.finish() and server.said)
    ours = [line.split(': ')[1] for line in server.said.splitlines() if line.startswith('export ')]
    theirs = [line.split(': ')[1] for line in client.said.splitlines() if 'Keying material: ' in line]
    if wrong or len(ours) != 1 or [o.upper() for o in ours] != theirs:
        return f'{wrong}\nours {ours}, theirs {theirs}'
    return None


def key_logs(provider):
    """RFC 9850: the lines of both sides are the same."""
    ours, theirs = peers.WORK / 'ours.keys', peers.WORK / 'theirs.keys'
    for file in (ours, theirs):
        file.unlink(missing_ok=True)
    wrong = client_of_openssl(provider, ('-keylogfile', theirs), ('--keylog', ours))
    if wrong:
        return wrong
    lines = [set(line for line in file.read_text().splitlines() if not line.startswith('#')) for file in (ours, theirs)]
    return None if lines[0] == lines[1] and len(lines[0]) >= 5 else f'ours {lines[0]}\ntheirs {lines[1]}'


def half_closed(provider):
    """The client's input ends at once; what the server sends after that still arrives."""
    server = peers.skerry_server('p256', '--provider', provider)
    client = peers.skerry_client(server.port, '--provider', provider, '--ca', peers.root(), '--name', 'localhost')
    client.close_input()
    server.wait_for(b'handshake:', 'err')
    server.send(BULK)
    server.close_input()
    codes = client.finish(), server.finish()
    return None if codes == (0, 0) and client.out == BULK else f'{codes}, {len(client.out)} bytes\n{client.err}{server.err}'


def page(provider):
    server = peers.skerry_server('p256', '--provider', provider, '--www')
    client = peers.openssl_client(server.port, '-tls1_3', '-quiet')
    client.send(b'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n')
    seen = client.wait_for(b'HTTP/1.1 200 OK') and client.wait_for(b'TLS 1.3 with')
    codes = client.finish(), server.finish()
    return None if seen and codes[1] == 0 else f'{codes}\n{client.said}\n{server.said}'


def main():
    peers.need('openssl')
    certificates = table.Table('client certificates', list(KINDS) + ['none'])
    for provider in PROVIDERS:
        for kind in KINDS:
            if (provider, kind) == ('bearssl', 'ed25519'):
                certificates.note(f'Skerry client, {provider}', kind, 'lacks')
                certificates.note(f'Skerry server, {provider}', kind, 'lacks')
                continue
            certificates.run(f'Skerry client, {provider}', kind, our_certificate, provider, kind)
            certificates.run(f'Skerry server, {provider}', kind, their_certificate, provider, kind)
        certificates.run(f'Skerry client, {provider}', 'none', no_certificate_needed, provider)
    certificates.show()
    features = table.Table('features', list(PROVIDERS))
    for cell in (retry, alpn, chosen_by_name, by_address, update_by_us, update_by_client, update_by_server, padding,
                 small_records, split_handshake, large_records, exported, key_logs, half_closed, page):
        for provider in PROVIDERS:
            features.run(cell.__name__.replace('_', ' '), provider, cell, provider)
    features.show()
    table.finish(certificates, features)


if __name__ == '__main__':
    main()
