// A certificate as views into its DER, as the checks of path.c want it.
#ifndef SKR_X509_CERTIFICATE_H
#define SKR_X509_CERTIFICATE_H

#include "skerry/crypto.h"
#include "skerry/errors.h"
#include "skerry/x509.h"
#include "x509/der.h"

// Extensions that are told apart; each bit says that a certificate has it.
enum {
    X509_EXT_BASIC_CONSTRAINTS = 1 << 0,
    X509_EXT_KEY_USAGE = 1 << 1,
    X509_EXT_EXT_KEY_USAGE = 1 << 2,
    X509_EXT_SUBJECT_ALT_NAME = 1 << 3,
    X509_EXT_NAME_CONSTRAINTS = 1 << 4,
    X509_EXT_SUBJECT_KEY_ID = 1 << 5,
    X509_EXT_AUTHORITY_KEY_ID = 1 << 6,
    X509_EXT_POLICIES = 1 << 7,
    X509_EXT_POLICY_CONSTRAINTS = 1 << 8,
    X509_EXT_INHIBIT_ANY_POLICY = 1 << 9,
    X509_EXT_AUTHORITY_INFO = 1 << 10,
};

// keyUsage (RFC 5280 section 4.2.1.3): bit n of the BIT STRING is 1 << n here.
enum {
    X509_KU_DIGITAL_SIGNATURE = 1 << 0,
    X509_KU_KEY_CERT_SIGN = 1 << 5,
    X509_KU_CRL_SIGN = 1 << 6,
};

enum { X509_PATH_LENGTH_NONE = -1 };

typedef struct {
    skr_view_t der; // all of it
    skr_view_t tbs; // what is signed
    skr_view_t algorithm; // of the signature, a DER AlgorithmIdentifier
    skr_view_t signature;
    skr_view_t serial; // content of the INTEGER
    skr_view_t issuer, subject; // DER Names
    skr_public_key_t key; // type SKR_KEY_NONE: of an algorithm that is not known here
    int64_t not_before, not_after;
    // Contents of extensions, absent when the certificate does not have them.
    skr_view_t subject_alt_name; // of the SEQUENCE of GeneralName
    skr_view_t name_constraints; // of the SEQUENCE
    skr_view_t ext_key_usage; // of the SEQUENCE of OID
    skr_view_t subject_key_id, authority_key_id; // of the OCTET STRINGs
    uint16_t extensions; // X509_EXT_*
    uint16_t critical; // of those, the critical ones
    uint16_t key_usage; // X509_KU_*, all bits when there is no keyUsage
    int32_t path_length; // X509_PATH_LENGTH_NONE: unbounded
    uint8_t key_hash; // skr_hash_id_t that an RSA-PSS key is bound to, SKR_HASH_NONE: any
    bool is_ca;
    bool names_issuer_certificate; // authorityKeyIdentifier has more than the key's identifier
    bool is_self_issued; // subject and issuer are the same name
    bool is_name_and_key; // an anchor that is no certificate: there is nothing else in it
    bool not_understood; // it has a critical extension that is not understood
    uint8_t field; // skr_field_t: where reading failed
} x509_certificate_t;

// Reads a certificate; all encodings in it that a check may look at are checked here. SKR_OK or
// SKR_ERR_CERT_MALFORMED.
skr_status_t certificate_read(x509_certificate_t *certificate, skr_view_t der);
// Only the issuer and the subject, cheaply, to find candidates. false: not a certificate.
bool certificate_names(skr_view_t der, skr_view_t *issuer, skr_view_t *subject);

// Nothing is known yet.
extern const x509_certificate_t certificate_empty;
// Takes one field of the TBSCertificate (SKR_FIELD_VERSION to SKR_FIELD_PUBLIC_KEY, in the order of
// certificate_fields) from the front of r. The signature's algorithm must be the one in
// certificate->algorithm. false: malformed.
bool certificate_read_field(x509_certificate_t *certificate, reader_t *r, unsigned field);
enum { CERTIFICATE_FIELDS = 7 };
extern const uint8_t certificate_fields[CERTIFICATE_FIELDS];

// extensions.c: reads the content of [3]. false: malformed, and certificate->field says which.
bool extensions_read(x509_certificate_t *certificate, reader_t *r);
// The bit (X509_EXT_*) of an extension by its OID, 0: one that is not known; *field (skr_field_t)
// is how refusals call it.
uint16_t extensions_bit(skr_view_t oid, uint8_t *field);
// Reads the value of one extension, the content of its OCTET STRING, and notes that it is there.
// false: malformed, or a second one of a known kind.
bool extensions_read_one(
    x509_certificate_t *certificate, uint16_t bit, bool is_critical, skr_view_t value);
// Only notes that it is there: for one whose value is read elsewhere.
bool extensions_note(x509_certificate_t *certificate, uint16_t bit, bool is_critical);

#endif
