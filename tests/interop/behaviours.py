#!/usr/bin/env python3
"""What servers do that is allowed and rare, or not allowed at all, to our clients: the command line with both providers and
build/micropython, in TLS 1.3 and 1.2. Records of all sizes, messages in pieces of one byte, ends without close_notify, tickets
many and late, KeyUpdates, padding, requests for certificates with unknown content, extensions that nobody has asked for.

OpenSSL is the server where it can be made to behave so; else kit/scripted.py is. Alerts are asserted where the server sees them.
"""
import itertools
import random
import socket

from kit import peers, scripted, services, table
from kit.peers import first
from kit.scripted import extension, vector
from kit.services import ANSWER, GREETING, HOST

BULK = bytes(random.Random(4).choices(range(128, 256), k=100_000))
ROOT = ['x1']
GET = b'GET /bulk.bin HTTP/1.0\r\n\r\n'
PAGE = b'HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\n' + BULK
counter = itertools.count()


def fresh(name):
    return peers.WORK / f'{name}.{next(counter)}'


def answer(line):
    line.expect(GREETING)
    line.data(ANSWER)
    line.farewell()
    line.write(scripted.ALERT, b'\1\0')


def fine(side, script=answer, hear=ANSWER, anchors=ROOT, options=None, alerts=(0,), words=(), check=None, **how):
    """A connection to a scripted server that must go well, on both sides."""
    server = scripted.Scripted(side.version, script, **how)
    wrong = services.accepted(side, server.port, anchors, words, hear, **(options or {}))
    return first(wrong, server.outcome(alerts), check and check(server))


def refuses(side, error, alert, script=answer, options=None, **how):
    """... and one that we must end, with this alert."""
    server = scripted.Scripted(side.version, script, **how)
    wrong = services.refused(side, server.port, ROOT, error, **(options or {}))
    return first(wrong, server.outcome([alert] if alert is not None else []))


# --- Records ---

def records(side, size, chain='letsencrypt', anchors=ROOT):
    """OpenSSL sends records of that size, and we have memory for no larger ones."""
    (peers.WORK / 'bulk.bin').write_bytes(BULK)
    server = services.openssl_server(chain, side.version, '-WWW', '-max_send_frag', str(size), '-split_send_frag', str(size))
    talk = services.Talk(side, server.port, anchors, say=GET, hear=len(PAGE), record_in=size)
    code = talk.end()
    server.stop() if code else server.finish()
    return None if code == 0 and talk.out == PAGE else f'{code}, {len(talk.out)} bytes\n{talk.said}\n{server.said}'


def cloudflare(side):
    """Google's chain in records of 4096 bytes."""
    return records(side, 4096, 'google', ['gts-r4'])


def large_chain(side):
    """16 KB of certificates in records of 512 bytes, and in one."""
    return first(records(side, 512, 'large', ['big-root']), records(side, 16384, 'large', ['big-root']))


def record_beyond_limit(side):
    """A server that does not care for what we can take (we asked for 1024)."""
    def script(line):
        line.expect(GREETING)
        line.data(bytes(1025))
        line.farewell()
    return refuses(side, 'RECORD_LIMIT', 22, script, options={'record_in': 1024})


def asked_for_1024(side):
    """max_fragment_length (RFC 6066): OpenSSL keeps to what we ask for."""
    (peers.WORK / 'bulk.bin').write_bytes(BULK)
    server = services.openssl_server('azure', side.version, '-WWW')
    talk = services.Talk(side, server.port, ['digicert-g2'], say=GET, hear=len(PAGE), record_in=1024)
    code = talk.end()
    server.stop() if code else server.finish()
    return None if code == 0 and talk.out == PAGE else f'{code}, {len(talk.out)} bytes\n{talk.said}\n{server.said}'


def fragments_of_one_byte(side):
    """Every handshake message of the server in records of one byte each, those that are protected too."""
    return fine(side, fragment=1)


def fragments_of_64(side):
    return fine(side, fragment=64, chain='amazon-ec', anchors=['amazon-3'])


