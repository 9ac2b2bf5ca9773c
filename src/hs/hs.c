// The start and the end of a handshake.
//
// In: a configuration. Out: a handshake that stands at the first row of its script; at the end, the
// one answer to whether the peer may be talked to. The walker (walk.c) does what lies between. The
// answer is computed from proofs that were set where they were made (RFC 9846 section 4.5), never
// from the place in the script: a path through the code that skips a check leaves its proof unset
// and ends here.
#include "hs/hs.h"

#include "base/ct.h"

skr_status_t hs_init(hs_t *hs, const skr_config_t *config, hs_sink_t sink, int64_t now) {
    hs->config = config;
    hs->sink = sink;
    hs->now = now;
    // The newest version's script begins; the hello that settles an older one changes over to its
    // script.
    uint16_t version = hs_allows(config, SKR_TLS13) ? SKR_TLS13 : SKR_TLS12;
    if (!hs_allows(config, version)) {
        return SKR_ERR_CONFIG;
    }
    hs->script = hs_script(config, version);
    return hs_local(transcript_init(&hs->transcript, config->provider->hashes));
}

void *hs_take(hs_t *hs, skr_region_t region, size_t size) {
    const skr_memory_t *memory = hs->config->memory;
    void *data = memory->take(memory->user, region, size);
    if (data == NULL) {
        hs->short_size = (uint32_t)size;
        hs->short_region = (uint8_t)region;
    }
    return data;
}

void hs_give(hs_t *hs, skr_region_t region, void *data, size_t size) {
    const skr_memory_t *memory = hs->config->memory;
    if (data != NULL) {
        ct_wipe(data, size);
        memory->give(memory->user, region, data, size);
    }
}

void hs_end(hs_t *hs) {
    hs_give(hs, SKR_REGION_CERTIFICATES, hs->stream, hs->stream_size);
    hs_give(hs, SKR_REGION_PEER_CERTIFICATE, hs->peer_key_block, hs->peer_key_size);
    hs_give(hs, SKR_REGION_PEER_CERTIFICATE, hs->cookie, hs->cookie_size);
    hs->stream = NULL;
    hs->peer_key_block = NULL;
    hs->cookie = NULL;
}

const hs_script_t *hs_script(const skr_config_t *config, uint16_t version) {
    const skr_profile_t *profile = config->profile;
    if (version == SKR_TLS13) {
        return config->role == SKR_CLIENT ? profile->client13 : profile->server13;
    }
    return config->role == SKR_CLIENT ? profile->client12 : profile->server12;
}

// A list of suites that holds none of a version rules the version out: there would be nothing to
// agree on.
static bool hs_has_suite(const skr_config_t *config, uint16_t version) {
    if (config->suites == NULL) {
        return true;
    }
    for (const uint16_t *id = config->suites; *id != 0; id++) {
        const suite_t *suite = suite_find(*id);
        if (suite != NULL && suite->version == (version & 0xff)) {
            return true;
        }
    }
    return false;
}

bool hs_allows(const skr_config_t *config, uint16_t version) {
    return hs_script(config, version) != NULL && hs_has_suite(config, version) &&
        version >= config->min_version &&
        (config->max_version == 0 || version <= config->max_version);
}

bool hs_peer_verified(const hs_t *hs) {
    const uint8_t identity = PROOF_PATH | PROOF_SIGNATURE;
    bool before = (hs->proofs & PROOF_PSK) != 0 &&
        (hs->psk_external || (hs->session.flags & SESSION_VERIFIED) != 0);
    return before || (hs->proofs & identity) == identity;
}

bool hs_proved(const hs_t *hs) {
    uint8_t wanted = PROOF_FINISHED | PROOF_PATH | PROOF_SIGNATURE;
    if ((hs->facts & (F_PSK | F_KEYED)) != 0) {
        // A session was made under this policy: it is bound to it.
        wanted = PROOF_FINISHED | PROOF_PSK;
    } else if (hs->config->verify == SKR_VERIFY_NONE) {
        // The policy says none; a server still shows that it holds the key of the certificate that
        // it sent.
        wanted = hs_is_client(hs) ? PROOF_FINISHED | PROOF_SIGNATURE : PROOF_FINISHED;
    } else if (hs->config->verify == SKR_VERIFY_OPTIONAL && !hs_is_client(hs) &&
        (hs->facts & F_EMPTY_CERT) != 0) {
        wanted = PROOF_FINISHED;
    }
    return (hs->proofs & wanted) == wanted;
}

skr_status_t hs_random(const hs_t *hs, uint8_t *out, size_t size) {
    const skr_config_t *config = hs->config;
    bool ok = config->random != NULL ? config->random(config->random_user, out, size)
                                     : config->provider->random(NULL, out, size);
    return ok ? SKR_OK : SKR_ERR_RANDOM;
}

void hs_take_suite(hs_t *hs, const suite_t *suite) {
    hs->suite = suite;
    hs->hash = provider_hash(hs->config->provider, suite->hash);
    hs->aead = provider_aead(hs->config->provider, suite->aead);
}
