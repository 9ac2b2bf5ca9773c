// TLS 1.2's handshakes and both versions' short ones, when something fails: the nth call of the
// provider, the nth draw of randomness, the nth request for memory (design.md section 6).
//
// In: handshakes with client certificates, data and a close, in which one call of one side fails,
// once or ever after. Out: an error that says so, or, where only the session was lost, a full
// handshake or a connection without a session; never two sides that think differently, nothing
// accepted, and all memory back and wiped.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/ct.h"
#include "support/resume.h"

static pair_t pair;
static resume_session_t kept;

typedef struct {
    uint16_t version;
    bool short_one;
} kind_t;
static const kind_t full12 = {SKR_TLS12, false}, short12 = {SKR_TLS12, true},
                    short13 = {SKR_TLS13, true};

static void set_up(const kind_t *kind) {
    pair.client.memory.fail_at = pair.server.memory.fail_at = 0;
    resume_pair_openssl(&pair, kind->version);
    pair_mutual(&pair, PKI_P256);
    resume_first(&pair, &kept);
}

// One side's provider and randomness fail on demand.
static void break_side(pair_side_t *side) {
    static test_fault_random_t random;
    random = (test_fault_random_t){test_random, &side->random};
    side->config.provider = test_fault_provider(&skr_provider_openssl);
    side->config.random = test_fault_random;
    side->config.random_user = &random;
}

// A handshake as far as it goes, a few words, and its end.
static void live(const kind_t *kind) {
    size_t taken = 0;
    pair_start(&pair);
    if (kind->short_one) {
        (void)resume_offer(&pair, &kept);
    }
    pair_run(&pair);
    (void)skr_conn_write(pair.client.conn, (const uint8_t *)"ping", 4, &taken);
    pair_run(&pair);
    (void)skr_conn_write(pair.server.conn, (const uint8_t *)"pong", 4, &taken);
    pair_run(&pair);
}

static skr_status_t error_of(const pair_side_t *side) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    return error.status;
}

// Both came through: with the same keys, and every word arrived.
static void assert_agreed(void) {
    skr_conn_info_t client, server;
    skr_conn_info(pair.client.conn, &client);
    skr_conn_info(pair.server.conn, &server);
    assert_int_equal(client.version, pair.version);
    assert_int_equal(client.version, server.version);
    assert_int_equal(client.suite, server.suite);
    assert_int_equal(client.resumed, server.resumed);
    assert_true(client.peer_verified && server.peer_verified);
    assert_int_equal(pair.client.got_size, 4);
    assert_int_equal(pair.server.got_size, 4);
    assert_memory_equal(pair.client.got, "pong", 4);
    assert_memory_equal(pair.server.got, "ping", 4);
    assert_int_equal(pair.client.secret_count, pair.server.secret_count);
    const pair_secret_t *one = &pair.client.secret[0];
    const pair_secret_t *two = pair_secret(&pair.server, one->label);
    assert_non_null(two);
    assert_memory_equal(one->secret, two->secret, one->size);
}

// The side that something failed in says what; the other side hears of it or notices the end.
static void assert_failed(pair_side_t *side, skr_class_t class) {
    pair_side_t *other = pair_other(&pair, side);
    skr_status_t status = error_of(side), theirs = error_of(other);
    assert_true(skr_error_class(status) == class || status == SKR_ERR_KEY_MISMATCH);
    assert_false(pair_is_complete(side));
    if (theirs == SKR_OK) {
        theirs = skr_conn_feed_eof(other->conn);
        assert_true(theirs == SKR_ERR_CLOSED_EARLY || theirs == SKR_ERR_TRUNCATED);
    } else if (theirs != SKR_ERR_PEER_ALERT) { // an alert where none could be read
        assert_int_equal(skr_error_class(theirs), SKR_CLASS_MISBEHAVED);
    }
    assert_false(pair_is_complete(other));
}

// --- Provider and randomness ---

static unsigned outcomes[2]; // failed, agreed all the same

static bool run_fault(const kind_t *kind, pair_side_t *side, unsigned long n, bool ever_after) {
    test_fault_set(n, ever_after);
    live(kind);
    const char *first = test_fault_first();
    test_fault_set(0, false);
    pair_note("%s of the %s, call %lu, ever after %d", first, side->name, n, ever_after);
    if (first == NULL || error_of(side) == SKR_OK) {
        assert_agreed();
        outcomes[1]++;
    } else {
        assert_failed(side, SKR_CLASS_LOCAL);
        outcomes[0]++;
    }
    skr_conn_session_done(pair.client.conn);
    pair_end(&pair);
    return first != NULL;
}

