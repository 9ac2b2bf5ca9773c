// Checks of one certificate for one place in a path.
#ifndef SKR_X509_CHECK_H
#define SKR_X509_CHECK_H

#include "x509/certificate.h"

typedef enum {
    CHECK_LEAF, // the first of the chain
    CHECK_TRUSTED_LEAF, // the same, and an anchor itself
    CHECK_INTERMEDIATE, // of the chain, has issued another
    CHECK_ANCHOR, // trusted, has issued another
} check_place_t;

// A serialNumber's content.
bool check_serial(skr_view_t serial);
// All checks that need no other certificate. intermediates: those below that count for
// pathLenConstraint. On a refusal *field says what is wrong.
skr_status_t check_certificate(const skr_verify_request_t *request,
    const x509_certificate_t *certificate, check_place_t place, unsigned intermediates,
    uint8_t *field);

#endif
