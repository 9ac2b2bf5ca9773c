// The server's hellos: ClientHello in, HelloRetryRequest and ServerHello out.
//
// In: what a client offers (RFC 9846 section 4.2.2). Out: the choice of suite, group, credential
// and protocol (section 4.2.1), a retry where no share of a common group came (section 4.2.4), the
// answer (section 4.2.3) and the shared secret. The second ClientHello is judged by the same
// function: what was chosen must come out the same, and the share must be the one that was asked
// for. Pre-shared keys are psk_server.c's affair; early data is passed over, never accepted.
#include "base/bytes.h"
#include "hs/handlers.h"
#include "hs/hello.h"
#include "hs/limit.h"
#include "hs/offer.h"
#include "hs/psk.h"
#include "hs/share.h"
#include "hs/walk.h"

enum { HELLO_LEGACY_VERSION = 0x0303, HELLO_SSL3 = 0x0300 };

// --- What every ClientHello must hold (sections 4.2.2 and 9.2) ---

// The version that both can do, 0: none (section 4.3.1; appendix E.1 for clients without the
// extension).
static skr_status_t hello_choose_version(
    const hs_t *hs, const wire_client_hello_t *ch, uint16_t *version) {
    const skr_config_t *config = hs->config;
    skr_view_t body = ch->extensions.body[WIRE_EXT_SUPPORTED_VERSIONS];
    skr_view_t versions = {NULL, 0};
    *version = 0;
    if (ch->legacy_version <= HELLO_SSL3) {
        return SKR_OK; // appendix E.5: SSL 3.0 and older must not be spoken
    }
    if (view_is(body)) {
        skr_status_t status = wire_read_numbers(body, 1, &versions);
        if (status != SKR_OK) {
            return status;
        }
    }
    bool tls12 = view_is(body) ? wire_numbers_have(versions, SKR_TLS12)
                               : ch->legacy_version >= SKR_TLS12;
    if (view_is(body) && wire_numbers_have(versions, SKR_TLS13) && hs_allows(config, SKR_TLS13)) {
        *version = SKR_TLS13;
    } else if (tls12 && hs_allows(config, SKR_TLS12)) {
        *version = SKR_TLS12;
    }
    return SKR_OK;
}

static skr_status_t hello_check_present(const wire_extensions_t *e) {
    bool groups = view_is(e->body[WIRE_EXT_SUPPORTED_GROUPS]);
    bool certificates = groups && view_is(e->body[WIRE_EXT_SIGNATURE_ALGORITHMS]);
    // Groups and shares come together; who offers no pre-shared key needs all of them (section
    // 9.2), who does must say how (section 4.3.9).
    bool psk = view_is(e->body[WIRE_EXT_PRE_SHARED_KEY]) &&
        view_is(e->body[WIRE_EXT_PSK_KEY_EXCHANGE_MODES]);
    bool right = groups == view_is(e->body[WIRE_EXT_KEY_SHARE]) &&
        (psk || (certificates && !view_is(e->body[WIRE_EXT_PRE_SHARED_KEY])));
    return right ? SKR_OK : SKR_ERR_MISSING_EXTENSION;
}

// --- Choices (section 4.2.1) ---

static skr_status_t hello_choose_suite(hs_t *hs, const wire_client_hello_t *ch) {
    const suite_t *suite = NULL;
    for (size_t i = 0; (suite = offer_suite(hs->config, i)) != NULL; i++) {
        if (suite->version == (SKR_TLS13 & 0xff) && wire_numbers_have(ch->suites, suite->id)) {
            break;
        }
    }
    if (suite == NULL) {
        return SKR_ERR_NO_COMMON_SUITE;
    }
    if (hs->suite != NULL) {
        return hs->suite == suite ? SKR_OK : SKR_ERR_RETRY_IGNORED;
    }
    hs_take_suite(hs, suite);
    return hs_local(transcript_choose(&hs->transcript, hs->hash));
}

// The share of one group; absent when the client sent none. Every share must be of a group that it
// named.
static skr_status_t hello_find_share(
    skr_view_t shares, skr_view_t groups, uint16_t wanted, skr_view_t *found, size_t *count) {
    reader_t r = reader_of(shares);
    uint16_t group = 0;
    skr_view_t share = {NULL, 0};
    *found = share;
    *count = 0;
    while (wire_next_key_share(&r, &group, &share)) {
        if (!wire_numbers_have(groups, group)) {
            return SKR_ERR_ILLEGAL_PARAMETER;
        }
        if (group == wanted) {
            *found = share;
        }
        ++*count;
    }
    return SKR_OK;
}

// Behind a HelloRetryRequest the client must send one share, of the group that was asked for
// (section 4.3.8).
static skr_status_t hello_retried_group(hs_t *hs, skr_view_t shares, skr_view_t groups) {
    skr_view_t share = {NULL, 0};
    size_t count = 0;
    skr_status_t status = hello_find_share(shares, groups, hs->group->id, &share, &count);
    if (status == SKR_OK && (!view_is(share) || count != 1)) {
        status = SKR_ERR_RETRY_IGNORED;
    }
    return status != SKR_OK ? status : share_respond(hs, share);
}

