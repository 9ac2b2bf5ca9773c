// The walker.
//
// In: a script, the facts, and one message at a time. Out: the message's verdict, or the message to
// send, and key changes. Only here: which message may come now, the transcript (RFC 9846
// section 4.1), key changes and that nothing may be left over when a reading key changes
// (section 5.1), and trace events of the handshake layer. Does not know what the messages say:
// handlers do. Does not know records: conn does.
#include "hs/walk.h"

#include "base/bytes.h"
#include "hs/bound.h"
#include "hs/chain.h"
#include "hs/psk.h"
#include "keys/prf12.h"

static bool walk_present(const hs_step_t *step, uint16_t facts) {
    return (facts & step->only_when) == step->only_when && (facts & step->never_when) == 0;
}

// The next row that is present by the facts alone; count when there is none.
static uint8_t walk_next(const hs_t *hs) {
    uint8_t i = hs->step;
    while (i < hs->script->count && !walk_present(&hs->script->steps[i], hs->facts)) {
        i++;
    }
    return i;
}

walk_turn_t walk_turn(const hs_t *hs) {
    uint8_t i = walk_next(hs);
    if (i == hs->script->count) {
        return WALK_DONE;
    }
    return hs->script->steps[i].writer == hs->script->self ? WALK_SEND : WALK_RECEIVE;
}

uint16_t walk_due(const hs_t *hs) {
    uint8_t i = walk_next(hs);
    return i < hs->script->count ? hs->script->steps[i].type : 0;
}

// Of the identity in a ClientKeyExchange.
static size_t walk_identity_size(const hs_t *hs) {
    const skr_psk_t *psk = (hs->facts & F_KEYED) != 0 ? psk_for_tls12(hs->config) : NULL;
    return psk == NULL ? 0 : psk->identity.size;
}

static size_t walk_bound(const hs_t *hs, unsigned type) {
    const skr_private_key_t *key = hs->credential == NULL ? NULL : hs->credential->key;
    switch (type) {
        case WIRE_CLIENT_HELLO:
            return bound_client_hello(
                hs->config, &hs->peer_name, hs->cookie_size, hs->session.ticket.size);
        case WIRE_CERTIFICATE:
            return chain_size(hs) - hs->built;
        default:
            return hs->script->bound(hs->config, type, key, walk_identity_size(hs));
    }
}

size_t walk_send_bound(const hs_t *hs) {
    return walk_bound(hs, walk_due(hs));
}

size_t walk_flight_bound(const hs_t *hs, size_t *messages) {
    size_t size = 0;
    *messages = 0;
    for (uint8_t i = hs->step; i < hs->script->count; i++) {
        const hs_step_t *step = &hs->script->steps[i];
        if (walk_present(step, hs->facts)) {
            if (step->writer != hs->script->self) {
                break;
            }
            size += walk_bound(hs, step->type);
            ++*messages;
        }
    }
    return size;
}

void walk_switch(hs_t *hs, const hs_script_t *script, uint16_t type) {
    hs->script = script;
    hs->step = 0;
    while (hs->step < script->count && script->steps[hs->step].type != type) {
        hs->step++;
    }
}

// TLS 1.3 protects all behind the ServerHello (RFC 9846 section 4), TLS 1.2 nothing before
// Finished.
static bool walk_protected(const hs_t *hs, uint16_t type) {
    if (hs->script->version == SKR_TLS12) {
        return type == WIRE_FINISHED;
    }
    return type != WIRE_CLIENT_HELLO && type != WIRE_SERVER_HELLO &&
        type != WIRE_HELLO_RETRY_REQUEST;
}

static void walk_trace(const hs_t *hs, const hs_step_t *step, bool sent, size_t size) {
    const skr_trace_t *trace = hs->config->trace;
    if (trace == NULL) {
        return;
    }
    skr_trace_event_t event = {
        .sent = sent,
        .layer = SKR_LAYER_HANDSHAKE,
        .type = (uint8_t)(step->type == WIRE_HELLO_RETRY_REQUEST ? WIRE_SERVER_HELLO : step->type),
        // Everything behind the ServerHello is protected (section 4).
        .is_protected = walk_protected(hs, step->type),
        .size = (uint32_t)size,
        .name = wire_type_name(step->type),
    };
    trace->event(trace->user, &event);
}

