// Sessions and tickets that are of no use: altered, cut, sealed by somebody else, made for another
// name, protocol or policy (RFC 9846 sections 4.3.11 and 4.7.1, RFC 5077, RFC 7627).
//
// In: what was kept from a full handshake, damaged or made anew, and configurations that have
// changed since. Out: a full handshake and nothing worse, in which all is verified as if there had
// been no session. Only who has the ticket and not its secret is refused.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/psk.h"
#include "support/resume.h"

static pair_t pair;
static resume_session_t kept, room, made;

#define VERSIONS(run) \
    do { \
        for (uint16_t version = SKR_TLS12; version <= SKR_TLS13; version++) { \
            pair_note("version %04x", version); \
            run; \
        } \
        pair_note("%s", ""); \
    } while (0)

// The handshake with this offer is a full one, and the server is verified in it.
static void assert_full(const resume_session_t *session) {
    skr_conn_info_t info;
    assert_false(resume_connect(&pair, session));
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_true(info.peer_verified && info.peer_scheme != 0);
    pair_exchange(&pair, 10);
    pair_end(&pair);
}

// --- What the client has saved ---

static void assert_useless(const uint8_t *bytes, size_t size) {
    assert_false(skr_conn_resume(pair.client.conn, bytes, size));
    assert_null(pair.client.memory.block[SKR_REGION_SESSION]);
}

static void run_altered(uint16_t version) {
    resume_pair_openssl(&pair, version);
    resume_first(&pair, &kept);
    made = kept;
    pair_start(&pair);
    for (size_t i = 0; i < 8 * kept.size; i++) {
        made.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_useless(made.bytes, made.size);
        made.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t size = 0; size < kept.size; size++) {
        assert_useless(kept.bytes, size);
        assert_useless(kept.bytes + kept.size - size, size);
    }
    kept.bytes[kept.size] = 0;
    assert_useless(kept.bytes, kept.size + 1);
    assert_useless(kept.bytes, SIZE_MAX);
    assert_true(resume_offer(&pair, &kept)); // and all that has not spoilt the right one
    pair_end(&pair);
    for (size_t i = 0; i < kept.size; i += 29) {
        made = kept;
        made.bytes[i] ^= 0x10;
        assert_full(&made);
        made = kept;
        made.size = i;
        assert_full(&made);
    }
}

static void test_altered(void **state) {
    (void)state;
    VERSIONS(run_altered(version));
}

// The last offer counts; there is none behind the first byte, and servers have none.
static void run_when(uint16_t version) {
    resume_pair_openssl(&pair, version);
    resume_first(&pair, &kept);
    pair_start(&pair);
    assert_true(resume_offer(&pair, &kept));
    assert_useless(kept.bytes, kept.size - 1);
    pair_run(&pair);
    assert_false(resume_offer(&pair, &kept));
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    pair_end(&pair);
    pair_start(&pair);
    assert_false(skr_conn_resume(pair.server.conn, kept.bytes, kept.size));
    pair_assert_status(skr_conn_handshake(pair.client.conn), SKR_WANT_OUTPUT);
    assert_false(resume_offer(&pair, &kept));
    pair_end(&pair);
    pair.client.config.session_key = NULL;
    pair_start(&pair);
    assert_useless(kept.bytes, kept.size);
    pair_end(&pair);
    static const uint8_t other[SKR_SESSION_KEY_SIZE] = {1};
    pair.client.config.session_key = other;
    pair_start(&pair);
    assert_useless(kept.bytes, kept.size);
    pair_end(&pair);
}

static void test_when(void **state) {
    (void)state;
    VERSIONS(run_when(version));
}

// --- What a session is bound to ---

static void other_name(skr_config_t *config) {
    (void)config;
    pair.client.server_name = VIEW_LITERAL("a.wild.example"); // of the same certificate
}

static void address(skr_config_t *config) {
    (void)config;
    pair.client.server_name = VIEW_LITERAL("192.0.2.1");
}

static const skr_view_t protocols[] = {{(const uint8_t *)"mqtt", 4}, {(const uint8_t *)"coap", 4}};

static void other_protocol(skr_config_t *config) {
    config->alpn = protocols + 1;
}

static void more_protocols(skr_config_t *config) {
    config->alpn_count = 2;
}

static void no_protocol(skr_config_t *config) {
    config->alpn_count = 0;
}

static void verify_none(skr_config_t *config) {
    config->verify = SKR_VERIFY_NONE;
}

