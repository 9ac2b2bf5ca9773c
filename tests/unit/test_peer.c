// The peer's chain as it comes (src/hs/peer.c).
//
// In: Certificate bodies of both versions, to both roles, whole and in pieces of many sizes; memory
// that is refused at each take; a provider of which each call fails in turn; windows that are too
// small; chains that are wrong. Out: PROOF_PATH behind the last piece of a good chain and nowhere
// else; the leaf's key, and no key of a chain that is refused; the stream's memory back as soon as
// there is a verdict, whatever it is; what did not fit is told.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/hs.h"
#include "hs/peer.h"
#include "support/chains.h"
#include "support/pair_memory.h"
#include "wire/chain.h"
#include "x509/stream.h"

enum { BODY_MAX = 20480, STEPS = 6 };
static const size_t steps[STEPS] = {BODY_MAX, 1000, 64, 5, 3, 1};

static struct {
    hs_t hs;
    skr_config_t config;
    pair_memory_t memory;
    skr_memory_t calls;
} party;
static uint8_t body[BODY_MAX];
static size_t body_size;
static bool tls12;

static void begin(bool is_client, const skr_provider_t *provider) {
    memset(&party, 0, sizeof(party));
    pair_memory_init(&party.memory, &party.calls);
    party.config = (skr_config_t){.role = is_client ? SKR_CLIENT : SKR_SERVER,
        .profile = &skr_profile_full,
        .provider = provider,
        .memory = &party.calls,
        .verify = SKR_VERIFY_REQUIRED,
        .anchors = pki_anchors(),
        .anchor_count = 1};
    hs_t *hs = &party.hs;
    hs->config = &party.config;
    hs->script = tls12 ? is_client ? &hs_script_client12 : &hs_script_server12
        : is_client    ? &hs_script_client13
                       : &hs_script_server13;
    hs->now = pki_now;
    assert_true(skr_name_parse(VIEW_LITERAL("server.example"), &hs->peer_name));
}

static void end(void) {
    hs_end(&party.hs);
    pair_memory_end(&party.memory);
}

static void make(const skr_view_t *chain, size_t count) {
    writer_t w = writer_of(body, sizeof(body));
    if (!tls12) {
        writer_u8(&w, 0);
    }
    writer_block_t list = writer_open(&w, 3);
    for (size_t i = 0; i < count; i++) {
        writer_vector(&w, 3, chain[i]);
        if (!tls12) {
            writer_u16(&w, 0);
        }
    }
    writer_close(&w, list);
    assert_false(writer_failed(&w));
    body_size = writer_size(&w);
}

static void make_role(pki_role_t role) {
    const skr_credential_t *credential = pki_credential(&skr_provider_openssl, PKI_P256, role);
    make(credential->chain, credential->chain_count);
}

// All pieces until one is refused. Before the last nothing is proved.
static skr_status_t receive(size_t step) {
    skr_status_t status = SKR_OK;
    for (size_t at = 0; at < body_size && status == SKR_OK; at += step) {
        size_t n = step < body_size - at ? step : body_size - at;
        assert_int_equal(party.hs.proofs, 0);
        assert_false(party.hs.path_checked);
        party.hs.more = at + n < body_size;
        status = peer_recv_chain(&party.hs, view_of(body + at, n), tls12);
    }
    party.hs.more = false;
    assert_null(party.memory.block[SKR_REGION_CERTIFICATES]); // there is a verdict
    return status;
}

static void expect_refused(size_t step, skr_status_t expected) {
    pair_assert_status(receive(step), expected);
    assert_int_equal(party.hs.proofs, 0);
    assert_null(party.hs.peer_key_block);
    assert_null(party.memory.block[SKR_REGION_PEER_CERTIFICATE]);
    end();
}

static void expect_proved(size_t step) {
    skr_certificate_info_t info;
    const skr_credential_t *credential = pki_credential(
        &skr_provider_openssl, PKI_P256, party.config.role == SKR_CLIENT ? PKI_SERVER : PKI_CLIENT);
    pair_assert_status(receive(step), SKR_OK);
    assert_int_equal(party.hs.proofs, PROOF_PATH);
    assert_int_equal(skr_certificate_read(credential->chain[0], &info), SKR_OK);
    assert_int_equal(party.hs.peer_key.type, info.key.type);
    assert_true(view_equal(party.hs.peer_key.a, info.key.a));
    assert_int_equal(party.memory.block[SKR_REGION_PEER_CERTIFICATE] != NULL, true);
    end();
}

// Runs a test for both versions and both roles.
static void each(void (*test)(bool is_client)) {
    for (unsigned i = 0; i < 4; i++) {
        tls12 = (i & 1) != 0;
        test((i & 2) != 0);
    }
}

static void good(bool is_client) {
    for (size_t i = 0; i < STEPS; i++) {
        make_role(is_client ? PKI_SERVER : PKI_CLIENT);
        begin(is_client, &skr_provider_openssl);
        expect_proved(steps[i]);
        begin(is_client, &skr_provider_bearssl);
        expect_proved(steps[i]);
    }
}

