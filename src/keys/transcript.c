// The transcript hash.
//
// In: handshake messages with their headers, in the order of the wire, and the hash once the suite
// is known. Out: the hash of all so far, as often as it is wanted (RFC 9846 section 4.1). Until the
// choice both hashes of TLS 1.3 run side by side, so that no message is kept; what was not chosen
// is wiped. What belongs into the transcript and in which order is the handshake's concern.
#include "keys/transcript.h"

#include "base/bytes.h"
#include "base/ct.h"

enum { MESSAGE_HASH = 254 }; // HandshakeType (section 4)

bool transcript_init(transcript_t *t, const skr_hash_t *const *hashes) {
    ct_wipe(t, sizeof(*t));
    size_t running = 0;
    for (; *hashes != NULL && running < TRANSCRIPT_HASHES; hashes++) {
        if ((*hashes)->id == SKR_HASH_SHA256 || (*hashes)->id == SKR_HASH_SHA384) {
            if (!(*hashes)->init(t->state[running])) {
                return false;
            }
            t->hash[running++] = *hashes;
        }
    }
    return running > 0;
}

bool transcript_add(transcript_t *t, skr_view_t bytes) {
    bool ok = true;
    for (size_t i = 0; ok && bytes.size > 0 && i < TRANSCRIPT_HASHES && t->hash[i] != NULL; i++) {
        ok = t->hash[i]->update(t->state[i], bytes.data, bytes.size);
    }
    return ok;
}

bool transcript_choose(transcript_t *t, const skr_hash_t *hash) {
    size_t chosen = 0;
    while (chosen < TRANSCRIPT_HASHES && t->hash[chosen] != hash) {
        chosen++;
    }
    if (hash == NULL || chosen == TRANSCRIPT_HASHES) {
        return false;
    }
    if (chosen != 0) {
        memcpy(t->state[0], t->state[chosen], hash->state_size);
        t->hash[0] = hash;
    }
    for (size_t i = 1; i < TRANSCRIPT_HASHES; i++) {
        ct_wipe(t->state[i], sizeof(t->state[i]));
        t->hash[i] = NULL;
    }
    t->chosen = true;
    return true;
}

bool transcript_retry(transcript_t *t) {
    uint8_t message[4 + SKR_HASH_SIZE_MAX] = {MESSAGE_HASH};
    if (!transcript_result(t, message + 4)) {
        return false;
    }
    message[3] = t->hash[0]->size;
    return t->hash[0]->init(t->state[0]) && transcript_add(t, view_of(message, 4u + message[3]));
}

bool transcript_result(const transcript_t *t, uint8_t *out) {
    return t->chosen && t->hash[0]->result(t->state[0], out);
}

bool transcript_of(const transcript_t *t, const skr_hash_t *hash, uint8_t *out) {
    for (size_t i = 0; hash != NULL && i < TRANSCRIPT_HASHES; i++) {
        if (t->hash[i] == hash) {
            return hash->result(t->state[i], out);
        }
    }
    return false;
}

bool transcript_with(const transcript_t *t, const skr_hash_t *hash, const skr_view_t *more,
    size_t count, uint8_t *out) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    size_t running = 0;
    while (running < TRANSCRIPT_HASHES && t->hash[running] != hash) {
        running++;
    }
    if (hash == NULL || running == TRANSCRIPT_HASHES) {
        return false;
    }
    memcpy(state, t->state[running], hash->state_size);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = more[i].size == 0 || hash->update(state, more[i].data, more[i].size);
    }
    return ok && hash->result(state, out);
}
