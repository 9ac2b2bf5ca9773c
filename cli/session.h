// One connection of the tool from its first byte to its last, for clients and servers alike.
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/relay.h"
#include "cli/report.h"
#include "cli/settings.h"

typedef struct {
    settings_t *settings;
    report_context_t context; // peer is set for each connection
    skr_view_t server_name; // clients: whom to ask for
    relay_mode_t mode;
    int wake; // readable when the user wants an end, -1: never
} session_t;

// Is the configuration usable? Says what is wrong and returns CLI_USAGE when not.
int session_check(const session_t *session);

// Handshake, data, end; closes fd. The exit code.
int session_run(session_t *session, int fd, const char *peer);

#endif
