// The bounded writer.
//
// Every write into blocks of every size up to one too many: bytes behind the block stay as they
// are, a write that does not fit writes nothing, and the failure stays. Lengths at the edge of what
// their field can say. Blocks stand in a larger array with a pattern behind them, so that an
// overrun is seen without ASan too.
#include "unit.h"

#include "base/bytes.h"
#include "base/writer.h"

enum { SIZE = 1 << 18, PATTERN = 0xee };
static uint8_t block[SIZE];

static writer_t fresh(size_t size) {
    memset(block, PATTERN, sizeof(block));
    return writer_of(block, size);
}

static void assert_untouched(size_t from) {
    for (size_t i = from; i < SIZE; i++) {
        assert_int_equal(block[i], PATTERN);
    }
}

static void write_all(writer_t *w) {
    writer_u8(w, 0x01);
    writer_u16(w, 0x0203);
    writer_u24(w, 0x040506);
    writer_bytes(w, "\x07\x08", 2);
    writer_view(w, unit_hex("09"));
    writer_bytes(w, NULL, 0);
    writer_view(w, (skr_view_t){NULL, 0});
    writer_u32(w, 0x0a0b0c0d);
}

static void test_every_size(void **state) {
    (void)state;
    enum { ALL = 13 };
    for (size_t size = 0; size <= ALL + 1; size++) {
        writer_t w = fresh(size);
        write_all(&w);
        assert_int_equal(writer_failed(&w), size < ALL);
        assert_int_equal(writer_size(&w), size < ALL ? 0 : ALL);
        if (size >= ALL) {
            unit_assert_hex(view_of(block, ALL), "0102030405060708090a0b0c0d");
        }
        assert_untouched(size < ALL ? size : ALL);
    }
}

static void test_no_block(void **state) {
    (void)state;
    writer_t w = writer_of(NULL, 0);
    assert_true(writer_failed(&w));
    writer_u8(&w, 1);
    assert_int_equal(writer_size(&w), 0);
    assert_null(writer_space(&w, 0));
}

static void test_failure_stays(void **state) {
    (void)state;
    writer_t w = fresh(3);
    writer_u16(&w, 0x0102);
    writer_u16(&w, 0x0304);
    assert_true(writer_failed(&w));
    writer_u8(&w, 0x05);
    writer_view(&w, unit_hex("06"));
    writer_close(&w, writer_open(&w, 1));
    assert_true(writer_failed(&w));
    assert_int_equal(writer_size(&w), 0);
    unit_assert_hex(view_of(block, 3), "0102ee");
}

static void test_numbers_too_large(void **state) {
    (void)state;
    writer_t w = fresh(16);
    writer_u24(&w, 0xffffff);
    assert_false(writer_failed(&w));
    unit_assert_hex(view_of(block, 3), "ffffff");
    writer_u24(&w, 0x1000000);
    assert_true(writer_failed(&w));
}

static void test_space(void **state) {
    (void)state;
    writer_t w = fresh(4);
    assert_ptr_equal(writer_space(&w, 3), block);
    assert_ptr_equal(writer_space(&w, 1), block + 3);
    assert_ptr_equal(writer_space(&w, 0), block + 4);
    assert_null(writer_space(&w, 1));
    assert_true(writer_failed(&w));
    w = fresh(4);
    assert_null(writer_space(&w, SIZE_MAX));
    assert_untouched(0);
}

static void test_blocks(void **state) {
    (void)state;
    writer_t w = fresh(64);
    writer_u8(&w, 0xaa);
    writer_block_t outer = writer_open(&w, 3);
    writer_block_t middle = writer_open(&w, 2);
    writer_block_t inner = writer_open(&w, 1);
    writer_u16(&w, 0x1122);
    writer_close(&w, inner);
    writer_close(&w, middle);
    writer_close(&w, writer_open(&w, 2));
    writer_close(&w, outer);
    assert_false(writer_failed(&w));
    unit_assert_hex(view_of(block, writer_size(&w)), "aa 000007 0003 02 1122 0000");
}

// A block of every width at the largest size that its length can say, and one more.
static void test_block_limits(void **state) {
    (void)state;
    static const size_t limits[] = {0, 0xff, 0xffff};
    for (unsigned width = 1; width <= 2; width++) {
        for (size_t over = 0; over <= 1; over++) {
            writer_t w = fresh(SIZE);
            writer_block_t open = writer_open(&w, width);
            assert_non_null(writer_space(&w, limits[width] + over));
            writer_close(&w, open);
            assert_int_equal(writer_failed(&w), over);
            assert_int_equal(writer_size(&w), over == 1 ? 0 : limits[width] + width);
        }
        assert_int_equal(block[0], PATTERN); // a length that doesn't fit was not cut down
    }
}

static void test_vectors(void **state) {
    (void)state;
    static uint8_t data[0x10000];
    writer_t w = fresh(SIZE);
    writer_vector(&w, 1, view_of(data, 0xff));
    writer_vector(&w, 2, view_of(data, 0xffff));
    writer_vector(&w, 3, view_of(data, 0x10000));
    writer_vector(&w, 1, view_of(NULL, 0));
    assert_int_equal(writer_size(&w), 1 + 0xff + 2 + 0xffff + 3 + 0x10000 + 1);
    unit_assert_hex(view_of(block + 1 + 0xff, 2), "ffff");
    unit_assert_hex(view_of(block + 1 + 0xff + 2 + 0xffff, 3), "010000");
    w = fresh(SIZE);
    writer_vector(&w, 1, unit_hex("0102"));
    writer_vector(&w, 2, view_of(NULL, 0));
    unit_assert_hex(view_of(block, writer_size(&w)), "02 0102 0000");
    w = fresh(SIZE);
    writer_vector(&w, 1, view_of(data, 0x100));
    assert_true(writer_failed(&w));
    w = fresh(SIZE);
    writer_vector(&w, 2, view_of(data, 0x10000));
    assert_true(writer_failed(&w));
    w = fresh(2);
    writer_vector(&w, 1, unit_hex("0102"));
    assert_true(writer_failed(&w));
    assert_untouched(2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_no_block),
        cmocka_unit_test(test_failure_stays),
        cmocka_unit_test(test_numbers_too_large),
        cmocka_unit_test(test_space),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_block_limits),
        cmocka_unit_test(test_vectors),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
