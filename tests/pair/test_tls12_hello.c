// Hellos of TLS 1.2 that must be refused, and those that must be put up with (RFC 5246 sections
// 7.4.1.2 and 7.4.1.3, RFC 5746, RFC 7507, RFC 7627, RFC 8422, RFC 9846 sections 4.2.3 and 4.3.1).
//
// In: a ClientHello or a ServerHello, altered on the way in one respect. Out: the reader's error
// and the alert that the writer sees; or, when the man on the line makes the other messages fit
// what he has altered, a connection. A downgrade that he tries is found by the client.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "support/pair_hello.h"
#include "support/tap12.h"
#include "wire/messages.h"

static pair_t pair;
static tap12_t tap;

#define B HELLO_BYTES
#define PUT(number, bytes) \
    { HELLO_PUT, number, B(bytes) }
#define APPEND(number, bytes) \
    { HELLO_APPEND, number, B(bytes) }
#define REMOVE(number) \
    { HELLO_REMOVE, number, NULL, 0 }
#define SUITE(number) \
    { HELLO_SUITE, number, NULL, 0 }
#define VERSION(number) \
    { HELLO_VERSION, number, NULL, 0 }
#define SUITES(bytes) \
    { HELLO_SUITES, 0, B(bytes) }
#define SESSION_ID(bytes) \
    { HELLO_SESSION_ID, 0, B(bytes) }
#define COMPRESSION(bytes) \
    { HELLO_COMPRESSION, 0, B(bytes) }
#define RANDOM_END(bytes) \
    { HELLO_RANDOM, 0, B(bytes) }
#define FS_32 "0123456789abcdef0123456789abcdef"

enum {
    SERVER_NAME = 0,
    STATUS_REQUEST = 5,
    GROUPS = 10,
    FORMATS = 11,
    SCHEMES = 13,
    HEARTBEAT = 15,
    ALPN = 16,
    CLIENT_TYPE = 19,
    ENCRYPT_THEN_MAC = 22,
    EXTENDED = 23,
    TICKET = 35,
    VERSIONS = 43,
    KEY_SHARE = 51,
    UNKNOWN = 0x1234,
    RENEGOTIATION = 0xff01,
};

static void set_up(void) {
    static const uint16_t suites[] = {0x1301, 0xc02b, 0xc02c, 0xc02f, 0};
    static const skr_view_t alpn[] = {{(const uint8_t *)"mqtt", 4}, {(const uint8_t *)"coap", 4}};
    tap12_pair_openssl(&pair);
    pair.client.config.suites = suites;
    pair.client.config.alpn = pair.server.config.alpn = alpn;
    pair.client.config.alpn_count = 2;
    pair.server.config.alpn_count = 1;
    tap.translate = false;
}

// --- The server's ---

