// Session tickets of TLS 1.2 (RFC 5077).
#ifndef SKR_HS_TICKET12_H
#define SKR_HS_TICKET12_H

#include "hs/hs.h"

// Client: the session_ticket extension: empty, or the ticket of the session that is offered.
void ticket12_write_offer(hs_t *hs, writer_t *w);
// Client: the ServerHello. Is the offered session resumed? *resumed; its master secret then stands
// in the schedule.
skr_status_t ticket12_take_answer(hs_t *hs, const wire_server_hello_t *sh, bool *resumed);
// Server: looks at the client's ticket; F_PSK when its session can be resumed, F_TICKET when a new
// one will be sent.
skr_status_t ticket12_select(hs_t *hs, const wire_client_hello_t *ch, skr_view_t name);

#endif
