// Records out: handshake messages, application data, KeyUpdate and alerts.
//
// In: what is to be sent. Out: records in the output block, which exists only while something waits
// to be sent (RFC 9846 section 5); alerts apart, in the connection itself. Handshake messages are
// built where their records will lie and spread over several when they are longer than one; a
// flight gathers in the block as far as it has room. The block is no larger than a chunk: a
// Certificate that is goes in slices, data in smaller records. Nothing is sealed with a key beyond
// its limit (section 5.5): a KeyUpdate goes first.
#include "base/bytes.h"
#include "base/ct.h"
#include "conn/conn.h"
#include "hs/psk.h"

static bool output_protected(const skr_conn_t *conn) {
    return conn->out.keys.aead != NULL;
}

size_t conn_output_limit(const skr_conn_t *conn) {
    size_t limit = conn->config->max_record_out != 0 ? conn->config->max_record_out
                                                     : SKR_RECORD_PLAIN_MAX;
    size_t peer = conn->hs != NULL ? conn->hs->limit_out : conn->limit_out;
    return peer != 0 && peer < limit ? peer : limit;
}

// Where the content lies in a record: behind the header and, in TLS 1.2, an explicit nonce.
static size_t output_ahead(const skr_conn_t *conn) {
    return SKR_RECORD_HEADER_SIZE +
        (output_protected(conn) ? conn->out.keys.protection->ahead : 0u);
}

static size_t output_overhead(const skr_conn_t *conn) {
    return SKR_RECORD_HEADER_SIZE + (output_protected(conn) ? record_overhead(&conn->out.keys) : 0);
}

// Content, and padding, of a record that fits a chunk.
static size_t output_chunk_limit(const skr_conn_t *conn) {
    size_t limit = conn_output_limit(conn), room = conn_chunk(conn) - output_overhead(conn);
    return room < limit ? room : limit;
}

static size_t output_pad_to(const skr_conn_t *conn) {
    bool pads = output_protected(conn) && conn->out.keys.protection->hides_type;
    return pads ? conn->config->pad_to : 0;
}

static size_t output_pad(const skr_conn_t *conn, size_t size) {
    return record_padding(size, output_pad_to(conn), output_chunk_limit(conn));
}

// Room for size bytes more, in a new block for at least `usual`. SKR_WANT_OUTPUT: what is there
// must go first.
static skr_status_t output_room(skr_conn_t *conn, size_t size, size_t usual) {
    conn_block_t *block = &conn->output;
    if (block->data != NULL) {
        return block->size - block->end >= size ? SKR_OK : SKR_WANT_OUTPUT;
    }
    return conn_take(conn, SKR_REGION_RECORD_OUT, block, size > usual ? size : usual)
        ? SKR_OK
        : SKR_ERR_MEMORY;
}

size_t conn_flight_block(const skr_config_t *config, size_t size, size_t messages) {
    enum { AROUND = SKR_RECORD_HEADER_SIZE + 8 + SKR_AEAD_TAG_MAX }; // of a record, in any version
    size_t chunk = config_chunk(config);
    size_t most = SKR_FLIGHT_SIZE < chunk ? SKR_FLIGHT_SIZE : chunk;
    size_t whole = size + messages * AROUND + CONN_CCS_SIZE;
    return whole < most ? whole : most;
}

// The same for a part of the handshake: a flight gathers in the block. A ClientHello is alone.
static size_t output_flight_block(const skr_conn_t *conn) {
    size_t messages = 0, size = walk_flight_bound(conn->hs, &messages);
    bool alone = walk_due(conn->hs) == WIRE_CLIENT_HELLO;
    return alone ? 0 : conn_flight_block(conn->config, size, messages);
}

static skr_status_t output_flight_room(skr_conn_t *conn, size_t size) {
    return output_room(conn, size, output_flight_block(conn));
}

static const char *output_type_name(record_type_t type) {
    return type == RECORD_HANDSHAKE ? "handshake"
        : type == RECORD_ALERT      ? "alert"
                                    : "application_data";
}

