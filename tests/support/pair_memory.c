// The memory of a pair's side.
//
// In: requests by region. Out: blocks of exactly the size asked for, so that a sanitizer sees a
// byte too far, full of a pattern, so that nobody takes them for zeros. Asserts what config.h
// promises: one block of a region at a time, but several of a record, oldest first; 16-aligned,
// given back with its size and wiped. Counts peaks, and lets the nth request fail.
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

// One more of a record, behind the oldest.
static void memory_keep_later(pair_memory_t *memory, void *block, size_t size) {
    assert_true(memory->later_count < PAIR_PIECES_MAX);
    memory->later[memory->later_count].block = block;
    memory->later[memory->later_count++].size = size;
    if (memory->later_count + 1 > memory->pieces_peak) {
        memory->pieces_peak = memory->later_count + 1;
    }
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static void *memory_take(void *user, skr_region_t region, size_t size) {
    pair_memory_t *memory = user;
    assert_true(region < SKR_REGION_COUNT);
    assert_true(size > 0);
    bool later = memory->block[region] != NULL;
    assert_true(!later || region == SKR_REGION_RECORD_IN);
    if (memory_fails(memory)) {
        return NULL;
    }
    void *block = malloc(size);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 16, 0);
    memset(block, 0xa5, size);
    if (later) {
        memory_keep_later(memory, block, size);
    } else {
        memory->block[region] = block;
        memory->size[region] = size;
    }
    memory->used += size;
    memory->total[region] += size;
    memory->peak[region] = larger(memory->peak[region], size);
    memory->total_peak[region] = larger(memory->total_peak[region], memory->total[region]);
    memory->peak_used = larger(memory->peak_used, memory->used);
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
    memory->total[region] -= size;
    if (region == SKR_REGION_RECORD_IN && memory->later_count > 0) {
        memory->block[region] = memory->later[0].block;
        memory->size[region] = memory->later[0].size;
        memory->later_count--;
        memmove(memory->later, memory->later + 1, memory->later_count * sizeof(memory->later[0]));
    }
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
