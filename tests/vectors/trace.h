// A trace of RFC 8448 as its data file has it (rfc8448/extract.py says what a line is): values by
// name, messages and records in their order.
#ifndef TESTS_VECTORS_TRACE_H
#define TESTS_VECTORS_TRACE_H

#include "skerry/types.h"

enum { TRACE_VALUES = 96, TRACE_MESSAGES = 24, TRACE_RECORDS = 24, TRACE_BYTES = 16384 };

typedef enum { TRACE_PLAIN, TRACE_EARLY, TRACE_HANDSHAKE, TRACE_APPLICATION } trace_epoch_t;

typedef struct {
    char name[64];
    skr_view_t value;
} trace_value_t;

typedef struct {
    bool by_client;
    char type[32]; // "ClientHello"; a record's: "handshake"
    trace_epoch_t epoch; // of a record
    skr_view_t payload; // of a record
    skr_view_t bytes; // the whole message with its header, the whole record with its header
} trace_item_t;

typedef struct {
    trace_value_t values[TRACE_VALUES];
    size_t value_count;
    trace_item_t messages[TRACE_MESSAGES];
    size_t message_count;
    trace_item_t records[TRACE_RECORDS];
    size_t record_count;
    uint8_t bytes[TRACE_BYTES]; // what all views look at
    size_t used;
} trace_t;

// Reads SKERRY_TESTS_DIR/vectors/rfc8448/NAME.txt; what can't be read fails the test.
void trace_read(trace_t *trace, const char *name);
// A value that must be there fails the test when it isn't; trace_has() asks.
skr_view_t trace_get(const trace_t *trace, const char *name);
bool trace_has(const trace_t *trace, const char *name);
const char *trace_epoch_name(trace_epoch_t epoch);

#endif
