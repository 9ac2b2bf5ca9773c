// The space of name constraints.
//
// In: nothing. Out: every combination as a case with its verdict. The rule of the verdict: the leaf
// bears the name that is asked for, in the subjectAltName, and each name there is permitted (or
// nothing is said of its kind) and not excluded; the common name never counts (RFC 9525 section 6,
// RFC 5280 section 4.2.1.10). Names that hide in other kinds or in longer names bring nothing.
#include "support/x509_cases.h"

#include <stdio.h>
#include <string.h>

#include "support/x509_make.h"

typedef enum { NONE, GOOD, BAD, STATES } state_t;
typedef enum { LOWER, UPPER, ROOT, PLACES } place_t; // which CA is constrained
enum { IS_DNS, IS_IP, KINDS };
enum { CONSTRAINTS = STATES * STATES * STATES * STATES };

static const char *const state_names[STATES] = {"-", "good", "bad"};
static const char *const place_names[PLACES] = {"lower CA", "upper CA", "root"};

// What the values stand for; [kind][state].
typedef struct {
    const char *name[KINDS][STATES];
    const char *subtree[KINDS][STATES];
} values_t;
static const values_t values4 = {
    .name = {{NULL, "host.good.example", "host.bad.example"}, {NULL, "192.0.2.1", "198.51.100.1"}},
    .subtree = {{NULL, "DNS:good.example", "DNS:bad.example"},
        {NULL, "IP:192.0.2.0/24", "IP:198.51.100.0/24"}},
};
static const values_t values6 = {
    .name = {{NULL, "host.good.example", "host.bad.example"}, {NULL, "2001:db8:1::1", "fd00::1"}},
    .subtree = {{NULL, "DNS:host.good.example", "DNS:bad.example"},
        {NULL, "IP:2001:db8:1::/48", "IP:fd00::/8"}},
};

typedef struct {
    state_t permitted[KINDS], excluded[KINDS];
} constraints_t;

typedef struct {
    unsigned tag; // of a further GeneralName
    const char *bytes; // NULL: there is none
    size_t size;
} extra_t;

typedef struct {
    state_t common_name;
    unsigned common_name_kind;
    state_t names[KINDS];
    extra_t extra;
} leaf_t;

static struct {
    x509_case_visit_t visit;
    void *user;
    x509_made_t root, upper, lower[CONSTRAINTS], leaf;
    x509_made_t uppers[CONSTRAINTS], roots[CONSTRAINTS];
    const values_t *values;
} now;

static constraints_t constraints_of(unsigned number) {
    constraints_t c;
    c.permitted[IS_DNS] = (state_t)(number % 3);
    c.permitted[IS_IP] = (state_t)(number / 3 % 3);
    c.excluded[IS_DNS] = (state_t)(number / 9 % 3);
    c.excluded[IS_IP] = (state_t)(number / 27);
    return c;
}

static void set_constraints(x509_make_t *how, unsigned number) {
    constraints_t c = constraints_of(number);
    size_t permitted = 0, excluded = 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (c.permitted[kind] != NONE) {
            how->permitted[permitted++] = now.values->subtree[kind][c.permitted[kind]];
        }
        if (c.excluded[kind] != NONE) {
            how->excluded[excluded++] = now.values->subtree[kind][c.excluded[kind]];
        }
    }
}

// The CAs for all constraints in each place. Those below keep name and key, so that one leaf fits.
static void make_cas(const values_t *values) {
    now.values = values;
    x509_make(&now.root, &(x509_make_t){.subject = "Root", .ca = true, .key_number = 1});
    x509_make(&now.upper,
        &(x509_make_t){.subject = "Upper", .ca = true, .key_number = 2, .issuer = &now.root});
    for (unsigned n = 0; n < CONSTRAINTS; n++) {
        x509_make_t lower = {.subject = "Lower", .ca = true, .key_number = 3, .issuer = &now.upper};
        x509_make_t upper = {.subject = "Upper", .ca = true, .key_number = 2, .issuer = &now.root};
        x509_make_t root = {.subject = "Root", .ca = true, .key_number = 1};
        set_constraints(&lower, n);
        set_constraints(&upper, n);
        set_constraints(&root, n);
        x509_make(&now.lower[n], &lower);
        x509_make(&now.uppers[n], &upper);
        x509_make(&now.roots[n], &root);
    }
}