def segments_of_one_byte(side):
    """The whole flight in TCP segments of one byte."""
    server = services.openssl_server('letsencrypt', side.version)
    wrong = services.accepted(side, peers.Dribble(server.port).port, ROOT)
    server.stop() if wrong else server.finish()
    return wrong and f'{wrong}\n{server.said}'


def empty_records(side):
    """Data of no bytes between the rest: 16 in a row are passed over, more are an error."""
    def script(count):
        def run(line):
            line.expect(GREETING)
            for _ in range(count):
                line.data(b'')
            line.data(ANSWER)
            line.farewell()
            line.write(scripted.ALERT, b'\1\0')
        return run
    return first(fine(side, script(16)), refuses(side, 'FLOOD', 10, script(17)))


def padding(side):
    """By OpenSSL in blocks; a record that is padding up to its last byte; and one that holds nothing else."""
    def full(line):
        line.expect(GREETING)
        line.data(ANSWER[:4], pad=16380)
        line.data(b'', pad=100)
        line.data(ANSWER[4:], pad=1)
        line.farewell()
        line.write(scripted.ALERT, b'\1\0')

    def nothing(line):
        line.expect(GREETING)
        line.write(0, b'', pad=100)
        line.farewell()
    server = services.openssl_server('letsencrypt', side.version, '-record_padding', '512')
    wrong = services.accepted(side, server.port, ROOT)
    server.stop() if wrong else server.finish()
    return first(wrong, fine(side, full), refuses(side, 'RECORD_PADDING', 10, nothing))


# --- Ends ---

def no_close_notify(side):
    """The server's connection just ends, in the segment of its last data: that is there, and the end is told apart from one that
    was said."""
    def cut(line):
        line.expect(GREETING)
        line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        line.data(ANSWER)

    def said(line):
        line.expect(GREETING)
        line.data(ANSWER)
        line.close()
    wrong = fine(side, said, options={'to_the_end': True})
    if wrong:
        return wrong
    server = scripted.Scripted(side.version, cut)
    talk = services.Talk(side, server.port, ROOT, hear=-1)
    code = talk.end()
    if code != 1 or 'TRUNCATED' not in talk.said or talk.out != ANSWER:
        return f'{code} {talk.out}\n{talk.said}'
    return server.outcome([])


def cut_in_a_record(side):
    """... and in the middle of a record."""
    def cut(line):
        line.expect(GREETING)
        line.sock.sendall(line.out.seal(scripted.DATA, ANSWER)[:-1])
    return refuses(side, 'TRUNCATED', None, cut)


def cut_in_the_handshake(side):
    """A server that ends in the middle of its first flight, as brokers do that are too busy."""
    def some(line):
        line.message(scripted.CLIENT_HELLO)
        line.sock.sendall(b'\x16\3\3\0\x7a\2\0\0')
    server = scripted.Scripted(side.version, lambda line: None, handshake=some)
    return first(services.refused(side, server.port, ROOT, 'CLOSED_EARLY'), server.outcome([]))


# --- After the handshake ---

def many_tickets(side):
    """Ten behind the handshake; the newest serves to come back."""
    session = fresh('session')
    server = services.openssl_server('letsencrypt', side.version, '-num_tickets', '10', connections=3)
    wrong = first(services.accepted(side, server.port, ROOT, session=session),
                  *(services.accepted(side, server.port, ROOT, ('resumed:',), session=session) for _ in range(2)))
    server.stop() if wrong else server.finish()
    return wrong and f'{wrong}\n{server.said}'


def too_many_tickets(side):
    """64 in a row are taken, the 65th is a flood."""
    def script(count):
        def run(line):
            line.expect(GREETING)
            for n in range(count):
                line.ticket(b'ticket %d' % n)
            line.data(ANSWER)
            line.farewell()
            line.write(scripted.ALERT, b'\1\0')
        return run
    return first(fine(side, script(64)), refuses(side, 'FLOOD', 10, script(65)))


def offered(ticket):
    return lambda server: None if server.hello.identity == ticket else f'{server.hello.identity} was offered, not {ticket}'


