# Real sockets in one process: what the system's buffers do to a connection.
from kit import *
import select
import socket


SO_SNDBUF, SO_RCVBUF = 7, 8  # Linux


def tcp_pair(size=None):
    for port in range(34000, 36000):
        listener = socket.socket()
        try:
            address = socket.getaddrinfo("127.0.0.1", port)[0][-1]
            listener.bind(address)
            break
        except OSError:
            listener.close()
    listener.listen(1)
    a = socket.socket()
    if size:
        listener.setsockopt(socket.SOL_SOCKET, SO_RCVBUF, size)
        a.setsockopt(socket.SOL_SOCKET, SO_SNDBUF, size)
    a.connect(address)
    b, _ = listener.accept()
    listener.close()
    a.setblocking(False)
    b.setblocking(False)
    return a, b


def connected_sockets(size=None):
    a, b = tcp_pair(size)
    c = client_context().wrap_socket(a, server_hostname="hub.local", do_handshake_on_connect=False)
    s = server_context().wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    shake(c, s)
    return c, s


def read_to_the_end(s):
    poll = select.poll()
    poll.register(s, select.POLLIN)
    size = 0
    while poll.poll(5000):
        data = s.read(20000)
        if data is None:
            continue
        if not data:
            return size
        size += len(data)
    raise AssertionError("nothing more comes after %d bytes" % size)


def test_data_and_goodbye():
    c, s = connected_sockets()
    c.write(b"hello")
    c.close()
    equal(read_to_the_end(s), 5)
    equal(s.read(1), b"")
    s.close()


def test_goodbye_has_room_whatever_was_written():
    # As many pieces as the system takes, and a few less: all that counts as written arrives, and the goodbye too.
    for size in (1, 10, 100, 500):
        piece = bytes(size)
        c, s = connected_sockets(4096)
        most = 0
        while c.write(piece) == size:
            most += 1
        for count in range(most - 3, most + 1):
            c, s = connected_sockets(4096)
            if all(c.write(piece) == size for _ in range(count)):
                c.close()
                equal(read_to_the_end(s), count * size)


def test_unread_data_does_not_harm_the_goodbye():
    c, s = connected_sockets()
    s.write(b"nobody reads this")
    c.write(b"important")
    c.close()
    equal(read_to_the_end(s), 9)
    s.close()


def test_peer_that_is_gone():
    c, s = connected_sockets()
    s.write(b"last words")
    s.close()
    equal(c.read(10), b"last words")
    equal(c.read(1), b"")
    error = 0
    for _ in range(50):
        try:
            c.write(b"anybody?")
        except OSError as e:
            error = e.errno
            break
    contains((EPIPE, errno.ECONNRESET), error)
    c.close()


def test_alert_is_heard_before_the_broken_pipe():
    # The server refuses and goes away; the client, which only writes, is told why.
    a, b = tcp_pair()
    c = client_context().wrap_socket(a, server_hostname="hub.local", do_handshake_on_connect=False)
    s = server_context(verify=True).wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    while not step(c):
        step(s)
    contains(failure(s.do_handshake)[1], "CERTIFICATE_REQUIRED")
    s.close()
    b.close()
    said = None
    for _ in range(50):
        try:
            c.write(b"reading")
        except OSError as e:
            said = e.args
            break
    equal(said[0], -30592)
    contains(said[1], "certificate_required")
    c.close()
    a.close()


run(globals())
