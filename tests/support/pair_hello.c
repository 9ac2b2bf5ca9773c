// Hellos taken apart and put together.
//
// In: a message that a side of the pair wrote, so it is a good one. Out: its fields, to be changed;
// later a message with whatever they say by then, right or wrong (RFC 9846 sections 4.2.2, 4.2.3).
// Lengths are always right: wrong ones are the matter of the tests that alter bytes.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/pair_hello.h"

#include "base/bytes.h"
#include "base/reader.h"
#include "base/writer.h"
#include "conn/conn.h"
#include "wire/messages.h"

// --- Extensions ---

void hello_append(hello_extensions_t *list, uint16_t number, const void *data, size_t size) {
    assert_true(list->count < HELLO_EXTENSIONS_MAX);
    assert_true(size <= HELLO_BYTES_MAX - list->used);
    hello_extension_t *item = &list->item[list->count++];
    item->number = number;
    item->size = (uint16_t)size;
    item->at = list->used;
    if (size > 0) {
        memcpy(list->bytes + list->used, data, size);
    }
    list->used += size;
}

void hello_read_extensions(hello_extensions_t *list, const uint8_t *data, size_t size) {
    reader_t r = reader_of(view_of(data, size));
    reader_t items = reader_of(reader_vector(&r, 2));
    list->count = list->used = 0;
    while (reader_more(&items)) {
        uint16_t number = reader_u16(&items);
        skr_view_t body = reader_vector(&items, 2);
        hello_append(list, number, body.data, body.size);
    }
    assert_true(reader_done(&items) && reader_done(&r));
}

size_t hello_write_extensions(const hello_extensions_t *list, uint8_t *out) {
    writer_t w = writer_of(out, HELLO_BYTES_MAX);
    writer_block_t block = writer_open(&w, 2);
    for (size_t i = 0; i < list->count; i++) {
        writer_u16(&w, list->item[i].number);
        writer_vector(&w, 2, view_of(list->bytes + list->item[i].at, list->item[i].size));
    }
    writer_close(&w, block);
    assert_false(writer_failed(&w));
    return writer_size(&w);
}

hello_extension_t *hello_find(hello_extensions_t *list, uint16_t number) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].number == number) {
            return &list->item[i];
        }
    }
    return NULL;
}

bool hello_remove(hello_extensions_t *list, uint16_t number) {
    hello_extension_t *item = hello_find(list, number);
    if (item == NULL) {
        return false;
    }
    size_t behind = (size_t)(list->item + list->count - item) - 1;
    memmove(item, item + 1, behind * sizeof(*item));
    list->count--;
    return true;
}

void hello_put(hello_extensions_t *list, uint16_t number, const void *data, size_t size) {
    hello_extension_t *item = hello_find(list, number);
    hello_append(list, number, data, size);
    if (item != NULL) {
        *item = list->item[--list->count];
    }
}

uint8_t *hello_data(hello_extensions_t *list, uint16_t number) {
    hello_extension_t *item = hello_find(list, number);
    assert_non_null(item);
    return list->bytes + item->at;
}

// --- Hellos ---

static void copy(skr_view_t from, uint8_t *to, size_t room) {
    assert_true(from.size <= room);
    if (from.size > 0) {
        memcpy(to, from.data, from.size);
    }
}

void hello_read(hello_t *hello, const pair_message_t *message) {
    reader_t r = reader_of(
        view_of(message->data + SKR_MESSAGE_HEADER_SIZE, message->size - SKR_MESSAGE_HEADER_SIZE));
    hello->by_client = message->type == WIRE_CLIENT_HELLO;
    hello->version = reader_u16(&r);
    copy(reader_bytes(&r, SKR_RANDOM_SIZE), hello->random, SKR_RANDOM_SIZE);
    skr_view_t view = reader_vector(&r, 1);
    hello->session_id_size = (uint8_t)view.size;
    copy(view, hello->session_id, sizeof(hello->session_id));
    if (hello->by_client) {
        view = reader_vector(&r, 2);
        hello->suites_size = view.size;
        copy(view, hello->suites, sizeof(hello->suites));
        view = reader_vector(&r, 1);
        hello->compression_size = (uint8_t)view.size;
        copy(view, hello->compression, sizeof(hello->compression));
    } else {
        hello->suite = reader_u16(&r);
        hello->compression[0] = reader_u8(&r);
    }
    assert_true(reader_more(&r));
    hello->no_extensions = false;
    view = reader_rest(&r);
    hello_read_extensions(&hello->extensions, view.data, view.size);
}

