// Handshake messages that only TLS 1.2 has, or has in another form (RFC 5246 section 7.4, RFC
// 8422).
#ifndef SKR_WIRE_MESSAGES12_H
#define SKR_WIRE_MESSAGES12_H

#include "wire/messages.h"

// The extensions of a ServerHello without supported_versions (wire_read_server_hello() leaves them
// alone). SKR_ERR_DECODE, _DUPLICATE_EXTENSION, _MISPLACED_EXTENSION.
skr_status_t wire_read_server_hello12(skr_view_t body, wire_server_hello_t *out);

// The list of certificates, without context and extensions.
skr_status_t wire_read_certificate12(skr_view_t body, skr_view_t *list);
bool wire_next_certificate12(
    reader_t *list, skr_view_t *der); // false: the end, or the list has failed

// ECDHE only (RFC 8422 section 5.4): a named curve, the point, and the signature over both Randoms
// and params.
typedef struct {
    uint16_t group;
    skr_view_t share;
    skr_view_t params; // the bytes that are signed
    uint16_t scheme;
    skr_view_t signature;
} wire_server_key_exchange_t;
// SKR_ERR_DECODE; SKR_ERR_GROUP_ANSWER for curves that are not named ones.
skr_status_t wire_read_server_key_exchange(skr_view_t body, wire_server_key_exchange_t *out);
// With a pre-shared key (RFC 4279 section 2, RFC 5489 section 2): a hint, which may be empty;
// ecdhe: and group and share, unsigned.
skr_status_t wire_read_psk_server_key_exchange(
    skr_view_t body, bool ecdhe, wire_server_key_exchange_t *out);
// The params part; the signature follows by the caller.
void wire_write_ecdh_params(writer_t *w, uint16_t group, skr_view_t share);

typedef struct {
    skr_view_t types; // ClientCertificateType
    skr_view_t schemes; // 16-bit numbers
    skr_view_t authorities; // DER Names with 2-byte lengths, may be empty
} wire_certificate_request12_t;
skr_status_t wire_read_certificate_request12(skr_view_t body, wire_certificate_request12_t *out);

// RFC 5077 section 3.3; an empty ticket is none.
skr_status_t wire_read_new_session_ticket12(
    skr_view_t body, uint32_t *lifetime, skr_view_t *ticket);

// The client's point (RFC 8422 section 5.7).
skr_status_t wire_read_client_key_exchange(skr_view_t body, skr_view_t *share);
// With a pre-shared key: whose it is, which may be empty; ecdhe: and the point.
skr_status_t wire_read_psk_client_key_exchange(
    skr_view_t body, bool ecdhe, skr_view_t *identity, skr_view_t *share);

#endif
