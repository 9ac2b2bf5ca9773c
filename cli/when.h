// Moments as people write them.
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>

// "1700000000" or "2023-11-14T22:13:20Z" to seconds since 1970. false: neither, or no such moment.
bool when_parse(const char *text, int64_t *seconds);

#endif
