#!/usr/bin/env python3
"""Certificate chains as the servers of 2026 send them (tests/support/chains_make.py), sent by OpenSSL and GnuTLS to our clients:
the command line with both providers and build/micropython, in TLS 1.3 and 1.2.

A good chain is a row: accepted with each of its anchors, and refused with a stranger's anchor and for another name. A bad one is
a row, too: refused with each of its anchors. The alerts that the server saw are part of every cell.
"""
import re

from kit import peers, services, table
from kit.peers import first

CHAINS = services.CHAINS
ALERTS = {'CERT_UNKNOWN_CA': 48, 'CERT_EXPIRED': 45, 'CERT_NAME': 42, 'CERT_PATH_LENGTH': 42, 'CERT_PURPOSE': 43,
          'CERT_ALGORITHM': 43, 'CERT_WINDOW': 46, 'CERT_TOO_COMPLEX': 42}
# With a stranger's anchor: a failed check tells more than an unknown root.
STRANGER = {'sha1-above': 'CERT_ALGORITHM', 'expired-twin': 'CERT_EXPIRED', 'larger': 'CERT_TOO_COMPLEX'}
# MicroPython has the usual certificate window, the command line a large one. In chains that are long or in disorder what could have
# led to an anchor does not stay in the usual one, which is also too small for an anchor at the top of such disorder.
STRANGER_USUAL = {**STRANGER, 'larger': 'CERT_WINDOW', 'wrong-order': 'CERT_WINDOW'}
TOO_FAR = {('wrong-order', 'x1')}


def host(chain):
    return '127.0.0.1' if chain == 'address' else services.HOST


def judge(server, wrong, expected):
    """The server ends; it must have seen these alerts and no others."""
    server.stop() if wrong else server.finish()
    seen = services.alerts(server)
    if wrong or seen != expected:
        return f'{wrong or ""}\nthe server saw the alerts {seen}, not {expected}\n{server.said}'
    return None


def traced(talk, arrow, message):
    """The sizes of the handshake messages of that name, from a trace."""
    lines = [line.split() for line in talk.said.splitlines()]
    return [int(words[3]) for words in lines if words[:3] == [arrow, 'handshake', message]]


def sizes(side, port, anchors, name, expected):
    """A connection with these (arrow, message, bytes) in its trace."""
    talk = services.Talk(side, port, anchors, name=name, trace=1)
    code = talk.end()
    wrong = [(e, traced(talk, *e[:2])) for e in expected if traced(talk, *e[:2]) != [e[2]]]
    return f'{code}: {wrong}\n{talk.said}' if code or wrong else None


def good(side, chain):
    usual = side.provider == 'micropython'
    far = [a for a in CHAINS.GOOD[chain][1] if usual and (chain, a) in TOO_FAR]
    anchors = [a for a in CHAINS.GOOD[chain][1] if a not in far]
    error = (STRANGER_USUAL if usual else STRANGER).get(chain, 'CERT_UNKNOWN_CA')
    server = services.openssl_server(chain, side.version, connections=len(far) + len(anchors) + 3)
    stranger = 'digicert-g2' if 'digicert-g2' not in anchors else 'gts-r4'
    sent = '<--', 'Certificate', services.certificate_size(chain, side.version)  # all of it, as it is
    wrong = first(*(services.accepted(side, server.port, [a], name=host(chain)) for a in anchors),
                  sizes(side, server.port, [stranger, *anchors], host(chain), [sent]),
                  services.refused(side, server.port, [stranger], error, name=host(chain)),
                  services.refused(side, server.port, anchors, 'CERT_NAME', name='other.example'),
                  *(services.refused(side, server.port, [a], 'CERT_WINDOW') for a in far))
    return judge(server, wrong, [ALERTS[error], ALERTS['CERT_NAME']] + [ALERTS['CERT_WINDOW']] * len(far))


def bad(side, chain):
    _, anchors, error, _ = CHAINS.BAD[chain]
    server = services.openssl_server(chain, side.version, connections=len(anchors))
    wrong = first(*(services.refused(side, server.port, [a], error) for a in anchors))
    return judge(server, wrong, [ALERTS[error]] * len(anchors))


def wildcard(side):
    """One label stands for the star, not two and not none."""
    server = services.openssl_server('letsencrypt', side.version, connections=3)
    wrong = first(services.accepted(side, server.port, ['x1'], name='seven.wild.example'),
                  services.refused(side, server.port, ['x1'], 'CERT_NAME', name='a.b.wild.example'),
                  services.refused(side, server.port, ['x1'], 'CERT_NAME', name='wild.example'))
    return judge(server, wrong, [42, 42])


