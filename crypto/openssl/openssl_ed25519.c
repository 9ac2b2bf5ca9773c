// Ed25519 over OpenSSL's libcrypto (RFC 8032; RFC 9846 section 4.3.3), and its private keys.
//
// In: a whole message (the scheme hashes it itself, twice), a signature, a public key or a seed of
// 32 bytes. Out: a verdict, a signature of 64 bytes. The library checks without the cofactor and
// refuses an S that is not below the group's order, so that one signature has one form. EVP_PKEY is
// the only way in: nothing below it is exported. Not here: Ed25519ph and Ed25519ctx, which TLS does
// not use; Ed448.
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "openssl_local.h"

enum { KEY_SIZE = 32, SIGNATURE_SIZE = 64 };

static skr_crypto_t verify(const skr_public_key_t *key, const uint8_t *message, size_t message_size,
    const uint8_t *signature, size_t signature_size) {
    skr_crypto_t said = SKR_CRYPTO_FAILED;
    if (key->type != SKR_KEY_ED25519) {
        return SKR_CRYPTO_FAILED;
    }
    if (key->a.size != KEY_SIZE || signature_size != SIGNATURE_SIZE) {
        return SKR_CRYPTO_REFUSED;
    }
    ERR_set_mark();
    EVP_PKEY *own = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->a.data, KEY_SIZE);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (own != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, own) == 1) {
        bool fits = EVP_DigestVerify(ctx, signature, signature_size, message, message_size) == 1;
        said = fits ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED;
    }
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(own);
    ERR_pop_to_mark();
    return said;
}

static skr_crypto_t sign(const skr_private_key_t *key, const uint8_t *message, size_t message_size,
    skr_random_t random, void *random_user, uint8_t *signature, size_t *signature_size) {
    (void)random; // the scheme is deterministic
    (void)random_user;
    if (key->type != SKR_KEY_ED25519 || key->handle == NULL) {
        return SKR_CRYPTO_FAILED;
    }
    ERR_set_mark();
    *signature_size = SIGNATURE_SIZE;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->handle) == 1 &&
        EVP_DigestSign(ctx, signature, signature_size, message, message_size) == 1 &&
        *signature_size == SIGNATURE_SIZE;
    EVP_MD_CTX_free(ctx);
    ERR_pop_to_mark();
    return done ? SKR_CRYPTO_OK : SKR_CRYPTO_FAILED;
}

bool openssl_ed25519_open(skr_private_key_t *key) {
    skr_view_t seed = key->part[0];
    key->handle = NULL;
    if (seed.data == NULL || seed.size != KEY_SIZE) {
        return false;
    }
    ERR_set_mark();
    key->handle = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.data, seed.size);
    ERR_pop_to_mark();
    return key->handle != NULL;
}

void openssl_ed25519_close(skr_private_key_t *key) {
    EVP_PKEY_free(key->handle);
    key->handle = NULL;
}

bool openssl_ed25519_matches(const skr_private_key_t *key, const skr_public_key_t *public_key) {
    uint8_t own[KEY_SIZE];
    size_t size = sizeof(own);
    return EVP_PKEY_get_raw_public_key(key->handle, own, &size) == 1 && size == KEY_SIZE &&
        public_key->a.size == KEY_SIZE && CRYPTO_memcmp(own, public_key->a.data, KEY_SIZE) == 0;
}

const skr_signature_t openssl_ed25519 = {
    .scheme = SKR_SIG_ED25519,
    .key_type = SKR_KEY_ED25519,
    .hash = SKR_HASH_NONE,
    .verify = verify,
    .sign = sign,
};
