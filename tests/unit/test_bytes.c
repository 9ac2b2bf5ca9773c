// Big-endian numbers and views.
//
// Both directions with values whose bytes all differ, and the comparison of views: sizes, every
// position of a difference, absent against empty. An absent view may be compared, its NULL is never
// followed. The numbers are written next to a guard byte.
#include "unit.h"

#include "base/bytes.h"

static void test_numbers(void **state) {
    (void)state;
    uint8_t bytes[10];
    memset(bytes, 0xee, sizeof(bytes));
    bytes_put16(bytes + 1, 0x8142);
    unit_assert_hex(view_of(bytes, 4), "ee8142ee");
    assert_int_equal(bytes_get16(bytes + 1), 0x8142);
    assert_int_equal(bytes_get16((const uint8_t *)"\xff\xff"), 0xffff);
    bytes_put64(bytes + 1, UINT64_C(0x8142030405060789));
    unit_assert_hex(view_of(bytes, 10), "ee8142030405060789ee");
}

static void test_views(void **state) {
    (void)state;
    skr_view_t absent = view_of(NULL, 0);
    skr_view_t empty = view_of("", 0);
    assert_false(view_is(absent));
    assert_true(view_is(empty));
    assert_true(view_equal(absent, empty));
    assert_true(view_equal(absent, absent));
    skr_view_t literal = VIEW_LITERAL("abc");
    assert_int_equal(literal.size, 3);
    assert_true(view_equal(literal, unit_hex("616263")));
    assert_false(view_equal(literal, unit_hex("6162")));
    assert_false(view_equal(literal, unit_hex("61626300")));
    assert_false(view_equal(literal, absent));
    assert_false(view_equal(literal, unit_hex("606263")));
    assert_false(view_equal(literal, unit_hex("616063")));
    assert_false(view_equal(literal, unit_hex("616260")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
