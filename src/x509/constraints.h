// Name constraints.
#ifndef SKR_X509_CONSTRAINTS_H
#define SKR_X509_CONSTRAINTS_H

#include "x509/certificate.h"

// Is the extension (the content of its SEQUENCE) well-formed, with only such constraints as could
// be checked? *work is what is left of the comparisons that may be made; one is taken for each
// subtree.
skr_status_t constraints_read(skr_view_t constraints, unsigned *work);
// Do all names of the certificate keep the constraints, which constraints_read() has found good? On
// a refusal *field says where the name stands.
skr_status_t constraints_check(
    skr_view_t constraints, const x509_certificate_t *certificate, unsigned *work, uint8_t *field);

#endif
