// The one answer to whether a peer may be talked to (src/hs/hs.c).
//
// In: every set of proofs, policy, role and whether a certificate came. Out: yes for exactly those
// that are listed here: Finished always; a client wants the certificate's key proved even if nobody
// is verified; who is verified has both proofs of identity, or, where that is optional, sent no
// certificate at all. Also: scripts that a build does not hold.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "hs/hs.h"

// Sets of proofs, as bits of a set of sets; what else is proved does no harm.
enum {
    F = PROOF_FINISHED,
    FINISHED = 1 << F | 1 << (F | PROOF_PATH),
    FINISHED_SIGNED = 1 << (F | PROOF_SIGNATURE),
    ALL = 1 << (F | PROOF_PATH | PROOF_SIGNATURE),
    // A pre-shared key stands for them all, but only in a handshake that goes by it.
    KEY = 1 << (F | PROOF_PSK) | 1 << (F | PROOF_PSK | PROOF_PATH) |
        1 << (F | PROOF_PSK | PROOF_SIGNATURE) |
        1 << (F | PROOF_PSK | PROOF_PATH | PROOF_SIGNATURE),
};

static unsigned with_key(unsigned sets) {
    return sets | sets << PROOF_PSK; // each set with that proof too
}

static const struct {
    skr_role_t role;
    skr_verify_t verify;
    uint16_t facts;
    unsigned enough; // which sets open the gate
} policies[] = {
    {SKR_CLIENT, SKR_VERIFY_NONE, F_FULL, FINISHED_SIGNED | ALL},
    {SKR_CLIENT, SKR_VERIFY_OPTIONAL, F_FULL, ALL},
    {SKR_CLIENT, SKR_VERIFY_REQUIRED, F_FULL, ALL},
    // That the client has no certificate of its own says nothing about the server.
    {SKR_CLIENT, SKR_VERIFY_NONE, F_FULL | F_CERT_REQ | F_EMPTY_CERT, FINISHED_SIGNED | ALL},
    {SKR_CLIENT, SKR_VERIFY_OPTIONAL, F_FULL | F_CERT_REQ | F_EMPTY_CERT, ALL},
    {SKR_CLIENT, SKR_VERIFY_REQUIRED, F_FULL | F_CERT_REQ | F_EMPTY_CERT, ALL},
    {SKR_SERVER, SKR_VERIFY_NONE, F_FULL, FINISHED | FINISHED_SIGNED | ALL},
    {SKR_SERVER, SKR_VERIFY_OPTIONAL, F_FULL | F_CERT_REQ, ALL},
    {SKR_SERVER, SKR_VERIFY_REQUIRED, F_FULL | F_CERT_REQ, ALL},
    {SKR_SERVER, SKR_VERIFY_OPTIONAL, F_FULL | F_CERT_REQ | F_EMPTY_CERT,
        FINISHED | FINISHED_SIGNED | ALL},
    {SKR_SERVER, SKR_VERIFY_REQUIRED, F_FULL | F_CERT_REQ | F_EMPTY_CERT, ALL},
    {SKR_CLIENT, SKR_VERIFY_NONE, F_PSK, KEY},
    {SKR_CLIENT, SKR_VERIFY_REQUIRED, F_PSK, KEY},
    {SKR_SERVER, SKR_VERIFY_NONE, F_PSK, KEY},
    {SKR_SERVER, SKR_VERIFY_OPTIONAL, F_PSK, KEY},
    {SKR_SERVER, SKR_VERIFY_REQUIRED, F_PSK, KEY},
};

static void test_proofs(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        skr_config_t config = {.role = policies[i].role, .verify = policies[i].verify};
        hs_t hs = {.config = &config, .facts = policies[i].facts};
        hs.script = config.role == SKR_CLIENT ? &hs_script_client13 : &hs_script_server13;
        bool by_key = (hs.facts & F_PSK) != 0;
        unsigned enough = by_key ? policies[i].enough : with_key(policies[i].enough);
        for (uint8_t proofs = 0; proofs < 16; proofs++) {
            hs.proofs = proofs;
            assert_int_equal(hs_proved(&hs), (enough >> proofs & 1) != 0);
        }
    }
}

static void test_scripts(void **state) {
    (void)state;
    static const struct {
        const skr_profile_t *profile;
        bool client, server;
    } builds[] = {
        {&skr_profile_full, true, true},
        {&skr_profile_client13, true, false},
        {&skr_profile_server13, false, true},
    };
    hs_sink_t sink = {.user = NULL};
    for (size_t i = 0; i < 3; i++) {
        skr_config_t config = {
            .profile = builds[i].profile, .provider = &skr_provider_openssl, .role = SKR_CLIENT};
        static hs_t hs;
        memset(&hs, 0, sizeof(hs));
        assert_int_equal(
            hs_init(&hs, &config, sink, 0), builds[i].client ? SKR_OK : SKR_ERR_CONFIG);
        config.role = SKR_SERVER;
        memset(&hs, 0, sizeof(hs));
        assert_int_equal(
            hs_init(&hs, &config, sink, 0), builds[i].server ? SKR_OK : SKR_ERR_CONFIG);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proofs),
        cmocka_unit_test(test_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
