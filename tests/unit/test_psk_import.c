// The importer of external pre-shared keys (RFC 9258, src/hs/psk_import.c).
//
// In: a key, an identity, a context, hashes. Out: the ImportedIdentity, the new key and the key of
// its binder, as another implementation made them: Python's hmac and hashlib by sections 5.1 and
// 5.2, since no vectors were published. Room that is too small, sizes and hashes that do not fit
// are refused, and nothing is written then; every input counts.
#include "unit.h"

#include "base/bytes.h"
#include "crypto/test/test_crypto.h"
#include "keys/schedule.h"
#include "keys/suites.h"
#include "skerry/config.h"
#include "support/pair.h"

enum { ROOM = 2 * SKR_PSK_IDENTITY_MAX + 200 };

static uint8_t room[ROOM];
static const uint8_t key[32] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
    19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static void test_known_answers(void **state) {
    (void)state;
    const struct {
        unsigned own, target;
        skr_view_t identity, context;
        const char *imported, *key, *binder;
    } rows[] = {
        {SKR_HASH_SHA256, SKR_HASH_SHA256, VIEW_LITERAL("sensor-7"), VIEW_LITERAL(""),
            "000873656e736f722d37000003040001",
            "1bb3022263e51060a3fc957058bbc3239e6ce373c95cdef8f3fa60f3ac8f93e5",
            "eb0db8af85fb3f0ff2c8b154b473746bc7fb5243cb567b4e3adab6b58b221a3f"},
        {SKR_HASH_SHA256, SKR_HASH_SHA384, VIEW_LITERAL("\0\xff"),
            VIEW_LITERAL("client A, server B"),
            "000200ff0012636c69656e7420412c20736572766572204203040002",
            "ad3c80957866e6744b91d1a09d82185652373b66f8710b6c03ae084734ecc3d3"
            "19a3ee2be9ec9318d86ce7d7"
            "6a1cd5f8",
            "ccc9d91eb68aff984a02d2f0044d27600a6d3edccbb48c4f04c435fcb979cf27"
            "e2632e0167de6ac8bfd080da"
            "59685d04"},
        {SKR_HASH_SHA384, SKR_HASH_SHA256, VIEW_LITERAL("\0\xff"),
            VIEW_LITERAL("client A, server B"),
            "000200ff0012636c69656e7420412c20736572766572204203040001",
            "5d99d3599d0496c042c0c0a6fc9f9543e6f84a08abfffa494adf46115efd54f6",
            "6eaa4e794872b63b26f004477b0fe5107d8a931b893d9df0caf94fdba9c36b2a"},
        {SKR_HASH_SHA384, SKR_HASH_SHA384, VIEW_LITERAL("sensor-7"), VIEW_LITERAL(""),
            "000873656e736f722d37000003040002",
            "6188db21c7ddca91509c65bbf306b0fad82c7616275cf9eb744c831894ebbd7e"
            "e6741a9c2d13ab548f284109"
            "26fa89f4",
            "d82cd6a98fd9cbfcec3239583b448de968e5213ea60e8a481c6240a6a98cb842"
            "7bbec02f75c61828f7c3cc1d"
            "788814f1"},
    };
    for (size_t i = 0; i < UNIT_PROVIDERS * sizeof(rows) / sizeof(rows[0]); i++) {
        size_t row = i / UNIT_PROVIDERS;
        const skr_provider_t *provider = unit_providers[i % UNIT_PROVIDERS];
        skr_psk_t from = {.identity = rows[row].identity,
            .key = view_of(key, sizeof(key)),
            .hash = (uint8_t)rows[row].own};
        skr_psk_t to;
        uint8_t binder[SKR_HASH_SIZE_MAX];
        size_t size = SKR_PSK_IMPORTED_SIZE(from.identity.size, rows[row].context.size);
        pair_assert_status(
            skr_psk_import(provider, &from, rows[row].context, rows[row].target, room, size, &to),
            SKR_OK);
        const skr_hash_t *hash = provider_hash(provider, rows[row].target);
        unit_assert_hex(to.identity, rows[row].imported);
        unit_assert_hex(to.key, rows[row].key);
        assert_int_equal(to.hash, rows[row].target);
        assert_true(to.imported);
        assert_true(schedule_binder(hash, BINDER_IMPORTED, to.key, binder));
        unit_assert_hex(view_of(binder, hash->size), rows[row].binder);
    }
}

