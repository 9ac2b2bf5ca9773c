// What the engine asks its caller in the middle of a handshake, and Python answers.
//
// In: SKR_WANT_VERIFY, the peer's chain has passed the engine's checks; SKR_WANT_SIGNATURE, a key
// that the engine does not hold is to sign the handshake (RFC 9846 section 4.5.2); SKR_WANT_PSK, a
// client has a key that it knows nothing of. Out: the answer, from SSLContext.verify_callback,
// ecdsa_sign_callback and server_psk_keys.get(). A callback that raises ends the
// handshake with an alert, then its exception goes on to the user. It never unwinds through the
// engine, which is not running here. Does not: verify anything itself.

#include <string.h>

#include "py/objarray.h"
#include "modtls.h"
#include "port/interrupt.h"

// Calls the callback. Returns its result, or MP_OBJ_NULL with the exception in *raised. Never
// inlined, so that everything that its caller has registered for unwinding lies further up the
// stack than the nlr buffer here.
static MP_NOINLINE mp_obj_t call_protected(
    mp_obj_t callback, mp_obj_t a, mp_obj_t b, mp_obj_t *raised) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t result = mp_call_function_2(callback, a, b);
        nlr_pop();
        return result;
    }
    *raised = MP_OBJ_FROM_PTR(nlr.ret_val);
    return MP_OBJ_NULL;
}

static TLS_NORETURN void end_and_raise(tls_socket_t *o, skr_status_t status, mp_obj_t exception) {
    tls_end(o, status);
    nlr_raise(exception);
}

static mp_obj_t type_error(const char *text) {
    return mp_obj_new_exception_arg1(&mp_type_TypeError, mp_obj_new_str(text, strlen(text)));
}

// 0 accepts. False and None are no answer: whoever writes `return check()` would let everybody in
// that fails.
static bool accepts(mp_obj_t result, mp_obj_t *raised) {
    if (mp_obj_is_small_int(result)) {
        return MP_OBJ_SMALL_INT_VALUE(result) == 0;
    }
    if (!mp_obj_is_exact_type(result, &mp_type_int)) {
        *raised = type_error("verify_callback must return an int, 0 to accept");
    }
    return false;
}

// From the root's side down to the peer's own certificate, depth 0, as far as it has sent them.
void tls_answer_verify(tls_socket_t *o) {
    size_t count = 0;
    skr_view_t der;
    while (skr_conn_peer_certificate(o->conn, count, &der)) {
        ++count;
    }
    mp_obj_t callback = o->context->verify_callback;
    mp_obj_t raised = MP_OBJ_NULL;
    bool good = true;
    for (size_t i = count; callback != mp_const_none && good && i-- > 0;) {
        skr_conn_peer_certificate(o->conn, i, &der);
        // A copy, so that a callback may keep it.
        mp_obj_t view = mp_obj_new_memoryview('B', der.size, tls_copy(der.data, der.size));
        mp_obj_t result = call_protected(callback, view, MP_OBJ_NEW_SMALL_INT(i), &raised);
        good = result != MP_OBJ_NULL && accepts(result, &raised);
    }
    interrupt_state_t state = interrupt_hold();
    skr_status_t status = skr_conn_verified(o->conn, good);
    interrupt_release(state);
    if (raised != MP_OBJ_NULL) {
        end_and_raise(o, status, raised);
    }
    if (status < 0) {
        tls_fail(o, status);
    }
}

static tls_credential_t *credential_of(tls_context_t *context, const skr_private_key_t *key) {
    for (size_t i = 0; i < context->config.credential_count; ++i) {
        if (key == &context->credentials[i]->external) {
            return context->credentials[i];
        }
    }
    return NULL;
}

// The callback has declined: the engine's provider signs, when the key is here.
static size_t sign_ourselves(
    const tls_credential_t *credential, const skr_to_sign_t *to_sign, uint8_t *signature) {
    const skr_provider_t *provider = &MICROPY_SKERRY_PROVIDER;
    skr_random_t random = MICROPY_SKERRY_RANDOM;
    if (credential->key.type == SKR_KEY_NONE) {
        return 0;
    }
    for (const skr_signature_t *const *p = provider->signatures; *p != NULL; ++p) {
        if ((*p)->scheme == to_sign->scheme && (*p)->sign != NULL) {
            size_t size = 0;
            interrupt_state_t state = interrupt_hold();
            skr_crypto_t result = (*p)->sign(&credential->key, to_sign->message.data,
                to_sign->message.size, random != NULL ? random : provider->random, NULL, signature,
                &size);
            interrupt_release(state);
            return result == SKR_CRYPTO_OK ? size : 0;
        }
    }
    return 0;
}

