/*
 * defect_words.h - what a defect is called, where it is shown and by what it is known again; private to
 * defects.c.
 */
#ifndef RAC_DEFECT_WORDS_H
#define RAC_DEFECT_WORDS_H

#include "defects.h"

/* Fills the words of a leak, which is `sites` sites together, and of a failed condition. */
void rac_defect_describe_leak(struct rac_defects *all, struct rac_defect *d,
	const struct rac_report *report, size_t sites);
void rac_defect_describe_condition(
	struct rac_defects *all, struct rac_defect *d, const struct rac_report *report);

/* Makes fingerprints that are equal differ; leaks stand in the order of their places. */
void rac_defect_number(struct rac_defects *all);

#endif
