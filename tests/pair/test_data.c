// Application data and the end of a connection (RFC 9846 sections 5, 6.1).
//
// In: data of all sizes both ways, ends of all kinds. Out: every byte that was sent before the end,
// once; a cut that is told from a close; an error that says so; nothing behind the end. Each of the
// 256 alerts does what it must.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "record/record.h"
#include "support/pair_tap.h"

static pair_t pair;
static pair_tap_t tap;
static const uint8_t zeros[20000];

static void connect_openssl(void) {
    pair_init_openssl(&pair);
    pair_connect(&pair);
}

static void write_once(pair_side_t *side, size_t size) {
    size_t taken = 0;
    pair_assert_status(skr_conn_write(side->conn, zeros, size, &taken), SKR_OK);
    assert_int_equal(taken, size);
}

// --- Data ---

static void test_sizes(void **state) {
    const pair_providers_t *providers = *state;
    static const size_t sizes[] = {
        1, 2, 15, 16, 17, 100, 1023, 1024, 1025, 16383, 16384, 16385, 32768, 32769, 100000};
    pair_init(&pair, providers->client, providers->server);
    pair_connect(&pair);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        pair_note("%zu bytes", sizes[i]);
        pair_exchange(&pair, sizes[i]);
    }
    pair_assert_complete(&pair);
    pair_end(&pair);
    pair_note("%s", "");
}

static void test_data_in_chunks(void **state) {
    (void)state;
    connect_openssl();
    for (size_t chunk = 1; chunk < 3000; chunk = chunk * 2 + 1) {
        pair.client.chunk = pair.server.chunk = chunk;
        pair_exchange(&pair, 1500);
    }
    pair_end(&pair);
}

// Read in small pieces, what is readable is told right.
static void test_read_in_pieces(void **state) {
    (void)state;
    uint8_t data[7];
    size_t got = 0, total = 0;
    connect_openssl();
    pair.server.hold = true;
    write_once(&pair.client, 1000);
    pair_run(&pair);
    pair_assert_status(pair.server.status, SKR_WANT_READ);
    while (total < 1000) {
        assert_int_equal(skr_conn_readable(pair.server.conn), 1000 - total);
        pair_assert_status(skr_conn_read(pair.server.conn, data, sizeof(data), &got), SKR_OK);
        assert_int_equal(got, 1000 - total < 7 ? 1000 - total : 7);
        total += got;
    }
    assert_null(pair.server.memory.block[SKR_REGION_RECORD_IN]);
    pair_assert_status(skr_conn_read(pair.server.conn, data, sizeof(data), &got), SKR_WANT_INPUT);
    assert_int_equal(got, 0);
    pair_end(&pair);
}

// A full line: writing waits, nothing is lost and nothing is sent twice.
static void test_write_waits(void **state) {
    (void)state;
    size_t taken = 0;
    connect_openssl();
    write_once(&pair.client, 100);
    pair_assert_status(skr_conn_write(pair.client.conn, zeros, 100, &taken), SKR_WANT_OUTPUT);
    assert_int_equal(taken, 0);
    pair_run(&pair);
    assert_int_equal(pair.server.got_size, 100);
    write_once(&pair.client, 0);
    pair_end(&pair);
}

// Who does not read is fed no more than one record.
static void test_reading_waits(void **state) {
    (void)state;
    connect_openssl();
    pair.server.hold = true;
    for (int i = 0; i < 3; i++) {
        write_once(&pair.client, 100);
        pair_flush(&pair, &pair.client);
    }
    size_t before = pair.server.wire.size;
    pair_run(&pair);
    pair_assert_status(pair.server.status, SKR_WANT_READ);
    assert_true(pair.server.wire.size * 3 == before * 2);
    assert_int_equal(skr_conn_readable(pair.server.conn), 100);
    pair.server.hold = false;
    pair_read(&pair.server);
    pair_run(&pair);
    assert_int_equal(pair.server.got_size, 300);
    pair_end(&pair);
}

