// The connection: the only glue. Joins records, handshake and keys to the caller's bytes and
// memory.
//
// Rooms: conn.c makes, ends and tells; config.c judges the configuration; input.c takes records
// apart; content.c keeps their bytes; message.c puts handshake messages together; advance.c drives
// the handshake and opens application data; output.c makes records; post.c handles what comes after
// the handshake. Nothing here knows a message's content.
#ifndef SKR_CONN_CONN_H
#define SKR_CONN_CONN_H

#include "hs/hs.h"
#include "hs/walk.h"
#include "record/record.h"
#include "skerry/skerry.h"

// One direction's keys. The traffic secret stays for KeyUpdate (RFC 9846 section 7.2); TLS 1.2 has
// none, and keeps the writer's Random there for exporters (RFC 5705).
typedef struct {
    record_keys_t keys;
    uint8_t secret[SKR_SECRET_SIZE_MAX];
    void *cipher; // SKR_REGION_CIPHER_*: the expanded keys, while they are there
} conn_side_t;

// A block that comes and goes.
typedef struct {
    uint8_t *data; // NULL: not there
    uint32_t size; // of the block
    uint32_t start; // first byte that is still of use
    uint32_t end; // behind the last
} conn_block_t;

// The record at hand, in one block or several (SKR_REGION_RECORD_IN).
typedef struct {
    record_pieces_t pieces; // size and block sizes are settled by the header
    uint8_t *fill; // where the next byte from the wire goes,
    uint16_t left; // and how many have room there
    uint16_t filled; // bytes that are there, and what is content of them once record_ready: all
    uint16_t start, end; // three are counted from the front block on
} conn_record_t;

struct skr_conn {
    const skr_config_t *config;
    hs_t *hs; // NULL once the handshake is complete, or has failed
    skr_view_t server_name;
    int64_t now;
    int64_t began; // client: when a resumed session's peer authenticated, 0: now
    const hs_script_t *script; // of the version that is spoken, once the handshake is complete
    const suite_t *suite;
    const skr_hash_t *hash;

    conn_side_t in, out;
    uint8_t exporter[SKR_SECRET_SIZE_MAX];
    uint8_t resumption[SKR_SECRET_SIZE_MAX]; // client that saves sessions: resumption_secret

    conn_record_t record;
    conn_block_t message; // a handshake message that is put together; complete when end == size
    conn_block_t output;
    conn_block_t session; // client: one that is offered, later a new one until it is taken
    skr_error_t error;

    uint64_t bytes_in, bytes_out;
    uint16_t limit_out; // the largest content that the peer takes in a record, 0: any
    uint16_t group, peer_scheme;
    uint16_t psk_number; // 1 + index in config->psks of the key that proved the peer, 0: none
    uint8_t record_header[SKR_RECORD_HEADER_SIZE];
    uint8_t record_header_fill;
    uint16_t record_left; // bytes of the record behind the part at hand: what is not protected
                          // comes in parts, each like a record of its own
    uint8_t message_header[SKR_MESSAGE_HEADER_SIZE];
    uint8_t message_header_fill;
    uint8_t record_type; // of the content at hand
    uint8_t last_words[32]; // a sealed alert: needs no memory of the caller when all else is gone
    uint8_t last_words_start, last_words_end;
    uint8_t alpn; // 1 + index, 0: none
    uint8_t updates_asked; // KeyUpdates that the peer owes: they don't count as a flood
    uint8_t empty_records, idle_messages, warnings, change_ciphers; // floods

    bool record_begun; // its memory is there
    bool record_clear; // it is not protected
    bool record_ready; // the content may be looked at
    bool complete; // the gate is open: application data may pass
    bool peer_verified : 1;
    bool retried : 1;
    bool resumed : 1;
    bool exports : 1; // the master secret is bound to this handshake (RFC 7627 section 5.4)
    bool session_new : 1; // session is one to be saved, not the one that was offered
    bool received : 1; // at least one record header
    bool hello_done : 1; // the first ClientHello was sent or received
    bool ccs_sent : 1; // the compatibility ChangeCipherSpec (appendix E.4)
    bool update_due; // the peer asked for a KeyUpdate
    bool closed_in; // close_notify came
    bool closed_out; // close_notify was sent
    bool skip_early; // server: records that can't be opened are early data (section 4.3.10)
    uint32_t skipped; // bytes of early data passed over
    uint32_t pieces_left; // bytes still to come of a message that is judged piece by piece
};

// config.c
skr_status_t config_check(const skr_config_t *config, skr_view_t server_name);
// The same without a look at certificates and keys, which is the provider's work.
skr_status_t config_check_form(const skr_config_t *config, skr_view_t server_name);
bool config_key_fits(const skr_psk_t *psk); // a pre-shared key's size and hash
static inline size_t config_chunk(const skr_config_t *config) {
    return config->chunk != 0 ? config->chunk : SKR_CHUNK_SIZE;
}
// Of records in: addresses stand at the end of blocks, and are aligned.
static inline size_t config_chunk_in(const skr_config_t *config) {
    return config_chunk(config) / 16 * 16;
}
// Bytes of the largest handshake message that is put together, and of the largest Certificate that
// is not.
static inline size_t config_message_max(const skr_config_t *config) {
    return config->max_message != 0 ? config->max_message : SKR_MESSAGE_MAX;
}
static inline size_t config_chain_max(const skr_config_t *config) {
    return config->max_chain != 0 ? config->max_chain : SKR_MESSAGE_MAX;
}
// Tickets that a server sends behind a handshake.
static inline uint8_t config_ticket_count(const skr_config_t *config) {
    return config->ticket_count != 0 ? config->ticket_count : 1;
}
static inline size_t config_ticket_max(const skr_config_t *config) {
    return config->max_ticket != 0 ? config->max_ticket : SKR_TICKET_MAX;
}
// Bytes of the largest block of records.
static inline size_t conn_chunk(const skr_conn_t *conn) {
    return config_chunk(conn->config);
}
// Does something of the handshake wait to be sent? Then only alerts are listened to.
static inline bool conn_handshake_pending(const skr_conn_t *conn) {
    return conn->hs != NULL && conn->output.data != NULL;
}

