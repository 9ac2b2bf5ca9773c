// Records of TLS 1.3.
//
// Headers: every type and version in every state, sizes at their limits (RFC 9846
// sections 5.1, 5.2). Protection with every AEAD of both providers: there and back, every byte
// flipped, nonce and additional data against the AEAD used by hand, what may stand inside
// (section 5.4), sequence numbers at their end (5.3), limits of keys (5.5).
#include "unit.h"

#include "base/bytes.h"
#include "keys/suites.h"
#include "record/record.h"
#include "support/record_whole.h"

enum { ROOM = SKR_RECORD_HEADER_SIZE + SKR_RECORD_PROTECTED_MAX + 64 };
static uint8_t record[ROOM];
static uint8_t copy[ROOM];
static _Alignas(16) uint8_t cipher[16384];
static _Alignas(16) uint8_t other_cipher[16384];

static skr_status_t read_header(unsigned type, unsigned version, unsigned size, bool is_protected,
    bool first, record_header_t *out) {
    uint8_t bytes[5] = {(uint8_t)type, (uint8_t)(version >> 8), (uint8_t)version,
        (uint8_t)(size >> 8), (uint8_t)size};
    return record_read_header(bytes, is_protected, first, out);
}

static void test_header_types(void **state) {
    (void)state;
    record_header_t out;
    for (unsigned type = 0; type < 256; type++) {
        bool plain = type >= 20 && type <= 22, sealed = type == 20 || type == 23;
        for (unsigned first = 0; first < 2; first++) {
            assert_int_equal(read_header(type, 0x0303, 100, false, first == 1, &out),
                plain ? SKR_OK : SKR_ERR_RECORD_TYPE);
            assert_int_equal(read_header(type, 0x0303, 100, true, first == 1, &out),
                sealed ? SKR_OK : SKR_ERR_RECORD_TYPE);
            if (sealed) {
                assert_int_equal(out.type, type);
                assert_int_equal(out.size, 100);
            }
        }
    }
}

static void test_header_versions(void **state) {
    (void)state;
    record_header_t out;
    for (unsigned major = 0; major < 256; major++) {
        for (unsigned minor = 0; minor < 256; minor += 5) {
            unsigned version = major << 8 | minor;
            assert_int_equal(read_header(22, version, 100, false, true, &out),
                major == 3 ? SKR_OK : SKR_ERR_RECORD_HEADER);
            assert_int_equal(read_header(22, version, 100, false, false, &out), SKR_OK);
            assert_int_equal(read_header(23, version, 100, true, false, &out), SKR_OK);
        }
    }
    // somebody speaks another protocol
    assert_int_equal(
        record_read_header((const uint8_t *)"GET /", false, true, &out), SKR_ERR_RECORD_HEADER);
    assert_int_equal(
        record_read_header((const uint8_t *)"HTTP/", false, true, &out), SKR_ERR_RECORD_HEADER);
}

static void test_header_sizes(void **state) {
    (void)state;
    static const struct {
        unsigned type;
        bool is_protected;
        unsigned max;
        skr_status_t empty;
    } cases[] = {
        {22, false, 1 << 14, SKR_ERR_RECORD_EMPTY}, {21, false, 1 << 14, SKR_ERR_RECORD_EMPTY},
        {20, false, 1 << 14, SKR_ERR_RECORD_EMPTY}, {20, true, 1 << 14, SKR_ERR_RECORD_EMPTY},
        {23, true, (1 << 14) + 256, SKR_OK}, // too short for a tag: record_open() sees it
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        record_header_t out;
        unsigned type = cases[i].type, max = cases[i].max;
        bool is_protected = cases[i].is_protected;
        assert_int_equal(read_header(type, 0x0303, 0, is_protected, false, &out), cases[i].empty);
        assert_int_equal(read_header(type, 0x0303, 1, is_protected, false, &out), SKR_OK);
        assert_int_equal(read_header(type, 0x0303, max, is_protected, false, &out), SKR_OK);
        assert_int_equal(out.size, max);
        assert_int_equal(
            read_header(type, 0x0303, max + 1, is_protected, false, &out), SKR_ERR_RECORD_OVERFLOW);
        assert_int_equal(
            read_header(type, 0x0303, 0xffff, is_protected, false, &out), SKR_ERR_RECORD_OVERFLOW);
    }
}

