// A client and answers that no server should give (RFC 9846 sections 4.2.3, 4.2.4, 4.3, 4.4.1).
//
// In: a server's hello, its HelloRetryRequest or its EncryptedExtensions, altered on the way in one
// respect. Out: the client's error and the alert that the server sees. The order of messages is not
// the matter here, and what comes in Certificate and behind it is not either.
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
#define RETRY_RANDOM \
    { HELLO_RANDOM, 0, (const char *)(uintptr_t)wire_retry_random, SKR_RANDOM_SIZE }
#define TLS12 REMOVE(VERSIONS), REMOVE(KEY_SHARE)

enum {
    SERVER_NAME = 0,
    STATUS_REQUEST = 5,
    GROUPS = 10,
    HEARTBEAT = 15,
    ALPN = 16,
    CLIENT_TYPE = 19,
    SERVER_TYPE = 20,
    RECORD_SIZE = 28,
    PSK = 41,
    EARLY_DATA = 42,
    VERSIONS = 43,
    COOKIE = 44,
    KEY_SHARE = 51,
    UNKNOWN = 0x1234,
};

// --- ServerHello ---

static const hello_case_t bad_hellos[] = {
    // Versions
    {"TLS 1.2", SKR_ERR_VERSION, {TLS12}},
    {"TLS 1.2 without extensions", SKR_ERR_VERSION, {{HELLO_NO_EXTENSIONS, 0, NULL, 0}}},
    {"TLS 1.2 with its extensions", SKR_ERR_VERSION, {TLS12, APPEND(0xff01, "\0")}},
    {"TLS 1.2 where 1.3 was possible", SKR_ERR_DOWNGRADE,
        {TLS12, {HELLO_RANDOM, 0, B("DOWNGRD\x01")}}},
    {"TLS 1.1 where 1.3 was possible", SKR_ERR_DOWNGRADE,
        {TLS12, {HELLO_RANDOM, 0, B("DOWNGRD\0")}, {HELLO_VERSION, 0x0302, NULL, 0}}},
    {"nearly a sentinel", SKR_ERR_VERSION, {TLS12, {HELLO_RANDOM, 0, B("DOWNGRD\x02")}}},
    {"TLS 1.2 as an answer", SKR_ERR_VERSION_ANSWER, {PUT(VERSIONS, "\x03\x03")}},
    {"TLS 1.4 as an answer", SKR_ERR_VERSION_ANSWER, {PUT(VERSIONS, "\x03\x05")}},
    {"a draft as an answer", SKR_ERR_VERSION_ANSWER, {PUT(VERSIONS, "\x7f\x1c")}},
    {"a list of versions", SKR_ERR_DECODE, {PUT(VERSIONS, "\x02\x03\x04")}},
    {"no version", SKR_ERR_DECODE, {PUT(VERSIONS, "")}},
    // Legacy fields
    {"legacy version 1.3", SKR_ERR_LEGACY_FIELD, {{HELLO_VERSION, 0x0304, NULL, 0}}},
    {"legacy version 1.0", SKR_ERR_LEGACY_FIELD, {{HELLO_VERSION, 0x0301, NULL, 0}}},
    {"another session id", SKR_ERR_LEGACY_FIELD, {{HELLO_SESSION_ID, 0, B(FS_32)}}},
    {"half a session id", SKR_ERR_LEGACY_FIELD, {{HELLO_SESSION_ID, 0, B(ZEROS_16)}}},
    {"no session id", SKR_ERR_LEGACY_FIELD, {{HELLO_SESSION_ID, 0, B("")}}},
    {"a session id of 33", SKR_ERR_DECODE, {{HELLO_SESSION_ID, 0, B(ZEROS_32 "\0")}}},
    {"compression", SKR_ERR_LEGACY_FIELD, {{HELLO_COMPRESSION, 0, B("\x01")}}},
    {"a trailing byte", SKR_ERR_DECODE, {{HELLO_TRAILING, 0, B("\0")}}},
    // Choices
    {"an unknown suite", SKR_ERR_SUITE_ANSWER, {{HELLO_SUITE, 0x1399, NULL, 0}}},
    {"a suite of TLS 1.2", SKR_ERR_SUITE_ANSWER, {{HELLO_SUITE, 0xc02b, NULL, 0}}},
    {"a suite not offered", SKR_ERR_SUITE_ANSWER, {{HELLO_SUITE, 0x1303, NULL, 0}}},
    {"no suite", SKR_ERR_SUITE_ANSWER, {{HELLO_SUITE, 0, NULL, 0}}},
    // Shares
    {"no share", SKR_ERR_MISSING_EXTENSION, {REMOVE(KEY_SHARE)}},
    {"a share of another group", SKR_ERR_GROUP_ANSWER,
        {PUT(KEY_SHARE, "\x00\x17\x00\x41\x04" FS_32 FS_32)}},
    {"a share of an unknown group", SKR_ERR_GROUP_ANSWER, {PUT(KEY_SHARE, "\x0a\x0a\x00\x01x")}},
    {"a group alone", SKR_ERR_DECODE, {PUT(KEY_SHARE, "\x00\x1d")}},
    {"an empty share", SKR_ERR_DECODE, {PUT(KEY_SHARE, "\x00\x1d\x00\x00")}},
    {"a list of shares", SKR_ERR_DECODE, {PUT(KEY_SHARE, "\x00\x24\x00\x1d\x00\x20" FS_32)}},
    {"a short share", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x1d\x00\x01\x09")}},
    {"a long share", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x1d\x00\x21" FS_32 "\0")}},
    {"the share zero", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x1d\x00\x20" ZEROS_32)}},
    {"a share and more", SKR_ERR_DECODE, {PUT(KEY_SHARE, "\x00\x1d\x00\x20" FS_32 "\0")}},
    // Extensions
    {"a version twice", SKR_ERR_DUPLICATE_EXTENSION, {APPEND(VERSIONS, "\x03\x04")}},
    {"a pre-shared key", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(PSK, "\0\0")}},
    {"an unknown extension", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(UNKNOWN, "")}},
    {"a cookie", SKR_ERR_MISPLACED_EXTENSION, {APPEND(COOKIE, "\x00\x01x")}},
    {"a protocol", SKR_ERR_MISPLACED_EXTENSION, {APPEND(ALPN, "\x00\x03\x02h2")}},
    {"groups", SKR_ERR_MISPLACED_EXTENSION, {APPEND(GROUPS, "\x00\x02\x00\x1d")}},
};

static void edit_hello(pair_tap_t *t, pair_message_t *m) {
    if (!m->by_client && m->type == WIRE_SERVER_HELLO && !m->is_retry) {
        hello_apply(t->user, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void set_up(bool retry) {
    static const uint16_t suites[] = {0x1301, 0x1302, 0};
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    static const skr_view_t alpn[] = {{(const uint8_t *)"mqtt", 4}, {(const uint8_t *)"coap", 4}};
    pair_init_openssl(&pair);
    pair.client.config.suites = suites;
    pair.client.config.groups = retry ? both : NULL;
    pair.server.config.groups = wanted;
    pair.client.config.alpn = pair.server.config.alpn = alpn;
    pair.client.config.alpn_count = 2;
    pair.server.config.alpn_count = 1;
}

static void run_cases(const hello_case_t *cases, size_t count, bool retry, pair_edit_t edit) {
    for (size_t i = 0; i < count; i++) {
        pair_note("%s", cases[i].name);
        set_up(retry);
        pair_tap_refuses(&tap, &pair, edit, (void *)(uintptr_t)&cases[i], true, cases[i].status);
    }
    pair_note("%s", "");
}

static void test_hello(void **state) {
    (void)state;
    run_cases(bad_hellos, sizeof(bad_hellos) / sizeof(bad_hellos[0]), false, edit_hello);
}

// What the client offers decides, not what it could do.
static void test_points(void **state) {
    (void)state;
    static const hello_case_t cases[] = {
        {"off the curve", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x17\x00\x41\x04" FS_32 FS_32)}},
        {"zero", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x17\x00\x41\x04" ZEROS_32 ZEROS_32)}},
        {"compressed", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x17\x00\x21\x02" FS_32)}},
        {"infinity", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x17\x00\x01\x00")}},
        {"hybrid", SKR_ERR_KEY_SHARE, {PUT(KEY_SHARE, "\x00\x17\x00\x41\x06" FS_32 FS_32)}},
    };
    static const uint16_t p256[] = {SKR_GROUP_SECP256R1, 0};
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        const pair_providers_t *providers = &pair_providers[i % 2];
        const hello_case_t *which = &cases[i / 2];
        pair_note("%s %s", which->name, providers->name);
        pair_init(&pair, providers->client, providers->server);
        pair.client.config.groups = pair.server.config.groups = p256;
        pair_tap_refuses(&tap, &pair, edit_hello, (void *)(uintptr_t)which, true, which->status);
    }
    pair_note("%s", "");
}

// Behind a HelloRetryRequest neither suite nor group may be another.
static void test_hello_behind_retry(void **state) {
    (void)state;
    static const hello_case_t cases[] = {
        {"another suite", SKR_ERR_SUITE_ANSWER, {{HELLO_SUITE, 0x1302, NULL, 0}}},
        {"the first group after all", SKR_ERR_GROUP_ANSWER,
            {PUT(KEY_SHARE, "\x00\x17\x00\x41\x04" FS_32 FS_32)}},
        {"no share", SKR_ERR_MISSING_EXTENSION, {REMOVE(KEY_SHARE)}},
        {"TLS 1.2", SKR_ERR_VERSION_ANSWER, {TLS12}},
        {"a second HelloRetryRequest", SKR_ERR_UNEXPECTED_MESSAGE,
            {RETRY_RANDOM, PUT(KEY_SHARE, "\x00\x18")}},
    };
    run_cases(cases, sizeof(cases) / sizeof(cases[0]), true, edit_hello);
}

// --- HelloRetryRequest ---

static const hello_case_t bad_retries[] = {
    {"a group not offered", SKR_ERR_GROUP_ANSWER, {PUT(KEY_SHARE, "\x00\x18")}},
    {"an unknown group", SKR_ERR_GROUP_ANSWER, {PUT(KEY_SHARE, "\x0a\x0a")}},
    {"the group of the share", SKR_ERR_RETRY_USELESS, {PUT(KEY_SHARE, "\x00\x17")}},
    {"nothing to change", SKR_ERR_RETRY_USELESS, {REMOVE(KEY_SHARE)}},
    {"a share", SKR_ERR_DECODE, {PUT(KEY_SHARE, "\x00\x1d\x00\x20" FS_32)}},
    {"an empty group", SKR_ERR_DECODE, {PUT(KEY_SHARE, "")}},
    {"an empty cookie", SKR_ERR_DECODE, {APPEND(COOKIE, "\x00\x00")}},
    {"a cookie cut", SKR_ERR_DECODE, {APPEND(COOKIE, "\x00\x02x")}},
    {"TLS 1.2", SKR_ERR_VERSION, {REMOVE(VERSIONS)}},
    {"TLS 1.2 as an answer", SKR_ERR_VERSION_ANSWER, {PUT(VERSIONS, "\x03\x03")}},
    {"a suite not offered", SKR_ERR_SUITE_ANSWER, {{HELLO_SUITE, 0x1303, NULL, 0}}},
    {"another session id", SKR_ERR_LEGACY_FIELD, {{HELLO_SESSION_ID, 0, B(FS_32)}}},
    {"compression", SKR_ERR_LEGACY_FIELD, {{HELLO_COMPRESSION, 0, B("\x01")}}},
    {"a legacy version", SKR_ERR_LEGACY_FIELD, {{HELLO_VERSION, 0x0302, NULL, 0}}},
    {"an unknown extension", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(UNKNOWN, "")}},
    {"a protocol", SKR_ERR_MISPLACED_EXTENSION, {APPEND(ALPN, "\x00\x03\x02h2")}},
    {"a pre-shared key", SKR_ERR_MISPLACED_EXTENSION, {APPEND(PSK, "\0\0")}},
    {"the group twice", SKR_ERR_DUPLICATE_EXTENSION, {APPEND(KEY_SHARE, "\x00\x1d")}},
};

static void edit_retry(pair_tap_t *t, pair_message_t *m) {
    if (m->is_retry) {
        hello_apply(t->user, m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_retry(void **state) {
    (void)state;
    run_cases(bad_retries, sizeof(bad_retries) / sizeof(bad_retries[0]), true, edit_retry);
}

// A cookie comes back as it was; the longest too, and one that is longer is refused.
typedef struct {
    size_t size;
    bool came_back;
} cookie_t;

static void edit_cookie(pair_tap_t *t, pair_message_t *m) {
    static hello_t hello;
    static uint8_t extension[2 + SKR_COOKIE_MAX + 1];
    cookie_t *cookie = t->user;
    size_t size = 2 + cookie->size;
    if (m->is_retry) {
        memset(extension, 'c', sizeof(extension));
        bytes_put16(extension, (uint16_t)cookie->size);
        hello_read(&hello, m);
        hello_append(&hello.extensions, COOKIE, extension, size);
        hello_write(&hello, m);
        t->hits++;
    }
    if (m->by_client && m->type == WIRE_CLIENT_HELLO && m->index == 1) {
        hello_read(&hello, m);
        const hello_extension_t *item = hello_find(&hello.extensions, COOKIE);
        assert_non_null(item);
        assert_int_equal(item->size, size);
        assert_memory_equal(hello.extensions.bytes + item->at, extension, size);
        cookie->came_back = true;
    }
    pair_tap_forward(t, m);
}

static void test_cookie(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 100, SKR_COOKIE_MAX - 1, SKR_COOKIE_MAX};
    cookie_t cookie;
    for (size_t i = 0; i < 4; i++) {
        cookie = (cookie_t){sizes[i], false};
        set_up(true);
        pair_tap_run(&tap, &pair, edit_cookie, &cookie);
        assert_true(cookie.came_back);
        pair_assert_refused(&pair, &pair.client, SKR_ERR_SIGNATURE); // it was not the server's
        pair_end(&pair);
    }
    cookie = (cookie_t){SKR_COOKIE_MAX + 1, false};
    set_up(true);
    pair_tap_refuses(&tap, &pair, edit_cookie, &cookie, true, SKR_ERR_COOKIE_TOO_LONG);
}

// A ServerHello that becomes a HelloRetryRequest on the way.
static void test_made_retry(void **state) {
    (void)state;
    static const hello_case_t cases[] = {
        {"for the group of the share", SKR_ERR_RETRY_USELESS,
            {RETRY_RANDOM, PUT(KEY_SHARE, "\x00\x1d")}},
        {"for a group not offered", SKR_ERR_GROUP_ANSWER,
            {RETRY_RANDOM, PUT(KEY_SHARE, "\x02\x00")}},
        {"for nothing", SKR_ERR_RETRY_USELESS, {RETRY_RANDOM, REMOVE(KEY_SHARE)}},
        {"with a share", SKR_ERR_DECODE, {RETRY_RANDOM}},
    };
    run_cases(cases, sizeof(cases) / sizeof(cases[0]), false, edit_hello);
}

// --- EncryptedExtensions ---

static const hello_case_t bad_extensions[] = {
    {"an unknown extension", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(UNKNOWN, "")}},
    {"early data", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(EARLY_DATA, "")}},
    {"heartbeat", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(HEARTBEAT, "\x01")}},
    {"a client certificate type", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(CLIENT_TYPE, "\x02")}},
    {"a server certificate type", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(SERVER_TYPE, "\x02")}},
    {"a certificate compression", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(27, "\x02\x00\x01")}},
    {"a connection id", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(54, "\x01x")}},
    {"an encrypted hello", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(0xfe0d, "\x00\x00")}},
    {"a record size", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(RECORD_SIZE, "\x10\x00")}},
    {"a fragment length", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(1, "\x01")}},
    {"a share", SKR_ERR_MISPLACED_EXTENSION, {APPEND(KEY_SHARE, "\x00\x1d")}},
    {"a version", SKR_ERR_MISPLACED_EXTENSION, {APPEND(VERSIONS, "\x03\x04")}},
    {"a cookie", SKR_ERR_MISPLACED_EXTENSION, {APPEND(COOKIE, "\x00\x01x")}},
    {"a pre-shared key", SKR_ERR_MISPLACED_EXTENSION, {APPEND(PSK, "\0\0")}},
    {"a status", SKR_ERR_MISPLACED_EXTENSION, {APPEND(STATUS_REQUEST, "\x01")}},
    {"a protocol not offered", SKR_ERR_ALPN_ANSWER, {PUT(ALPN, "\x00\x03\x02h2")}},
    {"part of a protocol", SKR_ERR_ALPN_ANSWER, {PUT(ALPN, "\x00\x04\x03mqt")}},
    {"two protocols", SKR_ERR_DECODE,
        {PUT(ALPN,
            "\x00\x0a\x04mqtt\x04"
            "coap")}},
    {"no protocol", SKR_ERR_DECODE, {PUT(ALPN, "\x00\x00")}},
    {"an empty protocol", SKR_ERR_DECODE, {PUT(ALPN, "\x00\x01\x00")}},
    {"protocols twice", SKR_ERR_DUPLICATE_EXTENSION, {APPEND(ALPN, "\x00\x05\x04mqtt")}},
    {"a name that says something", SKR_ERR_DECODE, {PUT(SERVER_NAME, "\0")}},
};

