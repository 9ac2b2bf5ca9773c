// What is secret is gone when it has served.
//
// In: handshakes of both versions, whole ones and failing ones, with the secrets that they derive:
// from the key log, from what the groups computed, and what follows from these (record keys, the
// keys of Finished). Out: an idle connection holds the keys of the traffic to come and nothing of
// what led to them (RFC 9846 section 7); one that has failed holds none at all, wherever it failed;
// after its end its room is zero. That blocks are zero when they are given back every pair test
// asserts (support/pair_memory.c).
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/ct.h"
#include "conn/conn.h"
#include "keys/hkdf.h"
#include "support/pair.h"

static pair_t pair;

enum { FOUND_MAX = 96, KEPT = 64 };

typedef struct {
    const char *what;
    bool stays; // it may live in an idle connection
    size_t size;
    uint8_t bytes[KEPT];
} secret_t;

static secret_t found[FOUND_MAX];
static size_t found_count;

static void keep(const char *what, bool stays, const uint8_t *bytes, size_t size) {
    assert_true(found_count < FOUND_MAX && size >= 12 && size <= KEPT);
    secret_t *secret = &found[found_count++];
    secret->what = what;
    secret->stays = stays;
    secret->size = size;
    memcpy(secret->bytes, bytes, size);
}

// --- What the groups compute ---

static const skr_group_t *real[8];

static skr_crypto_t spy_generate(unsigned n, uint8_t *private_key, uint8_t *share) {
    skr_crypto_t result = real[n]->generate(private_key, share);
    keep("a private key", false, private_key, real[n]->private_size);
    return result;
}

static skr_crypto_t spy_respond(unsigned n, uint8_t *random, const uint8_t *peer, size_t size,
    uint8_t *response, uint8_t *shared) {
    keep("a private key", false, random, real[n]->private_size);
    skr_crypto_t result = real[n]->respond(random, peer, size, response, shared);
    keep("a shared secret", false, shared, real[n]->shared_size);
    return result;
}

static skr_crypto_t spy_finish(
    unsigned n, const uint8_t *private_key, const uint8_t *peer, size_t size, uint8_t *shared) {
    skr_crypto_t result = real[n]->finish(private_key, peer, size, shared);
    keep("a shared secret", false, shared, real[n]->shared_size);
    return result;
}

#define SPY(n) \
    static skr_crypto_t generate_##n(uint8_t *key, uint8_t *share) { \
        return spy_generate(n, key, share); \
    } \
    static skr_crypto_t respond_##n( \
        uint8_t *random, const uint8_t *peer, size_t size, uint8_t *response, uint8_t *shared) { \
        return spy_respond(n, random, peer, size, response, shared); \
    } \
    static skr_crypto_t finish_##n( \
        const uint8_t *key, const uint8_t *peer, size_t size, uint8_t *shared) { \
        return spy_finish(n, key, peer, size, shared); \
    }
SPY(0)
SPY(1)
SPY(2)

static skr_provider_t watched(const skr_provider_t *provider) {
    static skr_group_t groups[3];
    static const skr_group_t *list[4];
    static skr_crypto_t (*const generate[])(uint8_t *, uint8_t *) = {
        generate_0, generate_1, generate_2};
    static skr_crypto_t (*const respond[])(uint8_t *, const uint8_t *, size_t, uint8_t *,
        uint8_t *) = {respond_0, respond_1, respond_2};
    static skr_crypto_t (*const finish[])(const uint8_t *, const uint8_t *, size_t, uint8_t *) = {
        finish_0, finish_1, finish_2};
    skr_provider_t copy = *provider;
    for (size_t i = 0; i < 3 && provider->groups[i] != NULL; i++) {
        real[i] = provider->groups[i];
        groups[i] = *real[i];
        groups[i].generate = generate[i];
        groups[i].respond = respond[i];
        groups[i].finish = finish[i];
        list[i] = &groups[i];
    }
    copy.groups = list;
    return copy;
}

// --- What follows from the key log ---

static void keep_traffic(
    const char *what, bool stays, const pair_secret_t *secret, const skr_hash_t *hash) {
    uint8_t key[SKR_AEAD_KEY_MAX], iv[SKR_AEAD_NONCE_SIZE], finished[SKR_SECRET_SIZE_MAX];
    size_t key_size = secret->size == 48 ? 32 : 16; // AES_256_GCM_SHA384, AES_128_GCM_SHA256
    keep(what, stays, secret->secret, secret->size);
    assert_true(schedule_traffic_keys(hash, secret->secret, key, key_size, iv));
    keep("a record key", stays, key, key_size);
    keep("a record iv", stays, iv, sizeof(iv));
    assert_true(hkdf_expand_label(
        hash, secret->secret, VIEW_LITERAL("finished"), view_of(NULL, 0), finished, hash->size));
    keep("a key of Finished", false, finished, hash->size);
}

