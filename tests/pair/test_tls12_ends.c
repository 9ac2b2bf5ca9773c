// Ends, alerts and exporters of TLS 1.2 (RFC 5246 section 7.2, RFC 5705).
//
// In: connections that are closed or cut at each turn, alerts of all kinds and levels, exports with
// and without context. Out: a cut that is told from a close; warnings that are passed over until
// they are too many; keying material that is the same at both ends, and none where the master
// secret is bound to nothing (RFC 7627).
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/prf12.h"
#include "keys/suites.h"
#include "support/pair_hello.h"
#include "support/tap12.h"
#include "wire/messages.h"

static pair_t pair;
static tap12_t tap;
static const uint8_t zeros[5000];

static void set_suite(uint16_t suite) {
    static uint16_t list[2];
    list[0] = suite;
    pair.client.config.suites = pair.server.config.suites = list;
}

static void connect_suite(uint16_t suite) {
    tap12_pair_openssl(&pair);
    set_suite(suite);
    pair_connect(&pair);
}

static void tapped(void) {
    tap12_pair_openssl(&pair);
    pair_start(&pair);
    tap12_init(&tap, &pair, tap12_forward, NULL);
    pair_run(&pair);
    pair_assert_complete(&pair);
}

static void write_once(pair_side_t *side, size_t size) {
    size_t taken = 0;
    pair_assert_status(skr_conn_write(side->conn, zeros, size, &taken), SKR_OK);
    assert_int_equal(taken, size);
}

// --- The end ---

static void test_close(void **state) {
    pair_side_t *first = *state, *second = pair_other(&pair, first);
    size_t taken = 0;
    connect_suite(0xc02b);
    pair_assert_status(skr_conn_close(first->conn), SKR_OK);
    pair_run(&pair);
    pair_assert_status(second->status, SKR_CLOSED);
    pair_assert_status(skr_conn_feed_eof(second->conn), SKR_CLOSED);
    pair_assert_status(skr_conn_write(first->conn, zeros, 1, &taken), SKR_ERR_CLOSED);
    write_once(second, 1500); // half-closed: the other way is still open
    pair_run(&pair);
    assert_int_equal(first->got_size, 1500);
    pair_assert_status(skr_conn_close(second->conn), SKR_OK);
    pair_run(&pair);
    pair_assert_status(skr_conn_feed_eof(first->conn), SKR_CLOSED);
    pair_end(&pair);
}

static void test_truncated(void **state) {
    (void)state;
    connect_suite(0xc02b);
    pair.server.hold = true;
    write_once(&pair.client, 500);
    pair_flush(&pair, &pair.client);
    write_once(&pair.client, 500);
    pair_flush(&pair, &pair.client);
    pair.server.wire.size -= 10;
    pair_run(&pair);
    pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_WANT_READ);
    pair.server.hold = false;
    pair_read(&pair.server);
    pair_run(&pair);
    assert_int_equal(pair.server.got_size, 500);
    pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_ERR_TRUNCATED);
    pair_end(&pair);
}

