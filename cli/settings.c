// From options to a configuration.
//
// In: what the command line says. Out: an skr_config_t and all that it looks at: files read, names
// looked up, defaults chosen, or a sentence on stderr that says which option or which file is
// wrong. What only the engine can judge (whether a key belongs to a certificate) is left to it.
//
// Defaults that matter: a client verifies the server against the system's roots, and a server asks
// for certificates as soon as it is told whom to trust.
#include "cli/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/names.h"
#include "cli/trace.h"
#include "cli/when.h"
#include "ports/posix/clock.h"

#define SYSTEM_ROOTS "/etc/ssl/certs/ca-certificates.crt"

enum { HANDSHAKE_SECONDS = 30 };

static bool make_provider(settings_t *settings) {
    const options_t *options = settings->options;
    const char *name = options->provider != NULL ? options->provider : "openssl";
    settings->config.provider = names_provider(name);
    if (settings->config.provider == NULL) {
        char all[256];
        names_providers(all, sizeof(all));
        options_complain(options, "--provider: there is no '%s' here, only %s", name, all);
        return false;
    }
    return true;
}

static bool read_version(
    const settings_t *settings, const char *option, const char *text, uint16_t *version) {
    if (text == NULL) {
        return true;
    }
    *version = strcmp(text, "1.2") == 0 ? SKR_TLS12 : strcmp(text, "1.3") == 0 ? SKR_TLS13 : 0;
    if (*version == 0) {
        options_complain(settings->options, "--%s: '%s' is none of 1.2, 1.3", option, text);
    }
    return *version != 0;
}

static bool make_versions(settings_t *settings) {
    const options_t *options = settings->options;
    skr_config_t *config = &settings->config;
    bool only = options->tls12 || options->tls13;
    if (only && (options->min_version != NULL || options->max_version != NULL)) {
        options_complain(options, "--tls1.%c and --min-version or --max-version: one of them",
            options->tls12 ? '2' : '3');
        return false;
    }
    if (only) { // both flags: both versions
        config->min_version = options->tls12 ? SKR_TLS12 : SKR_TLS13;
        config->max_version = options->tls13 ? SKR_TLS13 : SKR_TLS12;
        return true;
    }
    if (!read_version(settings, "min-version", options->min_version, &config->min_version) ||
        !read_version(settings, "max-version", options->max_version, &config->max_version)) {
        return false;
    }
    if (config->max_version != 0 && config->min_version > config->max_version) {
        options_complain(options, "--min-version is above --max-version: nothing is left");
        return false;
    }
    return true;
}

// The next word of a list with commas; *text moves behind it. Empty words count: they are mistakes
// to be told.
static size_t next_word(const char **text, const char **word) {
    *word = *text;
    size_t size = strcspn(*text, ",");
    *text += size + ((*text)[size] == ',');
    return size;
}

// A list of names to numbers that end with 0.
static bool make_numbers(settings_t *settings, names_kind_t kind, const char *option,
    const char *text, uint16_t *numbers, const uint16_t **to) {
    size_t count = 0;
    while (text != NULL && *text != '\0') {
        const char *word;
        size_t size = next_word(&text, &word);
        uint16_t number = names_number(kind, settings->config.provider, word, size);
        if (number == 0 || count == SETTINGS_NAMES_MAX) {
            char all[1024];
            names_all(kind, settings->config.provider, all, sizeof(all));
            options_complain(
                settings->options, "--%s: '%.*s' is none of %s", option, (int)size, word, all);
            return false;
        }
        numbers[count++] = number;
        *to = numbers;
    }
    return true;
}

static bool make_lists(settings_t *settings) {
    const options_t *options = settings->options;
    skr_config_t *config = &settings->config;
    return make_numbers(settings, NAMES_SUITE, "suites", options->suites, settings->suites,
               &config->suites) &&
        make_numbers(
            settings, NAMES_GROUP, "groups", options->groups, settings->groups, &config->groups) &&
        make_numbers(settings, NAMES_SIGNATURE, "signatures", options->signatures,
            settings->signatures, &config->signatures);
}

static bool make_alpn(settings_t *settings) {
    const char *text = settings->options->alpn, *word;
    size_t count = 0;
    while (text != NULL && *text != '\0') {
        size_t size = next_word(&text, &word);
        if (size == 0 || size > SKR_ALPN_MAX || count == SETTINGS_NAMES_MAX) {
            options_complain(settings->options,
                "--alpn: names have 1 to %d bytes, and there are at most %d of them", SKR_ALPN_MAX,
                SETTINGS_NAMES_MAX);
            return false;
        }
        settings->alpn[count++] = (skr_view_t){(const uint8_t *)word, size};
    }
    settings->config.alpn = settings->alpn;
    settings->config.alpn_count = count;
    return true;
}

