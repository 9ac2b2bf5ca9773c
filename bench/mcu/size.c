// A program whose code is weighed: connects, verifies, sends, reads, closes.
//
// In: SIZE_PROFILE, and SIZE_FULL or not, when this is compiled. Out: an image for size.py, never
// run. Without SIZE_FULL it is the smallest client that verifies a server: TLS 1.3 with X25519,
// ChaCha20-Poly1305, SHA-256, ECDSA over P-256 for both certificates and their holder. With it
// everything that the BearSSL provider has, both roles, tickets and sessions.
#include "bench/mcu/size.h"
#include "crypto/bearssl/bearssl_provider.h"

static _Alignas(16) uint8_t place[SKR_CONN_SIZE], heap[8192];

#ifdef SIZE_FULL
#define PROVIDER skr_provider_bearssl
#else
#define PROVIDER provider
static const skr_hash_t *const hashes[] = {&skr_bearssl_sha256, NULL};
static const skr_aead_t *const aeads[] = {&skr_bearssl_chacha20_poly1305, NULL};
static const skr_group_t *const groups[] = {&skr_bearssl_x25519, NULL};
static const skr_signature_t *const signatures[] = {&skr_bearssl_ecdsa_secp256r1_sha256, NULL};

static bool key_open(skr_private_key_t *key) {
    (void)key;
    return false; // it has none
}

static void key_close(skr_private_key_t *key) {
    (void)key;
}

static bool key_matches(const skr_private_key_t *key, const skr_public_key_t *public_key) {
    (void)key;
    (void)public_key;
    return false;
}

static const skr_provider_t provider = {
    "few", hashes, aeads, groups, signatures, key_open, key_close, key_matches, size_random};
#endif

static void talk(skr_conn_t *conn) {
    uint8_t data[64];
    const uint8_t *out;
    size_t used, size;
    while (skr_conn_handshake(conn) >= SKR_OK) {
        while ((size = skr_conn_output(conn, &out)) > 0) {
            size_send(out, size);
            skr_conn_sent(conn, size);
        }
        size = size_receive(data, sizeof(data));
        skr_conn_feed(conn, data, size, &used);
        skr_conn_write(conn, data, size, &used);
        skr_conn_read(conn, data, sizeof(data), &used);
    }
    skr_conn_close(conn);
}

int main(void) {
    static const uint8_t name[] = {'h', 'o', 's', 't'};
    skr_pool_t pool;
    skr_memory_t memory;
    skr_pool_init(&pool, heap, sizeof(heap));
    skr_pool_memory(&pool, &memory);
    skr_config_t config = {.role = SKR_CLIENT,
        .profile = &SIZE_PROFILE,
        .provider = &PROVIDER,
        .memory = &memory,
        .random = size_random,
        .verify = SKR_VERIFY_REQUIRED,
        .anchors = size_anchors,
        .anchor_count = 1};
    skr_conn_t *conn = skr_conn_init(
        place, sizeof(place), &config, (skr_view_t){name, sizeof(name)}, 1);
    talk(conn);
    skr_conn_free(conn);
    return 0;
}
