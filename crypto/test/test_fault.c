// A provider whose calls fail on demand, around any other provider.
//
// In: a provider, and which of its calls shall fail. Out: a provider of the same algorithms in the
// same order. The contract's functions are not told which descriptor they were called through, so
// each place in a list has functions of its own, made by the macros below. A call that is to fail
// is not passed on: its output stays as it was, which is what tempts a caller most (plaintext where
// ciphertext should be). AEAD init is passed on all the same, since clear() follows it in any case
// and must find something to free.
#include "test_crypto.h"

enum { HASHES_MAX = 4, AEADS_MAX = 8, GROUPS_MAX = 6, SIGNATURES_MAX = 20 };
enum { MAY_REFUSE = 1 << SKR_CRYPTO_REFUSED, MAY_RETRY = 1 << SKR_CRYPTO_RETRY };

static struct {
    const skr_provider_t *inner;
    unsigned long nth, count;
    bool ever_after;
    const char *first;
    skr_crypto_t answer;
    void (*before)(void), (*after)(void);
} fault = {.answer = SKR_CRYPTO_FAILED};

void test_fault_set(unsigned long nth, bool ever_after) {
    fault.nth = nth;
    fault.ever_after = ever_after;
    fault.count = 0;
    fault.first = NULL;
}

unsigned long test_fault_count(void) {
    return fault.count;
}

const char *test_fault_first(void) {
    return fault.first;
}

void test_fault_answer(skr_crypto_t answer) {
    fault.answer = answer;
}

void test_fault_watch(void (*before)(void), void (*after)(void)) {
    fault.before = before;
    fault.after = after;
}

// Behind an inner call.
static void done(void) {
    if (fault.after != NULL) {
        fault.after();
    }
}

static bool done_ok(bool ok) {
    done();
    return ok;
}

static skr_crypto_t done_said(skr_crypto_t said) {
    done();
    return said;
}

// Counts a call. Must it fail?
static bool due(const char *what) {
    if (fault.before != NULL) {
        fault.before();
    }
    fault.count++;
    if (fault.nth == 0 || fault.count < fault.nth ||
        (fault.count > fault.nth && !fault.ever_after)) {
        return false;
    }
    if (fault.first == NULL) {
        fault.first = what;
    }
    return true;
}

static skr_crypto_t say(unsigned may) {
    bool allowed = (may & (1U << fault.answer)) != 0;
    return allowed ? fault.answer : SKR_CRYPTO_FAILED;
}

bool test_fault_random(void *user, uint8_t *out, size_t size) {
    const test_fault_random_t *random = user;
    return !due("random") && random->inner(random->user, out, size);
}

static bool provider_random(void *user, uint8_t *out, size_t size) {
    return !due("random") && done_ok(fault.inner->random(user, out, size));
}

static bool key_open(skr_private_key_t *key) {
    return !due("key open") && done_ok(fault.inner->key_open(key));
}

static void key_close(skr_private_key_t *key) {
    fault.inner->key_close(key);
    done();
}

static bool key_matches(const skr_private_key_t *key, const skr_public_key_t *public_key) {
    return !due("key matches") && done_ok(fault.inner->key_matches(key, public_key));
}

#define HASH(i) \
    static bool hash_init_##i(void *state) { \
        return !due("hash init") && done_ok(fault.inner->hashes[i]->init(state)); \
    } \
    static bool hash_update_##i(void *state, const uint8_t *data, size_t size) { \
        return !due("hash update") && done_ok(fault.inner->hashes[i]->update(state, data, size)); \
    } \
    static bool hash_result_##i(const void *state, uint8_t *out) { \
        return !due("hash result") && done_ok(fault.inner->hashes[i]->result(state, out)); \
    }

