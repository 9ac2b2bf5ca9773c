// The extensions of a certificate.
//
// In: the content of [3] in TBSCertificate. Out: contents and bits in x509_certificate_t.
// RFC 5280 section 4.2. Every extension that some check looks at is read in full here, so that the
// checks meet only well-formed ones; a second one of the same kind is refused, and a critical one
// that is not understood is noted. Understood are basicConstraints, keyUsage, extKeyUsage,
// subjectAltName, nameConstraints, and certificatePolicies, which then means nothing: every policy
// is accepted (section 6.1.1 (c)). policyConstraints and inhibitAnyPolicy could turn that around;
// they are never understood, not even when they lack the critical bit that they must have. The
// critical bit on key identifiers or access information is against sections 4.2.1.1, 4.2.1.2
// and 4.2.2.1, and so it lands there too.
#include "base/bytes.h"
#include "skerry/limits.h"
#include "x509/certificate.h"
#include "x509/name.h"

typedef struct {
    uint16_t bit; // X509_EXT_*
    uint8_t field; // skr_field_t
    uint8_t oid_size;
    uint8_t oid[8];
} extension_row_t;

#define OID_CE(n) \
    3, { \
        0x55, 0x1d, n \
    }

static const extension_row_t extension_rows[] = {
    {X509_EXT_BASIC_CONSTRAINTS, SKR_FIELD_BASIC_CONSTRAINTS, OID_CE(19)},
    {X509_EXT_KEY_USAGE, SKR_FIELD_KEY_USAGE, OID_CE(15)},
    {X509_EXT_EXT_KEY_USAGE, SKR_FIELD_EXT_KEY_USAGE, OID_CE(37)},
    {X509_EXT_SUBJECT_ALT_NAME, SKR_FIELD_SUBJECT_ALT_NAME, OID_CE(17)},
    {X509_EXT_NAME_CONSTRAINTS, SKR_FIELD_NAME_CONSTRAINTS, OID_CE(30)},
    {X509_EXT_SUBJECT_KEY_ID, SKR_FIELD_EXTENSIONS, OID_CE(14)},
    {X509_EXT_AUTHORITY_KEY_ID, SKR_FIELD_EXTENSIONS, OID_CE(35)},
    {X509_EXT_POLICIES, SKR_FIELD_EXTENSIONS, OID_CE(32)},
    {X509_EXT_POLICY_CONSTRAINTS, SKR_FIELD_EXTENSIONS, OID_CE(36)},
    {X509_EXT_INHIBIT_ANY_POLICY, SKR_FIELD_EXTENSIONS, OID_CE(54)},
    {X509_EXT_AUTHORITY_INFO, SKR_FIELD_EXTENSIONS, 8, {0x2b, 6, 1, 5, 5, 7, 1, 1}},
    {0, SKR_FIELD_EXTENSIONS, 0, {0}}, // all others
};

enum {
    EXTENSIONS_UNDERSTOOD = X509_EXT_BASIC_CONSTRAINTS | X509_EXT_KEY_USAGE |
        X509_EXT_EXT_KEY_USAGE | X509_EXT_SUBJECT_ALT_NAME | X509_EXT_NAME_CONSTRAINTS |
        X509_EXT_POLICIES,
    EXTENSIONS_NEVER = X509_EXT_POLICY_CONSTRAINTS | X509_EXT_INHIBIT_ANY_POLICY,
};

// Section 4.2.1.9. FALSE is the default and would be left out by DER; enough issuers write it.
static void extension_read_basic_constraints(x509_certificate_t *c, reader_t *r) {
    reader_t constraints = der_enter(r, DER_SEQUENCE);
    if (der_is(&constraints, DER_BOOLEAN)) {
        c->is_ca = der_boolean(&constraints);
    }
    if (der_is(&constraints, DER_INTEGER)) {
        c->path_length = (int32_t)der_small(&constraints);
    }
    der_leave(r, &constraints);
}

