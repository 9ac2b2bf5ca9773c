# Who is let in and who is not: names, authorities, dates, callbacks; and what both sides are told.
from kit import *


def test_good_certificates_of_all_kinds():
    for cert in ("hub", "rsa", "p384", "ed25519", "deep"):
        c, s, a, b = connected(server=server_context(cert))
        equal(c.info()["peer_verified"], True)


def refused(client=None, server=None, name="hub.local"):
    c, s, a, b = wrap(client, server, name)
    (number, text), (server_number, server_text) = shake_fails(c, s)
    equal(c.version(), None)
    equal(failure(c.read, 1), (number, text))  # it sticks
    equal(failure(c.write, b"x"), (number, text))
    equal(c.ioctl(POLL, RD | WR), NVAL)
    return number, text, server_number, server_text


def test_wrong_name():
    for name in ("hub.loca", "other.local", "sub.hub.local", "127.0.0.2"):
        number, text, server_number, server_text = refused(name=name)
        equal(number, -9984)
        contains(text, "CERT_NAME")
        contains(text, "subjectAltName")
        contains(text, "[sent alert bad_certificate]")
        equal(server_number, -30592)
        contains(server_text, "[received alert bad_certificate]")


def test_right_names():
    for name in ("hub.local", "HUB.local", "127.0.0.1", "hub.local."):
        connected(name=name)


def test_untrusted_authority():
    number, text, server_number, server_text = refused(server=server_context("foreign"))
    equal(number, -9984)
    contains(text, "CERT_UNKNOWN_CA")
    contains(server_text, "unknown_ca")


def test_expired():
    number, text, server_number, server_text = refused(server=server_context("expired"))
    contains(text, "CERT_EXPIRED")
    contains(text, "validity")
    contains(server_text, "certificate_expired")
    context = client_context()
    context.check_time = False
    connected(context, server_context("expired"))


def test_wrong_purpose():
    number, text, server_number, server_text = refused(server=server_context("sensor"), name="sensor.local")
    contains(text, "CERT_PURPOSE")


def test_no_authority_at_all():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    number, text = failure(context.wrap_socket, pipes()[0], False, True, "hub.local")
    equal(number, -30336)
    contains(text, "NO_TRUST")


def test_server_without_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    s = context.wrap_socket(pipes()[0], server_side=True, do_handshake_on_connect=False)
    number, text = failure(s.do_handshake)
    equal(number, -24192)
    contains(text, "CONFIG")


def test_client_must_name_whom_it_wants():
    context = client_context()
    contains(raises(ValueError, context.wrap_socket, pipes()[0]), "server_hostname")
    for name in ("", "not a name", "a..b", "-", b"\xff"):
        contains(raises(ValueError, context.wrap_socket, pipes()[0], server_hostname=name), "server_hostname")
    context.check_hostname = False
    connected(context, name=None)
    connected(context, name="other.local")


def test_verify_mode_none_takes_anybody():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE
    for cert in ("foreign", "expired", "hub"):
        c, s, a, b = connected(context, server_context(cert), None)
        equal(c.info()["peer_verified"], False)


