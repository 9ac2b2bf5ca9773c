// The handlers that the script's rows name: one function builds or judges one message.
#ifndef SKR_HS_HANDLERS_H
#define SKR_HS_HANDLERS_H

#include "hs/hs.h"

// hello_client.c
skr_status_t hello_send_ch(hs_t *hs, writer_t *w); // RFC 9846 section 4.2.2
skr_status_t hello_recv_hrr(hs_t *hs, skr_view_t body); // section 4.2.4
skr_status_t hello_recv_sh(hs_t *hs, skr_view_t body); // section 4.2.3
// hello_server.c
skr_status_t hello_recv_ch(hs_t *hs, skr_view_t body);
skr_status_t hello_send_hrr(hs_t *hs, writer_t *w);
skr_status_t hello_send_sh(hs_t *hs, writer_t *w);
// t13.c
skr_status_t t13_send_ee(hs_t *hs, writer_t *w); // section 4.4.1
skr_status_t t13_recv_ee(hs_t *hs, skr_view_t body);
skr_status_t t13_send_cert_req(hs_t *hs, writer_t *w); // section 4.4.2
skr_status_t t13_recv_cert_req(hs_t *hs, skr_view_t body);
// auth.c
skr_status_t auth_send_cert(hs_t *hs, writer_t *w); // section 4.5.1
skr_status_t auth_recv_cert(hs_t *hs, skr_view_t body);
skr_status_t auth_send_verify(hs_t *hs, writer_t *w); // section 4.5.2
skr_status_t auth_recv_verify(hs_t *hs, skr_view_t body);
// fin13.c
skr_status_t fin13_send(hs_t *hs, writer_t *w); // section 4.5.3
skr_status_t fin13_recv(hs_t *hs, skr_view_t body);

#endif
