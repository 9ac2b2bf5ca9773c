// Checks of one certificate for one place in a path.
//
// In: a certificate, its place, the request. Out: SKR_OK or the first refusal and its field.
// RFC 5280 sections 6.1.3 (a) (2) (validity), 6.1.4 (k) to (o) (what an issuer must be), 6.1.5 (f)
// (critical extensions), 4.1.2.2 (serial number), 4.1.2.6 (empty subject), 4.2.1.3, 4.2.1.9
// and 4.2.1.12 (usages); RFC 9846 section 4.5.1.2 (digitalSignature); key sizes as limits.h and the
// provider's lists say. An anchor is checked like any other issuer, since people expect an expired
// or a constrained root to be so; only its serial number and its own signature are nobody's
// business. Signatures, names and constraints are checked elsewhere.
#include "x509/check.h"

#include "base/bytes.h"
#include "skerry/limits.h"
#include "x509/algorithm.h"
#include "x509/name.h"
#include "x509/rules.h"

static skr_status_t check_fail(uint8_t *field, skr_field_t where, skr_status_t status) {
    *field = (uint8_t)where;
    return status;
}

// Section 4.1.2.2: positive, at most 20 bytes.
bool check_serial(skr_view_t serial) {
    bool is_zero = serial.size == 1 && serial.data[0] == 0;
    return !is_zero && serial.data[0] < 0x80 && serial.size <= SKR_SERIAL_MAX;
}

// Does the extension, when there is one, name the purpose? A CA may also be there for any purpose.
// A leaf may not say that: nobody has looked at what it is for.
static bool check_purpose(const x509_certificate_t *c, skr_purpose_t purpose, bool is_leaf) {
    static const uint8_t server_auth[] = {0x2b, 6, 1, 5, 5, 7, 3, 1};
    static const uint8_t client_auth[] = {0x2b, 6, 1, 5, 5, 7, 3, 2};
    static const uint8_t any[] = {0x55, 0x1d, 0x25, 0x00};
    if (purpose == SKR_PURPOSE_ANY || !view_is(c->ext_key_usage)) {
        return true;
    }
    const uint8_t *wanted = purpose == SKR_PURPOSE_SERVER ? server_auth : client_auth;
    bool has_wanted = false;
    bool has_any = false;
    reader_t r = reader_of(c->ext_key_usage);
    while (reader_more(&r)) {
        skr_view_t oid = der_oid(&r);
        has_wanted = has_wanted || view_equal(oid, view_of(wanted, sizeof(server_auth)));
        has_any = has_any || view_equal(oid, view_of(any, sizeof(any)));
    }
    return is_leaf ? has_wanted && !has_any : has_wanted || has_any;
}

static skr_status_t check_leaf(const skr_verify_request_t *request, const x509_certificate_t *c,
    bool is_trusted, uint8_t *field) {
    if (request->purpose != SKR_PURPOSE_ANY && (c->key_usage & X509_KU_DIGITAL_SIGNATURE) == 0) {
        return check_fail(field, SKR_FIELD_KEY_USAGE, SKR_ERR_CERT_KEY_USAGE);
    }
    // A CA that may not sign certificates contradicts itself. Tools that make self-signed
    // certificates write that, though.
    if (!is_trusted && c->is_ca && (c->key_usage & X509_KU_KEY_CERT_SIGN) == 0) {
        return check_fail(field, SKR_FIELD_KEY_USAGE, SKR_ERR_CERT_KEY_USAGE);
    }
    if (name_is_empty(c->subject) && (c->critical & X509_EXT_SUBJECT_ALT_NAME) == 0) {
        return check_fail(field, SKR_FIELD_SUBJECT_ALT_NAME, SKR_ERR_CERT_MALFORMED);
    }
    return SKR_OK;
}

static skr_status_t check_issuer(
    const x509_certificate_t *c, unsigned intermediates, uint8_t *field) {
    if (!c->is_ca) {
        return check_fail(field, SKR_FIELD_BASIC_CONSTRAINTS, SKR_ERR_CERT_NOT_CA);
    }
    if ((c->key_usage & X509_KU_KEY_CERT_SIGN) == 0) {
        return check_fail(field, SKR_FIELD_KEY_USAGE, SKR_ERR_CERT_KEY_USAGE);
    }
    if (c->path_length != X509_PATH_LENGTH_NONE && (unsigned)c->path_length < intermediates) {
        return check_fail(field, SKR_FIELD_BASIC_CONSTRAINTS, SKR_ERR_CERT_PATH_LENGTH);
    }
    return SKR_OK;
}

// What only a CA's certificate may say.
static skr_status_t check_end_entity(const x509_certificate_t *c, uint8_t *field) {
    if (view_is(c->name_constraints)) { // section 4.2.1.10
        return check_fail(field, SKR_FIELD_NAME_CONSTRAINTS, SKR_ERR_CERT_MALFORMED);
    }
    if ((c->extensions & X509_EXT_KEY_USAGE) != 0 &&
        (c->key_usage & X509_KU_KEY_CERT_SIGN) != 0) { // section 4.2.1.9
        return check_fail(field, SKR_FIELD_KEY_USAGE, SKR_ERR_CERT_KEY_USAGE);
    }
    return SKR_OK;
}

skr_status_t check_certificate(const skr_verify_request_t *request, const x509_certificate_t *c,
    check_place_t place, unsigned intermediates, uint8_t *field) {
    bool is_leaf = place == CHECK_LEAF || place == CHECK_TRUSTED_LEAF;
    if ((place == CHECK_LEAF || place == CHECK_INTERMEDIATE) && !check_serial(c->serial)) {
        return check_fail(field, SKR_FIELD_SERIAL, SKR_ERR_CERT_MALFORMED);
    }
    if (!request->ignore_time && request->time < c->not_before) {
        return check_fail(field, SKR_FIELD_VALIDITY, SKR_ERR_CERT_NOT_YET_VALID);
    }
    if (!request->ignore_time && request->time > c->not_after) {
        return check_fail(field, SKR_FIELD_VALIDITY, SKR_ERR_CERT_EXPIRED);
    }
    if (!algorithm_key_is_accepted(request->provider, &c->key)) {
        return check_fail(field, SKR_FIELD_PUBLIC_KEY, SKR_ERR_CERT_ALGORITHM);
    }
    skr_status_t status = is_leaf ? check_leaf(request, c, place == CHECK_TRUSTED_LEAF, field)
                                  : check_issuer(c, intermediates, field);
    if (status == SKR_OK && !c->is_ca) {
        status = check_end_entity(c, field);
    }
    if (status != SKR_OK) {
        return status;
    }
    if (!check_purpose(c, request->purpose, is_leaf)) {
        return check_fail(field, SKR_FIELD_EXT_KEY_USAGE, SKR_ERR_CERT_PURPOSE);
    }
    if (c->not_understood) {
        return check_fail(field, SKR_FIELD_EXTENSIONS, SKR_ERR_CERT_CRITICAL);
    }
    return request->rules == NULL ? SKR_OK : request->rules->check(request, c, place, field);
}
