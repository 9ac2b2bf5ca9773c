// Signatures on certificates.
#ifndef SKR_X509_SIGNATURE_H
#define SKR_X509_SIGNATURE_H

#include "skerry/crypto.h"

// The provider's descriptor of a scheme and of the hash that it wants; false: it has one of them
// not.
typedef struct {
    const skr_signature_t *signature;
    const skr_hash_t *hash; // NULL: the scheme hashes by itself
} signature_means_t;
bool signature_find(const skr_provider_t *provider, uint16_t scheme, signature_means_t *means);

// Is signature the one of message by key?
skr_crypto_t signature_verify(const signature_means_t *means, const skr_public_key_t *key,
    skr_view_t message, skr_view_t signature);

#endif
