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
bool auth_certificate_at(skr_view_t body, size_t index, skr_view_t *der);
skr_status_t auth_send_verify(hs_t *hs, writer_t *w); // section 4.5.2
skr_status_t auth_recv_verify(hs_t *hs, skr_view_t body);
// keys13.c
skr_status_t keys13_change(hs_t *hs, uint16_t keys);
bool keys13_resumption(const hs_t *hs, uint8_t *out);
bool keys13_export(const skr_hash_t *hash, const uint8_t *secret, const uint8_t *const *randoms,
    skr_view_t label, skr_view_t context, uint8_t *out, size_t size);
// hello12.c (RFC 5246 sections 7.4.1.2 and 7.4.1.3)
skr_status_t hello12_recv_ch(hs_t *hs, skr_view_t body);
skr_status_t hello12_send_sh(hs_t *hs, writer_t *w);
skr_status_t hello12_recv_sh(hs_t *hs, skr_view_t body);
// auth12.c (RFC 5246 sections 7.4.2, 7.4.4, 7.4.6 and 7.4.8)
skr_status_t auth12_send_cert(hs_t *hs, writer_t *w);
skr_status_t auth12_recv_cert(hs_t *hs, skr_view_t body);
bool auth12_certificate_at(skr_view_t body, size_t index, skr_view_t *der);
skr_status_t auth12_send_req(hs_t *hs, writer_t *w);
skr_status_t auth12_recv_req(hs_t *hs, skr_view_t body);
skr_status_t auth12_send_verify(hs_t *hs, writer_t *w);
skr_status_t auth12_recv_verify(hs_t *hs, skr_view_t body);
// kex12.c (RFC 8422 sections 5.4 and 5.7)
skr_status_t kex12_send_server(hs_t *hs, writer_t *w);
skr_status_t kex12_recv_server(hs_t *hs, skr_view_t body);
skr_status_t kex12_send_done(hs_t *hs, writer_t *w);
skr_status_t kex12_recv_done(hs_t *hs, skr_view_t body);
skr_status_t kex12_send_client(hs_t *hs, writer_t *w);
skr_status_t kex12_recv_client(hs_t *hs, skr_view_t body);
// psk12.c (RFC 4279 section 2, RFC 5489 section 2)
skr_status_t psk12_send_server(hs_t *hs, writer_t *w);
skr_status_t psk12_recv_server(hs_t *hs, skr_view_t body);
skr_status_t psk12_send_client(hs_t *hs, writer_t *w);
skr_status_t psk12_recv_client(hs_t *hs, skr_view_t body);
// ticket12.c (RFC 5077 section 3.3)
skr_status_t ticket12_send(hs_t *hs, writer_t *w);
skr_status_t ticket12_recv(hs_t *hs, skr_view_t body);
// fin12.c, keys12.c
skr_status_t fin12_send(hs_t *hs, writer_t *w);
skr_status_t fin12_recv(hs_t *hs, skr_view_t body);
skr_status_t keys12_change(hs_t *hs, uint16_t keys);
bool keys12_export(const skr_hash_t *hash, const uint8_t *secret, const uint8_t *const *randoms,
    skr_view_t label, skr_view_t context, uint8_t *out, size_t size);
// fin13.c
skr_status_t fin13_send(hs_t *hs, writer_t *w); // section 4.5.3
skr_status_t fin13_recv(hs_t *hs, skr_view_t body);

#endif
