// AES-GCM and ChaCha20-Poly1305 over OpenSSL's libcrypto (RFC 5116, RFC 8439).
//
// In: a key once, then per record a nonce, the additional data and the record. Out: the record
// sealed or opened in place, opened also in pieces, and its tag. A state is one EVP_CIPHER_CTX that
// holds the expanded key; per record only the nonce is set, so that no key is expanded and nothing
// is allocated. Ciphers are fetched from the library once per process. One state serves both
// directions: the flag goes along with the nonce. The tag is read and set as a parameter, which is
// what EVP_CIPHER_CTX_ctrl() would come to after some detours. Not here: nonces and limits
// (src/record counts), the comparison of tags (the library's, in constant time).
#include <limits.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "openssl_local.h"

enum { TAG_SIZE = 16 }; // of all three

typedef struct {
    EVP_CIPHER_CTX *ctx;
} aead_state_t;

static CRYPTO_ONCE fetched = CRYPTO_ONCE_STATIC_INIT;
static EVP_CIPHER *aes_128_gcm, *aes_256_gcm, *chacha20_poly1305;

static void fetch_all(void) {
    aes_128_gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    chacha20_poly1305 = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
}

// cipher points to one of the three, which are only there after fetch_all().
static bool aead_init(aead_state_t *state, EVP_CIPHER *const *cipher, const uint8_t *key) {
    state->ctx = NULL;
    if (CRYPTO_THREAD_run_once(&fetched, fetch_all) != 1 || *cipher == NULL) {
        return false;
    }
    state->ctx = EVP_CIPHER_CTX_new();
    return state->ctx != NULL && EVP_CipherInit_ex2(state->ctx, *cipher, key, NULL, 1, NULL) == 1;
}

static bool init_aes_128_gcm(void *state, const uint8_t *key) {
    return aead_init(state, &aes_128_gcm, key);
}

static bool init_aes_256_gcm(void *state, const uint8_t *key) {
    return aead_init(state, &aes_256_gcm, key);
}

static bool init_chacha20_poly1305(void *state, const uint8_t *key) {
    return aead_init(state, &chacha20_poly1305, key);
}

static void aead_clear(void *state_) {
    aead_state_t *state = state_;
    EVP_CIPHER_CTX_free(state->ctx); // wipes what it frees
    state->ctx = NULL;
}

// Sets the nonce and the direction, takes the additional data.
static bool aead_start(
    EVP_CIPHER_CTX *ctx, int seal, const uint8_t *nonce, const uint8_t *aad, size_t aad_size) {
    int done = 0;
    return aad_size <= INT_MAX && EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, seal, NULL) == 1 &&
        (aad_size == 0 || EVP_CipherUpdate(ctx, NULL, &done, aad, (int)aad_size) == 1);
}

static bool aead_data(EVP_CIPHER_CTX *ctx, uint8_t *data, size_t size) {
    int done = 0;
    return size <= INT_MAX &&
        (size == 0 ||
            (EVP_CipherUpdate(ctx, data, &done, data, (int)size) == 1 && (size_t)done == size));
}

static bool aead_seal(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, uint8_t *tag) {
    EVP_CIPHER_CTX *ctx = ((aead_state_t *)state)->ctx;
    uint8_t none[EVP_MAX_BLOCK_LENGTH];
    int done = 0;
    OSSL_PARAM read_tag[2] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, TAG_SIZE),
        OSSL_PARAM_construct_end(),
    };
    return aead_start(ctx, 1, nonce, aad, aad_size) && aead_data(ctx, data, size) &&
        EVP_CipherFinal_ex(ctx, none, &done) == 1 && done == 0 &&
        EVP_CIPHER_CTX_get_params(ctx, read_tag) == 1;
}

static bool aead_open_start(void *state, void *run, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, size_t size) {
    (void)run;
    (void)size;
    return aead_start(((aead_state_t *)state)->ctx, 0, nonce, aad, aad_size);
}

static bool aead_open_piece(void *state, void *run, uint8_t *data, size_t size) {
    (void)run;
    return aead_data(((aead_state_t *)state)->ctx, data, size);
}

static skr_crypto_t aead_open_end(void *state, void *run, const uint8_t *tag) {
    EVP_CIPHER_CTX *ctx = ((aead_state_t *)state)->ctx;
    uint8_t none[EVP_MAX_BLOCK_LENGTH];
    int done = 0;
    // Only read from; OSSL_PARAM has one pointer type for both directions.
    void *wanted = (void *)(uintptr_t)tag;
    OSSL_PARAM set_tag[2] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, wanted, TAG_SIZE),
        OSSL_PARAM_construct_end(),
    };
    (void)run;
    if (EVP_CIPHER_CTX_set_params(ctx, set_tag) != 1) {
        return SKR_CRYPTO_FAILED;
    }
    // After all that could fail for another reason has succeeded, this says: the tag is wrong.
    if (EVP_CipherFinal_ex(ctx, none, &done) != 1) {
        return SKR_CRYPTO_REFUSED;
    }
    return done == 0 ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

static skr_crypto_t aead_open(void *state, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, uint8_t *data, size_t size, const uint8_t *tag) {
    EVP_CIPHER_CTX *ctx = ((aead_state_t *)state)->ctx;
    if (!aead_start(ctx, 0, nonce, aad, aad_size) || !aead_data(ctx, data, size)) {
        return SKR_CRYPTO_FAILED;
    }
    skr_crypto_t said = aead_open_end(state, NULL, tag);
    if (said == SKR_CRYPTO_REFUSED) {
        OPENSSL_cleanse(data, size);
    }
    return said;
}

// RFC 9846 section 5.5 allows AES-GCM 2^24.5 records per key; rounded down to a power of two.
#define GCM_RECORD_LIMIT (UINT32_C(1) << 24)

const skr_aead_t openssl_aes_128_gcm = {
    .id = SKR_AEAD_AES_128_GCM,
    .key_size = 16,
    .tag_size = TAG_SIZE,
    .state_size = sizeof(aead_state_t),
    .record_limit = GCM_RECORD_LIMIT,
    .init = init_aes_128_gcm,
    .clear = aead_clear,
    .seal = aead_seal,
    .open = aead_open,
    .open_start = aead_open_start,
    .open_piece = aead_open_piece,
    .open_end = aead_open_end,
};

const skr_aead_t openssl_aes_256_gcm = {
    .id = SKR_AEAD_AES_256_GCM,
    .key_size = 32,
    .tag_size = TAG_SIZE,
    .state_size = sizeof(aead_state_t),
    .record_limit = GCM_RECORD_LIMIT,
    .init = init_aes_256_gcm,
    .clear = aead_clear,
    .seal = aead_seal,
    .open = aead_open,
    .open_start = aead_open_start,
    .open_piece = aead_open_piece,
    .open_end = aead_open_end,
};

const skr_aead_t openssl_chacha20_poly1305 = {
    .id = SKR_AEAD_CHACHA20_POLY1305,
    .key_size = 32,
    .tag_size = TAG_SIZE,
    .state_size = sizeof(aead_state_t),
    .record_limit = 0,
    .init = init_chacha20_poly1305,
    .clear = aead_clear,
    .seal = aead_seal,
    .open = aead_open,
    .open_start = aead_open_start,
    .open_piece = aead_open_piece,
    .open_end = aead_open_end,
};
