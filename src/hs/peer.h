// The peer's chain, as it comes.
#ifndef SKR_HS_PEER_H
#define SKR_HS_PEER_H

#include "hs/hs.h"

// Bytes of SKR_REGION_CERTIFICATES.
size_t peer_stream_size(const skr_config_t *config);
// Takes a piece of the body of a Certificate message (hs->more: others follow); behind the last one
// the chain is judged, PROOF_PATH set, and the peer's key kept. May wait for the caller's verdict.
skr_status_t peer_recv_chain(hs_t *hs, skr_view_t body, bool tls12);

#endif
