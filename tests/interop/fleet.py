#!/usr/bin/env python3
"""A fleet of servers that share their ticket keys in Redis (examples/fleet): sessions made on one and resumed on another,
rotation, expiry, withdrawal, altered tickets and saved sessions, and Redis slow, hung, gone and back. In every scene the
client gets its answer: what can't be resumed is a full handshake and nothing else."""
import base64
import secrets
import shutil
import signal
import subprocess
import time

from kit import peers, table

PROGRAMS = peers.BUILD / 'examples'
STARTED = []  # all processes that go on until they are told to end
COLUMNS = {'TLS 1.3': '1.3', 'TLS 1.2': '1.2'}
PATIENCE = 30


class Redis:
    """A Redis of our own: a Unix socket, no port, nothing on disk."""

    def __init__(self, name):
        self.socket = peers.WORK / f'{name}.sock'
        self.start()

    def start(self):
        self.process = peers.Process('redis-server', '--port', '0', '--unixsocket', self.socket, '--unixsocketperm', '700',
                                     '--save', '', '--appendonly', 'no', '--dir', peers.WORK)
        STARTED.append(self.process)
        if not self.process.wait_for(b'ready to accept'):
            raise AssertionError(f'Redis does not start\n{self.process.said}')

    def __call__(self, *words):
        run = subprocess.run(['redis-cli', '-s', self.socket, *words], capture_output=True, text=True, timeout=PATIENCE, check=True)
        return run.stdout.strip()

    def signal(self, number):
        self.process.child.send_signal(number)

    def kill(self):
        self.process.child.kill()
        self.process.finish()


class Server(peers.Process):
    def __init__(self, redis, name, prefix, *options):
        self.name, self.prefix, self.redis = name, prefix, redis
        chain, key = peers.key('p256')
        super().__init__(PROGRAMS / 'fleet_server', '--listen', '127.0.0.1:0', '--cert', chain, '--key', key, '--redis',
                         redis.socket, '--prefix', prefix, '--name', name, *options)
        STARTED.append(self)

    @property
    def port(self):
        self.expect('listening on')
        return int(self.err.split('listening on 127.0.0.1:')[1].split()[0])

    def expect(self, text, times=1):
        if not self.wait_for(text.encode(), 'err', times, PATIENCE):
            raise AssertionError(f'{self.name} does not say "{text}"\n{self.err}')

    def with_keys(self):
        self.expect(', current ')
        return self

    @property
    def current(self):
        return self.redis('GET', f'{self.prefix}:current')


def session_file(name, version):
    return peers.WORK / f'{name}-{version}.session'


def visit(server, version, session, kind, *options, device='device', saved=True):
    """One visit of our client: what both sides say of it, the answer, and whether it was given a session."""
    client = peers.Process(PROGRAMS / 'fleet_client', '--connect', f'127.0.0.1:{server.port}', '--name', 'localhost', '--ca',
                           peers.root(), '--session', session, '--device-key', peers.WORK / device, '--tls', version,
                           '--text', 'good day', *options)
    code = client.finish()
    expected = f'{server.name}: TLS {version}, {kind}: good day\n'
    gave = 'gave no session' not in client.err
    if code or client.out.decode() != expected or f'TLS {version}, {kind}\n' not in client.err or gave != saved:
        raise AssertionError(f'exit code {code}, expected "{expected.strip()}", saved: {saved}\n{client.said}\n{server.err}')
    return client


def openssl_visit(server, version, session, kind, offer=None):
    """One visit of OpenSSL's client, which leaves its tickets readable."""
    offered = ('-sess_in', offer) if offer else ()
    client = peers.openssl_client(server.port, '-tls' + version.replace('.', '_'), '-sess_out', session, *offered)
    client.send(b'good day\n')
    answered = client.wait_for(f'{server.name}: TLS {version}, {kind}: good day'.encode())
    client.close_input()
    code = client.finish()
    word = 'Reused, ' if kind == 'resumed' else 'New, '
    if code or not answered or word not in client.said:
        raise AssertionError(f'exit code {code}, expected {kind}\n{client.said}\n{server.err}')


def read_pem(path):
    return base64.b64decode(''.join(line for line in path.read_text().splitlines() if '-' not in line))


