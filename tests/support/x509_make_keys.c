// Keys and signatures of the certificates that tests make.
//
// In: a type and a number. Out: DER of the private and the public key, signatures.
// Private keys of curves are made from their number, so that they are the same in each run;
// libcrypto computes what belongs to them and signs. It does so directly and not through a
// provider, so that a mistake in Skerry's algorithm tables or providers cannot cancel itself out,
// and so that schemes can be used that Skerry never signs with.
#include "support/x509_make.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_TYPES = X509_RSA_4096 + 1 };

typedef struct {
    EVP_PKEY *pkey;
    uint8_t private_der[X509_MAKE_KEY_SIZE], public_der[X509_MAKE_KEY_SIZE];
    size_t private_size, public_size;
} key_entry_t;

static key_entry_t *key_entries[KEY_TYPES][X509_MAKE_KEY_NUMBERS];

static void key_check(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "x509_make: %s failed\n", what);
        abort();
    }
}

// A scalar below the order of every curve, that no other number has.
static void key_scalar(uint8_t *scalar, size_t size, unsigned number) {
    for (size_t i = 0; i < size; i++) {
        scalar[i] = (uint8_t)(0x11 + 7 * i + 31 * number + number / 8);
    }
    scalar[0] = 0;
    scalar[1] = (uint8_t)(number + 1);
}

// ECPrivateKey (RFC 5915) without the public key.
static void key_write_sec1(key_entry_t *entry, const char *curve, size_t size, unsigned number) {
    uint8_t scalar[66];
    key_scalar(scalar, size, number);
    x509_der_t out = x509_der_of(entry->private_der, sizeof(entry->private_der));
    size_t sequence = x509_der_open(&out, 0x30);
    x509_der_number(&out, 0x02, 1);
    x509_der_put(&out, 0x04, scalar, size);
    size_t parameters = x509_der_open(&out, 0xa0);
    x509_der_oid(&out, curve);
    x509_der_close(&out, parameters);
    x509_der_close(&out, sequence);
    entry->private_size = out.size;
}

// PrivateKeyInfo (RFC 8410 section 7).
static void key_write_ed25519(key_entry_t *entry, unsigned number) {
    uint8_t seed[32];
    key_scalar(seed, sizeof(seed), number);
    x509_der_t out = x509_der_of(entry->private_der, sizeof(entry->private_der));
    size_t sequence = x509_der_open(&out, 0x30);
    x509_der_number(&out, 0x02, 0);
    size_t algorithm = x509_der_open(&out, 0x30);
    x509_der_oid(&out, "1.3.101.112");
    x509_der_close(&out, algorithm);
    size_t outer = x509_der_open(&out, 0x04);
    x509_der_put(&out, 0x04, seed, sizeof(seed));
    x509_der_close(&out, outer);
    x509_der_close(&out, sequence);
    entry->private_size = out.size;
}

// PrivateKeyInfo of an RSA key under id-RSASSA-PSS (RFC 4055 section 1.2).
static void key_write_pss(key_entry_t *entry, unsigned number) {
    skr_view_t rsa = x509_make_rsa_der(false, number);
    x509_der_t out = x509_der_of(entry->private_der, sizeof(entry->private_der));
    size_t sequence = x509_der_open(&out, 0x30);
    x509_der_number(&out, 0x02, 0);
    size_t algorithm = x509_der_open(&out, 0x30);
    x509_der_oid(&out, "1.2.840.113549.1.1.10");
    x509_der_close(&out, algorithm);
    x509_der_put(&out, 0x04, rsa.data, rsa.size);
    x509_der_close(&out, sequence);
    entry->private_size = out.size;
}

