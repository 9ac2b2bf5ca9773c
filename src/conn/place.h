// The slots of a place: what skr_memory_needed() tells and place.c uses.
#ifndef SKR_CONN_PLACE_H
#define SKR_CONN_PLACE_H

#include "skerry/skerry.h"

enum {
    PLACE_IN,
    PLACE_CIPHER_IN,
    PLACE_CIPHER_OUT, // 0 bytes: in the other direction's, which is never there at once
    PLACE_SESSION,
    PLACE_FIRST, // a message, output, certificates
    PLACE_SECOND, // the handshake and the peer's key; behind it, a message or output
    PLACE_CERTIFICATES, // 0 bytes: in the first
    PLACE_FLIGHT, // output of the handshake; 0 bytes: in the first, or when that is taken the
                  // second
};

#endif
