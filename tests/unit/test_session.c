// Sealed sessions (src/keys/session.c): a client's blobs and a server's tickets.
//
// In: sessions of both versions, with and without a ticket inside and a name outside. Out: the same
// back with the right key; nothing, and no trace, when a byte is altered, cut or added, with
// another key or another name, or when what is inside is not of the format although the seal is
// right. Both providers read what the other has sealed.
#include "unit.h"

#include "base/bytes.h"
#include "crypto/test/test_crypto.h"
#include "keys/session.h"
#include "keys/suites.h"

enum { SEALED_MAX = 4000, AROUND = SKR_AEAD_NONCE_SIZE + 16 };

static const uint8_t key[SKR_SESSION_KEY_SIZE] = {1, 2, 3}, other_key[SKR_SESSION_KEY_SIZE] = {1};
static test_random_t source;

static session_t make(unsigned secret_size, skr_view_t ticket) {
    session_t session = {
        .version = secret_size == 32 ? 0x0304 : 0x0303,
        .suite = 0x1301,
        .flags = SESSION_VERIFIED | SESSION_EXTENDED,
        .secret_size = (uint8_t)secret_size,
        .lifetime = 604800,
        .age_add = 0xfedcba98,
        .issued = INT64_C(0x123456789abcdef0),
        .began = INT64_C(0x0fedcba987654321),
        .ticket = ticket,
    };
    for (unsigned i = 0; i < secret_size; i++) {
        session.secret[i] = (uint8_t)(0x40 + i);
        session.binding[i % SESSION_BINDING_SIZE] = (uint8_t)(0x80 + i);
    }
    return session;
}

static size_t seal(
    const session_t *session, const skr_provider_t *provider, skr_view_t name, uint8_t *out) {
    size_t size = session_sealed_size(session, name.size);
    assert_true(size <= SEALED_MAX);
    assert_true(session_seal(session, provider, key, name, test_random, &source, out));
    return size;
}

static void assert_same(const session_t *one, const session_t *two) {
    assert_int_equal(one->version, two->version);
    assert_int_equal(one->suite, two->suite);
    assert_int_equal(one->flags, two->flags);
    assert_int_equal(one->lifetime, two->lifetime);
    assert_int_equal(one->age_add, two->age_add);
    assert_true(one->issued == two->issued);
    assert_true(one->began == two->began);
    assert_int_equal(one->secret_size, two->secret_size);
    assert_memory_equal(one->secret, two->secret, SKR_SECRET_SIZE_MAX);
    assert_memory_equal(one->binding, two->binding, SESSION_BINDING_SIZE);
    assert_true(view_equal(one->ticket, two->ticket));
}

static uint8_t ticket_bytes[SKR_TICKET_MAX];

static void test_there_and_back(void **state) {
    (void)state;
    static const size_t tickets[] = {0, 1, 150, SKR_TICKET_MAX};
    for (unsigned i = 0; i < 4 * 2 * 2 * 4; i++) {
        const skr_provider_t *sealer = unit_providers[i % 2], *opener = unit_providers[i / 2 % 2];
        unsigned secret_size = i / 4 % 2 == 0 ? 32 : 48;
        size_t ticket_size = tickets[i / 8 % 4];
        skr_view_t name = i / 32 == 0 ? view_of(NULL, 0) : VIEW_LITERAL("key name");
        uint8_t sealed[SEALED_MAX];
        session_t session = make(secret_size, view_of(ticket_bytes, ticket_size)), back;
        size_t size = seal(&session, sealer, name, sealed);
        assert_true(size <= ticket_size + SKR_SESSION_OVERHEAD); // what limits.h promises
        assert_true(size >= ticket_size + secret_size + AROUND);
        if (name.size > 0) {
            assert_memory_equal(sealed, name.data, name.size); // in the clear
        }
        assert_true(session_open(&back, opener, key, name.size, sealed, size));
        assert_same(&session, &back);
    }
}

// Nothing of it shows, and the same session never looks the same twice.
static void test_sealed(void **state) {
    (void)state;
    uint8_t one[SEALED_MAX], two[SEALED_MAX];
    session_t session = make(48, view_of(ticket_bytes, 100));
    size_t size = seal(&session, unit_providers[0], view_of(NULL, 0), one);
    assert_int_equal(seal(&session, unit_providers[0], view_of(NULL, 0), two), size);
    unsigned same = 0;
    for (size_t i = 0; i < size; i++) {
        same += one[i] == two[i] ? 1 : 0;
        for (size_t run = 4; i + run <= size && run <= 4; run++) {
            assert_memory_not_equal(one + i, session.secret, run);
            assert_memory_not_equal(one + i, session.binding, run);
        }
    }
    assert_true(same < 20);
}

