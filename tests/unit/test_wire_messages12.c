// Handshake messages that only TLS 1.2 has, or has in another form.
//
// Each message as RFC 5246 section 7.4, RFC 8422 section 5 and RFC 5077 section 3.3 lay it out,
// field by field; at the limits of its vectors; cut at every byte; with a byte too many. A curve
// that is no named one is told apart from what can't be parsed.
#include "unit.h"

#include "base/bytes.h"
#include "wire/messages12.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HELLO "0303" RANDOM "00 c02b 00"

// Every cut of the body is refused but the one of the given size, and so is a byte more. READ is an
// expression over the view named part.
#define ASSERT_CUTS(body, also, READ) \
    do { \
        uint8_t more[512] = {0}; \
        memcpy(more, (body).data, (body).size); \
        for (size_t size = 0; size <= (body).size + 1; size++) { \
            skr_view_t part = view_of(more, size); \
            bool good = size == (body).size || size == (also); \
            assert_int_equal((READ), good ? SKR_OK : SKR_ERR_DECODE); \
        } \
        skr_view_t part = view_of(NULL, 0); \
        assert_int_equal((READ), SKR_ERR_DECODE); \
    } while (0)
#define NO_CUT SIZE_MAX

static void test_server_hello(void **state) {
    (void)state;
    wire_server_hello_t out;
    skr_view_t body = unit_hex(HELLO "0013 ff01000100 00170000 000b00020100 00230000");
    assert_int_equal(wire_read_server_hello(body, &out), SKR_OK);
    assert_int_equal(wire_read_server_hello12(body, &out), SKR_OK);
    assert_int_equal(out.suite, 0xc02b);
    unit_assert_hex(out.extensions.body[WIRE_EXT_RENEGOTIATION_INFO], "00");
    unit_assert_hex(out.extensions.body[WIRE_EXT_EC_POINT_FORMATS], "0100");
    assert_true(view_is(out.extensions.body[WIRE_EXT_EXTENDED_MASTER_SECRET]));
    assert_true(view_is(out.extensions.body[WIRE_EXT_SESSION_TICKET]));
    assert_false(view_is(out.extensions.body[WIRE_EXT_ALPN]));
    ASSERT_CUTS(body, 38, wire_read_server_hello12(part, &out));
}

static void test_server_hello_extensions(void **state) {
    (void)state;
    static const struct {
        const char *list;
        skr_status_t status;
    } rows[] = {
        {"0000", SKR_OK},
        {"0008 00170000 00170000", SKR_ERR_DUPLICATE_EXTENSION},
        {"0008 12340000 12340000", SKR_ERR_DUPLICATE_EXTENSION},
        {"0004 12340000", SKR_OK},
        {"0006 002b00020303", SKR_ERR_MISPLACED_EXTENSION},
        {"0004 00330000", SKR_ERR_MISPLACED_EXTENSION},
        {"0004 000a0000", SKR_ERR_MISPLACED_EXTENSION},
        {"0004 000d0000", SKR_ERR_MISPLACED_EXTENSION},
        {"0004 00290000", SKR_ERR_MISPLACED_EXTENSION},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[300];
        wire_server_hello_t out = {0};
        snprintf(text, sizeof(text), "%s %s", HELLO, rows[i].list);
        assert_int_equal(wire_read_server_hello12(unit_hex(text), &out), rows[i].status);
    }
}

static void test_certificate(void **state) {
    (void)state;
    skr_view_t list, der;
    skr_view_t body = unit_hex("00000b 000003 aabbcc 000002 ddee");
    assert_int_equal(wire_read_certificate12(body, &list), SKR_OK);
    reader_t r = reader_of(list);
    assert_true(wire_next_certificate12(&r, &der));
    unit_assert_hex(der, "aabbcc");
    assert_true(wire_next_certificate12(&r, &der));
    unit_assert_hex(der, "ddee");
    assert_false(wire_next_certificate12(&r, &der));
    assert_false(reader_failed(&r));
    ASSERT_CUTS(body, NO_CUT, wire_read_certificate12(part, &list));
    assert_int_equal(wire_read_certificate12(unit_hex("000000"), &list), SKR_OK);
    assert_int_equal(list.size, 0);
    static const char *const bad[] = {
        "000000", "000003 aabb", "0000", "000001 aa 00", "000001 aa 000000"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        r = reader_of(unit_hex(bad[i]));
        while (wire_next_certificate12(&r, &der)) {}
        assert_true(reader_failed(&r));
    }
}

