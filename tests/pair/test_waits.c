// Waiting for the caller: its verdict on a chain, a signature from elsewhere (design.md: callbacks
// run between steps, never inside one).
//
// In: connections that are told to ask, callers who answer right, wrong, late and not at all. Out:
// what was asked for, a handshake that goes on from where it stood, or a refusal that the peer
// hears of.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/suites.h"
#include "support/pair.h"

static pair_t pair;
static unsigned asked;

// --- The verdict ---

static skr_status_t look_and_answer(pair_side_t *side, bool accept) {
    const skr_credential_t *expected = pair_other(&pair, side)->config.credentials;
    skr_view_t der;
    asked++;
    for (size_t i = 0; i < expected->chain_count; i++) {
        assert_true(skr_conn_peer_certificate(side->conn, i, &der));
        assert_true(view_equal(der, expected->chain[i]));
    }
    assert_false(skr_conn_peer_certificate(side->conn, expected->chain_count, &der));
    assert_false(skr_conn_peer_certificate(side->conn, SIZE_MAX, &der));
    return skr_conn_verified(side->conn, accept);
}

static skr_status_t accept_chain(pair_side_t *side) {
    return look_and_answer(side, true);
}

static skr_status_t refuse_chain(pair_side_t *side) {
    return look_and_answer(side, false);
}

static void set_up(const pair_side_t *asking, uint16_t record_size, size_t chunk) {
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair_side_t *side = asking == &pair.client ? &pair.client : &pair.server;
    side->config.ask_verify = true;
    side->verify = accept_chain;
    pair_other(&pair, side)->config.max_record_out = record_size;
    side->chunk = chunk;
    asked = 0;
}

// In one record, over many, in pieces.
static void test_accept(void **state) {
    for (unsigned i = 0; i < 6; i++) {
        set_up(*state, i % 3 == 0 ? 0 : i % 3 == 1 ? 50 : 16, i < 3 ? PAIR_ALL : 1);
        pair_connect(&pair);
        assert_int_equal(asked, 1);
        pair_exchange(&pair, 100);
        pair_end(&pair);
    }
}

static void test_refuse(void **state) {
    pair_side_t *side = *state;
    for (unsigned i = 0; i < 2; i++) {
        set_up(side, i == 0 ? 0 : 50, PAIR_ALL);
        side->verify = refuse_chain;
        pair_refuses(&pair, side, SKR_ERR_CERT_REFUSED);
        assert_int_equal(asked, 1);
    }
}

// Without an answer nothing moves, nothing is lost, and the question stands.
static void test_no_answer(void **state) {
    pair_side_t *side = *state;
    size_t used = 0;
    uint8_t byte = 0;
    set_up(side, 0, PAIR_ALL);
    side->verify = NULL;
    pair_start(&pair);
    pair_run(&pair);
    assert_false(pair_is_complete(side));
    for (int i = 0; i < 3; i++) {
        pair_assert_status(skr_conn_handshake(side->conn), SKR_WANT_VERIFY);
        pair_assert_status(skr_conn_feed(side->conn, &byte, 1, &used), SKR_WANT_VERIFY);
        assert_int_equal(used, 0);
    }
    size_t events = side->event_count;
    side->verify = accept_chain;
    accept_chain(side);
    assert_true(side->event_count >= events); // and the message is not told twice
    pair_run(&pair);
    pair_assert_complete(&pair);
    unsigned certificates = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        certificates += !side->event[i].sent && side->event[i].layer == SKR_LAYER_HANDSHAKE &&
                side->event[i].type == 11
            ? 1
            : 0;
    }
    assert_int_equal(certificates, 1);
    pair_end(&pair);
}

// An end while it waits.
static void test_freed_while_waiting(void **state) {
    pair_side_t *side = *state;
    set_up(side, 50, PAIR_ALL);
    side->verify = NULL;
    pair_start(&pair);
    pair_run(&pair);
    pair_assert_status(skr_conn_handshake(side->conn), SKR_WANT_VERIFY);
    pair_end(&pair);
}

static void test_eof_while_waiting(void **state) {
    pair_side_t *side = *state;
    skr_view_t der;
    set_up(side, 50, PAIR_ALL);
    side->verify = NULL;
    pair_start(&pair);
    pair_run(&pair);
    pair_assert_status(skr_conn_feed_eof(side->conn), SKR_ERR_CLOSED_EARLY);
    assert_false(skr_conn_peer_certificate(side->conn, 0, &der));
    pair_assert_status(skr_conn_verified(side->conn, true), SKR_ERR_CLOSED_EARLY);
    pair_assert_failed(side, SKR_ERR_CLOSED_EARLY);
    pair_end(&pair);
}

