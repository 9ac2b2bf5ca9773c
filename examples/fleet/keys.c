// The ticket keys that a server knows.
//
// In: from time to time the list of all keys and which of them is current (store.c). Out: the key
// to seal with and keys by name, from memory, as the engine asks for them in the middle of a
// handshake, where nothing may block (RFC 9846 section 4.7.1, RFC 5077 section 5.5).
//
// Every key carries the moment at which it ends, by the clock that is never set. So the list stays
// right when it can't be renewed: keys fall out of it one by one.
#include "examples/fleet/keys.h"

#include <string.h>

#include "examples/fleet/common.h"
#include "ports/posix/clock.h"

static bool same_name(const uint8_t *a, const uint8_t *b) {
    return memcmp(a, b, SKR_TICKET_NAME_SIZE) == 0; // names are no secrets
}

static const fleet_key_t *find_name(const fleet_keys_t *keys, const uint8_t *name, int64_t now) {
    for (size_t i = 0; i < keys->count; i++) {
        if (same_name(keys->key[i].key.name, name) && now < keys->key[i].opens_until) {
            return &keys->key[i];
        }
    }
    return NULL;
}

static const fleet_key_t *find_sealing(const fleet_keys_t *keys, int64_t now) {
    if (!keys->has_current || now >= keys->seals_until) {
        return NULL;
    }
    const fleet_key_t *previous = keys->has_previous && now < keys->settles
        ? find_name(keys, keys->previous, now)
        : NULL;
    return previous != NULL ? previous : find_name(keys, keys->current, now);
}

static void take_current(fleet_keys_t *keys, const uint8_t *current, int64_t now) {
    if (keys->has_current && !same_name(keys->current, current)) {
        memcpy(keys->previous, keys->current, sizeof(keys->previous));
        keys->has_previous = true;
        keys->settles = now + (int64_t)FLEET_SETTLE_SECONDS * 1000000;
    }
    memcpy(keys->current, current, sizeof(keys->current));
    keys->has_current = true;
}

void fleet_keys_replace(fleet_keys_t *keys, const fleet_key_t *list, size_t count,
    const uint8_t *current, int64_t seals_until) {
    fleet_wipe(keys->key, sizeof(keys->key));
    keys->count = count < FLEET_KEYS_MAX ? count : FLEET_KEYS_MAX;
    memcpy(keys->key, list, keys->count * sizeof(*list));
    if (current == NULL) {
        keys->has_current = false;
        return;
    }
    take_current(keys, current, posix_microseconds());
    keys->seals_until = seals_until;
}

bool fleet_keys_find(void *user, const uint8_t *name, skr_ticket_key_t *key) {
    const fleet_keys_t *keys = user;
    int64_t now = posix_microseconds();
    const fleet_key_t *found = name != NULL ? find_name(keys, name, now) : find_sealing(keys, now);
    if (found == NULL) {
        return false;
    }
    *key = found->key;
    return true;
}

size_t fleet_keys_usable(const fleet_keys_t *keys, int64_t *seals_seconds) {
    int64_t now = posix_microseconds();
    size_t usable = 0;
    for (size_t i = 0; i < keys->count; i++) {
        usable += now < keys->key[i].opens_until ? 1 : 0;
    }
    bool seals = find_sealing(keys, now) != NULL;
    *seals_seconds = seals ? (keys->seals_until - now + 999999) / 1000000 : 0;
    return usable;
}
