// Record sizes that the peers agree on.
//
// In: max_record_in of the configuration, the peer's extension. Out: the extensions, and
// hs->limit_out: the largest content that may be sent to this peer in one record. record_size_limit
// (RFC 8449) says for each side what it can take; in TLS 1.3 it counts the content type and padding
// too. max_fragment_length (RFC 6066 section 4) is the older way, one of four sizes for both sides;
// a server that knows both uses the newer one. What comes in is bounded by max_record_in whatever
// was agreed (src/conn/input.c).
#include "hs/limit.h"

#include "base/bytes.h"

enum { LIMIT_MIN = 64, FRAGMENT_MIN = 512, FRAGMENT_CODES = 4 };

// What TLS 1.3 counts besides the content: the type's byte.
static uint16_t limit_extra(const hs_t *hs) {
    return hs->script->version == SKR_TLS13 ? 1 : 0;
}

static uint16_t limit_own(const hs_t *hs) {
    uint16_t limit = hs->config->max_record_in;
    return limit != 0 ? limit : SKR_RECORD_PLAIN_MAX;
}

// max_fragment_length's code for the largest size that is not beyond limit: 1 is 2^9, 4 is 2^12; 0:
// none is so small.
static uint8_t limit_code(size_t limit) {
    uint8_t code = 0;
    while (code < FRAGMENT_CODES && limit >= (size_t)FRAGMENT_MIN << code) {
        code++;
    }
    return code;
}

static skr_status_t limit_read_code(skr_view_t body, uint8_t *code) {
    if (body.size != 1) {
        return SKR_ERR_DECODE;
    }
    *code = body.data[0];
    return *code >= 1 && *code <= FRAGMENT_CODES ? SKR_OK : SKR_ERR_ILLEGAL_PARAMETER;
}

static skr_status_t limit_read(const hs_t *hs, skr_view_t body, bool answer, uint16_t *limit) {
    uint16_t value = 0;
    skr_status_t status = wire_read_number(body, &value);
    if (status != SKR_OK) {
        return status;
    }
    // A client's value beyond what the version allows is no error (RFC 8449 section 4): it may know
    // a later one.
    uint16_t most = (uint16_t)(SKR_RECORD_PLAIN_MAX + limit_extra(hs));
    if (value < LIMIT_MIN || (answer && value > most)) {
        return SKR_ERR_ILLEGAL_PARAMETER;
    }
    value = value < most ? value : most;
    *limit = (uint16_t)(value - limit_extra(hs));
    return SKR_OK;
}

// --- The client ---

void limit_write_offer(hs_t *hs, writer_t *w) {
    uint16_t limit = hs->config->max_record_in;
    if (limit < LIMIT_MIN || limit == SKR_RECORD_PLAIN_MAX) {
        return;
    }
    // As long as TLS 1.2 may be chosen, the number must suit its way of counting, too.
    bool tls12 = hs_allows(hs->config, SKR_TLS12);
    wire_write_number(w, WIRE_EXT_RECORD_SIZE_LIMIT, (uint16_t)(limit + (tls12 ? 0 : 1)));
    hs->offered |= WIRE_EXT_BIT(WIRE_EXT_RECORD_SIZE_LIMIT);
    hs->fragment_code = limit_code(limit);
    if (hs->fragment_code != 0 && tls12) {
        writer_block_t extension = wire_open_extension(w, WIRE_EXT_MAX_FRAGMENT_LENGTH);
        writer_u8(w, hs->fragment_code);
        writer_close(w, extension);
        hs->offered |= WIRE_EXT_BIT(WIRE_EXT_MAX_FRAGMENT_LENGTH);
    }
}

skr_status_t limit_take_answer(hs_t *hs, const wire_extensions_t *e) {
    skr_view_t limit = e->body[WIRE_EXT_RECORD_SIZE_LIMIT];
    skr_view_t fragment = e->body[WIRE_EXT_MAX_FRAGMENT_LENGTH];
    if (view_is(limit)) {
        // Both at once is forbidden (RFC 8449 section 5).
        return view_is(fragment) ? SKR_ERR_ILLEGAL_PARAMETER
                                 : limit_read(hs, limit, true, &hs->limit_out);
    }
    if (!view_is(fragment)) {
        return SKR_OK;
    }
    uint8_t code = 0;
    skr_status_t status = limit_read_code(fragment, &code);
    if (status == SKR_OK && code != hs->fragment_code) {
        status = SKR_ERR_ILLEGAL_PARAMETER;
    }
    hs->limit_out = (uint16_t)(FRAGMENT_MIN << (hs->fragment_code - 1));
    return status;
}

// --- The server ---

skr_status_t limit_select(hs_t *hs, const wire_extensions_t *e) {
    skr_view_t limit = e->body[WIRE_EXT_RECORD_SIZE_LIMIT];
    skr_view_t fragment = e->body[WIRE_EXT_MAX_FRAGMENT_LENGTH];
    hs->limit_agreed = false;
    hs->fragment_code = 0;
    if (view_is(limit)) {
        hs->limit_agreed = true;
        return limit_read(hs, limit, false, &hs->limit_out);
    }
    if (!view_is(fragment)) {
        return SKR_OK;
    }
    skr_status_t status = limit_read_code(fragment, &hs->fragment_code);
    if (status == SKR_OK) {
        hs->limit_out = (uint16_t)(FRAGMENT_MIN << (hs->fragment_code - 1));
    }
    return status;
}

void limit_write_answer(const hs_t *hs, writer_t *w) {
    if (hs->limit_agreed) {
        wire_write_number(
            w, WIRE_EXT_RECORD_SIZE_LIMIT, (uint16_t)(limit_own(hs) + limit_extra(hs)));
    } else if (hs->fragment_code != 0) {
        writer_block_t extension = wire_open_extension(w, WIRE_EXT_MAX_FRAGMENT_LENGTH);
        writer_u8(w, hs->fragment_code);
        writer_close(w, extension);
    }
}
