// RSA of a provider.
//
// In: crypto_signatures.c. Out: whether the right signatures are accepted and the wrong ones
// refused, whether PSS uses the salt that it is given and both kinds sign what another maker would,
// at moduli that are and are not whole bytes.
#include <openssl/bn.h>
#include <string.h>

#include "support/crypto_cases.h"

static const skr_signature_t *scheme_of(const skr_provider_t *provider, unsigned scheme) {
    const skr_signature_t *found = crypto_find_signature(provider, scheme);
    assert_non_null(found);
    return found;
}

static skr_crypto_t verify_sample(const skr_provider_t *provider, const skr_signature_t *scheme,
    const skr_public_key_t *key, const uint8_t *signature, size_t size) {
    crypto_bytes_t digest = crypto_digest(provider, scheme->hash, (const uint8_t *)"sample", 6);
    return scheme->verify(key, digest.data, digest.size, signature, size);
}

static void test_table(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    assert_true(crypto_rsa_case_count > 30);
    for (size_t i = 0; i < crypto_rsa_case_count; i++) {
        const crypto_rsa_case_t *row = &crypto_rsa_cases[i];
        const skr_signature_t *scheme = scheme_of(provider, row->scheme);
        crypto_bytes_t signature = crypto_hex(row->signature);
        crypto_key_t key;
        crypto_key_rsa(&key, scheme->key_type, row->key);
        crypto_expect(row->name,
            verify_sample(provider, scheme, &key.public_key, signature.data, signature.size),
            row->fits ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED);
    }
}

// The same bytes under id-RSASSA-PSS keys and their schemes.
static void test_pss_keys(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < crypto_rsa_case_count; i++) {
        const crypto_rsa_case_t *row = &crypto_rsa_cases[i];
        if (row->scheme < SKR_SIG_RSA_PSS_RSAE_SHA256) {
            continue;
        }
        const skr_signature_t *scheme = scheme_of(provider, row->scheme + 5U);
        assert_int_equal(scheme->key_type, SKR_KEY_RSA_PSS);
        crypto_bytes_t signature = crypto_hex(row->signature);
        crypto_key_t key;
        crypto_key_rsa(&key, scheme->key_type, row->key);
        crypto_expect(row->name,
            verify_sample(provider, scheme, &key.public_key, signature.data, signature.size),
            row->fits ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED);
    }
}

static void check_changes(
    const skr_provider_t *provider, const skr_signature_t *scheme, const crypto_bytes_t *good) {
    crypto_key_t key, other;
    crypto_bytes_t bad;
    crypto_key_rsa(&key, scheme->key_type, &crypto_rsa_2048);
    crypto_key_rsa(&other, scheme->key_type, &crypto_rsa_2048e3);
    for (size_t bit = 0; bit < 8 * good->size; bit += 37) {
        bad = *good;
        bad.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        crypto_expect("changed",
            verify_sample(provider, scheme, &key.public_key, bad.data, bad.size),
            SKR_CRYPTO_REFUSED);
    }
    bad = *good;
    memmove(bad.data + 1, bad.data, good->size);
    bad.data[0] = 0;
    crypto_expect("a zero in front",
        verify_sample(provider, scheme, &key.public_key, bad.data, good->size + 1),
        SKR_CRYPTO_REFUSED);
    bad = *good;
    crypto_expect("a zero behind",
        verify_sample(provider, scheme, &key.public_key, bad.data, good->size + 1),
        SKR_CRYPTO_REFUSED);
    for (size_t size = 0; size < good->size; size += 51) {
        crypto_expect("cut", verify_sample(provider, scheme, &key.public_key, bad.data, size),
            SKR_CRYPTO_REFUSED);
    }
    crypto_expect("another key",
        verify_sample(provider, scheme, &other.public_key, good->data, good->size),
        SKR_CRYPTO_REFUSED);
    uint8_t digest[SKR_HASH_SIZE_MAX] = {1};
    crypto_expect("another digest",
        scheme->verify(&key.public_key, digest, crypto_find_hash(provider, scheme->hash)->size,
            good->data, good->size),
        SKR_CRYPTO_REFUSED);
}

static void test_changes(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < crypto_rsa_case_count; i++) {
        const crypto_rsa_case_t *row = &crypto_rsa_cases[i];
        if (row->fits && row->key == &crypto_rsa_2048) {
            crypto_bytes_t good = crypto_hex(row->signature);
            check_changes(provider, scheme_of(provider, row->scheme), &good);
        }
    }
}

