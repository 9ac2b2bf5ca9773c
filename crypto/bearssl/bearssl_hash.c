// SHA-256, SHA-384 and SHA-512 (FIPS 180-4) over BearSSL.
//
// In: the caller's state and bytes. Out: the digest of what came so far.
// BearSSL's contexts hold a block, a count and the chaining value, and no pointer but one to a
// constant table: they may be copied by memcpy, and br_*_out() works on a copy of its own, so that
// a running hash can be asked at any time. Nothing here can fail.
#include <bearssl.h>
#include "bearssl_provider.h"

_Static_assert(sizeof(br_sha256_context) <= SKR_HASH_STATE_MAX, "SHA-256's state");
_Static_assert(sizeof(br_sha384_context) <= SKR_HASH_STATE_MAX, "SHA-384's state");
_Static_assert(sizeof(br_sha512_context) <= SKR_HASH_STATE_MAX, "SHA-512's state");

static bool sha256_init(void *state) {
    br_sha256_init(state);
    return true;
}

static bool sha256_update(void *state, const uint8_t *data, size_t size) {
    br_sha256_update(state, data, size);
    return true;
}

static bool sha256_result(const void *state, uint8_t *out) {
    br_sha256_out(state, out);
    return true;
}

static bool sha384_init(void *state) {
    br_sha384_init(state);
    return true;
}

static bool sha384_update(void *state, const uint8_t *data, size_t size) {
    br_sha384_update(state, data, size);
    return true;
}

static bool sha384_result(const void *state, uint8_t *out) {
    br_sha384_out(state, out);
    return true;
}

static bool sha512_init(void *state) {
    br_sha512_init(state);
    return true;
}

static bool sha512_update(void *state, const uint8_t *data, size_t size) {
    br_sha512_update(state, data, size);
    return true;
}

static bool sha512_result(const void *state, uint8_t *out) {
    br_sha512_out(state, out);
    return true;
}

const skr_hash_t skr_bearssl_sha256 = {
    .id = SKR_HASH_SHA256,
    .size = br_sha256_SIZE,
    .block_size = 64,
    .state_size = sizeof(br_sha256_context),
    .init = sha256_init,
    .update = sha256_update,
    .result = sha256_result,
};

const skr_hash_t skr_bearssl_sha384 = {
    .id = SKR_HASH_SHA384,
    .size = br_sha384_SIZE,
    .block_size = 128,
    .state_size = sizeof(br_sha384_context),
    .init = sha384_init,
    .update = sha384_update,
    .result = sha384_result,
};

const skr_hash_t skr_bearssl_sha512 = {
    .id = SKR_HASH_SHA512,
    .size = br_sha512_SIZE,
    .block_size = 128,
    .state_size = sizeof(br_sha512_context),
    .init = sha512_init,
    .update = sha512_update,
    .result = sha512_result,
};
