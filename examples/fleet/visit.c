// One client's visit to a server of the fleet.
//
// In: a socket that was accepted, and calls when something can be read or written. Out: the
// client's line comes back to it, with the server's name and whether the session was resumed. The
// engine never waits (skerry.h) and neither does this: as many visits as there is memory for can
// take turns.
//
// A visit that fails is told with the error's name and does nothing to the others.
#include "examples/fleet/visit.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "examples/fleet/common.h"
#include "ports/posix/clock.h"

void visit_start(visit_t *visit, const skr_config_t *config, int fd, const posix_address_t *peer) {
    static const skr_view_t no_name = {NULL, 0};
    visit->conn = skr_conn_init(visit->place, sizeof(visit->place), config, no_name, posix_now());
    posix_pump_init(&visit->pump, visit->conn, fd);
    posix_address_write(peer, visit->peer, sizeof(visit->peer));
    visit->stage = VISIT_HANDSHAKE;
    visit->until = posix_microseconds() + (int64_t)VISIT_SECONDS * 1000000;
    visit->shut = false;
    visit->size = visit->written = 0;
}

void visit_end(visit_t *visit) {
    if (visit->stage != VISIT_NONE) {
        close(visit->pump.fd);
        skr_conn_free(visit->conn);
        visit->stage = VISIT_NONE;
    }
}

static void fail(visit_t *visit, skr_status_t status) {
    fleet_say("%s: %s: %s", visit->peer, skr_error_name(status), skr_error_text(status));
    visit->stage = VISIT_LEAVING; // the alert that says so is on its way
}

static void shake_hands(visit_t *visit) {
    skr_conn_info_t info;
    skr_status_t status = skr_conn_handshake(visit->conn);
    if (status < 0) {
        fail(visit, status);
    } else if (status == SKR_OK) {
        skr_conn_info(visit->conn, &info);
        fleet_say("%s: %s", visit->peer, fleet_kind(&info));
        visit->stage = VISIT_QUESTION;
    }
}

// Makes the answer of the line that came.
static void answer(visit_t *visit, const char *server) {
    char question[VISIT_LINE_MAX + 1];
    skr_conn_info_t info;
    snprintf(question, sizeof(question), "%.*s", (int)visit->size, visit->line);
    skr_conn_info(visit->conn, &info);
    int size = snprintf(
        visit->line, sizeof(visit->line), "%s: %s: %s", server, fleet_kind(&info), question);
    visit->size = (size_t)size < sizeof(visit->line) ? (size_t)size : sizeof(visit->line) - 1;
    visit->stage = VISIT_ANSWER;
}

static void listen_to(visit_t *visit, const char *server) {
    size_t got = 1;
    while (got > 0 && visit->stage == VISIT_QUESTION) {
        uint8_t *to = (uint8_t *)visit->line + visit->size;
        skr_status_t status = skr_conn_read(visit->conn, to, VISIT_LINE_MAX - visit->size, &got);
        visit->size += got;
        if (status < 0) {
            fail(visit, status);
        } else if (status == SKR_CLOSED) {
            visit->stage = VISIT_LEAVING; // it has nothing to ask
        } else if (memchr(to, '\n', got) != NULL || visit->size == VISIT_LINE_MAX) {
            answer(visit, server);
        }
    }
}

static void speak(visit_t *visit) {
    const uint8_t *text = (const uint8_t *)visit->line;
    size_t taken = 1;
    while (taken > 0 && visit->written < visit->size) {
        skr_status_t status = skr_conn_write(
            visit->conn, text + visit->written, visit->size - visit->written, &taken);
        if (status < 0) {
            fail(visit, status);
            return;
        }
        visit->written += taken;
    }
    if (visit->written == visit->size) {
        (void)skr_conn_close(visit->conn);
        visit->stage = VISIT_LEAVING;
    }
}

// Everything was sent: says so and waits for the client's end of the stream, so that nothing that
// is on its way gets lost.
static void leave(visit_t *visit) {
    const uint8_t *data;
    if (!visit->shut && skr_conn_output(visit->conn, &data) == 0) {
        visit->shut = true;
        (void)shutdown(visit->pump.fd, SHUT_WR);
    }
    if (visit->shut && visit->pump.ended) {
        visit_end(visit);
    }
}

static void step(visit_t *visit, const char *server) {
    switch (visit->stage) {
        case VISIT_HANDSHAKE:
            shake_hands(visit);
            break;
        case VISIT_QUESTION:
            listen_to(visit, server);
            break;
        case VISIT_ANSWER:
            speak(visit);
            break;
        case VISIT_LEAVING:
            leave(visit);
            break;
        default:
            break;
    }
}

void visit_step(visit_t *visit, const char *server) {
    bool again = true;
    if (posix_microseconds() >= visit->until) {
        if (visit->stage != VISIT_LEAVING) {
            fleet_say("%s: has not come to an end within %d s", visit->peer, VISIT_SECONDS);
        }
        visit_end(visit);
        return;
    }
    // Bytes that were received may wait for a step, and a step for room in the output.
    while (again && visit->stage != VISIT_NONE) {
        visit_stage_t stage = visit->stage;
        size_t waiting = visit->pump.end - visit->pump.start, written = visit->written;
        bool alive = posix_pump_move(&visit->pump);
        step(visit, server);
        if (!alive && visit->stage != VISIT_NONE) {
            fleet_say("%s: %s", visit->peer, strerror(visit->pump.error));
            visit_end(visit);
        }
        again = visit->stage != stage || visit->written != written ||
            visit->pump.end - visit->pump.start != waiting;
    }
}
