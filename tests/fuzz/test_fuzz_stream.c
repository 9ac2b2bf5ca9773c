// Both validators over random chains of mutated certificates.
//
// In: certificates of every kind (roots, CAs cross-signed, self-issued, constrained, expired, with
// every kind of key; leaves), put together at random, bytes of them changed, inserted and cut, with
// any of them as anchors; and worlds of a few names and keys in which anybody may have certified
// anybody, with elements changed before the signature was made. From a fixed seed
// (SKERRY_FUZZ_ROUNDS: how many, SKERRY_FUZZ_FIRST: from which on). Out: of what streams through a
// window of any size, cut anywhere, skr_x509_verify() accepts the path that was found when it has
// nothing else, and the whole chain, too, unless its work is used up on twins; through a window of
// a good size what that accepts is accepted, or it says that the window is too small, but for paths
// that need a way back; nothing is read or written that must not be (ASan, UBSan: every input is a
// block of exactly its size).
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "crypto/test/test_crypto.h"
#include "support/der_change.h"
#include "support/x509_make.h"
#include "support/x509_streamed.h"
#include "x509/stream.h"

enum { ROUNDS = 9000, POOL = 26, LEAVES = 6, CHAIN = 14, ANCHORS = 3 };
enum { WORLD_ROUNDS = 40, NAMES = 4, ANSWERS = 6 }; // rounds with one world; windows for each

static x509_made_t pool[POOL]; // the leaves first
static test_random_t dice;

static unsigned draw(unsigned below) {
    uint16_t value;
    test_random(&dice, (uint8_t *)&value, sizeof(value));
    return value % below;
}

// Two roots, two names of CAs below them with two keys each, in every combination of issuer, some
// of them with something more; what they have issued.
static void make_pool(void) {
    static x509_made_t root[2], ca[2];
    static const char *const names[2] = {"CA One", "CA Two"};
    size_t n = LEAVES;
    for (unsigned i = 0; i < 2; i++) {
        x509_make(&root[i],
            &(x509_make_t){.subject = i == 0 ? "Root A" : "Root B",
                .ca = true,
                .key = i == 0 ? X509_P256 : X509_RSA,
                .key_number = i});
        pool[n++] = root[i];
    }
    for (unsigned i = 0; i < 2; i++) {
        x509_make(&ca[i],
            &(x509_make_t){.subject = names[i],
                .issuer = &root[i],
                .ca = true,
                .key = i == 0 ? X509_P256 : X509_ED25519,
                .key_number = 3 + i});
        pool[n++] = ca[i];
    }
    for (unsigned i = 0; n < POOL; i++) {
        bool two = (i & 1) != 0;
        x509_make_t how = {.subject = names[two],
            .issuer = (i & 2) != 0 ? &ca[!two] : &root[i & 1],
            .ca = true,
            .key = two ? X509_ED25519 : X509_P256,
            .key_number = 3 + two};
        how.permitted[0] = i % 5 == 1 ? "DNS:server.example" : i % 5 == 2 ? "DNS:else" : NULL;
        how.excluded[0] = i % 5 == 3 ? "DN:CA One" : NULL;
        how.path_length = i % 4 == 3 ? 1 : 0;
        how.not_after = i % 7 == 6 ? "250101000000Z" : NULL;
        how.no_key_ids = i % 3 == 2;
        how.issuer = i % 6 == 5 ? &ca[two] : how.issuer; // self-issued
        x509_make(&pool[n++], &how);
    }
    for (unsigned i = 0; i < LEAVES; i++) {
        x509_make_t how = {.subject = "server.example",
            .issuer = i < 4 ? &ca[i & 1] : &root[i & 1],
            .key_number = 20 + i,
            .names = {"DNS:server.example", "DNS:b.server.example"}};
        how.names[2] = i == 3 ? "IP:192.0.2.1" : NULL;
        how.key = i == 2 ? X509_RSA : X509_P256;
        x509_make(&pool[i], &how);
    }
}

// --- Worlds ---

static unsigned alter_at, alter_how;

static void alter(uint8_t *tbs, size_t *size) {
    static uint8_t changed[X509_MAKE_SIZE];
    size_t n;
    bool done = der_change(
        view_of(tbs, *size), alter_at, (der_change_t)alter_how, changed, sizeof(changed), &n);
    if (done && n > 0 && n < 4096) {
        memcpy(tbs, changed, n);
        *size = n;
    }
}

static const char *const ca_names[NAMES] = {"CA One", "CA Two", "CA Three", "CA Four"};

