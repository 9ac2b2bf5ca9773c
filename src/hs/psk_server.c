// Pre-shared keys of TLS 1.3: the server's choice, and new tickets.
//
// In: the identities that a client offers, the keys that tickets are sealed with, the
// configuration's own keys. Out: one that can be used, its binder checked in constant time; tickets
// (RFC 9846 sections 4.3.11 and 4.7.1). A ticket that can't be opened, has expired or was made for
// another name or policy is no error: the handshake is a full one. A binder that is wrong for a key
// that is right is one: somebody has the identity and not the key.
#include "base/bytes.h"
#include "base/ct.h"
#include "hs/psk.h"

// --- The choice ---

// A key from the configuration. One that nobody has filled in is none.
static bool psk_ticket_key(const hs_t *hs, const uint8_t *name, skr_ticket_key_t *key) {
    const skr_ticket_keys_t *keys = hs->config->ticket_keys;
    return keys->find(keys->user, name, key) && !ct_is_zero(key->key, sizeof(key->key));
}

// Opens a ticket into hs->session. The bytes are the client's message, which is not ours to write
// to, so a copy is opened.
bool psk_open_ticket(hs_t *hs, skr_view_t identity) {
    uint8_t copy[PSK_TICKET_MESSAGE_MAX];
    skr_ticket_key_t key;
    if (identity.size < SKR_TICKET_NAME_SIZE || identity.size > sizeof(copy) ||
        !psk_ticket_key(hs, identity.data, &key)) {
        return false;
    }
    memcpy(copy, identity.data, identity.size);
    bool ok = session_open(
        &hs->session, hs->config->provider, key.key, SKR_TICKET_NAME_SIZE, copy, identity.size);
    hs->session.ticket = view_of(NULL, 0);
    ct_wipe(copy, sizeof(copy));
    ct_wipe(&key, sizeof(key));
    return ok;
}

// Is the session in hs->session one that this handshake may go on with?
static bool psk_fits(hs_t *hs) {
    session_t *session = &hs->session;
    bool verified = (session->flags & SESSION_VERIFIED) != 0;
    return session->version == SKR_TLS13 && psk_session_hash(hs) == hs->hash &&
        session->secret_size == hs->hash->size && session_fresh(session, hs->now, SKR_CLOCK_SKEW) &&
        psk_bound(hs->config, hs->binding, session) &&
        (verified || hs->config->verify != SKR_VERIFY_REQUIRED);
}

// The binder of the identity at this index, constant-time. The one place that sets PROOF_PSK for a
// server.
static skr_status_t psk_check_binder(hs_t *hs, skr_view_t binders, size_t index, skr_view_t body) {
    uint8_t expected[SKR_HASH_SIZE_MAX];
    skr_view_t binder = {NULL, 0};
    reader_t r = reader_of(binders);
    for (size_t i = 0; i <= index; i++) {
        if (!wire_next_psk_binder(&r, &binder)) {
            return SKR_ERR_DECODE;
        }
    }
    // pre_shared_key is the last extension
    psk_hello_t hello = {body.data, body.size - 2 - binders.size, body.size};
    skr_status_t status = psk_binder(hs, hs->hash, psk_kind_now(hs), hs->psk, &hello, expected);
    if (status != SKR_OK) {
        return status;
    }
    bool same = binder.size == hs->hash->size && ct_equal(binder.data, expected, binder.size);
    ct_wipe(expected, sizeof(expected)); // what would have been right for who does not know the key
    if (!same) {
        return SKR_ERR_BINDER;
    }
    hs->facts |= F_PSK;
    hs->proofs |= PROOF_PSK;
    hs->psk_index = (uint8_t)index;
    return SKR_OK;
}

// Is this identity one that can be used? hs->psk is then its key. An identity that is known takes
// the same steps as one that is not.
static skr_status_t psk_take(hs_t *hs, skr_view_t identity, size_t index, bool *taken) {
    bool ticket = hs->config->ticket_keys != NULL && psk_open_ticket(hs, identity) && psk_fits(hs);
    // A ticket is nobody's identity: only a key that is configured comes before it.
    hs->psk_number = ticket ? psk_find(hs, identity) : 0;
    skr_status_t status = ticket && hs->psk_number == 0 ? SKR_OK : psk_look_up(hs, identity, index);
    hs->psk_external = hs->psk_number != 0;
    if (ticket && !hs->psk_external) {
        hs->psk = view_of(hs->session.secret, hs->session.secret_size);
        hs->psk_number = hs->session.psk_number;
    } else {
        ct_wipe(&hs->session, sizeof(hs->session));
    }
    *taken = ticket || hs->psk_external;
    return status;
}

static skr_status_t psk_search(
    hs_t *hs, skr_view_t identities, skr_view_t binders, skr_view_t body) {
    reader_t r = reader_of(identities);
    skr_view_t identity = {NULL, 0};
    uint32_t age = 0;
    for (size_t i = 0; i < SKR_IDENTITIES_MAX && wire_next_psk_identity(&r, &identity, &age); i++) {
        bool taken = false;
        skr_status_t status = psk_take(hs, identity, i, &taken);
        if (status != SKR_OK || taken) {
            return status != SKR_OK ? status : psk_check_binder(hs, binders, i, body);
        }
    }
    if (hs->config->credential_count > 0) {
        return SKR_OK;
    }
    // Nothing else could authenticate: the same work and the same alert as for a wrong key
    // (section 4.3.11). Which key is taken does not matter: even the right one is refused.
    static const uint8_t nothing[32] = {0};
    hs->psk = hs->config->psk_count > 0 ? hs->config->psks[0].key
                                        : view_of(nothing, sizeof(nothing));
    hs->psk_external = true;
    skr_status_t status = psk_check_binder(hs, binders, 0, body);
    hs->facts &= (uint16_t)~F_PSK;
    hs->proofs &= (uint8_t)~PROOF_PSK;
    return status != SKR_OK ? status : SKR_ERR_BINDER;
}

