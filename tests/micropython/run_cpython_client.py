#!/usr/bin/env python3
"""The module as a server for CPython's ssl (OpenSSL) as the client."""
import hashlib
import socket
import ssl

from support import Script, TIMEOUT, client_context, connect, read_exactly, run, tests_of

SERVE = '''
import json, socket, ssl, sys
def out(*values):
    print(json.dumps(values[0] if len(values) == 1 else values))
def error_of(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except OSError as error:
        return error.args
    return None
def context(cert="hub", verify=ssl.CERT_REQUIRED):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(cert + ".pem", cert + ".key")
    c.load_verify_locations("ca.pem")
    c.verify_mode = verify
    return c
for port in range(30000, 32000):
    listener = socket.socket()
    try:
        listener.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        break
    except OSError:
        listener.close()
listener.listen(5)
out(port)
def accept(c=None):
    raw, _ = listener.accept()
    return (c or context()).wrap_socket(raw, server_side=True)
'''


def serve(folder, text):
    script = Script(folder, SERVE + text)
    return script, script.line()


def test_mutual_with_alpn(folder):
    script, port = serve(folder, '''
c = context()
c.set_alpn_protocols(["readings/1", "other"])
s = accept(c)
data = s.read(5)
s.write(bytes(reversed(data)))
out(s.version(), s.cipher()[0], s.selected_alpn_protocol(), s.getpeercert()["subject"][0][0][1])
out(s.read(1).decode())
s.close()
''')
    context = client_context(folder)
    context.set_alpn_protocols(['other', 'readings/1'])
    with connect(port, context) as tls:
        tls.sendall(b'hello')
        assert read_exactly(tls, 5) == b'olleh'
        seen = [tls.version(), tls.cipher()[0], tls.selected_alpn_protocol(), 'sensor']
        assert tls.getpeercert()['subject'][0][0][1] == 'hub'
        tls.unwrap().close()  # fails unless the module says close_notify
    assert script.end() == [seen, '']


def test_every_suite_and_group(folder):
    for suite in ('TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'):
        script, port = serve(folder, f'c = context(); c.set_ciphers(["{suite}"]); s = accept(c); s.write(b"ok"); s.read(1); s.close()')
        with connect(port, client_context(folder)) as tls:
            assert (read_exactly(tls, 2), tls.cipher()[0]) == (b'ok', suite)
            tls.unwrap()
        script.end()
    for curve in ('X25519', 'prime256v1', 'secp384r1'):
        script, port = serve(folder, 's = accept(); s.write(s.info()["group"].encode() + b"\\n"); s.read(1); s.close()')
        context = client_context(folder)
        if curve != 'X25519':  # what OpenSSL takes first; older versions don't know it by this call
            context.set_ecdh_curve(curve)
        with connect(port, context) as tls:
            assert tls.recv(100) == {'prime256v1': b'secp256r1\n'}.get(curve, curve.lower().encode() + b'\n')
            tls.unwrap()
        script.end()


def test_every_kind_of_certificate(folder):
    for name in ('hub', 'rsa', 'p384', 'ed25519', 'deep'):
        script, port = serve(folder, f's = accept(context("{name}")); s.write(b"ok"); s.read(1); s.close()')
        with connect(port, client_context(folder)) as tls:
            assert read_exactly(tls, 2) == b'ok', name
            tls.unwrap()
        script.end()


def test_certificate_by_name(folder):
    for name, wanted in (('second.local', 'second'), ('hub.local', 'hub')):
        script, port = serve(folder, '''
c = context()
c.load_cert_chain("second.pem", "second.key")
s = accept(c)
s.write(b"ok")
s.read(1)
s.close()
''')
        with connect(port, client_context(folder), name) as tls:
            assert tls.getpeercert()['subject'][0][0][1] == wanted
            read_exactly(tls, 2)
            tls.unwrap()
        script.end()


def test_megabytes_both_ways(folder):
    script, port = serve(folder, '''
import hashlib
s = accept()
hash = hashlib.sha256()
left = 1 << 21
while left:
    data = s.read(min(left, 50000))
    hash.update(data)
    left -= len(data)
piece = bytes(i * i & 0xff for i in range(1 << 18))
for _ in range(8):
    assert s.write(piece) == len(piece)
out("".join("%02x" % b for b in hash.digest()), s.read().decode())
s.close()
''')
    data = bytes(i * i & 0xff for i in range(1 << 18)) * 8
    with connect(port, client_context(folder)) as tls:
        tls.sendall(data)
        assert read_exactly(tls, len(data)) == data
        tls.unwrap()
    assert script.end() == [[hashlib.sha256(data).hexdigest(), '']]


def test_module_closes_cleanly(folder):
    script, port = serve(folder, 's = accept(); s.write(b"last words"); s.close()')
    with connect(port, client_context(folder)) as tls:
        assert read_exactly(tls, 10) == b'last words'
        assert tls.recv(1) == b''  # would raise SSLEOFError without close_notify
    script.end()


