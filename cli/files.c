// Certificates and keys from files.
//
// In: paths that a user wrote. Out: views into the files' bytes, which are kept as long as the list
// or the key, or a sentence that names the file and what is wrong with it: that it is not there,
// that it holds nothing of what was sought, or the error of the engine's own reader (RFC 7468, RFC
// 5280, RFC 5958).
//
// Whether a certificate is to be trusted, or a key belongs to it, is not looked at.
#include "cli/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 32 << 20 }; // bytes; no bundle of roots comes near it

static void *complain(files_problem_t *problem, const char *path, const char *why) {
    snprintf(problem->text, sizeof(problem->text), "%s: %s", path, why);
    return NULL;
}

// The rest of an open file, in a block that grows.
static uint8_t *read_all(FILE *file, size_t *size) {
    size_t room = 16384, got = 0;
    uint8_t *bytes = malloc(room + 1);
    while (bytes != NULL) {
        got += fread(bytes + got, 1, room - got, file);
        if (got < room || room >= FILE_MAX) {
            break;
        }
        room *= 2;
        uint8_t *larger = realloc(bytes, room + 1);
        if (larger == NULL) {
            free(bytes);
        }
        bytes = larger;
    }
    if (bytes != NULL) {
        bytes[got] = 0;
    }
    *size = got;
    return bytes;
}

uint8_t *files_read(const char *path, size_t *size, files_problem_t *problem) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return complain(problem, path, strerror(errno));
    }
    errno = 0;
    uint8_t *bytes = read_all(file, size);
    int error = ferror(file) || bytes == NULL ? errno : 0;
    fclose(file);
    const char *why = error != 0 ? strerror(error) : NULL;
    if (why == NULL && *size == 0) {
        why = "the file is empty";
    } else if (why == NULL && *size >= FILE_MAX) {
        why = "the file is too long for certificates or keys";
    }
    if (why != NULL) {
        free(bytes);
        return complain(problem, path, why);
    }
    return bytes;
}

static bool add_view(files_certificates_t *list, skr_view_t view) {
    if ((list->count & (list->count - 1)) == 0) { // a power of two: the block is full
        size_t room = list->count == 0 ? 1 : list->count * 2;
        skr_view_t *larger = realloc(list->views, room * sizeof(*larger));
        if (larger == NULL) {
            return false;
        }
        list->views = larger;
    }
    list->views[list->count++] = view;
    return true;
}

static bool add_block(files_certificates_t *list, uint8_t *block) {
    uint8_t **larger = realloc(list->blocks, (list->block_count + 1) * sizeof(*larger));
    if (larger == NULL) {
        return false;
    }
    list->blocks = larger;
    list->blocks[list->block_count++] = block;
    return true;
}

static bool is_anchor(skr_view_t der) {
    skr_view_t subject;
    skr_public_key_t key;
    return skr_anchor_read(der, &subject, &key) == SKR_OK;
}

// The certificates of a file's bytes. NULL, or what is wrong.
static const char *add_all(
    files_certificates_t *list, uint8_t *bytes, size_t size, bool may_be_name_and_key) {
    skr_view_t whole = {bytes, size};
    if (!skr_pem_is(whole)) {
        skr_certificate_info_t info;
        if (skr_certificate_read(whole, &info) != SKR_OK &&
            !(may_be_name_and_key && is_anchor(whole))) {
            return "is neither PEM nor a DER certificate";
        }
        return add_view(list, whole) ? NULL : "out of memory";
    }
    size_t offset = 0, before = list->count;
    for (;;) {
        skr_view_t der;
        skr_pem_kind_t kind;
        skr_status_t status = skr_pem_next(bytes, size, &offset, SKR_PEM_CERTIFICATE, &der, &kind);
        if (status != SKR_OK) {
            return skr_error_text(status);
        }
        if (der.data == NULL) {
            return list->count > before ? NULL : "holds no certificate";
        }
        if (!add_view(list, der)) {
            return "out of memory";
        }
    }
}

static bool add_file(files_certificates_t *list, const char *path, bool may_be_name_and_key,
    files_problem_t *problem) {
    size_t size, before = list->count;
    uint8_t *bytes = files_read(path, &size, problem);
    if (bytes == NULL) {
        return false;
    }
    const char *why = add_all(list, bytes, size, may_be_name_and_key);
    if (why == NULL && !add_block(list, bytes)) {
        why = "out of memory";
    }
    if (why != NULL) {
        list->count = before;
        free(bytes);
        complain(problem, path, why);
        return false;
    }
    return true;
}

bool files_add_certificates(
    files_certificates_t *list, const char *path, files_problem_t *problem) {
    return add_file(list, path, false, problem);
}

bool files_add_anchors(files_certificates_t *list, const char *path, files_problem_t *problem) {
    return add_file(list, path, true, problem);
}

void files_free_certificates(files_certificates_t *list) {
    for (size_t i = 0; i < list->block_count; i++) {
        free(list->blocks[i]);
    }
    free(list->blocks);
    free(list->views);
    memset(list, 0, sizeof(*list));
}

static void wipe(uint8_t *bytes, size_t size) {
    volatile uint8_t *p = bytes;
    while (size-- > 0) {
        *p++ = 0;
    }
}

static const char *load(
    files_key_t *key, uint8_t *bytes, size_t size, const skr_provider_t *provider) {
    skr_view_t der = {bytes, size};
    skr_status_t status = SKR_OK;
    if (skr_pem_is(der)) {
        size_t offset = 0;
        skr_pem_kind_t kind;
        status = skr_pem_next(bytes, size, &offset, SKR_PEM_PRIVATE_KEY, &der, &kind);
        if (status == SKR_OK && der.data == NULL) {
            return "holds no private key";
        }
    }
    if (status == SKR_OK) {
        status = skr_private_key_load(&key->key, der, provider);
    }
    return status == SKR_OK ? NULL : skr_error_text(status);
}

bool files_load_key(
    files_key_t *key, const char *path, const skr_provider_t *provider, files_problem_t *problem) {
    memset(key, 0, sizeof(*key));
    key->bytes = files_read(path, &key->size, problem);
    if (key->bytes == NULL) {
        return false;
    }
    const char *why = load(key, key->bytes, key->size, provider);
    if (why != NULL) {
        complain(problem, path, why);
        files_free_key(key);
        return false;
    }
    key->provider = provider;
    return true;
}

void files_free_key(files_key_t *key) {
    if (key->provider != NULL) {
        skr_private_key_unload(&key->key, key->provider);
    }
    if (key->bytes != NULL) {
        wipe(key->bytes, key->size);
        free(key->bytes);
    }
    memset(key, 0, sizeof(*key));
}
