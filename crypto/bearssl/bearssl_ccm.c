// AES-CCM (RFC 5116 sections 5.3 and 5.4, RFC 6655 section 6) over BearSSL.
//
// In: a key, then records one at a time, in place, to be opened also in pieces. Out: ciphertext and
// tag, of 16 bytes or of 8, or plaintext or a refusal. The state holds the expanded AES key and the
// size of the tag; CCM's own context lives on the stack for one record. CCM needs no multiplication
// in GF(2^128), which GCM spends most of its time with where there is no instruction for it. Data
// whose tag is wrong is wiped before open() returns. Tags are compared in constant time.
#include <bearssl.h>
#include <string.h>
#include "bearssl_cores.h"
#include "bearssl_provider.h"
#include "bearssl_util.h"

typedef struct {
    br_aes_gen_ctrcbc_keys aes;
    size_t tag_size;
} ccm_state_t;

static bool ccm_init(ccm_state_t *state, const uint8_t *key, size_t key_size, size_t tag_size) {
    bearssl_cores_aes_ctrcbc()->init(&state->aes.vtable, key, key_size);
    state->tag_size = tag_size;
    return true;
}

static void ccm_clear(void *state) {
    bearssl_wipe(state, sizeof(ccm_state_t));
}

// false: the sizes are not CCM's, and nothing was done.
static bool ccm_begin(ccm_state_t *state, br_ccm_context *ccm, const uint8_t *nonce,
    const uint8_t *aad, size_t aad_size, size_t size) {
    br_ccm_init(ccm, &state->aes.vtable);
    if (br_ccm_reset(ccm, nonce, SKR_AEAD_NONCE_SIZE, aad_size, size, state->tag_size) != 1) {
        return false;
    }
    br_ccm_aad_inject(ccm, aad, aad_size);
    br_ccm_flip(ccm);
    return true;
}

static bool ccm_seal(void *state_, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, uint8_t *tag) {
    ccm_state_t *state = state_;
    br_ccm_context ccm;
    if (!ccm_begin(state, &ccm, nonce, aad, aad_size, size)) {
        return false;
    }
    br_ccm_run(&ccm, 1, data, size);
    bool whole = br_ccm_get_tag(&ccm, tag) == state->tag_size;
    bearssl_wipe(&ccm, sizeof(ccm));
    return whole;
}

static bool ccm_open_start(void *state, void *run, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, size_t size) {
    return ccm_begin(state, run, nonce, aad, aad_size, size);
}

static bool ccm_open_piece(void *state, void *run, uint8_t *data, size_t size) {
    (void)state;
    br_ccm_run(run, 0, data, size);
    return true;
}

static skr_crypto_t ccm_open_end(void *state_, void *run, const uint8_t *tag) {
    const ccm_state_t *state = state_;
    uint8_t expected[SKR_AEAD_TAG_MAX];
    if (br_ccm_get_tag(run, expected) != state->tag_size) {
        return SKR_CRYPTO_FAILED;
    }
    bool good = bearssl_equal(expected, tag, state->tag_size);
    bearssl_wipe(expected, sizeof(expected));
    return good ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED;
}

static skr_crypto_t ccm_open(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, const uint8_t *tag) {
    br_ccm_context ccm;
    if (!ccm_begin(state, &ccm, nonce, aad, aad_size, size)) {
        return SKR_CRYPTO_FAILED;
    }
    br_ccm_run(&ccm, 0, data, size);
    skr_crypto_t said = ccm_open_end(state, &ccm, tag);
    bearssl_wipe(&ccm, sizeof(ccm));
    if (said != SKR_CRYPTO_OK) {
        memset(data, 0, size);
    }
    return said;
}

// --- Descriptors ---

// RFC 9846 section 5.5 has no number for CCM. RFC 9147 appendix B works one out to the same measure
// for records of the same size: 2^23, whatever the size of the tag.
#define CCM_RECORD_LIMIT ((uint32_t)1 << 23)

_Static_assert(sizeof(br_ccm_context) <= SKR_AEAD_RUN_MAX, "CCM's context fits");

#define CCM(NAME, ID, KEY_SIZE, TAG_SIZE) \
    static bool NAME##_init(void *state, const uint8_t *key) { \
        return ccm_init(state, key, KEY_SIZE, TAG_SIZE); \
    } \
    const skr_aead_t skr_bearssl_##NAME = { \
        .id = (ID), \
        .key_size = (KEY_SIZE), \
        .tag_size = (TAG_SIZE), \
        .state_size = sizeof(ccm_state_t), \
        .record_limit = CCM_RECORD_LIMIT, \
        .init = NAME##_init, \
        .clear = ccm_clear, \
        .seal = ccm_seal, \
        .open = ccm_open, \
        .run_size = sizeof(br_ccm_context), \
        .open_start = ccm_open_start, \
        .open_piece = ccm_open_piece, \
        .open_end = ccm_open_end, \
    };

CCM(aes_128_ccm, SKR_AEAD_AES_128_CCM, 16, 16)
CCM(aes_256_ccm, SKR_AEAD_AES_256_CCM, 32, 16)
CCM(aes_128_ccm_8, SKR_AEAD_AES_128_CCM_8, 16, 8)
CCM(aes_256_ccm_8, SKR_AEAD_AES_256_CCM_8, 32, 8)
