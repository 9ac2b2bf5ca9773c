/* The reset of an lx106 (call0 ABI): stack, .bss, main(); and what C can't say: simcall, ccount. */
    .section .text.start, "ax"
    .globl _start
    .align 4
_start:
    j begin
    .align 4
    .literal_position
begin:
    movi a1, board_stack_top
    movi a2, board_bss
    movi a3, board_bss_end
    movi a4, 0
clear:
    bgeu a2, a3, cleared
    s32i a4, a2, 0
    addi a2, a2, 4
    j clear
cleared:
    call0 board_start
    call0 main
    call0 board_exit

    .section .text.calls, "ax"
    .align 4
    .globl lx106_simcall
lx106_simcall:
    simcall
    ret
    .globl lx106_ccount
    .align 4
lx106_ccount:
    rsr a2, ccount
    ret
