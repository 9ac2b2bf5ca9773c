// The options of `skerry client` and `skerry server`.
//
// In: argv. Out: options_t, or a sentence on stderr that says what is wrong with which argument.
// One table has name, argument, place, limits and help of each option, so that what is read and
// what --help prints cannot differ.
//
// Whether the values make sense together and whether the files exist is not seen here: see
// settings.c.
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { KIND_FLAG, KIND_TEXT, KIND_LIST, KIND_NUMBER, KIND_OPTIONAL_NUMBER } option_kind_t;

typedef struct {
    const char *name;
    const char *argument; // for --help, NULL: it takes none
    size_t offset; // in options_t
    long least, most; // of numbers
    unsigned char commands;
    unsigned char kind; // option_kind_t
    size_t flag; // KIND_OPTIONAL_NUMBER: where to note that the option was there
    const char *help;
} option_t;

#define AT(field) offsetof(options_t, field)
#define FLAG(name, commands, field, help) \
    { name, NULL, AT(field), 0, 0, commands, KIND_FLAG, 0, help }
#define TEXT(name, argument, commands, field, help) \
    { name, argument, AT(field), 0, 0, commands, KIND_TEXT, 0, help }
#define LIST(name, argument, commands, field, help) \
    { name, argument, AT(field), 0, 0, commands, KIND_LIST, 0, help }
#define NUMBER(name, argument, commands, field, least, most, help) \
    { name, argument, AT(field), least, most, commands, KIND_NUMBER, 0, help }

