// What a peer may make this side keep: messages, chains, tickets, and records while output waits.
//
// In: both versions and roles, messages just within max_message and one byte beyond it, whole and
// cut, chains within max_chain and beyond, messages that may not come now, tickets, records while a
// part of the handshake waits to be sent. Out: refused at the header, before any memory, with an
// error that names both numbers and the alert of RFC 9846 section 6.2, which the peer sees; what is
// within is taken. Whoever has something to send listens to alerts alone.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair_tap.h"
#include "support/resume.h"
#include "support/tap12.h"
#include "wire/messages.h"

enum { LIMIT = 1000, ROOM = 4096 };

static pair_t pair;
static pair_tap_t tap13;
static tap12_t tap12;

// A message that comes in the place of the first of its type, whole or behind its header alone.
typedef struct {
    bool by_client, cut;
    unsigned instead_of, type;
    size_t size;
} crafted_t;

static void send_crafted(const crafted_t *c, bool sealed) {
    static uint8_t bytes[ROOM];
    memset(bytes, 0, sizeof(bytes));
    bytes[0] = (uint8_t)c->type;
    bytes_put16(bytes + 2, (uint16_t)(c->size - SKR_MESSAGE_HEADER_SIZE));
    size_t size = c->cut ? (size_t)SKR_MESSAGE_HEADER_SIZE : c->size;
    if (pair.version == SKR_TLS13) {
        pair_tap_send(&tap13, c->by_client, sealed, RECORD_HANDSHAKE, bytes, size, 0);
    } else {
        tap12_send(&tap12, c->by_client, RECORD_HANDSHAKE, bytes, size);
    }
}

static bool due(const crafted_t *c, const pair_message_t *m) {
    return m->by_client == c->by_client && m->content == RECORD_HANDSHAKE &&
        m->type == c->instead_of;
}

static void edit13(pair_tap_t *tap, pair_message_t *m) {
    const crafted_t *c = tap->user;
    if (due(c, m) && tap->hits++ == 0) {
        send_crafted(c, m->is_sealed);
    } else {
        pair_tap_forward(tap, m);
    }
}

static void edit12(tap12_t *tap, pair_message_t *m) {
    const crafted_t *c = tap->user;
    if (due(c, m) && tap->hits++ == 0) {
        send_crafted(c, m->is_sealed);
    } else {
        tap12_forward(tap, m);
    }
}

static void set_up(uint16_t version) {
    pair_init_openssl(&pair);
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = pair.server.config.max_version = version;
    pair.version = version;
}

static pair_side_t *run(crafted_t *c) {
    if (pair.version == SKR_TLS13) {
        pair_tap_run(&tap13, &pair, edit13, c);
    } else {
        tap12_run(&tap12, &pair, edit12, c);
    }
    return c->by_client ? &pair.server : &pair.client;
}

static void expect_refused(crafted_t *c, skr_status_t status, size_t limit) {
    pair_side_t *it = run(c);
    skr_error_t error;
    skr_conn_error(it->conn, &error);
    pair_assert_refused(&pair, it, status);
    assert_int_equal(error.value, limit != 0 ? c->size : 0);
    assert_int_equal(error.limit, limit);
    assert_int_equal(it->memory.total_peak[SKR_REGION_MESSAGE], 0);
    pair_end(&pair);
}

