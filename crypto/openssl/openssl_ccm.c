// AES-CCM over OpenSSL's libcrypto (RFC 5116 sections 5.3 and 5.4, RFC 6655 section 6).
//
// In: a key once, then per record a nonce, the additional data and the record. Out: the record
// sealed or opened in place, and its tag, of 16 bytes or of 8. As in openssl_aead.c a state is one
// EVP_CIPHER_CTX with the expanded key; the library expands it for one direction, so that happens
// with the first record, and again when the direction changes, which in a connection it never does.
// CCM has an order of its own: the size of the data stands in the first block that is
// authenticated, so it is said before all else; the sizes of nonce and tag stand there too, so they
// are said before the key; and when a record is opened the library wants the tag first and judges
// it with the one call that takes the data. That call is made for records without content as well:
// it is what looks at the tag. So there is no opening in pieces.
#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "openssl_local.h"

enum { OPENS = 0, SEALS = 1, NEITHER = 2 };

typedef struct {
    EVP_CIPHER_CTX *ctx;
    uint8_t tag_size;
    uint8_t direction; // that the key is expanded for
    uint8_t key[SKR_AEAD_KEY_MAX];
} ccm_state_t;

static CRYPTO_ONCE fetched = CRYPTO_ONCE_STATIC_INIT;
static EVP_CIPHER *aes_128_ccm, *aes_256_ccm;

static void fetch_all(void) {
    aes_128_ccm = EVP_CIPHER_fetch(NULL, "AES-128-CCM", NULL);
    aes_256_ccm = EVP_CIPHER_fetch(NULL, "AES-256-CCM", NULL);
}

// cipher points to one of the two, which are only there after fetch_all().
static bool ccm_init(ccm_state_t *state, EVP_CIPHER *const *cipher, const uint8_t *key,
    size_t key_size, uint8_t tag_size) {
    size_t nonce_size = SKR_AEAD_NONCE_SIZE;
    const OSSL_PARAM sizes[] = {
        OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &nonce_size),
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, tag_size),
        OSSL_PARAM_construct_end(),
    };
    state->ctx = NULL;
    state->tag_size = tag_size;
    state->direction = NEITHER;
    memcpy(state->key, key, key_size);
    if (CRYPTO_THREAD_run_once(&fetched, fetch_all) != 1 || *cipher == NULL) {
        return false;
    }
    state->ctx = EVP_CIPHER_CTX_new();
    return state->ctx != NULL &&
        EVP_CipherInit_ex2(state->ctx, *cipher, NULL, NULL, SEALS, sizes) == 1;
}

static void ccm_clear(void *state_) {
    ccm_state_t *state = state_;
    EVP_CIPHER_CTX_free(state->ctx); // wipes what it frees
    OPENSSL_cleanse(state, sizeof(*state));
}

// Nonce and direction, the size of the data, the additional data. The caller goes on with the data.
static bool ccm_start(ccm_state_t *state, uint8_t direction, const uint8_t *nonce,
    const uint8_t *aad, size_t aad_size, size_t size) {
    EVP_CIPHER_CTX *ctx = state->ctx;
    const uint8_t *key = direction == state->direction ? NULL : state->key;
    int done = 0;
    state->direction = NEITHER;
    if (aad_size > INT_MAX || size > INT_MAX ||
        EVP_CipherInit_ex2(ctx, NULL, key, nonce, direction, NULL) != 1) {
        return false;
    }
    state->direction = direction;
    return EVP_CipherUpdate(ctx, NULL, &done, NULL, (int)size) == 1 &&
        (aad_size == 0 || EVP_CipherUpdate(ctx, NULL, &done, aad, (int)aad_size) == 1);
}

static bool ccm_seal(void *state_, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, uint8_t *tag) {
    ccm_state_t *state = state_;
    int done = 0;
    OSSL_PARAM read_tag[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, state->tag_size),
        OSSL_PARAM_construct_end(),
    };
    return ccm_start(state, SEALS, nonce, aad, aad_size, size) &&
        EVP_CipherUpdate(state->ctx, data, &done, data, (int)size) == 1 && (size_t)done == size &&
        EVP_CIPHER_CTX_get_params(state->ctx, read_tag) == 1;
}

static skr_crypto_t ccm_open(void *state_, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, uint8_t *data, size_t size, const uint8_t *tag) {
    ccm_state_t *state = state_;
    int done = 0;
    // Only read from; OSSL_PARAM has one pointer type for both directions.
    void *wanted = (void *)(uintptr_t)tag;
    const OSSL_PARAM set_tag[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, wanted, state->tag_size),
        OSSL_PARAM_construct_end(),
    };
    if (!ccm_start(state, OPENS, nonce, aad, aad_size, size) ||
        EVP_CIPHER_CTX_set_params(state->ctx, set_tag) != 1) {
        return SKR_CRYPTO_FAILED;
    }
    // After all that could fail for another reason has succeeded, this says: the tag is wrong. The
    // library leaves an error in its queue then.
    ERR_set_mark();
    bool good = EVP_CipherUpdate(state->ctx, data, &done, data, (int)size) == 1;
    ERR_pop_to_mark();
    if (!good) {
        OPENSSL_cleanse(data, size);
        return SKR_CRYPTO_REFUSED;
    }
    return (size_t)done == size ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

// RFC 9846 section 5.5 has no number for CCM. RFC 9147 appendix B works one out to the same measure
// for records of the same size: 2^23, whatever the size of the tag.
#define CCM_RECORD_LIMIT (UINT32_C(1) << 23)

#define CCM(name, id_, bits, tag_size_) \
    static bool init_##name(void *state, const uint8_t *key) { \
        return ccm_init(state, &aes_##bits##_ccm, key, (bits) / 8, tag_size_); \
    } \
    const skr_aead_t openssl_##name = { \
        .id = (id_), \
        .key_size = (bits) / 8, \
        .tag_size = (tag_size_), \
        .state_size = sizeof(ccm_state_t), \
        .record_limit = CCM_RECORD_LIMIT, \
        .init = init_##name, \
        .clear = ccm_clear, \
        .seal = ccm_seal, \
        .open = ccm_open, \
    };

CCM(aes_128_ccm, SKR_AEAD_AES_128_CCM, 128, 16)
CCM(aes_256_ccm, SKR_AEAD_AES_256_CCM, 256, 16)
CCM(aes_128_ccm_8, SKR_AEAD_AES_128_CCM_8, 128, 8)
CCM(aes_256_ccm_8, SKR_AEAD_AES_256_CCM_8, 256, 8)
