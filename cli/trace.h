// Watching a connection: the ladder of messages on stderr, the key log file.
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include <stdio.h>

#include "skerry/config.h"

// Prints each record and message that passes.
extern const skr_trace_t trace_ladder;

// Opens a key log file for appending, readable by its owner alone. NULL: errno says why.
FILE *trace_open_key_log(const char *path);
// Fills log, which writes each secret to file.
void trace_key_log(skr_secret_log_t *log, FILE *file);

#endif
