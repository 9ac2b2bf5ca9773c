// Lives in which everything that is secret is known.
//
// In: a kind of life (RFC 9846, RFC 5246). Out: a pair that lives it, its secrets told to
// support/secrets.h. Blocks that are given back are kept until the end and looked at again, so that
// a late write would be seen. What may be where is for the tests to say.
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wiped_life.h"

#include "base/bytes.h"
#include "base/ct.h"
#include "conn/conn.h"

const wiped_life_t wiped_lives[WIPED_LIVES] = {
    {"1.3, AES-128", SKR_TLS13, 0x1301, WIPED_FULL, 0},
    {"1.3, AES-256", SKR_TLS13, 0x1302, WIPED_FULL, 128},
    {"1.3, ChaCha20", SKR_TLS13, 0x1303, WIPED_MUTUAL, 0},
    {"1.3, client's certificate", SKR_TLS13, 0x1302, WIPED_MUTUAL, 256},
    {"1.3, retry", SKR_TLS13, 0x1301, WIPED_RETRY, 0},
    {"1.3, resumed", SKR_TLS13, 0x1301, WIPED_RESUMED, 0},
    {"1.3, resumed, SHA-384", SKR_TLS13, 0x1302, WIPED_RESUMED, 128},
    {"1.3, key", SKR_TLS13, 0x1301, WIPED_PSK, 0},
    {"1.3, key alone", SKR_TLS13, 0x1303, WIPED_PSK_ALONE, 0},
    {"1.3, key that is asked for", SKR_TLS13, 0x1301, WIPED_PSK_ASKED, 0},
    {"1.2, AES-128", SKR_TLS12, 0xc02b, WIPED_FULL, 128},
    {"1.2, AES-256", SKR_TLS12, 0xc02c, WIPED_MUTUAL, 0},
    {"1.2, ChaCha20", SKR_TLS12, 0xcca9, WIPED_MUTUAL, 0},
    {"1.2, resumed", SKR_TLS12, 0xc02b, WIPED_RESUMED, 0},
    {"1.2, resumed, ChaCha20", SKR_TLS12, 0xcca9, WIPED_RESUMED, 128},
    {"1.2, key", SKR_TLS12, 0xccac, WIPED_PSK, 0},
    {"1.2, key alone", SKR_TLS12, 0x00a8, WIPED_PSK_ALONE, 0},
    {"1.2, key that is asked for", SKR_TLS12, 0xd001, WIPED_PSK_ASKED, 0},
};

static const uint8_t psk_bytes[32] = {0x91, 0x7e, 0x44, 0x0d, 0x5a, 0xc3, 0x18, 0xee, 0x62, 0xb0};
const skr_psk_t wiped_psk = {
    .identity = {(const uint8_t *)"a sensor", 8}, .key = {psk_bytes, sizeof(psk_bytes)}};

// --- Memory ---

enum { GIVEN_MAX = 8192 };
static struct {
    uint8_t *block;
    size_t size;
} given[GIVEN_MAX];
static size_t given_count;

static void keep(void *user, uint8_t *block, size_t size) {
    (void)user;
    assert_true(given_count < GIVEN_MAX);
    given[given_count].block = block;
    given[given_count++].size = size;
}

void wiped_assert_given(size_t least) {
    assert_true(given_count >= least);
    for (size_t i = 0; i < given_count; i++) {
        assert_true(ct_is_zero(given[i].block, given[i].size));
    }
}

void wiped_end(pair_t *pair) {
    pair_end(pair);
    wiped_assert_given(0);
    assert_true(ct_is_zero(pair->client.room, sizeof(pair->client.room)));
    assert_true(ct_is_zero(pair->server.room, sizeof(pair->server.room)));
    for (size_t i = 0; i < given_count; i++) {
        free(given[i].block);
    }
    given_count = 0;
    pair->client.memory.keep = pair->server.memory.keep = NULL;
}

// --- Configurations ---

static resume_session_t session; // to be offered; size 0: there is none yet
static uint16_t suites[2];

static skr_status_t give_psk(pair_side_t *side) {
    return skr_conn_give_psk(side->conn, &wiped_psk);
}

static void use_psk(pair_t *pair, wiped_kind_t kind) {
    static const skr_psk_t other = {.identity = {(const uint8_t *)"another", 7},
        .key = {(const uint8_t *)"sixteen bytes and sixteen again!", 32}};
    pair_side_t *client = &pair->client, *server = &pair->server;
    client->config.psks = &wiped_psk;
    server->config.psks = kind == WIPED_PSK_ASKED ? &other : &wiped_psk;
    client->config.psk_count = server->config.psk_count = 1;
    client->config.anchor_count = server->config.credential_count = 0;
    client->config.allow_psk_ke = server->config.allow_psk_ke = kind == WIPED_PSK_ALONE;
    server->config.ask_psk = kind == WIPED_PSK_ASKED;
    server->give_psk = give_psk;
    // Only the key's own exchange in one of the versions.
    client->config.session_key = NULL;
    server->config.ticket_keys = NULL;
}

