// Memory for connections from malloc(), counted: how much of each region is and was in use.
#ifndef PORTS_POSIX_MEMORY_H
#define PORTS_POSIX_MEMORY_H

#include "skerry/config.h"

typedef struct {
    size_t now, peak; // bytes of all regions together
    size_t region_now[SKR_REGION_COUNT];
    size_t region_peak[SKR_REGION_COUNT];
    unsigned long takes; // blocks that were asked for since the start
    size_t limit; // bytes that may be in use at once, 0: as many as there are
} posix_memory_t;

// Sets counters to zero and fills interface, which must not outlive memory.
void posix_memory_init(posix_memory_t *memory, skr_memory_t *interface);

// The region's name for people ("record in"). Never NULL.
const char *posix_region_name(unsigned region);

#endif