static void test_good(void **state) {
    (void)state;
    each(good);
}

// --- What is refused ---

static void wrong(bool is_client) {
    static const struct {
        pki_role_t role;
        skr_status_t status;
    } rows[] = {{PKI_STRANGER, SKR_ERR_CERT_UNKNOWN_CA}, {PKI_EXPIRED, SKR_ERR_CERT_EXPIRED},
        {PKI_EARLY, SKR_ERR_CERT_NOT_YET_VALID}};
    for (size_t i = 0; i < STEPS; i++) {
        for (size_t k = 0; k < 3; k++) {
            make_role(rows[k].role);
            begin(is_client, &skr_provider_openssl);
            pair_assert_status(
                receive(steps[i]), is_client || k > 0 ? rows[k].status : SKR_ERR_CERT_PURPOSE);
            assert_int_equal(party.hs.proofs, 0);
            assert_null(party.hs.peer_key_block);
            end();
        }
        make_role(is_client ? PKI_CLIENT : PKI_SERVER);
        begin(is_client, &skr_provider_openssl);
        expect_refused(steps[i], SKR_ERR_CERT_PURPOSE);
        make_role(PKI_OTHER);
        begin(true, &skr_provider_openssl);
        expect_refused(steps[i], SKR_ERR_CERT_NAME);
    }
}

static void test_wrong(void **state) {
    (void)state;
    each(wrong);
}

// A message that ends early, anywhere: with no more to come that is no chain.
static void cut(bool is_client) {
    make_role(is_client ? PKI_SERVER : PKI_CLIENT);
    size_t whole = body_size;
    for (size_t i = 0; i < STEPS; i++) {
        for (body_size = 1; body_size < whole; body_size += body_size < 12 ? 1 : 29) {
            begin(is_client, &skr_provider_openssl);
            expect_refused(steps[i], SKR_ERR_DECODE);
        }
        body_size = whole - 1;
        begin(is_client, &skr_provider_openssl);
        pair_assert_status(receive(steps[i]), SKR_ERR_DECODE);
        end();
    }
}

static void test_cut(void **state) {
    (void)state;
    each(cut);
}

// Nobody is asked: any chain that can be read, and its key; no proof.
static void unverified(bool is_client) {
    for (size_t i = 0; i < STEPS; i++) {
        make_role(PKI_STRANGER);
        begin(is_client, &skr_provider_openssl);
        party.config.verify = SKR_VERIFY_NONE;
        party.hs.now = 0;
        pair_assert_status(receive(steps[i]), SKR_OK);
        assert_int_equal(party.hs.proofs, 0);
        assert_non_null(party.hs.peer_key_block);
        end();
        body[body_size / 4] ^= 0x55; // in the leaf's TBSCertificate or its key
        begin(is_client, &skr_provider_openssl);
        party.config.verify = SKR_VERIFY_NONE;
        (void)receive(steps[i]);
        assert_int_equal(party.hs.proofs, 0);
        end();
        make(NULL, 0);
        begin(is_client, &skr_provider_openssl);
        party.config.verify = SKR_VERIFY_NONE;
        pair_assert_status(receive(steps[i]), is_client ? SKR_ERR_NO_CERTIFICATE : SKR_OK);
        assert_int_equal(party.hs.facts, is_client ? 0 : F_EMPTY_CERT);
        end();
    }
}

static void test_unverified(void **state) {
    (void)state;
    each(unverified);
}

static void test_time(void **state) {
    (void)state;
    make_role(PKI_SERVER);
    begin(true, &skr_provider_openssl);
    party.hs.now = 0;
    expect_refused(7, SKR_ERR_TIME_UNKNOWN);
    begin(true, &skr_provider_openssl);
    party.hs.now = 0;
    party.config.ignore_time = true;
    expect_proved(7);
}

// --- Memory, the window, the provider ---

static void no_memory(bool is_client) {
    make_role(is_client ? PKI_SERVER : PKI_CLIENT);
    for (size_t i = 0; i < STEPS; i++) {
        for (unsigned long n = 1; n <= 2; n++) {
            begin(is_client, &skr_provider_openssl);
            party.memory.fail_at = n;
            pair_assert_status(receive(steps[i]), SKR_ERR_MEMORY);
            assert_int_equal(party.hs.short_region,
                n == 1 ? SKR_REGION_CERTIFICATES : SKR_REGION_PEER_CERTIFICATE);
            assert_int_equal(
                party.hs.short_size, n == 1 ? sizeof(x509_stream_t) + SKR_CERTIFICATE_WINDOW : 65);
            assert_int_equal(party.hs.proofs, 0);
            assert_null(party.hs.peer_key_block);
            end();
        }
        begin(is_client, &skr_provider_openssl);
        party.memory.fail_at = 3; // there is no third
        expect_proved(steps[i]);
    }
}

static void test_no_memory(void **state) {
    (void)state;
    each(no_memory);
}

