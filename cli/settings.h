// From options to a configuration: names looked up, files read, defaults chosen.
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdio.h>

#include "cli/files.h"
#include "cli/options.h"
#include "cli/psk.h"
#include "cli/resume.h"
#include "ports/posix/memory.h"
#include "skerry/skerry.h"

enum { SETTINGS_NAMES_MAX = 32, SETTINGS_EXPORT_MAX = 255 };

// A configuration and all that it looks at. Never moves between settings_make() and
// settings_free().
typedef struct {
    const options_t *options;
    skr_config_t config;
    int64_t now; // what certificates are checked against
    int handshake_timeout, data_timeout; // milliseconds, negative: for ever
    skr_view_t export_label;
    size_t export_size; // 0: nothing is to be exported
    FILE *key_log;
    // What config points to.
    posix_memory_t memory;
    skr_memory_t memory_calls;
    skr_secret_log_t secret_log;
    resume_client_t session; // clients: the saved one
    resume_server_t tickets;
    skr_ticket_keys_t ticket_keys;
    uint16_t suites[SETTINGS_NAMES_MAX + 1], groups[SETTINGS_NAMES_MAX + 1];
    uint16_t signatures[SETTINGS_NAMES_MAX + 1];
    skr_view_t alpn[SETTINGS_NAMES_MAX];
    files_certificates_t anchors, chains[SKR_CREDENTIALS_MAX];
    files_key_t keys[SKR_CREDENTIALS_MAX];
    skr_credential_t credentials[SKR_CREDENTIALS_MAX];
    psk_list_t psks;
} settings_t;

// CLI_OK, or CLI_USAGE: the reason has been printed. settings_free() either way.
int settings_make(settings_t *settings, const options_t *options, skr_role_t role);
void settings_free(settings_t *settings);

// Prints what --export asked for, on stderr. An error of TLS, else SKR_OK.
skr_status_t settings_export(const settings_t *settings, const skr_conn_t *conn);

#endif
