// What a program gets from its surroundings, for images whose code is only weighed: the network,
// the trusted root, random bytes.
//
// In: nothing. Out: functions that a compiler can't look through, so that size.c is linked as a
// real program would be; they are counted as the program's, not as Skerry's. These images are never
// run.
#include "bench/mcu/size.h"

volatile uint8_t size_network[512];
const skr_anchor_t size_anchors[1] = {{NULL, 0}};

size_t size_receive(uint8_t *data, size_t room) {
    for (size_t i = 0; i < room; i++) {
        data[i] = size_network[i % sizeof(size_network)];
    }
    return room;
}

void size_send(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        size_network[i % sizeof(size_network)] = data[i];
    }
}

bool size_random(void *user, uint8_t *out, size_t size) {
    (void)user;
    return size_receive(out, size) == size;
}
