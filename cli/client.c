// `skerry client HOST:PORT`: what is typed goes to the peer, what the peer sends comes out.
//
// In: the command line. Out: a TLS connection between stdin/stdout and the server, everything else
// on stderr, and an exit code by which scripts know what happened: 0 fine, 1 TLS or the certificate
// refused, 2 the command line, 3 the network.
//
// The end of stdin is told to the server with close_notify; its answer is still read to the end.
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/session.h"
#include "ports/posix/interrupt.h"
#include "ports/posix/socket.h"

static void print_help(void) {
    puts("skerry client HOST[:PORT] [OPTION...]\n"
         "Connects with TLS (port 443 when none is named), verifies the server, sends stdin and\n"
         "prints what comes back.\n"
         "\n"
         "  skerry client example.org:443 <request.txt\n"
         "  skerry client localhost:8883 --ca root.pem --cert me.pem --key me.key --alpn mqtt\n"
         "  skerry client 192.0.2.7:443 --name device.example\n");
    options_print(OPTIONS_CLIENT);
    puts("\nExit code: 0 fine, 1 TLS or a certificate refused, 2 wrong usage or files, 3 network.");
}

static int run_client(settings_t *settings, const posix_address_t *address) {
    const options_t *options = settings->options;
    const char *name = options->name != NULL ? options->name : address->host;
    session_t session = {.settings = settings, .mode = RELAY_FILES, .wake = -1};
    session.server_name = (skr_view_t){(const uint8_t *)name, strlen(name)};
    session.context = (report_context_t){
        .command = "client",
        .peer = options->address,
        .role = SKR_CLIENT,
        .name = options->insecure ? NULL : name,
        .now = settings->now,
    };
    skr_name_t parsed;
    if (!options->insecure && !skr_name_parse(session.server_name, &parsed)) {
        options_complain(options, "'%s' is neither a host name nor an address", name);
        return CLI_USAGE;
    }
    if (options->insecure) {
        options_complain(options,
            "WARNING: --insecure: the server is not verified, whoever answers is believed");
    }
    int code = session_check(&session);
    if (code != CLI_OK) {
        return code;
    }
    posix_failure_t failure;
    int fd = posix_connect(address, settings->handshake_timeout, &failure);
    if (fd < 0) {
        options_complain(options, "%s", failure.text);
        return CLI_NETWORK;
    }
    session.wake = posix_interrupt_catch();
    return session_run(&session, fd, options->address);
}

int cli_client(int argc, char **argv) {
    static options_t options;
    static settings_t settings;
    switch (options_read(&options, OPTIONS_CLIENT, argc, argv)) {
        case OPTIONS_HELP:
            print_help();
            return CLI_OK;
        case OPTIONS_WRONG:
            return CLI_USAGE;
        default:
            break;
    }
    posix_address_t address;
    if (!posix_address_parse(options.address, "443", &address) || address.host[0] == '\0') {
        options_complain(&options,
            "'%s' is not HOST:PORT (IPv6 addresses stand in brackets: [::1]:443)", options.address);
        return CLI_USAGE;
    }
    int code = settings_make(&settings, &options, SKR_CLIENT);
    if (code == CLI_OK) {
        code = run_client(&settings, &address);
    }
    settings_free(&settings);
    return code;
}
