// Whole handshakes of TLS 1.2: cipher suites, groups, keys, client certificates, with and without
// extended_master_secret, between all pairs of providers; which version is chosen.
//
// In: a client that offers both versions, a server that speaks TLS 1.2 at most, or other bounds on
// both sides. Out: both complete, agree on what was wanted, have the same keys, and talk. What a
// provider does not have is left out, and the number of such cases is told.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/prf12.h"
#include "keys/suites.h"
#include "support/pair_hello.h"
#include "support/tap12.h"
#include "wire/messages.h"

static pair_t pair;
static tap12_t tap;

static void forward(tap12_t *t, pair_message_t *m) {
    t->hits++;
    tap12_forward(t, m);
}

// The man on the line is not seen when he changes nothing: what the other tests alter is all that
// is altered.
static void test_tap(void **state) {
    (void)state;
    static const uint16_t suites[][2] = {{0xc02b, 0}, {0xc02c, 0}, {0xcca9, 0}};
    for (unsigned i = 0; i < 6; i++) {
        tap12_pair_openssl(&pair);
        pair_mutual(&pair, PKI_P384);
        pair.client.config.suites = suites[i % 3];
        tap.translate = i >= 3;
        tap12_run(&tap, &pair, forward, NULL);
        pair_assert_complete(&pair);
        pair_exchange(&pair, 40000);
        pair_end(&pair);
    }
    tap.translate = false;
}

// --- All of them ---

typedef enum { WITHOUT, OPTIONAL_NONE, OPTIONAL_GIVEN, REQUIRED, MODES } auth_mode_t;

typedef struct {
    const suite_t *suite;
    uint16_t group;
    pki_kind_t kind, client_kind;
    auth_mode_t mode;
    bool extended; // extended_master_secret
} cell_t;

static const uint16_t suites[] = {
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc0ac, 0xc0ad, 0xc0ae, 0xc0af};
enum { SUITES = sizeof(suites) / sizeof(suites[0]) };
static const uint16_t groups[] = {SKR_GROUP_X25519, SKR_GROUP_SECP256R1, SKR_GROUP_SECP384R1};
static const uint16_t kind_scheme[PKI_KINDS] = {SKR_SIG_ECDSA_SECP256R1_SHA256,
    SKR_SIG_ECDSA_SECP384R1_SHA384, SKR_SIG_RSA_PSS_RSAE_SHA256, SKR_SIG_RSA_PSS_PSS_SHA256,
    SKR_SIG_ED25519};

static bool mutual(const cell_t *cell) {
    return cell->mode == OPTIONAL_GIVEN || cell->mode == REQUIRED;
}

static bool can_sign(
    const skr_provider_t *signer, const skr_provider_t *verifier, unsigned scheme) {
    const skr_signature_t *signature = provider_signature(signer, scheme);
    return signature != NULL && signature->sign != NULL &&
        provider_signature(verifier, scheme) != NULL;
}

static bool possible(const pair_providers_t *providers, const cell_t *cell) {
    return provider_aead(providers->client, cell->suite->aead) != NULL &&
        provider_aead(providers->server, cell->suite->aead) != NULL &&
        can_sign(providers->server, providers->client, kind_scheme[cell->kind]) &&
        (!mutual(cell) ||
            can_sign(providers->client, providers->server, kind_scheme[cell->client_kind]));
}

static bool kind_fits(const suite_t *suite, pki_kind_t kind) {
    return (suite->auth == SUITE_AUTH_RSA) == (kind == PKI_RSA || kind == PKI_RSA_PSS);
}

static void assert_agreed(const cell_t *cell) {
    skr_conn_info_t client, server;
    skr_conn_info(pair.client.conn, &client);
    skr_conn_info(pair.server.conn, &server);
    assert_int_equal(client.suite, cell->suite->id);
    assert_int_equal(client.group, cell->group);
    assert_false(client.retried || client.resumed || server.resumed);
    assert_int_equal(client.peer_scheme, kind_scheme[cell->kind]);
    assert_int_equal(server.peer_scheme, mutual(cell) ? kind_scheme[cell->client_kind] : 0);
    assert_true(client.peer_verified);
    assert_int_equal(server.peer_verified, mutual(cell));
    assert_string_equal(client.suite_name, cell->suite->name);
}

