// The short handshakes, message by message: removed, repeated, swapped, put in; what a hello must
// not say in them, and what is in a NewSessionTicket (RFC 9846 section 2.2, RFC 5077 sections 3.1
// to 3.4, RFC 7627 section 5.3).
//
// In: resumed handshakes of both versions with one message treated so. Out: never a connection, and
// the alert on the other side; a short handshake never turns into a full one or the other way
// round. Tickets that can't be kept are passed over.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "support/pair_hello.h"
#include "support/resume.h"
#include "support/tap12.h"
#include "wire/messages.h"

static pair_t pair;
static pair_tap_t tap;
static tap12_t line; // of TLS 1.2
static resume_session_t kept;

typedef struct {
    bool client; // writes it
    uint16_t type; // WIRE_CHANGE_CIPHER_SPEC for that
} step_t;

static const step_t steps12[] = {{true, WIRE_CLIENT_HELLO}, {false, WIRE_SERVER_HELLO},
    {false, WIRE_NEW_SESSION_TICKET}, {false, WIRE_CHANGE_CIPHER_SPEC}, {false, WIRE_FINISHED},
    {true, WIRE_CHANGE_CIPHER_SPEC}, {true, WIRE_FINISHED}};
static const step_t steps13[] = {{true, WIRE_CLIENT_HELLO}, {false, WIRE_SERVER_HELLO},
    {false, WIRE_ENCRYPTED_EXTENSIONS}, {false, WIRE_FINISHED}, {true, WIRE_FINISHED}};
enum {
    STEPS12 = sizeof(steps12) / sizeof(steps12[0]),
    STEPS13 = sizeof(steps13) / sizeof(steps13[0])
};

typedef struct {
    const step_t *step;
    unsigned type; // that is put in
} where_t;

static bool is(const pair_message_t *m, bool client, uint16_t type) {
    bool ccs = m->content == RECORD_CHANGE_CIPHER_SPEC;
    return m->by_client == client &&
        (ccs ? type == WIRE_CHANGE_CIPHER_SPEC : m->content == RECORD_HANDSHAKE && m->type == type);
}

static bool is_here(void *user, const pair_message_t *m) {
    const where_t *where = user;
    return is(m, where->step->client, where->step->type);
}

static pair_side_t *reader(const step_t *step) {
    return step->client ? &pair.server : &pair.client;
}

static void note(const step_t *step) {
    pair_note("%04x: %s of the %s", pair.version, wire_type_name(step->type),
        step->client ? "client" : "server");
}

// --- TLS 1.2 ---

static void begin12(tap12_edit_t edit, void *user) {
    pair_start(&pair);
    assert_true(resume_offer(&pair, &kept));
    tap12_init(&line, &pair, edit, user);
    pair_run(&pair);
    assert_true(line.hits > 0);
}

static void refused12(const step_t *step, tap12_edit_t edit, void *user, skr_status_t status) {
    begin12(edit, user);
    pair_assert_refused(&pair, reader(step), status);
    pair_end(&pair);
}

static void set_up12(void) {
    resume_pair_openssl(&pair, SKR_TLS12);
    resume_first(&pair, &kept);
}

static void look12(tap12_t *t, pair_message_t *m) {
    assert_true(is(m, steps12[t->hits].client, steps12[t->hits].type));
    t->hits++;
    tap12_forward(t, m);
}

static void remove12(tap12_t *t, pair_message_t *m) {
    if (is_here(t->user, m)) {
        t->hits++;
    } else {
        tap12_forward(t, m);
    }
}

static void repeat12(tap12_t *t, pair_message_t *m) {
    if (is_here(t->user, m)) {
        tap12_send(t, m->by_client, m->content, m->data, m->size);
        t->hits++;
    }
    tap12_forward(t, m);
}

static pair_message_t held;

static void swap12(tap12_t *t, pair_message_t *m) {
    if (is_here(t->user, m)) {
        held = *m;
        t->hits++;
        return;
    }
    tap12_forward(t, m);
    if (t->hits == 1) {
        t->hits++;
        tap12_forward(t, &held);
    }
}

