// Trace events: what a ladder of the handshake is drawn from.
//
// In: handshakes of all kinds. Out: the messages in the order of RFC 9846 section 2, each once and
// with its size, told alike by both sides; records whose sizes add up to the bytes on the wire;
// nothing when nobody listens.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "record/record.h"
#include "support/pair.h"

static pair_t pair;

// The handshake messages that side saw, as "C ClientHello, S ServerHello, ...".
static void ladder(const pair_side_t *side, char *out) {
    out[0] = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        const skr_trace_event_t *event = &side->event[i];
        if (event->layer == SKR_LAYER_HANDSHAKE) {
            bool by_client = event->sent == (side == &pair.client);
            strcat(out, by_client ? "C " : "S ");
            strcat(out, event->name);
            strcat(out, event->is_protected ? "*, " : ", ");
        }
    }
}

static void assert_ladder(const char *expected) {
    char client[1000], server[1000];
    ladder(&pair.client, client);
    ladder(&pair.server, server);
    assert_string_equal(client, expected);
    assert_string_equal(server, expected);
}

// Both sides tell the same messages with the same sizes.
static void assert_same_messages(void) {
    const pair_side_t *client = &pair.client, *server = &pair.server;
    size_t j = 0;
    for (size_t i = 0; i < client->event_count; i++) {
        const skr_trace_event_t *one = &client->event[i];
        if (one->layer != SKR_LAYER_HANDSHAKE) {
            continue;
        }
        while (j < server->event_count && server->event[j].layer != SKR_LAYER_HANDSHAKE) {
            j++;
        }
        assert_true(j < server->event_count);
        const skr_trace_event_t *two = &server->event[j++];
        assert_int_equal(one->type, two->type);
        assert_int_equal(one->size, two->size);
        assert_int_equal(one->sent, !two->sent);
        assert_int_equal(one->is_protected, two->is_protected);
    }
}

// Records, alerts apart, add up to what went over the wire.
static void assert_bytes(const pair_side_t *side) {
    skr_conn_info_t info;
    size_t in = 0, out = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        const skr_trace_event_t *event = &side->event[i];
        bool alert = event->type == RECORD_ALERT && event->size == 2; // what the record says
        if (event->layer == SKR_LAYER_RECORD && !alert) {
            *(event->sent ? &out : &in) += event->size;
        }
    }
    skr_conn_info(side->conn, &info);
    assert_int_equal(out, info.bytes_out);
    assert_int_equal(in, info.bytes_in);
}

static unsigned count(const pair_side_t *side, bool sent, skr_layer_t layer, uint8_t type) {
    unsigned n = 0;
    for (size_t i = 0; i < side->event_count; i++) {
        const skr_trace_event_t *event = &side->event[i];
        n += event->sent == sent && event->layer == layer && event->type == type ? 1 : 0;
    }
    return n;
}

static void run(const char *expected) {
    pair_connect(&pair);
    assert_ladder(expected);
    assert_same_messages();
    assert_bytes(&pair.client);
    assert_bytes(&pair.server);
    assert_int_equal(count(&pair.client, true, SKR_LAYER_RECORD, RECORD_CHANGE_CIPHER_SPEC), 1);
    assert_int_equal(count(&pair.server, true, SKR_LAYER_RECORD, RECORD_CHANGE_CIPHER_SPEC), 1);
    assert_int_equal(count(&pair.client, false, SKR_LAYER_RECORD, RECORD_CHANGE_CIPHER_SPEC), 1);
    pair.client.event_count = pair.server.event_count = 0;
    pair_end(&pair);
}

#define HELLOS "C ClientHello, S ServerHello, S EncryptedExtensions*, "
#define RETRY "C ClientHello, S HelloRetryRequest, "
#define PROOF "S Certificate*, S CertificateVerify*, S Finished*, "

static void set_retry(void) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    pair.client.config.groups = both;
    pair.server.config.groups = wanted;
}

static void test_ladders(void **state) {
    const pair_providers_t *providers = *state;
    pair_init(&pair, providers->client, providers->server);
    run(HELLOS PROOF "C Finished*, ");
    set_retry();
    run(RETRY HELLOS PROOF "C Finished*, ");
    pair_init(&pair, providers->client, providers->server);
    pair_mutual(&pair, PKI_P256);
    run(HELLOS "S CertificateRequest*, " PROOF
               "C Certificate*, C CertificateVerify*, C Finished*, ");
    set_retry();
    run(RETRY HELLOS "S CertificateRequest*, " PROOF
                     "C Certificate*, C CertificateVerify*, C Finished*, ");
    pair_init(&pair, providers->client, providers->server);
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    run(HELLOS "S CertificateRequest*, " PROOF "C Certificate*, C Finished*, ");
}

