// Certificates and keys from files, PEM or DER, whichever they are.
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "skerry/x509.h"

// Why a file could not be used, for people; it names the file.
typedef struct {
    char text[512];
} files_problem_t;

// Certificates and the bytes that they look at; start with zeros.
typedef struct {
    skr_view_t *views;
    size_t count;
    uint8_t **blocks; // the contents of the files
    size_t block_count;
} files_certificates_t;

// All of a file and a zero behind it; free() it. NULL: see problem.
uint8_t *files_read(const char *path, size_t *size, files_problem_t *problem);

// Adds all certificates of a file. false: see problem; what was there before is unharmed.
bool files_add_certificates(files_certificates_t *list, const char *path, files_problem_t *problem);
// The same for roots: a DER file may also be a name and a key (skr_anchor_t).
bool files_add_anchors(files_certificates_t *list, const char *path, files_problem_t *problem);
void files_free_certificates(files_certificates_t *list);

typedef struct {
    skr_private_key_t key;
    const skr_provider_t *provider; // that opened it, NULL: nothing is loaded
    uint8_t *bytes;
    size_t size;
} files_key_t;

// The first private key of a file.
bool files_load_key(
    files_key_t *key, const char *path, const skr_provider_t *provider, files_problem_t *problem);
// Closes the key and wipes its bytes.
void files_free_key(files_key_t *key);

#endif
