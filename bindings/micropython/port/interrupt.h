// Ctrl-C while the engine or its crypto library runs. The unix port raises KeyboardInterrupt right
// out of the signal handler: the jump would leave a step half done, and a lock of the C library
// held. So the signal waits until the step is over. Other ports raise it only between Python's
// instructions, and need nothing.
#ifndef SKR_MICROPYTHON_INTERRUPT_H
#define SKR_MICROPYTHON_INTERRUPT_H

#include "py/mpconfig.h"

#if MICROPY_ASYNC_KBD_INTR

#include <signal.h>

typedef sigset_t interrupt_state_t;

static inline interrupt_state_t interrupt_hold(void) {
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGINT);
    pthread_sigmask(SIG_BLOCK, &block, &before);
    return before;
}

static inline void interrupt_release(interrupt_state_t before) {
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

#else

typedef int interrupt_state_t;

static inline interrupt_state_t interrupt_hold(void) {
    return 0;
}

static inline void interrupt_release(interrupt_state_t before) {
    (void)before;
}

#endif

#endif