// What a CA says of whom it certifies, and how.
static void draw_ca(x509_make_t *how, unsigned name, unsigned key) {
    static const x509_make_key_t keys[] = {X509_P256, X509_ED25519, X509_P256, X509_P384};
    static const char *const trees[] = {"DNS:server.example", "DNS:else", "DN:CA Two",
        "DN:", "DN:CA One", "IP:192.0.2.0/24", "email:.example"};
    how->subject = ca_names[name];
    how->ca = true;
    how->key = keys[key % 4];
    how->key_number = 3 + key;
    how->path_length = draw(4) == 0 ? 1 + draw(4) : 0;
    how->permitted[0] = draw(5) == 0 ? trees[draw(7)] : NULL;
    how->excluded[0] = draw(4) > 0 ? NULL : draw(2) == 0 ? "DNS:else" : trees[draw(7)];
    how->names[0] = draw(3) > 0 ? NULL : draw(2) == 0 ? "DNS:a.server.example" : "DNS:x.else";
    how->names[1] = how->names[0] != NULL && draw(3) == 0 ? "email:a@b.example" : NULL;
    how->key_usage = draw(20) == 0 ? X509_DIGITAL_SIGNATURE : 0;
    how->not_after = draw(12) == 0 ? "250101000000Z" : NULL;
}

// Names with one key or two; each may have certified each, and itself.
static void make_world(unsigned seed) {
    static x509_made_t who[2 * NAMES];
    test_random_seed(&dice, 0x10000000u + seed);
    unsigned names = 2 + draw(NAMES - 1), twins = draw(2);
    unsigned all = names << twins;
    for (unsigned i = 0; i < all; i++) {
        x509_make_t how = {.ca = true};
        draw_ca(&how, i % names, i);
        x509_make(&who[i], &how);
    }
    for (unsigned n = 0; n < POOL; n++) {
        x509_make_t how = {.issuer = &who[draw(all)]};
        if (n < LEAVES) {
            how.subject = "server.example";
            how.key_number = 20 + n;
            how.names[0] = "DNS:server.example";
            how.names[1] = draw(3) == 0 ? "IP:192.0.2.1"
                : draw(3) == 0          ? "email:a@b.example"
                                        : NULL;
        } else {
            unsigned i = draw(all);
            draw_ca(&how, i % names, i);
            how.issuer = draw(6) == 0 ? NULL : how.issuer;
        }
        how.no_key_ids = draw(3) == 0;
        how.wrong_authority_key_id = draw(6) == 0;
        how.broken_signature = draw(25) == 0;
        how.other_inner_algorithm = draw(40) == 0;
        alter_at = draw(60);
        alter_how = draw(DER_CHANGES);
        how.alter = draw(4) == 0 ? alter : NULL;
        x509_make(&pool[n], &how);
    }
}

// A copy of its exact size, perhaps mutated.
static skr_view_t copy(skr_view_t der, bool mutated) {
    size_t size = der.size, at = draw((unsigned)der.size);
    uint8_t *block = malloc(size + 1);
    assert_non_null(block);
    memcpy(block, der.data, size);
    for (unsigned i = mutated ? 1 + draw(2) : 0; i > 0; i--, at = draw((unsigned)size)) {
        switch (draw(4)) {
            case 0: // what it has there comes twice, a byte more
                memmove(block + at + 1, block + at, size - at);
                size++;
                i = 1;
                break;
            case 1:
                size = at + 1;
                i = 1;
                break;
            case 2:
                block[at] ^= (uint8_t)(1u << draw(8));
                break;
            default:
                block[at] = (uint8_t)draw(256);
                break;
        }
    }
    uint8_t *exact = malloc(size);
    assert_non_null(exact);
    memcpy(exact, block, size);
    free(block);
    return view_of(exact, size);
}

static struct { unsigned accepted, streamed, small, way_back, gave_up; } seen;

// The path that was found holds by itself.
static void check_path(const skr_verify_request_t *request, const skr_verify_result_t *found) {
    skr_view_t chain[SKR_CHAIN_MAX];
    skr_verify_request_t alone = *request;
    skr_verify_result_t result;
    alone.chain = chain;
    alone.chain_count = found->path_size;
    alone.anchors = &request->anchors[found->anchor];
    alone.anchor_count = 1;
    for (unsigned i = 0; i < found->path_size; i++) {
        chain[i] = request->chain[found->path[i]];
    }
    assert_string_equal(skr_error_name(skr_x509_verify(&alone, &result)), "OK");
}

