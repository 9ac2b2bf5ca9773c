// External pre-shared keys of TLS 1.3 (RFC 9846 section 4.3.11).
//
// In: keys and identities of all kinds on both sides, with and without certificates beside them;
// imported ones (RFC 9258), among them two that a device could be made to talk to itself with.
// Out: handshakes that prove the key, full ones where nothing fits and certificates are there,
// refusals where nothing else could prove anything; psk_ke only where both sides allow it and the
// client can do no better; an unknown identity and a wrong key look the same to the client.
// Sessions as pre-shared keys are in test_resume*.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "keys/schedule.h"
#include "keys/suites.h"
#include "support/pair_hello.h"
#include "wire/messages.h"

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
    static char longest[SKR_PSK_IDENTITY_MAX];
    memset(longest, 0xff, sizeof(longest));
    const struct {
        const char *bytes;
        size_t size;
    } identities[] = {
        {"a", 1}, {"\0", 1}, {"with\0zero", 9}, {"\xff\xfe", 2}, {longest, sizeof(longest)}};
    for (size_t i = 0; i < 5; i++) {
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

// --- psk_ke ---

// The client's hello, changed and bound anew: its only key's binder is the last in it.
typedef struct {
    const char *modes; // psk_key_exchange_modes
    bool alone; // neither groups nor shares
    bool no_schemes;
    uint8_t age; // in front of the binders
} rebound_t;

enum { EXT_GROUPS = 10, EXT_SCHEMES = 13, EXT_PSK = 41, EXT_MODES = 45, EXT_SHARE = 51 };
enum { BINDERS = 2 + 1 + 32 };

static void rebind(pair_message_t *m, const skr_psk_t *psk) {
    uint8_t base[SKR_HASH_SIZE_MAX], digest[SKR_HASH_SIZE_MAX];
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    const skr_hash_t *hash = provider_hash(&skr_provider_openssl, SKR_HASH_SHA256);
    assert_true(hash->init(state) && hash->update(state, m->data, m->size - BINDERS) &&
        hash->result(state, digest));
    assert_true(
        schedule_binder(hash, psk->imported ? BINDER_IMPORTED : BINDER_EXTERNAL, psk->key, base));
    assert_true(schedule_finished(hash, base, digest, m->data + m->size - 32));
}

static void edit_rebound(pair_tap_t *t, pair_message_t *m) {
    static hello_t hello;
    const rebound_t *r = t->user;
    if (m->by_client && m->type == WIRE_CLIENT_HELLO) {
        hello_read(&hello, m);
        if (r->modes != NULL) {
            hello_put(&hello.extensions, EXT_MODES, r->modes, 1 + (size_t)r->modes[0]);
        }
        if (r->alone) {
            assert_true(hello_remove(&hello.extensions, EXT_GROUPS));
            assert_true(hello_remove(&hello.extensions, EXT_SHARE));
        }
        if (r->no_schemes) {
            assert_true(hello_remove(&hello.extensions, EXT_SCHEMES));
        }
        const hello_extension_t *offer = hello_find(&hello.extensions, EXT_PSK);
        hello_data(&hello.extensions, EXT_PSK)[offer->size - BINDERS - 1] = r->age;
        hello_write(&hello, m);
        rebind(m, t->pair->client.config.psks);
        hello_believe(t->pair, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static pair_tap_t tap;

static void test_psk_ke(void **state) {
    (void)state;
    static const struct {
        rebound_t hello;
        bool client, server; // allow it
        bool with_share; // of the answer
        skr_status_t status; // of the server
    } cases[] = {
        {{NULL, false, false, 0}, false, false, true, SKR_OK},
        {{NULL, false, false, 0}, true, false, true, SKR_OK},
        {{NULL, false, false, 0}, true, true, true, SKR_OK}, // psk_dhe_ke is always preferred
        {{"\x01\x01", false, false, 0}, true, true, true, SKR_OK},
        {{"\x01\0", false, false, 0}, true, true, false, SKR_OK},
        {{"\x01\0", true, false, 0}, true, true, false, SKR_OK},
        {{"\x02\0\x01", true, false, 0}, true, true, false, SKR_OK}, // no share for the other
        {{"\x01\0", true, true, 0}, true, true, false, SKR_OK},
        {{"\x02\x05\0", false, false, 0}, true, true, false, SKR_OK}, // an unknown mode beside it
        // Not allowed by the server: as if no key had been offered.
        {{"\x01\0", false, false, 0}, true, false, false, SKR_ERR_NO_COMMON_SIGNATURE},
        {{"\x01\0", true, true, 0}, true, false, false, SKR_ERR_MISSING_EXTENSION},
        {{"\x01\x05", false, false, 0}, true, true, false, SKR_ERR_NO_COMMON_SIGNATURE},
        {{"\x01\x01", true, false, 0}, true, true, false, SKR_ERR_MISSING_EXTENSION},
    };
    static const skr_view_t name = {(const uint8_t *)"device", 6};
    skr_psk_t psk = {.identity = name, .key = view(key_bytes, 32)};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rebound_t hello = cases[i].hello;
        pair_note("case %zu", i);
        pair_init_openssl(&pair);
        psk_only(&pair, &psk, &psk, 1);
        pair.client.config.allow_psk_ke = cases[i].client;
        pair.server.config.allow_psk_ke = cases[i].server;
        pair_tap_run(&tap, &pair, edit_rebound, &hello);
        if (cases[i].status != SKR_OK) {
            pair_assert_refused(&pair, &pair.server, cases[i].status);
        } else {
            pair_assert_complete(&pair);
            assert_by_psk();
            skr_conn_info_t info;
            skr_conn_info(pair.client.conn, &info);
            assert_int_equal(info.group != 0, cases[i].with_share);
            pair_exchange(&pair, 100);
        }
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// A client that did not allow it does not take it either.
static void test_psk_ke_unasked(void **state) {
    (void)state;
    rebound_t hello = {"\x01\0", false, false, 0};
    skr_psk_t psk = psk_of("device", 6, key_bytes, 0);
    pair_init_openssl(&pair);
    psk_only(&pair, &psk, &psk, 1);
    pair.server.config.allow_psk_ke = true;
    pair_tap_refuses(&tap, &pair, edit_rebound, &hello, true, SKR_ERR_MISSING_EXTENSION);
}

// For keys that were given beforehand a server passes over the age (section 4.3.11).
static void test_age(void **state) {
    (void)state;
    rebound_t hello = {NULL, false, false, 0xff};
    skr_psk_t psk = psk_of("device", 6, key_bytes, 0);
    pair_init_openssl(&pair);
    psk_only(&pair, &psk, &psk, 1);
    pair_tap_run(&tap, &pair, edit_rebound, &hello);
    pair_assert_complete(&pair);
    assert_by_psk();
    pair_end(&pair);
}

// Behind pre_shared_key there is nothing (section 4.3.11).
static void edit_not_last(pair_tap_t *t, pair_message_t *m) {
    static hello_t hello;
    if (m->by_client && m->type == WIRE_CLIENT_HELLO) {
        hello_read(&hello, m);
        hello_append(&hello.extensions, 0x5a5a, "", 0);
        hello_write(&hello, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_not_last(void **state) {
    (void)state;
    skr_psk_t psk = psk_of("device", 6, key_bytes, 0);
    pair_init_openssl(&pair);
    psk_only(&pair, &psk, &psk, 1);
    pair_tap_refuses(&tap, &pair, edit_not_last, NULL, false, SKR_ERR_ILLEGAL_PARAMETER);
}

// --- Several keys ---

// A client offers its first three; the server takes the first of them that it knows.
static void test_several(void **state) {
    (void)state;
    static const uint8_t keys[4][32] = {{1}, {2}, {3}, {4}};
    static const char *const names[] = {"one", "two", "three", "four"};
    skr_psk_t psks[4];
    for (size_t i = 0; i < 4; i++) {
        psks[i] = psk_of(names[i], strlen(names[i]), keys[i], 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pair_init_openssl(&pair);
        psk_only(&pair, psks, &psks[i], 1);
        pair.client.config.psk_count = 4;
        if (i == SKR_PSKS_OFFERED_MAX) {
            pair_refuses(&pair, &pair.server, SKR_ERR_BINDER);
            continue;
        }
        pair_connect(&pair);
        skr_conn_info_t info;
        skr_conn_info(pair.client.conn, &info);
        assert_memory_equal(info.psk_identity.data, names[i], info.psk_identity.size);
        assert_by_psk();
        pair_end(&pair);
    }
}

// --- Imported keys (RFC 9258) ---

enum { IMPORT_ROOM = 300 };
typedef struct {
    uint8_t room[2][IMPORT_ROOM];
    skr_psk_t psks[2]; // for SHA-256, for SHA-384
} imported_t;

static void import_as(imported_t *to, const skr_psk_t *from, const char *context) {
    static const unsigned hashes[] = {SKR_HASH_SHA256, SKR_HASH_SHA384};
    for (size_t i = 0; i < 2; i++) {
        pair_assert_status(
            skr_psk_import(&skr_provider_openssl, from, view(context, strlen(context)), hashes[i],
                to->room[i], IMPORT_ROOM, &to->psks[i]),
            SKR_OK);
    }
}

static void give_imported(const imported_t *client, const imported_t *server) {
    psk_only(&pair, client->psks, server->psks, 2);
    pair.client.config.psk_count = 2;
}

static void test_imported(void **state) {
    const pair_providers_t *providers = *state;
    static imported_t client, server;
    static const uint16_t suites[][2] = {{0x1301, 0}, {0x1302, 0}};
    static const uint16_t p384[] = {SKR_GROUP_SECP384R1, 0};
    skr_psk_t from = psk_of("a\0b", 3, key_bytes, 0);
    import_as(&client, &from, "sensor to hub");
    import_as(&server, &from, "sensor to hub");
    for (size_t i = 0; i < 6; i++) {
        pair_init(&pair, providers->client, providers->server);
        give_imported(&client, &server);
        pair.client.config.suites = i % 3 == 2 ? NULL : suites[i % 3];
        pair.server.config.groups = i / 3 == 0 ? NULL : p384; // behind a HelloRetryRequest, too
        pair_connect(&pair);
        assert_by_psk();
        skr_conn_info_t info;
        skr_conn_info(pair.server.conn, &info);
        const skr_psk_t *expected = &server.psks[info.suite == 0x1302];
        assert_ptr_equal(info.psk_identity.data, expected->identity.data);
        pair_exchange(&pair, 100);
        pair_end(&pair);
    }
}

// Both import it in the same way, or it is not the same key.
static void test_imported_apart(void **state) {
    (void)state;
    static imported_t client, server;
    skr_psk_t from = psk_of("device", 6, key_bytes, 0), strange = psk_of("device", 6, other_key, 0);
    skr_psk_t by384 = psk_of("device", 6, key_bytes, SKR_HASH_SHA384);
    import_as(&client, &from, "context");
    for (size_t i = 0; i < 6; i++) {
        pair_note("case %zu", i);
        import_as(&server,
            i == 1       ? &strange
                : i == 2 ? &by384
                         : &from,
            i == 0 ? "contexu" : "context");
        pair_init_openssl(&pair);
        give_imported(&client, &server);
        if (i == 3) { // the server takes it as it was given
            pair.server.config.psks = &from;
            pair.server.config.psk_count = 1;
        } else if (i == 4) { // or the client does
            pair.client.config.psks = &from;
            pair.client.config.psk_count = 1;
        } else if (i == 5) { // the imported identity and key, taken for ones that were given
            server.psks[0].imported = server.psks[1].imported = false;
        }
        pair_refuses(&pair, &pair.server, SKR_ERR_BINDER);
    }
    pair_note("%s", "");
}

// Imported for a hash that no suite of the client has: nothing is offered. For one that the server
// does not choose: nothing is found.
static void test_imported_target(void **state) {
    (void)state;
    static imported_t imported;
    static const uint16_t sha256[] = {0x1301, 0}, sha384[] = {0x1302, 0};
    skr_psk_t from = psk_of("device", 6, key_bytes, 0);
    import_as(&imported, &from, "");
    for (size_t i = 0; i < 2; i++) {
        pair_init_openssl(&pair);
        give_imported(&imported, &imported);
        pair.client.config.psks = &imported.psks[i];
        pair.client.config.psk_count = 1;
        pair.server.config.suites = i == 0 ? sha384 : sha256;
        pair_refuses(&pair, &pair.server, SKR_ERR_BINDER);
    }
    // An identity that says SHA-384 with a key that is used with SHA-256.
    skr_psk_t confused = imported.psks[1];
    confused.hash = SKR_HASH_SHA256;
    pair_init_openssl(&pair);
    psk_only(&pair, &confused, imported.psks, 2);
    pair_refuses(&pair, &pair.server, SKR_ERR_BINDER);
}

// Every bit of the binder of an imported key is looked at.
static size_t bit;

static void edit_bit(pair_tap_t *t, pair_message_t *m) {
    if (m->by_client && m->type == WIRE_CLIENT_HELLO) {
        m->data[m->size - 32 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_imported_bits(void **state) {
    (void)state;
    static imported_t imported;
    skr_psk_t from = psk_of("device", 6, key_bytes, 0);
    import_as(&imported, &from, "x");
    for (bit = 0; bit < 256; bit++) {
        pair_init_openssl(&pair);
        psk_only(&pair, imported.psks, imported.psks, 1);
        pair_tap_refuses(&tap, &pair, edit_bit, NULL, false, SKR_ERR_BINDER);
    }
}

// A device that is client and server with one and the same key can be made to talk to itself (RFC
// 9257 section 4.1): what config.h warns of. With roles in the context it can't (RFC 9258 appendix
// B): what it says as a client is for the hub, and what it hears as a server is the hub's.
static void test_selfie(void **state) {
    (void)state;
    static imported_t as_client, as_server;
    skr_psk_t shared = psk_of("house", 5, key_bytes, 0);
    pair_init_openssl(&pair);
    psk_only(&pair, &shared, &shared, 1);
    pair_connect(&pair);
    pair_end(&pair);
    import_as(&as_client, &shared, "client device, server hub");
    import_as(&as_server, &shared, "client hub, server device");
    pair_init_openssl(&pair);
    give_imported(&as_client, &as_server);
    pair_refuses(&pair, &pair.server, SKR_ERR_BINDER);
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
    static char too_long[SKR_PSK_IDENTITY_MAX + 1];
    skr_psk_t bad[] = {psk_of("", 0, key_bytes, 0), psk_of("x", 1, key_bytes, SKR_HASH_SHA512),
        psk_of("x", 1, key_bytes, 0), psk_of(too_long, sizeof(too_long), key_bytes, 0),
        psk_of("x", 1, (const uint8_t *)too_long, 0)};
    bad[2].key.size = SKR_PSK_KEY_MIN - 1;
    bad[4].key.size = SKR_PSK_KEY_MAX + 1;
    for (size_t i = 0; i < 5; i++) {
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
        PAIR_TEST(test_psk_ke),
        PAIR_TEST(test_psk_ke_unasked),
        PAIR_TEST(test_age),
        PAIR_TEST(test_not_last),
        PAIR_TEST(test_several),
        PAIR_TEST_WITH(test_imported, &pair_providers[0]),
        PAIR_TEST_WITH(test_imported, &pair_providers[1]),
        PAIR_TEST_WITH(test_imported, &pair_providers[3]),
        PAIR_TEST(test_imported_apart),
        PAIR_TEST(test_imported_target),
        PAIR_TEST(test_imported_bits),
        PAIR_TEST(test_selfie),
        PAIR_TEST_WITH(test_certificates_beside, &pair_providers[0]),
        PAIR_TEST_WITH(test_refused_alike, &pair_providers[1]),
        PAIR_TEST_WITH(test_no_certificate_instead, &pair_providers[0]),
        PAIR_TEST(test_bad_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
