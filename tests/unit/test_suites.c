// Cipher suites, the look-up of descriptors, and names.
//
// Numbers and names as the registries have them (RFC 9846 sections B.4, 4.3.7, 4.3.3, RFC 7251;
// with pre-shared keys RFC 8442, RFC 5487, RFC 6655, RFC 7905).
// Look-ups run over providers that are made up here, so that order and gaps are known: a suite
// needs both its halves. The real providers are asked for what RFC 9846 section 9.1 demands.
#include "unit.h"

#include "base/bytes.h"
#include "keys/suites.h"
#include "skerry/skerry.h"

static const skr_hash_t sha256 = {.id = SKR_HASH_SHA256}, sha384 = {.id = SKR_HASH_SHA384};
static const skr_aead_t gcm128 = {.id = SKR_AEAD_AES_128_GCM};
static const skr_aead_t gcm256 = {.id = SKR_AEAD_AES_256_GCM};
static const skr_aead_t chacha = {.id = SKR_AEAD_CHACHA20_POLY1305};
static const skr_aead_t ccm128 = {.id = SKR_AEAD_AES_128_CCM};
static const skr_aead_t ccm256 = {.id = SKR_AEAD_AES_256_CCM};
static const skr_aead_t ccm128_8 = {.id = SKR_AEAD_AES_128_CCM_8};
static const skr_aead_t ccm256_8 = {.id = SKR_AEAD_AES_256_CCM_8};
static const skr_aead_t strange = {.id = 99};
static const skr_group_t x25519 = {.id = SKR_GROUP_X25519}, p256 = {.id = SKR_GROUP_SECP256R1};
static const skr_signature_t ed25519 = {.scheme = SKR_SIG_ED25519};
static const skr_signature_t pss = {.scheme = SKR_SIG_RSA_PSS_RSAE_SHA256};

static const skr_hash_t *const both_hashes[] = {&sha384, &sha256, NULL};
static const skr_hash_t *const one_hash[] = {&sha256, NULL};
static const skr_hash_t *const no_hash[] = {NULL};
static const skr_aead_t *const all_aeads[] = {
    &chacha, &ccm128_8, &strange, &gcm256, &gcm128, &ccm256_8, &ccm256, &ccm128, NULL};
static const skr_aead_t *const short_tags[] = {&ccm128_8, &ccm256_8, NULL};
static const skr_aead_t *const no_aead[] = {NULL};
static const skr_group_t *const groups[] = {&x25519, &p256, NULL};
static const skr_group_t *const no_group[] = {NULL};
static const skr_signature_t *const signatures[] = {&ed25519, &pss, NULL};
static const skr_signature_t *const no_signature[] = {NULL};

static const skr_provider_t everything = {
    .hashes = both_hashes, .aeads = all_aeads, .groups = groups, .signatures = signatures};
static const skr_provider_t one = {
    .hashes = one_hash, .aeads = all_aeads, .groups = groups, .signatures = signatures};
static const skr_provider_t only_short_tags = {
    .hashes = both_hashes, .aeads = short_tags, .groups = groups, .signatures = signatures};
static const skr_provider_t nothing = {
    .hashes = no_hash, .aeads = no_aead, .groups = no_group, .signatures = no_signature};

