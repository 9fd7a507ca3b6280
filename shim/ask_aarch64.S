/*
 * ask_aarch64.S - as ask_x86_64.S, which says what for.
 */
#include "ask.h"

	.text
	.globl	rac_ask_stubs
	.hidden	rac_ask_stubs
	.type	rac_ask_stubs, %function
	.p2align 4
rac_ask_stubs:
	.cfi_startproc
	.set	number, 0
	.rept	RAC_ASK_STUBS
	.p2align 4
	hint	#34			/* bti c */
	mov	w0, #number
	b	rac_presence_ask
	.set	number, number + 1
	.endr
	.cfi_endproc
	.size	rac_ask_stubs, .-rac_ask_stubs

#include "protection_note.S"
