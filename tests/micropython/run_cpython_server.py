#!/usr/bin/env python3
"""The module as a client of CPython's ssl (OpenSSL) as the server."""
import hashlib
import ssl

from support import Script, Server, read_exactly, run, server_context, tests_of

CONNECT = '''
import json, socket, ssl, sys
def out(*values):
    print(json.dumps(values[0] if len(values) == 1 else values))
def error_of(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except OSError as error:
        return error.args
    return None
def context(ca="ca.pem", cert="sensor"):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations(ca)
    if cert:
        c.load_cert_chain(cert + ".pem", cert + ".key")
    return c
def tcp():
    s = socket.socket()
    s.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
    return s
def connect(c=None, name="hub.local"):
    return (c or context()).wrap_socket(tcp(), server_hostname=name)
'''


def client(folder, server, text):
    return Script(folder, CONNECT + text, server.port)


def test_mutual_with_alpn(folder):
    context = server_context(folder)
    context.set_alpn_protocols(['other', 'readings/1'])

    def serve(tls):
        data = read_exactly(tls, 5)
        tls.sendall(data[::-1])
        seen = tls.version(), tls.cipher()[0], tls.selected_alpn_protocol(), tls.getpeercert()['subject'][0][0][1]
        return seen, tls.recv(1), tls.unwrap() is not None

    server = Server(serve, context)
    script = client(folder, server, '''
c = context()
c.set_alpn_protocols(["readings/1"])
s = connect(c)
s.write(b"hello")
answer = s.read(5)
out(answer.decode(), s.version(), s.cipher()[0], s.selected_alpn_protocol(), s.getpeercert()["subject"][0][0][1])
s.close()
''')
    answer, version, cipher, alpn, peer = script.end()[0]
    assert (answer, version, alpn, peer) == ('olleh', 'TLSv1.3', 'readings/1', 'hub')
    # Our close() said close_notify: its recv() gives b'' and its unwrap() does not fail.
    assert server.outcome() == ((version, cipher, alpn, 'sensor'), b'', True), server.outcome()


def test_every_kind_of_server_certificate(folder):
    for name in ('hub', 'rsa', 'p384', 'ed25519', 'deep'):
        server = Server(lambda tls: tls.sendall(b'ok'), server_context(folder, name))
        assert client(folder, server, 's = connect(); out(s.read(2).decode(), s.info()["peer_verified"])').end() == \
            [['ok', True]], name
        assert server.outcome() is None


def test_hello_retry_request(folder):
    context = server_context(folder)
    context.set_ecdh_curve('secp384r1')
    server = Server(lambda tls: tls.sendall(b'ok'), context)
    script = client(folder, server, 's = connect(); out(s.read(2).decode(), s.info()["retried"], s.info()["group"])')
    assert script.end() == [['ok', True, 'secp384r1']]


def test_megabytes_both_ways(folder):
    data = bytes(i * i & 0xff for i in range(1 << 18)) * 8

    def serve(tls):
        received = read_exactly(tls, len(data))
        tls.sendall(data)
        assert tls.recv(1) == b''
        return hashlib.sha256(received).hexdigest()

    server = Server(serve, server_context(folder))
    script = client(folder, server, '''
import hashlib
piece = bytes(i * i & 0xff for i in range(1 << 18))
s = connect()
for _ in range(8):
    assert s.write(piece) == len(piece)
hash = hashlib.sha256()
left = 8 * len(piece)
buf = bytearray(50000)
while left:
    n = s.readinto(buf, min(left, len(buf)))
    hash.update(memoryview(buf)[:n])
    left -= n
out("".join("%02x" % b for b in hash.digest()))
s.close()
''')
    wanted = hashlib.sha256(data).hexdigest()
    assert script.end() == [wanted]
    assert server.outcome() == wanted


def test_server_closes_cleanly(folder):
    def serve(tls):
        tls.sendall(b'last words')
        tls.unwrap()

    server = Server(serve, server_context(folder))
    script = client(folder, server, '''
s = connect()
out(s.read().decode(), s.read(1).decode(), s.read().decode())
s.close()
''')
    assert script.end() == [['last words', '', '']]
    assert server.outcome() is None


def test_unwrap_with_the_server(folder):
    def serve(tls):
        raw = tls.unwrap()
        raw.sendall(b'plain')

    server = Server(serve, server_context(folder))
    assert client(folder, server, 's = connect(); r = s.unwrap(); out(r.read(5).decode()); r.close()').end() == ['plain']
    assert server.outcome() is None


def test_server_is_cut_off(folder):
    def cut(raw):
        context = server_context(folder)
        tls = context.wrap_socket(raw.dup(), server_side=True)
        tls.sendall(b'half a sen')
        raw.shutdown(2)
        tls.close()

    server = Server(cut)
    script = client(folder, server, '''
s = connect()
out(s.read(10).decode())
out(error_of(s.read, 1), error_of(s.read, 1))
s.close()
''')
    text, (first, second) = script.end()
    assert text == 'half a sen'
    assert first == second and first[0] == -29312 and 'TRUNCATED' in first[1], first
    server.outcome()


