// Memory of connections from MicroPython's garbage-collected heap.
//
// In: the engine's requests by region (docs/memory.md). Out: blocks, and a report of how much each
// region holds and has held. The blocks' addresses stand in the SSLSocket, where the garbage
// collector finds them: it takes no other pointer than one to the head of a block for a use. A
// record may lie in several: the connection's own block has the first one's address, and each has
// the next one's. The heap's blocks are 16-aligned, as the engine wants them. Nothing here raises:
// a request that can't be met is NULL, which the engine turns into SKR_ERR_MEMORY. Does not: wipe
// what comes back, the engine has done it.

#include "py/gc.h"
#include "modtls.h"

static const qstr region_names[SKR_REGION_COUNT] = {
    [SKR_REGION_HANDSHAKE] = MP_QSTR_handshake,
    [SKR_REGION_MESSAGE] = MP_QSTR_message,
    [SKR_REGION_RECORD_IN] = MP_QSTR_record_in,
    [SKR_REGION_RECORD_OUT] = MP_QSTR_record_out,
    [SKR_REGION_CIPHER_IN] = MP_QSTR_cipher_in,
    [SKR_REGION_CIPHER_OUT] = MP_QSTR_cipher_out,
    [SKR_REGION_SESSION] = MP_QSTR_session,
    [SKR_REGION_CERTIFICATES] = MP_QSTR_certificates,
    [SKR_REGION_PEER_CERTIFICATE] = MP_QSTR_peer_certificate,
};

void *tls_malloc_maybe(size_t size) {
    void *block = m_malloc_maybe(size);
    if (block == NULL && !gc_is_locked()) {
        // The allocator collects by itself, but not after gc.disable().
        gc_collect();
        block = m_malloc_maybe(size);
    }
    return block;
}

static void *take(void *user, skr_region_t region, size_t size) {
    tls_socket_t *o = user;
    void *block = tls_malloc_maybe(size);
    if (block == NULL) {
        return NULL;
    }
    o->block[region] = block;
    o->size_now[region] += (uint32_t)size;
    o->total_now += (uint32_t)size;
    o->size_peak[region] = MAX(o->size_peak[region], o->size_now[region]);
    o->total_peak = MAX(o->total_peak, o->total_now);
    ++o->blocks_now;
    ++o->blocks_ever;
    return block;
}

static void give(void *user, skr_region_t region, void *block, size_t size) {
    tls_socket_t *o = user;
    if (o->block[region] == block) {
        o->block[region] = NULL;
    }
    --o->blocks_now;
    o->total_now -= (uint32_t)size;
    o->size_now[region] -= (uint32_t)size;
    m_del(byte, block, size);
}

void tls_memory_init(tls_socket_t *o) {
    o->memory = (skr_memory_t){.take = take, .give = give, .user = o};
    o->total_now = SKR_CONN_SIZE;
    o->total_peak = SKR_CONN_SIZE;
}

static mp_obj_t now_and_peak(uint32_t now, uint32_t peak) {
    mp_obj_t pair[2] = {mp_obj_new_int_from_uint(now), mp_obj_new_int_from_uint(peak)};
    return mp_obj_new_tuple(2, pair);
}

// {region: (bytes now, largest number of bytes so far)}.
mp_obj_t tls_memory_report(tls_socket_t *o) {
    mp_obj_t report = mp_obj_new_dict(SKR_REGION_COUNT + 4);
    uint32_t conn = o->conn != NULL ? SKR_CONN_SIZE : 0;
    mp_obj_dict_store(
        report, MP_OBJ_NEW_QSTR(MP_QSTR_connection), now_and_peak(conn, SKR_CONN_SIZE));
    for (size_t i = 0; i < SKR_REGION_COUNT; ++i) {
        mp_obj_dict_store(report, MP_OBJ_NEW_QSTR(region_names[i]),
            now_and_peak(o->size_now[i], o->size_peak[i]));
    }
    mp_obj_dict_store(
        report, MP_OBJ_NEW_QSTR(MP_QSTR_engine), now_and_peak(o->total_now, o->total_peak));
    mp_obj_dict_store(
        report, MP_OBJ_NEW_QSTR(MP_QSTR_blocks), now_and_peak(o->blocks_now, o->blocks_ever));
    mp_obj_dict_store(report, MP_OBJ_NEW_QSTR(MP_QSTR_socket),
        now_and_peak(sizeof(tls_socket_t), sizeof(tls_socket_t)));
    return report;
}

// {region: (bytes at most, of the largest block)}; "engine": all, with the connection, as above.
mp_obj_t tls_memory_needed(const tls_context_t *context, mp_obj_t server_hostname) {
    skr_config_t config;
    skr_memory_need_t need;
    skr_view_t name = tls_wanted_name(context, server_hostname);
    tls_configure(context, &config);
    if (skr_memory_needed(&config, name, &need) != SKR_OK) {
        mp_raise_ValueError(MP_ERROR_TEXT("the context is not ready to be used"));
    }
    mp_obj_t report = mp_obj_new_dict(SKR_REGION_COUNT + 1);
    for (size_t i = 0; i < SKR_REGION_COUNT; ++i) {
        mp_obj_dict_store(report, MP_OBJ_NEW_QSTR(region_names[i]),
            now_and_peak((uint32_t)need.region[i].bytes, (uint32_t)need.region[i].largest));
    }
    mp_obj_dict_store(report, MP_OBJ_NEW_QSTR(MP_QSTR_engine),
        now_and_peak((uint32_t)need.all.bytes + SKR_CONN_SIZE, (uint32_t)need.all.largest));
    return report;
}

void tls_wipe(void *data, size_t size) {
    volatile byte *p = data;
    while (size-- > 0) {
        *p++ = 0;
    }
}