// The same when messages are spread and come in pieces.
static void test_spread(void **state) {
    const pair_providers_t *providers = *state;
    pair_init(&pair, providers->client, providers->server);
    pair.client.config.max_record_out = pair.server.config.max_record_out = 100;
    pair.client.chunk = pair.server.chunk = 7;
    run(HELLOS PROOF "C Finished*, ");
}

static void test_data_and_alerts(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair_connect(&pair);
    pair.client.event_count = pair.server.event_count = 0;
    pair_write(&pair, &pair.client, "0123456789", 10);
    pair_assert_status(skr_conn_update_keys(pair.client.conn, false), SKR_OK);
    pair_assert_status(skr_conn_close(pair.client.conn), SKR_OK);
    pair_run(&pair);
    assert_int_equal(count(&pair.client, true, SKR_LAYER_APPLICATION, 0), 1);
    assert_int_equal(count(&pair.server, false, SKR_LAYER_APPLICATION, 0), 1);
    assert_int_equal(count(&pair.client, true, SKR_LAYER_HANDSHAKE, 24), 1);
    assert_int_equal(count(&pair.server, false, SKR_LAYER_HANDSHAKE, 24), 1);
    assert_int_equal(count(&pair.client, true, SKR_LAYER_RECORD, RECORD_ALERT), 1);
    assert_int_equal(count(&pair.server, false, SKR_LAYER_RECORD, RECORD_ALERT), 1);
    const skr_trace_event_t *last = &pair.server.event[pair.server.event_count - 1];
    assert_string_equal(last->name, "close_notify");
    pair_end(&pair);
}

// Without a trace nothing is told, and nothing else changes.
static void test_untraced(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair.client.config.trace = pair.server.config.trace = NULL;
    pair.client.config.secret_log = pair.server.config.secret_log = NULL;
    pair_connect(&pair);
    pair_exchange(&pair, 100);
    assert_int_equal(pair.client.event_count + pair.server.event_count, 0);
    assert_int_equal(pair.client.secret_count + pair.server.secret_count, 0);
    pair_end(&pair);
}

// --- The peer's chain ---

typedef struct {
    uint8_t der[2][4096];
    size_t size[2], fill[2];
} seen_t;

static void see(void *user, unsigned index, size_t size, size_t offset, skr_view_t piece) {
    seen_t *seen = user;
    assert_true(index < 2 && size <= sizeof(seen->der[0]));
    assert_int_equal(offset, seen->fill[index]); // in order, each byte once
    memcpy(seen->der[index] + offset, piece.data, piece.size);
    seen->fill[index] += piece.size;
    seen->size[index] = size;
}

// Whoever wants to see the peer's certificates sees all of them, as they were sent, whatever they
// were cut into.
static void test_chain_watch(void **state) {
    static seen_t seen;
    (void)state;
    skr_chain_watch_t watch = {see, &seen};
    static const uint16_t sizes[] = {64, 100, 1000, 0};
    for (unsigned i = 0; i < 8; i++) {
        memset(&seen, 0, sizeof(seen));
        pair_init_openssl(&pair);
        pair.version = i < 4 ? SKR_TLS13 : SKR_TLS12;
        pair.client.config.max_version = pair.version;
        pair.client.config.min_version = pair.server.config.min_version = pair.version;
        pair.client.config.chain_watch = &watch;
        pair.server.config.max_record_out = sizes[i % 4];
        pair_connect(&pair);
        const skr_credential_t *sent = pair.server.config.credentials;
        assert_true(sent->chain_count <= 2);
        for (size_t n = 0; n < sent->chain_count; n++) {
            assert_int_equal(seen.size[n], sent->chain[n].size);
            assert_int_equal(seen.fill[n], sent->chain[n].size);
            assert_memory_equal(seen.der[n], sent->chain[n].data, sent->chain[n].size);
        }
        assert_int_equal(seen.size[1] != 0, sent->chain_count == 2);
        pair_end(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_ladders, &pair_providers[0]),
        PAIR_TEST_WITH(test_ladders, &pair_providers[1]),
        PAIR_TEST_WITH(test_spread, &pair_providers[0]),
        PAIR_TEST_WITH(test_spread, &pair_providers[1]),
        PAIR_TEST(test_data_and_alerts),
        PAIR_TEST(test_untraced),
        PAIR_TEST(test_chain_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
