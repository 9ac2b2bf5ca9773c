#!/usr/bin/env python3
"""docs/negative-tests.md and the tests that it names.

    negative_tests.py [ROOT]       exit code 1 and one line per finding
    negative_tests.py --self-test  proves that each kind of mistake is noticed

Each row names a class, an alert and tests: `FILE: test_name`, a function that exists and that its file's main() runs, or
`FILE: "name"`, a row of a table of cases. Every alert is one of include/skerry/errors.h. That a case's error has one of the row's
alerts is looked up there, and so is that a row's alerts belong to errors that its files expect. All classes have rows.
"""
import pathlib
import re
import sys

CLASSES = [*range(1, 6), *range(7, 11), *range(13, 18), *range(20, 28), *range(29, 35)]
CITED = re.compile(r'`(tests/[\w./]+): (?:(test_\w+|main)|"([^`]+)")`')
# Alerts that TLS 1.2 does not have (RFC 5246 section 7.2).
TLS12 = {'CERTIFICATE_REQUIRED': 'handshake_failure', 'MISSING_EXTENSION': 'handshake_failure'}


def errors(root):
    """The alert's name of each error."""
    text = (root / 'include/skerry/errors.h').read_text()
    names = {m[1]: m[2] for m in re.finditer(r'ROW\((\w+),\s*\d+,\s*"(\w+)"\)', text)}
    alerts = {m[1]: names.get(m[2]) for m in re.finditer(r'ROW\((\w+),\s*\w+,\s*(\w+),\s*"', text)}
    return set(names.values()), alerts


def expected(text, alerts):
    """The alerts of all errors that a text names."""
    found = set(re.findall(r'\bSKR_ERR_(\w+)', text))
    return {alerts[name] for name in found if alerts.get(name)} | {TLS12[name] for name in found if name in TLS12}


def of_case(text, name, alerts):
    """The alerts of a row of a table; None: there is no such row."""
    at = text.find('{"' + name + '",')
    if at < 0:
        return None
    row = text[at + len(name) + 4:].split('{"', 1)[0].split(';', 1)[0]
    for word, meaning in re.findall(r'#define (\w+) (SKR_ERR_\w+)', text):
        row = re.sub(rf'\b{word}\b', meaning, row)
    return expected(row, alerts)


def main_runs(text, name):
    return re.search(rf'\b(?:PAIR_TEST\w*|cmocka_unit_test\w*)\(\s*{name}\b', text) is not None


def check_row(root, cells, alerts, known):
    wrong, seen = [], set()
    listed = set(re.findall(r'\b[a-z]+(?:_[a-z]+)+\b', cells[2])) if not cells[2].startswith('-') else set()
    wrong += [f'{alert} is no alert' for alert in sorted(listed - known)]
    cited = CITED.findall(cells[3])
    if not cited or len(cited) != cells[3].count('`') // 2:
        wrong.append(f'no test, or one that cannot be read: {cells[3][:60]}')
    for name, function, case in cited:
        path = root / name
        if not path.is_file():
            wrong.append(f'{name} does not exist')
            continue
        text = path.read_text()
        seen |= expected(text, alerts)
        if function == 'main':
            continue
        if function and not re.search(rf'^static void {function}\(void \*\*', text, re.M):
            wrong.append(f'{name} has no {function}()')
        elif function and not main_runs(text, function):
            wrong.append(f'{name} does not run {function}()')
        elif case:
            of = of_case(text, case, alerts)
            if of is None:
                wrong.append(f'{name} has no case "{case}"')
            elif listed and of and not of & listed:
                wrong.append(f'"{case}" ends in {"/".join(sorted(of))}, not in {"/".join(sorted(listed))}')
    if any('tests/unit' not in name for name, _, _ in cited):
        wrong += [f'no error of these files has the alert {alert}' for alert in sorted(listed & known - seen)]
    return wrong


def check(root, page):
    known, alerts = errors(root)
    found, classes = [], set()
    for n, line in enumerate(page.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip('|').split(' | ')]
        if re.match(r'\| *\d', line) and len(cells) == 4:
            classes.add(int(cells[0]))
            found += [f'docs/negative-tests.md:{n}: {text}' for text in check_row(root, cells, alerts, known)]
        elif re.match(r'\| *\d', line):
            found.append(f'docs/negative-tests.md:{n}: not four cells')
    found += [f'docs/negative-tests.md: no row of class {missing}' for missing in sorted(set(CLASSES) - classes)]
    return found


def self_test(root, page):
    changes = [(r'test_proofs_removed', 'test_proofs_gone', 'has no test_proofs_gone'),
               (r'tests/pair/test_order.c: test_removed', 'tests/pair/test_orders.c: test_removed', 'does not exist'),
               (r'"CAs in a circle"', '"CAs in a square"', 'has no case'),
               (r'\| unknown_ca \|', '| bad_record_mac |', 'not in bad_record_mac'),
               (r'\| certificate_required \|', '| certificate_wanted |', 'is no alert'),
               (r'\| inappropriate_fallback \|', '| unknown_ca |', 'no error of these files has the alert unknown_ca'),
               (r'(?m)^\| 29 .*\n', '', 'no row of class 29'),
               (r'`tests/pair/test_config.c: test_reuse`', 'somewhere', 'no test')]
    missed = [wanted for pattern, text, wanted in changes
              if not any(wanted in line for line in set(check(root, re.sub(pattern, text, page))) - set(check(root, page)))]
    print('\n'.join(f'not noticed: {wanted}' for wanted in missed) or f'self-test: all of {len(changes)} mistakes were noticed')
    return bool(missed)


def main():
    arguments = [a for a in sys.argv[1:] if a != '--self-test']
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[2])
    page = (root / 'docs/negative-tests.md').read_text()
    found = check(root, page)
    print('\n'.join(found) or f'negative tests: {len(CITED.findall(page))} tests and cases of {len(CLASSES)} classes are there')
    return bool(found) | self_test(root, page)


if __name__ == '__main__':
    sys.exit(main())
