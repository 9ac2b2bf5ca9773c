// skr_x509_verify() the other way: the chain streams through a window, cut into pieces.
#ifndef TESTS_SUPPORT_X509_STREAMED_H
#define TESTS_SUPPORT_X509_STREAMED_H

#include "skerry/x509.h"

enum { X509_STREAMED_WINDOW_MAX = 65536 };

// window: bytes besides the stream's own struct. piece: how many bytes come at a time, 0: each
// certificate in one. peak, when it is not NULL: the most bytes of the window that were in use.
skr_status_t x509_streamed(const skr_verify_request_t *request, size_t window, size_t piece,
    skr_verify_result_t *result, size_t *peak);
// Both ways, with a large window, in several cuts: the same verdict, or the program ends. Windows
// of other sizes must give it, too, or CERT_WINDOW. Returns it.
skr_status_t x509_both(const skr_verify_request_t *request, skr_verify_result_t *result);

#endif