def refusal(folder, name, script, code, text, reason):
    """The client refuses; what it says, and what the server hears."""
    server = Server(lambda tls: tls.recv(1), server_context(folder, name))
    (number, said), = client(folder, server, script).end()
    assert number == code and text in said, (number, said)
    outcome = server.outcome()
    assert isinstance(outcome, ssl.SSLError) and outcome.reason == reason, outcome


def test_refusals(folder):
    refusal(folder, 'hub', 'out(error_of(connect, context(), "other.local"))', -9984, 'CERT_NAME',
            'SSLV3_ALERT_BAD_CERTIFICATE')
    refusal(folder, 'foreign', 'out(error_of(connect))', -9984, 'CERT_UNKNOWN_CA', 'TLSV1_ALERT_UNKNOWN_CA')
    refusal(folder, 'expired', 'out(error_of(connect))', -9984, 'CERT_EXPIRED', 'SSLV3_ALERT_CERTIFICATE_EXPIRED')
    refusal(folder, 'hub', 'c = context(); c.verify_callback = lambda der, depth: 1; out(error_of(connect, c))',
            -12288, 'CERT_REFUSED', 'SSLV3_ALERT_CERTIFICATE_UNKNOWN')


def test_server_refuses(folder):
    for cert, reason, alert in (('None', 'PEER_DID_NOT_RETURN_A_CERTIFICATE', 'certificate_required'),
                                ('"stranger"', 'CERTIFICATE_VERIFY_FAILED', 'unknown_ca')):
        server = Server(lambda tls: tls.recv(1), server_context(folder))
        (number, text), = client(folder, server, f's = connect(context(cert={cert})); out(error_of(s.read, 1))').end()
        assert number == -30592 and f'received alert {alert}' in text, text
        outcome = server.outcome()
        assert isinstance(outcome, ssl.SSLError) and outcome.reason == reason, outcome


def test_tls_1_2(folder):
    context = server_context(folder)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = Server(lambda tls: tls.sendall(tls.recv(5)[::-1]), context)
    lines = client(folder, server, 's = connect(); s.write(b"hello"); out(s.read(5).decode(), s.version()); s.close()').end()
    assert lines == [['olleh', 'TLSv1.2']], lines
    server.outcome()


def test_older_protocols_are_refused(folder):
    context = server_context(folder)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = Server(lambda tls: None, context)
    (number, text), = client(folder, server, 'c = context(); c.minimum_version = ssl.TLSVersion.TLSv1_3; out(error_of(connect, c))').end()
    assert 'protocol_version' in text, text
    outcome = server.outcome()
    assert isinstance(outcome, ssl.SSLError), outcome


def test_a_limit_for_records(folder):
    """A server that knows one of the two extensions for it (RFC 8449, RFC 6066) keeps to what the client can take."""
    server = Server(lambda tls: (tls.sendall(bytes(9000)), tls.recv(1)), server_context(folder))
    said = client(folder, server, '''
c = context()
c.max_record_in = 4096
s = connect(c)
out(error_of(s.read, 9000), s.memory()["record_in"][1])
s.close()
''').end()[0]
    assert said[0] is None and 2000 < said[1] <= 4096 + 256, said
    server.outcome()


def test_no_tls_at_all(folder):
    server = Server(lambda raw: raw.sendall(b'220 mail.example ESMTP\r\n') or raw.recv(1000))
    (number, text), = client(folder, server, 'out(error_of(connect))').end()
    assert number == -29184 and 'does the peer speak TLS' in text, text
    server.outcome()


def test_key_log_reads_the_connection(folder):
    """CPython writes the same secrets into its key log as the module."""
    context = server_context(folder)
    context.keylog_filename = str(folder / 'server.log')
    server = Server(lambda tls: tls.sendall(b'ok'), context)
    client(folder, server, '''
c = context()
c.keylog_filename = "client.log"
out(connect(c).read(2).decode())
''').end()
    server.outcome()

    def lines(name):
        return {line for line in (folder / name).read_text().splitlines() if not line.startswith('#')}
    ours, theirs = lines('client.log'), lines('server.log')
    assert len(ours) >= 4 and ours <= theirs, (ours, theirs)


def test_nobody_answers(folder):
    server = Server(lambda raw: raw.recv(10000) and None)
    (number, text), = client(folder, server, 'out(error_of(connect))').end()
    assert number == -29312 and 'CLOSED_EARLY' in text, text
    server.outcome()


def test_timeout_of_the_socket(folder):
    server = Server(lambda tls: (tls.recv(1), tls.sendall(b'late'), tls.recv(1))[2], server_context(folder))
    script = client(folder, server, '''
s = tcp()
c = context().wrap_socket(s, server_hostname="hub.local")
s.settimeout(0.2)
out(error_of(c.read, 1))
s.settimeout(20)
c.write(b"x")
out(c.read(4).decode())
c.close()
''')
    import errno
    assert script.end() == [[errno.ETIMEDOUT], 'late']
    assert server.outcome() == b''


if __name__ == '__main__':
    run(tests_of(globals()))
