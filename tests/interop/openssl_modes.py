#!/usr/bin/env python3
"""Skerry against OpenSSL where openssl_matrix.py stops: each suite, group and kind of key once more, resumed and with client certificates;
and with pre-shared keys (kit/matrix.py)."""
from kit import matrix, others

LACKS = [(lambda cell: 'TLS_ECDHE_PSK' in cell.suite and 'CHACHA20' not in cell.suite, 'these suites', 'no suite of that standard name')]

if __name__ == '__main__':
    matrix.main(others.Library('openssl', 'libssl-dev', lacks=LACKS, own_groups=True), modes=('resumed', 'client certificate'),
                groups=matrix.GROUPS)
