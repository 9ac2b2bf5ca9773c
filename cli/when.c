// Moments as people write them.
//
// In: seconds since 1970, or a date and time in UTC as RFC 3339 writes it, without fractions and
// with "Z". Out: seconds.
//
// The calendar is the Gregorian one, computed here: timegm() is not POSIX and mktime() minds the
// time zone. Leap seconds do not exist in this count, so second 60 is refused.
#include "cli/when.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

// Days from 1970-01-01 to the first of January.
static int64_t days_before_year(int year) {
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static bool parse_date(const char *text, int64_t *seconds) {
    int year, month, day, hour, minute, second, used = 0;
    // The pattern of digits first: sscanf() is generous with signs and spaces.
    static const char pattern[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != sizeof(pattern) - 1) {
        return false;
    }
    for (size_t i = 0; pattern[i] != '\0'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !digit : text[i] != pattern[i]) {
            return false;
        }
    }
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute, &second,
            &used) < 6 ||
        year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    int64_t days = days_before_year(year) + day - 1;
    for (int m = 1; m < month; m++) {
        days += days_in_month(year, m);
    }
    *seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}

bool when_parse(const char *text, int64_t *seconds) {
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && number >= 0) {
        *seconds = number;
        return true;
    }
    return parse_date(text, seconds);
}
