// Records of TLS 1.2 with AEAD cipher suites.
//
// Every AEAD of both providers: there and back and from one provider to the other, every byte
// flipped, every size cut, nonce and additional data against the AEAD used by hand (RFC 5246
// section 6.2.3.3; RFC 5288 section 3 and RFC 6655 section 3 for the explicit nonce, RFC 7905
// section 2 for the derived one). Which types come, sizes at their limits, sequence numbers and
// keys at their end, providers that fail.
#include "unit.h"

#include "base/bytes.h"
#include "keys/suites.h"
#include "record/record.h"

enum { ROOM = SKR_RECORD_HEADER_SIZE + SKR_RECORD_PROTECTED_MAX + 64 };
static uint8_t record[ROOM];
static uint8_t copy[ROOM];
static uint8_t content[SKR_RECORD_PLAIN_MAX + 1];
static _Alignas(16) uint8_t cipher[16384];
static _Alignas(16) uint8_t other_cipher[16384];

// With an explicit nonce only the first four bytes of the iv are there (RFC 5288 section 3).
static record_keys_t keys_of(const skr_aead_t *aead, uint64_t sequence) {
    record_keys_t keys = {
        .aead = aead, .protection = record12_protection(aead->id), .sequence = sequence};
    for (uint8_t i = 0; i < sizeof(keys.key); i++) {
        keys.key[i] = (uint8_t)(i + 1);
    }
    for (uint8_t i = 0; i < (keys.protection->ahead > 0 ? 4 : 12); i++) {
        keys.iv[i] = (uint8_t)(0xf0 + i);
    }
    return keys;
}

typedef void (*aead_test_t)(const skr_aead_t *aead);

static void with_all(aead_test_t test) {
    unsigned runs = 0;
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        for (const skr_aead_t *const *aead = unit_providers[p]->aeads; *aead != NULL; aead++) {
            record_keys_t keys = keys_of(*aead, 0);
            assert_true((*aead)->state_size <= sizeof(cipher));
            assert_true((*aead)->init(cipher, keys.key));
            test(*aead);
            (*aead)->clear(cipher);
            runs++;
        }
    }
    assert_int_equal(runs, 7 * UNIT_PROVIDERS);
}

static skr_status_t seal(record_keys_t *keys, unsigned type, size_t size) {
    memset(record, 0xee, sizeof(record));
    for (size_t i = 0; i < size; i++) {
        content[i] = (uint8_t)(i * 7 + 1);
    }
    memcpy(record + SKR_RECORD_HEADER_SIZE + keys->protection->ahead, content, size);
    return keys->protection->seal(keys, cipher, record, (record_type_t)type, size, 0);
}

// Opens copy[0..size), the fragment of a record of that type.
static skr_status_t open_copy(
    record_keys_t *keys, void *state, unsigned wire_type, size_t size, size_t *got) {
    uint8_t type = (uint8_t)wire_type;
    record_pieces_t pieces = record_in_one(copy, size);
    skr_status_t status = keys->protection->open(keys, state, &pieces, &type, got);
    assert_int_equal(type, wire_type); // nothing is hidden that would be found out
    return status;
}

// --- Shapes ---

static void test_shapes(void **state) {
    (void)state;
    static const struct {
        unsigned aead;
        size_t ahead, overhead;
    } rows[] = {
        {SKR_AEAD_AES_128_GCM, 8, 24},
        {SKR_AEAD_AES_256_GCM, 8, 24},
        {SKR_AEAD_CHACHA20_POLY1305, 0, 16},
        {SKR_AEAD_AES_128_CCM, 8, 24},
        {SKR_AEAD_AES_256_CCM, 8, 24},
        {SKR_AEAD_AES_128_CCM_8, 8, 16},
        {SKR_AEAD_AES_256_CCM_8, 8, 16},
    };
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            record_keys_t keys = keys_of(provider_aead(unit_providers[p], rows[i].aead), 0);
            assert_int_equal(keys.protection->version, 0x0303);
            assert_int_equal(keys.protection->ahead, rows[i].ahead);
            assert_false(keys.protection->hides_type);
            assert_int_equal(record_overhead(&keys), rows[i].overhead);
            assert_int_equal(record_sealed_size(&keys, 100, 0), 105 + rows[i].overhead);
        }
    }
}

