// A connection's whole life, as the tests of faults let it go wrong at every point.
#ifndef TESTS_FAULT_FAULT_LIFE_H
#define TESTS_FAULT_FAULT_LIFE_H

#include "support/pair.h"

// Both sides with this provider, a retry, client certificates, application protocols.
void life_init(pair_t *pair, const skr_provider_t *provider);
// Handshake, data both ways, KeyUpdates, close_notify both ways; whatever fails, fails. Asserts
// that what was written never is seen on the line, and that only it is read.
void life_run(pair_t *pair);
void life_end(pair_t *pair);
// Nothing failed: all data came over, both were closed.
void life_assert_whole(pair_t *pair);
// side has failed by itself: the other heard internal_error, or sees that the line was cut.
void life_assert_other(pair_t *pair, pair_side_t *side);

#endif
