// Keys after the handshake: KeyUpdate (RFC 9846 section 4.7.3), limits on the use of keys (section
// 5.5), exporters (section 7.5), key logs (RFC 9850).
//
// In: updates asked for, answered, forced by a limit, and too many. Out: new keys on both sides
// that fit, old ones gone, data that goes on; secrets that both sides tell alike.
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/ct.h"
#include "conn/conn.h"
#include "keys/schedule.h"
#include "support/pair_tap.h"

static pair_t pair;
static pair_tap_t tap;

static void connect_suite(uint16_t suite) {
    static uint16_t suites[2];
    suites[0] = suite;
    pair_init_openssl(&pair);
    pair.client.config.suites = suites;
    pair_connect(&pair);
}

static void assert_same_keys(void) {
    const skr_conn_t *client = pair.client.conn, *server = pair.server.conn;
    size_t size = client->hash->size;
    assert_memory_equal(client->in.secret, server->out.secret, size);
    assert_memory_equal(client->out.secret, server->in.secret, size);
    assert_memory_not_equal(client->in.secret, client->out.secret, size);
}

// --- KeyUpdate ---

static void test_update(void **state) {
    pair_side_t *side = *state, *other = pair_other(&pair, side);
    for (unsigned n = 0; n < 6; n++) {
        bool request = n % 2 != 0;
        uint8_t out[SKR_SECRET_SIZE_MAX], in[SKR_SECRET_SIZE_MAX];
        connect_suite((uint16_t)(0x1301 + n / 2));
        const skr_hash_t *hash = side->conn->hash;
        memcpy(out, side->conn->out.secret, sizeof(out));
        memcpy(in, side->conn->in.secret, sizeof(in));
        pair_exchange(&pair, 10);
        pair_assert_status(skr_conn_update_keys(side->conn, request), SKR_OK);
        pair_run(&pair);
        assert_true(schedule_update(hash, out));
        assert_memory_equal(out, other->conn->in.secret, hash->size);
        assert_true(!request || schedule_update(hash, in));
        assert_memory_equal(in, other->conn->out.secret, hash->size);
        assert_same_keys();
        pair_exchange(&pair, 1000);
        pair_end(&pair);
    }
}

// Both at once, each asking the other.
static void test_update_crossing(void **state) {
    (void)state;
    connect_suite(0x1301);
    for (int i = 0; i < 10; i++) {
        pair_assert_status(skr_conn_update_keys(pair.client.conn, true), SKR_OK);
        pair_assert_status(skr_conn_update_keys(pair.server.conn, true), SKR_OK);
        pair_run(&pair);
        assert_same_keys();
        pair_exchange(&pair, 100);
    }
    pair_end(&pair);
}

static unsigned count_updates(const pair_side_t *side) {
    unsigned count = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        const skr_trace_event_t *event = &side->event[i];
        count += event->sent && event->layer == SKR_LAYER_HANDSHAKE &&
                event->type == WIRE_KEY_UPDATE
            ? 1
            : 0;
    }
    return count;
}

// Several requests that come before the answer could go are answered by one.
static void test_one_answer(void **state) {
    (void)state;
    const uint8_t *data = NULL;
    size_t taken = 0;
    connect_suite(0x1301);
    pair_assert_status(skr_conn_write(pair.server.conn, (const uint8_t *)"x", 1, &taken), SKR_OK);
    assert_true(skr_conn_output(pair.server.conn, &data) > 0); // the server's line is full
    for (int i = 0; i < 5; i++) {
        pair_assert_status(skr_conn_update_keys(pair.client.conn, true), SKR_OK);
        pair_flush(&pair, &pair.client);
        pair_feed(&pair, &pair.server);
    }
    assert_int_equal(count_updates(&pair.server), 0);
    pair_run(&pair);
    // The answer is due before the next application data (section 4.7.3).
    pair_write(&pair, &pair.server, "y", 1);
    assert_int_equal(count_updates(&pair.server), 1);
    assert_int_equal(pair.client.got_size, 2);
    assert_same_keys();
    pair_exchange(&pair, 10);
    pair_end(&pair);
}