static void test_server_key_exchange(void **state) {
    (void)state;
    wire_server_key_exchange_t out;
    skr_view_t body = unit_hex("03 001d 04 01020304 0403 0005 3003020101");
    assert_int_equal(wire_read_server_key_exchange(body, &out), SKR_OK);
    assert_int_equal(out.group, 29);
    unit_assert_hex(out.share, "01020304");
    unit_assert_hex(out.params, "03001d0401020304");
    assert_int_equal(out.scheme, 0x0403);
    unit_assert_hex(out.signature, "3003020101");
    ASSERT_CUTS(body, NO_CUT, wire_read_server_key_exchange(part, &out));
    assert_int_equal(
        wire_read_server_key_exchange(unit_hex("03 001d 01 aa 0403 0000"), &out), SKR_OK);
    assert_int_equal(
        wire_read_server_key_exchange(unit_hex("03 001d 00 0403 0000"), &out), SKR_ERR_DECODE);
    for (unsigned type = 0; type < 256; type++) { // explicit curves have another form
        uint8_t bytes[] = {(uint8_t)type, 0, 29, 1, 0xaa, 4, 3, 0, 0};
        skr_status_t status = type == 3 ? SKR_OK : SKR_ERR_GROUP_ANSWER;
        assert_int_equal(wire_read_server_key_exchange(view_of(bytes, 9), &out), status);
        assert_int_equal(wire_read_server_key_exchange(view_of(bytes, 1), &out),
            type == 3 ? SKR_ERR_DECODE : SKR_ERR_GROUP_ANSWER);
    }
}

static void test_ecdh_params(void **state) {
    (void)state;
    uint8_t bytes[20];
    writer_t w = writer_of(bytes, sizeof(bytes));
    wire_write_ecdh_params(&w, 23, unit_hex("0405"));
    unit_assert_hex(view_of(bytes, writer_size(&w)), "03 0017 02 0405");
    w = writer_of(bytes, 5);
    wire_write_ecdh_params(&w, 23, unit_hex("0405"));
    assert_true(writer_failed(&w));
}

static void test_certificate_request(void **state) {
    (void)state;
    wire_certificate_request12_t out;
    skr_view_t body = unit_hex("02 4001 0004 04030804 0005 0003 300100");
    assert_int_equal(wire_read_certificate_request12(body, &out), SKR_OK);
    unit_assert_hex(out.types, "4001");
    unit_assert_hex(out.schemes, "04030804");
    unit_assert_hex(out.authorities, "0003300100");
    ASSERT_CUTS(body, NO_CUT, wire_read_certificate_request12(part, &out));
    static const struct {
        const char *body;
        bool good;
    } rows[] = {
        {"01 40 0002 0403 0000", true}, {"00 0002 0403 0000", false}, {"01 40 0000 0000", false},
        {"01 40 0003 040308 0000", false},
        {"01 40 0000", false}, // without schemes, as before TLS 1.2
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        skr_status_t status = wire_read_certificate_request12(unit_hex(rows[i].body), &out);
        assert_int_equal(status, rows[i].good ? SKR_OK : SKR_ERR_DECODE);
    }
}

static void test_client_key_exchange(void **state) {
    (void)state;
    skr_view_t share;
    skr_view_t body = unit_hex("04 aabbccdd");
    assert_int_equal(wire_read_client_key_exchange(body, &share), SKR_OK);
    unit_assert_hex(share, "aabbccdd");
    ASSERT_CUTS(body, NO_CUT, wire_read_client_key_exchange(part, &share));
    assert_int_equal(wire_read_client_key_exchange(unit_hex("00"), &share), SKR_ERR_DECODE);
}

static void test_new_session_ticket(void **state) {
    (void)state;
    skr_view_t ticket;
    uint32_t lifetime = 0;
    skr_view_t body = unit_hex("fedcba98 0003 aabbcc");
    assert_int_equal(wire_read_new_session_ticket12(body, &lifetime, &ticket), SKR_OK);
    assert_true(lifetime == 0xfedcba98);
    unit_assert_hex(ticket, "aabbcc");
    ASSERT_CUTS(body, NO_CUT, wire_read_new_session_ticket12(part, &lifetime, &ticket));
    // an empty one is none (RFC 5077 section 3.3)
    assert_int_equal(
        wire_read_new_session_ticket12(unit_hex("00000000 0000"), &lifetime, &ticket), SKR_OK);
    assert_int_equal(ticket.size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_hello),
        cmocka_unit_test(test_server_hello_extensions),
        cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_server_key_exchange),
        cmocka_unit_test(test_ecdh_params),
        cmocka_unit_test(test_certificate_request),
        cmocka_unit_test(test_client_key_exchange),
        cmocka_unit_test(test_new_session_ticket),
    };
    return cmocka_run_group_tests_name("wire_messages12", tests, NULL, NULL);
}
