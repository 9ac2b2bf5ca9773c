// The client's hellos: ClientHello out, HelloRetryRequest and ServerHello in.
//
// In: the configuration, later the server's choice. Out: an offer (RFC 9846 section 4.2.2), later
// the suite, the group and the shared secret that the key schedule starts from
// (sections 4.2.3, 4.2.4, 7.4.2). A second ClientHello repeats the first but for the key share and
// the cookie; all that is drawn at random is kept for it. Every answer must have been offered.
// Pre-shared keys are psk_client.c's affair; early data is not offered.
#include "base/bytes.h"
#include "hs/handlers.h"
#include "hs/hello.h"
#include "hs/limit.h"
#include "hs/offer.h"
#include "hs/psk.h"
#include "hs/share.h"
#include "hs/walk.h"

enum { HELLO_LEGACY_VERSION = 0x0303 };

// What is drawn once and stays the same in a second ClientHello (section 4.2.2).
static skr_status_t hello_draw(hs_t *hs) {
    skr_status_t status = hs_random(hs, hs->client_random, SKR_RANDOM_SIZE);
    bool tls13 = hs_allows(hs->config, SKR_TLS13);
    bool disguise = tls13 && !hs->config->no_compatibility;
    // With a ticket of TLS 1.2 the id is what shows that it was taken (RFC 5077 section 3.4).
    if (status == SKR_OK && (disguise || hs->session.version == SKR_TLS12)) {
        // A session id makes middleboxes take this for a TLS 1.2 resumption (appendix E.4).
        hs->session_id_size = SKR_SESSION_ID_MAX;
        status = hs_random(hs, hs->session_id, SKR_SESSION_ID_MAX);
    }
    hs->group = offer_group(hs->config, 0);
    if (status == SKR_OK &&
        (hs->group == NULL || offer_suite(hs->config, 0) == NULL ||
            offer_scheme(hs->config, 0) == NULL)) {
        status = SKR_ERR_CONFIG;
    }
    return status != SKR_OK || !tls13 ? status : share_make(hs);
}

static void hello_write_suites(const hs_t *hs, writer_t *w) {
    const suite_t *suite = NULL;
    writer_block_t list = writer_open(w, 2);
    for (size_t i = 0; (suite = offer_suite(hs->config, i)) != NULL; i++) {
        writer_u16(w, suite->id);
    }
    writer_close(w, list);
}

static void hello_write_versions(hs_t *hs, writer_t *w) {
    uint16_t versions[2];
    size_t count = 0;
    if (hs_allows(hs->config, SKR_TLS13)) {
        versions[count++] = SKR_TLS13;
    }
    if (hs_allows(hs->config, SKR_TLS12)) {
        versions[count++] = SKR_TLS12;
    }
    wire_write_numbers(w, WIRE_EXT_SUPPORTED_VERSIONS, 1, versions, count);
    hs->offered |= WIRE_EXT_BIT(WIRE_EXT_SUPPORTED_VERSIONS);
}

// What TLS 1.3 adds to a ClientHello: pre_shared_key comes last (section 4.3.11).
void hello13_write_offer(hs_t *hs, writer_t *w) {
    if (hs->cookie_size > 0) {
        wire_write_cookie(w, view_of(hs->cookie, hs->cookie_size));
    }
    wire_write_key_share(w, true, hs->group->id, view_of(hs->share, hs->share_size));
    hs->offered |= WIRE_EXT_BIT(WIRE_EXT_KEY_SHARE);
    psk_write_modes(hs, w);
    psk_write_offer(hs, w);
}

static void hello_write_extensions(hs_t *hs, writer_t *w) {
    writer_block_t extensions = writer_open(w, 2);
    hs->offered = WIRE_EXT_BIT(WIRE_EXT_SUPPORTED_GROUPS) |
        WIRE_EXT_BIT(WIRE_EXT_SIGNATURE_ALGORITHMS);
    // IP addresses are not permitted as host_name (RFC 6066 section 3).
    if (hs->peer_name.kind == SKR_NAME_DNS) {
        wire_write_server_name(w, hs->peer_name.data);
        hs->offered |= WIRE_EXT_BIT(WIRE_EXT_SERVER_NAME);
    }
    hello_write_versions(hs, w);
    offer_write_groups(hs->config, w);
    offer_write_schemes(hs->config, w);
    if (hs->config->alpn_count > 0) {
        wire_write_alpn(w, hs->config->alpn, hs->config->alpn_count);
        hs->offered |= WIRE_EXT_BIT(WIRE_EXT_ALPN);
    }
    limit_write_offer(hs, w);
    static const uint16_t versions[] = {SKR_TLS12, SKR_TLS13};
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (hs_allows(hs->config, versions[i])) {
            hs_script(hs->config, versions[i])->write_offer(hs, w);
        }
    }
    writer_close(w, extensions);
}

