// The BearSSL provider, by the tests that all providers share; the other end is OpenSSL's.
//
// In: nothing. Out: the number of tests that failed.
// BearSSL has no Ed25519; the tests say so where they leave it out. What is right on the host says
// nothing of the cores that a microcontroller's image links instead (bearssl_cores.c).
#include "support/crypto_cases.h"

int main(void) {
    return crypto_all_cases(&skr_provider_bearssl, &skr_provider_openssl);
}
