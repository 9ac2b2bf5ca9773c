// The pool (src/conn/pool.c): one block, several regions.
//
// In: takes and gives of all regions and sizes. Out: blocks that lie inside, are aligned, never
// overlap, come back, and NULL where they do not fit; counts that are right. Whole connections from
// a pool are in tests/pair/test_config.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/test/test_crypto.h"
#include "skerry/skerry.h"

enum { SIZE = 4096 };
static _Alignas(16) uint8_t room[SIZE + 16];
static skr_pool_t pool;
static skr_memory_t memory;

static void begin(size_t offset, size_t size) {
    skr_pool_init(&pool, room + offset, size);
    skr_pool_memory(&pool, &memory);
}

static void *take(unsigned region, size_t size) {
    return memory.take(memory.user, (skr_region_t)region, size);
}

static void give(unsigned region, void *block, size_t size) {
    memory.give(memory.user, (skr_region_t)region, block, size);
}

static void test_fills(void **state) {
    (void)state;
    begin(0, SIZE);
    uint8_t *block = take(0, SIZE);
    assert_ptr_equal(block, room);
    assert_null(take(1, 1));
    give(0, block, SIZE);
    assert_null(take(0, SIZE + 1));
    assert_null(take(0, SIZE_MAX));
    assert_null(take(0, SIZE_MAX - 15));
    assert_int_equal(pool.used, 0);
    assert_int_equal(pool.peak, SIZE);
}

static void test_one_of_each(void **state) {
    (void)state;
    begin(0, SIZE);
    assert_non_null(take(2, 16));
    assert_null(take(2, 16));
    assert_int_equal(pool.used, 16);
}

// A block in the middle comes back and its place is used again; the ends join.
static void test_gaps(void **state) {
    (void)state;
    begin(0, 300);
    uint8_t *a = take(0, 100), *b = take(1, 50), *c = take(2, 100);
    assert_true(a != NULL && b == a + 112 && c == b + 64);
    assert_null(take(3, 17));
    give(1, b, 50);
    assert_null(take(3, 65));
    assert_ptr_equal(take(3, 64), b);
    give(3, b, 64);
    give(0, a, 100);
    assert_ptr_equal(take(4, 176), a);
    assert_int_equal(pool.used, 176 + 112);
}

// A start that is not aligned costs what is before the first aligned byte; too little room for that
// is no room.
static void test_unaligned(void **state) {
    (void)state;
    for (size_t offset = 1; offset < 16; offset++) {
        begin(offset, 64);
        uint8_t *block = take(0, 48);
        assert_ptr_equal(block, room + 16);
        assert_null(take(1, 1));
        begin(offset, 16 - offset);
        assert_null(take(0, 1));
        begin(offset, 0);
        assert_null(take(0, 1));
    }
}

// Takes and gives at random, each block full of its own number.
static void test_random_use(void **state) {
    (void)state;
    test_random_t random;
    uint8_t *block[SKR_REGION_COUNT] = {NULL};
    size_t size[SKR_REGION_COUNT] = {0};
    unsigned refused = 0;
    test_random_seed(&random, 3);
    begin(0, SIZE);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t draw[3];
        test_random(&random, draw, sizeof(draw));
        unsigned region = draw[0] % SKR_REGION_COUNT;
        if (block[region] == NULL) {
            size[region] = 1 + ((size_t)draw[1] << 8 | draw[2]) % 1500;
            block[region] = take(region, size[region]);
            if (block[region] == NULL) {
                refused++;
                continue;
            }
            assert_int_equal((uintptr_t)block[region] % 16, 0);
            assert_true(block[region] >= room && block[region] + size[region] <= room + SIZE);
            memset(block[region], (int)region, size[region]);
            continue;
        }
        for (size_t b = 0; b < size[region]; b++) {
            assert_int_equal(block[region][b], region);
        }
        give(region, block[region], size[region]);
        block[region] = NULL;
    }
    assert_true(refused > 100 && refused < 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fills),
        cmocka_unit_test(test_one_of_each),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_unaligned),
        cmocka_unit_test(test_random_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
