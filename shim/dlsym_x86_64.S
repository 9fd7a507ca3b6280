/*
 * dlsym_x86_64.S - the exported dlsym, dlvsym and dlopen: ask pick.c, and for all that is not ours
 * jump (not call) to the next definition.
 *
 * glibc takes the return address to find the calling object: RTLD_NEXT, RTLD_DEFAULT and a caller's
 * RUNPATH mean something else when a C function stands in between.
 */
	.text

	.macro lookup name, pick, next
	.globl	\name
	.type	\name, @function
	.p2align 4
\name:
	.cfi_startproc
	endbr64
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	pushq	%rsi
	.cfi_adjust_cfa_offset 8
	pushq	%rdx
	.cfi_adjust_cfa_offset 8
	movq	24(%rsp), %rcx		/* the caller */
	call	\pick
	testq	%rdx, %rdx		/* decided; pops leave the flags alone */
	popq	%rdx
	.cfi_adjust_cfa_offset -8
	popq	%rsi
	.cfi_adjust_cfa_offset -8
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	jne	1f
	jmpq	*\next(%rip)
1:	ret
	.cfi_endproc
	.size	\name, .-\name
	.endm

	lookup dlsym, rac_pick_dlsym, rac_next_dlsym
	lookup dlvsym, rac_pick_dlvsym, rac_next_dlvsym

	.globl	dlopen
	.type	dlopen, @function
	.p2align 4
dlopen:
	.cfi_startproc
	endbr64
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	subq	$16, %rsp
	.cfi_adjust_cfa_offset 16
	call	rac_pick_dlopen_mode
	addq	$16, %rsp
	.cfi_adjust_cfa_offset -16
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	movl	%eax, %esi
	jmpq	*rac_next_dlopen(%rip)
	.cfi_endproc
	.size	dlopen, .-dlopen

#include "protection_note.S"
