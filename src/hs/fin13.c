// Finished (RFC 9846 section 4.5.3).
//
// In: the transcript so far and the writer's handshake traffic secret. Out: a MAC over the
// handshake, or the proof that the peer's is right: PROOF_FINISHED is set here and nowhere else.
// The comparison is constant-time. What is not checked here is whether the peer proved an identity:
// hs_proved() does.
#include "base/bytes.h"
#include "base/ct.h"
#include "hs/handlers.h"

static skr_status_t fin13_compute(const hs_t *hs, bool by_client, uint8_t *out) {
    uint8_t transcript[SKR_HASH_SIZE_MAX];
    const uint8_t *base = by_client ? hs->schedule.client_handshake : hs->schedule.server_handshake;
    return hs_local(transcript_result(&hs->transcript, transcript) &&
        schedule_finished(hs->hash, base, transcript, out));
}

skr_status_t fin13_send(hs_t *hs, writer_t *w) {
    uint8_t verify_data[SKR_HASH_SIZE_MAX];
    skr_status_t status = fin13_compute(hs, hs_is_client(hs), verify_data);
    if (status == SKR_OK) {
        writer_bytes(w, verify_data, hs->hash->size);
    }
    ct_wipe(verify_data, sizeof(verify_data));
    return status;
}

skr_status_t fin13_recv(hs_t *hs, skr_view_t body) {
    uint8_t verify_data[SKR_HASH_SIZE_MAX];
    skr_status_t status = fin13_compute(hs, !hs_is_client(hs), verify_data);
    if (status == SKR_OK && body.size != hs->hash->size) {
        status = SKR_ERR_DECODE;
    }
    if (status == SKR_OK) {
        if (ct_equal(body.data, verify_data, hs->hash->size)) {
            hs->proofs |= PROOF_FINISHED;
        } else {
            status = SKR_ERR_FINISHED;
        }
    }
    ct_wipe(verify_data, sizeof(verify_data));
    return status;
}
