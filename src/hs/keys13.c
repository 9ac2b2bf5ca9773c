// TLS 1.3's keys: which secrets start behind a row of the script.
//
// In: the keys that a row names, the transcript so far, the shared secret. Out: the key schedule
// climbed one rung when its first key is due (RFC 9846 section 7.1), traffic secrets to conn, lines
// for key logs (RFC 9850). A reading key never starts while handshake bytes are left over
// (section 5.1). What a secret becomes at the record layer is conn's affair.
#include "base/bytes.h"
#include "base/ct.h"
#include "hs/handlers.h"

static void keys13_log(const hs_t *hs, const char *label, const uint8_t *secret) {
    const skr_secret_log_t *log = hs->config->secret_log;
    if (log != NULL) {
        log->secret(log->user, label, hs->client_random, secret, hs->hash->size);
    }
}

static skr_status_t keys13_install(hs_t *hs, uint8_t writer, const uint8_t *secret) {
    bool writing = writer == hs->script->self;
    if (!writing && hs->leftover) {
        return SKR_ERR_KEY_CHANGE_UNALIGNED;
    }
    return hs->sink.secret(hs->sink.user, writing, secret);
}

static skr_status_t keys13_enter_handshake(hs_t *hs) {
    schedule_t *s = &hs->schedule;
    uint8_t transcript[SKR_HASH_SIZE_MAX];
    skr_view_t shared = view_of(hs->shared_size > 0 ? hs->shared : NULL, hs->shared_size);
    skr_view_t psk = view_of(NULL, 0);
    if ((hs->facts & F_PSK) != 0) {
        psk = hs->psk;
    }
    bool ok = transcript_result(&hs->transcript, transcript) && schedule_early(s, hs->hash, psk) &&
        schedule_handshake(s, shared, transcript);
    ct_wipe(hs->shared, sizeof(hs->shared));
    ct_wipe(hs->private_key, sizeof(hs->private_key));
    if (!ok) {
        return SKR_ERR_PROVIDER;
    }
    keys13_log(hs, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", s->client_handshake);
    keys13_log(hs, "SERVER_HANDSHAKE_TRAFFIC_SECRET", s->server_handshake);
    return SKR_OK;
}

static skr_status_t keys13_enter_application(hs_t *hs) {
    schedule_t *s = &hs->schedule;
    uint8_t transcript[SKR_HASH_SIZE_MAX];
    if (!transcript_result(&hs->transcript, transcript) || !schedule_master(s, transcript)) {
        return SKR_ERR_PROVIDER;
    }
    keys13_log(hs, "CLIENT_TRAFFIC_SECRET_0", s->client_application);
    keys13_log(hs, "SERVER_TRAFFIC_SECRET_0", s->server_application);
    keys13_log(hs, "EXPORTER_SECRET", s->exporter);
    return SKR_OK;
}

// The keys that start after a row; the secrets of a rung are made when the first of them is due.
skr_status_t keys13_change(hs_t *hs, uint16_t keys) {
    const schedule_t *s = &hs->schedule;
    const struct {
        uint16_t key;
        uint8_t writer;
        skr_status_t (*enter)(hs_t *);
        const uint8_t *secret;
    } changes[] = {
        {K_S_HS, HS_SERVER, keys13_enter_handshake, s->server_handshake},
        {K_C_HS, HS_CLIENT, NULL, s->client_handshake},
        {K_S_AP, HS_SERVER, keys13_enter_application, s->server_application},
        {K_C_AP, HS_CLIENT, NULL, s->client_application},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        if ((keys & changes[i].key) == 0) {
            continue;
        }
        skr_status_t status = changes[i].enter == NULL ? SKR_OK : changes[i].enter(hs);
        if (status == SKR_OK) {
            status = keys13_install(hs, changes[i].writer, changes[i].secret);
        }
        if (status != SKR_OK) {
            return status;
        }
    }
    return SKR_OK;
}

bool keys13_export(const skr_hash_t *hash, const uint8_t *secret, const uint8_t *const *randoms,
    skr_view_t label, skr_view_t context, uint8_t *out, size_t size) {
    (void)randoms;
    return schedule_export(hash, secret, label, context, out, size);
}

bool keys13_resumption(const hs_t *hs, uint8_t *out) {
    uint8_t transcript[SKR_HASH_SIZE_MAX];
    return transcript_result(&hs->transcript, transcript) &&
        schedule_resumption(&hs->schedule, transcript, out);
}
