// The key exchange of TLS 1.2: ECDHE only.
//
// In: the server's signed share, the client's share (RFC 8422 sections 5.4 and 5.7). Out: the
// shared secret for the master secret; the server's proof that it holds its key, which here signs
// both Randoms and the share. The curve must have been offered, the signature scheme too, and it
// must fit the certificate's key: what a scheme's number means with a key of another curve is
// TLS 1.2's own affair (kex12_scheme). Private keys are wiped when used.
#include "base/bytes.h"
#include "base/ct.h"
#include "hs/auth.h"
#include "hs/handlers.h"
#include "hs/kex12.h"
#include "hs/offer.h"
#include "hs/share.h"
#include "wire/messages12.h"

enum { KEX12_CONTENT_MAX = 2 * SKR_RANDOM_SIZE + 4 + SKR_GROUP_PUBLIC_MAX };

// In TLS 1.2 the ECDSA numbers name a hash only, the curve is the key's (RFC 5246
// section 7.4.1.4.1).
static unsigned kex12_own_number(unsigned scheme, uint8_t key_type) {
    if (scheme == SKR_SIG_ECDSA_SECP256R1_SHA256 && key_type == SKR_KEY_P384) {
        return SKR_SIG_CERT_ECDSA_P384_SHA256;
    }
    if (scheme == SKR_SIG_ECDSA_SECP384R1_SHA384 && key_type == SKR_KEY_P256) {
        return SKR_SIG_CERT_ECDSA_P256_SHA384;
    }
    return scheme;
}

const skr_signature_t *kex12_scheme(const hs_t *hs, unsigned scheme) {
    bool pkcs1 = scheme == SKR_SIG_RSA_PKCS1_SHA256 || scheme == SKR_SIG_RSA_PKCS1_SHA384 ||
        scheme == SKR_SIG_RSA_PKCS1_SHA512;
    if (pkcs1 && !offer_lists(hs->config, (uint16_t)scheme)) {
        return NULL;
    }
    if (!pkcs1 && offer_find_scheme(hs->config, (uint16_t)scheme) == NULL) {
        return NULL; // not offered
    }
    unsigned number = kex12_own_number(scheme, hs->peer_key.type);
    const skr_signature_t *found = provider_signature(hs->config->provider, number);
    return found != NULL && found->key_type == hs->peer_key.type ? found : NULL;
}

// What is signed: both Randoms and the parameters.
static size_t kex12_content(const hs_t *hs, skr_view_t params, uint8_t *out) {
    memcpy(out, hs->client_random, SKR_RANDOM_SIZE);
    memcpy(out + SKR_RANDOM_SIZE, hs->server_random, SKR_RANDOM_SIZE);
    memcpy(out + 2 * SKR_RANDOM_SIZE, params.data, params.size);
    return 2 * SKR_RANDOM_SIZE + params.size;
}

// --- ServerKeyExchange ---

skr_status_t kex12_send_server(hs_t *hs, writer_t *w) {
    if (hs->to_sign_size == 0) { // not when it comes back with the caller's signature
        skr_status_t status = share_make(hs);
        if (status != SKR_OK) {
            return status;
        }
    }
    const uint8_t *start = w->p;
    wire_write_ecdh_params(w, hs->group->id, view_of(hs->share, hs->share_size));
    if (writer_failed(w)) {
        return SKR_ERR_MEMORY;
    }
    _Static_assert(sizeof(hs->to_sign) >= KEX12_CONTENT_MAX, "room for what Ed25519 signs");
    size_t size = kex12_content(hs, view_of(start, (size_t)(w->p - start)), hs->to_sign);
    size_t signed_size = 0;
    skr_status_t status = auth_hash(
        hs, hs->scheme, view_of(hs->to_sign, size), hs->to_sign, &signed_size);
    hs->to_sign_size = (uint8_t)signed_size;
    return status != SKR_OK ? status : auth_sign(hs, w);
}

// The certificate's key must be of the kind that the suite names (RFC 5246 section 7.4.2).
static bool kex12_key_fits(const hs_t *hs) {
    bool rsa = hs->peer_key.type == SKR_KEY_RSA || hs->peer_key.type == SKR_KEY_RSA_PSS;
    return rsa == (hs->suite->auth == SUITE_AUTH_RSA);
}

static skr_status_t kex12_check_signature(hs_t *hs, const wire_server_key_exchange_t *kex) {
    uint8_t content[KEX12_CONTENT_MAX]; // then its digest
    size_t size = 0;
    const skr_signature_t *scheme = kex12_scheme(hs, kex->scheme);
    if (scheme == NULL || !kex12_key_fits(hs)) {
        return SKR_ERR_SIGNATURE_SCHEME;
    }
    skr_view_t signed_bytes = view_of(content, kex12_content(hs, kex->params, content));
    skr_status_t status = auth_hash(hs, scheme, signed_bytes, content, &size);
    wire_certificate_verify_t verify = {kex->scheme, kex->signature};
    return status != SKR_OK ? status
                            : auth_check_signature(hs, scheme, view_of(content, size), &verify);
}

skr_status_t kex12_recv_server(hs_t *hs, skr_view_t body) {
    wire_server_key_exchange_t kex;
    skr_status_t status = wire_read_server_key_exchange(body, &kex);
    if (status != SKR_OK) {
        return status;
    }
    const skr_group_t *group = offer_find_group(hs->config, kex.group);
    if (group == NULL) {
        return SKR_ERR_GROUP_ANSWER;
    }
    if (kex.share.size != group->public_size) {
        return SKR_ERR_KEY_SHARE;
    }
    status = kex12_check_signature(hs, &kex);
    if (status != SKR_OK) {
        return status;
    }
    // A fresh key: the one of the ClientHello went out for TLS 1.3.
    hs->group = group;
    status = share_make(hs);
    return status != SKR_OK ? status : share_finish(hs, kex.share);
}

// --- ServerHelloDone ---

skr_status_t kex12_send_done(hs_t *hs, writer_t *w) {
    (void)hs;
    (void)w;
    return SKR_OK;
}

skr_status_t kex12_recv_done(hs_t *hs, skr_view_t body) {
    (void)hs;
    return body.size == 0 ? SKR_OK : SKR_ERR_DECODE;
}

// --- ClientKeyExchange ---

skr_status_t kex12_send_client(hs_t *hs, writer_t *w) {
    writer_vector(w, 1, view_of(hs->share, hs->share_size));
    return SKR_OK;
}

skr_status_t kex12_recv_client(hs_t *hs, skr_view_t body) {
    skr_view_t share = {NULL, 0};
    skr_status_t status = wire_read_client_key_exchange(body, &share);
    return status != SKR_OK ? status : share_finish(hs, share);
}
