// The bounded reader: takes bytes from the front of a view. Failure sticks as p == NULL: reads
// after it give zero and absent views, so a parser reads all its fields and asks once, at the end,
// whether all was well.
#ifndef SKR_BASE_READER_H
#define SKR_BASE_READER_H

#include "skerry/types.h"

typedef struct {
    const uint8_t *p, *end;
} reader_t;

reader_t reader_of(skr_view_t view); // an absent view gives a failed reader
uint8_t reader_u8(reader_t *r);
uint16_t reader_u16(reader_t *r);
uint32_t reader_u24(reader_t *r);
uint32_t reader_u32(reader_t *r);
skr_view_t reader_bytes(reader_t *r, size_t size);
// A vector with a length of 1, 2 or 3 bytes before it (RFC 9846 section 3.4); absent on failure.
skr_view_t reader_vector(reader_t *r, unsigned length_bytes);
skr_view_t reader_rest(reader_t *r); // all that is left
void reader_fail(reader_t *r);
bool reader_failed(const reader_t *r);
bool reader_more(const reader_t *r); // not failed and not at the end
bool reader_done(const reader_t *r); // nothing failed and all was read

#endif
