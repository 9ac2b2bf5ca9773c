// Coming back quickly: saved sessions, ticket keys, pre-shared keys (RFC 9846 section 4.3.11).
//
// In: what Python sets on a context, and a session that it saved. Out: the engine's configuration,
// and the newest session of a connection as bytes that only the holder of session_key can read or
// make. Keys are copied into blocks that the context holds; a new setting takes new blocks, so that
// sockets that live go on with what they started with. Only ticket keys change for all of them at
// once, which is what rotation needs.
#include <string.h>

#include "modtls.h"

enum { TICKET_KEY_SIZE = SKR_TICKET_NAME_SIZE + SKR_SESSION_KEY_SIZE };

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

static bool psk_fits(skr_view_t identity, skr_view_t key) {
    return identity.size > 0 && identity.size <= SKR_PSK_IDENTITY_MAX &&
        key.size >= SKR_PSK_KEY_MIN && key.size <= SKR_PSK_KEY_MAX;
}

static void read_psk(mp_obj_t item, skr_psk_t *psk) {
    mp_obj_t *pair;
    mp_obj_get_array_fixed_n(item, 2, &pair);
    skr_view_t identity = bytes_of(pair[0]), key = bytes_of(pair[1]);
    if (!psk_fits(identity, key)) {
        mp_raise_ValueError(
            MP_ERROR_TEXT("a pre-shared key is (identity, key) with 16 to 64 bytes of key"));
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

// --- Pre-shared keys as attributes ---

bool tls_psk_load(const tls_context_t *self, qstr attr, mp_obj_t *value) {
    switch (attr) {
        case MP_QSTR_psk_identity:
            *value = self->psk_identity;
            return true;
        case MP_QSTR_psk_key:
            *value = self->psk_key;
            return true;
        case MP_QSTR_server_psk_keys:
            *value = self->server_psk_keys;
            return true;
        default:
            return false;
    }
}

// A pair is complete when its second half comes. What does not fit is an OSError, as in the
// built-in module.
static void complete_psk(tls_context_t *self) {
    self->psk = NULL;
    if (self->psk_identity == mp_const_none || self->psk_key == mp_const_none) {
        return;
    }
    skr_view_t identity = bytes_of(self->psk_identity), key = bytes_of(self->psk_key);
    if (!psk_fits(identity, key)) {
        mp_obj_t arguments[] = {MP_OBJ_NEW_SMALL_INT(MP_EINVAL), MP_OBJ_NEW_QSTR(MP_QSTR_psk_key)};
        nlr_raise(mp_obj_new_exception_args(&mp_type_OSError, 2, arguments));
    }
    skr_psk_t *psk = m_new0(skr_psk_t, 1);
    psk->identity = (skr_view_t){tls_copy(identity.data, identity.size), identity.size};
    psk->key = (skr_view_t){tls_copy(key.data, key.size), key.size};
    psk->hash = SKR_HASH_SHA256;
    self->psk = psk;
}

static void set_half(tls_context_t *self, mp_obj_t *half, mp_obj_t value) {
    if (value != mp_const_none) {
        (void)bytes_of(value);
    }
    *half = value;
    complete_psk(self);
}

bool tls_psk_store(tls_context_t *self, qstr attr, mp_obj_t value) {
    switch (attr) {
        case MP_QSTR_psk_identity:
            set_half(self, &self->psk_identity, value);
            break;
        case MP_QSTR_psk_key:
            set_half(self, &self->psk_key, value);
            break;
        case MP_QSTR_server_psk_keys:
            if (value != mp_const_none) {
                (void)mp_load_attr(value, MP_QSTR_get); // AttributeError
            }
            self->server_psk_keys = value;
            break;
        default:
            return false;
    }
    self->only_psk = self->config.suites == NULL;
    return true;
}

void tls_psk_configure(const tls_context_t *self, skr_config_t *config) {
    bool server = config->role == SKR_SERVER;
    bool used = server ? self->server_psk_keys != mp_const_none : self->psk != NULL;
    if (!used) {
        return;
    }
    if (server) {
        config->ask_psk = true;
    } else {
        config->psks = self->psk;
        config->psk_count = 1;
    }
    if (self->only_psk) { // neither certificates nor roots count
        config->credential_count = 0;
        config->anchor_count = 0;
        config->verify = server ? SKR_VERIFY_NONE : SKR_VERIFY_REQUIRED;
    }
}
