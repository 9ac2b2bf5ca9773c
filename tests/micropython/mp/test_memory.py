# Memory: nothing grows, nothing is kept, and running out of it is an error like any other.
from kit import *
import gc
import tls


def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def one_connection(client, server):
    c, s, a, b = connected(client, server)
    c.write(b"hello")
    s.read(5)
    s.write(bytes(2000))
    c.read(2000)
    return c, s


def test_two_hundred_connections_that_are_closed():
    client, server = client_context("sensor"), server_context(verify=True)
    before = 0
    for i in range(210):
        c, s = one_connection(client, server)
        c.close()
        s.read(1)
        s.close()
        c = s = None
        if i == 9:
            before = used()
    equal(used() - before < 4000, True)


def test_two_hundred_connections_that_are_dropped():
    client, server = client_context(), server_context()
    before = 0
    for i in range(210):
        one_connection(client, server)
        if i == 9:
            before = used()
    equal(used() - before < 4000, True)


def test_two_hundred_handshakes_that_fail():
    client, server = client_context(), server_context("foreign")
    before = 0
    for i in range(210):
        c, s, a, b = wrap(client, server)
        shake_fails(c, s)
        if i == 9:
            c = s = a = b = None
            before = used()
    c = s = a = b = None
    equal(used() - before < 4000, True)


def test_contexts_that_are_dropped():
    before = 0
    for i in range(60):
        client_context("sensor")
        server_context("rsa")
        if i == 9:
            before = used()
    equal(used() - before < 4000, True)


def test_what_an_idle_connection_holds():
    client, server = client_context(), server_context()
    one_connection(client, server)
    before = used()
    kept = [wrap(client, server) for _ in range(10)]
    for c, s, a, b in kept:
        shake(c, s)
        a.inbox = b.inbox = b""
    each = (used() - before) // 20
    print("an idle connection with its test pipe takes", each, "bytes of the heap")
    equal(each < 3000, True)
    for c, s, a, b in kept:
        c.write(b"x")
        equal(s.read(1), b"x")


def test_close_gives_memory_back_at_once():
    client, server = client_context(), server_context()
    c, s = one_connection(client, server)
    s.write(bytes(1000))
    c.read(1)  # a record is held
    gc.collect()
    gc.disable()
    try:
        before = gc.mem_alloc()
        c.close()
        freed = before - gc.mem_alloc()
    finally:
        gc.enable()
    equal(freed > 1000 + c.memory()["connection"][1] // 2, True)


def test_dropped_connections_leave_the_stream_to_its_owner():
    c, s, a, b = connected()
    c = s = None
    gc.collect()
    equal((a.closed, b.closed), (False, False))


def starved(function, *args, leave):
    # Calls function while the heap has about leave blocks of 512 bytes; returns what it raises.
    hog = []
    gc.collect()
    try:
        while True:
            hog.append(bytearray(512))
    except MemoryError:
        for _ in range(leave):
            hog.pop()
    try:
        function(*args)
    except (MemoryError, OSError) as error:
        return error


class Replay(Pipe):
    # A pipe whose reader asks for no room of the heap that is worth mentioning.
    at = 0

    def readinto(self, buf):
        n = min(len(buf), len(self.inbox) - self.at, 256)
        if n == 0:
            return None
        gc.collect()  # what is not held is gone, and written over
        bytearray(b"\x55" * 1000)
        buf[:n] = self.inbox[self.at : self.at + n]
        self.at += n
        return n


def in_pieces(count):
    # Fills the heap, then frees three neighbours of every four, so that little more than 3 KB are free in one piece.
    hog = [None] * count
    try:
        for i in range(count):
            hog[i] = bytearray(1024)
    except MemoryError:
        pass
    for i in range(count):
        if i % 4:
            hog[i] = None
    gc.collect()
    return hog


def read_large_record(chunk):
    client, server = client_context(), server_context()
    client.chunk = chunk
    server.chunk = 65535  # it has room to send all in one record
    a, b = Replay(), Replay()
    a.other, b.other = b, a
    c = client.wrap_socket(a, server_hostname="hub.local", do_handshake_on_connect=False)
    s = server.wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    shake(c, s)
    data = bytes(range(256)) * 64
    buf = bytearray(len(data))
    before = len(a.inbox)
    s.write(data)
    equal(len(a.inbox) - before, 5 + len(data) + 17)
    a.inbox = a.inbox[a.at :]
    a.at = 0
    view = memoryview(buf)
    got = 0
    gc.collect()
    hog = in_pieces(gc.mem_free() // 1024 + 100)
    try:
        for size, fits in ((2500, True), (12000, False)):
            try:
                bytearray(size)
                equal(fits, True)
            except MemoryError:
                equal(fits, False)
        for _ in range(100):
            got += c.readinto(view[got:]) or 0
            if got == len(data):
                break
    finally:
        hog = None
        gc.collect()
    equal(buf, data)
    return c


def test_large_record_in_a_heap_in_pieces():
    c = read_large_record(2048)
    held = c.memory()["record_in"]
    equal(held[0], 0)
    equal(16384 < held[1] < 17000, True)
    # In one block there is no room for it, which says so.
    said = failure(read_large_record, 65535)
    equal(said[0], errno.ENOMEM)
    contains(said[1], "MEMORY")


def test_no_memory_for_a_handshake():
    # What the engine lacks ends the connection, with an error that says so; what Python itself lacks does not harm it.
    client, server = client_context(), server_context()
    engine = 0
    for leave in range(1, 8):
        c, s, a, b = wrap(client, server)
        step(c)
        said = starved(step, s, leave=leave)
        gc.collect()
        if isinstance(said, OSError):
            engine += 1
            equal(said.errno, errno.ENOMEM)
            equal(failure(s.read, 1)[0], errno.ENOMEM)
            contains(failure(s.read, 1)[1], "MEMORY")
        else:
            shake(c, s)
        s.close()
        c.close()
    equal(engine > 0, True)
    connected(client, server)


def test_without_automatic_collection():
    client, server = client_context(), server_context()
    gc.disable()
    try:
        for _ in range(60):
            one_connection(client, server)
    finally:
        gc.enable()


run(globals())
