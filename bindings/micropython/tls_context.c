// SSLContext: what many connections share, and how a user says it.
//
// In: Python's calls and attributes. Out: an skr_config_t that each SSLSocket copies. Lists in it
// are built anew and never changed in place, so that a context may be changed while connections
// made from it live on. Secure where the user says nothing: a client verifies its server, the name
// included. Does not: speak TLS, or touch files.

#include <string.h>

#include "py/objstr.h"
#include "modtls.h"

#define PROVIDER (&MICROPY_SKERRY_PROVIDER)

static mp_obj_t context_make_new(
    const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_int_t protocol = mp_obj_get_int(args[0]);
    if (protocol == 2 || protocol == 3) {
        mp_raise_ValueError(MP_ERROR_TEXT("DTLS is not there yet"));
    }
    if (protocol != TLS_PROTOCOL_CLIENT && protocol != TLS_PROTOCOL_SERVER) {
        mp_raise_ValueError(
            MP_ERROR_TEXT("protocol must be PROTOCOL_TLS_CLIENT or PROTOCOL_TLS_SERVER"));
    }
    bool client = protocol == TLS_PROTOCOL_CLIENT;
    tls_context_t *self = mp_obj_malloc(tls_context_t, type);
    memset((byte *)self + sizeof(self->base), 0, sizeof(*self) - sizeof(self->base));
    self->config.role = client ? SKR_CLIENT : SKR_SERVER;
    self->config.profile = &MICROPY_SKERRY_PROFILE;
    self->config.provider = PROVIDER;
    self->config.random = MICROPY_SKERRY_RANDOM;
    self->verify_callback = mp_const_none;
    self->psk_identity = self->psk_key = self->server_psk_keys = mp_const_none;
    self->ecdsa_sign_callback = mp_const_none;
    self->trace_callback = mp_const_none;
    self->keylog_callback = mp_const_none;
    self->verify_mode = client ? TLS_CERT_REQUIRED : TLS_CERT_NONE;
    self->check_hostname = client;
    self->keep_peer_certificate = true;
    return MP_OBJ_FROM_PTR(self);
}

// --- Identity and trust ---

static bool is_ecdsa(uint8_t key_type) {
    return key_type == SKR_KEY_P256 || key_type == SKR_KEY_P384;
}

// What the engine sees of the credentials: with an ecdsa_sign_callback, EC keys are the caller's.
static void build_credentials(tls_context_t *self) {
    size_t count = self->config.credential_count;
    if (count == 0) {
        return;
    }
    skr_credential_t *list = m_new(skr_credential_t, count);
    for (size_t i = 0; i < count; ++i) {
        tls_credential_t *credential = self->credentials[i];
        bool external = credential->key.type == SKR_KEY_NONE ||
            (self->ecdsa_sign_callback != mp_const_none && is_ecdsa(credential->key.type));
        list[i].chain = credential->chain;
        list[i].chain_count = credential->chain_count;
        list[i].key = external ? &credential->external : &credential->key;
    }
    self->config.credentials = list;
}

