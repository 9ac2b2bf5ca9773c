// TCP sockets by name, for IPv4 and IPv6 alike.
//
// In: addresses as people write them. Out: non-blocking sockets, or a sentence that says which step
// failed for which address and why. A name may have several addresses; they are tried in the
// system's order and the last failure is told.
//
// Nothing here knows TLS. Name resolution blocks, as getaddrinfo() does.
#include "ports/posix/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool copy_part(char *to, size_t size, const char *from, size_t length) {
    if (length >= size) {
        return false;
    }
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

// getaddrinfo() silently takes numbers modulo 65536.
static bool port_is_sane(const char *port) {
    size_t digits = strspn(port, "0123456789");
    return port[digits] != '\0' || (digits <= 5 && strtol(port, NULL, 10) <= 65535);
}

bool posix_address_parse(const char *text, const char *default_port, posix_address_t *address) {
    const char *host = text, *host_end, *port;
    if (*text == '[') {
        host = text + 1;
        host_end = strchr(host, ']');
        if (host_end == NULL || (host_end[1] != ':' && host_end[1] != '\0')) {
            return false;
        }
        port = host_end[1] == ':' ? host_end + 2 : default_port;
    } else {
        host_end = strchr(host, ':');
        if (host_end != NULL && strchr(host_end + 1, ':') != NULL) {
            return false;
        }
        port = host_end != NULL ? host_end + 1 : default_port;
        host_end = host_end != NULL ? host_end : host + strlen(host);
    }
    return port != NULL && *port != '\0' && port_is_sane(port) &&
        copy_part(address->host, sizeof(address->host), host, (size_t)(host_end - host)) &&
        copy_part(address->port, sizeof(address->port), port, strlen(port));
}

void posix_address_write(const posix_address_t *address, char *text, size_t size) {
    bool brackets = strchr(address->host, ':') != NULL;
    snprintf(text, size, "%s%s%s:%s", brackets ? "[" : "", address->host, brackets ? "]" : "",
        address->port);
}

static void describe(const struct sockaddr *from, socklen_t size, posix_address_t *address) {
    if (getnameinfo(from, size, address->host, sizeof(address->host), address->port,
            sizeof(address->port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(address->host, sizeof(address->host), "unknown");
        snprintf(address->port, sizeof(address->port), "0");
    }
}

static void fail(posix_failure_t *failure, const char *verb, const struct addrinfo *to, int error) {
    posix_address_t address;
    char text[300];
    describe(to->ai_addr, to->ai_addrlen, &address);
    posix_address_write(&address, text, sizeof(text));
    snprintf(failure->text, sizeof(failure->text), "cannot %s %s: %s", verb, text, strerror(error));
}

static struct addrinfo *resolve(
    const posix_address_t *address, int flags, posix_failure_t *failure) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags}, *list = NULL;
    const char *host = address->host[0] != '\0' ? address->host : NULL;
    int code = getaddrinfo(host, address->port, &hints, &list);
    if (code == 0) {
        return list;
    }
    const char *why = code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code);
    if (code == EAI_SERVICE) {
        snprintf(
            failure->text, sizeof(failure->text), "there is no port '%s': %s", address->port, why);
    } else {
        snprintf(failure->text, sizeof(failure->text), "cannot find the host '%s': %s",
            address->host, why);
    }
    return NULL;
}

static int open_socket(const struct addrinfo *to) {
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    if (fd < 0) {
        return -1;
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

// The engine gathers a flight itself, so that waiting for more (Nagle) could only delay.
static void send_at_once(int fd) {
    int one = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

// 0, or the errno of a connect that was begun.
static int connect_end(int fd, int milliseconds) {
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int ready, error = 0;
    socklen_t size = sizeof(error);
    do {
        ready = poll(&wait, 1, milliseconds);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        return ETIMEDOUT;
    }
    if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
        return errno;
    }
    return error;
}

static int connect_one(const struct addrinfo *to, int milliseconds, posix_failure_t *failure) {
    int fd = open_socket(to);
    if (fd < 0) {
        fail(failure, "make a socket for", to, errno);
        return -1;
    }
    int error = connect(fd, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        error = connect_end(fd, milliseconds);
    }
    if (error != 0) {
        fail(failure, "connect to", to, error);
        close(fd);
        return -1;
    }
    send_at_once(fd);
    return fd;
}

int posix_connect(const posix_address_t *address, int milliseconds, posix_failure_t *failure) {
    struct addrinfo *list = resolve(address, 0, failure);
    int fd = -1;
    for (struct addrinfo *to = list; to != NULL && fd < 0; to = to->ai_next) {
        fd = connect_one(to, milliseconds, failure);
    }
    if (list != NULL) {
        freeaddrinfo(list);
    }
    return fd;
}

static int listen_one(const struct addrinfo *to, posix_failure_t *failure) {
    int fd = open_socket(to), one = 1;
    if (fd < 0) {
        fail(failure, "make a socket for", to, errno);
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, to->ai_addr, to->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
        fail(failure, "listen on", to, errno);
        close(fd);
        return -1;
    }
    return fd;
}

int posix_listen(const posix_address_t *address, posix_address_t *name, posix_failure_t *failure) {
    struct addrinfo *list = resolve(address, AI_PASSIVE, failure);
    int fd = -1;
    for (struct addrinfo *to = list; to != NULL && fd < 0; to = to->ai_next) {
        fd = listen_one(to, failure);
    }
    if (list != NULL) {
        freeaddrinfo(list);
    }
    if (fd >= 0) {
        struct sockaddr_storage own;
        socklen_t size = sizeof(own);
        if (getsockname(fd, (struct sockaddr *)&own, &size) == 0) {
            describe((struct sockaddr *)&own, size, name);
        } else {
            *name = *address;
        }
    }
    return fd;
}

int posix_accept(int listener, posix_address_t *peer) {
    struct sockaddr_storage from;
    socklen_t size = sizeof(from);
    int fd = accept(listener, (struct sockaddr *)&from, &size);
    if (fd < 0) {
        return -1;
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    send_at_once(fd);
    describe((struct sockaddr *)&from, size, peer);
    return fd;
}
