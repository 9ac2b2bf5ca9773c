"""A TLS server that does what a test tells it, right or wrong: TLS 1.3 and 1.2, one suite each, on the primitives of Python's
cryptography. For what no command line of other people's servers can be made to do.

    server = Scripted('1.3', script, fragment=1, extensions=b'...')     # listens on server.port, serves one connection
    ...
    server.outcome()        # joins; None or what went wrong on its side; server.alerts, .hello, .certificate tell the rest

script(line) runs when the handshake is complete. Every record of the handshake holds `fragment` bytes of content. `extensions` are
added to EncryptedExtensions (1.3) or ServerHello (1.2); `request` is the body of a CertificateRequest. Suites are
TLS_AES_128_GCM_SHA256 and TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, the group x25519, the key P-256, and in TLS 1.2 the master
secret the extended one. It checks the client's Finished and CertificateVerify, and nothing else of what the client says.
"""
import hashlib
import hmac
import os
import socket
import struct
import threading

from . import peers, services

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:
    AESGCM = None

CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, TICKET, ENCRYPTED_EXTENSIONS, CERTIFICATE, KEY_EXCHANGE, REQUEST, HELLO_DONE, VERIFY = 1, 2, 4, 8, 11, 12, 13, 14, 15
CLIENT_KEY_EXCHANGE, FINISHED, KEY_UPDATE = 16, 20, 24
X25519, ECDSA_P256 = b'\0\x1d', b'\x04\x03'


def need():
    if AESGCM is None:
        peers.skip('the module cryptography is not installed (Debian package python3-cryptography)')


def sha256(data=b''):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.digest(key, data, 'sha256')


def vector(data, size):
    return len(data).to_bytes(size, 'big') + data


def extension(number, body=b''):
    return struct.pack('>H', number) + vector(body, 2)


def message(kind, body):
    return bytes([kind]) + vector(body, 3)


def expand(secret, label, context, size):
    """HKDF-Expand-Label (RFC 9846 section 7.1), at most one block."""
    return mac(secret, struct.pack('>H', size) + vector(b'tls13 ' + label, 1) + vector(context, 1) + b'\1')[:size]


def prf(secret, label, seed, size):
    """RFC 5246 section 5."""
    out, a, seed = b'', label + seed, label + seed
    while len(out) < size:
        a = mac(secret, a)
        out += mac(secret, a + seed)
    return out[:size]


class Keys13:
    def __init__(self, secret):
        self.secret, self.sequence = secret, 0
        self.aead, self.iv = AESGCM(expand(secret, b'key', b'', 16)), expand(secret, b'iv', b'', 12)

    def updated(self):
        return Keys13(expand(self.secret, b'traffic upd', b'', 32))

    def nonce(self):
        nonce = int.from_bytes(self.iv, 'big') ^ self.sequence
        self.sequence += 1
        return nonce.to_bytes(12, 'big')

    def seal(self, kind, data, pad=0):
        inner = data + bytes([kind]) * (kind > 0) + bytes(pad)
        header = b'\x17\3\3' + struct.pack('>H', len(inner) + 16)
        return header + self.aead.encrypt(self.nonce(), inner, header)

    def open(self, header, body):
        inner = self.aead.decrypt(self.nonce(), body, header).rstrip(b'\0')
        return inner[-1], inner[:-1]


class Keys12:
    def __init__(self, key, iv):
        self.aead, self.iv, self.sequence = AESGCM(key), iv, 0

    def seal(self, kind, data, pad=0):
        number = struct.pack('>Q', self.sequence)
        self.sequence += 1
        sealed = number + self.aead.encrypt(self.iv + number, data, number + bytes([kind]) + b'\3\3' + struct.pack('>H', len(data)))
        return bytes([kind]) + b'\3\3' + vector(sealed, 2)

    def open(self, header, body):
        number = struct.pack('>Q', self.sequence)
        self.sequence += 1
        return header[0], self.aead.decrypt(self.iv + body[:8], body[8:], number + header[:3] + struct.pack('>H', len(body) - 24))


class Hello:
    """What of a ClientHello the server looks at."""

    def __init__(self, raw):
        self.random, at = raw[6:38], 38
        self.session, at = self._vector(raw, at, 1)
        self.suites, at = self._vector(raw, at, 2)
        _, at = self._vector(raw, at, 1)
        rest, at = self._vector(raw, at, 2)
        self.extensions, at = {}, 0
        while at < len(rest):
            number = int.from_bytes(rest[at:at + 2], 'big')
            self.extensions[number], at = self._vector(rest, at + 2, 2)

    @staticmethod
    def _vector(raw, at, size):
        start = at + size
        end = start + int.from_bytes(raw[at:start], 'big')
        return raw[start:end], end

    @property
    def share(self):
        """The client's x25519 key share."""
        rest, at = self.extensions[51][2:], 0
        while at < len(rest):
            share, after = self._vector(rest, at + 2, 2)
            if rest[at:at + 2] == X25519:
                return share
            at = after
        raise ValueError('the client sent no share of x25519')

    @property
    def identity(self):
        """The first ticket that is offered (pre_shared_key, or session_ticket in TLS 1.2), or b''."""
        if 41 in self.extensions:
            return self._vector(self.extensions[41], 2, 2)[0]
        return self.extensions.get(35, b'')


