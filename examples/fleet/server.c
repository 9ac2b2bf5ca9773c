// A TLS server of a fleet: whoever has been at one of its servers comes back quickly to any.
//
// In: a certificate, its key, and a Redis that the fleet shares. Out: clients are answered, line by
// line, resumed where their ticket opens (RFC 9846 section 4.7.1, RFC 5077), with a full handshake
// where it does not. Redis is asked between the steps of connections, at most once a second;
// without it tickets go on with the keys that are known while they are valid, then handshakes are
// full ones: slower, and nothing else is lost.
//
// A plain loop over poll(): one thread, no waiting in any step.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/files.h"
#include "examples/fleet/common.h"
#include "examples/fleet/store.h"
#include "examples/fleet/visit.h"
#include "ports/posix/interrupt.h"
#include "ports/posix/memory.h"

enum { VISITS_MAX = 32 };
// Seconds: a new key must have settled before the next one comes; tickets live for a week at most
// (RFC 9846 section 4.7.1).
enum { ROTATE_MIN = 2 * FLEET_SETTLE_SECONDS, WEEK = 604800 };

typedef struct {
    const char *listen, *chain, *key, *tls, *name;
    fleet_store_t store;
    fleet_keys_t keys;
    skr_config_t config;
    skr_credential_t credential;
    skr_ticket_keys_t ticket_keys;
    files_certificates_t certificates;
    files_key_t private_key;
    posix_memory_t memory;
    skr_memory_t memory_calls;
    visit_t visits[VISITS_MAX];
    int listener, wake;
} server_t;

static bool read_options(server_t *server, int argc, char **argv) {
    fleet_store_t *store = &server->store;
    const fleet_option_t options[] = {
        {"--listen", &server->listen, NULL, true, "HOST:PORT, port 0 for any"},
        {"--cert", &server->chain, NULL, true, "FILE: certificate chain, the leaf first"},
        {"--key", &server->key, NULL, true, "FILE: its private key"},
        {"--redis", &store->address, NULL, true, "/path/of/socket or HOST:PORT"},
        {"--prefix", &store->prefix, NULL, false, "of the fleet's names in Redis"},
        {"--rotate", NULL, &store->rotate, false, "SECONDS: a new key to seal with every so often"},
        {"--lifetime", NULL, &store->lifetime, false, "SECONDS: a ticket opens for so long"},
        {"--tls", &server->tls, NULL, false, "1.2 or 1.3: this version only"},
        {"--name", &server->name, NULL, false, "what the answers begin with"},
    };
    store->prefix = "skerry";
    store->rotate = 3600;
    store->lifetime = SKR_TICKET_LIFETIME;
    server->name = "server";
    if (!fleet_options(argc, argv, options, sizeof(options) / sizeof(options[0]))) {
        return false;
    }
    if (store->rotate < ROTATE_MIN || store->rotate > WEEK || store->lifetime < 1 ||
        store->lifetime > WEEK) {
        fleet_say(
            "--rotate: from %d to %d seconds, --lifetime: from 1 to %d", ROTATE_MIN, WEEK, WEEK);
        return false;
    }
    int64_t keys = (store->lifetime + FLEET_SLACK_SECONDS) / store->rotate + 2;
    if (keys > FLEET_KEYS_MAX) {
        fleet_say("--rotate %lld with --lifetime %lld makes %lld keys, at most %d: rotate less "
                  "often",
            (long long)store->rotate, (long long)store->lifetime, (long long)keys, FLEET_KEYS_MAX);
        return false;
    }
    return fleet_version(server->tls, &server->config.min_version);
}

static bool configure(server_t *server) {
    skr_config_t *config = &server->config;
    files_problem_t problem;
    config->role = SKR_SERVER;
    config->profile = &skr_profile_full;
    config->provider = &skr_provider_openssl;
    config->max_version = config->min_version;
    posix_memory_init(&server->memory, &server->memory_calls);
    config->memory = &server->memory_calls;
    if (!files_add_certificates(&server->certificates, server->chain, &problem) ||
        !files_load_key(&server->private_key, server->key, config->provider, &problem)) {
        fleet_say("%s", problem.text);
        return false;
    }
    server->credential = (skr_credential_t){
        server->certificates.views, server->certificates.count, &server->private_key.key};
    config->credentials = &server->credential;
    config->credential_count = 1;
    server->ticket_keys = (skr_ticket_keys_t){fleet_keys_find, &server->keys};
    config->ticket_keys = &server->ticket_keys;
    config->ticket_lifetime = (uint32_t)server->store.lifetime;
    server->store.provider = config->provider;
    server->store.keys = &server->keys;
    return true;
}

static bool start_listening(server_t *server) {
    posix_address_t address, own;
    posix_failure_t failure;
    char text[300];
    if (!posix_address_parse(server->listen, NULL, &address)) {
        fleet_say("--listen: '%s' is not HOST:PORT", server->listen);
        return false;
    }
    server->listener = posix_listen(&address, &own, &failure);
    if (server->listener < 0) {
        fleet_say("%s", failure.text);
        return false;
    }
    server->wake = posix_interrupt_catch();
    fleet_store_refresh(&server->store);
    posix_address_write(&own, text, sizeof(text));
    fleet_say("listening on %s", text);
    return true;
}

// The next client goes to this free place, if there is one.
static void receive(server_t *server, visit_t *visit) {
    posix_address_t peer;
    int fd = posix_accept(server->listener, &peer);
    if (fd >= 0) {
        visit_start(visit, &server->config, fd, &peer);
        visit_step(visit, server->name);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED) {
        fleet_say("cannot accept: %s", strerror(errno));
    }
}

// Waits for anything to do, at most a second. false: the user wants an end.
static bool wait_for_work(server_t *server, const visit_t *place) {
    struct pollfd waits[VISITS_MAX + 2] = {
        {.fd = server->wake, .events = POLLIN},
        {.fd = place != NULL ? server->listener : -1, .events = POLLIN},
    };
    nfds_t count = 2;
    for (size_t i = 0; i < VISITS_MAX; i++) {
        const visit_t *visit = &server->visits[i];
        if (visit->stage != VISIT_NONE) {
            waits[count++] = (struct pollfd){
                .fd = visit->pump.fd, .events = posix_pump_events(&visit->pump)};
        }
    }
    return poll(waits, count, FLEET_REFRESH_SECONDS * 1000) <= 0 || waits[0].revents == 0;
}

static void serve(server_t *server) {
    visit_t *place = &server->visits[0];
    while (wait_for_work(server, place)) {
        fleet_store_refresh(&server->store);
        if (place != NULL) {
            receive(server, place);
        }
        place = NULL;
        for (size_t i = 0; i < VISITS_MAX; i++) {
            visit_t *visit = &server->visits[i];
            if (visit->stage != VISIT_NONE) {
                visit_step(visit, server->name);
            }
            place = visit->stage == VISIT_NONE ? visit : place;
        }
    }
}

static void clean_up(server_t *server) {
    for (size_t i = 0; i < VISITS_MAX; i++) {
        visit_end(&server->visits[i]);
    }
    fleet_store_close(&server->store);
    files_free_certificates(&server->certificates);
    files_free_key(&server->private_key);
    if (server->listener >= 0) {
        close(server->listener);
    }
}

int main(int argc, char **argv) {
    static server_t server;
    server.listener = server.wake = -1;
    bool ready = read_options(&server, argc, argv) && configure(&server) &&
        start_listening(&server);
    if (ready) {
        serve(&server);
    }
    clean_up(&server);
    return ready ? 0 : 2;
}
