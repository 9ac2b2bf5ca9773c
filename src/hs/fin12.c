// Finished of TLS 1.2 (RFC 5246 section 7.4.9).
//
// In: the transcript so far and the master secret. Out: twelve bytes over the handshake, or the
// proof that the peer's are right: PROOF_FINISHED is set here for TLS 1.2 and nowhere else. The
// comparison is constant-time. Whether the peer proved an identity is for hs_proved() to say.
#include "base/bytes.h"
#include "base/ct.h"
#include "hs/handlers.h"
#include "keys/prf12.h"

static skr_status_t fin12_compute(const hs_t *hs, bool by_client, uint8_t *out) {
    uint8_t transcript[SKR_HASH_SIZE_MAX];
    skr_view_t label = by_client ? VIEW_LITERAL("client finished")
                                 : VIEW_LITERAL("server finished");
    return hs_local(transcript_of(&hs->transcript, hs->hash, transcript) &&
        prf12(hs->hash, view_of(hs->schedule.secret, PRF12_MASTER_SIZE), label,
            view_of(transcript, hs->hash->size), view_of(NULL, 0), out, PRF12_VERIFY_SIZE));
}

skr_status_t fin12_send(hs_t *hs, writer_t *w) {
    uint8_t verify_data[PRF12_VERIFY_SIZE];
    skr_status_t status = fin12_compute(hs, hs_is_client(hs), verify_data);
    if (status == SKR_OK) {
        writer_bytes(w, verify_data, sizeof(verify_data));
    }
    return status;
}

skr_status_t fin12_recv(hs_t *hs, skr_view_t body) {
    uint8_t verify_data[PRF12_VERIFY_SIZE];
    skr_status_t status = fin12_compute(hs, !hs_is_client(hs), verify_data);
    if (status == SKR_OK && body.size != PRF12_VERIFY_SIZE) {
        status = SKR_ERR_DECODE;
    }
    if (status == SKR_OK) {
        if (ct_equal(body.data, verify_data, PRF12_VERIFY_SIZE)) {
            hs->proofs |= PROOF_FINISHED;
        } else {
            status = SKR_ERR_FINISHED;
        }
    }
    ct_wipe(verify_data, sizeof(verify_data));
    return status;
}
