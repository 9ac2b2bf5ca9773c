# tls.SSLContext and ssl.SSLContext: what can be set, what is refused, and what each argument of wrap_socket does.
from kit import *
import gc
import os
import tls


def read_file(name):
    with open(name, "rb") as f:
        return f.read()


def test_names_of_the_modules():
    for module in (tls, ssl):
        for name in ("SSLContext", "CERT_NONE", "CERT_OPTIONAL", "CERT_REQUIRED", "SKERRY_VERSION"):
            getattr(module, name)
        equal((module.PROTOCOL_TLS_CLIENT, module.PROTOCOL_TLS_SERVER), (0, 1))
        equal((module.CERT_NONE, module.CERT_OPTIONAL, module.CERT_REQUIRED), (0, 1, 2))
    equal(ssl.SSLError is OSError, True)
    equal(hasattr(tls, "PROTOCOL_DTLS_CLIENT"), False)


def test_protocols():
    raises(TypeError, tls.SSLContext)
    raises(TypeError, tls.SSLContext, 0, 1)
    raises(TypeError, tls.SSLContext, "client")
    for protocol in (2, 3):
        contains(raises(ValueError, tls.SSLContext, protocol), "DTLS")
    for protocol in (-1, 4, 99):
        contains(raises(ValueError, tls.SSLContext, protocol), "PROTOCOL_TLS_CLIENT")


def test_secure_without_saying_so():
    for kind in (tls.SSLContext, ssl.SSLContext):
        client, server = kind(ssl.PROTOCOL_TLS_CLIENT), kind(ssl.PROTOCOL_TLS_SERVER)
        equal((client.verify_mode, client.check_hostname, client.check_time), (2, True, True))
        equal((server.verify_mode, server.check_hostname), (0, False))
    equal(ssl.create_default_context().verify_mode, ssl.CERT_REQUIRED)
    context = ssl.create_default_context(cafile="ca.pem")
    connected(context)


