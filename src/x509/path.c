// From a received chain to a trusted root: path building and validation (RFC 5280 section 6).
//
// In: a request (chain, anchors, name, purpose, time, provider). Out: the path that was found, or
// the best refusal. A depth-first search from the leaf upwards. Whoever could have issued the top
// of the path so far is a candidate: first all anchors, then the rest of the chain, first those
// whose key identifier fits, then those whose does not (it is a hint, section 4.2.1.1). A candidate
// is checked in full before the path grows by it, the signature last as the dearest, so a path that
// reaches an anchor is valid. Anchors are trusted because the caller gave them; what the peer
// sends, self-signed or not, never is. The chain may come in any order, with certificates too many
// or twice. Work is bounded by limits.h in depth, signatures and name comparisons. Nothing recurses
// and nothing is copied but views. Not done: policies (extensions.c), revocation, fetching of
// missing certificates.
#include "skerry/x509.h"

#include "base/bytes.h"
#include "skerry/limits.h"
#include "x509/algorithm.h"
#include "x509/anchor.h"
#include "x509/certificate.h"
#include "x509/check.h"
#include "x509/constraints.h"
#include "x509/match.h"
#include "x509/name.h"
#include "x509/refusal.h"
#include "x509/signature.h"

typedef struct {
    size_t next; // which candidate for this one's issuer comes next
    uint8_t index; // in the chain
    uint8_t intermediates; // up to here, that count for pathLenConstraint
} path_level_t;

typedef struct {
    const skr_verify_request_t *request;
    skr_verify_result_t *result;
    refusal_t refusal; // that stands in result
    uint8_t size; // of the path
    unsigned signatures; // that may still be checked
    unsigned names; // comparisons that may still be made
    path_level_t level[SKR_PATH_MAX];
    x509_certificate_t top, candidate; // the path's last one, and who may have issued it
} path_t;

typedef struct {
    skr_view_t der;
    size_t index; // of the anchor, or in the chain
    bool is_anchor;
    bool fits; // in the round of those whose key identifier fits
} path_candidate_t;

typedef enum { PATH_NEXT, PATH_GREW, PATH_FOUND, PATH_ABORTED } path_step_t;

static void path_note(
    path_t *path, refusal_rank_t rank, skr_status_t status, size_t certificate, unsigned field) {
    refusal_note(&path->refusal, path->result, rank, path->size, status, certificate, field);
}

static size_t path_number(const path_t *path, const path_candidate_t *candidate) {
    return candidate->is_anchor ? path->request->chain_count + candidate->index : candidate->index;
}

static size_t path_top_number(const path_t *path) {
    return path->level[path->size - 1].index;
}

static bool path_holds(const path_t *path, size_t index) {
    for (unsigned i = 0; i < path->size; i++) {
        if (path->level[i].index == index) {
            return true;
        }
    }
    return false;
}

// Is the candidate's name with its key in the path already, in another certificate? Then whatever
// it leads to, that other one does by a shorter path, and going round would use up all work where
// CAs have certified each other (RFC 4158 section 5.2).
static bool path_holds_entity(const path_t *path) {
    const x509_certificate_t *candidate = &path->candidate;
    for (unsigned i = 0; i < path->size; i++) {
        skr_view_t issuer;
        skr_view_t subject;
        x509_certificate_t below;
        skr_view_t der = path->request->chain[path->level[i].index];
        if (certificate_names(der, &issuer, &subject) && name_equal(subject, candidate->subject) &&
            certificate_read(&below, der) == SKR_OK && below.key.type == candidate->key.type &&
            view_equal(below.key.a, candidate->key.a) &&
            view_equal(below.key.b, candidate->key.b)) {
            return true;
        }
    }
    return false;
}

// The next candidate by position, whoever it is. false: there are no more.
static bool path_candidate(path_t *path, path_candidate_t *candidate) {
    const skr_verify_request_t *request = path->request;
    size_t all = request->anchor_count + request->chain_count;
    size_t next = path->level[path->size - 1].next;
    if (next >= 2 * all) {
        return false;
    }
    path->level[path->size - 1].next = next + 1;
    candidate->fits = next < all;
    next = candidate->fits ? next : next - all;
    candidate->is_anchor = next < request->anchor_count;
    candidate->index = candidate->is_anchor ? next : next - request->anchor_count;
    candidate->der = candidate->is_anchor ? request->anchors[next]
                                          : request->chain[candidate->index];
    return true;
}

