// Between the engine, which does no I/O, and the stream that a user has given.
//
// In: steps of a connection (include/skerry/skerry.h). Out: reads and writes of the stream below,
// calls of Python's callbacks, and exceptions where a connection ends. All of these may raise, or
// run other Python code: so they happen between the engine's steps only, when the connection is in
// a state that can be continued or closed. Blocking is the stream's business: where it says EAGAIN,
// so do these functions. Does not: know the methods that Python sees (tls_socket.c).

#include <string.h>

#include "py/mperrno.h"
#include "py/objtype.h"
#include "modtls.h"
#include "port/interrupt.h"

// One call of the engine, during which Ctrl-C has to wait.
#define STEP(call) \
    do { \
        interrupt_state_t step_state = interrupt_hold(); \
        (call); \
        interrupt_release(step_state); \
    } while (0)

#define DRAIN_MAX (16) // reads that make room for a clean end of the TCP connection

static bool is_own_class(mp_obj_t exception) {
    const mp_obj_type_t *type = mp_obj_get_type(exception);
    return mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(type), MP_OBJ_FROM_PTR(&mp_type_OSError));
}

void tls_release(tls_socket_t *o) {
    if (o->conn != NULL) {
        STEP(skr_conn_free(o->conn));
        o->conn = NULL;
        m_del(byte, o->conn_block, SKR_CONN_SIZE);
        o->conn_block = NULL;
        o->total_now -= SKR_CONN_SIZE;
    }
    if (o->stash != NULL) {
        m_del(byte, o->stash, o->stash_size);
        o->stash = NULL;
    }
    tls_watch_wipe(o);
}

// --- Sending ---

int tls_flush(tls_socket_t *o) {
    const uint8_t *data;
    size_t size;
    while ((size = skr_conn_output(o->conn, &data)) > 0) {
        int errcode = 0;
        mp_uint_t sent = mp_get_stream(o->sock)->write(o->sock, data, size, &errcode);
        if (sent == MP_STREAM_ERROR && !mp_is_nonblocking_error(errcode)) {
            return errcode;
        }
        if (sent == MP_STREAM_ERROR || sent == 0) {
            o->waits = MP_STREAM_POLL_WR;
            o->nonblocking = true;
            return MP_EAGAIN;
        }
        if (sent > size) {
            return MP_EIO; // a stream in Python that says more than it can have done
        }
        STEP(skr_conn_sent(o->conn, sent));
    }
    return 0;
}

// Sends. When the peer has closed, it may have said why before: its alert is a better error than a
// broken pipe.
static int push(tls_socket_t *o) {
    int result = tls_flush(o);
    if (result == MP_EPIPE || result == MP_ECONNRESET) {
        while (!o->eof && skr_conn_readable(o->conn) == 0 && tls_fill(o) == 0) {}
    }
    return result;
}

// --- The end ---

static MP_NOINLINE mp_obj_t call_protected(void (*function)(tls_socket_t *), tls_socket_t *o) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        function(o);
        nlr_pop();
        return MP_OBJ_NULL;
    }
    mp_obj_t exception = MP_OBJ_FROM_PTR(nlr.ret_val);
    return is_own_class(exception) ? MP_OBJ_NULL : exception;
}

static void send_alert(tls_socket_t *o) {
    tls_flush(o);
}

void tls_end(tls_socket_t *o, skr_status_t status) {
    skr_conn_error(o->conn, &o->error);
    if (o->error.status == SKR_OK) {
        memset(&o->error, 0, sizeof(o->error));
        o->error.status = status;
        o->error.alert_sent = o->error.alert_received = SKR_ALERT_NONE;
    }
    mp_obj_t exception = call_protected(send_alert, o);
    const uint8_t *data;
    if (skr_conn_output(o->conn, &data) == 0 || exception != MP_OBJ_NULL) {
        tls_release(o);
    }
    if (exception != MP_OBJ_NULL) {
        nlr_raise(exception);
    }
    tls_watch_deliver(o);
}

void tls_fail(tls_socket_t *o, skr_status_t status) {
    tls_end(o, status);
    tls_raise(&o->error);
}

