"""Counts instructions with callgrind and tells to whom they belong.

One side of the workload is counted by toggling collection at run_client() or run_server(). The profile has each
function's own cost, its object and its source file, and the inclusive cost of each call. From these:
  engine    functions whose source lies in src/, and what they call of the C library (memcpy, memset)
  provider  functions of crypto/, of the crypto library, and what these call
  rest      the benchmark itself and the memory that it hands out
Two runs with different counts are subtracted, so that setting up costs nothing.
"""
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Profile:
    """The sums of one callgrind output file."""

    def __init__(self, text):
        self.names = {}
        self.own, self.calls, self.functions = {}, {}, {}
        place = {'ob': '', 'fl': '', 'fn': ''}
        callee, after_calls = {}, False
        for line in text.splitlines():
            if m := re.match(r'(c?)(ob|fl|fi|fe|fn)=(.*)', line):
                self.place(callee if m[1] else place, m[2], self.name(m[1], m[2], m[3]), place)
            elif line.startswith('calls='):
                after_calls = True
            elif re.match(r'[-+*\d]', line):
                cost = int((line.split() + ['0', '0'])[1])
                self.count(place, callee if after_calls else None, cost)
                if after_calls:
                    callee, after_calls = {}, False

    def name(self, call, kind, text):
        """Names are written once, behind their number."""
        table = {'ob': 'ob', 'fn': 'fn'}.get(kind, 'fl')
        m = re.match(r'\((\d+)\)(?: (.*))?$', text)
        if not m:
            return text
        if m[2] is not None:
            self.names[table, m[1]] = m[2]
        return self.names[table, m[1]]

    @staticmethod
    def place(where, kind, name, place):
        if kind in ('fi', 'fe') and where is place:
            return  # code inlined from another file counts as its function's
        where['fl' if kind in ('fi', 'fe') else kind] = name

    @staticmethod
    def owner(place):
        file, program = place.get('fl', ''), os.path.basename(place.get('ob', ''))
        for folder, owner in (('src', 'engine'), ('crypto', 'provider'), ('bench', 'rest'), ('ports', 'rest')):
            if file.startswith(f'{ROOT}/{folder}/') or file.startswith(f'{folder}/'):
                return owner
        return 'libc' if re.match(r'(libc|ld-linux|ld)[.-]', program) else 'provider'

    def count(self, place, callee, cost):
        owner = self.owner(place)
        if callee is None:
            self.own[owner] = self.own.get(owner, 0) + cost
            key = (owner, place['fn'])
            self.functions[key] = self.functions.get(key, 0) + cost
        else:
            target = self.owner({**place, **callee})
            self.calls[owner, target] = self.calls.get((owner, target), 0) + cost

    def total(self):
        return sum(self.own.values())

    def engine(self):
        return self.own.get('engine', 0) + self.calls.get(('engine', 'libc'), 0)


def profile(program, side, arguments, environment):
    """One run under callgrind, collected while that side runs."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / 'out'
        run = subprocess.run(['valgrind', '--tool=callgrind', f'--callgrind-out-file={out}', f'--toggle-collect=run_{side}',
                              program, *map(str, arguments)],
                             env={**os.environ, **environment, 'LD_BIND_NOW': '1'}, capture_output=True, text=True)
        if run.returncode or not out.exists():
            raise SystemExit(f'{program} under callgrind: exit code {run.returncode}\n{run.stderr}')
        return Profile(out.read_text())


def per_operation(program, side, arguments, environment, counts=(2, 6)):
    """(all instructions, the engine's, [(cost, function of the engine)]) of one operation: "N" in arguments is its count."""
    few, many = (profile(program, side, [n if a == 'N' else a for a in arguments], environment) for n in counts)
    steps = counts[1] - counts[0]
    functions = [((cost - few.functions.get(key, 0)) // steps, key[1]) for key, cost in many.functions.items() if key[0] == 'engine']
    return ((many.total() - few.total()) // steps, (many.engine() - few.engine()) // steps, sorted(functions, reverse=True))
