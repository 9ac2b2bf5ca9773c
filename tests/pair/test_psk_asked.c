// Pre-shared keys that the server's caller finds (SKR_WANT_PSK), in both versions.
//
// In: servers that ask for the keys of identities that they do not have, callers that answer well,
// badly, late or not at all. Out: the identity as the client wrote it; by the right key a
// connection, and no ticket of it; without one what an identity that is in no list comes to; no
// other call answers in its place, and nothing is lost by waiting.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/psk12.h"
#include "support/resume.h"

static pair_t pair;
static resume_session_t kept;

static const uint8_t other_key[32] = {9};

// What the caller answers with, and what it was asked.
static struct {
    const skr_psk_t *answer; // to the one identity that it knows; NULL: knows none
    unsigned asked;
    skr_view_t known;
} caller;

static skr_status_t give(pair_side_t *side) {
    skr_view_t identity = {NULL, 0};
    assert_true(skr_conn_psk_identity(side->conn, &identity));
    caller.asked++;
    return skr_conn_give_psk(side->conn, view_equal(identity, caller.known) ? caller.answer : NULL);
}

static void set_up(uint16_t version) {
    pair_init_openssl(&pair);
    const skr_provider_t *provider = pair.client.config.provider;
    resume_pair(&pair, version, provider, provider);
    psk12_give(&pair);
    pair.server.config.psk_count = 0;
    pair.server.config.ask_psk = true;
    pair.server.give_psk = give;
    caller.answer = &psk12_key;
    caller.known = psk12_key.identity;
    caller.asked = 0;
}

#define VERSIONS(run) \
    do { \
        for (uint16_t version = SKR_TLS12; version <= SKR_TLS13; version++) { \
            pair_note("version %04x", version); \
            run; \
        } \
        pair_note("%s", ""); \
    } while (0)

static skr_status_t refusal(uint16_t version) {
    return version == SKR_TLS13 ? SKR_ERR_BINDER : SKR_ERR_RECORD_MAC;
}

static void assert_complete(void) {
    skr_conn_info_t info;
    pair_assert_complete(&pair);
    skr_conn_info(pair.server.conn, &info);
    assert_true(info.peer_verified);
    assert_true(info.psk_identity.data == NULL); // the caller knows
    skr_conn_info(pair.client.conn, &info);
    assert_int_equal(info.psk_identity.size, psk12_key.identity.size);
    pair_exchange(&pair, 100);
    pair_end(&pair);
}

static void run_given(uint16_t version) {
    set_up(version);
    pair_start(&pair);
    pair_run(&pair);
    assert_int_equal(caller.asked, 1);
    assert_complete();
    // What the server has itself it does not ask for.
    set_up(version);
    pair.server.config.psk_count = 1;
    pair_start(&pair);
    pair_run(&pair);
    assert_int_equal(caller.asked, 0);
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

static void test_given(void **state) {
    (void)state;
    VERSIONS(run_given(version));
}

// In pieces of one byte, and after a while in which the caller only looks.
static skr_status_t hesitate(pair_side_t *side) {
    skr_view_t identity = {NULL, 0};
    uint8_t byte = 0;
    size_t used = 1;
    if (caller.asked == 0) {
        pair_assert_status(skr_conn_handshake(side->conn), SKR_WANT_PSK);
        pair_assert_status(skr_conn_verified(side->conn, true), SKR_ERR_USAGE);
        pair_assert_status(skr_conn_signed(side->conn, &byte, 1), SKR_ERR_USAGE);
        pair_assert_status(skr_conn_feed(side->conn, &byte, 1, &used), SKR_WANT_PSK);
        assert_int_equal(used, 0);
        assert_true(skr_conn_psk_identity(side->conn, &identity));
        assert_true(view_equal(identity, psk12_key.identity));
        skr_psk_t bad[] = {psk12_key, psk12_key, psk12_key};
        bad[0].key.size = SKR_PSK_KEY_MIN - 1;
        bad[1].key.size = SKR_PSK_KEY_MAX + 1;
        bad[2].hash = SKR_HASH_SHA512;
        for (unsigned i = 0; i < 3; i++) {
            pair_assert_status(skr_conn_give_psk(side->conn, &bad[i]), SKR_ERR_CONFIG);
        }
        assert_true(skr_conn_psk_identity(side->conn, &identity));
    }
    skr_status_t status = give(side);
    assert_false(skr_conn_psk_identity(side->conn, &identity));
    pair_assert_status(skr_conn_give_psk(side->conn, NULL), SKR_ERR_USAGE);
    return status;
}

static void run_late(uint16_t version) {
    set_up(version);
    pair.server.give_psk = hesitate;
    pair.server.chunk = 1;
    pair_start(&pair);
    skr_view_t identity;
    assert_false(skr_conn_psk_identity(pair.server.conn, &identity));
    pair_assert_status(skr_conn_give_psk(pair.server.conn, NULL), SKR_ERR_USAGE);
    pair_run(&pair);
    assert_int_equal(caller.asked, 1);
    assert_complete();
}

static void test_late(void **state) {
    (void)state;
    VERSIONS(run_late(version));
}

// Nobody's, another key, one for other suites: as with identities in no list.
static void run_refused(uint16_t version) {
    skr_psk_t wrong[] = {psk12_key, psk12_key, psk12_key};
    wrong[0].key = view_of(other_key, sizeof(other_key));
    wrong[1].hash = SKR_HASH_SHA384;
    wrong[2].imported = true;
    for (unsigned i = 0; i < 4; i++) {
        set_up(version);
        caller.answer = i == 0 ? NULL : &wrong[i - 1];
        pair_start(&pair);
        pair_run(&pair);
        assert_int_equal(caller.asked, 1);
        if (i == 2 && version == SKR_TLS12) { // which hash is TLS 1.3's affair
            pair_assert_complete(&pair);
        } else {
            pair_assert_refused(&pair, &pair.server, refusal(version));
        }
        pair_end(&pair);
    }
}

static void test_refused(void **state) {
    (void)state;
    VERSIONS(run_refused(version));
}

static void test_waits_on(void **state) {
    (void)state;
    set_up(SKR_TLS13);
    pair.server.give_psk = NULL;
    pair_start(&pair);
    pair_run(&pair);
    pair_assert_status(skr_conn_handshake(pair.server.conn), SKR_WANT_PSK);
    pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_ERR_CLOSED_EARLY);
    skr_view_t identity;
    assert_false(skr_conn_psk_identity(pair.server.conn, &identity));
    pair_assert_status(skr_conn_give_psk(pair.server.conn, &psk12_key), SKR_ERR_CLOSED_EARLY);
    pair_end(&pair);
}

