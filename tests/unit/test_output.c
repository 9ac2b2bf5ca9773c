// Records out (src/conn/output.c; RFC 9846 sections 4.7.3, 5 and 6).
//
// In: a connection made by hand, with writing keys and a reader that has the same, and data of
// every size near a record's limit. Out: records within the limit that open to what was written, no
// byte lost; SKR_WANT_OUTPUT without room and nothing taken; output that may be told sent in any
// portions, with alerts behind it; a KeyUpdate under the old keys and data under the new. Handshake
// messages come through a whole server's flight in tests/pair.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "keys/schedule.h"
#include "keys/suites.h"
#include "support/pair_memory.h"
#include "support/record_whole.h"
#include "unit.h"

enum { LIMIT = 64, ROOM = 1024, OVERHEAD = SKR_RECORD_HEADER_SIZE + 1 + 16, UPDATE = 5 };

static skr_conn_t conn;
static skr_config_t config;
static pair_memory_t memory;
static skr_memory_t calls;
static uint8_t data[ROOM];
static conn_side_t reader; // the keys that the peer reads with

static void begin(void) {
    pair_memory_init(&memory, &calls);
    memset(&conn, 0, sizeof(conn));
    memset(&config, 0, sizeof(config));
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    config.role = SKR_CLIENT;
    config.memory = &calls;
    config.provider = unit_providers[0];
    config.max_record_out = LIMIT;
    conn.config = &config;
    conn.script = &hs_script_client13;
    conn.hash = provider_hash(config.provider, SKR_HASH_SHA256);
    conn.complete = true;
    conn.error.alert_sent = conn.error.alert_received = SKR_ALERT_NONE;
    const skr_aead_t *aead = provider_aead(config.provider, SKR_AEAD_AES_128_GCM);
    assert_non_null(aead);
    assert_int_equal(conn_install(&conn, true, data, conn.hash, aead), SKR_OK);
    reader = conn.out;
}

// Opens the record at wire, which has size bytes or more behind it. Returns its whole size.
static size_t open_record(
    const uint8_t *wire, size_t size, uint8_t *content, uint8_t *type, size_t *content_size) {
    _Alignas(16) uint8_t cipher[4096];
    uint8_t record[ROOM];
    assert_in_range(size, SKR_RECORD_HEADER_SIZE + 1, ROOM);
    assert_int_equal(wire[0], RECORD_APPLICATION_DATA);
    assert_int_equal(bytes_get16(wire + 1), 0x0303);
    size_t fragment = bytes_get16(wire + 3);
    assert_in_range(fragment, 1, size - SKR_RECORD_HEADER_SIZE);
    memcpy(record, wire + SKR_RECORD_HEADER_SIZE, fragment);
    assert_in_range(reader.keys.aead->state_size, 1, sizeof(cipher));
    assert_true(reader.keys.aead->init(cipher, reader.keys.key));
    assert_int_equal(
        record_open_whole(&reader.keys, cipher, record, fragment, type, content_size), SKR_OK);
    reader.keys.aead->clear(cipher);
    memcpy(content, record, *content_size);
    return SKR_RECORD_HEADER_SIZE + fragment;
}

// What waits is one record with this content; then it is sent.
static void expect_one(uint8_t type, const uint8_t *expected, size_t size) {
    uint8_t content[ROOM], got;
    const uint8_t *wire;
    size_t content_size = 0, whole = skr_conn_output(&conn, &wire);
    assert_int_equal(open_record(wire, whole, content, &got, &content_size), whole);
    assert_int_equal(got, type);
    assert_int_equal(content_size, size);
    assert_memory_equal(content, expected, size);
    skr_conn_sent(&conn, whole);
    assert_int_equal(conn_pending(&conn), 0);
}

