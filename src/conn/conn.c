// A connection's beginning, its memory and keys, its end, and what is known about it.
//
// In: the caller's memory and configuration. Out: a connection, errors that stick, keys in their
// places. Every block is wiped before it goes back. An error ends everything but the bytes that
// must still be sent: the alert (RFC 9846 section 6.2) is sealed into the connection itself, so
// that running out of memory can be told, too. Does not judge messages and does not choose: hs
// does.
#include "conn/conn.h"

#include "base/bytes.h"
#include "base/ct.h"

// --- Memory ---

bool conn_take(skr_conn_t *conn, skr_region_t region, conn_block_t *block, size_t size) {
    const skr_memory_t *memory = conn->config->memory;
    block->data = memory->take(memory->user, region, size);
    block->size = (uint32_t)size;
    block->start = 0;
    block->end = 0;
    if (block->data == NULL) {
        conn->error.value = (uint32_t)size;
        conn->error.limit = (uint32_t)region;
        return false;
    }
    return true;
}

void conn_give(skr_conn_t *conn, skr_region_t region, conn_block_t *block) {
    if (block->data != NULL) {
        const skr_memory_t *memory = conn->config->memory;
        ct_wipe(block->data, block->size);
        memory->give(memory->user, region, block->data, block->size);
    }
    memset(block, 0, sizeof(*block));
}

void conn_end_handshake(skr_conn_t *conn) {
    if (conn->hs != NULL) {
        hs_end(conn->hs);
        conn_block_t block = {.data = (uint8_t *)conn->hs, .size = sizeof(hs_t)};
        conn_give(conn, SKR_REGION_HANDSHAKE, &block);
        conn->hs = NULL;
    }
}

// --- Keys ---

static conn_side_t *conn_side(skr_conn_t *conn, bool writing) {
    return writing ? &conn->out : &conn->in;
}

skr_status_t conn_cipher(skr_conn_t *conn, bool writing) {
    conn_side_t *side = conn_side(conn, writing);
    if (side->cipher != NULL) {
        return SKR_OK;
    }
    conn_block_t block;
    if (!conn_take(conn, writing ? SKR_REGION_CIPHER_OUT : SKR_REGION_CIPHER_IN, &block,
            side->keys.aead->state_size)) {
        return SKR_ERR_MEMORY;
    }
    side->cipher = block.data;
    if (!side->keys.aead->init(side->cipher, side->keys.key)) {
        conn_cipher_end(conn, writing);
        return SKR_ERR_PROVIDER;
    }
    return SKR_OK;
}

void conn_cipher_end(skr_conn_t *conn, bool writing) {
    conn_side_t *side = conn_side(conn, writing);
    if (side->cipher != NULL) {
        side->keys.aead->clear(side->cipher);
        conn_block_t block = {.data = side->cipher, .size = side->keys.aead->state_size};
        conn_give(conn, writing ? SKR_REGION_CIPHER_OUT : SKR_REGION_CIPHER_IN, &block);
        side->cipher = NULL;
    }
}

void conn_cipher_done(skr_conn_t *conn, bool writing) {
    if (!conn->config->keep_cipher_state) {
        conn_cipher_end(conn, writing);
    }
}

skr_status_t conn_install(skr_conn_t *conn, bool writing, const uint8_t *secret,
    const skr_hash_t *hash, const skr_aead_t *aead) {
    conn_side_t *side = conn_side(conn, writing);
    // Apart until they are whole: nothing may be sealed with half a key, not even the alert.
    record_keys_t keys = {.aead = aead, .protection = &record13_protection};
    bool made = schedule_traffic_keys(hash, secret, keys.key, aead->key_size, keys.iv);
    if (made) {
        conn_cipher_end(conn, writing);
        side->keys = keys;
        if (secret != side->secret) {
            memcpy(side->secret, secret, hash->size);
        }
    }
    ct_wipe(&keys, sizeof(keys));
    return hs_local(made);
}

skr_status_t conn_next_keys(skr_conn_t *conn, bool writing) {
    conn_side_t *side = conn_side(conn, writing);
    if (!schedule_update(conn->hash, side->secret)) {
        return SKR_ERR_PROVIDER;
    }
    return conn_install(conn, writing, side->secret, conn->hash, side->keys.aead);
}

static skr_status_t conn_take_secret(void *user, bool writing, const uint8_t *secret) {
    skr_conn_t *conn = user;
    return conn_install(conn, writing, secret, conn->hs->hash, conn->hs->aead);
}

