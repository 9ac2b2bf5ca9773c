// How large this side's messages can be, before they are built.
//
// In: a configuration, and what of it a message will hold. Out: bytes that are never too few: as
// many as all fields of both versions take at once (RFC 9846 sections 4.2.2 to 4.5, RFC 5246
// section 7.4). The same numbers serve the handshake and what skr_memory_needed() tells beforehand.
// Does not count records.
#include "hs/bound.h"

#include "hs/auth.h"
#include "hs/offer.h"

// type, length and, where there is one, the length of a list
enum { BOUND_EXTENSION = 4, BOUND_LIST = 2 };

// Numbers of all signature schemes that a ClientHello can name.
static size_t bound_schemes(const skr_config_t *config) {
    size_t count = 0;
    while (config->provider->signatures[count] != NULL) {
        count++;
    }
    size_t lists = config->signatures != NULL ? 2 : 1; // signature_algorithms_cert
    size_t size = BOUND_EXTENSION + BOUND_LIST + 2 * count;
    return lists * size;
}

// key_share with the largest group.
static size_t bound_share(const skr_config_t *config) {
    const skr_group_t *group = NULL;
    size_t share = 0;
    for (size_t i = 0; (group = offer_group(config, i)) != NULL; i++) {
        share = group->public_size > share ? group->public_size : share;
        share = group->response_size > share ? group->response_size : share;
    }
    return BOUND_EXTENSION + BOUND_LIST + 4 + share;
}

static size_t bound_groups(const skr_config_t *config) {
    size_t count = 0;
    while (offer_group(config, count) != NULL) {
        count++;
    }
    return BOUND_EXTENSION + BOUND_LIST + 2 * count;
}

static size_t bound_suites(const skr_config_t *config) {
    size_t count = 0;
    while (offer_suite(config, count) != NULL) {
        count++;
    }
    return 2 + 2 * count;
}

static size_t bound_alpn(const skr_config_t *config) {
    size_t size = BOUND_EXTENSION + BOUND_LIST;
    for (size_t i = 0; i < config->alpn_count; i++) {
        size += 1 + config->alpn[i].size;
    }
    return config->alpn_count > 0 ? size : 0;
}

// psk_key_exchange_modes; pre_shared_key with a session and the configured keys; TLS 1.2's
// session_ticket, which is empty when the session is TLS 1.3's.
static size_t bound_sessions(const skr_config_t *config, size_t ticket) {
    enum { IDENTITY = 2 + 4 + 1 + SKR_SECRET_SIZE_MAX }; // length, age and binder
    size_t session = config->session_key != NULL ? IDENTITY + ticket : 0;
    size_t psk = 0;
    for (size_t i = 0; i < config->psk_count && i < SKR_PSKS_OFFERED_MAX; i++) {
        psk += IDENTITY + config->psks[i].identity.size;
    }
    size_t modes = BOUND_EXTENSION + 1 + 2;
    size_t offer = BOUND_EXTENSION + 2 * BOUND_LIST + session + psk;
    size_t empty = config->session_key != NULL ? BOUND_EXTENSION : 0;
    return session + psk > 0 ? modes + offer + empty : 0;
}

size_t bound_client_hello(
    const skr_config_t *config, const skr_name_t *name, size_t cookie, size_t ticket) {
    enum {
        FIXED = SKR_MESSAGE_HEADER_SIZE + 2 + SKR_RANDOM_SIZE + 1 + SKR_SESSION_ID_MAX + 2 + 2,
        VERSIONS = BOUND_EXTENSION + 1 + 4,
        LIMITS = BOUND_EXTENSION + 2 + BOUND_EXTENSION +
            1, // record_size_limit, max_fragment_length
        OLDER = BOUND_EXTENSION + BOUND_EXTENSION + 1 + BOUND_EXTENSION + 2 // what TLS 1.2 adds
    };
    size_t named = name->kind == SKR_NAME_DNS ? BOUND_EXTENSION + 5 + name->data.size : 0;
    size_t cookies = cookie > 0 ? BOUND_EXTENSION + 2 + cookie : 0;
    return FIXED + VERSIONS + LIMITS + OLDER + named + cookies + bound_suites(config) +
        bound_groups(config) + bound_share(config) + bound_schemes(config) + bound_alpn(config) +
        bound_sessions(config, ticket);
}

