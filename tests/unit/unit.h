// What the unit tests share: bytes from hexadecimal, and a hash whose n-th call fails.
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "skerry/crypto.h"

// Hexadecimal, with or without spaces; what is wrong in it fails the test. Valid as long as the
// program runs.
skr_view_t unit_hex(const char *text);
void unit_assert_view(skr_view_t got, skr_view_t expected);
#define unit_assert_hex(got, text) unit_assert_view(got, unit_hex(text))
// Are they all zero?
bool unit_wiped(const void *data, size_t size);

// The providers that every test of the keys and record layers runs with.
enum { UNIT_PROVIDERS = 2 };
extern const skr_provider_t *const unit_providers[UNIT_PROVIDERS];

enum { UNIT_NEVER = 0x7fffffff };
// The same hash as real, but its n-th call from now on fails (0: the very next), and leaves rubbish
// in its output.
const skr_hash_t *unit_fault_hash(const skr_hash_t *real, unsigned n);
// Calls since.
unsigned unit_fault_calls(void);

#endif