def expired_root(side):
    """The old cross-signer has expired: its anchor alone leads nowhere, and does no harm beside the good one."""
    server = services.openssl_server('google', side.version, connections=3)
    wrong = first(services.refused(side, server.port, ['globalsign-expired'], 'CERT_EXPIRED'),
                  services.accepted(side, server.port, ['globalsign-expired', 'gts-r4']),
                  services.accepted(side, server.port, ['gts-r4', 'globalsign-expired']))
    return judge(server, wrong, [45])


def azure_asks(side):
    """The server asks for a certificate and goes on without: we answer with an empty Certificate."""
    server = services.openssl_server('azure', side.version, '-verify', '3', '-CAfile', services.anchor('x1'), connections=2)
    wrong = first(sizes(side, server.port, ['digicert-g2'], services.HOST, [('-->', 'Certificate', 8 if side.version == '1.3' else 7)]),
                  services.refused(side, server.port, ['x1'], 'CERT_UNKNOWN_CA'))
    return judge(server, wrong, [48])


def asks_in_earnest(side):
    """... and where it does not go on without, we are told so."""
    server = services.openssl_server('azure', side.version, '-Verify', '3', '-CAfile', services.anchor('x1'))
    told = 'certificate_required' if side.version == '1.3' else 'handshake_failure'
    wrong = services.refused(side, server.port, ['digicert-g2'], told)
    return judge(server, wrong, [])


def gnutls(side, chain):
    """The same chain from another stack."""
    chain_file, _, key = services.credential(chain)
    port, anchors = peers.free_port(), list(CHAINS.GOOD[chain][1])
    server = peers.Server(port, 'gnutls-serv', '--port', str(port), '--echo', '--x509certfile', chain_file, '--x509keyfile', key,
                          '--disable-client-cert', '--debug', '5', '--priority', f'NORMAL:-VERS-ALL:+VERS-TLS{side.version}')
    wrong = first(*(services.accepted(side, port, [a], hear=services.GREETING) for a in anchors),
                  services.refused(side, port, ['digicert-g2'], 'CERT_UNKNOWN_CA'),
                  services.refused(side, port, anchors, 'CERT_NAME', name='other.example'))
    server.stop()
    seen = [int(number) for number in re.findall(r'Alert\[2\|(\d+)\] - [^-]* - was received', server.said)]
    return f'{wrong or ""}\nthe server saw the alerts {seen}\n{server.said}' if wrong or seen != [48, 42] else None


def needs():
    """What a device needs for each: an anchor that does (the one to prefer), bytes; and of the engine's memory at once, for the connection
    and its regions, over the crypto library that keeps its own elsewhere."""
    result = table.Table('what a device needs, bytes', ['certificates', 'sent', 'anchor', 'of it', 'memory 1.3', 'memory 1.2'])
    for chain in ('letsencrypt', 'letsencrypt-five', 'letsencrypt-rsa', 'amazon', 'amazon-ec', 'google', 'azure', 'telegram', 'large'):
        sent, anchors = CHAINS.GOOD[chain]
        preferred = next(iter(anchors))
        size = (CHAINS.FOLDER / f'anchor/{preferred}.der').stat().st_size
        for column, text in zip(result.columns, (len(sent), services.certificate_size(chain, '1.2'), preferred, size)):
            result.note(chain, column, str(text))
        for version in peers.VERSIONS:
            server = services.openssl_server(chain, version)
            talk = services.Talk(peers.Side('openssl', version), server.port, [preferred], trace=1)
            talk.end()
            server.stop()
            found = re.search(r'memory: connection (\d+) bytes, regions (\d+) at once', talk.said)
            result.note(chain, f'memory {version}', str(int(found[1]) + int(found[2])) if found else '?')
    return result


def main():
    services.need('gnutls-serv')
    tables = [table.Table(title, services.COLUMNS) for title in ('chains that are good', 'chains that are not', 'more of them')]
    rows = ([(tables[0], chain, good, chain) for chain in CHAINS.GOOD] + [(tables[1], chain, bad, chain) for chain in CHAINS.BAD] +
            [(tables[2], cell.__name__.replace('_', ' '), cell) for cell in (wildcard, expired_root, azure_asks, asks_in_earnest)] +
            [(tables[2], f'{chain} by GnuTLS', gnutls, chain) for chain in ('letsencrypt', 'letsencrypt-rsa', 'google')])
    for result, row, cell, *arguments in rows:
        for side in services.SIDES:
            result.run(row, str(side), cell, side, *arguments)
    for result in (*tables, needs()):
        result.show()
    table.finish(*tables)


if __name__ == '__main__':
    main()
