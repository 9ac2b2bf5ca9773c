// Name constraints: each kind of name against each kind of subtree, through whole chains.
//
// What is permitted, what is excluded, what only looks so; wildcards, malformed names and subtrees,
// kinds that cannot be compared; who is constrained (all below but the self-issued) and by whom
// (each CA for itself); and that the work has an end.
#include "unit.h"

#include "base/bytes.h"
#include "support/x509_try.h"

static x509_try_t t;

// One subtree in the root, one name in the leaf, beside what the chain needs anyway.
static skr_status_t with(bool permitted, const char *subtree, const char *name) {
    x509_try_begin(&t);
    t.without_ca = true;
    t.name = NULL;
    t.leaf.names[0] = name;
    (permitted ? t.root.permitted : t.root.excluded)[0] = subtree;
    return x509_try(&t);
}

typedef struct {
    const char *subtree, *name;
    bool inside; // all of the name is in the subtree
    bool meets; // some of it may be
} row_t;

static void check_rows(const row_t *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        skr_status_t status = with(true, rows[i].subtree, rows[i].name);
        if (status != (rows[i].inside ? SKR_OK : SKR_ERR_CERT_CONSTRAINT)) {
            fail_msg("%s permitted, %s: %s", rows[i].subtree, rows[i].name, skr_error_name(status));
        }
        if (status != SKR_OK) {
            assert_int_equal(t.result.certificate, 0);
            assert_int_equal(t.result.field, SKR_FIELD_SUBJECT_ALT_NAME);
        }
        status = with(false, rows[i].subtree, rows[i].name);
        if (status != (rows[i].meets ? SKR_ERR_CERT_CONSTRAINT : SKR_OK)) {
            fail_msg("%s excluded, %s: %s", rows[i].subtree, rows[i].name, skr_error_name(status));
        }
    }
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof(rows[0]))

static void test_dns(void **state) {
    static const row_t rows[] = {{"DNS:example.com", "DNS:example.com", true, true},
        {"DNS:example.com", "DNS:a.example.com", true, true},
        {"DNS:EXAMPLE.com", "DNS:a.b.example.COM", true, true},
        {"DNS:example.com", "DNS:badexample.com", false, false},
        {"DNS:example.com", "DNS:example.org", false, false},
        {"DNS:example.com", "DNS:com", false, false},
        {"DNS:a.example.com", "DNS:example.com", false, false},
        {"DNS:", "DNS:example.com", true, true}, {"DNS:com", "DNS:example.com", true, true},
        {"DNS:example.com", "DNS:*.example.com", true, true},
        {"DNS:example.com", "DNS:*.a.example.com", true, true},
        {"DNS:a.example.com", "DNS:*.example.com", false, true},
        {"DNS:b.a.example.com", "DNS:*.example.com", false, false},
        {"DNS:example.org", "DNS:*.example.com", false, false},
        {"DNS:example.com", "DNS:*.com", false, true}, {"DNS:", "DNS:*.com", true, true},
        // No valid names: they keep nothing.
        {"DNS:example.com", "DNS:.example.com", false, true},
        {"DNS:example.com", "DNS:", false, true}, {"DNS:example.com", "DNS:*", false, true},
        {"DNS:example.com", "DNS:a.*.example.com", false, true},
        {"DNS:example.com", "DNS:a_b.example.com", false, true},
        {"DNS:example.com", "DNS:\xc3\xa4.example.com", false, true},
        {"DNS:example.com", "DNS:a.example.com.", false, true}};
    (void)state;
    CHECK(rows);
}

static void test_ip(void **state) {
    static const row_t rows[] = {{"IP:192.0.2.0/24", "IP:192.0.2.1", true, true},
        {"IP:192.0.2.0/24", "IP:192.0.3.1", false, false},
        {"IP:192.0.2.128/25", "IP:192.0.2.127", false, false},
        {"IP:192.0.2.128/25", "IP:192.0.2.128", true, true},
        {"IP:192.0.2.1/32", "IP:192.0.2.1", true, true},
        {"IP:192.0.2.1/32", "IP:192.0.2.2", false, false},
        {"IP:0.0.0.0/0", "IP:192.0.2.1", true, true},
        {"IP:192.0.2.77/24", "IP:192.0.2.1", true, true}, // bits behind the mask don't count
        {"IP:2001:db8::/32", "IP:2001:db8:1::1", true, true},
        {"IP:2001:db8::/32", "IP:2001:db9::1", false, false},
        {"IP:::/0", "IP:192.0.2.1", false, false}, {"IP:0.0.0.0/0", "IP:::1", false, false}};
    (void)state;
    CHECK(rows);
}

