// What people and bindings want to know of a certificate.
//
// In: DER. Out: skr_certificate_info_t, the n-th name, names of fields.
// RFC 5280 section 4. Reading is as strict as in path validation, since it is the same reader;
// nothing is verified.
#include "base/bytes.h"
#include "x509/certificate.h"
#include "x509/name.h"

// The subject's last commonName: the most specific one.
static skr_view_t info_common_name(skr_view_t subject) {
    static const uint8_t common_name[] = {0x55, 0x04, 0x03};
    skr_view_t found = view_of(NULL, 0);
    skr_view_t oid;
    skr_view_t value;
    name_walk_t walk;
    name_walk(&walk, subject);
    while (name_next(&walk, &oid, &value)) {
        if (view_equal(oid, view_of(common_name, sizeof(common_name)))) {
            found = value;
        }
    }
    return found;
}

skr_status_t skr_certificate_read(skr_view_t der, skr_certificate_info_t *info) {
    static const skr_certificate_info_t empty = {.is_ca = false};
    x509_certificate_t c;
    *info = empty;
    skr_status_t status = certificate_read(&c, der);
    if (status != SKR_OK) {
        return status;
    }
    info->serial = c.serial;
    info->issuer = c.issuer;
    info->subject = c.subject;
    info->common_name = info_common_name(c.subject);
    info->subject_alt_name = c.subject_alt_name;
    info->not_before = c.not_before;
    info->not_after = c.not_after;
    info->key = c.key;
    info->key_hash = c.key_hash;
    info->is_ca = c.is_ca;
    return SKR_OK;
}

bool skr_certificate_name(
    const skr_certificate_info_t *info, size_t n, skr_name_kind_t *kind, skr_view_t *name) {
    reader_t r = reader_of(info->subject_alt_name);
    uint8_t tag;
    while (name_general(&r, &tag, name)) {
        if ((tag == NAME_DNS || tag == NAME_IP) && n-- == 0) {
            *kind = tag == NAME_DNS ? SKR_NAME_DNS : SKR_NAME_IP;
            return true;
        }
    }
    return false;
}

const char *skr_field_name(unsigned field) {
    static const char *const names[] = {"", "Certificate", "version", "serialNumber",
        "signatureAlgorithm", "issuer", "validity", "subject", "subjectPublicKeyInfo",
        "subjectAltName", "basicConstraints", "nameConstraints", "keyUsage", "extKeyUsage",
        "extensions", "signatureValue"};
    return field < sizeof(names) / sizeof(names[0]) ? names[field] : "";
}
