# Client and server in one interpreter: what a connection does from the first byte to the last.
from kit import *
import gc


def test_handshake_and_what_is_known():
    c, s, a, b = wrap(client_context("sensor"), server_context(verify=True))
    equal(c.cipher(), None)
    equal(c.version(), None)
    equal(s.info(), None)
    equal(c.getpeercert(), None)
    equal(c.selected_alpn_protocol(), None)
    shake(c, s)
    equal(c.cipher(), s.cipher())
    contains(c.cipher()[0], "TLS_")
    equal(c.cipher()[1], "TLSv1.3")
    equal((c.version(), s.version()), ("TLSv1.3", "TLSv1.3"))
    equal(c.server_hostname, "hub.local")
    equal(s.server_hostname, None)
    equal(c.getpeercert()["subject"][0], (("commonName", "hub"),))
    equal(s.getpeercert()["subject"], ((("commonName", "sensor"),), (("organizationName", "Skerry"),)))
    equal(c.getpeercert()["subjectAltName"], (("DNS", "hub.local"), ("IP Address", "127.0.0.1")))
    equal(c.getpeercert()["issuer"], ((("commonName", "ca authority"),),))
    with open("hub.der", "rb") as f:
        equal(c.getpeercert(True), f.read())
    with open("sensor.der", "rb") as f:
        equal(s.getpeercert(True), f.read())
    equal((c.info()["peer_verified"], s.info()["peer_verified"]), (True, True))
    equal(c.info()["bytes_out"], s.info()["bytes_in"])
    equal(s.info()["bytes_out"], c.info()["bytes_in"])


def test_unverified_peers_certificate_is_not_shown_as_good():
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_mode = ssl.CERT_NONE
    c, s, a, b = connected(client, name=None)
    equal(c.getpeercert(), {})
    equal(c.getpeercert(True), None)
    equal(c.info()["peer_verified"], False)
    equal(s.getpeercert(), None)  # it was not asked for one


def test_keep_peercert_off():
    client = client_context()
    client.keep_peercert = False
    c, s, a, b = connected(client)
    equal(c.getpeercert(True), None)
    equal(c.info()["peer_verified"], True)


def test_data_both_ways_in_all_sizes():
    c, s, a, b = connected()
    for size in (1, 2, 255, 1000, 16383, 16384, 16385, 50000):
        data = bytes((i * 7 + size) & 0xFF for i in range(size))
        for sender, receiver in (c, s), (s, c):
            equal(sender.write(data), size)
            equal(receiver.read(size), data)
    equal(c.read(1), None)
    equal(c.write(b""), 0)
    equal(c.read(0), b"")


def test_read_kinds():
    c, s, a, b = connected()
    c.write(b"one\ntwo\nthree")
    equal(s.readline(), b"one\n")
    equal(s.readline(), b"two\n")
    equal(s.readline(3), b"thr")
    buf = bytearray(10)
    equal(s.readinto(buf), 2)
    equal(buf, b"ee" + bytes(8))
    equal(s.readinto(buf), None)
    equal(s.readline(), None)
    c.write(b"abcdef")
    equal(s.readinto(buf, 4), 4)
    equal(bytes(buf[:4]), b"abcd")
    equal(s.read(10), b"ef")
    equal(c.write(b"0123456789", 4), 4)
    equal(c.write(b"0123456789", 4, 3), 3)
    equal(s.read(20), b"0123456")
    equal(c.write(memoryview(b"memory")), 6)
    equal(s.read(6), b"memory")


def test_close_is_clean_and_sticks():
    c, s, a, b = connected()
    c.write(b"last words")
    c.close()
    c.close()
    equal(a.closed, True)
    equal(s.read(), b"last words")
    for _ in range(3):  # without asking the stream below, which could wait for ever
        equal(s.read(5), b"")
        equal(s.readline(), b"")
        equal(s.ioctl(POLL, RD), RD)
    s.close()
    equal(b.closed, True)


def test_half_closed_still_writes():
    c, s, a, b = connected()
    keep = a.ioctl
    c.close()
    equal(s.read(1), b"")
    a.closed = False  # as a peer that has only said close_notify
    equal(s.write(b"too late?"), 9)


def test_truncation_is_an_error_and_sticks():
    c, s, a, b = connected()
    c.write(b"some")
    a.closed = True
    equal(s.read(4), b"some")
    for _ in range(2):
        number, text = failure(s.read, 1)
        equal(number, -29312)
        contains(text, "TRUNCATED")
    equal(failure(s.write, b"x")[0], -29312)
    equal(s.ioctl(POLL, RD | WR), NVAL)
    s.close()


def test_cut_in_the_handshake():
    c, s, a, b = wrap()
    step(c)
    step(s)
    b.closed = True
    while a.inbox:
        a.inbox = a.inbox[:-1]
    number, text = failure(c.do_handshake)
    equal(number, -29312)
    contains(text, "CLOSED_EARLY")


def test_use_after_close():
    c, s, a, b = connected()
    c.close()
    for call in ((c.read, 1), (c.write, b"x"), (c.readline,), (c.readinto, bytearray(1))):
        equal(failure(*call)[0], errno.EBADF)
    equal(failure(c.setblocking, False)[0], errno.EBADF)
    equal(failure(c.do_handshake)[0], errno.EBADF)
    equal(failure(c.unwrap)[0], errno.EBADF)
    equal(failure(c.export_keying_material, "x", 8)[0], errno.EBADF)
    equal(c.cipher(), None)
    equal(c.version(), None)
    equal(c.info(), None)
    equal(c.getpeercert()["version"], 3)
    equal(c.ioctl(POLL, RD | WR), NVAL)
    equal(c.ioctl(CLOSE, 0), 0)
    c.memory()


