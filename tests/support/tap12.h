// Somebody on the line of a pair that speaks TLS 1.2, as pair_tap.h is for TLS 1.3: opens every
// record, shows each message and each ChangeCipherSpec to the test, and seals what the test makes
// of it for the other side.
//
//     static tap12_t tap;
//     tap12_run(&tap, &pair, edit, NULL);
//
// With translate every Finished is made anew for its reader, from what that side saw and knows:
// then an altered hello is no longer found by it, and both sides complete if nothing else refuses.
#ifndef TESTS_SUPPORT_TAP12_H
#define TESTS_SUPPORT_TAP12_H

#include "support/pair_tap.h"

typedef struct tap12 tap12_t;
typedef void (*tap12_edit_t)(tap12_t *tap, pair_message_t *message);

typedef struct {
    size_t size;
    uint8_t data[PAIR_MESSAGE_MAX];
} tap12_bytes_t;

typedef struct {
    pair_side_t *from, *to;
    bool open_due, seal_due; // the ChangeCipherSpec went by
    record_keys_t open, seal; // aead NULL: not there
    unsigned index; // handshake messages that came
    pair_wire_t in; // what the writer sent and was not looked at
    tap12_bytes_t partial; // handshake bytes that are no whole message yet
} tap12_way_t;

struct tap12 {
    pair_t *pair;
    tap12_edit_t edit;
    void *user;
    unsigned hits; // for edits to count what they did
    bool translate;
    tap12_way_t way[2]; // by the server, by the client
    tap12_bytes_t transcript[2]; // handshake messages that the server, the client saw
    pair_message_t message;
};

// A pair whose server speaks TLS 1.2 at most, while the client offers both versions.
void tap12_pair(pair_t *pair, const skr_provider_t *client, const skr_provider_t *server);
void tap12_pair_openssl(pair_t *pair);

void tap12_init(tap12_t *tap, pair_t *pair, tap12_edit_t edit, void *user);
// Passes the message on, in as many records as it needs. An edit() that changes nothing.
void tap12_forward(tap12_t *tap, pair_message_t *message);
// The message went on by other means: transcript and keys of the reader follow.
void tap12_passed(tap12_t *tap, const pair_message_t *message);
// A record of its own to the reader of this way: protected if the reader expects that now. Takes
// no part in transcripts. Nothing is checked, not even the size.
void tap12_send(tap12_t *tap, bool by_client, unsigned content, const void *data, size_t size);
// The same, never protected.
void tap12_send_clear(
    tap12_t *tap, bool by_client, unsigned content, const void *data, size_t size);
// A handshake message of this body, in a record of its own.
void tap12_message(tap12_t *tap, bool by_client, unsigned type, const void *body, size_t size);

// pair_start() with the tap, pair_run(); asserts that edit counted a hit.
void tap12_run(tap12_t *tap, pair_t *pair, tap12_edit_t edit, void *user);
// The same, then pair_assert_refused() and pair_end().
void tap12_refuses(
    tap12_t *tap, pair_t *pair, tap12_edit_t edit, void *user, bool by_client, skr_status_t status);

#endif
