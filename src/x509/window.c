// The window: slotted memory for what is remembered of certificates.
//
// In: bytes, kept for the certificate that is being read. Out: views of its parts and of those of
// earlier ones. Descriptions (nodes) of fixed size grow from the end, bytes from the beginning;
// what is dropped is closed up by moving what lies behind, so a view is good only until the next
// change. When room is wanted, what is least likely to be needed goes first: signatures that were
// checked already, then names, then certificates that nothing has led to. Each loss that could
// matter is noted. Nothing here reads DER or judges anything.
#include "x509/window.h"

#include "base/bytes.h"
#include "skerry/errors.h"

void window_init(window_t *w, void *memory, size_t size) {
    memset(w, 0, sizeof(*w));
    w->bytes = memory;
    w->size = (uint16_t)(size < UINT16_MAX - 7 ? size / 8 * 8 : UINT16_MAX - 7);
}

window_node_t *window_node(const window_t *w, size_t n) {
    return (window_node_t *)(void *)(w->bytes + w->size) - (n + 1);
}

window_node_t *window_last(const window_t *w) {
    return window_node(w, w->nodes - 1u);
}

// Where a part begins; with PART_COUNT, where the node ends. Counted from the end: most is asked of
// the last node.
static size_t window_offset(const window_t *w, size_t n, unsigned part) {
    size_t offset = (size_t)w->used - w->tail;
    for (size_t i = w->nodes; i-- > n;) {
        const window_node_t *node = window_node(w, i);
        for (unsigned p = PART_COUNT; p-- > (i == n ? part : 0);) {
            offset -= node->size[p];
        }
    }
    return offset;
}

skr_view_t window_part(const window_t *w, size_t n, window_part_t part) {
    size_t size = window_node(w, n)->size[part];
    return size == 0 ? view_of(NULL, 0) : view_of(w->bytes + window_offset(w, n, part), size);
}

bool window_fits(const window_t *w, size_t size) {
    size_t nodes = w->nodes * sizeof(window_node_t);
    return size <= w->size - nodes - w->used;
}

static void window_close_up(window_t *w, size_t offset, size_t size) {
    memmove(w->bytes + offset, w->bytes + offset + size, w->used - offset - size);
    w->used = (uint16_t)(w->used - size);
}

void window_drop_part(window_t *w, size_t n, window_part_t part) {
    window_node_t *node = window_node(w, n);
    if (node->size[part] > 0) {
        window_close_up(w, window_offset(w, n, part), node->size[part]);
        node->size[part] = 0;
    }
}

void window_drop(window_t *w, size_t n) {
    size_t start = window_offset(w, n, 0);
    window_close_up(w, start, window_offset(w, n, PART_COUNT) - start);
    for (size_t i = n; i + 1 < w->nodes; i++) {
        *window_node(w, i) = *window_node(w, i + 1);
    }
    w->nodes--;
}

bool window_begin(window_t *w) {
    if (!window_make_room(w, sizeof(window_node_t))) {
        return false;
    }
    w->nodes++;
    memset(window_last(w), 0, sizeof(window_node_t));
    return true;
}

uint16_t window_mark(const uint8_t *digest) {
    return (uint16_t)(1u << (digest[0] & 15));
}

// --- What goes when room is wanted ---

// One that has a checked signature needs it only for another issuer of the same name; whoever finds
// one notes the loss.
static bool window_drop_signature(window_t *w) {
    for (size_t n = 0; n < w->nodes; n++) {
        const window_node_t *node = window_node(w, n);
        if ((node->superseded || node->spare) && node->size[PART_SIGNATURE] > 0) {
            window_drop_part(w, n, PART_SIGNATURE);
            window_drop_part(w, n, PART_MESSAGE);
            window_drop_part(w, n, PART_ALGORITHM);
            return true;
        }
    }
    return false;
}

// Names are for the constraints of CAs further up; those of self-issued CAs are not even for them.
// One that has lost its signature, too, is done with.
static bool window_drop_names(window_t *w) {
    for (size_t n = 0; n < w->nodes; n++) {
        window_node_t *node = window_node(w, n);
        bool done = node->superseded && node->size[PART_SIGNATURE] == 0;
        if (done || node->size[PART_SUBJECT] + node->size[PART_NAMES] > 0) {
            window_drop_part(w, n, PART_SUBJECT);
            window_drop_part(w, n, PART_NAMES);
            node->names_lost = true;
            if (done) {
                w->names_lost = w->names_lost || !node->is_self_issued || node->height == 1;
                w->passed = (uint16_t)(w->passed | window_mark(node->issuer));
                window_drop(w, n);
            }
            return true;
        }
    }
    return false;
}

