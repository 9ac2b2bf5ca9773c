// Types that every layer shares: a view over bytes that somebody else owns, and the engine's
// status.
#ifndef SKR_TYPES_H
#define SKR_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that somebody else owns. A view never owns and never outlives what it looks at.
// Absent is data == NULL; present and empty is data != NULL, size == 0.
typedef struct {
    const uint8_t *data;
    size_t size; // bytes
} skr_view_t;

#endif
