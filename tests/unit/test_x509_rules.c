// The strict rules: each breach, by whom, and that nobody minds it without the rules.
//
// A chain that keeps all of them is changed in one thing: it must still be accepted by the usual
// rules, and be refused by the strict ones with the right certificate and field. What looks like a
// breach and is none (an empty subject, a root without an issuer's key identifier) is accepted.
#include "unit.h"

#include "base/bytes.h"
#include "support/x509_try.h"
#include "x509/certificate.h"

static x509_try_t t;

static void begin(void) {
    x509_try_begin(&t);
    t.leaf.ext_key_usage = "server";
}

enum { LEAF = 0, CA = 1, ROOT = 2 };

static void breach(skr_status_t status, unsigned certificate, skr_field_t field) {
    t.request.rules = NULL;
    assert_string_equal(skr_error_name(x509_try(&t)), "OK");
    t.request.rules = &skr_x509_rules_strict;
    x509_try_run(&t);
    assert_string_equal(skr_error_name(t.result.status), skr_error_name(status));
    assert_string_equal(skr_field_name(t.result.field), skr_field_name(field));
    assert_int_equal(t.result.certificate, certificate);
    begin();
}

static void fine(void) {
    t.request.rules = &skr_x509_rules_strict;
    assert_string_equal(skr_error_name(x509_try(&t)), "OK");
    begin();
}

static void test_leaf(void **state) {
    (void)state;
    begin();
    fine();
    t.leaf.ext_key_usage = NULL;
    breach(SKR_ERR_CERT_PURPOSE, LEAF, SKR_FIELD_EXT_KEY_USAGE);
    t.leaf.ext_key_usage = NULL;
    t.leaf.extensions[0] = (x509_make_extension_t){
        "2.5.29.37", true, unit_hex("300a06082b06010505070301")};
    breach(SKR_ERR_CERT_PURPOSE, LEAF, SKR_FIELD_EXT_KEY_USAGE);
    t.leaf.names_critical = true;
    breach(SKR_ERR_CERT_MALFORMED, LEAF, SKR_FIELD_SUBJECT_ALT_NAME);
    t.leaf.names_critical = true;
    t.leaf.subject = "";
    fine();
    t.leaf.ca = true;
    t.leaf.key_usage = X509_DIGITAL_SIGNATURE | X509_KEY_CERT_SIGN;
    breach(SKR_ERR_CERT_MALFORMED, LEAF, SKR_FIELD_BASIC_CONSTRAINTS);
}

static void test_common_name(void **state) {
    (void)state;
    begin();
    t.leaf.subject = "server.EXAMPLE"; // character for character
    breach(SKR_ERR_CERT_NAME, LEAF, SKR_FIELD_SUBJECT);
    t.leaf.subject = "other.example";
    breach(SKR_ERR_CERT_NAME, LEAF, SKR_FIELD_SUBJECT);
    t.leaf.subject = "other.example"; // a client's need not be
    t.leaf.ext_key_usage = "client";
    t.request.purpose = SKR_PURPOSE_CLIENT;
    fine();
    t.leaf.subject = "192.0.2.1";
    t.leaf.names[1] = "IP:192.0.2.1";
    fine();
    t.leaf.subject = "2001:db8::1";
    t.leaf.names[1] = "IP:2001:db8::1";
    fine();
    t.leaf.subject = "2001:DB8::1";
    t.leaf.names[1] = "IP:2001:db8::1";
    breach(SKR_ERR_CERT_NAME, LEAF, SKR_FIELD_SUBJECT);
    t.leaf.subject = "192.0.2.1";
    t.leaf.names[1] = "IP:192.0.2.2";
    breach(SKR_ERR_CERT_NAME, LEAF, SKR_FIELD_SUBJECT);
    t.leaf.subject = "a@example.com"; // only DNS names and addresses count
    t.leaf.names[1] = "email:a@example.com";
    breach(SKR_ERR_CERT_NAME, LEAF, SKR_FIELD_SUBJECT);
}

// The value of the subjectKeyIdentifier that a certificate with this key usually has.
static skr_view_t usual_key_id(unsigned key_number) {
    static x509_made_t made[3];
    static x509_certificate_t c;
    x509_make(&made[key_number], &(x509_make_t){.key_number = key_number});
    assert_int_equal(certificate_read(&c, x509_made_view(&made[key_number])), SKR_OK);
    return view_of(c.subject_key_id.data - 2, c.subject_key_id.size + 2);
}

