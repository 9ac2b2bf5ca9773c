// The peer's chain, as it comes.
//
// In: pieces of a Certificate message of either version (RFC 9846 section 4.5.1.3, RFC 5246 section
// 7.4.2). Out: PROOF_PATH, set in one function only; the peer's key, a copy of its numbers. The
// chain streams through x509/stream.h: of a certificate nothing stays but what its neighbours need,
// so the memory is the same for every chain. The caller may be asked for its verdict
// (SKR_WANT_VERIFY): then the whole message comes in one piece, and again once there is an answer.
#include "hs/peer.h"

#include "base/bytes.h"
#include "x509/stream.h"

static skr_verify_request_t peer_request(const hs_t *hs) {
    const skr_config_t *config = hs->config;
    bool checked = config->verify != SKR_VERIFY_NONE;
    skr_verify_request_t request = {
        .provider = config->provider,
        .anchors = config->anchors,
        .anchor_count = checked ? config->anchor_count : 0,
        .purpose = hs_is_client(hs) ? SKR_PURPOSE_SERVER : SKR_PURPOSE_CLIENT,
        .name = hs_is_client(hs) && !config->ignore_name ? &hs->peer_name : NULL,
        .time = hs->now,
        .ignore_time = config->ignore_time,
        .rules = config->rules,
        .max_intermediates = config->max_intermediates,
    };
    return request;
}

// --- The stream's memory ---

size_t peer_stream_size(const skr_config_t *config) {
    size_t window = config->certificate_window != 0 ? config->certificate_window
                                                    : SKR_CERTIFICATE_WINDOW;
    return sizeof(x509_stream_t) + window;
}

static skr_status_t peer_begin(hs_t *hs) {
    const skr_config_t *config = hs->config;
    bool only_key = config->verify == SKR_VERIFY_NONE;
    if (!only_key && hs->now == 0 && !config->ignore_time) {
        return SKR_ERR_TIME_UNKNOWN;
    }
    hs->stream_size = peer_stream_size(config);
    hs->stream = hs_take(hs, SKR_REGION_CERTIFICATES, hs->stream_size);
    if (hs->stream == NULL) {
        return SKR_ERR_MEMORY;
    }
    (void)stream_init(hs->stream, hs->stream_size, &hs->path, only_key); // it is large enough
    return SKR_OK;
}

static void peer_end(hs_t *hs) {
    hs_give(hs, SKR_REGION_CERTIFICATES, hs->stream, hs->stream_size);
    hs->stream = NULL;
    memset(&hs->chain, 0, sizeof(hs->chain));
}

// Of a chain that is refused nothing stays, not even the key.
static skr_status_t peer_refuse(hs_t *hs, skr_status_t status) {
    peer_end(hs);
    hs_give(hs, SKR_REGION_PEER_CERTIFICATE, hs->peer_key_block, hs->peer_key_size);
    hs->peer_key_block = NULL;
    return status;
}

// The peer's key outlives the message that it came in: a copy of the numbers, nothing else.
static skr_status_t peer_keep_key(hs_t *hs) {
    skr_public_key_t key = stream_leaf_key(hs->stream, &hs->peer_key_hash);
    size_t size = key.a.size + key.b.size;
    if (size == 0 || size > SKR_PUBLIC_KEY_MAX) {
        return SKR_ERR_CERT_ALGORITHM;
    }
    hs->peer_key_size = size;
    uint8_t *block = hs_take(hs, SKR_REGION_PEER_CERTIFICATE, size);
    if (block == NULL) {
        return SKR_ERR_MEMORY;
    }
    memcpy(block, key.a.data, key.a.size);
    if (key.b.size > 0) {
        memcpy(block + key.a.size, key.b.data, key.b.size);
    }
    hs->peer_key_block = block;
    hs->peer_key.type = key.type;
    hs->peer_key.a = view_of(block, key.a.size);
    hs->peer_key.b = view_of(block + key.a.size, key.b.size);
    return SKR_OK;
}

// --- The chain ---

static void peer_show(const hs_t *hs, skr_view_t piece) {
    const skr_chain_watch_t *watch = hs->config->chain_watch;
    if (watch != NULL) {
        size_t offset = hs->chain.size - hs->chain.left - piece.size;
        watch->bytes(watch->user, hs->stream->count - 1u, hs->chain.size, offset, piece);
    }
}

static skr_status_t peer_piece(hs_t *hs, skr_view_t body, bool tls12) {
    skr_verify_request_t request = peer_request(hs);
    reader_t r = reader_of(body);
    wire_chain_event_t event = WIRE_CHAIN_MORE;
    skr_status_t status = SKR_OK;
    do {
        skr_view_t bytes = {NULL, 0};
        size_t size = 0;
        status = wire_chain_next(&hs->chain, tls12, &r, &event, &bytes, &size);
        if (status == SKR_OK && event == WIRE_CHAIN_BEGIN) {
            status = hs->stream != NULL ? SKR_OK : peer_begin(hs);
            status = status != SKR_OK ? status : stream_begin(hs->stream, &request, size);
        } else if (status == SKR_OK && event == WIRE_CHAIN_BYTES) {
            peer_show(hs, bytes);
            status = stream_feed(hs->stream, &request, bytes);
        } else if (status == SKR_OK && event == WIRE_CHAIN_END) {
            status = stream_end(hs->stream, &request);
            if (status == SKR_OK && hs->peer_key_block == NULL) {
                status = peer_keep_key(hs);
            }
        }
    } while (status == SKR_OK && event != WIRE_CHAIN_MORE);
    return status;
}

// The one place that sets PROOF_PATH.
static skr_status_t peer_finish_path(hs_t *hs) {
    if (hs->config->verify == SKR_VERIFY_NONE) {
        return SKR_OK; // and no proof: hs_proved() knows the policy
    }
    skr_verify_request_t request = peer_request(hs);
    skr_status_t status = stream_finish(hs->stream, &request);
    if (status == SKR_OK) {
        hs->proofs |= PROOF_PATH;
    }
    return status;
}

static skr_status_t peer_empty_chain(hs_t *hs) {
    if (hs_is_client(hs)) {
        return SKR_ERR_NO_CERTIFICATE;
    }
    if (hs->config->verify == SKR_VERIFY_REQUIRED) {
        return SKR_ERR_CERTIFICATE_REQUIRED;
    }
    hs->facts |= F_EMPTY_CERT;
    return SKR_OK;
}

static skr_status_t peer_verdict(const hs_t *hs) {
    if (!hs->config->ask_verify || hs->verdict == HS_VERDICT_ACCEPT) {
        return SKR_OK;
    }
    return hs->verdict == HS_VERDICT_REFUSE ? SKR_ERR_CERT_REFUSED : SKR_WANT_VERIFY;
}

// The message is complete.
static skr_status_t peer_judge(hs_t *hs) {
    if (!wire_chain_done(&hs->chain)) {
        return SKR_ERR_DECODE;
    }
    return hs->stream == NULL ? peer_empty_chain(hs) : peer_finish_path(hs);
}

skr_status_t peer_recv_chain(hs_t *hs, skr_view_t body, bool tls12) {
    if (hs->path_checked) {
        return peer_verdict(hs);
    }
    skr_status_t status = peer_piece(hs, body, tls12);
    if (status == SKR_OK && !hs->more) {
        status = peer_judge(hs);
    }
    if (status != SKR_OK) {
        return peer_refuse(hs, status);
    }
    if (hs->more || hs->stream == NULL) { // none, and that is fine
        return SKR_OK;
    }
    peer_end(hs);
    hs->path_checked = true;
    return peer_verdict(hs);
}
