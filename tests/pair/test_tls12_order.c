// Messages of TLS 1.2 out of order (RFC 5246 section 7.3): removed, repeated, swapped, put in; and
// ChangeCipherSpec, which has its place among them.
//
// In: a full handshake with a client certificate, with one message treated so. Out: never a
// connection, and the alert on the other side. A HelloRequest is passed over where it may come, a
// new negotiation never begins.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "support/tap12.h"
#include "wire/messages.h"

static pair_t pair;
static tap12_t tap;

static void set_up(void) {
    tap12_pair_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
}

// --- The handshake, step by step ---

typedef struct {
    bool client; // writes it
    uint16_t type; // WIRE_CHANGE_CIPHER_SPEC for that
} step_t;

static const step_t steps[] = {{true, WIRE_CLIENT_HELLO}, {false, WIRE_SERVER_HELLO},
    {false, WIRE_CERTIFICATE}, {false, WIRE_SERVER_KEY_EXCHANGE}, {false, WIRE_CERTIFICATE_REQUEST},
    {false, WIRE_SERVER_HELLO_DONE}, {true, WIRE_CERTIFICATE}, {true, WIRE_CLIENT_KEY_EXCHANGE},
    {true, WIRE_CERTIFICATE_VERIFY}, {true, WIRE_CHANGE_CIPHER_SPEC}, {true, WIRE_FINISHED},
    {false, WIRE_CHANGE_CIPHER_SPEC}, {false, WIRE_FINISHED}};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

typedef struct {
    const step_t *step;
    unsigned type; // that is put in
    const char *data; // or the record that is
    size_t size;
} where_t;

static bool is(const pair_message_t *m, bool client, uint16_t type) {
    bool ccs = m->content == RECORD_CHANGE_CIPHER_SPEC;
    return m->by_client == client &&
        (ccs ? type == WIRE_CHANGE_CIPHER_SPEC : m->content == RECORD_HANDSHAKE && m->type == type);
}

static bool is_here(const tap12_t *t, const pair_message_t *m) {
    const where_t *where = t->user;
    return is(m, where->step->client, where->step->type);
}

static void each(void (*run)(where_t *where)) {
    for (unsigned i = 0; i < STEPS; i++) {
        where_t where = {.step = &steps[i]};
        pair_note(
            "%s of the %s", wire_type_name(steps[i].type), steps[i].client ? "client" : "server");
        set_up();
        run(&where);
    }
    pair_note("%s", "");
}

static pair_side_t *reader(const where_t *where) {
    return where->step->client ? &pair.server : &pair.client;
}

static void refused(where_t *where, tap12_edit_t edit, skr_status_t status) {
    tap12_run(&tap, &pair, edit, where);
    pair_assert_refused(&pair, reader(where), status);
    pair_end(&pair);
}

static void look(tap12_t *t, pair_message_t *m) {
    assert_true(is(m, steps[t->hits].client, steps[t->hits].type));
    t->hits++;
    tap12_forward(t, m);
}

