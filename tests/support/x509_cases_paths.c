// The space of path building.
//
// In: nothing. Out: graphs of CAs as cases with their verdicts. A node is a name with a key, an
// edge a certificate by one for another. The rule of the verdict: there is a way along edges that
// are not spoilt from the trusted node to the leaf. RFC 4158 section 2.3 (figure 7) and section 2.4
// (four meshes that are joined by a bridge) are two of the graphs. Which ways there are is looked
// for from the root downwards, over nodes, as the verifier does not.
#include "support/x509_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/x509_make.h"

enum { NODES_MAX = 32, EDGES_MAX = 40 };

typedef struct {
    const char *from, *to;
} arrow_t;

typedef struct {
    const char *name;
    const char *const *roots; // who is trusted, one at a time; ends with NULL
    const char *const *leaves; // who is asked for, likewise
    const arrow_t *arrows; // ends with NULL
    bool all_sets; // every set of arrows is spoilt; else each one, and for the first root and two
                   // leaves each pair
} graph_t;

// clang-format off
static const graph_t graphs[] = {
    {.name = "a line", .all_sets = true,
        .roots = (const char *const[]){"root", "CA", NULL},
        .leaves = (const char *const[]){"leaf", NULL},
        .arrows = (const arrow_t[]){{"CA", "leaf"}, {"root", "CA"}, {NULL, NULL}}},
    {.name = "a long line", .all_sets = true,
        .roots = (const char *const[]){"root", "CA", "CA 2", "CA 3", NULL},
        .leaves = (const char *const[]){"leaf", NULL},
        .arrows = (const arrow_t[]){{"CA", "leaf"}, {"root", "CA 3"}, {"CA 3", "CA 2"}, {"CA 2", "CA"},
            {NULL, NULL}}},
    {.name = "two roots", .all_sets = true,
        .roots = (const char *const[]){"root 1", "root 2", NULL},
        .leaves = (const char *const[]){"leaf", NULL},
        .arrows = (const arrow_t[]){{"CA", "leaf"}, {"root 1", "CA"}, {"root 2", "CA"}, {NULL, NULL}}},
    {.name = "two certificates of one CA by one root, a root that was cross-signed", .all_sets = true,
        .roots = (const char *const[]){"old root", "new root", NULL},
        .leaves = (const char *const[]){"leaf", NULL},
        .arrows = (const arrow_t[]){{"CA", "leaf"}, {"new root", "CA"}, {"new root", "CA"},
            {"old root", "new root"}, {NULL, NULL}}},
    {.name = "RFC 4158 figure 7", .all_sets = true,
        .roots = (const char *const[]){"root", "A", "C", "B", NULL},
        .leaves = (const char *const[]){"leaf", NULL},
        .arrows = (const arrow_t[]){{"B", "leaf"}, {"C", "B"}, {"A", "B"}, {"C", "A"}, {"A", "C"}, {"root", "C"},
            {"root", "A"}, {NULL, NULL}}},
    {.name = "RFC 4158 section 2.4, with a bridge",
        .roots = (const char *const[]){"Z", "W", "X", "Y", "bridge", "N", "O", NULL},
        .leaves = (const char *const[]){"EE", "D", "K", "M", "Q", "E", NULL},
        .arrows = (const arrow_t[]){{"N", "EE"}, {"B", "D"}, {"J", "K"}, {"L", "M"}, {"O", "Q"}, {"B", "E"},
            {"W", "F"}, {"W", "G"}, {"F", "H"}, {"F", "G"}, {"G", "F"}, {"H", "I"}, {"I", "H"}, {"G", "I"},
            {"X", "J"}, {"X", "L"}, {"L", "N"},
            {"Y", "A"}, {"Y", "C"}, {"A", "B"}, {"C", "B"}, {"A", "C"}, {"C", "A"},
            {"Z", "O"}, {"Z", "P"}, {"O", "R"}, {"R", "S"}, {"P", "S"},
            {"W", "bridge"}, {"bridge", "W"}, {"X", "bridge"}, {"bridge", "X"},
            {"Y", "bridge"}, {"bridge", "Y"}, {"Z", "bridge"}, {"bridge", "Z"}, {NULL, NULL}}},
};
// clang-format on

// How a CA's certificate is made useless.
typedef enum {
    SOUND,
    EXPIRED,
    NOT_YET,
    CONSTRAINED, // to other names than the leaf's
    OTHER_USE, // extendedKeyUsage
    NO_BASIC_CONSTRAINTS,
    NOT_A_CA,
    NO_CERT_SIGN,
    SHA1,
    BROKEN_SIGNATURE,
    CRITICAL, // an extension that nobody knows
    VERSION_1,
    OTHER_KEY, // the name is right
    WAYS
} way_t;
static const char *const way_names[WAYS] = {"sound", "expired", "not yet valid", "constrained",
    "for another use", "without basicConstraints", "not a CA", "without keyCertSign", "SHA-1",
    "broken signature", "critical extension", "version 1", "another key"};

