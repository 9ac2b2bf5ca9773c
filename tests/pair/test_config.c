// Configurations that can't work, and policies that decide (docs/api.md).
//
// In: one thing wrong with each configuration. Out: the error that names it, from the first call on
// and from every later one, before a byte is sent; and what verification leaves out only when it is
// told to.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair.h"

static pair_t pair;

// What each call says when the configuration is wrong.
static void assert_dead(pair_side_t *side, skr_status_t status) {
    const uint8_t *data = NULL;
    uint8_t bytes[16] = {0};
    size_t n = 0;
    skr_conn_info_t info;
    skr_to_sign_t to_sign;
    skr_view_t view = VIEW_LITERAL("x");
    skr_conn_t *conn = side->conn;
    pair_assert_failed(side, status);
    pair_assert_status(skr_conn_handshake(conn), status);
    pair_assert_status(skr_conn_feed(conn, bytes, sizeof(bytes), &n), status);
    assert_int_equal(n, 0);
    pair_assert_status(skr_conn_feed_eof(conn), status);
    pair_assert_status(skr_conn_read(conn, bytes, sizeof(bytes), &n), status);
    assert_int_equal(n, 0);
    pair_assert_status(skr_conn_write(conn, bytes, sizeof(bytes), &n), status);
    assert_int_equal(n, 0);
    pair_assert_status(skr_conn_close(conn), status);
    pair_assert_status(skr_conn_update_keys(conn, true), status);
    pair_assert_status(skr_conn_export(conn, view, view, bytes, 16), status);
    pair_assert_status(skr_conn_verified(conn, true), status);
    pair_assert_status(skr_conn_signed(conn, bytes, 16), status);
    assert_false(skr_conn_to_sign(conn, &to_sign));
    assert_false(skr_conn_peer_certificate(conn, 0, &view));
    assert_int_equal(skr_conn_readable(conn), 0);
    assert_true(skr_conn_needs(conn) >= 1);
    assert_int_equal(skr_conn_output(conn, &data), 0); // nobody hears of it
    skr_conn_info(conn, &info);
    assert_int_equal(info.version, 0);
    skr_conn_set_time(conn, 1);
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        assert_null(side->memory.block[i]);
    }
}

static void dead(pair_side_t *side, const char *what, skr_status_t status) {
    pair_note("%s", what);
    pair_start(&pair);
    assert_dead(side, status);
    pair_end(&pair);
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair_note("%s", "");
}

// --- Both roles ---

static const skr_provider_t *silent_provider(void) {
    static skr_provider_t provider;
    provider = skr_provider_openssl;
    provider.random = NULL;
    return &provider;
}

static void test_both(void **state) {
    pair_side_t *side = *state;
    static skr_view_t names[256];
    static uint8_t long_name[256];
    skr_config_t *config = &side->config;
    pair_init_openssl(&pair);
    config->profile = NULL;
    dead(side, "no profile", SKR_ERR_CONFIG);
    config->provider = NULL;
    dead(side, "no provider", SKR_ERR_CONFIG);
    config->profile = side == &pair.client ? &skr_profile_server13 : &skr_profile_client13;
    dead(side, "another role's profile", SKR_ERR_CONFIG);
    config->provider = silent_provider();
    config->random = NULL;
    dead(side, "no randomness", SKR_ERR_CONFIG);
    config->max_record_in = SKR_RECORD_PLAIN_MAX + 1;
    dead(side, "records in", SKR_ERR_CONFIG);
    config->max_record_out = SKR_RECORD_PLAIN_MAX + 1;
    dead(side, "records out", SKR_ERR_CONFIG);
    names[0] = view_of("", 0);
    config->alpn = names;
    config->alpn_count = 1;
    dead(side, "an empty protocol", SKR_ERR_CONFIG);
    names[0] = view_of(long_name, sizeof(long_name));
    config->alpn = names;
    config->alpn_count = 1;
    dead(side, "a long protocol", SKR_ERR_CONFIG);
    for (size_t i = 0; i < 256; i++) {
        names[i] = VIEW_LITERAL("x");
    }
    config->alpn = names;
    config->alpn_count = 256;
    dead(side, "many protocols", SKR_ERR_CONFIG);
    config->anchor_count = 0;
    config->verify = SKR_VERIFY_REQUIRED;
    dead(side, "no roots", SKR_ERR_NO_TRUST);
    config->anchor_count = 0;
    config->verify = SKR_VERIFY_OPTIONAL;
    dead(side, "no roots for some", SKR_ERR_NO_TRUST);
}

