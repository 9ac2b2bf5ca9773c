// Records of TLS 1.3: headers, protection, padding.
//
// In: a header's five bytes, or one whole fragment in the caller's blocks and the keys of its
// direction. Out: type and size, or the fragment opened or sealed where it lies (RFC 9846
// sections 5.1 to 5.5). Gathers nothing, sends nothing and does not know which message is due: that
// application data comes only when it may, that a ChangeCipherSpec holds a single 1, that an alert
// has two bytes, is for the connection to see.
#include "record/record.h"

#include "base/bytes.h"
#include "base/ct.h"

enum { LEGACY_VERSION = 0x0303, INITIAL_VERSION = 0x0301, MAJOR_VERSION = 3 };
enum { INNER_MAX = SKR_RECORD_PLAIN_MAX + 1 }; // TLSInnerPlaintext: content, type and zeros
// Records that are kept back of a key's limit: the KeyUpdate that changes it, and an alert.
enum { RESERVE = 2 };

// A type that is no record's is an unexpected one (section 5), but where the version gives away
// that the very first bytes are no TLS at all, the error says so.
skr_status_t record_read_header(
    const uint8_t *bytes, bool is_protected, bool first, record_header_t *out) {
    out->type = bytes[0];
    out->size = bytes_get16(bytes + 3);
    if (first && bytes[1] != MAJOR_VERSION) {
        return SKR_ERR_RECORD_HEADER;
    }
    if (out->type < RECORD_CHANGE_CIPHER_SPEC || out->type > RECORD_APPLICATION_DATA) {
        return SKR_ERR_RECORD_TYPE;
    }
    bool ciphertext = out->type == RECORD_APPLICATION_DATA;
    if (ciphertext != is_protected && out->type != RECORD_CHANGE_CIPHER_SPEC) {
        return SKR_ERR_RECORD_TYPE;
    }
    if (out->size > (ciphertext ? SKR_RECORD_PROTECTED_MAX : SKR_RECORD_PLAIN_MAX)) {
        return SKR_ERR_RECORD_OVERFLOW;
    }
    return out->size == 0 && !ciphertext ? SKR_ERR_RECORD_EMPTY : SKR_OK;
}

static void write_header(uint8_t *bytes, unsigned type, uint16_t version, size_t size) {
    bytes[0] = (uint8_t)type;
    bytes_put16(bytes + 1, version);
    bytes_put16(bytes + 3, (uint16_t)size);
}

void record_write_header(uint8_t *bytes, record_type_t type, bool initial, size_t size) {
    write_header(bytes, type, initial ? INITIAL_VERSION : LEGACY_VERSION, size);
}

// Section 5.3: the sequence number, padded on the left, XOR the iv.
static void record_nonce(const record_keys_t *keys, uint8_t *nonce) {
    uint8_t sequence[8];
    bytes_put64(sequence, keys->sequence);
    memcpy(nonce, keys->iv, SKR_AEAD_NONCE_SIZE);
    for (size_t i = 0; i < sizeof(sequence); i++) {
        nonce[SKR_AEAD_NONCE_SIZE - sizeof(sequence) + i] ^= sequence[i];
    }
}

// The last byte before `end` that is no zero, in whichever piece: its offset + 1, 0: there is none.
static size_t last_byte(const record_pieces_t *pieces, size_t end, uint8_t *byte) {
    while (end > 0) {
        size_t at = 0; // of the piece that holds the byte before the end
        record_piece_t piece = record_first_piece(pieces);
        while (at + piece.size < end) {
            at += piece.size;
            record_next_piece(pieces, &piece);
        }
        size_t last = end - at;
        while (last > 0 && piece.data[last - 1] == 0) {
            last--;
        }
        if (last > 0) {
            *byte = piece.data[last - 1];
            return at + last;
        }
        end = at;
    }
    return 0;
}

// What is inside of an opened record: content, type, zeros (section 5.4).
static skr_status_t read_inner(
    const record_pieces_t *pieces, size_t size, uint8_t *type, size_t *content_size) {
    if (size > INNER_MAX) { // padding counts too
        return SKR_ERR_RECORD_OVERFLOW;
    }
    size = last_byte(pieces, size, type);
    if (size == 0) {
        return SKR_ERR_RECORD_PADDING;
    }
    *content_size = size - 1;
    if (*type < RECORD_ALERT || *type > RECORD_APPLICATION_DATA) {
        return SKR_ERR_RECORD_TYPE;
    }
    return *content_size == 0 && *type != RECORD_APPLICATION_DATA ? SKR_ERR_RECORD_EMPTY : SKR_OK;
}

