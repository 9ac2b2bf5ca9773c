// RSA over OpenSSL's libcrypto: PSS (RFC 8017 section 8.1; RFC 9846 section 4.3.3), PKCS #1 v1.5
// for the signatures of certificates and of TLS 1.2 (RFC 8017 section 8.2), and private keys.
//
// In: a digest, a signature, the key's numbers. Out: a verdict, a signature as long as the modulus.
// RSA objects are made from the numbers (deprecated since OpenSSL 3.0 but there in every 3.x) since
// EVP_PKEY would import them as parameters and export them again. The salt is as long as the hash,
// exactly. PSS encoding is done here because the library's draws its own salt, and runs are to be
// reproducible from the caller's random bytes. PKCS #1 v1.5 is compared with the one encoding that
// is right, nothing is parsed out of it; it is encoded here too, so that both kinds of signature
// take the same way through the private key. Moduli have SKR_RSA_BITS_MIN..MAX bits, exponents are
// odd, at least 3, of at most 4 bytes.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>

#include "openssl_local.h"

enum { EXPONENT_SIZE_MAX = 4, MODULUS_SIZE_MAX = SKR_RSA_BITS_MAX / 8, PSS_TRAILER = 0xbc };
enum { BLINDING_USES = 32 };

// A hash function in the shapes that are needed here.
typedef struct {
    const skr_hash_t *hash;
    int nid;
    uint8_t arc; // the last of its object identifier (RFC 8017 appendix B.1)
    EVP_MD *const *md; // there after fetch_digests()
} digest_t;

static CRYPTO_ONCE fetched = CRYPTO_ONCE_STATIC_INIT;
static EVP_MD *md_sha256, *md_sha384, *md_sha512;

static void fetch_digests(void) {
    md_sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    md_sha384 = EVP_MD_fetch(NULL, "SHA2-384", NULL);
    md_sha512 = EVP_MD_fetch(NULL, "SHA2-512", NULL);
}

static const digest_t with_sha256 = {&openssl_sha256, NID_sha256, 1, &md_sha256};
static const digest_t with_sha384 = {&openssl_sha384, NID_sha384, 2, &md_sha384};
static const digest_t with_sha512 = {&openssl_sha512, NID_sha512, 3, &md_sha512};

static const EVP_MD *digest_md(const digest_t *with) {
    return CRYPTO_THREAD_run_once(&fetched, fetch_digests) == 1 ? *with->md : NULL;
}

static bool numbers_fit(const BIGNUM *modulus, const BIGNUM *exponent) {
    int bits = BN_num_bits(modulus);
    return bits >= SKR_RSA_BITS_MIN && bits <= SKR_RSA_BITS_MAX && BN_is_odd(modulus) &&
        BN_num_bytes(exponent) <= EXPONENT_SIZE_MAX && BN_is_odd(exponent) && !BN_is_one(exponent);
}

// FAILED: no memory. REFUSED: no key of a size that is accepted.
static skr_crypto_t public_key(const skr_public_key_t *key, RSA **rsa) {
    if (key->a.size > MODULUS_SIZE_MAX || key->b.size > EXPONENT_SIZE_MAX) {
        return SKR_CRYPTO_REFUSED;
    }
    BIGNUM *n = BN_bin2bn(key->a.data, (int)key->a.size, NULL);
    BIGNUM *e = BN_bin2bn(key->b.data, (int)key->b.size, NULL);
    *rsa = RSA_new();
    if (n == NULL || e == NULL || *rsa == NULL || RSA_set0_key(*rsa, n, e, NULL) != 1) {
        BN_free(n);
        BN_free(e);
        return SKR_CRYPTO_FAILED;
    }
    return numbers_fit(n, e) ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED;
}

static skr_crypto_t verify_pkcs1(const digest_t *with, const skr_public_key_t *key,
    const uint8_t *digest, size_t size, const uint8_t *signature, size_t signature_size) {
    RSA *rsa = NULL;
    if (key->type != SKR_KEY_RSA || size != with->hash->size) {
        return SKR_CRYPTO_FAILED;
    }
    ERR_set_mark();
    skr_crypto_t said = public_key(key, &rsa);
    if (said == SKR_CRYPTO_OK) {
        bool fits = signature_size == (size_t)RSA_size(rsa) &&
            RSA_verify(
                with->nid, digest, (unsigned)size, signature, (unsigned)signature_size, rsa) == 1;
        said = fits ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED;
    }
    RSA_free(rsa);
    ERR_pop_to_mark();
    return said;
}

