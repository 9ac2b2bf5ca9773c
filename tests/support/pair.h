// A client and a server in memory: their configurations, counted memory, randomness that repeats,
// bytes on their way, and what each side saw.
//
//     static pair_t pair;
//     pair_init(&pair, client_provider, server_provider);
//     ... change pair.client.config and pair.server.config ...
//     pair_start(&pair);
//     pair_run(&pair);
//     pair_assert_complete(&pair);
//     pair_end(&pair);
//
// Between pair_start() and pair_run() there is a tap (pair_tap.h) for whoever wants to sit on the
// line.
#ifndef TESTS_SUPPORT_PAIR_H
#define TESTS_SUPPORT_PAIR_H

#include "skerry/skerry.h"
#include "support/pki.h"
#include "crypto/test/test_crypto.h"

enum {
    PAIR_WIRE_MAX = 1 << 17, // bytes on their way to one side
    PAIR_GOT_MAX = 1 << 17, // application data of one side
    PAIR_EVENTS_MAX = 256,
    PAIR_SECRETS_MAX = 8,
    PAIR_PIECES_MAX = 400, // blocks of one record
    PAIR_ALL = 0, // of chunk sizes: as much as there is
};

// Memory that counts and checks: one block of each region at a time, but RECORD_IN's in the order
// in which they came, given back as they were taken, wiped.
typedef struct {
    void *block[SKR_REGION_COUNT]; // RECORD_IN: the oldest
    size_t size[SKR_REGION_COUNT];
    size_t peak[SKR_REGION_COUNT]; // largest block of each
    size_t total[SKR_REGION_COUNT], total_peak[SKR_REGION_COUNT]; // bytes of all blocks of each
    size_t count[SKR_REGION_COUNT], count_peak[SKR_REGION_COUNT]; // blocks of each
    struct {
        void *block;
        size_t size;
    } later[PAIR_PIECES_MAX]; // RECORD_IN's blocks behind the oldest
    size_t later_count, pieces_peak; // the most blocks of a record
    size_t used, peak_used;
    size_t blocks, peak_blocks;
    bool bounded; // need is known:
    skr_memory_need_t need; // of the side's configuration, which nothing may pass,
    skr_memory_need_t after; // and of the time after the handshake
    bool settled; // which it is
    size_t limit[SKR_REGION_COUNT], limit_used; // bytes that there are; 0: as much as is asked for
    skr_place_t place; // asked for the same, in no more bytes than are told,
    uint8_t *place_room;
    struct {
        void *block;
        const uint8_t *at; // and where it puts them
        size_t size;
    } spot[PAIR_PIECES_MAX];
    size_t spots;
    unsigned long takes; // all that were asked for
    unsigned long fail_at; // the nth fails, from 1; 0: none
    bool fail_after; // and so do all that follow
    unsigned long failed; // how many did
    // Gets each block that is given back, and never frees it before pair_end(); NULL: it is freed.
    void (*keep)(void *user, uint8_t *block, size_t size);
    void *keep_user;
} pair_memory_t;

typedef struct {
    size_t start, size;
    uint8_t data[PAIR_WIRE_MAX];
} pair_wire_t;

typedef struct {
    char label[40];
    uint8_t random[SKR_RANDOM_SIZE];
    uint8_t secret[SKR_SECRET_SIZE_MAX];
    size_t size;
} pair_secret_t;

// What a test lets happen while a connection waits for its caller.
typedef struct pair pair_t;
typedef struct pair_side pair_side_t;
typedef skr_status_t (*pair_answer_t)(pair_side_t *side);

struct pair_side {
    const char *name;
    skr_config_t config;
    skr_view_t server_name;
    int64_t now;
    skr_memory_t memory_calls;
    pair_memory_t memory;
    test_random_t random;
    skr_trace_t trace_calls;
    skr_secret_log_t secret_calls;
    _Alignas(16) uint8_t room[SKR_CONN_SIZE];
    skr_conn_t *conn;

    size_t chunk; // fed at once
    size_t cut; // no chunk goes over this byte of the stream; 0: none such
    bool hold; // application data is not read
    // For SKR_WANT_VERIFY, SKR_WANT_SIGNATURE and SKR_WANT_PSK; NULL: stays waiting.
    pair_answer_t verify, sign, give_psk;

