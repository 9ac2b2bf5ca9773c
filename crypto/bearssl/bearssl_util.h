// Bytes and scalars that may be secret: what the files of this provider share.
#ifndef SKR_BEARSSL_UTIL_H
#define SKR_BEARSSL_UTIL_H

#include "skerry/types.h"

void bearssl_wipe(void *data, size_t size);
bool bearssl_equal(const void *a, const void *b, size_t size);
bool bearssl_is_zero(const void *data, size_t size);

// Is this big-endian number in 1 .. n-1 for the curve's order n? Numbers may be shorter than n, but
// not longer.
bool bearssl_scalar_valid(int curve, const uint8_t *scalar, size_t size);

// BearSSL reads keys through pointers that lack a const.
uint8_t *bearssl_unconst(const uint8_t *data);

// Bytes of a coordinate and of a scalar of P-256 or P-384, by BearSSL's number (which is TLS's).
size_t bearssl_curve_size(int curve);

#endif
