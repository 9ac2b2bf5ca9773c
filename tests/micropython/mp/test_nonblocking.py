# Streams that say "later": None from read and write, poll, and writes that a full stream takes in parts.
from kit import *
import select


def full_pipes(capacity, *contexts):
    c, s, a, b = connected(*contexts)
    b.capacity = capacity
    a.capacity = capacity
    return c, s, a, b


def test_handshake_inside_read_and_write():
    c, s, a, b = wrap()
    got = None
    for _ in range(20):
        written = c.write(b"hello")
        got = s.read(5)
        if written == 5 and got is None:
            got = s.read(5)
        if got is not None:
            break
    equal(got, b"hello")
    equal(c.read(1), None)


def test_nothing_there_is_none():
    c, s, a, b = connected()
    equal(c.read(1), None)
    equal(c.readinto(bytearray(3)), None)
    equal(c.readline(), None)
    s.write(b"part")
    equal(c.read(10), b"part")
    s.write(b"half a li")
    equal(c.readline(), b"half a li")


def test_record_in_pieces():
    c, s, a, b = connected()
    c.write(b"piecemeal")
    whole, b.inbox = b.inbox, b""
    for i in range(len(whole) - 1):
        b.inbox = whole[i : i + 1]
        equal(s.read(9), None)
        equal(s.ioctl(POLL, RD), 0)
    b.inbox = whole[-1:]
    equal(s.read(9), b"piecemeal")


def test_what_counts_as_written_is_on_its_way():
    for capacity in (1, 7, 100, 1000):
        c, s, a, b = full_pipes(capacity)
        data = bytes(i & 0xFF for i in range(3000))
        sent, got, waits = 0, b"", 0
        while len(got) < len(data):
            if sent < len(data):
                n = c.write(data[sent:])
                if n is None:
                    waits += 1
                else:
                    sent += n
                    equal(len(b.inbox) <= capacity, True)
            part = s.read(5000)
            if part is not None:
                got += part
        equal(got, data)
        equal(sent, len(data))
        equal(waits > 0, True)
        equal(c.write(b"more"), None if capacity < 26 else 4)


def test_repeated_with_more_data():
    c, s, a, b = full_pipes(10)
    equal(c.write(b"first"), None)
    a.capacity = 1000
    equal(c.write(b"first and more"), 14)  # of which 5 were sealed before
    equal(s.read(14), b"first and more")


def test_given_up_for_other_data():
    c, s, a, b = full_pipes(10)
    equal(c.write(b"first"), None)
    a.capacity = 1000
    equal(c.write(b"other"), 5)
    equal(s.read(10), b"firstother")


def test_repeated_with_less_data():
    c, s, a, b = full_pipes(10)
    equal(c.write(b"first"), None)
    a.capacity = 1000
    number, text = failure(c.write, b"fir")
    equal(number, errno.EINVAL)
    contains(text, "repeated")
    equal(c.write(b"first"), 5)
    equal(s.read(5), b"first")


def test_large_record_in_a_small_stream():
    client, server = client_context(), server_context()
    client.chunk = 65535
    c, s, a, b = full_pipes(500, client, server)
    data = bytes(16384)
    got = b""
    n = None
    for _ in range(200):
        if n is None:
            n = c.write(data)
        got += s.read(20000) or b""
        if len(got) == len(data):
            break
    equal(n, 16384)
    equal(got, data)


def polled(connection, below, asked):
    below.polled = None
    return connection.ioctl(POLL, asked), below.polled


def test_poll_follows_the_handshake():
    c, s, a, b = wrap()
    a.capacity = 0
    equal(c.read(1), None)  # waits to write its hello
    equal(polled(c, a, RD), (0, WR))
    equal(polled(c, a, WR), (0, WR))
    equal(polled(c, a, RD | WR), (0, WR))
    a.capacity = 1000
    equal(polled(c, a, RD), (RD, WR))
    equal(c.read(1), None)
    equal(polled(c, a, RD), (0, RD))
    equal(c.write(b"x"), None)  # waits to read the server's hello
    equal(polled(c, a, WR), (0, RD))
    step(s)
    equal(polled(c, a, WR), (WR, RD))
    equal(polled(c, a, RD | WR), (RD | WR, RD))


