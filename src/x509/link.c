// Which certificate has issued which: the search for a path in a chain that streams through.
//
// In: certificates in the window, one after the other. Out: a path to an anchor, or the best
// refusal. The same rules as path.c (RFC 5280 section 6) by the same checks, in the order in which
// the certificates come: one is linked when a path of good signatures leads from it down to the
// leaf. A new one is tried as the issuer of all that are linked; once it is linked itself, the
// anchors and whatever came earlier are tried as its issuers. So any order will do as long as the
// window has room for those whose turn has not come. Each pair is tried once; work is bounded in
// signatures, names and height as in path.c. What had to leave the window can't be found again,
// which is then what the refusal says.
#include "base/bytes.h"
#include "x509/algorithm.h"
#include "x509/anchor.h"
#include "x509/check.h"
#include "x509/constraints.h"
#include "x509/signature.h"
#include "x509/stream.h"

// One that may have issued another: of the window, or an anchor.
typedef struct {
    const skr_public_key_t *key;
    uint8_t key_hash;
    skr_view_t subject_key_id;
    skr_view_t constraints;
    size_t number; // as in skr_verify_result_t
} link_issuer_t;

static const window_node_t *link_node(const x509_stream_t *s, size_t n) {
    return window_node(&s->window, n);
}

static void link_note_number(x509_stream_t *s, refusal_rank_t rank, unsigned height,
    skr_status_t status, size_t number, unsigned field) {
    refusal_note(&s->refusal, s->result, rank, height, status, number, field);
}

void link_note(x509_stream_t *s, refusal_rank_t rank, const window_node_t *node,
    skr_status_t status, unsigned field) {
    link_note_number(s, rank, node->height, status, node->index, field);
}

// An issuer of the node below is refused. One who is a mere namesake (fits: his key identifier is
// the right one) is not worth a note; that the window was too small to tell always is.
static void link_refused(x509_stream_t *s, bool fits, const window_node_t *below,
    skr_status_t status, size_t number, unsigned field) {
    bool shorter_may_do = below->detour &&
        (status == SKR_ERR_CERT_PATH_LENGTH || status == SKR_ERR_CERT_CONSTRAINT ||
            status == SKR_ERR_CERT_TOO_COMPLEX);
    s->window.lost = s->window.lost || status == SKR_ERR_CERT_WINDOW || shorter_may_do;
    if (fits) {
        link_note_number(s, RANK_CHECK, below->height, status, number, field);
    }
}

// No other path may change the verdict.
static skr_status_t link_final(
    x509_stream_t *s, const window_node_t *node, skr_status_t status, unsigned field) {
    s->done = true;
    link_note(s, RANK_FINAL, node, status, field);
    return status;
}

static bool link_names_match(const uint8_t *a, const uint8_t *b) {
    return view_equal(view_of(a, NAME_DIGEST_SIZE), view_of(b, NAME_DIGEST_SIZE));
}

// Key identifiers are a hint (section 4.2.1.1): who does not fit is tried, but his refusal is not
// worth a note.
static bool link_fits(const x509_stream_t *s, size_t below, skr_view_t subject_key_id) {
    skr_view_t wanted = window_part(&s->window, below, PART_AUTHORITY_KEY_ID);
    return !view_is(wanted) || !view_is(subject_key_id) || view_equal(wanted, subject_key_id);
}

// --- Name constraints ---

// Is a certificate of the chain on the path that ends in top?
static bool link_on_path(const x509_stream_t *s, const window_node_t *top, uint8_t index) {
    uint8_t at = top->index;
    for (unsigned i = 1; i < top->height && at != index; i++) {
        at = s->parent[at];
    }
    return at == index;
}

static skr_status_t link_keeps(x509_stream_t *s, size_t n, skr_view_t constraints, uint8_t *field) {
    x509_certificate_t c = certificate_empty;
    if (link_node(s, n)->names_lost) {
        return SKR_ERR_CERT_WINDOW;
    }
    static const uint8_t no_name[] = {DER_SEQUENCE, 0};
    c.subject = window_part(&s->window, n, PART_SUBJECT);
    if (!view_is(c.subject)) {
        c.subject = view_of(no_name, sizeof(no_name));
    }
    c.subject_alt_name = window_part(&s->window, n, PART_NAMES);
    unsigned names = s->names;
    skr_status_t status = constraints_check(constraints, &c, &names, field);
    s->names = (uint16_t)names;
    return status;
}