static void verify_optional(skr_config_t *config) {
    config->verify = SKR_VERIFY_OPTIONAL;
}

static void verify_required(skr_config_t *config) {
    config->verify = SKR_VERIFY_REQUIRED;
}

static void ignore_name(skr_config_t *config) {
    config->ignore_name = true;
}

static void ignore_time(skr_config_t *config) {
    config->ignore_time = true;
}

static void ask_verify(skr_config_t *config) {
    config->ask_verify = true;
}

static void fewer_intermediates(skr_config_t *config) {
    config->max_intermediates = 3;
}

static void other_certificate(skr_config_t *config) {
    config->credentials = pki_credential(config->provider, PKI_P384, PKI_CLIENT);
}

static void no_certificate(skr_config_t *config) {
    config->credential_count = 0;
}

static skr_anchor_t roots[2];

static void more_roots(skr_config_t *config) {
    roots[0] = pki_root();
    roots[1] = pki_stranger();
    config->anchors = roots;
    config->anchor_count = 2;
}

static void (*const client_changes[])(skr_config_t *config) = {other_name, address, other_protocol,
    more_protocols, no_protocol, verify_none, verify_optional, ignore_name, ignore_time, ask_verify,
    fewer_intermediates, more_roots, other_certificate, no_certificate};
static void (*const server_changes[])(skr_config_t *config) = {more_protocols, no_protocol,
    verify_none, verify_required, ignore_name, ignore_time, fewer_intermediates, more_roots};

static void set_bound(uint16_t version) {
    resume_pair_openssl(&pair, version);
    pair_mutual(&pair, PKI_P256);
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    pair.client.config.alpn = pair.server.config.alpn = protocols;
    pair.client.config.alpn_count = pair.server.config.alpn_count = 1;
}

// Any change of the configuration, and the client does not even offer it.
static void run_client_bound(uint16_t version) {
    set_bound(version);
    resume_first(&pair, &kept);
    for (size_t i = 0; i < sizeof(client_changes) / sizeof(client_changes[0]); i++) {
        set_bound(version);
        pair_start(&pair);
        assert_true(resume_offer(&pair, &kept));
        pair_end(&pair);
        client_changes[i](&pair.client.config);
        pair_start(&pair);
        pair_note("version %04x, change %zu", version, i);
        assert_useless(kept.bytes, kept.size);
        pair_end(&pair);
    }
}

static void test_client_bound(void **state) {
    (void)state;
    VERSIONS(run_client_bound(version));
}

// The same with a server whose configuration has changed since the ticket.
static void run_server_bound(uint16_t version) {
    set_bound(version);
    resume_first(&pair, &kept);
    for (size_t i = 0; i < sizeof(server_changes) / sizeof(server_changes[0]); i++) {
        set_bound(version);
        assert_true(resume_again(&pair, &kept));
        server_changes[i](&pair.server.config);
        pair_note("version %04x, change %zu", version, i);
        assert_full(&kept);
    }
}

static void test_server_bound(void **state) {
    (void)state;
    VERSIONS(run_server_bound(version));
}

// What the server's application decides to be one and the same is one and the same: other
// certificates, suites, groups and record sizes are no other policy.
static void run_unbound(uint16_t version) {
    set_bound(version);
    resume_first(&pair, &kept);
    pair_server_kind(&pair, PKI_RSA);
    pair.server.config.max_record_out = 100;
    pair.server.config.ticket_count = 3;
    assert_true(resume_again(&pair, &kept));
}

static void test_unbound(void **state) {
    (void)state;
    VERSIONS(run_unbound(version));
}

// --- Tickets ---

static session_t session;
static uint8_t ticket[SKR_TICKET_MAX + 100];

// The kept session with this ticket in it, offered.
static bool resumes_with(size_t size) {
    session.ticket = view_of(ticket, size);
    resume_seal(&session, &made);
    return resume_connect(&pair, &made);
}

