"""Peers that are libraries: the programs of tests/interop/peers/ around them, all with one set of options (peer.h).

A Library starts clients and servers; each tells on stdout what it agreed upon, or why not. `ask` runs one conversation with
our command line at the other end.
"""
import itertools
import re
import socket
import subprocess
import time

from . import peers

def flat(options):
    return [f'{name}={value}' for name, value in options.items() if value is not None]


class Peer:
    """What a script says about its library.

    lacks: triples (cell -> bool, what it lacks, what is said then: a regular expression); client_kinds: cell -> the kinds of
    client keys that work in it; lacks_client: the other kinds, each with what it lacks and what is said; lacks_version: the
    same for a version; tells_name: cell -> does its server tell the client's name; own_groups: its server is told which group
    to take, or follows our order; keys: the versions in which it is asked for pre-shared keys.
    """

    def __init__(self, lacks=(), client_kinds=None, lacks_client=None, lacks_version=None, tells_name=None,
                 own_groups=False, keys=peers.VERSIONS):
        self.lacks, self.lacks_client, self.lacks_version = lacks, lacks_client or {}, lacks_version
        self.client_kinds = client_kinds or (lambda cell: ('p256', 'p384', 'rsa', 'pss', 'ed25519'))
        self.tells_name, self.own_groups = tells_name or (lambda cell: True), own_groups
        self.keys = keys


class Library(Peer):
    """A program for each connection: build/peers/NAME."""

    def __init__(self, name, package, **more):
        super().__init__(**more)
        self.program, self.package = peers.BUILD / f'peers/{name}', package

    def need(self):
        peers.need('openssl')
        if not self.program.exists():
            peers.skip(f'{self.program} is not built: it needs the Debian package {self.package}')

    def version(self):
        return subprocess.run([self.program, 'version'], capture_output=True, text=True, check=True).stdout.strip()

    def credentials(self, name):
        chain, key = peers.key(name)
        return {'chain': chain, 'key': key}

    def server(self, **options):
        port = peers.free_port()
        return peers.Server(port, self.program, 'server', port, *flat(options))

    def client(self, port, **options):
        return peers.Process(self.program, 'client', port, *flat(options))


class Job:
    """What one job of the Java machine says; looks like a peers.Process."""

    def __init__(self, machine, port, words):
        self.machine, self.port, self.code = machine, port, None
        self.name = f'job{next(machine.counter)}'
        self.arguments = [self.name, *words]
        machine.process.send(' '.join([self.name, *map(str, words)]).encode() + b'\n')

    @property
    def said(self):
        """Its lines, and nobody else's, without its name."""
        lines = self.machine.process.out.decode(errors='replace').splitlines()
        return ''.join(line.split(' ', 1)[1] + '\n' for line in lines if line.startswith(self.name + ' '))

    def finish(self, seconds=peers.SECONDS):
        if not self.machine.process.wait_for(f'{self.name} ended '.encode(), seconds=seconds):
            return -99
        return int(self.said.split('ended ')[1].split()[0])

    def stop(self):
        """A server still waits for those who will not come: they come, and say nothing."""
        while 'ended ' not in self.said:
            try:
                socket.create_connection(('127.0.0.1', self.port)).close()
            except OSError:
                break
            time.sleep(0.01)
        return self.finish()


class Java(Peer):
    """One machine for all connections; Jsse.java is compiled into the folder of this run."""
    counter = itertools.count()

    def need(self):
        peers.need('openssl', 'javac', 'java')
        folder = peers.WORK / 'java'
        subprocess.run(['javac', '-d', folder, peers.ROOT / 'tests/interop/peers/Jsse.java'], check=True)
        self.process = peers.Process('java', '-Xshare:auto', '-XX:TieredStopAtLevel=1', '-cp', folder, 'Jsse')
        if not self.process.wait_for(b'version '):
            raise RuntimeError(self.process.said)

    def version(self):
        return 'JSSE ' + self.process.out.decode().split()[1]

    def credentials(self, name):
        chain, key = peers.key(name)
        bag = peers.WORK / f'{name}.p12'
        if not bag.exists():
            subprocess.run(['openssl', 'pkcs12', '-export', '-in', chain, '-inkey', key, '-name', name, '-passout', 'pass:x',
                            '-out', bag], check=True, env=peers.ENVIRONMENT)
        return {'chain': bag}

    def server(self, **options):
        port = peers.free_port()
        job = Job(self, port, ['server', port, *flat(options)])
        with self.process.changed:
            self.process.changed.wait_for(lambda: re.search('listening|ended', job.said), peers.SECONDS)
        return job

    def client(self, port, **options):
        return Job(self, port, ['client', port, *flat(options)])
