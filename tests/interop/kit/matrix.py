"""The matrix for a peer that is a library (others.py): cipher suites x kinds of server keys x {full, resumed, client certificate}
in both versions and roles over both providers, the groups (and kinds of client keys) turning with them so that every pair of any
two of these occurs; and pre-shared keys with suites x groups.

A cell that the peer lacks is run like the others. It counts as `lacks` only when the peer itself refuses with the words that
the script expects; should it work, that is a failure, because then the page tells an untruth.
"""
import collections
import itertools
import re

from . import peers, table
from .peers import expect, first

GROUPS = ('x25519', 'secp256r1', 'secp384r1')
KINDS = ('p256', 'p384', 'rsa', 'pss', 'ed25519')
MODES = ('full', 'resumed', 'client certificate')
SUITES = {'1.3': ('TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_CCM_SHA256',
                  'TLS_AES_128_CCM_8_SHA256'),
          '1.2': ('AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256', 'AES_128_CCM', 'AES_256_CCM',
                  'AES_128_CCM_8', 'AES_256_CCM_8')}
LINE = b'good day\n'
sessions = itertools.count()


class Cell:
    """One conversation, or two with a session between them."""

    def __init__(self, library, role, side, suite, kind, mode, group=None):
        self.library, self.role, self.side, self.kind, self.mode = library, role, side, kind, mode
        place = KINDS.index(kind) + SUITES[side.version].index(suite) + MODES.index(mode)
        self.group = group or GROUPS[place % 3]
        self.suite, self.registered = suite, registered(side.version, suite, kind)
        kinds = [k for k in library.client_kinds(self) if k != 'ed25519' or side == peers.Side('openssl', '1.3')]
        self.client_kind = kinds[place % len(kinds)]
        self.visits = 2 if mode == 'resumed' else 1

    def ours(self):
        """Which group it is to be is ours to say, unless the library lets itself be told."""
        groups = [self.group] + [g for g in GROUPS if g != self.group and self.library.own_groups and self.role == 'client']
        return [*self.side.ours, '--groups', ','.join(groups), *(['--suites', self.registered] if '_8' in self.suite else [])]

    def theirs(self, **more):
        return {'version': self.side.version, 'suite': self.registered, 'connections': self.visits, **more}

    def run(self):
        """(None or what went wrong, what both said)"""
        return self.as_client() if self.role == 'client' else self.as_server()

    def agreed(self, us, them):
        """Both tell the same."""
        version = f'TLS {self.side.version} with'
        kinds = ['full', 'resumed'][:self.visits]
        missing = [k for k in kinds if f'{version} {self.registered}, {k}, peer=' not in them.said]
        group = '' if self.mode == 'resumed' and self.side.version == '1.2' else f', {self.group}'  # no exchange then
        return first(*(expect(u, version, f'{self.registered}{group}') for u in us),
                     missing and f'{them.arguments[:2]} did not say {missing}\n{them.said}')

    def as_client(self):
        more = self.library.credentials(self.kind)
        options = ['--ca', peers.root(), '--name', 'localhost', *self.ours()]
        if self.mode == 'client certificate':
            more['roots'] = peers.root()
            options += [w for pair in zip(('--cert', '--key'), peers.key(f'client-{self.client_kind}')) for w in pair]
        if self.mode == 'resumed':
            options += ['--session', str(peers.WORK / f'matrix-session.{next(sessions)}')]
        them = self.library.server(**self.theirs(group=self.group, **more))
        us, wrong = [], them.finish() and 'it is not set up' if 'lacks ' in them.said else None
        for visit in range(self.visits):
            if not wrong:
                us.append(peers.skerry_client(them.port, *options))
                wrong = peers.converse(us[-1], LINE, LINE) or expect(us[-1], 'verified as localhost',
                                                                    *(['resumed:'] if visit else []))
        code = them.stop() if wrong else them.finish()
        wrong = wrong or (code and f'it ended with {code}\n{them.said}') or self.agreed(us, them)
        if self.mode == 'client certificate':
            wrong = wrong or self.shown(them)
        return wrong and f'{wrong}\n{them.said}', them.said + ''.join(u.said for u in us)

    def shown(self, them):
        """The server has seen our name."""
        return None if f'client-{self.client_kind}' in them.said or not self.library.tells_name(self) else f'no name\n{them.said}'

    def as_server(self):
        options = ['--echo', *self.ours()]
        more = {'roots': peers.root(), 'name': 'localhost'}
        if self.mode == 'client certificate':
            options += ['--ca', peers.root()]
            more |= self.library.credentials(f'client-{self.client_kind}')
        us = peers.skerry_server(self.kind, *options, once=False)
        them = self.library.client(us.port, **self.theirs(**more))
        code = them.finish()
        us.stop()
        wrong = code and f'it ended with {code}\n{them.said}'
        wrong = wrong or self.agreed([us], them)
        words = {'resumed': ['resumed:'], 'client certificate': ['the client is verified']}.get(self.mode, [])
        wrong = wrong or expect(us, *words)
        return wrong and f'{wrong}\n{us.said}', them.said + us.said


