// SSLSocket: a TLS connection over a stream that the user has given.
//
// In: calls of its methods and of MicroPython's stream protocol (read, write, ioctl). Out:
// plaintext, and exceptions that say why a connection ended; the first such error sticks. Any
// stream will do below: a socket, or an object of a class in Python. It blocks if that one blocks;
// if not, None says "later", and poll() says when. One method at a time: a callback, or the stream
// below, can't call back into a read or write that is going on.

#include <string.h>

#include "py/mperrno.h"
#include "py/objtype.h"
#include "py/mphal.h"
#include "py/objstr.h"
#include "modtls.h"
#include "port/interrupt.h"

#define POLL_RDWR (MP_STREAM_POLL_RD | MP_STREAM_POLL_WR)
#define YEAR_2020 (1577836800) // seconds since 1970: an earlier clock is one that nobody has set

// --- Entering and leaving ---

typedef struct {
    nlr_jump_callback_node_t node;
    tls_socket_t *o;
} visit_t;

static void visit_end(void *context) {
    ((visit_t *)context)->o->busy = false;
}

static void enter(visit_t *visit, tls_socket_t *o) {
    if (o->busy) {
        tls_raise_text(MP_EBUSY, "the connection is in use by another call");
    }
    visit->o = o;
    nlr_push_jump_callback(&visit->node, visit_end);
    o->busy = true;
}

static void leave(void) {
    nlr_pop_jump_callback(true);
}

// For what needs a connection that is neither closed nor broken.
static void enter_alive(visit_t *visit, tls_socket_t *o) {
    if (o->sock == MP_OBJ_NULL && o->error.status == SKR_OK) {
        tls_raise_text(MP_EBADF, "the connection is closed");
    }
    enter(visit, o);
    if (o->error.status != SKR_OK) {
        tls_raise(&o->error);
    }
}

// --- Making one ---

static int64_t time_now(void) {
    int64_t now = (int64_t)(MICROPY_SKERRY_TIME_NS() / 1000000000);
    return now >= YEAR_2020 ? now : 0;
}

static skr_view_t name_view(mp_obj_t server_hostname) {
    size_t size;
    const char *data = mp_obj_str_get_data(server_hostname, &size);
    skr_view_t view = {(const uint8_t *)data, size};
    skr_name_t name;
    if (!skr_name_parse(view, &name)) {
        mp_raise_ValueError(
            MP_ERROR_TEXT("server_hostname is neither a host name nor an IP address"));
    }
    return view;
}

// The peer's own certificate, as it comes. Where there is no room for it, there is none to show.
static void keep_certificate(
    void *user, unsigned index, size_t size, size_t offset, skr_view_t piece) {
    tls_socket_t *o = user;
    if (index > 0) {
        return;
    }
    if (offset == 0) {
        o->peer_certificate = tls_malloc_maybe(size);
        o->peer_certificate_size = size;
    }
    if (o->peer_certificate != NULL) {
        memcpy(o->peer_certificate + offset, piece.data, piece.size);
    }
}

void tls_configure(const tls_context_t *context, skr_config_t *config) {
    static const uint8_t verify[] = {SKR_VERIFY_NONE, SKR_VERIFY_OPTIONAL, SKR_VERIFY_REQUIRED};
    *config = context->config;
    config->verify = (skr_verify_t)verify[context->verify_mode];
    config->ignore_name = !context->check_hostname;
    config->ask_verify = context->verify_callback != mp_const_none;
    tls_psk_configure(context, config);
}

static void configure(tls_socket_t *o) {
    tls_context_t *context = o->context;
    tls_configure(context, &o->config);
    o->config.memory = &o->memory;
    if (context->keep_peer_certificate && context->verify_mode != TLS_CERT_NONE) {
        o->chain_watch = (skr_chain_watch_t){keep_certificate, o};
        o->config.chain_watch = &o->chain_watch;
    }
}

