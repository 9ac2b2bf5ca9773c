// What the files of the `tls` module share. A port may set the MICROPY_SKERRY_... macros in its
// mpconfigboard.h or on the compiler's command line.
#ifndef SKR_MICROPYTHON_MODTLS_H
#define SKR_MICROPYTHON_MODTLS_H

#include "py/obj.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "skerry/skerry.h"

// Whose cryptographic primitives: a skr_provider_t.
#ifndef MICROPY_SKERRY_PROVIDER
#define MICROPY_SKERRY_PROVIDER skr_provider_openssl
#endif
// What the build holds: a skr_profile_t.
#ifndef MICROPY_SKERRY_PROFILE
#define MICROPY_SKERRY_PROFILE skr_profile_full
#endif
// A skr_random_t for providers that have no source of their own.
#ifndef MICROPY_SKERRY_RANDOM
#define MICROPY_SKERRY_RANDOM NULL
#endif
// Nanoseconds since 1970. What lies before 2020 counts as a clock that is not set.
#ifndef MICROPY_SKERRY_TIME_NS
#define MICROPY_SKERRY_TIME_NS() mp_hal_time_ns()
#endif
// Bytes on the C stack, through which what the peer sends passes.
#ifndef MICROPY_SKERRY_CHUNK
#if defined(__linux__) || defined(__APPLE__)
#define MICROPY_SKERRY_CHUNK (4096)
#else
#define MICROPY_SKERRY_CHUNK (512)
#endif
#endif
// SSLContext.keylog_callback: whoever gets the lines can read the connection.
#ifndef MICROPY_SKERRY_KEYLOG
#define MICROPY_SKERRY_KEYLOG (MICROPY_CONFIG_ROM_LEVEL >= MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#endif

// MicroPython has renamed its own macro for this.
#define TLS_NORETURN __attribute__((noreturn))

#define TLS_PROTOCOL_CLIENT (0)
#define TLS_PROTOCOL_SERVER (1)
#define TLS_CERT_NONE (0)
#define TLS_CERT_OPTIONAL (1)
#define TLS_CERT_REQUIRED (2)
#define TLS_VERIFY_X509_STRICT (0x20)

// A certificate chain with its key. Keys are opened once and closed by the finaliser.
typedef struct _tls_credential_t {
    mp_obj_base_t base;
    skr_private_key_t key; // type SKR_KEY_NONE: only the caller can sign
    skr_private_key_t external; // stands for the key where ecdsa_sign_callback signs
    byte *key_der; // what key looks at
    size_t key_size;
    skr_view_t *chain; // each certificate in a block of its own
    size_t chain_count;
} tls_credential_t;

// SSLContext. config is what its sockets start from: each takes a copy, so that a context may be
// changed while sockets live. What config points to is never changed in place, but replaced.
typedef struct _tls_context_t {
    mp_obj_base_t base;
    skr_config_t config;
    tls_credential_t **credentials; // config.credential_count of them
    mp_obj_t verify_callback;
    mp_obj_t ecdsa_sign_callback;
    mp_obj_t trace_callback;
    mp_obj_t keylog_callback;
    skr_ticket_key_t *ticket_keys; // the first seals, all of them open
    size_t ticket_key_count;
    skr_ticket_keys_t ticket_source; // what the engine asks for them
    mp_obj_t psk_identity, psk_key; // a client's, None: not set; both stand in psk
    mp_obj_t server_psk_keys; // has get(identity), or None
    skr_psk_t *psk; // of the two above; NULL: one of them is not set
    bool only_psk; // they were set before set_ciphers(): then certificates do not count
    uint8_t verify_mode;
    bool check_hostname;
    bool keep_peer_certificate;
} tls_context_t;

// What the engine told while a step ran, until it may be told to Python.
typedef struct _tls_watch_t tls_watch_t;

// SSLSocket.
typedef struct _tls_socket_t {
    mp_obj_base_t base;
    tls_context_t *context; // keeps keys and certificates alive
    mp_obj_t sock; // the stream below; MP_OBJ_NULL: closed or given back
    skr_conn_t *conn; // NULL: given back
    void *conn_block; // the memory that it lives in
    mp_obj_t server_hostname;
    byte *peer_certificate; // DER; NULL: none, or it is not kept
    size_t peer_certificate_size;
    skr_chain_watch_t chain_watch;
    mp_obj_t session; // bytes or None: the newest that was looked at
    tls_watch_t *watch; // NULL: nobody watches
    byte *stash; // received bytes that the engine could not take yet
    size_t stash_size, stash_used;
    size_t unsent; // bytes of a write() that are sealed, but not all on their way
    uint32_t unsent_sum; // over these bytes
    skr_error_t error; // why it ended
    uint8_t waits; // MP_STREAM_POLL_RD or _WR: for what the last step of the engine waits
    uint8_t poll_mask; // what to ask the stream below for, instead of what the caller asks for
    bool busy; // one of its methods runs
    bool started; // the handshake has begun
    bool ready; // the handshake is complete
    bool eof; // the peer has said close_notify
    bool nonblocking; // the stream below says EAGAIN rather than wait, as far as is known
    skr_memory_t memory;
    void *block[SKR_REGION_COUNT]; // so that the garbage collector sees them
    uint32_t size_now[SKR_REGION_COUNT], size_peak[SKR_REGION_COUNT]; // bytes
    uint32_t total_now, total_peak;
    uint32_t blocks_now, blocks_ever; // taken now; in all
    skr_config_t config;
} tls_socket_t;

