// What a connection is made from: a configuration that many connections share and that only the
// caller writes. Everything in it must outlive every connection that uses it.
#ifndef SKR_CONFIG_H
#define SKR_CONFIG_H

#include "skerry/crypto.h"
#include "skerry/errors.h"
#include "skerry/x509.h"

typedef enum { SKR_CLIENT, SKR_SERVER } skr_role_t;

typedef enum {
    // Nobody is verified: private and intact, but perhaps with the wrong peer. A server does not
    // ask for a certificate.
    SKR_VERIFY_NONE,
    // Server: the client is asked for a certificate and may have none; one that it sends must be
    // good.
    // Client: the same as REQUIRED.
    SKR_VERIFY_OPTIONAL,
    SKR_VERIFY_REQUIRED, // the peer must prove itself
} skr_verify_t;

typedef enum {
    SKR_TLS12 = 0x0303, // RFC 5246, with AEAD and ECDHE only
    SKR_TLS13 = 0x0304, // RFC 9846
} skr_version_t;

// --- Memory ---
// The connection object is the caller's; what comes and goes is asked for by region, for each
// connection at most one block of each at a time, but for RECORD_IN: a record beyond the
// configuration's chunk lies in several, taken one by one as its bytes come and given back in the
// same order as its content is read. Blocks are 16-aligned. The engine wipes a block before it
// gives it back.
typedef enum {
    SKR_REGION_HANDSHAKE, // from skr_conn_init() to the end of the handshake
    SKR_REGION_MESSAGE, // one handshake message that does not lie whole in one record
    SKR_REGION_RECORD_IN, // one record, from its header until its content is read: some blocks
    SKR_REGION_RECORD_OUT, // what waits to be sent
    SKR_REGION_CIPHER_IN, // expanded keys of the reading side: only with keep_cipher_state, else
                          // while a record is opened
    SKR_REGION_CIPHER_OUT, // the same of the writing side
    SKR_REGION_SESSION, // client: a session that is to be resumed, or a new one until it is taken
    SKR_REGION_CERTIFICATES, // while the peer's chain comes: its certificate_window
    SKR_REGION_PEER_CERTIFICATE, // the peer's public key from its Certificate to the end of the
                                 // handshake; before, a HelloRetryRequest's cookie until it is sent
    SKR_REGION_COUNT,
} skr_region_t;

typedef struct {
    // size bytes, or NULL: the connection then fails with SKR_ERR_MEMORY.
    void *(*take)(void *user, skr_region_t region, size_t size);
    void (*give)(void *user, skr_region_t region, void *block, size_t size);
    void *user;
} skr_memory_t;

// --- Identity ---
// A certificate chain and its key. The server chooses among several by the name that the client
// asks for and by the signature algorithms that it accepts; the first fitting one wins, the first
// of all stands for unknown names.
typedef struct {
    const skr_view_t *chain; // DER, the leaf first, without the root
    size_t chain_count;
    const skr_private_key_t *key;
} skr_credential_t;

// --- Watching ---
typedef enum { SKR_LAYER_RECORD, SKR_LAYER_HANDSHAKE, SKR_LAYER_APPLICATION } skr_layer_t;
typedef struct {
    bool sent; // by this side
    uint8_t layer; // skr_layer_t
    uint8_t type; // ContentType at the record layer, HandshakeType at the handshake layer, 0 for
                  // application data
    bool is_protected;
    uint32_t size; // bytes: of the whole record, of the message with its header, of the data
    const char *name; // in the RFC's spelling
} skr_trace_event_t;
typedef struct {
    void (*event)(void *user, const skr_trace_event_t *event);
    void *user;
} skr_trace_t;

// The peer's certificates as their bytes come, for who wants to keep one: before anything is
// judged, so that what was seen means nothing unless the handshake completes and peer_verified is
// set. size is the certificate's, in DER; piece stands at offset in it. May not call the engine.
typedef struct {
    void (*bytes)(void *user, unsigned index, size_t size, size_t offset, skr_view_t piece);
    void *user;
} skr_chain_watch_t;

// Secrets for debuggers (RFC 9850). Whoever gets them reads the connection.
typedef struct {
    // label is one of RFC 9850 section 3.1; client_random SKR_RANDOM_SIZE bytes.
    void (*secret)(void *user, const char *label, const uint8_t *client_random,
        const uint8_t *secret, size_t size);
    void *user;
} skr_secret_log_t;

