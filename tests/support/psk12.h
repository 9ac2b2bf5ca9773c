// Pairs that speak TLS 1.2 by a pre-shared key alone.
#ifndef TESTS_SUPPORT_PSK12_H
#define TESTS_SUPPORT_PSK12_H

#include "support/tap12.h"

extern const skr_psk_t psk12_key; // both sides' only one

// No roots, no certificates: the key is all there is.
void psk12_give(pair_t *pair);
// A pair whose server speaks TLS 1.2 at most, while the client offers both versions.
void psk12_pair(pair_t *pair, const skr_provider_t *client, const skr_provider_t *server);
void psk12_pair_openssl(pair_t *pair); // or BearSSL, as pair_init_openssl() has it

#endif
