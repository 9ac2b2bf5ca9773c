// Path building and validation: what is accepted, and for each refusal the status, the certificate
// and the field.
//
// In: chains made by support/x509_make. Out: cmocka's verdict.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "support/x509_make.h"

static x509_made_t root, ca, leaf;

static void test_smoke(void **state) {
    (void)state;
    skr_name_t name;
    const x509_make_key_t keys[] = {X509_P256, X509_P384, X509_ED25519, X509_RSA, X509_RSA_PSS};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        x509_make(&root, &(x509_make_t){.subject = "Root", .ca = true, .key = keys[i]});
        x509_make(&ca,
            &(x509_make_t){
                .subject = "CA", .ca = true, .issuer = &root, .key = keys[i], .key_number = 1});
        x509_make(&leaf,
            &(x509_make_t){.subject = "leaf",
                .issuer = &ca,
                .key = keys[i],
                .key_number = 0,
                .names = {"DNS:server.example"}});
        const skr_view_t chain[] = {x509_made_view(&leaf), x509_made_view(&ca)};
        const skr_anchor_t anchors[] = {x509_made_view(&root)};
        const char text[] = "server.example";
        assert_true(skr_name_parse((skr_view_t){(const uint8_t *)text, strlen(text)}, &name));
        skr_verify_request_t request = {.provider = &skr_provider_openssl,
            .chain = chain,
            .chain_count = 2,
            .anchors = anchors,
            .anchor_count = 1,
            .purpose = SKR_PURPOSE_SERVER,
            .name = &name,
            .time = X509_MAKE_NOW};
        skr_verify_result_t result;
        printf("%zu: %s %s\n", i, skr_error_name(skr_x509_verify(&request, &result)),
            skr_field_name(result.field));
        assert_int_equal(result.status, SKR_OK);
        skr_private_key_t key;
        x509_made_key(&leaf, &skr_provider_openssl, &key);
        skr_private_key_unload(&key, &skr_provider_openssl);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_smoke)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