class PeerAlert(Exception):
    pass


class Line:
    """The connection as the server sees it."""

    def __init__(self, sock, server):
        self.sock, self.server, self.out, self.into = sock, server, None, None
        self.partial, self.transcript, self.updates = b'', b'', 0

    # --- Records ---

    def _exactly(self, size):
        data = b''
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise EOFError('the client has gone without a word')
            data += part
        return data

    def record(self):
        """(type, content) of the next one that is no ChangeCipherSpec of TLS 1.3."""
        while True:
            header = self._exactly(5)
            body = self._exactly(int.from_bytes(header[3:], 'big'))
            if header[0] == CCS and self.server.version == '1.3':
                continue
            kind, content = self.into.open(header, body) if self.into and header[0] != CCS else (header[0], body)
            if kind == ALERT:
                self.server.alerts.append(content[1])
                raise PeerAlert(content[1])
            return kind, content

    def write(self, kind, data, pad=0, fragment=16384):
        pieces = [data[i:i + fragment] for i in range(0, len(data), fragment)] or [b'']
        self.sock.sendall(b''.join(self.out.seal(kind, piece, pad) if self.out else bytes([kind]) + b'\3\3' + vector(piece, 2)
                                   for piece in pieces))

    def message(self, wanted):
        """The next handshake message with its header, taken into the transcript."""
        while len(self.partial) < 4 or len(self.partial) < 4 + int.from_bytes(self.partial[1:4], 'big'):
            kind, content = self.record()
            if kind != HANDSHAKE:
                raise ValueError(f'a record of type {kind} instead of the message {wanted}')
            self.partial += content
        size = 4 + int.from_bytes(self.partial[1:4], 'big')
        raw, self.partial = self.partial[:size], self.partial[size:]
        if raw[0] != wanted:
            raise ValueError(f'the message {raw[0]} instead of {wanted}')
        self.transcript += raw
        return raw

    def flight(self, *messages):
        """Messages one behind the other, cut as the test wants them."""
        self.transcript += b''.join(messages)
        self.write(HANDSHAKE, b''.join(messages), fragment=self.server.fragment)

    # --- What scripts use ---

    def data(self, data, pad=0, fragment=16384):
        self.write(DATA, data, pad, fragment)

    def read(self, size):
        """So many bytes of application data; KeyUpdates between them are taken in and counted."""
        data = b''
        while len(data) < size:
            kind, content = self.record()
            if kind == HANDSHAKE and content[0] == KEY_UPDATE:
                self.into, self.updates = self.into.updated(), self.updates + 1
            elif kind == DATA:
                data += content
            else:
                raise ValueError(f'a record of type {kind}: {content.hex()}')
        return data

    def expect(self, data):
        got = self.read(len(data))
        if got != data:
            raise ValueError(f'{got} came, not {data}')

    def ticket(self, ticket, lifetime=3600):
        """NewSessionTicket (RFC 9846 section 4.7.1)."""
        self.write(HANDSHAKE, message(TICKET, struct.pack('>II', lifetime, 77) + vector(b'n', 1) + vector(ticket, 2) + b'\0\0'))

    def update(self, request=False):
        self.write(HANDSHAKE, message(KEY_UPDATE, bytes([request])))
        self.out = self.out.updated()

    def close(self):
        """close_notify, and the client's is waited for."""
        self.write(ALERT, b'\1\0')
        self.farewell()

    def farewell(self):
        """Reads until the client has said close_notify."""
        try:
            while True:
                self.read(1)
        except PeerAlert as alert:
            if alert.args[0] != 0:
                raise


