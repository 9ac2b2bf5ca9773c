// What is secret is gone when it has served, in connections of every kind.
//
// In: lives of both versions by certificates, with client certificates, a HelloRetryRequest, a
// session, pre-shared keys with and without a key exchange, with short and long data, exporters,
// KeyUpdates and tickets, on all providers, expanded keys kept or not; lives in which a call to the
// provider, a block of memory, a record, a Finished or a certificate fails at any point. Out: what
// may live in an idle connection is named here and nothing else does; who has failed holds nothing;
// what was given back is zero and stays so: the memory here never uses a block twice. What is left
// on the stack is in test_wiped_stack.c.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/ct.h"
#include "conn/conn.h"
#include "wiped_life.h"

static pair_t pair;

// --- Whole lives ---

// What may live at idle, and that it is found there shows that the search works.
static void assert_idle(const wiped_life_t *life) {
    unsigned keys = SECRET_CLIENT | SECRET_SERVER | SECRET_EXPORTS;
    bool resumes = life->version == SKR_TLS13 && pair.client.config.session_key != NULL;
    secrets_assert_side(&pair.client, keys | (resumes ? SECRET_RESUMES : 0u));
    secrets_assert_side(&pair.server, keys);
    // Only a client that saves sessions keeps what they are made from.
    assert_true(resumes || ct_is_zero(pair.client.conn->resumption, SKR_SECRET_SIZE_MAX));
    assert_true(ct_is_zero(pair.server.conn->resumption, SKR_SECRET_SIZE_MAX));
    const pair_side_t *sides[] = {&pair.client, &pair.server};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned one = SECRET_CLIENT; one <= SECRET_EXPORTS; one *= 2) {
            assert_true(secrets_count_of(one) > 0);
            assert_non_null(secrets_find(sides[i]->room, sizeof(sides[i]->room), ~one));
        }
        for (size_t region = 0; region < SKR_REGION_COUNT; region++) {
            bool kept = sides[i]->config.keep_cipher_state &&
                (region == SKR_REGION_CIPHER_IN || region == SKR_REGION_CIPHER_OUT);
            assert_true(kept || sides[i]->memory.block[region] == NULL);
        }
    }
}

static void live(const wiped_life_t *life, const pair_providers_t *providers, bool keeps) {
    pair_note("%s, %s%s", life->name, providers->name, keeps ? ", expanded keys are kept" : "");
    wiped_begin(&pair, life, providers->client, providers->server);
    pair.client.config.keep_cipher_state = pair.server.config.keep_cipher_state = keeps;
    wiped_connect(&pair, life);
    pair_assert_complete(&pair);
    wiped_talk(&pair);
    wiped_learn(&pair, life, 0);
    assert_idle(life);
    if (life->version == SKR_TLS13) {
        pair_assert_status(skr_conn_update_keys(pair.client.conn, true), SKR_OK);
        pair_run(&pair);
        wiped_talk(&pair);
        wiped_learn(&pair, life, 1);
        assert_idle(life);
        pair_assert_status(skr_conn_update_keys(pair.server.conn, true), SKR_OK);
        pair_run(&pair);
        wiped_talk(&pair);
        wiped_learn(&pair, life, 2);
        assert_idle(life);
    }
    pair_assert_status(skr_conn_close(pair.client.conn), SKR_OK);
    pair_run(&pair);
    pair_assert_status(skr_conn_close(pair.server.conn), SKR_OK);
    pair_run(&pair);
    wiped_assert_given(10);
    wiped_end(&pair);
}

static void test_lives(void **state) {
    const pair_providers_t *providers = *state;
    for (size_t i = 0; i < WIPED_LIVES; i++) {
        live(&wiped_lives[i], providers, false);
        live(&wiped_lives[i], providers, true);
    }
    pair_note("%s", "");
}

// --- Failures ---

static unsigned failed; // lives in which somebody did

// Whoever has failed holds nothing any more, and what was given back is zero.
static void assert_failures(const wiped_life_t *life) {
    const pair_side_t *sides[] = {&pair.client, &pair.server};
    wiped_learn(&pair, life, 0);
    for (unsigned i = 0; i < 2; i++) {
        skr_error_t error;
        skr_conn_error(sides[i]->conn, &error);
        if (error.status != SKR_OK) {
            secrets_assert_side(sides[i], SECRET_NEVER);
            failed++;
        }
    }
    wiped_end(&pair);
}

