// ClientHello, ServerHello, HelloRetryRequest and lists of extensions, taken apart so that a tap's
// edit() can change them, and put together again.
#ifndef TESTS_SUPPORT_PAIR_HELLO_H
#define TESTS_SUPPORT_PAIR_HELLO_H

#include "support/pair_tap.h"

enum { HELLO_EXTENSIONS_MAX = 400, HELLO_BYTES_MAX = 40000 };

typedef struct {
    uint16_t number;
    uint16_t size;
    size_t at; // in bytes
} hello_extension_t;

typedef struct {
    size_t count;
    hello_extension_t item[HELLO_EXTENSIONS_MAX];
    size_t used;
    uint8_t bytes[HELLO_BYTES_MAX]; // only grows
} hello_extensions_t;

typedef struct {
    bool by_client;
    uint16_t version;
    uint8_t random[SKR_RANDOM_SIZE];
    uint8_t session_id_size;
    uint8_t session_id[255];
    uint16_t suite; // the server's
    size_t suites_size;
    uint8_t suites[256]; // the client's, as on the wire
    uint8_t compression_size; // the client's; the server's is one byte
    uint8_t compression[255];
    bool no_extensions; // the list is not even empty
    hello_extensions_t extensions;
} hello_t;

// What can't be read fails the test.
void hello_read(hello_t *hello, const pair_message_t *message);
void hello_write(const hello_t *hello, pair_message_t *message);

void hello_read_extensions(hello_extensions_t *list, const uint8_t *data, size_t size);
size_t hello_write_extensions(const hello_extensions_t *list, uint8_t *out); // with the length

// The first of this number; NULL: none.
hello_extension_t *hello_find(hello_extensions_t *list, uint16_t number);
bool hello_remove(hello_extensions_t *list, uint16_t number);
// Behind the last.
void hello_append(hello_extensions_t *list, uint16_t number, const void *data, size_t size);
// In the place of the one that is there, else behind the last.
void hello_put(hello_extensions_t *list, uint16_t number, const void *data, size_t size);
uint8_t *hello_data(hello_extensions_t *list, uint16_t number); // must be there

// --- Changes as data, for tables of cases ---
typedef enum {
    HELLO_NOTHING, // ends a list of changes
    HELLO_PUT, // extension number has these bytes
    HELLO_APPEND, // and comes once more, or behind the last
    HELLO_REMOVE,
    HELLO_NO_EXTENSIONS, // not even an empty list
    HELLO_VERSION, // legacy_version is number
    HELLO_SUITE, // the server's cipher suite is number
    HELLO_SUITES, // bytes, as all that follow
    HELLO_COMPRESSION,
    HELLO_SESSION_ID,
    HELLO_RANDOM, // its end
    HELLO_TRAILING, // behind all
} hello_op_t;

typedef struct {
    hello_op_t op;
    uint16_t number;
    const char *bytes;
    size_t size;
} hello_change_t;
#define HELLO_BYTES(text) text, sizeof(text) - 1

enum { HELLO_CHANGES_MAX = 4 };
typedef struct {
    const char *name;
    skr_status_t status; // of who refuses the hello
    hello_change_t change[HELLO_CHANGES_MAX];
} hello_case_t;

// Makes the case's changes in a message that is a hello.
void hello_apply(const hello_case_t *which, pair_message_t *message);

// The client believes that the first ClientHello that it sent is this one: its transcript is made
// anew. So an altered hello does not end at the server's signature.
void hello_believe(pair_t *pair, const pair_message_t *message);

// The message's 3-byte length follows its size.
void hello_fix_length(pair_message_t *message);

#endif
