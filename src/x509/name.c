// Distinguished names and GeneralNames.
//
// In: views of DER. Out: whether two names are the same, whether one begins with another,
// attributes one by one. RFC 5280 section 7.1, simplified: names are compared attribute by
// attribute; two values of which each is a PrintableString or a UTF8String are the same when they
// are after folding ASCII case and runs of spaces, all others when their bytes are. Names with
// other Unicode foldings than ASCII's are thus different names, which refuses and never accepts too
// much. The order within a multi-valued RDN is DER's. RFC 5280 section 4.2.1.6 for GeneralNames.
#include "x509/name.h"

#include "base/bytes.h"
#include "skerry/limits.h"

typedef struct {
    skr_view_t oid, value;
    uint8_t tag;
} name_attribute_t;

static name_attribute_t name_read_attribute(reader_t *rdn) {
    name_attribute_t attribute;
    reader_t r = der_enter(rdn, DER_SEQUENCE);
    attribute.oid = der_oid(&r);
    attribute.value = der_any(&r, &attribute.tag);
    der_leave(rdn, &r);
    return attribute;
}

bool name_is_valid(skr_view_t name) {
    reader_t outer = reader_of(name);
    reader_t rdns = der_enter(&outer, DER_SEQUENCE);
    while (reader_more(&rdns)) {
        reader_t rdn = der_enter(&rdns, DER_SET);
        do {
            name_read_attribute(&rdn);
        } while (reader_more(&rdn));
        der_leave(&rdns, &rdn);
    }
    der_leave(&outer, &rdns);
    return reader_done(&outer);
}

bool name_is_empty(skr_view_t name) {
    reader_t outer = reader_of(name);
    reader_t rdns = der_enter(&outer, DER_SEQUENCE);
    return reader_done(&rdns);
}

// The next byte of a text after folding: lower case, one space for many, none at the ends. -1: the
// end.
static int name_fold_next(skr_view_t *text, bool *inside) {
    size_t i = 0;
    while (i < text->size && text->data[i] == ' ') {
        i++;
    }
    bool space = i > 0 && *inside && i < text->size;
    if (!space && i == text->size) {
        return -1;
    }
    int byte = ' ';
    if (!space) {
        byte = text->data[i++];
        byte += byte >= 'A' && byte <= 'Z' ? 'a' - 'A' : 0;
    }
    *inside = !space;
    *text = view_of(text->data + i, text->size - i);
    return byte;
}

static bool name_text_equal(skr_view_t a, skr_view_t b) {
    bool a_inside = false;
    bool b_inside = false;
    for (;;) {
        int x = name_fold_next(&a, &a_inside);
        int y = name_fold_next(&b, &b_inside);
        if (x != y) {
            return false;
        }
        if (x < 0) {
            return true;
        }
    }
}

static bool name_is_text(uint8_t tag) {
    return tag == DER_PRINTABLE_STRING || tag == DER_UTF8_STRING;
}

static bool name_rdn_equal(reader_t a, reader_t b) {
    while (reader_more(&a) && reader_more(&b)) {
        name_attribute_t x = name_read_attribute(&a);
        name_attribute_t y = name_read_attribute(&b);
        if (!view_equal(x.oid, y.oid)) {
            return false;
        }
        bool same = x.tag == y.tag && view_equal(x.value, y.value);
        if (!same && name_is_text(x.tag) && name_is_text(y.tag)) {
            same = name_text_equal(x.value, y.value);
        }
        if (!same) {
            return false;
        }
    }
    return reader_done(&a) && reader_done(&b);
}

// Steps over the RDNs that both begin with. true: b ends there.
static bool name_common(reader_t *a, reader_t *b) {
    while (reader_more(a) && reader_more(b)) {
        reader_t x = der_enter(a, DER_SET);
        reader_t y = der_enter(b, DER_SET);
        if (!name_rdn_equal(x, y)) {
            return false;
        }
    }
    return reader_done(b);
}

bool name_begins(skr_view_t name, skr_view_t prefix) {
    reader_t outer_a = reader_of(name);
    reader_t outer_b = reader_of(prefix);
    reader_t a = der_enter(&outer_a, DER_SEQUENCE);
    reader_t b = der_enter(&outer_b, DER_SEQUENCE);
    return name_common(&a, &b) && !reader_failed(&a);
}

