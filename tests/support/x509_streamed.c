// A chain through the streaming validator, as a TLS connection does it.
//
// In: a request as for skr_x509_verify(), the size of the window, how many bytes come at a time.
// Out: the verdict and the most bytes that the window held. x509_both() compares the two ways on
// every request that passes: who is accepted by one must be accepted by the other, by the same
// path.
#include "support/x509_streamed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "x509/stream.h"

static size_t streamed_in_use(const x509_stream_t *stream) {
    return stream->window.used + stream->window.nodes * sizeof(window_node_t);
}

skr_status_t x509_streamed(const skr_verify_request_t *request, size_t window, size_t piece,
    skr_verify_result_t *result, size_t *peak) {
    // Of its exact size, so that a sanitizer sees what is beyond.
    size_t size = sizeof(x509_stream_t) + window;
    x509_stream_t *stream = aligned_alloc(16, (size + 15) / 16 * 16);
    size_t most = 0;
    if (stream == NULL || !stream_init(stream, size, result, false)) {
        abort();
    }
    skr_status_t status = SKR_OK;
    for (size_t i = 0; i < request->chain_count && status == SKR_OK; i++) {
        skr_view_t der = request->chain[i];
        status = stream_begin(stream, request, der.size);
        for (size_t at = 0; at < der.size && status == SKR_OK;) {
            size_t n = piece == 0 || piece > der.size - at ? der.size - at : piece;
            status = stream_feed(stream, request, view_of(der.data + at, n));
            at += n;
            most = streamed_in_use(stream) > most ? streamed_in_use(stream) : most;
        }
        if (status == SKR_OK) {
            status = stream_end(stream, request);
        }
    }
    if (status == SKR_OK) {
        status = stream_finish(stream, request);
    }
    free(stream);
    if (peak != NULL) {
        *peak = most;
    }
    return status;
}

// Where both refuse they may tell of it differently: of bytes that can't be read each sees another
// part first, a search that goes back does more work, and names may not have fitted.
static bool streamed_alike(const skr_verify_request_t *request, const skr_verify_result_t *memory,
    const skr_verify_result_t *streamed) {
    if (memory->status == SKR_OK || streamed->status == SKR_OK) {
        return memory->status == streamed->status && memory->path_size == streamed->path_size &&
            memory->anchor == streamed->anchor;
    }
    bool unreadable = memory->status == SKR_ERR_CERT_MALFORMED ||
        streamed->status == SKR_ERR_CERT_MALFORMED;
    if (unreadable || memory->status == SKR_ERR_CERT_TOO_COMPLEX ||
        streamed->status == SKR_ERR_CERT_WINDOW) {
        return true;
    }
    bool is_anchor = request->chain_count > 0 && memory->certificate >= request->chain_count;
    return memory->status == streamed->status && memory->field == streamed->field &&
        is_anchor == (streamed->certificate >= STREAM_ANCHOR);
}

// A window of any size gives the verdict of the large one, or says that it is too small. Every call
// tries a few others, so that all requests together try all of them.
static void streamed_any_window(
    const skr_verify_request_t *request, const skr_verify_result_t *large) {
    static unsigned next;
    for (unsigned i = 0; i < 4; i++) {
        size_t window = next++ * 616 % 4096; // all multiples of 8
        skr_verify_result_t streamed;
        (void)x509_streamed(request, window, 32, &streamed, NULL);
        if (streamed.status != SKR_ERR_CERT_WINDOW && streamed.status != large->status) {
            fprintf(stderr, "x509_both: %s, %u, %s; through a window of %zu %s, %u, %s\n",
                skr_error_name(large->status), large->certificate, skr_field_name(large->field),
                window, skr_error_name(streamed.status), streamed.certificate,
                skr_field_name(streamed.field));
            abort();
        }
    }
}

skr_status_t x509_both(const skr_verify_request_t *request, skr_verify_result_t *result) {
    static const size_t pieces[] = {0, 1, 7, 64};
    skr_status_t status = skr_x509_verify(request, result);
    bool fits = request->chain_count <= SKR_CHAIN_MAX; // no peer may send more
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]) && fits; i++) {
        skr_verify_result_t streamed;
        (void)x509_streamed(request, X509_STREAMED_WINDOW_MAX, pieces[i], &streamed, NULL);
        if (!streamed_alike(request, result, &streamed)) {
            fprintf(stderr, "x509_both: in memory %s, %u, %s; in pieces of %zu %s, %u, %s\n",
                skr_error_name(status), result->certificate, skr_field_name(result->field),
                pieces[i], skr_error_name(streamed.status), streamed.certificate,
                skr_field_name(streamed.field));
            abort();
        }
        if (i == 0) {
            streamed_any_window(request, &streamed);
        }
    }
    return status;
}
