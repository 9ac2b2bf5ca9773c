// Whole connections over mutated messages and records, at every stage.
//
// In: handshakes of all shapes, data and what comes behind, in which a man on the line who has all
// keys mutates, repeats, drops, cuts and forges messages inside of their protection, or bytes
// outside of it; from a fixed seed (SKERRY_FUZZ_ROUNDS: how many, SKERRY_FUZZ_FIRST: from which
// on). Out: nothing is read or written that must not be (ASan, UBSan), all memory is back, each
// error is the peer's fault, an altered handshake never completes on both sides, and what is read
// as data is what was written or what the man on the line has sealed as such.
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/pair_hello.h"

enum { ROUNDS = 2500, STAGES = 16 };

static pair_t pair;
static pair_tap_t tap;
static test_random_t dice;

static unsigned draw(unsigned below) {
    uint8_t bytes[4];
    test_random(&dice, bytes, sizeof(bytes));
    uint32_t value = (uint32_t)bytes_get16(bytes) << 16 | bytes_get16(bytes + 2);
    return value % below;
}

static bool chance(unsigned percent) {
    return draw(100) < percent;
}

// --- What is on the line ---

static struct {
    unsigned stage; // how many messages go by first
    unsigned seen;
    bool by_client; // whose are mutated
    bool again; // more than one
    bool altered; // handshake bytes are not what was sent
    bool raw; // bytes outside of the protection
} plan;

static void plan_round(void) {
    static const uint16_t both[] = {SKR_GROUP_SECP256R1, SKR_GROUP_X25519, 0};
    static const uint16_t wanted[] = {SKR_GROUP_X25519, 0};
    static const uint16_t suites[][2] = {{0x1301, 0}, {0x1302, 0}, {0x1303, 0}};
    static const skr_view_t alpn[] = {{(const uint8_t *)"mqtt", 4}, {(const uint8_t *)"coap", 4}};
    static const size_t chunks[] = {PAIR_ALL, PAIR_ALL, 1, 7, 100, 1000};
    static const uint16_t records[] = {0, 0, 0, 64, 200, 1000};
    static const uint16_t blocks[] = {0, 0, 0xffff, 64, 200, 1000};
    pair_init_openssl(&pair);
    if (chance(50)) {
        pair_mutual(&pair, chance(50) ? PKI_P256 : PKI_ED25519);
    }
    pair.server.config.verify = chance(20) ? SKR_VERIFY_OPTIONAL : pair.server.config.verify;
    pair.client.config.suites = suites[draw(3)];
    pair.client.config.groups = chance(30) ? both : wanted;
    pair.server.config.groups = wanted;
    pair.client.config.alpn = pair.server.config.alpn = alpn;
    pair.client.config.alpn_count = draw(3);
    pair.server.config.alpn_count = 2;
    pair.client.chunk = chunks[draw(6)];
    pair.server.chunk = chunks[draw(6)];
    pair.client.config.max_record_out = records[draw(6)];
    pair.server.config.max_record_out = records[draw(6)];
    pair.client.config.chunk = blocks[draw(6)];
    pair.server.config.chunk = blocks[draw(6)];
    pair.client.config.keep_cipher_state = chance(20);
    memset(&plan, 0, sizeof(plan));
    plan.stage = draw(STAGES);
    plan.by_client = chance(50);
    plan.again = chance(30);
    plan.raw = chance(20);
}

// --- Mutations ---

static void flip(uint8_t *data, size_t size) {
    for (unsigned n = 1 + draw(3); n > 0 && size > 0; n--) {
        data[draw((unsigned)size)] ^= (uint8_t)(1 << draw(8));
    }
}

// A value at which things tend to break, where a length may be.
static void set_number(uint8_t *data, size_t size) {
    static const uint16_t numbers[] = {0, 1, 2, 3, 4, 255, 256, 0x3fff, 0x4000, 0x7fff, 0xffff};
    if (size >= 2) {
        size_t at = draw((unsigned)size - 1);
        bytes_put16(data + at, chance(70) ? numbers[draw(11)] : (uint16_t)(size - at - draw(4)));
    }
}

