// A client that comes back: saves its session in a file and resumes it the next time.
//
// In: a server's address, a root to trust, files for the session and for the device's key. Out: the
// server's answer on stdout, what kind of handshake it was on stderr, the newest session in its
// file. The file is of no use without the device's key, and anything that is wrong with it (age,
// another server, a flipped bit) only makes the handshake a full one.
//
// Exit codes: 0 fine, 1 TLS or the certificate refused, 2 options or files, 3 the network.
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/files.h"
#include "examples/fleet/common.h"
#include "ports/posix/clock.h"
#include "ports/posix/memory.h"
#include "ports/posix/pump.h"
#include "ports/posix/socket.h"

enum { FINE, REFUSED, WRONG, NETWORK };
enum { PATIENCE_MS = 10000, FINISH_MS = 100 };

typedef struct {
    const char *connect, *ca, *name, *session, *device_key, *tls, *text;
    int64_t time;
    posix_address_t address;
    skr_config_t config;
    files_certificates_t anchors;
    uint8_t key[SKR_SESSION_KEY_SIZE];
    posix_memory_t memory;
    skr_memory_t memory_calls;
} client_t;

static bool read_options(client_t *client, int argc, char **argv) {
    const fleet_option_t options[] = {
        {"--connect", &client->connect, NULL, true, "HOST:PORT"},
        {"--ca", &client->ca, NULL, true, "FILE: the roots to trust"},
        {"--session", &client->session, NULL, true, "FILE: what to come back with"},
        {"--device-key", &client->device_key, NULL, true, "FILE: that seals it; made when absent"},
        {"--name", &client->name, NULL, false, "the server's name, if not HOST"},
        {"--tls", &client->tls, NULL, false, "1.2 or 1.3: this version only"},
        {"--time", NULL, &client->time, false, "SECONDS since 1970, if not now"},
        {"--text", &client->text, NULL, false, "what to say"},
    };
    client->text = "hello";
    client->time = posix_now();
    if (!fleet_options(argc, argv, options, sizeof(options) / sizeof(options[0]))) {
        return false;
    }
    if (!posix_address_parse(client->connect, NULL, &client->address)) {
        fleet_say("--connect: '%s' is not HOST:PORT", client->connect);
        return false;
    }
    client->name = client->name != NULL ? client->name : client->address.host;
    return fleet_version(client->tls, &client->config.min_version);
}

// --- Files ---

