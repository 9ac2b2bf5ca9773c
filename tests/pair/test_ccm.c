// AES-CCM in TLS 1.3, with tags of both sizes (RFC 9846 section B.4, RFC 7925 section 4).
//
// In: every pair of providers, one CCM suite on both sides, with padding and small records. Out:
// complete, intact, records as long as the tag says, new keys on the way. The short tag is only for
// those who ask for it by name. TLS 1.2's CCM suites run in test_tls12.c with the others.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/suites.h"
#include "record/record.h"
#include "support/pair.h"

static pair_t pair;

static void run(const pair_providers_t *p, uint16_t suite, uint16_t pad, uint16_t limit) {
    uint16_t list[2] = {suite, 0};
    skr_conn_info_t info;
    pair_note("%s %04x pad %u limit %u", p->name, suite, pad, limit);
    pair_init(&pair, p->client, p->server);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.suites = list;
    pair.server.config.suites = list;
    pair.client.config.pad_to = pair.server.config.pad_to = pad;
    pair.client.config.max_record_out = pair.server.config.max_record_out = limit;
    pair.client.config.max_record_in = pair.server.config.max_record_in = limit;
    pair.client.config.chunk = pair.server.config.chunk = UINT16_MAX; // data in one record
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_int_equal(info.suite, suite);
    pair.client.event_count = 0;
    pair_exchange(&pair, 5000);
    bool seen = false;
    for (size_t e = 0; e < pair.client.event_count; e++) {
        const skr_trace_event_t *event = &pair.client.event[e];
        if (event->layer == SKR_LAYER_RECORD && event->sent && pad == 0 && limit == 0) {
            seen = seen || event->size == 5 + 5000 + 1 + (suite == 0x1305 ? 8 : 16);
        }
    }
    assert_true(seen || pad != 0 || limit != 0);
    assert_int_equal(skr_conn_update_keys(pair.client.conn, true), SKR_OK);
    pair_run(&pair);
    pair_exchange(&pair, 300);
    pair_end(&pair);
}

static void test_all(void **state) {
    (void)state;
    for (size_t i = 0; i < PAIR_PROVIDERS; i++) {
        for (uint16_t suite = 0x1304; suite <= 0x1305; suite++) {
            run(&pair_providers[i], suite, 0, 0);
            run(&pair_providers[i], suite, 64, 0);
            run(&pair_providers[i], suite, 0, 64);
            run(&pair_providers[i], suite, 100, 512);
        }
    }
    pair_note("%s", "");
}

// A server with no list takes no short tag; one that names it does.
static void test_named(void **state) {
    (void)state;
    uint16_t list[2] = {0x1305, 0};
    pair_init_openssl(&pair);
    pair.client.config.suites = list;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SUITE);
}

int main(void) {
    const struct CMUnitTest tests[] = {PAIR_TEST(test_all), PAIR_TEST(test_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
