// What mbedTLS wants of an operating system: the time, and where entropy comes from.
//
// In: its calls. Out: the driver's time, which stands still, and the driver's random numbers, which
// are nobody's secret. Enough for a handshake that is measured, for nothing else. The calendar
// comes by way of time(), which the driver has.
#include "bench/bench.h"

#include <mbedtls/entropy.h>
#include <mbedtls/platform_time.h>
#include <mbedtls/platform_util.h>

bool driver_random(void *user, uint8_t *out, size_t size);
int mbedtls_hardware_poll(void *user, unsigned char *out, size_t size, size_t *got);

int mbedtls_hardware_poll(void *user, unsigned char *out, size_t size, size_t *got) {
    *got = size;
    return driver_random(user, out, size) ? 0 : -1;
}

mbedtls_ms_time_t mbedtls_ms_time(void) {
    return bench_now() * 1000;
}
