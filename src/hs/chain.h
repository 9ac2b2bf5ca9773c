// This side's chain, as its Certificate message shows it: in slices.
#ifndef SKR_HS_CHAIN_H
#define SKR_HS_CHAIN_H

#include "hs/hs.h"

// Of the whole message, bytes with its header.
size_t chain_size(const hs_t *hs);
size_t chain_message_size(
    const skr_credential_t *credential, uint16_t version); // NULL: an empty one
// Appends the message's body from hs->built on, as much as w has room for. details: TLS 1.3's
// certificate_request_context and the extensions of each certificate, all empty.
skr_status_t chain_send(const hs_t *hs, writer_t *w, bool details);

#endif
