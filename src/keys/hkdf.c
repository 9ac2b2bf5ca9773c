// HMAC and HKDF over a hash descriptor.
//
// In: keys, secrets, labels. Out: MACs and derived keys, or false when the provider failed.
// RFC 2104 (HMAC), RFC 5869 (HKDF), RFC 9846 section 7.1 (HKDF-Expand-Label).
// A keyed state holds the two hash states behind the pads, so a key's pads are hashed once however
// often it is used; what runs is a copy of one of them at a time. Everything derived from a secret
// is wiped before a function returns.
#include "keys/hkdf.h"

#include "base/bytes.h"
#include "base/ct.h"

static const uint8_t hkdf_zeros[SKR_HASH_SIZE_MAX];

// The state after one block of key XOR pad. block is scratch of SKR_HASH_BLOCK_MAX.
static bool hmac_pad(const skr_hash_t *hash, uint8_t *state, uint8_t *block, uint8_t pad) {
    for (size_t i = 0; i < SKR_HASH_BLOCK_MAX; i++) {
        block[i] ^= pad;
    }
    return hash->init(state) && hash->update(state, block, hash->block_size);
}

// A key that is longer than a block is hashed first.
static bool hmac_key(const skr_hash_t *hash, uint8_t *state, uint8_t *block, skr_view_t key) {
    if (key.size > hash->block_size) {
        return hash->init(state) && hash->update(state, key.data, key.size) &&
            hash->result(state, block);
    }
    if (key.size > 0) {
        memcpy(block, key.data, key.size);
    }
    return true;
}

bool hmac_init(hmac_t *hmac, const skr_hash_t *hash, skr_view_t key) {
    enum { INNER = 0x36, OUTER = 0x5c };
    uint8_t block[SKR_HASH_BLOCK_MAX] = {0};
    hmac->hash = hash;
    bool ok = hmac_key(hash, hmac->inner, block, key) &&
        hmac_pad(hash, hmac->inner, block, INNER) &&
        hmac_pad(hash, hmac->outer, block, INNER ^ OUTER);
    ct_wipe(block, sizeof(block));
    if (!ok) {
        ct_wipe(hmac, sizeof(*hmac));
    }
    return ok;
}

bool hmac_update(hmac_t *hmac, skr_view_t data) {
    return data.size == 0 || hmac->hash->update(hmac->inner, data.data, data.size);
}

// From the finished inner state; outer is worn out by it.
static bool hmac_outer(const skr_hash_t *hash, const uint8_t *inner, uint8_t *outer, uint8_t *out) {
    bool ok = hash->result(inner, out) && hash->update(outer, out, hash->size) &&
        hash->result(outer, out);
    if (!ok) {
        ct_wipe(out, hash->size);
    }
    return ok;
}

bool hmac_result(hmac_t *hmac, uint8_t *out) {
    bool ok = hmac_outer(hmac->hash, hmac->inner, hmac->outer, out);
    ct_wipe(hmac, sizeof(*hmac));
    return ok;
}

bool hmac_compute(const skr_hash_t *hash, skr_view_t key, skr_view_t data, uint8_t *out) {
    hmac_t hmac;
    bool ok = hmac_init(&hmac, hash, key);
    ok = ok && hmac_update(&hmac, data);
    ok = ok && hmac_result(&hmac, out);
    if (!ok) {
        ct_wipe(out, hash->size);
        ct_wipe(&hmac, sizeof(hmac));
    }
    return ok;
}

bool hkdf_extract(const skr_hash_t *hash, skr_view_t salt, skr_view_t key, uint8_t *out) {
    // Zeros as an HMAC key are the same as none at all.
    return hmac_compute(hash, salt, view_is(key) ? key : view_of(hkdf_zeros, hash->size), out);
}

// One MAC over several parts by a keyed state, which stays.
static bool hmac_parts(const hmac_t *keyed, const skr_view_t *parts, size_t count, uint8_t *out) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    const skr_hash_t *hash = keyed->hash;
    memcpy(state, keyed->inner, hash->state_size);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = parts[i].size == 0 || hash->update(state, parts[i].data, parts[i].size);
    }
    ok = ok && hash->result(state, out);
    memcpy(state, keyed->outer, hash->state_size);
    ok = ok && hash->update(state, out, hash->size) && hash->result(state, out);
    ct_wipe(state, sizeof(state));
    return ok;
}

bool hkdf_expand_keyed(
    const hmac_t *keyed, skr_view_t label, skr_view_t context, uint8_t *out, size_t size) {
    enum { LABEL_MAX = 255 - 6, CONTEXT_MAX = 255, BLOCKS_MAX = 255 };
    const size_t block_size = keyed->hash->size;
    if (label.size > LABEL_MAX || context.size > CONTEXT_MAX || size > BLOCKS_MAX * block_size) {
        ct_wipe(out, size);
        return false;
    }
    uint8_t block[SKR_HASH_SIZE_MAX];
    uint8_t head[3] = {(uint8_t)(size >> 8), (uint8_t)size, (uint8_t)(6 + label.size)};
    uint8_t context_size = (uint8_t)context.size;
    uint8_t counter = 0;
    // T(n) = HMAC(secret, T(n-1) | HkdfLabel | n); T(0) is empty
    skr_view_t parts[] = {{block, 0}, {head, sizeof(head)}, VIEW_LITERAL("tls13 "), label,
        {&context_size, 1}, context, {&counter, 1}};
    bool ok = true;
    for (size_t done = 0; ok && done < size; done += block_size) {
        counter++;
        ok = hmac_parts(keyed, parts, sizeof(parts) / sizeof(parts[0]), block);
        size_t part = size - done < block_size ? size - done : block_size;
        if (ok) {
            memcpy(out + done, block, part);
        }
        parts[0].size = block_size;
    }
    ct_wipe(block, sizeof(block));
    if (!ok) {
        ct_wipe(out, size);
    }
    return ok;
}

bool hkdf_expand_label(const skr_hash_t *hash, const uint8_t *secret, skr_view_t label,
    skr_view_t context, uint8_t *out, size_t size) {
    hmac_t keyed;
    bool ok = hmac_init(&keyed, hash, view_of(secret, hash->size));
    if (!ok) {
        ct_wipe(out, size);
    }
    ok = ok && hkdf_expand_keyed(&keyed, label, context, out, size);
    ct_wipe(&keyed, sizeof(keyed));
    return ok;
}
