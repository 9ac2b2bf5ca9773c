// Hundreds of connections over one pool (src/conn/pool_share.c).
//
// In: couples of a client and a server, all with shares of one pool, of both versions, some with
// client certificates or a pre-shared key. They begin when there is room, and then whoever is drawn
// goes a random step; some vanish in the middle and come again. Out: nobody with a share of its
// need ever lacks memory, those who find no room wait and get their turn, all data arrives, all
// that was taken comes back, wiped; who asks for more than its share fails alone, its peer sees
// internal_error, and nobody else notices.
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/ct.h"
#include "support/pair.h"

enum { COUPLES = 250, DATA = 3000, BLOCK_MAX = 4 << 20 };

typedef enum { WAITS, LIVES, IS_DONE, HAS_FAILED } stage_t;
typedef enum { MODEST, GREEDY_IN_HANDSHAKE, GREEDY_WITH_CHAINS, GREEDY_WITH_DATA } manner_t;

typedef struct {
    _Alignas(16) uint8_t room[SKR_CONN_SIZE];
    skr_pool_share_t share;
    skr_memory_t memory;
    skr_config_t config;
    skr_conn_t *conn;
    skr_memory_need_t need, after;
    bool settled; // its share is for the time after the handshake
    unsigned sent, got; // bytes of data
} end_t;

typedef struct {
    end_t end[2]; // client, server
    manner_t manner; // of the client at certificates, of the server else
    stage_t stage;
} couple_t;

static couple_t couples[COUPLES];
static _Alignas(16) uint8_t block[BLOCK_MAX];
static skr_pool_t pool;
static pair_t pair; // what the configurations are made from
static test_random_t random;

static unsigned told_by_alert;

static unsigned draw(unsigned below) {
    uint8_t bytes[4];
    test_random(&random, bytes, sizeof(bytes));
    return ((unsigned)bytes[0] << 16 | (unsigned)bytes[1] << 8 | bytes[2]) % below;
}

// --- Who they are ---

static skr_view_t name_of(const end_t *end) {
    return end->config.role == SKR_CLIENT ? pair.client.server_name : view_of(NULL, 0);
}

static void configure(couple_t *couple, unsigned n) {
    static const uint8_t key[32] = {1, 2, 3};
    static const skr_psk_t psk = {.identity = {(const uint8_t *)"thing", 5},
        .key = {key, sizeof(key)},
        .hash = SKR_HASH_SHA256};
    pair_init_openssl(&pair);
    if (n % 5 == 0) {
        pair_mutual(&pair, PKI_P256);
    }
    for (unsigned i = 0; i < 2; i++) {
        end_t *end = &couple->end[i];
        end->config = (i == 0 ? &pair.client : &pair.server)->config;
        end->config.memory = &end->memory;
        end->config.trace = NULL;
        end->config.secret_log = NULL;
        end->config.min_version = SKR_TLS12;
        end->config.max_version = n % 2 == 0 ? SKR_TLS13 : SKR_TLS12;
        end->config.max_record_in = (uint16_t)(512 << draw(3));
        end->config.max_record_out = 2048;
        end->config.chunk = (uint16_t)(512 << draw(3));
        end->config.max_message = 2048;
        if (n % 5 > 2) { // most need no certificates
            end->config.psks = &psk;
            end->config.psk_count = 1;
        }
        pair_assert_status(skr_memory_needed(&end->config, name_of(end), &end->need), SKR_OK);
        pair_assert_status(
            skr_memory_needed_after(&end->config, name_of(end), &end->after), SKR_OK);
        assert_true(end->after.place < end->need.place);
        assert_true(end->after.all.bytes < end->need.all.bytes);
    }
}

