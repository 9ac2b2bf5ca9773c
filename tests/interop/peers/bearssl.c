// BearSSL behind the functions of peer.h: TLS 1.2 with certificates and sessions by identifier.
//
// In: options and sockets. Out: what was agreed, or the number of BearSSL's error. What it does not
// have (RSA-PSS, Ed25519, pre-shared keys) is asked of it all the same, suites by the registry's
// numbers, so that its refusal is its own.
//
// The groups are left to the other side: BearSSL's verification of signatures hangs on its groups.
#include "tests/interop/peers/peer.h"

#include <bearssl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHAIN_MAX = 4 };

typedef struct {
    uint8_t *data;
    size_t size;
} growing_t;

static const struct {
    const char *name;
    uint16_t number;
} suites[] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", BR_TLS_ECDHE_ECDSA_WITH_AES_128_CCM},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM", BR_TLS_ECDHE_ECDSA_WITH_AES_256_CCM},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", BR_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", BR_TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
    {"TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", 0xd001},
    {"TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384", 0xd002},
    {"TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", 0xccac},
    {"TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", 0xd005},
    {"TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", 0xd003},
    {"TLS_PSK_WITH_AES_128_GCM_SHA256", 0x00a8},
    {"TLS_PSK_WITH_AES_256_GCM_SHA384", 0x00a9},
    {"TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", 0xccab},
    {"TLS_PSK_WITH_AES_128_CCM", 0xc0a4},
    {"TLS_PSK_WITH_AES_256_CCM", 0xc0a5},
    {"TLS_PSK_WITH_AES_128_CCM_8", 0xc0a8},
    {"TLS_PSK_WITH_AES_256_CCM_8", 0xc0a9},
};

static union {
    br_ssl_client_context client;
    br_ssl_server_context server;
    br_ssl_engine_context engine; // the first member of both
} context;
static br_x509_minimal_context validator;
static br_x509_trust_anchor anchor;
static br_x509_decoder_context root_decoder;
static br_x509_certificate chain[CHAIN_MAX];
static size_t chain_count;
static br_skey_decoder_context key_decoder;
static br_ssl_session_cache_lru cache;
static uint8_t cache_room[2000], records[BR_SSL_BUFSIZE_BIDI];
static br_ssl_session_parameters session;
static br_sslio_context stream;
static uint16_t suite;
static int descriptor;
static bool have_session, resumed;
static const peer_options_t *wanted;
static char failure[100];

const char *library_name(void) {
    return "BearSSL 0.6";
}

const char *library_error(void) {
    int code = br_ssl_engine_last_error(&context.engine);
    if (code >= BR_ERR_SEND_FATAL_ALERT) {
        snprintf(failure, sizeof(failure), "it sent alert %d", code - BR_ERR_SEND_FATAL_ALERT);
    } else if (code >= BR_ERR_RECV_FATAL_ALERT) {
        snprintf(failure, sizeof(failure), "alert received %d", code - BR_ERR_RECV_FATAL_ALERT);
    } else {
        snprintf(failure, sizeof(failure), "BearSSL's error %d", code);
    }
    return failure;
}

static void append(void *user, const void *data, size_t size) {
    growing_t *all = user;
    all->data = realloc(all->data, all->size + size);
    if (all->data == NULL) {
        abort();
    }
    memcpy(all->data + all->size, data, size);
    all->size += size;
}

// The next object of a PEM file; size 0: there is none.
static growing_t next_object(const uint8_t **at, size_t *left) {
    br_pem_decoder_context pem;
    growing_t object = {0};
    br_pem_decoder_init(&pem);
    while (*left > 0) {
        size_t taken = br_pem_decoder_push(&pem, *at, *left);
        *at += taken;
        *left -= taken;
        int event = br_pem_decoder_event(&pem);
        if (event == BR_PEM_BEGIN_OBJ) {
            br_pem_decoder_setdest(&pem, append, &object);
        } else if (event != 0) {
            break;
        }
    }
    return object;
}

static void load_chain(const peer_options_t *options) {
    size_t left;
    const uint8_t *at = peer_read_file(options->chain, &left);
    growing_t object;
    while (chain_count < CHAIN_MAX && (object = next_object(&at, &left)).size > 0) {
        chain[chain_count].data = object.data;
        chain[chain_count++].data_len = object.size;
    }
    at = peer_read_file(options->key, &left);
    object = next_object(&at, &left);
    br_skey_decoder_init(&key_decoder);
    br_skey_decoder_push(&key_decoder, object.data, object.size);
    if (br_skey_decoder_key_type(&key_decoder) == 0) {
        char why[60];
        snprintf(why, sizeof(why), "br_skey_decoder_last_error is %d",
            br_skey_decoder_last_error(&key_decoder));
        peer_lacks(options->key, why);
    }
}

static void load_root(const char *path) {
    size_t left;
    const uint8_t *at = peer_read_file(path, &left);
    growing_t object = next_object(&at, &left), name = {0};
    br_x509_decoder_init(&root_decoder, append, &name);
    br_x509_decoder_push(&root_decoder, object.data, object.size);
    br_x509_pkey *key = br_x509_decoder_get_pkey(&root_decoder);
    if (key == NULL) {
        peer_lacks(path, "br_x509_decoder_get_pkey reads no key");
    }
    anchor.pkey = *key;
    anchor.dn.data = name.data;
    anchor.dn.len = name.size;
    anchor.flags = BR_X509_TA_CA;
}

