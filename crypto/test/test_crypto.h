// For tests: randomness that repeats, and a provider whose calls fail on demand. Not for anything
// else: both keep their state in globals or in the caller's hands, and the randomness is none.
#ifndef SKR_TEST_TEST_CRYPTO_H
#define SKR_TEST_TEST_CRYPTO_H

#include "skerry/crypto.h"

// --- Fixed randomness: the same bytes for the same seed, on every machine ---
typedef struct {
    uint64_t word[4];
} test_random_t;

void test_random_seed(test_random_t *random, uint64_t seed);
// A skr_random_t; user is a test_random_t. Never fails.
bool test_random(void *user, uint8_t *out, size_t size);

// --- Scripted randomness: the bytes of a published trace (RFC 8448), in order ---
typedef struct {
    skr_view_t rest; // what was not drawn yet
} test_script_t;

// A skr_random_t; user is a test_script_t. Fails when the script has not enough left.
bool test_script_random(void *user, uint8_t *out, size_t size);

// --- Faults ---
// A provider that counts every call to the inner one and lets calls fail on demand. There is one at
// a time: a second call replaces the inner provider. Valid until then. key_close() and aead clear()
// can't fail and don't count.
const skr_provider_t *test_fault_provider(const skr_provider_t *inner);

// The nth call from now on fails, counted from 1; 0: none does. ever_after: and so do all that
// follow. Starts the count anew.
void test_fault_set(unsigned long nth, bool ever_after);
// Calls since test_fault_set(), those that failed included.
unsigned long test_fault_count(void);
// The first call that was made to fail since test_fault_set(), "hash update" or the like; NULL:
// none yet.
const char *test_fault_first(void);
// What a call that has more answers than one says when it is made to fail. FAILED at first. REFUSED
// and RETRY are said only by those calls that may say them by the contract; the others say FAILED.
void test_fault_answer(skr_crypto_t answer);

// Called before every call and behind every call that was passed on, from within the wrapper's
// frame: for who looks at the stack. NULL: nobody is.
void test_fault_watch(void (*before)(void), void (*after)(void));

// Any random source, counted and made to fail like the provider's own: user is a
// test_fault_random_t.
typedef struct {
    skr_random_t inner;
    void *user;
} test_fault_random_t;

bool test_fault_random(void *user, uint8_t *out, size_t size);

#endif