// Every type may come protected; none but the four is one.
static void test_header(void **state) {
    (void)state;
    const record_protection_t *protection = record12_protection(SKR_AEAD_AES_128_GCM);
    record_header_t out;
    for (unsigned type = 0; type < 256; type++) {
        uint8_t bytes[5] = {(uint8_t)type, 3, 3, 0x40, 24};
        bool known = type >= 20 && type <= 23;
        assert_int_equal(
            protection->read_header(bytes, &out), known ? SKR_OK : SKR_ERR_RECORD_TYPE);
        if (known) {
            assert_int_equal(out.type, type);
            assert_int_equal(out.size, 16384 + 24);
        }
        bytes[3] = 0x41;
        bytes[4] = 0;
        assert_int_equal(
            protection->read_header(bytes, &out), known ? SKR_OK : SKR_ERR_RECORD_TYPE);
        bytes[4] = 1;
        assert_int_equal(protection->read_header(bytes, &out),
            known ? SKR_ERR_RECORD_OVERFLOW : SKR_ERR_RECORD_TYPE);
    }
}

// --- Protection ---

// The fragment by the AEAD alone, into copy; its size.
static size_t seal_by_hand(const skr_aead_t *aead, uint64_t sequence, unsigned type, size_t size) {
    record_keys_t keys = keys_of(aead, sequence);
    size_t ahead = keys.protection->ahead;
    uint8_t number[8], aad[13] = {0};
    for (unsigned i = 0; i < 8; i++) {
        number[7 - i] = (uint8_t)(sequence >> (8 * i));
    }
    memcpy(aad, number, 8);
    aad[8] = (uint8_t)type;
    aad[9] = aad[10] = 3;
    aad[11] = (uint8_t)(size >> 8);
    aad[12] = (uint8_t)size;
    for (unsigned i = 0; i < 8; i++) {
        keys.iv[4 + i] = ahead > 0 ? number[i] : keys.iv[4 + i] ^ number[i];
    }
    memcpy(copy, number, ahead);
    memcpy(copy + ahead, content, size);
    assert_true(
        aead->seal(cipher, keys.iv, aad, sizeof(aad), copy + ahead, size, copy + ahead + size));
    return ahead + size + aead->tag_size;
}

static void check_round_trip(
    const skr_aead_t *aead, uint64_t sequence, unsigned type, size_t size) {
    record_keys_t keys = keys_of(aead, sequence);
    record_header_t header;
    size_t got, all = record_sealed_size(&keys, size, 0);
    assert_int_equal(seal(&keys, type, size), SKR_OK);
    assert_int_equal(keys.sequence, sequence + 1);
    assert_int_equal(record[all], 0xee);
    assert_int_equal(keys.protection->read_header(record, &header), SKR_OK);
    assert_int_equal(header.type, type);
    assert_int_equal(header.size, all - 5);
    assert_int_equal(bytes_get16(record + 1), 0x0303);
    assert_int_equal(seal_by_hand(aead, sequence, type, size), all - 5);
    assert_memory_equal(record + 5, copy, all - 5);
    keys.sequence = sequence;
    assert_int_equal(open_copy(&keys, cipher, type, all - 5, &got), SKR_OK);
    assert_int_equal(keys.sequence, sequence + 1);
    unit_assert_view(view_of(copy + keys.protection->ahead, got), view_of(content, size));
}

static void run_round_trip(const skr_aead_t *aead) {
    static const size_t sizes[] = {1, 2, 15, 16, 17, 1000, 16383, 16384};
    static const uint64_t sequences[] = {0, 1, 255, 256, 65537};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned type = 20; type <= 23; type++) {
            check_round_trip(aead, sequences[i % 5], type, sizes[i]);
        }
    }
    check_round_trip(aead, 7, RECORD_APPLICATION_DATA, 0);
    if (aead->record_limit == 0) {
        check_round_trip(aead, UINT64_C(0x8102030405060708), RECORD_APPLICATION_DATA, 100);
    }
}

static void test_round_trip(void **state) {
    (void)state;
    with_all(run_round_trip);
}

static void check_refused(const skr_aead_t *aead, uint64_t sequence, unsigned type, size_t size) {
    record_keys_t keys = keys_of(aead, sequence);
    size_t got = 9;
    assert_int_equal(open_copy(&keys, cipher, type, size, &got), SKR_ERR_RECORD_MAC);
    assert_int_equal(got, 0);
    assert_int_equal(keys.sequence, sequence);
}