// A share for a smaller need than the configuration will have.
static void become(couple_t *couple, manner_t manner) {
    end_t *client = &couple->end[0], *server = &couple->end[1];
    skr_config_t small = server->config;
    couple->manner = manner;
    if (manner == GREEDY_IN_HANDSHAKE) {
        server->need = server->after;
    } else if (manner == GREEDY_WITH_CHAINS) {
        client->config.psk_count = 0;
        client->config.certificate_window = 8192;
    } else if (manner == GREEDY_WITH_DATA) {
        small.max_record_in = 256;
        server->config.max_record_in = client->config.max_record_out = 16000;
        client->config.chunk = 16000; // its records are larger than the server has room for
        pair_assert_status(skr_memory_needed(&small, view_of(NULL, 0), &server->need), SKR_OK);
        pair_assert_status(
            skr_memory_needed_after(&small, view_of(NULL, 0), &server->after), SKR_OK);
        pair_assert_status(
            skr_memory_needed(&client->config, name_of(client), &client->need), SKR_OK);
        pair_assert_status(
            skr_memory_needed_after(&client->config, name_of(client), &client->after), SKR_OK);
    }
}

// --- What they do ---

// A share full of zeros, so that it must be so again when it goes.
static bool share(end_t *end, const skr_memory_need_t *need) {
    assert_true(ct_is_zero(end->share.start, end->share.size));
    bool begun = skr_pool_share_begin(&end->share, need);
    if (begun) {
        memset(end->share.start, 0, end->share.size);
    }
    return begun;
}

// Both have a share, or none has.
static void begin(couple_t *couple) {
    end_t *end = couple->end;
    if (!share(&end[0], &end[0].need)) {
        return;
    }
    if (!share(&end[1], &end[1].need)) {
        assert_true(skr_pool_share_end(&end[0].share));
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        end[i].conn = skr_conn_init(
            end[i].room, sizeof(end[i].room), &end[i].config, name_of(&end[i]), pki_now);
        assert_non_null(end[i].conn);
        end[i].settled = false;
        end[i].sent = end[i].got = 0;
    }
    couple->stage = LIVES;
}

static void leave(couple_t *couple, stage_t stage) {
    for (unsigned i = 0; i < 2; i++) {
        end_t *end = &couple->end[i];
        skr_conn_free(end->conn);
        assert_int_equal(end->share.used, 0);
        assert_true(ct_is_zero(end->share.start, end->share.size));
        assert_true(skr_pool_share_end(&end->share));
        assert_true(end->share.start == NULL && end->share.size == 0);
    }
    couple->stage = stage;
}

static bool is_complete(const end_t *end) {
    skr_conn_info_t info;
    skr_conn_info(end->conn, &info);
    return info.complete;
}

static bool has_failed(const end_t *end) {
    skr_error_t error;
    skr_conn_error(end->conn, &error);
    return error.status != SKR_OK;
}

static uint8_t byte_of(const couple_t *couple, unsigned which, unsigned at) {
    return (uint8_t)((couple - couples) * 31 + which * 7 + at * 3 + at / 256);
}

static void take_in(couple_t *couple, unsigned which) {
    end_t *end = &couple->end[which];
    uint8_t data[700];
    size_t got = 0;
    (void)skr_conn_read(end->conn, data, 1 + draw(sizeof(data)), &got);
    for (size_t i = 0; i < got; i++) {
        assert_int_equal(data[i], byte_of(couple, 1 - which, end->got++));
    }
}

static void say(couple_t *couple, unsigned which) {
    end_t *end = &couple->end[which];
    uint8_t data[DATA];
    bool much = couple->manner == GREEDY_WITH_DATA;
    size_t size = much ? DATA - end->sent : 1 + draw(DATA - end->sent), taken = 0;
    for (size_t i = 0; i < size; i++) {
        data[i] = byte_of(couple, which, end->sent + (unsigned)i);
    }
    (void)skr_conn_write(end->conn, data, size, &taken);
    end->sent += (unsigned)taken;
}

// Some of what one has to say goes to the other.
static void carry(end_t *from, end_t *to) {
    const uint8_t *data;
    size_t size = skr_conn_output(from->conn, &data), used = 0;
    if (size == 0) {
        return;
    }
    size = has_failed(from) ? size : 1 + draw((unsigned)size);
    (void)skr_conn_feed(to->conn, data, size, &used);
    skr_conn_sent(from->conn, has_failed(to) ? size : used);
}

