// How much memory a connection needs at most.
//
// In: a configuration. Out: what the worst run takes, by region and of all together. A run is a
// sequence of phases, and the need is the largest of each. There are, beside HANDSHAKE:
// - hello: a part of an unprotected record, a message that is put together
// - retry: the same with a HelloRetryRequest and its cookie; then the cookie and RECORD_OUT
// - chain: a record, CERTIFICATES and the leaf's key; with ask_verify the message, too
// - proof: a record, a message, the peer's key (CertificateVerify, TLS 1.2's key exchange)
// - finished: a record, a Finished, the peer's key
// - sending: RECORD_OUT, the peer's key, and a record no larger than an alert: nothing else is
//   taken in while a part of the handshake waits (input.c), nor may be left over (advance.c)
// and without it: a record, RECORD_OUT, a message that may come behind a handshake (post.c).
// To each belong the client's session, and expanded keys: one direction's while a record is opened
// or sealed, with keep_cipher_state both as far as they were used. A record's size depends on the
// suite, so each suite has its own phases. Judges no configuration: config.c does. RFC 9846
// sections 4 and 5, RFC 5246 section 7.3.
#include "base/bytes.h"
#include "conn/conn.h"
#include "conn/place.h"
#include "hs/bound.h"
#include "hs/chain.h"
#include "hs/offer.h"
#include "hs/peer.h"
#include "hs/psk.h"
#include "keys/prf12.h"
#include "keys/session.h"

typedef struct {
    const skr_config_t *config;
    const skr_name_t *name;
    skr_memory_need_t *out;
    bool after; // the handshake is over, and nothing of it is left
    bool verifies; // the peer is asked for a certificate
    size_t session; // that is offered
    size_t small; // a record that is taken in beside output
    size_t flight; // the largest output in the handshake,
    size_t record, message; // and what is there behind it
    // Of the suite at hand:
    uint16_t version;
    size_t cipher; // expanded keys
    size_t overhead; // of a protected record, with its header
    bool whole; // records are opened in one piece
    size_t key; // of the peer's certificate; 0: a pre-shared key authenticates
    size_t identity; // of that
    size_t new_session;
    size_t finished;
} need_t;

// What is there at once, beside the handshake's own memory.
typedef struct {
    skr_need_t in;
    size_t message, window, key, out, cipher_in, cipher_out, session;
} need_phase_t;

// --- Sums ---

static size_t need_max(size_t a, size_t b) {
    return a > b ? a : b;
}

static skr_need_t need_one(size_t size) {
    return (skr_need_t){size, size, size > 0 ? 1 : 0};
}

static void need_raise(skr_need_t *to, const skr_need_t *need) {
    to->bytes = need_max(to->bytes, need->bytes);
    to->largest = need_max(to->largest, need->largest);
    to->blocks = need_max(to->blocks, need->blocks);
}

static void need_note(need_t *n, bool handshake, const need_phase_t *p) {
    skr_need_t region[SKR_REGION_COUNT] = {
        [SKR_REGION_HANDSHAKE] = need_one(handshake ? sizeof(hs_t) : 0),
        [SKR_REGION_MESSAGE] = need_one(p->message),
        [SKR_REGION_RECORD_IN] = p->in,
        [SKR_REGION_RECORD_OUT] = need_one(p->out),
        [SKR_REGION_CIPHER_IN] = need_one(p->cipher_in),
        [SKR_REGION_CIPHER_OUT] = need_one(p->cipher_out),
        [SKR_REGION_SESSION] = need_one(p->session),
        [SKR_REGION_CERTIFICATES] = need_one(p->window),
        [SKR_REGION_PEER_CERTIFICATE] = need_one(p->key),
    };
    skr_need_t all = {0, 0, 0};
    for (size_t i = 0; i < SKR_REGION_COUNT; i++) {
        need_raise(&n->out->region[i], &region[i]);
        all.bytes += region[i].bytes;
        all.blocks += region[i].blocks;
        all.largest = need_max(all.largest, region[i].largest);
    }
    need_raise(&n->out->all, &all);
}

// --- A place for each region (place.c) ---

static uint32_t need_round(size_t size) {
    return (uint32_t)((size + 15) / 16 * 16);
}

