// What a machine under emulation gives to a program that runs on it alone: output, the end, a clock
// that counts instructions (run.sh's -icount), and where the stack lies. One board_MACHINE.c each.
#ifndef BENCH_MCU_BOARD_H
#define BENCH_MCU_BOARD_H

#include <stddef.h>
#include <stdint.h>

void board_start(void);
void board_write(const char *words, size_t size);
_Noreturn void board_exit(int code);
uint32_t board_ticks(void); // wraps
uint32_t board_instructions(uint32_t ticks); // that so many ticks stand for

extern uint32_t board_stack_end[], board_stack_top[]; // lowest and highest address (link.ld)

#endif