static void test_email(void **state) {
    static const row_t rows[] = {{"email:a@example.com", "email:a@example.com", true, true},
        {"email:a@example.com", "email:a@EXAMPLE.com", true, true},
        {"email:a@example.com", "email:A@example.com", false, false},
        {"email:a@example.com", "email:b@example.com", false, false},
        {"email:example.com", "email:a@example.com", true, true},
        {"email:example.com", "email:a@b.example.com", false, false},
        {"email:.example.com", "email:a@b.example.com", true, true},
        {"email:.example.com", "email:a@example.com", false, false},
        {"email:.example.com", "email:a@badexample.com", false, false},
        {"email:*@example.com", "email:a@example.com", false, false},
        {"email:ab@example.com", "email:a@example.com", false, false},
        {"email:a@example.com", "email:ab@example.com", false, false},
        {"email:", "email:a@example.com", true, true},
        {"email:example.com", "email:a@b@example.com", false, true},
        {"email:example.com", "email:@example.com", false, true},
        {"email:example.com", "email:a@", false, true},
        {"email:example.com", "email:example.com", false, true},
        {"email:example.com", "email:a@.example.com", false, true}};
    (void)state;
    CHECK(rows);
}

static void test_directory(void **state) {
    static const row_t rows[] = {{"DN:server.example", "DN:server.example", true, true},
        {"DN:server.example", "DN:SERVER.example", true, true}};
    (void)state;
    CHECK(rows);
    // The subject counts too.
    assert_string_equal(
        skr_error_name(with(true, "DN:other", "DNS:server.example")), "CERT_CONSTRAINT");
    assert_int_equal(t.result.field, SKR_FIELD_SUBJECT);
    assert_string_equal(
        skr_error_name(with(false, "DN:server.example", "DNS:a")), "CERT_CONSTRAINT");
    assert_string_equal(skr_error_name(with(false, "DN:other", "DNS:server.example")), "OK");
    assert_string_equal(
        skr_error_name(with(true, "DN:server.example", "DN:other")), "CERT_CONSTRAINT");
    assert_int_equal(t.result.field, SKR_FIELD_SUBJECT_ALT_NAME);
    assert_string_equal(skr_error_name(with(false, "DN:other", "DN:other")), "CERT_CONSTRAINT");
    assert_string_equal(skr_error_name(with(true, "DN:", "DN:other")), "OK"); // the empty prefix
    x509_try_begin(&t); // an empty subject is no name
    t.leaf.subject = "";
    t.leaf.names_critical = true;
    t.root.permitted[0] = "DN:other";
    t.ca.subject = "other";
    assert_string_equal(skr_error_name(x509_try(&t)), "OK");
}

// Kinds that cannot be compared: refused when such a name meets such a subtree, else of no matter.
static void test_other_kinds(void **state) {
    static const char *const kinds[] = {"URI:https://example.com/", "other:x"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(skr_error_name(with(true, kinds[i], kinds[i])), "CERT_CONSTRAINT");
        assert_string_equal(skr_error_name(with(false, kinds[i], kinds[i])), "CERT_CONSTRAINT");
        assert_string_equal(skr_error_name(with(true, kinds[i], kinds[1 - i])), "OK");
        assert_string_equal(skr_error_name(with(false, kinds[i], "DNS:a")), "OK");
        assert_string_equal(skr_error_name(with(true, "DNS:example.com", kinds[i])), "OK");
    }
    // A constraint on one kind says nothing of another.
    assert_string_equal(skr_error_name(with(true, "DNS:example.com", "IP:192.0.2.1")), "OK");
    assert_string_equal(skr_error_name(with(true, "IP:0.0.0.0/0", "DNS:example.com")), "OK");
}

