// The workload on Skerry, over the provider that BENCH_PROVIDER names when this file is compiled.
//
// In: bench.c's calls. Out: what Skerry does with its defaults but for what the workload names: one
// suite, X25519, the chain and the host's name checked. All memory that the engine asks for, the
// connection object's included, comes from malloc() (ports/posix/memory.c), so that it is counted
// as any library's, and by region besides.
//
// Records lie in one block, as they do with the others, unless BENCH_CHUNK says a chunk for the
// server. BENCH_RESUME: one ticket each time, and the next connection offers it. BENCH_OTHER:
// keep_cipher_state. BENCH_RAW calls the provider's AEAD descriptor alone.
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ports/posix/clock.h"
#include "ports/posix/memory.h"
#include "skerry/skerry.h"

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

const char *const library_name = TEXT(BENCH_NAME);
static const skr_provider_t *const provider = &BENCH_PROVIDER;

enum { CHAIN_MAX = 4 };

static struct {
    skr_config_t config;
    posix_memory_t memory;
    skr_memory_t calls;
    skr_view_t certificates[CHAIN_MAX];
    size_t certificate_count;
    skr_private_key_t key;
    skr_credential_t credential;
    skr_conn_t *conn;
    void *place; // of conn
    void *raw; // AEAD state of BENCH_RAW
    // Of the last handshake: bytes of all regions at once, blocks that were asked for.
    size_t handshake_peak;
    unsigned long handshake_takes;
} sides[BENCH_SIDES];
static const uint8_t session_key[SKR_SESSION_KEY_SIZE] = {3};
static uint8_t saved[SKR_TICKET_MAX + SKR_SESSION_OVERHEAD]; // the newest session
static size_t saved_size;
static const skr_aead_t *raw_aead;
static uint8_t raw_tag[SKR_AEAD_TAG_MAX];

static bool load_certificates(int side, const char *name) {
    size_t size, offset = 0;
    uint8_t *text = bench_read_file(name, &size);
    while (sides[side].certificate_count < CHAIN_MAX) {
        skr_view_t der;
        skr_pem_kind_t kind;
        if (skr_pem_next(text, size, &offset, SKR_PEM_CERTIFICATE, &der, &kind) != SKR_OK) {
            return false;
        }
        if (der.data == NULL) {
            break;
        }
        sides[side].certificates[sides[side].certificate_count++] = der;
    }
    return sides[side].certificate_count > 0;
}

static bool load_key(int side, const char *name) {
    size_t size, offset = 0;
    uint8_t *text = bench_read_file(name, &size);
    skr_view_t der;
    skr_pem_kind_t kind;
    return skr_pem_next(text, size, &offset, SKR_PEM_PRIVATE_KEY, &der, &kind) == SKR_OK &&
        der.data != NULL && skr_private_key_load(&sides[side].key, der, provider) == SKR_OK;
}

static bool setup_raw(int side) {
    static const uint8_t key[SKR_AEAD_KEY_MAX] = {1};
    uint8_t wanted = bench_options.chacha ? SKR_AEAD_CHACHA20_POLY1305 : SKR_AEAD_AES_128_GCM;
    for (size_t i = 0; provider->aeads[i] != NULL; i++) {
        if (provider->aeads[i]->id == wanted) {
            raw_aead = provider->aeads[i];
        }
    }
    sides[side].raw = raw_aead != NULL ? malloc(raw_aead->state_size) : NULL;
    return sides[side].raw != NULL && raw_aead->init(sides[side].raw, key);
}

static bool find_ticket_key(void *user, const uint8_t *name, skr_ticket_key_t *key) {
    static const skr_ticket_key_t only = {.name = {4}, .key = {5}};
    (void)user;
    *key = only;
    return name == NULL || memcmp(name, only.name, sizeof(only.name)) == 0;
}

static void setup_sessions(skr_config_t *config) {
    static const skr_ticket_keys_t ticket_keys = {find_ticket_key, NULL};
    if (bench_options.resume) {
        config->session_key = config->role == SKR_CLIENT ? session_key : NULL;
        config->ticket_keys = config->role == SKR_SERVER ? &ticket_keys : NULL;
    }
    if (bench_options.tls12) {
        config->profile = &skr_profile_full;
        config->min_version = config->max_version = SKR_TLS12;
    }
}

bool library_setup(int side) {
    static const uint16_t aes[] = {0x1301, 0xc02b, 0}, chacha[] = {0x1303, 0xcca9, 0},
                          groups[] = {SKR_GROUP_X25519, 0};
    skr_config_t *config = &sides[side].config;
    posix_memory_init(&sides[side].memory, &sides[side].calls);
    config->role = side == BENCH_CLIENT ? SKR_CLIENT : SKR_SERVER;
    config->profile = side == BENCH_CLIENT ? &skr_profile_client13 : &skr_profile_server13;
    config->provider = provider;
    config->memory = &sides[side].calls;
    config->suites = bench_options.chacha ? chacha : aes;
    config->groups = groups;
    config->keep_cipher_state = bench_options.other;
    config->chunk = UINT16_MAX;
    if (side == BENCH_SERVER && bench_options.chunk != 0) {
        config->chunk = (uint16_t)bench_options.chunk;
    }
    setup_sessions(config);
    if (!setup_raw(side)) {
        return false;
    }
    if (side == BENCH_CLIENT) {
        config->verify = SKR_VERIFY_REQUIRED;
        if (!load_certificates(side, "root.pem")) {
            return false;
        }
        config->anchors = sides[side].certificates;
        config->anchor_count = sides[side].certificate_count;
        return true;
    }
    if (!load_certificates(side, "chain.pem") || !load_key(side, "leaf.key")) {
        return false;
    }
    sides[side].credential = (skr_credential_t){
        sides[side].certificates, sides[side].certificate_count, &sides[side].key};
    config->credentials = &sides[side].credential;
    config->credential_count = 1;
    return true;
}

