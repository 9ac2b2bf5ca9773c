// The two clocks of a POSIX system.
//
// Out: the calendar's time, by which certificates are valid or not, and a clock that is never set,
// by which waits are measured. The engine itself never asks the time: it is told.
//
// No time zone, no leap second: seconds since 1970 as POSIX counts them.
#include "ports/posix/clock.h"

#include <time.h>

int64_t posix_now(void) {
    return (int64_t)time(NULL);
}

int64_t posix_microseconds(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
