// Handshake messages of TLS 1.3: their fixed parts and vectors.
//
// In: a message's body, as a view. Out: a struct of views into it, or a status; nothing is copied.
// RFC 9846 sections 4.2.2 to 4.2.4 (hellos), 4.4 (EncryptedExtensions, CertificateRequest), 4.5
// (Certificate, CertificateVerify), 4.7 (NewSessionTicket, KeyUpdate). What can't be parsed or is
// too long for its field is SKR_ERR_DECODE, and only what can be parsed is judged further. Values
// that depend on the version, on what was offered or on the message's place are left to the
// handshake: legacy_version, compression, the echo of the session id.
#include "wire/messages.h"

#include "base/bytes.h"

// SHA-256 of "HelloRetryRequest"
const uint8_t wire_retry_random[SKR_RANDOM_SIZE] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
    0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
    0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

enum { TICKET_LIFETIME_MAX = 604800 }; // seconds, 7 days (section 4.7.1)

const char *wire_type_name(unsigned type) {
    switch (type) {
        case WIRE_HELLO_REQUEST:
            return "HelloRequest";
        case WIRE_CLIENT_HELLO:
            return "ClientHello";
        case WIRE_SERVER_HELLO:
            return "ServerHello";
        case WIRE_NEW_SESSION_TICKET:
            return "NewSessionTicket";
        case WIRE_END_OF_EARLY_DATA:
            return "EndOfEarlyData";
        case WIRE_ENCRYPTED_EXTENSIONS:
            return "EncryptedExtensions";
        case WIRE_CERTIFICATE:
            return "Certificate";
        case WIRE_SERVER_KEY_EXCHANGE:
            return "ServerKeyExchange";
        case WIRE_SERVER_HELLO_DONE:
            return "ServerHelloDone";
        case WIRE_CLIENT_KEY_EXCHANGE:
            return "ClientKeyExchange";
        case WIRE_CHANGE_CIPHER_SPEC:
            return "ChangeCipherSpec";
        case WIRE_CERTIFICATE_REQUEST:
            return "CertificateRequest";
        case WIRE_CERTIFICATE_VERIFY:
            return "CertificateVerify";
        case WIRE_FINISHED:
            return "Finished";
        case WIRE_KEY_UPDATE:
            return "KeyUpdate";
        case WIRE_MESSAGE_HASH:
            return "message_hash";
        case WIRE_HELLO_RETRY_REQUEST:
            return "HelloRetryRequest";
        default:
            return "unknown";
    }
}

writer_block_t wire_open_message(writer_t *w, wire_type_t type) {
    writer_u8(w, (uint8_t)(type == WIRE_HELLO_RETRY_REQUEST ? WIRE_SERVER_HELLO : type));
    return writer_open(w, 3);
}

static skr_status_t read_end(const reader_t *r) {
    return reader_done(r) ? SKR_OK : SKR_ERR_DECODE;
}

// The extensions at the end of a message. Bytes behind them are worse than what is wrong in them.
static skr_status_t read_last_extensions(reader_t *r, unsigned message, wire_extensions_t *out) {
    skr_status_t status = wire_read_extensions(r, message, out);
    return reader_done(r) ? status : SKR_ERR_DECODE;
}

static skr_view_t read_session_id(reader_t *r) {
    skr_view_t session_id = reader_vector(r, 1);
    if (session_id.size > SKR_SESSION_ID_MAX) {
        reader_fail(r);
    }
    return session_id;
}

skr_status_t wire_read_client_hello(skr_view_t body, wire_client_hello_t *out) {
    reader_t r = reader_of(body);
    memset(out, 0, sizeof(*out));
    out->extensions.last = WIRE_EXT_COUNT;
    out->legacy_version = reader_u16(&r);
    out->random = reader_bytes(&r, SKR_RANDOM_SIZE);
    out->session_id = read_session_id(&r);
    out->suites = reader_vector(&r, 2);
    out->compression = reader_vector(&r, 1);
    if (out->suites.size == 0 || out->suites.size % 2 != 0 || out->compression.size == 0) {
        reader_fail(&r);
    }
    out->has_extensions = reader_more(&r);
    if (!out->has_extensions) {
        return read_end(&r);
    }
    skr_status_t status = read_last_extensions(&r, WIRE_IN_CH, &out->extensions);
    // pre_shared_key must be the last (section 4.3.11): binders cover all that is before them.
    bool psk = view_is(out->extensions.body[WIRE_EXT_PRE_SHARED_KEY]);
    if (status == SKR_OK && psk && out->extensions.last != WIRE_EXT_PRE_SHARED_KEY) {
        return SKR_ERR_ILLEGAL_PARAMETER;
    }
    return status;
}

