// Messages out of order, on a whole connection (RFC 9846 section 4; appendix A): removed, repeated,
// swapped, put in.
//
// In: a full handshake with a retry and a client certificate, with one message treated so. Out:
// never a connection, and the alert on the other side. The same at the handshake's own level, for
// each row of the table, is in tests/unit/test_walk.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair_hello.h"
#include "wire/messages.h"

static pair_t pair;
static pair_tap_t tap;

static void set_up(void) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.groups = both;
    pair.server.config.groups = wanted;
}

// Messages of each side in that handshake.
static const uint8_t by_server[] = {WIRE_SERVER_HELLO, WIRE_SERVER_HELLO, WIRE_ENCRYPTED_EXTENSIONS,
    WIRE_CERTIFICATE_REQUEST, WIRE_CERTIFICATE, WIRE_CERTIFICATE_VERIFY, WIRE_FINISHED};
static const uint8_t by_client[] = {
    WIRE_CLIENT_HELLO, WIRE_CLIENT_HELLO, WIRE_CERTIFICATE, WIRE_CERTIFICATE_VERIFY, WIRE_FINISHED};
enum { BY_SERVER = sizeof(by_server), BY_CLIENT = sizeof(by_client) };

typedef struct {
    bool client; // writes the message
    unsigned index;
    uint8_t put_in; // type
} where_t;

static bool is_here(const where_t *where, const pair_message_t *m) {
    bool here = m->content == RECORD_HANDSHAKE && m->by_client == where->client &&
        m->index == where->index;
    if (here) {
        assert_int_equal(m->type, (m->by_client ? by_client : by_server)[m->index]);
    }
    return here;
}

// Calls for each message of the handshake, and of each side.
static void each(void (*run)(where_t *where)) {
    for (unsigned i = 0; i < BY_SERVER + BY_CLIENT; i++) {
        where_t where = {i >= BY_SERVER, i % BY_SERVER, 0};
        where.index = i >= BY_SERVER ? i - BY_SERVER : i;
        uint8_t type = where.client ? by_client[where.index] : by_server[where.index];
        pair_note("%s %u of the %s", wire_type_name(type), where.index,
            where.client ? "client" : "server");
        set_up();
        run(&where);
    }
    pair_note("%s", "");
}

static pair_side_t *reader(const where_t *where) {
    return where->client ? &pair.server : &pair.client;
}

// --- Removed ---

static void edit_remove(pair_tap_t *t, pair_message_t *m) {
    if (is_here(t->user, m)) {
        t->hits++;
    } else {
        pair_tap_forward(t, m);
    }
}

static void run_remove(where_t *where) {
    uint8_t type = (where->client ? by_client : by_server)[where->index];
    bool flight_ends = type == WIRE_FINISHED || type == WIRE_CLIENT_HELLO ||
        (type == WIRE_SERVER_HELLO && where->index == 0);
    pair_tap_run(&tap, &pair, edit_remove, where);
    if (flight_ends) { // the other side waits, and knows it
        assert_false(pair_is_complete(reader(where)));
        pair_assert_status(skr_conn_handshake(reader(where)->conn), SKR_WANT_INPUT);
        pair_assert_status(skr_conn_feed_eof(reader(where)->conn), SKR_ERR_CLOSED_EARLY);
    } else if (type == WIRE_SERVER_HELLO) { // protected records that nobody can open
        pair_assert_refused(&pair, reader(where), SKR_ERR_RECORD_TYPE);
    } else if (type == WIRE_CERTIFICATE_REQUEST) {
        pair_assert_refused(&pair, reader(where), SKR_ERR_SIGNATURE); // not out of order, yet seen
    } else {
        pair_assert_refused(&pair, reader(where), SKR_ERR_UNEXPECTED_MESSAGE);
    }
    pair_end(&pair);
}

static void test_removed(void **state) {
    (void)state;
    each(run_remove);
}

// Certificate and CertificateVerify both: Finished right behind EncryptedExtensions.
static void edit_remove_proofs(pair_tap_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (m->content == RECORD_HANDSHAKE && m->by_client == where->client &&
        (m->type == WIRE_CERTIFICATE || m->type == WIRE_CERTIFICATE_VERIFY)) {
        t->hits++;
    } else {
        pair_tap_forward(t, m);
    }
}

static void test_proofs_removed(void **state) {
    where_t where = {*state == &pair.client, 0, 0};
    set_up();
    pair_tap_run(&tap, &pair, edit_remove_proofs, &where);
    pair_assert_refused(&pair, reader(&where), SKR_ERR_UNEXPECTED_MESSAGE);
    pair_end(&pair);
    pair_init_openssl(&pair);
    if (!where.client) {
        pair_tap_run(&tap, &pair, edit_remove_proofs, &where);
        pair_assert_refused(&pair, reader(&where), SKR_ERR_UNEXPECTED_MESSAGE);
        pair_end(&pair);
    }
}

