// Which of many refusals is told: where several paths were tried, the one that tells most.
#ifndef SKR_X509_REFUSAL_H
#define SKR_X509_REFUSAL_H

#include "skerry/x509.h"

// Refusals by how much they tell.
typedef enum {
    RANK_NONE,
    RANK_NO_ISSUER,
    RANK_UNREADABLE,
    RANK_SIGNATURE,
    RANK_WORK,
    RANK_CHECK,
    RANK_FINAL, // no other path may change the verdict
} refusal_rank_t;

typedef struct {
    uint8_t rank; // refusal_rank_t
    uint8_t height; // of the path when it came: of equals the one furthest up counts
} refusal_t;

// Notes a refusal in result, unless one that tells more stands there. certificate: its number, as
// in skr_verify_result_t; field: skr_field_t.
void refusal_note(refusal_t *refusal, skr_verify_result_t *result, refusal_rank_t rank,
    unsigned height, skr_status_t status, size_t certificate, unsigned field);

#endif