// Slots are shared by what is never there at once: while a part of the handshake waits to be sent
// there is neither a message nor a chain, and behind it the handshake's own slot is free.
static void need_slots(const need_t *n) {
    skr_memory_need_t *out = n->out;
    const skr_need_t *region = out->region;
    bool keeps = n->config->keep_cipher_state, asks = n->config->ask_verify;
    size_t in = region[SKR_REGION_CIPHER_IN].bytes, went = region[SKR_REGION_CIPHER_OUT].bytes;
    size_t window = region[SKR_REGION_CERTIFICATES].bytes;
    size_t hs = (size_t)need_round(region[SKR_REGION_HANDSHAKE].bytes) +
        need_round(region[SKR_REGION_PEER_CERTIFICATE].bytes);
    size_t second = need_max(hs, n->record);
    bool apart = n->after || n->message > second; // else a message fits there when output is in
                                                  // the first
    size_t first = need_max(n->after ? n->message : region[SKR_REGION_MESSAGE].bytes,
        need_max(asks ? 0 : window, apart ? 0 : region[SKR_REGION_RECORD_OUT].bytes));
    out->slot[PLACE_IN] = need_round(region[SKR_REGION_RECORD_IN].bytes);
    out->slot[PLACE_CIPHER_IN] = need_round(keeps ? in : need_max(in, went));
    out->slot[PLACE_CIPHER_OUT] = need_round(keeps ? went : 0);
    out->slot[PLACE_SESSION] = need_round(region[SKR_REGION_SESSION].bytes);
    out->slot[PLACE_FIRST] = need_round(first);
    out->slot[PLACE_SECOND] = need_round(second);
    out->slot[PLACE_CERTIFICATES] = need_round(asks ? window : 0);
    out->slot[PLACE_FLIGHT] = need_round(n->after ? 1 : apart ? n->flight : 0);
    for (size_t i = 0; i < SKR_SLOT_COUNT; i++) {
        out->place += out->slot[i];
    }
}

static void need_in_handshake(need_t *n, need_phase_t p) {
    if (n->after) {
        return;
    }
    p.session = n->session;
    n->flight = need_max(n->flight, p.out);
    need_note(n, true, &p);
}

// --- Records in ---

static skr_need_t need_pieces(const need_t *n, size_t size) {
    size_t chunk = config_chunk_in(n->config);
    if (n->whole || size <= chunk) {
        return need_one(size);
    }
    size_t room = chunk - CONN_LINK_SIZE, full = (size - 1) / room;
    return (skr_need_t){size + full * CONN_LINK_SIZE, chunk, full + 1};
}

static skr_need_t need_sealed(const need_t *n) {
    size_t limit = n->config->max_record_in;
    size_t fragment = limit + n->overhead - SKR_RECORD_HEADER_SIZE;
    return need_pieces(n, limit != 0 ? fragment : (size_t)SKR_RECORD_PROTECTED_MAX);
}

static skr_need_t need_clear(const need_t *n) {
    size_t limit = n->config->max_record_in, chunk = config_chunk_in(n->config);
    limit = limit != 0 ? need_max(limit, SKR_RECORD_CLEAR_MIN) : (size_t)SKR_RECORD_PLAIN_MAX;
    return need_one(limit < chunk ? limit : chunk);
}

// --- Records out ---

static size_t need_own_limit(const need_t *n) {
    size_t limit = n->config->max_record_out;
    return limit != 0 ? limit : SKR_RECORD_PLAIN_MAX;
}

// The least that a peer can ask for; a server is asked only where this side has asked, too.
static size_t need_least_limit(const need_t *n) {
    enum { LEAST = 64 }; // RFC 8449 section 4
    size_t own = need_own_limit(n), in = n->config->max_record_in;
    bool asked = n->config->role == SKR_SERVER || (in != 0 && in != SKR_RECORD_PLAIN_MAX);
    size_t least = n->version == SKR_TLS13 ? LEAST - 1 : LEAST; // the content's type counts
    return asked && least < own ? least : own;
}

