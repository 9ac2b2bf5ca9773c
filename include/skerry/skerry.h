// Skerry: TLS 1.3 (RFC 9846) over bytes. The engine never blocks, reads, writes, sleeps or asks the
// time:
//
//     skr_conn_t *conn = skr_conn_init(memory, sizeof memory, &config, name, now);
//     for (;;) {
//         send what skr_conn_output() shows, tell skr_conn_sent() how much went;
//         skr_conn_feed() what came from the peer;
//         skr_conn_read() and skr_conn_write() once skr_conn_handshake() says SKR_OK;
//     }
//
// Calls return an skr_status_t: SKR_OK, a wait (positive: what the connection needs next) or an
// error (negative). The first error sticks: every later call returns it, and skr_conn_output()
// still offers the alert that tells the peer.
#ifndef SKR_SKERRY_H
#define SKR_SKERRY_H

#include "skerry/config.h"

#define SKR_VERSION "0.1.0"

typedef struct skr_conn skr_conn_t;

// Makes a connection in memory (SKR_CONN_SIZE bytes, 16-aligned) that the caller keeps until
// skr_conn_free(). config and server_name must outlive it. server_name: for clients the host to
// reach and to find in its certificate (a DNS name or an IP address); absent for servers. now:
// seconds since 1970 (skr_conn_set_time() later), 0 when unknown. Never NULL for a big enough
// memory; what is wrong with the configuration is the first call's error.
skr_conn_t *skr_conn_init(
    void *memory, size_t size, const skr_config_t *config, skr_view_t server_name, int64_t now);
void skr_conn_set_time(skr_conn_t *conn, int64_t now);
// Wipes and gives back everything. Sends nothing: skr_conn_close() first.
void skr_conn_free(skr_conn_t *conn);

// --- Bytes from and to the peer ---
// Takes bytes from the peer; *used says how many. SKR_OK: all were taken or more can come.
// SKR_WANT_READ: application data must be read before more is taken. SKR_WANT_OUTPUT: output must
// be sent first. SKR_CLOSED: the peer has finished.
skr_status_t skr_conn_feed(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *used);
// The stream has ended: SKR_CLOSED after close_notify, else SKR_ERR_TRUNCATED, or
// SKR_ERR_CLOSED_EARLY in the handshake.
skr_status_t skr_conn_feed_eof(skr_conn_t *conn);
// What waits to be sent: the number of bytes, *data at the first. Valid until the next call.
size_t skr_conn_output(skr_conn_t *conn, const uint8_t **data);
// size bytes of it are on their way.
void skr_conn_sent(skr_conn_t *conn, size_t size);
// Bytes that the connection needs to complete the record that it is in: a hint for how much to
// receive at once. At least 1.
size_t skr_conn_needs(const skr_conn_t *conn);

// --- The handshake ---
// Goes on as far as it can. SKR_OK: complete. SKR_WANT_*: see errors.h.
skr_status_t skr_conn_handshake(skr_conn_t *conn);
// While SKR_WANT_VERIFY: the chain as the peer sent it, DER, leaf first. false: there is no such
// certificate.
bool skr_conn_peer_certificate(const skr_conn_t *conn, size_t index, skr_view_t *der);
// The answer to SKR_WANT_VERIFY. accept false: SKR_ERR_CERT_REFUSED.
skr_status_t skr_conn_verified(skr_conn_t *conn, bool accept);
// While SKR_WANT_SIGNATURE: the key, the scheme and what to sign (the digest of scheme's hash, or
// the message with Ed25519).
typedef struct {
    const skr_private_key_t *key;
    uint16_t scheme;
    skr_view_t message;
} skr_to_sign_t;
bool skr_conn_to_sign(const skr_conn_t *conn, skr_to_sign_t *to_sign);
// The answer: the signature in the scheme's encoding; size 0: refused, the handshake fails.
skr_status_t skr_conn_signed(skr_conn_t *conn, const uint8_t *signature, size_t size);

// While SKR_WANT_PSK (config.ask_psk): whose key is wanted, as the client wrote it. false: none is.
bool skr_conn_psk_identity(const skr_conn_t *conn, skr_view_t *identity);
// The answer; the key's bytes are copied, its identity is not looked at. NULL: nobody's, and the
// handshake goes on as for one that is in no list. SKR_ERR_CONFIG: its size or hash does not fit;
// it is asked for still.
skr_status_t skr_conn_give_psk(skr_conn_t *conn, const skr_psk_t *psk);