// Makes content of size bytes at record + output_ahead() a record. *sealed: its whole size.
static skr_status_t output_record(skr_conn_t *conn, uint8_t *record, record_type_t type,
    size_t size, size_t pad, size_t *sealed) {
    if (!output_protected(conn)) {
        bool initial = type == RECORD_HANDSHAKE && !conn->hello_done &&
            conn->config->role == SKR_CLIENT;
        record_write_header(record, type, initial, size);
        *sealed = SKR_RECORD_HEADER_SIZE + size;
        conn_trace(
            conn, true, SKR_LAYER_RECORD, (uint8_t)type, false, *sealed, output_type_name(type));
        return SKR_OK;
    }
    skr_status_t status = conn_cipher(conn, true);
    const record_protection_t *protection = conn->out.keys.protection;
    if (status == SKR_OK) {
        status = protection->seal(&conn->out.keys, conn->out.cipher, record, type, size, pad);
        conn_cipher_done(conn, true);
    }
    *sealed = output_overhead(conn) + size + pad;
    if (status == SKR_OK) {
        record_type_t shown = protection->hides_type ? RECORD_APPLICATION_DATA : type;
        conn_trace(
            conn, true, SKR_LAYER_RECORD, (uint8_t)shown, true, *sealed, output_type_name(shown));
    }
    return status;
}

// --- Handshake messages ---

// Appendix E.4: before the client's second flight, and behind the server's first message.
static bool output_ccs_due(const skr_conn_t *conn) {
    return !conn->ccs_sent && conn->hello_done && conn->hs->session_id_size > 0 &&
        conn->hs->script->version == SKR_TLS13;
}

static void output_ccs(skr_conn_t *conn) {
    static const uint8_t ccs[CONN_CCS_SIZE] = {RECORD_CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1};
    memcpy(conn->output.data + conn->output.end, ccs, sizeof(ccs));
    conn->output.end += (uint32_t)sizeof(ccs);
    conn->ccs_sent = true;
    conn_trace(conn, true, SKR_LAYER_RECORD, RECORD_CHANGE_CIPHER_SPEC, false, sizeof(ccs),
        "change_cipher_spec");
}

// With all the padding that there may be: only the last record may have some, and none grows beyond
// a chunk by it.
size_t conn_message_room(const conn_shape_t *shape, size_t size) {
    size_t room = shape->chunk - shape->overhead;
    size_t most = room < shape->limit ? room : shape->limit;
    size_t records = (size + shape->limit - 1) / shape->limit;
    size_t padded = size + (shape->pad_to < most ? shape->pad_to : most);
    if (size <= most && padded > most) {
        padded = most;
    }
    return padded + records * shape->overhead;
}

static size_t output_message_room(const skr_conn_t *conn, size_t size) {
    const conn_shape_t shape = {
        conn_output_limit(conn), conn_chunk(conn), output_overhead(conn), output_pad_to(conn)};
    return conn_message_room(&shape, size);
}

// Bytes of a message that go in one chunk: whole records, and a shorter one unless that grew by its
// padding.
static size_t output_slice(const skr_conn_t *conn) {
    size_t limit = output_chunk_limit(conn), overhead = output_overhead(conn);
    size_t records = conn_chunk(conn) / (limit + overhead);
    size_t rest = conn_chunk(conn) - records * (limit + overhead);
    bool more = output_pad_to(conn) == 0 && rest > overhead;
    return records * limit + (more ? rest - overhead : 0);
}

// Makes records of one message, or a slice, from output.end on, each with content up to limit. The
// message stands as far behind as all its records' overhead takes, so fragments move to the front
// one by one and no record reaches bytes that are still to be moved.
static skr_status_t output_spread(
    skr_conn_t *conn, const uint8_t *message, size_t size, size_t limit) {
    while (size > 0) {
        size_t part = size < limit ? size : limit;
        uint8_t *record = conn->output.data + conn->output.end;
        memmove(record + output_ahead(conn), message, part);
        message += part;
        size -= part;
        size_t sealed = 0;
        skr_status_t status = output_record(
            conn, record, RECORD_HANDSHAKE, part, output_pad(conn, part), &sealed);
        if (status != SKR_OK) {
            return status;
        }
        conn->output.end += (uint32_t)sealed;
    }
    return SKR_OK;
}

// The message at the end of its room, then its records, then, behind the last of them, the walker's
// key change.
static skr_status_t output_message(skr_conn_t *conn, size_t bound, size_t room, size_t limit) {
    writer_t w = writer_of(conn->output.data + conn->output.end + room - bound, bound);
    skr_status_t status = walk_build(conn->hs, &w);
    if (status == SKR_OK) {
        status = output_spread(conn, w.start, writer_size(&w), limit);
    }
    if (status == SKR_OK && !walk_unfinished(conn->hs)) {
        conn->hello_done = true;
        status = walk_sent(conn->hs);
    }
    return status;
}

// A message that is larger than a chunk: the next of its slices, alone in a block.
static skr_status_t output_next_slice(skr_conn_t *conn) {
    size_t chunk = conn_chunk(conn);
    skr_status_t status = output_room(conn, chunk, chunk);
    return status != SKR_OK
        ? status
        : output_message(conn, output_slice(conn), chunk, output_chunk_limit(conn));
}

