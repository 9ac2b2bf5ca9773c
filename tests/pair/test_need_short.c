// With what skr_memory_needed() tells nothing fails; with a byte less something does, and cleanly.
//
// In: the worst runs of support/need_runs.c, with memory of exactly the need of a region, or of all
// together, and of one byte less. Out: with the need no request is refused; without its last byte
// at least one run ends with SKR_ERR_MEMORY, which names the region and the size, the peer sees
// internal_error wherever there is still memory to seal it, and all that was taken goes back wiped
// (support/pair_memory.c). Only a session that finds no room is no error: the connection goes on
// without it.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/need_runs.h"

enum { ALL = SKR_REGION_COUNT };

static unsigned where; // is limited
static unsigned failed, told;

static void small(skr_config_t *config) {
    config->max_record_in = config->chunk = config->max_message = 2048;
}

static void ticketed(skr_config_t *config) {
    small(config);
    config->max_ticket = 300;
}

static void asked(skr_config_t *config) {
    small(config);
    config->max_message = 4096;
    config->ask_verify = true;
}

static void odd(skr_config_t *config) {
    config->chunk = 333;
    config->max_record_in = 1000;
    config->max_record_out = 200;
    config->max_message = 700;
    config->keep_cipher_state = true;
}

static const need_case_t cases[] = {
    {"small", .role = SKR_CLIENT, .set = small},
    {"small", .role = SKR_SERVER, .set = small},
    {"sessions", .role = SKR_CLIENT, .set = ticketed, .sessions = true},
    {"tickets", .role = SKR_SERVER, .set = ticketed, .sessions = true},
    {"asked", .role = SKR_CLIENT, .set = asked},
    {"odd", .role = SKR_CLIENT, .set = odd},
    {"odd, no certificate", .role = SKR_SERVER, .set = odd, .no_certificate = true},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static void peek_enough(pair_side_t *side) {
    assert_int_equal(side->memory.failed, 0);
}

static void peek_short(pair_side_t *side) {
    skr_error_t error, other;
    skr_conn_error(side->conn, &error);
    if (side->memory.failed == 0) {
        return;
    }
    if (where == SKR_REGION_CIPHER_OUT && error.alert_sent == SKR_ALERT_NONE &&
        error.status < SKR_OK && error.status != SKR_ERR_MEMORY) {
        return; // it was the peer's fault, and only the alert found no memory
    }
    failed++;
    if (where == SKR_REGION_SESSION) {
        assert_true(error.status != SKR_ERR_MEMORY);
        return;
    }
    pair_assert_status(error.status, SKR_ERR_MEMORY);
    assert_true(where == ALL || error.limit == where);
    assert_true(error.value > 0);
    need_drain();
    skr_conn_error(need_other()->conn, &other);
    if (error.alert_sent == SKR_ALERT_NONE) { // not even for that, or nothing was said yet
        assert_true(
            where == ALL || where == SKR_REGION_CIPHER_OUT || where == SKR_REGION_HANDSHAKE);
        return;
    }
    assert_int_equal(error.alert_sent, SKR_ALERT_INTERNAL_ERROR);
    if (other.status == SKR_ERR_PEER_ALERT) {
        assert_int_equal(other.alert_received, SKR_ALERT_INTERNAL_ERROR);
        told++;
    }
}

static void run_all(void (*peek)(pair_side_t *side)) {
    for (size_t n = 0; need_run_name(n) != NULL; n++) {
        (void)need_run(n, peek);
    }
}

static void limit(pair_side_t *side, size_t bytes) {
    memset(side->memory.limit, 0, sizeof(side->memory.limit));
    side->memory.limit_used = where == ALL ? bytes : 0;
    if (where < ALL) {
        side->memory.limit[where] = bytes;
    }
}

static void run_case(need_case_t one, uint16_t version, const skr_provider_t *provider) {
    one.version = version;
    pair_side_t *side = need_begin(&one, provider);
    skr_memory_need_t need;
    pair_assert_status(skr_memory_needed(&side->config, side->server_name, &need), SKR_OK);
    for (where = 0; where <= ALL; where++) {
        size_t bytes = where == ALL ? need.all.bytes : need.region[where].bytes;
        if (bytes == 0) {
            continue;
        }
        pair_note("%s %s, %04x, region %u", side->name, one.name, version, where);
        limit(side, bytes);
        run_all(peek_enough);
        failed = told = 0;
        limit(side, bytes - 1);
        run_all(peek_short);
        assert_true(failed > 0);
        assert_true(told > 0 || where == SKR_REGION_HANDSHAKE || where == SKR_REGION_SESSION ||
            where == SKR_REGION_CIPHER_OUT || where == SKR_REGION_RECORD_OUT);
    }
    limit(side, 0);
}

static void test_short(void **state) {
    const pair_providers_t *p = *state;
    size_t count = p->client == &skr_provider_openssl ? (size_t)CASES
                                                      : 1; // its large keys are slow
    for (size_t i = 0; i < count; i++) {
        run_case(cases[i], SKR_TLS13, p->client);
        run_case(cases[i], SKR_TLS12, p->client);
    }
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_short, &pair_providers[0]),
        PAIR_TEST_WITH(test_short, &pair_providers[1]),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
