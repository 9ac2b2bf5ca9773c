// Fragments in several blocks (src/record/pieces.c).
//
// In: fragments sealed by hand and laid out in blocks of each size, contents of all zeros, a type
// at each place; an AEAD that fails at each of its calls, or can't open in pieces. Out: content and
// type as in one block, the same refusals, and after a refusal not a byte of plaintext in any
// block.
#include "unit.h"

#include "base/bytes.h"
#include "crypto/test/test_crypto.h"
#include "keys/suites.h"
#include "record/record.h"

enum { ROOM = 600, BLOCKS = 16, LINK = sizeof(uint8_t *) };

static _Alignas(16) uint8_t cipher[4096], block[BLOCKS][ROOM];
static uint8_t fragment[ROOM];

static record_keys_t keys_of(const skr_aead_t *aead) {
    record_keys_t keys = {.aead = aead, .protection = &record13_protection, .key = {1}, .iv = {2}};
    return keys;
}

// fragment[0..size) sealed as TLS 1.3 does, header and all. Returns its size with the tag.
static size_t seal(const skr_aead_t *aead, size_t size) {
    record_keys_t keys = keys_of(aead);
    size_t whole = size + aead->tag_size;
    const uint8_t header[] = {23, 3, 3, (uint8_t)(whole >> 8), (uint8_t)whole};
    assert_true(whole <= ROOM);
    assert_true(
        aead->seal(cipher, keys.iv, header, sizeof(header), fragment, size, fragment + size));
    return whole;
}

// The fragment in blocks of `each` bytes, linked.
static record_pieces_t lay_out(size_t size, size_t each) {
    memset(block, 0xee, sizeof(block));
    for (size_t at = 0, i = 0; at < size; at += each, i++) {
        assert_true(i < BLOCKS && each + LINK <= ROOM);
        memcpy(block[i], fragment + at, size - at < each ? size - at : each);
        if (size - at > each) {
            const uint8_t *next = block[i + 1];
            memcpy(block[i] + each, &next, sizeof(next));
        }
    }
    return (record_pieces_t){block[0], (uint16_t)size, (uint16_t)each};
}

static const skr_aead_t *start(const skr_provider_t *provider) {
    const skr_aead_t *aead = provider_aead(provider, SKR_AEAD_AES_128_GCM);
    record_keys_t keys = keys_of(aead);
    assert_true(aead->state_size <= sizeof(cipher));
    assert_true(aead->init(cipher, keys.key));
    return aead;
}

// The type stands at each place, with each number of zeros behind it.
static void test_type_anywhere(void **state) {
    (void)state;
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        const skr_aead_t *aead = start(unit_providers[p]);
        for (size_t each = 12; each <= 64; each += 13) {
            for (size_t content = 0; content < 100; content++) {
                for (size_t zeros = 0; zeros < 70; zeros += 23) {
                    record_keys_t keys = keys_of(aead);
                    uint8_t type = 0;
                    size_t got = 99;
                    memset(fragment, content % 2 == 0 ? 0 : 0x55, content);
                    fragment[content] = RECORD_APPLICATION_DATA;
                    memset(fragment + content + 1, 0, zeros);
                    size_t whole = seal(aead, content + 1 + zeros);
                    record_pieces_t pieces = lay_out(whole, each);
                    assert_int_equal(record_open(&keys, cipher, &pieces, &type, &got), SKR_OK);
                    assert_int_equal(type, RECORD_APPLICATION_DATA);
                    assert_int_equal(got, content);
                    assert_int_equal(keys.sequence, 1);
                    for (size_t i = 0; i < content; i++) {
                        assert_int_equal(block[i / each][i % each], content % 2 == 0 ? 0 : 0x55);
                    }
                }
            }
        }
        aead->clear(cipher);
    }
}

