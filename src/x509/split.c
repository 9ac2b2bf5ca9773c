// The elements of one certificate, out of pieces.
//
// In: a certificate's bytes, cut anywhere. Out: its elements, one at a time (element.c): only one
// lies in memory, behind the parts that are kept. RFC 5280 section 4.1. A subjectAltName passes
// name by name, and what nobody looks at is stepped over. Here is which element may come where and
// where each must end; what it says is not read here.
#include "base/bytes.h"
#include "x509/name.h"
#include "x509/stream.h"

// The open elements, from outside.
enum { IN_CERTIFICATE = 1, IN_TBS, IN_OPTIONAL, IN_LIST, IN_EXTENSION, IN_VALUE, IN_NAMES };

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
    s->end[0] = (uint16_t)size;
    s->facts = empty;
    s->hash = NULL;
}

bool split_done(const x509_stream_t *s) {
    return s->state == SPLIT_DONE;
}

// --- Element by element ---

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
    skr_status_t status = s->buffering ? element_read(s, request) : SKR_OK;
    // What comes whole and leaves only optional elements to follow is the key.
    *event = s->buffering && s->state == SPLIT_OPTIONAL ? SPLIT_EVENT_KEY : SPLIT_EVENT_NONE;
    s->buffering = false;
    s->head_fill = 0;
    if (!s->keeping) {
        window_drop_tail(&s->window);
    }
    while (status == SKR_OK && s->depth > 0 && s->offset == s->end[s->depth]) {
        if (!split_leave(s, event)) {
            return SKR_ERR_CERT_MALFORMED;
        }
        if (*event == SPLIT_EVENT_TBS) {
            return element_tbs_ended(s);
        }
    }
    return status;
}

// Goes into the element at hand.
static bool split_enter(x509_stream_t *s, split_state_t next) {
    if (s->content == 0) {
        return false; // none of those that are entered may be empty
    }
    s->end[++s->depth] = (uint16_t)(s->offset + s->content);
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
    element_load(s, &c);
    bool ok = extensions_note(&c, s->extension, s->extension_critical);
    element_store(s, &c);
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
            return tag == DER_SEQUENCE && s->offset + s->content == s->end[0] &&
                split_enter(s, SPLIT_TBS);
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

// Takes size bytes of the element that is open: they count, and are kept when they are wanted.
static skr_status_t split_take(x509_stream_t *s, const uint8_t *data, size_t size, bool is_head) {
    if (size > (size_t)(s->end[s->depth] - s->offset)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    s->offset = (uint16_t)(s->offset + size);
    if (s->keeping || (s->buffering && !is_head)) {
        return window_append(&s->window, data, size) ? SKR_OK : SKR_ERR_CERT_WINDOW;
    }
    return SKR_OK;
}

// Bytes that a head has of which that many came.
static size_t split_head_size(const uint8_t *head, size_t fill) {
    return fill >= 2 && head[1] >= 0x81 && head[1] <= 0x83 ? 2u + (head[1] & 0x7f) : 2;
}

static bool split_head_is_whole(const x509_stream_t *s) {
    return s->head_fill >= 2 && s->head_fill == split_head_size(s->head, s->head_fill);
}

// The head of an element is there, so the element begins.
static skr_status_t split_begin_element(x509_stream_t *s, bool was_kept) {
    uint8_t tag = 0;
    reader_t r = reader_of(view_of(s->head, s->head_fill));
    size_t content = der_head(&r, &tag);
    size_t head_size = s->head_fill;
    if (reader_failed(&r) || content > (size_t)(s->end[s->depth] - s->offset)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    s->content = (uint16_t)content;
    s->element = (uint16_t)(content + head_size);
    if (!split_open(s, tag)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    if (s->buffering && !window_make_room(&s->window, s->element)) {
        return SKR_ERR_CERT_WINDOW;
    }
    // The head itself belongs to what is kept: the TBSCertificate's, and those of whole elements.
    bool wanted = !was_kept && (s->keeping || s->buffering);
    return !wanted || window_append(&s->window, s->head, head_size) ? SKR_OK : SKR_ERR_CERT_WINDOW;
}

// What a piece has of an element's head. *used: how much that was.
static skr_status_t split_head(x509_stream_t *s, skr_view_t piece, size_t *used) {
    size_t missing = split_head_size(s->head, s->head_fill) - s->head_fill;
    size_t size = missing < piece.size ? missing : piece.size;
    bool was_kept = s->keeping;
    memcpy(s->head + s->head_fill, piece.data, size);
    s->head_fill = (uint8_t)(s->head_fill + size);
    *used = size;
    skr_status_t status = split_take(s, piece.data, size, true);
    return status != SKR_OK || !split_head_is_whole(s) ? status : split_begin_element(s, was_kept);
}

// What a piece has of an element, its head or its content.
static skr_status_t split_some(x509_stream_t *s, skr_view_t piece, size_t *used) {
    if (s->content == 0) {
        return split_head(s, piece, used);
    }
    *used = s->content < piece.size ? s->content : piece.size;
    s->content = (uint16_t)(s->content - *used);
    return split_take(s, piece.data, *used, false);
}

// Bytes of the TBSCertificate go into the hash many at a time.
static skr_status_t split_add(x509_stream_t *s, skr_view_t bytes) {
    bool ok = !s->hashing || bytes.size == 0 ||
        s->hash->update(s->hash_state, bytes.data, bytes.size);
    return ok ? SKR_OK : SKR_ERR_PROVIDER;
}

skr_status_t split_feed(x509_stream_t *s, const skr_verify_request_t *request, skr_view_t piece,
    size_t *used, split_event_t *event) {
    skr_status_t status = SKR_OK;
    size_t hashed = 0; // of the piece: what is in the hash, or came before it
    *used = 0;
    *event = SPLIT_EVENT_NONE;
    while (status == SKR_OK && *event == SPLIT_EVENT_NONE && *used < piece.size) {
        size_t size = 0;
        bool was_hashing = s->hashing;
        status = split_some(s, view_of(piece.data + *used, piece.size - *used), &size);
        *used += size;
        if (status != SKR_OK || s->content > 0 || !split_head_is_whole(s)) {
            continue;
        }
        if (s->hashing && s->offset == s->end[IN_TBS]) {
            status = split_add(s, view_of(piece.data + hashed, *used - hashed));
        }
        status = status != SKR_OK ? status : split_ended(s, request, event);
        hashed = s->hashing == was_hashing ? hashed : *used;
    }
    return status != SKR_OK ? status : split_add(s, view_of(piece.data + hashed, *used - hashed));
}