static bool opens(skr_view_t bytes, size_t name_size, const uint8_t *with) {
    for (unsigned i = 0; i < UNIT_PROVIDERS; i++) {
        uint8_t copy[SEALED_MAX];
        session_t session;
        memset(&session, 0xee, sizeof(session));
        memcpy(copy, bytes.data, bytes.size);
        if (session_open(&session, unit_providers[i], with, name_size, copy, bytes.size)) {
            return true;
        }
        assert_true(unit_wiped(&session, sizeof(session)));
    }
    return false;
}

static void test_altered(void **state) {
    (void)state;
    uint8_t sealed[SEALED_MAX] = {0};
    session_t session = make(32, view_of(ticket_bytes, 50));
    size_t size = seal(&session, unit_providers[0], VIEW_LITERAL("key name"), sealed);
    assert_true(opens(view_of(sealed, size), 8, key));
    for (size_t i = 0; i < 8 * size; i++) {
        sealed[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(opens(view_of(sealed, size), 8, key));
        sealed[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_false(opens(view_of(sealed, cut), 8, key));
        assert_false(opens(view_of(sealed + size - cut, cut), 8, key));
    }
    assert_false(opens(view_of(sealed, size + 1), 8, key));
    assert_false(opens(view_of(sealed, size), 7, key)); // of another name
    assert_false(opens(view_of(sealed, size), 0, key));
    assert_false(opens(view_of(sealed, size), 8, other_key));
    assert_false(opens(view_of(sealed, 3), 8, key)); // shorter than its name
}

// A seal that is right over something that is no session.
static bool opens_plain(skr_view_t plain) {
    const skr_aead_t *aead = provider_aead(unit_providers[0], SKR_AEAD_CHACHA20_POLY1305);
    _Alignas(16) uint8_t state[SKR_AEAD_STATE_MAX];
    uint8_t sealed[SEALED_MAX] = {0}, *content = sealed + SKR_AEAD_NONCE_SIZE;
    memcpy(content, plain.data, plain.size);
    assert_true(aead->init(state, key));
    assert_true(aead->seal(state, sealed, sealed, 0, content, plain.size, content + plain.size));
    aead->clear(state);
    return opens(view_of(sealed, AROUND + plain.size), 0, key);
}

static void test_format(void **state) {
    (void)state;
    // format, version, suite, flags, lifetime, age_add, issued, began
    static const char head[] = "01 0304 1301 01 00001c20 01020304 0000000000000001 "
                               "0000000000000001";
    static const char binding[] =
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    char text[1000];
    static const struct {
        const char *secret, *ticket, *format;
        bool good;
    } rows[] = {
        {"01 ab", "0000", "01", true},
        {"01 ab", "0003 aabbcc", "01", true},
        {"01 ab", "0000", "00", false},
        {"01 ab", "0000", "02", false},
        {"00", "0000", "01", false}, // no secret
        {"01 ab", "0000 00", "01", false},
        {"01 ab", "0001", "01", false},
        {"01 ab", "00", "01", false},
        {"ff ab", "0000", "01", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(text, sizeof(text), "%s %s %s %s %s", rows[i].format, head + 3, rows[i].secret,
            binding, rows[i].ticket);
        assert_int_equal(opens_plain(unit_hex(text)), rows[i].good);
    }
    for (unsigned size = 47; size <= 50; size++) { // the largest secret, and beyond
        uint8_t plain[32 + 51 + 34] = {0};
        memcpy(plain, unit_hex(head).data, 30);
        plain[30] = (uint8_t)size;
        assert_int_equal(opens_plain(view_of(plain, 31 + size + 32 + 2)), size <= 48);
    }
}

static void test_fresh(void **state) {
    (void)state;
    session_t session = {.issued = 1000, .began = 1000, .lifetime = 7200};
    assert_false(session_fresh(&session, 999, 0)); // not before it was issued
    assert_true(session_fresh(&session, 990, 10)); // but for clocks that differ a little
    assert_false(session_fresh(&session, 989, 10));
    assert_false(session_fresh(&session, 0, 0));
    assert_true(session_fresh(&session, 1000, 0));
    assert_true(session_fresh(&session, 8200, 0));
    assert_false(session_fresh(&session, 8201, 0));
    assert_false(session_fresh(&session, INT64_MAX, 0));
    session.lifetime = UINT32_MAX;
    assert_true(session_fresh(&session, 1000 + SKR_SESSION_LIFE_MAX, 0));
    assert_false(session_fresh(&session, 1001 + SKR_SESSION_LIFE_MAX, 0));
    session.issued = 900000; // resumed again and again: what counts is when it began
    assert_false(session_fresh(&session, 900000, 0));
    session.issued = INT64_MIN;
    assert_false(session_fresh(&session, 1000, 0));
    session.issued = 1000;
    session.began = INT64_MAX;
    assert_false(session_fresh(&session, 1000, 0));
}

static bool no_random(void *user, uint8_t *out, size_t size) {
    (void)user;
    memset(out, 0xa5, size);
    return false;
}

static void test_faults(void **state) {
    (void)state;
    uint8_t sealed[SEALED_MAX], copy[SEALED_MAX];
    session_t session = make(48, view_of(ticket_bytes, 10)), back;
    size_t size = session_sealed_size(&session, 0);
    memset(sealed, 0xee, sizeof(sealed));
    assert_false(
        session_seal(&session, unit_providers[0], key, view_of(NULL, 0), no_random, NULL, sealed));
    assert_true(unit_wiped(sealed, size));
    const skr_provider_t *provider = test_fault_provider(unit_providers[0]);
    test_fault_set(0, false);
    seal(&session, provider, view_of(NULL, 0), sealed);
    unsigned long calls = test_fault_count();
    assert_true(calls >= 2);
    for (unsigned long n = 1; n <= calls; n++) {
        memset(copy, 0xee, sizeof(copy));
        test_fault_set(n, false);
        assert_false(
            session_seal(&session, provider, key, view_of(NULL, 0), test_random, &source, copy));
        assert_true(unit_wiped(copy, size));
        memcpy(copy, sealed, size);
        test_fault_set(n, false);
        assert_false(session_open(&back, provider, key, 0, copy, size));
        assert_true(unit_wiped(&back, sizeof(back)));
    }
    test_fault_set(0, false);
}

// An AEAD that refuses and leaves a whole session behind all the same: nothing of it is taken.
static bool open_init(void *state, const uint8_t *with) {
    (void)state;
    (void)with;
    return true;
}

static void open_clear(void *state) {
    (void)state;
}

static skr_crypto_t open_answer;

static skr_crypto_t open_nothing(void *state, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, uint8_t *data, size_t size, const uint8_t *tag) {
    (void)state;
    (void)nonce;
    (void)aad;
    (void)aad_size;
    (void)data;
    (void)size;
    (void)tag;
    return open_answer;
}

static void test_refused(void **state) {
    (void)state;
    static const skr_crypto_t answers[] = {
        SKR_CRYPTO_OK, SKR_CRYPTO_REFUSED, SKR_CRYPTO_FAILED, SKR_CRYPTO_RETRY};
    static const skr_aead_t aead = {.id = SKR_AEAD_CHACHA20_POLY1305,
        .key_size = SKR_SESSION_KEY_SIZE,
        .state_size = 16,
        .init = open_init,
        .clear = open_clear,
        .open = open_nothing};
    static const skr_aead_t *const aeads[] = {&aead, NULL};
    skr_provider_t provider = *unit_providers[0];
    skr_view_t plain = unit_hex("01 0304 1301 01 00001c20 01020304 0000000000000001 "
                                "0000000000000001 01 ab"
                                "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                "0000");
    provider.aeads = aeads;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t sealed[200] = {0};
        session_t session;
        memcpy(sealed + SKR_AEAD_NONCE_SIZE, plain.data, plain.size);
        open_answer = answers[i];
        assert_int_equal(
            session_open(&session, &provider, key, 0, sealed, AROUND + plain.size), i == 0);
        assert_int_equal(unit_wiped(&session, sizeof(session)), i > 0);
    }
}

// Without an AEAD of the key's size there are no sessions.
static void test_no_aead(void **state) {
    (void)state;
    static const skr_aead_t *short_keys[] = {NULL, NULL};
    uint8_t sealed[SEALED_MAX];
    session_t session = make(32, view_of(NULL, 0));
    skr_provider_t provider = *unit_providers[0];
    short_keys[0] = provider_aead(unit_providers[0], SKR_AEAD_AES_128_GCM);
    provider.aeads = short_keys;
    assert_false(
        session_seal(&session, &provider, key, view_of(NULL, 0), test_random, &source, sealed));
    size_t size = seal(&session, unit_providers[0], view_of(NULL, 0), sealed);
    assert_false(session_open(&session, &provider, key, 0, sealed, size));
}

int main(void) {
    test_random_seed(&source, 1);
    for (unsigned i = 0; i < sizeof(ticket_bytes); i++) {
        ticket_bytes[i] = (uint8_t)(i * 5 + 1);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_sealed),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_aead),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
