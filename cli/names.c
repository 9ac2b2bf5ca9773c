// What people call things.
//
// In: names of providers, cipher suites, groups and signature schemes as they stand in the IANA
// registries, as other tools call them ("P-256", "prime256v1"), or as numbers ("0x1301"). Out: the
// numbers, looked up in what the provider offers, so that whatever a provider gains can be named
// here without a change.
//
// Of signature schemes only those count that a peer proves its key with: the engine's private
// numbers and those for certificates alone are left out.
#include "cli/names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const skr_provider_t *const providers[] = {
    &skr_provider_openssl,
#ifdef SKERRY_HAVE_BEARSSL
    &skr_provider_bearssl,
#endif
};
static const char *const provider_names[] = {
    "openssl",
#ifdef SKERRY_HAVE_BEARSSL
    "bearssl",
#endif
};
enum { PROVIDERS = sizeof(providers) / sizeof(providers[0]) };

static const struct {
    const char *alias, *name;
} aliases[] = {
    {"P-256", "secp256r1"},
    {"P256", "secp256r1"},
    {"prime256v1", "secp256r1"},
    {"P-384", "secp384r1"},
    {"P384", "secp384r1"},
    {"AES_128_GCM", "TLS_AES_128_GCM_SHA256"},
    {"AES_256_GCM", "TLS_AES_256_GCM_SHA384"},
    {"CHACHA20_POLY1305", "TLS_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-ECDSA-AES128-CCM", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    {"ECDHE-ECDSA-AES256-CCM", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    {"ECDHE-ECDSA-AES128-CCM8", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
    {"ECDHE-ECDSA-AES256-CCM8", "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"},
    {"ECDHE-PSK-AES128-GCM-SHA256", "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"},
    {"ECDHE-PSK-AES256-GCM-SHA384", "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384"},
    {"ECDHE-PSK-CHACHA20-POLY1305", "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    {"ECDHE-PSK-AES128-CCM-SHA256", "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"},
    {"ECDHE-PSK-AES128-CCM8-SHA256", "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256"},
    {"PSK-AES128-GCM-SHA256", "TLS_PSK_WITH_AES_128_GCM_SHA256"},
    {"PSK-AES256-GCM-SHA384", "TLS_PSK_WITH_AES_256_GCM_SHA384"},
    {"PSK-CHACHA20-POLY1305", "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    {"PSK-AES128-CCM", "TLS_PSK_WITH_AES_128_CCM"},
    {"PSK-AES256-CCM", "TLS_PSK_WITH_AES_256_CCM"},
    {"PSK-AES128-CCM8", "TLS_PSK_WITH_AES_128_CCM_8"},
    {"PSK-AES256-CCM8", "TLS_PSK_WITH_AES_256_CCM_8"},
};

// RFC 9846 section B.4, RFC 5289, RFC 7905, RFC 7251, RFC 8442, RFC 5487, RFC 6655.
static const struct {
    uint16_t suite;
    uint8_t aead;
} suites[] = {
    {0x1301, SKR_AEAD_AES_128_GCM},
    {0x1302, SKR_AEAD_AES_256_GCM},
    {0x1303, SKR_AEAD_CHACHA20_POLY1305},
    {0x1304, SKR_AEAD_AES_128_CCM},
    {0x1305, SKR_AEAD_AES_128_CCM_8},
    {0xc02b, SKR_AEAD_AES_128_GCM},
    {0xc02f, SKR_AEAD_AES_128_GCM},
    {0xc02c, SKR_AEAD_AES_256_GCM},
    {0xc030, SKR_AEAD_AES_256_GCM},
    {0xcca9, SKR_AEAD_CHACHA20_POLY1305},
    {0xcca8, SKR_AEAD_CHACHA20_POLY1305},
    {0xc0ac, SKR_AEAD_AES_128_CCM},
    {0xc0ad, SKR_AEAD_AES_256_CCM},
    {0xc0ae, SKR_AEAD_AES_128_CCM_8},
    {0xc0af, SKR_AEAD_AES_256_CCM_8},
    {0xd001, SKR_AEAD_AES_128_GCM},
    {0xd002, SKR_AEAD_AES_256_GCM},
    {0xccac, SKR_AEAD_CHACHA20_POLY1305},
    {0xd005, SKR_AEAD_AES_128_CCM},
    {0xd003, SKR_AEAD_AES_128_CCM_8},
    {0x00a8, SKR_AEAD_AES_128_GCM},
    {0x00a9, SKR_AEAD_AES_256_GCM},
    {0xccab, SKR_AEAD_CHACHA20_POLY1305},
    {0xc0a4, SKR_AEAD_AES_128_CCM},
    {0xc0a5, SKR_AEAD_AES_256_CCM},
    {0xc0a8, SKR_AEAD_AES_128_CCM_8},
    {0xc0a9, SKR_AEAD_AES_256_CCM_8},
};
enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

const skr_provider_t *names_provider(const char *name) {
    for (size_t i = 0; i < PROVIDERS; i++) {
        if (strcasecmp(name, provider_names[i]) == 0) {
            return providers[i];
        }
    }
    return NULL;
}

static void add_word(char *text, size_t size, const char *word) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", word);
}

void names_providers(char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < PROVIDERS; i++) {
        char word[128];
        snprintf(word, sizeof(word), "%s (%s)", provider_names[i], providers[i]->name);
        add_word(text, size, word);
    }
}

// The n-th thing of a kind that the provider offers, in its order; 0 behind the last one.
static uint16_t offered(names_kind_t kind, const skr_provider_t *provider, size_t n) {
    if (kind == NAMES_GROUP) {
        return provider->groups[n] != NULL ? provider->groups[n]->id : 0;
    }
    for (size_t i = 0; kind == NAMES_SUITE && provider->aeads[i] != NULL; i++) {
        for (size_t k = 0; k < SUITES; k++) {
            if (suites[k].aead == provider->aeads[i]->id && n-- == 0) {
                return suites[k].suite;
            }
        }
    }
    for (size_t i = 0; kind == NAMES_SIGNATURE && provider->signatures[i] != NULL; i++) {
        const skr_signature_t *signature = provider->signatures[i];
        if (signature->sign != NULL && signature->scheme < SKR_SIG_CERT_ECDSA_P256_SHA384 &&
            n-- == 0) {
            return signature->scheme;
        }
    }
    return 0;
}

static const char *spelling(names_kind_t kind, uint16_t number) {
    switch (kind) {
        case NAMES_SUITE:
            return skr_suite_name(number);
        case NAMES_GROUP:
            return skr_group_name(number);
        default:
            return skr_scheme_name(number);
    }
}

uint16_t names_number(
    names_kind_t kind, const skr_provider_t *provider, const char *name, size_t size) {
    char wanted[64], hexadecimal[8];
    if (size >= sizeof(wanted)) {
        return 0;
    }
    memcpy(wanted, name, size);
    wanted[size] = '\0';
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcasecmp(wanted, aliases[i].alias) == 0) {
            snprintf(wanted, sizeof(wanted), "%s", aliases[i].name);
        }
    }
    uint16_t number;
    for (size_t n = 0; (number = offered(kind, provider, n)) != 0; n++) {
        snprintf(hexadecimal, sizeof(hexadecimal), "0x%04x", number);
        if (strcasecmp(wanted, spelling(kind, number)) == 0 ||
            strcasecmp(wanted, hexadecimal) == 0) {
            return number;
        }
    }
    return 0;
}

void names_all(names_kind_t kind, const skr_provider_t *provider, char *text, size_t size) {
    uint16_t number;
    text[0] = '\0';
    for (size_t n = 0; (number = offered(kind, provider, n)) != 0; n++) {
        add_word(text, size, spelling(kind, number));
    }
}