    skr_status_t status; // that the last call gave
    uint16_t suite; // as the handshake knew it last
    uint8_t server_random[SKR_RANDOM_SIZE]; // the same, of TLS 1.2
    skr_trace_event_t event[PAIR_EVENTS_MAX];
    size_t event_count;
    pair_secret_t secret[PAIR_SECRETS_MAX];
    size_t secret_count;
    size_t fed; // bytes
    bool injected; // bytes that the other side never sent
    size_t got_size;
    pair_wire_t wire; // on the way to this side
    uint8_t got[PAIR_GOT_MAX]; // application data that it read
};

struct pair {
    pair_side_t client, server;
    uint16_t version; // that both are to agree on; pair_init(): SKR_TLS13
    // Sits on the line when there is one: takes what from sent.
    void (*tap)(pair_t *pair, pair_side_t *from, const uint8_t *data, size_t size);
    // More for the wire to this side, asked for when its wire is empty. false: nothing.
    bool (*tap_more)(pair_t *pair, pair_side_t *to);
    void *tap_user;
};

// A client that verifies server.example, a server with a P-256 certificate that asks for none.
void pair_init(pair_t *pair, const skr_provider_t *client, const skr_provider_t *server);
// Both sides the same: OpenSSL, or BearSSL when the environment's SKERRY_PAIR_PROVIDER says
// "bearssl", with which all tests of pairs run once more.
void pair_init_openssl(pair_t *pair);
// The server asks for a certificate; the client has one of this kind.
void pair_mutual(pair_t *pair, pki_kind_t kind);
void pair_server_kind(pair_t *pair, pki_kind_t kind);
void pair_start(pair_t *pair);
// Until nothing moves any more.
void pair_run(pair_t *pair);
// One turn: what both sides have to say goes out, and each is fed one chunk. false: nothing moved.
bool pair_step(pair_t *pair);
size_t pair_chunk(const pair_side_t *side); // that its configuration comes to
// Frees both and asserts that all memory is back, and that no record lay in a block beyond the
// chunk that could have been opened in pieces.
void pair_end(pair_t *pair);
// All of it in one: start, run, assert complete. Then pair_end() is still to be called.
void pair_connect(pair_t *pair);

pair_side_t *pair_other(pair_t *pair, const pair_side_t *side);
// The side's output goes to the other's wire (or to the tap).
bool pair_flush(pair_t *pair, pair_side_t *side);
// Feeds one chunk and answers waits. false: nothing moved.
bool pair_feed(pair_t *pair, pair_side_t *side);
void pair_inject(pair_side_t *to, const void *data, size_t size); // at the end of its wire
void pair_read(pair_side_t *side); // all that can be read, into got
// Writes all of it, with the pump going as far as is needed.
void pair_write(pair_t *pair, pair_side_t *from, const void *data, size_t size);
// Data both ways, checked.
void pair_exchange(pair_t *pair, size_t size);

const pair_secret_t *pair_secret(const pair_side_t *side, const char *label); // NULL: none

// --- What was seen ---
bool pair_is_complete(const pair_side_t *side);
void pair_assert_complete(pair_t *pair);
// who failed with status and told the other by status's alert, which the other saw; application
// data went nowhere.
void pair_assert_refused(pair_t *pair, pair_side_t *who, skr_status_t status);
// pair_start(), pair_run(), pair_assert_refused(), pair_end().
void pair_refuses(pair_t *pair, pair_side_t *who, skr_status_t status);
// who failed with status; nothing is said about the other.
void pair_assert_failed(const pair_side_t *who, skr_status_t status);
void pair_assert_status(skr_status_t got, skr_status_t expected); // by their names

// What the test is at, told when it fails. As the last part of a test's life: PAIR_TEST(function).
void pair_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
int pair_note_begin(void **state);
int pair_note_end(void **state);
#define PAIR_TEST(function) \
    cmocka_unit_test_setup_teardown(function, pair_note_begin, pair_note_end)
#define PAIR_TEST_WITH(function, state) \
    { #function " " #state, function, pair_note_begin, pair_note_end, (void *)(state) }

// Both sides' providers, for tests that run with each pair of them.
typedef struct {
    const char *name;
    const skr_provider_t *client, *server;
} pair_providers_t;
enum { PAIR_PROVIDERS = 4 };
extern const pair_providers_t pair_providers[PAIR_PROVIDERS];

#endif