// --- Coming back quickly ---
typedef struct {
    uint8_t name[SKR_TICKET_NAME_SIZE];
    uint8_t key[SKR_SESSION_KEY_SIZE];
} skr_ticket_key_t;

// Where a server gets the keys that its tickets are sealed with. Servers that share them resume
// each other's sessions.
typedef struct {
    // name NULL: the key to seal new tickets with, its name in key->name. Else the key of that
    // name. false: there is none: no ticket is made, a ticket is not accepted, the handshake is a
    // full one. May not call the engine.
    bool (*find)(void *user, const uint8_t *name, skr_ticket_key_t *key);
    void *user;
} skr_ticket_keys_t;

// A key that both sides were given beforehand (RFC 9846 section 4.3.11, RFC 4279). Whoever knows it
// is the peer: neither certificates nor names are looked at when it is used. At least 128 bits of
// real randomness, never a password; and each for one direction: a device that is a client with a
// key must not be a server with it, or it can be made to talk to itself (RFC 9257 section 4.1).
typedef struct {
    skr_view_t identity; // 1 to SKR_PSK_IDENTITY_MAX bytes, sent in the clear
    skr_view_t key; // SKR_PSK_KEY_MIN to SKR_PSK_KEY_MAX bytes
    uint8_t hash; // TLS 1.3: skr_hash_id_t that it goes with, SHA-256 or SHA-384; 0: SHA-256
                  // (RFC 9846 section 4.3.11)
    bool imported; // skr_psk_import() made it, for TLS 1.3 only
} skr_psk_t;

// Makes of a key one for TLS 1.3 alone (RFC 9258 section 5.1), to be put into the configuration in
// its place. Both sides do the same with the same context, which is whatever they agree on, perhaps
// nothing: best the names of the client and the server, in this order, so that nobody can turn one
// into the other (appendix B). from->hash is the hash that was given with the key, 0: SHA-256,
// which both sides must know alike. hash: SKR_HASH_SHA256 or SKR_HASH_SHA384, of the cipher suites
// that the new key is for; who speaks both puts one of each into the configuration. to looks into
// room, which has SKR_PSK_IMPORTED_SIZE() bytes and holds a secret. SKR_ERR_CONFIG: a size or a
// hash does not fit; SKR_ERR_PROVIDER.
#define SKR_PSK_IMPORTED_SIZE(identity_size, context_size) \
    ((identity_size) + (context_size) + 8 + SKR_SECRET_SIZE_MAX)
skr_status_t skr_psk_import(const skr_provider_t *provider, const skr_psk_t *from,
    skr_view_t context, unsigned hash, uint8_t *room, size_t size, skr_psk_t *to);

// --- The configuration ---
typedef struct skr_profile skr_profile_t;
extern const skr_profile_t skr_profile_client13; // the smallest: TLS 1.3 client
extern const skr_profile_t skr_profile_server13; // TLS 1.3 server
extern const skr_profile_t skr_profile_client; // TLS 1.3 and 1.2 client
extern const skr_profile_t skr_profile_full; // everything, both roles

