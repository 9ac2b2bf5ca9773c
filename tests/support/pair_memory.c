// The memory of a pair's side.
//
// In: requests by region. Out: blocks of exactly the size asked for, so that a sanitizer sees a
// byte too far, full of a pattern, so that nobody takes them for zeros. Asserts what config.h
// promises: one block of a region at a time, 16-aligned, given back with its size and wiped. Counts
// peaks, and lets the nth request fail.
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/ct.h"
#include "support/pair_memory.h"

static bool memory_fails(pair_memory_t *memory) {
    memory->takes++;
    bool fails = memory->fail_at != 0 &&
        (memory->takes == memory->fail_at ||
            (memory->fail_after && memory->takes > memory->fail_at));
    memory->failed += fails ? 1 : 0;
    return fails;
}

static void *memory_take(void *user, skr_region_t region, size_t size) {
    pair_memory_t *memory = user;
    assert_true(region < SKR_REGION_COUNT);
    assert_true(size > 0);
    assert_null(memory->block[region]);
    if (memory_fails(memory)) {
        return NULL;
    }
    void *block = malloc(size);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 16, 0);
    memset(block, 0xa5, size);
    memory->block[region] = block;
    memory->size[region] = size;
    memory->used += size;
    memory->peak[region] = size > memory->peak[region] ? size : memory->peak[region];
    memory->peak_used = memory->used > memory->peak_used ? memory->used : memory->peak_used;
    return block;
}

static void memory_give(void *user, skr_region_t region, void *block, size_t size) {
    pair_memory_t *memory = user;
    assert_true(region < SKR_REGION_COUNT);
    assert_non_null(block);
    assert_ptr_equal(block, memory->block[region]);
    assert_int_equal(size, memory->size[region]);
    assert_true(ct_is_zero(block, size));
    free(block);
    memory->block[region] = NULL;
    memory->used -= size;
}

void pair_memory_init(pair_memory_t *memory, skr_memory_t *calls) {
    memset(memory, 0, sizeof(*memory));
    calls->take = memory_take;
    calls->give = memory_give;
    calls->user = memory;
}

void pair_memory_end(const pair_memory_t *memory) {
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        assert_null(memory->block[i]);
    }
    assert_int_equal(memory->used, 0);
}
