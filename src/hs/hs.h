// The handshake protocol (RFC 9846 section 4): what one handshake knows, and how conn drives it.
//
// A script (tls13.def) says which message may come when; the walker (walk.c) is the only one that
// follows it; handlers build or judge one message each. Records, buffers and sockets are unknown
// here: messages and key changes go in and out.
#ifndef SKR_HS_HS_H
#define SKR_HS_HS_H

#include "base/writer.h"
#include "keys/schedule.h"
#include "keys/session.h"
#include "keys/suites.h"
#include "keys/transcript.h"
#include "skerry/config.h"
#include "wire/chain.h"
#include "wire/messages.h"

typedef struct hs hs_t;

// --- Facts: what is settled about this handshake; rows of the script ask for them. ---
enum {
    F_HRR = 1, // a HelloRetryRequest was sent
    F_FULL = 2, // certificates authenticate, not a PSK; TLS 1.2: nothing is resumed
    F_CERT_REQ = 4, // the server asks for the client's certificate
    F_EMPTY_CERT = 8, // the client has none
    F_PSK = 16, // a pre-shared key, or in TLS 1.2 a session's master secret, authenticates
    F_TICKET = 32, // TLS 1.2: the server will send a ticket
    F_KEYED = 64, // TLS 1.2, full: a pre-shared key authenticates, no certificate does
    F_KEX = 128, // TLS 1.2, keyed: there is a ServerKeyExchange
};

// --- Keys that start after a row, by their writer. ---
enum {
    K_S_HS = 1, // server_handshake_traffic_secret
    K_C_HS = 2,
    K_S_AP = 4, // server_application_traffic_secret_0
    K_C_AP = 8,
    K_C_12 = 16, // TLS 1.2: the client's only keys
    K_S_12 = 32,
    K_MASTER_12 =
        64, // TLS 1.2: no key yet but the master secret, which is bound to the messages so far
};

// --- Proofs: each is set in exactly one function, and application data opens on all that the
// policy demands. ---
enum {
    PROOF_FINISHED = 1, // fin13_recv: the peer saw the same handshake and has its keys
    PROOF_PATH = 2, // peer_finish_path: its chain leads to a trusted root and bears its name
    PROOF_SIGNATURE = 4, // auth_check_signature: it holds the certificate's key
    PROOF_PSK = 8, // psk.c: it knows the pre-shared key, if its Finished is right
};

// --- The script ---
typedef skr_status_t (*hs_send_t)(hs_t *hs, writer_t *w); // appends the message's body
typedef skr_status_t (*hs_recv_t)(hs_t *hs, skr_view_t body);

enum { HS_CLIENT = 1, HS_SERVER = 2 }; // who writes a row's message

typedef struct {
    uint8_t writer;
    uint16_t type; // wire_type_t
    uint16_t only_when, never_when; // facts that must, and that must not be there
    uint16_t keys; // that start after it
    uint16_t learns; // facts that a reader may learn from its arrival
    hs_send_t send; // one of the two, by role
    hs_recv_t recv;
} hs_step_t;

typedef struct {
    uint16_t version;
    uint8_t self; // HS_CLIENT or HS_SERVER
    uint8_t count;
    const hs_step_t *steps;
    // Starts the keys (K_*) behind a row: each version has its own schedule.
    skr_status_t (*change_keys)(hs_t *hs, uint16_t keys);
    // Client: what this version adds to the extensions of a ClientHello.
    void (*write_offer)(hs_t *hs, writer_t *w);
    // Bytes that a message of this role has at most (bound.h).
    size_t (*bound)(
        const skr_config_t *config, unsigned type, const skr_private_key_t *key, size_t identity);
    // A certificate of a Certificate message's body, by its index; false: there is none.
    bool (*certificate_at)(skr_view_t body, size_t index, skr_view_t *der);
    // TLS 1.3: resumption_secret, and a NewSessionTicket at the writer (section 4.7.1). NULL:
    // tickets are not sent behind the handshake.
    bool (*resumption)(const hs_t *hs, uint8_t *out);
    skr_status_t (*build_ticket)(hs_t *hs, writer_t *w);
    // Exporters (RFC 9846 section 7.5, RFC 5705). randoms: the client's and the server's, TLS 1.2
    // only.
    bool (*export_keys)(const skr_hash_t *hash, const uint8_t *secret,
        const uint8_t *const *randoms, skr_view_t label, skr_view_t context, uint8_t *out,
        size_t size);
} hs_script_t;