// RFC 9850: one line for the whole connection, the same at both ends.
static void assert_key_log(void) {
    assert_int_equal(pair.client.secret_count, 1);
    assert_int_equal(pair.server.secret_count, 1);
    const pair_secret_t *one = pair_secret(&pair.client, "CLIENT_RANDOM");
    const pair_secret_t *two = pair_secret(&pair.server, "CLIENT_RANDOM");
    assert_non_null(one);
    assert_non_null(two);
    assert_int_equal(one->size, PRF12_MASTER_SIZE);
    assert_memory_equal(one->secret, two->secret, PRF12_MASTER_SIZE);
    assert_memory_equal(one->random, two->random, SKR_RANDOM_SIZE);
}

// Neither side hears of extended_master_secret, and both believe in the hello without it.
static void edit_unextended(tap12_t *t, pair_message_t *m) {
    static const hello_case_t without = {
        "without", SKR_OK, {{HELLO_REMOVE, 23, NULL, 0}, {HELLO_NOTHING, 0, NULL, 0}}};
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_apply(&without, m);
        hello_believe(&pair, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void run_cell(const pair_providers_t *providers, const cell_t *cell) {
    const uint16_t wanted[] = {cell->suite->id, 0}, group[] = {cell->group, 0};
    pair_note("%s %s group %u %s mode %d by %s%s", providers->name, cell->suite->name, cell->group,
        pki_kind_name(cell->kind), cell->mode, pki_kind_name(cell->client_kind),
        cell->extended ? "" : ", not extended");
    tap12_pair(&pair, providers->client, providers->server);
    pair_server_kind(&pair, cell->kind);
    if (mutual(cell)) {
        pair_mutual(&pair, cell->client_kind);
    }
    if (cell->mode == OPTIONAL_NONE || cell->mode == OPTIONAL_GIVEN) {
        pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    }
    pair.client.config.suites = pair.server.config.suites = wanted; // CCM_8 must be named
    pair.server.config.groups = group;
    if (cell->extended) {
        pair_connect(&pair);
    } else {
        tap12_run(&tap, &pair, edit_unextended, NULL);
        pair_assert_complete(&pair);
    }
    assert_agreed(cell);
    assert_key_log();
    pair_exchange(&pair, 100);
    pair_end(&pair);
}

// Each suite with each key that fits it and each group; modes and clients' keys go round.
static void test_matrix(void **state) {
    const pair_providers_t *providers = *state;
    static const pki_kind_t client_kinds[] = {PKI_P256, PKI_RSA, PKI_P384, PKI_RSA_PSS};
    unsigned ran = 0, left_out = 0, n = 0;
    for (unsigned i = 0; i < SUITES * PKI_KINDS * 3; i++) {
        cell_t cell = {suite_find(suites[i % SUITES]), groups[i / SUITES / PKI_KINDS],
            (pki_kind_t)(i / SUITES % PKI_KINDS), PKI_P256, WITHOUT, true};
        assert_non_null(cell.suite);
        if (!kind_fits(cell.suite, cell.kind)) {
            continue;
        }
        n++;
        cell.mode = (auth_mode_t)((n + n / 4) % MODES);
        cell.client_kind = client_kinds[(n + n / 8) % 4];
        cell.extended = n % 3 != 0;
        if (!possible(providers, &cell)) {
            left_out++;
        } else {
            run_cell(providers, &cell);
            ran++;
        }
    }
    print_message(
        "    %u cells; %u left out: a provider lacks the AEAD or the scheme\n", ran, left_out);
    assert_true(ran >= 40);
    pair_note("%s", "");
}

// An RSA key signs by PKCS #1 for clients that know nothing else.
static void test_pkcs1(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t no_pss[] = {SKR_SIG_ECDSA_SECP256R1_SHA256, SKR_SIG_RSA_PKCS1_SHA256, 0};
    skr_conn_info_t info;
    tap12_pair(&pair, providers->client, providers->server);
    pair_server_kind(&pair, PKI_RSA);
    pair_mutual(&pair, PKI_RSA);
    pair.client.config.signatures = pair.server.config.signatures = no_pss;
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_string_equal(info.scheme_name, "rsa_pkcs1_sha256");
    skr_conn_info(pair.server.conn, &info);
    assert_string_equal(info.scheme_name, "rsa_pkcs1_sha256");
    pair_exchange(&pair, 10);
    pair_end(&pair);
}

// In TLS 1.3 it does not.
static void test_pkcs1_not_in_13(void **state) {
    (void)state;
    static const uint16_t no_pss[] = {SKR_SIG_ECDSA_SECP256R1_SHA256, SKR_SIG_RSA_PKCS1_SHA256, 0};
    pair_init_openssl(&pair);
    pair_server_kind(&pair, PKI_RSA);
    pair.client.config.signatures = no_pss;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SIGNATURE);
}

// A list without PKCS #1 keeps it out of TLS 1.2, too, and out of certificates nowhere.
static void test_pkcs1_not_listed(void **state) {
    (void)state;
    static const uint16_t ecdsa_only[] = {SKR_SIG_ECDSA_SECP256R1_SHA256, 0};
    tap12_pair_openssl(&pair);
    pair_server_kind(&pair, PKI_RSA);
    pair.client.config.signatures = ecdsa_only;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SIGNATURE);
    tap12_pair_openssl(&pair);
    pair.client.config.signatures = ecdsa_only;
    pair_connect(&pair);
    pair_end(&pair);
}

