// A ready memory for one connection: a fixed spot for each region.
//
// In: requests by region, and the slots that skr_memory_needed() has laid out. Out: spots in the
// caller's block. What shares a slot is never there at once, as need.c says, so that no request of
// a connection of that configuration is refused. A record's blocks stand behind each other: they
// come in order, and all are gone before the next record's. A message and output change slots: the
// second is free when the handshake is over, and before that only one of them is there; but where
// a message is much larger than the handshake, its flights have a slot of their own, so that none
// stands in the message's when the handshake ends. For one connection after the other, not for
// several at once.
#include "conn/place.h"

#include "base/bytes.h"

enum { PLACE_ALIGN = 16, PLACE_NONE = SKR_SLOT_COUNT };

static size_t place_round(size_t size) {
    return (size + PLACE_ALIGN - 1) / PLACE_ALIGN * PLACE_ALIGN;
}

static bool place_has(const skr_place_t *place, skr_region_t region) {
    return (place->taken & (1u << region)) != 0;
}

static bool place_first_free(const skr_place_t *place) {
    bool certificates = place->size[PLACE_CERTIFICATES] == 0 &&
        place_has(place, SKR_REGION_CERTIFICATES);
    return !certificates &&
        !(place_has(place, SKR_REGION_MESSAGE) && place->message_slot == PLACE_FIRST) &&
        !(place_has(place, SKR_REGION_RECORD_OUT) && place->output_slot == PLACE_FIRST);
}

static bool place_second_free(const skr_place_t *place) {
    return !place_has(place, SKR_REGION_HANDSHAKE) &&
        !place_has(place, SKR_REGION_PEER_CERTIFICATE) &&
        !(place_has(place, SKR_REGION_MESSAGE) && place->message_slot == PLACE_SECOND) &&
        !(place_has(place, SKR_REGION_RECORD_OUT) && place->output_slot == PLACE_SECOND);
}

// Of the two slots that messages and output share. With a slot for flights each has its own.
static uint8_t place_either(const skr_place_t *place, bool output) {
    if (place->size[PLACE_FLIGHT] > 0) {
        uint8_t out = place_has(place, SKR_REGION_HANDSHAKE) ? PLACE_FLIGHT : PLACE_SECOND;
        return output ? out : PLACE_FIRST;
    }
    if (place_first_free(place)) {
        return PLACE_FIRST;
    }
    return place_second_free(place) ? PLACE_SECOND : PLACE_NONE;
}

static unsigned place_slot(const skr_place_t *place, skr_region_t region) {
    switch (region) {
        case SKR_REGION_RECORD_IN:
            return PLACE_IN;
        case SKR_REGION_CIPHER_IN:
            return PLACE_CIPHER_IN;
        case SKR_REGION_CIPHER_OUT:
            return place->size[PLACE_CIPHER_OUT] > 0 ? PLACE_CIPHER_OUT : PLACE_CIPHER_IN;
        case SKR_REGION_SESSION:
            return PLACE_SESSION;
        case SKR_REGION_CERTIFICATES:
            return place->size[PLACE_CERTIFICATES] > 0 ? PLACE_CERTIFICATES : PLACE_FIRST;
        case SKR_REGION_MESSAGE:
        case SKR_REGION_RECORD_OUT:
            return place_either(place, region == SKR_REGION_RECORD_OUT);
        default:
            return PLACE_SECOND;
    }
}

static void *place_take(void *user, skr_region_t region, size_t size) {
    skr_place_t *place = user;
    unsigned slot = place_slot(place, region);
    size_t at = region == SKR_REGION_RECORD_IN  ? place->in_next
        : region == SKR_REGION_PEER_CERTIFICATE ? place->key_at
                                                : 0;
    bool again = place_has(place, region) && region != SKR_REGION_RECORD_IN;
    if (slot == PLACE_NONE || again || at > place->size[slot] || size > place->size[slot] - at) {
        return NULL;
    }
    if (region == SKR_REGION_RECORD_IN) {
        place->in_next += (uint32_t)place_round(size);
        place->in_count++;
    } else if (region == SKR_REGION_MESSAGE) {
        place->message_slot = (uint8_t)slot;
    } else if (region == SKR_REGION_RECORD_OUT) {
        place->output_slot = (uint8_t)slot;
    }
    place->taken = (uint16_t)(place->taken | (1u << region));
    return place->start[slot] + at;
}

static void place_give(void *user, skr_region_t region, void *block, size_t size) {
    skr_place_t *place = user;
    (void)block;
    (void)size;
    if (region == SKR_REGION_RECORD_IN && --place->in_count > 0) {
        return;
    }
    place->in_next = region == SKR_REGION_RECORD_IN ? 0 : place->in_next;
    place->taken = (uint16_t)(place->taken & ~(1u << region));
}

bool skr_place_init(skr_place_t *place, void *start, size_t size, const skr_memory_need_t *need) {
    uint8_t *at = start;
    memset(place, 0, sizeof(*place));
    if (size < need->place || (uintptr_t)start % PLACE_ALIGN != 0) {
        return false;
    }
    for (size_t i = 0; i < SKR_SLOT_COUNT; i++) {
        place->start[i] = at;
        place->size[i] = need->slot[i];
        at += need->slot[i];
    }
    place->key_at = (uint32_t)place_round(need->region[SKR_REGION_HANDSHAKE].bytes);
    return true;
}

void skr_place_memory(skr_place_t *place, skr_memory_t *memory) {
    memory->take = place_take;
    memory->give = place_give;
    memory->user = place;
}
