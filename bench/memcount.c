// LD_PRELOAD: counts the heap that is asked for, side by side.
//
// In: the program's calls of malloc() and its kin, memcount_side() which says for whom the next
// ones are, and memcount_own() which says whether the program asks for itself or lets the library
// ask. Out: live bytes, their peak and the number of blocks, for each side and of them the
// library's, in requested bytes (what the heap itself adds is not counted).
//
// Only for glibc, whose own allocator stands behind these names, and for one thread. A block is
// booked on the side that asked for it, whoever frees it.
#include "bench/bench.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void __libc_free(void *);
extern void *__libc_memalign(size_t, size_t);

enum { SIDES = 3, MAGIC = 0x5ca1ab1e };

static int current = SIDES - 1;
static bool own;
static bench_meter_t meters[SIDES];

typedef struct {
    size_t size, offset; // requested bytes; from the real block to the one that was handed out
    int side;
    bool own;
    uint32_t magic;
} header_t;

void memcount_side(int side);
void memcount_own(bool mine);
void memcount_read(int side, bench_meter_t *meter);
void memcount_reset(int side);

void memcount_side(int side) {
    current = side;
}

void memcount_own(bool mine) {
    own = mine;
}

void memcount_read(int side, bench_meter_t *meter) {
    *meter = meters[side];
}

void memcount_reset(int side) {
    bench_meter_t *meter = &meters[side];
    meter->peak = meter->live;
    meter->library_peak = meter->library_live;
    meter->blocks = meter->library_blocks = 0;
}

static void count(bench_meter_t *meter, size_t size) {
    meter->live += size;
    meter->blocks++;
    meter->peak = meter->live > meter->peak ? meter->live : meter->peak;
    if (!own) {
        meter->library_live += size;
        meter->library_blocks++;
        if (meter->library_live > meter->library_peak) {
            meter->library_peak = meter->library_live;
        }
    }
}

static void *take(size_t alignment, size_t size) {
    size_t header = (sizeof(header_t) + 15) & ~(size_t)15;
    size_t offset = alignment > header ? alignment : header;
    uint8_t *block = alignment > 16 ? __libc_memalign(alignment, size + offset)
                                    : __libc_malloc(size + offset);
    if (block == NULL) {
        return NULL;
    }
    header_t *note = (header_t *)(void *)(block + offset) - 1;
    *note = (header_t){size, offset, current, own, MAGIC};
    count(&meters[current], size);
    return block + offset;
}

void *malloc(size_t size) {
    return take(16, size);
}

void free(void *block) {
    if (block == NULL) {
        return;
    }
    header_t *note = (header_t *)block - 1;
    if (note->magic != MAGIC) {
        __builtin_trap();
    }
    note->magic = 0;
    meters[note->side].live -= note->size;
    meters[note->side].library_live -= note->own ? 0 : note->size;
    __libc_free((uint8_t *)block - note->offset);
}

void *calloc(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *block = take(16, count * size);
    return block != NULL ? memset(block, 0, count * size) : NULL;
}

void *realloc(void *block, size_t size) {
    if (block == NULL) {
        return malloc(size);
    }
    size_t old = ((header_t *)block - 1)->size;
    void *moved = malloc(size);
    if (moved != NULL) {
        memcpy(moved, block, old < size ? old : size);
        free(block);
    }
    return moved;
}

void *memalign(size_t alignment, size_t size) {
    return take(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return take(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    *out = take(alignment, size);
    return *out != NULL ? 0 : ENOMEM;
}
