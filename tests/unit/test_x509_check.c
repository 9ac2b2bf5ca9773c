// The checks of each certificate in its place.
//
// One change to a chain that is accepted, and then the exact refusal: status, certificate, field.
// Signatures of every scheme with every provider, keys that must be refused, validity to the
// second, names, what an issuer must be, usages and purposes, serial numbers, critical extensions,
// and a leaf that is trusted for itself.
#include "x509_expect.h"

static x509_try_t t;

static void test_keys_and_schemes(void **state) {
    static const struct {
        x509_make_key_t key;
        unsigned scheme;
    } rows[] = {{X509_P256, 0}, {X509_P256, SKR_SIG_CERT_ECDSA_P256_SHA384},
        {X509_P256, SKR_SIG_CERT_ECDSA_P256_SHA512}, {X509_P384, 0},
        {X509_P384, SKR_SIG_CERT_ECDSA_P384_SHA256}, {X509_P384, SKR_SIG_CERT_ECDSA_P384_SHA512},
        {X509_RSA, SKR_SIG_RSA_PKCS1_SHA256}, {X509_RSA, SKR_SIG_RSA_PKCS1_SHA384},
        {X509_RSA, SKR_SIG_RSA_PKCS1_SHA512}, {X509_RSA, SKR_SIG_RSA_PSS_RSAE_SHA256},
        {X509_RSA, SKR_SIG_RSA_PSS_RSAE_SHA384}, {X509_RSA, SKR_SIG_RSA_PSS_RSAE_SHA512},
        {X509_RSA_PSS, SKR_SIG_RSA_PSS_PSS_SHA256}, {X509_RSA_PSS, SKR_SIG_RSA_PSS_PSS_SHA384},
        {X509_RSA_PSS, SKR_SIG_RSA_PSS_PSS_SHA512}, {X509_ED25519, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
            x509_try_begin(&t);
            t.request.provider = unit_providers[p];
            t.root.key = t.ca.key = rows[i].key;
            t.root.scheme = t.ca.scheme = t.leaf.scheme = rows[i].scheme;
            if (rows[i].key == X509_ED25519 && p == 1) { // BearSSL has no Ed25519
                make_and_refuse(&t, SKR_ERR_CERT_ALGORITHM, CA, SKR_FIELD_PUBLIC_KEY);
                continue;
            }
            make_and_accept(&t, "01", 0);
            t.made_ca.der[t.made_ca.size - 1] ^= 1;
            refuse(&t, SKR_ERR_CERT_SIGNATURE, CA, SKR_FIELD_SIGNATURE);
        }
    }
}

static void test_signature(void **state) {
    (void)state;
    x509_try_begin(&t);
    t.leaf.broken_signature = true;
    make_and_refuse(&t, SKR_ERR_CERT_SIGNATURE, LEAF, SKR_FIELD_SIGNATURE);
    x509_try_begin(&t);
    t.ca.broken_signature = true;
    make_and_refuse(&t, SKR_ERR_CERT_SIGNATURE, CA, SKR_FIELD_SIGNATURE);
    x509_try_begin(&t); // the anchor's own signature is nobody's business (RFC 5280 section 6.1.1)
    t.root.broken_signature = true;
    make_and_accept(&t, "01", 0);
    x509_try_begin(&t);
    t.root.key = X509_RSA;
    t.root.scheme = X509_SIGN_RSA_SHA1;
    make_and_accept(&t, "01", 0);
    t.ca.scheme = X509_SIGN_RSA_SHA1;
    make_and_refuse(&t, SKR_ERR_CERT_ALGORITHM, CA, SKR_FIELD_SIGNATURE_ALGORITHM);
    x509_try_begin(&t);
    t.leaf.scheme = X509_SIGN_ECDSA_SHA1;
    make_and_refuse(&t, SKR_ERR_CERT_ALGORITHM, LEAF, SKR_FIELD_SIGNATURE_ALGORITHM);
    x509_try_begin(&t);
    t.ca.other_inner_algorithm = true;
    make_and_refuse(&t, SKR_ERR_CERT_MALFORMED, CA, SKR_FIELD_SIGNATURE_ALGORITHM);
}