class Default(Cell):
    """Whatever suites and groups both have."""

    def __init__(self, library, role, side):
        super().__init__(library, role, side, SUITES[side.version][0], 'p256', 'full')
        self.suite, self.registered, self.group = '', None, None

    def ours(self):
        return self.side.ours

    def agreed(self, us, them):
        return first(*(expect(u, f'TLS {self.side.version} with') for u in us))


class Newest(Default):
    """We insist on a version, the peer has all that it has."""

    def ours(self):
        return [*self.side.ours, f'--tls{self.side.version}']

    def theirs(self, **more):
        return {**super().theirs(**more), 'version': None}


class ClientKey(Default):
    """A client certificate of a kind that the one who signs or the one who verifies may lack."""

    def __init__(self, library, role, side, kind):
        super().__init__(library, role, side)
        self.mode, self.client_kind = 'client certificate', kind


PSK_SUITES = {'1.3': SUITES['1.3'], '1.2': (
    'TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256', 'TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256', 'TLS_PSK_WITH_AES_128_GCM_SHA256',
    'TLS_PSK_WITH_AES_256_GCM_SHA384', 'TLS_PSK_WITH_CHACHA20_POLY1305_SHA256', 'TLS_PSK_WITH_AES_128_CCM',
    'TLS_PSK_WITH_AES_256_CCM', 'TLS_PSK_WITH_AES_128_CCM_8', 'TLS_PSK_WITH_AES_256_CCM_8')}
SECRET = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'


class KeyCell(Cell):
    """A pre-shared key and no certificate; with the suites of TLS_PSK no key exchange either."""

    def __init__(self, library, role, side, suite, group):
        super().__init__(library, role, side, SUITES[side.version][0], 'p256', 'full', group)
        self.mode = 'psk'
        self.suite = self.registered = suite

    def ours(self):
        groups = [] if self.group == 'none' else ['--groups', self.group]
        return [*self.side.ours, '--psk', f'sensor-7:{SECRET}', *groups, '--suites', self.registered]

    def agreed(self, us, them):
        group = '' if self.group == 'none' else f', {self.group}'
        return first(*(expect(u, f'{self.registered}{group}', 'knows the pre-shared key of sensor-7') for u in us),
                     f'with {self.registered}, ' not in them.said and f'it has another suite\n{them.said}')

    def as_client(self):
        them = self.library.server(**self.theirs(identity='sensor-7', psk=SECRET))
        wrong = them.finish() and 'it is not set up' if 'lacks ' in them.said else None
        us = []
        if not wrong:
            us = [peers.skerry_client(them.port, *self.ours())]
            wrong = peers.converse(us[0], LINE, LINE)
        code = them.stop() if wrong else them.finish()
        wrong = wrong or (code and f'it ended with {code}') or self.agreed(us, them)
        return wrong and f'{wrong}\n{them.said}', them.said + ''.join(u.said for u in us)

    def as_server(self):
        port = peers.free_port()
        us = peers.Server(port, peers.SKERRY, 'server', '--listen', f'127.0.0.1:{port}', '--echo', *self.ours())
        them = self.library.client(port, **self.theirs(identity='sensor-7', psk=SECRET))
        code = them.finish()
        us.stop()
        wrong = (code and f'it ended with {code}\n{them.said}') or self.agreed([us], them)
        return wrong and f'{wrong}\n{us.said}', them.said + us.said


