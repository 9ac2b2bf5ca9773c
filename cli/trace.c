// Watching a connection.
//
// In: the engine's trace events and its secrets. Out: one line per event on stderr (direction,
// layer, name, size), and one line per secret in a key log file (RFC 9850), from which Wireshark
// reads the connection.
//
// The file is flushed after each line: who watches, watches now. No secret is ever printed on
// stderr.
#include "cli/trace.h"

#include <fcntl.h>
#include <unistd.h>

#include "skerry/skerry.h"

static void ladder_event(void *user, const skr_trace_event_t *event) {
    static const char *const layers[] = {
        [SKR_LAYER_RECORD] = "record",
        [SKR_LAYER_HANDSHAKE] = "handshake",
        [SKR_LAYER_APPLICATION] = "data",
    };
    (void)user;
    const char *layer = event->layer < sizeof(layers) / sizeof(layers[0]) ? layers[event->layer]
                                                                          : "?";
    fprintf(stderr, "%s %-9s %-22s %6lu%s\n", event->sent ? "-->" : "<--", layer, event->name,
        (unsigned long)event->size, event->is_protected ? "  protected" : "");
}

const skr_trace_t trace_ladder = {ladder_event, NULL};

static void log_secret(void *user, const char *label, const uint8_t *client_random,
    const uint8_t *secret, size_t size) {
    FILE *file = user;
    char line[SKR_KEYLOG_LINE];
    size_t length = skr_keylog_line(line, label, client_random, secret, size);
    (void)fwrite(line, 1, length, file);
    (void)fflush(file);
}

FILE *trace_open_key_log(const char *path) {
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "a") : NULL;
    if (file == NULL && fd >= 0) {
        close(fd);
    }
    return file;
}

void trace_key_log(skr_secret_log_t *log, FILE *file) {
    log->secret = log_secret;
    log->user = file;
}
