"""The programs of the benchmark: builds and runs the workload, one program per library.

SKERRY_BUILD names the build whose libraries are measured (default: build). Peers are what Debian's -dev packages bring and,
where these are not what is to be measured, Debian's source packages, compiled here (tools/source_package.sh).
"""
import os
import pathlib
import subprocess

from ninja import Ninja, write_if_changed

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get('SKERRY_BUILD', ROOT / 'build'))
WORK = BUILD / 'bench'
ENVIRONMENT = {'BENCH_PKI': str(WORK / 'pki'), 'OPENSSL_CONF': '/dev/null'}
SIDES = ('client', 'server')
FLAGS = f'-std=gnu11 -O2 -g -Wall -Wextra -I{ROOT}/include -I{ROOT}'
# Which suite of Debian a source package is taken from; mbedTLS 3.6 is the one that MicroPython 1.25 has.
SUITES = {'bearssl': 'bookworm', 'mbedtls': 'trixie'}
SOURCE_FLAGS = '-std=gnu11 -O2 -g -w -ffunction-sections -fdata-sections'
PEERS = {  # what can be there or not: how to find out, and what brings it
    'bearssl': ('bearssl.h', 'libbearssl-dev'), 'mbedtls228': ('mbedtls/version.h', 'libmbedtls-dev'),
    'wolfssl': ('wolfssl/ssl.h', 'libwolfssl-dev')}
PACKAGED = {'bearssl': '-lbearssl', 'mbedtls228': '-lmbedtls -lmbedx509 -lmbedcrypto', 'wolfssl': '-lwolfssl'}
MBEDTLS = {  # configurations of mbedTLS 3.6
    'mbedtls36': '', 'mbedtls_micropython': "-DMBEDTLS_CONFIG_FILE='\"mbedtls_micropython.h\"'",
    'mbedtls_smallest13': "-DMBEDTLS_CONFIG_FILE='\"mbedtls_smallest.h\"' -DSMALLEST_TLS13",
    'mbedtls_smallest12': "-DMBEDTLS_CONFIG_FILE='\"mbedtls_smallest.h\"'"}


def source(package):
    """The folder of a source package of Debian, which is fetched when it is not there."""
    folder = BUILD / 'src' / package
    subprocess.run([ROOT / 'tools/source_package.sh', package, SUITES[package], folder], check=True)
    return folder


def micropython_source():
    run = subprocess.run([ROOT / 'tools/micropython/fetch.sh'], stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(run.stdout.strip())


def program(ninja, name, library, flags='', libs='', needs=(), extra=()):
    """One program: the driver, the workload, the library's part."""
    sources = [ROOT / 'bench/bench.c', ROOT / 'bench/workload.c', library, *extra]
    objects = [ninja.compile('cc', f'{FLAGS} {flags}', part, name) for part in sources]
    ninja.link(name, 'cc', FLAGS, objects, ' '.join(map(str, [*needs, libs])), needs)


def own_programs(ninja):
    engine, bearssl = BUILD / 'libskerry.a', BUILD / 'libskerry-bearssl.a'
    memory_c = [ROOT / 'ports/posix/memory.c']
    program(ninja, 'libssl', ROOT / 'bench/bench_openssl.c', libs='-lssl -lcrypto')
    for name, provider, needs, libs in (('skerry', 'openssl', [engine], '-lcrypto'),
                                        ('skerry_bearssl', 'bearssl', [engine, bearssl], '-lbearssl -lcrypto')):
        program(ninja, name, ROOT / 'bench/bench_skerry.c', f'-DBENCH_PROVIDER=skr_provider_{provider} -DBENCH_NAME={name}',
                libs, needs, memory_c)


def mbedtls_flags(configuration, folder):
    """What compiles mbedTLS, and what includes it, in one of the configurations."""
    flags = f'-DMBEDTLS_ALLOW_PRIVATE_ACCESS {MBEDTLS[configuration]} -I{folder}/include -I{folder}/library'
    if configuration == 'mbedtls_micropython':
        write_if_changed(WORK / 'mbedtls/py/mpconfig.h', '#define MICROPY_PY_SSL_DTLS (0)\n')
        flags += f' -I{WORK}/mbedtls -I{micropython_source()}/extmod/mbedtls'
    return f'{flags} -I{ROOT}/bench/peers'


def source_peers(ninja):
    """mbedTLS 3.6 in its configurations, from its source; the reason when that can't be had."""
    try:
        folder = source('mbedtls')
    except subprocess.CalledProcessError:
        return {name: "Debian's source package could not be fetched (see above)" for name in MBEDTLS}
    for name in MBEDTLS:
        flags = mbedtls_flags(name, folder)
        parts = sorted(folder.glob('library/*.c'))
        objects = [ninja.compile('cc', f'{SOURCE_FLAGS} {flags}', part, f'{name}_library') for part in parts]
        archive = ninja.archive(f'lib{name}.a', objects)
        program(ninja, name, ROOT / 'bench/peers/bench_mbedtls.c', f'-DBENCH_NAME={name} {flags}', '-Wl,--gc-sections',
                [archive])
    return {}


def has_header(name):
    return subprocess.run(['cc', '-E', '-'], input=f'#include <{name}>\n', text=True, capture_output=True).returncode == 0


def build(peers=False):
    """Makes the programs; the names of those that can't be had, with the reasons."""
    ninja, absent = Ninja(WORK), {}
    own_programs(ninja)
    ninja.link('memcount.so', 'cc', f'{FLAGS} -shared', [ninja.compile('cc', f'{FLAGS} -fno-builtin -fPIC', ROOT / 'bench/memcount.c',
                                                                       'memcount')])
    for name, (header, package) in PEERS.items() if peers else ():
        if has_header(header):
            library = 'mbedtls' if name.startswith('mbedtls') else name
            program(ninja, name, ROOT / f'bench/peers/bench_{library}.c', f'-DBENCH_NAME={name}', PACKAGED[name])
        else:
            absent[name] = f'{package} is not installed here'
    if peers:
        absent.update(source_peers(ninja))
    if not (WORK / 'pki/leaf.key.der').exists():
        subprocess.run([ROOT / 'bench/pki_make.sh', WORK / 'pki'], check=True)
    ninja.run()
    return absent


def run(name, *arguments, **environment):
    """What a program prints: a list of (mode, {key: value})."""
    process = subprocess.run([WORK / name, *map(str, arguments)], env={**os.environ, **ENVIRONMENT, **environment},
                             capture_output=True, text=True)
    if process.returncode:
        raise SystemExit(f'{name} {arguments} {environment}: {process.stderr}')
    lines = [line.split() for line in process.stdout.splitlines()]
    return [(words[1], dict(w.split('=') for w in words[2:] if '=' in w)) for words in lines]


def memory(name, **environment):
    """side -> {figure: number}: the memory of a connection."""
    lines = run(name, 'memory', LD_PRELOAD=str(WORK / 'memcount.so'), LD_BIND_NOW='1', **environment)
    return {values.pop('side'): {key: int(value) for key, value in values.items()} for _, values in lines}


def table(head, rows):
    """Markdown, in columns for those who read it as text."""
    cells = [[str(c) for c in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ['| ' + ' | '.join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))) + ' |'
             for row in cells]
    lines.insert(1, '|' + '|'.join('-' * (w + 2) if i == 0 else '-' * (w + 1) + ':' for i, w in enumerate(widths)) + '|')
    return '\n'.join(lines)