def test_verify_flags():
    # The hub's common name is none of its names, which only the strict rules mind.
    context = client_context()
    equal(context.verify_flags, ssl.VERIFY_DEFAULT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    equal(context.verify_flags, 0x20)
    c, s, a, b = wrap(context)
    (number, text), (server_number, server_text) = shake_fails(c, s)
    contains(text, "CERT_NAME")
    contains(text, "the peer's certificate: subject)")
    contains(server_text, "[received alert bad_certificate]")
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    connected(context)
    for flags in (4, 12, -1, 0x24):
        contains(raises(ValueError, setattr, context, "verify_flags", flags), "VERIFY_X509_STRICT")
    equal(context.verify_flags, 0)


def test_client_certificate_required():
    for cert, what, alert in (
        (None, "CERTIFICATE_REQUIRED", "certificate_required"),
        ("stranger", "CERT_UNKNOWN_CA", "unknown_ca"),
        ("hub", "CERT_PURPOSE", "unsupported_certificate"),
    ):
        c, s, a, b = wrap(client_context(cert), server_context(verify=True))
        (number, text), (server_number, server_text) = shake_fails(c, s)
        equal(number, -30592)
        contains(text, "[received alert %s]" % alert)
        contains(server_text, what)


def test_client_certificate_optional():
    server = server_context(verify=True)
    server.verify_mode = ssl.CERT_OPTIONAL
    c, s, a, b = connected(client_context(), server)
    equal((s.getpeercert(), s.info()["peer_verified"]), (None, False))
    c, s, a, b = connected(client_context("sensor"), server)
    equal(s.info()["peer_verified"], True)
    c, s, a, b = wrap(client_context("stranger"), server)
    contains(shake_fails(c, s)[1][1], "CERT_UNKNOWN_CA")


def test_verify_callback_sees_every_certificate():
    seen = []

    def look(der, depth):
        seen.append((depth, type(der), bytes(der)))
        return 0

    context = client_context()
    context.verify_callback = look
    c, s, a, b = connected(context, server_context("deep"))
    equal([depth for depth, _, _ in seen], [1, 0])
    equal(seen[0][1], memoryview)
    equal(seen[1][2], c.getpeercert(True))


def test_verify_callback_comes_after_the_checks():
    context = client_context()
    called = []
    context.verify_callback = lambda der, depth: called.append(depth) or 0
    c, s, a, b = wrap(context, server_context("foreign"))
    contains(shake_fails(c, s)[0][1], "CERT_UNKNOWN_CA")
    equal(called, [])


def test_verify_callback_alone_can_pin():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE
    with open("hub.der", "rb") as f:
        wanted = f.read()
    context.verify_callback = lambda der, depth: 0 if bytes(der) == wanted else 1
    connected(context, name=None)
    c, s, a, b = wrap(context, server_context("foreign"), None)
    contains(shake_fails(c, s)[0][1], "CERT_REFUSED")


def test_verify_callback_refuses():
    for answer in (1, -1, 1 << 70, -0x2700):
        context = client_context()
        context.verify_callback = lambda der, depth: answer
        number, text, server_number, server_text = refused(context)
        equal(number, -12288)
        contains(text, "CERT_REFUSED")
        contains(server_text, "certificate_unknown")


def ends_with(kind, callback):
    context = client_context()
    context.verify_callback = callback
    c, s, a, b = wrap(context)
    step(c)
    step(s)
    text = raises(kind, c.do_handshake)
    contains(failure(c.read, 1)[1], "CERT_REFUSED")
    contains(failure(s.read, 1)[1], "certificate_unknown")
    c.close()
    return text


def test_verify_callback_that_gives_no_answer():
    for answer in (False, True, None, "0", 0.0):
        ends_with(TypeError, lambda der, depth: answer)


def test_verify_callback_that_raises():
    def fail(der, depth):
        raise KeyError("mine")

    equal(ends_with(KeyError, fail), "mine")
    ends_with(TypeError, lambda: 0)

    def interrupted(der, depth):
        raise KeyboardInterrupt

    ends_with(KeyboardInterrupt, interrupted)


def test_verify_callback_on_the_server():
    server = server_context(verify=True)
    names = []
    server.verify_callback = lambda der, depth: names.append(depth) or 0
    connected(client_context("sensor"), server)
    equal(names, [0])


def test_verify_callback_cannot_use_the_connection():
    context = client_context()
    said = []

    def meddle(der, depth):
        for call in (lambda: c.read(1), lambda: c.write(b"x"), c.do_handshake, c.close, c.unwrap):
            said.append(failure(call)[0])
        said.append(c.cipher())
        return 0

    context.verify_callback = meddle
    c, s, a, b = wrap(context)
    shake(c, s)
    equal(said, [EBUSY] * 5 + [None])


def test_one_of_several_certificates_by_name():
    server = server_context("hub")
    server.load_cert_chain("second.pem", "second.key")
    for name, wanted in (("second.local", "second"), ("hub.local", "hub")):
        c, s, a, b = connected(server=server, name=name)
        equal(c.getpeercert()["subject"][0][0][1], wanted)
    c, s, a, b = wrap(server=server, name="unknown.local")
    contains(shake_fails(c, s)[0][1], "CERT_NAME")


run(globals())
