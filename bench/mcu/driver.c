// The driver on bare metal: the workload of a library, both sides in one image, measured.
//
// In: options and the test chain, baked in when this is compiled (files.h, from bench/mcu.py). Out:
// bench_memory()'s two lines by way of the board. Stack is painted below the call and looked at
// behind it; instructions are the board's ticks, of connecting alone, what this file does for
// measuring not included; a heap of its own counts what is asked for, in requested bytes, by side.
//
// The random numbers are the same each time and nobody's secret: good for this and nothing else.
#include "bench/bench.h"
#include "bench/mcu/board.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "files.h" // files[], BENCH_NOW

enum { HEAP_SIZE = 160 * 1024, PAINT = 0x5aa5a55a, ALIGNMENT = 16 };

// --- The heap: first fit, each block behind a note of its size ---

typedef struct {
    uint32_t room; // with this note
    uint32_t size; // requested bytes; 0: free
    uint32_t owner; // side, or BENCH_SIDES
    uint32_t own;
} note_t;

static _Alignas(16) uint8_t heap[HEAP_SIZE];
static bench_meter_t meters[BENCH_SIDES + 1];
static int current = BENCH_SIDES;
static bool own;

void bench_own_heap(bool mine) {
    own = mine;
}

static void count(size_t size) {
    bench_meter_t *meter = &meters[current];
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

static note_t *note_at(size_t offset) {
    return (note_t *)(void *)(heap + offset);
}

void *malloc(size_t size) {
    size_t room = (size + sizeof(note_t) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (note_at(0)->room == 0) {
        note_at(0)->room = HEAP_SIZE;
    }
    for (size_t at = 0; at < HEAP_SIZE; at += note_at(at)->room) {
        note_t *note = note_at(at);
        while (
            note->size == 0 && at + note->room < HEAP_SIZE && note_at(at + note->room)->size == 0) {
            note->room += note_at(at + note->room)->room;
        }
        if (note->size == 0 && note->room >= room) {
            if (note->room > room) {
                *note_at(at + room) = (note_t){.room = (uint32_t)(note->room - room)};
            }
            *note = (note_t){(uint32_t)room, size > 0 ? (uint32_t)size : 1, (uint32_t)current, own};
            count(note->size);
            return note + 1;
        }
    }
    return NULL;
}

void free(void *block) {
    if (block != NULL) {
        note_t *note = (note_t *)block - 1;
        meters[note->owner].live -= note->size;
        meters[note->owner].library_live -= note->own ? 0 : note->size;
        note->size = 0;
    }
}

void *calloc(size_t number, size_t size) {
    void *block = malloc(number * size); // nobody here asks for more than there is
    return block != NULL ? memset(block, 0, number * size) : NULL;
}

void *realloc(void *block, size_t size) {
    void *moved = malloc(size);
    if (moved != NULL && block != NULL) {
        size_t old = ((note_t *)block - 1)->size;
        memcpy(moved, block, old < size ? old : size);
        free(block);
    }
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size) {
    return alignment <= ALIGNMENT ? malloc(size) : NULL;
}

// --- What a program asks its surroundings for ---

void bench_print(const char *words) {
    board_write(words, strlen(words));
}

void bench_fail(const char *what, long code) {
    bench_print(library_name);
    bench_print(": ");
    bench_print(what);
    bench_number(
        code < 0 ? "failed, minus the code" : "failed, code", (size_t)(code < 0 ? -code : code));
    bench_print("\n");
    board_exit(2);
}

const uint8_t *bench_read_file(const char *name, size_t *size) {
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strcmp(files[i].name, name) == 0) {
            *size = files[i].size;
            return files[i].bytes;
        }
    }
    bench_fail(name, 0);
}

int64_t bench_now(void) {
    return BENCH_NOW;
}

time_t time(time_t *out) {
    if (out != NULL) {
        *out = BENCH_NOW;
    }
    return BENCH_NOW;
}

bool driver_random(void *user, uint8_t *out, size_t size);
bool driver_random(void *user, uint8_t *out, size_t size) {
    static uint32_t state = 0x2545f491;
    (void)user;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        out[i] = (uint8_t)(state >> 24);
    }
    return true;
}

// --- Measuring ---

static uint32_t *painted_from; // the first word above what is painted

