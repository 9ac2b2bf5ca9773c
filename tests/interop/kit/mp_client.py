"""A client under MicroPython, with the manners of `skerry client`: mp_client.py PORT NAME [OPTION=VALUE]...

What is to be said comes on stdin, at first and whole; what is heard goes to stdout, everything else to stderr. Ends after `hear`
bytes (with close_notify) or with the server. Exit code 0, or 1 with the error's text. Options: ca=FILE (repeated), hear=N,
record_in=N, session=FILE (offered, and the newest written back), trace=1, alpn=NAME, cert=FILE, key=FILE.
"""
import os
import socket
import ssl
import sys

VERSIONS = {'1.2': ssl.TLSVersion.TLSv1_2, '1.3': ssl.TLSVersion.TLSv1_3}


def read_file(path):
    with open(path, 'rb') as file:
        return file.read()


def show(event):
    print('-->' if event[0] else '<--', event[1], event[2], event[3], file=sys.stderr)


def arguments(words):
    options = {'ca': [], 'hear': '0'}
    for word in words:
        name, value = word.split('=', 1)
        if name == 'ca':
            options['ca'].append(value)
        else:
            options[name] = value
    return options


def context_of(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for path in options['ca']:
        context.load_verify_locations(path)
    if 'cert' in options:
        context.load_cert_chain(options['cert'], options['key'])
    if 'record_in' in options:
        context.max_record_in = int(options['record_in'])
    if 'alpn' in options:
        context.set_alpn_protocols([options['alpn']])
    if 'session' in options:
        context.session_key = b'only this device knows that one.'
    if 'alpn' in options:
        context.set_alpn_protocols([options['alpn']])
    if 'min' in options:
        context.minimum_version = VERSIONS[options['min']]
    if 'max' in options:
        context.maximum_version = VERSIONS[options['max']]
    if 'trace' in options:
        context.trace_callback = show
    return context


def talk(tls, say, left):
    """left: bytes to be heard, -1: all until the server ends. read(n) waits for n bytes, and throws away what came when the
    connection is cut before: so bytes are asked for one by one where nobody knows how many come."""
    if say:
        tls.write(say)
    while left:
        data = tls.read(min(4096, left) if left > 0 else 1)
        if not data:
            break
        sys.stdout.buffer.write(data)
        left -= len(data) if left > 0 else 0


def drain(sock):
    """What the server still sends is read: a socket that is closed over unread bytes takes the alert back that was sent last."""
    try:
        sock.settimeout(2)
        while sock.recv(4096):
            pass
    except OSError:
        pass


def main(port, name, *words):
    options = arguments(words)
    saved = None
    try:
        saved = read_file(options['session'])
    except (KeyError, OSError):
        pass
    say = sys.stdin.buffer.read()
    sock = socket.socket()
    sock.connect(socket.getaddrinfo('127.0.0.1', int(port))[0][-1])
    try:
        tls = context_of(options).wrap_socket(sock, server_hostname=name, session=saved)
        print(tls.version().replace('v', ' '), 'with', tls.cipher()[0], 'resumed:' if tls.session_reused else '', file=sys.stderr)
        talk(tls, say, int(options['hear']))
        if 'session' in options and tls.session:
            with open(options['session'], 'wb') as file:
                file.write(tls.session)
        print('protocol', tls.selected_alpn_protocol(), file=sys.stderr)
        print('memory: engine', tls.memory()['engine'][1], file=sys.stderr)
        tls.close()
    except OSError as error:
        print(error, file=sys.stderr)
        drain(sock)
        return 1
    return 0


sys.exit(main(*sys.argv[1:]))
