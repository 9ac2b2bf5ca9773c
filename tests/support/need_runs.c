// The worst runs for a side's memory.
//
// In: a role, a version, knobs. Out: handshakes and data with a peer who misuses what the protocol
// leaves to him: records as large as they may be, while a message as large as it may be is half
// there, with the largest key, cookie and ticket, and a caller who leaves output where it is. The
// chains have RSA keys of 4096 bits, and such a length that a chunk of 2048 bytes holds their last
// slice and what follows. Says nothing about what is right: the tests do.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "support/need_runs.h"

#include "base/bytes.h"
#include "conn/conn.h"
#include "hs/psk.h"
#include "keys/prf12.h"
#include "support/pair_hello.h"
#include "support/resume.h"
#include "support/tap12.h"
#include "support/x509_make.h"

enum { CHAIN = 3, FILLER = 640, ROOM = 40000 };

static pair_t pair;
static pair_tap_t tap13;
static tap12_t tap12;
static const need_case_t *now;
static pair_side_t *it, *other;
static bool by_client; // who attacks

// --- Who they are ---

static const skr_anchor_t *identity(skr_config_t *config, bool is_client) {
    static x509_made_t root, issuer, leaf[2];
    static skr_view_t chain[2][CHAIN];
    static skr_credential_t credential[2][2];
    static skr_private_key_t key[2];
    static skr_anchor_t anchor;
    static uint8_t filler[FILLER];
    if (root.size == 0) {
        x509_make(&root, &(x509_make_t){.subject = "Need Root", .ca = true, .key_number = 50});
        x509_make(&issuer,
            &(x509_make_t){
                .subject = "Need Issuer", .issuer = &root, .ca = true, .key_number = 51});
        x509_make(&leaf[0],
            &(x509_make_t){.issuer = &issuer,
                .key = X509_RSA_4096,
                .ext_key_usage = "server",
                .names = {"DNS:server.example"}});
        x509_make(&leaf[1],
            &(x509_make_t){.issuer = &issuer,
                .key = X509_RSA_4096,
                .ext_key_usage = "client",
                .names = {"DNS:client.example"}});
    }
    unsigned which = is_client ? 1 : 0, slot = config->provider == &skr_provider_bearssl;
    if (key[slot].type == SKR_KEY_NONE) {
        x509_made_key(&leaf[0], config->provider, &key[slot]);
    }
    chain[which][0] = x509_made_view(&leaf[which]);
    chain[which][1] = x509_made_view(&issuer);
    chain[which][2] = view_of(filler, sizeof(filler));
    credential[slot][which] = (skr_credential_t){chain[which], CHAIN, &key[slot]};
    config->credentials = &credential[slot][which];
    config->credential_count = 1;
    anchor = x509_made_view(&root);
    return &anchor;
}

pair_side_t *need_begin(const need_case_t *which, const skr_provider_t *provider) {
    static uint16_t suites[2];
    now = which;
    resume_pair(&pair, which->version, provider, provider);
    by_client = which->role == SKR_SERVER;
    it = by_client ? &pair.server : &pair.client;
    other = by_client ? &pair.client : &pair.server;
    pair.client.config.min_version = pair.client.config.max_version = which->version;
    pair.server.config.min_version = pair.server.config.max_version = which->version;
    suites[0] = which->suite != 0 ? which->suite : which->version == SKR_TLS13 ? 0x1301 : 0xc02f;
    it->config.suites = suites;
    pair.client.config.anchors = identity(&pair.client.config, true);
    pair.server.config.anchors = identity(&pair.server.config, false);
    pair.server.config.verify = which->no_certificate ? SKR_VERIFY_NONE : SKR_VERIFY_REQUIRED;
    if (!which->sessions) {
        pair.client.config.session_key = NULL;
        pair.server.config.ticket_keys = NULL;
    }
    if (which->set != NULL) {
        which->set(&it->config);
    }
    return it;
}

pair_side_t *need_other(void) {
    return other;
}

void need_drain(void) {
    while (pair_flush(&pair, it) || pair_feed(&pair, other)) {}
}

// --- What the attacker sends ---

static bool is_tls13(void) {
    return now->version == SKR_TLS13;
}

static void send_record(bool sealed, unsigned content, const void *data, size_t size) {
    if (is_tls13()) {
        pair_tap_send(&tap13, by_client, sealed, content, data, size, 0);
    } else if (sealed) {
        tap12_send(&tap12, by_client, content, data, size);
    } else {
        tap12_send_clear(&tap12, by_client, content, data, size);
    }
}

