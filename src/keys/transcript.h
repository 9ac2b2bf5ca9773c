// The transcript hash (RFC 9846 section 4.1). Before the cipher suite is known every hash that it
// may need runs.
#ifndef SKR_KEYS_TRANSCRIPT_H
#define SKR_KEYS_TRANSCRIPT_H

#include "skerry/crypto.h"

enum { TRANSCRIPT_HASHES = 2 }; // SHA-256 and SHA-384: all that TLS 1.3 suites use

typedef struct {
    const skr_hash_t *hash[TRANSCRIPT_HASHES]; // NULL: not running. After the choice only [0] runs.
    bool chosen;
    _Alignas(16) uint8_t state[TRANSCRIPT_HASHES][SKR_HASH_STATE_MAX];
} transcript_t;

// Starts SHA-256 and SHA-384, as far as hashes (NULL-terminated) has them.
bool transcript_init(transcript_t *t, const skr_hash_t *const *hashes);
// A message with its header; may come in pieces.
bool transcript_add(transcript_t *t, skr_view_t bytes);
// The suite's hash is known: the others stop. false: hash was not running, or the provider failed.
bool transcript_choose(transcript_t *t, const skr_hash_t *hash);
// After the choice: what came so far (ClientHello1) is replaced by the message_hash message
// (section 4.1).
bool transcript_retry(transcript_t *t);
// Of one hash that is running, chosen or not (TLS 1.2 needs two to the end): hash->size bytes.
bool transcript_of(const transcript_t *t, const skr_hash_t *hash, uint8_t *out);
// As transcript_of(), as if more had come behind what did (the part of a ClientHello that binders
// cover).
bool transcript_with(const transcript_t *t, const skr_hash_t *hash, const skr_view_t *more,
    size_t count, uint8_t *out);
// After the choice: hash->size bytes; the transcript goes on.
bool transcript_result(const transcript_t *t, uint8_t *out);

#endif
