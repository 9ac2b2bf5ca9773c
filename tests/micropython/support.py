"""What the drivers of the MicroPython tests share: the program under test, keys, CPython peers, results."""
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = pathlib.Path(os.environ.get('SKERRY_ROOT', HERE.parent.parent))
BUILD = pathlib.Path(os.environ.get('SKERRY_BUILD', ROOT / 'build'))
# Another program than the usual one, such as build/micropython-asan.
MICROPYTHON = pathlib.Path(os.environ.get('SKERRY_MICROPYTHON', BUILD / 'micropython'))
TIMEOUT = 120 if 'asan' in MICROPYTHON.name else 60


def skip(reason):
    print(reason)
    sys.exit(77)


def need_micropython():
    if not MICROPYTHON.is_file():
        skip(f'{MICROPYTHON} is not there: tools/micropython/build.sh makes it')


# --- Keys and certificates, made by the openssl command ---

def openssl(*arguments, folder):
    subprocess.run(['openssl', *map(str, arguments)], cwd=folder, check=True, capture_output=True)


def make_key(folder, name, kind):
    options = {'ec': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
               'p384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
               'rsa': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
               'ed25519': ['-algorithm', 'ED25519']}[kind]
    openssl('genpkey', *options, '-out', name + '.key', folder=folder)


def make_authority(folder, name, days=30, issuer=None):
    make_key(folder, name, 'ec')
    extensions = 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n'
    sign(folder, name, f'/CN={name} authority', extensions, issuer or name, days)


def issue(folder, name, names, purpose='serverAuth', issuer='ca', kind='ec', days=30):
    make_key(folder, name, kind)
    sign(folder, name, f'/CN={name}/O=Skerry', f'subjectAltName={names}\nextendedKeyUsage={purpose}\n', issuer, days)


def sign(folder, name, subject, extensions, issuer, days):
    (folder / 'extensions').write_text(extensions)
    openssl('req', '-new', '-key', name + '.key', '-subj', subject, '-out', name + '.csr', folder=folder)
    signer = ['-signkey', name + '.key'] if issuer == name else \
        ['-CA', issuer + '.pem', '-CAkey', issuer + '.key', '-CAcreateserial']
    openssl('x509', '-req', '-in', name + '.csr', *signer, '-days', days, '-extfile', 'extensions',
            '-out', name + '.pem', folder=folder)


def make_keys(folder):
    """All that the tests want: authorities ca, middle (by ca) and other; servers and clients."""
    make_authority(folder, 'ca')
    make_authority(folder, 'middle', issuer='ca')
    make_authority(folder, 'other')
    both = 'DNS:hub.local,IP:127.0.0.1'
    issue(folder, 'hub', both)
    issue(folder, 'second', 'DNS:second.local')
    issue(folder, 'deep', both, issuer='middle')
    issue(folder, 'rsa', both, kind='rsa')
    issue(folder, 'p384', both, kind='p384')
    issue(folder, 'ed25519', both, kind='ed25519')
    issue(folder, 'expired', both, days=-1)
    issue(folder, 'foreign', both, issuer='other')
    issue(folder, 'sensor', 'DNS:sensor.local', 'clientAuth')
    issue(folder, 'stranger', 'DNS:sensor.local', 'clientAuth', issuer='other')
    (folder / 'deep.pem').write_text((folder / 'deep.pem').read_text() + (folder / 'middle.pem').read_text())
    for name in ('ca', 'hub', 'sensor'):
        openssl('x509', '-in', name + '.pem', '-outform', 'DER', '-out', name + '.der', folder=folder)
    openssl('pkey', '-in', 'hub.key', '-outform', 'DER', '-out', 'hub.key.der', folder=folder)
    openssl('ec', '-in', 'hub.key', '-out', 'hub.sec1.key', folder=folder)
    openssl('pkey', '-in', 'hub.key', '-aes128', '-passout', 'pass:x', '-out', 'hub.locked.key', folder=folder)
    return folder


# --- Scripts under MicroPython ---

class Script:
    """A script that runs under MicroPython while the test does something else. It prints JSON, a line each."""

    def __init__(self, folder, text, *arguments, options=()):
        path = pathlib.Path(folder) / f'script{id(self)}.py'
        path.write_text('import sys\nsys.path.insert(0, %r)\n' % str(HERE / 'mp') + text)
        command = [MICROPYTHON, *options, path, *map(str, arguments)]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def line(self):
        timer = threading.Timer(TIMEOUT, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        try:
            return json.loads(line)
        except ValueError:
            self.process.kill()
            raise AssertionError('the script said: ' + line + self.process.stdout.read()) from None

    def end(self, code=0):
        # Not communicate(): it does not see what line() has read ahead.
        timer = threading.Timer(TIMEOUT, self.process.kill)
        timer.start()
        rest = self.process.stdout.read()
        self.process.wait()
        timer.cancel()
        assert self.process.returncode == code, f'exit code {self.process.returncode}: {rest}'
        return [json.loads(line) for line in rest.splitlines()]


# --- CPython's side ---

def server_context(folder, name='hub', verify=True):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f'{name}.pem', folder / f'{name}.key')
    context.load_verify_locations(folder / 'ca.pem')
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    return context


def client_context(folder, name='sensor', ca='ca'):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(folder / f'{ca}.pem')
    if name:
        context.load_cert_chain(folder / f'{name}.pem', folder / f'{name}.key')
    return context


class Server(threading.Thread):
    """A thread of CPython that serves one connection with a function; join() gives what that returned or raised."""

    def __init__(self, serve, context=None, listener=None):
        super().__init__(daemon=True)
        self.serve, self.context, self.result, self.error = serve, context, None, None
        self.listener = listener or socket.create_server(('127.0.0.1', 0))
        self.listener.settimeout(TIMEOUT)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        try:
            raw, _ = self.listener.accept()
            with raw:
                raw.settimeout(TIMEOUT)
                if self.context:
                    raw = self.context.wrap_socket(raw, server_side=True, suppress_ragged_eofs=False)
                self.result = self.serve(raw)
                raw.close()
        except Exception as error:
            self.error = error

    def outcome(self):
        self.join(TIMEOUT)
        assert not self.is_alive(), 'the server hangs'
        self.listener.close()
        return self.error if self.error is not None else self.result


def connect(port, context, name='hub.local'):
    raw = socket.create_connection(('127.0.0.1', port), timeout=TIMEOUT)
    # Without the last word, an end without close_notify would look like a clean one.
    return context.wrap_socket(raw, server_hostname=name, suppress_ragged_eofs=False)


def read_exactly(stream, size):
    data = b''
    while len(data) < size:
        part = stream.recv(min(65536, size - len(data)))
        assert part, f'the stream ended after {len(data)} of {size} bytes'
        data += part
    return data


# --- Running ---

def run(tests):
    """Runs test functions, each with the folder of keys; ends the process."""
    need_micropython()
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = make_keys(pathlib.Path(name))
        for test in tests:
            try:
                test(folder)
                print('ok  ', test.__name__, flush=True)
            except Exception as error:
                failed += 1
                print('FAIL', test.__name__, type(error).__name__, error, flush=True)
    print(f'{len(tests) - failed} of {len(tests)} passed')
    sys.exit(1 if failed else 0)


def tests_of(namespace):
    return [value for name, value in namespace.items() if name.startswith('test_')]
