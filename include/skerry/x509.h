// X.509 path validation (RFC 5280 section 6, RFC 9525) and reading of certificates, keys and PEM.
// Usable without the rest: nothing here knows TLS. No heap, no clock, no files: bytes, time and
// trust come in as arguments.
#ifndef SKR_X509_H
#define SKR_X509_H

#include "skerry/crypto.h"
#include "skerry/errors.h"

typedef enum {
    SKR_PURPOSE_ANY = 0, // extendedKeyUsage is not looked at
    SKR_PURPOSE_SERVER, // the peer is a TLS server: id-kp-serverAuth (RFC 5280 section 4.2.1.12)
    SKR_PURPOSE_CLIENT, // the peer is a TLS client: id-kp-clientAuth
} skr_purpose_t;

typedef enum {
    SKR_NAME_NONE = 0, // no name is checked (clients' certificates)
    SKR_NAME_DNS, // data is the host name, ASCII (A-labels), without a trailing dot
    SKR_NAME_IP, // data is 4 or 16 bytes in network order
} skr_name_kind_t;

typedef struct {
    skr_name_kind_t kind;
    skr_view_t data;
    uint8_t ip[16]; // skr_name_parse() puts an address's bytes here, data then looks at them: don't
                    // copy the struct
} skr_name_t;

// One trusted root, in one of two forms.
// A DER certificate: its name and key are trusted, and what else stands in it (validity, usages,
// constraints) is held against it, as people expect of an expired root and as RFC 5280 section
// 6.1.1 (d) leaves to the application. It need not be self-signed: an intermediate CA may be
// trusted instead of its root. A leaf that is byte for byte one of the anchors is trusted too,
// without being a CA: so devices with self-signed certificates are. Name and key only: the DER
// SEQUENCE of a certificate's subject and its subjectPublicKeyInfo, as skr_anchor_write() makes it.
// It is a CA without limits that never expires, and takes less than half of a certificate's room:
// for roots in flash.
typedef skr_view_t skr_anchor_t;

// Writes the name and the key of a DER certificate as an anchor. Returns its bytes; 0: that is no
// certificate, it has no name, its key is of an unknown algorithm, or it does not fit into size
// bytes.
size_t skr_anchor_write(skr_view_t certificate, uint8_t *out, size_t size);
// Reads an anchor of either form: its DER Name, its key. SKR_OK or SKR_ERR_CERT_MALFORMED.
skr_status_t skr_anchor_read(skr_view_t anchor, skr_view_t *subject, skr_public_key_t *key);

// Rules beyond RFC 5280's validation. skr_x509_rules_strict: what RFC 5280 section 4 and the
// Baseline Requirements of the CA/Browser Forum demand of issuers. Public CAs keep them, private
// ones often do not.
typedef struct skr_x509_rules skr_x509_rules_t;
extern const skr_x509_rules_t skr_x509_rules_strict;

typedef struct {
    const skr_provider_t *provider;
    const skr_view_t *chain; // as received: the leaf first, the rest in any order
    size_t chain_count; // at most SKR_VERIFY_CHAIN_MAX
    const skr_anchor_t *anchors;
    size_t anchor_count; // at most 65535
    skr_purpose_t purpose;
    const skr_name_t *name; // NULL: none is checked
    int64_t time; // seconds since 1970-01-01T00:00:00Z
    bool ignore_time; // validity is not checked: for devices without any clock
    // How many CAs, but for the anchor and self-issued ones, the path may hold (the initial
    // max_path_length of RFC 5280 section 6.1.2 (k)), plus one; 0: as many as SKR_PATH_MAX allows.
    uint8_t max_intermediates;
    const skr_x509_rules_t *rules; // further rules, NULL: none
} skr_verify_request_t;

typedef enum {
    SKR_FIELD_NONE = 0,
    SKR_FIELD_CERTIFICATE, // the encoding as a whole
    SKR_FIELD_VERSION,
    SKR_FIELD_SERIAL,
    SKR_FIELD_SIGNATURE_ALGORITHM,
    SKR_FIELD_ISSUER,
    SKR_FIELD_VALIDITY,
    SKR_FIELD_SUBJECT,
    SKR_FIELD_PUBLIC_KEY,
    SKR_FIELD_SUBJECT_ALT_NAME,
    SKR_FIELD_BASIC_CONSTRAINTS,
    SKR_FIELD_NAME_CONSTRAINTS,
    SKR_FIELD_KEY_USAGE,
    SKR_FIELD_EXT_KEY_USAGE,
    SKR_FIELD_EXTENSIONS,
    SKR_FIELD_SIGNATURE,
} skr_field_t;