// A group whose share is here spares a round trip, so it comes before one that this side likes
// better.
static skr_status_t hello_choose_group(hs_t *hs, const wire_extensions_t *e) {
    skr_view_t groups = {NULL, 0};
    skr_view_t shares = {NULL, 0};
    if (!view_is(e->body[WIRE_EXT_SUPPORTED_GROUPS])) {
        return SKR_ERR_MISSING_EXTENSION; // a pre-shared key was offered, and not used
    }
    skr_status_t status = wire_read_numbers(e->body[WIRE_EXT_SUPPORTED_GROUPS], 2, &groups);
    if (status == SKR_OK) {
        status = wire_read_key_shares(e->body[WIRE_EXT_KEY_SHARE], &shares);
    }
    if (status != SKR_OK) {
        return status;
    }
    if ((hs->facts & F_HRR) != 0) {
        return hello_retried_group(hs, shares, groups);
    }
    const skr_group_t *group = NULL;
    const skr_group_t *common = NULL;
    for (size_t i = 0; (group = offer_group(hs->config, i)) != NULL; i++) {
        skr_view_t share = {NULL, 0};
        size_t count = 0;
        status = hello_find_share(shares, groups, group->id, &share, &count);
        if (status != SKR_OK) {
            return status;
        }
        if (view_is(share)) {
            hs->group = group;
            return share_respond(hs, share);
        }
        if (common == NULL && wire_numbers_have(groups, group->id)) {
            common = group;
        }
    }
    if (common == NULL) {
        return SKR_ERR_NO_COMMON_GROUP;
    }
    hs->group = common;
    hs->facts |= F_HRR;
    return SKR_OK;
}

skr_status_t hello_read_name(const wire_extensions_t *e, skr_name_t *name) {
    name->kind = SKR_NAME_NONE;
    if (!view_is(e->body[WIRE_EXT_SERVER_NAME])) {
        return SKR_OK;
    }
    name->kind = SKR_NAME_DNS;
    return wire_read_server_name(e->body[WIRE_EXT_SERVER_NAME], &name->data);
}

static skr_status_t hello_choose_credential(hs_t *hs, const wire_extensions_t *e) {
    skr_view_t schemes = {NULL, 0};
    skr_name_t name;
    if (!view_is(e->body[WIRE_EXT_SIGNATURE_ALGORITHMS])) {
        return SKR_ERR_MISSING_EXTENSION; // section 4.3.3
    }
    skr_status_t status = wire_read_numbers(e->body[WIRE_EXT_SIGNATURE_ALGORITHMS], 2, &schemes);
    if (status == SKR_OK) {
        status = hello_read_name(e, &name);
    }
    if (status != SKR_OK) {
        return status;
    }
    bool named = name.kind == SKR_NAME_DNS;
    if (!offer_credential(hs, schemes, named ? &name : NULL, SUITE_AUTH_ANY)) {
        return SKR_ERR_NO_COMMON_SIGNATURE;
    }
    return named && !hs->name_known && hs->config->require_known_name ? SKR_ERR_UNRECOGNIZED_NAME
                                                                      : SKR_OK;
}

skr_status_t hello_choose_alpn(hs_t *hs, skr_view_t body) {
    if (hs->config->alpn_count == 0 || !view_is(body)) {
        return SKR_OK;
    }
    skr_view_t names = {NULL, 0};
    skr_status_t status = wire_read_alpn(body, false, &names);
    if (status != SKR_OK) {
        return status;
    }
    for (size_t i = 0; i < hs->config->alpn_count; i++) {
        reader_t r = reader_of(names);
        skr_view_t name = {NULL, 0};
        while (wire_next_alpn(&r, &name)) {
            if (view_equal(name, hs->config->alpn[i])) {
                hs->alpn = (uint8_t)(i + 1);
                return SKR_OK;
            }
        }
    }
    return SKR_ERR_NO_COMMON_ALPN;
}

// The second ClientHello repeats the first one (section 4.2.2): checked where a change could
// matter.
static skr_status_t hello_take_identity(hs_t *hs, const wire_client_hello_t *ch) {
    if ((hs->facts & F_HRR) != 0) {
        bool same = view_equal(ch->random, view_of(hs->client_random, SKR_RANDOM_SIZE)) &&
            view_equal(ch->session_id, view_of(hs->session_id, hs->session_id_size));
        bool early = view_is(ch->extensions.body[WIRE_EXT_EARLY_DATA]);
        return same && !early ? SKR_OK : SKR_ERR_RETRY_IGNORED;
    }
    memcpy(hs->client_random, ch->random.data, SKR_RANDOM_SIZE);
    if (ch->session_id.size > 0) {
        memcpy(hs->session_id, ch->session_id.data, ch->session_id.size);
    }
    hs->session_id_size = (uint8_t)ch->session_id.size;
    hs->early_data = view_is(ch->extensions.body[WIRE_EXT_EARLY_DATA]);
    return SKR_OK;
}

