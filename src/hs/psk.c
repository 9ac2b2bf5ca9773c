// Resumption by pre-shared key.
//
// In: a saved session, or the identities that a client offers and the keys that tickets are sealed
// with. Out: the offer and its binder, the choice, new tickets (RFC 9846
// sections 4.3.9, 4.3.11, 4.7.1). PROOF_PSK is set in two places, one for each role, and counts
// only together with the Finished. A ticket that can't be opened, has expired or was made for
// another name or policy is no error: the handshake is a full one. A binder that is wrong for a
// ticket that is right is one: somebody has the ticket and not its key.
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

bool psk_binding(const skr_config_t *config, skr_view_t name, uint8_t *out) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    const skr_hash_t *hash = provider_hash(config->provider, SKR_HASH_SHA256);
    uint8_t policy[5] = {(uint8_t)config->role, (uint8_t)config->verify, config->ignore_name,
        config->ignore_time, config->ask_verify};
    bool ok = hash != NULL && hash->init(state) && hash->update(state, policy, sizeof(policy)) &&
        psk_hash_view(hash, state, name);
    for (size_t i = 0; ok && i < config->alpn_count; i++) {
        ok = psk_hash_view(hash, state, config->alpn[i]);
    }
    return ok && psk_hash_anchors(config, hash, state) && hash->result(state, out);
}

// --- The client ---

static const skr_hash_t *psk_hash(const hs_t *hs) {
    const suite_t *suite = suite_find(hs->session.suite);
    return suite == NULL ? NULL : provider_hash(hs->config->provider, suite->hash);
}

// Can the session be offered? Behind a HelloRetryRequest the suite is settled, and the hash must be
// its (section 4.2.4).
static bool psk_usable(const hs_t *hs) {
    const skr_hash_t *hash = psk_hash(hs);
    return hs->session.version == SKR_TLS13 && hash != NULL &&
        (hs->hash == NULL || hs->hash == hash);
}

void psk_write_modes(hs_t *hs, writer_t *w) {
    if (hs->config->session_key == NULL) {
        return;
    }
    writer_block_t extension = wire_open_extension(w, WIRE_EXT_PSK_KEY_EXCHANGE_MODES);
    writer_block_t modes = writer_open(w, 1);
    writer_u8(w, 1); // psk_dhe_ke
    if (hs->config->allow_psk_ke) {
        writer_u8(w, 0);
    }
    writer_close(w, modes);
    writer_close(w, extension);
}

static uint32_t psk_obfuscated_age(const hs_t *hs) {
    uint64_t age = (uint64_t)(hs->now - hs->session.issued) * 1000u; // milliseconds
    return (uint32_t)(age + hs->session.age_add);
}

void psk_write_offer(hs_t *hs, writer_t *w) {
    hs->offered &= ~WIRE_EXT_BIT(WIRE_EXT_PRE_SHARED_KEY);
    if (!psk_usable(hs)) {
        return;
    }
    writer_block_t extension = wire_open_extension(w, WIRE_EXT_PRE_SHARED_KEY);
    writer_block_t identities = writer_open(w, 2);
    uint32_t age = psk_obfuscated_age(hs);
    writer_vector(w, 2, hs->session.ticket);
    writer_u16(w, (uint16_t)(age >> 16));
    writer_u16(w, (uint16_t)age);
    writer_close(w, identities);
    writer_block_t binders = writer_open(w, 2);
    writer_block_t binder = writer_open(w, 1);
    (void)writer_space(w, psk_hash(hs)->size); // psk_bind() fills it in
    writer_close(w, binder);
    writer_close(w, binders);
    writer_close(w, extension);
    hs->offered |= WIRE_EXT_BIT(WIRE_EXT_PRE_SHARED_KEY);
}