skr_status_t psk_select(hs_t *hs, const wire_extensions_t *e, skr_view_t body) {
    skr_view_t identities = {NULL, 0};
    skr_view_t binders = {NULL, 0};
    bool psk_ke = false;
    bool psk_dhe_ke = false;
    hs->proofs &= (uint8_t)~PROOF_PSK; // a second ClientHello is judged anew
    hs->facts &= (uint16_t)~F_PSK;
    hs->psk_alone = false;
    hs->psk_asked = hs->waiting ? hs->psk_asked : 0;
    if (view_is(e->body[WIRE_EXT_PSK_KEY_EXCHANGE_MODES])) {
        skr_status_t status = wire_read_psk_modes(
            e->body[WIRE_EXT_PSK_KEY_EXCHANGE_MODES], &psk_ke, &psk_dhe_ke);
        if (status != SKR_OK) {
            return status;
        }
        // With a key exchange wherever the client can (section 4.3.9).
        bool share = view_is(e->body[WIRE_EXT_KEY_SHARE]);
        hs->psk_alone = psk_ke && hs->config->allow_psk_ke && !(psk_dhe_ke && share) &&
            (hs->facts & F_HRR) == 0;
        hs->tickets_wanted = psk_dhe_ke || hs->psk_alone;
    }
    skr_view_t offer = e->body[WIRE_EXT_PRE_SHARED_KEY];
    if (!view_is(offer)) {
        return SKR_OK;
    }
    skr_status_t status = wire_read_psk_offer(offer, &identities, &binders);
    bool none = hs->config->ticket_keys == NULL && !psk_served(hs->config);
    if (status != SKR_OK || none || !(psk_dhe_ke || hs->psk_alone)) {
        return status;
    }
    return psk_search(hs, identities, binders, body);
}

void psk_write_answer(const hs_t *hs, writer_t *w) {
    if ((hs->facts & F_PSK) != 0) {
        wire_write_number(w, WIRE_EXT_PRE_SHARED_KEY, hs->psk_index);
    }
}

// --- Tickets ---

skr_status_t psk_seal_ticket(hs_t *hs, session_t *session, uint8_t *out, size_t *size) {
    const skr_config_t *config = hs->config;
    skr_random_t random = config->random != NULL ? config->random : config->provider->random;
    skr_ticket_key_t key;
    *size = 0;
    if (hs->now == 0 || hs->psk_number == HS_PSK_GIVEN || !psk_ticket_key(hs, NULL, &key)) {
        return SKR_OK; // without a clock a ticket would never expire, nor without its key
    }
    session->suite = hs->suite->id;
    session->lifetime = config->ticket_lifetime != 0 ? config->ticket_lifetime
                                                     : SKR_TICKET_LIFETIME;
    session->issued = hs->now;
    bool resumed = (hs->facts & F_PSK) != 0 && !hs->psk_external;
    session->began = resumed ? hs->session.began : hs->now;
    session->flags |= hs_peer_verified(hs) ? SESSION_VERIFIED : 0;
    *size = session_sealed_size(session, SKR_TICKET_NAME_SIZE);
    bool ok = *size <= SKR_SESSION_OVERHEAD &&
        psk_bind_session(config, hs->binding, hs->psk_number, session) &&
        session_seal(session, config->provider, key.key, view_of(key.name, SKR_TICKET_NAME_SIZE),
            random, config->random_user, out);
    ct_wipe(&key, sizeof(key));
    return hs_local(ok);
}

static skr_status_t psk_new_session(hs_t *hs, uint8_t nonce, session_t *session) {
    uint8_t resumption[SKR_HASH_SIZE_MAX];
    uint8_t random[4];
    skr_status_t status = hs_random(hs, random, sizeof(random));
    if (status != SKR_OK) {
        return status;
    }
    session->version = SKR_TLS13;
    session->age_add = ((uint32_t)bytes_get16(random) << 16) | bytes_get16(random + 2);
    session->secret_size = hs->hash->size;
    bool ok = hs->script->resumption(hs, resumption) &&
        schedule_ticket_psk(hs->hash, resumption, view_of(&nonce, 1), session->secret);
    ct_wipe(resumption, sizeof(resumption));
    return hs_local(ok);
}

static void psk_write_ticket(
    writer_t *w, const session_t *session, uint8_t nonce, skr_view_t ticket) {
    writer_block_t message = wire_open_message(w, WIRE_NEW_SESSION_TICKET);
    writer_u32(w, session->lifetime);
    writer_u32(w, session->age_add);
    writer_vector(w, 1, view_of(&nonce, 1));
    writer_vector(w, 2, ticket);
    writer_u16(w, 0); // no extensions
    writer_close(w, message);
}

skr_status_t psk_build_ticket(hs_t *hs, writer_t *w) {
    session_t session = {0};
    uint8_t sealed[SKR_SESSION_OVERHEAD];
    size_t size = 0;
    uint8_t nonce = hs->tickets_sent++;
    skr_status_t status = psk_new_session(hs, nonce, &session);
    if (status == SKR_OK) {
        status = psk_seal_ticket(hs, &session, sealed, &size);
    }
    if (status == SKR_OK && size > 0) {
        psk_write_ticket(w, &session, nonce, view_of(sealed, size));
    }
    ct_wipe(&session, sizeof(session));
    return status;
}
