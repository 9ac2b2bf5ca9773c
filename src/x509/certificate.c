// Reading of one certificate.
//
// In: DER. Out: x509_certificate_t, views into it; or the first field that cannot be read.
// RFC 5280 section 4.1: version 3 only (RFC 9846 section 4.5.1.2), the same signature algorithm
// inside and outside, a non-empty issuer, unique identifiers are stepped over. Extensions are read
// in extensions.c, keys and algorithms in algorithm.c. A key or a signature of an unknown algorithm
// is no failure here: a certificate that nobody needs for the path may have one. Whether what is
// read is good for anything is path.c's question: nothing is trusted or refused by policy here.
#include "x509/certificate.h"

#include "base/bytes.h"
#include "x509/algorithm.h"
#include "x509/name.h"
#include "x509/time.h"

enum { CERTIFICATE_VERSION_3 = 2 };

const x509_certificate_t certificate_empty = {
    .key_usage = 0xffff, .path_length = X509_PATH_LENGTH_NONE};

const uint8_t certificate_fields[CERTIFICATE_FIELDS] = {SKR_FIELD_VERSION, SKR_FIELD_SERIAL,
    SKR_FIELD_SIGNATURE_ALGORITHM, SKR_FIELD_ISSUER, SKR_FIELD_VALIDITY, SKR_FIELD_SUBJECT,
    SKR_FIELD_PUBLIC_KEY};

static void certificate_read_version(reader_t *r) {
    reader_t version = der_enter(r, DER_CONSTRUCTED(0));
    if (der_small(&version) != CERTIFICATE_VERSION_3) {
        reader_fail(r);
    }
    der_leave(r, &version);
}

static void certificate_read_validity(x509_certificate_t *c, reader_t *r) {
    reader_t validity = der_enter(r, DER_SEQUENCE);
    c->not_before = time_read(&validity);
    c->not_after = time_read(&validity);
    der_leave(r, &validity);
}

static skr_view_t certificate_read_name(reader_t *r) {
    skr_view_t name = der_whole(r, DER_SEQUENCE);
    if (!name_is_valid(name)) {
        reader_fail(r);
    }
    return name;
}

bool certificate_read_field(x509_certificate_t *c, reader_t *r, unsigned field) {
    skr_view_t inner;
    switch (field) {
        case SKR_FIELD_VERSION:
            certificate_read_version(r);
            break;
        case SKR_FIELD_SERIAL:
            c->serial = der_integer(r);
            break;
        case SKR_FIELD_SIGNATURE_ALGORITHM:
            inner = der_whole(r, DER_SEQUENCE);
            if (!view_equal(inner, c->algorithm)) { // RFC 5280 section 4.1.1.2
                reader_fail(r);
            }
            break;
        case SKR_FIELD_ISSUER:
            c->issuer = certificate_read_name(r);
            if (name_is_empty(c->issuer)) { // RFC 5280 section 4.1.2.4
                reader_fail(r);
            }
            break;
        case SKR_FIELD_VALIDITY:
            certificate_read_validity(c, r);
            break;
        case SKR_FIELD_SUBJECT:
            c->subject = certificate_read_name(r);
            break;
        default: // SKR_FIELD_PUBLIC_KEY
            algorithm_read_key(r, &c->key, &c->key_hash);
            break;
    }
    return !reader_failed(r);
}

// Reads the fields in order and stops behind the first that fails; field says which that was.
static bool certificate_read_tbs(x509_certificate_t *c, reader_t *r) {
    for (size_t i = 0; i < CERTIFICATE_FIELDS; i++) {
        c->field = certificate_fields[i];
        if (!certificate_read_field(c, r, c->field)) {
            return false;
        }
    }
    // issuerUniqueID and subjectUniqueID (RFC 5280 section 4.1.2.8) mean nothing here.
    c->field = SKR_FIELD_CERTIFICATE;
    der_optional(r, DER_PRIMITIVE(1));
    der_optional(r, DER_PRIMITIVE(2));
    if (der_is(r, DER_CONSTRUCTED(3))) {
        reader_t extensions = der_enter(r, DER_CONSTRUCTED(3));
        c->field = SKR_FIELD_EXTENSIONS;
        if (!extensions_read(c, &extensions)) {
            return false;
        }
        der_leave(r, &extensions);
    }
    return reader_done(r);
}

skr_status_t certificate_read(x509_certificate_t *c, skr_view_t der) {
    *c = certificate_empty;
    c->der = der;
    c->field = SKR_FIELD_CERTIFICATE;
    reader_t outer = reader_of(der);
    reader_t r = der_enter(&outer, DER_SEQUENCE);
    c->tbs = der_whole(&r, DER_SEQUENCE);
    c->algorithm = der_whole(&r, DER_SEQUENCE);
    c->signature = der_bit_bytes(&r);
    der_leave(&outer, &r);
    if (!reader_done(&outer) || c->signature.size == 0) {
        return SKR_ERR_CERT_MALFORMED;
    }
    reader_t tbs = reader_of(c->tbs);
    reader_t content = der_enter(&tbs, DER_SEQUENCE);
    if (!certificate_read_tbs(c, &content)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    c->is_self_issued = name_equal(c->issuer, c->subject);
    c->field = SKR_FIELD_NONE;
    return SKR_OK;
}

bool certificate_names(skr_view_t der, skr_view_t *issuer, skr_view_t *subject) {
    reader_t outer = reader_of(der);
    reader_t certificate = der_enter(&outer, DER_SEQUENCE);
    reader_t r = der_enter(&certificate, DER_SEQUENCE);
    der_optional(&r, DER_CONSTRUCTED(0));
    der_get(&r, DER_INTEGER);
    der_get(&r, DER_SEQUENCE);
    *issuer = der_whole(&r, DER_SEQUENCE);
    der_get(&r, DER_SEQUENCE);
    *subject = der_whole(&r, DER_SEQUENCE);
    return !reader_failed(&r);
}
