// Carries application data between a connection and this side's files.
//
// In: a connection whose handshake is complete, and what to do with its data: pass it to and from
// descriptors, echo it, or answer an HTTP request. Out: how it ended. Both directions end for
// themselves (RFC 9846 section 6.1): the end of the input is told with close_notify and reading
// goes on; when the peer has finished, what is left of the input is still sent, as long as the
// peer's socket is open and nobody sits at a terminal.
//
// Nothing is read before there is room for it, so a slow side slows the other one down and memory
// stays bounded. What becomes of errors is the caller's affair.
#include "cli/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PIPE_SIZE = 4096
}; // bytes that a pipe takes without blocking once it says that it is ready (PIPE_BUF on Linux)

static bool buffer_is_empty(const relay_buffer_t *buffer) {
    return buffer->start == buffer->end;
}

// The answer to whatever was asked; the request ends with an empty line.
static void www_answer(relay_t *relay, size_t got) {
    relay_buffer_t *from = &relay->from_peer, *to = &relay->to_peer;
    if (relay->in_ended) {
        return; // what comes behind the request is not looked at
    }
    from->end += got;
    bool complete = false;
    for (size_t i = 3; i < from->end && !complete; i++) {
        complete = memcmp(from->data + i - 3, "\r\n\r\n", 4) == 0;
    }
    if (!complete && from->end < sizeof(from->data)) {
        return;
    }
    from->end = 0;
    int size = snprintf((char *)to->data, sizeof(to->data),
        "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n"
        "Connection: close\r\n\r\n%s",
        complete ? "200 OK" : "431 Request Header Fields Too Large",
        complete ? strlen(relay->greeting) : 0, complete ? relay->greeting : "");
    to->start = 0;
    to->end = size > 0 && (size_t)size < sizeof(to->data) ? (size_t)size : 0;
    relay->in_ended = true;
}

// Takes what the peer sent. A negative status: TLS refuses.
static skr_status_t relay_receive(relay_t *relay, bool *progress) {
    relay_buffer_t *to = relay->mode == RELAY_ECHO ? &relay->to_peer : &relay->from_peer;
    size_t got = 0;
    if (buffer_is_empty(to)) {
        to->start = to->end = 0;
    } else if (relay->mode != RELAY_WWW) {
        return SKR_OK; // first what lies there
    }
    skr_status_t status = skr_conn_read(
        relay->pump->conn, to->data + to->end, sizeof(to->data) - to->end, &got);
    if (status == SKR_CLOSED && !relay->peer_ended) {
        *progress = relay->peer_ended = true;
    }
    if (got == 0) {
        return status;
    }
    *progress = true;
    if (relay->mode == RELAY_WWW) {
        www_answer(relay, got);
    } else if (!relay->out_broken) {
        to->end += got;
    }
    return status;
}

// New keys when they are due.
static skr_status_t relay_update(relay_t *relay) {
    bool due = relay->update_every > 0 &&
        relay->sent - relay->sent_at_update >= (uint64_t)relay->update_every;
    if (!relay->update_keys && !due) {
        return SKR_OK;
    }
    // The peer is asked once only: whoever asks in a row must stand a row of answers.
    skr_status_t status = skr_conn_update_keys(relay->pump->conn, relay->update_keys);
    if (status == SKR_OK) {
        relay->update_keys = false;
        relay->sent_at_update = relay->sent;
    }
    return status;
}

// Seals what is there to send. A negative status: TLS refuses.
static skr_status_t relay_send(relay_t *relay, bool *progress) {
    relay_buffer_t *from = &relay->to_peer;
    size_t taken = 0;
    skr_status_t status = relay->closed ? SKR_OK : relay_update(relay);
    if (status != SKR_OK || buffer_is_empty(from)) {
        return status;
    }
    status = skr_conn_write(
        relay->pump->conn, from->data + from->start, from->end - from->start, &taken);
    from->start += taken;
    relay->sent += taken;
    *progress = *progress || taken > 0;
    return status;
}

