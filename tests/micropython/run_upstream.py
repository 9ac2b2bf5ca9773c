#!/usr/bin/env python3
"""MicroPython's own tests of ssl and tls, from the source tree that build/micropython was made of, run on Skerry.

The tests are copied into a folder of our own. Their certificates have no subjectAltName, which Skerry (as CPython)
wants, and one does not belong to its key: they are replaced by new ones. Where Skerry is different on purpose,
DIFFERENT says how; a test that suddenly passes, or fails otherwise, fails this one.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import support

# Test: a line that must be in what it says instead.
DIFFERENT = {
    # Errors say more than the two words of the built-in module.
    'extmod/ssl_cadata': 'invalid cert: CERT_MALFORMED',
    'extmod/ssl_keycert': 'invalid key: KEY_MALFORMED',
    # Only TLS 1.3's cipher suites, with IANA's names; an unknown one is a ValueError that names it.
    'extmod/tls_sslcontext_ciphers': 'ValueError: unknown cipher suite BAR',
    'multi_net/sslcontext_server_client_ciphers': 'AssertionError',
    # OSError with a text that names cause and alert, not ValueError and not the name of an mbedTLS macro; the
    # numbers are the same.
    'multi_net/sslcontext_check_hostname_error': "(-29312, 'CLOSED_EARLY: ",
    'multi_net/sslcontext_verify_error': '(-9984, "CERT_NAME: ',
    'multi_net/sslcontext_verify_time_error': '(-9984, "CERT_EXPIRED: ',
    'multi_net/asyncio_tls_server_client_verify_error': '(-9984, "CERT_NAME: ',
    # In TLS 1.3 a client is ready before the server has looked at its certificate: it learns of the refusal when it
    # reads, and this one does not read.
    'multi_net/asyncio_tls_server_client_cert_required_error': "(-29824, 'CERTIFICATE_REQUIRED: ",
    # These contain their certificate's bytes.
    'multi_net/sslcontext_getpeercert': "b'server to client'",
    'multi_net/sslcontext_verify_callback': "b'server to client'",
}
LEFT_OUT = {
    'multi_net/tls_dtls_server_client': 'DTLS is not there yet',
    'extmod/ssl_noleak': 'needs the module unittest',
}


def source_tree():
    if 'MICROPYTHON' in os.environ:
        return pathlib.Path(os.environ['MICROPYTHON'])
    return support.BUILD / 'micropython-src'


def certificates(folder):
    """What the tests call ec_cert, rsa_cert, expired_cert: self-signed, with a subjectAltName."""
    extensions = 'basicConstraints=critical,CA:true\nsubjectAltName=DNS:micropython.local\n'
    for name, kind, days in (('ec', 'ec', 30), ('rsa', 'rsa', 30), ('expired', 'ec', -1)):
        if name == 'expired':
            shutil.copy(folder / 'ec.key', folder / 'expired.key')
        else:
            support.make_key(folder, name, kind)
        support.sign(folder, name, '/CN=micropython.local', extensions, name, days)
        support.openssl('x509', '-in', name + '.pem', '-outform', 'DER', '-out', f'{name}_cert.der', folder=folder)
        support.openssl('pkey', '-in', name + '.key', '-outform', 'DER', '-out', f'{name}_key.der', folder=folder)


def run(folder, command, *tests):
    environment = dict(os.environ, MICROPY_MICROPYTHON=str(support.MICROPYTHON), PYTHONDONTWRITEBYTECODE='1')
    done = subprocess.run([sys.executable, command, *tests], cwd=folder, env=environment, capture_output=True,
                          text=True, timeout=5 * support.TIMEOUT)
    return done.stdout + done.stderr


def run_single(folder, test):
    said = run(folder, 'run-tests.py', '-r', str(folder / 'results'), f'{test}.py')
    state = re.search(r'^(pass|skip|FAIL) +' + re.escape(test), said, re.M)
    results = list((folder / 'results').glob('*' + test.replace('/', '_') + '*.out'))
    return state and state[1], said + ''.join(path.read_text() for path in results)


def run_multi(folder, test):
    said = run(folder, 'run-multitests.py', f'{test}.py')
    if 'EADDRINUSE' in said:
        said = run(folder, 'run-multitests.py', f'{test}.py')
    state = re.search(r': (pass|skip|FAIL)$', said, re.M)
    return state and state[1], said


def run_poll(folder, test):
    """ssl_poll has an RSA key of 1024 bits in its text, which is refused; and MicroPython's runner leaves it out."""
    path = folder / f'{test}.py'
    text = path.read_text()
    for name in ('key', 'cert'):
        der = folder / 'multi_net' / f'ec_{name}.der'
        text = re.sub(rf'^{name} = bytes\.fromhex\(.*?^\)$', f'{name} = open({str(der)!r}, "rb").read()', text,
                      flags=re.M | re.S)
    path.write_text(text)
    done = subprocess.run([support.MICROPYTHON, path], capture_output=True, text=True, timeout=support.TIMEOUT)
    return 'FAIL' if done.returncode else 'pass', done.stdout + done.stderr


def runner(test):
    if test == 'extmod/ssl_poll':
        return run_poll
    return run_multi if test.startswith('multi_net') else run_single


def judge(test, state, said):
    """The finding, None when all is as it must be."""
    if test in DIFFERENT:
        if state == 'FAIL' and DIFFERENT[test] in said:
            return None
        return f'{state}, not different as expected ({DIFFERENT[test]})'
    return None if state in ('pass', 'skip') else f'{state}'


def main():
    support.need_micropython()
    tree = source_tree() / 'tests'
    if not (tree / 'run-multitests.py').is_file():
        support.skip(f'{tree} is not there: tools/micropython/build.sh fetches it')
    patterns = ('extmod/ssl*.py', 'extmod/tls*.py', 'multi_net/*ssl*.py', 'multi_net/*tls*.py')
    tests = [str(path.relative_to(tree))[:-3] for pattern in patterns for path in sorted(tree.glob(pattern))]
    counts, wrong = {}, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / 'tests'
        shutil.copytree(tree, folder, ignore=lambda d, names: {n for n in names if n in ('frozen', 'thread', 'perf_bench')})
        shutil.copytree(tree.parent / 'tools', folder.parent / 'tools', dirs_exist_ok=True)
        certificates(folder / 'multi_net')
        for test in tests:
            if test in LEFT_OUT:
                print(f'left out {test}: {LEFT_OUT[test]}')
                continue
            state, said = runner(test)(folder, test)
            if 'out of pty devices' in said:
                support.skip('MicroPython\'s test runner wants a pseudo-terminal, and there is none here (/dev/pts)')
            state = state or 'no result'
            finding = judge(test, state, said)
            word = 'different' if test in DIFFERENT and not finding else state
            counts[word] = counts.get(word, 0) + 1
            print(f'{word:9} {test}', flush=True)
            if finding:
                wrong.append(test)
                print(f'WRONG: {finding}\n{said}')
    print(', '.join(f'{count} {word}' for word, count in sorted(counts.items())))
    if counts.get('pass', 0) < 8:
        wrong.append('too few passed')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