skr_view_t tls_wanted_name(const tls_context_t *context, mp_obj_t server_hostname) {
    skr_view_t name = {NULL, 0};
    if (context->config.role == SKR_CLIENT) {
        if (server_hostname != mp_const_none) {
            name = name_view(server_hostname);
        } else if (context->verify_mode != TLS_CERT_NONE && context->check_hostname &&
            !(context->psk != NULL && context->only_psk) &&
            !(context->config.psk_count > 0 && context->config.anchor_count == 0)) {
            mp_raise_ValueError(MP_ERROR_TEXT("CERT_REQUIRED requires server_hostname"));
        }
    }
    return name;
}

static tls_socket_t *make(
    tls_context_t *context, mp_obj_t sock, mp_obj_t server_hostname, mp_obj_t session) {
    mp_get_stream_raise(sock, MP_STREAM_OP_READ | MP_STREAM_OP_WRITE);
    skr_view_t name = tls_wanted_name(context, server_hostname);
    tls_socket_t *o = mp_obj_malloc_with_finaliser(tls_socket_t, &tls_socket_type);
    memset((byte *)o + sizeof(o->base), 0, sizeof(*o) - sizeof(o->base));
    o->context = context;
    o->server_hostname = server_hostname;
    o->session = mp_const_none;
    o->error.status = SKR_OK;
    tls_memory_init(o);
    configure(o);
    tls_watch_init(o);
    o->conn_block = m_new(byte, SKR_CONN_SIZE);
    interrupt_state_t state = interrupt_hold();
    o->conn = skr_conn_init(o->conn_block, SKR_CONN_SIZE, &o->config, name, time_now());
    interrupt_release(state);
    tls_session_offer(o, session);
    o->sock = sock;
    return o;
}

// A handshake that fails, or is interrupted, gives the stream back to its owner as it is.
static void give_up(void *context) {
    tls_socket_t *o = ((visit_t *)context)->o;
    tls_release(o);
    o->sock = MP_OBJ_NULL;
    o->busy = false;
}

static void handshake_and_wait(tls_socket_t *o) {
    for (;;) {
        int result = tls_handshake(o);
        if (result == 0) {
            result = tls_flush(o);
        }
        if (result == 0) {
            tls_watch_deliver(o);
            return;
        }
        if (result != MP_EAGAIN) {
            mp_raise_OSError(result);
        }
        mp_event_wait_ms(1);
    }
}

mp_obj_t tls_socket_new(tls_context_t *context, mp_obj_t sock, bool handshake,
    mp_obj_t server_hostname, mp_obj_t session) {
    tls_socket_t *o = make(context, sock, server_hostname, session);
    if (handshake) {
        visit_t visit = {.o = o};
        nlr_push_jump_callback(&visit.node, give_up);
        o->busy = true;
        handshake_and_wait(o);
        o->busy = false;
        nlr_pop_jump_callback(false);
    }
    return MP_OBJ_FROM_PTR(o);
}

// --- The stream protocol ---

// EAGAIN out of a read that waits to write, or the other way round: the next poll() must ask for
// that instead.
static mp_uint_t later(tls_socket_t *o, int result, uint8_t usual, int *errcode) {
    if (result == MP_EAGAIN && o->waits != usual) {
        o->poll_mask = o->waits;
    }
    *errcode = result;
    return MP_STREAM_ERROR;
}

static mp_uint_t socket_read(mp_obj_t self_in, void *buf, mp_uint_t size, int *errcode) {
    tls_socket_t *o = MP_OBJ_TO_PTR(self_in);
    visit_t visit;
    enter_alive(&visit, o);
    o->poll_mask = 0;
    size_t got = 0;
    int result = tls_handshake(o);
    if (result == 0 && size > 0) {
        // What is left to send, the end of the handshake perhaps, is what the peer waits for.
        result = tls_flush(o);
        if (result == 0 || result == MP_EAGAIN) {
            result = tls_read(o, buf, size, &got);
        }
    }
    leave();
    return result == 0 ? got : later(o, result, MP_STREAM_POLL_RD, errcode);
}