static void test_windows(void **state) {
    unsigned small = 0;
    (void)state;
    tls12 = false;
    make_role(PKI_SERVER);
    for (uint16_t window = 1; window < 1200; window = (uint16_t)(window + 7)) {
        begin(true, &skr_provider_openssl);
        party.config.certificate_window = window;
        skr_status_t status = receive(10);
        small += status == SKR_ERR_CERT_WINDOW;
        assert_true(status == SKR_OK || status == SKR_ERR_CERT_WINDOW);
        assert_int_equal(party.hs.proofs, status == SKR_OK ? PROOF_PATH : 0);
        assert_int_equal(party.hs.peer_key_block != NULL, status == SKR_OK);
        end();
    }
    assert_in_range(small, 10, 150);
}

static void faults(bool is_client) {
    static const skr_crypto_t answers[] = {SKR_CRYPTO_FAILED, SKR_CRYPTO_REFUSED};
    make_role(is_client ? PKI_SERVER : PKI_CLIENT);
    for (size_t i = 1; i < 4; i++) {
        for (size_t a = 0; a < 2; a++) {
            bool more = true;
            unsigned long n = 1;
            for (; more; n++) {
                begin(is_client, test_fault_provider(&skr_provider_openssl));
                test_fault_answer(answers[a]);
                test_fault_set(n, false);
                skr_status_t status = receive(steps[i]);
                more = test_fault_first() != NULL;
                bool refused = more && answers[a] == SKR_CRYPTO_REFUSED &&
                    strcmp(test_fault_first(), "verify") == 0;
                pair_assert_status(status,
                    !more         ? SKR_OK
                        : refused ? SKR_ERR_CERT_SIGNATURE
                                  : SKR_ERR_PROVIDER);
                assert_int_equal(party.hs.proofs, more ? 0 : PROOF_PATH);
                assert_int_equal(party.hs.peer_key_block != NULL, !more);
                end();
            }
            assert_true(n > 15);
        }
    }
    test_fault_answer(SKR_CRYPTO_FAILED);
    test_fault_set(0, false);
}

static void test_faults(void **state) {
    (void)state;
    each(faults);
}

// A certificate too many, behind the path that was found: no chain may be so long.
static void test_too_many(void **state) {
    static skr_view_t chain[SKR_CHAIN_MAX + 1];
    static uint8_t small[200];
    (void)state;
    tls12 = false;
    const skr_credential_t *credential = pki_credential(
        &skr_provider_openssl, PKI_P256, PKI_SERVER);
    for (size_t i = 0; i <= SKR_CHAIN_MAX; i++) {
        chain[i] = i < 2 ? credential->chain[i] : view_of(small, sizeof(small));
    }
    for (size_t i = 0; i < STEPS; i++) {
        make(chain, SKR_CHAIN_MAX); // rubbish behind the path is nobody's concern
        begin(true, &skr_provider_openssl);
        expect_proved(steps[i]);
        make(chain, SKR_CHAIN_MAX + 1);
        begin(true, &skr_provider_openssl);
        expect_refused(steps[i], SKR_ERR_CERT_TOO_COMPLEX);
    }
}

// The chains that today's servers send, up to each of their anchors, with the usual window: five
// certificates, RSA-4096 up to 16 KB, some of them twice, others superfluous or past the anchor.
static void test_chains(void **state) {
    static chains_t c;
    unsigned seen = 0;
    (void)state;
    for (size_t i = 0; chains_at(&c, i); i++) {
        bool usual = c.error[0] == '\0' && strcmp(c.name, "wrong-order") != 0 &&
            strcmp(c.name, "address") != 0;
        for (size_t k = 0; k < 4 * c.anchor_count && usual; k++, seen++) {
            tls12 = (k & 1) != 0;
            make(c.chain, c.count);
            begin(true, (k & 2) != 0 ? &skr_provider_openssl : &skr_provider_bearssl);
            party.config.anchors = &c.anchor[k / 4];
            party.hs.now = CHAINS_NOW;
            assert_true(skr_name_parse(VIEW_LITERAL("device.example"), &party.hs.peer_name));
            pair_note("%s up to %s", c.name, c.anchor_name[k / 4]);
            pair_assert_status(receive(steps[i % STEPS]), SKR_OK);
            assert_int_equal(party.hs.proofs, PROOF_PATH);
            assert_int_equal(party.hs.path.path_size, strlen(c.path[k / 4]));
            assert_int_equal(party.memory.peak[SKR_REGION_CERTIFICATES],
                sizeof(x509_stream_t) + SKR_CERTIFICATE_WINDOW);
            end();
        }
    }
    pair_note("%s", "");
    assert_true(seen > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_good),
        PAIR_TEST(test_wrong),
        PAIR_TEST(test_cut),
        PAIR_TEST(test_unverified),
        PAIR_TEST(test_time),
        PAIR_TEST(test_no_memory),
        PAIR_TEST(test_windows),
        PAIR_TEST(test_faults),
        PAIR_TEST(test_too_many),
        PAIR_TEST(test_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
