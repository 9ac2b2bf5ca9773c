// Path building: which path is found, and what is reported when none is.
//
// Chains in disorder, with certificates too many, cross-signed, with namesakes, going on beyond the
// anchor; loops and floods, which must end within the bounds of limits.h; which of several
// refusals is reported; a provider that fails. Every accepted path is looked at, index by index.
#include "x509_expect.h"

static x509_try_t t;

static void test_path_length(void **state) {
    static x509_made_t second, self_issued;
    (void)state;
    x509_try_begin(&t);
    t.root.path_length = 1;
    make_and_refuse(&t, SKR_ERR_CERT_PATH_LENGTH, ROOT, SKR_FIELD_BASIC_CONSTRAINTS);
    t.root.path_length = 2;
    t.ca.path_length = 1;
    make_and_accept(&t, "01", 0);
    // Root (pathLen 1) <- CA <- CA, self-issued with another key <- leaf: the self-issued one does
    // not count
    x509_make(&self_issued,
        &(x509_make_t){.subject = "Test CA", .issuer = &t.made_ca, .ca = true, .key_number = 5});
    t.leaf.issuer = &self_issued;
    x509_make(&t.made_leaf, &t.leaf);
    t.chain[0] = x509_made_view(&t.made_leaf);
    t.chain[2] = x509_made_view(&self_issued);
    t.chain_count = 3;
    accept(&t, "021", 0);
    x509_make(&second,
        &(x509_make_t){.subject = "Other CA", .issuer = &t.made_ca, .ca = true, .key_number = 6});
    t.leaf.issuer = &second;
    x509_make(&t.made_leaf, &t.leaf);
    t.chain[0] = x509_made_view(&t.made_leaf);
    t.chain[2] = x509_made_view(&second);
    refuse(&t, SKR_ERR_CERT_PATH_LENGTH, 1, SKR_FIELD_BASIC_CONSTRAINTS);
    x509_try_begin(&t); // the caller's own limit
    t.request.max_intermediates = 2;
    make_and_accept(&t, "01", 0);
    t.request.max_intermediates = 1;
    refuse(&t, SKR_ERR_CERT_PATH_LENGTH, CA, SKR_FIELD_ISSUER);
}

static void test_trust(void **state) {
    static x509_made_t fake;
    (void)state;
    x509_try_begin(&t); // nobody is trusted
    x509_try_make(&t);
    t.anchor_count = 0;
    refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, CA, SKR_FIELD_ISSUER);
    // The peer's own root, sent along, is not trusted.
    t.chain[2] = x509_made_view(&t.made_root);
    t.chain_count = 3;
    refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, 2, SKR_FIELD_ISSUER);
    // ... and neither when the trusted root only has the same name.
    x509_make(&fake, &(x509_make_t){.subject = "Test Root", .ca = true, .key_number = 9});
    t.anchors[0] = x509_made_view(&fake);
    t.anchor_count = 1;
    refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, 2, SKR_FIELD_ISSUER);
    // The intermediate alone may be trusted, as it is or instead of its root.
    t.anchors[0] = x509_made_view(&t.made_ca);
    accept(&t, "0", 0);
    // No chain at all.
    t.chain_count = 0;
    refuse(&t, SKR_ERR_USAGE, 0, SKR_FIELD_NONE);
    // A leaf that is its own issuer by name and signature.
    x509_try_begin(&t);
    x509_try_make(&t);
    x509_make(&fake, &(x509_make_t){.subject = "server.example", .names = {"DNS:server.example"}});
    t.chain[0] = x509_made_view(&fake);
    t.chain_count = 1;
    refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, 0, SKR_FIELD_ISSUER);
}

