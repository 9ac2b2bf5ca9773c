// RSA (RFC 8017) over BearSSL's raw operations: keys, and PKCS #1 v1.5 signatures.
//
// In: keys as big-endian numbers, digests, signatures. Out: OK or a refusal; the raw operations for
// PSS. The encoded message (section 9.2) is built here and compared as a whole: nothing in a
// signature is parsed, so nothing can hide in it. Keys: SKR_RSA_BITS_MIN to _MAX, odd modulus, odd
// exponent from 3 below 2^32. A private key is checked for what is cheap (n = p * q); wrong
// exponents show when a signature is checked before it leaves, as one wrong half of the CRT
// computation would give the factors away. BearSSL 0.6's own computation of n from p and q fails
// for 4096 bits, hence product_is(). Does not know that TLS 1.3 has PKCS #1 v1.5 in certificates
// only (RFC 9846 section 4.3.3); TLS 1.2 signs handshakes with it too.
#include <bearssl.h>
#include <string.h>
#include "bearssl_cores.h"
#include "bearssl_provider.h"
#include "bearssl_rsa_core.h"
#include "bearssl_util.h"

static skr_view_t without_zeros(skr_view_t number) {
    while (number.size > 0 && number.data[0] == 0) {
        number.data++;
        number.size--;
    }
    return number;
}

static size_t bits_of(skr_view_t number) {
    size_t bits = 8 * number.size;
    for (unsigned top = number.data[0]; top < 0x80; top <<= 1) {
        bits--;
    }
    return bits;
}

static bool is_odd(skr_view_t number) {
    return number.size > 0 && (number.data[number.size - 1] & 1) != 0;
}

// --- Public keys ---

size_t bearssl_rsa_bits(const skr_public_key_t *key, unsigned key_type) {
    skr_view_t n = key->a;
    skr_view_t e = key->b;
    if (key->type != key_type || !is_odd(n) || n.data[0] == 0 || n.size > BEARSSL_RSA_MAX ||
        !is_odd(e) || e.data[0] == 0 || e.size > 4 || (e.size == 1 && e.data[0] == 1)) {
        return 0;
    }
    size_t bits = bits_of(n);
    return bits >= SKR_RSA_BITS_MIN && bits <= SKR_RSA_BITS_MAX ? bits : 0;
}

skr_crypto_t bearssl_rsa_recover(const skr_public_key_t *key, unsigned key_type,
    const uint8_t *signature, size_t signature_size, uint8_t em[BEARSSL_RSA_MAX]) {
    if (bearssl_rsa_bits(key, key_type) == 0 || signature_size != key->a.size) {
        return SKR_CRYPTO_REFUSED;
    }
    br_rsa_public_key numbers = {
        .n = bearssl_unconst(key->a.data),
        .nlen = key->a.size,
        .e = bearssl_unconst(key->b.data),
        .elen = key->b.size,
    };
    memcpy(em, signature, signature_size);
    // Refuses what is not below n.
    return bearssl_cores_rsa_public()(em, signature_size, &numbers) == 1 ? SKR_CRYPTO_OK
                                                                         : SKR_CRYPTO_REFUSED;
}

// --- Private keys ---

void bearssl_rsa_public_half(const skr_private_key_t *key, skr_public_key_t *public_key) {
    public_key->type = key->type;
    public_key->a = without_zeros(key->part[SKR_RSA_N]);
    public_key->b = without_zeros(key->part[SKR_RSA_E]);
}

bool bearssl_rsa_private(const skr_private_key_t *key, size_t bits, uint8_t *data) {
    br_rsa_private_key numbers = {
        .n_bitlen = (uint32_t)bits,
        .p = bearssl_unconst(key->part[SKR_RSA_P].data),
        .plen = key->part[SKR_RSA_P].size,
        .q = bearssl_unconst(key->part[SKR_RSA_Q].data),
        .qlen = key->part[SKR_RSA_Q].size,
        .dp = bearssl_unconst(key->part[SKR_RSA_DP].data),
        .dplen = key->part[SKR_RSA_DP].size,
        .dq = bearssl_unconst(key->part[SKR_RSA_DQ].data),
        .dqlen = key->part[SKR_RSA_DQ].size,
        .iq = bearssl_unconst(key->part[SKR_RSA_QINV].data),
        .iqlen = key->part[SKR_RSA_QINV].size,
    };
    return bearssl_cores_rsa_private()(data, &numbers) == 1;
}

