// Pre-shared keys: what both roles need.
//
// In: the configuration that a session is bound to; a ClientHello up to its binders and a key. Out:
// the binding, the binder (RFC 9846 section 4.3.11.2). Who offers and who chooses is in
// psk_client.c and psk_server.c. PROOF_PSK is set in one function of each, and counts only together
// with the Finished.
#include "hs/psk.h"

#include "base/bytes.h"
#include "base/ct.h"
#include "hs/offer.h"
#include "keys/session.h"

// --- What a session is bound to ---

enum { PSK_ANCHOR_TAIL = 32 };

static bool psk_hash_view(const skr_hash_t *hash, void *state, skr_view_t view) {
    uint8_t size[2];
    bytes_put16(size, (uint16_t)view.size);
    return hash->update(state, size, sizeof(size)) &&
        (view.size == 0 || hash->update(state, view.data, view.size));
}

// Of each root its length and its last bytes, which are its signature's: enough to tell one set
// from another.
static bool psk_hash_anchors(const skr_config_t *config, const skr_hash_t *hash, void *state) {
    bool ok = true;
    for (size_t i = 0; ok && i < config->anchor_count; i++) {
        skr_view_t der = config->anchors[i];
        size_t tail = der.size < PSK_ANCHOR_TAIL ? der.size : PSK_ANCHOR_TAIL;
        uint8_t size[2];
        bytes_put16(size, (uint16_t)der.size);
        ok = hash->update(state, size, sizeof(size)) &&
            psk_hash_view(hash, state, view_of(der.data + der.size - tail, tail));
    }
    return ok;
}

// A client is bound to who it was: with another certificate the server knows somebody else.
static uint8_t psk_own_certificates(const skr_config_t *config) {
    return config->role == SKR_CLIENT ? (uint8_t)config->credential_count : 0;
}

bool psk_binding(const skr_config_t *config, skr_view_t name, uint8_t *out) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    const skr_hash_t *hash = provider_hash(config->provider, SKR_HASH_SHA256);
    // The numbers of protocols (at most 254) and of certificates keep them apart from what is
    // behind them.
    uint8_t policy[] = {(uint8_t)config->role, (uint8_t)config->verify, config->ignore_name,
        config->ignore_time, config->ask_verify, config->rules != NULL, config->max_intermediates,
        (uint8_t)config->alpn_count, psk_own_certificates(config)};
    bool ok = hash != NULL && hash->init(state) && hash->update(state, policy, sizeof(policy)) &&
        psk_hash_view(hash, state, name);
    for (size_t i = 0; ok && i < config->alpn_count; i++) {
        ok = psk_hash_view(hash, state, config->alpn[i]);
    }
    for (size_t i = 0; ok && i < psk_own_certificates(config); i++) {
        ok = psk_hash_view(hash, state, config->credentials[i].chain[0]);
    }
    return ok && psk_hash_anchors(config, hash, state) && hash->result(state, out);
}

// The base, and whose key it was.
static bool psk_binding_keyed(
    const skr_config_t *config, const uint8_t *base, uint16_t number, uint8_t *out) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    const skr_hash_t *hash = provider_hash(config->provider, SKR_HASH_SHA256);
    const skr_psk_t *psk = &config->psks[number - 1];
    bool ok = hash != NULL && hash->init(state) &&
        hash->update(state, base, SESSION_BINDING_SIZE) &&
        psk_hash_view(hash, state, psk->identity) && psk_hash_view(hash, state, psk->key) &&
        hash->result(state, out);
    ct_wipe(state, sizeof(state));
    return ok;
}

bool psk_bind_session(
    const skr_config_t *config, const uint8_t *base, uint16_t number, session_t *session) {
    if (number != 0) {
        session->flags |= SESSION_KEYED;
        return psk_binding_keyed(config, base, number, session->binding);
    }
    memcpy(session->binding, base, SESSION_BINDING_SIZE);
    return true;
}

bool psk_bound(const skr_config_t *config, const uint8_t *base, session_t *session) {
    uint8_t keyed[SESSION_BINDING_SIZE];
    if ((session->flags & SESSION_KEYED) == 0) {
        return ct_equal(session->binding, base, SESSION_BINDING_SIZE);
    }
    for (size_t i = 0; i < config->psk_count; i++) {
        uint16_t number = (uint16_t)(i + 1);
        if (psk_binding_keyed(config, base, number, keyed) &&
            ct_equal(session->binding, keyed, sizeof(keyed))) {
            session->psk_number = number;
            return true;
        }
    }
    return false;
}

binder_kind_t psk_kind(const skr_psk_t *psk) {
    return psk->imported ? BINDER_IMPORTED : BINDER_EXTERNAL;
}

