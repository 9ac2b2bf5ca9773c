"""What memory a connection takes: Skerry by region, and the same columns of others.

    bench/memory             all tables, in some minutes (the first time some more: peers are compiled)
    bench/memory --write     the same, and rewrites the marked part of docs/figures.md and docs/figures.svg
    bench/memory own         only Skerry's, on this machine and on the emulated ones
    bench/memory size        only the code's size on a Cortex-M3
    bench/memory stack       what lies on the stack when BearSSL verifies and signs, call by call, on the emulated machines

Role x version x full or resumed handshake x library. Memory is counted by region through skr_memory_t, everything together
at the heap (memcount.c; on bare metal mcu/driver.c), stack by painting it. What can't be measured here is named, with the
reason. Peers' figures are those of a connection in their defaults, what they make once and keep left out.
"""
import json
import shutil
import subprocess
import sys

import callgrind
import mcu
import programs
import size
from programs import ROOT, SIDES, WORK, table

PAGE = ROOT / 'docs/figures.md'
BEGIN, END = '<!-- memory: begin -->', '<!-- memory: end -->'
REGIONS = ('connection', 'handshake', 'message', 'certificates', 'peer_certificate', 'record_in', 'record_out', 'cipher_in',
           'cipher_out', 'session', 'regions')
OWN = {'skerry': 'OpenSSL', 'skerry_bearssl': 'BearSSL'}
CASES = [  # title, program, environment, versions
    ('Skerry, OpenSSL', 'skerry', {}, ('1.3', '1.2')),
    ('Skerry, BearSSL', 'skerry_bearssl', {}, ('1.3', '1.2')),
    ('OpenSSL 3.0', 'libssl', {}, ('1.3', '1.2')),
    ('OpenSSL 3.0, buffers released', 'libssl', {'BENCH_OTHER': '1'}, ('1.3', '1.2')),
    ('mbedTLS 2.28', 'mbedtls228', {}, ('1.2',)),
    ('mbedTLS 3.6', 'mbedtls36', {}, ('1.3', '1.2')),
    ("mbedTLS 3.6, MicroPython's", 'mbedtls_micropython', {}, ('1.2',)),
    ('mbedTLS 3.6, smallest', 'mbedtls_smallest13', {}, ('1.3',)),
    ('mbedTLS 3.6, smallest', 'mbedtls_smallest12', {}, ('1.2',)),
    ('wolfSSL 5.5', 'wolfssl', {}, ('1.3', '1.2')),
    ('BearSSL', 'bearssl', {}, ('1.2',)),
    ('BearSSL, records of 512', 'bearssl', {'BENCH_OTHER': '1'}, ('1.2',)),
]
NEVER = {  # what a peer does not have, whatever is installed
    ('bearssl', '1.3'): 'BearSSL has TLS 1.2 only', ('mbedtls228', '1.3'): 'mbedTLS 2.28 has TLS 1.2 only (3.6 is below)',
    ('mbedtls_micropython', '1.3'): "MicroPython's configuration has TLS 1.2 only",
    ('mbedtls_micropython', 'resumed'): "MicroPython's configuration resumes no sessions"}


def cell_environment(version, handshake):
    return {'BENCH_VERSION': version, **({'BENCH_RESUME': '1'} if handshake == 'resumed' else {})}


# --- Skerry, by region ---

def own_cells():
    """(machine, provider, version, handshake) -> side -> figures; and why a machine is missing."""
    cells, absent = {}, {}
    for name, provider in OWN.items():
        for version, handshake in mcu.CELLS:
            cells['amd64', provider, version, handshake] = programs.memory(name, **cell_environment(version, handshake))
    for target in mcu.TARGETS:
        if reason := mcu.missing(target):
            absent[target] = reason
            continue
        for (version, handshake), sides in mcu.measure(target).items():
            cells[target, 'BearSSL', version, handshake] = sides
    return cells, absent


def own_table(cells, absent):
    rows = []
    for (machine, provider, version, handshake), sides in cells.items():
        for side in SIDES:
            values = sides[side]
            rows.append([f'{machine}, {provider}: {version} {handshake}, {side}', *(values[r] for r in REGIONS), values['takes'],
                         values['library_peak'], values['peak'], values['idle_data'], values['stack'],
                         f'{values["instructions"] / 1e6:.2f}' if values['instructions'] else ''])
    rows += [[machine, reason] + [''] * (len(REGIONS) + 5) for machine, reason in absent.items()]
    head = ['bytes', *(r.replace('_', ' ') for r in REGIONS[:-1]), 'regions at once', 'takes', "library's heap", 'all at once', 'idle',
            'stack', 'Minstr']
    return table(head, rows)


# --- Others ---

def peer_cells(absent):
    """(title, version, handshake) -> side -> figures, or the reason why there are none."""
    cells = {}
    for title, name, environment, versions in CASES:
        for version, handshake in mcu.CELLS:
            if version not in versions and (name, version) not in NEVER:
                continue
            reason = absent.get(name) or NEVER.get((name, version)) or NEVER.get((name, handshake))
            cells[title, version, handshake] = reason or programs.memory(name, **environment, **cell_environment(version, handshake))
    return cells


