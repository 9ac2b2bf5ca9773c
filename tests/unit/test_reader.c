// The bounded reader.
//
// Every read at its boundary: exactly enough, one byte too few, nothing at all; what a failed read
// gives and that the failure stays. Vectors with each width of length, also ones that claim more
// than there is. ASan sees reads past the end, since every input is a block of its own size.
#include "unit.h"

#include <stdlib.h>

#include "base/reader.h"

// A copy in a block of exactly its size.
static uint8_t *exact(const char *hex, skr_view_t *view) {
    skr_view_t bytes = unit_hex(hex);
    uint8_t *block = malloc(bytes.size > 0 ? bytes.size : 1);
    assert_non_null(block);
    memcpy(block, bytes.data, bytes.size);
    *view = (skr_view_t){block, bytes.size};
    return block;
}

static uint32_t read_number(reader_t *r, unsigned size) {
    switch (size) {
        case 1:
            return reader_u8(r);
        case 2:
            return reader_u16(r);
        case 3:
            return reader_u24(r);
        default:
            return reader_u32(r);
    }
}

static void test_numbers(void **state) {
    (void)state;
    static const uint32_t expected[] = {0, 0x91, 0x9182, 0x918273, 0x91827364};
    for (unsigned size = 1; size <= 4; size++) {
        for (unsigned have = 0; have <= 4; have++) {
            skr_view_t view;
            uint8_t *block = exact("9182736455", &view);
            uint8_t *part = malloc(have + 1u);
            memcpy(part, block, have);
            reader_t r = reader_of((skr_view_t){part + 0, have});
            uint32_t got = read_number(&r, size);
            assert_int_equal(got, have >= size ? expected[size] : 0);
            assert_int_equal(reader_failed(&r), have < size);
            assert_int_equal(reader_done(&r), have == size);
            assert_int_equal(reader_more(&r), have > size);
            free(part);
            free(block);
        }
    }
}

static void test_failure_stays(void **state) {
    (void)state;
    skr_view_t view;
    uint8_t *block = exact("0102", &view);
    reader_t r = reader_of(view);
    assert_int_equal(reader_u24(&r), 0);
    assert_true(reader_failed(&r));
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_u16(&r), 0);
    assert_int_equal(reader_u24(&r), 0);
    assert_int_equal(reader_u32(&r), 0);
    assert_null(reader_bytes(&r, 0).data);
    assert_null(reader_vector(&r, 1).data);
    assert_null(reader_rest(&r).data);
    assert_int_equal(reader_rest(&r).size, 0);
    assert_true(reader_failed(&r));
    assert_false(reader_more(&r));
    assert_false(reader_done(&r));
    free(block);
}

static void test_fail(void **state) {
    (void)state;
    reader_t r = reader_of(unit_hex("0102"));
    reader_fail(&r);
    assert_true(reader_failed(&r));
    assert_false(reader_more(&r));
    assert_false(reader_done(&r));
    assert_int_equal(reader_u8(&r), 0);
}

static void test_absent_and_empty(void **state) {
    (void)state;
    reader_t r = reader_of((skr_view_t){NULL, 0});
    assert_true(reader_failed(&r));
    assert_false(reader_done(&r));
    assert_false(reader_more(&r));
    r = reader_of((skr_view_t){(const uint8_t *)"", 0});
    assert_false(reader_failed(&r));
    assert_true(reader_done(&r));
    assert_false(reader_more(&r));
    skr_view_t rest = reader_rest(&r);
    assert_non_null(rest.data);
    assert_int_equal(rest.size, 0);
    assert_true(reader_done(&r));
    assert_int_equal(reader_u8(&r), 0);
    assert_true(reader_failed(&r));
}

static void test_bytes(void **state) {
    (void)state;
    skr_view_t view;
    uint8_t *block = exact("0102030405", &view);
    reader_t r = reader_of(view);
    skr_view_t none = reader_bytes(&r, 0);
    assert_ptr_equal(none.data, block);
    assert_int_equal(none.size, 0);
    unit_assert_hex(reader_bytes(&r, 2), "0102");
    unit_assert_hex(reader_rest(&r), "030405");
    assert_true(reader_done(&r));
    r = reader_of(view);
    assert_null(reader_bytes(&r, 6).data);
    assert_true(reader_failed(&r));
    r = reader_of(view);
    assert_null(reader_bytes(&r, SIZE_MAX).data);
    assert_true(reader_failed(&r));
    r = reader_of(view);
    unit_assert_hex(reader_bytes(&r, 5), "0102030405");
    assert_true(reader_done(&r));
    free(block);
}

static void test_vectors(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        unsigned length_bytes;
        const char *expected; // NULL: refused
        bool done;
    } cases[] = {
        {"00", 1, "", true},
        {"0000", 2, "", true},
        {"000000", 3, "", true},
        {"02aabb", 1, "aabb", true},
        {"0002aabb", 2, "aabb", true},
        {"000002aabb", 3, "aabb", true},
        {"01aabb", 1, "aa", false},
        {"03aabb", 1, NULL, false},
        {"0003aabb", 2, NULL, false},
        {"0102aabb", 2, NULL, false},
        {"000003aabb", 3, NULL, false},
        {"010002aabb", 3, NULL, false},
        {"ff", 1, NULL, false},
        {"ffff", 2, NULL, false},
        {"ffffff", 3, NULL, false},
        {"", 1, NULL, false},
        {"00", 2, NULL, false},
        {"0000", 3, NULL, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        skr_view_t view;
        uint8_t *block = exact(cases[i].hex, &view);
        reader_t r = reader_of(view);
        skr_view_t got = reader_vector(&r, cases[i].length_bytes);
        assert_int_equal(reader_failed(&r), cases[i].expected == NULL);
        assert_int_equal(got.data == NULL, cases[i].expected == NULL);
        assert_int_equal(reader_done(&r), cases[i].done);
        unit_assert_hex(got, cases[i].expected == NULL ? "" : cases[i].expected);
        free(block);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_failure_stays),
        cmocka_unit_test(test_fail),
        cmocka_unit_test(test_absent_and_empty),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_vectors),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
