// The memory of a pair's side: counts, checks, fails on demand.
#ifndef TESTS_SUPPORT_PAIR_MEMORY_H
#define TESTS_SUPPORT_PAIR_MEMORY_H

#include "support/pair.h"

void pair_memory_init(pair_memory_t *memory, skr_memory_t *calls);
void pair_memory_end(const pair_memory_t *memory); // asserts that all is back

#endif