void library_setup(const peer_options_t *options) {
    wanted = options;
    if (options->suite != NULL) {
        for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
            if (strcmp(suites[i].name, options->suite) == 0) {
                suite = suites[i].number;
            }
        }
        if (suite == 0) {
            peer_lacks(options->suite, "bearssl_ssl.h has no such suite");
        }
    }
    if (options->chain != NULL) {
        load_chain(options);
    }
    if (options->roots != NULL) {
        load_root(options->roots);
    }
    br_ssl_session_cache_lru_init(&cache, cache_room, sizeof(cache_room));
}

static void start_client(const peer_options_t *options) {
    br_ssl_client_init_full(&context.client, &validator, &anchor, options->roots != NULL ? 1 : 0);
    if (chain_count > 0 && br_skey_decoder_key_type(&key_decoder) == BR_KEYTYPE_RSA) {
        br_ssl_client_set_single_rsa(&context.client, chain, chain_count,
            br_skey_decoder_get_rsa(&key_decoder), br_rsa_pkcs1_sign_get_default());
    } else if (chain_count > 0) {
        br_ssl_client_set_single_ec(&context.client, chain, chain_count,
            br_skey_decoder_get_ec(&key_decoder), BR_KEYTYPE_SIGN, BR_KEYTYPE_EC,
            br_ec_get_default(), br_ecdsa_sign_asn1_get_default());
    }
}

static void start_server(const peer_options_t *options) {
    if (br_skey_decoder_key_type(&key_decoder) == BR_KEYTYPE_RSA) {
        br_ssl_server_init_full_rsa(
            &context.server, chain, chain_count, br_skey_decoder_get_rsa(&key_decoder));
    } else {
        br_ssl_server_init_full_ec(&context.server, chain, chain_count, BR_KEYTYPE_EC,
            br_skey_decoder_get_ec(&key_decoder));
    }
    br_ssl_server_set_cache(&context.server, &cache.vtable);
    if (options->roots != NULL) {
        br_x509_minimal_init_full(&validator, &anchor, 1);
        br_ssl_engine_set_x509(&context.engine, &validator.vtable);
        br_ssl_engine_set_default_rsavrfy(&context.engine);
        br_ssl_engine_set_default_ecdsa(&context.engine);
        br_ssl_server_set_trust_anchor_names_alt(&context.server, &anchor, 1);
    }
}

static int receive(void *user, unsigned char *data, size_t size) {
    ssize_t count = read(*(int *)user, data, size);
    return count > 0 ? (int)count : -1;
}

static int transmit(void *user, const unsigned char *data, size_t size) {
    ssize_t count = write(*(int *)user, data, size);
    return count > 0 ? (int)count : -1;
}

static bool same_session(const br_ssl_session_parameters *a, const br_ssl_session_parameters *b) {
    return a->session_id_len > 0 && a->session_id_len == b->session_id_len &&
        memcmp(a->session_id, b->session_id, a->session_id_len) == 0;
}

bool library_open(const peer_options_t *options, int socket) {
    br_ssl_engine_context *engine = &context.engine;
    br_ssl_session_parameters now;
    descriptor = socket;
    if (options->server) {
        start_server(options);
    } else {
        start_client(options);
    }
    if (options->version != NULL) {
        br_ssl_engine_set_versions(engine, BR_TLS12, BR_TLS12);
    }
    if (suite != 0) {
        br_ssl_engine_set_suites(engine, &suite, 1);
    }
    br_ssl_engine_set_buffer(engine, records, sizeof(records), 1);
    if (have_session) {
        br_ssl_engine_set_session_parameters(engine, &session);
    }
    int ready = options->server ? br_ssl_server_reset(&context.server)
                                : br_ssl_client_reset(&context.client, options->name, have_session);
    br_sslio_init(&stream, engine, receive, &descriptor, transmit, &descriptor);
    if (ready == 0 || br_sslio_flush(&stream) < 0) {
        return false;
    }
    br_ssl_engine_get_session_parameters(engine, &now);
    resumed = have_session && same_session(&session, &now);
    session = now;
    have_session = !options->server;
    return true;
}

void library_facts(peer_facts_t *facts) {
    static char version[12];
    snprintf(version, sizeof(version), "1.%u", session.version - 0x0301U);
    facts->version = version;
    facts->suite = "another suite";
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (suites[i].number == session.cipher_suite) {
            facts->suite = suites[i].name;
        }
    }
    facts->resumed = resumed;
}

int library_read(uint8_t *data, size_t size) {
    int count = br_sslio_read(&stream, data, size);
    if (count < 0 && br_ssl_engine_last_error(&context.engine) == BR_ERR_OK) {
        return 0;
    }
    return count;
}

bool library_write(const uint8_t *data, size_t size) {
    return br_sslio_write_all(&stream, data, size) == 0 && br_sslio_flush(&stream) == 0;
}

void library_close(void) {
    br_sslio_close(&stream);
}
