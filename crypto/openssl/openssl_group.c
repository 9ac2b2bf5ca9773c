// Key exchange over OpenSSL's libcrypto: X25519 (RFC 7748), secp256r1 and secp384r1 (RFC 9846
// section 4.3.8.2).
//
// In: random bytes that become private keys, the peer's share. Out: this side's share, the shared
// secret. The NIST curves use EC_POINT arithmetic on groups that are made once per process;
// EVP_PKEY would build a group and two keys per handshake. For a single scalar the library
// multiplies in constant time on both curves. X25519 has no entry below EVP_PKEY. A peer's point is
// taken in the uncompressed form only, must lie on the curve and must not be infinity; an all-zero
// X25519 secret is refused (RFC 9846 section 7.4.2). Not here: the drawing of random bytes (the
// engine's), point compression, hybrids.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "openssl_local.h"

enum { X25519_SIZE = 32, P256_SIZE = 32, P384_SIZE = 48, POINT_UNCOMPRESSED = 4 };

static CRYPTO_ONCE made = CRYPTO_ONCE_STATIC_INIT;
static EC_GROUP *secp256r1, *secp384r1;

static void make_curves(void) {
    secp256r1 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    secp384r1 = EC_GROUP_new_by_curve_name(NID_secp384r1);
}

const EC_GROUP *openssl_curve(skr_group_id_t id) {
    if (CRYPTO_THREAD_run_once(&made, make_curves) != 1) {
        return NULL;
    }
    return id == SKR_GROUP_SECP256R1 ? secp256r1 : secp384r1;
}

// The numbers and points of one operation on a NIST curve; all that may be secret is wiped at its
// end.
typedef struct {
    const EC_GROUP *curve;
    size_t size; // bytes of a coordinate and of a scalar
    BN_CTX *ctx;
    BIGNUM *scalar, *x;
    EC_POINT *point, *product;
} nist_t;

static bool nist_start(nist_t *op, skr_group_id_t id, const uint8_t *scalar) {
    *op = (nist_t){.curve = openssl_curve(id)};
    op->size = id == SKR_GROUP_SECP256R1 ? P256_SIZE : P384_SIZE;
    if (op->curve == NULL) {
        return false;
    }
    op->ctx = BN_CTX_new();
    op->x = BN_new();
    op->scalar = BN_bin2bn(scalar, (int)op->size, NULL);
    op->point = EC_POINT_new(op->curve);
    op->product = EC_POINT_new(op->curve);
    if (op->ctx == NULL || op->x == NULL || op->scalar == NULL || op->point == NULL ||
        op->product == NULL) {
        return false;
    }
    BN_set_flags(op->scalar, BN_FLG_CONSTTIME);
    BN_set_flags(op->x, BN_FLG_CONSTTIME);
    return true;
}

static void nist_end(nist_t *op) {
    EC_POINT_clear_free(op->product);
    EC_POINT_clear_free(op->point);
    BN_clear_free(op->scalar);
    BN_clear_free(op->x);
    BN_CTX_free(op->ctx);
}

// A rejected draw is thrown away, an accepted one differs from the order in its first word with a
// probability of 1 - 2^-32: BN_cmp() tells nothing about a key that is used.
static bool nist_scalar_fits(const nist_t *op) {
    return !BN_is_zero(op->scalar) && BN_cmp(op->scalar, EC_GROUP_get0_order(op->curve)) < 0;
}

