// The driver on a host: one TLS workload in memory (workload.c), measured.
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

enum { PAINTED = 128 * 1024 };

// --- Files ---

const char *bench_file(const char *name) {
    static char paths[8][512];
    static unsigned next;
    const char *folder = getenv("BENCH_PKI");
    char *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder != NULL ? folder : ".", name);
    return path;
}

int64_t bench_now(void) {
    return (int64_t)time(NULL);
}

_Noreturn void bench_fail(const char *what, long code) {
    fprintf(stderr, "%s: %s failed (%ld)\n", library_name, what, code);
    exit(2);
}

const uint8_t *bench_read_file(const char *name, size_t *size) {
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

// --- Measuring ---

static struct {
    double seconds[BENCH_SIDES];
    size_t stack[BENCH_SIDES];
    bool memory; // measure memory instead of time
    // Of memcount.so
    void (*side)(int);
    void (*own)(bool);
    void (*read)(int, bench_meter_t *);
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

long bench_run(int side, bench_op_t op, uint8_t *data, size_t size) {
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

// --- Modes ---

static void mode_handshake(int count) {
    bench_begin();
    bench_end();
    measured.seconds[0] = measured.seconds[1] = 0;
    bench_sent[0] = bench_sent[1] = 0;
    for (int i = 0; i < count; i++) {
        bench_begin();
        bench_end();
    }
    printf(
        "%s handshake count=%d client_us=%.1f server_us=%.1f client_bytes=%zu server_bytes=%zu\n",
        library_name, count, measured.seconds[BENCH_CLIENT] / count * 1e6,
        measured.seconds[BENCH_SERVER] / count * 1e6, bench_sent[BENCH_CLIENT] / (size_t)count,
        bench_sent[BENCH_SERVER] / (size_t)count);
}

// Timed by batches: asking the clock costs as much as a small record.
static void bulk_size(size_t size, size_t total) {
    size_t batch = 262144 / size < 1024 ? 262144 / size : 1024, done = 0;
    double seal = 0, open = 0;
    for (int i = 0; i < 4; i++) {
        bench_move(BENCH_CLIENT, size);
    }
    for (; done < total; done += batch * size) {
        double start = now();
        for (size_t i = 0; i < batch; i++) {
            if (run_client(BENCH_WRITE, bench_buffer, size) != (long)size) {
                bench_fail("write", (long)size);
            }
        }
        double middle = now();
        for (size_t got = 0; got < batch * size;) {
            long result = run_server(BENCH_READ, bench_buffer, sizeof(bench_buffer));
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
    bench_begin();
    for (size_t i = 0; i < 3; i++) {
        size_t total = (size_t)mebibytes << 20;
        bulk_size(sizes[i], sizes[i] == 64 ? total / 8 : total);
    }
    bench_end();
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
                if (run_client(BENCH_RAW, bench_buffer, size) < 0) {
                    bench_fail("raw", (long)size);
                }
            }
            seal += now() - start;
        }
        if (run_server(BENCH_RAW, bench_buffer, size) < 0) {
            bench_fail("raw open", (long)size);
        }
        printf("%s raw size=%zu seal_MBps=%.1f\n", library_name, size, (double)done / seal / 1e6);
    }
}

// For instruction counts: as many records as were asked for, nothing printed.
static void mode_records(int count, size_t size, bool raw) {
    if (raw) {
        for (int i = 0; i < count; i++) {
            if (bench_run(BENCH_CLIENT, BENCH_RAW, bench_buffer, size) < 0 ||
                bench_run(BENCH_SERVER, BENCH_RAW, bench_buffer, size) < 0) {
                bench_fail("raw", (long)size);
            }
        }
        return;
    }
    bench_begin();
    for (int i = 0; i < count; i++) {
        bench_move(BENCH_CLIENT, size);
    }
    bench_end();
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
    *(void **)&measured.own = symbol("memcount_own");
    *(void **)&measured.read = symbol("memcount_read");
    *(void **)&measured.reset = symbol("memcount_reset");
    measured.memory = bench_options.memory = true;
}

void bench_own_heap(bool own) {
    if (measured.memory) {
        measured.own(own);
    }
}

void bench_meter(int side, bench_meter_t *meter) {
    measured.read(side, meter);
    meter->stack = measured.stack[side];
    meter->instructions = 0;
}

void bench_meter_reset(int side) {
    measured.reset(side);
    measured.stack[side] = 0;
}

void bench_print(const char *words) {
    fputs(words, stdout);
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
    if (count <= 0 || size == 0 || size > BENCH_RECORD) {
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
        bench_memory();
    } else if (strcmp(mode, "info") == 0) {
        char text[256];
        bench_begin();
        library_describe(text, sizeof(text));
        printf("%s info %s\n", library_name, text);
        bench_end();
    } else {
        return usage(argv[0]);
    }
    return 0;
}
