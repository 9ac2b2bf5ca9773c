// ECDSA on P-256 and P-384 over OpenSSL's libcrypto (FIPS 186-5; RFC 9846 section 4.3.3), and its
// private keys.
//
// In: a digest, a DER signature, a public key as uncompressed point, a private key as scalar. Out:
// a verdict, a signature. EC_KEY and ECDSA_do_verify() are deprecated since OpenSSL 3.0 but there
// in every 3.x; the way through EVP_PKEY costs a decoder or a parameter import, and a new group,
// per key. The signature's DER is read here, and strictly: two minimal positive INTEGERs and
// nothing else, so that one signature has one form. The library checks that both are in [1, order -
// 1]. Nonces are the library's: made of the private key, the digest and its own random bytes, so
// that a weak random source alone does not give the key away.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include "openssl_local.h"

enum { DER_INTEGER = 0x02, DER_SEQUENCE = 0x30, DER_LONG = 0x80, POINT_UNCOMPRESSED = 4 };
enum { POINT_MAX = SKR_GROUP_PUBLIC_MAX };

static const EC_GROUP *curve_of(uint8_t key_type) {
    return openssl_curve(key_type == SKR_KEY_P256 ? SKR_GROUP_SECP256R1 : SKR_GROUP_SECP384R1);
}

static size_t field_size(uint8_t key_type) {
    return key_type == SKR_KEY_P256 ? 32 : 48;
}

// Takes one INTEGER off the front of rest. No signature of these curves needs a length of more than
// one byte.
static BIGNUM *der_integer(skr_view_t *rest) {
    const uint8_t *p = rest->data;
    if (rest->size < 3 || p[0] != DER_INTEGER || p[1] == 0 || p[1] >= DER_LONG ||
        p[1] > rest->size - 2) {
        return NULL;
    }
    size_t size = p[1];
    bool negative = (p[2] & 0x80) != 0;
    bool padded = size > 1 && p[2] == 0 && (p[3] & 0x80) == 0;
    if (negative || padded) {
        return NULL;
    }
    rest->data += 2 + size;
    rest->size -= 2 + size;
    return BN_bin2bn(p + 2, (int)size, NULL);
}

// SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 section 2.2.3).
static ECDSA_SIG *der_signature(const uint8_t *der, size_t size) {
    if (size < 2 || der[0] != DER_SEQUENCE || der[1] >= DER_LONG || der[1] != size - 2) {
        return NULL;
    }
    skr_view_t rest = {der + 2, size - 2};
    BIGNUM *r = der_integer(&rest);
    BIGNUM *s = r == NULL ? NULL : der_integer(&rest);
    ECDSA_SIG *signature = s == NULL || rest.size != 0 ? NULL : ECDSA_SIG_new();
    if (signature == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(signature);
        return NULL;
    }
    return signature;
}

// A key of the curve with a public point, by its bytes. REFUSED: they are none.
static skr_crypto_t public_key(uint8_t key_type, skr_view_t bytes, EC_KEY **key) {
    const EC_GROUP *curve = curve_of(key_type);
    skr_crypto_t said = SKR_CRYPTO_FAILED;
    if (bytes.size != 1 + 2 * field_size(key_type) || bytes.data[0] != POINT_UNCOMPRESSED) {
        return SKR_CRYPTO_REFUSED;
    }
    EC_POINT *point = curve == NULL ? NULL : EC_POINT_new(curve);
    *key = EC_KEY_new();
    if (point != NULL && *key != NULL && EC_KEY_set_group(*key, curve) == 1) {
        if (EC_POINT_oct2point(curve, point, bytes.data, bytes.size, NULL) != 1) {
            said = SKR_CRYPTO_REFUSED;
        } else if (EC_KEY_set_public_key(*key, point) == 1) {
            said = SKR_CRYPTO_OK;
        }
    }
    EC_POINT_free(point);
    return said;
}

static skr_crypto_t ecdsa_verify(uint8_t key_type, size_t digest_size, const skr_public_key_t *key,
    const uint8_t *digest, size_t size, const uint8_t *signature, size_t signature_size) {
    if (key->type != key_type || size != digest_size) {
        return SKR_CRYPTO_FAILED;
    }
    EC_KEY *ec = NULL;
    ERR_set_mark();
    skr_crypto_t said = public_key(key_type, key->a, &ec);
    if (said == SKR_CRYPTO_OK) {
        ECDSA_SIG *numbers = der_signature(signature, signature_size);
        // Both 0 and -1 can be the signature's fault (numbers that lead to infinity give -1).
        if (numbers == NULL || ECDSA_do_verify(digest, (int)size, numbers, ec) != 1) {
            said = SKR_CRYPTO_REFUSED;
        }
        ECDSA_SIG_free(numbers);
    }
    EC_KEY_free(ec);
    ERR_pop_to_mark();
    return said;
}

