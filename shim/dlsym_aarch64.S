/*
 * dlsym_aarch64.S - the exported dlsym, dlvsym and dlopen; as dlsym_x86_64.S, which says why.
 *
 * Each begins with a landing pad for indirect branches (BTI), and leaves through x16, from which a branch
 * may enter any function. Where the compiler signs return addresses, these functions do (PAC). All that is
 * special is a hint, which older processors take for nothing.
 */
	.macro enter
	.cfi_startproc
	hint	#34			/* bti c */
	mov	x3, x30			/* the caller, before its address is signed */
#if defined(__ARM_FEATURE_PAC_DEFAULT)
	hint	#25			/* paciasp */
	.cfi_negate_ra_state
#endif
	.endm

	.macro leave
#if defined(__ARM_FEATURE_PAC_DEFAULT)
	hint	#29			/* autiasp */
	.cfi_negate_ra_state
#endif
	.endm

	.text

	.macro lookup name, pick, next
	.globl	\name
	.type	\name, %function
	.p2align 4
\name:
	enter
	stp	x29, x30, [sp, #-48]!
	.cfi_def_cfa_offset 48
	.cfi_offset 29, -48
	.cfi_offset 30, -40
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	str	x2, [sp, #32]
	bl	\pick
	mov	x16, x0
	mov	x17, x1			/* decided */
	ldp	x0, x1, [sp, #16]
	ldr	x2, [sp, #32]
	ldp	x29, x30, [sp], #48
	.cfi_restore 30
	.cfi_restore 29
	.cfi_def_cfa_offset 0
	leave
	cbnz	x17, 1f
	adrp	x16, \next
	ldr	x16, [x16, :lo12:\next]
	br	x16
1:	mov	x0, x16
	ret
	.cfi_endproc
	.size	\name, .-\name
	.endm

	lookup dlsym, rac_pick_dlsym, rac_next_dlsym
	lookup dlvsym, rac_pick_dlvsym, rac_next_dlvsym

	.globl	dlopen
	.type	dlopen, %function
	.p2align 4
dlopen:
	enter
	stp	x29, x30, [sp, #-32]!
	.cfi_def_cfa_offset 32
	.cfi_offset 29, -32
	.cfi_offset 30, -24
	mov	x29, sp
	str	x0, [sp, #16]
	bl	rac_pick_dlopen_mode
	mov	w1, w0
	ldr	x0, [sp, #16]
	ldp	x29, x30, [sp], #32
	.cfi_restore 30
	.cfi_restore 29
	.cfi_def_cfa_offset 0
	leave
	adrp	x16, rac_next_dlopen
	ldr	x16, [x16, :lo12:rac_next_dlopen]
	br	x16
	.cfi_endproc
	.size	dlopen, .-dlopen

#include "protection_note.S"
