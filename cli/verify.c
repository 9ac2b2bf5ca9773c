// `skerry verify`: checks a certificate chain.
//
// In: the command line. Out: an exit code (cli.h).
//
// This is its place only: the command is not written yet, and says so.
#include "cli/cli.h"

#include <stdio.h>

int cli_verify(int argc, char **argv) {
    (void)argc;
    fprintf(stderr, "skerry %s: not in this version yet\n", argv[0]);
    return CLI_USAGE;
}
