// This side's Certificate message, whatever the size of its chain.
//
// In: the credential, and how much of the message was built before. Out: the next bytes of it, as
// many as there is room for (RFC 9846 section 4.5.1, RFC 5246 section 7.4.2). The chain lies in the
// caller's memory, so that any slice can be written at any time, and the message is nowhere whole.
// Type and length are the walker's.
#include "hs/chain.h"

#include "base/bytes.h"

enum { CHAIN_LENGTH = 3, CHAIN_DETAIL = 2 }; // certificate_list<0..2^24-1>, extensions<0..2^16-1>

// NULL: this side has none.
static const skr_credential_t *chain_credential(const hs_t *hs) {
    return (hs->facts & F_EMPTY_CERT) == 0 ? hs->credential : NULL;
}

static size_t chain_list_size(const skr_credential_t *credential, bool details) {
    size_t size = 0;
    for (size_t i = 0; credential != NULL && i < credential->chain_count; i++) {
        size += CHAIN_LENGTH + credential->chain[i].size + (details ? CHAIN_DETAIL : 0);
    }
    return size;
}

size_t chain_message_size(const skr_credential_t *credential, uint16_t version) {
    bool details = version != SKR_TLS12;
    return (size_t)SKR_MESSAGE_HEADER_SIZE + (details ? 1u : 0u) + CHAIN_LENGTH +
        chain_list_size(credential, details);
}

size_t chain_size(const hs_t *hs) {
    return chain_message_size(chain_credential(hs), hs->script->version);
}

// Some bytes of the body: *skip of all that are put were written before.
static void chain_put(writer_t *w, size_t *skip, skr_view_t bytes) {
    size_t from = *skip < bytes.size ? *skip : bytes.size;
    size_t room = writer_room(w);
    *skip -= from;
    size_t size = bytes.size - from < room ? bytes.size - from : room;
    writer_bytes(w, bytes.data + from, size);
}

// A 24-bit length, with `ahead` zeros before it.
static void chain_put_length(writer_t *w, size_t *skip, size_t ahead, size_t length) {
    const uint8_t bytes[1 + CHAIN_LENGTH] = {
        0, (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length};
    chain_put(w, skip, view_of(bytes + 1 - ahead, ahead + CHAIN_LENGTH));
}

skr_status_t chain_send(const hs_t *hs, writer_t *w, bool details) {
    static const uint8_t none[CHAIN_DETAIL];
    size_t skip = hs->built > 0 ? hs->built - SKR_MESSAGE_HEADER_SIZE : 0;
    const skr_credential_t *credential = chain_credential(hs);
    chain_put_length(w, &skip, details ? 1 : 0, chain_list_size(credential, details));
    for (size_t i = 0; credential != NULL && i < credential->chain_count; i++) {
        skr_view_t der = credential->chain[i];
        chain_put_length(w, &skip, 0, der.size);
        chain_put(w, &skip, der);
        chain_put(w, &skip, view_of(none, details ? CHAIN_DETAIL : 0));
    }
    return SKR_OK;
}
