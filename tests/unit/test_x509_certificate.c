// Reading of certificates: every field wrong in each way, and the field that is blamed.
//
// Certificates are made wrong in the writing, or TBSCertificate is altered before it is signed, so
// that the signature is always good and only the reader stands between a malformed certificate and
// the checks. What must stay readable is read too.
#include "unit.h"

#include "base/bytes.h"
#include "support/x509_try.h"
#include "x509/certificate.h"

static x509_made_t made;
static x509_certificate_t c;

static void expect(const x509_make_t *how, skr_status_t status, skr_field_t field) {
    x509_make(&made, how);
    assert_string_equal(
        skr_error_name(certificate_read(&c, x509_made_view(&made))), skr_error_name(status));
    assert_string_equal(skr_field_name(c.field), skr_field_name(field));
}

static void test_good(void **state) {
    skr_certificate_info_t info;
    (void)state;
    x509_make(&made,
        &(x509_make_t){.subject = "good",
            .key = X509_P384,
            .ca = true,
            .path_length = 3,
            .names = {"DNS:a.example"}});
    assert_int_equal(certificate_read(&c, x509_made_view(&made)), SKR_OK);
    assert_true(c.is_ca && c.is_self_issued && c.path_length == 2 && !c.not_understood);
    assert_int_equal(c.key_usage, X509_KU_KEY_CERT_SIGN | X509_KU_CRL_SIGN);
    assert_int_equal(c.not_before, 1577836800);
    assert_int_equal(c.not_after, 2208988800);
    unit_assert_view(c.subject_key_id, c.authority_key_id);
    assert_int_equal(skr_certificate_read(x509_made_view(&made), &info), SKR_OK);
    unit_assert_view(info.common_name, VIEW_LITERAL("good"));
    unit_assert_hex(info.serial, "1000");
    unit_assert_view(info.subject, c.subject);
    unit_assert_view(info.issuer, c.issuer);
    assert_true(info.is_ca && info.not_after == c.not_after && info.not_before == c.not_before);
    assert_int_equal(info.key.type, SKR_KEY_P384);
    unit_assert_view(info.key.a, c.key.a);
    // The smallest one: no extensions, an empty subject
    expect(&(x509_make_t){.subject = "", .issuer_name = "x", .no_extensions = true}, SKR_OK,
        SKR_FIELD_NONE);
    assert_true(!c.is_ca && c.extensions == 0 && c.key_usage == 0xffff && !c.is_self_issued);
    assert_int_equal(skr_certificate_read(x509_made_view(&made), &info), SKR_OK);
    assert_null(info.common_name.data);
    assert_null(info.subject_alt_name.data);
    assert_int_equal(skr_certificate_read(view_of(made.der, 3), &info), SKR_ERR_CERT_MALFORMED);
    assert_int_equal(skr_certificate_read(view_of(NULL, 0), &info), SKR_ERR_CERT_MALFORMED);
}

static void test_version(void **state) {
    (void)state;
    expect(&(x509_make_t){.version = 1}, SKR_ERR_CERT_MALFORMED, SKR_FIELD_VERSION);
    expect(&(x509_make_t){.version = 1, .no_extensions = true}, SKR_ERR_CERT_MALFORMED,
        SKR_FIELD_VERSION);
    expect(&(x509_make_t){.version = 2}, SKR_ERR_CERT_MALFORMED, SKR_FIELD_VERSION);
    expect(&(x509_make_t){.version = 4}, SKR_ERR_CERT_MALFORMED, SKR_FIELD_VERSION);
}

static void test_fields(void **state) {
    static const uint8_t padded[] = {0, 1};
    (void)state;
    expect(&(x509_make_t){.serial = {padded, 2}}, SKR_ERR_CERT_MALFORMED, SKR_FIELD_SERIAL);
    expect(&(x509_make_t){.serial = {padded, 0}}, SKR_ERR_CERT_MALFORMED, SKR_FIELD_SERIAL);
    expect(&(x509_make_t){.other_inner_algorithm = true}, SKR_ERR_CERT_MALFORMED,
        SKR_FIELD_SIGNATURE_ALGORITHM);
    expect(&(x509_make_t){.issuer_name = ""}, SKR_ERR_CERT_MALFORMED, SKR_FIELD_ISSUER);
    expect(&(x509_make_t){.issuer_name = "x", .subject_der = unit_hex("3002 3100")},
        SKR_ERR_CERT_MALFORMED, SKR_FIELD_SUBJECT);
    expect(
        &(x509_make_t){.not_before = "200101000000+"}, SKR_ERR_CERT_MALFORMED, SKR_FIELD_VALIDITY);
    expect(&(x509_make_t){.not_after = "20400101000000.0Z"}, SKR_ERR_CERT_MALFORMED,
        SKR_FIELD_VALIDITY);
    expect(
        &(x509_make_t){.not_after = "200230000000Z"}, SKR_ERR_CERT_MALFORMED, SKR_FIELD_VALIDITY);
}

