// DER times as seconds since 1970-01-01T00:00:00Z.
#ifndef SKR_X509_TIME_H
#define SKR_X509_TIME_H

#include "x509/der.h"

// A UTCTime or GeneralizedTime in the form of RFC 5280 section 4.1.2.5.
int64_t time_read(reader_t *r);
// Days from 1970-01-01 to a date of the Gregorian calendar; month 1 to 12, year -1000000 to
// 1000000.
int64_t time_days(int32_t year, uint32_t month, uint32_t day);

#endif
