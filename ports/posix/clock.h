// Time: what the calendar says, and how much has passed.
#ifndef PORTS_POSIX_CLOCK_H
#define PORTS_POSIX_CLOCK_H

#include <stdint.h>

int64_t posix_now(void); // seconds since 1970-01-01T00:00:00Z
int64_t posix_microseconds(void); // since some moment in the past; never goes back

#endif