def test_close_before_the_handshake():
    c, s, a, b = wrap()
    c.close()
    s.close()
    equal(a.inbox, b"")
    equal(b.inbox, b"")
    c, s, a, b = wrap()
    step(c)
    c.close()
    equal(failure(s.read, 1)[0], -29312)


def test_with():
    c, s, a, b = connected()
    with c as same:
        equal(same is c, True)
    equal(a.closed, True)
    equal(s.read(1), b"")


def test_unwrap_gives_the_stream_back():
    c, s, a, b = connected()
    equal(failure(c.unwrap)[0], errno.EAGAIN)  # the peer has not answered yet
    equal(s.read(1), b"")
    equal(s.ioctl(POLL, RD), RD)  # the end can be read, although nothing comes from below
    s_below = s.unwrap()
    equal(s_below is b, True)
    equal(c.unwrap() is a, True)
    equal((a.closed, b.closed), (False, False))
    a.write(b"plain again")
    equal(b.inbox, b"plain again")
    equal(failure(c.read, 1)[0], errno.EBADF)


def test_unwrap_with_unread_data():
    c, s, a, b = connected()
    s.write(b"unread")
    s.close()
    contains(failure(c.unwrap)[1], "nobody had read")


def test_exporter():
    c, s, a, b = connected()
    one = c.export_keying_material("EXPORTER-test", 32, b"context")
    equal(len(one), 32)
    equal(s.export_keying_material("EXPORTER-test", 32, b"context"), one)
    equal(c.export_keying_material("EXPORTER-test", 32) == one, False)
    equal(c.export_keying_material("EXPORTER-other", 32, b"context") == one, False)
    raises(ValueError, c.export_keying_material, "x", 0)
    c2, s2, a, b = connected()
    equal(c2.export_keying_material("EXPORTER-test", 32, b"context") == one, False)


def test_exporter_too_early():
    c, s, a, b = wrap()
    contains(failure(c.export_keying_material, "x", 8)[1], "USAGE")


def test_setblocking_goes_down():
    c, s, a, b = connected()
    c.setblocking(False)
    equal(a.blocking, False)
    c.setblocking(True)
    equal(a.blocking, True)


def test_memory_report():
    c, s, a, b = wrap()
    shake(c, s)
    report = c.memory()
    equal(len(report), 13)  # nine regions, the connection, the engine in all, its blocks, the socket
    equal(report["blocks"][0], 0)
    equal(report["blocks"][1] > 5, True)
    for region in ("handshake", "message", "record_in", "record_out", "certificates", "peer_certificate"):
        equal(report[region][0], 0)
    equal(report["certificates"][1] > 0, True)
    equal(report["handshake"][1] > 0, True)
    equal(report["engine"][0], report["connection"][0])
    equal(report["engine"][0] <= 1024, True)
    s.write(bytes(1000))
    c.read(1)
    equal(c.memory()["record_in"][0] >= 1000, True)
    c.read(999)
    equal(c.memory()["record_in"][0], 0)
    c.close()
    equal(c.memory()["engine"][0], 0)


def test_streams_that_lie():
    class Reader(Pipe):
        def readinto(self, buf):
            return len(buf) + 1

    class Writer(Pipe):
        def write(self, buf):
            return len(buf) + 1

    for liar in Reader(), Writer():
        liar.other = Pipe()
        liar.other.other = liar
        d = client_context().wrap_socket(liar, server_hostname="hub.local", do_handshake_on_connect=False)
        equal(failure(d.do_handshake)[0], errno.EIO)


def test_streams_that_raise():
    class Broken(Pipe):
        def write(self, buf):
            raise KeyError("mine")

    broken = Broken()
    broken.other = Pipe()
    context = client_context()
    equal(raises(KeyError, context.wrap_socket, broken, server_hostname="hub.local"), "mine")
    d = context.wrap_socket(broken, server_hostname="hub.local", do_handshake_on_connect=False)
    for _ in range(2):
        equal(raises(KeyError, d.read, 1), "mine")
    equal(raises(KeyError, d.close), "mine")
    equal(broken.closed, True)
    d.close()


def test_errors_of_the_stream_come_through():
    class Reset(Pipe):
        def readinto(self, buf):
            return -errno.ECONNRESET

    below = Reset()
    below.other = Pipe()
    below.other.other = below
    equal(failure(client_context().wrap_socket, below, False, True, "hub.local")[0], errno.ECONNRESET)


def test_not_a_stream():
    context = client_context()
    for thing in (None, 5, b"bytes", object()):
        raises(OSError, context.wrap_socket, thing, server_hostname="hub.local")


def test_a_stream_that_calls_back():
    class Looped(Pipe):
        def write(self, buf):
            return self.connection.read(1)

    looped = Looped()
    looped.other = Pipe()
    d = client_context().wrap_socket(looped, server_hostname="hub.local", do_handshake_on_connect=False)
    looped.connection = d
    equal(failure(d.do_handshake)[0], EBUSY)


run(globals())
