// Path validations in great number: two spaces of cases that are walked through as wholes, each
// case with its verdict. The verdicts come from what a case was made of, by a few lines that know
// nothing of DER, signatures or searches.
//
//     static void visit(void *user, const x509_case_t *c) { ... skr_x509_verify() ... }
//     x509_cases_names(visit, user);
//     x509_cases_paths(visit, user);
#ifndef TESTS_SUPPORT_X509_CASES_H
#define TESTS_SUPPORT_X509_CASES_H

#include "skerry/x509.h"

typedef struct {
    const char *text; // which case it is, for people
    const skr_view_t *chain; // the leaf first
    size_t chain_count; // may be more than a peer may send (SKR_CHAIN_MAX)
    const skr_anchor_t *anchors;
    size_t anchor_count;
    const skr_name_t *name;
    int64_t time;
    skr_purpose_t purpose;
    bool is_good; // it must be accepted; else refused
} x509_case_t;

// All that a case points at is gone when the visit is over.
typedef void (*x509_case_visit_t)(void *user, const x509_case_t *c);

// Name constraints (RFC 5280 section 4.2.1.10): a chain of three CAs, one of them constrained, and
// a leaf. DNS name, address and common name of the leaf, and the permitted and excluded subtrees
// for both kinds, are each absent, good or bad, in all combinations, asked for by name and by
// address; then names that try to slip through as another kind or inside another name.
void x509_cases_names(x509_case_visit_t visit, void *user);

// Path building (RFC 4158 section 2): CAs that have certified each other in several shapes. Every
// set of certificates (in the large one: each one, and pairs) is made useless in each of many ways;
// the chain comes in several orders; the root is trusted as a certificate or as a name and a key.
void x509_cases_paths(x509_case_visit_t visit, void *user);

#endif