static size_t content_max(bool sealed) {
    size_t limit = it->config.max_record_in;
    if (sealed || limit == 0) {
        return limit != 0 ? limit : SKR_RECORD_PLAIN_MAX;
    }
    return limit > SKR_RECORD_CLEAR_MIN ? limit : SKR_RECORD_CLEAR_MIN;
}

// In records that it takes in.
static void forward(pair_message_t *m) {
    size_t limit = content_max(m->is_sealed), size = m->size, at = 0;
    if (m->by_client != by_client || size <= limit) {
        (void)(is_tls13() ? pair_tap_forward(&tap13, m) : tap12_forward(&tap12, m));
        return;
    }
    for (; at < size; at += limit) {
        size_t part = size - at < limit ? size - at : limit;
        send_record(m->is_sealed, m->content, m->data + at, part);
    }
    (void)(is_tls13() ? pair_tap_passed(&tap13, m) : tap12_passed(&tap12, m));
}

// The largest record that is taken in, beginning with data.
static void send_full(bool sealed, const void *data, size_t size) {
    static uint8_t content[SKR_RECORD_PROTECTED_MAX + 1];
    size_t whole = content_max(sealed);
    memset(content, 0, sizeof(content));
    if (size > 0) {
        memcpy(content, data, size);
    }
    if (!sealed || it->config.max_record_in != 0) {
        send_record(sealed, RECORD_HANDSHAKE, content, whole);
    } else if (is_tls13()) {
        whole = SKR_RECORD_PROTECTED_MAX - tap13.way[by_client].seal.keys.aead->tag_size;
        content[size] = RECORD_HANDSHAKE;
        pair_tap_send_inner(&tap13, by_client, content, whole);
    } else {
        const record_keys_t *keys = &tap12.way[by_client].seal;
        whole = SKR_RECORD_PROTECTED_MAX - record_overhead(keys);
        tap12_send(&tap12, by_client, RECORD_HANDSHAKE, content, whole);
    }
}

// In records of that kind, the last byte in the largest one.
static void send_almost(bool sealed, const uint8_t *data, size_t size) {
    while (size > 1) {
        size_t part = size - 1 < content_max(sealed) ? size - 1 : content_max(sealed);
        send_record(sealed, RECORD_HANDSHAKE, data, part);
        data += part;
        size -= part;
    }
    send_full(sealed, data, 1);
}

static void message_head(uint8_t *head, unsigned type, size_t size) {
    size -= SKR_MESSAGE_HEADER_SIZE;
    head[0] = (uint8_t)type;
    head[1] = (uint8_t)(size >> 16);
    bytes_put16(head + 2, (uint16_t)size);
}

// A message of that size has begun; then the largest record.
static void send_begun(bool sealed, unsigned type, size_t size) {
    uint8_t head[SKR_MESSAGE_HEADER_SIZE];
    message_head(head, type, size);
    send_record(sealed, RECORD_HANDSHAKE, head, sizeof(head));
    send_full(sealed, NULL, 0);
}

static size_t message_max(void) {
    return it->config.max_message != 0 ? it->config.max_message : SKR_MESSAGE_MAX;
}

// A Certificate up to its leaf's end, then the largest record.
static void send_chain(const pair_message_t *m) {
    static uint8_t bytes[ROOM];
    size_t ahead = is_tls13() ? 1 : 0, limit = content_max(m->is_sealed);
    size_t list = SKR_MESSAGE_MAX - SKR_MESSAGE_HEADER_SIZE - ahead - 3;
    const uint8_t *length = m->data + SKR_MESSAGE_HEADER_SIZE + ahead + 3;
    size_t size = SKR_MESSAGE_HEADER_SIZE + ahead + 6 + bytes_get16(length + 1);
    memcpy(bytes, m->data, size);
    message_head(bytes, WIRE_CERTIFICATE, SKR_MESSAGE_MAX);
    bytes[SKR_MESSAGE_HEADER_SIZE + ahead] = 0;
    bytes_put16(bytes + SKR_MESSAGE_HEADER_SIZE + ahead + 1, (uint16_t)list);
    for (size_t at = 0; at < size; at += limit) {
        size_t part = size - at < limit ? size - at : limit;
        send_record(m->is_sealed, RECORD_HANDSHAKE, bytes + at, part);
    }
    send_full(m->is_sealed, NULL, 0);
}

