// The elements of one certificate, out of pieces.
//
// In: a certificate's bytes, cut anywhere. Out: what matters of it, in the window's last node and
// in stream_facts_t; the digest of what is signed. RFC 5280 section 4.1. Only one element lies in
// memory at a time, behind the parts that are kept; a subjectAltName passes name by name, and what
// nobody looks at is stepped over. Whole elements are read by the same functions that read
// certificates in memory (certificate.c, extensions.c), so that both see the same. A scheme that
// hashes by itself (Ed25519) wants the TBSCertificate as it is: it is kept then. Judges nothing.
#include "base/bytes.h"
#include "x509/algorithm.h"
#include "x509/anchor.h"
#include "x509/check.h"
#include "x509/match.h"
#include "x509/name.h"
#include "x509/stream.h"

// What comes next.
typedef enum {
    SPLIT_CERTIFICATE,
    SPLIT_TBS,
    SPLIT_FIELD, // one of certificate_fields
    SPLIT_OPTIONAL, // unique identifiers, extensions, or nothing
    SPLIT_LIST, // of extensions
    SPLIT_EXTENSION,
    SPLIT_OID,
    SPLIT_CRITICAL, // or the value
    SPLIT_VALUE,
    SPLIT_NAMES,
    SPLIT_NAME,
    SPLIT_ALGORITHM,
    SPLIT_SIGNATURE,
    // Nothing may come any more in the element that is open:
    SPLIT_VALUE_END,
    SPLIT_LIST_END,
    SPLIT_TBS_END,
    SPLIT_END,
    SPLIT_DONE,
} split_state_t;

// The open elements, from outside.
enum { IN_CERTIFICATE = 1, IN_TBS, IN_OPTIONAL, IN_LIST, IN_EXTENSION, IN_VALUE, IN_NAMES };

static const skr_hash_t *split_hash(const skr_provider_t *provider, uint8_t id) {
    for (const skr_hash_t *const *h = provider->hashes; *h != NULL; h++) {
        if ((*h)->id == id) {
            return *h;
        }
    }
    return NULL;
}

void split_begin(x509_stream_t *s, size_t size) {
    static const stream_facts_t empty = {
        .key_usage = 0xffff, .path_length = X509_PATH_LENGTH_NONE, .field = SKR_FIELD_CERTIFICATE};
    s->state = SPLIT_CERTIFICATE;
    s->depth = 0;
    s->fields = 0;
    s->head_fill = 0;
    s->buffering = s->hashing = s->keeping = false;
    s->extensions_seen = 0;
    s->content = 0;
    s->offset = 0;
    s->left[0] = (uint32_t)size;
    s->facts = empty;
    s->hash = NULL;
}

bool split_done(const x509_stream_t *s) {
    return s->state == SPLIT_DONE;
}

// --- What is kept ---

// A view of the tail by its distance from the tail's end, which stays the same when something
// before it is kept.
static skr_status_t split_keep(x509_stream_t *s, window_part_t part, size_t back, size_t size) {
    window_t *w = &s->window;
    skr_view_t piece = view_of(w->bytes + w->used - back, size);
    if (size == 0) {
        return SKR_OK;
    }
    if (s->keeping) {
        return window_copy(w, part, piece) ? SKR_OK : SKR_ERR_CERT_WINDOW;
    }
    window_move(w, part, piece);
    return SKR_OK;
}

static size_t split_back(const x509_stream_t *s, skr_view_t piece) {
    return (size_t)(s->window.bytes + s->window.used - piece.data);
}

static skr_status_t split_keep_view(x509_stream_t *s, window_part_t part, skr_view_t piece) {
    return view_is(piece) ? split_keep(s, part, split_back(s, piece), piece.size) : SKR_OK;
}

// Names are kept as long as there is room to spare.
static skr_status_t split_keep_name(x509_stream_t *s, window_part_t part, skr_view_t piece) {
    window_node_t *node = window_last(&s->window);
    if (node->names_lost) {
        return SKR_OK;
    }
    // What is moved takes no more room, but the next element will want some.
    if (!window_fits(&s->window, s->keeping ? piece.size : 2 * piece.size)) {
        node->names_lost = true;
        window_drop_part(&s->window, s->window.nodes - 1u, PART_NAMES);
        return SKR_OK;
    }
    return split_keep_view(s, part, piece);
}

// --- The fields of the TBSCertificate ---

