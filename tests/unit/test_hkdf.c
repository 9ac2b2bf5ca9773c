// HMAC, HKDF-Extract and HKDF-Expand-Label, with every hash of every provider.
//
// Published vectors: RFC 4231 (HMAC), RFC 5869 appendix A (Extract), RFC 9001 appendix A.1
// (Expand-Label); outputs of several blocks were computed with Python's hmac. Limits of label,
// context and size. Each call of the provider fails once: the function then says so and leaves
// nothing behind.
#include "unit.h"

#include "base/bytes.h"
#include "keys/hkdf.h"
#include "keys/suites.h"

#define AA_20 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AA_131 AA_20 AA_20 AA_20 AA_20 AA_20 AA_20 "aaaaaaaaaaaaaaaaaaaaaa"
#define DD_50 \
    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" \
    "dddddddddddddddddddddddddddddddd"

// clang-format off
static const struct {
    const char *key, *data, *sha256, *sha384, *sha512;
} macs[] = { // RFC 4231 sections 4.2, 4.3, 4.4, 4.7
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
    {AA_20, DD_50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
        "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
    {AA_131, "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
};

// Secret 00 01 02 ... 2f, label "some label", context "some context", SHA-384
static const struct {
    size_t size;
    const char *out;
} expansions[] = {
    {1, "54"},
    {47, "a6813702a9966d0cfcf4eaecfd766c33fdf003b23ee2f04a5f22cc85664cc32526657bc3ddd5c7969311e365ebc8e4"},
    {48, "15387d6f8c846cdb047a45746c48155e67d95718379364acfb64ca73ae1ca06b87a6f02f506cc15bad3495fc5c9cf9ed"},
    {49, "61a962db80c7f8879f7a7121298a5838c4143f33c1951faa2a8e48a2d5c94e821ab555a901d589de66c1cde444c6cdf5de"},
    {96, "a0cf41e02180fc741b8498b28ba9220ac289014973933f9a066fab7340f478fa8e0ff41302c83e261b374d8452a1b62c7920db06751f6f58bb5a786c0d61c08423e737a0c82cc0d451e72825189866f8a00d6720c60d0df55ce5409054f746b9"},
    {97, "bc695e7b2fa0664feb492cacc55ec97b6aa129d60002faae71fc3d43a174c4de8f5281a377e2b72ad45baaae4420450aa289106bb77d4b9ed6d42365b8588dfd54eeb407fabf5f4d866e4f218429a5e4c2df044edb2b4fff162cc800d9ae0d9c27"},
    {200, "549f2c9bf80888d4cee8e3cb9a2d0e1ebf3792d5f090d7977d225cb8cbf16584ec1a56243f2111eee3d6ca6b83b0c39135f6505a027e39fb3aef8e60df81e05208a52978f9e5b532280ab4f30ebd92b78ed780d295e196efc2eb2a6681e5cbb688c62e8d6195debb78cae8b937106f4295dc635aad4f38346585cd9155f9c19bc470b90527cca674d31bed1374016309c34c12c22a26b0b174e724da0b8028892ea689cf66901279fcdaffa6eb771e6920d3d585709a76041b4a5b09280713f3fc350f12feb1d4d8"},
};
// clang-format on

static const char *mac_of(size_t i, unsigned hash) {
    return hash == SKR_HASH_SHA256 ? macs[i].sha256
        : hash == SKR_HASH_SHA384  ? macs[i].sha384
                                   : macs[i].sha512;
}

static void test_hmac(void **state) {
    (void)state;
    unsigned runs = 0;
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        for (const skr_hash_t *const *hash = unit_providers[p]->hashes; *hash != NULL; hash++) {
            for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
                uint8_t out[SKR_HASH_SIZE_MAX + 1] = {0};
                assert_true(
                    hmac_compute(*hash, unit_hex(macs[i].key), unit_hex(macs[i].data), out));
                unit_assert_hex(view_of(out, (*hash)->size), mac_of(i, (*hash)->id));
                assert_int_equal(out[(*hash)->size], 0);
                runs++;
            }
        }
    }
    assert_true(runs >= 2 * 2 * 4);
}

