// Bytes and scalars that may be secret: what the files of this provider share.
//
// In: bytes. Out: one bit about them, or zeros in their place.
// Accesses go through volatile pointers and differences are gathered before they are judged, so
// neither time nor addresses depend on the bytes, and no compiler drops a wipe as a dead store.
// Sizes are public. (src/base/ct.c says the same for the engine; a provider sees nothing of src/.)
#include "bearssl_util.h"
#include "bearssl_cores.h"

void bearssl_wipe(void *data, size_t size) {
    volatile uint8_t *x = data;
    for (size_t i = 0; i < size; i++) {
        x[i] = 0;
    }
}

bool bearssl_equal(const void *a, const void *b, size_t size) {
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < size; i++) {
        difference = (uint8_t)(difference | (x[i] ^ y[i]));
    }
    return difference == 0;
}

bool bearssl_is_zero(const void *data, size_t size) {
    const volatile uint8_t *x = data;
    uint8_t seen = 0;
    for (size_t i = 0; i < size; i++) {
        seen = (uint8_t)(seen | x[i]);
    }
    return seen == 0;
}

bool bearssl_scalar_valid(int curve, const uint8_t *scalar, size_t size) {
    size_t order_size;
    const uint8_t *order = bearssl_cores_ec_secret()->order(curve, &order_size);
    if (size == 0 || size > order_size) {
        return false;
    }
    // scalar - order, from the last byte on: it borrows just when scalar is below order.
    const volatile uint8_t *x = scalar;
    uint32_t borrow = 0;
    for (size_t i = 1; i <= order_size; i++) {
        uint32_t digit = i <= size ? x[size - i] : 0;
        borrow = ((digit - order[order_size - i] - borrow) >> 8) & 1;
    }
    bool zero = bearssl_is_zero(scalar, size);
    return (borrow == 1) & !zero;
}

size_t bearssl_curve_size(int curve) {
    return curve == BR_EC_secp256r1 ? 32 : 48;
}

uint8_t *bearssl_unconst(const uint8_t *data) {
    return (uint8_t *)(uintptr_t)data;
}
