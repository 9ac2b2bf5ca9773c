// Session tickets of TLS 1.2.
//
// In: a saved session to offer, or a client's ticket. Out: the short handshake's master secret, new
// tickets (RFC 5077). PROOF_PSK is set here for TLS 1.2: the master secret is known, which the
// Finished will show. Only sessions with extended_master_secret are saved and resumed (RFC 7627
// section 5.3), only with the same suite, name, protocols and policy. What can't be resumed becomes
// a full handshake and nothing else.
#include "hs/ticket12.h"

#include "base/bytes.h"
#include "base/ct.h"
#include "hs/handlers.h"
#include "hs/offer.h"
#include "hs/psk.h"
#include "keys/prf12.h"
#include "wire/messages12.h"

static void ticket12_resume(hs_t *hs) {
    memcpy(hs->schedule.secret, hs->session.secret, PRF12_MASTER_SIZE);
    memcpy(hs->schedule.exporter, hs->session.secret, PRF12_MASTER_SIZE);
    hs->facts |= F_PSK;
    hs->proofs |= PROOF_PSK;
    hs->psk_number = hs->session.psk_number;
    const skr_secret_log_t *log = hs->config->secret_log;
    if (log != NULL) {
        log->secret(
            log->user, "CLIENT_RANDOM", hs->client_random, hs->schedule.secret, PRF12_MASTER_SIZE);
    }
}

// --- The client ---

void ticket12_write_offer(hs_t *hs, writer_t *w) {
    if (hs->config->session_key == NULL) {
        return;
    }
    writer_block_t extension = wire_open_extension(w, WIRE_EXT_SESSION_TICKET);
    if (hs->session.version == SKR_TLS12) {
        writer_view(w, hs->session.ticket);
    }
    writer_close(w, extension);
    hs->offered |= WIRE_EXT_BIT(WIRE_EXT_SESSION_TICKET);
}

// RFC 5077 section 3.4: a server that takes the ticket sends the session id back.
skr_status_t ticket12_take_answer(hs_t *hs, const wire_server_hello_t *sh, bool *resumed) {
    bool echoed = sh->session_id.size > 0 &&
        view_equal(sh->session_id, view_of(hs->session_id, hs->session_id_size));
    *resumed = echoed && hs->session.version == SKR_TLS12;
    if (!*resumed) {
        // An id that stands for nothing must not come back (RFC 9846 appendix E.4 makes it random).
        return echoed ? SKR_ERR_LEGACY_FIELD : SKR_OK;
    }
    if (sh->suite != hs->session.suite) {
        return SKR_ERR_SUITE_ANSWER;
    }
    ticket12_resume(hs);
    return SKR_OK;
}

skr_status_t ticket12_recv(hs_t *hs, skr_view_t body) {
    uint32_t lifetime = 0;
    skr_view_t ticket = {NULL, 0};
    skr_status_t status = wire_read_new_session_ticket12(body, &lifetime, &ticket);
    if (status != SKR_OK || ticket.size == 0 || !hs->extended_master) {
        return status;
    }
    return hs->sink.ticket(hs->sink.user, lifetime, ticket);
}

// --- The server ---

static bool ticket12_fits(hs_t *hs, const wire_client_hello_t *ch) {
    session_t *session = &hs->session;
    bool verified = (session->flags & SESSION_VERIFIED) != 0;
    return session->version == SKR_TLS12 && (session->flags & SESSION_EXTENDED) != 0 &&
        view_is(ch->extensions.body[WIRE_EXT_EXTENDED_MASTER_SECRET]) &&
        session->secret_size == PRF12_MASTER_SIZE &&
        session_fresh(session, hs->now, SKR_CLOCK_SKEW) &&
        psk_bound(hs->config, hs->binding, session) &&
        wire_numbers_have(ch->suites, session->suite) &&
        offer_find_suite(hs->config, session->suite) != NULL &&
        (verified || hs->config->verify != SKR_VERIFY_REQUIRED);
}

skr_status_t ticket12_select(hs_t *hs, const wire_client_hello_t *ch, skr_view_t name) {
    skr_view_t ticket = ch->extensions.body[WIRE_EXT_SESSION_TICKET];
    bool extended = view_is(ch->extensions.body[WIRE_EXT_EXTENDED_MASTER_SECRET]);
    if (hs->config->ticket_keys == NULL || !view_is(ticket) || !extended) {
        return SKR_OK;
    }
    if (!psk_binding(hs->config, name, hs->binding)) {
        return SKR_ERR_PROVIDER;
    }
    hs->facts |= F_TICKET;
    if (ticket.size > 0 && psk_open_ticket(hs, ticket) && ticket12_fits(hs, ch)) {
        // Sent back as it is. A client without one tells by the message behind the ServerHello
        // that its ticket was taken (RFC 5077 section 3.4).
        if (ch->session_id.size > 0) {
            memcpy(hs->session_id, ch->session_id.data, ch->session_id.size);
        }
        hs->session_id_size = (uint8_t)ch->session_id.size;
        memcpy(hs->client_random, ch->random.data, SKR_RANDOM_SIZE);
        ticket12_resume(hs);
    } else {
        ct_wipe(&hs->session, sizeof(hs->session));
    }
    return SKR_OK;
}

skr_status_t ticket12_send(hs_t *hs, writer_t *w) {
    session_t session = {
        .version = SKR_TLS12, .flags = SESSION_EXTENDED, .secret_size = PRF12_MASTER_SIZE};
    uint8_t sealed[SKR_SESSION_OVERHEAD];
    size_t size = 0;
    memcpy(session.secret, hs->schedule.secret, PRF12_MASTER_SIZE);
    skr_status_t status = psk_seal_ticket(hs, &session, sealed, &size);
    writer_u32(w, session.lifetime);
    writer_vector(w, 2, view_of(sealed, size)); // empty: no key to seal one with
    ct_wipe(&session, sizeof(session));
    return status;
}
