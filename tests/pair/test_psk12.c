// Pre-shared keys in TLS 1.2 (RFC 4279, RFC 5489): ECDHE_PSK and PSK.
//
// In: a client that offers both versions, a server that speaks TLS 1.2 at most, keys and identities
// of all kinds on both. Out: both complete by the key alone, without a certificate, agree on the
// suite, and talk; tickets bring them back; the suites without forward secrecy only where both
// sides name them; and the premaster secret is that of RFC 4279 section 2 and RFC 5489 section 2,
// computed here anew. What is refused is in test_psk12_bad.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "keys/prf12.h"
#include "support/pair_hello.h"
#include "support/psk12.h"
#include "support/resume.h"
#include "wire/messages.h"

static pair_t pair;
static tap12_t tap;

static void assert_by_psk(const skr_psk_t *psk, uint16_t suite) {
    const pair_side_t *sides[] = {&pair.client, &pair.server};
    for (unsigned i = 0; i < 2; i++) {
        skr_conn_info_t info;
        skr_conn_info(sides[i]->conn, &info);
        assert_int_equal(info.version, SKR_TLS12);
        assert_int_equal(info.suite, suite);
        assert_true(info.peer_verified);
        assert_false(info.resumed);
        assert_int_equal(info.peer_scheme, 0);
        assert_int_equal(info.group != 0, suite_find(suite)->auth == SUITE_AUTH_ECDHE_PSK);
        assert_int_equal(info.psk_identity.size, psk->identity.size);
        assert_memory_equal(info.psk_identity.data, psk->identity.data, psk->identity.size);
    }
}

static const uint16_t suites[] = {
    0xd001, 0xd002, 0xccac, 0xd005, 0xd003, 0x00a8, 0x00a9, 0xccab, 0xc0a4, 0xc0a5, 0xc0a8, 0xc0a9};
enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

static bool can(const pair_providers_t *providers, const suite_t *suite) {
    return provider_aead(providers->client, suite->aead) != NULL &&
        provider_aead(providers->server, suite->aead) != NULL;
}

static void test_suites(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t groups[][2] = {
        {SKR_GROUP_X25519, 0}, {SKR_GROUP_SECP256R1, 0}, {SKR_GROUP_SECP384R1, 0}};
    unsigned ran = 0;
    for (unsigned i = 0; i < 3 * SUITES; i++) {
        const uint16_t list[] = {suites[i / 3], 0};
        if (!can(providers, suite_find(list[0]))) {
            continue;
        }
        pair_note("%s", skr_suite_name(list[0]));
        psk12_pair(&pair, providers->client, providers->server);
        pair.client.config.suites = pair.server.config.suites = list;
        pair.server.config.groups = groups[i % 3];
        pair_connect(&pair);
        assert_by_psk(&psk12_key, list[0]);
        pair_exchange(&pair, 20000);
        pair_end(&pair);
        ran++;
    }
    assert_true(ran >= 3 * (SUITES - 2)); // AES-256-CCM is not everywhere
    pair_note("%s", "");
}

// --- Identities and keys ---

static void test_identities(void **state) {
    const pair_providers_t *providers = *state;
    static uint8_t longest[SKR_PSK_IDENTITY_MAX], all[256];
    memset(longest, 0xff, sizeof(longest));
    for (unsigned i = 0; i < sizeof(all); i++) {
        all[i] = (uint8_t)i;
    }
    const skr_view_t identities[] = {VIEW_LITERAL("a"), VIEW_LITERAL("\0"),
        VIEW_LITERAL("with\0zero"), VIEW_LITERAL("\xff\xfe"), VIEW_LITERAL("with"),
        view_of(all, sizeof(all)), view_of(longest, sizeof(longest))};
    enum { IDENTITIES = sizeof(identities) / sizeof(identities[0]) };
    skr_psk_t keys[IDENTITIES];
    uint8_t bytes[IDENTITIES][SKR_PSK_KEY_MAX];
    for (unsigned i = 0; i < IDENTITIES; i++) {
        memset(bytes[i], (int)i + 1, sizeof(bytes[i]));
        size_t size = i % 2 == 0 ? SKR_PSK_KEY_MIN : SKR_PSK_KEY_MAX;
        keys[i] = (skr_psk_t){.identity = identities[i], .key = view_of(bytes[i], size)};
    }
    static const uint16_t plain[] = {0x00a8, 0};
    for (unsigned i = 0; i < 2 * IDENTITIES; i++) {
        psk12_pair(&pair, providers->client, providers->server);
        pair.client.config.psks = &keys[i / 2];
        pair.server.config.psks = keys;
        pair.server.config.psk_count = IDENTITIES;
        pair.client.config.suites = pair.server.config.suites = i % 2 == 0 ? NULL : plain;
        pair_connect(&pair);
        skr_conn_info_t info;
        skr_conn_info(pair.server.conn, &info);
        assert_by_psk(&keys[i / 2], info.suite);
        pair_exchange(&pair, 100);
        pair_end(&pair);
    }
}

// --- Which suite ---

