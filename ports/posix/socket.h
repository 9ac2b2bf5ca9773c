// TCP sockets: connect by name, listen, accept. All are non-blocking and closed by exec().
#ifndef PORTS_POSIX_SOCKET_H
#define PORTS_POSIX_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

// An address as people write it: "host:port", "[v6]:port", "host", ":port".
typedef struct {
    char host[256]; // "" when there is none
    char port[32]; // the same
} posix_address_t;

// A failure in words: what was tried and why it did not work.
typedef struct {
    char text[512];
} posix_failure_t;

// false: the text is too long, has two colons without brackets, or no port and default_port is
// NULL.
bool posix_address_parse(const char *text, const char *default_port, posix_address_t *address);

// Tries each address of the name in turn, waiting at most milliseconds for each (negative: for
// ever). The socket, or -1 with the reason in failure.
int posix_connect(const posix_address_t *address, int milliseconds, posix_failure_t *failure);

// The listening socket, or -1. name becomes the address that it has, with the port that the system
// chose for port 0.
int posix_listen(const posix_address_t *address, posix_address_t *name, posix_failure_t *failure);

// The next connection and who it is. -1 when there is none: errno says why (EAGAIN: none yet).
int posix_accept(int listener, posix_address_t *peer);

// "host:port" or "[v6]:port" into text.
void posix_address_write(const posix_address_t *address, char *text, size_t size);

#endif
