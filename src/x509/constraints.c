// Name constraints.
//
// In: a CA's nameConstraints, a certificate below it. Out: whether all its names keep them.
// RFC 5280 section 4.2.1.10, for dNSName, iPAddress, directoryName and rfc822Name. Every name must
// be within one of the permitted subtrees of its kind, when there are any, and outside all excluded
// ones. Names of other kinds (URI, otherName ...) are refused as soon as a subtree of their kind
// exists, as the section demands of who can't compare them. A wildcard stands for all that it could
// match: permitted when all of those are, excluded when one is. A name that is no valid one of its
// kind keeps no constraint. Each CA's constraints are checked for themselves, so that no
// intersection is ever computed. Work is counted: names times subtrees.
#include "x509/constraints.h"

#include "base/bytes.h"
#include "x509/match.h"
#include "x509/name.h"

typedef enum { SUBTREE_OUTSIDE, SUBTREE_INSIDE, SUBTREE_PARTLY } subtree_t;

static skr_view_t constraints_from(skr_view_t view, size_t start) {
    return view_of(view.data + start, view.size - start);
}

// Is name the domain itself or below it? below: how many labels it has more.
static bool constraints_within(skr_view_t name, skr_view_t domain, unsigned *below) {
    *below = 0;
    if (domain.size > name.size) {
        return false;
    }
    size_t start = name.size - domain.size;
    if (!match_text_equal(constraints_from(name, start), domain) ||
        (start > 0 && domain.size > 0 && name.data[start - 1] != '.')) {
        return false;
    }
    for (size_t i = 0; i < start; i++) {
        *below += name.data[i] == '.';
    }
    return true;
}

// An empty subtree is the whole name space.
static subtree_t constraints_dns(skr_view_t name, skr_view_t subtree) {
    unsigned below;
    if (name.data[0] != '*') {
        return constraints_within(name, subtree, &below) ? SUBTREE_INSIDE : SUBTREE_OUTSIDE;
    }
    skr_view_t base = constraints_from(name, 2);
    if (constraints_within(base, subtree, &below)) {
        return SUBTREE_INSIDE;
    }
    // The subtree may begin at a name that the wildcard matches, one label below its base.
    bool meets = constraints_within(subtree, base, &below) && below == 1;
    return meets ? SUBTREE_PARTLY : SUBTREE_OUTSIDE;
}

static subtree_t constraints_ip(skr_view_t name, skr_view_t subtree) {
    if (subtree.size != 2 * name.size) {
        return SUBTREE_OUTSIDE;
    }
    const uint8_t *mask = subtree.data + name.size;
    for (size_t i = 0; i < name.size; i++) {
        if (((name.data[i] ^ subtree.data[i]) & mask[i]) != 0) {
            return SUBTREE_OUTSIDE;
        }
    }
    return SUBTREE_INSIDE;
}

// Where the one "@" stands; the size when there is none, or more than one, or nothing on one side
// of it.
static size_t constraints_at(skr_view_t mailbox) {
    size_t at = mailbox.size;
    for (size_t i = 0; i < mailbox.size; i++) {
        if (mailbox.data[i] == '@') {
            if (at != mailbox.size) {
                return mailbox.size;
            }
            at = i;
        }
    }
    return at == 0 || at + 1 == mailbox.size ? mailbox.size : at;
}

// A mailbox (the local part keeps its case), a host, or, with a dot before it, all hosts below a
// domain.
static subtree_t constraints_email(skr_view_t name, skr_view_t subtree) {
    size_t at = constraints_at(name);
    size_t subtree_at = constraints_at(subtree);
    skr_view_t host = constraints_from(name, at + 1);
    bool inside;
    if (subtree_at < subtree.size) {
        inside = at == subtree_at &&
            view_equal(view_of(name.data, at), view_of(subtree.data, at)) &&
            match_text_equal(host, constraints_from(subtree, subtree_at + 1));
    } else if (subtree.size > 0 && subtree.data[0] == '.') {
        inside = host.size > subtree.size &&
            match_text_equal(constraints_from(host, host.size - subtree.size), subtree);
    } else {
        inside = subtree.size == 0 || match_text_equal(host, subtree);
    }
    return inside ? SUBTREE_INSIDE : SUBTREE_OUTSIDE;
}

