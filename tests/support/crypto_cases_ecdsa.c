// ECDSA of a provider.
//
// In: the signatures of "sample" of RFC 6979 sections A.2.5 and A.2.6, with every pair of curve and
// hash. Out: whether they are accepted, and whether everything else is refused: changed bits, other
// digests and keys, numbers out of range, every second way to write the same numbers in DER, keys
// that are no points.
#include <string.h>

#include "support/crypto_cases.h"

typedef struct {
    unsigned scheme;
    skr_key_type_t key_type;
    const char *r, *s;
} ecdsa_row_t;

static const ecdsa_row_t rows[] = {
    {SKR_SIG_ECDSA_SECP256R1_SHA256, SKR_KEY_P256,
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {SKR_SIG_CERT_ECDSA_P256_SHA384, SKR_KEY_P256,
        "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719",
        "4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954"},
    {SKR_SIG_CERT_ECDSA_P256_SHA512, SKR_KEY_P256,
        "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00",
        "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe"},
    {SKR_SIG_CERT_ECDSA_P384_SHA256, SKR_KEY_P384,
        "21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33"
        "bde1e888e63355d92fa2b3c36d8fb2cd",
        "f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feeb"
        "efdc63eccd1ac42ec0cb8668a4fa0ab0"},
    {SKR_SIG_ECDSA_SECP384R1_SHA384, SKR_KEY_P384,
        "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
        "81a648152e44acf96e36dd1e80fabe46",
        "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
        "a329c145786e679e7b82c71a38628ac8"},
    {SKR_SIG_CERT_ECDSA_P384_SHA512, SKR_KEY_P384,
        "ed0959d5880ab2d869ae7f6c2915c6d60f96507f9cb3e047c0046861da4a799c"
        "fe30f35cc900056d7c99cd7882433709",
        "512c8cceee3890a84058ce1e22dbc2198f42323ce8aca9135329f03c068e5112"
        "dc7cc3ef3446defceb01a45c2667fdd5"},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char *order_of(skr_key_type_t type) {
    return type == SKR_KEY_P256 ? "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
                                : "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
                                  "581a0db248b0a77aecec196accc52973";
}

// A signature that is being checked: the numbers as bytes, and how they are written down.
typedef struct {
    const skr_signature_t *signature;
    crypto_key_t key, other_key;
    crypto_bytes_t digest, r, s;
} check_t;

static void check_start(check_t *check, const skr_provider_t *provider, const ecdsa_row_t *row) {
    memset(check, 0, sizeof(*check));
    check->signature = crypto_find_signature(provider, row->scheme);
    assert_non_null(check->signature);
    assert_int_equal(check->signature->key_type, row->key_type);
    crypto_key_any(&check->key, row->key_type);
    crypto_key_other(&check->other_key, row->key_type);
    check->digest = crypto_digest(provider, check->signature->hash, (const uint8_t *)"sample", 6);
    check->r = crypto_hex(row->r);
    check->s = crypto_hex(row->s);
}

static skr_crypto_t verify(const check_t *check, const crypto_bytes_t *der) {
    return check->signature->verify(
        &check->key.public_key, check->digest.data, check->digest.size, der->data, der->size);
}

static void put(crypto_bytes_t *out, const uint8_t *bytes, size_t size) {
    assert_true(out->size + size <= sizeof(out->data));
    memcpy(out->data + out->size, bytes, size);
    out->size += size;
}

static void put_byte(crypto_bytes_t *out, unsigned byte) {
    uint8_t value = (uint8_t)byte;
    put(out, &value, 1);
}

// An INTEGER that is minimal and positive, as DER wants it.
static crypto_bytes_t integer(const crypto_bytes_t *number) {
    crypto_bytes_t out = {.size = 0};
    size_t skip = 0;
    while (skip + 1 < number->size && number->data[skip] == 0) {
        skip++;
    }
    unsigned sign = number->data[skip] >> 7;
    put_byte(&out, 2);
    put_byte(&out, (unsigned)(number->size - skip + sign));
    if (sign != 0) {
        put_byte(&out, 0);
    }
    put(&out, number->data + skip, number->size - skip);
    return out;
}

static crypto_bytes_t sequence(const crypto_bytes_t *r, const crypto_bytes_t *s) {
    crypto_bytes_t out = {.size = 0};
    put_byte(&out, 0x30);
    put_byte(&out, (unsigned)(r->size + s->size));
    put(&out, r->data, r->size);
    put(&out, s->data, s->size);
    return out;
}

static crypto_bytes_t der_of(const crypto_bytes_t *r, const crypto_bytes_t *s) {
    crypto_bytes_t first = integer(r), second = integer(s);
    return sequence(&first, &second);
}

static void test_known_answers(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < ROWS; i++) {
        check_t check;
        check_start(&check, provider, &rows[i]);
        crypto_bytes_t der = der_of(&check.r, &check.s);
        crypto_expect("RFC 6979", verify(&check, &der), SKR_CRYPTO_OK);
    }
}

static void test_flipped_bits(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < ROWS; i++) {
        check_t check;
        check_start(&check, provider, &rows[i]);
        crypto_bytes_t der = der_of(&check.r, &check.s), bad;
        for (size_t bit = 0; bit < 8 * der.size; bit += i == 0 ? 1 : 41) {
            bad = der;
            bad.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            crypto_expect("signature changed", verify(&check, &bad), SKR_CRYPTO_REFUSED);
        }
        // What a curve does not use of a longer digest (FIPS 186-5 section 6.4.1) may change.
        size_t used = rows[i].key_type == SKR_KEY_P256 ? 32 : 48;
        for (size_t bit = 0; bit < 8 * check.digest.size; bit += i == 0 ? 3 : 37) {
            check.digest.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            crypto_expect("digest changed", verify(&check, &der),
                bit < 8 * used ? SKR_CRYPTO_REFUSED : SKR_CRYPTO_OK);
            check.digest.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        check.key.public_key = check.other_key.public_key;
        crypto_expect("another key", verify(&check, &der), SKR_CRYPTO_REFUSED);
    }
}

static void test_cut(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < ROWS; i++) {
        check_t check;
        check_start(&check, provider, &rows[i]);
        crypto_bytes_t der = der_of(&check.r, &check.s);
        for (size_t size = der.size; size-- > 0;) {
            crypto_bytes_t bad = der;
            bad.size = size;
            crypto_expect("cut", verify(&check, &bad), SKR_CRYPTO_REFUSED);
            if (size >= 2) { // and with the outer length made to fit
                bad.data[1] = (uint8_t)(size - 2);
                crypto_expect("cut inside", verify(&check, &bad), SKR_CRYPTO_REFUSED);
            }
        }
    }
}