static void key_write_private(key_entry_t *entry, x509_make_key_t key, unsigned number) {
    skr_view_t rsa = {NULL, 0};
    switch (key) {
        case X509_P256:
            key_write_sec1(entry, "1.2.840.10045.3.1.7", 32, number);
            return;
        case X509_P384:
            key_write_sec1(entry, "1.3.132.0.34", 48, number);
            return;
        case X509_P521:
            key_write_sec1(entry, "1.3.132.0.35", 66, number);
            return;
        case X509_ED25519:
            key_write_ed25519(entry, number);
            return;
        case X509_RSA_PSS:
            key_write_pss(entry, number);
            return;
        default:
            rsa = key == X509_RSA_4096 ? x509_make_rsa_large()
                                       : x509_make_rsa_der(key == X509_RSA_1024, number);
            memcpy(entry->private_der, rsa.data, rsa.size);
            entry->private_size = rsa.size;
            return;
    }
}

static key_entry_t *key_entry(x509_make_key_t key, unsigned number) {
    key_check(number < X509_MAKE_KEY_NUMBERS, "the key's number");
    key_entry_t *entry = key_entries[key][number];
    if (entry != NULL) {
        return entry;
    }
    entry = calloc(1, sizeof(*entry));
    key_check(entry != NULL, "calloc");
    key_write_private(entry, key, number);
    const uint8_t *p = entry->private_der;
    entry->pkey = d2i_AutoPrivateKey(NULL, &p, (long)entry->private_size);
    key_check(entry->pkey != NULL, "reading a private key");
    uint8_t *out = entry->public_der;
    int size = i2d_PUBKEY(entry->pkey, &out);
    key_check(size > 0, "writing a public key");
    entry->public_size = (size_t)size;
    key_entries[key][number] = entry;
    return entry;
}

skr_view_t x509_make_private_der(x509_make_key_t key, unsigned number) {
    const key_entry_t *entry = key_entry(key, number);
    skr_view_t view = {entry->private_der, entry->private_size};
    return view;
}

skr_view_t x509_make_public_der(x509_make_key_t key, unsigned number) {
    const key_entry_t *entry = key_entry(key, number);
    skr_view_t view = {entry->public_der, entry->public_size};
    return view;
}

unsigned x509_make_usual_scheme(x509_make_key_t key) {
    switch (key) {
        case X509_P384:
            return SKR_SIG_ECDSA_SECP384R1_SHA384;
        case X509_ED25519:
            return SKR_SIG_ED25519;
        case X509_RSA:
        case X509_RSA_1024:
        case X509_RSA_4096:
            return SKR_SIG_RSA_PKCS1_SHA256;
        case X509_RSA_PSS:
            return SKR_SIG_RSA_PSS_PSS_SHA256;
        default:
            return SKR_SIG_ECDSA_SECP256R1_SHA256;
    }
}

static const EVP_MD *key_hash(unsigned scheme) {
    switch (scheme) {
        case X509_SIGN_RSA_SHA1:
        case X509_SIGN_ECDSA_SHA1:
            return EVP_sha1();
        case SKR_SIG_ED25519:
            return NULL;
        case SKR_SIG_ECDSA_SECP384R1_SHA384:
        case SKR_SIG_CERT_ECDSA_P256_SHA384:
        case SKR_SIG_RSA_PKCS1_SHA384:
        case SKR_SIG_RSA_PSS_RSAE_SHA384:
        case SKR_SIG_RSA_PSS_PSS_SHA384:
            return EVP_sha384();
        case SKR_SIG_CERT_ECDSA_P256_SHA512:
        case SKR_SIG_CERT_ECDSA_P384_SHA512:
        case SKR_SIG_RSA_PKCS1_SHA512:
        case SKR_SIG_RSA_PSS_RSAE_SHA512:
        case SKR_SIG_RSA_PSS_PSS_SHA512:
            return EVP_sha512();
        default:
            return EVP_sha256();
    }
}

static bool scheme_is_pss(unsigned scheme) {
    return (scheme >= SKR_SIG_RSA_PSS_RSAE_SHA256 && scheme <= SKR_SIG_RSA_PSS_RSAE_SHA512) ||
        (scheme >= SKR_SIG_RSA_PSS_PSS_SHA256 && scheme <= SKR_SIG_RSA_PSS_PSS_SHA512);
}