// In pieces, and a keyed state that is copied and used again.
static void test_hmac_pieces(void **state) {
    (void)state;
    const skr_hash_t *hash = provider_hash(unit_providers[0], SKR_HASH_SHA384);
    skr_view_t data = unit_hex(macs[3].data);
    hmac_t keyed;
    uint8_t out[SKR_HASH_SIZE_MAX];
    assert_true(hmac_init(&keyed, hash, unit_hex(macs[3].key)));
    for (size_t cut = 0; cut <= data.size; cut++) {
        hmac_t hmac = keyed;
        assert_true(hmac_update(&hmac, view_of(data.data, cut)));
        assert_true(hmac_update(&hmac, view_of(NULL, 0)));
        assert_true(hmac_update(&hmac, view_of(data.data + cut, data.size - cut)));
        assert_true(hmac_result(&hmac, out));
        unit_assert_hex(view_of(out, hash->size), macs[3].sha384);
        assert_true(unit_wiped(&hmac, sizeof(hmac)));
    }
}

// A key of exactly a block is used as it is, one byte more is hashed; an absent one is zeros.
static void test_hmac_keys(void **state) {
    (void)state;
    const skr_hash_t *hash = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    uint8_t key[65], digest[32], a[32], b[32];
    skr_view_t data = unit_hex("010203");
    memset(key, 0xaa, sizeof(key));
    _Alignas(16) uint8_t hash_state[SKR_HASH_STATE_MAX];
    for (size_t size = 63; size <= 65; size++) {
        assert_true(hash->init(hash_state) && hash->update(hash_state, key, size) &&
            hash->result(hash_state, digest));
        assert_true(hmac_compute(hash, view_of(key, size), data, a));
        assert_true(hmac_compute(hash, view_of(digest, 32), data, b));
        assert_int_equal(memcmp(a, b, 32) == 0, size > 64);
    }
    memset(key, 0, sizeof(key));
    key[0] = 1; // short keys are filled up with zeros
    assert_true(hmac_compute(hash, view_of(key, 1), data, a));
    assert_true(hmac_compute(hash, view_of(key, 64), data, b));
    assert_memory_equal(a, b, 32);
    key[0] = 0;
    assert_true(hmac_compute(hash, view_of(NULL, 0), data, a));
    assert_true(hmac_compute(hash, view_of(key, 32), data, b));
    assert_memory_equal(a, b, 32);
}

