// The elements of a certificate out of pieces (src/x509/split.c, element.c).
//
// In: certificates with every field and extension that is read, byte by byte and element by element
// changed. Out: what comes in pieces is read exactly as certificate_read() reads it in memory: the
// same ones are malformed, and of the others every field, every extension, the key, the signature,
// what is signed, are the same. Through a smaller window they are, or it says that it is too small.
#include "unit.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "skerry/limits.h"
#include "support/chains.h"
#include "support/der_change.h"
#include "support/x509_make.h"
#include "x509/algorithm.h"
#include "x509/check.h"
#include "x509/stream.h"

enum { WINDOW = 32768, ROOM = 32768 };

static struct { unsigned good, malformed, too_small; } seen;
static const char *what = "";

// --- Both ways ---

static skr_status_t feed(x509_stream_t *s, skr_view_t der, size_t piece) {
    static skr_verify_request_t request = {.provider = &skr_provider_openssl};
    skr_status_t status = stream_begin(s, &request, der.size);
    for (size_t at = 0; at < der.size && status == SKR_OK;) {
        size_t n = piece == 0 || piece > der.size - at ? der.size - at : piece;
        status = stream_feed(s, &request, view_of(der.data + at, n));
        at += n;
    }
    return status == SKR_OK ? stream_end(s, &request) : status;
}

static void same(skr_view_t a, skr_view_t b, const char *part) {
    if (!view_equal(a, b)) {
        fail_msg("%s: %s", what, part);
    }
}

static void same_part(const x509_stream_t *s, window_part_t part, skr_view_t in_memory) {
    char name[16];
    snprintf(name, sizeof(name), "part %d", (int)part);
    same(window_part(&s->window, 0, part), in_memory, name);
}

static const skr_hash_t *hash_of(uint8_t id) {
    for (const skr_hash_t *const *h = skr_provider_openssl.hashes; *h != NULL; h++) {
        if ((*h)->id == id) {
            return *h;
        }
    }
    return NULL;
}

static void same_message(const x509_stream_t *s, const x509_certificate_t *c) {
    _Alignas(8) uint8_t state[SKR_HASH_STATE_MAX];
    uint8_t digest[SKR_HASH_SIZE_MAX], id;
    const skr_hash_t *hash;
    if (!algorithm_hash(c->algorithm, &id)) {
        same_part(s, PART_MESSAGE, view_of(NULL, 0));
    } else if ((hash = hash_of(id)) == NULL) {
        same_part(s, PART_MESSAGE, c->tbs);
    } else {
        assert_true(hash->init(state) && hash->update(state, c->tbs.data, c->tbs.size));
        assert_true(hash->result(state, digest));
        same_part(s, PART_MESSAGE, view_of(digest, hash->size));
    }
}

static void same_names(const x509_stream_t *s, const x509_certificate_t *c) {
    uint8_t digest[NAME_DIGEST_SIZE];
    const window_node_t *node = window_node(&s->window, 0);
    assert_true(name_digest(skr_provider_openssl.hashes[0], c->issuer, digest));
    assert_memory_equal(digest, node->issuer, sizeof(digest));
    assert_true(name_digest(skr_provider_openssl.hashes[0], c->subject, digest));
    assert_memory_equal(digest, node->subject, sizeof(digest));
    assert_int_equal(node->is_self_issued, c->is_self_issued);
}

// Everything that was read is the same.
static void same_certificate(const x509_stream_t *s, const x509_certificate_t *c) {
    x509_certificate_t got;
    element_certificate(s, &got);
    same_part(s, PART_ALGORITHM, c->algorithm);
    same_part(s, PART_SIGNATURE, c->signature);
    same_message(s, c);
    same_names(s, c);
    if (!window_node(&s->window, 0)->names_lost) {
        same_part(s, PART_SUBJECT, c->subject);
        same(got.subject, c->subject, "subject");
        same(got.subject_alt_name, c->subject_alt_name, "subjectAltName");
    }
    assert_int_equal(name_is_empty(got.subject), name_is_empty(c->subject));
    assert_int_equal(got.key.type, c->key.type);
    assert_int_equal(got.key_hash, c->key_hash);
    if (c->key.type != SKR_KEY_NONE) {
        same(got.key.a, c->key.a, "key, a");
        same(got.key.b, c->key.b, "key, b");
    }
    same(got.ext_key_usage, c->ext_key_usage, "extKeyUsage");
    same(got.name_constraints, c->name_constraints, "nameConstraints");
    same(got.subject_key_id, c->subject_key_id, "subjectKeyIdentifier");
    same(got.authority_key_id, c->authority_key_id, "authorityKeyIdentifier");
    assert_int_equal(check_serial(got.serial), check_serial(c->serial));
    assert_true(got.not_before == c->not_before && got.not_after == c->not_after);
    assert_int_equal(got.path_length, c->path_length);
    assert_int_equal(got.extensions, c->extensions);
    assert_int_equal(got.critical, c->critical);
    assert_int_equal(got.key_usage, c->key_usage);
    assert_int_equal(got.is_ca, c->is_ca);
    assert_int_equal(got.names_issuer_certificate, c->names_issuer_certificate);
    assert_int_equal(got.not_understood, c->not_understood);
}