// It is in the message now.
static void hello_drop_cookie(hs_t *hs) {
    hs_give(hs, SKR_REGION_PEER_CERTIFICATE, hs->cookie, hs->cookie_size);
    hs->cookie = NULL;
    hs->cookie_size = 0;
}

skr_status_t hello_send_ch(hs_t *hs, writer_t *w) {
    if ((hs->facts & F_HRR) == 0) {
        skr_status_t status = hello_draw(hs);
        if (status != SKR_OK) {
            return status;
        }
    }
    uint8_t *body = w->p;
    writer_u16(w, HELLO_LEGACY_VERSION);
    writer_bytes(w, hs->client_random, SKR_RANDOM_SIZE);
    writer_vector(w, 1, view_of(hs->session_id, hs->session_id_size));
    hello_write_suites(hs, w);
    writer_vector(w, 1, VIEW_LITERAL("\0")); // legacy_compression_methods: null only
    hello_write_extensions(hs, w);
    if (writer_failed(w)) {
        return SKR_ERR_MEMORY;
    }
    hello_drop_cookie(hs);
    return psk_bind(hs, body, (size_t)(w->p - body));
}

// Section 4.2.3: the last eight bytes of the Random, when a server of TLS 1.3 was made to choose an
// older version.
bool hello_downgraded(skr_view_t random) {
    static const uint8_t sentinel[7] = {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44}; // "DOWNGRD"
    const uint8_t *tail = random.data + SKR_RANDOM_SIZE - 8;
    return view_equal(view_of(tail, sizeof(sentinel)), view_of(sentinel, sizeof(sentinel))) &&
        tail[7] <= 1;
}

skr_status_t hello_take_alpn(hs_t *hs, skr_view_t body) {
    skr_view_t name = {NULL, 0};
    if (!view_is(body)) {
        return SKR_OK;
    }
    skr_status_t status = wire_read_alpn(body, true, &name);
    if (status != SKR_OK) {
        return status;
    }
    for (size_t i = 0; i < hs->config->alpn_count; i++) {
        if (view_equal(name, hs->config->alpn[i])) {
            hs->alpn = (uint8_t)(i + 1);
            return SKR_OK;
        }
    }
    return SKR_ERR_ALPN_ANSWER;
}

// --- What HelloRetryRequest and ServerHello have in common (section 4.2.3) ---

static skr_status_t hello_check_version(const hs_t *hs, const wire_server_hello_t *sh) {
    if (!view_is(sh->extensions.body[WIRE_EXT_SUPPORTED_VERSIONS])) {
        // A HelloRetryRequest has chosen TLS 1.3 already (section 4.2.4).
        skr_status_t older = (hs->facts & F_HRR) != 0 ? SKR_ERR_VERSION_ANSWER : SKR_ERR_VERSION;
        return hello_downgraded(sh->random) ? SKR_ERR_DOWNGRADE : older;
    }
    uint16_t version = 0;
    skr_status_t status = wire_read_number(
        sh->extensions.body[WIRE_EXT_SUPPORTED_VERSIONS], &version);
    if (status == SKR_OK && version != SKR_TLS13) {
        status = SKR_ERR_VERSION_ANSWER;
    }
    return status;
}

// allowed: extensions that this message may hold.
static skr_status_t hello_check_answer(hs_t *hs, const wire_server_hello_t *sh, uint32_t allowed) {
    skr_status_t status = hello_check_version(hs, sh);
    if (status != SKR_OK) {
        return status;
    }
    if (sh->legacy_version != HELLO_LEGACY_VERSION || sh->compression != 0 ||
        !view_equal(sh->session_id, view_of(hs->session_id, hs->session_id_size))) {
        return SKR_ERR_LEGACY_FIELD;
    }
    status = wire_check_offered(&sh->extensions, allowed);
    if (status != SKR_OK) {
        return status;
    }
    const suite_t *suite = offer_find_suite(hs->config, sh->suite);
    if (suite == NULL || suite->version != (SKR_TLS13 & 0xff) ||
        (hs->suite != NULL && hs->suite != suite)) {
        return SKR_ERR_SUITE_ANSWER;
    }
    if (hs->suite == NULL) {
        hs_take_suite(hs, suite);
        return hs_local(transcript_choose(&hs->transcript, hs->hash));
    }
    return SKR_OK;
}

// --- HelloRetryRequest (section 4.2.4) ---

