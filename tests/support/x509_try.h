// One verification of a made chain, from defaults that succeed: a root, an intermediate CA, a leaf
// for "server.example".
//
//     static x509_try_t t;   // big
//     x509_try_begin(&t);
//     t.leaf.not_after = "250101000000Z";
//     x509_try(&t);    // t.result.status is SKR_ERR_CERT_EXPIRED
#ifndef TESTS_SUPPORT_X509_TRY_H
#define TESTS_SUPPORT_X509_TRY_H

#include "support/x509_make.h"

typedef struct {
    x509_make_t root, ca, leaf; // issuer is filled in
    bool without_ca; // the root issues the leaf
    bool in_memory; // only skr_x509_verify(); else the chain streams, too, to the same verdict
    const char *name; // as skr_name_parse() takes it, NULL: none
    skr_verify_request_t
        request; // provider, purpose, time and so on; chain and anchors are filled in
    skr_verify_result_t result;
    skr_name_t parsed;
    // What was made. More certificates may be put into chain and anchors by x509_try_make() and
    // x509_try_run() apart.
    x509_made_t made_root, made_ca, made_leaf;
    skr_view_t chain[SKR_VERIFY_CHAIN_MAX + 1], anchors[300];
    size_t chain_count, anchor_count;
} x509_try_t;

void x509_try_begin(x509_try_t *t);
void x509_try_make(x509_try_t *t); // makes the certificates, sets chain and anchors
skr_status_t x509_try_run(x509_try_t *t); // verifies
skr_status_t x509_try(x509_try_t *t); // both

#endif
