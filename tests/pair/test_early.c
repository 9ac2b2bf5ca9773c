// Early data that a client sends and this server does not take (RFC 9846 section 4.3.10).
//
// In: a client's hello that offers early data and a pre-shared key, and records that nobody here
// can open. Out: a full handshake as if they had not come, as long as they stay within bounds;
// without the offer, behind the client's flight, or beyond the bounds they are what they look like:
// forged.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair_hello.h"
#include "wire/messages.h"

static pair_t pair;
static pair_tap_t tap;

#define ZEROS_32 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
static const hello_case_t offer = {"early data", SKR_OK,
    {{HELLO_APPEND, 42, NULL, 0}, {HELLO_APPEND, 45, HELLO_BYTES("\1\1")},
        {HELLO_APPEND, 41, HELLO_BYTES("\0\7\0\1x\0\0\0\0\0\x21\x20" ZEROS_32)}}};

typedef struct {
    bool offered;
    size_t size; // of each record's fragment
    size_t count;
    uint8_t behind; // type of the client's message behind which they come
    unsigned index; // and which of them
} early_t;

static void inject_early(size_t size) {
    static uint8_t record[SKR_RECORD_HEADER_SIZE + SKR_RECORD_PROTECTED_MAX];
    record_write_header(record, RECORD_APPLICATION_DATA, false, size);
    memset(record + SKR_RECORD_HEADER_SIZE, 0xe5, size);
    pair_inject(&pair.server, record, SKR_RECORD_HEADER_SIZE + size);
}

static void edit(pair_tap_t *t, pair_message_t *m) {
    const early_t *early = t->user;
    bool mine = m->by_client && m->content == RECORD_HANDSHAKE;
    if (mine && m->index == 0 && early->offered) {
        hello_apply(&offer, m);
        hello_believe(t->pair, m);
    }
    pair_tap_forward(t, m);
    if (mine && m->type == early->behind && m->index == early->index) {
        for (size_t i = 0; i < early->count; i++) {
            inject_early(early->size);
        }
        t->hits++;
    }
}

static void set_up(bool retry) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.groups = retry ? both : NULL;
    pair.server.config.groups = wanted;
}

static void passes(const early_t *early, bool retry, size_t chunk) {
    set_up(retry);
    pair.server.chunk = chunk;
    pair_tap_run(&tap, &pair, edit, (void *)(uintptr_t)early);
    pair_assert_complete(&pair);
    pair_exchange(&pair, 100);
    pair_end(&pair);
}

static void fails(const early_t *early, bool retry, skr_status_t status) {
    set_up(retry);
    pair_tap_run(&tap, &pair, edit, (void *)(uintptr_t)early);
    pair_assert_refused(&pair, &pair.server, status);
    pair_end(&pair);
}

static void test_skipped(void **state) {
    (void)state;
    static const size_t sizes[] = {17, 18, 100, 1000, 16384 + 256};
    for (size_t i = 0; i < 5; i++) {
        early_t early = {true, sizes[i], 3, WIRE_CLIENT_HELLO, 0};
        passes(&early, false, PAIR_ALL);
        passes(&early, true, PAIR_ALL); // before the second hello
        passes(&early, false, 13);
        passes(&early, true, 13);
    }
    early_t none = {true, 0, 0, WIRE_CLIENT_HELLO, 0};
    passes(&none, false, PAIR_ALL);
    passes(&none, true, PAIR_ALL);
}

// Shorter than any record that could be opened: early data all the same.
static void test_short(void **state) {
    (void)state;
    for (size_t size = 0; size < 17; size++) {
        early_t early = {true, size, 1, WIRE_CLIENT_HELLO, 0};
        passes(&early, false, PAIR_ALL);
        passes(&early, true, PAIR_ALL);
    }
}

static void test_bounds(void **state) {
    (void)state;
    for (unsigned retry = 0; retry < 2; retry++) {
        early_t early = {true, SKR_EARLY_SKIPPED_MAX / 8 - 5, 8, WIRE_CLIENT_HELLO, 0};
        passes(&early, retry != 0, PAIR_ALL);
        early.count = 9;
        fails(&early, retry != 0, SKR_ERR_RECORD_MAC);
    }
}

// Records without content cost something, too: the number of them is bounded.
static void test_without_end(void **state) {
    (void)state;
    for (unsigned retry = 0; retry < 2; retry++) {
        early_t early = {true, 0, 20000, WIRE_CLIENT_HELLO, 0};
        set_up(retry != 0);
        pair_tap_run(&tap, &pair, edit, &early);
        pair_assert_failed(&pair.server, SKR_ERR_RECORD_MAC);
        pair_end(&pair);
    }
}

static void test_not_offered(void **state) {
    (void)state;
    early_t early = {false, 100, 1, WIRE_CLIENT_HELLO, 0};
    fails(&early, false, SKR_ERR_RECORD_MAC);
    fails(&early, true, SKR_ERR_RECORD_TYPE);
}

// Behind the second hello, and behind what could be opened, nothing is passed over any more.
static void test_too_late(void **state) {
    (void)state;
    early_t early = {true, 100, 1, WIRE_CLIENT_HELLO, 1};
    fails(&early, true, SKR_ERR_RECORD_MAC);
    early = (early_t){true, 100, 1, WIRE_CERTIFICATE, 1};
    fails(&early, false, SKR_ERR_RECORD_MAC);
    early = (early_t){true, 100, 1, WIRE_CERTIFICATE_VERIFY, 2};
    fails(&early, false, SKR_ERR_RECORD_MAC);
}

// Nor in the middle of a message whose beginning could be opened.
static void edit_split(pair_tap_t *t, pair_message_t *m) {
    if (m->by_client && m->content == RECORD_HANDSHAKE && m->index == 0) {
        hello_apply(&offer, m);
        hello_believe(t->pair, m);
    }
    if (m->by_client && m->content == RECORD_HANDSHAKE && m->type == WIRE_CERTIFICATE) {
        pair_tap_send(t, true, true, m->content, m->data, 10, 0);
        inject_early(100);
        pair_tap_send(t, true, true, m->content, m->data + 10, m->size - 10, 0);
        t->hits++;
    } else {
        pair_tap_forward(t, m);
    }
}

static void test_in_a_message(void **state) {
    (void)state;
    set_up(false);
    pair_tap_refuses(&tap, &pair, edit_split, NULL, false, SKR_ERR_RECORD_MAC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_skipped),
        PAIR_TEST(test_short),
        PAIR_TEST(test_bounds),
        PAIR_TEST(test_without_end),
        PAIR_TEST(test_not_offered),
        PAIR_TEST(test_too_late),
        PAIR_TEST(test_in_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
