// Big-endian bytes and views.
#ifndef SKR_BASE_BYTES_H
#define SKR_BASE_BYTES_H

#include <string.h>

#include "skerry/types.h"

static inline uint16_t bytes_get16(const uint8_t *p) {
    return (uint16_t)((p[0] << 8) | p[1]);
}

static inline void bytes_put16(uint8_t *p, uint16_t value) {
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static inline void bytes_put64(uint8_t *p, uint64_t value) {
    for (int i = 7; i >= 0; i--) {
        p[i] = (uint8_t)value;
        value >>= 8;
    }
}

static inline skr_view_t view_of(const void *data, size_t size) {
    skr_view_t view = {data, size};
    return view;
}

// A string literal without its zero.
#define VIEW_LITERAL(text) view_of("" text, sizeof(text) - 1)

static inline bool view_is(skr_view_t view) {
    return view.data != NULL;
}

// For what everybody may see: public values, never secrets (ct_equal() is for those).
bool view_equal(skr_view_t a, skr_view_t b);

#endif
