// Data for the tests of crypto providers: hexadecimal to bytes, RSA keys, RSA signatures.
#ifndef SKR_SUPPORT_CRYPTO_DATA_H
#define SKR_SUPPORT_CRYPTO_DATA_H

#include "skerry/crypto.h"

typedef struct {
    uint8_t data[640];
    size_t size;
} crypto_bytes_t;

// From hexadecimal, NULL is nothing. Ends the program when it does not fit.
crypto_bytes_t crypto_hex(const char *hex);

// An RSA key by SKR_RSA_*; the private parts may be NULL.
typedef struct {
    const char *part[SKR_KEY_PARTS];
} crypto_rsa_key_t;

extern const crypto_rsa_key_t crypto_rsa_2048, crypto_rsa_2049, crypto_rsa_4096;
extern const crypto_rsa_key_t crypto_rsa_2048e3, crypto_rsa_2048e5, crypto_rsa_1024;
extern const crypto_rsa_key_t crypto_rsa_2040, crypto_rsa_4104;
extern const crypto_rsa_key_t crypto_rsa_e1, crypto_rsa_e2, crypto_rsa_even;

// A signature of "sample".
typedef struct {
    const char *name;
    const crypto_rsa_key_t *key;
    uint16_t scheme;
    bool fits;
    const char *signature;
} crypto_rsa_case_t;

extern const crypto_rsa_case_t crypto_rsa_cases[];
extern const size_t crypto_rsa_case_count;

// A private key in memory of its own, and the public key that belongs to it. The key's views point
// into the same object: it must not be copied or moved.
typedef struct {
    crypto_bytes_t bytes[SKR_KEY_PARTS];
    crypto_bytes_t point; // the public key's, for the curves
    skr_private_key_t key;
    skr_public_key_t public_key;
} crypto_key_t;

void crypto_key_rsa(crypto_key_t *key, skr_key_type_t type, const crypto_rsa_key_t *parts);
// secret and point as hexadecimal; the private key gets no point of its own.
void crypto_key_ec(crypto_key_t *key, skr_key_type_t type, const char *secret, const char *point);
// The key that tests use for a type when any will do: fixed ones, of RFC 6979, of RFC 8032,
// crypto_rsa_2048.
void crypto_key_any(crypto_key_t *key, skr_key_type_t type);
// Another one of the same type.
void crypto_key_other(crypto_key_t *key, skr_key_type_t type);

#endif
