#!/usr/bin/env python3
"""Skerry against OpenSSL and GnuTLS with pre-shared keys, both ways, in both versions, without any certificate: ECDHE_PSK and PSK
suites of TLS 1.2, psk_dhe_ke and psk_ke of TLS 1.3; sessions of such connections; wrong keys and unknown identities."""
import itertools

from kit import peers, table
from kit.peers import ended, expect, first

COLUMNS = [str(side) for side in peers.SIDES]
IDENTITY, KEY, OTHER = 'sensor-7', '00112233445566778899aabbccddeeff' * 2, 'ff' * 32
counter = itertools.count()

# Cipher suites of TLS 1.2: ours, OpenSSL's name, GnuTLS's priority words; None: the other has none. OpenSSL knows ECDHE_PSK with
# ChaCha20-Poly1305 only, GnuTLS knows it with CBC and that one.
SUITES = {
    'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256': ('ECDHE-PSK-CHACHA20-POLY1305', '+ECDHE-PSK:+CHACHA20-POLY1305:+AEAD'),
    'TLS_PSK_WITH_AES_128_GCM_SHA256': ('PSK-AES128-GCM-SHA256', '+PSK:+AES-128-GCM:+AEAD'),
    'TLS_PSK_WITH_AES_256_GCM_SHA384': ('PSK-AES256-GCM-SHA384', '+PSK:+AES-256-GCM:+AEAD'),
    'TLS_PSK_WITH_CHACHA20_POLY1305_SHA256': ('PSK-CHACHA20-POLY1305', '+PSK:+CHACHA20-POLY1305:+AEAD'),
    'TLS_PSK_WITH_AES_128_CCM': ('PSK-AES128-CCM', '+PSK:+AES-128-CCM:+AEAD'),
    'TLS_PSK_WITH_AES_256_CCM': ('PSK-AES256-CCM', '+PSK:+AES-256-CCM:+AEAD'),
    'TLS_PSK_WITH_AES_128_CCM_8': ('PSK-AES128-CCM8', '+PSK:+AES-128-CCM-8:+AEAD'),
    'TLS_PSK_WITH_AES_256_CCM_8': ('PSK-AES256-CCM8', '+PSK:+AES-256-CCM-8:+AEAD'),
}
# What both sides may in TLS 1.3, with SHA-256, which is a key's hash when nothing is said (RFC 9846 section 4.3.11).
SUITES13 = {
    'TLS_AES_128_GCM_SHA256': '+AES-128-GCM',
    'TLS_CHACHA20_POLY1305_SHA256': '+CHACHA20-POLY1305',
    'TLS_AES_128_CCM_SHA256': '+AES-128-CCM',
}


def fresh(what):
    return peers.WORK / f'{what}.{next(counter)}'


def psk(key=KEY, identity=IDENTITY):
    return '--psk', f'{identity}:{key}'


# --- The others, without certificates ---

def openssl_server(*options, key=KEY, identity=IDENTITY, connections=1):
    port = peers.free_port()
    return peers.Server(port, 'openssl', 's_server', '-accept', f'127.0.0.1:{port}', '-naccept', connections, '-nocert', '-psk', key,
                        '-psk_identity', identity, '-rev', *options)


def openssl_client(port, *options, key=KEY, identity=IDENTITY):
    return peers.Process('openssl', 's_client', '-connect', f'127.0.0.1:{port}', '-psk', key, '-psk_identity', identity, *options)


def priority(version, words):
    return f'NONE:+VERS-TLS{version}:+GROUP-X25519:+GROUP-SECP256R1:+SIGN-ALL:+MAC-ALL:+COMP-NULL:{words}'


def gnutls_server(words, *options, version, key=KEY, identity=IDENTITY):
    port, file = peers.free_port(), fresh('passwd')
    file.write_text(f'{identity}:{key}\n')
    return peers.Server(port, 'gnutls-serv', '--port', str(port), '--echo', '--pskpasswd', file, '--priority',
                        priority(version, words), *options)


def gnutls_client(port, words, *options, version, key=KEY, identity=IDENTITY):
    return peers.Process('gnutls-cli', '--port', str(port), '--pskusername', identity, '--pskkey', key, '--priority',
                         priority(version, words), *options, '127.0.0.1')


# --- What both have said ---

def knows(us, who, identity=IDENTITY):
    return expect(us, f'the {who} knows the pre-shared key of {identity}')


def by_us(them, side, *options, reply=b'yad doog\n', words=(), key=KEY, identity=IDENTITY, stop=False):
    us = peers.skerry_client(them.port, *side.ours, *psk(key, identity), *options)
    wrong = first(peers.converse(us, b'good day\n', reply), knows(us, 'server', identity), expect(us, f'TLS {side.version}', *words))
    them.stop() if wrong or stop else them.finish()
    return wrong and f'{wrong}\n{them.said}'


