// Certificate messages that come in pieces (RFC 9846 section 4.5.1, RFC 5246 section 7.4.2).
//
// In: both versions, both sides' Certificates, cut in two at every byte, into records of every
// size, into single bytes; with lengths that are wrong, no certificates, too many of them, bytes
// behind the list, an end in its middle, too long, with records of other types between. Out: the
// same connection, or a refusal: the error of who reads it and the alert that the other side saw;
// no block for the message, whatever its size; all memory back.
#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "support/tap12.h"
#include "wire/messages.h"

enum { HEADER = SKR_MESSAGE_HEADER_SIZE, PLAIN = 1 << 14 };

static pair_t pair;
static pair_tap_t tap13;
static tap12_t tap12;

// One attack: what is done to the message, and how it is cut.
typedef struct {
    bool by_client;
    size_t first, step; // bytes of the first record, and of all others
    unsigned between; // 1 + content type of a record behind the first, 0: none
    void (*change)(pair_message_t *m, bool tls12);
} attack_t;

static const attack_t *attack;
static size_t message_size; // of the Certificate, as it was sent

// --- Both versions alike ---

static bool is_wanted(const pair_message_t *m) {
    return m->content == 22 && m->by_client == attack->by_client && m->type == WIRE_CERTIFICATE;
}

static void send(
    bool tls12, const pair_message_t *m, unsigned content, const void *data, size_t size) {
    if (tls12) {
        tap12_send(&tap12, m->by_client, content, data, size);
    } else {
        bool sealed = content != 20; // as TLS 1.3 sends it
        pair_tap_send(&tap13, m->by_client, sealed && m->is_sealed, content, data, size, 0);
    }
}

static void cut(bool tls12, pair_message_t *m) {
    message_size = m->size;
    if (attack->change != NULL) {
        attack->change(m, tls12);
    }
    size_t n = attack->first;
    for (size_t at = 0; at < m->size; at += n, n = attack->step) {
        n = n < m->size - at ? n : m->size - at;
        send(tls12, m, 22, m->data + at, n);
        if (at == 0 && attack->between != 0) {
            send(tls12, m, attack->between - 1, "\1\0", attack->between == 1 + 20 ? 1 : 2);
        }
    }
}

static void edit13(pair_tap_t *t, pair_message_t *m) {
    if (!is_wanted(m)) {
        pair_tap_forward(t, m);
        return;
    }
    t->hits++;
    cut(false, m);
    pair_tap_passed(t, m);
}

static void edit12(tap12_t *t, pair_message_t *m) {
    if (!is_wanted(m)) {
        tap12_forward(t, m);
        return;
    }
    t->hits++;
    cut(true, m);
    tap12_passed(t, m);
}

static void set_up(bool tls12) {
    pair_init_openssl(&pair);
    if (tls12) {
        pair.client.config.min_version = pair.server.config.min_version = SKR_TLS12;
        pair.server.config.max_version = pair.version = SKR_TLS12;
    }
    pair_mutual(&pair, PKI_P256);
}

static void run(bool tls12) {
    if (tls12) {
        tap12_run(&tap12, &pair, edit12, NULL);
    } else {
        pair_tap_run(&tap13, &pair, edit13, NULL);
    }
}

static pair_side_t *reader(void) {
    return attack->by_client ? &pair.server : &pair.client;
}

static void passes(bool tls12, const attack_t *a) {
    attack = a;
    set_up(tls12);
    run(tls12);
    pair_assert_complete(&pair);
    bool in_pieces = a->first < message_size;
    // Its header may have been cut: then nothing but that was kept, either.
    assert_true(!in_pieces || reader()->memory.peak[SKR_REGION_MESSAGE] < message_size / 2);
    pair_end(&pair);
}

static void refused(bool tls12, const attack_t *a, skr_status_t status) {
    attack = a;
    set_up(tls12);
    if (tls12) {
        tap12_refuses(&tap12, &pair, edit12, NULL, !a->by_client, status);
    } else {
        pair_tap_refuses(&tap13, &pair, edit13, NULL, !a->by_client, status);
    }
}

#define EACH(tls12) \
    for (unsigned tls12 = 0; tls12 < 2; tls12++) \
        for (unsigned by = 0; by < 2; by++)

// --- Cuts ---

