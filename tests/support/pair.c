// A client and a server in memory.
//
// In: two configurations. Out: two connections that talk, in chunks of any size, and what they saw.
// Everything a caller may rely on by include/skerry/skerry.h is asserted on the way: calls after an
// error repeat it, what is taken is not more than was given, output and hints have their sizes.
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/pair.h"

#include "base/bytes.h"
#include "base/ct.h"
#include "conn/conn.h"
#include "keys/suites.h"
#include "support/pair_memory.h"

// --- Beginning ---

// What was chosen, as long as there is a handshake that knows. A server that resumes TLS 1.2 tells
// its secret before it has chosen.
static void side_look(pair_side_t *side) {
    const hs_t *hs = side->conn->hs;
    if (hs != NULL && hs->suite != NULL) {
        side->suite = hs->suite->id;
        memcpy(side->server_random, hs->server_random, SKR_RANDOM_SIZE);
    }
}

static void side_event(void *user, const skr_trace_event_t *event) {
    pair_side_t *side = user;
    side_look(side);
    if (side->event_count < PAIR_EVENTS_MAX) {
        side->event[side->event_count++] = *event;
    }
}

static void side_secret(void *user, const char *label, const uint8_t *client_random,
    const uint8_t *secret, size_t size) {
    pair_side_t *side = user;
    assert_true(side->secret_count < PAIR_SECRETS_MAX);
    assert_true(size <= SKR_SECRET_SIZE_MAX);
    pair_secret_t *out = &side->secret[side->secret_count++];
    assert_true(strlen(label) < sizeof(out->label));
    strcpy(out->label, label);
    memcpy(out->random, client_random, SKR_RANDOM_SIZE);
    memcpy(out->secret, secret, size);
    out->size = size;
    side_look(side);
}

static void side_init(pair_side_t *side, const char *name, const skr_provider_t *provider) {
    side->name = name;
    memset(&side->config, 0, sizeof(side->config));
    side->config.profile = &skr_profile_full;
    side->config.min_version = SKR_TLS13; // tests of TLS 1.2 say so
    side->config.provider = provider;
    side->config.memory = &side->memory_calls;
    side->config.random = test_random;
    side->config.random_user = &side->random;
    side->config.trace = &side->trace_calls;
    side->config.secret_log = &side->secret_calls;
    side->config.anchors = pki_anchors();
    side->config.anchor_count = 1;
    side->trace_calls = (skr_trace_t){side_event, side};
    side->secret_calls = (skr_secret_log_t){side_secret, side};
    side->server_name = view_of(NULL, 0);
    side->now = pki_now;
    side->chunk = PAIR_ALL;
    side->cut = 0;
    side->hold = false;
    side->verify = side->sign = NULL;
    side->conn = NULL;
    test_random_seed(&side->random, (uint64_t)name[0]);
}

void pair_init(pair_t *pair, const skr_provider_t *client, const skr_provider_t *server) {
    side_init(&pair->client, "client", client);
    side_init(&pair->server, "server", server);
    pair->client.config.role = SKR_CLIENT;
    pair->client.config.verify = SKR_VERIFY_REQUIRED;
    pair->client.server_name = VIEW_LITERAL("server.example");
    pair->server.config.role = SKR_SERVER;
    pair->server.config.verify = SKR_VERIFY_NONE;
    pair_server_kind(pair, PKI_P256);
    pair->version = SKR_TLS13;
    pair->tap = NULL;
    pair->tap_more = NULL;
}

void pair_init_openssl(pair_t *pair) {
    const char *name = getenv("SKERRY_PAIR_PROVIDER");
    bool other = name != NULL && strcmp(name, "bearssl") == 0;
    const skr_provider_t *provider = other ? &skr_provider_bearssl : &skr_provider_openssl;
    pair_init(pair, provider, provider);
}

void pair_server_kind(pair_t *pair, pki_kind_t kind) {
    skr_config_t *config = &pair->server.config;
    config->credentials = pki_credential(config->provider, kind, PKI_SERVER);
    config->credential_count = 1;
}

