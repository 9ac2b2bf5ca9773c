// Extensions: one table extension x message (RFC 9846 section 4.3), and a reader or writer for each
// body. Views only: no context, no choice, no cryptography.
#ifndef SKR_WIRE_EXTENSIONS_H
#define SKR_WIRE_EXTENSIONS_H

#include "base/reader.h"
#include "base/writer.h"
#include "skerry/errors.h"
#include "skerry/limits.h"

// The messages that hold extensions, as bits.
enum {
    WIRE_IN_CH = 1, // ClientHello
    WIRE_IN_SH = 2, // ServerHello
    WIRE_IN_HRR = 4, // HelloRetryRequest
    WIRE_IN_EE = 8, // EncryptedExtensions
    WIRE_IN_CT = 16, // Certificate, in each entry
    WIRE_IN_CR = 32, // CertificateRequest
    WIRE_IN_NST = 64, // NewSessionTicket
    WIRE_IN_SH12 = 128, // ServerHello of TLS 1.2
};

// clang-format off
// ROW(name, number, messages): the table of RFC 9846 section 4.3 plus what TLS 1.2 clients send in the same ClientHello.
#define WIRE_EXTENSIONS(ROW) \
    ROW(SERVER_NAME,                0, WIRE_IN_CH | WIRE_IN_EE | WIRE_IN_CR | WIRE_IN_SH12) /* RFC 6066 */ \
    ROW(MAX_FRAGMENT_LENGTH,        1, WIRE_IN_CH | WIRE_IN_EE | WIRE_IN_SH12) /* RFC 6066 */ \
    ROW(STATUS_REQUEST,             5, WIRE_IN_CH | WIRE_IN_CR | WIRE_IN_CT | WIRE_IN_SH12) /* RFC 6066 */ \
    ROW(SUPPORTED_GROUPS,          10, WIRE_IN_CH | WIRE_IN_EE) /* section 4.3.7 */ \
    ROW(EC_POINT_FORMATS,          11, WIRE_IN_CH | WIRE_IN_SH12) /* RFC 8422, TLS 1.2 */ \
    ROW(SIGNATURE_ALGORITHMS,      13, WIRE_IN_CH | WIRE_IN_CR) /* section 4.3.3 */ \
    ROW(USE_SRTP,                  14, WIRE_IN_CH | WIRE_IN_EE) /* RFC 5764 */ \
    ROW(HEARTBEAT,                 15, WIRE_IN_CH | WIRE_IN_EE) /* RFC 6520 */ \
    ROW(ALPN,                      16, WIRE_IN_CH | WIRE_IN_EE | WIRE_IN_SH12) /* RFC 7301 */ \
    ROW(SIGNED_CERTIFICATE_TIMESTAMP, 18, WIRE_IN_CH | WIRE_IN_CR | WIRE_IN_CT | WIRE_IN_SH12) /* RFC 6962 */ \
    ROW(CLIENT_CERTIFICATE_TYPE,   19, WIRE_IN_CH | WIRE_IN_EE) /* RFC 7250 */ \
    ROW(SERVER_CERTIFICATE_TYPE,   20, WIRE_IN_CH | WIRE_IN_EE) /* RFC 7250 */ \
    ROW(PADDING,                   21, WIRE_IN_CH) /* RFC 7685 */ \
    ROW(ENCRYPT_THEN_MAC,          22, WIRE_IN_CH | WIRE_IN_SH12) /* RFC 7366, TLS 1.2 */ \
    ROW(EXTENDED_MASTER_SECRET,    23, WIRE_IN_CH | WIRE_IN_SH12) /* RFC 7627, TLS 1.2 */ \
    ROW(RECORD_SIZE_LIMIT,         28, WIRE_IN_CH | WIRE_IN_EE | WIRE_IN_SH12) /* RFC 8449 */ \
    ROW(SESSION_TICKET,            35, WIRE_IN_CH | WIRE_IN_SH12) /* RFC 5077, TLS 1.2 */ \
    ROW(PRE_SHARED_KEY,            41, WIRE_IN_CH | WIRE_IN_SH) /* section 4.3.11 */ \
    ROW(EARLY_DATA,                42, WIRE_IN_CH | WIRE_IN_EE | WIRE_IN_NST) /* section 4.3.10 */ \
    ROW(SUPPORTED_VERSIONS,        43, WIRE_IN_CH | WIRE_IN_SH | WIRE_IN_HRR) /* section 4.3.1 */ \
    ROW(COOKIE,                    44, WIRE_IN_CH | WIRE_IN_HRR) /* section 4.3.2 */ \
    ROW(PSK_KEY_EXCHANGE_MODES,    45, WIRE_IN_CH) /* section 4.3.9 */ \
    ROW(CERTIFICATE_AUTHORITIES,   47, WIRE_IN_CH | WIRE_IN_CR) /* section 4.3.4 */ \
    ROW(OID_FILTERS,               48, WIRE_IN_CR) /* section 4.3.5 */ \
    ROW(POST_HANDSHAKE_AUTH,       49, WIRE_IN_CH) /* section 4.3.6 */ \
    ROW(SIGNATURE_ALGORITHMS_CERT, 50, WIRE_IN_CH | WIRE_IN_CR) /* section 4.3.3 */ \
    ROW(KEY_SHARE,                 51, WIRE_IN_CH | WIRE_IN_SH | WIRE_IN_HRR) /* section 4.3.8 */ \
    ROW(RENEGOTIATION_INFO,     65281, WIRE_IN_CH | WIRE_IN_SH12) /* RFC 5746, TLS 1.2 */
