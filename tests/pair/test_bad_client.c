// A server and ClientHellos that no client should send (RFC 9846 sections 4.2.2, 4.3, 9.2).
//
// In: a client's hello, altered on the way in one respect. Out: the server's error and the alert
// that the client sees. What a server must put up with it puts up with: then it is the client that
// finds that its hello was altered.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair_hello.h"
#include "wire/messages.h"

static pair_t pair;
static pair_tap_t tap;

#define B HELLO_BYTES
#define PUT(number, bytes) \
    { HELLO_PUT, number, B(bytes) }
#define APPEND(number, bytes) \
    { HELLO_APPEND, number, B(bytes) }
#define REMOVE(number) \
    { HELLO_REMOVE, number, NULL, 0 }
#define ZEROS_16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ZEROS_32 ZEROS_16 ZEROS_16
#define FS_32 "0123456789abcdef0123456789abcdef"

enum {
    SERVER_NAME = 0,
    GROUPS = 10,
    SCHEMES = 13,
    ALPN = 16,
    PADDING = 21,
    PSK = 41,
    EARLY_DATA = 42,
    VERSIONS = 43,
    COOKIE = 44,
    PSK_MODES = 45,
    OID_FILTERS = 48,
    KEY_SHARE = 51,
    UNKNOWN = 0x1234,
};

// An x25519 share in a list of one.
#define SHARE_X25519(bytes32) "\x00\x24\x00\x1d\x00\x20" bytes32

