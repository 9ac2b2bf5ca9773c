// Certificates of TLS 1.2: Certificate, CertificateRequest, CertificateVerify.
//
// In: the peer's chain, its request, its signature over all messages so far (RFC 5246
// sections 7.4.2, 7.4.4, 7.4.6, 7.4.8). Out: the same proofs as in TLS 1.3, set by the same
// functions (auth.c); this side's messages. A client's signature covers the messages themselves, so
// its scheme's hash must be one that the transcript runs: SHA-256 or SHA-384. The server's proof of
// its key is in its key exchange (kex12.c).
#include "base/bytes.h"
#include "hs/auth.h"
#include "hs/chain.h"
#include "hs/handlers.h"
#include "hs/kex12.h"
#include "hs/offer.h"
#include "hs/peer.h"
#include "wire/messages12.h"

enum { AUTH12_RSA_SIGN = 1, AUTH12_ECDSA_SIGN = 64 }; // ClientCertificateType

// --- Certificate ---

skr_status_t auth12_send_cert(hs_t *hs, writer_t *w) {
    return chain_send(hs, w, false);
}

skr_status_t auth12_recv_cert(hs_t *hs, skr_view_t body) {
    return peer_recv_chain(hs, body, true);
}

bool auth12_certificate_at(skr_view_t body, size_t index, skr_view_t *der) {
    skr_view_t list = {NULL, 0};
    if (wire_read_certificate12(body, &list) != SKR_OK) {
        return false;
    }
    reader_t r = reader_of(list);
    do {
        if (!wire_next_certificate12(&r, der)) {
            return false;
        }
    } while (index-- > 0);
    return true;
}

// --- CertificateRequest ---

static bool auth12_hash_runs(const skr_signature_t *scheme) {
    return scheme->hash == SKR_HASH_SHA256 || scheme->hash == SKR_HASH_SHA384;
}

skr_status_t auth12_send_req(hs_t *hs, writer_t *w) {
    const skr_signature_t *scheme = NULL;
    writer_u8(w, 2);
    writer_u8(w, AUTH12_ECDSA_SIGN);
    writer_u8(w, AUTH12_RSA_SIGN);
    writer_block_t schemes = writer_open(w, 2);
    for (size_t i = 0; (scheme = offer_scheme(hs->config, i)) != NULL; i++) {
        if (auth12_hash_runs(scheme)) {
            writer_u16(w, scheme->scheme);
        }
    }
    static const uint16_t pkcs1[] = {SKR_SIG_RSA_PKCS1_SHA256, SKR_SIG_RSA_PKCS1_SHA384};
    for (size_t i = 0; i < sizeof(pkcs1) / sizeof(pkcs1[0]); i++) {
        if (offer_lists(hs->config, pkcs1[i])) {
            writer_u16(w, pkcs1[i]);
        }
    }
    writer_close(w, schemes);
    writer_u16(w, 0); // certificate_authorities: any
    return SKR_OK;
}

skr_status_t auth12_recv_req(hs_t *hs, skr_view_t body) {
    wire_certificate_request12_t request;
    skr_status_t status = wire_read_certificate_request12(body, &request);
    if (status == SKR_OK && !offer_credential(hs, request.schemes, NULL, SUITE_AUTH_ANY)) {
        hs->facts |= F_EMPTY_CERT;
    }
    return status;
}

// --- CertificateVerify ---

// The digest of all messages so far by the scheme's hash.
static skr_status_t auth12_digest(
    const hs_t *hs, const skr_signature_t *scheme, uint8_t *out, size_t *size) {
    const skr_hash_t *hash = provider_hash(hs->config->provider, scheme->hash);
    *size = hash == NULL ? 0 : hash->size;
    return hs_local(transcript_of(&hs->transcript, hash, out));
}

skr_status_t auth12_send_verify(hs_t *hs, writer_t *w) {
    size_t size = 0;
    skr_status_t status = auth12_digest(hs, hs->scheme, hs->to_sign, &size);
    hs->to_sign_size = (uint8_t)size;
    return status != SKR_OK ? status : auth_sign(hs, w);
}

skr_status_t auth12_recv_verify(hs_t *hs, skr_view_t body) {
    wire_certificate_verify_t verify;
    uint8_t digest[SKR_HASH_SIZE_MAX];
    size_t size = 0;
    skr_status_t status = wire_read_certificate_verify(body, &verify);
    if (status != SKR_OK) {
        return status;
    }
    const skr_signature_t *scheme = kex12_scheme(hs, verify.scheme);
    if (scheme == NULL || !auth12_hash_runs(scheme)) {
        return SKR_ERR_SIGNATURE_SCHEME;
    }
    status = auth12_digest(hs, scheme, digest, &size);
    return status != SKR_OK ? status
                            : auth_check_signature(hs, scheme, view_of(digest, size), &verify);
}