static subtree_t constraints_compare(uint8_t tag, skr_view_t name, skr_view_t subtree) {
    switch (tag) {
        case NAME_DNS:
            return constraints_dns(name, subtree);
        case NAME_IP:
            return constraints_ip(name, subtree);
        case NAME_DIRECTORY:
            return name_begins(name, subtree) ? SUBTREE_INSIDE : SUBTREE_OUTSIDE;
        default:
            return constraints_email(name, subtree);
    }
}

static bool constraints_is_mailbox(skr_view_t name) {
    size_t at = constraints_at(name);
    return at < name.size && match_is_host(constraints_from(name, at + 1));
}

static bool constraints_can_compare(uint8_t tag, skr_view_t name) {
    switch (tag) {
        case NAME_DNS:
            return match_is_pattern(name);
        case NAME_IP: // its size was looked at when the certificate was read
        case NAME_DIRECTORY:
            return true;
        case NAME_EMAIL:
            return constraints_is_mailbox(name);
        default:
            return false;
    }
}

// CIDR: no bit set behind the first that is not.
static bool constraints_is_range(skr_view_t subtree) {
    size_t half = subtree.size / 2;
    bool ended = false;
    if (subtree.size != 8 && subtree.size != 32) {
        return false;
    }
    for (size_t i = half * 8; i < subtree.size * 8; i++) {
        bool bit = (subtree.data[i / 8] & (0x80 >> i % 8)) != 0;
        if (bit && ended) {
            return false;
        }
        ended = !bit;
    }
    return true;
}

static bool constraints_subtree_is_valid(uint8_t tag, skr_view_t subtree) {
    switch (tag) {
        case NAME_DNS:
            return subtree.size == 0 || match_is_host(subtree);
        case NAME_IP:
            return constraints_is_range(subtree);
        case NAME_DIRECTORY:
            return name_is_valid(subtree);
        case NAME_EMAIL:
            if (constraints_at(subtree) < subtree.size) {
                return constraints_is_mailbox(subtree);
            }
            return subtree.size == 0 ||
                match_is_host(constraints_from(subtree, subtree.data[0] == '.'));
        case NAME_OTHER:
        case NAME_X400:
        case NAME_EDI_PARTY:
        case NAME_URI:
        case NAME_REGISTERED_ID:
            return true;
        default:
            return false;
    }
}

// The base of the next GeneralSubtree. minimum and maximum are never used (the RFC's own profile
// forbids them).
static bool constraints_next(reader_t *r, uint8_t *tag, skr_view_t *base) {
    if (!reader_more(r)) {
        return false;
    }
    reader_t subtree = der_enter(r, DER_SEQUENCE);
    *base = der_any(&subtree, tag);
    der_leave(r, &subtree);
    return !reader_failed(r);
}

// permittedSubtrees or excludedSubtrees; one of them must have one subtree, and none may be empty.
static skr_status_t constraints_read_list(
    reader_t *r, unsigned which, unsigned *work, bool *found) {
    if (!der_is(r, (uint8_t)DER_CONSTRUCTED(which))) {
        return SKR_OK;
    }
    reader_t list = der_enter(r, (uint8_t)DER_CONSTRUCTED(which));
    uint8_t tag;
    skr_view_t base;
    *found = reader_more(&list);
    while (constraints_next(&list, &tag, &base)) {
        if (*work == 0) {
            return SKR_ERR_CERT_TOO_COMPLEX;
        }
        --*work;
        if (!constraints_subtree_is_valid(tag, base)) {
            return SKR_ERR_CERT_MALFORMED;
        }
    }
    return *found && reader_done(&list) ? SKR_OK : SKR_ERR_CERT_MALFORMED;
}

