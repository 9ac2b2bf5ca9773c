// Authenticated encryption of a provider.
//
// In: examples of the GCM specification (test cases 1, 4, 13 and 16 of McGrew and Viega), of RFC
// 8439 section 2.8.2, of NIST SP 800-38C and of project Wycheproof (aes_ccm_test). Out: whether
// records are sealed and opened rightly at every size, in both directions of one state, and whether
// a change of any bit of ciphertext, tag, nonce or additional data is refused, and the next good
// record still opens.
#include <stdlib.h>
#include <string.h>

#include "support/crypto_cases.h"

enum { RECORD_MAX = SKR_RECORD_PROTECTED_MAX, AAD_SIZE = 5, TAG_MAX = SKR_AEAD_TAG_MAX };

typedef struct {
    const char *name;
    unsigned aead;
    const char *key, *nonce, *aad, *plain, *sealed; // sealed: with its tag
} aead_row_t;

#define GCM_PLAIN \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define ZERO_16 "00000000000000000000000000000000"

static const aead_row_t rows[] = {
    {"GCM test case 1", SKR_AEAD_AES_128_GCM, ZERO_16, "000000000000000000000000", "", "",
        "58e2fccefa7e3061367f1d57a4e7455a"},
    {"GCM test case 4", SKR_AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", GCM_PLAIN,
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc"
        "3221a5db94fae95ae7121a47"},
    {"GCM test case 13", SKR_AEAD_AES_256_GCM, ZERO_16 ZERO_16, "000000000000000000000000", "", "",
        "530f8afbc74536b9a963b4f1c4cb738b"},
    {"GCM test case 16", SKR_AEAD_AES_256_GCM,
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", GCM_PLAIN,
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece"
        "0f4e1768cddf8853bb2d551b"},
    {"RFC 8439 section 2.8.2", SKR_AEAD_CHACHA20_POLY1305,
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
        "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
        "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
        "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
        "637265656e20776f756c642062652069742e",
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
        "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060"
        "0691"},
    {"SP 800-38C example 3", SKR_AEAD_AES_128_CCM_8, "404142434445464748494a4b4c4d4e4f",
        "101112131415161718191a1b", "000102030405060708090a0b0c0d0e0f10111213",
        "202122232425262728292a2b2c2d2e2f3031323334353637",
        "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951"},
    {"Wycheproof AES-CCM 49", SKR_AEAD_AES_128_CCM, "e3d3ec41f28eb35fb53f5fa91804e051",
        "89d270fc8b583bc631cefd39", "3d2f458c67c5b6c794b1f12dad409e0f",
        "847acf521995b33f8bc474c8befbca3bb2",
        "28aaec53493cd6252cf6410ed141bdafb747bf3e16c227ca11fd68a16d407c2cc3"},
    {"Wycheproof AES-CCM 205", SKR_AEAD_AES_256_CCM,
        "41d6c6babb7241539ac1664748dd1cf29ce7940e29153cd8180ed197dab5c73f",
        "0005dea12eb69850647c7ad9", "675f31d76bf483d2d2ab57cbe93cf2f1",
        "e5c444a0458dcaf789c8f35666f15bccb4",
        "99a49bde03728c479daf4c67d307f1285ef0f3859d12cd4148b9e84d22ba7ad966"},
    {"Wycheproof AES-CCM 455", SKR_AEAD_AES_256_CCM_8,
        "d2a41cd9ce5e917d16b9ab55819ef8501e06aa78ef132fd3ebe6fecd91beb39b",
        "f71bf6bc21c6d6354e4b4cdf", "", "", "23928a009d21a10f"},
    {"Wycheproof AES-CCM 462", SKR_AEAD_AES_256_CCM_8,
        "110480ea9c9f4c5e6b5be01a2aafc861d1370c243aff9faafd0a92a9d18e5845",
        "0e5cf683e13204cf91a2d4b6", "c490a5fa19b97c3e3adf20bc4df51140",
        "c92ec3d6a2c2fa19c45be7107a48a9ea0fe46a92978b5dabb3f94b457b5fbd",
        "bb5110dd12bd3d12144c8de55b3b2677fc7084d56afcc6a76a5228fff8dbd3"
        "e39b0d1174f7609b"},
};

