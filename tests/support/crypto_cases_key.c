// Private keys of a provider, and signatures from one provider to the other.
//
// In: fixed keys of every type. Out: whether good keys are opened and bad ones are not, whether a
// key knows its public half and no other, whether what it signs is accepted by both providers, and
// whether signing refuses to use a key or a digest of another kind.
#include <string.h>

#include "support/crypto_cases.h"

static const skr_key_type_t key_types[] = {
    SKR_KEY_P256, SKR_KEY_P384, SKR_KEY_ED25519, SKR_KEY_RSA, SKR_KEY_RSA_PSS};
enum { KEY_TYPES = sizeof(key_types) / sizeof(key_types[0]) };

// Does the provider have a scheme that signs with such keys?
static bool signs_with(const skr_provider_t *provider, skr_key_type_t type) {
    for (size_t i = 0; provider->signatures[i] != NULL; i++) {
        if (provider->signatures[i]->key_type == type && provider->signatures[i]->sign != NULL) {
            return true;
        }
    }
    return false;
}

static bool opens(const skr_provider_t *provider, skr_private_key_t *key) {
    bool opened = provider->key_open(key);
    provider->key_close(key);
    return opened;
}

static void check_signature(const crypto_pair_t *pair, const skr_signature_t *scheme,
    const crypto_key_t *key, const uint8_t *message, size_t size, test_random_t *random) {
    uint8_t signature[SKR_SIGNATURE_MAX + 8];
    size_t signature_size = 0;
    const skr_signature_t *theirs = crypto_find_signature(pair->other, scheme->scheme);
    crypto_bytes_t digest = crypto_digest(pair->provider, scheme->hash, message, size);
    memset(signature, 0xee, sizeof(signature));
    crypto_expect("sign",
        scheme->sign(
            &key->key, digest.data, digest.size, test_random, random, signature, &signature_size),
        SKR_CRYPTO_OK);
    bool rsa = key->key.type == SKR_KEY_RSA || key->key.type == SKR_KEY_RSA_PSS;
    size_t largest = rsa ? SKR_SIGNATURE_MAX : SKR_SIGNATURE_EC_MAX;
    assert_in_range(signature_size, 8, largest);
    crypto_expect_bytes("behind the largest signature", signature + largest, 8,
        (const uint8_t *)"\xee\xee\xee\xee\xee\xee\xee\xee", 8);
    crypto_expect("own",
        scheme->verify(&key->public_key, digest.data, digest.size, signature, signature_size),
        SKR_CRYPTO_OK);
    if (theirs != NULL) {
        crypto_expect("other",
            theirs->verify(&key->public_key, digest.data, digest.size, signature, signature_size),
            SKR_CRYPTO_OK);
    }
    digest.data[0] ^= 1;
    crypto_expect("another digest",
        scheme->verify(&key->public_key, digest.data, digest.size, signature, signature_size),
        SKR_CRYPTO_REFUSED);
}

static void check_signatures(const crypto_pair_t *pair, crypto_key_t *key, int rounds) {
    test_random_t random;
    uint8_t message[40];
    test_random_seed(&random, 7);
    assert_true(pair->provider->key_open(&key->key));
    assert_true(pair->provider->key_matches(&key->key, &key->public_key));
    for (size_t i = 0; pair->provider->signatures[i] != NULL; i++) {
        const skr_signature_t *scheme = pair->provider->signatures[i];
        for (int round = 0; round < rounds; round++) {
            test_random(&random, message, sizeof(message));
            if (scheme->key_type == key->key.type && scheme->sign != NULL) {
                check_signature(pair, scheme, key, message, 1 + (size_t)round % 39, &random);
            }
        }
    }
    pair->provider->key_close(&key->key);
}

static void test_sign_and_verify(void **state) {
    const crypto_pair_t *pair = *state;
    for (size_t i = 0; i < KEY_TYPES; i++) {
        crypto_key_t key;
        if (!signs_with(pair->provider, key_types[i])) {
            print_message("%s does not sign with type %u\n", pair->provider->name, key_types[i]);
            continue;
        }
        bool rsa = key_types[i] == SKR_KEY_RSA || key_types[i] == SKR_KEY_RSA_PSS;
        crypto_key_any(&key, key_types[i]);
        check_signatures(pair, &key, rsa ? 3 : 20); // enough for padded numbers in DER
        crypto_key_other(&key, key_types[i]);
        check_signatures(pair, &key, rsa ? 3 : 20);
        if (rsa) {
            crypto_key_rsa(&key, key_types[i], &crypto_rsa_4096);
            check_signatures(pair, &key, 1);
        }
    }
}

