// The server's column of the TLS 1.2 script.
//
// In: tls12.def. Out: the rows that the walker follows for a server, with the server's handlers
// only, so that an image without this object holds nothing of a TLS 1.2 server, and one without
// script_client12.c nothing of a client. A row whose message the server writes takes its handler as
// sender, every other row as receiver. Has no code of its own: what the rows mean stands in
// tls12.def (RFC 5246 section 7.3).
#include "hs/bound.h"
#include "hs/handlers.h"

#define HANDLER_SERVER(handler) handler, NULL
#define HANDLER_CLIENT(handler) NULL, handler
#define STEP(writer, message, only_when, never_when, keys, learns, client, server) \
    {HS_##writer, WIRE_##message, only_when, never_when, keys, learns, HANDLER_##writer(server)},

static const hs_step_t server12_steps[] = {
#include "hs/tls12.def"
};

const hs_script_t hs_script_server12 = {
    .version = SKR_TLS12,
    .self = HS_SERVER,
    .count = sizeof(server12_steps) / sizeof(server12_steps[0]),
    .steps = server12_steps,
    .bound = bound_by_server,
    .change_keys = keys12_change,
    .certificate_at = auth12_certificate_at,
    .export_keys = keys12_export,
};
