// SSLContext.trace_callback and keylog_callback: what happens in a connection, told to Python.
//
// In: the engine's events and secrets, in the middle of a step. Out: calls of the callbacks between
// steps, so that whatever they do, an exception included, never unwinds through the engine: until
// then all waits in a queue. A queue that can't grow drops events, and the trace says so by an
// event named "lost". Secrets (RFC 9850) are wiped as soon as their line is made. Costs nothing but
// a pointer when nobody watches.

#include <string.h>

#include "py/objstr.h"
#include "py/objtuple.h"
#include "modtls.h"

typedef struct {
    const char *name;
    uint32_t size;
    uint8_t layer;
    bool sent, is_protected;
} event_t;

typedef struct _secret_t {
    struct _secret_t *next;
    const char *label;
    size_t size;
    uint8_t client_random[SKR_RANDOM_SIZE];
    uint8_t secret[SKR_SECRET_SIZE_MAX];
} secret_t;

struct _tls_watch_t {
    skr_trace_t trace;
    skr_secret_log_t secret_log;
    event_t *events;
    size_t count, alloc;
    uint32_t lost;
    secret_t *secrets; // the oldest first
};

#define FIRST_ALLOC (16) // events: one flight of a server with its records

static bool make_room(tls_watch_t *watch) {
    if (watch->count < watch->alloc) {
        return true;
    }
    size_t alloc = watch->alloc > 0 ? 2 * watch->alloc : FIRST_ALLOC;
    event_t *events = tls_malloc_maybe(alloc * sizeof(*events));
    if (events == NULL) {
        return false;
    }
    if (watch->count > 0) {
        memcpy(events, watch->events, watch->count * sizeof(*events));
    }
    m_del(event_t, watch->events, watch->alloc);
    watch->events = events;
    watch->alloc = alloc;
    return true;
}

static void event(void *user, const skr_trace_event_t *event) {
    tls_watch_t *watch = ((tls_socket_t *)user)->watch;
    if (!make_room(watch)) {
        ++watch->lost;
        return;
    }
    watch->events[watch->count++] = (event_t){.name = event->name,
        .size = event->size,
        .layer = event->layer,
        .sent = event->sent,
        .is_protected = event->is_protected};
}

#if MICROPY_SKERRY_KEYLOG

static void secret(void *user, const char *label, const uint8_t *client_random,
    const uint8_t *secret, size_t size) {
    tls_watch_t *watch = ((tls_socket_t *)user)->watch;
    secret_t *item = tls_malloc_maybe(sizeof(*item));
    if (item == NULL || size > sizeof(item->secret)) {
        return;
    }
    item->next = NULL;
    item->label = label;
    item->size = size;
    memcpy(item->client_random, client_random, sizeof(item->client_random));
    memcpy(item->secret, secret, size);
    secret_t **end = &watch->secrets;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = item;
}

static void deliver_secrets(tls_socket_t *o) {
    tls_watch_t *watch = o->watch;
    while (watch->secrets != NULL) {
        secret_t *item = watch->secrets;
        char line[SKR_KEYLOG_LINE];
        size_t size = skr_keylog_line(
            line, item->label, item->client_random, item->secret, item->size);
        watch->secrets = item->next;
        tls_wipe(item, sizeof(*item));
        m_del(secret_t, item, 1);
        if (o->context->keylog_callback != mp_const_none) {
            mp_call_function_1(
                o->context->keylog_callback, mp_obj_new_bytes((const byte *)line, size));
        }
    }
}

#else

static void deliver_secrets(tls_socket_t *o) {
    (void)o;
}

#endif

// The watch is made with the connection: callbacks that are set later see the next connection.
void tls_watch_init(tls_socket_t *o) {
    bool trace = o->context->trace_callback != mp_const_none;
    bool keylog = MICROPY_SKERRY_KEYLOG && o->context->keylog_callback != mp_const_none;
    if (!trace && !keylog) {
        return;
    }
    o->watch = m_new0(tls_watch_t, 1);
    if (trace) {
        o->watch->trace = (skr_trace_t){.event = event, .user = o};
        o->config.trace = &o->watch->trace;
    }
#if MICROPY_SKERRY_KEYLOG
    if (keylog) {
        o->watch->secret_log = (skr_secret_log_t){.secret = secret, .user = o};
        o->config.secret_log = &o->watch->secret_log;
    }
#endif
}

static mp_obj_t event_object(const event_t *event) {
    static const qstr fields[] = {
        MP_QSTR_sent, MP_QSTR_layer, MP_QSTR_name, MP_QSTR_size, MP_QSTR_protected};
    static const qstr layers[] = {MP_QSTR_record, MP_QSTR_handshake, MP_QSTR_application};
    mp_obj_t items[MP_ARRAY_SIZE(fields)] = {
        mp_obj_new_bool(event->sent),
        MP_OBJ_NEW_QSTR(layers[event->layer]),
        mp_obj_new_str(event->name, strlen(event->name)),
        mp_obj_new_int_from_uint(event->size),
        mp_obj_new_bool(event->is_protected),
    };
    return mp_obj_new_attrtuple(fields, MP_ARRAY_SIZE(fields), items);
}

static void deliver_events(tls_socket_t *o) {
    tls_watch_t *watch = o->watch;
    event_t *events = watch->events;
    size_t count = watch->count, alloc = watch->alloc;
    uint32_t lost = watch->lost;
    // A callback that raises has seen its event; those behind it are dropped, not told twice.
    watch->events = NULL;
    watch->count = watch->alloc = 0;
    watch->lost = 0;
    mp_obj_t callback = o->context->trace_callback;
    for (size_t i = 0; i < count && callback != mp_const_none; ++i) {
        mp_call_function_1(callback, event_object(&events[i]));
    }
    if (lost > 0 && callback != mp_const_none) {
        event_t gap = {.name = "lost", .size = lost, .layer = SKR_LAYER_RECORD};
        mp_call_function_1(callback, event_object(&gap));
    }
    m_del(event_t, events, alloc);
}

void tls_watch_deliver(tls_socket_t *o) {
    if (o->watch == NULL) {
        return;
    }
    if (o->watch->secrets != NULL) {
        deliver_secrets(o);
    }
    if (o->watch->count > 0 || o->watch->lost > 0) {
        deliver_events(o);
    }
}

void tls_watch_wipe(tls_socket_t *o) {
    if (o->watch != NULL) {
        while (o->watch->secrets != NULL) {
            secret_t *item = o->watch->secrets;
            o->watch->secrets = item->next;
            tls_wipe(item, sizeof(*item));
        }
    }
}
