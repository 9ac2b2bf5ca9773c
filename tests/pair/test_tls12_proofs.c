// Proofs and keys of TLS 1.2 that do not hold: ServerKeyExchange, ClientKeyExchange, Certificate,
// CertificateRequest, CertificateVerify, Finished (RFC 5246 section 7.4, RFC 8422 section 5).
//
// In: those messages altered on the way, or signed anew by who has the server's key, and
// certificates that are not good enough. Out: refusals with their alerts on both sides, and never a
// connection. What comes behind an altered message does not matter: it is refused where it is read.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "conn/conn.h"
#include "keys/suites.h"
#include "support/pair_hello.h"
#include "support/tap12.h"
#include "wire/messages.h"

static pair_t pair;
static tap12_t tap;

typedef struct {
    const char *name;
    skr_status_t status;
    void (*change)(pair_message_t *m);
} case_t;

typedef struct {
    bool by_client;
    uint8_t type;
    const case_t *which;
} edit_t;

static void edit(tap12_t *t, pair_message_t *m) {
    const edit_t *wanted = t->user;
    if (m->content == RECORD_HANDSHAKE && m->by_client == wanted->by_client &&
        m->type == wanted->type) {
        wanted->which->change(m);
        hello_fix_length(m);
        t->hits++;
    }
    tap12_forward(t, m);
}

static void run_cases(const case_t *cases, size_t count, bool by_client, uint8_t type) {
    for (size_t i = 0; i < count; i++) {
        edit_t wanted = {by_client, type, &cases[i]};
        pair_note("%s: %s, by the %s", wire_type_name(type), cases[i].name,
            by_client ? "client" : "server");
        tap12_pair_openssl(&pair);
        pair_mutual(&pair, PKI_P256);
        tap12_refuses(&tap, &pair, edit, &wanted, !by_client, cases[i].status);
    }
    pair_note("%s", "");
}
#define RUN(cases, by_client, type) \
    run_cases(cases, sizeof(cases) / sizeof((cases)[0]), by_client, type)

static void set(pair_message_t *m, const void *body, size_t size) {
    memcpy(m->data + SKR_MESSAGE_HEADER_SIZE, body, size);
    m->size = SKR_MESSAGE_HEADER_SIZE + size;
}
#define SET(m, text) set(m, text, sizeof(text) - 1)

static void make_empty(pair_message_t *m) {
    m->size = SKR_MESSAGE_HEADER_SIZE;
}

static void shorten(pair_message_t *m) {
    m->size--;
}

static void lengthen(pair_message_t *m) {
    m->data[m->size++] = 0;
}

static void flip_last(pair_message_t *m) {
    m->data[m->size - 1] ^= 1;
}

// --- Scheme and signature, in ServerKeyExchange and CertificateVerify ---

// Where the scheme stands: behind curve, share and their lengths.
static uint8_t *scheme_at(pair_message_t *m) {
    return m->data + SKR_MESSAGE_HEADER_SIZE +
        (m->type == WIRE_SERVER_KEY_EXCHANGE ? 4u + m->data[7] : 0u);
}

static uint16_t wanted_scheme;

static void scheme_wanted(pair_message_t *m) {
    bytes_put16(scheme_at(m), wanted_scheme);
}

static void set_signature(pair_message_t *m, const char *bytes, size_t size) {
    uint8_t *at = scheme_at(m) + 2;
    bytes_put16(at, (uint16_t)size);
    memcpy(at + 2, bytes, size);
    m->size = (size_t)(at + 2 + size - m->data);
}

static void signature_empty(pair_message_t *m) {
    set_signature(m, "", 0);
}

static void signature_zero(pair_message_t *m) {
    set_signature(m, "\x30\x06\x02\x01\x00\x02\x01\x00", 8);
}

static void signature_one(pair_message_t *m) {
    set_signature(m, "\x30\x06\x02\x01\x01\x02\x01\x01", 8);
}

static void signature_head(pair_message_t *m) {
    scheme_at(m)[4] ^= 1;
}

// Bytes behind the DER of the signature, inside its field.
static void signature_tail(pair_message_t *m) {
    uint8_t *at = scheme_at(m) + 2;
    m->data[m->size++] = 0;
    bytes_put16(at, (uint16_t)(bytes_get16(at) + 1));
}