static struct {
    x509_case_visit_t visit;
    void *user;
    const graph_t *graph;
    const char *nodes[NODES_MAX];
    size_t node_count, edge_count;
    unsigned from[EDGES_MAX], to[EDGES_MAX];
    x509_made_t *node[NODES_MAX]; // self-signed, which is what is trusted
    skr_view_t edge[EDGES_MAX][WAYS];
    unsigned turn; // case by case
} now;

static unsigned node_of(const char *name) {
    for (unsigned i = 0; i < now.node_count; i++) {
        if (strcmp(now.nodes[i], name) == 0) {
            return i;
        }
    }
    if (now.node_count == NODES_MAX) {
        abort();
    }
    now.nodes[now.node_count] = name;
    return (unsigned)now.node_count++;
}

static bool is_leaf(unsigned node) {
    for (size_t i = 0; now.graph->leaves[i] != NULL; i++) {
        if (strcmp(now.graph->leaves[i], now.nodes[node]) == 0) {
            return true;
        }
    }
    return false;
}

static void spoil(x509_make_t *how, way_t way) {
    how->not_after = way == EXPIRED ? "251231235959Z" : NULL;
    how->not_before = way == NOT_YET ? "260101000001Z" : NULL;
    how->permitted[0] = way == CONSTRAINED ? "DNS:other.example" : NULL;
    how->ext_key_usage = way == OTHER_USE ? "email" : how->ext_key_usage;
    how->no_basic_constraints = way == NO_BASIC_CONSTRAINTS;
    how->key_usage = way == NO_CERT_SIGN ? X509_CRL_SIGN
        : way == NOT_A_CA                ? X509_KEY_CERT_SIGN
                                         : how->key_usage;
    how->ca = way != NOT_A_CA && how->ca;
    how->scheme = way == SHA1 ? X509_SIGN_ECDSA_SHA1 : 0;
    how->broken_signature = way == BROKEN_SIGNATURE;
    if (way == CRITICAL) {
        static const uint8_t null[] = {5, 0};
        how->extensions[0] = (x509_make_extension_t){"1.3.6.1.4.1.55555.9", true, {null, 2}};
    }
    how->version = way == VERSION_1 ? 1 : 0;
    how->no_extensions = way == VERSION_1;
    how->key_number = way == OTHER_KEY ? 100 : how->key_number;
}

static skr_view_t make_edge(unsigned edge, way_t way) {
    static x509_made_t made;
    bool leaf = is_leaf(now.to[edge]);
    uint8_t serial[2] = {1, (uint8_t)edge};
    x509_make_t how = {.subject = now.nodes[now.to[edge]],
        .issuer = now.node[now.from[edge]],
        .key_number = now.to[edge],
        .ca = !leaf,
        .serial = {serial, sizeof(serial)}};
    if (leaf) {
        how.names[0] = "DNS:server.example";
        how.ext_key_usage = "server";
    } else {
        spoil(&how, way);
    }
    x509_make(&made, &how);
    uint8_t *copy = malloc(made.size);
    memcpy(copy, made.der, made.size);
    return (skr_view_t){copy, made.size};
}

static void make_graph(const graph_t *graph) {
    now.graph = graph;
    now.node_count = now.edge_count = 0;
    for (const arrow_t *arrow = graph->arrows; arrow->from != NULL; arrow++) {
        now.from[now.edge_count] = node_of(arrow->from);
        now.to[now.edge_count++] = node_of(arrow->to);
    }
    for (unsigned i = 0; i < now.node_count; i++) {
        now.node[i] = malloc(sizeof(x509_made_t));
        x509_make(
            now.node[i], &(x509_make_t){.subject = now.nodes[i], .ca = true, .key_number = i});
    }
    for (unsigned edge = 0; edge < now.edge_count; edge++) {
        for (unsigned way = 0; way < (is_leaf(now.to[edge]) ? 1u : WAYS); way++) {
            now.edge[edge][way] = make_edge(edge, (way_t)way);
        }
    }
}

static void free_graph(void) {
    for (unsigned i = 0; i < now.node_count; i++) {
        free(now.node[i]);
    }
    for (unsigned edge = 0; edge < now.edge_count; edge++) {
        for (unsigned way = 0; way < (is_leaf(now.to[edge]) ? 1u : WAYS); way++) {
            free((void *)(uintptr_t)now.edge[edge][way].data);
        }
    }
}

// Which nodes does trust reach? A set that grows until nothing is added any more.
static bool is_reached(unsigned root, unsigned leaf, uint64_t spoilt) {
    uint64_t reached = UINT64_C(1) << root, before = 0;
    while (reached != before) {
        before = reached;
        for (unsigned edge = 0; edge < now.edge_count; edge++) {
            if ((spoilt >> edge & 1) == 0 && (reached >> now.from[edge] & 1) != 0) {
                reached |= UINT64_C(1) << now.to[edge];
            }
        }
    }
    return (reached >> leaf & 1) != 0;
}

