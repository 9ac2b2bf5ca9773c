// What the files of the OpenSSL provider share: the descriptors by family, and the way out of a
// failed call.
#ifndef SKR_OPENSSL_OPENSSL_LOCAL_H
#define SKR_OPENSSL_OPENSSL_LOCAL_H

#include "skerry/crypto.h"

extern const skr_hash_t openssl_sha256, openssl_sha384, openssl_sha512;
extern const skr_aead_t openssl_aes_128_gcm, openssl_aes_256_gcm, openssl_chacha20_poly1305;
extern const skr_aead_t openssl_aes_128_ccm, openssl_aes_256_ccm;
extern const skr_aead_t openssl_aes_128_ccm_8, openssl_aes_256_ccm_8;
extern const skr_group_t openssl_x25519, openssl_secp256r1, openssl_secp384r1;
extern const skr_signature_t openssl_ecdsa_p256_sha256, openssl_ecdsa_p384_sha384;
extern const skr_signature_t openssl_ecdsa_p256_sha384, openssl_ecdsa_p256_sha512;
extern const skr_signature_t openssl_ecdsa_p384_sha256, openssl_ecdsa_p384_sha512;
extern const skr_signature_t openssl_ed25519;
extern const skr_signature_t openssl_pss_rsae_sha256, openssl_pss_rsae_sha384;
extern const skr_signature_t openssl_pss_rsae_sha512;
extern const skr_signature_t openssl_pss_pss_sha256, openssl_pss_pss_sha384;
extern const skr_signature_t openssl_pss_pss_sha512;
extern const skr_signature_t openssl_pkcs1_sha256, openssl_pkcs1_sha384, openssl_pkcs1_sha512;

// A curve of which the group and the order are made once. NULL: no memory.
struct ec_group_st;
const struct ec_group_st *openssl_curve(skr_group_id_t id);

// Private keys by family: see skr_provider_t.
bool openssl_ec_open(skr_private_key_t *key);
void openssl_ec_close(skr_private_key_t *key);
bool openssl_ec_matches(const skr_private_key_t *key, const skr_public_key_t *public_key);
bool openssl_rsa_open(skr_private_key_t *key);
void openssl_rsa_close(skr_private_key_t *key);
bool openssl_rsa_matches(const skr_private_key_t *key, const skr_public_key_t *public_key);
bool openssl_ed25519_open(skr_private_key_t *key);
void openssl_ed25519_close(skr_private_key_t *key);
bool openssl_ed25519_matches(const skr_private_key_t *key, const skr_public_key_t *public_key);

#endif