static mp_obj_t key_bytes(const tls_credential_t *credential) {
    skr_view_t scalar = credential->key.part[0];
    if (credential->key.type == SKR_KEY_NONE) {
        return mp_const_empty_bytes;
    }
    return mp_obj_new_bytearray(scalar.size, (void *)scalar.data);
}

void tls_answer_signature(tls_socket_t *o) {
    skr_to_sign_t to_sign;
    uint8_t signature[SKR_SIGNATURE_MAX];
    size_t size = 0;
    mp_obj_t raised = MP_OBJ_NULL;
    tls_credential_t *credential = NULL;
    if (skr_conn_to_sign(o->conn, &to_sign)) {
        credential = credential_of(o->context, to_sign.key);
    }
    mp_obj_t callback = o->context->ecdsa_sign_callback;
    mp_obj_t result = mp_const_none;
    if (credential != NULL && callback != mp_const_none) {
        mp_obj_t hash = mp_obj_new_bytearray(to_sign.message.size, (void *)to_sign.message.data);
        result = call_protected(callback, key_bytes(credential), hash, &raised);
    }
    mp_buffer_info_t buffer;
    if (result == mp_const_none && credential != NULL) {
        size = sign_ourselves(credential, &to_sign, signature);
    } else if (result != MP_OBJ_NULL && mp_get_buffer(result, &buffer, MP_BUFFER_READ) &&
        buffer.len <= sizeof(signature)) {
        size = buffer.len;
        memcpy(signature, buffer.buf, size);
    } else if (result != MP_OBJ_NULL) {
        raised = type_error("ecdsa_sign_callback must return a DER signature or None");
    }
    interrupt_state_t state = interrupt_hold();
    skr_status_t status = skr_conn_signed(o->conn, signature, size);
    interrupt_release(state);
    if (raised != MP_OBJ_NULL) {
        end_and_raise(o, status, raised);
    }
    if (status < 0) {
        tls_fail(o, status);
    }
}

// server_psk_keys.get(identity). Whatever is no key is none, and so is an exception, which is
// printed: the client can't tell an identity that nobody knows from one whose key could not be
// found. Only what is no Exception (KeyboardInterrupt) ends the handshake and goes on to the user.
static mp_obj_t call_get(mp_obj_t keys, mp_obj_t identity, mp_obj_t *raised) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t result = mp_call_function_1(mp_load_attr(keys, MP_QSTR_get), identity);
        nlr_pop();
        return result;
    }
    *raised = MP_OBJ_FROM_PTR(nlr.ret_val);
    return MP_OBJ_NULL;
}

void tls_answer_psk(tls_socket_t *o) {
    skr_view_t identity;
    mp_obj_t raised = MP_OBJ_NULL;
    mp_obj_t result = mp_const_none;
    if (skr_conn_psk_identity(o->conn, &identity) && o->context->server_psk_keys != mp_const_none) {
        mp_obj_t name = mp_obj_new_bytes(identity.data, identity.size);
        result = call_get(o->context->server_psk_keys, name, &raised);
    }
    mp_buffer_info_t buffer;
    skr_psk_t psk = {.hash = SKR_HASH_SHA256};
    const skr_psk_t *answer = NULL;
    if (result != MP_OBJ_NULL && mp_get_buffer(result, &buffer, MP_BUFFER_READ)) {
        psk.key = (skr_view_t){buffer.buf, buffer.len};
        answer = buffer.len >= SKR_PSK_KEY_MIN && buffer.len <= SKR_PSK_KEY_MAX ? &psk : NULL;
    }
    if (result != MP_OBJ_NULL && result != mp_const_none && answer == NULL) {
        raised = type_error("server_psk_keys.get() must return 16 to 64 bytes or None");
    }
    if (raised != MP_OBJ_NULL &&
        mp_obj_is_subclass_fast(
            MP_OBJ_FROM_PTR(mp_obj_get_type(raised)), MP_OBJ_FROM_PTR(&mp_type_Exception))) {
        mp_obj_print_exception(&mp_plat_print, raised);
        raised = MP_OBJ_NULL;
    }
    interrupt_state_t state = interrupt_hold();
    skr_status_t status = skr_conn_give_psk(o->conn, answer);
    interrupt_release(state);
    if (raised != MP_OBJ_NULL) {
        end_and_raise(o, status, raised);
    }
    if (status < 0) {
        tls_fail(o, status);
    }
}
