// What a user wrote as a host: a DNS name or an IP address.
//
// In: text. Out: skr_name_t.
// RFC 9525 section 6.2: a reference identifier is either. Addresses are read strictly: IPv4 as four
// decimal numbers without leading zeros (RFC 6943 section 3.1.1 tells what the other forms lead
// to), IPv6 as RFC 4291 section 2.2 without a zone. Host names as RFC 1123 section 2.1, with one
// trailing dot dropped; non-ASCII names must come as A-labels.
#include "base/bytes.h"
#include "x509/match.h"

// A number of the base, at most digits long and at most limit. false: there is none.
static bool host_number(reader_t *r, unsigned base, unsigned digits, unsigned *value) {
    const uint8_t *start = r->p;
    *value = 0;
    while (reader_more(r) && (size_t)(r->p - start) <= digits) {
        unsigned byte = r->p[0];
        unsigned digit = byte - '0';
        if (base == 16 && digit > 9) {
            digit = (byte | 0x20u) - 'a' + 10;
            digit = digit < 10 ? 16 : digit;
        }
        if (digit >= base) {
            break;
        }
        *value = *value * base + digit;
        r->p++;
    }
    size_t size = reader_failed(r) ? 0 : (size_t)(r->p - start);
    return size > 0 && size <= digits && !(base == 10 && size > 1 && start[0] == '0');
}

static bool host_ipv4(reader_t r, uint8_t *out) {
    for (unsigned i = 0; i < 4; i++) {
        unsigned value;
        if ((i > 0 && reader_u8(&r) != '.') || !host_number(&r, 10, 3, &value) || value > 255) {
            return false;
        }
        out[i] = (uint8_t)value;
    }
    return reader_done(&r);
}

static bool host_next_is(const reader_t *r, size_t at, uint8_t byte) {
    return !reader_failed(r) && (size_t)(r->end - r->p) > at && r->p[at] == byte;
}

// Moves what was read behind the gap to the end and fills the gap, which stands for at least one
// zero group.
static bool host_fill_gap(uint8_t *out, unsigned size, unsigned gap) {
    if (size > 14) {
        return false;
    }
    for (unsigned i = 0; i < size - gap; i++) {
        out[15 - i] = out[size - 1 - i];
    }
    memset(out + gap, 0, 16 - size);
    return true;
}

static bool host_ipv6(reader_t r, uint8_t *out) {
    unsigned size = 0;
    unsigned gap = 17; // none yet
    if (host_next_is(&r, 0, ':')) {
        if (!host_next_is(&r, 1, ':')) {
            return false;
        }
        reader_u16(&r);
        gap = 0;
    }
    while (reader_more(&r) && size < 16) {
        unsigned value;
        if (size <= 12 && host_ipv4(r, out + size)) {
            size += 4;
            reader_rest(&r);
            break;
        }
        if (!host_number(&r, 16, 4, &value)) {
            return false;
        }
        bytes_put16(out + size, (uint16_t)value);
        size += 2;
        if (!reader_more(&r)) {
            break;
        }
        if (reader_u8(&r) != ':' || !reader_more(&r)) { // nothing may end in a single colon
            return false;
        }
        if (host_next_is(&r, 0, ':')) {
            if (gap <= 16) {
                return false;
            }
            reader_u8(&r);
            gap = size;
        }
    }
    return reader_done(&r) && (gap <= 16 ? host_fill_gap(out, size, gap) : size == 16);
}

bool skr_name_parse(skr_view_t text, skr_name_t *name) {
    reader_t r = reader_of(text);
    name->kind = SKR_NAME_IP;
    if (host_ipv4(r, name->ip)) {
        name->data = view_of(name->ip, 4);
        return true;
    }
    if (host_ipv6(r, name->ip)) {
        name->data = view_of(name->ip, 16);
        return true;
    }
    if (text.size > 1 && text.data[text.size - 1] == '.') {
        text.size--;
    }
    name->kind = match_is_host(text) ? SKR_NAME_DNS : SKR_NAME_NONE;
    name->data = text;
    return name->kind == SKR_NAME_DNS;
}
