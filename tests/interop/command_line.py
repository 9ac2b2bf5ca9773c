#!/usr/bin/env python3
"""The command line tool itself: exit codes and sentences for what people get wrong, signals, pipes, IPv6, moments."""
import os
import signal
import socket
import stat

from kit import peers, table


def run(*arguments):
    process = peers.Process(peers.SKERRY, *arguments)
    process.close_input()
    return process.finish(), process


def wrong(code, words, *arguments):
    """The exit code, nothing on stdout, one first line that names the command, and the words."""
    ended, process = run(*arguments)
    missing = [w for w in words if w not in process.err]
    first = process.err.split('\n')[0]
    if ended == code and not missing and not process.out and first.startswith('skerry'):
        return None
    return f'{arguments}: ended with {ended}, not {code}; not said: {missing}\n{process.said}'


def credentials(name, option='--cert'):
    chain, key = peers.key(name)
    return option, chain, '--key', key


def usage():
    here, broken, empty = str(peers.WORK), peers.WORK / 'broken.pem', peers.WORK / 'empty.pem'
    broken.write_text('-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n')
    empty.write_text('')
    encrypted = peers.WORK / 'encrypted.key'
    peers.subprocess.run(['openssl', 'pkey', '-in', peers.key('p256')[1], '-aes128', '-passout', 'pass:x', '-out', encrypted],
                         check=True)
    server, roots = credentials('p256'), ('--ca', peers.root())
    return {
        'no command': (2, ('verify',), ),
        'unknown command': (2, ("'nonsense'", 'skerry help'), 'nonsense'),
        'no host': (2, ('HOST:PORT',), 'client'),
        'two hosts': (2, ("'b'",), 'client', 'a', 'b'),
        'IPv6 without brackets': (2, ('[::1]:443',), 'client', '::1:443'),
        'port too large': (2, ('65536',), 'client', 'localhost:65536'),
        'no such option': (2, ("'--nope'", '--help'), 'client', 'localhost:1', '--nope'),
        'option without value': (2, ('--pad', 'value'), 'client', 'localhost:1', '--pad'),
        'value that is none': (2, ('--pad', "'many'", '16384'), 'client', 'localhost:1', '--pad', 'many'),
        'flag with a value': (2, ('--quiet', 'no value'), 'client', 'localhost:1', '--quiet=1'),
        "the other command's option": (2, ("'--www'",), 'client', 'localhost:1', '--www'),
        'no such root': (2, ('/nope', 'No such file'), 'client', 'localhost:1', '--ca', '/nope'),
        'a folder as root': (2, (here, 'directory'), 'client', 'localhost:1', '--ca', here),
        'an empty file': (2, ('empty.pem', 'empty'), 'client', 'localhost:1', '--ca', empty),
        'a key as root': (2, ('p256.key', 'no certificate'), 'client', 'localhost:1', '--ca', peers.key('p256')[1]),
        'broken PEM': (2, ('broken.pem', 'PEM'), 'client', 'localhost:1', '--ca', broken),
        'no such group': (2, ("'foo'", 'x25519', 'secp256r1'), 'client', 'localhost:1', '--groups', 'P-256,foo'),
        'no such suite': (2, ("'foo'", 'TLS_AES_128_GCM_SHA256'), 'client', 'localhost:1', '--suites', 'foo'),
        'no Ed25519 in BearSSL': (2, ("'ed25519'",), 'client', 'localhost:1', '--provider', 'bearssl', '--signatures', 'ed25519'),
        'no such provider': (2, ("'foo'", 'bearssl'), 'client', 'localhost:1', '--provider', 'foo'),
        'certificate without key': (2, ('1 --cert and 0 --key',), 'client', 'localhost:1', '--cert', peers.key('p256')[0]),
        'key of another': (2, ('does not belong',), 'client', 'localhost:1', *roots, '--cert', peers.key('p256')[0],
                           '--key', peers.key('p384')[1]),
        'a certificate as key': (2, ('p256.pem', 'no private key'), 'server', '--cert', peers.key('p256')[0], '--key',
                                 peers.key('p256')[0]),
        'encrypted key': (2, ('encrypted.key', 'password'), 'server', '--cert', peers.key('p256')[0], '--key', encrypted),
        'no such day': (2, ("'2026-02-30T00:00:00Z'",), 'client', 'localhost:1', '--time', '2026-02-30T00:00:00Z'),
        'export without size': (2, ('LABEL:N',), 'client', 'localhost:1', '--export', 'EXPORTER-x'),
        'key log nowhere': (2, ('/nope/keys', 'No such file'), 'client', 'localhost:1', *roots, '--keylog', '/nope/keys'),
        'no name at all': (2, ("'not a host'",), 'client', 'not a host:1', *roots),
        'server without key': (2, ('--cert FILE',), 'server'),
        'no such version': (2, ("'1.1'", '1.2, 1.3'), 'client', 'localhost:1', '--min-version', '1.1'),
        'no version left': (2, ('nothing is left',), 'client', 'localhost:1', '--min-version', '1.3', '--max-version', '1.2'),
        'version said twice': (2, ('--tls1.2', 'one of them'), 'client', 'localhost:1', '--tls1.2', '--max-version', '1.3'),
        'key of no session': (2, ('--session FILE',), 'client', 'localhost:1', *roots, '--session-key', empty),
        'session key too short': (2, ('p256.crt', 'such a key has 32'), 'client', 'localhost:1', *roots, '--session', '/nope/s',
                                  '--session-key', peers.KEYS / 'p256.crt'),
        'session nowhere': (2, ('/nope/s.key', 'No such file'), 'client', 'localhost:1', *roots, '--session', '/nope/s'),
        'ticket key too short': (2, ('p256.crt', 'such a key has 40'), 'server', *server, '--ticket-key', peers.KEYS / 'p256.crt'),
        'tickets and none': (2, ('--no-tickets',), 'server', *server, '--no-tickets', '--ticket-count', '2'),
        'echo and page': (2, ('--echo and --www',), 'server', *server, '--echo', '--www'),
        'verify whom': (2, ('--ca FILE',), 'server', *server, '--verify', 'required'),
        'verify how': (2, ("'yes'", 'optional'), 'server', *server, '--verify', 'yes'),
        'listen where': (2, ("'foo'", 'ADDR:PORT'), 'server', *server, '--listen', 'foo'),
        'unknown host': (3, ("'nobody.invalid'", 'cannot find'), 'client', 'nobody.invalid:1', *roots),
        'refused': (3, ('127.0.0.1:1', 'refused'), 'client', '127.0.0.1:1', *roots),
        "somebody else's address": (3, ('192.0.2.1:5',), 'server', *server, '--listen', '192.0.2.1:5'),
    }


