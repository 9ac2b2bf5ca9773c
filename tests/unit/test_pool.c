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

enum { SIZE = 4096, HEAD = SKR_POOL_OVERHEAD };
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
    uint8_t *block = take(0, SIZE - HEAD);
    assert_ptr_equal(block, room + HEAD);
    assert_null(take(1, 1));
    give(0, block, SIZE - HEAD);
    assert_null(take(0, SIZE - HEAD + 1));
    assert_null(take(0, SIZE));
    assert_null(take(0, SIZE_MAX));
    assert_null(take(0, SIZE_MAX - 15));
    assert_int_equal(pool.used, 0);
    assert_int_equal(pool.peak, SIZE);
}

// A record lies in several blocks of one region, and they come back from the front.
static void test_several_of_one(void **state) {
    (void)state;
    uint8_t *block[4];
    begin(0, SIZE);
    for (unsigned i = 0; i < 4; i++) {
        block[i] = take(SKR_REGION_RECORD_IN, 100);
        assert_ptr_equal(block[i], room + HEAD + (size_t)i * (HEAD + 112));
        assert_int_equal(pool.used, (i + 1) * (HEAD + 112));
    }
    for (unsigned i = 0; i < 4; i++) {
        give(SKR_REGION_RECORD_IN, block[i], 100);
        assert_int_equal(pool.used, (3 - i) * (HEAD + 112));
    }
    assert_ptr_equal(take(0, SIZE - HEAD), room + HEAD);
}

// A block in the middle comes back and its place is used again; the ends join.
static void test_gaps(void **state) {
    (void)state;
    begin(0, 300 + 3 * HEAD);
    uint8_t *a = take(0, 100), *b = take(1, 50), *c = take(2, 100);
    assert_true(a != NULL && b == a + 112 + HEAD && c == b + 64 + HEAD);
    assert_null(take(3, 17));
    give(1, b, 50);
    assert_null(take(3, 65));
    assert_ptr_equal(take(3, 64), b);
    give(3, b, 64);
    give(0, a, 100);
    assert_ptr_equal(take(4, 176 + HEAD), a);
    assert_int_equal(pool.used, 176 + 112 + 3 * HEAD);
}

// A start that is not aligned costs what is before the first aligned byte; too little room for that
// is no room.
static void test_unaligned(void **state) {
    (void)state;
    for (size_t offset = 1; offset < 16; offset++) {
        begin(offset, 64);
        uint8_t *block = take(0, 32);
        assert_ptr_equal(block, room + 16 + HEAD);
        assert_null(take(1, 1));
        begin(offset, 16 - offset);
        assert_null(take(0, 1));
        begin(offset, 0);
        assert_null(take(0, 1));
    }
}

// Takes and gives at random, several of each region, each block full of its own number.
static void test_random_use(void **state) {
    (void)state;
    enum { BLOCKS = 2 * SKR_REGION_COUNT };
    test_random_t random;
    uint8_t *block[BLOCKS] = {NULL};
    size_t size[BLOCKS] = {0};
    unsigned refused = 0;
    test_random_seed(&random, 3);
    begin(0, SIZE);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t draw[3];
        test_random(&random, draw, sizeof(draw));
        unsigned at = draw[0] % BLOCKS;
        if (block[at] == NULL) {
            size[at] = 1 + ((size_t)draw[1] << 8 | draw[2]) % 700;
            block[at] = take(at % SKR_REGION_COUNT, size[at]);
            if (block[at] == NULL) {
                refused++;
                continue;
            }
            assert_int_equal((uintptr_t)block[at] % 16, 0);
            assert_true(block[at] >= room && block[at] + size[at] <= room + SIZE);
            memset(block[at], (int)at, size[at]);
            continue;
        }
        for (size_t b = 0; b < size[at]; b++) {
            assert_int_equal(block[at][b], at);
        }
        give(at % SKR_REGION_COUNT, block[at], size[at]);
        block[at] = NULL;
    }
    for (unsigned at = 0; at < BLOCKS; at++) {
        if (block[at] != NULL) {
            give(at % SKR_REGION_COUNT, block[at], size[at]);
        }
    }
    assert_int_equal(pool.used, 0);
    assert_true(refused > 100 && refused < 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fills),
        cmocka_unit_test(test_several_of_one),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_unaligned),
        cmocka_unit_test(test_random_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
