// Handshake messages out of records (src/conn/message.c; RFC 9846 section 5.1).
//
// In: the contents of handshake records, put into a connection made by hand: messages whole,
// several in one record, cut at every byte, cut into single bytes, too long. Out: a whole message
// is looked at where it lies and costs nothing; a cut one gets one block of its exact size, which
// goes back wiped; the length is judged at the header, before any memory; and what is left over is
// told.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "support/pair_memory.h"
#include "wire/messages.h"

enum { BODY = 20, WHOLE = SKR_MESSAGE_HEADER_SIZE + BODY, ROOM = 128 };

static skr_conn_t conn;
static skr_config_t config;
static pair_memory_t memory;
static skr_memory_t calls;
static uint8_t content[ROOM];

static void begin(void) {
    pair_memory_init(&memory, &calls);
    memset(&conn, 0, sizeof(conn));
    memset(&config, 0, sizeof(config));
    config.memory = &calls;
    conn.config = &config;
}

// A message of a type, whose body says where each of its bytes belongs.
static size_t make(uint8_t *to, uint8_t type, size_t body) {
    to[0] = type;
    to[1] = (uint8_t)(body >> 16);
    to[2] = (uint8_t)(body >> 8);
    to[3] = (uint8_t)body;
    for (size_t i = 0; i < body && body < ROOM; i++) {
        to[SKR_MESSAGE_HEADER_SIZE + i] = (uint8_t)(type + i);
    }
    return SKR_MESSAGE_HEADER_SIZE + body;
}

// The content at hand is data[0..size). It has no block of its own: the test holds it.
static void show(uint8_t *data, size_t size) {
    conn.record = (conn_record_t){
        .pieces = record_in_one(data, size), .filled = (uint16_t)size, .end = (uint16_t)size};
    conn.record_ready = true;
    conn.record_type = RECORD_HANDSHAKE;
}

// Whatever is whole says so.
static skr_status_t next_message(skr_view_t *message) {
    size_t size = 0;
    skr_status_t status = conn_next_message(&conn, message, &size);
    if (status == SKR_OK) {
        assert_int_equal(message->size, size);
    }
    return status;
}

static void expect_waits(void) {
    skr_view_t message = view_of(NULL, 0);
    assert_int_equal(next_message(&message), SKR_WANT_INPUT);
}

static void test_whole_in_place(void **state) {
    (void)state;
    skr_view_t message = view_of(NULL, 0);
    begin();
    size_t size = make(content, 11, BODY);
    show(content, size);
    assert_true(conn_leftover(&conn, view_of(NULL, 0)));
    for (unsigned twice = 0; twice < 2; twice++) { // it stays the next one until it is done
        assert_int_equal(next_message(&message), SKR_OK);
        assert_ptr_equal(message.data, content);
        assert_int_equal(message.size, WHOLE);
    }
    assert_false(conn_leftover(&conn, message));
    assert_false(conn_message_begun(&conn));
    conn_message_done(&conn, message);
    assert_int_equal(conn.record.start, conn.record.end);
    assert_false(conn_leftover(&conn, view_of(NULL, 0)));
    expect_waits();
    assert_int_equal(memory.takes, 0);
}

// Three in a record, the one in the middle without a body; one byte of a fourth behind them.
static void test_several(void **state) {
    (void)state;
    static const uint8_t bodies[] = {7, 0, 12};
    skr_view_t message = view_of(NULL, 0);
    size_t size = 0, at = 0;
    begin();
    for (uint8_t i = 0; i < sizeof(bodies); i++) {
        size += make(content + size, (uint8_t)(30 + i), bodies[i]);
    }
    content[size] = 20;
    show(content, size + 1);
    for (uint8_t i = 0; i < sizeof(bodies); i++) {
        assert_int_equal(next_message(&message), SKR_OK);
        assert_ptr_equal(message.data, content + at);
        assert_int_equal(message.size, SKR_MESSAGE_HEADER_SIZE + bodies[i]);
        assert_int_equal(message.data[0], 30 + i);
        assert_true(conn_leftover(&conn, message));
        conn_message_done(&conn, message);
        at += message.size;
    }
    expect_waits();
    assert_int_equal(conn.record.start, conn.record.end);
    assert_int_equal(conn.message_header_fill, 1);
    assert_true(conn_message_begun(&conn));
    assert_true(conn_leftover(&conn, view_of(NULL, 0)));
    assert_int_equal(memory.takes, 0);
}