static void compare(skr_view_t der, size_t window, size_t piece) {
    static x509_certificate_t c;
    skr_verify_result_t result;
    size_t size = sizeof(x509_stream_t) + window;
    x509_stream_t *s = malloc(size); // of its exact size, for a sanitizer
    assert_non_null(s);
    assert_true(stream_init(s, size, &result, true));
    skr_status_t expected = certificate_read(&c, der);
    // An empty one constrains nothing that could be read, and can't be told from none later.
    bool empty = (c.extensions & X509_EXT_NAME_CONSTRAINTS) != 0 && c.name_constraints.size == 0;
    expected = empty ? SKR_ERR_CERT_MALFORMED : expected;
    skr_status_t status = feed(s, der, piece);
    bool too_small = status == SKR_ERR_CERT_WINDOW && window < WINDOW;
    if (!too_small && status != expected) {
        fail_msg("%s, window %zu, pieces of %zu: %s in memory, %s", what, window, piece,
            skr_error_name(expected), skr_error_name(status));
    }
    if (status == SKR_OK) {
        same_certificate(s, &c);
    }
    seen.good += status == SKR_OK;
    seen.malformed += status == SKR_ERR_CERT_MALFORMED;
    seen.too_small += too_small;
    free(s);
}

// In a large window, and in one that is now this, now that, as the pieces are.
static void compare_both(skr_view_t der) {
    static unsigned turn;
    static const size_t pieces[] = {0, 1, 2, 3, 5, 8, 13, 64};
    uint8_t *exact = malloc(der.size);
    assert_non_null(exact);
    memcpy(exact, der.data, der.size);
    turn++;
    compare(view_of(exact, der.size), WINDOW, pieces[turn % 8]);
    compare(view_of(exact, der.size), turn * 56 % 2048, pieces[turn / 8 % 8]);
    free(exact);
}

// --- Certificates that have everything ---

static x509_made_t issuer, made;

enum { RICH = 12 };

// Unique identifiers (RFC 5280 section 4.1.2.8), before the extensions or, where there are none, at
// the end. Both heads of what is altered have lengths of two bytes.
static void add_identifiers(uint8_t *tbs, size_t *size) {
    static const uint8_t identifiers[] = {0x81, 2, 0, 0xaa, 0x82, 1, 0};
    reader_t outer = reader_of(view_of(tbs, *size));
    reader_t r = der_enter(&outer, DER_SEQUENCE);
    uint8_t tag;
    for (unsigned i = 0; i < CERTIFICATE_FIELDS; i++) {
        (void)der_any(&r, &tag);
    }
    assert_false(reader_failed(&r));
    size_t at = (size_t)(r.p - tbs);
    memmove(tbs + at + sizeof(identifiers), tbs + at, *size - at);
    memcpy(tbs + at, identifiers, sizeof(identifiers));
    *size += sizeof(identifiers);
    assert_int_equal(tbs[1], 0x82);
    bytes_put16(tbs + 2, (uint16_t)(*size - 4));
}

static void make_rich(unsigned n) {
    static const x509_make_key_t keys[] = {X509_P256, X509_RSA, X509_ED25519, X509_RSA_PSS};
    x509_make(&issuer,
        &(x509_make_t){.subject = "Issuer", .ca = true, .key = keys[n % 4], .key_number = 1});
    x509_make_t how = {.subject = "server.example",
        .issuer = &issuer,
        .key = keys[(n + 1) % 4],
        .ext_key_usage = "server,client",
        .names = {"DNS:server.example", "IP:192.0.2.1", "email:a@b.example", "DN:Somebody", "URI:x",
            "other:y"},
        .extensions = {{"1.3.6.1.4.1.11129.2.4.2", false, unit_hex("0403020100")},
            {"1.2.3.4", (n & 4) != 0, unit_hex("0500")},
            {"2.5.29.32", true, unit_hex("300c300a06082b06010505070201")},
            {"1.3.6.1.5.5.7.1.1", false,
                unit_hex("3018301606082b06010505073001860a687474703a2f2f612f62")}}};
    if ((n & 1) != 0) {
        how.ca = true;
        how.path_length = 2;
        how.permitted[0] = "DNS:server.example";
        how.excluded[0] = "IP:192.0.2.0/24";
    }
    how.extensions[4].oid = n >= 8 ? "2.5.29.54" : NULL; // inhibitAnyPolicy
    how.extensions[4].value = unit_hex("020100");
    how.alter = (n & 2) != 0 ? add_identifiers : NULL;
    x509_make(&made, &how);
}

static void start(void) {
    memset(&seen, 0, sizeof(seen));
}

// --- Tests ---

