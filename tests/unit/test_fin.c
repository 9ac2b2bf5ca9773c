// Finished of both versions without a handshake (src/hs/fin13.c, src/hs/fin12.c).
//
// In: two handshakes made by hand with the same transcript and secrets, both hashes; a hash that
// fails on demand. Out: each side's verify_data is what RFC 9846 section 4.5.3 and RFC 5246
// section 7.4.9 make of its own key or label; the other side takes it and proves PROOF_FINISHED,
// and nothing else is proof: no other bit, size, writer, transcript or secret, and no answer of a
// provider that failed.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/handlers.h"
#include "keys/prf12.h"
#include "support/pair.h"

typedef struct {
    const char *name;
    uint16_t version;
    unsigned hash;
    hs_send_t send;
    hs_recv_t recv;
} version_t;

static const version_t versions[] = {
    {"TLS 1.3, SHA-256", SKR_TLS13, SKR_HASH_SHA256, fin13_send, fin13_recv},
    {"TLS 1.3, SHA-384", SKR_TLS13, SKR_HASH_SHA384, fin13_send, fin13_recv},
    {"TLS 1.2, SHA-256", SKR_TLS12, SKR_HASH_SHA256, fin12_send, fin12_recv},
    {"TLS 1.2, SHA-384", SKR_TLS12, SKR_HASH_SHA384, fin12_send, fin12_recv},
};
enum { VERSIONS = sizeof(versions) / sizeof(versions[0]), BODY_MAX = 64 };

static hs_t client, server;

static void begin_side(hs_t *hs, const version_t *version, bool is_client) {
    const skr_provider_t *provider = &skr_provider_openssl;
    memset(hs, 0, sizeof(*hs));
    hs->hash = provider_hash(provider, version->hash);
    if (version->version == SKR_TLS13) {
        hs->script = is_client ? &hs_script_client13 : &hs_script_server13;
    } else {
        hs->script = is_client ? &hs_script_client12 : &hs_script_server12;
    }
    memset(hs->schedule.secret, 0x11, SKR_SECRET_SIZE_MAX);
    memset(hs->schedule.client_handshake, 0x22, SKR_SECRET_SIZE_MAX);
    memset(hs->schedule.server_handshake, 0x33, SKR_SECRET_SIZE_MAX);
    assert_true(transcript_init(&hs->transcript, provider->hashes));
    assert_true(transcript_add(&hs->transcript, VIEW_LITERAL("all messages so far")));
    if (version->version == SKR_TLS13) {
        assert_true(transcript_choose(&hs->transcript, hs->hash));
    }
}

static void begin(const version_t *version) {
    pair_note("%s", version->name);
    begin_side(&client, version, true);
    begin_side(&server, version, false);
}

static skr_view_t send(const version_t *version, hs_t *from, uint8_t *body) {
    writer_t w = writer_of(body, BODY_MAX);
    pair_assert_status(version->send(from, &w), SKR_OK);
    assert_false(writer_failed(&w));
    assert_int_equal(from->proofs, 0); // one's own proves nothing
    return view_of(body, writer_size(&w));
}

static void refuses(const version_t *version, hs_t *to, skr_view_t body, skr_status_t status) {
    to->proofs = PROOF_PATH;
    pair_assert_status(version->recv(to, body), status);
    assert_int_equal(to->proofs, PROOF_PATH);
}

// What the RFCs say, from one layer below.
static void expect(const version_t *version, const hs_t *from, uint8_t *out) {
    bool is_client = from == &client;
    uint8_t digest[SKR_HASH_SIZE_MAX];
    assert_true(transcript_of(&from->transcript, from->hash, digest));
    if (version->version == SKR_TLS13) {
        const uint8_t *base = is_client ? from->schedule.client_handshake
                                        : from->schedule.server_handshake;
        assert_true(schedule_finished(from->hash, base, digest, out));
        return;
    }
    skr_view_t label = is_client ? VIEW_LITERAL("client finished")
                                 : VIEW_LITERAL("server finished");
    assert_true(prf12(from->hash, view_of(from->schedule.secret, 48), label,
        view_of(digest, from->hash->size), view_of(NULL, 0), out, 12));
}