void hello_fix_length(pair_message_t *message) {
    size_t size = message->size - SKR_MESSAGE_HEADER_SIZE;
    message->data[1] = (uint8_t)(size >> 16);
    bytes_put16(message->data + 2, (uint16_t)size);
}

void hello_write(const hello_t *hello, pair_message_t *message) {
    uint8_t *body = message->data + SKR_MESSAGE_HEADER_SIZE;
    writer_t w = writer_of(body, 1024);
    writer_u16(&w, hello->version);
    writer_bytes(&w, hello->random, SKR_RANDOM_SIZE);
    writer_vector(&w, 1, view_of(hello->session_id, hello->session_id_size));
    if (hello->by_client) {
        writer_vector(&w, 2, view_of(hello->suites, hello->suites_size));
        writer_vector(&w, 1, view_of(hello->compression, hello->compression_size));
    } else {
        writer_u16(&w, hello->suite);
        writer_u8(&w, hello->compression[0]);
    }
    assert_false(writer_failed(&w));
    size_t size = writer_size(&w);
    if (!hello->no_extensions) {
        size += hello_write_extensions(&hello->extensions, body + size);
    }
    message->size = SKR_MESSAGE_HEADER_SIZE + size;
    hello_fix_length(message);
}

void hello_believe(pair_t *pair, const pair_message_t *message) {
    hs_t *hs = pair->client.conn->hs;
    assert_non_null(hs);
    assert_true(transcript_init(&hs->transcript, pair->client.config.provider->hashes));
    assert_true(transcript_add(&hs->transcript, view_of(message->data, message->size)));
}

// --- Changes as data ---

static void apply_bytes(hello_t *hello, const hello_change_t *change) {
    switch (change->op) {
        case HELLO_SUITES:
            hello->suites_size = change->size;
            memcpy(hello->suites, change->bytes, change->size);
            break;
        case HELLO_COMPRESSION:
            hello->compression_size = (uint8_t)change->size;
            memcpy(hello->compression, change->bytes, change->size);
            break;
        case HELLO_SESSION_ID:
            hello->session_id_size = (uint8_t)change->size;
            memcpy(hello->session_id, change->bytes, change->size);
            break;
        case HELLO_RANDOM:
            memcpy(hello->random + SKR_RANDOM_SIZE - change->size, change->bytes, change->size);
            break;
        default:
            assert_int_equal(change->op, HELLO_TRAILING); // later, by hello_apply()
            break;
    }
}

static void apply(hello_t *hello, const hello_change_t *change) {
    hello_extensions_t *list = &hello->extensions;
    switch (change->op) {
        case HELLO_PUT:
            hello_put(list, change->number, change->bytes, change->size);
            break;
        case HELLO_APPEND:
            hello_append(list, change->number, change->bytes, change->size);
            break;
        case HELLO_REMOVE:
            assert_true(hello_remove(list, change->number));
            break;
        case HELLO_NO_EXTENSIONS:
            hello->no_extensions = true;
            break;
        case HELLO_VERSION:
            hello->version = change->number;
            break;
        case HELLO_SUITE:
            hello->suite = change->number;
            break;
        default:
            apply_bytes(hello, change);
            break;
    }
}

void hello_apply(const hello_case_t *which, pair_message_t *message) {
    static hello_t hello;
    const hello_change_t *end = which->change + HELLO_CHANGES_MAX, *change;
    hello_read(&hello, message);
    for (change = which->change; change < end && change->op != HELLO_NOTHING; change++) {
        apply(&hello, change);
    }
    hello_write(&hello, message);
    for (change = which->change; change < end && change->op != HELLO_NOTHING; change++) {
        if (change->op == HELLO_TRAILING) {
            memcpy(message->data + message->size, change->bytes, change->size);
            message->size += change->size;
            hello_fix_length(message);
        }
    }
}