static const hello_case_t bad_servers[] = {
    {"TLS 1.1", SKR_ERR_VERSION, {VERSION(0x0302)}},
    {"SSL 3.0", SKR_ERR_VERSION, {VERSION(0x0300)}},
    {"TLS 1.3 in the old place", SKR_ERR_VERSION, {VERSION(0x0304)}},
    {"a version in the new place", SKR_ERR_MISPLACED_EXTENSION, {APPEND(VERSIONS, "\x03\x03")}},
    {"the sentinel of TLS 1.2", SKR_ERR_DOWNGRADE, {RANDOM_END("DOWNGRD\x01")}},
    {"the sentinel of older ones", SKR_ERR_DOWNGRADE, {RANDOM_END("DOWNGRD\0")}},
    {"nearly the sentinel", SKR_ERR_SIGNATURE, {RANDOM_END("DOWNGRD\x02")}},
    {"another random", SKR_ERR_SIGNATURE, {RANDOM_END("xyz")}},
    {"a session id of 33", SKR_ERR_DECODE, {SESSION_ID(FS_32 "x")}},
    {"compression", SKR_ERR_LEGACY_FIELD, {COMPRESSION("\x01")}},
    {"an unknown suite", SKR_ERR_SUITE_ANSWER, {SUITE(0xc0ff)}},
    {"a suite of TLS 1.3", SKR_ERR_SUITE_ANSWER, {SUITE(0x1301)}},
    {"a suite not offered", SKR_ERR_SUITE_ANSWER, {SUITE(0xcca9)}},
    {"static RSA", SKR_ERR_SUITE_ANSWER, {SUITE(0x009c)}},
    {"a CBC suite", SKR_ERR_SUITE_ANSWER, {SUITE(0xc009)}},
    {"no cipher", SKR_ERR_SUITE_ANSWER, {SUITE(0x0000)}},
    {"a signalling suite", SKR_ERR_SUITE_ANSWER, {SUITE(0x00ff)}},
    {"the fallback suite", SKR_ERR_SUITE_ANSWER, {SUITE(0x5600)}},
    {"a suite for another key", SKR_ERR_SIGNATURE_SCHEME, {SUITE(0xc02f)}},
    {"an unknown extension", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(UNKNOWN, "")}},
    {"an extension twice", SKR_ERR_DUPLICATE_EXTENSION, {APPEND(EXTENDED, "")}},
    {"an unknown one twice", SKR_ERR_DUPLICATE_EXTENSION,
        {APPEND(UNKNOWN, ""), APPEND(UNKNOWN, "")}},
    {"a status", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(STATUS_REQUEST, "")}},
    {"encrypt-then-MAC", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(ENCRYPT_THEN_MAC, "")}},
    {"a ticket, unasked", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(TICKET, "")}},
    {"a connection id", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(54, "\x01x")}},
    {"an encrypted hello", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(0xfe0d, "\x00\x00")}},
    {"a raw public key", SKR_ERR_MISPLACED_EXTENSION, {APPEND(CLIENT_TYPE, "\x02")}},
    {"a heartbeat", SKR_ERR_MISPLACED_EXTENSION, {APPEND(HEARTBEAT, "\x01")}},
    {"a share", SKR_ERR_MISPLACED_EXTENSION, {APPEND(KEY_SHARE, "\x00\x1d\x00\x20" FS_32)}},
    {"groups", SKR_ERR_MISPLACED_EXTENSION, {APPEND(GROUPS, "\x00\x02\x00\x1d")}},
    {"schemes", SKR_ERR_MISPLACED_EXTENSION, {APPEND(SCHEMES, "\x00\x02\x04\x03")}},
    {"something in what is empty", SKR_ERR_DECODE, {PUT(EXTENDED, "\0")}},
    {"a name", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\0")}},
    {"renegotiation", SKR_ERR_RENEGOTIATION_INFO,
        {PUT(RENEGOTIATION,
            "\x0c"
            "0123456789ab")}},
    {"renegotiation of nothing", SKR_ERR_RENEGOTIATION_INFO, {PUT(RENEGOTIATION, "")}},
    {"renegotiation cut", SKR_ERR_RENEGOTIATION_INFO, {PUT(RENEGOTIATION, "\x01")}},
    {"only compressed points", SKR_ERR_ILLEGAL_PARAMETER, {PUT(FORMATS, "\x02\x01\x02")}},
    {"no points", SKR_ERR_DECODE, {PUT(FORMATS, "\x00")}},
    {"points cut", SKR_ERR_DECODE, {PUT(FORMATS, "\x02\x00")}},
    {"another protocol", SKR_ERR_ALPN_ANSWER, {PUT(ALPN, "\x00\x03\x02h2")}},
    {"two protocols", SKR_ERR_DECODE,
        {PUT(ALPN,
            "\x00\x0a\x04mqtt\x04"
            "coap")}},
    {"no protocol", SKR_ERR_DECODE, {PUT(ALPN, "\x00\x00")}},
    {"a trailing byte", SKR_ERR_DECODE, {{HELLO_TRAILING, 0, B("\0")}}},
};

