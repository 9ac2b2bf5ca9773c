// The traces of RFC 8448 against the wire, keys and record layers, with each provider.
//
// In: the data files of rfc8448/, through trace.h. Checked byte for byte: key exchange, transcript
// hashes, every secret and key, Finished values, binders, every record sealed and opened; and that
// every message can be read. The handshake itself is not run here: each part stands alone and gets
// its input from the trace.
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/hkdf.h"
#include "keys/schedule.h"
#include "keys/suites.h"
#include "keys/transcript.h"
#include "record/record.h"
#include "support/record_whole.h"
#include "trace.h"
#include "wire/messages.h"

typedef struct {
    const char *file;
    const skr_provider_t *provider;
} which_t;

static trace_t trace;
static const skr_provider_t *provider;
static const skr_hash_t *hash;
static const skr_aead_t *aead;

// Every trace uses TLS_AES_128_GCM_SHA256.
static void load(void **state) {
    const which_t *which = *state;
    const suite_t *suite = suite_find(0x1301);
    trace_read(&trace, which->file);
    provider = which->provider;
    hash = provider_hash(provider, suite->hash);
    aead = provider_aead(provider, suite->aead);
    assert_non_null(hash);
    assert_non_null(aead);
}

static void assert_view(skr_view_t got, skr_view_t expected) {
    assert_int_equal(got.size, expected.size);
    assert_memory_equal(got.data, expected.data, expected.size);
}

static void assert_value(const char *name, const uint8_t *got) {
    skr_view_t expected = trace_get(&trace, name);
    print_message("    %s\n", name);
    assert_memory_equal(got, expected.data, expected.size);
}

static skr_view_t get_pair(const char *side, const char *what, unsigned pair) {
    char name[64];
    snprintf(name, sizeof(name), "%s_%s_%u", side, what, pair);
    return trace_get(&trace, name);
}

static void exchange(const char *side, unsigned pair, skr_view_t peer) {
    uint8_t private_key[SKR_GROUP_PRIVATE_MAX];
    uint8_t share[SKR_GROUP_PUBLIC_MAX];
    uint8_t shared[SKR_GROUP_SHARED_MAX];
    const skr_group_t *group = provider_group(
        provider, bytes_get16(get_pair(side, "group", pair).data));
    assert_non_null(group);
    skr_view_t scalar = get_pair(side, "private", pair);
    assert_int_equal(scalar.size, group->private_size);
    memcpy(private_key, scalar.data, scalar.size);
    assert_int_equal(group->generate(private_key, share), SKR_CRYPTO_OK);
    assert_view(view_of(share, group->public_size), get_pair(side, "public", pair));
    if (peer.data != NULL) {
        assert_int_equal(group->finish(private_key, peer.data, peer.size, shared), SKR_CRYPTO_OK);
        assert_view(view_of(shared, group->shared_size), trace_get(&trace, "shared_secret"));
    }
}

// The client's second key pair, if there is one, is the one that the server answers to.
static void test_key_exchange(void **state) {
    load(state);
    bool second = trace_has(&trace, "client_private_2");
    unsigned used = second ? 2 : 1;
    if (second) {
        exchange("client", 1, view_of(NULL, 0));
    }
    exchange("client", used, get_pair("server", "public", 1));
    exchange("server", 1, get_pair("client", "public", used));
}

static void assert_transcript(const transcript_t *transcript, const char *name) {
    uint8_t digest[SKR_HASH_SIZE_MAX];
    assert_true(transcript_result(transcript, digest));
    assert_value(name, digest);
}

static bool is_message(const trace_item_t *item, bool by_client, const char *type) {
    return item->by_client == by_client && strcmp(item->type, type) == 0;
}

static void test_transcript(void **state) {
    load(state);
    transcript_t transcript;
    unsigned checks = 0;
    assert_true(transcript_init(&transcript, provider->hashes));
    for (size_t i = 0; i < trace.message_count; i++) {
        const trace_item_t *item = &trace.messages[i];
        bool retry = is_message(item, false, "HelloRetryRequest");
        if (retry || is_message(item, false, "ServerHello")) {
            assert_true(transcript_choose(&transcript, hash));
        }
        if (retry) {
            assert_true(transcript_retry(&transcript));
        }
        assert_true(transcript_add(&transcript, item->bytes));
        if (is_message(item, false, "ServerHello")) {
            assert_transcript(&transcript, "client_handshake_traffic_secret_transcript");
            assert_transcript(&transcript, "server_handshake_traffic_secret_transcript");
            checks++;
        } else if (is_message(item, false, "Finished")) {
            assert_transcript(&transcript, "client_application_traffic_secret_transcript");
            assert_transcript(&transcript, "exporter_secret_transcript");
            checks++;
        } else if (is_message(item, true, "Finished")) {
            assert_transcript(&transcript, "resumption_secret_transcript");
            checks++;
        }
    }
    assert_int_equal(checks, 3);
}