// Every size around one record and two: as much is taken as a record holds, and nothing is lost.
static void test_spread(void **state) {
    (void)state;
    for (size_t size = 1; size <= 2 * LIMIT + 1; size++) {
        size_t done = 0, records = 0, wire = 0;
        begin();
        while (done < size) {
            size_t taken = 0, left = size - done;
            assert_int_equal(skr_conn_write(&conn, data + done, left, &taken), SKR_OK);
            assert_int_equal(taken, left < LIMIT ? left : LIMIT);
            assert_int_equal(memory.size[SKR_REGION_RECORD_OUT], taken + OVERHEAD);
            assert_int_equal(conn_pending(&conn), taken + OVERHEAD);
            wire += conn_pending(&conn);
            expect_one(RECORD_APPLICATION_DATA, data + done, taken);
            pair_memory_end(&memory);
            done += taken;
            records++;
        }
        assert_int_equal(records, (size + LIMIT - 1) / LIMIT);
        assert_int_equal(conn.bytes_out, wire);
    }
}

// The smaller of this side's limit and the peer's counts (RFC 8449).
static void test_limits(void **state) {
    (void)state;
    static const struct {
        uint16_t own, peer;
        size_t limit;
    } cases[] = {{0, 0, SKR_RECORD_PLAIN_MAX}, {LIMIT, 0, LIMIT}, {0, 100, 100},
        {LIMIT, 100, LIMIT}, {100, LIMIT, LIMIT}, {LIMIT, LIMIT, LIMIT}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        config.max_record_out = cases[i].own;
        conn.limit_out = cases[i].peer;
        assert_int_equal(conn_output_limit(&conn), cases[i].limit);
    }
}

// Padding fills up to a multiple, never beyond the limit, and is not content.
static void test_padding(void **state) {
    (void)state;
    for (size_t size = 1; size <= LIMIT; size++) {
        size_t taken = 0, padded = (size + 23) / 24 * 24;
        begin();
        config.pad_to = 24;
        assert_int_equal(skr_conn_write(&conn, data, size, &taken), SKR_OK);
        assert_int_equal(taken, size);
        assert_int_equal(conn_pending(&conn), OVERHEAD + (padded < LIMIT ? padded : LIMIT));
        expect_one(RECORD_APPLICATION_DATA, data, size);
    }
}

// What is there must go first: nothing is taken, no key is used.
static void test_room(void **state) {
    (void)state;
    size_t taken = 0;
    begin();
    assert_int_equal(skr_conn_write(&conn, data, LIMIT, &taken), SKR_OK);
    assert_int_equal(skr_conn_write(&conn, data, 1, &taken), SKR_WANT_OUTPUT);
    assert_int_equal(taken, 0);
    assert_int_equal(skr_conn_update_keys(&conn, false), SKR_WANT_OUTPUT);
    assert_int_equal(conn.out.keys.sequence, 1);
    expect_one(RECORD_APPLICATION_DATA, data, LIMIT);
    assert_int_equal(skr_conn_write(&conn, data, 0, &taken), SKR_OK);
    assert_int_equal(conn_pending(&conn), 0);
    assert_int_equal(skr_conn_write(&conn, data, 1, &taken), SKR_OK);
    expect_one(RECORD_APPLICATION_DATA, data, 1);
    pair_memory_end(&memory);
}

