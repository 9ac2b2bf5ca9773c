// What makes a configuration usable (src/conn/config.c).
//
// In: the smallest configuration that is accepted, with one thing wrong at a time, and each bound
// from both sides. Out: the error that says what is missing; SKR_OK just inside a bound. Nothing
// that verification needs may be left out silently. Credentials with real certificates and keys
// that do not fit are asked for in tests/pair.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "unit.h"

static skr_config_t config;
static const skr_anchor_t anchor;
static uint8_t bytes[SKR_ALPN_MAX + 1];

static void begin(void) {
    memset(&config, 0, sizeof(config));
    config.role = SKR_CLIENT;
    config.profile = &skr_profile_full;
    config.provider = unit_providers[0];
    config.verify = SKR_VERIFY_REQUIRED;
    config.anchors = &anchor;
    config.anchor_count = 1;
}

static skr_status_t check(void) {
    return config_check(&config, view_of(bytes, 1));
}

static void test_missing(void **state) {
    (void)state;
    begin();
    assert_int_equal(check(), SKR_OK);
    config.profile = NULL;
    assert_int_equal(check(), SKR_ERR_CONFIG);
    begin();
    config.provider = NULL;
    assert_int_equal(check(), SKR_ERR_CONFIG);
    begin();
    config.role = SKR_SERVER; // without anything to prove itself with
    assert_int_equal(check(), SKR_ERR_CONFIG);
}

static void test_trust(void **state) {
    (void)state;
    const skr_view_t none = view_of(NULL, 0);
    begin();
    assert_int_equal(config_check(&config, none), SKR_ERR_NAME_REQUIRED);
    config.ignore_name = true;
    assert_int_equal(config_check(&config, none), SKR_OK);
    config.anchor_count = 0;
    assert_int_equal(config_check(&config, none), SKR_ERR_NO_TRUST);
    config.verify = SKR_VERIFY_OPTIONAL;
    assert_int_equal(config_check(&config, none), SKR_ERR_NO_TRUST);
    config.verify = SKR_VERIFY_NONE;
    assert_int_equal(config_check(&config, none), SKR_OK);
    begin();
    config.anchor_count = UINT16_MAX;
    assert_int_equal(check(), SKR_OK);
    config.anchor_count++; // more than a result can name
    assert_int_equal(check(), SKR_ERR_CONFIG);
}

static void test_records(void **state) {
    (void)state;
    static const struct {
        uint16_t in, out;
        skr_status_t status;
    } cases[] = {{63, 0, SKR_ERR_CONFIG}, {64, 0, SKR_OK}, {1, 0, SKR_ERR_CONFIG},
        {16384, 16384, SKR_OK}, {16385, 0, SKR_ERR_CONFIG}, {0, 16385, SKR_ERR_CONFIG}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        config.max_record_in = cases[i].in;
        config.max_record_out = cases[i].out;
        assert_int_equal(check(), cases[i].status);
    }
}

static void test_alpn(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, SKR_ALPN_MAX, SKR_ALPN_MAX + 1};
    for (size_t i = 0; i < 4; i++) {
        skr_view_t name = view_of(bytes, sizes[i]);
        begin();
        config.alpn = &name;
        config.alpn_count = 1;
        assert_int_equal(check(), i == 1 || i == 2 ? SKR_OK : SKR_ERR_CONFIG);
    }
}

static void test_sessions(void **state) {
    (void)state;
    uint8_t key[SKR_SESSION_KEY_SIZE] = {0};
    begin();
    config.session_key = key;
    assert_int_equal(check(), SKR_ERR_CONFIG); // nobody has filled it in
    key[SKR_SESSION_KEY_SIZE - 1] = 1;
    assert_int_equal(check(), SKR_OK);
    config.ticket_lifetime = 604800;
    assert_int_equal(check(), SKR_OK);
    config.ticket_lifetime = 604801;
    assert_int_equal(check(), SKR_ERR_CONFIG);
}

// A key that both sides have stands for roots and name, and for a server's certificate.
static void test_psk(void **state) {
    (void)state;
    skr_psk_t psk = {.identity = view_of(bytes, 1), .key = view_of(bytes, 16)};
    for (unsigned role = SKR_CLIENT; role <= SKR_SERVER; role++) {
        begin();
        config.role = (skr_role_t)role;
        config.anchor_count = 0;
        config.psks = &psk;
        config.psk_count = 1;
        assert_int_equal(config_check(&config, view_of(NULL, 0)), SKR_OK);
        psk.key.size = 15;
        assert_int_equal(check(), SKR_ERR_CONFIG);
        psk.key.size = 16;
        psk.identity.size = 0;
        assert_int_equal(check(), SKR_ERR_CONFIG);
        psk.identity.size = 1;
        psk.hash = SKR_HASH_SHA512;
        assert_int_equal(check(), SKR_ERR_CONFIG);
        psk.hash = SKR_HASH_SHA384;
        assert_int_equal(check(), SKR_OK);
        psk.hash = 0;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_psk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
