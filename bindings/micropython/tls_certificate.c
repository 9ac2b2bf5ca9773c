// SSLSocket.getpeercert(): a certificate as the dict that CPython's ssl makes of it.
//
// In: DER of a certificate that the engine has accepted. Out: subject and issuer as tuples of RDNs,
// subjectAltName, validity, serial number (RFC 5280 section 4.1.2). For people and log files. Does
// not: check anything; names that are no text are left out.

#include <string.h>

#include "modtls.h"

typedef struct {
    const byte *p, *end;
} walk_t;

// Steps over one DER element of at most 64 KB. false: there is none.
static bool next(walk_t *walk, byte *tag, walk_t *content) {
    size_t left = (size_t)(walk->end - walk->p);
    if (left < 2) {
        return false;
    }
    size_t size = walk->p[1], header = 2;
    if (size == 0x81 && left >= 3) {
        size = walk->p[2];
        header = 3;
    } else if (size == 0x82 && left >= 4) {
        size = (size_t)walk->p[2] << 8 | walk->p[3];
        header = 4;
    } else if (size >= 0x80) {
        return false;
    }
    if (size > left - header) {
        return false;
    }
    *tag = walk->p[0];
    *content = (walk_t){walk->p + header, walk->p + header + size};
    walk->p = content->end;
    return true;
}

// id-at-... (RFC 5280 appendix A.1) by their last number, with CPython's names.
static const struct {
    byte last;
    uint16_t name;
} attributes[] = {
    {3, MP_QSTR_commonName},
    {5, MP_QSTR_serialNumber},
    {6, MP_QSTR_countryName},
    {7, MP_QSTR_localityName},
    {8, MP_QSTR_stateOrProvinceName},
    {10, MP_QSTR_organizationName},
    {11, MP_QSTR_organizationalUnitName},
};

static mp_obj_t oid_text(walk_t oid) {
    vstr_t text;
    vstr_init(&text, 24);
    uint32_t number = 0;
    bool first = true;
    for (; oid.p < oid.end; ++oid.p) {
        number = number << 7 | (*oid.p & 0x7f);
        if (*oid.p & 0x80) {
            continue;
        }
        if (first) {
            uint32_t top = MIN(number / 40, 2u);
            vstr_printf(&text, "%u", (unsigned)top);
            number -= top * 40;
            first = false;
        }
        vstr_printf(&text, ".%u", (unsigned)number);
        number = 0;
    }
    return mp_obj_new_str_from_vstr(&text);
}

static mp_obj_t attribute_name(walk_t oid) {
    if (oid.end - oid.p == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x04) {
        for (size_t i = 0; i < MP_ARRAY_SIZE(attributes); ++i) {
            if (attributes[i].last == oid.p[2]) {
                return MP_OBJ_NEW_QSTR(attributes[i].name);
            }
        }
    }
    return oid_text(oid);
}

// Certificates may hold what is no UTF-8; then the bytes stand for themselves.
static mp_obj_t text_or_bytes(const byte *data, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        if (data[i] < 0x20 || data[i] > 0x7e) {
            return mp_obj_new_bytes(data, size);
        }
    }
    return mp_obj_new_str((const char *)data, size);
}

static mp_obj_t tuple_of(mp_obj_t list) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(list, &count, &items);
    return mp_obj_new_tuple(count, items);
}

// RelativeDistinguishedName ::= SET OF SEQUENCE { type OBJECT IDENTIFIER, value }
static mp_obj_t rdn_tuple(walk_t rdn) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    byte tag;
    walk_t pair, type, value;
    while (next(&rdn, &tag, &pair)) {
        if (next(&pair, &tag, &type) && next(&pair, &tag, &value)) {
            mp_obj_t items[2] = {
                attribute_name(type), text_or_bytes(value.p, (size_t)(value.end - value.p))};
            mp_obj_list_append(list, mp_obj_new_tuple(2, items));
        }
    }
    return tuple_of(list);
}

