// Rules on top of RFC 5280's validation that a caller may ask for.
#ifndef SKR_X509_RULES_H
#define SKR_X509_RULES_H

#include "x509/check.h"

struct skr_x509_rules {
    skr_status_t (*check)(const skr_verify_request_t *request,
        const x509_certificate_t *certificate, check_place_t place, uint8_t *field);
};

#endif
