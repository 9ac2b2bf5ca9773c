#!/usr/bin/env python3
"""Skerry against OpenSSL: sessions that are resumed, and those that must not be, in TLS 1.3 and 1.2, both ways."""
import itertools

from kit import peers, table
from kit.peers import ended, expect, first

COLUMNS = [str(side) for side in peers.SIDES]
counter = itertools.count()
OLD_RULES = 'MinProtocol = TLSv1.2\nOptions = -ExtendedMasterSecret\n'


def fresh(what):
    """The path of a file that nobody has used."""
    return peers.WORK / f'{what}.{next(counter)}'


def without_extended_master_secret():
    """What OPENSSL_CONF must be for an OpenSSL that does not know RFC 7627."""
    path = peers.WORK / 'no-ems.cnf'
    path.write_text(f'openssl_conf = top\n[top]\nssl_conf = all\n[all]\nsystem_default = rules\n[rules]\n{OLD_RULES}')
    return str(path)


# --- Our client ---

def visit(side, port, session, resumed, options=(), words=()):
    """One connection that offers and saves the session; was it resumed, as it should?"""
    us = peers.skerry_client(port, *side.ours, '--ca', peers.root(), '--name', 'localhost', '--session', session, *options)
    wrong = peers.converse(us, b'good day\n', b'yad doog\n')
    if not wrong and ('resumed:' in us.err) != resumed:
        wrong = f'resumed: {not resumed}\n{us.err}'
    return wrong or expect(us, 'verified as localhost', *words)


def visits(side, server_options=(), client_options=(), expected=(False, True, True), words=(), name='p256', version=None,
           **variables):
    """Connections to one s_server, one after another, with one session file."""
    session = fresh('session')
    them = peers.openssl_server(name, version or side.openssl, '-rev', *server_options, connections=len(expected), **variables)
    wrong = first(*(visit(side, them.port, session, resumed, client_options, words) for resumed in expected))
    them.stop() if wrong else them.finish()
    return wrong and f'{wrong}\n{them.said}'


def by_us(side):
    return visits(side)


def by_us_rsa(side):
    return visits(side, name='rsa')


def by_us_with_certificate(side):
    chain, private = peers.key('client-p256')
    return visits(side, ('-Verify', '3', '-CAfile', peers.root(), '-verify_return_error'), ('--cert', chain, '--key', private))


def by_us_with_alpn(side):
    return visits(side, ('-alpn', 'b'), ('--alpn', 'a,b'), words=('application protocol: b',))


def by_us_with_retry(side):
    """A HelloRetryRequest comes between: the second binder must be right too."""
    words = ('(after a HelloRetryRequest)',) if side.version == '1.3' else ()
    return visits(side, ('-groups', 'P-384'), words=words)