static void test_key_kinds(void **state) {
    (void)state;
    static const x509_make_key_t refused[] = {X509_RSA_1024, X509_P521};
    for (size_t i = 0; i < 2; i++) {
        x509_try_begin(&t);
        t.leaf.key = refused[i];
        make_and_refuse(&t, SKR_ERR_CERT_ALGORITHM, LEAF, SKR_FIELD_PUBLIC_KEY);
        x509_try_begin(&t);
        t.ca.key = refused[i];
        make_and_refuse(&t, SKR_ERR_CERT_ALGORITHM, CA, SKR_FIELD_PUBLIC_KEY);
        x509_try_begin(&t);
        t.root.key = refused[i];
        make_and_refuse(&t, SKR_ERR_CERT_ALGORITHM, ROOT, SKR_FIELD_PUBLIC_KEY);
    }
    x509_try_begin(&t); // an RSA key does not make ECDSA signatures
    t.ca.key = X509_RSA;
    x509_der_t algorithm = x509_der_of((uint8_t[64]){0}, 64);
    x509_make_algorithm(&algorithm, SKR_SIG_ECDSA_SECP256R1_SHA256);
    t.leaf.algorithm = x509_der_done(&algorithm);
    make_and_refuse(&t, SKR_ERR_CERT_ALGORITHM, LEAF, SKR_FIELD_SIGNATURE_ALGORITHM);
}

// An RSA key of made-up numbers in the leaf: nothing computes with it but the checks.
static void test_rsa_numbers(void **state) {
    static const struct {
        size_t size; // bytes of the modulus
        uint8_t first, last; // of its bytes
        const char *exponent;
        skr_status_t status;
    } rows[] = {{256, 0x80, 0x01, "010001", SKR_OK}, {512, 0xff, 0xff, "03", SKR_OK},
        {256, 0x80, 0x01, "ffffffff", SKR_OK},
        {256, 0x80, 0x01, "0100000001", SKR_ERR_CERT_ALGORITHM},
        {256, 0x80, 0x01, "01", SKR_ERR_CERT_ALGORITHM},
        {256, 0x80, 0x01, "02", SKR_ERR_CERT_ALGORITHM},
        {256, 0x80, 0x01, "010000", SKR_ERR_CERT_ALGORITHM},
        {256, 0x80, 0x01, "00", SKR_ERR_CERT_ALGORITHM},
        {256, 0x80, 0x02, "010001", SKR_ERR_CERT_ALGORITHM},
        {255, 0xff, 0x01, "010001", SKR_ERR_CERT_ALGORITHM},
        {256, 0x7f, 0x01, "010001", SKR_ERR_CERT_ALGORITHM},
        {257, 0x08, 0x01, "010001", SKR_ERR_CERT_ALGORITHM},
        {513, 0x01, 0x01, "010001", SKR_ERR_CERT_ALGORITHM},
        {513, 0xff, 0x01, "010001", SKR_ERR_CERT_ALGORITHM}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t modulus[514] = {0};
        uint8_t bytes[700];
        uint8_t exponent[6] = {0};
        skr_view_t number = unit_hex(rows[i].exponent);
        modulus[1] = rows[i].first;
        modulus[rows[i].size] = rows[i].last;
        memcpy(exponent + 1, number.data, number.size);
        size_t pad = rows[i].first >= 0x80; // a leading zero where the number would be negative
        size_t exponent_pad = number.data[0] >= 0x80;
        x509_der_t out = x509_der_of(bytes, sizeof(bytes));
        size_t info = x509_der_open(&out, 0x30);
        x509_der_view(&out, unit_hex("300d 0609 2a864886f70d010101 0500"));
        size_t bits = x509_der_open(&out, 0x03);
        x509_der_view(&out, unit_hex("00"));
        size_t key = x509_der_open(&out, 0x30);
        x509_der_put(&out, 0x02, modulus + 1 - pad, rows[i].size + pad);
        x509_der_put(&out, 0x02, exponent + 1 - exponent_pad, number.size + exponent_pad);
        x509_der_close(&out, key);
        x509_der_close(&out, bits);
        x509_der_close(&out, info);
        x509_try_begin(&t);
        t.leaf.public_key = x509_der_done(&out);
        if (x509_try(&t) != rows[i].status) {
            fail_msg("row %zu: %s, %s", i, skr_error_name(t.result.status),
                skr_field_name(t.result.field));
        }
        assert_int_equal(
            t.result.field, rows[i].status == SKR_OK ? SKR_FIELD_NONE : SKR_FIELD_PUBLIC_KEY);
    }
}

