// The worst runs that a peer and a caller can bring about, for the memory that one side takes.
//
//     static const need_case_t one = {"small", SKR_CLIENT, SKR_TLS13, .set = small};
//     need_begin(&one, provider);
//     need_side()->memory... ; skr_memory_needed(&need_side()->config, ...)
//     for (size_t i = 0; need_run(i, check); i++) { ... }
#ifndef TESTS_SUPPORT_NEED_RUNS_H
#define TESTS_SUPPORT_NEED_RUNS_H

#include "support/pair.h"

typedef struct {
    const char *name;
    skr_role_t role; // of the side that is looked at
    uint16_t version;
    void (*set)(skr_config_t *config); // its knobs
    uint16_t suite; // the only one, 0: AES-128-GCM
    bool no_certificate; // server: the client is not asked for one
    bool sessions; // client: one is offered, server: tickets are made
} need_case_t;

// The side of this case, before anything has begun: its configuration may be changed before each
// need_run().
pair_side_t *need_begin(const need_case_t *which, const skr_provider_t *provider);
// The other one.
pair_side_t *need_other(void);
// All that the side has to say goes to the other one.
void need_drain(void);
// What the n-th run is called; NULL: there are no more.
const char *need_run_name(size_t n);
// The n-th run. Before it ends, with the connection still there, peek() is called. false: this case
// has no such run.
bool need_run(size_t n, void (*peek)(pair_side_t *side));

#endif