// The list of extensions as if it were one of a hello.
static void edit_extensions(pair_tap_t *t, pair_message_t *m) {
    static hello_extensions_t list;
    const hello_case_t *which = t->user;
    if (!m->by_client && m->type == WIRE_ENCRYPTED_EXTENSIONS) {
        uint8_t *body = m->data + SKR_MESSAGE_HEADER_SIZE;
        hello_read_extensions(&list, body, m->size - SKR_MESSAGE_HEADER_SIZE);
        const hello_change_t *change = &which->change[0];
        if (change->op == HELLO_PUT) {
            hello_put(&list, change->number, change->bytes, change->size);
        } else {
            hello_append(&list, change->number, change->bytes, change->size);
        }
        m->size = SKR_MESSAGE_HEADER_SIZE + hello_write_extensions(&list, body);
        hello_fix_length(m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_encrypted_extensions(void **state) {
    (void)state;
    run_cases(
        bad_extensions, sizeof(bad_extensions) / sizeof(bad_extensions[0]), false, edit_extensions);
}

// An answer to what was never asked: no ALPN was offered, and no name was sent.
static void test_unasked(void **state) {
    (void)state;
    static const hello_case_t alpn = {
        "alpn", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(ALPN, "\x00\x03\x02h2")}};
    static const hello_case_t name = {
        "name", SKR_ERR_UNSOLICITED_EXTENSION, {APPEND(SERVER_NAME, "")}};
    pair_init_openssl(&pair);
    pair_tap_refuses(&tap, &pair, edit_extensions, (void *)(uintptr_t)&alpn, true, alpn.status);
    pair_init_openssl(&pair);
    pair.client.server_name = VIEW_LITERAL("192.0.2.1");
    pair_tap_refuses(&tap, &pair, edit_extensions, (void *)(uintptr_t)&name, true, name.status);
}

static void cut_extensions(pair_tap_t *t, pair_message_t *m) {
    if (!m->by_client && m->type == WIRE_ENCRYPTED_EXTENSIONS) {
        m->size -= *(const size_t *)t->user;
        hello_fix_length(m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

static void test_extensions_cut(void **state) {
    (void)state;
    for (size_t cut = 1; cut <= 6; cut++) {
        pair_init_openssl(&pair);
        pair_tap_refuses(&tap, &pair, cut_extensions, &cut, true, SKR_ERR_DECODE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_hello),
        PAIR_TEST(test_points),
        PAIR_TEST(test_hello_behind_retry),
        PAIR_TEST(test_retry),
        PAIR_TEST(test_cookie),
        PAIR_TEST(test_made_retry),
        PAIR_TEST(test_encrypted_extensions),
        PAIR_TEST(test_unasked),
        PAIR_TEST(test_extensions_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