// Does the candidate bear the name of the top's issuer, and is it its turn? Reads it into
// path->candidate.
static bool path_is_due(path_t *path, const path_candidate_t *candidate) {
    skr_view_t issuer;
    skr_view_t subject;
    if (!candidate->is_anchor && path_holds(path, candidate->index)) {
        return false;
    }
    bool is_read = candidate->is_anchor ? anchor_subject(candidate->der, &subject)
                                        : certificate_names(candidate->der, &issuer, &subject);
    if (!is_read) {
        if (!candidate->is_anchor) {
            path_note(path, RANK_UNREADABLE, SKR_ERR_CERT_MALFORMED, candidate->index,
                SKR_FIELD_CERTIFICATE);
        }
        return false;
    }
    if (!name_equal(subject, path->top.issuer)) {
        return false;
    }
    skr_status_t status = candidate->is_anchor ? anchor_read(&path->candidate, candidate->der)
                                               : certificate_read(&path->candidate, candidate->der);
    if (status != SKR_OK) {
        path_note(path, RANK_CHECK, SKR_ERR_CERT_MALFORMED, path_number(path, candidate),
            path->candidate.field);
        return false;
    }
    if (!candidate->is_anchor && path_holds_entity(path)) {
        return false;
    }
    skr_view_t wanted = path->top.authority_key_id;
    skr_view_t found = path->candidate.subject_key_id;
    bool fits = !view_is(wanted) || !view_is(found) || view_equal(wanted, found);
    return fits == candidate->fits;
}

// Do the certificates of the path keep the candidate's name constraints? Self-issued ones need not,
// but for the leaf (RFC 5280 section 6.1.3 (b)).
static skr_status_t path_check_constraints(
    path_t *path, size_t candidate, size_t *blamed, uint8_t *field) {
    skr_view_t constraints = path->candidate.name_constraints;
    if (!view_is(constraints)) {
        return SKR_OK;
    }
    *blamed = candidate;
    *field = SKR_FIELD_NAME_CONSTRAINTS;
    skr_status_t status = constraints_read(constraints, &path->names);
    for (unsigned i = 0; i < path->size && status == SKR_OK; i++) {
        x509_certificate_t below;
        size_t index = path->level[i].index;
        status = certificate_read(&below, path->request->chain[index]);
        if (status == SKR_OK && (i == 0 || !below.is_self_issued)) {
            *blamed = index;
            status = constraints_check(constraints, &below, &path->names, field);
        }
    }
    return status;
}

// All of the candidate that can be said without its key. On a refusal *blamed is the number of the
// certificate that is wrong.
static skr_status_t path_check(path_t *path, const path_candidate_t *candidate,
    signature_means_t *means, size_t *blamed, uint8_t *field) {
    const x509_certificate_t *c = &path->candidate;
    check_place_t place = candidate->is_anchor ? CHECK_ANCHOR : CHECK_INTERMEDIATE;
    unsigned intermediates = path->level[path->size - 1].intermediates;
    *blamed = path_number(path, candidate);
    skr_status_t status = check_certificate(path->request, c, place, intermediates, field);
    if (status == SKR_OK) {
        status = path_check_constraints(path, *blamed, blamed, field);
    }
    uint16_t scheme = algorithm_scheme(path->top.algorithm, &c->key, c->key_hash);
    if (status == SKR_OK && !signature_find(path->request->provider, scheme, means)) {
        *blamed = path_top_number(path);
        *field = SKR_FIELD_SIGNATURE_ALGORITHM;
        status = SKR_ERR_CERT_ALGORITHM;
    }
    return status;
}

// Ends the search: no other path may change the verdict.
static path_step_t path_abort(path_t *path, skr_status_t status, unsigned field) {
    path_note(path, RANK_FINAL, status, path_top_number(path), field);
    return PATH_ABORTED;
}

// Checks the candidate in full as the top's issuer. Refusals of one whose key identifier does not
// fit are not worth a note: he is a namesake.
static path_step_t path_try(path_t *path, const path_candidate_t *candidate) {
    signature_means_t means;
    size_t blamed;
    uint8_t field = SKR_FIELD_NONE;
    skr_status_t status = path_check(path, candidate, &means, &blamed, &field);
    if (status != SKR_OK) {
        if (candidate->fits) {
            path_note(path, RANK_CHECK, status, blamed, field);
        }
        return PATH_NEXT;
    }
    if (path->signatures == 0) {
        path_note(
            path, RANK_WORK, SKR_ERR_CERT_TOO_COMPLEX, path_top_number(path), SKR_FIELD_ISSUER);
        return PATH_ABORTED;
    }
    path->signatures--;
    switch (signature_verify(&means, &path->candidate.key, path->top.tbs, path->top.signature)) {
        case SKR_CRYPTO_OK:
            return candidate->is_anchor ? PATH_FOUND : PATH_GREW;
        case SKR_CRYPTO_REFUSED:
            if (candidate->fits) {
                path_note(path, RANK_SIGNATURE, SKR_ERR_CERT_SIGNATURE, path_top_number(path),
                    SKR_FIELD_SIGNATURE);
            }
            return PATH_NEXT;
        default:
            return path_abort(path, SKR_ERR_PROVIDER, SKR_FIELD_SIGNATURE);
    }
}

