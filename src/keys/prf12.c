// The TLS 1.2 PRF.
//
// In: a secret, a label, a seed. Out: as many bytes as are asked for (RFC 5246 section 5): HMACs of
// a chain that starts with the seed. Master secrets, key blocks, Finished values and exporters are
// all made of it; which label stands for what is the handshake's business. The hash is the cipher
// suite's; the MD5 and SHA-1 construction of older versions does not exist here.
#include "keys/prf12.h"

#include "base/bytes.h"
#include "base/ct.h"
#include "keys/hkdf.h"

// One HMAC over the parts with a key that stays.
static bool prf12_mac(const hmac_t *keyed, const skr_view_t *parts, size_t count, uint8_t *out) {
    hmac_t run = *keyed;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = hmac_update(&run, parts[i]);
    }
    ok = ok && hmac_result(&run, out);
    ct_wipe(&run, sizeof(run));
    return ok;
}

bool prf12(const skr_hash_t *hash, skr_view_t secret, skr_view_t label, skr_view_t seed,
    skr_view_t more, uint8_t *out, size_t size) {
    hmac_t keyed;
    uint8_t chain[SKR_HASH_SIZE_MAX]; // A(i)
    uint8_t block[SKR_HASH_SIZE_MAX];
    const skr_view_t parts[] = {view_of(chain, hash->size), label, seed, more};
    bool ok = hmac_init(&keyed, hash, secret) && prf12_mac(&keyed, parts + 1, 3, chain);
    for (size_t done = 0; ok && done < size; done += hash->size) {
        size_t part = size - done < hash->size ? size - done : hash->size;
        ok = prf12_mac(&keyed, parts, 4, block);
        if (ok) {
            memcpy(out + done, block, part);
            ok = prf12_mac(&keyed, parts, 1, chain);
        }
    }
    ct_wipe(&keyed, sizeof(keyed));
    ct_wipe(chain, sizeof(chain));
    ct_wipe(block, sizeof(block));
    if (!ok) {
        ct_wipe(out, size);
    }
    return ok;
}
