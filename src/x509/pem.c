// PEM texts (RFC 7468), decoded in place.
//
// In: a text with blocks between BEGIN and END lines. Out: each wanted block's bytes, written over
// its own place. Between blocks may stand anything. In a block: base64 as RFC 4648 section 4 with
// its padding and no stray bits, and white space of any kind, so that CR LF, indentation and a
// missing last newline do no harm. The labels at both ends must agree. Keys pass here, so each
// symbol is decoded by arithmetic alone: no table that a secret would index, no branch on its
// value. Lines and labels are public and may steer.
// Encrypted keys (RFC 5958 and the older header of RFC 1421) are recognised and refused.
#include "base/bytes.h"
#include "base/reader.h"
#include "skerry/x509.h"

typedef enum {
    PEM_OTHER,
    PEM_CERTIFICATE,
    PEM_CERTIFICATE_REFUSED,
    PEM_KEY,
    PEM_KEY_ENCRYPTED
} pem_label_t;

#define PEM_VIEW(text) \
    { (const uint8_t *)(text), sizeof(text) - 1 }
#define PEM_BEGIN "-----BEGIN "
#define PEM_END "-----END "
#define PEM_DASHES "-----"

// Where a word starts in text, from a place on; text.size when it does not come.
static size_t pem_find(skr_view_t text, size_t from, skr_view_t word) {
    for (; from + word.size <= text.size; from++) {
        if (view_equal(view_of(text.data + from, word.size), word)) {
            return from;
        }
    }
    return text.size;
}

static bool pem_is_space(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static pem_label_t pem_label(skr_view_t label) {
    static const struct {
        uint8_t label;
        skr_view_t text;
    } rows[] = {
        {PEM_CERTIFICATE, PEM_VIEW("CERTIFICATE")},
        {PEM_CERTIFICATE_REFUSED, PEM_VIEW("X509 CERTIFICATE")},
        {PEM_CERTIFICATE_REFUSED, PEM_VIEW("TRUSTED CERTIFICATE")},
        {PEM_KEY, PEM_VIEW("PRIVATE KEY")},
        {PEM_KEY, PEM_VIEW("EC PRIVATE KEY")},
        {PEM_KEY, PEM_VIEW("RSA PRIVATE KEY")},
        {PEM_KEY_ENCRYPTED, PEM_VIEW("ENCRYPTED PRIVATE KEY")},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (view_equal(label, rows[i].text)) {
            return (pem_label_t)rows[i].label;
        }
    }
    return PEM_OTHER;
}

// All ones when low <= byte <= high, else zero.
static uint32_t pem_range(uint32_t byte, uint32_t low, uint32_t high) {
    return (((byte - low) | (high - byte)) >> 31) - 1;
}

// A symbol's six bits; what is none sets bits in *wrong.
static uint32_t pem_symbol(uint32_t byte, uint32_t *wrong) {
    uint32_t upper = pem_range(byte, 'A', 'Z');
    uint32_t lower = pem_range(byte, 'a', 'z');
    uint32_t digit = pem_range(byte, '0', '9');
    uint32_t plus = pem_range(byte, '+', '+');
    uint32_t slash = pem_range(byte, '/', '/');
    *wrong |= ~(upper | lower | digit | plus | slash);
    return (upper & (byte - 'A')) | (lower & (byte - 'a' + 26)) | (digit & (byte - '0' + 52)) |
        (plus & 62) | (slash & 63);
}

// Decodes body[0..size) over itself. Gives the number of bytes, 0 when it is wrong.
static size_t pem_decode(uint8_t *body, size_t size) {
    uint32_t wrong = 0;
    uint32_t bits = 0;
    unsigned symbols = 0; // of the current four
    unsigned padding = 0;
    size_t written = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = body[i];
        if (pem_is_space(byte)) {
            continue;
        }
        bool is_padding = byte == '=';
        padding += is_padding;
        wrong |= (padding > 0 && !is_padding) || padding > 2;
        bits = bits << 6 | (is_padding ? 0 : pem_symbol(byte, &wrong));
        if (++symbols == 4) {
            body[written] = (uint8_t)(bits >> 16);
            body[written + 1] = (uint8_t)(bits >> 8);
            body[written + 2] = (uint8_t)bits;
            written += 3;
            symbols = 0;
        }
    }
    // Padding ends the last four, and the bits that it leaves over are zero.
    uint32_t rest = padding == 1 ? bits & 0xff : padding == 2 ? bits & 0xffff : 0;
    bool good = wrong == 0 && symbols == 0 && rest == 0;
    return good ? written - padding : 0;
}

typedef struct {
    size_t body, body_end; // offsets
    size_t next; // behind the block
    pem_label_t label;
} pem_block_t;

// Finds the next BEGIN line. false: there is none. A block without its end has next == 0.
static bool pem_block(skr_view_t text, size_t from, pem_block_t *block) {
    size_t begin = pem_find(text, from, VIEW_LITERAL(PEM_BEGIN));
    if (begin == text.size) {
        return false;
    }
    size_t label_start = begin + sizeof(PEM_BEGIN) - 1;
    size_t label_end = pem_find(text, label_start, VIEW_LITERAL(PEM_DASHES));
    skr_view_t label = view_of(text.data + label_start, label_end - label_start);
    block->label = pem_label(label);
    block->next = 0;
    block->body = label_end == text.size ? label_end : label_end + sizeof(PEM_DASHES) - 1;
    block->body_end = pem_find(text, block->body, VIEW_LITERAL(PEM_END));
    size_t end_label = block->body_end + sizeof(PEM_END) - 1;
    size_t closing = end_label + label.size;
    if (closing + sizeof(PEM_DASHES) - 1 > text.size ||
        !view_equal(view_of(text.data + end_label, label.size), label) ||
        !view_equal(
            view_of(text.data + closing, sizeof(PEM_DASHES) - 1), VIEW_LITERAL(PEM_DASHES))) {
        return true;
    }
    block->next = closing + sizeof(PEM_DASHES) - 1;
    return true;
}

skr_status_t skr_pem_next(uint8_t *text, size_t size, size_t *offset, unsigned kinds,
    skr_view_t *out, skr_pem_kind_t *kind) {
    skr_view_t whole = view_of(text, size);
    pem_block_t block;
    *out = view_of(NULL, 0);
    while (*offset < size && pem_block(whole, *offset, &block)) {
        bool is_key = block.label == PEM_KEY || block.label == PEM_KEY_ENCRYPTED;
        *kind = is_key ? SKR_PEM_PRIVATE_KEY : SKR_PEM_CERTIFICATE;
        *offset = block.next != 0 ? block.next : block.body;
        if (block.label == PEM_OTHER || (kinds & *kind) == 0) {
            continue;
        }
        skr_view_t body = view_of(text + block.body, block.body_end - block.body);
        bool has_header = pem_find(body, 0, VIEW_LITERAL(",ENCRYPTED")) < body.size;
        if (block.label == PEM_KEY_ENCRYPTED || (is_key && has_header)) {
            return SKR_ERR_KEY_ENCRYPTED;
        }
        size_t decoded = block.next == 0 || block.label == PEM_CERTIFICATE_REFUSED
            ? 0
            : pem_decode(text + block.body, body.size);
        if (decoded == 0) {
            return SKR_ERR_PEM;
        }
        *out = view_of(text + block.body, decoded);
        return SKR_OK;
    }
    *offset = size;
    return SKR_OK;
}

bool skr_pem_is(skr_view_t bytes) {
    return pem_find(bytes, 0, VIEW_LITERAL("-----BEGIN")) < bytes.size;
}
