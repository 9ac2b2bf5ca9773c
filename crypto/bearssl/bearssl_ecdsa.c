// ECDSA over P-256 and P-384 (FIPS 186-4, RFC 9846 section 4.3.3) over BearSSL, and checks of such
// private keys.
//
// In: a digest, a key, a signature in DER (ECDSA-Sig-Value, RFC 3279 section 2.2.3). Out: OK or a
// refusal; a signature. BearSSL's own reader of the DER form takes non-minimal lengths and numbers,
// so signatures are read here: one encoding only, both numbers in 1 .. n-1, nothing behind it.
// BearSSL then verifies the two numbers, cuts a digest that is longer than the curve, and refuses a
// public key that is no point of it. Signing is deterministic (RFC 6979): it draws no random bytes.
// A scalar is never copied but by BearSSL.
// A digest of all zeros, which no hash function yields, BearSSL does not verify.
#include <bearssl.h>
#include <string.h>
#include "bearssl_cores.h"
#include "bearssl_provider.h"
#include "bearssl_util.h"

#define SCALAR_MAX 48 // bytes, P-384
#define POINT_MAX 97
#define DER_SEQUENCE 0x30
#define DER_INTEGER 0x02

// The curve of a key type, 0: none.
static int curve_of(unsigned key_type) {
    return key_type == SKR_KEY_P256 ? BR_EC_secp256r1
        : key_type == SKR_KEY_P384  ? BR_EC_secp384r1
                                    : 0;
}

// --- Verifying ---

// Reads one positive INTEGER in its only encoding from der[*at..size) into out[0..width), padded on
// the left.
static bool read_number(const uint8_t *der, size_t size, size_t *at, uint8_t *out, size_t width) {
    if (size - *at < 2 || der[*at] != DER_INTEGER) {
        return false;
    }
    size_t length = der[*at + 1]; // 0x80 and more, the long form, is more than fits
    const uint8_t *digits = der + *at + 2;
    if (length == 0 || length > width + 1 || length > size - *at - 2) {
        return false;
    }
    *at += 2 + length;
    if (digits[0] >= 0x80) {
        return false; // negative
    }
    if (digits[0] == 0) {
        digits++;
        length--;
        if (length == 0 || digits[0] < 0x80) {
            return false; // zero, or a leading zero that nothing asks for
        }
    }
    if (length > width) {
        return false;
    }
    memset(out, 0, width - length);
    memcpy(out + width - length, digits, length);
    return true;
}

// Reads ECDSA-Sig-Value into r and s, side by side. For these curves its length fits the short
// form.
static bool read_signature(
    int curve, const uint8_t *der, size_t size, uint8_t raw[2 * SCALAR_MAX]) {
    size_t width = bearssl_curve_size(curve);
    size_t at = 2;
    if (size < 2 || size > 2 + 0x7f || der[0] != DER_SEQUENCE || der[1] != size - 2) {
        return false;
    }
    return read_number(der, size, &at, raw, width) &&
        read_number(der, size, &at, raw + width, width) && at == size &&
        bearssl_scalar_valid(curve, raw, width) && bearssl_scalar_valid(curve, raw + width, width);
}

static skr_crypto_t ecdsa_verify(unsigned key_type, size_t hash_size, const skr_public_key_t *key,
    const uint8_t *message, size_t message_size, const uint8_t *signature, size_t signature_size) {
    uint8_t raw[2 * SCALAR_MAX];
    int curve = curve_of(key_type);
    size_t width = bearssl_curve_size(curve);
    if (key->type != key_type || key->a.size != 1 + 2 * width || message_size != hash_size ||
        !read_signature(curve, signature, signature_size, raw)) {
        return SKR_CRYPTO_REFUSED;
    }
    br_ec_public_key point = {
        .curve = curve, .q = bearssl_unconst(key->a.data), .qlen = key->a.size};
    uint32_t good = bearssl_cores_ecdsa_verify()(
        bearssl_cores_ec_public(), message, message_size, &point, raw, 2 * width);
    return good == 1 ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED;
}

// --- Signing ---