static void test_credentials(void **state) {
    pair_side_t *side = *state;
    static skr_credential_t credentials[SKR_CREDENTIALS_MAX + 1];
    skr_view_t garbage = VIEW_LITERAL("no certificate");
    pki_role_t role = side == &pair.client ? PKI_CLIENT : PKI_SERVER;
    const skr_credential_t *good = pki_credential(&skr_provider_openssl, PKI_P256, role);
    const skr_credential_t *other = pki_credential(&skr_provider_openssl, PKI_P384, role);
    skr_config_t *config = &side->config;
    pair_init_openssl(&pair);
    for (size_t i = 0; i <= SKR_CREDENTIALS_MAX; i++) {
        credentials[i] = *good;
    }
    config->credentials = credentials;
    config->credential_count = SKR_CREDENTIALS_MAX + 1;
    dead(side, "too many", SKR_ERR_CONFIG);
    config->credentials = credentials;
    config->credential_count = SKR_CREDENTIALS_MAX;
    pair_connect(&pair);
    pair_end(&pair);
    credentials[1].chain_count = 0;
    dead(side, "no chain", SKR_ERR_CONFIG);
    credentials[1] = *good;
    credentials[1].key = NULL;
    config->credentials = credentials;
    config->credential_count = 2;
    dead(side, "no key", SKR_ERR_CONFIG);
    credentials[1] = *good;
    credentials[1].chain = &garbage;
    credentials[1].chain_count = 1;
    config->credentials = credentials;
    config->credential_count = 2;
    dead(side, "no certificate", SKR_ERR_CERT_MALFORMED);
    credentials[1] = *good;
    credentials[1].key = other->key;
    config->credentials = credentials;
    config->credential_count = 2;
    dead(side, "another key", SKR_ERR_KEY_MISMATCH);
}

static void test_server(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.server.config.credential_count = 0;
    dead(&pair.server, "no certificate", SKR_ERR_CONFIG);
}

// --- Names ---

static void test_names(void **state) {
    (void)state;
    static const char *const wrong[] = {"", " ", "a b", "server.example:443", "http://x", "-",
        "a..b", "*.example", "1.2.3", "1.2.3.256", "[::1]", "m\xc3\xbcller.example"};
    pair_init_openssl(&pair);
    pair.client.server_name = view_of(NULL, 0);
    dead(&pair.client, "no name", SKR_ERR_NAME_REQUIRED);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        pair.client.server_name = view_of(wrong[i], strlen(wrong[i]));
        dead(&pair.client, wrong[i], SKR_ERR_NAME_REQUIRED);
    }
}

static void test_ignore_name(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.client.config.ignore_name = true;
    pair.client.server_name = view_of(NULL, 0);
    pair_connect(&pair);
    pair_end(&pair);
    pair.client.server_name = VIEW_LITERAL("another.example");
    pair_connect(&pair);
    pair_end(&pair);
    pair.client.config.anchors = &(const skr_anchor_t){pki_stranger().data, pki_stranger().size};
    pair_refuses(&pair, &pair.client, SKR_ERR_CERT_UNKNOWN_CA); // the chain still counts
}

// --- Time ---

static void use_server(pki_role_t role) {
    pair.server.config.credentials = pki_credential(&skr_provider_openssl, PKI_P256, role);
}

