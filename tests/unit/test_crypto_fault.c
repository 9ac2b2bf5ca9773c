// The test provider itself: faults where they are asked for, and nowhere else; randomness that
// repeats.
//
// In: nothing. Out: the number of tests that failed.
// Tests that make the n-th provider call fail are worth what this counts and refuses, so each kind
// of call is made once through the wrapper, failing and not failing, and compared with the provider
// inside.
#include <stdlib.h>
#include <string.h>

#include "support/crypto_cases.h"

// What a call said, in one form for all kinds.
typedef enum { FINE, FALSE, REFUSED, RETRY, FAILED } said_t;

static said_t of_bool(bool done) {
    return done ? FINE : FALSE;
}

static said_t of_crypto(skr_crypto_t said) {
    static const said_t all[] = {FINE, REFUSED, RETRY, FAILED};
    return all[said];
}

static const skr_provider_t *wrapped;
static test_random_t randomness;

static said_t call_random(void) {
    uint8_t out[8];
    return of_bool(wrapped->random(NULL, out, sizeof(out)));
}

static said_t call_own_random(void) {
    uint8_t out[8];
    test_fault_random_t random = {test_random, &randomness};
    return of_bool(test_fault_random(&random, out, sizeof(out)));
}

static uint8_t *hash_state(const skr_hash_t *hash) {
    static _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    assert_true(crypto_find_hash(&skr_provider_openssl, hash->id)->init(state));
    return state;
}

static said_t call_hash_init(void) {
    const skr_hash_t *hash = wrapped->hashes[1];
    return of_bool(hash->init(hash_state(hash)));
}

static said_t call_hash_update(void) {
    const skr_hash_t *hash = wrapped->hashes[0];
    return of_bool(hash->update(hash_state(hash), (const uint8_t *)"x", 1));
}

static said_t call_hash_result(void) {
    const skr_hash_t *hash = wrapped->hashes[2];
    uint8_t digest[SKR_HASH_SIZE_MAX];
    return of_bool(hash->result(hash_state(hash), digest));
}

// init, then one call; the state is cleared whatever was said, as the contract has it.
static said_t with_aead(bool init_only, bool seals) {
    const skr_aead_t *aead = wrapped->aeads[0];
    const uint8_t key[SKR_AEAD_KEY_MAX] = {1}, nonce[SKR_AEAD_NONCE_SIZE] = {2};
    uint8_t data[4] = "abc", tag[SKR_AEAD_TAG_MAX];
    void *state = aligned_alloc(16, ((size_t)aead->state_size + 15) / 16 * 16);
    const skr_aead_t *inner = skr_provider_openssl.aeads[0];
    said_t said = FINE;
    if (init_only) {
        said = of_bool(aead->init(state, key));
    } else {
        assert_true(inner->init(state, key));
        if (seals) {
            said = of_bool(aead->seal(state, nonce, key, 5, data, 4, tag));
            assert_int_equal(memcmp(data, "abc", 4) == 0, said != FINE);
        } else {
            assert_true(inner->seal(state, nonce, key, 5, data, 4, tag));
            said = of_crypto(aead->open(state, nonce, key, 5, data, 4, tag));
            assert_int_equal(memcmp(data, "abc", 4) == 0, said == FINE);
        }
    }
    aead->clear(state);
    free(state);
    return said;
}

static said_t call_aead_init(void) {
    return with_aead(true, false);
}

static said_t call_aead_seal(void) {
    return with_aead(false, true);
}

static said_t call_aead_open(void) {
    return with_aead(false, false);
}

// One of the three that open in pieces; the others are the inner provider's.
static said_t with_pieces(int what) {
    const skr_aead_t *aead = wrapped->aeads[0], *inner = skr_provider_openssl.aeads[0];
    const uint8_t key[SKR_AEAD_KEY_MAX] = {1}, nonce[SKR_AEAD_NONCE_SIZE] = {2};
    _Alignas(16) uint8_t run[SKR_AEAD_RUN_MAX];
    uint8_t data[4] = "abc", tag[SKR_AEAD_TAG_MAX];
    void *state = aligned_alloc(16, ((size_t)aead->state_size + 15) / 16 * 16);
    assert_true(inner->init(state, key));
    assert_true(inner->seal(state, nonce, key, 5, data, 4, tag));
    said_t said = FINE;
    if (what == 0) {
        said = of_bool(aead->open_start(state, run, nonce, key, 5, 4));
    } else {
        assert_true(inner->open_start(state, run, nonce, key, 5, 4));
    }
    if (what == 1) {
        said = of_bool(aead->open_piece(state, run, data, 4));
        assert_int_equal(memcmp(data, "abc", 4) == 0, said == FINE);
    } else if (what == 2) {
        assert_true(inner->open_piece(state, run, data, 4));
        said = of_crypto(aead->open_end(state, run, tag));
    }
    aead->clear(state);
    free(state);
    return said;
}

