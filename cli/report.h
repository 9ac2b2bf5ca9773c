// Sentences for people: what was negotiated, what went wrong and what to do about it.
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "skerry/skerry.h"

// Who is at the other end of a connection and who watches.
typedef struct {
    const char *command; // "client" or "server", for the line's beginning
    const char *peer; // how people call the other side: "localhost:4433"
    skr_role_t role; // of this side
    const char *name; // that the server's certificate must bear; NULL: none is looked for
    int64_t now; // what certificates were checked against
} report_context_t;

// What was negotiated, several lines, into text (always terminated).
void report_connection(const report_context_t *context, const skr_conn_t *conn,
    int64_t microseconds, char *text, size_t size);

// Why TLS refused, whom, by which rule, and what to do, on stderr.
void report_refusal(const report_context_t *context, const skr_conn_t *conn, skr_status_t status);

// What the configuration lacks, before there is a connection; on stderr.
void report_configuration(const char *command, const char *what, skr_status_t status);

#endif
