// The TLS 1.2 PRF (RFC 5246 section 5) and what is made with it.
#ifndef SKR_KEYS_PRF12_H
#define SKR_KEYS_PRF12_H

#include "skerry/crypto.h"

enum { PRF12_MASTER_SIZE = 48, PRF12_VERIFY_SIZE = 12 };

// PRF(secret, label, seed) with seed in two parts, the second perhaps absent. false: the provider
// failed, out is wiped.
bool prf12(const skr_hash_t *hash, skr_view_t secret, skr_view_t label, skr_view_t seed,
    skr_view_t more, uint8_t *out, size_t size);

#endif
