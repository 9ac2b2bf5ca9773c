// The walker: follows a script row by row, for both roles and all versions.
#ifndef SKR_HS_WALK_H
#define SKR_HS_WALK_H

#include "hs/hs.h"

typedef enum { WALK_SEND, WALK_RECEIVE, WALK_DONE } walk_turn_t;

// Whose turn is it?
walk_turn_t walk_turn(const hs_t *hs);
// An upper bound of the message that is to be sent, bytes with its header: of what is not built of
// it yet.
size_t walk_send_bound(const hs_t *hs);
// Bounds of all that this side says before the peer's next turn, and how many messages that are.
size_t walk_flight_bound(const hs_t *hs, size_t *messages);
// Builds the message whose turn it is at w. SKR_WANT_SIGNATURE: nothing was written, call again
// with the answer.
skr_status_t walk_build(hs_t *hs, writer_t *w);
// May that message be built in slices, as w has room? The next call goes on where one has ended,
// as long as walk_unfinished().
bool walk_in_slices(const hs_t *hs);
bool walk_unfinished(const hs_t *hs);
// The message, all of it, is in records that were made with the keys of before: now the keys behind
// it start.
skr_status_t walk_sent(hs_t *hs);
// The type (wire_type_t) of the message whose turn it is to be sent.
uint16_t walk_due(const hs_t *hs);
// TLS 1.2: a ChangeCipherSpec came, or was sent (then only walk_sent() follows).
skr_status_t walk_recv_ccs(hs_t *hs);
// Changes over to another version's script, at its row of this type.
void walk_switch(hs_t *hs, const hs_script_t *script, uint16_t type);
// A HelloRequest, which a client of TLS 1.2 in the middle of a handshake passes over (RFC 5246
// section 7.4.1.1).
bool walk_passes_over(const hs_t *hs, uint8_t type, size_t size);
// May a message of this type and size (with its header) come now? For one that is to be put
// together before it can be judged.
skr_status_t walk_judge(const hs_t *hs, uint8_t type, size_t size);
// Judges a whole message (with its header). hs->leftover must say whether handshake bytes wait
// behind it. A wait: nothing has happened, call again with the same message once it is answered.
skr_status_t walk_recv(hs_t *hs, skr_view_t message);
// May a message of this type come in pieces? Then walk_recv_begin() takes its header, and
// walk_recv_piece() its body, with left bytes still to come behind the piece; the last one does
// what walk_recv() does. Such a message never waits.
bool walk_takes_pieces(const hs_t *hs, uint8_t type);
skr_status_t walk_recv_begin(hs_t *hs, skr_view_t header);
skr_status_t walk_recv_piece(hs_t *hs, skr_view_t piece, size_t left);

#endif
