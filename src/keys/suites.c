// Cipher suites and the look-up of a provider's descriptors.
//
// In: numbers of the registries. Out: the suite, or the descriptor that a provider holds for the
// number. RFC 9846 section B.4, RFC 5289, RFC 7905, RFC 7251; with pre-shared keys RFC 8442, RFC
// 5487 and RFC 6655. A suite is usable when the provider has both its halves; the provider's order
// of AEADs is the order of the suites. Preferences and what a configuration allows are not known
// here.
#include "keys/suites.h"

enum { TLS12 = 0x03, TLS13 = 0x04 };
enum { USUAL = false, NAMED = true };

// Those of TLS 1.3 first: they come before all of TLS 1.2 in every list that is made from here.
// NAMED: with a tag of 8 bytes, which is not for general use (RFC 9147 appendix B.3), or without
// forward secrecy. The CCM suites of TLS 1.2 that name no hash have SHA-256 (RFC 7251 section 2,
// RFC 6655 section 3).
// clang-format off
static const suite_t suites[] = {
    {0x1301, SKR_AEAD_AES_128_GCM,       SKR_HASH_SHA256, TLS13, SUITE_AUTH_ANY,   USUAL, "TLS_AES_128_GCM_SHA256"},
    {0x1302, SKR_AEAD_AES_256_GCM,       SKR_HASH_SHA384, TLS13, SUITE_AUTH_ANY,   USUAL, "TLS_AES_256_GCM_SHA384"},
    {0x1303, SKR_AEAD_CHACHA20_POLY1305, SKR_HASH_SHA256, TLS13, SUITE_AUTH_ANY,   USUAL, "TLS_CHACHA20_POLY1305_SHA256"},
    {0x1304, SKR_AEAD_AES_128_CCM,       SKR_HASH_SHA256, TLS13, SUITE_AUTH_ANY,   USUAL, "TLS_AES_128_CCM_SHA256"},
    {0x1305, SKR_AEAD_AES_128_CCM_8,     SKR_HASH_SHA256, TLS13, SUITE_AUTH_ANY,   NAMED, "TLS_AES_128_CCM_8_SHA256"},
    {0xc02b, SKR_AEAD_AES_128_GCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDSA, USUAL, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {0xc02f, SKR_AEAD_AES_128_GCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_RSA,   USUAL, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {0xc02c, SKR_AEAD_AES_256_GCM,       SKR_HASH_SHA384, TLS12, SUITE_AUTH_ECDSA, USUAL, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {0xc030, SKR_AEAD_AES_256_GCM,       SKR_HASH_SHA384, TLS12, SUITE_AUTH_RSA,   USUAL, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {0xcca9, SKR_AEAD_CHACHA20_POLY1305, SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDSA, USUAL, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xcca8, SKR_AEAD_CHACHA20_POLY1305, SKR_HASH_SHA256, TLS12, SUITE_AUTH_RSA,   USUAL, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {0xc0ac, SKR_AEAD_AES_128_CCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDSA, USUAL, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    {0xc0ad, SKR_AEAD_AES_256_CCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDSA, USUAL, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    {0xc0ae, SKR_AEAD_AES_128_CCM_8,     SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDSA, NAMED, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
    {0xc0af, SKR_AEAD_AES_256_CCM_8,     SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDSA, NAMED, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"},
    {0xd001, SKR_AEAD_AES_128_GCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDHE_PSK, USUAL, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"},
    {0xd002, SKR_AEAD_AES_256_GCM,       SKR_HASH_SHA384, TLS12, SUITE_AUTH_ECDHE_PSK, USUAL, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384"},
    {0xccac, SKR_AEAD_CHACHA20_POLY1305, SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDHE_PSK, USUAL, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    {0xd005, SKR_AEAD_AES_128_CCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDHE_PSK, USUAL, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"},
    {0xd003, SKR_AEAD_AES_128_CCM_8,     SKR_HASH_SHA256, TLS12, SUITE_AUTH_ECDHE_PSK, NAMED, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256"},
    {0x00a8, SKR_AEAD_AES_128_GCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_PSK,   NAMED, "TLS_PSK_WITH_AES_128_GCM_SHA256"},
    {0x00a9, SKR_AEAD_AES_256_GCM,       SKR_HASH_SHA384, TLS12, SUITE_AUTH_PSK,   NAMED, "TLS_PSK_WITH_AES_256_GCM_SHA384"},
    {0xccab, SKR_AEAD_CHACHA20_POLY1305, SKR_HASH_SHA256, TLS12, SUITE_AUTH_PSK,   NAMED, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    {0xc0a4, SKR_AEAD_AES_128_CCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_PSK,   NAMED, "TLS_PSK_WITH_AES_128_CCM"},
    {0xc0a5, SKR_AEAD_AES_256_CCM,       SKR_HASH_SHA256, TLS12, SUITE_AUTH_PSK,   NAMED, "TLS_PSK_WITH_AES_256_CCM"},
    {0xc0a8, SKR_AEAD_AES_128_CCM_8,     SKR_HASH_SHA256, TLS12, SUITE_AUTH_PSK,   NAMED, "TLS_PSK_WITH_AES_128_CCM_8"},
    {0xc0a9, SKR_AEAD_AES_256_CCM_8,     SKR_HASH_SHA256, TLS12, SUITE_AUTH_PSK,   NAMED, "TLS_PSK_WITH_AES_256_CCM_8"},
};
// clang-format on
enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

const suite_t *suite_find(uint16_t id) {
    for (size_t i = 0; i < SUITES; i++) {
        if (suites[i].id == id) {
            return &suites[i];
        }
    }
    return NULL;
}

const suite_t *suite_named(skr_view_t name) {
    for (size_t i = 0; i < SUITES; i++) {
        const char *own = suites[i].name;
        size_t size = 0;
        while (size < name.size && own[size] != '\0' && (uint8_t)own[size] == name.data[size]) {
            size++;
        }
        if (size == name.size && own[size] == '\0') {
            return &suites[i];
        }
    }
    return NULL;
}

// TLS 1.3, then TLS 1.2 with a key that both sides were given, then with certificates.
enum { SUITE_RANKS = 3 };
static unsigned suite_rank(const suite_t *suite) {
    if (suite->version == TLS13) {
        return 0;
    }
    return suite_by_key(suite) ? 1 : 2;
}

// The n-th suite of a rank that goes unnamed, in the order of the provider's AEADs; *n counts down.
static const suite_t *suite_of(const skr_provider_t *provider, unsigned rank, size_t *n) {
    for (const skr_aead_t *const *aead = provider->aeads; *aead != NULL; aead++) {
        for (size_t i = 0; i < SUITES; i++) {
            bool usable = suites[i].aead == (*aead)->id && suite_rank(&suites[i]) == rank &&
                !suites[i].named && provider_hash(provider, suites[i].hash) != NULL;
            if (usable && (*n)-- == 0) {
                return &suites[i];
            }
        }
    }
    return NULL;
}

const suite_t *suite_at(const skr_provider_t *provider, size_t n) {
    const suite_t *suite = NULL;
    for (unsigned rank = 0; suite == NULL && rank < SUITE_RANKS; rank++) {
        suite = suite_of(provider, rank, &n);
    }
    return suite;
}

const skr_hash_t *provider_hash(const skr_provider_t *provider, unsigned id) {
    const skr_hash_t *const *hash = provider->hashes;
    while (*hash != NULL && (*hash)->id != id) {
        hash++;
    }
    return *hash;
}

const skr_aead_t *provider_aead(const skr_provider_t *provider, unsigned id) {
    const skr_aead_t *const *aead = provider->aeads;
    while (*aead != NULL && (*aead)->id != id) {
        aead++;
    }
    return *aead;
}

const skr_group_t *provider_group(const skr_provider_t *provider, unsigned id) {
    const skr_group_t *const *group = provider->groups;
    while (*group != NULL && (*group)->id != id) {
        group++;
    }
    return *group;
}

const skr_signature_t *provider_signature(const skr_provider_t *provider, unsigned scheme) {
    const skr_signature_t *const *signature = provider->signatures;
    while (*signature != NULL && (*signature)->scheme != scheme) {
        signature++;
    }
    return *signature;
}
