// Where a test stands, for those that go through many cases.
//
// In: a line of text for each case. Out: the line of the case at hand when the test fails. cmocka
// tells the assertion and its line; which of a thousand cases it was only the test knows. Also
// here: the pairs of providers.
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

#include "support/pair.h"

const pair_providers_t pair_providers[PAIR_PROVIDERS] = {
    {"openssl-openssl", &skr_provider_openssl, &skr_provider_openssl},
    {"bearssl-bearssl", &skr_provider_bearssl, &skr_provider_bearssl},
    {"openssl-bearssl", &skr_provider_openssl, &skr_provider_bearssl},
    {"bearssl-openssl", &skr_provider_bearssl, &skr_provider_openssl},
};

static char note[200];

void pair_note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note, sizeof(note), format, arguments);
    va_end(arguments);
}

int pair_note_begin(void **state) {
    (void)state;
    note[0] = 0;
    return 0;
}

// There is no word from cmocka whether the test failed: one that ends well says so itself, by an
// empty note.
int pair_note_end(void **state) {
    (void)state;
    if (note[0] != 0) {
        print_message("    at: %s\n", note);
    }
    return 0;
}
