// Chains as the servers of 2026 send them (tests/support/chains_make.py): every one with every
// anchor that must do, and what must be refused.
//
// Each good chain is accepted by exactly the path that it was made for, with each of its anchors
// alone and among all others; refused with anybody else's anchor, for another name, and as a
// client's. Each bad one is refused with the error and the certificate that it was made for. With
// both providers. And all of it once more as connections do it: through a window of the usual size,
// in pieces, with the same verdict but where a larger window would be needed to tell.
#include "unit.h"

#include "support/chains.h"
#include "support/x509_streamed.h"

static chains_t c;

// Everybody's anchors; a chain is refused with those that are not its own.
static const char *const roots[] = {"x1", "x2", "ye", "yr", "amazon-1", "amazon-3", "starfield-2",
    "gts-r4", "globalsign", "digicert-g2", "godaddy-g2", "godaddy-2", "big-root"};
enum { ROOTS = sizeof(roots) / sizeof(roots[0]) };

// Chains of which the usual window does not hold enough: those that are out of order up to the top,
// and some of which it can't be told that nothing leads to an anchor.
static bool needs_more(const skr_verify_result_t *expected) {
    bool wrong_order = strcmp(c.name, "wrong-order") == 0;
    if (expected->status == SKR_OK) {
        return wrong_order && expected->path_size == 4;
    }
    return wrong_order || strcmp(c.name, "larger") == 0;
}

static void assert_streamed(
    const skr_verify_request_t *request, const skr_verify_result_t *expected) {
    static const size_t pieces[] = {0, 1, 100};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        skr_verify_result_t streamed;
        (void)x509_streamed(request, SKR_CERTIFICATE_WINDOW, pieces[i], &streamed, NULL);
        bool lost = streamed.status == SKR_ERR_CERT_WINDOW && needs_more(expected);
        if (!lost && streamed.status != expected->status) {
            fail_msg("%s, %s with the first of %zu anchors: streamed it is %s", c.name,
                skr_error_name(expected->status), request->anchor_count,
                skr_error_name(streamed.status));
        }
    }
}

static skr_verify_result_t verify(const skr_provider_t *provider, const skr_view_t *anchors,
    size_t count, const char *host, skr_purpose_t purpose) {
    skr_verify_result_t result;
    skr_name_t name;
    assert_true(skr_name_parse((skr_view_t){(const uint8_t *)host, strlen(host)}, &name));
    skr_verify_request_t request = {
        .provider = provider,
        .chain = c.chain,
        .chain_count = c.count,
        .anchors = anchors,
        .anchor_count = count,
        .purpose = purpose,
        .name = &name,
        .time = CHAINS_NOW,
    };
    skr_status_t status = skr_x509_verify(&request, &result);
    assert_int_equal(status, result.status);
    assert_streamed(&request, &result);
    return result;
}

static const char *good_host(void) {
    return strcmp(c.name, "address") == 0 ? "127.0.0.1" : "device.example";
}

static void assert_error(const skr_verify_result_t *result, const char *error) {
    if (strcmp(skr_error_name(result->status), error) != 0) {
        fail_msg("%s: %s, not %s", c.name, skr_error_name(result->status), error);
    }
}

static void assert_path(const skr_verify_result_t *result, const char *path) {
    char got[SKR_CHAIN_MAX + 1] = "";
    assert_error(result, "OK");
    for (size_t i = 0; i < result->path_size; i++) {
        got[i] = (char)('0' + result->path[i]);
    }
    if (strcmp(got, path) != 0) {
        fail_msg("%s: the path is %s, not %s", c.name, got, path);
    }
}

static bool is_own(const char *anchor) {
    bool own = false;
    for (size_t i = 0; i < c.anchor_count; i++) {
        own = own || strcmp(c.anchor_name[i], anchor) == 0;
    }
    return own;
}

static void check_good(const skr_provider_t *provider) {
    const char *host = good_host();
    for (size_t i = 0; i < c.anchor_count; i++) {
        skr_verify_result_t result = verify(provider, &c.anchor[i], 1, host, SKR_PURPOSE_SERVER);
        assert_path(&result, c.path[i]);
        result = verify(provider, &c.anchor[i], 1, "other.example", SKR_PURPOSE_SERVER);
        assert_error(&result, "CERT_NAME");
        assert_int_equal(result.certificate, 0);
    }
}