static void test_write_header(void **state) {
    (void)state;
    uint8_t bytes[6] = {0, 0, 0, 0, 0, 0xee};
    record_write_header(bytes, RECORD_HANDSHAKE, true, 0x0123);
    unit_assert_hex(view_of(bytes, 6), "16 0301 0123 ee");
    record_write_header(bytes, RECORD_ALERT, false, 2);
    unit_assert_hex(view_of(bytes, 6), "15 0303 0002 ee");
}

static record_keys_t keys_of(const skr_aead_t *aead, uint64_t sequence) {
    record_keys_t keys = {.aead = aead, .protection = &record13_protection, .sequence = sequence};
    for (uint8_t i = 0; i < sizeof(keys.key); i++) {
        keys.key[i] = (uint8_t)(i + 1);
    }
    for (uint8_t i = 0; i < sizeof(keys.iv); i++) {
        keys.iv[i] = (uint8_t)(0xf0 + i);
    }
    return keys;
}

static void start(const skr_aead_t *aead) {
    record_keys_t keys = keys_of(aead, 0);
    assert_true(aead->state_size <= sizeof(cipher));
    assert_true(aead->init(cipher, keys.key));
}

typedef void (*aead_test_t)(const skr_aead_t *aead);

static void with_all(aead_test_t test) {
    unsigned runs = 0;
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        for (const skr_aead_t *const *aead = unit_providers[p]->aeads; *aead != NULL; aead++) {
            start(*aead);
            test(*aead);
            (*aead)->clear(cipher);
            runs++;
        }
    }
    assert_true(runs >= UNIT_PROVIDERS);
}

static void fill(size_t size) {
    memset(record, 0xee, sizeof(record));
    for (size_t i = 0; i < size; i++) {
        record[SKR_RECORD_HEADER_SIZE + i] = (uint8_t)(i * 7 + 1);
    }
}

// Seals inner as it is, by the AEAD alone: nonce and additional data by hand. The size behind the
// header.
static size_t seal_by_hand(const skr_aead_t *aead, uint64_t sequence, uint8_t *inner, size_t size) {
    record_keys_t keys = keys_of(aead, 0);
    size_t all = size + aead->tag_size;
    uint8_t aad[5] = {23, 3, 3, (uint8_t)(all >> 8), (uint8_t)all};
    for (unsigned i = 0; i < 8; i++) {
        keys.iv[11 - i] = (uint8_t)(keys.iv[11 - i] ^ (sequence >> (8 * i)));
    }
    assert_true(aead->seal(cipher, keys.iv, aad, sizeof(aad), inner, size, inner + size));
    return all;
}

static void assert_round_trip(const skr_aead_t *aead, uint64_t sequence, size_t size, size_t pad) {
    static uint8_t content[SKR_RECORD_PLAIN_MAX];
    record_keys_t keys = keys_of(aead, sequence);
    record_header_t header;
    uint8_t type;
    size_t got;
    fill(size);
    memcpy(content, record + 5, size);
    assert_int_equal(
        record_seal(&keys, cipher, record, RECORD_APPLICATION_DATA, size, pad), SKR_OK);
    assert_int_equal(keys.sequence, sequence + 1);
    size_t all = record_sealed_size(&keys, size, pad);
    assert_int_equal(all, 5 + size + 1 + pad + aead->tag_size);
    assert_int_equal(record[all], 0xee);
    // the same by hand
    memcpy(copy, content, size);
    copy[size] = 23;
    memset(copy + size + 1, 0, pad);
    assert_int_equal(seal_by_hand(aead, sequence, copy, size + 1 + pad), all - 5);
    assert_memory_equal(record + 5, copy, all - 5);
    // and back
    assert_int_equal(record_read_header(record, true, false, &header), SKR_OK);
    assert_int_equal(header.size, all - 5);
    keys.sequence = sequence;
    assert_int_equal(
        record_open_whole(&keys, cipher, record + 5, header.size, &type, &got), SKR_OK);
    assert_int_equal(type, 23);
    assert_int_equal(keys.sequence, sequence + 1);
    unit_assert_view(view_of(record + 5, got), view_of(content, size));
}

