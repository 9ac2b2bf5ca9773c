// One client's visit: handshake, a line from it, a line back, goodbye. No call waits.
#ifndef EXAMPLES_FLEET_VISIT_H
#define EXAMPLES_FLEET_VISIT_H

#include <stdalign.h>

#include "ports/posix/pump.h"
#include "ports/posix/socket.h"

typedef enum {
    VISIT_NONE, // the place is free
    VISIT_HANDSHAKE,
    VISIT_QUESTION,
    VISIT_ANSWER,
    VISIT_LEAVING,
} visit_stage_t;

enum { VISIT_LINE_MAX = 200, VISIT_SECONDS = 10 };

typedef struct {
    alignas(16) uint8_t place[SKR_CONN_SIZE];
    skr_conn_t *conn;
    posix_pump_t pump;
    visit_stage_t stage;
    int64_t until; // who dawdles is shown out
    bool shut; // our end of the stream was sent
    char peer[300];
    char line[VISIT_LINE_MAX + 100]; // the question, then the answer
    size_t size, written;
} visit_t;

void visit_start(visit_t *visit, const skr_config_t *config, int fd, const posix_address_t *peer);
// Goes on as far as it can; server is the name that the answer begins with.
void visit_step(visit_t *visit, const char *server);
// At once, without a goodbye.
void visit_end(visit_t *visit);

#endif
