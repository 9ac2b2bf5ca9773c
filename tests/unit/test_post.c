// What comes after the handshake (src/conn/post.c; RFC 9846 section 4.7).
//
// In: whole messages, given to a connection made by hand that has keys and is complete: KeyUpdates
// of every value, tickets, HelloRequest, ClientHello, and all other types. Out: the error that each
// deserves; new reading keys where, and only where, a KeyUpdate was good; the duty to answer; and
// an end to messages that carry nothing. What is sealed with the keys is not looked at here.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "keys/schedule.h"
#include "keys/suites.h"
#include "support/pair_memory.h"
#include "unit.h"

static skr_conn_t conn;
static skr_config_t config;
static pair_memory_t memory;
static skr_memory_t calls;

static void begin(skr_role_t role, const hs_script_t *script) {
    uint8_t secret[SKR_SECRET_SIZE_MAX];
    pair_memory_init(&memory, &calls);
    memset(&conn, 0, sizeof(conn));
    memset(&config, 0, sizeof(config));
    memset(secret, 7, sizeof(secret));
    config.role = role;
    config.memory = &calls;
    config.provider = unit_providers[0];
    conn.config = &config;
    conn.script = script;
    conn.hash = provider_hash(config.provider, SKR_HASH_SHA256);
    conn.complete = true;
    const skr_aead_t *aead = provider_aead(config.provider, SKR_AEAD_AES_128_GCM);
    assert_non_null(aead);
    assert_int_equal(conn_install(&conn, false, secret, conn.hash, aead), SKR_OK);
    conn.in.keys.sequence = 5;
}

static skr_status_t recv_bytes(const uint8_t *data, size_t size) {
    return post_recv(&conn, view_of(data, size));
}

// A KeyUpdate, alone in its record.
static skr_status_t recv_update(uint8_t value) {
    const uint8_t message[] = {WIRE_KEY_UPDATE, 0, 0, 1, value};
    return recv_bytes(message, sizeof(message));
}

// Are the reading keys those of the generation after these, and do they start anew?
static bool is_next(const conn_side_t *before) {
    uint8_t secret[SKR_SECRET_SIZE_MAX], key[SKR_AEAD_KEY_MAX], iv[SKR_AEAD_NONCE_SIZE];
    memcpy(secret, before->secret, sizeof(secret));
    assert_true(schedule_update(conn.hash, secret));
    assert_true(schedule_traffic_keys(conn.hash, secret, key, before->keys.aead->key_size, iv));
    return memcmp(secret, conn.in.secret, conn.hash->size) == 0 &&
        memcmp(key, conn.in.keys.key, before->keys.aead->key_size) == 0 &&
        memcmp(iv, conn.in.keys.iv, sizeof(iv)) == 0 && conn.in.keys.sequence == 0;
}

static bool is_same(const conn_side_t *before) {
    return memcmp(before->secret, conn.in.secret, sizeof(before->secret)) == 0 &&
        memcmp(before->keys.key, conn.in.keys.key, sizeof(before->keys.key)) == 0 &&
        memcmp(before->keys.iv, conn.in.keys.iv, sizeof(before->keys.iv)) == 0 &&
        before->keys.sequence == conn.in.keys.sequence;
}

static void test_update_values(void **state) {
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        for (unsigned role = SKR_CLIENT; role <= SKR_SERVER; role++) {
            begin((skr_role_t)role, role == SKR_CLIENT ? &hs_script_client13 : &hs_script_server13);
            conn_side_t before = conn.in;
            skr_status_t status = recv_update((uint8_t)value);
            assert_int_equal(status, value < 2 ? SKR_OK : SKR_ERR_ILLEGAL_PARAMETER);
            assert_int_equal(is_next(&before), value < 2);
            assert_int_equal(is_same(&before), value >= 2);
            assert_int_equal(conn.update_due, value == 1);
            assert_int_equal(conn.idle_messages, value < 2 ? 1 : 0);
        }
    }
}