// --- Repeated ---

static void edit_repeat(pair_tap_t *t, pair_message_t *m) {
    if (is_here(t->user, m)) {
        pair_tap_send(t, m->by_client, m->is_sealed, m->content, m->data, m->size, 0);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void run_repeat(where_t *where) {
    uint8_t type = (where->client ? by_client : by_server)[where->index];
    skr_status_t status = SKR_ERR_UNEXPECTED_MESSAGE;
    if (type == WIRE_FINISHED) {
        status = SKR_ERR_RECORD_MAC; // its keys are no longer those of the reader
    } else if (type == WIRE_CLIENT_HELLO && where->index == 0) {
        status = SKR_ERR_RETRY_IGNORED; // it stands for the second one, and is not as asked
    } else if (where->index == 1) {
        status = SKR_ERR_RECORD_TYPE; // in the clear, where all must be protected
    }
    pair_tap_run(&tap, &pair, edit_repeat, where);
    pair_assert_refused(&pair, reader(where), status);
    pair_end(&pair);
}

static void test_repeated(void **state) {
    (void)state;
    each(run_repeat);
}

// --- Swapped with the next ---

static pair_message_t held;

static void edit_swap(pair_tap_t *t, pair_message_t *m) {
    if (is_here(t->user, m)) {
        held = *m;
        t->hits++;
        return;
    }
    pair_tap_send(t, m->by_client, m->is_sealed, m->content, m->data, m->size, 0);
    if (t->hits == 1 && m->content == RECORD_HANDSHAKE) {
        pair_tap_send(t, held.by_client, held.is_sealed, held.content, held.data, held.size, 0);
        t->hits++;
    }
    pair_tap_passed(t, m);
}

static void run_swap(where_t *where) {
    uint8_t type = (where->client ? by_client : by_server)[where->index];
    if (where->index >= 2 && type != WIRE_FINISHED) {
        skr_status_t status = SKR_ERR_UNEXPECTED_MESSAGE;
        pair_tap_run(&tap, &pair, edit_swap, where);
        pair_assert_refused(&pair, reader(where), status);
        pair_end(&pair);
    }
}

static void test_swapped(void **state) {
    (void)state;
    each(run_swap);
}

// --- Put in ---

static void edit_put_in(pair_tap_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (is_here(where, m)) {
        pair_tap_message(t, m->by_client, m->is_sealed, where->put_in, "", 0);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

// Types that may come in this place, whatever they hold.
static bool is_due(const where_t *where, uint8_t type) {
    uint8_t due = (where->client ? by_client : by_server)[where->index];
    return type == due || (due == WIRE_CERTIFICATE_REQUEST && type == WIRE_CERTIFICATE);
}

static void run_put_in(where_t *where) {
    for (unsigned type = 0; type < 256; type++) {
        where->put_in = (uint8_t)type;
        if (is_due(where, where->put_in)) {
            continue;
        }
        set_up();
        pair_tap_run(&tap, &pair, edit_put_in, where);
        pair_assert_refused(&pair, reader(where), SKR_ERR_UNEXPECTED_MESSAGE);
        pair_end(&pair);
    }
}

static void test_put_in(void **state) {
    (void)state;
    each(run_put_in);
}

// A server without a CertificateRequest gets no certificate.
static void edit_uninvited(pair_tap_t *t, pair_message_t *m) {
    if (m->by_client && m->type == WIRE_FINISHED && m->content == RECORD_HANDSHAKE) {
        pair_tap_message(t, true, true, WIRE_CERTIFICATE, "\0\0\0\0", 4);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_uninvited_certificate(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair_tap_refuses(&tap, &pair, edit_uninvited, NULL, false, SKR_ERR_UNEXPECTED_MESSAGE);
}

// A client that sends an empty Certificate and a CertificateVerify all the same.
static void edit_verify_of_nothing(pair_tap_t *t, pair_message_t *m) {
    if (m->by_client && m->type == WIRE_CERTIFICATE && m->content == RECORD_HANDSHAKE) {
        memcpy(m->data, "\x0b\0\0\x04\0\0\0\0", 8);
        m->size = 8;
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_verify_of_nothing(void **state) {
    (void)state;
    set_up();
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    pair_tap_refuses(&tap, &pair, edit_verify_of_nothing, NULL, false, SKR_ERR_UNEXPECTED_MESSAGE);
}

// --- Behind the handshake (section 4.7) ---

static void connect_tapped(void) {
    pair_init_openssl(&pair);
    pair_start(&pair);
    pair_tap_init(&tap, &pair, pair_tap_forward, NULL);
    pair_run(&pair);
    pair_assert_complete(&pair);
}

static void test_later(void **state) {
    bool client = *state == &pair.client;
    for (unsigned type = 0; type < 256; type++) {
        if (type == WIRE_KEY_UPDATE || (!client && type == WIRE_NEW_SESSION_TICKET)) {
            continue;
        }
        pair_note("type %u", type);
        connect_tapped();
        pair_tap_message(&tap, client, true, type, "", 0);
        pair_run(&pair);
        pair_assert_refused(&pair, client ? &pair.server : &pair.client,
            type <= WIRE_CLIENT_HELLO ? SKR_ERR_RENEGOTIATION : SKR_ERR_UNEXPECTED_MESSAGE);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// --- NewSessionTicket (section 4.7.1): taken and left ---

#define TICKET_HEAD(lifetime) lifetime "\1\2\3\4\2nn\0\3ttt"

typedef struct {
    const char *name;
    const char *body;
    size_t size;
    skr_status_t status;
} ticket_t;

#define BODY(text) text, sizeof(text) - 1
static const ticket_t tickets[] = {
    {"good", BODY(TICKET_HEAD("\0\0\x0e\x10") "\0\0"), SKR_OK},
    {"of seven days", BODY(TICKET_HEAD("\0\x09\x3a\x80") "\0\0"), SKR_OK},
    {"with early data", BODY(TICKET_HEAD("\0\0\0\1") "\0\x08\0\x2a\0\4\0\0\1\0"), SKR_OK},
    {"with an unknown extension", BODY(TICKET_HEAD("\0\0\0\1") "\0\4\x12\x34\0\0"), SKR_OK},
    {"of seven days and a second", BODY(TICKET_HEAD("\0\x09\x3a\x81") "\0\0"),
        SKR_ERR_ILLEGAL_PARAMETER},
    {"with a share", BODY(TICKET_HEAD("\0\0\0\1") "\0\4\0\x33\0\0"), SKR_ERR_MISPLACED_EXTENSION},
    {"with early data twice",
        BODY(TICKET_HEAD("\0\0\0\1") "\0\x10\0\x2a\0\4\0\0\1\0\0\x2a\0\4\0\0\1\0"),
        SKR_ERR_DUPLICATE_EXTENSION},
    {"empty", BODY("\0\0\0\1\1\2\3\4\0\0\0\0\0"), SKR_ERR_DECODE},
    {"without extensions", BODY(TICKET_HEAD("\0\0\0\1")), SKR_ERR_DECODE},
    {"cut", BODY("\0\0\0\1\1\2\3\4\2n"), SKR_ERR_DECODE},
    {"of nothing", BODY(""), SKR_ERR_DECODE},
};

static void test_tickets(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(tickets) / sizeof(tickets[0]); i++) {
        const ticket_t *ticket = &tickets[i];
        pair_note("a ticket %s", ticket->name);
        connect_tapped();
        pair_tap_message(&tap, false, true, WIRE_NEW_SESSION_TICKET, ticket->body, ticket->size);
        pair_run(&pair);
        if (ticket->status == SKR_OK) {
            pair_assert_complete(&pair);
            pair_exchange(&pair, 10);
        } else {
            pair_assert_refused(&pair, &pair.client, ticket->status);
        }
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_ticket_flood(void **state) {
    (void)state;
    const ticket_t *ticket = &tickets[0];
    connect_tapped();
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < SKR_TICKETS_MAX; i++) {
            pair_tap_message(
                &tap, false, true, WIRE_NEW_SESSION_TICKET, ticket->body, ticket->size);
        }
        pair_tap_send(&tap, false, true, RECORD_APPLICATION_DATA, "x", 1, 0);
    }
    pair_run(&pair);
    assert_int_equal(pair.client.got_size, 2);
    pair_assert_complete(&pair);
    pair.client.got_size = 0;
    for (unsigned i = 0; i <= SKR_TICKETS_MAX; i++) {
        pair_tap_message(&tap, false, true, WIRE_NEW_SESSION_TICKET, ticket->body, ticket->size);
    }
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.client, SKR_ERR_FLOOD);
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_removed),
        PAIR_TEST_WITH(test_proofs_removed, &pair.client),
        PAIR_TEST_WITH(test_proofs_removed, &pair.server),
        PAIR_TEST(test_repeated),
        PAIR_TEST(test_swapped),
        PAIR_TEST(test_put_in),
        PAIR_TEST(test_uninvited_certificate),
        PAIR_TEST(test_verify_of_nothing),
        PAIR_TEST_WITH(test_later, &pair.client),
        PAIR_TEST_WITH(test_later, &pair.server),
        PAIR_TEST(test_tickets),
        PAIR_TEST(test_ticket_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