# --- What works ---

def help_and_version():
    for arguments, word in ((('help',), 'client'), (('--help',), 'client'), (('help', 'client'), '--insecure'),
                            (('client', '--help'), '--insecure'), (('server', '--help'), '--listen'),
                            (('server', '-h'), '--listen'), (('version',), 'OpenSSL'), (('--version',), 'BearSSL')):
        code, process = run(*arguments)
        if code or word not in process.out.decode() or process.err:
            return f'{arguments}: {code}\n{process.said}'
    return None


def talk(server_options, client_options, host='127.0.0.1', listen=None, name='p256'):
    """Our client and our echo; both processes and both codes."""
    port = peers.free_port()
    server = peers.Server(port, peers.SKERRY, 'server', *credentials(name), '--listen', f'{listen or host}:{port}', '--once', '--echo',
                          *server_options)
    client = peers.Process(peers.SKERRY, 'client', f'{host}:{port}', '--ca', peers.root(), *client_options)
    failed = peers.converse(client, b'good day\n', b'good day\n')
    codes = client.finish(), server.finish()
    return failed or (f'{codes}\n{client.said}\n{server.said}' if codes != (0, 0) else None), client, server


def versions():
    """Whatever both allow; the newest of it."""
    for server, client, version in (((), (), '1.3'), (('--tls1.2',), (), '1.2'), ((), ('--max-version', '1.2'), '1.2'),
                                    (('--tls1.2', '--tls1.3'), ('--min-version', '1.3'), '1.3')):
        failed, us, them = talk(server, client)
        if failed or f'TLS {version} with' not in us.err or f'TLS {version} with' not in them.err:
            return failed or f'{server} {client}: {us.err}{them.err}'
    return None


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def sessions():
    """Ours with ours: the files are private, and the next connection is short."""
    for version in ('--tls1.2', '--tls1.3'):
        session, ticket_key = peers.WORK / f'session{version}', peers.WORK / f'tickets{version}'
        for resumed in (False, True, True):
            failed, us, them = talk(('--ticket-key', ticket_key), ('--session', session, version))
            if failed or ('resumed:' in us.err, 'resumed:' in them.err) != (resumed, resumed):
                return failed or f'{version}, resumed: {not resumed}\n{us.err}{them.err}'
        beside = session.with_name(session.name + '.key')
        modes = mode(session), mode(beside), mode(ticket_key)
        if modes != (0o600,) * 3 or beside.stat().st_size != 32 or list(peers.WORK.glob('session*.??????')):
            return f'{modes} {list(peers.WORK.glob("session*"))}'
    return None