static void test_extract(void **state) {
    (void)state;
    static const struct {
        const char *salt, *key, *prk; // NULL: absent
    } cases[] = {
        // RFC 5869 sections A.1 and A.3
        {"000102030405060708090a0b0c", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"},
        {NULL, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"},
        // RFC 8448 section 3: both zero
        {NULL, NULL, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"},
        // RFC 9001 section A.1
        {"38762cf7f55934b34d179ae6a4c80cadccbb7f0a", "8394c8f03e515708",
            "7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44"},
    };
    for (size_t i = 0; i < UNIT_PROVIDERS * sizeof(cases) / sizeof(cases[0]); i++) {
        const skr_hash_t *hash = provider_hash(unit_providers[i % 2], SKR_HASH_SHA256);
        skr_view_t salt = view_of(NULL, 0), key = view_of(NULL, 0);
        uint8_t out[32];
        if (cases[i / 2].salt != NULL) {
            salt = unit_hex(cases[i / 2].salt);
        }
        if (cases[i / 2].key != NULL) {
            key = unit_hex(cases[i / 2].key);
        }
        assert_true(hkdf_extract(hash, salt, key, out));
        unit_assert_hex(view_of(out, 32), cases[i / 2].prk);
    }
}

// RFC 9001 section A.1: the client's initial secrets.
static void test_expand_label(void **state) {
    (void)state;
    static const struct {
        const char *label, *out;
    } cases[] = {
        {"quic key", "1f369613dd76d5467730efcbe3b1a22d"},
        {"quic iv", "fa044b2f42a3fd3b46fb255c"},
        {"quic hp", "9f50449e04a0e810283a1e9933adedd2"},
    };
    skr_view_t initial = unit_hex(
        "7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44");
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        const skr_hash_t *hash = provider_hash(unit_providers[p], SKR_HASH_SHA256);
        uint8_t secret[32], out[32];
        assert_true(hkdf_expand_label(
            hash, initial.data, VIEW_LITERAL("client in"), view_of(NULL, 0), secret, 32));
        unit_assert_hex(view_of(secret, 32),
            "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            skr_view_t expected = unit_hex(cases[i].out);
            skr_view_t label = view_of(cases[i].label, strlen(cases[i].label));
            assert_true(hkdf_expand_label(hash, secret, label, view_of("", 0), out, expected.size));
            unit_assert_view(view_of(out, expected.size), expected);
        }
    }
}

static void test_expand_sizes(void **state) {
    (void)state;
    uint8_t secret[48], out[256];
    for (uint8_t i = 0; i < 48; i++) {
        secret[i] = i;
    }
    for (size_t i = 0; i < UNIT_PROVIDERS * sizeof(expansions) / sizeof(expansions[0]); i++) {
        const skr_hash_t *hash = provider_hash(unit_providers[i % 2], SKR_HASH_SHA384);
        size_t size = expansions[i / 2].size;
        memset(out, 0xee, sizeof(out));
        assert_true(hkdf_expand_label(
            hash, secret, VIEW_LITERAL("some label"), VIEW_LITERAL("some context"), out, size));
        unit_assert_hex(view_of(out, size), expansions[i / 2].out);
        assert_int_equal(out[size], 0xee);
        // in place of the secret
        memcpy(out, secret, 48);
        if (size <= 48) {
            assert_true(hkdf_expand_label(
                hash, out, VIEW_LITERAL("some label"), VIEW_LITERAL("some context"), out, size));
            unit_assert_hex(view_of(out, size), expansions[i / 2].out);
        }
    }
}

// The largest output, T(1) | ... | T(255), against HMAC alone (RFC 5869 section 2.3).
static void test_expand_largest(void **state) {
    (void)state;
    static uint8_t out[255 * 32];
    const skr_hash_t *hash = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    skr_view_t secret = unit_hex(
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    skr_view_t info = unit_hex("1fe0 07 746c73313320 78 02 aabb"); // size, "tls13 x", context
    assert_true(hkdf_expand_label(
        hash, secret.data, VIEW_LITERAL("x"), unit_hex("aabb"), out, sizeof(out)));
    uint8_t block[32];
    for (unsigned n = 1; n <= 255; n++) {
        uint8_t counter = (uint8_t)n;
        hmac_t hmac;
        assert_true(hmac_init(&hmac, hash, secret));
        assert_true(n == 1 || hmac_update(&hmac, view_of(block, 32)));
        assert_true(hmac_update(&hmac, info) && hmac_update(&hmac, view_of(&counter, 1)));
        assert_true(hmac_result(&hmac, block));
        assert_memory_equal(out + 32 * (n - 1), block, 32);
    }
}

// A block of output costs two states behind the pads once, and one inner and one outer hash.
static void test_expand_cost(void **state) {
    (void)state;
    static const uint8_t secret[32] = {1};
    const skr_hash_t *real = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    uint8_t out[64];
    static const struct {
        size_t size;
        unsigned calls; // keying, then for each block: updates, result, update, result
    } cases[] = {
        {12, 4 + 6 + 3}, {32, 4 + 6 + 3}, {33, 4 + 6 + 3 + 7 + 3}, {64, 4 + 6 + 3 + 7 + 3}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(hkdf_expand_label(unit_fault_hash(real, UNIT_NEVER), secret,
            VIEW_LITERAL("key"), unit_hex("01"), out, cases[i].size));
        assert_true(unit_fault_calls() <= cases[i].calls);
    }
}

static void test_expand_limits(void **state) {
    (void)state;
    static uint8_t out[255 * 32 + 1];
    static const uint8_t zeros[256];
    const skr_hash_t *hash = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    static const struct {
        size_t label, context, size;
        bool ok;
    } cases[] = {
        {249, 255, 32, true},
        {250, 0, 32, false},
        {0, 256, 32, false},
        {1, 1, 255 * 32, true},
        {1, 1, 255 * 32 + 1, false},
        {1, 1, 0, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(out, 0xee, sizeof(out));
        assert_int_equal(hkdf_expand_label(hash, zeros, view_of(zeros, cases[i].label),
                             view_of(zeros, cases[i].context), out, cases[i].size),
            cases[i].ok);
        assert_true(cases[i].ok || unit_wiped(out, cases[i].size));
    }
}

// One keyed state for several labels gives what each label alone gives, and stays as it was.
static void test_expand_keyed(void **state) {
    (void)state;
    const skr_hash_t *hash = provider_hash(unit_providers[1], SKR_HASH_SHA384);
    uint8_t secret[48] = {7}, alone[60], keyed[60];
    hmac_t hmac;
    assert_true(hmac_init(&hmac, hash, view_of(secret, 48)));
    hmac_t before = hmac;
    const skr_view_t labels[] = {VIEW_LITERAL("key"), VIEW_LITERAL("iv"), VIEW_LITERAL("key")};
    for (size_t i = 0; i < 3; i++) {
        assert_true(hkdf_expand_keyed(&hmac, labels[i], unit_hex("01"), keyed, sizeof(keyed)));
        assert_true(hkdf_expand_label(hash, secret, labels[i], unit_hex("01"), alone, 60));
        assert_memory_equal(alone, keyed, sizeof(keyed));
        assert_memory_equal(&hmac, &before, sizeof(hmac));
    }
}

static bool run_hmac_compute(const skr_hash_t *hash, uint8_t *out) {
    return hmac_compute(hash, unit_hex(AA_131), unit_hex("aabb"), out);
}

static bool run_extract(const skr_hash_t *hash, uint8_t *out) {
    return hkdf_extract(hash, unit_hex("01"), unit_hex("02"), out);
}

static bool run_expand_label(const skr_hash_t *hash, uint8_t *out) {
    static const uint8_t secret[64] = {1};
    return hkdf_expand_label(hash, secret, VIEW_LITERAL("x"), unit_hex("02"), out, 96);
}

static void test_faults(void **state) {
    (void)state;
    static bool (*const runs[])(const skr_hash_t *hash, uint8_t *out) = {
        run_hmac_compute, run_extract, run_expand_label};
    static const size_t sizes[] = {32, 32, 96};
    const skr_hash_t *real = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    for (size_t i = 0; i < 3; i++) {
        uint8_t out[96];
        assert_true(runs[i](unit_fault_hash(real, UNIT_NEVER), out));
        unsigned calls = unit_fault_calls();
        assert_true(calls >= 8);
        for (unsigned n = 0; n < calls; n++) {
            memset(out, 0xee, sizeof(out));
            assert_false(runs[i](unit_fault_hash(real, n), out));
            assert_true(unit_wiped(out, sizes[i]));
            assert_int_equal(unit_fault_calls(), n + 1); // and nothing was called after it
        }
    }
}

static void test_hmac_faults(void **state) {
    (void)state;
    const skr_hash_t *real = provider_hash(unit_providers[0], SKR_HASH_SHA256);
    uint8_t out[32];
    for (unsigned n = 0; n < 4; n++) {
        hmac_t hmac;
        assert_false(hmac_init(&hmac, unit_fault_hash(real, n), unit_hex("aa")));
        assert_true(unit_wiped(&hmac, sizeof(hmac)));
    }
    for (unsigned n = 0; n < 4; n++) {
        hmac_t hmac;
        memset(out, 0xee, sizeof(out));
        assert_true(hmac_init(&hmac, unit_fault_hash(real, n + 4), unit_hex("aa")));
        assert_int_equal(hmac_update(&hmac, unit_hex("bb")), n > 0);
        if (n > 0) {
            assert_false(hmac_result(&hmac, out));
            assert_true(unit_wiped(out, sizeof(out)));
            assert_true(unit_wiped(&hmac, sizeof(hmac)));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_hmac_pieces),
        cmocka_unit_test(test_hmac_keys),
        cmocka_unit_test(test_extract),
        cmocka_unit_test(test_expand_label),
        cmocka_unit_test(test_expand_sizes),
        cmocka_unit_test(test_expand_largest),
        cmocka_unit_test(test_expand_cost),
        cmocka_unit_test(test_expand_limits),
        cmocka_unit_test(test_expand_keyed),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_hmac_faults),
    };
    return cmocka_run_group_tests_name("hkdf", tests, NULL, NULL);
}
