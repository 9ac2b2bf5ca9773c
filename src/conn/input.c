// Records in: headers, memory for a record, opening it, and what is not handshake.
//
// In: bytes from the peer, cut anywhere. Out: the content of one record at a time (RFC 9846 section
// 5), alerts understood (section 6), application data for the caller. Nothing of a protected record
// is looked at before its tag is verified; what is not protected has no tag to wait for, and comes
// in parts of a chunk. While this side's part of the handshake waits to be sent, no more than an
// alert is taken in. The bytes are kept in content.c. Handshake messages are put together in
// message.c and judged through advance.c.
#include "base/bytes.h"
#include "conn/conn.h"

static bool input_protected(const skr_conn_t *conn) {
    return conn->in.keys.aead != NULL;
}

// A client that can't read the server's hello has no keys to say so with: its alert comes in the
// clear. Taken while nothing protected has come yet; it ends the connection, which whoever can
// write here can do anyway.
static bool input_plain_alert(const skr_conn_t *conn) {
    return input_protected(conn) && conn->in.keys.protection->hides_type && conn->hs != NULL &&
        conn->config->role == SKR_SERVER && conn->in.keys.sequence == 0 &&
        conn->record_header[0] == RECORD_ALERT && bytes_get16(conn->record_header + 3) == 2;
}

// --- The header ---

// Early data before the second ClientHello: not ours to open, and unprotected records of this type
// never are.
static bool input_early_in_clear(const skr_conn_t *conn) {
    return conn->skip_early && !input_protected(conn) &&
        conn->record_header[0] == RECORD_APPLICATION_DATA;
}

static skr_status_t input_limit(skr_conn_t *conn, size_t size, bool is_protected) {
    size_t limit = conn->config->max_record_in;
    size_t overhead = is_protected && input_protected(conn) ? record_overhead(&conn->in.keys) : 0;
    if (limit != 0 && overhead == 0 && limit < SKR_RECORD_CLEAR_MIN) {
        limit = SKR_RECORD_CLEAR_MIN;
    }
    if (limit != 0 && size > limit + overhead) {
        conn->error.value = (uint32_t)(size - overhead);
        conn->error.limit = (uint32_t)limit;
        return SKR_ERR_RECORD_LIMIT;
    }
    return SKR_OK;
}

static skr_status_t input_header(skr_conn_t *conn) {
    record_header_t header;
    bool is_protected = (input_protected(conn) && !input_plain_alert(conn)) ||
        input_early_in_clear(conn);
    const record_protection_t *protection = conn->in.keys.protection;
    skr_status_t status = is_protected && protection != NULL
        ? protection->read_header(conn->record_header, &header)
        : record_read_header(conn->record_header, is_protected, !conn->received, &header);
    if (status == SKR_ERR_RECORD_OVERFLOW) {
        conn->error.value = header.size;
        conn->error.limit = is_protected ? SKR_RECORD_PROTECTED_MAX : SKR_RECORD_PLAIN_MAX;
    }
    if (status == SKR_OK) {
        status = input_limit(conn, header.size, is_protected);
    }
    if (status != SKR_OK) {
        return status;
    }
    conn->received = true;
    conn->record_type = header.type;
    conn->record_left = header.size;
    conn->record_clear = !is_protected || protection == NULL;
    return SKR_OK;
}

// Memory for the record whose header is there, or for its next part.
static skr_status_t input_begin(skr_conn_t *conn) {
    size_t size = conn->record_left;
    if (conn_handshake_pending(conn) && size > SKR_ALERT_RECORD_MAX) {
        return SKR_WANT_OUTPUT;
    }
    bool in_pieces = true;
    if (!conn->record_clear) {
        in_pieces = conn->in.keys.aead->open_start != NULL;
    } else if (size > config_chunk_in(conn->config)) {
        size = config_chunk_in(conn->config);
    }
    conn->record_left = (uint16_t)(conn->record_left - size);
    return conn_record_begin(conn, size, in_pieces) ? SKR_OK : SKR_ERR_MEMORY;
}

// --- The content ---

// Of the record's parts the first one? One that is protected has no other.
static bool input_first_part(const skr_conn_t *conn) {
    size_t whole = bytes_get16(conn->record_header + 3);
    return (size_t)conn->record.pieces.size + conn->record_left == whole;
}