static void begin(const wiped_life_t *life) {
    wiped_begin(&pair, life, &skr_provider_openssl, &skr_provider_openssl);
}

static void test_no_memory(void **state) {
    (void)state;
    for (size_t i = 0; i < WIPED_LIVES; i++) {
        bool reached = true;
        failed = 0;
        for (unsigned long n = 1; reached; n++) {
            begin(&wiped_lives[i]);
            pair_side_t *side = n % 2 == 0 ? &pair.client : &pair.server;
            pair_note("%s, block %lu of the %s", wiped_lives[i].name, n / 2 + 1, side->name);
            side->memory.fail_at = n / 2 + 1;
            wiped_try(&pair, &wiped_lives[i]);
            reached = side->memory.failed > 0;
            assert_failures(&wiped_lives[i]);
        }
        assert_true(failed > 20);
    }
    pair_note("%s", "");
}

static unsigned behind; // failures that left whole records to be sent

// Who has failed may still send what is whole; behind it there is nothing.
static void look_behind(pair_t *p, pair_side_t *from, const uint8_t *data, size_t size) {
    const conn_block_t *output = &from->conn->output;
    if (from->conn->error.status != SKR_OK && output->data != NULL) {
        assert_true(output->end > output->start);
        assert_true(ct_is_zero(output->data + output->end, output->size - output->end));
        behind += output->end < output->size;
    }
    pair_inject(pair_other(p, from), data, size);
}

static void test_provider(void **state) {
    bool of_client = *state == &pair.client;
    behind = 0;
    for (size_t i = 0; i < WIPED_LIVES; i++) {
        failed = 0;
        for (unsigned long n = 1 + i; test_fault_first() != NULL || n == 1 + i; n += 19) {
            begin(&wiped_lives[i]);
            pair_side_t *side = of_client ? &pair.client : &pair.server;
            side->config.provider = test_fault_provider(side->config.provider);
            pair_note("%s, call %lu of the %s", wiped_lives[i].name, n, side->name);
            wiped_prepare(&pair, &wiped_lives[i]);
            pair.tap = look_behind;
            test_fault_set(n, n % 2 == 0);
            wiped_try(&pair, &wiped_lives[i]);
            pair.tap = NULL;
            assert_failures(&wiped_lives[i]);
            assert_true(n < 4000);
        }
        assert_true(failed > 10);
        test_fault_set(0, false);
    }
    assert_true(behind > 0);
    pair_note("%s", "");
}

// The nth byte of what goes over the line is another one.
static size_t flip_at, flown;

static void flip(pair_t *p, pair_side_t *from, const uint8_t *data, size_t size) {
    static uint8_t copy[PAIR_WIRE_MAX];
    assert_true(size <= sizeof(copy));
    memcpy(copy, data, size);
    if (flip_at >= flown && flip_at - flown < size) {
        copy[flip_at - flown] ^= 4;
    }
    flown += size;
    pair_inject(pair_other(p, from), copy, size);
}

static void test_altered(void **state) {
    enum { STEP = 127 };
    (void)state;
    for (size_t i = 0; i < WIPED_LIVES; i++) {
        size_t all = 1; // bytes of the first life, in which nothing is altered
        failed = 0;
        for (flip_at = SIZE_MAX; flip_at == SIZE_MAX || flip_at < all; flip_at += STEP) {
            begin(&wiped_lives[i]);
            pair_note("%s, byte %zu", wiped_lives[i].name, flip_at);
            wiped_prepare(&pair, &wiped_lives[i]);
            flown = 0;
            pair.tap = flip;
            wiped_try(&pair, &wiped_lives[i]);
            pair.tap = NULL;
            assert_failures(&wiped_lives[i]);
            all = flip_at == SIZE_MAX ? flown : all;
        }
        assert_true(failed > 20);
    }
    pair_note("%s", "");
}

static void test_strangers(void **state) {
    (void)state;
    for (size_t i = 0; i < WIPED_LIVES; i++) {
        if (wiped_lives[i].kind > WIPED_MUTUAL) {
            continue;
        }
        bool of_client = wiped_lives[i].kind == WIPED_MUTUAL;
        failed = 0;
        begin(&wiped_lives[i]);
        pair_side_t *side = of_client ? &pair.client : &pair.server;
        side->config.credentials = pki_credential(
            &skr_provider_openssl, PKI_P256, of_client ? PKI_CLIENT_STRANGER : PKI_STRANGER);
        wiped_try(&pair, &wiped_lives[i]);
        pair_assert_failed(pair_other(&pair, side), SKR_ERR_CERT_UNKNOWN_CA);
        assert_failures(&wiped_lives[i]);
        assert_int_equal(failed, 2);
    }
}

