// What must be refused in handshakes of TLS 1.2 with pre-shared keys (RFC 4279, RFC 5489).
//
// In: ECDHE_PSK and PSK handshakes with wrong keys and identities, with messages altered, left out
// or put in. Out: never a connection, and the alert that the peer saw; an unknown identity and a
// wrong key look the same to the client, in what it sees and in what the server does.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "hs/handlers.h"
#include "support/pair_hello.h"
#include "support/psk12.h"
#include "wire/messages.h"

static pair_t pair;
static tap12_t tap;

static const uint16_t ecdhe[] = {0xd001, 0}, plain[] = {0x00a8, 0};
static const uint16_t *const kinds[] = {ecdhe, plain};

static void set_up(unsigned kind) {
    psk12_pair_openssl(&pair);
    pair.client.config.suites = pair.server.config.suites = kinds[kind];
}

// --- Unknown identities and wrong keys ---

static const uint8_t other_key[32] = {9};
static const skr_psk_t wrong[] = {
    {.identity = {(const uint8_t *)"sensor-7", 8}, .key = {other_key, 32}},
    {.identity = {(const uint8_t *)"sensor-8", 8}, .key = {other_key, 32}},
    {.identity = {(const uint8_t *)"sensor-", 7}, .key = {other_key, 32}},
    {.identity = {(const uint8_t *)"sensor-7\0", 9}, .key = {other_key, 32}},
    {.identity = {(const uint8_t *)"Sensor-7", 8}, .key = {other_key, 32}},
};
enum { WRONG = sizeof(wrong) / sizeof(wrong[0]) };

// What a client and whoever looks at the server's work can tell.
typedef struct {
    size_t messages, bytes;
    uint8_t alert;
    uint64_t random; // where the server's randomness stands behind it
} outcome_t;

static outcome_t fail_with(unsigned kind, const skr_psk_t *client) {
    set_up(kind);
    pair.client.config.psks = client;
    pair_start(&pair);
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_RECORD_MAC);
    skr_conn_info_t info;
    skr_error_t error;
    skr_conn_info(pair.client.conn, &info);
    skr_conn_error(pair.client.conn, &error);
    outcome_t outcome = {
        pair.client.event_count, pair.client.fed, error.alert_received, pair.server.random.word[0]};
    pair_end(&pair);
    return outcome;
}

static void test_alike(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < 2; kind++) {
        outcome_t first = fail_with(kind, &wrong[0]);
        assert_int_equal(first.alert, SKR_ALERT_BAD_RECORD_MAC);
        for (unsigned i = 1; i < WRONG; i++) {
            outcome_t other = fail_with(kind, &wrong[i]);
            assert_int_equal(other.messages, first.messages);
            assert_int_equal(other.bytes, first.bytes);
            assert_int_equal(other.alert, first.alert);
            assert_true(other.random == first.random);
        }
    }
}

// Even the right key under a name that nobody knows.
static void test_unknown_with_a_known_key(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < 2; kind++) {
        skr_psk_t renamed = psk12_key;
        renamed.identity = VIEW_LITERAL("sensor-8");
        (void)fail_with(kind, &renamed);
    }
}

// Even who guesses the random key that an unknown identity goes on with: the Finished is right, and
// the proof is missing.
static bool constant(void *user, uint8_t *out, size_t size) {
    (void)user;
    memset(out, 0x42, size);
    return true;
}

static void test_unknown_with_the_random_key(void **state) {
    (void)state;
    static uint8_t guess[32];
    memset(guess, 0x42, sizeof(guess));
    skr_psk_t nobody = {.identity = VIEW_LITERAL("nobody"), .key = view_of(guess, sizeof(guess))};
    for (unsigned kind = 0; kind < 2; kind++) {
        set_up(kind);
        pair.client.config.psks = &nobody;
        pair.server.config.random = constant;
        pair_refuses(&pair, &pair.server, SKR_ERR_UNEXPECTED_MESSAGE);
    }
}

// A key of all zeros is not what an unknown identity comes to.
static void test_unknown_is_not_zero(void **state) {
    (void)state;
    static const uint8_t zeros[32];
    skr_psk_t guess = {.identity = VIEW_LITERAL("nobody"), .key = view_of(zeros, sizeof(zeros))};
    (void)fail_with(1, &guess);
}

// --- Bodies ---

typedef struct {
    uint8_t type;
    const char *name;
    skr_status_t status; // of its reader
    unsigned kind;
    size_t keep; // bytes of the body that stay at its front
    const char *bytes; // behind them
    size_t size;
    size_t skip; // bytes of the body that come behind those again, the rest is cut; NONE
} body_t;
enum { NONE = 9999 };
#define BYTES(text) text, sizeof(text) - 1

