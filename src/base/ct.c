// Constant-time helpers, the only ones of the tree.
//
// In: bytes that may be secret. Out: one bit about them, or zeros in their place.
// Accesses go through volatile pointers and every difference is gathered before it is judged, so
// neither the time nor the addresses depend on the bytes, and no compiler shortens the loop or
// drops the wipe as a dead store. Sizes are public. There is no select or copy by a secret bit:
// nothing in the engine needs one.
#include "base/ct.h"

#include <string.h>

bool ct_equal(const void *a, const void *b, size_t size) {
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < size; i++) {
        difference = (uint8_t)(difference | (x[i] ^ y[i]));
    }
    return difference == 0;
}

bool ct_is_zero(const void *data, size_t size) {
    const volatile uint8_t *x = data;
    uint8_t seen = 0;
    for (size_t i = 0; i < size; i++) {
        seen = (uint8_t)(seen | x[i]);
    }
    return seen == 0;
}

void ct_wipe(void *data, size_t size) {
    // What a volatile pointer points to the compiler can't know, so the call stays even where the
    // bytes are never read again; the C library's own memset is many times as fast as a loop of
    // volatile stores.
    void *(*volatile wipe)(void *, int, size_t) = memset;
    if (size > 0) {
        wipe(data, 0, size);
    }
}