// Of a message in as many records as it may have to be cut into. The fewer of one number, the more
// padding.
static size_t need_room(const need_t *n, size_t size, bool sealed, size_t least) {
    bool pads = sealed && n->version == SKR_TLS13;
    conn_shape_t shape = {.chunk = config_chunk(n->config),
        .overhead = sealed ? n->overhead : SKR_RECORD_HEADER_SIZE,
        .pad_to = pads ? n->config->pad_to : 0};
    size_t most = 0, limit = need_own_limit(n);
    for (size_t records = 1; limit > least; records++) {
        shape.limit = limit;
        most = need_max(most, conn_message_room(&shape, size));
        size_t next = (size - 1) / records;
        limit = next < limit ? next : limit;
        limit = need_max(limit, least);
    }
    shape.limit = least;
    return need_max(most, conn_message_room(&shape, size));
}

// --- Flights: the block in which one gathers, and each message that may begin another block ---

typedef struct {
    size_t size, messages; // bounds
    size_t room; // of the largest message, in records
} need_flight_t;

static size_t need_block(const need_t *n, const need_flight_t *flight) {
    return need_max(flight->room, conn_flight_block(n->config, flight->size, flight->messages));
}

// beside: a compatibility ChangeCipherSpec with it.
static void need_says(need_t *n, need_flight_t *flight, unsigned type, const skr_private_key_t *key,
    bool sealed, size_t beside) {
    bool is_client = n->config->role == SKR_CLIENT;
    size_t size = (is_client ? bound_by_client : bound_by_server)(
        n->config, type, key, n->identity);
    size_t room = size > 0 ? need_room(n, size, sealed, need_least_limit(n)) : CONN_CCS_SIZE;
    flight->size += size;
    flight->messages++;
    flight->room = need_max(flight->room, room + beside);
}

// A Certificate, in slices where it is larger than a chunk.
static void need_shows(
    need_t *n, need_flight_t *flight, const skr_credential_t *credential, bool sealed) {
    bool is_client = n->config->role == SKR_CLIENT;
    size_t size = chain_message_size(credential, n->version);
    size_t ccs = n->version == SKR_TLS13 && is_client ? CONN_CCS_SIZE : 0;
    size_t room = need_room(n, size, sealed, need_least_limit(n)) + ccs;
    size_t chunk = config_chunk(n->config);
    flight->size += size;
    flight->messages++;
    flight->room = need_max(flight->room, room < chunk ? room : chunk);
}

static size_t need_hello(const need_t *n, size_t cookie) {
    const skr_config_t *config = n->config;
    size_t ticket = config->session_key != NULL ? config_ticket_max(config) : 0;
    size_t size = bound_client_hello(config, n->name, cookie, ticket);
    bool ccs = cookie > 0 && !config->no_compatibility;
    return need_room(n, size, false, need_own_limit(n)) + (ccs ? CONN_CCS_SIZE : 0);
}

// --- The handshake ---

static size_t need_kept(const need_t *n) {
    return n->config->keep_cipher_state ? n->cipher : 0;
}

// The peer's chain in records of that kind.
static void need_chain(need_t *n, skr_need_t in, size_t opening) {
    need_phase_t p = {.in = in,
        .window = peer_stream_size(n->config),
        .key = SKR_PUBLIC_KEY_MAX,
        .cipher_in = opening};
    if (n->config->ask_verify) { // it is there as a whole, and no record is opened meanwhile
        p.message = config_message_max(n->config);
        p.cipher_in = opening > 0 ? need_kept(n) : 0;
    }
    need_in_handshake(n, p);
}

// What is around a cookie in its message: the fields of a hello, supported_versions and the
// cookie's own heads; and perhaps a key_share.
enum { NEED_RETRY_GROUP = 6 };
static size_t need_around_cookie(const need_t *n) {
    size_t id = n->config->no_compatibility ? 0 : SKR_SESSION_ID_MAX;
    return SKR_MESSAGE_HEADER_SIZE + 2 + SKR_RANDOM_SIZE + 1 + id + 2 + 1 + 2 + 6 + 6;
}

static size_t need_cookie(const need_t *n) {
    size_t room = config_message_max(n->config) - need_around_cookie(n);
    return room < SKR_COOKIE_MAX ? room : SKR_COOKIE_MAX;
}

