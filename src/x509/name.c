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

// --- A digest of a name ---

// Collects bytes for the hash, so that it isn't called for each.
typedef struct {
    const skr_hash_t *hash;
    void *state;
    bool ok;
    uint8_t fill;
    uint8_t bytes[64];
} name_sink_t;

static void name_flush(name_sink_t *sink) {
    sink->ok = sink->ok && sink->hash->update(sink->state, sink->bytes, sink->fill);
    sink->fill = 0;
}

static void name_put(name_sink_t *sink, uint8_t byte) {
    if (sink->fill == sizeof(sink->bytes)) {
        name_flush(sink);
    }
    sink->bytes[sink->fill++] = byte;
}

static void name_put_size(name_sink_t *sink, size_t size) {
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        name_put(sink, (uint8_t)(size >> (shift - 8)));
    }
}

static void name_put_view(name_sink_t *sink, skr_view_t view) {
    name_put_size(sink, view.size);
    for (size_t i = 0; i < view.size; i++) {
        name_put(sink, view.data[i]);
    }
}

// A text as it is after folding.
static void name_put_text(name_sink_t *sink, skr_view_t text) {
    skr_view_t rest = text;
    bool inside = false;
    size_t size = 0;
    while (name_fold_next(&rest, &inside) >= 0) {
        size++;
    }
    name_put_size(sink, size);
    inside = false;
    for (size_t i = 0; i < size; i++) {
        name_put(sink, (uint8_t)name_fold_next(&text, &inside));
    }
}

// What begins: no two names may give the same bytes.
enum { NAME_MARK_RDN, NAME_MARK_ATTRIBUTE };

static void name_put_attribute(name_sink_t *sink, const name_attribute_t *attribute) {
    bool is_text = name_is_text(attribute->tag);
    name_put(sink, NAME_MARK_ATTRIBUTE);
    name_put_view(sink, attribute->oid);
    name_put(sink, is_text ? DER_UTF8_STRING : attribute->tag);
    if (is_text) {
        name_put_text(sink, attribute->value);
    } else {
        name_put_view(sink, attribute->value);
    }
}

bool name_digest(const skr_hash_t *hash, skr_view_t name, uint8_t *out) {
    _Alignas(8) uint8_t state[SKR_HASH_STATE_MAX];
    uint8_t digest[SKR_HASH_SIZE_MAX];
    reader_t outer = reader_of(name);
    reader_t names = der_enter(&outer, DER_SEQUENCE);
    name_sink_t sink = {.hash = hash, .state = state, .ok = hash->init(state)};
    while (reader_more(&names)) {
        reader_t rdn = der_enter(&names, DER_SET);
        name_put(&sink, NAME_MARK_RDN);
        while (reader_more(&rdn)) {
            name_attribute_t attribute = name_read_attribute(&rdn);
            name_put_attribute(&sink, &attribute);
        }
    }
    name_flush(&sink);
    bool ok = sink.ok && hash->result(state, digest);
    if (ok) {
        memcpy(out, digest, NAME_DIGEST_SIZE);
    }
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
