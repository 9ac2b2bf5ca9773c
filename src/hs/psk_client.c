// Pre-shared keys of TLS 1.3: the client's offer.
//
// In: a saved session, the configuration's own keys. Out: psk_key_exchange_modes, pre_shared_key
// with its binders (RFC 9846 sections 4.3.9 and 4.3.11); the server's choice checked. A session
// goes first and the first of the configured keys behind it. Behind a HelloRetryRequest the suite
// is settled, and what does not go with its hash is left out (section 4.2.4).
#include "base/bytes.h"
#include "hs/psk.h"

enum { PSK_OFFERS_MAX = 1 + SKR_PSKS_OFFERED_MAX };

typedef struct {
    skr_view_t identity, secret;
    const skr_hash_t *hash;
    uint32_t age;
    binder_kind_t kind;
    uint16_t number; // as hs->psk_number
} psk_offer_t;

static uint32_t psk_obfuscated_age(const hs_t *hs) {
    uint64_t age = (uint64_t)(hs->now - hs->session.issued) * 1000u; // milliseconds
    return (uint32_t)(age + hs->session.age_add);
}

// What can be offered now, in order; the same each time it is asked in one ClientHello.
static size_t psk_offers(const hs_t *hs, psk_offer_t *offers) {
    size_t count = 0;
    const skr_hash_t *hash = psk_session_hash(hs);
    if (hs->session.version == SKR_TLS13 && hash != NULL &&
        (hs->hash == NULL || hs->hash == hash)) {
        offers[count++] = (psk_offer_t){hs->session.ticket,
            view_of(hs->session.secret, hs->session.secret_size), hash, psk_obfuscated_age(hs),
            BINDER_RESUMPTION, hs->session.psk_number};
    }
    for (size_t i = 0; i < hs->config->psk_count && i < SKR_PSKS_OFFERED_MAX; i++) {
        const skr_psk_t *psk = &hs->config->psks[i];
        hash = psk_hash(hs, psk);
        if (hash != NULL && (hs->hash == NULL || hs->hash == hash)) {
            offers[count++] = (psk_offer_t){
                psk->identity, psk->key, hash, 0, psk_kind(psk), (uint16_t)(i + 1)};
        }
    }
    return count;
}

void psk_write_modes(hs_t *hs, writer_t *w) {
    if (hs->config->session_key == NULL && hs->config->psk_count == 0) {
        return;
    }
    writer_block_t extension = wire_open_extension(w, WIRE_EXT_PSK_KEY_EXCHANGE_MODES);
    writer_block_t modes = writer_open(w, 1);
    writer_u8(w, 1); // psk_dhe_ke
    if (hs->config->allow_psk_ke) {
        writer_u8(w, 0);
    }
    writer_close(w, modes);
    writer_close(w, extension);
}

void psk_write_offer(hs_t *hs, writer_t *w) {
    psk_offer_t offers[PSK_OFFERS_MAX];
    size_t count = psk_offers(hs, offers);
    hs->offered &= ~WIRE_EXT_BIT(WIRE_EXT_PRE_SHARED_KEY);
    if (count == 0) {
        return;
    }
    writer_block_t extension = wire_open_extension(w, WIRE_EXT_PRE_SHARED_KEY);
    writer_block_t identities = writer_open(w, 2);
    for (size_t i = 0; i < count; i++) {
        writer_vector(w, 2, offers[i].identity);
        writer_u32(w, offers[i].age);
    }
    writer_close(w, identities);
    writer_block_t binders = writer_open(w, 2);
    for (size_t i = 0; i < count; i++) {
        writer_block_t binder = writer_open(w, 1);
        (void)writer_space(w, offers[i].hash->size); // psk_bind() fills it in
        writer_close(w, binder);
    }
    writer_close(w, binders);
    writer_close(w, extension);
    hs->offered |= WIRE_EXT_BIT(WIRE_EXT_PRE_SHARED_KEY);
}

skr_status_t psk_bind(hs_t *hs, uint8_t *body, size_t size) {
    psk_offer_t offers[PSK_OFFERS_MAX];
    if ((hs->offered & WIRE_EXT_BIT(WIRE_EXT_PRE_SHARED_KEY)) == 0) {
        return SKR_OK;
    }
    size_t count = psk_offers(hs, offers);
    psk_hello_t hello = {body, size - 2, size};
    for (size_t i = 0; i < count; i++) {
        hello.covered -= 1 + (size_t)offers[i].hash->size;
    }
    uint8_t *binder = body + hello.covered + 2;
    skr_status_t status = SKR_OK;
    for (size_t i = 0; i < count && status == SKR_OK; i++) {
        status = psk_binder(
            hs, offers[i].hash, offers[i].kind, offers[i].secret, &hello, binder + 1);
        binder += 1 + offers[i].hash->size;
    }
    return status;
}

skr_status_t psk_take_answer(hs_t *hs, skr_view_t answer) {
    psk_offer_t offers[PSK_OFFERS_MAX];
    uint16_t selected = 0;
    skr_status_t status = wire_read_number(answer, &selected);
    if (status != SKR_OK) {
        return status;
    }
    // By now hs->hash is settled, which must not change what the numbers meant in the ClientHello.
    const skr_hash_t *settled = hs->hash;
    hs->hash = (hs->facts & F_HRR) != 0 ? settled : NULL;
    size_t count = psk_offers(hs, offers);
    hs->hash = settled;
    if (selected >= count || offers[selected].hash != settled) {
        return SKR_ERR_IDENTITY_ANSWER;
    }
    hs->psk = offers[selected].secret;
    hs->psk_number = offers[selected].number;
    hs->psk_external = offers[selected].kind != BINDER_RESUMPTION;
    hs->facts |= F_PSK;
    hs->proofs |= PROOF_PSK;
    return SKR_OK;
}
