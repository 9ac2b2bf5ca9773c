// The memory of a pair's side.
//
// In: requests by region. Out: blocks of exactly the size asked for, so that a sanitizer sees a
// byte too far, full of a pattern, so that nobody takes them for zeros. Asserts what config.h
// promises: one block of a region at a time, but several of a record, oldest first; 16-aligned,
// given back with its size and wiped; and that neither a region nor all together ever pass what
// skr_memory_needed() says, nor behind the handshake what skr_memory_needed_after() says; a
// skr_place_t is asked for the same on the side, and must have a spot for each block. Counts peaks,
// lets the nth request fail, or what is beyond a limit.
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

static bool memory_full(const pair_memory_t *memory, skr_region_t region, size_t size) {
    size_t limit = memory->limit[region];
    return (limit != 0 && memory->total[region] + size > limit) ||
        (memory->limit_used != 0 && memory->used + size > memory->limit_used);
}

static void assert_needed(const pair_memory_t *memory, skr_region_t region, size_t size) {
    const skr_need_t *need = &memory->need.region[region], *all = &memory->need.all;
    if (!memory->bounded) {
        return;
    }
    assert_in_range(memory->total[region], 0, need->bytes);
    assert_in_range(memory->peak[region], 0, need->largest);
    assert_in_range(memory->count[region], 0, need->blocks);
    assert_in_range(memory->used, 0, all->bytes);
    assert_in_range(memory->blocks, 0, all->blocks);
    assert_in_range(memory->peak[region], 0, all->largest);
    if (memory->settled) {
        need = &memory->after.region[region];
        all = &memory->after.all;
        assert_in_range(memory->total[region], 0, need->bytes);
        assert_in_range(size, 0, need->largest);
        assert_in_range(memory->count[region], 0, need->blocks);
        assert_in_range(memory->used, 0, all->bytes);
        assert_in_range(memory->blocks, 0, all->blocks);
        assert_in_range(size, 0, all->largest);
    }
}

// A place of the size that was told has a spot for all of it, in which nothing else is.
static void memory_place(pair_memory_t *memory, skr_region_t region, void *block, size_t size) {
    skr_memory_t calls;
    skr_place_memory(&memory->place, &calls);
    const uint8_t *at = calls.take(calls.user, region, size);
    assert_non_null(at);
    assert_int_equal((uintptr_t)at % 16, 0);
    assert_true(at >= memory->place_room);
    size_t room = memory->settled ? memory->after.place : memory->need.place;
    assert_true(at + size <= memory->place_room + room);
    for (size_t i = 0; i < memory->spots; i++) {
        bool before = at + size <= memory->spot[i].at;
        assert_true(before || at >= memory->spot[i].at + memory->spot[i].size);
    }
    assert_true(memory->spots < PAIR_PIECES_MAX);
    memory->spot[memory->spots].block = block;
    memory->spot[memory->spots].at = at;
    memory->spot[memory->spots++].size = size;
}

static void memory_leave(pair_memory_t *memory, skr_region_t region, const void *block) {
    skr_memory_t calls;
    size_t i = 0;
    skr_place_memory(&memory->place, &calls);
    while (i < memory->spots && memory->spot[i].block != block) {
        i++;
    }
    assert_true(i < memory->spots);
    calls.give(calls.user, region, NULL, memory->spot[i].size);
    memory->spot[i] = memory->spot[--memory->spots];
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
    if (memory_full(memory, region, size)) {
        memory->failed++;
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
    memory->count[region]++;
    memory->count_peak[region] = larger(memory->count_peak[region], memory->count[region]);
    memory->blocks++;
    memory->peak_blocks = larger(memory->peak_blocks, memory->blocks);
    assert_needed(memory, region, size);
    if (memory->bounded) {
        memory_place(memory, region, block, size);
    }
    return block;
}

static void memory_give(void *user, skr_region_t region, void *block, size_t size) {
    pair_memory_t *memory = user;
    assert_true(region < SKR_REGION_COUNT);
    assert_non_null(block);
    assert_ptr_equal(block, memory->block[region]);
    assert_int_equal(size, memory->size[region]);
    assert_true(ct_is_zero(block, size));
    if (memory->bounded) {
        memory_leave(memory, region, block);
    }
    if (memory->keep != NULL) {
        memory->keep(memory->keep_user, block, size);
    } else {
        free(block);
    }
    memory->block[region] = NULL;
    memory->used -= size;
    memory->total[region] -= size;
    memory->count[region]--;
    memory->blocks--;
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

void pair_memory_bound(pair_memory_t *memory, const skr_config_t *config, skr_view_t server_name) {
    memory->bounded = skr_memory_needed(config, server_name, &memory->need) == SKR_OK;
    if (memory->bounded) {
        size_t size = memory->need.place;
        assert_int_equal(skr_memory_needed_after(config, server_name, &memory->after), SKR_OK);
        assert_in_range(memory->after.place, 0, size);
        assert_in_range(memory->after.all.bytes, 0, memory->need.all.bytes);
        memory->place_room = aligned_alloc(16, size);
        assert_non_null(memory->place_room);
        assert_false(skr_place_init(&memory->place, memory->place_room, size - 1, &memory->need));
        assert_true(skr_place_init(&memory->place, memory->place_room, size, &memory->need));
    }
}

void pair_memory_settle(pair_memory_t *memory) {
    if (memory->bounded && memory->blocks == 0 && !memory->settled) {
        memory->settled = true;
        assert_true(skr_place_init(
            &memory->place, memory->place_room, memory->after.place, &memory->after));
    }
}

void pair_memory_end(pair_memory_t *memory) {
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        assert_null(memory->block[i]);
    }
    assert_int_equal(memory->used, 0);
    free(memory->place_room);
    memory->place_room = NULL;
    memory->bounded = false;
}
