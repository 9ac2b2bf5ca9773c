// The workload on BearSSL's own TLS, which is 1.2 and asks for no heap.
//
// In: the driver's calls. Out: what BearSSL does with its defaults but for what the workload names:
// one suite, the chain and the host's name checked. A connection's context, its validator and its
// buffers come from malloc(), so that they are counted as any library's. Buffers are the full ones
// for both directions; with BENCH_OTHER the smallest, for records of 512 bytes. BENCH_RESUME: the
// server keeps sessions in a cache, as BearSSL has no tickets.
#include "bench/bench.h"

#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_RECORD = 512, CACHE_SIZE = 16 * 100 };

const char *const library_name = "bearssl";

typedef struct {
    union {
        br_ssl_client_context client;
        br_ssl_server_context server;
    } tls;
    br_x509_minimal_context x509;
    uint8_t records[];
} connection_t;

static connection_t *connections[BENCH_SIDES];
static size_t records_size;
static br_x509_trust_anchor anchor;
static struct {
    uint8_t bytes[256];
    size_t size;
} anchor_name;
static uint8_t anchor_key[80];
static br_x509_certificate chain[2];
static br_skey_decoder_context key;
static br_ssl_session_parameters saved;
static bool have_saved, resumed;
static br_ssl_session_cache_lru cache;
static uint8_t cache_room[CACHE_SIZE];

static br_ssl_engine_context *engine(int side) {
    return side == BENCH_CLIENT ? &connections[side]->tls.client.eng
                                : &connections[side]->tls.server.eng;
}

static void add_name(void *user, const void *bytes, size_t size) {
    (void)user;
    if (size <= sizeof(anchor_name.bytes) - anchor_name.size) {
        memcpy(anchor_name.bytes + anchor_name.size, bytes, size);
        anchor_name.size += size;
    }
}

static bool setup_client(void) {
    br_x509_decoder_context decoder;
    size_t size;
    const uint8_t *root = bench_read_file("root.der", &size);
    br_x509_decoder_init(&decoder, add_name, NULL);
    br_x509_decoder_push(&decoder, root, size);
    br_x509_pkey *found = br_x509_decoder_get_pkey(&decoder);
    if (found == NULL || found->key.ec.qlen > sizeof(anchor_key)) {
        return false;
    }
    memcpy(anchor_key, found->key.ec.q, found->key.ec.qlen);
    anchor.pkey = *found;
    anchor.pkey.key.ec.q = anchor_key;
    anchor.dn.data = anchor_name.bytes;
    anchor.dn.len = anchor_name.size;
    anchor.flags = BR_X509_TA_CA;
    return true;
}

bool library_setup(int side) {
    size_t size;
    if (!bench_options.tls12) {
        bench_fail("BearSSL has TLS 1.2 only", 0);
    }
    records_size = bench_options.other ? SMALL_RECORD + 325 + 85 : BR_SSL_BUFSIZE_BIDI;
    if (side == BENCH_CLIENT) {
        return setup_client();
    }
    chain[0].data = (uint8_t *)bench_read_file("leaf.der", &chain[0].data_len);
    chain[1].data = (uint8_t *)bench_read_file("int.der", &chain[1].data_len);
    const uint8_t *der = bench_read_file("leaf.key.der", &size);
    br_skey_decoder_init(&key);
    br_skey_decoder_push(&key, der, size);
    br_ssl_session_cache_lru_init(&cache, cache_room, sizeof(cache_room));
    return br_skey_decoder_last_error(&key) == 0;
}

static void inject(br_ssl_engine_context *tls, int side) {
#ifdef BENCH_RANDOM // bare metal: the driver's numbers
    bool BENCH_RANDOM(void *user, uint8_t *out, size_t size);
    uint8_t seed[32];
    BENCH_RANDOM(NULL, seed, sizeof(seed));
    br_ssl_engine_inject_entropy(tls, seed, sizeof(seed));
    if (side == BENCH_CLIENT) {
        int64_t now = bench_now();
        br_x509_minimal_set_time(
            &connections[side]->x509, (uint32_t)(now / 86400 + 719528), (uint32_t)(now % 86400));
    }
#else
    (void)tls;
    (void)side;
#endif
}