// Is n = p * q? Column by column from the right, so that no product has to be kept and the time
// depends on sizes only. A column of factors of 512 bytes sums up to less than 2^26.
static bool product_is(skr_view_t p, skr_view_t q, skr_view_t n) {
    uint32_t carry = 0;
    uint32_t difference = 0;
    for (size_t column = 0; column < n.size; column++) {
        size_t first = column < q.size ? 0 : column - q.size + 1;
        for (size_t i = first; i <= column && i < p.size; i++) {
            carry += (uint32_t)p.data[p.size - 1 - i] * q.data[q.size - 1 - (column - i)];
        }
        difference |= (carry & 0xff) ^ n.data[n.size - 1 - column];
        carry >>= 8;
    }
    return (difference | carry) == 0;
}

bool bearssl_rsa_key_valid(const skr_private_key_t *key) {
    skr_public_key_t half;
    bearssl_rsa_public_half(key, &half);
    if ((key->type != SKR_KEY_RSA && key->type != SKR_KEY_RSA_PSS) ||
        bearssl_rsa_bits(&half, key->type) == 0) {
        return false;
    }
    skr_view_t p = without_zeros(key->part[SKR_RSA_P]);
    skr_view_t q = without_zeros(key->part[SKR_RSA_Q]);
    // Factors of about the same size: BearSSL has room for one bit in 64 more than the half, and 3
    // * 5 is no key.
    size_t most = half.a.size / 2 + 4;
    if (!is_odd(p) || !is_odd(q) || p.size > most || q.size > most ||
        p.size + q.size < half.a.size) {
        return false;
    }
    skr_view_t dp = without_zeros(key->part[SKR_RSA_DP]);
    skr_view_t dq = without_zeros(key->part[SKR_RSA_DQ]);
    skr_view_t qinv = without_zeros(key->part[SKR_RSA_QINV]);
    // d mod (p - 1) is odd, as e * dp = 1 modulo an even number.
    if (!is_odd(dp) || dp.size > p.size || !is_odd(dq) || dq.size > q.size || qinv.size == 0 ||
        qinv.size > p.size) {
        return false;
    }
    return product_is(p, q, half.a);
}

bool bearssl_rsa_key_matches(const skr_private_key_t *key, const skr_public_key_t *public_key) {
    skr_public_key_t half;
    bearssl_rsa_public_half(key, &half);
    return key->type == public_key->type && half.a.size != 0 && half.b.size != 0 &&
        half.a.size == public_key->a.size && half.b.size == public_key->b.size &&
        bearssl_equal(half.a.data, public_key->a.data, half.a.size) &&
        bearssl_equal(half.b.data, public_key->b.data, half.b.size);
}

// --- PKCS #1 v1.5 ---

#define DIGEST_INFO_SIZE 19

// Writes the head of DigestInfo (RFC 8017 section 9.2, note 1): SHA-2 with explicit NULL
// parameters.
static void digest_info(uint8_t out[DIGEST_INFO_SIZE], uint8_t hash_oid, size_t hash_size) {
    static const uint8_t shape[DIGEST_INFO_SIZE] = {0x30, 0, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
        0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0, 0x05, 0x00, 0x04, 0};
    memcpy(out, shape, sizeof(shape));
    out[1] = (uint8_t)(DIGEST_INFO_SIZE - 2 + hash_size);
    out[14] = hash_oid;
    out[18] = (uint8_t)hash_size;
}