def session_of_another_name():
    """What was saved for 127.0.0.1 is not offered to localhost, and is replaced by what comes."""
    session, ticket_key = peers.WORK / 'session.name', peers.WORK / 'tickets.name'
    for options, words in (((), 'verified as 127.0.0.1'), (('--name', 'localhost'), 'the handshake is a full one'),
                           (('--name', 'localhost'), 'resumed:')):
        failed, us, _ = talk(('--ticket-key', ticket_key), ('--session', session, *options))
        if failed or words not in us.err:
            return failed or us.err
    return None


def session_forgotten():
    """Who is refused forgets the session that it came with."""
    session = peers.WORK / 'session.forgotten'
    failed, _, _ = talk((), ('--session', session))
    saved = session.exists()
    server = peers.skerry_server('p256', '--echo', '--alpn', 'a')
    client = peers.skerry_client(server.port, '--ca', peers.root(), '--session', session, '--alpn', 'b')
    codes = client.finish(), server.finish()
    return failed or (None if saved and codes == (1, 1) and not session.exists() else f'{saved} {codes}\n{client.said}')


def ipv6():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(('::1', 0))
        except OSError:
            return 'this machine has no IPv6 loopback'
    failed, client, _ = talk((), (), '[::1]')
    return failed or (None if 'verified as ::1' in client.err else client.err)


def by_name():
    failed, client, _ = talk((), (), 'localhost', '127.0.0.1')
    return failed or (None if 'verified as localhost' in client.err else client.err)


def moments():
    """As of 2020-03-01 the expired certificate is good; the last second counts, the next one does not."""
    for when, good in (('2020-05-31T23:59:59Z', True), ('1590969600', True), ('2020-06-01T00:00:01Z', False), ('1590969601', False)):
        # The root is new: its own time is not looked at when the leaf alone is trusted.
        port = peers.free_port()
        server = peers.Server(port, peers.SKERRY, 'server', *credentials('expired'), '--listen', f'127.0.0.1:{port}', '--once', '--echo')
        client = peers.Process(peers.SKERRY, 'client', f'127.0.0.1:{port}', '--ca', peers.KEYS / 'expired.crt', '--time', when)
        client.close_input()
        code = client.finish()
        server.finish()
        if code != (0 if good else 1) or (not good and 'checked as of 2020-06-01T00:00:01Z' not in client.err):
            return f'{when}: {code}\n{client.err}'
    return None


def strict():
    """The servers' common name is none of their names, which only --strict minds; the clients' certificates keep all rules."""
    failed, _, _ = talk(('--strict', '--ca', peers.root()), credentials('client-p256'))
    if failed:
        return failed
    port = peers.free_port()
    server = peers.Server(port, peers.SKERRY, 'server', *credentials('p256'), '--listen', f'127.0.0.1:{port}', '--once', '--echo')
    code, client = run('client', f'127.0.0.1:{port}', '--ca', peers.root(), '--strict')
    server.finish()
    good = code == 1 and 'subject' in client.err and 'CERT_NAME' in client.err and 'bad_certificate' in server.err
    return None if good else f'{code}\n{client.said}\n{server.said}'


def quiet():
    failed, client, server = talk(('--quiet',), ('--quiet',))
    return failed or (None if not client.err + server.err else client.err + server.err)


def key_log_is_private():
    path = peers.WORK / 'private.keys'
    failed, _, _ = talk((), ('--keylog', path))
    lines = path.read_text().splitlines()
    mode = stat.S_IMODE(path.stat().st_mode)
    return failed or (None if mode == 0o600 and len(lines) >= 5 else f'{mode:o}, {len(lines)} lines')


def key_log_from_environment():
    path = peers.WORK / 'environment.keys'
    peers.ENVIRONMENT['SSLKEYLOGFILE'] = str(path)
    failed, _, _ = talk((), ())
    del peers.ENVIRONMENT['SSLKEYLOGFILE']
    return failed or (None if 'CLIENT_TRAFFIC_SECRET_0 ' in path.read_text() else path.read_text())