static void test_before_complete(void **state) {
    (void)state;
    uint8_t data[10];
    size_t n = 0;
    pair_init_openssl(&pair);
    pair_start(&pair);
    pair_assert_status(skr_conn_write(pair.server.conn, zeros, 10, &n), SKR_WANT_INPUT);
    assert_int_equal(n, 0);
    pair_assert_status(skr_conn_read(pair.server.conn, data, 10, &n), SKR_WANT_INPUT);
    assert_int_equal(n, 0);
    pair_assert_status(skr_conn_write(pair.client.conn, zeros, 10, &n), SKR_WANT_OUTPUT);
    assert_int_equal(n, 0);
    pair_assert_status(skr_conn_update_keys(pair.client.conn, false), SKR_ERR_USAGE);
    pair_assert_status(
        skr_conn_export(pair.client.conn, VIEW_LITERAL("l"), view_of(NULL, 0), data, sizeof(data)),
        SKR_ERR_USAGE);
    pair_run(&pair);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

// Output that goes byte by byte, and bytes in as the hint says: what a slow line would do.
static void test_hint(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair_start(&pair);
    do {
        pair.client.chunk = skr_conn_needs(pair.client.conn);
        pair.server.chunk = skr_conn_needs(pair.server.conn);
    } while (pair_step(&pair));
    pair_assert_complete(&pair);
    const uint8_t *data = NULL;
    write_once(&pair.client, 300);
    for (size_t left = 300 + 22; left > 0; left--) {
        assert_int_equal(skr_conn_output(pair.client.conn, &data), left);
        pair_inject(&pair.server, data, 1);
        skr_conn_sent(pair.client.conn, 1);
        pair_feed(&pair, &pair.server);
        assert_int_equal(pair.server.got_size, left == 1 ? 300 : 0);
    }
    pair_end(&pair);
}

// --- The end ---

static void assert_closed(pair_side_t *side) {
    uint8_t data[1];
    size_t n = 0;
    pair_assert_status(skr_conn_read(side->conn, data, 1, &n), SKR_CLOSED);
    pair_assert_status(skr_conn_feed(side->conn, data, 1, &n), SKR_CLOSED);
    assert_int_equal(n, 1);
    pair_assert_status(skr_conn_feed_eof(side->conn), SKR_CLOSED);
}

static void test_close(void **state) {
    pair_side_t *first = *state, *second = pair_other(&pair, first);
    size_t taken = 0;
    connect_openssl();
    pair_assert_status(skr_conn_close(first->conn), SKR_OK);
    pair_assert_status(skr_conn_close(first->conn), SKR_OK);
    pair_run(&pair);
    pair_assert_status(second->status, SKR_CLOSED);
    assert_closed(second);
    pair_assert_status(skr_conn_write(first->conn, zeros, 1, &taken), SKR_ERR_CLOSED);
    pair_assert_status(skr_conn_update_keys(first->conn, false), SKR_ERR_CLOSED);
    write_once(second, 1500); // half-closed: the other way is still open
    pair_run(&pair);
    assert_int_equal(first->got_size, 1500);
    pair_assert_status(skr_conn_close(second->conn), SKR_OK);
    pair_run(&pair);
    assert_closed(first);
    pair_end(&pair);
}

// What came before close_notify is read first; what comes behind it is not looked at.
static void test_close_behind_data(void **state) {
    (void)state;
    connect_openssl();
    pair.server.hold = true;
    write_once(&pair.client, 500);
    pair_assert_status(skr_conn_close(pair.client.conn), SKR_OK);
    pair_flush(&pair, &pair.client);
    pair_inject(&pair.server, zeros, 1000);
    pair_run(&pair);
    pair_assert_status(pair.server.status, SKR_WANT_READ);
    pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_WANT_READ);
    pair.server.hold = false;
    pair_read(&pair.server);
    assert_int_equal(pair.server.got_size, 500);
    pair_run(&pair);
    assert_int_equal(pair.server.wire.size, 0);
    assert_closed(&pair.server);
    pair_end(&pair);
}

static void test_truncated(void **state) {
    (void)state;
    uint8_t data[1];
    size_t n = 0;
    skr_error_t error;
    connect_openssl();
    pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_ERR_TRUNCATED);
    pair_assert_failed(&pair.server, SKR_ERR_TRUNCATED);
    skr_conn_error(pair.server.conn, &error);
    assert_int_equal(error.alert_sent, SKR_ALERT_NONE); // nobody is there to hear it
    pair_assert_status(skr_conn_read(pair.server.conn, data, 1, &n), SKR_ERR_TRUNCATED);
    pair_end(&pair);
}

