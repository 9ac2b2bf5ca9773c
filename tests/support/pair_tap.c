// Somebody on the line of a pair.
//
// In: records of both sides, and the secrets that both told. Out: messages for the test's edit(),
// records for the other side. Opens with what the writer says its secrets are and seals with what
// the reader says, so it works as well when an altered hello has made them differ. Where the reader
// has no secrets yet a protected record is passed on as it came. Asserts that the writer's records
// are as RFC 9846 section 5 wants them.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/pair_tap.h"

#include "base/bytes.h"
#include "keys/schedule.h"
#include "keys/suites.h"
#include "support/record_whole.h"
#include "wire/messages.h"

// --- Keys ---

static const skr_provider_t *const tap_provider = &skr_provider_openssl;

static void tap_install(pair_epoch_t *epoch, const suite_t *suite) {
    const skr_hash_t *hash = provider_hash(tap_provider, suite->hash);
    epoch->keys.aead = provider_aead(tap_provider, suite->aead);
    epoch->keys.sequence = 0;
    assert_true(schedule_traffic_keys(
        hash, epoch->secret, epoch->keys.key, epoch->keys.aead->key_size, epoch->keys.iv));
    epoch->ready = true;
}

// Keys of this way as side sees them. false: it has none yet.
static bool tap_ready(pair_epoch_t *epoch, const pair_side_t *side, bool by_client) {
    static const char *const labels[2][2] = {
        {"SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"},
        {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0"},
    };
    if (epoch->ready) {
        return true;
    }
    const pair_secret_t *secret = pair_secret(side, labels[by_client][epoch->epoch]);
    if (secret == NULL) {
        return false;
    }
    memcpy(epoch->secret, secret->secret, secret->size);
    tap_install(epoch, suite_find(side->suite));
    return true;
}

// A message that changes its writer's keys went by.
static void tap_behind(pair_epoch_t *epoch, const pair_side_t *side, uint8_t type) {
    if (type == WIRE_FINISHED && epoch->epoch == 0) {
        epoch->epoch = 1;
        epoch->ready = false;
    }
    if (type == WIRE_KEY_UPDATE && epoch->epoch == 1 && epoch->ready) {
        const suite_t *suite = suite_find(side->suite);
        assert_true(schedule_update(provider_hash(tap_provider, suite->hash), epoch->secret));
        tap_install(epoch, suite);
    }
}

// --- Records ---

enum { TAP_STATE_MAX = 2048 };

static size_t tap_open(pair_epoch_t *epoch, uint8_t *fragment, size_t size, uint8_t *type) {
    _Alignas(16) uint8_t state[TAP_STATE_MAX];
    const skr_aead_t *aead = epoch->keys.aead;
    size_t content = 0;
    assert_true(aead->state_size <= sizeof(state));
    assert_true(aead->init(state, epoch->keys.key));
    skr_status_t status = record_open_whole(&epoch->keys, state, fragment, size, type, &content);
    aead->clear(state);
    pair_assert_status(status, SKR_OK);
    return content;
}

static void tap_seal(pair_way_t *way, const void *inner, size_t size) {
    _Alignas(16) uint8_t state[TAP_STATE_MAX];
    static uint8_t record[SKR_RECORD_HEADER_SIZE + 2 * SKR_RECORD_PROTECTED_MAX];
    record_keys_t *keys = &way->seal.keys;
    uint8_t nonce[SKR_AEAD_NONCE_SIZE], *content = record + SKR_RECORD_HEADER_SIZE;
    memcpy(nonce, keys->iv, sizeof(nonce));
    for (unsigned i = 0; i < 8; i++) {
        nonce[SKR_AEAD_NONCE_SIZE - 1 - i] ^= (uint8_t)(keys->sequence >> (8 * i));
    }
    keys->sequence++;
    record_write_header(record, RECORD_APPLICATION_DATA, false, size + keys->aead->tag_size);
    memcpy(content, inner, size);
    assert_true(keys->aead->init(state, keys->key));
    assert_true(keys->aead->seal(
        state, nonce, record, SKR_RECORD_HEADER_SIZE, content, size, content + size));
    keys->aead->clear(state);
    pair_inject(way->to, record, SKR_RECORD_HEADER_SIZE + size + keys->aead->tag_size);
}

void pair_tap_send_inner(pair_tap_t *tap, bool by_client, const void *inner, size_t size) {
    pair_way_t *way = &tap->way[by_client];
    assert_true(tap_ready(&way->seal, way->to, by_client));
    tap_seal(way, inner, size);
}

void pair_tap_send(pair_tap_t *tap, bool by_client, bool sealed, unsigned content, const void *data,
    size_t size, size_t pad) {
    static uint8_t inner[2 * SKR_RECORD_PROTECTED_MAX];
    pair_way_t *way = &tap->way[by_client];
    assert_true(size + 1 + pad <= sizeof(inner));
    if (sealed) {
        memcpy(inner, data, size);
        inner[size] = (uint8_t)content;
        memset(inner + size + 1, 0, pad);
        pair_tap_send_inner(tap, by_client, inner, size + 1 + pad);
    } else {
        record_write_header(inner, (record_type_t)content, false, size);
        pair_inject(way->to, inner, SKR_RECORD_HEADER_SIZE);
        pair_inject(way->to, data, size);
    }
}

void pair_tap_passed(pair_tap_t *tap, const pair_message_t *message) {
    pair_way_t *way = &tap->way[message->by_client];
    if (message->content == RECORD_HANDSHAKE && message->is_sealed) {
        tap_behind(&way->seal, way->to, message->type);
    }
}

void pair_tap_forward(pair_tap_t *tap, pair_message_t *message) {
    const uint8_t *data = message->data;
    size_t size = message->size;
    do {
        size_t part = size < SKR_RECORD_PLAIN_MAX ? size : SKR_RECORD_PLAIN_MAX;
        pair_tap_send(tap, message->by_client, message->is_sealed, message->content, data, part, 0);
        data += part;
        size -= part;
    } while (size > 0);
    pair_tap_passed(tap, message);
}

void pair_tap_message(
    pair_tap_t *tap, bool by_client, bool sealed, unsigned type, const void *body, size_t size) {
    static uint8_t message[SKR_RECORD_PLAIN_MAX];
    assert_true(size + SKR_MESSAGE_HEADER_SIZE <= sizeof(message));
    message[0] = (uint8_t)type;
    message[1] = 0;
    bytes_put16(message + 2, (uint16_t)size);
    if (size > 0) {
        memcpy(message + SKR_MESSAGE_HEADER_SIZE, body, size);
    }
    pair_tap_send(
        tap, by_client, sealed, RECORD_HANDSHAKE, message, SKR_MESSAGE_HEADER_SIZE + size, 0);
}

// --- What comes by ---

static void tap_on_data(pair_t *pair, pair_side_t *from, const uint8_t *data, size_t size) {
    pair_tap_t *tap = pair->tap_user;
    pair_wire_t *in = &tap->way[from == &pair->client].in;
    if (in->start > 0) {
        memmove(in->data, in->data + in->start, in->size);
        in->start = 0;
    }
    assert_true(size <= PAIR_WIRE_MAX - in->size);
    memcpy(in->data + in->size, data, size);
    in->size += size;
}

static void tap_handshake(pair_tap_t *tap, pair_way_t *way, const uint8_t *data, size_t size) {
    pair_message_t *m = &tap->message;
    assert_true(size <= PAIR_MESSAGE_MAX - way->partial_size);
    memcpy(way->partial + way->partial_size, data, size);
    way->partial_size += size;
    while (way->partial_size >= SKR_MESSAGE_HEADER_SIZE) {
        const uint8_t *p = way->partial;
        size_t whole = SKR_MESSAGE_HEADER_SIZE + (((size_t)p[1] << 16) | bytes_get16(p + 2));
        if (way->partial_size < whole) {
            return;
        }
        memcpy(m->data, way->partial, whole);
        m->size = whole;
        m->type = p[0];
        m->index = way->index++;
        m->is_retry = m->type == WIRE_SERVER_HELLO && whole > 38 &&
            view_equal(view_of(p + 6, SKR_RANDOM_SIZE), view_of(wire_retry_random, 32));
        way->partial_size -= whole;
        memmove(way->partial, way->partial + whole, way->partial_size);
        tap_behind(&way->open, way->from, m->type);
        tap->edit(tap, m);
    }
}

static void tap_record(pair_tap_t *tap, pair_way_t *way, uint8_t *record, size_t fragment) {
    pair_message_t *m = &tap->message;
    uint8_t *content = record + SKR_RECORD_HEADER_SIZE;
    m->by_client = way == &tap->way[1];
    m->is_sealed = record[0] == RECORD_APPLICATION_DATA;
    m->is_retry = false;
    m->content = record[0];
    m->type = 0;
    assert_int_equal(record[1], 3);
    assert_true(record[2] == 3 || (record[2] == 1 && m->by_client && way->index == 0));
    if (m->is_sealed && !tap_ready(&way->seal, way->to, m->by_client)) {
        pair_inject(way->to, record, SKR_RECORD_HEADER_SIZE + fragment);
        return;
    }
    if (m->is_sealed) {
        assert_true(tap_ready(&way->open, way->from, m->by_client));
        fragment = tap_open(&way->open, content, fragment, &m->content);
    }
    if (m->content == RECORD_HANDSHAKE) {
        tap_handshake(tap, way, content, fragment);
    } else {
        memcpy(m->data, content, fragment);
        m->size = fragment;
        tap->edit(tap, m);
    }
}

static bool tap_more(pair_t *pair, pair_side_t *to) {
    pair_tap_t *tap = pair->tap_user;
    pair_way_t *way = &tap->way[to == &pair->server];
    pair_wire_t *in = &way->in;
    while (to->wire.size == 0 && in->size > 0) {
        uint8_t *record = in->data + in->start;
        assert_true(in->size >= SKR_RECORD_HEADER_SIZE); // both sides send whole records
        size_t fragment = bytes_get16(record + 3);
        assert_true(in->size >= SKR_RECORD_HEADER_SIZE + fragment);
        in->start += SKR_RECORD_HEADER_SIZE + fragment;
        in->size -= SKR_RECORD_HEADER_SIZE + fragment;
        tap_record(tap, way, record, fragment);
    }
    return to->wire.size > 0;
}

void pair_tap_init(pair_tap_t *tap, pair_t *pair, pair_edit_t edit, void *user) {
    tap->pair = pair;
    tap->edit = edit;
    tap->user = user;
    tap->hits = 0;
    for (unsigned i = 0; i < 2; i++) {
        pair_way_t *way = &tap->way[i];
        way->from = i == 1 ? &pair->client : &pair->server;
        way->to = pair_other(pair, way->from);
        memset(&way->open, 0, sizeof(way->open));
        memset(&way->seal, 0, sizeof(way->seal));
        way->index = 0;
        way->in.start = way->in.size = way->partial_size = 0;
    }
    pair->tap = tap_on_data;
    pair->tap_more = tap_more;
    pair->tap_user = tap;
}

void pair_tap_run(pair_tap_t *tap, pair_t *pair, pair_edit_t edit, void *user) {
    pair_start(pair);
    pair_tap_init(tap, pair, edit, user);
    pair_run(pair);
    assert_true(tap->hits > 0);
}

void pair_tap_refuses(pair_tap_t *tap, pair_t *pair, pair_edit_t edit, void *user, bool by_client,
    skr_status_t status) {
    pair_tap_run(tap, pair, edit, user);
    pair_assert_refused(pair, by_client ? &pair->client : &pair->server, status);
    pair_end(pair);
}
