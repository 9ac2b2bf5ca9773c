// A program of somebody else that uses Skerry.
//
// tests/consumer/run.sh builds it in each way that a user may choose: add_subdirectory(),
// find_package() and pkg-config. Out: the version of both crypto providers and the text of one
// error, which shows that the headers, the engine, the two providers and their libraries were all
// found. It talks to nobody.
#include <stdio.h>

#include "skerry/crypto.h"
#include "skerry/errors.h"

int main(void) {
    const skr_provider_t *providers[] = {&skr_provider_openssl, &skr_provider_bearssl};
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
        printf("provider: %s\n", providers[i]->name);
    }
    printf("an error: %s\n", skr_error_text(SKR_ERR_DECODE));
    return skr_error_alert(SKR_ERR_DECODE) == SKR_ALERT_DECODE_ERROR ? 0 : 1;
}
