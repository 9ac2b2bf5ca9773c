// Records that lie in several blocks.
//
// In: chunks of 64 bytes up to more than the largest record, records of sizes around their edges,
// padded or not, every kind of AEAD, both versions and all pairs of providers; bits that change
// anywhere in a record; memory that runs out at every block; ends in the middle. Out: the same data
// as in one block, no block beyond the chunk but where the AEAD opens whole records only, memory
// that is taken as the bytes come and given back as they are read, and nothing of a record before
// its tag is right. That blocks are wiped and all come back is asserted by pair_memory.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "conn/conn.h"
#include "support/pair.h"

enum { HUGE = 0xffff, LARGEST = SKR_RECORD_PLAIN_MAX, LINK = 16 };

static pair_t pair;
static uint8_t data[LARGEST];

// A row is a kind of AEAD, by the suites that have it.
typedef struct {
    const char *name;
    uint16_t suites[3]; // of TLS 1.3 and of TLS 1.2
} aead_row_t;
static const aead_row_t gcm = {"GCM", {0x1301, 0xc02b, 0}};
static const aead_row_t others[] = {
    {"GCM 256", {0x1302, 0xc02c, 0}},
    {"ChaCha20", {0x1303, 0xcca9, 0}},
    {"CCM", {0x1304, 0xc0ac, 0}},
    {"CCM_8", {0x1305, 0xc0ae, 0}},
};

static void fill_data(void) {
    test_random_t random;
    test_random_seed(&random, 7);
    test_random(&random, data, sizeof(data));
}

static void set_version(uint16_t version) {
    pair.client.config.min_version = pair.client.config.max_version = version;
    pair.server.config.min_version = pair.server.config.max_version = version;
    pair.version = version;
}

// The server receives in chunks, the client sends records of any size.
static void set_up(
    const pair_providers_t *p, uint16_t version, const aead_row_t *row, size_t chunk) {
    if (p == NULL) {
        pair_init_openssl(&pair);
    } else {
        pair_init(&pair, p->client, p->server);
    }
    set_version(version);
    pair.client.config.suites = pair.server.config.suites = row->suites;
    pair.client.config.chunk = HUGE;
    pair.server.config.chunk = (uint16_t)chunk;
}

static bool opens_in_pieces(void) {
    return pair.server.conn->in.keys.aead->open_start != NULL;
}

static void send_record(size_t size) {
    size_t taken = 0;
    pair_assert_status(skr_conn_write(pair.client.conn, data, size, &taken), SKR_OK);
    assert_int_equal(taken, size);
    pair_flush(&pair, &pair.client);
}

static void exchange_record(size_t size) {
    pair_memory_t *memory = &pair.server.memory;
    size_t chunk = pair_chunk(&pair.server);
    memory->pieces_peak = memory->peak[SKR_REGION_RECORD_IN] = 0;
    pair.server.got_size = 0;
    send_record(size);
    size_t whole = pair.server.wire.size - SKR_RECORD_HEADER_SIZE;
    pair_run(&pair);
    assert_int_equal(pair.server.got_size, size);
    assert_memory_equal(pair.server.got, data, size);
    if (!opens_in_pieces() || whole <= chunk) {
        assert_int_equal(memory->peak[SKR_REGION_RECORD_IN], whole);
        assert_true(memory->pieces_peak <= 1);
    } else {
        assert_int_equal(memory->peak[SKR_REGION_RECORD_IN], chunk);
        assert_true(memory->pieces_peak >= whole / chunk);
    }
}

// Sizes at which the end of the content, the tag's and the padding's move over a block's edge.
static void exchange_edges(size_t chunk) {
    size_t step = chunk - LINK;
    for (size_t edge = step; edge < LARGEST; edge *= 3) {
        for (size_t size = edge > 40 ? edge - 40 : 1; size < edge + 20 && size < LARGEST; size++) {
            exchange_record(size);
        }
    }
    exchange_record(1);
    exchange_record(LARGEST - 1);
    exchange_record(LARGEST);
}

static void run_chunk(
    const pair_providers_t *p, uint16_t version, const aead_row_t *row, size_t chunk) {
    pair_note("%s %04x %s chunk %zu", p->name, version, row->name, chunk);
    set_up(p, version, row, chunk);
    pair_connect(&pair);
    exchange_edges(pair_chunk(&pair.server));
    pair_end(&pair);
}