static void test_update_flood(void **state) {
    pair_side_t *side = *state;
    connect_suite(0x1301);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < SKR_KEY_UPDATES_MAX; i++) {
            pair_assert_status(skr_conn_update_keys(side->conn, false), SKR_OK);
            pair_run(&pair);
        }
        pair_exchange(&pair, 10); // that ends the row
    }
    for (unsigned i = 0; i < SKR_KEY_UPDATES_MAX + 1; i++) {
        pair_assert_status(skr_conn_update_keys(side->conn, false), SKR_OK);
        pair_run(&pair);
    }
    pair_assert_refused(&pair, pair_other(&pair, side), SKR_ERR_FLOOD);
    pair_end(&pair);
}

static void tapped(void) {
    pair_init_openssl(&pair);
    pair_start(&pair);
    pair_tap_init(&tap, &pair, pair_tap_forward, NULL);
    pair_run(&pair);
    pair_assert_complete(&pair);
}

static void update_refused(const char *message, size_t size, skr_status_t status) {
    for (int by_client = 0; by_client < 2; by_client++) {
        tapped();
        pair_tap_send(&tap, by_client != 0, true, RECORD_HANDSHAKE, message, size, 0);
        pair_run(&pair);
        pair_assert_refused(&pair, by_client ? &pair.server : &pair.client, status);
        pair_end(&pair);
    }
}

static void test_update_wrong(void **state) {
    (void)state;
    update_refused("\x18\0\0\1\2", 5, SKR_ERR_ILLEGAL_PARAMETER);
    update_refused("\x18\0\0\1\xff", 5, SKR_ERR_ILLEGAL_PARAMETER);
    update_refused("\x18\0\0\0", 4, SKR_ERR_DECODE);
    update_refused("\x18\0\0\2\0\0", 6, SKR_ERR_DECODE);
    update_refused("\x18\0\0\1\0\x18\0\0\1\0", 10, SKR_ERR_KEY_CHANGE_UNALIGNED);
    update_refused("\x18\0\0\1\0\x18", 6, SKR_ERR_KEY_CHANGE_UNALIGNED);
}

// A KeyUpdate that is spread over records is one all the same, but nothing may come in between.
static void test_update_split(void **state) {
    (void)state;
    static const uint8_t update[] = {24, 0, 0, 1, 0};
    tapped();
    for (size_t i = 0; i < sizeof(update); i++) {
        pair_tap_send(&tap, true, true, RECORD_HANDSHAKE, update + i, 1, 0);
    }
    pair_run(&pair);
    pair_assert_status(pair.server.status, SKR_OK);
    assert_int_equal(pair.server.conn->in.keys.sequence, 0);
    pair_end(&pair);
    tapped();
    pair_tap_send(&tap, true, true, RECORD_HANDSHAKE, update, 2, 0);
    pair_tap_send(&tap, true, true, RECORD_APPLICATION_DATA, "x", 1, 0);
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_INTERLEAVED);
    pair_end(&pair);
}

// --- Limits on the use of keys ---

enum { LIMIT = 5 };

static const skr_provider_t *limited_provider(const skr_provider_t *inner) {
    static skr_provider_t provider;
    static skr_aead_t aeads[8];
    static const skr_aead_t *list[9];
    size_t i = 0;
    for (; inner->aeads[i] != NULL; i++) {
        aeads[i] = *inner->aeads[i];
        aeads[i].record_limit = LIMIT;
        list[i] = &aeads[i];
    }
    list[i] = NULL;
    provider = *inner;
    provider.aeads = list;
    return &provider;
}

// Nobody seals more records with one key than it may; data goes on with new ones.
static void test_record_limit(void **state) {
    pair_side_t *side = *state, *other = pair_other(&pair, side);
    for (unsigned keep = 0; keep < 2; keep++) {
        pair_init_openssl(&pair);
        side->config.provider = limited_provider(side->config.provider);
        side->config.keep_cipher_state = keep != 0;
        other->config.max_record_out = 0;
        pair_connect(&pair);
        for (unsigned i = 0; i < 40; i++) {
            assert_true(side->conn->out.keys.sequence <= LIMIT);
            pair_write(&pair, side, "0123456789", 10);
        }
        assert_int_equal(other->got_size, 400);
        assert_true(count_updates(side) >= 40 / LIMIT);
        other->got_size = 0;
        pair_exchange(&pair, 100000);
        pair_assert_status(skr_conn_close(side->conn), SKR_OK); // there is always one record left
        pair_run(&pair);
        pair_assert_status(other->status, SKR_CLOSED);
        pair_end(&pair);
    }
}

