// Is a certificate for a name?
#ifndef SKR_X509_MATCH_H
#define SKR_X509_MATCH_H

#include "x509/certificate.h"

// Is text a host name: labels of letters, digits and inner hyphens, the last one not all digits?
bool match_is_host(skr_view_t text);
// The same, or such a name behind "*.".
bool match_is_pattern(skr_view_t text);
// The same bytes, but for the case of ASCII letters?
bool match_text_equal(skr_view_t a, skr_view_t b);
// subject_alt_name is the content of the SEQUENCE of GeneralName, or absent.
bool match_name(skr_view_t subject_alt_name, const skr_name_t *name);

#endif