static said_t call_open_start(void) {
    return with_pieces(0);
}

static said_t call_open_piece(void) {
    return with_pieces(1);
}

static said_t call_open_end(void) {
    return with_pieces(2);
}

static said_t call_generate(void) {
    uint8_t key[SKR_GROUP_PRIVATE_MAX] = {1}, share[SKR_GROUP_PUBLIC_MAX];
    return of_crypto(wrapped->groups[0]->generate(key, share));
}

static said_t call_respond(void) {
    uint8_t key[SKR_GROUP_PRIVATE_MAX] = {1}, peer[32] = {9}, share[32], shared[32];
    return of_crypto(wrapped->groups[0]->respond(key, peer, 32, share, shared));
}

static said_t call_finish(void) {
    uint8_t key[SKR_GROUP_PRIVATE_MAX] = {1}, peer[32] = {9}, shared[32];
    return of_crypto(wrapped->groups[0]->finish(key, peer, 32, shared));
}

static said_t call_key_open(void) {
    crypto_key_t key;
    crypto_key_any(&key, SKR_KEY_P256);
    bool opened = wrapped->key_open(&key.key);
    assert_int_equal(opened, key.key.handle != NULL);
    wrapped->key_close(&key.key);
    return of_bool(opened);
}

// With a key that the provider inside has opened.
static said_t with_key(int what) {
    crypto_key_t key;
    const uint8_t digest[32] = {3};
    uint8_t signature[SKR_SIGNATURE_MAX];
    size_t size = 0;
    said_t said = FINE;
    crypto_key_any(&key, SKR_KEY_P256);
    assert_true(skr_provider_openssl.key_open(&key.key));
    if (what == 0) {
        said = of_bool(wrapped->key_matches(&key.key, &key.public_key));
    } else if (what == 1) {
        said = of_crypto(wrapped->signatures[0]->sign(
            &key.key, digest, 32, test_random, &randomness, signature, &size));
    } else {
        crypto_expect("sign",
            skr_provider_openssl.signatures[0]->sign(
                &key.key, digest, 32, test_random, &randomness, signature, &size),
            SKR_CRYPTO_OK);
        said = of_crypto(
            wrapped->signatures[0]->verify(&key.public_key, digest, 32, signature, size));
    }
    wrapped->key_close(&key.key);
    return said;
}

static said_t call_key_matches(void) {
    return with_key(0);
}

static said_t call_sign(void) {
    return with_key(1);
}

static said_t call_verify(void) {
    return with_key(2);
}

typedef struct {
    const char *name; // as test_fault_first() has it
    said_t (*call)(void);
    said_t failed, refused, retry; // what it says when it fails, by test_fault_answer()
} row_t;

static const row_t rows[] = {
    {"random", call_random, FALSE, FALSE, FALSE},
    {"random", call_own_random, FALSE, FALSE, FALSE},
    {"hash init", call_hash_init, FALSE, FALSE, FALSE},
    {"hash update", call_hash_update, FALSE, FALSE, FALSE},
    {"hash result", call_hash_result, FALSE, FALSE, FALSE},
    {"aead init", call_aead_init, FALSE, FALSE, FALSE},
    {"aead seal", call_aead_seal, FALSE, FALSE, FALSE},
    {"aead open", call_aead_open, FAILED, REFUSED, FAILED},
    {"aead open start", call_open_start, FALSE, FALSE, FALSE},
    {"aead open piece", call_open_piece, FALSE, FALSE, FALSE},
    {"aead open end", call_open_end, FAILED, REFUSED, FAILED},
    {"generate", call_generate, FAILED, FAILED, RETRY},
    {"respond", call_respond, FAILED, REFUSED, RETRY},
    {"finish", call_finish, FAILED, REFUSED, FAILED},
    {"key open", call_key_open, FALSE, FALSE, FALSE},
    {"key matches", call_key_matches, FALSE, FALSE, FALSE},
    {"sign", call_sign, FAILED, FAILED, FAILED},
    {"verify", call_verify, FAILED, REFUSED, FAILED},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void test_each_kind(void **state) {
    (void)state;
    wrapped = test_fault_provider(&skr_provider_openssl);
    for (size_t i = 0; i < ROWS; i++) {
        test_fault_set(0, false);
        assert_int_equal(rows[i].call(), FINE);
        assert_int_equal(test_fault_count(), 1);
        assert_null(test_fault_first());
        test_fault_set(1, false);
        test_fault_answer(SKR_CRYPTO_FAILED);
        assert_int_equal(rows[i].call(), rows[i].failed);
        assert_string_equal(test_fault_first(), rows[i].name);
        assert_int_equal(rows[i].call(), FINE); // only the first
        assert_int_equal(test_fault_count(), 2);
        test_fault_set(1, false);
        test_fault_answer(SKR_CRYPTO_REFUSED);
        assert_int_equal(rows[i].call(), rows[i].refused);
        test_fault_set(1, false);
        test_fault_answer(SKR_CRYPTO_RETRY);
        assert_int_equal(rows[i].call(), rows[i].retry);
    }
}

static void test_nth(void **state) {
    (void)state;
    wrapped = test_fault_provider(&skr_provider_openssl);
    for (unsigned long nth = 1; nth <= ROWS; nth++) {
        test_fault_set(nth, false);
        for (unsigned long i = 1; i <= ROWS; i++) {
            assert_int_equal(rows[i - 1].call() == FINE, i != nth);
        }
        assert_string_equal(test_fault_first(), rows[nth - 1].name);
        test_fault_set(nth, true);
        for (unsigned long i = 1; i <= ROWS; i++) {
            assert_int_equal(rows[i - 1].call() == FINE, i < nth);
        }
        assert_int_equal(test_fault_count(), ROWS);
        assert_string_equal(test_fault_first(), rows[nth - 1].name);
    }
    test_fault_set(0, true);
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(rows[i].call(), FINE);
    }
}

