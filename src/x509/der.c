// Strict DER (X.690 section 10).
//
// In: a bounded reader. Out: views of contents, small numbers; on anything else the reader has
// failed. Refused are indefinite lengths, lengths in more bytes than needed, tags of more than one
// byte, padded integers, booleans other than 00 and FF, set unused bits, padded object identifiers.
// What exactly is one byte too generous here can make two readers see two different certificates
// under one signature. Elements of 16 MB and more are refused: nothing that is read here can hold
// one. Nothing recurses.
#include "x509/der.h"

#include "base/bytes.h"

// A length whose first byte says that there are others.
static size_t der_long_length(reader_t *r, uint8_t first) {
    size_t size = 0;
    size_t least = 0; // fewer bytes would have done below that
    switch (first) {
        case 0x81:
            size = reader_u8(r);
            least = 0x80;
            break;
        case 0x82:
            size = reader_u16(r);
            least = 0x100;
            break;
        case 0x83:
            size = reader_u24(r);
            least = 0x10000;
            break;
        default:
            reader_fail(r);
            break;
    }
    if (size < least) {
        reader_fail(r);
    }
    return size;
}

size_t der_head(reader_t *r, uint8_t *tag) {
    *tag = 0;
    if (reader_failed(r) || r->end - r->p < 2) {
        reader_fail(r);
        return 0;
    }
    *tag = r->p[0];
    uint8_t first = r->p[1];
    r->p += 2;
    size_t size = first < 0x80 ? first : der_long_length(r, first);
    if ((*tag & 0x1f) == 0x1f) {
        reader_fail(r);
    }
    return size;
}

skr_view_t der_any(reader_t *r, uint8_t *tag) {
    size_t size = der_head(r, tag);
    return reader_bytes(r, size);
}

skr_view_t der_get(reader_t *r, uint8_t tag) {
    uint8_t found;
    skr_view_t content = der_any(r, &found);
    if (found != tag) {
        reader_fail(r);
        return view_of(NULL, 0);
    }
    return content;
}

skr_view_t der_whole(reader_t *r, uint8_t tag) {
    const uint8_t *start = r->p;
    der_get(r, tag);
    return reader_failed(r) ? view_of(NULL, 0) : view_of(start, (size_t)(r->p - start));
}

bool der_is(const reader_t *r, uint8_t tag) {
    return reader_more(r) && r->p[0] == tag;
}

skr_view_t der_optional(reader_t *r, uint8_t tag) {
    return der_is(r, tag) ? der_get(r, tag) : view_of(NULL, 0);
}

reader_t der_enter(reader_t *r, uint8_t tag) {
    return reader_of(der_get(r, tag));
}

void der_leave(reader_t *r, const reader_t *inner) {
    if (!reader_done(inner)) {
        reader_fail(r);
    }
}

skr_view_t der_integer(reader_t *r) {
    skr_view_t content = der_get(r, DER_INTEGER);
    const uint8_t *p = content.data;
    bool padded = content.size > 1 &&
        ((p[0] == 0x00 && p[1] < 0x80) || (p[0] == 0xff && p[1] >= 0x80));
    if (content.size == 0 || padded) {
        reader_fail(r);
        return view_of(NULL, 0);
    }
    return content;
}

skr_view_t der_unsigned(reader_t *r) {
    skr_view_t content = der_integer(r);
    if (!view_is(content)) {
        return content;
    }
    if (content.data[0] >= 0x80) {
        reader_fail(r);
        return view_of(NULL, 0);
    }
    bool leading = content.size > 1 && content.data[0] == 0;
    return view_of(content.data + leading, content.size - leading);
}

uint32_t der_small(reader_t *r) {
    skr_view_t content = der_unsigned(r);
    uint32_t value = 0;
    for (size_t i = 0; i < content.size && i < 4; i++) {
        value = (value << 8) | content.data[i];
    }
    if (content.size > 4 || value >> 31 != 0) {
        reader_fail(r);
        return 0;
    }
    return value;
}

bool der_boolean(reader_t *r) {
    skr_view_t content = der_get(r, DER_BOOLEAN);
    if (content.size != 1 || (content.data[0] != 0x00 && content.data[0] != 0xff)) {
        reader_fail(r);
        return false;
    }
    return content.data[0] != 0;
}

skr_view_t der_bit_string(reader_t *r, unsigned *unused) {
    reader_t inner = der_enter(r, DER_BIT_STRING);
    *unused = reader_u8(&inner);
    skr_view_t bits = reader_rest(&inner);
    bool wrong = *unused > 7 || (bits.size == 0 && *unused != 0);
    if (!wrong && *unused != 0) {
        wrong = (bits.data[bits.size - 1] & ((1u << *unused) - 1)) != 0;
    }
    if (reader_failed(&inner) || wrong) {
        reader_fail(r);
        return view_of(NULL, 0);
    }
    return bits;
}

skr_view_t der_bit_bytes(reader_t *r) {
    unsigned unused;
    skr_view_t bits = der_bit_string(r, &unused);
    if (unused != 0) {
        reader_fail(r);
        return view_of(NULL, 0);
    }
    return bits;
}

skr_view_t der_oid(reader_t *r) {
    skr_view_t content = der_get(r, DER_OID);
    bool starts = true; // the next byte is the first of an arc
    for (size_t i = 0; i < content.size; i++) {
        if (starts && content.data[i] == 0x80) {
            reader_fail(r);
            return view_of(NULL, 0);
        }
        starts = content.data[i] < 0x80;
    }
    if (content.size == 0 || !starts) {
        reader_fail(r);
        return view_of(NULL, 0);
    }
    return content;
}
