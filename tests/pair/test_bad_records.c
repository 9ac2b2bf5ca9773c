// Records that must not be (RFC 9846 section 5), at each stage of a connection.
//
// In: bytes that are no TLS, wrong types, sizes and contents, floods, records altered, repeated,
// swapped and lost, handshake bytes left over at key changes. Out: the error and the alert that
// the other side sees.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair_tap.h"
#include "wire/messages.h"

static pair_t pair;
static pair_tap_t tap;
static const uint8_t zeros[SKR_RECORD_PROTECTED_MAX + 100];

#define RECORD(bytes) bytes, sizeof(bytes) - 1

// --- The first bytes ---

typedef struct {
    const char *name;
    const char *bytes;
    size_t size;
    skr_status_t status;
} first_t;

static const first_t firsts[] = {
    {"HTTP", RECORD("GET / HTTP/1.1\r\n"), SKR_ERR_RECORD_HEADER},
    {"SSL 2.0", RECORD("\x80\x2e\x01\x00\x02\x00\x15\x00\x00"), SKR_ERR_RECORD_HEADER},
    {"SSH", RECORD("SSH-2.0-OpenSSH"), SKR_ERR_RECORD_HEADER},
    {"zeros", RECORD("\0\0\0\0\0\0\0\0"), SKR_ERR_RECORD_HEADER},
    {"TLS 4", RECORD("\x16\x04\x00\x00\x05"), SKR_ERR_RECORD_HEADER},
    {"type 0", RECORD("\x00\x03\x01\x00\x05"), SKR_ERR_RECORD_TYPE},
    {"heartbeat", RECORD("\x18\x03\x01\x00\x05"), SKR_ERR_RECORD_TYPE},
    {"type 255", RECORD("\xff\x03\x01\x00\x05"), SKR_ERR_RECORD_TYPE},
    {"data", RECORD("\x17\x03\x03\x00\x05"), SKR_ERR_RECORD_TYPE},
    {"empty", RECORD("\x16\x03\x01\x00\x00"), SKR_ERR_RECORD_EMPTY},
    {"too long", RECORD("\x16\x03\x01\x40\x01"), SKR_ERR_RECORD_OVERFLOW},
    {"far too long", RECORD("\x16\x03\x01\xff\xff"), SKR_ERR_RECORD_OVERFLOW},
    {"2^24-1 bytes of message", RECORD("\x16\x03\x01\x00\x04\x01\xff\xff\xff"),
        SKR_ERR_MESSAGE_TOO_LONG},
    {"a byte above", RECORD("\x16\x03\x01\x00\x04\x01\x00\x7f\xfd"), SKR_ERR_MESSAGE_TOO_LONG},
    {"ServerHello", RECORD("\x16\x03\x01\x00\x04\x02\x00\x00\x00"), SKR_ERR_UNEXPECTED_MESSAGE},
    {"HelloRequest", RECORD("\x16\x03\x01\x00\x04\x00\x00\x00\x00"), SKR_ERR_UNEXPECTED_MESSAGE},
    {"an empty hello", RECORD("\x16\x03\x01\x00\x04\x01\x00\x00\x00"), SKR_ERR_DECODE},
    {"an alert of three", RECORD("\x15\x03\x01\x00\x03\x02\x28\x00"), SKR_ERR_ALERT_MALFORMED},
};

static void test_first(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        skr_error_t error;
        pair_note("%s", firsts[i].name);
        pair_init_openssl(&pair);
        pair_start(&pair);
        pair_inject(&pair.server, firsts[i].bytes, firsts[i].size);
        pair_run(&pair);
        pair_assert_refused(&pair, &pair.server, firsts[i].status);
        skr_conn_error(pair.server.conn, &error);
        if (firsts[i].status == SKR_ERR_RECORD_OVERFLOW) {
            assert_int_equal(error.value, bytes_get16((const uint8_t *)firsts[i].bytes + 3));
            assert_int_equal(error.limit, SKR_RECORD_PLAIN_MAX);
        }
        assert_int_equal(pair.server.memory.peak[SKR_REGION_MESSAGE], 0);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// The version of a record says nothing, but that it is 3.x at first (section 5.1).
static void test_version_ignored(void **state) {
    (void)state;
    for (unsigned minor = 0; minor < 256; minor++) {
        pair_init_openssl(&pair);
        pair_start(&pair);
        pair_step(&pair); // the client's hello is with the server, the server's on its way
        pair.client.wire.data[pair.client.wire.start + 2] = (uint8_t)minor;
        pair_run(&pair);
        pair_assert_complete(&pair);
        pair_end(&pair);
    }
}

// --- What may come beside the handshake: ChangeCipherSpec (section 5) ---

static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1};

