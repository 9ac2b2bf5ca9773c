// Which of many refusals is told.
//
// In: refusals, as a search meets them. Out: the one that tells most, in skr_verify_result_t: a
// failed check (expired ...) before a wrong signature before an unknown root, and of equals the one
// furthest up the path. Decides nothing but that.
#include "x509/refusal.h"

void refusal_note(refusal_t *refusal, skr_verify_result_t *result, refusal_rank_t rank,
    unsigned height, skr_status_t status, size_t certificate, unsigned field) {
    if (rank < refusal->rank || (rank == refusal->rank && height <= refusal->height)) {
        return;
    }
    refusal->rank = (uint8_t)rank;
    refusal->height = (uint8_t)height;
    result->status = status;
    result->certificate = (uint8_t)(certificate < UINT8_MAX ? certificate : UINT8_MAX);
    result->field = (uint8_t)field;
}
