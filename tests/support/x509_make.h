// Certificates made at test time, right ones and wrong ones.
//
//     x509_made_t root, leaf;
//     x509_make(&root, &(x509_make_t){.subject = "Test Root", .ca = true});
//     x509_make(&leaf, &(x509_make_t){.subject = "leaf", .issuer = &root, .key_number = 1,
//         .names = {"DNS:server.example", "IP:192.0.2.1"}});
//     skr_view_t chain[] = {x509_made_view(&leaf)};       // DER, lives in `leaf`
//     skr_anchor_t anchors[] = {x509_made_view(&root)};
//     skr_private_key_t key;
//     x509_made_key(&leaf, &skr_provider_openssl, &key);  // skr_private_key_unload() when done
//
// All that is not said has a default that makes a good certificate: P-256, valid from 2020 to 2040
// (X509_MAKE_NOW lies between), signed with SHA-256, basicConstraints and keyUsage for CAs,
// keyUsage digitalSignature for the rest, key identifiers. No issuer: self-signed. Keys are the
// same in each run; key_number chooses among several of a type: certificates that shall have
// different keys must have different numbers. Whatever goes wrong here ends the program.
#ifndef TESTS_SUPPORT_X509_MAKE_H
#define TESTS_SUPPORT_X509_MAKE_H

#include "skerry/x509.h"
#include "support/x509_der.h"

enum {
    X509_MAKE_SIZE = 24576, // bytes of a certificate
    X509_MAKE_RSA_BLOCK = 256, // bytes of an RSA signature
    X509_MAKE_KEY_SIZE = 2560, // bytes of a private or public key in DER
    X509_MAKE_NAMES = 12,
    X509_MAKE_EXTENSIONS = 80,
    X509_MAKE_KEY_NUMBERS = 200, // of P-256, P-384 and Ed25519; RSA has 2
};
#define X509_MAKE_NOW 1767225600 // 2026-01-01T00:00:00Z

typedef enum {
    X509_P256,
    X509_P384,
    X509_ED25519,
    X509_RSA, // 2048 bits, rsaEncryption
    X509_RSA_PSS, // the same keys as id-RSASSA-PSS without parameters
    X509_RSA_1024, // must be refused
    X509_P521, // must be refused
    X509_RSA_4096, // the largest: with an exponent of four bytes; there is one
} x509_make_key_t;

// How the issuer signs: a skr_scheme_t that fits its key, or one of these. 0: the usual one of its
// key with SHA-256 (SHA-384 for P-384, PSS for RSA-PSS keys).
enum { X509_SIGN_RSA_SHA1 = 0x0201, X509_SIGN_ECDSA_SHA1 = 0x0203 };

// keyUsage, as in RFC 5280 section 4.2.1.3; X509_NO_KEY_USAGE leaves the extension out.
enum {
    X509_DIGITAL_SIGNATURE = 0x80,
    X509_KEY_ENCIPHERMENT = 0x20,
    X509_KEY_CERT_SIGN = 0x04,
    X509_CRL_SIGN = 0x02,
    X509_NO_KEY_USAGE = 0x100,
};

typedef struct {
    const char *oid; // "2.5.29.19"
    bool critical;
    skr_view_t value; // content of the OCTET STRING
} x509_make_extension_t;

typedef struct x509_made x509_made_t;

typedef struct {
    const char *subject; // commonName; "" gives an empty Name, NULL gives "test"
    skr_view_t subject_der; // instead: a whole DER Name
    const x509_made_t *issuer; // NULL: self-signed
    const char *issuer_name; // another issuer name than the issuer's own
    x509_make_key_t key;
    unsigned key_number;

    const char *not_before,
        *not_after; // "200101000000Z" (13 characters: UTCTime, else GeneralizedTime)
    bool ca;
    unsigned path_length; // plus one; 0: no pathLenConstraint
    unsigned key_usage; // 0: the default
    const char *ext_key_usage; // of "server", "client", "any", "email", "time", with commas; "" is
                               // an empty list
    const char *names[X509_MAKE_NAMES]; // subjectAltName: "DNS:", "IP:", "email:", "URI:", "DN:"
                                        // (commonName), "other:"
    bool names_critical;
    const char *permitted[X509_MAKE_NAMES],
        *excluded[X509_MAKE_NAMES]; // name constraints, in the same form; IP: "192.0.2.0/24"
    bool no_basic_constraints, no_key_ids;
    bool wrong_authority_key_id; // one of another key
    x509_make_extension_t
        extensions[X509_MAKE_EXTENSIONS]; // appended as they are; ends at oid NULL

    unsigned scheme; // see X509_SIGN_*
    // Wrong things
    unsigned version; // plus one: 1 is v1, 2 is v2; 0: v3
    skr_view_t serial; // content of the INTEGER
    bool other_inner_algorithm; // the signature algorithm inside differs from the one outside
    bool no_extensions;
    bool broken_signature;
    void (*forge)(uint8_t *block); // RSA_PKCS1_SHA256: changes what is raised to the private power
    skr_view_t signature; // another signature: the content of the BIT STRING without its first byte
    skr_view_t public_key; // another SubjectPublicKeyInfo
    skr_view_t algorithm; // another AlgorithmIdentifier, inside and outside
    void (*alter)(uint8_t *tbs, size_t *size); // changes TBSCertificate before it is signed
} x509_make_t;

struct x509_made {
    uint8_t der[X509_MAKE_SIZE];
    size_t size;
    uint8_t name[1024]; // its subject, DER
    size_t name_size;
    x509_make_key_t key;
    unsigned key_number;
};

void x509_make(x509_made_t *made, const x509_make_t *how);
skr_view_t x509_made_view(const x509_made_t *made);
// The certificate's private key, loaded with the provider.
void x509_made_key(const x509_made_t *made, const skr_provider_t *provider, skr_private_key_t *key);

// Keys in DER: SEC1, PKCS #1, and PKCS #8 for Ed25519 and RSA-PSS. Valid until the program ends.
skr_view_t x509_make_private_der(x509_make_key_t key, unsigned number);
skr_view_t x509_make_public_der(x509_make_key_t key, unsigned number); // SubjectPublicKeyInfo
// A signature by the key over message.
size_t x509_make_sign(x509_make_key_t key, unsigned number, unsigned scheme, skr_view_t message,
    uint8_t *signature, size_t capacity);
// RSASSA-PKCS1-v1_5 over a digest of SHA-256. forge may change the encoded message before it is
// raised to the private power: X509_MAKE_RSA_BLOCK bytes, the digest at its end, with 19 bytes of
// DigestInfo in front of it.
size_t x509_make_forge(unsigned number, const uint8_t *digest, void (*forge)(uint8_t *block),
    uint8_t *signature, size_t capacity);
// The AlgorithmIdentifier of a scheme.
void x509_make_algorithm(x509_der_t *out, unsigned scheme);
unsigned x509_make_usual_scheme(x509_make_key_t key);

// x509_make_rsa.c
skr_view_t x509_make_rsa_der(bool is_small, unsigned number);
skr_view_t x509_make_rsa_large(void);

#endif
