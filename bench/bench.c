// The driver: one TLS workload in memory, measured.
//
// In: a mode and a count (see usage). Out: one line "library mode key=value ..." per measurement;
// bench/measure.py reads them. Workload: TLS 1.3 or 1.2, X25519, an ECDSA P-256 leaf and its
// intermediate checked against a root, the host's name checked. Each side's calls run inside
// run_client() or run_server(), which callgrind toggles on, so that one side's instructions are
// counted alone; making and ending connections is included, shared configuration is not.
//
// Heap is counted by memcount.so (LD_PRELOAD), stack by painting and scanning what lies below the
// call. Not a test: that each library does what it should is only checked as far as a wrong
// measurement would follow.
#include "bench/bench.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIPE_CAPACITY = 4 << 20, PAINTED = 128 * 1024, RECORD_MAX = 16384 };

bench_options_t bench_options = {.host = "bench.example"};

// --- Files and pipes ---

const char *bench_file(const char *name) {
    static char paths[8][512];
    static unsigned next;
    const char *folder = getenv("BENCH_PKI");
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder != NULL ? folder : ".", name);
    return path;
}

_Noreturn void bench_fail(const char *what, long code) {
    fprintf(stderr, "%s: %s failed (%ld)\n", library_name, what, code);
    exit(2);
}

