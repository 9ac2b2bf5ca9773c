// Record sizes that the peers agree on (RFC 8449, RFC 6066 section 4), in both versions.
#ifndef SKR_HS_LIMIT_H
#define SKR_HS_LIMIT_H

#include "hs/hs.h"

// Client: record_size_limit, and max_fragment_length for servers that know only that, from
// max_record_in.
void limit_write_offer(hs_t *hs, writer_t *w);
// Client: the server's answer (EncryptedExtensions, or TLS 1.2's ServerHello).
// SKR_ERR_ILLEGAL_PARAMETER.
skr_status_t limit_take_answer(hs_t *hs, const wire_extensions_t *e);
// Server: what the client wants. SKR_ERR_ILLEGAL_PARAMETER.
skr_status_t limit_select(hs_t *hs, const wire_extensions_t *e);
void limit_write_answer(const hs_t *hs, writer_t *w);

#endif
