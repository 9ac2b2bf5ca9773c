// Record sizes that the peers agree on: record_size_limit (RFC 8449), max_fragment_length (RFC
// 6066).
//
// In: a side that can only take small records, in both versions and roles. Out: the other side
// sends none that is larger, handshake and data alike, though its own configuration would allow it;
// values that are not allowed are refused with illegal_parameter, which the peer sees. What a side
// does with a record beyond its limit is in test_records.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "hs/limit.h"
#include "support/pair.h"

static pair_t pair;

// The largest protected record that a side sent.
static size_t largest_sent(const pair_side_t *side) {
    size_t largest = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        const skr_trace_event_t *event = &side->event[i];
        if (event->sent && event->layer == SKR_LAYER_RECORD && event->is_protected &&
            event->size > largest) {
            largest = event->size;
        }
    }
    return largest;
}

static void start(const pair_providers_t *providers, uint16_t version) {
    pair_init(&pair, providers->client, providers->server);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = pair.server.config.max_version = version;
    pair.version = version != 0 ? version : SKR_TLS13;
}

// Header, explicit nonce, inner type and tag: what a record has around its content at most.
enum { AROUND = SKR_RECORD_HEADER_SIZE + 8 + 1 + SKR_AEAD_TAG_MAX };

static void test_either_side(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t versions[] = {SKR_TLS12, SKR_TLS13};
    static const uint16_t limits[] = {64, 100, 512, 1024, 4096};
    for (size_t i = 0; i < 2 * 5 * 2; i++) {
        uint16_t version = versions[i % 2], limit = limits[i / 2 % 5];
        bool at_client = i < 10;
        pair_note("version %04x, limit %u", version, limit);
        start(providers, version);
        // A server can only answer: it says its limit to a client that says one.
        pair.client.config.max_record_in = at_client ? limit : 8192;
        pair.server.config.max_record_in = at_client ? 0 : limit;
        pair_connect(&pair);
        pair.client.event_count = pair.server.event_count = 0;
        pair_exchange(&pair, 20000);
        pair_side_t *sender = at_client ? &pair.server : &pair.client;
        assert_in_range(largest_sent(sender), limit / 2, limit + AROUND);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_both_versions_offered(void **state) {
    const pair_providers_t *providers = *state;
    start(providers, 0);
    pair.client.config.max_record_in = 600;
    pair_connect(&pair);
    pair.server.event_count = 0;
    pair_exchange(&pair, 5000);
    assert_in_range(largest_sent(&pair.server), 300, 600 + AROUND);
    pair_end(&pair);
}

// --- The functions by themselves: what the peer may say ---

static skr_status_t answer(uint16_t version, uint16_t offered, wire_ext_t ext, const char *body,
    size_t size, uint16_t *limit) {
    static const hs_script_t script12 = {.version = SKR_TLS12}, script13 = {.version = SKR_TLS13};
    skr_config_t config = {.max_record_in = offered};
    hs_t hs = {.config = &config, .script = version == SKR_TLS12 ? &script12 : &script13};
    wire_extensions_t e = {.seen = WIRE_EXT_BIT(ext)};
    hs.fragment_code = 2; // 1024
    e.body[ext] = (skr_view_t){(const uint8_t *)body, size};
    skr_status_t status = limit_take_answer(&hs, &e);
    *limit = hs.limit_out;
    return status;
}

static void test_answers(void **state) {
    (void)state;
    uint16_t limit = 0;
    assert_int_equal(
        answer(SKR_TLS13, 1024, WIRE_EXT_RECORD_SIZE_LIMIT, "\x01\x01", 2, &limit), SKR_OK);
    assert_int_equal(limit, 256);
    assert_int_equal(
        answer(SKR_TLS12, 1024, WIRE_EXT_RECORD_SIZE_LIMIT, "\x01\x01", 2, &limit), SKR_OK);
    assert_int_equal(limit, 257);
    assert_int_equal(
        answer(SKR_TLS13, 1024, WIRE_EXT_RECORD_SIZE_LIMIT, "\x40\x01", 2, &limit), SKR_OK);
    assert_int_equal(limit, 16384);
    assert_int_equal(answer(SKR_TLS13, 1024, WIRE_EXT_RECORD_SIZE_LIMIT, "\x40\x02", 2, &limit),
        SKR_ERR_ILLEGAL_PARAMETER);
    assert_int_equal(answer(SKR_TLS12, 1024, WIRE_EXT_RECORD_SIZE_LIMIT, "\x40\x01", 2, &limit),
        SKR_ERR_ILLEGAL_PARAMETER);
    assert_int_equal(answer(SKR_TLS13, 1024, WIRE_EXT_RECORD_SIZE_LIMIT, "\x00\x3f", 2, &limit),
        SKR_ERR_ILLEGAL_PARAMETER);
    assert_int_equal(
        answer(SKR_TLS13, 1024, WIRE_EXT_RECORD_SIZE_LIMIT, "\x40", 1, &limit), SKR_ERR_DECODE);
    assert_int_equal(
        answer(SKR_TLS12, 1024, WIRE_EXT_MAX_FRAGMENT_LENGTH, "\x02", 1, &limit), SKR_OK);
    assert_int_equal(limit, 1024);
    assert_int_equal(answer(SKR_TLS12, 1024, WIRE_EXT_MAX_FRAGMENT_LENGTH, "\x03", 1, &limit),
        SKR_ERR_ILLEGAL_PARAMETER);
    assert_int_equal(answer(SKR_TLS12, 1024, WIRE_EXT_MAX_FRAGMENT_LENGTH, "\x05", 1, &limit),
        SKR_ERR_ILLEGAL_PARAMETER);
    assert_int_equal(answer(SKR_TLS12, 1024, WIRE_EXT_MAX_FRAGMENT_LENGTH, "\x02\x02", 2, &limit),
        SKR_ERR_DECODE);
}

static void test_both_at_once(void **state) {
    (void)state;
    static const hs_script_t script = {.version = SKR_TLS12};
    skr_config_t config = {.max_record_in = 1024};
    hs_t hs = {.config = &config, .script = &script, .fragment_code = 2};
    wire_extensions_t e = {.seen = 0};
    e.body[WIRE_EXT_RECORD_SIZE_LIMIT] = (skr_view_t){(const uint8_t *)"\x04\x00", 2};
    e.body[WIRE_EXT_MAX_FRAGMENT_LENGTH] = (skr_view_t){(const uint8_t *)"\x02", 1};
    assert_int_equal(limit_take_answer(&hs, &e), SKR_ERR_ILLEGAL_PARAMETER); // RFC 8449 section 5
    // A server takes the newer one and passes over the older.
    assert_int_equal(limit_select(&hs, &e), SKR_OK);
    assert_int_equal(hs.limit_out, 1024);
    assert_true(hs.limit_agreed);
    assert_int_equal(hs.fragment_code, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_either_side, &pair_providers[0]),
        PAIR_TEST_WITH(test_both_versions_offered, &pair_providers[1]),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_both_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
