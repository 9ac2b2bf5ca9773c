// How large this side's messages can be.
#ifndef SKR_HS_BOUND_H
#define SKR_HS_BOUND_H

#include "hs/hs.h"

// All with the message's header. Of a ClientHello with these bytes of cookie and ticket.
size_t bound_client_hello(
    const skr_config_t *config, const skr_name_t *name, size_t cookie, size_t ticket);
// Of any other message (wire_type_t) but a Certificate, that this key signs (NULL: none does), with
// an identity of that size.
size_t bound_message(unsigned type, const skr_private_key_t *key, size_t identity);

#endif