// SubjectPublicKeyInfo by hand: algorithm and key in hexadecimal.
static skr_view_t key_info(const char *algorithm, const char *key) {
    static uint8_t bytes[8][700];
    static unsigned next;
    next = (next + 1) % 8;
    x509_der_t out = x509_der_of(bytes[next], sizeof(bytes[next]));
    size_t sequence = x509_der_open(&out, 0x30);
    x509_der_view(&out, unit_hex(algorithm));
    size_t bits = x509_der_open(&out, 0x03);
    x509_der_view(&out, unit_hex(key));
    x509_der_close(&out, bits);
    x509_der_close(&out, sequence);
    return x509_der_done(&out);
}

#define P256 "3013 0607 2a8648ce3d0201 0608 2a8648ce3d030107"
#define X "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define POINT X "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define RSA "300d 0609 2a864886f70d010101 0500"

static void test_keys(void **state) {
    static const struct {
        const char *algorithm, *key;
        skr_status_t status;
        uint8_t type;
    } rows[] = {{P256, "00 04" POINT, SKR_OK, SKR_KEY_P256},
        {P256, "00 04" POINT "00", SKR_ERR_CERT_MALFORMED, 0},
        {P256, "00", SKR_ERR_CERT_MALFORMED, 0}, {P256, "00 00", SKR_ERR_CERT_MALFORMED, 0},
        {P256, "01 04" POINT, SKR_ERR_CERT_MALFORMED, 0},
        {P256, "00 06" POINT, SKR_ERR_CERT_MALFORMED, 0},
        {P256, "00 02" X, SKR_ERR_CERT_MALFORMED, 0},
        {"3013 0607 2a8648ce3d0201 0608 2a8648ce3d030108", "00 04" POINT, SKR_OK,
            SKR_KEY_NONE}, // another curve
        {"3009 0607 2a8648ce3d0201", "00 04" POINT, SKR_OK, SKR_KEY_NONE}, // no curve
        {"300b 0607 2a8648ce3d0201 0500", "00 04" POINT, SKR_OK,
            SKR_KEY_NONE}, // the issuer's curve
        {"300b 0607 2a8648ce3d0201 3000", "00 04" POINT, SKR_OK,
            SKR_KEY_NONE}, // explicit parameters
        {"3015 0607 2a8648ce3d0201 0608 2a8648ce3d030107 0500", "00 04" POINT, SKR_OK,
            SKR_KEY_NONE}, // one too many
        {"3005 0603 2b6570", "00" X, SKR_OK, SKR_KEY_ED25519},
        {"3005 0603 2b6570", "00 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2",
            SKR_ERR_CERT_MALFORMED, 0},
        {"3007 0603 2b6570 0500", "00" X, SKR_OK, SKR_KEY_NONE},
        {RSA, "00 3006 020103 020103", SKR_OK, SKR_KEY_RSA},
        {RSA, "00 3006 020103 020103 00", SKR_ERR_CERT_MALFORMED, 0},
        {RSA, "00 3009 020103 020103 020103", SKR_ERR_CERT_MALFORMED, 0},
        {RSA, "00 3003 020103", SKR_ERR_CERT_MALFORMED, 0},
        {RSA, "00 3006 020183 020103", SKR_ERR_CERT_MALFORMED, 0},
        {RSA, "00 3007 02020003 020103", SKR_ERR_CERT_MALFORMED, 0},
        {RSA, "07", SKR_ERR_CERT_MALFORMED, 0},
        {"300b 0609 2a864886f70d010101", "00 3006 020103 020103", SKR_OK,
            SKR_KEY_NONE}, // RFC 3279: NULL must be there
        {"300e 0609 2a864886f70d010101 050100", "00 3006 020103 020103", SKR_OK, SKR_KEY_NONE}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        x509_make(&made, &(x509_make_t){.public_key = key_info(rows[i].algorithm, rows[i].key)});
        if (certificate_read(&c, x509_made_view(&made)) != rows[i].status ||
            (rows[i].status == SKR_OK && c.key.type != rows[i].type)) {
            fail_msg("row %zu", i);
        }
        assert_int_equal(c.field, rows[i].status == SKR_OK ? SKR_FIELD_NONE : SKR_FIELD_PUBLIC_KEY);
    }
}

