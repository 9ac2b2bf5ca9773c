// Coming back quickly.
//
// In: a client's session file, and 32 bytes in another file that seal it; or a server's key for
// tickets, from a file that servers share (8 bytes that name it, then the 32 of the key) or drawn
// here. Out: a session that is offered, and the newest that came, saved; the key that a ticket
// names (RFC 9846 sections 4.3.11 and 4.7.1, RFC 5077).
//
// A server's own key rotates when as much time has passed as a ticket lives; the one before it
// still opens what it has sealed, so nothing is kept longer than two lifetimes. Key files come
// readable by their owner alone, and a reader never sees half a file: everything is written aside
// and then put in its place.
//
// What a session holds and whether it fits is the engine's to say.
#include "cli/resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ports/posix/clock.h"

enum { PATH_SIZE = 4096, ROTATE_SECONDS = SKR_TICKET_LIFETIME };

static bool complain(files_problem_t *problem, const char *path, const char *why) {
    snprintf(problem->text, sizeof(problem->text), "%s: %s", path, why);
    return false;
}

static void wipe(void *bytes, size_t size) {
    volatile uint8_t *p = bytes;
    while (size-- > 0) {
        *p++ = 0;
    }
}

// --- Files ---

static bool write_all(int fd, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        if (put > 0) {
            bytes += put;
            size -= (size_t)put;
        }
    }
    return true;
}

// Writes a file of mode 0600 in one step. A key must not replace another one that came meanwhile:
// replace false fails with EEXIST.
static bool put_file(const char *path, const uint8_t *bytes, size_t size, bool replace) {
    char aside[PATH_SIZE];
    int length = snprintf(aside, sizeof(aside), "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof(aside)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkstemp(aside); // creates with 0600
    if (fd < 0) {
        return false;
    }
    bool ok = write_all(fd, bytes, size);
    ok = close(fd) == 0 && ok;
    ok = ok && (replace ? rename(aside, path) : link(aside, path)) == 0;
    int error = errno;
    if (!ok || !replace) {
        (void)unlink(aside);
    }
    errno = error;
    return ok;
}

// A file of exactly size secret bytes; random ones when it is not there.
static bool get_secret(const char *path, uint8_t *secret, size_t size,
    const skr_provider_t *provider, files_problem_t *problem) {
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        if (!provider->random(NULL, secret, size)) {
            return complain(problem, path, "there are no random bytes to make it of");
        }
        if (put_file(path, secret, size, false)) {
            return true;
        }
        if (errno != EEXIST) {
            return complain(problem, path, strerror(errno));
        }
    }
    size_t got = 0;
    uint8_t *bytes = files_read(path, &got, problem);
    if (bytes == NULL) {
        return false;
    }
    bool fits = got == size;
    if (fits) {
        memcpy(secret, bytes, size);
    } else {
        char why[80];
        snprintf(why, sizeof(why), "has %zu bytes, such a key has %zu", got, size);
        complain(problem, path, why);
    }
    wipe(bytes, got);
    free(bytes);
    return fits;
}

// --- A client ---

bool resume_client_make(resume_client_t *client, const char *path, const char *key_path,
    const skr_provider_t *provider, files_problem_t *problem) {
    char beside[PATH_SIZE];
    if (strlen(path) + sizeof(".key") > sizeof(beside)) {
        return complain(problem, path, strerror(ENAMETOOLONG));
    }
    snprintf(beside, sizeof(beside), "%s.key", path);
    client->path = path;
    return get_secret(
        key_path != NULL ? key_path : beside, client->key, sizeof(client->key), provider, problem);
}

bool resume_offer(const resume_client_t *client, skr_conn_t *conn) {
    if (client->path == NULL || access(client->path, F_OK) != 0) {
        return true;
    }
    files_problem_t problem;
    size_t size = 0;
    uint8_t *session = files_read(client->path, &size, &problem);
    bool ok = session != NULL && skr_conn_resume(conn, session, size);
    free(session);
    return ok;
}

bool resume_save(const resume_client_t *client, skr_conn_t *conn, files_problem_t *problem) {
    const uint8_t *session;
    size_t size = skr_conn_session(conn, &session);
    if (client->path == NULL || size == 0) {
        return true;
    }
    bool ok = put_file(client->path, session, size, true);
    if (!ok) {
        complain(problem, client->path, strerror(errno));
    }
    skr_conn_session_done(conn);
    return ok;
}

void resume_forget(const resume_client_t *client) {
    if (client->path != NULL) {
        (void)unlink(client->path);
    }
}

void resume_wipe(resume_client_t *client, resume_server_t *server) {
    wipe(client->key, sizeof(client->key));
    wipe(server->keys, sizeof(server->keys));
    server->count = 0;
}

// --- A server ---

static bool rotate(resume_server_t *server, int64_t now) {
    skr_ticket_key_t fresh;
    if (!server->provider->random(NULL, (uint8_t *)&fresh, sizeof(fresh))) {
        return false;
    }
    server->keys[1] = server->keys[0];
    server->keys[0] = fresh;
    server->count = server->count > 0 ? 2 : 1;
    server->made = now;
    wipe(&fresh, sizeof(fresh));
    return true;
}

// Keys that sealed their last ticket more than a lifetime ago go; a new one comes when it is due.
static bool refresh(resume_server_t *server) {
    int64_t now = posix_microseconds() / 1000000, age = now - server->made;
    if (server->fixed || (server->count > 0 && age < ROTATE_SECONDS)) {
        return true;
    }
    if (age >= 2 * (int64_t)ROTATE_SECONDS) {
        wipe(server->keys, sizeof(server->keys));
        server->count = 0;
    }
    return rotate(server, now);
}

static bool find_key(void *user, const uint8_t *name, skr_ticket_key_t *key) {
    resume_server_t *server = user;
    if (!refresh(server)) {
        return false;
    }
    for (unsigned i = 0; i < server->count; i++) {
        if (name == NULL || memcmp(name, server->keys[i].name, SKR_TICKET_NAME_SIZE) == 0) {
            *key = server->keys[i];
            return true;
        }
    }
    return false;
}

bool resume_server_make(resume_server_t *server, skr_ticket_keys_t *calls, const char *path,
    const skr_provider_t *provider, files_problem_t *problem) {
    uint8_t bytes[SKR_TICKET_NAME_SIZE + SKR_SESSION_KEY_SIZE];
    server->provider = provider;
    calls->find = find_key;
    calls->user = server;
    if (path == NULL) {
        return true; // the first key is drawn when it is wanted
    }
    if (!get_secret(path, bytes, sizeof(bytes), provider, problem)) {
        return false;
    }
    memcpy(server->keys[0].name, bytes, SKR_TICKET_NAME_SIZE);
    memcpy(server->keys[0].key, bytes + SKR_TICKET_NAME_SIZE, SKR_SESSION_KEY_SIZE);
    wipe(bytes, sizeof(bytes));
    server->fixed = true;
    server->count = 1;
    return true;
}
