// What a caller trusts: a certificate, or only a name and a key.
#ifndef SKR_X509_ANCHOR_H
#define SKR_X509_ANCHOR_H

#include "x509/certificate.h"

// Only the subject, cheaply, to find candidates. false: not an anchor.
bool anchor_subject(skr_view_t anchor, skr_view_t *subject);
// Reads an anchor of either form. One of a name and a key reads as a CA's certificate that allows
// everything and never expires; it says so in is_name_and_key. SKR_OK or SKR_ERR_CERT_MALFORMED.
skr_status_t anchor_read(x509_certificate_t *certificate, skr_view_t anchor);

#endif
