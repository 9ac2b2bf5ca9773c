// What sessions are bound to, and binders (src/hs/psk.c).
//
// In: configurations that differ in one thing each; a ClientHello, a key. Out: a binding that is
// another one for every input that makes a session unfit (role, name, protocols, policy, roots) and
// the same for what does not matter to it; a binder that is the MAC of RFC 9846 section 4.3.11.2
// over exactly the covered part, which every input of it changes; no answer at all when the
// provider fails.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/psk.h"
#include "support/pair.h"

// --- The binding ---

enum { CHANGES = 32 };

// Bindings so far: no two may be the same.
static uint8_t seen[CHANGES][SESSION_BINDING_SIZE];
static size_t seen_count;

static void other(const skr_config_t *config, skr_view_t name) {
    assert_true(seen_count < CHANGES);
    assert_true(psk_binding(config, name, seen[seen_count]));
    for (size_t i = 0; i < seen_count; i++) {
        assert_memory_not_equal(seen[i], seen[seen_count], SESSION_BINDING_SIZE);
    }
    seen_count++;
}

static uint8_t root_one[100], root_two[40], root_tail[100], root_longer[101];
static const skr_view_t protocols[] = {{(const uint8_t *)"h2", 2}, {(const uint8_t *)"http/1.1", 8},
    {(const uint8_t *)"h", 1}, {(const uint8_t *)"2", 1}, {(const uint8_t *)"h2", 2}};

static skr_config_t plain(const skr_view_t *roots, size_t count) {
    return (skr_config_t){.role = SKR_CLIENT,
        .provider = &skr_provider_openssl,
        .verify = SKR_VERIFY_REQUIRED,
        .anchors = roots,
        .anchor_count = count};
}

static void test_policy(void **state) {
    (void)state;
    static const skr_x509_rules_t *rules;
    static const uint8_t any_rules[256];
    rules = (const void *)any_rules; // only whether there are some is asked
    skr_view_t name = VIEW_LITERAL("server.example");
    const skr_config_t base = plain(NULL, 0);
    skr_config_t config = base;
    seen_count = 0;
    other(&config, name);
    config.role = SKR_SERVER;
    other(&config, name);
    config = base;
    config.verify = SKR_VERIFY_OPTIONAL;
    other(&config, name);
    config.verify = SKR_VERIFY_NONE;
    other(&config, name);
    config = base;
    config.ignore_name = true;
    other(&config, name);
    config = base;
    config.ignore_time = true;
    other(&config, name);
    config = base;
    config.ask_verify = true;
    other(&config, name);
    config = base;
    config.rules = rules;
    other(&config, name);
    config = base;
    config.max_intermediates = 1;
    other(&config, name);
    other(&base, VIEW_LITERAL("server.examplf"));
    other(&base, VIEW_LITERAL("server.exampl"));
    other(&base, VIEW_LITERAL(""));
}

// Protocols one by one: their order counts, and where one ends.
static void test_protocols(void **state) {
    (void)state;
    skr_view_t name = VIEW_LITERAL("server.example");
    static const struct {
        size_t first, count;
    } lists[] = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {2, 2}, {2, 1}, {2, 3}, {1, 2}, {3, 1}};
    seen_count = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        skr_config_t config = plain(NULL, 0);
        config.alpn = &protocols[lists[i].first];
        config.alpn_count = lists[i].count;
        other(&config, name);
    }
    const skr_view_t swapped[] = {protocols[1], protocols[0]};
    skr_config_t config = plain(NULL, 0);
    config.alpn = swapped;
    config.alpn_count = 2;
    other(&config, name);
}

static void test_roots(void **state) {
    (void)state;
    skr_view_t name = VIEW_LITERAL("server.example");
    memset(root_one, 1, sizeof(root_one));
    memset(root_two, 2, sizeof(root_two));
    memset(root_tail, 1, sizeof(root_tail));
    memset(root_longer, 1, sizeof(root_longer));
    root_tail[sizeof(root_tail) - 1] ^= 1; // another signature
    const skr_view_t one = view_of(root_one, sizeof(root_one));
    const skr_view_t two = view_of(root_two, sizeof(root_two));
    const skr_view_t lists[][2] = {{one, two}, {two, one}, {one, one},
        {view_of(root_tail, sizeof(root_tail)), two},
        {view_of(root_longer, sizeof(root_longer)), two}, {view_of(root_two, 3), one}};
    skr_config_t config = plain(lists[0], 0);
    seen_count = 0;
    other(&config, name);
    config = plain(lists[0], 1);
    other(&config, name);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        config = plain(lists[i], 2);
        other(&config, name);
    }
}