// One extension with a value; the others are left out.
static void extension(
    const char *oid, bool critical, const char *value, skr_status_t status, skr_field_t field) {
    x509_make_t how = {.no_basic_constraints = true,
        .no_key_ids = true,
        .key_usage = X509_NO_KEY_USAGE,
        .extensions = {{oid, critical, unit_hex(value)}}};
    x509_make(&made, &how);
    skr_status_t got = certificate_read(&c, x509_made_view(&made));
    if (got != status || c.field != field) {
        fail_msg("%s %s: %s, %s", oid, value, skr_error_name(got), skr_field_name(c.field));
    }
}

static void good(const char *oid, const char *value) {
    extension(oid, false, value, SKR_OK, SKR_FIELD_NONE);
}

static void bad(const char *oid, const char *value, skr_field_t field) {
    extension(oid, false, value, SKR_ERR_CERT_MALFORMED, field);
}

#define BC "2.5.29.19"
#define KU "2.5.29.15"
#define EKU "2.5.29.37"
#define SAN "2.5.29.17"
#define AKI "2.5.29.35"
#define SKI "2.5.29.14"
#define CP "2.5.29.32"
#define AIA "1.3.6.1.5.5.7.1.1"

static void test_basic_constraints(void **state) {
    static const char *const refused[] = {"", "00", "30", "3001", "3080 0101ff 0000", "3003 010101",
        "3003 020101 00", "3003 0201ff", "3006 020101 0101ff", "3009 0101ff 020101 020101",
        "3006 0101ff 0101ff", "3004 020200 01", "3002 0500", "3007 0205 0100000000",
        "3004 0101ff 00", "3003 0201ff", "0101ff", "3002 0100"};
    (void)state;
    good(BC, "3000");
    assert_false(c.is_ca);
    good(BC, "3003 010100"); // not DER, and common
    assert_false(c.is_ca);
    good(BC, "3003 0101ff");
    assert_true(c.is_ca && c.path_length == X509_PATH_LENGTH_NONE);
    good(BC, "3006 0101ff 020100");
    assert_true(c.is_ca && c.path_length == 0);
    good(BC, "3009 0101ff 0204 7fffffff");
    assert_true(c.path_length == 2147483647);
    good(BC, "3003 020101"); // an INTEGER alone is no cA
    assert_false(c.is_ca);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        bad(BC, refused[i], SKR_FIELD_BASIC_CONSTRAINTS);
    }
}

static void test_usages(void **state) {
    static const char *const refused_ku[] = {"", "0300", "030100", "0302 0000", "0302 0780 00",
        "0302 0781", "0304 00 800000", "0303 08 8000", "020180", "0303 078000 00"};
    static const char *const refused_eku[] = {"", "3000", "3001 06",
        "300a 0608 2b06010505070301 00", "3002 0600", "3003 020101", "3004 0602 2a86",
        "0608 2b06010505070301", "3080 0000"};
    (void)state;
    good(KU, "0302 0780");
    assert_int_equal(c.key_usage, X509_KU_DIGITAL_SIGNATURE);
    good(KU, "0303 07 0080");
    assert_int_equal(c.key_usage, 1 << 8);
    good(KU, "0302 0006"); // trailing zeros that DER would cut
    assert_int_equal(c.key_usage, X509_KU_KEY_CERT_SIGN | X509_KU_CRL_SIGN);
    for (size_t i = 0; i < sizeof(refused_ku) / sizeof(refused_ku[0]); i++) {
        bad(KU, refused_ku[i], SKR_FIELD_KEY_USAGE);
    }
    good(EKU, "300a 0608 2b06010505070301");
    for (size_t i = 0; i < sizeof(refused_eku) / sizeof(refused_eku[0]); i++) {
        bad(EKU, refused_eku[i], SKR_FIELD_EXT_KEY_USAGE);
    }
}

static void test_names(void **state) {
    static const char *const refused[] = {"", "3000", "3001 82", "3002 8700",
        "3007 8705 0102030405", "3005 8703 010203", "300a 8708 0102030405060708", "3004 8202 61",
        "3002 0c00", "3002 8900", "3002 a200", "3004 a402 3100", "3003 8201 61 00", "8203 616161",
        "3002 8000"};
    (void)state;
    good(SAN, "3003 8201 61");
    good(SAN, "3006 8704 c0000201");
    good(SAN, "3002 8200"); // an empty name: it matches nothing
    good(SAN, "3004 a402 3000");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        bad(SAN, refused[i], SKR_FIELD_SUBJECT_ALT_NAME);
    }
}

