// Every size and every bound of the engine, with its unit and what it costs. Nothing else in the
// tree writes such a number down.
#ifndef SKR_LIMITS_H
#define SKR_LIMITS_H

// --- Records (RFC 9846 section 5) ---
#define SKR_RECORD_HEADER_SIZE 5 // bytes: type, legacy version, length
#define SKR_RECORD_PLAIN_MAX 16384 // bytes of content, 2^14 (section 5.1)
#define SKR_RECORD_EXPANSION_MAX 256 // bytes that protection may add (section 5.2)
#define SKR_RECORD_PROTECTED_MAX (SKR_RECORD_PLAIN_MAX + SKR_RECORD_EXPANSION_MAX)

// Bytes of the largest block of records, in where the AEAD can open in pieces and out, when the
// configuration says nothing. Of those in 16 are the next block's address and what aligns it. A
// smaller one costs an AEAD's call and a block's administration more often, and smaller records
// out; a larger one must be found free in one piece.
#define SKR_CHUNK_SIZE 2048
#define SKR_CHUNK_MIN 64 // smaller ones are refused

// Bytes of a record that is taken in while this side's part of the handshake waits to be sent: an
// alert. Anything larger waits until it has gone, so that a connection never pays for both.
#define SKR_ALERT_RECORD_MAX 64

// Content of an unprotected record that is accepted whatever max_record_in says, bytes: hellos come
// before a limit can be told (RFC 8449 section 4), and TLS 1.2 sends its certificates so.
#define SKR_RECORD_CLEAR_MIN 4096

// --- Handshake messages (RFC 9846 section 4) ---
#define SKR_MESSAGE_HEADER_SIZE 4 // bytes: type and 24-bit length
// Largest handshake message that is accepted when the configuration says nothing (max_message,
// max_chain), in bytes with its header; refused at its header. It costs memory only while a message
// of that size is being put together. 2^24-1 would be legal, a chain of RSA-4096 certificates needs
// 16 KB.
#define SKR_MESSAGE_MAX 32768
#define SKR_MESSAGE_MIN \
    640 // bytes: a smaller max_message is refused, since signatures would not fit (RSA-4096)
#define SKR_RANDOM_SIZE 32 // bytes (section 4.2.2)
#define SKR_SESSION_ID_MAX 32 // bytes (section 4.2.2)
#define SKR_COOKIE_MAX \
    512 // bytes of a HelloRetryRequest's cookie that a client sends back; costs as much, until then
#define SKR_ALPN_MAX 255 // bytes of one protocol name (RFC 7301 section 3.1)
#define SKR_SERVER_NAME_MAX 255 // bytes (RFC 6066 section 3, RFC 1035 section 2.3.4)
#define SKR_CHAIN_MAX \
    16 // certificates in a chain that a peer sends; each costs one view while it is checked
#define SKR_CREDENTIALS_MAX 32 // certificates that one server configuration chooses from

// --- Counts that stop floods (RFC 9846 section C.3 and appendix D of design.md) ---
#define SKR_EMPTY_RECORDS_MAX 16 // records in a row that carry nothing
#define SKR_KEY_UPDATES_MAX 32 // KeyUpdates in a row without application data between them
#define SKR_TICKETS_MAX \
    64 // NewSessionTicket messages in a row without application data between them
#define SKR_WARNING_ALERTS_MAX 4 // user_canceled alerts in a row
// Bytes of early data that a server does not take and passes over, with their headers (section
// 4.3.10).
#define SKR_EARLY_SKIPPED_MAX 65536
#define SKR_CCS_MAX 32 // ChangeCipherSpec records that one handshake may hold (section 5)

// --- Cryptography ---
#define SKR_HASH_SIZE_MAX 64 // bytes, SHA-512 (only ever for signatures)
#define SKR_SECRET_SIZE_MAX 48 // bytes, SHA-384: the largest hash of a TLS 1.3 cipher suite
#define SKR_HASH_STATE_MAX 232 // bytes, the largest provider's running SHA-384
#define SKR_HASH_BLOCK_MAX 128 // bytes, SHA-384
#define SKR_AEAD_KEY_MAX 32 // bytes
#define SKR_AEAD_NONCE_SIZE 12 // bytes; all AEADs of RFC 9846 use 12
#define SKR_AEAD_TAG_MAX 16 // bytes; an AEAD says how many of them it has
#define SKR_AEAD_STATE_MAX \
    320 // bytes, the largest expanded state of a provider that seals sessions
