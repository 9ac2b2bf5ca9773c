// The window: a few bytes in which a chain's certificates are remembered while they stream through.
#ifndef SKR_X509_WINDOW_H
#define SKR_X509_WINDOW_H

#include "skerry/crypto.h"
#include "x509/name.h"

// What is kept of a certificate, in the order in which it lies there.
typedef enum {
    PART_EXT_KEY_USAGE, // only until the certificate was checked, as the next
    PART_OIDS, // of unknown extensions, to find doubles
    PART_ALGORITHM, // of its signature
    PART_KEY_A, // as in skr_public_key_t
    PART_KEY_B,
    PART_SUBJECT_KEY_ID,
    PART_AUTHORITY_KEY_ID,
    PART_CONSTRAINTS, // its nameConstraints, until they were checked
    PART_SUBJECT, // this and the next only for name constraints: goes when room is wanted
    PART_NAMES, // content of the subjectAltName
    PART_MESSAGE, // what is signed: the digest, or all of it for schemes that hash by themselves
    PART_SIGNATURE,
    PART_COUNT,
} window_part_t;

typedef struct {
    uint8_t issuer[NAME_DIGEST_SIZE], subject[NAME_DIGEST_SIZE];
    uint16_t size[PART_COUNT]; // bytes of each part
    uint16_t anchor; // the first that bears the issuer's name, WINDOW_NO_ANCHOR: none does
    int16_t status; // skr_status_t: can it be an issuer?
    uint8_t field; // skr_field_t: if not, why
    uint8_t index; // in the chain
    uint8_t height; // certificates of the path up to this one
    uint8_t intermediates; // of those, that count for pathLenConstraint
    uint8_t path_length; // WINDOW_NO_LENGTH: no path can be too long
    uint8_t key_type, key_hash;
    bool is_self_issued : 1;
    bool complete : 1; // all of it is here
    bool linked : 1; // a path of good signatures leads from here down to the leaf
    bool fresh : 1; // linked, and nobody has looked yet whose issuer that makes of others
    bool superseded : 1; // linked, and so is one that has issued it
    bool names_lost : 1; // PART_SUBJECT or PART_NAMES had to go
    bool spare : 1; // linked, and its signature is by the key of the one that is being read
    bool detour : 1; // linked, perhaps by a longer path than there would be with what had to go
} window_node_t;
enum { WINDOW_NO_ANCHOR = UINT16_MAX, WINDOW_NO_LENGTH = UINT8_MAX };

// Nodes lie at the end and grow downwards, their bytes at the beginning, in the same order. Behind
// the last node's parts there may be a tail: bytes of an element that is being read.
typedef struct {
    uint8_t *bytes; // aligned as a pointer is
    uint16_t size, used; // bytes in all; of parts and tail
    uint16_t tail; // of those, the tail
    // Marks of names (window_mark()): the subjects of certificates that had to go before what they
    // may have issued was linked; the issuers of linked ones that had to go before those came.
    uint16_t gone, passed;
    uint8_t nodes;
    bool lost : 1; // something that could have led further had to go
    bool names_lost : 1; // of a node that is gone
} window_t;

// memory must outlive the window; it is aligned to 8 and a multiple of 8.
void window_init(window_t *window, void *memory, size_t size);
window_node_t *window_node(const window_t *window, size_t n);
// The one that is being read.
window_node_t *window_last(const window_t *window);
// A part of the n-th node; absent when it has none.
skr_view_t window_part(const window_t *window, size_t n, window_part_t part);
// A new last node, zeroed. false: no room.
bool window_begin(window_t *window);
void window_drop(window_t *window, size_t n);
// One bit for a name's digest. Where it is not set in a set of marks the name is not in it.
uint16_t window_mark(const uint8_t *digest);
void window_drop_part(window_t *window, size_t n, window_part_t part);
// Is there room for size bytes without anything having to go? And else, may what is not needed any
// more go for it? false: no room, and nothing went.
bool window_fits(const window_t *window, size_t size);
bool window_make_room(window_t *window, size_t size);
// Bytes behind the tail. false: no room.
bool window_append(window_t *window, const uint8_t *data, size_t size);
skr_view_t window_tail(const window_t *window);
void window_drop_tail(window_t *window);
// The tail becomes a part of the last node: its last one so far.
void window_tail_is(window_t *window, window_part_t part);
// Moves a piece of the tail to the end of a part of the last node. What lies behind the piece in
// the tail stays where it is.
void window_move(window_t *window, window_part_t part, skr_view_t piece);
// Copies it there instead: the tail is the same as before, but further back. false: no room.
bool window_copy(window_t *window, window_part_t part, skr_view_t piece);

#endif