static const case_t signature_cases[] = {
    {"the last bit", SKR_ERR_SIGNATURE, flip_last},
    {"the first byte", SKR_ERR_SIGNATURE, signature_head},
    {"no signature", SKR_ERR_SIGNATURE, signature_empty},
    {"r and s zero", SKR_ERR_SIGNATURE, signature_zero},
    {"r and s one", SKR_ERR_SIGNATURE, signature_one},
    {"a tail in the signature", SKR_ERR_SIGNATURE, signature_tail},
    {"cut", SKR_ERR_DECODE, shorten},
    {"a byte more", SKR_ERR_DECODE, lengthen},
    {"empty", SKR_ERR_DECODE, make_empty},
};

static void test_signatures(void **state) {
    (void)state;
    RUN(signature_cases, false, WIRE_SERVER_KEY_EXCHANGE);
    RUN(signature_cases, true, WIRE_CERTIFICATE_VERIFY);
}

// Numbers that do not fit the key, or that nobody offered. The same curve with another hash fits,
// but is not what was signed.
static void test_schemes(void **state) {
    (void)state;
    static const struct {
        uint16_t scheme;
        skr_status_t status;
    } rows[] = {
        {0x0a0a, SKR_ERR_SIGNATURE_SCHEME},
        {0x0203, SKR_ERR_SIGNATURE_SCHEME}, // SHA-1
        {0x0201, SKR_ERR_SIGNATURE_SCHEME},
        {0x0303, SKR_ERR_SIGNATURE_SCHEME}, // SHA-224
        {0x0403, SKR_OK},
        {0x0503, SKR_ERR_SIGNATURE}, // P-256 with SHA-384
        {0x0603, SKR_ERR_SIGNATURE_SCHEME},
        {SKR_SIG_RSA_PKCS1_SHA256, SKR_ERR_SIGNATURE_SCHEME},
        {SKR_SIG_RSA_PSS_RSAE_SHA256, SKR_ERR_SIGNATURE_SCHEME},
        {SKR_SIG_RSA_PSS_PSS_SHA256, SKR_ERR_SIGNATURE_SCHEME},
        {SKR_SIG_ED25519, SKR_ERR_SIGNATURE_SCHEME},
        {SKR_SIG_CERT_ECDSA_P256_SHA384, SKR_ERR_SIGNATURE_SCHEME},
        {SKR_SIG_CERT_ECDSA_P256_SHA512, SKR_ERR_SIGNATURE_SCHEME},
        {0, SKR_ERR_SIGNATURE_SCHEME},
        {0xffff, SKR_ERR_SIGNATURE_SCHEME},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const case_t which = {"a scheme", rows[i].status, scheme_wanted};
        wanted_scheme = rows[i].scheme;
        if (rows[i].status != SKR_OK) {
            run_cases(&which, 1, false, WIRE_SERVER_KEY_EXCHANGE);
            run_cases(&which, 1, true, WIRE_CERTIFICATE_VERIFY);
        }
    }
}

// One that the key could do but that was not offered; and one whose hash the transcript does not
// keep.
static void test_scheme_not_offered(void **state) {
    (void)state;
    static const uint16_t offered[] = {SKR_SIG_RSA_PSS_RSAE_SHA256, 0};
    static const case_t which = {"not offered", SKR_ERR_SIGNATURE_SCHEME, scheme_wanted};
    wanted_scheme = SKR_SIG_RSA_PSS_RSAE_SHA512;
    for (int n = 0; n < 3; n++) {
        edit_t wanted = {
            n != 0, n == 0 ? WIRE_SERVER_KEY_EXCHANGE : WIRE_CERTIFICATE_VERIFY, &which};
        tap12_pair_openssl(&pair);
        pair_server_kind(&pair, PKI_RSA);
        pair_mutual(&pair, PKI_RSA);
        if (n < 2) {
            pair.client.config.signatures = pair.server.config.signatures = offered;
        }
        tap12_refuses(&tap, &pair, edit, &wanted, n == 0, which.status);
    }
}

// --- The server's share ---

static void curve_explicit_prime(pair_message_t *m) {
    m->data[4] = 1;
}

static void curve_explicit_char2(pair_message_t *m) {
    SET(m, "\x02\x00\x01\x00");
}

static void group_unknown(pair_message_t *m) {
    bytes_put16(m->data + 5, 0x0a0a);
}

