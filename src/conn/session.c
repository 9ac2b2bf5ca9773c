// Sessions of a client: offering one, and making one of a ticket that came.
//
// In: what skr_conn_session() gave some time ago, or a NewSessionTicket (RFC 9846 section 4.7.1).
// Out: a session for the handshake to offer, or sealed bytes for the caller to save, which only the
// holder of the session key can read. A session that is stale, cut, altered or made for another
// name, protocol or policy is refused here, silently: the handshake is then a full one. One block
// holds either of the two; a newer session takes the place of an older one.
#include "base/bytes.h"
#include "base/ct.h"
#include "conn/conn.h"
#include "hs/offer.h"
#include "hs/psk.h"
#include "keys/prf12.h"

void conn_session_end(skr_conn_t *conn) {
    conn_give(conn, SKR_REGION_SESSION, &conn->session);
    conn->session_new = false;
}

// --- Offering ---

// Are suite and secret those of the version?
static bool session_consistent(const skr_conn_t *conn) {
    const session_t *session = &conn->hs->session;
    const suite_t *suite = offer_find_suite(conn->config, session->suite);
    if (suite == NULL || suite->version != (session->version & 0xff)) {
        return false;
    }
    const skr_hash_t *hash = provider_hash(conn->config->provider, suite->hash);
    return session->secret_size == (session->version == SKR_TLS12 ? PRF12_MASTER_SIZE : hash->size);
}

static bool session_fits(skr_conn_t *conn) {
    session_t *session = &conn->hs->session;
    uint8_t binding[SESSION_BINDING_SIZE];
    return hs_allows(conn->config, session->version) && session_consistent(conn) &&
        conn->now != 0 && session_fresh(session, conn->now, 0) && session->ticket.size > 0 &&
        psk_binding(conn->config, conn->server_name, binding) &&
        psk_bound(conn->config, binding, session);
}

size_t conn_session_max(const skr_config_t *config) {
    const suite_t *suite = NULL;
    size_t secret = 0;
    for (size_t i = 0; (suite = offer_suite(config, i)) != NULL; i++) {
        bool tls12 = suite->version == (SKR_TLS12 & 0xff);
        size_t size = tls12 ? (size_t)PRF12_MASTER_SIZE
                            : provider_hash(config->provider, suite->hash)->size;
        secret = size > secret ? size : secret;
    }
    return session_sealed_max(secret, config_ticket_max(config));
}

bool skr_conn_resume(skr_conn_t *conn, const uint8_t *session, size_t size) {
    const skr_config_t *config = conn->config;
    if (conn->hs == NULL || conn->hello_done || config->role != SKR_CLIENT ||
        config->session_key == NULL || size > conn_session_max(config) || size == 0) {
        return false;
    }
    conn_session_end(conn);
    if (!conn_take(conn, SKR_REGION_SESSION, &conn->session, size)) {
        return false; // a full handshake may still fit
    }
    memcpy(conn->session.data, session, size);
    bool ok = session_open(&conn->hs->session, config->provider, config->session_key, 0,
                  conn->session.data, size) &&
        session_fits(conn);
    if (!ok) {
        ct_wipe(&conn->hs->session, sizeof(conn->hs->session));
        conn_session_end(conn);
    }
    return ok;
}

// --- Saving ---

// Seals a session that comes with version, suite, flags, lifetime, secret and ticket, and keeps it
// for the caller.
static skr_status_t session_keep(skr_conn_t *conn, session_t *session) {
    uint8_t binding[SESSION_BINDING_SIZE];
    const skr_config_t *config = conn->config;
    skr_random_t random = config->random != NULL ? config->random : config->provider->random;
    bool wanted = config->session_key != NULL && conn->now != 0 && session->lifetime > 0 &&
        session->ticket.size <= config_ticket_max(config);
    if (!wanted) {
        return SKR_OK;
    }
    session->issued = conn->now;
    session->began = conn->began != 0 ? conn->began : conn->now;
    if (!psk_binding(config, conn->server_name, binding) ||
        !psk_bind_session(config, binding, session->psk_number, session)) {
        return SKR_ERR_PROVIDER;
    }
    conn_session_end(conn);
    // No memory for it is no error: the connection goes on, the next one is a full handshake.
    bool room = conn_take(
        conn, SKR_REGION_SESSION, &conn->session, session_sealed_size(session, 0));
    conn->session_new = room;
    return hs_local(!room ||
        session_seal(session, config->provider, config->session_key, view_of(NULL, 0), random,
            config->random_user, conn->session.data));
}

skr_status_t conn_take_ticket(skr_conn_t *conn, const wire_new_session_ticket_t *ticket) {
    if (conn->config->session_key == NULL) {
        return SKR_OK;
    }
    session_t session = {
        .version = SKR_TLS13,
        .suite = conn->suite->id,
        .flags = conn->peer_verified ? SESSION_VERIFIED : 0,
        .lifetime = ticket->lifetime,
        .age_add = ticket->age_add,
        .secret_size = conn->hash->size,
        .ticket = ticket->ticket,
        .psk_number = conn->psk_number,
    };
    skr_status_t status = hs_local(
        schedule_ticket_psk(conn->hash, conn->resumption, ticket->nonce, session.secret));
    if (status == SKR_OK) {
        status = session_keep(conn, &session);
    }
    ct_wipe(&session, sizeof(session));
    return status;
}

skr_status_t conn_take_ticket12(void *user, uint32_t lifetime, skr_view_t ticket) {
    enum { LIFETIME_UNSAID = 3600 };
    skr_conn_t *conn = user;
    hs_t *hs = conn->hs;
    session_t session = {
        .version = SKR_TLS12,
        .suite = hs->suite->id,
        .flags = (uint8_t)(SESSION_EXTENDED | (hs_peer_verified(hs) ? SESSION_VERIFIED : 0)),
        // 0: the server leaves it to the client (RFC 5077 section 3.3)
        .lifetime = lifetime != 0 ? lifetime : LIFETIME_UNSAID, // SKR_SESSION_LIFE_MAX bounds it
        .secret_size = PRF12_MASTER_SIZE,
        .ticket = ticket,
        .psk_number = hs->psk_number,
    };
    memcpy(session.secret, hs->schedule.secret, PRF12_MASTER_SIZE);
    conn->began = (hs->facts & F_PSK) != 0 ? hs->session.began : 0; // the gate is not open yet
    hs->session.ticket = view_of(NULL, 0); // it looked into the block that is given back now
    skr_status_t status = session_keep(conn, &session);
    ct_wipe(&session, sizeof(session));
    return status;
}

size_t skr_conn_session(const skr_conn_t *conn, const uint8_t **session) {
    *session = conn->session.data;
    return conn->complete && conn->session_new ? conn->session.size : 0;
}

void skr_conn_session_done(skr_conn_t *conn) {
    if (conn->complete) {
        conn_session_end(conn);
    }
}
