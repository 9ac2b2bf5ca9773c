// The TLS 1.3 key schedule as a ladder (RFC 9846 section 7.1): early, handshake, master; each rung
// is entered with what feeds it, and only the current rung's secret is kept. All return false when
// the provider fails.
#ifndef SKR_KEYS_SCHEDULE_H
#define SKR_KEYS_SCHEDULE_H

#include "skerry/crypto.h"

// Every secret of a handshake; wiped as one.
typedef struct {
    const skr_hash_t *hash;
    uint8_t secret[SKR_SECRET_SIZE_MAX]; // of the current rung
    uint8_t client_handshake[SKR_SECRET_SIZE_MAX];
    uint8_t server_handshake[SKR_SECRET_SIZE_MAX];
    uint8_t client_application[SKR_SECRET_SIZE_MAX];
    uint8_t server_application[SKR_SECRET_SIZE_MAX];
    uint8_t exporter[SKR_SECRET_SIZE_MAX];
} schedule_t;

// The first rung. psk absent: none.
bool schedule_early(schedule_t *s, const skr_hash_t *hash, skr_view_t psk);
// The second: shared secret of the key exchange; transcript is the hash of
// ClientHello...ServerHello. Fills client_handshake and server_handshake.
bool schedule_handshake(schedule_t *s, skr_view_t shared, const uint8_t *transcript);
// The third: transcript is the hash of ClientHello...server Finished. Fills client_ and
// server_application and exporter.
bool schedule_master(schedule_t *s, const uint8_t *transcript);

// The MAC key base of a PSK's binder (section 4.3.11.2): hash->size bytes from the psk.
// Then schedule_finished() with it. kind: where the psk comes from; imported: RFC 9258 section 5.2.
typedef enum { BINDER_RESUMPTION, BINDER_EXTERNAL, BINDER_IMPORTED } binder_kind_t;
bool schedule_binder(const skr_hash_t *hash, binder_kind_t kind, skr_view_t psk, uint8_t *out);
// resumption_secret: on the third rung, transcript is the hash of ClientHello...client Finished.
// hash->size bytes.
bool schedule_resumption(const schedule_t *s, const uint8_t *transcript, uint8_t *out);
// The PSK of one ticket (section 4.7.1): hash->size bytes.
bool schedule_ticket_psk(
    const skr_hash_t *hash, const uint8_t *resumption, skr_view_t nonce, uint8_t *out);

// verify_data of a Finished: writes hash->size bytes (section 4.5.3). base is the writer's
// handshake traffic secret.
bool schedule_finished(
    const skr_hash_t *hash, const uint8_t *base, const uint8_t *transcript, uint8_t *out);
// The next generation of a traffic secret, in place (section 7.2).
bool schedule_update(const skr_hash_t *hash, uint8_t *secret);
// Record keys of a traffic secret (section 7.3): key_size bytes of key, SKR_AEAD_NONCE_SIZE of iv.
bool schedule_traffic_keys(
    const skr_hash_t *hash, const uint8_t *secret, uint8_t *key, size_t key_size, uint8_t *iv);
// Exporter (section 7.5).
bool schedule_export(const skr_hash_t *hash, const uint8_t *exporter, skr_view_t label,
    skr_view_t context, uint8_t *out, size_t size);

#endif
