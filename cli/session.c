// One connection of the tool.
//
// In: settings and a connected socket. Out: what was negotiated and what went wrong, on stderr;
// application data where the mode wants it; an exit code. The order is that of every program that
// uses Skerry over sockets: skr_conn_init(), the handshake, reading and writing, close_notify, an
// orderly end of the socket, skr_conn_free().
//
// One connection at a time: the buffers are static, so that they cost no stack.
#include "cli/session.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/resume.h"
#include "ports/posix/clock.h"

enum { FINISH_MS = 100, ALERT_MS = 1000, PAGE_SIZE = 1024 };

int session_check(const session_t *session) {
    alignas(16) static uint8_t place[SKR_CONN_SIZE];
    skr_config_t config = session->settings->config;
    config.trace = NULL; // this is no connection: nothing of it is to be seen
    config.secret_log = NULL;
    skr_conn_t *conn = skr_conn_init(
        place, sizeof(place), &config, session->server_name, session->settings->now);
    skr_status_t status = skr_conn_handshake(conn);
    if (status < 0) {
        report_refusal(&session->context, conn, status);
    }
    skr_conn_free(conn);
    return status < 0 ? CLI_USAGE : CLI_OK;
}

static int refused(const session_t *session, const skr_conn_t *conn, skr_status_t status) {
    report_refusal(&session->context, conn, status);
    return skr_error_class(status) == SKR_CLASS_USAGE ? CLI_USAGE : CLI_REFUSED;
}

static int network(const session_t *session, const char *what, const char *why) {
    options_complain(session->settings->options, "connection with %s: %s%s%s",
        session->context.peer, what, why != NULL ? ": " : "", why != NULL ? why : "");
    return CLI_NETWORK;
}

static int shake_hands(const session_t *session, posix_pump_t *pump) {
    skr_status_t status;
    switch (posix_pump_handshake(pump, session->settings->handshake_timeout, &status)) {
        case POSIX_HANDSHAKE_DONE:
            return CLI_OK;
        case POSIX_HANDSHAKE_BROKEN:
            return network(session, "broken in the handshake", strerror(pump->error));
        case POSIX_HANDSHAKE_LATE:
            return network(session, "nothing came in the handshake for too long", NULL);
        case POSIX_HANDSHAKE_INTERRUPTED:
            return network(session, "interrupted before the handshake was complete", NULL);
        default:
            return refused(session, pump->conn, status);
    }
}

static int exchange(const session_t *session, posix_pump_t *pump, const char *page) {
    static relay_t relay;
    const options_t *options = session->settings->options;
    skr_status_t status = settings_export(session->settings, pump->conn);
    if (status < 0) {
        return refused(session, pump->conn, status);
    }
    memset(&relay, 0, sizeof(relay));
    relay.pump = pump;
    relay.mode = session->mode;
    relay.in = STDIN_FILENO;
    relay.out = STDOUT_FILENO;
    relay.timeout = session->settings->data_timeout;
    relay.update_keys = options->update_keys;
    relay.update_every = options->update_every;
    relay.greeting = page;
    switch (relay_run(&relay, &status)) {
        case RELAY_REFUSED:
            return refused(session, pump->conn, status);
        case RELAY_BROKEN:
            return network(session, "broken", strerror(pump->error));
        case RELAY_LATE:
            return network(session, "nothing happened for too long", NULL);
        default:
            return CLI_OK;
    }
}

static void print_memory(const posix_memory_t *memory) {
    fprintf(stderr,
        "memory: connection %d bytes, regions %zu at once, %lu times asked:", SKR_CONN_SIZE,
        memory->peak, memory->takes);
    for (unsigned region = 0; region < SKR_REGION_COUNT; region++) {
        if (memory->region_peak[region] > 0) {
            fprintf(stderr, " %s %zu", posix_region_name(region), memory->region_peak[region]);
        }
    }
    fputc('\n', stderr);
}

// Who was refused may have been refused because of its session (RFC 9846 section 6.2): it is
// forgotten. A connection that was merely cut leaves a good one behind.
static void keep_session(const session_t *session, skr_conn_t *conn, int code) {
    const settings_t *settings = session->settings;
    files_problem_t problem;
    skr_error_t error;
    skr_conn_error(conn, &error);
    if (code == CLI_REFUSED && error.status != SKR_ERR_TRUNCATED) {
        resume_forget(&settings->session);
    } else if (!resume_save(&settings->session, conn, &problem)) {
        options_complain(settings->options, "%s", problem.text);
    }
}

int session_run(session_t *session, int fd, const char *peer) {
    alignas(16) static uint8_t place[SKR_CONN_SIZE];
    static posix_pump_t pump;
    static char page[PAGE_SIZE];
    settings_t *settings = session->settings;
    session->context.peer = peer;
    posix_memory_init(&settings->memory, &settings->memory_calls);
    int64_t start = posix_microseconds();
    if (settings->options->time == NULL) {
        settings->now = session->context.now =
            posix_now(); // a server may have been waiting for days
    }
    skr_conn_t *conn = skr_conn_init(
        place, sizeof(place), &settings->config, session->server_name, settings->now);
    if (!resume_offer(&settings->session, conn) && !settings->options->quiet) {
        options_complain(settings->options,
            "%s: this session is too old, or not for this server or these options: the handshake "
            "is a full one",
            settings->session.path);
    }
    posix_pump_init(&pump, conn, fd);
    pump.wake = session->wake;
    int code = shake_hands(session, &pump);
    if (code == CLI_OK) {
        report_connection(
            &session->context, conn, posix_microseconds() - start, page, sizeof(page));
        if (!settings->options->quiet) {
            fputs(page, stderr);
        }
        code = exchange(session, &pump, page);
    }
    keep_session(session, conn, code);
    posix_pump_finish(&pump, code == CLI_OK ? FINISH_MS : ALERT_MS);
    close(fd);
    if (settings->options->trace) {
        print_memory(&settings->memory);
    }
    skr_conn_free(conn);
    return code;
}