uint8_t *bench_read_file(const char *name, size_t *size) {
    enum { FILE_MAX = 32768 };
    FILE *file = fopen(bench_file(name), "rb");
    uint8_t *bytes = malloc(FILE_MAX);
    if (file == NULL || bytes == NULL) {
        bench_fail(name, 0);
    }
    *size = fread(bytes, 1, FILE_MAX - 1, file);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

static struct {
    uint8_t bytes[PIPE_CAPACITY];
    size_t head, tail;
} pipes[BENCH_SIDES]; // [side]: on their way to that side
static size_t sent_bytes[BENCH_SIDES];

void bench_put(int side, const void *data, size_t size) {
    int to = 1 - side;
    if (pipes[to].tail + size > PIPE_CAPACITY) {
        bench_fail("pipe", (long)size);
    }
    memcpy(pipes[to].bytes + pipes[to].tail, data, size);
    pipes[to].tail += size;
    sent_bytes[side] += size;
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

// --- Measuring ---

static struct {
    double seconds[BENCH_SIDES];
    size_t stack[BENCH_SIDES];
    bool memory; // measure memory instead of time
    void (*side)(int); // of memcount.so
    size_t (*live)(int), (*peak)(int), (*count)(int);
    void (*reset)(int);
} measured;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Reading what was never written is the point here: the stack as the last call left it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
static __attribute__((noinline, optimize("O1", "no-stack-protector"))) void paint(void) {
    volatile uint8_t below[PAINTED];
    for (size_t i = 0; i < PAINTED; i++) {
        below[i] = 0xa5;
    }
}

static __attribute__((noinline, optimize("O1", "no-stack-protector"))) size_t scan(void) {
    volatile uint8_t below[PAINTED];
    size_t i = 0;
    while (i < PAINTED && below[i] == 0xa5) {
        i++;
    }
    return PAINTED - i;
}
#pragma GCC diagnostic pop

// Callgrind knows these by name: they must stay functions of their own.
__attribute__((noinline)) long run_client(bench_op_t op, uint8_t *data, size_t size);
__attribute__((noinline)) long run_client(bench_op_t op, uint8_t *data, size_t size) {
    long result = library_op(BENCH_CLIENT, op, data, size);
    __asm__ volatile("");
    return result;
}

__attribute__((noinline)) long run_server(bench_op_t op, uint8_t *data, size_t size);
__attribute__((noinline)) long run_server(bench_op_t op, uint8_t *data, size_t size) {
    long result = library_op(BENCH_SERVER, op, data, size);
    __asm__ volatile("");
    return result;
}

static __attribute__((noinline)) long run(int side, bench_op_t op, uint8_t *data, size_t size) {
    long (*const call)(bench_op_t, uint8_t *, size_t) = side == BENCH_CLIENT ? run_client
                                                                             : run_server;
    if (!measured.memory) {
        double start = now();
        long result = call(op, data, size);
        measured.seconds[side] += now() - start;
        return result;
    }
    paint();
    measured.side(side);
    long result = call(op, data, size);
    measured.side(BENCH_SIDES);
    size_t used = scan();
    measured.stack[side] = used > measured.stack[side] ? used : measured.stack[side];
    return result;
}

// --- The workload ---

static uint8_t buffer[RECORD_MAX];

static void begin(void) {
    bool done[BENCH_SIDES] = {false, false};
    int idle = 0;
    for (int side = 0; side < BENCH_SIDES; side++) {
        run(side, BENCH_NEW, NULL, 0);
    }
    while (!done[BENCH_CLIENT] || !done[BENCH_SERVER]) {
        size_t before = sent_bytes[0] + sent_bytes[1];
        for (int side = 0; side < BENCH_SIDES; side++) {
            long result = done[side] ? 1 : run(side, BENCH_STEP, NULL, 0);
            if (result < 0) {
                bench_fail(
                    side == BENCH_CLIENT ? "client's handshake" : "server's handshake", result);
            }
            done[side] = result == 1;
        }
        idle = before == sent_bytes[0] + sent_bytes[1] ? idle + 1 : 0;
        if (idle > 4) {
            bench_fail("handshake: nobody moves", done[BENCH_CLIENT]);
        }
    }
    const uint8_t *left;
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (bench_peek(side, &left) > 0) {
            run(side, BENCH_READ, buffer, sizeof(buffer)); // tickets
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

static void end(void) {
    check_resumption();
    for (int side = 0; side < BENCH_SIDES; side++) {
        run(side, BENCH_FREE, NULL, 0);
        pipes[side].head = pipes[side].tail = 0;
    }
}

static void receive(int side, size_t size) {
    size_t got = 0;
    int idle = 0;
    while (got < size) {
        long result = run(side, BENCH_READ, buffer, sizeof(buffer));
        if (result < 0 || (result == 0 && ++idle > 10)) {
            bench_fail("read", result);
        }
        got += (size_t)result;
    }
}

static void move(int from, size_t size) {
    if (run(from, BENCH_WRITE, buffer, size) != (long)size) {
        bench_fail("write", (long)size);
    }
    receive(1 - from, size);
}

// --- Modes ---

static void mode_handshake(int count) {
    begin();
    end();
    measured.seconds[0] = measured.seconds[1] = 0;
    sent_bytes[0] = sent_bytes[1] = 0;
    for (int i = 0; i < count; i++) {
        begin();
        end();
    }
    printf(
        "%s handshake count=%d client_us=%.1f server_us=%.1f client_bytes=%zu server_bytes=%zu\n",
        library_name, count, measured.seconds[BENCH_CLIENT] / count * 1e6,
        measured.seconds[BENCH_SERVER] / count * 1e6, sent_bytes[BENCH_CLIENT] / (size_t)count,
        sent_bytes[BENCH_SERVER] / (size_t)count);
}

// Timed by batches: asking the clock costs as much as a small record.
static void bulk_size(size_t size, size_t total) {
    size_t batch = 262144 / size < 1024 ? 262144 / size : 1024, done = 0;
    double seal = 0, open = 0;
    for (int i = 0; i < 4; i++) {
        move(BENCH_CLIENT, size);
    }
    for (; done < total; done += batch * size) {
        double start = now();
        for (size_t i = 0; i < batch; i++) {
            if (run_client(BENCH_WRITE, buffer, size) != (long)size) {
                bench_fail("write", (long)size);
            }
        }
        double middle = now();
        for (size_t got = 0; got < batch * size;) {
            long result = run_server(BENCH_READ, buffer, sizeof(buffer));
            if (result <= 0) {
                bench_fail("read", result);
            }
            got += (size_t)result;
        }
        seal += middle - start;
        open += now() - middle;
    }
    printf("%s bulk size=%zu seal_MBps=%.1f open_MBps=%.1f\n", library_name, size,
        (double)done / seal / 1e6, (double)done / open / 1e6);
}

static void mode_bulk(int mebibytes) {
    static const size_t sizes[] = {16384, 1024, 64};
    begin();
    for (size_t i = 0; i < 3; i++) {
        size_t total = (size_t)mebibytes << 20;
        bulk_size(sizes[i], sizes[i] == 64 ? total / 8 : total);
    }
    end();
}

// Sealed and opened without TLS around it: what a record costs at least. Sealing a batch in place
// again and again is as fast as sealing anything else; opening would need it undone, so that only
// the time of both is told.
static void mode_raw(int mebibytes) {
    static const size_t sizes[] = {16384, 1024, 64};
    for (size_t i = 0; i < 3; i++) {
        size_t size = sizes[i], batch = 262144 / size, done = 0;
        size_t total = (size_t)mebibytes << (size == 64 ? 17 : 20);
        double seal = 0;
        for (; done < total; done += batch * size) {
            double start = now();
            for (size_t k = 0; k < batch; k++) {
                if (run_client(BENCH_RAW, buffer, size) < 0) {
                    bench_fail("raw", (long)size);
                }
            }
            seal += now() - start;
        }
        if (run_server(BENCH_RAW, buffer, size) < 0) {
            bench_fail("raw open", (long)size);
        }
        printf("%s raw size=%zu seal_MBps=%.1f\n", library_name, size, (double)done / seal / 1e6);
    }
}

// For instruction counts: as many records as were asked for, nothing printed.
static void mode_records(int count, size_t size, bool raw) {
    if (raw) {
        for (int i = 0; i < count; i++) {
            if (run(BENCH_CLIENT, BENCH_RAW, buffer, size) < 0 ||
                run(BENCH_SERVER, BENCH_RAW, buffer, size) < 0) {
                bench_fail("raw", (long)size);
            }
        }
        return;
    }
    begin();
    for (int i = 0; i < count; i++) {
        move(BENCH_CLIENT, size);
    }
    end();
}

static void *symbol(const char *name) {
    void *found = dlsym(RTLD_DEFAULT, name);
    if (found == NULL) {
        bench_fail("memory needs LD_PRELOAD=memcount.so", 0);
    }
    return found;
}

static void memory_begin(void) {
    *(void **)&measured.side = symbol("memcount_side");
    *(void **)&measured.live = symbol("memcount_live");
    *(void **)&measured.peak = symbol("memcount_peak");
    *(void **)&measured.count = symbol("memcount_count");
    *(void **)&measured.reset = symbol("memcount_reset");
    measured.memory = true;
}

static void mode_memory(void) {
    size_t base[BENCH_SIDES], count[BENCH_SIDES], peak[BENCH_SIDES], idle[BENCH_SIDES];
    size_t stack[BENCH_SIDES];
    for (int i = 0; i < 3; i++) {
        begin(); // what libraries make once and keep is not a connection's
        end();
    }
    for (int side = 0; side < BENCH_SIDES; side++) {
        base[side] = measured.live(side);
        count[side] = measured.count(side);
        measured.reset(side);
        measured.stack[side] = 0;
    }
    begin();
    for (int side = 0; side < BENCH_SIDES; side++) {
        peak[side] = measured.peak(side) - base[side];
        count[side] = measured.count(side) - count[side];
        idle[side] = measured.live(side) - base[side];
        stack[side] = measured.stack[side];
    }
    for (int i = 0; i < 2; i++) {
        move(BENCH_CLIENT, RECORD_MAX);
        move(BENCH_SERVER, RECORD_MAX);
    }
    for (int side = 0; side < BENCH_SIDES; side++) {
        printf("%s memory side=%s peak=%zu allocations=%zu idle=%zu idle_16k=%zu stack=%zu "
               "stack_16k=%zu\n",
            library_name, side == BENCH_CLIENT ? "client" : "server", peak[side], count[side],
            idle[side], measured.live(side) - base[side], stack[side], measured.stack[side]);
    }
    char regions[512];
    library_memory(regions, sizeof(regions));
    if (regions[0] != '\0') {
        printf("%s regions %s\n", library_name, regions);
    }
    end();
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (measured.live(side) != base[side]) {
            bench_fail(
                "after the end memory is not given back", (long)(measured.live(side) - base[side]));
        }
    }
}

static int usage(const char *program) {
    fprintf(stderr,
        "usage: %s handshake N | bulk MIB | raw MIB | records N SIZE | raw-records N SIZE |"
        " memory | info\n  environment: BENCH_PKI=folder of bench/pki_make.sh, BENCH_HOST=name,"
        " BENCH_CIPHER=chacha, BENCH_VERSION=1.2, BENCH_RESUME=1, BENCH_OTHER=1,"
        " BENCH_CHUNK=bytes\n",
        program);
    return 2;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "", *cipher = getenv("BENCH_CIPHER");
    const char *version = getenv("BENCH_VERSION");
    int count = argc > 2 ? atoi(argv[2]) : 100;
    size_t size = argc > 3 ? (size_t)atoi(argv[3]) : 64;
    bench_options.host = getenv("BENCH_HOST") != NULL ? getenv("BENCH_HOST") : bench_options.host;
    bench_options.chacha = cipher != NULL && strcmp(cipher, "chacha") == 0;
    bench_options.tls12 = version != NULL && strcmp(version, "1.2") == 0;
    bench_options.resume = getenv("BENCH_RESUME") != NULL;
    bench_options.other = getenv("BENCH_OTHER") != NULL;
    bench_options.chunk = getenv("BENCH_CHUNK") != NULL ? atoi(getenv("BENCH_CHUNK")) : 0;
    if (strcmp(mode, "memory") == 0) {
        memory_begin();
    }
    if (count <= 0 || size == 0 || size > RECORD_MAX) {
        return usage(argv[0]);
    }
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (!library_setup(side)) {
            bench_fail("setup", side);
        }
    }
    if (strcmp(mode, "handshake") == 0) {
        mode_handshake(count);
    } else if (strcmp(mode, "bulk") == 0) {
        mode_bulk(count);
    } else if (strcmp(mode, "raw") == 0) {
        mode_raw(count);
    } else if (strcmp(mode, "records") == 0 || strcmp(mode, "raw-records") == 0) {
        mode_records(count, size, mode[1] == 'a');
    } else if (strcmp(mode, "memory") == 0) {
        mode_memory();
    } else if (strcmp(mode, "info") == 0) {
        char text[256];
        begin();
        library_describe(text, sizeof(text));
        printf("%s info %s\n", library_name, text);
        end();
    } else {
        return usage(argv[0]);
    }
    return 0;
}
