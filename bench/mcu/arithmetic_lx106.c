// What the ESP8266 has in its ROM and the compiler's library for lx106 therefore lacks: 64-bit
// multiplication and all division.
//
// In: the compiler's calls. Out: their results; division by zero gives 0. The core multiplies 16
// bits by 16 in one instruction and divides nothing: long division by shifts. Only stand-ins: the
// ROM's own take about as many instructions.
#include <stdint.h>

#pragma GCC optimize("O2")

uint64_t __muldi3(uint64_t x, uint64_t y);
uint32_t __udivsi3(uint32_t n, uint32_t d);
uint32_t __umodsi3(uint32_t n, uint32_t d);
int32_t __divsi3(int32_t n, int32_t d);
int32_t __modsi3(int32_t n, int32_t d);
uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
int64_t __moddi3(int64_t n, int64_t d);

uint64_t __muldi3(uint64_t x, uint64_t y) {
    uint32_t a = (uint32_t)x, b = (uint32_t)y;
    uint16_t a1 = (uint16_t)(a >> 16), a0 = (uint16_t)a, b1 = (uint16_t)(b >> 16), b0 = (uint16_t)b;
    uint32_t low = (uint32_t)a0 * b0, high = (uint32_t)a1 * b1;
    uint32_t m0 = (uint32_t)a0 * b1, m1 = (uint32_t)a1 * b0, middle = m0 + m1;
    uint32_t carry = middle < m0, sum = low + (middle << 16);
    high += (middle >> 16) + (carry << 16) + (sum < low);
    high += a * (uint32_t)(y >> 32) + (uint32_t)(x >> 32) * b;
    return (uint64_t)high << 32 | sum;
}

static uint32_t divide32(uint32_t n, uint32_t d, uint32_t *rest) {
    uint32_t quotient = 0;
    if (d != 0 && n >= d) {
        int shift = __builtin_clz(d) - __builtin_clz(n);
        for (d <<= shift; shift >= 0; shift--, d >>= 1) {
            quotient <<= 1;
            if (n >= d) {
                n -= d;
                quotient |= 1;
            }
        }
    }
    *rest = n;
    return quotient;
}

uint32_t __udivsi3(uint32_t n, uint32_t d) {
    uint32_t rest;
    return divide32(n, d, &rest);
}

uint32_t __umodsi3(uint32_t n, uint32_t d) {
    uint32_t rest;
    divide32(n, d, &rest);
    return rest;
}

static uint32_t size32(int32_t n) {
    return n < 0 ? 0 - (uint32_t)n : (uint32_t)n;
}

int32_t __divsi3(int32_t n, int32_t d) {
    uint32_t rest, quotient = divide32(size32(n), size32(d), &rest);
    return (n ^ d) < 0 ? -(int32_t)quotient : (int32_t)quotient;
}

int32_t __modsi3(int32_t n, int32_t d) {
    uint32_t rest;
    divide32(size32(n), size32(d), &rest);
    return n < 0 ? -(int32_t)rest : (int32_t)rest;
}

static uint64_t divide64(uint64_t n, uint64_t d, uint64_t *rest) {
    uint64_t quotient = 0;
    int shift = 0;
    if (d != 0 && n >= d) {
        while (!(d >> 63) && (d << 1) <= n) {
            d <<= 1;
            shift++;
        }
        for (; shift >= 0; shift--, d >>= 1) {
            quotient <<= 1;
            if (n >= d) {
                n -= d;
                quotient |= 1;
            }
        }
    }
    *rest = n;
    return quotient;
}

uint64_t __udivdi3(uint64_t n, uint64_t d) {
    uint64_t rest;
    return divide64(n, d, &rest);
}

uint64_t __umoddi3(uint64_t n, uint64_t d) {
    uint64_t rest;
    divide64(n, d, &rest);
    return rest;
}

static uint64_t size64(int64_t n) {
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

int64_t __divdi3(int64_t n, int64_t d) {
    uint64_t rest, quotient = divide64(size64(n), size64(d), &rest);
    return (n ^ d) < 0 ? -(int64_t)quotient : (int64_t)quotient;
}

int64_t __moddi3(int64_t n, int64_t d) {
    uint64_t rest;
    divide64(size64(n), size64(d), &rest);
    return n < 0 ? -(int64_t)rest : (int64_t)rest;
}