static void run_round_trip(const skr_aead_t *aead) {
    static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 1000, 16383, 16384};
    static const uint64_t sequences[] = {0, 1, 255, 256, 65537};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_round_trip(aead, sequences[i % 5], sizes[i], 0);
        assert_round_trip(aead, sequences[i % 5], sizes[i], (16384 - sizes[i]) / 3);
        assert_round_trip(aead, sequences[i % 5], sizes[i], 16384 - sizes[i]);
    }
    if (aead->record_limit == 0) {
        assert_round_trip(aead, UINT64_C(0x8102030405060708), 100, 0);
    }
}

static void test_round_trip(void **state) {
    (void)state;
    with_all(run_round_trip);
}

static skr_status_t open_copy(
    const skr_aead_t *aead, uint64_t sequence, size_t size, uint8_t *type, size_t *content) {
    record_keys_t keys = keys_of(aead, sequence);
    skr_status_t status = record_open_whole(&keys, cipher, copy, size, type, content);
    bool opened = status != SKR_ERR_RECORD_MAC && status != SKR_ERR_PROVIDER;
    assert_int_equal(keys.sequence, sequence + (opened ? 1 : 0));
    if (status == SKR_ERR_RECORD_MAC) {
        assert_int_equal(*type, 0);
        assert_int_equal(*content, 0);
    }
    return status;
}

static void run_altered(const skr_aead_t *aead) {
    enum { SIZE = 20 };
    const size_t all = SIZE + 1u + aead->tag_size;
    record_keys_t keys = keys_of(aead, 5);
    uint8_t type;
    size_t size;
    fill(SIZE);
    assert_int_equal(record_seal(&keys, cipher, record, RECORD_HANDSHAKE, SIZE, 0), SKR_OK);
    for (size_t at = 0; at < all; at++) {
        memcpy(copy, record + 5, all);
        copy[at] ^= (uint8_t)(1u << at % 8);
        assert_int_equal(open_copy(aead, 5, all, &type, &size), SKR_ERR_RECORD_MAC);
    }
    for (size_t cut = 0; cut < all; cut++) {
        memcpy(copy, record + 5, all);
        assert_int_equal(open_copy(aead, 5, cut, &type, &size), SKR_ERR_RECORD_MAC);
    }
    memcpy(copy, record + 5, all + 1);
    assert_int_equal(open_copy(aead, 5, all + 1, &type, &size), SKR_ERR_RECORD_MAC);
    memcpy(copy, record + 5, all);
    assert_int_equal(open_copy(aead, 4, all, &type, &size), SKR_ERR_RECORD_MAC); // replayed
    memcpy(copy, record + 5, all);
    assert_int_equal(open_copy(aead, 6, all, &type, &size), SKR_ERR_RECORD_MAC); // one is missing
    memcpy(copy, record + 5, all);
    assert_int_equal(open_copy(aead, 5, all, &type, &size), SKR_OK);
    assert_int_equal(type, RECORD_HANDSHAKE);
    assert_int_equal(size, SIZE);
}

static void test_altered(void **state) {
    (void)state;
    with_all(run_altered);
}

static void run_inner(const skr_aead_t *aead) {
    uint8_t type;
    size_t size;
    for (unsigned inner = 0; inner < 256; inner++) {
        for (size_t content = 0; content < 2; content++) {
            for (size_t zeros = 0; zeros < 3; zeros += 2) {
                memset(copy, 0, 16);
                copy[0] = 0xaa;
                copy[content] = (uint8_t)inner;
                size_t all = seal_by_hand(aead, 9, copy, content + 1 + zeros);
                skr_status_t expected = SKR_ERR_RECORD_TYPE;
                if (inner >= 21 && inner <= 23) {
                    expected = content == 0 && inner != 23 ? SKR_ERR_RECORD_EMPTY : SKR_OK;
                } else if (inner == 0 && content == 0) {
                    expected = SKR_ERR_RECORD_PADDING;
                } // else, with a zero behind 0xaa, that is the type
                assert_int_equal(open_copy(aead, 9, all, &type, &size), expected);
                if (expected == SKR_OK) {
                    assert_int_equal(type, inner);
                    assert_int_equal(size, content);
                    assert_true(size == 0 || copy[0] == 0xaa);
                }
            }
        }
    }
    size_t all = seal_by_hand(aead, 9, copy, 0); // not even a type
    assert_int_equal(open_copy(aead, 9, all, &type, &size), SKR_ERR_RECORD_PADDING);
}

