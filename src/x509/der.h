// Strict DER over the bounded reader: every function takes one element from the front and fails the
// reader when the element is missing or not in the one form that DER allows (X.690 section 10).
#ifndef SKR_X509_DER_H
#define SKR_X509_DER_H

#include "base/reader.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};
#define DER_PRIMITIVE(n) (0x80 | (n)) // context-specific [n] IMPLICIT of a primitive type
#define DER_CONSTRUCTED(n) (0xa0 | (n)) // context-specific [n], EXPLICIT or of a constructed type

size_t der_head(reader_t *r, uint8_t *tag); // the size of the content that comes next
enum { DER_HEAD_MAX = 5 }; // bytes of a tag and a length
skr_view_t der_any(reader_t *r, uint8_t *tag); // the content of whatever comes
skr_view_t der_get(reader_t *r, uint8_t tag); // the content of an element with this tag
skr_view_t der_whole(reader_t *r, uint8_t tag); // the element with its tag and length
bool der_is(const reader_t *r, uint8_t tag); // does an element with this tag come next?
skr_view_t der_optional(
    reader_t *r, uint8_t tag); // absent when another element, or none, comes next
// A reader over the content of an element; it has failed when the element is missing.
reader_t der_enter(reader_t *r, uint8_t tag);
// The reader that der_enter() gave must have read all, else the outer one fails.
void der_leave(reader_t *r, const reader_t *inner);

skr_view_t der_integer(reader_t *r); // the content, two's complement
skr_view_t der_unsigned(
    reader_t *r); // without the leading zero that a set top bit needs; zero is one zero byte
uint32_t der_small(reader_t *r); // 0 to 2^31-1
bool der_boolean(reader_t *r);
// The bytes of a BIT STRING; unused: how many of the last byte's low bits don't belong to it, which
// must be zero.
skr_view_t der_bit_string(reader_t *r, unsigned *unused);
skr_view_t der_bit_bytes(reader_t *r); // a BIT STRING of whole bytes
skr_view_t der_oid(reader_t *r); // the content

#endif