static void assert_ticket_full(size_t size) {
    assert_false(resumes_with(size));
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

static void open_kept(void) {
    resume_open(&kept, &session, &room);
    memcpy(ticket, session.ticket.data, session.ticket.size);
}

static void run_tickets(uint16_t version) {
    resume_pair_openssl(&pair, version);
    resume_first(&pair, &kept);
    open_kept();
    size_t size = session.ticket.size;
    assert_true(size > 100 && size <= SKR_SESSION_OVERHEAD);
    assert_true(resumes_with(size));
    pair_end(&pair);
    for (size_t i = 0; i < size; i++) {
        pair_note("version %04x, byte %zu of %zu", version, i, size);
        ticket[i] ^= (uint8_t)(1 << i % 8);
        assert_ticket_full(size);
        ticket[i] ^= (uint8_t)(1 << i % 8);
        if (i > 0 && i % 3 == 0) {
            assert_ticket_full(i); // cut
        }
    }
    assert_ticket_full(size + 1);
    assert_ticket_full(SKR_TICKET_MAX);
    memset(ticket, 'b', SKR_TICKET_NAME_SIZE); // the name of a key that did not seal it
    assert_ticket_full(size);
}

static void test_tickets(void **state) {
    (void)state;
    VERSIONS(run_tickets(version));
}

// What is in a ticket, sealed anew with the server's own key.
static session_t inside;

static void open_ticket(void) {
    static uint8_t copy[SKR_SESSION_OVERHEAD];
    skr_ticket_key_t key;
    open_kept();
    memcpy(copy, session.ticket.data, session.ticket.size);
    resume_key(0, &key);
    assert_true(session_open(
        &inside, &skr_provider_openssl, key.key, SKR_TICKET_NAME_SIZE, copy, session.ticket.size));
}

static size_t seal_ticket(void) {
    static test_random_t random;
    skr_ticket_key_t key;
    test_random_seed(&random, 5);
    resume_key(0, &key);
    assert_true(session_seal(&inside, &skr_provider_openssl, key.key,
        view_of(key.name, SKR_TICKET_NAME_SIZE), test_random, &random, ticket));
    return session_sealed_size(&inside, SKR_TICKET_NAME_SIZE);
}

typedef void (*change_t)(void);

static void change_nothing(void) {
}

static void change_version(void) {
    inside.version = inside.version == SKR_TLS12 ? SKR_TLS13 : SKR_TLS12;
}

static void change_version_unknown(void) {
    inside.version = 0x0305;
}

static void change_suite(void) {
    inside.suite = inside.version == SKR_TLS12 ? 0xc02c : 0x1302;
}

static void change_suite_unknown(void) {
    inside.suite = 0x4321;
}

static void change_secret_size(void) {
    inside.secret_size = inside.secret_size == 48 ? 32 : 48;
}

static void change_issued(void) {
    inside.issued += SKR_CLOCK_SKEW + 1;
}

static void change_lifetime(void) {
    inside.issued -= (int64_t)inside.lifetime + 1;
}

static void change_began(void) {
    inside.began -= SKR_SESSION_LIFE_MAX + 1;
}

static void change_binding(void) {
    inside.binding[31] ^= 1;
}

static void run_inside(uint16_t version) {
    static const change_t changes[] = {change_version, change_version_unknown, change_suite,
        change_suite_unknown, change_secret_size, change_issued, change_lifetime, change_began,
        change_binding};
    resume_pair_openssl(&pair, version);
    resume_first(&pair, &kept);
    open_ticket();
    change_nothing();
    assert_true(resumes_with(seal_ticket()));
    pair_end(&pair);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        pair_note("version %04x, change %zu", version, i);
        open_ticket();
        changes[i]();
        if (version == SKR_TLS13 || changes[i] != change_suite) {
            assert_ticket_full(seal_ticket());
        }
    }
    if (version == SKR_TLS12) { // without extended_master_secret nothing is resumed (RFC 7627)
        open_ticket();
        inside.flags &= (uint8_t)~SESSION_EXTENDED;
        assert_ticket_full(seal_ticket());
    }
}

static void test_inside(void **state) {
    (void)state;
    VERSIONS(run_inside(version));
}

// A session in which the client had proved nothing, with a server that wants proof: a ticket of the
// right policy, though one should not exist.
static void run_unproved(uint16_t version) {
    skr_conn_info_t info;
    resume_pair_openssl(&pair, version);
    pair_mutual(&pair, PKI_P256);
    resume_first(&pair, &kept);
    open_ticket();
    assert_true((inside.flags & SESSION_VERIFIED) != 0);
    assert_true(resumes_with(seal_ticket()));
    skr_conn_info(pair.server.conn, &info);
    assert_true(info.peer_verified);
    pair_end(&pair);
    inside.flags &= (uint8_t)~SESSION_VERIFIED;
    assert_false(resumes_with(seal_ticket()));
    skr_conn_info(pair.server.conn, &info);
    assert_true(info.peer_verified && info.peer_scheme != 0);
    pair_end(&pair);
    pair.client.config.credential_count = 0; // and without a certificate there is no way in
    pair_start(&pair);
    assert_useless(made.bytes, made.size); // not this client's session any more; but if it were
    assert_true(psk_binding(&pair.client.config, pair.client.server_name, session.binding));
    resume_seal(&session, &made);
    assert_true(resume_offer(&pair, &made));
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_CERTIFICATE_REQUIRED);
    pair_end(&pair);
}

