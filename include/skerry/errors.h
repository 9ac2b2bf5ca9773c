// One row per error: name, whose fault it is, the alert that tells the peer, a text for people, and
// where the rule stands. The enum, the alert table, the texts and docs/errors.md are made from
// these rows.
#ifndef SKR_ERRORS_H
#define SKR_ERRORS_H

#include "skerry/types.h"

// Alerts (RFC 9846 section 6), by their names there.
#define SKR_ALERTS(ROW) \
    ROW(CLOSE_NOTIFY, 0, "close_notify") \
    ROW(UNEXPECTED_MESSAGE, 10, "unexpected_message") \
    ROW(BAD_RECORD_MAC, 20, "bad_record_mac") \
    ROW(RECORD_OVERFLOW, 22, "record_overflow") \
    ROW(HANDSHAKE_FAILURE, 40, "handshake_failure") \
    ROW(BAD_CERTIFICATE, 42, "bad_certificate") \
    ROW(UNSUPPORTED_CERTIFICATE, 43, "unsupported_certificate") \
    ROW(CERTIFICATE_REVOKED, 44, "certificate_revoked") \
    ROW(CERTIFICATE_EXPIRED, 45, "certificate_expired") \
    ROW(CERTIFICATE_UNKNOWN, 46, "certificate_unknown") \
    ROW(ILLEGAL_PARAMETER, 47, "illegal_parameter") \
    ROW(UNKNOWN_CA, 48, "unknown_ca") \
    ROW(ACCESS_DENIED, 49, "access_denied") \
    ROW(DECODE_ERROR, 50, "decode_error") \
    ROW(DECRYPT_ERROR, 51, "decrypt_error") \
    ROW(PROTOCOL_VERSION, 70, "protocol_version") \
    ROW(INSUFFICIENT_SECURITY, 71, "insufficient_security") \
    ROW(INTERNAL_ERROR, 80, "internal_error") \
    ROW(INAPPROPRIATE_FALLBACK, 86, "inappropriate_fallback") \
    ROW(USER_CANCELED, 90, "user_canceled") \
    ROW(MISSING_EXTENSION, 109, "missing_extension") \
    ROW(UNSUPPORTED_EXTENSION, 110, "unsupported_extension") \
    ROW(UNRECOGNIZED_NAME, 112, "unrecognized_name") \
    ROW(BAD_CERTIFICATE_STATUS_RESPONSE, 113, "bad_certificate_status_response") \
    ROW(UNKNOWN_PSK_IDENTITY, 115, "unknown_psk_identity") \
    ROW(CERTIFICATE_REQUIRED, 116, "certificate_required") \
    ROW(GENERAL_ERROR, 117, "general_error") \
    ROW(NO_APPLICATION_PROTOCOL, 120, "no_application_protocol")

// clang-format off
typedef enum {
#define ROW(name, code, text) SKR_ALERT_##name = (code),
    SKR_ALERTS(ROW)
#undef ROW
    SKR_ALERT_NONE = 255, // no alert was sent, or none came
} skr_alert_t;
// clang-format on

// Whose fault an error is.
typedef enum {
    SKR_CLASS_MALFORMED, // the peer's bytes can't be read
    SKR_CLASS_MISBEHAVED, // the peer's bytes can be read and break the protocol
    SKR_CLASS_POLICY, // the peer keeps the protocol, this side's configuration refuses it
    SKR_CLASS_CERTIFICATE, // a certificate or its chain is refused
    SKR_CLASS_PEER, // the peer refused, or went away
    SKR_CLASS_USAGE, // the caller asked for what can't be
    SKR_CLASS_LOCAL, // memory, randomness, a provider: nobody's fault on the wire
} skr_class_t;

