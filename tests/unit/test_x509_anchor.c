// Trust anchors of a name and a key, beside certificates.
//
// In: anchors that skr_anchor_write() makes, and broken ones. Out: the same paths as with the
// certificates that they were made of, without what those certificates forbid; the refusal of what
// is neither form, however it is cut. RFC 5280 section 6.1.1 (d).
#include "x509_expect.h"

#include "x509/anchor.h"

static x509_try_t t;
static uint8_t bytes[2048];

static skr_view_t bare(const x509_made_t *made) {
    skr_view_t view = {bytes, skr_anchor_write(x509_made_view(made), bytes, sizeof(bytes))};
    assert_true(view.size > 0);
    return view;
}

// The usual chain, below the name and the key of its root.
static void begin(x509_make_key_t key) {
    x509_try_begin(&t);
    t.root.key = key;
    x509_try_make(&t);
    t.anchors[0] = bare(&t.made_root);
}

static void test_path(void **state) {
    static const x509_make_key_t keys[] = {
        X509_P256, X509_P384, X509_ED25519, X509_RSA, X509_RSA_PSS};
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        begin(keys[i]);
        accept(&t, "01", 0);
    }
    begin(X509_P256); // behind another anchor
    t.anchors[1] = t.anchors[0];
    t.anchors[0] = x509_made_view(&t.made_ca);
    t.anchor_count = 2;
    t.anchors[0].size--; // which cannot be read
    accept(&t, "01", 1);
    x509_try_begin(&t); // the same name, another key
    x509_try_make(&t);
    x509_make(&t.made_root, &(x509_make_t){.subject = "Test Root", .ca = true, .key_number = 9});
    t.anchors[0] = bare(&t.made_root);
    refuse(&t, SKR_ERR_CERT_SIGNATURE, CA, SKR_FIELD_SIGNATURE);
}

static void test_strict(void **state) {
    (void)state;
    x509_try_begin(&t);
    t.leaf.ext_key_usage = "server";
    x509_try_make(&t);
    t.anchors[0] = bare(&t.made_root);
    t.request.rules = &skr_x509_rules_strict;
    accept(&t, "01", 0);
}

// What a certificate says beside name and key is gone.
static void test_unbounded(void **state) {
    (void)state;
    x509_try_begin(&t);
    t.root.not_after = "250101000000Z";
    t.root.path_length = 1;
    t.root.permitted[0] = "DNS:other.example";
    t.root.ext_key_usage = "email";
    make_and_refuse(&t, SKR_ERR_CERT_EXPIRED, ROOT, SKR_FIELD_VALIDITY);
    t.anchors[0] = bare(&t.made_root);
    accept(&t, "01", 0);
    t.request.max_intermediates = 1; // the caller's own limit stays
    refuse(&t, SKR_ERR_CERT_PATH_LENGTH, CA, SKR_FIELD_ISSUER);
    // Keys that nobody accepts are no better without their certificate.
    x509_try_begin(&t);
    t.root.key = X509_RSA_1024;
    x509_try_make(&t);
    t.anchors[0] = bare(&t.made_root);
    refuse(&t, SKR_ERR_CERT_ALGORITHM, ROOT, SKR_FIELD_PUBLIC_KEY);
}

static void test_not_an_anchor(void **state) {
    uint8_t exact[2048];
    (void)state;
    begin(X509_P256);
    skr_view_t whole = t.anchors[0];
    skr_view_t subject;
    skr_public_key_t key;
    assert_int_equal(skr_anchor_read(whole, &subject, &key), SKR_OK);
    assert_int_equal(key.type, SKR_KEY_P256);
    assert_int_equal(subject.size, t.made_root.name_size);
    assert_int_equal(skr_anchor_write(x509_made_view(&t.made_root), exact, whole.size), whole.size);
    assert_int_equal(skr_anchor_write(x509_made_view(&t.made_root), exact, whole.size - 1), 0);
    assert_int_equal(skr_anchor_write(whole, exact, sizeof(exact)), 0);
    for (size_t size = 0; size < whole.size; size++) { // cut anywhere
        memcpy(exact, whole.data, size);
        t.anchors[0] = (skr_view_t){exact, size};
        assert_int_equal(skr_anchor_read(t.anchors[0], &subject, &key), SKR_ERR_CERT_MALFORMED);
        refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, CA, SKR_FIELD_ISSUER);
    }
    memcpy(exact, whole.data, whole.size); // and longer by a byte, inside and outside
    exact[whole.size] = 0;
    assert_int_equal(skr_anchor_read((skr_view_t){exact, whole.size + 1}, &subject, &key),
        SKR_ERR_CERT_MALFORMED);
    exact[1]++;
    t.anchors[0] = (skr_view_t){exact, whole.size + 1};
    assert_int_equal(skr_anchor_read(t.anchors[0], &subject, &key), SKR_ERR_CERT_MALFORMED);
    refuse(&t, SKR_ERR_CERT_MALFORMED, ROOT, SKR_FIELD_PUBLIC_KEY);
}

// Never a leaf, and never what a peer may send.
static void test_only_an_anchor(void **state) {
    (void)state;
    begin(X509_P256);
    t.chain[1] = t.anchors[0];
    t.anchor_count = 0;
    x509_try_run(&t);
    assert_int_not_equal(t.result.status, SKR_OK);
    t.chain[0] = bare(&t.made_leaf);
    t.anchors[0] = t.chain[0];
    t.anchor_count = 1;
    refuse(&t, SKR_ERR_CERT_MALFORMED, LEAF, SKR_FIELD_CERTIFICATE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_path), cmocka_unit_test(test_strict),
        cmocka_unit_test(test_unbounded), cmocka_unit_test(test_not_an_anchor),
        cmocka_unit_test(test_only_an_anchor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