static void test_identifiers(void **state) {
    static const char *const refused_aki[] = {"", "00", "3003 0401 61", "3004 8001 61 00",
        "3002 8201 61", "3006 8001 61 8001 61", "8001 61"};
    (void)state;
    good(AKI, "3003 8001 61");
    unit_assert_hex(c.authority_key_id, "61");
    assert_false(c.names_issuer_certificate);
    good(AKI, "3000");
    assert_null(c.authority_key_id.data);
    good(AKI, "3005 a100 8201 05");
    assert_true(c.names_issuer_certificate);
    good(SKI, "0401 61");
    for (size_t i = 0; i < sizeof(refused_aki) / sizeof(refused_aki[0]); i++) {
        bad(AKI, refused_aki[i], SKR_FIELD_EXTENSIONS);
    }
    bad(SKI, "61", SKR_FIELD_EXTENSIONS);
    bad(SKI, "0401 61 00", SKR_FIELD_EXTENSIONS);
    bad(SKI, "0402 61", SKR_FIELD_EXTENSIONS);
    extension(AKI, true, "3003 8001 61", SKR_OK, SKR_FIELD_NONE);
    assert_true(c.not_understood); // RFC 5280 section 4.2.1.1: never critical
}

static void test_policies(void **state) {
    static const char *const refused[] = {"", "3000", "3002 3000", "3003 0601 2a",
        "3005 3003 0601 2a 00", "3007 3005 0601 2a 0500", "3009 3007 0601 2a 3002 3000"};
    (void)state;
    extension(CP, true, "3005 3003 0601 2a", SKR_OK, SKR_FIELD_NONE);
    assert_false(c.not_understood);
    extension(CP, true, "3016 3014 0601 2a 300f 300d 0608 2b06010505070201 1601 61", SKR_OK,
        SKR_FIELD_NONE); // CPS
    assert_false(c.not_understood);
    extension(CP, false, "3016 3014 0601 2a 300f 300d 0608 2b06010505070203 1601 61", SKR_OK,
        SKR_FIELD_NONE); // unknown
    assert_false(c.not_understood);
    extension(CP, true, "3016 3014 0601 2a 300f 300d 0608 2b06010505070203 1601 61", SKR_OK,
        SKR_FIELD_NONE);
    assert_true(c.not_understood);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        bad(CP, refused[i], SKR_FIELD_EXTENSIONS);
    }
    good(AIA, "3008 3006 0601 2a 8601 61");
    bad(AIA, "3000", SKR_FIELD_EXTENSIONS);
    bad(AIA, "6d616c666f726d6564", SKR_FIELD_EXTENSIONS);
    bad(AIA, "3005 3003 0601 2a", SKR_FIELD_EXTENSIONS);
    extension(AIA, true, "3008 3006 0601 2a 8601 61", SKR_OK, SKR_FIELD_NONE);
    assert_true(c.not_understood);
    good("1.2.3", "6d"); // nobody looks
    extension("1.2.3", true, "6d", SKR_OK, SKR_FIELD_NONE);
    assert_true(c.not_understood);
}

static void test_extension_list(void **state) {
    static char oids[SKR_EXTENSIONS_MAX + 1][24];
    static const uint8_t null[] = {5, 0};
    (void)state;
    static const char *const twice[] = {BC, KU, EKU, SAN, AKI, SKI, CP, AIA, "2.5.29.30"};
    static const char *const values[] = {"3000", "03020780", "300a06082b06010505070301",
        "3003820161", "3000", "0400", "3005300306012a", "3008300606012a860161", "3000"};
    for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
        skr_view_t value = unit_hex(values[i]);
        x509_make_t how = {.no_key_ids = true,
            .key_usage = X509_NO_KEY_USAGE,
            .extensions = {
                {twice[i], false, value}, {"1.2.3", false, {null, 2}}, {twice[i], false, value}}};
        x509_make(&made, &how);
        assert_int_equal(certificate_read(&c, x509_made_view(&made)), SKR_ERR_CERT_MALFORMED);
    }
    x509_make_t how = {.no_key_ids = true, .key_usage = X509_NO_KEY_USAGE};
    for (size_t i = 0; i <= SKR_EXTENSIONS_MAX; i++) {
        snprintf(oids[i], sizeof(oids[i]), "1.2.3.%zu", i);
        how.extensions[i] = (x509_make_extension_t){oids[i], false, {null, 2}};
    }
    expect(&how, SKR_ERR_CERT_MALFORMED, SKR_FIELD_EXTENSIONS);
    how.extensions[SKR_EXTENSIONS_MAX].oid = NULL;
    expect(&how, SKR_OK, SKR_FIELD_NONE);
    how.extensions[SKR_EXTENSIONS_MAX - 1].oid = "1.2.3.0"; // the first one again
    expect(&how, SKR_ERR_CERT_MALFORMED, SKR_FIELD_EXTENSIONS);
    how.extensions[0].oid = NULL; // [3] with an empty list
    expect(&how, SKR_ERR_CERT_MALFORMED, SKR_FIELD_EXTENSIONS);
}

