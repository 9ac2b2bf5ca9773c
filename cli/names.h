// What people call providers, suites, groups and signature schemes.
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "skerry/skerry.h"

// NULL: there is no such provider in this program.
const skr_provider_t *names_provider(const char *name);
// The names of all providers of this program, for people.
void names_providers(char *text, size_t size);

typedef enum { NAMES_SUITE, NAMES_GROUP, NAMES_SIGNATURE } names_kind_t;

// The number of a name in the registry's spelling, a shorter one that people use, or in
// hexadecimal, without minding upper and lower case; 0: the provider does not offer such a thing.
uint16_t names_number(
    names_kind_t kind, const skr_provider_t *provider, const char *name, size_t size);
// All that the provider offers of a kind, for people.
void names_all(names_kind_t kind, const skr_provider_t *provider, char *text, size_t size);

#endif