extern const hs_script_t hs_script_client13;
extern const hs_script_t hs_script_server13;
extern const hs_script_t hs_script_client12;
extern const hs_script_t hs_script_server12;

// What a build contains (src/profiles).
struct skr_profile {
    const hs_script_t *client13; // NULL: not in this build
    const hs_script_t *server13;
    const hs_script_t *client12;
    const hs_script_t *server12;
    // Record protection of TLS 1.2 by the AEAD's id (src/record); NULL without TLS 1.2.
    const struct record_protection *(*record12)(unsigned aead);
};

// --- What goes out of the handshake, to conn ---
typedef struct {
    // New keys for reading or writing from the next record on: TLS 1.3's as a traffic secret,
    skr_status_t (*secret)(void *user, bool writing, const uint8_t *secret);
    // TLS 1.2's as they are, the implicit part of the nonce in iv.
    skr_status_t (*keys)(
        void *user, bool writing, const uint8_t *key, const uint8_t *iv, size_t iv_size);
    // Client: a ticket came inside a TLS 1.2 handshake; its bytes are gone after the call.
    skr_status_t (*ticket)(void *user, uint32_t lifetime, skr_view_t ticket);
    void *user;
} hs_sink_t;

// --- One handshake: lives in SKR_REGION_HANDSHAKE, wiped and given back when it is complete. ---
struct hs {
    const skr_config_t *config;
    const hs_script_t *script;
    hs_sink_t sink;
    skr_name_t peer_name; // what the peer's certificate must bear; for clients
    int64_t now;

    uint16_t facts;
    uint8_t step; // index of the next row
    uint8_t proofs;
    bool leftover; // conn: handshake bytes are waiting behind the message at hand
    bool waiting; // the message at hand has been here before and waits for the caller
    bool early_data; // server: the client sends early data, which is to be skipped (section 4.3.10)

    const suite_t *suite;
    const skr_hash_t *hash;
    const skr_aead_t *aead;
    const skr_group_t *group; // whose share was made (client), that was chosen (server)
    uint32_t offered; // client: WIRE_EXT_BIT()s of its ClientHello, which the server may answer
    uint8_t alpn; // 1 + index in config->alpn of what was agreed, 0: none
    bool extended_master; // TLS 1.2: both sides have extended_master_secret (RFC 7627)
    bool secure_renegotiation; // TLS 1.2 server: the client knows renegotiation_info (RFC 5746)
    bool point_formats; // TLS 1.2 server: the client named its point formats (RFC 8422)
    bool limit_agreed; // server: the client sent record_size_limit
    uint8_t fragment_code; // max_fragment_length that was offered (client), that was accepted
                           // (server); 0: none
    uint16_t limit_out; // the largest content that the peer takes in a record, 0: it has not said
    bool name_known; // server: the client named a host that the chosen credential bears
    const skr_credential_t *credential; // this side's; NULL: none
    const skr_signature_t *scheme; // that this side signs with
    uint16_t peer_scheme; // that the peer signed with

    bool more; // the message at hand is a piece, and others follow
    wire_chain_t chain; // where a Certificate is that comes in pieces
    struct x509_stream *stream; // SKR_REGION_CERTIFICATES, while it comes
    size_t stream_size;
    uint8_t peer_key_hash; // skr_hash_id_t that an RSA-PSS key is bound to, SKR_HASH_NONE: any
    skr_public_key_t peer_key; // views into peer_key_block
    uint8_t *peer_key_block; // SKR_REGION_PEER_CERTIFICATE
    size_t peer_key_size;
    uint8_t *cookie; // client: of a HelloRetryRequest, until it was sent; the same region
    size_t cookie_size;
    uint32_t short_size; // bytes that the caller's memory did not have
    uint8_t short_region; // skr_region_t
    bool path_checked; // auth_recv_cert has been here before it waited
    uint8_t verdict; // the caller's answer to SKR_WANT_VERIFY: HS_VERDICT_*
    skr_verify_result_t path;
    skr_view_t signature; // the caller's answer to SKR_WANT_SIGNATURE, during that call only
    bool signature_refused;
    uint32_t built; // bytes of this side's Certificate that are built, as long as not all are

