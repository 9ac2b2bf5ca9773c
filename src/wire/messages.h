// Handshake messages of TLS 1.3 (RFC 9846 section 4): one reader and one writer for each, between
// bytes and structs of views. Readers take the body (without the 4-byte header), check all that can
// be said without context, and write to their out struct only. Writers append to a writer_t that
// fails by itself.
#ifndef SKR_WIRE_MESSAGES_H
#define SKR_WIRE_MESSAGES_H

#include "wire/extensions.h"

// HandshakeType (RFC 9846 section 4); WIRE_HELLO_RETRY_REQUEST is the engine's own: on the wire it
// is a ServerHello.
typedef enum {
    WIRE_HELLO_REQUEST = 0, // TLS 1.2
    WIRE_CLIENT_HELLO = 1,
    WIRE_SERVER_HELLO = 2,
    WIRE_NEW_SESSION_TICKET = 4,
    WIRE_END_OF_EARLY_DATA = 5,
    WIRE_ENCRYPTED_EXTENSIONS = 8,
    WIRE_CERTIFICATE = 11,
    WIRE_SERVER_KEY_EXCHANGE = 12, // TLS 1.2
    WIRE_CERTIFICATE_REQUEST = 13,
    WIRE_SERVER_HELLO_DONE = 14, // TLS 1.2
    WIRE_CERTIFICATE_VERIFY = 15,
    WIRE_CLIENT_KEY_EXCHANGE = 16, // TLS 1.2
    WIRE_FINISHED = 20,
    WIRE_KEY_UPDATE = 24,
    WIRE_MESSAGE_HASH = 254,
    WIRE_HELLO_RETRY_REQUEST = 256,
    // No handshake message on the wire but a record of its own type; in TLS 1.2 it has its place in
    // the order.
    WIRE_CHANGE_CIPHER_SPEC = 257,
} wire_type_t;

// The name in the RFC's prose ("ClientHello"), "unknown" for others.
const char *wire_type_name(unsigned type);

// The Random that makes a ServerHello a HelloRetryRequest (section 4.2.3).
extern const uint8_t wire_retry_random[SKR_RANDOM_SIZE];

// Writes type and an open 3-byte length; writer_close() it behind the body.
writer_block_t wire_open_message(writer_t *w, wire_type_t type);

typedef struct {
    uint16_t legacy_version;
    skr_view_t random; // 32 bytes
    skr_view_t session_id; // 0..32 bytes
    skr_view_t suites; // 16-bit numbers, at least one
    skr_view_t compression; // at least one byte
    wire_extensions_t extensions; // none: all absent
    bool has_extensions; // TLS 1.2 clients may send none at all
} wire_client_hello_t;
// SKR_ERR_ILLEGAL_PARAMETER for a pre_shared_key that is not the last extension (section 4.3.11).
skr_status_t wire_read_client_hello(skr_view_t body, wire_client_hello_t *out);

typedef struct {
    bool retry; // a HelloRetryRequest
    uint16_t legacy_version;
    skr_view_t random;
    skr_view_t session_id;
    uint16_t suite;
    uint8_t compression;
    wire_extensions_t extensions;
    bool has_extensions; // TLS 1.2 servers may send none
} wire_server_hello_t;
// A ServerHello without supported_versions is one of an older version: its extensions are then not
// read (section 4.2.3: the version decides what the rest means).
skr_status_t wire_read_server_hello(skr_view_t body, wire_server_hello_t *out);

skr_status_t wire_read_encrypted_extensions(skr_view_t body, wire_extensions_t *out);

typedef struct {
    skr_view_t context;
    wire_extensions_t extensions; // unknown ones are to be ignored (section 4.4.2)
} wire_certificate_request_t;
skr_status_t wire_read_certificate_request(skr_view_t body, wire_certificate_request_t *out);

typedef struct {
    skr_view_t context;
    skr_view_t list; // of entries, may be empty
} wire_certificate_t;
skr_status_t wire_read_certificate(skr_view_t body, wire_certificate_t *out);
// The next entry of the list; der is not empty. *end: there was none. Extensions are read
// (SKR_ERR_DECODE etc.).
skr_status_t wire_next_certificate(
    reader_t *list, skr_view_t *der, wire_extensions_t *extensions, bool *end);

typedef struct {
    uint16_t scheme;
    skr_view_t signature;
} wire_certificate_verify_t;
skr_status_t wire_read_certificate_verify(skr_view_t body, wire_certificate_verify_t *out);

typedef struct {
    uint32_t lifetime; // seconds, at most 604800 (else SKR_ERR_ILLEGAL_PARAMETER)
    uint32_t age_add;
    skr_view_t nonce;
    skr_view_t ticket; // not empty
    wire_extensions_t extensions;
} wire_new_session_ticket_t;
skr_status_t wire_read_new_session_ticket(skr_view_t body, wire_new_session_ticket_t *out);

// SKR_ERR_ILLEGAL_PARAMETER for values beyond 0 and 1 (section 4.7.3).
skr_status_t wire_read_key_update(skr_view_t body, bool *requested);
void wire_write_key_update(writer_t *w, bool requested); // the whole message

#endif
