// The hellos of TLS 1.2, once the version is settled.
//
// In: a ClientHello that offers no newer version that both can do, or a ServerHello without
// supported_versions. Out: suite, group, credential and protocol chosen, or the server's choice
// checked (RFC 5246 sections 7.4.1.2 and 7.4.1.3). extended_master_secret (RFC 7627) is used
// whenever both can, renegotiation_info (RFC 5746) is answered and must be empty; a server that
// could do better says so in its Random, and a client that could do better looks for it (RFC 9846
// section 4.2.3). Sessions are looked at in ticket12.c; there is no renegotiation and no
// compression.
#include "base/bytes.h"
#include "hs/handlers.h"
#include "hs/hello.h"
#include "hs/limit.h"
#include "hs/offer.h"
#include "hs/psk.h"
#include "hs/share.h"
#include "hs/ticket12.h"
#include "wire/messages12.h"

enum { FALLBACK_SCSV = 0x5600, RENEGOTIATION_SCSV = 0x00ff, HELLO12_SSL3 = 0x0300 };

// --- The server's side ---

// The first group of this side's that the client can do. Without the extension any will do (RFC
// 8422 section 4).
static skr_status_t hello12_choose_group(hs_t *hs, const wire_extensions_t *e) {
    skr_view_t groups = {NULL, 0};
    skr_view_t body = e->body[WIRE_EXT_SUPPORTED_GROUPS];
    if (view_is(body)) {
        skr_status_t status = wire_read_numbers(body, 2, &groups);
        if (status != SKR_OK) {
            return status;
        }
    }
    const skr_group_t *group = NULL;
    for (size_t i = 0; (group = offer_group(hs->config, i)) != NULL; i++) {
        if (!view_is(body) || wire_numbers_have(groups, group->id)) {
            hs->group = group;
            return SKR_OK;
        }
    }
    return SKR_ERR_NO_COMMON_GROUP;
}

// Suite and credential go together: the suite names the kind of key, or that there is a pre-shared
// one. A credential that bears the client's name comes before a suite that this side likes better.
static skr_status_t hello12_choose_suite(
    hs_t *hs, const wire_client_hello_t *ch, skr_view_t schemes) {
    skr_name_t name;
    skr_status_t status = hello_read_name(&ch->extensions, &name);
    if (status != SKR_OK) {
        return status;
    }
    bool named = name.kind == SKR_NAME_DNS;
    bool common = false;
    const suite_t *suite = NULL;
    const suite_t *unnamed = NULL;
    for (size_t i = 0; (suite = offer_suite(hs->config, i)) != NULL; i++) {
        if (suite->auth == SUITE_AUTH_ANY || !wire_numbers_have(ch->suites, suite->id)) {
            continue;
        }
        if (suite_by_key(suite)) {
            hs_take_suite(hs, suite);
            psk12_begin(hs);
            return SKR_OK;
        }
        common = true;
        bool fits = offer_credential(hs, schemes, named ? &name : NULL, suite->auth);
        if (fits && (hs->name_known || !named)) {
            hs_take_suite(hs, suite);
            return SKR_OK;
        }
        unnamed = fits && unnamed == NULL ? suite : unnamed;
    }
    if (unnamed == NULL) {
        return common ? SKR_ERR_NO_COMMON_SIGNATURE : SKR_ERR_NO_COMMON_SUITE;
    }
    hs_take_suite(hs, unnamed);
    (void)offer_credential(hs, schemes, NULL, unnamed->auth);
    return hs->config->require_known_name ? SKR_ERR_UNRECOGNIZED_NAME : SKR_OK;
}

// ec_point_formats, of either side, must name the uncompressed one, which is all that is used (RFC
// 8422 section 5.1.2).
static skr_status_t hello12_check_formats(skr_view_t body) {
    if (!view_is(body)) {
        return SKR_OK;
    }
    reader_t r = reader_of(body);
    skr_view_t formats = reader_vector(&r, 1);
    if (!reader_done(&r) || formats.size == 0) {
        return SKR_ERR_DECODE;
    }
    for (size_t i = 0; i < formats.size; i++) {
        if (formats.data[i] == 0) {
            return SKR_OK;
        }
    }
    return SKR_ERR_ILLEGAL_PARAMETER;
}

