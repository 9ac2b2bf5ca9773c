#!/usr/bin/env python3
"""The heap of a small board: full handshakes in 38 KB without a free block of 3 KB, a thousand connections that leave
nothing behind, and what a connection takes beside MicroPython's own module, measured in the same run."""
import os
import pathlib
import subprocess
import ssl

import support
from support import ROOT, BUILD, Script, Server, run, server_context, tests_of

HEAP = '38k'  # what an ESP8266 leaves
HOLE = 2800

FRAGMENTED = '''
import gc, json, socket, ssl, sys, uctypes
port, limit, version, chunk = (int(argument) for argument in sys.argv[1:])

def out(value):
    print(json.dumps(value))

def largest():
    low, high = 0, 40000
    while high - low > 16:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
        gc.collect()
    return low

def fragment(hole):
    # Fills the heap with small blocks, then keeps only one of them every so many bytes.
    blocks = []
    small = 224
    room = [None] * 160
    count = 0
    gc.collect()
    try:
        while count < len(room):
            room[count] = bytearray(small)
            count += 1
    except MemoryError:
        pass
    last = None
    for i in range(count):
        address = uctypes.addressof(room[i])
        if last is None or address < last or address - last > hole:
            last = address
        else:
            room[i] = None
    gc.collect()
    return room

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations("ca.pem")
context.keep_peercert = False
context.max_record_in = limit
context.chunk = chunk
context.minimum_version = context.maximum_version = version
keep = fragment(%d)
out((largest(), gc.mem_free()))
s = socket.socket()
s.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
read = 0
try:
    t = context.wrap_socket(s, server_hostname="hub.local")
    out((t.version(), t.info()["peer_verified"], t.memory()["engine"][1]))
    buffer = bytearray(128)
    while True:
        n = t.readinto(buffer)
        if not n:
            break
        read += n
    t.close()
    out((read, None, t.memory()["record_in"][1]))
except OSError as error:
    out((read, str(error), 0))
''' % HOLE

LENGTH = 40000


def serve(raw):
    raw.sendall(bytes(LENGTH))  # OpenSSL makes records of 16 KB of that
    raw.unwrap()


def serve_who_refuses(raw):
    raw.sendall(bytes(LENGTH))
    raw.recv(1)  # the other side's alert is an exception


def fragmented(folder, version, limit, chunk, serve=serve):
    server = Server(serve, server_context(folder, verify=False))
    script = Script(folder, FRAGMENTED, server.port, limit, version, chunk, options=('-X', 'heapsize=' + HEAP))
    largest, free = script.line()
    shown = script.line()
    last = script.end()
    return largest, free, shown, last[0] if last else shown, server.outcome()


def test_full_handshakes_in_a_fragmented_heap(folder):
    for version, name in (ssl.TLSVersion.TLSv1_3, 'TLSv1.3'), (ssl.TLSVersion.TLSv1_2, 'TLSv1.2'):
        largest, free, shown, last, outcome = fragmented(folder, version, 16384, 1024)
        print(f'{name}: {free} bytes are free, at most {largest} together; the handshake took {shown[2]} at its peak')
        assert 2048 < largest < 3072, largest
        assert shown[:2] == [name, True], shown
        # 16 KB records in blocks of 1 KB.
        assert last[:2] == [LENGTH, None] and last[2] > 16384, last
        assert outcome is None, outcome


def test_a_limit_in_a_fragmented_heap(folder):
    """TLS 1.2 servers keep the limit (max_fragment_length). OpenSSL does not know record_size_limit, so that in TLS 1.3 a record
    is refused at its header, with both numbers."""
    largest, _, shown, last, outcome = fragmented(folder, ssl.TLSVersion.TLSv1_2, 2048, 2048)
    assert largest < 3072 and shown[:2] == ['TLSv1.2', True], shown
    assert last[:2] == [LENGTH, None] and last[2] < 2200, last
    assert outcome is None, outcome
    largest, _, shown, last, outcome = fragmented(folder, ssl.TLSVersion.TLSv1_3, 2048, 2048, serve_who_refuses)
    assert largest < 3072 and shown[:2] == ['TLSv1.3', True], shown
    assert 'RECORD_LIMIT' in last[1] and 'limit 2048' in last[1] and '16384 bytes' in last[1].replace('16385', '16384'), last
    assert 'RECORD_OVERFLOW' in str(outcome).upper().replace(' ', '_'), outcome


