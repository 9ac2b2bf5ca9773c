// What drives a connection: the handshake's turns, the content at hand, and the gate to application
// data.
//
// In: a connection with perhaps a record's content and perhaps a turn to send. Out: the next thing
// that it waits for. Application data opens in advance_open_gate() and nowhere else, on the proofs
// that hs_proved() demands. Alerts (RFC 9846 section 6) and ChangeCipherSpec (section 5) are judged
// here because they belong to no message order. Callers' callbacks never run here: a wait goes up
// to the caller instead.
#include "base/bytes.h"
#include "base/ct.h"
#include "conn/conn.h"

// The one function that opens application data.
static skr_status_t advance_open_gate(skr_conn_t *conn) {
    hs_t *hs = conn->hs;
    if (!hs_proved(hs)) {
        return SKR_ERR_UNEXPECTED_MESSAGE;
    }
    memcpy(conn->exporter, hs->schedule.exporter, sizeof(conn->exporter));
    conn->script = hs->script;
    conn->limit_out = hs->limit_out;
    conn->suite = hs->suite;
    conn->hash = hs->hash;
    conn->group = hs->shared_size > 0 ? hs->group->id : 0;
    conn->peer_scheme = hs->peer_scheme;
    conn->alpn = hs->alpn;
    conn->retried = (hs->facts & F_HRR) != 0;
    conn->peer_verified = hs_peer_verified(hs);
    conn->resumed = (hs->facts & F_PSK) != 0 && !hs->psk_external;
    conn->psk_number = hs->psk_number;
    conn->began = conn->resumed ? hs->session.began : 0;
    conn->exports = hs->script->version != SKR_TLS12 || hs->extended_master;
    bool saves = conn->config->role == SKR_CLIENT && conn->config->session_key != NULL;
    if (saves && hs->script->resumption != NULL && !hs->script->resumption(hs, conn->resumption)) {
        return SKR_ERR_PROVIDER;
    }
    conn->complete = true;
    conn_end_handshake(conn);
    if (!conn->session_new) {
        conn_session_end(conn); // the one that was offered
    }
    return SKR_OK;
}

// --- Content that is no handshake message ---

// The version that is spoken; as long as it isn't settled, the newest that is offered.
static uint16_t advance_version(const skr_conn_t *conn) {
    const hs_script_t *script = conn->hs != NULL ? conn->hs->script : conn->script;
    return script->version;
}

// Does an alert's level count? It does in TLS 1.2 only, and with a client that does not know yet
// which version will be spoken: servers of TLS 1.2 warn of unknown names before their hello (RFC
// 6066 section 3).
static bool advance_level_counts(const skr_conn_t *conn) {
    bool unsettled = conn->hs != NULL && conn->config->role == SKR_CLIENT &&
        conn->hs->suite == NULL && hs_allows(conn->config, SKR_TLS12);
    return unsettled || advance_version(conn) == SKR_TLS12;
}

static skr_status_t advance_alert(skr_conn_t *conn) {
    skr_view_t alert = conn_content(conn);
    if (alert.size != 2) {
        return SKR_ERR_ALERT_MALFORMED;
    }
    uint8_t description = alert.data[1];
    bool warning = alert.data[0] == 1 && advance_level_counts(conn);
    conn_trace(conn, false, SKR_LAYER_RECORD, RECORD_ALERT, conn->in.keys.aead != NULL, 2,
        skr_alert_name(description));
    if (description == SKR_ALERT_CLOSE_NOTIFY) {
        conn_record_done(conn);
        conn->closed_in = true;
        return conn->complete ? SKR_CLOSED : SKR_ERR_CLOSED_EARLY;
    }
    // A close_notify follows user_canceled (section 6.1). Else the level counts in TLS 1.2 only
    // (section 6).
    if (description == SKR_ALERT_USER_CANCELED || warning) {
        conn_record_done(conn);
        return ++conn->warnings > SKR_WARNING_ALERTS_MAX ? SKR_ERR_FLOOD : SKR_OK;
    }
    conn->error.alert_received = description;
    return SKR_ERR_PEER_ALERT;
}

// In TLS 1.2 it is part of the order, and the reading keys start behind it.
static skr_status_t advance_change_cipher_spec12(skr_conn_t *conn) {
    if (walk_turn(conn->hs) != WALK_RECEIVE) {
        return SKR_ERR_UNEXPECTED_MESSAGE;
    }
    conn_record_done(conn);
    conn->hs->leftover = false; // another record's content can't be waiting: this one was at hand
    return walk_recv_ccs(conn->hs);
}

// Section 5: exactly one byte 1, unprotected, between the first ClientHello and the peer's
// Finished; then dropped.
static skr_status_t advance_change_cipher_spec(skr_conn_t *conn) {
    skr_view_t content = conn_content(conn);
    if (content.size != 1 || content.data[0] != 1 || conn->hs == NULL || !conn->hello_done) {
        return SKR_ERR_RECORD_TYPE;
    }
    if (advance_version(conn) == SKR_TLS12) {
        return advance_change_cipher_spec12(conn);
    }
    conn_record_done(conn);
    return ++conn->change_ciphers > SKR_CCS_MAX ? SKR_ERR_FLOOD : SKR_OK;
}

