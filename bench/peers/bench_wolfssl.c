// The workload on wolfSSL as Debian builds it.
//
// In: the driver's calls. Out: what wolfSSL does with its defaults but for what the workload names:
// one version, one suite, X25519, the chain and the host's name checked. BENCH_RESUME: a ticket
// each time, and the next connection offers it.
//
// A session that is saved is a copy on the heap of the client: it is counted as the library's.
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

const char *const library_name = "wolfssl";
static WOLFSSL_CTX *contexts[BENCH_SIDES];
static WOLFSSL *connections[BENCH_SIDES];
static WOLFSSL_SESSION *saved;

static int put(WOLFSSL *ssl, char *data, int size, void *user) {
    (void)ssl;
    bench_put((int)(size_t)user, data, (size_t)size);
    return size;
}

static int get(WOLFSSL *ssl, char *data, int size, void *user) {
    (void)ssl;
    size_t got = bench_get((int)(size_t)user, data, (size_t)size);
    return got > 0 ? (int)got : WOLFSSL_CBIO_ERR_WANT_READ;
}

static WOLFSSL_METHOD *method(int side) {
    if (bench_options.tls12) {
        return side == BENCH_CLIENT ? wolfTLSv1_2_client_method() : wolfTLSv1_2_server_method();
    }
    return side == BENCH_CLIENT ? wolfTLSv1_3_client_method() : wolfTLSv1_3_server_method();
}

bool library_setup(int side) {
    static const char *const suites[2][2] = {
        {"TLS13-AES128-GCM-SHA256", "TLS13-CHACHA20-POLY1305-SHA256"},
        {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}};
    const char *suite = suites[bench_options.tls12][bench_options.chacha];
    int groups[] = {WOLFSSL_ECC_X25519};
    wolfSSL_Init();
    WOLFSSL_CTX *context = contexts[side] = wolfSSL_CTX_new(method(side));
    if (context == NULL || wolfSSL_CTX_set_cipher_list(context, suite) != WOLFSSL_SUCCESS) {
        return false;
    }
    wolfSSL_CTX_SetIOSend(context, put);
    wolfSSL_CTX_SetIORecv(context, get);
    if (!bench_options.tls12 && wolfSSL_CTX_set_groups(context, groups, 1) != WOLFSSL_SUCCESS) {
        return false;
    }
    wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
    if (side == BENCH_CLIENT) {
        wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, NULL);
        if (bench_options.resume && bench_options.tls12) {
            wolfSSL_CTX_UseSessionTicket(context);
        }
        return wolfSSL_CTX_load_verify_locations(context, bench_file("root.pem"), NULL) ==
            WOLFSSL_SUCCESS;
    }
    if (!bench_options.resume) {
        wolfSSL_CTX_no_ticket_TLSv13(context);
    }
    return wolfSSL_CTX_use_certificate_chain_file(context, bench_file("chain.pem")) ==
        WOLFSSL_SUCCESS &&
        wolfSSL_CTX_use_PrivateKey_file(context, bench_file("leaf.key"), WOLFSSL_FILETYPE_PEM) ==
        WOLFSSL_SUCCESS;
}

static long open_connection(int side) {
    WOLFSSL *ssl = connections[side] = wolfSSL_new(contexts[side]);
    if (ssl == NULL) {
        return -1;
    }
    wolfSSL_SetIOReadCtx(ssl, (void *)(size_t)side);
    wolfSSL_SetIOWriteCtx(ssl, (void *)(size_t)side);
    if (side == BENCH_CLIENT) {
        wolfSSL_UseSNI(
            ssl, WOLFSSL_SNI_HOST_NAME, bench_options.host, (word16)strlen(bench_options.host));
        wolfSSL_check_domain_name(ssl, bench_options.host);
        if (!bench_options.tls12) {
            wolfSSL_UseKeyShare(ssl, WOLFSSL_ECC_X25519);
        } else {
            wolfSSL_UseSupportedCurve(ssl, WOLFSSL_ECC_X25519);
            wolfSSL_UseSupportedCurve(ssl, WOLFSSL_ECC_SECP256R1); // of the certificates
        }
        if (saved != NULL && wolfSSL_set_session(ssl, saved) != WOLFSSL_SUCCESS) {
            return -1;
        }
    }
    return 0;
}

// 0 when only the other side has to move.
static long outcome(WOLFSSL *ssl, int result) {
    int why = wolfSSL_get_error(ssl, result);
    if (why == WOLFSSL_ERROR_WANT_READ || why == WOLFSSL_ERROR_WANT_WRITE) {
        return 0;
    }
    return why < 0 ? why : -why;
}

static long step(WOLFSSL *ssl, int side) {
    int result = side == BENCH_CLIENT ? wolfSSL_connect(ssl) : wolfSSL_accept(ssl);
    return result == WOLFSSL_SUCCESS ? 1 : outcome(ssl, result);
}

static void close_connection(WOLFSSL *ssl, int side) {
    if (side == BENCH_CLIENT && bench_options.resume) {
        wolfSSL_SESSION_free(saved);
        saved = wolfSSL_get1_session(ssl);
    }
    wolfSSL_free(ssl);
}

long library_op(int side, bench_op_t op, uint8_t *data, size_t size) {
    WOLFSSL *ssl = connections[side];
    int result;
    switch (op) {
        case BENCH_NEW:
            return open_connection(side);
        case BENCH_STEP:
            return step(ssl, side);
        case BENCH_WRITE:
            return wolfSSL_write(ssl, data, (int)size);
        case BENCH_READ:
            result = wolfSSL_read(ssl, data, (int)size);
            return result > 0 ? result : outcome(ssl, result);
        case BENCH_WAS_RESUMED:
            return wolfSSL_session_reused(ssl);
        case BENCH_FREE:
            close_connection(ssl, side);
            return 0;
        default:
            return -1;
    }
}

void library_describe(char *text, size_t size) {
    WOLFSSL *ssl = connections[BENCH_CLIENT];
    snprintf(text, size, "wolfSSL %s: %s %s %s", wolfSSL_lib_version(), wolfSSL_get_version(ssl),
        wolfSSL_get_cipher_name(ssl), wolfSSL_get_curve_name(ssl));
}

void library_memory(int side) {
    (void)side; // nothing beside the heap
}