static __attribute__((noinline)) void paint(void) {
    painted_from = (uint32_t *)__builtin_frame_address(0) - 16;
    for (volatile uint32_t *word = board_stack_end; word < painted_from; word++) {
        *word = PAINT;
    }
}

static __attribute__((noinline)) size_t scan(void) {
    uint32_t *word = board_stack_end;
    while (word < painted_from && *word == PAINT) {
        word++;
    }
    if (word == board_stack_end) {
        bench_fail("stack overflow", 0);
    }
    return (size_t)((uint8_t *)painted_from - (uint8_t *)word) + 16 * sizeof(uint32_t);
}

// Compiled with BENCH_STACK: what lies on the stack when BearSSL is called to verify or to sign,
// the deepest of these calls, as bench/mcu.py makes a chain of calls of it. The linker's --wrap
// puts these functions in between.
#ifdef BENCH_STACK
static struct {
    uint32_t words[1024];
    size_t count;
} deepest[BENCH_SIDES];

static __attribute__((noinline)) void keep_stack(void) {
    uint32_t *from = __builtin_frame_address(0);
    size_t count = (size_t)(painted_from + 16 - from);
    if (current < BENCH_SIDES && count > deepest[current].count && count <= 1024) {
        deepest[current].count = count;
        memcpy(deepest[current].words, from, count * sizeof(uint32_t));
    }
}

#define VERIFY(NAME) \
    br_ecdsa_vrfy_result __real_##NAME(VERIFY_PARAMETERS); \
    br_ecdsa_vrfy_result __wrap_##NAME(VERIFY_PARAMETERS); \
    br_ecdsa_vrfy_result __wrap_##NAME(VERIFY_PARAMETERS) { \
        keep_stack(); \
        return __real_##NAME(implementation, hash, hash_size, key, signature, size); \
    }
#define VERIFY_PARAMETERS \
    const void *implementation, const void *hash, size_t hash_size, const void *key, \
        const void *signature, size_t size
typedef uint32_t br_ecdsa_vrfy_result;
VERIFY(br_ecdsa_i15_vrfy_raw)
VERIFY(br_ecdsa_i31_vrfy_raw)

size_t __real_br_ecdsa_i15_sign_asn1(const void *implementation, const void *function,
    const void *hash, const void *key, void *signature);
size_t __wrap_br_ecdsa_i15_sign_asn1(const void *implementation, const void *function,
    const void *hash, const void *key, void *signature);
size_t __wrap_br_ecdsa_i15_sign_asn1(const void *implementation, const void *function,
    const void *hash, const void *key, void *signature) {
    keep_stack();
    return __real_br_ecdsa_i15_sign_asn1(implementation, function, hash, key, signature);
}

static void print_stack(int side) {
    bench_print(side == BENCH_CLIENT ? "stack client" : "stack server");
    for (size_t i = 0; i < deepest[side].count; i++) {
        bench_number("word", deepest[side].words[i]);
    }
    bench_print("\n");
}
#else
static void print_stack(int side) {
    (void)side;
}
#endif

long bench_run(int side, bench_op_t op, uint8_t *data, size_t size) {
    bench_meter_t *meter = &meters[side];
    paint();
    current = side;
    uint32_t start = board_ticks();
    long result = library_op(side, op, data, size);
    uint32_t ticks = board_ticks() - start;
    current = BENCH_SIDES;
    size_t stack = scan();
    meter->stack = stack > meter->stack ? stack : meter->stack;
    meter->instructions += board_instructions(ticks);
    return result;
}

void bench_meter(int side, bench_meter_t *meter) {
    *meter = meters[side];
}

void bench_meter_reset(int side) {
    bench_meter_t *meter = &meters[side];
    *meter = (bench_meter_t){.live = meter->live,
        .peak = meter->live,
        .library_live = meter->library_live,
        .library_peak = meter->library_live};
}

int main(void) {
    bench_options.memory = true;
    bench_options.tls12 = BENCH_TLS12;
    bench_options.resume = BENCH_RESUME;
    bench_options.chacha = BENCH_CHACHA;
    bench_options.other = BENCH_OTHER;
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (!library_setup(side)) {
            bench_fail("setup", side);
        }
    }
    bench_memory();
    print_stack(BENCH_CLIENT);
    print_stack(BENCH_SERVER);
    return 0;
}
