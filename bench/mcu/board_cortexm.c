// A Cortex-M board of QEMU's (mps2-an385): vectors, memory, semihosting, the timer.
//
// In: a reset. Out: main() with .data and .bss as C wants them; its result is the exit code.
// Semihosting is a breakpoint with a number in r0: open 1, write 5, exit 0x20. The board's CMSDK
// timer 0 counts 25 MHz downwards; with -icount shift=6 an instruction takes 64 ns, 1.6 of its
// ticks. A fault ends the program with 99.
#include "bench/mcu/board.h"

extern uint32_t board_data[], board_data_end[], board_data_from[], board_bss[], board_bss_end[];
int main(void);

static int semihost(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void board_write(const char *words, size_t size) {
    static int file = -1;
    if (file < 0) {
        static const char name[] = ":tt";
        uint32_t open[3] = {(uint32_t)name, 4, 3};
        file = semihost(0x01, open);
    }
    uint32_t write[3] = {(uint32_t)file, (uint32_t)words, size};
    semihost(0x05, write);
}

void board_exit(int code) {
    uint32_t reason[2] = {0x20026, (uint32_t)code};
    semihost(0x20, reason);
    for (;;) {}
}

#define REGISTER(address) (*(volatile uint32_t *)(address))

void board_start(void) {
    REGISTER(0x40000008) = UINT32_MAX; // reload
    REGISTER(0x40000004) = UINT32_MAX; // value
    REGISTER(0x40000000) = 1; // on
}

uint32_t board_ticks(void) {
    return ~REGISTER(0x40000004);
}

uint32_t board_instructions(uint32_t ticks) {
    return (uint32_t)((uint64_t)ticks * 5 / 8);
}

static void fault(void) {
    static const char words[] = "fault\n";
    board_write(words, sizeof(words) - 1);
    board_exit(99);
}

__attribute__((used, noreturn)) void board_main(void) {
    const uint32_t *from = board_data_from;
    for (uint32_t *to = board_data; to < board_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = board_bss; to < board_bss_end;) {
        *to++ = 0;
    }
    board_start();
    board_exit(main());
}

__attribute__((naked, noreturn)) void board_reset(void);
__attribute__((naked, noreturn)) void board_reset(void) {
    __asm__ volatile("ldr r0, =board_stack_top\n mov sp, r0\n bl board_main\n");
}

typedef void (*vector_t)(void);
__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    (vector_t)(void *)board_stack_top, board_reset, fault, fault, fault, fault, fault};
