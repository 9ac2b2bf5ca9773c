// Key exchange over X25519 (RFC 7748) and NIST P-256 and P-384 (RFC 9846 sections 4.3.8 and 7.4.2)
// over BearSSL.
//
// In: random bytes and the peer's share. Out: our share and the shared secret, or a refusal of the
// peer's share. NIST curves: the random bytes are the scalar when it lies in 1 .. n-1, else they
// are sent back; a peer's point must be uncompressed, of exact size and on the curve, which
// BearSSL's mul() checks together with the range of the coordinates. X25519: any 32 bytes are a
// scalar and a share (non-canonical ones too, RFC 7748 section 5); an all-zero result is refused.
// The order in respond(): the peer's share first, so that a bad one costs one multiplication and
// not two.
#include <bearssl.h>
#include <string.h>
#include "bearssl_cores.h"
#include "bearssl_provider.h"
#include "bearssl_util.h"

#define X25519_SIZE 32

// --- NIST curves ---

static skr_crypto_t nist_public(int curve, const uint8_t *private_key, uint8_t *public_share) {
    size_t size = bearssl_curve_size(curve);
    size_t got = bearssl_cores_ec_secret()->mulgen(public_share, private_key, size, curve);
    return got == 1 + 2 * size ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

static skr_crypto_t nist_generate(int curve, const uint8_t *private_key, uint8_t *public_share) {
    if (!bearssl_scalar_valid(curve, private_key, bearssl_curve_size(curve))) {
        return SKR_CRYPTO_RETRY;
    }
    return nist_public(curve, private_key, public_share);
}

static skr_crypto_t nist_finish(
    int curve, const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    uint8_t point[SKR_GROUP_PUBLIC_MAX];
    size_t size = bearssl_curve_size(curve);
    if (peer_size != 1 + 2 * size || peer[0] != 0x04) {
        return SKR_CRYPTO_REFUSED;
    }
    memcpy(point, peer, peer_size);
    uint32_t good = bearssl_cores_ec_secret()->mul(point, peer_size, private_key, size, curve);
    if (good == 1) {
        memcpy(shared, point + 1, size); // the x coordinate, leading zeros kept
    }
    bearssl_wipe(point, sizeof(point));
    return good == 1 ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED;
}

static skr_crypto_t nist_respond(int curve, const uint8_t *random, const uint8_t *peer,
    size_t peer_size, uint8_t *response, uint8_t *shared) {
    if (!bearssl_scalar_valid(curve, random, bearssl_curve_size(curve))) {
        return SKR_CRYPTO_RETRY;
    }
    skr_crypto_t result = nist_finish(curve, random, peer, peer_size, shared);
    return result == SKR_CRYPTO_OK ? nist_public(curve, random, response) : result;
}

static skr_crypto_t secp256r1_generate(uint8_t *private_key, uint8_t *public_share) {
    return nist_generate(BR_EC_secp256r1, private_key, public_share);
}

static skr_crypto_t secp256r1_respond(
    uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared) {
    return nist_respond(BR_EC_secp256r1, random, peer, peer_size, response, shared);
}

static skr_crypto_t secp256r1_finish(
    const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    return nist_finish(BR_EC_secp256r1, private_key, peer, peer_size, shared);
}

static skr_crypto_t secp384r1_generate(uint8_t *private_key, uint8_t *public_share) {
    return nist_generate(BR_EC_secp384r1, private_key, public_share);
}

static skr_crypto_t secp384r1_respond(
    uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared) {
    return nist_respond(BR_EC_secp384r1, random, peer, peer_size, response, shared);
}

static skr_crypto_t secp384r1_finish(
    const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    return nist_finish(BR_EC_secp384r1, private_key, peer, peer_size, shared);
}

// --- X25519 ---

// RFC 7748's scalar is little-endian; BearSSL clears and sets the bits of section 5 itself.
static void x25519_scalar(uint8_t *scalar, const uint8_t *private_key) {
    for (size_t i = 0; i < X25519_SIZE; i++) {
        scalar[i] = private_key[bearssl_cores_x25519_big_endian ? X25519_SIZE - 1 - i : i];
    }
}

static skr_crypto_t x25519_generate(uint8_t *private_key, uint8_t *public_share) {
    uint8_t scalar[X25519_SIZE];
    x25519_scalar(scalar, private_key);
    size_t got = bearssl_cores_ec_secret()->mulgen(
        public_share, scalar, sizeof(scalar), BR_EC_curve25519);
    bearssl_wipe(scalar, sizeof(scalar));
    return got == X25519_SIZE ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

static skr_crypto_t x25519_finish(
    const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    uint8_t scalar[X25519_SIZE], point[X25519_SIZE];
    if (peer_size != X25519_SIZE) {
        return SKR_CRYPTO_REFUSED;
    }
    x25519_scalar(scalar, private_key);
    memcpy(point, peer, sizeof(point));
    uint32_t done = bearssl_cores_ec_secret()->mul(
        point, sizeof(point), scalar, sizeof(scalar), BR_EC_curve25519);
    skr_crypto_t result = SKR_CRYPTO_OK;
    if (done != 1) {
        result = SKR_CRYPTO_FAILED;
    } else if (bearssl_is_zero(point, sizeof(point))) {
        result = SKR_CRYPTO_REFUSED; // RFC 9846 section 7.4.2
    } else {
        memcpy(shared, point, sizeof(point));
    }
    bearssl_wipe(scalar, sizeof(scalar));
    bearssl_wipe(point, sizeof(point));
    return result;
}

static skr_crypto_t x25519_respond(
    uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared) {
    skr_crypto_t result = x25519_finish(random, peer, peer_size, shared);
    return result == SKR_CRYPTO_OK ? x25519_generate(random, response) : result;
}

// --- Descriptors ---

const skr_group_t skr_bearssl_x25519 = {
    .id = SKR_GROUP_X25519,
    .private_size = X25519_SIZE,
    .public_size = X25519_SIZE,
    .response_size = X25519_SIZE,
    .shared_size = X25519_SIZE,
    .generate = x25519_generate,
    .respond = x25519_respond,
    .finish = x25519_finish,
};

const skr_group_t skr_bearssl_secp256r1 = {
    .id = SKR_GROUP_SECP256R1,
    .private_size = 32,
    .public_size = 65,
    .response_size = 65,
    .shared_size = 32,
    .generate = secp256r1_generate,
    .respond = secp256r1_respond,
    .finish = secp256r1_finish,
};

const skr_group_t skr_bearssl_secp384r1 = {
    .id = SKR_GROUP_SECP384R1,
    .private_size = 48,
    .public_size = 97,
    .response_size = 97,
    .shared_size = 48,
    .generate = secp384r1_generate,
    .respond = secp384r1_respond,
    .finish = secp384r1_finish,
};
