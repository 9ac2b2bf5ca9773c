// The walker and the tables (src/hs/walk.c, tls13.def, tls12.def): who may say what, and when.
//
// In: both roles' scripts, and two handshakes of TLS 1.3 that talk without records. Out: at every
// point of every walk each of the 256 message types but the due ones is refused, to both roles;
// keys start behind their rows, in both roles alike; and the tables keep the two rules that keep a
// peer from steering it: an arrival teaches only what its row names, and a row that teaches never
// stands where its reader could not tell that it did not come.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "hs/walk.h"
#include "support/pair_memory.h"
#include "support/pki.h"

enum { FACTS = 256 };

// --- The tables ---

typedef struct {
    const char *name;
    const hs_script_t *client, *server;
    unsigned keys; // that start in each of its walks
    unsigned teaching; // rows that teach
} table_t;

static const table_t tls13 = {
    "TLS 1.3", &hs_script_client13, &hs_script_server13, K_S_HS | K_C_HS | K_S_AP | K_C_AP, 2};
static const table_t tls12 = {
    "TLS 1.2", &hs_script_client12, &hs_script_server12, K_C_12 | K_S_12 | K_MASTER_12, 2};

static bool present(const hs_step_t *step, unsigned facts) {
    return (facts & step->only_when) == step->only_when && (facts & step->never_when) == 0;
}

// Facts that can be true together: somebody authenticates in one way.
static bool possible(unsigned facts) {
    bool keyed = (facts & F_KEYED) != 0;
    return ((facts & F_FULL) != 0) != ((facts & F_PSK) != 0) && (!keyed || (facts & F_FULL) != 0);
}

static void test_columns(void **state) {
    const table_t *table = *state;
    assert_int_equal(table->client->self, HS_CLIENT);
    assert_int_equal(table->server->self, HS_SERVER);
    assert_int_equal(table->client->version, table->server->version);
    assert_int_equal(table->client->count, table->server->count);
    for (unsigned i = 0; i < table->client->count; i++) {
        const hs_step_t *one = &table->client->steps[i], *two = &table->server->steps[i];
        assert_int_equal(one->writer, two->writer);
        assert_int_equal(one->type, two->type);
        assert_int_equal(one->only_when, two->only_when);
        assert_int_equal(one->never_when, two->never_when);
        assert_int_equal(one->keys, two->keys);
        assert_int_equal(one->learns, two->learns);
        bool by_client = one->writer == HS_CLIENT, message = one->type != WIRE_CHANGE_CIPHER_SPEC;
        assert_int_equal(one->send != NULL, by_client && message);
        assert_int_equal(one->recv != NULL, !by_client && message);
        assert_int_equal(two->send != NULL, !by_client && message);
        assert_int_equal(two->recv != NULL, by_client && message);
    }
}

// Every walk starts every key once, whatever the facts; the master secret of TLS 1.2 is there
// already when a session is resumed.
static void test_keys_start_once(void **state) {
    const table_t *table = *state;
    for (unsigned facts = 0; facts < FACTS; facts++) {
        unsigned keys = 0;
        for (unsigned i = 0; i < table->client->count && possible(facts); i++) {
            const hs_step_t *step = &table->client->steps[i];
            if (present(step, facts)) {
                assert_int_equal(keys & step->keys, 0);
                keys |= step->keys;
            }
        }
        unsigned wanted = table->keys & ~((facts & F_PSK) != 0 ? (unsigned)K_MASTER_12 : 0u);
        assert_true(!possible(facts) || keys == wanted);
    }
}

// An arrival teaches only what its own row asks for, and nothing that would forbid it.
static void test_what_rows_teach(void **state) {
    const table_t *table = *state;
    unsigned teaching = 0;
    for (unsigned i = 0; i < table->client->count; i++) {
        const hs_step_t *step = &table->client->steps[i];
        assert_int_equal(step->learns & ~step->only_when, 0);
        assert_int_equal(step->learns & step->never_when, 0);
        // Never who authenticates how: a peer could turn a resumption into a full handshake, or the
        // other way round.
        assert_int_equal(step->learns & (F_FULL | F_PSK | F_TICKET | F_EMPTY_CERT | F_KEYED), 0);
        // Only servers teach, since only they choose.
        assert_true(step->learns == 0 || step->writer == HS_SERVER);
        teaching += step->learns != 0 ? 1 : 0;
    }
    assert_int_equal(teaching, table->teaching);
}