def interrupted(number):
    """Ctrl-C says close_notify: the server ends well too."""
    port = peers.free_port()
    server = peers.Server(port, peers.SKERRY, 'server', *credentials('p256'), '--listen', f'127.0.0.1:{port}', '--once', '--echo', '--trace')
    client = peers.Process(peers.SKERRY, 'client', f'127.0.0.1:{port}', '--ca', peers.root())
    client.send(b'good day\n')
    client.wait_for(b'good day\n')
    os.kill(client.child.pid, number)
    codes = client.finish(), server.finish()
    return None if codes == (0, 0) and '<-- record    close_notify' in server.err else f'{codes}\n{client.said}\n{server.said}'


def server_interrupted():
    server = peers.skerry_server('p256')
    os.kill(server.child.pid, signal.SIGINT)
    code = server.finish()
    return None if code == 0 else f'{code}\n{server.said}'


def reader_went_away():
    """Like `skerry client ... | head -c 5`: no complaint."""
    server = peers.skerry_server('p256', '--echo')
    reader, writer = os.pipe()
    os.close(reader)
    client = peers.subprocess.run([peers.SKERRY, 'client', f'127.0.0.1:{server.port}', '--ca', peers.root()], input=b'x' * 100000,
                                  stdout=writer, stderr=peers.subprocess.PIPE, timeout=peers.SECONDS)
    os.close(writer)
    server.stop()
    return None if client.returncode == 0 and b'skerry client' not in client.stderr else f'{client}'


def several_clients():
    """Without --once a server goes on, also after a client that was refused."""
    port = peers.free_port()
    server = peers.Server(port, peers.SKERRY, 'server', *credentials('p256'), '--listen', f'127.0.0.1:{port}', '--echo')
    for roots, expected in ((peers.root(), 0), (peers.root('stranger-root'), 1), (peers.root(), 0)):
        client = peers.Process(peers.SKERRY, 'client', f'127.0.0.1:{port}', '--ca', roots)
        client.send(b'good day\n')
        client.close_input()
        code = client.finish()
        if code != expected or (expected == 0 and client.out != b'good day\n'):
            server.stop()
            return f'{code}\n{client.said}\n{server.said}'
    return None if server.stop() == 0 else server.said


def any_free_port():
    server = peers.Process(peers.SKERRY, 'server', *credentials('p256'), '--listen', '127.0.0.1:0', '--once', '--echo')
    server.wait_for(b'listening on 127.0.0.1:', 'err')
    port = int(server.err.split('127.0.0.1:')[1].split()[0])
    client = peers.skerry_client(port, '--ca', peers.root())
    return peers.converse(client, b'good day\n', b'good day\n') or (server.finish() and server.said)


def der_files():
    """Certificates and keys in DER; the private key in PKCS #8 and SEC 1."""
    folder = peers.WORK
    for command in (f'x509 -in {peers.KEYS}/p256.crt -outform DER -out leaf.der', f'x509 -in {peers.KEYS}/root.crt -outform DER -out root.der',
                    f'pkcs8 -topk8 -nocrypt -in {peers.KEYS}/p256.key -outform DER -out key8.der',
                    f'ec -in {peers.KEYS}/p256.key -outform DER -out sec1.der', f'ec -in {peers.KEYS}/p256.key -out sec1.pem'):
        peers.subprocess.run(['openssl', *command.split()], cwd=folder, check=True, stderr=peers.subprocess.DEVNULL)
    for key in ('key8.der', 'sec1.der', 'sec1.pem'):
        port = peers.free_port()
        server = peers.Server(port, peers.SKERRY, 'server', '--cert', folder / 'leaf.der', '--key', folder / key, '--listen',
                              f'127.0.0.1:{port}', '--once', '--echo')
        client = peers.skerry_client(port, '--ca', folder / 'root.der', '--ca', peers.KEYS / 'int.crt')
        failed = peers.converse(client, b'good day\n', b'good day\n') or (server.finish() and server.said)
        if failed:
            server.stop()
            return f'{key}: {failed}'
    return None


def main():
    peers.need('openssl')
    wrongs, works = table.Table('what is wrong', ['']), table.Table('what works', [''])
    for row, (code, words, *arguments) in usage().items():
        wrongs.run(row, '', wrong, code, words, *arguments)
    for cell in (help_and_version, versions, sessions, session_of_another_name, session_forgotten, ipv6, by_name, moments, strict, quiet, key_log_is_private, key_log_from_environment,
                 server_interrupted, reader_went_away, several_clients, any_free_port, der_files):
        works.run(cell.__name__.replace('_', ' '), '', cell)
    for number in (signal.SIGINT, signal.SIGTERM):
        works.run(f'ended by {number.name}', '', interrupted, number)
    wrongs.show()
    works.show()
    table.finish(wrongs, works)


if __name__ == '__main__':
    main()
