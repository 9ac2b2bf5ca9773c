// Memory for connections from the C library's heap.
//
// In: the engine's requests by region (skr_memory_t). Out: 16-aligned blocks, and counts of what is
// and was in use, which the benchmark and `skerry client --trace` print. With a limit the request
// that would pass it is refused, as a device that is out of memory would. Not for several threads
// at once: give each its own posix_memory_t.
#include "ports/posix/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16 };

static void *memory_take(void *user, skr_region_t region, size_t size) {
    posix_memory_t *memory = user;
    if (memory->limit != 0 && size > memory->limit - memory->now) {
        return NULL;
    }
    // C11 wants aligned_alloc()'s size to be a multiple of the alignment.
    size_t padded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *block = aligned_alloc(ALIGNMENT, padded);
    if (block == NULL) {
        return NULL;
    }
    memory->takes++;
    memory->now += size;
    memory->region_now[region] += size;
    if (memory->now > memory->peak) {
        memory->peak = memory->now;
    }
    if (memory->region_now[region] > memory->region_peak[region]) {
        memory->region_peak[region] = memory->region_now[region];
    }
    return block;
}

static void memory_give(void *user, skr_region_t region, void *block, size_t size) {
    posix_memory_t *memory = user;
    memory->now -= size;
    memory->region_now[region] -= size;
    free(block);
}

void posix_memory_init(posix_memory_t *memory, skr_memory_t *interface) {
    memset(memory, 0, sizeof(*memory));
    interface->take = memory_take;
    interface->give = memory_give;
    interface->user = memory;
}

const char *posix_region_name(unsigned region) {
    static const char *const names[SKR_REGION_COUNT] = {
        [SKR_REGION_HANDSHAKE] = "handshake",
        [SKR_REGION_MESSAGE] = "message",
        [SKR_REGION_RECORD_IN] = "record in",
        [SKR_REGION_RECORD_OUT] = "record out",
        [SKR_REGION_CIPHER_IN] = "cipher in",
        [SKR_REGION_CIPHER_OUT] = "cipher out",
        [SKR_REGION_SESSION] = "session",
        [SKR_REGION_CERTIFICATES] = "certificates",
        [SKR_REGION_PEER_CERTIFICATE] = "peer certificate",
    };
    return region < SKR_REGION_COUNT && names[region] != NULL ? names[region] : "unknown region";
}
