// External pre-shared keys of TLS 1.3 (RFC 9846 section 4.3.11).
//
// In: keys and identities of all kinds on both sides, with and without certificates beside them.
// Out: resumed-like handshakes that prove the key, full ones where nothing fits and certificates
// are there, refusals where nothing else could prove anything; an unknown identity and a wrong key
// look the same to the client. Sessions as pre-shared keys are in test_resume*.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/pair.h"

static pair_t pair;

static const uint8_t key_bytes[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t other_key[32] = {9};

static skr_view_t view(const void *data, size_t size) {
    return (skr_view_t){data, size};
}

static skr_psk_t psk_of(const char *identity, size_t size, const uint8_t *key, uint8_t hash) {
    return (skr_psk_t){.identity = view(identity, size), .key = view(key, 32), .hash = hash};
}

// No certificates at all: the key is all there is.
static void psk_only(pair_t *p, const skr_psk_t *client, const skr_psk_t *server, size_t count) {
    p->client.config.psks = client;
    p->client.config.psk_count = 1;
    p->server.config.psks = server;
    p->server.config.psk_count = count;
    p->client.config.anchor_count = 0;
    p->server.config.credential_count = 0;
    p->server.config.verify = SKR_VERIFY_NONE;
}

static void assert_by_psk(void) {
    skr_conn_info_t client, server;
    skr_conn_info(pair.client.conn, &client);
    skr_conn_info(pair.server.conn, &server);
    assert_false(client.resumed || server.resumed);
    assert_int_equal(client.psk_identity.size, server.psk_identity.size);
    assert_memory_equal(
        client.psk_identity.data, server.psk_identity.data, client.psk_identity.size);
    assert_true(client.peer_verified && server.peer_verified);
    assert_int_equal(client.peer_scheme, 0);
}

static void test_identities(void **state) {
    const pair_providers_t *providers = *state;
    static const struct {
        const char *bytes;
        size_t size;
    } identities[] = {{"a", 1}, {"\0", 1}, {"with\0zero", 9}, {"\xff\xfe", 2}};
    for (size_t i = 0; i < 4; i++) {
        skr_psk_t psk = psk_of(identities[i].bytes, identities[i].size, key_bytes, 0);
        skr_psk_t several[] = {psk_of("other", 5, other_key, 0), psk};
        pair_init(&pair, providers->client, providers->server);
        psk_only(&pair, &psk, several, 2);
        pair_connect(&pair);
        assert_by_psk();
        pair_exchange(&pair, 500);
        pair_end(&pair);
    }
}

static void test_retry_and_hashes(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t p384[] = {SKR_GROUP_SECP384R1, 0}, sha384[] = {0x1302, 0};
    static const uint8_t hashes[] = {SKR_HASH_SHA256, SKR_HASH_SHA384};
    for (size_t i = 0; i < 4; i++) {
        skr_psk_t psk = psk_of("device", 6, key_bytes, hashes[i % 2]);
        pair_init(&pair, providers->client, providers->server);
        psk_only(&pair, &psk, &psk, 1);
        pair.server.config.groups = i / 2 == 0 ? NULL : p384;
        pair.client.config.suites = i % 2 == 0 ? NULL : sha384;
        pair_connect(&pair);
        assert_by_psk();
        pair_exchange(&pair, 100);
        pair_end(&pair);
    }
}

static void test_psk_ke(void **state) {
    const pair_providers_t *providers = *state;
    skr_psk_t psk = psk_of("device", 6, key_bytes, 0);
    pair_init(&pair, providers->client, providers->server);
    psk_only(&pair, &psk, &psk, 1);
    pair.client.config.allow_psk_ke = true; // the server still prefers forward secrecy
    pair_connect(&pair);
    assert_by_psk();
    skr_conn_info_t info;
    skr_conn_info(pair.client.conn, &info);
    assert_int_not_equal(info.group, 0);
    pair_end(&pair);
}

// With certificates on the server an unknown identity is no error.
static void test_certificates_beside(void **state) {
    const pair_providers_t *providers = *state;
    skr_psk_t client = psk_of("unknown", 7, key_bytes, 0),
              server = psk_of("device", 6, key_bytes, 0);
    pair_init(&pair, providers->client, providers->server);
    pair.client.config.psks = &client;
    pair.server.config.psks = &server;
    pair.client.config.psk_count = pair.server.config.psk_count = 1;
    pair_connect(&pair);
    skr_conn_info_t info;
    skr_conn_info(pair.client.conn, &info);
    assert_false(info.resumed);
    assert_true(info.peer_verified);
    pair_end(&pair);
}

static void test_refused_alike(void **state) {
    const pair_providers_t *providers = *state;
    skr_psk_t server = psk_of("device", 6, key_bytes, 0);
    skr_psk_t clients[] = {psk_of("unknown", 7, key_bytes, 0), psk_of("device", 6, other_key, 0)};
    for (size_t i = 0; i < 2; i++) {
        pair_init(&pair, providers->client, providers->server);
        psk_only(&pair, &clients[i], &server, 1);
        pair_refuses(&pair, &pair.server, SKR_ERR_BINDER);
    }
}

// A client that has a key and no roots talks to nobody who shows a certificate instead.
static void test_no_certificate_instead(void **state) {
    const pair_providers_t *providers = *state;
    skr_psk_t client = psk_of("unknown", 7, key_bytes, 0);
    pair_init(&pair, providers->client, providers->server);
    pair.client.config.psks = &client;
    pair.client.config.psk_count = 1;
    pair.client.config.anchor_count = 0;
    pair_refuses(&pair, &pair.client, SKR_ERR_CERT_UNKNOWN_CA);
}

static void test_bad_configuration(void **state) {
    (void)state;
    skr_psk_t bad[] = {psk_of("", 0, key_bytes, 0), psk_of("x", 1, key_bytes, SKR_HASH_SHA512),
        psk_of("x", 1, key_bytes, 0)};
    bad[2].key.size = 15;
    for (size_t i = 0; i < 3; i++) {
        pair_init_openssl(&pair);
        pair.client.config.psks = &bad[i];
        pair.client.config.psk_count = 1;
        pair_start(&pair);
        pair_assert_status(skr_conn_handshake(pair.client.conn), SKR_ERR_CONFIG);
        pair_end(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_identities, &pair_providers[0]),
        PAIR_TEST_WITH(test_identities, &pair_providers[2]),
        PAIR_TEST_WITH(test_retry_and_hashes, &pair_providers[0]),
        PAIR_TEST_WITH(test_retry_and_hashes, &pair_providers[3]),
        PAIR_TEST_WITH(test_psk_ke, &pair_providers[1]),
        PAIR_TEST_WITH(test_certificates_beside, &pair_providers[0]),
        PAIR_TEST_WITH(test_refused_alike, &pair_providers[1]),
        PAIR_TEST_WITH(test_no_certificate_instead, &pair_providers[0]),
        PAIR_TEST(test_bad_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
