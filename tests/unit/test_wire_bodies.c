// Extension bodies, read and written.
//
// Each body at its limits, cut at every byte, and with a byte too many: RFC 9846 sections 4.3.1
// to 4.3.8, RFC 6066 section 3, RFC 7301 section 3.1. Writers are tested by the bytes that they
// must give, made from the presentation language by hand, and by our own readers.
#include "unit.h"

#include "base/bytes.h"
#include "wire/extensions.h"

typedef skr_status_t (*body_reader_t)(skr_view_t body, skr_view_t *out);

static skr_status_t read_numbers_1(skr_view_t body, skr_view_t *out) {
    return wire_read_numbers(body, 1, out);
}

static skr_status_t read_numbers_2(skr_view_t body, skr_view_t *out) {
    return wire_read_numbers(body, 2, out);
}

static skr_status_t read_one_alpn(skr_view_t body, skr_view_t *out) {
    return wire_read_alpn(body, true, out);
}

static skr_status_t read_alpn(skr_view_t body, skr_view_t *out) {
    return wire_read_alpn(body, false, out);
}

static skr_status_t read_number(skr_view_t body, skr_view_t *out) {
    uint16_t number;
    skr_status_t status = wire_read_number(body, &number);
    *out = body;
    assert_int_equal(number, status == SKR_OK ? bytes_get16(body.data) : number);
    return status;
}

static skr_status_t read_share(skr_view_t body, skr_view_t *out) {
    uint16_t group;
    return wire_read_key_share(body, &group, out);
}

static const struct {
    const char *name;
    body_reader_t read;
    const char *body;
    const char *expected; // NULL: refused
} bodies[] = {
    {"versions", read_numbers_1, "02 0304", "0304"},
    {"versions", read_numbers_1, "04 03040303", "03040303"},
    {"versions, none", read_numbers_1, "00", NULL},
    {"versions, odd", read_numbers_1, "03 030403", NULL},
    {"versions, half", read_numbers_1, "01 03", NULL},
    {"groups", read_numbers_2, "0004 001d0017", "001d0017"},
    {"groups, none", read_numbers_2, "0000", NULL},
    {"groups, odd", read_numbers_2, "0003 001d00", NULL},
    {"number", read_number, "0304", "0304"},
    {"server_name", wire_read_server_name, "0006 00 0003 612e62", "612e62"},
    {"server_name, no list", wire_read_server_name, "0000", NULL},
    {"server_name, empty name", wire_read_server_name, "0003 00 0000", NULL},
    {"server_name, other type", wire_read_server_name, "0006 01 0003 612e62", NULL},
    {"server_name, two", wire_read_server_name, "0008 00 0001 61 00 0001 62", NULL},
    {"server_name, zero first", wire_read_server_name, "0005 00 0002 0061", NULL},
    {"server_name, zero last", wire_read_server_name, "0005 00 0002 6100", NULL},
    {"server_name, a byte behind", wire_read_server_name, "0005 00 0001 61 00", NULL},
    {"alpn", read_alpn, "0003 02 6832", "026832"},
    {"alpn, two", read_alpn, "0005 02 6832 01 78", "0268320178"},
    {"alpn, none", read_alpn, "0000", NULL},
    {"alpn, empty first", read_alpn, "0003 00 01 78", NULL},
    {"alpn, empty last", read_alpn, "0003 01 78 00", NULL},
    {"alpn, too long inside", read_alpn, "0002 02 68", NULL},
    {"one alpn", read_one_alpn, "0003 02 6832", "6832"},
    {"one alpn, two", read_one_alpn, "0005 02 6832 01 78", NULL},
    {"one alpn, none", read_one_alpn, "0000", NULL},
    {"one alpn, empty", read_one_alpn, "0001 00", NULL},
    {"cookie", wire_read_cookie, "0001 aa", "aa"},
    {"cookie, empty", wire_read_cookie, "0000", NULL},
    {"shares", wire_read_key_shares, "0006 001d 0002 aabb", "001d0002aabb"},
    {"shares, two", wire_read_key_shares, "000a 001d 0001 aa 0017 0001 bb", "001d0001aa00170001bb"},
    {"shares, none", wire_read_key_shares, "0000", ""},
    {"shares, empty", wire_read_key_shares, "0004 001d 0000", NULL},
    {"shares, empty last", wire_read_key_shares, "0009 001d 0001 aa 0017 0000", NULL},
    {"shares, too long inside", wire_read_key_shares, "0005 001d 0002 aa", NULL},
    {"share", read_share, "001d 0002 aabb", "aabb"},
    {"share, empty", read_share, "001d 0000", NULL},
    {"authorities", wire_read_authorities, "0007 0001 aa 0002 bbcc", "0001aa0002bbcc"},
    {"authorities, none", wire_read_authorities, "0000", NULL},
    {"authorities, empty", wire_read_authorities, "0005 0001 aa 0000", NULL},
    {"authorities, too long inside", wire_read_authorities, "0003 0002 aa", NULL},
};

