// Signatures, as both versions need them: made and checked.
#ifndef SKR_HS_AUTH_H
#define SKR_HS_AUTH_H

#include "hs/hs.h"

// Bytes of the largest signature that this key makes.
size_t auth_signature_max(const skr_private_key_t *key);
// Writes scheme and signature of hs->to_sign by hs->credential; may wait for the caller's.
skr_status_t auth_sign(hs_t *hs, writer_t *w);
// The one place that sets PROOF_SIGNATURE. content: what scheme's verify() takes.
skr_status_t auth_check_signature(hs_t *hs, const skr_signature_t *scheme, skr_view_t content,
    const wire_certificate_verify_t *verify);
// Hashes what is signed as the scheme wants it (not at all with SKR_HASH_NONE). out:
// AUTH_CONTENT_MAX or more; it may be where content begins.
skr_status_t auth_hash(
    const hs_t *hs, const skr_signature_t *scheme, skr_view_t content, uint8_t *out, size_t *size);

#endif