// A client whose key can't sign here (Ed25519 wants the messages themselves) sends no certificate.
static void test_client_ed25519(void **state) {
    (void)state;
    skr_conn_info_t info;
    tap12_pair_openssl(&pair);
    pair_mutual(&pair, PKI_ED25519);
    pair_refuses(&pair, &pair.server, SKR_ERR_CERTIFICATE_REQUIRED);
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    pair_connect(&pair);
    skr_conn_info(pair.server.conn, &info);
    assert_false(info.peer_verified);
    pair_end(&pair);
}

// --- Versions: one ClientHello for both ---

static uint16_t versions(
    uint16_t client_min, uint16_t client_max, uint16_t server_min, uint16_t server_max) {
    pair_note("client %04x-%04x, server %04x-%04x", client_min, client_max, server_min, server_max);
    pair_init_openssl(&pair);
    pair.client.config.min_version = client_min;
    pair.client.config.max_version = client_max;
    pair.server.config.min_version = server_min;
    pair.server.config.max_version = server_max;
    uint16_t low = client_min > server_min ? client_min : server_min;
    uint16_t high = SKR_TLS13;
    high = client_max != 0 && client_max < high ? client_max : high;
    high = server_max != 0 && server_max < high ? server_max : high;
    pair.version = high;
    if (low > high) {
        pair_start(&pair);
        pair_run(&pair);
        pair_assert_refused(&pair, &pair.server, SKR_ERR_VERSION);
    } else {
        pair_connect(&pair);
        pair_exchange(&pair, 10);
    }
    pair_end(&pair);
    pair_note("%s", "");
    return low > high ? 0 : high;
}

static void test_versions(void **state) {
    (void)state;
    static const uint16_t bounds[][2] = {{0, 0}, {SKR_TLS12, SKR_TLS12}, {SKR_TLS13, SKR_TLS13},
        {SKR_TLS12, SKR_TLS13}, {0, SKR_TLS12}, {SKR_TLS13, 0}, {0x0301, 0x0305}};
    unsigned seen[3] = {0};
    for (unsigned i = 0; i < 7 * 7; i++) {
        const uint16_t *client = bounds[i / 7], *server = bounds[i % 7];
        uint16_t version = versions(client[0], client[1], server[0], server[1]);
        seen[version == 0 ? 0 : version - SKR_TLS12 + 1]++;
    }
    assert_int_equal(seen[0], 2 * 2 * 2);
    assert_true(seen[1] > 10 && seen[2] > 10);
}