// A stream of the system, which can be asked without running Python code.
static bool is_native(tls_socket_t *o) {
    return mp_get_stream(o->sock)->ioctl != NULL &&
        !mp_obj_is_instance_type(mp_obj_get_type(o->sock));
}

// What lies unread when a TCP socket is closed makes the system reset the connection, and the peer
// may then lose what it was sent last. Servers send tickets that nobody reads (RFC 9846 section
// 4.7.1), so this is not rare.
static void drain(tls_socket_t *o) {
    if (!is_native(o)) {
        return;
    }
    const mp_stream_p_t *stream = mp_get_stream(o->sock);
    byte chunk[256];
    for (size_t i = 0; i < DRAIN_MAX; ++i) {
        int errcode;
        mp_uint_t events = stream->ioctl(o->sock, MP_STREAM_POLL, MP_STREAM_POLL_RD, &errcode);
        if (events == MP_STREAM_ERROR || (events & MP_STREAM_POLL_RD) == 0) {
            return;
        }
        mp_uint_t got = stream->read(o->sock, chunk, sizeof(chunk), &errcode);
        if (got == 0 || got == MP_STREAM_ERROR) {
            return;
        }
    }
}

static void say_goodbye(tls_socket_t *o) {
    if (o->error.status == SKR_OK && o->started) {
        STEP(skr_conn_close(o->conn));
    }
    tls_flush(o);
    drain(o);
    tls_watch_deliver(o);
}

mp_obj_t tls_goodbye(tls_socket_t *o) {
    return call_protected(say_goodbye, o);
}

int tls_shutdown(tls_socket_t *o) {
    STEP(skr_conn_close(o->conn));
    int result = push(o);
    tls_watch_deliver(o);
    return result;
}

// --- Receiving ---

static void stash(tls_socket_t *o, const byte *data, size_t size) {
    o->stash = tls_malloc_maybe(size);
    if (o->stash == NULL) {
        tls_fail(o, SKR_ERR_MEMORY);
    }
    memcpy(o->stash, data, size);
    o->stash_size = size;
}

static int feed(tls_socket_t *o, const byte *data, size_t size) {
    while (size > 0) {
        size_t used = 0;
        skr_status_t status;
        STEP(status = skr_conn_feed(o->conn, data, size, &used));
        data += used;
        size -= used;
        if (status < 0) {
            tls_fail(o, status);
        }
        if (status == SKR_CLOSED) {
            o->eof = true;
            return 0;
        }
        if (size == 0) {
            return 0;
        }
        int result = status == SKR_WANT_OUTPUT ? push(o) : 0;
        if (result != 0 || (used == 0 && status != SKR_WANT_OUTPUT)) {
            stash(o, data, size);
            return result;
        }
    }
    return 0;
}

static int feed_stash(tls_socket_t *o) {
    byte *data = o->stash;
    size_t size = o->stash_size;
    o->stash = NULL;
    int result = feed(o, data, size);
    m_del(byte, data, size);
    return result;
}

// Receives no more than the engine can take at once: it says how much is missing of a record, and a
// record that is whole is handled before the next one comes. So nothing has to be kept here between
// calls.
int tls_fill(tls_socket_t *o) {
    if (o->stash != NULL) {
        return feed_stash(o);
    }
    byte chunk[MICROPY_SKERRY_CHUNK];
    size_t wanted = MIN(skr_conn_needs(o->conn), sizeof(chunk));
    int errcode = 0;
    mp_uint_t got = mp_get_stream(o->sock)->read(o->sock, chunk, wanted, &errcode);
    if (got == MP_STREAM_ERROR && !mp_is_nonblocking_error(errcode)) {
        return errcode;
    }
    if (got == MP_STREAM_ERROR) {
        o->waits = MP_STREAM_POLL_RD;
        o->nonblocking = true;
        return MP_EAGAIN;
    }
    if (got > wanted) {
        return MP_EIO;
    }
    if (got > 0) {
        return feed(o, chunk, got);
    }
    skr_status_t status;
    STEP(status = skr_conn_feed_eof(o->conn));
    if (status < 0) {
        tls_fail(o, status);
    }
    o->eof = true;
    return 0;
}

// --- Steps ---