void pair_mutual(pair_t *pair, pki_kind_t kind) {
    skr_config_t *config = &pair->client.config;
    pair->server.config.verify = SKR_VERIFY_REQUIRED;
    config->credentials = pki_credential(config->provider, kind, PKI_CLIENT);
    config->credential_count = 1;
}

static void side_start(pair_side_t *side) {
    pair_memory_t *memory = &side->memory;
    unsigned long fail_at = memory->fail_at;
    bool fail_after = memory->fail_after;
    void (*keep)(void *, uint8_t *, size_t) = memory->keep;
    void *keep_user = memory->keep_user;
    size_t limit[SKR_REGION_COUNT], limit_used = memory->limit_used;
    memcpy(limit, memory->limit, sizeof(limit));
    pair_memory_init(memory, &side->memory_calls);
    pair_memory_bound(memory, &side->config, side->server_name);
    memcpy(memory->limit, limit, sizeof(limit));
    memory->limit_used = limit_used;
    memory->fail_at = fail_at;
    memory->fail_after = fail_after;
    memory->keep = keep;
    memory->keep_user = keep_user;
    side->event_count = side->secret_count = side->got_size = side->fed = 0;
    side->wire.start = side->wire.size = 0;
    side->injected = false;
    side->suite = 0;
    side->status = SKR_OK;
    memset(side->room, 0x5a, sizeof(side->room));
    side->conn = skr_conn_init(
        side->room, sizeof(side->room), &side->config, side->server_name, side->now);
    assert_non_null(side->conn);
}

void pair_start(pair_t *pair) {
    side_start(&pair->client);
    side_start(&pair->server);
}

// --- The pump ---

pair_side_t *pair_other(pair_t *pair, const pair_side_t *side) {
    return side == &pair->client ? &pair->server : &pair->client;
}

static void side_deliver(pair_side_t *to, const void *data, size_t size) {
    pair_wire_t *wire = &to->wire;
    if (wire->start > 0) {
        memmove(wire->data, wire->data + wire->start, wire->size);
        wire->start = 0;
    }
    assert_true(size <= PAIR_WIRE_MAX - wire->size);
    memcpy(wire->data + wire->size, data, size);
    wire->size += size;
}

void pair_inject(pair_side_t *to, const void *data, size_t size) {
    to->injected = true;
    side_deliver(to, data, size);
}

bool pair_flush(pair_t *pair, pair_side_t *side) {
    const uint8_t *data = NULL;
    bool moved = false;
    for (;;) {
        size_t size = skr_conn_output(side->conn, &data);
        if (size == 0) {
            return moved;
        }
        moved = true;
        if (pair->tap != NULL) {
            pair->tap(pair, side, data, size);
        } else {
            side_deliver(pair_other(pair, side), data, size);
        }
        skr_conn_sent(side->conn, size);
    }
}

// Keeps what a call said, and asserts that an error stays the one that it was.
static skr_status_t side_says(pair_side_t *side, skr_status_t status) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    if (status < SKR_OK && status != SKR_ERR_USAGE && status != SKR_ERR_CLOSED) {
        assert_int_equal(status, error.status);
        assert_false(pair_is_complete(side));
    }
    side->status = status;
    return status;
}

void pair_read(pair_side_t *side) {
    for (;;) {
        size_t readable = skr_conn_readable(side->conn), got = 0;
        skr_status_t status = skr_conn_read(
            side->conn, side->got + side->got_size, PAIR_GOT_MAX - side->got_size, &got);
        if (got == 0) {
            assert_int_equal(readable, 0);
            return;
        }
        assert_int_equal(status, SKR_OK);
        assert_int_equal(got, readable);
        side->got_size += got;
    }
}

static bool side_answer(pair_side_t *side, skr_status_t status) {
    pair_answer_t answer = status == SKR_WANT_VERIFY ? side->verify
        : status == SKR_WANT_SIGNATURE               ? side->sign
        : status == SKR_WANT_PSK                     ? side->give_psk
                                                     : NULL;
    if (answer == NULL) {
        return false;
    }
    side_says(side, answer(side));
    return true;
}

