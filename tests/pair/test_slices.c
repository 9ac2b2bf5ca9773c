// What is sent never needs more room at once than a chunk.
//
// In: chains of many certificates at servers and clients, chunks from 64 bytes on, small records by
// each of the ways to ask for them, padding, output that drains byte by byte, memory that runs out
// between slices. Out: handshakes as with any other chain; the largest block of output is a chunk,
// or, where that is small, one of the messages that are built whole; data in records that fit.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/pair.h"

enum { CERTIFICATES = 12, WHOLE_MAX = 1024 }; // of messages that are not sliced, in these tests

static pair_t pair;
static skr_view_t chain[2][CERTIFICATES];
static skr_credential_t credential[2];

// The side's chain, and behind it certificates that have nothing to do with it.
static size_t lengthen(pair_side_t *side, unsigned which, pki_role_t role, size_t count) {
    const skr_credential_t *own = side->config.credentials;
    size_t size = 0;
    assert_in_range(count, own->chain_count, CERTIFICATES);
    for (size_t i = 0; i < count; i++) {
        const skr_credential_t *other = pki_credential(
            side->config.provider, i % 2 == 0 ? PKI_RSA : PKI_P384, role);
        chain[which][i] = i < own->chain_count ? own->chain[i] : other->chain[i / 2 % 2];
        size += chain[which][i].size;
    }
    credential[which] = (skr_credential_t){chain[which], count, own->key};
    side->config.credentials = &credential[which];
    return size;
}

static void set_up(const pair_providers_t *p, uint16_t version, size_t chunk) {
    pair_init(&pair, p->client, p->server);
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = pair.server.config.max_version = version;
    pair.version = version;
    pair.client.config.chunk = pair.server.config.chunk = (uint16_t)chunk;
    pair_mutual(&pair, PKI_P256);
}

static void assert_small_output(const pair_side_t *side) {
    size_t chunk = side->config.chunk;
    assert_in_range(
        side->memory.peak[SKR_REGION_RECORD_OUT], 1, chunk > WHOLE_MAX ? chunk : (size_t)WHOLE_MAX);
}

// One Certificate of that size was sent.
static void assert_sent(const pair_side_t *side, size_t size) {
    size_t seen = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        const skr_trace_event_t *event = &side->event[i];
        if (event->sent && event->layer == SKR_LAYER_HANDSHAKE && event->type == 11) {
            assert_in_range(event->size, size + 7, size + 8 + 5 * CERTIFICATES);
            seen++;
        }
    }
    assert_int_equal(seen, 1);
}

