// Offers to resume, and answers to them, that must be refused in TLS 1.3 (RFC 9846 sections 4.3.9
// and 4.3.11).
//
// In: short handshakes in which a hello is altered on the way in one respect, or messages of a full
// one are put in. Out: the reader's error and the alert that the writer sees. Where an alteration
// only makes the offer useless the handshake becomes a full one, which shows the alteration later.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "keys/suites.h"
#include "support/pair_hello.h"
#include "support/resume.h"
#include "wire/messages.h"

static pair_t pair;
static pair_tap_t tap;
static resume_session_t kept;

enum { SERVER_NAME = 0, ALPN = 16, PADDING = 21, PSK = 41, MODES = 45, VERSIONS = 43, SHARE = 51 };
enum { BINDER_SIZE = 32, PSK_TAIL = 2 + 1 + BINDER_SIZE }; // of the one offer's extension

// A kept session, its offer made, and the tap on the line.
static void begin(pair_edit_t edit, void *user) {
    pair_start(&pair);
    assert_true(resume_offer(&pair, &kept));
    pair_tap_init(&tap, &pair, edit, user);
}

static void set_up(void) {
    static const skr_view_t protocols[] = {{(const uint8_t *)"mqtt", 4}};
    resume_pair_openssl(&pair, SKR_TLS13);
    pair.client.config.alpn = pair.server.config.alpn = protocols;
    pair.client.config.alpn_count = pair.server.config.alpn_count = 1;
    resume_first(&pair, &kept);
}

// by_client: who refuses.
static void refuses(pair_edit_t edit, void *user, bool by_client, skr_status_t status) {
    begin(edit, user);
    pair_run(&pair);
    assert_true(tap.hits > 0);
    pair_assert_refused(&pair, by_client ? &pair.client : &pair.server, status);
    pair_end(&pair);
}

// --- The offer ---

static hello_t hello;

typedef struct {
    const char *name;
    skr_status_t status;
    void (*change)(void); // of hello
    bool full; // the offer is passed over: then it is the client that finds its hello altered
} case_t;