// One key, and what the tests seal with it.
typedef struct {
    const skr_aead_t *aead;
    void *state;
    uint8_t key[SKR_AEAD_KEY_MAX], nonce[SKR_AEAD_NONCE_SIZE], aad[AAD_SIZE];
} sealer_t;

static void *new_state(const skr_aead_t *aead, const uint8_t *key) {
    size_t size = ((size_t)aead->state_size + 15) / 16 * 16;
    void *state = aligned_alloc(16, size); // exactly as large as it says, for the address sanitizer
    assert_non_null(state);
    memset(state, 0xee, size);
    assert_true(aead->init(state, key));
    return state;
}

static void sealer_start(sealer_t *sealer, const skr_aead_t *aead, uint64_t seed) {
    test_random_t random;
    test_random_seed(&random, seed);
    sealer->aead = aead;
    test_random(&random, sealer->key, sizeof(sealer->key));
    test_random(&random, sealer->nonce, sizeof(sealer->nonce));
    test_random(&random, sealer->aad, sizeof(sealer->aad));
    sealer->state = new_state(aead, sealer->key);
}

static void sealer_end(sealer_t *sealer) {
    sealer->aead->clear(sealer->state);
    free(sealer->state);
}

// In place; the tag goes behind the data, as a record has it.
static bool seal(sealer_t *sealer, uint8_t *data, size_t size) {
    return sealer->aead->seal(
        sealer->state, sealer->nonce, sealer->aad, AAD_SIZE, data, size, data + size);
}

static skr_crypto_t open(sealer_t *sealer, uint8_t *data, size_t size) {
    return sealer->aead->open(
        sealer->state, sealer->nonce, sealer->aad, AAD_SIZE, data, size, data + size);
}

static void test_known_answers(void **state_) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state_)->provider;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const aead_row_t *row = &rows[i];
        const skr_aead_t *aead = crypto_find_aead(provider, row->aead);
        if (aead == NULL) {
            print_message("%s: not in %s\n", row->name, provider->name);
            continue;
        }
        crypto_bytes_t key = crypto_hex(row->key), nonce = crypto_hex(row->nonce);
        crypto_bytes_t aad = crypto_hex(row->aad), plain = crypto_hex(row->plain);
        crypto_bytes_t sealed = crypto_hex(row->sealed), data = plain;
        void *state = new_state(aead, key.data);
        uint8_t *tag = data.data + plain.size;
        assert_true(aead->seal(state, nonce.data, aad.data, aad.size, data.data, plain.size, tag));
        crypto_expect_bytes(
            row->name, data.data, plain.size + aead->tag_size, sealed.data, sealed.size);
        crypto_expect(row->name,
            aead->open(state, nonce.data, aad.data, aad.size, data.data, plain.size, tag),
            SKR_CRYPTO_OK);
        crypto_expect_bytes(row->name, data.data, plain.size, plain.data, plain.size);
        aead->clear(state);
        free(state);
    }
}

// What one provider seals, the other opens, at every small size and at the largest record's.
static void check_size(sealer_t *ours, sealer_t *theirs, const uint8_t *plain, size_t size) {
    static uint8_t a[RECORD_MAX + TAG_MAX + 1], b[RECORD_MAX + TAG_MAX + 1];
    size_t all = size + ours->aead->tag_size;
    memcpy(a, plain, size);
    memcpy(b, plain, size);
    a[all] = b[all] = 0xee;
    assert_true(seal(ours, a, size));
    assert_true(seal(theirs, b, size));
    crypto_expect_bytes("sealed, and nothing behind", a, all + 1, b, all + 1);
    assert_int_equal(a[all], 0xee);
    crypto_expect("open", open(ours, b, size), SKR_CRYPTO_OK);
    crypto_expect_bytes("opened", b, size, plain, size);
    ours->nonce[11]++;
    theirs->nonce[11]++;
}

