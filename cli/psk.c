// Pre-shared keys from the command line.
//
// In: IDENTITY:HEXKEY for each key, and perhaps a context to import them with (RFC 9258). Out:
// keys as the engine wants them. An identity is text; a byte that is none is written %XX, and so is
// the percent sign itself. The last colon is the one before the key.
//
// A key on the command line can be read by every user of the machine: good for tests, as the page
// in docs/ says.
#include "cli/psk.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// A byte of two digits; -1: it is none.
static int hex_byte(const char *text) {
    int high = hex_digit(text[0]);
    int low = high < 0 ? -1 : hex_digit(text[1]);
    return low < 0 ? -1 : high * 16 + low;
}

// Bytes of the identity that ends before end, 0: there is something wrong with it.
static size_t read_identity(const char *text, const char *end, uint8_t *to) {
    size_t size = 0;
    while (text < end) {
        int byte = (unsigned char)*text;
        if (*text == '%') {
            byte = hex_byte(text + 1);
            text += 2;
        }
        if (byte < 0 || text >= end) {
            return 0;
        }
        to[size++] = (uint8_t)byte;
        text++;
    }
    return size;
}

static size_t read_key(const char *text, uint8_t *to) {
    size_t size = strlen(text) / 2;
    for (size_t i = 0; i < size; i++) {
        int byte = hex_byte(text + 2 * i);
        if (byte < 0) {
            return 0;
        }
        to[i] = (uint8_t)byte;
    }
    return strlen(text) % 2 == 0 ? size : 0;
}

static bool read_psk(const options_t *options, const char *text, uint8_t *room, skr_psk_t *psk) {
    const char *colon = strrchr(text, ':');
    size_t identity = colon == NULL ? 0 : read_identity(text, colon, room);
    size_t key = colon == NULL ? 0 : read_key(colon + 1, room + identity);
    if (identity == 0 || key < SKR_PSK_KEY_MIN || key > SKR_PSK_KEY_MAX) {
        options_complain(options,
            "--psk: this is not IDENTITY:HEXKEY with a key of %d to %d bytes, which openssl rand "
            "-hex 32 makes",
            SKR_PSK_KEY_MIN, SKR_PSK_KEY_MAX);
        return false;
    }
    *psk = (skr_psk_t){.identity = {room, identity}, .key = {room + identity, key}};
    return true;
}

// One for the suites of either hash.
static bool import_psk(psk_list_t *list, const options_t *options, const skr_provider_t *provider,
    const skr_psk_t *from, uint8_t *room) {
    static const unsigned hashes[] = {SKR_HASH_SHA256, SKR_HASH_SHA384};
    skr_view_t context = {(const uint8_t *)options->psk_import, strlen(options->psk_import)};
    size_t size = SKR_PSK_IMPORTED_SIZE(from->identity.size, context.size);
    for (size_t i = 0; i < 2; i++) {
        skr_status_t status = skr_psk_import(
            provider, from, context, hashes[i], room + i * size, size, &list->psks[list->count]);
        if (status != SKR_OK) {
            options_complain(options, "--psk-import: %s", skr_error_text(status));
            return false;
        }
        list->count++;
    }
    return true;
}

bool psk_make(psk_list_t *list, const options_t *options, const skr_provider_t *provider) {
    size_t context = options->psk_import != NULL ? strlen(options->psk_import) : 0;
    if (options->psk_import != NULL && options->psks.count == 0) {
        options_complain(options, "--psk-import: which key? Give it with --psk IDENTITY:HEXKEY");
        return false;
    }
    for (size_t i = 0; i < options->psks.count; i++) {
        size_t text = strlen(options->psks.item[i]);
        list->size += text + 2 * SKR_PSK_IMPORTED_SIZE(text, context);
    }
    list->bytes = calloc(1, list->size + 1);
    uint8_t *room = list->bytes;
    for (size_t i = 0; room != NULL && i < options->psks.count; i++) {
        skr_psk_t psk;
        if (!read_psk(options, options->psks.item[i], room, &psk)) {
            return false;
        }
        room += psk.identity.size + psk.key.size;
        if (options->psk_import == NULL) {
            list->psks[list->count++] = psk;
        } else if (import_psk(list, options, provider, &psk, room)) {
            room += 2 * SKR_PSK_IMPORTED_SIZE(psk.identity.size, context);
        } else {
            return false;
        }
    }
    return room != NULL;
}

void psk_free(psk_list_t *list) {
    volatile uint8_t *bytes = list->bytes;
    for (size_t i = 0; bytes != NULL && i < list->size; i++) {
        bytes[i] = 0;
    }
    free(list->bytes);
    memset(list, 0, sizeof(*list));
}
