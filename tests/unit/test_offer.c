// What is offered and accepted (src/hs/offer.c).
//
// In: configurations with and without lists, a real provider, credentials of several kinds. Out: a
// list restricts and orders, what is not known or not in the provider falls out of it, without one
// the provider's order holds; what is not on offer is not found either; numbers for certificates
// only never sign handshakes of TLS 1.3 (RFC 9846 section 4.3.3); which credential answers which
// peer.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/offer.h"
#include "support/pair.h"

static skr_config_t plain(void) {
    return (skr_config_t){
        .role = SKR_CLIENT, .profile = &skr_profile_full, .provider = &skr_provider_openssl};
}

static void test_suites(void **state) {
    (void)state;
    static const uint16_t list[] = {0x1303, 0x9999, 0xc02b, 0x1301, 0};
    static const uint16_t wanted[] = {0x1303, 0xc02b, 0x1301};
    skr_config_t config = plain();
    config.suites = list;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(offer_suite(&config, i)->id, wanted[i]);
    }
    assert_null(offer_suite(&config, 3));
    assert_non_null(offer_find_suite(&config, 0xc02b));
    assert_null(offer_find_suite(&config, 0x9999));
    assert_null(offer_find_suite(&config, 0x1302)); // known, not listed
    config.min_version = SKR_TLS13;
    assert_int_equal(offer_suite(&config, 1)->id, 0x1301);
    assert_null(offer_find_suite(&config, 0xc02b));
    config.suites = NULL;
    assert_non_null(offer_find_suite(&config, 0x1302));
    for (size_t i = 0; offer_suite(&config, i) != NULL; i++) {
        assert_int_equal(offer_suite(&config, i)->version, 0x04);
    }
    config.min_version = 0;
    assert_non_null(offer_find_suite(&config, 0xc02b));
    assert_null(offer_find_suite(&config, 0x1305)); // goes by name only
}

// A provider that lacks one half of a suite.
static void test_halves(void **state) {
    (void)state;
    static const uint16_t list[] = {0x1302, 0x1301, 0};
    const skr_hash_t *const hashes[] = {
        provider_hash(&skr_provider_openssl, SKR_HASH_SHA256), NULL};
    skr_provider_t poor = skr_provider_openssl;
    skr_config_t config = plain();
    config.provider = &poor;
    config.suites = list;
    assert_int_equal(offer_suite(&config, 0)->id, 0x1302);
    poor.hashes = hashes;
    assert_int_equal(offer_suite(&config, 0)->id, 0x1301);
    assert_null(offer_suite(&config, 1));
    static const skr_aead_t *const none[] = {NULL};
    poor.aeads = none;
    assert_null(offer_suite(&config, 0));
}

static void test_groups(void **state) {
    (void)state;
    static const uint16_t list[] = {0x9999, SKR_GROUP_X25519, SKR_GROUP_SECP256R1, 0};
    static const uint8_t wanted[] = {0, 10, 0, 6, 0, 4, 0, SKR_GROUP_X25519, 0, 23};
    uint8_t out[64];
    skr_config_t config = plain();
    size_t count = 0;
    for (; skr_provider_openssl.groups[count] != NULL; count++) {
        assert_ptr_equal(offer_group(&config, count), skr_provider_openssl.groups[count]);
    }
    assert_null(offer_group(&config, count));
    assert_non_null(offer_find_group(&config, SKR_GROUP_SECP384R1));
    config.groups = list;
    assert_null(offer_find_group(&config, SKR_GROUP_SECP384R1));
    assert_null(offer_find_group(&config, 0x9999));
    assert_null(offer_group(&config, 2));
    writer_t w = writer_of(out, sizeof(out));
    offer_write_groups(&config, &w);
    assert_int_equal(writer_size(&w), sizeof(wanted));
    assert_memory_equal(out, wanted, sizeof(wanted));
}