class Scripted(threading.Thread):
    def __init__(self, version, script, chain='letsencrypt', fragment=16384, extensions=b'', request=None, ticket=b'', handshake=None):
        super().__init__(daemon=True)
        self.version, self.script, self.fragment, self.extensions = version, script, fragment, extensions
        self.request, self.new_ticket = request, ticket
        self.handshake = handshake or (self._handshake13 if version == '1.3' else self._handshake12)
        self.alerts, self.hello, self.certificate, self.error = [], None, None, None
        folder = services.CHAINS.FOLDER / chain
        self.chain = [(folder / f'{i}.der').read_bytes() for i in range(len(list(folder.glob('[0-9]*.der'))))]
        self.key = serialization.load_pem_private_key((folder / 'key.pem').read_bytes(), None)
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(peers.SECONDS)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        try:
            sock, _ = self.listener.accept()
            with sock:
                sock.settimeout(peers.SECONDS)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line = Line(sock, self)
                self.handshake(line)
                self.script(line)
        except PeerAlert:
            pass  # it is in alerts
        except Exception as error:
            self.error = error

    def outcome(self, alerts=(0,)):
        """None when it served to the end and saw just these alerts."""
        self.join(peers.SECONDS)
        self.listener.close()
        if self.is_alive() or self.error or self.alerts != list(alerts):
            return f'the server: {"hangs" if self.is_alive() else repr(self.error)}, saw the alerts {self.alerts}, not {list(alerts)}'
        return None

    # --- Handshakes ---

    def _signature(self, data):
        return ECDSA_P256 + vector(self.key.sign(data, ec.ECDSA(hashes.SHA256())), 2)

    def _certificates(self):
        tail = b'\0\0' if self.version == '1.3' else b''
        listed = vector(b''.join(vector(der, 3) + tail for der in self.chain), 3)
        return message(CERTIFICATE, b'\0' * (self.version == '1.3') + listed)

    def _read_client(self, line):
        """The key of its Certificate, None when that is empty."""
        body = line.message(CERTIFICATE)[4:][self.version == '1.3':]
        first = body[6:6 + int.from_bytes(body[3:6], 'big')]
        self.certificate = first
        return x509.load_der_x509_certificate(first).public_key() if first else None

    def _check_verify(self, line, key, signed):
        raw = line.message(VERIFY)
        if raw[4:6] != ECDSA_P256:
            raise ValueError(f'the client signed with the scheme {raw[4:6].hex()}')
        key.verify(raw[8:], signed, ec.ECDSA(hashes.SHA256()))

    def _handshake13(self, line):
        self.hello = hello = Hello(line.message(CLIENT_HELLO))
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        line.flight(message(SERVER_HELLO, b'\3\3' + os.urandom(32) + vector(hello.session, 1) + b'\x13\1\0' + vector(
            extension(43, b'\3\4') + extension(51, X25519 + vector(public, 2)), 2)))
        shared = private.exchange(X25519PublicKey.from_public_bytes(hello.share))
        secret = mac(expand(mac(bytes(32), bytes(32)), b'derived', sha256(), 32), shared)
        client, server = (expand(secret, label, sha256(line.transcript), 32) for label in (b'c hs traffic', b's hs traffic'))
        line.out, line.into = Keys13(server), Keys13(client)
        flight = [message(ENCRYPTED_EXTENSIONS, vector(self.extensions, 2))]
        flight += [message(REQUEST, self.request)] if self.request is not None else []
        flight += [self._certificates()]
        signed = b' ' * 64 + b'TLS 1.3, server CertificateVerify\0' + sha256(line.transcript + b''.join(flight))
        flight += [message(VERIFY, self._signature(signed))]
        finished = mac(expand(server, b'finished', b'', 32), sha256(line.transcript + b''.join(flight)))
        line.flight(*flight, message(FINISHED, finished))
        master = mac(expand(secret, b'derived', sha256(), 32), bytes(32))
        keys = [Keys13(expand(master, label, sha256(line.transcript), 32)) for label in (b'c ap traffic', b's ap traffic')]
        line.out = keys[1]
        if self.request is not None:
            key = self._read_client(line)
            if key:
                self._check_verify(line, key, b' ' * 64 + b'TLS 1.3, client CertificateVerify\0' + sha256(line.transcript))
        expected = mac(expand(client, b'finished', b'', 32), sha256(line.transcript))
        if line.message(FINISHED)[4:] != expected:
            raise ValueError("the client's Finished is wrong")
        line.into = keys[0]

    def _handshake12(self, line):
        self.hello = hello = Hello(line.message(CLIENT_HELLO))
        private, random = X25519PrivateKey.generate(), os.urandom(32)
        public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        parameters = b'\3' + X25519 + vector(public, 1)
        more = (extension(35) if self.new_ticket else b'') + self.extensions
        flight = [message(SERVER_HELLO, b'\3\3' + random + b'\0\xc0\x2b\0' + vector(extension(23) + extension(0xff01, b'\0') + more, 2)),
                  self._certificates(), message(KEY_EXCHANGE, parameters + self._signature(hello.random + random + parameters))]
        flight += [message(REQUEST, self.request)] if self.request is not None else []
        line.flight(*flight, message(HELLO_DONE, b''))
        key = self._read_client(line) if self.request is not None else None
        shared = private.exchange(X25519PublicKey.from_public_bytes(line.message(CLIENT_KEY_EXCHANGE)[5:]))
        master = prf(shared, b'extended master secret', sha256(line.transcript), 48)
        if key:
            self._check_verify(line, key, line.transcript)
        block = prf(master, b'key expansion', random + hello.random, 40)
        if line.record() != (CCS, b'\1'):
            raise ValueError('no ChangeCipherSpec')
        line.into = Keys12(block[:16], block[32:36])
        expected = prf(master, b'client finished', sha256(line.transcript), 12)
        if line.message(FINISHED)[4:] != expected:
            raise ValueError("the client's Finished is wrong")
        if self.new_ticket:
            line.flight(message(TICKET, struct.pack('>I', 3600) + vector(self.new_ticket, 2)))
        line.write(CCS, b'\1')
        line.out = Keys12(block[16:32], block[36:40])
        line.flight(message(FINISHED, prf(master, b'server finished', sha256(line.transcript), 12)))
