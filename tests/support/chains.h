// The certificate chains that tests/support/chains_make.py makes, as the servers of 2026 send them.
// The build makes them once, in BUILD/chains.
//
//     static chains_t c;   // big: it holds all bytes
//     chains_load(&c, "letsencrypt-five");
//     ... c.chain, c.count: as sent; c.anchor[i] with c.path[i], the path that must be found
//
//     for (size_t i = 0; chains_at(&c, i); i++) { ... }   // all of them, good and bad
//
// Names: device.example, *.wild.example, 127.0.0.1. Valid at CHAINS_NOW. Whatever goes wrong here
// ends the program.
#ifndef TESTS_SUPPORT_CHAINS_H
#define TESTS_SUPPORT_CHAINS_H

#include "skerry/x509.h"

#define CHAINS_NOW 1767225600 // 2026-01-01T00:00:00Z

enum { CHAINS_ROOM = 1 << 15, CHAINS_ANCHORS = 4, CHAINS_NAME = 40 };

typedef struct {
    char name[CHAINS_NAME];
    skr_view_t chain[SKR_CHAIN_MAX];
    size_t count;
    skr_view_t key; // of chain[0], PKCS #8
    // What it is good with; of a bad one, what it is to be refused with.
    skr_view_t anchor[CHAINS_ANCHORS];
    char anchor_name[CHAINS_ANCHORS][CHAINS_NAME];
    char path[CHAINS_ANCHORS][SKR_CHAIN_MAX + 1]; // indexes as digits; "-" of a bad one
    size_t anchor_count;
    char error[CHAINS_NAME]; // of a bad one: as skr_error_name() says; "" of a good one
    unsigned error_at; // and the certificate that it is about
    size_t used;
    uint8_t room[CHAINS_ROOM];
} chains_t;

void chains_load(chains_t *c, const char *name);
// The index-th chain of all. false: there are no more.
bool chains_at(chains_t *c, size_t index);
// Any other anchor by its name, as long as c is not loaded anew.
skr_view_t chains_anchor(chains_t *c, const char *name);

#endif