// clang-format off
static const option_t table[] = {
    TEXT("name", "NAME", OPTIONS_CLIENT, name, "the server's name: sent to it and looked for in its certificate (default: HOST)"),
    LIST("ca", "FILE", OPTIONS_BOTH, cas, "trusted roots, PEM or DER; may be repeated (client's default: the system's)"),
    FLAG("insecure", OPTIONS_CLIENT, insecure, "do not verify the server: whoever answers is believed"),
    TEXT("listen", "ADDR:PORT", OPTIONS_SERVER, listen, "where to listen (default: localhost:4433; port 0: any free one)"),
    LIST("cert", "FILE", OPTIONS_BOTH, certs, "own certificate chain, the leaf first; servers may have several"),
    LIST("key", "FILE", OPTIONS_BOTH, keys, "its private key; one for each --cert, in the same order"),
    TEXT("verify", "HOW", OPTIONS_SERVER, verify, "clients' certificates: none, optional or required (default: required with --ca, else none)"),
    FLAG("require-known-name", OPTIONS_SERVER, require_known_name, "refuse clients that ask for a name that no certificate bears"),
    TEXT("alpn", "A,B", OPTIONS_BOTH, alpn, "application protocols in order of preference"),
    TEXT("suites", "A,B", OPTIONS_BOTH, suites, "only these cipher suites, in order of preference"),
    TEXT("groups", "A,B", OPTIONS_BOTH, groups, "only these key exchange groups, in order of preference"),
    TEXT("signatures", "A,B", OPTIONS_BOTH, signatures, "only these signature schemes, in order of preference"),
    FLAG("tls1.2", OPTIONS_BOTH, tls12, "TLS 1.2 only"),
    FLAG("tls1.3", OPTIONS_BOTH, tls13, "TLS 1.3 only"),
    TEXT("min-version", "VERSION", OPTIONS_BOTH, min_version, "nothing older: 1.2 or 1.3 (default: 1.2)"),
    TEXT("max-version", "VERSION", OPTIONS_BOTH, max_version, "nothing newer: 1.2 or 1.3 (default: 1.3)"),
    TEXT("session", "FILE", OPTIONS_CLIENT, session, "resume the session that FILE holds, and save the newest one there at the end"),
    TEXT("session-key", "FILE", OPTIONS_CLIENT, session_key, "the 32 bytes that seal it, made when missing (default: the session's FILE.key)"),
    TEXT("ticket-key", "FILE", OPTIONS_SERVER, ticket_key, "seal tickets with the key in FILE, made when missing, that servers share (default: keys of its own)"),
    FLAG("no-tickets", OPTIONS_SERVER, no_tickets, "send no tickets and take none: every handshake is a full one"),
    NUMBER("ticket-count", "N", OPTIONS_SERVER, ticket_count, 1, 64, "tickets behind a handshake of TLS 1.3 (default: 1)"),
    LIST("psk", "IDENTITY:HEXKEY", OPTIONS_BOTH, psks, "a key that both sides were given; servers may have several"),
    TEXT("psk-import", "CONTEXT", OPTIONS_BOTH, psk_import, "import the keys of --psk into TLS 1.3 with this context (RFC 9258)"),
    FLAG("allow-psk-ke", OPTIONS_BOTH, allow_psk_ke, "use --psk, and resume, without a fresh key exchange too: cheaper, no forward secrecy"),
    TEXT("provider", "NAME", OPTIONS_BOTH, provider, "crypto library: openssl or bearssl (default: openssl)"),
    TEXT("time", "WHEN", OPTIONS_BOTH, time, "check certificates as of then: seconds since 1970 or YYYY-MM-DDTHH:MM:SSZ"),
    FLAG("strict", OPTIONS_BOTH, strict, "also refuse certificates that no public CA may issue, though private ones often do"),
    FLAG("ignore-time", OPTIONS_BOTH, ignore_time, "accept expired certificates"),
    NUMBER("pad", "N", OPTIONS_BOTH, pad, 0, 16384, "pad records to a multiple of N bytes"),
    NUMBER("certificate-window", "N", OPTIONS_BOTH, certificate_window, 64, 65535, "remember N bytes of the peer's certificates while they come; 16384"),
    NUMBER("max-record-in", "N", OPTIONS_BOTH, max_record_in, 64, 16384, "refuse records with more than N bytes of content"),
    NUMBER("max-record-out", "N", OPTIONS_BOTH, max_record_out, 64, 16384, "send at most N bytes of content in a record"),
    FLAG("keep-cipher-state", OPTIONS_BOTH, keep_cipher_state, "keep expanded keys between records: faster, more memory"),
    FLAG("no-compatibility", OPTIONS_BOTH, no_compatibility, "do not disguise as TLS 1.2 for middleboxes"),
    { "update-keys", "[=N]", AT(update_every), 1, 1L << 30, OPTIONS_BOTH, KIND_OPTIONAL_NUMBER, AT(update_keys), "new keys for both sides before the first data, then own ones after each N bytes sent" },
    TEXT("export", "LABEL:N", OPTIONS_BOTH, export_label, "print N bytes of keying material for LABEL"),
    TEXT("keylog", "FILE", OPTIONS_BOTH, keylog, "append secrets for Wireshark (default: $SSLKEYLOGFILE)"),
    FLAG("trace", OPTIONS_BOTH, trace, "print every record and message"),
    FLAG("once", OPTIONS_SERVER, once, "end after the first connection, with its exit code"),
    FLAG("echo", OPTIONS_SERVER, echo, "send back what comes"),
    FLAG("www", OPTIONS_SERVER, www, "answer HTTP requests with a page about the connection"),
    NUMBER("timeout", "SECONDS", OPTIONS_BOTH, timeout, 1, 86400, "give up when nothing comes for so long (default: 30 in the handshake, none after it)"),
    FLAG("quiet", OPTIONS_BOTH, quiet, "print errors only"),
    FLAG("help", OPTIONS_BOTH, help, "this text"),
};
// clang-format on
enum { OPTION_COUNT = sizeof(table) / sizeof(table[0]) };

void options_complain(const options_t *options, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "skerry %s: ", options->command);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void options_print(unsigned command) {
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const option_t *option = &table[i];
        if ((option->commands & command) != 0) {
            const char *argument = option->argument != NULL ? option->argument : "";
            const char *gap = argument[0] != '\0' && argument[0] != '[' ? " " : "";
            char left[64];
            snprintf(left, sizeof(left), "--%s%s%s", option->name, gap, argument);
            printf("  %-24s %s\n", left, option->help);
        }
    }
}