static void edit_server(tap12_t *t, pair_message_t *m) {
    if (m->type == WIRE_SERVER_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_apply(t->user, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_bad_servers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(bad_servers) / sizeof(bad_servers[0]); i++) {
        const hello_case_t *which = &bad_servers[i];
        pair_note("%s", which->name);
        set_up();
        tap12_refuses(&tap, &pair, edit_server, (void *)(uintptr_t)which, true, which->status);
    }
    pair_note("%s", "");
}

// A client that offers nothing newer: what it sees is then judged by TLS 1.2 alone.
static void test_bad_servers_12(void **state) {
    (void)state;
    static const hello_case_t cases[] = {
        {"TLS 1.1", SKR_ERR_VERSION, {VERSION(0x0302)}},
        {"a suite of TLS 1.3", SKR_ERR_SUITE_ANSWER, {SUITE(0x1301)}},
        {"another protocol", SKR_ERR_ALPN_ANSWER, {PUT(ALPN, "\x00\x03\x02h2")}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pair_note("%s", cases[i].name);
        set_up();
        pair.client.config.max_version = SKR_TLS12;
        tap12_refuses(
            &tap, &pair, edit_server, (void *)(uintptr_t)&cases[i], true, cases[i].status);
    }
    pair_note("%s", "");
}

// supported_versions is where TLS 1.3 is chosen and nothing else (RFC 9846 section 4.3.1).
static void test_version_in_new_place(void **state) {
    (void)state;
    static const hello_change_t bare[] = {REMOVE(EXTENDED), REMOVE(RENEGOTIATION), REMOVE(FORMATS)};
    static const char *const versions[] = {"\x03\x03", "\x03\x04", "\x03\x02"};
    for (unsigned i = 0; i < 6; i++) {
        bool newer = i % 3 == 1 && i < 3; // TLS 1.3, and the client offered it
        hello_case_t which = {.change = {bare[0], bare[1], bare[2]}};
        which.change[3] = (hello_change_t){HELLO_APPEND, VERSIONS, versions[i % 3], 2};
        pair_note("version %u", i);
        set_up();
        pair.server.config.alpn_count = 0;
        pair.client.server_name = VIEW_LITERAL("192.0.2.1");
        pair.client.config.max_version = i < 3 ? 0 : SKR_TLS12;
        tap12_refuses(&tap, &pair, edit_server, &which, true,
            newer ? SKR_ERR_LEGACY_FIELD : SKR_ERR_VERSION_ANSWER); // it lacks the session id
    }
    pair_note("%s", "");
}

// What was not asked for may not come, though the client would know it.
static void test_not_asked(void **state) {
    (void)state;
    static const hello_case_t alpn = {"", SKR_OK, {APPEND(ALPN, "\x00\x05\x04mqtt")}};
    static const hello_case_t name = {"", SKR_OK, {APPEND(SERVER_NAME, "")}};
    set_up();
    pair.client.config.alpn_count = 0;
    tap12_refuses(
        &tap, &pair, edit_server, (void *)(uintptr_t)&alpn, true, SKR_ERR_UNSOLICITED_EXTENSION);
    set_up();
    pair.client.server_name = VIEW_LITERAL("192.0.2.1");
    tap12_refuses(
        &tap, &pair, edit_server, (void *)(uintptr_t)&name, true, SKR_ERR_UNSOLICITED_EXTENSION);
}

// The client's own session id, which stands for nothing (RFC 9846 appendix E.4).
static void edit_echo(tap12_t *t, pair_message_t *m) {
    static hello_t hello;
    if (m->type == WIRE_SERVER_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_read(&hello, m);
        assert_int_equal(hello.session_id_size, 0);
        hello.session_id_size = SKR_SESSION_ID_MAX;
        memcpy(hello.session_id, pair.client.conn->hs->session_id, SKR_SESSION_ID_MAX);
        hello_write(&hello, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_echo(void **state) {
    (void)state;
    set_up();
    tap12_refuses(&tap, &pair, edit_echo, NULL, true, SKR_ERR_LEGACY_FIELD);
}

static const hello_case_t odd_servers[] = {
    {"without extended_master_secret", SKR_OK, {REMOVE(EXTENDED)}},
    {"without renegotiation_info", SKR_OK, {REMOVE(RENEGOTIATION)}},
    {"without point formats", SKR_OK, {REMOVE(FORMATS)}},
    {"with more point formats", SKR_OK, {PUT(FORMATS, "\x03\x01\x00\x02")}},
    {"without any extension", SKR_OK, {{HELLO_NO_EXTENSIONS, 0, NULL, 0}}},
    {"with a session id", SKR_OK, {SESSION_ID(FS_32)}},
    {"with a short session id", SKR_OK, {SESSION_ID("x")}},
};

static void test_odd_servers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(odd_servers) / sizeof(odd_servers[0]); i++) {
        pair_note("%s", odd_servers[i].name);
        set_up();
        pair.server.config.alpn_count = 0; // so that no extension is missed
        tap.translate = true;
        tap12_run(&tap, &pair, edit_server, (void *)(uintptr_t)&odd_servers[i]);
        pair_assert_complete(&pair);
        pair_exchange(&pair, 100);
        pair_end(&pair);
        set_up(); // and without somebody who makes it fit, Finished shows that it was altered
        pair.server.config.alpn_count = 0;
        tap12_refuses(
            &tap, &pair, edit_server, (void *)(uintptr_t)&odd_servers[i], false, SKR_ERR_FINISHED);
    }
    pair_note("%s", "");
}

// --- The client's ---

static const hello_case_t bad_clients[] = {
    {"TLS 1.1 in the list", SKR_ERR_VERSION, {PUT(VERSIONS, "\x02\x03\x02")}},
    {"a draft in the list", SKR_ERR_VERSION, {PUT(VERSIONS, "\x02\x7f\x1c")}},
    {"nothing in the list", SKR_ERR_DECODE, {PUT(VERSIONS, "\x00")}},
    {"half a version", SKR_ERR_DECODE, {PUT(VERSIONS, "\x03\x03\x03\x03")}},
    {"TLS 1.1", SKR_ERR_VERSION, {VERSION(0x0302), REMOVE(VERSIONS)}},
    {"TLS 1.0", SKR_ERR_VERSION, {VERSION(0x0301), REMOVE(VERSIONS)}},
    {"SSL 3.0", SKR_ERR_VERSION, {VERSION(0x0300)}},
    {"SSL 3.0 alone", SKR_ERR_VERSION, {VERSION(0x0300), REMOVE(VERSIONS)}},
    {"compression only", SKR_ERR_LEGACY_FIELD, {COMPRESSION("\x01")}},
    {"no compression at all", SKR_ERR_DECODE, {COMPRESSION("")}},
    {"a session id of 33", SKR_ERR_DECODE, {SESSION_ID(FS_32 "x")}},
    {"no suites", SKR_ERR_DECODE, {SUITES("")}},
    {"half a suite", SKR_ERR_DECODE, {SUITES("\xc0\x2b\xc0")}},
    {"suites of TLS 1.3 only", SKR_ERR_NO_COMMON_SUITE, {SUITES("\x13\x01\x13\x02")}},
    {"suites of the past", SKR_ERR_NO_COMMON_SUITE, {SUITES("\x00\x9c\xc0\x09\x00\x2f\x00\x05")}},
    {"signalling only", SKR_ERR_NO_COMMON_SUITE, {SUITES("\x00\xff")}},
    {"a suite for another key", SKR_ERR_NO_COMMON_SIGNATURE, {SUITES("\xc0\x2f")}},
    {"no extensions", SKR_ERR_NO_COMMON_SIGNATURE, {{HELLO_NO_EXTENSIONS, 0, NULL, 0}}},
    {"no schemes", SKR_ERR_NO_COMMON_SIGNATURE, {REMOVE(SCHEMES)}},
    {"schemes empty", SKR_ERR_DECODE, {PUT(SCHEMES, "\x00\x00")}},
    {"half a scheme", SKR_ERR_DECODE, {PUT(SCHEMES, "\x00\x03\x04\x03\x04")}},
    {"SHA-1 and MD5", SKR_ERR_NO_COMMON_SIGNATURE,
        {PUT(SCHEMES, "\x00\x06\x02\x03\x02\x01\x01\x01")}},
    {"schemes of another key", SKR_ERR_NO_COMMON_SIGNATURE,
        {PUT(SCHEMES, "\x00\x04\x04\x01\x08\x04")}},
    {"unknown groups", SKR_ERR_NO_COMMON_GROUP, {PUT(GROUPS, "\x00\x04\x0a\x0a\x01\x00")}},
    {"groups empty", SKR_ERR_DECODE, {PUT(GROUPS, "\x00\x00")}},
    {"half a group", SKR_ERR_DECODE, {PUT(GROUPS, "\x00\x01\x00")}},
    {"only compressed points", SKR_ERR_ILLEGAL_PARAMETER, {PUT(FORMATS, "\x01\x01")}},
    {"no points", SKR_ERR_DECODE, {PUT(FORMATS, "\x00")}},
    {"points cut", SKR_ERR_DECODE, {PUT(FORMATS, "\x02\x00")}},
    {"renegotiation", SKR_ERR_RENEGOTIATION_INFO,
        {PUT(RENEGOTIATION,
            "\x0c"
            "0123456789ab")}},
    {"renegotiation of nothing", SKR_ERR_RENEGOTIATION_INFO, {PUT(RENEGOTIATION, "")}},
    {"something in what is empty", SKR_ERR_DECODE, {PUT(EXTENDED, "\0")}},
    {"no name", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\0\0")}},
    {"a name with a zero", SKR_ERR_DECODE,
        {PUT(SERVER_NAME,
            "\0\x06\0\0\x03"
            "a\0b")}},
    {"two names", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\0\x08\0\0\1a\0\0\1b")}},
    {"no protocols", SKR_ERR_DECODE, {PUT(ALPN, "\0\0")}},
    {"an empty protocol", SKR_ERR_DECODE, {PUT(ALPN, "\0\1\0")}},
    {"other protocols", SKR_ERR_NO_COMMON_ALPN, {PUT(ALPN, "\0\x03\x02h2")}},
    {"an extension twice", SKR_ERR_DUPLICATE_EXTENSION, {APPEND(EXTENDED, "")}},
    {"an unknown one twice", SKR_ERR_DUPLICATE_EXTENSION,
        {APPEND(UNKNOWN, ""), APPEND(UNKNOWN, "")}},
    {"what no hello holds", SKR_ERR_MISPLACED_EXTENSION, {APPEND(48, "\0\0")}},
    {"a trailing byte", SKR_ERR_DECODE, {{HELLO_TRAILING, 0, B("\0")}}},
};

static void edit_client(tap12_t *t, pair_message_t *m) {
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_apply(t->user, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

// The same, and the client believes that it had said so itself.
static void edit_believed(tap12_t *t, pair_message_t *m) {
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_apply(t->user, m);
        hello_believe(&pair, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_bad_clients(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(bad_clients) / sizeof(bad_clients[0]); i++) {
        const hello_case_t *which = &bad_clients[i];
        pair_note("%s", which->name);
        set_up();
        tap12_refuses(&tap, &pair, edit_client, (void *)(uintptr_t)which, false, which->status);
        if (i > 8 && i < 12) { // a server of both versions comes to the same conclusion
            set_up();
            pair.server.config.max_version = 0;
            pair.client.config.max_version = SKR_TLS12;
            tap12_refuses(&tap, &pair, edit_client, (void *)(uintptr_t)which, false, which->status);
        }
    }
    pair_note("%s", "");
}

static const hello_case_t odd_clients[] = {
    {"without versions", SKR_OK, {REMOVE(VERSIONS)}},
    {"of a version to come", SKR_OK, {REMOVE(VERSIONS), VERSION(0x0304)}},
    {"of a version far off", SKR_OK, {REMOVE(VERSIONS), VERSION(0xffff)}},
    {"with unknown versions", SKR_OK, {PUT(VERSIONS, "\x08\x7a\x7a\x03\x05\x03\x03\x03\x01")}},
    {"whose list counts alone", SKR_OK, {PUT(VERSIONS, "\x02\x03\x03"), VERSION(0x0301)}},
    {"with compression as a choice", SKR_OK, {COMPRESSION("\x01\x00")}},
    {"without a session id", SKR_OK, {SESSION_ID("")}},
    {"without groups", SKR_OK, {REMOVE(GROUPS)}},
    {"without point formats", SKR_OK, {REMOVE(FORMATS)}},
    {"with more point formats", SKR_OK, {PUT(FORMATS, "\x03\x02\x01\x00")}},
    {"without extended_master_secret", SKR_OK, {REMOVE(EXTENDED)}},
    {"without renegotiation_info", SKR_OK, {REMOVE(RENEGOTIATION)}},
    {"with unknown suites", SKR_OK, {SUITES("\x0a\x0a\xc0\x2b\x56\x01\x00\x00")}},
    {"with unknown extensions", SKR_OK, {APPEND(UNKNOWN, "xyz"), APPEND(0x0a0a, "")}},
    {"with a share of nonsense", SKR_OK, {PUT(KEY_SHARE, "nonsense")}},
    {"with a session ticket", SKR_OK, {APPEND(TICKET, FS_32)}},
    {"with encrypt-then-MAC", SKR_OK, {APPEND(ENCRYPT_THEN_MAC, "")}},
};

static void test_odd_clients(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(odd_clients) / sizeof(odd_clients[0]); i++) {
        pair_note("%s", odd_clients[i].name);
        set_up();
        pair_mutual(&pair, PKI_P256);
        tap12_run(&tap, &pair, edit_believed, (void *)(uintptr_t)&odd_clients[i]);
        pair_assert_complete(&pair);
        pair_exchange(&pair, 100);
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// Hundreds of extensions, 17 kB and more of them.
static void edit_large(tap12_t *t, pair_message_t *m) {
    static hello_t hello;
    static const uint8_t zeros[60];
    if (m->type == WIRE_CLIENT_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_read(&hello, m);
        for (unsigned i = 0; i < 300; i++) {
            hello_append(&hello.extensions, (uint16_t)(0x2000 + i), zeros, sizeof(zeros));
        }
        hello_write(&hello, m);
        assert_true(m->size > 17000);
        hello_believe(&pair, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_large(void **state) {
    (void)state;
    set_up();
    tap12_run(&tap, &pair, edit_large, NULL);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

// --- What the answers hold ---

static hello_t answer;

static void edit_look(tap12_t *t, pair_message_t *m) {
    if (m->type == WIRE_SERVER_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_read(&answer, m);
        assert_int_equal(answer.version, SKR_TLS12);
        assert_int_equal(answer.session_id_size, 0);
        assert_int_equal(answer.compression[0], 0);
        assert_null(hello_find(&answer.extensions, VERSIONS));
    }
    edit_believed(t, m);
}

static bool answered(const hello_case_t *which, uint16_t number) {
    set_up();
    tap12_run(&tap, &pair, edit_look, (void *)(uintptr_t)which);
    pair_assert_complete(&pair);
    pair_end(&pair);
    return hello_find(&answer.extensions, number) != NULL;
}

// Only what was asked for is answered; renegotiation_info also to who asks by a suite (RFC 5746
// section 3.6).
static void test_answers(void **state) {
    (void)state;
    static const hello_case_t nothing = {"", SKR_OK, {{HELLO_NOTHING, 0, NULL, 0}}};
    static const uint16_t each[] = {SERVER_NAME, FORMATS, ALPN, EXTENDED, RENEGOTIATION};
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        const hello_case_t without = {"", SKR_OK, {REMOVE(each[i])}};
        pair_note("extension %u", each[i]);
        assert_true(answered(&nothing, each[i]));
        assert_false(answered(&without, each[i]));
    }
    static const hello_case_t by_suite = {
        "", SKR_OK, {REMOVE(RENEGOTIATION), SUITES("\xc0\x2b\x00\xff")}};
    assert_true(answered(&by_suite, RENEGOTIATION));
    pair_note("%s", "");
}

// --- Downgrades ---

// Somebody hides TLS 1.3 from a server that speaks it: the server says so in its Random, and that
// is signed.
static const hello_case_t hides[] = {
    {"no versions", SKR_OK, {REMOVE(VERSIONS)}},
    {"TLS 1.2 alone", SKR_OK, {PUT(VERSIONS, "\x02\x03\x03")}},
    {"an unknown version", SKR_OK, {PUT(VERSIONS, "\x04\x03\x05\x03\x03")}},
};

static void edit_hide(tap12_t *t, pair_message_t *m) {
    static const hello_case_t blank = {"", SKR_OK, {RANDOM_END("xxxxxxxx")}};
    if (m->type == WIRE_SERVER_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_read(&answer, m);
        assert_memory_equal(answer.random + 24, "DOWNGRD\x01", 8);
        if (t->translate) {
            hello_apply(&blank, m);
        }
    }
    edit_client(t, m);
}

static void test_downgrade(void **state) {
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        pair_note("%s", hides[i % 3].name);
        set_up();
        pair.server.config.max_version = 0;
        tap.translate = i >= 3; // he takes the sentinel away, too
        tap12_refuses(&tap, &pair, edit_hide, (void *)(uintptr_t)&hides[i % 3], true,
            i < 3 ? SKR_ERR_DOWNGRADE : SKR_ERR_SIGNATURE);
    }
    pair_note("%s", "");
}

static void edit_sentinel(tap12_t *t, pair_message_t *m) {
    if (m->type == WIRE_SERVER_HELLO && m->content == RECORD_HANDSHAKE) {
        hello_read(&answer, m);
        t->hits++;
    }
    tap12_forward(t, m);
}

// A client that speaks nothing newer does not mind the sentinel; a server that speaks nothing newer
// does not set it.
static void test_sentinel(void **state) {
    (void)state;
    for (int server_has_13 = 0; server_has_13 < 2; server_has_13++) {
        set_up();
        pair.client.config.max_version = server_has_13 ? SKR_TLS12 : 0;
        pair.server.config.max_version = server_has_13 ? 0 : SKR_TLS12;
        tap12_run(&tap, &pair, edit_sentinel, NULL);
        pair_assert_complete(&pair);
        if (server_has_13) {
            assert_memory_equal(answer.random + 24, "DOWNGRD\x01", 8);
        } else {
            assert_memory_not_equal(answer.random + 24, "DOWNGRD", 7);
        }
        pair_end(&pair);
    }
}

// RFC 7507: a client that tries an older version than it could says so; a server that could do
// better refuses, one that could not goes on.
static void test_fallback(void **state) {
    (void)state;
    static const hello_case_t fallback = {"", SKR_OK, {SUITES("\xc0\x2b\x56\x00")}};
    set_up();
    pair.client.config.max_version = SKR_TLS12;
    tap12_run(&tap, &pair, edit_believed, (void *)(uintptr_t)&fallback);
    pair_assert_complete(&pair);
    pair_end(&pair);
    pair.server.config.max_version = 0;
    tap12_refuses(
        &tap, &pair, edit_believed, (void *)(uintptr_t)&fallback, false, SKR_ERR_FALLBACK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_bad_servers),
        PAIR_TEST(test_bad_servers_12),
        PAIR_TEST(test_version_in_new_place),
        PAIR_TEST(test_not_asked),
        PAIR_TEST(test_echo),
        PAIR_TEST(test_odd_servers),
        PAIR_TEST(test_bad_clients),
        PAIR_TEST(test_odd_clients),
        PAIR_TEST(test_large),
        PAIR_TEST(test_answers),
        PAIR_TEST(test_downgrade),
        PAIR_TEST(test_sentinel),
        PAIR_TEST(test_fallback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
