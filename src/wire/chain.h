// A Certificate message in pieces: the only message that may be long, and that nobody needs whole.
#ifndef SKR_WIRE_CHAIN_H
#define SKR_WIRE_CHAIN_H

#include "base/reader.h"
#include "skerry/errors.h"

// Zeroed at the beginning of a message's body.
typedef struct {
    uint8_t state;
    uint8_t fill; // bytes of number that came
    uint8_t number[4];
    uint32_t size; // bytes of the certificate at hand,
    uint32_t left; // of those still to come
    uint32_t list_left; // of the list
} wire_chain_t;

typedef enum {
    WIRE_CHAIN_MORE, // the piece is used up
    WIRE_CHAIN_BEGIN, // a certificate of *size bytes begins
    WIRE_CHAIN_BYTES, // some of its bytes
    WIRE_CHAIN_END, // it ends
} wire_chain_event_t;

// Reads on in a piece of a Certificate's body: RFC 9846 section 4.5.1, or RFC 5246 section 7.4.2
// when tls12. SKR_ERR_DECODE, _REQUEST_CONTEXT (not empty: none was asked for),
// _UNSOLICITED_EXTENSION or _MISPLACED_EXTENSION (nothing was offered, so no entry may have one).
skr_status_t wire_chain_next(wire_chain_t *chain, bool tls12, reader_t *piece,
    wire_chain_event_t *event, skr_view_t *bytes, size_t *size);
// Has the list ended?
bool wire_chain_done(const wire_chain_t *chain);

#endif