// Data and close_notify behind it, told sent in portions of every size.
static void test_sent_in_portions(void **state) {
    (void)state;
    enum { ALERT = OVERHEAD + 2, WIRE = LIMIT + OVERHEAD + ALERT };
    for (size_t portion = 1; portion <= WIRE + 1; portion++) {
        uint8_t wire[WIRE], content[ROOM], type;
        size_t done = 0, taken = 0, size = 0;
        begin();
        assert_int_equal(skr_conn_write(&conn, data, LIMIT, &taken), SKR_OK);
        assert_int_equal(skr_conn_close(&conn), SKR_OK);
        assert_int_equal(conn_pending(&conn), WIRE);
        while (conn_pending(&conn) > 0) {
            const uint8_t *p;
            size_t part = skr_conn_output(&conn, &p);
            assert_in_range(part, 1, WIRE - done);
            part = part < portion ? part : portion;
            memcpy(wire + done, p, part);
            skr_conn_sent(&conn, part);
            done += part;
            assert_int_equal(conn_pending(&conn), WIRE - done);
            assert_int_equal(conn.bytes_out, done);
            assert_int_equal(memory.used > 0, done < LIMIT + OVERHEAD);
        }
        size_t first = open_record(wire, WIRE, content, &type, &size);
        assert_int_equal(first, LIMIT + OVERHEAD);
        assert_int_equal(type, RECORD_APPLICATION_DATA);
        assert_memory_equal(content, data, LIMIT);
        assert_int_equal(open_record(wire + first, ALERT, content, &type, &size), ALERT);
        assert_int_equal(type, RECORD_ALERT);
        assert_int_equal(size, 2);
        assert_int_equal(content[0], 1);
        assert_int_equal(content[1], SKR_ALERT_CLOSE_NOTIFY);
    }
}

// More told than there is counts as all, over the block and the alert.
static void test_sent_too_much(void **state) {
    (void)state;
    size_t taken = 0;
    begin();
    assert_int_equal(skr_conn_write(&conn, data, LIMIT, &taken), SKR_OK);
    assert_int_equal(skr_conn_close(&conn), SKR_OK);
    size_t all = conn_pending(&conn);
    skr_conn_sent(&conn, all + 1);
    assert_int_equal(conn_pending(&conn), 0);
    assert_int_equal(conn.bytes_out, all);
    pair_memory_end(&memory);
    assert_int_equal(skr_conn_write(&conn, data, 1, &taken), SKR_ERR_CLOSED);
    assert_int_equal(skr_conn_update_keys(&conn, false), SKR_ERR_CLOSED);
    assert_int_equal(conn_pending(&conn), 0);
}

static void reader_next(void) {
    assert_true(schedule_update(conn.hash, reader.secret));
    reader.keys.sequence = 0;
    assert_true(schedule_traffic_keys(
        conn.hash, reader.secret, reader.keys.key, reader.keys.aead->key_size, reader.keys.iv));
}

// The KeyUpdate itself goes under the old keys, what follows under the new.
static void test_update(void **state) {
    (void)state;
    for (uint8_t request = 0; request < 2; request++) {
        const uint8_t message[UPDATE] = {WIRE_KEY_UPDATE, 0, 0, 1, request};
        size_t taken = 0;
        begin();
        assert_int_equal(skr_conn_update_keys(&conn, request == 1), SKR_OK);
        assert_int_equal(conn.updates_asked, request);
        expect_one(RECORD_HANDSHAKE, message, sizeof(message));
        reader_next();
        assert_int_equal(skr_conn_write(&conn, data, LIMIT, &taken), SKR_OK);
        expect_one(RECORD_APPLICATION_DATA, data, LIMIT);
    }
}

// An answer that is due goes before the data, once, and asks for nothing.
static void test_update_due(void **state) {
    (void)state;
    static const uint8_t message[UPDATE] = {WIRE_KEY_UPDATE, 0, 0, 1, 0};
    size_t taken = 0;
    begin();
    conn.update_due = true;
    assert_int_equal(skr_conn_write(&conn, data, LIMIT, &taken), SKR_WANT_OUTPUT);
    assert_int_equal(taken, 0);
    assert_false(conn.update_due);
    expect_one(RECORD_HANDSHAKE, message, sizeof(message));
    reader_next();
    assert_int_equal(skr_conn_write(&conn, data, LIMIT, &taken), SKR_OK);
    assert_int_equal(taken, LIMIT);
    expect_one(RECORD_APPLICATION_DATA, data, LIMIT);
    pair_memory_end(&memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_sent_in_portions),
        cmocka_unit_test(test_sent_too_much),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_update_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
