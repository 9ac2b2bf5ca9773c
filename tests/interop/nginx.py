#!/usr/bin/env python3
"""nginx as a server of ours: pages small and large over TLS 1.3 and 1.2, client certificates, sessions, refusals; to the command line
with both providers and to build/micropython."""
import itertools
import random

from kit import peers, services, table
from kit.peers import expect

BULK = bytes(random.Random(2).choices(range(256), k=500_000))
counter = itertools.count()
CONFIGURATION = '''
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 16; }}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder}; keepalive_timeout 0; lingering_close off;
    server {{
        listen 127.0.0.1:{port} ssl; root {folder};
        ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols TLSv{version};
        ssl_session_cache shared:s:1m; {more}
        location /who {{ return 200 "$ssl_protocol $ssl_client_verify $ssl_client_s_dn $ssl_session_reused\\n"; }}
    }}
}}
'''


class Nginx(peers.Server):
    def __init__(self, side, name, more):
        folder, port = peers.WORK / f'nginx.{next(counter)}', peers.free_port()
        folder.mkdir()
        (folder / 'bulk').write_bytes(BULK)
        chain, private = peers.key(name)
        text = CONFIGURATION.format(folder=folder, port=port, chain=chain, key=private, version=side.version, more=more)
        (folder / 'conf').write_text('user root;\n' * (peers.os.geteuid() == 0) + text)
        super().__init__(port, 'nginx', '-e', folder / 'error.log', '-p', folder, '-c', folder / 'conf')


MP_OPTIONS = {'--max-record-in': 'record_in', '--session': 'session', '--cert': 'cert', '--key': 'key', '--alpn': 'alpn',
              '--tls1.2': 'max=1.2', '--tls1.3': 'min=1.3'}


def mp_options(options):
    """mp_client.py's words for those of the command line."""
    words = [str(o) for o in options]
    while words:
        name = MP_OPTIONS[words.pop(0)]
        yield name if '=' in name else f'{name}={words.pop(0)}'


def get(side, port, path, *options):
    request = f'GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n'.encode()
    if side.provider == 'micropython':
        us = peers.Process(services.MICROPYTHON, peers.ROOT / 'tests/interop/kit/mp_client.py', port, 'localhost', f'ca={peers.root()}',
                           'hear=-1', *mp_options(options))
        us.send(request)
        us.close_input()
        return us.finish(), us
    us = peers.skerry_client(port, *side.ours, '--ca', peers.root(), '--name', 'localhost', *options)
    us.send(request)
    return us.finish(), us  # nginx ends; a client that says close_notify before is taken for one that has gone


def fetch(side, path='/who', name='p256', options=(), more='', code=0, words=(), body=b''):
    them = Nginx(side, name, more)
    try:
        got, us = get(side, them.port, path, *options)
        wrong = None if got == code and body in us.out else f'{got}, {len(us.out)} bytes\n{us.err}\n{us.out[:300]}'
        return wrong or expect(us, *(said(side, w) for w in words))
    finally:
        them.stop()


def said(side, words):
    """What the script of MicroPython says in the place of that."""
    return words if side.provider != 'micropython' else {
        'verified as localhost': '', 'no trusted root': 'CERT_UNKNOWN_CA', 'protocol_version (alert 70)': 'protocol_version',
        'application protocol: http/1.1': 'protocol http/1.1'}.get(words, words)


def page(side):
    return fetch(side, words=(f'TLS {side.version} with', 'verified as localhost'), body=f'TLSv{side.version} NONE'.encode())


def rsa(side):
    return fetch(side, name='rsa', body=b'200 OK')


def large(side):
    return fetch(side, '/bulk', body=BULK)


def large_in_small_records(side):
    return fetch(side, '/bulk', options=('--max-record-in', '1024'), body=BULK)


def alpn(side):
    return fetch(side, options=('--alpn', 'http/1.1'), words=('application protocol: http/1.1',))


def client_certificate(side):
    more = f'ssl_client_certificate {peers.root()}; ssl_verify_client on; ssl_verify_depth 3;'
    for kind in ('p256', 'p384', 'rsa', 'pss'):
        chain, private = peers.key(f'client-{kind}')
        wrong = fetch(side, options=('--cert', chain, '--key', private), more=more, body=f'SUCCESS CN=client-{kind}'.encode())
        if wrong:
            return f'{kind}: {wrong}'
    return None


def no_certificate(side):
    """nginx lets the handshake pass and answers 400."""
    more = f'ssl_client_certificate {peers.root()}; ssl_verify_client on; ssl_verify_depth 3;'
    return fetch(side, more=more, body=b'No required SSL certificate was sent')


def sessions(side):
    session = peers.WORK / f'nginx-session.{next(counter)}'
    them = Nginx(side, 'p256', '')
    wrong = None
    for reused in ('.', 'r', 'r'):
        code, us = get(side, them.port, '/who', '--session', session)
        if code or f' {reused}\n'.encode() not in us.out or ('resumed:' in us.err) != (reused == 'r'):
            wrong = wrong or f'{code}, not {reused}: {us.out}\n{us.err}'
    them.stop()
    return wrong


def untrusted(side):
    return fetch(side, name='stranger', code=1, words=('no trusted root',))


def other_version(side):
    own = '--tls1.2' if side.version == '1.3' else '--tls1.3'
    return fetch(side, options=(own,), code=1, words=('protocol_version (alert 70)',))


def main():
    peers.need_downloaded('nginx')
    services.need()
    result = table.Table('nginx and our client', services.COLUMNS)
    for cell in (page, rsa, large, large_in_small_records, alpn, client_certificate, no_certificate, sessions, untrusted,
                 other_version):
        for side in services.SIDES:
            result.run(cell.__name__.replace('_', ' '), str(side), cell, side)
    result.show()
    table.finish(result)


if __name__ == '__main__':
    main()
