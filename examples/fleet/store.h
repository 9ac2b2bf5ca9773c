// The fleet's ticket keys in Redis: fetched from time to time, rotated by whoever notices.
#ifndef EXAMPLES_FLEET_STORE_H
#define EXAMPLES_FLEET_STORE_H

#include "examples/fleet/keys.h"

struct redisContext;

enum {
    FLEET_REFRESH_SECONDS = 1,
    FLEET_REDIS_MS = 200, // for an answer of Redis; all those of a refresh have three times that
    FLEET_SLACK_SECONDS = 10, // that a key lives beyond the last ticket that was sealed with it
};

typedef struct {
    // Set by the caller:
    const char *address; // "/path/of/socket" or "host:port"
    const char *prefix; // of all names in Redis
    int64_t rotate, lifetime; // seconds that a key seals; that a ticket lives
    const skr_provider_t *provider; // its random source makes the keys
    fleet_keys_t *keys; // that are kept up to date
    // Zeros at the start:
    struct redisContext *redis; // NULL: not connected
    int64_t next, until; // the moments of the next refresh, and when a refresh gives up
    bool lost, dry; // were said
    char said[64]; // the last line about keys
    char failure[200];
} fleet_store_t;

// Fetches the keys when it is time to, rotating them when that is due. When Redis does not answer,
// the keys stay as they are and it is tried again a second later. Says what changed.
void fleet_store_refresh(fleet_store_t *store);
void fleet_store_close(fleet_store_t *store);

#endif
