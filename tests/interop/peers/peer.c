// peer_LIBRARY server|client PORT [OPTION=VALUE]...: another TLS library as client or server.
//
// In: options (below). A server listens on 127.0.0.1 and sends back what comes; a client says a
// line and wants it back, connection after connection. Out, a line each:
//   listening PORT
//   connected TLS VERSION with SUITE, full|resumed, peer=SUBJECT
//   refused WHY          the handshake failed, or the data did not come back
//   lacks WHAT: WHY      the library can not be set up for what was asked
// Exit code: 0, 1 when a connection was refused, 2 usage, 3 lacks.
// Nothing here is fit for other uses than tests: one client at a time, no time limits.
#include "tests/interop/peers/peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char greeting[] = "good day\n";

static _Noreturn void usage(const char *what) {
    fprintf(stderr, "peer: not understood: %s\n", what);
    exit(2);
}

_Noreturn void peer_lacks(const char *what, const char *why) {
    printf("lacks %s: %s\n", what, why);
    exit(3);
}

uint8_t *peer_read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    size_t room = 1 << 16;
    uint8_t *data = malloc(room);
    if (file == NULL || data == NULL) {
        usage(path);
    }
    *size = fread(data, 1, room - 1, file);
    data[*size] = 0;
    fclose(file);
    return data;
}

static int hex_digit(char c) {
    const char *digits = "0123456789abcdef";
    const char *at = strchr(digits, c);
    if (at == NULL || c == 0) {
        usage("psk: lower-case hexadecimal digits");
    }
    return (int)(at - digits);
}

static void take_secret(peer_options_t *options, const char *hex) {
    for (; hex[0] != 0 && options->secret_size < (int)sizeof(options->secret); hex += 2) {
        int byte = hex_digit(hex[0]) * 16 + hex_digit(hex[1]);
        options->secret[options->secret_size++] = (uint8_t)byte;
    }
}

static void take_option(peer_options_t *options, const char *word) {
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"version", &options->version}, {"suite", &options->suite},
        {"group", &options->group}, {"signatures", &options->signatures},
        {"chain", &options->chain}, {"key", &options->key}, {"roots", &options->roots},
        {"name", &options->name}, {"identity", &options->identity}};
    const char *value = strchr(word, '=');
    if (value == NULL) {
        usage(word);
    }
    size_t length = (size_t)(value++ - word);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strlen(texts[i].name) == length && strncmp(texts[i].name, word, length) == 0) {
            *texts[i].value = value;
            return;
        }
    }
    if (strncmp(word, "connections=", 12) == 0) {
        options->connections = atoi(value);
    } else if (strncmp(word, "psk=", 4) == 0) {
        take_secret(options, value);
    } else {
        usage(word);
    }
}

static struct sockaddr_in address_of(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return address;
}

static int listen_at(int port) {
    struct sockaddr_in address = address_of(port);
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 4) != 0) {
        perror("peer: listen");
        exit(2);
    }
    printf("listening %d\n", port);
    return listener;
}

static int connect_to(int port) {
    struct sockaddr_in address = address_of(port);
    int on = 1, one = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(one, (struct sockaddr *)&address, sizeof(address)) != 0) {
        perror("peer: connect");
        exit(2);
    }
    setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return one;
}

// Sends back what comes until the client says close_notify.
static bool echo(void) {
    uint8_t data[4096];
    int size;
    while ((size = library_read(data, sizeof(data))) > 0) {
        if (!library_write(data, (size_t)size)) {
            return false;
        }
    }
    return size == 0;
}

static bool say_and_hear(void) {
    uint8_t data[sizeof(greeting) - 1];
    size_t have = 0;
    if (!library_write((const uint8_t *)greeting, sizeof(data))) {
        return false;
    }
    while (have < sizeof(data)) {
        int size = library_read(data + have, sizeof(data) - have);
        if (size <= 0) {
            return false;
        }
        have += (size_t)size;
    }
    return memcmp(data, greeting, sizeof(data)) == 0;
}

static bool talk(const peer_options_t *options, int socket) {
    peer_facts_t facts = {0};
    bool good = library_open(options, socket);
    if (good) {
        library_facts(&facts);
        printf("connected TLS %s with %s, %s, peer=%s\n", facts.version, facts.suite,
            facts.resumed ? "resumed" : "full", facts.subject != NULL ? facts.subject : "");
        good = options->server ? echo() : say_and_hear();
    }
    if (!good) {
        printf("refused %s\n", library_error());
    }
    library_close();
    close(socket);
    return good;
}

int main(int argc, char **argv) {
    peer_options_t options = {.connections = 1};
    if (argc == 2 && strcmp(argv[1], "version") == 0) {
        printf("%s\n", library_name());
        return 0;
    }
    if (argc < 3 || (strcmp(argv[1], "server") != 0 && strcmp(argv[1], "client") != 0)) {
        usage("server|client PORT [OPTION=VALUE]..., or: version");
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    options.server = strcmp(argv[1], "server") == 0;
    options.port = atoi(argv[2]);
    for (int i = 3; i < argc; i++) {
        take_option(&options, argv[i]);
    }
    library_setup(&options);
    bool good = true;
    int listener = options.server ? listen_at(options.port) : -1;
    for (int i = 0; i < options.connections; i++) {
        int one = options.server ? accept(listener, NULL, NULL) : connect_to(options.port);
        good = talk(&options, one) && good;
    }
    return good ? 0 : 1;
}
