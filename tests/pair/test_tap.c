// The tests' own tool: the man on the line is not seen when he changes nothing.
//
// In: handshakes with the tap on the line. Out: complete ones; KeyUpdate and data pass too. All
// tests of wrong messages stand on this: what they alter is the only thing that is altered. With
// secrets that differ on both sides he does his work as well.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/pair_tap.h"

static pair_t pair;
static pair_tap_t tap;

static void forward(pair_tap_t *t, pair_message_t *message) {
    t->hits++;
    pair_tap_forward(t, message);
}

static void run_through(void) {
    pair_tap_run(&tap, &pair, forward, NULL);
    pair_assert_complete(&pair);
    pair_exchange(&pair, 40000);
    for (int i = 0; i < 3; i++) {
        pair_assert_status(skr_conn_update_keys(pair.client.conn, i % 2 == 0), SKR_OK);
        pair_run(&pair);
        pair_exchange(&pair, 10);
    }
    pair_end(&pair);
}

static void test_forward(void **state) {
    (void)state;
    static const uint16_t first[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t second[] = {SKR_GROUP_X25519, 0};
    static const uint16_t suites[][2] = {{0x1301, 0}, {0x1302, 0}, {0x1303, 0}};
    for (unsigned i = 0; i < 3; i++) {
        pair_note("suite %u", i);
        pair_init_openssl(&pair);
        pair_mutual(&pair, PKI_RSA);
        pair.client.config.suites = suites[i];
        pair.client.config.groups = first;
        pair.server.config.groups = second;
        run_through();
    }
    pair_note("%s", "");
}

// An altered Random on the way changes every secret, and the tap's keys for either side still fit:
// it is the client that notices, by the signature.
static void alter_hello(pair_tap_t *t, pair_message_t *message) {
    if (message->content == RECORD_HANDSHAKE && message->by_client && message->index == 0) {
        message->data[6] ^= 1;
        t->hits++;
    }
    pair_tap_forward(t, message);
}

static void test_altered_random(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair_tap_refuses(&tap, &pair, alter_hello, NULL, true, SKR_ERR_SIGNATURE);
    assert_int_equal(pair.server.secret_count, 5); // it stands at its Finished
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_forward),
        PAIR_TEST(test_altered_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
