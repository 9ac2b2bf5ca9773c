// The command line tool: `skerry COMMAND ...`.
//
// In: the name of a command, then its own arguments. Out: the command's exit code. `version` also
// tells the crypto libraries that this program was built with.
//
// Each command is a file of its own (client.c, server.c, verify.c); this one only finds it.
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/names.h"

static int print_version(int argc, char **argv) {
    char providers[256];
    (void)argc;
    (void)argv;
    names_providers(providers, sizeof(providers));
    printf(
        "Skerry %s\nTLS 1.3 (RFC 9846), TLS 1.2 (RFC 5246)\ncrypto: %s\n", SKR_VERSION, providers);
    return CLI_OK;
}

static int print_help(int argc, char **argv);

static const struct {
    const char *name, *help;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"client", "connects to a server", cli_client},
    {"server", "answers clients", cli_server},
    {"verify", "checks a certificate chain", cli_verify},
    {"version", "what this program is made of", print_version},
    {"help", "this text, or that of one command", print_help},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int run_command(const char *name, int argc, char **argv) {
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc, argv);
        }
    }
    fprintf(stderr, "skerry: there is no command '%s' (see skerry help)\n", name);
    return CLI_USAGE;
}

static void print_commands(FILE *to) {
    fputs("skerry COMMAND ...: TLS from the command line\n\n", to);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\nskerry COMMAND --help tells a command's options.\n", to);
}

static int print_help(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "help") != 0 && strcmp(argv[1], "version") != 0) {
        char option[] = "--help";
        char *arguments[] = {argv[1], option, NULL};
        return run_command(argv[1], 2, arguments);
    }
    print_commands(stdout);
    return CLI_OK;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_commands(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return print_help(1, argv);
    }
    if (strcmp(argv[1], "--version") == 0) {
        return print_version(0, NULL);
    }
    return run_command(argv[1], argc - 1, argv + 1);
}
