// Handshake messages, read and written.
//
// Each message as RFC 9846 lays it out (sections 4.2.2 to 4.2.4, 4.4, 4.5, 4.7), field by field; at
// the limits of its vectors; cut at every byte; with a byte too many. What is wrong in a message
// that can be parsed is told apart from what can't be parsed, and the latter wins.
#include "unit.h"

#include "base/bytes.h"
#include "wire/messages.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RETRY "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
#define HELLO(session, rest) "0303" RANDOM session rest
#define SESSION_32 "20" RANDOM

static void test_names(void **state) {
    (void)state;
    static const struct {
        unsigned type;
        const char *name;
    } names[] = {{0, "HelloRequest"}, {1, "ClientHello"}, {2, "ServerHello"},
        {4, "NewSessionTicket"}, {5, "EndOfEarlyData"}, {8, "EncryptedExtensions"},
        {11, "Certificate"}, {12, "ServerKeyExchange"}, {14, "ServerHelloDone"},
        {16, "ClientKeyExchange"}, {257, "ChangeCipherSpec"}, {13, "CertificateRequest"},
        {15, "CertificateVerify"}, {20, "Finished"}, {24, "KeyUpdate"}, {254, "message_hash"},
        {256, "HelloRetryRequest"}};
    unsigned known = 0;
    for (unsigned type = 0; type < 1000; type++) {
        known += strcmp(wire_type_name(type), "unknown") != 0 ? 1 : 0;
    }
    assert_int_equal(known, sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_string_equal(wire_type_name(names[i].type), names[i].name);
    }
}

static void test_open_message(void **state) {
    (void)state;
    uint8_t bytes[16];
    writer_t w = writer_of(bytes, sizeof(bytes));
    writer_block_t open = wire_open_message(&w, WIRE_FINISHED);
    writer_u16(&w, 0xaabb);
    writer_close(&w, open);
    writer_close(&w, wire_open_message(&w, WIRE_HELLO_RETRY_REQUEST));
    unit_assert_hex(view_of(bytes, writer_size(&w)), "14 000002 aabb  02 000000");
}

// Every cut of the body is refused but those at the given sizes, and so is a byte more.
#define ASSERT_CUTS(read, body, out, also) \
    do { \
        for (size_t size = 0; size < (body).size; size++) { \
            skr_status_t status = read(view_of((body).data, size), out); \
            assert_int_equal(status, size == (also) ? SKR_OK : SKR_ERR_DECODE); \
        } \
        uint8_t more[512] = {0}; \
        memcpy(more, (body).data, (body).size); \
        assert_int_equal(read(view_of(more, (body).size + 1), out), SKR_ERR_DECODE); \
        assert_int_equal(read(view_of(NULL, 0), out), SKR_ERR_DECODE); \
    } while (0)
#define NO_CUT SIZE_MAX

static void test_client_hello(void **state) {
    (void)state;
    wire_client_hello_t out;
    skr_view_t body = unit_hex(
        HELLO(SESSION_32, "0004 13011303 01 00 000b 002b0003020304 0a0a0000"));
    assert_int_equal(wire_read_client_hello(body, &out), SKR_OK);
    assert_int_equal(out.legacy_version, 0x0303);
    unit_assert_hex(out.random, RANDOM);
    unit_assert_hex(out.session_id, RANDOM);
    unit_assert_hex(out.suites, "13011303");
    unit_assert_hex(out.compression, "00");
    assert_true(out.has_extensions);
    assert_true(out.extensions.unknown);
    unit_assert_hex(out.extensions.body[WIRE_EXT_SUPPORTED_VERSIONS], "020304");
    ASSERT_CUTS(wire_read_client_hello, body, &out, body.size - 13);
    // of a client that knows no extensions; other values of legacy fields are not judged here
    body = unit_hex("0301" RANDOM "00 0002 002f 02 0100");
    assert_int_equal(wire_read_client_hello(body, &out), SKR_OK);
    assert_int_equal(out.legacy_version, 0x0301);
    assert_int_equal(out.session_id.size, 0);
    unit_assert_hex(out.compression, "0100");
    assert_false(out.has_extensions);
    assert_int_equal(out.extensions.seen, 0);
    assert_int_equal(out.extensions.last, WIRE_EXT_COUNT);
    ASSERT_CUTS(wire_read_client_hello, body, &out, NO_CUT);
}

