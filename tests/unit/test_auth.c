// Who the peer is, without a handshake (src/hs/auth.c).
//
// In: handshakes made by hand, chains and keys of every kind, both roles. Out: what no certificate
// at all means by role and policy (RFC 9846 section 4.5.1.3); PROOF_PATH only for a chain that
// leads to a root and under a policy that looks; PROOF_SIGNATURE only for the right signature over
// this transcript by the other side's key with a scheme that fits it (section 4.5.2). What stands
// in paths and signatures themselves is tested elsewhere.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/auth.h"
#include "hs/handlers.h"
#include "support/pair_memory.h"

enum { BODY_MAX = 8192 };

typedef struct {
    hs_t hs;
    skr_config_t config;
    test_random_t random;
    pair_memory_t memory;
    skr_memory_t memory_calls;
} party_t;

static party_t client, server;

static void begin_party(party_t *party, bool is_client) {
    const skr_provider_t *provider = &skr_provider_openssl;
    memset(party, 0, sizeof(*party));
    pair_memory_init(&party->memory, &party->memory_calls);
    test_random_seed(&party->random, is_client);
    party->config = (skr_config_t){.role = is_client ? SKR_CLIENT : SKR_SERVER,
        .profile = &skr_profile_full,
        .provider = provider,
        .memory = &party->memory_calls,
        .random = test_random,
        .random_user = &party->random,
        .verify = SKR_VERIFY_REQUIRED,
        .anchors = pki_anchors(),
        .anchor_count = 1};
    hs_t *hs = &party->hs;
    hs->config = &party->config;
    hs->script = is_client ? &hs_script_client13 : &hs_script_server13;
    hs->now = pki_now;
    hs->hash = provider_hash(provider, SKR_HASH_SHA256);
    assert_true(skr_name_parse(VIEW_LITERAL("server.example"), &hs->peer_name));
    assert_true(transcript_init(&hs->transcript, provider->hashes));
    assert_true(transcript_choose(&hs->transcript, hs->hash));
    assert_true(transcript_add(&hs->transcript, VIEW_LITERAL("all messages so far")));
}

static void begin(void) {
    begin_party(&client, true);
    begin_party(&server, false);
}

static void end_party(party_t *party) {
    hs_t *hs = &party->hs;
    if (hs->peer_key_block != NULL) {
        memset(hs->peer_key_block, 0, hs->peer_key_size);
        party->memory_calls.give(
            &party->memory, SKR_REGION_PEER_CERTIFICATE, hs->peer_key_block, hs->peer_key_size);
    }
    pair_memory_end(&party->memory);
}

// --- Certificate ---

static void test_no_certificate(void **state) {
    (void)state;
    static const struct {
        skr_verify_t verify;
        skr_status_t at_server;
    } policies[] = {
        {SKR_VERIFY_NONE, SKR_OK},
        {SKR_VERIFY_OPTIONAL, SKR_OK},
        {SKR_VERIFY_REQUIRED, SKR_ERR_CERTIFICATE_REQUIRED},
    };
    static const uint8_t body[] = {0, 0, 0, 0}; // no context, no certificates
    for (size_t i = 0; i < 3; i++) {
        begin();
        client.config.verify = server.config.verify = policies[i].verify;
        pair_assert_status(
            auth_recv_cert(&client.hs, view_of(body, sizeof(body))), SKR_ERR_NO_CERTIFICATE);
        pair_assert_status(
            auth_recv_cert(&server.hs, view_of(body, sizeof(body))), policies[i].at_server);
        assert_int_equal(client.hs.facts, 0);
        assert_int_equal(server.hs.facts, policies[i].at_server == SKR_OK ? (int)F_EMPTY_CERT : 0);
        assert_int_equal(client.hs.proofs | server.hs.proofs, 0);
        end_party(&client);
        end_party(&server);
    }
}

static skr_status_t present(pki_role_t role) {
    static uint8_t body[BODY_MAX];
    writer_t w = writer_of(body, sizeof(body));
    server.hs.credential = pki_credential(&skr_provider_openssl, PKI_P256, role);
    pair_assert_status(auth_send_cert(&server.hs, &w), SKR_OK);
    return auth_recv_cert(&client.hs, view_of(body, writer_size(&w)));
}