static void compare(const skr_verify_request_t *request, unsigned round) {
    skr_verify_result_t whole, large, small;
    bool good = skr_x509_verify(request, &whole) == SKR_OK;
    (void)x509_streamed(request, X509_STREAMED_WINDOW_MAX, draw(3) * draw(200), &large, NULL);
    assert_int_not_equal(large.status, SKR_ERR_CERT_WINDOW);
    for (unsigned i = 0; i < ANSWERS; i++) {
        size_t window = draw(4) == 0 ? draw(4096) : 300 + draw(1400);
        const skr_verify_result_t *result = i == 0 ? &large : &small;
        if (i > 0) {
            (void)x509_streamed(request, window, draw(3) * draw(200), &small, NULL);
        }
        if (result->status == SKR_OK) {
            check_path(request, result);
            seen.gave_up += !good || large.status != SKR_OK;
        } else if (large.status == SKR_OK && result->status != SKR_ERR_CERT_WINDOW) {
            fail_msg("round %u: accepted through a large window, %s through %zu", round,
                skr_error_name(result->status), window);
        }
        seen.small += i == 1 && small.status == SKR_OK;
    }
    seen.accepted += good;
    seen.streamed += large.status == SKR_OK;
    seen.way_back += good && large.status != SKR_OK;
}

static void run(unsigned round) {
    static const skr_provider_t *const providers[] = {&skr_provider_openssl, &skr_provider_bearssl};
    skr_view_t chain[CHAIN], anchors[ANCHORS];
    skr_name_t name;
    test_random_seed(&dice, round);
    size_t chain_count = 1 + draw(CHAIN), anchor_count = 1 + draw(ANCHORS);
    assert_true(skr_name_parse(VIEW_LITERAL("server.example"), &name));
    unsigned bad = draw(2) == 0 ? CHAIN : draw((unsigned)chain_count);
    for (size_t i = 0; i < chain_count; i++) {
        unsigned which = i == 0 ? draw(LEAVES) : LEAVES + draw(POOL - LEAVES);
        which = i > 0 && draw(12) == 0 ? draw(LEAVES) : which;
        chain[i] = copy(x509_made_view(&pool[which]), i == bad);
    }
    for (size_t i = 0; i < anchor_count; i++) {
        unsigned which = draw(3) > 0 ? LEAVES + draw(2) : LEAVES + draw(POOL - LEAVES);
        which = draw(30) == 0 ? draw(LEAVES) : which;
        anchors[i] = copy(x509_made_view(&pool[which]), draw(20) == 0);
    }
    skr_verify_request_t request = {.provider = providers[draw(2)],
        .chain = chain,
        .chain_count = chain_count,
        .anchors = anchors,
        .anchor_count = anchor_count,
        .purpose = SKR_PURPOSE_SERVER,
        .name = &name,
        .time = X509_MAKE_NOW,
        .max_intermediates = draw(4) == 0 ? (uint8_t)draw(4) : 0};
    request.rules = draw(8) == 0 ? &skr_x509_rules_strict : NULL;
    compare(&request, round);
    for (size_t i = 0; i < chain_count; i++) {
        free((void *)(uintptr_t)chain[i].data);
    }
    for (size_t i = 0; i < anchor_count; i++) {
        free((void *)(uintptr_t)anchors[i].data);
    }
}

static unsigned setting(const char *name, unsigned usual) {
    const char *text = getenv(name);
    return text == NULL ? usual : (unsigned)strtoul(text, NULL, 10);
}

static void each_round(bool worlds) {
    unsigned rounds = setting("SKERRY_FUZZ_ROUNDS", ROUNDS);
    unsigned first = setting("SKERRY_FUZZ_FIRST", 0);
    memset(&seen, 0, sizeof(seen));
    for (unsigned i = first; i < first + rounds; i++) {
        if (worlds && (i == first || i % WORLD_ROUNDS == 0)) {
            make_world(i / WORLD_ROUNDS);
        }
        run(i);
    }
    print_message(
        "    %u rounds: %u accepted, %u streamed, %u of them through a small window, %u not\n",
        rounds, seen.accepted, seen.streamed, seen.small, seen.way_back);
    if (rounds >= ROUNDS) {
        assert_true(seen.accepted > rounds / 10 && seen.small > rounds / 20);
        assert_true(seen.accepted < rounds / 2);
        assert_true(seen.way_back < seen.accepted / 20);
        // Others have used up their work, in twins that lead nowhere.
        assert_true(seen.gave_up < seen.accepted / 100);
    }
}

static void test_chains(void **state) {
    (void)state;
    make_pool();
    each_round(false);
}

static void test_worlds(void **state) {
    (void)state;
    each_round(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains), cmocka_unit_test(test_worlds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