// Nothing lies between these bounds.
static void test_no_version(void **state) {
    (void)state;
    for (int side = 0; side < 2; side++) {
        pair_init_openssl(&pair);
        skr_config_t *config = side == 0 ? &pair.client.config : &pair.server.config;
        config->min_version = SKR_TLS13;
        config->max_version = SKR_TLS12;
        pair_start(&pair);
        pair_side_t *bad = side == 0 ? &pair.client : &pair.server;
        pair_assert_status(skr_conn_handshake(bad->conn), SKR_ERR_CONFIG);
        pair_end(&pair);
    }
}

static const hello_t *offered(pair_message_t *m) {
    static hello_t hello;
    hello_read(&hello, m);
    return &hello;
}

static void look_at_hello(tap12_t *t, pair_message_t *m) {
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_t *hello = (hello_t *)(uintptr_t)offered(m);
        hello_extensions_t *list = &hello->extensions;
        const uint16_t *max = t->user;
        bool tls12 = *max != SKR_TLS13, tls13 = *max != SKR_TLS12;
        assert_int_equal(hello->version, 0x0303);
        assert_int_equal(hello_find(list, 23) != NULL, tls12); // extended_master_secret
        assert_int_equal(hello_find(list, 0xff01) != NULL, tls12); // renegotiation_info
        assert_int_equal(hello_find(list, 11) != NULL, tls12); // ec_point_formats
        assert_int_equal(hello_find(list, 51) != NULL, tls13); // key_share
        assert_int_equal(hello->session_id_size, tls13 ? 32 : 0);
        assert_int_equal(hello_data(list, 43)[0], tls12 && tls13 ? 4 : 2);
        bool suite12 = false, suite13 = false;
        for (size_t i = 0; i < hello->suites_size; i += 2) {
            suite12 = suite12 || hello->suites[i] != 0x13;
            suite13 = suite13 || hello->suites[i] == 0x13;
        }
        assert_int_equal(suite12, tls12);
        assert_int_equal(suite13, tls13);
        t->hits++;
    }
    tap12_forward(t, m);
}

// What a ClientHello holds follows from the versions that it offers.
static void test_one_hello(void **state) {
    (void)state;
    static const uint16_t only[] = {0, SKR_TLS12, SKR_TLS13};
    for (unsigned i = 0; i < 3; i++) {
        uint16_t max = only[i];
        tap12_pair_openssl(&pair);
        pair.client.config.min_version = max;
        pair.client.config.max_version = max;
        tap12_run(&tap, &pair, look_at_hello, &max);
        assert_int_equal(pair_is_complete(&pair.client), max != SKR_TLS13);
        pair_end(&pair);
    }
}

// Profiles that hold less.
static void test_profiles(void **state) {
    (void)state;
    static const skr_profile_t *const clients[] = {
        &skr_profile_client13, &skr_profile_client, &skr_profile_full};
    for (unsigned i = 0; i < 6; i++) {
        pair_init_openssl(&pair);
        pair.client.config.min_version = pair.server.config.min_version = 0;
        pair.client.config.profile = clients[i % 3];
        pair.server.config.profile = i < 3 ? &skr_profile_server13 : &skr_profile_full;
        pair_connect(&pair);
        pair_end(&pair);
    }
    tap12_pair_openssl(&pair);
    pair.client.config.profile = &skr_profile_client;
    pair_connect(&pair);
    pair_exchange(&pair, 10);
    pair_end(&pair);
    pair.client.config.profile = &skr_profile_client13;
    pair_refuses(&pair, &pair.server, SKR_ERR_VERSION);
}

// --- What else is agreed on ---

static void run_alpn(const skr_view_t *client, size_t clients, const skr_view_t *server,
    size_t servers, const char *expected) {
    skr_conn_info_t info;
    tap12_pair_openssl(&pair);
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
    assert_true(view_equal(info.alpn, view_of(expected, strlen(expected))));
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
    run_alpn(mqtt_http, 2, NULL, 0, "");
    run_alpn(NULL, 0, http_mqtt, 2, "");
    run_alpn(mqtt_http, 2, other, 2, NULL);
}