// clang-format off
// ROW(name, class, alert, text, where the rule stands)
#define SKR_ERRORS(ROW) \
    /* The peer's bytes can't be read. */ \
    ROW(DECODE,               MALFORMED,   DECODE_ERROR,        "a handshake message cannot be parsed",                          "RFC 9846 section 6.2") \
    ROW(RECORD_HEADER,        MALFORMED,   DECODE_ERROR,        "a record header is not one of TLS: does the peer speak TLS on this port?", "RFC 9846 section 5.1") \
    ROW(RECORD_OVERFLOW,      MALFORMED,   RECORD_OVERFLOW,     "a record is longer than the protocol allows",                   "RFC 9846 section 5.2") \
    ROW(RECORD_EMPTY,         MISBEHAVED,  UNEXPECTED_MESSAGE,  "an empty record came where content must be",                    "RFC 9846 section 5.1") \
    ROW(RECORD_TYPE,          MISBEHAVED,  UNEXPECTED_MESSAGE,  "a record of a type came that is not allowed here",              "RFC 9846 section 5") \
    ROW(RECORD_MAC,           MISBEHAVED,  BAD_RECORD_MAC,      "a record was altered on its way, or the keys differ",           "RFC 9846 section 5.2") \
    ROW(RECORD_PADDING,       MISBEHAVED,  UNEXPECTED_MESSAGE,  "a protected record holds padding only",                         "RFC 9846 section 5.4") \
    ROW(MESSAGE_TOO_LONG,     POLICY,      DECODE_ERROR,        "a handshake message is longer than max_message or max_chain allow", "RFC 9846 section 4") \
    ROW(ALERT_MALFORMED,      MALFORMED,   DECODE_ERROR,        "an alert is not two bytes long",                                "RFC 9846 section 6") \
    /* The peer's bytes break the protocol. */ \
    ROW(UNEXPECTED_MESSAGE,   MISBEHAVED,  UNEXPECTED_MESSAGE,  "a message came out of order",                                   "RFC 9846 section 4") \
    ROW(INTERLEAVED,          MISBEHAVED,  UNEXPECTED_MESSAGE,  "a record of another type came in the middle of a handshake message", "RFC 9846 section 5.1") \
    ROW(KEY_CHANGE_UNALIGNED, MISBEHAVED,  UNEXPECTED_MESSAGE,  "handshake bytes were left over at a change of keys",            "RFC 9846 section 5.1") \
    ROW(DATA_TOO_EARLY,       MISBEHAVED,  UNEXPECTED_MESSAGE,  "application data came before the handshake was complete",       "RFC 9846 section 5") \
    ROW(FLOOD,                MISBEHAVED,  UNEXPECTED_MESSAGE,  "too many messages without content in a row",                    "RFC 9846 section 4.7.3") \
    ROW(ILLEGAL_PARAMETER,    MISBEHAVED,  ILLEGAL_PARAMETER,   "a field of a handshake message has a value that is not allowed", "RFC 9846 section 6.2") \
    ROW(LEGACY_FIELD,         MISBEHAVED,  ILLEGAL_PARAMETER,   "a legacy field (version, session id, compression) has a value that is not allowed", "RFC 9846 section 4.2") \
    ROW(DUPLICATE_EXTENSION,  MISBEHAVED,  ILLEGAL_PARAMETER,   "an extension came twice in one message",                        "RFC 9846 section 4.3") \
    ROW(MISPLACED_EXTENSION,  MISBEHAVED,  ILLEGAL_PARAMETER,   "an extension came in a message that may not hold it",           "RFC 9846 section 4.3") \
    ROW(UNSOLICITED_EXTENSION, MISBEHAVED, UNSUPPORTED_EXTENSION, "the answer holds an extension that was not asked for",        "RFC 9846 section 4.3") \
    ROW(MISSING_EXTENSION,    MISBEHAVED,  MISSING_EXTENSION,   "a mandatory extension is missing",                              "RFC 9846 section 9.2") \
    ROW(VERSION_ANSWER,       MISBEHAVED,  ILLEGAL_PARAMETER,   "the server chose a version that was not offered",               "RFC 9846 section 4.3.1") \
    ROW(SUITE_ANSWER,         MISBEHAVED,  ILLEGAL_PARAMETER,   "the server chose a cipher suite that was not offered, or changed it", "RFC 9846 section 4.2.3") \
    ROW(GROUP_ANSWER,         MISBEHAVED,  ILLEGAL_PARAMETER,   "the server chose a group that was not offered, or changed it",  "RFC 9846 section 4.3.8") \
    ROW(RETRY_USELESS,        MISBEHAVED,  ILLEGAL_PARAMETER,   "the HelloRetryRequest would change nothing",                    "RFC 9846 section 4.2.4") \
    ROW(RETRY_IGNORED,        MISBEHAVED,  ILLEGAL_PARAMETER,   "the second ClientHello does not do what the HelloRetryRequest asked", "RFC 9846 section 4.2.2") \
    ROW(DOWNGRADE,            MISBEHAVED,  ILLEGAL_PARAMETER,   "somebody on the way forced an older version",                   "RFC 9846 section 4.2.3") \
    ROW(FALLBACK,             MISBEHAVED,  INAPPROPRIATE_FALLBACK, "the client fell back to an older version although both sides speak a newer one", "RFC 7507") \
    ROW(RENEGOTIATION_INFO,   MISBEHAVED,  HANDSHAKE_FAILURE,   "the renegotiation_info of a first handshake is not empty",      "RFC 5746 section 3.4") \
    ROW(KEY_SHARE,            MISBEHAVED,  ILLEGAL_PARAMETER,   "the peer's key share is not a valid public value of its group", "RFC 9846 section 4.3.8.2") \
    ROW(ALPN_ANSWER,          MISBEHAVED,  ILLEGAL_PARAMETER,   "the server chose an application protocol that was not offered", "RFC 7301 section 3.1") \
    ROW(SIGNATURE_SCHEME,     MISBEHAVED,  ILLEGAL_PARAMETER,   "the peer signed with a scheme that was not offered or does not fit its key", "RFC 9846 section 4.5.2") \
    ROW(SIGNATURE,            MISBEHAVED,  DECRYPT_ERROR,       "the peer could not prove that it holds its certificate's key",  "RFC 9846 section 4.5.2") \
    ROW(BINDER,               MISBEHAVED,  DECRYPT_ERROR,       "the client could not prove that it knows the pre-shared key",   "RFC 9846 section 4.3.11.2") \
    ROW(IDENTITY_ANSWER,      MISBEHAVED,  ILLEGAL_PARAMETER,   "the server chose a pre-shared key that was not offered or does not fit", "RFC 9846 section 4.3.11") \
    ROW(FINISHED,             MISBEHAVED,  DECRYPT_ERROR,       "the handshake was altered on its way: the Finished message does not fit", "RFC 9846 section 4.5.3") \
    ROW(NO_CERTIFICATE,       MISBEHAVED,  DECODE_ERROR,        "the server sent no certificate",                                "RFC 9846 section 4.5.1.3") \
    ROW(REQUEST_CONTEXT,      MISBEHAVED,  ILLEGAL_PARAMETER,   "a certificate request context is not the one that was asked for", "RFC 9846 section 4.5.1") \
    ROW(RENEGOTIATION,        MISBEHAVED,  UNEXPECTED_MESSAGE,  "the peer tried to negotiate again",                             "RFC 9846 section 4.2.2") \
    /* This side's configuration refuses. */ \
    ROW(VERSION,              POLICY,      PROTOCOL_VERSION,    "no protocol version in common",                                 "RFC 9846 section 4.3.1") \
    ROW(NO_COMMON_SUITE,      POLICY,      HANDSHAKE_FAILURE,   "no cipher suite in common",                                     "RFC 9846 section 4.2.1") \
    ROW(NO_COMMON_GROUP,      POLICY,      HANDSHAKE_FAILURE,   "no key exchange group in common",                               "RFC 9846 section 4.2.1") \
    ROW(NO_COMMON_SIGNATURE,  POLICY,      HANDSHAKE_FAILURE,   "no certificate of this side fits the signature algorithms that the peer accepts", "RFC 9846 section 4.3.3") \
    ROW(NO_COMMON_ALPN,       POLICY,      NO_APPLICATION_PROTOCOL, "no application protocol in common",                         "RFC 7301 section 3.2") \
    ROW(UNRECOGNIZED_NAME,    POLICY,      UNRECOGNIZED_NAME,   "the client asked for a name that no certificate of this server bears", "RFC 6066 section 3") \
    ROW(CERTIFICATE_REQUIRED, POLICY,      CERTIFICATE_REQUIRED, "the client sent no certificate, and one is required",          "RFC 9846 section 4.5.1.3") \
    ROW(RECORD_LIMIT,         POLICY,      RECORD_OVERFLOW,     "a record is larger than the configured limit",                  "docs/memory.md") \
    ROW(COOKIE_TOO_LONG,      POLICY,      HANDSHAKE_FAILURE,   "the HelloRetryRequest's cookie is longer than SKR_COOKIE_MAX",  "RFC 9846 section 4.3.2") \
    /* Certificates. */ \
    ROW(CERT_MALFORMED,       CERTIFICATE, BAD_CERTIFICATE,     "a certificate is not valid DER or not X.509 version 3",         "RFC 5280 section 4.1") \
    ROW(CERT_UNKNOWN_CA,      CERTIFICATE, UNKNOWN_CA,          "no trusted root has issued the chain",                          "RFC 5280 section 6.1") \
    ROW(CERT_SIGNATURE,       CERTIFICATE, BAD_CERTIFICATE,     "a certificate's signature is wrong",                            "RFC 5280 section 6.1.3") \
    ROW(CERT_EXPIRED,         CERTIFICATE, CERTIFICATE_EXPIRED, "a certificate has expired",                                     "RFC 5280 section 6.1.3") \
    ROW(CERT_NOT_YET_VALID,   CERTIFICATE, CERTIFICATE_EXPIRED, "a certificate is not valid yet: is this device's clock set?",   "RFC 5280 section 6.1.3") \
    ROW(CERT_NAME,            CERTIFICATE, BAD_CERTIFICATE,     "the certificate is for another name",                           "RFC 9525 section 6") \
    ROW(CERT_NOT_CA,          CERTIFICATE, BAD_CERTIFICATE,     "a certificate has issued another but is no CA (basicConstraints)", "RFC 5280 section 4.2.1.9") \
    ROW(CERT_PATH_LENGTH,     CERTIFICATE, BAD_CERTIFICATE,     "the chain is longer than a CA in it allows (pathLenConstraint)", "RFC 5280 section 4.2.1.9") \
    ROW(CERT_KEY_USAGE,       CERTIFICATE, UNSUPPORTED_CERTIFICATE, "a certificate's keyUsage does not allow this use",          "RFC 5280 section 4.2.1.3") \
    ROW(CERT_PURPOSE,         CERTIFICATE, UNSUPPORTED_CERTIFICATE, "a certificate's extendedKeyUsage does not allow this use",  "RFC 5280 section 4.2.1.12") \
    ROW(CERT_CRITICAL,        CERTIFICATE, UNSUPPORTED_CERTIFICATE, "a certificate has a critical extension that is not understood", "RFC 5280 section 4.2") \
    ROW(CERT_CONSTRAINT,      CERTIFICATE, BAD_CERTIFICATE,     "a name in a certificate is outside a CA's name constraints",    "RFC 5280 section 4.2.1.10") \
    ROW(CERT_ALGORITHM,       CERTIFICATE, UNSUPPORTED_CERTIFICATE, "a certificate uses an algorithm or a key size that is not accepted", "RFC 9846 section 4.5.1.2") \
    ROW(CERT_TOO_COMPLEX,     CERTIFICATE, BAD_CERTIFICATE,     "the chain is too long or too complicated to check",             "RFC 9846 section 4.5.1.2") \
    ROW(CERT_WINDOW,          CERTIFICATE, CERTIFICATE_UNKNOWN, "the chain needs a larger certificate window (certificate_window)", "docs/memory.md") \
    ROW(CERT_REFUSED,         CERTIFICATE, CERTIFICATE_UNKNOWN, "the caller's verify callback refused the certificate",          "RFC 9846 section 6.2") \
    /* The peer refused or went away. */ \
    ROW(PEER_ALERT,           PEER,        NONE,                "the peer refused the connection with an alert",                 "RFC 9846 section 6.2") \
    ROW(TRUNCATED,            PEER,        NONE,                "the connection was cut: the peer did not say close_notify",     "RFC 9846 section 6.1") \
    ROW(CLOSED_EARLY,         PEER,        NONE,                "the peer closed the connection before the handshake was complete", "RFC 9846 section 6.1") \
    /* The caller. */ \
    ROW(USAGE,                USAGE,       INTERNAL_ERROR,      "this call is not possible in this state",                       "docs/api.md") \
    ROW(CONFIG,               USAGE,       INTERNAL_ERROR,      "the configuration is not complete or contradicts itself",       "docs/api.md") \
    ROW(NAME_REQUIRED,        USAGE,       INTERNAL_ERROR,      "a server's certificate cannot be checked without the server's name", "RFC 9525 section 6") \
    ROW(NO_TRUST,             USAGE,       INTERNAL_ERROR,      "a certificate cannot be checked without trusted roots",         "RFC 5280 section 6.1") \
    ROW(TIME_UNKNOWN,         USAGE,       INTERNAL_ERROR,      "a certificate cannot be checked before the clock is set",       "RFC 5280 section 6.1.3") \
    ROW(KEY_MALFORMED,        USAGE,       INTERNAL_ERROR,      "the private key cannot be read",                                "RFC 5958") \
    ROW(KEY_ENCRYPTED,        USAGE,       INTERNAL_ERROR,      "the private key is encrypted with a password: decrypt it first", "RFC 5958") \
    ROW(KEY_MISMATCH,         USAGE,       INTERNAL_ERROR,      "the private key does not belong to the certificate",            "RFC 9846 section 4.5.2") \
    ROW(PEM,                  USAGE,       INTERNAL_ERROR,      "the PEM text cannot be read",                                   "RFC 7468") \
    ROW(CLOSED,               USAGE,       NONE,                "the connection is closed for writing",                          "RFC 9846 section 6.1") \
    /* Local. */ \
    ROW(MEMORY,               LOCAL,       INTERNAL_ERROR,      "out of memory",                                                 "docs/memory.md") \
    ROW(RANDOM,               LOCAL,       INTERNAL_ERROR,      "the random source failed",                                      "RFC 9846 section C.1") \
    ROW(PROVIDER,             LOCAL,       INTERNAL_ERROR,      "the crypto provider failed",                                    "include/skerry/crypto.h") \
    ROW(KEY_EXHAUSTED,        LOCAL,       INTERNAL_ERROR,      "the keys of this connection are used up",                       "RFC 9846 section 5.5")