static bool add_anchors(settings_t *settings, const char *path) {
    files_problem_t problem;
    if (!files_add_anchors(&settings->anchors, path, &problem)) {
        options_complain(settings->options, "%s", problem.text);
        return false;
    }
    settings->config.anchors = settings->anchors.views;
    settings->config.anchor_count = settings->anchors.count;
    return true;
}

static bool make_verify_client(settings_t *settings) {
    const options_t *options = settings->options;
    settings->config.verify = options->insecure ? SKR_VERIFY_NONE : SKR_VERIFY_REQUIRED;
    if (options->insecure || options->cas.count > 0 || options->psks.count > 0) {
        return true; // who has a key and no roots speaks to nobody else
    }
    if (access(SYSTEM_ROOTS, R_OK) != 0) {
        options_complain(options,
            "no trusted roots: give them with --ca FILE (the system has none in %s)", SYSTEM_ROOTS);
        return false;
    }
    return add_anchors(settings, SYSTEM_ROOTS);
}

static bool make_verify_server(settings_t *settings) {
    static const char *const names[] = {
        [SKR_VERIFY_NONE] = "none",
        [SKR_VERIFY_OPTIONAL] = "optional",
        [SKR_VERIFY_REQUIRED] = "required",
    };
    const options_t *options = settings->options;
    settings->config.verify = options->cas.count > 0 ? SKR_VERIFY_REQUIRED : SKR_VERIFY_NONE;
    if (options->verify == NULL) {
        return true;
    }
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(options->verify, names[i]) == 0) {
            settings->config.verify = (skr_verify_t)i;
            if (i != SKR_VERIFY_NONE && options->cas.count == 0) {
                options_complain(options,
                    "--verify %s: whom to trust? Give the clients' roots with --ca FILE", names[i]);
                return false;
            }
            return true;
        }
    }
    options_complain(
        options, "--verify: '%s' is none of none, optional, required", options->verify);
    return false;
}

static bool make_trust(settings_t *settings, skr_role_t role) {
    const options_t *options = settings->options;
    for (size_t i = 0; i < options->cas.count; i++) {
        if (!add_anchors(settings, options->cas.item[i])) {
            return false;
        }
    }
    settings->now = posix_now();
    if (options->time != NULL && !when_parse(options->time, &settings->now)) {
        options_complain(options,
            "--time: '%s' is neither seconds since 1970 nor like 2026-07-01T12:00:00Z",
            options->time);
        return false;
    }
    settings->config.ignore_time = options->ignore_time;
    settings->config.rules = options->strict ? &skr_x509_rules_strict : NULL;
    return role == SKR_CLIENT ? make_verify_client(settings) : make_verify_server(settings);
}

static bool make_credential(settings_t *settings, size_t n) {
    const options_t *options = settings->options;
    files_certificates_t *chain = &settings->chains[n];
    files_problem_t problem;
    if (!files_add_certificates(chain, options->certs.item[n], &problem) ||
        !files_load_key(
            &settings->keys[n], options->keys.item[n], settings->config.provider, &problem)) {
        options_complain(options, "%s", problem.text);
        return false;
    }
    settings->credentials[n] = (skr_credential_t){
        chain->views, chain->count, &settings->keys[n].key};
    return true;
}

static bool make_identity(settings_t *settings, skr_role_t role) {
    const options_t *options = settings->options;
    size_t count = options->certs.count, most = role == SKR_CLIENT ? 1 : SKR_CREDENTIALS_MAX;
    if (count != options->keys.count) {
        options_complain(options, "%zu --cert and %zu --key: each certificate needs its key", count,
            options->keys.count);
        return false;
    }
    if (count > most) {
        options_complain(options, "--cert: at most %zu", most);
        return false;
    }
    if (role == SKR_SERVER && count == 0 && options->psks.count == 0) {
        options_complain(
            options, "a server needs --cert FILE and --key FILE, or --psk IDENTITY:HEXKEY");
        return false;
    }
    for (size_t n = 0; n < count; n++) {
        if (!make_credential(settings, n)) {
            return false;
        }
    }
    if (!psk_make(&settings->psks, options, settings->config.provider)) {
        return false;
    }
    settings->config.psks = settings->psks.psks;
    settings->config.psk_count = settings->psks.count;
    settings->config.credentials = settings->credentials;
    settings->config.credential_count = count;
    settings->config.require_known_name = options->require_known_name;
    return true;
}

