// A Certificate message in pieces (src/wire/chain.c).
//
// In: messages of both versions, cut in two at every byte and into pieces of every size; every
// byte of them changed, every length cut short or too long, bytes behind them; a context, an
// extension. Out: the certificates just as they are and nothing else; never more of them than there
// are; refused is exactly what the readers of whole messages refuse, in whatever pieces it comes,
// and by the same error.
#include "unit.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/writer.h"
#include "wire/chain.h"
#include "wire/messages12.h"

enum { ROOM = 2048, ENTRIES = 16 };

typedef struct {
    skr_status_t status; // of the last call
    bool done;
    unsigned begun, ended;
    size_t said[ENTRIES], size[ENTRIES]; // at the beginning, and what came
    uint8_t bytes[ROOM];
    size_t filled;
} heard_t;

static uint8_t body[ROOM];

static size_t make(bool tls12, const uint16_t *sizes, size_t count) {
    writer_t w = writer_of(body, sizeof(body));
    if (!tls12) {
        writer_u8(&w, 0);
    }
    writer_block_t list = writer_open(&w, 3);
    for (size_t i = 0; i < count; i++) {
        writer_block_t der = writer_open(&w, 3);
        for (unsigned k = 0; k < sizes[i]; k++) {
            writer_u8(&w, (uint8_t)(k + i * 7 + 1));
        }
        writer_close(&w, der);
        if (!tls12) {
            writer_u16(&w, 0);
        }
    }
    writer_close(&w, list);
    assert_false(writer_failed(&w));
    return writer_size(&w);
}

static void hear_piece(wire_chain_t *chain, bool tls12, skr_view_t piece, heard_t *heard) {
    reader_t r = reader_of(piece);
    wire_chain_event_t event;
    do {
        skr_view_t bytes = {NULL, 0};
        size_t size = 0;
        heard->status = wire_chain_next(chain, tls12, &r, &event, &bytes, &size);
        if (heard->status != SKR_OK) {
            return;
        }
        if (event == WIRE_CHAIN_BEGIN) {
            assert_int_equal(heard->begun, heard->ended);
            heard->said[heard->begun++ % ENTRIES] = size;
        } else if (event == WIRE_CHAIN_BYTES) {
            assert_true(
                bytes.data >= piece.data && bytes.data + bytes.size <= piece.data + piece.size);
            memcpy(heard->bytes + heard->filled, bytes.data, bytes.size);
            heard->filled += bytes.size;
            heard->size[(heard->begun - 1) % ENTRIES] += bytes.size;
        } else if (event == WIRE_CHAIN_END) {
            assert_int_equal(heard->ended + 1, heard->begun);
            assert_int_equal(
                heard->said[heard->ended % ENTRIES], heard->size[heard->ended % ENTRIES]);
            heard->ended++;
        }
    } while (event != WIRE_CHAIN_MORE);
    assert_false(reader_more(&r));
}

// The first piece has `first` bytes, each other `step`. Each lies in a block of its own size.
static void hear(bool tls12, size_t size, size_t first, size_t step, heard_t *heard) {
    wire_chain_t chain;
    size_t n = first < size ? first : size;
    memset(&chain, 0, sizeof(chain));
    memset(heard, 0, sizeof(*heard));
    for (size_t at = 0; at < size && heard->status == SKR_OK; at += n, n = step) {
        n = n < size - at ? n : size - at;
        uint8_t *piece = malloc(n + (n == 0));
        assert_non_null(piece);
        memcpy(piece, body + at, n);
        hear_piece(&chain, tls12, view_of(piece, n), heard);
        free(piece);
    }
    heard->done = heard->status == SKR_OK && wire_chain_done(&chain);
}

// What the readers of whole messages say: the number of certificates, or an error.
static skr_status_t read_whole(bool tls12, size_t size, unsigned *count) {
    wire_certificate_t m;
    skr_view_t der;
    *count = 0;
    if (tls12) {
        skr_view_t list;
        if (wire_read_certificate12(view_of(body, size), &list) != SKR_OK) {
            return SKR_ERR_DECODE;
        }
        reader_t r = reader_of(list);
        while (wire_next_certificate12(&r, &der)) {
            ++*count;
        }
        return reader_done(&r) ? SKR_OK : SKR_ERR_DECODE;
    }
    skr_status_t status = wire_read_certificate(view_of(body, size), &m);
    if (status == SKR_OK && m.context.size > 0) {
        return SKR_ERR_REQUEST_CONTEXT;
    }
    reader_t r = reader_of(m.list);
    for (bool end = false; status == SKR_OK && !end;) {
        wire_extensions_t extensions;
        status = wire_next_certificate(&r, &der, &extensions, &end);
        if (status == SKR_OK && !end) {
            status = extensions.seen != 0 || extensions.unknown ? SKR_ERR_UNSOLICITED_EXTENSION
                                                                : SKR_OK;
            ++*count;
        }
    }
    return status;
}

