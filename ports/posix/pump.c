// Moves bytes between a connection and a descriptor.
//
// In: a connection and a non-blocking descriptor. Out: what the connection wants sent goes out,
// what came in is fed to it, as far as both allow without waiting; for the handshake and for the
// end there are calls that wait, with a limit. When the connection takes no more (its application
// data must be read first) nothing more is received, so that the peer is slowed down by TCP and not
// by memory here.
//
// Section 6.1 of RFC 9846: the end of the stream without close_notify is told to the connection,
// which knows whether that is a truncation.
#include "ports/posix/pump.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ports/posix/clock.h"

void posix_pump_init(posix_pump_t *pump, skr_conn_t *conn, int fd) {
    memset(pump, 0, sizeof(*pump));
    pump->conn = conn;
    pump->fd = fd;
    pump->wake = -1;
}

static bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

// After a call on fd failed. true: it only would have to wait.
static bool pump_failed(posix_pump_t *pump) {
    if (would_block(errno)) {
        return true;
    }
    pump->error = errno;
    return false;
}

// Sends what waits. false: fd failed.
static bool pump_send(posix_pump_t *pump) {
    const uint8_t *data;
    size_t size;
    while ((size = skr_conn_output(pump->conn, &data)) > 0) {
        ssize_t sent = send(pump->fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return pump_failed(pump);
        }
        skr_conn_sent(pump->conn, (size_t)sent);
    }
    return true;
}

// Feeds what was received, sending what that brings about. false: fd failed.
static bool pump_feed(posix_pump_t *pump) {
    while (pump->start < pump->end) {
        size_t used = 0;
        skr_status_t status = skr_conn_feed(
            pump->conn, pump->buffer + pump->start, pump->end - pump->start, &used);
        pump->start += used;
        if (status < 0 || status == SKR_CLOSED) {
            pump->start = pump->end = 0; // nothing behind the end or an error is ever read
        }
        if (!pump_send(pump)) {
            return false;
        }
        if (used == 0) {
            break;
        }
    }
    if (pump->start == pump->end) {
        pump->start = pump->end = 0;
    }
    if (pump->ended && pump->end == 0 && !pump->told) {
        // Its verdict sticks: the next call of anything has it. There is none while data waits to
        // be read, so that nothing of it is lost: then the connection is told again.
        pump->told = skr_conn_feed_eof(pump->conn) != SKR_WANT_READ;
        return pump_send(pump);
    }
    return true;
}

// One receive. *more: there may be more. false: fd failed.
static bool pump_receive(posix_pump_t *pump, bool *more) {
    *more = false;
    if (pump->end > 0 || pump->ended) {
        return true;
    }
    ssize_t got = recv(pump->fd, pump->buffer, sizeof(pump->buffer), 0);
    if (got < 0 && errno == EINTR) {
        *more = true;
        return true;
    }
    if (got < 0) {
        return pump_failed(pump);
    }
    pump->ended = got == 0;
    pump->end = (size_t)got;
    *more = got > 0;
    return true;
}

bool posix_pump_move(posix_pump_t *pump) {
    bool more = true;
    if (pump->error != 0 || !pump_send(pump)) {
        // The peer may have said why before it went away: whatever lies there is read all the same.
        (void)pump_receive(pump, &more);
        (void)pump_feed(pump);
        return false;
    }
    while (more) {
        if (!pump_feed(pump) || !pump_receive(pump, &more)) {
            return false;
        }
    }
    return pump_feed(pump);
}

short posix_pump_events(const posix_pump_t *pump) {
    const uint8_t *data;
    int events = skr_conn_output(pump->conn, &data) > 0 ? POLLOUT : 0;
    if (pump->end == 0 && !pump->ended) {
        events |= POLLIN;
    }
    return (short)events;
}

int posix_pump_wait(const posix_pump_t *pump, int milliseconds) {
    struct pollfd waits[2] = {
        {.fd = pump->fd, .events = posix_pump_events(pump)},
        {.fd = pump->wake, .events = POLLIN},
    };
    int ready = poll(waits, 2, milliseconds);
    if (ready > 0 && waits[1].revents != 0) {
        return -1;
    }
    // A signal that is nobody's business counts as ready: the caller looks and waits again.
    return ready < 0 ? 1 : ready;
}

// What a status of the handshake means for who waits for it; POSIX_HANDSHAKE_LATE stands for "go
// on".
static posix_handshake_t handshake_outcome(skr_status_t status) {
    if (status < 0) {
        return POSIX_HANDSHAKE_FAILED;
    }
    if (status == SKR_OK) {
        return POSIX_HANDSHAKE_DONE;
    }
    if (status == SKR_WANT_VERIFY || status == SKR_WANT_SIGNATURE || status == SKR_WANT_PSK) {
        return POSIX_HANDSHAKE_WAITS;
    }
    return POSIX_HANDSHAKE_LATE;
}

posix_handshake_t posix_pump_handshake(posix_pump_t *pump, int milliseconds, skr_status_t *status) {
    size_t left_before = 0;
    for (;;) {
        *status = skr_conn_handshake(pump->conn);
        bool moved = posix_pump_move(pump); // an alert and the last flight leave too
        *status = skr_conn_handshake(pump->conn);
        posix_handshake_t outcome = handshake_outcome(*status);
        if (!moved && outcome != POSIX_HANDSHAKE_FAILED) {
            return POSIX_HANDSHAKE_BROKEN;
        }
        if (outcome != POSIX_HANDSHAKE_LATE) {
            (void)posix_pump_move(pump);
            return outcome;
        }
        size_t left = pump->end - pump->start;
        if (left != left_before && left > 0) {
            left_before = left; // the step may have made room for it
            continue;
        }
        left_before = 0;
        int ready = posix_pump_wait(pump, milliseconds);
        if (ready <= 0) {
            return ready < 0 ? POSIX_HANDSHAKE_INTERRUPTED : POSIX_HANDSHAKE_LATE;
        }
    }
}

void posix_pump_finish(posix_pump_t *pump, int milliseconds) {
    int64_t until = posix_microseconds() + (int64_t)milliseconds * 1000;
    bool shut = false;
    for (;;) {
        const uint8_t *data;
        if (pump->error != 0 || !pump_send(pump)) {
            return;
        }
        size_t left = skr_conn_output(pump->conn, &data);
        if (left == 0 && !shut) {
            shut = true;
            (void)shutdown(pump->fd, SHUT_WR);
        }
        ssize_t got = recv(pump->fd, pump->buffer, sizeof(pump->buffer), 0);
        int64_t now = posix_microseconds();
        if (got > 0 && now < until) {
            continue; // nobody will read it
        }
        if ((got == 0 && left == 0) || (got < 0 && !would_block(errno) && errno != EINTR) ||
            now >= until) {
            return;
        }
        struct pollfd wait = {.fd = pump->fd, .events = left > 0 ? POLLOUT : POLLIN};
        (void)poll(&wait, 1, (int)((until - now) / 1000) + 1);
    }
}