static void settle(end_t *end) {
    if (!end->settled && is_complete(end)) {
        if (end->share.blocks > 0) {
            assert_false(skr_pool_share_begin(&end->share, &end->after));
            assert_false(skr_pool_share_end(&end->share));
        } else {
            assert_true(share(end, &end->after)); // a smaller one is never refused
            end->settled = true;
        }
    }
}

static void step(couple_t *couple, bool talks) {
    unsigned which = draw(2);
    end_t *end = &couple->end[which];
    if (!is_complete(end)) {
        (void)skr_conn_handshake(end->conn);
    } else if (talks && end->sent < DATA && draw(3) == 0) {
        say(couple, which);
    }
    carry(end, &couple->end[1 - which]);
    if (draw(4) > 0) { // some are slow, and hold their records
        take_in(couple, which);
    }
    settle(end);
    if (talks && end->settled && draw(40) == 0) {
        (void)skr_conn_update_keys(end->conn, false); // refused in TLS 1.2
    }
}

static bool is_over(const couple_t *couple) {
    const end_t *end = couple->end;
    return end[0].got == DATA && end[1].got == DATA && end[0].settled && end[1].settled;
}

// Who is greedy has failed, and told it.
static void assert_failed_alone(couple_t *couple) {
    unsigned which = couple->manner == GREEDY_WITH_CHAINS ? 0 : 1;
    end_t *greedy = &couple->end[which], *other = &couple->end[1 - which];
    skr_error_t error, told;
    skr_conn_error(greedy->conn, &error);
    assert_true(couple->manner != MODEST);
    pair_assert_status(error.status, SKR_ERR_MEMORY);
    bool at_once = error.limit == SKR_REGION_HANDSHAKE; // before anything is said: without an alert
    assert_int_equal(error.alert_sent, at_once ? SKR_ALERT_NONE : SKR_ALERT_INTERNAL_ERROR);
    if (couple->manner != GREEDY_IN_HANDSHAKE) { // there it is whatever comes first
        assert_int_equal(error.limit,
            couple->manner == GREEDY_WITH_CHAINS ? SKR_REGION_CERTIFICATES : SKR_REGION_RECORD_IN);
    }
    assert_true(greedy->share.over > 0);
    assert_int_equal(other->share.over, 0);
    for (unsigned i = 0; i < 1000; i++) { // the other one may have to read and to send before
        take_in(couple, 1 - which);
        carry(other, greedy);
        carry(greedy, other);
    }
    skr_conn_error(other->conn, &told);
    pair_assert_status(told.status, at_once ? SKR_OK : SKR_ERR_PEER_ALERT);
    assert_int_equal(told.alert_received, error.alert_sent);
    told_by_alert += !at_once;
}

// --- Crowds ---

static void gather(size_t size, bool with_greedy) {
    memset(couples, 0, sizeof(couples));
    test_random_seed(&random, 11);
    assert_true(size <= sizeof(block));
    memset(block, 0, sizeof(block));
    skr_pool_init(&pool, block, size);
    for (unsigned n = 0; n < COUPLES; n++) {
        configure(&couples[n], n);
        if (with_greedy && n % 3 == 0) {
            become(&couples[n], (manner_t)(GREEDY_IN_HANDSHAKE + n / 3 % 3));
        }
        for (unsigned i = 0; i < 2; i++) {
            end_t *end = &couples[n].end[i];
            skr_pool_share_init(&end->share, &pool, &end->memory);
        }
    }
}

// Nobody has what is not its own, and the books are right.
static void assert_books(void) {
    size_t used = 0, promised = 0;
    unsigned shares = 0;
    for (unsigned n = 0; n < 2 * COUPLES; n++) {
        const skr_pool_share_t *share = &couples[n / 2].end[n % 2].share;
        assert_true(share->used <= share->size && share->peak >= share->used);
        used += share->used;
        promised += share->start != NULL ? share->size + SKR_POOL_OVERHEAD : 0;
        shares += share->start != NULL;
    }
    assert_int_equal(pool.used, promised);
    assert_int_equal(pool.shares, shares);
    assert_true(used <= promised && promised <= pool.size);
    assert_true(shares <= pool.shares_peak && promised <= pool.peak);
}