// TLS 1.2: the keys as they are.
static skr_status_t conn_take_keys(
    void *user, bool writing, const uint8_t *key, const uint8_t *iv, size_t iv_size) {
    skr_conn_t *conn = user;
    conn_side_t *side = conn_side(conn, writing);
    conn_cipher_end(conn, writing);
    side->keys.aead = conn->hs->aead;
    side->keys.protection = conn->config->profile->record12(side->keys.aead->id);
    side->keys.sequence = 0;
    memcpy(side->keys.key, key, side->keys.aead->key_size);
    memcpy(side->keys.iv, iv, iv_size);
    memcpy(side->secret,
        writing == (conn->config->role == SKR_CLIENT) ? conn->hs->client_random
                                                      : conn->hs->server_random,
        SKR_RANDOM_SIZE);
    return SKR_OK;
}

// --- Beginning ---

static skr_status_t conn_name_peer(skr_conn_t *conn) {
    if (conn->server_name.data == NULL || conn->config->role == SKR_SERVER) {
        return SKR_OK;
    }
    return skr_name_parse(conn->server_name, &conn->hs->peer_name) ? SKR_OK : SKR_ERR_NAME_REQUIRED;
}

static skr_status_t conn_begin(skr_conn_t *conn) {
    skr_status_t status = config_check(conn->config, conn->server_name);
    if (status != SKR_OK) {
        return status;
    }
    conn_block_t block;
    if (!conn_take(conn, SKR_REGION_HANDSHAKE, &block, sizeof(hs_t))) {
        return SKR_ERR_MEMORY;
    }
    memset(block.data, 0, block.size);
    conn->hs = (hs_t *)(void *)block.data;
    hs_sink_t sink = {conn_take_secret, conn_take_keys, conn_take_ticket12, conn};
    status = hs_init(conn->hs, conn->config, sink, conn->now);
    return status != SKR_OK ? status : conn_name_peer(conn);
}

skr_conn_t *skr_conn_init(
    void *memory, size_t size, const skr_config_t *config, skr_view_t server_name, int64_t now) {
    _Static_assert(sizeof(skr_conn_t) <= SKR_CONN_SIZE, "SKR_CONN_SIZE is what a connection takes");
    if (memory == NULL || size < sizeof(skr_conn_t) || config == NULL || config->memory == NULL) {
        return NULL;
    }
    skr_conn_t *conn = memory;
    memset(conn, 0, sizeof(*conn));
    conn->config = config;
    conn->server_name = server_name;
    conn->now = now;
    conn->error.alert_sent = SKR_ALERT_NONE;
    conn->error.alert_received = SKR_ALERT_NONE;
    skr_status_t status = conn_begin(conn);
    if (status != SKR_OK) {
        conn->error.status = status; // nothing was said yet, so there is no alert
        conn_end_handshake(conn);
    }
    return conn;
}

void skr_conn_set_time(skr_conn_t *conn, int64_t now) {
    conn->now = now;
    if (conn->hs != NULL) {
        conn->hs->now = now;
    }
}

// --- End ---

void conn_drop_input(skr_conn_t *conn) {
    conn_record_done(conn);
    conn_give(conn, SKR_REGION_MESSAGE, &conn->message);
    conn_cipher_end(conn, false);
    if (conn->hs != NULL) {
        hs_end(conn->hs);
    }
}

// What the error is about, as far as the handshake knows.
static void conn_explain(skr_conn_t *conn, skr_status_t status) {
    const hs_t *hs = conn->hs;
    if (skr_error_class(status) == SKR_CLASS_CERTIFICATE) {
        conn->error.certificate = hs->path.certificate;
        conn->error.field = hs->path.field;
    }
    if (status == SKR_ERR_MEMORY && conn->error.value == 0) {
        conn->error.value = hs->short_size;
        conn->error.limit = hs->short_region;
    }
}

static void conn_wipe_keys(skr_conn_t *conn) {
    conn_cipher_end(conn, true);
    ct_wipe(&conn->in, sizeof(conn->in));
    ct_wipe(&conn->out, sizeof(conn->out));
    ct_wipe(conn->exporter, sizeof(conn->exporter));
    ct_wipe(conn->resumption, sizeof(conn->resumption));
}

