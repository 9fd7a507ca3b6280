/*
 * unwind_program.h - carries out the instructions of an unwind table up to a code address; says where it
 * is told that registers were saved, and judges nothing.
 */
#ifndef RAC_UNWIND_PROGRAM_H
#define RAC_UNWIND_PROGRAM_H

#include "unwind_table.h"

/* DWARF's numbers of the registers that are followed. Frames that are found through another one have no
 * rule; compilers make none across a call. */
#if defined(__x86_64__)
enum { RAC_REGISTER_FP = 6, RAC_REGISTER_SP = 7, RAC_REGISTER_RA = 16 };
#else
enum { RAC_REGISTER_FP = 29, RAC_REGISTER_SP = 31, RAC_REGISTER_RA = 30 };
#endif

/* Where the caller's value of a register is. */
struct rac_unwind_place {
	enum {
		RAC_PLACE_SAME, /* untouched */
		RAC_PLACE_SAVED,
		RAC_PLACE_EXPRESSION, /* saved where it says */
		RAC_PLACE_UNDEFINED,
		RAC_PLACE_ELSEWHERE,
	} how;
	int64_t offset; /* from the end of the frame */
	uintptr_t expression, expression_end;
};

/* What holds at one address. The frame ends at register + offset, or where the expression says. */
struct rac_unwind_row {
	struct rac_unwind_place fp, ra;
	uint64_t cfa_register;
	int64_t cfa_offset;
	uintptr_t cfa_expression, cfa_expression_end; /* 0: none */
};

/* False: an instruction that is not known, or that cannot be read. */
bool rac_unwind_program(
	const struct rac_unwind_entry *entry, uintptr_t address, struct rac_unwind_row *out);

#endif