// Behind a message: its keys start, and the next row comes.
static skr_status_t walk_behind(hs_t *hs, uint8_t index) {
    skr_status_t status = hs->script->change_keys(hs, hs->script->steps[index].keys);
    if (status == SKR_OK) {
        hs->step = (uint8_t)(index + 1);
    }
    return status;
}

// --- Sending ---

static skr_status_t walk_build_whole(hs_t *hs, const hs_step_t *step, writer_t *w) {
    writer_t before = *w;
    writer_block_t block = wire_open_message(w, (wire_type_t)step->type);
    skr_status_t status = step->send(hs, w);
    if (status != SKR_OK) {
        *w = before;
        return status;
    }
    writer_close(w, block);
    if (writer_failed(w)) {
        return SKR_ERR_MEMORY;
    }
    skr_view_t message = view_of(before.p, (size_t)(w->p - before.p));
    walk_trace(hs, step, true, message.size);
    return hs_local(transcript_add(&hs->transcript, message));
}

// As much of a Certificate as w has room for: the only message whose size nothing bounds.
static skr_status_t walk_build_slice(hs_t *hs, const hs_step_t *step, writer_t *w) {
    const uint8_t *start = w->p;
    size_t whole = chain_size(hs);
    if (hs->built == 0) {
        writer_u8(w, (uint8_t)step->type);
        writer_u24(w, (uint32_t)(whole - SKR_MESSAGE_HEADER_SIZE));
    }
    skr_status_t status = step->send(hs, w);
    if (status != SKR_OK) {
        return status;
    }
    if (writer_failed(w) || w->p == start) {
        return SKR_ERR_MEMORY;
    }
    if (hs->built == 0) {
        walk_trace(hs, step, true, whole);
    }
    skr_view_t slice = view_of(start, (size_t)(w->p - start));
    hs->built += (uint32_t)slice.size;
    if (hs->built == whole) {
        hs->built = 0;
    }
    return hs_local(transcript_add(&hs->transcript, slice));
}

skr_status_t walk_build(hs_t *hs, writer_t *w) {
    uint8_t index = walk_next(hs);
    if (index == hs->script->count || hs->script->steps[index].writer != hs->script->self) {
        return SKR_ERR_USAGE;
    }
    const hs_step_t *step = &hs->script->steps[index];
    return step->type == WIRE_CERTIFICATE ? walk_build_slice(hs, step, w)
                                          : walk_build_whole(hs, step, w);
}

bool walk_in_slices(const hs_t *hs) {
    return walk_due(hs) == WIRE_CERTIFICATE;
}

bool walk_unfinished(const hs_t *hs) {
    return hs->built > 0;
}

skr_status_t walk_sent(hs_t *hs) {
    return walk_behind(hs, walk_next(hs));
}

// --- Receiving ---

static uint16_t walk_type(skr_view_t message) {
    reader_t r = reader_of(message);
    uint16_t type = reader_u8(&r);
    (void)reader_u24(&r);
    (void)reader_u16(&r); // legacy_version
    skr_view_t random = reader_bytes(&r, SKR_RANDOM_SIZE);
    // On the wire a HelloRetryRequest is a ServerHello with a certain Random (section 4.2.3).
    if (type == WIRE_SERVER_HELLO &&
        view_equal(random, view_of(wire_retry_random, SKR_RANDOM_SIZE))) {
        return WIRE_HELLO_RETRY_REQUEST;
    }
    return type;
}

// The row that a message of this type takes now, count when none. *learned: facts that its arrival
// teaches.
static uint8_t walk_find(const hs_t *hs, uint16_t type, uint16_t *learned) {
    for (uint8_t i = hs->step; i < hs->script->count; i++) {
        const hs_step_t *step = &hs->script->steps[i];
        bool theirs = step->writer != hs->script->self;
        *learned = 0;
        if (walk_present(step, hs->facts)) {
            return theirs && step->type == type ? i : hs->script->count;
        }
        if (theirs && step->type == type && step->learns != 0 &&
            walk_present(step, (uint16_t)(hs->facts | step->learns))) {
            *learned = step->learns;
            return i;
        }
    }
    return hs->script->count;
}

