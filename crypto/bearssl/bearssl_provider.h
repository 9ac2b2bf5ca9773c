// This provider's descriptors, one by one, for builds that mix libraries or want fewer than the
// lists hold.
#ifndef SKR_BEARSSL_PROVIDER_H
#define SKR_BEARSSL_PROVIDER_H

#include "skerry/crypto.h"

extern const skr_hash_t skr_bearssl_sha256;
extern const skr_hash_t skr_bearssl_sha384;
extern const skr_hash_t skr_bearssl_sha512;

extern const skr_aead_t skr_bearssl_aes_128_gcm;
extern const skr_aead_t skr_bearssl_aes_256_gcm;
extern const skr_aead_t skr_bearssl_chacha20_poly1305;
extern const skr_aead_t skr_bearssl_aes_128_ccm;
extern const skr_aead_t skr_bearssl_aes_256_ccm;
extern const skr_aead_t skr_bearssl_aes_128_ccm_8;
extern const skr_aead_t skr_bearssl_aes_256_ccm_8;

extern const skr_group_t skr_bearssl_x25519;
extern const skr_group_t skr_bearssl_secp256r1;
extern const skr_group_t skr_bearssl_secp384r1;

extern const skr_signature_t skr_bearssl_ecdsa_secp256r1_sha256;
extern const skr_signature_t skr_bearssl_ecdsa_secp384r1_sha384;
extern const skr_signature_t skr_bearssl_rsa_pss_rsae_sha256;
extern const skr_signature_t skr_bearssl_rsa_pss_rsae_sha384;
extern const skr_signature_t skr_bearssl_rsa_pss_rsae_sha512;
extern const skr_signature_t skr_bearssl_rsa_pss_pss_sha256;
extern const skr_signature_t skr_bearssl_rsa_pss_pss_sha384;
extern const skr_signature_t skr_bearssl_rsa_pss_pss_sha512;

// For certificates and TLS 1.2
extern const skr_signature_t skr_bearssl_rsa_pkcs1_sha256;
extern const skr_signature_t skr_bearssl_rsa_pkcs1_sha384;
extern const skr_signature_t skr_bearssl_rsa_pkcs1_sha512;

// For certificates only
extern const skr_signature_t skr_bearssl_cert_ecdsa_p256_sha384;
extern const skr_signature_t skr_bearssl_cert_ecdsa_p256_sha512;
extern const skr_signature_t skr_bearssl_cert_ecdsa_p384_sha256;
extern const skr_signature_t skr_bearssl_cert_ecdsa_p384_sha512;

// Parts of a private key: of its own type, in range, and belonging together. See the functions.
bool bearssl_ecdsa_key_valid(const skr_private_key_t *key);
bool bearssl_ecdsa_key_matches(const skr_private_key_t *key, const skr_public_key_t *public_key);
bool bearssl_rsa_key_valid(const skr_private_key_t *key);
bool bearssl_rsa_key_matches(const skr_private_key_t *key, const skr_public_key_t *public_key);

// skr_random_t; user is not looked at.
bool bearssl_random(void *user, uint8_t *out, size_t size);

#endif