static void test_disorder(void **state) {
    static x509_made_t other, second;
    static const uint8_t rubbish[] = {0x30, 0x03, 0x01};
    (void)state;
    x509_try_begin(&t);
    x509_try_make(&t);
    // leaf <- second <- CA <- root, with the root, the leaf again, something else, and rubbish
    // between
    x509_make(&second,
        &(x509_make_t){.subject = "Second CA", .issuer = &t.made_ca, .ca = true, .key_number = 4});
    x509_make(&other, &(x509_make_t){.subject = "Other", .ca = true, .key_number = 8});
    t.leaf.issuer = &second;
    x509_make(&t.made_leaf, &t.leaf);
    t.chain[0] = x509_made_view(&t.made_leaf);
    t.chain[1] = x509_made_view(&t.made_root);
    t.chain[2] = x509_made_view(&t.made_leaf);
    t.chain[3] = (skr_view_t){rubbish, sizeof(rubbish)};
    t.chain[4] = x509_made_view(&t.made_ca);
    t.chain[5] = x509_made_view(&other);
    t.chain[6] = x509_made_view(&second);
    t.chain_count = 7;
    accept(&t, "064", 0);
    t.chain_count = 6; // without it: the rubbish may have been the missing one
    refuse(&t, SKR_ERR_CERT_MALFORMED, 3, SKR_FIELD_CERTIFICATE);
}

// The same name and key certified by an expired root and by a good one; both orders of chain and of
// anchors.
static void test_cross_signed(void **state) {
    static x509_made_t old_root, cross;
    (void)state;
    for (unsigned order = 0; order < 4; order++) {
        x509_try_begin(&t);
        x509_try_make(&t);
        x509_make(&old_root,
            &(x509_make_t){
                .subject = "Old Root", .ca = true, .key_number = 7, .not_after = "250101000000Z"});
        x509_make(&cross,
            &(x509_make_t){.subject = "Test CA", .issuer = &old_root, .ca = true, .key_number = 1});
        t.chain[1 + order % 2] = x509_made_view(&t.made_ca);
        t.chain[2 - order % 2] = x509_made_view(&cross);
        t.chain_count = 3;
        t.anchors[order / 2] = x509_made_view(&t.made_root);
        t.anchors[1 - order / 2] = x509_made_view(&old_root);
        t.anchor_count = 2;
        accept(&t, order % 2 == 0 ? "01" : "02", order / 2);
        // Without the good one the expired root is what people need to hear of, not that some other
        // root is unknown.
        t.anchors[0] = x509_made_view(&old_root);
        t.anchor_count = 1;
        refuse(&t, SKR_ERR_CERT_EXPIRED, 3, SKR_FIELD_VALIDITY);
    }
}

// A chain that goes on past the anchor, as cross-signed roots make it: the search ends at the first
// trusted one.
static void test_beyond_anchor(void **state) {
    static x509_made_t higher, cross;
    (void)state;
    x509_try_begin(&t);
    x509_try_make(&t);
    x509_make(&higher,
        &(x509_make_t){
            .subject = "Higher Root", .ca = true, .key = X509_RSA, .scheme = X509_SIGN_RSA_SHA1});
    x509_make(&cross,
        &(x509_make_t){
            .subject = "Test Root", .issuer = &higher, .ca = true, .scheme = X509_SIGN_RSA_SHA1});
    t.chain[2] = x509_made_view(&cross);
    t.chain[3] = x509_made_view(&higher);
    t.chain_count = 4;
    accept(&t, "01", 0);
    t.anchors[0] = x509_made_view(&higher); // only the SHA-1 way is left
    refuse(&t, SKR_ERR_CERT_ALGORITHM, 2, SKR_FIELD_SIGNATURE_ALGORITHM);
}