// A handshake whose flight needs more records than the key allows can't go on: it says so.
static void test_record_limit_handshake(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.server.config.provider = limited_provider(pair.server.config.provider);
    pair.server.config.max_record_out = 64;
    pair_start(&pair);
    pair_run(&pair);
    pair_assert_failed(&pair.server, SKR_ERR_KEY_EXHAUSTED);
    assert_false(pair_is_complete(&pair.client));
    pair_end(&pair);
}

// The last sequence number is not used: it could only be followed by a repeated nonce.
static void test_sequence_end(void **state) {
    (void)state;
    connect_suite(0x1303); // whose limit is the sequence number alone
    pair.client.conn->out.keys.sequence = UINT64_MAX;
    pair.server.conn->in.keys.sequence = UINT64_MAX;
    size_t taken = 0;
    skr_status_t status = skr_conn_write(pair.client.conn, (const uint8_t *)"x", 1, &taken);
    pair_assert_status(status, SKR_ERR_KEY_EXHAUSTED);
    assert_int_equal(taken, 0);
    pair_end(&pair);
}

// --- Exporters ---

static void export(
    const pair_side_t *side, const char *label, const char *context, uint8_t *out, size_t size) {
    skr_view_t view = view_of(context, context == NULL ? 0 : strlen(context));
    pair_assert_status(
        skr_conn_export(side->conn, view_of(label, strlen(label)), view, out, size), SKR_OK);
}

static void test_export(void **state) {
    (void)state;
    static uint8_t one[255 * 32], two[255 * 32];
    connect_suite(0x1301);
    export(&pair.client, "EXPORTER-test", "context", one, 64);
    export(&pair.server, "EXPORTER-test", "context", two, 64);
    assert_memory_equal(one, two, 64);
    export(&pair.server, "EXPORTER-tesu", "context", two, 64);
    assert_memory_not_equal(one, two, 64);
    export(&pair.server, "EXPORTER-test", "contexu", two, 64);
    assert_memory_not_equal(one, two, 64);
    export(&pair.server, "EXPORTER-test", "context", two, 63); // the size is part of it
    assert_memory_not_equal(one, two, 63);
    export(&pair.client, "EXPORTER-test", NULL, one, 32); // absent is empty (section 7.5)
    export(&pair.server, "EXPORTER-test", "", two, 32);
    assert_memory_equal(one, two, 32);
    export(&pair.client, "l", "", one, sizeof(one));
    export(&pair.server, "l", "", two, sizeof(two));
    assert_memory_equal(one, two, sizeof(one));
    skr_view_t label = VIEW_LITERAL("l");
    pair_assert_status(
        skr_conn_export(pair.client.conn, label, label, one, 255 * 32 + 1), SKR_ERR_USAGE);
    pair_assert_status(skr_conn_export(pair.client.conn, label, label, one, 0), SKR_ERR_USAGE);
    export(&pair.client, "l", "", one, 64);
    pair_assert_status(skr_conn_update_keys(pair.client.conn, true), SKR_OK);
    pair_run(&pair);
    export(&pair.client, "l", "", two, 64); // new traffic keys leave it as it is
    assert_memory_equal(one, two, 64);
    pair_end(&pair);
}

// Another connection exports something else.
static void test_export_differs(void **state) {
    (void)state;
    uint8_t one[32], two[32];
    connect_suite(0x1301);
    export(&pair.client, "l", "", one, 32);
    pair_run(&pair);
    pair_end(&pair);
    pair_connect(&pair); // randomness goes on
    export(&pair.client, "l", "", two, 32);
    assert_memory_not_equal(one, two, 32);
    pair_end(&pair);
}

// --- Key log ---