def our_server(side, *options, once=True):
    return peers.skerry_server('', *side.ours, '--echo', *psk(OTHER, 'somebody else'), *psk(), *options, once=once)


def by_them(us, them, side, words=()):
    wrong = first(peers.converse(them, b'good day\n', b'good day'), ended(us), knows(us, 'client'),
                  expect(us, f'TLS {side.version}', *words))
    us.stop()
    return wrong and f'{wrong}\n{us.said}'


def gnutls_words(side, suite=None):
    if side.version == '1.3':
        return f'+ECDHE-PSK:+PSK:+DHE-PSK:{SUITES13.get(suite, "+AES-128-GCM")}:+AEAD'
    return SUITES[suite][1] if suite else '+ECDHE-PSK:+CHACHA20-POLY1305:+AEAD'


ECDHE = 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256'


def gnutls_client_crashes():
    """gnutls-cli 3.7 ends with a segmentation fault behind every handshake with ECDHE_PSK, its own server's too."""
    side = peers.Side('openssl', '1.2')
    them = gnutls_server(gnutls_words(side, ECDHE), version='1.2')
    client = gnutls_client(them.port, gnutls_words(side, ECDHE), version='1.2')
    client.close_input()
    code = client.finish()
    them.stop()
    return code == -11


# --- Whatever both like best ---

def openssl_serves(side):
    return by_us(openssl_server(side.openssl), side)


def openssl_asks(side):
    us = our_server(side)
    return by_them(us, openssl_client(us.port, side.openssl), side)


def gnutls_serves(side):
    return by_us(gnutls_server(gnutls_words(side), version=side.version), side, reply=b'good day\n', stop=True)


def gnutls_asks(side):
    us = our_server(side)
    return by_them(us, gnutls_client(us.port, gnutls_words(side), version=side.version), side)


# --- Each suite by its name ---

def openssl_serves_suite(side, suite):
    them = openssl_server(side.openssl, *(('-ciphersuites', suite) if suite in SUITES13 else ('-cipher', SUITES[suite][0] + ':@SECLEVEL=0')))
    return by_us(them, side, '--suites', suite, words=(suite,))


def openssl_asks_suite(side, suite):
    us = our_server(side, '--suites', suite)
    names = ('-ciphersuites', suite) if suite in SUITES13 else ('-cipher', SUITES[suite][0] + ':@SECLEVEL=0')
    return by_them(us, openssl_client(us.port, side.openssl, *names), side, words=(suite,))


def gnutls_serves_suite(side, suite):
    them = gnutls_server(gnutls_words(side, suite), version=side.version)
    return by_us(them, side, '--suites', suite, reply=b'good day\n', words=(suite,), stop=True)


def gnutls_asks_suite(side, suite):
    us = our_server(side, '--suites', suite)
    return by_them(us, gnutls_client(us.port, gnutls_words(side, suite), version=side.version), side, words=(suite,))


# --- psk_ke: TLS 1.3 without a key exchange ---

def openssl_serves_psk_ke(side):
    """OpenSSL takes a key exchange where it can, so there is one though both allow to go without."""
    return by_us(openssl_server(side.openssl, '-allow_no_dhe_kex'), side, '--allow-psk-ke', words=('x25519',))


def gnutls_asks_psk_ke(side):
    us = our_server(side, '--allow-psk-ke')
    wrong = by_them(us, gnutls_client(us.port, '+PSK:+AES-128-GCM:+AEAD', version='1.3'), side)
    return wrong or ('x25519' in us.err and f'there was a key exchange\n{us.err}') or None


def gnutls_serves_psk_ke(side):
    them = gnutls_server('+PSK:+AES-128-GCM:+AEAD', version='1.3')
    return by_us(them, side, '--allow-psk-ke', reply=b'good day\n', stop=True)


def gnutls_asks_psk_ke_forbidden(side):
    us = our_server(side)
    them = gnutls_client(us.port, '+PSK:+AES-128-GCM:+AEAD', version='1.3')
    them.close_input()
    them.finish()
    return first(ended(us, 1), expect(us, 'handshake_failure'))


# --- Any bytes, and both versions open ---

def odd_identity(side):
    """A space, a percent sign, a slash; what a shell can pass on to the others."""
    them = openssl_server(side.openssl, identity='a b%/c')
    return by_us(them, side, identity='a%20b%25/c')


def versions_open(side):
    """We offer both; they take the newest that they may."""
    them = openssl_server(*(() if side.version == '1.3' else ('-no_tls1_3',)))
    return by_us(them, side)


# --- Sessions ---

def resumed_at_openssl(side):
    session, them = fresh('session'), openssl_server(side.openssl, connections=3)
    for resumed in (False, True, True):
        us = peers.skerry_client(them.port, *side.ours, *psk(), '--session', session)
        wrong = first(peers.converse(us, b'good day\n', b'yad doog\n'), knows(us, 'server'))
        if not wrong and ('resumed:' in us.err) != resumed:
            wrong = f'resumed: {not resumed}\n{us.err}'
        if wrong:
            them.stop()
            return f'{wrong}\n{them.said}'
    them.finish()
    return None