// TLS 1.3: several identities are asked for one by one; behind a HelloRetryRequest once more.
static void test_several(void **state) {
    (void)state;
    static const uint16_t p384[] = {SKR_GROUP_SECP384R1, 0};
    const skr_psk_t several[] = {{VIEW_LITERAL("one"), view_of(other_key, 32), 0, false},
        {VIEW_LITERAL("two"), view_of(other_key, 32), 0, false}, psk12_key};
    for (unsigned i = 0; i < 2; i++) {
        set_up(SKR_TLS13);
        pair.client.config.psks = several;
        pair.client.config.psk_count = 3;
        pair.server.config.groups = i == 0 ? NULL : p384;
        pair_start(&pair);
        pair_run(&pair);
        assert_int_equal(caller.asked, i == 0 ? 3 : 6);
        assert_complete();
    }
}

// An imported key (RFC 9258) may be the answer, too.
static void test_imported(void **state) {
    (void)state;
    uint8_t room[200];
    skr_psk_t imported;
    pair_assert_status(skr_psk_import(&skr_provider_openssl, &psk12_key, VIEW_LITERAL("x"),
                           SKR_HASH_SHA256, room, sizeof(room), &imported),
        SKR_OK);
    for (unsigned i = 0; i < 2; i++) {
        skr_psk_t answer = imported;
        set_up(SKR_TLS13);
        pair.client.config.psks = &imported;
        caller.known = imported.identity;
        caller.answer = &answer;
        answer.imported = i == 0;
        pair_start(&pair);
        pair_run(&pair);
        if (i == 0) {
            pair_assert_complete(&pair);
        } else {
            pair_assert_refused(&pair, &pair.server, SKR_ERR_BINDER);
        }
        pair_end(&pair);
    }
}

// With certificates beside it a server that asks serves clients without keys, and in TLS 1.3 also
// those with unknown ones.
static void test_certificates_beside(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        set_up(SKR_TLS13);
        pair.client.config.psk_count = i;
        pair.client.config.anchor_count = 1;
        pair.server.config.credential_count = 1;
        caller.answer = NULL;
        pair_start(&pair);
        pair_run(&pair);
        assert_int_equal(caller.asked, i);
        skr_conn_info_t info;
        skr_conn_info(pair.client.conn, &info);
        assert_true(info.complete && info.peer_scheme != 0);
        pair_end(&pair);
    }
}

// Nobody could tell whether the key of a ticket still holds: there is none.
static void run_no_ticket(uint16_t version) {
    const uint8_t *session = NULL;
    set_up(version);
    pair_start(&pair);
    pair_run(&pair);
    assert_int_equal(skr_conn_session(pair.client.conn, &session), 0);
    assert_complete();
    // With a key that the server has itself there is one, and it is nobody's identity to ask for.
    set_up(version);
    pair.server.config.psk_count = 1;
    resume_first(&pair, &kept);
    set_up(version);
    pair.server.config.psk_count = 1;
    assert_true(resume_again(&pair, &kept));
    assert_int_equal(caller.asked, 0);
}

static void test_no_ticket(void **state) {
    (void)state;
    VERSIONS(run_no_ticket(version));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_given),
        PAIR_TEST(test_late),
        PAIR_TEST(test_refused),
        PAIR_TEST(test_waits_on),
        PAIR_TEST(test_several),
        PAIR_TEST(test_imported),
        PAIR_TEST(test_certificates_beside),
        PAIR_TEST(test_no_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
