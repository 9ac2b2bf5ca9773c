// Coming back quickly: TLS 1.3's pre-shared keys by ticket (RFC 9846 sections 4.3.11 and 4.7.1) and
// TLS 1.2's session tickets (RFC 5077).
//
// In: full handshakes whose sessions are kept, and handshakes that offer them, between all pairs of
// providers. Out: short handshakes without certificates that know what the first one knew, with
// other keys. Who has no session, no key for it or no room for it has a full handshake, and nothing
// else is lost.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/suites.h"
#include "record/record.h"
#include "support/resume.h"
#include "wire/messages.h"

static pair_t pair;
static resume_session_t kept;

#define VERSIONS(run) \
    do { \
        for (uint16_t version = SKR_TLS12; version <= SKR_TLS13; version++) { \
            pair_note("version %04x", version); \
            run; \
        } \
        pair_note("%s", ""); \
    } while (0)

static bool both_saw(uint8_t type) {
    unsigned count = 0;
    for (size_t i = 0; i < pair.client.event_count; i++) {
        const skr_trace_event_t *event = &pair.client.event[i];
        count += event->layer == SKR_LAYER_HANDSHAKE && event->type == type ? 1 : 0;
    }
    return count > 0;
}

// --- All of them ---

typedef struct {
    const suite_t *suite;
    uint16_t version, group;
    skr_verify_t verify; // the server's
    bool retry; // TLS 1.3
    bool own; // the client has a certificate
} cell_t;

static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0xc02b, 0xc02c, 0xcca9,
    0xc0ac, 0xc0af, 0xc02f, 0xc030, 0xcca8};
enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

static void set_cell(const pair_providers_t *providers, const cell_t *cell) {
    static uint16_t suite[2], both[3], wanted[2];
    suite[0] = cell->suite->id;
    wanted[0] = both[1] = cell->group;
    both[0] = cell->group == SKR_GROUP_X25519 ? SKR_GROUP_SECP256R1 : SKR_GROUP_X25519;
    resume_pair(&pair, cell->version, providers->client, providers->server);
    pair_server_kind(&pair, cell->suite->auth == SUITE_AUTH_RSA ? PKI_RSA : PKI_P256);
    if (cell->own) {
        pair_mutual(&pair, PKI_P256);
    }
    pair.server.config.verify = cell->verify;
    pair.client.config.suites = pair.server.config.suites = suite;
    pair.client.config.groups = cell->retry ? both : wanted;
    pair.server.config.groups = wanted;
}

// What is known behind a short handshake: no certificates were sent, what they proved still counts.
static void assert_short(const cell_t *cell) {
    skr_conn_info_t client, server;
    skr_conn_info(pair.client.conn, &client);
    skr_conn_info(pair.server.conn, &server);
    assert_int_equal(client.version, cell->version);
    assert_int_equal(client.suite, cell->suite->id);
    assert_int_equal(client.group, cell->version == SKR_TLS13 ? cell->group : 0);
    assert_int_equal(client.retried, cell->retry);
    assert_true(client.peer_verified);
    assert_int_equal(server.peer_verified, cell->own && cell->verify != SKR_VERIFY_NONE);
    assert_int_equal(client.peer_scheme, 0);
    assert_int_equal(server.peer_scheme, 0);
    assert_false(both_saw(WIRE_CERTIFICATE) || both_saw(WIRE_CERTIFICATE_VERIFY) ||
        both_saw(WIRE_CERTIFICATE_REQUEST) || both_saw(WIRE_SERVER_KEY_EXCHANGE));
    assert_int_equal(pair.client.memory.peak[SKR_REGION_PEER_CERTIFICATE], 0);
}

static void run_cell(const pair_providers_t *providers, const cell_t *cell) {
    static resume_session_t second;
    set_cell(providers, cell);
    resume_first(&pair, &kept);
    assert_true(resume_connect(&pair, &kept));
    assert_short(cell);
    resume_take(&pair.client, &second); // a new one each time
    assert_memory_not_equal(second.bytes, kept.bytes, 20);
    pair_assert_complete(&pair);
    pair_exchange(&pair, 1000);
    pair_end(&pair);
    assert_true(resume_again(&pair, &second));
    assert_true(resume_again(&pair, &kept)); // the older one is still good
}

