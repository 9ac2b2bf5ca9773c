// Which of many refusals is told (src/x509/refusal.c).
//
// In: pairs of refusals in both orders, for every pair of ranks and of heights. Out: the one that
// tells more stays, whichever came first; of equals the one further up the path; of those the
// first. Numbers that do not fit are cut to 255.
#include "unit.h"

#include "x509/refusal.h"

typedef struct {
    refusal_rank_t rank;
    unsigned height;
} noted_t;

static bool tells_more(const noted_t *a, const noted_t *b) {
    return a->rank > b->rank || (a->rank == b->rank && a->height > b->height);
}

static void note(refusal_t *refusal, skr_verify_result_t *result, const noted_t *n, bool first) {
    refusal_note(refusal, result, n->rank, n->height,
        first ? SKR_ERR_CERT_EXPIRED : SKR_ERR_CERT_SIGNATURE, first ? 3 : 4,
        first ? SKR_FIELD_VALIDITY : SKR_FIELD_SIGNATURE);
}

static void test_pairs(void **state) {
    (void)state;
    for (unsigned i = 0; i < 4 * (RANK_FINAL + 1) * (RANK_FINAL + 1); i++) {
        noted_t one = {RANK_NO_ISSUER + i / 4 % RANK_FINAL, i & 1};
        noted_t two = {RANK_NO_ISSUER + i / 4 / (RANK_FINAL + 1) % RANK_FINAL, i >> 1 & 1};
        refusal_t refusal = {RANK_NONE, 0};
        skr_verify_result_t result = {.status = SKR_ERR_CERT_UNKNOWN_CA};
        note(&refusal, &result, &one, true);
        assert_int_equal(result.status, SKR_ERR_CERT_EXPIRED);
        note(&refusal, &result, &two, false);
        bool second = tells_more(&two, &one);
        assert_int_equal(result.status, second ? SKR_ERR_CERT_SIGNATURE : SKR_ERR_CERT_EXPIRED);
        assert_int_equal(result.certificate, second ? 4 : 3);
        assert_int_equal(result.field, second ? SKR_FIELD_SIGNATURE : SKR_FIELD_VALIDITY);
        assert_int_equal(refusal.rank, second ? two.rank : one.rank);
        assert_int_equal(refusal.height, second ? two.height : one.height);
    }
}

static void test_number(void **state) {
    static const struct {
        size_t number;
        unsigned told;
    } rows[] = {{0, 0}, {254, 254}, {255, 255}, {256, 255}, {70000, 255}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        refusal_t refusal = {RANK_NONE, 0};
        skr_verify_result_t result = {.status = SKR_OK};
        refusal_note(&refusal, &result, RANK_CHECK, 1, SKR_ERR_CERT_EXPIRED, rows[i].number, 0);
        assert_int_equal(result.certificate, rows[i].told);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
