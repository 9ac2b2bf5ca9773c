// What the unit tests share.
//
// In: hexadecimal text, a hash descriptor. Out: views over static bytes, a hash that fails when it
// is told to. A descriptor has no argument of its own, so the failing hash keeps what it wraps in
// statics: one at a time. Nothing is freed: the programs are short.
#include "unit.h"

const skr_provider_t *const unit_providers[UNIT_PROVIDERS] = {
    &skr_provider_openssl, &skr_provider_bearssl};

skr_view_t unit_hex(const char *text) {
    static uint8_t bytes[1 << 16];
    static size_t used;
    skr_view_t view = {bytes + used, 0};
    while (*text != 0) {
        unsigned byte;
        if (*text == ' ') {
            text++;
            continue;
        }
        assert_int_equal(sscanf(text, "%2x", &byte), 1);
        assert_true(text[1] != 0 && text[1] != ' ' && used < sizeof(bytes));
        bytes[used++] = (uint8_t)byte;
        view.size++;
        text += 2;
    }
    return view;
}

void unit_assert_view(skr_view_t got, skr_view_t expected) {
    assert_int_equal(got.size, expected.size);
    assert_true(got.data != NULL || got.size == 0);
    if (got.size > 0) {
        assert_memory_equal(got.data, expected.data, got.size);
    }
}

bool unit_wiped(const void *data, size_t size) {
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

static const skr_hash_t *fault_real;
static unsigned fault_at, fault_calls;

static bool fault_init(void *state) {
    return fault_calls++ != fault_at && fault_real->init(state);
}

static bool fault_update(void *state, const uint8_t *data, size_t size) {
    return fault_calls++ != fault_at && fault_real->update(state, data, size);
}

static bool fault_result(const void *state, uint8_t *out) {
    if (fault_calls++ == fault_at) {
        memset(out, 0xa5, fault_real->size);
        return false;
    }
    return fault_real->result(state, out);
}

const skr_hash_t *unit_fault_hash(const skr_hash_t *real, unsigned n) {
    static skr_hash_t hash;
    hash = *real;
    hash.init = fault_init;
    hash.update = fault_update;
    hash.result = fault_result;
    fault_real = real;
    fault_at = n;
    fault_calls = 0;
    return &hash;
}

unsigned unit_fault_calls(void) {
    return fault_calls;
}
