// Lives of connections in which everything that is secret is known (support/secrets.h), over memory
// that never uses a block twice.
#ifndef TESTS_PAIR_WIPED_LIFE_H
#define TESTS_PAIR_WIPED_LIFE_H

#include "support/pair_tap.h"
#include "support/resume.h"
#include "support/secrets.h"

typedef enum {
    WIPED_FULL,
    WIPED_MUTUAL, // with a client's certificate
    WIPED_RETRY, // behind a HelloRetryRequest
    WIPED_RESUMED,
    WIPED_PSK,
    WIPED_PSK_ALONE, // without a key exchange
    WIPED_PSK_ASKED, // the server's caller is asked for the key
} wiped_kind_t;

typedef struct {
    const char *name;
    uint16_t version, suite;
    wiped_kind_t kind;
    uint16_t chunk; // of both sides; 0: the usual one
} wiped_life_t;

enum { WIPED_LIVES = 18 };
extern const wiped_life_t wiped_lives[WIPED_LIVES];
extern const skr_psk_t wiped_psk;

// Configurations, and nothing known yet. Memory does not fail.
void wiped_begin(pair_t *pair, const wiped_life_t *life, const skr_provider_t *client,
    const skr_provider_t *server);
// The session that WIPED_RESUMED needs, from a handshake of its own. wiped_connect() and
// wiped_try() do it where it was not done.
void wiped_prepare(pair_t *pair, const wiped_life_t *life);
// Its secret is known, and may be nowhere: where it is not resumed.
void wiped_add_session(void);
// pair_start(), and what is offered.
void wiped_start(pair_t *pair, const wiped_life_t *life);
// A handshake, as far as it goes; the client's new session is taken.
void wiped_connect(pair_t *pair, const wiped_life_t *life);
// Data both ways, none, short and long; exported keys.
void wiped_talk(pair_t *pair);
// What comes behind a handshake, as far as it goes: its session, data, new keys.
void wiped_try_on(pair_t *pair, const wiped_life_t *life);
// A whole life as far as it goes.
void wiped_try(pair_t *pair, const wiped_life_t *life);
void wiped_learn(const pair_t *pair, const wiped_life_t *life, unsigned updates);
// At least so many blocks were given back, and all are zero.
void wiped_assert_given(size_t least);
// pair_end(); objects and blocks are zero.
void wiped_end(pair_t *pair);

#endif