static const struct {
    uint16_t id;
    unsigned aead, hash, version, auth;
    bool named;
    const char *name;
} rows[] = {
    {0x1301, 1, 4, 4, SUITE_AUTH_ANY, false, "TLS_AES_128_GCM_SHA256"},
    {0x1302, 2, 5, 4, SUITE_AUTH_ANY, false, "TLS_AES_256_GCM_SHA384"},
    {0x1303, 29, 4, 4, SUITE_AUTH_ANY, false, "TLS_CHACHA20_POLY1305_SHA256"},
    {0x1304, 3, 4, 4, SUITE_AUTH_ANY, false, "TLS_AES_128_CCM_SHA256"},
    {0x1305, 18, 4, 4, SUITE_AUTH_ANY, true, "TLS_AES_128_CCM_8_SHA256"},
    {0xc0ac, 3, 4, 3, SUITE_AUTH_ECDSA, false, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    {0xc0ad, 4, 4, 3, SUITE_AUTH_ECDSA, false, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    {0xc0ae, 18, 4, 3, SUITE_AUTH_ECDSA, true, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
    {0xc0af, 19, 4, 3, SUITE_AUTH_ECDSA, true, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"},
    {0xc02b, 1, 4, 3, SUITE_AUTH_ECDSA, false, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xc02c, 2, 5, 3, SUITE_AUTH_ECDSA, false, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xc02f, 1, 4, 3, SUITE_AUTH_RSA, false, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xc030, 2, 5, 3, SUITE_AUTH_RSA, false, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xcca8, 29, 4, 3, SUITE_AUTH_RSA, false, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xcca9, 29, 4, 3, SUITE_AUTH_ECDSA, false, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xd001, 1, 4, 3, SUITE_AUTH_ECDHE_PSK, false, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"},
    {0xd002, 2, 5, 3, SUITE_AUTH_ECDHE_PSK, false, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384"},
    {0xd003, 18, 4, 3, SUITE_AUTH_ECDHE_PSK, true, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256"},
    {0xd005, 3, 4, 3, SUITE_AUTH_ECDHE_PSK, false, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"},
    {0xccac, 29, 4, 3, SUITE_AUTH_ECDHE_PSK, false, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    {0x00a8, 1, 4, 3, SUITE_AUTH_PSK, true, "TLS_PSK_WITH_AES_128_GCM_SHA256"},
    {0x00a9, 2, 5, 3, SUITE_AUTH_PSK, true, "TLS_PSK_WITH_AES_256_GCM_SHA384"},
    {0xccab, 29, 4, 3, SUITE_AUTH_PSK, true, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    {0xc0a4, 3, 4, 3, SUITE_AUTH_PSK, true, "TLS_PSK_WITH_AES_128_CCM"},
    {0xc0a5, 4, 4, 3, SUITE_AUTH_PSK, true, "TLS_PSK_WITH_AES_256_CCM"},
    {0xc0a8, 18, 4, 3, SUITE_AUTH_PSK, true, "TLS_PSK_WITH_AES_128_CCM_8"},
    {0xc0a9, 19, 4, 3, SUITE_AUTH_PSK, true, "TLS_PSK_WITH_AES_256_CCM_8"},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void test_find(void **state) {
    (void)state;
    unsigned known = 0;
    for (unsigned id = 0; id <= 0xffff; id++) {
        known += suite_find((uint16_t)id) != NULL ? 1 : 0;
    }
    assert_int_equal(known, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const suite_t *suite = suite_find(rows[i].id);
        assert_non_null(suite);
        assert_int_equal(suite->id, rows[i].id);
        assert_int_equal(suite->aead, rows[i].aead);
        assert_int_equal(suite->hash, rows[i].hash);
        assert_int_equal(suite->version, rows[i].version);
        assert_int_equal(suite->auth, rows[i].auth);
        assert_int_equal(suite->named, rows[i].named);
        assert_string_equal(suite->name, rows[i].name);
        assert_string_equal(skr_suite_name(rows[i].id), rows[i].name);
        skr_view_t name = view_of((const uint8_t *)rows[i].name, strlen(rows[i].name));
        assert_int_equal(skr_suite_named(name), rows[i].id);
        name.size--; // a shorter name is another one, or none
        assert_int_not_equal(skr_suite_named(name), rows[i].id);
    }
    assert_int_equal(skr_suite_named(view_of((const uint8_t *)"", 0)), 0);
    assert_int_equal(skr_suite_named(VIEW_LITERAL("TLS_AES_128_GCM_SHA2561")), 0);
    assert_string_equal(skr_suite_name(0x1306), "");
}

static void assert_suites(const skr_provider_t *provider, const uint16_t *expected, size_t count) {
    for (size_t n = 0; n < count; n++) {
        assert_non_null(suite_at(provider, n));
        assert_int_equal(suite_at(provider, n)->id, expected[n]);
    }
    assert_null(suite_at(provider, count));
    assert_null(suite_at(provider, count + 1));
}

static void test_at(void **state) {
    (void)state;
    assert_suites(&everything,
        (const uint16_t[]){0x1303, 0x1302, 0x1301, 0x1304, 0xccac, 0xd002, 0xd001, 0xd005, 0xcca9,
            0xcca8, 0xc02c, 0xc030, 0xc02b, 0xc02f, 0xc0ad, 0xc0ac},
        16);
    // no SHA-384
    assert_suites(&one,
        (const uint16_t[]){0x1303, 0x1301, 0x1304, 0xccac, 0xd001, 0xd005, 0xcca9, 0xcca8, 0xc02b,
            0xc02f, 0xc0ad, 0xc0ac},
        12);
    assert_suites(&only_short_tags, NULL, 0);
    assert_suites(&nothing, NULL, 0);
}

static void test_descriptors(void **state) {
    (void)state;
    assert_ptr_equal(provider_hash(&everything, SKR_HASH_SHA256), &sha256);
    assert_ptr_equal(provider_hash(&everything, SKR_HASH_SHA384), &sha384);
    assert_null(provider_hash(&everything, SKR_HASH_SHA512));
    assert_null(provider_hash(&one, SKR_HASH_SHA384));
    assert_null(provider_hash(&nothing, SKR_HASH_SHA256));
    assert_ptr_equal(provider_aead(&everything, SKR_AEAD_AES_128_GCM), &gcm128);
    assert_ptr_equal(provider_aead(&everything, SKR_AEAD_CHACHA20_POLY1305), &chacha);
    assert_null(provider_aead(&everything, 0));
    assert_null(provider_aead(&nothing, SKR_AEAD_AES_128_GCM));
    assert_ptr_equal(provider_group(&everything, SKR_GROUP_X25519), &x25519);
    assert_ptr_equal(provider_group(&everything, SKR_GROUP_SECP256R1), &p256);
    assert_null(provider_group(&everything, SKR_GROUP_SECP384R1));
    assert_null(provider_group(&nothing, SKR_GROUP_X25519));
    assert_ptr_equal(provider_signature(&everything, SKR_SIG_ED25519), &ed25519);
    assert_ptr_equal(provider_signature(&everything, SKR_SIG_RSA_PSS_RSAE_SHA256), &pss);
    assert_null(provider_signature(&everything, 0x0804 + 0x10000));
    assert_null(provider_signature(&nothing, SKR_SIG_ED25519));
}

// A suite with a short tag is known to whoever names it, and the provider has what it takes; but it
// is in no list that a provider makes.
static void test_short_tags(void **state) {
    (void)state;
    static const uint16_t ids[] = {0x1305, 0xc0ae, 0xc0af};
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        const suite_t *suite;
        for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
            suite = suite_find(ids[i]);
            assert_non_null(suite);
            const skr_aead_t *aead = provider_aead(unit_providers[p], suite->aead);
            assert_non_null(aead);
            assert_int_equal(aead->tag_size, 8);
        }
        for (size_t n = 0; (suite = suite_at(unit_providers[p], n)) != NULL; n++) {
            assert_int_equal(provider_aead(unit_providers[p], suite->aead)->tag_size, 16);
        }
    }
}

// RFC 9846 section 9.1: what every implementation must have.
static void test_mandatory(void **state) {
    (void)state;
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        bool found = false;
        for (size_t n = 0; suite_at(unit_providers[p], n) != NULL; n++) {
            found = found || suite_at(unit_providers[p], n)->id == 0x1301;
        }
        assert_true(found);
        assert_non_null(provider_group(unit_providers[p], SKR_GROUP_SECP256R1));
        assert_non_null(provider_signature(unit_providers[p], SKR_SIG_ECDSA_SECP256R1_SHA256));
        assert_non_null(provider_signature(unit_providers[p], SKR_SIG_RSA_PSS_RSAE_SHA256));
        assert_non_null(provider_signature(unit_providers[p], SKR_SIG_RSA_PKCS1_SHA256));
    }
}

static void test_names(void **state) {
    (void)state;
    assert_string_equal(skr_group_name(0x0017), "secp256r1");
    assert_string_equal(skr_group_name(0x0018), "secp384r1");
    assert_string_equal(skr_group_name(0x001d), "x25519");
    assert_string_equal(skr_group_name(0x0019), "");
    static const struct {
        uint16_t scheme;
        const char *name;
    } schemes[] = {
        {0x0401, "rsa_pkcs1_sha256"},
        {0x0501, "rsa_pkcs1_sha384"},
        {0x0601, "rsa_pkcs1_sha512"},
        {0x0403, "ecdsa_secp256r1_sha256"},
        {0x0503, "ecdsa_secp384r1_sha384"},
        {0x0804, "rsa_pss_rsae_sha256"},
        {0x0805, "rsa_pss_rsae_sha384"},
        {0x0806, "rsa_pss_rsae_sha512"},
        {0x0807, "ed25519"},
        {0x0809, "rsa_pss_pss_sha256"},
        {0x080a, "rsa_pss_pss_sha384"},
        {0x080b, "rsa_pss_pss_sha512"},
        {0xfe01, ""},
        {0x0201, ""},
    };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        assert_string_equal(skr_scheme_name(schemes[i].scheme), schemes[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_at),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_short_tags),
        cmocka_unit_test(test_mandatory),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("suites", tests, NULL, NULL);
}
