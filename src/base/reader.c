// The bounded reader.
//
// In: a view over somebody else's bytes. Out: numbers in network order (RFC 9846 section 3.3) and
// views of parts. Never reads past the end, never copies, never allocates. The first read that does
// not fit sets p to NULL, and from then on every read gives zero or an absent view: a loop over
// reader_more() ends, a size of zero is harmless.
#include "base/reader.h"

#include "base/bytes.h"

reader_t reader_of(skr_view_t view) {
    reader_t r = {NULL, NULL};
    if (view.data != NULL) {
        r.p = view.data;
        r.end = view.data + view.size;
    }
    return r;
}

static const uint8_t *reader_take(reader_t *r, size_t size) {
    if (r->p == NULL || (size_t)(r->end - r->p) < size) {
        r->p = NULL;
        return NULL;
    }
    const uint8_t *start = r->p;
    r->p += size;
    return start;
}

uint8_t reader_u8(reader_t *r) {
    const uint8_t *p = reader_take(r, 1);
    return p == NULL ? 0 : p[0];
}

uint16_t reader_u16(reader_t *r) {
    const uint8_t *p = reader_take(r, 2);
    return p == NULL ? 0 : bytes_get16(p);
}

uint32_t reader_u24(reader_t *r) {
    const uint8_t *p = reader_take(r, 3);
    return p == NULL ? 0 : ((uint32_t)p[0] << 16) | bytes_get16(p + 1);
}

uint32_t reader_u32(reader_t *r) {
    const uint8_t *p = reader_take(r, 4);
    return p == NULL ? 0 : ((uint32_t)bytes_get16(p) << 16) | bytes_get16(p + 2);
}

skr_view_t reader_bytes(reader_t *r, size_t size) {
    const uint8_t *p = reader_take(r, size);
    return view_of(p, p == NULL ? 0 : size);
}

skr_view_t reader_vector(reader_t *r, unsigned length_bytes) {
    size_t size = 0;
    for (unsigned i = 0; i < length_bytes; i++) {
        size = (size << 8) | reader_u8(r);
    }
    return reader_bytes(r, size);
}

skr_view_t reader_rest(reader_t *r) {
    return reader_bytes(r, r->p == NULL ? 0 : (size_t)(r->end - r->p));
}

void reader_fail(reader_t *r) {
    r->p = NULL;
}

bool reader_failed(const reader_t *r) {
    return r->p == NULL;
}

bool reader_more(const reader_t *r) {
    return r->p != NULL && r->p < r->end;
}

bool reader_done(const reader_t *r) {
    return r->p != NULL && r->p == r->end;
}
