/*
 * odd_x86_64.S - functions whose unwind tables are missing or wrong: each calls odd(context), its two
 * arguments.
 */
#if defined(__x86_64__)

	.text

	/* No tables at all. */
	.globl	odd_without_tables
	.type	odd_without_tables, @function
odd_without_tables:
	subq	$8, %rsp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	callq	*%rax
	addq	$8, %rsp
	retq
	.size	odd_without_tables, .-odd_without_tables

	/* name, distance from the stack pointer to the end of the frame as the tables have it */
	.macro	lies_by name, bytes
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	subq	$8, %rsp
	.cfi_def_cfa_offset \bytes
	movq	%rdi, %rax
	movq	%rsi, %rdi
	callq	*%rax
	addq	$8, %rsp
	retq
	.cfi_endproc
	.size	\name, .-\name
	.endm

	lies_by	odd_far_up, 0x2000000
	lies_by	odd_one_page_up, 0x1000
	lies_by	odd_misaligned, 20
	lies_by	odd_no_frame, 0

	/* name, what the frame pointer holds that the tables lead to; rdx is the caller's wish */
	.globl	odd_by_frame_pointer
	.type	odd_by_frame_pointer, @function
odd_by_frame_pointer:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	movq	%rdx, %rbp
	.cfi_def_cfa 6, 16
	movq	%rdi, %rax
	movq	%rsi, %rdi
	callq	*%rax
	popq	%rbp
	.cfi_def_cfa 7, 8
	retq
	.cfi_endproc
	.size	odd_by_frame_pointer, .-odd_by_frame_pointer

	/* The end of the frame is what lies at the frame pointer, whatever that is. */
	.globl	odd_by_memory
	.type	odd_by_memory, @function
odd_by_memory:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	movq	%rdx, %rbp
	.cfi_escape 0x0f, 0x03, 0x76, 0x00, 0x06
	.cfi_escape 0x10, 0x06, 0x02, 0x76, 0x00
	movq	%rdi, %rax
	movq	%rsi, %rdi
	callq	*%rax
	popq	%rbp
	.cfi_def_cfa 7, 8
	retq
	.cfi_endproc
	.size	odd_by_memory, .-odd_by_memory

	/* The end of the frame is in a register that is not followed. */
	.globl	odd_by_rbx
	.type	odd_by_rbx, @function
odd_by_rbx:
	.cfi_startproc
	pushq	%rbx
	.cfi_def_cfa_offset 16
	.cfi_offset 3, -16
	leaq	16(%rsp), %rbx
	.cfi_def_cfa 3, 0
	movq	%rdi, %rax
	movq	%rsi, %rdi
	callq	*%rax
	popq	%rbx
	.cfi_def_cfa 7, 8
	retq
	.cfi_endproc
	.size	odd_by_rbx, .-odd_by_rbx

	/* More rows to remember than there is room for. */
	.globl	odd_remembers_much
	.type	odd_remembers_much, @function
odd_remembers_much:
	.cfi_startproc
	subq	$8, %rsp
	.cfi_def_cfa_offset 16
	.rept	40
	.cfi_remember_state
	.endr
	movq	%rdi, %rax
	movq	%rsi, %rdi
	callq	*%rax
	addq	$8, %rsp
	retq
	.cfi_endproc
	.size	odd_remembers_much, .-odd_remembers_much

#endif
	.section .note.GNU-stack, "", @progbits
