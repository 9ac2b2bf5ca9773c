// The fleet's ticket keys in Redis.
//
// In: a Redis server that all servers of the fleet reach. Out: the keys in memory (keys.c), never
// older than a second or so while Redis answers. In Redis stand
//     PREFIX:current   the name of the key to seal with; expires when that is over
//     PREFIX:key:NAME  32 bytes; expires when the last ticket under it has
//     PREFIX:names     the set of all names
// Rotation needs no chief: who finds no current key makes one, puts it there first and then its
// name, if nobody else was faster (SET NX). At every moment each name that is seen has its key.
//
// Called between the steps of connections only, so that a slow Redis delays, a little, and never
// sits inside a handshake. To withdraw a key: redis-cli DEL PREFIX:current PREFIX:key:NAME. Keys
// travel to Redis as they are: use its Unix socket, or a network that is only yours.
#include "examples/fleet/store.h"

#include <errno.h>
#include <hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "examples/fleet/common.h"
#include "ports/posix/clock.h"
#include "ports/posix/socket.h"

enum { NAME_TEXT = 2 * SKR_TICKET_NAME_SIZE };

typedef struct {
    fleet_key_t key[FLEET_KEYS_MAX];
    size_t count;
    char current[NAME_TEXT + 1]; // "": there is none
    int64_t seals_until;
} loaded_t;

// --- Talking to Redis ---

static void close_redis(fleet_store_t *store) {
    if (store->redis != NULL) {
        redisFree(store->redis);
        store->redis = NULL;
    }
}

static void disconnect(fleet_store_t *store, const char *why) {
    snprintf(store->failure, sizeof(store->failure), "%s", why);
    close_redis(store);
}

static bool connect_redis(fleet_store_t *store) {
    struct timeval patience = {.tv_usec = FLEET_REDIS_MS * 1000};
    posix_address_t address;
    if (store->address[0] == '/') {
        store->redis = redisConnectUnixWithTimeout(store->address, patience);
    } else if (posix_address_parse(store->address, "6379", &address)) {
        store->redis = redisConnectWithTimeout(address.host, atoi(address.port), patience);
    } else {
        disconnect(store, "the address is neither /path/of/socket nor host:port");
        return false;
    }
    if (store->redis == NULL || store->redis->err != 0) {
        disconnect(store, store->redis == NULL ? "out of memory" : store->redis->errstr);
        return false;
    }
    return redisSetTimeout(store->redis, patience) == REDIS_OK;
}

// One command. NULL: Redis is gone, slow or refuses, see failure; the connection is closed then, so
// that what comes after it fails at once.
static redisReply *ask(fleet_store_t *store, const char *format, ...) {
    va_list arguments;
    if (store->redis != NULL && posix_microseconds() >= store->until) {
        disconnect(store, "too slow");
    }
    if (store->redis == NULL) {
        return NULL;
    }
    va_start(arguments, format);
    redisReply *reply = redisvCommand(store->redis, format, arguments);
    va_end(arguments);
    if (reply == NULL) {
        bool slow = store->redis->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
        disconnect(store, slow ? "no answer in time" : store->redis->errstr);
    } else if (reply->type == REDIS_REPLY_ERROR) {
        disconnect(store, reply->str);
        freeReplyObject(reply);
        reply = NULL;
    }
    return reply;
}

// An answer that does not matter as long as there is one.
static bool answered(redisReply *reply) {
    freeReplyObject(reply);
    return reply != NULL;
}

// When something in Redis expires, by this machine's clock; now when it has.
static bool ask_expiry(fleet_store_t *store, const char *kind, const char *name, int64_t *until) {
    int64_t now = posix_microseconds(); // before it is asked: never later than Redis thinks
    redisReply *reply = ask(store, "PTTL %s:%s%s", store->prefix, kind, name);
    int64_t left = reply != NULL && reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    freeReplyObject(reply);
    *until = left > 0 ? now + left * 1000 : now;
    return reply != NULL;
}

// --- Names ---

static void write_name(const uint8_t *name, char *text) {
    for (size_t i = 0; i < SKR_TICKET_NAME_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", name[i]);
    }
}

