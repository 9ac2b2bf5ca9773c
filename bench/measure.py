#!/usr/bin/env python3
"""Measures Skerry and, beside it, OpenSSL's own TLS.

    measure.py figures    everything; prints tables and rewrites the marked part of docs/figures.md
    measure.py budgets    the few figures that bench/budgets.txt limits; exit code 1 when one is exceeded
    measure.py chunks     only the table of what it costs to receive a record in several blocks
    measure.py engine     where the engine's own instructions of a handshake go, by function

SKERRY_BUILD names the build whose libraries are measured (default: build). Instructions are callgrind's and repeat to
a few per mille; times do not, so they are medians of rounds in which the programs take turns.
"""
import fnmatch
import os
import platform
import shutil
import statistics
import subprocess
import sys

import callgrind
import memory
import programs
from programs import BUILD, ENVIRONMENT, SIDES, WORK, run, table

ROOT = programs.ROOT
PAGE = ROOT / 'docs/figures.md'
BEGIN, END = '<!-- measured: begin -->', '<!-- measured: end -->'
SIZES = (16384, 1024, 64)
COMEBACKS = {'TLS 1.3 resumed': {'BENCH_RESUME': '1'}, 'TLS 1.2': {'BENCH_VERSION': '1.2'},
             'TLS 1.2 resumed': {'BENCH_VERSION': '1.2', 'BENCH_RESUME': '1'}}
TITLES = {'libssl': 'OpenSSL (libssl)', 'skerry': 'Skerry, OpenSSL', 'skerry_bearssl': 'Skerry, BearSSL'}


def handshake_instructions(name, side, counts=(2, 6), **environment):
    return callgrind.per_operation(WORK / name, side, ['handshake', 'N'], {**ENVIRONMENT, **environment}, counts)


# --- The tables of the page ---

def handshakes():
    times = {name: [] for name in TITLES}
    for _ in range(5):
        for name in TITLES:
            times[name].append(run(name, 'handshake', 150)[0][1])
    instructions = {(name, side): handshake_instructions(name, side) for name in TITLES for side in SIDES}
    rows = []
    for name, title in TITLES.items():
        row = [title]
        for side in SIDES:
            total, engine, _ = instructions[name, side]
            reference = instructions['libssl', side][0]
            row += [f'{total / 1e6:.2f}', f'{total / reference:.2f}', '' if name == 'libssl' else f'{engine / 1e6:.3f}']
        for side in SIDES:
            mine = [float(t[f'{side}_us']) for t in times[name]]
            theirs = [float(t[f'{side}_us']) for t in times['libssl']]
            row += [f'{statistics.median(mine):.0f}', f'{statistics.median(m / t for m, t in zip(mine, theirs)):.2f}']
        rows.append(row + [times[name][0]['client_bytes'], times[name][0]['server_bytes']])
    head = ['full handshake', 'client Minstr', 'ratio', "engine's own", 'server Minstr', 'ratio', "engine's own",
            'client us', 'ratio', 'server us', 'ratio', 'client sends', 'server sends']
    return table(head, rows)


def comebacks():
    """Resumed sessions, and TLS 1.2."""
    rows = []
    for title, environment in COMEBACKS.items():
        times = {name: [] for name in TITLES}
        for _ in range(5):
            for name in TITLES:
                times[name].append(run(name, 'handshake', 150, **environment)[0][1])
        reference = {side: handshake_instructions('libssl', side, **environment)[0] for side in SIDES}
        for name, library in TITLES.items():
            row = [f'{title}: {library}']
            for side in SIDES:
                total, engine, _ = handshake_instructions(name, side, **environment)
                row += [f'{total / 1e6:.3f}', f'{total / reference[side]:.2f}', '' if name == 'libssl' else f'{engine / 1e6:.3f}']
            for side in SIDES:
                ratio = statistics.median(float(m[f'{side}_us']) / float(t[f'{side}_us']) for m, t in zip(times[name], times['libssl']))
                row.append(f'{ratio:.2f}')
            rows.append(row + [times[name][0]['client_bytes'], times[name][0]['server_bytes']])
    head = ['handshakes', 'client Minstr', 'ratio', "engine's own", 'server Minstr', 'ratio', "engine's own", 'client time, ratio',
            'server time, ratio', 'client sends', 'server sends']
    return table(head, rows)


def record_instructions(name, size, side, mode, **environment):
    counts = (4, 24) if size == 16384 else (10, 110)
    return callgrind.per_operation(WORK / name, side, [mode, 'N', size], {**ENVIRONMENT, **environment}, counts)[:2]


def records():
    rows = []
    cases = [(n, t, {}) for n, t in TITLES.items()] + [('skerry', TITLES['skerry'] + ', ciphers kept', {'BENCH_OTHER': '1'}),
                                                       ('skerry_bearssl', TITLES['skerry_bearssl'] + ', ciphers kept', {'BENCH_OTHER': '1'})]
    for name, title, environment in cases:
        speed = {int(v['size']): v for _, v in run(name, 'bulk', 48, **environment)}
        raw = {int(v['size']): v for _, v in run(name, 'raw', 48)} if name != 'libssl' else {}
        for size in SIZES:
            row = [f'{title}: {size}', speed[size]['seal_MBps'], speed[size]['open_MBps'], raw.get(size, {}).get('seal_MBps', '')]
            for side in SIDES:
                total, engine = record_instructions(name, size, side, 'records', **environment)
                if name == 'libssl':
                    row += [total, '', '']
                else:
                    row += [total, record_instructions(name, size, side, 'raw-records')[0], engine]
            rows.append(row)
    head = ['records of AES-128-GCM', 'seal MB/s', 'open MB/s', 'AEAD alone MB/s', 'seal instr', 'AEAD alone', "engine's own",
            'open instr', 'AEAD alone', "engine's own"]
    return table(head, rows)


