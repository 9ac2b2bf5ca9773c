#!/usr/bin/env python3
"""page.py [NAME...]: runs the scripts of tests/interop and writes what they print between the marks of docs/interop.md; with names
only those, and the page keeps what it has of the others.

SKERRY_BUILD names the build whose command line tool is tested (default: build). Exit code 1 when a cell failed."""
import re
import subprocess
import sys
import time

import peers

PAGE = peers.ROOT / 'docs/interop.md'
BEGIN, END = '<!-- written by tests/interop/kit/page.py: begin -->', '<!-- end -->'
SCRIPTS = {  # script: who is at the other end, how to ask it for its version
    'openssl_matrix': ('OpenSSL', ['openssl', 'version']), 'openssl_features': ('OpenSSL', ['openssl', 'version']),
    'openssl_sessions': ('OpenSSL', ['openssl', 'version']), 'openssl_refusals': ('OpenSSL', ['openssl', 'version']),
    'openssl_modes': ('OpenSSL', ['openssl', 'version']),
    'psk': ('GnuTLS and OpenSSL', ['openssl', 'version']),
    'gnutls_matrix': ('GnuTLS', ['gnutls-cli', '--version']), 'nss': ('NSS', ['dpkg-query', '-Wf', '${Version}', 'libnss3-tools']),
    'wolfssl_matrix': ('wolfSSL', [peers.BUILD / 'peers/wolfssl', 'version']),
    'mbedtls_matrix': ('mbedTLS', [peers.BUILD / 'peers/mbedtls', 'version']),
    'bearssl_matrix': ('BearSSL', [peers.BUILD / 'peers/bearssl', 'version']), 'jsse_matrix': ('JSSE', ['java', '-version']),
    'curl': ('curl', ['curl', '--version']), 'nginx': ('nginx', ['nginx', '-v']),
    'services': ('OpenSSL', ['openssl', 'version']), 'behaviours': ('OpenSSL', ['openssl', 'version']),
    'mosquitto': ('Mosquitto', ['mosquitto', '-h']), 'stunnel': ('stunnel', ['stunnel', '-version']),
}


def version(command):
    try:
        said = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return '?'
    found = re.search(r'\d+(?:\.\d+)+', said.stdout + said.stderr)
    return found[0] if found else '?'


def run(name):
    """(row of the summary, the tables, failed?)"""
    start = time.monotonic()
    process = subprocess.run([sys.executable, peers.ROOT / f'tests/interop/{name}.py'], capture_output=True, text=True)
    tables, _, _ = process.stdout.partition('\n--- ')
    counts = re.search(r'(\d+) cells, (\d+) failed', process.stdout)
    who, command = SCRIPTS[name]
    if process.returncode == 77:
        return f'| `{name}.py` | {who} | | skipped: {process.stdout.strip()} | | |', '', False
    cells, failed = counts.groups() if counts else ('?', process.stderr[-500:])
    row = f'| `{name}.py` | {who} {version(command)} | {cells} | {failed} | {time.monotonic() - start:.0f} |'
    print(row, flush=True)
    return row, re.sub(r'\d+ cells, \d+ failed', '', tables).strip(), process.returncode != 0


def kept(page):
    """What a page says of each script: (row, tables)."""
    rows = {name: row for row, name in re.findall(r'^(\| `(\w+)\.py` .*)$', page, re.M)}
    tables = dict(re.findall(r'^## ([^\n]*)\n\n```\n(.*?)\n```$', page, re.M | re.S))
    return {name: (row, tables.get(name.replace('_', ' '), ''), False) for name, row in rows.items()}


def main(names):
    before, rest = PAGE.read_text().split(BEGIN)
    middle, after = rest.split(END)
    results = {**(kept(middle) if names else {}), **{name: run(name) for name in names or SCRIPTS}}
    results = {name: results[name] for name in SCRIPTS if name in results}
    text = '| script | peer | cells | failed | seconds |\n|---|---|---:|---:|---:|\n'
    text += '\n'.join(row for row, _, _ in results.values()) + '\n'
    for name, (_, tables, _) in results.items():
        if tables:
            text += f'\n## {name.replace("_", " ")}\n\n```\n{tables}\n```\n'
    PAGE.write_text(f'{before}{BEGIN}\n\n{text}\n{END}{after}')
    print(f'written to {PAGE.relative_to(peers.ROOT)}')
    return 1 if any(failed for _, _, failed in results.values()) else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
