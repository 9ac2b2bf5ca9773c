# ssl: CPython's spelling of the `tls` module, with files. docs/micropython.md says how it differs from CPython's.
import tls
from tls import *

# There is no class of its own for errors: they are OSError(number, text).
SSLError = OSError


class TLSVersion:
    MINIMUM_SUPPORTED = 0x0303
    TLSv1_2 = 0x0303
    TLSv1_3 = 0x0304
    MAXIMUM_SUPPORTED = 0x0304


def _load(source):
    # A path, or what a file would hold.
    if isinstance(source, str):
        try:
            with open(source, "rb") as f:
                return f.read()
        except OSError as error:
            raise OSError(error.errno, "cannot read " + source)
    return source


def _forward(name):
    def get(self):
        return getattr(self._context, name)

    def set(self, value):
        setattr(self._context, name, value)

    return property(get, set)


class SSLContext:
    def __init__(self, protocol):
        self._context = tls.SSLContext(protocol)
        self.protocol = protocol
        self._keylog = None

    verify_mode = _forward("verify_mode")
    verify_flags = _forward("verify_flags")
    verify_callback = _forward("verify_callback")
    check_hostname = _forward("check_hostname")
    check_time = _forward("check_time")
    keep_peercert = _forward("keep_peercert")
    ecdsa_sign_callback = _forward("ecdsa_sign_callback")
    trace_callback = _forward("trace_callback")
    keylog_callback = _forward("keylog_callback")
    minimum_version = _forward("minimum_version")
    maximum_version = _forward("maximum_version")
    max_record_in = _forward("max_record_in")
    session_key = _forward("session_key")
    psk_identity = _forward("psk_identity")
    psk_key = _forward("psk_key")
    server_psk_keys = _forward("server_psk_keys")
    ticket_keys = _forward("ticket_keys")
    num_tickets = _forward("num_tickets")
    max_record_out = _forward("max_record_out")
    chunk = _forward("chunk")
    certificate_window = _forward("certificate_window")
    max_message = _forward("max_message")

    @property
    def keylog_filename(self):
        return self._keylog

    @keylog_filename.setter
    def keylog_filename(self, name):
        def append(line):
            with open(name, "ab") as f:
                f.write(line)

        self._context.keylog_callback = append if name else None
        self._keylog = name

    def load_cert_chain(self, certfile, keyfile=None):
        self._context.load_cert_chain(_load(certfile), _load(keyfile))

    def load_verify_locations(self, cafile=None, cadata=None):
        if cafile is None and cadata is None:
            raise TypeError("cafile and cadata cannot be both omitted")
        if cafile is not None:
            self._context.load_verify_locations(_load(cafile))
        if cadata is not None:
            self._context.load_verify_locations(cadata)

    def get_ciphers(self):
        return self._context.get_ciphers()

    def set_ciphers(self, ciphers):
        self._context.set_ciphers(ciphers)

    def set_alpn_protocols(self, protocols):
        self._context.set_alpn_protocols(protocols)

    def set_psks(self, psks):
        self._context.set_psks(psks)

    def memory_needed(self, server_hostname=None):
        return self._context.memory_needed(server_hostname)

    def wrap_socket(
        self,
        sock,
        server_side=False,
        do_handshake_on_connect=True,
        server_hostname=None,
        session=None,
    ):
        return self._context.wrap_socket(
            sock,
            server_side=server_side,
            do_handshake_on_connect=do_handshake_on_connect,
            server_hostname=server_hostname,
            session=session,
        )


def create_default_context(cafile=None, cadata=None):
    # A client that verifies its server. Devices have no store of trusted roots: name yours.
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    if cafile is not None or cadata is not None:
        context.load_verify_locations(cafile, cadata)
    return context


def wrap_socket(
    sock,
    server_side=False,
    key=None,
    cert=None,
    cert_reqs=CERT_NONE,
    cadata=None,
    server_hostname=None,
    do_handshake=True,
):
    context = SSLContext(PROTOCOL_TLS_SERVER if server_side else PROTOCOL_TLS_CLIENT)
    context.verify_mode = cert_reqs
    if key is not None or cert is not None:
        context.load_cert_chain(cert, key)
    if cadata is not None:
        context.load_verify_locations(cadata=cadata)
    return context.wrap_socket(
        sock,
        server_side=server_side,
        do_handshake_on_connect=do_handshake,
        server_hostname=server_hostname,
    )
