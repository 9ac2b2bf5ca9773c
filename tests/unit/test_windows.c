// What each certificate window accepts: the table in docs/memory.md.
//
// In: its rows, read from the page: a chain of tests/support/chains_make.py, an anchor, how many of
// its certificates come, the window for them in order and the one for any order. Out: through that
// window and larger ones the chain is accepted, in order, and in every order with its own
// certificate first; through one that is 200 bytes smaller it is not, in at least one order, and
// says CERT_WINDOW. With both providers, since what is remembered must not depend on them. And what
// the usual window and the validation's own struct take together.
#include "unit.h"

#include "support/chains.h"
#include "support/x509_streamed.h"
#include "x509/stream.h"

enum { LEAST = 200, LINE = 256, ROWS = 10 };
static const char page[] = SKERRY_TESTS_DIR "/../docs/memory.md";

typedef struct {
    char chain[CHAINS_NAME], anchor[CHAINS_NAME];
    size_t count, in_order, any_order;
} row_t;

static chains_t c;
static skr_view_t sent[SKR_CHAIN_MAX];
static skr_verify_request_t request;
static unsigned refused; // runs through a window

static void load(const row_t *row, const skr_provider_t *provider) {
    static skr_name_t name;
    static skr_view_t anchor;
    chains_load(&c, row->chain);
    assert_true(row->count <= c.count);
    // "next": the certificate behind those that are sent is trusted.
    anchor = strcmp(row->anchor, "next") == 0 ? c.chain[row->count]
                                              : chains_anchor(&c, row->anchor);
    assert_true(skr_name_parse((skr_view_t){(const uint8_t *)"device.example", 14}, &name));
    request = (skr_verify_request_t){.provider = provider,
        .chain = sent,
        .chain_count = row->count,
        .anchors = &anchor,
        .anchor_count = 1,
        .purpose = SKR_PURPOSE_SERVER,
        .name = &name,
        .time = CHAINS_NOW};
    memcpy(sent, c.chain, row->count * sizeof(sent[0]));
}

static void run(const row_t *row, size_t window, bool must) {
    skr_verify_result_t result;
    skr_status_t status = x509_streamed(&request, window, 300, &result, NULL);
    refused += status != SKR_OK;
    if (status != SKR_OK && (must || status != SKR_ERR_CERT_WINDOW)) {
        fail_msg("%s up to %s: %s through a window of %zu", row->chain, row->anchor,
            skr_error_name(status), window);
    }
}

// Every order of sent[at] and what comes behind it.
static void run_orders(const row_t *row, size_t at, size_t window, bool must) {
    if (at + 1 >= row->count) {
        run(row, window, must);
        return;
    }
    for (size_t i = at; i < row->count; i++) {
        skr_view_t first = sent[at];
        sent[at] = sent[i];
        sent[i] = first;
        run_orders(row, at + 1, window, must);
        sent[i] = sent[at];
        sent[at] = first;
    }
}

static void check(const row_t *row, const skr_provider_t *provider) {
    load(row, provider);
    for (size_t more = 0; more <= 4096; more = 2 * more + 8) {
        run(row, row->in_order + more, true);
    }
    refused = 0;
    run(row, row->in_order - LEAST, false);
    assert_int_equal(refused, 1);
    if (row->any_order == 0) {
        return;
    }
    for (size_t more = 0; more <= 4096; more = 8 * more + 40) {
        run_orders(row, 1, row->any_order + more, true);
    }
    refused = 0;
    run_orders(row, 1, row->any_order - LEAST, false);
    assert_true(refused > 0);
}

static void test_table(void **state) {
    char line[LINE];
    unsigned rows = 0;
    (void)state;
    FILE *file = fopen(page, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        row_t row = {.any_order = 0};
        if (sscanf(line, "| `%39[^`]` | `%39[^`]` | %zu | %zu | %zu |", row.chain, row.anchor,
                &row.count, &row.in_order, &row.any_order) < 4) {
            continue;
        }
        for (size_t p = 0; p < UNIT_PROVIDERS; p++) {
            check(&row, unit_providers[p]);
        }
        rows++;
    }
    fclose(file);
    assert_true(rows >= ROWS);
}

// Three pointers are larger on a machine of 64 bits, and what aligns them.
static void test_usual(void **state) {
    size_t pointers = 4 * (sizeof(void *) - 4);
    (void)state;
    assert_in_range(
        sizeof(x509_stream_t) - SKR_HASH_STATE_MAX + SKR_CERTIFICATE_WINDOW, 0, 1536 + pointers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_usual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