// The public share of the scalar.
static skr_crypto_t nist_share(nist_t *op, uint8_t *share) {
    if (!nist_scalar_fits(op)) {
        return SKR_CRYPTO_RETRY;
    }
    size_t share_size = 1 + 2 * op->size;
    bool done = EC_POINT_mul(op->curve, op->product, op->scalar, NULL, NULL, op->ctx) == 1 &&
        EC_POINT_point2oct(op->curve, op->product, POINT_CONVERSION_UNCOMPRESSED, share, share_size,
            op->ctx) == share_size;
    return done ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

// The x coordinate of scalar times the peer's point (RFC 9846 section 7.4.2).
static skr_crypto_t nist_shared(
    nist_t *op, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    if (!nist_scalar_fits(op)) {
        return SKR_CRYPTO_FAILED;
    }
    if (peer_size != 1 + 2 * op->size || peer[0] != POINT_UNCOMPRESSED) {
        return SKR_CRYPTO_REFUSED;
    }
    // Coordinates below the field's prime, on the curve: RFC 9846 section 4.3.8.2. Infinity has no
    // such form.
    if (EC_POINT_oct2point(op->curve, op->point, peer, peer_size, op->ctx) != 1) {
        return SKR_CRYPTO_REFUSED;
    }
    bool done = EC_POINT_mul(op->curve, op->product, NULL, op->point, op->scalar, op->ctx) == 1 &&
        EC_POINT_is_at_infinity(op->curve, op->product) == 0 &&
        EC_POINT_get_affine_coordinates(op->curve, op->product, op->x, NULL, op->ctx) == 1 &&
        BN_bn2binpad(op->x, shared, (int)op->size) == (int)op->size;
    return done ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

static skr_crypto_t nist_generate(skr_group_id_t id, const uint8_t *private_key, uint8_t *share) {
    nist_t op;
    ERR_set_mark();
    skr_crypto_t said = nist_start(&op, id, private_key) ? nist_share(&op, share)
                                                         : SKR_CRYPTO_FAILED;
    nist_end(&op);
    ERR_pop_to_mark();
    return said;
}

static skr_crypto_t nist_finish(skr_group_id_t id, const uint8_t *private_key, const uint8_t *peer,
    size_t peer_size, uint8_t *shared) {
    nist_t op;
    ERR_set_mark();
    skr_crypto_t said = nist_start(&op, id, private_key) ? nist_shared(&op, peer, peer_size, shared)
                                                         : SKR_CRYPTO_FAILED;
    nist_end(&op);
    ERR_pop_to_mark();
    return said;
}

static skr_crypto_t nist_respond(skr_group_id_t id, const uint8_t *random, const uint8_t *peer,
    size_t peer_size, uint8_t *response, uint8_t *shared) {
    nist_t op;
    ERR_set_mark();
    skr_crypto_t said = nist_start(&op, id, random) ? nist_share(&op, response) : SKR_CRYPTO_FAILED;
    if (said == SKR_CRYPTO_OK) {
        said = nist_shared(&op, peer, peer_size, shared);
    }
    nist_end(&op);
    ERR_pop_to_mark();
    return said;
}

static skr_crypto_t p256_generate(uint8_t *private_key, uint8_t *share) {
    return nist_generate(SKR_GROUP_SECP256R1, private_key, share);
}

static skr_crypto_t p256_respond(
    uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared) {
    return nist_respond(SKR_GROUP_SECP256R1, random, peer, peer_size, response, shared);
}

static skr_crypto_t p256_finish(
    const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    return nist_finish(SKR_GROUP_SECP256R1, private_key, peer, peer_size, shared);
}

static skr_crypto_t p384_generate(uint8_t *private_key, uint8_t *share) {
    return nist_generate(SKR_GROUP_SECP384R1, private_key, share);
}

static skr_crypto_t p384_respond(
    uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared) {
    return nist_respond(SKR_GROUP_SECP384R1, random, peer, peer_size, response, shared);
}

static skr_crypto_t p384_finish(
    const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    return nist_finish(SKR_GROUP_SECP384R1, private_key, peer, peer_size, shared);
}

// The secret of own and the peer's share. Once the operation is set up, all that derive can say is
// that the secret is all-zero, which must end the handshake (RFC 9846 section 7.4.2, RFC 7748
// section 6.1).
static skr_crypto_t x25519_derive(EVP_PKEY *own, const uint8_t *peer, uint8_t *shared) {
    EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, X25519_SIZE);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    skr_crypto_t said = SKR_CRYPTO_FAILED;
    size_t size = X25519_SIZE;
    // Every 32 bytes are a valid X25519 share: no further check of the peer's is asked for (the 0).
    if (other != NULL && ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
        EVP_PKEY_derive_set_peer_ex(ctx, other, 0) == 1) {
        said = EVP_PKEY_derive(ctx, shared, &size) == 1 && size == X25519_SIZE ? SKR_CRYPTO_OK
                                                                               : SKR_CRYPTO_REFUSED;
    }
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(other);
    return said;
}

// The own key and its public share.
static EVP_PKEY *x25519_own(const uint8_t *private_key, uint8_t *share) {
    size_t size = X25519_SIZE;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, X25519_SIZE);
    if (own != NULL &&
        (EVP_PKEY_get_raw_public_key(own, share, &size) != 1 || size != X25519_SIZE)) {
        EVP_PKEY_free(own);
        own = NULL;
    }
    return own;
}

