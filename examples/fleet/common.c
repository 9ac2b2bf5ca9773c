// What the server and the client of the fleet share.
//
// In: command lines. Out: values, or a sentence that says what to write instead; lines on stderr.
// Options all have a value ("--listen :4433"), because a short parser is easier to trust than a
// short manual.
//
// Nothing here knows TLS but the two words for a connection.
#include "examples/fleet/common.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *program = "fleet";

void fleet_say(const char *format, ...) {
    va_list arguments;
    char line[600];
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s: %s\n", program, line);
}

static bool print_options(const fleet_option_t *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, "  %-14s %s%s\n", options[i].name, options[i].help,
            options[i].needed ? " (needed)" : "");
    }
    return false;
}

static bool take_number(const char *text, int64_t *number) {
    size_t digits = strspn(text, "0123456789");
    *number = strtoll(text, NULL, 10);
    return digits > 0 && digits <= 18 && text[digits] == '\0';
}

static const fleet_option_t *find_option(
    const fleet_option_t *options, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].name, name) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static bool all_needed(const fleet_option_t *options, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (options[i].needed && *options[i].text == NULL) {
            fleet_say("%s is missing", options[i].name);
            return false;
        }
    }
    return true;
}

bool fleet_options(int argc, char **argv, const fleet_option_t *options, size_t count) {
    const char *slash = strrchr(argv[0], '/');
    program = slash != NULL ? slash + 1 : argv[0];
    for (int i = 1; i < argc; i += 2) {
        const fleet_option_t *option = find_option(options, count, argv[i]);
        if (option == NULL || i + 1 == argc) {
            fleet_say(option == NULL ? "there is no option '%s'" : "%s needs a value", argv[i]);
            return print_options(options, count);
        }
        if (option->text != NULL) {
            *option->text = argv[i + 1];
        } else if (!take_number(argv[i + 1], option->number)) {
            fleet_say("%s: '%s' is not a number", argv[i], argv[i + 1]);
            return false;
        }
    }
    return all_needed(options, count) || print_options(options, count);
}

void fleet_wipe(void *memory, size_t size) {
    volatile uint8_t *p = memory;
    while (size-- > 0) {
        *p++ = 0;
    }
}

const char *fleet_kind(const skr_conn_info_t *info) {
    if (info->version == SKR_TLS13) {
        return info->resumed ? "TLS 1.3, resumed" : "TLS 1.3, full";
    }
    return info->resumed ? "TLS 1.2, resumed" : "TLS 1.2, full";
}

bool fleet_version(const char *text, uint16_t *version) {
    if (text == NULL) {
        *version = 0;
    } else if (strcmp(text, "1.2") == 0) {
        *version = SKR_TLS12;
    } else if (strcmp(text, "1.3") == 0) {
        *version = SKR_TLS13;
    } else {
        fleet_say("--tls: '%s' is neither 1.2 nor 1.3", text);
        return false;
    }
    return true;
}
