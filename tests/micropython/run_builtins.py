#!/usr/bin/env python3
"""With Skerry in it, MicroPython's hashlib and cryptolib offer what the stock build does."""
import subprocess
import sys

import support

SCRIPT = '''
import hashlib, cryptolib, sys
print(sorted(name for name in dir(hashlib) if name[0] != "_"))
print(sorted(name for name in dir(cryptolib) if name[0] != "_"))
for name in ("md5", "sha1", "sha256"):
    h = getattr(hashlib, name)(b"a")
    h.update(b"bc")
    print(name, h.digest().hex())
print(cryptolib.aes(bytes(16), 1).encrypt(bytes(16)).hex())
print(cryptolib.aes(bytes(32), 2, bytes(16)).encrypt(bytes(32)).hex())
print(cryptolib.aes(bytes(16), 1).decrypt(bytes.fromhex("66e94bd4ef8a2c3b884cfa59ca342b2e")).hex())
'''
# RFC 1321, FIPS 180 and the AES known answers of zeros.
WANTED = '''['md5', 'sha1', 'sha256']
['aes']
md5 900150983cd24fb0d6963f7d28e17f72
sha1 a9993e364706816aba3e25717850c26c9cd0d89d
sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
66e94bd4ef8a2c3b884cfa59ca342b2e
dc95c078a2408989ad48a21492842087'''


def main():
    support.need_micropython()
    run = subprocess.run([support.MICROPYTHON, '-c', SCRIPT], capture_output=True, text=True, timeout=support.TIMEOUT)
    print(run.stdout, run.stderr)
    lines = run.stdout.splitlines()
    wanted = WANTED.splitlines()
    if run.returncode or lines[:6] != wanted[:6] or not lines[6].startswith(wanted[6]) or lines[7] != '00' * 16:
        print('this is not what the stock build says')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
