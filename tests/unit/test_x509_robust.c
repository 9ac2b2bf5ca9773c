// Robustness: damaged certificates, by every single bit and by every cut, must neither crash nor be
// believed.
//
// A TBSCertificate with any bit changed never verifies, in any place of the path, since its
// signature no longer fits; the same for the signature's value and algorithm. The anchor is the
// exception that shows what trust means: it is trusted for what stands in it, so its damages are
// only read. Everything lies in blocks of its own size, for ASan to watch.
#include "unit.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "support/x509_try.h"
#include "x509/certificate.h"

static x509_try_t t;

static uint8_t *copy_of(skr_view_t view) {
    uint8_t *copy = malloc(view.size > 0 ? view.size : 1);
    memcpy(copy, view.data, view.size);
    return copy;
}

// A chain in which each extension and each kind of name occurs.
static void begin(void) {
    x509_try_begin(&t);
    t.root.permitted[0] = "DNS:example";
    t.root.permitted[1] = "IP:192.0.2.0/24";
    t.root.permitted[2] = "email:.example.com";
    t.root.excluded[0] = "DN:nobody";
    t.ca.path_length = 1;
    t.ca.ext_key_usage = "server,any";
    t.ca.extensions[0] = (x509_make_extension_t){"2.5.29.32", true, unit_hex("3005300306012a")};
    t.leaf.ext_key_usage = "server,client";
    t.leaf.names[1] = "IP:192.0.2.1";
    t.leaf.names[2] = "email:a@b.example.com";
    t.leaf.names[3] = "DN:somebody";
    t.leaf.names[4] = "URI:https://server.example/";
    t.leaf.extensions[0] = (x509_make_extension_t){
        "1.3.6.1.5.5.7.1.1", false, unit_hex("3008300606012a860161")};
    x509_try_make(&t);
}

// All that can be asked about bytes that may be anything.
static void look_at(skr_view_t der) {
    skr_certificate_info_t info;
    char text[64];
    skr_name_kind_t kind;
    skr_view_t name;
    skr_view_t subject;
    certificate_names(der, &name, &subject);
    skr_certificate_matches(der, &t.parsed);
    if (skr_certificate_read(der, &info) == SKR_OK) {
        skr_name_print(info.subject, text, sizeof(text));
        for (size_t n = 0; skr_certificate_name(&info, n, &kind, &name); n++) {
            skr_address_print(name, text, sizeof(text));
        }
    }
}

static void test_bits(void **state) {
    unsigned reached = 0;
    (void)state;
    begin();
    assert_string_equal(skr_error_name(x509_try_run(&t)), "OK");
    for (size_t who = 0; who < 2; who++) {
        skr_view_t whole = t.chain[who];
        uint8_t *copy = copy_of(whole);
        t.chain[who].data = copy;
        for (size_t bit = 0; bit < 8 * whole.size; bit++) {
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
            look_at(t.chain[who]);
            skr_status_t status = x509_try_run(&t);
            if (status == SKR_OK) {
                fail_msg("certificate %zu is believed with bit %zu changed", who, bit);
            }
            reached += status == SKR_ERR_CERT_SIGNATURE;
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_string_equal(skr_error_name(x509_try_run(&t)), "OK");
        t.chain[who] = whole;
        free(copy);
    }
    assert_true(reached > 1000); // many are well-formed: only the signature stops them
}

static void test_bytes(void **state) {
    static const uint8_t values[] = {0x00, 0x01, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff};
    (void)state;
    begin();
    for (size_t who = 0; who < 2; who++) {
        skr_view_t whole = t.chain[who];
        uint8_t *copy = copy_of(whole);
        t.chain[who].data = copy;
        for (size_t at = 0; at < whole.size; at++) {
            for (size_t i = 0; i < sizeof(values); i++) {
                copy[at] = values[i];
                look_at(t.chain[who]);
                assert_true(copy[at] == whole.data[at] || x509_try_run(&t) != SKR_OK);
            }
            copy[at] = whole.data[at];
        }
        t.chain[who] = whole;
        free(copy);
    }
}

static void test_cuts(void **state) {
    (void)state;
    begin();
    for (size_t who = 0; who < 2; who++) {
        skr_view_t whole = t.chain[who];
        for (size_t size = 0; size < whole.size; size++) {
            uint8_t *copy = copy_of(view_of(whole.data, size));
            t.chain[who] = view_of(copy, size);
            look_at(t.chain[who]);
            x509_try_run(&t);
            // The leaf is what is broken; a CA that cannot be read may have been the issuer.
            assert_string_equal(skr_error_name(t.result.status), "CERT_MALFORMED");
            assert_int_equal(t.result.certificate, who);
            free(copy);
        }
        t.chain[who] = whole;
    }
    // Absent ones
    t.chain[1] = view_of(NULL, 0);
    assert_string_equal(skr_error_name(x509_try_run(&t)), "CERT_MALFORMED");
    t.chain[0] = view_of(NULL, 0);
    assert_string_equal(skr_error_name(x509_try_run(&t)), "CERT_MALFORMED");
}

// Damaged anchors: what is trusted cannot be proved wrong, so only the key, the name and what the
// checks look at can fail.
static void test_anchors(void **state) {
    (void)state;
    begin();
    skr_view_t whole = t.anchors[0];
    uint8_t *copy = copy_of(whole);
    t.anchors[0].data = copy;
    skr_certificate_info_t info;
    assert_int_equal(skr_certificate_read(whole, &info), SKR_OK);
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        look_at(t.anchors[0]);
        bool in_key = whole.data + bit / 8 >= info.key.a.data &&
            whole.data + bit / 8 < info.key.a.data + info.key.a.size;
        assert_true(x509_try_run(&t) != SKR_OK || !in_key);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 0; size < whole.size; size++) {
        uint8_t *cut = copy_of(view_of(whole.data, size));
        t.anchors[0] = view_of(cut, size);
        assert_int_not_equal(x509_try_run(&t), SKR_OK);
        free(cut);
    }
    free(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bits), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_cuts), cmocka_unit_test(test_anchors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