def write_pem(path, der):
    path.write_text('-----BEGIN SSL SESSION PARAMETERS-----\n' + base64.encodebytes(der).decode() +
                    '-----END SSL SESSION PARAMETERS-----\n')


def ticket_at(der, key_name):
    """Where the ticket stands in OpenSSL's session: it begins with the name of its key; -1: with another."""
    return der.find(bytes.fromhex(key_name))


def until_it_changes(what, value):
    """Waits for a new value that is not empty; returns it."""
    until = time.monotonic() + PATIENCE
    while what() in ('', value):
        if time.monotonic() > until:
            raise AssertionError(f'still {value}')
        time.sleep(0.1)
    return what()


# --- Scenes; each runs for a version ---

def moves(version, a, b):
    """Made on A, resumed on B, with the ticket of that on A again."""
    session = session_file('moves', version)
    visit(a, version, session, 'full')
    visit(b, version, session, 'resumed')
    visit(a, version, session, 'resumed')


def moves_openssl(version, a, b):
    session = session_file('openssl', version)
    openssl_visit(a, version, session, 'full')
    openssl_visit(b, version, session, 'resumed', session)


def ticket_altered(version, a, b):
    """One bit in the name of its key, the nonce, the secret or the tag; the untouched one is resumed."""
    session, altered, new = (session_file(n, version) for n in ('good', 'altered', 'new'))
    openssl_visit(a, version, session, 'full')
    der = read_pem(session)
    start = ticket_at(der, a.current)
    size = der[start - 1]  # of the OCTET STRING that it is
    for offset in (0, 8, 20, 90, size - 1):
        wrong = bytearray(der)
        wrong[start + offset] ^= 1
        write_pem(altered, bytes(wrong))
        openssl_visit(b, version, new, 'full', altered)
    openssl_visit(b, version, new, 'resumed', session)


def saved_altered(version, a, b):
    """What the client saved, with a bit flipped, cut, grown, empty, or sealed by another device."""
    session, altered = session_file('saved', version), session_file('saved-altered', version)
    visit(a, version, session, 'full')
    good = session.read_bytes()
    for wrong in (*(good[:n] + bytes([good[n] ^ 4]) + good[n + 1:] for n in range(0, len(good), 29)), good[:-1], good[:20], b'\0',
                  b'', good + b'\0'):
        altered.write_bytes(wrong)
        if 'of no use' not in visit(b, version, altered, 'full').err:
            raise AssertionError(f'{len(wrong)} of {len(good)} bytes were offered')
    altered.write_bytes(good)
    visit(b, version, altered, 'full', device='another-device')
    altered.write_bytes(good)
    visit(b, version, altered, 'resumed')


def saved_bound(version, a, b):
    """For its own name, version and time only."""
    session, copy = session_file('bound', version), session_file('bound-copy', version)
    made = int(time.time())
    visit(a, version, session, 'full', '--time', str(made))
    for options in (('--name', 'server.example'), ('--time', str(made - 1)), ('--time', str(made + 7201))):
        shutil.copy(session, copy)
        visit(b, version, copy, 'full', *options)
    shutil.copy(session, copy)
    visit(b, '1.2' if version == '1.3' else '1.3', copy, 'full')
    visit(b, version, session, 'resumed', '--time', str(made + 7200))


def rotated(version, a, b):
    """A new key: sessions under the old one resume, and at every moment what one has sealed the other can open."""
    session, ticket = session_file('rotated', version), session_file('rotated-openssl', version)
    visit(a, version, session, 'full')
    before = a.current
    a.redis('DEL', f'{a.prefix}:current')
    until = time.monotonic() + PATIENCE
    while a.current in ('', before) or ticket_at(read_pem(ticket), a.current) < 0:
        if time.monotonic() > until:
            raise AssertionError('still sealed with the old key')
        for maker, other in ((a, b), (b, a)):
            openssl_visit(maker, version, ticket, 'full')
            openssl_visit(other, version, ticket, 'resumed', ticket)
    for server in (b, a):
        visit(server, version, session, 'resumed')


def withdrawn(version, a, b):
    """A key that was deleted in Redis opens nothing any more, a second later."""
    session = session_file('withdrawn', version)
    visit(a, version, session, 'full')
    gone = a.current
    for key in a.redis('KEYS', f'{a.prefix}:key:*').split():
        a.redis('DEL', key)
    a.redis('DEL', f'{a.prefix}:current')
    fresh = until_it_changes(lambda: a.current, gone)
    for server in (a, b):
        server.expect(f'keys: 1, current {fresh}')
    visit(b, version, session, 'full')
    visit(a, version, session, 'resumed')


