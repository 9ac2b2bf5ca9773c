#!/usr/bin/env python3
"""docs.py [--check]: writes the pages of docs/ that come from the code's tables; --check: says which are stale, exit 1.

docs/handshake.md and .svg from src/hs/tls13.def and tls12.def, docs/errors.md from include/skerry/errors.h, docs/extensions.md from
src/wire/extensions.h.  The tables are the truth; nobody edits these pages."""
import html
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTE = '<!-- Generated from {} by `make docs`. -->\n\n'
MESSAGES = {'CLIENT_HELLO': 'ClientHello', 'HELLO_RETRY_REQUEST': 'HelloRetryRequest', 'SERVER_HELLO': 'ServerHello',
            'ENCRYPTED_EXTENSIONS': 'EncryptedExtensions', 'CERTIFICATE_REQUEST': 'CertificateRequest',
            'CERTIFICATE': 'Certificate', 'SERVER_KEY_EXCHANGE': 'ServerKeyExchange',
            'SERVER_HELLO_DONE': 'ServerHelloDone', 'CLIENT_KEY_EXCHANGE': 'ClientKeyExchange',
            'CHANGE_CIPHER_SPEC': 'ChangeCipherSpec', 'NEW_SESSION_TICKET': 'NewSessionTicket', 'CERTIFICATE_VERIFY': 'CertificateVerify', 'FINISHED': 'Finished'}
FACTS = {'F_HRR': 'a retry is needed', 'F_FULL': 'certificates authenticate',
         'F_PSK': 'a session is resumed', 'F_TICKET': 'a ticket was announced',
         'F_KEYED': 'a pre-shared key authenticates', 'F_KEX': 'a key exchange or a hint comes',
         'F_CERT_REQ': 'the client is asked for its certificate', 'F_EMPTY_CERT': 'the client has no certificate'}
KEYS = {'K_S_HS': "server's handshake keys", 'K_C_HS': "client's handshake keys",
        'K_MASTER_12': 'the master secret', 'K_S_12': "server's keys", 'K_C_12': "client's keys",
        'K_S_AP': "server's application keys", 'K_C_AP': "client's application keys"}


def words(bits, table):
    return ', '.join(table[b] for b in bits.split('|') if b in table)


def steps(script='tls13'):
    text = (ROOT / f'src/hs/{script}.def').read_text()
    names = ('writer', 'message', 'only', 'never', 'keys', 'learns', 'client', 'server')
    for row in re.findall(r'^STEP\(([^)]*)\)', text, re.M):
        yield dict(zip(names, (cell.strip() for cell in row.split(','))))


def handlers():
    found = {}
    for path in sorted((ROOT / 'src/hs').glob('*.c')):
        for name in re.findall(r'^skr_status_t (\w+)\(', path.read_text(), re.M):
            found[name] = path.relative_to(ROOT)
    return found


def script_table(script):
    where = handlers()
    out = ['| # | from | message | comes when | never when | keys that start after it | its arrival may teach | client | server |\n',
           '|---|---|---|---|---|---|---|---|---|\n']
    for n, s in enumerate(steps(script), 1):
        cells = [str(n), s['writer'].lower(), f"**{MESSAGES[s['message']]}**", words(s['only'], FACTS) or 'always',
                 words(s['never'], FACTS), words(s['keys'], KEYS), words(s['learns'], FACTS)]
        cells += [f"[`{s[role]}`](../{where[s[role]]})" if s[role] in where else 'the walker'
                  for role in ('client', 'server')]
        out.append('| ' + ' | '.join(cells) + ' |\n')
    return ''.join(out)


def handshake_page():
    out = ['# The handshake\n\n', NOTE.format('src/hs/tls13.def and tls12.def'),
           'Every message, in the only order in which it may come. The walker (`src/hs/walk.c`) follows these rows for both\n'
           'roles; any other message is answered with the alert `unexpected_message`.\n\n'
           '## TLS 1.3 (RFC 9846 section 2)\n\n![The handshake as a ladder](handshake.svg)\n\n', script_table('tls13'),
           '\n## TLS 1.2 (RFC 5246 section 7.3)\n\n', script_table('tls12'), '\n## Around it\n']
    out.append('\nBehind the last row the connection opens for application data, in one function (`advance_open_gate` in\n'
               '`src/conn/advance.c`), if the proofs are there that the configuration demands: the Finished of the peer, the\n'
               'path of its certificate to a trusted root, and its signature (`hs_proved` in `src/hs/hs.c`).\n\n'
               'Alerts and the ChangeCipherSpec of middlebox compatibility belong to the record layer and may come between\n'
               'rows (`src/conn/advance.c`); KeyUpdate and NewSessionTicket come behind the last one (`src/conn/post.c`).\n')
    return ''.join(out)


