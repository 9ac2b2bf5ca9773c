// Somebody on the line of a pair that speaks TLS 1.2.
//
// In: records of both sides, and the master secrets that both told. Out: messages for the test's
// edit(), records for the other side. Keys are made anew from each side's own master secret and the
// Randoms that it saw (RFC 5246 section 6.3), so it works as well when an altered hello has made
// them differ; protected records for a reader that has no secret are passed on as they came. Seals
// by itself, with explicit nonces that are no sequence numbers (RFC 5288 section 3: the reader
// takes what it gets). Asserts that the writers' records are whole and of version 3.3, but for the
// first.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/tap12.h"

#include "base/bytes.h"
#include "keys/prf12.h"
#include "keys/suites.h"
#include "wire/messages.h"

static const skr_provider_t *const tap_provider = &skr_provider_openssl;

enum { EXPLICIT_SIZE = 8, SALT_SIZE = 4, AAD_SIZE = 13, STATE_MAX = 2048 };
enum { ROOM = SKR_RECORD_HEADER_SIZE + 2 * SKR_RECORD_PROTECTED_MAX };

void tap12_pair(pair_t *pair, const skr_provider_t *client, const skr_provider_t *server) {
    pair_init(pair, client, server);
    pair->client.config.min_version = pair->server.config.min_version = SKR_TLS12;
    pair->server.config.max_version = SKR_TLS12;
    pair->version = SKR_TLS12;
}

void tap12_pair_openssl(pair_t *pair) {
    tap12_pair(pair, &skr_provider_openssl, &skr_provider_openssl);
}

// --- Keys ---

// Keys of this way as side sees them; false: it has no secret yet.
static bool tap_keys(const pair_side_t *side, bool by_client, record_keys_t *keys) {
    uint8_t block[2 * (SKR_AEAD_KEY_MAX + SKR_AEAD_NONCE_SIZE)];
    const pair_secret_t *master = pair_secret(side, "CLIENT_RANDOM");
    if (master == NULL) {
        return false;
    }
    const suite_t *suite = suite_find(side->suite);
    const skr_hash_t *hash = provider_hash(tap_provider, suite->hash);
    keys->aead = provider_aead(tap_provider, suite->aead);
    keys->protection = record12_protection(suite->aead);
    keys->sequence = 0;
    size_t key = keys->aead->key_size;
    size_t iv = keys->protection->ahead > 0 ? SALT_SIZE : SKR_AEAD_NONCE_SIZE;
    assert_int_equal(master->size, PRF12_MASTER_SIZE);
    assert_true(prf12(hash, view_of(master->secret, master->size), VIEW_LITERAL("key expansion"),
        view_of(side->server_random, SKR_RANDOM_SIZE), view_of(master->random, SKR_RANDOM_SIZE),
        block, 2 * (key + iv)));
    memcpy(keys->key, block + (by_client ? 0 : key), key);
    memcpy(keys->iv, block + 2 * key + (by_client ? 0 : iv), iv);
    return true;
}

// What a Finished must say to its reader.
static void tap_translate(tap12_t *tap, pair_message_t *m) {
    uint8_t digest[SKR_HASH_SIZE_MAX];
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    const pair_side_t *to = tap->way[m->by_client].to;
    const tap12_bytes_t *seen = &tap->transcript[to == &tap->pair->client];
    const pair_secret_t *master = pair_secret(to, "CLIENT_RANDOM");
    assert_non_null(master);
    assert_int_equal(m->size, SKR_MESSAGE_HEADER_SIZE + PRF12_VERIFY_SIZE);
    const skr_hash_t *hash = provider_hash(tap_provider, suite_find(to->suite)->hash);
    assert_true(hash->init(state) && hash->update(state, seen->data, seen->size) &&
        hash->result(state, digest));
    skr_view_t label = m->by_client ? VIEW_LITERAL("client finished")
                                    : VIEW_LITERAL("server finished");
    assert_true(
        prf12(hash, view_of(master->secret, master->size), label, view_of(digest, hash->size),
            view_of(NULL, 0), m->data + SKR_MESSAGE_HEADER_SIZE, PRF12_VERIFY_SIZE));
}

