// The gate: application data opens on proofs, not on the hope that a line ran (design.md section
// 1).
//
// In: scripts in which a handler does all that it should and yet leaves no proof, as if its check
// had been skipped, by a fault or a mistake. Out: the order of messages is kept to the end, and the
// connection never opens.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/hs.h"
#include "support/pair.h"

static pair_t pair;

enum { STEPS_MAX = 20 };

static struct {
    hs_step_t steps[STEPS_MAX];
    hs_script_t script;
    skr_profile_t profile;
    hs_recv_t real;
    uint8_t proof;
    unsigned hits;
} forgetful;

static skr_status_t forget(hs_t *hs, skr_view_t body) {
    skr_status_t status = forgetful.real(hs, body);
    forgetful.hits += (hs->proofs & forgetful.proof) != 0 ? 1 : 0;
    hs->proofs = (uint8_t)(hs->proofs & ~forgetful.proof);
    return status;
}

// The role's script, in which the reader of this message forgets the proof.
static const skr_profile_t *forget_at(skr_role_t role, uint16_t type, uint8_t proof) {
    const hs_script_t *from = role == SKR_CLIENT ? &hs_script_client13 : &hs_script_server13;
    memset(&forgetful, 0, sizeof(forgetful));
    assert_true(from->count <= STEPS_MAX);
    memcpy(forgetful.steps, from->steps, from->count * sizeof(hs_step_t));
    forgetful.script = *from;
    forgetful.script.steps = forgetful.steps;
    for (unsigned i = 0; i < from->count; i++) {
        if (from->steps[i].recv != NULL && from->steps[i].type == type) {
            forgetful.real = from->steps[i].recv;
            forgetful.steps[i].recv = forget;
        }
    }
    assert_non_null(forgetful.real);
    forgetful.proof = proof;
    forgetful.profile.client13 = forgetful.profile.server13 = &forgetful.script;
    return &forgetful.profile;
}

static const struct {
    uint16_t type;
    uint8_t proof;
} proofs[] = {
    {WIRE_CERTIFICATE, PROOF_PATH},
    {WIRE_CERTIFICATE_VERIFY, PROOF_SIGNATURE},
    {WIRE_FINISHED, PROOF_FINISHED},
};

static void test_forgotten(void **state) {
    pair_side_t *side = *state;
    for (unsigned i = 0; i < 3; i++) {
        pair_note("without proof %u", proofs[i].proof);
        pair_init_openssl(&pair);
        pair_mutual(&pair, PKI_P256);
        side->config.profile = forget_at(side->config.role, proofs[i].type, proofs[i].proof);
        pair_start(&pair);
        pair_run(&pair);
        assert_int_equal(forgetful.hits, 1);
        pair_assert_refused(&pair, side, SKR_ERR_UNEXPECTED_MESSAGE);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// What the policy does not ask for may be missing.
static void test_not_asked_for(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.client.config.verify = SKR_VERIFY_NONE;
    pair.client.config.profile = forget_at(SKR_CLIENT, WIRE_CERTIFICATE, PROOF_PATH);
    pair_connect(&pair);
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_forgotten, &pair.client),
        PAIR_TEST_WITH(test_forgotten, &pair.server),
        PAIR_TEST(test_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