static void run_altered(const skr_aead_t *aead) {
    enum { SIZE = 20, TYPE = RECORD_HANDSHAKE };
    record_keys_t keys = keys_of(aead, 5);
    size_t got, all = SIZE + record_overhead(&keys);
    assert_int_equal(seal(&keys, TYPE, SIZE), SKR_OK);
    for (size_t bit = 0; bit < 8 * all; bit++) {
        memcpy(copy, record + 5, all);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        check_refused(aead, 5, TYPE, all);
    }
    for (size_t cut = 0; cut < all; cut++) {
        memcpy(copy, record + 5, all);
        check_refused(aead, 5, TYPE, cut);
    }
    memcpy(copy, record + 5, all + 1);
    check_refused(aead, 5, TYPE, all + 1);
    memcpy(copy, record + 5, all);
    check_refused(aead, 4, TYPE, all); // replayed
    memcpy(copy, record + 5, all);
    check_refused(aead, 6, TYPE, all); // one is missing
    memcpy(copy, record + 5, all);
    check_refused(aead, 5, RECORD_APPLICATION_DATA, all); // the type is authentic too
    keys.sequence = 5;
    memcpy(copy, record + 5, all);
    assert_int_equal(open_copy(&keys, cipher, TYPE, all, &got), SKR_OK);
    assert_int_equal(got, SIZE);
}

static void test_altered(void **state) {
    (void)state;
    with_all(run_altered);
}

// What the peer sealed may be too large or, but for application data, empty. The tag is right each
// time.
static void run_sizes(const skr_aead_t *aead) {
    static const struct {
        unsigned type;
        size_t size;
        skr_status_t status;
    } rows[] = {
        {23, 0, SKR_OK},
        {22, 0, SKR_ERR_RECORD_EMPTY},
        {21, 0, SKR_ERR_RECORD_EMPTY},
        {20, 0, SKR_ERR_RECORD_EMPTY},
        {23, 16384, SKR_OK},
        {22, 16384, SKR_OK},
        {23, 16385, SKR_ERR_RECORD_OVERFLOW},
        {22, 16385, SKR_ERR_RECORD_OVERFLOW},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        record_keys_t keys = keys_of(aead, 3);
        size_t got, all = seal_by_hand(aead, 3, rows[i].type, rows[i].size);
        assert_int_equal(open_copy(&keys, cipher, rows[i].type, all, &got), rows[i].status);
        assert_int_equal(got, rows[i].status == SKR_OK ? rows[i].size : 0);
    }
}

static void test_sizes(void **state) {
    (void)state;
    with_all(run_sizes);
}

static void run_seal_refused(const skr_aead_t *aead) {
    record_keys_t keys = keys_of(aead, 0);
    const record_protection_t *p = keys.protection;
    assert_int_equal(p->seal(&keys, cipher, record, 23, 16385, 0), SKR_ERR_USAGE);
    assert_int_equal(p->seal(&keys, cipher, record, 23, SIZE_MAX, 0), SKR_ERR_USAGE);
    assert_int_equal(p->seal(&keys, cipher, record, 23, 1, 1), SKR_ERR_USAGE); // no padding here
    assert_int_equal(keys.sequence, 0);
}

static void test_seal_refused(void **state) {
    (void)state;
    with_all(run_seal_refused);
}

// --- Ends ---

static bool seal_fails(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, uint8_t *tag) {
    (void)state, (void)nonce, (void)aad, (void)aad_size, (void)data, (void)size, (void)tag;
    return false;
}

static skr_crypto_t open_result;
static skr_crypto_t open_says(void *state, const uint8_t *nonce, const uint8_t *aad,
    size_t aad_size, uint8_t *data, size_t size, const uint8_t *tag) {
    (void)state, (void)nonce, (void)aad, (void)aad_size, (void)data, (void)size, (void)tag;
    return open_result;
}

static bool seal_copies(void *state, const uint8_t *nonce, const uint8_t *aad, size_t aad_size,
    uint8_t *data, size_t size, uint8_t *tag) {
    (void)state, (void)nonce, (void)aad, (void)aad_size, (void)data, (void)size;
    memset(tag, 0, 8);
    return true;
}