def svg_row(y, step):
    right = step['writer'] == 'CLIENT'
    x1, x2 = (150, 550) if right else (550, 150)
    sealed = step['message'] not in ('CLIENT_HELLO', 'HELLO_RETRY_REQUEST', 'SERVER_HELLO')
    optional = words(step['only'], {k: v for k, v in FACTS.items() if k != 'F_FULL'})
    label = MESSAGES[step['message']] + (' (protected)' if sealed else '')
    kind = 'sealed' if sealed else 'clear'
    dashes = ' stroke-dasharray="6 4"' if optional else ''
    parts = [f'<line x1="{x1}" y1="{y}" x2="{x2}" y2="{y}" class="{kind}"{dashes} marker-end="url(#head)"/>',
             f'<text x="350" y="{y - 6}" text-anchor="middle">{html.escape(label)}</text>']
    if optional:
        parts.append(f'<text x="350" y="{y + 14}" text-anchor="middle" class="note">only when {html.escape(optional)}</text>')
    if step['keys'] != '0':
        parts.append(f'<text x="700" y="{y + 4}" text-anchor="middle" class="keys">{html.escape(words(step["keys"], KEYS))}</text>')
    return parts


def handshake_svg():
    rows = list(steps())
    height = 90 + 44 * (len(rows) + 1)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 {height}" font-family="sans-serif" font-size="13">',
           '<title>The TLS 1.3 handshake, message by message</title>',
           '<style>line{stroke-width:1.6}.clear{stroke:#b35900}.sealed{stroke:#1f6f43}.rail{stroke:#888;stroke-width:1}'
           '.note{font-size:10.5px;fill:#555}.keys{font-size:11px;fill:#1f4f8f}text{fill:#222}</style>',
           '<rect width="100%" height="100%" fill="#fff"/>',
           '<defs><marker id="head" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto-start-reverse">'
           '<path d="M0,0 L9,4 L0,8 z" fill="#444"/></marker></defs>',
           '<text x="150" y="30" text-anchor="middle" font-weight="bold">client</text>',
           '<text x="550" y="30" text-anchor="middle" font-weight="bold">server</text>',
           '<text x="700" y="30" text-anchor="middle" class="keys">keys that start here</text>']
    out += [f'<line x1="{x}" y1="40" x2="{x}" y2="{height - 20}" class="rail"/>' for x in (150, 550)]
    for n, step in enumerate(rows):
        out += svg_row(72 + 44 * n, step)
    y = 72 + 44 * len(rows)
    out += [f'<line x1="150" y1="{y}" x2="550" y2="{y}" class="sealed" marker-start="url(#head)" marker-end="url(#head)"/>',
            f'<text x="350" y="{y - 6}" text-anchor="middle">application data</text>', '</svg>\n']
    return '\n'.join(out)


def errors_page():
    text = (ROOT / 'include/skerry/errors.h').read_text()
    table = text[text.index('#define SKR_ERRORS(ROW)'):]
    rows = re.findall(r'ROW\((\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)",\s*"([^"]*)"\)', table)
    classes = {'MALFORMED': "the peer's bytes cannot be read", 'MISBEHAVED': 'the peer breaks the protocol',
               'POLICY': "this side's configuration refuses", 'CERTIFICATE': 'a certificate is refused',
               'PEER': 'the peer refused or went away', 'USAGE': "the caller's mistake", 'LOCAL': 'memory, randomness, provider'}
    out = ['# Errors\n\n', NOTE.format('include/skerry/errors.h'),
           'What a call returns (`SKR_ERR_` and the name), whose fault it is, the alert that tells the peer, and where the rule stands.\n\n',
           '| name | what happened | whose fault | alert sent | rule |\n|---|---|---|---|---|\n']
    out += [f"| `{n}` | {t} | {classes[c]} | {'none' if a == 'NONE' else a.lower()} | {s} |\n" for n, c, a, t, s in rows]
    return ''.join(out)


def extensions_page():
    text = (ROOT / 'src/wire/extensions.h').read_text()
    table = text[text.index('#define WIRE_EXTENSIONS(ROW)'):]
    rows = re.findall(r'ROW\((\w+),\s*(\d+),\s*([^)]*)\)\s*(?:/\*\s*(.*?)\s*\*/)?', table)
    where = ('CH', 'SH', 'HRR', 'EE', 'CT', 'CR', 'NST')
    out = ['# Extensions\n\n', NOTE.format('src/wire/extensions.h'),
           'Which extension is known, and in which message it may come (RFC 9846 section 4.3). One in another message is answered\n'
           'with `illegal_parameter`, one that was not offered with `unsupported_extension`, the same one twice with\n'
           '`illegal_parameter`. Unknown ones are ignored in requests and refused in answers.\n\n',
           '| extension | number | ' + ' | '.join(where) + ' | defined in |\n|---|---|' + '---|' * len(where) + '---|\n']
    for name, number, messages, rfc in rows:
        marks = ['x' if re.search(rf'WIRE_IN_{w}\b', messages) else '' for w in where]
        cite = rfc if rfc.startswith('RFC') else f'RFC 9846 {rfc}'
        out.append(f"| {name.lower()} | {number} | " + ' | '.join(marks) + f' | {cite} |\n')
    return ''.join(out)


def main():
    pages = {'handshake.md': handshake_page, 'handshake.svg': handshake_svg, 'errors.md': errors_page,
             'extensions.md': extensions_page}
    stale = []
    for name, make in pages.items():
        path, text = ROOT / 'docs' / name, make()
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if '--check' not in sys.argv[1:]:
            path.write_text(text)
            print(f'docs/{name}: written')
    if '--check' in sys.argv[1:] and stale:
        sys.exit('stale, run make docs: ' + ' '.join(f'docs/{name}' for name in stale))


if __name__ == '__main__':
    main()