static skr_status_t advance_application_data(skr_conn_t *conn) {
    if (!conn->complete) {
        return SKR_ERR_DATA_TOO_EARLY;
    }
    if (conn_content_left(conn) == 0) {
        conn_record_done(conn);
        return SKR_OK;
    }
    return SKR_WANT_READ;
}

// --- Handshake messages ---

// size: of the whole message; larger than message when that is only the header, and pieces follow.
static skr_status_t advance_message(skr_conn_t *conn, skr_view_t message, size_t size) {
    if (conn->hs != NULL && walk_passes_over(conn->hs, message.data[0], message.size)) {
        return ++conn->idle_messages > SKR_KEY_UPDATES_MAX ? SKR_ERR_FLOOD : SKR_OK;
    }
    if (conn->hs == NULL) {
        return post_recv(conn, message);
    }
    if (walk_turn(conn->hs) != WALK_RECEIVE) {
        return SKR_ERR_UNEXPECTED_MESSAGE;
    }
    if (message.size < size) {
        conn->pieces_left = (uint32_t)(size - message.size);
        return walk_recv_begin(conn->hs, message);
    }
    conn->hs->leftover = conn_leftover(conn, message);
    skr_status_t status = walk_recv(conn->hs, message);
    if (status == SKR_OK && conn->change_ciphers > 0 && advance_version(conn) == SKR_TLS12) {
        status =
            SKR_ERR_UNEXPECTED_MESSAGE; // what was dropped as TLS 1.3's was TLS 1.2's, too early
    }
    if (status == SKR_OK) {
        conn->hello_done = true;
        conn->skip_early =
            conn->hs->early_data; // until the next message: it can't come behind that
        conn->hs->early_data = false;
    }
    return status;
}

// What the content at hand has of a message that is judged piece by piece.
static skr_status_t advance_pieces(skr_conn_t *conn) {
    skr_status_t status = SKR_OK;
    while (status == SKR_OK && conn->pieces_left > 0 && conn_content_left(conn) > 0) {
        skr_view_t piece = conn_content(conn);
        piece.size = piece.size < conn->pieces_left ? piece.size : conn->pieces_left;
        conn->pieces_left -= (uint32_t)piece.size;
        conn->hs->leftover = conn_content_left(conn) > piece.size;
        status = walk_recv_piece(conn->hs, piece, conn->pieces_left);
        conn_content_use(conn, piece.size);
    }
    return status;
}

static skr_status_t advance_next_message(skr_conn_t *conn) {
    skr_view_t message = {NULL, 0};
    size_t size = 0;
    skr_status_t status = conn_next_message(conn, &message, &size);
    if (status == SKR_OK) {
        status = advance_message(conn, message, size);
        if (status == SKR_OK) {
            conn_message_done(conn, message);
        }
    } else if (status == SKR_WANT_INPUT) {
        status = SKR_OK; // the record holds no more of it
    }
    return status;
}

static skr_status_t advance_handshake_content(skr_conn_t *conn) {
    skr_status_t status = conn->pieces_left > 0 ? advance_pieces(conn) : advance_next_message(conn);
    if (status == SKR_OK && conn->record_ready && conn_content_left(conn) == 0) {
        conn_record_done(conn);
    }
    return status;
}

static skr_status_t advance_content(skr_conn_t *conn) {
    switch (conn->record_type) {
        case RECORD_HANDSHAKE:
            return advance_handshake_content(conn);
        case RECORD_ALERT:
            return advance_alert(conn);
        case RECORD_CHANGE_CIPHER_SPEC:
            return advance_change_cipher_spec(conn);
        case RECORD_APPLICATION_DATA:
            return advance_application_data(conn);
        default:
            return SKR_ERR_RECORD_TYPE;
    }
}

// --- Turns ---

// Tickets only for a peer whose Finished is right: the gate asks the same.
static bool advance_ticket_due(const skr_conn_t *conn) {
    const hs_t *hs = conn->hs;
    const skr_config_t *config = conn->config;
    return hs->script->build_ticket != NULL && config->ticket_keys != NULL && hs->tickets_wanted &&
        hs->tickets_sent < config_ticket_count(config) && hs_proved(hs);
}

// One step. SKR_OK: something was done, ask again.
static skr_status_t advance_step(skr_conn_t *conn) {
    walk_turn_t turn = conn->hs == NULL ? WALK_RECEIVE : walk_turn(conn->hs);
    if (turn == WALK_DONE) {
        // Tickets need the handshake's secrets, so they go before it does (section 4.7.1).
        return advance_ticket_due(conn) ? conn_send_ticket(conn) : advance_open_gate(conn);
    }
    if (turn == WALK_SEND) {
        if (conn_leftover(conn, view_of(NULL, 0))) {
            return SKR_ERR_KEY_CHANGE_UNALIGNED; // nothing of the peer's can follow before this
        }
        return walk_due(conn->hs) == WIRE_CHANGE_CIPHER_SPEC ? conn_send_ccs(conn)
                                                             : conn_send_handshake(conn);
    }
    if (conn->closed_in) {
        return SKR_CLOSED;
    }
    if (!conn->record_ready) {
        return SKR_WANT_INPUT;
    }
    bool waits = conn_handshake_pending(conn) && conn->record_type == RECORD_HANDSHAKE;
    return waits ? SKR_WANT_OUTPUT : advance_content(conn);
}

