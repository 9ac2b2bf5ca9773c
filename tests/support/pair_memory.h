// The memory of a pair's side: counts, checks, fails on demand.
#ifndef TESTS_SUPPORT_PAIR_MEMORY_H
#define TESTS_SUPPORT_PAIR_MEMORY_H

#include "support/pair.h"

void pair_memory_init(pair_memory_t *memory, skr_memory_t *calls);
// From now on no more may be taken than skr_memory_needed() says for this configuration.
void pair_memory_bound(pair_memory_t *memory, const skr_config_t *config, skr_view_t server_name);
// The handshake is over: from the moment on at which nothing is held no more may be taken than
// skr_memory_needed_after() says.
void pair_memory_settle(pair_memory_t *memory);
void pair_memory_end(pair_memory_t *memory); // asserts that all is back

#endif