// RFC 8017 section 8.1.2. A signature that is not below the modulus is refused by the library.
static bool pss_fits(const digest_t *with, const EVP_MD *md, RSA *rsa, const uint8_t *digest,
    const uint8_t *signature, size_t signature_size) {
    uint8_t encoded[MODULUS_SIZE_MAX];
    int size = RSA_size(rsa);
    return signature_size == (size_t)size &&
        RSA_public_decrypt(size, signature, encoded, rsa, RSA_NO_PADDING) == size &&
        RSA_verify_PKCS1_PSS_mgf1(rsa, digest, md, md, encoded, with->hash->size) == 1;
}

static skr_crypto_t verify_pss(uint8_t key_type, const digest_t *with, const skr_public_key_t *key,
    const uint8_t *digest, size_t size, const uint8_t *signature, size_t signature_size) {
    const EVP_MD *md = digest_md(with);
    RSA *rsa = NULL;
    if (md == NULL || key->type != key_type || size != with->hash->size) {
        return SKR_CRYPTO_FAILED;
    }
    ERR_set_mark();
    skr_crypto_t said = public_key(key, &rsa);
    if (said == SKR_CRYPTO_OK && !pss_fits(with, md, rsa, digest, signature, signature_size)) {
        said = SKR_CRYPTO_REFUSED;
    }
    RSA_free(rsa);
    ERR_pop_to_mark();
    return said;
}

// EMSA-PSS-ENCODE (RFC 8017 section 9.1.1): encoded is maskedDB || H || 0xbc, with bits - 1 bits of
// value.
static bool pss_encode(const digest_t *with, const EVP_MD *md, size_t bits, const uint8_t *digest,
    const uint8_t *salt, uint8_t *encoded) {
    static const uint8_t zeros[8];
    const skr_hash_t *hash = with->hash;
    _Alignas(8) uint8_t state[SKR_HASH_STATE_MAX];
    size_t size = (bits - 1 + 7) / 8, db_size = size - hash->size - 1;
    if (size < (bits + 7) / 8) {
        *encoded++ = 0; // the modulus is one bit longer than whole bytes
    }
    uint8_t *h = encoded + db_size, *db_salt = h - hash->size;
    if (!hash->init(state) || !hash->update(state, zeros, sizeof(zeros)) ||
        !hash->update(state, digest, hash->size) || !hash->update(state, salt, hash->size) ||
        !hash->result(state, h) || PKCS1_MGF1(encoded, (long)db_size, h, hash->size, md) != 0) {
        return false;
    }
    db_salt[-1] ^= 1;
    for (size_t i = 0; i < hash->size; i++) {
        db_salt[i] ^= salt[i];
    }
    encoded[0] &= (uint8_t)(0xff >> (8 * size - (bits - 1)));
    h[hash->size] = PSS_TRAILER;
    return true;
}

// The private operation, and its result checked with the public one before anybody sees it: a fault
// could give away a factor. Besides, a lack of memory can leave the library's blinding pair in
// disorder; results are wrong then until it makes a new pair, after 32 uses. So a wrong result is
// thrown away and another one made.
static bool private_operation(RSA *rsa, const uint8_t *encoded, int size, uint8_t *signature) {
    uint8_t again[MODULUS_SIZE_MAX];
    for (int i = 0; i < BLINDING_USES + 1; i++) {
        if (RSA_private_encrypt(size, encoded, signature, rsa, RSA_NO_PADDING) != size ||
            RSA_public_decrypt(size, signature, again, rsa, RSA_NO_PADDING) != size) {
            return false;
        }
        if (CRYPTO_memcmp(again, encoded, (size_t)size) == 0) {
            return true;
        }
    }
    return false;
}

static skr_crypto_t sign_pss(uint8_t key_type, const digest_t *with, const skr_private_key_t *key,
    const uint8_t *digest, size_t size, skr_random_t random, void *random_user, uint8_t *signature,
    size_t *signature_size) {
    uint8_t salt[SKR_HASH_SIZE_MAX], encoded[MODULUS_SIZE_MAX];
    const EVP_MD *md = digest_md(with);
    RSA *rsa = key->handle;
    if (md == NULL || key->type != key_type || rsa == NULL || size != with->hash->size ||
        !random(random_user, salt, size)) {
        return SKR_CRYPTO_FAILED;
    }
    ERR_set_mark();
    int rsa_size = RSA_size(rsa);
    bool done = pss_encode(with, md, (size_t)RSA_bits(rsa), digest, salt, encoded) &&
        private_operation(rsa, encoded, rsa_size, signature);
    ERR_pop_to_mark();
    if (!done) {
        OPENSSL_cleanse(signature, (size_t)rsa_size);
    }
    *signature_size = done ? (size_t)rsa_size : 0;
    return done ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2): 00 01 ff..ff 00, DigestInfo, digest; size bytes in all.
