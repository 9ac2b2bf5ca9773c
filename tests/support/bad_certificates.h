// Chains that must be refused, each with its error and its alert: the classes of mistakes that
// certificate readers and path validations have made. For a server's certificate or a client's.
#ifndef TESTS_SUPPORT_BAD_CERTIFICATES_H
#define TESTS_SUPPORT_BAD_CERTIFICATES_H

#include "support/x509_try.h"

typedef struct {
    const char *name;
    skr_status_t status; // of who refuses it; SKR_OK: a good one
    skr_alert_t alert; // that this tells its peer
    unsigned who; // whose certificate `make` is: BAD_LEAF ...
    x509_make_t make; // what is zero in it stays as it is
    bool no_names; // the leaf has no subjectAltName but by `make.extensions`
    bool is_no_ca; // `make` is without cA
    bool for_servers; // of a client's certificate nobody minds that
    void (*change)(x509_try_t *t); // after all were made
} bad_certificate_t;
enum { BAD_LEAF, BAD_CA, BAD_ROOT };

extern const bad_certificate_t bad_certificates[];
extern const size_t bad_certificate_count;

// Makes the n-th: chain and anchors stand in t.
void bad_certificate_make(x509_try_t *t, size_t n, bool for_client);

#endif
