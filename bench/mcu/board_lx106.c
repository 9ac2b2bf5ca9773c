// The ESP8266's core, lx106, in QEMU's machine "sim": semihosting and the cycle counter.
//
// In: a reset (start_lx106.S). Out: the calls of board.h. The simulator's calls are 1 exit and
// 4 write. CCOUNT runs at 40 MHz; with -icount shift=6 an instruction takes 64 ns, 2.56 of its
// ticks, so a step of up to 1.6 G instructions can be measured. Memory needs no start: QEMU loads
// .data where it lies, the start clears .bss.
#include "bench/mcu/board.h"

int lx106_simcall(int number, int file, const void *words, int size);
uint32_t lx106_ccount(void);

void board_start(void) {
}

void board_write(const char *words, size_t size) {
    lx106_simcall(4, 1, words, (int)size);
}

void board_exit(int code) {
    lx106_simcall(1, code, NULL, 0);
    for (;;) {}
}

uint32_t board_ticks(void) {
    return lx106_ccount();
}

uint32_t board_instructions(uint32_t ticks) {
    return (uint32_t)((uint64_t)ticks * 100 / 256);
}