def test_poll_sees_what_is_buffered():
    c, s, a, b = connected()
    equal(polled(s, b, RD | WR), (WR, RD | WR))
    c.write(b"foobar")
    equal(polled(s, b, RD), (RD, RD))
    equal(s.read(3), b"foo")
    equal(b.inbox, b"")
    equal(polled(s, b, RD), (RD, None))  # the stream below is not asked
    equal(polled(s, b, RD | WR), (RD | WR, RD | WR))
    equal(s.read(3), b"bar")
    equal(polled(s, b, RD), (0, RD))


def test_poll_brings_the_end_of_a_handshake_out():
    c, s, a, b = wrap()
    step(c)
    step(s)
    a.capacity = 0
    equal(c.read(1), None)  # its Finished can't be sent
    asked = polled(c, a, RD)
    equal(asked[0], 0)
    equal(asked[1] & WR, WR)
    a.capacity = 10000
    equal(polled(c, a, RD)[0], RD)
    equal(c.read(1), None)
    equal(step(s), True)


def test_poll_object():
    c, s, a, b = connected()
    poll = select.poll()
    poll.register(c, select.POLLIN)
    equal(poll.poll(0), [])
    s.write(b"x")
    equal(poll.poll(0), [(c, select.POLLIN)])
    poll.modify(c, select.POLLOUT)
    equal(poll.poll(0), [(c, select.POLLOUT)])
    c.close()
    equal(poll.poll(0), [(c, NVAL)])


def test_other_requests_are_refused():
    c, s, a, b = connected()
    for request in (-1, 0, 1, 2, 5, 10, 11):
        equal(failure(c.ioctl, request, 0)[0], errno.EINVAL)


def test_poll_over_a_stream_that_cannot():
    class Deaf(Pipe):
        def ioctl(self, request, arg):
            return -errno.EINVAL

    deaf = Deaf()
    deaf.other = Pipe()
    d = client_context().wrap_socket(deaf, server_hostname="hub.local", do_handshake_on_connect=False)
    equal(failure(d.ioctl, POLL, RD)[0], errno.EINVAL)


def test_blocking_handshake_over_a_stream_that_waits():
    # wrap_socket() with its default comes back only when the handshake is complete: here a server answers from
    # inside the stream.
    class Served(Pipe):
        def write(self, buf):
            self.other.inbox += bytes(buf)
            return len(buf)

        def readinto(self, buf):
            if not self.inbox:
                self.turns += 1
                if self.turns % 3 == 0:
                    step(self.server)
            return Pipe.readinto(self, buf)

    a, b = Served(), Pipe()
    a.other, b.other, a.turns = b, a, 0
    a.server = server_context().wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    c = client_context().wrap_socket(a, server_hostname="hub.local")
    equal(c.version(), "TLSv1.3")


def test_key_updates():
    c, s, a, b = connected()
    for request in (False, True, 1, 0):
        c.update_keys(request)
        s.update_keys()
        for sender, receiver in (c, s), (s, c), (c, s):
            sender.write(b"with new keys")
            equal(receiver.read(20), b"with new keys")
    c.close()
    equal(failure(c.update_keys)[0], errno.EBADF)


def test_key_update_while_output_waits():
    # The peer wants new keys and sends data behind that, while this side can't send what it has sealed.
    for capacity in range(0, 60, 7):
        c, s, a, b = connected()
        a.capacity = capacity
        before = c.write(b"sealed with the old keys")
        for i in range(3):
            s.update_keys(True)
            s.write(b"data %d" % i)
        got = b""
        for _ in range(10):
            got += c.read(1) or b""
        a.capacity = 1 << 20
        while len(got) < 18:
            got += c.read(3) or b""
        equal(got, b"data 0data 1data 2")
        if before is None:
            equal(c.write(b"sealed with the old keys"), 24)
        equal(s.read(24), b"sealed with the old keys")
        c.write(b"and the new ones")
        equal(s.read(16), b"and the new ones")


run(globals())
