// Cipher suites (RFC 9846 section B.4): a pair of an AEAD and a hash, in TLS 1.2 what authenticates
// too, and what a provider can do of them.
#ifndef SKR_KEYS_SUITES_H
#define SKR_KEYS_SUITES_H

#include "skerry/crypto.h"

typedef enum {
    SUITE_AUTH_ANY, // TLS 1.3
    SUITE_AUTH_ECDSA,
    SUITE_AUTH_RSA,
    SUITE_AUTH_ECDHE_PSK,
    SUITE_AUTH_PSK, // without a key exchange: no forward secrecy
} suite_auth_t;

typedef struct {
    uint16_t id; // TLS cipher suite number
    uint8_t aead; // skr_aead_id_t
    uint8_t hash; // skr_hash_id_t
    uint8_t version; // low byte of the one version that it belongs to
    uint8_t auth; // suite_auth_t
    bool named; // goes only by name: no list has it that is made without being told
    const char *name;
} suite_t;

// Does a pre-shared key authenticate (TLS 1.2)?
static inline bool suite_by_key(const suite_t *suite) {
    return suite->auth == SUITE_AUTH_ECDHE_PSK || suite->auth == SUITE_AUTH_PSK;
}

const suite_t *suite_find(uint16_t id); // NULL: unknown
const suite_t *suite_named(skr_view_t name); // the same by its name
// The n-th suite that the provider can do and that goes unnamed, in the order of its AEADs; NULL:
// no more.
const suite_t *suite_at(const skr_provider_t *provider, size_t n);

// The provider's descriptors by number; NULL: it has none.
const skr_hash_t *provider_hash(const skr_provider_t *provider, unsigned id);
const skr_aead_t *provider_aead(const skr_provider_t *provider, unsigned id);
const skr_group_t *provider_group(const skr_provider_t *provider, unsigned id);
const skr_signature_t *provider_signature(const skr_provider_t *provider, unsigned scheme);

#endif