static void test_steps(void **state) {
    (void)state;
    set_up();
    tap12_run(&tap, &pair, look, NULL);
    assert_int_equal(tap.hits, STEPS);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

// --- Removed ---

static void edit_remove(tap12_t *t, pair_message_t *m) {
    if (is_here(t, m)) {
        t->hits++;
    } else {
        tap12_forward(t, m);
    }
}

static void run_remove(where_t *where) {
    uint16_t type = where->step->type;
    if (type == WIRE_CERTIFICATE_REQUEST) { // the client can't know; the server does
        tap12_run(&tap, &pair, edit_remove, where);
        pair_assert_refused(&pair, &pair.server, SKR_ERR_UNEXPECTED_MESSAGE);
        pair_end(&pair);
    } else if (type == WIRE_CLIENT_HELLO || type == WIRE_SERVER_HELLO_DONE ||
        type == WIRE_FINISHED) { // the last of a flight: the other side waits, and knows it
        tap12_run(&tap, &pair, edit_remove, where);
        pair_assert_status(skr_conn_handshake(reader(where)->conn), SKR_WANT_INPUT);
        pair_assert_status(skr_conn_feed_eof(reader(where)->conn), SKR_ERR_CLOSED_EARLY);
        pair_end(&pair);
    } else {
        refused(where, edit_remove, SKR_ERR_UNEXPECTED_MESSAGE);
    }
}

static void test_removed(void **state) {
    (void)state;
    each(run_remove);
}

// Several at once: what would make the key exchange one without proof.
typedef struct {
    bool client;
    uint16_t type[4];
} gap_t;

static void edit_gap(tap12_t *t, pair_message_t *m) {
    const gap_t *gap = t->user;
    for (unsigned i = 0; i < 4; i++) {
        if (gap->type[i] != 0 && is(m, gap->client, gap->type[i])) {
            t->hits++;
            return;
        }
    }
    tap12_forward(t, m);
}

static void test_gaps(void **state) {
    (void)state;
    static gap_t gaps[] = {
        {false, {WIRE_CERTIFICATE, WIRE_SERVER_KEY_EXCHANGE}},
        {false, {WIRE_CERTIFICATE, WIRE_SERVER_KEY_EXCHANGE, WIRE_CERTIFICATE_REQUEST}},
        {false, {WIRE_SERVER_KEY_EXCHANGE, WIRE_CERTIFICATE_REQUEST}}, // as with static RSA
        {false,
            {WIRE_CERTIFICATE, WIRE_SERVER_KEY_EXCHANGE, WIRE_CERTIFICATE_REQUEST,
                WIRE_SERVER_HELLO_DONE}},
        {true, {WIRE_CERTIFICATE, WIRE_CERTIFICATE_VERIFY}},
        {true, {WIRE_CERTIFICATE, WIRE_CLIENT_KEY_EXCHANGE, WIRE_CERTIFICATE_VERIFY}},
        {true, {WIRE_CLIENT_KEY_EXCHANGE, WIRE_CERTIFICATE_VERIFY}},
        {true, {WIRE_CERTIFICATE_VERIFY, WIRE_CHANGE_CIPHER_SPEC}},
    };
    for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
        pair_note("gap %zu", i);
        set_up();
        tap12_run(&tap, &pair, edit_gap, &gaps[i]);
        if (i != 3) { // there the client waits
            pair_assert_refused(
                &pair, gaps[i].client ? &pair.server : &pair.client, SKR_ERR_UNEXPECTED_MESSAGE);
        }
        assert_false(pair_is_complete(&pair.client) || pair_is_complete(&pair.server));
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// --- Repeated ---

static void edit_repeat(tap12_t *t, pair_message_t *m) {
    if (is_here(t, m)) {
        tap12_send(t, m->by_client, m->content, m->data, m->size);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void run_repeat(where_t *where) {
    bool ccs = where->step->type == WIRE_CHANGE_CIPHER_SPEC; // in the clear where keys are due
    refused(where, edit_repeat, ccs ? SKR_ERR_RECORD_MAC : SKR_ERR_UNEXPECTED_MESSAGE);
}

static void test_repeated(void **state) {
    (void)state;
    each(run_repeat);
}

// A second ChangeCipherSpec that is protected as it should be.
static void edit_repeat_sealed(tap12_t *t, pair_message_t *m) {
    bool here = is_here(t, m);
    tap12_forward(t, m);
    if (here) {
        tap12_send(t, m->by_client, RECORD_CHANGE_CIPHER_SPEC, "\1", 1);
        t->hits++;
    }
}

static void test_repeated_ccs(void **state) {
    (void)state;
    for (unsigned i = 0; i < STEPS; i++) {
        where_t where = {.step = &steps[i]};
        if (steps[i].type == WIRE_CHANGE_CIPHER_SPEC) {
            set_up();
            refused(&where, edit_repeat_sealed, SKR_ERR_UNEXPECTED_MESSAGE);
        }
    }
}

// --- Swapped with the next ---

static pair_message_t held;

static void edit_swap(tap12_t *t, pair_message_t *m) {
    if (is_here(t, m)) {
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

static void run_swap(where_t *where) {
    uint16_t type = where->step->type;
    if (type == WIRE_CERTIFICATE_REQUEST) { // too late: by then the server has found no certificate
        tap12_run(&tap, &pair, edit_swap, where);
        pair_assert_failed(&pair.client, SKR_ERR_UNEXPECTED_MESSAGE);
        pair_assert_failed(&pair.server, SKR_ERR_UNEXPECTED_MESSAGE);
        pair_end(&pair);
    } else if (type != WIRE_CLIENT_HELLO && type != WIRE_SERVER_HELLO_DONE &&
        type != WIRE_FINISHED) {
        refused(where, edit_swap, SKR_ERR_UNEXPECTED_MESSAGE);
    }
}

static void test_swapped(void **state) {
    (void)state;
    each(run_swap);
}

// --- Put in ---

// Types that may come in this place, whatever they hold.
static bool is_due(const where_t *where, unsigned type) {
    uint16_t due = where->step->type;
    return type == due || (due == WIRE_CERTIFICATE_REQUEST && type == WIRE_SERVER_HELLO_DONE);
}

// A client in the middle of a handshake does not mind being asked for one.
static bool is_ignored(const where_t *where, unsigned type) {
    return type == WIRE_HELLO_REQUEST && !where->step->client &&
        where->step->type != WIRE_SERVER_HELLO;
}

static void edit_put_in(tap12_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (is_here(t, m)) {
        tap12_message(t, m->by_client, where->type, NULL, 0);
        t->hits++;
    }
    tap12_forward(t, m);
}

// Those that the registry knows, and some that it does not.
static void run_put_in(where_t *where) {
    static const uint8_t unknown[] = {26, 67, 127, 128, 203, 254, 255};
    for (unsigned i = 0; i < 26 + sizeof(unknown); i++) {
        where->type = i < 26 ? i : unknown[i - 26];
        if (is_due(where, where->type)) {
            continue;
        }
        set_up();
        tap12_run(&tap, &pair, edit_put_in, where);
        if (is_ignored(where, where->type)) {
            pair_assert_complete(&pair);
            pair_exchange(&pair, 10);
        } else {
            pair_assert_refused(&pair, reader(where), SKR_ERR_UNEXPECTED_MESSAGE);
        }
        pair_end(&pair);
    }
}

static void test_put_in(void **state) {
    (void)state;
    each(run_put_in);
}

// All types, at the handshake's own level: what is refused leaves no trace, so one handshake serves
// for all.
static void edit_all_types(tap12_t *t, pair_message_t *m) {
    const where_t where = {.step = &steps[t->hits++]};
    hs_t *hs = reader(&where)->conn->hs;
    for (unsigned type = 0; hs != NULL && type < 256; type++) {
        const uint8_t message[SKR_MESSAGE_HEADER_SIZE] = {(uint8_t)type};
        if (!is_due(&where, type)) {
            pair_note("type %u before %s", type, wire_type_name(where.step->type));
            pair_assert_status(
                walk_recv(hs, view_of(message, sizeof(message))), SKR_ERR_UNEXPECTED_MESSAGE);
        }
    }
    tap12_forward(t, m);
}

static void test_all_types(void **state) {
    (void)state;
    set_up();
    tap12_run(&tap, &pair, edit_all_types, NULL);
    assert_int_equal(tap.hits, STEPS);
    pair_assert_complete(&pair);
    pair_end(&pair);
    pair_note("%s", "");
}

static void edit_put_record(tap12_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (is_here(t, m)) {
        tap12_send(t, m->by_client, where->type, where->data, where->size);
        t->hits++;
    }
    tap12_forward(t, m);
}

// ChangeCipherSpec before its time (CVE-2014-0224), or when it is over.
static void run_early_ccs(where_t *where) {
    uint16_t type = where->step->type;
    where->type = RECORD_CHANGE_CIPHER_SPEC;
    where->data = "\1";
    where->size = 1;
    skr_status_t status = SKR_ERR_UNEXPECTED_MESSAGE;
    if (type == WIRE_CLIENT_HELLO) {
        status = SKR_ERR_RECORD_TYPE; // nothing at all was said yet
    } else if (type == WIRE_CHANGE_CIPHER_SPEC) {
        status = SKR_ERR_RECORD_MAC; // it took the place of the one that follows
    }
    refused(where, edit_put_record, status);
}

static void test_early_ccs(void **state) {
    (void)state;
    each(run_early_ccs);
}

// Wrong ones in the right place.
static void edit_bad_ccs(tap12_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (is_here(t, m)) {
        memcpy(m->data, where->data, where->size);
        m->size = where->size;
        t->hits++;
    }
    tap12_forward(t, m);
}

static void run_bad_ccs(where_t *where) {
    static const struct {
        const char *data;
        size_t size;
    } bad[] = {{"\0", 1}, {"\2", 1}, {"\1\1", 2}, {"\1\0", 2}};
    for (unsigned i = 0; i < 4 && where->step->type == WIRE_CHANGE_CIPHER_SPEC; i++) {
        where->data = bad[i].data;
        where->size = bad[i].size;
        set_up();
        refused(where, edit_bad_ccs, SKR_ERR_RECORD_TYPE);
    }
}

static void test_bad_ccs(void **state) {
    (void)state;
    each(run_bad_ccs);
}

// In the middle of a message, of whatever is due there; also half a Finished in the clear before
// it.
static void edit_half(tap12_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (is_here(t, m)) {
        t->hits++;
        if (m->content == RECORD_CHANGE_CIPHER_SPEC) {
            tap12_send(t, m->by_client, RECORD_HANDSHAKE, "\x14\0", 2);
        } else {
            tap12_send(t, m->by_client, m->content, m->data, m->size - 1);
            tap12_send(t, m->by_client, where->type, where->data, where->size);
            tap12_send(t, m->by_client, m->content, m->data + m->size - 1, 1);
            return;
        }
    }
    tap12_forward(t, m);
}

static void run_half(where_t *where) {
    static const uint8_t types[] = {RECORD_CHANGE_CIPHER_SPEC, RECORD_ALERT};
    for (unsigned i = 0; i < 2; i++) {
        where->type = types[i];
        where->data = i == 0 ? "\1" : "\1\x5a";
        where->size = 1 + i;
        set_up();
        refused(where, edit_half, SKR_ERR_INTERLEAVED);
    }
}

static void test_interleaved(void **state) {
    (void)state;
    each(run_half);
}

// Application data before its time: in the clear, then behind ChangeCipherSpec.
static void run_early_data(where_t *where) {
    where->type = RECORD_APPLICATION_DATA;
    where->data = "GET / HTTP/1.1";
    where->size = 14;
    refused(where, edit_put_record,
        where->step->type == WIRE_FINISHED ? SKR_ERR_DATA_TOO_EARLY : SKR_ERR_RECORD_TYPE);
}

static void test_early_data(void **state) {
    (void)state;
    each(run_early_data);
}

// A message longer than all others, told at its header.
static void run_long(where_t *where) {
    where->type = RECORD_HANDSHAKE;
    where->data = "\x0b\xff\xff\xff";
    where->size = 4;
    refused(where, edit_put_record, SKR_ERR_MESSAGE_TOO_LONG);
}

static void test_long(void **state) {
    (void)state;
    each(run_long);
    assert_int_equal(pair.client.memory.peak[SKR_REGION_MESSAGE], 0);
}

// --- Certificates that nobody asked for, proofs of nothing ---

static void test_uninvited_certificate(void **state) {
    (void)state;
    where_t where = {.step = &steps[7], .type = WIRE_CERTIFICATE};
    tap12_pair_openssl(&pair);
    refused(&where, edit_put_in, SKR_ERR_UNEXPECTED_MESSAGE);
    where.step = &steps[9];
    where.type = WIRE_CERTIFICATE_VERIFY;
    tap12_pair_openssl(&pair);
    refused(&where, edit_put_in, SKR_ERR_UNEXPECTED_MESSAGE);
}

static void test_verify_of_nothing(void **state) {
    (void)state;
    where_t where = {.step = &steps[9], .type = WIRE_CERTIFICATE_VERIFY};
    tap12_pair_openssl(&pair);
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    refused(&where, edit_put_in, SKR_ERR_UNEXPECTED_MESSAGE);
}

// --- Behind the handshake ---

static void tapped(void) {
    tap12_pair_openssl(&pair);
    pair_start(&pair);
    tap12_init(&tap, &pair, tap12_forward, NULL);
    pair_run(&pair);
    pair_assert_complete(&pair);
}

static void test_later(void **state) {
    bool client = *state == &pair.client;
    pair_side_t *to = client ? &pair.server : &pair.client;
    for (unsigned type = client ? 0 : 1; type < 256; type++) {
        pair_note("type %u", type);
        tapped();
        tap12_message(&tap, client, type, NULL, 0);
        pair_run(&pair);
        pair_assert_refused(&pair, to,
            type <= WIRE_CLIENT_HELLO ? SKR_ERR_RENEGOTIATION : SKR_ERR_UNEXPECTED_MESSAGE);
        pair_end(&pair);
    }
    tapped();
    tap12_send(&tap, client, RECORD_CHANGE_CIPHER_SPEC, "\1", 1);
    pair_run(&pair);
    pair_assert_refused(&pair, to, SKR_ERR_RECORD_TYPE);
    pair_end(&pair);
    pair_note("%s", "");
}

// A whole second ClientHello: the client's own first one, once more.
static void edit_keep_hello(tap12_t *t, pair_message_t *m) {
    if (is(m, true, WIRE_CLIENT_HELLO)) {
        held = *m;
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_renegotiation(void **state) {
    (void)state;
    tap12_pair_openssl(&pair);
    tap12_run(&tap, &pair, edit_keep_hello, NULL);
    pair_assert_complete(&pair);
    tap12_send(&tap, true, RECORD_HANDSHAKE, held.data, held.size);
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_RENEGOTIATION);
    pair_end(&pair);
}

// HelloRequest: passed over, as long as it is not all that comes.
static void test_hello_request(void **state) {
    (void)state;
    tapped();
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < SKR_KEY_UPDATES_MAX; i++) {
            tap12_message(&tap, false, WIRE_HELLO_REQUEST, NULL, 0);
        }
        pair_run(&pair);
        pair_exchange(&pair, 10);
    }
    pair_assert_complete(&pair);
    for (unsigned i = 0; i <= SKR_KEY_UPDATES_MAX; i++) {
        tap12_message(&tap, false, WIRE_HELLO_REQUEST, NULL, 0);
    }
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.client, SKR_ERR_FLOOD);
    pair_end(&pair);
    tapped();
    tap12_message(&tap, false, WIRE_HELLO_REQUEST, "x", 1);
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.client, SKR_ERR_DECODE);
    pair_end(&pair);
}

static void edit_hello_requests(tap12_t *t, pair_message_t *m) {
    if (is(m, false, WIRE_CERTIFICATE)) {
        for (unsigned i = 0; i < *(const unsigned *)t->user; i++) {
            tap12_message(t, false, WIRE_HELLO_REQUEST, NULL, 0);
        }
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_hello_request_flood(void **state) {
    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        unsigned count = SKR_KEY_UPDATES_MAX + extra;
        set_up();
        tap12_run(&tap, &pair, edit_hello_requests, &count);
        if (extra == 0) {
            pair_assert_complete(&pair);
        } else {
            pair_assert_refused(&pair, &pair.client, SKR_ERR_FLOOD);
        }
        pair_end(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_steps),
        PAIR_TEST(test_removed),
        PAIR_TEST(test_gaps),
        PAIR_TEST(test_repeated),
        PAIR_TEST(test_repeated_ccs),
        PAIR_TEST(test_swapped),
        PAIR_TEST(test_put_in),
        PAIR_TEST(test_all_types),
        PAIR_TEST(test_early_ccs),
        PAIR_TEST(test_bad_ccs),
        PAIR_TEST(test_interleaved),
        PAIR_TEST(test_early_data),
        PAIR_TEST(test_long),
        PAIR_TEST(test_uninvited_certificate),
        PAIR_TEST(test_verify_of_nothing),
        PAIR_TEST_WITH(test_later, &pair.client),
        PAIR_TEST_WITH(test_later, &pair.server),
        PAIR_TEST(test_renegotiation),
        PAIR_TEST(test_hello_request),
        PAIR_TEST(test_hello_request_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
