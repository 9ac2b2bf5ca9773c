// A ready memory: one caller-owned block for the blocks of connections.
//
// In: requests of any region. Out: places in the block, first fit, 16-aligned. The taken ones are a
// list in the order of their addresses, its links in front of each: a connection holds few blocks
// at a time, so that a search through all of them is short. Counts what is used and the most that
// ever was. Never grows: a request that does not fit gets NULL, and the connection ends with
// SKR_ERR_MEMORY. A share (pool_share.c) is one connection's part of it. Not for several threads at
// once.
#include "base/bytes.h"
#include "skerry/skerry.h"

enum { POOL_ALIGN = 16 };

struct skr_pool_block {
    skr_pool_block_t *next;
    uint32_t size; // with this
};
_Static_assert(sizeof(skr_pool_block_t) <= SKR_POOL_OVERHEAD, "the overhead is what it says");

static size_t pool_round(size_t size) {
    return (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
}

static void *pool_take(void *user, skr_region_t region, size_t size) {
    skr_pool_t *pool = user;
    skr_pool_block_t **link = &pool->first;
    uint8_t *p = pool->start;
    (void)region;
    if (size > pool->size || size > UINT32_MAX - 2 * POOL_ALIGN) {
        return NULL;
    }
    size = pool_round(size) + SKR_POOL_OVERHEAD;
    // Behind each block that is taken and before the next.
    while (*link != NULL && (size_t)((uint8_t *)*link - p) < size) {
        p = (uint8_t *)*link + (*link)->size;
        link = &(*link)->next;
    }
    if (*link == NULL && pool->size - (size_t)(p - pool->start) < size) {
        return NULL;
    }
    skr_pool_block_t *block = (skr_pool_block_t *)(void *)p;
    block->next = *link;
    block->size = (uint32_t)size;
    *link = block;
    pool->used += size;
    pool->peak = pool->used > pool->peak ? pool->used : pool->peak;
    return p + SKR_POOL_OVERHEAD;
}

static void pool_give(void *user, skr_region_t region, void *block, size_t size) {
    skr_pool_t *pool = user;
    skr_pool_block_t **link = &pool->first;
    (void)region;
    (void)size;
    while (*link != NULL && (uint8_t *)*link + SKR_POOL_OVERHEAD != block) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        pool->used -= (*link)->size;
        *link = (*link)->next;
    }
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
