// A ready memory: one caller-owned block for one connection.
//
// In: requests by region. Out: places in the block, first fit, 16-aligned. There are as many blocks
// as regions at most, so a search through all of them is short and needs no headers in the block.
// Counts what is used and the most that ever was. Never grows: a request that does not fit gets
// NULL, and the connection ends with SKR_ERR_MEMORY.
#include "base/bytes.h"
#include "skerry/skerry.h"

enum { POOL_ALIGN = 16 };

static size_t pool_round(size_t size) {
    return (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
}

// The first taken block that overlaps size bytes at p; SKR_REGION_COUNT: none.
static size_t pool_overlap(const skr_pool_t *pool, const uint8_t *p, size_t size) {
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        const uint8_t *block = pool->block[i];
        if (block != NULL && p < block + pool->block_size[i] && block < p + size) {
            return i;
        }
    }
    return SKR_REGION_COUNT;
}

static void *pool_take(void *user, skr_region_t region, size_t size) {
    skr_pool_t *pool = user;
    size_t rounded = pool_round(size);
    if (pool->block[region] != NULL || rounded < size) {
        return NULL;
    }
    uint8_t *p = pool->start;
    while (rounded <= pool->size - (size_t)(p - pool->start)) {
        size_t other = pool_overlap(pool, p, rounded);
        if (other == SKR_REGION_COUNT) {
            pool->block[region] = p;
            pool->block_size[region] = rounded;
            pool->used += rounded;
            pool->peak = pool->used > pool->peak ? pool->used : pool->peak;
            return p;
        }
        p = (uint8_t *)pool->block[other] + pool->block_size[other];
    }
    return NULL;
}

static void pool_give(void *user, skr_region_t region, void *block, size_t size) {
    skr_pool_t *pool = user;
    (void)block;
    (void)size;
    pool->used -= pool->block_size[region];
    pool->block[region] = NULL;
    pool->block_size[region] = 0;
}

void skr_pool_init(skr_pool_t *pool, void *start, size_t size) {
    memset(pool, 0, sizeof(*pool));
    size_t skip = pool_round((size_t)(uintptr_t)start) - (size_t)(uintptr_t)start;
    if (skip < size) {
        pool->start = (uint8_t *)start + skip;
        pool->size = size - skip;
    }
}

void skr_pool_memory(skr_pool_t *pool, skr_memory_t *memory) {
    memory->take = pool_take;
    memory->give = pool_give;
    memory->user = pool;
}
