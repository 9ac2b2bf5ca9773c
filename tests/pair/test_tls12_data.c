// Records of TLS 1.2 and the data in them (RFC 5246 section 6, RFC 5288, RFC 7905).
//
// In: connections with each kind of AEAD, records of all sizes, cut, joined, too long, empty, in
// the clear, repeated, swapped, lost. Out: every byte once and in order, or an error that the other
// side hears of. A key that is used up ends the connection.
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
static const uint8_t zeros[SKR_RECORD_PROTECTED_MAX + 100];

// One for each way to protect a record: explicit nonce, derived nonce, short tag.
static const uint16_t suites[] = {0xc02b, 0xc02c, 0xcca9, 0xc0ac, 0xc0ae};
enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

static void set_suite(uint16_t suite) {
    static uint16_t list[2];
    list[0] = suite;
    pair.client.config.suites = pair.server.config.suites = list;
}

static void connect_suite(uint16_t suite) {
    tap12_pair_openssl(&pair);
    set_suite(suite);
    pair_connect(&pair);
}

static void tapped(void) {
    tap12_pair_openssl(&pair);
    pair_start(&pair);
    tap12_init(&tap, &pair, tap12_forward, NULL);
    pair_run(&pair);
    pair_assert_complete(&pair);
}

static void write_once(pair_side_t *side, size_t size) {
    size_t taken = 0;
    pair_assert_status(skr_conn_write(side->conn, zeros, size, &taken), SKR_OK);
    assert_int_equal(taken, size);
}

// --- Records and data ---

