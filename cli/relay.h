// Carries application data between a connection and this side's files, both ways at once, until
// both have ended.
#ifndef CLI_RELAY_H
#define CLI_RELAY_H

#include "ports/posix/pump.h"

enum { RELAY_BUFFER_SIZE = 16384 };

typedef enum {
    RELAY_FILES, // in goes to the peer, what the peer sends goes to out
    RELAY_ECHO, // the peer gets back what it sends
    RELAY_WWW, // the peer gets one page about the connection
} relay_mode_t;

typedef struct {
    size_t start, end;
    uint8_t data[RELAY_BUFFER_SIZE];
} relay_buffer_t;

typedef struct {
    posix_pump_t *pump;
    relay_mode_t mode;
    int in, out; // RELAY_FILES: descriptors
    int timeout; // milliseconds in which nothing may happen, negative: for ever
    bool update_keys; // before the first data
    long update_every; // and after so many bytes sent, 0: never again
    const char *greeting; // RELAY_WWW: the page
    // The relay's own.
    relay_buffer_t to_peer, from_peer;
    bool in_ended; // nothing more to send will come
    bool closed; // close_notify was said
    bool peer_ended; // the peer has said close_notify
    bool out_broken; // nobody reads what the peer sends
    uint64_t sent, sent_at_update;
} relay_t;

typedef enum {
    RELAY_DONE, // both sides have finished
    RELAY_REFUSED, // TLS: the status says why
    RELAY_BROKEN, // the socket: pump->error
    RELAY_LATE, // nothing happened for too long
    RELAY_INTERRUPTED, // by the user; close_notify was said
} relay_outcome_t;

// Everything above "the relay's own" is the caller's to fill, the rest zero.
relay_outcome_t relay_run(relay_t *relay, skr_status_t *status);

#endif
