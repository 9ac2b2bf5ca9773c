// Key shares: one group, one private key at a time.
//
// In: hs->group and the peer's share. Out: hs->share for the wire, hs->shared for the key schedule
// (RFC 9846 sections 4.3.8 and 7.4.2, RFC 8422 section 5). The private key is wiped as soon as the
// secret is there. Random bytes come from the configuration's source; those that a group can't use
// are drawn again, a bounded number of times. Whether a group may be used is decided elsewhere.
#include "hs/share.h"

#include "base/ct.h"

enum { SHARE_ATTEMPTS = 8 };

static skr_status_t share_status(skr_crypto_t said) {
    switch (said) {
        case SKR_CRYPTO_OK:
            return SKR_OK;
        case SKR_CRYPTO_REFUSED:
            return SKR_ERR_KEY_SHARE;
        default:
            return SKR_ERR_PROVIDER;
    }
}

// Draws private keys until the group takes one. peer absent: generate, else respond.
static skr_status_t share_draw(hs_t *hs, skr_view_t peer) {
    const skr_group_t *group = hs->group;
    for (int attempt = 0; attempt < SHARE_ATTEMPTS; attempt++) {
        skr_status_t status = hs_random(hs, hs->private_key, group->private_size);
        if (status != SKR_OK) {
            return status;
        }
        skr_crypto_t said = peer.data == NULL
            ? group->generate(hs->private_key, hs->share)
            : group->respond(hs->private_key, peer.data, peer.size, hs->share, hs->shared);
        if (said != SKR_CRYPTO_RETRY) {
            hs->shared_size = peer.data != NULL ? group->shared_size
                                                : 0; // not settled by a share alone
            return share_status(said);
        }
    }
    return SKR_ERR_RANDOM;
}

skr_status_t share_make(hs_t *hs) {
    skr_view_t none = {NULL, 0};
    hs->share_size = hs->group->public_size;
    return share_draw(hs, none);
}

skr_status_t share_respond(hs_t *hs, skr_view_t peer) {
    if (peer.size != hs->group->public_size) {
        return SKR_ERR_KEY_SHARE;
    }
    hs->share_size = hs->group->response_size;
    skr_status_t status = share_draw(hs, peer);
    ct_wipe(hs->private_key, sizeof(hs->private_key));
    return status;
}

skr_status_t share_finish(hs_t *hs, skr_view_t peer) {
    skr_status_t status = SKR_ERR_KEY_SHARE;
    hs->shared_size = hs->group->shared_size;
    if (peer.size == hs->group->response_size) {
        status = share_status(hs->group->finish(hs->private_key, peer.data, peer.size, hs->shared));
    }
    ct_wipe(hs->private_key, sizeof(hs->private_key));
    return status;
}