// What the engine refuses the caller is not asked about: its word can't overrule.
static void test_not_asked_about_bad_ones(void **state) {
    pair_side_t *side = *state;
    set_up(side, 0, PAIR_ALL);
    side->config.anchors = &(const skr_anchor_t){pki_stranger().data, pki_stranger().size};
    pair_refuses(&pair, side, SKR_ERR_CERT_UNKNOWN_CA);
    assert_int_equal(asked, 0);
}

// The caller may be asked though nothing is verified: pinning.
static void test_ask_only(void **state) {
    (void)state;
    skr_conn_info_t info;
    set_up(&pair.client, 0, PAIR_ALL);
    pair.client.config.verify = SKR_VERIFY_NONE;
    pair_connect(&pair);
    assert_int_equal(asked, 1);
    skr_conn_info(pair.client.conn, &info);
    assert_false(info.peer_verified);
    pair_end(&pair);
}

// Nobody waits: answers are mistakes.
static void test_unasked_answers(void **state) {
    (void)state;
    skr_to_sign_t to_sign;
    skr_view_t der;
    uint8_t signature[64] = {0};
    pair_init_openssl(&pair);
    pair_start(&pair);
    for (int i = 0; i < 2; i++) {
        pair_assert_status(skr_conn_verified(pair.client.conn, true), SKR_ERR_USAGE);
        pair_assert_status(skr_conn_signed(pair.client.conn, signature, 64), SKR_ERR_USAGE);
        assert_false(skr_conn_to_sign(pair.client.conn, &to_sign));
        assert_false(skr_conn_peer_certificate(pair.client.conn, 0, &der));
        pair_run(&pair);
    }
    pair_assert_complete(&pair);
    pair_end(&pair);
}

// --- A signature from elsewhere ---

static skr_private_key_t outside; // knows only its type
static skr_credential_t credential;

static void make_external(pair_side_t *side, pki_kind_t kind, pki_role_t role) {
    credential = *pki_credential(&skr_provider_openssl, kind, role);
    memset(&outside, 0, sizeof(outside));
    outside.type = credential.key->type;
    outside.bits = credential.key->bits;
    outside.external = true;
    credential.key = &outside;
    side->config.credentials = &credential;
    side->config.credential_count = 1;
}

static pki_kind_t outside_kind;

// What the secure element does: it knows the key, and is told what to sign.
static size_t sign_outside(pair_side_t *side, uint8_t *signature) {
    skr_to_sign_t to_sign;
    size_t size = 0;
    assert_true(skr_conn_to_sign(side->conn, &to_sign));
    assert_ptr_equal(to_sign.key, &outside);
    const skr_provider_t *provider = &skr_provider_openssl;
    const skr_signature_t *scheme = provider_signature(provider, to_sign.scheme);
    const skr_private_key_t *key = pki_credential(provider, outside_kind, PKI_SERVER)->key;
    assert_non_null(scheme);
    assert_int_equal(scheme->key_type, key->type);
    const skr_hash_t *hash = provider_hash(provider, scheme->hash);
    assert_int_equal(to_sign.message.size,
        hash != NULL ? hash->size : 64 + 34 + (pair.client.suite == 0x1302 ? 48u : 32u));
    assert_int_equal(scheme->sign(key, to_sign.message.data, to_sign.message.size, test_random,
                         &side->random, signature, &size),
        SKR_CRYPTO_OK);
    asked++;
    return size;
}

static skr_status_t sign_right(pair_side_t *side) {
    uint8_t signature[SKR_SIGNATURE_MAX];
    size_t size = sign_outside(side, signature);
    return skr_conn_signed(side->conn, signature, size);
}

static skr_status_t sign_wrong(pair_side_t *side) {
    uint8_t signature[SKR_SIGNATURE_MAX];
    size_t size = sign_outside(side, signature);
    signature[size - 1] ^= 1;
    return skr_conn_signed(side->conn, signature, size);
}

static skr_status_t sign_refused(pair_side_t *side) {
    asked++;
    return skr_conn_signed(side->conn, NULL, 0);
}

// Too long for anything; then too long for the key.
static skr_status_t sign_too_long(pair_side_t *side) {
    static const uint8_t signature[SKR_SIGNATURE_MAX + 1];
    asked++;
    pair_assert_status(
        skr_conn_signed(side->conn, signature, SKR_SIGNATURE_MAX + 1), SKR_ERR_USAGE);
    return skr_conn_signed(side->conn, signature, SKR_SIGNATURE_MAX);
}

// false: the provider of the pair has no such signatures.
static bool set_up_signing(bool client, pki_kind_t kind, pair_answer_t sign) {
    pair_init_openssl(&pair);
    if (kind == PKI_ED25519 &&
        provider_signature(pair.client.config.provider, SKR_SIG_ED25519) == NULL) {
        print_message("    left out: the provider has no Ed25519\n");
        return false;
    }
    pair_mutual(&pair, PKI_P256);
    pair_side_t *side = client ? &pair.client : &pair.server;
    outside_kind = kind;
    make_external(side, kind, client ? PKI_CLIENT : PKI_SERVER);
    side->sign = sign;
    asked = 0;
    return true;
}

