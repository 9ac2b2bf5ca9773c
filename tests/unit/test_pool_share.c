// The shares of a pool (src/conn/pool_share.c), and their books.
//
// In: needs and requests. Out: shares that lie inside and apart, that are refused where there is no
// room, that end and move only when nothing is in them; requests that never leave their share;
// counts that are right. Whole connections are in tests/pair/test_pool.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "skerry/skerry.h"

enum { SIZE = 4096, HEAD = SKR_POOL_OVERHEAD };
static _Alignas(16) uint8_t room[SIZE + 16];
static skr_pool_t pool;
static skr_pool_share_t share[4];
static skr_memory_t memory[4];

// The first slot is RECORD_IN's (src/conn/place.h).
static skr_memory_need_t need_of(uint32_t size) {
    skr_memory_need_t need = {.place = size};
    need.slot[0] = size;
    return need;
}

static bool begin(unsigned n, uint32_t size) {
    skr_memory_need_t need = need_of(size);
    return skr_pool_share_begin(&share[n], &need);
}

static void *take(unsigned n, size_t size) {
    return memory[n].take(memory[n].user, SKR_REGION_RECORD_IN, size);
}

static void give(unsigned n, void *block, size_t size) {
    memory[n].give(memory[n].user, SKR_REGION_RECORD_IN, block, size);
}

static void open_pool(size_t offset, size_t size) {
    skr_pool_init(&pool, room + offset, size);
    for (unsigned n = 0; n < 4; n++) {
        skr_pool_share_init(&share[n], &pool, &memory[n]);
    }
}

static void test_admission(void **state) {
    (void)state;
    open_pool(0, SIZE);
    assert_true(begin(0, 2048 - HEAD));
    assert_true(begin(1, 1024 - HEAD));
    assert_false(begin(2, 1024 - HEAD + 16)); // not a byte more than there is
    assert_true(begin(2, 1024 - HEAD));
    assert_false(begin(3, 16));
    assert_int_equal(pool.turned_away, 2);
    assert_int_equal(pool.shares, 3);
    assert_int_equal(pool.used, SIZE);
    assert_true(skr_pool_share_end(&share[1]));
    assert_true(skr_pool_share_end(&share[1])); // it has none
    assert_int_equal(pool.shares, 2);
    assert_true(begin(3, 1024 - HEAD));
    assert_ptr_equal(share[3].start, room + 2048 + HEAD);
    assert_int_equal(pool.shares_peak, 3);
    assert_int_equal(pool.peak, SIZE);
    assert_int_equal(pool.over, 0);
}

static void test_bounds(void **state) {
    (void)state;
    open_pool(0, SIZE);
    assert_null(take(0, 16)); // not begun
    assert_true(begin(0, 256) && begin(1, 256));
    uint8_t *a = take(0, 160), *b = take(0, 96), *c = take(1, 256);
    assert_true(a == share[0].start && b == a + 160 && c == share[1].start);
    assert_true(c >= b + 96 + HEAD);
    assert_int_equal(share[0].used, 256);
    assert_int_equal(share[0].blocks, 2);
    assert_null(take(0, 1)); // there is room in the pool, and it is not for this one
    assert_null(take(1, 1));
    assert_int_equal(share[0].over, 2);
    assert_int_equal(share[1].over, 1);
    assert_int_equal(pool.over, 3);
    give(0, a, 160);
    give(0, b, 96);
    assert_int_equal(share[0].used, 0);
    assert_int_equal(share[0].peak, 256);
    assert_ptr_equal(take(0, 256), a);
}

// What holds a block stays where it is.
static void test_held(void **state) {
    (void)state;
    open_pool(0, SIZE);
    assert_true(begin(0, 256));
    void *block = take(0, 100);
    assert_non_null(block);
    assert_false(skr_pool_share_end(&share[0]));
    assert_false(begin(0, 64));
    assert_ptr_equal(share[0].start, block);
    assert_int_equal(share[0].size, 256);
    assert_int_equal(pool.shares, 1);
    assert_int_equal(pool.turned_away, 0);
    give(0, block, 100);
    assert_true(skr_pool_share_end(&share[0]));
    assert_null(take(0, 1)); // nothing of it is left
    assert_int_equal(pool.used, 0);
}

// A smaller one always finds room, if need be where it was; and the same one moves down.
static void test_moves(void **state) {
    (void)state;
    open_pool(0, 3 * (256 + HEAD));
    assert_true(begin(0, 256) && begin(1, 256) && begin(2, 256));
    assert_true(begin(1, 128));
    assert_ptr_equal(share[1].start, room + 256 + 2 * HEAD);
    assert_true(skr_pool_share_end(&share[0]));
    assert_false(begin(3, 256 + 16));
    assert_true(begin(1, 128));
    assert_ptr_equal(share[1].start, room + HEAD);
    assert_true(begin(3, 256 + 112));
    assert_int_equal(pool.shares, 3);
    assert_false(begin(1, 256)); // a larger one may be refused, and then there is none
    assert_null(share[1].start);
    assert_int_equal(pool.shares, 2);
}

static void test_unaligned(void **state) {
    (void)state;
    for (size_t offset = 1; offset < 16; offset++) {
        open_pool(offset, 64);
        assert_false(begin(0, 48));
        assert_true(begin(0, 32));
        assert_ptr_equal(take(0, 32), room + 16 + HEAD);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admission),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_unaligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
