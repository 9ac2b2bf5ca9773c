// The nth call to a provider fails, or the nth draw of random bytes (design.md section 6).
//
// In: a handshake with a retry and client certificates, data, KeyUpdates and an end, in which one
// call of one side fails, once or ever after, or gives one of the other answers that it may give.
// Out: the side fails by itself and says whose fault it was; it never goes on, and never shows or
// sends anything that was not made with the call; the other side hears of it or sees the line cut.
// All memory is back and wiped.
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "fault_life.h"

static pair_t pair;
static test_fault_random_t draws;

enum { CALLS_MAX = 4000 };
static const char *calls[CALLS_MAX]; // names of the calls, as a first life made them

static void set_up(pair_side_t *side, const skr_provider_t *provider) {
    life_init(&pair, provider);
    pair.client.config.chunk = pair.server.config.chunk = SKR_CHUNK_MIN; // most lie in pieces
    side->config.provider = test_fault_provider(provider);
    draws = (test_fault_random_t){test_random, &side->random};
    side->config.random = test_fault_random;
    side->config.random_user = &draws;
}

static bool is(const char *name, const char *other) {
    return strcmp(name, other) == 0;
}

// What the side must say when a call has failed.
static void assert_error(const pair_side_t *side, const char *call) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    assert_false(pair_is_complete(side));
    if (is(call, "random")) { // drawn by the engine, or by the provider while it signs
        assert_true(error.status == SKR_ERR_RANDOM || error.status == SKR_ERR_PROVIDER);
    } else if (is(call, "key matches")) {
        pair_assert_status(error.status, SKR_ERR_KEY_MISMATCH);
    } else {
        pair_assert_status(error.status, SKR_ERR_PROVIDER);
    }
}

// Runs lives until no call is left to fail. Returns the number of calls.
static unsigned long fail_each(
    pair_side_t *side, const skr_provider_t *provider, bool ever_after, unsigned long step) {
    for (unsigned long n = 1; n < CALLS_MAX; n += step) {
        set_up(side, provider);
        test_fault_set(n, ever_after);
        life_run(&pair);
        calls[n] = test_fault_first();
        pair_note("call %lu of the %s: %s", n, side->name, calls[n] == NULL ? "-" : calls[n]);
        if (calls[n] == NULL) {
            life_assert_whole(&pair);
            life_end(&pair);
            pair_note("%s", "");
            return n - 1;
        }
        assert_error(side, calls[n]);
        life_assert_other(&pair, side);
        life_end(&pair);
    }
    fail();
    return 0;
}

static void test_once(void **state) {
    pair_side_t *side = *state;
    unsigned long count = fail_each(side, &skr_provider_openssl, false, 1);
    unsigned seen = 0;
    static const char *const names[] = {"hash init", "hash update", "hash result", "aead init",
        "aead seal", "aead open", "finish", "verify", "sign", "random", "key matches",
        "aead open start", "aead open piece", "aead open end"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (unsigned long n = 1; n <= count; n++) {
            bool same = is(calls[n], names[i]) || (i == 6 && is(calls[n], "respond"));
            seen |= same ? 1u << i : 0;
        }
    }
    print_message("    %lu calls of the %s\n", count, side->name);
    assert_int_equal(seen, (1u << sizeof(names) / sizeof(names[0])) - 1);
}

static void test_ever_after(void **state) {
    fail_each(*state, &skr_provider_openssl, true, 1);
}

static void test_bearssl(void **state) {
    fail_each(*state, &skr_provider_bearssl, false, 7);
    fail_each(*state, &skr_provider_bearssl, true, 11);
}

// --- Other answers ---

// A refusal is the peer's fault, and the peer hears that.
static void assert_refusal(const pair_side_t *side, const char *call) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    assert_false(pair_is_complete(side));
    if (is(call, "aead open") || is(call, "aead open end")) {
        pair_assert_status(error.status, SKR_ERR_RECORD_MAC);
    } else if (is(call, "finish") || is(call, "respond")) {
        pair_assert_status(error.status, SKR_ERR_KEY_SHARE);
    } else { // verify: of a certificate, or of the handshake
        assert_true(error.status == SKR_ERR_SIGNATURE || error.status == SKR_ERR_CERT_SIGNATURE ||
            error.status == SKR_ERR_CERT_UNKNOWN_CA);
    }
    // Behind close_notify nothing is said any more.
    const skr_trace_event_t *event = side->event;
    bool closed = false;
    for (size_t i = 0; i < side->event_count; i++) {
        closed = closed || (event[i].sent && is(event[i].name, "close_notify"));
    }
    assert_int_equal(
        error.alert_sent, closed ? (int)SKR_ALERT_NONE : (int)skr_error_alert(error.status));
}