static void test_path(void **state) {
    (void)state;
    static const struct {
        pki_role_t role;
        skr_verify_t verify;
        bool no_time, ok, proof;
    } cases[] = {
        {PKI_SERVER, SKR_VERIFY_REQUIRED, false, true, true},
        {PKI_SERVER, SKR_VERIFY_OPTIONAL, false, true, true},
        {PKI_SERVER, SKR_VERIFY_NONE, false, true, false},
        {PKI_STRANGER, SKR_VERIFY_NONE, true, true, false},
        {PKI_SERVER, SKR_VERIFY_REQUIRED, true, false, false},
        {PKI_STRANGER, SKR_VERIFY_REQUIRED, false, false, false},
        {PKI_STRANGER, SKR_VERIFY_OPTIONAL, false, false, false},
        {PKI_OTHER, SKR_VERIFY_REQUIRED, false, false, false},
        {PKI_CLIENT, SKR_VERIFY_REQUIRED, false, false, false},
        {PKI_EXPIRED, SKR_VERIFY_REQUIRED, false, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        client.config.verify = cases[i].verify;
        client.hs.now = cases[i].no_time ? 0 : pki_now;
        skr_status_t status = present(cases[i].role);
        assert_int_equal(status == SKR_OK, cases[i].ok);
        assert_int_equal(status == SKR_ERR_TIME_UNKNOWN, cases[i].no_time && !cases[i].ok);
        assert_int_equal(client.hs.proofs, cases[i].proof ? PROOF_PATH : 0);
        assert_int_equal(client.hs.peer_key_block != NULL, cases[i].ok);
        end_party(&client);
        end_party(&server);
    }
}

// The caller's verdict comes on top of the engine's own, never instead of it.
static void test_verdict(void **state) {
    (void)state;
    begin();
    client.config.ask_verify = true;
    client.hs.verdict = HS_VERDICT_ACCEPT;
    assert_int_not_equal(present(PKI_STRANGER), SKR_OK);
    client.hs.verdict = HS_VERDICT_NONE;
    pair_assert_status(present(PKI_SERVER), SKR_WANT_VERIFY);
    pair_assert_status(present(PKI_SERVER), SKR_WANT_VERIFY);
    client.hs.verdict = HS_VERDICT_REFUSE;
    pair_assert_status(present(PKI_SERVER), SKR_ERR_CERT_REFUSED);
    client.hs.verdict = HS_VERDICT_ACCEPT;
    pair_assert_status(present(PKI_SERVER), SKR_OK);
    end_party(&client);
    end_party(&server);
}

// --- CertificateVerify ---

static const uint16_t schemes[PKI_KINDS] = {SKR_SIG_ECDSA_SECP256R1_SHA256,
    SKR_SIG_ECDSA_SECP384R1_SHA384, SKR_SIG_RSA_PSS_RSAE_SHA256, SKR_SIG_RSA_PSS_PSS_SHA256,
    SKR_SIG_ED25519};

static skr_view_t sign(party_t *from, party_t *to, pki_kind_t kind, uint8_t *body) {
    writer_t w = writer_of(body, BODY_MAX);
    skr_certificate_info_t info;
    from->hs.credential = pki_credential(&skr_provider_openssl, kind, PKI_SERVER);
    from->hs.scheme = provider_signature(&skr_provider_openssl, schemes[kind]);
    assert_non_null(from->hs.scheme);
    assert_int_equal(skr_certificate_read(from->hs.credential->chain[0], &info), SKR_OK);
    to->hs.peer_key = info.key;
    pair_assert_status(auth_send_verify(&from->hs, &w), SKR_OK);
    assert_int_equal(from->hs.proofs, 0);
    return view_of(body, writer_size(&w));
}

static void refuses(party_t *to, skr_view_t body, skr_status_t status) {
    pair_assert_status(auth_recv_verify(&to->hs, body), status);
    assert_int_equal(to->hs.proofs, 0);
    assert_int_equal(to->hs.peer_scheme, 0);
}

static void verify_kind(party_t *from, party_t *to, pki_kind_t kind) {
    static uint8_t body[BODY_MAX];
    begin();
    skr_view_t message = sign(from, to, kind, body);
    body[message.size - 1] ^= 1;
    refuses(to, message, SKR_ERR_SIGNATURE);
    body[message.size - 1] ^= 1;
    refuses(from, message, SKR_ERR_SIGNATURE_SCHEME); // it has no key of a peer
    from->hs.peer_key = to->hs.peer_key;
    refuses(from, message, SKR_ERR_SIGNATURE); // its own, sent back
    transcript_t transcript = to->hs.transcript;
    assert_true(transcript_add(&to->hs.transcript, VIEW_LITERAL("!")));
    refuses(to, message, SKR_ERR_SIGNATURE);
    to->hs.transcript = transcript;
    to->hs.peer_key_hash = SKR_HASH_SHA512; // of an RSA-PSS key for that one alone
    refuses(to, message, SKR_ERR_SIGNATURE_SCHEME);
    to->hs.peer_key_hash = SKR_HASH_NONE;
    uint16_t other[] = {schemes[(kind + 1) % PKI_KINDS], 0};
    to->config.signatures = other; // not offered
    refuses(to, message, SKR_ERR_SIGNATURE_SCHEME);
    to->config.signatures = NULL;
    pair_assert_status(auth_recv_verify(&to->hs, message), SKR_OK);
    assert_int_equal(to->hs.proofs, PROOF_SIGNATURE);
    assert_int_equal(to->hs.peer_scheme, schemes[kind]);
}

static void test_signatures(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < PKI_KINDS; kind++) {
        verify_kind(&server, &client, (pki_kind_t)kind);
        verify_kind(&client, &server, (pki_kind_t)kind);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_certificate),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