// Each changes the key: the identity, the context, where one ends and the other begins, the key,
// its hash.
static void test_inputs(void **state) {
    (void)state;
    const struct {
        skr_view_t identity, context, key;
        uint8_t own;
    } inputs[] = {
        {VIEW_LITERAL("ab"), VIEW_LITERAL("cd"), view_of(key, 32), 0},
        {VIEW_LITERAL("ax"), VIEW_LITERAL("cd"), view_of(key, 32), 0},
        {VIEW_LITERAL("ab"), VIEW_LITERAL("cx"), view_of(key, 32), 0},
        {VIEW_LITERAL("abc"), VIEW_LITERAL("d"), view_of(key, 32), 0},
        {VIEW_LITERAL("ab"), VIEW_LITERAL("cd"), view_of(key, 31), 0},
        {VIEW_LITERAL("ab"), VIEW_LITERAL("cd"), view_of(key, 32), SKR_HASH_SHA384},
    };
    enum { INPUTS = sizeof(inputs) / sizeof(inputs[0]) };
    uint8_t keys[INPUTS][32];
    for (size_t i = 0; i < INPUTS; i++) {
        skr_psk_t from = {
            .identity = inputs[i].identity, .key = inputs[i].key, .hash = inputs[i].own};
        skr_psk_t to;
        pair_assert_status(skr_psk_import(unit_providers[0], &from, inputs[i].context,
                               SKR_HASH_SHA256, room, ROOM, &to),
            SKR_OK);
        memcpy(keys[i], to.key.data, sizeof(keys[i]));
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(keys[i], keys[j], sizeof(keys[i]));
        }
    }
}

static void test_refused(void **state) {
    (void)state;
    static uint8_t untouched[ROOM], long_bytes[SKR_PSK_IDENTITY_MAX + 1];
    const struct {
        size_t identity, context, key, room;
        unsigned own, target;
        bool imported;
    } cases[] = {
        {0, 0, 32, ROOM, 0, SKR_HASH_SHA256, false},
        {SKR_PSK_IDENTITY_MAX + 1, 0, 32, ROOM, 0, SKR_HASH_SHA256, false},
        {1, SKR_PSK_IDENTITY_MAX + 1, 32, ROOM, 0, SKR_HASH_SHA256, false},
        {SKR_PSK_IDENTITY_MAX - 7, 0, 32, ROOM, 0, SKR_HASH_SHA256, false},
        {1, SKR_PSK_IDENTITY_MAX - 8, 32, ROOM, 0, SKR_HASH_SHA256, false},
        {1, 0, SKR_PSK_KEY_MIN - 1, ROOM, 0, SKR_HASH_SHA256, false},
        {1, 0, 32, SKR_PSK_IMPORTED_SIZE(1, 0) - 1, 0, SKR_HASH_SHA256, false},
        {1, 9, 32, SKR_PSK_IMPORTED_SIZE(1, 9) - 1, 0, SKR_HASH_SHA384, false},
        {1, 0, 32, 0, 0, SKR_HASH_SHA256, false},
        {1, 0, 32, ROOM, SKR_HASH_SHA512, SKR_HASH_SHA256, false},
        {1, 0, 32, ROOM, 0, SKR_HASH_SHA512, false},
        {1, 0, 32, ROOM, 0, 0, false},
        {1, 0, 32, ROOM, 0, SKR_HASH_SHA256, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        skr_psk_t from = {.identity = view_of(long_bytes, cases[i].identity),
            .key = view_of(key, cases[i].key),
            .hash = (uint8_t)cases[i].own,
            .imported = cases[i].imported};
        skr_psk_t to;
        memset(room, 0xa5, sizeof(room));
        memset(untouched, 0xa5, sizeof(untouched));
        pair_assert_status(
            skr_psk_import(unit_providers[0], &from, view_of(long_bytes, cases[i].context),
                cases[i].target, room, cases[i].room, &to),
            SKR_ERR_CONFIG);
        assert_memory_equal(room, untouched, SKR_SECRET_SIZE_MAX);
        assert_memory_equal(room + cases[i].room, untouched, ROOM - cases[i].room);
    }
    // The largest that fits.
    skr_psk_t from = {.identity = view_of(long_bytes, SKR_PSK_IDENTITY_MAX - 8),
        .key = view_of(key, sizeof(key))};
    skr_psk_t to;
    pair_assert_status(skr_psk_import(unit_providers[0], &from, view_of(NULL, 0), SKR_HASH_SHA384,
                           room, SKR_PSK_IMPORTED_SIZE(from.identity.size, 0), &to),
        SKR_OK);
    assert_int_equal(to.identity.size, SKR_PSK_IDENTITY_MAX);
}

static void test_provider_fails(void **state) {
    (void)state;
    const skr_provider_t *faulty = test_fault_provider(&skr_provider_openssl);
    skr_psk_t from = {.identity = VIEW_LITERAL("x"), .key = view_of(key, sizeof(key))};
    skr_psk_t to;
    test_fault_set(0, false);
    pair_assert_status(
        skr_psk_import(faulty, &from, VIEW_LITERAL("y"), SKR_HASH_SHA256, room, ROOM, &to), SKR_OK);
    unsigned long calls = test_fault_count();
    assert_true(calls > 10);
    for (unsigned long nth = 1; nth <= calls; nth++) {
        test_fault_set(nth, false);
        pair_assert_status(
            skr_psk_import(faulty, &from, VIEW_LITERAL("y"), SKR_HASH_SHA256, room, ROOM, &to),
            SKR_ERR_PROVIDER);
    }
    test_fault_set(0, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_known_answers),
        PAIR_TEST(test_inputs),
        PAIR_TEST(test_refused),
        PAIR_TEST(test_provider_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