// Do all certificates from top down keep the constraints? Self-issued ones need not, but for the
// leaf (section 6.1.3 (b)). On a refusal *blamed is the number of the certificate that is wrong.
static skr_status_t link_constraints(x509_stream_t *s, const window_node_t *top,
    const link_issuer_t *issuer, size_t *blamed, uint8_t *field) {
    if (!view_is(issuer->constraints)) {
        return SKR_OK;
    }
    *blamed = issuer->number;
    *field = SKR_FIELD_NAME_CONSTRAINTS;
    unsigned names = s->names;
    skr_status_t status = constraints_read(issuer->constraints, &names);
    s->names = (uint16_t)names;
    if (status == SKR_OK && s->window.names_lost) {
        return SKR_ERR_CERT_WINDOW;
    }
    for (size_t n = 0; n < s->window.nodes && status == SKR_OK; n++) {
        const window_node_t *node = link_node(s, n);
        bool asked = node->linked && link_on_path(s, top, node->index) &&
            (node->height == 1 || !node->is_self_issued);
        if (asked) {
            *blamed = node->index;
            status = link_keeps(s, n, issuer->constraints, field);
        }
    }
    return status;
}

// --- One pair ---

// Is the signature of the node below by this issuer's key? SKR_OK and *good, or an error that ends
// all.
static skr_status_t link_signature(x509_stream_t *s, const skr_verify_request_t *request,
    size_t below, const link_issuer_t *issuer, bool fits, bool *good) {
    const window_t *w = &s->window;
    const window_node_t *node = link_node(s, below);
    signature_means_t means;
    skr_view_t message = window_part(w, below, PART_MESSAGE);
    skr_view_t signature = window_part(w, below, PART_SIGNATURE);
    uint16_t scheme = algorithm_scheme(
        window_part(w, below, PART_ALGORITHM), issuer->key, issuer->key_hash);
    *good = false;
    if (!view_is(message) || !signature_find(request->provider, scheme, &means)) {
        if (fits) {
            link_note(s, RANK_CHECK, node, SKR_ERR_CERT_ALGORITHM, SKR_FIELD_SIGNATURE_ALGORITHM);
        }
        return SKR_OK;
    }
    if (s->signatures == 0) {
        s->done = true;
        link_note(s, RANK_WORK, node, SKR_ERR_CERT_TOO_COMPLEX, SKR_FIELD_ISSUER);
        return SKR_OK;
    }
    s->signatures--;
    switch (means.signature->verify(
        issuer->key, message.data, message.size, signature.data, signature.size)) {
        case SKR_CRYPTO_OK:
            *good = true;
            return SKR_OK;
        case SKR_CRYPTO_REFUSED:
            if (fits) {
                link_note(s, RANK_SIGNATURE, node, SKR_ERR_CERT_SIGNATURE, SKR_FIELD_SIGNATURE);
            }
            return SKR_OK;
        default:
            return link_final(s, node, SKR_ERR_PROVIDER, SKR_FIELD_SIGNATURE);
    }
}

// What can be said of a certificate of the chain as the issuer of the node below, but for the
// signature.
static skr_status_t link_judge(x509_stream_t *s, const skr_verify_request_t *request, size_t below,
    const window_node_t *above, const link_issuer_t *issuer, size_t *blamed, uint8_t *field) {
    const window_node_t *node = link_node(s, below);
    unsigned intermediates = node->intermediates + !above->is_self_issued;
    *blamed = above->index;
    *field = above->field;
    if (above->status != SKR_OK) {
        return (skr_status_t)above->status;
    }
    if (above->path_length != WINDOW_NO_LENGTH && above->path_length < node->intermediates) {
        *field = SKR_FIELD_BASIC_CONSTRAINTS;
        return SKR_ERR_CERT_PATH_LENGTH;
    }
    if (request->max_intermediates != 0 && intermediates > request->max_intermediates - 1u) {
        *field = SKR_FIELD_ISSUER;
        return SKR_ERR_CERT_PATH_LENGTH;
    }
    return link_constraints(s, node, issuer, blamed, field);
}

