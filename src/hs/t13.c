// EncryptedExtensions and CertificateRequest of TLS 1.3.
//
// In: what was negotiated, or the peer's message (RFC 9846 sections 4.4.1, 4.4.2). Out: the
// messages; the agreed application protocol; the credential and scheme that a client will answer a
// CertificateRequest with. A client without a fitting credential is no error: it sends an empty
// Certificate and the server decides (section 4.5.1).
#include "base/bytes.h"
#include "hs/handlers.h"
#include "hs/hello.h"
#include "hs/limit.h"
#include "hs/offer.h"

skr_status_t t13_send_ee(hs_t *hs, writer_t *w) {
    writer_block_t extensions = writer_open(w, 2);
    limit_write_answer(hs, w);
    if (hs->name_known) {
        wire_write_empty(w, WIRE_EXT_SERVER_NAME); // RFC 6066 section 3: the name was used
    }
    if (hs->alpn != 0) {
        wire_write_alpn(w, &hs->config->alpn[hs->alpn - 1], 1);
    }
    writer_close(w, extensions);
    return SKR_OK;
}

skr_status_t t13_recv_ee(hs_t *hs, skr_view_t body) {
    wire_extensions_t extensions;
    skr_status_t status = wire_read_encrypted_extensions(body, &extensions);
    if (status == SKR_OK) {
        status = wire_check_offered(&extensions, hs->offered);
    }
    if (status != SKR_OK) {
        return status;
    }
    skr_view_t name = extensions.body[WIRE_EXT_SERVER_NAME];
    if (view_is(name) && name.size != 0) {
        return SKR_ERR_DECODE; // RFC 6066 section 3: the answer is empty
    }
    status = limit_take_answer(hs, &extensions);
    return status != SKR_OK ? status : hello_take_alpn(hs, extensions.body[WIRE_EXT_ALPN]);
}

skr_status_t t13_send_cert_req(hs_t *hs, writer_t *w) {
    writer_u8(w, 0); // certificate_request_context: empty in the handshake
    writer_block_t extensions = writer_open(w, 2);
    offer_write_schemes(hs->config, w);
    writer_close(w, extensions);
    return SKR_OK;
}

skr_status_t t13_recv_cert_req(hs_t *hs, skr_view_t body) {
    wire_certificate_request_t request;
    skr_status_t status = wire_read_certificate_request(body, &request);
    if (status != SKR_OK) {
        return status;
    }
    if (request.context.size != 0) {
        return SKR_ERR_REQUEST_CONTEXT;
    }
    if (!view_is(request.extensions.body[WIRE_EXT_SIGNATURE_ALGORITHMS])) {
        return SKR_ERR_MISSING_EXTENSION;
    }
    skr_view_t schemes = {NULL, 0};
    status = wire_read_numbers(request.extensions.body[WIRE_EXT_SIGNATURE_ALGORITHMS], 2, &schemes);
    if (status != SKR_OK) {
        return status;
    }
    if (!offer_credential(hs, schemes, NULL, SUITE_AUTH_ANY)) {
        hs->facts |= F_EMPTY_CERT;
    }
    return SKR_OK;
}
