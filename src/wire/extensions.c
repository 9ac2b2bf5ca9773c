// Extensions: the blocks of them that messages hold, and the bodies of those that the engine knows.
//
// In: a reader at a block's length, or the view of one body. Out: views into them, or a status.
// RFC 9846 section 4.3 with its table of which extension may come in which message; bodies of
// sections 4.3.1 to 4.3.8, server_name of RFC 6066 section 3, ALPN of RFC 7301 section 3.1. A body
// that is not asked for is not looked at. Whether an extension was offered, is wanted, or what its
// numbers mean is not decided here.
#include "wire/extensions.h"

#include "base/bytes.h"

typedef struct {
    uint16_t number;
    uint8_t messages;
} extension_row_t;

static const extension_row_t extension_rows[WIRE_EXT_COUNT] = {
#define ROW(name, number, messages) {number, messages},
    WIRE_EXTENSIONS(ROW)
#undef ROW
};

_Static_assert(WIRE_EXT_COUNT <= 32, "wire_extensions_t.seen has 32 bits");

uint16_t wire_ext_number(wire_ext_t ext) {
    return extension_rows[ext].number;
}

static wire_ext_t extension_find(uint16_t number) {
    unsigned ext = 0;
    while (ext < WIRE_EXT_COUNT && extension_rows[ext].number != number) {
        ext++;
    }
    return (wire_ext_t)ext;
}

// An Extension and a KeyShareEntry have the same shape: a 16-bit number and a vector with a 16-bit
// length.
static uint16_t entry_next(reader_t *r, skr_view_t *value) {
    uint16_t number = reader_u16(r);
    *value = reader_vector(r, 2);
    return number;
}

// Numbers are looked at by windows of 2^11 for repetitions, so that a list of thousands of unknown
// ones costs at most 32 passes and no memory beside one window's bits.
enum { WINDOW_BITS = 11, WINDOW_SIZE = 1 << WINDOW_BITS };

static bool window_repeats(skr_view_t list, unsigned window) {
    uint8_t seen[WINDOW_SIZE / 8] = {0};
    reader_t r = reader_of(list);
    skr_view_t value;
    while (reader_more(&r)) {
        unsigned number = entry_next(&r, &value);
        unsigned at = number % WINDOW_SIZE;
        if (number >> WINDOW_BITS == window) {
            if ((seen[at / 8] >> (at % 8) & 1) != 0) {
                return true;
            }
            seen[at / 8] = (uint8_t)(seen[at / 8] | 1u << (at % 8));
        }
    }
    return false;
}

// Does a number come twice in a list of entries?
static bool entries_repeat(skr_view_t list) {
    uint32_t once = 0;
    uint32_t twice = 0; // windows with more than one number
    reader_t r = reader_of(list);
    skr_view_t value;
    while (reader_more(&r)) {
        uint32_t window = UINT32_C(1) << (entry_next(&r, &value) >> WINDOW_BITS);
        twice |= once & window;
        once |= window;
    }
    for (unsigned window = 0; window < 32; window++) {
        if ((twice >> window & 1) != 0 && window_repeats(list, window)) {
            return true;
        }
    }
    return false;
}

skr_status_t wire_read_extensions(reader_t *r, unsigned message, wire_extensions_t *out) {
    memset(out, 0, sizeof(*out));
    out->last = WIRE_EXT_COUNT;
    skr_view_t list = reader_vector(r, 2);
    reader_t entries = reader_of(list);
    bool misplaced = false;
    while (reader_more(&entries)) {
        skr_view_t body;
        wire_ext_t ext = extension_find(entry_next(&entries, &body));
        out->last = ext;
        if (ext == WIRE_EXT_COUNT) {
            out->unknown = true;
            continue;
        }
        misplaced = misplaced || (extension_rows[ext].messages & message) == 0;
        out->seen |= WIRE_EXT_BIT(ext);
        out->body[ext] = body;
    }
    if (!reader_done(&entries)) {
        reader_fail(r);
        return SKR_ERR_DECODE;
    }
    if (entries_repeat(list)) {
        return SKR_ERR_DUPLICATE_EXTENSION;
    }
    return misplaced ? SKR_ERR_MISPLACED_EXTENSION : SKR_OK;
}

skr_status_t wire_check_offered(const wire_extensions_t *extensions, uint32_t offered) {
    bool unsolicited = extensions->unknown || (extensions->seen & ~offered) != 0;
    return unsolicited ? SKR_ERR_UNSOLICITED_EXTENSION : SKR_OK;
}