static int handshake_step(tls_socket_t *o) {
    skr_status_t status;
    int result;
    STEP(status = skr_conn_handshake(o->conn));
    o->started = true;
    tls_watch_deliver(o);
    switch (status) {
        case SKR_OK:
            o->ready = true;
            return 0;
        case SKR_WANT_OUTPUT:
            return push(o);
        case SKR_WANT_INPUT:
            result = push(o);
            return result != 0 ? result : tls_fill(o);
        case SKR_WANT_VERIFY:
            tls_answer_verify(o);
            return 0;
        case SKR_WANT_SIGNATURE:
            tls_answer_signature(o);
            return 0;
        case SKR_WANT_PSK:
            tls_answer_psk(o);
            return 0;
        default:
            tls_fail(o, status < 0 ? status : SKR_ERR_CLOSED_EARLY);
    }
}

int tls_handshake(tls_socket_t *o) {
    while (!o->ready) {
        int result = handshake_step(o);
        if (result != 0) {
            return result;
        }
    }
    return 0;
}

// *got == 0 and 0: the peer has finished.
int tls_read(tls_socket_t *o, byte *data, size_t size, size_t *got) {
    for (;;) {
        skr_status_t status;
        *got = 0;
        STEP(status = skr_conn_read(o->conn, data, size, got));
        tls_watch_deliver(o);
        if (*got > 0) {
            return 0;
        }
        int result;
        if (status < 0) {
            tls_fail(o, status);
        } else if (status == SKR_CLOSED) {
            o->eof = true;
            return 0;
        } else if (status == SKR_WANT_OUTPUT) {
            result = push(o);
        } else {
            result = tls_fill(o);
        }
        if (result != 0) {
            return result;
        }
    }
}

// FNV-1a: tells a repeated write from another one.
static uint32_t sum_of(const byte *data, size_t size) {
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < size; ++i) {
        sum = (sum ^ data[i]) * 16777619u;
    }
    return sum;
}

// Whoever has waited until all is written may close at once, and then the goodbye needs room in a
// stream that doesn't wait.
static int keep_room(tls_socket_t *o) {
    if (!o->nonblocking || !is_native(o)) {
        return 0;
    }
    int errcode;
    mp_uint_t events = mp_get_stream(o->sock)->ioctl(
        o->sock, MP_STREAM_POLL, MP_STREAM_POLL_WR, &errcode);
    if (events == MP_STREAM_ERROR || events != 0) {
        return 0;
    }
    o->waits = MP_STREAM_POLL_WR;
    return MP_EAGAIN;
}

// What write() has said is written is on its way: else a close() or a lost device would lose it in
// silence. So bytes that are sealed but could not all be sent count only in the call that repeats
// them.
static bool finish_unsent(tls_socket_t *o, const byte *data, size_t size, size_t *taken) {
    if (size < o->unsent) {
        tls_raise_text(MP_EINVAL, "a write that could not finish must be repeated with its data");
    }
    size_t unsent = o->unsent;
    o->unsent = 0;
    if (sum_of(data, unsent) != o->unsent_sum) {
        return false; // the caller has given up on them: they are sent all the same
    }
    *taken = unsent;
    return true;
}

int tls_write(tls_socket_t *o, const byte *data, size_t size, size_t *taken) {
    *taken = 0;
    int result = push(o);
    if (result != 0 || (o->unsent > 0 && finish_unsent(o, data, size, taken))) {
        return result;
    }
    while (result == 0 && *taken == 0) { // twice when new keys have to be announced first
        skr_status_t status;
        STEP(status = skr_conn_write(o->conn, data, size, taken));
        if (status < 0) {
            tls_fail(o, status);
        }
        result = push(o);
    }
    if (result == 0) {
        result = keep_room(o);
    }
    if (result != 0 && *taken > 0) {
        o->unsent = *taken;
        o->unsent_sum = sum_of(data, *taken);
        *taken = 0;
    }
    tls_watch_deliver(o);
    return result;
}

int tls_update_keys(tls_socket_t *o, bool request) {
    int result = push(o);
    if (result != 0) {
        return result;
    }
    skr_status_t status;
    STEP(status = skr_conn_update_keys(o->conn, request));
    if (status < 0) {
        tls_fail(o, status);
    }
    result = push(o);
    tls_watch_deliver(o);
    return result == MP_EAGAIN ? 0 : result; // what is left goes with the next read or write
}
