// A line for a key log file (src/conn/keylog.c; RFC 9850).
//
// In: labels, Randoms and secrets of every size that there is. Out: "LABEL random secret\n" to the
// letter, in small hexadecimal digits, with its size, not a byte behind it, within SKR_KEYLOG_LINE.
// Which secrets are told, and that Wireshark's form is met by whole connections, is not asked here.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "skerry/skerry.h"

enum { GUARD = 8, FILL = 0x5a };

static uint8_t random_bytes[SKR_RANDOM_SIZE];
static uint8_t secret[SKR_SECRET_SIZE_MAX];

static size_t line_of(char *line, const char *label, size_t size) {
    for (size_t i = 0; i < sizeof(random_bytes); i++) {
        random_bytes[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t)(0xff - 5 * i);
    }
    memset(line, FILL, SKR_KEYLOG_LINE + GUARD);
    return skr_keylog_line(line, label, random_bytes, secret, size);
}

static void test_to_the_letter(void **state) {
    (void)state;
    static const char expected[] =
        "CLIENT_RANDOM 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f fffaf5f0\n";
    char line[SKR_KEYLOG_LINE + GUARD];
    size_t size = line_of(line, "CLIENT_RANDOM", 4);
    assert_int_equal(size, sizeof(expected) - 1);
    assert_memory_equal(line, expected, size);
    assert_int_equal(line[size], FILL); // a line, not a string
}

// The value of a digit, as others read it.
static unsigned digit(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *p = strchr(digits, c);
    assert_non_null(p);
    return (unsigned)(p - digits);
}

static void expect_bytes(const char *text, const uint8_t *expected, size_t size) {
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]), expected[i]);
    }
}

// The longest label with the longest secret fits, and it can be read back.
static void test_every_label(void **state) {
    (void)state;
    static const char *const labels[] = {"CLIENT_RANDOM", "CLIENT_EARLY_TRAFFIC_SECRET",
        "EARLY_EXPORTER_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
        "EXPORTER_SECRET"};
    static const size_t sizes[] = {32, 48};
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        for (size_t j = 0; j < 2; j++) {
            char line[SKR_KEYLOG_LINE + GUARD];
            size_t label = strlen(labels[i]);
            size_t size = line_of(line, labels[i], sizes[j]);
            assert_int_equal(size, label + 1 + 2 * SKR_RANDOM_SIZE + 1 + 2 * sizes[j] + 1);
            assert_in_range(size, 1, SKR_KEYLOG_LINE);
            assert_memory_equal(line, labels[i], label);
            assert_int_equal(line[label], ' ');
            expect_bytes(line + label + 1, random_bytes, SKR_RANDOM_SIZE);
            assert_int_equal(line[label + 1 + 2 * SKR_RANDOM_SIZE], ' ');
            expect_bytes(line + label + 2 + 2 * SKR_RANDOM_SIZE, secret, sizes[j]);
            assert_int_equal(line[size - 1], '\n');
            for (size_t k = size; k < sizeof(line); k++) {
                assert_int_equal(line[k], FILL);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_the_letter),
        cmocka_unit_test(test_every_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