// What was found. On success path holds what was used; on a refusal which certificate and which
// field of it; where several paths were tried, the refusal that tells most: a failed check (expired
// ...) before a wrong signature before an unknown root, and of equals the one furthest up.
typedef struct {
    skr_status_t status;
    uint8_t
        certificate; // index in the chain; chain_count + n is anchor n; 255: that or a later one
    uint8_t field; // skr_field_t
    uint8_t path_size; // certificates of the path without the anchor
    uint8_t path[SKR_PATH_MAX]; // their indexes in the chain, leaf first
    uint16_t anchor; // index of the anchor that was used; of the leaf itself when it is one
} skr_verify_result_t;

// Finds a path from the leaf to an anchor and checks it. Returns result->status: SKR_OK or an
// SKR_ERR_CERT_*, or SKR_ERR_PROVIDER, or SKR_ERR_USAGE without a chain. result may not be NULL.
// Work is bounded (limits.h); stack below 3 KB beside the provider's own. Revocation is not
// checked.
skr_status_t skr_x509_verify(const skr_verify_request_t *request, skr_verify_result_t *result);

// The field's name as RFC 5280 spells it ("subjectAltName"). Never NULL.
const char *skr_field_name(unsigned field);

// Views into a certificate, for people and for bindings. DER is checked strictly.
typedef struct {
    skr_view_t serial; // content bytes of the INTEGER
    skr_view_t issuer, subject; // DER Names
    skr_view_t common_name; // the subject's last commonName, absent when there is none
    skr_view_t subject_alt_name; // DER GeneralNames, absent when there is none
    int64_t not_before, not_after; // seconds since 1970-01-01T00:00:00Z
    skr_public_key_t key; // type SKR_KEY_NONE: of an algorithm that is not known
    uint8_t key_hash; // skr_hash_id_t that an RSA-PSS key may only be used with; SKR_HASH_NONE: any
    bool is_ca;
} skr_certificate_info_t;
skr_status_t skr_certificate_read(skr_view_t der, skr_certificate_info_t *info);
// A DER Name as text for people ("C=US, O=Example, CN=Example Root"), printable ASCII and a zero
// behind it, cut to size. Returns how many characters.
size_t skr_name_print(skr_view_t name, char *text, size_t size);
// An IP address as text ("192.0.2.1", "2001:db8::1"), with a zero behind it. Returns how many
// characters.
#define SKR_ADDRESS_TEXT 40 // bytes of the longest one with its zero
size_t skr_address_print(skr_view_t ip, char *text, size_t size);
// The n-th dNSName or iPAddress of a certificate's subjectAltName. false: there is none.
bool skr_certificate_name(
    const skr_certificate_info_t *info, size_t n, skr_name_kind_t *kind, skr_view_t *name);
// Is the certificate for this name (subjectAltName only, RFC 9525)? Not a check of trust.
bool skr_certificate_matches(skr_view_t der, const skr_name_t *name);

// Reads what a user wrote as a host: an IPv4 or IPv6 address becomes SKR_NAME_IP (its bytes in
// name->ip), anything that is a valid host name SKR_NAME_DNS (data looks at text; one trailing dot
// is dropped). false: neither.
bool skr_name_parse(skr_view_t text, skr_name_t *name);

// PEM (RFC 7468), decoded in place. Each call decodes the next block of text[*offset..) whose label
// is one of the wanted kinds, over its own place in text, and moves *offset behind it. SKR_OK with
// out->data == NULL: no more blocks. SKR_ERR_PEM: a block is broken. SKR_ERR_KEY_ENCRYPTED: a key
// is encrypted.
typedef enum { SKR_PEM_CERTIFICATE = 1, SKR_PEM_PRIVATE_KEY = 2 } skr_pem_kind_t;
skr_status_t skr_pem_next(uint8_t *text, size_t size, size_t *offset, unsigned kinds,
    skr_view_t *out, skr_pem_kind_t *kind);
// Does this look like PEM ("-----BEGIN" somewhere) rather than DER?
bool skr_pem_is(skr_view_t bytes);

// Reads a private key from DER: PKCS#8 (RFC 5958), SEC1 (RFC 5915) or PKCS#1 (RFC 8017 section
// A.1.2), into views of der, which must outlive the key, and opens it with the provider.
// SKR_ERR_KEY_MALFORMED, _KEY_ENCRYPTED, _PROVIDER, _CERT_ALGORITHM (unknown type or size).
skr_status_t skr_private_key_load(
    skr_private_key_t *key, skr_view_t der, const skr_provider_t *provider);
void skr_private_key_unload(skr_private_key_t *key, const skr_provider_t *provider);

#endif
