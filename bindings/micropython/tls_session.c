// Coming back quickly: saved sessions, ticket keys, pre-shared keys (RFC 9846 section 4.3.11).
//
// In: what Python sets on a context, and a session that it saved. Out: the engine's configuration,
// and the newest session of a connection as bytes that only the holder of session_key can read or
// make. Keys are copied into blocks that the context holds; a new setting takes new blocks, so that
// sockets that live go on with what they started with. Only ticket keys change for all of them at
// once, which is what rotation needs.
#include <string.h>

#include "modtls.h"

enum { TICKET_KEY_SIZE = SKR_TICKET_NAME_SIZE + SKR_SESSION_KEY_SIZE, PSK_KEY_MIN = 16 };

static skr_view_t bytes_of(mp_obj_t value) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(value, &info, MP_BUFFER_READ);
    return (skr_view_t){info.buf, info.len};
}

// A key of zeros is one that somebody forgot to fill in.
static void refuse_zeros(const uint8_t *key) {
    for (size_t i = 0; i < SKR_SESSION_KEY_SIZE; ++i) {
        if (key[i] != 0) {
            return;
        }
    }
    mp_raise_ValueError(MP_ERROR_TEXT("the key is all zeros"));
}

// --- The client's saved sessions ---

void tls_session_set_key(tls_context_t *self, mp_obj_t value) {
    if (value == mp_const_none) {
        self->config.session_key = NULL;
        return;
    }
    skr_view_t key = bytes_of(value);
    if (key.size != SKR_SESSION_KEY_SIZE) {
        mp_raise_ValueError(MP_ERROR_TEXT("session_key must be 32 bytes: os.urandom(32)"));
    }
    refuse_zeros(key.data);
    self->config.session_key = tls_copy(key.data, key.size);
}

mp_obj_t tls_session_key(const tls_context_t *self) {
    return self->config.session_key == NULL
        ? mp_const_none
        : mp_obj_new_bytes(self->config.session_key, SKR_SESSION_KEY_SIZE);
}

void tls_session_offer(tls_socket_t *o, mp_obj_t session) {
    if (session == mp_const_none || o->conn == NULL) {
        return;
    }
    skr_view_t bytes = bytes_of(session);
    // What is of no use becomes a full handshake.
    (void)skr_conn_resume(o->conn, bytes.data, bytes.size);
}

// The newest session, None: none yet. The engine's copy is given back.
mp_obj_t tls_session(tls_socket_t *o) {
    const uint8_t *data = NULL;
    size_t size = o->conn == NULL ? 0 : skr_conn_session(o->conn, &data);
    if (size > 0) {
        o->session = mp_obj_new_bytes(data, size);
        skr_conn_session_done(o->conn);
    }
    return o->session;
}

// --- The server's ticket keys ---

static bool find_key(void *user, const uint8_t *name, skr_ticket_key_t *key) {
    const tls_context_t *self = user;
    for (size_t i = 0; i < self->ticket_key_count; ++i) {
        const skr_ticket_key_t *known = &self->ticket_keys[i];
        if (name == NULL || memcmp(known->name, name, SKR_TICKET_NAME_SIZE) == 0) {
            *key = *known;
            return true;
        }
    }
    return false;
}

void tls_session_set_ticket_keys(tls_context_t *self, mp_obj_t value) {
    size_t count = 0;
    mp_obj_t *items = NULL;
    if (value != mp_const_none) {
        mp_obj_get_array(value, &count, &items);
    }
    skr_ticket_key_t *keys = count > 0 ? m_new(skr_ticket_key_t, count) : NULL;
    for (size_t i = 0; i < count; ++i) {
        skr_view_t key = bytes_of(items[i]);
        if (key.size != TICKET_KEY_SIZE) {
            mp_raise_ValueError(
                MP_ERROR_TEXT("a ticket key must be 40 bytes: 8 that name it, 32 of os.urandom()"));
        }
        refuse_zeros(key.data + SKR_TICKET_NAME_SIZE);
        memcpy(keys[i].name, key.data, SKR_TICKET_NAME_SIZE);
        memcpy(keys[i].key, key.data + SKR_TICKET_NAME_SIZE, SKR_SESSION_KEY_SIZE);
    }
    self->ticket_keys = keys;
    self->ticket_key_count = count;
    self->ticket_source = (skr_ticket_keys_t){.find = find_key, .user = self};
    self->config.ticket_keys = count > 0 ? &self->ticket_source : NULL;
}

// --- Pre-shared keys ---

static void read_psk(mp_obj_t item, skr_psk_t *psk) {
    mp_obj_t *pair;
    mp_obj_get_array_fixed_n(item, 2, &pair);
    skr_view_t identity = bytes_of(pair[0]), key = bytes_of(pair[1]);
    if (identity.size == 0 || identity.size > UINT16_MAX || key.size < PSK_KEY_MIN) {
        mp_raise_ValueError(
            MP_ERROR_TEXT("a pre-shared key is (identity, key) with at least 16 bytes of key"));
    }
    psk->identity = (skr_view_t){tls_copy(identity.data, identity.size), identity.size};
    psk->key = (skr_view_t){tls_copy(key.data, key.size), key.size};
    psk->hash = SKR_HASH_SHA256;
}

// SSLContext.set_psks(list of (identity, key))
static mp_obj_t context_set_psks(mp_obj_t self_in, mp_obj_t psks_in) {
    tls_context_t *self = MP_OBJ_TO_PTR(self_in);
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(psks_in, &count, &items);
    skr_psk_t *psks = count > 0 ? m_new0(skr_psk_t, count) : NULL;
    for (size_t i = 0; i < count; ++i) {
        read_psk(items[i], &psks[i]);
    }
    self->config.psks = psks;
    self->config.psk_count = count;
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(tls_context_set_psks_obj, context_set_psks);
