// Certificate and CertificateVerify: who this side is, and whether the peer holds its key.
//
// In: the peer's signature (RFC 9846 section 4.5.2), this side's credential. Out: PROOF_SIGNATURE,
// set in one function only; this side's messages (section 4.5.1). The peer's chain is judged in
// peer.c. The caller may be asked to sign (SKR_WANT_SIGNATURE): the handler then stops, and runs
// again once there is an answer.
#include "base/bytes.h"
#include "base/ct.h"
#include "hs/auth.h"
#include "hs/chain.h"
#include "hs/handlers.h"
#include "hs/offer.h"
#include "hs/peer.h"

// --- Certificate, sending (section 4.5.1) ---

skr_status_t auth_send_cert(hs_t *hs, writer_t *w) {
    return chain_send(hs, w, true);
}

// --- Certificate, receiving (section 4.5.1.3) ---

bool auth_certificate_at(skr_view_t body, size_t index, skr_view_t *der) {
    wire_certificate_t certificate;
    if (wire_read_certificate(body, &certificate) != SKR_OK) {
        return false;
    }
    reader_t list = reader_of(certificate.list);
    wire_extensions_t extensions;
    bool end = false;
    do {
        if (wire_next_certificate(&list, der, &extensions, &end) != SKR_OK || end) {
            return false;
        }
    } while (index-- > 0);
    return true;
}

skr_status_t auth_recv_cert(hs_t *hs, skr_view_t body) {
    return peer_recv_chain(hs, body, false);
}

// --- Signatures ---

skr_status_t auth_hash(
    const hs_t *hs, const skr_signature_t *scheme, skr_view_t content, uint8_t *out, size_t *size) {
    if (scheme->hash == SKR_HASH_NONE) {
        memmove(out, content.data, content.size);
        *size = content.size;
        return SKR_OK;
    }
    const skr_hash_t *hash = provider_hash(hs->config->provider, scheme->hash);
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    bool ok = hash != NULL && hash->init(state) &&
        hash->update(state, content.data, content.size) && hash->result(state, out);
    *size = ok ? hash->size : 0;
    return hs_local(ok);
}

// --- CertificateVerify (section 4.5.2) ---

enum {
    AUTH_PAD = 64,
    AUTH_CONTEXT_SIZE = 33,
    AUTH_CONTENT_MAX = AUTH_PAD + AUTH_CONTEXT_SIZE + 1 + SKR_SECRET_SIZE_MAX
};

// What is signed: padding, whose signature, a zero, the transcript hash. Then hashed, unless the
// scheme does so itself.
static skr_status_t auth_content(
    const hs_t *hs, bool by_client, const skr_signature_t *scheme, uint8_t *out, size_t *size) {
    static const char contexts[2][AUTH_CONTEXT_SIZE + 1] = {
        "TLS 1.3, server CertificateVerify", "TLS 1.3, client CertificateVerify"};
    uint8_t content[AUTH_CONTENT_MAX];
    memset(content, 0x20, AUTH_PAD);
    memcpy(content + AUTH_PAD, contexts[by_client ? 1 : 0], AUTH_CONTEXT_SIZE + 1); // with the zero
    if (!transcript_result(&hs->transcript, content + AUTH_PAD + AUTH_CONTEXT_SIZE + 1)) {
        return SKR_ERR_PROVIDER;
    }
    size_t content_size = AUTH_PAD + AUTH_CONTEXT_SIZE + 1 + (size_t)hs->hash->size;
    return auth_hash(hs, scheme, view_of(content, content_size), out, size);
}

// The caller's signature, or a wait for it.
static skr_status_t auth_external_signature(const hs_t *hs, writer_t *w) {
    if (hs->signature_refused) {
        return SKR_ERR_PROVIDER;
    }
    if (!view_is(hs->signature)) {
        return SKR_WANT_SIGNATURE;
    }
    writer_u16(w, hs->scheme->scheme);
    writer_vector(w, 2, hs->signature);
    return writer_failed(w) ? SKR_ERR_USAGE : SKR_OK; // longer than any of this key can be
}

size_t auth_signature_max(const skr_private_key_t *key) {
    bool rsa = key->type == SKR_KEY_RSA || key->type == SKR_KEY_RSA_PSS;
    return rsa ? SKR_SIGNATURE_MAX : SKR_SIGNATURE_EC_MAX;
}

// Signs into the message itself: signing takes the most stack of all, and no buffer shall lie
// below.
skr_status_t auth_sign(hs_t *hs, writer_t *w) {
    const skr_config_t *config = hs->config;
    if (hs->credential->key->external) {
        skr_status_t status = auth_external_signature(hs, w);
        hs->to_sign_size = status == SKR_OK ? 0 : hs->to_sign_size; // nothing is asked any more
        return status;
    }
    writer_u16(w, hs->scheme->scheme);
    writer_block_t block = writer_open(w, 2);
    if (writer_room(w) < auth_signature_max(hs->credential->key)) {
        return SKR_ERR_USAGE;
    }
    size_t size = 0;
    skr_random_t random = config->random != NULL ? config->random : config->provider->random;
    if (hs->scheme->sign(hs->credential->key, hs->to_sign, hs->to_sign_size, random,
            config->random_user, w->p, &size) != SKR_CRYPTO_OK) {
        return SKR_ERR_PROVIDER;
    }
    writer_space(w, size);
    writer_close(w, block);
    return SKR_OK;
}

skr_status_t auth_send_verify(hs_t *hs, writer_t *w) {
    _Static_assert(sizeof(hs->to_sign) >= AUTH_CONTENT_MAX, "room for what is signed");
    size_t size = 0;
    skr_status_t status = auth_content(hs, hs_is_client(hs), hs->scheme, hs->to_sign, &size);
    if (status != SKR_OK) {
        return status;
    }
    hs->to_sign_size = (uint8_t)size;
    return auth_sign(hs, w);
}

skr_status_t auth_check_signature(hs_t *hs, const skr_signature_t *scheme, skr_view_t content,
    const wire_certificate_verify_t *verify) {
    // RFC 4055 section 1.2: a key with parameters is for these alone.
    if (hs->peer_key_hash != SKR_HASH_NONE && scheme->hash != hs->peer_key_hash) {
        return SKR_ERR_SIGNATURE_SCHEME;
    }
    skr_crypto_t verified = scheme->verify(
        &hs->peer_key, content.data, content.size, verify->signature.data, verify->signature.size);
    if (verified != SKR_CRYPTO_OK) {
        return verified == SKR_CRYPTO_REFUSED ? SKR_ERR_SIGNATURE : SKR_ERR_PROVIDER;
    }
    hs->proofs |= PROOF_SIGNATURE;
    hs->peer_scheme = verify->scheme;
    return SKR_OK;
}

skr_status_t auth_recv_verify(hs_t *hs, skr_view_t body) {
    wire_certificate_verify_t verify;
    skr_status_t status = wire_read_certificate_verify(body, &verify);
    if (status != SKR_OK) {
        return status;
    }
    const skr_signature_t *scheme = offer_find_scheme(hs->config, verify.scheme);
    if (scheme == NULL || scheme->key_type != hs->peer_key.type) {
        return SKR_ERR_SIGNATURE_SCHEME;
    }
    uint8_t content[AUTH_CONTENT_MAX];
    size_t size = 0;
    status = auth_content(hs, !hs_is_client(hs), scheme, content, &size);
    return status != SKR_OK ? status
                            : auth_check_signature(hs, scheme, view_of(content, size), &verify);
}
