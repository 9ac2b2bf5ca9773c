// A session: what both sides must remember to come back (RFC 9846 section 4.7.1, RFC 5077). Sealed,
// it is a client's saved blob or a server's stateless ticket.
#ifndef SKR_KEYS_SESSION_H
#define SKR_KEYS_SESSION_H

#include "skerry/crypto.h"

enum {
    SESSION_BINDING_SIZE = 32,
    SESSION_VERIFIED = 1, // flag: the peer had proved who it is
    SESSION_EXTENDED =
        2, // flag: TLS 1.2 with extended_master_secret, without which nothing is resumed (RFC 7627)
    SESSION_KEYED =
        4, // flag: by one of the configuration's pre-shared keys, which is in the binding
};

typedef struct {
    uint16_t version, suite;
    uint8_t flags;
    uint8_t secret_size;
    uint16_t psk_number; // SESSION_KEYED: which key, as found by psk_bound(); is not sealed
    uint32_t lifetime; // seconds
    uint32_t age_add; // TLS 1.3
    int64_t issued; // seconds since 1970 on this side's clock
    int64_t began; // when certificates or a key authenticated, which no resumption moves
    uint8_t secret[SKR_SECRET_SIZE_MAX]; // TLS 1.3: the PSK; TLS 1.2: the master secret
    uint8_t
        binding[SESSION_BINDING_SIZE]; // a hash of the name and the policy that it was made under
    skr_view_t ticket; // client: the server's; server: absent
} session_t;

// Bytes that a session takes when sealed, with name_size bytes before it that say which key did.
size_t session_sealed_size(const session_t *session, size_t name_size);
// The same by the sizes of what is inside, for a client's.
size_t session_sealed_max(size_t secret_size, size_t ticket_size);
// Seals into out, which has session_sealed_size() bytes. name goes before in the clear and is
// authenticated. false: the provider has no AEAD with keys of SKR_SESSION_KEY_SIZE, or failed, or
// random did.
bool session_seal(const session_t *session, const skr_provider_t *provider, const uint8_t *key,
    skr_view_t name, skr_random_t random, void *random_user, uint8_t *out);
// Opens in place; session->ticket looks into sealed. name_size bytes at its start are the key's
// name. false: altered, cut, of another format or sealed with another key: which of them, nobody is
// told.
bool session_open(session_t *session, const skr_provider_t *provider, const uint8_t *key,
    size_t name_size, uint8_t *sealed, size_t size);
// Is it still good at this moment? Not more than skew seconds before it was issued, not beyond its
// lifetime, not beyond SKR_SESSION_LIFE_MAX since it began.
bool session_fresh(const session_t *session, int64_t now, int64_t skew);

#endif
