// Handshake messages of TLS 1.2: their fixed parts and vectors.
//
// In: a message's body, as a view. Out: a struct of views into it, or a status; nothing is copied
// (RFC 5246 section 7.4, RFC 8422 section 5). What can't be parsed is SKR_ERR_DECODE; what was
// offered and what fits is the handshake's to say. Only ECDHE and pre-shared keys (RFC 4279, RFC
// 5489) have a form here: static RSA, DHE and explicit curves are neither offered nor read.
#include "wire/messages12.h"

#include "base/bytes.h"

enum { CURVE_TYPE_NAMED = 3 };

static skr_status_t read_end12(const reader_t *r) {
    return reader_done(r) ? SKR_OK : SKR_ERR_DECODE;
}

skr_status_t wire_read_server_hello12(skr_view_t body, wire_server_hello_t *out) {
    reader_t r = reader_of(body);
    (void)reader_u16(&r);
    (void)reader_bytes(&r, SKR_RANDOM_SIZE);
    (void)reader_vector(&r, 1);
    (void)reader_u16(&r);
    (void)reader_u8(&r);
    if (!reader_more(&r)) {
        return read_end12(&r);
    }
    skr_status_t status = wire_read_extensions(&r, WIRE_IN_SH12, &out->extensions);
    return reader_done(&r) ? status : SKR_ERR_DECODE;
}

skr_status_t wire_read_certificate12(skr_view_t body, skr_view_t *list) {
    reader_t r = reader_of(body);
    *list = reader_vector(&r, 3);
    return read_end12(&r);
}

bool wire_next_certificate12(reader_t *list, skr_view_t *der) {
    if (!reader_more(list)) {
        return false;
    }
    *der = reader_vector(list, 3);
    if (der->size == 0) {
        reader_fail(list);
    }
    return !reader_failed(list);
}

static skr_status_t read_ecdh_params(reader_t *r, wire_server_key_exchange_t *out) {
    uint8_t curve_type = reader_u8(r);
    if (!reader_failed(r) && curve_type != CURVE_TYPE_NAMED) {
        return SKR_ERR_GROUP_ANSWER; // what follows has another form
    }
    out->group = reader_u16(r);
    out->share = reader_vector(r, 1);
    if (out->share.size == 0) {
        reader_fail(r);
    }
    return reader_failed(r) ? SKR_ERR_DECODE : SKR_OK;
}

skr_status_t wire_read_server_key_exchange(skr_view_t body, wire_server_key_exchange_t *out) {
    reader_t r = reader_of(body);
    skr_status_t status = read_ecdh_params(&r, out);
    if (status != SKR_OK) {
        return status;
    }
    out->params = view_of(body.data, (size_t)(r.p - body.data));
    out->scheme = reader_u16(&r);
    out->signature = reader_vector(&r, 2);
    return read_end12(&r);
}

skr_status_t wire_read_psk_server_key_exchange(
    skr_view_t body, bool ecdhe, wire_server_key_exchange_t *out) {
    reader_t r = reader_of(body);
    (void)reader_vector(&r, 2); // psk_identity_hint
    skr_status_t status = reader_failed(&r) ? SKR_ERR_DECODE : SKR_OK;
    if (status == SKR_OK && ecdhe) {
        status = read_ecdh_params(&r, out);
    }
    return status != SKR_OK ? status : read_end12(&r);
}

void wire_write_ecdh_params(writer_t *w, uint16_t group, skr_view_t share) {
    writer_u8(w, CURVE_TYPE_NAMED);
    writer_u16(w, group);
    writer_vector(w, 1, share);
}

skr_status_t wire_read_certificate_request12(skr_view_t body, wire_certificate_request12_t *out) {
    reader_t r = reader_of(body);
    out->types = reader_vector(&r, 1);
    out->schemes = reader_vector(&r, 2);
    out->authorities = reader_vector(&r, 2);
    if (out->types.size == 0 || out->schemes.size == 0 || out->schemes.size % 2 != 0) {
        reader_fail(&r);
    }
    return read_end12(&r);
}

skr_status_t wire_read_client_key_exchange(skr_view_t body, skr_view_t *share) {
    reader_t r = reader_of(body);
    *share = reader_vector(&r, 1);
    if (share->size == 0) {
        reader_fail(&r);
    }
    return read_end12(&r);
}

skr_status_t wire_read_psk_client_key_exchange(
    skr_view_t body, bool ecdhe, skr_view_t *identity, skr_view_t *share) {
    reader_t r = reader_of(body);
    *identity = reader_vector(&r, 2);
    if (ecdhe) {
        *share = reader_vector(&r, 1);
        if (share->size == 0) {
            reader_fail(&r);
        }
    }
    return read_end12(&r);
}

skr_status_t wire_read_new_session_ticket12(
    skr_view_t body, uint32_t *lifetime, skr_view_t *ticket) {
    reader_t r = reader_of(body);
    *lifetime = reader_u32(&r);
    *ticket = reader_vector(&r, 2);
    return read_end12(&r);
}