// clang-format on

// clang-format off
enum {
#define ROW(name, class_, alert, text, where) SKR_ORDINAL_##name,
    SKR_ERRORS(ROW)
#undef ROW
    SKR_ERROR_COUNT,
};

// What a call says. Errors are negative, 0 is done, waits are positive: they say what the connection needs
// from its caller before it can go on, and nothing is lost by waiting.
typedef enum {
#define ROW(name, class_, alert, text, where) SKR_ERR_##name = -1 - SKR_ORDINAL_##name,
    SKR_ERRORS(ROW)
#undef ROW
    SKR_OK = 0,
    SKR_WANT_INPUT = 1, // feed bytes from the peer
    SKR_WANT_OUTPUT = 2, // send the bytes of skr_conn_output() first
    SKR_WANT_READ = 3, // take the application data with skr_conn_read() first
    SKR_WANT_VERIFY = 4, // look at the peer's chain and answer with skr_conn_verified()
    SKR_WANT_SIGNATURE = 5, // sign what skr_conn_to_sign() shows, answer with skr_conn_signed()
    SKR_WANT_PSK = 6, // find the key of skr_conn_psk_identity(), answer with skr_conn_give_psk()
    SKR_CLOSED = 7, // the peer has sent close_notify: nothing more will come (RFC 9846 section 6.1)
} skr_status_t;
// clang-format on

// The error's name as it stands in the table ("CERT_EXPIRED"), "OK" or the wait's name. Never NULL.
const char *skr_error_name(skr_status_t status);
// What happened, for people. Never NULL.
const char *skr_error_text(skr_status_t status);
// Where the rule stands. Never NULL.
const char *skr_error_section(skr_status_t status);
// Whose fault it is; SKR_CLASS_LOCAL for what is no error.
skr_class_t skr_error_class(skr_status_t status);
// The alert that this error sends, SKR_ALERT_NONE for none.
skr_alert_t skr_error_alert(skr_status_t status);
// The alert's name in the RFC, "unknown alert" where it has none. Never NULL.
const char *skr_alert_name(unsigned alert);

#endif