#define AEAD(i) \
    static bool aead_init_##i(void *state, const uint8_t *key) { \
        bool fails = due("aead init"); \
        return done_ok(fault.inner->aeads[i]->init(state, key)) && !fails; \
    } \
    static void aead_clear_##i(void *state) { \
        fault.inner->aeads[i]->clear(state); \
        done(); \
    } \
    static bool aead_seal_##i(void *state, const uint8_t *nonce, const uint8_t *aad, \
        size_t aad_size, uint8_t *data, size_t size, uint8_t *tag) { \
        return !due("aead seal") && \
            done_ok(fault.inner->aeads[i]->seal(state, nonce, aad, aad_size, data, size, tag)); \
    } \
    static skr_crypto_t aead_open_##i(void *state, const uint8_t *nonce, const uint8_t *aad, \
        size_t aad_size, uint8_t *data, size_t size, const uint8_t *tag) { \
        return due("aead open") ? say(MAY_REFUSE) \
                                : done_said(fault.inner->aeads[i]->open( \
                                      state, nonce, aad, aad_size, data, size, tag)); \
    } \
    static bool aead_open_start_##i(void *state, void *run, const uint8_t *nonce, \
        const uint8_t *aad, size_t aad_size, size_t size) { \
        return !due("aead open start") && \
            done_ok(fault.inner->aeads[i]->open_start(state, run, nonce, aad, aad_size, size)); \
    } \
    static bool aead_open_piece_##i(void *state, void *run, uint8_t *data, size_t size) { \
        return !due("aead open piece") && \
            done_ok(fault.inner->aeads[i]->open_piece(state, run, data, size)); \
    } \
    static skr_crypto_t aead_open_end_##i(void *state, void *run, const uint8_t *tag) { \
        return due("aead open end") ? say(MAY_REFUSE) \
                                    : done_said(fault.inner->aeads[i]->open_end(state, run, tag)); \
    }

#define GROUP(i) \
    static skr_crypto_t generate_##i(uint8_t *private_key, uint8_t *share) { \
        return due("generate") ? say(MAY_RETRY) \
                               : done_said(fault.inner->groups[i]->generate(private_key, share)); \
    } \
    static skr_crypto_t respond_##i(uint8_t *random, const uint8_t *peer, size_t peer_size, \
        uint8_t *response, uint8_t *shared) { \
        return due("respond") ? say(MAY_RETRY | MAY_REFUSE) \
                              : done_said(fault.inner->groups[i]->respond( \
                                    random, peer, peer_size, response, shared)); \
    } \
    static skr_crypto_t finish_##i( \
        const uint8_t *private_key, const uint8_t *peer, size_t peer_size, uint8_t *shared) { \
        return due("finish") \
            ? say(MAY_REFUSE) \
            : done_said(fault.inner->groups[i]->finish(private_key, peer, peer_size, shared)); \
    }

#define SIGNATURE(i) \
    static skr_crypto_t verify_##i(const skr_public_key_t *key, const uint8_t *message, \
        size_t message_size, const uint8_t *signature, size_t signature_size) { \
        return due("verify") ? say(MAY_REFUSE) \
                             : done_said(fault.inner->signatures[i]->verify( \
                                   key, message, message_size, signature, signature_size)); \
    } \
    static skr_crypto_t sign_##i(const skr_private_key_t *key, const uint8_t *message, \
        size_t message_size, skr_random_t random, void *random_user, uint8_t *signature, \
        size_t *signature_size) { \
        return due("sign") ? SKR_CRYPTO_FAILED \
                           : done_said(fault.inner->signatures[i]->sign(key, message, \
                                 message_size, random, random_user, signature, signature_size)); \
    }

#define FOR_4(X) X(0) X(1) X(2) X(3)
#define FOR_6(X) FOR_4(X) X(4) X(5)
#define FOR_8(X) FOR_6(X) X(6) X(7)
#define FOR_20(X) \
    FOR_8(X) \
    X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19)

FOR_4(HASH)
FOR_8(AEAD)
FOR_6(GROUP)
FOR_20(SIGNATURE)