static void assert_derived(
    const uint8_t *secret, const char *label, const char *context, const char *expected) {
    uint8_t out[SKR_HASH_SIZE_MAX];
    skr_view_t bytes = context == NULL ? view_of("", 0) : trace_get(&trace, context);
    assert_true(
        hkdf_expand_label(hash, secret, view_of(label, strlen(label)), bytes, out, hash->size));
    assert_value(expected, out);
}

static bool has_psk(void) {
    return trace_has(&trace, "binder");
}

static void test_ladder(void **state) {
    load(state);
    schedule_t s;
    skr_view_t psk = has_psk() ? trace_get(&trace, "psk") : view_of(NULL, 0);
    assert_true(schedule_early(&s, hash, psk));
    assert_value("early_secret", s.secret);
    assert_true(schedule_handshake(&s, trace_get(&trace, "shared_secret"),
        trace_get(&trace, "client_handshake_traffic_secret_transcript").data));
    assert_value("handshake_secret", s.secret);
    assert_value("client_handshake_traffic_secret", s.client_handshake);
    assert_value("server_handshake_traffic_secret", s.server_handshake);
    assert_true(schedule_master(
        &s, trace_get(&trace, "client_application_traffic_secret_transcript").data));
    assert_value("master_secret", s.secret);
    assert_value("client_application_traffic_secret", s.client_application);
    assert_value("server_application_traffic_secret", s.server_application);
    assert_value("exporter_secret", s.exporter);
    assert_derived(s.secret, "res master", "resumption_secret_transcript", "resumption_secret");
    if (trace_has(&trace, "ticket_psk")) {
        assert_derived(trace_get(&trace, "resumption_secret").data, "resumption", "ticket_nonce",
            "ticket_psk");
    }
}

static void hash_of(skr_view_t bytes, uint8_t *out) {
    transcript_t transcript;
    assert_true(transcript_init(&transcript, provider->hashes));
    assert_true(transcript_choose(&transcript, hash) && transcript_add(&transcript, bytes));
    assert_true(transcript_result(&transcript, out));
}

// What pre-shared keys make of the first rung: by its labels, the schedule has no functions for
// them yet.
static void test_early(void **state) {
    load(state);
    if (!has_psk()) {
        assert_false(trace_has(&trace, "client_early_traffic_secret"));
        return;
    }
    const uint8_t *early = trace_get(&trace, "early_secret").data;
    uint8_t out[SKR_HASH_SIZE_MAX];
    uint8_t empty[SKR_HASH_SIZE_MAX];
    skr_view_t hello = trace.messages[0].bytes;
    hash_of(hello, out);
    assert_value("client_early_traffic_secret_transcript", out);
    assert_value("early_exporter_secret_transcript", out);
    // Without the list of binders: its length, the one binder's length, the binder.
    hash_of(view_of(hello.data, hello.size - 3 - hash->size), out);
    assert_value("binder_transcript", out);
    hash_of(view_of("", 0), empty);
    assert_true(hkdf_expand_label(
        hash, early, VIEW_LITERAL("res binder"), view_of(empty, hash->size), out, hash->size));
    assert_value("binder_key", out);
    assert_true(schedule_finished(hash, out, trace_get(&trace, "binder_transcript").data, out));
    assert_value("binder", out);
    assert_derived(early, "c e traffic", "client_early_traffic_secret_transcript",
        "client_early_traffic_secret");
    assert_derived(
        early, "e exp master", "early_exporter_secret_transcript", "early_exporter_secret");
}

static void assert_keys(const char *side, const char *epoch, const char *secret) {
    uint8_t key[SKR_AEAD_KEY_MAX];
    uint8_t iv[SKR_AEAD_NONCE_SIZE];
    char name[64];
    assert_true(
        schedule_traffic_keys(hash, trace_get(&trace, secret).data, key, aead->key_size, iv));
    snprintf(name, sizeof(name), "%s_%s_key", side, epoch);
    assert_int_equal(trace_get(&trace, name).size, aead->key_size);
    assert_value(name, key);
    snprintf(name, sizeof(name), "%s_%s_iv", side, epoch);
    assert_int_equal(trace_get(&trace, name).size, sizeof(iv));
    assert_value(name, iv);
}

