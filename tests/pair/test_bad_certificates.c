// Certificates that must be refused, in whole handshakes: servers' and clients', in both versions
// (RFC 5280, RFC 9525, RFC 9846 sections 4.5.1 and 6.2).
//
// In: a handshake in whose Certificate message another chain is put, from
// support/bad_certificates.h. Out: the error of who judges it, the alert that the peer saw, which
// is named in the table; never a connection. The good chains of the table get as far as the
// signature, which is by another key.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/bad_certificates.h"
#include "support/pair_hello.h"
#include "support/tap12.h"
#include "wire/messages.h"

static pair_t pair;
static pair_tap_t tap;
static tap12_t tap12;
static x509_try_t chain;

typedef struct {
    bool by_client, is_tls12;
} where_t;
static const where_t server13 = {false, false}, client13 = {true, false}, server12 = {false, true},
                     client12 = {true, true};

static void put24(uint8_t *p, size_t value) {
    p[0] = (uint8_t)(value >> 16);
    bytes_put16(p + 1, (uint16_t)value);
}

// The body of Certificate (RFC 9846 section 4.5.1, RFC 5246 section 7.4.2).
static void put_chain(pair_message_t *m, bool is_tls12) {
    uint8_t *list = m->data + SKR_MESSAGE_HEADER_SIZE;
    if (!is_tls12) {
        *list++ = 0; // certificate_request_context
    }
    uint8_t *p = list + 3;
    for (size_t i = 0; i < chain.chain_count; i++) {
        put24(p, chain.chain[i].size);
        memcpy(p + 3, chain.chain[i].data, chain.chain[i].size);
        p += 3 + chain.chain[i].size;
        if (!is_tls12) {
            bytes_put16(p, 0);
            p += 2;
        }
    }
    put24(list, (size_t)(p - list) - 3);
    m->size = (size_t)(p - m->data);
    hello_fix_length(m);
}

static void edit(pair_tap_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (m->content == RECORD_HANDSHAKE && m->by_client == where->by_client &&
        m->type == WIRE_CERTIFICATE) {
        put_chain(m, false);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void edit12(tap12_t *t, pair_message_t *m) {
    const where_t *where = t->user;
    if (m->content == RECORD_HANDSHAKE && m->by_client == where->by_client &&
        m->type == WIRE_CERTIFICATE) {
        put_chain(m, true);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void refuses(const where_t *where, const bad_certificate_t *bad) {
    pair_side_t *judge = where->by_client ? &pair.server : &pair.client;
    pair_side_t *peer = where->by_client ? &pair.client : &pair.server;
    skr_status_t status = bad->status == SKR_OK ? SKR_ERR_SIGNATURE : bad->status;
    skr_alert_t alert = bad->status == SKR_OK ? SKR_ALERT_DECRYPT_ERROR : bad->alert;
    skr_error_t error;
    if (where->is_tls12) {
        tap12_pair_openssl(&pair);
    } else {
        pair_init_openssl(&pair);
    }
    pair_mutual(&pair, PKI_P256);
    judge->config.anchors = chain.anchors;
    judge->config.anchor_count = chain.anchor_count;
    if (chain.anchor_count == 0) {
        judge->config.anchors = pki_anchors();
        judge->config.anchor_count = 1;
    }
    if (where->is_tls12) {
        tap12_run(&tap12, &pair, edit12, (void *)where);
    } else {
        pair_tap_run(&tap, &pair, edit, (void *)where);
    }
    pair_assert_refused(&pair, judge, status);
    skr_conn_error(peer->conn, &error);
    assert_string_equal(skr_alert_name(error.alert_received), skr_alert_name(alert));
    pair_end(&pair);
}

static void test_refused(void **state) {
    const where_t *where = *state;
    for (size_t i = 0; i < bad_certificate_count; i++) {
        if (where->by_client && bad_certificates[i].for_servers) {
            continue;
        }
        pair_note("%s", bad_certificates[i].name);
        bad_certificate_make(&chain, i, where->by_client);
        refuses(where, &bad_certificates[i]);
    }
    pair_note("%s", "");
}

// A root of a name and a key is as good as its certificate, and no better.
static void test_name_and_key(void **state) {
    static uint8_t bytes[512];
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        skr_view_t root = i / 2 == 0 ? pki_root() : pki_stranger();
        const skr_anchor_t anchor = {bytes, skr_anchor_write(root, bytes, sizeof(bytes))};
        if (i % 2 == 0) {
            pair_init_openssl(&pair);
        } else {
            tap12_pair_openssl(&pair);
        }
        pair_mutual(&pair, PKI_P256);
        pair.client.config.anchors = &anchor;
        if (i / 2 == 0) {
            pair.server.config.anchors = &anchor;
            pair_connect(&pair);
            pair_exchange(&pair, 10);
            pair_end(&pair);
        } else {
            pair_refuses(&pair, &pair.client, SKR_ERR_CERT_UNKNOWN_CA);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_refused, &server13),
        PAIR_TEST_WITH(test_refused, &client13),
        PAIR_TEST_WITH(test_refused, &server12),
        PAIR_TEST_WITH(test_refused, &client12),
        PAIR_TEST(test_name_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