static void test_every_size(void **state) {
    const crypto_pair_t *pair = *state;
    static uint8_t plain[RECORD_MAX];
    test_random_t random;
    test_random_seed(&random, 3);
    test_random(&random, plain, sizeof(plain));
    for (size_t i = 0; pair->provider->aeads[i] != NULL; i++) {
        sealer_t ours, theirs;
        const skr_aead_t *other = crypto_find_aead(pair->other, pair->provider->aeads[i]->id);
        assert_non_null(other);
        sealer_start(&ours, pair->provider->aeads[i], i);
        sealer_start(&theirs, other, i);
        for (size_t size = 0; size <= 600; size++) {
            check_size(&ours, &theirs, plain, size);
        }
        for (size_t size = RECORD_MAX - 40; size <= RECORD_MAX; size++) {
            check_size(&ours, &theirs, plain, size);
        }
        sealer_end(&ours);
        sealer_end(&theirs);
    }
}

// With one bit changed it must not open; changed back it must.
static void check_flip(
    sealer_t *sealer, const uint8_t *sealed, size_t size, uint8_t *where, unsigned bit) {
    uint8_t data[64 + TAG_MAX];
    memcpy(data, sealed, size + sealer->aead->tag_size);
    uint8_t *flipped = where == NULL ? &data[bit / 8] : &where[bit / 8];
    *flipped ^= (uint8_t)(1U << bit % 8);
    crypto_expect("one bit changed", open(sealer, data, size), SKR_CRYPTO_REFUSED);
    if (where != NULL) {
        *flipped ^= (uint8_t)(1U << bit % 8);
    }
    memcpy(data, sealed, size + sealer->aead->tag_size);
    crypto_expect("changed back", open(sealer, data, size), SKR_CRYPTO_OK);
}

static void check_flips(sealer_t *sealer, size_t size) {
    uint8_t sealed[64 + TAG_MAX] = {23, 3, 3};
    assert_true(seal(sealer, sealed, size));
    for (unsigned bit = 0; bit < 8 * (size + sealer->aead->tag_size); bit++) {
        check_flip(sealer, sealed, size, NULL, bit);
    }
    for (unsigned bit = 0; bit < 8 * SKR_AEAD_NONCE_SIZE; bit++) {
        check_flip(sealer, sealed, size, sealer->nonce, bit);
    }
    for (unsigned bit = 0; bit < 8 * AAD_SIZE; bit++) {
        check_flip(sealer, sealed, size, sealer->aad, bit);
    }
}

static void test_flipped_bits(void **state) {
    const crypto_pair_t *pair = *state;
    for (size_t i = 0; pair->provider->aeads[i] != NULL; i++) {
        sealer_t sealer;
        sealer_start(&sealer, pair->provider->aeads[i], 4 + i);
        check_flips(&sealer, 0);
        check_flips(&sealer, 1);
        check_flips(&sealer, 16);
        check_flips(&sealer, 61);
        sealer_end(&sealer);
    }
}

// Other lengths of the same bytes: a byte moved from the data into the additional data, or cut off.
static void test_moved_borders(void **state) {
    const crypto_pair_t *pair = *state;
    for (size_t i = 0; pair->provider->aeads[i] != NULL; i++) {
        sealer_t s;
        uint8_t data[32 + TAG_MAX] = {0}, tag[TAG_MAX], copy[32], aad[8];
        sealer_start(&s, pair->provider->aeads[i], 9 + i);
        assert_true(seal(&s, data, 32));
        memcpy(tag, data + 32, s.aead->tag_size);
        memcpy(copy, data, 32);
        crypto_expect("shorter data",
            s.aead->open(s.state, s.nonce, s.aad, AAD_SIZE, copy, 31, tag), SKR_CRYPTO_REFUSED);
        memcpy(copy, data, 32);
        crypto_expect("shorter aad",
            s.aead->open(s.state, s.nonce, s.aad, AAD_SIZE - 1, copy, 32, tag), SKR_CRYPTO_REFUSED);
        memcpy(aad, s.aad, AAD_SIZE);
        aad[AAD_SIZE] = data[0];
        memcpy(copy, data + 1, 31);
        crypto_expect("moved border",
            s.aead->open(s.state, s.nonce, aad, AAD_SIZE + 1, copy, 31, tag), SKR_CRYPTO_REFUSED);
        memcpy(copy, data, 32);
        crypto_expect(
            "no aad", s.aead->open(s.state, s.nonce, s.aad, 0, copy, 32, tag), SKR_CRYPTO_REFUSED);
        memcpy(copy, data, 32);
        crypto_expect("untouched", s.aead->open(s.state, s.nonce, s.aad, AAD_SIZE, copy, 32, tag),
            SKR_CRYPTO_OK);
        sealer_end(&s);
    }
}