// One that is as large as a message may be, with something behind it: it comes as a whole.
static void send_whole_chain(const pair_message_t *m) {
    static uint8_t bytes[ROOM];
    size_t ahead = is_tls13() ? 1 : 0, tail = is_tls13() ? 2 : 0, size = message_max();
    size_t list = SKR_MESSAGE_HEADER_SIZE + ahead;
    assert_in_range(m->size + 3 + tail + 1, 0, size);
    size_t last = size - m->size - 3 - tail; // a certificate that can't be read
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, m->data, m->size);
    message_head(bytes, WIRE_CERTIFICATE, size);
    bytes_put16(bytes + list + 1, (uint16_t)(size - list - 3));
    bytes_put16(bytes + m->size + 1, (uint16_t)last);
    send_almost(m->is_sealed, bytes, size);
}

// A HelloRetryRequest with the largest cookie that fits; more behind it.
static void send_retry(const pair_message_t *m, bool more) {
    static uint8_t bytes[ROOM];
    const uint8_t *id = m->data + SKR_MESSAGE_HEADER_SIZE + 2 + SKR_RANDOM_SIZE;
    size_t fixed = SKR_MESSAGE_HEADER_SIZE + 2 + SKR_RANDOM_SIZE + 1 + id[0] + 2 + 1;
    size_t cookie = message_max() - fixed - 2 - 6 - 6;
    cookie = cookie < SKR_COOKIE_MAX ? cookie : SKR_COOKIE_MAX;
    size_t size = fixed + 2 + 6 + 6 + cookie, group = size + 6 <= message_max() ? 6 : 0;
    size += group; // another one, where it fits, too
    memset(bytes, 0x77, sizeof(bytes));
    memcpy(bytes, m->data, fixed);
    message_head(bytes, WIRE_SERVER_HELLO, size);
    memcpy(bytes + SKR_MESSAGE_HEADER_SIZE + 2, wire_retry_random, SKR_RANDOM_SIZE);
    bytes_put16(bytes + fixed, (uint16_t)(size - fixed - 2));
    memcpy(bytes + fixed + 2, "\0\x2b\0\2\3\4\0\x2c", 8);
    bytes_put16(bytes + fixed + 10, (uint16_t)(cookie + 2));
    bytes_put16(bytes + fixed + 12, (uint16_t)cookie);
    memcpy(bytes + size - group, "\0\x33\0\2\0\x18", group); // secp384r1
    if (more) {
        send_almost(false, bytes, size);
    } else {
        send_record(false, RECORD_HANDSHAKE, bytes, size);
    }
}

// --- The handshakes ---

typedef struct {
    const char *name;
    unsigned role; // SKR_CLIENT, SKR_SERVER; 2: both
    unsigned version; // 0: both
    unsigned type; // the message in whose place the attack comes, 0: there is none
    enum { BEGUN, FINISHED, WHOLE, CHAIN_BEGUN, RETRY, RETRY_MORE, BESIDE, COMPLETE, DATA } attack;
    bool resumed; // the other side comes back with a ticket
} run_t;

static const run_t runs[] = {
    {"a hello has begun", SKR_CLIENT, 0, WIRE_SERVER_HELLO, BEGUN, false},
    {"a retry, with more", SKR_CLIENT, SKR_TLS13, WIRE_SERVER_HELLO, RETRY_MORE, false},
    {"a retry", SKR_CLIENT, SKR_TLS13, WIRE_SERVER_HELLO, RETRY, false},
    {"records beside its hello", SKR_CLIENT, 0, 0, BESIDE, false},
    {"a hello has begun", SKR_SERVER, 0, WIRE_CLIENT_HELLO, BEGUN, false},
    {"a chain", 2, 0, WIRE_CERTIFICATE, CHAIN_BEGUN, false},
    {"a chain as a whole", 2, 0, WIRE_CERTIFICATE, WHOLE, false},
    {"a proof has begun", 2, SKR_TLS13, WIRE_CERTIFICATE_VERIFY, BEGUN, false},
    {"a key exchange has begun", SKR_CLIENT, SKR_TLS12, WIRE_SERVER_KEY_EXCHANGE, BEGUN, false},
    {"a key exchange has begun", SKR_SERVER, SKR_TLS12, WIRE_CLIENT_KEY_EXCHANGE, BEGUN, false},
    {"a ticket has begun", SKR_CLIENT, SKR_TLS12, WIRE_NEW_SESSION_TICKET, BEGUN, false},
    {"a Finished has begun", 2, 0, WIRE_FINISHED, FINISHED, false},
    {"records beside its flight", SKR_SERVER, 0, WIRE_FINISHED, BESIDE, false},
    {"records beside its flight", SKR_CLIENT, SKR_TLS12, WIRE_FINISHED, BESIDE, false},
    {"resumed, a Finished has begun", SKR_SERVER, SKR_TLS12, WIRE_FINISHED, FINISHED, true},
    {"resumed, records beside its flight", SKR_SERVER, SKR_TLS12, WIRE_FINISHED, BESIDE, true},
    {"complete, records as small as can be", 2, 0, 0, COMPLETE, false},
    {"data", 2, 0, 0, DATA, false},
};
enum { RUNS = sizeof(runs) / sizeof(runs[0]) };