// A whole decimal number within its limits.
static bool read_number(
    const options_t *options, const option_t *option, const char *text, long *to) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < option->least ||
        value > option->most) {
        options_complain(options, "--%s: '%s' is no number from %ld to %ld", option->name, text,
            option->least, option->most);
        return false;
    }
    *to = value;
    return true;
}

static bool store(options_t *options, const option_t *option, const char *text) {
    void *place = (char *)options + option->offset;
    switch (option->kind) {
        case KIND_FLAG:
            *(bool *)place = true;
            return true;
        case KIND_TEXT:
            *(const char **)place = text;
            return true;
        case KIND_NUMBER:
            return read_number(options, option, text, place);
        case KIND_OPTIONAL_NUMBER:
            *(bool *)((char *)options + option->flag) = true;
            return text == NULL || read_number(options, option, text, place);
        default:
            break;
    }
    options_list_t *list = place;
    if (list->count == OPTIONS_LIST_MAX) {
        options_complain(
            options, "--%s was given more than %d times", option->name, OPTIONS_LIST_MAX);
        return false;
    }
    list->item[list->count++] = text;
    return true;
}

// getopt_long()'s table for one command; ends with zeros.
static void long_options(struct option *to, unsigned command) {
    size_t n = 0;
    memset(to, 0, sizeof(*to) * (OPTION_COUNT + 1));
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if ((table[i].commands & command) != 0) {
            to[n].name = table[i].name;
            to[n].has_arg = required_argument;
            if (table[i].kind == KIND_FLAG) {
                to[n].has_arg = no_argument;
            } else if (table[i].kind == KIND_OPTIONAL_NUMBER) {
                to[n].has_arg = optional_argument;
            }
            to[n].val = (int)i + 1;
            n++;
        }
    }
}

// Why getopt_long() did not like the argument that it looked at last.
static void complain_argument(const options_t *options, int code, char **argv) {
    if (code == ':') {
        options_complain(
            options, "%s wants a value (see skerry %s --help)", argv[optind - 1], options->command);
    } else if (optopt > 0 && optopt <= OPTION_COUNT) {
        options_complain(options, "--%s takes no value", table[optopt - 1].name);
    } else {
        options_complain(options, "there is no option '%s' (see skerry %s --help)",
            argv[optind - 1], options->command);
    }
}

static bool read_rest(options_t *options, unsigned command, int argc, char **argv) {
    if (optind < argc && command == OPTIONS_CLIENT) {
        options->address = argv[optind++];
    }
    if (optind < argc) {
        options_complain(
            options, "what is '%s' for? (see skerry %s --help)", argv[optind], options->command);
        return false;
    }
    if (command == OPTIONS_CLIENT && options->address == NULL) {
        options_complain(options, "whom to connect to? (skerry client HOST:PORT)");
        return false;
    }
    return true;
}

options_outcome_t options_read(options_t *options, unsigned command, int argc, char **argv) {
    struct option longs[OPTION_COUNT + 1];
    memset(options, 0, sizeof(*options));
    options->command = command == OPTIONS_CLIENT ? "client" : "server";
    long_options(longs, command);
    opterr = 0;
    optind = 1;
    for (;;) {
        int code = getopt_long(argc, argv, ":h", longs, NULL);
        if (code == -1) {
            break;
        }
        if (code == 'h') {
            return OPTIONS_HELP;
        }
        if (code == ':' || code == '?') {
            complain_argument(options, code, argv);
            return OPTIONS_WRONG;
        }
        if (!store(options, &table[code - 1], optarg)) {
            return OPTIONS_WRONG;
        }
        if (options->help) {
            return OPTIONS_HELP;
        }
    }
    return read_rest(options, command, argc, argv) ? OPTIONS_RUN : OPTIONS_WRONG;
}
