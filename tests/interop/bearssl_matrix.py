#!/usr/bin/env python3
"""Skerry against BearSSL's own TLS, whose newest version is TLS 1.2, both ways (kit/matrix.py)."""
from kit import matrix, others

UNREAD = 'lacks .*: br_skey_decoder_last_error is 49'
NO_SCHEME = 'no certificate of this side fits the signature algorithms that the peer accepts'
LACKS = [
    (lambda cell: cell.mode == 'psk', 'pre-shared keys', "refused it sent alert 40|refused BearSSL's error 16"),
    (lambda cell: cell.kind in ('pss', 'ed25519') and cell.role == 'client', 'RSA-PSS and Ed25519 keys: it does not read them', UNREAD),
    (lambda cell: cell.kind in ('pss', 'ed25519'), 'RSA-PSS and Ed25519 keys: its ClientHello does not offer them', NO_SCHEME),
    # Sessions of ours need both.
    (lambda cell: cell.mode == 'resumed', 'tickets and an extended master secret: all handshakes are full ones',
     'connected [^\\n]*full.*connected [^\\n]*full'),
]

if __name__ == '__main__':
    matrix.main(others.Library(
        'bearssl', 'libbearssl-dev', lacks=LACKS, client_kinds=lambda cell: ('p256', 'p384', 'rsa'), tells_name=lambda cell: False,
        lacks_client={'pss': ('RSA-PSS keys of clients', f'{UNREAD}|refused')},
        lacks_version=('TLS 1.3', 'no protocol version in common|peer said handshake_failure')), versions=('1.2',))
