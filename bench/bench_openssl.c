// The workload on OpenSSL's own TLS (libssl), against which Skerry is measured.
//
// In: bench.c's calls. Out: what libssl does with its defaults but for what the workload names:
// one version, one suite, X25519, no tickets, the chain and the host's name checked. Transport is a
// BIO over bench.c's pipes. BENCH_RESUME: one ticket each time, and the next connection offers it.
//
// BENCH_OTHER: SSL_MODE_RELEASE_BUFFERS, so that an idle connection is as small as libssl makes it.
#include "bench/bench.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

const char *const library_name = "libssl";
static SSL_CTX *contexts[BENCH_SIDES];
static SSL *connections[BENCH_SIDES];
static BIO_METHOD *method;
static int sides[BENCH_SIDES] = {BENCH_CLIENT, BENCH_SERVER};
static SSL_SESSION *saved; // the newest

static int pipe_write(BIO *bio, const char *data, int size) {
    BIO_clear_retry_flags(bio);
    bench_put(*(int *)BIO_get_data(bio), data, (size_t)size);
    return size;
}

static int pipe_read(BIO *bio, char *data, int size) {
    BIO_clear_retry_flags(bio);
    size_t got = bench_get(*(int *)BIO_get_data(bio), data, (size_t)size);
    if (got == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    return (int)got;
}

static long pipe_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static int pipe_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

static bool setup_method(void) {
    method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 77, "pipe");
    return method != NULL && BIO_meth_set_write(method, pipe_write) &&
        BIO_meth_set_read(method, pipe_read) && BIO_meth_set_ctrl(method, pipe_control) &&
        BIO_meth_set_create(method, pipe_create);
}

static int save_session(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    SSL_SESSION_free(saved);
    saved = session;
    return 1; // it is ours now
}

static bool setup_sessions(SSL_CTX *context, int side) {
    static const unsigned char name[] = "bench";
    if (!bench_options.resume) {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        return SSL_CTX_set_num_tickets(context, 0) == 1;
    }
    SSL_CTX_set_session_cache_mode(context,
        (side == BENCH_CLIENT ? SSL_SESS_CACHE_CLIENT : SSL_SESS_CACHE_SERVER) |
            SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, side == BENCH_CLIENT ? save_session : NULL);
    return SSL_CTX_set_num_tickets(context, 1) == 1 &&
        SSL_CTX_set_session_id_context(context, name, sizeof(name)) == 1;
}

bool library_setup(int side) {
    int version = bench_options.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    const char *older = bench_options.chacha ? "ECDHE-ECDSA-CHACHA20-POLY1305"
                                             : "ECDHE-ECDSA-AES128-GCM-SHA256";
    SSL_CTX *context = contexts[side] = SSL_CTX_new(TLS_method());
    const char *suite = bench_options.chacha ? "TLS_CHACHA20_POLY1305_SHA256"
                                             : "TLS_AES_128_GCM_SHA256";
    if ((method == NULL && !setup_method()) || context == NULL ||
        !SSL_CTX_set_min_proto_version(context, version) ||
        !SSL_CTX_set_max_proto_version(context, version) ||
        !SSL_CTX_set_cipher_list(context, older) || !SSL_CTX_set_ciphersuites(context, suite) ||
        !setup_sessions(context, side) ||
        !SSL_CTX_set1_groups_list(context, bench_options.tls12 ? "X25519:P-256" : "X25519")) {
        return false;
    }
    if (bench_options.other) {
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    }
    if (side == BENCH_SERVER) {
        return SSL_CTX_use_certificate_chain_file(context, bench_file("chain.pem")) == 1 &&
            SSL_CTX_use_PrivateKey_file(context, bench_file("leaf.key"), SSL_FILETYPE_PEM) == 1;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return SSL_CTX_load_verify_locations(context, bench_file("root.pem"), NULL) == 1;
}

static long open_connection(int side) {
    SSL *ssl = connections[side] = SSL_new(contexts[side]);
    BIO *bio = BIO_new(method);
    if (ssl == NULL || bio == NULL) {
        return -1;
    }
    BIO_set_data(bio, &sides[side]);
    SSL_set_bio(ssl, bio, bio);
    if (side == BENCH_SERVER) {
        SSL_set_accept_state(ssl);
        return 0;
    }
    SSL_set_connect_state(ssl);
    return SSL_set_tlsext_host_name(ssl, bench_options.host) &&
            SSL_set1_host(ssl, bench_options.host) && (saved == NULL || SSL_set_session(ssl, saved))
        ? 0
        : -1;
}

// 0 when only the other side has to move.
static long outcome(SSL *ssl, int result) {
    int why = SSL_get_error(ssl, result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        return 0;
    }
    ERR_print_errors_fp(stderr);
    return -1;
}

long library_op(int side, bench_op_t op, uint8_t *data, size_t size) {
    SSL *ssl = connections[side];
    int result;
    switch (op) {
        case BENCH_NEW:
            return open_connection(side);
        case BENCH_STEP:
            result = SSL_do_handshake(ssl);
            return result == 1 ? 1 : outcome(ssl, result);
        case BENCH_WAS_RESUMED:
            return SSL_session_reused(ssl);
        case BENCH_WRITE:
            return SSL_write(ssl, data, (int)size);
        case BENCH_READ:
            result = SSL_read(ssl, data, (int)size);
            return result > 0 ? result : outcome(ssl, result);
        case BENCH_FREE:
            SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
            SSL_free(ssl);
            return 0;
        default:
            return -1;
    }
}

void library_describe(char *text, size_t size) {
    SSL *ssl = connections[BENCH_CLIENT];
    snprintf(text, size, "%s: %s %s %s verified=%d", OpenSSL_version(OPENSSL_VERSION),
        SSL_get_version(ssl), SSL_get_cipher(ssl),
        SSL_group_to_name(ssl, (int)SSL_get_negotiated_group(ssl)),
        SSL_get_verify_result(ssl) == X509_V_OK);
}

void library_memory(int side) {
    (void)side; // nothing beside the heap
}
