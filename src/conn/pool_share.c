// A pool's shares: many connections in one block, none of which can take what is another's.
//
// In: needs (need.c), and requests of connections by region. Out: shares, each a block of the pool
// and in it a place (place.c): no request within the need is ever refused, and none beyond it
// touches anybody else. So a pool that is in pieces matters only where a share looks for room,
// before its connection has begun. A share that holds nothing can move, and be as small as the rest
// of its connection's life needs. Never promises more than there is: that connections wait for each
// other's memory is for the caller to arrange, who may end the shares of those that are idle.
#include "base/bytes.h"
#include "skerry/skerry.h"

static void *share_take(void *user, skr_region_t region, size_t size) {
    skr_pool_share_t *share = user;
    skr_memory_t place;
    skr_place_memory(&share->place, &place);
    void *block = place.take(place.user, region, size);
    if (block == NULL) {
        share->over++;
        share->pool->over++;
        return NULL;
    }
    share->blocks++;
    share->used += size;
    share->peak = share->used > share->peak ? share->used : share->peak;
    return block;
}

static void share_give(void *user, skr_region_t region, void *block, size_t size) {
    skr_pool_share_t *share = user;
    skr_memory_t place;
    skr_place_memory(&share->place, &place);
    place.give(place.user, region, block, size);
    share->blocks--;
    share->used -= size;
}

void skr_pool_share_init(skr_pool_share_t *share, skr_pool_t *pool, skr_memory_t *memory) {
    memset(share, 0, sizeof(*share));
    share->pool = pool;
    memory->take = share_take;
    memory->give = share_give;
    memory->user = share;
}

bool skr_pool_share_end(skr_pool_share_t *share) {
    skr_memory_t calls;
    if (share->blocks > 0) {
        return false;
    }
    if (share->start != NULL) {
        skr_pool_memory(share->pool, &calls);
        calls.give(calls.user, SKR_REGION_HANDSHAKE, share->start, share->size);
        share->pool->shares--;
        share->start = NULL;
        share->size = 0;
        memset(&share->place, 0, sizeof(share->place));
    }
    return true;
}

bool skr_pool_share_begin(skr_pool_share_t *share, const skr_memory_need_t *need) {
    skr_pool_t *pool = share->pool;
    skr_memory_t calls;
    if (!skr_pool_share_end(share)) {
        return false;
    }
    skr_pool_memory(pool, &calls);
    void *start = calls.take(calls.user, SKR_REGION_HANDSHAKE, need->place);
    if (start == NULL) {
        pool->turned_away++;
        return false;
    }
    (void)skr_place_init(&share->place, start, need->place, need); // aligned, and large enough
    share->start = start;
    share->size = need->place;
    pool->shares++;
    if (pool->shares > pool->shares_peak) {
        pool->shares_peak = pool->shares;
    }
    return true;
}