def late_ticket(side):
    """Tickets in the middle of data: the newest one is what is offered the next time."""
    session = fresh('session')

    def run(line):
        line.expect(GREETING)
        line.ticket(b'the first')
        line.data(ANSWER[:3])
        line.ticket(b'the second')
        line.data(ANSWER[3:6])
        line.ticket(b'the last one, much longer than the others' * 8)
        line.data(ANSWER[6:])
        line.farewell()
        line.write(scripted.ALERT, b'\1\0')
    options = {'session': session}
    return first(fine(side, run, options=options, check=offered(b'')),
                 fine(side, answer, options=options, check=offered(b'the last one, much longer than the others' * 8)))


def ticket_of_tls12(side):
    """In TLS 1.2 it comes within the handshake; a server that then makes a full one all the same, and gives a new one."""
    options = {'session': fresh('session')}
    return first(fine(side, ticket=b'the first', options=options, check=offered(b'')),
                 fine(side, ticket=b'the second', options=options, check=offered(b'the first')),
                 fine(side, options=options, check=offered(b'the second')))


def key_updates(side):
    """40 of them between data, some of which want ours: both directions go on under new keys."""
    def run(line):
        line.expect(GREETING)
        for n in range(40):
            line.update(request=n % 4 == 0)
            line.data(b'%d' % (n % 10))
        line.farewell()
        line.write(scripted.ALERT, b'\1\0')
        run.answered = line.updates
    run.answered = 0

    def answered(server):
        return None if run.answered >= 1 else 'no KeyUpdate came back'
    return fine(side, run, hear=b'0123456789' * 4, check=answered)


def too_many_key_updates(side):
    """32 in a row without data between them are taken, the 33rd is a flood."""
    def script(count):
        def run(line):
            line.expect(GREETING)
            for _ in range(count):
                line.update()
            line.data(ANSWER)
            line.farewell()
            line.write(scripted.ALERT, b'\1\0')
        return run
    return first(fine(side, script(32)), refuses(side, 'FLOOD', 10, script(33)))


def key_updates_by_openssl(side):
    """s_server sends one on a line "k", and asks for ours on "K"."""
    server = services.openssl_server('letsencrypt', side.version, '-interactive')
    talk = services.Talk(side, server.port, ROOT, hear=18, trace=1)
    wrong = None if server.wait_for(GREETING) else 'our greeting did not come'
    for times, line in enumerate((b'K\n', b'k\n'), 1):
        server.send(line)
        if not wrong and not talk.process.wait_for(b'<-- handshake KeyUpdate', 'err', times):
            wrong = f'no KeyUpdate after {line}'
        server.send(b'and then\n')
        if not wrong and not talk.process.wait_for(b'application data', 'err', times + 1):  # one was sent
            wrong = f'silence after {line}'
    code = talk.end()
    server.stop()
    sent = talk.said.count('--> handshake KeyUpdate')
    if wrong or code or sent != 1 or talk.out != b'and then\n' * 2:
        return f'{wrong}: {code}, {sent} KeyUpdates sent, {talk.out}\n{talk.said}\n{server.said}'
    return None


# --- What the server asks for and answers ---

UNKNOWN = b'\x0a\x0a', b'\xfe\xfe', b'\x08\x08', b'\x02\x01'  # GREASE, private use, ed448, SHA-1


def request_of(side, schemes):
    """A CertificateRequest with content that nobody knows, besides these signature schemes."""
    listed = vector(b''.join(schemes), 2)
    if side.version == '1.3':
        return b'\0' + vector(extension(0x7a7a, b'what is that?') + extension(13, listed) + extension(0xfe01) + extension(47, vector(
            vector(b'\x30\0', 2), 2)), 2)
    # Kinds of certificates: RSA, ECDSA, two that are old and two that do not exist.
    return vector(bytes([1, 64, 3, 4, 90, 233]), 1) + listed + vector(vector(b'\x30\0', 2), 2)


def strange_request(side):
    """We have no certificate: an empty one goes back, whatever the request says."""
    def empty(server):
        return None if server.certificate == b'' else f'the client sent {server.certificate}'
    return first(fine(side, request=request_of(side, [*UNKNOWN, b'\4\3']), check=empty),
                 fine(side, request=request_of(side, UNKNOWN), check=empty))


