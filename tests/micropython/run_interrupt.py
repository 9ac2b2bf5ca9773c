#!/usr/bin/env python3
"""Ctrl-C: MicroPython's unix port raises KeyboardInterrupt right out of the signal handler. It must never leave a step
of the engine half done."""
import random
import signal
import threading
import time

from support import TIMEOUT, Script, Server, run, tests_of

HEAD = '''
import json, socket, ssl, sys
def out(value):
    print(json.dumps(value))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations("ca.pem")
'''


def test_in_a_handshake_that_waits(folder):
    server = Server(lambda raw: [len(iter_all) for iter_all in iter(lambda: raw.recv(10000), b'')])
    script = Script(folder, HEAD + '''
s = socket.socket()
s.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
out("waiting")
try:
    context.wrap_socket(s, server_hostname="hub.local")
except KeyboardInterrupt:
    out("interrupted")
s.close()
import gc
gc.collect()
out("closed")
''', server.port)
    said = script.line()
    assert said == 'waiting', said
    time.sleep(0.3)
    script.process.send_signal(signal.SIGINT)
    assert script.end() == ['interrupted', 'closed']
    assert len(server.outcome()) == 1  # the hello came, nothing else


def test_in_a_read_that_waits(folder):
    server = Server(lambda raw: [len(iter_all) for iter_all in iter(lambda: raw.recv(10000), b'')])
    script = Script(folder, HEAD + '''
s = socket.socket()
s.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
t = context.wrap_socket(s, server_hostname="hub.local", do_handshake_on_connect=False)
out("waiting")
for _ in range(3):
    try:
        t.read(1)
    except KeyboardInterrupt:
        out("interrupted")
t.close()
t.close()
out("closed")
''', server.port)
    said = script.line()
    assert said == 'waiting', said
    for _ in range(3):
        time.sleep(0.3)
        script.process.send_signal(signal.SIGINT)
        said = script.line()
        assert said == 'interrupted', said
    said = script.end()
    assert said == ['closed'], said
    server.outcome()


def blocks_interrupts(process):
    """Does the process hold back SIGINT at this moment? (Linux)"""
    with open(f'/proc/{process.pid}/status') as status:
        mask = next(line.split()[1] for line in status if line.startswith('SigBlk:'))
    return int(mask, 16) >> (signal.SIGINT - 1) & 1


def test_interrupts_wait_while_the_engine_runs(folder):
    """A program that does nothing but handshakes is in the engine most of the time, and only then holds SIGINT back."""
    script = Script(folder, '''
from kit import *
import time
client, server = client_context("sensor"), server_context("rsa", verify=True)
print("1")
until = time.time() + 1
while time.time() < until:
    connected(client, server)
print("2")
time.sleep(1)
''')
    assert script.line() == 1
    samples = []
    for _ in range(100):
        time.sleep(0.007)
        samples.append(blocks_interrupts(script.process))
    assert script.line() == 2
    time.sleep(0.2)
    assert not blocks_interrupts(script.process)
    script.end()
    assert sum(samples) > 30, f'in {sum(samples)} of {len(samples)} moments'


STORM = '''
from kit import *
import json
def out(value):
    print(json.dumps(value))
client, server = client_context("sensor"), server_context("rsa", verify=True)
out("ready")
interrupted = 0
while interrupted < 15:
    try:
        c, s, a, b = connected(client, server)
        c.write(bytes(30000))
        s.read(30000)
        c.close()
        s.close()
    except KeyboardInterrupt:
        interrupted += 1
    except OSError:
        pass  # an interrupt has swallowed bytes between the stream and the engine: that must look like damage
for _ in range(1000):
    try:
        connected(client, server)
        out("good")
        break
    except KeyboardInterrupt:
        pass
'''


def storm(folder, chance):
    """What the program printed. The storm lasts until it ends: an interrupt in a finaliser is only printed, which is no end."""
    script = Script(folder, STORM)
    assert script.line() == 'ready'
    said = []
    reader = threading.Thread(target=lambda: said.extend(script.process.stdout))
    reader.start()
    until = time.monotonic() + TIMEOUT
    while script.process.poll() is None and time.monotonic() < until:
        time.sleep(chance.uniform(0.001, 0.02))
        script.process.send_signal(signal.SIGINT)
    if script.process.poll() is None:
        said.append('the program does not end')
        script.process.kill()
    reader.join(TIMEOUT)
    script.process.wait(TIMEOUT)
    return ''.join(said)


def test_a_storm_of_interrupts(folder):
    """Handshakes in memory, with an interrupt at any moment: the program lives, and the last handshake is good.

    MicroPython itself can be hurt: an interrupt in its garbage collector leaves the heap locked, which says so. Such
    a storm is repeated; nearly all interrupts hit the engine, where they have to wait.
    """
    chance = random.Random(20261123)
    for _ in range(12):
        said = storm(folder, chance)
        if 'heap is locked' not in said:
            break
    assert '"good"' in said.splitlines(), said


if __name__ == '__main__':
    run(tests_of(globals()))