// --- Coming back ---
// Client, before the first byte is sent: offers to resume what skr_conn_session() gave earlier. The
// bytes are copied. false: they are of no use (altered, cut, expired, for another name, protocol or
// policy), and the handshake will be a full one.
bool skr_conn_resume(skr_conn_t *conn, const uint8_t *session, size_t size);
// Client: the newest session that came from the server, sealed with the configuration's
// session_key: at most SKR_SESSION_OVERHEAD bytes beside the server's ticket. 0: none (yet). Valid
// until the next call.
size_t skr_conn_session(const skr_conn_t *conn, const uint8_t **session);
void skr_conn_session_done(skr_conn_t *conn); // it was saved: its memory goes back

// --- Application data ---
// Copies up to size bytes out. SKR_OK with *got > 0, or *got == 0 with SKR_WANT_INPUT or
// SKR_CLOSED.
skr_status_t skr_conn_read(skr_conn_t *conn, uint8_t *data, size_t size, size_t *got);
size_t skr_conn_readable(const skr_conn_t *conn); // bytes that skr_conn_read() has at once
// Seals up to size bytes into the output. *taken says how many; SKR_WANT_OUTPUT with *taken == 0:
// send first.
skr_status_t skr_conn_write(skr_conn_t *conn, const uint8_t *data, size_t size, size_t *taken);
// Says close_notify; reading goes on until the peer says it too (section 6.1). In the handshake
// that is the end: later calls return SKR_ERR_CLOSED.
skr_status_t skr_conn_close(skr_conn_t *conn);
// New keys for what this side writes; request: the peer shall do the same (section 4.7.3).
skr_status_t skr_conn_update_keys(skr_conn_t *conn, bool request);
// Keying material for other protocols (section 7.5). label is ASCII without the "EXPORTER" rules
// being checked; size at most 255*hash. In TLS 1.2 (RFC 5705) only where both sides have
// extended_master_secret, else SKR_ERR_USAGE.
skr_status_t skr_conn_export(
    const skr_conn_t *conn, skr_view_t label, skr_view_t context, uint8_t *out, size_t size);

// --- What is known ---
typedef struct {
    uint16_t version; // SKR_TLS13, 0 before the handshake is complete
    uint16_t suite, group;
    uint16_t peer_scheme; // that the peer signed with, 0: it has not
    const char *suite_name, *group_name,
        *scheme_name; // in the registry's spelling; "" when unknown
    skr_view_t alpn; // absent: none was agreed
    bool complete; // the handshake
    bool peer_verified; // its chain leads to a trusted root, its name fits (unless told not to
                        // look) and it holds the key
    bool retried; // there was a HelloRetryRequest
    bool resumed; // no certificates: a session was resumed
    skr_view_t psk_identity; // of the configuration's key that proved the peer; absent: none did
    uint64_t bytes_in, bytes_out; // on the wire
} skr_conn_info_t;
void skr_conn_info(const skr_conn_t *conn, skr_conn_info_t *info);

// The first error, in detail.
#define SKR_ERROR_ANCHOR 128
typedef struct {
    skr_status_t status; // SKR_OK: there is none
    uint8_t alert_sent, alert_received; // skr_alert_t, SKR_ALERT_NONE
    uint8_t certificate; // for SKR_CLASS_CERTIFICATE: which of the chain; SKR_ERROR_ANCHOR + n: the
                         // configuration's anchor n
    uint8_t field; // and which field of it, skr_field_t
    uint32_t value, limit; // SKR_ERR_RECORD_LIMIT, _RECORD_OVERFLOW, _MESSAGE_TOO_LONG: both
                           // numbers; _MEMORY: value bytes, limit the region
} skr_error_t;
void skr_conn_error(const skr_conn_t *conn, skr_error_t *error);

// Writes one line for a key log file (RFC 9850): "LABEL random secret\n". line has SKR_KEYLOG_LINE
// bytes. In an object of its own: a program that does not call it does not hold it. Returns the
// line's size.
#define SKR_KEYLOG_LINE 256
size_t skr_keylog_line(char *line, const char *label, const uint8_t *client_random,
    const uint8_t *secret, size_t size);

// The n-th cipher suite that a provider can do, in its order of preference, those of TLS 1.3 first;
// 0: no more.
uint16_t skr_suite_at(const skr_provider_t *provider, size_t n);
// The cipher suite of this name, whether or not a provider can do it, also of those that no list
// has unless they are named (CCM_8, TLS_PSK); 0: unknown.
uint16_t skr_suite_named(skr_view_t name);
// Names in the registry's spelling, "" when unknown.
const char *skr_suite_name(uint16_t suite);
const char *skr_group_name(uint16_t group);
const char *skr_scheme_name(uint16_t scheme);

