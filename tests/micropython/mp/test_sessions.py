# Coming back: saved sessions, ticket keys, pre-shared keys, in both versions.
from kit import *
import os
import tls

TICKET_KEY = b"8 bytes!" + bytes(range(32))
SESSION_KEY = bytes(range(1, 33))


def contexts(version=ssl.TLSVersion.TLSv1_3, key=TICKET_KEY):
    client, server = client_context("sensor"), server_context(verify=True)
    client.session_key = SESSION_KEY
    server.ticket_keys = [key]
    client.maximum_version = version
    return client, server


def once(client, server, session=None, name="hub.local"):
    # A connection with a byte each way. Returns the client's side.
    a, b = pipes()
    c = client.wrap_socket(
        a, server_hostname=name, do_handshake_on_connect=False, session=session
    )
    s = server.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    shake(c, s)
    s.write(b"x")
    equal(c.read(1), b"x")
    c.write(b"y")
    equal(s.read(1), b"y")
    equal(c.session_reused, s.session_reused)
    return c


def test_both_versions():
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client, server = contexts(version)
        first = once(client, server)
        equal(first.session_reused, False)
        saved = first.session
        equal(type(saved), bytes)
        equal(first.session, saved)
        second = once(client, server, saved)
        equal(second.session_reused, True)
        equal(once(client, server, second.session).session_reused, True)


def test_nothing_is_saved_unless_asked():
    client, server = contexts()
    client.session_key = None
    equal(once(client, server).session, None)
    client, server = contexts()
    server.ticket_keys = None
    equal(once(client, server).session, None)


def test_what_does_not_fit_is_a_full_handshake():
    client, server = contexts()
    saved = once(client, server).session
    bad = bytearray(saved)
    bad[20] ^= 1
    for session in (bytes(bad), saved[:-1], b"", b"nonsense" * 30):
        equal(once(client, server, session).session_reused, False)
    other, _ = contexts()
    other.session_key = b"\x01" * 32
    equal(once(other, server, saved).session_reused, False)
    other, _ = contexts()
    other.set_alpn_protocols(["mqtt"])
    equal(once(other, server, saved).session_reused, False)
    equal(once(client, server, saved).session_reused, True)


def test_keys_rotate():
    client, server = contexts()
    saved = once(client, server).session
    new = b"NEWBYTES" + bytes(range(2, 34))
    server.ticket_keys = [new, TICKET_KEY]
    equal(once(client, server, saved).session_reused, True)
    server.ticket_keys = [new]
    equal(once(client, server, saved).session_reused, False)


def test_two_servers_share_keys():
    client, one = contexts()
    _, two = contexts()
    equal(once(client, two, once(client, one).session).session_reused, True)


def test_values():
    client, server = contexts()
    contains(raises(ValueError, setattr, client, "session_key", b"short"), "32 bytes")
    contains(raises(ValueError, setattr, server, "ticket_keys", [b"short"]), "40 bytes")
    raises(TypeError, setattr, server, "ticket_keys", 5)
    # a key that somebody forgot to fill in
    contains(raises(ValueError, setattr, client, "session_key", bytes(32)), "zeros")
    contains(raises(ValueError, setattr, server, "ticket_keys", [b"somename" + bytes(32)]), "zeros")
    equal(client.session_key, SESSION_KEY)
    server.num_tickets = 3
    equal(server.num_tickets, 3)
    raises(ValueError, setattr, server, "num_tickets", 0)
    raises(ValueError, client.set_psks, [(b"x", b"short")])
    raises(ValueError, client.set_psks, [(b"", bytes(32))])
    raises(TypeError, client.wrap_socket, pipes()[0], server_hostname="hub.local", session=5)


def psk_contexts(client_key, server_key, identity=b"sensor-7"):
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.set_psks([(identity, client_key)])
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_psks([(b"other", bytes(range(32))), (b"sensor-7", server_key)])
    return client, server


def test_pre_shared_keys():
    key = os.urandom(32)
    client, server = psk_contexts(key, key)
    c, s, a, b = connected(client, server, None)
    equal((c.version(), c.getpeercert()), ("TLSv1.3", None))
    c.write(b"by key alone")
    equal(s.read(100), b"by key alone")


def test_pre_shared_keys_that_differ():
    for identity in (b"sensor-7", b"nobody"):
        client, server = psk_contexts(os.urandom(32), os.urandom(32), identity)
        c, s, a, b = wrap(client, server, None)
        said_client, said_server = shake_fails(c, s)
        contains(said_client[1], "received alert decrypt_error")
        contains(said_server[1], "BINDER")


