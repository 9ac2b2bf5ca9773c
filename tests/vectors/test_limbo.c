// x509-limbo's path validations on every crypto provider, without and with the strict rules.
//
// In: ../shared/vectors/limbo-core.json.xz, when it is there (SKERRY_SHARED names another folder
// than ../shared), by way of limbo.py, and docs/x509-refusals.md, which gives a reason for every
// case that Skerry judges otherwise than the suite. Out: how many of the acceptable were accepted
// and of the unacceptable refused; exit code 0 when nothing differs but what that page lists, and
// everything that it lists does; 77 when there is no archive.
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "skerry/x509.h"
#include "support/x509_streamed.h"

enum { CERTIFICATES_MAX = 128, SKIPPED = 77, RULES = 2, PROVIDERS = 2 };
// For cases that name no time: 2026-01-01T00:00:00Z.
static const int64_t usual_time = 1767225600;

static const skr_provider_t *const providers[PROVIDERS] = {
    &skr_provider_openssl, &skr_provider_bearssl};
static const char *const rule_names[RULES] = {"usual rules", "strict rules"};

typedef struct {
    unsigned accepted, refused; // as the suite has it
    unsigned refused_listed, accepted_listed; // otherwise, for a reason
    unsigned wrong; // otherwise, for none; or as the suite has it though the page says otherwise
} tally_t;

static struct {
    char id[128], name[300];
    bool expected, listed[RULES];
    skr_verify_request_t request;
    skr_name_t parsed;
    bool has_name, name_is_bad;
    skr_view_t chain[CERTIFICATES_MAX], anchors[CERTIFICATES_MAX];
    size_t chain_count, anchor_count;
} now;

static tally_t tallies[PROVIDERS][RULES];
static unsigned broken;

static skr_view_t bytes_of(const char *hex) {
    size_t size = strlen(hex) / 2;
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    for (size_t i = 0; i < size; i++) {
        unsigned byte = 0;
        sscanf(hex + 2 * i, "%2x", &byte);
        bytes[i] = (uint8_t)byte;
    }
    skr_view_t view = {bytes, size};
    return view;
}

static void forget(void) {
    for (size_t i = 0; i < now.chain_count; i++) {
        free((void *)(uintptr_t)now.chain[i].data);
    }
    for (size_t i = 0; i < now.anchor_count; i++) {
        free((void *)(uintptr_t)now.anchors[i].data);
    }
    memset(&now, 0, sizeof(now));
}

static void begin_case(const char *line) {
    char expected[4], purpose[16], kind[8], name[300], when[24], depth[8];
    int listed, listed_strict;
    forget();
    if (sscanf(line, "%127s %3s %15s %7s %299s %23s %7s %d %d", now.id, expected, purpose, kind,
            name, when, depth, &listed, &listed_strict) != 9) {
        printf("cannot read: %s\n", line);
        broken++;
        return;
    }
    snprintf(now.name, sizeof(now.name), "%s", name);
    now.expected = expected[0] == '+';
    now.listed[0] = listed != 0;
    now.listed[1] = listed_strict != 0;
    now.request.purpose = strcmp(purpose, "client") == 0 ? SKR_PURPOSE_CLIENT : SKR_PURPOSE_SERVER;
    now.request.time = when[0] == '-' ? usual_time : strtoll(when, NULL, 10);
    now.request.max_intermediates = depth[0] == '-' ? 0 : (uint8_t)(1 + atoi(depth));
    now.has_name = strcmp(kind, "none") != 0;
}

static bool verify(unsigned provider, unsigned rules) {
    skr_view_t name = {(const uint8_t *)now.name, strlen(now.name)};
    now.request.provider = providers[provider];
    now.request.rules = rules == 1 ? &skr_x509_rules_strict : NULL;
    now.request.chain = now.chain;
    now.request.chain_count = now.chain_count;
    now.request.anchors = now.anchors;
    now.request.anchor_count = now.anchor_count;
    now.request.name = now.has_name ? &now.parsed : NULL;
    skr_verify_result_t result;
    if (now.has_name && !skr_name_parse(name, &now.parsed)) {
        return false; // nobody can ask for such a host
    }
    return x509_both(&now.request, &result) == SKR_OK;
}

static void run_case(void) {
    for (unsigned provider = 0; provider < PROVIDERS; provider++) {
        for (unsigned rules = 0; rules < RULES; rules++) {
            tally_t *tally = &tallies[provider][rules];
            bool accepted = verify(provider, rules);
            bool differs = accepted != now.expected;
            if (differs != now.listed[rules]) {
                printf("WRONG: %s, %s: %s is %s%s\n", providers[provider]->name, rule_names[rules],
                    now.id, accepted ? "accepted" : "refused",
                    now.listed[rules] ? ", but docs/x509-refusals.md says otherwise" : "");
                tally->wrong++;
            } else if (differs) {
                *(accepted ? &tally->accepted_listed : &tally->refused_listed) += 1;
            } else {
                *(accepted ? &tally->accepted : &tally->refused) += 1;
            }
        }
    }
}

static void read_line(char *line) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "case ", 5) == 0) {
        begin_case(line + 5);
    } else if (strncmp(line, "root ", 5) == 0 && now.anchor_count < CERTIFICATES_MAX) {
        now.anchors[now.anchor_count++] = bytes_of(line + 5);
    } else if (strncmp(line, "chain ", 6) == 0 && now.chain_count < CERTIFICATES_MAX) {
        now.chain[now.chain_count++] = bytes_of(line + 6);
    } else if (strcmp(line, "run") == 0) {
        run_case();
    } else if (strncmp(line, "note ", 5) == 0) {
        printf("not asked: %s\n", line + 5);
    } else {
        printf("WRONG: %s\n", line);
        broken++;
    }
}

static bool report(void) {
    bool good = broken == 0;
    for (unsigned provider = 0; provider < PROVIDERS; provider++) {
        for (unsigned rules = 0; rules < RULES; rules++) {
            const tally_t *t = &tallies[provider][rules];
            printf("%s, %s:\n", providers[provider]->name, rule_names[rules]);
            printf("    of %u to accept %u were, %u were refused for a listed reason\n",
                t->accepted + t->refused_listed, t->accepted, t->refused_listed);
            printf("    of %u to refuse %u were, %u were accepted for a listed reason\n",
                t->refused + t->accepted_listed, t->refused, t->accepted_listed);
            printf("    wrong: %u\n", t->wrong);
            good = good && t->wrong == 0 && t->accepted > 40 && t->refused > 100;
        }
    }
    return good;
}

int main(void) {
    char archive[1000], command[4000];
    const char *shared = getenv("SKERRY_SHARED");
    snprintf(archive, sizeof(archive), "%s/vectors/limbo-core.json.xz",
        shared != NULL ? shared : SKERRY_SHARED_DIR);
    if (access(archive, R_OK) != 0) {
        printf("SKIPPED vectors/limbo: there is no %s\n", archive);
        return SKIPPED;
    }
    snprintf(command, sizeof(command),
        "python3 '%s/vectors/limbo.py' '%s' '%s/../docs/x509-refusals.md'", SKERRY_TESTS_DIR,
        archive, SKERRY_TESTS_DIR);
    FILE *lines = popen(command, "r");
    if (lines == NULL) {
        perror(command);
        return 1;
    }
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, lines) > 0) {
        read_line(line);
    }
    free(line);
    forget();
    bool good = pclose(lines) == 0;
    return report() && good ? 0 : 1;
}
