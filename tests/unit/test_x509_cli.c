// `skerry verify`, the program: exit codes, what it prints, what it says about files that it cannot
// use.
//
// Certificates are written to files as PEM and as DER, in one and in several. The program is
// $SKERRY_BUILD/skerry; without it the tests are skipped, and the reason is printed.
#define _POSIX_C_SOURCE 200809L

#include "x509_expect.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACCEPTED = 0, REFUSED = 1, USAGE = 2, SKIPPED = 77 };

static x509_try_t t;
static char folder[] = "/tmp/skerry-verify-XXXXXX";
static char program[1024];
static char output[8192]; // of both streams

// Runs the program in the folder.
static int run(const char *arguments) {
    char command[4096];
    snprintf(command, sizeof(command), "cd %s && '%s' verify %s 2>&1", folder, program, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(output, 1, sizeof(output) - 1, pipe);
    output[size] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect(const char *arguments, int code, const char *said) {
    int got = run(arguments);
    if (got != code || strstr(output, said) == NULL) {
        fail_msg("verify %s: exit code %d, %s", arguments, got, output);
    }
}

static void write_file(const char *name, const char *mode, skr_view_t der, bool as_pem) {
    char path[1100];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    if (as_pem) {
        static uint8_t text[30000];
        int size = EVP_EncodeBlock(text, der.data, (int)der.size);
        fputs("-----BEGIN CERTIFICATE-----\n", file);
        for (int at = 0; at < size; at += 64) {
            fprintf(file, "%.*s\r\n", size - at < 64 ? size - at : 64, text + at);
        }
        fputs("-----END CERTIFICATE-----\n", file);
    } else {
        fwrite(der.data, 1, der.size, file);
    }
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state) {
    (void)state;
    const char *build = getenv("SKERRY_BUILD");
    snprintf(program, sizeof(program), "%s/skerry", build != NULL ? build : "build");
    if (access(program, X_OK) != 0) {
        printf("SKIPPED unit/x509_cli: there is no %s\n", program);
        exit(SKIPPED);
    }
    assert_non_null(mkdtemp(folder));
    x509_try_begin(&t);
    t.leaf.names[1] = "IP:192.0.2.1";
    t.leaf.names[2] = "IP:2001:db8::1";
    x509_try_make(&t);
    write_file("root.pem", "w", t.anchors[0], true);
    write_file("root.der", "w", t.anchors[0], false);
    uint8_t anchor[512];
    skr_view_t name_and_key = {anchor, skr_anchor_write(t.anchors[0], anchor, sizeof(anchor))};
    write_file("anchor.der", "w", name_and_key, false);
    write_file("chain.pem", "w", t.chain[0], true);
    write_file("chain.pem", "a", t.chain[1], true);
    write_file("leaf.der", "w", t.chain[0], false);
    write_file("ca.der", "w", t.chain[1], false);
    skr_view_t empty = {(const uint8_t *)"", 0};
    write_file("empty", "w", empty, false);
    skr_view_t text = {(const uint8_t *)"hello", 5};
    write_file("text", "w", text, false);
    t.made_ca.der[t.made_ca.size - 1] ^= 1;
    write_file("bad.pem", "w", t.chain[0], true);
    write_file("bad.pem", "a", t.chain[1], true);
    return 0;
}

static int tear_down(void **state) {
    char command[100];
    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

#define USUAL "--root root.pem --chain chain.pem --time 1767225600 "

static void test_accepted(void **state) {
    (void)state;
    expect(USUAL, ACCEPTED,
        "accepted\n  certificate 0 (CN=server.example)\n  certificate 1 (CN=Test CA)\n"
        "  root 0 (CN=Test Root)\n");
    expect("--root root.der --chain leaf.der --chain ca.der --time 2026-01-01T00:00:00Z", ACCEPTED,
        "accepted");
    expect("--root root.der --chain leaf.der ca.der --time 1767225600", ACCEPTED, "accepted");
    expect("--chain leaf.der ca.der --root empty/../root.der", USAGE, "Not a directory");
    expect("--root ca.der root.der --chain leaf.der --time 1767225600", ACCEPTED,
        "root 0 (CN=Test CA)");
    expect(
        "--root anchor.der --chain chain.pem --time 1767225600", ACCEPTED, "root 0 (CN=Test Root)");
    expect(USUAL "--name server.example", ACCEPTED, "accepted");
    expect(USUAL "--name DNS:SERVER.example.", ACCEPTED, "accepted");
    expect(USUAL "--name IP:192.0.2.1", ACCEPTED, "accepted");
    expect(USUAL "--name IP:2001:DB8:0::1", ACCEPTED, "accepted");
    expect(USUAL "--purpose client --provider bearssl", ACCEPTED, "accepted");
    expect(USUAL "--intermediates 1 --purpose any", ACCEPTED, "accepted");
    expect("--root root.pem --chain chain.pem --time 0 --ignore-time", ACCEPTED, "accepted");
    expect("--root text/../root.pem --chain chain.pem", USAGE, "Not a directory");
    expect("--help", ACCEPTED, "usage: skerry verify");
}

static void test_refused(void **state) {
    (void)state;
    expect(USUAL "--name other.example", REFUSED,
        "refused: certificate 0 (CN=server.example), subjectAltName: "
        "the certificate is for another name (RFC 9525 section 6) [CERT_NAME]\n");
    expect("--root root.pem --chain chain.pem --time 0", REFUSED,
        "certificate 0 (CN=server.example), validity: a certificate is not valid yet");
    expect("--root root.pem --chain leaf.der --time 1767225600", REFUSED,
        "certificate 0 (CN=server.example), issuer: no trusted root");
    expect("--root root.pem --chain bad.pem --time 1767225600", REFUSED,
        "certificate 1 (CN=Test CA), signatureValue: ");
    expect(USUAL "--intermediates 0", REFUSED, "[CERT_PATH_LENGTH]");
    expect(USUAL "--strict", REFUSED, "certificate 0 (CN=server.example), extKeyUsage: ");
}

static void test_usage(void **state) {
    (void)state;
    expect("", USAGE, "--chain");
    expect("--chain chain.pem", USAGE, "--root");
    expect("--root root.pem", USAGE, "--chain");
    expect("--root nothing.pem --chain chain.pem", USAGE, "nothing.pem: No such file or directory");
    expect("--root root.pem --chain .", USAGE, "Is a directory");
    expect("--root empty --chain chain.pem", USAGE, "empty");
    expect("--root text --chain chain.pem", USAGE, "text: ");
    expect(USUAL "--name 1.2.3", USAGE, "1.2.3");
    expect(USUAL "--name IP:server.example", USAGE, "not an IP address: server.example");
    expect(USUAL "--name DNS:192.0.2.1", USAGE, "not a host name: 192.0.2.1");
    expect(USUAL "--time yesterday", USAGE, "yesterday");
    expect(USUAL "--time 2026-02-29T00:00:00Z", USAGE, "2026-02-29");
    expect(USUAL "--purpose mail", USAGE, "mail");
    expect(USUAL "--provider none", USAGE, "none");
    expect(USUAL "--intermediates 255", USAGE, "255");
    expect(USUAL "--intermediates 1x", USAGE, "1x");
    expect(USUAL "--nonsense", USAGE, "usage: skerry verify");
    expect(USUAL "more", USAGE, "what is this? Files come behind --root or --chain: more");
    expect("root.pem --chain chain.pem", USAGE, "root.pem");
    expect(USUAL "--strict chain.pem", USAGE, "chain.pem");
    expect(USUAL "-- chain.pem", USAGE, "chain.pem");
    expect("--root root.pem nothing.pem --chain chain.pem", USAGE, "nothing.pem: No such file");
    expect("--root root.pem --chain leaf.der anchor.der", USAGE,
        "anchor.der: is neither PEM nor a DER certificate");
    expect(USUAL "--time", USAGE, "skerry verify: option '--time' requires an argument");
    expect(USUAL "--time ''", USAGE, "--time wants seconds since 1970");
    expect(USUAL "--time 99999999999999999999", USAGE, "--time wants seconds since 1970");
    expect(USUAL "--name ''", USAGE, "neither a host name nor an IP address");
    expect(USUAL "--name '*.example'", USAGE, "neither a host name nor an IP address: *.example");
    expect(USUAL "--name b\u00fccher.example", USAGE, "ASCII form (xn--...)");
    expect(USUAL "--name server.example --name other.example", USAGE, "given twice");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_usage)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
