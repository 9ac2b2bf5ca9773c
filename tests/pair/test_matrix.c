// Whole handshakes, each kind with each: cipher suites, groups, signatures, client certificates,
// retries, between all pairs of providers.
//
// In: what both sides offer. Out: both complete, agree on what was wanted, and talk. What a
// provider does not have is left out, and the number of such cases is told.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/suites.h"
#include "support/pair.h"

static pair_t pair;

typedef enum { WITHOUT, OPTIONAL_NONE, OPTIONAL_GIVEN, REQUIRED, MODES } auth_mode_t;

typedef struct {
    uint16_t suite, group;
    pki_kind_t kind;
    auth_mode_t mode;
    bool retry;
} cell_t;

static const uint16_t suites[] = {0x1301, 0x1302, 0x1303};
static const uint16_t groups[] = {SKR_GROUP_X25519, SKR_GROUP_SECP256R1, SKR_GROUP_SECP384R1};
static const uint16_t kind_scheme[PKI_KINDS] = {SKR_SIG_ECDSA_SECP256R1_SHA256,
    SKR_SIG_ECDSA_SECP384R1_SHA384, SKR_SIG_RSA_PSS_RSAE_SHA256, SKR_SIG_RSA_PSS_PSS_SHA256,
    SKR_SIG_ED25519};

static bool possible(const pair_providers_t *providers, const cell_t *cell) {
    uint16_t scheme = kind_scheme[cell->kind];
    const skr_signature_t *client = provider_signature(providers->client, scheme);
    const skr_signature_t *server = provider_signature(providers->server, scheme);
    bool mutual = cell->mode == OPTIONAL_GIVEN || cell->mode == REQUIRED;
    return client != NULL && server != NULL && server->sign != NULL &&
        (!mutual || client->sign != NULL);
}

static void set_mode(auth_mode_t mode, pki_kind_t kind) {
    if (mode == REQUIRED || mode == OPTIONAL_GIVEN) {
        pair_mutual(&pair, kind);
    }
    if (mode == OPTIONAL_NONE || mode == OPTIONAL_GIVEN) {
        pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    }
}

static void assert_agreed(const cell_t *cell) {
    skr_conn_info_t client, server;
    bool mutual = cell->mode == OPTIONAL_GIVEN || cell->mode == REQUIRED;
    skr_conn_info(pair.client.conn, &client);
    skr_conn_info(pair.server.conn, &server);
    assert_int_equal(client.suite, cell->suite);
    assert_int_equal(client.group, cell->group);
    assert_int_equal(client.retried, cell->retry);
    assert_int_equal(client.peer_scheme, kind_scheme[cell->kind]);
    assert_int_equal(server.peer_scheme, mutual ? kind_scheme[cell->kind] : 0);
    assert_true(client.peer_verified);
    assert_int_equal(server.peer_verified, mutual);
    assert_string_equal(client.suite_name, skr_suite_name(cell->suite));
    assert_string_equal(client.group_name, skr_group_name(cell->group));
    assert_string_equal(client.scheme_name, skr_scheme_name(kind_scheme[cell->kind]));
    assert_true(strlen(client.suite_name) > 0 && strlen(client.group_name) > 0 &&
        strlen(client.scheme_name) > 0);
}

static void run_cell(const pair_providers_t *providers, const cell_t *cell) {
    uint16_t other = cell->group == SKR_GROUP_X25519 ? SKR_GROUP_SECP256R1 : SKR_GROUP_X25519;
    const uint16_t offered_suites[] = {cell->suite, 0};
    const uint16_t both[] = {other, cell->group, 0}, wanted[] = {cell->group, 0};
    pair_note("%s suite %04x group %u %s mode %d retry %d", providers->name, cell->suite,
        cell->group, pki_kind_name(cell->kind), cell->mode, cell->retry);
    pair_init(&pair, providers->client, providers->server);
    pair_server_kind(&pair, cell->kind);
    set_mode(cell->mode, cell->kind);
    pair.server.config.suites = offered_suites;
    pair.client.config.groups = cell->retry ? both : wanted;
    pair.server.config.groups = wanted;
    pair_connect(&pair);
    assert_agreed(cell);
    pair_exchange(&pair, 100);
    pair_end(&pair);
}

