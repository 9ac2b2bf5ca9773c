// skr_memory_needed() is what the worst run takes, to the byte.
//
// In: configurations of both roles and versions, with knobs turned to either side, and the runs of
// support/need_runs.c. Out: for each region and for all together the most bytes, the most blocks
// and the largest block of all runs are what was told beforehand. That nothing passes it is
// asserted at each request, here and in all other tests of pairs (support/pair_memory.c).
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/need_runs.h"

static const char *const names[SKR_REGION_COUNT] = {"HANDSHAKE", "MESSAGE", "RECORD_IN",
    "RECORD_OUT", "CIPHER_IN", "CIPHER_OUT", "SESSION", "CERTIFICATES", "PEER_CERTIFICATE"};

static skr_memory_need_t got;

static void raise(size_t *to, size_t value) {
    *to = value > *to ? value : *to;
}

static void peek(pair_side_t *side) {
    const pair_memory_t *memory = &side->memory;
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        raise(&got.region[i].bytes, memory->total_peak[i]);
        raise(&got.region[i].largest, memory->peak[i]);
        raise(&got.region[i].blocks, memory->count_peak[i]);
        raise(&got.all.largest, memory->peak[i]);
    }
    raise(&got.all.bytes, memory->peak_used);
    raise(&got.all.blocks, memory->peak_blocks);
}

static void small(skr_config_t *config) {
    config->max_record_in = config->chunk = config->max_message = 2048;
}

static void thin(skr_config_t *config) { // what is sent is the most
    config->chunk = 2048;
    config->max_record_in = 64;
    config->max_message = SKR_MESSAGE_MIN;
}

static void quiet(skr_config_t *config) { // a record is more than any message
    config->chunk = 1024;
    config->max_message = SKR_MESSAGE_MIN;
}

static void kept(skr_config_t *config) {
    small(config);
    config->keep_cipher_state = true;
}

static void ticketed(skr_config_t *config) {
    small(config);
    config->max_ticket = 300;
}

static void kept_ticket(skr_config_t *config) {
    ticketed(config);
    config->keep_cipher_state = true;
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
    config->certificate_window = 1500;
}

static void large(skr_config_t *config) {
    config->chunk = 16640;
}

static void talkative(skr_config_t *config) {
    static char text[SKR_ALPN_MAX];
    static skr_view_t protocols[20];
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < 20; i++) {
        protocols[i] = (skr_view_t){(const uint8_t *)text, SKR_ALPN_MAX};
    }
    thin(config);
    config->alpn = protocols;
    config->alpn_count = 20;
}

static const need_case_t cases[] = {
    {"defaults", .role = SKR_CLIENT},
    {"defaults", .role = SKR_SERVER},
    {"small", .role = SKR_CLIENT, .set = small},
    {"small", .role = SKR_SERVER, .set = small},
    {"small, no certificate", .role = SKR_SERVER, .set = small, .no_certificate = true},
    {"thin", .role = SKR_CLIENT, .set = thin},
    {"thin", .role = SKR_SERVER, .set = thin},
    {"thin, no certificate", .role = SKR_SERVER, .set = thin, .no_certificate = true},
    {"quiet", .role = SKR_CLIENT, .set = quiet},
    {"quiet, no certificate", .role = SKR_SERVER, .set = quiet, .no_certificate = true},
    {"kept", .role = SKR_CLIENT, .set = kept},
    {"kept", .role = SKR_SERVER, .set = kept},
    {"kept, sessions", .role = SKR_CLIENT, .set = kept_ticket, .sessions = true},
    {"kept, tickets", .role = SKR_SERVER, .set = kept_ticket, .sessions = true},
    {"kept, tickets, no certificate", .role = SKR_SERVER, .set = kept_ticket, .sessions = true,
        .no_certificate = true},
    {"asked", .role = SKR_CLIENT, .set = asked},
    {"asked", .role = SKR_SERVER, .set = asked},
    {"odd", .role = SKR_CLIENT, .set = odd},
    {"odd", .role = SKR_SERVER, .set = odd},
    {"large", .role = SKR_CLIENT, .set = large},
    {"large", .role = SKR_SERVER, .set = large},
    {"sessions", .role = SKR_CLIENT, .set = ticketed, .sessions = true},
    {"tickets", .role = SKR_SERVER, .set = ticketed, .sessions = true},
    {"talkative", .role = SKR_CLIENT, .set = talkative},
};

static void compare(const char *what, const skr_need_t *is, const skr_need_t *told) {
    if (is->bytes != told->bytes || is->largest != told->largest || is->blocks != told->blocks) {
        fail_msg("%s: %zu bytes, %zu in a block, %zu blocks; told %zu, %zu, %zu", what, is->bytes,
            is->largest, is->blocks, told->bytes, told->largest, told->blocks);
    }
}

static void run_case(need_case_t one, uint16_t version, const skr_provider_t *provider) {
    one.version = version;
    const pair_side_t *side = need_begin(&one, provider);
    skr_memory_need_t need;
    memset(&got, 0, sizeof(got));
    pair_assert_status(skr_memory_needed(&side->config, side->server_name, &need), SKR_OK);
    for (size_t n = 0; need_run_name(n) != NULL; n++) {
        pair_note("%s %s, %04x, %s", side->name, one.name, version, need_run_name(n));
        (void)need_run(n, peek);
    }
    pair_note("%s %s, %04x, %s", side->name, one.name, version, provider->name);
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        compare(names[i], &got.region[i], &need.region[i]);
    }
    compare("all", &got.all, &need.all);
}

static void test_reached(void **state) {
    const pair_providers_t *p = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_case(cases[i], SKR_TLS13, p->client);
        run_case(cases[i], SKR_TLS12, p->client);
    }
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_reached, &pair_providers[0]),
        PAIR_TEST_WITH(test_reached, &pair_providers[1]),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
