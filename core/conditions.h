/*
 * conditions.h - reads RAC_FAIL_ON: which figures make a run fail; they are measured and compared in
 * verdict.h.
 *
 *	conditions := [ condition { "," condition } ]
 *	condition  := name [ ">" bound ]	as conditions.def has it; a bound in bytes is a size (size_text.h)
 *
 * White space around tokens is fine, and so is nothing at all. A figure fails when it is above the bound, or above 0 without one.
 */
#ifndef RAC_CONDITIONS_H
#define RAC_CONDITIONS_H

#include "fault.h"
#include "rac_status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAC_CONDITIONS_MAX     16
#define RAC_CONDITION_TEXT_MAX 48 /* bytes of one as it was written, NUL included */

enum rac_condition_kind {
#define CONDITION(id, name, bound, unit, judge, measures) RAC_CONDITION_##id,
#include "conditions.def"
#undef CONDITION
	RAC_CONDITION_KINDS,
	/* What was written cannot be read: it fails, since a run that nobody judges must not pass. */
	RAC_CONDITION_UNREADABLE = RAC_CONDITION_KINDS,
};

enum rac_condition_unit { RAC_CONDITION_BYTES, RAC_CONDITION_COUNT };

struct rac_condition {
	enum rac_condition_kind kind;
	uint64_t bound; /* fails above it */
	char text[RAC_CONDITION_TEXT_MAX];
};

/* Holds no pointer into what was read. */
struct rac_conditions {
	uint32_t count;
	struct rac_condition entries[RAC_CONDITIONS_MAX];
};

/*
 * Reads all of `length` bytes. RAC_INVALID: *fault says what is wrong where, and *out holds one condition that
 * cannot be met.
 */
enum rac_status rac_conditions_parse(
	const char *text, size_t length, struct rac_conditions *out, struct rac_fault *fault);

/* Whether a process cannot judge it of itself. */
bool rac_condition_needs_run(enum rac_condition_kind kind);

/* The unit of what a condition measures, by its text ("leak>10M"). */
enum rac_condition_unit rac_condition_unit(const char *text);

#endif
