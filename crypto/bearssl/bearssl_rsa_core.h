// RSA's raw operations and key checks, which PKCS #1 v1.5 and PSS share.
// (A header named bearssl_rsa.h would hide the library's.)
#ifndef SKR_BEARSSL_RSA_CORE_H
#define SKR_BEARSSL_RSA_CORE_H

#include "skerry/crypto.h"

#define BEARSSL_RSA_MAX (SKR_RSA_BITS_MAX / 8) // bytes

// Bits of a public key of that type whose modulus and exponent this provider takes, 0: it does not.
size_t bearssl_rsa_bits(const skr_public_key_t *key, unsigned key_type);

// em = signature ^ e mod n, as many bytes as the modulus has. REFUSED: the key or the signature's
// size or range.
skr_crypto_t bearssl_rsa_recover(const skr_public_key_t *key, unsigned key_type,
    const uint8_t *signature, size_t signature_size, uint8_t em[BEARSSL_RSA_MAX]);

// The public half of a private key, leading zeros dropped.
void bearssl_rsa_public_half(const skr_private_key_t *key, skr_public_key_t *public_key);

// data = data ^ d mod n in place, as many bytes as the modulus has.
bool bearssl_rsa_private(const skr_private_key_t *key, size_t bits, uint8_t *data);

#endif