// A record that fails to open may be early data of a client that was refused it (section 4.3.10).
static skr_status_t input_unopened(skr_conn_t *conn, size_t size, skr_status_t status) {
    if (status != SKR_ERR_RECORD_MAC || !conn->skip_early) {
        return status;
    }
    // Headers count, so that empty ones end, too.
    conn->skipped += (uint32_t)size + (input_first_part(conn) ? SKR_RECORD_HEADER_SIZE : 0);
    if (conn->skipped > SKR_EARLY_SKIPPED_MAX) {
        return status;
    }
    conn_record_done(conn);
    return SKR_WANT_INPUT;
}

static skr_status_t input_open(skr_conn_t *conn, size_t size) {
    skr_status_t status = conn_cipher(conn, false);
    if (status != SKR_OK) {
        return status;
    }
    size_t content = 0;
    uint8_t type = conn->record_type;
    const record_protection_t *protection = conn->in.keys.protection;
    status = protection->open(
        &conn->in.keys, conn->in.cipher, &conn->record.pieces, &type, &content);
    conn_cipher_done(conn, false);
    if (status != SKR_OK) {
        return input_unopened(conn, size, status);
    }
    conn->skip_early = false;
    conn->record_type = type;
    conn->record.start = protection->ahead;
    conn->record.end = (uint16_t)(protection->ahead + content);
    return SKR_OK;
}

static skr_status_t input_empty(skr_conn_t *conn) {
    if (conn->record.end > conn->record.start) {
        conn->empty_records = 0;
        return SKR_OK;
    }
    return ++conn->empty_records > SKR_EMPTY_RECORDS_MAX ? SKR_ERR_FLOOD : SKR_OK;
}

static const char *input_type_name(uint8_t type) {
    switch (type) {
        case RECORD_CHANGE_CIPHER_SPEC:
            return "change_cipher_spec";
        case RECORD_ALERT:
            return "alert";
        case RECORD_HANDSHAKE:
            return "handshake";
        default:
            return "application_data";
    }
}

// TLS 1.3 protects what says application_data, TLS 1.2 everything once there are keys.
static bool input_sealed(const skr_conn_t *conn) {
    return input_protected(conn) &&
        (!conn->in.keys.protection->hides_type || conn->record_type == RECORD_APPLICATION_DATA);
}

// The whole fragment is there, or a part of one that is not protected.
static skr_status_t input_record(skr_conn_t *conn) {
    size_t size = conn->record.pieces.size;
    bool sealed = input_sealed(conn);
    if (conn->config->trace != NULL && input_first_part(conn)) {
        conn_trace(conn, false, SKR_LAYER_RECORD, conn->record_type, sealed,
            size + conn->record_left + SKR_RECORD_HEADER_SIZE, input_type_name(conn->record_type));
    }
    if (input_early_in_clear(conn)) {
        return input_unopened(conn, size, SKR_ERR_RECORD_MAC);
    }
    conn->record.start = 0;
    conn->record.end = (uint16_t)size;
    skr_status_t status = sealed ? input_open(conn, size) : SKR_OK;
    if (status == SKR_OK) {
        status = input_empty(conn);
    }
    if (status != SKR_OK) {
        return status;
    }
    if (conn_message_begun(conn) && conn->record_type != RECORD_HANDSHAKE) {
        return SKR_ERR_INTERLEAVED;
    }
    conn->record_ready = true;
    if (sealed && conn->record_type == RECORD_APPLICATION_DATA &&
        conn->record.end > conn->record.start) {
        conn->idle_messages = 0;
        conn->warnings = 0;
        conn_trace(conn, false, SKR_LAYER_APPLICATION, 0, true,
            conn->record.end - conn->record.start, "application data");
    }
    return SKR_OK;
}

// --- Bytes ---

static size_t input_fill(
    uint8_t *to, size_t have, size_t wanted, const uint8_t *data, size_t size) {
    size_t take = wanted - have < size ? wanted - have : size;
    if (take > 0) {
        memcpy(to + have, data, take);
    }
    return take;
}

