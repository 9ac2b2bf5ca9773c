// The OpenSSL provider when memory runs out.
//
// In: nothing. Out: the number of tests that failed.
// Each operation is run again and again while the n-th request of the library for memory fails,
// once, and then also all that follow. What is wrong must never be accepted, what is accepted must
// be right, nothing may leak, and afterwards the operation must work as if nothing had happened.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "support/crypto_cases.h"

static struct {
    unsigned long nth, count; // as in test_crypto.h
    bool ever_after;
    long held; // requests that were not given back
} memory;

static bool memory_due(void) {
    memory.count++;
    return memory.nth != 0 &&
        (memory.count == memory.nth || (memory.ever_after && memory.count > memory.nth));
}

static void *memory_take(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    if (size == 0 || memory_due()) {
        return NULL;
    }
    memory.held++;
    return malloc(size);
}

static void memory_give(void *old, const char *file, int line) {
    (void)file;
    (void)line;
    memory.held -= old != NULL;
    free(old);
}

static void *memory_again(void *old, size_t size, const char *file, int line) {
    if (old == NULL) {
        return memory_take(size, file, line);
    }
    if (size == 0) {
        memory_give(old, file, line);
        return NULL;
    }
    return memory_due() ? NULL : realloc(old, size);
}

// What is worked with: all of it made before memory runs out.
static const skr_provider_t *const provider = &skr_provider_openssl;
static test_random_t randomness;
static crypto_key_t keys[6]; // by skr_key_type_t
static uint8_t signatures[20][SKR_SIGNATURE_MAX];
static size_t signature_sizes[20];
static const uint8_t digest[64] = {1, 2, 3};

static size_t digest_size(const skr_signature_t *scheme) {
    return scheme->hash == SKR_HASH_NONE ? 40 : crypto_find_hash(provider, scheme->hash)->size;
}

static int prepare(void **state) {
    (void)state;
    test_random_seed(&randomness, 1);
    for (unsigned type = SKR_KEY_RSA; type <= SKR_KEY_ED25519; type++) {
        crypto_key_any(&keys[type], (skr_key_type_t)type);
        assert_true(provider->key_open(&keys[type].key));
    }
    for (size_t i = 0; provider->signatures[i] != NULL; i++) {
        const skr_signature_t *scheme = provider->signatures[i];
        if (scheme->sign != NULL) {
            crypto_expect("sign",
                scheme->sign(&keys[scheme->key_type].key, digest, digest_size(scheme), test_random,
                    &randomness, signatures[i], &signature_sizes[i]),
                SKR_CRYPTO_OK);
        }
    }
    return 0;
}

static int put_away(void **state) {
    (void)state;
    for (unsigned type = SKR_KEY_RSA; type <= SKR_KEY_ED25519; type++) {
        provider->key_close(&keys[type].key);
    }
    return 0;
}

// The operations: true when the right thing was done. They end the test when the wrong one was.
typedef bool (*operation_t)(size_t which);

static bool op_aead(size_t which) {
    const skr_aead_t *aead = provider->aeads[which];
    _Alignas(16) uint8_t state[64];
    const uint8_t key[SKR_AEAD_KEY_MAX] = {1}, nonce[SKR_AEAD_NONCE_SIZE] = {2};
    uint8_t data[4] = "abc", tag[SKR_AEAD_TAG_MAX];
    assert_true(aead->state_size <= sizeof(state));
    bool done = aead->init(state, key) && aead->seal(state, nonce, key, 5, data, 4, tag) &&
        aead->open(state, nonce, key, 5, data, 4, tag) == SKR_CRYPTO_OK;
    if (done) {
        assert_string_equal(data, "abc");
        tag[0] ^= 1;
        skr_crypto_t said = aead->open(state, nonce, key, 5, data, 4, tag);
        assert_int_not_equal(said, SKR_CRYPTO_OK);
        done = said == SKR_CRYPTO_REFUSED;
    }
    aead->clear(state);
    return done;
}

static bool op_group(size_t which) {
    const skr_group_t *group = provider->groups[which];
    uint8_t a[SKR_GROUP_PRIVATE_MAX] = {1, 2}, b[SKR_GROUP_PRIVATE_MAX] = {3, 4};
    uint8_t share[SKR_GROUP_PUBLIC_MAX] = {0}, response[SKR_GROUP_PUBLIC_MAX];
    uint8_t one[SKR_GROUP_SHARED_MAX], two[SKR_GROUP_SHARED_MAX];
    if (group->generate(a, share) != SKR_CRYPTO_OK ||
        group->respond(b, share, group->public_size, response, one) != SKR_CRYPTO_OK ||
        group->finish(a, response, group->response_size, two) != SKR_CRYPTO_OK) {
        return false;
    }
    crypto_expect_bytes("secrets", one, group->shared_size, two, group->shared_size);
    memset(share, 0, sizeof(share));
    share[0] = group->id == SKR_GROUP_X25519 ? 0 : 4;
    assert_int_not_equal(group->finish(a, share, group->public_size, two), SKR_CRYPTO_OK);
    return true;
}