skr_status_t conn_send_handshake(skr_conn_t *conn) {
    bool is_client = conn->config->role == SKR_CLIENT;
    size_t bound = walk_send_bound(conn->hs);
    size_t room = output_message_room(conn, bound);
    size_t ccs = output_ccs_due(conn) ? CONN_CCS_SIZE : 0;
    bool sliced = walk_in_slices(conn->hs) && room + ccs > conn_chunk(conn);
    bool ahead = is_client && ccs > 0;
    if (sliced && !ahead) {
        return output_next_slice(conn);
    }
    skr_status_t status = output_flight_room(conn, (sliced ? 0 : room) + ccs);
    if (status != SKR_OK) {
        return status;
    }
    if (ahead) {
        output_ccs(conn);
    }
    if (sliced) {
        return SKR_OK; // the slices come next
    }
    status = output_message(conn, bound, room, conn_output_limit(conn));
    if (status == SKR_OK && !is_client && ccs > 0) {
        output_ccs(conn);
    }
    return status;
}

skr_status_t conn_send_ticket(skr_conn_t *conn) {
    size_t bound = PSK_TICKET_MESSAGE_MAX;
    size_t room = output_message_room(conn, bound);
    size_t left = config_ticket_count(conn->config) - (size_t)conn->hs->tickets_sent;
    skr_status_t status = output_room(
        conn, room, conn_flight_block(conn->config, left * bound, left));
    if (status != SKR_OK) {
        return status;
    }
    writer_t w = writer_of(conn->output.data + conn->output.end + room - bound, bound);
    status = conn->hs->script->build_ticket(conn->hs, &w);
    size_t size = writer_size(&w);
    if (status == SKR_OK && size > 0) {
        conn_trace(conn, true, SKR_LAYER_HANDSHAKE, WIRE_NEW_SESSION_TICKET, true, size,
            wire_type_name(WIRE_NEW_SESSION_TICKET));
        status = output_spread(conn, w.start, size, conn_output_limit(conn));
    }
    if (conn->output.end == conn->output.start) { // no ticket, and nothing else: no block
        conn_give(conn, SKR_REGION_RECORD_OUT, &conn->output);
    }
    return status;
}

skr_status_t conn_send_ccs(skr_conn_t *conn) {
    skr_status_t status = output_flight_room(conn, CONN_CCS_SIZE);
    if (status != SKR_OK) {
        return status;
    }
    output_ccs(conn);
    return walk_sent(conn->hs);
}

// --- KeyUpdate (section 4.7.3) ---

skr_status_t conn_send_update(skr_conn_t *conn, bool request) {
    enum { UPDATE_SIZE = SKR_MESSAGE_HEADER_SIZE + 1 };
    size_t pad = output_pad(conn, UPDATE_SIZE);
    skr_status_t status = output_room(
        conn, record_sealed_size(&conn->out.keys, UPDATE_SIZE, pad), 0);
    if (status != SKR_OK) {
        return status;
    }
    uint8_t *record = conn->output.data + conn->output.end;
    writer_t w = writer_of(record + SKR_RECORD_HEADER_SIZE, UPDATE_SIZE);
    wire_write_key_update(&w, request);
    size_t sealed = 0;
    status = output_record(conn, record, RECORD_HANDSHAKE, UPDATE_SIZE, pad, &sealed);
    if (status != SKR_OK) {
        return status;
    }
    conn->output.end += (uint32_t)sealed;
    conn->update_due = false;
    if (request && conn->updates_asked < UINT8_MAX) {
        conn->updates_asked++;
    }
    conn_trace(conn, true, SKR_LAYER_HANDSHAKE, WIRE_KEY_UPDATE, true, UPDATE_SIZE,
        wire_type_name(WIRE_KEY_UPDATE));
    return conn_next_keys(conn, true);
}

skr_status_t skr_conn_update_keys(skr_conn_t *conn, bool request) {
    if (conn->error.status != SKR_OK) {
        return conn->error.status;
    }
    if (conn->closed_out) {
        return SKR_ERR_CLOSED;
    }
    if (!conn->complete || conn->script->version != SKR_TLS13) {
        return SKR_ERR_USAGE;
    }
    skr_status_t status = conn_send_update(conn, request);
    return status < SKR_OK ? conn_fail(conn, status) : status;
}

// --- Alerts (section 6) ---

