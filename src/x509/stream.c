// Path validation of a chain that is never in memory as a whole.
//
// In: the certificates of a chain, one after the other, in pieces; anchors, name, purpose, time.
// Out: the path, or the best refusal, as from skr_x509_verify(). The leaf must come first; the rest
// may come in any order as long as the window has room (window.c), and what is not needed may come,
// too. Each certificate is taken apart as it comes (split.c), checked as soon as its last extension
// is there, and linked (link.c) before its own signature takes the place of the one that was
// checked. What comes behind the anchor was found is only counted. Reads no TLS.
#include "x509/stream.h"

#include "base/bytes.h"

bool stream_init(x509_stream_t *s, size_t size, skr_verify_result_t *result, bool only_key) {
    static const skr_verify_result_t unknown = {.status = SKR_ERR_CERT_UNKNOWN_CA};
    if (size < sizeof(*s)) {
        return false;
    }
    memset(s, 0, sizeof(*s));
    *result = unknown;
    s->result = result;
    s->only_key = only_key;
    s->signatures = SKR_PATH_SIGNATURES_MAX;
    s->names = SKR_NAME_CHECKS_MAX;
    window_init(&s->window, s + 1, size - sizeof(*s));
    return true;
}

static skr_status_t stream_fail(x509_stream_t *s, skr_status_t status, unsigned field) {
    s->done = true;
    s->result->status = status;
    s->result->certificate = (uint8_t)(s->count - 1);
    s->result->field = (uint8_t)field;
    return status;
}

// The certificate at hand is of no use. The leaf is needed; without another one a path may be
// found.
static skr_status_t stream_unusable(x509_stream_t *s, skr_status_t status) {
    const window_node_t *node = window_last(&s->window);
    unsigned field = s->facts.field;
    if (s->count == 1 || status == SKR_ERR_PROVIDER) {
        return stream_fail(s, status, field);
    }
    bool named = s->fields >= 6; // its subject was read: is it an issuer that is wanted?
    for (size_t n = 0; n + 1 < s->window.nodes && named; n++) {
        const window_node_t *below = window_node(&s->window, n);
        if (below->linked &&
            view_equal(view_of(below->issuer, NAME_DIGEST_SIZE),
                view_of(node->subject, NAME_DIGEST_SIZE))) {
            refusal_note(
                &s->refusal, s->result, RANK_CHECK, below->height, status, node->index, field);
        }
    }
    if (!named) {
        refusal_note(
            &s->refusal, s->result, RANK_UNREADABLE, node->height, status, node->index, field);
    }
    s->window.lost = s->window.lost || status == SKR_ERR_CERT_WINDOW;
    link_undo(s);
    s->skipping = true;
    return SKR_OK;
}

skr_status_t stream_begin(x509_stream_t *s, const skr_verify_request_t *request, size_t size) {
    (void)request;
    if (s->count == SKR_CHAIN_MAX) {
        s->done = true; // whatever was found
        s->result->status = SKR_ERR_CERT_TOO_COMPLEX;
        s->result->certificate = s->count;
        s->result->field = SKR_FIELD_NONE;
        return SKR_ERR_CERT_TOO_COMPLEX;
    }
    if (s->count == 1 && !s->done) { // the leaf's own key has been taken
        window_drop_part(&s->window, 0, PART_KEY_A);
        window_drop_part(&s->window, 0, PART_KEY_B);
    }
    s->count++;
    split_begin(s, size);
    s->skipping = s->done || size > STREAM_MAX || !window_begin(&s->window);
    if (s->skipping) {
        s->window.lost = s->window.lost || !s->done;
        return s->count == 1 ? stream_fail(s, SKR_ERR_CERT_WINDOW, SKR_FIELD_CERTIFICATE) : SKR_OK;
    }
    window_last(&s->window)->index = (uint8_t)(s->count - 1);
    return SKR_OK;
}

// Is the leaf, as far as it has come and with this piece, the same as an anchor? Of several that
// begin alike the first is followed; when it turns out to be another, the next that began like it.
static void stream_compare(
    x509_stream_t *s, const skr_verify_request_t *request, size_t whole, skr_view_t piece) {
    size_t at = s->offset;
    skr_view_t alike = s->leaf_anchor < request->anchor_count ? request->anchors[s->leaf_anchor]
                                                              : view_of(NULL, 0);
    for (; s->leaf_anchor < request->anchor_count; s->leaf_anchor++) {
        skr_view_t anchor = request->anchors[s->leaf_anchor];
        if (anchor.size == whole &&
            (at == 0 || view_equal(view_of(anchor.data, at), view_of(alike.data, at))) &&
            view_equal(view_of(anchor.data + at, piece.size), piece)) {
            return;
        }
    }
}

skr_status_t stream_feed(x509_stream_t *s, const skr_verify_request_t *request, skr_view_t piece) {
    skr_status_t status = SKR_OK;
    if (!s->skipping && piece.size > (size_t)(s->end[0] - s->offset)) {
        return stream_unusable(s, SKR_ERR_CERT_MALFORMED); // more than was said
    }
    if (s->count == 1 && !s->only_key && piece.size > 0) {
        stream_compare(s, request, s->end[0], piece);
    }
    while (piece.size > 0 && !s->skipping && status == SKR_OK) {
        size_t used = 0;
        split_event_t event = SPLIT_EVENT_NONE;
        status = split_feed(s, request, piece, &used, &event);
        piece = view_of(piece.data + used, piece.size - used);
        if (status != SKR_OK) {
            return stream_unusable(s, status);
        }
        if (s->count > 1 && event != SPLIT_EVENT_NONE) {
            status = event == SPLIT_EVENT_KEY ? link_key(s, request) : link_issuer(s, request);
        }
    }
    return status;
}

skr_status_t stream_end(x509_stream_t *s, const skr_verify_request_t *request) {
    if (s->skipping) {
        return SKR_OK;
    }
    if (!split_done(s)) {
        return stream_unusable(s, SKR_ERR_CERT_MALFORMED);
    }
    if (s->only_key) {
        s->done = true;
        return SKR_OK;
    }
    return s->count == 1 ? link_leaf(s, request) : link_grow(s, request);
}

skr_public_key_t stream_leaf_key(const x509_stream_t *s, uint8_t *key_hash) {
    const window_node_t *leaf = window_node(&s->window, 0);
    skr_public_key_t key = {leaf->key_type, window_part(&s->window, 0, PART_KEY_A),
        window_part(&s->window, 0, PART_KEY_B)};
    *key_hash = leaf->key_hash;
    return key;
}

skr_status_t stream_finish(x509_stream_t *s, const skr_verify_request_t *request) {
    (void)request;
    if (s->count == 0) {
        s->result->status = SKR_ERR_USAGE;
        return SKR_ERR_USAGE;
    }
    return s->done ? s->result->status : link_refuse(s);
}
