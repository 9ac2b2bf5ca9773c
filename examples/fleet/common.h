// What the server and the client of the fleet share: options, complaints, wiping.
#ifndef EXAMPLES_FLEET_COMMON_H
#define EXAMPLES_FLEET_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "skerry/skerry.h"

// An option with a value: exactly one of text and number is there.
typedef struct {
    const char *name; // "--listen"
    const char **text;
    int64_t *number; // digits only
    bool needed;
    const char *help;
} fleet_option_t;

// The command line against count options. false: what is wrong was said, with the list of options.
bool fleet_options(int argc, char **argv, const fleet_option_t *options, size_t count);

// One line on stderr, with the program's name before it.
void fleet_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Zeros that the compiler does not leave out.
void fleet_wipe(void *memory, size_t size);

// "TLS 1.3, full" and the like, of a connection whose handshake is complete.
const char *fleet_kind(const skr_conn_info_t *info);

// The version that was asked for as people write it, "1.2" or "1.3"; NULL: any, 0.
bool fleet_version(const char *text, uint16_t *version);

#endif