// Looks through a block of extensions for the one that tells TLS 1.3 from its elders. false in
// *found also for a block that can't be read, which is left to the caller to see.
static skr_status_t find_supported_versions(reader_t r, bool *found) {
    reader_t list = reader_of(reader_vector(&r, 2));
    *found = false;
    while (reader_more(&list)) {
        uint16_t number = reader_u16(&list);
        reader_vector(&list, 2);
        *found = *found || number == wire_ext_number(WIRE_EXT_SUPPORTED_VERSIONS);
    }
    return reader_done(&list) ? read_end(&r) : SKR_ERR_DECODE;
}

skr_status_t wire_read_server_hello(skr_view_t body, wire_server_hello_t *out) {
    reader_t r = reader_of(body);
    memset(out, 0, sizeof(*out));
    out->extensions.last = WIRE_EXT_COUNT;
    out->legacy_version = reader_u16(&r);
    out->random = reader_bytes(&r, SKR_RANDOM_SIZE);
    out->session_id = read_session_id(&r);
    out->suite = reader_u16(&r);
    out->compression = reader_u8(&r);
    out->retry = view_equal(out->random, view_of(wire_retry_random, SKR_RANDOM_SIZE));
    out->has_extensions = reader_more(&r);
    if (!out->has_extensions) {
        return read_end(&r);
    }
    bool found;
    skr_status_t status = find_supported_versions(r, &found);
    if (status != SKR_OK || !found) {
        return status;
    }
    return read_last_extensions(&r, out->retry ? WIRE_IN_HRR : WIRE_IN_SH, &out->extensions);
}

skr_status_t wire_read_encrypted_extensions(skr_view_t body, wire_extensions_t *out) {
    reader_t r = reader_of(body);
    return read_last_extensions(&r, WIRE_IN_EE, out);
}

skr_status_t wire_read_certificate_request(skr_view_t body, wire_certificate_request_t *out) {
    reader_t r = reader_of(body);
    out->context = reader_vector(&r, 1);
    return read_last_extensions(&r, WIRE_IN_CR, &out->extensions);
}

skr_status_t wire_read_certificate(skr_view_t body, wire_certificate_t *out) {
    reader_t r = reader_of(body);
    out->context = reader_vector(&r, 1);
    out->list = reader_vector(&r, 3);
    return read_end(&r);
}

skr_status_t wire_next_certificate(
    reader_t *list, skr_view_t *der, wire_extensions_t *extensions, bool *end) {
    *end = reader_done(list);
    if (*end) {
        return SKR_OK;
    }
    *der = reader_vector(list, 3);
    if (der->size == 0) {
        reader_fail(list);
    }
    return wire_read_extensions(list, WIRE_IN_CT, extensions);
}

skr_status_t wire_read_certificate_verify(skr_view_t body, wire_certificate_verify_t *out) {
    reader_t r = reader_of(body);
    out->scheme = reader_u16(&r);
    out->signature = reader_vector(&r, 2);
    return read_end(&r);
}

skr_status_t wire_read_new_session_ticket(skr_view_t body, wire_new_session_ticket_t *out) {
    reader_t r = reader_of(body);
    out->lifetime = reader_u32(&r);
    out->age_add = reader_u32(&r);
    out->nonce = reader_vector(&r, 1);
    out->ticket = reader_vector(&r, 2);
    if (out->ticket.size == 0) {
        reader_fail(&r);
    }
    skr_status_t status = read_last_extensions(&r, WIRE_IN_NST, &out->extensions);
    if (status == SKR_OK && out->lifetime > TICKET_LIFETIME_MAX) {
        return SKR_ERR_ILLEGAL_PARAMETER;
    }
    return status;
}

skr_status_t wire_read_key_update(skr_view_t body, bool *requested) {
    reader_t r = reader_of(body);
    uint8_t value = reader_u8(&r);
    *requested = value == 1;
    if (!reader_done(&r)) {
        return SKR_ERR_DECODE;
    }
    return value <= 1 ? SKR_OK : SKR_ERR_ILLEGAL_PARAMETER;
}

void wire_write_key_update(writer_t *w, bool requested) {
    writer_block_t message = wire_open_message(w, WIRE_KEY_UPDATE);
    writer_u8(w, requested ? 1 : 0);
    writer_close(w, message);
}