def by_us_larger_hash(side):
    return visits(side, ('-ciphersuites', 'TLS_AES_256_GCM_SHA384', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'))


def by_us_without_key_exchange(side):
    return visits(side, ('-allow_no_dhe_kex',), ('--allow-psk-ke',))


def many_tickets(side):
    return visits(side, ('-num_tickets', '50'))


def no_tickets(side):
    """A server that gives none: no session, no file, full handshakes. In TLS 1.2 it may still give session ids."""
    options = ('-num_tickets', '0') if side.version == '1.3' else ('-no_ticket',)
    return visits(side, options, expected=(False, False))


def without_extended_master(side):
    """RFC 7627 section 5.3: such sessions are not to be resumed."""
    return visits(side, expected=(False, False), OPENSSL_CONF=without_extended_master_secret())


def with_another_server(side):
    """The ticket means nothing to the second one, which also speaks the other version."""
    session = fresh('session')
    for version in (side.openssl, '-no_ssl3'):
        them = peers.openssl_server('p256', version, '-rev')
        wrong = first(visit(side, them.port, session, False), ended(them))
        if wrong:
            return wrong
    return None


def bad_session_files(side):
    """Altered, cut, empty, sealed with another key: a full handshake and a good new session."""
    session, other = fresh('session'), fresh('session')
    them = peers.openssl_server('p256', side.openssl, '-rev', connections=6)
    wrong = first(visit(side, them.port, session, False), visit(side, them.port, other, False))
    good = session.read_bytes()
    for bad in (good[:-1] + bytes([good[-1] ^ 1]), good[:20], other.read_bytes()):
        session.write_bytes(bad)
        wrong = wrong or visit(side, them.port, session, False, words=('the handshake is a full one',))
    wrong = wrong or visit(side, them.port, session, True)
    them.stop()
    return wrong and f'{wrong}\n{them.said}'


def other_policy(side):
    """A session that came while nobody was verified must not stand for a verified one."""
    session = fresh('session')
    them = peers.openssl_server('p256', side.openssl, '-rev', connections=2)
    loose = peers.skerry_client(them.port, *side.ours, '--insecure', '--name', 'localhost', '--session', session)
    wrong = first(peers.converse(loose, b'good day\n', b'yad doog\n'), None if session.exists() else 'no session was saved',
                  visit(side, them.port, session, False, words=('the handshake is a full one',)))
    them.stop()
    return wrong


# --- Our server ---

def session_client(port, side, session, resumed, *options):
    """One s_client that offers the session, if there is one, and saves the one that comes."""
    offer = ('-sess_in', session) if session.exists() else ()
    them = peers.openssl_client(port, side.openssl, '-no_ign_eof', '-sess_out', session, *offer, *options)
    return peers.converse(them, b'good day\n', b'good day\n') or expect(them, 'Reused,' if resumed else 'New,')


def by_them(side, server=(), client=(), expected=(False, True, True), words=(), name='p256', second=None):
    """s_clients one after another, each with a server of its own that has the ticket key of the one before."""
    session, key = fresh('session'), fresh('ticket-key')
    for n, resumed in enumerate(expected):
        ours = second.ours if n and second else side.ours
        us = peers.skerry_server(name, *ours, '--echo', *(server or ('--ticket-key', key)))
        wrong = first(session_client(us.port, side, session, resumed, *client), ended(us),
                      expect(us, *words, *(['resumed:'] if resumed else [])))
        if wrong:
            us.stop()
            return wrong
    return None


def by_them_one_process(side):
    """The server's own keys, in memory."""
    session = fresh('session')
    us = peers.skerry_server('p256', *side.ours, '--echo', once=False)
    wrong = first(*(session_client(us.port, side, session, resumed) for resumed in (False, True, True)))
    us.stop()
    return wrong and f'{wrong}\n{us.said}'


def reconnect(side):
    """s_client -reconnect comes six times. In TLS 1.3 it goes before it has read a ticket."""
    us = peers.skerry_server('p256', *side.ours, '--echo', once=False)
    them = peers.openssl_client(us.port, side.openssl, '-reconnect', '-no_ign_eof')
    them.close_input()
    wrong = ended(them)
    us.stop()
    reused = 5 if side.version == '1.2' else 0
    counts = them.said.count('\nReused,'), us.err.count('resumed:')
    return wrong or (None if counts == (reused, reused) else f'{counts}\n{them.said}\n{us.said}')


def by_them_other_provider(side):
    """Servers over different crypto libraries resume each other's sessions."""
    other = peers.Side('bearssl' if side.provider == 'openssl' else 'openssl', side.version)
    return by_them(side, second=other)


def by_them_with_certificate(side):
    chain, private = peers.key('client-p256')
    key = fresh('ticket-key')
    return by_them(side, ('--ca', peers.root(), '--verify', 'required', '--ticket-key', key),
                   ('-cert', chain, '-cert_chain', chain, '-key', private), words=('the client is verified',))


def by_them_with_alpn(side):
    return by_them(side, ('--alpn', 'b', '--ticket-key', fresh('ticket-key')), ('-alpn', 'a,b'), words=('application protocol: b',))


def by_them_with_retry(side):
    return by_them(side, ('--groups', 'secp384r1', '--ticket-key', fresh('ticket-key')), ('-groups', 'X25519:P-256:P-384'),
                   words=('(after a HelloRetryRequest)',) if side.version == '1.3' else ())


def by_them_larger_hash(side):
    return by_them(side, client=('-ciphersuites', 'TLS_AES_256_GCM_SHA384', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'))


def by_them_without_key_exchange(side):
    return by_them(side, ('--allow-psk-ke', '--ticket-key', fresh('ticket-key')), ('-allow_no_dhe_kex',))


def many_tickets_of_ours(side):
    return by_them(side, ('--ticket-count', '50', '--ticket-key', fresh('ticket-key')))


def no_tickets_of_ours(side):
    return by_them(side, ('--no-tickets',), expected=(False, False)) if side.version == '1.2' else no_ticket_file(side)


def no_ticket_file(side):
    """In TLS 1.3 there is no session without a ticket, so s_client writes none."""
    session = fresh('session')
    us = peers.skerry_server('p256', *side.ours, '--echo', '--no-tickets', '--trace')
    return first(session_client(us.port, side, session, False), ended(us),
                 'a ticket was sent' if 'NewSessionTicket' in us.err else None)


def lost_ticket_key(side):
    """Every server has its own key: the ticket is unknown, the handshake a full one."""
    return by_them(side, ('--quiet',), expected=(False, False))


def they_lack_extended_master(side):
    session = fresh('session')
    us = peers.skerry_server('p256', *side.ours, '--echo', once=False)
    wrong = None
    for _ in range(2):
        offer = ('-sess_in', session) if session.exists() else ()
        them = peers.openssl_client(us.port, side.openssl, '-no_ign_eof', '-sess_out', session, *offer,
                                    OPENSSL_CONF=without_extended_master_secret())
        wrong = wrong or peers.converse(them, b'good day\n', b'\ngood day\n') or expect(them, 'New,', 'Extended master secret: no')
    us.stop()
    return wrong or (us.said if 'resumed:' in us.err else None)


ONLY = {by_us_without_key_exchange: '1.3', by_them_without_key_exchange: '1.3', without_extended_master: '1.2',
        they_lack_extended_master: '1.2', many_tickets: '1.3', many_tickets_of_ours: '1.3'}
CLIENT = (by_us, by_us_rsa, by_us_with_certificate, by_us_with_alpn, by_us_with_retry, by_us_larger_hash,
          by_us_without_key_exchange, many_tickets, no_tickets, without_extended_master, with_another_server, bad_session_files,
          other_policy)
SERVER = (by_them, by_them_one_process, reconnect, by_them_other_provider, by_them_with_certificate, by_them_with_alpn,
          by_them_with_retry, by_them_larger_hash, by_them_without_key_exchange, many_tickets_of_ours, no_tickets_of_ours,
          lost_ticket_key, they_lack_extended_master)


def main():
    peers.need('openssl')
    tables = []
    for role, cells in (('client', CLIENT), ('server', SERVER)):
        result = table.Table(f'sessions, Skerry {role}', COLUMNS)
        for cell in cells:
            for side in peers.SIDES:
                row = cell.__name__.replace('_', ' ')
                if ONLY.get(cell, side.version) != side.version:
                    result.note(row, str(side), '-')
                else:
                    result.run(row, str(side), cell, side)
        result.show()
        tables.append(result)
    print('-: not in that version')
    table.finish(*tables)


if __name__ == '__main__':
    main()
