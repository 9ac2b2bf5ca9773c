// RSASSA-PSS (RFC 8017 section 8.1) over BearSSL's raw RSA and hashes, which has no PSS of its own.
//
// In: a digest, a key, a signature or a source of salt. Out: OK or a refusal; a signature.
// As RFC 9846 section 4.3.3 fixes it: MGF1 over the same hash, salt as long as the digest, trailer
// 0xbc; anything else is refused. rsa_pss_rsae_* takes rsaEncryption keys, rsa_pss_pss_* takes
// id-RSASSA-PSS keys. A signature is verified before it leaves: one wrong half of the CRT
// computation would give the factors away. The salt and the encoded message are public as soon as
// the signature is; only the private operation is secret.
#include <bearssl.h>
#include <string.h>
#include "bearssl_provider.h"
#include "bearssl_rsa_core.h"
#include "bearssl_util.h"

#define HASH_MAX 64
#define TRAILER 0xbc

// One encoded message: its last size bytes are EM of section 9.1, DB (db_size), H (hash_size) and
// the trailer.
typedef struct {
    const br_hash_class *hash;
    size_t hash_size;
    uint8_t *db;
    uint8_t *h;
    size_t db_size;
    uint8_t top_mask; // bits of the first byte of DB that belong to it
} em_t;

// buffer has as many bytes as the modulus; where EM is one shorter, the first byte is to be zero.
static void em_open(
    em_t *em, const br_hash_class *hash, size_t hash_size, uint8_t *buffer, size_t bits) {
    size_t em_bits = bits - 1;
    size_t em_size = (em_bits + 7) / 8;
    em->hash = hash;
    em->hash_size = hash_size;
    em->db = buffer + (bits + 7) / 8 - em_size;
    em->db_size = em_size - hash_size - 1;
    em->h = em->db + em->db_size;
    em->top_mask = (uint8_t)(0xff >> (8 * em_size - em_bits));
}

// DB ^= MGF1(H, db_size), RFC 8017 appendix B.2.1.
static void em_mask(const em_t *em) {
    br_hash_compat_context context;
    uint8_t block[HASH_MAX];
    uint8_t counter[4] = {0, 0, 0, 0};
    for (size_t at = 0; at < em->db_size; at += em->hash_size) {
        em->hash->init(&context.vtable);
        em->hash->update(&context.vtable, em->h, em->hash_size);
        em->hash->update(&context.vtable, counter, sizeof(counter));
        em->hash->out(&context.vtable, block);
        for (size_t i = 0; i < em->hash_size && at + i < em->db_size; i++) {
            em->db[at + i] = (uint8_t)(em->db[at + i] ^ block[i]);
        }
        counter[3]++; // at most 16 blocks
    }
}

// out = Hash(eight zeros, message digest, salt): H of section 9.1.
static void em_hash(const em_t *em, const uint8_t *message, const uint8_t *salt, uint8_t *out) {
    static const uint8_t zeros[8] = {0};
    br_hash_compat_context context;
    em->hash->init(&context.vtable);
    em->hash->update(&context.vtable, zeros, sizeof(zeros));
    em->hash->update(&context.vtable, message, em->hash_size);
    em->hash->update(&context.vtable, salt, em->hash_size);
    em->hash->out(&context.vtable, out);
}

// EMSA-PSS-VERIFY (section 9.1.2) in place; buffer is spoiled.
static bool em_verify(const br_hash_class *hash, size_t hash_size, const uint8_t *message,
    uint8_t *buffer, size_t bits) {
    em_t em;
    uint8_t expected[HASH_MAX];
    em_open(&em, hash, hash_size, buffer, bits);
    // The byte before EM, if there is one, and the bits of DB that EM's size leaves over.
    uint8_t wrong = (uint8_t)(em.db[0] & ~em.top_mask);
    if (em.db != buffer) {
        wrong = (uint8_t)(wrong | buffer[0]);
    }
    wrong = (uint8_t)(wrong | (em.h[hash_size] ^ TRAILER));
    em_mask(&em);
    em.db[0] = (uint8_t)(em.db[0] & em.top_mask);
    // DB is zeros, 01 and the salt, whose length is known.
    size_t one = em.db_size - hash_size - 1;
    for (size_t i = 0; i < one; i++) {
        wrong = (uint8_t)(wrong | em.db[i]);
    }
    wrong = (uint8_t)(wrong | (em.db[one] ^ 0x01));
    em_hash(&em, message, em.db + one + 1, expected);
    bool same = bearssl_equal(expected, em.h, hash_size);
    return wrong == 0 && same;
}

