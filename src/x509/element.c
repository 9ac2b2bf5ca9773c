// What the elements of a certificate say.
//
// In: whole elements of a certificate, one by one, at the end of the window's tail. Out: what
// matters of them, in the window's last node and in stream_facts_t; the digest of what is signed.
// RFC 5280 section 4.1. They are read by the same functions that read certificates in memory
// (certificate.c, extensions.c), so that both see the same. A scheme that hashes by itself
// (Ed25519) wants the TBSCertificate as it is: it is kept then. Which element may come where is
// split.c's business; nothing is judged.
#include "base/bytes.h"
#include "x509/algorithm.h"
#include "x509/anchor.h"
#include "x509/check.h"
#include "x509/match.h"
#include "x509/name.h"
#include "x509/stream.h"

static const skr_hash_t *element_hash(const skr_provider_t *provider, uint8_t id) {
    for (const skr_hash_t *const *h = provider->hashes; *h != NULL; h++) {
        if ((*h)->id == id) {
            return *h;
        }
    }
    return NULL;
}

// --- To and from x509_certificate_t ---

void element_load(const x509_stream_t *s, x509_certificate_t *c) {
    *c = certificate_empty;
    c->not_before = s->facts.not_before;
    c->not_after = s->facts.not_after;
    c->path_length = s->facts.path_length;
    c->extensions = s->facts.extensions;
    c->critical = s->facts.critical;
    c->key_usage = s->facts.key_usage;
    c->field = s->facts.field;
    c->is_ca = s->facts.is_ca;
    c->names_issuer_certificate = s->facts.names_issuer_certificate;
    c->not_understood = s->facts.not_understood;
}

void element_store(x509_stream_t *s, const x509_certificate_t *c) {
    s->facts.not_before = c->not_before;
    s->facts.not_after = c->not_after;
    s->facts.path_length = c->path_length;
    s->facts.extensions = c->extensions;
    s->facts.critical = c->critical;
    s->facts.key_usage = c->key_usage;
    s->facts.field = c->field;
    s->facts.is_ca = c->is_ca;
    s->facts.names_issuer_certificate = c->names_issuer_certificate;
    s->facts.not_understood = c->not_understood;
}

void element_certificate(const x509_stream_t *s, x509_certificate_t *c) {
    static const uint8_t no_name[] = {DER_SEQUENCE, 0};
    static const uint8_t some_name[] = {DER_SEQUENCE, 2, DER_SET, 0};
    static const uint8_t serials[] = {0, 1};
    const window_t *w = &s->window;
    const window_node_t *node = window_last(w);
    size_t n = w->nodes - 1u;
    element_load(s, c);
    c->serial = view_of(serials + s->facts.serial_good, 1);
    c->key.type = node->key_type;
    c->key.a = window_part(w, n, PART_KEY_A);
    c->key.b = window_part(w, n, PART_KEY_B);
    c->key_hash = node->key_hash;
    c->subject = window_part(w, n, PART_SUBJECT);
    if (!view_is(c->subject)) {
        c->subject = s->facts.subject_empty ? view_of(no_name, sizeof(no_name))
                                            : view_of(some_name, sizeof(some_name));
    }
    c->subject_alt_name = window_part(w, n, PART_NAMES);
    c->name_constraints = window_part(w, n, PART_CONSTRAINTS);
    c->ext_key_usage = window_part(w, n, PART_EXT_KEY_USAGE);
    c->subject_key_id = window_part(w, n, PART_SUBJECT_KEY_ID);
    c->authority_key_id = window_part(w, n, PART_AUTHORITY_KEY_ID);
    c->is_self_issued = node->is_self_issued;
}

// --- What is kept ---