static void test_bodies(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        skr_view_t body = unit_hex(bodies[i].body);
        skr_view_t out;
        print_message("    %s\n", bodies[i].name);
        if (bodies[i].expected == NULL) {
            assert_int_equal(bodies[i].read(body, &out), SKR_ERR_DECODE);
            continue;
        }
        assert_int_equal(bodies[i].read(body, &out), SKR_OK);
        unit_assert_hex(out, bodies[i].expected);
        for (size_t size = 0; size < body.size; size++) {
            assert_int_equal(bodies[i].read(view_of(body.data, size), &out), SKR_ERR_DECODE);
        }
        uint8_t more[64] = {0};
        memcpy(more, body.data, body.size);
        assert_int_equal(bodies[i].read(view_of(more, body.size + 1), &out), SKR_ERR_DECODE);
        assert_int_equal(bodies[i].read(view_of(NULL, 0), &out), SKR_ERR_DECODE);
    }
}

static void test_numbers(void **state) {
    (void)state;
    skr_view_t items = unit_hex("0304 0017 aa1d 1d00");
    assert_true(wire_numbers_have(items, 0x0304));
    assert_true(wire_numbers_have(items, 0x0017));
    assert_true(wire_numbers_have(items, 0x1d00));
    assert_false(wire_numbers_have(items, 0x0400));
    assert_false(wire_numbers_have(items, 0x001d));
    assert_false(wire_numbers_have(items, 0x17aa));
    assert_false(wire_numbers_have(view_of(items.data, 6), 0x1d00));
    assert_false(wire_numbers_have(view_of(NULL, 0), 0));
    assert_int_equal(wire_number_at(items, 0), 0x0304);
    assert_int_equal(wire_number_at(items, 3), 0x1d00);
    assert_int_equal(wire_number_at(view_of(items.data, 6), 3), 0); // though more bytes are there
    assert_int_equal(wire_number_at(view_of(NULL, 0), 0), 0);
    assert_int_equal(wire_number_at(items, SIZE_MAX), 0);
}

// The largest supported_versions is 254 bytes; 255 can't be whole numbers.
static void test_number_limits(void **state) {
    (void)state;
    uint8_t body[256] = {254};
    skr_view_t items;
    assert_int_equal(wire_read_numbers(view_of(body, 255), 1, &items), SKR_OK);
    assert_int_equal(items.size, 254);
    body[0] = 255;
    assert_int_equal(wire_read_numbers(view_of(body, 256), 1, &items), SKR_ERR_DECODE);
}

static void test_server_name_limit(void **state) {
    (void)state;
    uint8_t body[5 + 256] = {0x01, 0x02, 0, 0, 0xff};
    skr_view_t host;
    memset(body + 5, 'a', 256);
    assert_int_equal(wire_read_server_name(view_of(body, 5 + 255), &host), SKR_OK);
    assert_int_equal(host.size, 255);
    bytes_put16(body, 0x0103);
    bytes_put16(body + 3, 256);
    assert_int_equal(wire_read_server_name(view_of(body, 5 + 256), &host), SKR_ERR_DECODE);
}

static void test_next_alpn(void **state) {
    (void)state;
    skr_view_t name;
    reader_t names = reader_of(unit_hex("026832 0178"));
    assert_true(wire_next_alpn(&names, &name));
    unit_assert_hex(name, "6832");
    assert_true(wire_next_alpn(&names, &name));
    unit_assert_hex(name, "78");
    assert_false(wire_next_alpn(&names, &name));
    assert_false(wire_next_alpn(&names, &name));
    reader_t broken = reader_of(unit_hex("0368"));
    assert_false(wire_next_alpn(&broken, &name));
}

