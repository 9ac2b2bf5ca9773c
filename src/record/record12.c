// Records of TLS 1.2 with AEAD cipher suites.
//
// In: one whole fragment in the caller's blocks, or content to be sealed, and the keys of its
// direction. Out: the fragment opened or sealed where it lies (RFC 5246 section 6.2.3.3). AES-GCM
// and AES-CCM carry 8 bytes of their nonce in front of the ciphertext (RFC 5288 section 3, RFC 6655
// section 3), for which the sequence number serves; ChaCha20-Poly1305 derives the nonce as TLS 1.3
// does (RFC 7905 section 2). The additional data is sequence number, type, version and length. No
// CBC, no compression, no padding: none is negotiated.
#include "base/bytes.h"
#include "base/ct.h"
#include "record/record.h"

enum { VERSION = 0x0303, SALT_SIZE = 4, EXPLICIT_SIZE = 8, AAD_SIZE = 13 };

// Every type may come protected, and none hides another.
static skr_status_t record12_read_header(const uint8_t *bytes, record_header_t *out) {
    out->type = bytes[0];
    out->size = bytes_get16(bytes + 3);
    if (out->type < RECORD_CHANGE_CIPHER_SPEC || out->type > RECORD_APPLICATION_DATA) {
        return SKR_ERR_RECORD_TYPE;
    }
    return out->size > SKR_RECORD_PROTECTED_MAX ? SKR_ERR_RECORD_OVERFLOW : SKR_OK;
}

static void record12_aad(const record_keys_t *keys, uint8_t type, size_t size, uint8_t *aad) {
    bytes_put64(aad, keys->sequence);
    aad[8] = type;
    bytes_put16(aad + 9, VERSION);
    bytes_put16(aad + 11, (uint16_t)size);
}

// explicit_nonce: what is, or goes, on the wire; NULL: the nonce is derived.
static void record12_nonce(
    const record_keys_t *keys, const uint8_t *explicit_nonce, uint8_t *nonce) {
    memcpy(nonce, keys->iv, SKR_AEAD_NONCE_SIZE);
    if (explicit_nonce != NULL) {
        memcpy(nonce + SALT_SIZE, explicit_nonce, EXPLICIT_SIZE);
        return;
    }
    uint8_t sequence[EXPLICIT_SIZE];
    bytes_put64(sequence, keys->sequence);
    for (size_t i = 0; i < EXPLICIT_SIZE; i++) {
        nonce[SALT_SIZE + i] ^= sequence[i];
    }
}

static skr_status_t record12_open(record_keys_t *keys, void *state, const record_pieces_t *pieces,
    uint8_t *type, size_t *content_size) {
    record_inputs_t inputs;
    size_t ahead = keys->protection->ahead;
    *content_size = 0;
    if (pieces->size < ahead + keys->aead->tag_size) {
        return SKR_ERR_RECORD_MAC;
    }
    if (keys->sequence == UINT64_MAX) {
        return SKR_ERR_KEY_EXHAUSTED;
    }
    size_t size = pieces->size - ahead - keys->aead->tag_size;
    if (size > SKR_RECORD_PLAIN_MAX) {
        return SKR_ERR_RECORD_OVERFLOW;
    }
    record12_nonce(keys, ahead > 0 ? pieces->front : NULL, inputs.nonce);
    record12_aad(keys, *type, size, inputs.aad);
    inputs.aad_size = AAD_SIZE;
    skr_status_t status = record_open_pieces(keys->aead, state, &inputs, pieces, ahead);
    ct_wipe(inputs.nonce, sizeof(inputs.nonce)); // the first record's is ChaCha20's iv
    if (status != SKR_OK) {
        return status;
    }
    keys->sequence++;
    *content_size = size;
    return size == 0 && *type != RECORD_APPLICATION_DATA ? SKR_ERR_RECORD_EMPTY : SKR_OK;
}

static skr_status_t record12_seal(record_keys_t *keys, void *state, uint8_t *record,
    record_type_t type, size_t size, size_t pad) {
    uint8_t nonce[SKR_AEAD_NONCE_SIZE];
    uint8_t aad[AAD_SIZE];
    size_t ahead = keys->protection->ahead;
    uint8_t *content = record + SKR_RECORD_HEADER_SIZE + ahead;
    if (size > SKR_RECORD_PLAIN_MAX || pad != 0) {
        return SKR_ERR_USAGE;
    }
    // There is no KeyUpdate in TLS 1.2: a used-up key is the end of the connection.
    uint64_t limit = keys->aead->record_limit != 0 ? keys->aead->record_limit : UINT64_MAX;
    if (keys->sequence >= limit) {
        return SKR_ERR_KEY_EXHAUSTED;
    }
    record_write_header(record, type, false, ahead + size + keys->aead->tag_size);
    if (ahead > 0) {
        bytes_put64(record + SKR_RECORD_HEADER_SIZE, keys->sequence);
    }
    record12_nonce(keys, ahead > 0 ? record + SKR_RECORD_HEADER_SIZE : NULL, nonce);
    record12_aad(keys, (uint8_t)type, size, aad);
    bool sealed = keys->aead->seal(state, nonce, aad, sizeof(aad), content, size, content + size);
    ct_wipe(nonce, sizeof(nonce));
    if (!sealed) {
        ct_wipe(content, size + keys->aead->tag_size); // what isn't sealed must not be sent
        return SKR_ERR_PROVIDER;
    }
    keys->sequence++;
    return SKR_OK;
}

static const record_protection_t record12_explicit = {
    .version = VERSION,
    .ahead = EXPLICIT_SIZE,
    .hides_type = false,
    .read_header = record12_read_header,
    .open = record12_open,
    .seal = record12_seal,
};

static const record_protection_t record12_derived = {
    .version = VERSION,
    .ahead = 0,
    .hides_type = false,
    .read_header = record12_read_header,
    .open = record12_open,
    .seal = record12_seal,
};

const record_protection_t *record12_protection(unsigned aead) {
    return aead == SKR_AEAD_CHACHA20_POLY1305 ? &record12_derived : &record12_explicit;
}