skr_status_t conn_send_alert(skr_conn_t *conn, skr_alert_t alert) {
    _Static_assert(sizeof(conn->last_words) >= SKR_RECORD_HEADER_SIZE + 8 + 2 + SKR_AEAD_TAG_MAX,
        "an alert fits");
    uint8_t *record = conn->last_words;
    size_t ahead = output_ahead(conn);
    record[ahead] = alert == SKR_ALERT_CLOSE_NOTIFY ? 1 : 2; // warning, fatal
    record[ahead + 1] = (uint8_t)alert;
    size_t sealed = 0;
    skr_status_t status = output_record(conn, record, RECORD_ALERT, 2, 0, &sealed);
    if (status != SKR_OK) {
        return status;
    }
    conn->last_words_start = 0;
    conn->last_words_end = (uint8_t)sealed;
    conn->error.alert_sent = (uint8_t)alert;
    conn_trace(conn, true, SKR_LAYER_RECORD, RECORD_ALERT, output_protected(conn), 2,
        skr_alert_name(alert));
    return SKR_OK;
}

skr_status_t skr_conn_close(skr_conn_t *conn) {
    if (conn->error.status != SKR_OK) {
        return conn->error.status;
    }
    if (conn->closed_out) {
        return SKR_OK;
    }
    if (!conn->complete) {
        conn_drop_input(conn);
    }
    skr_status_t status = conn_send_alert(conn, SKR_ALERT_CLOSE_NOTIFY);
    conn->error.alert_sent = SKR_ALERT_NONE; // no error
    conn->closed_out = true; // nothing may be sealed behind it
    if (status != SKR_OK) {
        return conn_fail(conn, status); // the peer will think that it was cut
    }
    if (!conn->complete) {
        (void)conn_fail(conn, SKR_ERR_CLOSED); // there is no going on with half a handshake
    }
    return SKR_OK;
}

// --- Application data ---

// New keys first, where they are due. TLS 1.2 has no KeyUpdate: its keys last as long as the
// connection.
static skr_status_t output_fresh_keys(skr_conn_t *conn) {
    bool due = conn->update_due || record_update_due(&conn->out.keys);
    return due && conn->script->version == SKR_TLS13 ? conn_send_update(conn, false) : SKR_OK;
}

static skr_status_t output_data(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *taken) {
    skr_status_t status = output_fresh_keys(conn);
    if (status != SKR_OK) {
        return status;
    }
    size_t limit = output_chunk_limit(conn);
    size_t part = size < limit ? size : limit;
    size_t pad = output_pad(conn, part);
    status = output_room(conn, output_overhead(conn) + part + pad, 0);
    if (status != SKR_OK) {
        return status;
    }
    uint8_t *record = conn->output.data + conn->output.end;
    memcpy(record + output_ahead(conn), data, part);
    size_t sealed = 0;
    status = output_record(conn, record, RECORD_APPLICATION_DATA, part, pad, &sealed);
    if (status == SKR_OK) {
        conn->output.end += (uint32_t)sealed;
        *taken = part;
        conn_trace(conn, true, SKR_LAYER_APPLICATION, 0, true, part, "application data");
    }
    return status;
}

skr_status_t skr_conn_write(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *taken) {
    *taken = 0;
    if (conn->error.status != SKR_OK) {
        return conn->error.status;
    }
    if (!conn->complete) {
        skr_status_t status = skr_conn_handshake(conn);
        if (status != SKR_OK) {
            return status;
        }
    }
    if (conn->closed_out) {
        return SKR_ERR_CLOSED;
    }
    if (size == 0) {
        return SKR_OK;
    }
    skr_status_t status = output_data(conn, data, size, taken);
    return status < SKR_OK ? conn_fail(conn, status) : status;
}

// --- Bytes to the peer ---

size_t conn_pending(const skr_conn_t *conn) {
    return (size_t)(conn->output.end - conn->output.start) +
        (size_t)(conn->last_words_end - conn->last_words_start);
}

size_t skr_conn_output(skr_conn_t *conn, const uint8_t **data) {
    if (conn->output.end > conn->output.start) {
        *data = conn->output.data + conn->output.start;
        return conn->output.end - conn->output.start;
    }
    *data = conn->last_words + conn->last_words_start;
    return (size_t)(conn->last_words_end - conn->last_words_start);
}

void skr_conn_sent(skr_conn_t *conn, size_t size) {
    size_t block = conn->output.end - conn->output.start;
    size_t part = size < block ? size : block;
    conn->bytes_out += part;
    conn->output.start += (uint32_t)part;
    if (conn->output.data != NULL && conn->output.start == conn->output.end) {
        conn_give(conn, SKR_REGION_RECORD_OUT, &conn->output);
    }
    size_t words = (size_t)(conn->last_words_end - conn->last_words_start);
    size_t rest = size - part < words ? size - part : words;
    conn->bytes_out += rest;
    conn->last_words_start = (uint8_t)(conn->last_words_start + rest);
}