static void group_other(pair_message_t *m) {
    bytes_put16(m->data + 5, SKR_GROUP_SECP256R1); // it was offered, and the share does not fit it
}

static void group_other_curve(pair_message_t *m) {
    bytes_put16(m->data + 5, 30); // x448
}

static void share_flip(pair_message_t *m) {
    m->data[8] ^= 1;
}

static void share_empty(pair_message_t *m) {
    SET(m, "\x03\x00\x1d\x00\x04\x03\x00\x00");
}

static void share_beyond(pair_message_t *m) {
    m->data[7] = 0xff;
}

static void params_only(pair_message_t *m) {
    m->size = (size_t)(scheme_at(m) - m->data);
}

static const case_t share_cases[] = {
    {"an explicit curve", SKR_ERR_GROUP_ANSWER, curve_explicit_prime},
    {"another explicit curve", SKR_ERR_GROUP_ANSWER, curve_explicit_char2},
    {"an unknown group", SKR_ERR_GROUP_ANSWER, group_unknown},
    {"a group not offered", SKR_ERR_GROUP_ANSWER, group_other_curve},
    {"another group", SKR_ERR_KEY_SHARE, group_other},
    {"an altered share", SKR_ERR_SIGNATURE, share_flip},
    {"an empty share", SKR_ERR_DECODE, share_empty},
    {"a share beyond the end", SKR_ERR_DECODE, share_beyond},
    {"nothing signed", SKR_ERR_DECODE, params_only},
};

static void test_shares(void **state) {
    (void)state;
    RUN(share_cases, false, WIRE_SERVER_KEY_EXCHANGE);
}

// A server that signs what it should not: the parameters of the case, with the right key.
typedef struct {
    const char *name;
    uint16_t group;
    const char *share;
    size_t size;
    skr_status_t status;
} signed_t;

static void edit_signed(tap12_t *t, pair_message_t *m) {
    const signed_t *which = t->user;
    if (m->content == RECORD_HANDSHAKE && m->type == WIRE_SERVER_KEY_EXCHANGE) {
        uint8_t content[2 * SKR_RANDOM_SIZE + 4 + 200], digest[SKR_HASH_SIZE_MAX];
        _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
        const hs_t *hs = pair.server.conn->hs;
        const skr_private_key_t *key =
            pki_credential(&skr_provider_openssl, PKI_P256, PKI_SERVER)->key;
        const skr_hash_t *hash = provider_hash(&skr_provider_openssl, SKR_HASH_SHA256);
        uint8_t *params = content + 2 * SKR_RANDOM_SIZE, signature[SKR_SIGNATURE_MAX];
        size_t size = 4 + which->size, signature_size = 0;
        memcpy(content, hs->client_random, SKR_RANDOM_SIZE);
        memcpy(content + SKR_RANDOM_SIZE, hs->server_random, SKR_RANDOM_SIZE);
        params[0] = 3;
        bytes_put16(params + 1, which->group);
        params[3] = (uint8_t)which->size;
        memcpy(params + 4, which->share, which->size);
        assert_true(hash->init(state) && hash->update(state, content, 64 + size) &&
            hash->result(state, digest));
        assert_int_equal(provider_signature(&skr_provider_openssl, 0x0403)
                             ->sign(key, digest, 32, test_random, &pair.server.random, signature,
                                 &signature_size),
            SKR_CRYPTO_OK);
        memcpy(m->data + 4, params, size);
        bytes_put16(m->data + 4 + size, 0x0403);
        set_signature(m, (const char *)signature, signature_size);
        hello_fix_length(m);
        t->hits++;
    }
    tap12_forward(t, m);
}

#define ZEROS_32 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define FS_32 "0123456789abcdef0123456789abcdef"
#define BYTES(text) text, sizeof(text) - 1

