// Every byte of a handshake altered; every byte the last one.
//
// In: a whole handshake with a retry, a client certificate and application protocols, with one bit
// of one byte flipped on the way, or cut before that byte. Out: never two complete sides, but for
// the one field that nobody looks at, a record's legacy version (RFC 9846 section 5.1); nobody who
// is left waiting takes an end for a close; no data, nothing of another class of error than the
// peer's fault. All memory is back each time.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair.h"

static pair_t pair;

static struct {
    bool to_server;
    bool cut; // neither the byte nor anything behind it comes
    size_t at; // byte of the stream
    uint8_t mask; // 0: it stays
    size_t seen;
    bool done;
    // Where in a record the stream stands, and where the byte was.
    size_t in_record, record_size, records;
    bool is_version, is_first_major;
} damage;

static void damage_byte(uint8_t *byte) {
    size_t at = damage.in_record++;
    if (at == 3 || at == 4) {
        damage.record_size = at == 3 ? (size_t)*byte << 8 : damage.record_size + *byte;
    }
    if (damage.seen++ == damage.at) {
        damage.is_version = at == 1 || at == 2;
        damage.is_first_major = at == 1 && damage.records == 0;
        damage.done = true;
        *byte ^= damage.mask;
    }
    if (at >= 4 && at == 4 + damage.record_size) {
        damage.in_record = 0;
        damage.records++;
    }
}

static void tap(pair_t *p, pair_side_t *from, const uint8_t *data, size_t size) {
    pair_side_t *to = pair_other(p, from);
    bool mine = (to == &p->server) == damage.to_server;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];
        if (mine) {
            damage_byte(&byte);
        }
        if (mine && damage.cut && damage.done) {
            return;
        }
        pair_inject(to, &byte, 1);
    }
}

static void set_up(void) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    static const skr_view_t alpn[] = {{(const uint8_t *)"mqtt", 4}, {(const uint8_t *)"coap", 4}};
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.groups = both;
    pair.server.config.groups = wanted;
    pair.client.config.alpn = pair.server.config.alpn = alpn;
    pair.client.config.alpn_count = pair.server.config.alpn_count = 2;
}

static void assert_fault_of_peer(const pair_side_t *side) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    skr_class_t class = skr_error_class(error.status);
    assert_int_equal(side->got_size, 0);
    assert_true(error.status == SKR_OK || (class != SKR_CLASS_USAGE && class != SKR_CLASS_LOCAL));
}

static void assert_cut(pair_side_t *side) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    if (error.status == SKR_OK) {
        bool complete = pair_is_complete(side);
        pair_assert_status(
            skr_conn_feed_eof(side->conn), complete ? SKR_ERR_TRUNCATED : SKR_ERR_CLOSED_EARLY);
    }
    assert_false(pair_is_complete(side));
}

// false: the stream was shorter.
static bool run_damaged(void) {
    pair_start(&pair);
    pair.tap = tap;
    pair_run(&pair);
    assert_fault_of_peer(&pair.client);
    assert_fault_of_peer(&pair.server);
    if (damage.done && (damage.cut || !damage.is_version || damage.is_first_major)) {
        assert_false(pair_is_complete(&pair.server));
        assert_cut(&pair.server);
        assert_cut(&pair.client);
    } else {
        pair_assert_complete(&pair);
    }
    pair_end(&pair);
    return damage.done;
}

static void damage_all(bool to_server, bool cut) {
    size_t at = 0;
    bool more = true;
    set_up();
    for (; more; at++) {
        memset(&damage, 0, sizeof(damage));
        damage.to_server = to_server;
        damage.cut = cut;
        damage.at = at;
        damage.mask = (uint8_t)(cut ? 0 : 1u << at % 8);
        pair_note("byte %zu to the %s", at, to_server ? "server" : "client");
        more = run_damaged();
    }
    pair_note("%s", "");
    print_message("    %zu bytes\n", at - 1);
    assert_true(at > 1000);
}

static void test_flip(void **state) {
    damage_all(*state == &pair.server, false);
}

static void test_cut(void **state) {
    damage_all(*state == &pair.server, true);
}

// A length or a type all at once: each value of the first bytes of each side.
static void test_first_bytes(void **state) {
    bool to_server = *state == &pair.server;
    set_up();
    for (unsigned at = 0; at < 9; at++) {
        for (unsigned mask = 1; mask < 256; mask++) {
            memset(&damage, 0, sizeof(damage));
            damage.to_server = to_server;
            damage.at = at;
            damage.mask = (uint8_t)mask;
            pair_note("byte %u ^ %u", at, mask);
            assert_true(run_damaged());
        }
    }
    pair_note("%s", "");
}

// Data that came before a cut is there, in whole records; the rest of the record is not.
static void test_cut_data(void **state) {
    (void)state;
    static const uint8_t data[30] = "what came before is not lost";
    size_t taken = 0;
    pair_init_openssl(&pair);
    for (size_t cut = 1; cut <= sizeof(data) + 22; cut++) {
        pair_note("cut by %zu", cut);
        pair_connect(&pair);
        for (int i = 0; i < 2; i++) {
            pair_assert_status(
                skr_conn_write(pair.client.conn, data, sizeof(data), &taken), SKR_OK);
            pair_flush(&pair, &pair.client);
        }
        pair.server.wire.size -= cut;
        pair_run(&pair);
        assert_int_equal(pair.server.got_size, sizeof(data));
        assert_memory_equal(pair.server.got, data, sizeof(data));
        pair_assert_status(skr_conn_feed_eof(pair.server.conn), SKR_ERR_TRUNCATED);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_flip, &pair.client),
        PAIR_TEST_WITH(test_flip, &pair.server),
        PAIR_TEST_WITH(test_cut, &pair.client),
        PAIR_TEST_WITH(test_cut, &pair.server),
        PAIR_TEST_WITH(test_first_bytes, &pair.client),
        PAIR_TEST_WITH(test_first_bytes, &pair.server),
        PAIR_TEST(test_cut_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