def replaced(version, a, b):
    """Something that is no key, then another key, under the same name: the ticket is found and does not open."""
    session, copy = session_file('replaced', version), session_file('replaced-copy', version)
    name = a.current
    visit(a, version, session, 'full')
    for value, words, saved in (('short', 'keys: 0, current none', False), (secrets.token_hex(16), f'keys: 1, current {name}', True)):
        told = [server.err.count(words) for server in (a, b)]
        a.redis('SET', f'{a.prefix}:key:{name}', value, 'KEEPTTL')
        for server, times in zip((a, b), told):
            server.expect(words, times + 1)
            shutil.copy(session, copy)
            visit(server, version, copy, 'full', saved=saved)
    visit(a, version, copy, 'resumed')


LOST, BACK = 'going on with those that are known', 'Redis is back'


def hung(version, a, b):
    """Redis accepts and does not answer: nobody waits for it in a handshake, nor for long before one."""
    session = session_file('hung', version)
    visit(a, version, session, 'full')
    lost, back = [s.err.count(LOST) for s in (a, b)], [s.err.count(BACK) for s in (a, b)]
    a.redis.signal(signal.SIGSTOP)
    try:
        for server, times in zip((a, b), lost):
            server.expect(LOST, times + 1)
        start = time.monotonic()
        for server in (b, a, b, a):
            visit(server, version, session, 'resumed')
        took = time.monotonic() - start
    finally:
        a.redis.signal(signal.SIGCONT)
    for server, times in zip((a, b), back):
        server.expect(BACK, times + 1)
    return None if took < 8 else f'4 visits took {took:.1f} s'


def gone(version, a, b):
    """Redis is killed: cached keys go on; a server that has none serves without tickets; Redis comes back, empty."""
    session, other = session_file('gone', version), session_file('gone-other', version)
    visit(a, version, session, 'full')
    lost, back = [s.err.count(LOST) for s in (a, b)], [s.err.count(BACK) for s in (a, b)]
    a.redis.kill()
    for server, times in zip((a, b), lost):
        server.expect(LOST, times + 1)
    visit(b, version, session, 'resumed')
    late = Server(a.redis, 'C', a.prefix)
    late.expect('none left to seal tickets with')
    shutil.copy(session, other)
    visit(late, version, other, 'full', saved=False)
    visit(a, version, other, 'resumed')
    a.redis.start()
    for server, times in zip((a, b, late), (*back, 0)):
        server.expect(BACK, times + 1)
    visit(late, version, session, 'full')
    visit(a, version, session, 'resumed')
    late.stop()


def dry(version, a, b):
    """Redis is gone for longer than a key may seal: full handshakes, no tickets, every answer."""
    session = session_file('dry', version)
    for server in (a, b):
        server.expect('none left to seal tickets with')
        visit(server, version, session, 'full', saved=False)
        visit(server, version, session, 'full', saved=False)


# By nothing but time. The client is told that its clock stands still, so that it offers its session all the same.
CLOCK_ROTATE, CLOCK_LIFETIME = 4, 12


class Clock:
    def __init__(self, redis):
        options = '--rotate', str(CLOCK_ROTATE), '--lifetime', str(CLOCK_LIFETIME)
        self.a, self.b = (Server(redis, name, 'clock', *options) for name in ('clock A', 'clock B'))
        self.a.with_keys(), self.b.with_keys()
        self.key, self.made = self.a.current, int(time.time())
        for version in COLUMNS.values():
            visit(self.a, version, session_file('clock', version), 'full', '--time', str(self.made))

    def offer(self, version, kind):
        copy = session_file('clock-copy', version)
        shutil.copy(session_file('clock', version), copy)
        visit(self.b, version, copy, kind, '--time', str(self.made))

    def key_is_there(self):
        return self.a.redis('EXISTS', f'clock:key:{self.key}') == '1'

    def rotated(self, version):
        """The key has been rotated away, the ticket is young: resumed."""
        until_it_changes(lambda: self.a.current, self.key)
        if time.time() > self.made + CLOCK_LIFETIME - 2:
            return 'this machine is too slow for this scene'
        return self.offer(version, 'resumed')

    def stale(self, version):
        """The ticket is old, its key still there: full."""
        time.sleep(max(0, self.made + CLOCK_LIFETIME + 2 - time.time()))
        if not self.key_is_there():
            return 'the key has expired before its last ticket, or this machine is too slow for this scene'
        return self.offer(version, 'full')

    def expired(self, version):
        until_it_changes(lambda: 'there' if self.key_is_there() else 'expired', 'there')
        return self.offer(version, 'full')


