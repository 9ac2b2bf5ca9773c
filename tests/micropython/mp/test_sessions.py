# Coming back: saved sessions, ticket keys, pre-shared keys, in both versions.
from kit import *
import os

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


def test_memory_goes_back():
    client, server = contexts()
    c = once(client, server)
    held = c.memory()["session"][0]
    saved = c.session
    equal(held, len(saved))
    equal(c.memory()["session"][0], 0)


run(globals())
