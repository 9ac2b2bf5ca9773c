// Key shares without a handshake (src/hs/share.c).
//
// In: a made-up group that answers as it is told and has a different size for everything, and the
// real groups of both providers; random bytes that are counted and fail on demand. Out: random
// bytes that a group can't use are drawn again, but not for ever; what each answer of a group
// means; shares of a wrong size never reach the group; the private key is gone when the secret is
// there, also when there is none (RFC 9846 sections 4.3.8 and 7.4.2).
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/share.h"
#include "support/pair.h"

enum { PRIVATE = 3, PUBLIC = 5, RESPONSE = 7, SHARED = 9, ATTEMPTS = 8 };

// What the made-up group says and what it was asked.
static struct {
    unsigned retries; // before the answer
    skr_crypto_t answer;
    unsigned calls;
    unsigned draws, draws_left;
} fake;

static skr_crypto_t fake_say(void) {
    return fake.calls++ < fake.retries ? SKR_CRYPTO_RETRY : fake.answer;
}

static skr_crypto_t fake_generate(uint8_t *private_key, uint8_t *public_share) {
    memcpy(public_share, private_key, PRIVATE);
    return fake_say();
}

static skr_crypto_t fake_respond(
    uint8_t *random, const uint8_t *peer, size_t peer_size, uint8_t *response, uint8_t *shared) {
    assert_int_equal(peer_size, PUBLIC);
    memcpy(response, random, PRIVATE);
    memcpy(shared, peer, peer_size);
    return fake_say();
}

static skr_crypto_t fake_finish(
    const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) {
    assert_int_equal(peer_size, RESPONSE);
    assert_int_not_equal(private_key[0], 0); // not wiped too early
    memcpy(shared, peer, peer_size);
    return fake_say();
}

static const skr_group_t fake_group = {
    0xfe77, PRIVATE, PUBLIC, RESPONSE, SHARED, fake_generate, fake_respond, fake_finish};

// Each draw gives other bytes; size bytes and no more.
static bool fake_random(void *user, uint8_t *out, size_t size) {
    (void)user;
    if (fake.draws == fake.draws_left) {
        return false;
    }
    memset(out, (int)++fake.draws, size);
    return true;
}

static const skr_config_t fake_config = {.random = fake_random};

static hs_t begin(unsigned retries, skr_crypto_t answer) {
    memset(&fake, 0, sizeof(fake));
    fake.retries = retries;
    fake.answer = answer;
    fake.draws_left = 100;
    return (hs_t){.config = &fake_config, .group = &fake_group, .shared_size = 1};
}

static const uint8_t peer_bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t zeros[SKR_GROUP_PRIVATE_MAX];

static const struct {
    skr_crypto_t said;
    skr_status_t means;
} answers[] = {
    {SKR_CRYPTO_OK, SKR_OK},
    {SKR_CRYPTO_REFUSED, SKR_ERR_KEY_SHARE},
    {SKR_CRYPTO_FAILED, SKR_ERR_PROVIDER},
};

static void assert_private_key(const hs_t *hs, bool there) {
    bool wiped = memcmp(hs->private_key, zeros, sizeof(zeros)) == 0;
    assert_int_equal(wiped, !there);
}

static void test_make(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        for (unsigned retries = 0; retries <= ATTEMPTS; retries++) {
            hs_t hs = begin(retries, answers[i].said);
            bool enough = retries < ATTEMPTS;
            pair_assert_status(share_make(&hs), enough ? answers[i].means : SKR_ERR_RANDOM);
            assert_int_equal(fake.calls, enough ? retries + 1 : ATTEMPTS);
            assert_int_equal(fake.draws, fake.calls); // fresh bytes for each
            assert_int_equal(hs.share[0], fake.draws);
            assert_int_equal(hs.private_key[PRIVATE - 1], fake.draws);
            assert_int_equal(hs.private_key[PRIVATE], 0);
            assert_int_equal(hs.share_size, PUBLIC);
            assert_true(!enough || hs.shared_size == 0); // no secret yet
        }
    }
}

static void test_respond(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        for (unsigned retries = 0; retries <= ATTEMPTS; retries++) {
            hs_t hs = begin(retries, answers[i].said);
            bool enough = retries < ATTEMPTS;
            pair_assert_status(share_respond(&hs, view_of(peer_bytes, PUBLIC)),
                enough ? answers[i].means : SKR_ERR_RANDOM);
            assert_int_equal(fake.calls, enough ? retries + 1 : ATTEMPTS);
            assert_int_equal(fake.draws, fake.calls);
            assert_int_equal(hs.share[0], fake.draws);
            assert_int_equal(hs.share_size, RESPONSE);
            assert_true(!enough || hs.shared_size == SHARED);
            assert_memory_equal(hs.shared, peer_bytes, PUBLIC);
            assert_private_key(&hs, false);
        }
    }
}

