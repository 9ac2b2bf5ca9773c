// No secret stays on the stack behind the keys layer.
//
// Each function runs in a thread on a stack of ours that is filled with a pattern before; after the
// thread has ended the stack is searched for the secrets that went in, came out, or stood in
// between. The hash is a toy that keeps its own temporaries out of the stack, so that only what our
// code leaves is found; a function that wipes nothing shows that the search finds something.
#define _XOPEN_SOURCE 700 // pthread_attr_setstack()
#include "unit.h"

#include <pthread.h>

#include "base/bytes.h"
#include "base/ct.h"
#include "keys/hkdf.h"
#include "keys/schedule.h"

enum { STACK = 1 << 18, GAP = STACK / 4, SIZE = 32, BLOCK = 64, SECRETS = 256 };
static _Alignas(4096) uint8_t stack[STACK];

// Everything that must not be found: digests and states of the toy hash, and the inputs.
static uint8_t secrets[SECRETS][SIZE];
static size_t secret_count;

static void remember(const uint8_t *secret) {
    if (secret_count < SECRETS) {
        memcpy(secrets[secret_count++], secret, SIZE);
    }
}

// The state: SIZE bytes, each stirred by every byte that comes in, and a counter.
static bool toy_init(void *state) {
    uint8_t *s = state;
    for (unsigned i = 0; i < SIZE; i++) {
        s[i] = (uint8_t)(0x31 + 7 * i);
    }
    s[SIZE] = 0;
    return true;
}

static bool toy_update(void *state, const uint8_t *data, size_t size) {
    uint8_t *s = state;
    for (size_t i = 0; i < size; i++) {
        s[SIZE]++;
        for (unsigned j = 0; j < SIZE; j++) {
            s[j] = (uint8_t)((s[j] ^ data[i]) * 167u + s[(j + 1) % SIZE] + s[SIZE] + j);
        }
        if (s[SIZE] == BLOCK) { // the state behind one of HMAC's pads
            remember(s);
        }
    }
    return true;
}

static bool toy_result(const void *state, uint8_t *out) {
    const uint8_t *s = state;
    for (unsigned i = 0; i < SIZE; i++) {
        out[i] = (uint8_t)(s[i] ^ 0x5a);
    }
    if (s[SIZE] >= BLOCK) { // keyed, else it is a hash of what everybody knows
        remember(out);
        remember(s);
    }
    return true;
}

static const skr_hash_t toy = {.size = SIZE,
    .block_size = BLOCK,
    .state_size = SIZE + 1,
    .init = toy_init,
    .update = toy_update,
    .result = toy_result};

static const uint8_t input[SIZE + 1] = "an input that is 32 bytes long..";
static const uint8_t digest[SIZE] = {0xd1, 0x9e, 0x57};
static uint8_t output[128];
static schedule_t ladder;

static bool run_compute(void) {
    return hmac_compute(&toy, view_of(input, SIZE), VIEW_LITERAL("data"), output);
}

static bool run_extract(void) {
    return hkdf_extract(&toy, view_of(digest, SIZE), view_of(input, SIZE), output);
}

static bool run_expand(void) {
    return hkdf_expand_label(
        &toy, input, VIEW_LITERAL("label"), view_of(digest, SIZE), output, 2 * SIZE + 5);
}

static bool run_early(void) {
    return schedule_early(&ladder, &toy, view_of(input, SIZE));
}

static bool run_handshake(void) {
    return schedule_handshake(&ladder, view_of(input, SIZE), digest);
}

static bool run_master(void) {
    return schedule_master(&ladder, digest);
}

static bool run_finished(void) {
    return schedule_finished(&toy, input, digest, output);
}

static bool run_update(void) {
    memcpy(output, input, SIZE);
    return schedule_update(&toy, output);
}

static bool run_traffic_keys(void) {
    return schedule_traffic_keys(&toy, input, output, SIZE, output + SIZE);
}

static bool run_export(void) {
    return schedule_export(&toy, input, VIEW_LITERAL("l"), view_of(digest, SIZE), output, SIZE);
}

// What a careless function does.
static bool run_careless(void) {
    volatile uint8_t copy[SIZE];
    for (size_t i = 0; i < SIZE; i++) {
        copy[i] = input[i];
    }
    return copy[0] == input[0];
}

typedef bool (*run_t)(void);
static run_t running;

// Behind a gap, so that the start and the end of the thread do not write where our code has been.
static void *run_thread(void *argument) {
    volatile uint8_t gap[GAP];
    gap[0] = argument == NULL;
    return running() && gap[0] == 1 ? &running : NULL;
}

// Are 16 bytes in a row of any secret on the stack, below the gap?
static bool found_on_stack(void) {
    for (size_t at = 0; at < STACK - GAP; at++) {
        for (size_t i = 0; i < secret_count; i++) {
            const uint8_t *half = secrets[i] + (stack[at] == secrets[i][0] ? 0 : SIZE / 2);
            if (stack[at] == half[0] && memcmp(stack + at, half, SIZE / 2) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool leaves_secrets(run_t run) {
    pthread_attr_t attributes;
    pthread_t thread;
    void *result = NULL;
    secret_count = 0;
    remember(input);
    for (size_t i = 0; i < SIZE; i++) { // as HMAC's pads have it
        secrets[1][i] = input[i] ^ 0x36;
        secrets[2][i] = input[i] ^ 0x5c;
    }
    secret_count = 3;
    memset(stack, 0xee, sizeof(stack));
    running = run;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack, sizeof(stack)), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_non_null(result);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    return found_on_stack();
}

static void test_stack(void **state) {
    (void)state;
    static const struct {
        const char *name;
        run_t run;
    } runs[] = {{"hmac_compute", run_compute}, {"hkdf_extract", run_extract},
        {"hkdf_expand_label", run_expand}, {"schedule_early", run_early},
        {"schedule_handshake", run_handshake}, {"schedule_master", run_master},
        {"schedule_finished", run_finished}, {"schedule_update", run_update},
        {"schedule_traffic_keys", run_traffic_keys}, {"schedule_export", run_export}};
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        print_message("    %s\n", runs[i].name);
        assert_false(leaves_secrets(runs[i].run));
        assert_true(secret_count > 5 && secret_count < SECRETS);
    }
}

static void test_search_finds(void **state) {
    (void)state;
    assert_true(leaves_secrets(run_careless));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stack),
        cmocka_unit_test(test_search_finds),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