static void test_refused(void **state) {
    pair_side_t *side = *state;
    unsigned ran = 0;
    for (unsigned long n = 1; n < CALLS_MAX; n++) {
        set_up(side, &skr_provider_openssl);
        test_fault_answer(SKR_CRYPTO_REFUSED);
        test_fault_set(n, false);
        life_run(&pair);
        const char *call = test_fault_first();
        pair_note("call %lu of the %s: %s", n, side->name, call == NULL ? "-" : call);
        if (call != NULL &&
            (is(call, "aead open") || is(call, "aead open end") || is(call, "finish") ||
                is(call, "respond") || is(call, "verify"))) {
            assert_refusal(side, call);
            life_assert_other(&pair, side);
            ran++;
        }
        life_end(&pair);
        if (call == NULL) {
            break;
        }
    }
    print_message("    %u refusals of the %s\n", ran, side->name);
    assert_true(ran >= 8);
    pair_note("%s", "");
}

// Random bytes that a group can't use are drawn again, but not for ever.
static void test_retry(void **state) {
    pair_side_t *side = *state;
    const char *wanted = side == &pair.client ? "generate" : "respond";
    unsigned ran = 0;
    for (unsigned long n = 1; n < CALLS_MAX; n++) {
        set_up(side, &skr_provider_openssl);
        test_fault_answer(SKR_CRYPTO_RETRY);
        test_fault_set(n, false);
        life_run(&pair);
        const char *call = test_fault_first();
        pair_note("call %lu of the %s: %s", n, side->name, call == NULL ? "-" : call);
        if (call != NULL && is(call, wanted)) {
            life_assert_whole(&pair);
            ran++;
        }
        life_end(&pair);
        if (call == NULL) {
            break;
        }
    }
    assert_int_equal(ran, side == &pair.client ? 2 : 1); // the client makes a second share
    pair_note("%s", "");
}

static const skr_group_t *const *hopeless_groups(void) {
    static skr_group_t group;
    static const skr_group_t *list[2];
    group = *skr_provider_openssl.groups[0];
    list[0] = &group;
    return list;
}

static skr_crypto_t never_generate(uint8_t *private_key, uint8_t *public_share) {
    (void)private_key;
    (void)public_share;
    return SKR_CRYPTO_RETRY;
}

static skr_crypto_t never_respond(
    uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared) {
    (void)random;
    (void)peer;
    (void)peer_size;
    (void)response;
    (void)shared;
    return SKR_CRYPTO_RETRY;
}

static void test_retry_for_ever(void **state) {
    pair_side_t *side = *state;
    static skr_provider_t provider;
    provider = skr_provider_openssl;
    provider.groups = hopeless_groups();
    skr_group_t *group = (skr_group_t *)(uintptr_t)provider.groups[0];
    group->generate = never_generate;
    group->respond = never_respond;
    pair_init_openssl(&pair);
    side->config.provider = &provider;
    pair_start(&pair);
    pair_run(&pair);
    pair_assert_failed(side, SKR_ERR_RANDOM);
    pair_assert_failed(pair_other(&pair, side), SKR_ERR_PEER_ALERT);
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_once, &pair.client),
        PAIR_TEST_WITH(test_once, &pair.server),
        PAIR_TEST_WITH(test_ever_after, &pair.client),
        PAIR_TEST_WITH(test_ever_after, &pair.server),
        PAIR_TEST_WITH(test_bearssl, &pair.client),
        PAIR_TEST_WITH(test_bearssl, &pair.server),
        PAIR_TEST_WITH(test_refused, &pair.client),
        PAIR_TEST_WITH(test_refused, &pair.server),
        PAIR_TEST_WITH(test_retry, &pair.client),
        PAIR_TEST_WITH(test_retry, &pair.server),
        PAIR_TEST_WITH(test_retry_for_ever, &pair.client),
        PAIR_TEST_WITH(test_retry_for_ever, &pair.server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
