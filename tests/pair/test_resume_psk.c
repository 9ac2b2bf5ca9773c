// Sessions of connections that a pre-shared key authenticated, in both versions.
//
// In: such a session, and configurations in which the key has been withdrawn, changed or moved
// since, on either side. Out: resumed with the key's identity known on both sides, as long as the
// key is configured, also when it is resumed again and again; else a handshake by another key, by
// certificates, or none at all: a key that is gone does not live on in tickets.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/resume.h"

static pair_t pair;
static resume_session_t kept, later;

static const uint8_t keys[3][32] = {{1}, {2}, {3}};
static const skr_psk_t psks[] = {
    {.identity = {(const uint8_t *)"old", 3}, .key = {keys[0], 32}},
    {.identity = {(const uint8_t *)"new", 3}, .key = {keys[1], 32}},
    {.identity = {(const uint8_t *)"old", 3}, .key = {keys[2], 32}},
};

static void give(pair_side_t *side, const skr_psk_t *list, size_t count) {
    side->config.psks = list;
    side->config.psk_count = count;
}

// Both know the first key; certificates are there for whoever has none.
static void set_up(uint16_t version, bool certificates) {
    resume_pair_openssl(&pair, version);
    give(&pair.client, psks, 1);
    give(&pair.server, psks, 2);
    if (!certificates) {
        pair.client.config.anchor_count = 0;
        pair.server.config.credential_count = 0;
    }
}

static void assert_identity(const char *identity) {
    const pair_side_t *sides[] = {&pair.client, &pair.server};
    for (unsigned i = 0; i < 2; i++) {
        skr_conn_info_t info;
        skr_conn_info(sides[i]->conn, &info);
        assert_true(info.peer_verified);
        assert_int_equal(info.psk_identity.size, strlen(identity));
        assert_memory_equal(info.psk_identity.data, identity, info.psk_identity.size);
    }
}

// A handshake with the session on offer; was it resumed, by whose key?
static bool resumes(const char *identity, resume_session_t *next) {
    bool resumed = resume_connect(&pair, &kept);
    assert_identity(identity);
    if (next != NULL) {
        resume_take(&pair.client, next);
    } else {
        skr_conn_session_done(pair.client.conn);
    }
    pair_assert_complete(&pair);
    pair_exchange(&pair, 100);
    pair_end(&pair);
    return resumed;
}

#define VERSIONS(run) \
    do { \
        for (uint16_t version = SKR_TLS12; version <= SKR_TLS13; version++) { \
            pair_note("version %04x", version); \
            run; \
        } \
        pair_note("%s", ""); \
    } while (0)

static void run_resumed(uint16_t version) {
    set_up(version, false);
    resume_first(&pair, &kept);
    for (unsigned i = 0; i < 3; i++) {
        set_up(version, false);
        assert_true(resumes("old", &later));
        kept = later; // the newest goes on
    }
    const skr_psk_t moved[] = {psks[1], psks[0]};
    set_up(version, false);
    give(&pair.server, moved, 2);
    assert_true(resumes("old", NULL));
}

static void test_resumed(void **state) {
    (void)state;
    VERSIONS(run_resumed(version));
}

// At the server the key is gone, another one under its name, or all are.
static void run_withdrawn_at_server(uint16_t version) {
    static const struct {
        const skr_psk_t *list;
        size_t count;
    } cases[] = {{psks + 1, 1}, {psks + 1, 2}, {NULL, 0}};
    for (unsigned again = 0; again < 2; again++) {
        set_up(version, true);
        resume_first(&pair, &kept);
        if (again != 0) { // a session that was resumed is bound alike
            set_up(version, true);
            assert_true(resumes("old", &later));
            kept = later;
        }
        for (unsigned i = 0; i < 3; i++) {
            pair_note("version %04x, case %u", version, i);
            set_up(version, true);
            give(&pair.server, cases[i].list, cases[i].count);
            pair_start(&pair);
            assert_true(resume_offer(&pair, &kept));
            pair_run(&pair);
            // TLS 1.3: the key is still offered, and unknown: certificates. Under its name there is
            // another one, or TLS 1.2 has settled on keys: refused.
            bool certificates = i == 2 || (version == SKR_TLS13 && i == 0);
            skr_conn_info_t info;
            skr_conn_info(pair.server.conn, &info);
            assert_false(info.resumed);
            assert_int_equal(pair_is_complete(&pair.server), certificates);
            assert_true(info.psk_identity.data == NULL);
            pair_end(&pair);
        }
    }
}

static void test_withdrawn_at_server(void **state) {
    (void)state;
    VERSIONS(run_withdrawn_at_server(version));
}

// At the client: the session is not even offered.
static void run_withdrawn_at_client(uint16_t version) {
    static const struct {
        const skr_psk_t *list;
        size_t count;
        bool offered;
    } cases[] = {{psks, 1, true}, {psks + 1, 1, false}, {psks + 1, 2, false}, {NULL, 0, false}};
    set_up(version, true);
    resume_first(&pair, &kept);
    for (unsigned i = 0; i < 4; i++) {
        set_up(version, true);
        give(&pair.client, cases[i].list, cases[i].count);
        pair_start(&pair);
        assert_int_equal(resume_offer(&pair, &kept), cases[i].offered);
        pair_end(&pair);
    }
    set_up(version, true);
    give(&pair.client, psks + 1, 1);
    give(&pair.server, psks + 1, 1);
    assert_false(resumes("new", NULL)); // a full one, by the other key
}

static void test_withdrawn_at_client(void **state) {
    (void)state;
    VERSIONS(run_withdrawn_at_client(version));
}

// A session of certificates is none of a key's: it stays when keys come and go.
static void run_certificates_stay(uint16_t version) {
    set_up(version, true);
    give(&pair.client, NULL, 0);
    resume_first(&pair, &kept);
    for (unsigned i = 0; i < 2; i++) {
        skr_conn_info_t info;
        set_up(version, true);
        give(&pair.client, NULL, 0);
        give(&pair.server, psks, i);
        assert_true(resume_connect(&pair, &kept));
        skr_conn_info(pair.server.conn, &info);
        assert_true(info.psk_identity.data == NULL);
        skr_conn_session_done(pair.client.conn);
        pair_end(&pair);
    }
}

static void test_certificates_stay(void **state) {
    (void)state;
    VERSIONS(run_certificates_stay(version));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_resumed),
        PAIR_TEST(test_withdrawn_at_server),
        PAIR_TEST(test_withdrawn_at_client),
        PAIR_TEST(test_certificates_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
