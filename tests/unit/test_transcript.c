// The transcript hash.
//
// Both hashes until the choice, one of them after it, ClientHello1 replaced after a
// HelloRetryRequest (RFC 9846 section 4.1); expected values were computed with Python's hashlib.
// What may not be is refused: a result before the choice, a hash that does not run. Each call of
// the provider fails once.
#include "unit.h"

#include "base/bytes.h"
#include "keys/suites.h"
#include "keys/transcript.h"

// clang-format off
#define HELLO_256 "9b1b0758762e534f1878f99370883c4fb7bdf75336b7bf23b72b6cf1cb74f8fa"
#define HELLO_384 "683788920790dac18708766b8263df40cc8787446c66773b87f8b2982872b1df0e44f700b15ab6b41015625715873eb5"
#define RETRY_256 "e56adab269fb5529dba605827cc61057e721cd1c499537fa19b3473e977fcbb4"
#define RETRY_384 "25dd30048c0df326683dbebc716d612a2d72576076918e43b60ea70bddc9e531b8ce6055d0dc76ba66a5f4d7f5108b1f"
// clang-format on

static const unsigned ids[] = {SKR_HASH_SHA256, SKR_HASH_SHA384};

static void assert_result(const transcript_t *t, const char *expected) {
    uint8_t out[SKR_HASH_SIZE_MAX];
    memset(out, 0, sizeof(out));
    assert_true(transcript_result(t, out));
    unit_assert_hex(view_of(out, t->hash[0]->size), expected);
    assert_true(transcript_result(t, out)); // and goes on
    unit_assert_hex(view_of(out, t->hash[0]->size), expected);
}

static void test_choice(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * UNIT_PROVIDERS; i++) {
        const skr_provider_t *provider = unit_providers[i % 2];
        const skr_hash_t *hash = provider_hash(provider, ids[i / 2]);
        const char *expected = i / 2 == 0 ? HELLO_256 : HELLO_384;
        transcript_t t;
        memset(&t, 0xee, sizeof(t));
        assert_true(transcript_init(&t, provider->hashes));
        assert_true(transcript_add(&t, VIEW_LITERAL("ClientHello1")));
        assert_true(transcript_choose(&t, hash));
        assert_true(transcript_add(&t, VIEW_LITERAL("re")));
        assert_true(transcript_add(&t, view_of(NULL, 0)));
        assert_true(transcript_add(&t, VIEW_LITERAL("st")));
        assert_result(&t, expected);
        assert_ptr_equal(t.hash[0], hash);
        assert_null(t.hash[1]);
        assert_true(unit_wiped(t.state[1], sizeof(t.state[1]))); // what was not chosen is gone
        assert_true(transcript_choose(&t, hash)); // once more: nothing changes
        assert_result(&t, expected);
    }
}

static void test_retry(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * UNIT_PROVIDERS; i++) {
        const skr_provider_t *provider = unit_providers[i % 2];
        transcript_t t;
        assert_true(transcript_init(&t, provider->hashes));
        assert_true(transcript_add(&t, VIEW_LITERAL("ClientHello1")));
        assert_true(transcript_choose(&t, provider_hash(provider, ids[i / 2])));
        assert_true(transcript_retry(&t));
        assert_true(transcript_add(&t, VIEW_LITERAL("rest")));
        assert_result(&t, i / 2 == 0 ? RETRY_256 : RETRY_384);
    }
}

static void test_refused(void **state) {
    (void)state;
    const skr_provider_t *provider = unit_providers[0];
    const skr_hash_t *sha256 = provider_hash(provider, SKR_HASH_SHA256);
    const skr_hash_t *sha384 = provider_hash(provider, SKR_HASH_SHA384);
    uint8_t out[SKR_HASH_SIZE_MAX];
    transcript_t t;
    assert_true(transcript_init(&t, provider->hashes));
    assert_false(transcript_result(&t, out)); // before the choice
    assert_false(transcript_retry(&t));
    assert_false(transcript_choose(&t, NULL));
    assert_true(transcript_choose(&t, sha384));
    assert_false(transcript_choose(&t, sha256)); // has been stopped
    assert_ptr_equal(t.hash[0], sha384);
    // SHA-512 is no transcript hash; without any other nothing runs
    const skr_hash_t *const only_512[] = {provider_hash(provider, SKR_HASH_SHA512), NULL};
    const skr_hash_t *const none[] = {NULL};
    assert_false(transcript_init(&t, only_512));
    assert_false(transcript_init(&t, none));
    assert_false(transcript_choose(&t, sha256));
    assert_false(transcript_choose(&t, NULL));
    const skr_hash_t *const only_384[] = {sha384, NULL};
    memset(&t, 0xff, sizeof(t));
    assert_true(transcript_init(&t, only_384));
    assert_false(t.chosen);
    assert_null(t.hash[1]);
    assert_false(transcript_result(&t, out));
    assert_false(transcript_choose(&t, sha256));
    assert_true(transcript_choose(&t, sha384));
}

// A list may name more than there is room for.
static void test_long_list(void **state) {
    (void)state;
    const skr_provider_t *provider = unit_providers[0];
    const skr_hash_t *sha256 = provider_hash(provider, SKR_HASH_SHA256);
    const skr_hash_t *sha384 = provider_hash(provider, SKR_HASH_SHA384);
    const skr_hash_t *const many[] = {sha256, sha384, sha256, sha384, NULL};
    struct {
        transcript_t t;
        uint8_t behind[64];
    } room;
    memset(&room, 0xee, sizeof(room));
    assert_true(transcript_init(&room.t, many));
    assert_ptr_equal(room.t.hash[0], sha256);
    assert_ptr_equal(room.t.hash[1], sha384);
    assert_false(room.t.chosen);
    assert_int_equal(room.behind[0], 0xee);
}

static bool run(const skr_hash_t *hash, transcript_t *t) {
    const skr_hash_t *const hashes[] = {hash, NULL};
    uint8_t out[SKR_HASH_SIZE_MAX];
    return transcript_init(t, hashes) && transcript_add(t, VIEW_LITERAL("x")) &&
        transcript_choose(t, hash) && transcript_retry(t) && transcript_result(t, out);
}

static void test_faults(void **state) {
    (void)state;
    const skr_hash_t *real = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    transcript_t t;
    assert_true(run(unit_fault_hash(real, UNIT_NEVER), &t));
    unsigned calls = unit_fault_calls();
    assert_int_equal(calls, 6); // init, update; result, init, update; result
    const skr_hash_t *const failing[] = {unit_fault_hash(real, 0), NULL};
    assert_false(transcript_init(&t, failing));
    for (unsigned n = 0; n < calls; n++) {
        assert_false(run(unit_fault_hash(real, n), &t));
        assert_int_equal(unit_fault_calls(), n + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("transcript", tests, NULL, NULL);
}