static int hex_digit(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static bool read_name(const char *text, uint8_t *name) {
    for (size_t i = 0; i < SKR_TICKET_NAME_SIZE; i++) {
        int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        name[i] = (uint8_t)(high * 16 + low);
    }
    return text[NAME_TEXT] == '\0';
}

// --- Loading ---

static bool load_current(fleet_store_t *store, loaded_t *loaded) {
    redisReply *reply = ask(store, "GET %s:current", store->prefix);
    bool there = reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len == NAME_TEXT;
    snprintf(loaded->current, sizeof(loaded->current), "%s", there ? reply->str : "");
    freeReplyObject(reply);
    return reply != NULL && ask_expiry(store, "current", "", &loaded->seals_until);
}

// One key by its name; one that has expired, or was withdrawn, is no longer in the set of names.
static bool load_key(fleet_store_t *store, const char *name, loaded_t *loaded) {
    if (loaded->count == FLEET_KEYS_MAX) {
        return true;
    }
    fleet_key_t *key = &loaded->key[loaded->count];
    redisReply *reply = ask(store, "GET %s:key:%s", store->prefix, name);
    bool usable = reply != NULL && reply->type == REDIS_REPLY_STRING &&
        reply->len == SKR_SESSION_KEY_SIZE && read_name(name, key->key.name);
    if (usable) {
        memcpy(key->key.key, reply->str, SKR_SESSION_KEY_SIZE);
        fleet_wipe(reply->str, SKR_SESSION_KEY_SIZE);
    }
    bool there = answered(reply);
    if (!usable) {
        return there && answered(ask(store, "SREM %s:names %s", store->prefix, name));
    }
    loaded->count++;
    return ask_expiry(store, "key:", name, &key->opens_until);
}

static bool load_others(fleet_store_t *store, loaded_t *loaded) {
    redisReply *names = ask(store, "SMEMBERS %s:names", store->prefix);
    bool ok = names != NULL && names->type == REDIS_REPLY_ARRAY;
    for (size_t i = 0; ok && i < names->elements; i++) {
        const redisReply *name = names->element[i];
        if (name->type == REDIS_REPLY_STRING && strcmp(name->str, loaded->current) != 0) {
            ok = load_key(store, name->str, loaded);
        }
    }
    freeReplyObject(names);
    return ok;
}

// The current key goes first, so that it is never among those that are too many. Putting its name
// into the set again mends what a server that died in the middle of its rotation has left out.
static bool load_all(fleet_store_t *store, loaded_t *loaded) {
    loaded->count = 0;
    if (loaded->current[0] != '\0' &&
        (!answered(ask(store, "SADD %s:names %s", store->prefix, loaded->current)) ||
            !load_key(store, loaded->current, loaded))) {
        return false;
    }
    if (loaded->count == 0) {
        loaded->current[0] = '\0'; // it was withdrawn
    }
    return load_others(store, loaded);
}

// --- Rotating ---

// Makes a key and offers it as the current one; who was faster wins.
static bool rotate(fleet_store_t *store) {
    skr_ticket_key_t fresh;
    char name[NAME_TEXT + 1];
    long long lives = store->rotate + store->lifetime + FLEET_SLACK_SECONDS;
    if (!store->provider->random(NULL, fresh.name, sizeof(fresh.name)) ||
        !store->provider->random(NULL, fresh.key, sizeof(fresh.key))) {
        disconnect(store, "no random bytes for a new key");
        return false;
    }
    write_name(fresh.name, name);
    bool put = answered(ask(store, "SET %s:key:%s %b EX %lld", store->prefix, name, fresh.key,
        sizeof(fresh.key), lives));
    fleet_wipe(&fresh, sizeof(fresh));
    redisReply *reply = put
        ? ask(store, "SET %s:current %s EX %lld NX", store->prefix, name, (long long)store->rotate)
        : NULL;
    bool won = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    if (!answered(reply)) {
        return false;
    }
    return won ? answered(ask(store, "EXPIRE %s:names %lld", store->prefix, lives))
               : answered(ask(store, "DEL %s:key:%s", store->prefix, name));
}

static bool load(fleet_store_t *store, loaded_t *loaded) {
    if (!load_current(store, loaded)) {
        return false;
    }
    if (loaded->current[0] == '\0' && (!rotate(store) || !load_current(store, loaded))) {
        return false;
    }
    return load_all(store, loaded);
}

// --- Telling ---

static void say_found(fleet_store_t *store, const char *current, size_t count) {
    char line[64];
    if (store->lost) {
        fleet_say("keys: Redis is back");
    }
    store->lost = store->dry = false;
    snprintf(line, sizeof(line), "keys: %zu, current %s", count,
        current[0] != '\0' ? current : "none: it was withdrawn");
    if (strcmp(line, store->said) != 0) {
        fleet_say("%s", line);
        memcpy(store->said, line, sizeof(line));
    }
}

static void say_lost(fleet_store_t *store) {
    int64_t seals;
    size_t usable = fleet_keys_usable(store->keys, &seals);
    if (!store->lost) {
        store->lost = true;
        fleet_say("keys: Redis at %s: %s; going on with those that are known: %zu to open tickets, "
                  "one to seal new ones for %lld s more; start Redis again and all is well",
            store->address, store->failure, usable, (long long)seals);
    }
    if (seals == 0 && !store->dry) {
        store->dry = true;
        fleet_say("keys: none left to seal tickets with: full handshakes only until Redis is back");
    }
}

void fleet_store_refresh(fleet_store_t *store) {
    loaded_t loaded;
    if (posix_microseconds() < store->next) {
        return;
    }
    store->until = posix_microseconds() + 2 * FLEET_REDIS_MS * 1000;
    bool ok = (store->redis != NULL || connect_redis(store)) && load(store, &loaded);
    store->next = posix_microseconds() + (int64_t)FLEET_REFRESH_SECONDS * 1000000;
    if (!ok) {
        close_redis(store);
        say_lost(store);
    } else {
        uint8_t current[SKR_TICKET_NAME_SIZE];
        bool has = read_name(loaded.current, current);
        fleet_keys_replace(store->keys, loaded.key, loaded.count, has ? current : NULL,
            loaded.seals_until + (int64_t)FLEET_SETTLE_SECONDS * 1000000);
        say_found(store, loaded.current, loaded.count);
    }
    fleet_wipe(&loaded, sizeof(loaded));
}

void fleet_store_close(fleet_store_t *store) {
    close_redis(store);
    if (store->keys != NULL) {
        fleet_wipe(store->keys, sizeof(*store->keys));
    }
}