// The line is cut, or one side closes, after each part of the handshake.
static void test_ends_early(void **state) {
    pair_side_t *side = *state, *other = pair_other(&pair, side);
    for (unsigned n = 0; n < 80; n++) {
        pair_note("%u turns", n / 2);
        tap12_pair_openssl(&pair);
        pair_mutual(&pair, PKI_P256);
        pair.client.chunk = pair.server.chunk = 150;
        pair_start(&pair);
        for (unsigned i = 0; i < n / 2; i++) {
            pair_step(&pair);
        }
        if (pair_is_complete(side)) {
            assert_true(n > 20);
            pair_end(&pair);
            break;
        }
        if (n % 2 == 0) {
            pair_assert_status(skr_conn_feed_eof(side->conn), SKR_ERR_CLOSED_EARLY);
        } else {
            pair_assert_status(skr_conn_close(side->conn), SKR_OK);
            pair_run(&pair);
            if (pair_is_complete(other)) { // only its Finished was still on the way
                pair_assert_status(other->status, SKR_CLOSED);
            } else {
                pair_assert_failed(other, SKR_ERR_CLOSED_EARLY);
            }
        }
        assert_false(pair_is_complete(side));
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// --- Other alerts ---

static void alert(pair_side_t *to, uint8_t level, uint8_t description) {
    const uint8_t content[] = {level, description};
    tap12_send(&tap, to == &pair.server, RECORD_ALERT, content, sizeof(content));
    pair_run(&pair);
}

// The level counts (RFC 5246 section 7.2): a warning is passed over, whatever it warns of.
static void test_every_alert(void **state) {
    pair_side_t *reader = *state;
    for (unsigned n = 0; n < 256 * 3; n++) {
        uint8_t level = (uint8_t)(n % 3), code = (uint8_t)(n / 3);
        skr_error_t error;
        pair_note("alert %u, level %u", code, level);
        tapped();
        alert(reader, level, code);
        skr_conn_error(reader->conn, &error);
        if (code == SKR_ALERT_CLOSE_NOTIFY) {
            pair_assert_status(reader->status, SKR_CLOSED);
        } else if (level == 1 || code == SKR_ALERT_USER_CANCELED) {
            pair_assert_status(error.status, SKR_OK);
            pair_exchange(&pair, 10);
        } else {
            pair_assert_failed(reader, SKR_ERR_PEER_ALERT);
            assert_int_equal(error.alert_received, code);
            assert_int_equal(error.alert_sent, SKR_ALERT_NONE);
        }
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_warning_flood(void **state) {
    pair_side_t *reader = *state;
    tapped();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < SKR_WARNING_ALERTS_MAX; i++) {
            alert(reader, 1, SKR_ALERT_UNRECOGNIZED_NAME);
            pair_assert_status(reader->status, SKR_OK);
        }
        pair_exchange(&pair, 1); // that ends the row
    }
    for (unsigned i = 0; i <= SKR_WARNING_ALERTS_MAX; i++) {
        alert(reader, 1, SKR_ALERT_UNRECOGNIZED_NAME);
    }
    pair_assert_refused(&pair, reader, SKR_ERR_FLOOD);
    pair_end(&pair);
}

static void test_alert_malformed(void **state) {
    pair_side_t *reader = *state;
    for (size_t size = 1; size <= 4; size++) {
        if (size != 2) {
            tapped();
            tap12_send(&tap, reader == &pair.server, RECORD_ALERT, "\1\0\1\0", size);
            pair_run(&pair);
            pair_assert_refused(&pair, reader, SKR_ERR_ALERT_MALFORMED);
            pair_end(&pair);
        }
    }
}

// Servers of TLS 1.2 warn of an unknown name before their hello (RFC 6066 section 3), when a client
// of both versions can't know yet that warnings count.
static void warn(tap12_t *t, pair_message_t *m) {
    if (m->content == RECORD_HANDSHAKE && m->type == *(const uint8_t *)t->user) {
        tap12_send(t, m->by_client, RECORD_ALERT, "\1\x70", 2);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_warning_in_handshake(void **state) {
    (void)state;
    static const uint8_t before[] = {WIRE_SERVER_HELLO, WIRE_CERTIFICATE, WIRE_SERVER_HELLO_DONE,
        WIRE_CLIENT_KEY_EXCHANGE, WIRE_FINISHED};
    for (unsigned i = 0; i < sizeof(before); i++) {
        uint8_t type = before[i];
        pair_note("before %s", wire_type_name(type));
        tap12_pair_openssl(&pair);
        tap12_run(&tap, &pair, warn, &type);
        pair_assert_complete(&pair);
        pair_exchange(&pair, 10);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// A client that speaks nothing older than TLS 1.3 knows no warnings, and a server none before the
// client's hello.
static void test_warning_too_early(void **state) {
    (void)state;
    for (int server = 0; server < 2; server++) {
        pair_init_openssl(&pair);
        pair.server.config.min_version = SKR_TLS12;
        pair_start(&pair);
        pair_assert_status(skr_conn_handshake(pair.client.conn), SKR_WANT_OUTPUT);
        pair_inject(server ? &pair.server : &pair.client, "\x15\3\3\0\2\1\x70", 7);
        pair_run(&pair);
        pair_assert_failed(server ? &pair.server : &pair.client, SKR_ERR_PEER_ALERT);
        pair_end(&pair);
    }
}

// --- Exporters (RFC 5705) ---

static void export(
    const pair_side_t *side, const char *label, const char *context, uint8_t *out, size_t size) {
    skr_view_t view = view_of(context, context == NULL ? 0 : strlen(context));
    pair_assert_status(
        skr_conn_export(side->conn, view_of(label, strlen(label)), view, out, size), SKR_OK);
}

// What section 4 says, from the master secret that the key log tells.
static void exported(const char *label, const char *context, uint8_t *out, size_t size) {
    uint8_t seed[2 * SKR_RANDOM_SIZE + 2 + 100];
    const pair_secret_t *master = pair_secret(&pair.client, "CLIENT_RANDOM");
    const suite_t *suite = suite_find(pair.client.suite);
    size_t used = 2 * SKR_RANDOM_SIZE;
    memcpy(seed, master->random, SKR_RANDOM_SIZE);
    memcpy(seed + SKR_RANDOM_SIZE, pair.client.server_random, SKR_RANDOM_SIZE);
    if (context != NULL) {
        bytes_put16(seed + used, (uint16_t)strlen(context));
        memcpy(seed + used + 2, context, strlen(context));
        used += 2 + strlen(context);
    }
    assert_true(prf12(provider_hash(&skr_provider_openssl, suite->hash),
        view_of(master->secret, master->size), view_of(label, strlen(label)), view_of(seed, used),
        view_of(NULL, 0), out, size));
}

static void test_export(void **state) {
    (void)state;
    static uint8_t one[255 * 32 + 1], two[255 * 32 + 1];
    static const char *const contexts[] = {NULL, "", "context"};
    for (unsigned i = 0; i < 6; i++) {
        connect_suite(i < 3 ? 0xc02b : 0xc02c);
        export(&pair.client, "EXPORTER-test", contexts[i % 3], one, 64);
        export(&pair.server, "EXPORTER-test", contexts[i % 3], two, 64);
        assert_memory_equal(one, two, 64);
        exported("EXPORTER-test", contexts[i % 3], two, 64);
        assert_memory_equal(one, two, 64);
        // No context is not an empty one, unlike in TLS 1.3.
        export(&pair.server, "EXPORTER-test", contexts[(i + 1) % 3], two, 64);
        assert_memory_not_equal(one, two, 64);
        export(&pair.server, "EXPORTER-tesu", contexts[i % 3], two, 64);
        assert_memory_not_equal(one, two, 64);
        pair_end(&pair);
    }
    connect_suite(0xc02b);
    export(&pair.client, "l", "", one, sizeof(one) - 1);
    export(&pair.server, "l", "", two, sizeof(two) - 1);
    assert_memory_equal(one, two, sizeof(one) - 1);
    skr_view_t label = VIEW_LITERAL("l");
    pair_assert_status(
        skr_conn_export(pair.client.conn, label, label, one, sizeof(one)), SKR_ERR_USAGE);
    pair_end(&pair);
}

static void unextended(tap12_t *t, pair_message_t *m) {
    static const hello_case_t without = {
        "without", SKR_OK, {{HELLO_REMOVE, 23, NULL, 0}, {HELLO_NOTHING, 0, NULL, 0}}};
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_apply(&without, m);
        hello_believe(&pair, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

// RFC 7627 section 5.4: a master secret that is bound to nothing is not exported.
static void test_export_unextended(void **state) {
    (void)state;
    uint8_t out[32];
    skr_view_t label = VIEW_LITERAL("EXPORTER-test");
    tap12_pair_openssl(&pair);
    tap12_run(&tap, &pair, unextended, NULL);
    pair_assert_complete(&pair);
    for (int side = 0; side < 2; side++) {
        const skr_conn_t *conn = side == 0 ? pair.client.conn : pair.server.conn;
        pair_assert_status(
            skr_conn_export(conn, label, view_of(NULL, 0), out, sizeof(out)), SKR_ERR_USAGE);
    }
    pair_exchange(&pair, 10); // and nothing has happened
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_close, &pair.client),
        PAIR_TEST_WITH(test_close, &pair.server),
        PAIR_TEST(test_truncated),
        PAIR_TEST_WITH(test_ends_early, &pair.client),
        PAIR_TEST_WITH(test_ends_early, &pair.server),
        PAIR_TEST_WITH(test_every_alert, &pair.client),
        PAIR_TEST_WITH(test_every_alert, &pair.server),
        PAIR_TEST_WITH(test_warning_flood, &pair.client),
        PAIR_TEST_WITH(test_warning_flood, &pair.server),
        PAIR_TEST_WITH(test_alert_malformed, &pair.client),
        PAIR_TEST_WITH(test_alert_malformed, &pair.server),
        PAIR_TEST(test_warning_in_handshake),
        PAIR_TEST(test_warning_too_early),
        PAIR_TEST(test_export),
        PAIR_TEST(test_export_unextended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