static void tap_remember(tap12_bytes_t *to, const uint8_t *data, size_t size) {
    assert_true(size <= sizeof(to->data) - to->size);
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

// --- Records ---

static size_t tap_open(tap12_way_t *way, uint8_t *fragment, size_t size, uint8_t type) {
    _Alignas(16) uint8_t state[STATE_MAX];
    const skr_aead_t *aead = way->open.aead;
    size_t content = 0;
    assert_true(aead->state_size <= sizeof(state));
    assert_true(aead->init(state, way->open.key));
    record_pieces_t pieces = record_in_one(fragment, size);
    skr_status_t status = way->open.protection->open(&way->open, state, &pieces, &type, &content);
    aead->clear(state);
    pair_assert_status(status, SKR_OK);
    memmove(fragment, fragment + way->open.protection->ahead, content);
    return content;
}

static void tap_seal(tap12_way_t *way, unsigned content, const void *data, size_t size) {
    static uint8_t record[ROOM];
    _Alignas(16) uint8_t state[STATE_MAX];
    record_keys_t *keys = &way->seal;
    uint8_t nonce[SKR_AEAD_NONCE_SIZE], aad[AAD_SIZE], number[EXPLICIT_SIZE];
    size_t ahead = keys->protection->ahead, tag = keys->aead->tag_size;
    assert_true(ahead + size + tag <= sizeof(record) - SKR_RECORD_HEADER_SIZE);
    bytes_put64(aad, keys->sequence);
    aad[8] = (uint8_t)content;
    bytes_put16(aad + 9, 0x0303);
    bytes_put16(aad + 11, (uint16_t)size);
    bytes_put64(number, keys->sequence ^ (ahead > 0 ? UINT64_C(0xa55a00ff01020304) : 0));
    memcpy(nonce, keys->iv, sizeof(nonce));
    for (size_t i = 0; i < EXPLICIT_SIZE; i++) {
        nonce[SALT_SIZE + i] = ahead > 0 ? number[i] : (uint8_t)(nonce[SALT_SIZE + i] ^ number[i]);
    }
    record_write_header(record, (record_type_t)content, false, ahead + size + tag);
    uint8_t *out = record + SKR_RECORD_HEADER_SIZE;
    memcpy(out, number, ahead);
    if (size > 0) {
        memcpy(out + ahead, data, size);
    }
    assert_true(keys->aead->init(state, keys->key));
    assert_true(
        keys->aead->seal(state, nonce, aad, sizeof(aad), out + ahead, size, out + ahead + size));
    keys->aead->clear(state);
    keys->sequence++;
    pair_inject(way->to, record, SKR_RECORD_HEADER_SIZE + ahead + size + tag);
}

void tap12_send_clear(
    tap12_t *tap, bool by_client, unsigned content, const void *data, size_t size) {
    uint8_t header[SKR_RECORD_HEADER_SIZE];
    record_write_header(header, (record_type_t)content, false, size);
    pair_inject(tap->way[by_client].to, header, sizeof(header));
    if (size > 0) {
        pair_inject(tap->way[by_client].to, data, size);
    }
}

static bool tap_seal_ready(tap12_way_t *way, bool by_client) {
    if (way->seal_due && way->seal.aead == NULL) {
        (void)tap_keys(way->to, by_client, &way->seal);
    }
    return way->seal.aead != NULL;
}

void tap12_send(tap12_t *tap, bool by_client, unsigned content, const void *data, size_t size) {
    tap12_way_t *way = &tap->way[by_client];
    if (tap_seal_ready(way, by_client)) {
        tap_seal(way, content, data, size);
    } else {
        tap12_send_clear(tap, by_client, content, data, size);
    }
}

void tap12_passed(tap12_t *tap, const pair_message_t *m) {
    tap12_way_t *way = &tap->way[m->by_client];
    if (m->content == RECORD_CHANGE_CIPHER_SPEC) {
        way->seal_due = true;
    } else if (m->content == RECORD_HANDSHAKE && m->type != WIRE_HELLO_REQUEST) {
        tap_remember(&tap->transcript[way->to == &tap->pair->client], m->data, m->size);
    }
}

void tap12_forward(tap12_t *tap, pair_message_t *m) {
    if (tap->translate && m->content == RECORD_HANDSHAKE && m->type == WIRE_FINISHED) {
        tap_translate(tap, m);
    }
    const uint8_t *data = m->data;
    size_t size = m->size;
    do {
        size_t part = size < SKR_RECORD_PLAIN_MAX ? size : SKR_RECORD_PLAIN_MAX;
        tap12_send(tap, m->by_client, m->content, data, part);
        data += part;
        size -= part;
    } while (size > 0);
    tap12_passed(tap, m);
}

void tap12_message(tap12_t *tap, bool by_client, unsigned type, const void *body, size_t size) {
    static uint8_t message[SKR_RECORD_PLAIN_MAX];
    assert_true(size + SKR_MESSAGE_HEADER_SIZE <= sizeof(message));
    message[0] = (uint8_t)type;
    message[1] = 0;
    bytes_put16(message + 2, (uint16_t)size);
    if (size > 0) {
        memcpy(message + SKR_MESSAGE_HEADER_SIZE, body, size);
    }
    tap12_send(tap, by_client, RECORD_HANDSHAKE, message, SKR_MESSAGE_HEADER_SIZE + size);
}

// --- What comes by ---

static void tap_on_data(pair_t *pair, pair_side_t *from, const uint8_t *data, size_t size) {
    tap12_t *tap = pair->tap_user;
    pair_wire_t *in = &tap->way[from == &pair->client].in;
    if (in->start > 0) {
        memmove(in->data, in->data + in->start, in->size);
        in->start = 0;
    }
    assert_true(size <= PAIR_WIRE_MAX - in->size);
    memcpy(in->data + in->size, data, size);
    in->size += size;
}

static void tap_handshake(tap12_t *tap, tap12_way_t *way, const uint8_t *data, size_t size) {
    pair_message_t *m = &tap->message;
    uint8_t *p = way->partial.data;
    tap_remember(&way->partial, data, size);
    while (way->partial.size >= SKR_MESSAGE_HEADER_SIZE) {
        size_t whole = SKR_MESSAGE_HEADER_SIZE + (((size_t)p[1] << 16) | bytes_get16(p + 2));
        if (way->partial.size < whole) {
            return;
        }
        memcpy(m->data, p, whole);
        m->size = whole;
        m->type = p[0];
        m->index = way->index++;
        way->partial.size -= whole;
        memmove(p, p + whole, way->partial.size);
        if (m->type != WIRE_HELLO_REQUEST) {
            tap_remember(&tap->transcript[way->from == &tap->pair->client], m->data, whole);
        }
        tap->edit(tap, m);
    }
}

static void tap_record(tap12_t *tap, tap12_way_t *way, uint8_t *record, size_t fragment) {
    pair_message_t *m = &tap->message;
    uint8_t *content = record + SKR_RECORD_HEADER_SIZE;
    m->by_client = way == &tap->way[1];
    m->is_sealed = way->open_due;
    m->is_retry = false;
    m->content = record[0];
    m->type = 0;
    assert_int_equal(record[1], 3);
    assert_true(record[2] == 3 || (record[2] == 1 && m->by_client && way->index == 0));
    if (m->is_sealed && way->seal_due && !tap_seal_ready(way, m->by_client)) {
        pair_inject(way->to, record, SKR_RECORD_HEADER_SIZE + fragment);
        return;
    }
    if (m->is_sealed) {
        assert_true(way->open.aead != NULL || tap_keys(way->from, m->by_client, &way->open));
        fragment = tap_open(way, content, fragment, m->content);
    }
    if (m->content == RECORD_HANDSHAKE) {
        tap_handshake(tap, way, content, fragment);
        return;
    }
    way->open_due = way->open_due || m->content == RECORD_CHANGE_CIPHER_SPEC;
    memcpy(m->data, content, fragment);
    m->size = fragment;
    tap->edit(tap, m);
}

static bool tap_more(pair_t *pair, pair_side_t *to) {
    tap12_t *tap = pair->tap_user;
    tap12_way_t *way = &tap->way[to == &pair->server];
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

void tap12_init(tap12_t *tap, pair_t *pair, tap12_edit_t edit, void *user) {
    tap->pair = pair;
    tap->edit = edit;
    tap->user = user;
    tap->hits = 0;
    for (unsigned i = 0; i < 2; i++) {
        tap12_way_t *way = &tap->way[i];
        way->from = i == 1 ? &pair->client : &pair->server;
        way->to = pair_other(pair, way->from);
        way->open_due = way->seal_due = false;
        memset(&way->open, 0, sizeof(way->open));
        memset(&way->seal, 0, sizeof(way->seal));
        way->index = 0;
        way->in.start = way->in.size = way->partial.size = 0;
        tap->transcript[i].size = 0;
    }
    pair->tap = tap_on_data;
    pair->tap_more = tap_more;
    pair->tap_user = tap;
}

void tap12_run(tap12_t *tap, pair_t *pair, tap12_edit_t edit, void *user) {
    pair_start(pair);
    tap12_init(tap, pair, edit, user);
    pair_run(pair);
    assert_true(tap->hits > 0);
}

void tap12_refuses(tap12_t *tap, pair_t *pair, tap12_edit_t edit, void *user, bool by_client,
    skr_status_t status) {
    tap12_run(tap, pair, edit, user);
    pair_assert_refused(pair, by_client ? &pair->client : &pair->server, status);
    pair_end(pair);
}