// The algorithm is known, so what came up to here can be hashed.
static skr_status_t split_start_hash(
    x509_stream_t *s, const skr_provider_t *provider, skr_view_t algorithm) {
    uint8_t id = SKR_HASH_NONE;
    bool known = algorithm_hash(algorithm, &id);
    if (known && id == SKR_HASH_NONE) {
        return SKR_OK; // all of it is kept
    }
    s->keeping = false;
    s->hash = known ? split_hash(provider, id) : NULL;
    if (s->hash == NULL) {
        return SKR_OK; // nobody will be able to check this signature
    }
    skr_view_t tail = window_tail(&s->window);
    s->hashing = true;
    bool ok = s->hash->init(s->hash_state) && s->hash->update(s->hash_state, tail.data, tail.size);
    return ok ? SKR_OK : SKR_ERR_PROVIDER;
}

// The first anchor that bears a name.
static uint16_t split_find_anchor(const skr_verify_request_t *request, skr_view_t name) {
    for (size_t i = 0; i < request->anchor_count && i < WINDOW_NO_ANCHOR; i++) {
        skr_view_t subject;
        if (anchor_subject(request->anchors[i], &subject) && name_equal(subject, name)) {
            return (uint16_t)i;
        }
    }
    return WINDOW_NO_ANCHOR;
}

static skr_status_t split_name(
    x509_stream_t *s, const skr_verify_request_t *request, skr_view_t name, bool is_issuer) {
    window_node_t *node = window_last(&s->window);
    const skr_hash_t *hash = request->provider->hashes[0];
    if (hash == NULL) {
        return SKR_ERR_CERT_ALGORITHM;
    }
    if (!name_digest(hash, name, is_issuer ? node->issuer : node->subject)) {
        return SKR_ERR_PROVIDER;
    }
    if (is_issuer) {
        node->anchor = split_find_anchor(request, name);
        return SKR_OK;
    }
    node->is_self_issued = view_equal(
        view_of(node->issuer, NAME_DIGEST_SIZE), view_of(node->subject, NAME_DIGEST_SIZE));
    s->subject_empty = name_is_empty(name);
    return split_keep_name(s, PART_SUBJECT, name);
}

static skr_status_t split_key(x509_stream_t *s, const x509_certificate_t *c) {
    window_node_t *node = window_last(&s->window);
    node->key_type = c->key.type;
    node->key_hash = c->key_hash;
    if (c->key.type == SKR_KEY_NONE) {
        return SKR_OK;
    }
    size_t back_b = view_is(c->key.b) ? split_back(s, c->key.b) : 0;
    skr_status_t status = split_keep_view(s, PART_KEY_A, c->key.a);
    return status != SKR_OK ? status : split_keep(s, PART_KEY_B, back_b, c->key.b.size);
}

static skr_status_t split_field(
    x509_stream_t *s, const skr_verify_request_t *request, skr_view_t element) {
    x509_certificate_t c;
    reader_t r = reader_of(element);
    unsigned field = certificate_fields[s->fields];
    facts_load(s, &c);
    c.field = (uint8_t)field;
    c.algorithm = element;
    bool ok = certificate_read_field(&c, &r, field) && reader_done(&r);
    facts_store(s, &c);
    if (!ok) {
        return SKR_ERR_CERT_MALFORMED;
    }
    s->state = ++s->fields == CERTIFICATE_FIELDS ? SPLIT_OPTIONAL : SPLIT_FIELD;
    switch (field) {
        case SKR_FIELD_SERIAL:
            s->serial_good = check_serial(c.serial);
            return SKR_OK;
        case SKR_FIELD_SIGNATURE_ALGORITHM: {
            skr_status_t status = split_start_hash(s, request->provider, element);
            return status != SKR_OK ? status : split_keep_view(s, PART_ALGORITHM, element);
        }
        case SKR_FIELD_ISSUER:
            return split_name(s, request, element, true);
        case SKR_FIELD_SUBJECT:
            return split_name(s, request, element, false);
        case SKR_FIELD_PUBLIC_KEY:
            s->facts.field = SKR_FIELD_CERTIFICATE;
            return split_key(s, &c);
        default:
            return SKR_OK;
    }
}

// --- Extensions ---

// RFC 5280 section 4.2: not twice. The OIDs of unknown ones stand in a part of their own, each
// behind its size.
static skr_status_t split_unknown(x509_stream_t *s, skr_view_t element) {
    reader_t seen = reader_of(window_part(&s->window, s->window.nodes - 1u, PART_OIDS));
    while (reader_more(&seen)) {
        if (view_equal(der_whole(&seen, DER_OID), element)) {
            return SKR_ERR_CERT_MALFORMED;
        }
    }
    return split_keep_view(s, PART_OIDS, element);
}

