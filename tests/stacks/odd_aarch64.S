/*
 * odd_aarch64.S - as odd_x86_64.S, as far as it can be said of this machine.
 */
#if defined(__aarch64__)

	.text

	.macro	calls
	mov	x9, x0
	mov	x0, x1
	blr	x9
	.endm

	.globl	odd_without_tables
	.type	odd_without_tables, %function
odd_without_tables:
	stp	x29, x30, [sp, #-16]!
	calls
	ldp	x29, x30, [sp], #16
	ret
	.size	odd_without_tables, .-odd_without_tables

	.macro	lies_by name, bytes
	.globl	\name
	.type	\name, %function
\name:
	.cfi_startproc
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset \bytes
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	calls
	ldp	x29, x30, [sp], #16
	ret
	.cfi_endproc
	.size	\name, .-\name
	.endm

	lies_by	odd_far_up, 0x2000000
	lies_by	odd_one_page_up, 0x1000
	lies_by	odd_misaligned, 20
	lies_by	odd_no_frame, 0

	.globl	odd_by_frame_pointer
	.type	odd_by_frame_pointer, %function
odd_by_frame_pointer:
	.cfi_startproc
	stp	x29, x30, [sp, #-16]!
	mov	x29, x2
	.cfi_def_cfa 29, 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	calls
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa 31, 0
	ret
	.cfi_endproc
	.size	odd_by_frame_pointer, .-odd_by_frame_pointer

	.globl	odd_by_memory
	.type	odd_by_memory, %function
odd_by_memory:
	.cfi_startproc
	stp	x29, x30, [sp, #-16]!
	mov	x29, x2
	.cfi_escape 0x0f, 0x03, 0x8d, 0x00, 0x06
	.cfi_escape 0x10, 0x1d, 0x02, 0x8d, 0x00
	.cfi_offset 30, -8
	calls
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa 31, 0
	ret
	.cfi_endproc
	.size	odd_by_memory, .-odd_by_memory

	.globl	odd_by_rbx
	.type	odd_by_rbx, %function
odd_by_rbx:
	.cfi_startproc
	stp	x29, x30, [sp, #-32]!
	str	x19, [sp, #16]
	add	x19, sp, #32
	.cfi_def_cfa 19, 0
	.cfi_offset 29, -32
	.cfi_offset 30, -24
	calls
	ldr	x19, [sp, #16]
	ldp	x29, x30, [sp], #32
	.cfi_def_cfa 31, 0
	ret
	.cfi_endproc
	.size	odd_by_rbx, .-odd_by_rbx

	.globl	odd_remembers_much
	.type	odd_remembers_much, %function
odd_remembers_much:
	.cfi_startproc
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	.rept	40
	.cfi_remember_state
	.endr
	calls
	ldp	x29, x30, [sp], #16
	ret
	.cfi_endproc
	.size	odd_remembers_much, .-odd_remembers_much

#endif
	.section .note.GNU-stack, "", %progbits