static void edit_offer(pair_tap_t *t, pair_message_t *m) {
    const case_t *which = t->user;
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_read(&hello, m);
        which->change();
        hello_write(&hello, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static uint8_t *psk(void) {
    return hello_data(&hello.extensions, PSK);
}

static size_t psk_size(void) {
    return hello_find(&hello.extensions, PSK)->size;
}

static void put_psk(const void *data, size_t size) {
    static uint8_t copy[2000];
    memcpy(copy, data, size);
    hello_put(&hello.extensions, PSK, copy, size);
}

static void binder_first(void) {
    psk()[psk_size() - BINDER_SIZE] ^= 0x80;
}

static void binder_last(void) {
    psk()[psk_size() - 1] ^= 1;
}

static void binder_zeros(void) {
    memset(psk() + psk_size() - BINDER_SIZE, 0, BINDER_SIZE);
}

// Room for a binder of another size behind the identities.
static void binder_sized(uint8_t size) {
    uint8_t all[1000];
    size_t ahead = psk_size() - PSK_TAIL;
    memcpy(all, psk(), ahead);
    bytes_put16(all + ahead, (uint16_t)(size + 1));
    all[ahead + 2] = size;
    memset(all + ahead + 3, 7, size);
    put_psk(all, ahead + 3 + size);
}

static void binder_31(void) {
    binder_sized(31);
}

static void binder_33(void) {
    binder_sized(33);
}

static void binder_48(void) {
    binder_sized(48);
}

static void binder_empty(void) {
    binder_sized(0);
}

static void binder_cut(void) {
    put_psk(psk(), psk_size() - 1);
}

static void binder_more(void) {
    uint8_t all[1000];
    memcpy(all, psk(), psk_size());
    all[psk_size()] = 0;
    put_psk(all, psk_size() + 1);
}

static void binders_none(void) {
    uint8_t all[1000];
    size_t ahead = psk_size() - PSK_TAIL;
    memcpy(all, psk(), ahead);
    bytes_put16(all + ahead, 0);
    put_psk(all, ahead + 2);
}

static void binders_two(void) {
    uint8_t all[1000];
    size_t size = psk_size();
    memcpy(all, psk(), size);
    memcpy(all + size, all + size - 33, 33);
    bytes_put16(all + size - PSK_TAIL, 66);
    put_psk(all, size + 33);
}

// One more identity in front of the one that is there.
static size_t identities(uint8_t *all, const char *first, size_t size) {
    size_t old = bytes_get16(psk());
    bytes_put16(all, (uint16_t)(old + 2 + size + 4));
    bytes_put16(all + 2, (uint16_t)size);
    memcpy(all + 4, first, size);
    memset(all + 4 + size, 0, 4); // age
    memcpy(all + 8 + size, psk() + 2, psk_size() - 2);
    return 6 + size + psk_size();
}

static void identities_two(void) {
    uint8_t all[1000];
    size_t size = identities(all, "stranger", 8);
    put_psk(all, size);
}

static void identity_empty(void) {
    uint8_t all[1000];
    size_t size = identities(all, "", 0);
    put_psk(all, size);
}

static void identities_none(void) {
    uint8_t all[2 + PSK_TAIL] = {0};
    memcpy(all + 2, psk() + psk_size() - PSK_TAIL, PSK_TAIL);
    put_psk(all, sizeof(all));
}

static void offer_empty(void) {
    put_psk("", 0);
}

static void not_last(void) {
    hello_append(&hello.extensions, PADDING, "\0", 1);
}

static void not_last_unknown(void) {
    hello_append(&hello.extensions, 0x1234, "", 0);
}

static void twice(void) {
    uint8_t all[1000];
    size_t size = psk_size();
    memcpy(all, psk(), size);
    hello_append(&hello.extensions, PSK, all, size);
}

static void without_modes(void) {
    assert_true(hello_remove(&hello.extensions, MODES));
}

static void modes_empty(void) {
    hello_put(&hello.extensions, MODES, "\0", 1);
}

static void modes_cut(void) {
    hello_put(&hello.extensions, MODES, "\2\1", 2);
}

static void modes_psk_ke(void) {
    hello_put(&hello.extensions, MODES, "\1\0", 2);
}

static void modes_unknown(void) {
    hello_put(&hello.extensions, MODES, "\2\x0a\xff", 3);
}

static void without_share(void) {
    assert_true(hello_remove(&hello.extensions, SHARE));
}

static void other_random(void) {
    hello.random[0] ^= 1;
}

static void other_age(void) {
    psk()[2 + bytes_get16(psk()) - 1] ^= 1; // the last byte of the only identity's age
}

static void other_protocol(void) {
    hello_put(&hello.extensions, ALPN, "\0\x0a\4mqtt\4coap", 12);
}

static void other_ticket(void) {
    psk()[40] ^= 1;
}

static void other_key_name(void) {
    psk()[4] ^= 1;
}

static void other_name(void) {
    hello_put(&hello.extensions, SERVER_NAME,
        "\0\x11\0\0\x0e"
        "a.wild.example",
        19);
}

static void no_name(void) {
    assert_true(hello_remove(&hello.extensions, SERVER_NAME));
}

static const case_t offers[] = {
    {"the binder's first bit", SKR_ERR_BINDER, binder_first, false},
    {"the binder's last bit", SKR_ERR_BINDER, binder_last, false},
    {"a binder of zeros", SKR_ERR_BINDER, binder_zeros, false},
    {"a long binder", SKR_ERR_BINDER, binder_33, false},
    {"a binder of SHA-384", SKR_ERR_BINDER, binder_48, false},
    {"a short binder", SKR_ERR_DECODE, binder_31, false},
    {"an empty binder", SKR_ERR_DECODE, binder_empty, false},
    {"a binder cut", SKR_ERR_DECODE, binder_cut, false},
    {"a byte behind it", SKR_ERR_DECODE, binder_more, false},
    {"no binder", SKR_ERR_ILLEGAL_PARAMETER, binders_none, false},
    {"two binders for one", SKR_ERR_ILLEGAL_PARAMETER, binders_two, false},
    {"one binder for two", SKR_ERR_ILLEGAL_PARAMETER, identities_two, false},
    {"an empty identity", SKR_ERR_DECODE, identity_empty, false},
    {"no identity", SKR_ERR_DECODE, identities_none, false},
    {"nothing", SKR_ERR_DECODE, offer_empty, false},
    {"padding behind it", SKR_ERR_ILLEGAL_PARAMETER, not_last, false},
    {"something behind it", SKR_ERR_ILLEGAL_PARAMETER, not_last_unknown, false},
    {"twice", SKR_ERR_DUPLICATE_EXTENSION, twice, false},
    {"without modes", SKR_ERR_MISSING_EXTENSION, without_modes, false},
    {"modes empty", SKR_ERR_DECODE, modes_empty, false},
    {"modes cut", SKR_ERR_DECODE, modes_cut, false},
    {"without a share", SKR_ERR_MISSING_EXTENSION, without_share, false},
    {"another random", SKR_ERR_BINDER, other_random, false},
    {"another age", SKR_ERR_BINDER, other_age, false},
    {"more protocols", SKR_ERR_BINDER, other_protocol, false},
    {"unknown modes only", SKR_ERR_SIGNATURE, modes_unknown, true},
    {"psk_ke only, which the server does not allow", SKR_ERR_SIGNATURE, modes_psk_ke, true},
    {"another ticket", SKR_ERR_SIGNATURE, other_ticket, true},
    {"another key's name", SKR_ERR_SIGNATURE, other_key_name, true},
    {"another name", SKR_ERR_SIGNATURE, other_name, true},
    {"no name", SKR_ERR_SIGNATURE, no_name, true},
};

static void test_offers(void **state) {
    (void)state;
    set_up();
    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        pair_note("%s", offers[i].name);
        refuses(edit_offer, (void *)(uintptr_t)&offers[i], offers[i].full, offers[i].status);
    }
    pair_note("%s", "");
}

// Every bit of the binder is looked at.
static size_t bit;

static void binder_bit(void) {
    psk()[psk_size() - BINDER_SIZE + bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void test_binder_bits(void **state) {
    (void)state;
    static const case_t which = {"a bit", SKR_ERR_BINDER, binder_bit, false};
    set_up();
    for (bit = 0; bit < 8 * BINDER_SIZE; bit++) {
        refuses(edit_offer, (void *)(uintptr_t)&which, false, which.status);
    }
}

// --- More identities than the client's own ---

// As many strangers in front as user says, every binder right: the server finds the one it knows as
// far as it looks, and the client does not know what it is told.
static void edit_strangers(pair_tap_t *t, pair_message_t *m) {
    const unsigned *count = t->user;
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE) {
        uint8_t all[1000], key[SKR_HASH_SIZE_MAX], digest[SKR_HASH_SIZE_MAX];
        _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
        const skr_hash_t *hash = provider_hash(&skr_provider_openssl, SKR_HASH_SHA256);
        const session_t *session = &pair.client.conn->hs->session;
        hello_read(&hello, m);
        for (unsigned i = 0; i < *count; i++) {
            size_t size = identities(all, "stranger", 8);
            put_psk(all, size);
        }
        size_t ahead = psk_size() - PSK_TAIL, binders = (*count + 1) * (BINDER_SIZE + 1);
        memcpy(all, psk(), ahead);
        bytes_put16(all + ahead, (uint16_t)binders);
        memset(all + ahead + 2, BINDER_SIZE, binders);
        put_psk(all, ahead + 2 + binders);
        hello_write(&hello, m);
        assert_true(hash->init(state) && hash->update(state, m->data, m->size - 2 - binders) &&
            hash->result(state, digest));
        assert_true(schedule_binder(
            hash, BINDER_RESUMPTION, view_of(session->secret, session->secret_size), key));
        assert_true(schedule_finished(hash, key, digest, m->data + m->size - BINDER_SIZE));
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_strangers(void **state) {
    (void)state;
    set_up();
    for (unsigned count = 0; count <= SKR_IDENTITIES_MAX; count++) {
        pair_note("%u strangers", count);
        skr_status_t status = SKR_ERR_IDENTITY_ANSWER;
        if (count == 0) { // the edit is right: nothing is altered
            begin(edit_strangers, &count);
            pair_run(&pair);
            skr_conn_session_done(pair.client.conn);
            pair_assert_complete(&pair);
            pair_end(&pair);
            continue;
        }
        if (count == SKR_IDENTITIES_MAX) {
            status = SKR_ERR_SIGNATURE; // so far the server does not look
        }
        refuses(edit_strangers, &count, true, status);
    }
    pair_note("%s", "");
}

// --- The answer ---

static void edit_answer(pair_tap_t *t, pair_message_t *m) {
    if (m->type == WIRE_SERVER_HELLO && !m->by_client && !m->is_retry) {
        hello_apply(t->user, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

#define PUT(number, bytes) \
    { HELLO_PUT, number, bytes, sizeof(bytes) - 1 }
#define REMOVE(number) \
    { HELLO_REMOVE, number, NULL, 0 }
static const hello_case_t answers[] = {
    {"the second identity", SKR_ERR_IDENTITY_ANSWER, {PUT(PSK, "\0\1")}},
    {"another identity", SKR_ERR_IDENTITY_ANSWER, {PUT(PSK, "\xff\xff")}},
    {"nothing", SKR_ERR_DECODE, {PUT(PSK, "")}},
    {"half a number", SKR_ERR_DECODE, {PUT(PSK, "\0")}},
    {"more than a number", SKR_ERR_DECODE, {PUT(PSK, "\0\0\0")}},
    {"twice", SKR_ERR_DUPLICATE_EXTENSION, {{HELLO_APPEND, PSK, "\0\0", 2}}},
    {"a suite of another hash", SKR_ERR_IDENTITY_ANSWER, {{HELLO_SUITE, 0x1302, NULL, 0}}},
    {"no share", SKR_ERR_MISSING_EXTENSION, {REMOVE(SHARE)}},
    {"no identity", SKR_ERR_UNEXPECTED_MESSAGE, {REMOVE(PSK)}}, // then certificates are due
    {"a suite that was not offered", SKR_ERR_SUITE_ANSWER, {{HELLO_SUITE, 0x1399, NULL, 0}}},
    {"TLS 1.2", SKR_ERR_LEGACY_FIELD,
        {REMOVE(PSK), REMOVE(SHARE), REMOVE(VERSIONS), {HELLO_SUITE, 0xc02b, NULL, 0}}},
};

static void test_answers(void **state) {
    (void)state;
    set_up();
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        pair_note("%s", answers[i].name);
        refuses(edit_answer, (void *)(uintptr_t)&answers[i], true, answers[i].status);
    }
    pair_note("%s", "");
}

// psk_ke is allowed: a hello without a share is an answer, and the keys are then made of the
// session alone, with as many zeros for the exchange as the hash is long (section 7.1).
static void test_psk_ke(void **state) {
    (void)state;
    static const uint16_t all_suites[][2] = {{0x1301, 0}, {0x1302, 0}};
    static const hello_case_t without = {"no share", SKR_OK, {REMOVE(SHARE)}};
    for (unsigned i = 0; i < 4; i++) {
        static const uint16_t groups[][2] = {{SKR_GROUP_X25519, 0}, {SKR_GROUP_SECP384R1, 0}};
        const skr_hash_t *hash = provider_hash(
            &skr_provider_openssl, i % 2 == 0 ? SKR_HASH_SHA256 : SKR_HASH_SHA384);
        resume_pair_openssl(&pair, SKR_TLS13);
        pair.client.config.suites = all_suites[i % 2];
        pair.client.config.groups = groups[i / 2];
        pair.client.config.allow_psk_ke = true;
        resume_first(&pair, &kept);
        begin(edit_answer, (void *)(uintptr_t)&without);
        session_t session = pair.client.conn->hs->session;
        while (pair_secret(&pair.client, "SERVER_HANDSHAKE_TRAFFIC_SECRET") == NULL) {
            assert_true(pair_step(&pair));
        }
        schedule_t schedule;
        // Any transcript would do; what counts is the secret that the next rung starts from.
        uint8_t digest[SKR_HASH_SIZE_MAX] = {0};
        assert_true(schedule_early(&schedule, hash, view_of(session.secret, session.secret_size)));
        assert_true(schedule_handshake(&schedule, view_of(NULL, 0), digest));
        const hs_t *hs = pair.client.conn->hs;
        assert_non_null(hs);
        assert_int_equal(hs->shared_size, 0);
        assert_memory_equal(hs->schedule.secret, schedule.secret, hash->size);
        pair_run(&pair);
        pair_assert_refused(&pair, &pair.client, SKR_ERR_FINISHED); // the server had others
        pair_end(&pair);
    }
}

// --- Retries ---

static unsigned hellos;

static void edit_second(pair_tap_t *t, pair_message_t *m) {
    const case_t *which = t->user;
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE && ++hellos == 2) {
        hello_read(&hello, m);
        which->change();
        hello_write(&hello, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void offer_withdrawn(void) {
    assert_true(hello_remove(&hello.extensions, PSK));
}

static const case_t seconds[] = {
    {"the binder", SKR_ERR_BINDER, binder_last, false},
    {"the ticket", SKR_ERR_SIGNATURE, other_ticket, true},
    {"the offer", SKR_ERR_SIGNATURE, offer_withdrawn, true},
    {"not the last", SKR_ERR_ILLEGAL_PARAMETER, not_last, false},
    {"two binders", SKR_ERR_ILLEGAL_PARAMETER, binders_two, false},
};

static void set_retry(void) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    set_up();
    pair.client.config.groups = both;
    pair.server.config.groups = wanted;
}

static void test_second_hello(void **state) {
    (void)state;
    set_retry();
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        pair_note("%s", seconds[i].name);
        hellos = 0;
        refuses(edit_second, (void *)(uintptr_t)&seconds[i], seconds[i].full, seconds[i].status);
    }
    pair_note("%s", "");
}

// What the second hello still offers: a session whose hash is not the suite's is left out.
static bool second_offers;

static void look_second(void) {
    second_offers = hello_find(&hello.extensions, PSK) != NULL;
}

static void test_retry_with_suite(void **state) {
    (void)state;
    static const case_t look = {"", SKR_OK, look_second, false};
    static const uint16_t server_suites[][2] = {{0x1301, 0}, {0x1303, 0}, {0x1302, 0}};
    for (unsigned i = 0; i < 3; i++) {
        skr_conn_info_t info;
        set_retry();
        pair.server.config.suites = server_suites[i];
        hellos = 0;
        begin(edit_second, (void *)(uintptr_t)&look);
        pair_run(&pair);
        skr_conn_session_done(pair.client.conn);
        pair_assert_complete(&pair);
        skr_conn_info(pair.client.conn, &info);
        assert_true(info.retried);
        assert_int_equal(info.resumed, i < 2);
        assert_int_equal(second_offers, i < 2);
        pair_exchange(&pair, 10);
        pair_end(&pair);
    }
}

// A retry, and then another version, with a session in hand (mbedTLS CVE-2026-34873): no way on.
static void test_retry_then_older(void **state) {
    (void)state;
    static const hello_case_t older = {
        "", SKR_OK, {REMOVE(PSK), REMOVE(SHARE), REMOVE(VERSIONS), {HELLO_SUITE, 0xc02b, NULL, 0}}};
    set_retry();
    refuses(edit_answer, (void *)(uintptr_t)&older, true, SKR_ERR_VERSION_ANSWER);
    assert_int_equal(pair.client.secret_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_offers),
        PAIR_TEST(test_binder_bits),
        PAIR_TEST(test_strangers),
        PAIR_TEST(test_answers),
        PAIR_TEST(test_psk_ke),
        PAIR_TEST(test_second_hello),
        PAIR_TEST(test_retry_with_suite),
        PAIR_TEST(test_retry_then_older),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