static uint16_t suite_of(const pair_side_t *side) {
    skr_conn_info_t info;
    skr_conn_info(side->conn, &info);
    return info.suite;
}

// The suites without forward secrecy come to nothing unless both sides name them, and even then
// not before the others.
static void test_plain_is_named(void **state) {
    (void)state;
    static const uint16_t plain[] = {0x00a8, 0}, both[] = {0xd001, 0x00a8, 0};
    static const struct {
        const uint16_t *client, *server;
        uint16_t suite; // 0: none in common
    } cases[] = {
        {plain, plain, 0x00a8},
        {plain, NULL, 0},
        {NULL, plain, 0},
        {both, plain, 0x00a8},
        {plain, both, 0x00a8},
        {both, both, 0xd001},
        {both, NULL, 0xd001},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        psk12_pair_openssl(&pair);
        pair.client.config.suites = cases[i].client;
        pair.server.config.suites = cases[i].server;
        if (cases[i].suite == 0) {
            pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SUITE);
            continue;
        }
        pair_connect(&pair);
        assert_int_equal(suite_of(&pair.server), cases[i].suite);
        pair_end(&pair);
    }
}

// Who has a key and certificates, too, takes the key where the other side can; without one,
// certificates.
static void test_certificates_beside(void **state) {
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        bool at_client = i / 2 != 0, at_server = i % 2 != 0;
        tap12_pair_openssl(&pair);
        pair.client.config.psks = pair.server.config.psks = &psk12_key;
        pair.client.config.psk_count = at_client;
        pair.server.config.psk_count = at_server;
        pair_connect(&pair);
        bool by_key = suite_by_key(suite_find(suite_of(&pair.client)));
        assert_int_equal(by_key, at_client && at_server);
        pair_exchange(&pair, 100);
        pair_end(&pair);
    }
}

// An imported key is for TLS 1.3: in TLS 1.2 it is as if it were not there.
static void test_imported_stays_out(void **state) {
    (void)state;
    skr_psk_t imported = psk12_key;
    imported.imported = true;
    skr_psk_t keys[] = {imported, psk12_key};
    for (unsigned i = 0; i < 2; i++) { // a client's, a server's
        psk12_pair_openssl(&pair);
        (i == 0 ? &pair.client : &pair.server)->config.psks = &imported;
        pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SUITE);
    }
    psk12_pair_openssl(&pair);
    pair.client.config.psks = pair.server.config.psks = keys;
    pair.client.config.psk_count = pair.server.config.psk_count = 2;
    pair_connect(&pair);
    assert_by_psk(&psk12_key, suite_of(&pair.client));
    pair_end(&pair);
}

// --- The premaster secret ---

typedef struct {
    uint8_t shared[SKR_GROUP_SHARED_MAX];
    size_t shared_size;
    uint8_t session[SKR_HASH_SIZE_MAX]; // the session hash of RFC 7627 section 3
} secrets_t;

// The client's shared secret is there from the ServerKeyExchange on, and the hash over all messages
// up to the ClientKeyExchange behind that.
static void edit_watch(tap12_t *t, pair_message_t *m) {
    secrets_t *seen = t->user;
    tap12_forward(t, m);
    if (m->by_client && m->type == WIRE_CLIENT_KEY_EXCHANGE) {
        const skr_hash_t *hash = provider_hash(
            &skr_provider_openssl, suite_find(t->pair->server.suite)->hash);
        _Alignas(16) uint8_t running[SKR_HASH_STATE_MAX];
        assert_true(hash->init(running) &&
            hash->update(running, t->transcript[0].data, t->transcript[0].size) &&
            hash->result(running, seen->session));
        t->hits++;
    }
}

static secrets_t *watched;

static skr_crypto_t watched_finish(
    const uint8_t *private_key, const uint8_t *peer, size_t size, uint8_t *shared) {
    skr_crypto_t said = provider_group(&skr_provider_openssl, SKR_GROUP_X25519)
                            ->finish(private_key, peer, size, shared);
    memcpy(watched->shared, shared, 32);
    watched->shared_size = 32;
    return said;
}

static void assert_master(const secrets_t *seen, const skr_hash_t *hash, bool ecdhe) {
    uint8_t premaster[200], master[PRF12_MASTER_SIZE];
    size_t key = psk12_key.key.size, other = ecdhe ? seen->shared_size : key;
    memset(premaster, 0, sizeof(premaster));
    bytes_put16(premaster, (uint16_t)other);
    if (ecdhe) {
        memcpy(premaster + 2, seen->shared, other);
    }
    bytes_put16(premaster + 2 + other, (uint16_t)key);
    memcpy(premaster + 4 + other, psk12_key.key.data, key);
    assert_true(
        prf12(hash, view_of(premaster, 4 + other + key), VIEW_LITERAL("extended master secret"),
            view_of(seen->session, hash->size), view_of(NULL, 0), master, sizeof(master)));
    const pair_secret_t *told = pair_secret(&pair.server, "CLIENT_RANDOM");
    assert_non_null(told);
    assert_memory_equal(told->secret, master, sizeof(master));
}

