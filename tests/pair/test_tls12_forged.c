// Forged PKCS #1 v1.5 signatures in TLS 1.2, the only version that has them: ServerKeyExchange and
// CertificateVerify (RFC 8017 section 8.2.2, RFC 5246 sections 7.4.3 and 7.4.8).
//
// In: handshakes in which one side signs outside of the engine, with the right key, a block that is
// not as it must be: the forgeries of support/bad_certificates.h. Out: the other side's error and
// the alert; and a connection when nothing was changed.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/bad_certificates.h"
#include "support/tap12.h"

static pair_t pair;
static void (*forge)(uint8_t *block);
static unsigned asked;

static void leave(uint8_t *block) {
    (void)block;
}

static skr_status_t sign(pair_side_t *side) {
    uint8_t signature[SKR_SIGNATURE_MAX];
    skr_to_sign_t to_sign;
    assert_true(skr_conn_to_sign(side->conn, &to_sign));
    assert_int_equal(to_sign.scheme, SKR_SIG_RSA_PKCS1_SHA256);
    assert_int_equal(to_sign.message.size, 32);
    size_t size = x509_make_forge(0, to_sign.message.data, forge, signature, sizeof(signature));
    asked++;
    return skr_conn_signed(side->conn, signature, size);
}

static void set_up(pair_side_t *signer) {
    static const uint16_t pkcs1[] = {SKR_SIG_ECDSA_SECP256R1_SHA256, SKR_SIG_RSA_PKCS1_SHA256, 0};
    static skr_private_key_t outside;
    static skr_credential_t credential;
    tap12_pair_openssl(&pair);
    pair_server_kind(&pair, PKI_RSA);
    pair_mutual(&pair, PKI_RSA);
    pair.client.config.signatures = pair.server.config.signatures = pkcs1;
    memset(&outside, 0, sizeof(outside));
    outside.type = signer->config.credentials[0].key->type;
    outside.bits = signer->config.credentials[0].key->bits;
    outside.external = true;
    credential = signer->config.credentials[0];
    credential.key = &outside;
    signer->config.credentials = &credential;
    signer->sign = sign;
    asked = 0;
}

static void test_forged(void **state) {
    pair_side_t *signer = *state;
    unsigned forged = 0;
    for (size_t i = 0; i < bad_certificate_count; i++) {
        if (bad_certificates[i].make.forge == NULL) {
            continue;
        }
        pair_note("%s", bad_certificates[i].name);
        forge = bad_certificates[i].make.forge;
        set_up(signer);
        pair_refuses(&pair, pair_other(&pair, signer), SKR_ERR_SIGNATURE);
        assert_int_equal(asked, 1);
        forged++;
    }
    assert_true(forged > 10);
    pair_note("nothing");
    forge = leave;
    set_up(signer);
    pair_connect(&pair);
    assert_int_equal(asked, 1);
    pair_end(&pair);
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST_WITH(test_forged, &pair.client),
        PAIR_TEST_WITH(test_forged, &pair.server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