// Numbers outside [1, order - 1], written correctly.
static void test_ranges(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < ROWS; i++) {
        check_t check;
        check_start(&check, provider, &rows[i]);
        crypto_bytes_t order = crypto_hex(order_of(rows[i].key_type));
        crypto_bytes_t one = {.data = {1}, .size = 1}, zero = {.data = {0}, .size = 1};
        crypto_bytes_t more = order, huge = {.size = order.size + 8};
        more.data[more.size - 1]++;
        memset(huge.data, 0x7f, huge.size);
        const crypto_bytes_t *const odd[] = {&zero, &one, &order, &more, &huge};
        for (size_t a = 0; a < 5; a++) {
            for (size_t b = 0; b < 5; b++) {
                crypto_bytes_t der = der_of(odd[a], odd[b]);
                crypto_expect("both", verify(&check, &der), SKR_CRYPTO_REFUSED);
            }
            crypto_bytes_t der = der_of(odd[a], &check.s);
            crypto_expect("r", verify(&check, &der), SKR_CRYPTO_REFUSED);
            der = der_of(&check.r, odd[a]);
            crypto_expect("s", verify(&check, &der), SKR_CRYPTO_REFUSED);
        }
    }
}

// r = s = 1 and a digest of -1 under the key 1: the sum of both products is infinity, which has no
// x to compare.
static void test_infinity(void **state) {
    static const char *const points[] = {
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2"
        "964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a"
        "385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc"
        "29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    };
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < 2; i++) {
        check_t check;
        crypto_bytes_t one = {.data = {1}, .size = 1}, der = der_of(&one, &one);
        check_start(&check, provider, &rows[i == 0 ? 0 : 4]);
        check.key.point = crypto_hex(points[i]);
        check.digest = crypto_hex(order_of(rows[i == 0 ? 0 : 4].key_type));
        check.digest.data[check.digest.size - 1]--;
        crypto_expect("infinity", verify(&check, &der), SKR_CRYPTO_REFUSED);
    }
}

static void refuse(const check_t *check, const char *what, const crypto_bytes_t *der) {
    crypto_expect(what, verify(check, der), SKR_CRYPTO_REFUSED);
}

// The sequence with its length written in another way.
static crypto_bytes_t with_outer_length(
    const crypto_bytes_t *der, const uint8_t *length, size_t length_size) {
    crypto_bytes_t out = {.size = 0};
    put_byte(&out, 0x30);
    put(&out, length, length_size);
    put(&out, der->data + 2, der->size - 2);
    return out;
}