static mp_uint_t socket_write(mp_obj_t self_in, const void *buf, mp_uint_t size, int *errcode) {
    tls_socket_t *o = MP_OBJ_TO_PTR(self_in);
    visit_t visit;
    enter_alive(&visit, o);
    o->poll_mask = 0;
    size_t taken = 0;
    int result = tls_handshake(o);
    if (result == 0 && size > 0) {
        result = tls_write(o, buf, size, &taken);
    }
    leave();
    return result == 0 ? taken : later(o, result, MP_STREAM_POLL_WR, errcode);
}

// Says close_notify (RFC 9846 section 6.1) if that goes, gives everything back and closes the
// stream below.
static void close_all(tls_socket_t *o) {
    if (o->sock == MP_OBJ_NULL) {
        return;
    }
    visit_t visit;
    enter(&visit, o);
    mp_obj_t exception = MP_OBJ_NULL;
    if (o->conn != NULL) {
        exception = tls_goodbye(o);
        tls_release(o);
    }
    mp_obj_t sock = o->sock;
    o->sock = MP_OBJ_NULL;
    leave();
    const mp_stream_p_t *stream = mp_get_stream(sock);
    int errcode;
    if (stream->ioctl != NULL) {
        stream->ioctl(sock, MP_STREAM_CLOSE, 0, &errcode);
    }
    if (exception != MP_OBJ_NULL) {
        nlr_raise(exception);
    }
}

static bool has_output(tls_socket_t *o) {
    const uint8_t *data;
    return skr_conn_output(o->conn, &data) > 0;
}

static mp_uint_t poll(tls_socket_t *o, uintptr_t asked, int *errcode) {
    if (o->sock == MP_OBJ_NULL || o->error.status != SKR_OK) {
        return MP_STREAM_POLL_NVAL;
    }
    uintptr_t below = asked; // what to ask the stream below for
    uintptr_t stands_for = 0; // what the caller gets when one of instead is there
    uintptr_t instead = 0;
    if (o->poll_mask != 0 && (asked & POLL_RDWR) != 0) {
        stands_for = asked & POLL_RDWR;
        instead = o->poll_mask;
        below = (asked & ~stands_for) | instead;
    } else if (o->ready && (asked & MP_STREAM_POLL_RD) != 0 && has_output(o)) {
        // The peer may wait for it: a caller that only wants to read comes back and sends it.
        stands_for = MP_STREAM_POLL_RD;
        instead = MP_STREAM_POLL_WR;
        below |= instead;
    }
    mp_uint_t events = 0;
    if ((below & MP_STREAM_POLL_RD) != 0 &&
        (skr_conn_readable(o->conn) > 0 || o->eof || o->stash != NULL)) {
        events = MP_STREAM_POLL_RD;
        if ((below & POLL_RDWR) == MP_STREAM_POLL_RD) {
            return events | stands_for;
        }
    }
    const mp_stream_p_t *stream = mp_get_stream(o->sock);
    if (stream->ioctl == NULL) {
        *errcode = MP_EINVAL;
        return MP_STREAM_ERROR;
    }
    mp_uint_t found = stream->ioctl(o->sock, MP_STREAM_POLL, below, errcode);
    if (found == MP_STREAM_ERROR) {
        return found;
    }
    events |= found;
    if ((events & instead) != 0) {
        events |= stands_for;
    }
    return events & (asked | ~(mp_uint_t)POLL_RDWR);
}

static mp_uint_t socket_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    tls_socket_t *o = MP_OBJ_TO_PTR(self_in);
    switch (request) {
        case MP_STREAM_CLOSE:
            close_all(o);
            return 0;
        case MP_STREAM_POLL:
            return poll(o, arg, errcode);
#ifdef MP_STREAM_RAISE_ERROR
        case MP_STREAM_RAISE_ERROR:
            if (o->error.status != SKR_OK) {
                tls_raise(&o->error);
            }
            return 0;
#endif
        default:
            *errcode = MP_EINVAL;
            return MP_STREAM_ERROR;
    }
}