static const signed_t signed_cases[] = {
    {"zero", SKR_GROUP_X25519, BYTES(ZEROS_32), SKR_ERR_KEY_SHARE},
    {"one", SKR_GROUP_X25519, BYTES("\1" ZEROS_32), SKR_ERR_KEY_SHARE}, // and a byte too long
    {"short", SKR_GROUP_X25519, BYTES("0123456789abcdef"), SKR_ERR_KEY_SHARE},
    {"off the curve", SKR_GROUP_SECP256R1, BYTES("\x04" FS_32 FS_32), SKR_ERR_KEY_SHARE},
    {"zero point", SKR_GROUP_SECP256R1, BYTES("\x04" ZEROS_32 ZEROS_32), SKR_ERR_KEY_SHARE},
    {"compressed", SKR_GROUP_SECP256R1, BYTES("\x02" FS_32), SKR_ERR_KEY_SHARE},
    {"infinity", SKR_GROUP_SECP256R1, BYTES("\0"), SKR_ERR_KEY_SHARE},
    {"hybrid", SKR_GROUP_SECP256R1, BYTES("\x06" FS_32 FS_32), SKR_ERR_KEY_SHARE},
    {"not offered", SKR_GROUP_SECP384R1, BYTES("\x04" FS_32 FS_32 FS_32), SKR_ERR_GROUP_ANSWER},
    {"unknown", 0x0a0a, BYTES("x"), SKR_ERR_GROUP_ANSWER},
};

// The signature is no help: a bad share is refused for what it is.
static void test_signed_shares(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t groups[] = {SKR_GROUP_X25519, SKR_GROUP_SECP256R1, 0};
    for (size_t i = 0; i < sizeof(signed_cases) / sizeof(signed_cases[0]); i++) {
        const signed_t *which = &signed_cases[i];
        pair_note("%s, %s", which->name, providers->name);
        tap12_pair(&pair, providers->client, &skr_provider_openssl);
        pair.client.config.groups = groups;
        tap12_refuses(&tap, &pair, edit_signed, (void *)(uintptr_t)which, true, which->status);
    }
    pair_note("%s", "");
}

// --- The client's share ---

static void client_zero(pair_message_t *m) {
    SET(m, "\x20" ZEROS_32);
}

static void client_short(pair_message_t *m) {
    SET(m,
        "\x10"
        "0123456789abcdef");
}

static void client_empty(pair_message_t *m) {
    SET(m, "\0");
}

static void client_rsa(pair_message_t *m) { // a two-byte length, as static RSA has
    SET(m, "\x00\x20" FS_32);
}

static const case_t client_cases[] = {
    {"zero", SKR_ERR_KEY_SHARE, client_zero}, {"short", SKR_ERR_KEY_SHARE, client_short},
    {"an empty share", SKR_ERR_DECODE, client_empty}, {"as for RSA", SKR_ERR_DECODE, client_rsa},
    {"cut", SKR_ERR_DECODE, shorten}, {"a byte more", SKR_ERR_DECODE, lengthen},
    {"empty", SKR_ERR_DECODE, make_empty},
    {"altered", SKR_ERR_SIGNATURE, flip_last}, // CertificateVerify shows it
};

static void client_off_curve(pair_message_t *m) {
    SET(m, "\x41\x04" FS_32 FS_32);
}

static void client_compressed(pair_message_t *m) {
    SET(m, "\x21\x02" FS_32);
}

static void client_infinity(pair_message_t *m) {
    SET(m, "\x01\x00");
}

static void test_client_shares(void **state) {
    (void)state;
    RUN(client_cases, true, WIRE_CLIENT_KEY_EXCHANGE);
    static const case_t altered = {"altered", SKR_ERR_FINISHED, flip_last};
    edit_t wanted = {true, WIRE_CLIENT_KEY_EXCHANGE, &altered};
    tap12_pair_openssl(&pair);
    tap12_refuses(&tap, &pair, edit, &wanted, false, altered.status);
}

static void test_client_points(void **state) {
    const pair_providers_t *providers = *state;
    static const uint16_t p256[] = {SKR_GROUP_SECP256R1, 0};
    static const case_t cases[] = {
        {"off the curve", SKR_ERR_KEY_SHARE, client_off_curve},
        {"compressed", SKR_ERR_KEY_SHARE, client_compressed},
        {"infinity", SKR_ERR_KEY_SHARE, client_infinity},
    };
    for (size_t i = 0; i < 3; i++) {
        edit_t wanted = {true, WIRE_CLIENT_KEY_EXCHANGE, &cases[i]};
        tap12_pair(&pair, providers->client, providers->server);
        pair.client.config.groups = p256;
        tap12_refuses(&tap, &pair, edit, &wanted, false, cases[i].status);
    }
}

// --- Certificate ---

