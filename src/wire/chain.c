// A Certificate message in pieces.
//
// In: the body's bytes, cut anywhere. Out: where certificates begin and end, and their bytes, as
// views of the pieces. RFC 9846 section 4.5.1 (context, list, extensions behind each certificate),
// RFC 5246 section 7.4.2 (the list alone). Lengths are checked against each other as they come; the
// message's own length is the caller's to check. Says nothing about certificates.
#include "wire/chain.h"

#include "base/bytes.h"
#include "wire/extensions.h"

typedef enum {
    CHAIN_START,
    CHAIN_LIST, // its length
    CHAIN_SIZE, // of a certificate
    CHAIN_BYTES,
    CHAIN_EXTENSIONS, // their length
    CHAIN_EXTENSION, // an extension's head, to refuse it by
    CHAIN_DONE,
} chain_state_t;

// A number of that many bytes. false: it is not whole yet.
static bool chain_number(wire_chain_t *c, unsigned bytes, reader_t *piece, uint32_t *value) {
    while (c->fill < bytes && reader_more(piece)) {
        c->number[c->fill++] = reader_u8(piece);
    }
    *value = 0;
    for (unsigned i = 0; i < c->fill; i++) {
        *value = *value << 8 | c->number[i];
    }
    bool whole = c->fill == bytes;
    c->fill = whole ? 0 : c->fill;
    return whole;
}

// Bytes of the list are used up.
static bool chain_use(wire_chain_t *c, size_t size) {
    if (c->list_left < size) {
        return false;
    }
    c->list_left -= (uint32_t)size;
    return true;
}

// A certificate and what belongs to it has ended.
static void chain_next_entry(wire_chain_t *c) {
    c->state = c->list_left == 0 ? CHAIN_DONE : CHAIN_SIZE;
}

static skr_status_t chain_list(wire_chain_t *c, reader_t *piece) {
    if (chain_number(c, 3, piece, &c->list_left)) {
        chain_next_entry(c);
    }
    return SKR_OK;
}

static skr_status_t chain_size(
    wire_chain_t *c, reader_t *piece, wire_chain_event_t *event, size_t *size) {
    if (!chain_number(c, 3, piece, &c->left)) {
        return SKR_OK;
    }
    if (c->left == 0 || !chain_use(c, 3) || c->left > c->list_left) {
        return SKR_ERR_DECODE;
    }
    *size = c->size = c->left;
    *event = WIRE_CHAIN_BEGIN;
    c->state = CHAIN_BYTES;
    return SKR_OK;
}

static skr_status_t chain_bytes(
    wire_chain_t *c, bool tls12, reader_t *piece, wire_chain_event_t *event, skr_view_t *bytes) {
    if (c->left == 0) {
        *event = WIRE_CHAIN_END;
        c->state = CHAIN_EXTENSIONS;
        if (tls12) {
            chain_next_entry(c);
        }
        return SKR_OK;
    }
    size_t here = (size_t)(piece->end - piece->p);
    *bytes = reader_bytes(piece, here < c->left ? here : c->left);
    *event = WIRE_CHAIN_BYTES;
    c->left -= (uint32_t)bytes->size;
    return chain_use(c, bytes->size) ? SKR_OK : SKR_ERR_DECODE;
}

static skr_status_t chain_extensions(wire_chain_t *c, reader_t *piece) {
    if (!chain_number(c, 2, piece, &c->left)) {
        return SKR_OK;
    }
    if (!chain_use(c, 2) || c->left > c->list_left || (c->left > 0 && c->left < 4)) {
        return SKR_ERR_DECODE;
    }
    if (c->left > 0) {
        c->state = CHAIN_EXTENSION;
    } else {
        chain_next_entry(c);
    }
    return SKR_OK;
}

static skr_status_t chain_extension(wire_chain_t *c, reader_t *piece) {
    uint32_t head;
    if (!chain_number(c, 4, piece, &head)) {
        return SKR_OK;
    }
    bool fits = (head & 0xffff) <= c->left - 4;
    return fits ? wire_refuse_extension((uint16_t)(head >> 16), WIRE_IN_CT) : SKR_ERR_DECODE;
}

skr_status_t wire_chain_next(wire_chain_t *c, bool tls12, reader_t *piece,
    wire_chain_event_t *event, skr_view_t *bytes, size_t *size) {
    skr_status_t status = SKR_OK;
    *event = WIRE_CHAIN_MORE;
    if (c->state == CHAIN_START && tls12) {
        c->state = CHAIN_LIST;
    }
    // The end of a certificate needs no further byte.
    bool ready = c->state == CHAIN_BYTES && c->left == 0;
    while (status == SKR_OK && *event == WIRE_CHAIN_MORE && (ready || reader_more(piece))) {
        ready = false;
        switch (c->state) {
            case CHAIN_START:
                c->state = CHAIN_LIST;
                status = reader_u8(piece) == 0 ? SKR_OK : SKR_ERR_REQUEST_CONTEXT;
                break;
            case CHAIN_LIST:
                status = chain_list(c, piece);
                break;
            case CHAIN_SIZE:
                status = chain_size(c, piece, event, size);
                break;
            case CHAIN_BYTES:
                status = chain_bytes(c, tls12, piece, event, bytes);
                break;
            case CHAIN_EXTENSIONS:
                status = chain_extensions(c, piece);
                break;
            case CHAIN_EXTENSION:
                status = chain_extension(c, piece);
                break;
            default: // bytes behind the list
                status = SKR_ERR_DECODE;
                break;
        }
    }
    return status;
}

bool wire_chain_done(const wire_chain_t *c) {
    return c->state == CHAIN_DONE;
}