static void put_in12(tap12_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (is_here(t->user, m)) {
        tap12_message(t, m->by_client, where->type, NULL, 0);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void all_types12(tap12_t *t, pair_message_t *m) {
    const step_t *step = &steps12[t->hits++];
    hs_t *hs = reader(step)->conn->hs;
    for (unsigned type = 0; hs != NULL && type < 256; type++) {
        const uint8_t message[SKR_MESSAGE_HEADER_SIZE] = {(uint8_t)type};
        if (type != step->type) {
            pair_assert_status(
                walk_recv(hs, view_of(message, sizeof(message))), SKR_ERR_UNEXPECTED_MESSAGE);
        }
    }
    tap12_forward(t, m);
}

static void run_step12(const step_t *step) {
    where_t where = {step, 0};
    bool last = step->type == WIRE_FINISHED || step->type == WIRE_CLIENT_HELLO;
    bool ccs = step->type == WIRE_CHANGE_CIPHER_SPEC;
    if (last) { // of a flight: the other side waits, and knows it
        begin12(remove12, &where);
        pair_assert_status(skr_conn_handshake(reader(step)->conn), SKR_WANT_INPUT);
        pair_assert_status(skr_conn_feed_eof(reader(step)->conn), SKR_ERR_CLOSED_EARLY);
        pair_end(&pair);
    } else {
        refused12(step, remove12, &where, SKR_ERR_UNEXPECTED_MESSAGE);
        refused12(step, swap12, &where, SKR_ERR_UNEXPECTED_MESSAGE);
    }
    refused12(step, repeat12, &where, ccs ? SKR_ERR_RECORD_MAC : SKR_ERR_UNEXPECTED_MESSAGE);
    for (where.type = 0; where.type < 26; where.type++) {
        bool ignored = where.type == WIRE_HELLO_REQUEST && !step->client &&
            step->type != WIRE_SERVER_HELLO;
        if (where.type != step->type && !ignored) {
            refused12(step, put_in12, &where, SKR_ERR_UNEXPECTED_MESSAGE);
        }
    }
}

static void test_order12(void **state) {
    (void)state;
    set_up12();
    begin12(look12, NULL);
    assert_int_equal(line.hits, STEPS12);
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    pair_end(&pair);
    begin12(all_types12, NULL);
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    pair_end(&pair);
    for (unsigned i = 0; i < STEPS12; i++) {
        note(&steps12[i]);
        run_step12(&steps12[i]);
    }
    pair_note("%s", "");
}

// The full handshake's ticket: left out though promised, unpromised, twice.
static void test_ticket_order12(void **state) {
    (void)state;
    static const step_t ticket = {false, WIRE_NEW_SESSION_TICKET};
    static const step_t change = {false, WIRE_CHANGE_CIPHER_SPEC};
    for (unsigned i = 0; i < 4; i++) {
        where_t where = {i < 2 ? &ticket : &change, WIRE_NEW_SESSION_TICKET};
        pair_note("case %u", i);
        resume_pair_openssl(&pair, SKR_TLS12);
        if (i == 3) { // nobody has promised any
            pair.client.config.session_key = NULL;
        }
        tap12_refuses(&line, &pair,
            i == 0       ? remove12
                : i == 1 ? repeat12
                         : put_in12,
            &where, true, SKR_ERR_UNEXPECTED_MESSAGE);
    }
    pair_note("%s", "");
}

// --- TLS 1.2's hellos ---

enum { SERVER_NAME = 0, EXTENDED = 23, TICKET = 35 };
#define B HELLO_BYTES
#define REMOVE(number) \
    { HELLO_REMOVE, number, NULL, 0 }

static const step_t server_hello = {false, WIRE_SERVER_HELLO};

static void edit_server(tap12_t *t, pair_message_t *m) {
    if (is(m, false, WIRE_SERVER_HELLO)) {
        hello_apply(t->user, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_answers12(void **state) {
    (void)state;
    static const hello_case_t cases[] = {
        {"not extended", SKR_ERR_MISSING_EXTENSION, {REMOVE(EXTENDED)}},
        {"another suite", SKR_ERR_SUITE_ANSWER, {{HELLO_SUITE, 0xc02c, NULL, 0}}},
        {"no session id", SKR_ERR_UNEXPECTED_MESSAGE, {{HELLO_SESSION_ID, 0, B("")}}},
        {"another session id", SKR_ERR_UNEXPECTED_MESSAGE, {{HELLO_SESSION_ID, 0, B("xyz")}}},
        {"no promise", SKR_ERR_UNEXPECTED_MESSAGE, {REMOVE(TICKET)}},
        {"something in the promise", SKR_ERR_DECODE, {{HELLO_PUT, TICKET, B("\0")}}},
        {"another random", SKR_ERR_FINISHED, {{HELLO_RANDOM, 0, B("xyz")}}},
        {"the sentinel", SKR_ERR_DOWNGRADE, {{HELLO_RANDOM, 0, B("DOWNGRD\x01")}}},
    };
    set_up12();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pair_note("%s", cases[i].name);
        refused12(&server_hello, edit_server, (void *)(uintptr_t)&cases[i], cases[i].status);
    }
    pair_note("%s", "");
}

// A server that has not taken the ticket, and somebody who says that it has.
static void edit_echo(tap12_t *t, pair_message_t *m) {
    static hello_t hello;
    if (is(m, false, WIRE_SERVER_HELLO)) {
        hello_read(&hello, m);
        assert_int_equal(hello.session_id_size, 0);
        hello.session_id_size = SKR_SESSION_ID_MAX;
        memcpy(hello.session_id, pair.client.conn->hs->session_id, SKR_SESSION_ID_MAX);
        hello_write(&hello, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_echo12(void **state) {
    (void)state;
    set_up12();
    resume_keys.there[0] = false;
    refused12(&server_hello, edit_echo, NULL, SKR_ERR_UNEXPECTED_MESSAGE);
}

// A server that seems to know nothing of extended_master_secret and sends a ticket all the same: it
// is not kept (RFC 7627 section 5.3).
static void test_unextended12(void **state) {
    (void)state;
    static const hello_case_t without = {"", SKR_OK, {REMOVE(EXTENDED)}};
    const uint8_t *bytes = NULL;
    resume_pair_openssl(&pair, SKR_TLS12);
    line.translate = true;
    tap12_run(&line, &pair, edit_server, (void *)(uintptr_t)&without);
    line.translate = false;
    assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

// What makes an offer no offer: a full handshake, if the client believes that it said so.
static bool promised;

static void edit_client(tap12_t *t, pair_message_t *m) {
    static hello_t hello;
    if (is(m, false, WIRE_SERVER_HELLO)) {
        hello_read(&hello, m);
        promised = hello_find(&hello.extensions, TICKET) != NULL;
    }
    if (is(m, true, WIRE_CLIENT_HELLO)) {
        hello_apply(t->user, m);
        hello_believe(&pair, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_offers12(void **state) {
    (void)state;
    static const struct {
        hello_case_t change;
        bool resumed, ticket; // is there a new one?
    } cases[] = {
        {{"as it is", SKR_OK, {{HELLO_NOTHING, 0, NULL, 0}}}, true, true},
        {{"no ticket", SKR_OK, {REMOVE(TICKET)}}, false, false},
        {{"an empty ticket", SKR_OK, {{HELLO_PUT, TICKET, B("")}}}, false, true},
        {{"a ticket of nonsense", SKR_OK, {{HELLO_PUT, TICKET, B("nonsense")}}}, false, true},
        {{"not extended", SKR_OK, {REMOVE(EXTENDED)}}, false, false},
        {{"without its suite", SKR_OK, {{HELLO_SUITES, 0, B("\xc0\x2c")}}}, false, true},
        {{"no name", SKR_OK, {REMOVE(SERVER_NAME)}}, false, true},
    };
    set_up12();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        skr_conn_info_t info;
        const uint8_t *bytes = NULL;
        pair_note("%s", cases[i].change.name);
        begin12(edit_client, (void *)(uintptr_t)&cases[i].change);
        assert_int_equal(promised, cases[i].ticket);
        assert_int_equal(skr_conn_session(pair.client.conn, &bytes) > 0, cases[i].ticket);
        skr_conn_session_done(pair.client.conn);
        pair_assert_complete(&pair);
        skr_conn_info(pair.client.conn, &info);
        assert_int_equal(info.resumed, cases[i].resumed);
        pair_exchange(&pair, 10);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// A ticket without a session id is as good (RFC 5077 section 3.4): what comes behind the
// ServerHello tells that it was taken. Our client always sends an id, so it takes that for a wrong
// order.
static void edit_nameless(tap12_t *t, pair_message_t *m) {
    static hello_t hello;
    if (is(m, true, WIRE_CLIENT_HELLO)) {
        hello_apply(t->user, m);
        hello_believe(&pair, m);
    } else if (is(m, false, WIRE_SERVER_HELLO)) {
        hello_read(&hello, m);
        assert_int_equal(hello.session_id_size, 0);
    } else {
        assert_false(is(m, false, WIRE_CERTIFICATE));
        t->hits += is(m, false, WIRE_NEW_SESSION_TICKET);
    }
    tap12_forward(t, m);
}

static void test_nameless12(void **state) {
    (void)state;
    static const hello_case_t without = {"", SKR_OK, {{HELLO_SESSION_ID, 0, B("")}}};
    set_up12();
    refused12(
        &server_hello, edit_nameless, (void *)(uintptr_t)&without, SKR_ERR_UNEXPECTED_MESSAGE);
    assert_int_equal(line.hits, 1);
}

// --- TLS 1.2's NewSessionTicket ---

typedef struct {
    const char *name;
    const char *body;
    size_t size;
    skr_status_t status;
    uint32_t lifetime; // of what is kept; 0: nothing is
} ticket_t;

static void edit_ticket(tap12_t *t, pair_message_t *m) {
    const ticket_t *which = t->user;
    if (is(m, false, WIRE_NEW_SESSION_TICKET)) {
        memcpy(m->data + SKR_MESSAGE_HEADER_SIZE, which->body, which->size);
        m->size = SKR_MESSAGE_HEADER_SIZE + which->size;
        hello_fix_length(m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_tickets12(void **state) {
    (void)state;
    static char large[6 + SKR_TICKET_MAX + 1] = "\0\0\1\0\x08\0";
    static char largest[6 + SKR_TICKET_MAX + 1] = "\0\0\1\0\x08\1";
    const ticket_t tickets[] = {
        {"good", B("\0\0\x0e\x10\0\3ttt"), SKR_OK, 3600},
        {"of no said lifetime", B("\0\0\0\0\0\3ttt"), SKR_OK, 3600},
        {"of ever", B("\xff\xff\xff\xff\0\3ttt"), SKR_OK, UINT32_MAX},
        {"empty", B("\0\0\1\0\0\0"), SKR_OK, 0},
        {"as large as may be", large, sizeof(large) - 1, SKR_OK, 256},
        {"too large", largest, sizeof(largest), SKR_OK, 0},
        {"cut", B("\0\0\1\0\0\3tt"), SKR_ERR_DECODE, 0},
        {"and more", B("\0\0\1\0\0\3tttt"), SKR_ERR_DECODE, 0},
        {"of nothing", B(""), SKR_ERR_DECODE, 0},
    };
    for (size_t i = 0; i < sizeof(tickets) / sizeof(tickets[0]); i++) {
        const ticket_t *ticket = &tickets[i];
        static resume_session_t room;
        session_t session;
        pair_note("a ticket %s", ticket->name);
        resume_pair_openssl(&pair, SKR_TLS12);
        line.translate = true;
        tap12_run(&line, &pair, edit_ticket, (void *)(uintptr_t)ticket);
        line.translate = false;
        if (ticket->status != SKR_OK) {
            pair_assert_refused(&pair, &pair.client, ticket->status);
        } else if (ticket->lifetime == 0) {
            const uint8_t *bytes = NULL;
            assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
            pair_assert_complete(&pair);
        } else {
            resume_take(&pair.client, &kept);
            pair_assert_complete(&pair);
            resume_open(&kept, &session, &room);
            assert_int_equal(session.lifetime, ticket->lifetime);
            assert_int_equal(session.ticket.size, ticket->size - 6);
            assert_memory_equal(session.ticket.data, ticket->body + 6, ticket->size - 6);
        }
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// --- TLS 1.3 ---

static void begin13(pair_edit_t edit, void *user) {
    pair_start(&pair);
    assert_true(resume_offer(&pair, &kept));
    pair_tap_init(&tap, &pair, edit, user);
    pair_run(&pair);
    assert_true(tap.hits > 0);
}

static void refused13(const step_t *step, pair_edit_t edit, void *user, skr_status_t status) {
    begin13(edit, user);
    pair_assert_refused(&pair, reader(step), status);
    pair_end(&pair);
}

static void remove13(pair_tap_t *t, pair_message_t *m) {
    if (is_here(t->user, m)) {
        t->hits++;
    } else {
        pair_tap_forward(t, m);
    }
}

static void put_in13(pair_tap_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (is_here(t->user, m)) {
        pair_tap_message(t, m->by_client, m->is_sealed, where->type, "", 0);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void all_types13(pair_tap_t *t, pair_message_t *m) {
    if (m->content == RECORD_HANDSHAKE && t->hits < STEPS13) {
        const step_t *step = &steps13[t->hits++];
        assert_true(is(m, step->client, step->type));
        hs_t *hs = reader(step)->conn->hs;
        for (unsigned type = 0; type < 256; type++) {
            const uint8_t message[SKR_MESSAGE_HEADER_SIZE] = {(uint8_t)type};
            if (type != step->type) {
                pair_assert_status(
                    walk_recv(hs, view_of(message, sizeof(message))), SKR_ERR_UNEXPECTED_MESSAGE);
            }
        }
    }
    pair_tap_forward(t, m);
}

static void run_step13(const step_t *step) {
    where_t where = {step, 0};
    if (step->type == WIRE_FINISHED || step->type == WIRE_CLIENT_HELLO) {
        begin13(remove13, &where);
        pair_assert_status(skr_conn_feed_eof(reader(step)->conn), SKR_ERR_CLOSED_EARLY);
        pair_end(&pair);
    } else {
        bool hello = step->type == WIRE_SERVER_HELLO; // then nothing that comes can be opened
        refused13(step, remove13, &where, hello ? SKR_ERR_RECORD_TYPE : SKR_ERR_UNEXPECTED_MESSAGE);
    }
    for (where.type = 0; where.type < 26; where.type++) {
        if (where.type != step->type) {
            refused13(step, put_in13, &where, SKR_ERR_UNEXPECTED_MESSAGE);
        }
    }
}

// Nothing that belongs to certificates has a place in it (class 8 of design.md's traps: a request
// must not make a full handshake of it).
static void test_order13(void **state) {
    (void)state;
    resume_pair_openssl(&pair, SKR_TLS13);
    resume_first(&pair, &kept);
    begin13(all_types13, NULL);
    assert_int_equal(tap.hits, STEPS13);
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    pair_end(&pair);
    for (unsigned i = 0; i < STEPS13; i++) {
        note(&steps13[i]);
        run_step13(&steps13[i]);
    }
    pair_note("%s", "");
}

// Tickets that come late: the newest that can be kept is kept.
static void test_late_tickets13(void **state) {
    (void)state;
    static uint8_t body[13 + SKR_TICKET_MAX + 3];
    const uint8_t *bytes = NULL;
    resume_pair_openssl(&pair, SKR_TLS13);
    pair_start(&pair);
    pair_tap_init(&tap, &pair, pair_tap_forward, NULL);
    pair_run(&pair);
    resume_take(&pair.client, &kept);
    for (unsigned i = 0; i < 4; i++) {
        static resume_session_t room;
        session_t session;
        size_t size = i == 3 ? SKR_TICKET_MAX + 1 : i == 2 ? SKR_TICKET_MAX : 3;
        memcpy(body, "\0\0\1\0\1\2\3\4\2nn", 11);
        bytes_put16(body + 2, i == 0 ? 0 : 256); // lifetime: the first is to be forgotten
        bytes_put16(body + 11, (uint16_t)size);
        memset(body + 13, 'a' + (int)i, size);
        memset(body + 13 + size, 0, 2);
        pair_tap_message(&tap, false, true, WIRE_NEW_SESSION_TICKET, body, 15 + size);
        pair_run(&pair);
        pair_assert_status(pair.client.status, SKR_OK);
        if (i == 0) {
            assert_int_equal(skr_conn_session(pair.client.conn, &bytes), 0);
            continue;
        }
        resume_session_t *now = &kept;
        now->size = skr_conn_session(pair.client.conn, &bytes);
        assert_true(now->size > 0);
        memcpy(now->bytes, bytes, now->size);
        resume_open(now, &session, &room);
        assert_int_equal(session.lifetime, 256);
        assert_int_equal(session.age_add, 0x01020304);
        assert_int_equal(session.ticket.data[0], i == 3 ? 'c' : 'a' + i); // the last was too large
    }
    pair_exchange(&pair, 100);
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_order12),
        PAIR_TEST(test_ticket_order12),
        PAIR_TEST(test_answers12),
        PAIR_TEST(test_echo12),
        PAIR_TEST(test_unextended12),
        PAIR_TEST(test_offers12),
        PAIR_TEST(test_nameless12),
        PAIR_TEST(test_tickets12),
        PAIR_TEST(test_order13),
        PAIR_TEST(test_late_tickets13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
