// Private keys: each format that tools write, what each provider makes of it, and every malformed
// one.
//
// libcrypto writes the same keys as PKCS #8, SEC1, PKCS #1, encrypted or not; Skerry reads them,
// signs, and its public key must verify that. Then elements wrong one by one, and cut and altered
// bytes.
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "support/x509_make.h"

static EVP_PKEY *pkey_of(skr_view_t der) {
    const uint8_t *p = der.data;
    EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &p, (long)der.size);
    assert_non_null(pkey);
    return pkey;
}

static bool has_type(const skr_provider_t *provider, unsigned type) {
    for (const skr_signature_t *const *s = provider->signatures; *s != NULL; s++) {
        if ((*s)->key_type == type) {
            return true;
        }
    }
    return false;
}

// Signs with the key and verifies with the certificate's.
static void check_signs(const skr_private_key_t *key, const skr_provider_t *provider,
    const skr_certificate_info_t *info) {
    static const uint8_t digest[64] = {1, 2, 3};
    uint8_t signature[SKR_SIGNATURE_MAX];
    unsigned tried = 0;
    assert_true(provider->key_matches(key, &info->key));
    for (const skr_signature_t *const *s = provider->signatures; *s != NULL; s++) {
        size_t digest_size = (*s)->hash == SKR_HASH_SHA256 ? 32
            : (*s)->hash == SKR_HASH_SHA384                ? 48
                                                           : 64;
        size_t size = 0;
        if ((*s)->key_type != key->type || (*s)->sign == NULL) {
            continue;
        }
        assert_int_equal(
            (*s)->sign(key, digest, digest_size, provider->random, NULL, signature, &size),
            SKR_CRYPTO_OK);
        assert_int_equal(
            (*s)->verify(&info->key, digest, digest_size, signature, size), SKR_CRYPTO_OK);
        tried++;
    }
    assert_true(tried > 0);
}

static void check_loads(skr_view_t der, x509_make_key_t type, const skr_certificate_info_t *info) {
    static const uint8_t types[] = {
        SKR_KEY_P256, SKR_KEY_P384, SKR_KEY_ED25519, SKR_KEY_RSA, SKR_KEY_RSA_PSS};
    static const uint16_t bits[] = {256, 384, 256, 2048, 2048};
    for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
        skr_private_key_t key;
        skr_status_t status = skr_private_key_load(&key, der, unit_providers[p]);
        if (!has_type(unit_providers[p], types[type])) {
            assert_string_equal(skr_error_name(status), "CERT_ALGORITHM");
            continue;
        }
        assert_string_equal(skr_error_name(status), "OK");
        assert_int_equal(key.type, types[type]);
        assert_int_equal(key.bits, bits[type]);
        check_signs(&key, unit_providers[p], info);
        skr_private_key_unload(&key, unit_providers[p]);
        assert_true(key.type == SKR_KEY_NONE && key.handle == NULL);
    }
}

static skr_view_t pkcs8(EVP_PKEY *pkey, uint8_t *bytes) {
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    uint8_t *p = bytes;
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, &p);
    assert_true(size > 0);
    PKCS8_PRIV_KEY_INFO_free(info);
    return view_of(bytes, (size_t)size);
}

static void test_formats(void **state) {
    static uint8_t bytes[4096];
    static x509_made_t made;
    (void)state;
    for (x509_make_key_t type = X509_P256; type <= X509_RSA_PSS; type++) {
        skr_certificate_info_t info;
        skr_view_t der = x509_make_private_der(type, 1);
        EVP_PKEY *pkey = pkey_of(der);
        x509_make(&made, &(x509_make_t){.key = type, .key_number = 1});
        assert_int_equal(skr_certificate_read(x509_made_view(&made), &info), SKR_OK);
        check_loads(der, type, &info); // SEC1 without the point, PKCS #1, PKCS #8
        check_loads(pkcs8(pkey, bytes), type, &info);
        uint8_t *p = bytes; // SEC1 with the point, PKCS #1
        int size = i2d_PrivateKey(pkey, &p);
        check_loads(view_of(bytes, (size_t)size), type, &info);
        EVP_PKEY_free(pkey);
    }
}

// The PEM texts that libcrypto writes, through both readers.
static skr_status_t load_pem(BIO *bio) {
    char *start;
    long size = BIO_get_mem_data(bio, &start);
    uint8_t *text = malloc((size_t)size);
    size_t offset = 0;
    skr_view_t der;
    skr_pem_kind_t kind;
    skr_private_key_t key;
    memcpy(text, start, (size_t)size);
    skr_status_t status = skr_pem_next(
        text, (size_t)size, &offset, SKR_PEM_PRIVATE_KEY, &der, &kind);
    if (status == SKR_OK) {
        assert_non_null(der.data);
        status = skr_private_key_load(&key, der, &skr_provider_openssl);
        skr_private_key_unload(&key, &skr_provider_openssl);
    }
    free(text);
    BIO_free(bio);
    return status;
}

