// OpenSSL's library behind the functions of peer.h: TLS 1.2 and 1.3, certificates, tickets,
// pre-shared keys. For the cells that s_client and s_server would need many processes for.
//
// In: options and sockets. Out: what was agreed, or OpenSSL's own words for why not. The library's
// defaults stand wherever an option does not say else, but for suites with tags of 8 bytes, which
// it takes at security level 0 only.
#include "tests/interop/peers/peer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static SSL_CTX *context;
static SSL *connection;
static SSL_SESSION *session;
static const peer_options_t *wanted;
static char failure[200];

const char *library_name(void) {
    return OpenSSL_version(OPENSSL_VERSION);
}

const char *library_error(void) {
    return failure;
}

static void note_failure(void) {
    unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, failure, sizeof(failure));
    ERR_clear_error();
}

static void must(int result, const char *what) {
    if (result != 1) {
        note_failure();
        peer_lacks(what, failure);
    }
}

static unsigned int give_key(unsigned char *key, unsigned int room) {
    if (room < (unsigned int)wanted->secret_size) {
        return 0;
    }
    memcpy(key, wanted->secret, (size_t)wanted->secret_size);
    return (unsigned int)wanted->secret_size;
}

static unsigned int client_key12(SSL *ssl, const char *hint, char *identity,
    unsigned int identity_room, unsigned char *key, unsigned int room) {
    (void)ssl;
    (void)hint;
    snprintf(identity, identity_room, "%s", wanted->identity);
    return give_key(key, room);
}

static unsigned int server_key12(
    SSL *ssl, const char *identity, unsigned char *key, unsigned int room) {
    (void)ssl;
    return strcmp(identity, wanted->identity) == 0 ? give_key(key, room) : 0;
}

// A key of TLS 1.3 is a session with the hash of a suite.
static SSL_SESSION *key13(SSL *ssl) {
    static const uint8_t numbers[3][2] = {{0x13, 0x01}, {0x13, 0x02}, {0x13, 0x03}};
    const char *name = wanted->suite == NULL ? "" : wanted->suite;
    size_t which = strstr(name, "SHA384") != NULL ? 1 : strstr(name, "CHACHA") != NULL ? 2 : 0;
    SSL_SESSION *key = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(key, wanted->secret, (size_t)wanted->secret_size);
    SSL_SESSION_set_cipher(key, SSL_CIPHER_find(ssl, numbers[which]));
    SSL_SESSION_set_protocol_version(key, TLS1_3_VERSION);
    return key;
}

static int client_key(
    SSL *ssl, const EVP_MD *hash, const unsigned char **id, size_t *size, SSL_SESSION **key) {
    (void)hash;
    *key = session == NULL ? key13(ssl) : NULL;
    *id = (const unsigned char *)wanted->identity;
    *size = strlen(wanted->identity);
    return 1;
}

static int server_key(SSL *ssl, const unsigned char *id, size_t size, SSL_SESSION **key) {
    bool known = size == strlen(wanted->identity) && memcmp(id, wanted->identity, size) == 0;
    *key = known ? key13(ssl) : NULL;
    return 1;
}

static void use_psk(const peer_options_t *options) {
    if (options->server) {
        SSL_CTX_set_psk_server_callback(context, server_key12);
        SSL_CTX_set_psk_find_session_callback(context, server_key);
    } else {
        SSL_CTX_set_psk_client_callback(context, client_key12);
        SSL_CTX_set_psk_use_session_callback(context, client_key);
    }
}

// The registry's name in TLS 1.3; in 1.2 OpenSSL has its own for the same.
static void use_suite(const char *name) {
    char text[100];
    if (strncmp(name, "TLS_AES", 7) == 0 || strncmp(name, "TLS_CHACHA", 10) == 0) {
        must(SSL_CTX_set_ciphersuites(context, name), name);
        return;
    }
    STACK_OF(SSL_CIPHER) * all;
    must(SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0"), "all suites");
    all = SSL_CTX_get_ciphers(context);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        const SSL_CIPHER *one = sk_SSL_CIPHER_value(all, i);
        if (strcmp(SSL_CIPHER_standard_name(one), name) == 0) {
            const char *level = strstr(name, "CCM_8") != NULL ? ":@SECLEVEL=0" : ":@SECLEVEL=2";
            snprintf(text, sizeof(text), "%s%s", SSL_CIPHER_get_name(one), level);
            must(SSL_CTX_set_cipher_list(context, text), text);
            return;
        }
    }
    peer_lacks(name, "no suite of that standard name");
}

static void use_credentials(const peer_options_t *options) {
    if (options->chain != NULL) {
        must(SSL_CTX_use_certificate_chain_file(context, options->chain), options->chain);
        must(SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM), options->key);
    }
    if (options->roots != NULL) {
        must(SSL_CTX_load_verify_locations(context, options->roots, NULL), options->roots);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
}

void library_setup(const peer_options_t *options) {
    wanted = options;
    context = SSL_CTX_new(options->server ? TLS_server_method() : TLS_client_method());
    if (options->version != NULL) {
        int version = strcmp(options->version, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
        SSL_CTX_set_min_proto_version(context, version);
        SSL_CTX_set_max_proto_version(context, version);
    }
    if (options->suite != NULL) {
        use_suite(options->suite);
    }
    if (options->group != NULL) { // the others are there for the keys of clients
        const char *names = strcmp(options->group, "x25519") == 0 ? "X25519:P-256:P-384"
            : strcmp(options->group, "secp256r1") == 0            ? "P-256:P-384:X25519"
                                                                  : "P-384:P-256:X25519";
        must((int)SSL_CTX_set1_groups_list(context, names), options->group);
    }
    use_credentials(options);
    if (options->server) {
        SSL_CTX_set_session_id_context(context, (const unsigned char *)"peer", 4);
    }
    if (options->identity != NULL) {
        use_psk(options);
    }
}

bool library_open(const peer_options_t *options, int socket) {
    connection = SSL_new(context);
    SSL_set_fd(connection, socket);
    if (options->name != NULL) {
        SSL_set_tlsext_host_name(connection, options->name);
        SSL_set1_host(connection, options->name);
    }
    if (session != NULL) {
        SSL_set_session(connection, session);
    }
    bool good = (options->server ? SSL_accept(connection) : SSL_connect(connection)) == 1;
    if (!good) {
        note_failure();
    }
    return good;
}

void library_facts(peer_facts_t *facts) {
    static char subject[200];
    X509 *certificate = SSL_get0_peer_certificate(connection);
    facts->version = SSL_get_version(connection) + 4;
    facts->suite = SSL_CIPHER_standard_name(SSL_get_current_cipher(connection));
    facts->resumed = SSL_session_reused(connection) == 1;
    if (certificate != NULL) {
        facts->subject = X509_NAME_oneline(
            X509_get_subject_name(certificate), subject, sizeof(subject));
    }
}

int library_read(uint8_t *data, size_t size) {
    int count = SSL_read(connection, data, (int)size);
    if (count > 0) {
        return count;
    }
    if (SSL_get_error(connection, count) == SSL_ERROR_ZERO_RETURN) {
        return 0;
    }
    note_failure();
    return -1;
}

bool library_write(const uint8_t *data, size_t size) {
    bool good = SSL_write(connection, data, (int)size) == (int)size;
    if (!good) {
        note_failure();
    }
    return good;
}

void library_close(void) {
    if (wanted->connections > 1 && !wanted->server) {
        SSL_SESSION_free(session);
        session = SSL_get1_session(connection);
    }
    SSL_shutdown(connection);
    SSL_free(connection);
}
