// Random bytes from the operating system or the processor, by way of BearSSL's seeder.
//
// In: how many. Out: that many bytes of an HMAC_DRBG (SP 800-90A, SHA-256) that is seeded anew for
// each call, so that nothing has to be kept. false: there is no seeder (bare metal), it failed, or
// it is stuck. BearSSL 0.6 prefers RDRAND where the processor has it and believes what it says;
// processors are known that answer all ones for ever after a suspend. So two seeds are drawn and
// must differ; both go in. On a microcontroller the configuration gives its own source, and this
// file is not needed.
#include <bearssl.h>
#include "bearssl_provider.h"
#include "bearssl_util.h"

#define SEED_SIZE 32

// What a seeder believes to be a generator: it keeps the seed.
typedef struct {
    const br_prng_class *vtable;
    bool filled;
    uint8_t seed[SEED_SIZE];
} catcher_t;

static void catcher_update(const br_prng_class **ctx, const void *seed, size_t size) {
    catcher_t *catcher = (catcher_t *)(void *)ctx;
    const uint8_t *bytes = seed;
    catcher->filled = size == SEED_SIZE;
    for (size_t i = 0; i < size && i < SEED_SIZE; i++) {
        catcher->seed[i] = bytes[i];
    }
}

static const br_prng_class catcher_class = {
    .context_size = sizeof(catcher_t),
    .init = NULL,
    .generate = NULL,
    .update = catcher_update,
};

static bool draw(br_prng_seeder seeder, catcher_t *catcher) {
    catcher->vtable = &catcher_class;
    catcher->filled = false;
    return seeder(&catcher->vtable) != 0 && catcher->filled;
}

bool bearssl_random(void *user, uint8_t *out, size_t size) {
    catcher_t a, b;
    (void)user;
    br_prng_seeder seeder = br_prng_seeder_system(NULL);
    if (seeder == NULL) {
        return false;
    }
    bool good = draw(seeder, &a) && draw(seeder, &b) && !bearssl_equal(a.seed, b.seed, SEED_SIZE);
    if (good) {
        br_hmac_drbg_context drbg;
        br_hmac_drbg_init(&drbg, &br_sha256_vtable, a.seed, sizeof(a.seed));
        br_hmac_drbg_update(&drbg, b.seed, sizeof(b.seed));
        br_hmac_drbg_generate(&drbg, out, size);
        bearssl_wipe(&drbg, sizeof(drbg));
    }
    bearssl_wipe(&a, sizeof(a));
    bearssl_wipe(&b, sizeof(b));
    return good;
}