// The message is complete in its block: its bytes, its size, and who waits behind it.
static void expect_collected(size_t size, bool behind) {
    uint8_t expected[ROOM];
    skr_view_t message = view_of(NULL, 0);
    make(expected, 11, BODY);
    assert_int_equal(next_message(&message), SKR_OK);
    assert_int_equal(message.size, size);
    assert_memory_equal(message.data, expected, size);
    assert_ptr_equal(message.data, memory.block[SKR_REGION_MESSAGE]);
    assert_int_equal(memory.size[SKR_REGION_MESSAGE], size);
    assert_int_equal(memory.takes, 1);
    assert_int_equal(conn_leftover(&conn, message), behind);
    conn_message_done(&conn, message);
    assert_int_equal(memory.used, 0);
    assert_false(conn_message_begun(&conn));
    assert_int_equal(conn_leftover(&conn, view_of(NULL, 0)), behind);
}

static void test_cut_at_every_byte(void **state) {
    (void)state;
    for (size_t cut = 1; cut < WHOLE; cut++) {
        for (size_t behind = 0; behind < 2; behind++) {
            uint8_t one[ROOM], two[ROOM] = {0};
            begin();
            make(content, 11, BODY);
            memcpy(one, content, cut);
            memcpy(two, content + cut, WHOLE - cut);
            show(one, cut);
            expect_waits();
            assert_int_equal(conn.record.start, cut);
            assert_true(conn_message_begun(&conn));
            assert_int_equal(memory.takes, cut < SKR_MESSAGE_HEADER_SIZE ? 0 : 1);
            memset(one, 0xee, sizeof(one)); // that record is gone
            conn.record_ready = false;
            expect_waits();
            show(two, WHOLE - cut + behind);
            expect_collected(WHOLE, behind > 0);
            assert_int_equal(conn.record.start, WHOLE - cut);
        }
    }
}

static void test_byte_by_byte(void **state) {
    (void)state;
    begin();
    make(content, 11, BODY);
    for (size_t i = 0; i + 1 < WHOLE; i++) {
        show(content + i, 1);
        expect_waits();
        assert_int_equal(conn.record.start, 1);
    }
    show(content + WHOLE - 1, 1);
    expect_collected(WHOLE, false);
}

// Other content is not looked at.
static void test_other_content(void **state) {
    (void)state;
    begin();
    show(content, make(content, 11, BODY));
    conn.record_type = RECORD_APPLICATION_DATA;
    expect_waits();
    assert_false(conn_leftover(&conn, view_of(NULL, 0)));
    assert_int_equal(conn.record.start, 0);
}

static void test_longest(void **state) {
    (void)state;
    skr_view_t message = view_of(NULL, 0);
    for (size_t more = 0; more < 2; more++) {
        begin();
        make(content, 11, SKR_MESSAGE_MAX - SKR_MESSAGE_HEADER_SIZE + more);
        show(content, SKR_MESSAGE_HEADER_SIZE);
        skr_status_t status = next_message(&message);
        assert_int_equal(status, more == 0 ? SKR_WANT_INPUT : SKR_ERR_MESSAGE_TOO_LONG);
        assert_int_equal(memory.takes, more == 0 ? 1 : 0);
        assert_int_equal(memory.used, more == 0 ? SKR_MESSAGE_MAX : 0);
        assert_int_equal(conn.error.value, more == 0 ? 0 : SKR_MESSAGE_MAX + 1);
        assert_int_equal(conn.error.limit, more == 0 ? 0 : SKR_MESSAGE_MAX);
        if (more == 0) {
            conn_message_done(&conn, message);
        }
        assert_int_equal(memory.used, 0);
    }
    begin(); // all three bytes of the length count
    make(content, 11, 0xffffff);
    show(content, SKR_MESSAGE_HEADER_SIZE);
    assert_int_equal(next_message(&message), SKR_ERR_MESSAGE_TOO_LONG);
    assert_int_equal(conn.error.value, 0xffffff + SKR_MESSAGE_HEADER_SIZE);
}

