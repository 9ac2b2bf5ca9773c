#ifndef SKR_TESTS_INTEROP_PEERS_PEER_H
#define SKR_TESTS_INTEROP_PEERS_PEER_H
// A TLS client and server around somebody else's library. peer.c has main(), options, sockets and
// the conversation; one file for each library has the functions that begin with library_.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the command line says; NULL and 0 where it says nothing. Files are PEM.
typedef struct {
    bool server;
    int port;
    int connections; // how many, one after another; a client offers the session of the last
    const char *version; // "1.2" or "1.3"
    const char *suite; // the registry's name; NULL: what the library would have
    const char *group; // the first one of the server; NULL: the library's own order
    const char *signatures; // "pkcs1": of RSA, no PSS
    const char *chain, *key; // an own certificate with those above it, and its key
    const char *roots; // who is trusted; a server with roots demands a certificate
    const char *name; // the server's, which a client verifies
    const char *identity; // of a pre-shared key
    uint8_t secret[64]; // the pre-shared key itself
    int secret_size;
} peer_options_t;

// What was agreed in a handshake.
typedef struct {
    const char *version, *suite;
    bool resumed;
    const char *subject; // of the peer's certificate; NULL: it has shown none
} peer_facts_t;

// Ends the program with code 3: the library has refused to be set up for this, and says why.
_Noreturn void peer_lacks(const char *what, const char *why);

// The content of a file with a 0 behind it, in memory that lives until the end; *size without the
// 0.
uint8_t *peer_read_file(const char *path, size_t *size);

// "library version", for the page.
const char *library_name(void);
// Once, before all connections. Ends by peer_lacks() when the library does not have what is asked.
void library_setup(const peer_options_t *options);
// A handshake over a connected socket; false: refused, library_error() says why.
bool library_open(const peer_options_t *options, int socket);
void library_facts(peer_facts_t *facts);
// Bytes that came, 0 at the peer's close_notify, below 0 when the connection broke.
int library_read(uint8_t *data, size_t size);
bool library_write(const uint8_t *data, size_t size);
// Says close_notify; a client keeps the session for the next connection.
void library_close(void);
// Why the last call failed, in the library's own words.
const char *library_error(void);

#endif
