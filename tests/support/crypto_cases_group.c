// Key exchange of a provider.
//
// In: RFC 7748 sections 5.2 and 6.1, RFC 5903 sections 8.1 and 8.2. Out: whether shares and secrets
// are right, whether client and server agree, also with another provider at the far end, and
// whether everything that is no valid share is refused (RFC 9846 sections 4.3.8.2 and 7.4.2): other
// sizes and forms, points that are not on the curve, coordinates beyond the field, infinity, the
// X25519 shares that lead to zero; and scalars that can't be used.
#include <string.h>

#include "support/crypto_cases.h"

typedef struct {
    const char *name;
    unsigned group;
    const char *private_key, *share, *peer_key, *peer, *shared; // NULL: not published
} group_row_t;

static const group_row_t rows[] = {
    {"RFC 7748 section 5.2, first", SKR_GROUP_X25519,
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", NULL, NULL,
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
    {"RFC 7748 section 5.2, second", SKR_GROUP_X25519,
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", NULL, NULL,
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
    {"RFC 7748 section 6.1", SKR_GROUP_X25519,
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {"RFC 5903 section 8.1", SKR_GROUP_SECP256R1,
        "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
        "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811"
        "805271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
        "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
        "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf"
        "6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
        "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
    {"RFC 5903 section 8.2", SKR_GROUP_SECP384R1,
        "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
        "e35b538041e649ee3faef896783ab194",
        "04667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55e"
        "e6de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc2"
        "3f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
        "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
        "e0308312916b8ed2960e4bd55a7448fc",
        "04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc50"
        "9d0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f"
        "66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
        "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
        "d603135569b9e9d09cf5d4a270f59746"},
};

// The curves' numbers; zero_y belongs to x = 0.
typedef struct {
    unsigned group;
    const char *order, *prime, *generator, *zero_y;
} curve_t;

static const curve_t curves[] = {
    {SKR_GROUP_SECP256R1, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2"
        "964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"},
    {SKR_GROUP_SECP384R1,
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
        "581a0db248b0a77aecec196accc52973",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
        "ffffffff0000000000000000ffffffff",
        "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a"
        "385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc"
        "29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793"
        "406d80d2b91ad54f9048bd487af1ade1"},
};

static void check_row(const skr_group_t *group, const group_row_t *row) {
    uint8_t out[SKR_GROUP_PUBLIC_MAX], shared[SKR_GROUP_SHARED_MAX];
    crypto_bytes_t own = crypto_hex(row->private_key), peer = crypto_hex(row->peer);
    crypto_bytes_t wanted = crypto_hex(row->shared), share = crypto_hex(row->share);
    assert_int_equal(own.size, group->private_size);
    crypto_expect(row->name, group->finish(own.data, peer.data, peer.size, shared), SKR_CRYPTO_OK);
    crypto_expect_bytes(row->name, shared, group->shared_size, wanted.data, wanted.size);
    memset(shared, 0, sizeof(shared));
    crypto_expect(
        row->name, group->respond(own.data, peer.data, peer.size, out, shared), SKR_CRYPTO_OK);
    crypto_expect_bytes(row->name, shared, group->shared_size, wanted.data, wanted.size);
    if (row->share == NULL) {
        return;
    }
    crypto_expect_bytes(row->name, out, group->response_size, share.data, share.size);
    crypto_bytes_t peer_key = crypto_hex(row->peer_key);
    crypto_expect(row->name, group->generate(peer_key.data, out), SKR_CRYPTO_OK);
    crypto_expect_bytes(row->name, out, group->public_size, peer.data, peer.size);
    crypto_expect(
        row->name, group->finish(peer_key.data, share.data, share.size, shared), SKR_CRYPTO_OK);
    crypto_expect_bytes(row->name, shared, group->shared_size, wanted.data, wanted.size);
}

static void test_known_answers(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const skr_group_t *group = crypto_find_group(provider, rows[i].group);
        if (group == NULL) {
            print_message("%s: not in %s\n", rows[i].name, provider->name);
            continue;
        }
        check_row(group, &rows[i]);
    }
}

// RFC 7748 section 5.2: the secret becomes the key, the key the share, a thousand times.
static void test_x25519_thousand(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    const skr_group_t *group = crypto_find_group(provider, SKR_GROUP_X25519);
    uint8_t key[32] = {9}, share[32] = {9}, shared[32];
    assert_non_null(group);
    for (int i = 0; i < 1000; i++) {
        crypto_expect("thousand", group->finish(key, share, 32, shared), SKR_CRYPTO_OK);
        memcpy(share, key, 32);
        memcpy(key, shared, 32);
        if (i == 0) {
            crypto_bytes_t first = crypto_hex(
                "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
            crypto_expect_bytes("first", key, 32, first.data, first.size);
        }
    }
    crypto_bytes_t last = crypto_hex(
        "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
    crypto_expect_bytes("thousandth", key, 32, last.data, last.size);
}

// The client is this provider, the server the other one, and the other way round.
static void check_exchange(const skr_group_t *client, const skr_group_t *server, uint64_t seed) {
    uint8_t key[SKR_GROUP_PRIVATE_MAX], random_bytes[SKR_GROUP_PRIVATE_MAX];
    uint8_t share[SKR_GROUP_PUBLIC_MAX], response[SKR_GROUP_PUBLIC_MAX];
    uint8_t a[SKR_GROUP_SHARED_MAX], b[SKR_GROUP_SHARED_MAX];
    test_random_t random;
    test_random_seed(&random, seed);
    test_random(&random, key, sizeof(key));
    test_random(&random, random_bytes, sizeof(random_bytes));
    crypto_expect("generate", client->generate(key, share), SKR_CRYPTO_OK);
    crypto_expect("respond", server->respond(random_bytes, share, client->public_size, response, a),
        SKR_CRYPTO_OK);
    crypto_expect("finish", client->finish(key, response, client->response_size, b), SKR_CRYPTO_OK);
    crypto_expect_bytes("secrets", a, server->shared_size, b, client->shared_size);
    response[client->response_size - 1] ^= 1; // a valid point no more, or another X25519 share
    skr_crypto_t said = client->finish(key, response, client->response_size, b);
    if (said == SKR_CRYPTO_OK) {
        assert_memory_not_equal(a, b, client->shared_size);
    }
}

static void test_exchanges(void **state) {
    const crypto_pair_t *pair = *state;
    for (size_t i = 0; pair->provider->groups[i] != NULL; i++) {
        const skr_group_t *ours = pair->provider->groups[i];
        const skr_group_t *theirs = crypto_find_group(pair->other, ours->id);
        assert_non_null(theirs);
        for (uint64_t seed = 0; seed < 8; seed++) {
            check_exchange(ours, ours, seed);
            check_exchange(ours, theirs, seed);
            check_exchange(theirs, ours, seed);
        }
    }
}

static void check_refused(
    const skr_group_t *group, const char *what, const uint8_t *peer, size_t size) {
    uint8_t key[SKR_GROUP_PRIVATE_MAX], copy[SKR_GROUP_PRIVATE_MAX];
    uint8_t response[SKR_GROUP_PUBLIC_MAX], shared[SKR_GROUP_SHARED_MAX];
    memset(key, 0x55, sizeof(key));
    memcpy(copy, key, sizeof(copy));
    crypto_expect(what, group->finish(key, peer, size, shared), SKR_CRYPTO_REFUSED);
    crypto_expect(what, group->respond(copy, peer, size, response, shared), SKR_CRYPTO_REFUSED);
}

static void test_wrong_sizes(void **state) {
    const crypto_pair_t *pair = *state;
    for (size_t i = 0; pair->provider->groups[i] != NULL; i++) {
        const skr_group_t *group = pair->provider->groups[i];
        uint8_t key[SKR_GROUP_PRIVATE_MAX], share[2 * SKR_GROUP_PUBLIC_MAX] = {0};
        memset(key, 0x44, sizeof(key));
        crypto_expect("generate", group->generate(key, share), SKR_CRYPTO_OK);
        for (size_t size = 0; size < sizeof(share); size++) {
            if (size != group->public_size) {
                check_refused(group, "size", share, size);
            }
        }
    }
}

// All low-order shares of X25519 and their twins beyond the prime: each leads to zero.
static void test_x25519_zero(void **state) {
    static const char *const shares[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    const skr_group_t *group = crypto_find_group(provider, SKR_GROUP_X25519);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        crypto_bytes_t share = crypto_hex(shares[i]);
        check_refused(group, shares[i], share.data, share.size);
        share.data[31] ^= 0x80; // RFC 7748 section 5: this bit is ignored
        check_refused(group, shares[i], share.data, share.size);
    }
}

static void test_wrong_points(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        const skr_group_t *group = crypto_find_group(provider, curves[i].group);
        crypto_bytes_t good = crypto_hex(curves[i].generator), bad;
        size_t field = good.size / 2;
        for (unsigned form = 0; form < 256;
             form += form < 8 ? 1 : 31) { // infinity, compressed, hybrid, none at all
            bad = good;
            bad.data[0] = (uint8_t)form;
            if (form != 4) {
                check_refused(group, "form", bad.data, bad.size);
            }
        }
        check_refused(group, "compressed", (uint8_t[SKR_GROUP_PUBLIC_MAX]){2}, 1 + field);
        for (size_t bit = 8; bit < 8 * good.size; bit += 29) {
            bad = good;
            bad.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            check_refused(group, "not on the curve", bad.data, bad.size);
        }
        bad = good;
        memset(bad.data + 1, 0, 2 * field);
        check_refused(group, "(0, 0)", bad.data, bad.size);
        memset(bad.data + 1, 0xff, 2 * field);
        check_refused(group, "all ones", bad.data, bad.size);
    }
}

// Both curves have points with x = 0. The same point with x = prime must not be taken for it:
// coordinates are below the prime (RFC 9846 section 4.3.8.2), and a value has one form.
static void test_beyond_the_field(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        const skr_group_t *group = crypto_find_group(provider, curves[i].group);
        crypto_bytes_t prime = crypto_hex(curves[i].prime), y = crypto_hex(curves[i].zero_y);
        uint8_t key[SKR_GROUP_PRIVATE_MAX], shared[SKR_GROUP_SHARED_MAX];
        uint8_t peer[SKR_GROUP_PUBLIC_MAX] = {4};
        memset(key, 0x55, sizeof(key));
        memcpy(peer + 1 + y.size, y.data, y.size);
        crypto_expect("x = 0", group->finish(key, peer, group->public_size, shared), SKR_CRYPTO_OK);
        memcpy(peer + 1, prime.data, prime.size);
        check_refused(group, "x = prime", peer, group->public_size);
    }
}

static void check_scalar(const skr_group_t *group, const crypto_bytes_t *scalar,
    skr_crypto_t wanted, const crypto_bytes_t *peer) {
    uint8_t share[SKR_GROUP_PUBLIC_MAX], shared[SKR_GROUP_SHARED_MAX];
    crypto_bytes_t copy = *scalar;
    crypto_expect("generate", group->generate(copy.data, share), wanted);
    copy = *scalar;
    crypto_expect(
        "respond", group->respond(copy.data, peer->data, peer->size, share, shared), wanted);
}

static void test_scalars(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        const skr_group_t *group = crypto_find_group(provider, curves[i].group);
        crypto_bytes_t order = crypto_hex(curves[i].order), peer = crypto_hex(curves[i].generator);
        crypto_bytes_t scalar = {.size = order.size};
        uint8_t share[SKR_GROUP_PUBLIC_MAX];
        check_scalar(group, &scalar, SKR_CRYPTO_RETRY, &peer); // 0
        scalar.data[order.size - 1] = 1;
        crypto_expect("1", group->generate(scalar.data, share), SKR_CRYPTO_OK);
        crypto_expect_bytes("1", share, group->public_size, peer.data, peer.size);
        scalar = order;
        check_scalar(group, &scalar, SKR_CRYPTO_RETRY, &peer);
        scalar.data[order.size - 1]++;
        check_scalar(group, &scalar, SKR_CRYPTO_RETRY, &peer);
        memset(scalar.data, 0xff, order.size);
        check_scalar(group, &scalar, SKR_CRYPTO_RETRY, &peer);
        scalar = order;
        scalar.data[order.size - 1]--;
        check_scalar(group, &scalar, SKR_CRYPTO_OK, &peer);
        // order - 1 gives the generator's mirror image: the same x, another y.
        crypto_expect("order - 1", group->generate(scalar.data, share), SKR_CRYPTO_OK);
        crypto_expect_bytes("order - 1", share, 1 + order.size, peer.data, 1 + order.size);
        assert_memory_not_equal(share + 1 + order.size, peer.data + 1 + order.size, order.size);
    }
}

int crypto_group_cases(crypto_pair_t *pair) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_known_answers, pair),
        cmocka_unit_test_prestate(test_x25519_thousand, pair),
        cmocka_unit_test_prestate(test_exchanges, pair),
        cmocka_unit_test_prestate(test_wrong_sizes, pair),
        cmocka_unit_test_prestate(test_x25519_zero, pair),
        cmocka_unit_test_prestate(test_wrong_points, pair),
        cmocka_unit_test_prestate(test_beyond_the_field, pair),
        cmocka_unit_test_prestate(test_scalars, pair),
    };
    return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
