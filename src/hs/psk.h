// Pre-shared keys: of sessions and of the configuration (RFC 9846 section 4.3.11, RFC 4279).
#ifndef SKR_HS_PSK_H
#define SKR_HS_PSK_H

#include "hs/hs.h"

// What a session is bound to: a SHA-256 over role, the server's name, protocols, verification
// policy and roots; a client's also to its own certificates.
bool psk_binding(const skr_config_t *config, skr_view_t name, uint8_t *out);
// Puts the binding into a session: base, and the configured key that proved the peer (its number as
// hs->psk_number has it, 0: none), so that the session ends with the key.
bool psk_bind_session(
    const skr_config_t *config, const uint8_t *base, uint16_t number, session_t *session);
// Is the session bound to base, and to a key that is still configured? session->psk_number is then
// that key's.
bool psk_bound(const skr_config_t *config, const uint8_t *base, session_t *session);

// A ClientHello, as far as a binder covers it: the first covered bytes of a body that is size long.
typedef struct {
    const uint8_t *body;
    size_t covered, size;
} psk_hello_t;
// One binder (section 4.3.11.2): hash->size bytes.
skr_status_t psk_binder(const hs_t *hs, const skr_hash_t *hash, binder_kind_t kind,
    skr_view_t secret, const psk_hello_t *hello, uint8_t *out);
binder_kind_t psk_kind(const skr_psk_t *psk);
// The hash that a key goes with; NULL: the provider lacks it.
const skr_hash_t *psk_hash(const hs_t *hs, const skr_psk_t *psk);
const skr_hash_t *psk_session_hash(const hs_t *hs);
// Server: the configured key of this identity that this handshake can use, as 1 + its index; 0:
// none. Looks at all of them, always: the time tells nothing about which there are.
uint16_t psk_find(const hs_t *hs, skr_view_t identity);
// Server: the same, and where none is configured the caller's answer for the identity of this
// index: SKR_OK with hs->psk_number, which may be HS_PSK_GIVEN, and with hs->psk where it is not 0;
// SKR_WANT_PSK.
skr_status_t psk_look_up(hs_t *hs, skr_view_t identity, size_t index);
// The binder's kind of the key that hs->psk is.
binder_kind_t psk_kind_now(const hs_t *hs);
// Server: can it have a key for anybody?
bool psk_served(const skr_config_t *config);
// The key that a client has for TLS 1.2; NULL: none (imported ones are for TLS 1.3).
const skr_psk_t *psk_for_tls12(const skr_config_t *config);

// Server: opens a ticket into hs->session, with the key of its name. false: it can't be opened.
bool psk_open_ticket(hs_t *hs, skr_view_t ticket);
// Server: a session of this handshake, sealed with the newest ticket key into out
// (SKR_SESSION_OVERHEAD bytes). session comes with version, flags, age_add and secret. *size 0:
// there is no key.
skr_status_t psk_seal_ticket(hs_t *hs, session_t *session, uint8_t *out, size_t *size);
// Client: psk_key_exchange_modes, and pre_shared_key with room for its binder, which must be the
// last extension.
void psk_write_modes(hs_t *hs, writer_t *w);
void psk_write_offer(hs_t *hs, writer_t *w);
// Client: fills in the binder at the end of a ClientHello's body (section 4.3.11.2).
skr_status_t psk_bind(hs_t *hs, uint8_t *body, size_t size);
// Client: the ServerHello's answer. The one place that sets PROOF_PSK for a client: that the server
// knows the key, its Finished will show.
skr_status_t psk_take_answer(hs_t *hs, skr_view_t answer);
// Server: looks for a ticket that can be resumed, and judges its binder. Sets F_PSK when there is
// one. body is the whole ClientHello's.
skr_status_t psk_select(hs_t *hs, const wire_extensions_t *e, skr_view_t body);
// Server: pre_shared_key of the ServerHello.
void psk_write_answer(const hs_t *hs, writer_t *w);
// Server: a NewSessionTicket (section 4.7.1), the whole message. SKR_OK with nothing written: there
// is no key to seal it with.
skr_status_t psk_build_ticket(hs_t *hs, writer_t *w);
// psk12.c: the suite of TLS 1.2 that was chosen goes with a pre-shared key.
void psk12_begin(hs_t *hs);
// psk12.c: the premaster secret, in out, which has PSK12_PREMASTER_MAX bytes. The one place that
// sets PROOF_PSK in a full handshake of TLS 1.2.
enum { PSK12_PREMASTER_MAX = 4 + 2 * SKR_PSK_KEY_MAX };
skr_view_t psk12_premaster(hs_t *hs, uint8_t *out);
enum { PSK_TICKET_MESSAGE_MAX = SKR_MESSAGE_HEADER_SIZE + 16 + SKR_SESSION_OVERHEAD };

#endif