// EMSA-PSS-ENCODE (section 9.1.1) into buffer.
static bool em_encode(const br_hash_class *hash, size_t hash_size, const uint8_t *message,
    uint8_t *buffer, size_t bits, skr_random_t random, void *random_user) {
    em_t em;
    em_open(&em, hash, hash_size, buffer, bits);
    size_t one = em.db_size - hash_size - 1;
    memset(buffer, 0, (size_t)(em.h - buffer));
    em.db[one] = 0x01;
    if (!random(random_user, em.db + one + 1, hash_size)) {
        return false;
    }
    em_hash(&em, message, em.db + one + 1, em.h);
    em.h[hash_size] = TRAILER;
    em_mask(&em);
    em.db[0] = (uint8_t)(em.db[0] & em.top_mask);
    return true;
}

static skr_crypto_t pss_verify(unsigned key_type, const br_hash_class *hash, size_t hash_size,
    const skr_public_key_t *key, const uint8_t *message, size_t message_size,
    const uint8_t *signature, size_t signature_size) {
    uint8_t em[BEARSSL_RSA_MAX];
    if (message_size != hash_size) {
        return SKR_CRYPTO_REFUSED;
    }
    skr_crypto_t result = bearssl_rsa_recover(key, key_type, signature, signature_size, em);
    if (result != SKR_CRYPTO_OK) {
        return result;
    }
    return em_verify(hash, hash_size, message, em, bearssl_rsa_bits(key, key_type))
        ? SKR_CRYPTO_OK
        : SKR_CRYPTO_REFUSED;
}

static skr_crypto_t pss_sign(unsigned key_type, const br_hash_class *hash, size_t hash_size,
    const skr_private_key_t *key, const uint8_t *message, size_t message_size, skr_random_t random,
    void *random_user, uint8_t *signature, size_t *signature_size) {
    skr_public_key_t half;
    bearssl_rsa_public_half(key, &half);
    size_t bits = bearssl_rsa_bits(&half, key_type);
    if (bits == 0 || key->external || message_size != hash_size) {
        return SKR_CRYPTO_FAILED;
    }
    size_t size = half.a.size;
    bool good = em_encode(hash, hash_size, message, signature, bits, random, random_user) &&
        bearssl_rsa_private(key, bits, signature) &&
        pss_verify(key_type, hash, hash_size, &half, message, message_size, signature, size) ==
            SKR_CRYPTO_OK;
    if (!good) {
        bearssl_wipe(signature, size);
        return SKR_CRYPTO_FAILED;
    }
    *signature_size = size;
    return SKR_CRYPTO_OK;
}

// --- Descriptors ---

#define PSS_SCHEME(NAME, SCHEME, KEY, HASH, CLASS) \
    static skr_crypto_t NAME##_verify(const skr_public_key_t *key, const uint8_t *message, \
        size_t message_size, const uint8_t *signature, size_t signature_size) { \
        return pss_verify(KEY, &br_##CLASS##_vtable, br_##CLASS##_SIZE, key, message, \
            message_size, signature, signature_size); \
    } \
    static skr_crypto_t NAME##_sign(const skr_private_key_t *key, const uint8_t *message, \
        size_t message_size, skr_random_t random, void *random_user, uint8_t *signature, \
        size_t *signature_size) { \
        return pss_sign(KEY, &br_##CLASS##_vtable, br_##CLASS##_SIZE, key, message, message_size, \
            random, random_user, signature, signature_size); \
    } \
    const skr_signature_t skr_bearssl_##NAME = { \
        .scheme = (SCHEME), \
        .key_type = (KEY), \
        .hash = (HASH), \
        .verify = NAME##_verify, \
        .sign = NAME##_sign, \
    };

PSS_SCHEME(rsa_pss_rsae_sha256, SKR_SIG_RSA_PSS_RSAE_SHA256, SKR_KEY_RSA, SKR_HASH_SHA256, sha256)
PSS_SCHEME(rsa_pss_rsae_sha384, SKR_SIG_RSA_PSS_RSAE_SHA384, SKR_KEY_RSA, SKR_HASH_SHA384, sha384)
PSS_SCHEME(rsa_pss_rsae_sha512, SKR_SIG_RSA_PSS_RSAE_SHA512, SKR_KEY_RSA, SKR_HASH_SHA512, sha512)
PSS_SCHEME(rsa_pss_pss_sha256, SKR_SIG_RSA_PSS_PSS_SHA256, SKR_KEY_RSA_PSS, SKR_HASH_SHA256, sha256)
PSS_SCHEME(rsa_pss_pss_sha384, SKR_SIG_RSA_PSS_PSS_SHA384, SKR_KEY_RSA_PSS, SKR_HASH_SHA384, sha384)
PSS_SCHEME(rsa_pss_pss_sha512, SKR_SIG_RSA_PSS_PSS_SHA512, SKR_KEY_RSA_PSS, SKR_HASH_SHA512, sha512)
