// Names of alerts.
//
// In: an alert's number (RFC 9846 section 6, RFC 5246 section 7.2). Out: its name in the RFC's
// spelling, from the rows of include/skerry/errors.h and from nothing else.
// Unknown numbers get a name too, never NULL: they come from the peer. In an object of its own, see
// errors.c.
#include "skerry/errors.h"

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
