// Pre-shared keys from the command line.
#ifndef CLI_PSK_H
#define CLI_PSK_H

#include "cli/options.h"
#include "skerry/skerry.h"

// What --psk and --psk-import come to: each key as it is, or imported for either hash.
typedef struct {
    skr_psk_t psks[2 * OPTIONS_LIST_MAX];
    size_t count;
    uint8_t *bytes; // that psks look into; secret
    size_t size;
} psk_list_t;

// Start with zeros. false: the reason has been printed. psk_free() either way.
bool psk_make(psk_list_t *list, const options_t *options, const skr_provider_t *provider);
void psk_free(psk_list_t *list);

#endif