static void test_unproved(void **state) {
    (void)state;
    VERSIONS(run_unproved(version));
}

// A client that was optional and gave none stays unknown when it comes back.
static void run_optional(uint16_t version) {
    skr_conn_info_t info;
    resume_pair_openssl(&pair, version);
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    resume_first(&pair, &kept);
    assert_true(resume_connect(&pair, &kept));
    skr_conn_info(pair.server.conn, &info);
    assert_false(info.peer_verified);
    pair_end(&pair);
    resume_pair_openssl(&pair, version); // the same for a client that verifies nobody
    pair.client.config.verify = SKR_VERIFY_NONE;
    resume_first(&pair, &kept);
    assert_true(resume_connect(&pair, &kept));
    skr_conn_info(pair.client.conn, &info);
    assert_false(info.peer_verified);
    pair_end(&pair);
}

static void test_optional(void **state) {
    (void)state;
    VERSIONS(run_optional(version));
}

// Who has the ticket and not its secret: TLS 1.3 shows it by the binder, TLS 1.2 by what can't be
// opened.
static void run_wrong_secret(uint16_t version) {
    resume_pair_openssl(&pair, version);
    resume_first(&pair, &kept);
    open_kept();
    session.secret[0] ^= 1;
    session.ticket = view_of(ticket, session.ticket.size);
    resume_seal(&session, &made);
    pair_start(&pair);
    assert_true(resume_offer(&pair, &made));
    pair_run(&pair);
    if (version == SKR_TLS13) {
        pair_assert_refused(&pair, &pair.server, SKR_ERR_BINDER);
    } else {
        pair_assert_failed(&pair.client, SKR_ERR_RECORD_MAC);
        assert_false(pair_is_complete(&pair.server));
    }
    pair_end(&pair);
}

static void test_wrong_secret(void **state) {
    (void)state;
    VERSIONS(run_wrong_secret(version));
}

// A client's blob that is sealed right and holds what this client never kept.
static void run_blobs(uint16_t version) {
    static const uint16_t bad_suites[] = {0, 0x4321, 0x00ff};
    resume_pair_openssl(&pair, version);
    resume_first(&pair, &kept);
    pair_start(&pair);
    for (unsigned i = 0; i < 3; i++) {
        open_kept();
        session.suite = bad_suites[i];
        resume_seal(&session, &made);
        assert_useless(made.bytes, made.size);
    }
    static const uint16_t bad_versions[] = {0, 0x0302, 0x0305, 0xffff};
    for (unsigned i = 0; i < 4; i++) {
        open_kept();
        session.version = bad_versions[i];
        resume_seal(&session, &made);
        assert_useless(made.bytes, made.size);
    }
    open_kept();
    session.ticket = view_of(ticket, 0); // no ticket
    resume_seal(&session, &made);
    assert_useless(made.bytes, made.size);
    open_kept();
    session.version = version == SKR_TLS12 ? SKR_TLS13 : SKR_TLS12; // a suite of the other version
    resume_seal(&session, &made);
    assert_useless(made.bytes, made.size);
    open_kept();
    session.secret_size = session.secret_size == 48 ? 32 : 48; // a secret of another hash
    resume_seal(&session, &made);
    assert_useless(made.bytes, made.size);
    pair_end(&pair);
}

static void test_blobs(void **state) {
    (void)state;
    VERSIONS(run_blobs(version));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_altered),
        PAIR_TEST(test_when),
        PAIR_TEST(test_client_bound),
        PAIR_TEST(test_server_bound),
        PAIR_TEST(test_unbound),
        PAIR_TEST(test_tickets),
        PAIR_TEST(test_inside),
        PAIR_TEST(test_unproved),
        PAIR_TEST(test_optional),
        PAIR_TEST(test_wrong_secret),
        PAIR_TEST(test_blobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
