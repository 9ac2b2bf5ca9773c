# trace_callback, keylog_callback and ecdsa_sign_callback.
from kit import *
import gc
import os


def test_trace_tells_the_whole_handshake():
    client, server = client_context("sensor"), server_context(verify=True)
    seen = {"c": [], "s": []}
    client.trace_callback = seen["c"].append
    server.trace_callback = seen["s"].append
    c, s, a, b = connected(client, server)
    c.write(b"hello")
    s.read(5)
    c.close()
    s.read(1)
    names = [e.name for e in seen["c"] if e.layer == "handshake"]
    equal(
        names,
        "ClientHello ServerHello EncryptedExtensions CertificateRequest Certificate CertificateVerify Finished "
        "Certificate CertificateVerify Finished".split(),
    )
    for side in "c", "s":
        events = seen[side]
        equal([e.name for e in events if e.layer == "handshake"], names)
        equal([(e.size, e.protected) for e in events if e.layer == "application"], [(5, True)])
        contains([e.name for e in events if e.layer == "record"], "close_notify")
    # What one side has sent, the other has received.
    for layer in ("record", "handshake", "application"):
        for sent in True, False:
            one = [e[2:] for e in seen["c"] if e.layer == layer and e.sent == sent]
            other = [e[2:] for e in seen["s"] if e.layer == layer and e.sent != sent]
            equal(one, other)
    event = seen["c"][0]
    sent, layer, name, size, protected = event
    equal((event.sent, event.layer, event.name, event.protected), (True, "handshake", "ClientHello", False))


def test_trace_that_raises():
    def fail(event):
        raise KeyError(event.name)

    client = client_context()
    client.trace_callback = fail
    c, s, a, b = wrap(client)
    equal(raises(KeyError, c.do_handshake), "ClientHello")
    client.trace_callback = None
    shake(c, s)  # nothing was harmed
    c.write(b"x")
    equal(s.read(1), b"x")


def test_trace_that_is_set_too_late_and_taken_away():
    client, seen = client_context(), []
    c, s, a, b = wrap(client)
    client.trace_callback = seen.append
    shake(c, s)
    equal(seen, [])
    c, s, a, b = wrap(client)
    client.trace_callback = None
    shake(c, s)
    equal(seen, [])


def test_trace_that_uses_the_connection():
    client, said = client_context(), []
    client.trace_callback = lambda event: said.append(failure(c.read, 1)[0])
    c, s, a, b = wrap(client)
    shake(c, s)
    equal(set(said), {EBUSY})


def test_key_log():
    client, server = client_context(), server_context()
    lines = {"c": [], "s": []}
    client.keylog_callback = lines["c"].append
    server.keylog_callback = lines["s"].append
    connected(client, server)
    equal(sorted(lines["c"]), sorted(lines["s"]))
    labels = set()
    for line in lines["c"]:
        equal(type(line), bytes)
        equal(line[-1:], b"\n")
        label, random, secret = line[:-1].decode().split(" ")
        equal(len(random), 64)
        contains((64, 96), len(secret))
        labels.add(label)
    for label in ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                  "SERVER_TRAFFIC_SECRET_0"):
        contains(labels, label)


def test_key_log_file():
    client = client_context()
    client.keylog_filename = "log.txt"
    equal(client.keylog_filename, "log.txt")
    connected(client)
    connected(client)
    with open("log.txt") as f:
        text = f.read()
    os.remove("log.txt")
    equal(text.count("CLIENT_TRAFFIC_SECRET_0 "), 2)
    client.keylog_filename = None
    connected(client)
    raises(OSError, os.stat, "log.txt")


# --- Keys that are elsewhere ---


def sign_by_command(key, hash):
    # Stands for a secure element.
    with open("hash.bin", "wb") as f:
        f.write(hash)
    equal(os.system("openssl pkeyutl -sign -inkey hub.key -in hash.bin -out signature.bin"), 0)
    with open("signature.bin", "rb") as f:
        return f.read()


def external_server(callback, key="hub.key"):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.ecdsa_sign_callback = callback
    server.load_cert_chain("hub.pem", key)
    return server


def test_signature_by_callback():
    seen = []

    def sign(key, hash):
        seen.append((bytes(key), bytes(hash)))
        return sign_by_command(key, hash)

    c, s, a, b = connected(server=external_server(sign))
    equal(c.info()["peer_signature"], "ecdsa_secp256r1_sha256")
    equal([(len(key), len(hash)) for key, hash in seen], [(32, 32)])


def test_signature_without_any_key_here():
    seen = []

    def sign(key, hash):
        seen.append(bytes(key))
        return sign_by_command(key, hash)

    connected(server=external_server(sign, None))
    equal(seen, [b""])


def test_callback_that_declines():
    connected(server=external_server(lambda key, hash: None))
    c, s, a, b = wrap(server=external_server(lambda key, hash: None, None))
    contains(shake_fails(c, s)[0][1], "internal_error")


def test_callback_set_after_the_key_and_taken_away():
    server = server_context()
    calls = []
    server.ecdsa_sign_callback = lambda key, hash: calls.append(1)
    connected(server=server)
    equal(calls, [1])
    server.ecdsa_sign_callback = None
    connected(server=server)
    equal(calls, [1])


def test_wrong_signature_by_callback():
    def sign(key, hash):
        return sign_by_command(key, bytes(32))

    c, s, a, b = wrap(server=external_server(sign))
    (number, text), _ = shake_fails(c, s)
    contains(text, "SIGNATURE")


def test_callback_that_returns_nonsense():
    for answer in (5, "text", [], b"", bytes(1000)):
        c, s, a, b = wrap(server=external_server(lambda key, hash: answer))
        step(c)
        try:
            step(s)
            step(c)
            raise AssertionError("nobody has noticed %r" % answer)
        except (TypeError, OSError):
            pass
        failure(c.read, 1)
        failure(s.read, 1)


def test_callback_that_raises():
    def fail(key, hash):
        raise KeyError("mine")

    c, s, a, b = wrap(server=external_server(fail))
    step(c)
    equal(raises(KeyError, s.do_handshake), "mine")
    contains(failure(c.do_handshake)[1], "received alert")
    failure(s.read, 1)
    s.close()


def test_client_key_by_callback():
    client = client_context()
    client.load_cert_chain("sensor.pem", "sensor.key")
    client.ecdsa_sign_callback = lambda key, hash: None
    c, s, a, b = connected(client, server_context(verify=True))
    equal(s.info()["peer_verified"], True)


run(globals())
