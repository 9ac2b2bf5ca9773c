// Certificates for the tests of whole connections.
//
// In: kinds and roles. Out: chains made by x509_make.h, and private keys that a provider has
// opened. Good certificates only, but for their dates and their issuer: what else can be wrong with
// one is the matter of the tests of src/x509. Nothing is ever freed: all lives until the end.
#include "support/pki.h"

#include "support/x509_make.h"

const int64_t pki_now = X509_MAKE_NOW;

enum { ROOT, INTERMEDIATE, STRANGER, STRANGER_INTERMEDIATE, ISSUERS };

static const x509_made_t *issuer(unsigned which) {
    static x509_made_t all[ISSUERS];
    static const char *const names[ISSUERS] = {
        "Skerry Root", "Skerry Intermediate", "Stranger", "Stranger Intermediate"};
    x509_made_t *made = &all[which];
    if (made->size == 0) {
        x509_make_t how = {.subject = names[which], .ca = true, .key_number = 10 + which};
        how.issuer = which % 2 == 0 ? NULL : issuer(which - 1);
        x509_make(made, &how);
    }
    return made;
}

skr_view_t pki_root(void) {
    return x509_made_view(issuer(ROOT));
}

skr_view_t pki_stranger(void) {
    return x509_made_view(issuer(STRANGER));
}

const skr_anchor_t *pki_anchors(void) {
    static skr_anchor_t anchor;
    anchor = pki_root();
    return &anchor;
}

static const x509_make_key_t made_keys[PKI_KINDS] = {
    X509_P256, X509_P384, X509_RSA, X509_RSA_PSS, X509_ED25519};

const char *pki_kind_name(pki_kind_t kind) {
    static const char *const names[PKI_KINDS] = {"p256", "p384", "rsa", "rsa-pss", "ed25519"};
    return names[kind];
}

static bool is_strange(pki_role_t role) {
    return role == PKI_STRANGER || role == PKI_CLIENT_STRANGER;
}

static bool is_client(pki_role_t role) {
    return role == PKI_CLIENT || role == PKI_CLIENT_STRANGER;
}

// One key of each kind serves all roles.
static const x509_made_t *leaf(pki_kind_t kind, pki_role_t role) {
    static x509_made_t all[PKI_KINDS][PKI_ROLES];
    static const char *const subjects[PKI_ROLES] = {
        "Server", "Other", "Client", "Expired", "Early", "Server", "Client"};
    x509_made_t *made = &all[kind][role];
    if (made->size > 0) {
        return made;
    }
    x509_make_t how = {
        .subject = subjects[role],
        .issuer = issuer(is_strange(role) ? STRANGER_INTERMEDIATE : INTERMEDIATE),
        .key = made_keys[kind],
        .not_before = role == PKI_EARLY ? "380101000000Z" : "200101000000Z",
        .not_after = role == PKI_EXPIRED ? "250101000000Z" : "391231235959Z",
        .ext_key_usage = is_client(role) ? "client" : "server",
        .names = {"DNS:server.example", "DNS:*.wild.example", "IP:192.0.2.1"},
    };
    if (role == PKI_OTHER || is_client(role)) {
        how.names[0] = is_client(role) ? "DNS:client.example" : "DNS:other.example";
        how.names[1] = NULL;
    }
    x509_make(made, &how);
    return made;
}

static const skr_private_key_t *leaf_key(const skr_provider_t *provider, pki_kind_t kind) {
    static skr_private_key_t keys[2][PKI_KINDS];
    skr_private_key_t *key = &keys[provider == &skr_provider_bearssl][kind];
    if (key->type == SKR_KEY_NONE) {
        x509_made_key(leaf(kind, PKI_SERVER), provider, key);
    }
    return key;
}

const skr_credential_t *pki_credential(
    const skr_provider_t *provider, pki_kind_t kind, pki_role_t role) {
    static struct {
        skr_view_t chain[2];
        skr_credential_t credential;
    } all[2][PKI_KINDS][PKI_ROLES];
    unsigned slot = provider == &skr_provider_bearssl;
    skr_credential_t *credential = &all[slot][kind][role].credential;
    if (credential->key == NULL) {
        skr_view_t *chain = all[slot][kind][role].chain;
        chain[0] = x509_made_view(leaf(kind, role));
        chain[1] = x509_made_view(issuer(is_strange(role) ? STRANGER_INTERMEDIATE : INTERMEDIATE));
        credential->chain = chain;
        credential->chain_count = 2;
        credential->key = leaf_key(provider, kind);
    }
    return credential;
}
