#!/usr/bin/env python3
"""Skerry against mbedTLS 2.28, whose newest version is TLS 1.2, both ways (kit/matrix.py)."""
from kit import matrix, others

UNREAD = 'lacks .*: 1 certificates in it can not be read'
NO_SCHEME = 'no certificate of this side fits the signature algorithms that the peer accepts'
LACKS = [
    (lambda cell: cell.kind in ('pss', 'ed25519') and cell.role == 'client', 'RSA-PSS and Ed25519 keys: it does not read them', UNREAD),
    (lambda cell: cell.kind in ('pss', 'ed25519'), 'RSA-PSS and Ed25519 keys: its ClientHello does not offer them', NO_SCHEME),
    (lambda cell: 'TLS_ECDHE_PSK' in cell.suite and 'CHACHA20' not in cell.suite, 'these suites',
     'mbedtls_ssl_get_ciphersuite_id knows no such suite'),
]

if __name__ == '__main__':
    matrix.main(others.Library(
        'mbedtls', 'libmbedtls-dev', lacks=LACKS, client_kinds=lambda cell: ('p256', 'p384', 'rsa'), own_groups=True,
        lacks_client={'pss': ('RSA-PSS keys of clients', f'{UNREAD}|No client certification received')},
        lacks_version=('TLS 1.3', 'no protocol version in common|peer said handshake_failure')), versions=('1.2',))