static void test_refused_inside(void **state) {
    (void)state;
    const skr_aead_t *aead = start(unit_providers[0]);
    static const struct {
        uint8_t type;
        size_t at;
        skr_status_t status;
    } rows[] = {
        {0, 0, SKR_ERR_RECORD_PADDING},
        {RECORD_HANDSHAKE, 0, SKR_ERR_RECORD_EMPTY},
        {RECORD_ALERT, 0, SKR_ERR_RECORD_EMPTY},
        {RECORD_CHANGE_CIPHER_SPEC, 50, SKR_ERR_RECORD_TYPE},
        {24, 70, SKR_ERR_RECORD_TYPE},
        {RECORD_HANDSHAKE, 70, SKR_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        record_keys_t keys = keys_of(aead);
        uint8_t type;
        size_t got;
        memset(fragment, 0, 100);
        fragment[rows[i].at] = rows[i].type;
        record_pieces_t pieces = lay_out(seal(aead, 100), 32);
        assert_int_equal(record_open(&keys, cipher, &pieces, &type, &got), rows[i].status);
    }
    aead->clear(cipher);
}

static void assert_wiped(size_t whole, size_t each) {
    for (size_t i = 0; i < whole; i++) {
        assert_int_equal(block[i / each][i % each], 0);
    }
}

// Each bit of the tag that straddles two blocks, and one of each block: refused, and nothing stays.
static void test_wrong_tag(void **state) {
    (void)state;
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        const skr_aead_t *aead = start(unit_providers[p]);
        memset(fragment, 0x55, 120);
        size_t whole = seal(aead, 120);
        for (size_t bit = 0; bit < 8 * whole; bit += bit < 8 * 120 ? 31 : 1) {
            record_keys_t keys = keys_of(aead);
            uint8_t type = 9;
            size_t got = 9;
            record_pieces_t pieces = lay_out(whole, 32);
            block[bit / 8 / 32][bit / 8 % 32] ^= (uint8_t)(1U << bit % 8);
            assert_int_equal(record_open(&keys, cipher, &pieces, &type, &got), SKR_ERR_RECORD_MAC);
            assert_int_equal(type, 0);
            assert_int_equal(got, 0);
            assert_int_equal(keys.sequence, 0);
            assert_wiped(whole, 32);
        }
        aead->clear(cipher);
    }
}

// A provider that fails in the middle leaves nothing either.
static void test_provider_fails(void **state) {
    (void)state;
    const skr_provider_t *provider = test_fault_provider(unit_providers[0]);
    const skr_aead_t *aead = start(provider);
    enum { CALLS = 1 + 4 + 1 };
    memset(fragment, RECORD_APPLICATION_DATA, 120);
    size_t whole = seal(aead, 120);
    for (unsigned long nth = 1; nth <= CALLS + 1; nth++) {
        record_keys_t keys = keys_of(aead);
        uint8_t type;
        size_t got;
        record_pieces_t pieces = lay_out(whole, 32);
        test_fault_set(nth, false);
        skr_status_t status = record_open(&keys, cipher, &pieces, &type, &got);
        assert_int_equal(status, nth <= CALLS ? SKR_ERR_PROVIDER : SKR_OK);
        if (nth <= CALLS) {
            assert_wiped(whole, 32);
            assert_int_equal(keys.sequence, 0);
        } else {
            assert_int_equal(test_fault_count(), CALLS);
        }
    }
    test_fault_set(0, false);
    aead->clear(cipher);
}

static void test_whole_only(void **state) {
    (void)state;
    const skr_aead_t *aead = start(unit_providers[0]);
    skr_aead_t whole_only = *aead;
    whole_only.open_start = NULL;
    record_keys_t keys = keys_of(&whole_only);
    uint8_t type;
    size_t got;
    memset(fragment, RECORD_APPLICATION_DATA, 120);
    size_t whole = seal(aead, 120);
    record_pieces_t pieces = lay_out(whole, 32);
    assert_int_equal(record_open(&keys, cipher, &pieces, &type, &got), SKR_ERR_PROVIDER);
    pieces = lay_out(whole, whole);
    assert_int_equal(record_open(&keys, cipher, &pieces, &type, &got), SKR_OK);
    assert_int_equal(got, 119);
    aead->clear(cipher);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_anywhere),
        cmocka_unit_test(test_refused_inside),
        cmocka_unit_test(test_wrong_tag),
        cmocka_unit_test(test_provider_fails),
        cmocka_unit_test(test_whole_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