static long open_connection(int side) {
    uint16_t suite = bench_options.chacha ? BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
                                          : BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    connection_t *connection = connections[side] = malloc(sizeof(connection_t) + records_size);
    if (connection == NULL) {
        return -1;
    }
    if (side == BENCH_CLIENT) {
        br_ssl_client_init_full(&connection->tls.client, &connection->x509, &anchor, 1);
    } else {
        br_ssl_server_init_full_ec(
            &connection->tls.server, chain, 2, BR_KEYTYPE_EC, br_skey_decoder_get_ec(&key));
    }
    br_ssl_engine_context *tls = engine(side);
    br_ssl_engine_set_versions(tls, BR_TLS12, BR_TLS12);
    br_ssl_engine_set_suites(tls, &suite, 1);
    br_ssl_engine_set_buffer(tls, connection->records, records_size, !bench_options.other);
    inject(tls, side);
    if (side == BENCH_CLIENT) {
        bool again = bench_options.resume && have_saved;
        if (again) {
            br_ssl_engine_set_session_parameters(tls, &saved);
        }
        return br_ssl_client_reset(&connection->tls.client, bench_options.host, again) - 1;
    }
    if (bench_options.resume) {
        br_ssl_server_set_cache(&connection->tls.server, &cache.vtable);
    }
    return br_ssl_server_reset(&connection->tls.server) - 1;
}

// Moves records until nothing moves or data has come; whether anything moved.
static bool pump(int side) {
    br_ssl_engine_context *tls = engine(side);
    for (bool moved = false;;) {
        unsigned state = br_ssl_engine_current_state(tls);
        size_t size;
        if (state & BR_SSL_SENDREC) {
            const uint8_t *out = br_ssl_engine_sendrec_buf(tls, &size);
            bench_put(side, out, size);
            br_ssl_engine_sendrec_ack(tls, size);
        } else if (!(state & BR_SSL_RECVAPP) && (state & BR_SSL_RECVREC)) {
            uint8_t *in = br_ssl_engine_recvrec_buf(tls, &size);
            size = bench_get(side, in, size);
            if (size == 0) {
                return moved;
            }
            br_ssl_engine_recvrec_ack(tls, size);
        } else {
            return moved;
        }
        moved = true;
    }
}

static long step(int side) {
    pump(side);
    unsigned state = br_ssl_engine_current_state(engine(side));
    if (state == BR_SSL_CLOSED) {
        return -br_ssl_engine_last_error(engine(side)) - 1;
    }
    return (state & BR_SSL_SENDAPP) != 0;
}

static long write_all(int side, const uint8_t *data, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t room;
        uint8_t *out = br_ssl_engine_sendapp_buf(engine(side), &room);
        if (out == NULL) {
            return -1;
        }
        size_t part = room < size - done ? room : size - done;
        memcpy(out, data + done, part);
        br_ssl_engine_sendapp_ack(engine(side), part);
        br_ssl_engine_flush(engine(side), 0);
        done += part;
        pump(side);
    }
    return (long)size;
}

static long read_some(int side, uint8_t *data, size_t size) {
    for (;;) {
        size_t there;
        const uint8_t *in = br_ssl_engine_recvapp_buf(engine(side), &there);
        if (in != NULL) {
            size_t part = there < size ? there : size;
            memcpy(data, in, part);
            br_ssl_engine_recvapp_ack(engine(side), part);
            return (long)part;
        }
        if (!pump(side)) {
            return 0;
        }
    }
}

// A session is the same one again when its number is.
static bool was_resumed(int side) {
    if (side == BENCH_CLIENT) {
        br_ssl_session_parameters now;
        br_ssl_engine_get_session_parameters(engine(side), &now);
        resumed = have_saved && now.session_id_len == saved.session_id_len &&
            memcmp(now.session_id, saved.session_id, now.session_id_len) == 0;
        saved = now;
        have_saved = bench_options.resume && now.session_id_len > 0;
    }
    return resumed;
}

long library_op(int side, bench_op_t op, uint8_t *data, size_t size) {
    switch (op) {
        case BENCH_NEW:
            return open_connection(side);
        case BENCH_STEP:
            return step(side);
        case BENCH_WRITE:
            return write_all(side, data, size);
        case BENCH_READ:
            return read_some(side, data, size);
        case BENCH_WAS_RESUMED:
            return was_resumed(side);
        case BENCH_FREE:
            free(connections[side]);
            return 0;
        default:
            return -1;
    }
}

void library_describe(char *text, size_t size) {
    br_ssl_session_parameters now;
    br_ssl_engine_get_session_parameters(engine(BENCH_CLIENT), &now);
    snprintf(text, size, "BearSSL 0.6: version %04x suite %04x", now.version, now.cipher_suite);
}

void library_memory(int side) {
    (void)side; // nothing beside the heap
}