// The server chooses its certificate by the name, and the suite by the certificate.
static void run_name(const char *name, uint16_t suite) {
    skr_credential_t credentials[2] = {
        *pki_credential(&skr_provider_openssl, PKI_P384, PKI_SERVER),
        *pki_credential(&skr_provider_openssl, PKI_RSA, PKI_OTHER),
    };
    static const uint16_t both[] = {0xc02c, 0xc030, 0};
    skr_conn_info_t info;
    pair_note("name %s", name);
    tap12_pair_openssl(&pair);
    pair.server.config.credentials = credentials;
    pair.server.config.credential_count = 2;
    pair.server.config.suites = both;
    pair.client.server_name = view_of(name, strlen(name));
    pair_start(&pair);
    pair_run(&pair);
    if (suite == 0) {
        pair_assert_refused(&pair, &pair.client, SKR_ERR_CERT_NAME);
    } else {
        pair_assert_complete(&pair);
        skr_conn_info(pair.client.conn, &info);
        assert_int_equal(info.suite, suite);
    }
    pair_end(&pair);
    pair_note("%s", "");
}

static void test_server_name(void **state) {
    (void)state;
    run_name("server.example", 0xc02c);
    run_name("192.0.2.1", 0xc02c); // not sent, since addresses may not be
    run_name("unknown.example", 0); // the first stands for unknown names
    tap12_pair_openssl(&pair);
    pair.server.config.require_known_name = true;
    pair_connect(&pair);
    pair_end(&pair);
    pair.client.server_name = VIEW_LITERAL("unknown.example");
    pair_refuses(&pair, &pair.server, SKR_ERR_UNRECOGNIZED_NAME);
}

// A name that is borne by a certificate of another kind than the server's first suite wants.
static void test_name_before_suite(void **state) {
    (void)state;
    run_name("other.example", 0xc030);
}

static void test_nothing_in_common(void **state) {
    (void)state;
    static const uint16_t ecdsa[] = {0xc02b, 0}, rsa[] = {0xc02f, 0}, tls13[] = {0x1301, 0};
    static const uint16_t p256[] = {SKR_GROUP_SECP256R1, 0}, x25519[] = {SKR_GROUP_X25519, 0};
    static const uint16_t pss[] = {SKR_SIG_RSA_PSS_RSAE_SHA256, 0};
    tap12_pair_openssl(&pair);
    pair.client.config.suites = ecdsa;
    pair.server.config.suites = rsa;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SUITE);
    pair.client.config.suites = tls13;
    pair.server.config.suites = NULL;
    pair_refuses(&pair, &pair.server, SKR_ERR_VERSION); // a version without a suite is not offered
    pair.client.config.suites = rsa; // the certificate is an ECDSA one
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SIGNATURE);
    tap12_pair_openssl(&pair);
    pair.client.config.signatures = pss;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SIGNATURE);
    tap12_pair_openssl(&pair);
    pair.client.config.groups = p256;
    pair.server.config.groups = x25519;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_GROUP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_tap),
        PAIR_TEST_WITH(test_matrix, &pair_providers[0]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[1]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[2]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[3]),
        PAIR_TEST_WITH(test_pkcs1, &pair_providers[2]),
        PAIR_TEST_WITH(test_pkcs1, &pair_providers[3]),
        PAIR_TEST(test_pkcs1_not_in_13),
        PAIR_TEST(test_pkcs1_not_listed),
        PAIR_TEST(test_client_ed25519),
        PAIR_TEST(test_versions),
        PAIR_TEST(test_no_version),
        PAIR_TEST(test_one_hello),
        PAIR_TEST(test_profiles),
        PAIR_TEST(test_alpn),
        PAIR_TEST(test_server_name),
        PAIR_TEST(test_name_before_suite),
        PAIR_TEST(test_nothing_in_common),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
