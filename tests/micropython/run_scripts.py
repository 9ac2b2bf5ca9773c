#!/usr/bin/env python3
"""The tests that run under MicroPython alone: every mp/test_*.py, client and server in one interpreter."""
import pathlib
import subprocess
import sys
import tempfile

import support


def main():
    support.need_micropython()
    scripts = sorted((support.HERE / 'mp').glob('test_*.py'))
    wanted = sys.argv[1:]
    failed = []
    with tempfile.TemporaryDirectory() as name:
        support.make_keys(pathlib.Path(name))
        for script in scripts:
            if wanted and script.stem not in wanted:
                continue
            print(f'--- {script.stem}', flush=True)
            run = subprocess.run([support.MICROPYTHON, script], cwd=name, timeout=5 * support.TIMEOUT)
            if run.returncode != 0:
                failed.append(f'{script.stem} (exit code {run.returncode})')
    assert scripts, 'there are no scripts'
    print('failed: ' + ', '.join(failed) if failed else 'all scripts passed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