bool name_equal(skr_view_t a, skr_view_t b) {
    if (view_equal(a, b)) {
        return true;
    }
    reader_t outer_a = reader_of(a);
    reader_t outer_b = reader_of(b);
    reader_t x = der_enter(&outer_a, DER_SEQUENCE);
    reader_t y = der_enter(&outer_b, DER_SEQUENCE);
    return name_common(&x, &y) && reader_done(&x);
}

// The value of an attribute in the form in which two that are the same are the same bytes: a tag,
// the size, the value; texts folded, with one tag for both kinds.
static bool name_digest_value(
    const skr_hash_t *hash, void *state, const name_attribute_t *attribute) {
    bool is_text = name_is_text(attribute->tag);
    size_t size = attribute->value.size;
    skr_view_t text = attribute->value;
    bool inside = false;
    if (is_text) {
        size = 0;
        while (name_fold_next(&text, &inside) >= 0) {
            size++;
        }
    }
    uint8_t head[5] = {is_text ? DER_UTF8_STRING : attribute->tag, (uint8_t)(size >> 24),
        (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    if (!hash->update(state, head, sizeof(head))) {
        return false;
    }
    if (!is_text) {
        return hash->update(state, attribute->value.data, size);
    }
    uint8_t folded[32];
    size_t fill = 0;
    text = attribute->value;
    inside = false;
    for (int next = name_fold_next(&text, &inside); next >= 0;
         next = name_fold_next(&text, &inside)) {
        folded[fill++] = (uint8_t)next;
        if (fill == sizeof(folded)) {
            if (!hash->update(state, folded, fill)) {
                return false;
            }
            fill = 0;
        }
    }
    return hash->update(state, folded, fill);
}

bool name_digest(const skr_hash_t *hash, skr_view_t name, uint8_t *out) {
    _Alignas(8) uint8_t state[SKR_HASH_STATE_MAX];
    uint8_t digest[SKR_HASH_SIZE_MAX];
    reader_t outer = reader_of(name);
    reader_t names = der_enter(&outer, DER_SEQUENCE);
    bool ok = hash->init(state);
    while (ok && reader_more(&names)) {
        reader_t rdn = der_enter(&names, DER_SET);
        uint8_t mark = DER_SET; // where an RDN begins
        ok = hash->update(state, &mark, 1);
        while (ok && reader_more(&rdn)) {
            name_attribute_t attribute = name_read_attribute(&rdn);
            uint8_t size = (uint8_t)attribute.oid.size; // longer ones are told apart by their bytes
            ok = hash->update(state, &size, 1) &&
                hash->update(state, attribute.oid.data, attribute.oid.size) &&
                name_digest_value(hash, state, &attribute);
        }
    }
    ok = ok && hash->result(state, digest);
    memcpy(out, digest, NAME_DIGEST_SIZE);
    return ok;
}

void name_walk(name_walk_t *walk, skr_view_t name) {
    reader_t outer = reader_of(name);
    walk->names = der_enter(&outer, DER_SEQUENCE);
    walk->rdn = reader_of(view_of(NULL, 0));
}

bool name_next(name_walk_t *walk, skr_view_t *oid, skr_view_t *value) {
    if (!reader_more(&walk->rdn)) {
        if (!reader_more(&walk->names)) {
            return false;
        }
        walk->rdn = der_enter(&walk->names, DER_SET);
    }
    name_attribute_t attribute = name_read_attribute(&walk->rdn);
    *oid = attribute.oid;
    *value = attribute.value;
    return !reader_failed(&walk->rdn);
}

bool name_general(reader_t *r, uint8_t *tag, skr_view_t *value) {
    if (!reader_more(r)) {
        return false;
    }
    *value = der_any(r, tag);
    return !reader_failed(r);
}

static bool name_general_is_valid(uint8_t tag, skr_view_t value) {
    switch (tag) {
        case NAME_IP: // RFC 5280 section 4.2.1.6: 4 or 16 bytes
            return value.size == 4 || value.size == 16;
        case NAME_DIRECTORY:
            return name_is_valid(value);
        case NAME_OTHER:
        case NAME_EMAIL:
        case NAME_DNS:
        case NAME_X400:
        case NAME_EDI_PARTY:
        case NAME_URI:
        case NAME_REGISTERED_ID:
            return true;
        default:
            return false;
    }
}

bool name_general_list_is_valid(skr_view_t content) {
    reader_t r = reader_of(content);
    uint8_t tag;
    skr_view_t value;
    if (!reader_more(&r)) {
        return false;
    }
    while (name_general(&r, &tag, &value)) {
        if (!name_general_is_valid(tag, value)) {
            return false;
        }
    }
    return reader_done(&r);
}