def registered(version, suite, kind):
    """The suite's name in the registry."""
    if version == '1.3':
        return suite
    return f"TLS_ECDHE_{'RSA' if kind in ('rsa', 'pss') else 'ECDSA'}_WITH_{suite}"


def lacks_of(library, cell):
    """(what it lacks, what is said then: a regular expression), or None."""
    return next((lack[1:] for lack in library.lacks if lack[0](cell)), None)


lacked = collections.Counter()


def fill(result, row, column, lack, cell, label=''):
    """Runs a cell of the table; with lack, the peer must be seen to lack it."""
    seen = ['']

    def run():
        wrong, seen[0] = cell.run()
        return wrong

    if lack is None:
        result.run(row, column, run, label=label)
        return
    try:
        wrong = run()
    except OSError as error:
        wrong = str(error)
    what, words = lack
    if wrong and re.search(words, seen[0], re.S):
        result.note(row, column, 'lacks')
        lacked[f'{what} (seen: {words})'] += 1
    else:
        result.run(row, column, lambda: f'should be refused with {words!r}: {wrong or "it works"}\n{seen[0]}')


def possible(side, suite, kind):
    """BearSSL below us has no Ed25519; CCM suites of TLS 1.2 for RSA are not among ours."""
    return (side.provider, kind) != ('bearssl', 'ed25519') and not (
        side.version == '1.2' and 'CCM' in suite and kind in ('rsa', 'pss'))


def matrix(library, role, side, modes=MODES, groups=(None,)):
    """Each suite, kind and mode; with no group named they take turns."""
    result = table.Table(f'Skerry {role}, {side.provider}, TLS {side.version}', list(KINDS))
    for mode, suite, group in itertools.product(modes, SUITES[side.version], groups):
        for kind in KINDS:
            row = f'{suite}{" " + group if group else ""}, {mode}'
            cell = Cell(library, role, side, suite, kind, mode, group)
            if not possible(side, suite, kind):
                result.note(row, kind, '-')
            else:
                fill(result, row, kind, lacks_of(library, cell), cell, '' if group else cell.group)
    result.show()
    return result


def shared_keys(library, role, side):
    columns = [*GROUPS, 'none'] if side.version == '1.2' else [*GROUPS]
    result = table.Table(f'pre-shared keys, Skerry {role}, {side.provider}, TLS {side.version}', columns)
    for suite in PSK_SUITES[side.version]:
        for group in columns:
            cell = KeyCell(library, role, side, suite, group)
            if (group == 'none') != suite.startswith('TLS_PSK') if side.version == '1.2' else 'SHA384' in suite:
                result.note(suite, group, '-')
            else:
                fill(result, suite, group, lacks_of(library, cell), cell)
    result.show()
    return result


def client_keys(library, sides):
    """Those that the peer lacks; the matrix is without them."""
    rest = table.Table('client keys that it lacks', [f'Skerry {role}' for role in ('client', 'server')])
    for role, side in sides:
        for kind, lack in library.lacks_client.items():
            if kind == 'ed25519' and side != peers.Side('openssl', '1.3'):
                continue
            cell = ClientKey(library, role, side, kind)
            fill(rest, f'{kind}, {side}', f'Skerry {role}', lack, cell)
    if rest.rows:
        rest.show()
    return rest


def main(library, versions=('1.3', '1.2'), **which):
    library.need()
    print(f'{library.version()}; behind an ok: the group\n')
    sides = [(role, peers.Side(provider, version)) for version in peers.VERSIONS for role in ('client', 'server')
             for provider in peers.PROVIDERS]
    spoken = [(role, side) for role, side in sides if side.version in versions]
    tables = [matrix(library, role, side, **which) for role, side in spoken]
    tables += [shared_keys(library, role, side) for role, side in spoken if side.version in library.keys]
    tables.append(client_keys(library, spoken))
    rest = table.Table('a version that it lacks', [f'Skerry {role}' for role in ('client', 'server')])
    for role, side in sides:
        if side.version not in versions:
            fill(rest, str(side), f'Skerry {role}', library.lacks_version, Newest(library, role, side))
    if rest.rows:
        rest.show()
    print('-: not ours to have (Ed25519 with BearSSL; CCM with RSA in TLS 1.2; keys whose hash is not the suite\'s) or no such suite')
    for text, count in lacked.items():
        print(f'lacks, {count} cells: {text}')
    table.finish(*tables, rest)
