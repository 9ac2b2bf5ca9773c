// Certificates and private keys as users have them: PEM (RFC 7468) or DER, one or several in one
// object.
//
// In: bytes or str. Out: copies that nobody else can change, each certificate in a heap block of
// its own, because the garbage collector only follows pointers to the head of a block; and keys
// that are opened once, checked against their certificate and closed by a finaliser that wipes
// them. What can't be read is a ValueError that says why. Does not: decide whom to trust, or read
// files (ssl.py does).

#include <string.h>

#include "py/objstr.h"
#include "modtls.h"
#include "port/interrupt.h"

#define PROVIDER (&MICROPY_SKERRY_PROVIDER)

typedef struct {
    const byte *data;
    size_t size, offset;
    byte *pem; // a copy that PEM is decoded in; NULL: DER
    const char *what;
} cursor_t;

void *tls_copy(const void *data, size_t size) {
    byte *copy = m_new(byte, size > 0 ? size : 1);
    memcpy(copy, data, size);
    return copy;
}

static TLS_NORETURN void refuse(const char *what, skr_status_t status) {
    mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("invalid %s: %s: %s"), what,
        skr_error_name(status), skr_error_text(status));
}

static void cursor_start(cursor_t *cursor, mp_obj_t obj, const char *what) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(obj, &buffer, MP_BUFFER_READ);
    cursor->data = buffer.buf;
    cursor->size = buffer.len;
    cursor->offset = 0;
    cursor->what = what;
    cursor->pem = NULL;
    if (skr_pem_is((skr_view_t){buffer.buf, buffer.len})) {
        cursor->pem = tls_copy(buffer.buf, buffer.len);
    }
}

static void cursor_end(cursor_t *cursor) {
    if (cursor->pem != NULL) {
        tls_wipe(cursor->pem, cursor->size);
        m_del(byte, cursor->pem, cursor->size);
        cursor->pem = NULL;
    }
}

// The size of the DER SEQUENCE at the start of data, 0 when there is none that fits.
static size_t der_size(const byte *data, size_t available) {
    if (available < 2 || data[0] != 0x30) {
        return 0;
    }
    size_t size = data[1];
    size_t header = 2;
    if (size >= 0x80) {
        size_t count = size & 0x7f;
        header += count;
        if (count == 0 || count > 3 || available < header) {
            return 0;
        }
        size = 0;
        for (size_t i = 2; i < header; ++i) {
            size = size << 8 | data[i];
        }
    }
    return size <= available - header ? header + size : 0;
}

// The next object of the wanted kind. false: there is none.
static bool cursor_next(cursor_t *cursor, skr_pem_kind_t kind, skr_view_t *out) {
    if (cursor->pem != NULL) {
        skr_pem_kind_t found;
        skr_status_t status = skr_pem_next(
            cursor->pem, cursor->size, &cursor->offset, kind, out, &found);
        if (status != SKR_OK) {
            cursor_end(cursor);
            refuse(cursor->what, status);
        }
        return out->data != NULL;
    }
    if (cursor->offset == cursor->size) {
        return false;
    }
    const byte *data = cursor->data + cursor->offset;
    size_t size = der_size(data, cursor->size - cursor->offset);
    if (size == 0) {
        refuse(cursor->what,
            kind == SKR_PEM_CERTIFICATE ? SKR_ERR_CERT_MALFORMED : SKR_ERR_KEY_MALFORMED);
    }
    *out = (skr_view_t){data, size};
    cursor->offset += size;
    return true;
}

size_t tls_read_certificates(mp_obj_t data, skr_view_t **certificates) {
    cursor_t cursor;
    cursor_start(&cursor, data, "cert");
    skr_view_t *list = NULL;
    size_t count = 0;
    skr_view_t der;
    while (cursor_next(&cursor, SKR_PEM_CERTIFICATE, &der)) {
        skr_certificate_info_t info;
        skr_status_t status = skr_certificate_read(der, &info);
        if (status != SKR_OK) {
            cursor_end(&cursor);
            refuse("cert", status);
        }
        list = m_renew(skr_view_t, list, count, count + 1);
        // The garbage collector may run in between: no view of it may be left undefined.
        list[count] = (skr_view_t){NULL, 0};
        list[count] = (skr_view_t){tls_copy(der.data, der.size), der.size};
        ++count;
    }
    cursor_end(&cursor);
    if (count == 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid cert: there is no certificate in it"));
    }
    *certificates = list;
    return count;
}

static mp_obj_t credential_del(mp_obj_t self_in) {
    tls_credential_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->key_der != NULL) {
        interrupt_state_t state = interrupt_hold();
        skr_private_key_unload(&self->key, PROVIDER);
        interrupt_release(state);
        tls_wipe(self->key_der, self->key_size);
        self->key_der = NULL;
        self->key.type = SKR_KEY_NONE;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(credential_del_obj, credential_del);

static const mp_rom_map_elem_t credential_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&credential_del_obj)},
};
static MP_DEFINE_CONST_DICT(credential_locals, credential_locals_table);

// Never seen by users: a type only so that the key is closed and wiped when nobody needs it any
// more.
static MP_DEFINE_CONST_OBJ_TYPE(
    tls_credential_type, MP_QSTR_Credential, MP_TYPE_FLAG_NONE, locals_dict, &credential_locals);

static void load_key(tls_credential_t *self, mp_obj_t key) {
    cursor_t cursor;
    cursor_start(&cursor, key, "key");
    skr_view_t der;
    if (!cursor_next(&cursor, SKR_PEM_PRIVATE_KEY, &der)) {
        cursor_end(&cursor);
        mp_raise_ValueError(MP_ERROR_TEXT("invalid key: there is no private key in it"));
    }
    self->key_der = tls_copy(der.data, der.size);
    self->key_size = der.size;
    cursor_end(&cursor);
    interrupt_state_t state = interrupt_hold();
    skr_status_t status = skr_private_key_load(
        &self->key, (skr_view_t){self->key_der, self->key_size}, PROVIDER);
    interrupt_release(state);
    if (status != SKR_OK) {
        tls_wipe(self->key_der, self->key_size);
        self->key_der = NULL;
        refuse("key", status);
    }
}

static uint16_t bits_of(uint8_t key_type) {
    return key_type == SKR_KEY_P384 ? 384 : 256;
}

// key None: it is with the certificates in one PEM text, or, when there is none, the caller signs.
tls_credential_t *tls_credential_new(mp_obj_t certificates, mp_obj_t key) {
    tls_credential_t *self = mp_obj_malloc_with_finaliser(tls_credential_t, &tls_credential_type);
    memset((byte *)self + sizeof(self->base), 0, sizeof(*self) - sizeof(self->base));
    if (key != mp_const_none) {
        load_key(self, key);
    }
    self->chain_count = tls_read_certificates(certificates, &self->chain);
    skr_certificate_info_t leaf;
    skr_certificate_read(self->chain[0], &leaf);
    if (key == mp_const_none) {
        self->external.type = leaf.key.type;
        self->external.bits = bits_of(leaf.key.type);
    } else {
        interrupt_state_t state = interrupt_hold();
        bool matches = PROVIDER->key_matches(&self->key, &leaf.key);
        interrupt_release(state);
        if (!matches) {
            refuse("key", SKR_ERR_KEY_MISMATCH);
        }
        self->external = self->key;
        self->external.handle = NULL;
    }
    self->external.external = true;
    return self;
}
