#!/usr/bin/env python3
"""docs/iot-profile.md and the tests that it names.

    iot_profile.py [ROOT]   exit code 1 and one line per finding

Each row of its tables ends with the tests that show it: `FILE: test_name`, which its file's main() runs, or `FILE: "name"`, a row of a
table of cases. Only what is said to be "no" may have none. The check is itself tried with a row whose test is gone."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from negative_tests import CITED, main_runs  # noqa: E402


def check(root, page):
    found, rows = [], 0
    for n, line in enumerate(page.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip('|').split(' | ')]
        if not line.startswith('| ') or cells[-1] == 'shown by':
            continue
        rows += 1
        cited = CITED.findall(cells[-1])
        if len(cited) != cells[-1].count('`') // 2 or (not cited and not cells[2].startswith('no:')):
            found.append(f'docs/iot-profile.md:{n}: no test, or one that cannot be read: {cells[-1]}')
        for name, function, case in cited:
            text = (root / name).read_text() if (root / name).is_file() else ''
            there = f'{{"{case}",' in text if case else main_runs(text, function)
            if not there:
                found.append(f'docs/iot-profile.md:{n}: {name} has no {function or case}, or does not run it')
    return found if rows else ['docs/iot-profile.md has no rows']


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    page = (root / 'docs/iot-profile.md').read_text()
    found = check(root, page)
    for change in (('test_named', 'test_unnamed'), ('tests/pair/test_limits.c', 'tests/pair/test_limit.c'),
                   ('`tests/unit/test_record.c: test_altered`', 'somewhere')):
        if check(root, page.replace(*change)) == found:
            found.append(f'not noticed: {change[0]} is gone')
    print('\n'.join(found) or f'IoT profile: {len(CITED.findall(page))} tests are there')
    return bool(found)


if __name__ == '__main__':
    sys.exit(main())