static void pkcs1_encode(
    const digest_t *with, const uint8_t *digest, uint8_t *encoded, size_t size) {
    // SHA-2 with explicit NULL parameters; the last arc and the sizes are filled in.
    uint8_t head[] = {0x30, 0, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
        0x02, with->arc, 0x05, 0x00, 0x04, with->hash->size};
    head[1] = (uint8_t)(sizeof(head) - 2 + with->hash->size);
    size_t end = size - with->hash->size - sizeof(head);
    memset(encoded, 0xff, end);
    encoded[0] = 0;
    encoded[1] = 1;
    encoded[end - 1] = 0;
    memcpy(encoded + end, head, sizeof(head));
    memcpy(encoded + end + sizeof(head), digest, with->hash->size);
}

static skr_crypto_t sign_pkcs1(const digest_t *with, const skr_private_key_t *key,
    const uint8_t *digest, size_t size, uint8_t *signature, size_t *signature_size) {
    uint8_t encoded[MODULUS_SIZE_MAX];
    RSA *rsa = key->handle;
    if (key->type != SKR_KEY_RSA || rsa == NULL || size != with->hash->size) {
        return SKR_CRYPTO_FAILED;
    }
    ERR_set_mark();
    int rsa_size = RSA_size(rsa);
    pkcs1_encode(with, digest, encoded, (size_t)rsa_size);
    bool done = private_operation(rsa, encoded, rsa_size, signature);
    ERR_pop_to_mark();
    if (!done) {
        OPENSSL_cleanse(signature, (size_t)rsa_size);
    }
    *signature_size = done ? (size_t)rsa_size : 0;
    return done ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

// Is a * b == 1 (mod m)?
static bool inverse(const BIGNUM *a, const BIGNUM *b, const BIGNUM *m, BIGNUM *t, BN_CTX *ctx) {
    return BN_mod_mul(t, a, b, m, ctx) == 1 && BN_is_one(t);
}

// One prime: its exponent is d's share, and undoes e.
static bool prime_fits(const RSA *rsa, const BIGNUM *prime, const BIGNUM *crt, BN_CTX *ctx) {
    BN_CTX_start(ctx);
    BIGNUM *less = BN_CTX_get(ctx), *t = BN_CTX_get(ctx);
    bool fits = t != NULL && BN_is_odd(prime) && BN_sub(less, prime, BN_value_one()) == 1 &&
        !BN_is_zero(less) && BN_mod(t, RSA_get0_d(rsa), less, ctx) == 1 && BN_cmp(t, crt) == 0 &&
        inverse(crt, RSA_get0_e(rsa), less, t, ctx);
    BN_CTX_end(ctx);
    return fits;
}

// Do the parts belong together? That p and q are prime is not tested: it would take a hundred times
// as long as all else when a key is loaded, and a file that somebody else can write to is lost
// anyway.
static bool parts_fit(const RSA *rsa, BN_CTX *ctx) {
    const BIGNUM *n = RSA_get0_n(rsa), *p = RSA_get0_p(rsa), *q = RSA_get0_q(rsa);
    const BIGNUM *qinv = RSA_get0_iqmp(rsa);
    BN_CTX_start(ctx);
    BIGNUM *t = BN_CTX_get(ctx);
    bool fits = t != NULL && numbers_fit(n, RSA_get0_e(rsa)) && BN_cmp(RSA_get0_d(rsa), n) < 0 &&
        prime_fits(rsa, p, RSA_get0_dmp1(rsa), ctx) &&
        prime_fits(rsa, q, RSA_get0_dmq1(rsa), ctx) && BN_mul(t, p, q, ctx) == 1 &&
        BN_cmp(t, n) == 0 && BN_cmp(qinv, p) < 0 && inverse(qinv, q, p, t, ctx);
    BN_CTX_end(ctx);
    return fits;
}

// RSA takes the numbers over, in three steps; what a step took is no longer ours to free.
static bool take_parts(RSA *rsa, BIGNUM *part[SKR_KEY_PARTS]) {
    for (int i = 0; i < SKR_KEY_PARTS; i++) {
        if (part[i] == NULL) {
            return false;
        }
    }
    if (RSA_set0_key(rsa, part[SKR_RSA_N], part[SKR_RSA_E], part[SKR_RSA_D]) != 1) {
        return false;
    }
    part[SKR_RSA_N] = part[SKR_RSA_E] = part[SKR_RSA_D] = NULL;
    if (RSA_set0_factors(rsa, part[SKR_RSA_P], part[SKR_RSA_Q]) != 1) {
        return false;
    }
    part[SKR_RSA_P] = part[SKR_RSA_Q] = NULL;
    if (RSA_set0_crt_params(rsa, part[SKR_RSA_DP], part[SKR_RSA_DQ], part[SKR_RSA_QINV]) != 1) {
        return false;
    }
    part[SKR_RSA_DP] = part[SKR_RSA_DQ] = part[SKR_RSA_QINV] = NULL;
    return true;
}

bool openssl_rsa_open(skr_private_key_t *key) {
    BIGNUM *part[SKR_KEY_PARTS] = {NULL};
    ERR_set_mark();
    RSA *rsa = RSA_new();
    BN_CTX *ctx = BN_CTX_new();
    for (int i = 0; i < SKR_KEY_PARTS; i++) {
        skr_view_t bytes = key->part[i];
        if (bytes.data != NULL &&
            bytes.size <= MODULUS_SIZE_MAX + 1) { // a leading zero may be there
            part[i] = BN_bin2bn(bytes.data, (int)bytes.size, NULL);
        }
    }
    bool done = rsa != NULL && ctx != NULL && take_parts(rsa, part) && parts_fit(rsa, ctx);
    for (int i = 0; i < SKR_KEY_PARTS; i++) {
        BN_clear_free(part[i]);
    }
    BN_CTX_free(ctx);
    if (!done) {
        RSA_free(rsa);
        rsa = NULL;
    }
    key->handle = rsa;
    ERR_pop_to_mark();
    return done;
}

void openssl_rsa_close(skr_private_key_t *key) {
    RSA_free(key->handle);
    key->handle = NULL;
}

bool openssl_rsa_matches(const skr_private_key_t *key, const skr_public_key_t *public_key_) {
    const RSA *own = key->handle;
    RSA *other = NULL;
    ERR_set_mark();
    bool same = public_key(public_key_, &other) == SKR_CRYPTO_OK &&
        BN_cmp(RSA_get0_n(own), RSA_get0_n(other)) == 0 &&
        BN_cmp(RSA_get0_e(own), RSA_get0_e(other)) == 0;
    RSA_free(other);
    ERR_pop_to_mark();
    return same;
}

#define PKCS1(bits) \
    static skr_crypto_t verify_pkcs1_sha##bits(const skr_public_key_t *key, \
        const uint8_t *message, size_t message_size, const uint8_t *signature, \
        size_t signature_size) { \
        return verify_pkcs1( \
            &with_sha##bits, key, message, message_size, signature, signature_size); \
    } \
    static skr_crypto_t sign_pkcs1_sha##bits(const skr_private_key_t *key, const uint8_t *message, \
        size_t message_size, skr_random_t random, void *random_user, uint8_t *signature, \
        size_t *signature_size) { \
        (void)random, (void)random_user; \
        return sign_pkcs1(&with_sha##bits, key, message, message_size, signature, signature_size); \
    } \
    const skr_signature_t openssl_pkcs1_sha##bits = { \
        .scheme = SKR_SIG_RSA_PKCS1_SHA##bits, \
        .key_type = SKR_KEY_RSA, \
        .hash = SKR_HASH_SHA##bits, \
        .verify = verify_pkcs1_sha##bits, \
        .sign = sign_pkcs1_sha##bits, \
    };