static void test_matrix(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t groups[] = {SKR_GROUP_X25519, SKR_GROUP_SECP256R1, SKR_GROUP_SECP384R1};
    for (unsigned i = 0; i < SUITES * 4; i++) {
        cell_t cell = {.suite = suite_find(suites[i % SUITES]),
            .version = suites[i % SUITES] < 0x1400 ? SKR_TLS13 : SKR_TLS12,
            .group = groups[(i + i / SUITES) % (i % 4 == 0 ? 3 : 2)],
            .verify = (skr_verify_t)(i / SUITES % 3),
            .own = i / SUITES % 3 == 2 || i % 2 != 0};
        cell.retry = cell.version == SKR_TLS13 && (i / SUITES) % 2 != 0;
        pair_note("%s %s group %u verify %d own %d retry %d", providers->name, cell.suite->name,
            cell.group, cell.verify, cell.own, cell.retry);
        run_cell(providers, &cell);
    }
    pair_note("%s", "");
}

// --- Keys ---

// TLS 1.3 makes others from the session's secret and a fresh exchange; TLS 1.2 keeps the master
// secret, and its records have other keys by the Randoms.
static void run_keys(uint16_t version) {
    static pair_secret_t first[PAIR_SECRETS_MAX];
    resume_pair_openssl(&pair, version);
    pair_start(&pair);
    pair_run(&pair);
    resume_take(&pair.client, &kept);
    size_t count = pair.client.secret_count;
    memcpy(first, pair.client.secret, sizeof(first));
    pair_end(&pair);
    assert_true(resume_connect(&pair, &kept));
    assert_int_equal(pair.client.secret_count, count);
    assert_int_equal(pair.server.secret_count, count);
    for (size_t i = 0; i < count; i++) {
        const pair_secret_t *now = &pair.client.secret[i];
        const pair_secret_t *theirs = pair_secret(&pair.server, now->label);
        assert_non_null(theirs);
        assert_memory_equal(now->secret, theirs->secret, now->size);
        assert_memory_equal(now->random, theirs->random, SKR_RANDOM_SIZE);
        assert_memory_not_equal(now->random, first[i].random, SKR_RANDOM_SIZE);
        if (version == SKR_TLS13) {
            assert_memory_not_equal(now->secret, first[i].secret, now->size);
        } else {
            assert_memory_equal(now->secret, first[i].secret, now->size);
        }
    }
    uint8_t one[32], two[32];
    skr_view_t label = VIEW_LITERAL("EXPORTER-x");
    pair_assert_status(skr_conn_export(pair.client.conn, label, label, one, 32), SKR_OK);
    pair_assert_status(skr_conn_export(pair.server.conn, label, label, two, 32), SKR_OK);
    assert_memory_equal(one, two, 32);
    pair_end(&pair);
}

static void test_keys(void **state) {
    (void)state;
    VERSIONS(run_keys(version));
}

// --- Tickets: several, none, the newest ---

static unsigned sessions_seen(pair_side_t *client) {
    const uint8_t *bytes = NULL;
    uint8_t last[16] = {0};
    unsigned seen = 0;
    pair_start(&pair);
    client->chunk = 1;
    while (pair_step(&pair)) {
        size_t size = skr_conn_session(client->conn, &bytes);
        if (size > 0 && !view_equal(view_of(bytes, 16), view_of(last, 16))) {
            memcpy(last, bytes, 16);
            seen++;
        }
    }
    client->chunk = PAIR_ALL;
    return seen;
}

