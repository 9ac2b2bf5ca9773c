// IP addresses as text.
//
// In: 4 or 16 bytes. Out: "192.0.2.1", or the one form of RFC 5952 section 4: lower case, no
// leading zeros, "::" for the longest run of two zero groups or more, the first of equals. Always
// terminated. The other way is host.c.
#include "base/bytes.h"
#include "skerry/x509.h"

typedef struct {
    char *text;
    size_t size, used;
} address_t;

static void address_byte(address_t *out, char byte) {
    if (out->used + 1 < out->size) {
        out->text[out->used++] = byte;
    }
}

static void address_number(address_t *out, unsigned number, unsigned base) {
    static const char digits[] = "0123456789abcdef";
    unsigned weight = 1;
    while (number / weight >= base) {
        weight *= base;
    }
    for (; weight > 0; weight /= base) {
        address_byte(out, digits[number / weight % base]);
    }
}

// The longest run of zero groups: where it starts; 8 when none has two.
static unsigned address_gap(const uint8_t *ip, unsigned *size) {
    unsigned best = 8;
    *size = 1;
    for (unsigned start = 0; start < 8; start++) {
        unsigned run = 0;
        while (start + run < 8 && bytes_get16(ip + 2 * (start + run)) == 0) {
            run++;
        }
        if (run > *size) {
            best = start;
            *size = run;
        }
    }
    return best;
}

static void address_print6(address_t *out, const uint8_t *ip) {
    unsigned gap_size;
    unsigned gap = address_gap(ip, &gap_size);
    for (unsigned group = 0; group < 8; group++) {
        if (group == gap) {
            address_byte(out, ':');
            address_byte(out, ':');
            group += gap_size - 1;
            continue;
        }
        if (group > 0 && group != gap + gap_size) {
            address_byte(out, ':');
        }
        address_number(out, bytes_get16(ip + 2 * group), 16);
    }
}

size_t skr_address_print(skr_view_t ip, char *text, size_t size) {
    address_t out = {text, size, 0};
    if (size == 0) {
        return 0;
    }
    if (ip.size == 16) {
        address_print6(&out, ip.data);
    }
    for (size_t i = 0; ip.size == 4 && i < 4; i++) {
        if (i > 0) {
            address_byte(&out, '.');
        }
        address_number(&out, ip.data[i], 10);
    }
    text[out.used] = '\0';
    return out.used;
}