static skr_status_t split_oid(x509_stream_t *s, skr_view_t element) {
    reader_t r = reader_of(element);
    skr_view_t oid = der_oid(&r);
    s->facts.field = SKR_FIELD_EXTENSIONS;
    if (!reader_done(&r) || ++s->extensions_seen > SKR_EXTENSIONS_MAX) {
        return SKR_ERR_CERT_MALFORMED;
    }
    s->state = SPLIT_CRITICAL;
    s->extension_critical = false;
    s->extension = extensions_bit(oid, &s->facts.field);
    return s->extension != 0 ? SKR_OK : split_unknown(s, element);
}

static skr_status_t split_critical(x509_stream_t *s, skr_view_t element) {
    reader_t r = reader_of(element);
    s->extension_critical = der_boolean(&r);
    s->state = SPLIT_VALUE;
    return reader_done(&r) ? SKR_OK : SKR_ERR_CERT_MALFORMED;
}

static skr_status_t split_value(x509_stream_t *s, skr_view_t element) {
    x509_certificate_t c;
    reader_t r = reader_of(element);
    facts_load(s, &c);
    bool ok = extensions_read_one(
        &c, s->extension, s->extension_critical, der_get(&r, DER_OCTET_STRING));
    facts_store(s, &c);
    s->state = SPLIT_VALUE_END;
    if (!ok) {
        return SKR_ERR_CERT_MALFORMED;
    }
    switch (s->extension) {
        case X509_EXT_EXT_KEY_USAGE:
            return split_keep_view(s, PART_EXT_KEY_USAGE, c.ext_key_usage);
        case X509_EXT_NAME_CONSTRAINTS: // an empty one can't be told from none later
            return c.name_constraints.size == 0
                ? SKR_ERR_CERT_MALFORMED
                : split_keep_view(s, PART_CONSTRAINTS, c.name_constraints);
        case X509_EXT_SUBJECT_KEY_ID:
            return split_keep_view(s, PART_SUBJECT_KEY_ID, c.subject_key_id);
        case X509_EXT_AUTHORITY_KEY_ID:
            return split_keep_view(s, PART_AUTHORITY_KEY_ID, c.authority_key_id);
        default:
            return SKR_OK;
    }
}

