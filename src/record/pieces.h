// How a record's fragment lies in memory: together, or in several blocks.
#ifndef SKR_RECORD_PIECES_H
#define SKR_RECORD_PIECES_H

#include "skerry/crypto.h"
#include "skerry/errors.h"

// Behind the bytes of each block but the last one stands the next block's address.
typedef struct {
    uint8_t *front; // the first block
    uint16_t size; // bytes of the fragment, from the front block on
    uint16_t room; // bytes of them in each block but the last one, which has at most as many
} record_pieces_t;

// What lies together in one block.
typedef struct {
    uint8_t *data;
    size_t size; // 0: behind the last
    size_t left; // bytes in the blocks behind it
} record_piece_t;

static inline record_pieces_t record_in_one(uint8_t *data, size_t size) {
    return (record_pieces_t){data, (uint16_t)size, (uint16_t)size};
}
record_piece_t record_first_piece(const record_pieces_t *pieces);
void record_next_piece(const record_pieces_t *pieces, record_piece_t *piece);

// What an AEAD wants besides key and data.
typedef struct {
    uint8_t nonce[SKR_AEAD_NONCE_SIZE];
    uint8_t aad[13]; // the larger one, TLS 1.2's
    uint8_t aad_size;
} record_inputs_t;

// Opens what lies between the first `ahead` bytes and the tag, in place: in one go when all is in
// one block, else piece by piece; `ahead` bytes have room in the first. SKR_ERR_RECORD_MAC,
// _PROVIDER (also: it can't open in pieces): the fragment is wiped, or worthless.
skr_status_t record_open_pieces(const skr_aead_t *aead, void *state, const record_inputs_t *inputs,
    const record_pieces_t *pieces, size_t ahead);

#endif