// What could not be sealed does not stay in the buffer where it might be sent.
static void test_provider_fails(void **state) {
    (void)state;
    const skr_aead_t broken = {
        .id = SKR_AEAD_AES_128_CCM_8, .tag_size = 8, .seal = seal_fails, .open = open_says};
    record_keys_t keys = keys_of(&broken, 7);
    assert_int_equal(seal(&keys, RECORD_ALERT, 40), SKR_ERR_PROVIDER);
    assert_true(unit_wiped(record + 5 + 8, 40 + 8));
    assert_int_equal(record[5 + 8 + 40 + 8], 0xee);
    assert_int_equal(keys.sequence, 7);
    static const struct {
        skr_crypto_t result;
        skr_status_t status;
    } cases[] = {{SKR_CRYPTO_REFUSED, SKR_ERR_RECORD_MAC}, {SKR_CRYPTO_FAILED, SKR_ERR_PROVIDER},
        {SKR_CRYPTO_RETRY, SKR_ERR_PROVIDER}, {(skr_crypto_t)77, SKR_ERR_PROVIDER}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t got = 9;
        open_result = cases[i].result;
        assert_int_equal(open_copy(&keys, cipher, 23, 64, &got), cases[i].status);
        assert_int_equal(got, 0);
        assert_int_equal(keys.sequence, 7);
    }
}

// There is no KeyUpdate: a key that has sealed as much as it may seals nothing more. The reading
// side has only the sequence number's end.
static void test_limits(void **state) {
    (void)state;
    static const struct {
        uint32_t limit;
        uint64_t sequence;
        bool exhausted;
    } cases[] = {
        {1000, 0, false},
        {1000, 999, false},
        {1000, 1000, true},
        {1000, UINT64_MAX, true},
        {0, UINT32_MAX, false},
        {0, UINT64_MAX - 1, false},
        {0, UINT64_MAX, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const skr_aead_t aead = {.id = SKR_AEAD_AES_128_CCM_8,
            .tag_size = 8,
            .record_limit = cases[i].limit,
            .seal = seal_copies,
            .open = open_says};
        record_keys_t keys = keys_of(&aead, cases[i].sequence);
        assert_int_equal(
            seal(&keys, RECORD_ALERT, 2), cases[i].exhausted ? SKR_ERR_KEY_EXHAUSTED : SKR_OK);
        assert_int_equal(keys.sequence, cases[i].sequence + (cases[i].exhausted ? 0 : 1));
        size_t got;
        bool last = cases[i].sequence == UINT64_MAX;
        keys.sequence = cases[i].sequence;
        open_result = SKR_CRYPTO_OK;
        assert_int_equal(
            open_copy(&keys, cipher, 23, 18, &got), last ? SKR_ERR_KEY_EXHAUSTED : SKR_OK);
        assert_int_equal(keys.sequence, cases[i].sequence + (last ? 0 : 1));
    }
}

// --- Between providers ---

static void test_between_providers(void **state) {
    (void)state;
    unsigned runs = 0;
    for (const skr_aead_t *const *aead = unit_providers[0]->aeads; *aead != NULL; aead++) {
        const skr_aead_t *other = provider_aead(unit_providers[1], (*aead)->id);
        assert_non_null(other);
        record_keys_t writer = keys_of(*aead, 0), reader = keys_of(other, 0);
        assert_true((*aead)->init(cipher, writer.key));
        assert_true(other->init(other_cipher, reader.key));
        for (size_t size = 0; size < 300; size += 37) {
            size_t got, all = size + record_overhead(&writer);
            assert_int_equal(seal(&writer, RECORD_APPLICATION_DATA, size), SKR_OK);
            memcpy(copy, record + 5, all);
            assert_int_equal(open_copy(&reader, other_cipher, 23, all, &got), SKR_OK);
            unit_assert_view(view_of(copy + reader.protection->ahead, got), view_of(content, size));
        }
        (*aead)->clear(cipher);
        other->clear(other_cipher);
        runs++;
    }
    assert_int_equal(runs, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_seal_refused),
        cmocka_unit_test(test_provider_fails),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_between_providers),
    };
    return cmocka_run_group_tests_name("record12", tests, NULL, NULL);
}