// Section 4.2.1.3: at least one bit is set.
static void extension_read_key_usage(x509_certificate_t *c, reader_t *r) {
    unsigned unused;
    skr_view_t bits = der_bit_string(r, &unused);
    c->key_usage = 0;
    for (unsigned i = 0; i < 9 && i / 8 < bits.size; i++) {
        if ((bits.data[i / 8] & (0x80 >> i % 8)) != 0) {
            c->key_usage = (uint16_t)(c->key_usage | 1u << i);
        }
    }
    if (c->key_usage == 0 || bits.size > 2) {
        reader_fail(r);
    }
}

// Section 4.2.1.12: one purpose or more.
static void extension_read_ext_key_usage(x509_certificate_t *c, reader_t *r) {
    c->ext_key_usage = der_get(r, DER_SEQUENCE);
    reader_t purposes = reader_of(c->ext_key_usage);
    do {
        der_oid(&purposes);
    } while (reader_more(&purposes));
    if (reader_failed(&purposes)) {
        reader_fail(r);
    }
}

// Section 4.2.1.1. Only the key identifier is of use.
static void extension_read_authority_key_id(x509_certificate_t *c, reader_t *r) {
    reader_t identifier = der_enter(r, DER_SEQUENCE);
    c->authority_key_id = der_optional(&identifier, DER_PRIMITIVE(0));
    c->names_issuer_certificate = reader_more(&identifier);
    der_optional(&identifier, DER_CONSTRUCTED(1));
    der_optional(&identifier, DER_PRIMITIVE(2));
    der_leave(r, &identifier);
}

// Section 4.2.1.4. Where the extension is critical its qualifiers would have to be interpreted; the
// two that the RFC defines only carry texts for people.
static void extension_read_policies(x509_certificate_t *c, reader_t *r, bool is_critical) {
    static const uint8_t qualifier_arc[] = {
        0x2b, 6, 1, 5, 5, 7, 2}; // id-qt; .1 is CPS, .2 the user notice
    reader_t policies = der_enter(r, DER_SEQUENCE);
    do {
        reader_t policy = der_enter(&policies, DER_SEQUENCE);
        der_oid(&policy);
        reader_t qualifiers = reader_of(der_optional(&policy, DER_SEQUENCE));
        while (reader_more(&qualifiers)) {
            reader_t qualifier = der_enter(&qualifiers, DER_SEQUENCE);
            skr_view_t oid = der_oid(&qualifier);
            bool known = oid.size == sizeof(qualifier_arc) + 1 &&
                view_equal(view_of(oid.data, sizeof(qualifier_arc)),
                    view_of(qualifier_arc, sizeof(qualifier_arc))) &&
                (oid.data[oid.size - 1] == 1 || oid.data[oid.size - 1] == 2);
            c->not_understood = c->not_understood || (is_critical && !known);
            if (reader_failed(&qualifier)) {
                reader_fail(&policies);
            }
        }
        der_leave(&policies, &policy);
    } while (reader_more(&policies));
    der_leave(r, &policies);
}

// Section 4.2.2.1: one description or more, each a method and a place.
static void extension_read_authority_info(reader_t *r) {
    reader_t descriptions = der_enter(r, DER_SEQUENCE);
    do {
        uint8_t tag;
        reader_t description = der_enter(&descriptions, DER_SEQUENCE);
        der_oid(&description);
        der_any(&description, &tag);
        der_leave(&descriptions, &description);
    } while (reader_more(&descriptions));
    der_leave(r, &descriptions);
}

