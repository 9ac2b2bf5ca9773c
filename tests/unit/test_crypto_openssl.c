// The OpenSSL provider, by the tests that all providers share; the other end is BearSSL's.
//
// In: nothing. Out: the number of tests that failed.
// Besides, what only this library can get wrong: the order of its lists, and errors left behind in
// the library's queue, where the next caller in the same thread would take them for its own.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <string.h>

#include <openssl/err.h>

#include "support/crypto_cases.h"

static void test_preference(void **state) {
    (void)state;
    static const uint16_t groups[] = {SKR_GROUP_X25519, SKR_GROUP_SECP256R1, SKR_GROUP_SECP384R1};
    static const uint8_t aeads[] = {SKR_AEAD_AES_128_GCM, SKR_AEAD_AES_256_GCM,
        SKR_AEAD_CHACHA20_POLY1305, SKR_AEAD_AES_128_CCM, SKR_AEAD_AES_256_CCM,
        SKR_AEAD_AES_128_CCM_8, SKR_AEAD_AES_256_CCM_8};
    static const uint16_t signatures[] = {0x0403, 0x0807, 0x0503, 0x0804, 0x0805, 0x0806, 0x0809,
        0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0xfe01, 0xfe02, 0xfe03, 0xfe04};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(skr_provider_openssl.groups[i]->id, groups[i]);
    }
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(skr_provider_openssl.aeads[i]->id, aeads[i]);
    }
    assert_null(skr_provider_openssl.groups[3]);
    assert_null(skr_provider_openssl.aeads[7]);
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(skr_provider_openssl.signatures[i]->scheme, signatures[i]);
    }
    assert_null(skr_provider_openssl.signatures[16]);
}

static void fail_aeads(void) {
    for (size_t i = 0; skr_provider_openssl.aeads[i] != NULL; i++) {
        const skr_aead_t *aead = skr_provider_openssl.aeads[i];
        _Alignas(16) uint8_t state[64];
        const uint8_t zeros[32] = {0};
        uint8_t data[8] = {0};
        assert_true(aead->state_size <= sizeof(state));
        assert_true(aead->init(state, zeros));
        crypto_expect("no tag", aead->open(state, zeros, zeros, 5, data, sizeof(data), zeros),
            SKR_CRYPTO_REFUSED);
        crypto_expect("no tag, no data", aead->open(state, zeros, zeros, 5, data, 0, zeros),
            SKR_CRYPTO_REFUSED);
        aead->clear(state);
    }
}

// Calls that fail, one of each kind.
static void fail_all(void) {
    const skr_provider_t *provider = &skr_provider_openssl;
    uint8_t zeros[256] = {4}, out[SKR_SIGNATURE_MAX];
    crypto_key_t key;
    fail_aeads();
    for (size_t i = 0; provider->groups[i] != NULL; i++) {
        const skr_group_t *group = provider->groups[i];
        zeros[0] = group->public_size == 32 ? 0 : 4;
        assert_int_equal(
            group->finish(zeros + 1, zeros, group->public_size, out) == SKR_CRYPTO_OK, 0);
        memset(out, 0x55, 48);
        assert_int_equal(
            group->finish(out, zeros, group->public_size, out + 48), SKR_CRYPTO_REFUSED);
    }
    for (size_t i = 0; provider->signatures[i] != NULL; i++) {
        const skr_signature_t *scheme = provider->signatures[i];
        size_t digest = scheme->hash == 0 ? 9 : crypto_find_hash(provider, scheme->hash)->size;
        crypto_key_any(&key, scheme->key_type);
        assert_int_equal(
            scheme->verify(&key.public_key, zeros, digest, zeros, 256), SKR_CRYPTO_REFUSED);
        assert_int_equal(
            scheme->verify(&key.public_key, zeros, digest, zeros, 64), SKR_CRYPTO_REFUSED);
        key.bytes[0].data[0] ^= 1;
        key.point.data[9] ^= 1;
        (void)scheme->verify(
            &key.public_key, zeros, digest, (const uint8_t *)"\x30\x06\x02\x01\x01\x02\x01\x01", 8);
        memset(key.bytes[0].data, 0, key.bytes[0].size);
        assert_int_equal(provider->key_open(&key.key), scheme->key_type == SKR_KEY_ED25519);
        provider->key_close(&key.key);
    }
}

static void test_error_queue(void **state) {
    (void)state;
    ERR_clear_error();
    fail_all();
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 77); // somebody else's, from before
    fail_all();
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), 77);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 77);
    assert_int_equal(ERR_get_error(), 0);
}

// This provider looks at an RSA key's parts when it is opened: all must be there and belong
// together.
static void test_rsa_parts(void **state) {
    (void)state;
    for (int part = 0; part < SKR_KEY_PARTS; part++) {
        crypto_key_t key;
        crypto_key_any(&key, SKR_KEY_RSA);
        size_t size = key.bytes[part].size;
        for (size_t i = 0; i < size; i += i + 30 < size ? 30 : 1) {
            key.bytes[part].data[i] ^= 2;
            assert_false(skr_provider_openssl.key_open(&key.key));
            assert_null(key.key.handle);
            key.bytes[part].data[i] ^= 2;
        }
        assert_true(skr_provider_openssl.key_open(&key.key));
        skr_provider_openssl.key_close(&key.key);
        key.key.part[part].size = 0;
        assert_false(skr_provider_openssl.key_open(&key.key));
        key.key.part[part] = (skr_view_t){NULL, 0};
        assert_false(skr_provider_openssl.key_open(&key.key));
    }
}

// p and q exchanged with their exponents, but not their inverse.
static void test_rsa_exchanged(void **state) {
    (void)state;
    crypto_key_t key;
    crypto_key_any(&key, SKR_KEY_RSA);
    skr_view_t *part = key.key.part, p = part[SKR_RSA_P], dp = part[SKR_RSA_DP];
    part[SKR_RSA_P] = part[SKR_RSA_Q];
    part[SKR_RSA_DP] = part[SKR_RSA_DQ];
    part[SKR_RSA_Q] = p;
    part[SKR_RSA_DQ] = dp;
    assert_false(skr_provider_openssl.key_open(&key.key)); // qinv is the other's now
    assert_null(key.key.handle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preference),
        cmocka_unit_test(test_error_queue),
        cmocka_unit_test(test_rsa_parts),
        cmocka_unit_test(test_rsa_exchanged),
    };
    int failed = crypto_all_cases(&skr_provider_openssl, &skr_provider_bearssl);
    return failed + cmocka_run_group_tests_name("openssl", tests, NULL, NULL);
}