// Tries a certificate as the issuer of one that is linked.
static skr_status_t link_try(
    x509_stream_t *s, const skr_verify_request_t *request, size_t below, size_t above) {
    window_t *w = &s->window;
    window_node_t *lower = window_node(w, below);
    window_node_t *upper = window_node(w, above);
    if (!lower->linked || upper->linked || !link_names_match(lower->issuer, upper->subject)) {
        return SKR_OK;
    }
    bool tried = upper == window_last(w) && s->tried == lower->index + 1;
    if (lower->size[PART_SIGNATURE] == 0 && !tried) {
        w->lost = true; // another issuer, too late
        return SKR_OK;
    }
    skr_public_key_t key = {
        upper->key_type, window_part(w, above, PART_KEY_A), window_part(w, above, PART_KEY_B)};
    link_issuer_t issuer = {&key, upper->key_hash, window_part(w, above, PART_SUBJECT_KEY_ID),
        window_part(w, above, PART_CONSTRAINTS), upper->index};
    bool fits = link_fits(s, below, issuer.subject_key_id);
    size_t blamed;
    uint8_t field;
    bool good = false;
    skr_status_t status = link_judge(s, request, below, upper, &issuer, &blamed, &field);
    if (status != SKR_OK) {
        link_refused(s, fits, lower, status, blamed, field);
        return SKR_OK;
    }
    if (!tried) {
        status = link_signature(s, request, below, &issuer, fits, &good);
    } else if (s->tried_good) {
        good = true;
    } else if (fits) {
        link_note(s, RANK_SIGNATURE, lower, SKR_ERR_CERT_SIGNATURE, SKR_FIELD_SIGNATURE);
    }
    if (status != SKR_OK || !good) {
        return status;
    }
    if (lower->height == SKR_PATH_MAX) {
        w->lost = w->lost || lower->detour;
        link_note_number(
            s, RANK_WORK, lower->height, SKR_ERR_CERT_TOO_COMPLEX, upper->index, SKR_FIELD_ISSUER);
        return SKR_OK;
    }
    // It may have issued another, too, which is gone.
    upper->detour = lower->detour || (w->passed & window_mark(upper->subject)) != 0;
    upper->linked = true;
    upper->fresh = true;
    upper->height = (uint8_t)(lower->height + 1);
    upper->intermediates = (uint8_t)(lower->intermediates + !upper->is_self_issued);
    s->parent[upper->index] = lower->index;
    lower->superseded = true;
    window_drop_part(w, above, PART_KEY_A);
    window_drop_part(w, above, PART_KEY_B);
    window_drop_part(w, above, PART_SUBJECT_KEY_ID);
    window_drop_part(w, above, PART_CONSTRAINTS);
    return SKR_OK;
}

// --- Anchors ---

static skr_status_t link_found(x509_stream_t *s, const skr_verify_request_t *request,
    const window_node_t *top, size_t anchor) {
    bool has_name = request->name != NULL && request->name->kind != SKR_NAME_NONE;
    if (has_name && !s->leaf_named) {
        window_node_t leaf = {.height = top->height};
        return link_final(s, &leaf, SKR_ERR_CERT_NAME, SKR_FIELD_SUBJECT_ALT_NAME);
    }
    s->done = true;
    skr_verify_result_t *result = s->result;
    result->status = SKR_OK;
    result->certificate = 0;
    result->field = SKR_FIELD_NONE;
    result->anchor = (uint16_t)anchor;
    result->path_size = top->height;
    uint8_t at = top->index;
    for (unsigned i = top->height; i-- > 0;) {
        result->path[i] = at;
        at = s->parent[at];
    }
    return SKR_OK;
}

// Whether the root may stand above this certificate, its signature aside; what it is. Out of line:
// all of a root's parts would lie on the stack while the signature is checked, which takes the
// most.
__attribute__((noinline)) static bool link_anchor_stands(x509_stream_t *s,
    const skr_verify_request_t *request, size_t n, size_t anchor, skr_public_key_t *key,
    link_issuer_t *issuer, bool *fits) {
    const window_node_t *node = link_node(s, n);
    x509_certificate_t c;
    size_t blamed = STREAM_ANCHOR + anchor; // how long the chain will be is not known
    uint8_t field = SKR_FIELD_NONE;
    skr_status_t status = anchor_read(&c, request->anchors[anchor]);
    *key = c.key;
    *issuer = (link_issuer_t){key, c.key_hash, c.subject_key_id, c.name_constraints, blamed};
    if (status != SKR_OK) {
        field = c.field;
    } else {
        status = check_certificate(request, &c, CHECK_ANCHOR, node->intermediates, &field);
    }
    if (status == SKR_OK) {
        status = link_constraints(s, node, issuer, &blamed, &field);
    }
    *fits = status == SKR_ERR_CERT_MALFORMED || link_fits(s, n, c.subject_key_id);
    if (status != SKR_OK) {
        link_refused(s, *fits, node, status, blamed, field);
    }
    return status == SKR_OK;
}

