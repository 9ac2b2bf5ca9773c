// External pre-shared keys, imported into TLS 1.3 (RFC 9258).
//
// In: a key as both sides were given it, with its identity and perhaps its hash; a context; the
// hash of the cipher suites that it is to be used with. Out: another key, with the ImportedIdentity
// as its identity (section 5.1), bound to TLS 1.3, to that hash and to the context. Done once,
// outside of handshakes, and linked only where it is called. Its binder has a label of its own,
// which schedule.c knows (section 5.2).
#include "base/bytes.h"
#include "base/ct.h"
#include "base/writer.h"
#include "hs/psk.h"
#include "keys/hkdf.h"

enum { IMPORT_HKDF_SHA256 = 1, IMPORT_HKDF_SHA384 = 2 }; // KDF identifiers (section 7)

static skr_view_t import_identity(
    const skr_psk_t *from, skr_view_t context, unsigned hash, uint8_t *room, size_t size) {
    writer_t w = writer_of(room, size);
    writer_vector(&w, 2, from->identity);
    writer_vector(&w, 2, context);
    writer_u16(&w, SKR_TLS13);
    writer_u16(&w, hash == SKR_HASH_SHA384 ? IMPORT_HKDF_SHA384 : IMPORT_HKDF_SHA256);
    return writer_failed(&w) ? view_of(NULL, 0) : view_of(room, writer_size(&w));
}

// HKDF runs over the hash of the key that is imported, not over the one that it is for.
static bool import_key(
    const skr_hash_t *hash, skr_view_t key, skr_view_t identity, uint8_t *out, size_t size) {
    _Alignas(16) uint8_t state[SKR_HASH_STATE_MAX];
    uint8_t secret[SKR_HASH_SIZE_MAX];
    uint8_t digest[SKR_HASH_SIZE_MAX];
    bool ok = hash->init(state) && hash->update(state, identity.data, identity.size) &&
        hash->result(state, digest) && hkdf_extract(hash, view_of(NULL, 0), key, secret) &&
        hkdf_expand_label(
            hash, secret, VIEW_LITERAL("derived psk"), view_of(digest, hash->size), out, size);
    ct_wipe(secret, sizeof(secret));
    return ok;
}

skr_status_t skr_psk_import(const skr_provider_t *provider, const skr_psk_t *from,
    skr_view_t context, unsigned hash, uint8_t *room, size_t size, skr_psk_t *to) {
    unsigned given = from->hash != 0 ? from->hash : SKR_HASH_SHA256;
    bool known = (hash == SKR_HASH_SHA256 || hash == SKR_HASH_SHA384) &&
        (given == SKR_HASH_SHA256 || given == SKR_HASH_SHA384);
    const skr_hash_t *own = provider_hash(provider, given);
    const skr_hash_t *target = provider_hash(provider, hash);
    bool fits = from->identity.size > 0 && from->identity.size <= SKR_PSK_IDENTITY_MAX &&
        context.size <= SKR_PSK_IDENTITY_MAX && from->key.size >= SKR_PSK_KEY_MIN &&
        !from->imported && size >= SKR_PSK_IMPORTED_SIZE(from->identity.size, context.size);
    if (!known || own == NULL || target == NULL || !fits) {
        return SKR_ERR_CONFIG;
    }
    skr_view_t identity = import_identity(
        from, context, hash, room + SKR_SECRET_SIZE_MAX, size - SKR_SECRET_SIZE_MAX);
    if (identity.data == NULL || identity.size > SKR_PSK_IDENTITY_MAX) {
        return SKR_ERR_CONFIG;
    }
    *to = (skr_psk_t){identity, view_of(room, target->size), (uint8_t)hash, true};
    return hs_local(import_key(own, from->key, identity, room, target->size));
}