static void keep_logged(const pair_side_t *side) {
    for (size_t i = 0; i < side->secret_count; i++) {
        const pair_secret_t *secret = &side->secret[i];
        const skr_hash_t *hash = provider_hash(&skr_provider_openssl,
            secret->size == 48 && pair.version == SKR_TLS13 ? SKR_HASH_SHA384 : SKR_HASH_SHA256);
        if (strstr(secret->label, "HANDSHAKE_TRAFFIC") != NULL) {
            keep_traffic(secret->label, false, secret, hash);
        } else if (strstr(secret->label, "TRAFFIC_SECRET_0") != NULL) {
            keep_traffic(secret->label, true, secret, hash);
        } else {
            keep(secret->label, true, secret->secret, secret->size); // exporters need it
        }
    }
}

// --- Looking ---

static bool holds(const uint8_t *room, size_t size, const secret_t *secret) {
    for (size_t at = 0; at + secret->size <= size; at++) {
        if (memcmp(room + at, secret->bytes, secret->size) == 0) {
            return true;
        }
    }
    return false;
}

// Neither the connection nor a block that it has holds a secret, but for those that stay.
static void assert_clean(const pair_side_t *side, bool idle) {
    for (size_t i = 0; i < found_count; i++) {
        const secret_t *secret = &found[i];
        bool there = holds(side->room, sizeof(side->room), secret);
        for (size_t region = 0; region < SKR_REGION_COUNT; region++) {
            const uint8_t *block = side->memory.block[region];
            there = there || (block != NULL && holds(block, side->memory.size[region], secret));
        }
        if (there && !(idle && secret->stays)) {
            fail_msg("%s still holds %s", side->name, secret->what);
        }
    }
}

typedef struct {
    const pair_providers_t *providers;
    uint16_t version, suite;
} life_t;

static skr_provider_t client_provider, server_provider;

static void begin(const life_t *life, bool mutual) {
    static uint16_t suites[2];
    memset(found, 0, sizeof(found));
    found_count = 0;
    client_provider = watched(life->providers->client);
    server_provider = watched(life->providers->server);
    pair_init(&pair, life->providers->client, life->providers->server);
    if (mutual) {
        pair_mutual(&pair, PKI_P256);
    }
    if (life->providers->client == life->providers->server) { // one set of groups is watched
        pair.client.config.provider = &client_provider;
        pair.server.config.provider = &server_provider;
    }
    pair.client.memory.fail_at = pair.server.memory.fail_at = 0;
    suites[0] = life->suite;
    pair.version = life->version;
    pair.client.config.min_version = pair.server.config.min_version = life->version;
    pair.client.config.max_version = life->version;
    pair.client.config.suites = suites;
}

static const life_t lives[] = {
    {&pair_providers[0], SKR_TLS13, 0x1301},
    {&pair_providers[0], SKR_TLS13, 0x1302},
    {&pair_providers[0], SKR_TLS12, 0xc02b},
    {&pair_providers[1], SKR_TLS13, 0x1301},
    {&pair_providers[1], SKR_TLS12, 0xc02b},
};
enum { LIVES = sizeof(lives) / sizeof(lives[0]) };

// --- Lives ---

static void assert_idle(void) {
    keep_logged(&pair.client);
    assert_true(found_count > 4);
    assert_clean(&pair.client, true);
    assert_clean(&pair.server, true);
}

static void end_and_look(void) {
    pair_end(&pair);
    assert_true(ct_is_zero(pair.client.room, sizeof(pair.client.room)));
    assert_true(ct_is_zero(pair.server.room, sizeof(pair.server.room)));
}

static void test_idle(void **state) {
    static const char words[] = "what was said is nobody's business";
    (void)state;
    for (size_t i = 0; i < 2 * LIVES; i++) {
        begin(&lives[i / 2], i % 2 != 0);
        pair_connect(&pair);
        pair_write(&pair, &pair.client, words, sizeof(words));
        pair_run(&pair);
        keep("data", false, (const uint8_t *)words, sizeof(words));
        assert_idle();
        // Only those that save sessions keep what sessions are made from.
        assert_true(ct_is_zero(pair.client.conn->resumption, SKR_SECRET_SIZE_MAX));
        end_and_look();
    }
}

