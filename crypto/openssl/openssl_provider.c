// The OpenSSL provider: what it has, in the order of preference, and private keys by type.
//
// In: the descriptors of this folder. Out: skr_provider_openssl. Works with libcrypto 3.0 and
// later 3.x. AES-GCM stands before ChaCha20-Poly1305 because hosts that run OpenSSL have AES
// instructions. Objects that never change (ciphers, digests, curves) are made at first use, once
// per process, and stay until it ends; when that fails for want of memory, the algorithm stays
// unusable and says so. The low-level functions that hashes, RSA and ECDSA use are always those of
// libcrypto itself: a FIPS module or another OpenSSL provider that a host configures does not
// change them.
#include <limits.h>

#include <openssl/opensslv.h>
#include <openssl/rand.h>

#include "openssl_local.h"

static const skr_hash_t *const hashes[] = {
    &openssl_sha256,
    &openssl_sha384,
    &openssl_sha512,
    NULL,
};

static const skr_aead_t *const aeads[] = {
    &openssl_aes_128_gcm,
    &openssl_aes_256_gcm,
    &openssl_chacha20_poly1305,
    &openssl_aes_128_ccm,
    &openssl_aes_256_ccm,
    &openssl_aes_128_ccm_8,
    &openssl_aes_256_ccm_8,
    NULL,
};

static const skr_group_t *const groups[] = {
    &openssl_x25519,
    &openssl_secp256r1,
    &openssl_secp384r1,
    NULL,
};

static const skr_signature_t *const signatures[] = {
    &openssl_ecdsa_p256_sha256,
    &openssl_ed25519,
    &openssl_ecdsa_p384_sha384,
    &openssl_pss_rsae_sha256,
    &openssl_pss_rsae_sha384,
    &openssl_pss_rsae_sha512,
    &openssl_pss_pss_sha256,
    &openssl_pss_pss_sha384,
    &openssl_pss_pss_sha512,
    // For certificates and TLS 1.2.
    &openssl_pkcs1_sha256,
    &openssl_pkcs1_sha384,
    &openssl_pkcs1_sha512,
    // For certificates only.
    &openssl_ecdsa_p256_sha384,
    &openssl_ecdsa_p256_sha512,
    &openssl_ecdsa_p384_sha256,
    &openssl_ecdsa_p384_sha512,
    NULL,
};

// An external key has nothing to open; nothing here can sign with it, since it has no handle.
static bool key_open(skr_private_key_t *key) {
    key->handle = NULL;
    if (key->external) {
        return true;
    }
    switch (key->type) {
        case SKR_KEY_RSA:
        case SKR_KEY_RSA_PSS:
            return openssl_rsa_open(key);
        case SKR_KEY_P256:
        case SKR_KEY_P384:
            return openssl_ec_open(key);
        case SKR_KEY_ED25519:
            return openssl_ed25519_open(key);
        default:
            return false;
    }
}

static void key_close(skr_private_key_t *key) {
    if (key->handle == NULL) {
        return;
    }
    switch (key->type) {
        case SKR_KEY_RSA:
        case SKR_KEY_RSA_PSS:
            openssl_rsa_close(key);
            break;
        case SKR_KEY_P256:
        case SKR_KEY_P384:
            openssl_ec_close(key);
            break;
        default:
            openssl_ed25519_close(key);
            break;
    }
}

static bool key_matches(const skr_private_key_t *key, const skr_public_key_t *public_key) {
    if (key->handle == NULL || key->type != public_key->type) {
        return false;
    }
    switch (key->type) {
        case SKR_KEY_RSA:
        case SKR_KEY_RSA_PSS:
            return openssl_rsa_matches(key, public_key);
        case SKR_KEY_P256:
        case SKR_KEY_P384:
            return openssl_ec_matches(key, public_key);
        default:
            return openssl_ed25519_matches(key, public_key);
    }
}

// From the generator that the library keeps for what stays private.
static bool random_bytes(void *user, uint8_t *out, size_t size) {
    (void)user;
    return size <= INT_MAX && RAND_priv_bytes(out, (int)size) == 1;
}

const skr_provider_t skr_provider_openssl = {
    .name = OPENSSL_VERSION_TEXT,
    .hashes = hashes,
    .aeads = aeads,
    .groups = groups,
    .signatures = signatures,
    .key_open = key_open,
    .key_close = key_close,
    .key_matches = key_matches,
    .random = random_bytes,
};