// Where a row that teaches does not come, a message of the same writer does: whatever the facts.
static void test_teaching_rows_end_no_flight(void **state) {
    const table_t *table = *state;
    const hs_step_t *steps = table->client->steps;
    for (unsigned i = 0; i < table->client->count; i++) {
        for (unsigned facts = 0; facts < FACTS && steps[i].learns != 0; facts++) {
            if ((facts & steps[i].learns) != 0 || !present(&steps[i], facts | steps[i].learns)) {
                continue;
            }
            unsigned next = i + 1;
            while (next < table->client->count && !present(&steps[next], facts)) {
                next++;
            }
            assert_true(next < table->client->count);
            assert_int_equal(steps[next].writer, steps[i].writer);
        }
    }
}

// No two rows that could come at the same point have the same type: a message says which row it is.
static void test_rows_are_told_apart(void **state) {
    const table_t *table = *state;
    const hs_step_t *steps = table->client->steps;
    for (unsigned facts = 0; facts < FACTS; facts++) {
        for (unsigned i = 0; i < table->client->count; i++) {
            if (steps[i].learns == 0 || !present(&steps[i], facts | steps[i].learns)) {
                continue;
            }
            for (unsigned j = i + 1; j < table->client->count; j++) {
                assert_int_not_equal(steps[i].type, steps[j].type);
                if (present(&steps[j], facts)) {
                    break;
                }
            }
        }
    }
}

// --- Two handshakes without records ---

enum { MESSAGE_MAX = 8192 };

typedef struct {
    hs_t hs;
    skr_config_t config;
    pair_memory_t memory;
    skr_memory_t memory_calls;
    test_random_t random;
    unsigned keys; // that were installed
    uint8_t secret[2][SKR_SECRET_SIZE_MAX]; // reading, writing
} party_t;

static party_t client, server;

typedef struct {
    bool retry;
    skr_verify_t verify; // of the server
    bool certificate; // the client has one
} walk_case_t;

static skr_status_t take_secret(void *user, bool writing, const uint8_t *secret) {
    party_t *party = user;
    memcpy(party->secret[writing], secret, SKR_SECRET_SIZE_MAX);
    party->keys++;
    return SKR_OK;
}

static void party_begin(party_t *party, skr_role_t role, const walk_case_t *which) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    const skr_provider_t *provider = &skr_provider_openssl;
    bool is_client = role == SKR_CLIENT;
    memset(party, 0, sizeof(*party));
    pair_memory_init(&party->memory, &party->memory_calls);
    test_random_seed(&party->random, is_client);
    party->config = (skr_config_t){
        .role = role,
        .profile = &skr_profile_full,
        .provider = provider,
        .memory = &party->memory_calls,
        .random = test_random,
        .random_user = &party->random,
        .groups = is_client && which->retry ? both : wanted,
        .min_version = SKR_TLS13,
        .verify = is_client ? SKR_VERIFY_REQUIRED : which->verify,
        .anchors = pki_anchors(),
        .anchor_count = 1,
    };
    if (!is_client || which->certificate) {
        party->config.credentials = pki_credential(
            provider, PKI_P256, is_client ? PKI_CLIENT : PKI_SERVER);
        party->config.credential_count = 1;
    }
    hs_sink_t sink = {.secret = take_secret, .user = party};
    assert_int_equal(hs_init(&party->hs, &party->config, sink, pki_now), SKR_OK);
    if (is_client) {
        assert_true(skr_name_parse(VIEW_LITERAL("server.example"), &party->hs.peer_name));
    }
}

static void party_end(party_t *party) {
    if (party->hs.peer_key_block != NULL) {
        memset(party->hs.peer_key_block, 0, party->hs.peer_key_size);
        party->memory_calls.give(&party->memory, SKR_REGION_PEER_CERTIFICATE,
            party->hs.peer_key_block, party->hs.peer_key_size);
    }
    pair_memory_end(&party->memory);
}