def test_attributes():
    for context in (tls.SSLContext(0), ssl.SSLContext(0)):
        for mode in (ssl.CERT_NONE, ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
            context.verify_mode = mode
            equal(context.verify_mode, mode)
        for mode in (-1, 3, 7):
            raises(ValueError, setattr, context, "verify_mode", mode)
        for name in ("check_hostname", "check_time", "keep_peercert"):
            setattr(context, name, False)
            equal(getattr(context, name), False)
        for name in ("verify_callback", "ecdsa_sign_callback", "trace_callback", "keylog_callback"):
            equal(getattr(context, name), None)
            setattr(context, name, print)
            equal(getattr(context, name), print)
            setattr(context, name, None)
            raises(TypeError, setattr, context, name, 5)
    context = tls.SSLContext(0)
    raises(AttributeError, getattr, context, "nonsense")
    raises(AttributeError, setattr, context, "nonsense", 1)
    raises(AttributeError, delattr, context, "verify_mode")


def test_versions():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    equal(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    equal(context.maximum_version, ssl.TLSVersion.TLSv1_3)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    equal(context.minimum_version, ssl.TLSVersion.TLSv1_3)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    equal(context.maximum_version, ssl.TLSVersion.TLSv1_2)
    context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    raises(ValueError, setattr, context, "maximum_version", 0x0302)
    raises(ValueError, setattr, context, "minimum_version", 0x0305)


def test_ciphers():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    names = context.get_ciphers()
    for name in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"):
        contains(names, name)
    for name in names:
        if "_RSA_" in name or "_8_" in name:
            continue  # the server's key here is ECDSA; short tags are for those who ask for them on both sides
        client, server = client_context(), server_context()
        if "_PSK_" in name:
            client.set_psks([(b"me", bytes(range(32)))])
            server.set_psks([(b"me", bytes(range(32)))])
        client.set_ciphers([name])
        equal(client.get_ciphers(), [name])
        c, s, a, b = connected(client, server)
        equal(c.cipher(), (name, "TLSv1.2" if "_ECDHE_" in name else "TLSv1.3"))
        c.write(b"with " + name.encode())
        equal(s.read(100), b"with " + name.encode())
    context.set_ciphers(tuple(names[::-1]))
    equal(context.get_ciphers(), names[::-1])
    contains(raises(ValueError, context.set_ciphers, ["TLS_AES_128_GCM_SHA256", "BAR"]), "BAR")
    raises(ValueError, context.set_ciphers, [])
    raises(TypeError, context.set_ciphers, names[0])
    raises(TypeError, context.set_ciphers, [5])
    equal(context.get_ciphers(), names[::-1])


def test_no_cipher_in_common():
    client, server = client_context(), server_context()
    client.set_ciphers(["TLS_AES_128_GCM_SHA256"])
    server.set_ciphers(["TLS_AES_256_GCM_SHA384"])
    c, s, a, b = wrap(client, server)
    (number, text), (server_number, server_text) = shake_fails(c, s)
    contains(text, "handshake_failure")
    contains(server_text, "NO_COMMON_SUITE")


def test_alpn():
    client, server = client_context(), server_context()
    client.set_alpn_protocols(["one", "two"])
    c, s, a, b = connected(client, server)
    equal((c.selected_alpn_protocol(), s.selected_alpn_protocol()), (None, None))
    server.set_alpn_protocols(("three", b"two"))
    c, s, a, b = connected(client, server)
    equal((c.selected_alpn_protocol(), s.selected_alpn_protocol()), ("two", "two"))
    server.set_alpn_protocols(["three"])
    c, s, a, b = wrap(client, server)
    (number, text), (server_number, server_text) = shake_fails(c, s)
    contains(text, "no_application_protocol")
    equal(server_number, -30080)
    for bad in ([""], ["x" * 256]):
        raises(ValueError, client.set_alpn_protocols, bad)
    raises(TypeError, client.set_alpn_protocols, "one")
    raises(TypeError, client.set_alpn_protocols, [1])
    client.set_alpn_protocols([])
    connected(client, server)


def test_certificates_and_keys_in_every_form():
    pem, der = read_file("hub.pem"), read_file("hub.der")
    for cert in (pem, der, pem.decode(), bytearray(pem), memoryview(der), b"text before\n" + pem):
        for key in ("hub.key", "hub.sec1.key", "hub.key.der"):
            context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, read_file(key))
            client = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
            client.load_verify_locations(read_file("ca.pem" if key == "hub.key" else "ca.der"))
            connected(client, context)
    context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(read_file("hub.key") + pem, None)  # both in one
    connected(server=context)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, read_file("hub.key"))  # ssl: bytes are what a file would hold
    connected(server=context)


def test_several_authorities():
    client = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(read_file("other.pem"))
    client.load_verify_locations(read_file("ca.pem"))
    connected(client, server_context("foreign"))
    connected(client, server_context("hub"))
    client = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(read_file("other.pem") + read_file("ca.pem"))
    connected(client)
    client = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(read_file("sensor.der") + read_file("ca.der"))
    connected(client)


def test_bad_certificates_and_keys():
    context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    pem, der, key = read_file("hub.pem"), read_file("hub.der"), read_file("hub.key")
    for bad in (b"", b"!", b"-----BEGIN CERTIFICATE-----\n", pem[:-40], der[:-1], der + b"x", b"0\x82", key):
        contains(raises(ValueError, context.load_cert_chain, bad, key), "invalid cert")
        contains(raises(ValueError, context.load_verify_locations, bad), "invalid cert")
    for bad in (b"", b"!", b"0\x03\x02\x01\x00", pem, key[:-40], key[:60]):
        contains(raises(ValueError, context.load_cert_chain, pem, bad), "invalid key")
    contains(raises(ValueError, context.load_cert_chain, pem, read_file("hub.locked.key")), "KEY_ENCRYPTED")
    contains(raises(ValueError, context.load_cert_chain, pem, read_file("sensor.key")), "KEY_MISMATCH")
    contains(raises(ValueError, context.load_cert_chain, pem, None), "no private key")
    for nothing in (None, 5, []):
        raises(TypeError, context.load_cert_chain, nothing, key)
        raises(TypeError, context.load_verify_locations, nothing)
    # None of these left anything behind.
    contains(failure(context.wrap_socket(pipes()[0], do_handshake_on_connect=False).do_handshake)[1], "CONFIG")
    for _ in range(32):
        context.load_cert_chain(pem, key)
    contains(raises(ValueError, context.load_cert_chain, pem, key), "too many")