// Two keys at once, each used in both directions by turns: no state knows of another.
static void test_two_keys(void **state) {
    const crypto_pair_t *pair = *state;
    for (size_t i = 0; pair->provider->aeads[i] != NULL; i++) {
        sealer_t a, b;
        uint8_t one[40 + TAG_MAX] = {1}, two[40 + TAG_MAX] = {1};
        sealer_start(&a, pair->provider->aeads[i], 20);
        sealer_start(&b, pair->provider->aeads[i], 20);
        b.aead->clear(b.state);
        b.key[0] ^= 1;
        assert_true(b.aead->init(b.state, b.key));
        for (int turn = 0; turn < 3; turn++) {
            assert_true(seal(&a, one, 40));
            assert_true(seal(&b, two, 40));
            assert_memory_not_equal(one, two, 40);
            uint8_t copy[sizeof(one)];
            memcpy(copy, one, sizeof(copy));
            crypto_expect("another key", open(&b, copy, 40), SKR_CRYPTO_REFUSED);
            crypto_expect("its own key", open(&a, one, 40), SKR_CRYPTO_OK);
            crypto_expect("its own key", open(&b, two, 40), SKR_CRYPTO_OK);
            crypto_expect_bytes("both", one, 40, two, 40);
        }
        sealer_end(&a);
        sealer_end(&b);
    }
}

// --- In pieces ---

// Opens data[0..size) in pieces of *cuts bytes (0: all the rest), each in a block of exactly its
// size.
static skr_crypto_t open_pieces(
    sealer_t *s, uint8_t *data, size_t size, const size_t *cuts, const uint8_t *tag) {
    size_t run_size = ((size_t)s->aead->run_size + 15) / 16 * 16;
    void *run = run_size > 0 ? aligned_alloc(16, run_size) : NULL;
    assert_true(s->aead->open_start(s->state, run, s->nonce, s->aad, AAD_SIZE, size));
    for (size_t at = 0; at < size; cuts++) {
        size_t part = *cuts != 0 && *cuts < size - at ? *cuts : size - at;
        uint8_t *piece = malloc(part);
        assert_non_null(piece);
        memcpy(piece, data + at, part);
        assert_true(s->aead->open_piece(s->state, run, piece, part));
        memcpy(data + at, piece, part);
        free(piece);
        at += part;
    }
    skr_crypto_t said = s->aead->open_end(s->state, run, tag);
    free(run);
    return said;
}

// The data of one size through these cuts: as it was, with a wrong tag, and whole afterwards.
static void check_cuts(sealer_t *s, const uint8_t *plain, size_t size, const size_t *cuts) {
    static uint8_t sealed[RECORD_MAX + TAG_MAX], data[RECORD_MAX];
    memcpy(sealed, plain, size);
    assert_true(seal(s, sealed, size));
    memcpy(data, sealed, size);
    crypto_expect("pieces", open_pieces(s, data, size, cuts, sealed + size), SKR_CRYPTO_OK);
    crypto_expect_bytes("pieces", data, size, plain, size);
    memcpy(data, sealed, size);
    sealed[size + size % s->aead->tag_size] ^= 1;
    crypto_expect("wrong tag", open_pieces(s, data, size, cuts, sealed + size), SKR_CRYPTO_REFUSED);
    sealed[size + size % s->aead->tag_size] ^= 1;
    crypto_expect("whole, behind a refusal", open(s, sealed, size), SKR_CRYPTO_OK);
    crypto_expect_bytes("whole, behind a refusal", sealed, size, plain, size);
}