static skr_crypto_t ecdsa_sign(unsigned key_type, const br_hash_class *hash, size_t hash_size,
    const skr_private_key_t *key, const uint8_t *message, size_t message_size, uint8_t *signature,
    size_t *signature_size) {
    int curve = curve_of(key_type);
    const skr_view_t *scalar = &key->part[0];
    if (key->type != key_type || key->external || message_size != hash_size ||
        !bearssl_scalar_valid(curve, scalar->data, scalar->size)) {
        return SKR_CRYPTO_FAILED;
    }
    br_ec_private_key private_key = {
        .curve = curve, .x = bearssl_unconst(scalar->data), .xlen = scalar->size};
    *signature_size = bearssl_cores_ecdsa_sign()(
        bearssl_cores_ec_secret(), hash, message, &private_key, signature);
    return *signature_size != 0 ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

// --- Keys ---

// The point that belongs to a private key: 1 + 2 * width bytes. false: the scalar is out of range.
static bool compute_point(int curve, const skr_view_t *scalar, uint8_t point[POINT_MAX]) {
    return bearssl_scalar_valid(curve, scalar->data, scalar->size) &&
        bearssl_cores_ec_secret()->mulgen(point, scalar->data, scalar->size, curve) ==
        1 + 2 * bearssl_curve_size(curve);
}

static bool has_point(const skr_private_key_t *key, const skr_view_t *point) {
    uint8_t own[POINT_MAX];
    int curve = curve_of(key->type);
    return point->size == 1 + 2 * bearssl_curve_size(curve) &&
        compute_point(curve, &key->part[0], own) && bearssl_equal(own, point->data, point->size);
}

bool bearssl_ecdsa_key_valid(const skr_private_key_t *key) {
    if (curve_of(key->type) == 0) {
        return false;
    }
    if (key->part[1].data != NULL) {
        return has_point(key, &key->part[1]);
    }
    return bearssl_scalar_valid(curve_of(key->type), key->part[0].data, key->part[0].size);
}

// Asked for every connection, so a point that key_open() has checked already is compared and not
// computed: a multiplication would cost as much as the signature.
bool bearssl_ecdsa_key_matches(const skr_private_key_t *key, const skr_public_key_t *public_key) {
    const skr_view_t *own = &key->part[1], *point = &public_key->a;
    if (curve_of(key->type) == 0 || key->type != public_key->type) {
        return false;
    }
    if (own->data != NULL) {
        return own->size == point->size && bearssl_equal(own->data, point->data, point->size);
    }
    return has_point(key, point);
}

// --- Descriptors ---

#define ECDSA_VERIFY(NAME, KEY, HASH) \
    static skr_crypto_t NAME##_verify(const skr_public_key_t *key, const uint8_t *message, \
        size_t message_size, const uint8_t *signature, size_t signature_size) { \
        return ecdsa_verify( \
            KEY, br_##HASH##_SIZE, key, message, message_size, signature, signature_size); \
    }

#define ECDSA_SIGN(NAME, KEY, HASH) \
    static skr_crypto_t NAME##_sign(const skr_private_key_t *key, const uint8_t *message, \
        size_t message_size, skr_random_t random, void *random_user, uint8_t *signature, \
        size_t *signature_size) { \
        (void)random; \
        (void)random_user; \
        return ecdsa_sign(KEY, &br_##HASH##_vtable, br_##HASH##_SIZE, key, message, message_size, \
            signature, signature_size); \
    }

#define ECDSA_SCHEME(NAME, SCHEME, KEY, HASH, SIGN) \
    const skr_signature_t skr_bearssl_##NAME = { \
        .scheme = (SCHEME), \
        .key_type = (KEY), \
        .hash = (HASH), \
        .verify = NAME##_verify, \
        .sign = (SIGN), \
    };

ECDSA_VERIFY(ecdsa_secp256r1_sha256, SKR_KEY_P256, sha256)
ECDSA_VERIFY(ecdsa_secp384r1_sha384, SKR_KEY_P384, sha384)
ECDSA_VERIFY(cert_ecdsa_p256_sha384, SKR_KEY_P256, sha384)
ECDSA_VERIFY(cert_ecdsa_p256_sha512, SKR_KEY_P256, sha512)
ECDSA_VERIFY(cert_ecdsa_p384_sha256, SKR_KEY_P384, sha256)
ECDSA_VERIFY(cert_ecdsa_p384_sha512, SKR_KEY_P384, sha512)
ECDSA_SIGN(ecdsa_secp256r1_sha256, SKR_KEY_P256, sha256)
ECDSA_SIGN(ecdsa_secp384r1_sha384, SKR_KEY_P384, sha384)

ECDSA_SCHEME(ecdsa_secp256r1_sha256, SKR_SIG_ECDSA_SECP256R1_SHA256, SKR_KEY_P256, SKR_HASH_SHA256,
    ecdsa_secp256r1_sha256_sign)
ECDSA_SCHEME(ecdsa_secp384r1_sha384, SKR_SIG_ECDSA_SECP384R1_SHA384, SKR_KEY_P384, SKR_HASH_SHA384,
    ecdsa_secp384r1_sha384_sign)
ECDSA_SCHEME(
    cert_ecdsa_p256_sha384, SKR_SIG_CERT_ECDSA_P256_SHA384, SKR_KEY_P256, SKR_HASH_SHA384, NULL)
ECDSA_SCHEME(
    cert_ecdsa_p256_sha512, SKR_SIG_CERT_ECDSA_P256_SHA512, SKR_KEY_P256, SKR_HASH_SHA512, NULL)
ECDSA_SCHEME(
    cert_ecdsa_p384_sha256, SKR_SIG_CERT_ECDSA_P384_SHA256, SKR_KEY_P384, SKR_HASH_SHA256, NULL)
ECDSA_SCHEME(
    cert_ecdsa_p384_sha512, SKR_SIG_CERT_ECDSA_P384_SHA512, SKR_KEY_P384, SKR_HASH_SHA512, NULL)