void wiped_begin(pair_t *pair, const wiped_life_t *life, const skr_provider_t *client,
    const skr_provider_t *server) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    skr_ticket_key_t key;
    secrets_begin();
    session.size = 0;
    resume_pair(pair, life->version, client, server);
    pair->client.config.provider = secrets_provider(client, SECRETS_CLIENT);
    pair->server.config.provider = secrets_provider(server, SECRETS_SERVER);
    pair->client.config.min_version = pair->client.config.max_version = life->version;
    suites[0] = life->suite;
    pair->client.config.suites = pair->server.config.suites = suites;
    pair->client.config.chunk = pair->server.config.chunk = life->chunk;
    pair->client.memory.fail_at = pair->server.memory.fail_at = 0;
    pair->client.memory.keep = pair->server.memory.keep = NULL;
    pair->server.give_psk = NULL;
    if (life->kind == WIPED_MUTUAL) {
        pair_mutual(pair, PKI_P256);
    } else if (life->kind == WIPED_RETRY) {
        pair->client.config.groups = both;
        pair->server.config.groups = wanted;
    } else if (life->kind >= WIPED_PSK) {
        use_psk(pair, life->kind);
    }
    secrets_add("the session key", SECRET_NEVER, resume_session_key, sizeof(resume_session_key));
    resume_key(0, &key);
    secrets_add("the ticket key", SECRET_NEVER, key.key, sizeof(key.key));
    secrets_add("a private key", SECRET_NEVER,
        pki_credential(server, PKI_P256, PKI_SERVER)->key->part[0].data, 32);
}

// --- Parts of a life ---

static skr_view_t session_secret(void) {
    static resume_session_t room;
    static session_t opened;
    if (session.size == 0) {
        return view_of(NULL, 0);
    }
    resume_open(&session, &opened, &room);
    return view_of(opened.secret, opened.secret_size);
}

void wiped_prepare(pair_t *pair, const wiped_life_t *life) {
    if (life->kind == WIPED_RESUMED && session.size == 0) {
        unsigned long client = pair->client.memory.fail_at, server = pair->server.memory.fail_at;
        pair->client.memory.fail_at = pair->server.memory.fail_at = 0;
        resume_first(pair, &session);
        pair->client.memory.fail_at = client;
        pair->server.memory.fail_at = server;
    }
}

void wiped_start(pair_t *pair, const wiped_life_t *life) {
    wiped_prepare(pair, life);
    pair->client.memory.keep = pair->server.memory.keep = keep;
    pair_start(pair);
    if (life->kind == WIPED_RESUMED) {
        (void)resume_offer(pair, &session);
    }
}

static void take_session(pair_t *pair, const wiped_life_t *life) {
    if (pair_is_complete(&pair->client) && pair->client.memory.block[SKR_REGION_SESSION] != NULL) {
        static resume_session_t newest, room;
        session_t opened;
        resume_take(&pair->client, &newest);
        resume_open(&newest, &opened, &room);
        bool is_master = life->version == SKR_TLS12; // which may live on, for exporters
        secrets_add("a ticket's secret", is_master ? SECRET_EXPORTS : SECRET_NEVER, opened.secret,
            opened.secret_size);
    }
}

// Once keys are made nothing of the key exchange is left, long before the handshake's end.
static void run_watched(pair_t *pair) {
    while (pair_step(pair)) {
        if (pair->client.secret_count > 0) {
            secrets_assert_side(&pair->client, SECRET_NEVER);
        }
        if (pair->server.secret_count > 0) {
            secrets_assert_side(&pair->server, SECRET_NEVER);
        }
    }
}

void wiped_connect(pair_t *pair, const wiped_life_t *life) {
    wiped_start(pair, life);
    run_watched(pair);
    take_session(pair, life);
}

void wiped_add_session(void) {
    skr_view_t secret = session_secret();
    secrets_add("the session's secret", SECRET_NEVER, secret.data, secret.size);
}

static void say(pair_t *pair, pair_side_t *from, size_t size) {
    static uint8_t data[20000];
    static test_random_t random;
    assert_true(size <= sizeof(data));
    if (random.word[0] == 0) {
        test_random_seed(&random, 99);
    }
    test_random(&random, data, size);
    secrets_data(data, size);
    pair_side_t *to = pair_other(pair, from);
    skr_status_t status = SKR_OK;
    to->got_size = 0;
    for (size_t said = 0, n = 1; status >= SKR_OK && said < size && n > 0; said += n) {
        status = skr_conn_write(from->conn, data + said, size - said, &n);
        pair_run(pair);
    }
    if (status == SKR_OK && to->got_size == size) {
        assert_memory_equal(to->got, data, size);
    }
    memset(to->got, 0, to->got_size);
}

void wiped_talk(pair_t *pair) {
    static const uint8_t label[] = "EXPERIMENTAL wiped";
    const pair_side_t *sides[] = {&pair->client, &pair->server};
    size_t none = 0;
    (void)skr_conn_write(pair->client.conn, label, 0, &none);
    say(pair, &pair->client, 100);
    say(pair, &pair->server, 20000);
    say(pair, &pair->client, 3000);
    say(pair, &pair->server, 40);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t out[48];
        if (skr_conn_export(sides[i]->conn, view_of(label, sizeof(label)), view_of(NULL, 0), out,
                sizeof(out)) == SKR_OK) {
            secrets_add("exported keys", SECRET_NEVER, out, sizeof(out));
        }
    }
}

void wiped_try_on(pair_t *pair, const wiped_life_t *life) {
    take_session(pair, life);
    wiped_talk(pair);
    (void)skr_conn_update_keys(pair->client.conn, true);
    pair_run(pair);
    say(pair, &pair->client, 100);
    say(pair, &pair->server, 100);
}

void wiped_try(pair_t *pair, const wiped_life_t *life) {
    wiped_start(pair, life);
    pair_run(pair);
    wiped_try_on(pair, life);
}

void wiped_learn(const pair_t *pair, const wiped_life_t *life, unsigned updates) {
    skr_view_t psk = life->kind >= WIPED_PSK ? wiped_psk.key : session_secret();
    bool resumed12 = life->kind == WIPED_RESUMED && life->version == SKR_TLS12;
    secrets_learn(pair, resumed12 ? view_of(NULL, 0) : psk, updates);
}