static void test_as_they_are(void **state) {
    static chains_t chains;
    static const size_t pieces[] = {0, 1, 2, 7, 100};
    (void)state;
    start();
    for (unsigned n = 0; n < RICH; n++) {
        make_rich(n);
        what = "as made";
        for (size_t i = 0; i < 5; i++) {
            compare(x509_made_view(&made), WINDOW, pieces[i]);
            compare(x509_made_view(&issuer), WINDOW, pieces[i]);
        }
    }
    assert_int_equal(seen.good, RICH * 10);
    for (size_t i = 0; chains_at(&chains, i); i++) {
        what = chains.name;
        for (size_t k = 0; k < chains.count; k++) {
            compare(chains.chain[k], WINDOW, 0);
            compare(chains.chain[k], WINDOW, 11);
            compare_both(chains.chain[k]);
        }
    }
    assert_true(seen.good > 200);
}

static void test_every_byte(void **state) {
    static uint8_t bytes[X509_MAKE_SIZE];
    static const uint8_t others[] = {0x00, 0xff, 0x80, 0x81, 0x82, 0x83, 0x84, 0x30, 0x04, 0x1f};
    (void)state;
    start();
    what = "another byte";
    for (unsigned n = 0; n < RICH; n++) {
        make_rich(n);
        skr_view_t der = x509_made_view(&made);
        memcpy(bytes, der.data, der.size);
        for (size_t at = 0; at < der.size; at++) {
            bool dull = n > 3 && at % 5 != n % 5; // the first four in full
            for (unsigned i = 0; i < 8 + sizeof(others) && !dull; i++) {
                unsigned before = i < 8 ? der.data[at] : 0u;
                unsigned with = i < 8 ? 1u << i : others[i - 8];
                bytes[at] = (uint8_t)(before ^ with);
                compare_both(view_of(bytes, der.size));
            }
            bytes[at] = der.data[at];
        }
    }
    assert_true(seen.good > 1000 && seen.malformed > 1000 && seen.too_small > 1000);
}

static void test_every_end(void **state) {
    static uint8_t bytes[X509_MAKE_SIZE];
    (void)state;
    start();
    what = "another end";
    for (unsigned n = 0; n < RICH; n++) {
        make_rich(n);
        skr_view_t der = x509_made_view(&made);
        memcpy(bytes, der.data, der.size);
        for (size_t size = 1; size < der.size; size++) {
            compare_both(view_of(bytes, size));
        }
        bytes[der.size] = 0;
        compare_both(view_of(bytes, der.size + 1));
    }
    assert_int_equal(seen.good, 0);
}

// A second change, somewhere behind the first.
static void change_again(skr_view_t der, unsigned at) {
    static uint8_t twice[ROOM];
    static unsigned step;
    size_t size;
    for (unsigned k = 0; k < 6; k++) {
        unsigned how = (step += 7) % DER_CHANGES;
        if (der_change(der, at + step % 29, (der_change_t)how, twice, sizeof(twice), &size) &&
            size > 0) {
            compare_both(view_of(twice, size));
        }
    }
}

// Element by element, and each again with another change.
static void test_every_element(void **state) {
    static uint8_t once[ROOM];
    static const char *const names[DER_CHANGES] = {"drop", "twice", "swap", "empty", "cut", "grow",
        "grow at the front", "beside", "wrap", "unwrap", "long", "form", "class", "number",
        "first bit", "last bit"};
    size_t size;
    (void)state;
    start();
    for (unsigned n = 0; n < RICH; n++) {
        make_rich(n);
        for (unsigned how = 0; how < DER_CHANGES; how++) {
            what = names[how];
            for (unsigned at = 0; der_change(
                     x509_made_view(&made), at, (der_change_t)how, once, sizeof(once), &size);
                 at++) {
                if (size > 0) {
                    compare_both(view_of(once, size));
                    change_again(view_of(once, size), at);
                }
            }
        }
    }
    assert_true(seen.good > 1000 && seen.malformed > 1000 && seen.too_small > 1000);
}

// As many extensions as there may be, and one more, with the ones that are always there.
static void test_many_extensions(void **state) {
    static x509_make_t how;
    static char oid[X509_MAKE_EXTENSIONS][16];
    unsigned before = 0;
    (void)state;
    start();
    what = "many extensions";
    for (unsigned n = 0; n < X509_MAKE_EXTENSIONS - 1; n++) {
        snprintf(oid[n], sizeof(oid[n]), "1.2.3.%u", n);
        how.extensions[n] = (x509_make_extension_t){oid[n], false, unit_hex("0500")};
        x509_make(&made, &how);
        compare_both(x509_made_view(&made));
        before += seen.malformed == 0;
    }
    // A few are there already.
    assert_true(before < SKR_EXTENSIONS_MAX && before >= SKR_EXTENSIONS_MAX - 6);
    assert_true(seen.malformed > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_they_are),
        cmocka_unit_test(test_many_extensions),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_every_end),
        cmocka_unit_test(test_every_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
