// HMAC (RFC 2104) and HKDF (RFC 5869) over any hash descriptor, and HKDF-Expand-Label (RFC 9846
// section 7.1). All return false when the provider fails; out is then wiped.
#ifndef SKR_KEYS_HKDF_H
#define SKR_KEYS_HKDF_H

#include "skerry/crypto.h"

typedef struct {
    const skr_hash_t *hash;
    _Alignas(16) uint8_t inner[SKR_HASH_STATE_MAX];
    _Alignas(16) uint8_t outer[SKR_HASH_STATE_MAX];
} hmac_t;

// A keyed state; copy the struct to use the key again. Wipe it with ct_wipe().
bool hmac_init(hmac_t *hmac, const skr_hash_t *hash, skr_view_t key);
bool hmac_update(hmac_t *hmac, skr_view_t data);
bool hmac_result(hmac_t *hmac, uint8_t *out); // ends it
// In one go.
bool hmac_compute(const skr_hash_t *hash, skr_view_t key, skr_view_t data, uint8_t *out);

// An absent salt or key stands for hash->size zeros. out has hash->size bytes.
bool hkdf_extract(const skr_hash_t *hash, skr_view_t salt, skr_view_t key, uint8_t *out);
// size <= 255 * hash->size. secret has hash->size bytes. label without the "tls13 " prefix, at most
// 249 bytes; context at most 255 bytes.
bool hkdf_expand_label(const skr_hash_t *hash, const uint8_t *secret, skr_view_t label,
    skr_view_t context, uint8_t *out, size_t size);
// The same from a secret that hmac_init() has keyed, for several labels; keyed stays as it is.
bool hkdf_expand_keyed(
    const hmac_t *keyed, skr_view_t label, skr_view_t context, uint8_t *out, size_t size);

#endif