skr_status_t constraints_read(skr_view_t constraints, unsigned *work) {
    reader_t r = reader_of(constraints);
    bool found = false;
    for (unsigned which = 0; which < 2; which++) {
        skr_status_t status = constraints_read_list(&r, which, work, &found);
        if (status != SKR_OK) {
            return status;
        }
    }
    return found && reader_done(&r) ? SKR_OK : SKR_ERR_CERT_MALFORMED;
}

// One name against one of the lists. meets: the name, or a part of what it stands for, is in one of
// the subtrees; inside: all of it is in one.
typedef struct {
    bool any, meets, inside; // any: there is a subtree of this kind
} constraints_result_t;

static bool constraints_check_list(reader_t *r, unsigned which, uint8_t name_tag, skr_view_t name,
    bool can_compare, unsigned *work, constraints_result_t *result) {
    reader_t list = reader_of(der_optional(r, (uint8_t)DER_CONSTRUCTED(which)));
    uint8_t tag;
    skr_view_t base;
    while (constraints_next(&list, &tag, &base)) {
        if (*work == 0) {
            return false;
        }
        --*work;
        if (tag != name_tag) {
            continue;
        }
        result->any = true;
        subtree_t where = can_compare ? constraints_compare(tag, name, base) : SUBTREE_PARTLY;
        result->meets = result->meets || where != SUBTREE_OUTSIDE;
        result->inside = result->inside || where == SUBTREE_INSIDE;
    }
    return true;
}

static skr_status_t constraints_check_name(
    skr_view_t constraints, uint8_t tag, skr_view_t name, unsigned *work) {
    reader_t r = reader_of(constraints);
    constraints_result_t permitted = {false, false, false};
    constraints_result_t excluded = {false, false, false};
    bool can_compare = constraints_can_compare(tag, name);
    if (!constraints_check_list(&r, 0, tag, name, can_compare, work, &permitted) ||
        !constraints_check_list(&r, 1, tag, name, can_compare, work, &excluded)) {
        return SKR_ERR_CERT_TOO_COMPLEX;
    }
    bool keeps = !excluded.meets && (!permitted.any || permitted.inside);
    return keeps ? SKR_OK : SKR_ERR_CERT_CONSTRAINT;
}

// The subject's own name, and its e-mail addresses where no subjectAltName says them.
static skr_status_t constraints_check_subject(
    skr_view_t constraints, const x509_certificate_t *c, unsigned *work) {
    static const uint8_t email[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};
    name_walk_t walk;
    skr_view_t oid;
    skr_view_t value;
    if (name_is_empty(c->subject)) {
        return SKR_OK;
    }
    skr_status_t status = constraints_check_name(constraints, NAME_DIRECTORY, c->subject, work);
    if (view_is(c->subject_alt_name)) {
        return status;
    }
    name_walk(&walk, c->subject);
    while (status == SKR_OK && name_next(&walk, &oid, &value)) {
        if (view_equal(oid, view_of(email, sizeof(email)))) {
            status = constraints_check_name(constraints, NAME_EMAIL, value, work);
        }
    }
    return status;
}

skr_status_t constraints_check(
    skr_view_t constraints, const x509_certificate_t *c, unsigned *work, uint8_t *field) {
    reader_t names = reader_of(c->subject_alt_name);
    uint8_t tag;
    skr_view_t name;
    *field = SKR_FIELD_SUBJECT;
    skr_status_t status = constraints_check_subject(constraints, c, work);
    while (status == SKR_OK && name_general(&names, &tag, &name)) {
        *field = SKR_FIELD_SUBJECT_ALT_NAME;
        status = constraints_check_name(constraints, tag, name, work);
    }
    return status;
}