static void test_email_in_subject(void **state) {
    uint8_t bytes[128];
    (void)state;
    x509_der_t out = x509_der_of(bytes, sizeof(bytes));
    size_t name = x509_der_open(&out, 0x30);
    size_t rdn = x509_der_open(&out, 0x31);
    size_t attribute = x509_der_open(&out, 0x30);
    x509_der_oid(&out, "1.2.840.113549.1.9.1");
    x509_der_text(&out, 0x16, "a@example.com");
    x509_der_close(&out, attribute);
    x509_der_close(&out, rdn);
    x509_der_close(&out, name);
    for (size_t i = 0; i < 3; i++) {
        x509_try_begin(&t);
        t.name = NULL;
        t.leaf.subject_der = x509_der_done(&out);
        t.leaf.names[0] = i == 2
            ? "DNS:a"
            : NULL; // with a subjectAltName the subject's address does not count
        t.root.permitted[0] = i == 0 ? "email:example.com" : "email:example.org";
        x509_try(&t);
        assert_string_equal(skr_error_name(t.result.status), i == 1 ? "CERT_CONSTRAINT" : "OK");
        assert_int_equal(t.result.field, i == 1 ? SKR_FIELD_SUBJECT : SKR_FIELD_NONE);
    }
}

static void test_precedence(void **state) {
    (void)state;
    x509_try_begin(&t); // excluded wins
    t.root.permitted[0] = "DNS:example";
    t.root.excluded[0] = "DNS:server.example";
    assert_string_equal(skr_error_name(x509_try(&t)), "CERT_CONSTRAINT");
    x509_try_begin(&t); // one of several is enough, for each name
    t.root.permitted[0] = "DNS:example.org";
    t.root.permitted[1] = "DNS:server.example";
    t.leaf.names[1] = "DNS:a.example.org";
    assert_string_equal(skr_error_name(x509_try(&t)), "OK");
    t.leaf.names[2] = "DNS:example.com"; // every name must keep them
    assert_string_equal(skr_error_name(x509_try(&t)), "CERT_CONSTRAINT");
    x509_try_begin(&t); // each CA for itself: what one permits the other need not
    t.root.permitted[0] = "DNS:server.example";
    t.ca.permitted[0] = "DNS:other.example";
    assert_string_equal(skr_error_name(x509_try(&t)), "CERT_CONSTRAINT");
    t.ca.permitted[1] = "DNS:server.example";
    assert_string_equal(skr_error_name(x509_try(&t)), "OK");
}

static void test_who(void **state) {
    (void)state;
    x509_try_begin(&t); // intermediates are constrained
    t.root.permitted[0] = "DNS:server.example";
    t.ca.names[0] = "DNS:ca.example";
    x509_try(&t);
    assert_string_equal(skr_error_name(t.result.status), "CERT_CONSTRAINT");
    assert_int_equal(t.result.certificate, 1);
    t.ca.subject = "Test Root"; // not the self-issued ones
    assert_string_equal(skr_error_name(x509_try(&t)), "OK");
    t.ca.subject = "Test CA";
    t.ca.names[0] = NULL;
    t.ca.permitted[0] =
        "DNS:other"; // the CA's own names don't matter to its own constraints, the leaf's do
    x509_try(&t);
    assert_string_equal(skr_error_name(t.result.status), "CERT_CONSTRAINT");
    assert_int_equal(t.result.certificate, 0);
    x509_try_begin(&t); // the leaf, even when it is self-issued
    t.without_ca = true;
    t.leaf.subject = "Test Root";
    t.root.excluded[0] = "DNS:server.example";
    assert_string_equal(skr_error_name(x509_try(&t)), "CERT_CONSTRAINT");
    x509_try_begin(&t); // only a CA may have them (RFC 5280 section 4.2.1.10)
    t.leaf.permitted[0] = "DNS:server.example";
    x509_try(&t);
    assert_string_equal(skr_error_name(t.result.status), "CERT_MALFORMED");
    assert_int_equal(t.result.field, SKR_FIELD_NAME_CONSTRAINTS);
}

