// The tests that every crypto provider must pass, family by family. A test program names the
// provider and calls all.
#ifndef SKR_SUPPORT_CRYPTO_CASES_H
#define SKR_SUPPORT_CRYPTO_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/test/test_crypto.h"
#include "skerry/crypto.h"
#include "support/crypto_data.h"

// What the tests get as state.
typedef struct {
    const skr_provider_t *provider; // under test
    const skr_provider_t *other; // does it understand another one?
} crypto_pair_t;

// Each runs a group of tests and returns the number of those that failed.
int crypto_hash_cases(crypto_pair_t *pair);
int crypto_aead_cases(crypto_pair_t *pair);
int crypto_group_cases(crypto_pair_t *pair);
int crypto_ecdsa_cases(crypto_pair_t *pair);
int crypto_ed25519_cases(crypto_pair_t *pair);
int crypto_rsa_cases_run(crypto_pair_t *pair);
int crypto_key_cases(crypto_pair_t *pair);
int crypto_all_cases(const skr_provider_t *provider, const skr_provider_t *other);

// NULL: the provider has none of that number.
const skr_hash_t *crypto_find_hash(const skr_provider_t *provider, unsigned id);
const skr_aead_t *crypto_find_aead(const skr_provider_t *provider, unsigned id);
const skr_group_t *crypto_find_group(const skr_provider_t *provider, unsigned id);
const skr_signature_t *crypto_find_signature(const skr_provider_t *provider, unsigned scheme);

// The digest of a message by one of the provider's hashes; with SKR_HASH_NONE the message itself.
crypto_bytes_t crypto_digest(
    const skr_provider_t *provider, unsigned hash, const uint8_t *message, size_t size);

// Ends the test unless they are the same; what says where.
void crypto_expect_bytes(
    const char *what, const uint8_t *got, size_t got_size, const uint8_t *wanted, size_t size);
// Ends the test unless they are the same.
void crypto_expect(const char *what, skr_crypto_t got, skr_crypto_t wanted);

#endif