// A peer that has another key, which the binder or the Finished shows.
static void test_wrong_key(void **state) {
    static const uint8_t other[32] = {0x77, 1, 2, 3};
    (void)state;
    unsigned ran = 0;
    for (size_t i = 0; i < WIPED_LIVES; i++) {
        if (wiped_lives[i].kind < WIPED_PSK) {
            continue;
        }
        failed = 0;
        begin(&wiped_lives[i]);
        skr_psk_t psk = wiped_psk;
        psk.key = (skr_view_t){other, sizeof(other)};
        pair.client.config.psks = &psk;
        secrets_add("the client's key", SECRET_NEVER, other, sizeof(other));
        wiped_try(&pair, &wiped_lives[i]);
        skr_error_t error;
        skr_conn_error(pair.server.conn, &error);
        assert_true(error.status == SKR_ERR_BINDER || error.status == SKR_ERR_RECORD_MAC);
        assert_failures(&wiped_lives[i]);
        assert_int_equal(failed, 2);
        ran++;
    }
    assert_true(ran >= 5);
}

// A session that is opened and does not fit is not kept for the handshake.
static void test_unfit_session(void **state) {
    (void)state;
    unsigned ran = 0;
    for (size_t i = 0; i < 2 * WIPED_LIVES; i++) {
        const wiped_life_t *life = &wiped_lives[i / 2];
        bool of_client = i % 2 == 0;
        if (life->kind != WIPED_RESUMED) {
            continue;
        }
        pair_note("%s, the %s", life->name, of_client ? "client" : "server");
        begin(life);
        wiped_prepare(&pair, life);
        pair_side_t *side = of_client ? &pair.client : &pair.server;
        side->config.provider = &skr_provider_openssl; // whose groups tell nothing
        if (of_client) {
            side->now += 8 * SKR_TICKET_LIFETIME;
        } else {
            side->config.ignore_time = true; // another policy than the ticket's
        }
        wiped_start(&pair, life);
        wiped_add_session();
        do {
            secrets_assert_side(side, SECRET_NEVER);
        } while (pair_step(&pair));
        skr_conn_info_t info;
        skr_conn_info(side->conn, &info);
        assert_true(info.complete && !info.resumed);
        wiped_end(&pair);
        ran++;
    }
    assert_int_equal(ran, 8);
    pair_note("%s", "");
}

// A Finished that is wrong, in a record that is right.
static pair_tap_t tap;

static void break_finished(pair_tap_t *t, pair_message_t *m) {
    if (m->content == 22 && m->type == 20 && m->by_client == *(bool *)t->user) {
        m->data[4] ^= 1;
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_finished(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * WIPED_LIVES; i++) {
        const wiped_life_t *life = &wiped_lives[i / 2];
        bool by_client = i % 2 != 0;
        if (life->version != SKR_TLS13) {
            continue; // an altered one is among test_altered()
        }
        failed = 0;
        begin(life);
        wiped_prepare(&pair, life);
        wiped_start(&pair, life);
        pair_tap_init(&tap, &pair, break_finished, &by_client);
        pair_run(&pair);
        assert_int_equal(tap.hits, 1);
        pair_assert_failed(by_client ? &pair.server : &pair.client, SKR_ERR_FINISHED);
        pair.tap = NULL;
        assert_failures(life);
        assert_int_equal(failed, 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_lives, (void *)&pair_providers[0]),
        PAIR_TEST_WITH(test_lives, (void *)&pair_providers[1]),
        PAIR_TEST_WITH(test_lives, (void *)&pair_providers[2]),
        PAIR_TEST_WITH(test_lives, (void *)&pair_providers[3]),
        PAIR_TEST(test_no_memory),
        PAIR_TEST_WITH(test_provider, &pair.client),
        PAIR_TEST_WITH(test_provider, &pair.server),
        PAIR_TEST(test_altered),
        PAIR_TEST(test_strangers),
        PAIR_TEST(test_wrong_key),
        PAIR_TEST(test_unfit_session),
        PAIR_TEST(test_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