static void write_name(x509_der_t *out, unsigned kind, const char *text) {
    skr_name_t parsed;
    if (kind == IS_DNS) {
        x509_der_text(out, 0x82, text);
    } else if (skr_name_parse((skr_view_t){(const uint8_t *)text, strlen(text)}, &parsed)) {
        x509_der_put(out, 0x87, parsed.data.data, parsed.data.size);
    }
}

static void make_leaf(const leaf_t *leaf) {
    uint8_t bytes[512];
    x509_der_t out = x509_der_of(bytes, sizeof(bytes));
    x509_make_t how = {.key_number = 4, .issuer = &now.lower[0], .ext_key_usage = "server"};
    const char *common_name = now.values->name[leaf->common_name_kind][leaf->common_name];
    how.subject = common_name != NULL ? common_name : "nobody";
    size_t sequence = x509_der_open(&out, 0x30);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (leaf->names[kind] != NONE) {
            write_name(&out, kind, now.values->name[kind][leaf->names[kind]]);
        }
    }
    if (leaf->extra.bytes != NULL) {
        x509_der_put(&out, (uint8_t)(0x80 | leaf->extra.tag), leaf->extra.bytes, leaf->extra.size);
    }
    x509_der_close(&out, sequence);
    if (out.size > 2) {
        how.extensions[0] = (x509_make_extension_t){"2.5.29.17", false, x509_der_done(&out)};
    }
    x509_make(&now.leaf, &how);
}

static bool is_good(const leaf_t *leaf, const constraints_t *c, unsigned asked) {
    for (unsigned kind = 0; kind < KINDS; kind++) {
        state_t name = leaf->names[kind];
        bool is_permitted = c->permitted[kind] == NONE || c->permitted[kind] == name;
        if (name != NONE && (!is_permitted || c->excluded[kind] == name)) {
            return false;
        }
    }
    return leaf->names[asked] == GOOD;
}

static void show(const leaf_t *leaf, unsigned number, unsigned asked, place_t place) {
    constraints_t c = constraints_of(number);
    char text[512];
    snprintf(text, sizeof(text),
        "asked for %s; leaf: commonName %s (%s), DNS %s, IP %s, extra [%u] \"%.*s\"; "
        "%s permits DNS %s, IP %s, excludes DNS %s, IP %s",
        asked == IS_DNS ? "DNS" : "IP", state_names[leaf->common_name],
        leaf->common_name_kind == IS_DNS ? "DNS" : "IP", state_names[leaf->names[IS_DNS]],
        state_names[leaf->names[IS_IP]], leaf->extra.tag, (int)leaf->extra.size,
        leaf->extra.bytes != NULL ? leaf->extra.bytes : "", place_names[place],
        state_names[c.permitted[IS_DNS]], state_names[c.permitted[IS_IP]],
        state_names[c.excluded[IS_DNS]], state_names[c.excluded[IS_IP]]);
    const char *host = now.values->name[asked][GOOD];
    skr_name_t name;
    skr_name_parse((skr_view_t){(const uint8_t *)host, strlen(host)}, &name);
    skr_view_t chain[] = {x509_made_view(&now.leaf),
        x509_made_view(place == LOWER ? &now.lower[number] : &now.lower[0]),
        x509_made_view(place == UPPER ? &now.uppers[number] : &now.upper),
        x509_made_view(&now.root)};
    skr_view_t anchor = x509_made_view(place == ROOT ? &now.roots[number] : &now.root);
    x509_case_t it = {.text = text,
        .chain = chain,
        .chain_count = 4,
        .anchors = &anchor,
        .anchor_count = 1,
        .name = &name,
        .time = X509_MAKE_NOW,
        .purpose = SKR_PURPOSE_SERVER,
        .is_good = is_good(leaf, &c, asked)};
    now.visit(now.user, &it);
}

