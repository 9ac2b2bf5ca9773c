// A line for a key log file (RFC 9850).
//
// In: what a secret log is told: a label, the client's Random, a secret. Out: one line of text,
// "LABEL random secret". An object of its own that nothing in the library refers to: a program that
// does not ask for key logs does not hold the means to write them. Writes no file: the caller does.
#include "base/writer.h"
#include "skerry/skerry.h"

static void keylog_hex(writer_t *w, const uint8_t *data, size_t size) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        writer_u8(w, (uint8_t)digits[data[i] >> 4]);
        writer_u8(w, (uint8_t)digits[data[i] & 15]);
    }
}

size_t skr_keylog_line(char *line, const char *label, const uint8_t *client_random,
    const uint8_t *secret, size_t size) {
    writer_t w = writer_of((uint8_t *)line, SKR_KEYLOG_LINE);
    for (const char *p = label; *p != 0; p++) {
        writer_u8(&w, (uint8_t)*p);
    }
    writer_u8(&w, ' ');
    keylog_hex(&w, client_random, SKR_RANDOM_SIZE);
    writer_u8(&w, ' ');
    keylog_hex(&w, secret, size);
    writer_u8(&w, '\n');
    return writer_size(&w);
}
