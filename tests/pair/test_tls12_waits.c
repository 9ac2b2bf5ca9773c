// Waiting for the caller in TLS 1.2, and what is told of its handshakes: the verdict on a chain, a
// signature from elsewhere, the ladder of messages.
//
// In: connections that are told to ask, callers who answer right, wrong and late. Out: the chain as
// the peer sent it, in TLS 1.2's own form; what must be signed, asked for once; a handshake that
// goes on from where it stood, or a refusal that the peer hears of. Trace events in the order of
// RFC 5246 section 7.3 and of RFC 5077.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/suites.h"
#include "record/record.h"
#include "support/resume.h"
#include "support/tap12.h"

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

// In one record, over many, in pieces.
static void set_asking(pair_side_t *side, unsigned i, pair_answer_t answer) {
    tap12_pair_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    side->config.ask_verify = true;
    side->verify = answer;
    pair_other(&pair, side)->config.max_record_out = i % 3 == 0 ? 0 : i % 3 == 1 ? 50 : 16;
    side->chunk = i < 3 ? PAIR_ALL : 1;
    asked = 0;
}

static void test_accept(void **state) {
    for (unsigned i = 0; i < 6; i++) {
        set_asking(*state, i, accept_chain);
        pair_connect(&pair);
        assert_int_equal(asked, 1);
        pair_exchange(&pair, 100);
        pair_end(&pair);
    }
}

static void test_refuse(void **state) {
    for (unsigned i = 0; i < 6; i++) {
        set_asking(*state, i, refuse_chain);
        pair_refuses(&pair, *state, SKR_ERR_CERT_REFUSED);
        assert_int_equal(asked, 1);
    }
}

// Without an answer nothing moves; the end of the line is noticed; all is given back.
static void test_no_answer(void **state) {
    pair_side_t *side = *state;
    size_t used = 0;
    uint8_t byte = 0;
    for (unsigned i = 0; i < 3; i++) {
        set_asking(side, i, NULL);
        pair_start(&pair);
        pair_run(&pair);
        pair_assert_status(skr_conn_handshake(side->conn), SKR_WANT_VERIFY);
        pair_assert_status(skr_conn_feed(side->conn, &byte, 1, &used), SKR_WANT_VERIFY);
        assert_int_equal(used, 0);
        if (i == 1) {
            pair_assert_status(skr_conn_feed_eof(side->conn), SKR_ERR_CLOSED_EARLY);
        } else if (i == 2) {
            side->verify = accept_chain;
            pair_run(&pair);
            pair_assert_complete(&pair);
        }
        pair_end(&pair);
    }
}

// --- A signature from elsewhere ---

static skr_private_key_t outside; // knows only its type
static skr_credential_t credential;
static pki_kind_t outside_kind;

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
    // The digest, or Randoms, curve and share themselves.
    assert_int_equal(to_sign.message.size, hash != NULL ? hash->size : 64 + 4 + 32u);
    assert_int_equal(scheme->sign(key, to_sign.message.data, to_sign.message.size, test_random,
                         &side->random, signature, &size),
        SKR_CRYPTO_OK);
    asked++;
    return size;
}

static skr_status_t sign_right(pair_side_t *side) {
    uint8_t signature[SKR_SIGNATURE_MAX];
    skr_to_sign_t to_sign;
    size_t size = sign_outside(side, signature);
    skr_status_t status = skr_conn_signed(side->conn, signature, size);
    assert_false(skr_conn_to_sign(side->conn, &to_sign)); // answered is answered
    return status;
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

static skr_status_t sign_too_long(pair_side_t *side) {
    static const uint8_t signature[SKR_SIGNATURE_MAX];
    asked++;
    return skr_conn_signed(side->conn, signature, SKR_SIGNATURE_MAX);
}

static void set_signing(pair_side_t *side, pki_kind_t kind, pair_answer_t sign) {
    bool client = side == &pair.client;
    tap12_pair_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    credential = *pki_credential(side->config.provider, kind, client ? PKI_CLIENT : PKI_SERVER);
    memset(&outside, 0, sizeof(outside));
    outside.type = credential.key->type;
    outside.bits = credential.key->bits;
    outside.external = true;
    credential.key = &outside;
    side->config.credentials = &credential;
    side->sign = sign;
    outside_kind = kind;
    asked = 0;
}

// Every kind, in whole and in small records; Ed25519 with servers only.
static void test_sign(void **state) {
    pair_side_t *side = *state;
    unsigned kinds = side == &pair.client ? PKI_ED25519 : PKI_KINDS;
    for (unsigned i = 0; i < kinds * 2; i++) {
        set_signing(side, (pki_kind_t)(i / 2), sign_right);
        pair.client.config.max_record_out = pair.server.config.max_record_out = i % 2 ? 99 : 0;
        pair_connect(&pair);
        assert_int_equal(asked, 1);
        pair_exchange(&pair, 100);
        pair_end(&pair);
        if (i % 2 == 0) {
            set_signing(side, (pki_kind_t)(i / 2), sign_wrong);
            pair_refuses(&pair, pair_other(&pair, side), SKR_ERR_SIGNATURE);
            assert_int_equal(asked, 1);
        }
    }
}

static void test_sign_not(void **state) {
    pair_side_t *side = *state;
    set_signing(side, PKI_P256, sign_refused);
    pair_refuses(&pair, side, SKR_ERR_PROVIDER);
    set_signing(side, PKI_P256, sign_too_long);
    pair_refuses(&pair, side, SKR_ERR_USAGE);
    set_signing(side, PKI_P256, NULL); // late
    pair_start(&pair);
    pair_run(&pair);
    for (int i = 0; i < 3; i++) {
        pair_assert_status(skr_conn_handshake(side->conn), SKR_WANT_SIGNATURE);
    }
    side->sign = sign_right;
    pair_run(&pair);
    pair_assert_complete(&pair);
    pair_end(&pair);
    set_signing(side, PKI_P256, NULL); // never
    pair_start(&pair);
    pair_run(&pair);
    pair_end(&pair);
}

// --- The ladder ---

static void ladder(const pair_side_t *side, char *out) {
    out[0] = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        const skr_trace_event_t *event = &side->event[i];
        bool by_client = event->sent == (side == &pair.client);
        bool ccs = event->layer == SKR_LAYER_RECORD && event->type == RECORD_CHANGE_CIPHER_SPEC;
        if (ccs || event->layer == SKR_LAYER_HANDSHAKE) {
            strcat(out, by_client ? "C " : "S ");
            strcat(out, ccs ? "CCS" : event->name);
            strcat(out, event->is_protected ? "*, " : ", ");
        }
    }
}