static skr_crypto_t x25519_generate(uint8_t *private_key, uint8_t *share) {
    ERR_set_mark();
    EVP_PKEY *own = x25519_own(private_key, share);
    skr_crypto_t said = own == NULL ? SKR_CRYPTO_FAILED : SKR_CRYPTO_OK;
    EVP_PKEY_free(own);
    ERR_pop_to_mark();
    return said;
}

static skr_crypto_t x25519_respond(
    uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared) {
    if (peer_size != X25519_SIZE) {
        return SKR_CRYPTO_REFUSED;
    }
    ERR_set_mark();
    EVP_PKEY *own = x25519_own(random, response);
    skr_crypto_t said = own == NULL ? SKR_CRYPTO_FAILED : x25519_derive(own, peer, shared);
    EVP_PKEY_free(own);
    ERR_pop_to_mark();
    return said;
}

// The own key without the multiplication that would give its public half, as costly as the exchange
// itself: derive looks at the private half only, so that any bytes may stand for the public one.
static EVP_PKEY *x25519_own_again(const uint8_t *private_key) {
    EVP_PKEY *own = NULL;
    uint8_t unused[X25519_SIZE] = {9};
    void *scalar = (void *)(uintptr_t)private_key; // only read from
    OSSL_PARAM parts[3] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, scalar, X25519_SIZE),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, unused, sizeof(unused)),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &own, EVP_PKEY_KEYPAIR, parts) != 1) {
        own = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return own;
}

static skr_crypto_t x25519_finish(
    const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    if (peer_size != X25519_SIZE) {
        return SKR_CRYPTO_REFUSED;
    }
    ERR_set_mark();
    EVP_PKEY *own = x25519_own_again(private_key);
    skr_crypto_t said = own == NULL ? SKR_CRYPTO_FAILED : x25519_derive(own, peer, shared);
    EVP_PKEY_free(own);
    ERR_pop_to_mark();
    return said;
}

const skr_group_t openssl_x25519 = {
    .id = SKR_GROUP_X25519,
    .private_size = X25519_SIZE,
    .public_size = X25519_SIZE,
    .response_size = X25519_SIZE,
    .shared_size = X25519_SIZE,
    .generate = x25519_generate,
    .respond = x25519_respond,
    .finish = x25519_finish,
};

const skr_group_t openssl_secp256r1 = {
    .id = SKR_GROUP_SECP256R1,
    .private_size = P256_SIZE,
    .public_size = 1 + 2 * P256_SIZE,
    .response_size = 1 + 2 * P256_SIZE,
    .shared_size = P256_SIZE,
    .generate = p256_generate,
    .respond = p256_respond,
    .finish = p256_finish,
};

const skr_group_t openssl_secp384r1 = {
    .id = SKR_GROUP_SECP384R1,
    .private_size = P384_SIZE,
    .public_size = 1 + 2 * P384_SIZE,
    .response_size = 1 + 2 * P384_SIZE,
    .shared_size = P384_SIZE,
    .generate = p384_generate,
    .respond = p384_respond,
    .finish = p384_finish,
};