static skr_status_t hello12_take_extensions(hs_t *hs, const wire_client_hello_t *ch) {
    const wire_extensions_t *e = &ch->extensions;
    skr_view_t info = e->body[WIRE_EXT_RENEGOTIATION_INFO];
    if (view_is(info) && (info.size != 1 || info.data[0] != 0)) {
        return SKR_ERR_RENEGOTIATION_INFO; // this is a first handshake
    }
    hs->secure_renegotiation = view_is(info) || wire_numbers_have(ch->suites, RENEGOTIATION_SCSV);
    hs->extended_master = view_is(e->body[WIRE_EXT_EXTENDED_MASTER_SECRET]);
    hs->point_formats = view_is(e->body[WIRE_EXT_EC_POINT_FORMATS]);
    if (hs->extended_master && e->body[WIRE_EXT_EXTENDED_MASTER_SECRET].size != 0) {
        return SKR_ERR_DECODE;
    }
    skr_status_t status = hello12_check_formats(e->body[WIRE_EXT_EC_POINT_FORMATS]);
    if (status == SKR_OK) {
        status = limit_select(hs, e);
    }
    return status != SKR_OK ? status : hello_choose_alpn(hs, e->body[WIRE_EXT_ALPN]);
}

// A server that speaks nothing newer comes here at once: where the client lists its versions, this
// must be one of them (RFC 9846 section 4.3.1).
static skr_status_t hello12_check_version(const wire_client_hello_t *ch) {
    skr_view_t versions = {NULL, 0};
    skr_view_t body = ch->extensions.body[WIRE_EXT_SUPPORTED_VERSIONS];
    skr_status_t status = view_is(body) ? wire_read_numbers(body, 1, &versions) : SKR_OK;
    bool spoken = view_is(body) ? wire_numbers_have(versions, SKR_TLS12)
                                : ch->legacy_version >= SKR_TLS12;
    if (status == SKR_OK && (!spoken || ch->legacy_version <= HELLO12_SSL3)) {
        status = SKR_ERR_VERSION;
    }
    return status;
}

static skr_status_t hello12_check(const hs_t *hs, const wire_client_hello_t *ch) {
    if (wire_numbers_have(ch->suites, FALLBACK_SCSV) && hs_allows(hs->config, SKR_TLS13)) {
        return SKR_ERR_FALLBACK;
    }
    for (size_t i = 0; i < ch->compression.size; i++) {
        if (ch->compression.data[i] == 0) {
            return SKR_OK;
        }
    }
    return SKR_ERR_LEGACY_FIELD;
}

static skr_status_t hello12_choose(hs_t *hs, const wire_client_hello_t *ch) {
    // Without the extension a client means SHA-1 (RFC 5246 section 7.4.1.4.1), which nobody gets
    // here.
    skr_view_t schemes = {NULL, 0};
    skr_view_t body = ch->extensions.body[WIRE_EXT_SIGNATURE_ALGORITHMS];
    skr_status_t status = view_is(body) ? wire_read_numbers(body, 2, &schemes) : SKR_OK;
    if (status == SKR_OK) {
        status = hello12_choose_suite(hs, ch, schemes);
    }
    if (status != SKR_OK) {
        return status;
    }
    hs->facts |= F_FULL;
    if ((hs->facts & F_KEYED) == 0 && hs->config->verify != SKR_VERIFY_NONE) {
        hs->facts |= F_CERT_REQ;
    }
    return hs->suite->auth == SUITE_AUTH_PSK ? SKR_OK : hello12_choose_group(hs, &ch->extensions);
}

// A session to resume, else a pre-shared key or certificates.
static skr_status_t hello12_choose_authentication(hs_t *hs, const wire_client_hello_t *ch) {
    skr_name_t name = {.kind = SKR_NAME_NONE};
    skr_status_t status = hello_read_name(&ch->extensions, &name);
    if (status == SKR_OK) {
        status = ticket12_select(hs, ch, name.kind == SKR_NAME_DNS ? name.data : view_of(NULL, 0));
    }
    if (status != SKR_OK || (hs->facts & F_PSK) == 0) {
        return status != SKR_OK ? status : hello12_choose(hs, ch);
    }
    hs_take_suite(hs, suite_find(hs->session.suite));
    return SKR_OK;
}

