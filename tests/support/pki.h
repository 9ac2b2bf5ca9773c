// Who is who in the tests of whole connections: a root, certificates that it issued, their keys.
// Made by x509_make.h when they are first asked for; the same each time.
#ifndef TESTS_SUPPORT_PKI_H
#define TESTS_SUPPORT_PKI_H

#include "skerry/config.h"

typedef enum { PKI_P256, PKI_P384, PKI_RSA, PKI_RSA_PSS, PKI_ED25519, PKI_KINDS } pki_kind_t;

typedef enum {
    PKI_SERVER, // server.example, *.wild.example, 192.0.2.1
    PKI_OTHER, // a server too, other.example
    PKI_CLIENT, // client.example, for clients
    PKI_EXPIRED, // a server whose time is over
    PKI_EARLY, // and one whose time has not come
    PKI_STRANGER, // named as PKI_SERVER, issued by pki_stranger()
    PKI_CLIENT_STRANGER,
    PKI_ROLES
} pki_role_t;

extern const int64_t pki_now; // a time at which all but PKI_EXPIRED and PKI_EARLY are valid

// The trusted root, and one that nobody trusts. One intermediate stands between it and a leaf.
skr_view_t pki_root(void);
skr_view_t pki_stranger(void);
const skr_anchor_t *pki_anchors(void); // pki_root() as a list of one
// A chain of two and its key, opened by the provider. The chain is the same for each provider.
const skr_credential_t *pki_credential(
    const skr_provider_t *provider, pki_kind_t kind, pki_role_t role);
const char *pki_kind_name(pki_kind_t kind);

#endif
