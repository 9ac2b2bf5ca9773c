// What of a certificate fits into a few numbers, to and from x509_certificate_t.
//
// In: the numbers that stand in the stream, the parts that lie in the window. Out: the struct that
// the functions for certificates in memory (certificate.c, extensions.c, check.c) read and fill,
// for the time of one call. Names that had no room are stood in for: a check only asks whether
// there are any. Reads and judges nothing.
#include "base/bytes.h"
#include "x509/stream.h"

void facts_load(const x509_stream_t *s, x509_certificate_t *c) {
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

void facts_store(x509_stream_t *s, const x509_certificate_t *c) {
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

void facts_certificate(const x509_stream_t *s, x509_certificate_t *c) {
    static const uint8_t good_serial[] = {1};
    static const uint8_t no_serial[] = {0};
    static const uint8_t no_name[] = {DER_SEQUENCE, 0};
    static const uint8_t some_name[] = {DER_SEQUENCE, 2, DER_SET, 0};
    const window_t *w = &s->window;
    const window_node_t *node = window_last(w);
    size_t n = w->nodes - 1u;
    facts_load(s, c);
    c->serial = s->serial_good ? view_of(good_serial, 1) : view_of(no_serial, 1);
    c->key.type = node->key_type;
    c->key.a = window_part(w, n, PART_KEY_A);
    c->key.b = window_part(w, n, PART_KEY_B);
    c->key_hash = node->key_hash;
    c->subject = window_part(w, n, PART_SUBJECT);
    if (!view_is(c->subject)) {
        c->subject = s->subject_empty ? view_of(no_name, sizeof(no_name))
                                      : view_of(some_name, sizeof(some_name));
    }
    c->subject_alt_name = window_part(w, n, PART_NAMES);
    c->name_constraints = window_part(w, n, PART_CONSTRAINTS);
    c->ext_key_usage = window_part(w, n, PART_EXT_KEY_USAGE);
    c->subject_key_id = window_part(w, n, PART_SUBJECT_KEY_ID);
    c->authority_key_id = window_part(w, n, PART_AUTHORITY_KEY_ID);
    c->is_self_issued = node->is_self_issued;
}
