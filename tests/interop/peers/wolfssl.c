// wolfSSL behind the functions of peer.h: TLS 1.2 and 1.3, certificates, tickets, pre-shared keys.
//
// In: options and sockets. Out: what was agreed, or wolfSSL's own words for why not. The library's
// defaults stand wherever an option does not say else: the groups and signatures that it offers,
// what it checks of a chain, its own key for tickets.
//
// Its native interface is used, not the one that mimics OpenSSL's.
#include "tests/interop/peers/peer.h"

#include <stdio.h>
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static WOLFSSL_CTX *context;
static WOLFSSL *connection;
static WOLFSSL_SESSION *session;
static const peer_options_t *wanted;
static char failure[160];

const char *library_name(void) {
    return "wolfSSL " LIBWOLFSSL_VERSION_STRING;
}

static void note_failure(int result) {
    char text[WOLFSSL_MAX_ERROR_SZ];
    WOLFSSL_ALERT_HISTORY alerts;
    int code = wolfSSL_get_error(connection, result);
    wolfSSL_get_alert_history(connection, &alerts);
    snprintf(failure, sizeof(failure), "%d %.80s, alert received %d, sent %d", code,
        wolfSSL_ERR_error_string((unsigned long)code, text), alerts.last_rx.code,
        alerts.last_tx.code);
}

const char *library_error(void) {
    return failure;
}

static void must(int result, const char *what) {
    char text[WOLFSSL_MAX_ERROR_SZ];
    if (result != WOLFSSL_SUCCESS) {
        peer_lacks(
            what, wolfSSL_ERR_error_string((unsigned long)wolfSSL_ERR_peek_last_error(), text));
    }
}

static unsigned int give_key(unsigned char *key, unsigned int room) {
    if (room < (unsigned int)wanted->secret_size) {
        return 0;
    }
    memcpy(key, wanted->secret, (size_t)wanted->secret_size);
    return (unsigned int)wanted->secret_size;
}

static unsigned int client_key(WOLFSSL *ssl, const char *hint, char *identity,
    unsigned int identity_room, unsigned char *key, unsigned int room) {
    (void)ssl;
    (void)hint;
    snprintf(identity, identity_room, "%s", wanted->identity);
    return give_key(key, room);
}

// A key of TLS 1.3 belongs to a suite, by wolfSSL's name for it.
static const char *own_name(const char *name) {
    static const char *const names[][2] = {
        {"TLS_AES_128_GCM_SHA256", "TLS13-AES128-GCM-SHA256"},
        {"TLS_AES_256_GCM_SHA384", "TLS13-AES256-GCM-SHA384"},
        {"TLS_CHACHA20_POLY1305_SHA256", "TLS13-CHACHA20-POLY1305-SHA256"},
        {"TLS_AES_128_CCM_SHA256", "TLS13-AES128-CCM-SHA256"},
        {"TLS_AES_128_CCM_8_SHA256", "TLS13-AES128-CCM-8-SHA256"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i][0], name) == 0) {
            return names[i][1];
        }
    }
    return name;
}

static unsigned int client_key13(WOLFSSL *ssl, const char *hint, char *identity,
    unsigned int identity_room, unsigned char *key, unsigned int room, const char **suite) {
    *suite = own_name(wanted->suite);
    return client_key(ssl, hint, identity, identity_room, key, room);
}

static unsigned int server_key(
    WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned int room) {
    (void)ssl;
    return strcmp(identity, wanted->identity) == 0 ? give_key(key, room) : 0;
}

static unsigned int server_key13(
    WOLFSSL *ssl, const char *identity, unsigned char *key, unsigned int room, const char **suite) {
    *suite = own_name(wanted->suite);
    return server_key(ssl, identity, key, room);
}

static void use_psk(const peer_options_t *options) {
    if (options->server) {
        wolfSSL_CTX_set_psk_server_callback(context, server_key);
        wolfSSL_CTX_set_psk_server_tls13_callback(context, server_key13);
    } else {
        wolfSSL_CTX_set_psk_client_callback(context, client_key);
        wolfSSL_CTX_set_psk_client_tls13_callback(context, client_key13);
    }
}

