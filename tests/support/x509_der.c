// A DER writer for tests.
//
// In: tags, contents, dotted object identifiers. Out: DER in the caller's block.
// Lengths are minimal; everything else is as the test says. A block that is too small ends the test
// program.
#include "support/x509_der.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

x509_der_t x509_der_of(uint8_t *data, size_t capacity) {
    x509_der_t out = {data, 0, capacity};
    return out;
}

static void der_reserve(const x509_der_t *out, size_t size) {
    if (out->capacity - out->size < size) {
        fprintf(stderr, "x509_der: the block of %zu bytes is too small\n", out->capacity);
        abort();
    }
}

void x509_der_bytes(x509_der_t *out, const void *data, size_t size) {
    der_reserve(out, size);
    if (size > 0) {
        memcpy(out->data + out->size, data, size);
    }
    out->size += size;
}

void x509_der_view(x509_der_t *out, skr_view_t view) {
    x509_der_bytes(out, view.data, view.size);
}

size_t x509_der_open(x509_der_t *out, uint8_t tag) {
    x509_der_bytes(out, &tag, 1);
    return out->size;
}

void x509_der_close(x509_der_t *out, size_t opened) {
    size_t size = out->size - opened;
    uint8_t length[4];
    size_t length_size = 1;
    if (size < 0x80) {
        length[0] = (uint8_t)size;
    } else {
        size_t bytes = size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;
        length[0] = (uint8_t)(0x80 | bytes);
        for (size_t i = 0; i < bytes; i++) {
            length[1 + i] = (uint8_t)(size >> (8 * (bytes - 1 - i)));
        }
        length_size += bytes;
    }
    der_reserve(out, length_size);
    memmove(out->data + opened + length_size, out->data + opened, size);
    memcpy(out->data + opened, length, length_size);
    out->size += length_size;
}

void x509_der_put(x509_der_t *out, uint8_t tag, const void *data, size_t size) {
    size_t opened = x509_der_open(out, tag);
    x509_der_bytes(out, data, size);
    x509_der_close(out, opened);
}

void x509_der_text(x509_der_t *out, uint8_t tag, const char *text) {
    x509_der_put(out, tag, text, strlen(text));
}

void x509_der_number(x509_der_t *out, uint8_t tag, unsigned long value) {
    uint8_t bytes[9] = {0};
    size_t size = 0;
    do {
        bytes[8 - size++] = (uint8_t)value;
        value >>= 8;
    } while (value != 0 && size < 8);
    if (bytes[9 - size] >= 0x80) {
        size++;
    }
    x509_der_put(out, tag, bytes + 9 - size, size);
}

static void der_arc(x509_der_t *out, unsigned long arc) {
    uint8_t bytes[10];
    size_t size = 0;
    do {
        bytes[9 - size] = (uint8_t)((arc & 0x7f) | (size > 0 ? 0x80 : 0));
        arc >>= 7;
        size++;
    } while (arc != 0);
    x509_der_bytes(out, bytes + 10 - size, size);
}

void x509_der_oid(x509_der_t *out, const char *dotted) {
    size_t opened = x509_der_open(out, 0x06);
    char *next;
    unsigned long first = strtoul(dotted, &next, 10);
    unsigned long second = strtoul(next + 1, &next, 10);
    der_arc(out, first * 40 + second);
    while (*next == '.') {
        der_arc(out, strtoul(next + 1, &next, 10));
    }
    x509_der_close(out, opened);
}

skr_view_t x509_der_done(const x509_der_t *out) {
    skr_view_t view = {out->data, out->size};
    return view;
}
