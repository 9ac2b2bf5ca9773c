// Opens a TLS 1.3 fragment that lies together, as record_open() opens one in pieces.
#ifndef TESTS_SUPPORT_RECORD_WHOLE_H
#define TESTS_SUPPORT_RECORD_WHOLE_H

#include "record/record.h"

static inline skr_status_t record_open_whole(record_keys_t *keys, void *state, uint8_t *data,
    size_t size, uint8_t *type, size_t *content_size) {
    record_pieces_t pieces = record_in_one(data, size);
    return record_open(keys, state, &pieces, type, content_size);
}

#endif