static void test_update_malformed(void **state) {
    (void)state;
    static const uint8_t empty[] = {WIRE_KEY_UPDATE, 0, 0, 0};
    static const uint8_t longer[] = {WIRE_KEY_UPDATE, 0, 0, 2, 0, 0};
    begin(SKR_CLIENT, &hs_script_client13);
    conn_side_t before = conn.in;
    assert_int_equal(recv_bytes(empty, sizeof(empty)), SKR_ERR_DECODE);
    assert_int_equal(recv_bytes(longer, sizeof(longer)), SKR_ERR_DECODE);
    assert_true(is_same(&before));
}

// Nothing may lie behind it in its record: that was sealed with the old keys (section 5.1).
static void test_update_unaligned(void **state) {
    (void)state;
    for (size_t behind = 0; behind < 2; behind++) {
        uint8_t content[] = {WIRE_KEY_UPDATE, 0, 0, 1, 1, WIRE_KEY_UPDATE};
        begin(SKR_SERVER, &hs_script_server13);
        conn_side_t before = conn.in;
        conn.record = (conn_record_t){
            .pieces = record_in_one(content, 5 + behind), .end = (uint16_t)(5 + behind)};
        conn.record_ready = true;
        conn.record_type = RECORD_HANDSHAKE;
        assert_int_equal(
            recv_bytes(content, 5), behind > 0 ? SKR_ERR_KEY_CHANGE_UNALIGNED : SKR_OK);
        assert_int_equal(is_same(&before), behind > 0);
        assert_int_equal(conn.update_due, behind == 0);
    }
}

// Behind close_notify nothing can be answered.
static void test_update_after_close(void **state) {
    (void)state;
    begin(SKR_CLIENT, &hs_script_client13);
    conn.closed_out = true;
    conn_side_t before = conn.in;
    assert_int_equal(recv_update(1), SKR_OK);
    assert_false(conn.update_due);
    assert_true(is_next(&before));
}

static void test_update_flood(void **state) {
    (void)state;
    for (uint8_t value = 0; value < 2; value++) {
        begin(SKR_CLIENT, &hs_script_client13);
        for (unsigned i = 0; i < SKR_KEY_UPDATES_MAX; i++) {
            assert_int_equal(recv_update(value), SKR_OK);
        }
        conn_side_t before = conn.in;
        assert_int_equal(recv_update(value), SKR_ERR_FLOOD);
        assert_true(is_same(&before));
    }
}

// What this side asked for is no flood; what asks this side is one, whoever asked first.
static void test_update_asked_for(void **state) {
    (void)state;
    enum { ASKED = 3 };
    begin(SKR_CLIENT, &hs_script_client13);
    conn.updates_asked = ASKED;
    assert_int_equal(recv_update(1), SKR_OK);
    assert_int_equal(conn.updates_asked, ASKED);
    assert_int_equal(conn.idle_messages, 1);
    for (unsigned i = 0; i < ASKED; i++) {
        assert_int_equal(recv_update(0), SKR_OK);
        assert_int_equal(conn.updates_asked, ASKED - 1 - i);
        assert_int_equal(conn.idle_messages, 1);
    }
    for (unsigned i = 1; i < SKR_KEY_UPDATES_MAX; i++) {
        assert_int_equal(recv_update(0), SKR_OK);
    }
    assert_int_equal(recv_update(0), SKR_ERR_FLOOD);
    assert_int_equal(conn.updates_asked, 0);
}

// --- Tickets (section 4.7.1) ---

static const uint8_t ticket[] = {
    WIRE_NEW_SESSION_TICKET, 0, 0, 15, 0, 0, 0x1c, 0x20, 1, 2, 3, 4, 1, 0, 0, 1, 9, 0, 0};

static void test_ticket_side(void **state) {
    (void)state;
    begin(SKR_SERVER, &hs_script_server13);
    assert_int_equal(recv_bytes(ticket, sizeof(ticket)), SKR_ERR_UNEXPECTED_MESSAGE);
    begin(SKR_CLIENT, &hs_script_client13);
    assert_int_equal(recv_bytes(ticket, sizeof(ticket)), SKR_OK);
    assert_int_equal(memory.takes, 0); // no key to seal it with: dropped
}