static mp_obj_t name_tuple(skr_view_t der) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    walk_t all = {der.data, der.data + der.size}, rdns, rdn;
    byte tag;
    if (next(&all, &tag, &rdns)) {
        while (next(&rdns, &tag, &rdn)) {
            mp_obj_list_append(list, rdn_tuple(rdn));
        }
    }
    return tuple_of(list);
}

static mp_obj_t address_text(skr_view_t ip) {
    vstr_t text;
    vstr_init(&text, 40);
    for (size_t i = 0; i < ip.size; ++i) {
        if (ip.size == 4) {
            vstr_printf(&text, i > 0 ? ".%u" : "%u", ip.data[i]);
        } else if (i % 2 == 0) {
            vstr_printf(&text, i > 0 ? ":%X" : "%X", ip.data[i] << 8 | ip.data[i + 1]);
        }
    }
    return mp_obj_new_str_from_vstr(&text);
}

static mp_obj_t alt_names(const skr_certificate_info_t *info) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    skr_name_kind_t kind;
    skr_view_t name;
    for (size_t n = 0; skr_certificate_name(info, n, &kind, &name); ++n) {
        mp_obj_t items[2];
        if (kind == SKR_NAME_DNS) {
            items[0] = MP_OBJ_NEW_QSTR(MP_QSTR_DNS);
            items[1] = text_or_bytes(name.data, name.size);
        } else {
            items[0] = mp_obj_new_str("IP Address", 10);
            items[1] = address_text(name);
        }
        mp_obj_list_append(list, mp_obj_new_tuple(2, items));
    }
    return tuple_of(list);
}

// "Jan  5 09:34:43 2026 GMT". Days to a date of the Gregorian calendar, counted from the 1st of
// March of year 0, so that the leap day is a year's last.
static mp_obj_t time_text(int64_t time) {
    static const char months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    int64_t days = time / 86400 + 719468;
    uint32_t rest = (uint32_t)(time % 86400);
    int64_t era = days / 146097;
    uint32_t day_of_era = (uint32_t)(days % 146097);
    uint32_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) /
        365;
    uint32_t day = day_of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * day + 2) / 153;
    year += (uint32_t)(era * 400) + (month >= 10 ? 1 : 0);
    day -= (153 * month + 2) / 5;
    vstr_t text;
    vstr_init(&text, 25);
    vstr_add_strn(&text, months + 3 * month, 3);
    vstr_printf(&text, " %2u %02u:%02u:%02u %u GMT", (unsigned)day + 1, (unsigned)(rest / 3600),
        (unsigned)(rest / 60 % 60), (unsigned)(rest % 60), (unsigned)year);
    return mp_obj_new_str_from_vstr(&text);
}

static mp_obj_t hex_text(skr_view_t bytes) {
    vstr_t text;
    vstr_init(&text, 2 * bytes.size + 1);
    for (size_t i = 0; i < bytes.size; ++i) {
        if (i > 0 || bytes.data[i] != 0 || bytes.size == 1) {
            vstr_printf(&text, "%02X", bytes.data[i]);
        }
    }
    return mp_obj_new_str_from_vstr(&text);
}

mp_obj_t tls_certificate_dict(skr_view_t der) {
    mp_obj_t dict = mp_obj_new_dict(7);
    skr_certificate_info_t info;
    if (skr_certificate_read(der, &info) != SKR_OK) {
        return dict;
    }
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_subject), name_tuple(info.subject));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_issuer), name_tuple(info.issuer));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_version), MP_OBJ_NEW_SMALL_INT(3));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_serialNumber), hex_text(info.serial));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_notBefore), time_text(info.not_before));
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_notAfter), time_text(info.not_after));
    if (info.subject_alt_name.data != NULL) {
        mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(MP_QSTR_subjectAltName), alt_names(&info));
    }
    return dict;
}