static void unique_ids(uint8_t *tbs, size_t *size) {
    // Behind the key, at the end of a TBSCertificate without extensions: [1] and [2], BIT STRINGs
    // of one byte
    static const uint8_t ids[] = {0x81, 2, 0, 1, 0x82, 2, 0, 1};
    memcpy(tbs + *size, ids, sizeof(ids));
    *size += sizeof(ids);
    assert_int_equal(tbs[1], 0x81);
    tbs[2] = (uint8_t)(tbs[2] + sizeof(ids));
}

static void unknown_field(uint8_t *tbs, size_t *size) {
    unique_ids(tbs, size);
    tbs[*size - 4] = 0x84;
}

static void test_outside(void **state) {
    (void)state;
    expect(&(x509_make_t){.no_extensions = true, .alter = unique_ids}, SKR_OK, SKR_FIELD_NONE);
    expect(&(x509_make_t){.no_extensions = true, .alter = unknown_field}, SKR_ERR_CERT_MALFORMED,
        SKR_FIELD_CERTIFICATE);
    // Bytes behind the certificate, and too few
    x509_make(&made, &(x509_make_t){.names = {"DNS:a"}});
    made.der[made.size] = 0;
    assert_int_equal(
        certificate_read(&c, view_of(made.der, made.size + 1)), SKR_ERR_CERT_MALFORMED);
    for (size_t size = 0; size < made.size; size++) {
        assert_int_equal(certificate_read(&c, view_of(made.der, size)), SKR_ERR_CERT_MALFORMED);
    }
    assert_int_equal(certificate_read(&c, view_of(made.der, made.size)), SKR_OK);
}

