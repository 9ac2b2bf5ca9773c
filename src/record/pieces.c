// Opening a fragment that may lie in several blocks.
//
// In: a fragment as it came from the wire (RFC 9846 section 5.2, RFC 5246 section 6.2.3.3), the
// AEAD's state and inputs. Out: plaintext in its place, once the tag is right; else nothing of it
// is left. The tag may straddle two blocks and is gathered. A fragment in one block is opened in
// one call, for which the AEAD needs no more than it always has. Does not look into the plaintext,
// and does not know where the blocks come from.
#include "record/pieces.h"

#include "base/bytes.h"
#include "base/ct.h"

record_piece_t record_first_piece(const record_pieces_t *pieces) {
    size_t size = pieces->size < pieces->room ? pieces->size : pieces->room;
    return (record_piece_t){pieces->front, size, pieces->size - size};
}

void record_next_piece(const record_pieces_t *pieces, record_piece_t *piece) {
    if (piece->left > 0) {
        memcpy(&piece->data, piece->data + piece->size, sizeof(piece->data));
    }
    piece->size = piece->left < pieces->room ? piece->left : pieces->room;
    piece->left -= piece->size;
}

// Wipes what can't be vouched for.
static void pieces_wipe(const record_pieces_t *pieces) {
    for (record_piece_t piece = record_first_piece(pieces); piece.size > 0;
         record_next_piece(pieces, &piece)) {
        ct_wipe(piece.data, piece.size);
    }
}

// All the data through open_piece(); what lies behind it, the tag, is copied out.
static bool pieces_run(const skr_aead_t *aead, void *state, void *run,
    const record_pieces_t *pieces, size_t ahead, uint8_t *tag) {
    size_t left = (size_t)pieces->size - ahead - aead->tag_size;
    bool ok = true;
    for (record_piece_t piece = record_first_piece(pieces); ok && piece.size > 0;
         record_next_piece(pieces, &piece)) {
        uint8_t *data = piece.data + ahead;
        size_t size = piece.size - ahead;
        size_t part = size < left ? size : left;
        ok = part == 0 || aead->open_piece(state, run, data, part);
        memcpy(tag, data + part, size - part);
        tag += size - part;
        left -= part;
        ahead = 0;
    }
    return ok;
}

static skr_crypto_t pieces_open(const skr_aead_t *aead, void *state, const record_inputs_t *inputs,
    const record_pieces_t *pieces, size_t ahead) {
    _Alignas(16) uint8_t run[SKR_AEAD_RUN_MAX];
    uint8_t tag[SKR_AEAD_TAG_MAX];
    if (aead->open_start == NULL) {
        return SKR_CRYPTO_FAILED;
    }
    size_t size = (size_t)pieces->size - ahead - aead->tag_size;
    bool ok = aead->open_start(state, run, inputs->nonce, inputs->aad, inputs->aad_size, size) &&
        pieces_run(aead, state, run, pieces, ahead, tag);
    skr_crypto_t said = ok ? aead->open_end(state, run, tag) : SKR_CRYPTO_FAILED;
    ct_wipe(run, sizeof(run));
    return said;
}

static skr_crypto_t pieces_open_one(const skr_aead_t *aead, void *state,
    const record_inputs_t *inputs, const record_pieces_t *pieces, size_t ahead) {
    uint8_t *data = pieces->front + ahead;
    size_t size = (size_t)pieces->size - ahead - aead->tag_size;
    return aead->open(state, inputs->nonce, inputs->aad, inputs->aad_size, data, size, data + size);
}

skr_status_t record_open_pieces(const skr_aead_t *aead, void *state, const record_inputs_t *inputs,
    const record_pieces_t *pieces, size_t ahead) {
    skr_crypto_t said;
    if (pieces->size <= pieces->room) {
        said = pieces_open_one(aead, state, inputs, pieces, ahead);
    } else {
        said = pieces_open(aead, state, inputs, pieces, ahead);
        if (said != SKR_CRYPTO_OK) {
            pieces_wipe(pieces);
        }
    }
    if (said != SKR_CRYPTO_OK) {
        return said == SKR_CRYPTO_REFUSED ? SKR_ERR_RECORD_MAC : SKR_ERR_PROVIDER;
    }
    return SKR_OK;
}
