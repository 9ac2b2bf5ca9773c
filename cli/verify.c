// `skerry verify`: is this chain good for that name, and if not, why?
//
// In: files with roots and with the chain, a name, a moment, a purpose. Out: the path that was
// found, or the certificate, the field and the rule that refuse it. Exit codes: 0 accepted, 1
// refused, 2 the command line or a file is wrong. The work is skr_x509_verify()'s: this is the same
// judgement that a TLS connection gets.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/names.h"
#include "cli/when.h"
#include "skerry/skerry.h"

enum {
    VERIFY_SUBJECT_SIZE = 256,
    MORE = 1
}; // MORE: getopt's code of an argument that is no option

typedef struct {
    skr_verify_request_t request;
    skr_name_t name;
    files_certificates_t roots, chain;
    int list; // the option whose files come, 0: none
} verify_t;

static void print_usage(FILE *out) {
    fputs(
        "usage: skerry verify --root FILE... --chain FILE... [options]\n"
        "  --root FILE...      trusted certificates, PEM or DER, or a name and key in DER;\n"
        "                      may be repeated\n"
        "  --chain FILE...     the chain, the leaf first, the rest in any order; may be repeated\n"
        "  --name NAME         to find in the leaf: DNS:example.org, IP:192.0.2.1, or bare\n"
        "  --time WHEN         seconds since 1970 or YYYY-MM-DDTHH:MM:SSZ (default: now)\n"
        "  --ignore-time       accept expired certificates\n"
        "  --purpose WHAT      server (default), client, or any\n"
        "  --intermediates N   accept at most N intermediate CAs\n"
        "  --strict            also refuse what no public CA may issue, but private ones often do\n"
        "  --provider NAME     crypto library: openssl or bearssl (default: openssl)\n"
        "exit codes: 0 accepted, 1 refused, 2 the command line or a file is wrong\n",
        out);
}

static int complain(const char *what, const char *value) {
    fprintf(stderr, "skerry verify: %s%s%s\n", what, value != NULL ? ": " : "",
        value != NULL ? value : "");
    return CLI_USAGE;
}

static int add_file(verify_t *verify, bool is_root, const char *path) {
    files_problem_t problem;
    bool ok = is_root ? files_add_anchors(&verify->roots, path, &problem)
                      : files_add_certificates(&verify->chain, path, &problem);
    return ok ? CLI_OK : complain(problem.text, NULL);
}

static int set_name(verify_t *verify, const char *text) {
    bool dns = strncmp(text, "DNS:", 4) == 0;
    bool ip = strncmp(text, "IP:", 3) == 0;
    const char *bare = text + (dns ? 4 : ip ? 3 : 0);
    if (verify->request.name != NULL) {
        return complain("--name is given twice; one name is verified at a time", text);
    }
    for (const char *c = bare; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80) {
            return complain("write the name in its ASCII form (xn--...)", bare);
        }
    }
    skr_view_t view = {(const uint8_t *)bare, strlen(bare)};
    if (!skr_name_parse(view, &verify->name) || (dns && verify->name.kind != SKR_NAME_DNS) ||
        (ip && verify->name.kind != SKR_NAME_IP)) {
        return complain(dns ? "not a host name"
                : ip        ? "not an IP address"
                            : "neither a host name nor an IP address",
            bare);
    }
    verify->request.name = &verify->name;
    return CLI_OK;
}

static int set_purpose(verify_t *verify, const char *text) {
    static const char *const purposes[] = {"any", "server", "client"};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, purposes[i]) == 0) {
            verify->request.purpose = (skr_purpose_t)i;
            return CLI_OK;
        }
    }
    return complain("--purpose is server, client or any, not", text);
}

static int set_intermediates(verify_t *verify, const char *text) {
    char *end;
    long count = strtol(text, &end, 10);
    if (end == text || *end != '\0' || count < 0 || count > 254) {
        return complain("--intermediates wants a number from 0 to 254, not", text);
    }
    verify->request.max_intermediates = (uint8_t)(count + 1);
    return CLI_OK;
}

static int set_option(verify_t *verify, int option, const char *text) {
    switch (option) {
        case 'r':
            return add_file(verify, true, text);
        case 'c':
            return add_file(verify, false, text);
        case 'n':
            return set_name(verify, text);
        case 't':
            return when_parse(text, &verify->request.time)
                ? CLI_OK
                : complain("--time wants seconds since 1970 or YYYY-MM-DDTHH:MM:SSZ, not", text);
        case 'i':
            verify->request.ignore_time = true;
            return CLI_OK;
        case 'p':
            return set_purpose(verify, text);
        case 's':
            verify->request.rules = &skr_x509_rules_strict;
            return CLI_OK;
        case 'm':
            return set_intermediates(verify, text);
        default:
            verify->request.provider = names_provider(text);
            return verify->request.provider != NULL ? CLI_OK
                                                    : complain("there is no such provider", text);
    }
}

