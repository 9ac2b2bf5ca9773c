// Changes to the structure of DER.
//
// In: DER, which element, what happens to it. Out: DER in which all other elements are as they
// were, with lengths that fit. Goes down element by element and writes on the way back; what is no
// DER inside is copied as it is.
#include "support/der_change.h"

#include <string.h>

#include "base/bytes.h"
#include "x509/der.h"

typedef struct {
    uint8_t *out;
    size_t size, room;
    unsigned next, target; // number of the next element, and of the one that is changed
    der_change_t how;
    bool full;
} changer_t;

enum { DEEPEST = 16 };

static void put(changer_t *c, const uint8_t *data, size_t size) {
    if (size > c->room - c->size) {
        c->full = true;
    } else if (size > 0) {
        memcpy(c->out + c->size, data, size);
        c->size += size;
    }
}

// Puts an element's head before what was written since start.
static void put_head(changer_t *c, size_t start, uint8_t tag, bool longer) {
    uint8_t head[6] = {tag};
    size_t content = c->size - start, n = 0, size = 1;
    while (n < 4 && content >> (8 * n) != 0) {
        n++;
    }
    if (content >= 0x80 || longer) {
        n += longer || n == 0;
        head[size++] = (uint8_t)(0x80 | n);
        while (n-- > 0) {
            head[size++] = (uint8_t)(n >= 4 ? 0 : content >> (8 * n));
        }
    } else {
        head[size++] = (uint8_t)content;
    }
    if (size > c->room - c->size) {
        c->full = true;
        return;
    }
    memmove(c->out + start + size, c->out + start, content);
    memcpy(c->out + start, head, size);
    c->size += size;
}

static bool is_list(skr_view_t content) {
    reader_t r = reader_of(content);
    uint8_t tag;
    while (reader_more(&r)) {
        (void)der_any(&r, &tag);
    }
    return content.size > 0 && reader_done(&r);
}

// Bytes before the elements inside; the content's size: there are none.
static size_t inside_at(uint8_t tag, skr_view_t content) {
    bool bits = tag == DER_BIT_STRING && content.size > 1 && content.data[0] == 0;
    bool may = (tag & 0x20) != 0 || tag == DER_OCTET_STRING || bits;
    skr_view_t rest = view_of(content.data + bits, content.size - bits);
    return may && is_list(rest) ? bits : content.size;
}

static uint8_t changed_tag(der_change_t how, uint8_t tag) {
    return tag ^
        (uint8_t)(how == DER_TAG_FORM   ? 0x20
                : how == DER_TAG_CLASS  ? 0x80
                : how == DER_TAG_NUMBER ? 0x01
                                        : 0);
}

static void change_content(changer_t *c, size_t start) {
    static const uint8_t null[] = {DER_NULL, 0};
    size_t size = c->size - start;
    switch (c->how) {
        case DER_EMPTY:
            c->size = start;
            break;
        case DER_CUT:
            c->size -= size > 0;
            break;
        case DER_GROW:
        case DER_GROW_FRONT:
            put(c, null, sizeof(null));
            if (c->how == DER_GROW_FRONT && !c->full) {
                memmove(c->out + start + 2, c->out + start, size);
                memcpy(c->out + start, null, 2);
            }
            break;
        case DER_BIT_FIRST:
        case DER_BIT_LAST:
            if (size > 0) {
                c->out[c->how == DER_BIT_FIRST ? start : c->size - 1] ^= 0x11;
            }
            break;
        default:
            break;
    }
}

// What happens to the element as a whole, which was written from start on.
static void change_element(changer_t *c, size_t start) {
    static const uint8_t null[] = {DER_NULL, 0};
    switch (c->how) {
        case DER_DROP:
            c->size = start;
            break;
        case DER_TWICE:
            put(c, c->out + start, c->size - start);
            break;
        case DER_BESIDE:
            put(c, null, sizeof(null));
            break;
        case DER_WRAP:
            put_head(c, start, DER_SEQUENCE, false);
            break;
        default:
            break;
    }
}

static void put_list(changer_t *c, skr_view_t list, unsigned depth);

static void put_element(changer_t *c, uint8_t tag, skr_view_t content, unsigned depth) {
    size_t start = c->size;
    bool hit = c->next++ == c->target;
    size_t at = depth < DEEPEST ? inside_at(tag, content) : content.size;
    put(c, content.data, at);
    if (at < content.size) {
        put_list(c, view_of(content.data + at, content.size - at), depth + 1);
    }
    if (hit) {
        change_content(c, start);
        tag = changed_tag(c->how, tag);
    }
    if (!hit || c->how != DER_UNWRAP) {
        put_head(c, start, tag, hit && c->how == DER_LONG);
    }
    if (hit) {
        change_element(c, start);
    }
}

static void reverse(uint8_t *p, size_t size) {
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = p[i];
        p[i] = p[size - 1 - i];
        p[size - 1 - i] = byte;
    }
}

static void put_list(changer_t *c, skr_view_t list, unsigned depth) {
    reader_t r = reader_of(list);
    uint8_t tag;
    bool swap = false;
    size_t before = 0;
    while (reader_more(&r)) {
        skr_view_t content = der_any(&r, &tag);
        size_t start = c->size;
        bool hit = c->next == c->target && c->how == DER_SWAP;
        put_element(c, tag, content, depth);
        if (swap && !c->full) {
            reverse(c->out + before, start - before);
            reverse(c->out + start, c->size - start);
            reverse(c->out + before, c->size - before);
        }
        swap = hit;
        before = start;
    }
}

bool der_change(
    skr_view_t der, unsigned n, der_change_t how, uint8_t *out, size_t room, size_t *size) {
    changer_t c = {.out = out, .room = room, .target = n, .how = how};
    if (is_list(der)) {
        put_list(&c, der, 0);
    }
    *size = c.full ? 0 : c.size;
    return c.next > n;
}
