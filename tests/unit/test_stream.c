// Chains through windows of every size (src/x509/stream.c, split.c, element.c, link.c).
//
// In: every chain of tests/support/chains_make.py, and made ones that try to get in by what a small
// window forgets: names that break constraints and are gone when the constraint comes, certificates
// that turn out to be broken behind the part that is linked, twins and doubles, anchors that begin
// like the leaf. Out: through a window of any size the verdict of the large one, or CERT_WINDOW;
// what skr_x509_verify() refuses is refused by all. tests/support/x509_streamed.c asks the same of
// every request of the other unit tests.
#include "x509_expect.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "support/chains.h"
#include "support/x509_streamed.h"
#include "x509/stream.h"

// Every step up to DENSE, where most happens.
enum { WINDOWS = 4096, DENSE = 1536, SPARSE = 64, LARGE = X509_STREAMED_WINDOW_MAX };

static x509_try_t t;
static chains_t c;

typedef struct {
    unsigned accepted, refused, too_small;
} seen_t;

// All windows from 0 on: the verdict of the large one, or that it is too small.
static seen_t sweep(const skr_verify_request_t *request, size_t step, const char *what) {
    skr_verify_result_t large, small;
    seen_t seen = {0, 0, 0};
    skr_status_t whole = skr_x509_verify(request, &small);
    (void)x509_streamed(request, LARGE, 0, &large, NULL);
    assert_int_equal(whole == SKR_OK, large.status == SKR_OK);
    for (size_t window = 0; window <= WINDOWS; window += window < DENSE ? step : SPARSE) {
        size_t peak;
        (void)x509_streamed(request, window, 1 + window % 97, &small, &peak);
        bool too_small = small.status == SKR_ERR_CERT_WINDOW;
        assert_true(peak <= window);
        if (!too_small && small.status != large.status) {
            fail_msg("%s: %s; through %zu bytes %s", what, skr_error_name(large.status), window,
                skr_error_name(small.status));
        }
        seen.too_small += too_small;
        seen.accepted += small.status == SKR_OK;
        seen.refused += !too_small && small.status != SKR_OK;
    }
    return seen;
}

static skr_verify_request_t request_of(size_t anchor) {
    static skr_name_t name;
    const char *host = strcmp(c.name, "address") == 0 ? "127.0.0.1" : "device.example";
    assert_true(skr_name_parse(view_of(host, strlen(host)), &name));
    return (skr_verify_request_t){.provider = &skr_provider_openssl,
        .chain = c.chain,
        .chain_count = c.count,
        .anchors = &c.anchor[anchor],
        .anchor_count = 1,
        .purpose = SKR_PURPOSE_SERVER,
        .name = &name,
        .time = CHAINS_NOW};
}

static void test_chains(void **state) {
    unsigned chains = 0;
    (void)state;
    for (size_t i = 0; chains_at(&c, i); i++) {
        for (size_t a = 0; a < c.anchor_count; a++, chains++) {
            skr_verify_request_t request = request_of(a);
            seen_t seen = sweep(&request, a == 0 ? 8 : 64, c.name);
            assert_true(seen.too_small > 0);
            bool good = c.error[0] == '\0';
            assert_true((good ? seen.accepted : seen.refused) > 0);
            assert_int_equal(good ? seen.refused : seen.accepted, 0);
        }
    }
    assert_true(chains >= 40);
}

// Sizes between those that a window has.
static void test_every_size(void **state) {
    static const char *const names[] = {"letsencrypt-five", "wrong-order"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        chains_load(&c, names[i]);
        skr_verify_request_t request = request_of(0);
        assert_true(sweep(&request, 1, c.name).accepted > 0);
    }
}

// --- What a small window forgets ---

static seen_t sweep_made(const char *what) {
    x509_try_run(&t); // fills in the request
    return sweep(&t.request, 8, what);
}