typedef struct {
    const char *name;
    const char *bytes;
    size_t size;
    skr_status_t status;
} ccs_t;

static const ccs_t bad_ccs[] = {
    {"of 2", RECORD("\x14\x03\x03\x00\x01\x02"), SKR_ERR_RECORD_TYPE},
    {"of 0", RECORD("\x14\x03\x03\x00\x01\x00"), SKR_ERR_RECORD_TYPE},
    {"twice in one", RECORD("\x14\x03\x03\x00\x02\x01\x01"), SKR_ERR_RECORD_TYPE},
    {"empty", RECORD("\x14\x03\x03\x00\x00"), SKR_ERR_RECORD_EMPTY},
};

static void test_bad_ccs(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(bad_ccs) / sizeof(bad_ccs[0]); i++) {
        pair_note("%s", bad_ccs[i].name);
        pair_init_openssl(&pair);
        pair_start(&pair);
        pair_assert_status(skr_conn_handshake(pair.client.conn), SKR_WANT_OUTPUT);
        pair_inject(&pair.client, bad_ccs[i].bytes, bad_ccs[i].size);
        pair_run(&pair);
        pair_assert_refused(&pair, &pair.client, bad_ccs[i].status);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_ccs_too_early(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair_start(&pair);
    pair_inject(&pair.server, ccs, sizeof(ccs)); // before any hello
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_RECORD_TYPE);
    pair_end(&pair);
}

static void test_ccs_too_late(void **state) {
    pair_side_t *side = *state;
    pair_init_openssl(&pair);
    pair_connect(&pair);
    pair_inject(side, ccs, sizeof(ccs));
    pair_run(&pair);
    pair_assert_refused(&pair, side, SKR_ERR_RECORD_TYPE);
    pair_end(&pair);
}

static void test_ccs_flood(void **state) {
    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        pair_init_openssl(&pair);
        pair_start(&pair);
        pair_assert_status(skr_conn_handshake(pair.client.conn), SKR_WANT_OUTPUT);
        for (unsigned i = 0; i < SKR_CCS_MAX - 1 + extra; i++) { // one is the server's own
            pair_inject(&pair.client, ccs, sizeof(ccs));
        }
        pair_run(&pair);
        if (extra == 0) {
            pair_assert_complete(&pair);
        } else {
            pair_assert_refused(&pair, &pair.client, SKR_ERR_FLOOD);
        }
        pair_end(&pair);
    }
}

// --- Behind the hellos: what is protected must be, and must be in order ---

typedef struct {
    const char *name;
    skr_status_t status;
    void (*send)(bool by_client);
} stage_t;

static void send_plain_handshake(bool by_client) {
    pair_tap_send(&tap, by_client, false, RECORD_HANDSHAKE, "\x14\0\0\0", 4, 0);
}

static void send_early_data(bool by_client) {
    pair_tap_send(&tap, by_client, true, RECORD_APPLICATION_DATA, "data", 4, 0);
}

static void send_empty_early_data(bool by_client) {
    pair_tap_send(&tap, by_client, true, RECORD_APPLICATION_DATA, "", 0, 3);
}

static void send_all_zeros(bool by_client) {
    pair_tap_send_inner(&tap, by_client, zeros, 100);
}

static void send_nothing(bool by_client) {
    pair_tap_send_inner(&tap, by_client, zeros, 0);
}

static void send_type_zero(bool by_client) {
    pair_tap_send_inner(&tap, by_client, "\x14\0\0\0\0", 5);
}

static void send_inner_ccs(bool by_client) {
    pair_tap_send(&tap, by_client, true, RECORD_CHANGE_CIPHER_SPEC, "\1", 1, 0);
}

static void send_inner_heartbeat(bool by_client) {
    pair_tap_send(&tap, by_client, true, 24, "\1", 1, 0);
}