// A newer one takes the older one's place.
static void test_several(void **state) {
    (void)state;
    static const uint8_t counts[] = {0, 1, 2, 3, 10, SKR_TICKETS_MAX};
    for (unsigned i = 0; i < sizeof(counts); i++) {
        resume_pair_openssl(&pair, SKR_TLS13);
        pair.server.config.ticket_count = counts[i];
        unsigned expected = counts[i] == 0 ? 1 : counts[i];
        pair_note("%u tickets", expected);
        assert_int_equal(sessions_seen(&pair.client), expected);
        assert_int_equal(resume_keys.made, expected);
        resume_take(&pair.client, &kept);
        pair_assert_complete(&pair);
        pair_exchange(&pair, 10);
        pair_end(&pair);
        assert_true(resume_again(&pair, &kept));
    }
    resume_pair_openssl(&pair, SKR_TLS12); // one is all that TLS 1.2 has room for
    pair.server.config.ticket_count = 5;
    assert_int_equal(sessions_seen(&pair.client), 1);
    resume_take(&pair.client, &kept);
    pair_end(&pair);
    pair_note("%s", "");
}

// Nobody is told of tickets who does not want any; nobody makes any without a key.
static void run_none(uint16_t version, bool client, bool server, bool key) {
    const uint8_t *bytes = NULL;
    resume_pair_openssl(&pair, version);
    pair.client.config.session_key = client ? resume_session_key : NULL;
    if (!server) {
        pair.server.config.ticket_keys = NULL;
    }
    resume_keys.newest = key ? 0 : RESUME_NO_KEY;
    pair_connect(&pair);
    assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
    bool sent = both_saw(WIRE_NEW_SESSION_TICKET);
    assert_int_equal(sent, version == SKR_TLS12 && client && server); // there it stays empty
    skr_conn_session_done(pair.client.conn);
    pair_exchange(&pair, 10);
    pair_end(&pair);
}

static void test_none(void **state) {
    (void)state;
    VERSIONS(run_none(version, false, true, true));
    VERSIONS(run_none(version, true, false, true));
    VERSIONS(run_none(version, true, true, false));
}

// Small records, small chunks, tickets that have to wait for room in the output.
static void run_small(uint16_t version) {
    resume_pair_openssl(&pair, version);
    pair.server.config.ticket_count = 20;
    pair.client.config.max_record_out = pair.server.config.max_record_out = 64;
    pair.server.config.pad_to = 64;
    pair.client.chunk = 7;
    resume_first(&pair, &kept);
    assert_true(resume_again(&pair, &kept));
    pair.client.chunk = 1;
    pair.server.chunk = 3;
    assert_true(resume_again(&pair, &kept));
}

static void test_small(void **state) {
    (void)state;
    VERSIONS(run_small(version));
}

// A session that is not taken stays until the connection's end; one that is, is gone at once.
static void run_left(uint16_t version) {
    const uint8_t *bytes = NULL;
    resume_pair_openssl(&pair, version);
    pair_start(&pair);
    pair_assert_status(skr_conn_handshake(pair.client.conn), SKR_WANT_OUTPUT);
    skr_conn_session_done(pair.client.conn); // there is nothing yet
    assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
    pair_run(&pair);
    assert_true(skr_conn_session(pair.client.conn, &bytes) > 0);
    pair_exchange(&pair, 100);
    assert_true(skr_conn_session(pair.client.conn, &bytes) > 0);
    assert_int_equal(skr_conn_session(pair.server.conn, &bytes), 0);
    pair_assert_status(skr_conn_close(pair.client.conn), SKR_OK);
    pair_run(&pair);
    assert_true(skr_conn_session(pair.client.conn, &bytes) > 0);
    pair_end(&pair);
}

static void test_left(void **state) {
    (void)state;
    VERSIONS(run_left(version));
}

// --- The server's keys ---

