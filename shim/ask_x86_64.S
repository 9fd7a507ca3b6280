/*
 * ask_x86_64.S - the functions behind our exports where there is no CUDA: the loader calls one when it
 * binds a reference, and presence.c answers. They are alike but for their number, 16 bytes each.
 */
#include "ask.h"

	.text
	.globl	rac_ask_stubs
	.hidden	rac_ask_stubs
	.type	rac_ask_stubs, @function
	.p2align 4
rac_ask_stubs:
	.cfi_startproc
	.set	number, 0
	.rept	RAC_ASK_STUBS
	.p2align 4
	endbr64
	movl	$number, %edi
	jmp	rac_presence_ask
	.set	number, number + 1
	.endr
	.cfi_endproc
	.size	rac_ask_stubs, .-rac_ask_stubs

#include "protection_note.S"
