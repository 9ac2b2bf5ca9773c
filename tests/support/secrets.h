// Every secret of a pair's connection, as bytes to look for: told by the groups and the key log,
// and computed anew from these with src/keys.
//
//     secrets_begin();
//     pair.client.config.provider = secrets_provider(provider, SECRETS_CLIENT);
//     ... a connection ...
//     secrets_learn(&pair);
//     secrets_assert_absent("the server's room", room, size, SECRET_CLIENT | SECRET_SERVER);
#ifndef TESTS_SUPPORT_SECRETS_H
#define TESTS_SUPPORT_SECRETS_H

#include "support/pair.h"

// When a secret may be where the engine keeps something.
typedef enum {
    SECRET_NEVER = 0, // what the handshake was made of, keys of before a KeyUpdate, data
    SECRET_CLIENT = 1, // traffic secret, key and iv of what the client writes now
    SECRET_SERVER = 2,
    SECRET_EXPORTS = 4, // exporter secret, TLS 1.2's master secret
    SECRET_RESUMES = 8, // a client's resumption secret
} secret_life_t;

enum { SECRETS_CLIENT, SECRETS_SERVER };
enum { SECRETS_DATA = 24 }; // bytes that secrets_data() takes from each end

void secrets_begin(void);
// The same provider, whose groups tell what they compute.
const skr_provider_t *secrets_provider(const skr_provider_t *provider, unsigned which);
void secrets_add(const char *what, unsigned life, const uint8_t *bytes, size_t size);
// Application data: its ends.
void secrets_data(const uint8_t *data, size_t size);
// All that follows from the key log, the shared secret and a pre-shared key, which may be absent.
// updates: how many KeyUpdates each way. Called again it learns anew.
void secrets_learn(const pair_t *pair, skr_view_t psk, unsigned updates);
size_t secrets_count(void);
// How many of those that have this life.
size_t secrets_count_of(unsigned life);

// The first secret that is in these bytes and may not be (allowed: bits of secret_life_t); NULL:
// none.
const char *secrets_find(const uint8_t *bytes, size_t size, unsigned allowed);
void secrets_assert_absent(const char *where, const uint8_t *bytes, size_t size, unsigned allowed);
// In the connection object and in each block that it has, nothing but what is allowed.
void secrets_assert_side(const pair_side_t *side, unsigned allowed);

#endif