// clang-format on

typedef enum {
#define ROW(name, number, messages) WIRE_EXT_##name,
    WIRE_EXTENSIONS(ROW)
#undef ROW
        WIRE_EXT_COUNT,
} wire_ext_t;

#define WIRE_EXT_BIT(ext) (UINT32_C(1) << (ext))

// The extensions of one message: a view of each known one's body, absent where it did not come.
typedef struct {
    skr_view_t body[WIRE_EXT_COUNT];
    uint32_t seen; // WIRE_EXT_BIT()s
    bool unknown; // at least one unknown extension came
    wire_ext_t last; // the last known one if it was the very last extension, else WIRE_EXT_COUNT
} wire_extensions_t;

uint16_t wire_ext_number(wire_ext_t ext);

// Reads the vector of extensions (with its 2-byte length) at r for a message WIRE_IN_*.
// SKR_ERR_DECODE, _DUPLICATE_EXTENSION (unknown ones too), _MISPLACED_EXTENSION.
skr_status_t wire_read_extensions(reader_t *r, unsigned message, wire_extensions_t *out);
// Those that came must have been offered (bits): else SKR_ERR_UNSOLICITED_EXTENSION, as for unknown
// ones.
skr_status_t wire_check_offered(const wire_extensions_t *extensions, uint32_t offered);
// Refuses an extension where none may be: SKR_ERR_MISPLACED_EXTENSION for one that never belongs
// into this message (WIRE_IN_*), else SKR_ERR_UNSOLICITED_EXTENSION.
skr_status_t wire_refuse_extension(uint16_t number, unsigned message);

// --- Bodies, reading ---
// Each demands that the whole body is read; SKR_ERR_DECODE unless it says other.

// A non-empty vector of 16-bit numbers with a length of length_bytes (supported_groups,
// signature_algorithms: 2; the ClientHello's supported_versions: 1). items looks at the numbers.
skr_status_t wire_read_numbers(skr_view_t body, unsigned length_bytes, skr_view_t *items);
bool wire_numbers_have(skr_view_t items, uint16_t number);
uint16_t wire_number_at(skr_view_t items, size_t index);
// One number: selected version, HelloRetryRequest's selected_group, record_size_limit.
skr_status_t wire_read_number(skr_view_t body, uint16_t *number);
// The one host_name (RFC 6066 section 3): 1..255 bytes, no zero byte; a second host_name or another
// type is refused.
skr_status_t wire_read_server_name(skr_view_t body, skr_view_t *host);
// A non-empty list of non-empty names. For EE use with one = true: exactly one name, which *names
// then is.
skr_status_t wire_read_alpn(skr_view_t body, bool one, skr_view_t *names);
bool wire_next_alpn(reader_t *names, skr_view_t *name); // false at the end
skr_status_t wire_read_cookie(skr_view_t body, skr_view_t *cookie); // not empty
// The client's shares, which may be an empty list: SKR_ERR_ILLEGAL_PARAMETER for two shares of one
// group; each share is not empty.
skr_status_t wire_read_key_shares(skr_view_t body, skr_view_t *shares);
bool wire_next_key_share(reader_t *shares, uint16_t *group, skr_view_t *share); // false at the end
// The server's one.
skr_status_t wire_read_key_share(skr_view_t body, uint16_t *group, skr_view_t *share);
// The client's pre-shared keys (section 4.3.11): as many binders as identities, at least one.
// binders looks at the list without its length; everything of the ClientHello before that length is
// what the binders cover.
skr_status_t wire_read_psk_offer(skr_view_t body, skr_view_t *identities, skr_view_t *binders);
bool wire_next_psk_identity(
    reader_t *identities, skr_view_t *identity, uint32_t *age); // false at the end
bool wire_next_psk_binder(reader_t *binders, skr_view_t *binder);
// psk_key_exchange_modes (section 4.3.9).
skr_status_t wire_read_psk_modes(skr_view_t body, bool *psk_ke, bool *psk_dhe_ke);
// The DER Names; at least one, none empty.
skr_status_t wire_read_authorities(skr_view_t body, skr_view_t *names);

// --- Writing ---
// Opens the extension: number and length; close the block after its body.
writer_block_t wire_open_extension(writer_t *w, wire_ext_t ext);
void wire_write_empty(writer_t *w, wire_ext_t ext);
void wire_write_number(writer_t *w, wire_ext_t ext, uint16_t number);
// count numbers with a vector length of length_bytes.
void wire_write_numbers(
    writer_t *w, wire_ext_t ext, unsigned length_bytes, const uint16_t *numbers, size_t count);
void wire_write_server_name(writer_t *w, skr_view_t host);
void wire_write_alpn(writer_t *w, const skr_view_t *names, size_t count);
void wire_write_cookie(writer_t *w, skr_view_t cookie);
// One entry, as ServerHello holds it; with list = true as a list of one, as ClientHello does; share
// absent: an empty list.
void wire_write_key_share(writer_t *w, bool list, uint16_t group, skr_view_t share);

#endif
