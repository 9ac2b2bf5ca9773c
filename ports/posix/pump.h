// Moves bytes between a connection and a non-blocking descriptor (a socket, mostly).
//
//     posix_pump_init(&pump, conn, fd);
//     if (posix_pump_handshake(&pump, milliseconds) ...
//     for (;;) {
//         skr_conn_read(), skr_conn_write();
//         posix_pump_move(&pump);              // never blocks
//         poll(fd, posix_pump_events(&pump));
//     }
//     posix_pump_finish(&pump, milliseconds);  // so that the peer sees the last alert
#ifndef PORTS_POSIX_PUMP_H
#define PORTS_POSIX_PUMP_H

#include "skerry/skerry.h"

enum { POSIX_PUMP_SIZE = 16384 }; // bytes received at once

typedef struct {
    skr_conn_t *conn;
    int fd;
    int wake; // a descriptor that interrupts waiting when it becomes readable, -1: none
    int error; // errno of what failed on fd, 0: nothing has
    bool ended; // the peer will send no more: its end of the stream was seen
    bool told; // and the connection was told so
    size_t start, end; // what was received and not yet taken
    uint8_t buffer[POSIX_PUMP_SIZE];
} posix_pump_t;

void posix_pump_init(posix_pump_t *pump, skr_conn_t *conn, int fd);

// Sends, receives and feeds as much as goes without waiting. false: fd failed, see error.
// What the connection itself says comes from its own calls.
bool posix_pump_move(posix_pump_t *pump);

// What to poll() fd for: POLLIN, POLLOUT, both or neither.
short posix_pump_events(const posix_pump_t *pump);

// Waits until fd is ready for what posix_pump_events() says. 1: it is, 0: time is up, -1:
// interrupted by wake.
int posix_pump_wait(const posix_pump_t *pump, int milliseconds);

typedef enum {
    POSIX_HANDSHAKE_DONE,
    POSIX_HANDSHAKE_WAITS, // for what the caller has to answer: see status
    POSIX_HANDSHAKE_FAILED, // TLS: see status; the alert was sent
    POSIX_HANDSHAKE_BROKEN, // fd failed: see pump->error
    POSIX_HANDSHAKE_LATE, // nothing came for that long
    POSIX_HANDSHAKE_INTERRUPTED, // wake became readable
} posix_handshake_t;
// milliseconds: for how long nothing may come from the peer; negative: for ever.
posix_handshake_t posix_pump_handshake(posix_pump_t *pump, int milliseconds, skr_status_t *status);

// Sends what waits, says that nothing more will come, and reads until the peer ends too: closing a
// socket while unread bytes lie in it would throw away what was sent last. At most milliseconds.
// Does not close fd.
void posix_pump_finish(posix_pump_t *pump, int milliseconds);

#endif