static void test_key_identifiers(void **state) {
    static x509_made_t namesake;
    (void)state;
    x509_try_begin(&t); // wrong hints only cost time
    t.leaf.wrong_authority_key_id = true;
    t.ca.wrong_authority_key_id = true;
    make_and_accept(&t, "01", 0);
    t.leaf.broken_signature = true;
    make_and_refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, 0, SKR_FIELD_ISSUER);
    x509_try_begin(&t);
    t.root.no_key_ids = t.ca.no_key_ids = t.leaf.no_key_ids = true;
    make_and_accept(&t, "01", 0);
    // A namesake that has expired is not the issuer, and not the reason.
    x509_make(&namesake,
        &(x509_make_t){
            .subject = "Test Root", .ca = true, .key_number = 7, .not_after = "250101000000Z"});
    x509_try_begin(&t);
    x509_try_make(&t);
    t.anchors[0] = x509_made_view(&namesake);
    refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, 1, SKR_FIELD_ISSUER);
    t.anchors[1] = x509_made_view(&t.made_root);
    t.anchor_count = 2;
    accept(&t, "01", 1);
}

static void test_reports(void **state) {
    static x509_made_t other;
    (void)state;
    x509_try_begin(&t); // what is wrong with the leaf comes first
    t.leaf.not_after = "250101000000Z";
    x509_try_make(&t);
    t.anchor_count = 0;
    refuse(&t, SKR_ERR_CERT_EXPIRED, LEAF, SKR_FIELD_VALIDITY);
    x509_try_begin(&t); // an unknown root beats a wrong name
    x509_try_make(&t);
    t.anchor_count = 0;
    t.name = "other.example";
    refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, CA, SKR_FIELD_ISSUER);
    // Two ways up: one ends at an expired CA, the other goes further and ends at nobody.
    x509_try_begin(&t);
    t.ca.not_after = "250101000000Z";
    x509_try_make(&t);
    x509_make(&other, &(x509_make_t){.subject = "Elsewhere", .ca = true, .key_number = 8});
    static x509_made_t cross;
    x509_make(&cross,
        &(x509_make_t){.subject = "Test CA", .issuer = &other, .ca = true, .key_number = 1});
    t.chain[2] = x509_made_view(&cross);
    t.chain_count = 3;
    refuse(&t, SKR_ERR_CERT_EXPIRED, 1, SKR_FIELD_VALIDITY);
    // Anchors beyond what a byte can number.
    x509_try_begin(&t);
    t.root.not_after = "250101000000Z";
    x509_try_make(&t);
    for (size_t i = 0; i < 299; i++) {
        t.anchors[i] = x509_made_view(&other);
    }
    t.anchors[299] = x509_made_view(&t.made_root);
    t.anchor_count = 300;
    refuse(&t, SKR_ERR_CERT_EXPIRED, 255, SKR_FIELD_VALIDITY);
    t.request.ignore_time = true;
    accept(&t, "01", 299);
}

// CAs that certify each other in a circle, without a root.
static void test_circle(void **state) {
    static x509_made_t one, two;
    (void)state;
    x509_try_begin(&t);
    x509_try_make(&t);
    x509_make(&two, &(x509_make_t){.subject = "Two", .ca = true, .key_number = 8});
    x509_make(&one, &(x509_make_t){.subject = "One", .ca = true, .key_number = 7, .issuer = &two});
    x509_make(&two, &(x509_make_t){.subject = "Two", .ca = true, .key_number = 8, .issuer = &one});
    x509_make(&t.made_leaf, &(x509_make_t){.issuer = &one, .names = {"DNS:server.example"}});
    t.chain[0] = x509_made_view(&t.made_leaf);
    t.chain[1] = x509_made_view(&one);
    t.chain[2] = x509_made_view(&two);
    t.chain_count = 3;
    refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, 2, SKR_FIELD_ISSUER);
}

static unsigned verifications;
static const skr_signature_t *counted;

static skr_crypto_t count_verify(const skr_public_key_t *key, const uint8_t *message,
    size_t message_size, const uint8_t *signature, size_t signature_size) {
    verifications++;
    return counted->verify(key, message, message_size, signature, signature_size);
}

// The OpenSSL provider with a P-256 verification that counts.
static const skr_provider_t *counting_provider(void) {
    static skr_signature_t signature;
    static const skr_signature_t *list[] = {&signature, NULL};
    static skr_provider_t provider;
    provider = skr_provider_openssl;
    for (const skr_signature_t *const *s = provider.signatures; *s != NULL; s++) {
        if ((*s)->scheme == SKR_SIG_ECDSA_SECP256R1_SHA256) {
            counted = *s;
        }
    }
    signature = *counted;
    signature.verify = count_verify;
    provider.signatures = list;
    verifications = 0;
    return &provider;
}