def resumed_by_openssl(side):
    session, us = fresh('session'), our_server(side, once=False)
    for resumed in (False, True):
        them = openssl_client(us.port, side.openssl, '-sess_in' if resumed else '-sess_out', session, '-ign_eof')
        them.send(b'good day\n')
        wrong = None if them.wait_for(b'good day') else 'no answer'
        them.stop()
        # In TLS 1.3 it calls every pre-shared key so.
        wrong = wrong or expect(them, 'Reused, ' if resumed or side.version == '1.3' else 'New, ')
        if wrong:
            us.stop()
            return f'{wrong}\n{them.said}{us.said}'
    us.stop()
    return None if us.err.count(f'pre-shared key of {IDENTITY}') == 2 and us.err.count('resumed:') == 1 else us.err


# --- Refused ---

ALERT = {'1.3': 'decrypt_error', '1.2': 'bad_record_mac'}


def refused_by_us(side, key, identity):
    """An unknown identity and a wrong key: OpenSSL gets the same alert."""
    us = our_server(side)
    them = openssl_client(us.port, side.openssl, key=key, identity=identity)
    them.finish()
    wanted = {'1.3': 'alert number 51', '1.2': 'alert number 20'}[side.version]
    return first(ended(us, 1), expect(us, ALERT[side.version]), expect(them, wanted))


def wrong_key(side):
    return refused_by_us(side, OTHER, IDENTITY)


def unknown_identity(side):
    return refused_by_us(side, KEY, 'sensor-8')


def their_key_differs(side):
    them = openssl_server(side.openssl, key=OTHER)
    us = peers.skerry_client(them.port, *side.ours, *psk())
    us.close_input()
    wrong = ended(us, 1)
    them.stop()
    return wrong


def no_plain_unasked(side):
    """Without forward secrecy only where it is named."""
    them = openssl_server('-tls1_2', '-cipher', 'PSK-AES128-GCM-SHA256:@SECLEVEL=0')
    us = peers.skerry_client(them.port, *side.ours, *psk(), '--tls1.2')
    us.close_input()
    wrong = first(ended(us, 1), expect(us, 'handshake_failure'))
    them.stop()
    return wrong


BOTH = {
    'OpenSSL serves': openssl_serves, 'OpenSSL asks': openssl_asks, 'GnuTLS serves': gnutls_serves, 'GnuTLS asks': gnutls_asks,
    'odd identity': odd_identity, 'versions open': versions_open, 'resumed at OpenSSL': resumed_at_openssl,
    'resumed by OpenSSL': resumed_by_openssl, 'wrong key': wrong_key, 'unknown identity': unknown_identity,
    'their key differs': their_key_differs,
}
ONLY = {
    '1.3': {'psk_ke offered to OpenSSL': openssl_serves_psk_ke, 'psk_ke by GnuTLS': gnutls_asks_psk_ke,
            'psk_ke at GnuTLS': gnutls_serves_psk_ke, 'psk_ke not allowed': gnutls_asks_psk_ke_forbidden},
    '1.2': {'plain PSK not named': no_plain_unasked},
}
WAYS = {'OpenSSL serves': openssl_serves_suite, 'OpenSSL asks': openssl_asks_suite, 'GnuTLS serves': gnutls_serves_suite,
        'GnuTLS asks': gnutls_asks_suite}


def main():
    peers.need('openssl', 'gnutls-cli', 'gnutls-serv')
    cells = table.Table('pre-shared keys', COLUMNS)
    suites = {way: table.Table(f'{way}', list(peers.PROVIDERS)) for way in WAYS}
    crashes = gnutls_client_crashes()
    for side in peers.SIDES:
        for row, cell in {**BOTH, **ONLY[side.version]}.items():
            if crashes and cell == gnutls_asks and side.version == '1.2':
                cells.note(row, str(side), 'gnutls-cli crashes')
                continue
            cells.run(row, str(side), cell, side)
        for other in ONLY.values():
            for row in other:
                if row not in ONLY[side.version]:
                    cells.note(row, str(side), '-')
        for way, cell in WAYS.items():
            for suite in SUITES13 if side.version == '1.3' else SUITES:
                if side.provider == 'bearssl' and '256_CCM' in suite:
                    suites[way].note(suite, side.provider, 'not in BearSSL')
                elif crashes and suite == ECDHE and way == 'GnuTLS asks':
                    suites[way].note(suite, side.provider, 'gnutls-cli crashes')
                else:
                    suites[way].run(suite, side.provider, cell, side, suite)
    cells.show()
    for one in suites.values():
        one.show()
    table.finish(cells, *suites.values())


if __name__ == '__main__':
    main()
