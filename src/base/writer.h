// The bounded writer: appends bytes to a block that the caller owns. Failure sticks as p == NULL,
// as in the reader.
#ifndef SKR_BASE_WRITER_H
#define SKR_BASE_WRITER_H

#include "skerry/types.h"

typedef struct {
    uint8_t *start, *p, *end;
} writer_t;

// A length-prefixed block that is being written: what writer_open() gives and writer_close() takes.
typedef struct {
    uint32_t at; // offset of the length from the start
    uint8_t length_bytes;
} writer_block_t;

writer_t writer_of(uint8_t *start, size_t size);
void writer_u8(writer_t *w, uint8_t value);
void writer_u16(writer_t *w, uint16_t value);
void writer_u24(writer_t *w, uint32_t value); // above 2^24-1 fails
void writer_u32(writer_t *w, uint32_t value);
void writer_bytes(writer_t *w, const void *data, size_t size);
void writer_view(writer_t *w, skr_view_t view);
// size bytes to be filled in by the caller; NULL when they don't fit.
uint8_t *writer_space(writer_t *w, size_t size);
writer_block_t writer_open(writer_t *w, unsigned length_bytes);
// Fills in the length; a block that is longer than its length field can say fails the writer.
void writer_close(writer_t *w, writer_block_t block);
void writer_vector(writer_t *w, unsigned length_bytes, skr_view_t view);
bool writer_failed(const writer_t *w);
size_t writer_size(const writer_t *w); // bytes written, 0 after a failure
size_t writer_room(const writer_t *w); // bytes that still fit, 0 after a failure

#endif