def strange_request_answered(side):
    """We have one, and sign with the one scheme of theirs that we know."""
    chain, key = peers.key('client-p256')

    def known(server):
        return None if server.certificate else 'the client sent no certificate'
    return fine(side, request=request_of(side, [*UNKNOWN, b'\4\3']), options={'cert': chain, 'key': key}, check=known)


def malformed_request(side):
    """A request that offers no signature scheme can't be read (RFC 9846 section 4.3.3, RFC 5246 section 7.4.4)."""
    body = b'\0' + vector(extension(13, b'\0\0'), 2) if side.version == '1.3' else b'\1\x40\0\0\0\0'
    return refuses(side, 'DECODE', 50, request=body)


def unasked_extension(side):
    """ALPN that we did not offer, and one that nobody knows: in EncryptedExtensions, in TLS 1.2 in ServerHello."""
    return first(refuses(side, 'UNSOLICITED_EXTENSION', 110, extensions=extension(16, vector(vector(b'h2', 1), 2))),
                 refuses(side, 'UNSOLICITED_EXTENSION', 110, extensions=extension(0x7a7a, b'x')))


def misplaced_extension(side):
    """A key share in EncryptedExtensions."""
    return refuses(side, 'MISPLACED_EXTENSION', 47, extensions=extension(51, b'\0\x1d\0\1\0'))


def wants_a_name(side):
    """A server that serves nobody who does not ask for it by its name, as brokers behind a shared address."""
    chain, rest, key = services.credential('letsencrypt')
    server = services.openssl_server('letsencrypt', side.version, '-servername', HOST, '-servername_fatal', '-cert2', chain,
                                     '-key2', key, '-CAfile', rest, connections=2)
    wrong = first(services.accepted(side, server.port, ROOT),
                  services.refused(side, server.port, ROOT, 'unrecognized_name', name='seven.wild.example'))
    server.stop() if wrong else server.finish()
    return wrong and f'{wrong}\n{server.said}'


def amazon_protocol(side):
    """MQTT on port 443 is chosen by ALPN."""
    server = services.openssl_server('amazon', side.version, '-alpn', 'x-amzn-mqtt-ca', connections=2)
    wrong = first(services.accepted(side, server.port, ['amazon-1'], alpn='x-amzn-mqtt-ca'),
                  services.refused(side, server.port, ['amazon-1'], 'no_application_protocol', alpn='mqtt'))
    server.stop() if wrong else server.finish()
    return wrong and f'{wrong}\n{server.said}'


ONLY = {padding: '1.3', too_many_tickets: '1.3', late_ticket: '1.3', key_updates: '1.3', too_many_key_updates: '1.3',
        key_updates_by_openssl: '1.3', misplaced_extension: '1.3', many_tickets: '1.3', ticket_of_tls12: '1.2'}
TABLES = {
    'records': [(f'of {size}', records, size) for size in (16384, 4096, 1369, 512)] + [(c,) for c in (
        cloudflare, large_chain, asked_for_1024, record_beyond_limit, fragments_of_one_byte, fragments_of_64, segments_of_one_byte,
        empty_records, padding)],
    'ends': [(no_close_notify,), (cut_in_a_record,), (cut_in_the_handshake,)],
    'after the handshake': [(c,) for c in (many_tickets, too_many_tickets, late_ticket, ticket_of_tls12, key_updates,
                                           too_many_key_updates, key_updates_by_openssl)],
    'requests and answers': [(c,) for c in (strange_request, strange_request_answered, malformed_request, unasked_extension,
                                            misplaced_extension, wants_a_name, amazon_protocol)],
}


def main():
    scripted.need()
    services.need()
    tables = []
    for title, rows in TABLES.items():
        result = table.Table(title, services.COLUMNS)
        for name, cell, *arguments in ((row if isinstance(row[0], str) else (row[0].__name__.replace('_', ' '), *row)) for row in rows):
            for side in services.SIDES:
                if ONLY.get(cell, side.version) != side.version:
                    result.note(name, str(side), '-')
                else:
                    result.run(name, str(side), cell, side, *arguments)
        result.show()
        tables.append(result)
    print('-: not in that version')
    table.finish(*tables)


if __name__ == '__main__':
    main()