// Bytes of the record at hand. *used grows; SKR_WANT_INPUT: the record is not whole yet.
static skr_status_t input_bytes(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *used) {
    if (conn->record_header_fill < SKR_RECORD_HEADER_SIZE) {
        size_t n = input_fill(conn->record_header, conn->record_header_fill, SKR_RECORD_HEADER_SIZE,
            data + *used, size - *used);
        conn->record_header_fill = (uint8_t)(conn->record_header_fill + n);
        *used += n;
        if (conn->record_header_fill < SKR_RECORD_HEADER_SIZE) {
            return SKR_WANT_INPUT;
        }
        skr_status_t status = input_header(conn);
        if (status != SKR_OK) {
            return status;
        }
    }
    if (!conn->record_begun) {
        skr_status_t status = input_begin(conn);
        if (status != SKR_OK) {
            return status;
        }
    }
    size_t n = 0;
    bool fits = conn_record_fill(conn, data + *used, size - *used, &n);
    *used += n;
    if (!fits) {
        return SKR_ERR_MEMORY;
    }
    return conn->record.filled < conn->record.pieces.size ? SKR_WANT_INPUT : input_record(conn);
}

static skr_status_t input_feed(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *used) {
    for (;;) {
        skr_status_t status = conn_advance(conn);
        if (status == SKR_WANT_INPUT) {
            status = SKR_OK;
        }
        if (status != SKR_OK || *used == size) {
            return status;
        }
        status = input_bytes(conn, data, size, used);
        if (status != SKR_OK && status != SKR_WANT_INPUT) {
            return status;
        }
    }
}

skr_status_t skr_conn_feed(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *used) {
    *used = 0;
    if (conn->error.status != SKR_OK) {
        return conn->error.status;
    }
    if (conn->closed_in) {
        *used = size; // whatever comes behind close_notify is ignored (section 6.1)
        return SKR_CLOSED;
    }
    skr_status_t status = input_feed(conn, data, size, used);
    conn->bytes_in += *used;
    if (status == SKR_CLOSED) {
        *used = size;
    }
    return status < SKR_OK ? conn_fail(conn, status) : status;
}

skr_status_t skr_conn_feed_eof(skr_conn_t *conn) {
    if (conn->error.status != SKR_OK) {
        return conn->error.status;
    }
    if (conn->closed_in) {
        return SKR_CLOSED;
    }
    if (skr_conn_readable(conn) > 0) {
        return SKR_WANT_READ; // what came before the cut is not lost
    }
    return conn_fail(conn, conn->complete ? SKR_ERR_TRUNCATED : SKR_ERR_CLOSED_EARLY);
}

size_t skr_conn_needs(const skr_conn_t *conn) {
    if (conn->record_header_fill < SKR_RECORD_HEADER_SIZE) {
        return SKR_RECORD_HEADER_SIZE - (size_t)conn->record_header_fill;
    }
    size_t left = conn->record_left;
    if (conn->record_ready && left == 0) {
        return SKR_RECORD_HEADER_SIZE;
    }
    left += conn->record_ready ? 0 : (size_t)conn->record.pieces.size - conn->record.filled;
    return left > 0 ? left : 1;
}

// --- Application data ---

size_t skr_conn_readable(const skr_conn_t *conn) {
    bool data = conn->complete && conn->record_ready &&
        conn->record_type == RECORD_APPLICATION_DATA;
    return data ? conn_content_left(conn) : 0;
}

skr_status_t skr_conn_read(skr_conn_t *conn, uint8_t *data, size_t size, size_t *got) {
    *got = 0;
    if (conn->error.status != SKR_OK) {
        return conn->error.status;
    }
    if (!conn->complete) {
        return skr_conn_handshake(conn) < SKR_OK ? conn->error.status : SKR_WANT_INPUT;
    }
    if (skr_conn_readable(conn) == 0) {
        return conn->closed_in ? SKR_CLOSED : SKR_WANT_INPUT;
    }
    while (*got < size && conn_content_left(conn) > 0) {
        skr_view_t content = conn_content(conn);
        size_t part = content.size < size - *got ? content.size : size - *got;
        memcpy(data + *got, content.data, part);
        conn_content_use(conn, part);
        *got += part;
    }
    if (conn_content_left(conn) == 0) {
        conn_record_done(conn);
    }
    return SKR_OK;
}