// A client's flight with this credential; NULL: it has none. Ends with its Finished.
static size_t need_client_with(need_t *n, const skr_credential_t *credential) {
    bool tls13 = n->version == SKR_TLS13;
    size_t ccs = tls13 ? CONN_CCS_SIZE : 0;
    need_flight_t flight = {0, 0, 0};
    if (n->key > 0) {
        need_shows(n, &flight, credential, tls13);
    }
    if (!tls13) {
        need_says(n, &flight, WIRE_CLIENT_KEY_EXCHANGE, NULL, false, 0);
        need_says(n, &flight, WIRE_CHANGE_CIPHER_SPEC, NULL, false, 0);
    }
    if (n->key > 0 && credential != NULL) {
        need_says(n, &flight, WIRE_CERTIFICATE_VERIFY, credential->key, tls13, 0);
    }
    need_says(n, &flight, WIRE_FINISHED, NULL, true, ccs);
    return need_block(n, &flight);
}

static size_t need_client_flight(need_t *n) {
    size_t most = need_client_with(n, NULL);
    for (size_t i = 0; i < n->config->credential_count; i++) {
        most = need_max(most, need_client_with(n, &n->config->credentials[i]));
    }
    return most;
}

static void need_client13(need_t *n) {
    size_t message = config_message_max(n->config), cookie = need_cookie(n);
    size_t around = need_around_cookie(n) + cookie + NEED_RETRY_GROUP;
    need_phase_t hello = {.in = need_clear(n), .message = message};
    need_phase_t retry = {
        .in = need_clear(n), .message = around < message ? around : message, .key = cookie};
    need_phase_t again = {.key = cookie, .out = need_hello(n, cookie)};
    need_phase_t proof = {.in = need_sealed(n),
        .message = message,
        .key = SKR_PUBLIC_KEY_MAX,
        .cipher_in = n->cipher};
    need_phase_t sends = {
        .key = SKR_PUBLIC_KEY_MAX, .out = need_client_flight(n), .cipher_out = n->cipher};
    need_in_handshake(n, hello);
    need_in_handshake(n, retry);
    need_in_handshake(n, again);
    need_chain(n, need_sealed(n), n->cipher);
    need_in_handshake(n, proof);
    need_in_handshake(n, sends);
}

static void need_client12(need_t *n) {
    size_t message = config_message_max(n->config), kept = need_kept(n);
    need_phase_t exchange = {.in = need_clear(n),
        .message = message,
        .key = n->key,
        // A ticket behind this side's Finished is not protected yet.
        .cipher_out = n->config->session_key != NULL ? kept : 0};
    need_phase_t finished = {.in = need_sealed(n),
        .message = n->finished,
        .key = n->key,
        .cipher_in = n->cipher,
        .cipher_out = kept};
    need_phase_t sends = {.key = n->key, .out = need_client_flight(n), .cipher_out = n->cipher};
    need_phase_t listens = {.in = need_one(n->small),
        .key = n->key,
        .out = need_client_flight(n),
        .cipher_in = n->cipher,
        .cipher_out = kept};
    if (n->key > 0) {
        need_chain(n, need_clear(n), 0);
    }
    need_in_handshake(n, exchange);
    need_in_handshake(n, finished);
    need_in_handshake(n, sends);
    need_in_handshake(n, listens);
}

// A server's flight with this credential, NULL: a pre-shared key authenticates. It ends with the
// Finished in TLS 1.3 and with ServerHelloDone in TLS 1.2.
static size_t need_server_with(need_t *n, const skr_credential_t *credential) {
    bool tls13 = n->version == SKR_TLS13, shows = n->key > 0 && credential != NULL;
    const skr_private_key_t *key = credential != NULL ? credential->key : NULL;
    need_flight_t flight = {0, 0, 0};
    need_says(n, &flight, WIRE_SERVER_HELLO, NULL, false, tls13 ? CONN_CCS_SIZE : 0);
    if (tls13) {
        need_says(n, &flight, WIRE_ENCRYPTED_EXTENSIONS, NULL, true, 0);
    }
    if (shows) {
        need_shows(n, &flight, credential, tls13);
    }
    if (shows && n->verifies) {
        need_says(n, &flight, WIRE_CERTIFICATE_REQUEST, NULL, tls13, 0);
    }
    if (!tls13) {
        need_says(n, &flight, WIRE_SERVER_KEY_EXCHANGE, key, false, 0);
        need_says(n, &flight, WIRE_SERVER_HELLO_DONE, NULL, false, 0);
    } else if (shows) {
        need_says(n, &flight, WIRE_CERTIFICATE_VERIFY, key, true, 0);
    }
    if (tls13) {
        need_says(n, &flight, WIRE_FINISHED, NULL, true, 0);
    }
    return need_block(n, &flight);
}