// In the middle of a record; and data that was there before the cut is not lost by it.
static void test_truncated_behind_data(void **state) {
    (void)state;
    connect_openssl();
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

// close_notify in the handshake: it is over for both.
static void test_close_early(void **state) {
    pair_side_t *first = *state, *second = pair_other(&pair, first);
    for (unsigned turns = 0; turns < 3; turns++) {
        pair_note("after %u turns", turns);
        pair_init_openssl(&pair);
        pair.client.chunk = pair.server.chunk = 300;
        pair_start(&pair);
        for (unsigned i = 0; i < turns; i++) {
            pair_step(&pair);
        }
        if (pair_is_complete(first)) {
            pair_end(&pair);
            break;
        }
        pair_assert_status(skr_conn_close(first->conn), SKR_OK);
        pair_run(&pair);
        assert_false(pair_is_complete(first));
        pair_assert_status(skr_conn_handshake(first->conn), SKR_ERR_CLOSED);
        pair_assert_failed(second, SKR_ERR_CLOSED_EARLY);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_cut_in_handshake(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair_start(&pair);
    pair_step(&pair);
    pair_assert_status(skr_conn_feed_eof(pair.client.conn), SKR_ERR_CLOSED_EARLY);
    pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_ERR_CLOSED_EARLY);
    pair_end(&pair);
}

// Nothing is sealed behind close_notify, not even what the peer asked for.
static void test_update_asked_before_close(void **state) {
    (void)state;
    connect_openssl();
    write_once(&pair.client, 10); // the line is full: the answer has to wait
    pair_assert_status(skr_conn_update_keys(pair.server.conn, true), SKR_OK);
    const uint8_t *data = NULL;
    size_t size = skr_conn_output(pair.server.conn, &data), used = 0;
    pair_assert_status(skr_conn_feed(pair.client.conn, data, size, &used), SKR_OK);
    skr_conn_sent(pair.server.conn, size);
    pair_assert_status(skr_conn_close(pair.client.conn), SKR_OK);
    pair_run(&pair);
    pair_assert_status(pair.server.status, SKR_CLOSED);
    assert_int_equal(pair.server.got_size, 10);
    write_once(&pair.server, 20);
    pair_flush(&pair, &pair.server);
    pair_feed(&pair, &pair.client);
    assert_int_equal(pair.client.got_size, 20);
    assert_int_equal(skr_conn_output(pair.client.conn, &data), 0);
    pair_end(&pair);
}

// --- Other alerts ---

static void alert(uint8_t level, uint8_t description) {
    const uint8_t content[] = {level, description};
    pair_tap_send(&tap, true, true, RECORD_ALERT, content, sizeof(content), 0);
    pair_run(&pair);
}

static void connect_tapped(void) {
    pair_init_openssl(&pair);
    pair_start(&pair);
    pair_tap_init(&tap, &pair, pair_tap_forward, NULL);
    pair_run(&pair);
    pair_assert_complete(&pair);
}

// Every alert but two ends the connection, whatever its level says (section 6).
static void test_every_alert(void **state) {
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        skr_error_t error;
        pair_note("alert %u", code);
        connect_tapped();
        alert((uint8_t)(code % 3), (uint8_t)code);
        skr_conn_error(pair.server.conn, &error);
        if (code == SKR_ALERT_CLOSE_NOTIFY) {
            assert_closed(&pair.server);
        } else if (code == SKR_ALERT_USER_CANCELED) {
            pair_assert_status(error.status, SKR_OK);
        } else {
            pair_assert_failed(&pair.server, SKR_ERR_PEER_ALERT);
            assert_int_equal(error.alert_received, code);
            assert_int_equal(error.alert_sent, SKR_ALERT_NONE);
        }
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_alert_flood(void **state) {
    (void)state;
    connect_tapped();
    for (unsigned i = 0; i < SKR_WARNING_ALERTS_MAX; i++) {
        alert(1, SKR_ALERT_USER_CANCELED);
        pair_assert_status(pair.server.status, SKR_OK);
    }
    alert(1, SKR_ALERT_USER_CANCELED);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_FLOOD);
    pair_end(&pair);
}

static void test_alert_malformed(void **state) {
    (void)state;
    static const uint8_t alerts[] = {1, 0, 1, 0};
    for (size_t size = 1; size <= 4; size++) {
        if (size != 2) {
            connect_tapped();
            pair_tap_send(&tap, true, true, RECORD_ALERT, alerts, size, 0);
            pair_run(&pair);
            pair_assert_refused(&pair, &pair.server, SKR_ERR_ALERT_MALFORMED);
            pair_end(&pair);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_sizes, &pair_providers[0]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[1]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[2]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[3]),
        PAIR_TEST(test_data_in_chunks),
        PAIR_TEST(test_read_in_pieces),
        PAIR_TEST(test_write_waits),
        PAIR_TEST(test_reading_waits),
        PAIR_TEST(test_before_complete),
        PAIR_TEST(test_hint),
        PAIR_TEST_WITH(test_close, &pair.client),
        PAIR_TEST_WITH(test_close, &pair.server),
        PAIR_TEST(test_close_behind_data),
        PAIR_TEST(test_truncated),
        PAIR_TEST(test_truncated_behind_data),
        PAIR_TEST_WITH(test_close_early, &pair.client),
        PAIR_TEST_WITH(test_close_early, &pair.server),
        PAIR_TEST(test_cut_in_handshake),
        PAIR_TEST(test_update_asked_before_close),
        PAIR_TEST(test_every_alert),
        PAIR_TEST(test_alert_flood),
        PAIR_TEST(test_alert_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
