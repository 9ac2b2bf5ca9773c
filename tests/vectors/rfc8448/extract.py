#!/usr/bin/env python3
"""Makes the data files of this folder from the text of RFC 8448: values only, by name.

    extract.py rfc8448.txt [FOLDER]

Lines of a file, in the order of the trace:
    NAME HEX                               a value; messages, records and secrets are named as in RFC 9846
    message SENDER TYPE HEX                a handshake message with its header, in the order of the transcript
    record SENDER EPOCH TYPE PAYLOAD HEX   a record: who sends it, under which keys (plain, early, handshake, application),
                                           what it holds, that content, and all of its bytes
Numbers in a name count what comes more than once (client_private_2: the key pair after a HelloRetryRequest).
"""
import pathlib
import re
import sys

FILES = {'2': 'rsa_key', '3': 'simple', '4': 'resumed', '5': 'retry', '6': 'client_auth', '7': 'compatibility'}
SECRETS = {'c e traffic': 'client_early_traffic_secret', 'e exp master': 'early_exporter_secret',
           'c hs traffic': 'client_handshake_traffic_secret', 's hs traffic': 'server_handshake_traffic_secret',
           'c ap traffic': 'client_application_traffic_secret', 's ap traffic': 'server_application_traffic_secret',
           'exp master': 'exporter_secret', 'res master': 'resumption_secret'}
MESSAGES = {1: 'ClientHello', 2: 'ServerHello', 4: 'NewSessionTicket', 5: 'EndOfEarlyData', 8: 'EncryptedExtensions',
            11: 'Certificate', 13: 'CertificateRequest', 15: 'CertificateVerify', 20: 'Finished'}
GROUPS = {'x25519': '001d', 'P-256': '0017'}
VALUE = re.compile(r'^(?: {3}| {6})([A-Za-z]\w*(?: \w+)*)( \(public\))?(?: \((\d+) octets\))?:  (\S.*)$')
RETRY = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'


def sections(text):
    """Section number -> its lines, without page breaks."""
    text = re.sub(r'\n+Thomson +Informational +\[Page \d+\]\n\f\nRFC 8448 [^\n]*\n+', '\n', text)
    parts = re.split(r'\n([2-8])\.  [A-Z][^\n]*\n', text[text.index('Note:  Invocations'):])
    return dict(zip(parts[1:-2:2], parts[2:-2:2]))


def steps(section):
    """(who, what, [(name, hex)]) for each step of a trace."""
    for block in re.split(r'\n(?=   \{(?:client|server)\}  )', section):
        if head := re.match(r'   \{(client|server)\}  (.*[:)]\n|.*\n.*\n)', block + '\n'):
            yield head[1], ' '.join(head[2].split()), list(values(block))


def values(block):
    """The (name, hex) of each named value; one that says it is empty or zero has no hex."""
    name = data = None
    for line in block.splitlines() + ['']:
        m = VALUE.match(line)
        if name and re.fullmatch(r'\s+[0-9a-f]{2}( [0-9a-f]{2})*', line):
            data += line.replace(' ', '')
        elif name and (m or not line.strip()):
            if size and len(data) != 2 * int(size):
                sys.exit(f'{name}: {len(data) // 2} octets instead of {size}')
            yield name, data
            name = None
        if m:
            name, size, data = m[1], m[3], '' if m[4].startswith(('(empty)', '0 (')) else m[4].replace(' ', '')


class Trace:
    def __init__(self):
        self.lines, self.known, self.count = [], {}, {}
        self.epoch = {'client': 'handshake', 'server': 'handshake'}

    def value(self, name, data):
        if name in self.known and self.known[name] != data:
            sys.exit(f'{name}: two values')
        if name not in self.known and data:
            self.known[name] = data
            self.lines.append(f'{name} {data}')

    def numbered(self, name, data):
        if data not in [self.known.get(f'{name}_{n + 1}') for n in range(self.count.get(name, 0))]:
            self.count[name] = self.count.get(name, 0) + 1
            self.value(f'{name}_{self.count[name]}', data)

    def step(self, who, what, found):
        at = dict(found)
        if m := re.match(r'create an ephemeral (\S+) key pair', what):
            self.numbered(f'{who}_private', at['private key'])
            self.numbered(f'{who}_public', at['public key'])
            self.value(f'{who}_group_{self.count[f"{who}_private"]}', GROUPS[m[1]])
        elif m := re.match(r'send (\S+) record', what):
            self.record(who, m[1], at['payload'], at['complete record'])
        elif not found:
            pass
        elif m := re.match(r'extract secret "(\w+)"', what):
            self.value({'early': 'psk', 'handshake': 'shared_secret', 'master': 'zeros'}[m[1]], at['IKM'])
            self.value(m[1] + '_secret', at['secret'])
        elif m := re.match(r'derive secret for (\w+) "tls13 derived"', what):
            self.value(m[1] + '_salt', at['expanded'])
        elif m := re.match(r'derive secret "tls13 (.*?)"', what):
            self.value(SECRETS[m[1]] + '_transcript', at['hash'])
            self.value(SECRETS[m[1]], at['expanded'])
        elif m := re.match(r'derive (write|read) traffic keys for (early application|handshake|application) data', what):
            owner = who if m[1] == 'write' else {'client': 'server', 'server': 'client'}[who]
            epoch = m[2].split()[0]
            if epoch == 'early':
                self.epoch['client'] = 'early'
            self.value(f'{owner}_{epoch}_key', at['key expanded'])
            self.value(f'{owner}_{epoch}_iv', at['iv expanded'])
        elif what.startswith('calculate finished'):
            self.value(f'{who}_finished_key', at['expanded'])
            self.value(f'{who}_finished', at['finished'])
        elif what.startswith('calculate PSK binder'):
            self.value('binder_transcript', at['binder hash'])
            self.value('binder_key', at['PRK'])
            self.value('binder', at['finished'])
        elif what.startswith('generate resumption secret'):
            self.value('ticket_nonce', at['hash'])
            self.value('ticket_psk', at['expanded'])
        elif not what.startswith('construct'):
            sys.exit(f'unknown step: {what}')

    def record(self, who, kind, payload, record):
        epoch = self.epoch[who] if record.startswith('17') else 'plain'
        if kind == 'handshake':
            self.messages(who, payload)
        self.lines.append(f'record {who} {epoch} {kind} {payload} {record}')

    def messages(self, who, payload):
        while payload:
            number, size = int(payload[:2], 16), 8 + 2 * int(payload[2:8], 16)
            message, payload = payload[:size], payload[size:]
            name = MESSAGES[number]
            if name.endswith('Hello'):
                if message[12:76] == RETRY:
                    name = 'HelloRetryRequest'
                else:
                    self.value(f'{who}_random', message[12:76])
                self.value(f'{who}_session_id', message[78:78 + 2 * int(message[76:78], 16)])
            self.lines.append(f'message {who} {name} {message}')
            if name in ('Finished', 'EndOfEarlyData'):
                self.epoch[who] = 'handshake' if name == 'EndOfEarlyData' else 'application'


def main():
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else pathlib.Path(__file__).parent)
    for number, section in sections(pathlib.Path(sys.argv[1]).read_text()).items():
        trace = Trace()
        if number == '2':
            for name, data in values(section):
                trace.value('rsa_' + name.replace(' ', '_'), data)
        for step in steps(section):
            trace.step(*step)
        head = f'# RFC 8448 section {number}; made by extract.py, which says what a line is.\n'
        (folder / f'{FILES[number]}.txt').write_text(head + '\n'.join(trace.lines) + '\n')


if __name__ == '__main__':
    main()