// Types that are due at this point besides the one that comes.
static bool also_due(const party_t *party, uint8_t comes, unsigned type) {
    bool behind_extensions = party == &client &&
        party->hs.step == 5; // the CertificateRequest's row
    return type == comes ||
        (behind_extensions && (type == WIRE_CERTIFICATE || type == WIRE_CERTIFICATE_REQUEST));
}

// Each type but the due ones is refused, and the refusal leaves no trace.
static unsigned refuse_others(party_t *party, const uint8_t *message, size_t size) {
    static uint8_t other[MESSAGE_MAX];
    static hs_t before;
    unsigned refused = 0;
    memcpy(other, message, size);
    before = party->hs;
    for (unsigned type = 0; type < 256; type++) {
        if (size > 0 && also_due(party, message[0], type)) {
            continue;
        }
        other[0] = (uint8_t)type;
        party->hs.leftover = false;
        pair_assert_status(walk_recv(&party->hs, view_of(other, size)), SKR_ERR_UNEXPECTED_MESSAGE);
        assert_memory_equal(&party->hs, &before, sizeof(before));
        refused++;
    }
    return refused;
}

// Nothing at all may come while it is this side's turn, or when all is said.
static void refuse_all(party_t *party) {
    static uint8_t message[MESSAGE_MAX];
    for (unsigned type = 0; type < 256; type++) {
        message[0] = (uint8_t)type;
        pair_assert_status(
            walk_recv(&party->hs, view_of(message, 200)), SKR_ERR_UNEXPECTED_MESSAGE);
        assert_int_equal(party->hs.waiting, false);
    }
}

// One message from one side to the other.
static void step(party_t *from, party_t *to, unsigned *refused) {
    static uint8_t message[MESSAGE_MAX];
    size_t bound = walk_send_bound(&from->hs);
    assert_true(bound <= sizeof(message));
    writer_t w = writer_of(message, bound);
    refuse_all(from);
    assert_int_equal(walk_turn(&to->hs), WALK_RECEIVE);
    pair_assert_status(walk_build(&from->hs, &w), SKR_OK);
    pair_assert_status(walk_sent(&from->hs), SKR_OK);
    *refused += refuse_others(to, message, writer_size(&w));
    to->hs.leftover = false;
    pair_assert_status(walk_recv(&to->hs, view_of(message, writer_size(&w))), SKR_OK);
}

static void walk(const walk_case_t *which, unsigned messages) {
    unsigned steps = 0, refused = 0;
    party_begin(&client, SKR_CLIENT, which);
    party_begin(&server, SKR_SERVER, which);
    while (walk_turn(&client.hs) != WALK_DONE || walk_turn(&server.hs) != WALK_DONE) {
        bool by_client = walk_turn(&client.hs) == WALK_SEND;
        assert_true(by_client != (walk_turn(&server.hs) == WALK_SEND)); // one at a time
        assert_false(hs_proved(&server.hs)); // before the very last message
        assert_true(!hs_proved(&client.hs) || walk_turn(&client.hs) == WALK_SEND);
        step(by_client ? &client : &server, by_client ? &server : &client, &refused);
        steps++;
    }
    assert_int_equal(steps, messages);
    assert_true(refused >= messages * 254);
    refuse_all(&client);
    refuse_all(&server);
    assert_true(hs_proved(&client.hs) && hs_proved(&server.hs));
    assert_int_equal(client.keys, 4);
    assert_int_equal(server.keys, 4);
    assert_memory_equal(client.secret[0], server.secret[1], 32);
    assert_memory_equal(client.secret[1], server.secret[0], 32);
    party_end(&client);
    party_end(&server);
}

static void test_every_type_at_every_row(void **state) {
    (void)state;
    for (unsigned retry = 0; retry < 2; retry++) {
        unsigned hellos = retry != 0 ? 4 : 2;
        walk(&(walk_case_t){retry != 0, SKR_VERIFY_NONE, false}, hellos + 5);
        walk(&(walk_case_t){retry != 0, SKR_VERIFY_NONE, true}, hellos + 5);
        walk(&(walk_case_t){retry != 0, SKR_VERIFY_OPTIONAL, false}, hellos + 7);
        walk(&(walk_case_t){retry != 0, SKR_VERIFY_OPTIONAL, true}, hellos + 8);
        walk(&(walk_case_t){retry != 0, SKR_VERIFY_REQUIRED, true}, hellos + 8);
    }
}