static void run_rotation(uint16_t version) {
    static resume_session_t newer;
    resume_pair_openssl(&pair, version);
    resume_first(&pair, &kept);
    resume_keys.newest = 1; // the old key is still known, new tickets are sealed with the new one
    assert_true(resume_connect(&pair, &kept));
    resume_take(&pair.client, &newer);
    pair_end(&pair);
    resume_keys.there[0] = false; // now it is not
    assert_false(resume_again(&pair, &kept));
    assert_true(resume_again(&pair, &newer));
    resume_keys.there[1] = false;
    assert_false(resume_again(&pair, &newer));
    resume_keys.there[1] = true;
    resume_keys.newest = RESUME_NO_KEY; // resumed, without a new ticket
    assert_true(resume_again(&pair, &newer));
}

static void test_rotation(void **state) {
    (void)state;
    VERSIONS(run_rotation(version));
}

// Keys that nobody has filled in (GnuTLS CVE-2020-13777) are none, on either side.
static void run_unfilled(uint16_t version) {
    static const uint8_t zeros[SKR_SESSION_KEY_SIZE];
    const uint8_t *bytes = NULL;
    resume_pair_openssl(&pair, version);
    resume_keys.unfilled = true;
    pair_connect(&pair);
    assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
    assert_true(resume_keys.made > 0);
    pair_end(&pair);
    resume_keys.unfilled = false;
    resume_first(&pair, &kept);
    resume_keys.unfilled = true;
    assert_false(resume_again(&pair, &kept));
    pair.client.config.session_key = zeros;
    pair_start(&pair);
    pair_assert_status(skr_conn_handshake(pair.client.conn), SKR_ERR_CONFIG);
    pair_end(&pair);
}

static void test_unfilled(void **state) {
    (void)state;
    VERSIONS(run_unfilled(version));
}

// Servers that share keys read each other's tickets, whatever their providers and certificates.
static void run_fleet(uint16_t version) {
    static const uint16_t fleet_suites[] = {0x1303, 0xcca9, 0};
    for (unsigned i = 0; i < PAIR_PROVIDERS * PAIR_PROVIDERS; i++) {
        const pair_providers_t *one = &pair_providers[i / 4], *two = &pair_providers[i % 4];
        resume_pair(&pair, version, one->client, one->server);
        pair.client.config.suites = fleet_suites;
        resume_first(&pair, &kept);
        resume_pair(&pair, version, two->client, two->server);
        pair.client.config.suites = fleet_suites;
        pair_server_kind(&pair, PKI_P384);
        assert_true(resume_again(&pair, &kept));
    }
}

static void test_fleet(void **state) {
    (void)state;
    VERSIONS(run_fleet(version));
}

// --- Time ---

static void run_time(uint16_t version) {
    resume_pair_openssl(&pair, version);
    pair.server.config.ticket_lifetime = 1000;
    resume_first(&pair, &kept);
    pair.client.now = pair.server.now = pki_now + 1000;
    assert_true(resume_again(&pair, &kept));
    pair.client.now = pki_now + 1001; // the client knows that it has expired
    pair_start(&pair);
    assert_false(resume_offer(&pair, &kept));
    pair_end(&pair);
    pair.client.now = pki_now - 1; // or that its clock is wrong
    assert_false(resume_again(&pair, &kept));
    pair.client.now = pki_now + 1000;
    pair.server.now = pki_now + 1001; // only the server does
    assert_false(resume_again(&pair, &kept));
    pair.server.now = pki_now - SKR_CLOCK_SKEW - 1; // a ticket from the future
    assert_false(resume_again(&pair, &kept));
    pair.server.now = pki_now - SKR_CLOCK_SKEW; // another server's clock
    assert_true(resume_again(&pair, &kept));
    pair.server.now = pki_now;
    assert_true(resume_again(&pair, &kept));
}

static void test_time(void **state) {
    (void)state;
    VERSIONS(run_time(version));
}

// Each time with the ticket of the last time: sooner or later certificates must speak again.
// Both remember when they first spoke, the client in its own blob.
static bool resume_next(pair_t *with, resume_session_t *session) {
    static resume_session_t room;
    session_t inside;
    bool resumed = resume_connect(with, session);
    resume_take(&with->client, session);
    pair_end(with);
    resume_open(session, &inside, &room);
    assert_true(inside.began == pki_now && inside.issued == with->client.now);
    return resumed;
}

