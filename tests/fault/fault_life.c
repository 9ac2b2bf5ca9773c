// A connection's whole life.
//
// In: a pair, in which something is going to fail. Out: the life as far as it went. No step here
// expects anything but that the engine keeps its word: an error sticks, no plaintext goes out where
// a seal failed, nothing is read that was not written.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "fault_life.h"

#include "base/bytes.h"

static const char words[] = "these words are never seen on the line, whatever fails";
enum { WORDS = sizeof(words) - 1, TIMES = 3 };

void life_init(pair_t *pair, const skr_provider_t *provider) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    static const skr_view_t alpn[] = {{(const uint8_t *)"mqtt", 4}};
    unsigned long client = pair->client.memory.fail_at, server = pair->server.memory.fail_at;
    pair_init(pair, provider, provider);
    pair_mutual(pair, PKI_P256);
    pair->client.config.groups = both;
    pair->server.config.groups = wanted;
    pair->client.config.alpn = pair->server.config.alpn = alpn;
    pair->client.config.alpn_count = pair->server.config.alpn_count = 1;
    pair->client.memory.fail_at = client;
    pair->server.memory.fail_at = server;
}

static bool has_failed(const pair_side_t *side) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    return error.status != SKR_OK;
}

static bool contains(const uint8_t *data, size_t size, const char *text, size_t length) {
    for (size_t i = 0; i + length <= size; i++) {
        if (view_equal(view_of(data + i, length), view_of(text, length))) {
            return true;
        }
    }
    return false;
}

// Is a record sealed with a key that everybody knows? Whoever forgets that a key was not made
// seals with zeros.
static void assert_no_zero_key(const uint8_t *data, size_t size) {
    _Alignas(16) uint8_t state[2048];
    uint8_t copy[64];
    static const uint8_t zeros[SKR_AEAD_KEY_MAX];
    const skr_aead_t *aead = skr_provider_openssl.aeads[0];
    while (size > SKR_RECORD_HEADER_SIZE) {
        size_t fragment = bytes_get16(data + 3), tag = aead->tag_size;
        bool is_sealed = data[0] == 23 && fragment > tag && fragment <= sizeof(copy);
        for (uint8_t sequence = 0; is_sealed && sequence < 16; sequence++) {
            uint8_t nonce[SKR_AEAD_NONCE_SIZE] = {0};
            nonce[SKR_AEAD_NONCE_SIZE - 1] = sequence;
            memcpy(copy, data + SKR_RECORD_HEADER_SIZE, fragment);
            assert_true(aead->state_size <= sizeof(state) && aead->init(state, zeros));
            skr_crypto_t opened = aead->open(state, nonce, data, SKR_RECORD_HEADER_SIZE, copy,
                fragment - tag, copy + fragment - tag);
            aead->clear(state);
            assert_int_equal(opened, SKR_CRYPTO_REFUSED);
        }
        data += SKR_RECORD_HEADER_SIZE + fragment;
        size -= SKR_RECORD_HEADER_SIZE + fragment;
    }
}

static void listen(pair_t *pair, pair_side_t *from, const uint8_t *data, size_t size) {
    if (has_failed(from)) {
        assert_no_zero_key(data, size);
    }
    assert_false(contains(data, size, words, 10));
    assert_false(contains(data, size, words + WORDS - 10, 10));
    pair_inject(pair_other(pair, from), data, size);
}

static void speak(pair_t *pair, pair_side_t *side) {
    skr_status_t status = SKR_OK;
    for (size_t said = 0; said < WORDS && status >= SKR_OK && status != SKR_WANT_INPUT;) {
        size_t taken = 0;
        status = skr_conn_write(side->conn, (const uint8_t *)words + said, WORDS - said, &taken);
        said += taken;
        pair_run(pair);
    }
}

void life_run(pair_t *pair) {
    pair_start(pair);
    pair->tap = listen;
    pair_run(pair);
    for (unsigned i = 0; i < TIMES; i++) {
        speak(pair, &pair->client);
        speak(pair, &pair->server);
        if (i + 1 < TIMES) {
            (void)skr_conn_update_keys(i == 0 ? pair->client.conn : pair->server.conn, true);
            pair_run(pair);
        }
    }
    (void)skr_conn_close(pair->client.conn);
    pair_run(pair);
    (void)skr_conn_close(pair->server.conn);
    pair_run(pair);
    const pair_side_t *sides[] = {&pair->client, &pair->server};
    for (unsigned s = 0; s < 2; s++) {
        assert_true(sides[s]->got_size <= TIMES * WORDS);
        for (size_t i = 0; i < sides[s]->got_size; i++) {
            assert_int_equal(sides[s]->got[i], words[i % WORDS]);
        }
    }
}

void life_end(pair_t *pair) {
    pair_end(pair);
}

void life_assert_whole(pair_t *pair) {
    pair_assert_complete(pair);
    assert_int_equal(pair->client.got_size, TIMES * WORDS);
    assert_int_equal(pair->server.got_size, TIMES * WORDS);
    pair_assert_status(skr_conn_feed_eof(pair->client.conn), SKR_CLOSED);
    pair_assert_status(skr_conn_feed_eof(pair->server.conn), SKR_CLOSED);
}

void life_assert_other(pair_t *pair, pair_side_t *side) {
    pair_side_t *other = pair_other(pair, side);
    skr_error_t error, mine;
    skr_conn_error(side->conn, &mine);
    skr_conn_error(other->conn, &error);
    if (error.status == SKR_OK) { // nobody told it, so the line's end has to
        skr_status_t status = skr_conn_feed_eof(other->conn);
        assert_true(
            status == SKR_ERR_CLOSED_EARLY || status == SKR_ERR_TRUNCATED || status == SKR_CLOSED);
        // Only who was closed properly may believe that all came.
        assert_true(status != SKR_CLOSED || other->got_size == TIMES * WORDS);
    } else if (error.status == SKR_ERR_PEER_ALERT) {
        assert_int_equal(error.alert_received, mine.alert_sent);
        assert_int_equal(mine.alert_sent, skr_error_alert(mine.status));
    } else { // an alert in the middle of a message or where it could not be sealed, or an end
        skr_class_t class = skr_error_class(error.status);
        assert_true(class == SKR_CLASS_MISBEHAVED || error.status == SKR_ERR_CLOSED ||
            error.status == SKR_ERR_CLOSED_EARLY);
        assert_false(pair_is_complete(other));
    }
}