static void assert_empty(void) {
    assert_books();
    assert_int_equal(pool.shares, 0);
    assert_int_equal(pool.used, 0);
    assert_null(pool.first);
}

// More come than there is room for: they wait, and all get their turn.
static void crowd(bool with_greedy) {
    unsigned over = 0, done = 0, failed = 0, gone = 0, rounds = 0;
    gather(200000, with_greedy);
    told_by_alert = 0;
    for (; done + failed < COUPLES; rounds++) {
        assert_true(rounds < 4000000);
        couple_t *couple = &couples[draw(COUPLES)];
        if (couple->stage == WAITS) {
            begin(couple);
        } else if (couple->stage == LIVES) {
            step(couple, true);
            bool greedy = has_failed(&couple->end[0]) || has_failed(&couple->end[1]);
            if (greedy) {
                assert_failed_alone(couple);
                over += couple->end[0].share.over + couple->end[1].share.over;
                leave(couple, HAS_FAILED);
                failed++;
            } else if (is_over(couple)) {
                leave(couple, IS_DONE);
                done++;
            } else if (draw(1000) == 0) {
                leave(couple, WAITS);
                gone++;
            }
        }
        if (rounds % 1000 == 0) {
            assert_books();
        }
    }
    assert_int_equal(failed, with_greedy ? (COUPLES + 2) / 3 : 0);
    assert_true(!with_greedy || told_by_alert > failed / 2);
    assert_int_equal(pool.over, over);
    assert_true(gone > 20);
    assert_true(pool.turned_away > 100); // there was no room for all
    assert_true(pool.shares_peak > 40 && pool.shares_peak < COUPLES);
    assert_empty();
}

static void test_crowd(void **state) {
    (void)state;
    crowd(false);
}

static void test_greedy(void **state) {
    (void)state;
    crowd(true);
}

// With room for all when they are idle and for a few handshakes, all are there at once: who is
// turned away although there are bytes enough comes in when the idle ones have moved together.
static void test_all_at_once(void **state) {
    size_t size = 0, most = 0, moves = 0;
    unsigned there = 0, rounds = 0;
    (void)state;
    gather(BLOCK_MAX, false);
    for (unsigned n = 0; n < 2 * COUPLES; n++) {
        const end_t *end = &couples[n / 2].end[n % 2];
        size += end->after.place + SKR_POOL_OVERHEAD;
        most = end->need.place > most ? end->need.place : most;
    }
    gather(size + 4 * most, false);
    for (; there < COUPLES; rounds++) {
        assert_true(rounds < 4000000);
        couple_t *couple = &couples[draw(COUPLES)];
        if (couple->stage == WAITS) {
            begin(couple);
            if (couple->stage == WAITS && draw(50) == 0) {
                for (unsigned n = 0; n < 2 * COUPLES; n++) {
                    end_t *end = &couples[n / 2].end[n % 2];
                    if (end->settled && end->share.blocks == 0) {
                        assert_true(share(end, &end->after));
                        moves++;
                    }
                }
            }
        } else {
            bool was = couple->end[0].settled && couple->end[1].settled;
            step(couple, false);
            there += !was && couple->end[0].settled && couple->end[1].settled;
        }
    }
    assert_int_equal(pool.shares, 2 * COUPLES);
    assert_int_equal(pool.used, size);
    assert_int_equal(pool.over, 0);
    assert_true(moves > 0);
    for (unsigned left = COUPLES; left > 0; rounds++) {
        assert_true(rounds < 8000000);
        couple_t *couple = &couples[draw(COUPLES)];
        if (couple->stage == LIVES) {
            step(couple, true);
            assert_false(has_failed(&couple->end[0]) || has_failed(&couple->end[1]));
            if (is_over(couple)) {
                leave(couple, IS_DONE);
                left--;
            }
        }
    }
    assert_int_equal(pool.over, 0);
    assert_empty();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_crowd),
        PAIR_TEST(test_greedy),
        PAIR_TEST(test_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