skr_status_t hello12_recv_ch(hs_t *hs, skr_view_t body) {
    wire_client_hello_t ch;
    skr_status_t status = wire_read_client_hello(body, &ch);
    if (status == SKR_OK) {
        status = hello12_check_version(&ch);
    }
    if (status == SKR_OK) {
        status = hello12_check(hs, &ch);
    }
    if (status == SKR_OK) {
        status = hello12_choose_authentication(hs, &ch);
    }
    if (status == SKR_OK) {
        status = hello12_take_extensions(hs, &ch);
    }
    if (status != SKR_OK) {
        return status;
    }
    memcpy(hs->client_random, ch.random.data, SKR_RANDOM_SIZE);
    return SKR_OK;
}

static void hello12_write_extensions(const hs_t *hs, writer_t *w) {
    writer_block_t extensions = writer_open(w, 2);
    if (hs->secure_renegotiation) {
        writer_block_t info = wire_open_extension(w, WIRE_EXT_RENEGOTIATION_INFO);
        writer_u8(w, 0);
        writer_close(w, info);
    }
    if (hs->extended_master) {
        wire_write_empty(w, WIRE_EXT_EXTENDED_MASTER_SECRET);
    }
    if (hs->point_formats) {
        writer_block_t formats = wire_open_extension(w, WIRE_EXT_EC_POINT_FORMATS);
        writer_vector(w, 1, VIEW_LITERAL("\0")); // uncompressed
        writer_close(w, formats);
    }
    if ((hs->facts & F_TICKET) != 0) {
        wire_write_empty(w, WIRE_EXT_SESSION_TICKET);
    }
    limit_write_answer(hs, w);
    if (hs->name_known) {
        wire_write_empty(w, WIRE_EXT_SERVER_NAME);
    }
    if (hs->alpn != 0) {
        wire_write_alpn(w, &hs->config->alpn[hs->alpn - 1], 1);
    }
    writer_close(w, extensions);
}

skr_status_t hello12_send_sh(hs_t *hs, writer_t *w) {
    static const uint8_t sentinel[8] = {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x01};
    skr_status_t status = hs_random(hs, hs->server_random, SKR_RANDOM_SIZE);
    if (status != SKR_OK) {
        return status;
    }
    if (hs_allows(hs->config, SKR_TLS13)) {
        memcpy(hs->server_random + SKR_RANDOM_SIZE - sizeof(sentinel), sentinel, sizeof(sentinel));
    }
    writer_u16(w, SKR_TLS12);
    writer_bytes(w, hs->server_random, SKR_RANDOM_SIZE);
    // The client's id when its ticket was taken (RFC 5077 section 3.4), else none: sessions have no
    // ids here.
    writer_vector(w, 1, view_of(hs->session_id, hs->session_id_size));
    writer_u16(w, hs->suite->id);
    writer_u8(w, 0); // compression_method
    hello12_write_extensions(hs, w);
    return SKR_OK;
}

// --- The client's side ---

// What only a server of TLS 1.2 looks at; one of TLS 1.3 passes over it.
void hello12_write_offer(hs_t *hs, writer_t *w) {
    wire_write_empty(w, WIRE_EXT_EXTENDED_MASTER_SECRET); // RFC 7627
    writer_block_t info = wire_open_extension(
        w, WIRE_EXT_RENEGOTIATION_INFO); // RFC 5746 section 3.4
    writer_u8(w, 0);
    writer_close(w, info);
    writer_block_t formats = wire_open_extension(
        w, WIRE_EXT_EC_POINT_FORMATS); // RFC 8422 section 5.1.2
    writer_u8(w, 1);
    writer_u8(w, 0); // uncompressed
    writer_close(w, formats);
    hs->offered |= WIRE_EXT_BIT(WIRE_EXT_EXTENDED_MASTER_SECRET) |
        WIRE_EXT_BIT(WIRE_EXT_RENEGOTIATION_INFO) | WIRE_EXT_BIT(WIRE_EXT_EC_POINT_FORMATS);
    ticket12_write_offer(hs, w);
}

