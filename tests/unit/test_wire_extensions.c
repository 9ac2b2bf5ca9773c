// Blocks of extensions and the bodies of those that the engine knows.
//
// The table of RFC 9846 section 4.3 as it stands there, compared with ours; duplicates, misplaced
// ones, unknown ones; each body at its limits, cut at every byte, and with a byte too many. Writers
// are tested by the bytes that they must give, from the RFCs' presentation language by hand.
#include "unit.h"

#include "base/bytes.h"
#include "wire/extensions.h"

static skr_status_t read_block(skr_view_t block, unsigned message, wire_extensions_t *out) {
    reader_t r = reader_of(block);
    skr_status_t status = wire_read_extensions(&r, message, out);
    assert_int_equal(reader_done(&r), status != SKR_ERR_DECODE);
    return status;
}

static skr_status_t read_hex(const char *hex, unsigned message) {
    wire_extensions_t out;
    return read_block(unit_hex(hex), message, &out);
}

// RFC 9846 section 4.3; what its table leaves out is from the RFC that defines the extension.
static const struct {
    uint16_t number;
    const char *messages;
} table[] = {
    {0, "CH EE CR"},
    {1, "CH EE"},
    {5, "CH CR CT"},
    {10, "CH EE"},
    {11, "CH"},
    {13, "CH CR"},
    {14, "CH EE"},
    {15, "CH EE"},
    {16, "CH EE"},
    {18, "CH CR CT"},
    {19, "CH EE"},
    {20, "CH EE"},
    {21, "CH"},
    {22, "CH"},
    {23, "CH"},
    {28, "CH EE"},
    {35, "CH"},
    {41, "CH SH"},
    {42, "CH EE NST"},
    {43, "CH SH HRR"},
    {44, "CH HRR"},
    {45, "CH"},
    {47, "CH CR"},
    {48, "CR"},
    {49, "CH"},
    {50, "CH CR"},
    {51, "CH SH HRR"},
    {65281, "CH"},
};
enum { TABLE = sizeof(table) / sizeof(table[0]) };

static bool is_allowed(const char *messages, const char *message) {
    const char *found = strstr(messages, message);
    size_t size = strlen(message);
    return found != NULL && (found == messages || found[-1] == ' ') &&
        (found[size] == ' ' || found[size] == 0);
}

static void test_table(void **state) {
    (void)state;
    static const struct {
        const char *name;
        unsigned bit;
    } messages[] = {{"CH", WIRE_IN_CH}, {"SH", WIRE_IN_SH}, {"HRR", WIRE_IN_HRR},
        {"EE", WIRE_IN_EE}, {"CT", WIRE_IN_CT}, {"CR", WIRE_IN_CR}, {"NST", WIRE_IN_NST}};
    assert_int_equal(TABLE, WIRE_EXT_COUNT);
    for (size_t i = 0; i < TABLE; i++) {
        assert_int_equal(wire_ext_number((wire_ext_t)i), table[i].number);
        uint8_t block[8] = {0, 6, (uint8_t)(table[i].number >> 8), (uint8_t)table[i].number, 0, 2};
        for (size_t j = 0; j < sizeof(messages) / sizeof(messages[0]); j++) {
            wire_extensions_t out;
            bool allowed = is_allowed(table[i].messages, messages[j].name);
            assert_int_equal(read_block(view_of(block, sizeof(block)), messages[j].bit, &out),
                allowed ? SKR_OK : SKR_ERR_MISPLACED_EXTENSION);
            assert_int_equal(out.seen, WIRE_EXT_BIT(i));
            assert_false(out.unknown);
            assert_int_equal(out.last, i);
            assert_ptr_equal(out.body[i].data, block + 6);
            assert_int_equal(out.body[i].size, 2);
        }
    }
}

static void test_block(void **state) {
    (void)state;
    wire_extensions_t out;
    assert_int_equal(read_block(unit_hex("0000"), WIRE_IN_CH, &out), SKR_OK);
    assert_int_equal(out.seen, 0);
    assert_false(out.unknown);
    assert_int_equal(out.last, WIRE_EXT_COUNT);
    // cookie, an unknown one, supported_versions with an empty body
    const char *three = "000f 002c0003aabbcc 0a0a0000 002b0000";
    assert_int_equal(read_block(unit_hex(three), WIRE_IN_HRR, &out), SKR_OK);
    assert_int_equal(
        out.seen, WIRE_EXT_BIT(WIRE_EXT_COOKIE) | WIRE_EXT_BIT(WIRE_EXT_SUPPORTED_VERSIONS));
    assert_true(out.unknown);
    assert_int_equal(out.last, WIRE_EXT_SUPPORTED_VERSIONS);
    unit_assert_hex(out.body[WIRE_EXT_COOKIE], "aabbcc");
    assert_true(view_is(out.body[WIRE_EXT_SUPPORTED_VERSIONS]));
    assert_int_equal(out.body[WIRE_EXT_SUPPORTED_VERSIONS].size, 0);
    assert_false(view_is(out.body[WIRE_EXT_KEY_SHARE]));
    // an unknown one behind the last known one
    assert_int_equal(read_block(unit_hex("0008 002b0000 0a0a0000"), WIRE_IN_CH, &out), SKR_OK);
    assert_int_equal(out.last, WIRE_EXT_COUNT);
}