static void test_sizes(void **state) {
    const pair_providers_t *providers = *state;
    static const size_t sizes[] = {1, 2, 15, 16, 17, 100, 1023, 1025, 16383, 16384, 16385, 100000};
    for (unsigned s = 0; s < SUITES; s++) {
        tap12_pair(&pair, providers->client, providers->server);
        set_suite(suites[s]);
        pair.client.config.keep_cipher_state = s % 2 == 0;
        pair_connect(&pair);
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            pair_note("%s %04x: %zu bytes", providers->name, suites[s], sizes[i]);
            pair_exchange(&pair, sizes[i]);
        }
        pair_assert_complete(&pair);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// Small records on both sides; padding is no matter of TLS 1.2.
static void test_small_out(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t limits[] = {1, 2, 5, 17, 64, 255, 1023};
    for (size_t i = 0; i < 7 * 2; i++) {
        size_t overhead = SKR_RECORD_HEADER_SIZE + (i % 2 == 0 ? 24 : 16); // what a suite adds
        pair_note("limit %u", limits[i / 2]);
        tap12_pair(&pair, providers->client, providers->server);
        set_suite(i % 2 == 0 ? 0xc02b : 0xcca9);
        pair_mutual(&pair, PKI_P256);
        pair.client.config.max_record_out = pair.server.config.max_record_out = limits[i / 2];
        pair.client.config.pad_to = pair.server.config.pad_to = 100;
        pair_connect(&pair);
        for (size_t e = 0; e < pair.client.event_count; e++) {
            const skr_trace_event_t *event = &pair.client.event[e];
            assert_true(event->layer != SKR_LAYER_RECORD || event->type == RECORD_ALERT ||
                event->size <= limits[i / 2] + overhead);
        }
        pair_exchange(&pair, limits[i / 2] < 64 ? 100 : 5000);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// No explicit nonce comes twice, and each is eight bytes in front of the rest.
static void test_explicit_nonce(void **state) {
    (void)state;
    uint8_t nonces[20][8];
    connect_suite(0xc02b);
    for (unsigned i = 0; i < 20; i++) {
        write_once(&pair.client, 3);
        pair_flush(&pair, &pair.client);
        const uint8_t *record = pair.server.wire.data + pair.server.wire.start;
        assert_int_equal(pair.server.wire.size, SKR_RECORD_HEADER_SIZE + 8 + 3 + 16);
        assert_int_equal(record[0], RECORD_APPLICATION_DATA);
        assert_int_equal(bytes_get16(record + 1), 0x0303);
        memcpy(nonces[i], record + SKR_RECORD_HEADER_SIZE, 8);
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(nonces[i], nonces[j], 8);
        }
        pair_run(&pair);
    }
    assert_int_equal(pair.server.got_size, 60);
    pair_end(&pair);
}

// Every chunking, and the handshake's bytes cut in two at each place.
static void test_chunks(void **state) {
    (void)state;
    for (size_t size = 1; size <= 3000; size = size < 40 ? size + 1 : size * 3 / 2) {
        pair_note("chunks of %zu", size);
        tap12_pair_openssl(&pair);
        pair_mutual(&pair, PKI_P256);
        pair.client.chunk = pair.server.chunk = size;
        pair_connect(&pair);
        pair_exchange(&pair, 300);
        pair_end(&pair);
    }
    for (int which = 0; which < 2; which++) {
        pair_side_t *side = which == 0 ? &pair.client : &pair.server;
        size_t total = 2;
        for (size_t cut = 0; cut < total; cut += 1 + cut % 3) {
            pair_note("%s cut at %zu of %zu", side->name, cut, total);
            tap12_pair_openssl(&pair);
            pair_mutual(&pair, PKI_P256);
            side->cut = cut;
            pair_connect(&pair);
            total = side->fed;
            pair_end(&pair);
        }
        assert_true(total > 1000);
    }
    pair_note("%s", "");
}

// Every message is spread over records of user's size.
static void split(tap12_t *t, pair_message_t *m) {
    size_t size = *(const size_t *)t->user;
    if (m->content != RECORD_HANDSHAKE) {
        tap12_forward(t, m);
        return;
    }
    for (size_t at = 0; at < m->size; at += size) {
        tap12_send(
            t, m->by_client, m->content, m->data + at, m->size - at < size ? m->size - at : size);
        t->hits++;
    }
    tap12_passed(t, m);
}

static void test_split(void **state) {
    (void)state;
    for (size_t size = 1; size < 1500; size = size * 3 / 2 + 1) {
        pair_note("records of %zu", size);
        tap12_pair_openssl(&pair);
        pair_mutual(&pair, PKI_P256);
        tap12_run(&tap, &pair, split, &size);
        pair_assert_complete(&pair);
        pair_exchange(&pair, 1000);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// The server's first flight and the client's messages before ChangeCipherSpec go in one record
// each.
static struct {
    size_t size;
    uint8_t data[SKR_RECORD_PLAIN_MAX];
} flight;

static void join(tap12_t *t, pair_message_t *m) {
    if (m->content == RECORD_HANDSHAKE && m->type != WIRE_FINISHED &&
        m->type != WIRE_CLIENT_HELLO) {
        assert_true(m->size <= sizeof(flight.data) - flight.size);
        memcpy(flight.data + flight.size, m->data, m->size);
        flight.size += m->size;
        tap12_passed(t, m);
        if (m->type != WIRE_SERVER_HELLO_DONE && m->type != WIRE_CERTIFICATE_VERIFY) {
            return;
        }
        tap12_send(t, m->by_client, RECORD_HANDSHAKE, flight.data, flight.size);
        flight.size = 0;
        t->hits++;
        return;
    }
    tap12_forward(t, m);
}

static void test_joined(void **state) {
    (void)state;
    tap12_pair_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    tap12_run(&tap, &pair, join, NULL);
    assert_int_equal(tap.hits, 2);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

// The largest record of the protocol, and one byte more; by what the reader allows; empty ones.
static void test_largest(void **state) {
    pair_side_t *reader = *state;
    bool by_client = reader == &pair.server;
    static const uint16_t two[] = {0xc02b, 0xcca9};
    for (unsigned i = 0; i < 4; i++) {
        skr_error_t error;
        tap12_pair_openssl(&pair);
        set_suite(two[i % 2]);
        reader->config.max_record_in = i < 2 ? 0 : 2500;
        size_t most = i < 2 ? SKR_RECORD_PLAIN_MAX : 2500;
        pair_start(&pair);
        tap12_init(&tap, &pair, tap12_forward, NULL);
        pair_run(&pair);
        tap12_send(&tap, by_client, RECORD_APPLICATION_DATA, zeros, most);
        pair_run(&pair);
        assert_int_equal(reader->got_size, most);
        tap12_send(&tap, by_client, RECORD_APPLICATION_DATA, zeros, most + 1);
        reader->got_size = 0;
        pair_run(&pair);
        pair_assert_refused(&pair, reader, i < 2 ? SKR_ERR_RECORD_OVERFLOW : SKR_ERR_RECORD_LIMIT);
        skr_conn_error(reader->conn, &error);
        assert_true(i < 2 || (error.value == 2501 && error.limit == 2500));
        pair_end(&pair);
    }
}

static void test_empty(void **state) {
    pair_side_t *reader = *state;
    bool by_client = reader == &pair.server;
    for (uint8_t type = RECORD_CHANGE_CIPHER_SPEC; type < RECORD_APPLICATION_DATA; type++) {
        tapped();
        tap12_send(&tap, by_client, type, NULL, 0);
        pair_run(&pair);
        pair_assert_refused(&pair, reader, SKR_ERR_RECORD_EMPTY);
        pair_end(&pair);
    }
    tapped();
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < SKR_EMPTY_RECORDS_MAX; i++) {
            tap12_send(&tap, by_client, RECORD_APPLICATION_DATA, NULL, 0);
        }
        tap12_send(&tap, by_client, RECORD_APPLICATION_DATA, "x", 1);
    }
    pair_run(&pair);
    assert_int_equal(reader->got_size, 2);
    reader->got_size = 0;
    for (unsigned i = 0; i <= SKR_EMPTY_RECORDS_MAX; i++) {
        tap12_send(&tap, by_client, RECORD_APPLICATION_DATA, NULL, 0);
    }
    pair_run(&pair);
    pair_assert_refused(&pair, reader, SKR_ERR_FLOOD);
    pair_end(&pair);
}

// In the clear where all must be protected; shorter than nonce and tag; of unknown types.
static void test_unprotected(void **state) {
    pair_side_t *reader = *state;
    bool by_client = reader == &pair.server;
    for (size_t size = 1; size <= 24; size++) {
        tapped();
        tap12_send_clear(&tap, by_client, RECORD_APPLICATION_DATA, zeros, size);
        pair_run(&pair);
        pair_assert_refused(&pair, reader, SKR_ERR_RECORD_MAC);
        pair_end(&pair);
    }
    tapped();
    tap12_send_clear(&tap, by_client, RECORD_ALERT, "\2\x28", 2);
    pair_run(&pair);
    pair_assert_refused(&pair, reader, SKR_ERR_RECORD_MAC);
    pair_end(&pair);
    static const uint8_t types[] = {0, 19, 24, 255};
    for (unsigned i = 0; i < sizeof(types); i++) {
        tapped();
        tap12_send(&tap, by_client, types[i], "x", 1);
        pair_run(&pair);
        pair_assert_refused(&pair, reader, SKR_ERR_RECORD_TYPE);
        pair_end(&pair);
    }
    tapped();
    tap12_send_clear(&tap, by_client, RECORD_APPLICATION_DATA, zeros, SKR_RECORD_PROTECTED_MAX + 1);
    pair_run(&pair);
    pair_assert_refused(&pair, reader, SKR_ERR_RECORD_OVERFLOW);
    pair_end(&pair);
}

// A record twice, records swapped, one lost: the sequence number is part of what is protected.
static void test_replay(void **state) {
    (void)state;
    static uint8_t first[100], second[100];
    for (unsigned n = 0; n < 3 * SUITES; n++) {
        pair_note("%04x, case %u", suites[n / 3], n % 3);
        connect_suite(suites[n / 3]);
        size_t size = 0;
        for (unsigned i = 0; i < 2; i++) {
            write_once(&pair.client, 3);
            pair_flush(&pair, &pair.client);
            size = pair.server.wire.size;
            memcpy(i == 0 ? first : second, pair.server.wire.data + pair.server.wire.start, size);
            pair.server.wire.size = 0;
        }
        pair_inject(&pair.server, n % 3 == 0 ? first : second, size);
        pair_inject(&pair.server, first, size);
        pair_run(&pair);
        pair.server.got_size = 0; // the first one, where it was
        pair_assert_refused(&pair, &pair.server, SKR_ERR_RECORD_MAC);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// A used-up key is the end: TLS 1.2 has no KeyUpdate.
static void test_exhausted(void **state) {
    (void)state;
    size_t taken = 0;
    connect_suite(0xc02b);
    pair_assert_status(skr_conn_update_keys(pair.client.conn, false), SKR_ERR_USAGE);
    const skr_aead_t *aead = pair.client.conn->out.keys.aead;
    assert_true(aead->record_limit > 0);
    pair.client.conn->out.keys.sequence = pair.server.conn->in.keys.sequence = aead->record_limit -
        1;
    pair_write(&pair, &pair.client, "x", 1);
    assert_int_equal(pair.server.got_size, 1);
    pair_assert_status(skr_conn_write(pair.client.conn, zeros, 1, &taken), SKR_ERR_KEY_EXHAUSTED);
    assert_int_equal(taken, 0);
    pair_run(&pair);
    pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_ERR_TRUNCATED);
    pair_end(&pair);
    tapped();
    pair.server.conn->in.keys.sequence = UINT64_MAX;
    tap.way[1].seal.sequence = UINT64_MAX;
    tap12_send(&tap, true, RECORD_APPLICATION_DATA, "x", 1);
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_KEY_EXHAUSTED);
    pair_end(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_sizes, &pair_providers[0]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[1]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[2]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[3]),
        PAIR_TEST_WITH(test_small_out, &pair_providers[0]),
        PAIR_TEST(test_explicit_nonce),
        PAIR_TEST(test_chunks),
        PAIR_TEST(test_split),
        PAIR_TEST(test_joined),
        PAIR_TEST_WITH(test_largest, &pair.client),
        PAIR_TEST_WITH(test_largest, &pair.server),
        PAIR_TEST_WITH(test_empty, &pair.client),
        PAIR_TEST_WITH(test_empty, &pair.server),
        PAIR_TEST_WITH(test_unprotected, &pair.client),
        PAIR_TEST_WITH(test_unprotected, &pair.server),
        PAIR_TEST(test_replay),
        PAIR_TEST(test_exhausted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