enum {
    CONN_CCS_SIZE = 6, // bytes of a ChangeCipherSpec record
    // The next block's address stands in so many bytes at the end of a block of a record in, which
    // leaves whole blocks of the AEAD before it.
    CONN_LINK_SIZE = 16,
};

// conn.c
// The first error sticks: everything is given back but what must still be sent. Returns the error
// that stands.
skr_status_t conn_fail(skr_conn_t *conn, skr_status_t status);
bool conn_take(skr_conn_t *conn, skr_region_t region, conn_block_t *block,
    size_t size); // false: SKR_ERR_MEMORY stands ready in error
void conn_give(skr_conn_t *conn, skr_region_t region,
    conn_block_t *block); // wiped; nothing happens when it is not there
void conn_end_handshake(skr_conn_t *conn);
// All that came from the peer is given back, before an alert needs memory: what comes is over.
void conn_drop_input(skr_conn_t *conn);
// New keys of one direction from a traffic secret.
skr_status_t conn_install(skr_conn_t *conn, bool writing, const uint8_t *secret,
    const skr_hash_t *hash, const skr_aead_t *aead);
// The next generation of one direction's keys (section 7.2).
skr_status_t conn_next_keys(skr_conn_t *conn, bool writing);
// Expanded keys for the next record, and their end; they stay with keep_cipher_state.
skr_status_t conn_cipher(skr_conn_t *conn, bool writing);
void conn_cipher_done(skr_conn_t *conn, bool writing);
void conn_cipher_end(skr_conn_t *conn, bool writing);
void conn_trace(const skr_conn_t *conn, bool sent, skr_layer_t layer, uint8_t type,
    bool is_protected, size_t size, const char *name);

// content.c
// A record of this size begins: its first block. In one beyond the configured chunk only where it
// must be opened in one (in_pieces false).
bool conn_record_begin(skr_conn_t *conn, size_t size, bool in_pieces);
// As many of its bytes as there are and belong to it, *used of them. false: no memory for more.
bool conn_record_fill(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *used);
void conn_record_done(skr_conn_t *conn);
// The content of the record at hand, once record_ready: how much of it is left, the bytes of it
// that lie together at its front, and that size of those are used up: a block without any left is
// given back. Whoever has used the last one calls conn_record_done().
size_t conn_content_left(const skr_conn_t *conn);
skr_view_t conn_content(const skr_conn_t *conn);
void conn_content_use(skr_conn_t *conn, size_t size);

// message.c
// The next whole handshake message of the content at hand: SKR_OK with *message, SKR_WANT_INPUT
// when there is none yet. It stays the next one until conn_message_done(). Of one that is judged
// piece by piece only the header: *message is smaller than *size then.
skr_status_t conn_next_message(skr_conn_t *conn, skr_view_t *message, size_t *size);
void conn_message_done(skr_conn_t *conn, skr_view_t message);
// Are there handshake bytes behind the message (absent: at all)?
bool conn_leftover(const skr_conn_t *conn, skr_view_t message);
// Is a message begun and not whole?
bool conn_message_begun(const skr_conn_t *conn);

// advance.c
// Goes on with handshake and content as far as can be.
skr_status_t conn_advance(skr_conn_t *conn);

// output.c
// How records out are made: content of one, bytes of a block, what is beside the content, padding.
typedef struct {
    size_t limit, chunk, overhead, pad_to;
} conn_shape_t;
// Bytes that a message takes in records.
size_t conn_message_room(const conn_shape_t *shape, size_t size);
// Of a block in which a flight of so many messages, size bytes in all, gathers.
size_t conn_flight_block(const skr_config_t *config, size_t size, size_t messages);
size_t conn_output_limit(const skr_conn_t *conn); // content bytes of one record
// The handshake message whose turn it is. SKR_WANT_OUTPUT: no room.
skr_status_t conn_send_handshake(skr_conn_t *conn);
// TLS 1.2's ChangeCipherSpec, whose turn it is.
skr_status_t conn_send_ccs(skr_conn_t *conn);
skr_status_t conn_send_update(skr_conn_t *conn, bool request);
// Writes the alert into last_words; nothing when it can't be sealed.
skr_status_t conn_send_alert(skr_conn_t *conn, skr_alert_t alert);
size_t conn_pending(const skr_conn_t *conn);

// Server: the next ticket that is due. SKR_WANT_OUTPUT: no room; SKR_OK with tickets left: call
// again.
skr_status_t conn_send_ticket(skr_conn_t *conn);

// session.c
// Bytes of the largest session that a client with this configuration can have.
size_t conn_session_max(const skr_config_t *config);
void conn_session_end(skr_conn_t *conn);
// A ticket has come (section 4.7.1; inside a TLS 1.2 handshake, RFC 5077): a new session, where the
// configuration has a key to seal it.
skr_status_t conn_take_ticket12(void *user, uint32_t lifetime, skr_view_t ticket);
skr_status_t conn_take_ticket(skr_conn_t *conn, const wire_new_session_ticket_t *ticket);

// post.c
// May a message of this type and size come behind the handshake? Judged at the header of one that
// is to be put together.
skr_status_t post_judge(const skr_conn_t *conn, uint8_t type, size_t size);
skr_status_t post_recv(skr_conn_t *conn, skr_view_t message);

#endif