// The binder over a ClientHello up to its binders (section 4.3.11.2): covered bytes of a body that
// is size long.
static skr_status_t psk_binder(const hs_t *hs, const skr_hash_t *hash, const uint8_t *body,
    size_t covered, size_t size, uint8_t *out) {
    uint8_t key[SKR_HASH_SIZE_MAX];
    uint8_t transcript[SKR_HASH_SIZE_MAX];
    const uint8_t header[SKR_MESSAGE_HEADER_SIZE] = {
        WIRE_CLIENT_HELLO, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    const skr_view_t parts[] = {view_of(header, sizeof(header)), view_of(body, covered)};
    bool ok = transcript_with(&hs->transcript, hash, parts, 2, transcript) &&
        schedule_binder(hash, view_of(hs->session.secret, hs->session.secret_size), key) &&
        schedule_finished(hash, key, transcript, out);
    ct_wipe(key, sizeof(key));
    return hs_local(ok);
}

skr_status_t psk_bind(hs_t *hs, uint8_t *body, size_t size) {
    if ((hs->offered & WIRE_EXT_BIT(WIRE_EXT_PRE_SHARED_KEY)) == 0) {
        return SKR_OK;
    }
    const skr_hash_t *hash = psk_hash(hs);
    size_t binders = 2 + 1 + (size_t)hash->size;
    return psk_binder(hs, hash, body, size - binders, size, body + size - hash->size);
}

skr_status_t psk_take_answer(hs_t *hs, skr_view_t answer) {
    uint16_t selected = 0;
    skr_status_t status = wire_read_number(answer, &selected);
    if (status != SKR_OK) {
        return status;
    }
    if (selected != 0 || psk_hash(hs) != hs->hash) {
        return SKR_ERR_IDENTITY_ANSWER;
    }
    hs->facts |= F_PSK;
    hs->proofs |= PROOF_PSK;
    return SKR_OK;
}

// --- The server ---

// Opens a ticket into hs->session. The bytes are the client's message, which is not ours to write
// to, so a copy is opened.
bool psk_open_ticket(hs_t *hs, skr_view_t identity) {
    uint8_t copy[PSK_TICKET_MESSAGE_MAX];
    skr_ticket_key_t key;
    const skr_ticket_keys_t *keys = hs->config->ticket_keys;
    if (identity.size < SKR_TICKET_NAME_SIZE || identity.size > sizeof(copy) ||
        !keys->find(keys->user, identity.data, &key)) {
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
static bool psk_fits(const hs_t *hs, const uint8_t *binding) {
    const session_t *session = &hs->session;
    bool verified = (session->flags & SESSION_VERIFIED) != 0;
    return session->version == SKR_TLS13 && psk_hash(hs) == hs->hash &&
        session->secret_size == hs->hash->size && session_fresh(session, hs->now) &&
        ct_equal(session->binding, binding, SESSION_BINDING_SIZE) &&
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
    size_t covered = body.size - 2 - binders.size; // pre_shared_key is the last extension
    skr_status_t status = psk_binder(hs, hs->hash, body.data, covered, body.size, expected);
    if (status != SKR_OK) {
        return status;
    }
    if (binder.size != hs->hash->size || !ct_equal(binder.data, expected, binder.size)) {
        return SKR_ERR_BINDER;
    }
    hs->facts |= F_PSK;
    hs->proofs |= PROOF_PSK;
    hs->psk_index = (uint8_t)index;
    return SKR_OK;
}

static skr_status_t psk_search(
    hs_t *hs, skr_view_t identities, skr_view_t binders, skr_view_t body) {
    reader_t r = reader_of(identities);
    skr_view_t identity = {NULL, 0};
    uint32_t age = 0;
    for (size_t i = 0; i < SKR_IDENTITIES_MAX && wire_next_psk_identity(&r, &identity, &age); i++) {
        if (psk_open_ticket(hs, identity) && psk_fits(hs, hs->binding)) {
            return psk_check_binder(hs, binders, i, body);
        }
    }
    ct_wipe(&hs->session, sizeof(hs->session));
    return SKR_OK;
}

skr_status_t psk_select(hs_t *hs, const wire_extensions_t *e, skr_view_t body) {
    skr_view_t identities = {NULL, 0};
    skr_view_t binders = {NULL, 0};
    bool psk_ke = false;
    bool psk_dhe_ke = false;
    hs->proofs &= (uint8_t)~PROOF_PSK; // a second ClientHello is judged anew
    hs->facts &= (uint16_t)~F_PSK;
    if (view_is(e->body[WIRE_EXT_PSK_KEY_EXCHANGE_MODES])) {
        skr_status_t status = wire_read_psk_modes(
            e->body[WIRE_EXT_PSK_KEY_EXCHANGE_MODES], &psk_ke, &psk_dhe_ke);
        if (status != SKR_OK) {
            return status;
        }
        hs->tickets_wanted = psk_dhe_ke;
    }
    skr_view_t offer = e->body[WIRE_EXT_PRE_SHARED_KEY];
    if (!view_is(offer)) {
        return SKR_OK;
    }
    skr_status_t status = wire_read_psk_offer(offer, &identities, &binders);
    if (status != SKR_OK || hs->config->ticket_keys == NULL || !psk_dhe_ke) {
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
    if (!config->ticket_keys->find(config->ticket_keys->user, NULL, &key)) {
        return SKR_OK;
    }
    session->suite = hs->suite->id;
    session->lifetime = config->ticket_lifetime != 0 ? config->ticket_lifetime
                                                     : SKR_TICKET_LIFETIME;
    session->issued = hs->now;
    session->flags |= hs_peer_verified(hs) ? SESSION_VERIFIED : 0;
    memcpy(session->binding, hs->binding, SESSION_BINDING_SIZE);
    *size = session_sealed_size(session, SKR_TICKET_NAME_SIZE);
    bool ok = *size <= SKR_SESSION_OVERHEAD &&
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
    writer_u16(w, (uint16_t)(session->lifetime >> 16));
    writer_u16(w, (uint16_t)session->lifetime);
    writer_u16(w, (uint16_t)(session->age_add >> 16));
    writer_u16(w, (uint16_t)session->age_add);
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