// sensor-7 is ten bytes of ClientKeyExchange; the point of X25519 behind it has 33.
static const body_t bodies[] = {
    {WIRE_SERVER_KEY_EXCHANGE, "empty", SKR_ERR_DECODE, 0, 0, BYTES(""), NONE},
    {WIRE_SERVER_KEY_EXCHANGE, "half a length", SKR_ERR_DECODE, 0, 1, BYTES(""), NONE},
    {WIRE_SERVER_KEY_EXCHANGE, "a hint and nothing", SKR_ERR_DECODE, 0, 2, BYTES(""), NONE},
    {WIRE_SERVER_KEY_EXCHANGE, "a hint beyond the end", SKR_ERR_DECODE, 0, 0, BYTES("\xff\xff"), 2},
    {WIRE_SERVER_KEY_EXCHANGE, "a hint one too long", SKR_ERR_DECODE, 0, 0, BYTES("\0\x26"), 2},
    {WIRE_SERVER_KEY_EXCHANGE, "trailing", SKR_ERR_DECODE, 0, 38, BYTES("\0"), NONE},
    {WIRE_SERVER_KEY_EXCHANGE, "a signature behind", SKR_ERR_DECODE, 0, 38,
        BYTES("\x04\x03\0\x04sign"), NONE},
    {WIRE_SERVER_KEY_EXCHANGE, "an explicit curve", SKR_ERR_GROUP_ANSWER, 0, 2, BYTES("\x01"), 3},
    {WIRE_SERVER_KEY_EXCHANGE, "a strange group", SKR_ERR_GROUP_ANSWER, 0, 2, BYTES("\x03\x00\x1e"),
        5},
    {WIRE_SERVER_KEY_EXCHANGE, "no share", SKR_ERR_DECODE, 0, 5, BYTES("\0"), NONE},
    {WIRE_SERVER_KEY_EXCHANGE, "a share of zeros", SKR_ERR_KEY_SHARE, 0, 6,
        BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NONE},
    {WIRE_SERVER_KEY_EXCHANGE, "a share too short", SKR_ERR_KEY_SHARE, 0, 5, BYTES("\x01\x09"),
        NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "empty", SKR_ERR_DECODE, 0, 0, BYTES(""), NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "empty", SKR_ERR_DECODE, 1, 0, BYTES(""), NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "an identity beyond the end", SKR_ERR_DECODE, 0, 0,
        BYTES("\xff\xff"), 2},
    {WIRE_CLIENT_KEY_EXCHANGE, "an identity beyond the end", SKR_ERR_DECODE, 1, 0, BYTES("\0\x09"),
        2},
    {WIRE_CLIENT_KEY_EXCHANGE, "an identity cut off", SKR_ERR_DECODE, 1, 9, BYTES(""), NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "no point", SKR_ERR_DECODE, 0, 10, BYTES(""), NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "an empty point", SKR_ERR_DECODE, 0, 10, BYTES("\0"), NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "a point of zeros", SKR_ERR_KEY_SHARE, 0, 11,
        BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "a point too short", SKR_ERR_KEY_SHARE, 0, 10, BYTES("\x01\x09"),
        NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "a point where none belongs", SKR_ERR_DECODE, 1, 10,
        BYTES("\x01\x09"), NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "trailing", SKR_ERR_DECODE, 0, 43, BYTES("\0"), NONE},
    // Read, and nobody's: goes on to where a wrong key ends.
    {WIRE_CLIENT_KEY_EXCHANGE, "no identity", SKR_ERR_FINISHED, 1, 0, BYTES("\0\0"), NONE},
    {WIRE_CLIENT_KEY_EXCHANGE, "no identity", SKR_ERR_FINISHED, 0, 0, BYTES("\0\0"), 10},
};