static void test_right(void **state) {
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const version_t *version = &versions[i];
        for (unsigned by_client = 0; by_client < 2; by_client++) {
            uint8_t body[BODY_MAX], expected[BODY_MAX];
            begin(version);
            hs_t *from = by_client != 0 ? &client : &server;
            hs_t *to = by_client != 0 ? &server : &client;
            skr_view_t finished = send(version, from, body);
            size_t size = version->version == SKR_TLS13 ? from->hash->size : 12;
            assert_int_equal(finished.size, size);
            expect(version, from, expected);
            assert_memory_equal(body, expected, size);
            to->proofs = PROOF_PATH;
            pair_assert_status(version->recv(to, finished), SKR_OK);
            assert_int_equal(to->proofs, PROOF_PATH | PROOF_FINISHED);
        }
    }
}

static void test_other_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const version_t *version = &versions[i];
        uint8_t body[BODY_MAX] = {0};
        begin(version);
        skr_view_t finished = send(version, &server, body);
        for (size_t bit = 0; bit < 8 * finished.size; bit++) {
            body[bit / 8] ^= (uint8_t)(1u << bit % 8);
            refuses(version, &client, finished, SKR_ERR_FINISHED);
            body[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t size = 0; size <= BODY_MAX; size++) {
            if (size != finished.size) {
                refuses(version, &client, view_of(body, size), SKR_ERR_DECODE);
            }
        }
        pair_assert_status(version->recv(&client, finished), SKR_OK);
    }
}

// Sent back to its writer a Finished is worth nothing.
static void test_reflected(void **state) {
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        uint8_t body[BODY_MAX];
        begin(&versions[i]);
        refuses(&versions[i], &client, send(&versions[i], &client, body), SKR_ERR_FINISHED);
        begin(&versions[i]);
        refuses(&versions[i], &server, send(&versions[i], &server, body), SKR_ERR_FINISHED);
    }
}

// Who saw another handshake, or has other keys, is not the peer.
static void test_other_handshake(void **state) {
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const version_t *version = &versions[i];
        uint8_t body[BODY_MAX];
        begin(version);
        assert_true(transcript_add(&server.transcript, VIEW_LITERAL("!")));
        refuses(version, &client, send(version, &server, body), SKR_ERR_FINISHED);
        begin(version);
        server.schedule.secret[47] ^= 1; // the master secret of TLS 1.2
        server.schedule.server_handshake[server.hash->size - 1] ^= 0x80; // the key of TLS 1.3
        refuses(version, &client, send(version, &server, body), SKR_ERR_FINISHED);
        begin(version);
        client.schedule.secret[0] ^= 1;
        client.schedule.client_handshake[0] ^= 1;
        refuses(version, &server, send(version, &client, body), SKR_ERR_FINISHED);
    }
}

// Whichever call of the provider fails: nothing is sent and nothing proved.
static void test_provider_fails(void **state) {
    (void)state;
    for (size_t i = 0; i < VERSIONS; i++) {
        const version_t *version = &versions[i];
        uint8_t body[BODY_MAX], other[BODY_MAX];
        begin(version);
        skr_view_t finished = send(version, &server, body);
        const skr_provider_t *faulty = test_fault_provider(&skr_provider_openssl);
        hs_t *const sides[] = {&client, &server};
        for (size_t side = 0; side < 2; side++) {
            sides[side]->hash = provider_hash(faulty, version->hash);
            assert_true(transcript_init(&sides[side]->transcript, faulty->hashes));
            assert_true(
                transcript_add(&sides[side]->transcript, VIEW_LITERAL("all messages so far")));
            assert_true(transcript_choose(&sides[side]->transcript, sides[side]->hash));
        }
        test_fault_set(0, false);
        pair_assert_status(version->recv(&client, finished), SKR_OK);
        unsigned long calls = test_fault_count();
        assert_true(calls > 4);
        for (unsigned long nth = 1; nth <= calls; nth++) {
            test_fault_set(nth, false);
            refuses(version, &client, finished, SKR_ERR_PROVIDER);
            writer_t w = writer_of(other, sizeof(other));
            test_fault_set(nth, false);
            pair_assert_status(version->send(&server, &w), SKR_ERR_PROVIDER);
            assert_int_equal(writer_size(&w), 0);
        }
        test_fault_set(0, false);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_right),
        PAIR_TEST(test_other_bytes),
        PAIR_TEST(test_reflected),
        PAIR_TEST(test_other_handshake),
        PAIR_TEST(test_provider_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