static void test_inner(void **state) {
    (void)state;
    with_all(run_inner);
}

// Content, type and padding together are at most 2^14 + 1 bytes (section 5.4), whatever the header
// allows.
static void run_inner_sizes(const skr_aead_t *aead) {
    static const struct {
        size_t content, zeros;
        skr_status_t status;
    } cases[] = {
        {16384, 0, SKR_OK}, {16383, 1, SKR_OK}, {0, 16384, SKR_OK},
        {16385, 0, SKR_ERR_RECORD_OVERFLOW}, {16384, 1, SKR_ERR_RECORD_OVERFLOW},
        {0, 16385, SKR_ERR_RECORD_OVERFLOW},
        {16384 + 256 - 17, 0, SKR_ERR_RECORD_OVERFLOW}, // the largest that the header lets through
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t type;
        size_t size;
        memset(copy, 0xaa, cases[i].content);
        copy[cases[i].content] = RECORD_APPLICATION_DATA;
        memset(copy + cases[i].content + 1, 0, cases[i].zeros);
        size_t all = seal_by_hand(aead, 1, copy, cases[i].content + 1 + cases[i].zeros);
        assert_int_equal(open_copy(aead, 1, all, &type, &size), cases[i].status);
        assert_true(cases[i].status != SKR_OK || size == cases[i].content);
    }
    uint8_t type;
    size_t size;
    record_keys_t keys = keys_of(aead, 1);
    assert_int_equal(
        record_open_whole(&keys, cipher, copy, 16384 + 257, &type, &size), SKR_ERR_RECORD_OVERFLOW);
}

static void test_inner_sizes(void **state) {
    (void)state;
    with_all(run_inner_sizes);
}

static void test_seal_refused(void **state) {
    (void)state;
    const skr_aead_t *aead = unit_providers[0]->aeads[0];
    start(aead);
    record_keys_t keys = keys_of(aead, 0);
    const record_type_t data = RECORD_APPLICATION_DATA;
    assert_int_equal(record_seal(&keys, cipher, record, data, 16385, 0), SKR_ERR_USAGE);
    assert_int_equal(record_seal(&keys, cipher, record, data, 16384, 1), SKR_ERR_USAGE);
    assert_int_equal(record_seal(&keys, cipher, record, data, 1, SIZE_MAX), SKR_ERR_USAGE);
    assert_int_equal(record_seal(&keys, cipher, record, data, SIZE_MAX, 1), SKR_ERR_USAGE);
    keys.aead = NULL;
    uint8_t type;
    size_t size;
    assert_int_equal(record_seal(&keys, cipher, record, data, 1, 0), SKR_ERR_USAGE);
    assert_int_equal(record_open_whole(&keys, cipher, record, 32, &type, &size), SKR_ERR_USAGE);
    assert_int_equal(keys.sequence, 0);
    aead->clear(cipher);
}

static bool seal_fails(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, uint8_t *tag) {
    (void)state, (void)nonce, (void)aad, (void)aad_size, (void)data, (void)size, (void)tag;
    return false;
}

static skr_crypto_t open_result;
static skr_crypto_t open_fails(void *state, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, uint8_t *data, size_t size, const uint8_t *tag) {
    (void)state, (void)nonce, (void)aad, (void)aad_size, (void)data, (void)size, (void)tag;
    return open_result;
}

static bool seal_copies(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, uint8_t *tag) {
    (void)state, (void)nonce, (void)aad, (void)aad_size, (void)data, (void)size;
    memset(tag, 0, SKR_AEAD_TAG_MAX);
    return true;
}