static uint8_t room[PAIR_MESSAGE_MAX];

static void chain_empty(pair_message_t *m) {
    SET(m, "\0\0\0");
}

static void chain_context(pair_message_t *m) { // the shape of TLS 1.3
    memmove(m->data + 5, m->data + 4, m->size - 4);
    m->data[4] = 0;
    m->size++;
}

static void chain_empty_entry(pair_message_t *m) {
    SET(m, "\0\0\x03\0\0\0");
}

static void chain_garbage(pair_message_t *m) {
    SET(m, "\0\0\x06\0\0\x03xyz");
}

static void chain_beyond(pair_message_t *m) {
    SET(m, "\0\0\x06\0\0\x04xyz");
}

static void chain_long(pair_message_t *m) {
    size_t entry = 3 + ((size_t)m->data[8] << 8) + m->data[9];
    for (size_t i = 0; i <= SKR_CHAIN_MAX; i++) {
        memcpy(room + i * entry, m->data + 7, entry);
    }
    size_t size = (SKR_CHAIN_MAX + 1) * entry;
    memcpy(m->data + 7, room, size);
    m->data[4] = (uint8_t)(size >> 16);
    bytes_put16(m->data + 5, (uint16_t)size);
    m->size = 7 + size;
}

static void leaf_flip(pair_message_t *m) {
    m->data[10 + ((size_t)m->data[8] << 8) + m->data[9] - 1] ^= 1; // in its signature
}

static const case_t chain_cases[] = {
    {"as in TLS 1.3", SKR_ERR_DECODE, chain_context},
    {"an empty certificate", SKR_ERR_DECODE, chain_empty_entry},
    {"cut", SKR_ERR_DECODE, shorten},
    {"a byte more", SKR_ERR_DECODE, lengthen},
    {"a certificate beyond the end", SKR_ERR_DECODE, chain_beyond},
    {"garbage", SKR_ERR_CERT_MALFORMED, chain_garbage},
    {"too many", SKR_ERR_CERT_TOO_COMPLEX, chain_long},
    {"a signature altered", SKR_ERR_CERT_SIGNATURE, leaf_flip},
    {"empty message", SKR_ERR_DECODE, make_empty},
};

static void test_chains(void **state) {
    (void)state;
    static const case_t server = {"no certificate", SKR_ERR_NO_CERTIFICATE, chain_empty};
    static const case_t client = {"no certificate", SKR_ERR_CERTIFICATE_REQUIRED, chain_empty};
    RUN(chain_cases, false, WIRE_CERTIFICATE);
    RUN(chain_cases, true, WIRE_CERTIFICATE);
    run_cases(&server, 1, false, WIRE_CERTIFICATE);
    run_cases(&client, 1, true, WIRE_CERTIFICATE);
}

static void refuses(bool client_is_bad, pki_role_t role, skr_status_t status) {
    pair_side_t *bad = client_is_bad ? &pair.client : &pair.server;
    pair_note("role %d", role);
    tap12_pair_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    bad->config.credentials = pki_credential(&skr_provider_openssl, PKI_P256, role);
    pair_refuses(&pair, pair_other(&pair, bad), status);
    pair_note("%s", "");
}

static void test_not_good_enough(void **state) {
    (void)state;
    refuses(false, PKI_EXPIRED, SKR_ERR_CERT_EXPIRED);
    refuses(false, PKI_EARLY, SKR_ERR_CERT_NOT_YET_VALID);
    refuses(false, PKI_STRANGER, SKR_ERR_CERT_UNKNOWN_CA);
    refuses(false, PKI_OTHER, SKR_ERR_CERT_NAME);
    refuses(false, PKI_CLIENT, SKR_ERR_CERT_PURPOSE);
    refuses(true, PKI_SERVER, SKR_ERR_CERT_PURPOSE);
    refuses(true, PKI_CLIENT_STRANGER, SKR_ERR_CERT_UNKNOWN_CA);
}

// --- CertificateRequest, ServerHelloDone ---

static void request_without_types(pair_message_t *m) {
    SET(m, "\0\0\x02\x04\x03\0\0");
}

static void request_without_schemes(pair_message_t *m) {
    SET(m, "\1\x40\0\0\0\0");
}

static void request_half_scheme(pair_message_t *m) {
    SET(m, "\1\x40\0\1\x04\0\0");
}