static void set_byte(uint8_t *data, size_t size) {
    if (size > 0) {
        data[draw((unsigned)size)] = (uint8_t)draw(256);
    }
}

static size_t cut(size_t size) {
    return size == 0 ? 0 : chance(50) ? size - 1 : draw((unsigned)size);
}

static size_t grow(uint8_t *data, size_t size) {
    size_t more = 1 + draw(chance(80) ? 8 : 2000);
    for (size_t i = 0; i < more; i++) {
        data[size + i] = (uint8_t)draw(256);
    }
    return size + more;
}

// Some bytes once more, behind themselves or in the place of others.
static size_t copy_within(uint8_t *data, size_t size) {
    if (size < 2) {
        return size;
    }
    size_t from = draw((unsigned)size), length = 1 + draw((unsigned)(size - from));
    size_t to = draw((unsigned)size);
    if (chance(50)) {
        memmove(data + to + length, data + to, size - to);
        memmove(data + to, data + from + (from >= to ? length : 0), length);
        return size + length;
    }
    length = to + length > size ? size - to : length;
    memmove(data + to, data + from, length);
    return size;
}

static size_t mutate(uint8_t *data, size_t size) {
    switch (draw(8)) {
        case 0:
        case 1:
            flip(data, size);
            return size;
        case 2:
        case 3:
            set_number(data, size);
            return size;
        case 4:
            set_byte(data, size);
            return size;
        case 5:
            return cut(size);
        case 6:
            return grow(data, size);
        default:
            return copy_within(data, size);
    }
}

// Something of any kind that nobody sent.
static void forge(pair_tap_t *t, const pair_message_t *like) {
    static uint8_t data[3000];
    static const uint8_t contents[] = {20, 21, 22, 22, 22, 23, 24};
    size_t size = draw(chance(80) ? 20 : sizeof(data));
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)draw(chance(50) ? 256 : 3);
    }
    if (size >= SKR_MESSAGE_HEADER_SIZE && chance(70)) {
        data[1] = 0;
        bytes_put16(data + 2, (uint16_t)(size - SKR_MESSAGE_HEADER_SIZE));
    }
    unsigned content = contents[draw(7)];
    if (size > 0 || content == RECORD_APPLICATION_DATA) {
        plan.altered = plan.altered || content == RECORD_HANDSHAKE;
        pair_tap_send(t, like->by_client, like->is_sealed, content, data, size, draw(3));
    }
}

static void treat(pair_tap_t *t, pair_message_t *m) {
    static uint8_t before[PAIR_MESSAGE_MAX];
    size_t size = m->size;
    switch (draw(10)) {
        case 0: // dropped
            plan.altered = plan.altered || m->content == RECORD_HANDSHAKE;
            return;
        case 1: // twice
            pair_tap_send(t, m->by_client, m->is_sealed, m->content, m->data, m->size, 0);
            plan.altered = plan.altered || m->content == RECORD_HANDSHAKE;
            break;
        case 2:
            forge(t, m);
            break;
        default:
            memcpy(before, m->data, size);
            for (unsigned n = 1 + draw(3); n > 0; n--) {
                m->size = mutate(m->data, m->size);
            }
            if (m->size >= SKR_MESSAGE_HEADER_SIZE && chance(75)) {
                hello_fix_length(m);
            }
            if (m->size == 0 && !m->is_sealed) {
                m->size = 1;
            }
            plan.altered = plan.altered ||
                (m->content == RECORD_HANDSHAKE &&
                    !view_equal(view_of(before, size), view_of(m->data, m->size)));
            break;
    }
    pair_tap_forward(t, m);
}