skr_status_t wire_refuse_extension(uint16_t number, unsigned message) {
    wire_ext_t ext = extension_find(number);
    bool misplaced = ext != WIRE_EXT_COUNT && (extension_rows[ext].messages & message) == 0;
    return misplaced ? SKR_ERR_MISPLACED_EXTENSION : SKR_ERR_UNSOLICITED_EXTENSION;
}

// --- Bodies, reading ---

static skr_status_t read_end(const reader_t *r) {
    return reader_done(r) ? SKR_OK : SKR_ERR_DECODE;
}

// A vector that must not be empty.
static skr_view_t read_some(reader_t *r, unsigned length_bytes) {
    skr_view_t view = reader_vector(r, length_bytes);
    if (view.size == 0) {
        reader_fail(r);
    }
    return view;
}

skr_status_t wire_read_numbers(skr_view_t body, unsigned length_bytes, skr_view_t *items) {
    reader_t r = reader_of(body);
    *items = read_some(&r, length_bytes);
    if (items->size % 2 != 0) {
        reader_fail(&r);
    }
    return read_end(&r);
}

bool wire_numbers_have(skr_view_t items, uint16_t number) {
    for (size_t i = 0; i + 1 < items.size; i += 2) {
        if (bytes_get16(items.data + i) == number) {
            return true;
        }
    }
    return false;
}

uint16_t wire_number_at(skr_view_t items, size_t index) {
    return index < items.size / 2 ? bytes_get16(items.data + 2 * index) : 0;
}

skr_status_t wire_read_number(skr_view_t body, uint16_t *number) {
    reader_t r = reader_of(body);
    *number = reader_u16(&r);
    return read_end(&r);
}

// One entry only: RFC 6066 forbids a second host_name, and no other type was ever defined.
skr_status_t wire_read_server_name(skr_view_t body, skr_view_t *host) {
    reader_t r = reader_of(body);
    reader_t list = reader_of(read_some(&r, 2));
    uint8_t type = reader_u8(&list);
    *host = read_some(&list, 2);
    if (type != 0 || host->size > SKR_SERVER_NAME_MAX || !reader_done(&list)) {
        reader_fail(&r);
    }
    for (size_t i = 0; i < host->size; i++) {
        if (host->data[i] == 0) {
            reader_fail(&r);
        }
    }
    return read_end(&r);
}

skr_status_t wire_read_alpn(skr_view_t body, bool one, skr_view_t *names) {
    reader_t r = reader_of(body);
    *names = read_some(&r, 2);
    reader_t list = reader_of(*names);
    skr_view_t name = read_some(&list, 1);
    while (!one && reader_more(&list)) {
        read_some(&list, 1);
    }
    if (!reader_done(&list)) {
        reader_fail(&r);
    }
    if (one) {
        *names = name;
    }
    return read_end(&r);
}

bool wire_next_alpn(reader_t *names, skr_view_t *name) {
    bool more = reader_more(names);
    *name = reader_vector(names, 1);
    return more && !reader_failed(names);
}

skr_status_t wire_read_cookie(skr_view_t body, skr_view_t *cookie) {
    reader_t r = reader_of(body);
    *cookie = read_some(&r, 2);
    return read_end(&r);
}

skr_status_t wire_read_key_shares(skr_view_t body, skr_view_t *shares) {
    reader_t r = reader_of(body);
    *shares = reader_vector(&r, 2);
    reader_t list = reader_of(*shares);
    while (reader_more(&list)) {
        reader_u16(&list);
        read_some(&list, 2);
    }
    if (!reader_done(&list)) {
        reader_fail(&r);
    }
    if (!reader_done(&r)) {
        return SKR_ERR_DECODE;
    }
    return entries_repeat(*shares) ? SKR_ERR_ILLEGAL_PARAMETER : SKR_OK;
}

bool wire_next_key_share(reader_t *shares, uint16_t *group, skr_view_t *share) {
    bool more = reader_more(shares);
    *group = entry_next(shares, share);
    return more && !reader_failed(shares);
}

skr_status_t wire_read_key_share(skr_view_t body, uint16_t *group, skr_view_t *share) {
    reader_t r = reader_of(body);
    *group = reader_u16(&r);
    *share = read_some(&r, 2);
    return read_end(&r);
}

skr_status_t wire_read_authorities(skr_view_t body, skr_view_t *names) {
    reader_t r = reader_of(body);
    *names = read_some(&r, 2);
    reader_t list = reader_of(*names);
    while (reader_more(&list)) {
        read_some(&list, 2);
    }
    if (!reader_done(&list)) {
        reader_fail(&r);
    }
    return read_end(&r);
}

// --- Writing ---