static void test_texts(void **state) {
    static char password[] = "secret";
    (void)state;
    for (x509_make_key_t type = X509_P256; type <= X509_RSA; type++) {
        EVP_PKEY *pkey = pkey_of(x509_make_private_der(type, 0));
        BIO *bio = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
        assert_string_equal(skr_error_name(load_pem(bio)), "OK");
        bio = BIO_new(BIO_s_mem());
        assert_int_equal(
            PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_128_cbc(), NULL, 0, NULL, password),
            1);
        assert_string_equal(skr_error_name(load_pem(bio)), "KEY_ENCRYPTED");
        if (type != X509_ED25519) {
            bio = BIO_new(BIO_s_mem());
            assert_int_equal(
                PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
            assert_string_equal(skr_error_name(load_pem(bio)), "OK");
            bio = BIO_new(BIO_s_mem());
            assert_int_equal(PEM_write_bio_PrivateKey_traditional(
                                 bio, pkey, EVP_aes_128_cbc(), NULL, 0, NULL, password),
                1);
            assert_string_equal(skr_error_name(load_pem(bio)), "KEY_ENCRYPTED");
        }
        bio = BIO_new(BIO_s_mem()); // encrypted DER
        assert_int_equal(
            i2d_PKCS8PrivateKey_bio(bio, pkey, EVP_aes_128_cbc(), NULL, 0, NULL, password), 1);
        char *start;
        long size = BIO_get_mem_data(bio, &start);
        skr_private_key_t key;
        assert_string_equal(skr_error_name(skr_private_key_load(
                                &key, view_of(start, (size_t)size), &skr_provider_openssl)),
            "KEY_ENCRYPTED");
        BIO_free(bio);
        EVP_PKEY_free(pkey);
    }
}

#define SCALAR "0101010101010101010101010101010101010101010101010101010101010101"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define P256_ID "3013 0607 2a8648ce3d0201 0608 2a8648ce3d030107"
#define P256_CURVE "a00a 0608 2a8648ce3d030107"