// The oldest certificate that nothing has led to: it has issued none of those that are linked.
// Those that could never be issuers go first.
static bool window_drop_stranger(window_t *w) {
    for (unsigned round = 0; round < 2; round++) {
        for (size_t n = 0; n < w->nodes; n++) {
            const window_node_t *node = window_node(w, n);
            if (node->complete && !node->linked && (round == 1 || node->status != SKR_OK)) {
                w->gone = (uint16_t)(w->gone | window_mark(node->subject));
                window_drop(w, n);
                return true;
            }
        }
    }
    return false;
}

// What stays whatever is wanted: the certificate that is being read, and those that are linked and
// have no issuer yet, all without names.
static size_t window_must_stay(const window_t *w) {
    size_t size = w->tail;
    for (size_t n = 0; n < w->nodes; n++) {
        const window_node_t *node = window_node(w, n);
        if (!node->complete || (node->linked && !node->superseded)) {
            size += sizeof(window_node_t) + window_offset(w, n, PART_COUNT) -
                window_offset(w, n, 0) - node->size[PART_SUBJECT] - node->size[PART_NAMES];
            size -= node->spare ? node->size[PART_SIGNATURE] + node->size[PART_MESSAGE] +
                    (size_t)node->size[PART_ALGORITHM]
                                : 0;
        }
    }
    return size;
}

bool window_make_room(window_t *w, size_t size) {
    if (window_fits(w, size)) {
        return true;
    }
    // Nothing goes for what does not fit without it either.
    bool possible = size <= w->size - window_must_stay(w);
    while (possible && !window_fits(w, size)) {
        possible = window_drop_signature(w) || window_drop_names(w) || window_drop_stranger(w);
    }
    return possible;
}

// --- The tail ---

bool window_append(window_t *w, const uint8_t *data, size_t size) {
    if (!window_make_room(w, size)) {
        return false;
    }
    if (size > 0) {
        memcpy(w->bytes + w->used, data, size);
    }
    w->used = (uint16_t)(w->used + size);
    w->tail = (uint16_t)(w->tail + size);
    return true;
}

skr_view_t window_tail(const window_t *w) {
    return view_of(w->bytes + w->used - w->tail, w->tail);
}

void window_drop_tail(window_t *w) {
    w->used = (uint16_t)(w->used - w->tail);
    w->tail = 0;
}

void window_tail_is(window_t *w, window_part_t part) {
    window_last(w)->size[part] = w->tail;
    w->tail = 0;
}

// Where a part of the last node ends.
static size_t window_part_end(const window_t *w, window_part_t part) {
    return window_offset(w, w->nodes - 1u, part) + window_last(w)->size[part];
}

void window_move(window_t *w, window_part_t part, skr_view_t piece) {
    uint8_t some[64]; // of the piece; they change places with what lies before them
    uint8_t *to = w->bytes + window_part_end(w, part);
    size_t before = (size_t)(piece.data - to);
    for (size_t left = piece.size; left > 0;) {
        size_t n = left < sizeof(some) ? left : sizeof(some);
        memcpy(some, to + before, n);
        memmove(to + n, to, before);
        memcpy(to, some, n);
        to += n;
        left -= n;
    }
    window_last(w)->size[part] = (uint16_t)(window_last(w)->size[part] + piece.size);
    w->tail = (uint16_t)(w->tail - piece.size);
}

bool window_copy(window_t *w, window_part_t part, skr_view_t piece) {
    size_t from = w->used - (size_t)(piece.data - w->bytes); // counted from the end
    if (!window_make_room(w, piece.size)) {
        return false;
    }
    size_t to = window_part_end(w, part);
    memmove(w->bytes + to + piece.size, w->bytes + to, w->used - to);
    w->used = (uint16_t)(w->used + piece.size);
    memcpy(w->bytes + to, w->bytes + w->used - from, piece.size);
    window_last(w)->size[part] = (uint16_t)(window_last(w)->size[part] + piece.size);
    return true;
}