static skr_status_t hello_take_cookie(hs_t *hs, skr_view_t body) {
    skr_view_t cookie = {NULL, 0};
    skr_status_t status = wire_read_cookie(body, &cookie);
    if (status == SKR_OK && cookie.size > SKR_COOKIE_MAX) {
        status = SKR_ERR_COOKIE_TOO_LONG;
    }
    if (status != SKR_OK) {
        return status;
    }
    hs->cookie = hs_take(hs, SKR_REGION_PEER_CERTIFICATE, cookie.size);
    if (hs->cookie == NULL) {
        return SKR_ERR_MEMORY;
    }
    memcpy(hs->cookie, cookie.data, cookie.size);
    hs->cookie_size = cookie.size;
    return SKR_OK;
}

// The group must have been offered, and without a share: else the retry would change nothing
// (section 4.3.8).
static skr_status_t hello_take_group(hs_t *hs, skr_view_t body) {
    uint16_t id = 0;
    skr_status_t status = wire_read_number(body, &id);
    if (status != SKR_OK) {
        return status;
    }
    const skr_group_t *group = offer_find_group(hs->config, id);
    if (group == NULL) {
        return SKR_ERR_GROUP_ANSWER;
    }
    if (group == hs->group) {
        return SKR_ERR_RETRY_USELESS;
    }
    hs->group = group;
    return share_make(hs);
}

skr_status_t hello_recv_hrr(hs_t *hs, skr_view_t body) {
    wire_server_hello_t sh;
    skr_status_t status = wire_read_server_hello(body, &sh);
    if (status == SKR_OK) {
        status = hello_check_answer(hs, &sh,
            WIRE_EXT_BIT(WIRE_EXT_SUPPORTED_VERSIONS) | WIRE_EXT_BIT(WIRE_EXT_COOKIE) |
                WIRE_EXT_BIT(WIRE_EXT_KEY_SHARE));
    }
    if (status != SKR_OK) {
        return status;
    }
    skr_view_t cookie = sh.extensions.body[WIRE_EXT_COOKIE];
    skr_view_t group = sh.extensions.body[WIRE_EXT_KEY_SHARE];
    if (!view_is(cookie) && !view_is(group)) {
        return SKR_ERR_RETRY_USELESS;
    }
    if (view_is(cookie)) {
        status = hello_take_cookie(hs, cookie);
    }
    if (status == SKR_OK && view_is(group)) {
        status = hello_take_group(hs, group);
    }
    return status != SKR_OK ? status : hs_local(transcript_retry(&hs->transcript));
}

// --- ServerHello (section 4.2.3) ---

static skr_status_t hello_take_share(hs_t *hs, skr_view_t body) {
    uint16_t group = 0;
    skr_view_t share = {NULL, 0};
    if (!view_is(body)) {
        return SKR_ERR_MISSING_EXTENSION;
    }
    skr_status_t status = wire_read_key_share(body, &group, &share);
    if (status == SKR_OK && group != hs->group->id) {
        status = SKR_ERR_GROUP_ANSWER;
    }
    return status != SKR_OK ? status : share_finish(hs, share);
}

// A server of TLS 1.2: its script takes over. Not behind a HelloRetryRequest, which was TLS 1.3.
static skr_status_t hello_older(hs_t *hs, skr_view_t body) {
    walk_switch(hs, hs_script(hs->config, SKR_TLS12), WIRE_SERVER_HELLO);
    return hs->script->steps[hs->step].recv(hs, body);
}

skr_status_t hello_recv_sh(hs_t *hs, skr_view_t body) {
    wire_server_hello_t sh;
    skr_status_t status = wire_read_server_hello(body, &sh);
    if (status == SKR_OK && !view_is(sh.extensions.body[WIRE_EXT_SUPPORTED_VERSIONS]) &&
        hs_allows(hs->config, SKR_TLS12) && (hs->facts & F_HRR) == 0) {
        return hello_older(hs, body);
    }
    if (status == SKR_OK) {
        status = hello_check_answer(hs, &sh,
            WIRE_EXT_BIT(WIRE_EXT_SUPPORTED_VERSIONS) | WIRE_EXT_BIT(WIRE_EXT_KEY_SHARE) |
                (hs->offered & WIRE_EXT_BIT(WIRE_EXT_PRE_SHARED_KEY)));
    }
    if (status != SKR_OK) {
        return status;
    }
    skr_view_t psk = sh.extensions.body[WIRE_EXT_PRE_SHARED_KEY];
    skr_view_t share = sh.extensions.body[WIRE_EXT_KEY_SHARE];
    if (view_is(psk)) {
        status = psk_take_answer(hs, psk);
    } else {
        hs->facts |= F_FULL;
    }
    bool without = view_is(psk) && !view_is(share) && hs->config->allow_psk_ke;
    return status != SKR_OK || without ? status : hello_take_share(hs, share);
}
