// Every byte of TLS 1.2's handshakes and of both versions' short ones altered; every byte the last
// one.
//
// In: a full handshake of TLS 1.2 with a client certificate, application protocols and a ticket at
// its end, and the short ones that follow, with one bit of one byte flipped on the way, or cut
// before that byte. Out: never two complete sides, but for what nobody looks at: a record's version
// (RFC 9846 section 5.1), and TLS 1.3's tickets, which come behind a handshake that is complete. No
// data, and nothing of another class of error than the peer's fault. All memory is back each time.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/resume.h"

static pair_t pair;
static resume_session_t kept;

static struct {
    bool to_server;
    bool cut; // neither the byte nor anything behind it comes
    size_t at; // byte of the stream
    uint8_t mask;
    size_t seen;
    bool done;
    bool behind; // the reader's handshake was complete
    // Where in a record the stream stands, and where the byte was.
    size_t in_record, record_size, records;
    bool is_version, is_length;
} damage;

static void damage_byte(const pair_side_t *to, uint8_t *byte) {
    size_t at = damage.in_record++;
    if (at == 3 || at == 4) {
        damage.record_size = at == 3 ? (size_t)*byte << 8 : damage.record_size + *byte;
    }
    if (damage.seen++ == damage.at) {
        damage.is_version = at == 2 || (at == 1 && damage.records > 0);
        damage.is_length = at == 3 || at == 4;
        damage.behind = pair_is_complete(to);
        damage.done = true;
        *byte ^= damage.cut ? 0 : damage.mask;
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
            damage_byte(to, &byte);
        }
        if (mine && damage.cut && damage.done) {
            return;
        }
        pair_inject(to, &byte, 1);
    }
}

static void assert_fault_of_peer(const pair_side_t *side) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    skr_class_t class = skr_error_class(error.status);
    assert_int_equal(side->got_size, 0);
    assert_true(error.status == SKR_OK || (class != SKR_CLASS_USAGE && class != SKR_CLASS_LOCAL));
}

// Who is left waiting notices the end.
static void assert_ends(pair_side_t *side) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    if (error.status == SKR_OK) {
        bool complete = pair_is_complete(side);
        pair_assert_status(
            skr_conn_feed_eof(side->conn), complete ? SKR_ERR_TRUNCATED : SKR_ERR_CLOSED_EARLY);
    }
    assert_false(pair_is_complete(side));
}

// TLS 1.3's ticket comes when all is proved: then it is one more record that can't be opened.
static void assert_late(void) {
    assert_int_equal(pair.version, SKR_TLS13);
    assert_false(damage.to_server);
    assert_true(damage.cut || damage.is_length || !pair_is_complete(&pair.client));
    assert_ends(&pair.client);
    assert_ends(&pair.server);
}

// false: the stream was shorter.
static bool run_damaged(bool short_one) {
    pair_start(&pair);
    assert_true(!short_one || resume_offer(&pair, &kept));
    pair.tap = tap;
    pair_run(&pair);
    pair.tap = NULL;
    skr_conn_session_done(pair.client.conn);
    assert_fault_of_peer(&pair.client);
    assert_fault_of_peer(&pair.server);
    if (!damage.done || (damage.is_version && !damage.cut)) {
        skr_conn_info_t info;
        pair_assert_complete(&pair);
        skr_conn_info(pair.client.conn, &info);
        assert_int_equal(info.resumed, short_one);
    } else if (damage.behind || (pair_is_complete(&pair.server) && pair.version == SKR_TLS13)) {
        assert_late();
    } else {
        assert_false(pair_is_complete(&pair.server) && pair_is_complete(&pair.client));
        assert_ends(&pair.server);
        assert_ends(&pair.client);
    }
    pair_end(&pair);
    return damage.done;
}

typedef struct {
    uint16_t version;
    bool short_one;
} kind_t;
static const kind_t full12 = {SKR_TLS12, false}, short12 = {SKR_TLS12, true},
                    short13 = {SKR_TLS13, true};

static void set_up(const kind_t *kind) {
    static const skr_view_t alpn[] = {{(const uint8_t *)"mqtt", 4}, {(const uint8_t *)"coap", 4}};
    resume_pair_openssl(&pair, kind->version);
    pair_mutual(&pair, PKI_P256);
    pair.client.config.alpn = pair.server.config.alpn = alpn;
    pair.client.config.alpn_count = pair.server.config.alpn_count = 2;
    resume_first(&pair, &kept);
}

static void damage_all(const kind_t *kind, bool to_server, bool cut) {
    size_t at = 0;
    bool more = true;
    set_up(kind);
    for (; more; at++) {
        memset(&damage, 0, sizeof(damage));
        damage.to_server = to_server;
        damage.cut = cut;
        damage.at = at;
        damage.mask = (uint8_t)(1 << at % 8);
        pair_note("byte %zu to the %s", at, to_server ? "server" : "client");
        more = run_damaged(kind->short_one);
    }
    pair_note("%s", "");
    print_message("    %zu bytes\n", at - 1);
    assert_true(at > (kind->short_one ? 250 : 1000));
}

static void test_flip(void **state) {
    damage_all(*state, false, false);
    damage_all(*state, true, false);
}

static void test_cut(void **state) {
    damage_all(*state, false, true);
    damage_all(*state, true, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_flip, &full12),
        PAIR_TEST_WITH(test_flip, &short12),
        PAIR_TEST_WITH(test_flip, &short13),
        PAIR_TEST_WITH(test_cut, &full12),
        PAIR_TEST_WITH(test_cut, &short12),
        PAIR_TEST_WITH(test_cut, &short13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