static void test_every_cut(void **state) {
    attack_t a = {.step = PLAIN};
    (void)state;
    EACH(tls12) {
        a.by_client = by != 0;
        message_size = 1;
        for (a.first = 1; a.first < 40; a.first++) {
            pair_note("cut at %zu, by the %s, %s", a.first, by ? "client" : "server",
                tls12 ? "1.2" : "1.3");
            passes(tls12 != 0, &a);
        }
        for (size_t size = message_size; a.first <= size; a.first += a.first + 41 < size ? 41 : 1) {
            passes(tls12 != 0, &a);
        }
    }
    pair_note("%s", "");
}

static void test_every_size(void **state) {
    static const uint8_t sizes[] = {1, 2, 3, 4, 5, 7, 16, 61, 100, 255};
    attack_t a = {.first = 1};
    (void)state;
    EACH(tls12) {
        a.by_client = by != 0;
        for (size_t i = 0; i < sizeof(sizes); i++) {
            a.first = a.step = sizes[i];
            pair_note("records of %zu, by the %s, %s", a.step, by ? "client" : "server",
                tls12 ? "1.2" : "1.3");
            passes(tls12 != 0, &a);
        }
    }
    pair_note("%s", "");
}

// --- What is wrong ---

static size_t list_at(bool tls12) {
    return HEADER + (tls12 ? 0 : 1);
}

static void put24(uint8_t *p, size_t value) {
    p[0] = (uint8_t)(value >> 16);
    bytes_put16(p + 1, (uint16_t)value);
}

static size_t get24(const uint8_t *p) {
    return (size_t)p[0] << 16 | bytes_get16(p + 1);
}

static void longer_list(pair_message_t *m, bool tls12) {
    put24(m->data + list_at(tls12), get24(m->data + list_at(tls12)) + 1);
}

static void shorter_list(pair_message_t *m, bool tls12) {
    put24(m->data + list_at(tls12), get24(m->data + list_at(tls12)) - 1);
}

static void longer_certificate(pair_message_t *m, bool tls12) {
    uint8_t *size = m->data + list_at(tls12) + 3;
    put24(size, get24(size) + 0x10000);
}

static void no_bytes(pair_message_t *m, bool tls12) {
    put24(m->data + list_at(tls12) + 3, 0);
}

static void bytes_behind(pair_message_t *m, bool tls12) {
    (void)tls12;
    m->data[m->size++] = 0;
    put24(m->data + 1, m->size - HEADER);
}

// The list goes on behind the message's end, which comes in the middle of a certificate.
static void ends_within(pair_message_t *m, bool tls12) {
    (void)tls12;
    m->size -= 100;
    put24(m->data + 1, m->size - HEADER);
}

// Behind a certificate's end, before what must follow.
static void ends_behind_one(pair_message_t *m, bool tls12) {
    m->size = list_at(tls12) + 6 + get24(m->data + list_at(tls12) + 3);
    put24(m->data + 1, m->size - HEADER);
}

static void context(pair_message_t *m, bool tls12) {
    assert_false(tls12);
    memmove(m->data + HEADER + 2, m->data + HEADER + 1, m->size - HEADER - 1);
    m->data[HEADER] = 1;
    m->data[HEADER + 1] = 7;
    m->size++;
    put24(m->data + 1, m->size - HEADER);
}

// status_request behind the first certificate.
static void extension(pair_message_t *m, bool tls12) {
    assert_false(tls12);
    size_t at = list_at(false) + 6 + get24(m->data + list_at(false) + 3);
    memmove(m->data + at + 6, m->data + at + 2, m->size - at - 2);
    memcpy(m->data + at, "\0\4\0\5\0\0", 6);
    m->size += 4;
    put24(m->data + 1, m->size - HEADER);
    put24(m->data + list_at(false), m->size - list_at(false) - 3);
}

static void too_long(pair_message_t *m, bool tls12) {
    (void)tls12;
    put24(m->data + 1, SKR_MESSAGE_MAX - HEADER + 1);
}

// The first certificate as often as no chain may have it.
static void too_many(pair_message_t *m, bool tls12) {
    static uint8_t entry[2048];
    uint8_t *list = m->data + list_at(tls12) + 3;
    size_t size = 3 + get24(list) + (tls12 ? 0 : 2);
    assert_true(size <= sizeof(entry));
    memcpy(entry, list, size);
    for (size_t i = 0; i <= SKR_CHAIN_MAX; i++) {
        memcpy(list + i * size, entry, size);
    }
    m->size = (size_t)(list - m->data) + (SKR_CHAIN_MAX + 1) * size;
    put24(m->data + 1, m->size - HEADER);
    put24(m->data + list_at(tls12), (SKR_CHAIN_MAX + 1) * size);
}