static size_t need_server_flight(need_t *n) {
    size_t most = need_server_with(n, NULL);
    for (size_t i = 0; i < n->config->credential_count; i++) {
        most = need_max(most, need_server_with(n, &n->config->credentials[i]));
    }
    return most;
}

// Tickets; TLS 1.2's end of a handshake, or all of one that is resumed.
static size_t need_server_end(need_t *n, bool resumed) {
    const skr_config_t *config = n->config;
    need_flight_t flight = {0, 0, 0};
    if (n->version == SKR_TLS13) {
        flight.messages = config->ticket_keys != NULL ? config_ticket_count(config) : 0;
        flight.size = flight.messages * PSK_TICKET_MESSAGE_MAX;
        flight.room = need_room(n, PSK_TICKET_MESSAGE_MAX, true, need_least_limit(n));
        return flight.messages > 0 ? need_block(n, &flight) : 0;
    }
    if (resumed) {
        need_says(n, &flight, WIRE_SERVER_HELLO, NULL, false, 0);
    }
    if (config->ticket_keys != NULL) {
        need_says(n, &flight, WIRE_NEW_SESSION_TICKET, NULL, false, 0);
    }
    need_says(n, &flight, WIRE_CHANGE_CIPHER_SPEC, NULL, false, 0);
    need_says(n, &flight, WIRE_FINISHED, NULL, true, 0);
    return need_block(n, &flight);
}

static void need_server13(need_t *n) {
    size_t message = config_message_max(n->config), key = n->verifies ? n->key : 0;
    need_phase_t hello = {.in = need_clear(n), .message = message};
    need_phase_t proof = {.in = need_sealed(n),
        .message = n->verifies ? message : n->finished,
        .key = key,
        .cipher_in = n->cipher};
    need_phase_t sends = {.out = need_server_flight(n), .cipher_out = n->cipher};
    need_phase_t listens = {
        .in = need_one(n->small), .out = need_server_flight(n), .cipher_in = n->cipher};
    need_phase_t ends = {.key = key, .out = need_server_end(n, false), .cipher_out = n->cipher};
    need_in_handshake(n, hello);
    need_in_handshake(n, proof);
    need_in_handshake(n, sends);
    need_in_handshake(n, listens);
    need_in_handshake(n, ends);
    if (n->verifies) {
        need_chain(n, need_sealed(n), n->cipher);
    }
}

static void need_server12(need_t *n) {
    size_t message = config_message_max(n->config), key = n->verifies ? n->key : 0;
    size_t kept = need_kept(n);
    need_phase_t exchange = {.in = need_clear(n), .message = message, .key = key};
    need_phase_t finished = {
        .in = need_sealed(n), .message = n->finished, .key = key, .cipher_in = n->cipher};
    need_phase_t resumed = {.in = need_sealed(n),
        .message = n->finished,
        .cipher_in = n->cipher,
        .cipher_out = kept}; // its own Finished went first
    need_phase_t sends = {.in = need_one(n->small), .out = need_server_flight(n)};
    need_phase_t ends = {
        .key = key, .out = need_server_end(n, false), .cipher_in = kept, .cipher_out = n->cipher};
    need_phase_t listens = {.in = need_one(n->small),
        .out = need_server_end(n, true),
        .cipher_in = n->cipher,
        .cipher_out = kept};
    need_in_handshake(n, exchange);
    need_in_handshake(n, finished);
    need_in_handshake(n, sends);
    need_in_handshake(n, ends);
    if (n->config->ticket_keys != NULL) {
        need_in_handshake(n, resumed);
        need_in_handshake(n, listens);
    }
    if (key > 0) {
        need_chain(n, need_clear(n), 0);
    }
}

// --- Behind the handshake ---