static void test_key_shares(void **state) {
    (void)state;
    skr_view_t shares, share;
    uint16_t group;
    const skr_status_t twice = SKR_ERR_ILLEGAL_PARAMETER;
    assert_int_equal(
        wire_read_key_shares(unit_hex("000a 001d 0001 aa 001d 0001 aa"), &shares), twice);
    assert_int_equal(
        wire_read_key_shares(unit_hex("000f 001d 0001 aa 0017 0001 bb 001d 0001 cc"), &shares),
        twice);
    // what can't be read is worse
    assert_int_equal(wire_read_key_shares(unit_hex("000a 001d 0001 aa 001d 0001 aa 00"), &shares),
        SKR_ERR_DECODE);
    assert_int_equal(
        wire_read_key_shares(unit_hex("000a 001d 0001 aa 0017 0001 bb"), &shares), SKR_OK);
    reader_t r = reader_of(shares);
    assert_true(wire_next_key_share(&r, &group, &share));
    assert_int_equal(group, 0x1d);
    unit_assert_hex(share, "aa");
    assert_true(wire_next_key_share(&r, &group, &share));
    assert_int_equal(group, 0x17);
    unit_assert_hex(share, "bb");
    assert_false(wire_next_key_share(&r, &group, &share));
    assert_false(wire_next_key_share(&r, &group, &share));
    reader_t broken = reader_of(unit_hex("001d 0002 aa"));
    assert_false(wire_next_key_share(&broken, &group, &share));
    assert_int_equal(wire_read_key_share(unit_hex("0017 0001 bb"), &group, &share), SKR_OK);
    assert_int_equal(group, 0x17);
}

static uint8_t block[512];

static skr_view_t written(const writer_t *w) {
    assert_false(writer_failed(w));
    return view_of(block, writer_size(w));
}

static void test_writers(void **state) {
    (void)state;
    static const uint16_t numbers[] = {0x001d, 0x0017};
    const skr_view_t names[] = {VIEW_LITERAL("h2"), VIEW_LITERAL("x")};
    writer_t w = writer_of(block, sizeof(block));
    wire_write_empty(&w, WIRE_EXT_EARLY_DATA);
    wire_write_number(&w, WIRE_EXT_SUPPORTED_VERSIONS, 0x0304);
    wire_write_numbers(&w, WIRE_EXT_SUPPORTED_GROUPS, 2, numbers, 2);
    wire_write_numbers(&w, WIRE_EXT_SUPPORTED_VERSIONS, 1, numbers, 1);
    wire_write_server_name(&w, VIEW_LITERAL("a.b"));
    unit_assert_hex(written(&w),
        "002a 0000  002b 0002 0304  000a 0006 0004 001d 0017  002b 0003 02 001d"
        "0000 0008 0006 00 0003 612e62");
    w = writer_of(block, sizeof(block));
    wire_write_alpn(&w, names, 2);
    wire_write_cookie(&w, unit_hex("aabb"));
    wire_write_key_share(&w, false, 0x1d, unit_hex("cc"));
    wire_write_key_share(&w, true, 0x1d, unit_hex("cc"));
    wire_write_key_share(&w, true, 0x1d, view_of(NULL, 0));
    unit_assert_hex(written(&w),
        "0010 0007 0005 02 6832 01 78  002c 0004 0002 aabb  0033 0005 001d 0001 cc"
        "0033 0007 0005 001d 0001 cc  0033 0002 0000");
    w = writer_of(block, sizeof(block));
    writer_block_t open = wire_open_extension(&w, WIRE_EXT_RENEGOTIATION_INFO);
    writer_u8(&w, 0x77);
    writer_close(&w, open);
    unit_assert_hex(written(&w), "ff01 0001 77");
}

// A key share that leaves no room for its own lengths must not be cut down to one that looks right.
static void test_writer_limits(void **state) {
    (void)state;
    static uint8_t large[0x10000 + 16];
    static uint8_t huge[0x20000];
    for (size_t size = 0xffff - 8; size <= 0x10000; size++) {
        writer_t w = writer_of(huge, sizeof(huge));
        wire_write_key_share(&w, true, 0x1d, view_of(large, size));
        assert_int_equal(writer_failed(&w), size + 6 > 0xffff);
        w = writer_of(huge, sizeof(huge));
        wire_write_cookie(&w, view_of(large, size));
        assert_int_equal(writer_failed(&w), size + 2 > 0xffff);
    }
    for (size_t size = 0; size < 9; size++) {
        writer_t w = writer_of(block, size);
        wire_write_key_share(&w, false, 0x1d, unit_hex("cc"));
        assert_true(writer_failed(&w));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_number_limits),
        cmocka_unit_test(test_server_name_limit),
        cmocka_unit_test(test_next_alpn),
        cmocka_unit_test(test_key_shares),
        cmocka_unit_test(test_writers),
        cmocka_unit_test(test_writer_limits),
    };
    return cmocka_run_group_tests_name("wire/bodies", tests, NULL, NULL);
}
