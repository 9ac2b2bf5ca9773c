// Reads the chains that chains_make.py has made.
//
// In: the name of a chain or its place in the folder's index. Out: views of its certificates, its
// key and its anchors, all in one struct that holds the bytes. What is not there, or does not fit,
// ends the program with a word.
#include "support/chains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stop(const char *what, const char *name) {
    fprintf(stderr, "chains: %s %s (folder " SKERRY_CHAINS_DIR ")\n", what, name);
    abort();
}

static FILE *open_file(const char *name, bool must) {
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", SKERRY_CHAINS_DIR, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL && must) {
        stop("there is no", name);
    }
    return file;
}

// false: there is no such file.
static bool read_file(chains_t *c, const char *name, bool must, skr_view_t *out) {
    FILE *file = open_file(name, must);
    if (file == NULL) {
        return false;
    }
    uint8_t *start = c->room + c->used;
    size_t size = fread(start, 1, sizeof(c->room) - c->used, file);
    c->used += size;
    if (size == 0 || c->used == sizeof(c->room)) {
        stop("no room for", name);
    }
    fclose(file);
    *out = (skr_view_t){start, size};
    return true;
}

skr_view_t chains_anchor(chains_t *c, const char *name) {
    char file[CHAINS_NAME + 16];
    skr_view_t der;
    snprintf(file, sizeof(file), "anchor/%s.der", name);
    read_file(c, file, true, &der);
    return der;
}

static void load_anchors(chains_t *c) {
    char line[128], name[CHAINS_NAME + 16];
    snprintf(name, sizeof(name), "%s/anchors", c->name);
    FILE *file = open_file(name, true);
    while (fgets(line, sizeof(line), file) != NULL) {
        size_t i = c->anchor_count++;
        if (i == CHAINS_ANCHORS || sscanf(line, "%16s %39s", c->path[i], c->anchor_name[i]) != 2) {
            stop("too much in", name);
        }
        c->anchor[i] = chains_anchor(c, c->anchor_name[i]);
    }
    fclose(file);
}

static void load_files(chains_t *c) {
    char file[CHAINS_NAME + 16];
    for (bool more = true; more && c->count < SKR_CHAIN_MAX;) {
        snprintf(file, sizeof(file), "%s/%u.der", c->name, (unsigned)c->count);
        more = read_file(c, file, c->count == 0, &c->chain[c->count]);
        c->count += more;
    }
    snprintf(file, sizeof(file), "%s/key.der", c->name);
    read_file(c, file, true, &c->key);
    load_anchors(c);
}

// The line of the index that is the wanted one, by its place or its name.
static bool load(chains_t *c, size_t index, const char *wanted) {
    char line[128];
    FILE *file = open_file("index", true);
    bool found = false;
    for (size_t i = 0; !found && fgets(line, sizeof(line), file) != NULL; i++) {
        memset(c, 0, sizeof(*c));
        if (sscanf(line, "%39s %*u %*u %39s %u", c->name, c->error, &c->error_at) < 1) {
            stop("cannot be read:", line);
        }
        found = wanted != NULL ? strcmp(c->name, wanted) == 0 : i == index;
    }
    fclose(file);
    if (found) {
        load_files(c);
    }
    return found;
}

bool chains_at(chains_t *c, size_t index) {
    return load(c, index, NULL);
}

void chains_load(chains_t *c, const char *name) {
    if (!load(c, 0, name)) {
        stop("there is no chain", name);
    }
}