static void run_chain(uint16_t version) {
    enum { DAY = 86400 };
    resume_pair_openssl(&pair, version);
    pair.server.config.ticket_lifetime = 604800;
    resume_first(&pair, &kept);
    pair.client.now = pair.server.now = pki_now + 5 * DAY;
    assert_true(resume_next(&pair, &kept));
    pair.client.now = pair.server.now = pki_now + 7 * DAY;
    assert_true(resume_next(&pair, &kept));
    pair.client.now = pair.server.now = pki_now + 7 * DAY + 1;
    assert_false(resume_again(&pair, &kept));
}

static void test_chain(void **state) {
    (void)state;
    VERSIONS(run_chain(version));
}

static void run_lifetime(uint16_t version) {
    static const uint32_t lifetimes[] = {0, 1, 604800};
    for (unsigned i = 0; i < 3; i++) {
        int64_t lives = lifetimes[i] == 0 ? SKR_TICKET_LIFETIME : lifetimes[i];
        resume_pair_openssl(&pair, version);
        pair.server.config.ticket_lifetime = lifetimes[i];
        resume_first(&pair, &kept);
        pair.client.now = pair.server.now = pki_now + lives;
        assert_true(resume_again(&pair, &kept));
        pair.client.now = pair.server.now = pki_now + lives + 1;
        assert_false(resume_again(&pair, &kept));
    }
}

static void test_lifetime(void **state) {
    (void)state;
    VERSIONS(run_lifetime(version));
    resume_pair_openssl(&pair, SKR_TLS13);
    pair.server.config.ticket_lifetime = 604801; // seven days are the most
    pair_start(&pair);
    pair_assert_status(skr_conn_handshake(pair.server.conn), SKR_ERR_CONFIG);
    pair_end(&pair);
}

// Without a clock nothing can expire, so nothing is kept or offered, and no tickets are made.
static void run_no_clock(uint16_t version) {
    const uint8_t *bytes = NULL;
    resume_pair_openssl(&pair, version);
    resume_first(&pair, &kept);
    pair.client.config.ignore_time = true;
    pair.client.now = 0;
    pair_connect(&pair);
    assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
    pair_end(&pair);
    pair.client.config.ignore_time = false;
    pair_start(&pair);
    assert_false(resume_offer(&pair, &kept));
    skr_conn_set_time(pair.client.conn, pki_now); // it comes in time
    assert_true(resume_offer(&pair, &kept));
    pair_end(&pair);
    pair.client.now = pki_now;
    pair.server.now = 0;
    pair_connect(&pair);
    assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
    pair_end(&pair);
}

static void test_no_clock(void **state) {
    (void)state;
    VERSIONS(run_no_clock(version));
}

// --- Both versions in one hello ---

// A session of one version, and a server that now speaks another.
static void test_other_version(void **state) {
    (void)state;
    skr_conn_info_t info;
    for (uint16_t version = SKR_TLS12; version <= SKR_TLS13; version++) {
        uint16_t other = version == SKR_TLS12 ? SKR_TLS13 : SKR_TLS12;
        resume_pair_openssl(&pair, version);
        resume_first(&pair, &kept);
        pair.server.config.max_version = other;
        pair.version = other;
        assert_false(resume_connect(&pair, &kept));
        skr_conn_info(pair.client.conn, &info);
        assert_int_equal(info.version, other);
        assert_true(info.peer_verified);
        pair_end(&pair);
        pair.client.config.min_version = other; // now the client knows it, too
        pair.client.config.max_version = other;
        pair_start(&pair);
        assert_false(resume_offer(&pair, &kept));
        pair_end(&pair);
    }
}

