// The client's column of the TLS 1.3 script.
//
// In: tls13.def. Out: the rows that the walker follows for a client, with the client's handlers
// only, so that an image without this object holds nothing of a TLS 1.3 client, and one without
// script_server13.c nothing of a server. A row whose message the client writes takes its handler as
// sender, every other row as receiver. Has no code of its own: what the rows mean stands in
// tls13.def (RFC 9846 section 2).
#include "hs/bound.h"
#include "hs/handlers.h"
#include "hs/hello.h"

#define HANDLER_CLIENT(handler) handler, NULL
#define HANDLER_SERVER(handler) NULL, handler
#define STEP(writer, message, only_when, never_when, keys, learns, client, server) \
    {HS_##writer, WIRE_##message, only_when, never_when, keys, learns, HANDLER_##writer(client)},

static const hs_step_t client13_steps[] = {
#include "hs/tls13.def"
};

const hs_script_t hs_script_client13 = {
    .version = SKR_TLS13,
    .self = HS_CLIENT,
    .count = sizeof(client13_steps) / sizeof(client13_steps[0]),
    .steps = client13_steps,
    .write_offer = hello13_write_offer,
    .bound = bound_by_client,
    .change_keys = keys13_change,
    .certificate_at = auth_certificate_at,
    .resumption = keys13_resumption,
    .export_keys = keys13_export,
};
