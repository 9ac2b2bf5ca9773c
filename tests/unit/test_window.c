// The window in which certificates are remembered (src/x509/window.c).
//
// In: windows of every size, filled and changed at random from fixed seeds. Out: whatever went, all
// that is left is what it was, and lies inside; what does not fit is refused without anything
// having gone; what goes when room is wanted goes in the right order and leaves its mark; what must
// stay stays. Each byte of a part says whose it is, so that one in the wrong place is seen.
#include "unit.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "skerry/errors.h"
#include "crypto/test/test_crypto.h"
#include "x509/window.h"

enum { LARGEST = 2048, GUARD = 16, CERTIFICATES = 12, STEPS = 400 };

static uint8_t *memory;
static window_t w;
static test_random_t random_bytes;
static unsigned certificates; // that were begun

static unsigned draw(unsigned below) {
    uint16_t value;
    test_random(&random_bytes, (uint8_t *)&value, sizeof(value));
    return value % below;
}

static void begin(size_t size) {
    memory = aligned_alloc(16, (size + 15) / 16 * 16 + GUARD);
    assert_non_null(memory);
    memset(memory, 0xee, (size + 15) / 16 * 16 + GUARD);
    window_init(&w, memory, size);
    certificates = 0;
}

static void end(size_t size) {
    for (size_t i = size / 8 * 8; i < size / 8 * 8 + GUARD; i++) {
        assert_int_equal(memory[i], 0xee);
    }
    free(memory);
}

static uint8_t tag(unsigned certificate, unsigned part) {
    return (uint8_t)(certificate * PART_COUNT + part + 1);
}

// All that is there is in its place.
static void check(void) {
    size_t used = w.tail;
    assert_true(w.used + w.nodes * sizeof(window_node_t) <= w.size);
    for (size_t n = 0; n < w.nodes; n++) {
        const window_node_t *node = window_node(&w, n);
        for (unsigned p = 0; p < PART_COUNT; p++) {
            skr_view_t part = window_part(&w, n, (window_part_t)p);
            assert_int_equal(view_is(part), node->size[p] > 0);
            assert_int_equal(part.size, node->size[p]);
            assert_true(part.size == 0 || (part.data >= w.bytes && part.data < w.bytes + w.used));
            for (size_t i = 0; i < part.size; i++) {
                assert_int_equal(part.data[i], tag(node->index, p));
            }
            used += part.size;
        }
    }
    assert_int_equal(used, w.used);
    skr_view_t tail = window_tail(&w);
    for (size_t i = 0; i < tail.size; i++) {
        assert_true(
            tail.data[i] >= 0xf0 || tail.data[i] == tag(window_last(&w)->index, PART_MESSAGE));
    }
}

// --- One step, as split.c does them ---

static bool step_begin(void) {
    if (certificates == CERTIFICATES || !window_begin(&w)) {
        return false;
    }
    window_last(&w)->index = (uint8_t)certificates++;
    return true;
}

static bool append(uint8_t byte, size_t size) {
    uint8_t bytes[300];
    memset(bytes, byte, sizeof(bytes));
    return window_append(&w, bytes, size);
}

// An element comes; a piece of it, anywhere inside, becomes a part's end, moved or copied. Pieces
// come in any order.
static void step_part(window_part_t part, bool copy) {
    size_t before = draw(20), size = 1 + draw(100), behind = draw(20);
    uint8_t whole[140];
    memset(whole, 0xf1, sizeof(whole));
    memset(whole + before, tag(window_last(&w)->index, part), size);
    if (!window_append(&w, whole, before + size + behind)) {
        return;
    }
    skr_view_t tail = window_tail(&w);
    skr_view_t piece = view_of(tail.data + tail.size - behind - size, size);
    if (!copy) {
        window_move(&w, part, piece);
    } else if (window_copy(&w, part, piece)) {
        assert_int_equal(window_tail(&w).size, tail.size); // the tail is as before
        memset(w.bytes + w.used - behind - size, 0xf2, size);
    } else {
        memset(w.bytes + w.used - behind - size, 0xf3, size);
    }
    check();
    window_drop_tail(&w);
}

static void step_complete(void) {
    uint8_t index = window_last(&w)->index;
    if (append(tag(index, PART_MESSAGE), draw(100))) {
        window_tail_is(&w, PART_MESSAGE);
    }
    window_drop_tail(&w);
    check();
    if (append(tag(index, PART_SIGNATURE), draw(100))) {
        window_move(&w, PART_SIGNATURE, window_tail(&w));
    }
    window_node_t *last = window_last(&w); // it moves when others go
    last->complete = true;
    last->linked = draw(2) == 0;
    last->superseded = last->linked && draw(2) == 0;
    last->status = draw(2) == 0 ? SKR_OK : SKR_ERR_CERT_EXPIRED;
    window_drop_tail(&w);
}

static void step(void) {
    bool open = w.nodes > 0 && !window_last(&w)->complete;
    if (!open) {
        open = step_begin();
    } else if (draw(6) == 0) {
        step_complete();
    } else {
        step_part((window_part_t)draw(PART_MESSAGE), draw(2) == 0);
    }
    if (w.nodes > 0 && draw(8) == 0) {
        window_drop_part(&w, draw(w.nodes), (window_part_t)draw(PART_COUNT));
    } else if (w.nodes > 0 && draw(20) == 0) {
        window_drop(&w, draw(w.nodes));
    }
    check();
}