static void test_premaster(void **state) {
    (void)state;
    static const uint16_t lists[][2] = {{0xd001, 0}, {0xd002, 0}, {0x00a8, 0}, {0x00a9, 0}};
    static skr_group_t group;
    static const skr_group_t *const groups[] = {&group, NULL};
    for (unsigned i = 0; i < 4; i++) {
        secrets_t seen = {.shared_size = 0};
        watched = &seen;
        group = *provider_group(&skr_provider_openssl, SKR_GROUP_X25519);
        group.finish = watched_finish;
        skr_provider_t watching = skr_provider_openssl;
        watching.groups = groups;
        psk12_pair(&pair, &watching, &skr_provider_openssl);
        pair.client.config.suites = pair.server.config.suites = lists[i];
        tap12_run(&tap, &pair, edit_watch, &seen);
        pair_assert_complete(&pair);
        const suite_t *suite = suite_find(lists[i][0]);
        bool ecdhe = suite->auth == SUITE_AUTH_ECDHE_PSK;
        assert_int_equal(seen.shared_size != 0, ecdhe);
        assert_master(&seen, provider_hash(&skr_provider_openssl, suite->hash), ecdhe);
        pair_end(&pair);
    }
}

// --- Both versions from one configuration, and coming back ---

static void test_both_versions(void **state) {
    const pair_providers_t *providers = *state;
    for (unsigned i = 0; i < 2; i++) {
        psk12_pair(&pair, providers->client, providers->server);
        pair.server.config.max_version = i == 0 ? 0 : SKR_TLS12;
        pair.version = i == 0 ? SKR_TLS13 : SKR_TLS12;
        pair_connect(&pair);
        skr_conn_info_t info;
        skr_conn_info(pair.server.conn, &info);
        assert_int_equal(info.version, pair.version);
        assert_memory_equal(
            info.psk_identity.data, psk12_key.identity.data, info.psk_identity.size);
        pair_end(&pair);
    }
}

static void resuming(void) {
    resume_pair_openssl(&pair, SKR_TLS12);
    psk12_give(&pair);
}

static void test_resumed(void **state) {
    (void)state;
    static resume_session_t kept;
    resuming();
    resume_first(&pair, &kept);
    for (unsigned i = 0; i < 2; i++) {
        resuming();
        assert_true(resume_again(&pair, &kept));
    }
}

// A hint is passed over, in either kind (RFC 4279 section 5.2).
static void edit_hint(tap12_t *t, pair_message_t *m) {
    static const uint8_t hint[] = "\0\x05"
                                  "h\0\xff\0t";
    if (!m->by_client && m->type == WIRE_SERVER_KEY_EXCHANGE) {
        uint8_t share[200];
        size_t size = m->size - SKR_MESSAGE_HEADER_SIZE - 2;
        memcpy(share, m->data + SKR_MESSAGE_HEADER_SIZE + 2, size);
        memcpy(m->data + SKR_MESSAGE_HEADER_SIZE, hint, 7);
        memcpy(m->data + SKR_MESSAGE_HEADER_SIZE + 7, share, size);
        m->size += 5;
        hello_fix_length(m);
        t->hits++;
    } else if (!m->by_client && m->type == WIRE_SERVER_HELLO_DONE && t->user != NULL) {
        pair_message_t added = {.content = RECORD_HANDSHAKE,
            .type = WIRE_SERVER_KEY_EXCHANGE,
            .size = SKR_MESSAGE_HEADER_SIZE + 7,
            .data = {WIRE_SERVER_KEY_EXCHANGE, 0, 0, 7}};
        memcpy(added.data + SKR_MESSAGE_HEADER_SIZE, hint, 7);
        tap12_forward(t, &added);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_hint(void **state) {
    (void)state;
    static const uint16_t plain[] = {0x00a8, 0};
    for (unsigned i = 0; i < 2; i++) {
        psk12_pair_openssl(&pair);
        pair.client.config.suites = pair.server.config.suites = i == 0 ? NULL : plain;
        // The session hash covers what was added, so the keys differ: the server notices.
        tap12_run(&tap, &pair, edit_hint, i == 0 ? NULL : &pair);
        assert_int_equal(tap.hits, 1);
        pair_assert_refused(&pair, &pair.server, SKR_ERR_FINISHED);
        pair_end(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_suites, &pair_providers[0]),
        PAIR_TEST_WITH(test_suites, &pair_providers[1]),
        PAIR_TEST_WITH(test_suites, &pair_providers[2]),
        PAIR_TEST_WITH(test_suites, &pair_providers[3]),
        PAIR_TEST_WITH(test_identities, &pair_providers[0]),
        PAIR_TEST_WITH(test_identities, &pair_providers[3]),
        PAIR_TEST(test_plain_is_named),
        PAIR_TEST(test_certificates_beside),
        PAIR_TEST(test_imported_stays_out),
        PAIR_TEST(test_premaster),
        PAIR_TEST_WITH(test_both_versions, &pair_providers[1]),
        PAIR_TEST_WITH(test_both_versions, &pair_providers[2]),
        PAIR_TEST(test_resumed),
        PAIR_TEST(test_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
