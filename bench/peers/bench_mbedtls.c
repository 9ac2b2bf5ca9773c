// The workload on mbedTLS, 2.28 or 3.6, in the configuration that it is compiled with.
//
// In: the driver's calls. Out: what mbedTLS does with its defaults but for what the workload names:
// one version, one suite, X25519 (P-256 where the configuration lacks it), the chain and the host's
// name checked. BENCH_RESUME: one ticket each time, and the next connection offers it.
//
// A session is copied out by mbedTLS itself, onto the heap, with the peer's certificate where the
// configuration keeps that: it is counted as the library's, which it is.
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#ifdef MBEDTLS_PSA_CRYPTO_C
#include <psa/crypto.h>
#endif

#ifndef BENCH_NAME
#define BENCH_NAME mbedtls
#endif
#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

#if defined(MBEDTLS_SSL_SESSION_TICKETS) && defined(MBEDTLS_SSL_TICKET_C)
#define HAVE_TICKETS
#endif

const char *const library_name = TEXT(BENCH_NAME);
static mbedtls_ssl_config configurations[BENCH_SIDES];
static mbedtls_ssl_context *connections[BENCH_SIDES];
static mbedtls_x509_crt certificates[BENCH_SIDES];
static mbedtls_pk_context key;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
#ifdef HAVE_TICKETS
static mbedtls_ssl_ticket_context tickets;
#endif
static mbedtls_ssl_session saved;
static bool have_saved, offered, verified;

static int put(void *user, const unsigned char *data, size_t size) {
    bench_put((int)(size_t)user, data, size);
    return (int)size;
}

static int get(void *user, unsigned char *data, size_t size) {
    size_t got = bench_get((int)(size_t)user, data, size);
    return got > 0 ? (int)got : MBEDTLS_ERR_SSL_WANT_READ;
}

// Called for each certificate of a chain that is checked: never in a resumed handshake.
static int note_verify(void *user, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
    (void)user;
    (void)certificate;
    (void)depth;
    (void)flags;
    verified = true;
    return 0;
}

#if MBEDTLS_VERSION_MAJOR >= 3
static void restrict_groups(mbedtls_ssl_config *config) {
    static const uint16_t groups[] = {
#ifdef MBEDTLS_ECP_DP_CURVE25519_ENABLED
        MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
#endif
        MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
    mbedtls_ssl_conf_groups(config, groups);
}

static void restrict_version(mbedtls_ssl_config *config) {
    mbedtls_ssl_protocol_version version = bench_options.tls12 ? MBEDTLS_SSL_VERSION_TLS1_2
                                                               : MBEDTLS_SSL_VERSION_TLS1_3;
    mbedtls_ssl_conf_min_tls_version(config, version);
    mbedtls_ssl_conf_max_tls_version(config, version);
}
#else
static void restrict_groups(mbedtls_ssl_config *config) {
    static const mbedtls_ecp_group_id groups[] = {
        MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_NONE};
    mbedtls_ssl_conf_curves(config, groups);
}

static void restrict_version(mbedtls_ssl_config *config) {
    if (!bench_options.tls12) {
        bench_fail("this mbedTLS has TLS 1.2 only", 0);
    }
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}
#endif

static bool load(mbedtls_x509_crt *into, const char *name) {
    size_t size;
    const uint8_t *der = bench_read_file(name, &size);
    return mbedtls_x509_crt_parse_der(into, der, size) == 0;
}

static bool setup_tickets(mbedtls_ssl_config *config, int side) {
#ifdef HAVE_TICKETS
    if (side == BENCH_CLIENT) {
        mbedtls_ssl_conf_session_tickets(config,
            bench_options.resume ? MBEDTLS_SSL_SESSION_TICKETS_ENABLED
                                 : MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && MBEDTLS_VERSION_NUMBER >= 0x03060100
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
            config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
        return true;
    }
    if (bench_options.resume) {
        mbedtls_ssl_ticket_init(&tickets);
        mbedtls_ssl_conf_session_tickets_cb(
            config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
        mbedtls_ssl_conf_new_session_tickets(config, 1);
#endif
        return mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, &generator,
                   MBEDTLS_CIPHER_AES_128_GCM, 7200) == 0;
    }
    return true;
#else
    (void)config;
    (void)side;
    if (bench_options.resume) {
        bench_fail("this configuration resumes no sessions", 0);
    }
    return true;
#endif
}

static bool setup_server(mbedtls_ssl_config *config) {
    size_t size;
    const uint8_t *der = bench_read_file("leaf.key.der", &size);
    mbedtls_pk_init(&key);
#if MBEDTLS_VERSION_MAJOR >= 3
    int result = mbedtls_pk_parse_key(
        &key, der, size, NULL, 0, mbedtls_ctr_drbg_random, &generator);
#else
    int result = mbedtls_pk_parse_key(&key, der, size, NULL, 0);
#endif
    return result == 0 && load(&certificates[BENCH_SERVER], "leaf.der") &&
        load(&certificates[BENCH_SERVER], "int.der") &&
        mbedtls_ssl_conf_own_cert(config, &certificates[BENCH_SERVER], &key) == 0;
}

static bool setup_random(void) {
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&generator);
#ifdef MBEDTLS_PSA_CRYPTO_C
    if (psa_crypto_init() != PSA_SUCCESS) {
        return false;
    }
#endif
    return mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, NULL, 0) == 0;
}

