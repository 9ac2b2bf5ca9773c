// Pairs that speak TLS 1.2 by a pre-shared key alone.
//
// In: a pair of either kind. Out: its configurations with the same key on both sides, and nothing
// else that could authenticate (RFC 4279); the client still offers TLS 1.3, too. Which suites are
// used, with ECDHE or without, is for the test to say.
#include "support/psk12.h"

static const uint8_t key[32] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4};
const skr_psk_t psk12_key = {
    .identity = {(const uint8_t *)"sensor-7", 8}, .key = {key, sizeof(key)}};

void psk12_give(pair_t *pair) {
    pair->client.config.psks = pair->server.config.psks = &psk12_key;
    pair->client.config.psk_count = pair->server.config.psk_count = 1;
    pair->client.config.anchor_count = 0;
    pair->server.config.credential_count = 0;
    pair->server.config.verify = SKR_VERIFY_NONE;
}

void psk12_pair(pair_t *pair, const skr_provider_t *client, const skr_provider_t *server) {
    tap12_pair(pair, client, server);
    psk12_give(pair);
}

void psk12_pair_openssl(pair_t *pair) {
    pair_init_openssl(pair);
    const skr_provider_t *provider = pair->client.config.provider;
    psk12_pair(pair, provider, provider);
}
