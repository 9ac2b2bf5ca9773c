// Views: comparison of public bytes.
//
// In: two views. Out: whether they hold the same bytes.
// This is the one place that compares bytes in a time that depends on them; nothing secret comes
// here: see ct.h. An absent view equals an empty one.
#include "base/bytes.h"

bool view_equal(skr_view_t a, skr_view_t b) {
    if (a.size != b.size) {
        return false;
    }
    for (size_t i = 0; i < a.size; i++) {
        if (a.data[i] != b.data[i]) {
            return false;
        }
    }
    return true;
}