// A private file in one step: there is the old one or the new one, never half of it.
static bool write_file(const char *path, const uint8_t *data, size_t size) {
    char fresh[4096];
    int length = snprintf(fresh, sizeof(fresh), "%s.new", path);
    int fd = (size_t)length < sizeof(fresh) ? open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    bool ok = fd >= 0 && write(fd, data, size) == (ssize_t)size && fsync(fd) == 0;
    if (fd >= 0) {
        ok = close(fd) == 0 && ok;
    }
    if (!ok || rename(fresh, path) != 0) {
        fleet_say("%s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static bool take_device_key(client_t *client) {
    files_problem_t problem;
    size_t size = 0;
    if (access(client->device_key, F_OK) != 0) {
        return client->config.provider->random(NULL, client->key, sizeof(client->key)) &&
            write_file(client->device_key, client->key, sizeof(client->key));
    }
    uint8_t *bytes = files_read(client->device_key, &size, &problem);
    if (bytes == NULL || size != sizeof(client->key)) {
        fleet_say("%s: not a device key of %zu bytes; remove it and a new one is made",
            client->device_key, sizeof(client->key));
        free(bytes);
        return false;
    }
    memcpy(client->key, bytes, size);
    fleet_wipe(bytes, size);
    free(bytes);
    return true;
}

// Offers what the file has. That there is none, or that it is of no use, is no error.
static void offer(const client_t *client, skr_conn_t *conn) {
    files_problem_t problem;
    size_t size = 0;
    if (access(client->session, F_OK) != 0) {
        return;
    }
    uint8_t *bytes = files_read(client->session, &size, &problem);
    if (bytes == NULL || !skr_conn_resume(conn, bytes, size)) {
        fleet_say("%s: of no use (any more): a full handshake", client->session);
    }
    free(bytes);
}

static bool save(const client_t *client, skr_conn_t *conn) {
    const uint8_t *session;
    size_t size = skr_conn_session(conn, &session);
    if (size == 0) {
        fleet_say("the server gave no session");
        return true;
    }
    bool ok = write_file(client->session, session, size);
    skr_conn_session_done(conn);
    return ok;
}

// --- The connection ---

static int refuse(skr_status_t status) {
    fleet_say("%s: %s", skr_error_name(status), skr_error_text(status));
    return REFUSED;
}

static int shake_hands(posix_pump_t *pump) {
    skr_conn_info_t info;
    skr_status_t status;
    posix_handshake_t outcome = posix_pump_handshake(pump, PATIENCE_MS, &status);
    if (outcome == POSIX_HANDSHAKE_FAILED) {
        return refuse(status);
    }
    if (outcome != POSIX_HANDSHAKE_DONE) {
        fleet_say("the handshake broke off: %s",
            pump->error != 0 ? strerror(pump->error) : "no answer for too long");
        return NETWORK;
    }
    skr_conn_info(pump->conn, &info);
    fleet_say("%s", fleet_kind(&info));
    return FINE;
}

// Says the line. Output that is still waiting leaves with the reading.
static skr_status_t speak(posix_pump_t *pump, const char *text) {
    char line[200];
    int size = snprintf(line, sizeof(line), "%.190s\n", text);
    size_t taken = 0, written = 0;
    while (written < (size_t)size) {
        skr_status_t status = skr_conn_write(
            pump->conn, (const uint8_t *)line + written, (size_t)size - written, &taken);
        if (status < 0) {
            return status;
        }
        written += taken;
        if (!posix_pump_move(pump) || (taken == 0 && posix_pump_wait(pump, PATIENCE_MS) != 1)) {
            return SKR_ERR_TRUNCATED;
        }
    }
    return SKR_OK;
}

// Prints the answer, up to the server's goodbye.
static skr_status_t listen_to(posix_pump_t *pump) {
    for (;;) {
        uint8_t data[512];
        size_t got = 0;
        bool alive = posix_pump_move(pump);
        skr_status_t status = skr_conn_read(pump->conn, data, sizeof(data), &got);
        if (status < 0) {
            return status;
        }
        fwrite(data, 1, got, stdout);
        if (status == SKR_CLOSED) {
            return SKR_OK;
        }
        if (got == 0 && (!alive || posix_pump_wait(pump, PATIENCE_MS) != 1)) {
            return SKR_ERR_TRUNCATED;
        }
    }
}

static int talk(client_t *client, int fd) {
    alignas(16) static uint8_t place[SKR_CONN_SIZE];
    static posix_pump_t pump;
    skr_view_t name = {(const uint8_t *)client->name, strlen(client->name)};
    skr_conn_t *conn = skr_conn_init(place, sizeof(place), &client->config, name, client->time);
    posix_pump_init(&pump, conn, fd);
    offer(client, conn);
    int code = shake_hands(&pump);
    if (code == FINE) {
        skr_status_t status = speak(&pump, client->text);
        if (status == SKR_OK) {
            status = listen_to(&pump);
        }
        code = status < 0 ? refuse(status) : save(client, conn) ? FINE : WRONG;
    }
    (void)skr_conn_close(conn);
    posix_pump_finish(&pump, FINISH_MS);
    close(fd);
    skr_conn_free(conn);
    return code;
}

static bool configure(client_t *client) {
    skr_config_t *config = &client->config;
    files_problem_t problem;
    config->role = SKR_CLIENT;
    config->profile = &skr_profile_client;
    config->provider = &skr_provider_openssl;
    config->max_version = config->min_version;
    config->verify = SKR_VERIFY_REQUIRED;
    posix_memory_init(&client->memory, &client->memory_calls);
    config->memory = &client->memory_calls;
    if (!files_add_certificates(&client->anchors, client->ca, &problem)) {
        fleet_say("%s", problem.text);
        return false;
    }
    config->anchors = client->anchors.views;
    config->anchor_count = client->anchors.count;
    config->session_key = client->key;
    return take_device_key(client);
}

static int run(client_t *client) {
    posix_failure_t failure;
    int fd = posix_connect(&client->address, PATIENCE_MS, &failure);
    if (fd < 0) {
        fleet_say("%s", failure.text);
        return NETWORK;
    }
    return talk(client, fd);
}

int main(int argc, char **argv) {
    static client_t client;
    int code = read_options(&client, argc, argv) && configure(&client) ? run(&client) : WRONG;
    files_free_certificates(&client.anchors);
    fleet_wipe(client.key, sizeof(client.key));
    return code;
}