bool library_setup(int side) {
    static const int suites12[2][2] = {{MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
        {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}};
    static const int suites13[2][2] = {{0x1301}, {0x1303}};
    mbedtls_ssl_config *config = &configurations[side];
    mbedtls_ssl_config_init(config);
    mbedtls_x509_crt_init(&certificates[side]);
    if ((side == BENCH_CLIENT && !setup_random()) ||
        mbedtls_ssl_config_defaults(config,
            side == BENCH_CLIENT ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
            MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return false;
    }
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &generator);
    mbedtls_ssl_conf_ciphersuites(
        config, (bench_options.tls12 ? suites12 : suites13)[bench_options.chacha]);
    restrict_version(config);
    restrict_groups(config);
    if (!setup_tickets(config, side)) {
        return false;
    }
    if (side == BENCH_SERVER) {
        return setup_server(config);
    }
    mbedtls_ssl_conf_ca_chain(config, &certificates[side], NULL);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_verify(config, note_verify, NULL);
    return load(&certificates[side], "root.der");
}

static long open_connection(int side) {
    mbedtls_ssl_context *ssl = connections[side] = malloc(sizeof(*ssl));
    if (ssl == NULL) {
        return -1;
    }
    mbedtls_ssl_init(ssl);
    int result = mbedtls_ssl_setup(ssl, &configurations[side]);
    mbedtls_ssl_set_bio(ssl, (void *)(size_t)side, put, get, NULL);
    if (side == BENCH_CLIENT && result == 0) {
        verified = false;
        offered = have_saved;
        result = mbedtls_ssl_set_hostname(ssl, bench_options.host);
        if (result == 0 && have_saved) {
            result = mbedtls_ssl_set_session(ssl, &saved);
        }
    }
    return result;
}

static void save_session(int side) {
    if (side == BENCH_CLIENT && bench_options.resume) {
        if (have_saved) {
            mbedtls_ssl_session_free(&saved);
        }
        mbedtls_ssl_session_init(&saved);
        have_saved = mbedtls_ssl_get_session(connections[side], &saved) == 0;
    }
}

static long step(int side) {
    int result = mbedtls_ssl_handshake(connections[side]);
    if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) {
        return 0;
    }
    if (result == 0 && bench_options.tls12) {
        save_session(side);
    }
    return result == 0 ? 1 : result;
}

static bool is_ticket(int side, int result) {
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
    if (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        save_session(side);
        return true;
    }
#endif
    (void)side;
    (void)result;
    return false;
}

static long write_all(int side, const uint8_t *data, size_t size) {
    for (size_t done = 0; done < size;) {
        int result = mbedtls_ssl_write(connections[side], data + done, size - done);
        if (result <= 0) {
            return result;
        }
        done += (size_t)result;
    }
    return (long)size;
}

// That it wants to read may mean that it has seen a ticket and wants to be called again.
static long read_some(int side, uint8_t *data, size_t size) {
    for (int tries = 0;;) {
        int result = mbedtls_ssl_read(connections[side], data, size);
        bool ticket = is_ticket(side, result);
        if (!ticket && (result != MBEDTLS_ERR_SSL_WANT_READ || ++tries > 1)) {
            return result == MBEDTLS_ERR_SSL_WANT_READ ? 0 : result;
        }
    }
}

long library_op(int side, bench_op_t op, uint8_t *data, size_t size) {
    switch (op) {
        case BENCH_NEW:
            return open_connection(side);
        case BENCH_STEP:
            return step(side);
        case BENCH_WRITE:
            return write_all(side, data, size);
        case BENCH_READ:
            return read_some(side, data, size);
        case BENCH_WAS_RESUMED:
            return offered && !verified;
        case BENCH_FREE:
            mbedtls_ssl_free(connections[side]);
            free(connections[side]);
            return 0;
        default:
            return -1;
    }
}

void library_describe(char *text, size_t size) {
    char version[32];
    mbedtls_version_get_string_full(version);
    snprintf(text, size, "%s: %s %s verified=%d", version,
        mbedtls_ssl_get_version(connections[BENCH_CLIENT]),
        mbedtls_ssl_get_ciphersuite(connections[BENCH_CLIENT]),
        mbedtls_ssl_get_verify_result(connections[BENCH_CLIENT]) == 0);
}

void library_memory(int side) {
    (void)side; // nothing beside the heap
}