// The tail of a root that counts is its last 32 bytes.
static void test_root_tails(void **state) {
    (void)state;
    uint8_t before[SESSION_BINDING_SIZE], after[SESSION_BINDING_SIZE];
    const skr_view_t root = view_of(root_one, sizeof(root_one));
    memset(root_one, 1, sizeof(root_one));
    skr_config_t config = plain(&root, 1);
    assert_true(psk_binding(&config, VIEW_LITERAL("a"), before));
    for (size_t i = sizeof(root_one) - 32; i < sizeof(root_one); i++) {
        root_one[i] ^= 0x10;
        assert_true(psk_binding(&config, VIEW_LITERAL("a"), after));
        assert_memory_not_equal(before, after, sizeof(before));
        root_one[i] ^= 0x10;
    }
}

// What says nothing about whom a session was made with leaves it as it is, and so does the library.
static void test_same(void **state) {
    (void)state;
    static const uint16_t suites[] = {0x1301, 0};
    uint8_t before[SESSION_BINDING_SIZE], after[SESSION_BINDING_SIZE];
    skr_view_t name = VIEW_LITERAL("server.example");
    const skr_config_t base = plain(pki_anchors(), 1);
    skr_config_t config = base;
    assert_true(psk_binding(&config, name, before));
    config.provider = &skr_provider_bearssl;
    config.suites = suites;
    config.max_record_in = 512;
    config.ticket_count = 3;
    config.min_version = SKR_TLS13;
    assert_true(psk_binding(&config, name, after));
    assert_memory_equal(before, after, sizeof(before));
}

static void test_binding_fails(void **state) {
    (void)state;
    uint8_t out[SESSION_BINDING_SIZE];
    skr_config_t config = plain(pki_anchors(), 1);
    config.provider = test_fault_provider(&skr_provider_openssl);
    config.alpn = protocols;
    config.alpn_count = 2;
    test_fault_set(0, false);
    assert_true(psk_binding(&config, VIEW_LITERAL("server.example"), out));
    unsigned long calls = test_fault_count();
    assert_true(calls >= 10);
    for (unsigned long nth = 1; nth <= calls; nth++) {
        test_fault_set(nth, false);
        assert_false(psk_binding(&config, VIEW_LITERAL("server.example"), out));
    }
    test_fault_set(0, false);
    static const skr_hash_t *const none[] = {NULL};
    skr_provider_t poor = skr_provider_openssl;
    poor.hashes = none;
    config.provider = &poor;
    assert_false(psk_binding(&config, VIEW_LITERAL("server.example"), out));
}

// A client's own certificate belongs to it, a server's does not.
static void test_own_certificate(void **state) {
    (void)state;
    static const pki_kind_t kinds[] = {PKI_P256, PKI_P384, PKI_RSA};
    uint8_t before[SESSION_BINDING_SIZE], after[SESSION_BINDING_SIZE];
    skr_view_t name = VIEW_LITERAL("server.example");
    skr_config_t config = plain(pki_anchors(), 1);
    seen_count = 0;
    other(&config, name);
    config.credential_count = 1;
    for (size_t i = 0; i < 3; i++) {
        config.credentials = pki_credential(&skr_provider_openssl, kinds[i], PKI_CLIENT);
        other(&config, name);
    }
    config.role = SKR_SERVER;
    assert_true(psk_binding(&config, name, before));
    config.credential_count = 0;
    assert_true(psk_binding(&config, name, after));
    assert_memory_equal(before, after, sizeof(before));
}

// A session of a pre-shared key is bound to it: to the identity and to the key, wherever in the
// list they stand, and to nothing when they are gone.
static void test_bound_to_a_key(void **state) {
    (void)state;
    static const uint8_t keys[3][32] = {{1}, {2}, {3}};
    skr_psk_t psks[3];
    for (size_t i = 0; i < 3; i++) {
        psks[i] = (skr_psk_t){.identity = view_of(keys[i], 2), .key = view_of(keys[i], 32)};
    }
    skr_config_t config = plain(NULL, 0);
    config.psks = psks;
    config.psk_count = 3;
    uint8_t base[SESSION_BINDING_SIZE] = {7};
    session_t keyed = {.flags = SESSION_VERIFIED}, unkeyed = {.flags = 0};
    assert_true(psk_bind_session(&config, base, 2, &keyed));
    assert_true(psk_bind_session(&config, base, 0, &unkeyed));
    assert_int_equal(keyed.flags, SESSION_VERIFIED | SESSION_KEYED);
    assert_int_equal(unkeyed.flags, 0);
    assert_true(psk_bound(&config, base, &keyed));
    assert_int_equal(keyed.psk_number, 2);
    assert_true(psk_bound(&config, base, &unkeyed));
    assert_int_equal(unkeyed.psk_number, 0);
    session_t turned = keyed; // one can't be taken for the other
    turned.flags = 0;
    assert_false(psk_bound(&config, base, &turned));
    turned = unkeyed;
    turned.flags = SESSION_KEYED;
    assert_false(psk_bound(&config, base, &turned));
    base[0] ^= 1;
    assert_false(psk_bound(&config, base, &keyed));
    base[0] ^= 1;
    const skr_psk_t moved[] = {psks[1], psks[0]};
    config.psks = moved;
    config.psk_count = 2;
    assert_true(psk_bound(&config, base, &keyed));
    assert_int_equal(keyed.psk_number, 1);
    config.psks = moved + 1; // withdrawn
    config.psk_count = 1;
    assert_false(psk_bound(&config, base, &keyed));
    skr_psk_t changed = psks[1];
    config.psks = &changed;
    assert_true(psk_bound(&config, base, &keyed));
    changed.key = view_of(keys[0], 32);
    assert_false(psk_bound(&config, base, &keyed));
    changed = psks[1];
    changed.identity.size = 1;
    assert_false(psk_bound(&config, base, &keyed));
    config.psk_count = 0;
    assert_false(psk_bound(&config, base, &keyed));
    assert_true(psk_bound(&config, base, &unkeyed));
}