static void test_random_steps(void **state) {
    unsigned filled = 0;
    (void)state;
    for (size_t size = 0; size <= LARGEST; size += 8) {
        test_random_seed(&random_bytes, size);
        begin(size);
        for (unsigned i = 0; i < STEPS; i++) {
            step();
            filled += certificates == CERTIFICATES;
        }
        end(size);
    }
    assert_true(filled > 0);
}

// --- What goes, and in which order ---

static window_node_t *put(unsigned size) {
    assert_true(step_begin());
    window_node_t *node = window_last(&w);
    for (unsigned p = 0; p < PART_COUNT; p++) {
        assert_true(append(tag(node->index, p), size));
        window_move(&w, (window_part_t)p, window_tail(&w));
    }
    node->complete = true;
    node->subject[0] = node->issuer[0] = node->index;
    return node;
}

static size_t room(void) {
    return w.size - w.used - w.nodes * sizeof(window_node_t);
}

static bool there(unsigned index, window_part_t part) {
    for (size_t n = 0; n < w.nodes; n++) {
        if (window_node(&w, n)->index == index) {
            return window_node(&w, n)->size[part] > 0;
        }
    }
    return false;
}

static void test_order(void **state) {
    (void)state;
    begin(LARGEST);
    window_node_t *leaf = put(10), *above = put(10);
    put(10);
    window_node_t *bad = put(10);
    leaf->linked = leaf->superseded = above->linked = true;
    leaf->height = 1;
    bad->status = SKR_ERR_CERT_NOT_CA;
    window_node_t *open = put(10);
    open->complete = false;
    // Signatures that were checked.
    assert_true(window_make_room(&w, room() + 1));
    assert_false(there(0, PART_SIGNATURE) || there(0, PART_MESSAGE) || there(0, PART_ALGORITHM));
    assert_true(there(0, PART_NAMES) && !w.names_lost && w.passed == 0);
    // One without a signature is done with; its names with it.
    assert_true(window_make_room(&w, room() + 1));
    assert_int_equal(window_node(&w, 0)->index, 1);
    assert_true(w.names_lost);
    assert_int_equal(w.passed, 1);
    // Names, the oldest first, those of the certificate at hand last.
    for (unsigned i = 1; i <= 4; i++) {
        assert_true(there(i, PART_NAMES) && there(i, PART_SUBJECT));
        assert_true(window_make_room(&w, room() + 1));
        assert_false(there(i, PART_NAMES) || there(i, PART_SUBJECT));
        assert_true(window_node(&w, i - 1)->names_lost);
    }
    // Strangers, first the one that could not be an issuer.
    assert_int_equal(w.gone, 0);
    assert_true(window_make_room(&w, room() + 1));
    assert_false(there(3, PART_KEY_A));
    assert_int_equal(w.gone, 1 << 3);
    assert_true(window_make_room(&w, room() + 1));
    assert_false(there(2, PART_KEY_A));
    assert_int_equal(w.gone, (1 << 3) + (1 << 2));
    // And nothing else: what has no issuer yet, and what is being read.
    assert_false(window_make_room(&w, room() + 1));
    assert_true(there(1, PART_SIGNATURE) && there(4, PART_SIGNATURE));
    assert_int_equal(w.nodes, 2);
    check();
    end(LARGEST);
}

// Names of CAs that are self-issued nobody asks for.
static void test_self_issued(void **state) {
    (void)state;
    for (unsigned height = 1; height < 3; height++) {
        begin(LARGEST);
        window_node_t *done = put(10);
        done->linked = done->superseded = done->is_self_issued = true;
        done->height = (uint8_t)height;
        assert_true(window_make_room(&w, room() + 1));
        assert_true(window_make_room(&w, room() + 1));
        assert_int_equal(w.nodes, 0);
        assert_int_equal(w.names_lost, height == 1);
        end(LARGEST);
    }
}

// What does not fit into all that could be had leaves everything as it was.
static void test_too_large(void **state) {
    (void)state;
    begin(LARGEST);
    window_node_t *leaf = put(10);
    leaf->linked = leaf->superseded = true;
    put(10);
    put(10)->complete = false;
    window_t before = w;
    size_t stays = sizeof(window_node_t) + 10 * (PART_COUNT - 2);
    assert_false(window_make_room(&w, LARGEST - stays + 1));
    assert_memory_equal(&w, &before, sizeof(w));
    check();
    assert_true(window_make_room(&w, LARGEST - stays));
    assert_int_equal(w.nodes, 1);
    end(LARGEST);
}

// A size that a node does not fit into, that is no multiple of 8, that a count could not hold.
static void test_sizes(void **state) {
    (void)state;
    for (size_t size = 0; size < 2 * sizeof(window_node_t); size++) {
        begin(size);
        assert_int_equal(w.size, size / 8 * 8);
        assert_int_equal(window_begin(&w), size / 8 * 8 >= sizeof(window_node_t));
        end(size);
    }
    begin(UINT16_MAX + 100);
    assert_int_equal(w.size, UINT16_MAX - 7);
    free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_steps),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_self_issued),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