static void test_validity(void **state) {
    static const int64_t second = 1772323200; // 2026-03-01T00:00:00Z
    (void)state;
    for (unsigned who = LEAF; who <= ROOT; who++) {
        x509_try_begin(&t);
        x509_make_t *how = who_is(&t, who);
        how->not_after = "260301000000Z";
        t.request.time = second;
        make_and_accept(&t, "01", 0); // the last second belongs to it
        t.request.time = second + 1;
        refuse(&t, SKR_ERR_CERT_EXPIRED, who, SKR_FIELD_VALIDITY);
        t.request.ignore_time = true;
        accept(&t, "01", 0);
        x509_try_begin(&t);
        how->not_before = "20260301000000Z";
        t.request.time = second;
        make_and_accept(&t, "01", 0);
        t.request.time = second - 1;
        refuse(&t, SKR_ERR_CERT_NOT_YET_VALID, who, SKR_FIELD_VALIDITY);
    }
    x509_try_begin(&t);
    t.leaf.not_after = t.ca.not_after = t.root.not_after =
        "99991231235959Z"; // no well-defined end (RFC 5280 section 4.1.2.5)
    t.request.time = 253402300799;
    make_and_accept(&t, "01", 0);
}

static void test_name(void **state) {
    (void)state;
    x509_try_begin(&t);
    t.name = "other.example";
    make_and_refuse(&t, SKR_ERR_CERT_NAME, LEAF, SKR_FIELD_SUBJECT_ALT_NAME);
    t.name = NULL;
    accept(&t, "01", 0);
    x509_try_begin(&t); // the common name never counts
    t.leaf.names[0] = NULL;
    make_and_refuse(&t, SKR_ERR_CERT_NAME, LEAF, SKR_FIELD_SUBJECT_ALT_NAME);
    x509_try_begin(&t);
    t.leaf.names[0] = "email:server.example";
    make_and_refuse(&t, SKR_ERR_CERT_NAME, LEAF, SKR_FIELD_SUBJECT_ALT_NAME);
    x509_try_begin(
        &t); // an empty subject wants a critical subjectAltName (RFC 5280 section 4.1.2.6)
    t.leaf.subject = "";
    make_and_refuse(&t, SKR_ERR_CERT_MALFORMED, LEAF, SKR_FIELD_SUBJECT_ALT_NAME);
    t.leaf.names_critical = true;
    make_and_accept(&t, "01", 0);
}

static void test_issuers(void **state) {
    (void)state;
    for (unsigned who = CA; who <= ROOT; who++) {
        x509_try_begin(&t);
        x509_make_t *how = who == CA ? &t.ca : &t.root;
        how->no_basic_constraints = true;
        make_and_refuse(&t, SKR_ERR_CERT_NOT_CA, who, SKR_FIELD_BASIC_CONSTRAINTS);
        how->no_basic_constraints = false;
        how->key_usage = X509_DIGITAL_SIGNATURE | X509_CRL_SIGN;
        make_and_refuse(&t, SKR_ERR_CERT_KEY_USAGE, who, SKR_FIELD_KEY_USAGE);
        how->key_usage = X509_NO_KEY_USAGE;
        make_and_accept(&t, "01", 0);
        how->ca = false;
        make_and_refuse(&t, SKR_ERR_CERT_NOT_CA, who, SKR_FIELD_BASIC_CONSTRAINTS);
        how->key_usage = 0;
        how->path_length = 3; // "CA: no, pathLen: 2"
        make_and_refuse(&t, SKR_ERR_CERT_NOT_CA, who, SKR_FIELD_BASIC_CONSTRAINTS);
        how->ca = true;
        how->version = 1; // RFC 9846 section 4.5.1.2
        make_and_refuse(&t, SKR_ERR_CERT_MALFORMED, who, SKR_FIELD_VERSION);
    }
}

