// SHA-256, SHA-384 and SHA-512 over OpenSSL's libcrypto.
//
// In: bytes, in pieces. Out: digests, also of what came so far (a transcript is asked several
// times). The contract wants states that memcpy may copy and nobody must free, since transcripts
// fork and are thrown away on many paths. EVP_MD_CTX is a heap object; SHA256_CTX and SHA512_CTX
// are plain structs. The functions on them are deprecated since OpenSSL 3.0 but there in every 3.x,
// and cost some 1500 instructions less per digest. Not here: HMAC and HKDF (src/keys has them, over
// these), SHA-1 and MD5 (nobody needs them).
#define OPENSSL_SUPPRESS_DEPRECATED

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "openssl_local.h"

_Static_assert(sizeof(SHA256_CTX) <= SKR_HASH_STATE_MAX, "SHA-256's state fits");
_Static_assert(sizeof(SHA512_CTX) <= SKR_HASH_STATE_MAX, "SHA-512's state fits");

static bool sha256_init(void *state) {
    return SHA256_Init(state) == 1;
}

static bool sha256_update(void *state, const uint8_t *data, size_t size) {
    return SHA256_Update(state, data, size) == 1;
}

static bool sha256_result(const void *state, uint8_t *out) {
    SHA256_CTX copy;
    memcpy(&copy, state, sizeof(copy));
    bool done = SHA256_Final(out, &copy) == 1;
    OPENSSL_cleanse(&copy, sizeof(copy));
    return done;
}

static bool sha384_init(void *state) {
    return SHA384_Init(state) == 1;
}

static bool sha512_init(void *state) {
    return SHA512_Init(state) == 1;
}

// SHA-384 is SHA-512 with another start and a shorter end; the state knows its digest's size.
static bool sha512_update(void *state, const uint8_t *data, size_t size) {
    return SHA512_Update(state, data, size) == 1;
}

static bool sha512_result(const void *state, uint8_t *out) {
    SHA512_CTX copy;
    memcpy(&copy, state, sizeof(copy));
    bool done = SHA512_Final(out, &copy) == 1;
    OPENSSL_cleanse(&copy, sizeof(copy));
    return done;
}

const skr_hash_t openssl_sha256 = {
    .id = SKR_HASH_SHA256,
    .size = SHA256_DIGEST_LENGTH,
    .block_size = SHA256_CBLOCK,
    .state_size = sizeof(SHA256_CTX),
    .init = sha256_init,
    .update = sha256_update,
    .result = sha256_result,
};

const skr_hash_t openssl_sha384 = {
    .id = SKR_HASH_SHA384,
    .size = SHA384_DIGEST_LENGTH,
    .block_size = SHA512_CBLOCK,
    .state_size = sizeof(SHA512_CTX),
    .init = sha384_init,
    .update = sha512_update,
    .result = sha512_result,
};

const skr_hash_t openssl_sha512 = {
    .id = SKR_HASH_SHA512,
    .size = SHA512_DIGEST_LENGTH,
    .block_size = SHA512_CBLOCK,
    .state_size = sizeof(SHA512_CTX),
    .init = sha512_init,
    .update = sha512_update,
    .result = sha512_result,
};