static void test_sign(void **state) {
    bool client = *state == &pair.client;
    for (unsigned kind = 0; kind < PKI_KINDS; kind++) {
        for (unsigned small = 0; small < 2; small++) {
            if (!set_up_signing(client, (pki_kind_t)kind, sign_right)) {
                continue;
            }
            pair.client.config.max_record_out = pair.server.config.max_record_out = small ? 99 : 0;
            pair_connect(&pair);
            assert_int_equal(asked, 1);
            pair_exchange(&pair, 100);
            pair_end(&pair);
        }
    }
}

static void test_sign_wrong(void **state) {
    pair_side_t *side = *state;
    for (unsigned kind = 0; kind < PKI_KINDS; kind++) {
        if (!set_up_signing(side == &pair.client, (pki_kind_t)kind, sign_wrong)) {
            continue;
        }
        pair_start(&pair);
        pair_run(&pair);
        if (side == &pair.server) {
            pair_assert_refused(&pair, &pair.client, SKR_ERR_SIGNATURE);
        } else {
            pair_assert_failed(&pair.server, SKR_ERR_SIGNATURE);
            pair_assert_failed(&pair.client, SKR_ERR_PEER_ALERT);
        }
        assert_int_equal(asked, 1);
        pair_end(&pair);
    }
}

static void test_sign_refused(void **state) {
    pair_side_t *side = *state;
    set_up_signing(side == &pair.client, PKI_P256, sign_refused);
    pair_refuses(&pair, side, SKR_ERR_PROVIDER);
}

static void test_sign_too_long(void **state) {
    pair_side_t *side = *state;
    set_up_signing(side == &pair.client, PKI_P256, sign_too_long);
    pair_refuses(&pair, side, SKR_ERR_USAGE);
}

// While it waits for a signature it sends what it has and takes nothing.
static void test_sign_late(void **state) {
    pair_side_t *side = *state;
    uint8_t byte = 0;
    size_t used = 0;
    set_up_signing(side == &pair.client, PKI_P256, NULL);
    pair_start(&pair);
    pair_run(&pair);
    for (int i = 0; i < 3; i++) {
        pair_assert_status(skr_conn_handshake(side->conn), SKR_WANT_SIGNATURE);
        pair_assert_status(skr_conn_feed(side->conn, &byte, 1, &used), SKR_WANT_SIGNATURE);
        assert_int_equal(used, 0);
    }
    pair_assert_status(skr_conn_verified(side->conn, true), SKR_ERR_USAGE);
    side->sign = sign_right;
    pair_run(&pair);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

static void test_sign_never(void **state) {
    pair_side_t *side = *state;
    set_up_signing(side == &pair.client, PKI_P256, NULL);
    pair_start(&pair);
    pair_run(&pair);
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_accept, &pair.client),
        PAIR_TEST_WITH(test_accept, &pair.server),
        PAIR_TEST_WITH(test_refuse, &pair.client),
        PAIR_TEST_WITH(test_refuse, &pair.server),
        PAIR_TEST_WITH(test_no_answer, &pair.client),
        PAIR_TEST_WITH(test_no_answer, &pair.server),
        PAIR_TEST_WITH(test_freed_while_waiting, &pair.client),
        PAIR_TEST_WITH(test_freed_while_waiting, &pair.server),
        PAIR_TEST_WITH(test_eof_while_waiting, &pair.client),
        PAIR_TEST_WITH(test_eof_while_waiting, &pair.server),
        PAIR_TEST_WITH(test_not_asked_about_bad_ones, &pair.client),
        PAIR_TEST_WITH(test_not_asked_about_bad_ones, &pair.server),
        PAIR_TEST(test_ask_only),
        PAIR_TEST(test_unasked_answers),
        PAIR_TEST_WITH(test_sign, &pair.client),
        PAIR_TEST_WITH(test_sign, &pair.server),
        PAIR_TEST_WITH(test_sign_wrong, &pair.client),
        PAIR_TEST_WITH(test_sign_wrong, &pair.server),
        PAIR_TEST_WITH(test_sign_refused, &pair.client),
        PAIR_TEST_WITH(test_sign_refused, &pair.server),
        PAIR_TEST_WITH(test_sign_too_long, &pair.client),
        PAIR_TEST_WITH(test_sign_too_long, &pair.server),
        PAIR_TEST_WITH(test_sign_late, &pair.client),
        PAIR_TEST_WITH(test_sign_late, &pair.server),
        PAIR_TEST_WITH(test_sign_never, &pair.client),
        PAIR_TEST_WITH(test_sign_never, &pair.server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
