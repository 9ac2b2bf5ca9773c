#!/usr/bin/env python3
"""Skerry against OpenSSL: what a connection can do besides, in TLS 1.3 and 1.2: client certificates, HelloRetryRequest, ALPN,
server names, KeyUpdate, renegotiation, padding, records of all sizes, bytes one by one, exported keys, key logs, half-closed
connections."""
import random

from kit import peers, table
from kit.peers import expect, first

KINDS = ('p256', 'p384', 'rsa', 'pss', 'ed25519')
# Without letters: at the beginning of what s_client and s_server read they are commands.
BULK = bytes(random.Random(1).choices(range(128, 256), k=300_000))


def client_of_openssl(side, server_options, client_options, name='p256', say=b'good day\n', hear=b'yad doog\n',
                      words=(), server_words=()):
    """Our client talks to s_server -rev, which sends back each line turned round."""
    server = peers.openssl_server(name, side.openssl, '-rev', *server_options)
    client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost',
                                 *client_options)
    wrong = peers.converse(client, say, hear)
    code = server.stop() if wrong else server.finish()
    if wrong or code:
        return f'{wrong or ""}\nthe server ended with {code}\n{server.said}'
    return first(expect(client, f'TLS {side.version} with', *words), expect(server, *server_words))


def server_of_openssl(side, server_options, client_options, name='p256', words=(), client_words=(),
                      say=b'good day\n'):
    """Our echoing server, and s_client as its client."""
    server = peers.skerry_server(name, *side.ours, '--echo', *server_options)
    client = peers.openssl_client(server.port, side.openssl, '-no_ign_eof', *client_options)
    wrong = peers.converse(client, say, b'\n' + say if say[:1] not in b'kK' else say)
    code = server.stop() if wrong else server.finish()
    if wrong or code:
        return f'{wrong or ""}\nthe server ended with {code}\n{server.said}'
    return first(expect(server, f'TLS {side.version} with', *words), expect(client, *client_words))


# --- Client certificates ---

def our_certificate(side, kind):
    chain, key = peers.key(f'client-{kind}')
    return client_of_openssl(side, ('-Verify', '3', '-CAfile', peers.root(), '-verify_return_error'),
                             ('--cert', chain, '--key', key), server_words=(f'CN = client-{kind}',))


def their_certificate(side, kind):
    chain, key = peers.key(f'client-{kind}')
    return server_of_openssl(side, ('--ca', peers.root(), '--verify', 'required'),
                             ('-cert', chain, '-cert_chain', chain, '-key', key), words=('the client is verified',))


def no_certificate_needed(side):
    return first(client_of_openssl(side, ('-verify', '3', '-CAfile', peers.root()), ()),
                 server_of_openssl(side, ('--ca', peers.root(), '--verify', 'optional'), (),
                                   words=('the client is not verified',)))


# --- HelloRetryRequest, ALPN, names ---

def retry(side):
    """A group that the client has but does not prefer; TLS 1.2 needs no HelloRetryRequest for that."""
    words = 'secp384r1 (after a HelloRetryRequest)' if side.version == '1.3' else 'secp384r1\n',
    return first(client_of_openssl(side, ('-groups', 'P-384'), (), words=words),
                 server_of_openssl(side, ('--groups', 'secp384r1'), ('-groups', 'X25519:P-256:P-384'), words=words))


def alpn(side):
    return first(client_of_openssl(side, ('-alpn', 'b,c'), ('--alpn', 'a,c,b'), words=('application protocol: b',)),
                 server_of_openssl(side, ('--alpn', 'b,c'), ('-alpn', 'a,c,b'), words=('application protocol: b',),
                                   client_words=('ALPN protocol: b',)))


def chosen_by_name(side):
    """The server has two certificates; the one for the name that was asked for must come."""
    server = peers.skerry_server('p384 other', *side.ours, '--echo')
    client = peers.Process('openssl', 's_client', '-connect', f'127.0.0.1:{server.port}', '-servername', 'other.example',
                           '-verify_hostname', 'other.example', '-CAfile', peers.root(), '-verify_return_error', side.openssl)
    return first(peers.converse(client, b'good day\n', b'\ngood day\n'), expect(client, 'CN = other'),
                 server.finish() and server.said)


def by_address(side):
    """127.0.0.1 stands in the certificate as an address."""
    server = peers.openssl_server('p256', side.openssl, '-rev')
    client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root())
    return first(peers.converse(client, b'good day\n', b'yad doog\n'), expect(client, 'verified as 127.0.0.1'),
                 server.finish() and server.said)


# --- KeyUpdate ---