// SSLContext.load_cert_chain(cert, key=None)
static mp_obj_t context_load_cert_chain(size_t n_args, const mp_obj_t *args) {
    tls_context_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_obj_t key = n_args > 2 ? args[2] : mp_const_none;
    size_t count = self->config.credential_count;
    if (count == SKR_CREDENTIALS_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many certificates"));
    }
    if (key == mp_const_none && self->ecdsa_sign_callback == mp_const_none) {
        // As with CPython: the key may stand in the certificates' file.
        key = args[1];
    }
    tls_credential_t *credential = tls_credential_new(args[1], key);
    if (credential->key.type == SKR_KEY_NONE && !is_ecdsa(credential->external.type)) {
        mp_raise_ValueError(MP_ERROR_TEXT("ecdsa_sign_callback signs with ECDSA keys only"));
    }
    tls_credential_t **list = m_new(tls_credential_t *, count + 1);
    if (count > 0) {
        memcpy(list, self->credentials, count * sizeof(*list));
    }
    list[count] = credential;
    self->credentials = list;
    self->config.credential_count = count + 1;
    build_credentials(self);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(
    context_load_cert_chain_obj, 2, 3, context_load_cert_chain);

// SSLContext.load_verify_locations(cadata)
static mp_obj_t context_load_verify_locations(mp_obj_t self_in, mp_obj_t cadata) {
    tls_context_t *self = MP_OBJ_TO_PTR(self_in);
    skr_view_t *more;
    size_t count = self->config.anchor_count;
    size_t more_count = tls_read_certificates(cadata, &more);
    skr_anchor_t *list = m_new(skr_anchor_t, count + more_count);
    if (count > 0) {
        memcpy(list, self->config.anchors, count * sizeof(*list));
    }
    memcpy(list + count, more, more_count * sizeof(*list));
    self->config.anchors = list;
    self->config.anchor_count = count + more_count;
    m_del(skr_view_t, more, more_count);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(context_load_verify_locations_obj, context_load_verify_locations);

// --- Cipher suites and application protocols ---

static void append_suite(mp_obj_t list, uint16_t suite) {
    const char *name = skr_suite_name(suite);
    mp_obj_list_append(list, mp_obj_new_str(name, strlen(name)));
}

// SSLContext.get_ciphers(): those that are in use, in order of preference.
static mp_obj_t context_get_ciphers(mp_obj_t self_in) {
    tls_context_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    if (self->config.suites != NULL) {
        for (const uint16_t *p = self->config.suites; *p != 0; ++p) {
            append_suite(list, *p);
        }
        return list;
    }
    uint16_t suite;
    for (size_t i = 0; (suite = skr_suite_at(PROVIDER, i)) != 0; ++i) {
        append_suite(list, suite);
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_1(context_get_ciphers_obj, context_get_ciphers);

static uint16_t suite_of_name(mp_obj_t name_in) {
    size_t size;
    const char *name = mp_obj_str_get_data(name_in, &size);
    uint16_t suite = skr_suite_named((skr_view_t){(const uint8_t *)name, size});
    if (suite != 0) {
        return suite;
    }
    mp_raise_msg_varg(
        &mp_type_ValueError, MP_ERROR_TEXT("unknown cipher suite %.*s"), (int)size, name);
}

// SSLContext.set_ciphers(list of names)
static mp_obj_t context_set_ciphers(mp_obj_t self_in, mp_obj_t ciphers) {
    tls_context_t *self = MP_OBJ_TO_PTR(self_in);
    size_t count;
    mp_obj_t *names;
    mp_obj_get_array(ciphers, &count, &names);
    if (count == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("no cipher suite is named"));
    }
    uint16_t *list = m_new(uint16_t, count + 1);
    for (size_t i = 0; i < count; ++i) {
        list[i] = suite_of_name(names[i]);
    }
    list[count] = 0;
    self->config.suites = list;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(context_set_ciphers_obj, context_set_ciphers);

// SSLContext.set_alpn_protocols(list of names) (RFC 7301)
static mp_obj_t context_set_alpn_protocols(mp_obj_t self_in, mp_obj_t protocols) {
    tls_context_t *self = MP_OBJ_TO_PTR(self_in);
    size_t count;
    mp_obj_t *names;
    mp_obj_get_array(protocols, &count, &names);
    skr_view_t *list = count > 0 ? m_new0(skr_view_t, count) : NULL;
    for (size_t i = 0; i < count; ++i) {
        size_t size;
        const char *name = mp_obj_str_get_data(names[i], &size);
        if (size == 0 || size > SKR_ALPN_MAX) {
            mp_raise_ValueError(MP_ERROR_TEXT("a protocol's name has 1 to 255 bytes"));
        }
        list[i] = (skr_view_t){tls_copy(name, size), size};
    }
    self->config.alpn = list;
    self->config.alpn_count = count;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(context_set_alpn_protocols_obj, context_set_alpn_protocols);

// --- Attributes ---

static bool context_load_memory(const tls_context_t *self, qstr attr, mp_obj_t *value) {
    switch (attr) {
        case MP_QSTR_max_record_in:
            *value = MP_OBJ_NEW_SMALL_INT(self->config.max_record_in != 0
                    ? self->config.max_record_in
                    : SKR_RECORD_PLAIN_MAX);
            return true;
        case MP_QSTR_max_record_out:
            *value = MP_OBJ_NEW_SMALL_INT(self->config.max_record_out != 0
                    ? self->config.max_record_out
                    : SKR_RECORD_PLAIN_MAX);
            return true;
        case MP_QSTR_chunk:
            *value = MP_OBJ_NEW_SMALL_INT(
                self->config.chunk != 0 ? self->config.chunk : SKR_CHUNK_SIZE);
            return true;
        case MP_QSTR_certificate_window:
            *value = MP_OBJ_NEW_SMALL_INT(self->config.certificate_window != 0
                    ? self->config.certificate_window
                    : SKR_CERTIFICATE_WINDOW);
            return true;
        case MP_QSTR_max_message:
            *value = MP_OBJ_NEW_SMALL_INT(
                self->config.max_message != 0 ? self->config.max_message : SKR_MESSAGE_MAX);
            return true;
        default:
            return false;
    }
}

static bool context_load(tls_context_t *self, qstr attr, mp_obj_t *value) {
    switch (attr) {
        case MP_QSTR_verify_mode:
            *value = MP_OBJ_NEW_SMALL_INT(self->verify_mode);
            return true;
        case MP_QSTR_verify_flags:
            *value = MP_OBJ_NEW_SMALL_INT(self->config.rules != NULL ? TLS_VERIFY_X509_STRICT : 0);
            return true;
        case MP_QSTR_verify_callback:
            *value = self->verify_callback;
            return true;
        case MP_QSTR_ecdsa_sign_callback:
            *value = self->ecdsa_sign_callback;
            return true;
        case MP_QSTR_trace_callback:
            *value = self->trace_callback;
            return true;
#if MICROPY_SKERRY_KEYLOG
        case MP_QSTR_keylog_callback:
            *value = self->keylog_callback;
            return true;
#endif
        case MP_QSTR_check_hostname:
            *value = mp_obj_new_bool(self->check_hostname);
            return true;
        case MP_QSTR_check_time:
            *value = mp_obj_new_bool(!self->config.ignore_time);
            return true;
        case MP_QSTR_keep_peercert:
            *value = mp_obj_new_bool(self->keep_peer_certificate);
            return true;
        case MP_QSTR_minimum_version:
            *value = MP_OBJ_NEW_SMALL_INT(
                self->config.min_version != 0 ? self->config.min_version : SKR_TLS12);
            return true;
        case MP_QSTR_maximum_version:
            *value = MP_OBJ_NEW_SMALL_INT(
                self->config.max_version != 0 ? self->config.max_version : SKR_TLS13);
            return true;
        case MP_QSTR_session_key:
            *value = tls_session_key(self);
            return true;
        case MP_QSTR_num_tickets:
            *value = MP_OBJ_NEW_SMALL_INT(
                self->config.ticket_count != 0 ? self->config.ticket_count : 1);
            return true;
        default:
            return tls_psk_load(self, attr, value) || context_load_memory(self, attr, value);
    }
}

static mp_obj_t callback_or_none(mp_obj_t value) {
    if (value != mp_const_none && !mp_obj_is_callable(value)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a callback must be callable or None"));
    }
    return value;
}

static mp_int_t int_within(mp_obj_t value, mp_int_t low, mp_int_t high) {
    mp_int_t number = mp_obj_get_int(value);
    if (number < low || number > high) {
        mp_raise_msg_varg(
            &mp_type_ValueError, MP_ERROR_TEXT("must be from %d to %d"), (int)low, (int)high);
    }
    return number;
}

// CPython's other flags ask for revocation lists, which there are none of, or for what is always
// so.
static const skr_x509_rules_t *verify_rules(mp_obj_t value) {
    mp_int_t flags = mp_obj_get_int(value);
    if ((flags & ~TLS_VERIFY_X509_STRICT) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("verify_flags takes VERIFY_X509_STRICT only"));
    }
    return flags != 0 ? &skr_x509_rules_strict : NULL;
}

// What a connection takes of the heap.
static bool context_store_memory(tls_context_t *self, qstr attr, mp_obj_t value) {
    switch (attr) {
        case MP_QSTR_max_record_in:
            self->config.max_record_in = (uint16_t)int_within(value, 512, SKR_RECORD_PLAIN_MAX);
            return true;
        case MP_QSTR_max_record_out:
            self->config.max_record_out = (uint16_t)int_within(value, 64, SKR_RECORD_PLAIN_MAX);
            return true;
        case MP_QSTR_chunk:
            self->config.chunk = (uint16_t)int_within(value, SKR_CHUNK_MIN, UINT16_MAX);
            return true;
        case MP_QSTR_certificate_window:
            self->config.certificate_window = (uint16_t)int_within(value, 64, UINT16_MAX);
            return true;
        case MP_QSTR_max_message:
            self->config.max_message = (uint16_t)int_within(
                value, SKR_MESSAGE_MIN, SKR_MESSAGE_MAX);
            return true;
        default:
            return false;
    }
}

static bool context_store(tls_context_t *self, qstr attr, mp_obj_t value) {
    switch (attr) {
        case MP_QSTR_verify_mode:
            self->verify_mode = (uint8_t)int_within(value, TLS_CERT_NONE, TLS_CERT_REQUIRED);
            return true;
        case MP_QSTR_verify_flags:
            self->config.rules = verify_rules(value);
            return true;
        case MP_QSTR_verify_callback:
            self->verify_callback = callback_or_none(value);
            return true;
        case MP_QSTR_ecdsa_sign_callback:
            self->ecdsa_sign_callback = callback_or_none(value);
            build_credentials(self);
            return true;
        case MP_QSTR_trace_callback:
            self->trace_callback = callback_or_none(value);
            return true;
#if MICROPY_SKERRY_KEYLOG
        case MP_QSTR_keylog_callback:
            self->keylog_callback = callback_or_none(value);
            return true;
#endif
        case MP_QSTR_check_hostname:
            self->check_hostname = mp_obj_is_true(value);
            return true;
        case MP_QSTR_check_time:
            self->config.ignore_time = !mp_obj_is_true(value);
            return true;
        case MP_QSTR_keep_peercert:
            self->keep_peer_certificate = mp_obj_is_true(value);
            return true;
        case MP_QSTR_minimum_version: // older than what is spoken is as good as the oldest
            self->config.min_version = (uint16_t)int_within(value, 0, SKR_TLS13);
            return true;
        case MP_QSTR_maximum_version:
            self->config.max_version = (uint16_t)int_within(value, SKR_TLS12, 0xffff);
            return true;
        case MP_QSTR_session_key:
            tls_session_set_key(self, value);
            return true;
        case MP_QSTR_ticket_keys: // not to be read back
            tls_session_set_ticket_keys(self, value);
            return true;
        case MP_QSTR_num_tickets:
            self->config.ticket_count = (uint8_t)int_within(value, 1, 10);
            return true;
        default:
            return tls_psk_store(self, attr, value) || context_store_memory(self, attr, value);
    }
}

static void context_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    tls_context_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_NULL) {
        if (!context_load(self, attr, dest)) {
            dest[1] = MP_OBJ_SENTINEL; // look among the methods
        }
    } else if (dest[1] != MP_OBJ_NULL && context_store(self, attr, dest[1])) {
        dest[0] = MP_OBJ_NULL;
    }
}

// SSLContext.memory_needed(server_hostname=None)
static mp_obj_t context_memory_needed(size_t n_args, const mp_obj_t *args) {
    return tls_memory_needed(MP_OBJ_TO_PTR(args[0]), n_args > 1 ? args[1] : mp_const_none);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(context_memory_needed_obj, 1, 2, context_memory_needed);

// SSLContext.wrap_socket(sock, *, server_side=False, do_handshake_on_connect=True,
// server_hostname=None, session=None)
static mp_obj_t context_wrap_socket(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_server_side, ARG_do_handshake_on_connect, ARG_server_hostname, ARG_session };
    static const mp_arg_t allowed_args[] = {
        {MP_QSTR_server_side, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = false}},
        {MP_QSTR_do_handshake_on_connect, MP_ARG_KW_ONLY | MP_ARG_BOOL, {.u_bool = true}},
        {MP_QSTR_server_hostname, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        {MP_QSTR_session, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
    };
    tls_context_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(
        n_args - 2, pos_args + 2, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    if (args[ARG_server_side].u_bool && self->config.role == SKR_CLIENT) {
        mp_raise_ValueError(MP_ERROR_TEXT("server_side needs PROTOCOL_TLS_SERVER"));
    }
    return tls_socket_new(self, pos_args[1], args[ARG_do_handshake_on_connect].u_bool,
        args[ARG_server_hostname].u_obj, args[ARG_session].u_obj);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(context_wrap_socket_obj, 2, context_wrap_socket);

static const mp_rom_map_elem_t context_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR_load_cert_chain), MP_ROM_PTR(&context_load_cert_chain_obj)},
    {MP_ROM_QSTR(MP_QSTR_load_verify_locations), MP_ROM_PTR(&context_load_verify_locations_obj)},
    {MP_ROM_QSTR(MP_QSTR_get_ciphers), MP_ROM_PTR(&context_get_ciphers_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_ciphers), MP_ROM_PTR(&context_set_ciphers_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_alpn_protocols), MP_ROM_PTR(&context_set_alpn_protocols_obj)},
    {MP_ROM_QSTR(MP_QSTR_set_psks), MP_ROM_PTR(&tls_context_set_psks_obj)},
    {MP_ROM_QSTR(MP_QSTR_memory_needed), MP_ROM_PTR(&context_memory_needed_obj)},
    {MP_ROM_QSTR(MP_QSTR_wrap_socket), MP_ROM_PTR(&context_wrap_socket_obj)},
};
static MP_DEFINE_CONST_DICT(context_locals, context_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(tls_context_type, MP_QSTR_SSLContext, MP_TYPE_FLAG_NONE, make_new,
    context_make_new, attr, context_attr, locals_dict, &context_locals);