static void send_empty_handshake(bool by_client) {
    pair_tap_send(&tap, by_client, true, RECORD_HANDSHAKE, "", 0, 10);
}

static void send_empty_alert(bool by_client) {
    pair_tap_send(&tap, by_client, true, RECORD_ALERT, "", 0, 0);
}

static void send_long_alert(bool by_client) {
    pair_tap_send(&tap, by_client, true, RECORD_ALERT, "\2\x28\0", 3, 0);
}

static void send_short(bool by_client) {
    pair_inject(by_client ? &pair.server : &pair.client,
        "\x17\3\3\0\x0f"
        "0123456789abcdef",
        20);
}

static void send_no_fragment(bool by_client) {
    pair_inject(by_client ? &pair.server : &pair.client, "\x17\3\3\0\0", 5);
}

static void send_too_long(bool by_client) {
    pair_inject(by_client ? &pair.server : &pair.client, "\x17\3\3\x41\x01", 5);
}

static void send_too_much_inside(bool by_client) {
    pair_tap_send(
        &tap, by_client, true, RECORD_APPLICATION_DATA, zeros, SKR_RECORD_PLAIN_MAX + 1, 0);
}

static void send_garbage(bool by_client) {
    uint8_t record[5 + 40] = {23, 3, 3, 0, 40};
    pair_inject(by_client ? &pair.server : &pair.client, record, sizeof(record));
}

static void send_interleaved(bool by_client) {
    pair_tap_send(&tap, by_client, true, RECORD_HANDSHAKE, "\x08\0", 2, 0);
    pair_tap_send(&tap, by_client, true, RECORD_ALERT, "\2\x28", 2, 0);
}

static void send_long_message(bool by_client) {
    pair_tap_send(&tap, by_client, true, RECORD_HANDSHAKE, "\x0b\xff\xff\xff", 4, 0);
}

static const stage_t common[] = {
    {"handshake in the clear", SKR_ERR_RECORD_TYPE, send_plain_handshake},
    {"zeros only", SKR_ERR_RECORD_PADDING, send_all_zeros},
    {"nothing inside", SKR_ERR_RECORD_PADDING, send_nothing},
    {"inner ChangeCipherSpec", SKR_ERR_RECORD_TYPE, send_inner_ccs},
    {"inner heartbeat", SKR_ERR_RECORD_TYPE, send_inner_heartbeat},
    {"empty handshake", SKR_ERR_RECORD_EMPTY, send_empty_handshake},
    {"empty alert", SKR_ERR_RECORD_EMPTY, send_empty_alert},
    {"long alert", SKR_ERR_ALERT_MALFORMED, send_long_alert},
    {"shorter than a tag", SKR_ERR_RECORD_MAC, send_short},
    {"no fragment", SKR_ERR_RECORD_MAC, send_no_fragment},
    {"too long", SKR_ERR_RECORD_OVERFLOW, send_too_long},
    {"too much inside", SKR_ERR_RECORD_OVERFLOW, send_too_much_inside},
    {"garbage", SKR_ERR_RECORD_MAC, send_garbage},
    {"interleaved", SKR_ERR_INTERLEAVED, send_interleaved},
    {"2^24-1 bytes", SKR_ERR_MESSAGE_TOO_LONG, send_long_message},
};

static const stage_t in_handshake[] = {
    {"data", SKR_ERR_DATA_TOO_EARLY, send_early_data},
    {"empty data", SKR_ERR_DATA_TOO_EARLY, send_empty_early_data},
    // The zeros behind it are padding, and what is left is an inner type of 0x14.
    {"a message without its type", SKR_ERR_RECORD_TYPE, send_type_zero},
};

// The record comes in the place of the first protected one of that side.
typedef struct {
    bool by_client;
    bool done;
    const stage_t *stage;
} wanted_t;

static void edit_stage(pair_tap_t *t, pair_message_t *m) {
    wanted_t *wanted = t->user;
    if (m->by_client == wanted->by_client && m->is_sealed && !wanted->done) {
        wanted->done = true;
        wanted->stage->send(wanted->by_client);
        t->hits++;
    }
    if (!wanted->done || m->by_client != wanted->by_client) {
        pair_tap_forward(t, m);
    }
}

