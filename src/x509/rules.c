// The strict rules: what issuers must do, beyond what validators must check.
//
// In: a certificate and its place in the path. Out: SKR_OK or the first breach and its field.
// RFC 5280 sections 4.2.1.1 (authority key identifier), 4.2.1.2 (subject key identifier), 4.2.1.9
// and 4.2.1.10 (critical basicConstraints and nameConstraints); CA/Browser Forum Baseline
// Requirements for TLS, version 2, sections 7.1.2.1 (roots), 7.1.2.7 (leaves) and 7.1.4.3 (common
// names). Public CAs keep all of these, private ones often do not, and none of them lets a stranger
// in; so nobody gets these rules who does not ask for them, and an image that does not name
// skr_x509_rules_strict does not hold them.
#include "x509/rules.h"

#include "base/bytes.h"
#include "x509/name.h"

static skr_status_t rules_fail(uint8_t *field, skr_field_t where, skr_status_t status) {
    *field = (uint8_t)where;
    return status;
}

static bool rules_has(const x509_certificate_t *c, unsigned extension) {
    return (c->extensions & extension) != 0;
}

static bool rules_is_critical(const x509_certificate_t *c, unsigned extension) {
    return (c->critical & extension) != 0;
}

// Only a self-issued root may do without the issuer's key identifier; there it must be its own.
static bool rules_key_ids(const x509_certificate_t *c, bool is_anchor) {
    bool is_root = is_anchor && c->is_self_issued;
    if (c->is_ca && !rules_has(c, X509_EXT_SUBJECT_KEY_ID)) {
        return false;
    }
    if (!rules_has(c, X509_EXT_AUTHORITY_KEY_ID)) {
        return is_root;
    }
    if (!view_is(c->authority_key_id)) {
        return false;
    }
    return !is_root ||
        (!c->names_issuer_certificate && view_equal(c->authority_key_id, c->subject_key_id));
}

static skr_status_t rules_check_issuer(
    const x509_certificate_t *c, bool is_anchor, uint8_t *field) {
    if (!rules_is_critical(c, X509_EXT_BASIC_CONSTRAINTS)) {
        return rules_fail(field, SKR_FIELD_BASIC_CONSTRAINTS, SKR_ERR_CERT_MALFORMED);
    }
    if (rules_has(c, X509_EXT_NAME_CONSTRAINTS) &&
        !rules_is_critical(c, X509_EXT_NAME_CONSTRAINTS)) {
        return rules_fail(field, SKR_FIELD_NAME_CONSTRAINTS, SKR_ERR_CERT_MALFORMED);
    }
    if (is_anchor && rules_has(c, X509_EXT_EXT_KEY_USAGE)) {
        return rules_fail(field, SKR_FIELD_EXT_KEY_USAGE, SKR_ERR_CERT_PURPOSE);
    }
    return SKR_OK;
}

// Is the text one of the certificate's names, character for character?
static bool rules_is_name(skr_view_t subject_alt_name, skr_view_t text) {
    reader_t r = reader_of(subject_alt_name);
    uint8_t tag;
    skr_view_t name;
    while (name_general(&r, &tag, &name)) {
        char address[SKR_ADDRESS_TEXT];
        if (tag == NAME_IP) {
            name = view_of(address, skr_address_print(name, address, sizeof(address)));
        }
        if ((tag == NAME_IP || tag == NAME_DNS) && view_equal(name, text)) {
            return true;
        }
    }
    return false;
}

static bool rules_common_names(const x509_certificate_t *c) {
    static const uint8_t common_name[] = {0x55, 0x04, 0x03};
    name_walk_t walk;
    skr_view_t oid;
    skr_view_t value;
    name_walk(&walk, c->subject);
    while (name_next(&walk, &oid, &value)) {
        if (view_equal(oid, view_of(common_name, sizeof(common_name))) &&
            !rules_is_name(c->subject_alt_name, value)) {
            return false;
        }
    }
    return true;
}

static skr_status_t rules_check_leaf(const x509_certificate_t *c, bool is_server, uint8_t *field) {
    if (c->is_ca) {
        return rules_fail(field, SKR_FIELD_BASIC_CONSTRAINTS, SKR_ERR_CERT_MALFORMED);
    }
    if (!rules_has(c, X509_EXT_EXT_KEY_USAGE) || rules_is_critical(c, X509_EXT_EXT_KEY_USAGE)) {
        return rules_fail(field, SKR_FIELD_EXT_KEY_USAGE, SKR_ERR_CERT_PURPOSE);
    }
    if (rules_is_critical(c, X509_EXT_SUBJECT_ALT_NAME) != name_is_empty(c->subject)) {
        return rules_fail(field, SKR_FIELD_SUBJECT_ALT_NAME, SKR_ERR_CERT_MALFORMED);
    }
    if (is_server && !rules_common_names(c)) {
        return rules_fail(field, SKR_FIELD_SUBJECT, SKR_ERR_CERT_NAME);
    }
    return SKR_OK;
}

static skr_status_t rules_check(const skr_verify_request_t *request, const x509_certificate_t *c,
    check_place_t place, uint8_t *field) {
    bool is_leaf = place == CHECK_LEAF || place == CHECK_TRUSTED_LEAF;
    bool is_anchor = place == CHECK_ANCHOR || place == CHECK_TRUSTED_LEAF;
    if (c->is_name_and_key) {
        return SKR_OK;
    }
    if (!rules_key_ids(c, is_anchor)) {
        return rules_fail(field, SKR_FIELD_EXTENSIONS, SKR_ERR_CERT_MALFORMED);
    }
    return is_leaf ? rules_check_leaf(c, request->purpose == SKR_PURPOSE_SERVER, field)
                   : rules_check_issuer(c, is_anchor, field);
}

const skr_x509_rules_t skr_x509_rules_strict = {rules_check};