// Signature plus modulus is the same number to the arithmetic; it must not be the same signature
// (RFC 8017 section 5.2.2).
static void test_beyond_the_modulus(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    size_t tried = 0;
    for (size_t i = 0; i < crypto_rsa_case_count; i++) {
        const crypto_rsa_case_t *row = &crypto_rsa_cases[i];
        const skr_signature_t *scheme = scheme_of(provider, row->scheme);
        crypto_bytes_t sum = crypto_hex(row->signature), n;
        crypto_key_t key;
        crypto_key_rsa(&key, scheme->key_type, row->key);
        n = key.bytes[SKR_RSA_N];
        unsigned carry = 0;
        for (size_t byte = n.size; byte-- > 0;) {
            carry += sum.data[byte] + n.data[byte];
            sum.data[byte] = (uint8_t)carry;
            carry >>= 8;
        }
        if (row->fits && carry == 0) {
            tried++;
            crypto_expect(row->name,
                verify_sample(provider, scheme, &key.public_key, sum.data, sum.size),
                SKR_CRYPTO_REFUSED);
        }
    }
    assert_true(tried > 0);
}

// Exponents and moduli that no key has. Whatever the arithmetic would say, the key is refused.
static void test_odd_numbers(void **state) {
    static const char *const exponents[] = {"", "00", "01", "02", "04", "010000", "ffffffffff"};
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    static const uint16_t schemes[] = {SKR_SIG_RSA_PKCS1_SHA256, SKR_SIG_RSA_PSS_RSAE_SHA256};
    uint8_t signature[SKR_SIGNATURE_MAX] = {0};
    signature[255] = 1;
    for (size_t s = 0; s < 2; s++) {
        const skr_signature_t *scheme = scheme_of(provider, schemes[s]);
        crypto_key_t key;
        for (size_t i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
            crypto_bytes_t e = crypto_hex(exponents[i]);
            crypto_key_rsa(&key, SKR_KEY_RSA, &crypto_rsa_2048);
            key.public_key.b = (skr_view_t){e.data, e.size};
            crypto_expect(exponents[i],
                verify_sample(provider, scheme, &key.public_key, signature, 256),
                SKR_CRYPTO_REFUSED);
        }
        crypto_key_rsa(&key, SKR_KEY_RSA, &crypto_rsa_2048);
        key.bytes[SKR_RSA_N].data[255] ^= 1;
        crypto_expect("even", verify_sample(provider, scheme, &key.public_key, signature, 256),
            SKR_CRYPTO_REFUSED);
        key.public_key.a.size = 0;
        crypto_expect("nothing", verify_sample(provider, scheme, &key.public_key, signature, 0),
            SKR_CRYPTO_REFUSED);
        memset(key.bytes[SKR_RSA_N].data, 0, 256);
        key.public_key.a.size = 256;
        crypto_expect("zero", verify_sample(provider, scheme, &key.public_key, signature, 256),
            SKR_CRYPTO_REFUSED);
    }
}

// With the salt of the table, PSS gives the table's signature: the encoding is right to the bit,
// and the salt is the caller's random bytes and nothing else.
static void test_pss_salt(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    size_t tried = 0;
    for (size_t i = 0; i < crypto_rsa_case_count; i++) {
        const crypto_rsa_case_t *row = &crypto_rsa_cases[i];
        if (!row->fits || row->scheme < SKR_SIG_RSA_PSS_RSAE_SHA256) {
            continue;
        }
        const skr_signature_t *scheme = scheme_of(provider, row->scheme);
        crypto_bytes_t wanted = crypto_hex(row->signature);
        crypto_bytes_t digest = crypto_digest(provider, scheme->hash, (const uint8_t *)"sample", 6);
        uint8_t salt[SKR_HASH_SIZE_MAX], signature[SKR_SIGNATURE_MAX];
        size_t size = 0;
        crypto_key_t key;
        for (size_t byte = 0; byte < sizeof(salt); byte++) {
            salt[byte] = (uint8_t)(byte + 1);
        }
        test_script_t script = {{salt, digest.size}};
        crypto_key_rsa(&key, scheme->key_type, row->key);
        assert_true(provider->key_open(&key.key));
        crypto_expect(row->name,
            scheme->sign(
                &key.key, digest.data, digest.size, test_script_random, &script, signature, &size),
            SKR_CRYPTO_OK);
        crypto_expect_bytes(row->name, signature, size, wanted.data, wanted.size);
        crypto_expect("no salt",
            scheme->sign(
                &key.key, digest.data, digest.size, test_script_random, &script, signature, &size),
            SKR_CRYPTO_FAILED);
        provider->key_close(&key.key);
        tried++;
    }
    assert_int_equal(tried, 5);
}

