// Ctrl-C and a polite kill as something to poll() for.
#ifndef PORTS_POSIX_INTERRUPT_H
#define PORTS_POSIX_INTERRUPT_H

// From now on SIGINT and SIGTERM make the returned descriptor readable, once; the second one ends
// the program as usual. SIGPIPE is ignored: writing says EPIPE. -1: no descriptor could be made,
// and the signals do what they always do.
int posix_interrupt_catch(void);

#endif