static const case_t request_cases[] = {
    {"without types", SKR_ERR_DECODE, request_without_types},
    {"without schemes", SKR_ERR_DECODE, request_without_schemes},
    {"half a scheme", SKR_ERR_DECODE, request_half_scheme},
    {"cut", SKR_ERR_DECODE, shorten},
    {"a byte more", SKR_ERR_DECODE, lengthen},
    {"empty", SKR_ERR_DECODE, make_empty},
};
static const case_t done_cases[] = {{"a byte more", SKR_ERR_DECODE, lengthen}};

// Nothing that this side can sign with: it sends no certificate. Authorities are no matter.
static void request_strange(pair_message_t *m) {
    SET(m, "\1\x01\0\x02\x02\x01\0\0");
}

static void request_authorities(pair_message_t *m) {
    SET(m, "\1\x40\0\x02\x04\x03\0\x04\0\x02\x30\0");
}

static void test_requests(void **state) {
    (void)state;
    RUN(request_cases, false, WIRE_CERTIFICATE_REQUEST);
    RUN(done_cases, false, WIRE_SERVER_HELLO_DONE);
    for (int i = 0; i < 2; i++) {
        static const case_t strange = {"", SKR_OK, request_strange};
        static const case_t authorities = {"", SKR_OK, request_authorities};
        edit_t wanted = {false, WIRE_CERTIFICATE_REQUEST, i == 0 ? &strange : &authorities};
        tap12_pair_openssl(&pair);
        pair_mutual(&pair, PKI_P256);
        tap12_refuses(&tap, &pair, edit, &wanted, false,
            i == 0 ? SKR_ERR_CERTIFICATE_REQUIRED : SKR_ERR_SIGNATURE); // over another transcript
    }
}

// --- Finished ---

static size_t bit;

static void flip_bit(pair_message_t *m) {
    m->data[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void clear(pair_message_t *m) {
    memset(m->data + 4, 0, m->size - 4);
}

static void make_long(pair_message_t *m) { // as of TLS 1.3
    memset(m->data + m->size, 0, 20);
    m->size += 20;
}

static const case_t finished_cases[] = {
    {"zeros", SKR_ERR_FINISHED, clear},
    {"short", SKR_ERR_DECODE, shorten},
    {"long", SKR_ERR_DECODE, lengthen},
    {"far too long", SKR_ERR_DECODE, make_long},
    {"empty", SKR_ERR_DECODE, make_empty},
};

static void test_finished(void **state) {
    bool by_client = *state == &pair.client;
    static const case_t one_bit = {"a bit", SKR_ERR_FINISHED, flip_bit};
    RUN(finished_cases, by_client, WIRE_FINISHED);
    for (bit = 0; bit < 96; bit++) {
        run_cases(&one_bit, 1, by_client, WIRE_FINISHED);
    }
}

// The client's own Finished sent back to it.
static void edit_reflect(tap12_t *t, pair_message_t *m) {
    static uint8_t mine[16];
    if (m->content == RECORD_HANDSHAKE && m->type == WIRE_FINISHED) {
        memcpy(m->by_client ? mine : m->data, m->by_client ? m->data : mine, sizeof(mine));
        t->hits++;
    }
    tap12_forward(t, m);
}

static void test_reflected(void **state) {
    (void)state;
    tap12_pair_openssl(&pair);
    tap12_refuses(&tap, &pair, edit_reflect, NULL, true, SKR_ERR_FINISHED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_signatures),
        PAIR_TEST(test_schemes),
        PAIR_TEST(test_scheme_not_offered),
        PAIR_TEST(test_shares),
        PAIR_TEST_WITH(test_signed_shares, &pair_providers[0]),
        PAIR_TEST_WITH(test_signed_shares, &pair_providers[1]),
        PAIR_TEST(test_client_shares),
        PAIR_TEST_WITH(test_client_points, &pair_providers[0]),
        PAIR_TEST_WITH(test_client_points, &pair_providers[1]),
        PAIR_TEST(test_chains),
        PAIR_TEST(test_not_good_enough),
        PAIR_TEST(test_requests),
        PAIR_TEST_WITH(test_finished, &pair.client),
        PAIR_TEST_WITH(test_finished, &pair.server),
        PAIR_TEST(test_reflected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