static void run_faults(const kind_t *kind, pair_side_t *side) {
    unsigned long n = 1;
    memset(outcomes, 0, sizeof(outcomes));
    set_up(kind);
    break_side(side);
    while (run_fault(kind, side, n, false)) {
        (void)run_fault(kind, side, n, true);
        n++;
    }
    pair_note("%s", "");
    print_message("    %lu calls of the %s: %u failures, %u that did no harm\n", n - 1, side->name,
        outcomes[0], outcomes[1]);
    assert_true(n > 100 && outcomes[0] > n);
    // Only what concerns sessions may fail and be passed over.
    assert_true(outcomes[1] < (kind->short_one ? 40 : 4));
}

static void test_faults(void **state) {
    run_faults(*state, &pair.client);
    run_faults(*state, &pair.server);
}

// --- Memory ---

static bool run_memory(const kind_t *kind, pair_side_t *side, unsigned long n, bool ever_after) {
    side->memory.fail_at = n;
    side->memory.fail_after = ever_after;
    live(kind);
    side->memory.fail_at = 0;
    side->memory.fail_after = false;
    bool hit = side->memory.failed > 0;
    pair_note("request %lu of the %s, ever after %d", n, side->name, ever_after);
    if (error_of(side) == SKR_OK) {
        assert_agreed();
        outcomes[1]++;
    } else {
        assert_true(hit);
        pair_assert_status(error_of(side), SKR_ERR_MEMORY);
        assert_failed(side, SKR_CLASS_LOCAL);
        outcomes[0]++;
    }
    skr_conn_session_done(pair.client.conn);
    pair_end(&pair);
    return hit;
}

static void run_memories(const kind_t *kind, pair_side_t *side) {
    unsigned long n = 1;
    memset(outcomes, 0, sizeof(outcomes));
    for (unsigned small = 0; small < 2; small++) {
        set_up(kind);
        pair.client.config.max_record_out = pair.server.config.max_record_out = small ? 100 : 0;
        for (n = 1; run_memory(kind, side, n, false); n++) {
            (void)run_memory(kind, side, n, true);
        }
    }
    pair_note("%s", "");
    print_message("    %lu requests of the %s: %u failures, %u that did no harm\n", n - 1,
        side->name, outcomes[0], outcomes[1]);
    assert_true(n > 8 && outcomes[0] > n);
    assert_true(outcomes[1] < 10); // a session that there is no room for
}

static void test_memory(void **state) {
    run_memories(*state, &pair.client);
    run_memories(*state, &pair.server);
}

// --- Nothing stays ---

static bool holds(const void *where, size_t size, const uint8_t *secret, size_t secret_size) {
    const uint8_t *bytes = where;
    for (size_t i = 0; i + secret_size <= size; i++) {
        if (view_equal(view_of(bytes + i, secret_size), view_of(secret, secret_size))) {
            return true;
        }
    }
    return false;
}

// Blocks are wiped when they go back, which the memory asserts; and the connection itself keeps
// nothing that only the handshake or the resumed session needed.
static void run_wiped(const kind_t *kind) {
    static resume_session_t room;
    session_t session;
    set_up(kind);
    resume_open(&kept, &session, &room);
    pair_start(&pair);
    assert_true(resume_offer(&pair, &kept));
    // What is offered lies open as long as it is of use, and no longer.
    uint8_t *block = pair.client.memory.block[SKR_REGION_SESSION];
    assert_true(holds(
        block, pair.client.memory.size[SKR_REGION_SESSION], session.secret, session.secret_size));
    pair_run(&pair);
    const pair_side_t *sides[] = {&pair.client, &pair.server};
    for (unsigned i = 0; i < 2; i++) {
        bool master = kind->version == SKR_TLS12; // which exporters need
        assert_int_equal(
            holds(sides[i]->room, sizeof(sides[i]->room), session.secret, session.secret_size),
            master);
    }
    assert_false(holds(pair.client.memory.block[SKR_REGION_SESSION],
        pair.client.memory.size[SKR_REGION_SESSION], session.secret, session.secret_size));
    skr_conn_session_done(pair.client.conn);
    pair_assert_complete(&pair);
    pair_end(&pair);
    for (unsigned i = 0; i < 2; i++) {
        assert_false(
            holds(sides[i]->room, sizeof(sides[i]->room), session.secret, session.secret_size));
    }
    pair_start(&pair); // freed with an offer in hand
    assert_true(resume_offer(&pair, &kept));
    pair_end(&pair);
    ct_wipe(&session, sizeof(session));
}

static void test_wiped(void **state) {
    run_wiped(*state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_faults, &full12),
        PAIR_TEST_WITH(test_faults, &short12),
        PAIR_TEST_WITH(test_faults, &short13),
        PAIR_TEST_WITH(test_memory, &full12),
        PAIR_TEST_WITH(test_memory, &short12),
        PAIR_TEST_WITH(test_memory, &short13),
        PAIR_TEST_WITH(test_wiped, &short12),
        PAIR_TEST_WITH(test_wiped, &short13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
