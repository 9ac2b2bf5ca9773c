// Sessions, sealed.
//
// In: a session and a key, or sealed bytes and the key of that name. Out: bytes that only holders
// of the key can read or make; or a session. One format for the client's saved sessions and the
// server's tickets, so that there is one reader to trust: the AEAD's tag is checked before a byte
// is parsed, and what is parsed is read to its end. The nonce is drawn at random for each: 96 bits
// under keys that are rotated (RFC 9846 section 4.7.1, RFC 5077 section 5.5). Which session may be
// used for what is decided by its users (binding, version, freshness).
#include "keys/session.h"

#include "base/bytes.h"
#include "base/ct.h"
#include "base/reader.h"
#include "base/writer.h"
#include "keys/suites.h"

enum {
    SESSION_FORMAT = 1,
    SESSION_FIXED = 1 + 2 + 2 + 1 + 4 + 4 + 8 + 8 + 1 + SESSION_BINDING_SIZE + 2
};
enum { SESSION_AROUND = SKR_AEAD_NONCE_SIZE + 16 }; // nonce before, tag behind

_Static_assert(SKR_SESSION_OVERHEAD >=
        SESSION_FIXED + SKR_SECRET_SIZE_MAX + SESSION_AROUND + SKR_TICKET_NAME_SIZE,
    "what limits.h promises");

static size_t session_plain_size(const session_t *session) {
    return SESSION_FIXED + (size_t)session->secret_size + session->ticket.size;
}

size_t session_sealed_size(const session_t *session, size_t name_size) {
    return name_size + SESSION_AROUND + session_plain_size(session);
}

size_t session_sealed_max(size_t secret_size, size_t ticket_size) {
    return SESSION_AROUND + SESSION_FIXED + secret_size + ticket_size;
}

// The same with every provider that has it, so that servers with different ones read each other's
// tickets.
static const skr_aead_t *session_aead(const skr_provider_t *provider) {
    const skr_aead_t *aead = provider_aead(provider, SKR_AEAD_CHACHA20_POLY1305);
    return aead != NULL ? aead : provider_aead(provider, SKR_AEAD_AES_256_GCM);
}

static void session_write(const session_t *session, writer_t *w) {
    writer_u8(w, SESSION_FORMAT);
    writer_u16(w, session->version);
    writer_u16(w, session->suite);
    writer_u8(w, session->flags);
    uint8_t numbers[24];
    bytes_put64(numbers, ((uint64_t)session->lifetime << 32) | session->age_add);
    bytes_put64(numbers + 8, (uint64_t)session->issued);
    bytes_put64(numbers + 16, (uint64_t)session->began);
    writer_bytes(w, numbers, sizeof(numbers));
    writer_vector(w, 1, view_of(session->secret, session->secret_size));
    writer_bytes(w, session->binding, SESSION_BINDING_SIZE);
    writer_vector(w, 2, session->ticket);
}

static int64_t session_read_time(reader_t *r) {
    uint64_t high = reader_u32(r);
    return (int64_t)((high << 32) | reader_u32(r));
}

static bool session_read(session_t *session, skr_view_t plain) {
    reader_t r = reader_of(plain);
    uint8_t format = reader_u8(&r);
    session->version = reader_u16(&r);
    session->suite = reader_u16(&r);
    session->flags = reader_u8(&r);
    session->lifetime = reader_u32(&r);
    session->age_add = reader_u32(&r);
    session->issued = session_read_time(&r);
    session->began = session_read_time(&r);
    skr_view_t secret = reader_vector(&r, 1);
    skr_view_t binding = reader_bytes(&r, SESSION_BINDING_SIZE);
    session->ticket = reader_vector(&r, 2);
    if (!reader_done(&r) || format != SESSION_FORMAT || secret.size == 0 ||
        secret.size > SKR_SECRET_SIZE_MAX) {
        return false;
    }
    session->secret_size = (uint8_t)secret.size;
    memcpy(session->secret, secret.data, secret.size);
    memcpy(session->binding, binding.data, SESSION_BINDING_SIZE);
    return true;
}

// One AEAD operation over the bytes behind name and nonce. open: REFUSED stays apart from FAILED
// only in the provider.
static bool session_crypt(const skr_provider_t *provider, const uint8_t *key, uint8_t *sealed,
    size_t name_size, size_t plain_size, bool seal) {
    _Alignas(16) uint8_t state[SKR_AEAD_STATE_MAX];
    const skr_aead_t *aead = session_aead(provider);
    if (aead == NULL || aead->state_size > sizeof(state)) {
        return false;
    }
    const uint8_t *nonce = sealed + name_size;
    uint8_t *plain = sealed + name_size + SKR_AEAD_NONCE_SIZE;
    bool ok = aead->init(state, key);
    if (ok && seal) {
        ok = aead->seal(state, nonce, sealed, name_size, plain, plain_size, plain + plain_size);
    } else if (ok) {
        ok = aead->open(state, nonce, sealed, name_size, plain, plain_size, plain + plain_size) ==
            SKR_CRYPTO_OK;
    }
    aead->clear(state);
    ct_wipe(state, sizeof(state));
    return ok;
}

bool session_seal(const session_t *session, const skr_provider_t *provider, const uint8_t *key,
    skr_view_t name, skr_random_t random, void *random_user, uint8_t *out) {
    size_t plain_size = session_plain_size(session);
    writer_t w = writer_of(out, session_sealed_size(session, name.size));
    writer_view(&w, name);
    uint8_t *nonce = writer_space(&w, SKR_AEAD_NONCE_SIZE);
    session_write(session, &w);
    bool ok = !writer_failed(&w) && random(random_user, nonce, SKR_AEAD_NONCE_SIZE) &&
        session_crypt(provider, key, out, name.size, plain_size, true);
    if (!ok) {
        ct_wipe(out, session_sealed_size(session, name.size));
    }
    return ok;
}

bool session_open(session_t *session, const skr_provider_t *provider, const uint8_t *key,
    size_t name_size, uint8_t *sealed, size_t size) {
    memset(session, 0, sizeof(*session));
    if (size < name_size + SESSION_AROUND + SESSION_FIXED) {
        return false;
    }
    size_t plain_size = size - name_size - SESSION_AROUND;
    skr_view_t plain = view_of(sealed + name_size + SKR_AEAD_NONCE_SIZE, plain_size);
    bool ok = session_crypt(provider, key, sealed, name_size, plain_size, false) &&
        session_read(session, plain);
    if (!ok) {
        ct_wipe(session, sizeof(*session));
    }
    return ok;
}

// No difference of what stands in a session overflows: times are within 2^62 of 1970, or refused.
static bool session_time(int64_t time) {
    return time >= 0 && time <= INT64_MAX / 2;
}

bool session_fresh(const session_t *session, int64_t now, int64_t skew) {
    if (!session_time(session->issued) || !session_time(session->began) || !session_time(now)) {
        return false;
    }
    return now >= session->issued - skew && now - session->issued <= (int64_t)session->lifetime &&
        now - session->began <= SKR_SESSION_LIFE_MAX;
}