def race():
    """Eight servers find no key at the same moment: one key stays, all have it."""
    redis = Redis('race')
    servers = [Server(redis, f'R{n}', 'race') for n in range(8)]
    for server in servers:
        server.with_keys()
    names, keys = redis('SMEMBERS', 'race:names').split(), redis('KEYS', 'race:key:*').split()
    if len(names) != 1 or len(keys) != 1:
        return f'names {names}, keys {keys}'
    for server in servers:
        server.expect(f'keys: 1, current {names[0]}')
    codes = [server.stop() for server in servers]
    return None if not any(codes) else f'exit codes {codes}'


def usage():
    chain, key = peers.key('p256')
    good = ('--listen', '127.0.0.1:0', '--cert', chain, '--key', key, '--redis', '/nowhere')
    for words, options in (('--redis is missing', good[:-2]), ("'--nope'", (*good, '--nope', '1')), ('needs a value', good[:-1]),
                           ('from 4 to', (*good, '--rotate', '3')), ('rotate less often', (*good, '--rotate', '60')),
                           ("'soon' is not a number", (*good, '--rotate', 'soon')), ('/nope', (*good[:2], '--cert', '/nope', *good[4:]))):
        server = peers.Process(PROGRAMS / 'fleet_server', *options)
        if server.finish() != 2 or words not in server.err:
            return f'{options}: not said: {words}\n{server.said}'
    return None


def run(scenes, name, scene, *servers):
    for column, version in COLUMNS.items():
        scenes.run(name, column, scene, version, *servers)


def all_scenes(scenes, steady, shaky):
    clock = Clock(steady)
    a, b = (Server(steady, name, 'steady').with_keys() for name in 'AB')
    run(scenes, 'made on one, resumed on the other', moves, a, b)
    run(scenes, 'the same with OpenSSL as client', moves_openssl, a, b)
    run(scenes, 'time passes: a new key', clock.rotated)
    run(scenes, 'a ticket that was altered', ticket_altered, a, b)
    run(scenes, 'a saved session that was altered', saved_altered, a, b)
    run(scenes, 'a saved session for something else', saved_bound, a, b)
    run(scenes, 'time passes: the ticket is stale', clock.stale)
    run(scenes, 'a key that was replaced', rotated, a, b)
    run(scenes, 'a key that was withdrawn', withdrawn, a, b)
    run(scenes, 'another key of the same name', replaced, a, b)
    run(scenes, 'time passes: the key has expired', clock.expired)
    a, b = (Server(shaky, name, 'shaky').with_keys() for name in 'AB')
    run(scenes, 'Redis does not answer', hung, a, b)
    dry_pair = [Server(shaky, name, 'dry', '--rotate', '4', '--lifetime', '4') for name in ('dry A', 'dry B')]
    run(scenes, 'Redis is killed and comes back', gone, a, b)
    shaky.kill()
    run(scenes, 'Redis is gone for long', dry, *dry_pair)


def main():
    if not (PROGRAMS / 'fleet_server').exists():
        peers.skip('examples/fleet was not built: libhiredis-dev was not installed (tools/setup.sh test)')
    peers.need('redis-server', 'redis-cli', 'openssl')
    scenes, others = table.Table('Fleet', list(COLUMNS)), table.Table('Around it', ['both'])
    steady, shaky = Redis('steady'), Redis('shaky')
    try:
        all_scenes(scenes, steady, shaky)
        others.run('eight servers, no key yet', 'both', race)
        others.run('wrong options', 'both', usage)
        codes = [process.stop() for process in STARTED if process.child.poll() is None]
        others.run('all end when told to', 'both', lambda: None if codes and not any(codes) else f'exit codes {codes}')
    finally:
        for process in STARTED:
            process.stop()
    scenes.show()
    others.show()
    table.finish(scenes, others)


main()
