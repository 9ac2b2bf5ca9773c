// The server's column of the TLS 1.3 script.
//
// In: tls13.def. Out: the rows that the walker follows for a server, with the server's handlers
// only, so that an image without this object holds nothing of a TLS 1.3 server, and one without
// script_client13.c nothing of a client. A row whose message the server writes takes its handler as
// sender, every other row as receiver. Has no code of its own: what the rows mean stands in
// tls13.def (RFC 9846 section 2).
#include "hs/bound.h"
#include "hs/handlers.h"
#include "hs/psk.h"

#define HANDLER_SERVER(handler) handler, NULL
#define HANDLER_CLIENT(handler) NULL, handler
#define STEP(writer, message, only_when, never_when, keys, learns, client, server) \
    {HS_##writer, WIRE_##message, only_when, never_when, keys, learns, HANDLER_##writer(server)},

static const hs_step_t server13_steps[] = {
#include "hs/tls13.def"
};

const hs_script_t hs_script_server13 = {
    .version = SKR_TLS13,
    .self = HS_SERVER,
    .count = sizeof(server13_steps) / sizeof(server13_steps[0]),
    .steps = server13_steps,
    .bound = bound_by_server,
    .change_keys = keys13_change,
    .certificate_at = auth_certificate_at,
    .resumption = keys13_resumption,
    .build_ticket = psk_build_ticket,
    .export_keys = keys13_export,
};