static const run_t *run;
static bool struck;

static void strike(pair_message_t *m) {
    bool sealed = m->is_sealed;
    switch (run->attack) {
        case BEGUN:
            send_begun(sealed, m->type, message_max());
            return;
        case FINISHED:
            send_begun(sealed, m->type, m->size);
            return;
        case WHOLE:
            send_whole_chain(m);
            return;
        case CHAIN_BEGUN:
            send_chain(m);
            return;
        default:
            send_retry(m, run->attack == RETRY_MORE);
            return;
    }
}

static void edit(pair_message_t *m) {
    bool due = run->type != 0 && run->attack != BESIDE && m->by_client == by_client &&
        m->content == RECORD_HANDSHAKE && m->type == run->type;
    if (due && !struck) {
        struck = true;
        strike(m);
    } else if (!struck || m->by_client != by_client) {
        forward(m);
    }
}

static void edit13(pair_tap_t *tap, pair_message_t *m) {
    (void)tap;
    edit(m);
}

static void edit12(tap12_t *tap, pair_message_t *m) {
    (void)tap;
    edit(m);
}

// A session as large as any that the client can have.
static void offer_session(void) {
    static uint8_t ticket[SKR_TICKET_MAX];
    static resume_session_t sealed;
    skr_config_t *config = &pair.client.config;
    if (!now->sessions) {
        return;
    }
    uint16_t suite = config->suites != NULL ? config->suites[0] : is_tls13() ? 0x1302 : 0xc02f;
    session_t session = {.version = now->version,
        .suite = suite,
        .lifetime = 1000,
        .issued = pair.client.now,
        .began = pair.client.now,
        .secret_size = !is_tls13() ? PRF12_MASTER_SIZE
            : suite == 0x1302      ? 48
                                   : 32,
        .ticket = view_of(ticket, config->max_ticket != 0 ? config->max_ticket : SKR_TICKET_MAX)};
    session.flags = SESSION_VERIFIED | SESSION_EXTENDED;
    memset(session.secret, 1, sizeof(session.secret));
    memset(ticket, 2, sizeof(ticket));
    assert_true(psk_binding(config, pair.client.server_name, session.binding));
    resume_seal(&session, &sealed);
    if (!resume_offer(&pair, &sealed)) {
        assert_true(pair.client.memory.failed > 0);
    }
}

static void start(void) {
    static resume_session_t kept;
    struck = false;
    pair.tap = NULL;
    pair.tap_more = NULL;
    if (run->resumed) {
        pair_memory_t limits = it->memory; // these are for what comes
        memset(&it->memory, 0, sizeof(it->memory));
        resume_first(&pair, &kept);
        it->memory = limits;
    }
    pair_start(&pair);
    if (run->resumed) {
        assert_true(resume_offer(&pair, &kept));
    }
    if (it == &pair.client) {
        offer_session();
    }
    if (is_tls13()) {
        pair_tap_init(&tap13, &pair, edit13, NULL);
    } else {
        tap12_init(&tap12, &pair, edit12, NULL);
        tap12.translate = false;
    }
}

// Feeds the side that is looked at; what it has to say stays where it is.
static void feed_only(void) {
    pair_wire_t *wire = &it->wire;
    size_t used = 1;
    while (wire->size > 0 && used > 0) {
        (void)skr_conn_feed(it->conn, wire->data + wire->start, wire->size, &used);
        wire->start += used;
        wire->size -= used;
    }
}

// Is it the peer's turn, with something of this side's still waiting?
static bool flight_waits(void) {
    const skr_conn_t *conn = it->conn;
    return conn->hs != NULL && conn->output.data != NULL && walk_turn(conn->hs) == WALK_RECEIVE &&
        (it == &pair.server || run->type == 0 || conn->hs->proofs != 0);
}

