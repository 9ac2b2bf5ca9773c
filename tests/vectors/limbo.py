#!/usr/bin/env python3
"""x509-limbo's cases (C2SP, Apache-2.0) as lines that test_limbo.c reads.

    limbo.py ARCHIVE.json.xz REFUSALS.md

    case ID EXPECTED PURPOSE KIND NAME TIME INTERMEDIATES LISTED LISTED_STRICT
    root HEX      chain HEX      run      note TEXT

EXPECTED is + or -; KIND is none, DNS or IP; TIME is seconds since 1970, or "-" for a case that does not mind;
INTERMEDIATES is a number, or "-". LISTED and LISTED_STRICT say whether REFUSALS.md gives a reason why Skerry judges otherwise, without
and with the strict rules: 1 or 0. What Skerry cannot be asked at all becomes a note.
"""
import base64
import datetime
import json
import lzma
import re
import sys

SECTIONS = {
    '## Refused, though the suite accepts': 'default',
    '## Accepted, though the suite refuses': 'default',
    '## Refused with the strict rules, though the suite accepts': 'strict',
    '## Accepted with the strict rules, though the suite refuses': 'strict',
}
CANNOT_BE_ASKED = {'has-crl': 'needs revocation lists, which Skerry does not check'}


def listed(path):
    """The cases that the page names, by section."""
    found, section = {'default': set(), 'strict': set()}, None
    for line in open(path, encoding='utf-8'):
        if line.startswith('## '):
            section = SECTIONS.get(line.strip())
        elif section:
            first_cell = line.split('|')[1] if line.startswith('|') else ''
            found[section] |= set(re.findall(r'`([a-z0-9]+::[^`]+)`', first_cell))
    return found


def der(pem):
    body = re.search(r'-----BEGIN CERTIFICATE-----(.*?)-----END', pem, re.S)[1]
    return base64.b64decode(body).hex()


def seconds(text):
    """Rounded down: before the next second it is not yet the next second."""
    return int(datetime.datetime.fromisoformat(text).timestamp() // 1) if text else '-'


def main():
    cases = json.load(lzma.open(sys.argv[1]))['testcases']
    reasons = listed(sys.argv[2])
    names = {case['id'] for case in cases}
    for unknown in sorted((reasons['default'] | reasons['strict']) - names):
        print('unknown', unknown)
    for case in cases:
        cannot = [CANNOT_BE_ASKED[f] for f in case['features'] if f in CANNOT_BE_ASKED]
        if cannot:
            print('note', f'{case["id"]}: {cannot[0]}')
            continue
        peer = case['expected_peer_name'] or {'kind': 'none', 'value': '-'}
        depth = case['max_chain_depth']
        print('case', case['id'], '+' if case['expected_result'] == 'SUCCESS' else '-', case['validation_kind'].lower(), peer['kind'],
              peer['value'], seconds(case['validation_time']), depth if depth is not None and depth < 255 else '-',
              int(case['id'] in reasons['default']), int(case['id'] in reasons['strict']))
        for pem in case['trusted_certs']:
            print('root', der(pem))
        for pem in [case['peer_certificate'], *case['untrusted_intermediates']]:
            print('chain', der(pem))
        print('run')


if __name__ == '__main__':
    main()