static void test_updated(void **state) {
    (void)state;
    for (size_t i = 0; i < LIVES; i++) {
        if (lives[i].version != SKR_TLS13) {
            continue;
        }
        begin(&lives[i], false);
        pair_connect(&pair);
        pair_assert_status(skr_conn_update_keys(pair.client.conn, true), SKR_OK);
        pair_run(&pair);
        pair_exchange(&pair, 100);
        keep_logged(&pair.client);
        for (size_t n = 0; n < found_count; n++) {
            // The keys of before the update are gone, too; the exporter's secret stays.
            found[n].stays = strcmp(found[n].what, "EXPORTER_SECRET") == 0;
        }
        assert_clean(&pair.client, true);
        assert_clean(&pair.server, true);
        end_and_look();
    }
}

static void test_closed(void **state) {
    (void)state;
    for (size_t i = 0; i < LIVES; i++) {
        begin(&lives[i], false);
        pair_connect(&pair);
        keep_logged(&pair.client);
        pair_assert_status(skr_conn_close(pair.client.conn), SKR_OK);
        pair_run(&pair);
        pair_assert_status(skr_conn_close(pair.server.conn), SKR_OK);
        pair_run(&pair);
        assert_clean(&pair.client, true);
        assert_clean(&pair.server, true);
        end_and_look();
    }
}

// A record that was forged ends the connection: it can't be used any more, so no key may stay.
static void test_forged_record(void **state) {
    static const uint8_t record[40] = {23, 3, 3, 0, 35};
    (void)state;
    for (size_t i = 0; i < 2 * LIVES; i++) {
        begin(&lives[i / 2], false);
        pair_connect(&pair);
        keep_logged(&pair.client);
        pair_side_t *side = i % 2 == 0 ? &pair.client : &pair.server;
        pair_inject(side, record, sizeof(record));
        pair_run(&pair);
        pair_assert_failed(side, SKR_ERR_RECORD_MAC);
        assert_clean(side, false);
        assert_clean(pair_other(&pair, side), false); // the alert has told it
        end_and_look();
    }
}

// A client that does not trust the server, and one whose memory ends at any moment.
static void test_failed_handshakes(void **state) {
    (void)state;
    for (size_t i = 0; i < LIVES; i++) {
        begin(&lives[i], false);
        skr_view_t stranger =
            pki_credential(&skr_provider_openssl, PKI_P256, PKI_STRANGER)->chain[0];
        pair.client.config.anchors = &stranger;
        pair_start(&pair);
        pair_run(&pair);
        keep_logged(&pair.client);
        assert_true(pair.client.status < SKR_OK);
        assert_clean(&pair.client, false);
        assert_clean(&pair.server, false);
        end_and_look();
        bool complete = false;
        for (unsigned long n = 1; !complete; n++) {
            begin(&lives[i], true);
            pair_side_t *side = n % 2 == 0 ? &pair.client : &pair.server;
            side->memory.fail_at = (n + 1) / 2;
            pair_start(&pair);
            pair_run(&pair);
            keep_logged(&pair.client);
            keep_logged(&pair.server);
            complete = side->memory.failed == 0;
            assert_true(
                complete == (pair_is_complete(&pair.client) && pair_is_complete(&pair.server)));
            assert_true(complete || side->conn->error.status == SKR_ERR_MEMORY);
            if (!complete) { // the other one may wait: nobody tells it before the first byte
                assert_clean(side, false);
            }
            end_and_look();
            assert_true(n < 200);
        }
    }
}

// --- The stack ---

enum { DEEP = 24576 };
static uint8_t below[DEEP]; // what lay under the last call

// The bytes under the caller's frame, which its calls use: painted before them, looked at behind.
static __attribute__((noinline)) void paint(volatile uint8_t *top) {
    for (size_t i = 512; i < DEEP; i++) { // not this function's own frame
        top[-(ptrdiff_t)i] = 0xa5;
    }
}

static __attribute__((noinline)) void look(const volatile uint8_t *top) {
    for (size_t i = 512; i < DEEP; i++) {
        below[DEEP - i] = top[-(ptrdiff_t)i];
    }
}

static void test_stack(void **state) {
    (void)state;
    for (size_t i = 0; i < LIVES; i++) {
        begin(&lives[i], true);
        pair_start(&pair);
        paint(__builtin_frame_address(0));
        pair_run(&pair);
        look(__builtin_frame_address(0));
        pair_assert_complete(&pair);
        keep_logged(&pair.client);
        size_t used = 0;
        for (size_t n = 0; n < DEEP; n++) {
            used += below[n] != 0xa5;
        }
        assert_true(used > 1000); // it is the right place
        for (size_t n = 0; n < found_count; n++) {
            if (holds(below, sizeof(below), &found[n])) {
                fail_msg("%s is left on the stack", found[n].what);
            }
        }
        end_and_look();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_idle),
        PAIR_TEST(test_updated),
        PAIR_TEST(test_closed),
        PAIR_TEST(test_forged_record),
        PAIR_TEST(test_failed_handshakes),
        PAIR_TEST(test_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