static void test_secret_log(void **state) {
    (void)state;
    static const char *const labels[] = {"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
        "EXPORTER_SECRET"};
    for (uint16_t suite = 0x1301; suite <= 0x1303; suite++) {
        connect_suite(suite);
        assert_int_equal(pair.client.secret_count, 5);
        assert_int_equal(pair.server.secret_count, 5);
        for (unsigned i = 0; i < 5; i++) {
            const pair_secret_t *client = pair_secret(&pair.client, labels[i]);
            const pair_secret_t *server = pair_secret(&pair.server, labels[i]);
            assert_non_null(client);
            assert_non_null(server);
            assert_int_equal(client->size, suite == 0x1302 ? 48 : 32);
            assert_int_equal(client->size, server->size);
            assert_memory_equal(client->secret, server->secret, client->size);
            assert_memory_equal(client->random, server->random, SKR_RANDOM_SIZE);
        }
        const pair_secret_t *first = pair_secret(&pair.client, "CLIENT_TRAFFIC_SECRET_0");
        assert_memory_equal(first->secret, pair.client.conn->out.secret, first->size);
        first = pair_secret(&pair.client, "SERVER_TRAFFIC_SECRET_0");
        assert_memory_equal(first->secret, pair.client.conn->in.secret, first->size);
        first = pair_secret(&pair.client, "EXPORTER_SECRET");
        assert_memory_equal(first->secret, pair.client.conn->exporter, first->size);
        pair_end(&pair);
    }
}

// The shared secret and the private key are gone when the first secret that is made of them is
// there.
static void log_and_look(void *user, const char *label, const uint8_t *client_random,
    const uint8_t *secret, size_t size) {
    const pair_side_t *side = user;
    const hs_t *hs = side->conn->hs;
    (void)label;
    (void)client_random;
    (void)secret;
    (void)size;
    assert_true(ct_is_zero(hs->shared, sizeof(hs->shared)));
    assert_true(ct_is_zero(hs->private_key, sizeof(hs->private_key)));
}

static void test_secrets_are_wiped(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.client.secret_calls.secret = pair.server.secret_calls.secret = log_and_look;
    pair_connect(&pair);
    pair_end(&pair);
}

static void test_key_log_line(void **state) {
    (void)state;
    char line[SKR_KEYLOG_LINE], expected[SKR_KEYLOG_LINE];
    uint8_t random[SKR_RANDOM_SIZE], secret[SKR_SECRET_SIZE_MAX];
    for (unsigned i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t)(0xf0 + i);
        random[i % SKR_RANDOM_SIZE] = (uint8_t)(i * 9);
    }
    const char *label = "SERVER_HANDSHAKE_TRAFFIC_SECRET"; // the longest one
    size_t size = skr_keylog_line(line, label, random, secret, sizeof(secret));
    int at = sprintf(expected, "%s ", label);
    for (unsigned i = 0; i < sizeof(random); i++) {
        at += sprintf(expected + at, "%02x", random[i]);
    }
    at += sprintf(expected + at, " ");
    for (unsigned i = 0; i < sizeof(secret); i++) {
        at += sprintf(expected + at, "%02x", secret[i]);
    }
    at += sprintf(expected + at, "\n");
    assert_int_equal(size, at);
    assert_memory_equal(line, expected, size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_update, &pair.client),
        PAIR_TEST_WITH(test_update, &pair.server),
        PAIR_TEST(test_update_crossing),
        PAIR_TEST(test_one_answer),
        PAIR_TEST_WITH(test_update_flood, &pair.client),
        PAIR_TEST_WITH(test_update_flood, &pair.server),
        PAIR_TEST(test_update_wrong),
        PAIR_TEST(test_update_split),
        PAIR_TEST_WITH(test_record_limit, &pair.client),
        PAIR_TEST_WITH(test_record_limit, &pair.server),
        PAIR_TEST(test_record_limit_handshake),
        PAIR_TEST(test_sequence_end),
        PAIR_TEST(test_export),
        PAIR_TEST(test_export_differs),
        PAIR_TEST(test_secret_log),
        PAIR_TEST(test_secrets_are_wiped),
        PAIR_TEST(test_key_log_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