#define SKR_AEAD_RUN_MAX \
    112 // bytes of stack while a record is opened in pieces, the largest provider's
#define SKR_GROUP_PRIVATE_MAX 48 // bytes, P-384
#define SKR_GROUP_PUBLIC_MAX 97 // bytes, P-384 uncompressed
#define SKR_GROUP_SHARED_MAX 48 // bytes, P-384
#define SKR_RSA_BITS_MIN 2048 // smaller keys are refused
#define SKR_RSA_BITS_MAX 4096 // larger keys are refused
#define SKR_RSA_EXPONENT_BITS_MAX 32 // larger public exponents are refused
#define SKR_SIGNATURE_MAX (SKR_RSA_BITS_MAX / 8) // bytes of the largest signature
#define SKR_SIGNATURE_EC_MAX 104 // of the largest that is not RSA's: ECDSA over P-384 in DER
#define SKR_PUBLIC_KEY_MAX \
    (SKR_RSA_BITS_MAX / 8 + \
        SKR_RSA_EXPONENT_BITS_MAX / 8) // bytes kept of a peer's public key: modulus and exponent

// --- X.509 (RFC 5280) ---
#define SKR_PATH_MAX 10 // certificates of a path without its anchor; each costs 16 bytes of stack
#define SKR_VERIFY_CHAIN_MAX \
    64 // certificates in a chain that skr_x509_verify() is given; the caller keeps their views
// Bytes in which certificates are remembered while they stream through, when the configuration says
// nothing: with what the validation itself takes on a 32-bit core (but for a running hash) 1536.
// Enough for chains in order, with certificates too many or twice, of RSA-4096 keys and signatures,
// which need 1360; docs/memory.md says what else. It buys chains that come out of order.
#define SKR_CERTIFICATE_WINDOW 1408
#define SKR_PATH_SIGNATURES_MAX \
    32 // signatures that are checked at most to find a path; a signature is the dear part
#define SKR_NAME_CHECKS_MAX \
    4096 // comparisons of a name with a name constraint that one verification may make
#define SKR_EXTENSIONS_MAX \
    64 // extensions in a certificate; the work to find doubles grows with the square
#define SKR_SERIAL_MAX 20 // bytes of a serial number (section 4.1.2.2)

// --- Coming back ---
#define SKR_SESSION_KEY_SIZE 32 // bytes of a key that seals sessions or tickets
#define SKR_TICKET_NAME_SIZE 8 // bytes that name a ticket key
#define SKR_SESSION_OVERHEAD \
    160 // bytes that a sealed session takes at most beside the server's ticket
#define SKR_TICKET_MAX \
    2048 // bytes of a server's ticket that a client keeps when the configuration says nothing
         // (max_ticket); longer ones are dropped
// Seconds that a session and all that are resumed from it may last since certificates or a key
// authenticated: 7 days, as RFC 9846 section 4.7.1 bounds a ticket.
#define SKR_SESSION_LIFE_MAX 604800
#define SKR_CLOCK_SKEW 10 // seconds that the clocks of servers with the same ticket keys may differ
#define SKR_TICKET_LIFETIME \
    7200 // seconds that a server's tickets live when the configuration says nothing
#define SKR_PSK_KEY_MIN 16 // bytes of a pre-shared key; shorter ones are refused
#define SKR_PSK_KEY_MAX 64 // RFC 4279 section 5.3; longer ones are refused
// Bytes of its identity: a ClientHello that holds it must stay below SKR_MESSAGE_MAX.
#define SKR_PSK_IDENTITY_MAX 16384
#define SKR_PSKS_OFFERED_MAX 3 // of its configured keys that a client offers
#define SKR_IDENTITIES_MAX 4 // pre-shared keys of one ClientHello that a server looks at

// --- The connection ---
#define SKR_CONN_SIZE 640 // bytes that skr_conn_init() wants on any machine; asserted in src/conn
#define SKR_POOL_OVERHEAD 16 // bytes that a block in a pool takes beside its own
// Bytes of output that are gathered before the caller has to drain, when nothing larger is due. A
// flight that fits leaves in one segment.
#define SKR_FLIGHT_SIZE 1200

#endif
