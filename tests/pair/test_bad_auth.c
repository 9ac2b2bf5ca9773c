// Proofs that do not hold: Certificate, CertificateVerify, Finished, CertificateRequest (RFC 9846
// sections 4.4.2, 4.5).
//
// In: those messages altered on the way, and certificates that are not good enough. Out: refusals
// with their alerts on both sides, and never a connection. What comes behind an altered message
// does not matter: it is refused where it is read.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "keys/suites.h"
#include "support/pair_hello.h"
#include "support/x509_make.h"
#include "wire/messages.h"

static pair_t pair;
static pair_tap_t tap;

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

static void edit(pair_tap_t *t, pair_message_t *m) {
    const edit_t *wanted = t->user;
    if (m->content == RECORD_HANDSHAKE && m->by_client == wanted->by_client &&
        m->type == wanted->type) {
        wanted->which->change(m);
        hello_fix_length(m);
        t->hits++;
    }
    pair_tap_forward(t, m);
}

// The client's last flight is judged when the client is already complete, so it hears of it later;
// both end in the same way.
static void run_cases(const case_t *cases, size_t count, bool by_client, uint8_t type) {
    for (size_t i = 0; i < count; i++) {
        edit_t wanted = {by_client, type, &cases[i]};
        pair_note("%s, by the %s", cases[i].name, by_client ? "client" : "server");
        pair_init_openssl(&pair);
        pair_mutual(&pair, PKI_P256);
        pair_tap_refuses(&tap, &pair, edit, &wanted, !by_client, cases[i].status);
    }
    pair_note("%s", "");
}

static void set(pair_message_t *m, const void *body, size_t size) {
    memcpy(m->data + SKR_MESSAGE_HEADER_SIZE, body, size);
    m->size = SKR_MESSAGE_HEADER_SIZE + size;
}
#define SET(m, text) set(m, text, sizeof(text) - 1)

// --- Finished ---

static void flip_first(pair_message_t *m) {
    m->data[4] ^= 0x80;
}

static void flip_last(pair_message_t *m) {
    m->data[m->size - 1] ^= 1;
}

static void shorten(pair_message_t *m) {
    m->size--;
}

static void lengthen(pair_message_t *m) {
    m->data[m->size++] = 0;
}

static void clear(pair_message_t *m) {
    memset(m->data + 4, 0, m->size - 4);
}

static void make_empty(pair_message_t *m) {
    m->size = 4;
}

static const case_t finished_cases[] = {
    {"first bit", SKR_ERR_FINISHED, flip_first},
    {"last bit", SKR_ERR_FINISHED, flip_last},
    {"zeros", SKR_ERR_FINISHED, clear},
    {"short", SKR_ERR_DECODE, shorten},
    {"long", SKR_ERR_DECODE, lengthen},
    {"empty", SKR_ERR_DECODE, make_empty},
};

static void test_finished(void **state) {
    bool by_client = *state == &pair.client;
    run_cases(finished_cases, sizeof(finished_cases) / sizeof(finished_cases[0]), by_client,
        WIRE_FINISHED);
}

// Every bit of it is looked at.
static size_t bit;

