// The commands of the command line tool. Each takes the arguments behind its own name (argv[0] is
// the name) and returns the program's exit code.
#ifndef CLI_CLI_H
#define CLI_CLI_H

enum {
    CLI_OK = 0,
    CLI_REFUSED = 1, // TLS or a certificate check said no
    CLI_USAGE = 2, // the command line, or a file that it names
    CLI_NETWORK = 3, // no connection, or it broke
};

int cli_client(int argc, char **argv);
int cli_server(int argc, char **argv);
int cli_verify(int argc, char **argv);

#endif