static void test_schemes(void **state) {
    (void)state;
    static const uint16_t list[] = {SKR_SIG_ED25519, SKR_SIG_RSA_PKCS1_SHA256, 0x9999,
        SKR_SIG_CERT_ECDSA_P256_SHA384, SKR_SIG_ECDSA_SECP256R1_SHA256, 0};
    // Those for handshakes in the list's order, then the listed one for certificates only.
    static const uint8_t wanted[] = {0, 13, 0, 8, 0, 6, 0x08, 0x07, 0x04, 0x03, 0x04, 0x01, 0, 50};
    uint8_t out[128];
    skr_config_t config = plain();
    const skr_signature_t *scheme = NULL;
    for (size_t i = 0; (scheme = offer_scheme(&config, i)) != NULL; i++) {
        assert_true(scheme->scheme < 0xfe00 && (scheme->scheme & 0xff) != 0x01);
    }
    assert_non_null(offer_find_scheme(&config, SKR_SIG_RSA_PSS_RSAE_SHA256));
    assert_null(offer_find_scheme(&config, SKR_SIG_RSA_PKCS1_SHA256));
    assert_true(offer_lists(&config, SKR_SIG_RSA_PKCS1_SHA384));
    config.signatures = list;
    assert_int_equal(offer_scheme(&config, 0)->scheme, SKR_SIG_ED25519);
    assert_int_equal(offer_scheme(&config, 1)->scheme, SKR_SIG_ECDSA_SECP256R1_SHA256);
    assert_null(offer_scheme(&config, 2));
    assert_null(offer_find_scheme(&config, SKR_SIG_RSA_PSS_RSAE_SHA256));
    assert_true(offer_lists(&config, SKR_SIG_RSA_PKCS1_SHA256));
    assert_false(offer_lists(&config, SKR_SIG_RSA_PKCS1_SHA384));
    writer_t w = writer_of(out, sizeof(out));
    offer_write_schemes(&config, &w);
    assert_true(writer_size(&w) > sizeof(wanted));
    assert_memory_equal(out, wanted, sizeof(wanted)); // signature_algorithms_cert comes behind
}

// --- Which credential ---

static skr_credential_t credentials[3];

// The index of the chosen credential, 9: none.
static unsigned choose(hs_t *hs, skr_view_t schemes, const char *name, suite_auth_t auth) {
    skr_name_t parsed;
    if (name != NULL) {
        assert_true(skr_name_parse(view_of(name, strlen(name)), &parsed));
    }
    bool found = offer_credential(hs, schemes, name != NULL ? &parsed : NULL, auth);
    assert_int_equal(found, hs->credential != NULL);
    return found ? (unsigned)(hs->credential - credentials) : 9;
}

static void test_credentials(void **state) {
    (void)state;
    static hs_t hs;
    const skr_provider_t *provider = &skr_provider_openssl;
    const skr_view_t ecdsa = VIEW_LITERAL("\x04\x03"), pss = VIEW_LITERAL("\x08\x04");
    const skr_view_t both = VIEW_LITERAL("\x08\x04\x04\x03"), pkcs1 = VIEW_LITERAL("\x04\x01");
    credentials[0] = *pki_credential(provider, PKI_P256, PKI_SERVER);
    credentials[1] = *pki_credential(provider, PKI_RSA, PKI_SERVER);
    credentials[2] = *pki_credential(provider, PKI_P256, PKI_OTHER);
    skr_config_t config = plain();
    config.role = SKR_SERVER;
    config.credentials = credentials;
    config.credential_count = 3;
    memset(&hs, 0, sizeof(hs));
    hs.config = &config;
    hs.script = &hs_script_server13;
    assert_int_equal(choose(&hs, both, NULL, SUITE_AUTH_ANY), 0);
    assert_false(hs.name_known);
    assert_int_equal(choose(&hs, pss, "server.example", SUITE_AUTH_ANY), 1);
    assert_int_equal(hs.scheme->scheme, SKR_SIG_RSA_PSS_RSAE_SHA256);
    assert_true(hs.name_known);
    assert_int_equal(choose(&hs, ecdsa, "other.example", SUITE_AUTH_ANY), 2);
    assert_true(hs.name_known);
    assert_int_equal(choose(&hs, pss, "other.example", SUITE_AUTH_ANY), 1); // no better one fits
    assert_false(hs.name_known);
    assert_int_equal(choose(&hs, both, "nobody.example", SUITE_AUTH_ANY), 0);
    assert_int_equal(choose(&hs, both, NULL, SUITE_AUTH_RSA), 1);
    assert_int_equal(choose(&hs, both, NULL, SUITE_AUTH_ECDSA), 0);
    assert_int_equal(choose(&hs, ecdsa, NULL, SUITE_AUTH_RSA), 9);
    assert_int_equal(choose(&hs, pkcs1, NULL, SUITE_AUTH_ANY), 9); // never in TLS 1.3
    hs.script = &hs_script_server12;
    assert_int_equal(choose(&hs, pkcs1, NULL, SUITE_AUTH_ANY), 1);
    assert_int_equal(hs.scheme->scheme, SKR_SIG_RSA_PKCS1_SHA256);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suites),
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_schemes),
        cmocka_unit_test(test_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