// Tries one anchor that bears the name as the issuer of a node.
static skr_status_t link_anchor(
    x509_stream_t *s, const skr_verify_request_t *request, size_t n, size_t anchor) {
    skr_public_key_t key;
    link_issuer_t issuer;
    bool fits, good = false;
    if (!link_anchor_stands(s, request, n, anchor, &key, &issuer, &fits)) {
        return SKR_OK;
    }
    skr_status_t status = link_signature(s, request, n, &issuer, fits, &good);
    return status == SKR_OK && good ? link_found(s, request, link_node(s, n), anchor) : status;
}

// All anchors that bear the name of a node's issuer.
static skr_status_t link_anchors(x509_stream_t *s, const skr_verify_request_t *request, size_t n) {
    skr_status_t status = SKR_OK;
    skr_view_t name;
    skr_view_t subject;
    size_t first = link_node(s, n)->anchor;
    if (first == WINDOW_NO_ANCHOR || !anchor_subject(request->anchors[first], &name)) {
        return SKR_OK;
    }
    for (size_t i = first; i < request->anchor_count && status == SKR_OK && !s->done; i++) {
        if (anchor_subject(request->anchors[i], &subject) && name_equal(subject, name)) {
            status = link_anchor(s, request, n, i);
        }
    }
    return status;
}

// --- One certificate after the other ---

static bool link_next_fresh(const x509_stream_t *s, size_t *n) {
    for (*n = 0; *n < s->window.nodes; ++*n) {
        if (link_node(s, *n)->fresh) {
            return true;
        }
    }
    return false;
}

// Whatever is newly linked is tried with the anchors and with what came earlier.
static skr_status_t link_spread(x509_stream_t *s, const skr_verify_request_t *request) {
    skr_status_t status = SKR_OK;
    size_t n;
    while (status == SKR_OK && !s->done && link_next_fresh(s, &n)) {
        window_node(&s->window, n)->fresh = false;
        if ((s->window.gone & window_mark(link_node(s, n)->issuer)) != 0) {
            s->window.lost = true; // who has gone may have issued it
        }
        status = link_anchors(s, request, n);
        for (size_t i = 0; i < s->window.nodes && status == SKR_OK && !s->done; i++) {
            if (link_node(s, i)->complete) {
                status = link_try(s, request, n, i);
            }
        }
    }
    return status;
}

static void link_drop_scratch(x509_stream_t *s) {
    size_t n = s->window.nodes - 1u;
    window_drop_part(&s->window, n, PART_EXT_KEY_USAGE);
    window_drop_part(&s->window, n, PART_OIDS);
}

// Rules beyond the usual ones look at the names themselves.
static skr_status_t link_check(
    x509_stream_t *s, const skr_verify_request_t *request, check_place_t place, uint8_t *field) {
    x509_certificate_t c;
    *field = SKR_FIELD_NONE;
    if (request->rules != NULL && window_last(&s->window)->names_lost) {
        *field = SKR_FIELD_SUBJECT_ALT_NAME;
        return SKR_ERR_CERT_WINDOW;
    }
    element_certificate(s, &c);
    return check_certificate(request, &c, place, 0, field);
}

skr_status_t link_leaf(x509_stream_t *s, const skr_verify_request_t *request) {
    window_node_t *leaf = window_last(&s->window);
    bool is_anchor = s->leaf_anchor < request->anchor_count;
    uint8_t field;
    leaf->height = 1;
    skr_status_t status = link_check(
        s, request, is_anchor ? CHECK_TRUSTED_LEAF : CHECK_LEAF, &field);
    if (status != SKR_OK) {
        return link_final(s, leaf, status, field);
    }
    link_drop_scratch(s);
    window_drop_part(&s->window, 0, PART_SUBJECT_KEY_ID); // it issues nothing
    window_drop_part(&s->window, 0, PART_CONSTRAINTS);
    leaf->complete = leaf->linked = leaf->fresh = true;
    return is_anchor ? link_found(s, request, leaf, s->leaf_anchor) : link_spread(s, request);
}

// Whoever is being read proves nothing any more.
static void link_forget(x509_stream_t *s) {
    s->tried = 0;
    for (size_t n = 0; n < s->window.nodes; n++) {
        window_node(&s->window, n)->spare = false;
    }
}

