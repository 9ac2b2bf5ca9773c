// Changes to the structure of DER: one element is dropped, doubled, emptied, retagged ..., and the
// lengths of all that it lies in are made right again, so that a reader gets as far as to the
// change.
//
//     for (unsigned how = 0; how < DER_CHANGES; how++)
//         for (unsigned n = 0; der_change(der, n, how, out, sizeof(out), &size); n++) { ... }
#ifndef TESTS_SUPPORT_DER_CHANGE_H
#define TESTS_SUPPORT_DER_CHANGE_H

#include "skerry/types.h"

typedef enum {
    DER_DROP,
    DER_TWICE,
    DER_SWAP, // with the one behind it
    DER_EMPTY, // no content
    DER_CUT, // its last byte is gone
    DER_GROW, // a NULL behind its content
    DER_GROW_FRONT, // before it
    DER_BESIDE, // a NULL behind it
    DER_WRAP, // in a SEQUENCE
    DER_UNWRAP, // its content in its place
    DER_LONG, // its length in a byte more than it needs
    DER_TAG_FORM, // primitive and constructed change places
    DER_TAG_CLASS,
    DER_TAG_NUMBER,
    DER_BIT_FIRST, // a bit of its content
    DER_BIT_LAST,
    DER_CHANGES,
} der_change_t;

// Changes the n-th element, counted as they begin; those inside of OCTET STRINGs and BIT STRINGs
// that hold DER are counted, too. false: there are not so many. *size 0: out is too small.
bool der_change(
    skr_view_t der, unsigned n, der_change_t how, uint8_t *out, size_t room, size_t *size);

#endif