// The same numbers in other words: BER's lengths, padding, signs, tags, things behind.
static void check_other_forms(const check_t *check) {
    crypto_bytes_t r = integer(&check->r), s = integer(&check->s), der = sequence(&r, &s), bad;
    crypto_expect("as it should be", verify(check, &der), SKR_CRYPTO_OK);
    bad = der;
    put_byte(&bad, 0);
    refuse(check, "a byte behind", &bad);
    bad.data[1]++;
    refuse(check, "a byte behind, inside", &bad);
    bad = with_outer_length(&der, (uint8_t[]){0x81, der.data[1]}, 2);
    refuse(check, "long form of the length", &bad);
    bad = with_outer_length(&der, (uint8_t[]){0x82, 0, der.data[1]}, 3);
    refuse(check, "longer form of the length", &bad);
    bad = with_outer_length(&der, (uint8_t[]){0x80}, 1);
    put(&bad, (const uint8_t *)"\0\0", 2);
    refuse(check, "indefinite length", &bad);
    bad = der;
    bad.data[0] = 0x31;
    refuse(check, "SET", &bad);
    crypto_bytes_t three = der;
    put(&three, s.data, s.size);
    three.data[1] = (uint8_t)(three.size - 2);
    refuse(check, "three numbers", &three);
}

static void check_other_integers(const check_t *check) {
    crypto_bytes_t r = integer(&check->r), s = integer(&check->s), bad = {.size = 0}, der;
    put_byte(&bad, 2); // one zero too many in front
    put_byte(&bad, r.data[1] + 1U);
    put_byte(&bad, 0);
    put(&bad, r.data + 2, r.size - 2);
    der = sequence(&bad, &s);
    refuse(check, "r with a zero in front", &der);
    if (check->r.data[0] >= 0x80) {
        bad = (crypto_bytes_t){.data = {2, (uint8_t)check->r.size}, .size = 2};
        put(&bad, check->r.data, check->r.size);
        der = sequence(&bad, &s);
        refuse(check, "r negative", &der);
    }
    bad = r;
    bad.data[0] = 4;
    der = sequence(&bad, &s);
    refuse(check, "r no INTEGER", &der);
    bad = (crypto_bytes_t){.data = {2, 0x81, r.data[1]}, .size = 3};
    put(&bad, r.data + 2, r.size - 2);
    der = sequence(&bad, &s);
    refuse(check, "long form inside", &der);
    bad = (crypto_bytes_t){.data = {2, 0}, .size = 2};
    der = sequence(&bad, &s);
    refuse(check, "r empty", &der);
    der = sequence(&r, &bad);
    refuse(check, "s empty", &der);
    bad = check->r;
    put(&bad, check->s.data, check->s.size);
    refuse(check, "raw numbers", &bad);
    bad.size = 0;
    refuse(check, "nothing", &bad);
    der = sequence(&bad, &bad);
    refuse(check, "empty SEQUENCE", &der);
}

static void test_other_forms(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < ROWS; i++) {
        check_t check;
        check_start(&check, provider, &rows[i]);
        check_other_forms(&check);
        check_other_integers(&check);
    }
}

static void test_wrong_keys(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    for (size_t i = 0; i < ROWS; i++) {
        check_t check;
        check_start(&check, provider, &rows[i]);
        crypto_bytes_t der = der_of(&check.r, &check.s), good = check.key.point;
        uint8_t *point = check.key.point.data;
        for (unsigned form = 0; form < 256; form += form < 8 ? 1 : 31) {
            point[0] = (uint8_t)form;
            crypto_expect("form of the point", verify(&check, &der),
                form == 4 ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED);
        }
        for (size_t bit = 8; bit < 8 * good.size; bit += 61) {
            memcpy(point, good.data, good.size);
            point[bit / 8] ^= (uint8_t)(1U << bit % 8);
            crypto_expect("no point", verify(&check, &der), SKR_CRYPTO_REFUSED);
        }
        memcpy(point, good.data, good.size);
        for (size_t size = 0; size < good.size + 2; size++) {
            check.key.public_key.a.size = size;
            crypto_expect("size of the point", verify(&check, &der),
                size == good.size ? SKR_CRYPTO_OK : SKR_CRYPTO_REFUSED);
        }
        check.key.public_key.a.size = good.size;
        memset(point + 1, 0, good.size - 1);
        crypto_expect("(0, 0)", verify(&check, &der), SKR_CRYPTO_REFUSED);
    }
}

int crypto_ecdsa_cases(crypto_pair_t *pair) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_known_answers, pair),
        cmocka_unit_test_prestate(test_flipped_bits, pair),
        cmocka_unit_test_prestate(test_cut, pair),
        cmocka_unit_test_prestate(test_ranges, pair),
        cmocka_unit_test_prestate(test_infinity, pair),
        cmocka_unit_test_prestate(test_other_forms, pair),
        cmocka_unit_test_prestate(test_wrong_keys, pair),
    };
    return cmocka_run_group_tests_name("ecdsa", tests, NULL, NULL);
}
