// What the tests of crypto providers share, and the tests of the lists themselves.
//
// In: a provider. Out: its descriptors by number, digests, comparisons that say where they failed;
// a verdict on what include/skerry/crypto.h promises of lists and sizes. The engine takes buffers
// of these sizes from its caller and asks nobody again, so that a descriptor that lies about a size
// would write past an end.
#include "support/crypto_cases.h"

#include <string.h>

const skr_hash_t *crypto_find_hash(const skr_provider_t *provider, unsigned id) {
    for (const skr_hash_t *const *list = provider->hashes; *list != NULL; list++) {
        if ((*list)->id == id) {
            return *list;
        }
    }
    return NULL;
}

const skr_aead_t *crypto_find_aead(const skr_provider_t *provider, unsigned id) {
    for (const skr_aead_t *const *list = provider->aeads; *list != NULL; list++) {
        if ((*list)->id == id) {
            return *list;
        }
    }
    return NULL;
}

const skr_group_t *crypto_find_group(const skr_provider_t *provider, unsigned id) {
    for (const skr_group_t *const *list = provider->groups; *list != NULL; list++) {
        if ((*list)->id == id) {
            return *list;
        }
    }
    return NULL;
}

const skr_signature_t *crypto_find_signature(const skr_provider_t *provider, unsigned scheme) {
    for (const skr_signature_t *const *list = provider->signatures; *list != NULL; list++) {
        if ((*list)->scheme == scheme) {
            return *list;
        }
    }
    return NULL;
}

crypto_bytes_t crypto_digest(
    const skr_provider_t *provider, unsigned id, const uint8_t *message, size_t size) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    const skr_hash_t *hash = crypto_find_hash(provider, id);
    crypto_bytes_t out = {.size = 0};
    if (id == SKR_HASH_NONE) {
        assert_true(size <= sizeof(out.data));
        memcpy(out.data, message, size);
        out.size = size;
        return out;
    }
    assert_non_null(hash);
    assert_true(hash->init(state));
    assert_true(hash->update(state, message, size));
    assert_true(hash->result(state, out.data));
    out.size = hash->size;
    return out;
}

static void print_bytes(const char *name, const uint8_t *bytes, size_t size) {
    print_error("%s ", name);
    for (size_t i = 0; i < size; i++) {
        print_error("%02x", bytes[i]);
    }
    print_error("\n");
}

void crypto_expect_bytes(
    const char *what, const uint8_t *got, size_t got_size, const uint8_t *wanted, size_t size) {
    if (got_size != size || (size > 0 && memcmp(got, wanted, size) != 0)) {
        print_bytes("got   ", got, got_size);
        print_bytes("wanted", wanted, size);
        fail_msg("%s: not the bytes that are wanted", what);
    }
}

void crypto_expect(const char *what, skr_crypto_t got, skr_crypto_t wanted) {
    static const char *const names[] = {"OK", "REFUSED", "RETRY", "FAILED"};
    if (got != wanted) {
        fail_msg("%s: %s, wanted %s", what, names[got], names[wanted]);
    }
}

static void test_hash_sizes(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    static const uint8_t sizes[][3] = {
        {SKR_HASH_SHA256, 32, 64}, {SKR_HASH_SHA384, 48, 128}, {SKR_HASH_SHA512, 64, 128}};
    for (size_t i = 0; i < 3; i++) {
        const skr_hash_t *hash = crypto_find_hash(provider, sizes[i][0]);
        assert_non_null(hash);
        assert_int_equal(hash->size, sizes[i][1]);
        assert_int_equal(hash->block_size, sizes[i][2]);
        assert_in_range(hash->state_size, 1, SKR_HASH_STATE_MAX);
    }
}

static void test_aead_sizes(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    // RFC 9846 section 5.5: at most 2^24.5 records for AES-GCM, any number for ChaCha20-Poly1305.
    // RFC 9147 appendix B: 2^23 for AES-CCM. Short tags come last.
    static const struct {
        uint8_t id, key_size, tag_size;
        uint32_t record_limit;
    } sizes[] = {
        {SKR_AEAD_AES_128_GCM, 16, 16, 23726566},
        {SKR_AEAD_AES_256_GCM, 32, 16, 23726566},
        {SKR_AEAD_CHACHA20_POLY1305, 32, 16, 0},
        {SKR_AEAD_AES_128_CCM, 16, 16, 8388608},
        {SKR_AEAD_AES_256_CCM, 32, 16, 8388608},
        {SKR_AEAD_AES_128_CCM_8, 16, 8, 8388608},
        {SKR_AEAD_AES_256_CCM_8, 32, 8, 8388608},
    };
    unsigned tag_size = SKR_AEAD_TAG_MAX;
    assert_non_null(provider->aeads[0]);
    for (size_t i = 0; provider->aeads[i] != NULL; i++) {
        const skr_aead_t *aead = provider->aeads[i];
        size_t row = 0;
        assert_ptr_equal(crypto_find_aead(provider, aead->id), aead);
        while (row < sizeof(sizes) / sizeof(sizes[0]) && sizes[row].id != aead->id) {
            row++;
        }
        assert_true(row < sizeof(sizes) / sizeof(sizes[0]));
        assert_int_equal(aead->key_size, sizes[row].key_size);
        assert_int_equal(aead->tag_size, sizes[row].tag_size);
        assert_true(aead->state_size > 0);
        assert_in_range(aead->run_size, 0, SKR_AEAD_RUN_MAX);
        assert_int_equal(aead->open_start == NULL, aead->open_piece == NULL);
        assert_int_equal(aead->open_start == NULL, aead->open_end == NULL);
        assert_int_equal(aead->record_limit == 0, sizes[row].record_limit == 0);
        assert_in_range(aead->record_limit, 0, sizes[row].record_limit);
        assert_true(aead->tag_size <= tag_size);
        tag_size = aead->tag_size;
    }
}

