// The ticket keys that a server knows, in memory: what skr_ticket_keys_t asks for, at once.
#ifndef EXAMPLES_FLEET_KEYS_H
#define EXAMPLES_FLEET_KEYS_H

#include "skerry/config.h"

enum {
    FLEET_KEYS_MAX = 16,
    // Seconds between seeing a new key and sealing with it, so that by then every server of the
    // fleet knows it: more than FLEET_REFRESH_SECONDS.
    FLEET_SETTLE_SECONDS = 2,
};

// Moments are those of posix_microseconds().
typedef struct {
    skr_ticket_key_t key;
    int64_t opens_until;
} fleet_key_t;

typedef struct {
    fleet_key_t key[FLEET_KEYS_MAX];
    size_t count;
    // The key to seal with, and its predecessor, which still does until the new one has settled.
    bool has_current, has_previous;
    uint8_t current[SKR_TICKET_NAME_SIZE], previous[SKR_TICKET_NAME_SIZE];
    int64_t settles, seals_until;
} fleet_keys_t;

// All keys there are now. current: the name of one of them, NULL: none; seals_until: for how long
// it may seal. A key that is no longer in the list is forgotten.
void fleet_keys_replace(fleet_keys_t *keys, const fleet_key_t *list, size_t count,
    const uint8_t *current, int64_t seals_until);

// For skr_ticket_keys_t; user is a fleet_keys_t.
bool fleet_keys_find(void *user, const uint8_t *name, skr_ticket_key_t *key);

// How many keys open tickets at this moment, and for how many more seconds (0: not) new tickets can
// be sealed.
size_t fleet_keys_usable(const fleet_keys_t *keys, int64_t *seals_seconds);

#endif