skr_status_t psk_binder(const hs_t *hs, const skr_hash_t *hash, binder_kind_t kind,
    skr_view_t secret, const psk_hello_t *hello, uint8_t *out) {
    uint8_t key[SKR_HASH_SIZE_MAX];
    uint8_t transcript[SKR_HASH_SIZE_MAX];
    const uint8_t header[SKR_MESSAGE_HEADER_SIZE] = {WIRE_CLIENT_HELLO,
        (uint8_t)(hello->size >> 16), (uint8_t)(hello->size >> 8), (uint8_t)hello->size};
    const skr_view_t parts[] = {
        view_of(header, sizeof(header)), view_of(hello->body, hello->covered)};
    bool ok = transcript_with(&hs->transcript, hash, parts, 2, transcript) &&
        schedule_binder(hash, kind, secret, key) && schedule_finished(hash, key, transcript, out);
    ct_wipe(key, sizeof(key));
    return hs_local(ok);
}

const skr_hash_t *psk_hash(const hs_t *hs, const skr_psk_t *psk) {
    return provider_hash(hs->config->provider, psk->hash != 0 ? psk->hash : SKR_HASH_SHA256);
}

const skr_psk_t *psk_for_tls12(const skr_config_t *config) {
    for (size_t i = 0; i < config->psk_count; i++) {
        if (!config->psks[i].imported) {
            return &config->psks[i];
        }
    }
    return NULL;
}

// Is this the identity? In a time that only the sizes determine.
static bool psk_same(skr_view_t ours, skr_view_t theirs) {
    size_t size = ours.size < theirs.size ? ours.size : theirs.size;
    return ct_equal(ours.data, theirs.data, size) & (ours.size == theirs.size);
}

uint16_t psk_find(const hs_t *hs, skr_view_t identity) {
    bool tls12 = hs->script->version == SKR_TLS12;
    unsigned found = 0;
    for (size_t i = 0; i < hs->config->psk_count; i++) {
        const skr_psk_t *psk = &hs->config->psks[i];
        bool fits = tls12 ? !psk->imported : psk_hash(hs, psk) == hs->hash;
        unsigned mask = 0u - (unsigned)(psk_same(psk->identity, identity) & fits);
        found = (found & ~mask) | ((unsigned)(i + 1) & mask);
    }
    return (uint16_t)found;
}

bool psk_served(const skr_config_t *config) {
    return config->psk_count > 0 || (config->role == SKR_SERVER && config->ask_psk);
}

// The answer that stands, if it is for this identity and good for this handshake.
static bool psk_was_given(const hs_t *hs, size_t index) {
    const skr_hash_t *hash = provider_hash(hs->config->provider, hs->psk_reply_hash);
    bool fits = hs->script->version == SKR_TLS12 ? !hs->psk_reply_imported : hash == hs->hash;
    return hs->psk_asked == index + 1 && hs->psk_reply == HS_REPLY_GIVEN && fits;
}

skr_status_t psk_look_up(hs_t *hs, skr_view_t identity, size_t index) {
    hs->psk_number = psk_find(hs, identity);
    if (hs->psk_number != 0) {
        hs->psk = hs->config->psks[hs->psk_number - 1].key;
        return SKR_OK;
    }
    bool answered = hs->psk_asked > index + 1 ||
        (hs->psk_asked == index + 1 && hs->psk_reply != HS_REPLY_NONE);
    if (hs->config->ask_psk && !answered) {
        hs->psk_asked = (uint8_t)(index + 1);
        hs->psk_reply = HS_REPLY_NONE;
        hs->psk = identity;
        hs->psk_waits = true;
        return SKR_WANT_PSK;
    }
    if (psk_was_given(hs, index)) {
        hs->psk_number = HS_PSK_GIVEN;
        hs->psk = view_of(hs->to_sign, hs->psk_reply_size);
    }
    return SKR_OK;
}

binder_kind_t psk_kind_now(const hs_t *hs) {
    if (!hs->psk_external) {
        return BINDER_RESUMPTION;
    }
    if (hs->psk_number == HS_PSK_GIVEN) {
        return hs->psk_reply_imported ? BINDER_IMPORTED : BINDER_EXTERNAL;
    }
    return hs->psk_number == 0 ? BINDER_EXTERNAL : psk_kind(&hs->config->psks[hs->psk_number - 1]);
}

const skr_hash_t *psk_session_hash(const hs_t *hs) {
    const suite_t *suite = suite_find(hs->session.suite);
    return suite == NULL ? NULL : provider_hash(hs->config->provider, suite->hash);
}
