// Ed25519 of a provider, where it has it.
//
// In: RFC 8032 section 7.1, tests 1 to 3. Out: whether those signatures are made and accepted to
// the byte, and whether changed bits, other sizes, other keys and an S that is not below the
// group's order are refused.
#include <string.h>

#include "support/crypto_cases.h"

typedef struct {
    const char *seed, *point, *message, *signature;
} ed25519_row_t;

static const ed25519_row_t rows[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), SIZE = 64 };

static const skr_signature_t *ed25519_of(const skr_provider_t *provider) {
    const skr_signature_t *found = crypto_find_signature(provider, SKR_SIG_ED25519);
    if (found == NULL) {
        print_message("%s has no Ed25519\n", provider->name);
        skip();
    }
    assert_int_equal(found->key_type, SKR_KEY_ED25519);
    assert_int_equal(found->hash, SKR_HASH_NONE);
    return found;
}

static void test_known_answers(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    const skr_signature_t *ed25519 = ed25519_of(provider);
    for (size_t i = 0; i < ROWS; i++) {
        crypto_bytes_t message = crypto_hex(rows[i].message);
        crypto_bytes_t wanted = crypto_hex(rows[i].signature);
        uint8_t signature[SKR_SIGNATURE_MAX];
        size_t size = 0;
        crypto_key_t key;
        crypto_key_ec(&key, SKR_KEY_ED25519, rows[i].seed, rows[i].point);
        crypto_expect("verify",
            ed25519->verify(&key.public_key, message.data, message.size, wanted.data, wanted.size),
            SKR_CRYPTO_OK);
        assert_true(provider->key_open(&key.key));
        crypto_expect("sign",
            ed25519->sign(&key.key, message.data, message.size, NULL, NULL, signature, &size),
            SKR_CRYPTO_OK);
        crypto_expect_bytes("signature", signature, size, wanted.data, wanted.size);
        assert_true(provider->key_matches(&key.key, &key.public_key));
        provider->key_close(&key.key);
    }
}

static void test_refused(void **state) {
    const skr_signature_t *ed25519 = ed25519_of(((crypto_pair_t *)*state)->provider);
    const uint8_t message[] = {0xaf, 0x82};
    crypto_bytes_t good = crypto_hex(rows[2].signature), bad;
    crypto_key_t key, other;
    crypto_key_ec(&key, SKR_KEY_ED25519, rows[2].seed, rows[2].point);
    crypto_key_other(&other, SKR_KEY_ED25519);
    for (size_t bit = 0; bit < 8 * SIZE; bit++) {
        bad = good;
        bad.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        crypto_expect("changed", ed25519->verify(&key.public_key, message, 2, bad.data, SIZE),
            SKR_CRYPTO_REFUSED);
    }
    for (size_t size = 0; size < 2 * SIZE; size++) {
        crypto_expect("size", ed25519->verify(&key.public_key, message, 2, good.data, size),
            size == SIZE ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED);
    }
    crypto_expect("another key", ed25519->verify(&other.public_key, message, 2, good.data, SIZE),
        SKR_CRYPTO_REFUSED);
    crypto_expect("another message", ed25519->verify(&key.public_key, message, 1, good.data, SIZE),
        SKR_CRYPTO_REFUSED);
    for (size_t size = 0; size < 40; size++) {
        key.public_key.a.size = size;
        crypto_expect("size of the key",
            ed25519->verify(&key.public_key, message, 2, good.data, SIZE),
            size == 32 ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED);
    }
}

// RFC 8032 section 5.1.7: S below the order, else one signature has two forms.
static void test_second_form(void **state) {
    static const char order[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    const skr_signature_t *ed25519 = ed25519_of(((crypto_pair_t *)*state)->provider);
    const uint8_t message[] = {0xaf, 0x82};
    crypto_bytes_t signature = crypto_hex(rows[2].signature), add = crypto_hex(order);
    crypto_key_t key;
    crypto_key_ec(&key, SKR_KEY_ED25519, rows[2].seed, rows[2].point);
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += signature.data[32 + i] + add.data[i];
        signature.data[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    crypto_expect("S plus the order",
        ed25519->verify(&key.public_key, message, 2, signature.data, SIZE), SKR_CRYPTO_REFUSED);
}

int crypto_ed25519_cases(crypto_pair_t *pair) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_known_answers, pair),
        cmocka_unit_test_prestate(test_refused, pair),
        cmocka_unit_test_prestate(test_second_form, pair),
    };
    return cmocka_run_group_tests_name("ed25519", tests, NULL, NULL);
}