static void assert_ladder(const char *expected) {
    char client[1000], server[1000];
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    ladder(&pair.client, client);
    ladder(&pair.server, server);
    assert_string_equal(client, expected);
    assert_string_equal(server, expected);
    pair_end(&pair);
}

#define HELLOS "C ClientHello, S ServerHello, "
#define PROOF "S Certificate, S ServerKeyExchange, "
#define CLIENT_END "C CCS, C Finished*, "
#define SERVER_END "S CCS, S Finished*, "

static void run(const char *expected) {
    pair_start(&pair);
    pair_run(&pair);
    assert_ladder(expected);
}

static void test_ladders(void **state) {
    const pair_providers_t *providers = *state;
    static resume_session_t kept;
    tap12_pair(&pair, providers->client, providers->server);
    run(HELLOS PROOF "S ServerHelloDone, C ClientKeyExchange, " CLIENT_END SERVER_END);
    pair_mutual(&pair, PKI_P256);
    run(HELLOS PROOF "S CertificateRequest, S ServerHelloDone, C Certificate, C ClientKeyExchange, "
                     "C CertificateVerify, " CLIENT_END SERVER_END);
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    pair.client.config.credential_count = 0;
    run(HELLOS PROOF
        "S CertificateRequest, S ServerHelloDone, C Certificate, C ClientKeyExchange, " CLIENT_END
            SERVER_END);
    resume_pair(&pair, SKR_TLS12, providers->client, providers->server);
    run(HELLOS PROOF "S ServerHelloDone, C ClientKeyExchange, " CLIENT_END
                     "S NewSessionTicket, " SERVER_END);
    resume_first(&pair, &kept);
    pair_start(&pair);
    assert_true(resume_offer(&pair, &kept));
    pair_run(&pair);
    assert_ladder(HELLOS "S NewSessionTicket, " SERVER_END CLIENT_END);
    resume_keys.newest = RESUME_NO_KEY;
    pair_start(&pair);
    assert_true(resume_offer(&pair, &kept));
    pair_run(&pair);
    assert_ladder(HELLOS "S NewSessionTicket, " SERVER_END CLIENT_END); // an empty one
}

// Records add up to the bytes on the wire.
static void test_bytes(void **state) {
    (void)state;
    tap12_pair_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.max_record_out = pair.server.config.max_record_out = 100;
    pair_connect(&pair);
    const pair_side_t *sides[] = {&pair.client, &pair.server};
    for (unsigned s = 0; s < 2; s++) {
        size_t in = 0, out = 0;
        skr_conn_info_t info;
        for (size_t i = 0; i < sides[s]->event_count; i++) {
            const skr_trace_event_t *event = &sides[s]->event[i];
            if (event->layer == SKR_LAYER_RECORD) {
                *(event->sent ? &out : &in) += event->size;
            }
        }
        skr_conn_info(sides[s]->conn, &info);
        assert_int_equal(out, info.bytes_out);
        assert_int_equal(in, info.bytes_in);
    }
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
        PAIR_TEST_WITH(test_sign, &pair.client),
        PAIR_TEST_WITH(test_sign, &pair.server),
        PAIR_TEST_WITH(test_sign_not, &pair.client),
        PAIR_TEST_WITH(test_sign_not, &pair.server),
        PAIR_TEST_WITH(test_ladders, &pair_providers[0]),
        PAIR_TEST_WITH(test_ladders, &pair_providers[1]),
        PAIR_TEST(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