// PKCS #1 v1.5 has one signature per digest and key: the table's.
static void test_pkcs1_signing(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    size_t tried = 0;
    for (size_t i = 0; i < crypto_rsa_case_count; i++) {
        const crypto_rsa_case_t *row = &crypto_rsa_cases[i];
        bool pkcs1 = (row->scheme & 0xff) == 0x01;
        if (!row->fits || !pkcs1 || row->key->part[SKR_RSA_D] == NULL) {
            continue;
        }
        const skr_signature_t *scheme = scheme_of(provider, row->scheme);
        crypto_bytes_t wanted = crypto_hex(row->signature);
        crypto_bytes_t digest = crypto_digest(provider, scheme->hash, (const uint8_t *)"sample", 6);
        uint8_t signature[SKR_SIGNATURE_MAX];
        size_t size = 0;
        crypto_key_t key;
        test_random_t random;
        test_random_seed(&random, 12);
        crypto_key_rsa(&key, scheme->key_type, row->key);
        assert_true(provider->key_open(&key.key));
        for (int round = 0; round < 2; round++) {
            memset(signature, 0, sizeof(signature));
            crypto_expect(row->name,
                scheme->sign(
                    &key.key, digest.data, digest.size, test_random, &random, signature, &size),
                SKR_CRYPTO_OK);
            crypto_expect_bytes(row->name, signature, size, wanted.data, wanted.size);
        }
        provider->key_close(&key.key);
        tried++;
    }
    assert_int_equal(tried, 5);
}

// The third root of a number, rounded up, by halving.
static void cube_root(BIGNUM *root, const BIGNUM *number, BN_CTX *context) {
    BIGNUM *cube = BN_new();
    BN_zero(root);
    for (int bit = BN_num_bits(number) / 3 + 1; bit-- > 0;) {
        BN_set_bit(root, bit);
        BN_sqr(cube, root, context);
        BN_mul(cube, cube, root, context);
        if (BN_cmp(cube, number) > 0) {
            BN_clear_bit(root, bit);
        }
    }
    BN_add_word(root, 1);
    BN_free(cube);
}

// With the exponent 3 anybody can make a number whose cube begins with a good block of PKCS #1 v1.5
// that has short padding: whoever does not look at what lies behind takes it for a signature.
static void test_cube_root(void **state) {
    static const uint8_t head[] = {0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x30,
        0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
        0x00, 0x04, 0x20};
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    const skr_signature_t *scheme = scheme_of(provider, SKR_SIG_RSA_PKCS1_SHA256);
    crypto_bytes_t digest = crypto_digest(provider, scheme->hash, (const uint8_t *)"sample", 6);
    uint8_t block[256] = {0}, signature[256], three = 3;
    BN_CTX *context = BN_CTX_new();
    BIGNUM *number = BN_new(), *root = BN_new();
    crypto_key_t key;
    memcpy(block, head, sizeof(head));
    memcpy(block + sizeof(head), digest.data, digest.size);
    BN_bin2bn(block, sizeof(block), number);
    cube_root(root, number, context);
    BN_sqr(number, root, context);
    BN_mul(number, number, root, context);
    assert_int_equal(BN_bn2binpad(root, signature, sizeof(signature)), sizeof(signature));
    uint8_t cube[256];
    assert_int_equal(BN_bn2binpad(number, cube, sizeof(cube)), sizeof(cube));
    assert_memory_equal(cube, block, sizeof(head) + digest.size);
    crypto_key_rsa(&key, SKR_KEY_RSA, &crypto_rsa_2048);
    key.public_key.b.data = &three;
    key.public_key.b.size = 1;
    crypto_expect("a cube root",
        verify_sample(provider, scheme, &key.public_key, signature, sizeof(signature)),
        SKR_CRYPTO_REFUSED);
    BN_free(number);
    BN_free(root);
    BN_CTX_free(context);
}

int crypto_rsa_cases_run(crypto_pair_t *pair) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_table, pair),
        cmocka_unit_test_prestate(test_pss_keys, pair),
        cmocka_unit_test_prestate(test_changes, pair),
        cmocka_unit_test_prestate(test_beyond_the_modulus, pair),
        cmocka_unit_test_prestate(test_odd_numbers, pair),
        cmocka_unit_test_prestate(test_pss_salt, pair),
        cmocka_unit_test_prestate(test_pkcs1_signing, pair),
        cmocka_unit_test_prestate(test_cube_root, pair),
    };
    return cmocka_run_group_tests_name("rsa", tests, NULL, NULL);
}