static long open_connection(int side) {
    skr_view_t name = {NULL, 0};
    if (side == BENCH_CLIENT) {
        name = (skr_view_t){(const uint8_t *)bench_options.host, strlen(bench_options.host)};
    }
    sides[side].place = malloc(SKR_CONN_SIZE);
    if (sides[side].place == NULL) {
        return -1;
    }
    posix_memory_init(&sides[side].memory, &sides[side].calls);
    sides[side].conn = skr_conn_init(
        sides[side].place, SKR_CONN_SIZE, &sides[side].config, name, posix_now());
    if (side == BENCH_CLIENT && saved_size > 0) {
        return skr_conn_resume(sides[side].conn, saved, saved_size) ? 0 : -1;
    }
    return 0;
}

static long close_connection(int side) {
    const uint8_t *session;
    size_t size = skr_conn_session(sides[side].conn, &session);
    if (side == BENCH_CLIENT && size > 0 && size <= sizeof(saved)) {
        memcpy(saved, session, size);
        saved_size = size;
    }
    skr_conn_free(sides[side].conn);
    free(sides[side].place);
    return 0;
}

static void drain(int side) {
    const uint8_t *data;
    size_t size;
    while ((size = skr_conn_output(sides[side].conn, &data)) > 0) {
        bench_put(side, data, size);
        skr_conn_sent(sides[side].conn, size);
    }
}

static long fill(int side) {
    const uint8_t *data;
    size_t size, used = 1;
    while (used > 0 && (size = bench_peek(side, &data)) > 0) {
        used = 0;
        skr_status_t status = skr_conn_feed(sides[side].conn, data, size, &used);
        bench_skip(side, used);
        if (status < 0) {
            return status;
        }
        drain(side);
    }
    return 0;
}

static long step(int side) {
    long result = fill(side);
    skr_status_t status = result < 0 ? (skr_status_t)result : skr_conn_handshake(sides[side].conn);
    drain(side);
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", library_name, skr_error_text(status));
        return status;
    }
    sides[side].handshake_peak = sides[side].memory.peak;
    sides[side].handshake_takes = sides[side].memory.takes;
    return skr_conn_handshake(sides[side].conn) == SKR_OK;
}

static long write_all(int side, const uint8_t *data, size_t size) {
    for (size_t done = 0; done < size;) {
        size_t taken = 0;
        skr_status_t status = skr_conn_write(sides[side].conn, data + done, size - done, &taken);
        if (status < 0) {
            return status;
        }
        done += taken;
        drain(side);
    }
    return (long)size;
}

static long read_some(int side, uint8_t *data, size_t size) {
    size_t got = 0;
    skr_status_t status = SKR_OK;
    if (skr_conn_readable(sides[side].conn) == 0) {
        const uint8_t *from;
        size_t there = bench_peek(side, &from), used = 0;
        status = skr_conn_feed(sides[side].conn, from, there, &used);
        bench_skip(side, used);
    }
    if (status >= 0) {
        status = skr_conn_read(sides[side].conn, data, size, &got);
    }
    return status < 0 ? status : (long)got;
}

static long raw(int side, uint8_t *data, size_t size) {
    static const uint8_t nonce[SKR_AEAD_NONCE_SIZE] = {2},
                         header[SKR_RECORD_HEADER_SIZE] = {23, 3, 3};
    if (side == BENCH_CLIENT) {
        return raw_aead->seal(sides[side].raw, nonce, header, sizeof(header), data, size, raw_tag)
            ? 0
            : -1;
    }
    skr_crypto_t result = raw_aead->open(
        sides[side].raw, nonce, header, sizeof(header), data, size, raw_tag);
    return result == SKR_CRYPTO_OK ? 0 : -1;
}

static bool was_resumed(int side) {
    skr_conn_info_t info;
    skr_conn_info(sides[side].conn, &info);
    return info.resumed;
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
        case BENCH_FREE:
            return close_connection(side);
        case BENCH_WAS_RESUMED:
            return was_resumed(side);
        default:
            return raw(side, data, size);
    }
}

void library_describe(char *text, size_t size) {
    skr_conn_info_t info;
    skr_conn_info(sides[BENCH_CLIENT].conn, &info);
    snprintf(text, size, "Skerry %s, %s: %s %s verified=%d", SKR_VERSION, provider->name,
        info.suite_name, info.group_name, info.peer_verified);
}

// What the engine asked for: peaks of each region since the start, and the blocks of one
// connection.
void library_memory(char *text, size_t size) {
    size_t used = 0;
    for (int side = 0; side < BENCH_SIDES; side++) {
        const posix_memory_t *memory = &sides[side].memory;
        const char *who = side == BENCH_CLIENT ? "client" : "server";
        for (unsigned region = 0; region < SKR_REGION_COUNT; region++) {
            char name[32];
            snprintf(name, sizeof(name), "%s", posix_region_name(region));
            for (char *c = name; *c != '\0'; c++) {
                *c = *c == ' ' ? '_' : *c;
            }
            int added = snprintf(
                text + used, size - used, "%s_%s=%zu ", who, name, memory->region_peak[region]);
            used += added > 0 && (size_t)added < size - used ? (size_t)added : 0;
        }
        int added = snprintf(text + used, size - used, "%s_peak=%zu %s_takes=%lu ", who,
            sides[side].handshake_peak, who, sides[side].handshake_takes);
        used += added > 0 && (size_t)added < size - used ? (size_t)added : 0;
    }
}