static void test_finish(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        hs_t hs = begin(0, SKR_CRYPTO_OK);
        pair_assert_status(share_make(&hs), SKR_OK);
        assert_private_key(&hs, true);
        fake.answer = answers[i].said;
        pair_assert_status(share_finish(&hs, view_of(peer_bytes, RESPONSE)), answers[i].means);
        assert_int_equal(fake.calls, 2);
        assert_int_equal(fake.draws, 1); // nothing is drawn to finish
        assert_int_equal(hs.shared_size, SHARED);
        assert_memory_equal(hs.shared, peer_bytes, RESPONSE);
        assert_private_key(&hs, false);
    }
}

// A share of another size is the peer's fault, and the group does not see it.
static void test_sizes(void **state) {
    (void)state;
    for (size_t size = 0; size <= sizeof(peer_bytes); size++) {
        hs_t hs = begin(0, SKR_CRYPTO_OK);
        pair_assert_status(share_respond(&hs, view_of(peer_bytes, size)),
            size == PUBLIC ? SKR_OK : SKR_ERR_KEY_SHARE);
        assert_int_equal(fake.calls, size == PUBLIC ? 1 : 0);

        hs = begin(0, SKR_CRYPTO_OK);
        pair_assert_status(share_make(&hs), SKR_OK);
        pair_assert_status(share_finish(&hs, view_of(peer_bytes, size)),
            size == RESPONSE ? SKR_OK : SKR_ERR_KEY_SHARE);
        assert_int_equal(fake.calls, size == RESPONSE ? 2 : 1);
        assert_private_key(&hs, false);
    }
}

// Without random bytes there is no share; also when they end between two attempts.
static void test_random_fails(void **state) {
    (void)state;
    for (unsigned draws = 0; draws < 4; draws++) {
        hs_t hs = begin(draws, SKR_CRYPTO_OK);
        fake.draws_left = draws;
        pair_assert_status(share_make(&hs), SKR_ERR_RANDOM);
        assert_int_equal(fake.calls, draws);

        hs = begin(draws, SKR_CRYPTO_OK);
        fake.draws_left = draws;
        pair_assert_status(share_respond(&hs, view_of(peer_bytes, PUBLIC)), SKR_ERR_RANDOM);
        assert_int_equal(fake.calls, draws);
        assert_private_key(&hs, false);
    }
}

// --- Real groups ---

static void agree(const skr_provider_t *provider, const skr_group_t *group) {
    test_random_t random[2];
    skr_config_t config[2];
    hs_t hs[2];
    for (size_t i = 0; i < 2; i++) {
        test_random_seed(&random[i], (uint32_t)i + 1);
        config[i] = (skr_config_t){
            .provider = provider, .random = test_random, .random_user = &random[i]};
        hs[i] = (hs_t){.config = &config[i], .group = group};
    }
    pair_assert_status(share_make(&hs[0]), SKR_OK);
    pair_assert_status(share_respond(&hs[1], view_of(hs[0].share, hs[0].share_size)), SKR_OK);
    pair_assert_status(share_finish(&hs[0], view_of(hs[1].share, hs[1].share_size)), SKR_OK);
    assert_int_equal(hs[0].shared_size, group->shared_size);
    assert_int_equal(hs[1].shared_size, group->shared_size);
    assert_memory_equal(hs[0].shared, hs[1].shared, group->shared_size);
    assert_memory_not_equal(hs[0].shared, zeros, 32);

    // A point that is on no curve, and for X25519 one that leads to nothing.
    uint8_t bad[SKR_GROUP_PUBLIC_MAX] = {0};
    pair_assert_status(share_respond(&hs[1], view_of(bad, group->public_size)), SKR_ERR_KEY_SHARE);
    pair_assert_status(share_make(&hs[0]), SKR_OK);
    pair_assert_status(share_finish(&hs[0], view_of(bad, group->response_size)), SKR_ERR_KEY_SHARE);
    assert_private_key(&hs[0], false);
    assert_private_key(&hs[1], false);
}

static void test_real_groups(void **state) {
    (void)state;
    const skr_provider_t *const providers[] = {&skr_provider_openssl, &skr_provider_bearssl};
    unsigned groups = 0;
    for (size_t i = 0; i < 2; i++) {
        for (const skr_group_t *const *group = providers[i]->groups; *group != NULL; group++) {
            agree(providers[i], *group);
            groups++;
        }
    }
    assert_true(groups >= 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_respond),
        cmocka_unit_test(test_finish),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_random_fails),
        cmocka_unit_test(test_real_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