static void run(size_t count) {
    size_t server = lengthen(&pair.server, 0, PKI_SERVER, count);
    size_t client = lengthen(&pair.client, 1, PKI_CLIENT, count);
    pair_connect(&pair);
    assert_sent(&pair.server, server);
    assert_sent(&pair.client, client);
    assert_small_output(&pair.server);
    assert_small_output(&pair.client);
    pair.client.memory.peak[SKR_REGION_RECORD_OUT] = 0;
    pair_exchange(&pair, 5000);
    assert_in_range(pair.client.memory.peak[SKR_REGION_RECORD_OUT], 1, pair.client.config.chunk);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

static void test_chains(void **state) {
    const pair_providers_t *p = *state;
    static const uint16_t chunks[] = {64, 100, 255, 512, 1024, 2048, 4096};
    static const size_t counts[] = {2, 3, 6, CERTIFICATES};
    for (unsigned i = 0; i < 2 * 7 * 4; i++) {
        uint16_t version = i % 2 == 0 ? SKR_TLS12 : SKR_TLS13;
        pair_note("%s %04x, chunk %u, %zu certificates", p->name, version, chunks[i / 2 % 7],
            counts[i / 14]);
        set_up(p, version, chunks[i / 2 % 7]);
        run(counts[i / 14]);
    }
    pair_note("%s", "");
}

// Chunks into which a client's Certificate just fits, or just does not, also beside what precedes
// it.
static void test_just_fits(void **state) {
    const pair_providers_t *p = *state;
    for (unsigned i = 0; i < 2 * 50; i++) {
        set_up(p, i % 2 == 0 ? SKR_TLS12 : SKR_TLS13, WHOLE_MAX);
        size_t size = lengthen(&pair.client, 1, PKI_CLIENT, 3) + 10 + i / 2;
        assert_true(size > WHOLE_MAX);
        pair_note("%u, chunk %zu", i, size);
        set_up(p, i % 2 == 0 ? SKR_TLS12 : SKR_TLS13, size);
        run(3);
    }
    pair_note("%s", "");
}

// Down to records of 64 bytes, whoever asks for them.
static void test_small_records(void **state) {
    const pair_providers_t *p = *state;
    static const uint16_t limits[] = {64, 65, 512};
    for (unsigned i = 0; i < 2 * 3 * 3; i++) {
        uint16_t version = i % 2 == 0 ? SKR_TLS12 : SKR_TLS13, limit = limits[i / 2 % 3];
        unsigned way = i / 6;
        pair_note("%s %04x, limit %u, way %u", p->name, version, limit, way);
        set_up(p, version, 1024);
        if (way == 0) { // the sender's own
            pair.client.config.max_record_out = pair.server.config.max_record_out = limit;
        } else if (way == 1) { // record_size_limit, and max_fragment_length with 512
            pair.client.config.max_record_in = pair.server.config.max_record_in = limit;
        } else {
            pair.client.config.max_record_in = limit;
        }
        run(6);
    }
    pair_note("%s", "");
}

// Padding stays within a chunk, too.
static void test_padding(void **state) {
    const pair_providers_t *p = *state;
    static const uint16_t pads[] = {16, 100, 1000, 4096, SKR_RECORD_PLAIN_MAX};
    static const uint16_t chunks[] = {64, 300, 1024, 2048};
    for (unsigned i = 0; i < 5 * 4 * 2; i++) {
        pair_note("%s pad %u, chunk %u, %u", p->name, pads[i % 5], chunks[i / 5 % 4], i / 20);
        set_up(p, SKR_TLS13, chunks[i / 5 % 4]);
        pair.client.config.pad_to = pair.server.config.pad_to = pads[i % 5];
        pair.client.config.max_record_out = pair.server.config.max_record_out = i < 20 ? 0 : 64;
        run(6);
    }
    pair_note("%s", "");
}

// Slices go out byte by byte, and nothing else comes between them.
static void test_dribs(void **state) {
    const pair_providers_t *p = *state;
    for (unsigned version = SKR_TLS12; version <= SKR_TLS13; version++) {
        set_up(p, (uint16_t)version, 256);
        lengthen(&pair.server, 0, PKI_SERVER, 6);
        pair_start(&pair);
        pair_step(&pair); // the ClientHello
        for (bool moved = true; moved;) {
            const uint8_t *out = NULL;
            moved = false;
            while (skr_conn_output(pair.server.conn, &out) > 0) {
                pair_inject(&pair.client, out, 1);
                skr_conn_sent(pair.server.conn, 1);
                moved = true;
            }
            skr_status_t status = skr_conn_handshake(pair.server.conn);
            assert_true(status == SKR_WANT_OUTPUT || status == SKR_WANT_INPUT);
            moved = moved || status == SKR_WANT_OUTPUT;
        }
        pair_run(&pair);
        pair_assert_complete(&pair);
        pair_end(&pair);
    }
}

// Memory runs out at any of the slices, and whenever else.
static void test_memory_short(void **state) {
    const pair_providers_t *p = *state;
    for (unsigned version = SKR_TLS12; version <= SKR_TLS13; version++) {
        unsigned long n = 2, told = 0;
        for (;; n++) {
            pair_note("%04x, request %lu", version, n);
            set_up(p, (uint16_t)version, 512);
            lengthen(&pair.server, 0, PKI_SERVER, 6);
            pair.server.memory.fail_at = n;
            pair_start(&pair);
            pair_run(&pair);
            pair.server.memory.fail_at = 0;
            if (pair.server.memory.failed == 0) {
                break;
            }
            pair_assert_failed(&pair.server, SKR_ERR_MEMORY);
            // An alert in the middle of a message is one, or a record that may not be there.
            skr_error_t error;
            skr_conn_error(pair.client.conn, &error);
            assert_true(error.status == SKR_ERR_PEER_ALERT || error.status == SKR_ERR_INTERLEAVED);
            told += error.alert_received == SKR_ALERT_INTERNAL_ERROR ? 1 : 0;
            pair_end(&pair);
        }
        pair_assert_complete(&pair);
        pair_end(&pair);
        assert_true(n > 20 && told > 5);
    }
    pair_note("%s", "");
}

#define ALL(function) \
    PAIR_TEST_WITH(function, &pair_providers[0]), PAIR_TEST_WITH(function, &pair_providers[1]), \
        PAIR_TEST_WITH(function, &pair_providers[2]), PAIR_TEST_WITH(function, &pair_providers[3])

int main(void) {
    const struct CMUnitTest tests[] = {
        ALL(test_chains),
        PAIR_TEST_WITH(test_just_fits, &pair_providers[0]),
        ALL(test_small_records),
        ALL(test_padding),
        PAIR_TEST_WITH(test_dribs, &pair_providers[0]),
        PAIR_TEST_WITH(test_dribs, &pair_providers[1]),
        PAIR_TEST_WITH(test_memory_short, &pair_providers[0]),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