extern const mp_obj_type_t tls_context_type;
extern const mp_obj_type_t tls_socket_type;

// tls_credential.c
// Reads certificates, PEM or DER, one or several, each into a block of its own. Raises ValueError.
size_t tls_read_certificates(mp_obj_t data, skr_view_t **certificates);
tls_credential_t *tls_credential_new(mp_obj_t certificates, mp_obj_t key);
void *tls_copy(const void *data, size_t size);

// tls_socket.c
mp_obj_t tls_socket_new(tls_context_t *context, mp_obj_t sock, bool handshake,
    mp_obj_t server_hostname, mp_obj_t session);

// tls_engine.c. These return 0, or the errno of the stream below; MP_EAGAIN: o->waits says for
// what. What ends the connection is raised.
int tls_flush(tls_socket_t *o);
int tls_fill(tls_socket_t *o);
int tls_handshake(tls_socket_t *o);
int tls_read(tls_socket_t *o, byte *data, size_t size, size_t *got);
int tls_write(tls_socket_t *o, const byte *data, size_t size, size_t *taken);
int tls_update_keys(tls_socket_t *o, bool request);
int tls_shutdown(tls_socket_t *o);
// Says goodbye as far as that goes without waiting. Returns an exception that is not about the
// stream, or MP_OBJ_NULL.
mp_obj_t tls_goodbye(tls_socket_t *o);
void tls_release(tls_socket_t *o);
// Notes why the connection ended, tells the peer, gives the memory back and raises OSError.
TLS_NORETURN void tls_fail(tls_socket_t *o, skr_status_t status);
void tls_end(tls_socket_t *o, skr_status_t status);

// tls_answer.c: what the engine asks in the middle of a handshake.
void tls_answer_verify(tls_socket_t *o);
void tls_answer_signature(tls_socket_t *o);
void tls_answer_psk(tls_socket_t *o);

// tls_session.c
void tls_session_set_key(tls_context_t *self, mp_obj_t value);
mp_obj_t tls_session_key(const tls_context_t *self);
void tls_session_set_ticket_keys(tls_context_t *self, mp_obj_t value);
// psk_identity, psk_key, server_psk_keys. false: it is none of them.
bool tls_psk_load(const tls_context_t *self, qstr attr, mp_obj_t *value);
bool tls_psk_store(tls_context_t *self, qstr attr, mp_obj_t value);
// What they make of a socket's configuration.
void tls_psk_configure(const tls_context_t *self, skr_config_t *config);
void tls_session_offer(tls_socket_t *o, mp_obj_t session);
mp_obj_t tls_session(tls_socket_t *o);
MP_DECLARE_CONST_FUN_OBJ_2(tls_context_set_psks_obj);

// tls_socket.c: what a context's attributes say to the engine, and the name that it needs with
// them.
void tls_configure(const tls_context_t *context, skr_config_t *config);
skr_view_t tls_wanted_name(const tls_context_t *context, mp_obj_t server_hostname);
// tls_memory.c
void tls_memory_init(tls_socket_t *o);
mp_obj_t tls_memory_report(tls_socket_t *o);
// What a connection of this context takes at most.
mp_obj_t tls_memory_needed(const tls_context_t *context, mp_obj_t server_hostname);
void tls_wipe(void *data, size_t size);
// Memory that may be refused; after a garbage collection where that is not automatic.
void *tls_malloc_maybe(size_t size);

// tls_watch.c
void tls_watch_init(tls_socket_t *o);
// Tells Python what happened. What a callback raises goes through.
void tls_watch_deliver(tls_socket_t *o);
void tls_watch_wipe(tls_socket_t *o);

// tls_error.c
TLS_NORETURN void tls_raise(const skr_error_t *error);
TLS_NORETURN void tls_raise_text(int number, const char *text);

// tls_certificate.c
mp_obj_t tls_certificate_dict(skr_view_t der);

#endif