static void test_usages(void **state) {
    (void)state;
    x509_try_begin(&t);
    t.leaf.key_usage = X509_KEY_ENCIPHERMENT;
    make_and_refuse(&t, SKR_ERR_CERT_KEY_USAGE, LEAF, SKR_FIELD_KEY_USAGE);
    t.request.purpose = SKR_PURPOSE_ANY;
    accept(&t, "01", 0);
    t.request.purpose = SKR_PURPOSE_SERVER;
    t.leaf.key_usage = X509_DIGITAL_SIGNATURE | X509_KEY_ENCIPHERMENT;
    make_and_accept(&t, "01", 0);
    t.leaf.key_usage = X509_NO_KEY_USAGE;
    make_and_accept(&t, "01", 0);
    t.leaf.key_usage = X509_DIGITAL_SIGNATURE |
        X509_KEY_CERT_SIGN; // without cA (RFC 5280 section 4.2.1.9)
    make_and_refuse(&t, SKR_ERR_CERT_KEY_USAGE, LEAF, SKR_FIELD_KEY_USAGE);
    t.leaf.key_usage = X509_DIGITAL_SIGNATURE;
    t.leaf.ca = true;
    make_and_refuse(&t, SKR_ERR_CERT_KEY_USAGE, LEAF, SKR_FIELD_KEY_USAGE);
    t.leaf.key_usage = X509_DIGITAL_SIGNATURE | X509_KEY_CERT_SIGN; // a CA that is a server too
    make_and_accept(&t, "01", 0);
}

static void test_purpose(void **state) {
    static const struct {
        const char *usage;
        bool server_leaf, client_leaf, server_ca, client_ca;
    } rows[] = {{NULL, true, true, true, true}, {"server", true, false, true, false},
        {"client", false, true, false, true}, {"server,client", true, true, true, true},
        {"email", false, false, false, false}, {"any", false, false, true, true},
        {"server,any", false, false, true, true}, {"email,client", false, true, false, true}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned who = LEAF; who <= ROOT; who++) {
            for (skr_purpose_t purpose = SKR_PURPOSE_ANY; purpose <= SKR_PURPOSE_CLIENT;
                 purpose++) {
                x509_try_begin(&t);
                (who_is(&t, who))->ext_key_usage = rows[i].usage;
                t.request.purpose = purpose;
                bool server = who == LEAF ? rows[i].server_leaf : rows[i].server_ca;
                bool client = who == LEAF ? rows[i].client_leaf : rows[i].client_ca;
                if (purpose == SKR_PURPOSE_ANY ||
                    (purpose == SKR_PURPOSE_SERVER ? server : client)) {
                    make_and_accept(&t, "01", 0);
                } else {
                    make_and_refuse(&t, SKR_ERR_CERT_PURPOSE, who, SKR_FIELD_EXT_KEY_USAGE);
                }
            }
        }
    }
    x509_try_begin(&t); // a list without a purpose
    t.leaf.ext_key_usage = "";
    make_and_refuse(&t, SKR_ERR_CERT_MALFORMED, LEAF, SKR_FIELD_EXT_KEY_USAGE);
}

