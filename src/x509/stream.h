// Path validation of a chain that is never in memory as a whole: certificate by certificate, in
// pieces of any size.
#ifndef SKR_X509_STREAM_H
#define SKR_X509_STREAM_H

#include "skerry/limits.h"
#include "x509/certificate.h"
#include "x509/refusal.h"
#include "x509/window.h"

// The number of an anchor in a result: this and its index, at most 255.
enum { STREAM_ANCHOR = 128 };

enum { STREAM_MAX = UINT16_MAX }; // bytes of a certificate; no message may be as long
enum { SPLIT_DEPTH = 8 }; // elements inside each other, the certificate's own bytes counted

// What of a certificate fits into a few numbers.
typedef struct {
    int64_t not_before, not_after;
    int32_t path_length;
    uint16_t extensions, critical, key_usage;
    uint8_t field;
    bool is_ca, names_issuer_certificate, not_understood;
    bool serial_good, subject_empty;
} stream_facts_t;

typedef struct x509_stream {
    skr_verify_result_t *result;
    window_t window;
    refusal_t refusal;
    uint8_t count; // certificates that came
    bool only_key; // nothing is checked: the leaf's key is all that is wanted
    bool done; // a path was found, or nothing can be found any more
    bool skipping; // the certificate at hand is only counted
    bool leaf_named; // the leaf bears the name that is asked for
    uint8_t signatures; // that may still be checked
    uint8_t tried; // 1 + index of the one whose signature was checked with the key at hand, 0: none
    bool tried_good; // and it is by that key
    uint16_t names; // comparisons that may still be made
    uint16_t leaf_anchor; // the anchor that the leaf is the same as, as far as it has come
    uint8_t parent[SKR_CHAIN_MAX]; // of a linked certificate: the one that it has issued

    // The certificate at hand (split.c)
    uint8_t state; // split_state_t
    uint8_t depth; // open elements
    uint8_t fields; // of the TBSCertificate that came
    uint8_t head_fill;
    uint8_t head[DER_HEAD_MAX]; // of the element at hand
    bool buffering; // the element at hand is wanted whole
    bool hashing, keeping; // what is read goes into the hash, into the tail
    bool extension_critical;
    uint8_t extensions_seen;
    uint16_t extension; // X509_EXT_*
    uint16_t content; // bytes left of the element at hand
    uint16_t element; // bytes of it in all, its head included
    uint16_t offset; // bytes of the certificate that came
    uint16_t end[SPLIT_DEPTH]; // where each open element ends, by the same count
    stream_facts_t facts;
    const skr_hash_t *hash;
    _Alignas(8) uint8_t hash_state[SKR_HASH_STATE_MAX];
} x509_stream_t;

// Starts in memory of size bytes, 8-aligned; what is beyond the struct is the window. result: as
// for skr_x509_verify(); it must outlive the stream. false: less than SKR_STREAM_SIZE.
bool stream_init(x509_stream_t *stream, size_t size, skr_verify_result_t *result, bool only_key);
// In the following, request is as for skr_x509_verify(), without its chain; the same in each call.
// An error ends the validation and stands in result. Malformed certificates besides the leaf are no
// error: a path may be found without them.
//
// A certificate of size bytes begins; then come its bytes, in pieces. One of more than STREAM_MAX
// is passed over as if there were no room for it.
skr_status_t stream_begin(x509_stream_t *stream, const skr_verify_request_t *request, size_t size);
skr_status_t stream_feed(
    x509_stream_t *stream, const skr_verify_request_t *request, skr_view_t piece);
// All bytes of a certificate came.
skr_status_t stream_end(x509_stream_t *stream, const skr_verify_request_t *request);
// Behind the first certificate's end, until the next begins: its key, views into the window.
skr_public_key_t stream_leaf_key(const x509_stream_t *stream, uint8_t *key_hash);
// The chain has ended: SKR_OK, when a path was found, or the refusal that tells most.
skr_status_t stream_finish(x509_stream_t *stream, const skr_verify_request_t *request);

// --- split.c: the elements of one certificate ---
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
void split_begin(x509_stream_t *stream, size_t size);
// What of a certificate is known now.
typedef enum {
    SPLIT_EVENT_NONE, // new
    SPLIT_EVENT_KEY, // its names and its key
    SPLIT_EVENT_TBS, // all but its signature
} split_event_t;
// SKR_OK, SKR_ERR_CERT_MALFORMED, _CERT_WINDOW, _PROVIDER. *used: how much was taken; it stops at
// an event.
skr_status_t split_feed(x509_stream_t *stream, const skr_verify_request_t *request,
    skr_view_t piece, size_t *used, split_event_t *event);
bool split_done(const x509_stream_t *stream);

// --- element.c: what they say ---
// The whole element at the end of the tail. Errors as split_feed().
skr_status_t element_read(x509_stream_t *stream, const skr_verify_request_t *request);
// The TBSCertificate is complete: PART_MESSAGE.
skr_status_t element_tbs_ended(x509_stream_t *stream);
// What is known so far, to and from what the readers of certificates want.
void element_load(const x509_stream_t *stream, x509_certificate_t *certificate);
void element_store(x509_stream_t *stream, const x509_certificate_t *certificate);
// The last certificate as the checks want it.
void element_certificate(const x509_stream_t *stream, x509_certificate_t *certificate);

// --- link.c: which certificate has issued which ---
// The leaf is complete.
skr_status_t link_leaf(x509_stream_t *stream, const skr_verify_request_t *request);
// The key of another certificate is here: has it signed one that is linked? Then that signature
// need not be kept.
skr_status_t link_key(x509_stream_t *stream, const skr_verify_request_t *request);
// All of it but its signature is here: is it an issuer of one that is linked?
skr_status_t link_issuer(x509_stream_t *stream, const skr_verify_request_t *request);
// It is complete: what does it lead to?
skr_status_t link_grow(x509_stream_t *stream, const skr_verify_request_t *request);
// It turned out to be unusable.
void link_undo(x509_stream_t *stream);
// The refusal of a chain in which nothing was found.
skr_status_t link_refuse(x509_stream_t *stream);
void link_note(x509_stream_t *stream, refusal_rank_t rank, const window_node_t *node,
    skr_status_t status, unsigned field);

#endif