static void another_byte(pair_message_t *m, bool tls12) {
    m->data[list_at(tls12) + 6 + get24(m->data + list_at(tls12) + 3) - 20] ^= 1;
}

static void test_wrong(void **state) {
    static const struct {
        const char *name;
        void (*change)(pair_message_t *m, bool tls12);
        skr_status_t status;
        bool only13;
    } rows[] = {
        {"a list that is longer", longer_list, SKR_ERR_DECODE, false},
        {"a list that is shorter", shorter_list, SKR_ERR_DECODE, false},
        {"a certificate beyond the list", longer_certificate, SKR_ERR_DECODE, false},
        {"a certificate of no bytes", no_bytes, SKR_ERR_DECODE, false},
        {"bytes behind the list", bytes_behind, SKR_ERR_DECODE, false},
        {"an end within a certificate", ends_within, SKR_ERR_DECODE, false},
        {"an end behind one", ends_behind_one, SKR_ERR_DECODE, false},
        {"a context", context, SKR_ERR_REQUEST_CONTEXT, true},
        {"an extension", extension, SKR_ERR_UNSOLICITED_EXTENSION, true},
        {"too long", too_long, SKR_ERR_MESSAGE_TOO_LONG, false},
        {"too many", too_many, SKR_ERR_CERT_TOO_COMPLEX, false},
        {"a signature with another bit", another_byte, SKR_ERR_CERT_SIGNATURE, false},
    };
    static const size_t cuts[] = {1, 3, 4, 5, 7, 8, 100, PLAIN};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++) {
            attack_t a = {.first = cuts[k], .step = cuts[k], .change = rows[i].change};
            EACH(tls12) {
                a.by_client = by != 0;
                bool skipped = (tls12 != 0 && rows[i].only13) ||
                    (rows[i].change == too_many && cuts[k] < 100); // more than the line holds
                if (skipped) {
                    continue;
                }
                pair_note("%s, cut into %zu, by the %s, %s", rows[i].name, cuts[k],
                    by ? "client" : "server", tls12 ? "1.2" : "1.3");
                refused(tls12 != 0, &a, rows[i].status);
            }
        }
    }
    pair_note("%s", "");
}

// Nothing may come between the records of one message (RFC 9846 section 5.1), whatever it is: what
// TLS 1.2 or a middlebox would send in the clear counts as much.
static void test_between(void **state) {
    static const uint8_t types[] = {20, 21, 23};
    static const size_t cuts[] = {1, 3, 4, 5, 200};
    (void)state;
    for (size_t i = 0; i < sizeof(types); i++) {
        for (size_t k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++) {
            attack_t a = {.first = cuts[k], .step = PLAIN, .between = 1u + types[i]};
            EACH(tls12) {
                a.by_client = by != 0;
                pair_note("type %u behind %zu, by the %s, %s", types[i], cuts[k],
                    by ? "client" : "server", tls12 ? "1.2" : "1.3");
                // In TLS 1.2 there are no keys yet that could protect data.
                bool clear_data = tls12 != 0 && types[i] == 23;
                refused(tls12 != 0, &a, clear_data ? SKR_ERR_RECORD_TYPE : SKR_ERR_INTERLEAVED);
            }
        }
    }
    pair_note("%s", "");
}

// No certificate at all, cut as well: a server must have one, a client must where it is demanded.
static void none(pair_message_t *m, bool tls12) {
    m->size = list_at(tls12) + 3;
    put24(m->data + list_at(tls12), 0);
    put24(m->data + 1, m->size - HEADER);
}

static void test_none(void **state) {
    (void)state;
    for (size_t size = 1; size <= 8; size++) {
        attack_t a = {.first = size, .step = size, .change = none};
        EACH(tls12) {
            a.by_client = by != 0;
            pair_note("none, cut into %zu, by the %s, %s", size, by ? "client" : "server",
                tls12 ? "1.2" : "1.3");
            refused(tls12 != 0, &a, by ? SKR_ERR_CERTIFICATE_REQUIRED : SKR_ERR_NO_CERTIFICATE);
        }
    }
    pair_note("%s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAIR_TEST(test_every_cut),
        PAIR_TEST(test_every_size),
        PAIR_TEST(test_wrong),
        PAIR_TEST(test_between),
        PAIR_TEST(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