// A view of the tail by its distance from the tail's end, which stays the same when something
// before it is kept.
static skr_status_t element_keep(x509_stream_t *s, window_part_t part, size_t back, size_t size) {
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

static size_t element_back(const x509_stream_t *s, skr_view_t piece) {
    return (size_t)(s->window.bytes + s->window.used - piece.data);
}

static skr_status_t element_keep_view(x509_stream_t *s, window_part_t part, skr_view_t piece) {
    return view_is(piece) ? element_keep(s, part, element_back(s, piece), piece.size) : SKR_OK;
}

// Names are kept as long as there is room to spare.
static skr_status_t element_keep_name(x509_stream_t *s, window_part_t part, skr_view_t piece) {
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
    return element_keep_view(s, part, piece);
}

// --- The fields of the TBSCertificate ---

// The algorithm is known, so what came up to here can be hashed.
static skr_status_t element_start_hash(
    x509_stream_t *s, const skr_provider_t *provider, skr_view_t algorithm) {
    uint8_t id = SKR_HASH_NONE;
    bool known = algorithm_hash(algorithm, &id);
    if (known && id == SKR_HASH_NONE && algorithm_type_is_offered(provider, SKR_KEY_ED25519)) {
        return SKR_OK; // all of it is kept
    }
    s->keeping = false;
    s->hash = known ? element_hash(provider, id) : NULL;
    if (s->hash == NULL) {
        return SKR_OK; // nobody will be able to check this signature
    }
    skr_view_t tail = window_tail(&s->window);
    s->hashing = true;
    bool ok = s->hash->init(s->hash_state) && s->hash->update(s->hash_state, tail.data, tail.size);
    return ok ? SKR_OK : SKR_ERR_PROVIDER;
}

// The first anchor that bears a name.
static uint16_t element_find_anchor(const skr_verify_request_t *request, skr_view_t name) {
    for (size_t i = 0; i < request->anchor_count && i < WINDOW_NO_ANCHOR; i++) {
        skr_view_t subject;
        if (anchor_subject(request->anchors[i], &subject) && name_equal(subject, name)) {
            return (uint16_t)i;
        }
    }
    return WINDOW_NO_ANCHOR;
}

static skr_status_t element_name(
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
        node->anchor = element_find_anchor(request, name);
        return SKR_OK;
    }
    node->is_self_issued = view_equal(
        view_of(node->issuer, NAME_DIGEST_SIZE), view_of(node->subject, NAME_DIGEST_SIZE));
    s->facts.subject_empty = name_is_empty(name);
    return element_keep_name(s, PART_SUBJECT, name);
}

static skr_status_t element_key(x509_stream_t *s, const x509_certificate_t *c) {
    window_node_t *node = window_last(&s->window);
    node->key_type = c->key.type;
    node->key_hash = c->key_hash;
    if (c->key.type == SKR_KEY_NONE) {
        return SKR_OK;
    }
    size_t back_b = view_is(c->key.b) ? element_back(s, c->key.b) : 0;
    skr_status_t status = element_keep_view(s, PART_KEY_A, c->key.a);
    return status != SKR_OK ? status : element_keep(s, PART_KEY_B, back_b, c->key.b.size);
}

static skr_status_t element_field(
    x509_stream_t *s, const skr_verify_request_t *request, skr_view_t element) {
    x509_certificate_t c;
    reader_t r = reader_of(element);
    unsigned field = certificate_fields[s->fields];
    element_load(s, &c);
    c.field = (uint8_t)field;
    c.algorithm = element;
    bool ok = certificate_read_field(&c, &r, field) && reader_done(&r);
    element_store(s, &c);
    if (!ok) {
        return SKR_ERR_CERT_MALFORMED;
    }
    s->state = ++s->fields == CERTIFICATE_FIELDS ? SPLIT_OPTIONAL : SPLIT_FIELD;
    switch (field) {
        case SKR_FIELD_SERIAL:
            s->facts.serial_good = check_serial(c.serial);
            return SKR_OK;
        case SKR_FIELD_SIGNATURE_ALGORITHM: {
            skr_status_t status = element_start_hash(s, request->provider, element);
            return status != SKR_OK ? status : element_keep_view(s, PART_ALGORITHM, element);
        }
        case SKR_FIELD_ISSUER:
            return element_name(s, request, element, true);
        case SKR_FIELD_SUBJECT:
            return element_name(s, request, element, false);
        case SKR_FIELD_PUBLIC_KEY:
            s->facts.field = SKR_FIELD_CERTIFICATE;
            return element_key(s, &c);
        default:
            return SKR_OK;
    }
}

// --- Extensions ---

// RFC 5280 section 4.2: not twice. The OIDs of unknown ones stand in a part of their own, each
// behind its size.
static skr_status_t element_unknown(x509_stream_t *s, skr_view_t element) {
    reader_t seen = reader_of(window_part(&s->window, s->window.nodes - 1u, PART_OIDS));
    while (reader_more(&seen)) {
        if (view_equal(der_whole(&seen, DER_OID), element)) {
            return SKR_ERR_CERT_MALFORMED;
        }
    }
    return element_keep_view(s, PART_OIDS, element);
}

