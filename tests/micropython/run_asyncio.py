#!/usr/bin/env python3
"""asyncio.open_connection(ssl=...) and start_server(ssl=...) of MicroPython, against CPython and against each other."""
import socket
import ssl
import threading

from support import Script, Server, TIMEOUT, client_context, connect, read_exactly, run, server_context, tests_of

SERVER = '''
import asyncio, json, ssl, sys
def out(value):
    print(json.dumps(value))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("hub.pem", "hub.key")
context.verify_mode = ssl.CERT_REQUIRED
context.load_verify_locations("ca.pem")
wanted = int(sys.argv[1])
served = 0
done = asyncio.Event()
async def serve(reader, writer):
    global served
    said = "ok"
    try:
        while True:
            line = await reader.readline()
            if not line:
                break
            n = int(line)
            writer.write(bytes(i & 0xff for i in range(n)))
            await writer.drain()
    except Exception as error:
        said = repr(error)
    writer.close()
    try:
        await writer.wait_closed()
    except Exception as error:
        said = repr(error)
    out(said)
    served += 1
    if served == wanted:
        done.set()
async def main():
    for port in range(32000, 34000):
        try:
            server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
            break
        except OSError:
            pass
    out(port)
    async with server:
        await asyncio.wait_for(done.wait(), 50)
asyncio.run(main())
'''

CLIENT = '''
import asyncio, json, ssl, sys
def out(value):
    print(json.dumps(value))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations("ca.pem")
context.load_cert_chain("sensor.pem", "sensor.key")
port = int(sys.argv[1])
async def ask(sizes):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="hub.local")
    for n in sizes:
        writer.write(b"%d\\n" % n)
        await writer.drain()
        data = await reader.readexactly(n)
        assert data == bytes(i & 0xff for i in range(n)), (n, len(data))
    writer.close()
    await writer.wait_closed()
    return len(sizes)
'''


def pattern(size):
    return bytes(i & 0xff for i in range(size))


def ask(port, folder, sizes, results):
    with connect(port, client_context(folder)) as tls:
        for size in sizes:
            tls.sendall(b'%d\n' % size)
            assert read_exactly(tls, size) == pattern(size)
        tls.unwrap()
    results.append(len(sizes))


def test_server_for_many_cpython_clients_at_once(folder):
    script = Script(folder, SERVER, 6)
    port, results = script.line(), []
    threads = [threading.Thread(target=ask, args=(port, folder, [1, 100, 70000, 5], results)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert results == [4] * 6, results
    assert script.end() == ['ok'] * 6


def test_server_is_not_stopped_by_a_silent_client(folder):
    script = Script(folder, SERVER, 2)
    port, results = script.line(), []
    with socket.create_connection(('127.0.0.1', port), timeout=TIMEOUT) as silent:
        ask(port, folder, [10, 20], results)
        assert results == [2]
        silent.sendall(b'this is no TLS\r\n')
        assert silent.recv(100)[:1] == b'\x15'  # an alert
    said = script.end()
    assert said[0] == 'ok' and '-29184' in said[1], said


def test_server_refuses_strangers(folder):
    script = Script(folder, SERVER, 3)
    port, results = script.line(), []
    for name in ('stranger', None):
        try:
            connect(port, client_context(folder, name)).recv(1)
            raise AssertionError('no error')
        except ssl.SSLError:
            pass
    ask(port, folder, [10], results)
    first, second, third = script.end()
    assert 'CERT_UNKNOWN_CA' in first and 'CERTIFICATE_REQUIRED' in second and third == 'ok', (first, second, third)


def test_client_of_a_cpython_server(folder):
    def serve(tls):
        count = 0
        stream = tls.makefile('rb')
        for line in stream:
            tls.sendall(pattern(int(line)))
            count += 1
        return count

    server = Server(serve, server_context(folder))
    script = Script(folder, CLIENT + 'out(asyncio.run(ask([1, 1000, 100000, 3])))', server.port)
    assert script.end() == [4]
    assert server.outcome() == 4


def test_client_and_server(folder):
    server = Script(folder, SERVER, 4)
    port = server.line()
    client = Script(folder, CLIENT + '''
async def main():
    return await asyncio.gather(*[ask([1, 5000, 50000, 2]) for _ in range(4)])
out(asyncio.run(main()))
''', port)
    assert client.end() == [[4, 4, 4, 4]]
    assert server.end() == ['ok'] * 4


def test_what_was_drained_arrives_although_the_client_closes(folder):
    """A slow reader: everything that drain() has waited for must arrive before the goodbye."""
    import time
    size = 1 << 20

    def serve(tls):
        time.sleep(0.5)
        return len(read_exactly(tls, size)), tls.recv(1)

    server = Server(serve, server_context(folder))
    script = Script(folder, CLIENT + f'''
async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="hub.local")
    writer.write(bytes({size}))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
asyncio.run(main())
''', server.port)
    assert script.end() == []
    assert server.outcome() == (size, b''), server.outcome()


def test_client_refuses(folder):
    server = Server(lambda tls: tls.recv(1), server_context(folder, 'foreign'))
    script = Script(folder, CLIENT + '''
try:
    asyncio.run(ask([1]))
except OSError as error:
    out(error.args)
''', server.port)
    (number, text), = script.end()
    assert number == -9984 and 'CERT_UNKNOWN_CA' in text, text
    assert server.outcome().reason == 'TLSV1_ALERT_UNKNOWN_CA'


def test_ssl_true_trusts_nobody(folder):
    server = Server(lambda tls: tls.recv(1), server_context(folder))
    script = Script(folder, CLIENT + '''
async def main():
    reader, writer = await asyncio.open_connection("localhost", port, ssl=True)
    writer.write(b"secret")
    await writer.drain()
try:
    asyncio.run(main())
except OSError as error:
    out(error.args)
''', server.port)
    (number, text), = script.end()
    assert number == -30336 and 'NO_TRUST' in text, text
    server.outcome()


if __name__ == '__main__':
    run(tests_of(globals()))
