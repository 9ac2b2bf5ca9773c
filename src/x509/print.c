// Distinguished names as text for people.
//
// In: a DER Name. Out: "C=US, O=Example, CN=Example Root", always terminated.
// In the spirit of RFC 4514, but in the order of the certificate, which is the order that people
// expect. All that is not printable ASCII comes as \XX, so that no certificate can send control
// sequences to a terminal or a log. Attribute types without a short name here come as dotted
// numbers. Not for comparing names: see name.c.
#include "base/bytes.h"
#include "skerry/x509.h"
#include "x509/name.h"

typedef struct {
    char *text;
    size_t size, used;
} print_t;

static void print_byte(print_t *out, uint8_t byte) {
    if (out->used + 1 < out->size) {
        out->text[out->used++] = (char)byte;
    }
}

static void print_text(print_t *out, skr_view_t text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool is_plain = byte >= ' ' && byte < 0x7f && byte != '\\';
        if (is_plain) {
            print_byte(out, byte);
        } else {
            print_byte(out, '\\');
            print_byte(out, (uint8_t)digits[byte >> 4]);
            print_byte(out, (uint8_t)digits[byte & 15]);
        }
    }
}

static void print_number(print_t *out, uint32_t number) {
    uint8_t digits[10];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    print_text(out, view_of(digits + first, sizeof(digits) - first));
}

// Arcs beyond 32 bits are cut; nobody has one in a name.
static void print_oid(print_t *out, skr_view_t oid) {
    uint32_t arc = 0;
    bool first = true;
    for (size_t i = 0; i < oid.size; i++) {
        arc = arc << 7 | (oid.data[i] & 0x7f);
        if (oid.data[i] >= 0x80) {
            continue;
        }
        if (first) {
            uint32_t top = arc < 80 ? arc / 40 : 2;
            print_number(out, top);
            arc -= top * 40;
        }
        print_byte(out, '.');
        print_number(out, arc);
        first = false;
        arc = 0;
    }
}

static void print_type(print_t *out, skr_view_t oid) {
    static const struct {
        uint8_t type; // 2.5.4.type
        char name[4];
    } rows[] = {{3, "CN"}, {6, "C"}, {7, "L"}, {8, "ST"}, {10, "O"}, {11, "OU"}};
    if (oid.size == 3 && oid.data[0] == 0x55 && oid.data[1] == 0x04) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (oid.data[2] == rows[i].type) {
                print_text(out, view_of(rows[i].name, rows[i].name[1] == '\0' ? 1 : 2));
                return;
            }
        }
    }
    print_oid(out, oid);
}

size_t skr_name_print(skr_view_t name, char *text, size_t size) {
    print_t out = {text, size, 0};
    name_walk_t walk;
    skr_view_t oid;
    skr_view_t value;
    if (size == 0) {
        return 0;
    }
    name_walk(&walk, name);
    while (name_next(&walk, &oid, &value)) {
        if (out.used > 0) {
            print_text(&out, VIEW_LITERAL(", "));
        }
        print_type(&out, oid);
        print_byte(&out, '=');
        print_text(&out, value);
    }
    text[out.used] = '\0';
    return out.used;
}
