// What comes after the handshake (RFC 9846 section 4.7): KeyUpdate and NewSessionTicket.
//
// In: one whole message. Out: new reading keys, and the duty to answer with new writing keys;
// tickets go on to session.c. In TLS 1.2 only a HelloRequest may come, and is passed over.
// Everything else is out of order: certificate requests after the handshake were not offered
// (section 4.7.2), and nobody negotiates again (section 4.2.2). Messages that carry nothing may not
// come without end.
#include "base/bytes.h"
#include "conn/conn.h"

static skr_status_t post_key_update(skr_conn_t *conn, skr_view_t message, skr_view_t body) {
    bool requested = false;
    skr_status_t status = wire_read_key_update(body, &requested);
    if (status != SKR_OK) {
        return status;
    }
    if (conn_leftover(conn, message)) {
        return SKR_ERR_KEY_CHANGE_UNALIGNED;
    }
    if (!requested && conn->updates_asked > 0) {
        conn->updates_asked--;
    } else if (++conn->idle_messages > SKR_KEY_UPDATES_MAX) {
        return SKR_ERR_FLOOD;
    }
    if (requested && !conn->closed_out) {
        conn->update_due = true; // one answer stands for several requests (section 4.7.3)
    }
    return conn_next_keys(conn, false);
}

static skr_status_t post_ticket(skr_conn_t *conn, skr_view_t body) {
    wire_new_session_ticket_t ticket;
    if (++conn->idle_messages > SKR_TICKETS_MAX) {
        return SKR_ERR_FLOOD;
    }
    skr_status_t status = wire_read_new_session_ticket(body, &ticket);
    return status != SKR_OK ? status : conn_take_ticket(conn, &ticket);
}

skr_status_t post_judge(const skr_conn_t *conn, uint8_t type, size_t size) {
    enum { UPDATE_SIZE = SKR_MESSAGE_HEADER_SIZE + 1 };
    bool is_client = conn->config->role == SKR_CLIENT;
    bool tls12 = conn->script->version == SKR_TLS12;
    size_t exact = 0;
    if (type == WIRE_CLIENT_HELLO || (type == WIRE_HELLO_REQUEST && !(tls12 && is_client))) {
        return SKR_ERR_RENEGOTIATION;
    }
    if (type == WIRE_NEW_SESSION_TICKET && is_client && !tls12) {
        return SKR_OK;
    }
    if (type == WIRE_HELLO_REQUEST) {
        exact = SKR_MESSAGE_HEADER_SIZE;
    } else if (type == WIRE_KEY_UPDATE && !tls12) {
        exact = UPDATE_SIZE;
    } else {
        return SKR_ERR_UNEXPECTED_MESSAGE;
    }
    return size == exact ? SKR_OK : SKR_ERR_DECODE;
}

skr_status_t post_recv(skr_conn_t *conn, skr_view_t message) {
    uint8_t type = message.data[0];
    skr_view_t body = view_of(
        message.data + SKR_MESSAGE_HEADER_SIZE, message.size - SKR_MESSAGE_HEADER_SIZE);
    conn_trace(conn, false, SKR_LAYER_HANDSHAKE, type, true, message.size, wire_type_name(type));
    skr_status_t status = post_judge(conn, type, message.size);
    if (status != SKR_OK) {
        return status;
    }
    if (type == WIRE_KEY_UPDATE) {
        return post_key_update(conn, message, body);
    }
    if (type == WIRE_NEW_SESSION_TICKET) {
        return post_ticket(conn, body);
    }
    // TLS 1.2: a server may ask for a new handshake; it doesn't get one (RFC 5246
    // section 7.4.1.1).
    return ++conn->idle_messages > SKR_KEY_UPDATES_MAX ? SKR_ERR_FLOOD : SKR_OK;
}