// The chain in one of four orders: as in the table, backwards, and from somewhere in the middle,
// stepping by one or by seven. Returns how many.
static size_t order_chain(
    skr_view_t *chain, unsigned leaf, uint64_t spoilt, way_t way, unsigned order) {
    size_t count = 0, all = now.edge_count;
    size_t step = order == 3 && all % 7 != 0 ? 7 : 1;
    for (unsigned edge = 0; edge < all; edge++) {
        if (now.to[edge] == leaf) {
            chain[count++] = now.edge[edge][SOUND];
        }
    }
    for (size_t i = 0; i < all; i++) {
        size_t edge = order == 1 ? all - 1 - i : (order < 2 ? i : (all / 2 + step * i) % all);
        if (!is_leaf(now.to[edge])) {
            chain[count++] = now.edge[edge][(spoilt >> edge & 1) != 0 ? way : SOUND];
        }
    }
    return count;
}

static void show(unsigned root, unsigned leaf, uint64_t spoilt, way_t way) {
    static const char host[] = "server.example";
    skr_name_t name;
    skr_view_t chain[EDGES_MAX];
    uint8_t bare[1024];
    char text[512];
    unsigned turn = now.turn++;
    skr_view_t anchor = x509_made_view(now.node[root]);
    if (turn / 4 % 2 == 1) {
        anchor.size = skr_anchor_write(anchor, bare, sizeof(bare));
        anchor.data = bare;
    }
    int size = snprintf(text, sizeof(text), "%s, from %s to %s, order %u, %s:", now.graph->name,
        now.nodes[root], now.nodes[leaf], turn % 4, way_names[way]);
    for (unsigned edge = 0; edge < now.edge_count; edge++) {
        if ((spoilt >> edge & 1) != 0) {
            size += snprintf(text + size, sizeof(text) - (size_t)size, " %s->%s",
                now.nodes[now.from[edge]], now.nodes[now.to[edge]]);
        }
    }
    skr_name_parse((skr_view_t){(const uint8_t *)host, sizeof(host) - 1}, &name);
    x509_case_t it = {.text = text,
        .chain = chain,
        .chain_count = order_chain(chain, leaf, spoilt, way, turn % 4),
        .anchors = &anchor,
        .anchor_count = 1,
        .name = &name,
        .time = X509_MAKE_NOW,
        .purpose = SKR_PURPOSE_SERVER,
        .is_good = is_reached(root, leaf, spoilt)};
    now.visit(now.user, &it);
}

static bool may_spoil(unsigned edge) {
    return !is_leaf(now.to[edge]);
}

// Every set of spoilt certificates in every way.
static void show_sets(unsigned root, unsigned leaf) {
    for (uint64_t set = 0; set < UINT64_C(1) << now.edge_count; set++) {
        bool is_set = true;
        for (unsigned edge = 0; edge < now.edge_count; edge++) {
            is_set = is_set && ((set >> edge & 1) == 0 || may_spoil(edge));
        }
        for (unsigned way = set == 0 ? SOUND : SOUND + 1; is_set && way < WAYS; way++) {
            show(root, leaf, set, (way_t)way);
            way = set == 0 ? WAYS : way;
        }
    }
}

// Nothing spoilt, in each order; each certificate, in each way or in one that changes.
static void show_single(unsigned root, unsigned leaf, bool each_way) {
    for (unsigned order = 0; order < 8; order++) {
        show(root, leaf, 0, SOUND);
    }
    for (unsigned edge = 0; edge < now.edge_count; edge++) {
        for (unsigned way = SOUND + 1; may_spoil(edge) && way < WAYS; way++) {
            if (each_way || now.turn % (WAYS - 1) + 1 == way) {
                show(root, leaf, UINT64_C(1) << edge, (way_t)way);
                way = each_way ? way : WAYS;
            }
        }
    }
}

// Each pair, each in another way than the one before.
static void show_pairs(unsigned root, unsigned leaf) {
    for (unsigned a = 0; a < now.edge_count; a++) {
        for (unsigned b = a + 1; b < now.edge_count; b++) {
            if (may_spoil(a) && may_spoil(b)) {
                way_t way = (way_t)(SOUND + 1 + now.turn % (WAYS - 1));
                show(root, leaf, UINT64_C(1) << a | UINT64_C(1) << b, way);
            }
        }
    }
}

void x509_cases_paths(x509_case_visit_t visit, void *user) {
    now.visit = visit;
    now.user = user;
    now.turn = 0;
    for (size_t g = 0; g < sizeof(graphs) / sizeof(graphs[0]); g++) {
        make_graph(&graphs[g]);
        for (size_t r = 0; now.graph->roots[r] != NULL; r++) {
            for (size_t l = 0; now.graph->leaves[l] != NULL; l++) {
                unsigned root = node_of(now.graph->roots[r]);
                unsigned leaf = node_of(now.graph->leaves[l]);
                if (now.graph->all_sets) {
                    show_sets(root, leaf);
                } else {
                    show_single(root, leaf, r == 0);
                    if (r == 0 && l < 2) {
                        show_pairs(root, leaf);
                    }
                }
            }
        }
        free_graph();
    }
}
