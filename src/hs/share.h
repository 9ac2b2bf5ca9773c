// This side's key share and the shared secret, for every key exchange of every version.
#ifndef SKR_HS_SHARE_H
#define SKR_HS_SHARE_H

#include "hs/hs.h"

// A fresh private key and public share of hs->group.
skr_status_t share_make(hs_t *hs);
// The shared secret from the private key of share_make() and the peer's share; the private key is
// wiped.
skr_status_t share_finish(hs_t *hs, skr_view_t peer);
// A share and the shared secret in one, from the peer's share.
skr_status_t share_respond(hs_t *hs, skr_view_t peer);

#endif
