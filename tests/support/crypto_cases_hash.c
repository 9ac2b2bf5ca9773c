// Hash functions of a provider.
//
// In: the examples of FIPS 180-4 (and the empty message, and a million times "a"). Out: whether
// digests are right, in one piece and in many, whether asking for one leaves the state alone, and
// whether a copied state is a state of its own: transcripts rest on both (RFC 9846 section 4.1).
#include <string.h>

#include "support/crypto_cases.h"

static const char two_blocks[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                                 "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

typedef struct {
    unsigned hash;
    const char *message, *digest;
} hash_row_t;

static const hash_row_t rows[] = {
    {SKR_HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {SKR_HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {SKR_HASH_SHA256, two_blocks,
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {SKR_HASH_SHA384, "",
        "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
        "274edebfe76f65fbd51ad2f14898b95b"},
    {SKR_HASH_SHA384, "abc",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7"},
    {SKR_HASH_SHA384, two_blocks,
        "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
        "fcc7c71a557e2db966c3e9fa91746039"},
    {SKR_HASH_SHA512, "",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {SKR_HASH_SHA512, "abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {SKR_HASH_SHA512, two_blocks,
        "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
        "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
};

static const hash_row_t million[] = {
    {SKR_HASH_SHA256, "a", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {SKR_HASH_SHA384, "a",
        "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
        "07b8b3dc38ecc4ebae97ddd87f3d8985"},
    {SKR_HASH_SHA512, "a",
        "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
        "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
};

static void test_known_answers(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        crypto_bytes_t wanted = crypto_hex(rows[i].digest);
        crypto_bytes_t got = crypto_digest(
            provider, rows[i].hash, (const uint8_t *)rows[i].message, strlen(rows[i].message));
        crypto_expect_bytes(rows[i].message, got.data, got.size, wanted.data, wanted.size);
    }
}

static void test_million(void **state_) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state_)->provider;
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    uint8_t piece[1000], digest[SKR_HASH_SIZE_MAX];
    memset(piece, 'a', sizeof(piece));
    for (size_t i = 0; i < sizeof(million) / sizeof(million[0]); i++) {
        const skr_hash_t *hash = crypto_find_hash(provider, million[i].hash);
        crypto_bytes_t wanted = crypto_hex(million[i].digest);
        assert_true(hash->init(state));
        for (int part = 0; part < 1000; part++) {
            assert_true(hash->update(state, piece, sizeof(piece)));
        }
        assert_true(hash->result(state, digest));
        crypto_expect_bytes("a million", digest, hash->size, wanted.data, wanted.size);
    }
}

// Every length around the blocks' ends, in two pieces, asked for a digest between them, in a state
// that was copied.
static void check_pieces(const skr_provider_t *provider, const skr_hash_t *hash,
    const uint8_t *message, size_t size, size_t first) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX], copy[SKR_HASH_STATE_MAX];
    uint8_t digest[SKR_HASH_SIZE_MAX];
    crypto_bytes_t whole = crypto_digest(provider, hash->id, message, size);
    crypto_bytes_t half = crypto_digest(provider, hash->id, message, first);
    assert_true(hash->init(state));
    assert_true(hash->update(state, message, first));
    assert_true(hash->result(state, digest));
    crypto_expect_bytes("first piece", digest, hash->size, half.data, half.size);
    memcpy(copy, state, hash->state_size);
    assert_true(hash->update(state, (const uint8_t *)"other", 5));
    memset(state, 0xee, sizeof(state)); // the copy must not look back
    assert_true(hash->update(copy, message + first, size - first));
    assert_true(hash->result(copy, digest));
    assert_true(hash->result(copy, digest));
    crypto_expect_bytes("both pieces", digest, hash->size, whole.data, whole.size);
}

static void test_pieces(void **state) {
    const crypto_pair_t *pair = *state;
    test_random_t random;
    uint8_t message[300];
    test_random_seed(&random, 1);
    test_random(&random, message, sizeof(message));
    for (size_t i = 0; pair->provider->hashes[i] != NULL; i++) {
        for (size_t size = 0; size <= sizeof(message); size++) {
            check_pieces(pair->provider, pair->provider->hashes[i], message, size, size / 3);
            check_pieces(pair->provider, pair->provider->hashes[i], message, size, 0);
        }
    }
}

static void test_other_agrees(void **state) {
    const crypto_pair_t *pair = *state;
    test_random_t random;
    uint8_t message[300];
    test_random_seed(&random, 2);
    test_random(&random, message, sizeof(message));
    for (size_t i = 0; pair->provider->hashes[i] != NULL; i++) {
        unsigned id = pair->provider->hashes[i]->id;
        for (size_t size = 0; size <= sizeof(message); size++) {
            crypto_bytes_t a = crypto_digest(pair->provider, id, message, size);
            crypto_bytes_t b = crypto_digest(pair->other, id, message, size);
            crypto_expect_bytes("other", a.data, a.size, b.data, b.size);
        }
    }
}

int crypto_hash_cases(crypto_pair_t *pair) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_known_answers, pair),
        cmocka_unit_test_prestate(test_million, pair),
        cmocka_unit_test_prestate(test_pieces, pair),
        cmocka_unit_test_prestate(test_other_agrees, pair),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