static void need_data(need_t *n) {
    enum { UPDATE_SIZE = SKR_MESSAGE_HEADER_SIZE + 1 };
    const skr_config_t *config = n->config;
    bool is_client = config->role == SKR_CLIENT, tls13 = n->version == SKR_TLS13;
    size_t limit = need_own_limit(n), room = config_chunk(config) - n->overhead;
    size_t record = n->overhead + (limit < room ? limit : room);
    need_phase_t p = {.in = need_sealed(n), .cipher_in = n->cipher, .cipher_out = need_kept(n)};
    p.session = is_client ? n->new_session : 0;
    p.message = !tls13 ? 0 : is_client ? config_message_max(config) : (size_t)UPDATE_SIZE;
    // What is left of the handshake may still wait.
    p.out = need_max(record, is_client ? need_client_flight(n) : need_server_end(n, false));
    n->record = need_max(n->record, p.out);
    n->message = need_max(n->message, need_max(p.message, SKR_MESSAGE_HEADER_SIZE));
    need_note(n, false, &p);
    p.cipher_in = need_kept(n);
    p.cipher_out = n->cipher;
    need_note(n, false, &p);
    if (is_client && !tls13) { // a HelloRequest whose header is cut is there only as it is judged
        p.message = SKR_MESSAGE_HEADER_SIZE;
        p.cipher_out = need_kept(n);
        need_note(n, false, &p);
    }
}

// --- All of it ---

static void need_suite(need_t *n, const suite_t *suite) {
    const skr_config_t *config = n->config;
    const skr_aead_t *aead = provider_aead(config->provider, suite->aead);
    n->version = (uint16_t)(0x0300 | suite->version);
    bool tls12 = n->version == SKR_TLS12;
    const record_protection_t *protection = tls12 ? config->profile->record12(suite->aead)
                                                  : &record13_protection;
    record_keys_t keys = {.aead = aead, .protection = protection};
    size_t hash = provider_hash(config->provider, suite->hash)->size;
    n->cipher = aead->state_size;
    n->overhead = SKR_RECORD_HEADER_SIZE + record_overhead(&keys);
    n->whole = aead->open_start == NULL;
    const skr_psk_t *psk = suite_by_key(suite) ? psk_for_tls12(config) : NULL;
    n->key = suite_by_key(suite) ? 0 : SKR_PUBLIC_KEY_MAX;
    n->identity = psk != NULL ? psk->identity.size : 0;
    n->finished = SKR_MESSAGE_HEADER_SIZE + (tls12 ? (size_t)PRF12_VERIFY_SIZE : hash);
    n->new_session = n->session == 0
        ? 0
        : session_sealed_max(tls12 ? (size_t)PRF12_MASTER_SIZE : hash, config_ticket_max(config));
    if (config->role == SKR_CLIENT) {
        (tls12 ? need_client12 : need_client13)(n);
    } else {
        (tls12 ? need_server12 : need_server13)(n);
    }
    need_data(n);
}

static skr_status_t need_of(
    const skr_config_t *config, skr_view_t server_name, bool after, skr_memory_need_t *need) {
    skr_name_t name = {.kind = SKR_NAME_NONE};
    memset(need, 0, sizeof(*need));
    skr_status_t status = config_check_form(config, server_name);
    if (status == SKR_OK && config->role == SKR_CLIENT && server_name.data != NULL &&
        !skr_name_parse(server_name, &name)) {
        status = SKR_ERR_NAME_REQUIRED;
    }
    if (status != SKR_OK) {
        return status;
    }
    need_t n = {.config = config,
        .name = &name,
        .out = need,
        .after = after,
        .verifies = config->verify != SKR_VERIFY_NONE && config->credential_count > 0,
        .small = SKR_ALERT_RECORD_MAX};
    if (config->role == SKR_CLIENT && config->session_key != NULL) {
        n.session = conn_session_max(config);
    }
    const suite_t *suite = NULL;
    for (size_t i = 0; (suite = offer_suite(config, i)) != NULL; i++) {
        need_suite(&n, suite);
        if (config->role == SKR_CLIENT) {
            need_phase_t hello = {.in = need_one(n.small), .out = need_hello(&n, 0)};
            need_in_handshake(&n, hello);
        }
    }
    need_slots(&n);
    return need->all.bytes > 0 ? SKR_OK : SKR_ERR_CONFIG;
}

skr_status_t skr_memory_needed(
    const skr_config_t *config, skr_view_t server_name, skr_memory_need_t *need) {
    return need_of(config, server_name, false, need);
}

skr_status_t skr_memory_needed_after(
    const skr_config_t *config, skr_view_t server_name, skr_memory_need_t *need) {
    return need_of(config, server_name, true, need);
}
