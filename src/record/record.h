// The record protocol of TLS 1.3 (RFC 9846 section 5): headers, protection in place, padding,
// limits. Knows no buffers, no messages and no order; conn feeds it.
#ifndef SKR_RECORD_RECORD_H
#define SKR_RECORD_RECORD_H

#include "record/pieces.h"

// ContentType (section 5.1)
typedef enum {
    RECORD_CHANGE_CIPHER_SPEC = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_APPLICATION_DATA = 23,
} record_type_t;

typedef struct {
    uint8_t type;
    uint16_t size; // of the fragment behind the header
} record_header_t;

// How a version protects records: TLS 1.3 hides the content's type and derives the nonce, TLS 1.2
// does neither with every AEAD (record12.c). A build holds what its profile names.
typedef struct record_protection record_protection_t;

// The keys of one direction. aead NULL: records are not protected yet.
typedef struct {
    const skr_aead_t *aead;
    const record_protection_t *protection;
    uint64_t sequence; // of the next record
    uint8_t key[SKR_AEAD_KEY_MAX];
    uint8_t iv[SKR_AEAD_NONCE_SIZE]; // TLS 1.2 with an explicit nonce: its first 4 bytes
} record_keys_t;

struct record_protection {
    uint16_t version;
    uint8_t ahead; // bytes between header and content: an explicit nonce
    bool hides_type; // on the wire every record is application_data, the type goes behind the
                     // content
    // As record_read_header() for protected records.
    skr_status_t (*read_header)(const uint8_t *bytes, record_header_t *out);
    // As record_open(); *type comes in as the header's, the content starts behind `ahead` bytes.
    skr_status_t (*open)(record_keys_t *keys, void *state, const record_pieces_t *pieces,
        uint8_t *type, size_t *content_size);
    // As record_seal(); the content lies at record + 5 + ahead.
    skr_status_t (*seal)(record_keys_t *keys, void *state, uint8_t *record, record_type_t type,
        size_t size, size_t pad);
};

// Bytes that protection adds to a record: an explicit nonce, the hidden type, the tag.
static inline size_t record_overhead(const record_keys_t *keys) {
    return (size_t)keys->protection->ahead + (keys->protection->hides_type ? 1 : 0) +
        keys->aead->tag_size;
}

extern const record_protection_t record13_protection;
// TLS 1.2's (RFC 5246 section 6.2.3.3) for an AEAD by its id.
const record_protection_t *record12_protection(unsigned aead);

// Reads a 5-byte header. is_protected: keys for reading are installed. first: nothing was received
// before, so the header decides whether this is TLS at all. SKR_ERR_RECORD_HEADER (the first
// version is not 3.x), _RECORD_OVERFLOW (length), _RECORD_TYPE (unknown; protected: only
// application_data and change_cipher_spec come; unprotected: no application_data), _RECORD_EMPTY
// (section 5.1: handshake, alert, CCS are never empty).
skr_status_t record_read_header(
    const uint8_t *bytes, bool is_protected, bool first, record_header_t *out);
// The version field is 0x0303, in an initial ClientHello 0x0301 (section 5.1).
void record_write_header(uint8_t *bytes, record_type_t type, bool initial, size_t size);

// Opens a protected record's fragment in place with an initialised cipher state: its first
// *content_size bytes become the content, of *type. Until SKR_OK nothing in it may be used, and of
// several pieces nothing is left. SKR_ERR_RECORD_MAC (also: shorter than a tag), _RECORD_OVERFLOW
// (content and padding beyond 2^14), _RECORD_PADDING (all zeros), _RECORD_TYPE (inner type unknown
// or change_cipher_spec), _RECORD_EMPTY (no content in handshake or alert), _KEY_EXHAUSTED
// (sequence), _PROVIDER, _USAGE (no keys). Advances the sequence.
skr_status_t record_open(record_keys_t *keys, void *state, const record_pieces_t *pieces,
    uint8_t *type, size_t *content_size);
// Seals data[0..size) in place: header at record[0..5), content at record[5..5+size) already; pad
// zeros, inner type, tag and the header are written. record has room for record_sealed_size(keys,
// size, pad). SKR_ERR_KEY_EXHAUSTED, _PROVIDER, _USAGE (no keys, or size and pad beyond 2^14); the
// record is then not to be sent. Advances the sequence.
skr_status_t record_seal(
    record_keys_t *keys, void *state, uint8_t *record, record_type_t type, size_t size, size_t pad);
// Of a whole record, whatever the version.
static inline size_t record_sealed_size(const record_keys_t *keys, size_t size, size_t pad) {
    return SKR_RECORD_HEADER_SIZE + size + pad + record_overhead(keys);
}
// Zeros that pad content of this size to a multiple of pad_to, not beyond limit (content and
// padding together). pad_to 0: none.
size_t record_padding(size_t size, size_t pad_to, size_t limit);
// Must this side change its writing keys before the next record (section 5.5)?
bool record_update_due(const record_keys_t *keys);

#endif