static void check_pieces(sealer_t *s, const uint8_t *plain) {
    static const size_t seconds[] = {1, 15, 16, 17, 64};
    for (size_t size = 0; size <= 100; size++) {
        for (size_t first = 1; first <= size + 1; first++) {
            const size_t cuts[] = {first, seconds[(size + first) % 5], 0};
            check_cuts(s, plain, size, cuts);
        }
    }
    const size_t many[] = {2032, 2032, 48, 1, 1024, 4099, 30, 2048, 0};
    for (size_t size = RECORD_MAX - 20; size <= RECORD_MAX; size++) {
        check_cuts(s, plain, size, many);
    }
}

// A bit that is changed in any piece is found by the end.
static void check_piece_flips(sealer_t *s, const uint8_t *plain) {
    const size_t cuts[] = {16, 33, 9, 0};
    enum { SIZE = 75 };
    uint8_t sealed[SIZE + TAG_MAX], data[SIZE];
    memcpy(sealed, plain, SIZE);
    assert_true(seal(s, sealed, SIZE));
    for (size_t i = 0; i < SIZE; i++) {
        memcpy(data, sealed, SIZE);
        data[i] ^= 0x40;
        crypto_expect(
            "changed", open_pieces(s, data, SIZE, cuts, sealed + SIZE), SKR_CRYPTO_REFUSED);
    }
    s->aad[0] ^= 1;
    memcpy(data, sealed, SIZE);
    crypto_expect("aad", open_pieces(s, data, SIZE, cuts, sealed + SIZE), SKR_CRYPTO_REFUSED);
    s->aad[0] ^= 1;
    s->nonce[0] ^= 1;
    memcpy(data, sealed, SIZE);
    crypto_expect("nonce", open_pieces(s, data, SIZE, cuts, sealed + SIZE), SKR_CRYPTO_REFUSED);
    s->nonce[0] ^= 1;
    // Left in the middle: the next record does not notice.
    _Alignas(16) uint8_t run[SKR_AEAD_RUN_MAX];
    assert_true(s->aead->open_start(s->state, run, s->nonce, s->aad, AAD_SIZE, SIZE));
    memcpy(data, sealed, SIZE);
    assert_true(s->aead->open_piece(s->state, run, data, 16));
    crypto_expect("whole, behind half a record", open(s, sealed, SIZE), SKR_CRYPTO_OK);
    crypto_expect_bytes("whole, behind half a record", sealed, SIZE, plain, SIZE);
}

static void test_pieces(void **state) {
    const crypto_pair_t *pair = *state;
    static uint8_t plain[RECORD_MAX];
    test_random_t random;
    test_random_seed(&random, 5);
    test_random(&random, plain, sizeof(plain));
    size_t in_pieces = 0;
    for (size_t i = 0; pair->provider->aeads[i] != NULL; i++) {
        const skr_aead_t *aead = pair->provider->aeads[i];
        sealer_t s;
        if (aead->open_start == NULL) {
            print_message("AEAD %u: %s opens it whole only\n", aead->id, pair->provider->name);
            continue;
        }
        in_pieces++;
        sealer_start(&s, aead, 30 + i);
        check_pieces(&s, plain);
        check_piece_flips(&s, plain);
        sealer_end(&s);
    }
    assert_true(in_pieces >= 3);
    assert_non_null(crypto_find_aead(pair->provider, SKR_AEAD_AES_128_GCM)->open_start);
}

int crypto_aead_cases(crypto_pair_t *pair) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_known_answers, pair),
        cmocka_unit_test_prestate(test_every_size, pair),
        cmocka_unit_test_prestate(test_flipped_bits, pair),
        cmocka_unit_test_prestate(test_moved_borders, pair),
        cmocka_unit_test_prestate(test_two_keys, pair),
        cmocka_unit_test_prestate(test_pieces, pair),
    };
    return cmocka_run_group_tests_name("aead", tests, NULL, NULL);
}