// A failed check tells more than an unknown root: where a chain has something else to be refused
// for, beyond its anchor, beside the path or in
// its length, that is the error without the anchor.
static const char *without_anchor(void) {
    static const struct {
        const char *chain, *error;
    } all[] = {{"sha1-above", "CERT_ALGORITHM"}, {"expired-twin", "CERT_EXPIRED"},
        {"larger", "CERT_TOO_COMPLEX"}};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(c.name, all[i].chain) == 0) {
            return all[i].error;
        }
    }
    return "CERT_UNKNOWN_CA";
}

// With nobody's but the others' anchors; and with those and one of its own behind them.
static void check_strangers(const skr_provider_t *provider) {
    skr_view_t anchors[ROOTS + 1];
    size_t count = 0;
    for (size_t i = 0; i < ROOTS; i++) {
        if (!is_own(roots[i])) {
            anchors[count++] = chains_anchor(&c, roots[i]);
        }
    }
    skr_verify_result_t result = verify(provider, anchors, count, good_host(), SKR_PURPOSE_SERVER);
    assert_error(&result, without_anchor());
    anchors[count] = c.anchor[0];
    result = verify(provider, anchors, count + 1, good_host(), SKR_PURPOSE_SERVER);
    assert_path(&result, c.path[0]);
    assert_int_equal(result.anchor, count);
}

static void test_good(void **state) {
    unsigned seen = 0;
    (void)state;
    for (size_t i = 0; chains_at(&c, i); i++) {
        for (size_t p = 0; c.error[0] == '\0' && p < UNIT_PROVIDERS; p++) {
            check_good(unit_providers[p]);
            check_strangers(unit_providers[p]);
            chains_at(&c, i); // what chains_anchor() took is free again
            seen++;
        }
    }
    assert_true(seen >= 30);
}

static void test_bad(void **state) {
    unsigned seen = 0;
    (void)state;
    for (size_t i = 0; chains_at(&c, i); i++) {
        for (size_t p = 0; c.error[0] != '\0' && p < UNIT_PROVIDERS; p++, seen++) {
            for (size_t a = 0; a < c.anchor_count; a++) {
                skr_verify_result_t result = verify(
                    unit_providers[p], &c.anchor[a], 1, "device.example", SKR_PURPOSE_SERVER);
                assert_error(&result, c.error);
                if (result.certificate != c.error_at) {
                    fail_msg("%s: certificate %u, not %u", c.name, result.certificate, c.error_at);
                }
            }
        }
    }
    assert_true(seen >= 14);
}

// Today's public CAs issue for servers only (extendedKeyUsage along the path): no client
// certificate can come out of such a chain.
static void test_purpose(void **state) {
    (void)state;
    chains_load(&c, "letsencrypt");
    skr_verify_result_t result = verify(
        unit_providers[0], &c.anchor[0], 1, "device.example", SKR_PURPOSE_CLIENT);
    assert_error(&result, "CERT_PURPOSE");
}

// Google's cross-signer is old and ends soon. Its being there, expired, must not hide the anchor
// that is good; without that one the chain is as old as it is.
static void test_expired_root(void **state) {
    (void)state;
    chains_load(&c, "google");
    skr_view_t expired = chains_anchor(&c, "globalsign-expired");
    skr_view_t both[] = {expired, c.anchor[0]}, other_way[] = {c.anchor[0], expired};
    skr_verify_result_t result = verify(
        unit_providers[0], both, 2, "device.example", SKR_PURPOSE_SERVER);
    assert_path(&result, "01");
    assert_int_equal(result.anchor, 1);
    result = verify(unit_providers[0], other_way, 2, "device.example", SKR_PURPOSE_SERVER);
    assert_path(&result, "01");
    result = verify(unit_providers[0], &expired, 1, "device.example", SKR_PURPOSE_SERVER);
    assert_error(&result, "CERT_EXPIRED");
    assert_int_equal(result.certificate, c.count);
}

// The sizes of the real ones (bytes of what is sent besides the server's own certificate).
static void test_sizes(void **state) {
    static const struct {
        const char *name;
        size_t extras;
    } real[] = {{"letsencrypt", 2477}, {"letsencrypt-rsa", 2775}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t size = 0;
        chains_load(&c, real[i].name);
        for (size_t k = 1; k < c.count; k++) {
            size += c.chain[k].size;
        }
        assert_in_range(size, real[i].extras * 95 / 100, real[i].extras * 105 / 100);
    }
    size_t large = 0;
    chains_load(&c, "large");
    for (size_t k = 0; k < c.count; k++) {
        large += c.chain[k].size + 3;
    }
    assert_in_range(large, 15000, SKR_RECORD_PLAIN_MAX - 16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_purpose),
        cmocka_unit_test(test_expired_root),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
