#!/usr/bin/env python3
"""Skerry against wolfSSL, in TLS 1.3 and 1.2, both ways (kit/matrix.py)."""
from kit import matrix, others

DOES_NOT_FIT = 'the peer signed with a scheme that was not offered or does not fit its key'
SIGNS = 'RSA-PSS keys: it signs with them as if they were RSA keys'
VERIFIES = 'RSA-PSS keys: it does not verify with them'
LACKS = [
    (lambda cell: cell.kind == 'pss' and cell.role == 'client', SIGNS, DOES_NOT_FIT),
    (lambda cell: cell.kind == 'pss' and cell.side.version == '1.3', VERIFIES, 'refused -425 '),
    (lambda cell: cell.kind == 'pss', VERIFIES, 'refused -133 '),
    (lambda cell: cell.mode == 'psk' and cell.side.version == '1.2' and 'CHACHA20' not in cell.suite and
     cell.suite != 'TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256', 'these suites', 'lacks TLS_'),
    (lambda cell: 'TLS_ECDHE_PSK' in cell.suite and (cell.role, cell.group) == ('server', 'x25519'),
     'x25519 in its client for these suites', 'refused -352 '),
    (lambda cell: cell.suite == 'AES_256_CCM', 'this suite', 'lacks TLS_ECDHE_ECDSA_WITH_AES_256_CCM'),
]


def client_kinds(cell):
    """In TLS 1.2 its server asks for client keys of the suite's own family."""
    if (cell.role, cell.side.version) != ('client', '1.2') or not cell.registered:
        return 'p256', 'p384', 'rsa', 'ed25519'
    return ('rsa',) if cell.kind in ('rsa', 'pss') else ('p256', 'p384')


if __name__ == '__main__':
    matrix.main(others.Library(
        'wolfssl', 'libwolfssl-dev', lacks=LACKS, client_kinds=client_kinds, tells_name=lambda cell: cell.client_kind != 'ed25519',
        lacks_client={'pss': ('RSA-PSS keys of clients', f'{DOES_NOT_FIT}|refused -')}))