// All suites, groups, kinds and modes; a retry in every other one. Of the mixed pairs every other
// cell.
static void test_matrix(void **state) {
    const pair_providers_t *providers = *state;
    unsigned ran = 0, left_out = 0;
    cell_t cell;
    unsigned step = providers->client == providers->server ? 1 : 2;
    for (unsigned n = 0; n < 3 * 3 * PKI_KINDS * MODES; n += step) {
        cell.suite = suites[n % 3];
        cell.group = groups[n / 3 % 3];
        cell.kind = (pki_kind_t)(n / 9 % PKI_KINDS);
        cell.mode = (auth_mode_t)(n / 9 / PKI_KINDS);
        cell.retry = (n / 9 + n % 9) % 2 != 0;
        if (!possible(providers, &cell)) {
            left_out++;
            continue;
        }
        run_cell(providers, &cell);
        ran++;
    }
    print_message(
        "    %u cells; %u left out: a provider lacks the signature scheme\n", ran, left_out);
    assert_true(ran >= 3 * 3 * 3 * MODES / step);
    pair_note("%s", "");
}

// --- What is chosen, and by whose order ---

static void test_suite_order(void **state) {
    (void)state;
    static const uint16_t client[] = {0x1301, 0x1303, 0x1302, 0}, server[] = {0x1303, 0x1301, 0};
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair.client.config.suites = client;
    pair.server.config.suites = server;
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_int_equal(info.suite, 0x1303); // the server's first
    pair_end(&pair);
}

static void test_share_spares_round_trip(void **state) {
    (void)state;
    static const uint16_t client[] = {SKR_GROUP_SECP384R1, SKR_GROUP_X25519, 0};
    static const uint16_t server[] = {SKR_GROUP_X25519, SKR_GROUP_SECP384R1, 0};
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair.client.config.groups = client;
    pair.server.config.groups = server;
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_int_equal(info.group, SKR_GROUP_SECP384R1);
    assert_false(info.retried);
    pair_end(&pair);
}

static void test_signature_order(void **state) {
    (void)state;
    static const uint16_t client[] = {
        SKR_SIG_RSA_PSS_RSAE_SHA512, SKR_SIG_RSA_PSS_RSAE_SHA384, SKR_SIG_RSA_PSS_RSAE_SHA256, 0};
    static const uint16_t server[] = {SKR_SIG_RSA_PSS_RSAE_SHA384, SKR_SIG_RSA_PSS_RSAE_SHA512, 0};
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair_server_kind(&pair, PKI_RSA);
    pair.client.config.signatures = client;
    pair.server.config.signatures = server;
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_int_equal(info.peer_scheme, SKR_SIG_RSA_PSS_RSAE_SHA384); // the signer's first
    pair_end(&pair);
}

// --- ALPN (RFC 7301) ---

static void run_alpn(const skr_view_t *client, size_t clients, const skr_view_t *server,
    size_t servers, const char *expected) {
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair.client.config.alpn = client;
    pair.client.config.alpn_count = clients;
    pair.server.config.alpn = server;
    pair.server.config.alpn_count = servers;
    if (expected == NULL) {
        pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_ALPN);
        return;
    }
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_int_equal(info.alpn.size, strlen(expected));
    assert_memory_equal(
        info.alpn.data == NULL ? (const uint8_t *)"" : info.alpn.data, expected, strlen(expected));
    assert_int_equal(info.alpn.data != NULL, strlen(expected) > 0);
    pair_end(&pair);
}

static void test_alpn(void **state) {
    (void)state;
    const skr_view_t mqtt_http[] = {VIEW_LITERAL("mqtt"), VIEW_LITERAL("http/1.1")};
    const skr_view_t http_mqtt[] = {VIEW_LITERAL("http/1.1"), VIEW_LITERAL("mqtt")};
    const skr_view_t other[] = {VIEW_LITERAL("mqt"), VIEW_LITERAL("mqttt")};
    run_alpn(mqtt_http, 2, http_mqtt, 2, "http/1.1"); // the server's order
    run_alpn(mqtt_http, 2, http_mqtt + 1, 1, "mqtt");
    run_alpn(mqtt_http, 2, NULL, 0, ""); // a server that knows nothing of it does not answer
    run_alpn(NULL, 0, http_mqtt, 2, ""); // a client that does not ask gets no answer
    run_alpn(mqtt_http, 2, other, 2, NULL);
}

// The longest names, many of them.
static void test_alpn_long(void **state) {
    (void)state;
    static uint8_t bytes[40][SKR_ALPN_MAX];
    skr_view_t names[40];
    for (size_t i = 0; i < 40; i++) {
        memset(bytes[i], (int)('a' + i), sizeof(bytes[i]));
        names[i] = view_of(bytes[i], sizeof(bytes[i]));
    }
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair.client.config.alpn = names;
    pair.client.config.alpn_count = 40;
    pair.server.config.alpn = names + 39;
    pair.server.config.alpn_count = 1;
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_true(view_equal(info.alpn, names[39]));
    pair_end(&pair);
}

