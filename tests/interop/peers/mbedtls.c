// mbedTLS 2.28 behind the functions of peer.h: TLS 1.2 with certificates, tickets, pre-shared keys.
//
// In: options and sockets. Out: what was agreed, or mbedTLS's error number with its words. What
// this version does not have (Ed25519 keys, some suites, ...) is refused by the library's own calls
// or by its handshake, not by a list in this file.
#include "tests/interop/peers/peer.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <string.h>

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
static mbedtls_ssl_config configuration;
static mbedtls_x509_crt chain, roots;
static mbedtls_pk_context key;
static mbedtls_ssl_ticket_context tickets;
static mbedtls_ssl_context connection;
static mbedtls_ssl_session session;
static mbedtls_net_context stream;
static const peer_options_t *wanted;
static bool have_session, resumed;
static char failure[160];

const char *library_name(void) {
    return MBEDTLS_VERSION_STRING_FULL;
}

const char *library_error(void) {
    return failure;
}

static void note_failure(int code) {
    char text[120];
    mbedtls_strerror(code, text, sizeof(text));
    snprintf(failure, sizeof(failure), "-0x%04x %s", (unsigned int)-code, text);
}

static void must(int code, const char *what) {
    if (code > 0) {
        snprintf(failure, sizeof(failure), "%d certificates in it can not be read", code);
    } else if (code != 0) {
        note_failure(code);
    }
    if (code != 0) {
        peer_lacks(what, failure);
    }
}

// TLS_ECDHE_... -> TLS-ECDHE-...
static void set_suite(const char *name) {
    static int list[2];
    char own[80];
    snprintf(own, sizeof(own), "%s", name);
    for (char *at = own; (at = strchr(at, '_')) != NULL;) {
        *at = '-';
    }
    list[0] = mbedtls_ssl_get_ciphersuite_id(own);
    if (list[0] == 0) {
        peer_lacks(name, "mbedtls_ssl_get_ciphersuite_id knows no such suite");
    }
    mbedtls_ssl_conf_ciphersuites(&configuration, list);
}

// The wanted one first; the others stay, because they are also the curves of keys.
static void set_group(const char *name) {
    static mbedtls_ecp_group_id list[4] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
        MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE};
    const mbedtls_ecp_curve_info *info = mbedtls_ecp_curve_info_from_name(name);
    if (info == NULL) {
        peer_lacks(name, "mbedtls_ecp_curve_info_from_name knows no such group");
    }
    for (size_t i = 1; i < 3; i++) {
        if (list[i] == info->grp_id) {
            list[i] = list[0];
            list[0] = info->grp_id;
        }
    }
    mbedtls_ssl_conf_curves(&configuration, list);
}

static void set_credentials(const peer_options_t *options) {
    if (options->chain != NULL) {
        must(mbedtls_x509_crt_parse_file(&chain, options->chain), options->chain);
        must(mbedtls_pk_parse_keyfile(&key, options->key, NULL), options->key);
        must(mbedtls_ssl_conf_own_cert(&configuration, &chain, &key), options->chain);
    }
    if (options->roots != NULL) {
        must(mbedtls_x509_crt_parse_file(&roots, options->roots), options->roots);
        mbedtls_ssl_conf_ca_chain(&configuration, &roots, NULL);
        mbedtls_ssl_conf_authmode(&configuration, MBEDTLS_SSL_VERIFY_REQUIRED);
    }
    if (options->identity != NULL) {
        must(mbedtls_ssl_conf_psk(&configuration, options->secret, (size_t)options->secret_size,
                 (const unsigned char *)options->identity, strlen(options->identity)),
            "psk");
    }
}

static void set_tickets(bool server) {
    mbedtls_ssl_ticket_init(&tickets);
    if (server) {
        must(mbedtls_ssl_ticket_setup(
                 &tickets, mbedtls_ctr_drbg_random, &generator, MBEDTLS_CIPHER_AES_256_GCM, 3600),
            "tickets");
        mbedtls_ssl_conf_session_tickets_cb(
            &configuration, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
    } else {
        mbedtls_ssl_conf_session_tickets(&configuration, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    }
}

void library_setup(const peer_options_t *options) {
    wanted = options;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&generator);
    must(mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, NULL, 0), "random");
    mbedtls_ssl_config_init(&configuration);
    mbedtls_ssl_session_init(&session);
    mbedtls_x509_crt_init(&chain);
    mbedtls_x509_crt_init(&roots);
    mbedtls_pk_init(&key);
    must(mbedtls_ssl_config_defaults(&configuration,
             options->server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
             MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
        "defaults");
    mbedtls_ssl_conf_rng(&configuration, mbedtls_ctr_drbg_random, &generator);
    if (options->version != NULL) {
        mbedtls_ssl_conf_min_version(
            &configuration, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    }
    if (options->suite != NULL) {
        set_suite(options->suite);
    }
    if (options->group != NULL) {
        set_group(options->group);
    }
    set_credentials(options);
    set_tickets(options->server);
}

bool library_open(const peer_options_t *options, int socket) {
    mbedtls_ssl_init(&connection);
    stream.fd = socket;
    int code = mbedtls_ssl_setup(&connection, &configuration);
    if (code == 0 && options->name != NULL) {
        code = mbedtls_ssl_set_hostname(&connection, options->name);
    }
    mbedtls_ssl_set_bio(&connection, &stream, mbedtls_net_send, mbedtls_net_recv, NULL);
    if (code == 0 && have_session) {
        code = mbedtls_ssl_set_session(&connection, &session);
    }
    // One step after another: a resumed handshake passes by the key exchange.
    bool exchanged = false;
    while (code == 0 && connection.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        exchanged = exchanged || connection.state == MBEDTLS_SSL_CLIENT_KEY_EXCHANGE;
        code = mbedtls_ssl_handshake_step(&connection);
    }
    resumed = !exchanged;
    if (code != 0) {
        note_failure(code);
    }
    return code == 0;
}

void library_facts(peer_facts_t *facts) {
    static char subject[200], suite[80];
    const mbedtls_x509_crt *peer = mbedtls_ssl_get_peer_cert(&connection);
    facts->version = mbedtls_ssl_get_version(&connection) + 4;
    snprintf(suite, sizeof(suite), "%s", mbedtls_ssl_get_ciphersuite(&connection));
    for (char *at = suite; (at = strchr(at, '-')) != NULL;) {
        *at = '_';
    }
    facts->suite = suite;
    facts->resumed = resumed;
    if (peer != NULL && mbedtls_x509_dn_gets(subject, sizeof(subject), &peer->subject) > 0) {
        facts->subject = subject;
    }
}

int library_read(uint8_t *data, size_t size) {
    int count = mbedtls_ssl_read(&connection, data, size);
    if (count < 0 && count != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        note_failure(count);
        return -1;
    }
    return count > 0 ? count : 0;
}

bool library_write(const uint8_t *data, size_t size) {
    int count = mbedtls_ssl_write(&connection, data, size);
    if (count < 0) {
        note_failure(count);
    }
    return count == (int)size;
}

void library_close(void) {
    if (!wanted->server && connection.state == MBEDTLS_SSL_HANDSHAKE_OVER) {
        mbedtls_ssl_session_free(&session);
        have_session = mbedtls_ssl_get_session(&connection, &session) == 0;
    }
    mbedtls_ssl_close_notify(&connection);
    mbedtls_ssl_free(&connection);
}