size_t x509_make_sign(x509_make_key_t key, unsigned number, unsigned scheme, skr_view_t message,
    uint8_t *signature, size_t capacity) {
    key_entry_t *entry = key_entry(key, number);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how;
    size_t size = capacity;
    key_check(context != NULL &&
            EVP_DigestSignInit(context, &how, key_hash(scheme), NULL, entry->pkey) == 1,
        "signing");
    if (scheme_is_pss(scheme)) {
        key_check(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1,
            "choosing PSS");
    }
    key_check(
        EVP_DigestSign(context, signature, &size, message.data, message.size) == 1, "signing");
    EVP_MD_CTX_free(context);
    return size;
}

size_t x509_make_forge(unsigned number, const uint8_t *digest, void (*forge)(uint8_t *block),
    uint8_t *signature, size_t capacity) {
    static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
        0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    uint8_t block[X509_MAKE_RSA_BLOCK];
    size_t size = capacity, tail = sizeof(block) - SHA256_DIGEST_LENGTH;
    memset(block, 0xff, sizeof(block));
    block[0] = 0;
    block[1] = 1;
    block[tail - sizeof(info) - 1] = 0;
    memcpy(block + tail - sizeof(info), info, sizeof(info));
    memcpy(block + tail, digest, SHA256_DIGEST_LENGTH);
    forge(block);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key_entry(X509_RSA, number)->pkey, NULL);
    key_check(context != NULL && EVP_PKEY_sign_init(context) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
            EVP_PKEY_sign(context, signature, &size, block, sizeof(block)) == 1,
        "signing without padding");
    EVP_PKEY_CTX_free(context);
    return size;
}

static unsigned scheme_hash_size(unsigned scheme) {
    return (unsigned)EVP_MD_get_size(key_hash(scheme));
}

static void write_hash_identifier(x509_der_t *out, unsigned scheme) {
    size_t identifier = x509_der_open(out, 0x30);
    unsigned size = scheme_hash_size(scheme);
    x509_der_oid(out,
        size == 32       ? "2.16.840.1.101.3.4.2.1"
            : size == 48 ? "2.16.840.1.101.3.4.2.2"
                         : "2.16.840.1.101.3.4.2.3");
    x509_der_put(out, 0x05, NULL, 0);
    x509_der_close(out, identifier);
}

static void write_pss_parameters(x509_der_t *out, unsigned scheme) {
    size_t parameters = x509_der_open(out, 0x30);
    size_t field = x509_der_open(out, 0xa0);
    write_hash_identifier(out, scheme);
    x509_der_close(out, field);
    field = x509_der_open(out, 0xa1);
    size_t mgf = x509_der_open(out, 0x30);
    x509_der_oid(out, "1.2.840.113549.1.1.8");
    write_hash_identifier(out, scheme);
    x509_der_close(out, mgf);
    x509_der_close(out, field);
    field = x509_der_open(out, 0xa2);
    x509_der_number(out, 0x02, scheme_hash_size(scheme));
    x509_der_close(out, field);
    x509_der_close(out, parameters);
}

void x509_make_algorithm(x509_der_t *out, unsigned scheme) {
    static const char *const ecdsa[] = {
        "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4"};
    static const char *const rsa[] = {
        "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13"};
    size_t identifier = x509_der_open(out, 0x30);
    unsigned hash = scheme == SKR_SIG_ED25519 ? 0 : (scheme_hash_size(scheme) - 32) / 16;
    if (scheme == SKR_SIG_ED25519) {
        x509_der_oid(out, "1.3.101.112");
    } else if (scheme == X509_SIGN_ECDSA_SHA1) {
        x509_der_oid(out, "1.2.840.10045.4.1");
    } else if (scheme_is_pss(scheme)) {
        x509_der_oid(out, "1.2.840.113549.1.1.10");
        write_pss_parameters(out, scheme);
    } else if (scheme < 0xfe00 && (scheme & 0xff) == 0x01) {
        x509_der_oid(out, scheme == X509_SIGN_RSA_SHA1 ? "1.2.840.113549.1.1.5" : rsa[hash]);
        x509_der_put(out, 0x05, NULL, 0);
    } else {
        x509_der_oid(out, ecdsa[hash]);
    }
    x509_der_close(out, identifier);
}