// The chain's CAs beyond the leaf: as many certificates as fit, all of one name, for `keys` keys of
// which each has signed each.
static void make_flood(x509_made_t *made, unsigned keys) {
    x509_made_t issuer[SKR_VERIFY_CHAIN_MAX];
    for (unsigned key = 0; key < keys; key++) {
        x509_make(
            &issuer[key], &(x509_make_t){.subject = "Test CA", .ca = true, .key_number = 1 + key});
    }
    for (unsigned i = 1; i < SKR_VERIFY_CHAIN_MAX; i++) {
        uint8_t serial = (uint8_t)i;
        x509_make(&made[i],
            &(x509_make_t){.subject = "Test CA",
                .ca = true,
                .key_number = 1 + i % keys,
                .issuer = &issuer[i / keys % keys],
                .serial = {&serial, 1}});
        t.chain[i] = x509_made_view(&made[i]);
    }
    t.chain_count = SKR_VERIFY_CHAIN_MAX;
}

// CAs that have all certified each other.
static void test_flood(void **state) {
    static x509_made_t made[SKR_VERIFY_CHAIN_MAX];
    (void)state;
    x509_try_begin(&t);
    x509_try_make(&t);
    t.request.provider = counting_provider();
    t.in_memory = true;
    t.anchor_count = 0;
    make_flood(made, 8);
    assert_string_equal(skr_error_name(x509_try_run(&t)), "CERT_TOO_COMPLEX");
    assert_int_equal(verifications, SKR_PATH_SIGNATURES_MAX);
    t.chain[SKR_VERIFY_CHAIN_MAX] = t.chain[1];
    t.chain_count = SKR_VERIFY_CHAIN_MAX + 1;
    verifications = 0;
    refuse(&t, SKR_ERR_CERT_TOO_COMPLEX, 0, SKR_FIELD_NONE);
    assert_int_equal(verifications, 0);
    // The price of a good chain: one signature for each certificate in it.
    x509_try_begin(&t);
    t.request.provider = counting_provider();
    t.in_memory = true;
    make_and_accept(&t, "01", 0);
    assert_int_equal(verifications, 2);
}

// Two CAs that have certified each other, in both orders: nobody goes round, so that the price is
// one signature for each step, and the dead end beside the path.
static void test_round(void **state) {
    static x509_made_t first, second, first_again, second_again;
    (void)state;
    x509_try_begin(&t);
    t.in_memory = true;
    t.request.provider = counting_provider();
    t.in_memory = true;
    x509_make(&first, &(x509_make_t){.subject = "First", .ca = true, .key_number = 5});
    x509_make(&second,
        &(x509_make_t){.subject = "Second", .ca = true, .key_number = 6, .issuer = &first});
    x509_make(&first_again,
        &(x509_make_t){.subject = "First", .ca = true, .key_number = 5, .issuer = &second});
    x509_make(&second_again,
        &(x509_make_t){.subject = "Second", .ca = true, .key_number = 6, .issuer = &second});
    t.leaf.issuer = &second;
    x509_make(&t.made_leaf, &t.leaf);
    t.chain[0] = x509_made_view(&t.made_leaf);
    t.chain[1] = x509_made_view(&second_again);
    t.chain[2] = x509_made_view(&second);
    t.chain[3] = x509_made_view(&first_again);
    t.chain_count = 4;
    t.anchor_count = 0;
    refuse(&t, SKR_ERR_CERT_UNKNOWN_CA, 3, SKR_FIELD_ISSUER);
    assert_int_equal(verifications, 3);
    t.anchors[0] = x509_made_view(&first);
    t.anchor_count = 1;
    verifications = 0;
    accept(&t, "02", 0);
    assert_int_equal(verifications, 3);
}