// All places of all lists are wrapped, and lead to the algorithm that the inner provider has there.
static void check_lists(const skr_provider_t *inner) {
    size_t i;
    wrapped = test_fault_provider(inner);
    assert_string_equal(wrapped->name, inner->name);
    for (i = 0; inner->hashes[i] != NULL; i++) {
        assert_int_equal(wrapped->hashes[i]->id, inner->hashes[i]->id);
        assert_ptr_not_equal(wrapped->hashes[i]->init, inner->hashes[i]->init);
    }
    assert_null(wrapped->hashes[i]);
    for (i = 0; inner->aeads[i] != NULL; i++) {
        assert_int_equal(wrapped->aeads[i]->id, inner->aeads[i]->id);
        assert_ptr_not_equal(wrapped->aeads[i]->seal, inner->aeads[i]->seal);
    }
    assert_null(wrapped->aeads[i]);
    for (i = 0; inner->groups[i] != NULL; i++) {
        assert_int_equal(wrapped->groups[i]->id, inner->groups[i]->id);
        assert_ptr_not_equal(wrapped->groups[i]->finish, inner->groups[i]->finish);
    }
    assert_null(wrapped->groups[i]);
    for (i = 0; inner->signatures[i] != NULL; i++) {
        const skr_signature_t *a = wrapped->signatures[i], *b = inner->signatures[i];
        assert_int_equal(a->scheme, b->scheme);
        assert_ptr_not_equal(a->verify, b->verify);
        assert_int_equal(a->sign == NULL, b->sign == NULL);
    }
    assert_null(wrapped->signatures[i]);
}

static void test_lists(void **state) {
    (void)state;
    check_lists(&skr_provider_openssl);
    check_lists(&skr_provider_bearssl);
}

static void test_randomness(void **state) {
    (void)state;
    test_random_t a, b, c;
    uint8_t one[37], two[37];
    test_random_seed(&a, 5);
    test_random_seed(&b, 5);
    test_random_seed(&c, 6);
    for (int i = 0; i < 10; i++) {
        assert_true(test_random(&a, one, sizeof(one)));
        assert_true(test_random(&b, two, sizeof(two)));
        assert_memory_equal(one, two, sizeof(one));
        assert_true(test_random(&c, two, sizeof(two)));
        assert_memory_not_equal(one, two, sizeof(one));
    }
    // The generator's reference: state words 1, 2, 3, 4 give these first (Vigna's
    // xoshiro256starstar.c).
    test_random_t known = {{1, 2, 3, 4}};
    static const uint64_t first[] = {11520, 0, 1509978240};
    for (size_t i = 0; i < 3; i++) {
        uint64_t word = 0;
        assert_true(test_random(&known, one, 8));
        for (int byte = 7; byte >= 0; byte--) {
            word = word << 8 | one[byte];
        }
        assert_int_equal(word, first[i]);
    }
}

static void test_script(void **state) {
    (void)state;
    const uint8_t bytes[] = {1, 2, 3, 4, 5};
    uint8_t out[8];
    test_script_t script = {{bytes, sizeof(bytes)}};
    assert_true(test_script_random(&script, out, 2));
    assert_memory_equal(out, bytes, 2);
    assert_true(test_script_random(&script, out, 0));
    assert_false(test_script_random(&script, out, 4)); // fails, and takes nothing
    assert_true(test_script_random(&script, out, 3));
    assert_memory_equal(out, bytes + 2, 3);
    assert_false(test_script_random(&script, out, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_nth),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_randomness),
        cmocka_unit_test(test_script),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    // Through the wrapper everything is as without it: each place leads to the one that it stands
    // for.
    return failed +
        crypto_all_cases(test_fault_provider(&skr_provider_openssl), &skr_provider_bearssl);
}
