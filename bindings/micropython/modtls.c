// The MicroPython module `tls`: TLS by Skerry, in the place of the built-in one.
//
// In: Python's calls. Out: the classes and constants of the module. `ssl` (ssl.py) is built on it.
// The API is described in docs/micropython.md. The C symbol sorts behind mp_module_tls: where a
// port registers its built-in `tls` too, the last name wins.

#include "py/objstr.h"
#include "modtls.h"

static mp_obj_t module_provider(void) {
    const char *name = MICROPY_SKERRY_PROVIDER.name;
    return mp_obj_new_str_from_cstr(name);
}
static MP_DEFINE_CONST_FUN_OBJ_0(module_provider_obj, module_provider);

static const MP_DEFINE_STR_OBJ(version_obj, SKR_VERSION);

static const mp_rom_map_elem_t module_globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_tls)},
    {MP_ROM_QSTR(MP_QSTR_SSLContext), MP_ROM_PTR(&tls_context_type)},
    {MP_ROM_QSTR(MP_QSTR_SKERRY_VERSION), MP_ROM_PTR(&version_obj)},
    {MP_ROM_QSTR(MP_QSTR_provider), MP_ROM_PTR(&module_provider_obj)},
    {MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLS_CLIENT), MP_ROM_INT(TLS_PROTOCOL_CLIENT)},
    {MP_ROM_QSTR(MP_QSTR_PROTOCOL_TLS_SERVER), MP_ROM_INT(TLS_PROTOCOL_SERVER)},
    {MP_ROM_QSTR(MP_QSTR_CERT_NONE), MP_ROM_INT(TLS_CERT_NONE)},
    {MP_ROM_QSTR(MP_QSTR_CERT_OPTIONAL), MP_ROM_INT(TLS_CERT_OPTIONAL)},
    {MP_ROM_QSTR(MP_QSTR_CERT_REQUIRED), MP_ROM_INT(TLS_CERT_REQUIRED)},
    {MP_ROM_QSTR(MP_QSTR_VERIFY_DEFAULT), MP_ROM_INT(0)},
    {MP_ROM_QSTR(MP_QSTR_VERIFY_X509_STRICT), MP_ROM_INT(TLS_VERIFY_X509_STRICT)},
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

const mp_obj_module_t skerry_module_tls = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&module_globals,
};

MP_REGISTER_MODULE(MP_QSTR_tls, skerry_module_tls);
