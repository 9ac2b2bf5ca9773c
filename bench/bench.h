// One TLS workload in memory, one program per library: bench.c drives and measures, each
// bench_LIBRARY.c brings the four functions at the end.
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    int chunk; // bytes of the largest block that the server receives a record in, 0: any
} bench_options_t;
extern bench_options_t bench_options;

// The path of a file of the test chain; valid until the eighth call after it.
const char *bench_file(const char *name);
// All of such a file, behind it a zero; never freed.
uint8_t *bench_read_file(const char *name, size_t *size);
_Noreturn void bench_fail(const char *what, long code);

// One pipe each way, in memory. A side writes to its peer and reads what its peer wrote.
void bench_put(int side, const void *data, size_t size);
size_t bench_get(int side, void *data, size_t size); // 0: nothing is there now
size_t bench_peek(int side, const uint8_t **data); // the same without taking: bench_skip() takes
void bench_skip(int side, size_t size);

// A library.
extern const char *const library_name;
bool library_setup(int side); // configuration that connections share
long library_op(int side, bench_op_t op, uint8_t *data, size_t size); // < 0: error
void library_describe(
    char *text, size_t size); // of the live client: version, suite, group, is the server verified
void library_memory(
    char *text, size_t size); // "name=bytes ..." of what it counts itself, "" when nothing

#endif