static void edit_body(tap12_t *t, pair_message_t *m) {
    const body_t *b = t->user;
    if (m->content == RECORD_HANDSHAKE && m->type == b->type) {
        static uint8_t old[1000];
        size_t size = m->size - SKR_MESSAGE_HEADER_SIZE;
        uint8_t *body = m->data + SKR_MESSAGE_HEADER_SIZE;
        assert_true(size <= sizeof(old) && b->keep <= size);
        memcpy(old, body, size);
        memcpy(body + b->keep, b->bytes, b->size);
        size_t end = b->keep + b->size;
        if (b->skip != NONE) {
            memcpy(body + end, old + b->skip, size - b->skip);
            end += size - b->skip;
        }
        m->size = SKR_MESSAGE_HEADER_SIZE + end;
        hello_fix_length(m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_bodies(void **state) {
    (void)state;
    static const uint16_t x25519[] = {SKR_GROUP_X25519, 0};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        body_t b = bodies[i];
        pair_note("%s: %s", wire_type_name(b.type), b.name);
        set_up(b.kind);
        pair.client.config.groups = pair.server.config.groups = x25519;
        tap12_refuses(&tap, &pair, edit_body, &b, b.type == WIRE_SERVER_KEY_EXCHANGE, b.status);
    }
    pair_note("%s", "");
}

// An identity of any length that a message can have is read; none is held.
static void edit_long_identity(tap12_t *t, pair_message_t *m) {
    if (m->by_client && m->type == WIRE_CLIENT_KEY_EXCHANGE) {
        size_t size = *(const size_t *)t->user;
        memset(m->data + SKR_MESSAGE_HEADER_SIZE, 0xff, size + 2);
        bytes_put16(m->data + SKR_MESSAGE_HEADER_SIZE, (uint16_t)size);
        m->size = SKR_MESSAGE_HEADER_SIZE + 2 + size;
        hello_fix_length(m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_long_identities(void **state) {
    (void)state;
    static const struct {
        size_t size;
        skr_status_t status;
    } cases[] = {{SKR_PSK_IDENTITY_MAX + 1, SKR_ERR_FINISHED},
        {SKR_MESSAGE_MAX - SKR_MESSAGE_HEADER_SIZE - 2, SKR_ERR_FINISHED},
        {SKR_MESSAGE_MAX, SKR_ERR_MESSAGE_TOO_LONG}};
    for (unsigned i = 0; i < 3; i++) {
        size_t size = cases[i].size;
        set_up(1);
        tap12_refuses(&tap, &pair, edit_long_identity, &size, false, cases[i].status);
    }
}

// --- Messages left out and put in ---

typedef struct {
    const char *name;
    unsigned kind;
    bool by_client; // who wrote at
    uint8_t at, put; // before at comes put (0: at is left out), with this body
    skr_status_t status;
    const char *bytes;
    size_t size;
} order_t;

static const order_t orders[] = {
    {"no ServerKeyExchange", 0, false, WIRE_SERVER_KEY_EXCHANGE, 0, SKR_ERR_UNEXPECTED_MESSAGE,
        BYTES("")},
    {"ServerKeyExchange twice", 0, false, WIRE_SERVER_HELLO_DONE, WIRE_SERVER_KEY_EXCHANGE,
        SKR_ERR_UNEXPECTED_MESSAGE, BYTES("\0\0")},
    {"ServerKeyExchange with a share", 1, false, WIRE_SERVER_HELLO_DONE, WIRE_SERVER_KEY_EXCHANGE,
        SKR_ERR_DECODE, BYTES("\0\0\x03\0\x1d\x01\x09")},
    {"Certificate", 0, false, WIRE_SERVER_KEY_EXCHANGE, WIRE_CERTIFICATE,
        SKR_ERR_UNEXPECTED_MESSAGE, BYTES("\0\0\0")},
    {"Certificate", 1, false, WIRE_SERVER_HELLO_DONE, WIRE_CERTIFICATE, SKR_ERR_UNEXPECTED_MESSAGE,
        BYTES("\0\0\0")},
    {"CertificateRequest", 0, false, WIRE_SERVER_HELLO_DONE, WIRE_CERTIFICATE_REQUEST,
        SKR_ERR_UNEXPECTED_MESSAGE, BYTES("\x01\x40\0\x02\x04\x03\0\0")},
    {"CertificateRequest", 1, false, WIRE_SERVER_HELLO_DONE, WIRE_CERTIFICATE_REQUEST,
        SKR_ERR_UNEXPECTED_MESSAGE, BYTES("\x01\x40\0\x02\x04\x03\0\0")},
    {"NewSessionTicket", 1, false, WIRE_SERVER_HELLO_DONE, WIRE_NEW_SESSION_TICKET,
        SKR_ERR_UNEXPECTED_MESSAGE, BYTES("\0\0\0\0\0\0")},
    {"Finished", 0, false, WIRE_SERVER_KEY_EXCHANGE, WIRE_FINISHED, SKR_ERR_UNEXPECTED_MESSAGE,
        BYTES("123456789012")},
    {"Certificate of the client", 0, true, WIRE_CLIENT_KEY_EXCHANGE, WIRE_CERTIFICATE,
        SKR_ERR_UNEXPECTED_MESSAGE, BYTES("\0\0\0")},
    {"Certificate of the client", 1, true, WIRE_CLIENT_KEY_EXCHANGE, WIRE_CERTIFICATE,
        SKR_ERR_UNEXPECTED_MESSAGE, BYTES("\0\0\0")},
    {"CertificateVerify", 0, true, WIRE_CLIENT_KEY_EXCHANGE, WIRE_CERTIFICATE_VERIFY,
        SKR_ERR_UNEXPECTED_MESSAGE, BYTES("\x04\x03\0\0")},
    {"no ClientKeyExchange", 0, true, WIRE_CLIENT_KEY_EXCHANGE, 0, SKR_ERR_UNEXPECTED_MESSAGE,
        BYTES("")},
    {"no ClientKeyExchange", 1, true, WIRE_CLIENT_KEY_EXCHANGE, 0, SKR_ERR_UNEXPECTED_MESSAGE,
        BYTES("")},
};

static void edit_order(tap12_t *t, pair_message_t *m) {
    const order_t *order = t->user;
    if (m->content == RECORD_HANDSHAKE && m->by_client == order->by_client &&
        m->type == order->at) {
        t->hits++;
        if (order->put == 0) {
            return;
        }
        tap12_message(t, order->by_client, order->put, order->bytes, order->size);
    }
    tap12_forward(t, m);
}

static void test_orders(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        order_t order = orders[i];
        pair_note("%s, %s", order.name, order.kind == 0 ? "ECDHE_PSK" : "PSK");
        set_up(order.kind);
        tap12_refuses(&tap, &pair, edit_order, &order, !order.by_client, order.status);
    }
    pair_note("%s", "");
}

// --- The hello ---

static void edit_suite(tap12_t *t, pair_message_t *m) {
    static hello_t hello;
    if (!m->by_client && m->type == WIRE_SERVER_HELLO) {
        hello_read(&hello, m);
        hello.suite = *(const uint16_t *)t->user;
        hello_write(&hello, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

// A suite that the client did not offer: without a key any PSK suite, with one the plain ones and
// certificates' where there are no roots.
static void test_suite_not_offered(void **state) {
    (void)state;
    static const struct {
        bool key;
        uint16_t suite;
    } cases[] = {{false, 0xd001}, {false, 0x00a8}, {false, 0xccac}, {true, 0x00a8}, {true, 0xccab},
        {true, 0xd003}, {true, 0xc02b}, {true, 0xc02f}, {true, 0x002f}, {true, 0x008c}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint16_t suite = cases[i].suite;
        pair_note("0x%04x", suite);
        tap12_pair_openssl(&pair);
        if (cases[i].key) {
            psk12_give(&pair);
        }
        tap12_refuses(&tap, &pair, edit_suite, &suite, true, SKR_ERR_SUITE_ANSWER);
    }
    pair_note("%s", "");
}

// A key does not make the client forget that it speaks TLS 1.3 (RFC 9846 section 4.2.3).
static void edit_older(tap12_t *t, pair_message_t *m) {
    static hello_t hello;
    if (m->by_client && m->type == WIRE_CLIENT_HELLO) {
        hello_read(&hello, m);
        (void)hello_remove(&hello.extensions, 43); // supported_versions
        hello_write(&hello, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_downgrade(void **state) {
    (void)state;
    psk12_pair_openssl(&pair);
    pair.server.config.max_version = SKR_TLS13;
    tap12_refuses(&tap, &pair, edit_older, NULL, true, SKR_ERR_DOWNGRADE);
}

// --- Without the key's proof nothing opens ---

static skr_status_t forget(hs_t *hs, uint16_t keys) {
    skr_status_t status = keys12_change(hs, keys);
    hs->proofs &= (uint8_t)~PROOF_PSK;
    return status;
}

static void test_proof(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        bool client = i == 0;
        hs_script_t script = client ? hs_script_client12 : hs_script_server12;
        skr_profile_t profile = skr_profile_full;
        script.change_keys = forget;
        *(client ? &profile.client12 : &profile.server12) = &script;
        set_up(0);
        pair_side_t *side = client ? &pair.client : &pair.server;
        side->config.profile = &profile;
        pair_start(&pair);
        pair_run(&pair);
        pair_assert_failed(side, SKR_ERR_UNEXPECTED_MESSAGE);
        pair_end(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_alike),
        PAIR_TEST(test_unknown_with_a_known_key),
        PAIR_TEST(test_unknown_with_the_random_key),
        PAIR_TEST(test_unknown_is_not_zero),
        PAIR_TEST(test_bodies),
        PAIR_TEST(test_long_identities),
        PAIR_TEST(test_orders),
        PAIR_TEST(test_suite_not_offered),
        PAIR_TEST(test_downgrade),
        PAIR_TEST(test_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