static const hello_case_t refused[] = {
    // Versions
    {"SSL 3.0", SKR_ERR_VERSION, {{HELLO_VERSION, 0x0300, NULL, 0}}},
    {"SSL 2.0", SKR_ERR_VERSION, {{HELLO_VERSION, 0x0002, NULL, 0}}},
    {"no extensions", SKR_ERR_VERSION, {{HELLO_NO_EXTENSIONS, 0, NULL, 0}}},
    {"TLS 1.2", SKR_ERR_VERSION, {REMOVE(VERSIONS)}},
    {"TLS 1.2 in the list", SKR_ERR_VERSION, {PUT(VERSIONS, "\x02\x03\x03")}},
    {"a draft", SKR_ERR_VERSION, {PUT(VERSIONS, "\x02\x7f\x1c")}},
    {"versions empty", SKR_ERR_DECODE, {PUT(VERSIONS, "\x00")}},
    {"versions absent", SKR_ERR_DECODE, {PUT(VERSIONS, "")}},
    {"versions odd", SKR_ERR_DECODE, {PUT(VERSIONS, "\x03\x03\x04\x03")}},
    {"versions too long", SKR_ERR_DECODE, {PUT(VERSIONS, "\x04\x03\x04")}},
    {"versions and more", SKR_ERR_DECODE, {PUT(VERSIONS, "\x02\x03\x04\x00")}},
    // Legacy fields
    {"compression", SKR_ERR_LEGACY_FIELD, {{HELLO_COMPRESSION, 0, B("\x01")}}},
    {"compression too", SKR_ERR_LEGACY_FIELD, {{HELLO_COMPRESSION, 0, B("\x00\x01")}}},
    {"compression first", SKR_ERR_LEGACY_FIELD, {{HELLO_COMPRESSION, 0, B("\x01\x00")}}},
    {"no compression list", SKR_ERR_DECODE, {{HELLO_COMPRESSION, 0, B("")}}},
    {"session id of 33", SKR_ERR_DECODE, {{HELLO_SESSION_ID, 0, B(ZEROS_32 "\0")}}},
    {"trailing byte", SKR_ERR_DECODE, {{HELLO_TRAILING, 0, B("\0")}}},
    // Suites
    {"no suites", SKR_ERR_DECODE, {{HELLO_SUITES, 0, B("")}}},
    {"odd suites", SKR_ERR_DECODE, {{HELLO_SUITES, 0, B("\x13\x01\x13")}}},
    {"suites of TLS 1.2", SKR_ERR_NO_COMMON_SUITE, {{HELLO_SUITES, 0, B("\xc0\x2b\x00\xff")}}},
    // Mandatory extensions (section 9.2)
    {"no signature_algorithms", SKR_ERR_MISSING_EXTENSION, {REMOVE(SCHEMES)}},
    {"no supported_groups", SKR_ERR_MISSING_EXTENSION, {REMOVE(GROUPS)}},
    {"no key_share", SKR_ERR_MISSING_EXTENSION, {REMOVE(KEY_SHARE)}},
    {"neither groups nor share", SKR_ERR_MISSING_EXTENSION, {REMOVE(GROUPS), REMOVE(KEY_SHARE)}},
    // Lists
    {"schemes empty", SKR_ERR_DECODE, {PUT(SCHEMES, "\x00\x00")}},
    {"schemes odd", SKR_ERR_DECODE, {PUT(SCHEMES, "\x00\x03\x04\x03\x08")}},
    {"schemes too long", SKR_ERR_DECODE, {PUT(SCHEMES, "\xff\xfe\x04\x03")}},
    {"schemes of nobody", SKR_ERR_NO_COMMON_SIGNATURE, {PUT(SCHEMES, "\x00\x02\x0a\x0a")}},
    {"PKCS #1 only", SKR_ERR_NO_COMMON_SIGNATURE, {PUT(SCHEMES, "\x00\x02\x04\x01")}},
    {"groups empty", SKR_ERR_DECODE, {PUT(GROUPS, "\x00\x00")}},
    {"groups odd", SKR_ERR_DECODE, {PUT(GROUPS, "\x00\x03\x00\x1d\x00")}},
    {"groups of nobody", SKR_ERR_NO_COMMON_GROUP,
        {PUT(GROUPS, "\x00\x02\x0a\x0a"), PUT(KEY_SHARE, "\x00\x00")}},
    // Shares
    {"a share of a group not named", SKR_ERR_ILLEGAL_PARAMETER, {PUT(GROUPS, "\x00\x02\x00\x17")}},
    {"two shares of a group", SKR_ERR_ILLEGAL_PARAMETER,
        {PUT(KEY_SHARE, "\x00\x48\x00\x1d\x00\x20" FS_32 "\x00\x1d\x00\x20" FS_32)}},
    {"a share of nothing", SKR_ERR_DECODE, {PUT(KEY_SHARE, "\x00\x04\x00\x1d\x00\x00")}},
    {"a share cut", SKR_ERR_DECODE, {PUT(KEY_SHARE, "\x00\x05\x00\x1d\x00\x20\x01")}},
    {"shares cut", SKR_ERR_DECODE, {PUT(KEY_SHARE, "\x00\x25\x00\x1d\x00\x20" FS_32)}},
    {"shares and more", SKR_ERR_DECODE, {PUT(KEY_SHARE, SHARE_X25519(FS_32) "\x00")}},
    {"a short share", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x05\x00\x1d\x00\x01\x09")}},
    {"a long share", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x25\x00\x1d\x00\x21" FS_32 "\x00")}},
    {"the share zero", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, SHARE_X25519(ZEROS_32))}},
    {"a share of low order", SKR_ERR_KEY_SHARE,
        {PUT(KEY_SHARE, SHARE_X25519("\x01" ZEROS_16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"))}},
    {"a point off the curve", SKR_ERR_KEY_SHARE,
        {PUT(KEY_SHARE, "\x00\x45\x00\x17\x00\x41\x04" FS_32 FS_32)}},
    {"the point zero", SKR_ERR_KEY_SHARE,
        {PUT(KEY_SHARE, "\x00\x45\x00\x17\x00\x41\x04" ZEROS_32 ZEROS_32)}},
    {"a compressed point", SKR_ERR_KEY_SHARE,
        {PUT(KEY_SHARE, "\x00\x25\x00\x17\x00\x21\x02" FS_32)}},
    {"infinity", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x05\x00\x17\x00\x01\x00")}},
    // Extensions as such
    {"an extension twice", SKR_ERR_DUPLICATE_EXTENSION, {APPEND(VERSIONS, "\x02\x03\x04")}},
    {"an unknown one twice", SKR_ERR_DUPLICATE_EXTENSION,
        {APPEND(UNKNOWN, ""), APPEND(UNKNOWN, "x")}},
    {"one of CertificateRequest", SKR_ERR_MISPLACED_EXTENSION, {APPEND(OID_FILTERS, "\0\0")}},
    // Pre-shared keys (section 4.3.11), which are not taken but must be in order
    {"pre_shared_key not last", SKR_ERR_ILLEGAL_PARAMETER,
        {APPEND(PSK_MODES, "\x01\x01"), APPEND(PSK, "\0"), APPEND(UNKNOWN, "")}},
    {"pre_shared_key before a known one", SKR_ERR_ILLEGAL_PARAMETER,
        {APPEND(PSK, "\0"), APPEND(PSK_MODES, "\x01\x01")}},
    {"pre_shared_key without modes", SKR_ERR_MISSING_EXTENSION, {APPEND(PSK, "\0")}},
    // Names
    {"no name", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\x00\x00")}},
    {"an empty name", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\x00\x03\x00\x00\x00")}},
    {"a name of another kind", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\x00\x04\x01\x00\x01x")}},
    {"two names", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\x00\x08\x00\x00\x01x\x00\x00\x01y")}},
    {"a zero in the name", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\x00\x06\x00\x00\x03x\0y")}},
    {"an empty server_name", SKR_ERR_DECODE, {PUT(SERVER_NAME, "")}},
    {"no protocols", SKR_ERR_DECODE, {PUT(ALPN, "\x00\x00")}},
    {"an empty protocol", SKR_ERR_DECODE, {PUT(ALPN, "\x00\x04\x02h2\x00")}},
    {"a protocol cut", SKR_ERR_DECODE, {PUT(ALPN, "\x00\x04\x04h2x")}},
};

static const hello_case_t tolerated[] = {
    {"legacy version 1.0", SKR_OK, {{HELLO_VERSION, 0x0301, NULL, 0}}},
    {"legacy version 1.3", SKR_OK, {{HELLO_VERSION, 0x0304, NULL, 0}}},
    {"versions to come", SKR_OK, {PUT(VERSIONS, "\x08\x7a\x7a\x03\x05\x03\x04\x03\x03")}},
    {"no session id", SKR_OK, {{HELLO_SESSION_ID, 0, B("")}}},
    {"a session id of one", SKR_OK, {{HELLO_SESSION_ID, 0, B("x")}}},
    {"unknown suites", SKR_OK, {{HELLO_SUITES, 0, B("\x0a\x0a\xc0\x2b\x13\x01\x13\x05")}}},
    {"the same suite twice", SKR_OK, {{HELLO_SUITES, 0, B("\x13\x01\x13\x01")}}},
    {"unknown extensions", SKR_OK, {APPEND(UNKNOWN, ""), APPEND(0x0a0a, "\0"), APPEND(0xffff, "")}},
    {"unknown groups", SKR_OK, {PUT(GROUPS, "\x00\x06\x11\xec\x00\x1d\x0a\x0a")}},
    {"unknown schemes", SKR_OK, {PUT(SCHEMES, "\x00\x04\x0a\x0a\x04\x03")}},
    {"padding", SKR_OK, {APPEND(PADDING, ZEROS_32)}},
    {"extensions of TLS 1.2", SKR_OK,
        {APPEND(11, "\x01\x00"), APPEND(22, ""), APPEND(23, ""), APPEND(0xff01, "\x00")}},
    {"a pre-shared key that nobody knows", SKR_OK,
        {APPEND(PSK_MODES, "\x01\x01"),
            APPEND(PSK, "\x00\x07\x00\x01x\0\0\0\0\x00\x21\x20" ZEROS_32)}},
    {"an unknown name", SKR_OK, {PUT(SERVER_NAME, "\x00\x06\x00\x00\x03x.y")}},
    {"ALPN though the server has none", SKR_OK, {APPEND(ALPN, "\x00\x03\x02h2")}},
};

// --- The first ClientHello ---

static void edit_first(pair_tap_t *t, pair_message_t *m) {
    if (m->by_client && m->content == RECORD_HANDSHAKE && m->index == 0) {
        hello_apply(t->user, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_refused(void **state) {
    (void)state;
    const skr_view_t alpn[] = {VIEW_LITERAL("h2")};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const hello_case_t *which = &refused[i];
        pair_note("%s", which->name);
        pair_init_openssl(&pair);
        pair.server.config.alpn = alpn;
        pair.server.config.alpn_count = 1;
        pair_tap_refuses(&tap, &pair, edit_first, (void *)(uintptr_t)which, false, which->status);
    }
    pair_note("%s", "");
}

// The client is made to believe that it sent just that.
static void edit_believed(pair_tap_t *t, pair_message_t *m) {
    bool first = m->by_client && m->content == RECORD_HANDSHAKE && m->index == 0;
    if (first) {
        hello_apply(t->user, m);
        hello_believe(t->pair, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_tolerated(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(tolerated) / sizeof(tolerated[0]); i++) {
        const hello_case_t *which = &tolerated[i];
        pair_note("%s", which->name);
        pair_init_openssl(&pair);
        pair_tap_run(&tap, &pair, edit_believed, (void *)(uintptr_t)which);
        if (which->change[0].op == HELLO_SESSION_ID) { // which the client wants back
            pair_assert_refused(&pair, &pair.client, SKR_ERR_LEGACY_FIELD);
        } else {
            pair_assert_complete(&pair);
            pair_exchange(&pair, 10);
        }
        pair_end(&pair);
    }
    pair_note("%s", "");
}

// The mere order of extensions is free.
static void reverse(pair_tap_t *t, pair_message_t *m) {
    static hello_t hello;
    if (m->by_client && m->content == RECORD_HANDSHAKE && m->index == 0) {
        hello_read(&hello, m);
        hello_extensions_t *list = &hello.extensions;
        for (size_t i = 0, j = list->count - 1; i < j; i++, j--) {
            hello_extension_t item = list->item[i];
            list->item[i] = list->item[j];
            list->item[j] = item;
        }
        hello_write(&hello, m);
        hello_believe(t->pair, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_any_order(void **state) {
    (void)state;
    pair_init_openssl(&pair);
    pair_tap_run(&tap, &pair, reverse, NULL);
    pair_assert_complete(&pair);
    pair_end(&pair);
}

// Hundreds of unknown extensions; and hellos of all sizes up to what is accepted and beyond.
static void bloat(pair_tap_t *t, pair_message_t *m) {
    static hello_t hello;
    static const uint8_t zeros[HELLO_BYTES_MAX];
    size_t size = *(const size_t *)t->user;
    if (m->by_client && m->content == RECORD_HANDSHAKE && m->index == 0) {
        hello_read(&hello, m);
        if (size < 1000) {
            for (size_t i = 0; i < size; i++) {
                hello_append(&hello.extensions, (uint16_t)(0x4000 + i * 13), "", 0);
            }
        } else {
            hello_append(&hello.extensions, PADDING, zeros, size - m->size - 4);
        }
        hello_write(&hello, m);
        assert_true(size < 1000 || m->size == size);
        hello_believe(t->pair, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_large(void **state) {
    (void)state;
    static const size_t sizes[] = {300, 16383, 16384, 16385, 17000, 20000, 32767, 32768};
    for (size_t i = 0; i < 8; i++) {
        size_t size = sizes[i];
        pair_note("%zu", size);
        pair_init_openssl(&pair);
        pair_tap_run(&tap, &pair, bloat, &size);
        pair_assert_complete(&pair);
        pair_end(&pair);
    }
    size_t size = SKR_MESSAGE_MAX + 1;
    skr_error_t error;
    pair_init_openssl(&pair);
    pair_tap_run(&tap, &pair, bloat, &size);
    pair_assert_refused(&pair, &pair.server, SKR_ERR_MESSAGE_TOO_LONG);
    skr_conn_error(pair.server.conn, &error);
    assert_int_equal(error.value, SKR_MESSAGE_MAX + 1);
    assert_int_equal(error.limit, SKR_MESSAGE_MAX);
    assert_int_equal(pair.server.memory.peak[SKR_REGION_MESSAGE], 0); // judged before it costs
    pair_end(&pair);
    pair_note("%s", "");
}

// --- The second ClientHello (sections 4.2.2, 4.3.8) ---

static const hello_case_t refused_second[] = {
    {"another Random", SKR_ERR_RETRY_IGNORED, {{HELLO_RANDOM, 0, B("x")}}},
    {"another session id", SKR_ERR_RETRY_IGNORED, {{HELLO_SESSION_ID, 0, B(FS_32)}}},
    {"no session id", SKR_ERR_RETRY_IGNORED, {{HELLO_SESSION_ID, 0, B("")}}},
    {"another suite", SKR_ERR_RETRY_IGNORED, {{HELLO_SUITES, 0, B("\x13\x03")}}},
    {"early data", SKR_ERR_RETRY_IGNORED, {APPEND(EARLY_DATA, "")}},
    {"no share", SKR_ERR_RETRY_IGNORED, {PUT(KEY_SHARE, "\x00\x00")}},
    {"the old share again", SKR_ERR_RETRY_IGNORED,
        {PUT(KEY_SHARE, "\x00\x45\x00\x17\x00\x41\x04" FS_32 FS_32)}},
    {"the old share too", SKR_ERR_RETRY_IGNORED,
        {PUT(KEY_SHARE, "\x00\x69\x00\x1d\x00\x20" FS_32 "\x00\x17\x00\x41\x04" FS_32 FS_32)}},
    {"the group gone", SKR_ERR_ILLEGAL_PARAMETER, {PUT(GROUPS, "\x00\x02\x00\x17")}},
    {"key_share gone", SKR_ERR_MISSING_EXTENSION, {REMOVE(KEY_SHARE)}},
    {"TLS 1.3 gone", SKR_ERR_VERSION, {REMOVE(VERSIONS)}},
    {"the share zero", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, SHARE_X25519(ZEROS_32))}},
    {"a short share", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x05\x00\x1d\x00\x01\x09")}},
    {"compression", SKR_ERR_LEGACY_FIELD, {{HELLO_COMPRESSION, 0, B("\x01")}}},
    {"schemes gone", SKR_ERR_NO_COMMON_SIGNATURE, {PUT(SCHEMES, "\x00\x02\x08\x04")}},
};

static void edit_second(pair_tap_t *t, pair_message_t *m) {
    if (m->by_client && m->content == RECORD_HANDSHAKE && m->index == 1) {
        assert_int_equal(m->type, WIRE_CLIENT_HELLO);
        hello_apply(t->user, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void set_up_retry(void) {
    static const uint16_t suites[] = {0x1301, 0x1303, 0};
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    pair_init_openssl(&pair);
    pair.client.config.groups = both;
    pair.server.config.groups = wanted;
    pair.server.config.suites = suites;
}

static void test_refused_second(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(refused_second) / sizeof(refused_second[0]); i++) {
        const hello_case_t *which = &refused_second[i];
        pair_note("%s", which->name);
        set_up_retry();
        pair_tap_refuses(&tap, &pair, edit_second, (void *)(uintptr_t)which, false, which->status);
    }
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_refused),
        PAIR_TEST(test_tolerated),
        PAIR_TEST(test_any_order),
        PAIR_TEST(test_large),
        PAIR_TEST(test_refused_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
