#!/usr/bin/env python3
"""Skerry against Java's own TLS (JSSE), in TLS 1.3 and 1.2, both ways (kit/matrix.py)."""
from kit import matrix, others

LACKS = [(lambda cell: cell.mode == 'psk', 'pre-shared keys', 'Unsupported CipherSuite'),
         (lambda cell: 'CCM' in cell.suite, 'suites with CCM', 'Unsupported CipherSuite')]

if __name__ == '__main__':
    matrix.main(others.Java(lacks=LACKS, own_groups=True, keys=('1.2',)))
