// UTCTime and GeneralizedTime to seconds since 1970-01-01T00:00:00Z.
//
// In: a DER element. Out: seconds, negative before 1970; the reader fails on any other form.
// RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2: seconds are there, no fraction, the zone is Z;
// two-digit years from 50 on are of the 20th century. Days that the month does not have are
// refused, and so is a 60th second. That years before 2050 should come as UTCTime is a rule for
// issuers and not checked here. No libc, no time zones.
#include "x509/time.h"

#include "base/bytes.h"

enum { TIME_DAY = 86400 };

// Two decimal digits; fails the reader on anything else.
static uint32_t time_digits(reader_t *r) {
    uint32_t tens = reader_u8(r) - (uint32_t)'0';
    uint32_t ones = reader_u8(r) - (uint32_t)'0';
    if (tens > 9 || ones > 9) {
        reader_fail(r);
        return 0;
    }
    return tens * 10 + ones;
}

static bool time_is_leap(uint32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t time_month_days(uint32_t year, uint32_t month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && time_is_leap(year) ? 29 : days[month - 1];
}

int64_t time_days(int32_t year, uint32_t month, uint32_t day) {
    // Years begin in March here, so that the leap day is the last of its year; 400 years have
    // 146097 days. All of it fits 32 bits, and small cores have no division of 64.
    int32_t y = year - (month <= 2);
    int32_t era = (y >= 0 ? y : y - 399) / 400;
    int32_t year_of_era = y - era * 400;
    int32_t day_of_year = (153 * ((int32_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int32_t)day -
        1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int64_t time_read(reader_t *r) {
    uint8_t tag;
    reader_t text = reader_of(der_any(r, &tag));
    uint32_t year = time_digits(&text);
    if (tag == DER_GENERALIZED_TIME) {
        year = year * 100 + time_digits(&text);
    } else {
        year += year >= 50 ? 1900 : 2000;
    }
    uint32_t month = time_digits(&text);
    uint32_t day = time_digits(&text);
    uint32_t hour = time_digits(&text);
    uint32_t minute = time_digits(&text);
    uint32_t second = time_digits(&text);
    bool zone = reader_u8(&text) == 'Z';
    bool is_time = tag == DER_GENERALIZED_TIME || tag == DER_UTC_TIME;
    if (!is_time || !zone || !reader_done(&text) || month < 1 || month > 12 || day < 1 ||
        day > time_month_days(year, month) || hour > 23 || minute > 59 || second > 59) {
        reader_fail(r);
        return 0;
    }
    int64_t seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    return time_days((int32_t)year, month, day) * TIME_DAY + seconds;
}
