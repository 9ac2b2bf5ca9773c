"""Starts Skerry's command line tool and other programs that speak TLS, and lets them talk.

Everything listens on 127.0.0.1 at a port that was free a moment ago; keys and certificates are made on the spot by
tests/support/keys_make.sh. Processes that do not end in time are killed by their id and count as failures.
"""
import atexit
import dataclasses
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(os.environ.get('SKERRY_ROOT', pathlib.Path(__file__).resolve().parents[3]))
BUILD = pathlib.Path(os.environ.get('SKERRY_BUILD', ROOT / 'build'))
SKERRY = BUILD / 'skerry'
WORK = pathlib.Path(tempfile.mkdtemp(prefix='skerry-interop-'))
KEYS = WORK / 'keys'
SECONDS = 20  # for anything that takes milliseconds when all is well
atexit.register(shutil.rmtree, WORK, ignore_errors=True)

PROVIDERS = ('openssl', 'bearssl')
VERSIONS = ('1.3', '1.2')


@dataclasses.dataclass(frozen=True)
class Side:
    """What a cell is about: our provider, and the version that the other program is held to. We allow both."""
    provider: str
    version: str

    def __str__(self):
        return f'{self.provider} {self.version}'

    @property
    def ours(self):
        return '--provider', self.provider

    @property
    def openssl(self):
        return '-tls' + self.version.replace('.', '_')


SIDES = tuple(Side(p, v) for p in PROVIDERS for v in VERSIONS)

# Where tools/peers.sh unpacks programs whose packages would start services.
os.environ['PATH'] += f':{BUILD}/peers/bin:/usr/sbin'

# gnutls and openssl read these; a user's settings must not change what is tested.
ENVIRONMENT = {**os.environ, 'OPENSSL_CONF': '/dev/null', 'LC_ALL': 'C'}
ENVIRONMENT.pop('SSLKEYLOGFILE', None)


def skip(why):
    print(why)
    sys.exit(77)


PACKAGES = {'gnutls-cli': 'gnutls-bin', 'gnutls-serv': 'gnutls-bin', 'stunnel': 'stunnel4', 'java': 'default-jdk-headless', 'javac': 'default-jdk-headless',
            'certutil': 'libnss3-tools', 'pk12util': 'libnss3-tools', 'tstclnt': 'libnss3-tools', 'selfserv': 'libnss3-tools'}


def need(*programs):
    """The programs of other people; without them there is nothing to test. Makes the keys."""
    if not SKERRY.exists():
        sys.exit(f'{SKERRY} is not there: build first')
    for program in programs:
        if not shutil.which(program):
            skip(f'{program} is not installed (Debian package {PACKAGES.get(program, program)})')
    subprocess.run([ROOT / 'tests/support/keys_make.sh', KEYS], check=True)


def need_downloaded(program):
    """One that tools/peers.sh would have brought."""
    if not shutil.which(program):
        skip(f'{program} is neither installed nor in {BUILD}/peers/bin: tools/peers.sh downloads it, `make test` calls that')


def key(name):
    """(certificate chain, key) of tests/support/keys_make.sh."""
    return str(KEYS / f'{name}.pem'), str(KEYS / f'{name}.key')


def root(name='root'):
    return str(KEYS / f'{name}.pem')


class Process:
    """A child whose output is collected while it runs."""

    def __init__(self, *arguments, **variables):
        self.arguments = [str(a) for a in arguments]
        self.child = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, env={**ENVIRONMENT, **variables}, cwd=WORK)
        self.seen, self.changed = {'out': b'', 'err': b''}, threading.Condition()
        self.readers = [threading.Thread(target=self._read, args=item, daemon=True)
                        for item in (('out', self.child.stdout), ('err', self.child.stderr))]
        for reader in self.readers:
            reader.start()

    def _read(self, name, stream):
        while data := stream.read1(65536):
            with self.changed:
                self.seen[name] += data
                self.changed.notify_all()
        with self.changed:
            self.seen[name + ' ended'] = b''
            self.changed.notify_all()

    @property
    def out(self):
        return self.seen['out']

    @property
    def err(self):
        return self.seen['err'].decode(errors='replace')

    @property
    def said(self):
        """All of its output: programs differ in where they complain."""
        return self.err + self.out.decode(errors='replace')

    def send(self, data):
        try:
            self.child.stdin.write(data)
            self.child.stdin.flush()
        except OSError:
            pass  # it has gone away; what it said and its exit code tell

    def close_input(self):
        try:
            self.child.stdin.close()
        except OSError:
            pass

    def wait_for(self, text, where='out', times=1, seconds=SECONDS):
        """Until its output holds text so many times; False when it ends or time is up before."""
        until = time.monotonic() + seconds
        with self.changed:
            while self.seen[where].count(text) < times:
                left = until - time.monotonic()
                if left <= 0 or where + ' ended' in self.seen:
                    return False
                self.changed.wait(left)
        return True

    def finish(self, seconds=SECONDS):
        """Its exit code; negative when it had to be killed."""
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            code = -99
        for reader in self.readers:
            reader.join(seconds)
        self.close_input()
        return code

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
        return self.finish()


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def is_listening(port):
    """Looks without connecting: a connection would be one of the few that some servers accept."""
    wanted = f':{port:04X}'
    for table in ('/proc/net/tcp', '/proc/net/tcp6'):
        try:
            lines = pathlib.Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        if any(line.split()[1].endswith(wanted) and line.split()[3] == '0A' for line in lines):
            return True
    return False