static size_t bound_signature(const skr_private_key_t *key) {
    return 8 + (key == NULL ? 0 : auth_signature_max(key));
}

// The one application protocol that a server chooses.
static size_t bound_protocol(const skr_config_t *config) {
    size_t size = 0;
    for (size_t i = 0; i < config->alpn_count; i++) {
        size = config->alpn[i].size > size ? config->alpn[i].size : size;
    }
    return config->alpn_count > 0 ? BOUND_EXTENSION + BOUND_LIST + 1 + size : 0;
}

// What EncryptedExtensions or TLS 1.2's ServerHello hold: a limit in either form, that the name was
// known, the protocol.
static size_t bound_answers(const skr_config_t *config) {
    return BOUND_EXTENSION + 2 + BOUND_EXTENSION + bound_protocol(config);
}

// Of both versions, and a HelloRetryRequest.
static size_t bound_server_hello(const skr_config_t *config) {
    enum {
        FIXED = 2 + SKR_RANDOM_SIZE + 1 + SKR_SESSION_ID_MAX + 2 + 1 + 2,
        NEWER = BOUND_EXTENSION + 2 + BOUND_EXTENSION + 2, // supported_versions, pre_shared_key
        // renegotiation_info, extended_master_secret, ec_point_formats, session_ticket
        OLDER = 4 * BOUND_EXTENSION + 1 + 2
    };
    return FIXED + NEWER + OLDER + bound_share(config) + bound_answers(config);
}

size_t bound_by_client(
    const skr_config_t *config, unsigned type, const skr_private_key_t *key, size_t identity) {
    (void)config;
    switch (type) {
        case WIRE_CERTIFICATE_VERIFY:
            return SKR_MESSAGE_HEADER_SIZE + bound_signature(key);
        case WIRE_CLIENT_KEY_EXCHANGE:
            return SKR_MESSAGE_HEADER_SIZE + 4 + SKR_GROUP_PUBLIC_MAX + identity;
        case WIRE_FINISHED:
            return SKR_MESSAGE_HEADER_SIZE + SKR_SECRET_SIZE_MAX;
        default: // ChangeCipherSpec
            return 0;
    }
}

static size_t bound_server_body(
    const skr_config_t *config, unsigned type, const skr_private_key_t *key) {
    switch (type) {
        case WIRE_SERVER_HELLO:
        case WIRE_HELLO_RETRY_REQUEST:
            return bound_server_hello(config);
        case WIRE_ENCRYPTED_EXTENSIONS:
            return 2 + bound_answers(config);
        case WIRE_CERTIFICATE_REQUEST: // TLS 1.2's has its lists without heads
            return 1 + 2 + 2 + bound_schemes(config);
        case WIRE_CERTIFICATE_VERIFY:
            return bound_signature(key);
        case WIRE_SERVER_KEY_EXCHANGE:
            return 4 + SKR_GROUP_PUBLIC_MAX + bound_signature(key);
        case WIRE_NEW_SESSION_TICKET:
            return 4 + 2 + SKR_SESSION_OVERHEAD;
        case WIRE_FINISHED:
            return SKR_SECRET_SIZE_MAX;
        default: // ServerHelloDone
            return 0;
    }
}

size_t bound_by_server(
    const skr_config_t *config, unsigned type, const skr_private_key_t *key, size_t identity) {
    (void)identity;
    bool record = type == WIRE_CHANGE_CIPHER_SPEC;
    return record ? 0 : SKR_MESSAGE_HEADER_SIZE + bound_server_body(config, type, key);
}
