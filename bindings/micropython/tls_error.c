// Errors of the engine as Python sees them: OSError(number, text).
//
// In: what skr_conn_error() says. Out: an exception whose text names the error, what it is about
// and which alert went or came (RFC 9846 section 6.2), and whose number is that of the mbedTLS
// error that MicroPython's built-in module would have raised, as far as there is one: programs
// compare them. docs/micropython.md has the table. Does not: decide what is an error, or end a
// connection (tls_engine.c does).

#include <string.h>

#include "py/mperrno.h"
#include "py/objstr.h"
#include "modtls.h"

enum {
    NUMBER_X509_CERT_VERIFY_FAILED = -0x2700,
    NUMBER_X509_FATAL_ERROR = -0x3000,
    NUMBER_BAD_CONFIG = -0x5e80,
    NUMBER_ILLEGAL_PARAMETER = -0x6600,
    NUMBER_COUNTER_WRAPPING = -0x6b80,
    NUMBER_INTERNAL_ERROR = -0x6c00,
    NUMBER_HANDSHAKE_FAILURE = -0x6e00,
    NUMBER_BAD_PROTOCOL_VERSION = -0x6e80,
    NUMBER_BAD_INPUT_DATA = -0x7100,
    NUMBER_INVALID_MAC = -0x7180,
    NUMBER_INVALID_RECORD = -0x7200,
    NUMBER_CONN_EOF = -0x7280,
    NUMBER_DECODE_ERROR = -0x7300,
    NUMBER_NO_RNG = -0x7400,
    NUMBER_NO_CLIENT_CERTIFICATE = -0x7480,
    NUMBER_UNSUPPORTED_EXTENSION = -0x7500,
    NUMBER_NO_APPLICATION_PROTOCOL = -0x7580,
    NUMBER_PRIVATE_KEY_REQUIRED = -0x7600,
    NUMBER_CA_CHAIN_REQUIRED = -0x7680,
    NUMBER_UNEXPECTED_MESSAGE = -0x7700,
    NUMBER_FATAL_ALERT_MESSAGE = -0x7780,
    NUMBER_UNRECOGNIZED_NAME = -0x7800,
};

typedef struct {
    int16_t key;
    int16_t number;
} number_t;

// Errors that have a number of their own; all others go by the alert that they send.
static const number_t by_status[] = {
    {SKR_ERR_RECORD_HEADER, NUMBER_INVALID_RECORD},
    {SKR_ERR_RECORD_OVERFLOW, NUMBER_INVALID_RECORD},
    {SKR_ERR_RECORD_LIMIT, NUMBER_INVALID_RECORD},
    {SKR_ERR_CERT_REFUSED, NUMBER_X509_FATAL_ERROR},
    {SKR_ERR_PEER_ALERT, NUMBER_FATAL_ALERT_MESSAGE},
    {SKR_ERR_TRUNCATED, NUMBER_CONN_EOF},
    {SKR_ERR_CLOSED_EARLY, NUMBER_CONN_EOF},
    {SKR_ERR_USAGE, NUMBER_BAD_INPUT_DATA},
    {SKR_ERR_CLOSED, NUMBER_BAD_INPUT_DATA},
    {SKR_ERR_CONFIG, NUMBER_BAD_CONFIG},
    {SKR_ERR_NAME_REQUIRED, NUMBER_BAD_CONFIG},
    {SKR_ERR_TIME_UNKNOWN, NUMBER_BAD_CONFIG},
    {SKR_ERR_PEM, NUMBER_BAD_CONFIG},
    {SKR_ERR_NO_TRUST, NUMBER_CA_CHAIN_REQUIRED},
    {SKR_ERR_KEY_MALFORMED, NUMBER_PRIVATE_KEY_REQUIRED},
    {SKR_ERR_KEY_ENCRYPTED, NUMBER_PRIVATE_KEY_REQUIRED},
    {SKR_ERR_KEY_MISMATCH, NUMBER_PRIVATE_KEY_REQUIRED},
    {SKR_ERR_MEMORY, MP_ENOMEM},
    {SKR_ERR_RANDOM, NUMBER_NO_RNG},
    {SKR_ERR_KEY_EXHAUSTED, NUMBER_COUNTER_WRAPPING},
};

