// Is a certificate for a name?
//
// In: the subjectAltName, the name that the caller meant to reach. Out: yes or no.
// RFC 9525 section 6: dNSName against DNS names, iPAddress against addresses, never across, and
// never the common name. Case does not matter. "*" stands for one whole label, only for the
// left-most, and only when at least two labels follow. A name that is no host name (RFC 1123
// section 2.1) matches nothing, so that neither a zero byte nor a dot too many can stand for
// another name. Internationalised names come as A-labels. There is no list of public suffixes.
#include "x509/match.h"

#include "base/bytes.h"
#include "x509/name.h"

enum { MATCH_LABEL_MAX = 63, MATCH_HOST_MAX = 253 };

static uint8_t match_fold(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static bool match_is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

bool match_is_host(skr_view_t text) {
    size_t start = 0; // of the current label
    bool digits = true; // is all of it
    if (text.size == 0 || text.size > MATCH_HOST_MAX) {
        return false;
    }
    for (size_t i = 0; i <= text.size; i++) {
        if (i == text.size || text.data[i] == '.') {
            size_t size = i - start;
            if (size == 0 || size > MATCH_LABEL_MAX || text.data[start] == '-' ||
                text.data[i - 1] == '-') {
                return false;
            }
            if (i < text.size) {
                start = i + 1;
                digits = true;
            }
            continue;
        }
        uint8_t byte = match_fold(text.data[i]);
        if (!match_is_digit(byte) && byte != '-' && (byte < 'a' || byte > 'z')) {
            return false;
        }
        digits = digits && match_is_digit(byte);
    }
    return !digits; // else it is an address, or a mistaken one
}

static bool match_is_wildcard(skr_view_t text) {
    return text.size > 2 && text.data[0] == '*' && text.data[1] == '.';
}

static skr_view_t match_behind(skr_view_t text, size_t size) {
    return view_of(text.data + size, text.size - size);
}

bool match_is_pattern(skr_view_t text) {
    return match_is_host(match_is_wildcard(text) ? match_behind(text, 2) : text);
}

bool match_text_equal(skr_view_t a, skr_view_t b) {
    if (a.size != b.size) {
        return false;
    }
    for (size_t i = 0; i < a.size; i++) {
        if (match_fold(a.data[i]) != match_fold(b.data[i])) {
            return false;
        }
    }
    return true;
}

// The size of the first label.
static size_t match_label(skr_view_t text) {
    size_t size = 0;
    while (size < text.size && text.data[size] != '.') {
        size++;
    }
    return size;
}

// host is a host name.
static bool match_dns(skr_view_t pattern, skr_view_t host) {
    if (!match_is_wildcard(pattern)) {
        return match_text_equal(pattern, host);
    }
    skr_view_t base = match_behind(pattern, 2);
    size_t label = match_label(host);
    bool two_labels = match_label(base) < base.size;
    return two_labels && label < host.size && match_text_equal(base, match_behind(host, label + 1));
}

bool match_name(skr_view_t subject_alt_name, const skr_name_t *name) {
    reader_t r = reader_of(subject_alt_name);
    uint8_t wanted = name->kind == SKR_NAME_IP ? NAME_IP : NAME_DNS;
    uint8_t tag;
    skr_view_t value;
    if (name->kind == SKR_NAME_DNS && !match_is_host(name->data)) {
        return false;
    }
    while (name_general(&r, &tag, &value)) {
        if (tag != wanted) {
            continue;
        }
        if (wanted == NAME_IP ? view_equal(value, name->data) : match_dns(value, name->data)) {
            return true;
        }
    }
    return false;
}

bool skr_certificate_matches(skr_view_t der, const skr_name_t *name) {
    x509_certificate_t certificate;
    return name->kind != SKR_NAME_NONE && certificate_read(&certificate, der) == SKR_OK &&
        match_name(certificate.subject_alt_name, name);
}