static size_t side_chunk(const pair_side_t *side) {
    size_t size = side->wire.size;
    if (side->chunk != PAIR_ALL && side->chunk < size) {
        size = side->chunk;
    }
    if (side->fed < side->cut && side->cut - side->fed < size) {
        size = side->cut - side->fed;
    }
    return size;
}

static void side_settle(pair_side_t *side) {
    if (pair_is_complete(side)) {
        pair_memory_settle(&side->memory);
    }
}

bool pair_feed(pair_t *pair, pair_side_t *side) {
    pair_wire_t *wire = &side->wire;
    if (wire->size == 0 && pair->tap_more != NULL) {
        pair->tap_more(pair, side);
    }
    if (wire->size == 0) {
        return false;
    }
    size_t size = side_chunk(side);
    size_t used = 0;
    assert_true(skr_conn_needs(side->conn) >= 1);
    skr_status_t status = side_says(
        side, skr_conn_feed(side->conn, wire->data + wire->start, size, &used));
    assert_true(used <= size);
    if (status == SKR_OK) {
        assert_int_equal(used, size);
    }
    wire->start += used;
    wire->size -= used;
    side->fed += used;
    bool moved = used > 0;
    if (status < SKR_OK) {
        wire->size = 0; // whoever has failed does not listen any more
    }
    if (!side->hold) {
        size_t before = side->got_size;
        pair_read(side);
        moved = moved || side->got_size > before;
    }
    side_settle(side);
    return side_answer(side, status) || moved;
}

static bool side_turn(pair_t *pair, pair_side_t *side) {
    bool moved = false;
    if (!pair_is_complete(side)) {
        skr_status_t status = side_says(side, skr_conn_handshake(side->conn));
        moved = side_answer(side, status);
    }
    moved = pair_flush(pair, side) || moved;
    side_settle(side);
    return moved;
}

bool pair_step(pair_t *pair) {
    bool moved = side_turn(pair, &pair->client);
    moved = side_turn(pair, &pair->server) || moved;
    moved = pair_feed(pair, &pair->server) || moved;
    moved = pair_feed(pair, &pair->client) || moved;
    return moved;
}

void pair_run(pair_t *pair) {
    while (pair_step(pair)) {}
}

void pair_connect(pair_t *pair) {
    pair_start(pair);
    pair_run(pair);
    pair_assert_complete(pair);
}

size_t pair_chunk(const pair_side_t *side) {
    size_t chunk = side->config.chunk != 0 ? side->config.chunk : SKR_CHUNK_SIZE;
    return chunk / 16 * 16;
}

// Only what can't be opened in pieces may lie in a larger block than a chunk.
static void assert_chunks(const pair_side_t *side) {
    const suite_t *suite = suite_find(side->suite);
    const skr_aead_t *aead = suite == NULL ? NULL
                                           : provider_aead(side->config.provider, suite->aead);
    if (aead == NULL || aead->open_start != NULL) {
        assert_in_range(side->memory.peak[SKR_REGION_RECORD_IN], 0, pair_chunk(side));
    }
}

static void side_end(pair_side_t *side) {
    assert_chunks(side);
    skr_conn_free(side->conn);
    assert_true(ct_is_zero(side->conn, sizeof(skr_conn_t)));
    side->conn = NULL;
    pair_memory_end(&side->memory);
}

void pair_end(pair_t *pair) {
    side_end(&pair->client);
    side_end(&pair->server);
}

// --- Application data ---

void pair_write(pair_t *pair, pair_side_t *from, const void *data, size_t size) {
    const uint8_t *p = data;
    while (size > 0) {
        size_t taken = 0;
        skr_status_t status = side_says(from, skr_conn_write(from->conn, p, size, &taken));
        assert_true(status == SKR_OK || status == SKR_WANT_OUTPUT);
        assert_true(taken <= size);
        assert_true(taken > 0 || status == SKR_WANT_OUTPUT);
        p += taken;
        size -= taken;
        pair_run(pair);
    }
}

