// Constant-time helpers: that they say and do the right thing.
//
// Every single byte of a difference is noticed, wherever it is; nothing outside of the size counts
// or changes. That the time does not depend on the bytes is for the ct tests on compiled code to
// show, not for this one.
#include "unit.h"

#include "base/ct.h"

enum { SIZE = 48 };

static void test_equal(void **state) {
    (void)state;
    uint8_t a[SIZE + 1], b[SIZE + 1];
    memset(a, 0x5c, sizeof(a));
    for (size_t size = 0; size <= SIZE; size++) {
        memcpy(b, a, sizeof(b));
        b[size] ^= 1; // the first byte that does not count
        assert_true(ct_equal(a, b, size));
    }
    for (size_t at = 0; at < SIZE; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(b, a, sizeof(b));
            b[at] = (uint8_t)(b[at] ^ 1u << bit);
            assert_false(ct_equal(a, b, SIZE));
            assert_false(ct_equal(b, a, SIZE));
        }
    }
    // Two differences that would cancel each other in a sum or an exclusive or.
    memcpy(b, a, sizeof(b));
    b[0] ^= 0xff;
    b[1] ^= 0xff;
    assert_false(ct_equal(a, b, SIZE));
}

static void test_is_zero(void **state) {
    (void)state;
    uint8_t a[SIZE + 1] = {0};
    a[SIZE] = 1;
    assert_true(ct_is_zero(a, SIZE));
    assert_true(ct_is_zero(a, 0));
    assert_false(ct_is_zero(a, SIZE + 1));
    for (size_t at = 0; at < SIZE; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            a[at] = (uint8_t)(1u << bit);
            assert_false(ct_is_zero(a, SIZE));
        }
        a[at] = 0;
    }
}

static void test_wipe(void **state) {
    (void)state;
    for (size_t size = 0; size <= SIZE; size++) {
        uint8_t a[SIZE + 2];
        memset(a, 0xa5, sizeof(a));
        ct_wipe(a + 1, size);
        assert_int_equal(a[0], 0xa5);
        assert_true(unit_wiped(a + 1, size));
        for (size_t i = size + 1; i < sizeof(a); i++) {
            assert_int_equal(a[i], 0xa5);
        }
    }
    ct_wipe(NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_is_zero),
        cmocka_unit_test(test_wipe),
    };
    return cmocka_run_group_tests_name("ct", tests, NULL, NULL);
}
