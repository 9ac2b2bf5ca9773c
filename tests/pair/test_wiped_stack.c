// What is left on the stack below the engine's calls.
//
// In: the lives of wiped_life.h, whole ones and those in which a call to the provider fails. The
// stack is painted; before each call to the provider and behind each step what is no paint any more
// is kept, and behind each call to the provider it is painted again, so that only what the engine's
// own functions have left is seen. Out: no secret was among it, not even in frames that a later
// call would have covered. What a library leaves in its frames is told and not judged.
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "wiped_life.h"

static pair_t pair;

// DEEP: bytes of stack, from the test's frame on, that are painted and looked at, more than any
// call takes: then everything below a frame is either paint or was left there since. NEAR: so much
// below its frame's address a function that looks may have something of its own.
enum { DEEP = 32768, NEAR = 32, WORD = 8, REMAINS_MAX = 1 << 24 };
#define PAINT UINT64_C(0xa5a5a5a5a5a5a5a5)
static uintptr_t deepest; // address down to which the stack is painted
typedef struct {
    size_t size, pieces;
    uint8_t bytes[REMAINS_MAX]; // piece by piece what was found, a gap between them
} remains_t;
static remains_t ours, theirs; // by the engine's functions, by the provider's
static bool watching;

#define OWN_STACK __attribute__((noinline, no_sanitize("address", "undefined")))

static OWN_STACK void paint(void) {
    volatile uint64_t *word = (volatile uint64_t *)deepest;
    uintptr_t end = (uintptr_t)__builtin_frame_address(0) - NEAR;
    for (; watching && (uintptr_t)word < end; word++) {
        *word = PAINT;
    }
}

static OWN_STACK void look(remains_t *remains) {
    const volatile uint64_t *word = (const volatile uint64_t *)deepest;
    uintptr_t end = (uintptr_t)__builtin_frame_address(0) - NEAR;
    if (!watching) {
        return;
    }
    while ((uintptr_t)word < end && *word == PAINT) {
        word++;
    }
    if ((uintptr_t)word >= end || REMAINS_MAX - remains->size < DEEP + WORD) {
        return;
    }
    for (; (uintptr_t)word < end; word++) {
        uint64_t value = *word;
        for (unsigned i = 0; i < WORD; i++) {
            remains->bytes[remains->size++] = ((const uint8_t *)&value)[i];
        }
    }
    remains->bytes[remains->size++] = 0;
    remains->pieces++;
}

static OWN_STACK void look_and_paint(void) {
    look(&ours);
    paint();
}

static OWN_STACK void look_behind_provider(void) {
    look(&theirs);
    paint();
}

static OWN_STACK void begin_watching(void) {
    deepest = ((uintptr_t)__builtin_frame_address(0) - DEEP) / WORD * WORD;
    watching = true;
    paint();
}

// Both sides have the same provider.
static void watch(void) {
    const skr_provider_t *provider = test_fault_provider(pair.client.config.provider);
    pair.client.config.provider = pair.server.config.provider = provider;
    test_fault_watch(look_and_paint, look_behind_provider);
    ours.size = ours.pieces = theirs.size = theirs.pieces = 0;
}

static void step_all(void) {
    do {
        look_and_paint();
    } while (pair_step(&pair));
    look_and_paint();
}

// A life, step by step.
static void live(const wiped_life_t *life) {
    wiped_prepare(&pair, life);
    begin_watching();
    wiped_start(&pair, life);
    step_all();
    wiped_try_on(&pair, life);
    look_and_paint();
    watching = false;
    wiped_learn(&pair, life, 0);
}

static void assert_remains(void) {
    secrets_assert_absent("the stack", ours.bytes, ours.size, SECRET_NEVER);
    assert_true(ours.size < REMAINS_MAX - DEEP - WORD); // there was room for all
}

static void begin(const wiped_life_t *life, const skr_provider_t *provider) {
    wiped_begin(&pair, life, provider, provider);
    watch();
}

static void test_lives(void **state) {
    const skr_provider_t *provider = *state;
    for (size_t i = 0; i < WIPED_LIVES; i++) {
        const wiped_life_t *life = &wiped_lives[i];
        pair_note("%s", life->name);
        begin(life, provider);
        live(life);
        pair_assert_complete(&pair);
        assert_true(ours.pieces > 90 && ours.size > 20000);
        assert_remains();
        const char *left = secrets_find(theirs.bytes, theirs.size, SECRET_NEVER);
        if (left != NULL) {
            print_message("    %s: the library leaves %s\n", life->name, left);
        }
        wiped_end(&pair);
    }
    test_fault_watch(NULL, NULL);
    pair_note("%s", "");
}

static void test_failures(void **state) {
    const skr_provider_t *provider = *state;
    unsigned failed = 0;
    for (size_t i = 0; i < WIPED_LIVES; i++) {
        const wiped_life_t *life = &wiped_lives[i];
        for (unsigned long n = 1 + i; test_fault_first() != NULL || n == 1 + i; n += 41) {
            pair_note("%s, call %lu", life->name, n);
            begin(life, provider);
            wiped_prepare(&pair, life);
            test_fault_set(n, n % 2 == 0);
            live(life);
            failed += test_fault_first() != NULL;
            assert_remains();
            wiped_end(&pair);
        }
        test_fault_set(0, false);
    }
    assert_true(failed > 100);
    test_fault_watch(NULL, NULL);
    pair_note("%s", "");
}

// The search finds what a careless function leaves.
static OWN_STACK void careless(void) {
    volatile uint8_t block[1024];
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] = i < 512 ? (uint8_t)(i * 5) : 0;
    }
}

static void test_finds(void **state) {
    uint8_t secret[16];
    (void)state;
    for (size_t i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t)((100 + i) * 5);
    }
    secrets_begin();
    secrets_add("a careless function's block", SECRET_NEVER, secret, sizeof(secret));
    ours.size = ours.pieces = 0;
    begin_watching();
    look(&ours);
    assert_int_equal(ours.pieces, 0);
    careless();
    look_and_paint();
    assert_non_null(secrets_find(ours.bytes, ours.size, SECRET_NEVER));
    watching = false;
}

int main(int argc, char **argv) {
    // At a function's first call a dynamic linker that binds late saves all registers on the stack,
    // also those through which memcpy() has just moved a secret. That is not the engine's doing.
    (void)argc;
    if (getenv("LD_BIND_NOW") == NULL && setenv("LD_BIND_NOW", "1", 1) == 0) {
        execv("/proc/self/exe", argv);
    }
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_finds),
        PAIR_TEST_WITH(test_lives, (void *)&skr_provider_openssl),
        PAIR_TEST_WITH(test_lives, (void *)&skr_provider_bearssl),
        PAIR_TEST_WITH(test_failures, (void *)&skr_provider_openssl),
        PAIR_TEST_WITH(test_failures, (void *)&skr_provider_bearssl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