static void write_and_compare(pair_t *pair, pair_side_t *from, uint8_t seed, size_t size) {
    static uint8_t data[PAIR_GOT_MAX];
    pair_side_t *to = pair_other(pair, from);
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(seed + i * 7 + (i >> 8));
    }
    to->got_size = 0;
    pair_write(pair, from, data, size);
    assert_int_equal(to->got_size, size);
    assert_memory_equal(to->got, data, size);
    to->got_size = 0;
}

void pair_exchange(pair_t *pair, size_t size) {
    write_and_compare(pair, &pair->client, 1, size);
    write_and_compare(pair, &pair->server, 2, size);
}

const pair_secret_t *pair_secret(const pair_side_t *side, const char *label) {
    for (size_t i = 0; i < side->secret_count; i++) {
        if (strcmp(side->secret[i].label, label) == 0) {
            return &side->secret[i];
        }
    }
    return NULL;
}

// --- What was seen ---

void pair_assert_status(skr_status_t got, skr_status_t expected) {
    assert_string_equal(skr_error_name(got), skr_error_name(expected));
}

bool pair_is_complete(const pair_side_t *side) {
    skr_conn_info_t info;
    skr_conn_info(side->conn, &info);
    return info.complete;
}

void pair_assert_failed(const pair_side_t *who, skr_status_t status) {
    skr_error_t error;
    skr_conn_error(who->conn, &error);
    pair_assert_status(error.status, status);
    assert_false(pair_is_complete(who));
    assert_int_equal(skr_conn_readable(who->conn), 0);
}

static void assert_sound(pair_t *pair, pair_side_t *side) {
    skr_conn_info_t info, other;
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    pair_assert_status(error.status, SKR_OK);
    assert_int_equal(error.alert_sent, SKR_ALERT_NONE);
    skr_conn_info(side->conn, &info);
    skr_conn_info(pair_other(pair, side)->conn, &other);
    assert_true(info.complete);
    assert_int_equal(info.version, pair->version);
    assert_int_equal(info.suite, other.suite);
    assert_int_equal(info.group, other.group);
    assert_int_equal(info.retried, other.retried);
    assert_true(side->injected || info.bytes_in == other.bytes_out);
    assert_int_equal(info.alpn.size, other.alpn.size);
    assert_true(info.alpn.size == 0 || view_equal(info.alpn, other.alpn));
    // Once complete a connection holds nothing but itself, and expanded keys if it is told to.
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        bool kept = side->config.keep_cipher_state &&
            (i == SKR_REGION_CIPHER_IN || i == SKR_REGION_CIPHER_OUT);
        assert_true(kept || side->memory.block[i] == NULL);
    }
}

void pair_assert_complete(pair_t *pair) {
    assert_sound(pair, &pair->client);
    assert_sound(pair, &pair->server);
}

// TLS 1.2 does not know all alerts of TLS 1.3.
static skr_alert_t alert_of(const pair_t *pair, skr_status_t status) {
    skr_alert_t alert = skr_error_alert(status);
    bool newer = alert == SKR_ALERT_CERTIFICATE_REQUIRED || alert == SKR_ALERT_MISSING_EXTENSION;
    return pair->version == SKR_TLS12 && newer ? SKR_ALERT_HANDSHAKE_FAILURE : alert;
}

void pair_assert_refused(pair_t *pair, pair_side_t *who, skr_status_t status) {
    pair_side_t *other = pair_other(pair, who);
    skr_error_t mine, theirs;
    skr_conn_error(who->conn, &mine);
    skr_conn_error(other->conn, &theirs);
    pair_assert_failed(who, status);
    assert_string_equal(skr_alert_name(mine.alert_sent), skr_alert_name(alert_of(pair, status)));
    pair_assert_failed(other, SKR_ERR_PEER_ALERT);
    assert_string_equal(skr_alert_name(theirs.alert_received), skr_alert_name(mine.alert_sent));
    assert_int_equal(theirs.alert_sent, SKR_ALERT_NONE);
    assert_int_equal(who->got_size, 0);
    assert_int_equal(other->got_size, 0);
}

void pair_refuses(pair_t *pair, pair_side_t *who, skr_status_t status) {
    pair_start(pair);
    pair_run(pair);
    pair_assert_refused(pair, who, status);
    pair_end(pair);
}
