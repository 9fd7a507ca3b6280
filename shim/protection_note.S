/*
 * protection_note.S - says of the assembly that includes it at its end that all its functions stand
 * enforced branch protection; the linker says so of the library if all its objects do.
 */
	.section .note.gnu.property, "a", %note
	.p2align 3
	.long	4, 16, 5		/* bytes of the name and of what follows; a property */
	.asciz	"GNU"
#if defined(__x86_64__)
	.long	0xc0000002, 4, 3, 0	/* indirect branches land on endbr64, calls and returns pair */
#elif defined(__ARM_FEATURE_PAC_DEFAULT)
	.long	0xc0000000, 4, 3, 0	/* indirect branches land on bti, return addresses are signed */
#else
	.long	0xc0000000, 4, 1, 0
#endif
	.section .note.GNU-stack, "", %progbits