// What could not be sealed does not stay in the buffer where it might be sent.
static void test_provider_fails(void **state) {
    (void)state;
    const skr_aead_t broken = {.tag_size = 16, .seal = seal_fails, .open = open_fails};
    record_keys_t keys = keys_of(&broken, 7);
    fill(40);
    assert_int_equal(record_seal(&keys, cipher, record, RECORD_ALERT, 40, 3), SKR_ERR_PROVIDER);
    assert_true(unit_wiped(record, record_sealed_size(&keys, 40, 3)));
    assert_int_equal(record[record_sealed_size(&keys, 40, 3)], 0xee);
    assert_int_equal(keys.sequence, 7);
    static const struct {
        skr_crypto_t result;
        skr_status_t status;
    } cases[] = {{SKR_CRYPTO_REFUSED, SKR_ERR_RECORD_MAC}, {SKR_CRYPTO_FAILED, SKR_ERR_PROVIDER},
        {SKR_CRYPTO_RETRY, SKR_ERR_PROVIDER}, {(skr_crypto_t)77, SKR_ERR_PROVIDER}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t type = 9;
        size_t size = 9;
        memset(copy, 23, 64);
        open_result = cases[i].result;
        assert_int_equal(record_open_whole(&keys, cipher, copy, 64, &type, &size), cases[i].status);
        assert_int_equal(type, 0);
        assert_int_equal(size, 0);
        assert_int_equal(keys.sequence, 7);
    }
}

// A key may seal so many records, then it is due for a change a little earlier, so that the change
// can be told.
static void test_limits(void **state) {
    (void)state;
    static const struct {
        uint32_t limit;
        uint64_t sequence;
        bool due, exhausted;
    } cases[] = {
        {1000, 0, false, false},
        {1000, 997, false, false},
        {1000, 998, true, false},
        {1000, 999, true, false},
        {1000, 1000, true, true},
        {1000, UINT64_MAX, true, true},
        {1, 0, true, false},
        {1, 1, true, true},
        {0, UINT32_MAX, false, false},
        {0, UINT64_MAX - 3, false, false},
        {0, UINT64_MAX - 2, true, false},
        {0, UINT64_MAX - 1, true, false},
        {0, UINT64_MAX, true, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const skr_aead_t aead = {
            .tag_size = 16, .record_limit = cases[i].limit, .seal = seal_copies};
        record_keys_t keys = keys_of(&aead, cases[i].sequence);
        assert_int_equal(record_update_due(&keys), cases[i].due);
        fill(1);
        assert_int_equal(record_seal(&keys, cipher, record, RECORD_ALERT, 1, 0),
            cases[i].exhausted ? SKR_ERR_KEY_EXHAUSTED : SKR_OK);
        assert_int_equal(keys.sequence, cases[i].sequence + (cases[i].exhausted ? 0 : 1));
    }
    record_keys_t none = {0};
    assert_false(record_update_due(&none));
}

// The reading side does not enforce the sealing limit (section 5.5), but no sequence number comes
// twice.
static void test_open_sequence(void **state) {
    (void)state;
    const skr_aead_t *aead = provider_aead(unit_providers[0], SKR_AEAD_AES_128_GCM);
    uint8_t type;
    size_t size;
    start(aead);
    memset(copy, RECORD_APPLICATION_DATA, 1);
    size_t all = seal_by_hand(aead, UINT64_MAX - 1, copy, 1);
    assert_int_equal(open_copy(aead, UINT64_MAX - 1, all, &type, &size), SKR_OK);
    memset(copy, RECORD_APPLICATION_DATA, 1);
    all = seal_by_hand(aead, UINT64_MAX, copy, 1);
    record_keys_t keys = keys_of(aead, UINT64_MAX);
    assert_int_equal(
        record_open_whole(&keys, cipher, copy, all, &type, &size), SKR_ERR_KEY_EXHAUSTED);
    assert_int_equal(keys.sequence, UINT64_MAX);
    aead->clear(cipher);
}

static void test_padding(void **state) {
    (void)state;
    static const struct {
        size_t size, pad_to, limit, pad;
    } cases[] = {
        {100, 0, 16384, 0},
        {100, 1, 16384, 0},
        {0, 64, 16384, 0},
        {1, 64, 16384, 63},
        {63, 64, 16384, 1},
        {64, 64, 16384, 0},
        {65, 64, 16384, 63},
        {100, 0xffff, 16384, 16284}, // cut at the limit
        {16384, 1000, 16384, 0},
        {16383, 1000, 16384, 1},
        {20, 64, 20, 0},
        {21, 64, 20, 0},
        {19, 64, 20, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            record_padding(cases[i].size, cases[i].pad_to, cases[i].limit), cases[i].pad);
    }
}

// What protection adds: the type and the tag, whose size is the AEAD's.
static void test_overhead(void **state) {
    (void)state;
    static const struct {
        unsigned aead;
        size_t overhead;
    } rows[] = {
        {SKR_AEAD_AES_128_GCM, 17},
        {SKR_AEAD_AES_256_GCM, 17},
        {SKR_AEAD_CHACHA20_POLY1305, 17},
        {SKR_AEAD_AES_128_CCM, 17},
        {SKR_AEAD_AES_256_CCM, 17},
        {SKR_AEAD_AES_128_CCM_8, 9},
        {SKR_AEAD_AES_256_CCM_8, 9},
    };
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            record_keys_t keys = keys_of(provider_aead(unit_providers[p], rows[i].aead), 0);
            assert_non_null(keys.aead);
            assert_int_equal(record_overhead(&keys), rows[i].overhead);
            assert_int_equal(record_sealed_size(&keys, 0, 0), 5 + rows[i].overhead);
            assert_int_equal(record_sealed_size(&keys, 100, 11), 5 + 111 + rows[i].overhead);
            start(keys.aead);
            fill(100);
            assert_int_equal(record_seal(&keys, cipher, record, 22, 100, 11), SKR_OK);
            assert_int_equal(bytes_get16(record + 3), 111 + rows[i].overhead);
            assert_int_equal(record[5 + 111 + rows[i].overhead], 0xee);
            keys.aead->clear(cipher);
        }
    }
}

