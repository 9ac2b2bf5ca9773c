// Names, texts, classes and alerts of errors.
//
// In: a status or an alert's number. Out: what include/skerry/errors.h says about it.
// The tables are made from the rows there and from nothing else. Unknown numbers get a text too,
// never NULL: they come from the peer (alerts) or from a caller's mistake.
#include "skerry/errors.h"

typedef struct {
    const char *name;
    const char *text;
    const char *section;
    uint8_t class_;
    uint8_t alert;
} error_row_t;

// clang-format off
static const error_row_t error_rows[SKR_ERROR_COUNT] = {
#define ROW(name, class_, alert, text, section) \
    {#name, text, section, SKR_CLASS_##class_, SKR_ALERT_##alert},
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
    {"CLOSED", "the peer has closed the connection"},
};

// NULL: the status is no error of the table.
static const error_row_t *error_row(skr_status_t status) {
    long ordinal = -1 - (long)status;
    return ordinal >= 0 && ordinal < SKR_ERROR_COUNT ? &error_rows[ordinal] : NULL;
}

static const char *error_word(skr_status_t status, unsigned column) {
    long index = (long)status;
    if (index >= 0 && index < (long)(sizeof(wait_names) / sizeof(wait_names[0]))) {
        return wait_names[index][column];
    }
    return column == 0 ? "UNKNOWN" : "unknown status";
}

const char *skr_error_name(skr_status_t status) {
    const error_row_t *row = error_row(status);
    return row != NULL ? row->name : error_word(status, 0);
}

const char *skr_error_text(skr_status_t status) {
    const error_row_t *row = error_row(status);
    return row != NULL ? row->text : error_word(status, 1);
}

const char *skr_error_section(skr_status_t status) {
    const error_row_t *row = error_row(status);
    return row != NULL ? row->section : "";
}

skr_class_t skr_error_class(skr_status_t status) {
    const error_row_t *row = error_row(status);
    return row != NULL ? (skr_class_t)row->class_ : SKR_CLASS_LOCAL;
}

skr_alert_t skr_error_alert(skr_status_t status) {
    const error_row_t *row = error_row(status);
    return row != NULL ? (skr_alert_t)row->alert : SKR_ALERT_NONE;
}

const char *skr_alert_name(unsigned alert) {
    // clang-format off
    switch (alert) {
#define ROW(name, code, text) \
    case code: \
        return text;
        SKR_ALERTS(ROW)
#undef ROW
        default:
            return "unknown alert";
    }
    // clang-format on
}