def test_files_through_ssl():
    contains(raises(OSError, client_context().load_verify_locations, "not there.pem"), "cannot read not there.pem")
    raises(TypeError, client_context().load_verify_locations)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile="other.pem", cadata=read_file("ca.pem"))
    connected(context)


def test_system_wide_authorities():
    try:
        bundle = read_file("/etc/ssl/certs/ca-certificates.crt")
    except OSError:
        print("not tested: /etc/ssl/certs/ca-certificates.crt is not there")
        return
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(bundle)
    context.load_verify_locations(read_file("ca.pem"))
    connected(context)


def test_a_context_may_change_while_its_connections_live():
    client, server = client_context(), server_context()
    c, s, a, b = wrap(client, server)
    step(c)
    step(s)
    client.verify_mode = ssl.CERT_NONE
    client.load_verify_locations("other.pem")
    client.set_ciphers(["TLS_CHACHA20_POLY1305_SHA256"])
    client.set_alpn_protocols(["late"])
    server.load_cert_chain("second.pem", "second.key")
    shake(c, s)
    equal(c.info()["peer_verified"], True)
    equal(c.selected_alpn_protocol(), None)


def test_a_context_lives_as_long_as_its_connections():
    client, server = client_context("sensor"), server_context(verify=True)
    client.set_alpn_protocols(["a" * 40])
    server.set_alpn_protocols(["a" * 40])
    c, s, a, b = wrap(client, server, "hub" + ".local"[:])
    client = server = None
    for _ in range(3):
        gc.collect()
        junk = [bytes([0x55]) * 100 for _ in range(200)]
    junk = None
    shake(c, s)
    gc.collect()
    c.write(b"still here")
    equal(s.read(10), b"still here")
    equal(c.selected_alpn_protocol(), "a" * 40)


def test_record_sizes():
    client, server = client_context(), server_context()
    equal((client.max_record_in, client.max_record_out), (16384, 16384))
    server.max_record_out = 512
    client.max_record_in = 1024
    c, s, a, b = connected(client, server)
    s.write(bytes(5000))
    equal(c.read(5000), bytes(5000))
    equal(c.memory()["record_in"][1] <= 1024 + 256, True)
    # The peer is told the limit and keeps it (RFC 8449).
    server.max_record_out = 16384
    c, s, a, b = connected(client, server)
    s.write(bytes(5000))
    equal(c.read(5000), bytes(5000))
    equal(c.memory()["record_in"][1] <= 1024 + 256, True)
    equal(client.chunk, 2048)
    for chunk in (64, 100, 5000, 65535):
        client.chunk = chunk
        equal(client.chunk, chunk)
        c, s, a, b = connected(client, server)
        s.write(bytes(range(250)) * 20)
        equal(c.read(5000), bytes(range(250)) * 20)
    for bad in (-1, 0, 63, 65536):
        raises(ValueError, setattr, client, "chunk", bad)
        raises(ValueError, setattr, client, "certificate_window", bad)
    for bad in (-1, 0, 16385):
        raises(ValueError, setattr, client, "max_record_in", bad)
        raises(ValueError, setattr, client, "max_record_out", bad)


def test_memory_needed():
    client, server = client_context(), server_context()
    for context in (client, server):
        equal(context.max_message, 32768)
        context.max_message = context.max_record_in = 2048
        equal(context.max_message, 2048)
        for wrong in (0, 639, 32769):
            raises(ValueError, setattr, context, "max_message", wrong)
    needed = client.memory_needed("hub.local")
    equal(needed["message"], (2048, 2048))
    equal(6000 < needed["engine"][0] < 8192, True)
    c, s, a, b = connected(client, server)
    s.write(bytes(5000))
    equal(c.read(5000), bytes(5000))
    for name, (most, largest) in needed.items():
        equal(c.memory()[name][1] <= most, True)
        equal(largest <= most, True)
    raises(ValueError, client.memory_needed)  # no name, though it must be in the certificate
    raises(ValueError, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).memory_needed)
    # A callback wants to see the whole chain, which must then be in memory beside what verifies it.
    client.verify_callback = lambda chain, ok: True
    equal(client.memory_needed("hub.local")["engine"][0] > needed["engine"][0], True)