// A session to resume, else certificates.
static skr_status_t hello_choose_authentication(
    hs_t *hs, const wire_client_hello_t *ch, skr_view_t body) {
    skr_name_t name;
    skr_status_t status = hello_read_name(&ch->extensions, &name);
    if (status == SKR_OK && hs->config->ticket_keys != NULL) {
        skr_view_t bound = name.kind == SKR_NAME_DNS ? name.data : view_of(NULL, 0);
        status = hs_local(psk_binding(hs->config, bound, hs->binding));
    }
    if (status == SKR_OK) {
        status = psk_select(hs, &ch->extensions, body);
    }
    if (status != SKR_OK || (hs->facts & F_PSK) != 0) {
        return status;
    }
    hs->facts |= F_FULL;
    if (hs->config->verify != SKR_VERIFY_NONE) {
        hs->facts |= F_CERT_REQ;
    }
    return hello_choose_credential(hs, &ch->extensions);
}

static skr_status_t hello_choose(hs_t *hs, const wire_client_hello_t *ch, skr_view_t body) {
    hs->facts &= F_HRR; // a second ClientHello is judged anew
    skr_status_t status = hello_choose_suite(hs, ch);
    if (status == SKR_OK) {
        status = hello_choose_authentication(hs, ch, body);
    }
    if (status == SKR_OK) {
        status = hello_choose_alpn(hs, ch->extensions.body[WIRE_EXT_ALPN]);
    }
    if (status == SKR_OK) {
        status = limit_select(hs, &ch->extensions);
    }
    if (status != SKR_OK || ((hs->facts & F_PSK) != 0 && hs->psk_alone)) {
        return status;
    }
    return hello_choose_group(hs, &ch->extensions);
}

// A client of TLS 1.2: its script takes over. Not behind a HelloRetryRequest, which was TLS 1.3.
static skr_status_t hello_older(hs_t *hs, skr_view_t body) {
    if ((hs->facts & F_HRR) != 0) {
        return SKR_ERR_RETRY_IGNORED;
    }
    walk_switch(hs, hs_script(hs->config, SKR_TLS12), WIRE_CLIENT_HELLO);
    return hs->script->steps[hs->step].recv(hs, body);
}

static skr_status_t hello_check(const wire_client_hello_t *ch) {
    if (ch->compression.size != 1 || ch->compression.data[0] != 0) {
        return SKR_ERR_LEGACY_FIELD;
    }
    return hello_check_present(&ch->extensions);
}

skr_status_t hello_recv_ch(hs_t *hs, skr_view_t body) {
    wire_client_hello_t ch;
    uint16_t version = 0;
    skr_status_t status = wire_read_client_hello(body, &ch);
    if (status == SKR_OK) {
        status = hello_choose_version(hs, &ch, &version);
    }
    if (status == SKR_OK && version == SKR_TLS12) {
        return hello_older(hs, body);
    }
    if (status == SKR_OK) {
        status = version == 0 ? SKR_ERR_VERSION : hello_check(&ch);
    }
    if (status == SKR_OK) {
        status = hello_take_identity(hs, &ch);
    }
    return status != SKR_OK ? status : hello_choose(hs, &ch, body);
}

// --- Answers ---

static void hello_write_answer(const hs_t *hs, writer_t *w, const uint8_t *random) {
    writer_u16(w, HELLO_LEGACY_VERSION);
    writer_bytes(w, random, SKR_RANDOM_SIZE);
    writer_vector(w, 1, view_of(hs->session_id, hs->session_id_size));
    writer_u16(w, hs->suite->id);
    writer_u8(w, 0); // legacy_compression_method
}

skr_status_t hello_send_hrr(hs_t *hs, writer_t *w) {
    if (!transcript_retry(&hs->transcript)) {
        return SKR_ERR_PROVIDER;
    }
    hello_write_answer(hs, w, wire_retry_random);
    writer_block_t extensions = writer_open(w, 2);
    wire_write_number(w, WIRE_EXT_SUPPORTED_VERSIONS, SKR_TLS13);
    wire_write_number(w, WIRE_EXT_KEY_SHARE, hs->group->id); // KeyShareHelloRetryRequest
    writer_close(w, extensions);
    return SKR_OK;
}

skr_status_t hello_send_sh(hs_t *hs, writer_t *w) {
    uint8_t random[SKR_RANDOM_SIZE];
    skr_status_t status = hs_random(hs, random, sizeof(random));
    if (status != SKR_OK) {
        return status;
    }
    hello_write_answer(hs, w, random);
    writer_block_t extensions = writer_open(w, 2);
    wire_write_number(w, WIRE_EXT_SUPPORTED_VERSIONS, SKR_TLS13);
    if (!hs->psk_alone || (hs->facts & F_PSK) == 0) {
        wire_write_key_share(w, false, hs->group->id, view_of(hs->share, hs->share_size));
    }
    psk_write_answer(hs, w);
    writer_close(w, extensions);
    return SKR_OK;
}