static skr_status_t split_general_name(
    x509_stream_t *s, const skr_verify_request_t *request, skr_view_t element) {
    if (!name_general_list_is_valid(element)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    bool asked = s->count == 1 && request->name != NULL && request->name->kind != SKR_NAME_NONE;
    if (asked && match_name(element, request->name)) {
        s->leaf_named = true;
    }
    return split_keep_name(s, PART_NAMES, element);
}

// --- Behind the TBSCertificate ---

static skr_status_t split_algorithm(x509_stream_t *s, skr_view_t element) {
    skr_view_t inner = window_part(&s->window, s->window.nodes - 1u, PART_ALGORITHM);
    s->facts.field = SKR_FIELD_SIGNATURE_ALGORITHM;
    s->state = SPLIT_SIGNATURE;
    return view_equal(inner, element) ? SKR_OK : SKR_ERR_CERT_MALFORMED; // section 4.1.1.2
}

static skr_status_t split_signature(x509_stream_t *s, skr_view_t element) {
    reader_t r = reader_of(element);
    skr_view_t signature = der_bit_bytes(&r);
    s->facts.field = SKR_FIELD_CERTIFICATE;
    s->state = SPLIT_END;
    if (!reader_done(&r) || signature.size == 0) {
        return SKR_ERR_CERT_MALFORMED;
    }
    return split_keep_view(s, PART_SIGNATURE, signature);
}

// What is signed is complete.
static skr_status_t split_end_tbs(x509_stream_t *s) {
    uint8_t digest[SKR_HASH_SIZE_MAX];
    if (s->hashing) {
        if (!s->hash->result(s->hash_state, digest)) {
            return SKR_ERR_PROVIDER;
        }
        window_drop_tail(&s->window);
        if (!window_append(&s->window, digest, s->hash->size)) {
            return SKR_ERR_CERT_WINDOW;
        }
    }
    if (s->hashing || s->keeping) {
        window_tail_is(&s->window, PART_MESSAGE);
    }
    s->hashing = s->keeping = false;
    return SKR_OK;
}

// --- Element by element ---

// An element that was wanted whole is there.
static skr_status_t split_element(x509_stream_t *s, const skr_verify_request_t *request) {
    skr_view_t tail = window_tail(&s->window);
    skr_view_t element = view_of(tail.data + tail.size - s->element, s->element);
    switch (s->state) {
        case SPLIT_FIELD:
            return split_field(s, request, element);
        case SPLIT_OID:
            return split_oid(s, element);
        case SPLIT_CRITICAL:
            return split_critical(s, element);
        case SPLIT_VALUE:
            return split_value(s, element);
        case SPLIT_NAME:
            return split_general_name(s, request, element);
        case SPLIT_ALGORITHM:
            return split_algorithm(s, element);
        default:
            return split_signature(s, element);
    }
}

// The innermost open element has ended: what may come behind it?
static bool split_leave(x509_stream_t *s, split_event_t *event) {
    static const struct {
        uint8_t state, other; // in which it may end
        uint8_t next;
    } ends[SPLIT_DEPTH] = {
        [IN_CERTIFICATE] = {SPLIT_END, SPLIT_END, SPLIT_DONE},
        [IN_TBS] = {SPLIT_OPTIONAL, SPLIT_TBS_END, SPLIT_ALGORITHM},
        [IN_OPTIONAL] = {SPLIT_LIST_END, SPLIT_LIST_END, SPLIT_TBS_END},
        [IN_LIST] = {SPLIT_EXTENSION, SPLIT_EXTENSION, SPLIT_LIST_END},
        [IN_EXTENSION] = {SPLIT_VALUE_END, SPLIT_VALUE_END, SPLIT_EXTENSION},
        [IN_VALUE] = {SPLIT_VALUE_END, SPLIT_VALUE_END, SPLIT_VALUE_END},
        [IN_NAMES] = {SPLIT_NAME, SPLIT_NAME, SPLIT_VALUE_END},
    };
    uint8_t depth = s->depth;
    if (s->state != ends[depth].state && s->state != ends[depth].other) {
        return false;
    }
    s->state = ends[depth].next;
    *event = depth == IN_TBS ? SPLIT_EVENT_TBS : *event;
    s->depth--;
    return true;
}

// An element is complete, and perhaps others with it.
static skr_status_t split_ended(
    x509_stream_t *s, const skr_verify_request_t *request, split_event_t *event) {
    skr_status_t status = s->buffering ? split_element(s, request) : SKR_OK;
    // Behind the key only what is optional comes.
    *event = s->buffering && s->state == SPLIT_OPTIONAL ? SPLIT_EVENT_KEY : SPLIT_EVENT_NONE;
    s->buffering = false;
    s->head_fill = 0;
    if (!s->keeping) {
        window_drop_tail(&s->window);
    }
    while (status == SKR_OK && s->depth > 0 && s->left[s->depth] == 0) {
        if (!split_leave(s, event)) {
            return SKR_ERR_CERT_MALFORMED;
        }
        if (*event == SPLIT_EVENT_TBS) {
            return split_end_tbs(s);
        }
    }
    return status;
}

// Goes into the element at hand.
static bool split_enter(x509_stream_t *s, split_state_t next) {
    if (s->content == 0) {
        return false; // none of those that are entered may be empty
    }
    s->left[++s->depth] = s->content;
    s->content = 0;
    s->head_fill = 0;
    s->state = (uint8_t)next;
    return true;
}

// [1], [2] and [3], in this order, each once.
static bool split_optional(x509_stream_t *s, uint8_t tag) {
    unsigned number = tag == DER_PRIMITIVE(1) ? 1 : tag == DER_PRIMITIVE(2) ? 2 : 3;
    if (CERTIFICATE_FIELDS + number <= s->fields || (number == 3 && tag != DER_CONSTRUCTED(3))) {
        return false;
    }
    s->fields = (uint8_t)(CERTIFICATE_FIELDS + number);
    if (number < 3) {
        return true; // stepped over
    }
    s->facts.field = SKR_FIELD_EXTENSIONS;
    return split_enter(s, SPLIT_LIST);
}

static bool split_open_value(x509_stream_t *s, uint8_t tag) {
    if (tag == DER_BOOLEAN && s->state == SPLIT_CRITICAL) {
        s->buffering = true;
        return true;
    }
    if (tag != DER_OCTET_STRING) {
        return false;
    }
    s->state = SPLIT_VALUE;
    if (s->extension != 0 && s->extension != X509_EXT_SUBJECT_ALT_NAME) {
        s->buffering = true;
        return true;
    }
    x509_certificate_t c;
    facts_load(s, &c);
    bool ok = extensions_note(&c, s->extension, s->extension_critical);
    facts_store(s, &c);
    if (s->extension != 0) {
        return ok && split_enter(s, SPLIT_NAMES);
    }
    s->state = SPLIT_VALUE_END;
    return ok;
}

// The head of an element is there: go into it, want it whole, or step over it. false: not here.
static bool split_open(x509_stream_t *s, uint8_t tag) {
    switch (s->state) {
        case SPLIT_CERTIFICATE:
            return tag == DER_SEQUENCE && s->content == s->left[0] && split_enter(s, SPLIT_TBS);
        case SPLIT_TBS:
            s->keeping = true;
            return tag == DER_SEQUENCE && split_enter(s, SPLIT_FIELD);
        case SPLIT_OPTIONAL:
            return split_optional(s, tag);
        case SPLIT_LIST:
            return tag == DER_SEQUENCE && split_enter(s, SPLIT_EXTENSION);
        case SPLIT_EXTENSION:
            return tag == DER_SEQUENCE && split_enter(s, SPLIT_OID);
        case SPLIT_CRITICAL:
        case SPLIT_VALUE:
            return split_open_value(s, tag);
        case SPLIT_NAMES:
            return tag == DER_SEQUENCE && split_enter(s, SPLIT_NAME);
        case SPLIT_FIELD:
        case SPLIT_OID:
        case SPLIT_NAME:
        case SPLIT_ALGORITHM:
        case SPLIT_SIGNATURE:
            s->buffering = true;
            return true;
        default:
            return false;
    }
}

// --- Bytes ---

// Takes size bytes: they count, and go where they are wanted.
static skr_status_t split_take(x509_stream_t *s, const uint8_t *data, size_t size, bool is_head) {
    for (unsigned i = 0; i <= s->depth; i++) {
        if (s->left[i] < size) {
            return SKR_ERR_CERT_MALFORMED;
        }
        s->left[i] -= (uint32_t)size;
    }
    s->offset += (uint32_t)size;
    if (s->hashing && !s->hash->update(s->hash_state, data, size)) {
        return SKR_ERR_PROVIDER;
    }
    if (s->keeping || (s->buffering && !is_head)) {
        return window_append(&s->window, data, size) ? SKR_OK : SKR_ERR_CERT_WINDOW;
    }
    return SKR_OK;
}

// Bytes that a head with these first two has.
static size_t split_head_size(const uint8_t *head) {
    return head[1] >= 0x81 && head[1] <= 0x83 ? 2u + (head[1] & 0x7f) : 2;
}

// Bytes of an element's head; behind the last one the element begins.
static skr_status_t split_head(x509_stream_t *s, skr_view_t piece, size_t *used) {
    bool in_tbs = s->keeping;
    const uint8_t *start = piece.data + *used;
    size_t fill = s->head_fill;
    while (*used < piece.size && (fill < 2 || fill < split_head_size(s->head))) {
        s->head[fill++] = piece.data[(*used)++];
    }
    skr_status_t status = split_take(s, start, fill - s->head_fill, true);
    s->head_fill = (uint8_t)fill;
    if (status != SKR_OK || fill < 2 || fill < split_head_size(s->head)) {
        return status;
    }
    uint8_t tag = 0;
    reader_t r = reader_of(view_of(s->head, fill));
    s->content = (uint32_t)der_head(&r, &tag);
    s->element = s->content + (uint32_t)fill;
    if (reader_failed(&r) || s->content > s->left[s->depth] || !split_open(s, tag)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    if (s->buffering && !window_make_room(&s->window, s->element)) {
        return SKR_ERR_CERT_WINDOW;
    }
    // The head itself belongs to what is kept: the TBSCertificate's, and those of whole elements.
    bool wanted = !in_tbs && (s->keeping || s->buffering);
    return !wanted || window_append(&s->window, s->head, fill) ? SKR_OK : SKR_ERR_CERT_WINDOW;
}

skr_status_t split_feed(x509_stream_t *s, const skr_verify_request_t *request, skr_view_t piece,
    size_t *used, split_event_t *event) {
    skr_status_t status = SKR_OK;
    *used = 0;
    *event = SPLIT_EVENT_NONE;
    while (status == SKR_OK && *event == SPLIT_EVENT_NONE && *used < piece.size) {
        if (s->content == 0) {
            status = split_head(s, piece, used);
        } else {
            size_t left = piece.size - *used;
            size_t size = s->content < left ? s->content : left;
            s->content -= (uint32_t)size;
            status = split_take(s, piece.data + *used, size, false);
            *used += size;
        }
        bool whole = s->content == 0 && s->head_fill > 1 &&
            s->head_fill == split_head_size(s->head);
        if (status == SKR_OK && whole) {
            status = split_ended(s, request, event);
        }
    }
    return status;
}