def test_client_is_cut_off(folder):
    script, port = serve(folder, '''
s = accept()
out(s.read(4).decode())
out(error_of(s.read, 1), error_of(s.read, 1))
s.close()
''')
    raw = socket.create_connection(('127.0.0.1', port), timeout=TIMEOUT)
    tls = client_context(folder).wrap_socket(raw.dup(), server_hostname='hub.local')
    tls.sendall(b'half')
    raw.shutdown(socket.SHUT_RDWR)
    tls.close()
    text, (first, second) = script.end()
    assert text == 'half' and first == second and first[0] == -29312 and 'TRUNCATED' in first[1], first


def test_client_refuses(folder):
    for cert, name, ca, reason, alert in (
            ('hub', 'other.local', 'ca', 'CERTIFICATE_VERIFY_FAILED', 'bad_certificate'),
            ('hub', 'hub.local', 'other', 'CERTIFICATE_VERIFY_FAILED', 'unknown_ca'),
            ('expired', 'hub.local', 'ca', 'CERTIFICATE_VERIFY_FAILED', 'certificate_expired')):
        script, port = serve(folder, f'out(error_of(accept, context("{cert}")))')
        try:
            connect(port, client_context(folder, ca=ca), name)
            raise AssertionError('CPython accepts ' + cert)
        except ssl.SSLError as error:
            assert error.reason == reason, error
        (number, text), = script.end()
        assert number == -30592 and f'received alert {alert}' in text, text


def test_module_refuses(folder):
    for cert, what, reason in ((None, 'CERTIFICATE_REQUIRED', 'TLSV13_ALERT_CERTIFICATE_REQUIRED'),
                               ('stranger', 'CERT_UNKNOWN_CA', 'TLSV1_ALERT_UNKNOWN_CA')):
        script, port = serve(folder, 'out(error_of(accept))')
        try:
            connect(port, client_context(folder, cert)).recv(1)
            raise AssertionError('no error')
        except ssl.SSLError as error:
            assert error.reason == reason, error
        (number, text), = script.end()
        assert what in text, text


def test_optional_client_certificate(folder):
    for cert in (None, 'sensor'):
        script, port = serve(folder, '''
s = accept(context(verify=ssl.CERT_OPTIONAL))
out(s.info()["peer_verified"], s.getpeercert() is None)
s.write(b"ok")
s.read(1)
s.close()
''')
        with connect(port, client_context(folder, cert)) as tls:
            read_exactly(tls, 2)
            tls.unwrap()
        assert script.end() == [[cert is not None, cert is None]]


def test_tls_1_2(folder):
    script, port = serve(folder, 's = accept(); s.write(s.read(5)); out(s.version(), s.cipher()[0]); s.read(1); s.close()')
    context = client_context(folder)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with connect(port, context) as tls:
        tls.sendall(b'hello')
        assert read_exactly(tls, 5) == b'hello'
        assert tls.version() == 'TLSv1.2'
        tls.unwrap()
    assert script.end() == [['TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']]


def test_older_protocols_are_refused(folder):
    script, port = serve(folder, 'c = context(); c.minimum_version = ssl.TLSVersion.TLSv1_3; out(error_of(accept, c))')
    context = client_context(folder)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        connect(port, context)
        raise AssertionError('no error')
    except ssl.SSLError as error:
        assert error.reason == 'TLSV1_ALERT_PROTOCOL_VERSION', error
    (number, text), = script.end()
    assert number == -28288 and 'VERSION' in text, (number, text)


def test_no_tls_at_all(folder):
    script, port = serve(folder, 'out(error_of(accept))')
    with socket.create_connection(('127.0.0.1', port), timeout=TIMEOUT) as raw:
        raw.sendall(b'GET / HTTP/1.1\r\nHost: hub.local\r\n\r\n')
        raw.recv(100)
    (number, text), = script.end()
    assert number == -29184, (number, text)


def test_a_hub_lives_on(folder):
    """After clients that fail in every way, the next good one is served."""
    script, port = serve(folder, '''
c = context()
for _ in range(4):
    raw, _ = listener.accept()
    try:
        with c.wrap_socket(raw, server_side=True) as s:
            s.write(s.read(2))
            s.read(1)
    except OSError as error:
        out(error.args[0])
    raw.close()
''')
    socket.create_connection(('127.0.0.1', port)).close()
    for cert in ('stranger', None):
        try:
            connect(port, client_context(folder, cert)).recv(1)
        except OSError:
            pass
    with connect(port, client_context(folder)) as tls:
        tls.sendall(b'hi')
        assert read_exactly(tls, 2) == b'hi'
        tls.unwrap()
    assert script.end() == [-29312, -9984, -29824]


if __name__ == '__main__':
    run(tests_of(globals()))
