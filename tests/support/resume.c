// Coming back.
//
// In: a pair. Out: sessions that its client has kept, and pairs that offer them. Client and server
// have fixed keys: whoever knows the secret that seals a session or a ticket may make others, which
// is how the tests say what no honest side would. Everything kept is asserted to be of the sizes
// that limits.h promises (RFC 9846 section 4.7.1, RFC 5077).
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/resume.h"

#include "base/bytes.h"

const uint8_t resume_session_key[SKR_SESSION_KEY_SIZE] = {0x5e, 0x55, 0x10, 0x4b};
resume_keys_t resume_keys;

void resume_key(int which, skr_ticket_key_t *key) {
    memset(key->name, 'a' + which, sizeof(key->name));
    memset(key->key, 0x30 + which, sizeof(key->key));
}

static bool find_key(void *user, const uint8_t *name, skr_ticket_key_t *key) {
    resume_keys_t *keys = user;
    *(name == NULL ? &keys->made : &keys->asked) += 1;
    if (name == NULL) {
        if (keys->newest == RESUME_NO_KEY) {
            return false;
        }
        resume_key(keys->newest, key);
        memset(key->key, keys->unfilled ? 0 : key->key[0], sizeof(key->key));
        return true;
    }
    for (int i = 0; i < RESUME_KEYS; i++) {
        resume_key(i, key);
        if (keys->there[i] && view_equal(view_of(name, 8), view_of(key->name, 8))) {
            memset(key->key, keys->unfilled ? 0 : key->key[0], sizeof(key->key));
            return true;
        }
    }
    memset(key, 0xa5, sizeof(*key)); // nobody may look at it
    return false;
}

void resume_pair(
    pair_t *pair, uint16_t version, const skr_provider_t *client, const skr_provider_t *server) {
    static const skr_ticket_keys_t ticket_keys = {find_key, &resume_keys};
    pair_init(pair, client, server);
    pair->version = version;
    pair->client.config.min_version = pair->server.config.min_version = SKR_TLS12;
    pair->server.config.max_version = version;
    pair->client.config.session_key = resume_session_key;
    pair->server.config.ticket_keys = &ticket_keys;
    resume_keys = (resume_keys_t){.there = {true, true, true}, .newest = 0};
}

void resume_pair_openssl(pair_t *pair, uint16_t version) {
    resume_pair(pair, version, &skr_provider_openssl, &skr_provider_openssl);
}

void resume_take(pair_side_t *client, resume_session_t *out) {
    const uint8_t *bytes = NULL;
    out->size = skr_conn_session(client->conn, &bytes);
    assert_true(out->size > 0);
    assert_true(out->size <= sizeof(out->bytes));
    memcpy(out->bytes, bytes, out->size);
    assert_non_null(client->memory.block[SKR_REGION_SESSION]);
    skr_conn_session_done(client->conn);
    assert_null(client->memory.block[SKR_REGION_SESSION]);
    assert_int_equal(skr_conn_session(client->conn, &bytes), 0);
}

void resume_first(pair_t *pair, resume_session_t *out) {
    pair_start(pair);
    pair_run(pair);
    pair_assert_status(pair->client.status, SKR_OK);
    resume_take(&pair->client, out);
    pair_assert_complete(pair);
    pair_end(pair);
}

bool resume_offer(pair_t *pair, const resume_session_t *session) {
    return skr_conn_resume(pair->client.conn, session->bytes, session->size);
}

bool resume_connect(pair_t *pair, const resume_session_t *session) {
    skr_conn_info_t client, server;
    pair_start(pair);
    bool offered = resume_offer(pair, session);
    assert_true(offered || pair->client.memory.block[SKR_REGION_SESSION] == NULL);
    pair_run(pair);
    skr_conn_info(pair->client.conn, &client);
    skr_conn_info(pair->server.conn, &server);
    assert_true(client.complete && server.complete);
    assert_int_equal(client.resumed, server.resumed);
    assert_true(offered || !client.resumed);
    return client.resumed;
}

bool resume_again(pair_t *pair, const resume_session_t *session) {
    bool resumed = resume_connect(pair, session);
    skr_conn_session_done(pair->client.conn);
    pair_assert_complete(pair);
    pair_exchange(pair, 100);
    pair_end(pair);
    return resumed;
}

void resume_open(const resume_session_t *sealed, session_t *session, resume_session_t *room) {
    *room = *sealed;
    assert_true(session_open(
        session, &skr_provider_openssl, resume_session_key, 0, room->bytes, room->size));
}

void resume_seal(const session_t *session, resume_session_t *sealed) {
    static test_random_t random;
    if (random.word[0] == 0) {
        test_random_seed(&random, 77);
    }
    sealed->size = session_sealed_size(session, 0);
    assert_true(sealed->size <= sizeof(sealed->bytes));
    assert_true(session_seal(session, &skr_provider_openssl, resume_session_key, view_of(NULL, 0),
        test_random, &random, sealed->bytes));
}