// Dropped without close(): no goodbye, since a finaliser must not wait or run Python code. The
// system's socket is closed all the same; a stream in Python looks after itself.
static mp_obj_t socket_del(mp_obj_t self_in) {
    tls_socket_t *o = MP_OBJ_TO_PTR(self_in);
    if (o->busy) {
        return mp_const_none;
    }
    tls_release(o);
    mp_obj_t sock = o->sock;
    o->sock = MP_OBJ_NULL;
    if (sock != MP_OBJ_NULL && !mp_obj_is_instance_type(mp_obj_get_type(sock))) {
        int errcode;
        mp_get_stream(sock)->ioctl(sock, MP_STREAM_CLOSE, 0, &errcode);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(socket_del_obj, socket_del);

// --- Other methods ---

static mp_obj_t socket_do_handshake(mp_obj_t self_in) {
    tls_socket_t *o = MP_OBJ_TO_PTR(self_in);
    visit_t visit;
    enter_alive(&visit, o);
    o->poll_mask = 0;
    int result = tls_handshake(o);
    if (result == 0) {
        result = tls_flush(o);
    }
    leave();
    if (result != 0) {
        o->poll_mask = result == MP_EAGAIN ? o->waits : 0;
        mp_raise_OSError(result);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(socket_do_handshake_obj, socket_do_handshake);

// Ends TLS, waits for the peer to do the same, and returns the stream below for other uses.
static mp_obj_t socket_unwrap(mp_obj_t self_in) {
    tls_socket_t *o = MP_OBJ_TO_PTR(self_in);
    visit_t visit;
    enter_alive(&visit, o);
    int result = tls_handshake(o);
    if (result == 0) {
        result = tls_shutdown(o);
    }
    byte unread;
    size_t got = 0;
    if (result == 0 || result == MP_EPIPE) {
        // A peer that has gone may have said goodbye before.
        result = tls_read(o, &unread, 1, &got);
    }
    if (result != 0) {
        mp_raise_OSError(result);
    }
    if (got > 0) {
        tls_raise_text(MP_EINVAL, "unwrap: there was data that nobody had read");
    }
    mp_obj_t sock = o->sock;
    tls_release(o);
    o->sock = MP_OBJ_NULL;
    leave();
    return sock;
}
static MP_DEFINE_CONST_FUN_OBJ_1(socket_unwrap_obj, socket_unwrap);

// update_keys(request=False): new keys for what is sent from here on; request: for both directions
// (RFC 9846 section 4.7.3). It happens by itself before a key has protected too much.
static mp_obj_t socket_update_keys(size_t n_args, const mp_obj_t *args) {
    tls_socket_t *o = MP_OBJ_TO_PTR(args[0]);
    bool request = n_args > 1 && mp_obj_is_true(args[1]);
    visit_t visit;
    enter_alive(&visit, o);
    int result = tls_handshake(o);
    if (result == 0) {
        result = tls_update_keys(o, request);
    }
    leave();
    if (result != 0) {
        mp_raise_OSError(result);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(socket_update_keys_obj, 1, 2, socket_update_keys);

static mp_obj_t socket_setblocking(mp_obj_t self_in, mp_obj_t flag) {
    tls_socket_t *o = MP_OBJ_TO_PTR(self_in);
    if (o->sock == MP_OBJ_NULL) {
        tls_raise_text(MP_EBADF, "the connection is closed");
    }
    mp_obj_t dest[3];
    mp_load_method(o->sock, MP_QSTR_setblocking, dest);
    dest[2] = flag;
    mp_obj_t result = mp_call_method_n_kw(1, 0, dest);
    o->nonblocking = !mp_obj_is_true(flag);
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_2(socket_setblocking_obj, socket_setblocking);

static bool info_of(tls_socket_t *o, skr_conn_info_t *info) {
    if (o->conn == NULL) {
        return false;
    }
    skr_conn_info(o->conn, info);
    return info->complete;
}

static const char *version_text(const skr_conn_info_t *info) {
    return info->version == SKR_TLS12 ? "TLSv1.2" : "TLSv1.3";
}

// (name of the cipher suite, version), None before the handshake is complete.
static mp_obj_t socket_cipher(mp_obj_t self_in) {
    skr_conn_info_t info;
    if (!info_of(MP_OBJ_TO_PTR(self_in), &info)) {
        return mp_const_none;
    }
    const char *version = version_text(&info);
    mp_obj_t items[2] = {mp_obj_new_str(info.suite_name, strlen(info.suite_name)),
        mp_obj_new_str(version, strlen(version))};
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(socket_cipher_obj, socket_cipher);

static mp_obj_t socket_version(mp_obj_t self_in) {
    skr_conn_info_t info;
    if (!info_of(MP_OBJ_TO_PTR(self_in), &info)) {
        return mp_const_none;
    }
    const char *version = version_text(&info);
    return mp_obj_new_str(version, strlen(version));
}
static MP_DEFINE_CONST_FUN_OBJ_1(socket_version_obj, socket_version);

static mp_obj_t alpn_or_none(const skr_conn_info_t *info) {
    if (info->alpn.data == NULL) {
        return mp_const_none;
    }
    return mp_obj_new_str((const char *)info->alpn.data, info->alpn.size);
}

static mp_obj_t socket_selected_alpn_protocol(mp_obj_t self_in) {
    skr_conn_info_t info;
    return info_of(MP_OBJ_TO_PTR(self_in), &info) ? alpn_or_none(&info) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(socket_selected_alpn_protocol_obj, socket_selected_alpn_protocol);

static void store_text(mp_obj_t dict, qstr key, const char *text) {
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(key), mp_obj_new_str(text, strlen(text)));
}

// Everything that is known of the connection, as a dict.
static mp_obj_t socket_info(mp_obj_t self_in) {
    skr_conn_info_t info;
    if (!info_of(MP_OBJ_TO_PTR(self_in), &info)) {
        return mp_const_none;
    }
    mp_obj_t dict = mp_obj_new_dict(9);
    store_text(dict, MP_QSTR_version, version_text(&info));
    store_text(dict, MP_QSTR_cipher, info.suite_name);
    store_text(dict, MP_QSTR_group, info.group_name);
    store_text(dict, MP_QSTR_peer_signature, info.scheme_name);
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_alpn), alpn_or_none(&info));
    mp_obj_dict_store(
        dict, MP_OBJ_NEW_QSTR(MP_QSTR_peer_verified), mp_obj_new_bool(info.peer_verified));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_retried), mp_obj_new_bool(info.retried));
    mp_obj_dict_store(
        dict, MP_OBJ_NEW_QSTR(MP_QSTR_bytes_in), mp_obj_new_int_from_ull(info.bytes_in));
    mp_obj_dict_store(
        dict, MP_OBJ_NEW_QSTR(MP_QSTR_bytes_out), mp_obj_new_int_from_ull(info.bytes_out));
    return dict;
}
static MP_DEFINE_CONST_FUN_OBJ_1(socket_info_obj, socket_info);

// getpeercert(binary_form=False). As CPython: None without a certificate, {} when it was not
// verified.
static mp_obj_t socket_getpeercert(size_t n_args, const mp_obj_t *args) {
    tls_socket_t *o = MP_OBJ_TO_PTR(args[0]);
    bool as_bytes = n_args > 1 && mp_obj_is_true(args[1]);
    skr_view_t der = {o->peer_certificate, o->peer_certificate_size};
    if (o->ready && der.data != NULL) {
        return as_bytes ? mp_obj_new_bytes(der.data, der.size) : tls_certificate_dict(der);
    }
    skr_conn_info_t info;
    bool unverified = info_of(o, &info) && info.peer_scheme != 0 && !info.peer_verified;
    return unverified && !as_bytes ? mp_obj_new_dict(0) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(socket_getpeercert_obj, 1, 2, socket_getpeercert);

// export_keying_material(label, length, context=None) (RFC 9846 section 7.5)
static mp_obj_t socket_export(size_t n_args, const mp_obj_t *args) {
    tls_socket_t *o = MP_OBJ_TO_PTR(args[0]);
    size_t label_size;
    const char *label = mp_obj_str_get_data(args[1], &label_size);
    mp_int_t size = mp_obj_get_int(args[2]);
    if (size < 1 || size > 255 * 32) {
        mp_raise_ValueError(MP_ERROR_TEXT("length must be from 1 to 8160"));
    }
    mp_buffer_info_t context = {.buf = (void *)"", .len = 0};
    if (n_args > 3 && args[3] != mp_const_none) {
        mp_get_buffer_raise(args[3], &context, MP_BUFFER_READ);
    }
    visit_t visit;
    enter_alive(&visit, o);
    vstr_t material;
    vstr_init_len(&material, (size_t)size);
    skr_status_t status = skr_conn_export(o->conn, (skr_view_t){(const uint8_t *)label, label_size},
        (skr_view_t){context.buf, context.len}, (uint8_t *)material.buf, (size_t)size);
    if (status != SKR_OK) {
        skr_error_t error = {.status = status < 0 ? status : SKR_ERR_USAGE,
            .alert_sent = SKR_ALERT_NONE,
            .alert_received = SKR_ALERT_NONE};
        tls_raise(&error);
    }
    leave();
    return mp_obj_new_bytes_from_vstr(&material);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(socket_export_obj, 3, 4, socket_export);

static mp_obj_t socket_memory(mp_obj_t self_in) {
    return tls_memory_report(MP_OBJ_TO_PTR(self_in));
}
static MP_DEFINE_CONST_FUN_OBJ_1(socket_memory_obj, socket_memory);

static void socket_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    tls_socket_t *o = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return; // nothing can be stored
    }
    if (attr == MP_QSTR_server_hostname) {
        dest[0] = o->server_hostname;
    } else if (attr == MP_QSTR_session) {
        dest[0] = tls_session(o);
    } else if (attr == MP_QSTR_session_reused) {
        skr_conn_info_t info;
        dest[0] = mp_obj_new_bool(info_of(o, &info) && info.resumed);
    } else if (attr == MP_QSTR_context) {
        dest[0] = MP_OBJ_FROM_PTR(o->context);
    } else {
        dest[1] = MP_OBJ_SENTINEL; // look among the methods
    }
}

static const mp_rom_map_elem_t socket_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mp_stream_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj)},
    {MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&mp_stream_unbuffered_readline_obj)},
    {MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&mp_stream_write_obj)},
    {MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&mp_stream_ioctl_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&mp_stream_close_obj)},
    {MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&mp_identity_obj)},
    {MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&mp_stream___exit___obj)},
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&socket_del_obj)},
    {MP_ROM_QSTR(MP_QSTR_setblocking), MP_ROM_PTR(&socket_setblocking_obj)},
    {MP_ROM_QSTR(MP_QSTR_do_handshake), MP_ROM_PTR(&socket_do_handshake_obj)},
    {MP_ROM_QSTR(MP_QSTR_unwrap), MP_ROM_PTR(&socket_unwrap_obj)},
    {MP_ROM_QSTR(MP_QSTR_cipher), MP_ROM_PTR(&socket_cipher_obj)},
    {MP_ROM_QSTR(MP_QSTR_version), MP_ROM_PTR(&socket_version_obj)},
    {MP_ROM_QSTR(MP_QSTR_selected_alpn_protocol), MP_ROM_PTR(&socket_selected_alpn_protocol_obj)},
    {MP_ROM_QSTR(MP_QSTR_getpeercert), MP_ROM_PTR(&socket_getpeercert_obj)},
    {MP_ROM_QSTR(MP_QSTR_info), MP_ROM_PTR(&socket_info_obj)},
    {MP_ROM_QSTR(MP_QSTR_export_keying_material), MP_ROM_PTR(&socket_export_obj)},
    {MP_ROM_QSTR(MP_QSTR_update_keys), MP_ROM_PTR(&socket_update_keys_obj)},
    {MP_ROM_QSTR(MP_QSTR_memory), MP_ROM_PTR(&socket_memory_obj)},
};
static MP_DEFINE_CONST_DICT(socket_locals, socket_locals_table);

static const mp_stream_p_t socket_stream = {
    .read = socket_read,
    .write = socket_write,
    .ioctl = socket_ioctl,
};

MP_DEFINE_CONST_OBJ_TYPE(tls_socket_type, MP_QSTR_SSLSocket, MP_TYPE_FLAG_NONE, protocol,
    &socket_stream, attr, socket_attr, locals_dict, &socket_locals);