def test_pre_shared_keys_in_either_version():
    for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        key = os.urandom(64)
        client, server = psk_contexts(key, key)
        client.maximum_version = version
        c, s, a, b = connected(client, server, None)
        equal(c.version(), name)
        equal(c.cipher()[0].startswith("TLS_ECDHE_PSK_"), name == "TLSv1.2")
        c.write(b"by key alone")
        equal(s.read(100), b"by key alone")


# --- psk_identity, psk_key, server_psk_keys ---


class Store:
    def __init__(self, keys):
        self.keys, self.asked = keys, []

    def get(self, identity):
        self.asked.append(identity)
        if isinstance(self.keys, Exception):
            raise self.keys
        return self.keys.get(identity)


def attribute_contexts(identity, key, store, version=None):
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.psk_identity = identity
    client.psk_key = key
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.server_psk_keys = store
    if version:
        client.maximum_version = version
    return client, server


def test_psk_attributes():
    key = os.urandom(32)
    for identity in (b"micropython", b"\x00", b"\xff\x00a\xfe", bytes(1000)):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            store = Store({identity: key})
            client, server = attribute_contexts(identity, key, store, version)
            c, s, a, b = connected(client, server, None)
            equal(store.asked, [identity])
            c.write(b"by attribute")
            equal(s.read(100), b"by attribute")
    client, server = attribute_contexts("text", key, {b"text": key})  # a dict, and str as identity
    c, s, a, b = connected(client, server, None)
    s.write(b"as well")
    equal(c.read(100), b"as well")


def test_psk_attributes_read_back():
    for context in (tls.SSLContext(tls.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)):
        equal((context.psk_identity, context.psk_key, context.server_psk_keys), (None, None, None))
        context.psk_identity, context.psk_key, context.server_psk_keys = b"me", bytes(16), {}
        equal((context.psk_identity, context.psk_key, context.server_psk_keys), (b"me", bytes(16), {}))
        raises(OSError, setattr, context, "psk_key", bytes(65))
        raises(TypeError, setattr, context, "psk_key", 5)
        raises(AttributeError, setattr, context, "server_psk_keys", 5)
    late = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    late.psk_key = bytes(65)  # the pair is looked at when it is one
    raises(OSError, setattr, late, "psk_identity", b"me")


def test_psk_attributes_refused():
    key = os.urandom(32)
    bad = (
        Store({b"other": key}),  # unknown
        Store({b"me": os.urandom(32)}),  # another key
        Store({b"me": b"short"}),
        Store({b"me": 12345}),
        Store(ValueError("broken store")),
    )
    for version, alert in ((ssl.TLSVersion.TLSv1_2, "bad_record_mac"), (ssl.TLSVersion.TLSv1_3, "decrypt_error")):
        for store in bad:
            client, server = attribute_contexts(b"me", key, store, version)
            c, s, a, b = wrap(client, server, None)
            said_client, said_server = shake_fails(c, s)
            contains(said_client[1], "received alert " + alert)
            equal(store.asked[-1], b"me")


def test_psk_attributes_exclude_certificates():
    key = os.urandom(32)
    client, server = contexts()
    client.psk_identity, client.psk_key = b"me", key  # trusts the server's root all the same
    c, s, a, b = wrap(client, server)
    shake_fails(c, s)
    client, server = contexts()
    server.server_psk_keys = {b"me": key}  # has a certificate all the same
    c, s, a, b = wrap(client, server)
    shake_fails(c, s)
    client, server = contexts()
    server.set_ciphers(["TLS_AES_128_GCM_SHA256"])  # by which the rest is settled
    server.server_psk_keys = {b"me": key}
    c, s, a, b = connected(client, server)
    s.write(b"with certificates")
    equal(c.read(100), b"with certificates")


def test_plain_psk_is_named():
    key = os.urandom(32)
    plain = "TLS_PSK_WITH_AES_128_CCM_8"
    client, server = attribute_contexts(b"me", key, {b"me": key})
    client.set_ciphers([plain])
    c, s, a, b = wrap(client, server, None)
    shake_fails(c, s)
    server.set_ciphers([plain])
    c, s, a, b = connected(client, server, None)
    equal(c.cipher()[0], plain)


def test_memory_goes_back():
    client, server = contexts()
    c = once(client, server)
    held = c.memory()["session"][0]
    saved = c.session
    equal(held, len(saved))
    equal(c.memory()["session"][0], 0)


run(globals())
