// `skerry server`: answers TLS clients, one after another.
//
// In: the command line. Out: a listening socket, whose address is told on stderr ("listening on
// ..."); each client gets what stdin has (or its own words back, or a page), and what it sends
// comes out on stdout. With --once the exit code is that of the one connection, by client.c's
// numbers.
//
// A tool to test clients with, not a web server: who dawdles keeps the next one waiting, up to
// --timeout.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/session.h"
#include "ports/posix/interrupt.h"
#include "ports/posix/socket.h"

#define DEFAULT_ADDRESS "localhost:4433"

static void print_help(void) {
    puts("skerry server --cert FILE --key FILE [OPTION...]\n"
         "Answers TLS clients, one after another: prints what they send and sends them stdin, an\n"
         "echo or a page.\n"
         "\n"
         "  skerry server --cert server.pem --key server.key --www\n"
         "  skerry server --cert server.pem --key server.key --ca clients.pem --echo\n");
    options_print(OPTIONS_SERVER);
    puts("\nExit code (with --once that of the connection): 0 fine, 1 TLS or a certificate\n"
         "refused, 2 wrong usage or files, 3 network.");
}

// The next client: its socket, or -1 when the user wants an end, or -2 after an error that was
// told.
static int next_client(const options_t *options, int listener, int wake, posix_address_t *peer) {
    for (;;) {
        struct pollfd waits[2] = {
            {.fd = listener, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
        int ready = poll(waits, 2, -1);
        if (ready > 0 && waits[1].revents != 0) {
            return -1;
        }
        int fd = posix_accept(listener, peer);
        if (fd >= 0) {
            return fd;
        }
        // A client that went away before it was accepted is no error of ours.
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED) {
            options_complain(options, "cannot accept: %s", strerror(errno));
            return -2;
        }
    }
}

static int serve(session_t *session, int listener) {
    const options_t *options = session->settings->options;
    for (;;) {
        posix_address_t peer;
        char text[300];
        int fd = next_client(options, listener, session->wake, &peer);
        if (fd < 0) {
            return fd == -1 ? CLI_OK : CLI_NETWORK;
        }
        posix_address_write(&peer, text, sizeof(text));
        int code = session_run(session, fd, text);
        if (options->once) {
            return code;
        }
    }
}

static int run_server(settings_t *settings, const posix_address_t *address) {
    const options_t *options = settings->options;
    session_t session = {.settings = settings, .mode = RELAY_FILES, .wake = -1};
    session.mode = options->echo ? RELAY_ECHO : options->www ? RELAY_WWW : RELAY_FILES;
    session.context = (report_context_t){
        .command = "server",
        .peer = "",
        .role = SKR_SERVER,
        .now = settings->now,
    };
    int code = session_check(&session);
    if (code != CLI_OK) {
        return code;
    }
    posix_failure_t failure;
    posix_address_t own;
    char text[300];
    int listener = posix_listen(address, &own, &failure);
    if (listener < 0) {
        options_complain(options, "%s", failure.text);
        return CLI_NETWORK;
    }
    posix_address_write(&own, text, sizeof(text));
    if (!options->quiet) {
        fprintf(stderr, "listening on %s\n", text);
    }
    session.wake = posix_interrupt_catch();
    code = serve(&session, listener);
    close(listener);
    return code;
}

int cli_server(int argc, char **argv) {
    static options_t options;
    static settings_t settings;
    switch (options_read(&options, OPTIONS_SERVER, argc, argv)) {
        case OPTIONS_HELP:
            print_help();
            return CLI_OK;
        case OPTIONS_WRONG:
            return CLI_USAGE;
        default:
            break;
    }
    posix_address_t address;
    const char *where = options.listen != NULL ? options.listen : DEFAULT_ADDRESS;
    if (!posix_address_parse(where, NULL, &address)) {
        options_complain(&options, "--listen: '%s' is not ADDR:PORT", where);
        return CLI_USAGE;
    }
    if (options.echo && options.www) {
        options_complain(&options, "--echo and --www: one of them");
        return CLI_USAGE;
    }
    int code = settings_make(&settings, &options, SKR_SERVER);
    if (code == CLI_OK) {
        code = run_server(&settings, &address);
    }
    settings_free(&settings);
    return code;
}
