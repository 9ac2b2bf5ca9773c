// Randomness for tests: the same bytes each time.
//
// In: a seed, or a script of bytes. Out: bytes of the shape that skr_random_t promises and nothing
// of the quality. The generator is xoshiro256** (Blackman and Vigna), seeded by splitmix64, read
// little-endian byte by byte, so that a run gives the same on every machine. Asking for a and then
// b bytes gives other bytes than asking for a + b.
#include "test_crypto.h"

#include <string.h>

void test_random_seed(test_random_t *random, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        random->word[i] = z ^ (z >> 31);
    }
}

static uint64_t rotate(uint64_t x, int by) {
    return (x << by) | (x >> (64 - by));
}

static uint64_t next_word(uint64_t *s) {
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

bool test_random(void *user, uint8_t *out, size_t size) {
    test_random_t *random = user;
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) {
        word = i % 8 == 0 ? next_word(random->word) : word >> 8;
        out[i] = (uint8_t)word;
    }
    return true;
}

bool test_script_random(void *user, uint8_t *out, size_t size) {
    test_script_t *script = user;
    if (script->rest.size < size) {
        return false;
    }
    memcpy(out, script->rest.data, size);
    script->rest.data += size;
    script->rest.size -= size;
    return true;
}