def peer_table(cells, version, handshake):
    rows = []
    for (title, its_version, its_handshake), sides in cells.items():
        if (its_version, its_handshake) != (version, handshake):
            continue
        if isinstance(sides, str):
            rows.append([title, sides] + [''] * 7)
        else:
            rows.append([title] + [sides[side][figure] for figure in ('peak', 'idle_data', 'allocations', 'stack') for side in SIDES])
    head = [f'TLS {version}, {handshake}'] + [f'{word}, {side}' for word in ('peak heap', 'idle', 'allocations', 'stack') for side in SIDES]
    return table(head, rows)


def bare_table():
    """Peers on the emulated machines, beside Skerry."""
    rows = []
    for target, machine in mcu.TARGETS.items():
        if mcu.missing(target):
            continue
        for title, cells in mcu.measure_peers(target).items():
            for (version, handshake), sides in cells.items():
                values = [sides[side] for side in SIDES]
                rows.append([f'{machine["title"]}: {title}, {version} {handshake}']
                            + [v[figure] for figure in ('peak', 'idle_data', 'allocations', 'stack') for v in values]
                            + [f'{v["instructions"] / 1e6:.2f}' for v in values])
    head = ['bare metal'] + [f'{word}, {side}' for word in ('peak heap', 'idle', 'allocations', 'stack', 'Minstr') for side in SIDES]
    return table(head, rows)


# --- What budgets.txt may name ---

def measured():
    cells, absent = own_cells()
    found = {}
    for (machine, provider, version, handshake), sides in cells.items():
        for side in SIDES:
            values, base = sides[side], f'{machine}_{provider}_{side}_{version}_{handshake}'.lower()
            figures = {'peak_bytes': values['peak'], 'idle_bytes': values['idle_data'], 'stack_bytes': values['stack'],
                       'takes': values['takes'], 'allocations': values['allocations'], 'instructions': values['instructions']}
            found.update({f'{base}_{name}': value for name, value in figures.items() if value})
    if not mcu.missing('cortex-m3'):
        found.update(size.measured())
    return found, absent


# --- The page ---

def section(title, command, text):
    return f'### {title}\n\n`{command}`\n\n{text}'


def tables():
    absent = programs.build(peers=True)
    cells = own_cells()
    peers = peer_cells(absent)
    parts = [section('Skerry by region', 'bench/memory own', own_table(*cells))]
    for version, handshake in mcu.CELLS:
        parts.append(section(f'Beside others: TLS {version}, {handshake} handshake', 'bench/memory', peer_table(peers, version, handshake)))
    parts.append(section('Beside others on bare metal', 'bench/memory', bare_table()))
    parts.append(section('Code on a Cortex-M3', 'bench/memory size', size.tables()))
    return '\n\n'.join(parts), peers


def draw(peers):
    """By Debian's own Python, whose package matplotlib is."""
    bars = {}
    for title, name, _, versions in CASES:
        sides = peers[title, versions[0], 'full']
        if not isinstance(sides, str):
            label = title if versions[0] == '1.3' else f'{title} (TLS 1.2)'
            count = callgrind.per_operation(WORK / name, 'client', ['handshake', 'N'],
                                            {**programs.ENVIRONMENT, 'BENCH_VERSION': versions[0]}, (1, 3))[0]
            bars[label] = (sides['client']['idle_data'] / 1e3, sides['client']['peak'] / 1e3, count / 1e6)
    subprocess.run(['/usr/bin/python3', ROOT / 'bench/plot.py', ROOT / 'docs/figures.svg'], input=json.dumps(bars), text=True, check=True)


def stack_text():
    lines = []
    for target in mcu.TARGETS:
        for version in ('1.3', '1.2'):
            for side, size, chain in mcu.chains(target, version, 'full'):
                lines.append(f'{target}, TLS {version}, {side}: {size} bytes below the call of the driver; innermost first')
                lines += [f'  {frame or "":>5} {name}' for name, frame in chain]
    return '\n'.join(lines)


def main():
    what = sys.argv[1] if len(sys.argv) == 2 else '' if len(sys.argv) == 1 else '?'
    if what not in ('', '--write', 'own', 'size', 'stack'):
        print(__doc__)
        return 2
    if not (programs.BUILD / 'libskerry.a').exists() or not shutil.which('ninja'):
        print(f'{programs.BUILD}/libskerry.a and ninja are needed: make')
        return 1
    if what == 'own':
        programs.build()
        print(own_table(*own_cells()))
    elif what in ('size', 'stack'):
        programs.build()
        print(size.tables() if what == 'size' else stack_text())
    else:
        text, peers = tables()
        print(text)
        if what == '--write':
            before, rest = PAGE.read_text().split(BEGIN)
            PAGE.write_text(f'{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}')
            draw(peers)
    return 0


if __name__ == '__main__':
    sys.exit(main())
