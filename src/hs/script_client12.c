// The client's column of the TLS 1.2 script.
//
// In: tls12.def. Out: the rows that the walker follows for a client, with the client's handlers
// only, so that an image without this object holds nothing of a TLS 1.2 client, and one without
// script_server12.c nothing of a server. A row whose message the client writes takes its handler as
// sender, every other row as receiver. Has no code of its own: what the rows mean stands in
// tls12.def (RFC 5246 section 7.3).
#include "hs/bound.h"
#include "hs/handlers.h"
#include "hs/hello.h"

#define HANDLER_CLIENT(handler) handler, NULL
#define HANDLER_SERVER(handler) NULL, handler
#define STEP(writer, message, only_when, never_when, keys, learns, client, server) \
    {HS_##writer, WIRE_##message, only_when, never_when, keys, learns, HANDLER_##writer(client)},

static const hs_step_t client12_steps[] = {
#include "hs/tls12.def"
};

const hs_script_t hs_script_client12 = {
    .version = SKR_TLS12,
    .self = HS_CLIENT,
    .count = sizeof(client12_steps) / sizeof(client12_steps[0]),
    .steps = client12_steps,
    .write_offer = hello12_write_offer,
    .bound = bound_by_client,
    .change_keys = keys12_change,
    .certificate_at = auth12_certificate_at,
    .export_keys = keys12_export,
};
