// Two whole spaces of path validations (support/x509_cases.h): accepts and rejects counted apart.
//
// In: the cases, each with its verdict. Out: how many that must be accepted were, and how many that
// must be refused; the ones that were judged wrongly, by name; exit code 0 when there are none.
// RFC 5280 section 6, RFC 4158. The shapes are those in which name constraints and path building
// are compared between TLS libraries; docs/x509.md has the figures.
//
//     build/tests/vectors_x509_cases
#include <stdio.h>

#include "skerry/limits.h"
#include "support/x509_cases.h"

typedef struct {
    const char *name;
    unsigned accepted, refused; // rightly
    unsigned wrongly_accepted, wrongly_refused;
    unsigned number; // of the case
    unsigned dearest[2]; // signatures at most for one that must be refused, accepted
} tally_t;

// OpenSSL with the one scheme of these chains, and how often it was asked for a signature in the
// case at hand.
static const skr_signature_t *counted;
static unsigned signatures;

static skr_crypto_t count_verify(const skr_public_key_t *key, const uint8_t *message,
    size_t message_size, const uint8_t *signature, size_t signature_size) {
    signatures++;
    return counted->verify(key, message, message_size, signature, signature_size);
}

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
    return &provider;
}

enum { SHOWN_MAX = 20, SAMPLE = 20 };

static void judge(
    tally_t *tally, const x509_case_t *c, const skr_provider_t *provider, bool is_again) {
    skr_verify_request_t request = {.provider = provider,
        .chain = c->chain,
        .chain_count = c->chain_count,
        .anchors = c->anchors,
        .anchor_count = c->anchor_count,
        .purpose = c->purpose,
        .name = c->name,
        .time = c->time};
    skr_verify_result_t result;
    bool accepted = skr_x509_verify(&request, &result) == SKR_OK;
    if (accepted == c->is_good) {
        *(accepted ? &tally->accepted : &tally->refused) += !is_again;
        return;
    }
    *(accepted ? &tally->wrongly_accepted : &tally->wrongly_refused) += 1;
    if (tally->wrongly_accepted + tally->wrongly_refused <= SHOWN_MAX) {
        printf("WRONG: %s, %s: %s: %s\n", tally->name, provider->name,
            accepted ? "accepted" : skr_error_name(result.status), c->text);
    }
}

static void visit(void *user, const x509_case_t *c) {
    tally_t *tally = user;
    signatures = 0;
    judge(tally, c, counting_provider(), false);
    unsigned *dearest = &tally->dearest[c->is_good];
    *dearest = signatures > *dearest ? signatures : *dearest;
    if (tally->number++ % SAMPLE == 0) {
        judge(tally, c, &skr_provider_bearssl, true);
    }
}

static bool report(const tally_t *t) {
    printf("%s, %u cases, each %uth with both libraries:\n", t->name, t->number, SAMPLE);
    printf("    to accept: %u accepted, %u refused\n", t->accepted, t->wrongly_refused);
    printf("    to refuse: %u refused, %u accepted\n", t->refused, t->wrongly_accepted);
    printf("    signatures for one case: at most %u to accept it, %u to refuse it, of %u\n",
        t->dearest[1], t->dearest[0], SKR_PATH_SIGNATURES_MAX);
    if (2 * t->dearest[1] > SKR_PATH_SIGNATURES_MAX) {
        printf("WRONG: the search for a path goes round\n");
        return false;
    }
    return t->wrongly_accepted == 0 && t->wrongly_refused == 0 && t->accepted > 0 && t->refused > 0;
}

int main(void) {
    tally_t names = {.name = "name constraints"}, paths = {.name = "path building"};
    x509_cases_names(visit, &names);
    x509_cases_paths(visit, &paths);
    bool good = report(&names);
    return report(&paths) && good ? 0 : 1;
}