// --- Key changes and what is left over (section 5.1) ---

// Runs to the point where who is about to get a message of this type, which is then in message.
static size_t run_to(party_t *who, uint8_t type, uint8_t *message) {
    static const walk_case_t which = {false, SKR_VERIFY_REQUIRED, true};
    party_begin(&client, SKR_CLIENT, &which);
    party_begin(&server, SKR_SERVER, &which);
    for (;;) {
        party_t *from = walk_turn(&client.hs) == WALK_SEND ? &client : &server;
        party_t *to = from == &client ? &server : &client;
        writer_t w = writer_of(message, MESSAGE_MAX);
        pair_assert_status(walk_build(&from->hs, &w), SKR_OK);
        pair_assert_status(walk_sent(&from->hs), SKR_OK);
        if (to == who && message[0] == type) {
            return writer_size(&w);
        }
        pair_assert_status(walk_recv(&to->hs, view_of(message, writer_size(&w))), SKR_OK);
    }
}

static void test_leftover(void **state) {
    (void)state;
    static uint8_t message[MESSAGE_MAX];
    static const struct {
        party_t *who;
        uint8_t type;
        bool changes; // the reader's keys
    } cases[] = {
        {&client, WIRE_SERVER_HELLO, true},
        {&client, WIRE_ENCRYPTED_EXTENSIONS, false},
        {&client, WIRE_CERTIFICATE_REQUEST, false},
        {&client, WIRE_CERTIFICATE, false},
        {&client, WIRE_CERTIFICATE_VERIFY, false},
        {&client, WIRE_FINISHED, true},
        {&server, WIRE_CERTIFICATE, false},
        {&server, WIRE_CERTIFICATE_VERIFY, false},
        {&server, WIRE_FINISHED, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t size = run_to(cases[i].who, cases[i].type, message);
        cases[i].who->hs.leftover = true;
        pair_assert_status(walk_recv(&cases[i].who->hs, view_of(message, size)),
            cases[i].changes ? SKR_ERR_KEY_CHANGE_UNALIGNED : SKR_OK);
        party_end(&client);
        party_end(&server);
    }
}

// A server that starts to read with new keys behind its own hello may have nothing left either.
static void test_leftover_at_hello(void **state) {
    (void)state;
    static const walk_case_t which = {false, SKR_VERIFY_NONE, false};
    static uint8_t message[MESSAGE_MAX];
    party_begin(&client, SKR_CLIENT, &which);
    party_begin(&server, SKR_SERVER, &which);
    writer_t w = writer_of(message, sizeof(message));
    pair_assert_status(walk_build(&client.hs, &w), SKR_OK);
    pair_assert_status(walk_sent(&client.hs), SKR_OK);
    server.hs.leftover = true; // no matter yet: no key changes behind a ClientHello
    pair_assert_status(walk_recv(&server.hs, view_of(message, writer_size(&w))), SKR_OK);
    w = writer_of(message, sizeof(message));
    pair_assert_status(walk_build(&server.hs, &w), SKR_OK);
    pair_assert_status(walk_sent(&server.hs), SKR_ERR_KEY_CHANGE_UNALIGNED);
    party_end(&client);
    party_end(&server);
}

// A pre-shared key authenticates: a server can't make a full handshake of it by asking for a
// certificate or sending one (design.md section 3). Finished is all that may come.
static void test_no_way_back_from_a_key(void **state) {
    (void)state;
    static uint8_t message[MESSAGE_MAX];
    static hs_t before;
    size_t size = run_to(&client, WIRE_CERTIFICATE_REQUEST, message);
    client.hs.facts = (uint16_t)((client.hs.facts & ~F_FULL) | F_PSK);
    before = client.hs;
    for (unsigned type = 0; type < 256; type++) {
        client.hs = before;
        message[0] = (uint8_t)type;
        skr_status_t status = walk_recv(&client.hs, view_of(message, size));
        // This one is due, and is no Finished inside.
        pair_assert_status(
            status, type == WIRE_FINISHED ? SKR_ERR_DECODE : SKR_ERR_UNEXPECTED_MESSAGE);
    }
    party_end(&client);
    party_end(&server);
}

// Sending out of turn is refused, and a message that has no room is not half there.
static void test_building(void **state) {
    (void)state;
    static const walk_case_t which = {false, SKR_VERIFY_NONE, false};
    static uint8_t message[MESSAGE_MAX];
    party_begin(&client, SKR_CLIENT, &which);
    party_begin(&server, SKR_SERVER, &which);
    writer_t w = writer_of(message, sizeof(message));
    pair_assert_status(walk_build(&server.hs, &w), SKR_ERR_USAGE);
    assert_int_equal(writer_size(&w), 0);
    w = writer_of(message, 50);
    pair_assert_status(walk_build(&client.hs, &w), SKR_ERR_MEMORY);
    party_end(&client);
    party_end(&server);
}

// A Certificate in slices is the same message, and the same in the transcript, as one that is
// whole.
static void test_slices(void **state) {
    (void)state;
    static uint8_t whole[MESSAGE_MAX], pieces[MESSAGE_MAX];
    static hs_t before;
    uint8_t expected[SKR_HASH_SIZE_MAX], digest[SKR_HASH_SIZE_MAX];
    run_to(&client, WIRE_CERTIFICATE_REQUEST, whole);
    before = server.hs;
    assert_true(walk_in_slices(&server.hs));
    size_t bound = walk_send_bound(&server.hs);
    writer_t w = writer_of(whole, bound);
    pair_assert_status(walk_build(&server.hs, &w), SKR_OK);
    assert_false(walk_unfinished(&server.hs));
    assert_int_equal(writer_size(&w), bound); // exactly
    assert_true(transcript_result(&server.hs.transcript, expected));
    for (size_t size = SKR_MESSAGE_HEADER_SIZE; size < bound; size++) {
        server.hs = before;
        for (size_t at = 0; at < bound; at += size) {
            assert_int_equal(walk_unfinished(&server.hs), at > 0);
            assert_int_equal(walk_send_bound(&server.hs), bound - at);
            w = writer_of(pieces + at, size);
            pair_assert_status(walk_build(&server.hs, &w), SKR_OK);
            assert_int_equal(writer_size(&w), bound - at < size ? bound - at : size);
        }
        assert_false(walk_unfinished(&server.hs));
        assert_memory_equal(pieces, whole, bound);
        assert_true(transcript_result(&server.hs.transcript, digest));
        assert_memory_equal(digest, expected, 32);
    }
    // Without room for the header there is nothing, and it can be tried again.
    server.hs = before;
    w = writer_of(pieces, SKR_MESSAGE_HEADER_SIZE - 1);
    pair_assert_status(walk_build(&server.hs, &w), SKR_ERR_MEMORY);
    w = writer_of(NULL, 0);
    pair_assert_status(walk_build(&server.hs, &w), SKR_ERR_MEMORY);
    assert_false(walk_unfinished(&server.hs));
    w = writer_of(pieces, bound);
    pair_assert_status(walk_build(&server.hs, &w), SKR_OK);
    assert_memory_equal(pieces, whole, bound);
    party_end(&client);
    party_end(&server);
}

// A Certificate in pieces moves the walk and the transcript as one that is whole does; its header
// may come only where the message may, and nothing is behind it before the last piece.
static skr_status_t receive_pieces(party_t *who, const uint8_t *message, size_t size, size_t step) {
    uint8_t row = who->hs.step;
    skr_status_t status = walk_recv_begin(&who->hs, view_of(message, SKR_MESSAGE_HEADER_SIZE));
    for (size_t at = SKR_MESSAGE_HEADER_SIZE; at < size && status == SKR_OK; at += step) {
        size_t n = step < size - at ? step : size - at;
        assert_true(who->hs.step >= row);
        row = who->hs.step;
        assert_int_equal(who->hs.script->steps[row].type, WIRE_CERTIFICATE);
        assert_int_equal(who->hs.proofs & PROOF_PATH, 0);
        status = walk_recv_piece(&who->hs, view_of(message + at, n), size - at - n);
        assert_false(who->hs.more);
    }
    return status;
}

static void test_pieces(void **state) {
    (void)state;
    static uint8_t message[MESSAGE_MAX];
    static const size_t steps[] = {1, 3, 100, MESSAGE_MAX};
    for (unsigned i = 0; i < 8; i++) {
        uint8_t expected[SKR_HASH_SIZE_MAX], digest[SKR_HASH_SIZE_MAX];
        party_t *who = (i & 1) != 0 ? &client : &server;
        size_t size = run_to(who, WIRE_CERTIFICATE, message);
        transcript_t whole = who->hs.transcript;
        assert_true(transcript_add(&whole, view_of(message, size)));
        assert_true(transcript_result(&whole, expected));
        uint8_t behind = (uint8_t)(who->hs.step + 1);
        while (who->hs.script->steps[behind - 1].type != WIRE_CERTIFICATE) {
            behind++;
        }
        pair_assert_status(receive_pieces(who, message, size, steps[i / 2]), SKR_OK);
        assert_int_equal(who->hs.step, behind);
        assert_int_equal(who->hs.proofs, PROOF_PATH);
        assert_true(transcript_result(&who->hs.transcript, digest));
        assert_memory_equal(digest, expected, 32);
        // Once more: it is not due.
        pair_assert_status(walk_recv_begin(&who->hs, view_of(message, SKR_MESSAGE_HEADER_SIZE)),
            SKR_ERR_UNEXPECTED_MESSAGE);
        assert_int_equal(who->hs.step, behind);
        party_end(&client);
        party_end(&server);
    }
}

static void test_pieces_refused(void **state) {
    (void)state;
    static uint8_t message[MESSAGE_MAX];
    static hs_t before;
    uint8_t header[SKR_MESSAGE_HEADER_SIZE] = {0, 0, 1, 0};
    size_t size = run_to(&client, WIRE_CERTIFICATE, message);
    before = client.hs;
    for (unsigned type = 0; type < 256; type++) {
        header[0] = (uint8_t)type;
        assert_int_equal(walk_takes_pieces(&client.hs, (uint8_t)type), type == WIRE_CERTIFICATE);
        if (type != WIRE_CERTIFICATE && type != WIRE_CERTIFICATE_REQUEST) {
            pair_assert_status(walk_recv_begin(&client.hs, view_of(header, sizeof(header))),
                SKR_ERR_UNEXPECTED_MESSAGE);
            assert_memory_equal(&client.hs, &before, sizeof(before));
        }
    }
    client.config.ask_verify = true; // the caller wants to see it whole
    assert_false(walk_takes_pieces(&client.hs, WIRE_CERTIFICATE));
    client.config.ask_verify = false;
    message[size / 2] ^= 1;
    assert_true(receive_pieces(&client, message, size, 50) < SKR_OK);
    assert_int_equal(client.hs.proofs, 0);
    assert_int_equal(client.memory.block[SKR_REGION_CERTIFICATES] == NULL, true);
    party_end(&client);
    party_end(&server);
    // Before its turn, a header alone.
    static uint8_t first[MESSAGE_MAX];
    run_to(&client, WIRE_SERVER_HELLO, first);
    header[0] = WIRE_CERTIFICATE;
    pair_assert_status(
        walk_recv_begin(&client.hs, view_of(header, sizeof(header))), SKR_ERR_UNEXPECTED_MESSAGE);
    party_end(&client);
    party_end(&server);
}

#define TABLES(function) \
    PAIR_TEST_WITH(function, (void *)(uintptr_t)&tls13), \
        PAIR_TEST_WITH(function, (void *)(uintptr_t)&tls12)

int main(void) {
    const struct CMUnitTest tests[] = {
        TABLES(test_columns),
        TABLES(test_keys_start_once),
        TABLES(test_what_rows_teach),
        TABLES(test_teaching_rows_end_no_flight),
        TABLES(test_rows_are_told_apart),
        cmocka_unit_test(test_every_type_at_every_row),
        cmocka_unit_test(test_leftover),
        cmocka_unit_test(test_leftover_at_hello),
        cmocka_unit_test(test_no_way_back_from_a_key),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_pieces_refused),
        cmocka_unit_test(test_building),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