// A Certificate that does not lie whole in the record at hand is shown by its header alone: it
// comes in pieces, and there is no block for it. Whole in a record it is shown where it is; a
// caller who wants to see it gets a block, as does any other message, and one without a body.
static void test_in_pieces(void **state) {
    (void)state;
    static hs_t hs;
    static hs_step_t due = {.writer = HS_SERVER};
    static const hs_script_t script = {.self = HS_CLIENT, .count = 1, .steps = &due};
    hs.script = &script;
    skr_view_t message = view_of(NULL, 0);
    for (size_t cut = 1; cut < WHOLE; cut++) {
        for (unsigned kind = 0; kind < 3; kind++) {
            size_t size = 0;
            bool pieces = kind == 0;
            begin();
            conn.hs = &hs;
            hs.config = &config;
            config.ask_verify = kind == 1;
            due.type = kind == 2 ? WIRE_CERTIFICATE + 1 : WIRE_CERTIFICATE;
            make(content, (uint8_t)due.type, BODY);
            show(content, cut);
            skr_status_t status = conn_next_message(&conn, &message, &size);
            bool header = cut >= SKR_MESSAGE_HEADER_SIZE;
            assert_int_equal(status, header && pieces ? SKR_OK : SKR_WANT_INPUT);
            assert_int_equal(memory.takes, header && !pieces ? 1 : 0);
            if (header && pieces) {
                assert_int_equal(size, WHOLE);
                assert_int_equal(message.size, SKR_MESSAGE_HEADER_SIZE);
                assert_memory_equal(message.data, content, SKR_MESSAGE_HEADER_SIZE);
                assert_int_equal(conn.record.start, SKR_MESSAGE_HEADER_SIZE);
                conn.pieces_left = BODY;
                conn_message_done(&conn, message);
                assert_true(conn_message_begun(&conn)); // until all of it came
                conn.pieces_left = 0;
                assert_false(conn_message_begun(&conn));
            } else if (header) {
                show(content + cut, WHOLE - cut);
                assert_int_equal(conn_next_message(&conn, &message, &size), SKR_OK);
                assert_int_equal(message.size, WHOLE);
                conn_message_done(&conn, message);
            }
            assert_int_equal(memory.used, 0);
        }
    }
    begin();
    conn.hs = &hs; // another one is due: there is no block for this one
    hs.config = &config;
    make(content, WIRE_CERTIFICATE_VERIFY, BODY);
    show(content, SKR_MESSAGE_HEADER_SIZE);
    assert_int_equal(next_message(&message), SKR_ERR_UNEXPECTED_MESSAGE);
    assert_int_equal(memory.takes, 0);
    begin();
    conn.hs = &hs;
    make(content, WIRE_CERTIFICATE, SKR_MESSAGE_MAX);
    show(content, SKR_MESSAGE_HEADER_SIZE);
    assert_int_equal(next_message(&message), SKR_ERR_MESSAGE_TOO_LONG);
}

static void test_no_memory(void **state) {
    (void)state;
    skr_view_t message = view_of(NULL, 0);
    begin();
    memory.fail_at = 1;
    make(content, 11, BODY);
    show(content, WHOLE - 1);
    assert_int_equal(next_message(&message), SKR_ERR_MEMORY);
    assert_int_equal(conn.error.value, WHOLE);
    assert_int_equal(conn.error.limit, SKR_REGION_MESSAGE);
    assert_null(conn.message.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_in_place),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_other_content),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_in_pieces),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
