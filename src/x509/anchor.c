// Trust anchors.
//
// In: an anchor, in one of two forms. Out: the same views that a certificate gives.
// RFC 5280 section 6.1.1 (d): what is trusted is a name and a key; a certificate is one way to say
// them, and the rest of it is then held against it (check.c). The other form is what lies inside a
// certificate, in an own SEQUENCE: the subject (section 4.1.2.6) and the subjectPublicKeyInfo
// (section 4.1.2.7). Which of them it is the third tag says: the first element of a certificate's
// TBSCertificate is [0] or an INTEGER, that of a Name is a SET. Whether an anchor is to be trusted
// is the caller's affair.
#include "x509/anchor.h"

#include "base/bytes.h"
#include "base/writer.h"
#include "x509/algorithm.h"
#include "x509/name.h"

// Past the SEQUENCE's head, when it holds a name and a key.
static bool anchor_enter(skr_view_t anchor, reader_t *r) {
    reader_t outer = reader_of(anchor);
    *r = der_enter(&outer, DER_SEQUENCE);
    reader_t probe = *r;
    reader_t first = der_enter(&probe, DER_SEQUENCE);
    return der_is(&first, DER_SET) && reader_done(&outer);
}

bool anchor_subject(skr_view_t anchor, skr_view_t *subject) {
    reader_t r;
    skr_view_t issuer;
    if (!anchor_enter(anchor, &r)) {
        return certificate_names(anchor, &issuer, subject);
    }
    *subject = der_whole(&r, DER_SEQUENCE);
    return !reader_failed(&r);
}

skr_status_t anchor_read(x509_certificate_t *c, skr_view_t anchor) {
    static const x509_certificate_t unbounded = {.not_before = INT64_MIN,
        .not_after = INT64_MAX,
        .key_usage = 0xffff,
        .path_length = X509_PATH_LENGTH_NONE,
        .is_ca = true,
        .is_self_issued = true,
        .is_name_and_key = true};
    reader_t r;
    if (!anchor_enter(anchor, &r)) {
        return certificate_read(c, anchor);
    }
    *c = unbounded;
    c->der = anchor;
    c->field = SKR_FIELD_SUBJECT;
    c->subject = der_whole(&r, DER_SEQUENCE);
    c->issuer = c->subject;
    if (!name_is_valid(c->subject)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    c->field = SKR_FIELD_PUBLIC_KEY;
    algorithm_read_key(&r, &c->key, &c->key_hash);
    if (!reader_done(&r)) {
        return SKR_ERR_CERT_MALFORMED;
    }
    c->field = SKR_FIELD_NONE;
    return SKR_OK;
}

// The head of a SEQUENCE of at most 65535 bytes (X.690 section 10.1).
static void anchor_write_head(writer_t *w, size_t size) {
    writer_u8(w, DER_SEQUENCE);
    if (size > UINT8_MAX) {
        writer_u8(w, 0x82);
        writer_u16(w, (uint16_t)size);
    } else if (size > INT8_MAX) {
        writer_u8(w, 0x81);
        writer_u8(w, (uint8_t)size);
    } else {
        writer_u8(w, (uint8_t)size);
    }
}

size_t skr_anchor_write(skr_view_t certificate, uint8_t *out, size_t size) {
    x509_certificate_t c;
    if (certificate_read(&c, certificate) != SKR_OK || c.key.type == SKR_KEY_NONE) {
        return 0;
    }
    reader_t tbs = reader_of(c.tbs);
    reader_t r = der_enter(&tbs, DER_SEQUENCE);
    der_optional(&r, DER_CONSTRUCTED(0));
    der_get(&r, DER_INTEGER); // serialNumber
    for (unsigned i = 0; i < 4; i++) {
        der_get(&r, DER_SEQUENCE); // signature, issuer, validity, subject
    }
    skr_view_t key = der_whole(&r, DER_SEQUENCE);
    if (reader_failed(&r) || name_is_empty(c.subject) || c.subject.size + key.size > UINT16_MAX) {
        return 0;
    }
    writer_t w = writer_of(out, size);
    anchor_write_head(&w, c.subject.size + key.size);
    writer_view(&w, c.subject);
    writer_view(&w, key);
    return writer_size(&w);
}

skr_status_t skr_anchor_read(skr_view_t anchor, skr_view_t *subject, skr_public_key_t *key) {
    x509_certificate_t c;
    skr_status_t status = anchor_read(&c, anchor);
    *subject = c.subject;
    *key = c.key;
    return status;
}
