// What this side offers and accepts.
//
// In: the configuration's lists and the provider's descriptors. Out: the n-th thing on offer, or
// the one of a number, and the two extensions that list them (RFC 9846 sections 4.3.3 and 4.3.7);
// which credential answers a peer. A list in the configuration restricts and orders; where there is
// none the provider's own order holds. Nothing is remembered: the same questions give the same
// answers all through a handshake, which is what a second ClientHello must repeat (section 4.2.2).
#include "hs/offer.h"

#include "base/bytes.h"

const suite_t *offer_suite(const skr_config_t *config, size_t n) {
    if (config->suites == NULL) {
        return suite_at(config->provider, n);
    }
    for (const uint16_t *id = config->suites; *id != 0; id++) {
        const suite_t *suite = suite_find(*id);
        bool usable = suite != NULL && provider_aead(config->provider, suite->aead) != NULL &&
            provider_hash(config->provider, suite->hash) != NULL;
        if (usable && n-- == 0) {
            return suite;
        }
    }
    return NULL;
}

const skr_group_t *offer_group(const skr_config_t *config, size_t n) {
    if (config->groups == NULL) {
        for (size_t i = 0; config->provider->groups[i] != NULL; i++) {
            if (i == n) {
                return config->provider->groups[i];
            }
        }
        return NULL;
    }
    for (const uint16_t *id = config->groups; *id != 0; id++) {
        const skr_group_t *group = provider_group(config->provider, *id);
        if (group != NULL && n-- == 0) {
            return group;
        }
    }
    return NULL;
}

// RFC 9846 section 4.3.3: PKCS#1 signatures are for certificates only, and so are the engine's own
// numbers.
static bool offer_signs_handshakes(const skr_signature_t *signature) {
    unsigned scheme = signature->scheme;
    return scheme < 0xfe00 && scheme != SKR_SIG_RSA_PKCS1_SHA256 &&
        scheme != SKR_SIG_RSA_PKCS1_SHA384 && scheme != SKR_SIG_RSA_PKCS1_SHA512;
}

const skr_signature_t *offer_scheme(const skr_config_t *config, size_t n) {
    if (config->signatures == NULL) {
        for (size_t i = 0; config->provider->signatures[i] != NULL; i++) {
            const skr_signature_t *signature = config->provider->signatures[i];
            if (offer_signs_handshakes(signature) && n-- == 0) {
                return signature;
            }
        }
        return NULL;
    }
    for (const uint16_t *id = config->signatures; *id != 0; id++) {
        const skr_signature_t *signature = provider_signature(config->provider, *id);
        if (signature != NULL && offer_signs_handshakes(signature) && n-- == 0) {
            return signature;
        }
    }
    return NULL;
}

const suite_t *offer_find_suite(const skr_config_t *config, uint16_t id) {
    const suite_t *suite = NULL;
    for (size_t i = 0; (suite = offer_suite(config, i)) != NULL; i++) {
        if (suite->id == id) {
            return suite;
        }
    }
    return NULL;
}

const skr_group_t *offer_find_group(const skr_config_t *config, uint16_t id) {
    const skr_group_t *group = NULL;
    for (size_t i = 0; (group = offer_group(config, i)) != NULL; i++) {
        if (group->id == id) {
            return group;
        }
    }
    return NULL;
}

const skr_signature_t *offer_find_scheme(const skr_config_t *config, uint16_t scheme) {
    const skr_signature_t *signature = NULL;
    for (size_t i = 0; (signature = offer_scheme(config, i)) != NULL; i++) {
        if (signature->scheme == scheme) {
            return signature;
        }
    }
    return NULL;
}

void offer_write_groups(const skr_config_t *config, writer_t *w) {
    const skr_group_t *group = NULL;
    writer_block_t extension = wire_open_extension(w, WIRE_EXT_SUPPORTED_GROUPS);
    writer_block_t list = writer_open(w, 2);
    for (size_t i = 0; (group = offer_group(config, i)) != NULL; i++) {
        writer_u16(w, group->id);
    }
    writer_close(w, list);
    writer_close(w, extension);
}

void offer_write_schemes(const skr_config_t *config, writer_t *w) {
    const skr_signature_t *signature = NULL;
    writer_block_t extension = wire_open_extension(w, WIRE_EXT_SIGNATURE_ALGORITHMS);
    writer_block_t list = writer_open(w, 2);
    for (size_t i = 0; (signature = offer_scheme(config, i)) != NULL; i++) {
        writer_u16(w, signature->scheme);
    }
    for (size_t i = 0; (signature = config->provider->signatures[i]) != NULL; i++) {
        if (!offer_signs_handshakes(signature) && signature->scheme < 0xfe00) {
            writer_u16(w, signature->scheme);
        }
    }
    writer_close(w, list);
    writer_close(w, extension);
}

// The first of this side's schemes that the peer accepts and the key can do; NULL: none.
static const skr_signature_t *offer_scheme_for(
    const skr_config_t *config, const skr_private_key_t *key, skr_view_t peer_schemes) {
    const skr_signature_t *signature = NULL;
    for (size_t i = 0; (signature = offer_scheme(config, i)) != NULL; i++) {
        if (signature->sign != NULL && signature->key_type == key->type &&
            wire_numbers_have(peer_schemes, signature->scheme)) {
            return signature;
        }
    }
    return NULL;
}

bool offer_credential(hs_t *hs, skr_view_t peer_schemes, const skr_name_t *name, bool *known) {
    const skr_config_t *config = hs->config;
    hs->credential = NULL;
    *known = false;
    for (size_t i = 0; i < config->credential_count && !*known; i++) {
        const skr_credential_t *credential = &config->credentials[i];
        const skr_signature_t *scheme = offer_scheme_for(config, credential->key, peer_schemes);
        if (scheme == NULL) {
            continue;
        }
        *known = name != NULL && skr_certificate_matches(credential->chain[0], name);
        if (hs->credential == NULL || *known) {
            hs->credential = credential;
            hs->scheme = scheme;
        }
        if (name == NULL) {
            break;
        }
    }
    return hs->credential != NULL;
}