skr_status_t record_open(record_keys_t *keys, void *state, const record_pieces_t *pieces,
    uint8_t *type, size_t *content_size) {
    record_inputs_t inputs; // the additional data is the header; the version on the wire is not
                            // looked at
    *type = 0;
    *content_size = 0;
    if (keys->aead == NULL) {
        return SKR_ERR_USAGE;
    }
    if (pieces->size > SKR_RECORD_PROTECTED_MAX) {
        return SKR_ERR_RECORD_OVERFLOW;
    }
    if (pieces->size < keys->aead->tag_size) { // no room for a tag, so none that could be right
        return SKR_ERR_RECORD_MAC;
    }
    if (keys->sequence == UINT64_MAX) { // it must not wrap
        return SKR_ERR_KEY_EXHAUSTED;
    }
    record_write_header(inputs.aad, RECORD_APPLICATION_DATA, false, pieces->size);
    inputs.aad_size = SKR_RECORD_HEADER_SIZE;
    record_nonce(keys, inputs.nonce);
    skr_status_t status = record_open_pieces(keys->aead, state, &inputs, pieces, 0);
    ct_wipe(inputs.nonce, sizeof(inputs.nonce)); // the first record's is the iv
    if (status != SKR_OK) {
        return status;
    }
    keys->sequence++;
    return read_inner(pieces, (size_t)pieces->size - keys->aead->tag_size, type, content_size);
}

// The first sequence number that may not be used for writing.
static uint64_t write_limit(const record_keys_t *keys) {
    return keys->aead->record_limit != 0 ? keys->aead->record_limit : UINT64_MAX;
}

skr_status_t record_seal(record_keys_t *keys, void *state, uint8_t *record, record_type_t type,
    size_t size, size_t pad) {
    uint8_t nonce[SKR_AEAD_NONCE_SIZE];
    uint8_t *content = record + SKR_RECORD_HEADER_SIZE;
    if (keys->aead == NULL || size > SKR_RECORD_PLAIN_MAX || pad > SKR_RECORD_PLAIN_MAX - size) {
        return SKR_ERR_USAGE;
    }
    if (keys->sequence >= write_limit(keys)) {
        return SKR_ERR_KEY_EXHAUSTED;
    }
    content[size] = (uint8_t)type;
    memset(content + size + 1, 0, pad);
    size_t inner = size + 1 + pad;
    record_write_header(record, RECORD_APPLICATION_DATA, false, inner + keys->aead->tag_size);
    record_nonce(keys, nonce);
    bool sealed = keys->aead->seal(
        state, nonce, record, SKR_RECORD_HEADER_SIZE, content, inner, content + inner);
    ct_wipe(nonce, sizeof(nonce));
    if (!sealed) {
        // What isn't sealed must not be sent.
        ct_wipe(record, SKR_RECORD_HEADER_SIZE + inner + keys->aead->tag_size);
        return SKR_ERR_PROVIDER;
    }
    keys->sequence++;
    return SKR_OK;
}

static skr_status_t record13_read_header(const uint8_t *bytes, record_header_t *out) {
    return record_read_header(bytes, true, false, out);
}

const record_protection_t record13_protection = {
    .version = 0x0304,
    .ahead = 0,
    .hides_type = true,
    .read_header = record13_read_header,
    .open = record_open,
    .seal = record_seal,
};

size_t record_padding(size_t size, size_t pad_to, size_t limit) {
    if (pad_to == 0 || size >= limit || size % pad_to == 0) {
        return 0;
    }
    size_t pad = pad_to - size % pad_to;
    return pad < limit - size ? pad : limit - size;
}

bool record_update_due(const record_keys_t *keys) {
    if (keys->aead == NULL) {
        return false;
    }
    uint64_t limit = write_limit(keys);
    return keys->sequence >= limit || limit - keys->sequence <= RESERVE;
}
