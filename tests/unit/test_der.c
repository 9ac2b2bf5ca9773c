// The strict DER reader and DER times.
//
// For each element the one right form and every near miss: lengths in too many bytes, indefinite
// ones, tags of two bytes, padded integers, odd booleans, set unused bits, padded object
// identifiers; times of every wrong shape.
#include "unit.h"

#include "x509/der.h"
#include "x509/time.h"

static reader_t reader(const char *hex) {
    return reader_of(unit_hex(hex));
}

static void test_lengths(void **state) {
    static const char *const refused[] = {"04", "0401", "0480", "04 80 0000", "04 81 05 0102030405",
        "04 81 7f", "04 82 0005 0102030405", "04 82 00ff", "04 83 0000ff", "04 83 00ffff",
        "04 84 00000001 00", "04 85 0000000001 00", "04 ff 00", "04 02 00", "1f 01 00",
        "3f 81 01 00", ""};
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        reader_t r = reader(refused[i]);
        uint8_t tag;
        der_any(&r, &tag);
        assert_true(reader_failed(&r));
    }
    // The same with all the bytes there that they speak of: it is the form that is wrong.
    static const uint8_t long_forms[][6] = {{0x04, 0x80}, {0x04, 0x81, 0x7f}, {0x04, 0x81, 0x00},
        {0x04, 0x82, 0x00, 0xff}, {0x04, 0x83, 0x00, 0xff, 0xff}, {0x04, 0x84, 0, 0, 1, 0}};
    static uint8_t full[0x10010];
    for (size_t i = 0; i < sizeof(long_forms) / sizeof(long_forms[0]); i++) {
        memcpy(full, long_forms[i], sizeof(long_forms[i]));
        reader_t r = {full, full + sizeof(full)};
        uint8_t tag;
        assert_null(der_any(&r, &tag).data);
        assert_true(reader_failed(&r));
    }
    static uint8_t big[4 + 0x10000];
    static const size_t sizes[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t size = sizes[i];
        size_t head = size < 0x80 ? 2 : size < 0x100 ? 3 : size < 0x10000 ? 4 : 5;
        uint8_t *p = big;
        *p++ = 0x04;
        if (head > 2) {
            *p++ = (uint8_t)(0x80 + head - 2);
        }
        for (size_t n = head > 2 ? head - 2 : 1; n > 0; n--) {
            *p++ = (uint8_t)(size >> (8 * (n - 1)));
        }
        // All there, and one byte too few.
        reader_t r = {big, big + head + size};
        if (head + size <= sizeof(big)) {
            assert_int_equal(der_get(&r, 0x04).size, size);
            assert_true(reader_done(&r));
        }
        r = (reader_t){big, big + head + size - 1};
        if (head + size - 1 <= sizeof(big)) {
            assert_null(der_get(&r, 0x04).data);
            assert_true(reader_failed(&r));
        }
    }
}

static void test_elements(void **state) {
    (void)state;
    reader_t r = reader("04 02 abcd 05 00");
    assert_false(der_is(&r, 0x05));
    assert_false(der_optional(&r, 0x05).data != NULL);
    assert_false(reader_failed(&r));
    unit_assert_hex(der_whole(&r, 0x04), "0402abcd");
    skr_view_t null = der_optional(&r, 0x05);
    assert_non_null(null.data);
    assert_int_equal(null.size, 0);
    assert_true(reader_done(&r));
    assert_null(der_optional(&r, 0x05).data);
    assert_true(reader_done(&r)); // none comes: no failure
    r = reader("0402abcd");
    assert_null(der_get(&r, 0x05).data);
    assert_true(reader_failed(&r));
    // What an inner reader leaves over, or fails at, fails the outer one.
    r = reader("30 04 0201 05 00");
    reader_t inner = der_enter(&r, 0x30);
    assert_int_equal(der_small(&inner), 5);
    der_leave(&r, &inner);
    assert_true(reader_failed(&r));
    r = reader("3003 020105");
    inner = der_enter(&r, 0x30);
    assert_int_equal(der_small(&inner), 5);
    der_leave(&r, &inner);
    assert_true(reader_done(&r));
}

static void test_integers(void **state) {
    static const struct {
        const char *hex, *content, *number; // NULL: refused
        long small; // -1: refused
    } rows[] = {{"020100", "00", "00", 0}, {"02017f", "7f", "7f", 127},
        {"02020080", "0080", "80", 128}, {"020180", "80", NULL, -1}, {"0202ff7f", "ff7f", NULL, -1},
        {"0204 7fffffff", "7fffffff", "7fffffff", 2147483647},
        {"0205 0080000000", "0080000000", "80000000", -1},
        {"0205 0100000000", "0100000000", "0100000000", -1}, {"0200", NULL, NULL, -1},
        {"02020000", NULL, NULL, -1}, {"0202007f", NULL, NULL, -1}, {"0202ffff", NULL, NULL, -1},
        {"0202ff80", NULL, NULL, -1}, {"0201", NULL, NULL, -1}, {"030100", NULL, NULL, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        reader_t r = reader(rows[i].hex);
        skr_view_t content = der_integer(&r);
        assert_int_equal(reader_failed(&r), rows[i].content == NULL);
        assert_int_equal(content.data == NULL, rows[i].content == NULL);
        if (rows[i].content != NULL) {
            unit_assert_hex(content, rows[i].content);
        }
        r = reader(rows[i].hex);
        content = der_unsigned(&r);
        assert_int_equal(reader_failed(&r), rows[i].number == NULL);
        if (rows[i].number != NULL) {
            unit_assert_hex(content, rows[i].number);
        }
        r = reader(rows[i].hex);
        uint32_t small = der_small(&r);
        assert_int_equal(reader_failed(&r), rows[i].small < 0);
        assert_int_equal(small, rows[i].small < 0 ? 0 : rows[i].small);
    }
}

static void test_booleans(void **state) {
    static const char *const refused[] = {
        "010101", "0101fe", "0100", "01020000", "0102ffff", "0201ff"};
    (void)state;
    reader_t r = reader("0101ff 010100");
    assert_true(der_boolean(&r));
    assert_false(der_boolean(&r));
    assert_true(reader_done(&r));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        r = reader(refused[i]);
        assert_false(der_boolean(&r));
        assert_true(reader_failed(&r));
    }
}

