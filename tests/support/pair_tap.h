// Somebody on the line of a pair who has both sides' secrets: opens every record, shows each
// message to the test, and seals what the test makes of it for the other side.
//
//     static pair_tap_t tap;
//     pair_start(&pair);
//     pair_tap_init(&tap, &pair, edit, NULL);
//     pair_run(&pair);
//
// edit() is shown each handshake message, whole, and the content of every other record. It may
// change the message and pass it on by pair_tap_forward(), or not, or send anything else.
#ifndef TESTS_SUPPORT_PAIR_TAP_H
#define TESTS_SUPPORT_PAIR_TAP_H

#include "record/record.h"
#include "support/pair.h"

enum { PAIR_MESSAGE_MAX = 1 << 16 };

typedef struct pair_tap pair_tap_t;

typedef struct {
    bool by_client;
    bool is_sealed; // it came protected
    bool is_retry; // a HelloRetryRequest
    uint8_t content; // record_type_t
    uint8_t type; // HandshakeType, of handshake messages
    unsigned index; // handshake messages of this direction that came before
    size_t size;
    uint8_t data[PAIR_MESSAGE_MAX]; // with its header
} pair_message_t;

typedef void (*pair_edit_t)(pair_tap_t *tap, pair_message_t *message);

// One way of the line: keys to open what the writer seals, and to seal for the reader.
typedef struct {
    record_keys_t keys;
    unsigned epoch; // 0: handshake keys are next; 1: application keys; counts on with KeyUpdate
    bool ready;
    uint8_t secret[SKR_SECRET_SIZE_MAX];
} pair_epoch_t;

typedef struct {
    pair_side_t *from, *to;
    pair_epoch_t open, seal;
    unsigned index;
    pair_wire_t in; // what the writer sent and was not looked at
    size_t partial_size;
    uint8_t partial[PAIR_MESSAGE_MAX]; // handshake bytes that are no whole message yet
} pair_way_t;

struct pair_tap {
    pair_t *pair;
    pair_edit_t edit;
    void *user;
    unsigned hits; // for edits to count what they did
    pair_way_t way[2]; // by the server, by the client
    pair_message_t message;
};

void pair_tap_init(pair_tap_t *tap, pair_t *pair, pair_edit_t edit, void *user);
// Passes the message on, in as many records as it needs. An edit() that changes nothing.
void pair_tap_forward(pair_tap_t *tap, pair_message_t *message);
// The message went on by other means: the reader's keys change behind it, if they do.
void pair_tap_passed(pair_tap_t *tap, const pair_message_t *message);
// A record of its own to the reader of this way, protected as the reader expects it now, with pad
// zeros, or in the clear.
void pair_tap_send(pair_tap_t *tap, bool by_client, bool sealed, unsigned content, const void *data,
    size_t size, size_t pad);
// The same with the inner plaintext as it is given: content, type and zeros.
void pair_tap_send_inner(pair_tap_t *tap, bool by_client, const void *inner, size_t size);
// A message with its header, in a record of its own.
void pair_tap_message(
    pair_tap_t *tap, bool by_client, bool sealed, unsigned type, const void *body, size_t size);

// pair_start() with the tap, pair_run(); asserts that edit counted a hit.
void pair_tap_run(pair_tap_t *tap, pair_t *pair, pair_edit_t edit, void *user);
// The same, then pair_assert_refused() and pair_end().
void pair_tap_refuses(pair_tap_t *tap, pair_t *pair, pair_edit_t edit, void *user, bool by_client,
    skr_status_t status);

#endif