def test_certificate_window():
    client = client_context()
    equal(client.certificate_window, 1408)
    c, s, a, b = connected(client)
    taken = c.memory()["certificates"][1]
    for window in (1000, 4000):
        client.certificate_window = window
        equal(client.certificate_window, window)
        c, s, a, b = connected(client)
        equal(c.memory()["certificates"][1], taken - 1408 + window)
    client.certificate_window = 64
    c, s, a, b = wrap(client)
    error = raises(OSError, shake, c, s)
    equal("CERT_WINDOW" in str(error), True)


# --- wrap_socket: every documented argument, on both sides ---


def test_context_wrap_socket_arguments():
    a, b = pipes()
    contains(raises(ValueError, client_context().wrap_socket, a, server_side=True), "PROTOCOL_TLS_SERVER")
    native = tls.SSLContext(0)
    raises(TypeError, native.wrap_socket)
    raises(TypeError, native.wrap_socket, a, True)
    raises(TypeError, native.wrap_socket, a, nonsense=1)
    # The protocol is the role: server_side may be left out.
    s = server_context().wrap_socket(b, do_handshake_on_connect=False)
    c = client_context().wrap_socket(a, do_handshake_on_connect=False, server_hostname="hub.local")
    shake(c, s)


def both(server=None, client=None):
    a, b = pipes()
    options = {"server_side": True, "do_handshake": False, "cert": read_file("hub.pem"), "key": read_file("hub.key")}
    options.update(server or {})
    s = ssl.wrap_socket(b, **options)
    options = {"do_handshake": False}
    options.update(client or {})
    c = ssl.wrap_socket(a, **options)
    return c, s


def test_ssl_wrap_socket_plain():
    c, s = both()
    shake(c, s)
    equal(c.info()["peer_verified"], False)  # the documented default of this function, CERT_NONE
    c.write(b"hello")
    equal(s.read(5), b"hello")


def test_ssl_wrap_socket_verifies_the_server():
    c, s = both(client={"cert_reqs": ssl.CERT_REQUIRED, "cadata": read_file("ca.der"), "server_hostname": "hub.local"})
    shake(c, s)
    equal(c.info()["peer_verified"], True)
    c, s = both(client={"cert_reqs": ssl.CERT_REQUIRED, "cadata": read_file("other.pem"), "server_hostname": "hub.local"})
    contains(shake_fails(c, s)[0][1], "CERT_UNKNOWN_CA")
    contains(
        raises(ValueError, both, client={"cert_reqs": ssl.CERT_REQUIRED, "cadata": read_file("ca.der")}),
        "server_hostname",
    )


def test_ssl_wrap_socket_verifies_the_client():
    server = {"cert_reqs": ssl.CERT_REQUIRED, "cadata": read_file("ca.pem")}
    c, s = both(server, {"cert": "sensor.pem", "key": "sensor.key"})
    shake(c, s)
    equal(s.getpeercert()["subject"][0][0][1], "sensor")
    c, s = both(server)
    contains(shake_fails(c, s)[1][1], "CERTIFICATE_REQUIRED")


def test_ssl_wrap_socket_files_and_defaults():
    c, s = both({"cert": "hub.pem", "key": "hub.key"}, {"server_hostname": "hub.local"})
    shake(c, s)
    equal(c.server_hostname, "hub.local")
    raises(TypeError, ssl.wrap_socket, pipes()[0], key=read_file("hub.key"))
    raises(ValueError, ssl.wrap_socket, pipes()[0], cert_reqs=5)


def test_asyncio_without_a_context_is_refused():
    # asyncio.open_connection(ssl=True) makes this context: no authority, so nobody can be verified.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    contains(failure(context.wrap_socket, pipes()[0], False, True, "hub.local")[1], "trusted roots")


run(globals())
