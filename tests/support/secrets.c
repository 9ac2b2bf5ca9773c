// Every secret of a connection.
//
// In: what the groups compute, the key log, pre-shared keys. Out: these and what follows from them
// (RFC 9846 section 7, RFC 5246 sections 6.3 and 8.1), each with when it may be where; whether a
// place in memory holds one. Rungs of the ladder are climbed anew here, so that those that nobody
// is told are known too.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/secrets.h"

#include "base/bytes.h"
#include "base/ct.h"
#include "conn/conn.h"
#include "keys/hkdf.h"
#include "keys/prf12.h"
#include "keys/suites.h"

enum { SECRETS_MAX = 400, KEPT = 64 };

typedef struct {
    const char *what;
    unsigned life;
    bool learned; // not told but computed anew each time
    uint16_t next; // 1 + the next one that begins with the same two bytes
    size_t size;
    uint8_t bytes[KEPT];
} secret_t;

static secret_t secrets[SECRETS_MAX];
static size_t count;
static uint16_t begins[65536]; // 1 + the first of those that begin with these two bytes
static bool sorted; // begins is up to date
static bool learning;
static uint8_t shared[KEPT]; // the newest
static size_t shared_size; // 0: there is none

void secrets_begin(void) {
    count = shared_size = 0;
    sorted = false;
}

void secrets_add(const char *what, unsigned life, const uint8_t *bytes, size_t size) {
    assert_true(size >= 4 && size <= KEPT);
    if (ct_is_zero(bytes, size)) {
        return; // zeros are everywhere
    }
    for (size_t i = 0; i < count; i++) {
        if (secrets[i].size == size && memcmp(secrets[i].bytes, bytes, size) == 0) {
            secrets[i].life |= life;
            return;
        }
    }
    assert_true(count < SECRETS_MAX);
    secret_t *secret = &secrets[count++];
    secret->what = what;
    secret->life = life;
    secret->learned = learning;
    sorted = false;
    secret->size = size;
    memcpy(secret->bytes, bytes, size);
}

void secrets_data(const uint8_t *data, size_t size) {
    if (size >= SECRETS_DATA) {
        secrets_add("the beginning of data", SECRET_NEVER, data, SECRETS_DATA);
        secrets_add("the end of data", SECRET_NEVER, data + size - SECRETS_DATA, SECRETS_DATA);
    }
}

size_t secrets_count(void) {
    return count;
}

size_t secrets_count_of(unsigned life) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        n += secrets[i].life == life;
    }
    return n;
}

// --- What the groups compute ---

enum { GROUPS = 3, SIDES = 2 };
static const skr_group_t *real[SIDES * GROUPS];

static void spy_private(unsigned n, const uint8_t *key) {
    secrets_add("a private key", SECRET_NEVER, key, real[n]->private_size);
}

static void spy_shared(unsigned n, const uint8_t *bytes) {
    secrets_add("a shared secret", SECRET_NEVER, bytes, real[n]->shared_size);
    memcpy(shared, bytes, real[n]->shared_size);
    shared_size = real[n]->shared_size;
}

static skr_crypto_t spy_generate(unsigned n, uint8_t *private_key, uint8_t *share) {
    skr_crypto_t result = real[n]->generate(private_key, share);
    spy_private(n, private_key);
    return result;
}

static skr_crypto_t spy_respond(unsigned n, uint8_t *random, const uint8_t *peer, size_t size,
    uint8_t *response, uint8_t *bytes) {
    spy_private(n, random);
    skr_crypto_t result = real[n]->respond(random, peer, size, response, bytes);
    if (result == SKR_CRYPTO_OK) {
        spy_shared(n, bytes);
    }
    return result;
}

static skr_crypto_t spy_finish(
    unsigned n, const uint8_t *private_key, const uint8_t *peer, size_t size, uint8_t *bytes) {
    skr_crypto_t result = real[n]->finish(private_key, peer, size, bytes);
    if (result == SKR_CRYPTO_OK) {
        spy_shared(n, bytes);
    }
    return result;
}

#define SPY(n) \
    static skr_crypto_t generate_##n(uint8_t *key, uint8_t *share) { \
        return spy_generate(n, key, share); \
    } \
    static skr_crypto_t respond_##n( \
        uint8_t *random, const uint8_t *peer, size_t size, uint8_t *response, uint8_t *bytes) { \
        return spy_respond(n, random, peer, size, response, bytes); \
    } \
    static skr_crypto_t finish_##n( \
        const uint8_t *key, const uint8_t *peer, size_t size, uint8_t *bytes) { \
        return spy_finish(n, key, peer, size, bytes); \
    }