static void test_key_ids(void **state) {
    static const char *const other_aki = "3000"; // without the identifier
    (void)state;
    begin();
    for (unsigned who = LEAF; who <= ROOT; who++) {
        (who == LEAF ? &t.leaf : who == CA ? &t.ca : &t.root)->no_key_ids = true;
        breach(SKR_ERR_CERT_MALFORMED, who, SKR_FIELD_EXTENSIONS);
        x509_make_t *how = who == LEAF ? &t.leaf : who == CA ? &t.ca : &t.root;
        how->no_key_ids = true;
        how->extensions[0] = (x509_make_extension_t){"2.5.29.35", false, unit_hex(other_aki)};
        how->extensions[1] = (x509_make_extension_t){"2.5.29.14", false, usual_key_id(2 - who)};
        breach(SKR_ERR_CERT_MALFORMED, who, SKR_FIELD_EXTENSIONS);
    }
    t.root.no_key_ids = true; // a self-issued root needs no authorityKeyIdentifier
    t.root.extensions[0] = (x509_make_extension_t){"2.5.29.14", false, usual_key_id(0)};
    fine();
    t.root.no_key_ids = true; // but if it has one it is its own
    t.root.extensions[0] = (x509_make_extension_t){"2.5.29.14", false, usual_key_id(0)};
    t.root.extensions[1] = (x509_make_extension_t){"2.5.29.35", false, unit_hex("3003800162")};
    breach(SKR_ERR_CERT_MALFORMED, ROOT, SKR_FIELD_EXTENSIONS);
    t.root.no_key_ids = true;
    t.root.extensions[0] = (x509_make_extension_t){"2.5.29.14", false, usual_key_id(0)};
    uint8_t bytes[64]; // its own, but with a serial number beside it
    skr_view_t key_id = usual_key_id(0);
    x509_der_t out = x509_der_of(bytes, sizeof(bytes));
    size_t sequence = x509_der_open(&out, 0x30);
    x509_der_put(&out, 0x80, key_id.data + 2, key_id.size - 2);
    x509_der_put(&out, 0x82, "\x05", 1);
    x509_der_close(&out, sequence);
    t.root.extensions[1] = (x509_make_extension_t){"2.5.29.35", false, x509_der_done(&out)};
    breach(SKR_ERR_CERT_MALFORMED, ROOT, SKR_FIELD_EXTENSIONS);
    t.root.issuer_name = "Another Root"; // not self-issued: it needs one
    t.root.no_key_ids = true;
    t.root.extensions[0] = (x509_make_extension_t){"2.5.29.14", false, usual_key_id(0)};
    breach(SKR_ERR_CERT_MALFORMED, ROOT, SKR_FIELD_EXTENSIONS);
}

static void test_issuers(void **state) {
    (void)state;
    begin();
    for (unsigned who = CA; who <= ROOT; who++) {
        x509_make_t *how = who == CA ? &t.ca : &t.root;
        how->no_basic_constraints = true;
        how->extensions[0] = (x509_make_extension_t){"2.5.29.19", false, unit_hex("30030101ff")};
        breach(SKR_ERR_CERT_MALFORMED, who, SKR_FIELD_BASIC_CONSTRAINTS);
        how->extensions[0] = (x509_make_extension_t){"2.5.29.30", false, {NULL, 0}};
        how->extensions[0].value = unit_hex("300da00b300982076578616d706c65");
        breach(SKR_ERR_CERT_MALFORMED, who, SKR_FIELD_NAME_CONSTRAINTS);
        how->extensions[0] = (x509_make_extension_t){
            "2.5.29.30", true, unit_hex("300da00b300982076578616d706c65")};
        fine();
    }
    t.root.ext_key_usage = "server";
    breach(SKR_ERR_CERT_PURPOSE, ROOT, SKR_FIELD_EXT_KEY_USAGE);
    t.ca.ext_key_usage = "server";
    fine();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_leaf),
        cmocka_unit_test(test_common_name), cmocka_unit_test(test_key_ids),
        cmocka_unit_test(test_issuers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
