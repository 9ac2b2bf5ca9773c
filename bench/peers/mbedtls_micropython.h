// mbedTLS as MicroPython 1.25 has it: its own file, and what its ports say beside it.
#ifndef BENCH_MBEDTLS_MICROPYTHON_H
#define BENCH_MBEDTLS_MICROPYTHON_H

#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_VERSION_C
#define MBEDTLS_FS_IO
#include "mbedtls_config_common.h"

#endif
