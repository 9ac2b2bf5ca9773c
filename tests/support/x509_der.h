// A DER writer for tests: elements are opened and closed, lengths are filled in behind. It writes
// what it is told to, so that tests can write what is wrong.
#ifndef TESTS_SUPPORT_X509_DER_H
#define TESTS_SUPPORT_X509_DER_H

#include "skerry/types.h"

typedef struct {
    uint8_t *data;
    size_t size, capacity;
} x509_der_t;

x509_der_t x509_der_of(uint8_t *data, size_t capacity);
void x509_der_bytes(x509_der_t *out, const void *data, size_t size);
void x509_der_view(x509_der_t *out, skr_view_t view);
// Opens an element; what x509_der_close() wants is returned.
size_t x509_der_open(x509_der_t *out, uint8_t tag);
void x509_der_close(x509_der_t *out, size_t opened);
// An element in one go.
void x509_der_put(x509_der_t *out, uint8_t tag, const void *data, size_t size);
void x509_der_text(x509_der_t *out, uint8_t tag, const char *text);
void x509_der_number(x509_der_t *out, uint8_t tag, unsigned long value); // an INTEGER's content
// An OBJECT IDENTIFIER from "1.2.840.10045.2.1".
void x509_der_oid(x509_der_t *out, const char *dotted);
skr_view_t x509_der_done(const x509_der_t *out);

#endif