static void edit(pair_tap_t *t, pair_message_t *m) {
    bool due = plan.seen == plan.stage || (plan.again && plan.seen > plan.stage && chance(40));
    if (m->by_client == plan.by_client) {
        plan.seen++;
        if (due && m->size < 20000) {
            t->hits++;
            treat(t, m);
            return;
        }
    }
    pair_tap_forward(t, m);
}

// Bytes outside: whatever the tap is told, now and then something is different.
static void on_line(pair_t *p, pair_side_t *from, const uint8_t *data, size_t size) {
    static uint8_t copy[2 * PAIR_WIRE_MAX];
    bool mine = (from == &p->client) == plan.by_client;
    memcpy(copy, data, size);
    if (mine && plan.seen++ * 3 >= plan.stage && chance(40)) {
        tap.hits++;
        size = mutate(copy, size);
    }
    pair_inject(pair_other(p, from), copy, size);
}

// --- A round ---

static const char words[] = "what was written is what is read, and nothing else";
enum { WORDS = sizeof(words) - 1 };

static void speak(pair_side_t *side) {
    for (size_t said = 0, taken = 1; said < WORDS && taken > 0; said += taken) {
        (void)skr_conn_write(side->conn, (const uint8_t *)words + said, WORDS - said, &taken);
        pair_run(&pair);
    }
}

static void assert_sound(pair_side_t *side) {
    skr_error_t error;
    skr_conn_error(side->conn, &error);
    skr_class_t class = skr_error_class(error.status);
    assert_true(error.status == SKR_OK || error.status == SKR_ERR_CLOSED ||
        (class != SKR_CLASS_LOCAL && class != SKR_CLASS_USAGE));
    for (size_t i = 0; plan.raw && i < side->got_size; i++) {
        assert_int_equal(side->got[i], words[i % WORDS]); // only with the keys there is other data
    }
}

static void run_round(unsigned round) {
    test_random_seed(&dice, round);
    plan_round();
    pair_note("round %u", round);
    pair_start(&pair);
    pair_tap_init(&tap, &pair, edit, NULL);
    if (plan.raw) {
        pair.tap = on_line;
        pair.tap_more = NULL;
    }
    pair_run(&pair);
    assert_false(plan.altered && pair_is_complete(&pair.client) && pair_is_complete(&pair.server));
    assert_false(plan.altered && !plan.by_client && pair_is_complete(&pair.client));
    assert_false(plan.altered && plan.by_client && pair_is_complete(&pair.server));
    for (unsigned i = 0; i < 3; i++) {
        speak(&pair.client);
        speak(&pair.server);
        (void)skr_conn_update_keys(i == 0 ? pair.client.conn : pair.server.conn, chance(50));
        pair_run(&pair);
    }
    (void)skr_conn_close(pair.client.conn);
    pair_run(&pair);
    (void)skr_conn_feed_eof(pair.server.conn);
    assert_sound(&pair.client);
    assert_sound(&pair.server);
    pair_end(&pair);
}

static unsigned setting(const char *name, unsigned otherwise) {
    const char *text = getenv(name);
    return text == NULL ? otherwise : (unsigned)strtoul(text, NULL, 10);
}

static void test_rounds(void **state) {
    (void)state;
    unsigned first = setting("SKERRY_FUZZ_FIRST", 0), touched = 0, altered = 0, complete = 0;
    unsigned rounds = setting("SKERRY_FUZZ_ROUNDS", ROUNDS);
    for (unsigned round = first; round < first + rounds; round++) {
        run_round(round);
        touched += tap.hits > 0 ? 1 : 0;
        altered += plan.altered ? 1 : 0;
        complete += pair.server.secret_count == 5 && !plan.altered ? 1 : 0;
    }
    pair_note("%s", "");
    print_message("    %u rounds, %u touched, %u altered, %u whole handshakes\n", rounds, touched,
        altered, complete);
    if (rounds >= ROUNDS) {
        assert_true(touched > rounds / 2 && altered > rounds / 4 && complete > rounds / 10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {PAIR_TEST(test_rounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