// --- Server name (RFC 6066): the server chooses its certificate by it ---

// scheme: by which the certificate is known that came; 0: the client refuses it.
static void run_name(const char *name, uint16_t scheme) {
    skr_credential_t credentials[3] = {
        *pki_credential(&skr_provider_openssl, PKI_P384, PKI_SERVER),
        *pki_credential(&skr_provider_openssl, PKI_RSA, PKI_OTHER),
        *pki_credential(&skr_provider_openssl, PKI_P256, PKI_SERVER),
    };
    pair_note("name %s", name);
    pair_init_openssl(&pair);
    pair.server.config.credentials = credentials;
    pair.server.config.credential_count = 3;
    pair.client.server_name = view_of(name, strlen(name));
    pair_start(&pair);
    pair_run(&pair);
    if (scheme == 0) {
        pair_assert_refused(&pair, &pair.client, SKR_ERR_CERT_NAME);
    } else {
        skr_conn_info_t info;
        pair_assert_complete(&pair);
        skr_conn_info(pair.client.conn, &info);
        assert_int_equal(info.peer_scheme, scheme);
    }
    pair_end(&pair);
    pair_note("%s", "");
}

static void test_server_name(void **state) {
    (void)state;
    const uint16_t first = SKR_SIG_ECDSA_SECP384R1_SHA384;
    run_name("server.example", first);
    run_name("SERVER.example", first);
    run_name("a.wild.example", first);
    run_name("192.0.2.1", first); // not sent, since addresses may not be
    run_name("other.example", SKR_SIG_RSA_PSS_RSAE_SHA256);
    run_name("unknown.example", 0); // the first stands for unknown names
}

static void test_server_name_required(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.server.config.require_known_name = true;
    pair_connect(&pair);
    pair_end(&pair);
    pair.client.server_name = VIEW_LITERAL("unknown.example");
    pair_refuses(&pair, &pair.server, SKR_ERR_UNRECOGNIZED_NAME);
}

// A client that accepts no ECDSA gets the certificate that it can verify, though another one comes
// first.
static void test_credential_by_signature(void **state) {
    (void)state;
    static const uint16_t rsa_only[] = {SKR_SIG_RSA_PSS_RSAE_SHA256, 0};
    skr_credential_t credentials[2] = {
        *pki_credential(&skr_provider_openssl, PKI_P256, PKI_SERVER),
        *pki_credential(&skr_provider_openssl, PKI_RSA, PKI_SERVER),
    };
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair.server.config.credentials = credentials;
    pair.server.config.credential_count = 2;
    pair.client.config.signatures = rsa_only;
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_int_equal(info.peer_scheme, SKR_SIG_RSA_PSS_RSAE_SHA256);
    pair_end(&pair);
    pair.server.config.credential_count = 1;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SIGNATURE);
}

// A client whose only certificate the server can't verify sends none: the server decides.
static void test_client_without_fitting_certificate(void **state) {
    (void)state;
    static const uint16_t rsa_only[] = {SKR_SIG_RSA_PSS_RSAE_SHA256, 0};
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair.server.config.signatures = rsa_only;
    pair_server_kind(&pair, PKI_RSA);
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    pair_connect(&pair);
    skr_conn_info(pair.server.conn, &info);
    assert_false(info.peer_verified);
    pair_end(&pair);
}

static void test_nothing_in_common(void **state) {
    (void)state;
    static const uint16_t one[] = {0x1301, 0}, two[] = {0x1302, 0};
    static const uint16_t p256[] = {SKR_GROUP_SECP256R1, 0}, x25519[] = {SKR_GROUP_X25519, 0};
    pair_init_openssl(&pair);
    pair.client.config.suites = one;
    pair.server.config.suites = two;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SUITE);
    pair_init_openssl(&pair);
    pair.client.config.groups = p256;
    pair.server.config.groups = x25519;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_GROUP);
}

// Profiles that hold one role.
static void test_profiles(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.client.config.profile = &skr_profile_client13;
    pair.server.config.profile = &skr_profile_server13;
    pair_connect(&pair);
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_matrix, &pair_providers[0]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[1]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[2]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[3]),
        PAIR_TEST(test_suite_order),
        PAIR_TEST(test_share_spares_round_trip),
        PAIR_TEST(test_signature_order),
        PAIR_TEST(test_alpn),
        PAIR_TEST(test_alpn_long),
        PAIR_TEST(test_server_name),
        PAIR_TEST(test_server_name_required),
        PAIR_TEST(test_credential_by_signature),
        PAIR_TEST(test_client_without_fitting_certificate),
        PAIR_TEST(test_nothing_in_common),
        PAIR_TEST(test_profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