// --- The look-up ---

static void test_find(void **state) {
    (void)state;
    static hs_t hs;
    static const uint8_t key[32] = {1};
    static const hs_script_t *const scripts[] = {&hs_script_server13, &hs_script_server12};
    const skr_psk_t psks[] = {{VIEW_LITERAL("abc"), view_of(key, 32), 0, false},
        {VIEW_LITERAL("ab"), view_of(key, 32), 0, false},
        {VIEW_LITERAL("a\0"), view_of(key, 32), SKR_HASH_SHA384, false},
        {VIEW_LITERAL("imported"), view_of(key, 32), SKR_HASH_SHA256, true}};
    const struct {
        skr_view_t identity;
        uint16_t found[3]; // TLS 1.3 with SHA-256, with SHA-384; TLS 1.2
    } cases[] = {
        {VIEW_LITERAL("abc"), {1, 0, 1}},
        {VIEW_LITERAL("ab"), {2, 0, 2}},
        {VIEW_LITERAL("a\0"), {0, 3, 3}},
        {VIEW_LITERAL("imported"), {4, 0, 0}},
        {VIEW_LITERAL("a"), {0, 0, 0}},
        {VIEW_LITERAL("abd"), {0, 0, 0}},
        {VIEW_LITERAL("abcd"), {0, 0, 0}},
        {VIEW_LITERAL(""), {0, 0, 0}},
    };
    skr_config_t config = {.provider = &skr_provider_openssl, .psks = psks, .psk_count = 4};
    memset(&hs, 0, sizeof(hs));
    hs.config = &config;
    for (size_t i = 0; i < 3 * sizeof(cases) / sizeof(cases[0]); i++) {
        hs.script = scripts[i % 3 / 2];
        hs.hash = provider_hash(config.provider, i % 3 == 1 ? SKR_HASH_SHA384 : SKR_HASH_SHA256);
        assert_int_equal(psk_find(&hs, cases[i / 3].identity), cases[i / 3].found[i % 3]);
    }
}

// --- The binder ---

static const uint8_t hello_body[] = "a ClientHello up to its binders, and then the binders";
enum { HELLO_SIZE = sizeof(hello_body) - 1, COVERED = 31 };

typedef struct {
    const skr_provider_t *provider;
    unsigned hash;
    skr_view_t before; // the binder
    binder_kind_t kind;
    skr_view_t secret;
    psk_hello_t hello;
} binder_t;

static skr_status_t make(const binder_t *b, uint8_t *out) {
    static hs_t hs;
    skr_config_t config = {.provider = b->provider};
    memset(&hs, 0, sizeof(hs));
    hs.config = &config;
    assert_true(transcript_init(&hs.transcript, b->provider->hashes));
    assert_true(transcript_add(&hs.transcript, b->before));
    return psk_binder(&hs, provider_hash(b->provider, b->hash), b->kind, b->secret, &b->hello, out);
}

static binder_t usual(unsigned hash) {
    return (binder_t){&skr_provider_openssl, hash, VIEW_LITERAL("a first hello"), BINDER_RESUMPTION,
        VIEW_LITERAL("0123456789abcdef0123456789abcdef"), {hello_body, COVERED, HELLO_SIZE}};
}