// Nothing more to send: is that so, and was it said?
static skr_status_t relay_close(relay_t *relay, bool *progress) {
    bool alone = relay->mode != RELAY_FILES || relay->pump->ended || isatty(relay->in);
    if (relay->peer_ended && alone) {
        relay->in_ended = true;
        if (relay->mode == RELAY_WWW) {
            relay->from_peer.end = 0; // half a request
        }
    }
    if (!relay->in_ended || relay->closed || !buffer_is_empty(&relay->to_peer)) {
        return SKR_OK;
    }
    skr_status_t status = skr_conn_close(relay->pump->conn);
    if (status == SKR_OK) {
        relay->closed = *progress = true;
    }
    return status;
}

// All that goes without waiting.
static relay_outcome_t relay_advance(relay_t *relay, skr_status_t *status, bool *finished) {
    static skr_status_t (*const steps[])(relay_t *, bool *) = {
        relay_receive, relay_send, relay_close};
    bool progress = true;
    while (progress) {
        progress = false;
        bool sound = posix_pump_move(relay->pump);
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
            *status = steps[i](relay, &progress);
            if (*status < 0) {
                (void)posix_pump_move(relay->pump); // the alert
                return RELAY_REFUSED;
            }
        }
        if (!sound && !progress) {
            // Who has finished may go away without hearing our last word.
            *finished = relay->peer_ended && buffer_is_empty(&relay->from_peer);
            return *finished ? RELAY_DONE : RELAY_BROKEN;
        }
    }
    const uint8_t *data;
    *finished = relay->closed && skr_conn_output(relay->pump->conn, &data) == 0 &&
        (relay->peer_ended || relay->out_broken) && buffer_is_empty(&relay->from_peer);
    return RELAY_DONE;
}

static void read_input(relay_t *relay) {
    relay_buffer_t *to = &relay->to_peer;
    ssize_t got = read(relay->in, to->data, sizeof(to->data));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return;
    }
    relay->in_ended = got <= 0;
    to->start = 0;
    to->end = got > 0 ? (size_t)got : 0;
}

static void write_output(relay_t *relay) {
    relay_buffer_t *from = &relay->from_peer;
    size_t size = from->end - from->start;
    ssize_t put = write(relay->out, from->data + from->start, size < PIPE_SIZE ? size : PIPE_SIZE);
    if (put >= 0) {
        from->start += (size_t)put;
    } else if (errno != EINTR && errno != EAGAIN) {
        // Like every filter: when nobody reads any more, there is nothing left to do.
        relay->out_broken = relay->in_ended = true;
        from->start = from->end;
        relay->to_peer.start = relay->to_peer.end;
    }
}

// Waits for whatever can go on. false with the outcome when it is over.
static bool relay_wait(relay_t *relay, relay_outcome_t *outcome) {
    enum { WAKE, SOCKET, IN, OUT, COUNT };
    bool files = relay->mode == RELAY_FILES;
    bool wants_in = files && !relay->in_ended && buffer_is_empty(&relay->to_peer);
    bool wants_out = files && !buffer_is_empty(&relay->from_peer);
    struct pollfd waits[COUNT] = {
        [WAKE] = {.fd = relay->pump->wake, .events = POLLIN},
        [SOCKET] = {.fd = relay->pump->fd, .events = posix_pump_events(relay->pump)},
        [IN] = {.fd = wants_in ? relay->in : -1, .events = POLLIN},
        [OUT] = {.fd = wants_out ? relay->out : -1, .events = POLLOUT},
    };
    if (waits[SOCKET].events == 0) {
        waits[SOCKET].fd = -1; // else a peer that hung up would wake us without end
    }
    int ready = poll(waits, COUNT, relay->timeout);
    if (ready == 0) {
        *outcome = RELAY_LATE;
        return false;
    }
    if (ready > 0 && waits[WAKE].revents != 0) {
        *outcome = RELAY_INTERRUPTED;
        return false;
    }
    if (ready > 0 && waits[IN].revents != 0) {
        read_input(relay);
    }
    if (ready > 0 && waits[OUT].revents != 0) {
        write_output(relay);
    }
    return true;
}

relay_outcome_t relay_run(relay_t *relay, skr_status_t *status) {
    relay_outcome_t outcome;
    bool finished = false;
    do {
        outcome = relay_advance(relay, status, &finished);
        if (finished || outcome != RELAY_DONE) {
            return outcome;
        }
    } while (relay_wait(relay, &outcome));
    if (outcome == RELAY_INTERRUPTED && !relay->closed) {
        (void)skr_conn_close(relay->pump->conn);
        (void)posix_pump_move(relay->pump);
    }
    return outcome;
}
