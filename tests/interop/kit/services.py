"""What services.py and behaviours.py share: servers with the chains of tests/support/chains_make.py, and one way to talk to
them for the command line with both providers and for build/micropython."""
import importlib.util
import re
import sys

from . import peers

HOST = 'device.example'
MICROPYTHON = peers.BUILD / 'micropython'
COLUMNS = [str(side) for side in peers.SIDES] + ['micropython 1.3', 'micropython 1.2']
SIDES = (*peers.SIDES, *(peers.Side('micropython', version) for version in peers.VERSIONS))
GREETING, ANSWER = b'good day\n', b'yad doog\n'


def need(*programs):
    peers.need('openssl', *programs)
    if not MICROPYTHON.exists():
        sys.exit(f'{MICROPYTHON} is not there: build it first (make micropython)')
    return chains()


def chains():
    """The module that made them; its FOLDER holds them."""
    spec = importlib.util.spec_from_file_location('chains_make', peers.ROOT / 'tests/support/chains_make.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.FOLDER = module.made_in(peers.BUILD / 'chains')
    return module


CHAINS = chains()


def anchor(name):
    return str(CHAINS.FOLDER / f'anchor/{name}.pem')


def credential(name):
    """(chain, the chain without its first certificate, key)"""
    folder = CHAINS.FOLDER / name
    blocks = (folder / 'chain.pem').read_text().split('-----BEGIN')[1:]
    rest = peers.WORK / f'{name}.rest.pem'
    rest.write_text(''.join('-----BEGIN' + block for block in blocks[1:]))
    return str(folder / 'chain.pem'), str(rest), str(folder / 'key.pem')


def certificate_size(name, version):
    """Bytes of the Certificate message that sends the chain just so."""
    sizes = [file.stat().st_size for file in (CHAINS.FOLDER / name).glob('[0-9]*.der')]
    return 4 + 3 + sum(size + 3 for size in sizes) + (1 + 2 * len(sizes) if version == '1.3' else 0)


def openssl_server(chain, version, *options, connections=1, **variables):
    """s_server that sends the chain as it stands, and answers each line turned round unless options say else."""
    port = peers.free_port()
    first, rest, key = credential(chain)
    more = ['-cert_chain', rest] if '-----' in open(rest).read() else []
    if 'sha1' in chain or chain == 'telegram':
        more += ['-cipher', 'DEFAULT:@SECLEVEL=0']  # OpenSSL's own policy for what it sends
    how = options if {'-WWW', '-quiet', '-www'} & set(options) or '-interactive' in options else ('-rev', *options)
    return peers.Server(port, 'openssl', 's_server', '-accept', f'127.0.0.1:{port}', '-naccept', str(connections),
                        '-tls' + version.replace('.', '_'), '-cert', first, '-key', key, *more,
                        *(o for o in how if o != '-interactive'), **variables)


def alerts(process):
    """The numbers of those that OpenSSL has seen, in order."""
    return [int(number) for number in re.findall(r'SSL alert number (\d+)', process.said)]


class Talk:
    """One connection of the client of a column: says something, hears so many bytes, ends. -1: it hears what comes
    until the server ends; to_the_end: so many bytes, and then the server must end."""

    def __init__(self, side, port, anchors, name=HOST, say=GREETING, hear=len(ANSWER), to_the_end=False, **options):
        self.side, self.hear, self.say, self.to_the_end = side, hear, say, to_the_end
        start = self._micropython if side.provider == 'micropython' else self._skerry
        self.process = start(port, [anchor(a) for a in anchors], name, options)

    def _skerry(self, port, roots, name, options):
        words = {'record_in': '--max-record-in', 'session': '--session', 'cert': '--cert', 'key': '--key', 'alpn': '--alpn'}
        flat = [w for root in roots for w in ('--ca', root)]
        flat += [w for option, value in options.items() if option != 'trace' for w in (words[option], str(value))]
        process = peers.skerry_client(port, *self.side.ours, '--name', name, *flat, *(['--trace'] if 'trace' in options else []))
        process.send(self.say)
        return process

    def _micropython(self, port, roots, name, options):
        flat = [f'ca={root}' for root in roots] + [f'{option}={value}' for option, value in options.items()]
        process = peers.Process(MICROPYTHON, peers.ROOT / 'tests/interop/kit/mp_client.py', port, name, f'hear={-1 if self.to_the_end else self.hear}',
                                *flat)
        process.send(self.say)
        process.close_input()
        return process

    def end(self):
        """The exit code; what it heard is in out, the rest in said. Its own end comes behind what it was to hear."""
        if self.hear >= 0:
            self._until(self.hear)
            self.process.close_input()
        return self.process.finish()

    def _until(self, size):
        with self.process.changed:
            self.process.changed.wait_for(lambda: len(self.process.out) >= size or 'out ended' in self.process.seen, peers.SECONDS)

    @property
    def out(self):
        return self.process.out

    @property
    def said(self):
        return self.process.err


def accepted(side, port, anchors, words=(), hear=ANSWER, to_the_end=False, **options):
    """None, or what went wrong in a connection that should be fine. to_the_end: the server says close_notify first."""
    talk = Talk(side, port, anchors, hear=len(hear), to_the_end=to_the_end, **options)
    code = talk.end()
    missing = [w for w in (f'TLS {side.version} with', *words) if w not in talk.said.replace('TLSv', 'TLS ')]
    if code or talk.out != hear or missing:
        return f'{anchors}, {options}: exit code {code}, {len(talk.out)} bytes, not said: {missing}\n{talk.said}'
    return None


def refused(side, port, anchors, error, words=(), **options):
    """None, or what went wrong in a connection that should end with this error of ours."""
    talk = Talk(side, port, anchors, **options)
    code = talk.end()
    missing = [w for w in (error, *words) if w not in talk.said]
    if code != 1 or talk.out or missing:
        return f'{anchors}, {options}: exit code {code}, data {talk.out[:40]}, not said: {missing}\n{talk.said}'
    return None