def update_by_us(side):
    """New keys before the first data and after every 1000 bytes, the peer's too."""
    return first(client_of_openssl(side, (), ('--update-keys=1000',), say=b'a' * 9000 + b'\n', hear=b'a' * 9000),
                 bulk(side, ('--update-keys=1000',), ()))


def update_by_client(side):
    """s_client sends KeyUpdate on a line "K" (asking for ours too) and "k"."""
    server = peers.skerry_server('p256', *side.ours, '--echo', '--trace')
    client = peers.openssl_client(server.port, side.openssl)
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


def update_by_server(side):
    server = peers.openssl_server('p256', side.openssl)
    client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', '--trace')
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


def renegotiation_by_server(side):
    """s_server asks for a new handshake on a line "r"; the request is passed over, and the connection goes on."""
    server = peers.openssl_server('p256', side.openssl)
    client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost', '--trace')
    client.wait_for(b'handshake:', 'err')
    server.send(b'r\n')
    asked = client.wait_for(b'<-- handshake HelloRequest', 'err')
    client.send(b'said so\n')
    heard = server.wait_for(b'said so\n')
    client.close_input()
    code = client.finish()
    server.stop()
    return None if asked and heard and code in (0, 1) else f'{asked} {heard} {code}\n{client.said}\n{server.said}'


def renegotiation_by_client(side):
    """s_client begins a new handshake on a line "R": an error of ours, and it gets an alert."""
    server = peers.skerry_server('p256', *side.ours, '--echo')
    client = peers.openssl_client(server.port, side.openssl)
    client.send(b'good day\n')
    client.wait_for(b'\ngood day\n')
    client.send(b'R\n')
    code = server.finish()
    client.finish()
    return first(None if code == 1 else f'we ended with {code}\n{server.said}\n{client.said}',
                 expect(server, 'tried to negotiate again', 'RENEGOTIATION'), expect(client, 'SSL alert number'))


# --- Records ---

def bulk(side, server_options, client_options):
    """300 kB there and back through our echo; the client is s_client, byte for byte."""
    server = peers.skerry_server('p256', *side.ours, '--echo', *server_options)
    client = peers.openssl_client(server.port, side.openssl, '-quiet', '-no_ign_eof', *client_options)
    client.send(BULK)
    seen = client.wait_for(BULK)
    client.close_input()
    codes = client.finish(), server.finish()
    if not seen or codes != (0, 0):
        return f'{len(client.out)} of {len(BULK)} bytes came back, exit codes {codes}\n{server.said}'
    return None


def bulk_down(side, server_options, client_options):
    """s_server sends a file to our client over HTTP."""
    (peers.WORK / 'bulk.bin').write_bytes(BULK)
    server = peers.openssl_server('p256', side.openssl, '-WWW', *server_options)
    client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost',
                                 *client_options)
    client.send(b'GET /bulk.bin HTTP/1.0\r\n\r\n')
    seen = client.wait_for(BULK)
    client.close_input()
    code = client.finish()
    server.stop()
    return None if seen and code == 0 else f'{len(client.out)} bytes came, the client ended with {code}\n{client.err}'


def padding(side):
    return first(bulk(side, ('--pad', '512'), ('-record_padding', '512')),
                 bulk_down(side, ('-record_padding', '1000'), ('--pad', '64')))


