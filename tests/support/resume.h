// Coming back: pairs that keep sessions and tickets, and what was kept.
//
//     resume_pair(&pair, SKR_TLS13, client_provider, server_provider);
//     resume_first(&pair, &kept); // a full handshake, and its session
//     assert_true(resume_again(&pair, &kept)); // a short one
#ifndef TESTS_SUPPORT_RESUME_H
#define TESTS_SUPPORT_RESUME_H

#include "keys/session.h"
#include "support/pair.h"

typedef struct {
    size_t size;
    uint8_t bytes[SKR_TICKET_MAX + SKR_SESSION_OVERHEAD + 1];
} resume_session_t;

// The server's ticket keys: those that are there, and which of them seals.
enum { RESUME_KEYS = 3, RESUME_NO_KEY = -1 };
typedef struct {
    bool there[RESUME_KEYS];
    int newest; // RESUME_NO_KEY: no tickets are made
    bool unfilled; // all keys are zeros
    unsigned asked; // how often a key was looked for by its name
    unsigned made; // and how often one to seal with
} resume_keys_t;
extern resume_keys_t resume_keys; // resume_pair(): all are there, the first seals
void resume_key(int which, skr_ticket_key_t *key);
extern const uint8_t resume_session_key[SKR_SESSION_KEY_SIZE]; // the client's

// A pair of that version at most, with a session key and ticket keys.
void resume_pair(
    pair_t *pair, uint16_t version, const skr_provider_t *client, const skr_provider_t *server);
void resume_pair_openssl(pair_t *pair, uint16_t version);

// The client's newest session, taken: its memory is back.
void resume_take(pair_side_t *client, resume_session_t *out);
// A handshake to the end; its session.
void resume_first(pair_t *pair, resume_session_t *out);
// Behind pair_start(): is the session taken as an offer?
bool resume_offer(pair_t *pair, const resume_session_t *session);
// A handshake with this offer, to the end, and data; was the session resumed? Both say the same.
bool resume_again(pair_t *pair, const resume_session_t *session);
// The same without a word for data, and the connection goes on.
bool resume_connect(pair_t *pair, const resume_session_t *session);

// What is sealed in a session, to be changed, and sealed again. The ticket looks into
// session->bytes.
void resume_open(const resume_session_t *sealed, session_t *session, resume_session_t *room);
void resume_seal(const session_t *session, resume_session_t *sealed);

#endif
