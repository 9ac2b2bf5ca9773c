// One verification of a made chain.
//
// In: how the root, the intermediate and the leaf shall be. Out: what skr_x509_verify() says.
// The defaults are accepted, so that a test changes one thing and sees what that thing does.
// What the reader of names refuses, and a result that contradicts the returned status, end the
// program: they are mistakes of the test or of the engine, not verdicts.
#include "support/x509_try.h"

#include "support/x509_streamed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void x509_try_begin(x509_try_t *t) {
    memset(t, 0, sizeof(*t));
    t->root = (x509_make_t){.subject = "Test Root", .ca = true};
    t->ca = (x509_make_t){.subject = "Test CA", .ca = true, .key_number = 1};
    t->leaf = (x509_make_t){
        .subject = "server.example", .key_number = 2, .names = {"DNS:server.example"}};
    t->name = "server.example";
    t->request.provider = &skr_provider_openssl;
    t->request.purpose = SKR_PURPOSE_SERVER;
    t->request.time = X509_MAKE_NOW;
}

void x509_try_make(x509_try_t *t) {
    x509_make(&t->made_root, &t->root);
    t->ca.issuer = t->ca.issuer != NULL ? t->ca.issuer : &t->made_root;
    x509_make(&t->made_ca, &t->ca);
    t->leaf.issuer = t->without_ca ? &t->made_root : &t->made_ca;
    x509_make(&t->made_leaf, &t->leaf);
    t->chain[0] = x509_made_view(&t->made_leaf);
    t->chain[1] = x509_made_view(&t->made_ca);
    t->chain_count = t->without_ca ? 1 : 2;
    t->anchors[0] = x509_made_view(&t->made_root);
    t->anchor_count = 1;
}

skr_status_t x509_try_run(x509_try_t *t) {
    t->request.name = NULL;
    if (t->name != NULL) {
        skr_view_t text = {(const uint8_t *)t->name, strlen(t->name)};
        if (!skr_name_parse(text, &t->parsed)) {
            fprintf(stderr, "x509_try: name %s?\n", t->name);
            abort();
        }
        t->request.name = &t->parsed;
    }
    t->request.chain = t->chain;
    t->request.chain_count = t->chain_count;
    t->request.anchors = t->anchors;
    t->request.anchor_count = t->anchor_count;
    skr_status_t status = t->in_memory ? skr_x509_verify(&t->request, &t->result)
                                       : x509_both(&t->request, &t->result);
    if (status != t->result.status) {
        fprintf(stderr, "x509_try: returned %s, result %s\n", skr_error_name(status),
            skr_error_name(t->result.status));
        abort();
    }
    return status;
}

skr_status_t x509_try(x509_try_t *t) {
    x509_try_make(t);
    return x509_try_run(t);
}