writer_block_t wire_open_extension(writer_t *w, wire_ext_t ext) {
    writer_u16(w, wire_ext_number(ext));
    return writer_open(w, 2);
}

void wire_write_empty(writer_t *w, wire_ext_t ext) {
    writer_close(w, wire_open_extension(w, ext));
}

void wire_write_number(writer_t *w, wire_ext_t ext, uint16_t number) {
    writer_block_t block = wire_open_extension(w, ext);
    writer_u16(w, number);
    writer_close(w, block);
}

void wire_write_numbers(
    writer_t *w, wire_ext_t ext, unsigned length_bytes, const uint16_t *numbers, size_t count) {
    writer_block_t block = wire_open_extension(w, ext);
    writer_block_t list = writer_open(w, length_bytes);
    for (size_t i = 0; i < count; i++) {
        writer_u16(w, numbers[i]);
    }
    writer_close(w, list);
    writer_close(w, block);
}

void wire_write_server_name(writer_t *w, skr_view_t host) {
    writer_block_t block = wire_open_extension(w, WIRE_EXT_SERVER_NAME);
    writer_block_t list = writer_open(w, 2);
    writer_u8(w, 0); // host_name
    writer_vector(w, 2, host);
    writer_close(w, list);
    writer_close(w, block);
}

void wire_write_alpn(writer_t *w, const skr_view_t *names, size_t count) {
    writer_block_t block = wire_open_extension(w, WIRE_EXT_ALPN);
    writer_block_t list = writer_open(w, 2);
    for (size_t i = 0; i < count; i++) {
        writer_vector(w, 1, names[i]);
    }
    writer_close(w, list);
    writer_close(w, block);
}

void wire_write_cookie(writer_t *w, skr_view_t cookie) {
    writer_block_t block = wire_open_extension(w, WIRE_EXT_COOKIE);
    writer_vector(w, 2, cookie);
    writer_close(w, block);
}

void wire_write_key_share(writer_t *w, bool list, uint16_t group, skr_view_t share) {
    writer_block_t block = wire_open_extension(w, WIRE_EXT_KEY_SHARE);
    if (list) {
        writer_u16(w, view_is(share) ? (uint16_t)(4 + share.size) : 0);
    }
    if (view_is(share)) {
        writer_u16(w, group);
        writer_vector(w, 2, share);
    }
    writer_close(w, block);
}

// --- Pre-shared keys ---

bool wire_next_psk_identity(reader_t *identities, skr_view_t *identity, uint32_t *age) {
    if (!reader_more(identities)) {
        return false;
    }
    *identity = reader_vector(identities, 2);
    *age = reader_u32(identities);
    if (identity->size == 0) {
        reader_fail(identities);
    }
    return !reader_failed(identities);
}

bool wire_next_psk_binder(reader_t *binders, skr_view_t *binder) {
    enum { BINDER_MIN = 32 };
    if (!reader_more(binders)) {
        return false;
    }
    *binder = reader_vector(binders, 1);
    if (binder->size < BINDER_MIN) {
        reader_fail(binders);
    }
    return !reader_failed(binders);
}

skr_status_t wire_read_psk_offer(skr_view_t body, skr_view_t *identities, skr_view_t *binders) {
    reader_t r = reader_of(body);
    *identities = reader_vector(&r, 2);
    *binders = reader_vector(&r, 2);
    if (!reader_done(&r) || identities->size == 0) {
        return SKR_ERR_DECODE;
    }
    reader_t i = reader_of(*identities), b = reader_of(*binders);
    size_t count = 0;
    skr_view_t each;
    uint32_t age = 0;
    while (wire_next_psk_identity(&i, &each, &age)) {
        count++;
    }
    while (wire_next_psk_binder(&b, &each)) {
        count--;
    }
    if (reader_failed(&i) || reader_failed(&b)) {
        return SKR_ERR_DECODE;
    }
    return count == 0 ? SKR_OK : SKR_ERR_ILLEGAL_PARAMETER;
}

skr_status_t wire_read_psk_modes(skr_view_t body, bool *psk_ke, bool *psk_dhe_ke) {
    reader_t r = reader_of(body);
    reader_t modes = reader_of(reader_vector(&r, 1));
    *psk_ke = false;
    *psk_dhe_ke = false;
    if (!reader_done(&r) || !reader_more(&modes)) {
        return SKR_ERR_DECODE;
    }
    while (reader_more(&modes)) {
        uint8_t mode = reader_u8(&modes);
        *psk_ke = *psk_ke || mode == 0;
        *psk_dhe_ke = *psk_dhe_ke || mode == 1;
    }
    return SKR_OK;
}