static int read_options(verify_t *verify, int argc, char **argv) {
    static const struct option options[] = {
        {"root", required_argument, NULL, 'r'},
        {"chain", required_argument, NULL, 'c'},
        {"name", required_argument, NULL, 'n'},
        {"time", required_argument, NULL, 't'},
        {"ignore-time", no_argument, NULL, 'i'},
        {"purpose", required_argument, NULL, 'p'},
        {"intermediates", required_argument, NULL, 'm'},
        {"strict", no_argument, NULL, 's'},
        {"provider", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static char name[] = "skerry verify"; // for getopt's own sentences
    int option;
    int code = CLI_OK;
    argv[0] = name;
    optind = 1;
    while (code == CLI_OK && (option = getopt_long(argc, argv, "-h", options, NULL)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            exit(CLI_OK);
        }
        if (option == '?') { // getopt has said what is wrong
            print_usage(stderr);
            return CLI_USAGE;
        }
        if (option == MORE && verify->list == 0) {
            return complain("what is this? Files come behind --root or --chain", optarg);
        }
        option = option == MORE ? verify->list : option;
        verify->list = option == 'r' || option == 'c' ? option : 0;
        code = set_option(verify, option, optarg);
    }
    if (code == CLI_OK && optind < argc) { // behind "--"
        code = complain("what is this?", argv[optind]);
    }
    if (code == CLI_OK && verify->chain.count == 0) {
        code = complain("no --chain: which certificates are to be verified?", NULL);
    }
    if (code == CLI_OK && verify->roots.count == 0) {
        code = complain("no --root: whom do you trust?", NULL);
    }
    return code;
}

static void print_certificate(const verify_t *verify, FILE *out, size_t number) {
    const skr_verify_request_t *request = &verify->request;
    bool is_root = number >= request->chain_count;
    size_t index = is_root ? number - request->chain_count : number;
    skr_view_t der = is_root ? request->anchors[index] : request->chain[index];
    skr_view_t name;
    skr_public_key_t key;
    char subject[VERIFY_SUBJECT_SIZE] = "";
    if (skr_anchor_read(der, &name, &key) != SKR_OK) {
        snprintf(subject, sizeof(subject), "unreadable");
    } else if (skr_name_print(name, subject, sizeof(subject)) == 0) {
        snprintf(subject, sizeof(subject), "no subject");
    }
    fprintf(out, "%s %zu (%s)", is_root ? "root" : "certificate", index, subject);
}

static int report_refusal(const verify_t *verify, const skr_verify_result_t *result) {
    const char *field = skr_field_name(result->field);
    fputs("refused: ", stderr);
    print_certificate(verify, stderr, result->certificate);
    fprintf(stderr, "%s%s: %s (%s) [%s]\n", field[0] != '\0' ? ", " : "", field,
        skr_error_text(result->status), skr_error_section(result->status),
        skr_error_name(result->status));
    return CLI_REFUSED;
}

static int report_path(const verify_t *verify, const skr_verify_result_t *result) {
    puts("accepted");
    for (unsigned i = 0; i < result->path_size; i++) {
        fputs("  ", stdout);
        print_certificate(verify, stdout, result->path[i]);
        putchar('\n');
    }
    fputs("  ", stdout);
    print_certificate(verify, stdout, verify->request.chain_count + result->anchor);
    putchar('\n');
    return CLI_OK;
}

int cli_verify(int argc, char **argv) {
    verify_t verify = {
        .request = {.provider = names_provider("openssl"), .purpose = SKR_PURPOSE_SERVER}};
    skr_verify_result_t result;
    verify.request.time = (int64_t)time(NULL);
    int code = read_options(&verify, argc, argv);
    if (code == CLI_OK) {
        verify.request.chain = verify.chain.views;
        verify.request.chain_count = verify.chain.count;
        verify.request.anchors = verify.roots.views;
        verify.request.anchor_count = verify.roots.count;
        bool accepted = skr_x509_verify(&verify.request, &result) == SKR_OK;
        code = accepted ? report_path(&verify, &result) : report_refusal(&verify, &result);
    }
    files_free_certificates(&verify.roots);
    files_free_certificates(&verify.chain);
    return code;
}
