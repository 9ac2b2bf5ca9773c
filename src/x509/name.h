// Distinguished names (RFC 5280 section 4.1.2.4) and GeneralNames (section 4.2.1.6).
#ifndef SKR_X509_NAME_H
#define SKR_X509_NAME_H

#include "skerry/crypto.h"
#include "x509/der.h"

// The tags of a GeneralName.
enum {
    NAME_OTHER = DER_CONSTRUCTED(0),
    NAME_EMAIL = DER_PRIMITIVE(1),
    NAME_DNS = DER_PRIMITIVE(2),
    NAME_X400 = DER_CONSTRUCTED(3),
    NAME_DIRECTORY = DER_CONSTRUCTED(4), // EXPLICIT: the content is a DER Name
    NAME_EDI_PARTY = DER_CONSTRUCTED(5),
    NAME_URI = DER_PRIMITIVE(6),
    NAME_IP = DER_PRIMITIVE(7),
    NAME_REGISTERED_ID = DER_PRIMITIVE(8),
};

bool name_is_valid(skr_view_t name); // a DER Name in full
bool name_is_empty(skr_view_t name); // without a single RDN
// The same name (RFC 5280 section 7.1)?
bool name_equal(skr_view_t a, skr_view_t b);
// A digest of a valid DER Name that is the same for names that are the same, and for no others; cut
// to NAME_DIGEST_SIZE bytes: 128 bits, of which who makes both names himself can find two alike
// with 2^64 work, and who must meet a given one with 2^128. false: the provider failed.
enum { NAME_DIGEST_SIZE = 16 };
bool name_digest(const skr_hash_t *hash, skr_view_t name, uint8_t *out);
// Does name begin with all RDNs of prefix? Both are DER Names.
bool name_begins(skr_view_t name, skr_view_t prefix);
// The next attribute of a name, in order. At first *at is reader_of() the Name's content and *rdn
// zeroed. false: no more.
typedef struct {
    reader_t names, rdn;
} name_walk_t;
void name_walk(name_walk_t *walk, skr_view_t name);
bool name_next(name_walk_t *walk, skr_view_t *oid, skr_view_t *value);

// The next GeneralName of a list's content; false at its end, or when the reader failed.
bool name_general(reader_t *r, uint8_t *tag, skr_view_t *value);
// Is that a list of at least one GeneralName, each well-formed as far as it is looked at anywhere?
bool name_general_list_is_valid(skr_view_t content);

#endif
