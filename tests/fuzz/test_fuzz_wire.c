// Every reader of the wire layer over mutated messages.
//
// In: one valid input for each reader, cut at every byte, altered at every byte, then mutated and
// spliced at random from a fixed seed (SKERRY_FUZZ_ROUNDS: how many for each reader). Each input is
// a block of exactly its size, so that ASan sees a byte too far. What a reader accepts must
// serialise to the same bytes again, and its extensions must be what an independent walk over the
// block finds; each reader must both accept and refuse.
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "wire/messages.h"

enum { SIZE_MAX_INPUT = 1024, ROUNDS = 40000 };

static uint8_t again[4 * SIZE_MAX_INPUT]; // what was accepted, serialised again

static bool within(skr_view_t view, skr_view_t input) {
    return view.data >= input.data && view.data + view.size <= input.data + input.size;
}

static void assert_same(skr_view_t input, writer_t *w, size_t skip) {
    assert_false(writer_failed(w));
    assert_int_equal(writer_size(w) - skip, input.size);
    assert_memory_equal(again + skip, input.data, input.size);
}

// Walks the block that ends the message and compares it with what the reader has found.
static void assert_extensions(skr_view_t block, const wire_extensions_t *found) {
    uint32_t seen = 0;
    bool unknown = false;
    unsigned last = WIRE_EXT_COUNT;
    size_t at = 2;
    assert_int_equal(bytes_get16(block.data), block.size - 2);
    while (at < block.size) {
        assert_true(block.size - at >= 4);
        size_t size = bytes_get16(block.data + at + 2);
        assert_true(block.size - at - 4 >= size);
        for (last = 0; last < WIRE_EXT_COUNT; last++) {
            if (wire_ext_number((wire_ext_t)last) == bytes_get16(block.data + at)) {
                break;
            }
        }
        if (last == WIRE_EXT_COUNT) {
            unknown = true;
        } else {
            assert_true((seen & WIRE_EXT_BIT(last)) == 0);
            seen |= WIRE_EXT_BIT(last);
            assert_ptr_equal(found->body[last].data, block.data + at + 4);
            assert_int_equal(found->body[last].size, size);
        }
        at += 4 + size;
    }
    assert_int_equal(found->seen, seen);
    assert_int_equal(found->unknown, unknown);
    assert_int_equal(found->last, last);
    for (unsigned ext = 0; ext < WIRE_EXT_COUNT; ext++) {
        assert_int_equal(view_is(found->body[ext]), (seen & WIRE_EXT_BIT(ext)) != 0);
    }
}

// The rest of the message behind what was written again is the block of extensions.
static void assert_tail(skr_view_t input, writer_t *w, const wire_extensions_t *found) {
    size_t head = writer_size(w);
    assert_true(head + 2 <= input.size);
    skr_view_t block = view_of(input.data + head, input.size - head);
    assert_extensions(block, found);
    writer_view(w, block);
    assert_same(input, w, 0);
}