// A client's session file, a server's ticket keys.
static bool make_resumption(settings_t *settings, skr_role_t role) {
    const options_t *options = settings->options;
    skr_config_t *config = &settings->config;
    files_problem_t problem;
    bool ok = true;
    config->allow_psk_ke = options->allow_psk_ke;
    config->ticket_count = (uint8_t)options->ticket_count;
    if (options->no_tickets && (options->ticket_key != NULL || options->ticket_count > 0)) {
        options_complain(options, "--no-tickets: then there is nothing to seal or to count");
        return false;
    }
    if (role == SKR_SERVER && !options->no_tickets) {
        config->ticket_keys = &settings->ticket_keys;
        ok = resume_server_make(&settings->tickets, &settings->ticket_keys, options->ticket_key,
            config->provider, &problem);
    } else if (options->session != NULL) {
        config->session_key = settings->session.key;
        ok = resume_client_make(
            &settings->session, options->session, options->session_key, config->provider, &problem);
    } else if (options->session_key != NULL) {
        options_complain(options, "--session-key: for which session? Give it with --session FILE");
        return false;
    }
    if (!ok) {
        options_complain(options, "%s", problem.text);
    }
    return ok;
}

static bool make_export(settings_t *settings) {
    const char *text = settings->options->export_label;
    if (text == NULL) {
        return true;
    }
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    long size = colon != NULL ? strtol(colon + 1, &end, 10) : 0;
    if (colon == NULL || colon == text || *end != '\0' || size < 1 || size > SETTINGS_EXPORT_MAX) {
        options_complain(settings->options, "--export: '%s' is not LABEL:N with N from 1 to %d",
            text, SETTINGS_EXPORT_MAX);
        return false;
    }
    settings->export_label = (skr_view_t){(const uint8_t *)text, (size_t)(colon - text)};
    settings->export_size = (size_t)size;
    return true;
}

static bool make_watching(settings_t *settings) {
    const options_t *options = settings->options;
    const char *path = options->keylog != NULL ? options->keylog : getenv("SSLKEYLOGFILE");
    settings->config.trace = options->trace ? &trace_ladder : NULL;
    if (path != NULL && *path != '\0') {
        settings->key_log = trace_open_key_log(path);
        if (settings->key_log == NULL) {
            options_complain(options, "%s: %s", path, strerror(errno));
            return false;
        }
        trace_key_log(&settings->secret_log, settings->key_log);
        settings->config.secret_log = &settings->secret_log;
    }
    return make_export(settings);
}

static void make_records(settings_t *settings) {
    const options_t *options = settings->options;
    skr_config_t *config = &settings->config;
    enum { WINDOW = 16384 }; // for chains in any order
    config->chunk = UINT16_MAX; // whole records: there is no want of memory here
    config->certificate_window = options->certificate_window > 0
        ? (uint16_t)options->certificate_window
        : WINDOW;
    config->max_record_in = (uint16_t)options->max_record_in;
    config->max_record_out = (uint16_t)options->max_record_out;
    config->pad_to = (uint16_t)options->pad;
    config->keep_cipher_state = options->keep_cipher_state;
    config->no_compatibility = options->no_compatibility;
    settings->data_timeout = options->timeout > 0 ? (int)options->timeout * 1000 : -1;
    settings->handshake_timeout = options->timeout > 0 ? settings->data_timeout
                                                       : HANDSHAKE_SECONDS * 1000;
}

int settings_make(settings_t *settings, const options_t *options, skr_role_t role) {
    memset(settings, 0, sizeof(*settings));
    settings->options = options;
    settings->config.role = role;
    settings->config.profile = &skr_profile_full;
    posix_memory_init(&settings->memory, &settings->memory_calls);
    settings->config.memory = &settings->memory_calls;
    make_records(settings);
    bool made = make_provider(settings) && make_versions(settings) && make_lists(settings) &&
        make_alpn(settings) && make_trust(settings, role) && make_identity(settings, role) &&
        make_resumption(settings, role) && make_watching(settings);
    return made ? CLI_OK : CLI_USAGE;
}

void settings_free(settings_t *settings) {
    for (size_t n = 0; n < SKR_CREDENTIALS_MAX; n++) {
        files_free_certificates(&settings->chains[n]);
        files_free_key(&settings->keys[n]);
    }
    files_free_certificates(&settings->anchors);
    if (settings->key_log != NULL) {
        fclose(settings->key_log);
    }
    resume_wipe(&settings->session, &settings->tickets);
    psk_free(&settings->psks);
    memset(settings, 0, sizeof(*settings));
}

skr_status_t settings_export(const settings_t *settings, const skr_conn_t *conn) {
    uint8_t material[SETTINGS_EXPORT_MAX];
    static const skr_view_t no_context = {NULL, 0};
    if (settings->export_size == 0) {
        return SKR_OK;
    }
    skr_status_t status = skr_conn_export(
        conn, settings->export_label, no_context, material, settings->export_size);
    if (status == SKR_OK) {
        fprintf(stderr, "export %.*s: ", (int)settings->export_label.size,
            (const char *)settings->export_label.data);
        for (size_t i = 0; i < settings->export_size; i++) {
            fprintf(stderr, "%02x", material[i]);
        }
        fputc('\n', stderr);
    }
    return status;
}
