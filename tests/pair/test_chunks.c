// Bytes come in pieces of any size: the handshake does not mind.
//
// In: handshakes with client certificates, a retry, and data, fed in chunks of each size, different
// ones for both sides, and cut in two at each of their bytes. Out: complete and intact, every time.
// Records and messages are cut here wherever it happens; test_records.c cuts them where they end.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/pair.h"

static pair_t pair;

static void set_up(const pair_providers_t *providers) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    pair_init(&pair, providers->client, providers->server);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.groups = both;
    pair.server.config.groups = wanted;
}

static void run(const char *what, size_t client, size_t server) {
    pair_note("%s: client %zu, server %zu", what, client, server);
    pair_connect(&pair);
    pair_exchange(&pair, 300);
    pair_end(&pair);
}

static void test_sizes(void **state) {
    set_up(*state);
    static const size_t large[] = {
        65, 99, 127, 128, 255, 256, 511, 513, 1000, 1199, 1200, 1201, 1500, 4096, 16384};
    for (size_t size = 1; size <= 64; size++) {
        pair.client.chunk = pair.server.chunk = size;
        run("chunks", size, size);
    }
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        pair.client.chunk = pair.server.chunk = large[i];
        run("chunks", large[i], large[i]);
    }
    pair_note("%s", "");
}

static void test_different_sizes(void **state) {
    set_up(*state);
    static const size_t sizes[] = {1, 2, 3, 5, 6, 7, 31, 1000, PAIR_ALL};
    for (size_t i = 0; i < 9; i++) {
        for (size_t j = 0; j < 9; j++) {
            pair.client.chunk = sizes[i];
            pair.server.chunk = sizes[j];
            run("chunks", sizes[i], sizes[j]);
        }
    }
    pair_note("%s", "");
}

// Every byte of the handshake that comes to this side, but for the last.
static void cut_everywhere(pair_side_t *side) {
    pair_connect(&pair);
    size_t total = side->fed;
    pair_end(&pair);
    assert_true(total > 800);
    for (side->cut = 1; side->cut < total; side->cut++) {
        pair_note("%s cut at %zu of %zu", side->name, side->cut, total);
        pair_connect(&pair);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

static void test_cut_client(void **state) {
    set_up(*state);
    cut_everywhere(&pair.client);
}

static void test_cut_server(void **state) {
    set_up(*state);
    cut_everywhere(&pair.server);
}

// Records of both sides are cut at each byte, too, when the messages are spread over many of them.
static void test_cut_small_records(void **state) {
    set_up(*state);
    pair.client.config.max_record_out = pair.server.config.max_record_out = 100;
    pair.client.chunk = pair.server.chunk = 1;
    run("small records", 1, 1);
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_sizes, &pair_providers[0]),
        PAIR_TEST_WITH(test_different_sizes, &pair_providers[0]),
        PAIR_TEST_WITH(test_cut_client, &pair_providers[0]),
        PAIR_TEST_WITH(test_cut_server, &pair_providers[0]),
        PAIR_TEST_WITH(test_cut_small_records, &pair_providers[0]),
        PAIR_TEST_WITH(test_cut_small_records, &pair_providers[1]),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
