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

#include "ports/posix/memory.h"
#include "skerry/skerry.h"

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

#ifndef BENCH_RANDOM
#define BENCH_RANDOM NULL // the provider's
#else
bool BENCH_RANDOM(void *user, uint8_t *out, size_t size);
#endif

const char *const library_name = TEXT(BENCH_NAME);
static const skr_provider_t *const provider = &BENCH_PROVIDER;

enum { CHAIN_MAX = 4 };

static struct {
    skr_config_t config;
    posix_memory_t memory, handshake; // as it is; as it was at the end of the handshake
    skr_memory_t heap, calls; // what memory counts; the same, told to the driver
    skr_view_t certificates[CHAIN_MAX];
    size_t certificate_count;
    skr_private_key_t key;
    skr_credential_t credential;
    skr_conn_t *conn;
    void *place; // of conn
    void *raw; // AEAD state of BENCH_RAW
} sides[BENCH_SIDES];
static const uint8_t session_key[SKR_SESSION_KEY_SIZE] = {3};
static uint8_t saved[SKR_TICKET_MAX + SKR_SESSION_OVERHEAD]; // the newest session
static size_t saved_size;
static const skr_aead_t *raw_aead;
static uint8_t raw_tag[SKR_AEAD_TAG_MAX];

static bool load_certificates(int side, const char *const *names) {
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t size;
        const uint8_t *der = bench_read_file(names[i], &size);
        sides[side].certificates[sides[side].certificate_count++] = (skr_view_t){der, size};
    }
    return sides[side].certificate_count <= CHAIN_MAX;
}

static bool load_key(int side, const char *name) {
    size_t size;
    const uint8_t *der = bench_read_file(name, &size);
    return skr_private_key_load(&sides[side].key, (skr_view_t){der, size}, provider) == SKR_OK;
}

// --- Memory: the heap's, counted by region and known to the driver as not the crypto library's ---

static void *own_take(void *user, skr_region_t region, size_t size) {
    const skr_memory_t *heap = user;
    bench_own_heap(true);
    void *block = heap->take(heap->user, region, size);
    bench_own_heap(false);
    return block;
}

static void own_give(void *user, skr_region_t region, void *block, size_t size) {
    const skr_memory_t *heap = user;
    heap->give(heap->user, region, block, size);
}

static void own_memory(int side) {
    posix_memory_init(&sides[side].memory, &sides[side].heap);
    sides[side].calls = (skr_memory_t){own_take, own_give, &sides[side].heap};
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
    own_memory(side);
    config->role = side == BENCH_CLIENT ? SKR_CLIENT : SKR_SERVER;
    config->profile = side == BENCH_CLIENT ? &skr_profile_client13 : &skr_profile_server13;
    config->provider = provider;
    config->memory = &sides[side].calls;
    config->suites = bench_options.chacha ? chacha : aes;
    config->groups = groups;
    config->keep_cipher_state = bench_options.other;
    config->chunk = bench_options.memory ? 0 : UINT16_MAX;
    config->random = BENCH_RANDOM;
    if (side == BENCH_SERVER && bench_options.chunk != 0) {
        config->chunk = (uint16_t)bench_options.chunk;
    }
    setup_sessions(config);
    if (!setup_raw(side)) {
        return false;
    }
    if (side == BENCH_CLIENT) {
        config->verify = SKR_VERIFY_REQUIRED;
        static const char *const root[] = {"root.der", NULL};
        if (!load_certificates(side, root)) {
            return false;
        }
        config->anchors = sides[side].certificates;
        config->anchor_count = sides[side].certificate_count;
        return true;
    }
    static const char *const chain[] = {"leaf.der", "int.der", NULL};
    if (!load_certificates(side, chain) || !load_key(side, "leaf.key.der")) {
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
    bench_own_heap(true);
    sides[side].place = malloc(SKR_CONN_SIZE);
    bench_own_heap(false);
    if (sides[side].place == NULL) {
        return -1;
    }
    own_memory(side);
    sides[side].conn = skr_conn_init(
        sides[side].place, SKR_CONN_SIZE, &sides[side].config, name, bench_now());
    if (side == BENCH_CLIENT && saved_size > 0) {
        return skr_conn_resume(sides[side].conn, saved, saved_size) ? 0 : -1;
    }
    return 0;
}

static long close_connection(int side) {
    skr_conn_free(sides[side].conn);
    free(sides[side].place);
    return 0;
}

// A new session is stored as soon as it is there, as a program would.
static void save_session(int side) {
    const uint8_t *session;
    size_t size = skr_conn_session(sides[side].conn, &session);
    if (side == BENCH_CLIENT && size > 0 && size <= sizeof(saved)) {
        memcpy(saved, session, size);
        saved_size = size;
        skr_conn_session_done(sides[side].conn);
    }
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
        bench_fail(skr_error_text(status), status);
    }
    save_session(side); // TLS 1.2 sends the ticket in the handshake
    sides[side].handshake = sides[side].memory;
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
        save_session(side);
        if (got == 0) {
            sides[side].handshake = sides[side].memory; // a ticket belongs to the handshake
        }
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

// What the engine asked for in the handshake: the peak of each region and of all at once, and how
// often.
void library_memory(int side) {
    const posix_memory_t *memory = &sides[side].handshake;
    bench_number("connection", SKR_CONN_SIZE);
    for (unsigned region = 0; region < SKR_REGION_COUNT; region++) {
        char name[32];
        size_t i = 0;
        for (const char *from = posix_region_name(region); *from != '\0'; from++) {
            name[i++] = (char)(*from == ' ' ? '_' : *from);
        }
        name[i] = '\0';
        bench_number(name, memory->region_peak[region]);
    }
    bench_number("regions", memory->peak);
    bench_number("takes", memory->takes);
    bench_number("record_in_data", sides[side].memory.region_peak[SKR_REGION_RECORD_IN]);
    bench_number("record_out_data", sides[side].memory.region_peak[SKR_REGION_RECORD_OUT]);
}