// A short tag that got longer, or a long one that was cut, is no tag.
static void test_other_tags(void **state) {
    (void)state;
    const skr_aead_t *whole = provider_aead(unit_providers[0], SKR_AEAD_AES_128_CCM);
    const skr_aead_t *cut = provider_aead(unit_providers[0], SKR_AEAD_AES_128_CCM_8);
    uint8_t type;
    size_t size;
    for (unsigned i = 0; i < 2; i++) {
        const skr_aead_t *writer = i == 0 ? whole : cut, *reader = i == 0 ? cut : whole;
        start(writer);
        memset(copy, RECORD_APPLICATION_DATA, 50);
        size_t all = seal_by_hand(writer, 0, copy, 50);
        writer->clear(cipher);
        start(reader);
        memcpy(record, copy, all);
        assert_int_equal(open_copy(reader, 0, all, &type, &size), SKR_ERR_RECORD_MAC);
        memcpy(copy, record, all);
        assert_int_equal(
            open_copy(reader, 0, 50 + reader->tag_size, &type, &size), SKR_ERR_RECORD_MAC);
        reader->clear(cipher);
    }
}

// What one provider seals the other opens.
static void test_between_providers(void **state) {
    (void)state;
    unsigned runs = 0;
    for (const skr_aead_t *const *aead = unit_providers[0]->aeads; *aead != NULL; aead++) {
        const skr_aead_t *other = provider_aead(unit_providers[1], (*aead)->id);
        if (other == NULL) {
            continue;
        }
        record_keys_t writer = keys_of(*aead, 0), reader = keys_of(other, 0);
        start(*aead);
        assert_true(other->init(other_cipher, reader.key));
        for (size_t size = 0; size < 300; size += 37) {
            uint8_t type;
            size_t got;
            fill(size);
            memcpy(copy, record + 5, size);
            assert_int_equal(
                record_seal(&writer, cipher, record, RECORD_APPLICATION_DATA, size, 5), SKR_OK);
            assert_int_equal(record_open_whole(&reader, other_cipher, record + 5,
                                 record_sealed_size(&writer, size, 5) - 5, &type, &got),
                SKR_OK);
            unit_assert_view(view_of(record + 5, got), view_of(copy, size));
        }
        (*aead)->clear(cipher);
        other->clear(other_cipher);
        runs++;
    }
    assert_true(runs >= 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_types),
        cmocka_unit_test(test_header_versions),
        cmocka_unit_test(test_header_sizes),
        cmocka_unit_test(test_write_header),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_inner),
        cmocka_unit_test(test_inner_sizes),
        cmocka_unit_test(test_seal_refused),
        cmocka_unit_test(test_provider_fails),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_open_sequence),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_overhead),
        cmocka_unit_test(test_other_tags),
        cmocka_unit_test(test_between_providers),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
