// Signatures on certificates.
//
// In: a scheme, a provider, the issuer's key, what was signed. Out: the provider's verdict.
// RFC 5280 section 6.1.3 (a) (1). The message is hashed in one go: a certificate lies whole in
// memory. Which scheme it is algorithm.c knows; that a scheme is not in the provider's lists means
// that this build does not accept it. Nothing here compares or decodes signatures.
#include "x509/signature.h"

#include "skerry/limits.h"

bool signature_find(const skr_provider_t *provider, uint16_t scheme, signature_means_t *means) {
    means->signature = NULL;
    means->hash = NULL;
    for (const skr_signature_t *const *s = provider->signatures; *s != NULL; s++) {
        if ((*s)->scheme == scheme) {
            means->signature = *s;
        }
    }
    if (means->signature == NULL || means->signature->hash == SKR_HASH_NONE) {
        return means->signature != NULL;
    }
    for (const skr_hash_t *const *h = provider->hashes; *h != NULL; h++) {
        if ((*h)->id == means->signature->hash) {
            means->hash = *h;
        }
    }
    return means->hash != NULL;
}

skr_crypto_t signature_verify(const signature_means_t *means, const skr_public_key_t *key,
    skr_view_t message, skr_view_t signature) {
    _Alignas(8) uint8_t state[SKR_HASH_STATE_MAX];
    uint8_t digest[SKR_HASH_SIZE_MAX];
    const skr_hash_t *hash = means->hash;
    if (hash != NULL) {
        if (!hash->init(state) || !hash->update(state, message.data, message.size) ||
            !hash->result(state, digest)) {
            return SKR_CRYPTO_FAILED;
        }
        message.data = digest;
        message.size = hash->size;
    }
    return means->signature->verify(
        key, message.data, message.size, signature.data, signature.size);
}