// Of the largest keys and signatures the usual window has no room for two of each and a long
// extension. So the signature of one that is linked is checked as soon as the key is here, and may
// go when the rest of the certificate wants room. What that rest says is judged in link_issuer()
// all the same; if it is refused then, and another issuer of that name comes, link_try() notes the
// loss. Keys that are not accepted, and signatures that are wrong, are told there, too; nothing is
// checked twice, so that one fault is enough to refuse.
skr_status_t link_key(x509_stream_t *s, const skr_verify_request_t *request) {
    size_t above = s->window.nodes - 1u;
    const window_node_t *upper = link_node(s, above);
    skr_public_key_t key = {upper->key_type, window_part(&s->window, above, PART_KEY_A),
        window_part(&s->window, above, PART_KEY_B)};
    link_issuer_t issuer = {.key = &key, .key_hash = upper->key_hash, .number = upper->index};
    bool good = false;
    skr_status_t status = SKR_OK;
    bool usable = algorithm_key_is_accepted(request->provider, &key);
    s->tried = 0;
    for (size_t n = 0; n < above && usable && s->tried == 0 && status == SKR_OK; n++) {
        window_node_t *lower = window_node(&s->window, n);
        if (lower->linked && !lower->superseded && lower->size[PART_SIGNATURE] > 0 &&
            link_names_match(lower->issuer, upper->subject)) {
            unsigned before = s->signatures;
            status = link_signature(s, request, n, &issuer, false, &good);
            // Not tried: no scheme fits, or all work is used up.
            s->tried = s->signatures < before ? (uint8_t)(lower->index + 1) : 0;
            s->tried_good = lower->spare = good;
            usable = !s->done;
        }
    }
    return status;
}

skr_status_t link_issuer(x509_stream_t *s, const skr_verify_request_t *request) {
    window_node_t *node = window_last(&s->window);
    int32_t length = s->facts.path_length;
    node->path_length = length == X509_PATH_LENGTH_NONE || length >= WINDOW_NO_LENGTH
        ? WINDOW_NO_LENGTH
        : (uint8_t)length;
    node->status = (int16_t)link_check(s, request, CHECK_INTERMEDIATE, &node->field);
    link_drop_scratch(s);
    skr_status_t status = SKR_OK;
    for (size_t n = 0; n + 1 < s->window.nodes && status == SKR_OK && !s->done; n++) {
        status = link_try(s, request, n, s->window.nodes - 1u);
    }
    link_forget(s);
    return status;
}

// The same certificate once more?
static bool link_is_double(const x509_stream_t *s) {
    const window_t *w = &s->window;
    size_t last = w->nodes - 1u;
    for (size_t n = 0; n < last; n++) {
        if (link_node(s, n)->linked == link_node(s, last)->linked &&
            link_names_match(link_node(s, n)->subject, link_node(s, last)->subject) &&
            view_equal(window_part(w, n, PART_MESSAGE), window_part(w, last, PART_MESSAGE)) &&
            view_equal(window_part(w, n, PART_SIGNATURE), window_part(w, last, PART_SIGNATURE))) {
            return true;
        }
    }
    return false;
}

skr_status_t link_grow(x509_stream_t *s, const skr_verify_request_t *request) {
    window_node_t *node = window_last(&s->window);
    if (link_is_double(s)) {
        link_undo(s);
        return SKR_OK;
    }
    node->complete = true;
    if (!node->linked && (s->window.passed & window_mark(node->subject)) != 0) {
        s->window.lost = true; // what it may have issued is gone
    }
    return link_spread(s, request);
}

void link_undo(x509_stream_t *s) {
    window_t *w = &s->window;
    const window_node_t *node = window_last(w);
    window_drop_tail(w);
    link_forget(s);
    if (node->linked) {
        uint8_t issued = s->parent[node->index];
        window_node_t *below = NULL;
        bool others = false; // have issued the same one
        for (size_t n = 0; n + 1 < w->nodes; n++) {
            window_node_t *other = window_node(w, n);
            below = other->index == issued ? other : below;
            others = others || (other->height > 1 && s->parent[other->index] == issued);
        }
        if (below != NULL) {
            below->superseded = others;
        }
    }
    window_drop(w, w->nodes - 1u);
}

skr_status_t link_refuse(x509_stream_t *s) {
    for (size_t n = 0; n < s->window.nodes; n++) {
        const window_node_t *node = link_node(s, n);
        if (node->linked && !node->superseded) {
            link_note(s, RANK_NO_ISSUER, node, SKR_ERR_CERT_UNKNOWN_CA, SKR_FIELD_ISSUER);
        }
    }
    if (s->window.lost) {
        s->result->status = SKR_ERR_CERT_WINDOW;
    }
    return s->result->status;
}