static void test_messages(void **state) {
    (void)state;
    static const struct {
        uint16_t version;
        bool by_client;
        unsigned type;
    } cases[] = {{SKR_TLS13, false, WIRE_SERVER_HELLO}, {SKR_TLS13, true, WIRE_CLIENT_HELLO},
        {SKR_TLS13, false, WIRE_ENCRYPTED_EXTENSIONS}, {SKR_TLS12, false, WIRE_SERVER_HELLO},
        {SKR_TLS12, true, WIRE_CLIENT_HELLO}, {SKR_TLS12, true, WIRE_CLIENT_KEY_EXCHANGE},
        {SKR_TLS12, false, WIRE_SERVER_KEY_EXCHANGE}};
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned type = cases[i / 2].type;
        crafted_t c = {cases[i / 2].by_client, i % 2 == 1, type, type, LIMIT + 1};
        pair_note("%04x, type %u, cut %u", cases[i / 2].version, type, c.cut);
        set_up(cases[i / 2].version);
        pair.client.config.max_message = pair.server.config.max_message = LIMIT;
        expect_refused(&c, SKR_ERR_MESSAGE_TOO_LONG, LIMIT);
        c.size = LIMIT; // that is not what is wrong with it
        set_up(cases[i / 2].version);
        pair.client.config.max_message = pair.server.config.max_message = LIMIT;
        pair_side_t *it = run(&c);
        assert_true(it->status != SKR_ERR_MESSAGE_TOO_LONG);
        assert_int_equal(it->memory.total_peak[SKR_REGION_MESSAGE], c.cut ? LIMIT : 0);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static size_t certificate_size(const skr_credential_t *credential, bool tls13) {
    size_t size = SKR_MESSAGE_HEADER_SIZE + (tls13 ? 1u : 0u) + 3;
    for (size_t i = 0; i < credential->chain_count; i++) {
        size += 3 + credential->chain[i].size + (tls13 ? 2u : 0u);
    }
    return size;
}

static skr_status_t accept(pair_side_t *side) {
    return skr_conn_verified(side->conn, true);
}

static void test_chains(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2 * 2 * 2 * 2 * 2; i++) {
        bool tls13 = i % 2 == 0, cut = i / 2 % 2 == 0, by_client = i / 4 % 2 == 0;
        bool asks = i / 8 % 2 == 0, fits = i / 16 == 0;
        pair_note(
            "tls13 %u, cut %u, by client %u, asks %u, fits %u", tls13, cut, by_client, asks, fits);
        set_up(tls13 ? SKR_TLS13 : SKR_TLS12);
        pair_mutual(&pair, PKI_P256);
        pair_side_t *it = by_client ? &pair.server : &pair.client;
        pair_side_t *sender = pair_other(&pair, it);
        size_t size = certificate_size(sender->config.credentials, tls13);
        size_t limit = fits ? size : size - 1;
        assert_in_range(limit, SKR_MESSAGE_MIN, ROOM);
        sender->config.max_record_out = cut ? 100 : 0;
        it->config.ask_verify = asks;
        it->verify = accept;
        it->config.max_message = (uint16_t)(asks ? limit : SKR_MESSAGE_MIN);
        it->config.max_chain = (uint32_t)(asks ? 0 : limit);
        pair_start(&pair);
        pair_run(&pair);
        if (fits) {
            pair_assert_complete(&pair);
        } else {
            skr_error_t error;
            pair_assert_refused(&pair, it, SKR_ERR_MESSAGE_TOO_LONG);
            skr_conn_error(it->conn, &error);
            assert_int_equal(error.value, size);
            assert_int_equal(error.limit, limit);
            assert_int_equal(it->memory.total_peak[SKR_REGION_CERTIFICATES], 0);
        }
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// Nobody pays for a message that may not come: its header is enough.
static void test_out_of_order(void **state) {
    (void)state;
    static const struct {
        uint16_t version;
        crafted_t c;
        skr_status_t status;
    } cases[] = {
        {SKR_TLS13, {false, true, WIRE_SERVER_HELLO, WIRE_CERTIFICATE_VERIFY, 500},
            SKR_ERR_UNEXPECTED_MESSAGE},
        {SKR_TLS13, {false, true, WIRE_CERTIFICATE_VERIFY, WIRE_FINISHED, 36},
            SKR_ERR_UNEXPECTED_MESSAGE},
        {SKR_TLS13, {false, true, WIRE_FINISHED, WIRE_FINISHED, 4 + 33}, SKR_ERR_DECODE},
        {SKR_TLS13, {true, true, WIRE_FINISHED, WIRE_FINISHED, 500}, SKR_ERR_DECODE},
        {SKR_TLS13, {true, true, WIRE_FINISHED, WIRE_CERTIFICATE, 500}, SKR_ERR_UNEXPECTED_MESSAGE},
        {SKR_TLS13, {true, true, WIRE_CLIENT_HELLO, WIRE_HELLO_REQUEST, 500},
            SKR_ERR_UNEXPECTED_MESSAGE},
        {SKR_TLS12, {false, true, WIRE_FINISHED, WIRE_FINISHED, 4 + 13}, SKR_ERR_DECODE},
        {SKR_TLS12, {true, true, WIRE_FINISHED, WIRE_FINISHED, 4 + 11}, SKR_ERR_DECODE},
        {SKR_TLS12, {false, true, WIRE_SERVER_KEY_EXCHANGE, WIRE_HELLO_REQUEST, 5},
            SKR_ERR_UNEXPECTED_MESSAGE},
        {SKR_TLS12, {true, true, WIRE_CLIENT_KEY_EXCHANGE, WIRE_CERTIFICATE, 500},
            SKR_ERR_UNEXPECTED_MESSAGE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        crafted_t c = cases[i].c;
        pair_note("%04x, type %u, size %zu", cases[i].version, c.type, c.size);
        set_up(cases[i].version);
        expect_refused(&c, cases[i].status, 0);
    }
    pair_note("%s", "");
}

static void keep(pair_tap_t *tap, pair_message_t *m) {
    tap->hits++;
    pair_tap_forward(tap, m);
}

static void test_behind_the_handshake(void **state) {
    (void)state;
    static const struct {
        bool by_client;
        unsigned type;
        size_t size;
        skr_status_t status;
    } cases[] = {
        {true, WIRE_KEY_UPDATE, 6, SKR_ERR_DECODE},
        {true, WIRE_NEW_SESSION_TICKET, 100, SKR_ERR_UNEXPECTED_MESSAGE},
        {true, WIRE_CLIENT_HELLO, 100, SKR_ERR_RENEGOTIATION},
        {true, WIRE_CERTIFICATE, 100, SKR_ERR_UNEXPECTED_MESSAGE},
        {false, WIRE_KEY_UPDATE, 300, SKR_ERR_DECODE},
        {false, WIRE_CERTIFICATE_REQUEST, 100, SKR_ERR_UNEXPECTED_MESSAGE},
        {false, WIRE_HELLO_REQUEST, 4, SKR_ERR_RENEGOTIATION},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pair_note("type %u, size %zu", cases[i].type, cases[i].size);
        set_up(SKR_TLS13);
        pair_tap_run(&tap13, &pair, keep, NULL);
        pair_assert_complete(&pair);
        crafted_t c = {cases[i].by_client, true, 0, cases[i].type, cases[i].size};
        send_crafted(&c, true);
        pair_run(&pair);
        pair_side_t *it = c.by_client ? &pair.server : &pair.client;
        pair_assert_refused(&pair, it, cases[i].status);
        assert_int_equal(it->memory.total_peak[SKR_REGION_MESSAGE], 0);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// --- While a part of the handshake waits ---

static skr_status_t feed(const void *bytes, size_t size, size_t *used) {
    return skr_conn_feed(pair.client.conn, bytes, size, used);
}

static void start_waiting(uint16_t version) {
    set_up(version);
    pair_start(&pair);
    assert_int_equal(skr_conn_handshake(pair.client.conn), SKR_WANT_OUTPUT);
    assert_non_null(pair.client.memory.block[SKR_REGION_RECORD_OUT]);
}

static void test_large_records_wait(void **state) {
    (void)state;
    uint8_t record[5 + SKR_ALERT_RECORD_MAX + 1] = {
        22, 3, 3, 0, SKR_ALERT_RECORD_MAX + 1, WIRE_SERVER_HELLO, 0, 0, 200};
    for (unsigned version = SKR_TLS12; version <= SKR_TLS13; version++) {
        size_t used = 0;
        start_waiting((uint16_t)version);
        assert_int_equal(feed(record, sizeof(record), &used), SKR_WANT_OUTPUT);
        assert_int_equal(used, SKR_RECORD_HEADER_SIZE);
        assert_int_equal(feed(record + 5, sizeof(record) - 5, &used), SKR_WANT_OUTPUT);
        assert_int_equal(used, 0);
        assert_null(pair.client.memory.block[SKR_REGION_RECORD_IN]);
        assert_int_equal(skr_conn_needs(pair.client.conn), SKR_ALERT_RECORD_MAX + 1);
        pair_flush(&pair, &pair.client);
        assert_int_equal(feed(record + 5, sizeof(record) - 5, &used), SKR_OK);
        assert_int_equal(used, sizeof(record) - 5);
        assert_int_equal(pair.client.memory.size[SKR_REGION_MESSAGE], 204);
        pair_end(&pair);
    }
}

// One that could be an alert is taken in; what it turns out to be waits.
static void test_small_records_wait(void **state) {
    (void)state;
    uint8_t record[5 + SKR_ALERT_RECORD_MAX] = {
        22, 3, 3, 0, SKR_ALERT_RECORD_MAX, WIRE_SERVER_HELLO, 0, 0, 200};
    size_t used = 0;
    start_waiting(SKR_TLS13);
    assert_int_equal(feed(record, sizeof(record), &used), SKR_WANT_OUTPUT);
    assert_int_equal(used, sizeof(record));
    assert_null(pair.client.memory.block[SKR_REGION_MESSAGE]);
    assert_int_equal(skr_conn_handshake(pair.client.conn), SKR_WANT_OUTPUT);
    pair_flush(&pair, &pair.client);
    assert_int_equal(skr_conn_handshake(pair.client.conn), SKR_WANT_INPUT);
    assert_int_equal(pair.client.memory.size[SKR_REGION_MESSAGE], 204);
    pair_end(&pair);
}

static void test_alerts_do_not_wait(void **state) {
    (void)state;
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, SKR_ALERT_HANDSHAKE_FAILURE};
    for (unsigned version = SKR_TLS12; version <= SKR_TLS13; version++) {
        size_t used = 0;
        skr_error_t error;
        start_waiting((uint16_t)version);
        assert_int_equal(feed(alert, sizeof(alert), &used), SKR_ERR_PEER_ALERT);
        skr_conn_error(pair.client.conn, &error);
        assert_int_equal(error.alert_received, SKR_ALERT_HANDSHAKE_FAILURE);
        pair_end(&pair);
    }
}

// --- What is not protected comes in parts ---

static void test_parts(void **state) {
    (void)state;
    static const uint16_t chunks[] = {64, 100, 256, 1024};
    for (size_t i = 0; i < 2 * 4; i++) {
        uint16_t version = i % 2 == 0 ? SKR_TLS12 : SKR_TLS13, chunk = chunks[i / 2];
        pair_note("%04x, chunk %u", version, chunk);
        set_up(version);
        pair_mutual(&pair, PKI_RSA);
        pair.client.config.chunk = pair.server.config.chunk = chunk;
        pair_start(&pair);
        pair_run(&pair);
        pair_assert_complete(&pair);
        if (version == SKR_TLS12) { // only the Finished are protected
            assert_in_range(pair.client.memory.total_peak[SKR_REGION_RECORD_IN], 1, chunk);
            assert_in_range(pair.server.memory.total_peak[SKR_REGION_RECORD_IN], 1, chunk);
        }
        pair_exchange(&pair, 1000);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void edit_more(tap12_t *tap, pair_message_t *m) {
    if (!m->by_client && m->type == WIRE_SERVER_HELLO_DONE) {
        m->data[m->size++] = 0x20;
        tap->hits++;
    }
    tap12_forward(tap, m);
}

// Nothing can follow a flight before it is answered, so nothing is kept while the answer is made.
static void test_more_behind_a_flight(void **state) {
    (void)state;
    set_up(SKR_TLS12);
    tap12_run(&tap12, &pair, edit_more, NULL);
    pair_assert_refused(&pair, &pair.client, SKR_ERR_KEY_CHANGE_UNALIGNED);
    pair_end(&pair);
}

// --- Tickets ---

static void test_tickets(void **state) {
    (void)state;
    for (unsigned version = SKR_TLS12; version <= SKR_TLS13; version++) {
        static resume_session_t kept, room;
        session_t session;
        const uint8_t *bytes = NULL;
        resume_pair_openssl(&pair, (uint16_t)version);
        resume_first(&pair, &kept);
        resume_open(&kept, &session, &room);
        pair.client.config.max_ticket = (uint16_t)(session.ticket.size - 1);
        pair_connect(&pair);
        assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
        pair_end(&pair);
        pair_start(&pair);
        resume_session_t large = kept;
        large.size += SKR_SECRET_SIZE_MAX; // whatever it holds
        assert_false(resume_offer(&pair, &large));
        assert_int_equal(pair.client.memory.total_peak[SKR_REGION_SESSION], 0);
        pair_end(&pair);
        pair.client.config.max_ticket++;
        assert_true(resume_again(&pair, &kept));
        resume_first(&pair, &kept);
    }
}

// --- The configuration ---

static void expect_config(bool good) {
    skr_memory_need_t need;
    const skr_config_t *config = &pair.client.config;
    pair_start(&pair);
    skr_status_t wanted = good ? SKR_OK : SKR_ERR_CONFIG;
    skr_error_t error;
    skr_conn_error(pair.client.conn, &error);
    pair_assert_status(error.status, wanted);
    pair_assert_status(skr_memory_needed(config, pair.client.server_name, &need), wanted);
    assert_int_equal(need.all.bytes > 0, good);
    pair_end(&pair);
}

static void test_configurations(void **state) {
    (void)state;
    static const uint16_t messages[] = {
        SKR_MESSAGE_MIN - 1, SKR_MESSAGE_MIN, SKR_MESSAGE_MAX, SKR_MESSAGE_MAX + 1};
    for (size_t i = 0; i < 4; i++) {
        set_up(SKR_TLS13);
        pair.client.config.max_message = messages[i];
        expect_config(i == 1 || i == 2);
    }
    for (uint32_t i = 0; i < 2; i++) {
        set_up(SKR_TLS13);
        pair.client.config.max_chain = 0xffffff + i;
        expect_config(i == 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_messages),
        PAIR_TEST(test_chains),
        PAIR_TEST(test_out_of_order),
        PAIR_TEST(test_behind_the_handshake),
        PAIR_TEST(test_large_records_wait),
        PAIR_TEST(test_small_records_wait),
        PAIR_TEST(test_alerts_do_not_wait),
        PAIR_TEST(test_parts),
        PAIR_TEST(test_more_behind_a_flight),
        PAIR_TEST(test_tickets),
        PAIR_TEST(test_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