static void flip_bit(pair_message_t *m) {
    m->data[4 + bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void test_finished_bits(void **state) {
    bool by_client = *state == &pair.client;
    static const case_t which = {"a bit", SKR_ERR_FINISHED, flip_bit};
    for (bit = 0; bit < 256; bit++) {
        run_cases(&which, 1, by_client, WIRE_FINISHED);
    }
}

// --- CertificateVerify ---

static void scheme_unknown(pair_message_t *m) {
    bytes_put16(m->data + 4, 0x0a0a);
}

static void scheme_of_other_key(pair_message_t *m) {
    bytes_put16(m->data + 4, SKR_SIG_RSA_PSS_RSAE_SHA256);
}

static void scheme_of_other_curve(pair_message_t *m) {
    bytes_put16(m->data + 4, SKR_SIG_ECDSA_SECP384R1_SHA384);
}

static void scheme_pkcs1(pair_message_t *m) {
    bytes_put16(m->data + 4, SKR_SIG_RSA_PKCS1_SHA256);
}

static void scheme_sha1(pair_message_t *m) {
    bytes_put16(m->data + 4, 0x0203);
}

static void scheme_private(pair_message_t *m) {
    bytes_put16(m->data + 4, SKR_SIG_CERT_ECDSA_P256_SHA384);
}

static void signature_flip(pair_message_t *m) {
    m->data[m->size - 1] ^= 1;
}

static void signature_head(pair_message_t *m) {
    m->data[8] ^= 1;
}

static void signature_empty(pair_message_t *m) {
    bytes_put16(m->data + 6, 0);
    m->size = 8;
}

// An ECDSA signature of r = s = 0, and of r = s = 1.
static void signature_zero(pair_message_t *m) {
    SET(m, "\x04\x03\x00\x08\x30\x06\x02\x01\x00\x02\x01\x00");
}

static void signature_one(pair_message_t *m) {
    SET(m, "\x04\x03\x00\x08\x30\x06\x02\x01\x01\x02\x01\x01");
}

static void signature_cut(pair_message_t *m) {
    m->size--;
}

static void signature_more(pair_message_t *m) {
    m->data[m->size++] = 0;
}

// Bytes behind the DER of the signature, inside its field.
static void signature_tail(pair_message_t *m) {
    m->data[m->size++] = 0;
    bytes_put16(m->data + 6, (uint16_t)(m->size - 8));
}

static const case_t verify_cases[] = {
    {"an unknown scheme", SKR_ERR_SIGNATURE_SCHEME, scheme_unknown},
    {"a scheme of another key", SKR_ERR_SIGNATURE_SCHEME, scheme_of_other_key},
    {"a scheme of another curve", SKR_ERR_SIGNATURE_SCHEME, scheme_of_other_curve},
    {"PKCS #1", SKR_ERR_SIGNATURE_SCHEME, scheme_pkcs1},
    {"SHA-1", SKR_ERR_SIGNATURE_SCHEME, scheme_sha1},
    {"a code point of the engine's own", SKR_ERR_SIGNATURE_SCHEME, scheme_private},
    {"the last bit", SKR_ERR_SIGNATURE, signature_flip},
    {"the first byte", SKR_ERR_SIGNATURE, signature_head},
    {"no signature", SKR_ERR_SIGNATURE, signature_empty},
    {"r and s zero", SKR_ERR_SIGNATURE, signature_zero},
    {"r and s one", SKR_ERR_SIGNATURE, signature_one},
    {"a tail in the signature", SKR_ERR_SIGNATURE, signature_tail},
    {"cut", SKR_ERR_DECODE, signature_cut},
    {"a byte more", SKR_ERR_DECODE, signature_more},
    {"empty", SKR_ERR_DECODE, make_empty},
};

static void test_verify(void **state) {
    bool by_client = *state == &pair.client;
    run_cases(verify_cases, sizeof(verify_cases) / sizeof(verify_cases[0]), by_client,
        WIRE_CERTIFICATE_VERIFY);
}

// One that the key could do but that was not offered (class 3 of what other libraries got wrong).
static void scheme_not_offered(pair_message_t *m) {
    bytes_put16(m->data + 4, SKR_SIG_RSA_PSS_RSAE_SHA512);
}

static void test_verify_not_offered(void **state) {
    (void)state;
    static const uint16_t offered[] = {SKR_SIG_RSA_PSS_RSAE_SHA256, 0};
    static const case_t which = {"not offered", SKR_ERR_SIGNATURE_SCHEME, scheme_not_offered};
    for (int by_client = 0; by_client < 2; by_client++) {
        edit_t wanted = {by_client != 0, WIRE_CERTIFICATE_VERIFY, &which};
        pair_init_openssl(&pair);
        pair_server_kind(&pair, PKI_RSA);
        pair_mutual(&pair, PKI_RSA);
        pair.client.config.signatures = pair.server.config.signatures = offered;
        pair_tap_refuses(&tap, &pair, edit, &wanted, by_client == 0, which.status);
    }
}

// --- Certificate ---

static uint8_t room[PAIR_MESSAGE_MAX];

static void chain_empty(pair_message_t *m) {
    SET(m, "\0\0\0\0");
}

static void chain_context(pair_message_t *m) {
    memmove(m->data + 6, m->data + 5, m->size - 5);
    m->data[4] = 1;
    m->data[5] = 'x';
    m->size++;
}

static void chain_empty_entry(pair_message_t *m) {
    SET(m, "\0\0\0\x05\0\0\0\0\0");
}

static void chain_cut(pair_message_t *m) {
    m->size -= 3;
}

static void chain_more(pair_message_t *m) {
    m->data[m->size++] = 0;
}

static void chain_garbage(pair_message_t *m) {
    SET(m, "\0\0\0\x08\0\0\x03xyz\0\0");
}

// The first entry gets an extension, which nobody asked for.
static void entry_extension(pair_message_t *m, uint16_t number) {
    size_t first = ((size_t)m->data[9] << 8) + m->data[10]; // 11 is the first certificate's start
    size_t at = 11 + first;
    memcpy(room, m->data + at + 2, m->size - at - 2);
    size_t rest = m->size - at - 2;
    bytes_put16(m->data + at, 4);
    bytes_put16(m->data + at + 2, number);
    bytes_put16(m->data + at + 4, 0);
    memcpy(m->data + at + 6, room, rest);
    m->size += 4;
    bytes_put16(m->data + 6, (uint16_t)(m->size - 8));
}

static void entry_status(pair_message_t *m) {
    entry_extension(m, 5);
}

static void entry_unknown(pair_message_t *m) {
    entry_extension(m, 0x1234);
}

static void entry_misplaced(pair_message_t *m) {
    entry_extension(m, 51);
}

// The first certificate many times over.
static void chain_long(pair_message_t *m) {
    size_t entry = 3 + ((size_t)m->data[9] << 8) + m->data[10] + 2;
    for (size_t i = 0; i <= SKR_CHAIN_MAX; i++) {
        memcpy(room + i * entry, m->data + 8, entry);
    }
    size_t size = (SKR_CHAIN_MAX + 1) * entry;
    memcpy(m->data + 8, room, size);
    m->data[5] = (uint8_t)(size >> 16);
    bytes_put16(m->data + 6, (uint16_t)size);
    m->size = 8 + size;
}

static void leaf_flip(pair_message_t *m) {
    m->data[11 + ((size_t)m->data[9] << 8) + m->data[10] - 1] ^= 1; // in its signature
}

static const case_t chain_cases[] = {
    {"a context", SKR_ERR_REQUEST_CONTEXT, chain_context},
    {"an empty certificate", SKR_ERR_DECODE, chain_empty_entry},
    {"cut", SKR_ERR_DECODE, chain_cut},
    {"a byte more", SKR_ERR_DECODE, chain_more},
    {"garbage", SKR_ERR_CERT_MALFORMED, chain_garbage},
    {"a status", SKR_ERR_UNSOLICITED_EXTENSION, entry_status},
    {"an unknown extension", SKR_ERR_UNSOLICITED_EXTENSION, entry_unknown},
    {"a share", SKR_ERR_MISPLACED_EXTENSION, entry_misplaced},
    {"too many", SKR_ERR_CERT_TOO_COMPLEX, chain_long},
    {"a signature altered", SKR_ERR_CERT_SIGNATURE, leaf_flip},
    {"empty message", SKR_ERR_DECODE, make_empty},
};

static void test_chain(void **state) {
    bool by_client = *state == &pair.client;
    static const case_t server = {"no certificate", SKR_ERR_NO_CERTIFICATE, chain_empty};
    static const case_t client = {"no certificate", SKR_ERR_CERTIFICATE_REQUIRED, chain_empty};
    run_cases(
        chain_cases, sizeof(chain_cases) / sizeof(chain_cases[0]), by_client, WIRE_CERTIFICATE);
    run_cases(by_client ? &client : &server, 1, by_client, WIRE_CERTIFICATE);
}

// --- CertificateRequest ---

static void request_context(pair_message_t *m) {
    memmove(m->data + 6, m->data + 5, m->size - 5);
    m->data[4] = 1;
    m->data[5] = 'x';
    m->size++;
}

static void request_without_schemes(pair_message_t *m) {
    SET(m, "\0\0\0");
}

static void request_empty_schemes(pair_message_t *m) {
    SET(m, "\0\0\x06\0\x0d\0\x02\0\0");
}

static void request_misplaced(pair_message_t *m) {
    SET(m, "\0\0\x0e\0\x0d\0\x04\0\x02\x04\x03\0\x33\0\x02\0\x1d");
}

static void request_twice(pair_message_t *m) {
    SET(m, "\0\0\x10\0\x0d\0\x04\0\x02\x04\x03\0\x0d\0\x04\0\x02\x04\x03");
}

static const case_t request_cases[] = {
    {"a context", SKR_ERR_REQUEST_CONTEXT, request_context},
    {"no schemes", SKR_ERR_MISSING_EXTENSION, request_without_schemes},
    {"empty schemes", SKR_ERR_DECODE, request_empty_schemes},
    {"a share", SKR_ERR_MISPLACED_EXTENSION, request_misplaced},
    {"schemes twice", SKR_ERR_DUPLICATE_EXTENSION, request_twice},
    {"cut", SKR_ERR_DECODE, shorten},
    {"empty", SKR_ERR_DECODE, make_empty},
};

// Unknown extensions are nothing to mind (section 4.4.2): it is the server that then finds the
// transcript altered.
static void request_unknown(pair_message_t *m) {
    SET(m, "\0\0\x0c\0\x0d\0\x04\0\x02\x04\x03\x12\x34\0\0");
}

static void test_request(void **state) {
    (void)state;
    run_cases(request_cases, sizeof(request_cases) / sizeof(request_cases[0]), false,
        WIRE_CERTIFICATE_REQUEST);
    static const case_t unknown = {"unknown", SKR_ERR_SIGNATURE, request_unknown};
    run_cases(&unknown, 1, false, WIRE_CERTIFICATE_REQUEST);
}

// --- Certificates that are not good enough ---

static void use(pair_side_t *side, pki_role_t role) {
    side->config.credentials = pki_credential(&skr_provider_openssl, PKI_P256, role);
    side->config.credential_count = 1;
}

static void refuses(bool client_is_bad, pki_role_t role, skr_status_t status, uint8_t which) {
    skr_error_t error;
    pair_side_t *bad = client_is_bad ? &pair.client : &pair.server;
    pair_note("role %d", role);
    pair_init_openssl(&pair);
    pair_mutual(&pair, PKI_P256);
    use(bad, role);
    pair_start(&pair);
    pair_run(&pair);
    pair_assert_refused(&pair, pair_other(&pair, bad), status);
    skr_conn_error(pair_other(&pair, bad)->conn, &error);
    assert_int_equal(error.certificate, which);
    assert_int_not_equal(error.field, SKR_FIELD_NONE);
    pair_end(&pair);
    pair_note("%s", "");
}

static void test_not_good_enough(void **state) {
    (void)state;
    refuses(false, PKI_EXPIRED, SKR_ERR_CERT_EXPIRED, 0);
    refuses(false, PKI_EARLY, SKR_ERR_CERT_NOT_YET_VALID, 0);
    refuses(false, PKI_STRANGER, SKR_ERR_CERT_UNKNOWN_CA, 1);
    refuses(false, PKI_OTHER, SKR_ERR_CERT_NAME, 0);
    refuses(false, PKI_CLIENT, SKR_ERR_CERT_PURPOSE, 0);
    refuses(true, PKI_SERVER, SKR_ERR_CERT_PURPOSE, 0);
    refuses(true, PKI_CLIENT_STRANGER, SKR_ERR_CERT_UNKNOWN_CA, 1);
}

// A client that says nothing where something is required, and one that may.
static void test_no_client_certificate(void **state) {
    (void)state;
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair.server.config.verify = SKR_VERIFY_REQUIRED;
    pair_refuses(&pair, &pair.server, SKR_ERR_CERTIFICATE_REQUIRED);
    pair.server.config.verify = SKR_VERIFY_OPTIONAL;
    pair_connect(&pair);
    skr_conn_info(pair.server.conn, &info);
    assert_false(info.peer_verified);
    assert_int_equal(info.peer_scheme, 0);
    pair_end(&pair);
    use(&pair.client, PKI_CLIENT_STRANGER); // who may have none may not have a bad one
    pair_refuses(&pair, &pair.server, SKR_ERR_CERT_UNKNOWN_CA);
}

// Who signs with another key than the certificate's.
static void test_key_of_somebody_else(void **state) {
    (void)state;
    const skr_credential_t *server = pki_credential(&skr_provider_openssl, PKI_P256, PKI_SERVER);
    static skr_private_key_t other;
    other = *server->key;
    other.external = true; // so that the configuration can't be seen to be wrong
    skr_credential_t credential = *server;
    credential.key = &other;
    pair_init_openssl(&pair);
    pair.server.config.credentials = &credential;
    pair_start(&pair);
    pair_run(&pair);
    skr_to_sign_t to_sign;
    uint8_t signature[SKR_SIGNATURE_MAX];
    size_t size = 0;
    assert_true(skr_conn_to_sign(pair.server.conn, &to_sign));
    // Over the right message with the right scheme, by an issuer's key.
    const skr_signature_t *scheme = provider_signature(&skr_provider_openssl, to_sign.scheme);
    uint8_t scalar[32];
    memset(scalar, 7, sizeof(scalar));
    skr_private_key_t wrong = {.type = SKR_KEY_P256, .bits = 256, .part = {{scalar, 32}}};
    assert_true(skr_provider_openssl.key_open(&wrong));
    assert_int_equal(scheme->sign(&wrong, to_sign.message.data, to_sign.message.size, test_random,
                         &pair.server.random, signature, &size),
        SKR_CRYPTO_OK);
    skr_provider_openssl.key_close(&wrong);
    pair_assert_status(skr_conn_signed(pair.server.conn, signature, size), SKR_WANT_OUTPUT);
    pair_run(&pair);
    pair_assert_refused(&pair, &pair.client, SKR_ERR_SIGNATURE);
    pair_end(&pair);
}

// An RSA-PSS key whose certificate binds it to SHA-384 signs with nothing else (RFC 4055 section
// 1.2).
static const skr_credential_t *bound_credential(void) {
    static x509_made_t root, leaf;
    static skr_view_t chain, anchor;
    static skr_credential_t credential;
    static uint8_t room_for_key[X509_MAKE_KEY_SIZE];
    const skr_credential_t *rsa = pki_credential(&skr_provider_openssl, PKI_RSA_PSS, PKI_SERVER);
    skr_view_t key[] = {rsa->key->part[SKR_RSA_N], rsa->key->part[SKR_RSA_E]};
    x509_der_t der = x509_der_of(room_for_key, sizeof(room_for_key));
    size_t whole = x509_der_open(&der, 0x30);
    x509_make_algorithm(&der, SKR_SIG_RSA_PSS_PSS_SHA384);
    size_t bits = x509_der_open(&der, 3);
    x509_der_bytes(&der, "", 1);
    size_t numbers = x509_der_open(&der, 0x30);
    for (unsigned i = 0; i < 2; i++) {
        size_t number = x509_der_open(&der, 2);
        x509_der_bytes(&der, "", key[i].data[0] >= 0x80 ? 1 : 0);
        x509_der_view(&der, key[i]);
        x509_der_close(&der, number);
    }
    x509_der_close(&der, numbers);
    x509_der_close(&der, bits);
    x509_der_close(&der, whole);
    x509_make(&root, &(x509_make_t){.subject = "Root", .ca = true});
    x509_make(&leaf,
        &(x509_make_t){.subject = "leaf",
            .issuer = &root,
            .key = X509_RSA_PSS,
            .names = {"DNS:server.example"},
            .public_key = x509_der_done(&der)});
    chain = x509_made_view(&leaf);
    anchor = x509_made_view(&root);
    pair.client.config.anchors = &anchor;
    credential = (skr_credential_t){&chain, 1, rsa->key};
    return &credential;
}

static void test_bound_key(void **state) {
    (void)state;
    static const uint16_t sha256[] = {SKR_SIG_RSA_PSS_PSS_SHA256, 0};
    static const uint16_t sha384[] = {SKR_SIG_RSA_PSS_PSS_SHA384, 0};
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    pair.server.config.credentials = bound_credential();
    pair.server.config.signatures = sha384;
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_int_equal(info.peer_scheme, SKR_SIG_RSA_PSS_PSS_SHA384);
    pair_end(&pair);
    pair.server.config.signatures = NULL; // its first choice would be another one
    pair_connect(&pair);
    pair_end(&pair);
    pair.server.config.signatures = sha256;
    pair_refuses(&pair, &pair.server, SKR_ERR_NO_COMMON_SIGNATURE);
}

// A peer that says another hash all the same.
static void scheme_of_other_hash(pair_message_t *m) {
    bytes_put16(m->data + 4, SKR_SIG_RSA_PSS_PSS_SHA256);
}

static void test_bound_key_broken(void **state) {
    (void)state;
    static const case_t which = {"hash", SKR_ERR_SIGNATURE_SCHEME, scheme_of_other_hash};
    edit_t wanted = {false, WIRE_CERTIFICATE_VERIFY, &which};
    pair_init_openssl(&pair);
    pair.server.config.credentials = bound_credential();
    pair_tap_refuses(&tap, &pair, edit, &wanted, true, which.status);
}

// Nobody is verified: the handshake is still one with who holds the certificate's key.
static void test_verify_none(void **state) {
    (void)state;
    static const case_t which = {"signature", SKR_ERR_SIGNATURE, signature_flip};
    skr_conn_info_t info;
    pair_init_openssl(&pair);
    use(&pair.server, PKI_EXPIRED);
    pair.client.config.verify = SKR_VERIFY_NONE;
    pair.client.config.anchor_count = 0;
    pair.client.server_name = view_of(NULL, 0);
    pair.client.now = 0;
    pair_connect(&pair);
    skr_conn_info(pair.client.conn, &info);
    assert_false(info.peer_verified);
    pair_end(&pair);
    edit_t wanted = {false, WIRE_CERTIFICATE_VERIFY, &which};
    pair_tap_refuses(&tap, &pair, edit, &wanted, true, SKR_ERR_SIGNATURE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_finished, &pair.client),
        PAIR_TEST_WITH(test_finished, &pair.server),
        PAIR_TEST_WITH(test_finished_bits, &pair.client),
        PAIR_TEST_WITH(test_finished_bits, &pair.server),
        PAIR_TEST_WITH(test_verify, &pair.client),
        PAIR_TEST_WITH(test_verify, &pair.server),
        PAIR_TEST(test_verify_not_offered),
        PAIR_TEST_WITH(test_chain, &pair.client),
        PAIR_TEST_WITH(test_chain, &pair.server),
        PAIR_TEST(test_request),
        PAIR_TEST(test_not_good_enough),
        PAIR_TEST(test_no_client_certificate),
        PAIR_TEST(test_key_of_somebody_else),
        PAIR_TEST(test_bound_key),
        PAIR_TEST(test_bound_key_broken),
        PAIR_TEST(test_verify_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