// The candidate of the chain becomes the path's top.
static path_step_t path_grow(path_t *path, const path_candidate_t *candidate) {
    if (path->size == SKR_PATH_MAX) {
        path_note(path, RANK_WORK, SKR_ERR_CERT_TOO_COMPLEX, candidate->index, SKR_FIELD_ISSUER);
        return PATH_NEXT;
    }
    unsigned intermediates = path->level[path->size - 1].intermediates +
        !path->candidate.is_self_issued;
    if (path->request->max_intermediates != 0 &&
        intermediates > path->request->max_intermediates - 1u) {
        path_note(path, RANK_CHECK, SKR_ERR_CERT_PATH_LENGTH, candidate->index, SKR_FIELD_ISSUER);
        return PATH_NEXT;
    }
    path_level_t *level = &path->level[path->size++];
    level->next = 0;
    level->index = (uint8_t)candidate->index;
    level->intermediates = (uint8_t)intermediates;
    path->top = path->candidate;
    return PATH_GREW;
}

// The top has no issuer here: back to the one below it. The top was read before, so that it can be
// read.
static void path_shrink(path_t *path) {
    path_note(
        path, RANK_NO_ISSUER, SKR_ERR_CERT_UNKNOWN_CA, path_top_number(path), SKR_FIELD_ISSUER);
    path->size--;
    if (path->size > 0) {
        certificate_read(&path->top, path->request->chain[path_top_number(path)]);
    }
}

static path_step_t path_search(path_t *path) {
    path_step_t step = PATH_NEXT;
    while (path->size > 0 && step != PATH_FOUND && step != PATH_ABORTED) {
        path_candidate_t candidate;
        if (!path_candidate(path, &candidate)) {
            path_shrink(path);
            continue;
        }
        if (!path_is_due(path, &candidate)) {
            continue;
        }
        step = path_try(path, &candidate);
        if (step == PATH_GREW) {
            step = path_grow(path, &candidate);
        }
        if (step == PATH_FOUND) {
            path->result->anchor = (uint16_t)candidate.index;
        }
    }
    return step;
}

// The leaf itself may be what is trusted, byte for byte: devices with self-signed certificates.
static bool path_leaf_is_anchor(path_t *path) {
    const skr_verify_request_t *request = path->request;
    for (size_t i = 0; i < request->anchor_count; i++) {
        if (view_equal(request->anchors[i], request->chain[0])) {
            path->result->anchor = (uint16_t)i;
            return true;
        }
    }
    return false;
}

static skr_status_t path_accept(path_t *path) {
    skr_verify_result_t *result = path->result;
    const skr_verify_request_t *request = path->request;
    bool has_name = request->name != NULL && request->name->kind != SKR_NAME_NONE;
    if (certificate_read(&path->top, request->chain[0]) != SKR_OK ||
        (has_name && !match_name(path->top.subject_alt_name, request->name))) {
        path_abort(path, SKR_ERR_CERT_NAME, SKR_FIELD_SUBJECT_ALT_NAME);
        result->certificate = 0;
        return result->status;
    }
    result->path_size = path->size;
    for (unsigned i = 0; i < path->size; i++) {
        result->path[i] = path->level[i].index;
    }
    result->certificate = 0;
    result->field = SKR_FIELD_NONE;
    result->status = SKR_OK;
    return SKR_OK;
}

static skr_status_t path_refuse_leaf(
    skr_verify_result_t *result, skr_status_t status, unsigned field) {
    result->status = status;
    result->field = (uint8_t)field;
    return status;
}

skr_status_t skr_x509_verify(const skr_verify_request_t *request, skr_verify_result_t *result) {
    static const skr_verify_result_t empty = {.status = SKR_ERR_CERT_UNKNOWN_CA};
    path_t path = {.request = request,
        .result = result,
        .size = 1,
        .signatures = SKR_PATH_SIGNATURES_MAX,
        .names = SKR_NAME_CHECKS_MAX};
    uint8_t field = SKR_FIELD_NONE;
    *result = empty;
    if (request->chain_count == 0 || request->anchor_count > UINT16_MAX) {
        return path_refuse_leaf(result, SKR_ERR_USAGE, SKR_FIELD_NONE);
    }
    if (request->chain_count > SKR_VERIFY_CHAIN_MAX) {
        return path_refuse_leaf(result, SKR_ERR_CERT_TOO_COMPLEX, SKR_FIELD_NONE);
    }
    skr_status_t status = certificate_read(&path.top, request->chain[0]);
    if (status != SKR_OK) {
        return path_refuse_leaf(result, status, path.top.field);
    }
    bool is_anchor = path_leaf_is_anchor(&path);
    status = check_certificate(
        request, &path.top, is_anchor ? CHECK_TRUSTED_LEAF : CHECK_LEAF, 0, &field);
    if (status != SKR_OK) {
        return path_refuse_leaf(result, status, field);
    }
    if (!is_anchor && path_search(&path) != PATH_FOUND) {
        return result->status;
    }
    return path_accept(&path);
}