static void test_client_hello_refused(void **state) {
    (void)state;
    static const struct {
        const char *body;
        skr_status_t status;
    } cases[] = {
        {HELLO("21" RANDOM "20", "0002 1301 01 00 0000"), SKR_ERR_DECODE}, // session id of 33
        {HELLO("00", "0000 01 00 0000"), SKR_ERR_DECODE}, // no suites
        {HELLO("00", "0003 130113 01 00 0000"), SKR_ERR_DECODE}, // odd suites
        {HELLO("00", "0001 13 01 00 0000"), SKR_ERR_DECODE}, // half a suite
        {HELLO("00", "0002 1301 00 0000"), SKR_ERR_DECODE}, // no compression
        {HELLO("00", "0002 1301 01 00 0000 00"), SKR_ERR_DECODE}, // a byte behind
        {HELLO("00", "0002 1301 01 00 0004 002b0001"), SKR_ERR_DECODE}, // extension too long
        {HELLO("00", "0002 1301 01 00 0008 002b0000 002b0000"), SKR_ERR_DUPLICATE_EXTENSION},
        {HELLO("00", "0002 1301 01 00 0008 002b0000 002b0000 00"), SKR_ERR_DECODE},
        {HELLO("00", "0002 1301 01 00 0004 00300000"), SKR_ERR_MISPLACED_EXTENSION},
        {HELLO("00", "0002 1301 01 00 0008 002b0000 00290000"), SKR_OK}, // PSK last
        {HELLO("00", "0002 1301 01 00 0008 00290000 002b0000"), SKR_ERR_ILLEGAL_PARAMETER},
        {HELLO("00", "0002 1301 01 00 0008 00290000 0a0a0000"), SKR_ERR_ILLEGAL_PARAMETER},
        {HELLO("00", "0002 1301 01 00 0008 00290000 0a0a0000 00"), SKR_ERR_DECODE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire_client_hello_t out;
        print_message("    %s\n", cases[i].body + 2 + sizeof(RANDOM));
        assert_int_equal(wire_read_client_hello(unit_hex(cases[i].body), &out), cases[i].status);
    }
}

static void test_server_hello(void **state) {
    (void)state;
    wire_server_hello_t out;
    skr_view_t body = unit_hex(
        HELLO(SESSION_32, "1303 00 000f 002b00020304 0033 0005 001d 0001 aa"));
    assert_int_equal(wire_read_server_hello(body, &out), SKR_OK);
    assert_false(out.retry);
    assert_int_equal(out.legacy_version, 0x0303);
    unit_assert_hex(out.random, RANDOM);
    unit_assert_hex(out.session_id, RANDOM);
    assert_int_equal(out.suite, 0x1303);
    assert_int_equal(out.compression, 0);
    assert_true(out.has_extensions);
    unit_assert_hex(out.extensions.body[WIRE_EXT_KEY_SHARE], "001d0001aa");
    ASSERT_CUTS(wire_read_server_hello, body, &out, body.size - 17);

    body = unit_hex("0303" RETRY "00 1302 01 0011 002b00020304 0033 0002 0017 002c 0001 aa");
    assert_int_equal(wire_read_server_hello(body, &out), SKR_OK);
    assert_true(out.retry);
    assert_int_equal(out.suite, 0x1302);
    assert_int_equal(out.compression, 1);
    unit_assert_hex(out.extensions.body[WIRE_EXT_COOKIE], "aa");
    ASSERT_CUTS(wire_read_server_hello, body, &out, body.size - 19);
    unit_assert_hex(view_of(wire_retry_random, sizeof(wire_retry_random)), RETRY);
}

// Without supported_versions it is an older server's: what its extensions mean is another RFC's
// matter.
static void test_older_server_hello(void **state) {
    (void)state;
    wire_server_hello_t out;
    skr_view_t body = unit_hex(HELLO("00", "c02f 00 000d ff01000100 000b0000 00230000"));
    assert_int_equal(wire_read_server_hello(body, &out), SKR_OK);
    assert_true(out.has_extensions);
    assert_int_equal(out.extensions.seen, 0);
    assert_false(out.extensions.unknown);
    assert_false(view_is(out.extensions.body[WIRE_EXT_RENEGOTIATION_INFO]));
    ASSERT_CUTS(wire_read_server_hello, body, &out, body.size - 15);
    body = unit_hex(HELLO("00", "c02f 00"));
    assert_int_equal(wire_read_server_hello(body, &out), SKR_OK);
    assert_false(out.has_extensions);
    assert_int_equal(out.extensions.last, WIRE_EXT_COUNT);
}

static void test_server_hello_refused(void **state) {
    (void)state;
    static const struct {
        const char *body;
        skr_status_t status;
    } cases[] = {
        {HELLO("21" RANDOM "20", "1301 00 0006 002b00020304"), SKR_ERR_DECODE},
        {HELLO("00", "1301 00 0006 002b00020304 00"), SKR_ERR_DECODE},
        {HELLO("00", "1301 00 0007 002b00020304 00"), SKR_ERR_DECODE},
        {HELLO("00", "1301 00 0004 000b0001"), SKR_ERR_DECODE}, // an older server's too
        {HELLO("00", "1301 00 0004 000b0000 00"), SKR_ERR_DECODE},
        {HELLO("00", "1301 00 000c 002b00020304 002b00020304"), SKR_ERR_DUPLICATE_EXTENSION},
        {HELLO("00", "1301 00 000a 00100000 002b00020304"), SKR_ERR_MISPLACED_EXTENSION},
        {HELLO("00", "1301 00 000a 002c0000 002b00020304"), SKR_ERR_MISPLACED_EXTENSION},
        {"0303" RETRY "00 1301 00 000a 002c0000 002b00020304", SKR_OK},
        {"0303" RETRY "00 1301 00 000a 00290000 002b00020304", SKR_ERR_MISPLACED_EXTENSION},
        {HELLO("00", "1301 00 000a 00290000 002b00020304"), SKR_OK},
        {"0303" RETRY "00 1301 00 000a 00330000 002b00020304 00", SKR_ERR_DECODE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire_server_hello_t out;
        print_message("    %s\n", cases[i].body + 2 + sizeof(RANDOM));
        assert_int_equal(wire_read_server_hello(unit_hex(cases[i].body), &out), cases[i].status);
    }
}

static void test_encrypted_extensions(void **state) {
    (void)state;
    wire_extensions_t out;
    skr_view_t body = unit_hex("000d 0010 0005 0003 02 6832 0000 0000");
    assert_int_equal(wire_read_encrypted_extensions(body, &out), SKR_OK);
    unit_assert_hex(out.body[WIRE_EXT_ALPN], "0003026832");
    assert_true(view_is(out.body[WIRE_EXT_SERVER_NAME]));
    ASSERT_CUTS(wire_read_encrypted_extensions, body, &out, NO_CUT);
    assert_int_equal(wire_read_encrypted_extensions(unit_hex("0000"), &out), SKR_OK);
    assert_int_equal(wire_read_encrypted_extensions(unit_hex("0004 00330000"), &out),
        SKR_ERR_MISPLACED_EXTENSION);
    assert_int_equal(wire_read_encrypted_extensions(unit_hex("0008 00000000 00000000"), &out),
        SKR_ERR_DUPLICATE_EXTENSION);
}

static void test_certificate_request(void **state) {
    (void)state;
    wire_certificate_request_t out;
    skr_view_t body = unit_hex("02 aabb 000c 000d 0004 0002 0403 0a0a 0000");
    assert_int_equal(wire_read_certificate_request(body, &out), SKR_OK);
    unit_assert_hex(out.context, "aabb");
    unit_assert_hex(out.extensions.body[WIRE_EXT_SIGNATURE_ALGORITHMS], "00020403");
    assert_true(out.extensions.unknown);
    ASSERT_CUTS(wire_read_certificate_request, body, &out, NO_CUT);
    assert_int_equal(wire_read_certificate_request(unit_hex("00 0000"), &out), SKR_OK);
    assert_int_equal(wire_read_certificate_request(unit_hex("00 0004 00330000"), &out),
        SKR_ERR_MISPLACED_EXTENSION);
}

static void test_certificate(void **state) {
    (void)state;
    wire_certificate_t out;
    wire_extensions_t extensions;
    skr_view_t der;
    bool end;
    skr_view_t body = unit_hex("01 77 000012 000002 aabb 0005 0005 0001 cc 000001 dd 0000");
    assert_int_equal(wire_read_certificate(body, &out), SKR_OK);
    unit_assert_hex(out.context, "77");
    ASSERT_CUTS(wire_read_certificate, body, &out, NO_CUT);
    assert_int_equal(wire_read_certificate(body, &out), SKR_OK);
    reader_t list = reader_of(out.list);
    assert_int_equal(wire_next_certificate(&list, &der, &extensions, &end), SKR_OK);
    assert_false(end);
    unit_assert_hex(der, "aabb");
    unit_assert_hex(extensions.body[WIRE_EXT_STATUS_REQUEST], "cc");
    assert_int_equal(wire_next_certificate(&list, &der, &extensions, &end), SKR_OK);
    assert_false(end);
    unit_assert_hex(der, "dd");
    assert_int_equal(extensions.seen, 0);
    assert_int_equal(wire_next_certificate(&list, &der, &extensions, &end), SKR_OK);
    assert_true(end);
    assert_int_equal(wire_read_certificate(unit_hex("00 000000"), &out), SKR_OK);
    list = reader_of(out.list);
    assert_int_equal(wire_next_certificate(&list, &der, &extensions, &end), SKR_OK);
    assert_true(end);
}

static void test_certificate_entries(void **state) {
    (void)state;
    static const struct {
        const char *list;
        skr_status_t status;
    } cases[] = {
        {"000001 dd 0000", SKR_OK}, {"000000 0000", SKR_ERR_DECODE}, // an empty certificate
        {"000001 dd", SKR_ERR_DECODE}, {"000001 dd 00", SKR_ERR_DECODE},
        {"000002 dd", SKR_ERR_DECODE}, {"0000", SKR_ERR_DECODE},
        {"000001 dd 0001 00", SKR_ERR_DECODE},
        {"000001 dd 0004 00330000", SKR_ERR_MISPLACED_EXTENSION},
        {"000001 dd 0008 00050000 00050000", SKR_ERR_DUPLICATE_EXTENSION},
        {"000001 dd 0004 0a0a0000", SKR_OK}, // for the caller to refuse as unsolicited
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wire_extensions_t extensions;
        skr_view_t der;
        bool end;
        reader_t list = reader_of(unit_hex(cases[i].list));
        assert_int_equal(wire_next_certificate(&list, &der, &extensions, &end), cases[i].status);
        assert_false(end);
    }
    // a list that has failed is not at its end
    wire_extensions_t extensions;
    skr_view_t der;
    bool end;
    reader_t failed = reader_of(view_of(NULL, 0));
    assert_int_equal(wire_next_certificate(&failed, &der, &extensions, &end), SKR_ERR_DECODE);
    assert_false(end);
}

static void test_certificate_verify(void **state) {
    (void)state;
    wire_certificate_verify_t out;
    skr_view_t body = unit_hex("0804 0003 aabbcc");
    assert_int_equal(wire_read_certificate_verify(body, &out), SKR_OK);
    assert_int_equal(out.scheme, 0x0804);
    unit_assert_hex(out.signature, "aabbcc");
    ASSERT_CUTS(wire_read_certificate_verify, body, &out, NO_CUT);
    assert_int_equal(wire_read_certificate_verify(unit_hex("0804 0000"), &out), SKR_OK);
    assert_int_equal(out.signature.size, 0);
}

static void test_new_session_ticket(void **state) {
    (void)state;
    wire_new_session_ticket_t out;
    skr_view_t body = unit_hex("00093a80 01020304 02 aabb 0003 ccddee 0008 002a 0004 00000400");
    assert_int_equal(wire_read_new_session_ticket(body, &out), SKR_OK);
    assert_int_equal(out.lifetime, 604800);
    assert_int_equal(out.age_add, 0x01020304);
    unit_assert_hex(out.nonce, "aabb");
    unit_assert_hex(out.ticket, "ccddee");
    unit_assert_hex(out.extensions.body[WIRE_EXT_EARLY_DATA], "00000400");
    ASSERT_CUTS(wire_read_new_session_ticket, body, &out, NO_CUT);
    static const struct {
        const char *body;
        skr_status_t status;
    } cases[] = {
        {"00000000 00000000 00 0001 aa 0000", SKR_OK},
        {"00093a81 00000000 00 0001 aa 0000", SKR_ERR_ILLEGAL_PARAMETER},
        {"ffffffff 00000000 00 0001 aa 0000", SKR_ERR_ILLEGAL_PARAMETER},
        {"ffffffff 00000000 00 0001 aa 0000 00", SKR_ERR_DECODE},
        {"00000000 00000000 00 0000 0000", SKR_ERR_DECODE}, // no ticket
        {"00000000 00000000 00 0001 aa 0004 0a0a0000", SKR_OK}, // unknown: to be ignored
        {"00000000 00000000 00 0001 aa 0004 00330000", SKR_ERR_MISPLACED_EXTENSION},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            wire_read_new_session_ticket(unit_hex(cases[i].body), &out), cases[i].status);
    }
}

static void test_key_update(void **state) {
    (void)state;
    bool requested = true;
    assert_int_equal(wire_read_key_update(unit_hex("00"), &requested), SKR_OK);
    assert_false(requested);
    assert_int_equal(wire_read_key_update(unit_hex("01"), &requested), SKR_OK);
    assert_true(requested);
    for (unsigned value = 2; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        assert_int_equal(
            wire_read_key_update(view_of(&byte, 1), &requested), SKR_ERR_ILLEGAL_PARAMETER);
        assert_false(requested);
    }
    skr_view_t body = unit_hex("01");
    ASSERT_CUTS(wire_read_key_update, body, &requested, NO_CUT);
    assert_int_equal(wire_read_key_update(unit_hex("0200"), &requested), SKR_ERR_DECODE);
    uint8_t bytes[16];
    writer_t w = writer_of(bytes, sizeof(bytes));
    wire_write_key_update(&w, false);
    wire_write_key_update(&w, true);
    unit_assert_hex(view_of(bytes, writer_size(&w)), "18 000001 00  18 000001 01");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_open_message),
        cmocka_unit_test(test_client_hello),
        cmocka_unit_test(test_client_hello_refused),
        cmocka_unit_test(test_server_hello),
        cmocka_unit_test(test_older_server_hello),
        cmocka_unit_test(test_server_hello_refused),
        cmocka_unit_test(test_encrypted_extensions),
        cmocka_unit_test(test_certificate_request),
        cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_certificate_entries),
        cmocka_unit_test(test_certificate_verify),
        cmocka_unit_test(test_new_session_ticket),
        cmocka_unit_test(test_key_update),
    };
    return cmocka_run_group_tests_name("wire/messages", tests, NULL, NULL);
}
