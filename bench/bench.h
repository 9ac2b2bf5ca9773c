// One TLS workload in memory, one program per library. A driver (bench.c on a host, mcu/driver.c on
// bare metal) measures, workload.c connects two sides, each bench_LIBRARY.c brings the functions at
// the end.
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that may be on their way to one side, and of the largest write; smaller on bare metal.
#ifndef BENCH_PIPE
#define BENCH_PIPE (4 << 20)
#endif
#ifndef BENCH_RECORD
#define BENCH_RECORD 16384
#endif

enum { BENCH_CLIENT, BENCH_SERVER, BENCH_SIDES };

typedef enum {
    BENCH_NEW, // makes a connection
    BENCH_STEP, // of the handshake: 1 done, 0 waits for the other side
    BENCH_WRITE, // all of data as one record (or as few as it takes): its size
    BENCH_READ, // bytes that were read, 0: nothing is there
    BENCH_FREE, // ends the connection
    BENCH_WAS_RESUMED, // 1: its session was resumed, 0: not
    BENCH_RAW, // without TLS: client seals data in place, server opens it again; 0: done
} bench_op_t;

// What the driver was asked for, set before library_setup().
typedef struct {
    const char *host; // name that the client checks
    bool chacha; // ChaCha20-Poly1305 instead of AES-128-GCM
    bool tls12; // instead of TLS 1.3
    bool resume; // each connection but the first resumes the session of the one before
    bool other; // memory against speed the other way than the library does by default
    bool memory; // memory is measured: blocks of the sizes that the library has by default
    int chunk; // bytes of the largest block that the server receives a record in, 0: any
} bench_options_t;
extern bench_options_t bench_options;

// --- What the driver gives ---
// The path of a file of the test chain; valid until the eighth call after it. Hosts only.
const char *bench_file(const char *name);
// All of such a file, behind it a zero; never given back.
const uint8_t *bench_read_file(const char *name, size_t *size);
_Noreturn void bench_fail(const char *what, long code);
// Seconds since 1970.
int64_t bench_now(void);
// One step of one side, measured.
long bench_run(int side, bench_op_t op, uint8_t *data, size_t size);
// From here on what is asked of the heap is the program's own, or again the library's.
void bench_own_heap(bool own);
// What was measured of one side since it was reset. Bytes; what is live stays.
typedef struct {
    size_t live, peak, blocks; // of the heap in all
    size_t library_live, library_peak, library_blocks; // without the program's own
    size_t stack; // of the deepest call
    size_t instructions; // 0: not counted
} bench_meter_t;
void bench_meter(int side, bench_meter_t *meter);
void bench_meter_reset(int side);
void bench_print(const char *words);

// --- workload.c ---
// One pipe each way, in memory. A side writes to its peer and reads what its peer wrote.
void bench_put(int side, const void *data, size_t size);
size_t bench_get(int side, void *data, size_t size); // 0: nothing is there now
size_t bench_peek(int side, const uint8_t **data); // the same without taking: bench_skip() takes
void bench_skip(int side, size_t size);
extern size_t bench_sent[BENCH_SIDES]; // bytes so far

// A connection from its making to its complete handshake, with the tickets behind it; data from one
// side to the other; the end.
extern uint8_t bench_buffer[BENCH_RECORD];
void bench_begin(void);
void bench_move(int from, size_t size);
void bench_end(void);

// One handshake, then data both ways, measured: prints a line for each side.
void bench_memory(void);
void bench_number(const char *name, size_t value); // " name=value"

// --- A library ---
extern const char *const library_name;
bool library_setup(int side); // configuration that connections share
long library_op(int side, bench_op_t op, uint8_t *data, size_t size); // < 0: error
void library_describe(
    char *text, size_t size); // of the live client: version, suite, group, is the server verified
void library_memory(int side); // bench_number() of what it counts itself

#endif
