// Handshake messages out of records (RFC 9846 section 5.1).
//
// In: the content of handshake records. Out: whole messages, one at a time, with their headers.
// A message that lies whole and together in one record is looked at where it is. One that does not
// gets a block of its exact size once its header is there; a header that is cut waits in the
// connection. The length is judged at the header, before any memory, and whether such a message may
// come: memory is for those alone. What it says is not judged here.
#include "base/bytes.h"
#include "conn/conn.h"

static size_t message_available(const skr_conn_t *conn) {
    return conn->record_type == RECORD_HANDSHAKE ? conn_content_left(conn) : 0;
}

static size_t message_size(const uint8_t *header) {
    return SKR_MESSAGE_HEADER_SIZE + (((size_t)header[1] << 16) | bytes_get16(header + 2));
}

bool conn_message_begun(const skr_conn_t *conn) {
    return conn->message_header_fill > 0 || conn->message.data != NULL || conn->pieces_left > 0;
}

bool conn_leftover(const skr_conn_t *conn, skr_view_t message) {
    size_t inside = 0; // bytes of the message that lie in the content at hand
    if (message.data != NULL && message.data != conn->message.data) {
        inside = message.size;
    }
    bool begun = message.data == NULL && conn_message_begun(conn);
    bool more = conn->record_type == RECORD_HANDSHAKE && conn->record_left > 0;
    return begun || more || message_available(conn) > inside;
}

static size_t message_copy(skr_conn_t *conn, uint8_t *to, size_t wanted) {
    size_t copied = 0;
    while (copied < wanted && message_available(conn) > 0) {
        skr_view_t piece = conn_content(conn);
        size_t size = piece.size < wanted - copied ? piece.size : wanted - copied;
        memcpy(to + copied, piece.data, size);
        conn_content_use(conn, size);
        copied += size;
    }
    return copied;
}

// Is a message of this header judged piece by piece?
static bool message_streams(const skr_conn_t *conn, const uint8_t *header) {
    return conn->hs != NULL && message_size(header) > SKR_MESSAGE_HEADER_SIZE &&
        walk_takes_pieces(conn->hs, header[0]);
}

static skr_status_t message_limit(skr_conn_t *conn, const uint8_t *header) {
    size_t size = message_size(header);
    size_t limit = message_streams(conn, header) ? config_chain_max(conn->config)
                                                 : config_message_max(conn->config);
    if (size > limit) {
        conn->error.value = (uint32_t)size;
        conn->error.limit = (uint32_t)limit;
        return SKR_ERR_MESSAGE_TOO_LONG;
    }
    return SKR_OK;
}

// May such a message come now?
static skr_status_t message_judge(const skr_conn_t *conn, size_t size) {
    uint8_t type = conn->message_header[0];
    if (conn->hs != NULL) {
        return walk_judge(conn->hs, type, size);
    }
    return conn->complete ? post_judge(conn, type, size) : SKR_OK;
}

// The header is there: a block for the whole message, unless it is judged piece by piece.
static skr_status_t message_begin(skr_conn_t *conn) {
    size_t size = message_size(conn->message_header);
    skr_status_t status = message_limit(conn, conn->message_header);
    if (status == SKR_OK) {
        status = message_judge(conn, size);
    }
    if (status != SKR_OK || message_streams(conn, conn->message_header)) {
        return status;
    }
    if (!conn_take(conn, SKR_REGION_MESSAGE, &conn->message, size)) {
        return SKR_ERR_MEMORY;
    }
    memcpy(conn->message.data, conn->message_header, SKR_MESSAGE_HEADER_SIZE);
    conn->message.end = SKR_MESSAGE_HEADER_SIZE;
    return SKR_OK;
}

// Puts a message together from what the content at hand has of it.
static skr_status_t message_collect(skr_conn_t *conn, skr_view_t *message, size_t *size) {
    conn->message_header_fill = (uint8_t)(conn->message_header_fill +
        message_copy(conn, conn->message_header + conn->message_header_fill,
            (size_t)SKR_MESSAGE_HEADER_SIZE - conn->message_header_fill));
    if (conn->message_header_fill < SKR_MESSAGE_HEADER_SIZE) {
        return SKR_WANT_INPUT;
    }
    *size = message_size(conn->message_header);
    if (conn->message.data == NULL) {
        skr_status_t status = message_begin(conn);
        if (status != SKR_OK) {
            return status;
        }
    }
    conn_block_t *block = &conn->message;
    if (block->data == NULL) { // in pieces
        *message = view_of(conn->message_header, SKR_MESSAGE_HEADER_SIZE);
        return SKR_OK;
    }
    block->end += (uint32_t)message_copy(conn, block->data + block->end, block->size - block->end);
    *message = view_of(block->data, block->size);
    return block->end == block->size ? SKR_OK : SKR_WANT_INPUT;
}

skr_status_t conn_next_message(skr_conn_t *conn, skr_view_t *message, size_t *size) {
    if (!conn_message_begun(conn)) {
        if (message_available(conn) == 0) {
            return SKR_WANT_INPUT;
        }
        skr_view_t piece = conn_content(conn);
        if (piece.size >= SKR_MESSAGE_HEADER_SIZE && message_size(piece.data) <= piece.size) {
            *size = message_size(piece.data);
            *message = view_of(piece.data, *size);
            return message_limit(conn, piece.data);
        }
    }
    return message_collect(conn, message, size);
}

void conn_message_done(skr_conn_t *conn, skr_view_t message) {
    if (conn->message.data != NULL || message.data == conn->message_header) {
        conn_give(conn, SKR_REGION_MESSAGE, &conn->message);
        conn->message_header_fill = 0;
    } else {
        conn_content_use(conn, message.size);
    }
}