static void test_bit_strings(void **state) {
    static const char *const refused[] = {
        "0300", "030101", "030107", "03020801", "030203 04", "030201 01", "030207 40", "03020980"};
    (void)state;
    unsigned unused;
    reader_t r = reader("030100 030207 80 0303 03 ff f8 0302 00 ff");
    assert_int_equal(der_bit_string(&r, &unused).size, 0);
    assert_int_equal(unused, 0);
    unit_assert_hex(der_bit_string(&r, &unused), "80");
    assert_int_equal(unused, 7);
    unit_assert_hex(der_bit_string(&r, &unused), "fff8");
    unit_assert_hex(der_bit_bytes(&r), "ff");
    assert_true(reader_done(&r));
    r = reader("0302 07 80");
    assert_null(der_bit_bytes(&r).data);
    assert_true(reader_failed(&r));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        r = reader(refused[i]);
        assert_null(der_bit_string(&r, &unused).data);
        assert_true(reader_failed(&r));
    }
}

static void test_oids(void **state) {
    static const char *const good[] = {
        "0603 551d13", "0601 2a", "0604 2a868000", "0608 2b06010505070301"};
    static const char *const refused[] = {
        "0600", "0603 2a8001", "0602 2a86", "0602 8001", "0604 2a8680 80", "0403 551d13"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        reader_t r = reader(good[i]);
        assert_non_null(der_oid(&r).data);
        assert_true(reader_done(&r));
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        reader_t r = reader(refused[i]);
        assert_null(der_oid(&r).data);
        assert_true(reader_failed(&r));
    }
}

static bool read_time(uint8_t tag, const char *text, int64_t *seconds) {
    static uint8_t bytes[64];
    bytes[0] = tag;
    bytes[1] = (uint8_t)strlen(text);
    memcpy(bytes + 2, text, strlen(text));
    reader_t r = {bytes, bytes + 2 + strlen(text)};
    *seconds = time_read(&r);
    return reader_done(&r);
}

static void test_times(void **state) {
    static const struct {
        uint8_t tag;
        const char *text;
        int64_t seconds;
    } good[] = {{0x17, "700101000000Z", 0}, {0x17, "691231235959Z", -1},
        {0x17, "500101000000Z", -631152000}, {0x17, "491231235959Z", 2524607999},
        {0x17, "000229120000Z", 951825600}, {0x17, "260301000000Z", 1772323200},
        {0x18, "20260301000000Z", 1772323200}, {0x18, "19700101000001Z", 1},
        {0x18, "19691231235959Z", -1}, {0x18, "20000229000000Z", 951782400},
        {0x18, "20380119031408Z", 2147483648}, {0x18, "21000228235959Z", 4107542399},
        {0x18, "99991231235959Z", 253402300799}, {0x18, "00010101000000Z", -62135596800}};
    static const struct {
        uint8_t tag;
        const char *text;
    } refused[] = {{0x17, ""}, {0x17, "7001010000Z"}, {0x17, "700101000000"},
        {0x17, "700101000000+0000"}, {0x17, "700101000000z"}, {0x17, "7001010000000Z"},
        {0x17, "700101000000Z0"}, {0x17, "700101000000ZZ"}, {0x17, "20260301000000Z"},
        {0x17, "701301000000Z"}, {0x17, "700001000000Z"}, {0x17, "700100000000Z"},
        {0x17, "700132000000Z"}, {0x17, "700431000000Z"}, {0x17, "010229000000Z"},
        {0x17, "700101240000Z"}, {0x17, "700101006000Z"}, {0x17, "700101000060Z"},
        {0x17, "7001010000 0Z"}, {0x17, "70010100:000Z"}, {0x17, "/00101000000Z"},
        {0x18, "700101000000Z"}, {0x18, "20260301000000Z0"}, {0x18, "20260301000000.5Z"},
        {0x18, "20260301000000"}, {0x18, "202603010000Z"}, {0x18, "21000229000000Z"},
        {0x18, "19000229000000Z"}, {0x18, "20260301000000+0100"}, {0x16, "700101000000Z"},
        {0x13, "20260301000000Z"}};
    int64_t seconds;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(read_time(good[i].tag, good[i].text, &seconds));
        assert_true(seconds == good[i].seconds);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_false(read_time(refused[i].tag, refused[i].text, &seconds));
    }
}

// Every day of a span, by counting.
static void test_days(void **state) {
    int64_t expected = -25567; // 1900-01-01
    (void)state;
    for (int32_t year = 1900; year <= 2400; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (uint32_t month = 1; month <= 12; month++) {
            uint32_t days = month == 2                                  ? (leap ? 29 : 28)
                : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                        : 31;
            for (uint32_t day = 1; day <= days; day++) {
                assert_true(time_days(year, month, day) == expected);
                expected++;
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_elements), cmocka_unit_test(test_integers),
        cmocka_unit_test(test_booleans), cmocka_unit_test(test_bit_strings),
        cmocka_unit_test(test_oids), cmocka_unit_test(test_times), cmocka_unit_test(test_days)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