static void test_sizes(void **state) {
    const pair_providers_t *p = *state;
    static const uint16_t chunks[] = {64, 79, 80, 256, 512, 1024, 2047, 0, 4096, 16384, HUGE};
    for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
        run_chunk(p, SKR_TLS12, &gcm, chunks[i]);
        run_chunk(p, SKR_TLS13, &gcm, chunks[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        run_chunk(p, SKR_TLS12, &others[i], 128);
        run_chunk(p, SKR_TLS13, &others[i], 128);
    }
    pair_note("%s", "");
}

// The content's type hides behind the content and in front of zeros, in whichever block.
static void test_padding(void **state) {
    const pair_providers_t *p = *state;
    static const uint16_t pads[] = {63, 64, 500, 4096, LARGEST};
    static const size_t sizes[] = {1, 30, 31, 32, 46, 47, 48, 49, 95, 96, 97, 1000};
    for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]); i++) {
        pair_note("%s pad %u", p->name, pads[i]);
        set_up(p, SKR_TLS13, &gcm, 64);
        pair.client.config.pad_to = pads[i];
        pair_connect(&pair);
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            exchange_record(sizes[s]);
        }
        memset(data, 0, 1000); // content that looks like padding
        exchange_record(1000);
        fill_data();
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// Whole handshakes with clients' certificates, both sides with the smallest chunk.
static void test_handshakes(void **state) {
    const pair_providers_t *p = *state;
    static const pki_kind_t kinds[] = {PKI_P256, PKI_RSA};
    for (unsigned i = 0; i < 8; i++) {
        pair_note("%s %u", p->name, i);
        pair_init(&pair, p->client, p->server);
        set_version(i % 2 == 0 ? SKR_TLS12 : SKR_TLS13);
        pair_server_kind(&pair, kinds[i / 2 % 2]);
        pair_mutual(&pair, kinds[i / 2 % 2]);
        pair.client.config.chunk = pair.server.config.chunk = SKR_CHUNK_MIN;
        pair.client.chunk = pair.server.chunk = i < 4 ? PAIR_ALL : 3;
        pair_connect(&pair);
        pair_exchange(&pair, 3000);
        pair_assert_complete(&pair);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// A block is there when its first byte has come, and not before; what is needed is known from the
// header on.
static void test_taken_as_it_comes(void **state) {
    (void)state;
    enum { CHUNK = 512, SIZE = 5000 };
    pair_memory_t *memory = &pair.server.memory;
    for (unsigned version = SKR_TLS12; version <= SKR_TLS13; version++) {
        set_up(NULL, (uint16_t)version, &gcm, CHUNK);
        pair_connect(&pair);
        pair.server.chunk = 1;
        pair.server.hold = true;
        send_record(SIZE);
        size_t whole = pair.server.wire.size;
        for (size_t fed = 1; fed < whole; fed++) {
            assert_true(pair_feed(&pair, &pair.server));
            size_t inside = fed > SKR_RECORD_HEADER_SIZE ? fed - SKR_RECORD_HEADER_SIZE : 0;
            size_t blocks = inside == 0 ? 1 : (inside - 1) / (CHUNK - LINK) + 1;
            assert_true(memory->total[SKR_REGION_RECORD_IN] <= blocks * CHUNK);
            assert_true(memory->total[SKR_REGION_RECORD_IN] >= inside);
            assert_int_equal(skr_conn_readable(pair.server.conn), 0);
            if (fed >= SKR_RECORD_HEADER_SIZE) {
                assert_int_equal(skr_conn_needs(pair.server.conn), whole - fed);
            }
        }
        assert_true(pair_feed(&pair, &pair.server));
        assert_int_equal(skr_conn_readable(pair.server.conn), SIZE);
        pair.server.hold = false;
        pair_read(&pair.server);
        assert_int_equal(memory->total[SKR_REGION_RECORD_IN], 0);
        pair_end(&pair);
    }
}

// Read in dribs: what was read is given back block by block.
static void test_given_back_as_it_is_read(void **state) {
    (void)state;
    enum { CHUNK = 256, SIZE = 3001 };
    static const size_t dribs[] = {1, 7, 240, 241, 999};
    for (unsigned i = 0; i < 2 * sizeof(dribs) / sizeof(dribs[0]); i++) {
        uint8_t got[SIZE];
        size_t total = 0, n = 0;
        set_up(NULL, i % 2 == 0 ? SKR_TLS12 : SKR_TLS13, &gcm, CHUNK);
        pair_connect(&pair);
        pair.server.hold = true;
        send_record(SIZE);
        pair_run(&pair);
        while (total < SIZE) {
            size_t drib = dribs[i / 2] < SIZE - total ? dribs[i / 2] : SIZE - total;
            assert_int_equal(skr_conn_readable(pair.server.conn), SIZE - total);
            pair_assert_status(skr_conn_read(pair.server.conn, got + total, drib, &n), SKR_OK);
            assert_int_equal(n, drib);
            total += n;
            size_t blocks = (SIZE - total + 24) / (CHUNK - LINK) + 2;
            size_t left = total == SIZE ? 0 : blocks * CHUNK;
            assert_true(pair.server.memory.total[SKR_REGION_RECORD_IN] <= left);
        }
        assert_memory_equal(got, data, SIZE);
        pair_assert_status(skr_conn_read(pair.server.conn, got, 1, &n), SKR_WANT_INPUT);
        pair_end(&pair);
    }
}

// One bit in any block, or in the tag: nothing of the record comes out.
static void test_flips(void **state) {
    (void)state;
    enum { SIZE = 700 };
    for (size_t at = SKR_RECORD_HEADER_SIZE; at<SIZE + 20; at += at> SIZE ? 1 : 23) {
        for (unsigned version = SKR_TLS12; version <= SKR_TLS13; version++) {
            pair_note("%04x, byte %zu", version, at);
            set_up(NULL, (uint16_t)version, &gcm, 64);
            pair_connect(&pair);
            send_record(SIZE);
            pair.server.wire.data[pair.server.wire.start + at] ^= 0x10;
            pair_run(&pair);
            pair_assert_refused(&pair, &pair.server, SKR_ERR_RECORD_MAC);
            assert_true(pair.server.memory.pieces_peak > 10);
            pair_end(&pair);
        }
    }
    pair_note("%s", "");
}

// Memory runs out at each block of a record, and at the AEAD's state behind them.
static void test_memory_short(void **state) {
    (void)state;
    enum { CHUNK = 1024, SIZE = 8000, TAKES = 8 + 1 };
    for (unsigned i = 0; i < 2 * TAKES; i++) {
        bool last = i / 2 == TAKES - 1;
        skr_error_t error;
        pair_note("%u", i);
        set_up(NULL, i % 2 == 0 ? SKR_TLS12 : SKR_TLS13, &gcm, CHUNK);
        pair_connect(&pair);
        pair.server.memory.fail_at = pair.server.memory.takes + i / 2 + 1;
        send_record(SIZE);
        pair_run(&pair);
        pair_assert_failed(&pair.server, SKR_ERR_MEMORY);
        assert_int_equal(pair.server.memory.failed, 1);
        assert_int_equal(pair.server.got_size, 0);
        skr_conn_error(pair.server.conn, &error);
        assert_int_equal(error.limit, last ? SKR_REGION_CIPHER_IN : SKR_REGION_RECORD_IN);
        assert_true(last || error.value <= CHUNK);
        // The alert is sealed with a state of the writing side, for which there is memory.
        pair_assert_refused(&pair, &pair.server, SKR_ERR_MEMORY);
        skr_conn_error(pair.client.conn, &error);
        assert_int_equal(error.alert_received, SKR_ALERT_INTERNAL_ERROR);
        pair.server.memory.fail_at = 0;
        pair_end(&pair);
    }
    // And with one more it goes through.
    set_up(NULL, SKR_TLS13, &gcm, CHUNK);
    pair_connect(&pair);
    unsigned long before = pair.server.memory.takes;
    send_record(SIZE);
    pair_run(&pair);
    assert_int_equal(pair.server.got_size, SIZE);
    assert_int_equal(pair.server.memory.takes - before, TAKES);
    pair_end(&pair);
    pair_note("%s", "");
}

// The end comes with half a record received, or half a record read.
static void test_ends(void **state) {
    (void)state;
    enum { CHUNK = 128, SIZE = 2000 };
    uint8_t half[SIZE / 2];
    for (unsigned i = 0; i < 4; i++) {
        size_t used = 0, n = 0;
        set_up(NULL, SKR_TLS13, &gcm, CHUNK);
        pair_connect(&pair);
        pair.server.hold = true;
        send_record(SIZE);
        pair_wire_t *wire = &pair.server.wire;
        pair_assert_status(skr_conn_feed(pair.server.conn, wire->data + wire->start,
                               i < 2 ? wire->size / 2 : wire->size, &used),
            i < 2 ? SKR_OK : SKR_WANT_READ);
        assert_true(pair.server.memory.later_count > 5);
        if (i == 1) {
            pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_ERR_TRUNCATED);
            assert_int_equal(pair.server.memory.total[SKR_REGION_RECORD_IN], 0);
        } else if (i > 1) {
            pair_assert_status(skr_conn_read(pair.server.conn, half, sizeof(half), &n), SKR_OK);
            assert_memory_equal(half, data, sizeof(half));
        }
        if (i == 3) { // what was received before the close can still be read
            pair_assert_status(skr_conn_close(pair.server.conn), SKR_OK);
            pair_assert_status(skr_conn_read(pair.server.conn, half, sizeof(half), &n), SKR_OK);
            assert_memory_equal(half, data + SIZE / 2, sizeof(half));
        }
        pair_end(&pair); // asserts that all is back
    }
}

static void test_too_small_a_chunk(void **state) {
    (void)state;
    set_up(NULL, SKR_TLS13, &gcm, SKR_CHUNK_MIN - 1);
    pair_start(&pair);
    pair_assert_failed(&pair.server, SKR_ERR_CONFIG);
    pair_end(&pair);
}

int main(void) {
    fill_data();
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_sizes, &pair_providers[0]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[1]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[2]),
        PAIR_TEST_WITH(test_sizes, &pair_providers[3]),
        PAIR_TEST_WITH(test_padding, &pair_providers[0]),
        PAIR_TEST_WITH(test_padding, &pair_providers[3]),
        PAIR_TEST_WITH(test_handshakes, &pair_providers[0]),
        PAIR_TEST_WITH(test_handshakes, &pair_providers[3]),
        PAIR_TEST(test_taken_as_it_comes),
        PAIR_TEST(test_given_back_as_it_is_read),
        PAIR_TEST(test_flips),
        PAIR_TEST(test_memory_short),
        PAIR_TEST(test_ends),
        PAIR_TEST(test_too_small_a_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
