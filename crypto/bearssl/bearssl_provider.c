// The BearSSL provider: what BearSSL 0.6 offers, in the order of preference.
//
// In: a private key's parts. Out: whether they are a key; the lists.
// ChaCha20-Poly1305 and X25519 come first: BearSSL is for machines without AES in hardware. It has
// no Ed25519. Keys need no handle: every operation reads the parts where they lie. Opening one
// checks it once, which for an EC key with its public half costs one multiplication, and for an RSA
// key the product of its factors.
#include "bearssl_provider.h"

static const skr_hash_t *const hashes[] = {
    &skr_bearssl_sha256, &skr_bearssl_sha384, &skr_bearssl_sha512, NULL};

static const skr_aead_t *const aeads[] = {
    &skr_bearssl_chacha20_poly1305,
    &skr_bearssl_aes_128_gcm,
    &skr_bearssl_aes_256_gcm,
    &skr_bearssl_aes_128_ccm,
    &skr_bearssl_aes_256_ccm,
    &skr_bearssl_aes_128_ccm_8,
    &skr_bearssl_aes_256_ccm_8,
    NULL,
};

static const skr_group_t *const groups[] = {
    &skr_bearssl_x25519, &skr_bearssl_secp256r1, &skr_bearssl_secp384r1, NULL};

static const skr_signature_t *const signatures[] = {
    &skr_bearssl_ecdsa_secp256r1_sha256,
    &skr_bearssl_ecdsa_secp384r1_sha384,
    &skr_bearssl_rsa_pss_rsae_sha256,
    &skr_bearssl_rsa_pss_rsae_sha384,
    &skr_bearssl_rsa_pss_rsae_sha512,
    &skr_bearssl_rsa_pss_pss_sha256,
    &skr_bearssl_rsa_pss_pss_sha384,
    &skr_bearssl_rsa_pss_pss_sha512,
    // For certificates and TLS 1.2
    &skr_bearssl_rsa_pkcs1_sha256,
    &skr_bearssl_rsa_pkcs1_sha384,
    &skr_bearssl_rsa_pkcs1_sha512,
    // For certificates only
    &skr_bearssl_cert_ecdsa_p256_sha384,
    &skr_bearssl_cert_ecdsa_p256_sha512,
    &skr_bearssl_cert_ecdsa_p384_sha256,
    &skr_bearssl_cert_ecdsa_p384_sha512,
    NULL,
};

static bool is_rsa(unsigned key_type) {
    return key_type == SKR_KEY_RSA || key_type == SKR_KEY_RSA_PSS;
}

static bool key_open(skr_private_key_t *key) {
    key->handle = NULL;
    return is_rsa(key->type) ? bearssl_rsa_key_valid(key) : bearssl_ecdsa_key_valid(key);
}

static void key_close(skr_private_key_t *key) {
    key->handle = NULL;
}

static bool key_matches(const skr_private_key_t *key, const skr_public_key_t *public_key) {
    return is_rsa(key->type) ? bearssl_rsa_key_matches(key, public_key)
                             : bearssl_ecdsa_key_matches(key, public_key);
}

const skr_provider_t skr_provider_bearssl = {
    .name = "BearSSL 0.6",
    .hashes = hashes,
    .aeads = aeads,
    .groups = groups,
    .signatures = signatures,
    .key_open = key_open,
    .key_close = key_close,
    .key_matches = key_matches,
    .random = bearssl_random,
};