static void test_malformed(void **state) {
    static const char *const refused[] = {"300b a000 a107 3005 8203 616161",
        "300b a007 3005 8203 616161 a100", "3000", "", "3002 a000", "3004 a000 a100",
        "3004 0500 0500", "3002 a100", "3004 a002 3000", "3009 a007 3005 8203 2e6161", // ".aa"
        "3009 a007 3005 8203 2a2e61", "300a a008 3006 8704 c0000201",
        "300e a00c 300a 8708 c0000200 ff00ff00", "300e a00c 300a 8708 c0000200 00000001",
        "300a a008 3006 8204 61612e61 00", "3009 a007 3005 8201 61 0500",
        "300a a008 3006 8201 61 8001 01", "300a a008 3006 8201 61 8101 05",
        "3009 a007 3005 8903 616161", "300a a007 3005 8203 616161 00",
        "300c a107 3005 8203 616161 a001 00", "3009 a007 3005 8103 406161",
        "3009 a007 3005 8103 614061 00", "300b a009 3007 8105 6140624063",
        "3008 a006 3004 a402 3100", "3080 0000"};
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        x509_try_begin(&t);
        t.ca.extensions[0] = (x509_make_extension_t){"2.5.29.30", true, unit_hex(refused[i])};
        x509_try(&t);
        if (t.result.status != SKR_ERR_CERT_MALFORMED ||
            t.result.field != SKR_FIELD_NAME_CONSTRAINTS || t.result.certificate != 1) {
            fail_msg("%s: %s", refused[i], skr_error_name(t.result.status));
        }
    }
    // They count without the critical bit too.
    for (size_t i = 0; i < 2; i++) {
        x509_try_begin(&t);
        t.ca.extensions[0] = (x509_make_extension_t){
            "2.5.29.30", i == 1, unit_hex("3009 a007 3005 8203 616161")};
        assert_string_equal(skr_error_name(x509_try(&t)), "CERT_CONSTRAINT");
    }
}

// A quarter of a million comparisons are refused, and none of them costs a signature.
static void test_work(void **state) {
    static uint8_t bytes[12000];
    (void)state;
    x509_try_begin(&t);
    x509_der_t out = x509_der_of(bytes, sizeof(bytes));
    size_t sequence = x509_der_open(&out, 0x30);
    size_t list = x509_der_open(&out, 0xa1);
    for (unsigned i = 0; i < 512; i++) {
        uint8_t name[] = {
            (uint8_t)('a' + i % 16), (uint8_t)('a' + i / 16 % 16), (uint8_t)('a' + i / 256)};
        size_t subtree = x509_der_open(&out, 0x30);
        x509_der_put(&out, 0x82, name, sizeof(name));
        x509_der_close(&out, subtree);
    }
    x509_der_close(&out, list);
    x509_der_close(&out, sequence);
    t.ca.extensions[0] = (x509_make_extension_t){"2.5.29.30", true, x509_der_done(&out)};
    assert_string_equal(skr_error_name(x509_try(&t)), "OK"); // 512 to read, 1024 to compare
    static uint8_t many[4000];
    out = x509_der_of(many, sizeof(many));
    sequence = x509_der_open(&out, 0x30);
    for (unsigned i = 0; i < 512; i++) {
        x509_der_text(&out, 0x82, "x");
    }
    x509_der_close(&out, sequence);
    t.leaf.names[0] = NULL;
    t.leaf.extensions[0] = (x509_make_extension_t){"2.5.29.17", false, x509_der_done(&out)};
    t.name = "x";
    x509_try(&t);
    assert_string_equal(skr_error_name(t.result.status), "CERT_TOO_COMPLEX");
    assert_int_equal(t.result.certificate, 0);
    // One subtree more than may be looked at, and nothing to compare with them
    static uint8_t subtrees[4 * (SKR_NAME_CHECKS_MAX + 1) + 16];
    x509_try_begin(&t);
    out = x509_der_of(subtrees, sizeof(subtrees));
    sequence = x509_der_open(&out, 0x30);
    list = x509_der_open(&out, 0xa1);
    for (unsigned i = 0; i <= SKR_NAME_CHECKS_MAX; i++) {
        x509_der_put(&out, 0x30, "\x82", 2);
    }
    x509_der_close(&out, list);
    x509_der_close(&out, sequence);
    t.ca.extensions[0] = (x509_make_extension_t){"2.5.29.30", true, x509_der_done(&out)};
    x509_try(&t);
    assert_string_equal(skr_error_name(t.result.status), "CERT_TOO_COMPLEX");
    assert_int_equal(t.result.certificate, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dns), cmocka_unit_test(test_ip),
        cmocka_unit_test(test_email), cmocka_unit_test(test_directory),
        cmocka_unit_test(test_other_kinds), cmocka_unit_test(test_email_in_subject),
        cmocka_unit_test(test_precedence), cmocka_unit_test(test_who),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_work)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
