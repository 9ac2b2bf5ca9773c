// Records of all sizes, and messages spread over them or joined in them (RFC 9846 section 5.1).
//
// In: handshakes with small records, padded records, and records that a tap has cut or joined anew.
// Out: complete, intact, and no record larger than the sender's limit; one that is larger than the
// reader's is refused with both numbers.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair_tap.h"
#include "wire/messages.h"

enum { TAIL_SIZE = 1 + SKR_AEAD_TAG_MAX }; // inner type and tag, by the suites that go unasked

static pair_t pair;
static pair_tap_t tap;

static void assert_records_within(const pair_side_t *side, size_t limit) {
    unsigned records = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        const skr_trace_event_t *event = &side->event[i];
        if (event->sent && event->layer == SKR_LAYER_RECORD && event->size > 2) {
            size_t overhead = SKR_RECORD_HEADER_SIZE + (event->is_protected ? TAIL_SIZE : 0);
            assert_true(event->size <= limit + overhead);
            records++;
        }
    }
    assert_true(records > 0);
}

// --- What this side sends ---

static void test_small_out(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t limits[] = {1, 2, 3, 4, 5, 17, 63, 64, 65, 255, 256, 512, 1023, 16384};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        pair_note("limit %u", limits[i]);
        pair_init(&pair, providers->client, providers->server);
        pair_mutual(&pair, PKI_P256);
        pair.client.config.max_record_out = limits[i];
        pair.server.config.max_record_out = limits[i];
        pair_connect(&pair);
        assert_records_within(&pair.client, limits[i]);
        assert_records_within(&pair.server, limits[i]);
        pair_exchange(&pair, limits[i] < 64 ? 100 : 5000);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_padding(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t pads[] = {1, 2, 3, 16, 100, 256, 4096, 16384};
    static const uint16_t limits[] = {0, 1, 64, 300};
    for (size_t i = 0; i < 8 * 4; i++) {
        uint16_t pad = pads[i / 4], limit = limits[i % 4];
        pair_note("padded to %u, limit %u", pad, limit);
        pair_init(&pair, providers->client, providers->server);
        pair_mutual(&pair, PKI_P256);
        pair.client.config.pad_to = pair.server.config.pad_to = pad;
        pair.client.config.max_record_out = pair.server.config.max_record_out = limit;
        pair.client.config.chunk = pair.server.config.chunk = UINT16_MAX;
        pair_connect(&pair);
        assert_records_within(&pair.client, limit == 0 ? SKR_RECORD_PLAIN_MAX : limit);
        pair.client.event_count = 0;
        pair_exchange(&pair, 50);
        for (size_t e = 0; limit == 0 && e < pair.client.event_count; e++) {
            const skr_trace_event_t *event = &pair.client.event[e];
            if (event->layer == SKR_LAYER_RECORD && event->sent) {
                size_t content = event->size - SKR_RECORD_HEADER_SIZE - TAIL_SIZE;
                assert_int_equal(content % pad, 0);
            }
        }
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_keep_cipher_state(void **state) {
    const pair_providers_t *providers = *state;
    pair_init(&pair, providers->client, providers->server);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.keep_cipher_state = pair.server.config.keep_cipher_state = true;
    pair_connect(&pair);
    pair_exchange(&pair, 50000);
    assert_non_null(pair.client.memory.block[SKR_REGION_CIPHER_IN]);
    assert_non_null(pair.server.memory.block[SKR_REGION_CIPHER_OUT]);
    pair_assert_status(skr_conn_update_keys(pair.client.conn, true), SKR_OK);
    pair_run(&pair);
    pair_exchange(&pair, 50000);
    pair_end(&pair);
}

static void test_no_compatibility(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.client.config.no_compatibility = true;
    pair_connect(&pair);
    for (size_t i = 0; i < pair.server.event_count; i++) {
        assert_false(pair.server.event[i].layer == SKR_LAYER_RECORD &&
            pair.server.event[i].type == RECORD_CHANGE_CIPHER_SPEC);
    }
    pair_end(&pair);
}

// --- What the peer may send ---

// Every record is cut into records of user's size.
static void split(pair_tap_t *t, pair_message_t *m) {
    size_t size = *(const size_t *)t->user;
    if (m->content != RECORD_HANDSHAKE) {
        pair_tap_forward(t, m);
        return;
    }
    for (size_t at = 0; at < m->size; at += size) {
        size_t part = m->size - at < size ? m->size - at : size;
        pair_tap_send(t, m->by_client, m->is_sealed, m->content, m->data + at, part, at % 3);
        t->hits++;
    }
    pair_tap_passed(t, m);
}

static void test_split(void **state) {
    const pair_providers_t *providers = *state;
    for (size_t size = 1; size < 1500; size = size * 3 / 2 + 1) {
        pair_note("records of %zu", size);
        pair_init(&pair, providers->client, providers->server);
        pair_mutual(&pair, PKI_P256);
        pair_tap_run(&tap, &pair, split, &size);
        pair_assert_complete(&pair);
        pair_exchange(&pair, 1000);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// The messages of a flight behind the hello go into one record, with padding of user's size.
static struct {
    size_t size;
    uint8_t data[SKR_RECORD_PLAIN_MAX];
} flight;

static void join(pair_tap_t *t, pair_message_t *m) {
    size_t pad = *(const size_t *)t->user;
    if (m->content != RECORD_HANDSHAKE || !m->is_sealed) {
        pair_tap_forward(t, m);
        return;
    }
    assert_true(m->size <= sizeof(flight.data) - flight.size);
    memcpy(flight.data + flight.size, m->data, m->size);
    flight.size += m->size;
    if (m->type == WIRE_FINISHED) {
        size_t most = sizeof(flight.data) - flight.size;
        pair_tap_send(
            t, m->by_client, true, m->content, flight.data, flight.size, pad < most ? pad : most);
        pair_tap_passed(t, m);
        flight.size = 0;
        t->hits++;
    }
}

static void test_joined(void **state) {
    const pair_providers_t *providers = *state;
    static const size_t pads[] = {0, 1, 255, 10000, 16384};
    for (size_t i = 0; i < 5; i++) {
        size_t pad = pads[i];
        pair_note("joined, %zu zeros", pad);
        pair_init(&pair, providers->client, providers->server);
        pair_mutual(&pair, PKI_P256);
        pair_tap_run(&tap, &pair, join, &pad);
        pair_assert_complete(&pair);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// --- The reader's limit ---

static void test_limit_in(void **state) {
    (void)state;
    skr_error_t error;
    pair_init_openssl(&pair);
    pair.client.config.max_record_in = 2000;
    pair_connect(&pair);
    pair_exchange(&pair, 2000);
    pair_end(&pair);
    // A server that was not told: the limit comes when the handshake is over.
    pair.client.config.max_record_in = 0;
    pair_connect(&pair);
    pair.client.config.max_record_in = 2000;
    static const uint8_t data[2001];
    pair_write(&pair, &pair.server, data, 2000);
    assert_int_equal(pair.client.got_size, 2000);
    size_t taken = 0;
    pair_assert_status(skr_conn_write(pair.server.conn, data, 2001, &taken), SKR_OK);
    pair.client.got_size = 0;
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.client, SKR_ERR_RECORD_LIMIT);
    skr_conn_error(pair.client.conn, &error);
    assert_int_equal(error.value, 2001);
    assert_int_equal(error.limit, 2000);
    pair_end(&pair);
}

static void test_limit_in_clear(void **state) {
    (void)state;
    skr_error_t error;
    // A client can't know the server's limit when it says hello: small limits begin with the keys.
    pair_init_openssl(&pair);
    pair.server.config.max_record_in = 100;
    pair_connect(&pair);
    pair_end(&pair);
    static const uint8_t header[SKR_RECORD_HEADER_SIZE] = {22, 3, 1, 0x10, 0x01};
    size_t used = 0;
    pair_start(&pair);
    pair_assert_status(
        skr_conn_feed(pair.server.conn, header, sizeof(header), &used), SKR_ERR_RECORD_LIMIT);
    skr_conn_error(pair.server.conn, &error);
    assert_int_equal(error.limit, SKR_RECORD_CLEAR_MIN);
    assert_int_equal(error.value, 0x1001);
    pair_end(&pair);
}

// The largest records of the protocol, by content, and by content and padding.
static void test_largest(void **state) {
    (void)state;
    static const uint8_t data[SKR_RECORD_PLAIN_MAX];
    static const size_t sizes[] = {0, 1, 16383, 16384};
    for (size_t i = 0; i < 4; i++) {
        pair_note("content of %zu", sizes[i]);
        pair_init_openssl(&pair);
        pair_start(&pair);
        pair_tap_init(&tap, &pair, pair_tap_forward, NULL);
        pair_run(&pair);
        pair_tap_send(&tap, true, true, RECORD_APPLICATION_DATA, data, sizes[i],
            SKR_RECORD_PLAIN_MAX - sizes[i]);
        pair_run(&pair);
        assert_int_equal(pair.server.got_size, sizes[i]);
        assert_true(pair_is_complete(&pair.server));
        pair_tap_send(&tap, true, true, RECORD_APPLICATION_DATA, data, sizes[i],
            SKR_RECORD_PLAIN_MAX - sizes[i] + 1);
        pair.server.got_size = 0;
        pair_run(&pair);
        pair_assert_refused(&pair, &pair.server, SKR_ERR_RECORD_OVERFLOW);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_small_out, &pair_providers[0]),
        PAIR_TEST_WITH(test_small_out, &pair_providers[1]),
        PAIR_TEST_WITH(test_padding, &pair_providers[0]),
        PAIR_TEST_WITH(test_padding, &pair_providers[1]),
        PAIR_TEST_WITH(test_keep_cipher_state, &pair_providers[0]),
        PAIR_TEST_WITH(test_keep_cipher_state, &pair_providers[1]),
        PAIR_TEST(test_no_compatibility),
        PAIR_TEST_WITH(test_split, &pair_providers[0]),
        PAIR_TEST_WITH(test_split, &pair_providers[2]),
        PAIR_TEST_WITH(test_joined, &pair_providers[0]),
        PAIR_TEST_WITH(test_joined, &pair_providers[3]),
        PAIR_TEST(test_limit_in),
        PAIR_TEST(test_limit_in_clear),
        PAIR_TEST(test_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
