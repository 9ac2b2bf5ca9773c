// How large this side's messages can be.
#ifndef SKR_HS_BOUND_H
#define SKR_HS_BOUND_H

#include "hs/hs.h"

// All with the message's header. Of a ClientHello with these bytes of cookie and ticket.
size_t bound_client_hello(
    const skr_config_t *config, const skr_name_t *name, size_t cookie, size_t ticket);
// Of any other message (wire_type_t) of a role but a Certificate, that this key signs (NULL: none
// does), with an identity of that size. ChangeCipherSpec: 0. Each role's for the scripts of that
// role, so that an image for the other one has nothing of it.
size_t bound_by_client(
    const skr_config_t *config, unsigned type, const skr_private_key_t *key, size_t identity);
size_t bound_by_server(
    const skr_config_t *config, unsigned type, const skr_private_key_t *key, size_t identity);

#endif