static void test_traffic_keys(void **state) {
    load(state);
    assert_keys("client", "handshake", "client_handshake_traffic_secret");
    assert_keys("server", "handshake", "server_handshake_traffic_secret");
    assert_keys("client", "application", "client_application_traffic_secret");
    assert_keys("server", "application", "server_application_traffic_secret");
    if (has_psk()) {
        assert_keys("client", "early", "client_early_traffic_secret");
    }
}

// Finished of one side, computed over the messages before it.
static void assert_finished(bool by_client, const char *secret, const char *expected) {
    transcript_t transcript;
    uint8_t digest[SKR_HASH_SIZE_MAX];
    uint8_t verify_data[SKR_HASH_SIZE_MAX];
    assert_true(transcript_init(&transcript, provider->hashes));
    assert_true(transcript_choose(&transcript, hash));
    for (size_t i = 0; !is_message(&trace.messages[i], by_client, "Finished"); i++) {
        assert_true(i + 1 < trace.message_count);
        if (is_message(&trace.messages[i], false, "HelloRetryRequest")) {
            assert_true(transcript_retry(&transcript));
        }
        assert_true(transcript_add(&transcript, trace.messages[i].bytes));
    }
    assert_true(transcript_result(&transcript, digest));
    const uint8_t *base = trace_get(&trace, secret).data;
    assert_true(schedule_finished(hash, base, digest, verify_data));
    assert_value(expected, verify_data);
}

static void test_finished(void **state) {
    load(state);
    assert_finished(false, "server_handshake_traffic_secret", "server_finished");
    assert_finished(true, "client_handshake_traffic_secret", "client_finished");
}

static record_keys_t keys_of(const trace_item_t *item) {
    record_keys_t keys = {.aead = aead, .protection = &record13_protection};
    const char *side = item->by_client ? "client" : "server";
    char name[64];
    snprintf(name, sizeof(name), "%s_%s_key", side, trace_epoch_name(item->epoch));
    memcpy(keys.key, trace_get(&trace, name).data, aead->key_size);
    snprintf(name, sizeof(name), "%s_%s_iv", side, trace_epoch_name(item->epoch));
    memcpy(keys.iv, trace_get(&trace, name).data, sizeof(keys.iv));
    return keys;
}

static record_type_t type_of(const trace_item_t *item) {
    static const char *const names[] = {
        "change_cipher_spec", "alert", "handshake", "application_data"};
    unsigned type = 0;
    while (strcmp(names[type], item->type) != 0) {
        type++;
        assert_true(type < 4);
    }
    return (record_type_t)(RECORD_CHANGE_CIPHER_SPEC + type);
}

static void assert_plain(const trace_item_t *item, bool initial) {
    uint8_t header[SKR_RECORD_HEADER_SIZE];
    record_header_t read;
    record_write_header(header, type_of(item), initial, item->payload.size);
    assert_memory_equal(header, item->bytes.data, sizeof(header));
    assert_view(view_of(item->bytes.data + 5, item->bytes.size - 5), item->payload);
    assert_int_equal(record_read_header(item->bytes.data, false, initial, &read), SKR_OK);
    assert_int_equal(read.type, type_of(item));
    assert_int_equal(read.size, item->payload.size);
}

static void assert_protected(const trace_item_t *item, uint64_t sequence) {
    static _Alignas(16) uint8_t state[16384];
    static uint8_t record[SKR_RECORD_PROTECTED_MAX];
    record_keys_t keys = keys_of(item);
    record_header_t header;
    uint8_t type;
    size_t size = item->payload.size;
    assert_true(aead->state_size <= sizeof(state));
    assert_true(aead->init(state, keys.key));
    keys.sequence = sequence;
    memcpy(record + 5, item->payload.data, size);
    assert_int_equal(record_seal(&keys, state, record, type_of(item), size, 0), SKR_OK);
    assert_view(view_of(record, record_sealed_size(&keys, size, 0)), item->bytes);

    keys.sequence = sequence;
    assert_int_equal(record_read_header(item->bytes.data, true, false, &header), SKR_OK);
    assert_int_equal(header.size + 5u, item->bytes.size);
    memcpy(record, item->bytes.data + 5, header.size);
    assert_int_equal(record_open_whole(&keys, state, record, header.size, &type, &size), SKR_OK);
    assert_int_equal(type, type_of(item));
    assert_view(view_of(record, size), item->payload);
    assert_int_equal(keys.sequence, sequence + 1);
    aead->clear(state);
}