static void in_handshake_refused(const stage_t *stages, size_t count) {
    for (size_t i = 0; i < 2 * count; i++) {
        wanted_t wanted = {i % 2 == 0, false, &stages[i / 2]};
        pair_note("%s, by the %s", stages[i / 2].name, wanted.by_client ? "client" : "server");
        pair_init_openssl(&pair);
        pair_tap_refuses(&tap, &pair, edit_stage, &wanted, !wanted.by_client, stages[i / 2].status);
    }
    pair_note("%s", "");
}

static void test_in_handshake(void **state) {
    (void)state;
    in_handshake_refused(common, sizeof(common) / sizeof(common[0]));
    in_handshake_refused(in_handshake, sizeof(in_handshake) / sizeof(in_handshake[0]));
}

static void connect_tapped(void) {
    pair_init_openssl(&pair);
    pair_start(&pair);
    pair_tap_init(&tap, &pair, pair_tap_forward, NULL);
    pair_run(&pair);
    pair_assert_complete(&pair);
}

static void test_connected(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(common) / sizeof(common[0]); i++) {
        bool by_client = i % 2 == 0;
        pair_note("%s, by the %s", common[i / 2].name, by_client ? "client" : "server");
        connect_tapped();
        common[i / 2].send(by_client);
        pair_run(&pair);
        pair_assert_refused(&pair, by_client ? &pair.server : &pair.client, common[i / 2].status);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// An alert in the clear is heard by a server as long as its client may have no keys, and by nobody
// later.
static void test_plain_alert(void **state) {
    pair_side_t *side = *state;
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
    pair_init_openssl(&pair);
    pair_connect(&pair);
    pair_inject(side, alert, sizeof(alert));
    pair_run(&pair);
    pair_assert_refused(&pair, side, SKR_ERR_RECORD_TYPE);
    pair_end(&pair);
    pair_start(&pair);
    pair_step(&pair);
    pair_flush(&pair, &pair.server); // its flight, which the client never saw
    pair_inject(&pair.server, alert, sizeof(alert));
    pair_feed(&pair, &pair.server);
    pair_assert_failed(&pair.server, SKR_ERR_PEER_ALERT);
    pair_end(&pair);
}

// Nor once the client has shown that it has its keys.
static void edit_plain_alert(pair_tap_t *t, pair_message_t *m) {
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40};
    pair_tap_forward(t, m);
    if (m->by_client && m->type == WIRE_CERTIFICATE && m->content == RECORD_HANDSHAKE) {
        pair_inject(&pair.server, alert, sizeof(alert));
        t->hits++;
    }
}

static void test_plain_alert_in_flight(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair_tap_refuses(&tap, &pair, edit_plain_alert, NULL, false, SKR_ERR_RECORD_TYPE);
}

// --- Empty records (section 5.1) ---

static void test_empty_flood(void **state) {
    (void)state;
    connect_tapped();
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < SKR_EMPTY_RECORDS_MAX; i++) {
            pair_tap_send(&tap, true, true, RECORD_APPLICATION_DATA, "", 0, i);
        }
        pair_tap_send(&tap, true, true, RECORD_APPLICATION_DATA, "x", 1, 0);
    }
    pair_run(&pair);
    pair_assert_status(pair.server.status, SKR_WANT_READ);
    assert_int_equal(pair.server.got_size, 2);
    pair.server.got_size = 0;
    for (unsigned i = 0; i < SKR_EMPTY_RECORDS_MAX + 1; i++) {
        pair_tap_send(&tap, true, true, RECORD_APPLICATION_DATA, "", 0, 0);
    }
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_FLOOD);
    pair_end(&pair);
}

// --- Altered, repeated, swapped, lost ---

static size_t write_record(pair_side_t *from, size_t size) {
    size_t taken = 0;
    size_t before = pair_other(&pair, from)->wire.size;
    pair_assert_status(skr_conn_write(from->conn, zeros, size, &taken), SKR_OK);
    pair_flush(&pair, from);
    return pair_other(&pair, from)->wire.size - before;
}