static bool op_sign(size_t which) {
    const skr_signature_t *scheme = provider->signatures[which];
    const crypto_key_t *key = &keys[scheme->key_type];
    uint8_t signature[SKR_SIGNATURE_MAX];
    size_t size = 0;
    if (scheme->sign == NULL ||
        scheme->sign(&key->key, digest, digest_size(scheme), test_random, &randomness, signature,
            &size) != SKR_CRYPTO_OK) {
        return scheme->sign == NULL;
    }
    unsigned long nth = memory.nth; // whether it is right is asked with memory enough
    memory.nth = 0;
    crypto_expect("signature made in need",
        scheme->verify(&key->public_key, digest, digest_size(scheme), signature, size),
        SKR_CRYPTO_OK);
    memory.nth = nth;
    return true;
}

static bool op_verify(size_t which) {
    const skr_signature_t *scheme = provider->signatures[which];
    const crypto_key_t *key = &keys[scheme->key_type];
    size_t size = digest_size(scheme);
    uint8_t other[64] = {9};
    if (scheme->sign == NULL) {
        return true;
    }
    skr_crypto_t good = scheme->verify(
        &key->public_key, digest, size, signatures[which], signature_sizes[which]);
    skr_crypto_t bad = scheme->verify(
        &key->public_key, other, size, signatures[which], signature_sizes[which]);
    assert_int_not_equal(bad, SKR_CRYPTO_OK);
    return good == SKR_CRYPTO_OK && bad == SKR_CRYPTO_REFUSED;
}

static bool op_key(size_t which) {
    skr_key_type_t type = (skr_key_type_t)(which + 1);
    crypto_key_t key, other;
    crypto_key_any(&key, type);
    crypto_key_other(&other, type);
    bool opened = provider->key_open(&key.key);
    bool matches = opened && provider->key_matches(&key.key, &key.public_key);
    if (opened) {
        assert_false(provider->key_matches(&key.key, &other.public_key));
    } else {
        assert_null(key.key.handle);
    }
    provider->key_close(&key.key);
    if (type == SKR_KEY_RSA) {
        key.bytes[SKR_RSA_D].data[9] ^= 1;
        assert_false(provider->key_open(&key.key));
    }
    return matches;
}

static unsigned long starve(operation_t operation, size_t which, bool ever_after) {
    unsigned long refused = 0;
    memory.ever_after = ever_after;
    for (unsigned long nth = 1;; nth++) {
        long held = memory.held;
        memory.count = 0;
        memory.nth = nth;
        bool done = operation(which);
        bool reached = memory.count >= nth;
        memory.nth = 0;
        ERR_clear_error();
        if (memory.held != held) {
            fail_msg("%ld leaked when request %lu failed", memory.held - held, nth);
        }
        if (!reached) {
            assert_true(done);
            return refused;
        }
        refused += !done;
    }
}

static void starve_all(operation_t operation, size_t count) {
    for (size_t which = 0; which < count; which++) {
        assert_true(operation(which)); // what is made once per process or thread is made now
        unsigned long once = starve(operation, which, false);
        assert_true(operation(which));
        unsigned long ever = starve(operation, which, true);
        assert_true(operation(which));
        print_message("%zu: %lu requests matter, %lu with all after them\n", which, once, ever);
    }
}

static void test_aead(void **state) {
    (void)state;
    starve_all(op_aead, 7);
}

static void test_group(void **state) {
    (void)state;
    starve_all(op_group, 3);
}

static void test_sign(void **state) {
    (void)state;
    starve_all(op_sign, 12);
}

static void test_verify(void **state) {
    (void)state;
    starve_all(op_verify, 12);
}

static void test_key(void **state) {
    (void)state;
    starve_all(op_key, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aead),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_key),
    };
    if (CRYPTO_set_mem_functions(memory_take, memory_again, memory_give) != 1) {
        fputs("the library has taken memory already\n", stderr);
        return 1;
    }
    return cmocka_run_group_tests(tests, prepare, put_away);
}
