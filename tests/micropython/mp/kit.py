# What the tests that run under MicroPython share: streams in memory, contexts, checks. Keys lie in the current folder.
import errno
import io
import ssl
import sys

POLL, CLOSE = 3, 4
EBUSY, EPIPE = 16, 32
RD, WR, NVAL = 1, 4, 32


class Pipe(io.IOBase):
    # One end of a connection in memory. Never blocks. capacity: bytes that may wait for the other end.
    def __init__(self):
        self.inbox = b""
        self.other = None
        self.closed = False
        self.capacity = 1 << 30
        self.polled = None
        self.blocking = None

    def readinto(self, buf):
        if not self.inbox:
            return 0 if self.other.closed else None
        n = min(len(buf), len(self.inbox))
        buf[:n] = self.inbox[:n]
        self.inbox = self.inbox[n:]
        return n

    def write(self, buf):
        if self.other.closed:
            return -EPIPE
        n = min(len(buf), self.capacity - len(self.other.inbox))
        if n <= 0:
            return None
        self.other.inbox += bytes(buf[:n])
        return n

    def ioctl(self, request, arg):
        if request == CLOSE:
            self.closed = True
            return 0
        if request == POLL:
            self.polled = arg
            ready = 0
            if arg & RD and (self.inbox or self.other.closed):
                ready |= RD
            if arg & WR and len(self.other.inbox) < self.capacity:
                ready |= WR
            return ready
        return -errno.EINVAL

    def setblocking(self, flag):
        self.blocking = flag


def pipes():
    a, b = Pipe(), Pipe()
    a.other, b.other = b, a
    return a, b


def client_context(cert=None, ca="ca.pem"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    if cert:
        context.load_cert_chain(cert + ".pem", cert + ".key")
    return context


def server_context(cert="hub", verify=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert + ".pem", cert + ".key")
    if verify:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations("ca.pem")
    return context


def wrap(client=None, server=None, name="hub.local"):
    # Two connections over two pipes, not shaken hands yet.
    a, b = pipes()
    c = (client or client_context()).wrap_socket(
        a, server_hostname=name, do_handshake_on_connect=False
    )
    s = (server or server_context()).wrap_socket(
        b, server_side=True, do_handshake_on_connect=False
    )
    return c, s, a, b


def step(connection):
    # True: its handshake is complete. False: it waits.
    try:
        connection.do_handshake()
        return True
    except OSError as error:
        if error.errno != errno.EAGAIN:
            raise
        return False


def shake(client, server):
    for _ in range(50):
        if step(client) + step(server) == 2:
            return
    raise AssertionError("the handshake does not end")


def connected(client=None, server=None, name="hub.local"):
    c, s, a, b = wrap(client, server, name)
    shake(c, s)
    return c, s, a, b


def failure(function, *args):
    # The error of a connection, as (number, text).
    try:
        result = function(*args)
    except OSError as error:
        return error.args if len(error.args) == 2 else (error.errno, "")
    raise AssertionError("no error, but %r" % (result,))


def shake_fails(client, server):
    # What each of the two says in the end.
    said = {}
    for _ in range(50):
        for who, connection in ("client", client), ("server", server):
            if who not in said:
                try:
                    step(connection)
                    connection.read(1)
                except OSError as error:
                    said[who] = error.args
        if len(said) == 2:
            return said["client"], said["server"]
    raise AssertionError("only these failed: %r" % said)


def raises(kind, function, *args, **named):
    try:
        result = function(*args, **named)
    except kind as error:
        return str(error)
    raise AssertionError("no %s, but %r" % (kind.__name__, result))


def equal(got, wanted):
    if got != wanted:
        raise AssertionError("%r is not %r" % (got, wanted))


def contains(text, part):
    if part not in text:
        raise AssertionError("%r does not hold %r" % (text, part))


def run(namespace):
    # Runs all functions test_..., and says so.
    failed = 0
    names = sorted(name for name in namespace if name.startswith("test_"))
    for name in names:
        try:
            namespace[name]()
            print("ok  ", name)
        except Exception as error:
            failed += 1
            print("FAIL", name)
            sys.print_exception(error)
    print("%d of %d passed" % (len(names) - failed, len(names)))
    sys.exit(1 if failed else 0)