static void test_altered(void **state) {
    const pair_providers_t *providers = *state;
    for (uint16_t suite = 0x1301; suite <= 0x1303; suite++) {
        const uint16_t suites[] = {suite, 0};
        size_t size = 1;
        for (size_t at = 5; at < size || at == 5; at++) {
            pair_note("suite %04x, byte %zu", suite, at);
            pair_init(&pair, providers->client, providers->server);
            pair.client.config.suites = suites;
            pair_connect(&pair);
            size = write_record(&pair.client, 20);
            pair.server.wire.data[pair.server.wire.start + at] ^= 1;
            pair_run(&pair);
            pair_assert_refused(&pair, &pair.server, SKR_ERR_RECORD_MAC);
            pair_end(&pair);
        }
    }
    pair_note("%s", "");
}

static void test_out_of_order(void **state) {
    (void)state;
    static uint8_t record[100];
    for (unsigned what = 0; what < 3; what++) {
        pair_note("%u", what);
        pair_init_openssl(&pair);
        pair_connect(&pair);
        pair_wire_t *wire = &pair.server.wire;
        size_t size = write_record(&pair.client, 20);
        assert_true(size <= sizeof(record) && wire->size == size);
        memcpy(record, wire->data + wire->start, size);
        if (what == 0) { // the same once more
            pair_run(&pair);
            assert_int_equal(pair.server.got_size, 20);
            pair.server.got_size = 0;
            pair_inject(&pair.server, record, size);
        } else { // lost, or behind the next
            wire->size = 0;
            write_record(&pair.client, 20);
            pair_inject(&pair.server, record, what == 1 ? 0 : size);
        }
        pair_run(&pair);
        pair_assert_refused(&pair, &pair.server, SKR_ERR_RECORD_MAC);
        pair_end(&pair);
    }
    // What one side has sealed does not come back to it as the other's.
    pair_init_openssl(&pair);
    pair_connect(&pair);
    size_t size = write_record(&pair.client, 20);
    pair_inject(&pair.client, pair.server.wire.data + pair.server.wire.start, size);
    pair.server.wire.size = 0;
    pair_run(&pair);
    pair_assert_failed(&pair.client, SKR_ERR_RECORD_MAC);
    pair_end(&pair);
    pair_note("%s", "");
}

// --- Handshake bytes left over at a change of keys (section 5.1) ---

typedef struct {
    bool by_client;
    uint8_t type;
    size_t extra; // bytes of a message behind it, in the same record
} leftover_t;

static void edit_leftover(pair_tap_t *t, pair_message_t *m) {
    static const uint8_t next[] = {8, 0, 0, 2, 0, 0};
    const leftover_t *wanted = t->user;
    if (m->content == RECORD_HANDSHAKE && m->by_client == wanted->by_client &&
        m->type == wanted->type && t->hits == 0) {
        memcpy(m->data + m->size, next, wanted->extra);
        m->size += wanted->extra;
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_leftover(void **state) {
    (void)state;
    static const leftover_t cases[] = {
        {true, WIRE_CLIENT_HELLO, 0},
        {false, WIRE_SERVER_HELLO, 0},
        {false, WIRE_FINISHED, 0},
        {true, WIRE_FINISHED, 0},
    };
    for (size_t i = 0; i < 4 * 6; i++) {
        leftover_t wanted = cases[i / 6];
        wanted.extra = 1 + i % 6;
        pair_note("%zu bytes behind %s", wanted.extra, wire_type_name(wanted.type));
        pair_init_openssl(&pair);
        pair_tap_refuses(
            &tap, &pair, edit_leftover, &wanted, !wanted.by_client, SKR_ERR_KEY_CHANGE_UNALIGNED);
    }
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_first),
        PAIR_TEST(test_version_ignored),
        PAIR_TEST(test_bad_ccs),
        PAIR_TEST(test_ccs_too_early),
        PAIR_TEST_WITH(test_ccs_too_late, &pair.client),
        PAIR_TEST_WITH(test_ccs_too_late, &pair.server),
        PAIR_TEST(test_ccs_flood),
        PAIR_TEST(test_in_handshake),
        PAIR_TEST(test_connected),
        PAIR_TEST_WITH(test_plain_alert, &pair.client),
        PAIR_TEST_WITH(test_plain_alert, &pair.server),
        PAIR_TEST(test_plain_alert_in_flight),
        PAIR_TEST(test_empty_flood),
        PAIR_TEST_WITH(test_altered, &pair_providers[0]),
        PAIR_TEST_WITH(test_altered, &pair_providers[1]),
        PAIR_TEST(test_out_of_order),
        PAIR_TEST(test_leftover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