static void test_refused(void **state) {
    static const struct {
        const char *hex;
        skr_status_t status;
    } rows[] = {{"3031 020101 0420" SCALAR P256_CURVE, SKR_OK},
        {"3031 020101 0420" SCALAR P256_CURVE "00", SKR_ERR_KEY_MALFORMED},
        {"3031 020100 0420" SCALAR P256_CURVE, SKR_ERR_KEY_MALFORMED},
        {"3025 020101 0420" SCALAR, SKR_ERR_CERT_ALGORITHM}, // no curve
        {"3031 020101 0420" SCALAR "a00a 0608 2a8648ce3d030108", SKR_ERR_CERT_ALGORITHM},
        {"3032 020101 0421 00" SCALAR P256_CURVE, SKR_ERR_KEY_MALFORMED},
        {"3012 020101 0401 01" P256_CURVE, SKR_ERR_KEY_MALFORMED},
        {"3031 020101 0420" ZERO P256_CURVE, SKR_ERR_PROVIDER},
        {"3031 020101 0420" ONES P256_CURVE, SKR_ERR_PROVIDER},
        {"3038 020101 0420" SCALAR P256_CURVE "a105 0303 00 0401", SKR_ERR_KEY_MALFORMED},
        {"303f 020100" P256_ID "0425 3023 020101 041e"
         "0101010101010101010101010101010101010101010101010101010101010101",
            SKR_ERR_KEY_MALFORMED},
        {"3041 020100" P256_ID "0427 3025 020101 0420" SCALAR, SKR_OK},
        {"3041 020101" P256_ID "0427 3025 020101 0420" SCALAR, SKR_OK},
        {"3041 020102" P256_ID "0427 3025 020101 0420" SCALAR, SKR_ERR_KEY_MALFORMED},
        {"3043 020100" P256_ID "0427 3025 020101 0420" SCALAR "a000", SKR_OK}, // attributes
        {"3043 020100" P256_ID "0427 3025 020101 0420" SCALAR "0500", SKR_ERR_KEY_MALFORMED},
        {"3042 020100" P256_ID "0428 3025 020101 0420" SCALAR "00", SKR_ERR_KEY_MALFORMED},
        {"304e 020100" P256_ID "0434 3032 020101 0420" SCALAR "a00b 0609 2a8648ce3d03010701",
            SKR_ERR_CERT_ALGORITHM}, // two curves
        {"304a 020100" P256_ID "0430 302e 020101 0420" SCALAR "a007 0605 2b81040022",
            SKR_ERR_CERT_ALGORITHM}, // P-384 inside
        {"302e 020100 3005 0603 2b6570 0422 0420" SCALAR, SKR_OK},
        {"302e 020100 3005 0603 2b6570 0422 0520" SCALAR, SKR_ERR_KEY_MALFORMED},
        {"302f 020100 3005 0603 2b6570 0423 0420" SCALAR "00", SKR_ERR_KEY_MALFORMED},
        {"302c 020100 3005 0603 2b6570 0420" SCALAR, SKR_ERR_KEY_MALFORMED},
        {"302e 020100 3005 0603 2b6571 0422 0420" SCALAR, SKR_ERR_CERT_ALGORITHM}, // Ed448
        {"301b 020100 020103 020103 020103 020103 020103 020103 020103 020103",
            SKR_ERR_CERT_ALGORITHM},
        {"301b 020101 020103 020103 020103 020103 020103 020103 020103 020103",
            SKR_ERR_KEY_MALFORMED},
        {"3018 020100 020103 020103 020103 020103 020103 020103 020103", SKR_ERR_KEY_MALFORMED},
        {"301b 020100 020183 020103 020103 020103 020103 020103 020103 020103",
            SKR_ERR_KEY_MALFORMED},
        {"", SKR_ERR_KEY_MALFORMED}, {"30", SKR_ERR_KEY_MALFORMED}, {"3000", SKR_ERR_KEY_MALFORMED},
        {"0500", SKR_ERR_KEY_MALFORMED}, {"3002 0500", SKR_ERR_KEY_MALFORMED},
        {"3003 020100", SKR_ERR_KEY_MALFORMED}, {"3005 020100 0500", SKR_ERR_KEY_MALFORMED},
        {"3004 3000 0400", SKR_ERR_KEY_ENCRYPTED}, {"3004 3000 0500", SKR_ERR_KEY_MALFORMED}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        skr_private_key_t key;
        skr_status_t status = skr_private_key_load(
            &key, unit_hex(rows[i].hex), &skr_provider_openssl);
        if (status != rows[i].status) {
            fail_msg(
                "row %zu: %s, not %s", i, skr_error_name(status), skr_error_name(rows[i].status));
        }
        if (status != SKR_OK) { // nothing is left in it
            assert_true(key.type == SKR_KEY_NONE && key.handle == NULL &&
                key.part[0].data == NULL && key.bits == 0);
        }
        skr_private_key_unload(&key, &skr_provider_openssl);
    }
}

// A key of another certificate does not match; small keys and other curves are refused.
static void test_kinds(void **state) {
    static x509_made_t made;
    skr_certificate_info_t info;
    skr_private_key_t key;
    (void)state;
    x509_make(&made, &(x509_make_t){.key = X509_P256, .key_number = 1});
    assert_int_equal(skr_certificate_read(x509_made_view(&made), &info), SKR_OK);
    assert_int_equal(
        skr_private_key_load(&key, x509_make_private_der(X509_P256, 2), &skr_provider_openssl),
        SKR_OK);
    assert_false(skr_provider_openssl.key_matches(&key, &info.key));
    skr_private_key_unload(&key, &skr_provider_openssl);
    assert_string_equal(skr_error_name(skr_private_key_load(
                            &key, x509_make_private_der(X509_RSA_1024, 0), &skr_provider_openssl)),
        "CERT_ALGORITHM");
    assert_string_equal(skr_error_name(skr_private_key_load(
                            &key, x509_make_private_der(X509_P521, 0), &skr_provider_openssl)),
        "CERT_ALGORITHM");
}

// Cut anywhere or with any bit changed: no crash, no leak.
static void test_mutations(void **state) {
    static const x509_make_key_t types[] = {X509_P256, X509_ED25519, X509_P384};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        skr_view_t der = x509_make_private_der(types[i], 3);
        for (size_t at = 0; at < der.size * 9; at++) {
            size_t cut = at < der.size ? at : der.size;
            uint8_t *copy = malloc(cut > 0 ? cut : 1);
            skr_private_key_t key;
            memcpy(copy, der.data, cut);
            if (at >= der.size) {
                copy[(at - der.size) / 8] ^= (uint8_t)(1u << at % 8);
            }
            skr_status_t status = skr_private_key_load(
                &key, view_of(copy, cut), &skr_provider_openssl);
            assert_true(status != SKR_OK || at >= der.size);
            skr_private_key_unload(&key, &skr_provider_openssl);
            free(copy);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_formats), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_mutations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
