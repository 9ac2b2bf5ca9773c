// Names, texts, classes and alerts of errors.
//
// In: a status. Out: what include/skerry/errors.h says about it.
// The tables are made from the rows there and from nothing else. Unknown numbers get a text too,
// never NULL: they come from a caller's mistake. Names of alerts are in alerts.c: strings of one
// object are linked together or not at all, and a program need not hold the texts of all errors.
#include "skerry/errors.h"

// A table for each column: what a program does not ask for, the texts above all, is not linked.
// clang-format off
static const uint8_t error_classes[SKR_ERROR_COUNT] = {
#define ROW(name, class_, alert, text, section) SKR_CLASS_##class_,
    SKR_ERRORS(ROW)
#undef ROW
};
static const uint8_t error_alerts[SKR_ERROR_COUNT] = {
#define ROW(name, class_, alert, text, section) SKR_ALERT_##alert,
    SKR_ERRORS(ROW)
#undef ROW
};
static const char *const error_names[SKR_ERROR_COUNT] = {
#define ROW(name, class_, alert, text, section) #name,
    SKR_ERRORS(ROW)
#undef ROW
};
static const char *const error_texts[SKR_ERROR_COUNT] = {
#define ROW(name, class_, alert, text, section) text,
    SKR_ERRORS(ROW)
#undef ROW
};
static const char *const error_sections[SKR_ERROR_COUNT] = {
#define ROW(name, class_, alert, text, section) section,
    SKR_ERRORS(ROW)
#undef ROW
};
// clang-format on

static const char *const wait_names[][2] = {
    {"OK", "done"},
    {"WANT_INPUT", "waiting for the peer"},
    {"WANT_OUTPUT", "waiting for output to be sent"},
    {"WANT_READ", "waiting for application data to be read"},
    {"WANT_VERIFY", "waiting for the caller's verdict on a certificate"},
    {"WANT_SIGNATURE", "waiting for a signature"},
    {"WANT_PSK", "waiting for the pre-shared key of an identity"},
    {"CLOSED", "the peer has closed the connection"},
};

// Its row, -1: the status is no error of the table.
static int error_row(skr_status_t status) {
    long ordinal = -1 - (long)status;
    return ordinal >= 0 && ordinal < SKR_ERROR_COUNT ? (int)ordinal : -1;
}

static const char *error_word(skr_status_t status, unsigned column) {
    long index = (long)status;
    if (index >= 0 && index < (long)(sizeof(wait_names) / sizeof(wait_names[0]))) {
        return wait_names[index][column];
    }
    return column == 0 ? "UNKNOWN" : "unknown status";
}

const char *skr_error_name(skr_status_t status) {
    int row = error_row(status);
    return row >= 0 ? error_names[row] : error_word(status, 0);
}

const char *skr_error_text(skr_status_t status) {
    int row = error_row(status);
    return row >= 0 ? error_texts[row] : error_word(status, 1);
}

const char *skr_error_section(skr_status_t status) {
    int row = error_row(status);
    return row >= 0 ? error_sections[row] : "";
}

skr_class_t skr_error_class(skr_status_t status) {
    int row = error_row(status);
    return row >= 0 ? (skr_class_t)error_classes[row] : SKR_CLASS_LOCAL;
}

skr_alert_t skr_error_alert(skr_status_t status) {
    int row = error_row(status);
    return row >= 0 ? (skr_alert_t)error_alerts[row] : SKR_ALERT_NONE;
}