static void test_matches(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < KEY_TYPES; i++) {
        if (!signs_with(provider, key_types[i])) {
            continue;
        }
        for (size_t k = 0; k < KEY_TYPES; k++) {
            crypto_key_t key, same, other;
            crypto_key_any(&key, key_types[i]);
            crypto_key_any(&same, key_types[k]);
            crypto_key_other(&other, key_types[k]);
            assert_true(provider->key_open(&key.key));
            assert_int_equal(provider->key_matches(&key.key, &same.public_key), i == k);
            assert_false(provider->key_matches(&key.key, &other.public_key));
            same.public_key.a.size--;
            assert_false(provider->key_matches(&key.key, &same.public_key));
            provider->key_close(&key.key);
        }
        if (key_types[i] == SKR_KEY_RSA) {
            crypto_key_t key, other;
            crypto_key_any(&key, SKR_KEY_RSA);
            crypto_key_any(&other, SKR_KEY_RSA);
            other.bytes[SKR_RSA_E].data[0] = 3; // 3 * 2^16 + 1
            assert_true(provider->key_open(&key.key));
            assert_false(provider->key_matches(&key.key, &other.public_key));
            provider->key_close(&key.key);
        }
    }
}

// A public point beside the scalar must be the scalar's.
static void test_ec_points(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < 2; i++) {
        crypto_key_t key, other;
        crypto_key_any(&key, key_types[i]);
        crypto_key_other(&other, key_types[i]);
        assert_true(opens(provider, &key.key));
        key.key.part[1] = key.public_key.a;
        assert_true(opens(provider, &key.key));
        key.key.part[1] = other.public_key.a;
        assert_false(opens(provider, &key.key));
        key.key.part[1] = key.public_key.a;
        key.point.data[key.point.size - 1] ^= 1;
        assert_false(opens(provider, &key.key));
        key.point.data[key.point.size - 1] ^= 1;
        key.key.part[1].size--;
        assert_false(opens(provider, &key.key));
        key.key.part[1].size = 0;
        assert_false(opens(provider, &key.key));
    }
}

static void test_ec_scalars(void **state) {
    static const char *const orders[] = {
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
        "581a0db248b0a77aecec196accc52973"};
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < 2; i++) {
        crypto_bytes_t order = crypto_hex(orders[i]);
        crypto_key_t key;
        crypto_key_any(&key, key_types[i]);
        uint8_t *scalar = key.bytes[0].data;
        memcpy(scalar, order.data, order.size);
        assert_false(opens(provider, &key.key));
        scalar[order.size - 1]++;
        assert_false(opens(provider, &key.key));
        memset(scalar, 0xff, order.size);
        assert_false(opens(provider, &key.key));
        memset(scalar, 0, order.size);
        assert_false(opens(provider, &key.key));
        scalar[order.size - 1] = 1;
        assert_true(opens(provider, &key.key));
        memcpy(scalar, order.data, order.size);
        scalar[order.size - 1]--;
        assert_true(opens(provider, &key.key));
        key.key.part[0].size = order.size + 1;
        assert_false(opens(provider, &key.key));
        key.key.part[0].size = 0;
        assert_false(opens(provider, &key.key));
        key.key.part[0] = (skr_view_t){NULL, 0};
        assert_false(opens(provider, &key.key));
    }
}

static void test_ed25519_seeds(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    crypto_key_t key;
    crypto_key_any(&key, SKR_KEY_ED25519);
    bool has = signs_with(provider, SKR_KEY_ED25519);
    for (size_t size = 0; size < 70; size++) {
        key.key.part[0].size = size;
        assert_int_equal(opens(provider, &key.key), has && size == 32);
    }
    key.key.part[0] = (skr_view_t){NULL, 0};
    assert_false(opens(provider, &key.key));
}

// A key with a part that does not belong to the others. A provider may see that at once, or when it
// signs; or it may do without that part. What it must not do is hand out a wrong signature: the
// difference to a right one can give away a factor of the modulus.
// What did not become a signature must not stay where one is looked for either.
static void check_broken_sign(
    const skr_provider_t *provider, const crypto_key_t *key, unsigned number) {
    const skr_signature_t *scheme = crypto_find_signature(provider, number);
    uint8_t digest[32] = {0}, signature[SKR_SIGNATURE_MAX] = {0};
    size_t size = 0;
    test_random_t random;
    test_random_seed(&random, 11);
    skr_crypto_t said = scheme->sign(&key->key, digest, 32, test_random, &random, signature, &size);
    if (said == SKR_CRYPTO_OK) {
        said = scheme->verify(&key->public_key, digest, 32, signature, size);
        crypto_expect("a signature by a broken key", said, SKR_CRYPTO_OK);
        return;
    }
    crypto_expect("signing with a broken key", said, SKR_CRYPTO_FAILED);
    for (size_t i = 0; i < sizeof(signature); i++) {
        assert_int_equal(signature[i], 0);
    }
}