// Dropped, but judged: every cut, and a lifetime beyond a week.
static void test_ticket_malformed(void **state) {
    (void)state;
    uint8_t bad[sizeof(ticket)];
    for (size_t size = SKR_MESSAGE_HEADER_SIZE; size < sizeof(ticket); size++) {
        begin(SKR_CLIENT, &hs_script_client13);
        assert_int_equal(recv_bytes(ticket, size), SKR_ERR_DECODE);
    }
    memcpy(bad, ticket, sizeof(bad));
    bad[4] = 1;
    assert_int_equal(recv_bytes(bad, sizeof(bad)), SKR_ERR_ILLEGAL_PARAMETER);
}

static void test_ticket_flood(void **state) {
    (void)state;
    begin(SKR_CLIENT, &hs_script_client13);
    for (unsigned i = 0; i < SKR_TICKETS_MAX; i++) {
        assert_int_equal(recv_bytes(ticket, sizeof(ticket)), SKR_OK);
    }
    assert_int_equal(recv_bytes(ticket, sizeof(ticket)), SKR_ERR_FLOOD);
}

// --- Negotiating again, and the rest ---

static const struct {
    skr_role_t role;
    const hs_script_t *script;
} sides[] = {
    {SKR_CLIENT, &hs_script_client13},
    {SKR_SERVER, &hs_script_server13},
    {SKR_CLIENT, &hs_script_client12},
    {SKR_SERVER, &hs_script_server12},
};

// A TLS 1.2 client passes over HelloRequests (RFC 5246 section 7.4.1.1), nobody else does.
static void test_negotiating_again(void **state) {
    (void)state;
    static const uint8_t hello[] = {WIRE_CLIENT_HELLO, 0, 0, 0};
    static const uint8_t request[] = {WIRE_HELLO_REQUEST, 0, 0, 0};
    static const uint8_t longer[] = {WIRE_HELLO_REQUEST, 0, 0, 1, 0};
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        bool passes = sides[i].role == SKR_CLIENT && sides[i].script->version == SKR_TLS12;
        begin(sides[i].role, sides[i].script);
        conn_side_t before = conn.in;
        assert_int_equal(recv_bytes(hello, sizeof(hello)), SKR_ERR_RENEGOTIATION);
        assert_int_equal(
            recv_bytes(longer, sizeof(longer)), passes ? SKR_ERR_DECODE : SKR_ERR_RENEGOTIATION);
        conn.idle_messages = 0;
        for (unsigned j = 0; j < SKR_KEY_UPDATES_MAX; j++) {
            assert_int_equal(
                recv_bytes(request, sizeof(request)), passes ? SKR_OK : SKR_ERR_RENEGOTIATION);
        }
        assert_int_equal(
            recv_bytes(request, sizeof(request)), passes ? SKR_ERR_FLOOD : SKR_ERR_RENEGOTIATION);
        assert_true(is_same(&before));
    }
}

// All other types, CertificateRequest among them (section 4.7.2), and in TLS 1.2 KeyUpdate and
// tickets, too.
static void test_other_types(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        bool tls13 = sides[i].script->version == SKR_TLS13;
        for (unsigned type = 0; type < 256; type++) {
            const uint8_t message[] = {(uint8_t)type, 0, 0, 1, 0};
            bool here = type == WIRE_CLIENT_HELLO || type == WIRE_HELLO_REQUEST ||
                (tls13 && (type == WIRE_KEY_UPDATE || type == WIRE_NEW_SESSION_TICKET));
            begin(sides[i].role, sides[i].script);
            conn_side_t before = conn.in;
            skr_status_t status = recv_bytes(message, sizeof(message));
            assert_true(here || status == SKR_ERR_UNEXPECTED_MESSAGE);
            assert_true(here || is_same(&before));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_update_values),
        cmocka_unit_test(test_update_malformed),
        cmocka_unit_test(test_update_unaligned),
        cmocka_unit_test(test_update_after_close),
        cmocka_unit_test(test_update_flood),
        cmocka_unit_test(test_update_asked_for),
        cmocka_unit_test(test_ticket_side),
        cmocka_unit_test(test_ticket_malformed),
        cmocka_unit_test(test_ticket_flood),
        cmocka_unit_test(test_negotiating_again),
        cmocka_unit_test(test_other_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