def small_records(side, size):
    """Records of that size from OpenSSL, and no larger ones accepted; smaller ones from us."""
    return first(bulk(side, ('--max-record-out', str(size // 5)), ('-max_send_frag', size)),
                 bulk_down(side, ('-max_send_frag', size, '-split_send_frag', size), ('--max-record-in', str(size))))


def byte_by_byte(side):
    """Handshake messages in records of one byte each, and all of it in TCP segments of one byte."""
    say = b'good day\n' * 50
    server = peers.openssl_server('p256', side.openssl, '-rev')
    client = peers.skerry_client(peers.Dribble(server.port).port, *side.ours, '--ca', peers.root(), '--name', 'localhost')
    wrong = peers.converse(client, say, b'yad doog\n' * 50) or (server.finish() and server.said)
    if wrong:
        server.stop()
        return wrong
    server = peers.skerry_server('p256', *side.ours, '--echo')
    client = peers.openssl_client(peers.Dribble(server.port).port, side.openssl, '-quiet', '-no_ign_eof')
    return peers.converse(client, say, say) or (server.finish() and server.said)


def fragment_length(side):
    """A client that can take only so much says so (RFC 6066 section 4), and s_server keeps to it; and s_client to ours."""
    return first(bulk_down(side, (), ('--max-record-in', '1024')), bulk(side, (), ('-maxfraglen', '1024')))


def split_handshake(side):
    """The server's certificates come in records of 512 bytes."""
    return client_of_openssl(side, ('-max_send_frag', '512'), ('--max-record-in', '512'), name='rsa')


def large_records(side):
    return first(bulk(side, (), ()), bulk_down(side, (), ()), bulk(side, ('--keep-cipher-state',), ()))


# --- The rest ---

def exported(side):
    """Both sides derive the same keying material."""
    server = peers.skerry_server('p256', *side.ours, '--echo', '--export', 'EXPERIMENTAL test:24')
    client = peers.openssl_client(server.port, side.openssl, '-keymatexport', 'EXPERIMENTAL test', '-keymatexportlen', '24')
    wrong = peers.converse(client, b'good day\n', b'\ngood day\n') or (server.finish() and server.said)
    ours = [line.split(': ')[1] for line in server.said.splitlines() if line.startswith('export ')]
    theirs = [line.split(': ')[1] for line in client.said.splitlines() if 'Keying material: ' in line]
    if wrong or len(ours) != 1 or [o.upper() for o in ours] != theirs:
        return f'{wrong}\nours {ours}, theirs {theirs}'
    return None


def key_logs(side):
    """RFC 9850: the lines of both sides are the same."""
    ours, theirs = peers.WORK / 'ours.keys', peers.WORK / 'theirs.keys'
    for file in (ours, theirs):
        file.unlink(missing_ok=True)
    wrong = client_of_openssl(side, ('-keylogfile', theirs), ('--keylog', ours))
    if wrong:
        return wrong
    lines = [set(line for line in file.read_text().splitlines() if not line.startswith('#')) for file in (ours, theirs)]
    return None if lines[0] == lines[1] and len(lines[0]) >= (5 if side.version == '1.3' else 1) else f'ours {lines[0]}\ntheirs {lines[1]}'


def half_closed(side):
    """The client's input ends at once; what the server sends after that still arrives."""
    server = peers.skerry_server('p256', *side.ours)
    client = peers.skerry_client(server.port, *side.ours, '--ca', peers.root(), '--name', 'localhost')
    client.close_input()
    server.wait_for(b'handshake:', 'err')
    server.send(BULK)
    server.close_input()
    codes = client.finish(), server.finish()
    return None if codes == (0, 0) and client.out == BULK else f'{codes}, {len(client.out)} bytes\n{client.err}{server.err}'


def page(side):
    server = peers.skerry_server('p256', *side.ours, '--www')
    client = peers.openssl_client(server.port, side.openssl, '-quiet')
    client.send(b'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n')
    seen = client.wait_for(b'HTTP/1.1 200 OK') and client.wait_for(f'TLS {side.version} with'.encode())
    codes = client.finish(), server.finish()
    return None if seen and codes[1] == 0 else f'{codes}\n{client.said}\n{server.said}'


# TLS 1.2 has neither KeyUpdate nor padding, TLS 1.3 no renegotiation.
ONLY = {update_by_us: '1.3', update_by_client: '1.3', update_by_server: '1.3', padding: '1.3',
        renegotiation_by_server: '1.2', renegotiation_by_client: '1.2'}


def certificates():
    result = table.Table('client certificates', list(KINDS) + ['none'])
    for side in peers.SIDES:
        for role, cell in (('client', our_certificate), ('server', their_certificate)):
            row = f'Skerry {role}, {side.provider}, TLS {side.version}'
            for kind in KINDS:
                # CertificateVerify of TLS 1.2 signs the handshake itself, not its hash: Ed25519 would need all of it at once.
                if kind == 'ed25519' and (side.provider == 'bearssl' or side.version == '1.2'):
                    result.note(row, kind, 'lacks')
                else:
                    result.run(row, kind, cell, side, kind)
        result.run(row, 'none', no_certificate_needed, side)
    return result


def main():
    peers.need('openssl')
    certificate_table = certificates()
    certificate_table.show()
    features = table.Table('features', [str(side) for side in peers.SIDES])
    for side in peers.SIDES:
        for cell in (retry, alpn, chosen_by_name, by_address, update_by_us, update_by_client, update_by_server,
                     renegotiation_by_server, renegotiation_by_client, padding, fragment_length, split_handshake, byte_by_byte, large_records,
                     exported, key_logs, half_closed, page):
            row = cell.__name__.replace('_', ' ')
            if ONLY.get(cell, side.version) != side.version:
                features.note(row, str(side), '-')
            else:
                features.run(row, str(side), cell, side)
        for size in (512, 1369, 4096):
            features.run(f'records of {size}', str(side), small_records, side, size)
    features.show()
    print('-: not in that version; lacks: BearSSL has no Ed25519, and in TLS 1.2 we neither give nor take it from clients')
    table.finish(certificate_table, features)


if __name__ == '__main__':
    main()