// Suites: TLS 1.3 needs the same hash, TLS 1.2 the same suite; the client must still offer it.
static void run_suites(uint16_t first, uint16_t second, bool resumed) {
    uint16_t one[] = {first, 0}, both[] = {second, first, 0}, other[] = {second, 0};
    resume_pair_openssl(&pair, first < 0x1400 ? SKR_TLS13 : SKR_TLS12);
    pair_note("%04x, then %04x", first, second);
    pair.server.config.suites = one;
    resume_first(&pair, &kept);
    pair.server.config.suites = other;
    assert_int_equal(resume_again(&pair, &kept), resumed);
    pair.server.config.suites = both;
    assert_int_equal(resume_again(&pair, &kept), resumed || first >= 0x1400);
    pair.client.config.suites = other;
    assert_false(resume_again(&pair, &kept));
}

static void test_other_suite(void **state) {
    (void)state;
    run_suites(0x1301, 0x1303, true);
    run_suites(0x1303, 0x1301, true);
    run_suites(0x1301, 0x1302, false);
    run_suites(0x1302, 0x1301, false);
    run_suites(0xc02b, 0xcca9, false);
    run_suites(0xcca9, 0xc02c, false);
    pair_note("%s", "");
}

// Groups are no part of a session.
static void test_other_group(void **state) {
    (void)state;
    static const uint16_t p256[] = {SKR_GROUP_SECP256R1, 0}, p384[] = {SKR_GROUP_SECP384R1, 0};
    resume_pair_openssl(&pair, SKR_TLS13);
    pair.server.config.groups = p256;
    resume_first(&pair, &kept);
    pair.server.config.groups = p384;
    assert_true(resume_again(&pair, &kept)); // with a retry, since the first share is another
}

// Without a fresh exchange, where both allow it; else it is there all the same.
static void test_psk_ke_allowed(void **state) {
    (void)state;
    resume_pair_openssl(&pair, SKR_TLS13);
    pair.client.config.allow_psk_ke = true;
    resume_first(&pair, &kept);
    assert_true(resume_again(&pair, &kept));
}

// The shapes of the largest hello: name, protocols, ticket, cookie's place.
static void test_largest_hello(void **state) {
    (void)state;
    static uint8_t bytes[40][SKR_ALPN_MAX], ticket[SKR_TICKET_MAX];
    static resume_session_t room, large;
    skr_view_t names[40];
    session_t session;
    for (size_t i = 0; i < 40; i++) {
        memset(bytes[i], (int)('a' + i), sizeof(bytes[i]));
        names[i] = view_of(bytes[i], sizeof(bytes[i]));
    }
    for (uint16_t version = SKR_TLS12; version <= SKR_TLS13; version++) {
        static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
        static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
        resume_pair_openssl(&pair, version);
        pair.client.config.alpn = pair.server.config.alpn = names;
        pair.client.config.alpn_count = pair.server.config.alpn_count = 40;
        resume_first(&pair, &kept);
        assert_true(resume_again(&pair, &kept));
        resume_open(&kept, &session, &room);
        session.ticket = view_of(ticket, sizeof(ticket)); // another server's, of the largest size
        resume_seal(&session, &large);
        pair.client.config.groups = both;
        pair.server.config.groups = wanted;
        pair_start(&pair);
        assert_true(resume_offer(&pair, &large));
        pair_run(&pair);
        skr_conn_session_done(pair.client.conn);
        pair_assert_complete(&pair);
        pair_end(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_matrix, &pair_providers[0]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[1]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[2]),
        PAIR_TEST_WITH(test_matrix, &pair_providers[3]),
        PAIR_TEST(test_keys),
        PAIR_TEST(test_several),
        PAIR_TEST(test_none),
        PAIR_TEST(test_small),
        PAIR_TEST(test_left),
        PAIR_TEST(test_rotation),
        PAIR_TEST(test_unfilled),
        PAIR_TEST(test_fleet),
        PAIR_TEST(test_time),
        PAIR_TEST(test_chain),
        PAIR_TEST(test_lifetime),
        PAIR_TEST(test_no_clock),
        PAIR_TEST(test_other_version),
        PAIR_TEST(test_other_suite),
        PAIR_TEST(test_other_group),
        PAIR_TEST(test_psk_ke_allowed),
        PAIR_TEST(test_largest_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