#define HASH_ROW(i) {.init = hash_init_##i, .update = hash_update_##i, .result = hash_result_##i},
#define AEAD_ROW(i) \
    {.init = aead_init_##i, \
        .clear = aead_clear_##i, \
        .seal = aead_seal_##i, \
        .open = aead_open_##i, \
        .open_start = aead_open_start_##i, \
        .open_piece = aead_open_piece_##i, \
        .open_end = aead_open_end_##i},
#define GROUP_ROW(i) {.generate = generate_##i, .respond = respond_##i, .finish = finish_##i},
#define SIGNATURE_ROW(i) {.verify = verify_##i, .sign = sign_##i},

static const skr_hash_t hash_calls[HASHES_MAX] = {FOR_4(HASH_ROW)};
static const skr_aead_t aead_calls[AEADS_MAX] = {FOR_8(AEAD_ROW)};
static const skr_group_t group_calls[GROUPS_MAX] = {FOR_6(GROUP_ROW)};
static const skr_signature_t signature_calls[SIGNATURES_MAX] = {FOR_20(SIGNATURE_ROW)};

static skr_hash_t hashes[HASHES_MAX];
static skr_aead_t aeads[AEADS_MAX];
static skr_group_t groups[GROUPS_MAX];
static skr_signature_t signatures[SIGNATURES_MAX];
static const skr_hash_t *hash_list[HASHES_MAX + 1];
static const skr_aead_t *aead_list[AEADS_MAX + 1];
static const skr_group_t *group_list[GROUPS_MAX + 1];
static const skr_signature_t *signature_list[SIGNATURES_MAX + 1];

static void copy_hashes(const skr_provider_t *inner) {
    size_t i = 0;
    for (; i < HASHES_MAX && inner->hashes[i] != NULL; i++) {
        hashes[i] = *inner->hashes[i];
        hashes[i].init = hash_calls[i].init;
        hashes[i].update = hash_calls[i].update;
        hashes[i].result = hash_calls[i].result;
        hash_list[i] = &hashes[i];
    }
    hash_list[i] = NULL;
}

static void copy_aeads(const skr_provider_t *inner) {
    size_t i = 0;
    for (; i < AEADS_MAX && inner->aeads[i] != NULL; i++) {
        aeads[i] = *inner->aeads[i];
        aeads[i].init = aead_calls[i].init;
        aeads[i].clear = aead_calls[i].clear;
        aeads[i].seal = aead_calls[i].seal;
        aeads[i].open = aead_calls[i].open;
        if (aeads[i].open_start != NULL) { // only whole records, and so it shall stay
            aeads[i].open_start = aead_calls[i].open_start;
            aeads[i].open_piece = aead_calls[i].open_piece;
            aeads[i].open_end = aead_calls[i].open_end;
        }
        aead_list[i] = &aeads[i];
    }
    aead_list[i] = NULL;
}

static void copy_groups(const skr_provider_t *inner) {
    size_t i = 0;
    for (; i < GROUPS_MAX && inner->groups[i] != NULL; i++) {
        groups[i] = *inner->groups[i];
        groups[i].generate = group_calls[i].generate;
        groups[i].respond = group_calls[i].respond;
        groups[i].finish = group_calls[i].finish;
        group_list[i] = &groups[i];
    }
    group_list[i] = NULL;
}

static void copy_signatures(const skr_provider_t *inner) {
    size_t i = 0;
    for (; i < SIGNATURES_MAX && inner->signatures[i] != NULL; i++) {
        signatures[i] = *inner->signatures[i];
        signatures[i].verify = signature_calls[i].verify;
        if (signatures[i].sign != NULL) { // for certificates only, and so it shall stay
            signatures[i].sign = signature_calls[i].sign;
        }
        signature_list[i] = &signatures[i];
    }
    signature_list[i] = NULL;
}

const skr_provider_t *test_fault_provider(const skr_provider_t *inner) {
    static skr_provider_t provider;
    fault.inner = inner;
    fault.answer = SKR_CRYPTO_FAILED;
    test_fault_set(0, false);
    copy_hashes(inner);
    copy_aeads(inner);
    copy_groups(inner);
    copy_signatures(inner);
    provider = (skr_provider_t){
        .name = inner->name,
        .hashes = hash_list,
        .aeads = aead_list,
        .groups = group_list,
        .signatures = signature_list,
        .key_open = key_open,
        .key_close = key_close,
        .key_matches = key_matches,
        .random = inner->random == NULL ? NULL : provider_random,
    };
    return &provider;
}