static bool read_client_hello(skr_view_t input) {
    wire_client_hello_t m;
    if (wire_read_client_hello(input, &m) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    assert_true(m.random.size == 32 && m.session_id.size <= 32 && within(m.suites, input));
    writer_u16(&w, m.legacy_version);
    writer_view(&w, m.random);
    writer_vector(&w, 1, m.session_id);
    writer_vector(&w, 2, m.suites);
    writer_vector(&w, 1, m.compression);
    if (m.has_extensions) {
        assert_tail(input, &w, &m.extensions);
    } else {
        assert_same(input, &w, 0);
    }
    return true;
}

static bool read_server_hello(skr_view_t input) {
    wire_server_hello_t m;
    if (wire_read_server_hello(input, &m) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    writer_u16(&w, m.legacy_version);
    writer_view(&w, m.random);
    writer_vector(&w, 1, m.session_id);
    writer_u16(&w, m.suite);
    writer_u8(&w, m.compression);
    assert_int_equal(m.retry, memcmp(m.random.data, wire_retry_random, SKR_RANDOM_SIZE) == 0);
    if (view_is(m.extensions.body[WIRE_EXT_SUPPORTED_VERSIONS])) {
        assert_tail(input, &w, &m.extensions);
    } else {
        assert_int_equal(m.extensions.seen, 0);
        assert_int_equal(m.has_extensions, writer_size(&w) < input.size);
    }
    return true;
}

static bool read_encrypted_extensions(skr_view_t input) {
    wire_extensions_t m;
    if (wire_read_encrypted_extensions(input, &m) != SKR_OK) {
        return false;
    }
    assert_extensions(input, &m);
    return true;
}

static bool read_certificate_request(skr_view_t input) {
    wire_certificate_request_t m;
    if (wire_read_certificate_request(input, &m) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    writer_vector(&w, 1, m.context);
    assert_tail(input, &w, &m.extensions);
    return true;
}

static bool read_certificate(skr_view_t input) {
    wire_certificate_t m;
    if (wire_read_certificate(input, &m) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    writer_vector(&w, 1, m.context);
    writer_block_t list = writer_open(&w, 3);
    reader_t entries = reader_of(m.list);
    for (;;) {
        wire_extensions_t extensions;
        skr_view_t der;
        bool end;
        if (wire_next_certificate(&entries, &der, &extensions, &end) != SKR_OK) {
            return false;
        }
        if (end) {
            break;
        }
        assert_true(der.size > 0 && within(der, input));
        skr_view_t block = view_of(der.data + der.size, (size_t)(entries.p - der.data) - der.size);
        assert_extensions(block, &extensions);
        writer_vector(&w, 3, der);
        writer_view(&w, block);
    }
    writer_close(&w, list);
    assert_same(input, &w, 0);
    return true;
}

static bool read_certificate_verify(skr_view_t input) {
    wire_certificate_verify_t m;
    if (wire_read_certificate_verify(input, &m) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    writer_u16(&w, m.scheme);
    writer_vector(&w, 2, m.signature);
    assert_same(input, &w, 0);
    return true;
}

static bool read_new_session_ticket(skr_view_t input) {
    wire_new_session_ticket_t m;
    if (wire_read_new_session_ticket(input, &m) != SKR_OK) {
        return false;
    }
    assert_true(m.lifetime <= 604800 && m.ticket.size > 0);
    writer_t w = writer_of(again, sizeof(again));
    writer_u16(&w, (uint16_t)(m.lifetime >> 16));
    writer_u16(&w, (uint16_t)m.lifetime);
    writer_u16(&w, (uint16_t)(m.age_add >> 16));
    writer_u16(&w, (uint16_t)m.age_add);
    writer_vector(&w, 1, m.nonce);
    writer_vector(&w, 2, m.ticket);
    assert_tail(input, &w, &m.extensions);
    return true;
}

static bool read_key_update(skr_view_t input) {
    bool requested;
    if (wire_read_key_update(input, &requested) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    wire_write_key_update(&w, requested);
    assert_same(input, &w, 4);
    return true;
}

static bool read_numbers(skr_view_t input, unsigned length_bytes) {
    uint16_t numbers[SIZE_MAX_INPUT];
    skr_view_t items;
    if (wire_read_numbers(input, length_bytes, &items) != SKR_OK) {
        return false;
    }
    for (size_t i = 0; i < items.size / 2; i++) {
        numbers[i] = wire_number_at(items, i);
        assert_true(wire_numbers_have(items, numbers[i]));
    }
    writer_t w = writer_of(again, sizeof(again));
    wire_write_numbers(&w, WIRE_EXT_SUPPORTED_GROUPS, length_bytes, numbers, items.size / 2);
    assert_same(input, &w, 4);
    return true;
}

static bool read_versions(skr_view_t input) {
    return read_numbers(input, 1);
}

static bool read_groups(skr_view_t input) {
    return read_numbers(input, 2);
}

static bool read_number(skr_view_t input) {
    uint16_t number;
    if (wire_read_number(input, &number) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    wire_write_number(&w, WIRE_EXT_SUPPORTED_VERSIONS, number);
    assert_same(input, &w, 4);
    return true;
}

static bool read_server_name(skr_view_t input) {
    skr_view_t host;
    if (wire_read_server_name(input, &host) != SKR_OK) {
        return false;
    }
    assert_true(host.size > 0 && host.size <= 255 && memchr(host.data, 0, host.size) == NULL);
    writer_t w = writer_of(again, sizeof(again));
    wire_write_server_name(&w, host);
    assert_same(input, &w, 4);
    return true;
}

static bool read_alpn(skr_view_t input) {
    skr_view_t names, one, name[SIZE_MAX_INPUT];
    size_t count = 0;
    bool is_one = wire_read_alpn(input, true, &one) == SKR_OK;
    if (wire_read_alpn(input, false, &names) != SKR_OK) {
        assert_false(is_one);
        return false;
    }
    reader_t r = reader_of(names);
    while (wire_next_alpn(&r, &name[count])) {
        assert_true(name[count].size > 0);
        count++;
    }
    assert_int_equal(is_one, count == 1);
    assert_true(!is_one || view_equal(one, name[0]));
    writer_t w = writer_of(again, sizeof(again));
    wire_write_alpn(&w, name, count);
    assert_same(input, &w, 4);
    return true;
}

static bool read_cookie(skr_view_t input) {
    skr_view_t cookie;
    if (wire_read_cookie(input, &cookie) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    assert_true(cookie.size > 0);
    wire_write_cookie(&w, cookie);
    assert_same(input, &w, 4);
    return true;
}

static bool read_key_shares(skr_view_t input) {
    skr_view_t shares, share;
    uint16_t group, groups[SIZE_MAX_INPUT];
    size_t count = 0;
    if (wire_read_key_shares(input, &shares) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    writer_block_t list = writer_open(&w, 2);
    for (reader_t r = reader_of(shares); wire_next_key_share(&r, &group, &share);) {
        assert_true(share.size > 0);
        writer_u16(&w, group);
        writer_vector(&w, 2, share);
        for (size_t i = 0; i < count; i++) {
            assert_int_not_equal(groups[i], group);
        }
        groups[count++] = group;
    }
    writer_close(&w, list);
    assert_same(input, &w, 0);
    return true;
}

static bool read_key_share(skr_view_t input) {
    skr_view_t share;
    uint16_t group;
    if (wire_read_key_share(input, &group, &share) != SKR_OK) {
        return false;
    }
    writer_t w = writer_of(again, sizeof(again));
    assert_true(share.size > 0);
    wire_write_key_share(&w, false, group, share);
    assert_same(input, &w, 4);
    return true;
}

static bool read_authorities(skr_view_t input) {
    skr_view_t names;
    if (wire_read_authorities(input, &names) != SKR_OK) {
        return false;
    }
    assert_true(names.size >= 3);
    writer_t w = writer_of(again, sizeof(again));
    writer_block_t list = writer_open(&w, 2);
    for (reader_t r = reader_of(names); reader_more(&r);) {
        skr_view_t name = reader_vector(&r, 2);
        assert_true(name.size > 0);
        writer_vector(&w, 2, name);
    }
    writer_close(&w, list);
    assert_same(input, &w, 0);
    return true;
}

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RETRY "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

static const struct {
    const char *name;
    bool (*read)(skr_view_t input); // accepted?
    const char *seed;
} readers[] = {
    {"ClientHello", read_client_hello,
        "0303" RANDOM "20" RANDOM "0006 1301 1303 1302 01 00 0049 0000 0006 0004 00 0001 61"
        "002b 0003 02 0304  000a 0004 0002 001d  000d 0004 0002 0403  0033 0007 0005 001d 0001 aa"
        "0010 0005 0003 02 6832  0a0a 0000  002d 0002 0101  0015 0002 0000  0029 0000"},
    {"ClientHello, no extensions", read_client_hello, "0301" RANDOM "00 0004 c02f 002f 01 00"},
    {"ServerHello", read_server_hello,
        "0303" RANDOM "20" RANDOM "1301 00 000f 002b 0002 0304  0033 0005 001d 0001 aa"},
    {"HelloRetryRequest", read_server_hello,
        "0303" RETRY "00 1301 00 0013 002b 0002 0304  0033 0002 0017  002c 0003 0001 aa"},
    {"older ServerHello", read_server_hello,
        "0303" RANDOM "00 c02f 00 0009 ff01 0001 00  000b 0000"},
    {"EncryptedExtensions", read_encrypted_extensions,
        "001b 0000 0000  0010 0005 0003 02 6832  000a 0004 0002 001d  001c 0002 4001"},
    {"CertificateRequest", read_certificate_request,
        "02 aabb 0018 000d 0006 0004 0403 0804  002f 0006 0004 0002 3000  0a0a 0000"},
    {"Certificate", read_certificate,
        "00 000022 000003 aabbcc 0009 0005 0005 01 000001 dd"
        "000002 eeff 0004 0012 0000  000001 11 0000"},
    {"CertificateVerify", read_certificate_verify, "0804 0006 aabbccddeeff"},
    {"NewSessionTicket", read_new_session_ticket,
        "00093a80 01020304 02 aabb 0003 ccddee 0008 002a 0004 00000400"},
    {"KeyUpdate", read_key_update, "01"},
    {"versions", read_versions, "06 0304 0303 0302"},
    {"groups", read_groups, "0006 001d 0017 0018"},
    {"number", read_number, "0304"},
    {"server_name", read_server_name, "000a 00 0007 6578616d706c65"},
    {"alpn", read_alpn, "0005 02 6832 01 78"},
    {"cookie", read_cookie, "0004 aabbccdd"},
    {"key shares", read_key_shares, "000d 001d 0003 aabbcc  0017 0002 ddee"},
    {"key share", read_key_share, "001d 0003 aabbcc"},
    {"authorities", read_authorities, "000a 0003 300100  0003 300205"},
};
enum { READERS = sizeof(readers) / sizeof(readers[0]) };

typedef struct {
    uint8_t data[SIZE_MAX_INPUT];
    size_t size;
} input_t;

static input_t seeds[READERS];
static size_t accepted[READERS], refused[READERS];

static void read_hex(const char *text, input_t *out) {
    for (out->size = 0; *text != 0; text++) {
        unsigned byte;
        if (*text != ' ') {
            assert_int_equal(sscanf(text, "%2x", &byte), 1);
            out->data[out->size++] = (uint8_t)byte;
            text++;
        }
    }
}

// One input, in a block of its own.
static bool run(size_t reader, const uint8_t *data, size_t size) {
    uint8_t *block = malloc(size + (size == 0 ? 1 : 0));
    assert_non_null(block);
    memcpy(block, data, size);
    bool ok = readers[reader].read(view_of(block, size));
    accepted[reader] += ok ? 1 : 0;
    refused[reader] += ok ? 0 : 1;
    free(block);
    return ok;
}

static uint32_t draw(uint32_t below) { // xorshift64*
    static uint64_t x = UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    return (uint32_t)((x * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % below;
}

// Puts size bytes of data in the place of cut bytes at at.
static void replace(input_t *in, size_t at, size_t cut, const uint8_t *data, size_t size) {
    uint8_t copy[SIZE_MAX_INPUT];
    if (in->size - cut + size > SIZE_MAX_INPUT) {
        return;
    }
    memcpy(copy, data, size);
    memmove(in->data + at + size, in->data + at + cut, in->size - at - cut);
    memcpy(in->data + at, copy, size);
    in->size = in->size - cut + size;
}

static void mutate(input_t *in) {
    static const uint8_t edges[] = {0, 1, 2, 3, 4, 0x7f, 0x80, 0xfe, 0xff};
    const input_t *other = &seeds[draw(READERS)];
    size_t at = draw((uint32_t)in->size + 1), from = draw((uint32_t)other->size + 1);
    size_t cut = draw((uint32_t)(in->size - at) + 1);
    uint8_t byte = (uint8_t)draw(256);
    if (at < in->size && draw(8) < 5) {
        switch (draw(4)) {
            case 0:
                in->data[at] ^= (uint8_t)(1u << draw(8));
                break;
            case 1:
                in->data[at] = (uint8_t)(in->data[at] + draw(5) - 2);
                break;
            case 2:
                in->data[at] = edges[draw(sizeof(edges))];
                break;
            default:
                in->data[at] = byte;
        }
        return;
    }
    switch (draw(4)) {
        case 0:
            replace(in, at, 0, &byte, 1); // insert
            break;
        case 1:
            replace(in, at, cut < 4 ? cut : 1 % (cut + 1), &byte, 0); // delete
            break;
        case 2:
            replace(in, at, 0, in->data + at, cut); // double a part
            break;
        default:
            replace(in, at, cut, other->data + from, draw((uint32_t)(other->size - from) + 1));
    }
}

static void test_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < READERS; i++) {
        const input_t *seed = &seeds[i];
        if (!run(i, seed->data, seed->size)) {
            fail_msg("the seed of %s is refused", readers[i].name);
        }
        for (size_t size = 0; size < seed->size; size++) {
            bool ok = run(i, seed->data, size);
            // only a hello may end early: where its extensions would begin
            assert_true(!ok || readers[i].read == read_client_hello ||
                readers[i].read == read_server_hello);
        }
    }
}

static void test_every_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < READERS; i++) {
        for (size_t at = 0; at < seeds[i].size; at++) {
            for (unsigned value = 0; value < 256; value++) {
                input_t in = seeds[i];
                in.data[at] = (uint8_t)value;
                run(i, in.data, in.size);
            }
        }
    }
}

static void test_random(void **state) {
    (void)state;
    const char *text = getenv("SKERRY_FUZZ_ROUNDS");
    unsigned long rounds = text != NULL ? strtoul(text, NULL, 10) : ROUNDS;
    for (size_t i = 0; i < READERS; i++) {
        input_t in = seeds[i];
        for (unsigned long round = 0; round < rounds; round++) {
            input_t before = in;
            for (unsigned n = draw(4) + 1; n > 0; n--) {
                mutate(&in);
            }
            // what is accepted is often where the next one starts from
            if (!run(i, in.data, in.size) || draw(8) == 0) {
                in = draw(16) == 0 ? seeds[i] : before;
            }
        }
    }
}

static void test_both(void **state) {
    (void)state;
    for (size_t i = 0; i < READERS; i++) {
        print_message(
            "    %-28s %8zu accepted %8zu refused\n", readers[i].name, accepted[i], refused[i]);
        assert_true(accepted[i] > 100 && refused[i] > 100);
    }
}

static int read_seeds(void **state) {
    (void)state;
    for (size_t i = 0; i < READERS; i++) {
        read_hex(readers[i].seed, &seeds[i]);
    }
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_both),
    };
    return cmocka_run_group_tests_name("fuzz wire", tests, read_seeds, NULL);
}
