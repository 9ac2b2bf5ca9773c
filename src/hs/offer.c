// What this side offers and accepts.
//
// In: the configuration's lists and the provider's descriptors. Out: the n-th thing on offer, or
// the one of a number, and the two extensions that list them (RFC 9846 sections 4.3.3 and 4.3.7);
// which credential answers a peer. A list in the configuration restricts and orders; where there is
// none the provider's own order holds. Nothing is remembered: the same questions give the same
// answers all through a handshake, which is what a second ClientHello must repeat (section 4.2.2).
#include "hs/offer.h"

#include "base/bytes.h"
#include "hs/psk.h"

// May certificates authenticate? Who has a pre-shared key and no roots believes none, and a server
// may have none.
static bool offer_certificates(const skr_config_t *config) {
    return config->role == SKR_SERVER
        ? config->credential_count > 0
        : config->anchor_count > 0 || config->psk_count == 0 || config->verify == SKR_VERIFY_NONE;
}

// May a pre-shared key authenticate in TLS 1.2?
static bool offer_keys(const skr_config_t *config) {
    return psk_for_tls12(config) != NULL || (config->role == SKR_SERVER && config->ask_psk);
}

// Of a version that may be spoken, and with something that authenticates?
static bool offer_suite_allowed(const skr_config_t *config, const suite_t *suite) {
    bool able = suite->auth == SUITE_AUTH_ANY ||
        (suite_by_key(suite) ? offer_keys(config) : offer_certificates(config));
    return able && hs_allows(config, (uint16_t)(0x0300 | suite->version));
}

static const suite_t *offer_default_suite(const skr_config_t *config, size_t n) {
    const suite_t *suite = NULL;
    for (size_t i = 0; (suite = suite_at(config->provider, i)) != NULL; i++) {
        if (offer_suite_allowed(config, suite) && n-- == 0) {
            return suite;
        }
    }
    return NULL;
}

const suite_t *offer_suite(const skr_config_t *config, size_t n) {
    if (config->suites == NULL) {
        return offer_default_suite(config, n);
    }
    for (const uint16_t *id = config->suites; *id != 0; id++) {
        const suite_t *suite = suite_find(*id);
        bool usable = suite != NULL && offer_suite_allowed(config, suite) &&
            provider_aead(config->provider, suite->aead) != NULL &&
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

bool offer_lists(const skr_config_t *config, uint16_t scheme) {
    if (config->signatures == NULL) {
        return true;
    }
    for (const uint16_t *id = config->signatures; *id != 0; id++) {
        if (*id == scheme) {
            return true;
        }
    }
    return false;
}

// The registered schemes of the provider that only certificates may use in TLS 1.3; listed: no
// others than the configuration's.
static void offer_write_certificate_schemes(const skr_config_t *config, writer_t *w, bool listed) {
    const skr_signature_t *signature = NULL;
    for (size_t i = 0; (signature = config->provider->signatures[i]) != NULL; i++) {
        if (!offer_signs_handshakes(signature) && signature->scheme < 0xfe00 &&
            (!listed || offer_lists(config, signature->scheme))) {
            writer_u16(w, signature->scheme);
        }
    }
}

// What certificates may be signed with, where the configuration restricts what handshakes may be
// (section 4.3.3).
static void offer_write_schemes_cert(const skr_config_t *config, writer_t *w) {
    const skr_signature_t *signature = NULL;
    writer_block_t extension = wire_open_extension(w, WIRE_EXT_SIGNATURE_ALGORITHMS_CERT);
    writer_block_t list = writer_open(w, 2);
    for (size_t i = 0; (signature = config->provider->signatures[i]) != NULL; i++) {
        if (offer_signs_handshakes(signature)) {
            writer_u16(w, signature->scheme);
        }
    }
    offer_write_certificate_schemes(config, w, false);
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
    offer_write_certificate_schemes(config, w, true);
    writer_close(w, list);
    writer_close(w, extension);
    if (config->signatures != NULL) {
        offer_write_schemes_cert(config, w);
    }
}

// Does a key of this type authenticate a cipher suite of TLS 1.2?
static bool offer_auth_fits(uint8_t key_type, suite_auth_t auth) {
    bool rsa = key_type == SKR_KEY_RSA || key_type == SKR_KEY_RSA_PSS;
    return auth == SUITE_AUTH_ANY || rsa == (auth == SUITE_AUTH_RSA);
}

// TLS 1.2's CertificateVerify of a client covers all messages, of which only the two hashes of the
// transcript are kept.
static bool offer_can_sign(const hs_t *hs, const skr_signature_t *signature) {
    bool kept = signature->hash == SKR_HASH_SHA256 || signature->hash == SKR_HASH_SHA384;
    return signature->sign != NULL &&
        (hs->script->version != SKR_TLS12 || kept || !hs_is_client(hs));
}

// An RSA-PSS key whose certificate names a hash is for that one alone (RFC 4055 section 1.2).
static bool offer_hash_fits(const skr_credential_t *credential, const skr_signature_t *signature) {
    skr_certificate_info_t info;
    return credential->key->type != SKR_KEY_RSA_PSS ||
        skr_certificate_read(credential->chain[0], &info) != SKR_OK ||
        info.key_hash == SKR_HASH_NONE || info.key_hash == signature->hash;
}

static bool offer_scheme_fits(const hs_t *hs, const skr_signature_t *signature,
    const skr_credential_t *credential, skr_view_t peer_schemes) {
    return offer_can_sign(hs, signature) && signature->key_type == credential->key->type &&
        wire_numbers_have(peer_schemes, signature->scheme) &&
        offer_hash_fits(credential, signature);
}

// The first of this side's schemes that the peer accepts and the key can do; NULL: none. In TLS 1.2
// PKCS#1 signatures are the last resort.
static const skr_signature_t *offer_scheme_for(
    const hs_t *hs, const skr_credential_t *credential, skr_view_t peer_schemes) {
    const skr_signature_t *signature = NULL;
    for (size_t i = 0; (signature = offer_scheme(hs->config, i)) != NULL; i++) {
        if (offer_scheme_fits(hs, signature, credential, peer_schemes)) {
            return signature;
        }
    }
    const skr_signature_t *const *any = hs->config->provider->signatures;
    for (; hs->script->version == SKR_TLS12 && *any != NULL; any++) {
        if ((*any)->scheme < 0xfe00 && !offer_signs_handshakes(*any) &&
            offer_lists(hs->config, (*any)->scheme) &&
            offer_scheme_fits(hs, *any, credential, peer_schemes)) {
            return *any;
        }
    }
    return NULL;
}

bool offer_credential(
    hs_t *hs, skr_view_t peer_schemes, const skr_name_t *name, suite_auth_t auth) {
    const skr_config_t *config = hs->config;
    hs->credential = NULL;
    hs->name_known = false;
    for (size_t i = 0; i < config->credential_count && !hs->name_known; i++) {
        const skr_credential_t *credential = &config->credentials[i];
        const skr_signature_t *scheme = offer_scheme_for(hs, credential, peer_schemes);
        if (scheme == NULL || !offer_auth_fits(credential->key->type, auth)) {
            continue;
        }
        bool known = name != NULL && skr_certificate_matches(credential->chain[0], name);
        if (hs->credential == NULL || known) {
            hs->credential = credential;
            hs->scheme = scheme;
            hs->name_known = known;
        }
    }
    return hs->credential != NULL;
}
