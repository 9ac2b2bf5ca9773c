// Ctrl-C as something to poll() for.
//
// In: SIGINT and SIGTERM. Out: a byte in a pipe, so that waiting for a socket and waiting for the
// user are one wait without a race. The first signal asks for an orderly end (close_notify), the
// second one gets what it wants: the handler is gone after its first run.
//
// One per program: signal handlers have nowhere else to keep their descriptor.
#include "ports/posix/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static int wake_writer = -1;

static void on_signal(int number) {
    (void)number;
    int error = errno;
    ssize_t written = write(wake_writer, "", 1);
    (void)written; // the pipe is empty but for this
    errno = error;
}

int posix_interrupt_catch(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, once = {.sa_handler = on_signal};
    int ends[2];
    once.sa_flags = (int)SA_RESETHAND;
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (pipe(ends) < 0) {
        return -1;
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    wake_writer = ends[1];
    (void)sigaction(SIGINT, &once, NULL);
    (void)sigaction(SIGTERM, &once, NULL);
    return ends[0];
}