static skr_crypto_t ecdsa_sign(uint8_t key_type, size_t digest_size, const skr_private_key_t *key,
    const uint8_t *digest, size_t size, uint8_t *signature, size_t *signature_size) {
    unsigned written = 0;
    if (key->type != key_type || key->handle == NULL || size != digest_size) {
        return SKR_CRYPTO_FAILED;
    }
    ERR_set_mark();
    // Without memory for the encoding it says 1 all the same, and a size of -1.
    bool done = ECDSA_sign(0, digest, (int)size, signature, &written, key->handle) == 1 &&
        written > 0 && written <= SKR_SIGNATURE_MAX;
    ERR_pop_to_mark();
    *signature_size = done ? written : 0;
    return done ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

// The scalar into the key, and the public point that belongs to it.
static bool load_scalar(EC_KEY *ec, const EC_GROUP *curve, skr_view_t bytes, EC_POINT *point) {
    BIGNUM *scalar = BN_bin2bn(bytes.data, (int)bytes.size, NULL);
    if (scalar == NULL) {
        return false;
    }
    BN_set_flags(scalar, BN_FLG_CONSTTIME);
    bool done = !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(curve)) < 0 &&
        EC_POINT_mul(curve, point, scalar, NULL, NULL, NULL) == 1 &&
        EC_KEY_set_group(ec, curve) == 1 && EC_KEY_set_private_key(ec, scalar) == 1 &&
        EC_KEY_set_public_key(ec, point) == 1;
    BN_clear_free(scalar);
    return done;
}

// Do the bytes say the key's public point?
static bool point_is(const EC_KEY *ec, skr_view_t bytes) {
    uint8_t own[POINT_MAX];
    const EC_GROUP *curve = EC_KEY_get0_group(ec);
    size_t size = EC_POINT_point2oct(
        curve, EC_KEY_get0_public_key(ec), POINT_CONVERSION_UNCOMPRESSED, own, sizeof(own), NULL);
    return size > 0 && size == bytes.size && CRYPTO_memcmp(own, bytes.data, size) == 0;
}

bool openssl_ec_open(skr_private_key_t *key) {
    const EC_GROUP *curve = curve_of(key->type);
    skr_view_t scalar = key->part[0], public = key->part[1];
    key->handle = NULL;
    if (curve == NULL || scalar.data == NULL || scalar.size > field_size(key->type)) {
        return false;
    }
    ERR_set_mark();
    EC_KEY *ec = EC_KEY_new();
    EC_POINT *point = EC_POINT_new(curve);
    bool done = ec != NULL && point != NULL && load_scalar(ec, curve, scalar, point) &&
        (public.data == NULL || point_is(ec, public));
    EC_POINT_free(point);
    if (done) {
        key->handle = ec;
    } else {
        EC_KEY_free(ec);
    }
    ERR_pop_to_mark();
    return done;
}

void openssl_ec_close(skr_private_key_t *key) {
    EC_KEY_free(key->handle);
    key->handle = NULL;
}

bool openssl_ec_matches(const skr_private_key_t *key, const skr_public_key_t *public_key) {
    return point_is(key->handle, public_key->a);
}

// One scheme: the curve by key type, the digest's size in bits. SIGN is its sign function or NULL.
#define SCHEME(name, scheme_, key_type_, bits, sign_) \
    static skr_crypto_t verify_##name(const skr_public_key_t *key, const uint8_t *message, \
        size_t message_size, const uint8_t *signature, size_t signature_size) { \
        return ecdsa_verify( \
            key_type_, (bits) / 8, key, message, message_size, signature, signature_size); \
    } \
    const skr_signature_t openssl_ecdsa_##name = { \
        .scheme = (scheme_), \
        .key_type = (key_type_), \
        .hash = SKR_HASH_SHA##bits, \
        .verify = verify_##name, \
        .sign = (sign_), \
    };

static skr_crypto_t sign_p256_sha256(const skr_private_key_t *key, const uint8_t *message,
    size_t message_size, skr_random_t random, void *random_user, uint8_t *signature,
    size_t *signature_size) {
    (void)random;
    (void)random_user;
    return ecdsa_sign(SKR_KEY_P256, 32, key, message, message_size, signature, signature_size);
}

static skr_crypto_t sign_p384_sha384(const skr_private_key_t *key, const uint8_t *message,
    size_t message_size, skr_random_t random, void *random_user, uint8_t *signature,
    size_t *signature_size) {
    (void)random;
    (void)random_user;
    return ecdsa_sign(SKR_KEY_P384, 48, key, message, message_size, signature, signature_size);
}

SCHEME(p256_sha256, SKR_SIG_ECDSA_SECP256R1_SHA256, SKR_KEY_P256, 256, sign_p256_sha256)
SCHEME(p384_sha384, SKR_SIG_ECDSA_SECP384R1_SHA384, SKR_KEY_P384, 384, sign_p384_sha384)
SCHEME(p256_sha384, SKR_SIG_CERT_ECDSA_P256_SHA384, SKR_KEY_P256, 384, NULL)
SCHEME(p256_sha512, SKR_SIG_CERT_ECDSA_P256_SHA512, SKR_KEY_P256, 512, NULL)
SCHEME(p384_sha256, SKR_SIG_CERT_ECDSA_P384_SHA256, SKR_KEY_P384, 256, NULL)
SCHEME(p384_sha512, SKR_SIG_CERT_ECDSA_P384_SHA512, SKR_KEY_P384, 512, NULL)