static void show_all(const leaf_t *leaf, place_t place) {
    make_leaf(leaf);
    for (unsigned number = 0; number < CONSTRAINTS; number++) {
        for (unsigned asked = 0; asked < KINDS; asked++) {
            show(leaf, number, asked, place);
        }
    }
}

// Every combination, with the lower CA constrained.
static void all_combinations(void) {
    for (unsigned n = 0; n < 2 * STATES * STATES * STATES; n++) {
        leaf_t leaf = {.common_name_kind = n % 2,
            .common_name = (state_t)(n / 2 % 3),
            .names = {(state_t)(n / 6 % 3), (state_t)(n / 18)}};
        show_all(&leaf, LOWER);
    }
}

// The same without common names, for the other places.
static void all_places(place_t first) {
    for (place_t place = first; place < PLACES; place++) {
        for (unsigned n = 0; n < STATES * STATES; n++) {
            leaf_t leaf = {.names = {(state_t)(n % 3), (state_t)(n / 3)}};
            show_all(&leaf, place);
        }
    }
}

// A bad leaf under constraints that forbid the good name as well as the leaf's, and only one of
// them; the good one comes as a further name.
static void smuggle(unsigned asked, unsigned tag, const char *bytes, size_t size) {
    static const unsigned permits_bad[KINDS] = {2, 6}, excludes_good[KINDS] = {9, 27};
    leaf_t leaf = {.extra = {tag, bytes, size}};
    leaf.names[asked] = BAD;
    make_leaf(&leaf);
    show(&leaf, permits_bad[asked], asked, LOWER);
    show(&leaf, excludes_good[asked], asked, LOWER);
}

static void smuggle_names(unsigned tag) {
    static const char *const heads[] = {"", "http://", "https://", "spiffe://", "other://"};
    static const char *const separators[] = {", ", ",", ";", ":", "\n", " ", "#", "?", "@"};
    static const char *const prefixes[] = {"", "DNS:"};
    char text[128];
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", heads[i], now.values->name[IS_DNS][GOOD]);
        smuggle(IS_DNS, tag, text, strlen(text));
    }
    for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        for (size_t n = 0; n < 4; n++) {
            snprintf(text, sizeof(text), "%s%s%s%s%s", heads[n % 2], now.values->name[IS_DNS][BAD],
                separators[i], prefixes[n / 2], now.values->name[IS_DNS][GOOD]);
            smuggle(IS_DNS, tag, text, strlen(text));
        }
    }
    size_t size = strlen(now.values->name[IS_DNS][GOOD]);
    snprintf(text, sizeof(text), "%s%c.%s", now.values->name[IS_DNS][GOOD], 0,
        now.values->name[IS_DNS][BAD]);
    memcpy(text + size + 1, ".bad.example", 12); // a zero byte in the middle
    smuggle(IS_DNS, tag, text, size + 13);
}

static void smuggle_addresses(unsigned tag) {
    const char *text = now.values->name[IS_IP][GOOD];
    skr_name_t name;
    skr_name_parse((skr_view_t){(const uint8_t *)text, strlen(text)}, &name);
    smuggle(IS_IP, tag, text, strlen(text));
    smuggle(IS_IP, tag, (const char *)name.data.data, name.data.size);
}

// Names of kinds that nothing is said about do no harm, whatever they are.
static void harmless(void) {
    static const extra_t extras[] = {{6, "http://host.bad.example/", 24},
        {1, "root@host.bad.example", 21}, {8, "\x2a\x03\x04", 3}};
    for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
        leaf_t leaf = {.names = {GOOD, GOOD}, .extra = extras[i]};
        show_all(&leaf, LOWER);
    }
}

void x509_cases_names(x509_case_visit_t visit, void *user) {
    now.visit = visit;
    now.user = user;
    make_cas(&values4);
    all_combinations();
    all_places(UPPER);
    harmless();
    for (unsigned tag = 0; tag < 16; tag++) {
        smuggle_names(tag);
        smuggle_addresses(tag);
    }
    make_cas(&values6);
    all_places(LOWER);
    for (unsigned tag = 0; tag < 16; tag++) {
        smuggle_addresses(tag);
    }
}
