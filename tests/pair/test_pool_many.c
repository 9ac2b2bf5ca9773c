// Many connections over one pool (src/conn/pool.c).
//
// In: a dozen pairs at once whose servers share one pool, stepped in random order, in both
// versions; some of their clients send large records, or vanish in the middle. Out: each connection
// works as if it were alone, as long as its own budget holds; who needs more than his budget gets
// SKR_ERR_MEMORY, his peer internal_error, and nobody else notices; a connection that the pool
// can't promise enough is not begun; in the end all is back.
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/pair.h"

enum { MANY = 12, BUDGET = 7168, GREEDY = 3, GONE = 5 };

static pair_t *pairs[MANY];
static skr_memory_t memories[MANY];
static skr_pool_share_t shares[MANY];
static _Alignas(16) uint8_t room[MANY * BUDGET];
static skr_pool_t pool;

static void begin(size_t i, uint16_t version) {
    pair_t *pair = pairs[i];
    pair_init_openssl(pair);
    assert_true(skr_pool_share_begin(&shares[i], &pool, BUDGET));
    skr_pool_share_memory(&shares[i], &memories[i]);
    pair->server.config.memory = &memories[i];
    pair->server.config.chunk = 2048;
    pair->client.config.chunk = UINT16_MAX; // its records are as large as may be
    pair->version = version;
    pair->client.config.min_version = pair->server.config.min_version = version;
    pair->client.config.max_version = version;
    pair->client.chunk = pair->server.chunk = 100;
    pair_start(pair);
}

static bool step_one(test_random_t *random, size_t *which) {
    bool moved = false;
    uint8_t start;
    assert_true(test_random(random, &start, 1));
    for (size_t n = 0; n < MANY && !moved; n++) {
        *which = (start + n) % MANY;
        moved = pair_step(pairs[*which]);
    }
    return moved;
}

static void run_all(test_random_t *random) {
    size_t which;
    while (step_one(random, &which)) {}
}

static void assert_works(pair_t *pair, size_t size) {
    pair->server.got_size = 0;
    pair_exchange(pair, size);
}

static void test_many(void **state) {
    static const uint8_t data[16384];
    (void)state;
    test_random_t random;
    for (unsigned round = 0; round < 4; round++) {
        skr_pool_share_t late;
        test_random_seed(&random, round);
        skr_pool_init(&pool, room, sizeof(room));
        for (size_t i = 0; i < MANY; i++) {
            begin(i, round % 2 == 0 ? SKR_TLS13 : SKR_TLS12);
        }
        assert_false(skr_pool_share_begin(&late, &pool, BUDGET)); // one too many
        run_all(&random);
        size_t idle = pool.used;
        for (size_t i = 0; i < MANY; i++) {
            pair_assert_complete(pairs[i]);
            assert_int_equal(shares[i].used, 0); // an idle connection takes nothing
        }
        assert_int_equal(idle, 0);
        // A record beyond the budget of the one; all the others go on.
        size_t taken = 0;
        pair_t *greedy = pairs[GREEDY];
        pair_assert_status(skr_conn_write(greedy->client.conn, data, sizeof(data), &taken), SKR_OK);
        assert_int_equal(taken, sizeof(data));
        pair_run(greedy);
        pair_assert_failed(&greedy->server, SKR_ERR_MEMORY);
        pair_assert_failed(&greedy->client, SKR_ERR_PEER_ALERT);
        skr_error_t error;
        skr_conn_error(greedy->client.conn, &error);
        assert_int_equal(error.alert_received, SKR_ALERT_INTERNAL_ERROR);
        for (size_t i = 0; i < MANY; i++) {
            if (i != GREEDY && i != GONE) {
                assert_works(pairs[i], 1000);
            }
        }
        for (size_t i = 0; i < MANY; i++) {
            pair_end(pairs[i]);
            skr_pool_share_end(&shares[i]);
        }
        assert_int_equal(pool.used + pool.promised, 0);
        assert_true(pool.peak <= sizeof(room));
    }
}

// One after the other leaves in the middle of its handshake: what it had is there for the others.
static void test_leaving(void **state) {
    (void)state;
    test_random_t random;
    test_random_seed(&random, 9);
    skr_pool_init(&pool, room, sizeof(room));
    for (size_t i = 0; i < MANY; i++) {
        begin(i, SKR_TLS13);
    }
    for (unsigned n = 0; n < 600; n++) {
        size_t which;
        bool moved = step_one(&random, &which);
        if (!moved || n % 7 == 0) {
            which = moved ? which : n % MANY;
            pair_end(pairs[which]);
            assert_int_equal(shares[which].used, 0);
            skr_pool_share_end(&shares[which]);
            begin(which, n % 2 == 0 ? SKR_TLS13 : SKR_TLS12);
        }
        for (size_t i = 0; i < MANY; i++) {
            assert_true(pairs[i]->server.status >= SKR_OK);
        }
    }
    run_all(&random);
    for (size_t i = 0; i < MANY; i++) {
        pair_assert_complete(pairs[i]);
        pair_end(pairs[i]);
        skr_pool_share_end(&shares[i]);
    }
    assert_int_equal(pool.used + pool.promised, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_many),
        PAIR_TEST(test_leaving),
    };
    for (size_t i = 0; i < MANY; i++) {
        pairs[i] = calloc(1, sizeof(pair_t));
        if (pairs[i] == NULL) {
            return 1;
        }
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < MANY; i++) {
        free(pairs[i]);
    }
    return failed;
}