static const number_t by_alert[] = {
    {SKR_ALERT_UNEXPECTED_MESSAGE, NUMBER_UNEXPECTED_MESSAGE},
    {SKR_ALERT_BAD_RECORD_MAC, NUMBER_INVALID_MAC},
    {SKR_ALERT_RECORD_OVERFLOW, NUMBER_INVALID_RECORD},
    {SKR_ALERT_ILLEGAL_PARAMETER, NUMBER_ILLEGAL_PARAMETER},
    {SKR_ALERT_DECODE_ERROR, NUMBER_DECODE_ERROR},
    {SKR_ALERT_PROTOCOL_VERSION, NUMBER_BAD_PROTOCOL_VERSION},
    {SKR_ALERT_INTERNAL_ERROR, NUMBER_INTERNAL_ERROR},
    {SKR_ALERT_MISSING_EXTENSION, NUMBER_UNSUPPORTED_EXTENSION},
    {SKR_ALERT_UNSUPPORTED_EXTENSION, NUMBER_UNSUPPORTED_EXTENSION},
    {SKR_ALERT_UNRECOGNIZED_NAME, NUMBER_UNRECOGNIZED_NAME},
    {SKR_ALERT_CERTIFICATE_REQUIRED, NUMBER_NO_CLIENT_CERTIFICATE},
    {SKR_ALERT_NO_APPLICATION_PROTOCOL, NUMBER_NO_APPLICATION_PROTOCOL},
};

static int look_up(const number_t *table, size_t count, int key) {
    for (size_t i = 0; i < count; ++i) {
        if (table[i].key == key) {
            return table[i].number;
        }
    }
    return 0;
}

static int number_of(skr_status_t status) {
    int number = look_up(by_status, MP_ARRAY_SIZE(by_status), status);
    if (number == 0 && skr_error_class(status) == SKR_CLASS_CERTIFICATE) {
        number = NUMBER_X509_CERT_VERIFY_FAILED;
    }
    if (number == 0) {
        number = look_up(by_alert, MP_ARRAY_SIZE(by_alert), skr_error_alert(status));
    }
    return number != 0 ? number : NUMBER_HANDSHAKE_FAILURE;
}

// What the error is about: which certificate and which field of it, or how large something was.
static void print_details(const mp_print_t *print, const skr_error_t *error) {
    switch (error->status) {
        case SKR_ERR_RECORD_LIMIT:
        case SKR_ERR_RECORD_OVERFLOW:
        case SKR_ERR_MESSAGE_TOO_LONG:
            mp_printf(
                print, " (%u bytes, limit %u)", (unsigned)error->value, (unsigned)error->limit);
            return;
        case SKR_ERR_MEMORY:
            mp_printf(print, " (%u bytes)", (unsigned)error->value);
            return;
        default:
            break;
    }
    if (skr_error_class(error->status) == SKR_CLASS_CERTIFICATE) {
        if (error->certificate == 0) {
            mp_print_str(print, " (the peer's certificate");
        } else if (error->certificate >= SKR_ERROR_ANCHOR) {
            mp_printf(print, " (trusted root %u", (unsigned)error->certificate - SKR_ERROR_ANCHOR);
        } else {
            mp_printf(print, " (certificate %u of the chain", (unsigned)error->certificate);
        }
        if (error->field != SKR_FIELD_NONE) {
            mp_printf(print, ": %s", skr_field_name(error->field));
        }
        mp_print_str(print, ")");
    }
}

static TLS_NORETURN void raise_args(int number, mp_obj_t text) {
    mp_obj_t args[2] = {MP_OBJ_NEW_SMALL_INT(number), text};
    nlr_raise(mp_obj_exception_make_new(&mp_type_OSError, 2, 0, args));
}

void tls_raise(const skr_error_t *error) {
    vstr_t text;
    mp_print_t print;
    vstr_init_print(&text, 96, &print);
    mp_printf(&print, "%s: %s", skr_error_name(error->status), skr_error_text(error->status));
    print_details(&print, error);
    if (error->alert_received != SKR_ALERT_NONE) {
        mp_printf(&print, " [received alert %s]", skr_alert_name(error->alert_received));
    } else if (error->alert_sent != SKR_ALERT_NONE) {
        mp_printf(&print, " [sent alert %s]", skr_alert_name(error->alert_sent));
    }
    raise_args(number_of(error->status), mp_obj_new_str_from_vstr(&text));
}

void tls_raise_text(int number, const char *text) {
    raise_args(number, mp_obj_new_str(text, strlen(text)));
}