static void extension_read_value(
    x509_certificate_t *c, uint16_t bit, bool is_critical, reader_t *r) {
    switch (bit) {
        case X509_EXT_BASIC_CONSTRAINTS:
            extension_read_basic_constraints(c, r);
            break;
        case X509_EXT_KEY_USAGE:
            extension_read_key_usage(c, r);
            break;
        case X509_EXT_EXT_KEY_USAGE:
            extension_read_ext_key_usage(c, r);
            break;
        case X509_EXT_SUBJECT_ALT_NAME:
            c->subject_alt_name = der_get(r, DER_SEQUENCE);
            if (!name_general_list_is_valid(c->subject_alt_name)) {
                reader_fail(r);
            }
            break;
        case X509_EXT_NAME_CONSTRAINTS: // read in constraints.c, when it constrains something
            c->name_constraints = der_get(r, DER_SEQUENCE);
            break;
        case X509_EXT_SUBJECT_KEY_ID:
            c->subject_key_id = der_get(r, DER_OCTET_STRING);
            break;
        case X509_EXT_AUTHORITY_KEY_ID:
            extension_read_authority_key_id(c, r);
            break;
        case X509_EXT_POLICIES:
            extension_read_policies(c, r, is_critical);
            break;
        case X509_EXT_AUTHORITY_INFO:
            extension_read_authority_info(r);
            break;
        default: // not looked at, whatever it is
            reader_rest(r);
            break;
    }
}

// Reads the head of the next extension. The value is the content of its OCTET STRING.
static skr_view_t extension_read_head(reader_t *r, skr_view_t *oid, bool *is_critical) {
    reader_t extension = der_enter(r, DER_SEQUENCE);
    *oid = der_oid(&extension);
    *is_critical = false;
    if (der_is(&extension, DER_BOOLEAN)) { // an explicit FALSE is not DER, and common
        *is_critical = der_boolean(&extension);
    }
    skr_view_t value = der_get(&extension, DER_OCTET_STRING);
    der_leave(r, &extension);
    return value;
}

// Is there an extension with this OID between start and the one at end?
static bool extension_came_before(reader_t start, const uint8_t *end, skr_view_t oid) {
    while (start.p != NULL && start.p < end) {
        skr_view_t earlier;
        bool is_critical;
        extension_read_head(&start, &earlier, &is_critical);
        if (view_equal(earlier, oid)) {
            return true;
        }
    }
    return false;
}

static const extension_row_t *extension_find(skr_view_t oid) {
    const extension_row_t *row = extension_rows;
    while (row->oid_size != 0 && !view_equal(oid, view_of(row->oid, row->oid_size))) {
        row++;
    }
    return row;
}

uint16_t extensions_bit(skr_view_t oid, uint8_t *field) {
    const extension_row_t *row = extension_find(oid);
    *field = row->field;
    return row->bit;
}

bool extensions_note(x509_certificate_t *c, uint16_t bit, bool is_critical) {
    bool again = (c->extensions & bit) != 0; // RFC 5280 section 4.2: not twice
    bool understood = (bit & EXTENSIONS_UNDERSTOOD) != 0;
    c->extensions = (uint16_t)(c->extensions | bit);
    c->critical = (uint16_t)(c->critical | (is_critical ? bit : 0));
    c->not_understood = c->not_understood || (is_critical && !understood) ||
        (bit & EXTENSIONS_NEVER) != 0;
    return !again;
}

bool extensions_read_one(x509_certificate_t *c, uint16_t bit, bool is_critical, skr_view_t value) {
    reader_t r = reader_of(value);
    extension_read_value(c, bit, is_critical, &r);
    return extensions_note(c, bit, is_critical) && reader_done(&r);
}

bool extensions_read(x509_certificate_t *c, reader_t *r) {
    reader_t list = der_enter(r, DER_SEQUENCE);
    const reader_t start = list;
    unsigned count = 0;
    do {
        skr_view_t oid;
        bool is_critical;
        const uint8_t *here = list.p;
        skr_view_t value = extension_read_head(&list, &oid, &is_critical);
        uint16_t bit = extensions_bit(oid, &c->field);
        // Only the unknown ones must be searched for doubles.
        bool again = bit == 0 && extension_came_before(start, here, oid);
        if (!extensions_read_one(c, bit, is_critical, value) || again ||
            ++count > SKR_EXTENSIONS_MAX) {
            return false;
        }
    } while (reader_more(&list));
    c->field = SKR_FIELD_EXTENSIONS;
    der_leave(r, &list);
    return reader_done(&list);
}