static skr_crypto_t pkcs1_verify(uint8_t hash_oid, size_t hash_size, const skr_public_key_t *key,
    const uint8_t *message, size_t message_size, const uint8_t *signature, size_t signature_size) {
    uint8_t em[BEARSSL_RSA_MAX], head[DIGEST_INFO_SIZE];
    if (message_size != hash_size) {
        return SKR_CRYPTO_REFUSED;
    }
    skr_crypto_t result = bearssl_rsa_recover(key, SKR_KEY_RSA, signature, signature_size, em);
    if (result != SKR_CRYPTO_OK) {
        return result;
    }
    // 00 01 ff..ff 00 DigestInfo digest; every key that is taken leaves far more than 8 bytes of
    // ff.
    size_t padding_end = signature_size - 1 - DIGEST_INFO_SIZE - hash_size;
    uint8_t wrong = (uint8_t)(em[0] | (em[1] ^ 0x01) | em[padding_end]);
    for (size_t i = 2; i < padding_end; i++) {
        wrong = (uint8_t)(wrong | (em[i] ^ 0xff));
    }
    digest_info(head, hash_oid, hash_size);
    bool same = bearssl_equal(em + padding_end + 1, head, sizeof(head)) &&
        bearssl_equal(em + signature_size - hash_size, message, hash_size);
    return wrong == 0 && same ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED;
}

static skr_crypto_t pkcs1_sign(uint8_t hash_oid, size_t hash_size, const skr_private_key_t *key,
    const uint8_t *message, size_t message_size, uint8_t *signature, size_t *signature_size) {
    skr_public_key_t half;
    bearssl_rsa_public_half(key, &half);
    size_t bits = bearssl_rsa_bits(&half, SKR_KEY_RSA);
    if (bits == 0 || key->external || message_size != hash_size) {
        return SKR_CRYPTO_FAILED;
    }
    size_t size = half.a.size;
    size_t padding_end = size - 1 - DIGEST_INFO_SIZE - hash_size;
    memset(signature, 0xff, padding_end);
    signature[0] = 0x00;
    signature[1] = 0x01;
    signature[padding_end] = 0x00;
    digest_info(signature + padding_end + 1, hash_oid, hash_size);
    memcpy(signature + size - hash_size, message, hash_size);
    bool good = bearssl_rsa_private(key, bits, signature) &&
        pkcs1_verify(hash_oid, hash_size, &half, message, message_size, signature, size) ==
            SKR_CRYPTO_OK;
    if (!good) {
        bearssl_wipe(signature, size);
        return SKR_CRYPTO_FAILED;
    }
    *signature_size = size;
    return SKR_CRYPTO_OK;
}

// --- Descriptors ---

#define PKCS1_SCHEME(NAME, SCHEME, HASH, OID, SIZE) \
    static skr_crypto_t NAME##_verify(const skr_public_key_t *key, const uint8_t *message, \
        size_t message_size, const uint8_t *signature, size_t signature_size) { \
        return pkcs1_verify(OID, SIZE, key, message, message_size, signature, signature_size); \
    } \
    static skr_crypto_t NAME##_sign(const skr_private_key_t *key, const uint8_t *message, \
        size_t message_size, skr_random_t random, void *random_user, uint8_t *signature, \
        size_t *signature_size) { \
        (void)random, (void)random_user; \
        return pkcs1_sign(OID, SIZE, key, message, message_size, signature, signature_size); \
    } \
    const skr_signature_t skr_bearssl_##NAME = { \
        .scheme = (SCHEME), \
        .key_type = SKR_KEY_RSA, \
        .hash = (HASH), \
        .verify = NAME##_verify, \
        .sign = NAME##_sign, \
    };

// The last arcs of id-sha256, id-sha384 and id-sha512 (RFC 8017 appendix B.1).
PKCS1_SCHEME(rsa_pkcs1_sha256, SKR_SIG_RSA_PKCS1_SHA256, SKR_HASH_SHA256, 1, br_sha256_SIZE)
PKCS1_SCHEME(rsa_pkcs1_sha384, SKR_SIG_RSA_PKCS1_SHA384, SKR_HASH_SHA384, 2, br_sha384_SIZE)
PKCS1_SCHEME(rsa_pkcs1_sha512, SKR_SIG_RSA_PKCS1_SHA512, SKR_HASH_SHA512, 3, br_sha512_SIZE)