#define PSS(name, scheme_, key_type_, bits) \
    static skr_crypto_t verify_##name(const skr_public_key_t *key, const uint8_t *message, \
        size_t message_size, const uint8_t *signature, size_t signature_size) { \
        return verify_pss( \
            key_type_, &with_sha##bits, key, message, message_size, signature, signature_size); \
    } \
    static skr_crypto_t sign_##name(const skr_private_key_t *key, const uint8_t *message, \
        size_t message_size, skr_random_t random, void *random_user, uint8_t *signature, \
        size_t *signature_size) { \
        return sign_pss(key_type_, &with_sha##bits, key, message, message_size, random, \
            random_user, signature, signature_size); \
    } \
    const skr_signature_t openssl_##name = { \
        .scheme = (scheme_), \
        .key_type = (key_type_), \
        .hash = SKR_HASH_SHA##bits, \
        .verify = verify_##name, \
        .sign = sign_##name, \
    };

PKCS1(256)
PKCS1(384)
PKCS1(512)
PSS(pss_rsae_sha256, SKR_SIG_RSA_PSS_RSAE_SHA256, SKR_KEY_RSA, 256)
PSS(pss_rsae_sha384, SKR_SIG_RSA_PSS_RSAE_SHA384, SKR_KEY_RSA, 384)
PSS(pss_rsae_sha512, SKR_SIG_RSA_PSS_RSAE_SHA512, SKR_KEY_RSA, 512)
PSS(pss_pss_sha256, SKR_SIG_RSA_PSS_PSS_SHA256, SKR_KEY_RSA_PSS, 256)
PSS(pss_pss_sha384, SKR_SIG_RSA_PSS_PSS_SHA384, SKR_KEY_RSA_PSS, 384)
PSS(pss_pss_sha512, SKR_SIG_RSA_PSS_PSS_SHA512, SKR_KEY_RSA_PSS, 512)