static skr_status_t hello12_check_extensions(hs_t *hs, const wire_extensions_t *e) {
    skr_status_t status = wire_check_offered(e, hs->offered);
    if (status != SKR_OK) {
        return status;
    }
    skr_view_t info = e->body[WIRE_EXT_RENEGOTIATION_INFO];
    if (view_is(info) && (info.size != 1 || info.data[0] != 0)) {
        return SKR_ERR_RENEGOTIATION_INFO;
    }
    skr_view_t extended = e->body[WIRE_EXT_EXTENDED_MASTER_SECRET];
    skr_view_t name = e->body[WIRE_EXT_SERVER_NAME];
    skr_view_t ticket = e->body[WIRE_EXT_SESSION_TICKET];
    if (extended.size != 0 || name.size != 0 || ticket.size != 0) { // each is empty, or not there
        return SKR_ERR_DECODE;
    }
    hs->extended_master = view_is(extended);
    status = hello12_check_formats(e->body[WIRE_EXT_EC_POINT_FORMATS]);
    if (status == SKR_OK) {
        status = limit_take_answer(hs, e);
    }
    return status != SKR_OK ? status : hello_take_alpn(hs, e->body[WIRE_EXT_ALPN]);
}

static skr_status_t hello12_check_answer(hs_t *hs, const wire_server_hello_t *sh) {
    if (sh->legacy_version != SKR_TLS12) {
        return SKR_ERR_VERSION;
    }
    if (hs_allows(hs->config, SKR_TLS13) && hello_downgraded(sh->random)) {
        return SKR_ERR_DOWNGRADE;
    }
    if (sh->compression != 0) {
        return SKR_ERR_LEGACY_FIELD;
    }
    const suite_t *suite = offer_find_suite(hs->config, sh->suite);
    if (suite == NULL || suite->auth == SUITE_AUTH_ANY) {
        return SKR_ERR_SUITE_ANSWER;
    }
    hs_take_suite(hs, suite);
    return SKR_OK;
}

// A full handshake or a short one (RFC 5077), with a new ticket at its end or without.
static skr_status_t hello12_take_session(hs_t *hs, const wire_server_hello_t *sh) {
    bool resumed = false;
    skr_status_t status = ticket12_take_answer(hs, sh, &resumed);
    if (status == SKR_OK && resumed && !hs->extended_master) {
        status = SKR_ERR_MISSING_EXTENSION; // RFC 7627 section 5.3
    }
    if (status != SKR_OK) {
        return status;
    }
    hs->session_id_size = 0; // no disguise is needed: this is TLS 1.2
    hs->facts |= resumed ? 0 : F_FULL;
    if (!resumed && suite_by_key(hs->suite)) {
        psk12_begin(hs);
    }
    hs->facts |= view_is(sh->extensions.body[WIRE_EXT_SESSION_TICKET]) ? F_TICKET : 0;
    return SKR_OK;
}

skr_status_t hello12_recv_sh(hs_t *hs, skr_view_t body) {
    wire_server_hello_t sh;
    skr_status_t status = wire_read_server_hello(body, &sh);
    if (status == SKR_OK && view_is(sh.extensions.body[WIRE_EXT_SUPPORTED_VERSIONS])) {
        status = SKR_ERR_VERSION_ANSWER; // TLS 1.2 is not chosen there (RFC 9846 section 4.3.1)
    }
    if (status == SKR_OK) {
        status = hello12_check_answer(hs, &sh);
    }
    if (status == SKR_OK) {
        status = wire_read_server_hello12(body, &sh);
    }
    if (status == SKR_OK) {
        status = hello12_check_extensions(hs, &sh.extensions);
    }
    if (status != SKR_OK) {
        return status;
    }
    memcpy(hs->server_random, sh.random.data, SKR_RANDOM_SIZE);
    return hello12_take_session(hs, &sh);
}