static void test_records(void **state) {
    load(state);
    uint64_t sequences[2][4] = {{0}};
    unsigned sealed = 0;
    for (size_t i = 0; i < trace.record_count; i++) {
        const trace_item_t *item = &trace.records[i];
        if (item->epoch == TRACE_PLAIN) {
            assert_plain(item, i == 0);
        } else {
            assert_protected(item, sequences[item->by_client][item->epoch]++);
            sealed++;
        }
    }
    assert_true(sealed >= 4);
}

static void read_hello(skr_view_t body, bool by_client) {
    wire_client_hello_t client;
    wire_server_hello_t server;
    if (by_client) {
        assert_int_equal(wire_read_client_hello(body, &client), SKR_OK);
        assert_view(client.random, trace_get(&trace, "client_random"));
        assert_true(wire_numbers_have(client.suites, 0x1301));
        return;
    }
    assert_int_equal(wire_read_server_hello(body, &server), SKR_OK);
    assert_int_equal(server.suite, 0x1301);
    if (!server.retry) {
        uint16_t group;
        skr_view_t share;
        assert_view(server.random, trace_get(&trace, "server_random"));
        assert_int_equal(
            wire_read_key_share(server.extensions.body[WIRE_EXT_KEY_SHARE], &group, &share),
            SKR_OK);
        assert_int_equal(group, bytes_get16(trace_get(&trace, "server_group_1").data));
        assert_view(share, trace_get(&trace, "server_public_1"));
    }
}

static void read_other(unsigned type, skr_view_t body) {
    wire_extensions_t extensions;
    wire_certificate_request_t request;
    wire_certificate_t certificate;
    wire_certificate_verify_t verify;
    wire_new_session_ticket_t ticket;
    skr_status_t status = SKR_ERR_DECODE;
    switch (type) {
        case WIRE_ENCRYPTED_EXTENSIONS:
            status = wire_read_encrypted_extensions(body, &extensions);
            break;
        case WIRE_CERTIFICATE_REQUEST:
            status = wire_read_certificate_request(body, &request);
            break;
        case WIRE_CERTIFICATE:
            status = wire_read_certificate(body, &certificate);
            break;
        case WIRE_CERTIFICATE_VERIFY:
            status = wire_read_certificate_verify(body, &verify);
            break;
        case WIRE_NEW_SESSION_TICKET:
            status = wire_read_new_session_ticket(body, &ticket);
            break;
        default:
            status = type == WIRE_END_OF_EARLY_DATA || type == WIRE_FINISHED ? SKR_OK : status;
    }
    assert_int_equal(status, SKR_OK);
}

static void test_messages(void **state) {
    load(state);
    for (size_t i = 0; i < trace.message_count; i++) {
        const trace_item_t *item = &trace.messages[i];
        unsigned type = item->bytes.data[0];
        skr_view_t body = view_of(item->bytes.data + 4, item->bytes.size - 4);
        bool retry = strcmp(item->type, "HelloRetryRequest") == 0;
        assert_string_equal(wire_type_name(retry ? WIRE_HELLO_RETRY_REQUEST : type), item->type);
        if (type == WIRE_CLIENT_HELLO || type == WIRE_SERVER_HELLO) {
            read_hello(body, item->by_client);
        } else {
            read_other(type, body);
        }
    }
}

int main(void) {
    static const char *const files[] = {
        "simple", "resumed", "retry", "client_auth", "compatibility"};
    static const struct {
        const char *name;
        CMUnitTestFunction run;
    } parts[] = {{"key exchange", test_key_exchange}, {"transcript", test_transcript},
        {"ladder", test_ladder}, {"early", test_early}, {"traffic keys", test_traffic_keys},
        {"finished", test_finished}, {"records", test_records}, {"messages", test_messages}};
    enum { FILES = sizeof(files) / sizeof(files[0]), PARTS = sizeof(parts) / sizeof(parts[0]) };
    const skr_provider_t *providers[] = {&skr_provider_openssl, &skr_provider_bearssl};
    static which_t which[2 * FILES];
    static char names[2 * FILES * PARTS][96];
    static struct CMUnitTest tests[2 * FILES * PARTS];
    for (size_t i = 0; i < 2 * FILES * PARTS; i++) {
        size_t run = i / PARTS;
        which[run] = (which_t){files[run / 2], providers[run % 2]};
        snprintf(names[i], sizeof(names[i]), "%s, %s, %s", which[run].file, parts[i % PARTS].name,
            which[run].provider->name);
        tests[i] = (struct CMUnitTest){names[i], parts[i % PARTS].run, NULL, NULL, &which[run]};
    }
    return cmocka_run_group_tests_name("RFC 8448", tests, NULL, NULL);
}