static void test_serial(void **state) {
    static const uint8_t zero[] = {0}, negative[] = {0x80}, most[20] = {0x7f}, too_long[21] = {1};
    static const skr_view_t bad[] = {{zero, 1}, {negative, 1}, {too_long, 21}};
    (void)state;
    for (unsigned who = LEAF; who <= ROOT; who++) {
        x509_try_begin(&t);
        x509_make_t *how = who_is(&t, who);
        how->serial = (skr_view_t){most, sizeof(most)};
        make_and_accept(&t, "01", 0);
        for (size_t i = 0; i < 3; i++) {
            how->serial = bad[i];
            if (who == ROOT) { // nine of the roots in people's bundles have serial number 0
                make_and_accept(&t, "01", 0);
            } else {
                make_and_refuse(&t, SKR_ERR_CERT_MALFORMED, who, SKR_FIELD_SERIAL);
            }
        }
    }
}

static void test_critical(void **state) {
    static const uint8_t null[] = {0x05, 0x00};
    // Unknown; known but not understood when critical; and never understood.
    static const x509_make_extension_t refused[] = {{"1.3.6.1.4.1.55555.7", true, {null, 2}},
        {"2.5.29.18", true, {null, 2}}, {"2.5.29.31", true, {null, 2}},
        {"2.5.29.36", true, {null, 2}}, {"2.5.29.36", false, {null, 2}},
        {"2.5.29.54", false, {null, 2}}, {"2.5.29.33", true, {null, 2}}};
    (void)state;
    for (unsigned who = LEAF; who <= ROOT; who++) {
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
            x509_try_begin(&t);
            x509_make_t *how = who_is(&t, who);
            how->extensions[0] = refused[i];
            make_and_refuse(&t, SKR_ERR_CERT_CRITICAL, who, SKR_FIELD_EXTENSIONS);
        }
        x509_try_begin(&t);
        x509_make_t *how = who_is(&t, who);
        how->extensions[0] = (x509_make_extension_t){"1.3.6.1.4.1.55555.7", false, {null, 2}};
        make_and_accept(&t, "01", 0);
    }
}

static void test_trusted_leaf(void **state) {
    static const uint8_t zero[] = {0};
    (void)state;
    x509_try_begin(&t);
    t.without_ca = true;
    t.root = (x509_make_t){.subject = "device",
        .names = {"IP:192.0.2.7"},
        .serial = {zero, 1},
        .ca = true,
        .key_usage = X509_DIGITAL_SIGNATURE,
        .ext_key_usage = "server"};
    t.name = "192.0.2.7";
    x509_try_make(&t);
    t.chain[0] = t.anchors[0];
    accept(&t, "0", 0);
    t.request.purpose = SKR_PURPOSE_CLIENT;
    refuse(&t, SKR_ERR_CERT_PURPOSE, 0, SKR_FIELD_EXT_KEY_USAGE);
    t.request.purpose = SKR_PURPOSE_SERVER;
    t.name = "192.0.2.8";
    refuse(&t, SKR_ERR_CERT_NAME, 0, SKR_FIELD_SUBJECT_ALT_NAME);
    t.name = "192.0.2.7";
    t.request.time = 2208988801; // after 2040
    refuse(&t, SKR_ERR_CERT_EXPIRED, 0, SKR_FIELD_VALIDITY);
    t.request.time = X509_MAKE_NOW;
    // One byte of difference, even in the signature, and it is somebody else's certificate.
    static uint8_t copy[X509_MAKE_SIZE];
    memcpy(copy, t.made_root.der, t.made_root.size);
    copy[t.made_root.size - 1] ^= 1;
    t.chain[0].data = copy;
    x509_try_run(&t);
    assert_int_not_equal(t.result.status, SKR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys_and_schemes),
        cmocka_unit_test(test_signature), cmocka_unit_test(test_key_kinds),
        cmocka_unit_test(test_rsa_numbers), cmocka_unit_test(test_validity),
        cmocka_unit_test(test_name), cmocka_unit_test(test_issuers), cmocka_unit_test(test_usages),
        cmocka_unit_test(test_purpose), cmocka_unit_test(test_serial),
        cmocka_unit_test(test_critical), cmocka_unit_test(test_trusted_leaf)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
