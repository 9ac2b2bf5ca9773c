// What makes a configuration usable.
//
// In: a configuration and the peer's name, as the caller gave them. Out: SKR_OK, or the error that
// says what is missing. Asked once, when a connection is made, so that a mistake shows before a
// byte is sent; what only the handshake can tell (no clock yet, no suite in common) is found there.
// Nothing that verification needs may be left out silently: no roots, no name and no clock are
// errors, not defaults.
#include "base/ct.h"
#include "conn/conn.h"
#include "hs/psk.h"

static skr_status_t config_check_credentials(const skr_config_t *config) {
    if (config->credential_count > SKR_CREDENTIALS_MAX ||
        (config->role == SKR_SERVER && config->credential_count == 0 && !psk_served(config))) {
        return SKR_ERR_CONFIG;
    }
    for (size_t i = 0; i < config->credential_count; i++) {
        const skr_credential_t *credential = &config->credentials[i];
        if (credential->chain_count == 0 || credential->key == NULL) {
            return SKR_ERR_CONFIG;
        }
    }
    return SKR_OK;
}

static skr_status_t config_check_keys(const skr_config_t *config) {
    for (size_t i = 0; i < config->credential_count; i++) {
        const skr_credential_t *credential = &config->credentials[i];
        skr_certificate_info_t info;
        skr_status_t status = skr_certificate_read(credential->chain[0], &info);
        if (status != SKR_OK) {
            return status;
        }
        // A secure element's key can't be looked at.
        if (!credential->key->external &&
            !config->provider->key_matches(credential->key, &info.key)) {
            return SKR_ERR_KEY_MISMATCH;
        }
    }
    return SKR_OK;
}

bool config_key_fits(const skr_psk_t *psk) {
    bool hash = psk->hash == 0 || psk->hash == SKR_HASH_SHA256 || psk->hash == SKR_HASH_SHA384;
    return hash && psk->key.size >= SKR_PSK_KEY_MIN && psk->key.size <= SKR_PSK_KEY_MAX;
}

static bool config_psks_fit(const skr_config_t *config) {
    if (config->psk_count >= HS_PSK_GIVEN) {
        return false;
    }
    for (size_t i = 0; i < config->psk_count; i++) {
        const skr_psk_t *psk = &config->psks[i];
        if (psk->identity.size == 0 || psk->identity.size > SKR_PSK_IDENTITY_MAX ||
            !config_key_fits(psk)) {
            return false;
        }
    }
    return true;
}

// RFC 9846 section 4.7.1 has seven days at most. A key that nobody has filled in protects nothing.
static bool config_sessions_fit(const skr_config_t *config) {
    enum { LIFETIME_MAX = 604800 };
    const uint8_t *key = config->session_key;
    return config->ticket_lifetime <= LIFETIME_MAX &&
        (key == NULL || !ct_is_zero(key, SKR_SESSION_KEY_SIZE));
}

enum { CONFIG_UINT24_MAX = 0xffffff };

static bool config_lists_fit(const skr_config_t *config) {
    for (size_t i = 0; i < config->alpn_count; i++) {
        if (config->alpn[i].size == 0 || config->alpn[i].size > SKR_ALPN_MAX) {
            return false;
        }
    }
    bool tiny = config->max_record_in != 0 && config->max_record_in < 64; // RFC 8449 section 4
    tiny = tiny || (config->chunk != 0 && config->chunk < SKR_CHUNK_MIN) ||
        (config->max_message != 0 && config->max_message < SKR_MESSAGE_MIN);
    return !tiny && config_psks_fit(config) && config_sessions_fit(config) &&
        config->alpn_count < 255 && config->anchor_count <= UINT16_MAX &&
        config->max_message <= SKR_MESSAGE_MAX && config->max_chain <= CONFIG_UINT24_MAX &&
        config->max_record_in <= SKR_RECORD_PLAIN_MAX &&
        config->max_record_out <= SKR_RECORD_PLAIN_MAX;
}

skr_status_t config_check_form(const skr_config_t *config, skr_view_t server_name) {
    if (config->profile == NULL || config->provider == NULL || !config_lists_fit(config) ||
        (config->random == NULL && config->provider->random == NULL)) {
        return SKR_ERR_CONFIG;
    }
    // Who has a pre-shared key and no roots speaks to nobody who shows a certificate instead.
    bool only_psk = psk_served(config) && config->anchor_count == 0;
    if (config->verify != SKR_VERIFY_NONE && !only_psk) {
        if (config->anchor_count == 0) {
            return SKR_ERR_NO_TRUST;
        }
        if (config->role == SKR_CLIENT && !config->ignore_name && server_name.data == NULL) {
            return SKR_ERR_NAME_REQUIRED;
        }
    }
    return config_check_credentials(config);
}

skr_status_t config_check(const skr_config_t *config, skr_view_t server_name) {
    skr_status_t status = config_check_form(config, server_name);
    return status != SKR_OK ? status : config_check_keys(config);
}
