// Pre-shared keys of TLS 1.2: the key exchange, with ECDHE and without.
//
// In: the configuration's keys, the peer's ServerKeyExchange or ClientKeyExchange. Out: both of
// this side's, and the premaster secret (RFC 4279 section 2, RFC 5489 section 2). A server sends no
// hint, and a client passes over one, as RFC 4279 section 5.2 has it without an application's own
// profile. An unknown identity goes on with a random key of its own, so that it ends where a wrong
// key ends, with the same alert after the same work. Imported keys are for TLS 1.3 (RFC 9258
// section 5.1) and stay out. PROOF_PSK is set here: the key is known, which the Finished will show.
#include "base/bytes.h"
#include "base/ct.h"
#include "hs/handlers.h"
#include "hs/offer.h"
#include "hs/psk.h"
#include "hs/share.h"
#include "wire/messages12.h"

static bool psk12_ecdhe(const hs_t *hs) {
    return hs->suite->auth == SUITE_AUTH_ECDHE_PSK;
}

void psk12_begin(hs_t *hs) {
    hs->facts |= psk12_ecdhe(hs) ? F_KEYED | F_KEX : F_KEYED;
}

skr_view_t psk12_premaster(hs_t *hs, uint8_t *out) {
    writer_t w = writer_of(out, PSK12_PREMASTER_MAX);
    if (psk12_ecdhe(hs)) {
        writer_vector(&w, 2, view_of(hs->shared, hs->shared_size));
    } else { // as many zeros as the key is long
        writer_u16(&w, (uint16_t)hs->psk.size);
        uint8_t *zeros = writer_space(&w, hs->psk.size);
        if (zeros != NULL) {
            memset(zeros, 0, hs->psk.size);
        }
    }
    writer_vector(&w, 2, hs->psk);
    if (hs->psk_number != 0) {
        hs->proofs |= PROOF_PSK;
    }
    return view_of(out, writer_size(&w));
}

// --- ServerKeyExchange ---

skr_status_t psk12_send_server(hs_t *hs, writer_t *w) {
    skr_status_t status = share_make(hs);
    writer_u16(w, 0); // no hint
    wire_write_ecdh_params(w, hs->group->id, view_of(hs->share, hs->share_size));
    return status;
}

skr_status_t psk12_recv_server(hs_t *hs, skr_view_t body) {
    wire_server_key_exchange_t kex;
    skr_status_t status = wire_read_psk_server_key_exchange(body, psk12_ecdhe(hs), &kex);
    if (status != SKR_OK || !psk12_ecdhe(hs)) {
        return status;
    }
    const skr_group_t *group = offer_find_group(hs->config, kex.group);
    if (group == NULL) {
        return SKR_ERR_GROUP_ANSWER;
    }
    hs->group = group;
    status = share_make(hs);
    return status != SKR_OK ? status : share_finish(hs, kex.share);
}

// --- ClientKeyExchange ---

skr_status_t psk12_send_client(hs_t *hs, writer_t *w) {
    const skr_psk_t *psk = psk_for_tls12(hs->config);
    hs->psk = psk->key;
    hs->psk_external = true;
    hs->psk_number = (uint16_t)(1 + (psk - hs->config->psks));
    writer_vector(w, 2, psk->identity);
    if (psk12_ecdhe(hs)) {
        writer_vector(w, 1, view_of(hs->share, hs->share_size));
    }
    return SKR_OK;
}

// The key of this identity. Nobody's: random bytes that are drawn in either case.
static skr_status_t psk12_take(hs_t *hs, skr_view_t identity) {
    const skr_config_t *config = hs->config;
    _Static_assert(
        sizeof(hs->to_sign) >= 2 * SKR_PSK_KEY_MAX, "nothing is signed in this handshake");
    uint8_t *random = hs->to_sign + SKR_PSK_KEY_MAX;
    size_t size = config->psk_count > 0 ? config->psks[0].key.size : 32;
    hs->psk_external = true;
    skr_status_t status = psk_look_up(hs, identity, 0);
    if (status == SKR_OK) {
        status = hs_random(hs, random, size);
        hs->psk = hs->psk_number == 0 ? view_of(random, size) : hs->psk;
    }
    return status;
}

skr_status_t psk12_recv_client(hs_t *hs, skr_view_t body) {
    skr_view_t identity = {NULL, 0};
    skr_view_t share = {NULL, 0};
    skr_status_t status = wire_read_psk_client_key_exchange(
        body, psk12_ecdhe(hs), &identity, &share);
    if (status == SKR_OK) {
        status = psk12_take(hs, identity);
    }
    return status != SKR_OK || !psk12_ecdhe(hs) ? status : share_finish(hs, share);
}