typedef struct {
    skr_role_t role;
    const skr_profile_t *profile; // which protocol scripts the build holds
    const skr_provider_t *provider;
    const skr_memory_t *memory;
    skr_random_t random; // NULL: the provider's
    void *random_user;

    // Versions, SKR_TLS12 or SKR_TLS13; 0: the oldest and the newest that the profile holds.
    uint16_t min_version, max_version;
    // Restrictions of what the provider offers; NULL: all of it in its order. Lists end with 0.
    const uint16_t *suites; // TLS cipher suite numbers in order of preference
    const uint16_t *groups; // SKR_GROUP_*
    const uint16_t *signatures; // SKR_SIG_*, for CertificateVerify

    // Trust
    skr_verify_t verify;
    const skr_anchor_t *anchors;
    size_t anchor_count; // at most 65535
    bool ignore_time; // for devices without a clock: expired certificates are then accepted
    bool ignore_name; // client: any name of a trusted chain will do; else the server's name is
                      // mandatory
    const skr_x509_rules_t *rules; // further rules for certificates (x509.h), NULL: none
    // Bytes in which the peer's certificates are remembered while they stream through, at least 64;
    // 0: SKR_CERTIFICATE_WINDOW. Larger: more of a chain may come out of order (docs/memory.md).
    uint16_t certificate_window;
    uint8_t max_intermediates; // as in skr_verify_request_t, 0: as many as SKR_PATH_MAX allows
    // Wait with SKR_WANT_VERIFY after the engine's own checks have passed. The Certificate message
    // then lies in memory as a whole, in SKR_REGION_MESSAGE where it comes in several records.
    bool ask_verify;

    // Handshake messages: larger ones are refused at their header, however they come. Bytes with
    // the header.
    uint16_t max_message; // at least SKR_MESSAGE_MIN, at most SKR_MESSAGE_MAX; 0: that
    uint32_t max_chain; // the peer's Certificate, as long as it streams: costs nothing; 0:
                        // SKR_MESSAGE_MAX. With ask_verify max_message counts

    // Identity
    const skr_credential_t *credentials;
    size_t credential_count; // at most SKR_CREDENTIALS_MAX
    bool require_known_name; // server: refuse names that no credential bears with unrecognized_name

    // Application protocols (ALPN, RFC 7301) in order of preference; the server's order decides.
    const skr_view_t *alpn;
    size_t alpn_count;

    // Coming back quickly (RFC 9846 sections 4.3.11 and 4.7.1)
    const uint8_t *session_key; // client: SKR_SESSION_KEY_SIZE bytes that seal saved sessions;
                                // NULL: no sessions
    uint16_t max_ticket; // client: bytes of a server's ticket that is kept, 0: SKR_TICKET_MAX
    const skr_ticket_keys_t *ticket_keys; // server: NULL: no tickets
    uint32_t ticket_lifetime; // server: seconds, 0: SKR_TICKET_LIFETIME, at most 604800
    uint8_t ticket_count; // server: tickets behind a handshake, 0: one
    // Keys that both sides were given, for both versions. A client offers the first
    // SKR_PSKS_OFFERED_MAX in TLS 1.3 and the first in TLS 1.2, a server takes any. A server
    // without credentials, or a client without roots, speaks to nobody else. In TLS 1.2 a key goes
    // with a fresh key exchange (ECDHE_PSK) unless suites names others (TLS_PSK_WITH_...), which
    // have no forward secrecy.
    const skr_psk_t *psks;
    size_t psk_count;
    // Server: wait with SKR_WANT_PSK for the key of an identity that is none of psks. No tickets
    // are made of such a connection: nobody could tell whether the key still holds.
    bool ask_psk;
    // TLS 1.3: keys and sessions also without a fresh key exchange (psk_ke): cheaper, but who ever
    // learns the key or the session's secret reads the whole connection. A client leaves it to the
    // server; a server takes it where the client offers nothing better.
    bool allow_psk_ke;

    // Records
    // Largest content accepted, bytes, at least 64; 0: SKR_RECORD_PLAIN_MAX. The peer is told (RFC
    // 8449). Unprotected records may have SKR_RECORD_CLEAR_MIN.
    uint16_t max_record_in;
    // Largest content sent, bytes; 0: SKR_RECORD_PLAIN_MAX. Data never more than fits a chunk.
    uint16_t max_record_out;
    // Bytes of the largest block that records lie in, at least SKR_CHUNK_MIN; 0: SKR_CHUNK_SIZE.
    // Records in, rounded down to a multiple of 16: larger ones lie in several; where the provider
    // can open them only whole (skr_aead_t), a record lies in one block whatever this says. Out:
    // data goes in records that fit, a Certificate in slices. Other handshake messages are built
    // whole and take their size all the same, usually below 1 KB: hellos (with a ticket or a long
    // identity more) and signatures.
    uint16_t chunk;
    // Protected content is padded with zeros to a multiple of this, as far as a chunk goes, 0: not
    // (RFC 9846 section 5.4).
    uint16_t pad_to;
    bool keep_cipher_state; // trade memory for speed: expanded keys stay between records
    bool no_compatibility; // don't disguise as TLS 1.2 for middleboxes (RFC 9846 appendix E.4)

    const skr_trace_t *trace; // NULL: none
    const skr_chain_watch_t *chain_watch; // NULL: none
    const skr_secret_log_t *secret_log; // NULL: none
} skr_config_t;

#endif