static void test_time(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.client.now = 0;
    pair_refuses(&pair, &pair.client, SKR_ERR_TIME_UNKNOWN);
    pair_start(&pair);
    pair_step(&pair);
    skr_conn_set_time(pair.client.conn, pki_now); // the clock was set while it connected
    pair_run(&pair);
    pair_assert_complete(&pair);
    pair_end(&pair);
    pair.client.config.ignore_time = true;
    use_server(PKI_EXPIRED);
    pair_connect(&pair);
    pair_end(&pair);
    pair.client.now = pki_now;
    pair_connect(&pair);
    pair_end(&pair);
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair.server.now = 0; // a server looks at clients' certificates in the same way
    pair_refuses(&pair, &pair.server, SKR_ERR_TIME_UNKNOWN);
}

// --- Lists that leave nothing over ---

static void test_empty_lists(void **state) {
    (void)state;
    static const uint16_t nothing[] = {0}, unknown[] = {0x0a0a, 0xc02b, 0};
    for (unsigned i = 0; i < 6; i++) {
        const uint16_t *list = i % 2 == 0 ? nothing : unknown;
        pair_note("%u", i);
        pair_init_openssl(&pair);
        skr_config_t *config = &pair.client.config;
        *(i < 2 ? &config->suites : i < 4 ? &config->groups : &config->signatures) = list;
        pair_start(&pair);
        pair_assert_status(skr_conn_handshake(pair.client.conn), SKR_ERR_CONFIG);
        pair_assert_failed(&pair.client, SKR_ERR_CONFIG);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// --- Memory ---

static void test_room(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    _Alignas(16) static uint8_t room[SKR_CONN_SIZE];
    skr_config_t config = pair.client.config;
    assert_null(skr_conn_init(NULL, SKR_CONN_SIZE, &config, pair.client.server_name, 0));
    assert_null(skr_conn_init(room, 16, &config, pair.client.server_name, 0));
    assert_null(skr_conn_init(room, sizeof(room), NULL, pair.client.server_name, 0));
    config.memory = NULL;
    assert_null(skr_conn_init(room, sizeof(room), &config, pair.client.server_name, 0));
}

// A pool instead of regions of their own: the same handshake, from one block.
static void test_pool(void **state) {
    (void)state;
    _Alignas(16) static uint8_t block[2][40000];
    skr_pool_t pool[2];
    skr_memory_t memory[2];
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_RSA);
    pair_side_t *sides[] = {&pair.client, &pair.server};
    for (unsigned i = 0; i < 2; i++) {
        skr_pool_init(&pool[i], block[i], sizeof(block[i]));
        skr_pool_memory(&pool[i], &memory[i]);
        sides[i]->config.memory = &memory[i];
    }
    pair_connect(&pair);
    assert_true(pool[0].peak > 0 && pool[1].peak > 0);
    assert_int_equal(pool[0].used, 0);
    assert_int_equal(pool[1].used, 0);
    pair_exchange(&pair, 30000);
    pair_end(&pair);
    // One that is too small tells what was missing.
    skr_error_t error;
    skr_pool_init(&pool[0], block[0], 1000);
    pair_start(&pair);
    pair_assert_failed(&pair.client, SKR_ERR_MEMORY);
    skr_conn_error(pair.client.conn, &error);
    assert_int_equal(error.limit, SKR_REGION_HANDSHAKE);
    assert_true(error.value > 1000);
    pair_end(&pair);
}

// Connections one after the other in the same room and from the same configuration.
static void test_reuse(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    for (int i = 0; i < 3; i++) {
        pair_connect(&pair);
        pair_exchange(&pair, 100);
        pair_end(&pair);
        pair.client.server_name = VIEW_LITERAL("unknown.example");
        pair_refuses(&pair, &pair.client, SKR_ERR_CERT_NAME);
        pair.client.server_name = VIEW_LITERAL("server.example");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_both, &pair.client),
        PAIR_TEST_WITH(test_both, &pair.server),
        PAIR_TEST_WITH(test_credentials, &pair.client),
        PAIR_TEST_WITH(test_credentials, &pair.server),
        PAIR_TEST(test_server),
        PAIR_TEST(test_names),
        PAIR_TEST(test_ignore_name),
        PAIR_TEST(test_time),
        PAIR_TEST(test_empty_lists),
        PAIR_TEST(test_room),
        PAIR_TEST(test_pool),
        PAIR_TEST(test_reuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