static void test_block_cut(void **state) {
    (void)state;
    skr_view_t block = unit_hex("000f 002c0003aabbcc 0a0a0000 002b0000");
    wire_extensions_t out;
    for (size_t size = 0; size < block.size; size++) {
        assert_int_equal(read_block(view_of(block.data, size), WIRE_IN_HRR, &out), SKR_ERR_DECODE);
    }
    // the block ends in the middle of an extension, whatever comes behind it
    for (uint8_t size = 0; size < block.size - 2; size++) {
        uint8_t copy[64];
        memcpy(copy, block.data, block.size);
        copy[1] = size;
        reader_t r = reader_of(view_of(copy, block.size));
        bool boundary = size == 0 || size == 7 || size == 11;
        assert_int_equal(
            wire_read_extensions(&r, WIRE_IN_HRR, &out), boundary ? SKR_OK : SKR_ERR_DECODE);
        assert_int_equal(reader_more(&r), boundary);
    }
    reader_t absent = reader_of(view_of(NULL, 0));
    assert_int_equal(wire_read_extensions(&absent, WIRE_IN_CH, &out), SKR_ERR_DECODE);
}

static void test_duplicates(void **state) {
    (void)state;
    const skr_status_t twice = SKR_ERR_DUPLICATE_EXTENSION;
    assert_int_equal(read_hex("0008 002b0000 002b0000", WIRE_IN_CH), twice);
    assert_int_equal(read_hex("000c 002b0000 00330000 002b0000", WIRE_IN_CH), twice);
    assert_int_equal(read_hex("0008 0a0a0000 0a0a0000", WIRE_IN_CH), twice);
    assert_int_equal(read_hex("000c 0a0a0000 00330000 0a0a0000", WIRE_IN_CH), twice);
    assert_int_equal(read_hex("0009 ffff0000 ffff000100", WIRE_IN_CH), twice);
    assert_int_equal(read_hex("0008 0000 0000 0000 0000", WIRE_IN_CH), twice);
    // neighbours in number, and numbers that differ by a power of two, are no duplicates
    for (unsigned bit = 0; bit < 16; bit++) {
        uint8_t block[10] = {0, 8, 0x5a, 0xa5, 0, 0, 0, 0, 0, 0};
        bytes_put16(block + 6, (uint16_t)(0x5aa5 ^ 1u << bit));
        wire_extensions_t out;
        assert_int_equal(read_block(view_of(block, sizeof(block)), WIRE_IN_CH, &out), SKR_OK);
        bytes_put16(block + 6, 0x5aa5);
        assert_int_equal(read_block(view_of(block, sizeof(block)), WIRE_IN_CH, &out), twice);
    }
    // what can't be read is worse than what is wrong
    assert_int_equal(read_hex("0009 002b0000 002b0000 00", WIRE_IN_CH), SKR_ERR_DECODE);
    assert_int_equal(read_hex("0005 00300000 00", WIRE_IN_CH), SKR_ERR_DECODE);
    // a misplaced one is still found behind others
    assert_int_equal(
        read_hex("000c 002b0000 00300000 0a0a0000", WIRE_IN_CH), SKR_ERR_MISPLACED_EXTENSION);
}

// Thousands of unknown extensions are legal; of any two of them that are the same the second is
// seen.
static void test_many_unknown(void **state) {
    (void)state;
    enum { MANY = 8000, FIRST = 1000 };
    static uint8_t block[2 + 4 * MANY];
    bytes_put16(block, 4 * MANY);
    for (unsigned i = 0; i < MANY; i++) {
        bytes_put16(block + 2 + 4 * i, (uint16_t)(FIRST + 7 * i));
    }
    wire_extensions_t out;
    assert_int_equal(read_block(view_of(block, sizeof(block)), WIRE_IN_CH, &out), SKR_OK);
    assert_true(out.unknown);
    assert_int_equal(out.seen, 0);
    for (unsigned i = 1; i < MANY; i += 331) {
        uint16_t old = bytes_get16(block + 2 + 4 * i);
        bytes_put16(block + 2 + 4 * i, bytes_get16(block + 2 + 4 * (i / 2)));
        assert_int_equal(read_block(view_of(block, sizeof(block)), WIRE_IN_CH, &out),
            SKR_ERR_DUPLICATE_EXTENSION);
        bytes_put16(block + 2 + 4 * i, old);
    }
}

static void test_offered(void **state) {
    (void)state;
    wire_extensions_t out = {.seen = WIRE_EXT_BIT(WIRE_EXT_ALPN) | WIRE_EXT_BIT(WIRE_EXT_COOKIE)};
    assert_int_equal(wire_check_offered(&out, out.seen), SKR_OK);
    assert_int_equal(wire_check_offered(&out, UINT32_MAX), SKR_OK);
    assert_int_equal(
        wire_check_offered(&out, WIRE_EXT_BIT(WIRE_EXT_ALPN)), SKR_ERR_UNSOLICITED_EXTENSION);
    assert_int_equal(wire_check_offered(&out, 0), SKR_ERR_UNSOLICITED_EXTENSION);
    out.unknown = true;
    assert_int_equal(wire_check_offered(&out, UINT32_MAX), SKR_ERR_UNSOLICITED_EXTENSION);
    memset(&out, 0, sizeof(out));
    assert_int_equal(wire_check_offered(&out, 0), SKR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_block_cut),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_many_unknown),
        cmocka_unit_test(test_offered),
    };
    return cmocka_run_group_tests_name("wire/extensions", tests, NULL, NULL);
}