// Up to where a flight of the side waits to be sent, and a record comes that is just small enough;
// then the largest one.
static void run_beside(void) {
    static const uint8_t content[SKR_ALERT_RECORD_MAX];
    bool moved = true;
    while (moved) {
        (void)skr_conn_handshake(it->conn);
        if (flight_waits()) {
            break;
        }
        moved = pair_flush(&pair, it);
        (void)skr_conn_handshake(other->conn);
        moved = pair_flush(&pair, other) || moved;
        moved = pair_feed(&pair, other) || moved;
        (void)skr_conn_handshake(it->conn);
        if (flight_waits()) {
            break;
        }
        moved = pair_feed(&pair, it) || moved;
    }
    if (!flight_waits()) {
        return;
    }
    bool sealed = run->type != 0 && (is_tls13() || it == &pair.client || run->resumed);
    if (sealed && !is_tls13()) { // its reader has its keys behind this only
        send_record(false, RECORD_CHANGE_CIPHER_SPEC, "\1", 1);
        tap12_passed(&tap12, &(pair_message_t){.content = RECORD_CHANGE_CIPHER_SPEC});
        feed_only();
    }
    size_t overhead = !sealed ? 0 : is_tls13() ? 17 : 24;
    send_record(sealed, RECORD_HANDSHAKE, content, SKR_ALERT_RECORD_MAX - overhead);
    feed_only();
    send_full(sealed, NULL, 0); // that has to wait
    feed_only();
}

static void send_ticket(void) {
    static uint8_t body[13 + SKR_TICKET_MAX + 4];
    size_t size = it->config.max_ticket != 0 ? it->config.max_ticket : SKR_TICKET_MAX;
    size_t limit = content_max(true), at = 0;
    static uint8_t message[SKR_MESSAGE_HEADER_SIZE + sizeof(body)];
    memset(body, 0, sizeof(body));
    bytes_put16(body + 2, 1000); // lifetime
    body[8] = 1;
    bytes_put16(body + 10, (uint16_t)size);
    size += 10 + 2 + 2;
    message_head(message, WIRE_NEW_SESSION_TICKET, SKR_MESSAGE_HEADER_SIZE + size);
    memcpy(message + SKR_MESSAGE_HEADER_SIZE, body, size);
    for (size += SKR_MESSAGE_HEADER_SIZE; at < size; at += limit) {
        size_t part = size - at < limit ? size - at : limit;
        send_record(true, RECORD_HANDSHAKE, message + at, part);
    }
    feed_only();
}

static void run_data(void) {
    static const uint8_t data[SKR_RECORD_PLAIN_MAX];
    size_t taken = 0;
    pair_run(&pair);
    if (it->memory.failed > 0 && !pair_is_complete(it)) {
        return; // and nothing else may be why
    }
    pair_assert_status(it->status, SKR_OK);
    assert_true(pair_is_complete(it) && pair_is_complete(other));
    bool is_client = it == &pair.client;
    if (is_client && now->sessions && is_tls13()) {
        send_ticket();
    }
    skr_status_t status = skr_conn_write(it->conn, data, sizeof(data), &taken);
    if (it->memory.failed > 0 && status < SKR_OK) {
        return;
    }
    assert_int_equal(status, SKR_OK);
    if (is_tls13()) {
        size_t size = is_client ? message_max() : SKR_MESSAGE_HEADER_SIZE + 1;
        send_begun(true, is_client ? WIRE_NEW_SESSION_TICKET : WIRE_KEY_UPDATE, size);
    } else {
        if (is_client) { // a HelloRequest
            send_record(true, RECORD_HANDSHAKE, data, 3);
        }
        send_full(true, NULL, 0);
    }
    feed_only();
}

const char *need_run_name(size_t n) {
    return n < RUNS ? runs[n].name : NULL;
}

static bool run_fits(void) {
    bool asks = it == &pair.client || !now->no_certificate;
    bool chains = run->type == WIRE_CERTIFICATE || run->type == WIRE_CERTIFICATE_VERIFY;
    return (run->role == 2 || run->role == now->role) &&
        (run->version == 0 || run->version == now->version) && (asks || !chains) &&
        (!run->resumed || now->sessions) && (run->attack != WHOLE || it->config.ask_verify) &&
        (run->attack != CHAIN_BEGUN || !it->config.ask_verify);
}

static skr_status_t answer(pair_side_t *side) {
    return skr_conn_verified(side->conn, true);
}

bool need_run(size_t n, void (*peek)(pair_side_t *side)) {
    run = &runs[n];
    if (!run_fits()) {
        return false;
    }
    it->verify = answer;
    other->config.max_record_in = run->attack == COMPLETE ? 64 : 0;
    start();
    if (run->attack == BESIDE) {
        run_beside();
    } else if (run->attack == DATA) {
        run_data();
    } else {
        pair_run(&pair);
    }
    peek(it);
    pair_end(&pair);
    return true;
}