// Of the output only whole records stay, which may still be sent: what stands behind them was not
// sealed.
static void conn_wipe_unsealed(skr_conn_t *conn) {
    conn_block_t *output = &conn->output;
    if (output->end == output->start) {
        conn_give(conn, SKR_REGION_RECORD_OUT, output);
    } else {
        ct_wipe(output->data + output->end, output->size - output->end);
    }
}

// TLS 1.2 does not know the alerts that TLS 1.3 brought.
static skr_alert_t conn_alert(const skr_conn_t *conn, skr_status_t status) {
    skr_alert_t alert = skr_error_alert(status);
    bool tls12 = conn->hs != NULL && conn->hs->script->version == SKR_TLS12;
    if (tls12 &&
        (alert == SKR_ALERT_CERTIFICATE_REQUIRED || alert == SKR_ALERT_MISSING_EXTENSION)) {
        return SKR_ALERT_HANDSHAKE_FAILURE;
    }
    return alert;
}

skr_status_t conn_fail(skr_conn_t *conn, skr_status_t status) {
    if (conn->error.status != SKR_OK) {
        return conn->error.status;
    }
    conn->error.status = status;
    if (conn->hs != NULL) {
        conn_explain(conn, status);
    }
    conn_drop_input(conn);
    skr_alert_t alert = conn_alert(conn, status);
    if (alert != SKR_ALERT_NONE && !conn->closed_out) {
        (void)conn_send_alert(conn, alert); // no memory, a broken provider: the first error counts
    }
    conn->complete = false;
    conn->closed_out = true;
    conn_wipe_unsealed(conn);
    conn_session_end(conn);
    conn_end_handshake(conn);
    conn_wipe_keys(conn);
    return status;
}

void skr_conn_free(skr_conn_t *conn) {
    conn_drop_input(conn);
    conn_give(conn, SKR_REGION_RECORD_OUT, &conn->output);
    conn_session_end(conn);
    conn_end_handshake(conn);
    conn_wipe_keys(conn);
    ct_wipe(conn, sizeof(*conn));
}

// --- What is known ---

void conn_trace(const skr_conn_t *conn, bool sent, skr_layer_t layer, uint8_t type,
    bool is_protected, size_t size, const char *name) {
    const skr_trace_t *trace = conn->config->trace;
    if (trace != NULL) {
        skr_trace_event_t event = {sent, (uint8_t)layer, type, is_protected, (uint32_t)size, name};
        trace->event(trace->user, &event);
    }
}

void skr_conn_info(const skr_conn_t *conn, skr_conn_info_t *info) {
    memset(info, 0, sizeof(*info));
    info->suite_name = info->group_name = info->scheme_name = "";
    info->bytes_in = conn->bytes_in;
    info->bytes_out = conn->bytes_out;
    if (conn->suite == NULL) {
        return;
    }
    info->version = conn->script->version;
    info->suite = conn->suite->id;
    info->suite_name = conn->suite->name;
    info->group = conn->group;
    info->group_name = skr_group_name(conn->group);
    info->peer_scheme = conn->peer_scheme;
    info->scheme_name = skr_scheme_name(conn->peer_scheme);
    if (conn->alpn != 0) {
        info->alpn = conn->config->alpn[conn->alpn - 1];
    }
    info->complete = conn->complete;
    info->peer_verified = conn->peer_verified;
    info->retried = conn->retried;
    info->resumed = conn->resumed;
    if (conn->psk_number != 0 && conn->psk_number != HS_PSK_GIVEN) {
        info->psk_identity = conn->config->psks[conn->psk_number - 1].identity;
    }
}

void skr_conn_error(const skr_conn_t *conn, skr_error_t *error) {
    *error = conn->error;
}

skr_status_t skr_conn_export(
    const skr_conn_t *conn, skr_view_t label, skr_view_t context, uint8_t *out, size_t size) {
    if (!conn->complete || !conn->exports || size == 0 || size > 255u * (size_t)conn->hash->size ||
        label.size > 249) {
        return conn->error.status != SKR_OK ? conn->error.status : SKR_ERR_USAGE;
    }
    bool is_client = conn->config->role == SKR_CLIENT;
    const uint8_t *randoms[2] = {is_client ? conn->out.secret : conn->in.secret,
        is_client ? conn->in.secret : conn->out.secret};
    return hs_local(
        conn->script->export_keys(conn->hash, conn->exporter, randoms, label, context, out, size));
}