static void test_every_cut(void **state) {
    static const uint16_t sizes[] = {1, 300, 2, 40};
    (void)state;
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        for (size_t count = 0; count <= 4; count++) {
            size_t size = make(tls12 != 0, sizes, count);
            for (size_t cut = 0; cut <= 2 * size; cut++) {
                heard_t h;
                bool in_two = cut <= size;
                hear(tls12 != 0, size, in_two ? cut : cut - size, in_two ? size : cut - size, &h);
                assert_true(h.done);
                assert_int_equal(h.begun, count);
                assert_int_equal(h.ended, count);
                size_t at = 0;
                for (size_t i = 0; i < count; at += sizes[i++]) {
                    assert_int_equal(h.size[i], sizes[i]);
                    assert_int_equal(h.bytes[at], (uint8_t)(i * 7 + 1));
                    assert_int_equal(h.bytes[at + sizes[i] - 1u], (uint8_t)(sizes[i] + i * 7));
                }
                assert_int_equal(h.filled, at);
            }
        }
    }
}

// The same verdict as on the whole message, in one piece, in pieces of three, byte by byte. Errors
// are the same, too, but where several things are wrong.
static bool assert_as_whole(bool tls12, size_t size) {
    static const size_t steps[] = {ROOM, 3, 1};
    unsigned count;
    skr_status_t whole = read_whole(tls12, size, &count);
    skr_status_t first = SKR_OK;
    for (size_t i = 0; i < 3; i++) {
        heard_t h;
        hear(tls12, size, steps[i], steps[i], &h);
        assert_int_equal(h.done, whole == SKR_OK);
        assert_true(h.ended <= h.begun && h.begun <= h.ended + 1);
        if (h.done) {
            assert_int_equal(h.ended, count);
        }
        first = i == 0 ? h.status : first;
        assert_int_equal(h.status, first);
    }
    return whole == SKR_OK;
}

static void test_every_byte(void **state) {
    static const uint16_t sizes[] = {3, 258, 1};
    unsigned accepted = 0;
    (void)state;
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        size_t size = make(tls12 != 0, sizes, 3);
        for (size_t at = 0; at < size; at++) {
            uint8_t right = body[at];
            for (unsigned change = 1; change < 256; change = change < 4 ? change + 1 : 2 * change) {
                body[at] = (uint8_t)(right + change);
                accepted += assert_as_whole(tls12 != 0, size);
            }
            body[at] = right;
        }
        assert_true(assert_as_whole(tls12 != 0, size));
        for (size_t cut = 0; cut < size; cut++) {
            assert_false(assert_as_whole(tls12 != 0, cut));
        }
        memset(body + size, 0, 4);
        for (size_t more = 1; more <= 4; more++) {
            assert_false(assert_as_whole(tls12 != 0, size + more));
        }
    }
    assert_true(accepted > 1000); // bytes of certificates
}

// A certificate of no bytes, alone and between others.
static void test_empty(void **state) {
    static const uint16_t all[][3] = {{0, 5, 5}, {5, 0, 5}, {5, 5, 0}};
    (void)state;
    for (unsigned tls12 = 0; tls12 < 2; tls12++) {
        for (size_t i = 0; i < 3; i++) {
            heard_t h;
            size_t size = make(tls12 != 0, all[i], 3);
            hear(tls12 != 0, size, 1, 1, &h);
            assert_int_equal(h.status, SKR_ERR_DECODE);
            assert_int_equal(h.begun, i);
        }
    }
}

static void hears(const char *hex, skr_status_t status, unsigned ended) {
    for (size_t step = 1; step < 30; step++) {
        heard_t h;
        skr_view_t whole = unit_hex(hex);
        memcpy(body, whole.data, whole.size);
        hear(false, whole.size, step, step, &h);
        assert_int_equal(h.status, status);
        assert_int_equal(h.ended, ended);
        assert_false(h.done);
    }
}

static void test_context_and_extensions(void **state) {
    (void)state;
    hears("01 aa 000000", SKR_ERR_REQUEST_CONTEXT, 0);
    hears("00 00000a 000001 aa 0004 0005 0000", SKR_ERR_UNSOLICITED_EXTENSION, 1); // a status
    hears("00 00000a 000001 aa 0004 0000 0000", SKR_ERR_MISPLACED_EXTENSION, 1); // a name
    hears("00 00000a 000001 aa 0004 fafa 0000", SKR_ERR_UNSOLICITED_EXTENSION, 1); // unknown
    hears("00 00000a 000001 aa 0004 0005 0001", SKR_ERR_DECODE, 1); // beyond the block
    hears("00 00000a 000001 aa 0005 0005 0000 00", SKR_ERR_DECODE, 1); // beyond the list
    hears("00 000009 000001 aa 0003 0005 00", SKR_ERR_DECODE, 1); // no head
    hears("00 000005 000001 aa 00 00", SKR_ERR_DECODE, 1); // half of a length
    hears("00 000002 000001", SKR_ERR_DECODE, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_context_and_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