bool walk_passes_over(const hs_t *hs, uint8_t type, size_t size) {
    return type == WIRE_HELLO_REQUEST && size == SKR_MESSAGE_HEADER_SIZE && hs_is_client(hs) &&
        hs->script->version == SKR_TLS12;
}

skr_status_t walk_judge(const hs_t *hs, uint8_t type, size_t size) {
    uint16_t learned = 0;
    if (walk_passes_over(hs, type, size)) {
        return SKR_OK;
    }
    if (walk_turn(hs) != WALK_RECEIVE || walk_find(hs, type, &learned) == hs->script->count) {
        return SKR_ERR_UNEXPECTED_MESSAGE;
    }
    size_t finished = hs->script->version == SKR_TLS12 ? PRF12_VERIFY_SIZE
        : hs->hash != NULL                             ? hs->hash->size
                                                       : 0;
    return type == WIRE_FINISHED && size != SKR_MESSAGE_HEADER_SIZE + finished ? SKR_ERR_DECODE
                                                                               : SKR_OK;
}

skr_status_t walk_recv(hs_t *hs, skr_view_t message) {
    uint16_t learned = 0;
    uint8_t index = walk_find(hs, walk_type(message), &learned);
    if (index == hs->script->count) {
        return SKR_ERR_UNEXPECTED_MESSAGE;
    }
    const hs_step_t *step = &hs->script->steps[index];
    if (!hs->waiting) {
        walk_trace(hs, step, false, message.size);
    }
    skr_view_t body = view_of(
        message.data + SKR_MESSAGE_HEADER_SIZE, message.size - SKR_MESSAGE_HEADER_SIZE);
    hs->step = index; // a hello of an older version changes over to its script, and its row
    skr_status_t status = step->recv(hs, body);
    hs->waiting = status > SKR_OK;
    if (status != SKR_OK) {
        return status;
    }
    hs->facts = (uint16_t)(hs->facts | learned);
    if (!transcript_add(&hs->transcript, message)) {
        return SKR_ERR_PROVIDER;
    }
    return walk_behind(hs, hs->step);
}

// A chain may be long. Where the caller wants to see it, it must lie in memory as a whole.
bool walk_takes_pieces(const hs_t *hs, uint8_t type) {
    return type == WIRE_CERTIFICATE && !hs->config->ask_verify;
}

skr_status_t walk_recv_begin(hs_t *hs, skr_view_t header) {
    uint16_t learned = 0;
    uint8_t index = walk_find(hs, header.data[0], &learned);
    if (index == hs->script->count) {
        return SKR_ERR_UNEXPECTED_MESSAGE;
    }
    reader_t r = reader_of(view_of(header.data + 1, 3));
    walk_trace(hs, &hs->script->steps[index], false, SKR_MESSAGE_HEADER_SIZE + reader_u24(&r));
    hs->step = index;
    hs->facts = (uint16_t)(hs->facts | learned);
    return hs_local(transcript_add(&hs->transcript, header));
}

skr_status_t walk_recv_piece(hs_t *hs, skr_view_t piece, size_t left) {
    hs->more = left > 0;
    skr_status_t status = hs->script->steps[hs->step].recv(hs, piece);
    hs->more = false;
    if (status != SKR_OK) {
        return status;
    }
    if (!transcript_add(&hs->transcript, piece)) {
        return SKR_ERR_PROVIDER;
    }
    return left > 0 ? SKR_OK : walk_behind(hs, hs->step);
}

skr_status_t walk_recv_ccs(hs_t *hs) {
    uint16_t learned = 0;
    uint8_t index = walk_find(hs, WIRE_CHANGE_CIPHER_SPEC, &learned);
    return index < hs->script->count ? walk_behind(hs, index) : SKR_ERR_UNEXPECTED_MESSAGE;
}