def chunks():
    """What it costs to receive records of 16 KB in blocks, in time: callgrind counts what the processor copies and wipes at
    once, in one large block, byte by byte."""
    names, rows, first = ('skerry', 'skerry_bearssl'), [], {}
    for chunk in (65535, 2048, 1024, 512, 256, 64):
        row = ['one block' if chunk == 65535 else f'chunk {chunk}']
        for name in names:
            values = [float(v['open_MBps']) for _, v in run(name, 'bulk', 48, BENCH_CHUNK=str(chunk)) if v['size'] == '16384']
            first.setdefault(name, values[0])
            row += [values[0], f'{first[name] / values[0]:.2f}']
        rows.append(row + [programs.memory('skerry', BENCH_CHUNK=str(chunk))['server']['record_in_data']])
    head = ['records of 16384 received in'] + [word for name in names for word in (f'{TITLES[name]}: open MB/s', 'time, ratio')]
    return table(head + ['record in, bytes'], rows)


def describe():
    program = subprocess.run([WORK / 'skerry', 'info'], env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=True)
    compiler = subprocess.run(['cc', '--version'], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    return f'{program.stdout.split(" info ")[1].strip()}; {compiler}; {platform.machine()}.'


def figures():
    parts = [('Full handshakes', 'figures', handshakes), ('Resumed, and TLS 1.2', 'figures', comebacks), ('Records', 'figures', records),
             ('Records in blocks', 'chunks', chunks)]
    text = '\n\n'.join([describe(), *(f'### {title}\n\n`bench/measure.py {mode}`\n\n{make()}' for title, mode, make in parts)])
    print(text)
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f'{before}{BEGIN}\n\n{text}\n\n{END}{after}')
    print(f'\nwritten to {PAGE.relative_to(ROOT)}')
    return 0


# --- Budgets ---

def measured():
    """Every figure that a budget may name."""
    found = {}
    for side in SIDES:
        total, engine, _ = handshake_instructions('skerry', side, (1, 3))
        reference = handshake_instructions('libssl', side, (1, 3))[0]
        found[f'handshake_{side}_engine_instructions'] = engine
        found[f'handshake_{side}_percent_of_libssl'] = 100 * total // reference
    for title, environment in COMEBACKS.items():
        word = title.replace('TLS 1.', 'tls1').replace(' ', '_')
        for side in SIDES:
            total, engine, _ = handshake_instructions('skerry', side, (1, 3), **environment)
            found[f'{word}_{side}_engine_instructions'] = engine
            found[f'{word}_{side}_percent_of_libssl'] = 100 * total // handshake_instructions('libssl', side, (1, 3), **environment)[0]
    for side in SIDES:
        total = record_instructions('skerry', 64, side, 'records', BENCH_OTHER='1')[0]
        found[f'record_64_{side}_instructions_over_aead'] = total - record_instructions('skerry', 64, side, 'raw-records')[0]
    return found


def read_budgets():
    """[(pattern, limit, tolerance in per cent)]; every figure is held to each line that names it."""
    lines = [line.split('#')[0].split() for line in (ROOT / 'bench/budgets.txt').read_text().splitlines()]
    return [(words[0], int(words[1]), int(words[2])) for words in lines if words]


def verdict(value, limits):
    """(what to say of it, is it too much)."""
    if not limits:
        return 'no budget', False
    limit, tolerance = min(limits)
    if any(value * 100 > one * (100 + percent) for one, percent in limits):
        return f'EXCEEDS {limit} by more than {tolerance} %', True
    return f'of {limit}', False


def budgets():
    lines, (found, absent) = read_budgets(), memory.measured()
    found.update(measured())
    failed = used = 0
    for name, value in found.items():
        words, exceeds = verdict(value, [(limit, percent) for pattern, limit, percent in lines if fnmatch.fnmatchcase(name, pattern)])
        failed += exceeds
        print(f'{name:62} {value:9} {words}')
    for pattern, _, _ in lines:
        if machine := next((one for one in absent if pattern.startswith(one)), None):
            print(f'{pattern}: {machine} was {absent[machine]}')
        elif not fnmatch.filter(found, pattern):
            print(f'{pattern}: there is no such figure')
            used += 1
    print(f'{len(found)} figures, {failed} exceed their budget')
    return 1 if failed or used else 0


def engine():
    for side in SIDES:
        total, own, functions = handshake_instructions('skerry', side)
        print(f'{side}: {total} instructions, {own} of them the engine\'s')
        for cost, function in functions[:25]:
            print(f'  {cost:8} {function}')
    return 0


def main():
    modes = {'figures': figures, 'budgets': budgets, 'engine': engine, 'chunks': lambda: print(chunks())}
    if len(sys.argv) != 2 or sys.argv[1] not in modes:
        print(__doc__)
        return 2
    for tool, package in (('valgrind', 'valgrind'), ('openssl', 'openssl'), ('cc', 'gcc')):
        if not shutil.which(tool):
            print(f'{tool} is missing (Debian package {package})')
            return 77
    if not (BUILD / 'libskerry.a').exists():
        print(f'{BUILD}/libskerry.a is not there: build first')
        return 1
    programs.build()
    return modes[sys.argv[1]]()


if __name__ == '__main__':
    sys.exit(main())
