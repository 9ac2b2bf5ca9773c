// The options of `skerry client` and `skerry server`, read from one table.
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum { OPTIONS_LIST_MAX = 32 };

typedef struct {
    const char *item[OPTIONS_LIST_MAX];
    size_t count;
} options_list_t;

enum { OPTIONS_CLIENT = 1, OPTIONS_SERVER = 2, OPTIONS_BOTH = 3 };

// What was asked for; NULL, 0, false and empty where nothing was said.
typedef struct {
    const char *command; // "client" or "server"
    const char *address; // the client's HOST:PORT
    options_list_t certs, keys, cas, psks;
    const char *name, *alpn, *groups, *suites, *signatures, *provider, *verify, *listen, *keylog;
    const char *export_label, *time, *min_version, *max_version;
    const char *session, *session_key, *ticket_key, *psk_import;
    long pad, certificate_window, max_record_in, max_record_out, update_every, timeout,
        ticket_count;
    bool tls12, tls13, no_tickets, allow_psk_ke;
    bool insecure, trace, once, echo, www, update_keys, keep_cipher_state, no_compatibility;
    bool ignore_time, strict, require_known_name, quiet, help;
} options_t;

typedef enum { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_WRONG } options_outcome_t;

// argv[0] is the command. On OPTIONS_WRONG the reason has been printed.
options_outcome_t options_read(options_t *options, unsigned command, int argc, char **argv);

// The table as text for people.
void options_print(unsigned command);

// "skerry client: " and the formatted text on stderr.
void options_complain(const options_t *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