static void check_broken_key(const skr_provider_t *provider, crypto_key_t *key) {
    if (provider->key_open(&key->key)) {
        check_broken_sign(provider, key, SKR_SIG_RSA_PSS_RSAE_SHA256);
        check_broken_sign(provider, key, SKR_SIG_RSA_PKCS1_SHA256);
        provider->key_close(&key->key);
    }
}

static void test_rsa_parts(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (int part = 0; part < SKR_KEY_PARTS; part++) {
        crypto_key_t key;
        crypto_key_any(&key, SKR_KEY_RSA);
        size_t size = key.bytes[part].size;
        const size_t places[] = {0, size / 2, size - 1};
        for (size_t i = 0; i < 3; i++) {
            key.bytes[part].data[places[i]] ^= 2;
            check_broken_key(provider, &key);
            key.bytes[part].data[places[i]] ^= 2;
        }
        assert_true(opens(provider, &key.key));
        key.key.part[part].size = 0;
        check_broken_key(provider, &key);
        key.key.part[part] = (skr_view_t){NULL, 0};
        check_broken_key(provider, &key);
    }
}

static void test_rsa_sizes(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    static const crypto_rsa_key_t *const good[] = {
        &crypto_rsa_2048, &crypto_rsa_2049, &crypto_rsa_4096};
    for (size_t i = 0; i < 3; i++) {
        crypto_key_t key;
        crypto_key_rsa(&key, SKR_KEY_RSA, good[i]);
        assert_true(opens(provider, &key.key));
        crypto_key_rsa(&key, SKR_KEY_RSA_PSS, good[i]);
        assert_true(opens(provider, &key.key));
    }
    crypto_key_t small;
    crypto_key_rsa(&small, SKR_KEY_RSA, &crypto_rsa_1024);
    assert_false(opens(provider, &small.key));
}

static void test_no_such_key(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (unsigned type = 0; type < 256; type++) {
        crypto_key_t key;
        crypto_key_any(&key, SKR_KEY_P256);
        key.key.type = (uint8_t)type;
        if (type == SKR_KEY_NONE || type > SKR_KEY_ED25519) {
            assert_false(opens(provider, &key.key));
        }
    }
}

// Every scheme with every key of another type, and with every digest of another size.
static void check_mismatch(const skr_provider_t *provider, const skr_signature_t *scheme) {
    uint8_t digest[70] = {0}, signature[SKR_SIGNATURE_MAX];
    size_t size = 0;
    test_random_t random;
    test_random_seed(&random, 8);
    for (size_t i = 0; i < KEY_TYPES; i++) {
        crypto_key_t key;
        crypto_key_any(&key, key_types[i]);
        if (!signs_with(provider, key_types[i])) {
            continue;
        }
        assert_true(provider->key_open(&key.key));
        const skr_hash_t *hash = crypto_find_hash(provider, scheme->hash);
        for (size_t length = 0; hash != NULL && length < sizeof(digest); length++) {
            bool fits = key_types[i] == scheme->key_type && length == hash->size;
            skr_crypto_t said = fits
                ? SKR_CRYPTO_FAILED
                : scheme->sign(&key.key, digest, length, test_random, &random, signature, &size);
            crypto_expect("sign with what does not fit", said, SKR_CRYPTO_FAILED);
            said = fits ? SKR_CRYPTO_FAILED
                        : scheme->verify(&key.public_key, digest, length, signature, 256);
            assert_int_not_equal(said, SKR_CRYPTO_OK);
        }
        provider->key_close(&key.key);
    }
}

static void test_mismatches(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; provider->signatures[i] != NULL; i++) {
        if (provider->signatures[i]->sign != NULL) {
            check_mismatch(provider, provider->signatures[i]);
        }
    }
}

int crypto_key_cases(crypto_pair_t *pair) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_sign_and_verify, pair),
        cmocka_unit_test_prestate(test_matches, pair),
        cmocka_unit_test_prestate(test_ec_points, pair),
        cmocka_unit_test_prestate(test_ec_scalars, pair),
        cmocka_unit_test_prestate(test_ed25519_seeds, pair),
        cmocka_unit_test_prestate(test_rsa_parts, pair),
        cmocka_unit_test_prestate(test_rsa_sizes, pair),
        cmocka_unit_test_prestate(test_no_such_key, pair),
        cmocka_unit_test_prestate(test_mismatches, pair),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
