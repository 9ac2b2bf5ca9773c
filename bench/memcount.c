// LD_PRELOAD: counts the heap that is asked for, side by side.
//
// In: the program's calls of malloc() and its kin, and memcount_side() which says for whom the next
// ones are. Out: live bytes, their peak and the number of blocks, for each side, in requested bytes
// (what the heap itself adds is not counted).
//
// Only for glibc, whose own allocator stands behind these names, and for one thread. A block is
// booked on the side that asked for it, whoever frees it.
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void __libc_free(void *);
extern void *__libc_memalign(size_t, size_t);

enum { SIDES = 3, MAGIC = 0x5ca1ab1e };

static int current = SIDES - 1;
static size_t live[SIDES], highest[SIDES], blocks[SIDES];

typedef struct {
    size_t size, offset; // requested bytes; from the real block to the one that was handed out
    int side;
    uint32_t magic;
} header_t;

void memcount_side(int side);
size_t memcount_live(int side);
size_t memcount_peak(int side);
size_t memcount_count(int side);
void memcount_reset(int side);

void memcount_side(int side) {
    current = side;
}

size_t memcount_live(int side) {
    return live[side];
}

size_t memcount_peak(int side) {
    return highest[side];
}

size_t memcount_count(int side) {
    return blocks[side];
}

void memcount_reset(int side) {
    highest[side] = live[side];
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
    *note = (header_t){size, offset, current, MAGIC};
    live[current] += size;
    blocks[current]++;
    highest[current] = live[current] > highest[current] ? live[current] : highest[current];
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
    live[note->side] -= note->size;
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