class Server(Process):
    def __init__(self, port, *arguments, **variables):
        super().__init__(*arguments, **variables)
        self.port = port
        until = time.monotonic() + SECONDS
        while not is_listening(port) and self.child.poll() is None and time.monotonic() < until:
            time.sleep(0.002)


def skerry_server(name, *options, once=True):
    port = free_port()
    credentials = [o for n in name.split() for o in zip(('--cert', '--key'), key(n))]
    flat = [word for pair in credentials for word in pair]
    return Server(port, SKERRY, 'server', '--listen', f'127.0.0.1:{port}', *(['--once'] if once else []), *flat,
                  *options)


def skerry_client(port, *options, host='127.0.0.1'):
    return Process(SKERRY, 'client', f'{host}:{port}', '--timeout', str(SECONDS), *options)


def openssl_server(name, *options, connections=1, **variables):
    port = free_port()
    chain, private = key(name)
    return Server(port, 'openssl', 's_server', '-accept', f'127.0.0.1:{port}', '-naccept', str(connections), '-cert', chain,
                  '-cert_chain', chain, '-key', private, *options, **variables)


def openssl_client(port, *options, **variables):
    return Process('openssl', 's_client', '-connect', f'127.0.0.1:{port}', '-servername', 'localhost',
                   '-verify_hostname', 'localhost', '-CAfile', root(), '-verify_return_error', *options, **variables)


def gnutls_server(name, priority, *options):
    port = free_port()
    chain, private = key(name)
    if '--require-client-cert' not in options:
        options = (*options, '--disable-client-cert')
    return Server(port, 'gnutls-serv', '--port', str(port), '--echo', '--x509certfile', chain, '--x509keyfile', private,
                  '--priority', priority, *options)


def gnutls_client(port, priority, *options):
    return Process('gnutls-cli', '--port', str(port), '--x509cafile', root(), '--priority', priority,
                   '--sni-hostname', 'localhost', '--verify-hostname', 'localhost', *options, '127.0.0.1')


def expect(process, *words):
    """None, or the words that it did not say."""
    missing = [w for w in words if w not in process.said]
    return f'{process.arguments[:2]} did not say {missing}\n{process.said}' if missing else None


def first(*results):
    return next((r for r in results if r), None)


def ended(process, code=0):
    """Waits for its end; None when it ended with that code."""
    got = process.finish()
    return None if got == code else f'{process.arguments[:2]} ended with {got}, not {code}\n{process.said}'


class Dribble:
    """Stands between two sides and passes on bytes one at a time, and before keys are changed each handshake record as
    records of one byte. Serves one connection."""

    def __init__(self, port):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port, self.to = self.listener.getsockname()[1], port
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        ends = self.listener.accept()[0], socket.create_connection(('127.0.0.1', self.to))
        self.listener.close()
        for one in ends:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        passers = [threading.Thread(target=self._pass, args=pair, daemon=True) for pair in (ends, ends[::-1])]
        for passer in passers:
            passer.start()
        for passer in passers:
            passer.join()
        for one in ends:
            one.close()

    @staticmethod
    def _records(source):
        while len(header := source.recv(5, socket.MSG_WAITALL)) == 5:
            yield header, source.recv(int.from_bytes(header[3:], 'big'), socket.MSG_WAITALL)

    def _pass(self, source, to):
        plain = True
        try:
            for header, body in self._records(source):
                plain = plain and header[0] == 22
                pieces = [header[:3] + b'\0\1' + body[i:i + 1] for i in range(len(body))] if plain else [header + body]
                for byte in b''.join(pieces):
                    to.sendall(bytes([byte]))
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of them has gone away; what they say tells


def converse(client, message, reply):
    """The client says message, gets reply and ends. What went wrong, or None."""
    client.send(message)
    if not client.wait_for(reply):
        client.stop()
        return f'no answer\n{client.said}'
    client.close_input()
    code = client.finish()
    return None if code == 0 else f'the client ended with {code}\n{client.said}'
