// What the hellos of both versions share.
#ifndef SKR_HS_HELLO_H
#define SKR_HS_HELLO_H

#include "hs/hs.h"

// hello_client.c: does the ServerHello's Random bear the downgrade sentinel (RFC 9846
// section 4.2.3)?
bool hello_downgraded(skr_view_t random);
// hello_server.c: the name that the client asks for, SKR_NAME_NONE without one.
skr_status_t hello_read_name(const wire_extensions_t *e, skr_name_t *name);
// hello_server.c: sets hs->alpn from the client's list (RFC 7301). An absent body chooses nothing.
skr_status_t hello_choose_alpn(hs_t *hs, skr_view_t body);
// hello_client.c: the server's answer to the protocols that were offered; absent: none.
skr_status_t hello_take_alpn(hs_t *hs, skr_view_t body);
// What each version adds to a ClientHello's extensions: hello12.c, hello_client.c.
void hello12_write_offer(hs_t *hs, writer_t *w);
void hello13_write_offer(hs_t *hs, writer_t *w);

#endif