THOUSAND = '''
import gc, json, micropython
from kit import *

def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()

client, server = client_context("sensor"), server_context(verify=True)
seen = []
for i in range(1001):
    c, s, a, b = connected(client, server)
    c.write(b"hello")
    s.read(5)
    if i == 500:
        micropython.mem_info()
    c.close()
    s.read(1)
    s.close()
    c = s = a = b = None
    if i % 200 == 0:
        seen.append(used())
print(json.dumps(seen))
micropython.mem_info()
'''


def test_a_thousand_connections(folder):
    path = folder / 'thousand.py'
    path.write_text('import sys\nsys.path.insert(0, %r)\n' % str(support.HERE / 'mp') + THOUSAND)
    result = subprocess.run([support.MICROPYTHON, path], cwd=folder, capture_output=True, text=True, timeout=5 * support.TIMEOUT)
    assert result.returncode == 0, result.stdout + result.stderr
    seen = [int(n) for line in result.stdout.splitlines() if line.startswith('[') for n in line[1:-1].split(',')]
    print('the heap after 1, 201, ... 1001 connections:', seen)
    assert len(seen) == 6
    assert max(seen) - seen[0] < 1000, seen  # less than a byte for each
    assert result.stdout.count('GC: total') == 2


COMPARED = '''
import ffi, gc, socket, ssl, struct, sys, tls
port, library = int(sys.argv[1]), ffi.open(sys.argv[2])
read = library.func("v", "memcount_read", "ip")
reset = library.func("v", "memcount_reset", "i")
OTHER = 2
def libc():
    meter = bytearray(64)  # bench_meter_t
    read(OTHER, meter)
    return struct.unpack("LLL", meter)  # live, peak, blocks
with open("ca.der", "rb") as f:
    ca = f.read()
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.verify_mode = tls.CERT_REQUIRED
context.load_verify_locations(ca)
skerry = hasattr(context, "certificate_window")
if skerry:
    context.keep_peercert = False
def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()
def connect():
    s = socket.socket()
    s.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    return s
def talk(t):
    t.write(b"x")
    return t.read(1)
s = connect()
t = context.wrap_socket(s, server_hostname="hub.local")  # the first one: the libraries fetch what they keep
talk(t)
t.close()
s = t = None
s = connect()
heap, before = used(), libc()[0]
reset(OTHER)
t = context.wrap_socket(s, server_hostname="hub.local")
talk(t)
live, highest, asked = libc()
highest -= before
idle = used() - heap + libc()[0] - before
blocks = 0
if skerry:
    report = t.memory()
    highest += report["engine"][1] + report["socket"][0]
    blocks = report["blocks"][1] + 2
print(idle, highest, asked, blocks)
'''


def echo(raw):
    while True:
        data = raw.recv(100)
        if not data:
            return
        raw.sendall(data)


def measured(folder, program, library):
    context = server_context(folder, verify=False)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # all that the other one can
    (folder / 'compared.py').write_text(COMPARED)
    first = Server(echo, context)
    second = Server(echo, context, first.listener)
    result = subprocess.run([program, 'compared.py', str(first.port), library], cwd=folder, capture_output=True, text=True,
                            timeout=support.TIMEOUT, env={**os.environ, 'LD_PRELOAD': str(library)})
    assert result.returncode == 0, result.stdout + result.stderr
    first.join(support.TIMEOUT), second.join(support.TIMEOUT)
    first.listener.close()
    return [int(n) for n in result.stdout.split()]


def test_beside_the_stock_module(folder):
    stock = BUILD / 'micropython-stock'
    built = subprocess.run([ROOT / 'tools/micropython/build.sh', '--stock'], capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    library = folder / 'memcount.so'
    subprocess.run(['cc', '-O2', '-shared', '-fPIC', '-I', ROOT, '-o', library, ROOT / 'bench/memcount.c'], check=True)
    ours, theirs = measured(folder, support.MICROPYTHON, library), measured(folder, stock, library)
    print('TLS 1.2, ECDSA P-256, bytes of both heaps      idle    peak   blocks asked of libc, of the Python heap')
    for name, row in ('Skerry', ours), ('stock', theirs):
        print(f'  {name:40} {row[0]:10} {row[1]:7} {row[2]:8} {row[3] if row[3] else "(not counted)":>10}')
    assert ours[0] * 8 < theirs[0], 'idle'
    assert ours[1] * 2 < theirs[1], 'peak'
    assert ours[2] + ours[3] < theirs[2], 'blocks'


if __name__ == '__main__':
    if pathlib.Path(support.MICROPYTHON).name != 'micropython':
        support.skip('this measures the plain build only')
    run(tests_of(globals()))
