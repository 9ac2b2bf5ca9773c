// The TLS 1.2 PRF, with both hashes that its suites use and both providers.
//
// Known answers: the vectors for TLS 1.2's P_SHA256 and P_SHA384 that were published on the IETF's
// TLS mailing list, which Python's hmac computes alike. A seed may come in two parts. Shorter
// outputs are the start of longer ones (RFC 5246 section 5). Each call of the provider fails once,
// and leaves nothing behind.
#include "unit.h"

#include "base/bytes.h"
#include "keys/prf12.h"
#include "keys/suites.h"

static const struct {
    unsigned hash;
    const char *secret, *seed, *output;
} answers[] = {
    {SKR_HASH_SHA256, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
        "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
        "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
        "87347b66"},
    {SKR_HASH_SHA384, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
        "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"
        "e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd"
        "8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
        "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6"
        "91c8f3a26854308d5eaa3be85e0990703d73e56f"},
};
enum { ANSWERS = sizeof(answers) / sizeof(answers[0]), LONGEST = 148 };

static void test_answers(void **state) {
    (void)state;
    for (unsigned i = 0; i < ANSWERS * UNIT_PROVIDERS; i++) {
        const skr_hash_t *hash = provider_hash(
            unit_providers[i / ANSWERS], answers[i % ANSWERS].hash);
        skr_view_t secret = unit_hex(answers[i % ANSWERS].secret);
        skr_view_t seed = unit_hex(answers[i % ANSWERS].seed);
        skr_view_t expected = unit_hex(answers[i % ANSWERS].output);
        assert_true(expected.size <= LONGEST);
        for (size_t size = 1; size <= expected.size; size++) {
            uint8_t out[LONGEST + 1];
            size_t split = size % (seed.size + 1); // the seed in two parts, also with one absent
            skr_view_t more = view_of(seed.data + split, seed.size - split);
            out[size] = 0x77;
            assert_true(prf12(hash, secret, VIEW_LITERAL("test label"), view_of(seed.data, split),
                split == seed.size ? view_of(NULL, 0) : more, out, size));
            assert_memory_equal(out, expected.data, size);
            assert_int_equal(out[size], 0x77);
        }
    }
}

// Label and seed are one string to HMAC (RFC 5246 section 5); every part counts.
static void test_parts(void **state) {
    (void)state;
    const skr_hash_t *hash = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    skr_view_t none = view_of(NULL, 0), secret = VIEW_LITERAL("secret");
    uint8_t one[48], two[48];
    assert_true(prf12(hash, secret, VIEW_LITERAL("label"), VIEW_LITERAL("seed"), none, one, 48));
    assert_true(prf12(hash, secret, VIEW_LITERAL("labels"), VIEW_LITERAL("eed"), none, two, 48));
    assert_memory_equal(one, two, 48);
    assert_true(prf12(hash, secret, VIEW_LITERAL("label"), VIEW_LITERAL("seeds"), none, two, 48));
    assert_memory_not_equal(one, two, 48);
    assert_true(prf12(
        hash, VIEW_LITERAL("secret."), VIEW_LITERAL("label"), VIEW_LITERAL("seed"), none, two, 48));
    assert_memory_not_equal(one, two, 48);
}

static void test_faults(void **state) {
    (void)state;
    const skr_hash_t *real = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    skr_view_t secret = VIEW_LITERAL("secret"), seed = VIEW_LITERAL("seed");
    uint8_t out[80];
    assert_true(prf12(
        unit_fault_hash(real, UNIT_NEVER), secret, VIEW_LITERAL("label"), seed, seed, out, 80));
    unsigned calls = unit_fault_calls();
    assert_true(calls > 20);
    for (unsigned n = 0; n < calls; n++) {
        memset(out, 0xee, sizeof(out));
        assert_false(
            prf12(unit_fault_hash(real, n), secret, VIEW_LITERAL("label"), seed, seed, out, 80));
        assert_true(unit_wiped(out, sizeof(out)));
        assert_int_equal(unit_fault_calls(), n + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("prf12", tests, NULL, NULL);
}
