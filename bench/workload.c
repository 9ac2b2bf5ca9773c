// The workload: two sides of one library, connected in memory.
//
// In: the driver's calls, and the library's (library_op). Out: handshakes and data that went from
// one side to the other, each step by way of the driver's bench_run(), which measures it; a
// handshake that fails, gets stuck or is resumed when it should not be ends the program. The same
// on a host (bench.c) and on bare metal (mcu/driver.c).
//
// bench_memory() is what a table of memory is made of: two connections before it, since what
// libraries make once and keep is not a connection's; then one that is measured, its end of the
// handshake and its state after data. Not here: how it is measured, and where files come from.
#include "bench/bench.h"

#include <string.h>

bench_options_t bench_options = {.host = "bench.example"};
uint8_t bench_buffer[BENCH_RECORD];

// --- Pipes ---

static struct {
    uint8_t bytes[BENCH_PIPE];
    size_t head, tail;
} pipes[BENCH_SIDES]; // [side]: on their way to that side
size_t bench_sent[BENCH_SIDES];

void bench_put(int side, const void *data, size_t size) {
    int to = 1 - side;
    if (pipes[to].tail + size > BENCH_PIPE) {
        bench_fail("pipe", (long)size);
    }
    memcpy(pipes[to].bytes + pipes[to].tail, data, size);
    pipes[to].tail += size;
    bench_sent[side] += size;
}

size_t bench_peek(int side, const uint8_t **data) {
    *data = pipes[side].bytes + pipes[side].head;
    return pipes[side].tail - pipes[side].head;
}

void bench_skip(int side, size_t size) {
    pipes[side].head += size;
    if (pipes[side].head == pipes[side].tail) {
        pipes[side].head = pipes[side].tail = 0;
    }
}

size_t bench_get(int side, void *data, size_t size) {
    const uint8_t *from;
    size_t there = bench_peek(side, &from);
    size_t take = size < there ? size : there;
    memcpy(data, from, take);
    bench_skip(side, take);
    return take;
}

// --- Connections ---

void bench_begin(void) {
    bool done[BENCH_SIDES] = {false, false};
    int idle = 0;
    for (int side = 0; side < BENCH_SIDES; side++) {
        long result = bench_run(side, BENCH_NEW, NULL, 0);
        if (result < 0) {
            bench_fail("a new connection", result);
        }
    }
    while (!done[BENCH_CLIENT] || !done[BENCH_SERVER]) {
        size_t before = bench_sent[0] + bench_sent[1];
        for (int side = 0; side < BENCH_SIDES; side++) {
            long result = done[side] ? 1 : bench_run(side, BENCH_STEP, NULL, 0);
            if (result < 0) {
                bench_fail(
                    side == BENCH_CLIENT ? "client's handshake" : "server's handshake", result);
            }
            done[side] = result == 1;
        }
        idle = before == bench_sent[0] + bench_sent[1] ? idle + 1 : 0;
        if (idle > 4) {
            bench_fail("handshake: nobody moves", done[BENCH_CLIENT]);
        }
    }
    const uint8_t *left;
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (bench_peek(side, &left) > 0) {
            bench_run(side, BENCH_READ, bench_buffer, sizeof(bench_buffer)); // tickets
        }
    }
}

// With BENCH_RESUME the first connection can't resume and all the others must; without, none may.
static void check_resumption(void) {
    static bool first = true;
    bool expected = bench_options.resume && !first;
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (library_op(side, BENCH_WAS_RESUMED, NULL, 0) != expected) {
            bench_fail("resumption", side);
        }
    }
    first = false;
}

void bench_end(void) {
    check_resumption();
    for (int side = 0; side < BENCH_SIDES; side++) {
        bench_run(side, BENCH_FREE, NULL, 0);
        pipes[side].head = pipes[side].tail = 0;
    }
}

void receive(int side, size_t size) {
    size_t got = 0;
    int idle = 0;
    while (got < size) {
        long result = bench_run(side, BENCH_READ, bench_buffer, sizeof(bench_buffer));
        if (result < 0 || (result == 0 && ++idle > 10)) {
            bench_fail("read", result);
        }
        got += (size_t)result;
    }
}

void bench_move(int from, size_t size) {
    if (bench_run(from, BENCH_WRITE, bench_buffer, size) != (long)size) {
        bench_fail("write", (long)size);
    }
    receive(1 - from, size);
}

// --- Memory ---

void bench_number(const char *name, size_t value) {
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    bench_print(" ");
    bench_print(name);
    bench_print("=");
    bench_print(digits + at);
}

static void print_side(int side, const bench_meter_t *before, const bench_meter_t *handshake) {
    bench_meter_t now;
    bench_meter(side, &now);
    bench_print(library_name);
    bench_print(side == BENCH_CLIENT ? " memory side=client" : " memory side=server");
    bench_number("peak", handshake->peak - before->live);
    bench_number("allocations", handshake->blocks);
    bench_number("library_peak", handshake->library_peak - before->library_live);
    bench_number("library_allocations", handshake->library_blocks);
    bench_number("idle", handshake->live - before->live);
    bench_number("idle_data", now.live - before->live);
    bench_number("stack", handshake->stack);
    bench_number("stack_data", now.stack);
    bench_number("instructions", handshake->instructions);
    library_memory(side);
    bench_print("\n");
}

void bench_memory(void) {
    bench_meter_t before[BENCH_SIDES], handshake[BENCH_SIDES];
    for (int i = 0; i < 2; i++) {
        bench_begin();
        bench_end();
    }
    for (int side = 0; side < BENCH_SIDES; side++) {
        bench_meter_reset(side);
        bench_meter(side, &before[side]);
    }
    bench_begin();
    for (int side = 0; side < BENCH_SIDES; side++) {
        bench_meter(side, &handshake[side]);
    }
    for (int i = 0; i < 2; i++) {
        bench_move(BENCH_CLIENT, BENCH_RECORD);
        bench_move(BENCH_SERVER, BENCH_RECORD);
    }
    for (int side = 0; side < BENCH_SIDES; side++) {
        print_side(side, &before[side], &handshake[side]);
    }
    bench_end();
    for (int side = 0; side < BENCH_SIDES; side++) {
        bench_meter_t after;
        bench_meter(side, &after);
        // A saved session may be of another size than the one before: 64 bytes are no leak.
        if (after.live > before[side].live + (bench_options.resume ? 64 : 0)) {
            bench_fail(
                "after the end memory is not given back", (long)(after.live - before[side].live));
        }
    }
}
