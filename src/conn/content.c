// The bytes of the record at hand.
//
// In: a record's size from its header, then its bytes, cut anywhere. Out: its content, from the
// front (RFC 9846 section 5.1). What is larger than the configured chunk lies in blocks of that
// size, each taken when its first byte comes and given back, wiped, when its last one is used; what
// is smaller, or can't be opened in pieces, lies in one block of its exact size. Each block but the
// last ends with the next one's address. Does not open records: src/record does.
#include "base/bytes.h"
#include "conn/conn.h"

// Of a block, when `size` bytes of the record are left for it and those behind it.
static size_t content_block_size(const record_pieces_t *pieces, size_t size) {
    return size <= pieces->room ? size : (size_t)pieces->room + CONN_LINK_SIZE;
}

static uint8_t *content_take(skr_conn_t *conn, size_t size) {
    conn_record_t *record = &conn->record;
    conn_block_t block;
    if (!conn_take(conn, SKR_REGION_RECORD_IN, &block, content_block_size(&record->pieces, size))) {
        return NULL;
    }
    record->fill = block.data;
    record->left = (uint16_t)(size < record->pieces.room ? size : record->pieces.room);
    return block.data;
}

bool conn_record_begin(skr_conn_t *conn, size_t size, bool in_pieces) {
    _Static_assert(CONN_LINK_SIZE >= sizeof(uint8_t *), "an address fits");
    _Static_assert(SKR_CHUNK_MIN >= 2 * CONN_LINK_SIZE + SKR_AEAD_TAG_MAX, "content fits, too");
    _Static_assert(SKR_RECORD_PROTECTED_MAX <= UINT16_MAX, "sizes of records fit");
    conn_record_t *record = &conn->record;
    size_t chunk = config_chunk_in(conn->config);
    bool one = !in_pieces || size <= chunk;
    memset(record, 0, sizeof(*record));
    conn->record_begun = true;
    record->pieces.size = (uint16_t)size;
    record->pieces.room = (uint16_t)(one ? size : chunk - CONN_LINK_SIZE);
    if (size > 0) {
        record->pieces.front = content_take(conn, size);
    }
    return size == 0 || record->pieces.front != NULL;
}

bool conn_record_fill(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *used) {
    conn_record_t *record = &conn->record;
    while (*used < size && record->filled < record->pieces.size) {
        if (record->left == 0) {
            uint8_t *link = record->fill;
            const uint8_t *block = content_take(conn, (size_t)record->pieces.size - record->filled);
            if (block == NULL) {
                return false;
            }
            memcpy(link, &block, sizeof(block));
        }
        size_t part = record->left < size - *used ? record->left : size - *used;
        memcpy(record->fill, data + *used, part);
        record->fill += part;
        record->left = (uint16_t)(record->left - part);
        record->filled = (uint16_t)(record->filled + part);
        *used += part;
    }
    return true;
}

// Gives the front block back; the next one, as far as one was taken, becomes the front.
static void content_drop_front(skr_conn_t *conn) {
    conn_record_t *record = &conn->record;
    record_pieces_t *pieces = &record->pieces;
    conn_block_t block = {
        .data = pieces->front, .size = (uint32_t)content_block_size(pieces, pieces->size)};
    uint16_t gone = pieces->room;
    bool more = record->filled > gone;
    if (more) {
        memcpy(&pieces->front, block.data + gone, sizeof(pieces->front));
        pieces->size = (uint16_t)(pieces->size - gone);
        record->filled = (uint16_t)(record->filled - gone);
        record->start = (uint16_t)(record->start - gone);
        record->end = (uint16_t)(record->end - gone);
    } else {
        pieces->front = NULL;
    }
    conn_give(conn, SKR_REGION_RECORD_IN, &block);
}

void conn_record_done(skr_conn_t *conn) {
    while (conn->record.pieces.front != NULL) {
        content_drop_front(conn);
    }
    memset(&conn->record, 0, sizeof(conn->record));
    conn->record_begun = false;
    conn->record_ready = false;
    if (conn->record_left == 0) { // else its next part comes
        conn->record_header_fill = 0;
    }
}

size_t conn_content_left(const skr_conn_t *conn) {
    return conn->record_ready ? (size_t)conn->record.end - conn->record.start : 0;
}

skr_view_t conn_content(const skr_conn_t *conn) {
    const conn_record_t *record = &conn->record;
    size_t left = conn_content_left(conn);
    size_t here = (size_t)record->pieces.room - record->start;
    return view_of(record->pieces.front + record->start, left < here ? left : here);
}

void conn_content_use(skr_conn_t *conn, size_t size) {
    conn_record_t *record = &conn->record;
    record->start = (uint16_t)(record->start + size);
    if (record->start >= record->pieces.room && record->filled > record->pieces.room) {
        content_drop_front(conn);
    }
}
