/*
 * unwind_expression.h - evaluates the few expressions in unwind tables that have a rule of their own,
 * without knowing what is in the registers: a sum, or what lies at one.
 */
#ifndef RAC_UNWIND_EXPRESSION_H
#define RAC_UNWIND_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

/* register + offset, or a constant; or what lies there in memory. */
struct rac_unwind_value {
	bool has_register, is_memory;
	uint8_t number; /* of the register */
	int64_t offset;
};

/* The expression in [at, end), for the instruction at `address`. False: something else. */
bool rac_unwind_expression(
	uintptr_t at, uintptr_t end, uintptr_t address, struct rac_unwind_value *out);

#endif
