#!/usr/bin/env python3
"""Turns Wycheproof's archive of JSON files into lines that a C program reads without a JSON parser.

    wycheproof.py ARCHIVE.tar.xz

One vector per line, fields separated by a space, bytes as hexadecimal, nothing as "-":
    file NAME
    aead ID RESULT ALGORITHM TAG_BITS KEY NONCE AAD PLAINTEXT CIPHERTEXT TAG
    group ID RESULT NAMED_GROUP PRIVATE_KEY PEER SHARED
    sign ID RESULT SCHEME KEY_TYPE KEY_A KEY_B MESSAGE SIGNATURE
    other ID REASON...            a vector that include/skerry/crypto.h has no words for
    end NUMBER_OF_VECTORS
    done NUMBER_OF_FILES
NAMED_GROUP and SCHEME are the code points of include/skerry/crypto.h, KEY_TYPE its names.
"""
import json
import re
import sys
import tarfile

FILES = re.compile(r'(aes_gcm|aes_ccm|chacha20_poly1305|x25519|ecdh_secp\d+r1_ecpoint|ecdsa_secp\d+r1_sha\d+|ed25519'
                   r'|rsa_signature_\d+_sha\d+|rsa_pss_\d+_sha\d+_mgf1_\d+)_test\.json$')
GROUPS = {'curve25519': (29, 32), 'secp256r1': (23, 32), 'secp384r1': (24, 48)}
ECDSA = {('secp256r1', 'SHA-256'): '0403', ('secp384r1', 'SHA-384'): '0503', ('secp256r1', 'SHA-384'): 'fe01',
         ('secp256r1', 'SHA-512'): 'fe02', ('secp384r1', 'SHA-256'): 'fe03', ('secp384r1', 'SHA-512'): 'fe04'}
PKCS1 = {'SHA-256': '0401', 'SHA-384': '0501', 'SHA-512': '0601'}
PSS = {('SHA-256', 32): '0804', ('SHA-384', 48): '0805', ('SHA-512', 64): '0806'}


class NotHere(Exception):
    """Outside of what the contract can say."""


def number(text, size=None):
    """Without the zeros in front that Java's BigInteger writes, or filled up to size bytes."""
    value = int(text, 16)
    return value.to_bytes(size or max(1, (value.bit_length() + 7) // 8), 'big').hex()


def aead(group, test, name):
    algorithm = name.removesuffix('_test.json').replace('_', '-')
    return ['aead', test['tcId'], test['result'], algorithm, group['tagSize'], test['key'], test['iv'], test['aad'],
            test['msg'], test['ct'], test['tag']]


def key_exchange(group, test):
    code, size = GROUPS[group['curve']]
    private = test['private'] if code == 29 else number(test['private'], size)
    return ['group', test['tcId'], test['result'], code, private, test['public'], test['shared']]


def verification(group, test):
    key = group['publicKey']
    if group['type'] == 'EcdsaVerify':
        scheme = ECDSA.get((key['curve'], group['sha']))
        parts = [{'secp256r1': 'P256', 'secp384r1': 'P384'}[key['curve']], key['uncompressed'], '']
    elif group['type'] == 'EddsaVerify':
        scheme, parts = '0807', ['ED25519', key['pk'], '']
    else:
        if group['type'] == 'RsassaPkcs1Verify':
            scheme = PKCS1.get(group['sha'])
        elif group['mgf'] == 'MGF1' and group['mgfSha'] == group['sha']:
            scheme = PSS.get((group['sha'], group['sLen']))
        else:
            scheme = None
        parts = ['RSA', number(key['modulus']), number(key['publicExponent'])]
    if scheme is None:
        raise NotHere('no scheme of TLS')
    return ['sign', test['tcId'], test['result'], scheme, *parts, test['msg'], test['sig']]


def line_of(group, test, name):
    try:
        if group['type'] == 'AeadTest':
            return aead(group, test, name)
        if group['type'] in ('XdhComp', 'EcdhEcpointTest'):
            return key_exchange(group, test)
        return verification(group, test)
    except NotHere as why:
        return ['other', test['tcId'], *str(why).split()]


def main():
    files = 0
    with tarfile.open(sys.argv[1], 'r:*') as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            name = member.name.rsplit('/', 1)[-1]
            if not FILES.match(name):
                continue
            data, count = json.load(archive.extractfile(member)), 0
            print('file', name)
            for group in data['testGroups']:
                for test in group['tests']:
                    print(*(field if field != '' else '-' for field in line_of(group, test, name)))
                    count += 1
            if count != data['numberOfTests']:
                sys.exit(f'{name}: {count} vectors, the file says {data["numberOfTests"]}')
            print('end', count)
            files += 1
    print('done', files)


if __name__ == '__main__':
    main()
