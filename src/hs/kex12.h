// Signature schemes as TLS 1.2 means them.
#ifndef SKR_HS_KEX12_H
#define SKR_HS_KEX12_H

#include "hs/hs.h"

// The descriptor for a scheme's number with the peer's key; NULL: not offered, or it does not fit
// the key.
const skr_signature_t *kex12_scheme(const hs_t *hs, unsigned scheme);

#endif
