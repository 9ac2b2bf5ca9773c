// The table of docs/memory.md: what some usual configurations need.
//
// In: configurations as boards and servers have them, with BearSSL. Out: a table, which must stand
// in docs/memory.md word for word; `build/tests/unit_need_table --print` prints it. And that the
// need of several suites and versions is that of the worst of them. That the numbers are right is
// for tests/pair/test_need.c to show.
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "skerry/skerry.h"
#include "support/pki.h"

enum { TEXT_MAX = 4096, PAGE_MAX = 1 << 16 };

typedef struct {
    const char *name;
    skr_role_t role;
    uint16_t small; // max_record_in, chunk, max_message
    uint16_t max_version, max_ticket; // max_ticket: with sessions
    bool verifies, asks, keeps, keyed;
} row_t;

static const row_t rows[] = {
    {.name = "client, nothing set", .role = SKR_CLIENT, .verifies = true},
    {.name = "client, 2048", .role = SKR_CLIENT, .small = 2048, .verifies = true},
    {.name = "the same, with sessions, `max_ticket` 256",
        .role = SKR_CLIENT,
        .small = 2048,
        .max_ticket = 256,
        .verifies = true},
    {.name = "the same, `keep_cipher_state`",
        .role = SKR_CLIENT,
        .small = 2048,
        .max_ticket = 256,
        .verifies = true,
        .keeps = true},
    {.name = "client, 2048, `ask_verify`",
        .role = SKR_CLIENT,
        .small = 2048,
        .verifies = true,
        .asks = true},
    {.name = "client, 1024, TLS 1.2 only",
        .role = SKR_CLIENT,
        .small = 1024,
        .max_version = SKR_TLS12,
        .verifies = true},
    {.name = "server, nothing set", .role = SKR_SERVER},
    {.name = "server, 2048", .role = SKR_SERVER, .small = 2048},
    {.name = "server, 2048, client certificates",
        .role = SKR_SERVER,
        .small = 2048,
        .verifies = true},
    {.name = "server, 1024, a pre-shared key only",
        .role = SKR_SERVER,
        .small = 1024,
        .keyed = true},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void make(const row_t *row, skr_config_t *config) {
    static const uint8_t key[SKR_SESSION_KEY_SIZE] = {1};
    static const skr_psk_t psk = {
        .identity = {(const uint8_t *)"sensor", 6}, .key = {key, sizeof(key)}};
    memset(config, 0, sizeof(*config));
    config->role = row->role;
    config->profile = &skr_profile_full;
    config->provider = &skr_provider_bearssl;
    config->max_version = row->max_version;
    config->verify = row->verifies ? SKR_VERIFY_REQUIRED : SKR_VERIFY_NONE;
    config->anchors = pki_anchors();
    config->anchor_count = 1;
    config->max_record_in = config->chunk = config->max_message = row->small;
    config->max_ticket = row->max_ticket;
    config->session_key = row->max_ticket != 0 ? key : NULL;
    config->ask_verify = row->asks;
    config->keep_cipher_state = row->keeps;
    if (row->keyed) {
        config->psks = &psk;
        config->psk_count = 1;
    } else if (row->role == SKR_SERVER) {
        config->credentials = pki_credential(config->provider, PKI_P256, PKI_SERVER);
        config->credential_count = 1;
    }
}

static const skr_view_t name = {(const uint8_t *)"server.example", 14};

static void write_table(char *text) {
    char *p = text, *end = text + TEXT_MAX;
    p += snprintf(p, (size_t)(end - p),
        "| configuration | all | place | place after | largest | HANDSHAKE | CERTIFICATES | "
        "PEER_CERTIFICATE | MESSAGE | RECORD_IN | RECORD_OUT | CIPHER_IN, _OUT | SESSION |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < ROWS; i++) {
        skr_config_t config;
        skr_memory_need_t n, after;
        make(&rows[i], &config);
        assert_int_equal(skr_memory_needed(&config, name, &n), SKR_OK);
        assert_int_equal(skr_memory_needed_after(&config, name, &after), SKR_OK);
        assert_true(after.all.bytes <= n.all.bytes && after.place <= n.place);
        p += snprintf(p, (size_t)(end - p),
            "| %s | **%zu** | %zu | %zu | %zu | %zu | %zu | %zu | %zu | %zu | %zu | %zu | %zu |\n",
            rows[i].name, n.all.bytes, n.place, after.place, n.all.largest,
            n.region[SKR_REGION_HANDSHAKE].bytes, n.region[SKR_REGION_CERTIFICATES].bytes,
            n.region[SKR_REGION_PEER_CERTIFICATE].bytes, n.region[SKR_REGION_MESSAGE].bytes,
            n.region[SKR_REGION_RECORD_IN].bytes, n.region[SKR_REGION_RECORD_OUT].bytes,
            n.region[SKR_REGION_CIPHER_IN].bytes, n.region[SKR_REGION_SESSION].bytes);
        assert_true(p < end);
    }
}

static void test_table(void **state) {
    (void)state;
    static char text[TEXT_MAX], page[PAGE_MAX];
    char path[512];
    if (sizeof(void *) != 8) {
        print_message("the table of docs/memory.md is of 64-bit machines\n");
        skip();
    }
    const char *root = getenv("SKERRY_ROOT");
    snprintf(path, sizeof(path), "%s/docs/memory.md", root != NULL ? root : "..");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    page[fread(page, 1, sizeof(page) - 1, file)] = 0;
    fclose(file);
    write_table(text);
    if (strstr(page, text) == NULL) {
        fail_msg("docs/memory.md does not hold what unit_need_table --print prints:\n%s", text);
    }
}

static void raise(skr_need_t *to, const skr_need_t *from) {
    to->bytes = from->bytes > to->bytes ? from->bytes : to->bytes;
    to->largest = from->largest > to->largest ? from->largest : to->largest;
    to->blocks = from->blocks > to->blocks ? from->blocks : to->blocks;
}

// A hello that names all of them is larger than one that names one, but smaller than what else
// waits to be sent. Only a session can be of one suite and the handshake of another.
static void test_worst_of_all(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        skr_config_t config;
        skr_memory_need_t whole, one, most;
        if (rows[i].max_ticket != 0) {
            continue;
        }
        make(&rows[i], &config);
        memset(&most, 0, sizeof(most));
        assert_int_equal(skr_memory_needed(&config, name, &whole), SKR_OK);
        uint16_t suite[2] = {0, 0};
        for (size_t n = 0; (suite[0] = skr_suite_at(config.provider, n)) != 0; n++) {
            config.suites = suite;
            if (skr_memory_needed(&config, name, &one) != SKR_OK) {
                continue; // of a version, or a kind of key, that it does not have
            }
            for (size_t r = 0; r < SKR_REGION_COUNT; r++) {
                raise(&most.region[r], &one.region[r]);
            }
            raise(&most.all, &one.all);
        }
        assert_memory_equal(&most.region, &whole.region, sizeof(most.region));
        assert_memory_equal(&most.all, &whole.all, sizeof(most.all));
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        static char text[TEXT_MAX];
        write_table(text);
        fputs(text, stdout);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_worst_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
