// The bounded writer.
//
// In: numbers, bytes, views. Out: the caller's block, filled in network order (RFC 9846
// section 3.3). Never writes past the end; the first write that does not fit sets p to NULL and
// every later one does nothing, so a message is written straight through and asked about once.
// Length-prefixed blocks are opened, written and closed; the length is filled in behind, and one
// that does not fit its field is a failure, never a truncation.
#include "base/writer.h"

#include "base/bytes.h"

writer_t writer_of(uint8_t *start, size_t size) {
    writer_t w = {start, start, start == NULL ? NULL : start + size};
    return w;
}

uint8_t *writer_space(writer_t *w, size_t size) {
    if (w->p == NULL || (size_t)(w->end - w->p) < size) {
        w->p = NULL;
        return NULL;
    }
    uint8_t *space = w->p;
    w->p += size;
    return space;
}

void writer_bytes(writer_t *w, const void *data, size_t size) {
    uint8_t *space = writer_space(w, size);
    if (space != NULL && size > 0) {
        memcpy(space, data, size);
    }
}

void writer_view(writer_t *w, skr_view_t view) {
    writer_bytes(w, view.data, view.size);
}

static void writer_number(uint8_t *p, size_t value, unsigned bytes) {
    while (bytes > 0) {
        p[--bytes] = (uint8_t)value;
        value >>= 8;
    }
}

static void writer_put(writer_t *w, size_t value, unsigned bytes) {
    uint8_t *space = writer_space(w, bytes);
    if (space != NULL) {
        writer_number(space, value, bytes);
    }
}

void writer_u8(writer_t *w, uint8_t value) {
    writer_put(w, value, 1);
}

void writer_u16(writer_t *w, uint16_t value) {
    writer_put(w, value, 2);
}

void writer_u24(writer_t *w, uint32_t value) {
    writer_put(w, value, 3);
    if (value > 0xffffff) {
        w->p = NULL;
    }
}

void writer_u32(writer_t *w, uint32_t value) {
    writer_put(w, value, 4);
}

writer_block_t writer_open(writer_t *w, unsigned length_bytes) {
    writer_block_t block = {(uint32_t)writer_size(w), (uint8_t)length_bytes};
    writer_space(w, length_bytes);
    return block;
}

void writer_close(writer_t *w, writer_block_t block) {
    if (w->p == NULL) {
        return;
    }
    size_t size = writer_size(w) - block.at - block.length_bytes;
    if (size >> (8u * block.length_bytes) != 0) {
        w->p = NULL;
        return;
    }
    writer_number(w->start + block.at, size, block.length_bytes);
}

void writer_vector(writer_t *w, unsigned length_bytes, skr_view_t view) {
    writer_block_t block = writer_open(w, length_bytes);
    writer_view(w, view);
    writer_close(w, block);
}

bool writer_failed(const writer_t *w) {
    return w->p == NULL;
}

size_t writer_size(const writer_t *w) {
    return w->p == NULL ? 0 : (size_t)(w->p - w->start);
}

size_t writer_room(const writer_t *w) {
    return w->p == NULL ? 0 : (size_t)(w->end - w->p);
}