// Made step by step, by what stands below.
static void test_binder_is_the_mac(void **state) {
    (void)state;
    static const unsigned hashes[] = {SKR_HASH_SHA256, SKR_HASH_SHA384};
    for (size_t i = 0; i < 6; i++) {
        uint8_t got[SKR_HASH_SIZE_MAX], key[SKR_HASH_SIZE_MAX], digest[SKR_HASH_SIZE_MAX];
        uint8_t expected[SKR_HASH_SIZE_MAX];
        _Alignas(16) uint8_t hashing[SKR_HASH_STATE_MAX];
        binder_t b = usual(hashes[i / 3]);
        b.kind = (binder_kind_t)(i % 3);
        const skr_hash_t *hash = provider_hash(b.provider, b.hash);
        const uint8_t header[] = {1, 0, 0, HELLO_SIZE};
        assert_true(hash->init(hashing));
        assert_true(hash->update(hashing, b.before.data, b.before.size));
        assert_true(hash->update(hashing, header, sizeof(header)));
        assert_true(hash->update(hashing, hello_body, COVERED));
        assert_true(hash->result(hashing, digest));
        assert_true(schedule_binder(hash, b.kind, b.secret, key));
        assert_true(schedule_finished(hash, key, digest, expected));
        pair_assert_status(make(&b, got), SKR_OK);
        assert_memory_equal(got, expected, hash->size);
    }
}

static void test_binder_inputs(void **state) {
    (void)state;
    uint8_t changed[HELLO_SIZE];
    uint8_t binder[8][SKR_HASH_SIZE_MAX];
    memcpy(changed, hello_body, HELLO_SIZE);
    changed[COVERED - 1] ^= 1;
    binder_t b[8];
    for (size_t i = 0; i < 8; i++) {
        b[i] = usual(SKR_HASH_SHA256);
    }
    b[1].before = VIEW_LITERAL("a first hellp");
    b[2].kind = BINDER_EXTERNAL;
    b[7].kind = BINDER_IMPORTED;
    b[3].secret = VIEW_LITERAL("0123456789abcdef0123456789abcdeg");
    b[4].hello.body = changed;
    b[5].hello.covered--;
    b[6].hello.size += 0x10000; // the header's length, all three bytes of it
    for (size_t i = 0; i < 8; i++) {
        pair_assert_status(make(&b[i], binder[i]), SKR_OK);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(binder[i], binder[j], 32);
        }
    }
    // The binders themselves are not covered.
    memcpy(changed, hello_body, HELLO_SIZE);
    memset(changed + COVERED, 0, HELLO_SIZE - COVERED);
    b[4].hello.body = changed;
    pair_assert_status(make(&b[4], binder[4]), SKR_OK);
    assert_memory_equal(binder[4], binder[0], 32);
}

static void test_binder_fails(void **state) {
    (void)state;
    uint8_t out[SKR_HASH_SIZE_MAX];
    static hs_t hs;
    const skr_provider_t *faulty = test_fault_provider(&skr_provider_openssl);
    binder_t b = usual(SKR_HASH_SHA256);
    memset(&hs, 0, sizeof(hs));
    test_fault_set(0, false);
    assert_true(transcript_init(&hs.transcript, faulty->hashes));
    const skr_hash_t *hash = provider_hash(faulty, SKR_HASH_SHA256);
    test_fault_set(0, false);
    pair_assert_status(psk_binder(&hs, hash, BINDER_RESUMPTION, b.secret, &b.hello, out), SKR_OK);
    unsigned long calls = test_fault_count();
    assert_true(calls > 10);
    for (unsigned long nth = 1; nth <= calls; nth++) {
        test_fault_set(nth, false);
        pair_assert_status(
            psk_binder(&hs, hash, BINDER_RESUMPTION, b.secret, &b.hello, out), SKR_ERR_PROVIDER);
    }
    test_fault_set(0, false);
}

// --- The hash of a key ---

static void test_hashes(void **state) {
    (void)state;
    static hs_t hs;
    skr_config_t config = {.provider = &skr_provider_openssl};
    memset(&hs, 0, sizeof(hs));
    hs.config = &config;
    skr_psk_t psk = {.hash = 0};
    assert_int_equal(psk_hash(&hs, &psk)->id, SKR_HASH_SHA256); // section 4.3.11
    psk.hash = SKR_HASH_SHA384;
    assert_int_equal(psk_hash(&hs, &psk)->id, SKR_HASH_SHA384);
    psk.hash = 99;
    assert_null(psk_hash(&hs, &psk));
    hs.session.suite = 0x1301;
    assert_int_equal(psk_session_hash(&hs)->id, SKR_HASH_SHA256);
    hs.session.suite = 0x1302;
    assert_int_equal(psk_session_hash(&hs)->id, SKR_HASH_SHA384);
    hs.session.suite = 0x1399;
    assert_null(psk_session_hash(&hs));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_protocols),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_root_tails),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_binding_fails),
        cmocka_unit_test(test_own_certificate),
        cmocka_unit_test(test_bound_to_a_key),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_binder_is_the_mac),
        cmocka_unit_test(test_binder_inputs),
        cmocka_unit_test(test_binder_fails),
        cmocka_unit_test(test_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
