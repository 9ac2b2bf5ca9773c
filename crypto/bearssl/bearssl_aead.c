// AES-GCM (RFC 5116 section 5) and ChaCha20-Poly1305 (RFC 8439) over BearSSL.
//
// In: a key, then records one at a time, in place, to be opened also in pieces where it is GCM.
// Out: ciphertext and tag, or plaintext or a refusal. The state holds the expanded AES key or the
// 32 bytes of the ChaCha20 key and nothing else. GCM's own context lives on the stack for one
// record: it costs one more AES block per record and saves 112 bytes in every state that is kept.
// Data whose tag is wrong is wiped before open() returns. Tags are compared in constant time.
#include <bearssl.h>
#include <string.h>
#include "bearssl_cores.h"
#include "bearssl_provider.h"
#include "bearssl_util.h"

#define CHACHA20_KEY_SIZE 32
#define TAG_SIZE 16 // of all three

// --- AES-GCM ---

typedef br_aes_gen_ctr_keys gcm_state_t;

static bool gcm_init(void *state, const uint8_t *key, size_t key_size) {
    gcm_state_t *aes = state;
    bearssl_cores_aes_ctr()->init(&aes->vtable, key, key_size);
    return true;
}

static bool aes_128_gcm_init(void *state, const uint8_t *key) {
    return gcm_init(state, key, 16);
}

static bool aes_256_gcm_init(void *state, const uint8_t *key) {
    return gcm_init(state, key, 32);
}

static void gcm_clear(void *state) {
    bearssl_wipe(state, sizeof(gcm_state_t));
}

static void gcm_begin(gcm_state_t *aes, br_gcm_context *gcm, const uint8_t *nonce,
    const uint8_t *aad, size_t aad_size) {
    br_gcm_init(gcm, &aes->vtable, bearssl_cores_ghash());
    br_gcm_reset(gcm, nonce, SKR_AEAD_NONCE_SIZE);
    br_gcm_aad_inject(gcm, aad, aad_size);
    br_gcm_flip(gcm);
}

static bool gcm_seal(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, uint8_t *tag) {
    br_gcm_context gcm;
    gcm_begin(state, &gcm, nonce, aad, aad_size);
    br_gcm_run(&gcm, 1, data, size);
    br_gcm_get_tag(&gcm, tag);
    bearssl_wipe(&gcm, sizeof(gcm));
    return true;
}

static bool gcm_open_start(void *state, void *run, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, size_t size) {
    (void)size;
    gcm_begin(state, run, nonce, aad, aad_size);
    return true;
}

static bool gcm_open_piece(void *state, void *run, uint8_t *data, size_t size) {
    (void)state;
    br_gcm_run(run, 0, data, size);
    return true;
}

// Is the tag the expected one, which is wiped?
static skr_crypto_t judge(uint8_t *expected, const uint8_t *tag) {
    bool good = bearssl_equal(expected, tag, TAG_SIZE);
    bearssl_wipe(expected, TAG_SIZE);
    return good ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED;
}

// Ends open(): on a wrong tag nothing of the data is left.
static skr_crypto_t judge_data(uint8_t *expected, const uint8_t *tag, uint8_t *data, size_t size) {
    skr_crypto_t said = judge(expected, tag);
    if (said != SKR_CRYPTO_OK) {
        memset(data, 0, size);
    }
    return said;
}

static skr_crypto_t gcm_open_end(void *state, void *run, const uint8_t *tag) {
    uint8_t expected[TAG_SIZE];
    (void)state;
    br_gcm_get_tag(run, expected);
    return judge(expected, tag);
}

static skr_crypto_t gcm_open(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, const uint8_t *tag) {
    br_gcm_context gcm;
    uint8_t expected[TAG_SIZE];
    gcm_begin(state, &gcm, nonce, aad, aad_size);
    br_gcm_run(&gcm, 0, data, size);
    br_gcm_get_tag(&gcm, expected);
    bearssl_wipe(&gcm, sizeof(gcm));
    return judge_data(expected, tag, data, size);
}

// --- ChaCha20-Poly1305 ---

static bool chacha20_poly1305_init(void *state, const uint8_t *key) {
    memcpy(state, key, CHACHA20_KEY_SIZE);
    return true;
}

static void chacha20_poly1305_clear(void *state) {
    bearssl_wipe(state, CHACHA20_KEY_SIZE);
}

static bool chacha20_poly1305_seal(void *state, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, uint8_t *data, size_t size, uint8_t *tag) {
    bearssl_cores_poly1305()(
        state, nonce, data, size, aad, aad_size, tag, bearssl_cores_chacha20(), 1);
    return true;
}

static skr_crypto_t chacha20_poly1305_open(void *state, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, uint8_t *data, size_t size, const uint8_t *tag) {
    uint8_t expected[TAG_SIZE];
    bearssl_cores_poly1305()(
        state, nonce, data, size, aad, aad_size, expected, bearssl_cores_chacha20(), 0);
    return judge_data(expected, tag, data, size);
}

// --- Descriptors ---

// RFC 9846 section 5.5: 2^24.5 full-size records with one AES-GCM key; for ChaCha20-Poly1305 the
// sequence number ends first.
#define GCM_RECORD_LIMIT ((uint32_t)1 << 24)

_Static_assert(sizeof(br_gcm_context) <= SKR_AEAD_RUN_MAX, "GCM's context fits");

const skr_aead_t skr_bearssl_aes_128_gcm = {
    .id = SKR_AEAD_AES_128_GCM,
    .key_size = 16,
    .tag_size = TAG_SIZE,
    .state_size = sizeof(gcm_state_t),
    .record_limit = GCM_RECORD_LIMIT,
    .init = aes_128_gcm_init,
    .clear = gcm_clear,
    .seal = gcm_seal,
    .open = gcm_open,
    .run_size = sizeof(br_gcm_context),
    .open_start = gcm_open_start,
    .open_piece = gcm_open_piece,
    .open_end = gcm_open_end,
};

const skr_aead_t skr_bearssl_aes_256_gcm = {
    .id = SKR_AEAD_AES_256_GCM,
    .key_size = 32,
    .tag_size = TAG_SIZE,
    .state_size = sizeof(gcm_state_t),
    .record_limit = GCM_RECORD_LIMIT,
    .init = aes_256_gcm_init,
    .clear = gcm_clear,
    .seal = gcm_seal,
    .open = gcm_open,
    .run_size = sizeof(br_gcm_context),
    .open_start = gcm_open_start,
    .open_piece = gcm_open_piece,
    .open_end = gcm_open_end,
};

const skr_aead_t skr_bearssl_chacha20_poly1305 = {
    .id = SKR_AEAD_CHACHA20_POLY1305,
    .key_size = CHACHA20_KEY_SIZE,
    .tag_size = TAG_SIZE,
    .state_size = CHACHA20_KEY_SIZE,
    .record_limit = 0,
    .init = chacha20_poly1305_init,
    .clear = chacha20_poly1305_clear,
    .seal = chacha20_poly1305_seal,
    .open = chacha20_poly1305_open,
};
