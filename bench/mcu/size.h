// Between size.c, which is weighed, and size_io.c, which stands for the world around it.
#ifndef BENCH_MCU_SIZE_H
#define BENCH_MCU_SIZE_H

#include "skerry/skerry.h"

extern const skr_anchor_t size_anchors[1];
size_t size_receive(uint8_t *data, size_t room);
void size_send(const uint8_t *data, size_t size);
bool size_random(void *user, uint8_t *out, size_t size);

#endif