static void test_group_sizes(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    static const uint16_t sizes[][4] = {
        {SKR_GROUP_X25519, 32, 32, 32},
        {SKR_GROUP_SECP256R1, 32, 65, 32},
        {SKR_GROUP_SECP384R1, 48, 97, 48},
    };
    assert_non_null(provider->groups[0]);
    for (size_t i = 0; provider->groups[i] != NULL; i++) {
        const skr_group_t *group = provider->groups[i];
        assert_ptr_equal(crypto_find_group(provider, group->id), group);
        for (size_t row = 0; row < 3; row++) {
            if (group->id == sizes[row][0]) {
                assert_int_equal(group->private_size, sizes[row][1]);
                assert_int_equal(group->public_size, sizes[row][2]);
                assert_int_equal(group->response_size, sizes[row][2]);
                assert_int_equal(group->shared_size, sizes[row][3]);
            }
        }
        assert_in_range(group->private_size, 1, SKR_GROUP_PRIVATE_MAX);
        assert_in_range(group->public_size, 1, SKR_GROUP_PUBLIC_MAX);
        assert_in_range(group->response_size, 1, SKR_GROUP_PUBLIC_MAX);
        assert_in_range(group->shared_size, 1, SKR_GROUP_SHARED_MAX);
    }
}

static void test_signature_lists(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    assert_non_null(provider->signatures[0]);
    bool certificates_only = false, pkcs1_seen = false;
    for (size_t i = 0; provider->signatures[i] != NULL; i++) {
        const skr_signature_t *signature = provider->signatures[i];
        assert_ptr_equal(crypto_find_signature(provider, signature->scheme), signature);
        assert_non_null(signature->verify);
        // Private code points never go out. PKCS #1 v1.5 signs for TLS 1.2 and comes behind all
        // that TLS 1.3 signs with (RFC 9846 section 4.3.3); those for certificates come last.
        bool pkcs1 = (signature->scheme & 0xff) == 0x01;
        assert_int_equal(signature->sign == NULL, signature->scheme >= 0xfe00);
        assert_false(pkcs1_seen && !pkcs1 && signature->sign != NULL);
        pkcs1_seen = pkcs1_seen || pkcs1;
        assert_false(certificates_only && signature->sign != NULL);
        certificates_only = signature->sign == NULL;
        if (signature->hash != SKR_HASH_NONE) {
            assert_non_null(crypto_find_hash(provider, signature->hash));
        }
    }
    // RFC 9846 section 9.1: what must be there.
    assert_non_null(crypto_find_signature(provider, SKR_SIG_ECDSA_SECP256R1_SHA256));
    assert_non_null(crypto_find_signature(provider, SKR_SIG_RSA_PSS_RSAE_SHA256));
    assert_non_null(crypto_find_signature(provider, SKR_SIG_RSA_PKCS1_SHA256));
    assert_non_null(crypto_find_aead(provider, SKR_AEAD_AES_128_GCM));
    assert_non_null(crypto_find_group(provider, SKR_GROUP_SECP256R1));
}

static void test_random_source(void **state) {
    const skr_provider_t *provider = ((crypto_pair_t *)*state)->provider;
    uint8_t a[100], b[100];
    if (provider->random == NULL) {
        print_message("%s has no random source\n", provider->name);
        return;
    }
    for (size_t size = 0; size < 80; size++) {
        memset(a, 0, sizeof(a));
        memset(b, 0, sizeof(b));
        assert_true(provider->random(NULL, a, size));
        assert_true(provider->random(NULL, b, size));
        if (size >= 16) {
            assert_memory_not_equal(a, b, size);
            assert_memory_not_equal(a + size - 8, b + size - 8, 8);
        }
        for (size_t i = size; i < sizeof(a); i++) {
            assert_int_equal(a[i], 0);
        }
    }
}

int crypto_all_cases(const skr_provider_t *provider, const skr_provider_t *other) {
    crypto_pair_t pair = {provider, other};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_hash_sizes, &pair),
        cmocka_unit_test_prestate(test_aead_sizes, &pair),
        cmocka_unit_test_prestate(test_group_sizes, &pair),
        cmocka_unit_test_prestate(test_signature_lists, &pair),
        cmocka_unit_test_prestate(test_random_source, &pair),
    };
    print_message("provider: %s, with: %s\n", provider->name, other->name);
    int failed = cmocka_run_group_tests_name("lists", tests, NULL, NULL);
    failed += crypto_hash_cases(&pair) + crypto_aead_cases(&pair) + crypto_group_cases(&pair);
    failed += crypto_ecdsa_cases(&pair) + crypto_ed25519_cases(&pair);
    return failed + crypto_rsa_cases_run(&pair) + crypto_key_cases(&pair);
}