skr_status_t conn_advance(skr_conn_t *conn) {
    skr_status_t status = SKR_OK;
    while (status == SKR_OK) {
        status = advance_step(conn);
    }
    if (conn->update_due && conn->complete && !conn->closed_out && conn->output.data == NULL) {
        skr_status_t sent = conn_send_update(conn, false);
        status = sent < SKR_OK ? sent : status;
    }
    return status;
}

skr_status_t skr_conn_handshake(skr_conn_t *conn) {
    if (conn->error.status != SKR_OK) {
        return conn->error.status;
    }
    if (conn->complete) {
        return SKR_OK;
    }
    skr_status_t status = conn_advance(conn);
    if (status < SKR_OK) {
        return conn_fail(conn, status);
    }
    if (conn->complete) {
        return SKR_OK;
    }
    return status == SKR_WANT_INPUT && conn_pending(conn) > 0 ? SKR_WANT_OUTPUT : status;
}

// --- The caller's answers ---

bool skr_conn_peer_certificate(const skr_conn_t *conn, size_t index, skr_view_t *der) {
    if (conn->hs == NULL || !conn->hs->waiting || !conn->hs->path_checked) {
        return false;
    }
    skr_view_t message = view_of(conn->message.data, conn->message.size);
    if (message.data == NULL) {
        message = conn_content(conn);
        message.size = SKR_MESSAGE_HEADER_SIZE +
            (((size_t)message.data[1] << 16) | bytes_get16(message.data + 2));
    }
    skr_view_t body = view_of(
        message.data + SKR_MESSAGE_HEADER_SIZE, message.size - SKR_MESSAGE_HEADER_SIZE);
    return conn->hs->script->certificate_at(body, index, der);
}

skr_status_t skr_conn_verified(skr_conn_t *conn, bool accept) {
    if (conn->hs == NULL || !conn->hs->waiting || conn->hs->psk_waits) {
        return conn->error.status != SKR_OK ? conn->error.status : SKR_ERR_USAGE;
    }
    conn->hs->verdict = accept ? HS_VERDICT_ACCEPT : HS_VERDICT_REFUSE;
    return skr_conn_handshake(conn);
}

bool skr_conn_psk_identity(const skr_conn_t *conn, skr_view_t *identity) {
    if (conn->hs == NULL || !conn->hs->psk_waits) {
        return false;
    }
    *identity = conn->hs->psk;
    return true;
}

skr_status_t skr_conn_give_psk(skr_conn_t *conn, const skr_psk_t *psk) {
    hs_t *hs = conn->hs;
    if (hs == NULL || !hs->psk_waits) {
        return conn->error.status != SKR_OK ? conn->error.status : SKR_ERR_USAGE;
    }
    if (psk != NULL && !config_key_fits(psk)) {
        return SKR_ERR_CONFIG;
    }
    hs->psk_waits = false;
    hs->psk_reply = psk == NULL ? HS_REPLY_NOBODY : HS_REPLY_GIVEN;
    if (psk != NULL) {
        memcpy(hs->to_sign, psk->key.data, psk->key.size);
        hs->psk_reply_size = (uint8_t)psk->key.size;
        hs->psk_reply_hash = psk->hash != 0 ? psk->hash : SKR_HASH_SHA256;
        hs->psk_reply_imported = psk->imported;
    }
    return skr_conn_handshake(conn);
}

static bool advance_signing(const skr_conn_t *conn) {
    return conn->hs != NULL && conn->hs->to_sign_size > 0 && walk_turn(conn->hs) == WALK_SEND &&
        conn->hs->credential->key->external;
}

bool skr_conn_to_sign(const skr_conn_t *conn, skr_to_sign_t *to_sign) {
    if (!advance_signing(conn)) {
        return false;
    }
    to_sign->key = conn->hs->credential->key;
    to_sign->scheme = conn->hs->scheme->scheme;
    to_sign->message = view_of(conn->hs->to_sign, conn->hs->to_sign_size);
    return true;
}

skr_status_t skr_conn_signed(skr_conn_t *conn, const uint8_t *signature, size_t size) {
    if (!advance_signing(conn)) {
        return conn->error.status != SKR_OK ? conn->error.status : SKR_ERR_USAGE;
    }
    if (size > SKR_SIGNATURE_MAX) {
        return SKR_ERR_USAGE;
    }
    conn->hs->signature = view_of(signature, size);
    conn->hs->signature_refused = size == 0;
    skr_status_t status = skr_conn_handshake(conn);
    if (conn->hs != NULL) {
        conn->hs->signature = view_of(NULL, 0);
    }
    return status;
}
