// The nth request for memory fails (design.md section 6).
//
// In: a handshake with a retry and client certificates, data, a KeyUpdate and an end, in which one
// request of one side gets nothing, once or ever after. Out: SKR_ERR_MEMORY that says how much of
// what was missing, an alert as long as there is memory for one, nothing accepted, and all memory
// back and wiped.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "fault_life.h"

static pair_t pair;

static void set_up(bool small_records, bool keep) {
    life_init(&pair, &skr_provider_openssl);
    if (small_records) { // messages are put together, and taken apart
        pair.client.config.max_record_out = pair.server.config.max_record_out = 200;
        pair.client.config.chunk = pair.server.config.chunk = SKR_CHUNK_MIN; // and records, too
    }
    pair.client.config.keep_cipher_state = pair.server.config.keep_cipher_state = keep;
}

static void assert_missing(const pair_side_t *side) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    pair_assert_status(error.status, SKR_ERR_MEMORY);
    assert_true(error.value > 0);
    assert_true(error.limit < SKR_REGION_COUNT);
    assert_false(pair_is_complete(side));
}

static void fail_each(pair_side_t *side, bool small_records, bool keep, bool ever_after) {
    unsigned long n = 1;
    for (;; n++) {
        pair_note("request %lu of the %s, small records %d, kept keys %d, ever after %d", n,
            side->name, small_records, keep, ever_after);
        set_up(small_records, keep);
        pair_other(&pair, side)->memory.fail_at = 0;
        side->memory.fail_at = n;
        side->memory.fail_after = ever_after;
        life_run(&pair);
        if (side->memory.failed == 0) {
            break;
        }
        assert_missing(side);
        life_assert_other(&pair, side);
        life_end(&pair);
    }
    life_assert_whole(&pair);
    life_end(&pair);
    print_message("    %lu requests of the %s\n", n - 1, side->name);
    assert_true(n > 20);
    side->memory.fail_at = 0;
    pair_note("%s", "");
}

static void test_fails(void **state) {
    pair_side_t *side = *state;
    for (unsigned i = 0; i < 8; i++) {
        fail_each(side, i % 2 != 0, i / 2 % 2 != 0, i / 4 != 0);
    }
}

// Enough for all but an alert: the caller learns of it all the same.
static void test_no_memory_for_an_alert(void **state) {
    (void)state;
    size_t taken = 0;
    const uint8_t *data = NULL;
    set_up(false, false);
    pair_connect(&pair);
    pair.client.memory.fail_at = pair.client.memory.takes + 1;
    pair.client.memory.fail_after = true;
    pair_assert_status(
        skr_conn_write(pair.client.conn, (const uint8_t *)"x", 1, &taken), SKR_ERR_MEMORY);
    assert_int_equal(taken, 0);
    assert_missing(&pair.client);
    assert_int_equal(skr_conn_output(pair.client.conn, &data), 0);
    pair_end(&pair);
    pair.client.memory.fail_at = 0;
    // The same for close_notify: the peer will see a cut, and the caller knows.
    pair_connect(&pair);
    pair.client.memory.fail_at = pair.client.memory.takes + 1;
    pair_assert_status(skr_conn_close(pair.client.conn), SKR_ERR_MEMORY);
    assert_int_equal(skr_conn_output(pair.client.conn, &data), 0);
    pair_end(&pair);
    pair.client.memory.fail_at = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_fails, &pair.client),
        PAIR_TEST_WITH(test_fails, &pair.server),
        PAIR_TEST(test_no_memory_for_an_alert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
