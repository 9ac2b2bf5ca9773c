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
