// TLS 1.2's keys: the master secret, the key block, exporters.
//
// In: the keys that a row names, the key exchange's result or a pre-shared key, the transcript so
// far. Out: the master secret (RFC 5246 section 8.1, with the session hash of RFC 7627 where both
// sides can), the record keys of one direction (section 6.3), a line for key logs (RFC 9850),
// exported keys (RFC 5705). A reading key never starts while handshake bytes are left over.
// Finished values are in fin12.c.
#include "base/bytes.h"
#include "base/ct.h"
#include "hs/handlers.h"
#include "hs/psk.h"
#include "keys/prf12.h"

static skr_status_t keys12_master(hs_t *hs) {
    uint8_t premaster[PSK12_PREMASTER_MAX];
    skr_view_t shared = view_of(hs->shared, hs->shared_size);
    if ((hs->facts & F_KEYED) != 0) {
        shared = psk12_premaster(hs, premaster);
    }
    uint8_t *master = hs->schedule.secret;
    bool ok = false;
    if (hs->extended_master) {
        uint8_t session[SKR_HASH_SIZE_MAX];
        ok = transcript_of(&hs->transcript, hs->hash, session) &&
            prf12(hs->hash, shared, VIEW_LITERAL("extended master secret"),
                view_of(session, hs->hash->size), view_of(NULL, 0), master, PRF12_MASTER_SIZE);
    } else {
        ok = prf12(hs->hash, shared, VIEW_LITERAL("master secret"),
            view_of(hs->client_random, SKR_RANDOM_SIZE),
            view_of(hs->server_random, SKR_RANDOM_SIZE), master, PRF12_MASTER_SIZE);
    }
    ct_wipe(hs->shared, sizeof(hs->shared));
    ct_wipe(hs->private_key, sizeof(hs->private_key));
    ct_wipe(premaster, sizeof(premaster));
    if (!ok) {
        return SKR_ERR_PROVIDER;
    }
    memcpy(hs->schedule.exporter, master, PRF12_MASTER_SIZE);
    const skr_secret_log_t *log = hs->config->secret_log;
    if (log != NULL) {
        log->secret(log->user, "CLIENT_RANDOM", hs->client_random, master, PRF12_MASTER_SIZE);
    }
    return SKR_OK;
}

// client_write_key, server_write_key, client_write_IV, server_write_IV; no MAC keys with AEADs.
static skr_status_t keys12_install(hs_t *hs, uint8_t writer) {
    uint8_t block[2 * (SKR_AEAD_KEY_MAX + SKR_AEAD_NONCE_SIZE)];
    bool writing = writer == hs->script->self;
    if (!writing && hs->leftover) {
        return SKR_ERR_KEY_CHANGE_UNALIGNED;
    }
    size_t key_size = hs->aead->key_size;
    // AES-GCM has four secret bytes of nonce, ChaCha20-Poly1305 all twelve (RFC 5288, RFC 7905).
    size_t iv_size = hs->aead->id == SKR_AEAD_CHACHA20_POLY1305 ? SKR_AEAD_NONCE_SIZE : 4;
    size_t index = writer == HS_CLIENT ? 0 : 1;
    skr_status_t status = hs_local(prf12(hs->hash, view_of(hs->schedule.secret, PRF12_MASTER_SIZE),
        VIEW_LITERAL("key expansion"), view_of(hs->server_random, SKR_RANDOM_SIZE),
        view_of(hs->client_random, SKR_RANDOM_SIZE), block, 2 * (key_size + iv_size)));
    if (status == SKR_OK) {
        status = hs->sink.keys(hs->sink.user, writing, block + index * key_size,
            block + 2 * key_size + index * iv_size, iv_size);
    }
    ct_wipe(block, sizeof(block));
    return status;
}

skr_status_t keys12_change(hs_t *hs, uint16_t keys) {
    switch (keys) {
        case K_MASTER_12:
            return keys12_master(hs);
        case K_C_12:
            return keys12_install(hs, HS_CLIENT);
        case K_S_12:
            return keys12_install(hs, HS_SERVER);
        default:
            return SKR_OK;
    }
}

// RFC 5705 section 4: with a context its length goes before it, and an empty one is not the same as
// none.
bool keys12_export(const skr_hash_t *hash, const uint8_t *secret, const uint8_t *const *randoms,
    skr_view_t label, skr_view_t context, uint8_t *out, size_t size) {
    enum { CONTEXT_MAX = 255 };
    uint8_t seed[2 * SKR_RANDOM_SIZE + 2];
    if (context.size > CONTEXT_MAX) {
        return false;
    }
    memcpy(seed, randoms[0], SKR_RANDOM_SIZE);
    memcpy(seed + SKR_RANDOM_SIZE, randoms[1], SKR_RANDOM_SIZE);
    bytes_put16(seed + 2 * SKR_RANDOM_SIZE, (uint16_t)context.size);
    size_t seed_size = view_is(context) ? sizeof(seed) : sizeof(seed) - 2;
    return prf12(hash, view_of(secret, PRF12_MASTER_SIZE), label, view_of(seed, seed_size), context,
        out, size);
}