    session_t session; // that is offered (client), that is resumed (server)
    uint8_t binding[SESSION_BINDING_SIZE]; // what a session of this handshake is bound to
    skr_view_t psk; // the pre-shared key, wherever it lies; while psk_waits the identity that it is
                    // asked for
    bool psk_external; // it is the configuration's
    bool psk_waits; // server: SKR_WANT_PSK
    uint8_t psk_asked; // server: 1 + index of the identity that psk_reply is for
    uint8_t psk_reply; // HS_REPLY_*: the caller's answer
    uint8_t psk_reply_hash; // of the key that was given, which lies in to_sign,
    uint8_t psk_reply_size;
    bool psk_reply_imported;
    bool psk_alone; // server: no key exchange beside it (psk_ke)
    uint8_t psk_index; // server: which of the client's identities
    uint8_t tickets_sent;
    bool tickets_wanted; // server: the client can use tickets

    uint8_t session_id_size;
    uint16_t psk_number; // 1 + index in config->psks of the key that proves the peer, or that did
                         // in the session; 0: none of them
    uint16_t shared_size; // 0: no key exchange (psk_ke)
    uint16_t share_size;
    uint8_t client_random[SKR_RANDOM_SIZE];
    uint8_t server_random[SKR_RANDOM_SIZE]; // TLS 1.2
    uint8_t session_id[SKR_SESSION_ID_MAX];
    uint8_t share[SKR_GROUP_PUBLIC_MAX]; // this side's key share
    uint8_t private_key[SKR_GROUP_PRIVATE_MAX]; // client: of the share
    uint8_t shared[SKR_GROUP_SHARED_MAX]; // from the key exchange to the key change
    uint8_t to_sign[176]; // what SKR_WANT_SIGNATURE shows; before that, a key that was given
    uint8_t to_sign_size;

    schedule_t schedule;
    transcript_t transcript;
};

enum { HS_VERDICT_NONE, HS_VERDICT_ACCEPT, HS_VERDICT_REFUSE };
enum { HS_REPLY_NONE, HS_REPLY_GIVEN, HS_REPLY_NOBODY };
enum { HS_PSK_GIVEN = 0xffff }; // psk_number of a key that the caller gave

// Starts a handshake in zeroed memory. peer_name: see struct. SKR_ERR_CONFIG: the profile holds no
// script for the role.
skr_status_t hs_init(hs_t *hs, const skr_config_t *config, hs_sink_t sink, int64_t now);
// Has the peer proved all that the configuration demands? The one question that opens application
// data.
bool hs_proved(const hs_t *hs);
// Has the peer shown who it is, now or in the session that is resumed?
bool hs_peer_verified(const hs_t *hs);
// Is this version in the build and in the configuration's bounds?
bool hs_allows(const skr_config_t *config, uint16_t version);
// The script of a role and version in the build, NULL: none.
const hs_script_t *hs_script(const skr_config_t *config, uint16_t version);
// Memory of one of the caller's regions; NULL: there is none, and short_size and short_region say
// of what. It goes back wiped; data may be NULL.
void *hs_take(hs_t *hs, skr_region_t region, size_t size);
void hs_give(hs_t *hs, skr_region_t region, void *data, size_t size);
// All that is still taken goes back.
void hs_end(hs_t *hs);
// Random bytes from the configuration's source, else the provider's.
skr_status_t hs_random(const hs_t *hs, uint8_t *out, size_t size);
// The cipher suite is settled: with it the hash and the AEAD, which the provider has.
void hs_take_suite(hs_t *hs, const suite_t *suite);
// What a provider's answer means when only the provider can be at fault.
static inline skr_status_t hs_local(bool ok) {
    return ok ? SKR_OK : SKR_ERR_PROVIDER;
}
static inline bool hs_is_client(const hs_t *hs) {
    return hs->script->self == HS_CLIENT;
}

#endif