static void test_depth(void **state) {
    static x509_made_t made[SKR_PATH_MAX + 2];
    static const char *const names[] = {
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"};
    (void)state;
    // made[0] is the root; made[n] has n CAs above it
    for (size_t i = 0; i < SKR_PATH_MAX + 1; i++) {
        x509_make(&made[i],
            &(x509_make_t){.subject = names[i],
                .ca = true,
                .key_number = (unsigned)i,
                .issuer = i > 0 ? &made[i - 1] : NULL});
    }
    for (size_t cas = SKR_PATH_MAX - 1; cas <= SKR_PATH_MAX; cas++) {
        x509_try_begin(&t);
        t.leaf.issuer = &made[cas];
        x509_make(&t.made_leaf, &t.leaf);
        t.chain[0] = x509_made_view(&t.made_leaf);
        for (size_t i = 0; i < cas; i++) {
            t.chain[1 + i] = x509_made_view(&made[cas - i]);
        }
        t.chain_count = cas + 1;
        t.anchors[0] = x509_made_view(&made[0]);
        t.anchor_count = 1;
        if (cas < SKR_PATH_MAX) {
            accept(&t, "0123456789", 0);
        } else {
            refuse(&t, SKR_ERR_CERT_TOO_COMPLEX, SKR_PATH_MAX, SKR_FIELD_ISSUER);
        }
    }
}

static skr_crypto_t fail_verify(const skr_public_key_t *key, const uint8_t *message,
    size_t message_size, const uint8_t *signature, size_t signature_size) {
    (void)key, (void)message, (void)message_size, (void)signature, (void)signature_size;
    return SKR_CRYPTO_FAILED;
}

// A library that fails says nothing about the certificate.
static void test_provider_fails(void **state) {
    (void)state;
    x509_try_begin(&t);
    t.in_memory = true; // its calls are counted
    skr_provider_t provider = *counting_provider();
    skr_signature_t signature = *provider.signatures[0];
    const skr_signature_t *signatures[] = {&signature, NULL};
    signature.verify = fail_verify;
    provider.signatures = signatures;
    t.request.provider = &provider;
    make_and_refuse(&t, SKR_ERR_PROVIDER, LEAF, SKR_FIELD_SIGNATURE);
    provider = *counting_provider();
    t.request.provider = &provider;
    for (unsigned n = 0; n < 6; n++) { // init, update, result; twice
        const skr_hash_t *hashes[] = {unit_fault_hash(*skr_provider_openssl.hashes, n), NULL};
        assert_int_equal(hashes[0]->id, SKR_HASH_SHA256);
        provider.hashes = hashes;
        refuse(&t, SKR_ERR_PROVIDER, n / 3, SKR_FIELD_SIGNATURE);
    }
    const skr_hash_t *none[] = {NULL}; // the scheme is there, its hash is not
    provider.hashes = none;
    refuse(&t, SKR_ERR_CERT_ALGORITHM, LEAF, SKR_FIELD_SIGNATURE_ALGORITHM);
}

// More anchors than a result can number.
static void test_too_many_anchors(void **state) {
    (void)state;
    x509_try_begin(&t);
    x509_try_make(&t);
    accept(&t, "01", 0);
    t.request.anchor_count = (size_t)UINT16_MAX + 1;
    assert_int_equal(skr_x509_verify(&t.request, &t.result), SKR_ERR_USAGE);
    assert_int_equal(t.result.status, SKR_ERR_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_path_length),
        cmocka_unit_test(test_trust), cmocka_unit_test(test_disorder),
        cmocka_unit_test(test_cross_signed), cmocka_unit_test(test_beyond_anchor),
        cmocka_unit_test(test_key_identifiers), cmocka_unit_test(test_reports),
        cmocka_unit_test(test_circle), cmocka_unit_test(test_flood), cmocka_unit_test(test_round),
        cmocka_unit_test(test_depth), cmocka_unit_test(test_provider_fails),
        cmocka_unit_test(test_too_many_anchors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
