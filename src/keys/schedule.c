// The TLS 1.3 key schedule.
//
// In: the pre-shared key, the shared secret, transcript hashes, in this order. Out: the secrets of
// each rung, and what is made of a traffic secret: record keys, Finished keys, its next generation
// (RFC 9846 sections 4.5.3 and 7.1 to 7.5). Each rung overwrites the secret of the one before; when
// a provider fails the whole ladder is wiped. Says nothing about when: the handshake climbs, and
// the connection installs keys.
#include "keys/schedule.h"

#include "base/bytes.h"
#include "base/ct.h"
#include "keys/hkdf.h"

#define ABSENT view_of(NULL, 0)

static bool hash_of(const skr_hash_t *hash, skr_view_t data, uint8_t *out) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    bool ok = hash->init(state) && (data.size == 0 || hash->update(state, data.data, data.size)) &&
        hash->result(state, out);
    ct_wipe(state, sizeof(state));
    return ok;
}

// One rung up: the "derived" secret of this one is the salt of the next (section 7.1).
static bool schedule_climb(schedule_t *s, skr_view_t input) {
    const skr_hash_t *hash = s->hash;
    uint8_t salt[SKR_SECRET_SIZE_MAX];
    uint8_t empty[SKR_SECRET_SIZE_MAX];
    bool ok = hash_of(hash, ABSENT, empty) &&
        hkdf_expand_label(hash, s->secret, VIEW_LITERAL("derived"), view_of(empty, hash->size),
            salt, hash->size) &&
        hkdf_extract(hash, view_of(salt, hash->size), input, s->secret);
    ct_wipe(salt, sizeof(salt));
    return ok;
}

// Derive-Secret over the rung's keyed secret.
static bool schedule_derive(
    const hmac_t *keyed, skr_view_t label, const uint8_t *transcript, uint8_t *out) {
    size_t size = keyed->hash->size;
    return hkdf_expand_keyed(keyed, label, view_of(transcript, size), out, size);
}

static bool schedule_finish(schedule_t *s, hmac_t *keyed, bool ok) {
    ct_wipe(keyed, sizeof(*keyed));
    if (!ok) {
        ct_wipe(s, sizeof(*s));
    }
    return ok;
}

bool schedule_early(schedule_t *s, const skr_hash_t *hash, skr_view_t psk) {
    ct_wipe(s, sizeof(*s));
    s->hash = hash;
    bool ok = hash->size <= SKR_SECRET_SIZE_MAX && hkdf_extract(hash, ABSENT, psk, s->secret);
    if (!ok) {
        ct_wipe(s, sizeof(*s));
    }
    return ok;
}

bool schedule_handshake(schedule_t *s, skr_view_t shared, const uint8_t *transcript) {
    hmac_t keyed;
    bool ok = schedule_climb(s, shared) &&
        hmac_init(&keyed, s->hash, view_of(s->secret, s->hash->size)) &&
        schedule_derive(&keyed, VIEW_LITERAL("c hs traffic"), transcript, s->client_handshake) &&
        schedule_derive(&keyed, VIEW_LITERAL("s hs traffic"), transcript, s->server_handshake);
    return schedule_finish(s, &keyed, ok);
}

bool schedule_master(schedule_t *s, const uint8_t *transcript) {
    hmac_t keyed;
    bool ok = schedule_climb(s, ABSENT) &&
        hmac_init(&keyed, s->hash, view_of(s->secret, s->hash->size)) &&
        schedule_derive(&keyed, VIEW_LITERAL("c ap traffic"), transcript, s->client_application) &&
        schedule_derive(&keyed, VIEW_LITERAL("s ap traffic"), transcript, s->server_application) &&
        schedule_derive(&keyed, VIEW_LITERAL("exp master"), transcript, s->exporter);
    return schedule_finish(s, &keyed, ok);
}

bool schedule_finished(
    const skr_hash_t *hash, const uint8_t *base, const uint8_t *transcript, uint8_t *out) {
    uint8_t key[SKR_HASH_SIZE_MAX];
    bool ok = hkdf_expand_label(hash, base, VIEW_LITERAL("finished"), ABSENT, key, hash->size) &&
        hmac_compute(hash, view_of(key, hash->size), view_of(transcript, hash->size), out);
    ct_wipe(key, sizeof(key));
    if (!ok) {
        ct_wipe(out, hash->size);
    }
    return ok;
}

bool schedule_update(const skr_hash_t *hash, uint8_t *secret) {
    // In place: the secret is in the HMAC's pads before anything is written.
    return hkdf_expand_label(hash, secret, VIEW_LITERAL("traffic upd"), ABSENT, secret, hash->size);
}

bool schedule_traffic_keys(
    const skr_hash_t *hash, const uint8_t *secret, uint8_t *key, size_t key_size, uint8_t *iv) {
    hmac_t keyed;
    bool ok = hmac_init(&keyed, hash, view_of(secret, hash->size)) &&
        hkdf_expand_keyed(&keyed, VIEW_LITERAL("key"), ABSENT, key, key_size) &&
        hkdf_expand_keyed(&keyed, VIEW_LITERAL("iv"), ABSENT, iv, SKR_AEAD_NONCE_SIZE);
    ct_wipe(&keyed, sizeof(keyed));
    if (!ok) {
        ct_wipe(key, key_size);
        ct_wipe(iv, SKR_AEAD_NONCE_SIZE);
    }
    return ok;
}

bool schedule_export(const skr_hash_t *hash, const uint8_t *exporter, skr_view_t label,
    skr_view_t context, uint8_t *out, size_t size) {
    uint8_t digest[SKR_HASH_SIZE_MAX] = {0};
    uint8_t secret[SKR_HASH_SIZE_MAX];
    skr_view_t hashed = view_of(digest, hash->size);
    bool ok = hash_of(hash, ABSENT, digest) &&
        hkdf_expand_label(hash, exporter, label, hashed, secret, hash->size) &&
        hash_of(hash, context, digest) &&
        hkdf_expand_label(hash, secret, VIEW_LITERAL("exporter"), hashed, out, size);
    ct_wipe(secret, sizeof(secret));
    if (!ok) {
        ct_wipe(out, size);
    }
    return ok;
}

bool schedule_binder(const skr_hash_t *hash, binder_kind_t kind, skr_view_t psk, uint8_t *out) {
    // "res binder", "ext binder", "imp binder"
    static const uint8_t labels[] = "res binderext binderimp binder";
    enum { LABEL_SIZE = 10 };
    skr_view_t label = view_of(labels + LABEL_SIZE * (unsigned)kind, LABEL_SIZE);
    uint8_t early[SKR_HASH_SIZE_MAX];
    uint8_t empty[SKR_HASH_SIZE_MAX];
    bool ok = hkdf_extract(hash, ABSENT, psk, early) && hash_of(hash, ABSENT, empty) &&
        hkdf_expand_label(hash, early, label, view_of(empty, hash->size), out, hash->size);
    ct_wipe(early, sizeof(early));
    return ok;
}

bool schedule_resumption(const schedule_t *s, const uint8_t *transcript, uint8_t *out) {
    return hkdf_expand_label(s->hash, s->secret, VIEW_LITERAL("res master"),
        view_of(transcript, s->hash->size), out, s->hash->size);
}

bool schedule_ticket_psk(
    const skr_hash_t *hash, const uint8_t *resumption, skr_view_t nonce, uint8_t *out) {
    return hkdf_expand_label(hash, resumption, VIEW_LITERAL("resumption"), nonce, out, hash->size);
}