// root <- first (constrains) <- second <- leaf, and the second's twin, so that names have to go.
static void test_constraints(void **state) {
    static x509_made_t second;
    static const struct {
        const char *permitted, *excluded, *ca;
        bool good;
    } rows[] = {
        {"DNS:server.example", NULL, "Second", true},
        {"DNS:other.example", NULL, "Second", false},
        {NULL, "DNS:server.example", "Second", false},
        {NULL, "DN:Second", "Second", false}, // the CA's own name
        {NULL, "DN:Second", "Test CA", true}, // but self-issued
        {NULL, "DN:server.example", "Second", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        x509_try_begin(&t);
        t.ca.permitted[0] = rows[i].permitted;
        t.ca.excluded[0] = rows[i].excluded;
        t.leaf.names[1] = t.leaf.names[0];
        x509_try_make(&t);
        x509_make(&second,
            &(x509_make_t){
                .subject = rows[i].ca, .issuer = &t.made_ca, .ca = true, .key_number = 5});
        t.leaf.issuer = &second;
        x509_make(&t.made_leaf, &t.leaf);
        t.chain[0] = x509_made_view(&t.made_leaf);
        t.chain_count = 3;
        for (unsigned turned = 0; turned < 2; turned++) {
            t.chain[1 + turned] = x509_made_view(&second);
            t.chain[2 - turned] = x509_made_view(&t.made_ca);
            seen_t seen = sweep_made("constraints");
            assert_true((rows[i].good ? seen.accepted : seen.refused) > 0);
            assert_int_equal(rows[i].good ? seen.refused : seen.accepted, 0);
            assert_true(seen.too_small > 0);
        }
    }
}

// A constraint of the anchor's, with so many names in the leaf that they are the first to go.
static void test_many_names(void **state) {
    static const char *const hosts[] = {"DNS:a.server.example", "DNS:bbbbbbbbbbbb.server.example",
        "DNS:cccccccccccccccc.server.example", "DNS:d.server.example", "DNS:e.server.example"};
    (void)state;
    for (unsigned bad = 0; bad <= 6; bad++) {
        x509_try_begin(&t);
        t.root.permitted[0] = "DNS:server.example";
        for (unsigned i = 0; i < 5; i++) {
            t.leaf.names[i + 1] = i + 1 == bad ? "DNS:evil.example" : hosts[i];
        }
        t.leaf.names[6] = bad == 6 ? "DNS:evil.example" : NULL;
        x509_try_make(&t);
        seen_t seen = sweep_made("many names");
        assert_int_equal(bad == 0 ? seen.refused : seen.accepted, 0);
        assert_true((bad == 0 ? seen.accepted : seen.refused) > 0);
    }
}

// --- Behind the part that is linked ---

static uint8_t broken_bytes[X509_MAKE_SIZE];

// A copy of a certificate whose byte at `back` from its end is another, or that is `less` shorter.
static skr_view_t broken(const x509_made_t *made, size_t back, size_t less) {
    skr_view_t der = x509_made_view(made);
    memcpy(broken_bytes, der.data, der.size);
    if (back > 0) {
        broken_bytes[der.size - back] ^= 0x20;
    }
    return view_of(broken_bytes, der.size - less);
}

// The CA comes broken behind its TBSCertificate: outer algorithm, signature, end. It has been
// linked by then; nothing may lead through it. With the good one behind it, that is found.
static void test_broken_behind(void **state) {
    unsigned malformed = 0;
    (void)state;
    x509_try_begin(&t);
    x509_try_make(&t);
    skr_view_t good = t.chain[1];
    for (size_t back = 1; back < 90; back++) {
        for (size_t less = 0; less < 90; less += back == 1 ? 1 : 90) {
            skr_verify_result_t result;
            t.chain[1] = less > 0 ? broken(&t.made_ca, 0, less) : broken(&t.made_ca, back, 0);
            t.chain_count = 2;
            assert_int_not_equal(x509_try_run(&t), SKR_OK);
            malformed += t.result.status == SKR_ERR_CERT_MALFORMED;
            t.chain[2] = good;
            t.chain_count = 3;
            accept(&t, "02", 0);
            (void)x509_streamed(&t.request, 700, 1, &result, NULL);
            assert_true(result.status == SKR_OK || result.status == SKR_ERR_CERT_WINDOW);
        }
    }
    assert_true(malformed > 100);
    t.chain[1] = broken(&t.made_ca, 80, 0);
    assert_true(sweep_made("broken behind").accepted > 0);
    t.chain_count = 2;
    assert_int_equal(sweep_made("broken alone").accepted, 0);
}

// Two issuers of the same one, of which the second is undone: the first stays what it is.
static void test_undone_twin(void **state) {
    static x509_made_t twin;
    (void)state;
    x509_try_begin(&t);
    x509_try_make(&t);
    t.ca.key_number = 1;
    t.ca.not_after = "391231000000Z";
    x509_make(&twin, &t.ca);
    t.chain[2] = broken(&twin, 0, 1);
    t.chain_count = 3;
    t.anchor_count = 0;
    assert_int_equal(sweep_made("undone twin").accepted, 0);
    t.anchor_count = 1;
    t.chain[1] = x509_made_view(&twin);
    t.chain[2] = x509_made_view(&t.made_ca);
    assert_true(sweep_made("twins").accepted > 0);
}

// The same ones again and again take no more room than once.
static void test_doubles(void **state) {
    (void)state;
    chains_load(&c, "large");
    for (size_t i = 0; i < 2; i++) {
        static skr_view_t chain[SKR_CHAIN_MAX];
        skr_verify_result_t result;
        skr_verify_request_t request = request_of(0);
        request.chain = chain;
        request.chain_count = 0;
        for (size_t k = 0; k < c.count && request.chain_count < SKR_CHAIN_MAX; k++) {
            size_t times = i == 0 ? (k < 6 ? 2 : 1) : (k == 1 ? 7 : 1);
            while (times-- > 0) {
                chain[request.chain_count++] = c.chain[k];
            }
        }
        assert_int_equal(request.chain_count, 16);
        assert_int_equal(x509_streamed(&request, LARGE, 0, &result, NULL), SKR_OK);
        assert_int_equal(x509_streamed(&request, SKR_CERTIFICATE_WINDOW, 0, &result, NULL), SKR_OK);
        assert_int_equal(x509_streamed(&request, 2560, 0, &result, NULL), SKR_OK);
    }
}

// An extension larger than the window: nobody else goes for it.
static void test_huge_extension(void **state) {
    static x509_made_t huge;
    static uint8_t value[8000];
    (void)state;
    x509_try_begin(&t);
    t.root.permitted[0] = "DNS:server.example"; // names are needed to the end
    x509_try_make(&t);
    skr_verify_result_t result;
    value[0] = DER_SEQUENCE;
    value[1] = 0x82;
    bytes_put16(value + 2, sizeof(value) - 4);
    x509_make(&huge,
        &(x509_make_t){.subject = "Huge",
            .ca = true,
            .key_number = 7,
            .extensions = {{"1.3.6.1.5.5.7.1.1", false, view_of(value, sizeof(value))}}});
    t.chain[2] = t.chain[1];
    t.chain[1] = x509_made_view(&huge);
    t.chain_count = 3;
    accept(&t, "02", 0);
    assert_int_equal(x509_streamed(&t.request, 1024, 0, &result, NULL), SKR_OK);
}

// An RSA-4096 CA whose extensions are as long as real ones: the usual window has room for them
// because the signature below is checked when the key has come. What the extensions say counts all
// the same.
static void test_long_extensions(void **state) {
    // Three descriptions: method id-ad-caIssuers, place a URI of 100 characters.
    enum { URI = 100, ONE = 2 + 10 + 2 + URI, ALL = 3 * ONE };
    static uint8_t value[4 + ALL];
    static const uint8_t method[] = {DER_OID, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, URI};
    static const struct {
        const char *not_after;
        bool foreign_key,
            twin; // the CA's key is another one; a good CA of the same name comes behind
        skr_status_t memory, streamed;
    } cases[] = {
        {NULL, false, false, SKR_OK, SKR_OK},
        {"250101000000Z", false, false, SKR_ERR_CERT_EXPIRED, SKR_ERR_CERT_EXPIRED},
        // A namesake proves nothing, so that the signature stays.
        {NULL, true, false, SKR_ERR_CERT_UNKNOWN_CA, SKR_ERR_CERT_WINDOW},
        // The signature has made room for the first one's extensions.
        {"250101000000Z", false, true, SKR_OK, SKR_ERR_CERT_WINDOW},
    };
    (void)state;
    bytes_put16(value + 2, ALL);
    value[0] = DER_SEQUENCE;
    value[1] = 0x82;
    for (size_t i = 0; i < 3; i++) {
        uint8_t *one = value + 4 + i * ONE;
        one[0] = DER_SEQUENCE;
        one[1] = ONE - 2;
        memcpy(one + 2, method, sizeof(method));
        memset(one + 2 + sizeof(method), 'a', URI);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static x509_made_t other;
        skr_verify_result_t result;
        x509_try_begin(&t);
        t.root.key = t.ca.key = t.leaf.key = X509_RSA_4096;
        t.ca.extensions[0] = (x509_make_extension_t){
            "1.3.6.1.5.5.7.1.1", false, view_of(value, sizeof(value))};
        t.ca.not_after = cases[i].not_after;
        x509_try_make(&t);
        x509_make_t ca = t.ca;
        ca.issuer = &t.made_root;
        if (cases[i].foreign_key) { // the same but for its key
            ca.key = X509_RSA;
            x509_make(&other, &ca);
            t.chain[1] = x509_made_view(&other);
        } else if (cases[i].twin) {
            ca.not_after = NULL;
            x509_make(&other, &ca);
            t.chain[t.chain_count++] = x509_made_view(&other);
        }
        t.in_memory = true;
        assert_string_equal(skr_error_name(x509_try_run(&t)), skr_error_name(cases[i].memory));
        for (size_t piece = 0; piece < 2; piece++) {
            (void)x509_streamed(&t.request, SKR_CERTIFICATE_WINDOW, piece, &result, NULL);
            assert_string_equal(skr_error_name(result.status), skr_error_name(cases[i].streamed));
        }
        (void)x509_streamed(&t.request, 4096, 0, &result, NULL);
        assert_string_equal(skr_error_name(result.status), skr_error_name(cases[i].memory));
    }
}

// Two CAs have certified each other: what issued the leaf lies higher up once more. When that comes
// from the root a small window has lost the leaf, and the way round is too long for the root, or
// goes by a name that it forbids.
static void test_way_round(void **state) {
    static x509_made_t round, other;
    static const char *const names[] = {"DNS:a.filler.example", "DNS:b.filler.example"};
    (void)state;
    for (unsigned forbids = 0; forbids < 2; forbids++) {
        x509_try_begin(&t);
        t.root.path_length = forbids ? 0 : 2;
        t.root.excluded[0] = forbids ? "DN:Other CA" : NULL;
        for (unsigned i = 0; i < 2; i++) {
            t.ca.names[i] = names[i];
        }
        x509_try_make(&t);
        skr_view_t direct = t.chain[1];
        x509_make(&other,
            &(x509_make_t){
                .subject = "Other CA", .issuer = &t.made_ca, .ca = true, .key_number = 9});
        x509_make(&round,
            &(x509_make_t){.subject = "Test CA", .issuer = &other, .ca = true, .key_number = 1});
        t.chain[1] = x509_made_view(&round);
        t.chain[2] = x509_made_view(&other);
        t.chain[3] = direct;
        t.chain_count = 4;
        accept(&t, "03", 0);
        seen_t seen = sweep_made("a way round");
        assert_true(seen.accepted > 0 && seen.too_small > 0);
        assert_int_equal(seen.refused, 0);
    }
}

// What the stream can't do: a certificate is linked to the first that it has issued. Where that one
// breaks a constraint further up and its twin does not, only skr_x509_verify() finds the way.
static void test_way_back(void **state) {
    static x509_made_t below, twin;
    skr_verify_result_t result;
    (void)state;
    x509_try_begin(&t);
    t.root.excluded[0] = "DNS:else";
    x509_try_make(&t);
    x509_make_t how = {.subject = "Below", .issuer = &t.made_ca, .ca = true, .key_number = 5};
    x509_make(&twin, &how);
    how.names[0] = "DNS:x.else";
    x509_make(&below, &how);
    t.leaf.issuer = &below;
    x509_make(&t.made_leaf, &t.leaf);
    t.chain[0] = x509_made_view(&t.made_leaf);
    t.chain[3] = x509_made_view(&t.made_ca);
    t.chain_count = 4;
    for (unsigned turned = 0; turned < 2; turned++) {
        t.chain[1 + turned] = x509_made_view(&below);
        t.chain[2 - turned] = x509_made_view(&twin);
        t.in_memory = true;
        accept(&t, turned ? "013" : "023", 0);
        (void)x509_streamed(&t.request, LARGE, 0, &result, NULL);
        assert_string_equal(skr_error_name(result.status), turned ? "OK" : "CERT_CONSTRAINT");
        for (size_t window = 0; window < WINDOWS; window += 8) {
            (void)x509_streamed(&t.request, window, 7, &result, NULL);
            assert_true(turned || result.status != SKR_OK);
        }
    }
}

// One certificate more than a chain may have, behind a path that was found: nothing of it stands.
static void test_too_many(void **state) {
    static _Alignas(16) uint8_t memory[sizeof(x509_stream_t) + 2048];
    x509_stream_t *s = (x509_stream_t *)(void *)memory;
    skr_verify_result_t result;
    (void)state;
    x509_try_begin(&t);
    t.without_ca = true;
    x509_try_make(&t);
    accept(&t, "0", 0);
    assert_true(stream_init(s, sizeof(memory), &result, false));
    for (unsigned i = 0; i < SKR_CHAIN_MAX; i++) {
        assert_int_equal(stream_begin(s, &t.request, t.chain[0].size), SKR_OK);
        assert_int_equal(stream_feed(s, &t.request, t.chain[0]), SKR_OK);
        assert_int_equal(stream_end(s, &t.request), SKR_OK);
        assert_int_equal(result.status, SKR_OK);
    }
    assert_int_equal(stream_begin(s, &t.request, 1), SKR_ERR_CERT_TOO_COMPLEX);
    assert_int_equal(result.status, SKR_ERR_CERT_TOO_COMPLEX);
    assert_int_equal(result.certificate, SKR_CHAIN_MAX);
    assert_int_equal(stream_finish(s, &t.request), SKR_ERR_CERT_TOO_COMPLEX);
}

// --- Anchors that are the leaf, or almost ---

static void test_leaf_is_anchor(void **state) {
    static uint8_t other[4][X509_MAKE_SIZE];
    static const size_t pieces[] = {0, 1, 5, 100};
    (void)state;
    x509_try_begin(&t);
    t.leaf.issuer = NULL;
    x509_try_make(&t);
    skr_view_t leaf = t.chain[0];
    t.chain_count = 1;
    for (size_t differs = 0; differs < leaf.size; differs += 13) {
        // Four that begin alike for ever longer, the same in another length, then itself.
        for (size_t i = 0; i < 4; i++) {
            memcpy(other[i], leaf.data, leaf.size);
            other[i][(differs + i * leaf.size / 4) % leaf.size] ^= 1;
            t.anchors[i] = view_of(other[i], leaf.size);
        }
        t.anchors[4] = view_of(leaf.data, leaf.size - 1);
        t.anchors[5] = t.anchors[6] = leaf;
        t.anchor_count = 7;
        x509_try_run(&t);
        assert_int_equal(t.result.status, SKR_OK);
        assert_int_equal(t.result.anchor, 5);
        for (size_t i = 0; i < 4; i++) {
            skr_verify_result_t result;
            assert_int_equal(x509_streamed(&t.request, LARGE, pieces[i], &result, NULL), SKR_OK);
            assert_int_equal(result.anchor, 5);
            t.request.anchor_count = 5;
            assert_int_not_equal(
                x509_streamed(&t.request, LARGE, pieces[i], &result, NULL), SKR_OK);
            t.request.anchor_count = 7;
        }
    }
}

// --- Names that are almost the same ---

// Two names of which one has in two RDNs what the other has in one, with an OID that holds what
// stands between: nothing may take them for the same.
static void test_namesakes(void **state) {
    static x509_made_t one, two;
    skr_view_t spread = unit_hex(
        "3044310a3008060355040a0c01613136303406035504030c2d61616161616161616161616161"
        "6161616161616161616161616161616161616161616161616161610400000000");
    skr_view_t packed = unit_hex(
        "304331413008060355040a0c016130350631035504030c0000002d6161616161616161616161"
        "61616161616161616161616161616161616161616161616161616161610400");
    (void)state;
    for (unsigned turned = 0; turned < 2; turned++) {
        x509_try_begin(&t);
        x509_try_make(&t);
        x509_make(&one,
            &(x509_make_t){.subject_der = turned ? packed : spread,
                .issuer = &t.made_root,
                .ca = true,
                .key_number = 1});
        x509_make(&two,
            &(x509_make_t){.subject_der = turned ? spread : packed,
                .issuer = &t.made_root,
                .ca = true,
                .key_number = 1});
        t.leaf.issuer = &one;
        x509_make(&t.made_leaf, &t.leaf);
        t.chain[0] = x509_made_view(&t.made_leaf);
        t.chain[1] = x509_made_view(&one);
        accept(&t, "01", 0);
        t.chain[1] = x509_made_view(&two); // the right key under another name
        refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, 0, SKR_FIELD_ISSUER);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_broken_behind),
        cmocka_unit_test(test_undone_twin),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_huge_extension),
        cmocka_unit_test(test_long_extensions),
        cmocka_unit_test(test_way_round),
        cmocka_unit_test(test_way_back),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_leaf_is_anchor),
        cmocka_unit_test(test_namesakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