SPY(0)
SPY(1)
SPY(2)
SPY(3)
SPY(4)
SPY(5)
#define SPIES(name) \
    { name##_0, name##_1, name##_2, name##_3, name##_4, name##_5 }

const skr_provider_t *secrets_provider(const skr_provider_t *provider, unsigned which) {
    static skr_provider_t copies[SIDES];
    static skr_group_t groups[SIDES * GROUPS];
    static const skr_group_t *lists[SIDES][GROUPS + 1];
    static skr_crypto_t (*const generate[])(uint8_t *, uint8_t *) = SPIES(generate);
    static skr_crypto_t (*const respond[])(
        uint8_t *, const uint8_t *, size_t, uint8_t *, uint8_t *) = SPIES(respond);
    static skr_crypto_t (*const finish[])(
        const uint8_t *, const uint8_t *, size_t, uint8_t *) = SPIES(finish);
    copies[which] = *provider;
    for (size_t i = 0; i < GROUPS && provider->groups[i] != NULL; i++) {
        size_t n = which * GROUPS + i;
        real[n] = provider->groups[i];
        groups[n] = *real[n];
        groups[n].generate = generate[n];
        groups[n].respond = respond[n];
        groups[n].finish = finish[n];
        lists[which][i] = &groups[n];
    }
    copies[which].groups = lists[which];
    return &copies[which];
}

// --- What follows ---

static void learn_traffic(const char *what, unsigned life, const skr_hash_t *hash,
    const uint8_t *secret, size_t key_size) {
    uint8_t key[SKR_AEAD_KEY_MAX], iv[SKR_AEAD_NONCE_SIZE], finished[SKR_SECRET_SIZE_MAX];
    secrets_add(what, life, secret, hash->size);
    assert_true(schedule_traffic_keys(hash, secret, key, key_size, iv));
    secrets_add("a record key", life, key, key_size);
    secrets_add("a record iv", life, iv, sizeof(iv));
    assert_true(hkdf_expand_label(
        hash, secret, VIEW_LITERAL("finished"), view_of(NULL, 0), finished, hash->size));
    secrets_add("a key of Finished", SECRET_NEVER, finished, hash->size);
}

// A traffic secret and those that KeyUpdates made of it; the last one is at work.
static void learn_generations(const pair_secret_t *logged, const char *what, unsigned life,
    const skr_hash_t *hash, size_t key_size, unsigned updates) {
    uint8_t secret[SKR_SECRET_SIZE_MAX];
    memcpy(secret, logged->secret, logged->size);
    for (unsigned n = 0; n <= updates; n++) {
        learn_traffic(what, n == updates ? life : SECRET_NEVER, hash, secret, key_size);
        assert_true(n == updates || schedule_update(hash, secret));
    }
}

// The ladder from the bottom (section 7.1). shared_ absent: psk_ke.
static void learn_ladder(const skr_hash_t *hash, skr_view_t psk, skr_view_t shared_) {
    uint8_t rung[SKR_SECRET_SIZE_MAX], empty[SKR_HASH_SIZE_MAX], salt[SKR_SECRET_SIZE_MAX];
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    static const char *const names[] = {
        "the early secret", "the handshake secret", "the main secret"};
    assert_true(hash->init(state) && hash->result(state, empty));
    assert_true(hkdf_extract(hash, view_of(NULL, 0), psk, rung));
    for (unsigned i = 0; i < 3; i++) {
        if (view_is(psk) || i > 0) { // the first is known to everybody without a key
            secrets_add(names[i], SECRET_NEVER, rung, hash->size);
        }
        assert_true(hkdf_expand_label(
            hash, rung, VIEW_LITERAL("derived"), view_of(empty, hash->size), salt, hash->size));
        if (view_is(psk) || i > 0) {
            secrets_add("a derived secret", SECRET_NEVER, salt, hash->size);
        }
        skr_view_t input = i == 0 ? shared_ : view_of(NULL, 0);
        assert_true(hkdf_extract(hash, view_of(salt, hash->size), input, rung));
    }
    for (int kind = BINDER_RESUMPTION; view_is(psk) && kind <= BINDER_IMPORTED; kind++) {
        uint8_t binder[SKR_HASH_SIZE_MAX];
        assert_true(schedule_binder(hash, (binder_kind_t)kind, psk, binder));
        secrets_add("a binder's key", SECRET_NEVER, binder, hash->size);
    }
}

static void learn13(const pair_t *pair, const suite_t *suite, skr_view_t psk, unsigned updates) {
    static const struct {
        const char *label;
        unsigned life;
    } labels[] = {
        {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", SECRET_NEVER},
        {"SERVER_HANDSHAKE_TRAFFIC_SECRET", SECRET_NEVER},
        {"CLIENT_TRAFFIC_SECRET_0", SECRET_CLIENT},
        {"SERVER_TRAFFIC_SECRET_0", SECRET_SERVER},
    };
    const skr_hash_t *hash = provider_hash(&skr_provider_openssl, suite->hash);
    size_t key_size = provider_aead(&skr_provider_openssl, suite->aead)->key_size;
    const pair_side_t *sides[] = {&pair->client, &pair->server};
    for (unsigned i = 0; i < 8; i++) { // of a handshake that fails, what either side was told
        const pair_secret_t *logged = pair_secret(sides[i / 4], labels[i % 4].label);
        if (logged != NULL) {
            learn_generations(logged, labels[i % 4].label, labels[i % 4].life, hash, key_size,
                i % 4 < 2 ? 0 : updates);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        const pair_secret_t *logged = pair_secret(sides[i], "EXPORTER_SECRET");
        if (logged != NULL) {
            secrets_add("EXPORTER_SECRET", SECRET_EXPORTS, logged->secret, logged->size);
        }
    }
    learn_ladder(hash, psk, view_of(shared_size > 0 ? shared : NULL, shared_size));
    const skr_conn_t *client = pair->client.conn;
    if (!ct_is_zero(client->resumption, sizeof(client->resumption))) {
        secrets_add("the resumption secret", SECRET_RESUMES, client->resumption, hash->size);
    }
}

// The key block (RFC 5246 section 6.3): client's key, server's key, client's iv, server's iv.
static void learn12(const pair_t *pair, const suite_t *suite) {
    const pair_side_t *sides[] = {&pair->client, &pair->server};
    const skr_hash_t *hash = provider_hash(&skr_provider_openssl, suite->hash);
    size_t key_size = provider_aead(&skr_provider_openssl, suite->aead)->key_size;
    size_t iv_size = suite->aead == SKR_AEAD_CHACHA20_POLY1305 ? 12 : 4;
    for (unsigned i = 0; i < 2; i++) {
        const pair_secret_t *master = pair_secret(sides[i], "CLIENT_RANDOM");
        if (master == NULL) {
            continue;
        }
        uint8_t block[2 * (SKR_AEAD_KEY_MAX + SKR_AEAD_NONCE_SIZE)];
        secrets_add("the master secret", SECRET_EXPORTS, master->secret, master->size);
        assert_true(prf12(hash, view_of(master->secret, master->size),
            VIEW_LITERAL("key expansion"), view_of(sides[i]->server_random, SKR_RANDOM_SIZE),
            view_of(master->random, SKR_RANDOM_SIZE), block, 2 * (key_size + iv_size)));
        secrets_add("the client's record key", SECRET_CLIENT, block, key_size);
        secrets_add("the server's record key", SECRET_SERVER, block + key_size, key_size);
        if (iv_size > 4) { // four bytes may be anything
            secrets_add("the client's iv", SECRET_CLIENT, block + 2 * key_size, iv_size);
            secrets_add("the server's iv", SECRET_SERVER, block + 2 * key_size + iv_size, iv_size);
        }
    }
}

void secrets_learn(const pair_t *pair, skr_view_t psk, unsigned updates) {
    const pair_side_t *side = pair->server.suite != 0 ? &pair->server : &pair->client;
    const suite_t *suite = suite_find(side->suite);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!secrets[i].learned) {
            secrets[kept++] = secrets[i];
        }
    }
    count = kept;
    sorted = false;
    learning = true;
    if (view_is(psk)) {
        secrets_add("a pre-shared key", SECRET_NEVER, psk.data, psk.size);
    }
    if (suite != NULL && suite->version == (SKR_TLS13 & 0xff)) {
        learn13(pair, suite, psk, updates);
    } else if (suite != NULL) {
        learn12(pair, suite);
    }
    learning = false;
}

// --- Looking ---

static void sort(void) {
    memset(begins, 0, sizeof(begins));
    for (size_t i = 0; i < count; i++) {
        uint16_t *first = &begins[bytes_get16(secrets[i].bytes)];
        secrets[i].next = *first;
        *first = (uint16_t)(i + 1);
    }
    sorted = true;
}

const char *secrets_find(const uint8_t *bytes, size_t size, unsigned allowed) {
    if (!sorted) {
        sort();
    }
    for (size_t at = 0; at + 1 < size; at++) {
        for (unsigned n = begins[bytes_get16(bytes + at)]; n != 0; n = secrets[n - 1].next) {
            const secret_t *secret = &secrets[n - 1];
            if ((secret->life & allowed) == 0 && secret->size <= size - at &&
                memcmp(bytes + at, secret->bytes, secret->size) == 0) {
                return secret->what;
            }
        }
    }
    return NULL;
}

void secrets_assert_absent(const char *where, const uint8_t *bytes, size_t size, unsigned allowed) {
    const char *what = secrets_find(bytes, size, allowed);
    if (what != NULL) {
        fail_msg("%s holds %s", where, what);
    }
}

void secrets_assert_side(const pair_side_t *side, unsigned allowed) {
    char where[64];
    strcpy(where, side->name);
    secrets_assert_absent(where, side->room, sizeof(side->room), allowed);
    strcat(where, "'s block of region _");
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        where[strlen(where) - 1] = (char)('0' + i);
        if (side->memory.block[i] != NULL) {
            secrets_assert_absent(where, side->memory.block[i], side->memory.size[i], allowed);
        }
    }
    for (size_t i = 0; i < side->memory.later_count; i++) {
        secrets_assert_absent(
            where, side->memory.later[i].block, side->memory.later[i].size, allowed);
    }
}