static WOLFSSL_METHOD *method_of(const peer_options_t *options) {
    bool newest = strcmp(options->version, "1.3") == 0;
    if (options->server) {
        return newest ? wolfTLSv1_3_server_method() : wolfTLSv1_2_server_method();
    }
    return newest ? wolfTLSv1_3_client_method() : wolfTLSv1_2_client_method();
}

void library_setup(const peer_options_t *options) {
    wanted = options;
    wolfSSL_Init();
    context = wolfSSL_CTX_new(method_of(options));
    if (context == NULL) {
        peer_lacks(options->version, "no context");
    }
    if (options->suite != NULL) {
        must(wolfSSL_CTX_set_cipher_list(context, options->suite), options->suite);
    }
    if (options->chain != NULL) {
        must(wolfSSL_CTX_use_certificate_chain_file(context, options->chain), options->chain);
        must(wolfSSL_CTX_use_PrivateKey_file(context, options->key, WOLFSSL_FILETYPE_PEM),
            options->key);
    }
    if (options->roots != NULL) {
        must(wolfSSL_CTX_load_verify_locations(context, options->roots, NULL), options->roots);
        wolfSSL_CTX_set_verify(
            context, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    if (options->signatures != NULL) {
        must(wolfSSL_CTX_set1_sigalgs_list(context, "RSA+SHA256:ECDSA+SHA256"), "signatures");
    }
    if (options->identity != NULL) {
        use_psk(options);
    }
    if (!options->server) {
        wolfSSL_CTX_UseSessionTicket(context);
    }
}

bool library_open(const peer_options_t *options, int socket) {
    connection = wolfSSL_new(context);
    wolfSSL_set_fd(connection, socket);
    if (options->name != NULL) {
        wolfSSL_UseSNI(connection, WOLFSSL_SNI_HOST_NAME, options->name,
            (unsigned short)strlen(options->name));
        wolfSSL_check_domain_name(connection, options->name);
    }
    if (session != NULL) {
        wolfSSL_set_session(connection, session);
    }
    int result = options->server ? wolfSSL_accept(connection) : wolfSSL_connect(connection);
    if (result != WOLFSSL_SUCCESS) {
        note_failure(result);
    }
    return result == WOLFSSL_SUCCESS;
}

void library_facts(peer_facts_t *facts) {
    static char subject[200];
    const char *version = wolfSSL_get_version(connection);
    WOLFSSL_X509_CHAIN *chain = wolfSSL_get_peer_chain(connection);
    facts->version = strncmp(version, "TLSv", 4) == 0 ? version + 4 : version;
    int suite = (int)wolfSSL_get_current_cipher_suite(connection);
    facts->suite = wolfSSL_get_cipher_name_iana_from_suite(
        (unsigned char)(suite >> 8), (unsigned char)suite);
    facts->resumed = wolfSSL_session_reused(connection) != 0;
    if (wolfSSL_get_chain_count(chain) > 0) {
        facts->subject = wolfSSL_X509_NAME_oneline(
            wolfSSL_X509_get_subject_name(wolfSSL_get_chain_X509(chain, 0)), subject,
            sizeof(subject));
    }
}

int library_read(uint8_t *data, size_t size) {
    int count = wolfSSL_read(connection, data, (int)size);
    if (count > 0) {
        return count;
    }
    if (wolfSSL_get_error(connection, count) == WOLFSSL_ERROR_ZERO_RETURN) {
        return 0;
    }
    note_failure(count);
    return -1;
}

bool library_write(const uint8_t *data, size_t size) {
    int count = wolfSSL_write(connection, data, (int)size);
    if (count != (int)size) {
        note_failure(count);
    }
    return count == (int)size;
}

void library_close(void) {
    if (wanted->connections > 1 && !wanted->server) {
        session = wolfSSL_get1_session(connection);
    }
    wolfSSL_shutdown(connection);
    wolfSSL_free(connection);
}