static skr_status_t element_oid(x509_stream_t *s, skr_view_t element) {
    reader_t r = reader_of(element);
    skr_view_t oid = der_oid(&r);
    s->facts.field = SKR_FIELD_EXTENSIONS;
    if (!reader_done(&r) || ++s->extensions_seen > SKR_EXTENSIONS_MAX) {
        return SKR_ERR_CERT_MALFORMED;
    }
    s->state = SPLIT_CRITICAL;
    s->extension_critical = false;
    s->extension = extensions_bit(oid, &s->facts.field);
    return s->extension != 0 ? SKR_OK : element_unknown(s, element);
}

static skr_status_t element_critical(x509_stream_t *s, skr_view_t element) {
    reader_t r = reader_of(element);
    s->extension_critical = der_boolean(&r);
    s->state = SPLIT_VALUE;
    return reader_done(&r) ? SKR_OK : SKR_ERR_CERT_MALFORMED;
}

static skr_status_t element_value(x509_stream_t *s, skr_view_t element) {
    x509_certificate_t c;
    reader_t r = reader_of(element);
    element_load(s, &c);
    bool ok = extensions_read_one(
        &c, s->extension, s->extension_critical, der_get(&r, DER_OCTET_STRING));
    element_store(s, &c);
    s->state = SPLIT_VALUE_END;
    if (!ok) {
        return SKR_ERR_CERT_MALFORMED;
    }
    switch (s->extension) {
        case X509_EXT_EXT_KEY_USAGE:
            return element_keep_view(s, PART_EXT_KEY_USAGE, c.ext_key_usage);
        case X509_EXT_NAME_CONSTRAINTS: // an empty one can't be told from none later
            return c.name_constraints.size == 0
                ? SKR_ERR_CERT_MALFORMED
                : element_keep_view(s, PART_CONSTRAINTS, c.name_constraints);
        case X509_EXT_SUBJECT_KEY_ID:
            return element_keep_view(s, PART_SUBJECT_KEY_ID, c.subject_key_id);
        case X509_EXT_AUTHORITY_KEY_ID:
            return element_keep_view(s, PART_AUTHORITY_KEY_ID, c.authority_key_id);
        default:
            return SKR_OK;
    }
}

static skr_status_t element_general_name(
    x509_stream_t *s, const skr_verify_request_t *request, skr_view_t element) {
    if (!name_general_list_is_valid(element)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    bool asked = s->count == 1 && request->name != NULL && request->name->kind != SKR_NAME_NONE;
    if (asked && match_name(element, request->name)) {
        s->leaf_named = true;
    }
    return element_keep_name(s, PART_NAMES, element);
}

// --- Behind the TBSCertificate ---

static skr_status_t element_algorithm(x509_stream_t *s, skr_view_t element) {
    skr_view_t inner = window_part(&s->window, s->window.nodes - 1u, PART_ALGORITHM);
    s->facts.field = SKR_FIELD_SIGNATURE_ALGORITHM;
    s->state = SPLIT_SIGNATURE;
    return view_equal(inner, element) ? SKR_OK : SKR_ERR_CERT_MALFORMED; // section 4.1.1.2
}

static skr_status_t element_signature(x509_stream_t *s, skr_view_t element) {
    reader_t r = reader_of(element);
    skr_view_t signature = der_bit_bytes(&r);
    s->facts.field = SKR_FIELD_CERTIFICATE;
    s->state = SPLIT_END;
    if (!reader_done(&r) || signature.size == 0) {
        return SKR_ERR_CERT_MALFORMED;
    }
    return element_keep_view(s, PART_SIGNATURE, signature);
}

// What is signed is complete.
skr_status_t element_tbs_ended(x509_stream_t *s) {
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

// An element that was wanted whole is there.
skr_status_t element_read(x509_stream_t *s, const skr_verify_request_t *request) {
    skr_view_t tail = window_tail(&s->window);
    skr_view_t element = view_of(tail.data + tail.size - s->element, s->element);
    switch (s->state) {
        case SPLIT_FIELD:
            return element_field(s, request, element);
        case SPLIT_OID:
            return element_oid(s, element);
        case SPLIT_CRITICAL:
            return element_critical(s, element);
        case SPLIT_VALUE:
            return element_value(s, element);
        case SPLIT_NAME:
            return element_general_name(s, request, element);
        case SPLIT_ALGORITHM:
            return element_algorithm(s, element);
        default:
            return element_signature(s, element);
    }
}