// RSA-PSS parameters as RFC 4055 lets them vary.
static void test_pss(void **state) {
#define SHA256_ID "300d 0609 608648016503040201 0500"
#define SHA256_BARE "300b 0609 608648016503040201"
#define SHA384_ID "300d 0609 608648016503040202 0500"
#define MGF_256 "a11c 301a 0609 2a864886f70d010108 " SHA256_ID
#define PSS(size, rest) "30" size " 0609 2a864886f70d01010a " rest
    static const struct {
        const char *algorithm;
        skr_status_t status;
    } rows[] = {{PSS("41", "3034 a00f " SHA256_ID MGF_256 "a203 020120"), SKR_OK},
        {PSS("3f", "3032 a00d " SHA256_BARE MGF_256 "a203 020120"), SKR_OK},
        {PSS("46", "3039 a00f " SHA256_ID MGF_256 "a203 020120 a303 020101"),
            SKR_OK}, // the default written out
        {PSS("46", "3039 a00f " SHA256_ID MGF_256 "a203 020120 a303 020102"),
            SKR_ERR_CERT_ALGORITHM},
        {PSS("41", "3034 a00f " SHA256_ID MGF_256 "a203 020121"), SKR_ERR_CERT_ALGORITHM},
        {PSS("3c", "302f a00f " SHA256_ID MGF_256), SKR_ERR_CERT_ALGORITHM},
        {PSS("41", "3034 a00f " SHA384_ID MGF_256 "a203 020130"), SKR_ERR_CERT_ALGORITHM},
        {PSS("30", "3023 " MGF_256 "a203 020120"), SKR_ERR_CERT_ALGORITHM},
        {PSS("0d", "3000"), SKR_ERR_CERT_ALGORITHM},
        {"300b 0609 2a864886f70d01010a", SKR_ERR_CERT_ALGORITHM},
        {PSS("0d", "0500"), SKR_ERR_CERT_ALGORITHM},
        {PSS("43", "3034 a00f " SHA256_ID MGF_256 "a203 020120 0500"), SKR_ERR_CERT_ALGORITHM}};
    static x509_try_t t;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t key = 0; key < 2; key++) {
            x509_try_begin(&t);
            t.ca.key = key == 0 ? X509_RSA : X509_RSA_PSS;
            t.leaf.scheme = key == 0 ? SKR_SIG_RSA_PSS_RSAE_SHA256 : SKR_SIG_RSA_PSS_PSS_SHA256;
            t.leaf.algorithm = unit_hex(rows[i].algorithm);
            if (x509_try(&t) != rows[i].status) {
                fail_msg("row %zu, key %zu: %s, %s", i, key, skr_error_name(t.result.status),
                    skr_field_name(t.result.field));
            }
        }
    }
    // A key that is bound to SHA-256 does not make SHA-384 signatures.
    for (size_t i = 0; i < 2; i++) {
        skr_view_t whole = x509_make_public_der(X509_RSA_PSS, 1);
        static uint8_t bytes[700];
        x509_der_t out = x509_der_of(bytes, sizeof(bytes));
        size_t sequence = x509_der_open(&out, 0x30);
        x509_der_view(&out, unit_hex(rows[0].algorithm));
        x509_der_bytes(&out, whole.data + 4 + 13, whole.size - 4 - 13);
        x509_der_close(&out, sequence);
        x509_try_begin(&t);
        t.ca.key = X509_RSA_PSS;
        t.ca.public_key = x509_der_done(&out);
        t.leaf.scheme = i == 0 ? SKR_SIG_RSA_PSS_PSS_SHA256 : SKR_SIG_RSA_PSS_PSS_SHA384;
        skr_status_t status = x509_try(&t);
        assert_string_equal(skr_error_name(status), i == 0 ? "OK" : "CERT_ALGORITHM");
        skr_certificate_info_t info;
        assert_int_equal(skr_certificate_read(t.chain[1], &info), SKR_OK);
        assert_int_equal(info.key_hash, SKR_HASH_SHA256);
    }
}

// AlgorithmIdentifiers of other signatures with parameters that the RFCs don't give them.
static void test_algorithms(void **state) {
    static const struct {
        x509_make_key_t key;
        unsigned scheme;
        const char *algorithm;
        skr_status_t status;
    } rows[] = {{X509_P256, 0, "300a 0608 2a8648ce3d040302", SKR_OK},
        {X509_P256, 0, "300c 0608 2a8648ce3d040302 0500", SKR_ERR_CERT_ALGORITHM},
        {X509_RSA, 0, "300d 0609 2a864886f70d01010b 0500", SKR_OK},
        {X509_RSA, 0, "300b 0609 2a864886f70d01010b", SKR_ERR_CERT_ALGORITHM},
        {X509_RSA, 0, "300f 0609 2a864886f70d01010b 0500 0500", SKR_ERR_CERT_ALGORITHM},
        {X509_RSA, 0, "300d 0609 2a864886f70d010104 0500", SKR_ERR_CERT_ALGORITHM},
        /* MD5 */ {X509_RSA, 0, "300d 0609 2a864886f70d010101 0500", SKR_ERR_CERT_ALGORITHM},
        {X509_ED25519, 0, "3005 0603 2b6570", SKR_OK},
        {X509_ED25519, 0, "3007 0603 2b6570 0500", SKR_ERR_CERT_ALGORITHM},
        {X509_P256, 0, "3000", SKR_ERR_CERT_ALGORITHM},
        {X509_P256, 0, "300a 0608 2a8648ce3d040303",
            SKR_ERR_CERT_SIGNATURE}}; // SHA-384 it says, SHA-256 it is
    static x509_try_t t;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        x509_try_begin(&t);
        t.ca.key = rows[i].key;
        t.leaf.algorithm = unit_hex(rows[i].algorithm);
        if (x509_try(&t) != rows[i].status) {
            fail_msg("row %zu: %s, %s", i, skr_error_name(t.result.status),
                skr_field_name(t.result.field));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_version),
        cmocka_unit_test(test_fields), cmocka_unit_test(test_keys),
        cmocka_unit_test(test_basic_constraints), cmocka_unit_test(test_usages),
        cmocka_unit_test(test_names), cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_policies), cmocka_unit_test(test_extension_list),
        cmocka_unit_test(test_outside), cmocka_unit_test(test_pss),
        cmocka_unit_test(test_algorithms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
