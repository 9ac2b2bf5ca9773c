// Verdicts on x509_try_t's chains, for the tests of path.c and check.c.
#ifndef TESTS_UNIT_X509_EXPECT_H
#define TESTS_UNIT_X509_EXPECT_H

#include "unit.h"

#include "support/x509_try.h"

// Of the usual chain, as result.certificate numbers them.
enum { LEAF = 0, CA = 1, ROOT = 2 };

// What was made is refused, just so.
static inline void refuse(
    x509_try_t *t, skr_status_t status, unsigned certificate, skr_field_t field) {
    x509_try_run(t);
    assert_string_equal(skr_error_name(t->result.status), skr_error_name(status));
    assert_string_equal(skr_field_name(t->result.field), skr_field_name(field));
    assert_int_equal(t->result.certificate, certificate);
}

static inline void make_and_refuse(
    x509_try_t *t, skr_status_t status, unsigned certificate, skr_field_t field) {
    x509_try_make(t);
    refuse(t, status, certificate, field);
}

// What was made is accepted by this path: the indexes as digits, and the anchor's.
static inline void accept(x509_try_t *t, const char *path, unsigned anchor) {
    assert_string_equal(skr_error_name(x509_try_run(t)), "OK");
    assert_int_equal(t->result.path_size, strlen(path));
    for (size_t i = 0; path[i] != '\0'; i++) {
        assert_int_equal(t->result.path[i], path[i] - '0');
    }
    assert_int_equal(t->result.anchor, anchor);
}

static inline void make_and_accept(x509_try_t *t, const char *path, unsigned anchor) {
    x509_try_make(t);
    accept(t, path, anchor);
}

static inline x509_make_t *who_is(x509_try_t *t, unsigned who) {
    return who == LEAF ? &t->leaf : who == CA ? &t->ca : &t->root;
}

#endif