// --- How much memory ---
// What the worst run that a peer and a caller can bring about takes of skr_memory_t, exactly: it
// can be reached, and is never passed by a byte. Counted is what take() is asked for. Not counted:
// the connection object (SKR_CONN_SIZE), the stack, what a memory needs for its own books, what the
// provider's library allocates by itself.
enum { SKR_SLOT_COUNT = 8 };
typedef struct {
    size_t bytes; // the most at once
    size_t largest; // of one block
    size_t blocks; // the most at once
} skr_need_t;
typedef struct {
    skr_need_t region[SKR_REGION_COUNT];
    skr_need_t all; // of all together: less than their sum, since not all are there at once
    size_t place; // bytes for skr_place_init(): some more than all.bytes (docs/memory.md)
    uint32_t slot[SKR_SLOT_COUNT]; // how it divides them
} skr_memory_need_t;
// Arguments as for skr_conn_init(), with the longest name that will be asked for; config->memory is
// not looked at. Everything in the configuration counts: role, versions, suites, keys, credentials,
// limits. SKR_OK, or what is wrong with the configuration; whether keys fit certificates is not
// asked.
skr_status_t skr_memory_needed(
    const skr_config_t *config, skr_view_t server_name, skr_memory_need_t *need);
// The same for the rest of a connection's life once its handshake is complete and it holds no
// block: a bound that is not always reached.
skr_status_t skr_memory_needed_after(
    const skr_config_t *config, skr_view_t server_name, skr_memory_need_t *need);

// Ready memories.
//
// A place is for one connection at a time: each region has its own spot in one block of the
// caller's, shared with what is never there at once. Nothing is searched and nothing can be torn
// into pieces: with need.place bytes no request is ever refused. need is of the connection's
// configuration; start is 16-aligned. skr_place_memory() fills memory. false: too small.
typedef struct {
    uint8_t *start[SKR_SLOT_COUNT];
    uint32_t size[SKR_SLOT_COUNT];
    uint32_t key_at; // in the handshake's slot
    uint32_t in_next; // bytes of the record at hand's blocks,
    uint16_t in_count; // and how many are there
    uint16_t taken; // bits of skr_region_t
    uint8_t message_slot, output_slot;
} skr_place_t;
bool skr_place_init(skr_place_t *place, void *start, size_t size, const skr_memory_need_t *need);
void skr_place_memory(skr_place_t *place, skr_memory_t *memory);

// A pool serves several connections from one caller-owned block (first fit; skr_pool_memory() fills
// memory). A block in it takes its size, rounded up to a multiple of 16, and SKR_POOL_OVERHEAD.
// Where room is short it may be in pieces: a request may be refused although there are bytes
// enough.
typedef struct skr_pool_block skr_pool_block_t;
typedef struct {
    uint8_t *start;
    size_t size, used, peak; // bytes, with the overhead
    skr_pool_block_t *first; // that is taken
    uint32_t shares, shares_peak; // that there are, and the most at once
    uint32_t turned_away; // times that a share found no room
    uint32_t over; // requests beyond their share
} skr_pool_t;
void skr_pool_init(skr_pool_t *pool, void *start, size_t size);
void skr_pool_memory(skr_pool_t *pool, skr_memory_t *memory);

// One connection's share of a pool, for servers of many: a place of its own in it, as large as its
// need. As long as it lasts nobody else is there: a connection with its need is never refused a
// block, whatever the others do, and who asks for more than its share is refused it alone
// (SKR_ERR_MEMORY). For whom there is no room is not begun. In the pool a share takes its place,
// rounded up to a multiple of 16, and SKR_POOL_OVERHEAD; pool.used is what is promised.
typedef struct {
    skr_pool_t *pool;
    void *start; // NULL: it is not begun
    size_t size; // bytes
    size_t used, peak; // bytes that its connection holds, and the most that it ever held
    uint32_t blocks; // that it holds
    uint32_t over; // requests that were refused
    skr_place_t place;
} skr_pool_share_t;
// A share that is not begun, and the memory of the connection that will have it. Each connection
// has a skr_memory_t, and so a skr_config_t, of its own.
void skr_pool_share_init(skr_pool_share_t *share, skr_pool_t *pool, skr_memory_t *memory);
// Before skr_conn_init(). false: there is no room now. While its connection holds no block
// (share.blocks is 0; with keep_cipher_state that is never so again) a share may be begun anew, and
// moves: with the need of skr_memory_needed_after() when the handshake is complete, which is
// smaller and never refused, or with the same, to where the first room is. Where a larger one is
// refused there is no share left. While it holds a block: false, and nothing changes.
bool skr_pool_share_begin(skr_pool_share_t *share, const skr_memory_need_t *need);
// Behind skr_conn_free(). false: a block is still held, and nothing changes.
bool skr_pool_share_end(skr_pool_share_t *share);

#endif
